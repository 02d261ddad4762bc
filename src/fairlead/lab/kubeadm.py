"""kubeadm as a simulated guest runs it: init, join a control-plane node, join a worker.

Every check that decides whether a real machine becomes a node is made: the CA files a control-plane machine was given
must be the cluster's, the bootstrap token must exist, match and not be expired, the CA pin must match, the endpoint
must answer. What is written into the cluster is what later readers (the KubeadmControlPlane controller, add-ons,
kubectl) look for.

Source: kubernetes v1.36 cmd/kubeadm/app (phases, names of objects, labels and taints).
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.lab import certificates
from fairlead.lab.clusterobjects import cluster_objects, static_pods
from fairlead.lab.kube.replicas import get_or_none
from fairlead.lab.network import LabNetwork, address_of
from fairlead.lab.workload import NODE, WorkloadCluster
from fairlead.runtime.clock import Clock, timestamp
from fairlead.runtime.ids import Ids

CSR = GVK("certificates.k8s.io", "v1", "CertificateSigningRequest")
PKI = "/etc/kubernetes/pki"


class KubeadmError(Exception):
    """kubeadm gave up; `phase` is the one that failed."""

    def __init__(self, phase: str, message: str) -> None:
        super().__init__(f"error execution phase {phase}: {message}")
        self.phase = phase


@dataclass(frozen=True, slots=True)
class GuestMachine:
    """The machine kubeadm runs on."""

    hostname: str
    address: str
    bios_uuid: str
    kubelet_version: str
    cpus: int
    memory_mib: int
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def provider_id(self) -> str:
        return f"vsphere://{self.bios_uuid}"


def endpoint_of(cluster_configuration: Json, machine: GuestMachine) -> str:
    """`host:port` at which the control plane will answer."""
    endpoint = cluster_configuration.get("controlPlaneEndpoint") or f"{machine.address}:6443"
    return address_of(endpoint if ":" in endpoint else f"{endpoint}:6443")


def load_ca(files: Mapping[str, str]) -> tuple[x509.Certificate, Any]:
    """The cluster CA a control-plane machine was given. Raises: KubeadmError."""
    try:
        certificate = x509.load_pem_x509_certificate(files[f"{PKI}/ca.crt"].encode())
        pem = files[f"{PKI}/ca.key"].encode()
        key = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)  # compared below
    except KeyError as error:
        raise KubeadmError("certs/ca", f"the machine has no file {error.args[0]}") from error
    except ValueError as error:
        raise KubeadmError("certs/ca", f"{PKI}/ca.crt or ca.key cannot be read: {error}") from error
    if key.public_key() != certificate.public_key():
        raise KubeadmError("certs/ca", f"{PKI}/ca.key does not belong to {PKI}/ca.crt")
    return certificate, key


class Kubeadm:
    """Runs kubeadm's commands against the lab."""

    def __init__(self, *, network: LabNetwork, clock: Clock, ids: Ids) -> None:
        self._network = network
        self._clock = clock
        self._ids = ids

    async def init(self, machine: GuestMachine, cluster: WorkloadCluster, init: Json, config: Json) -> None:
        """Make *machine* the first control-plane node of *cluster*, whose API server is fresh."""
        cluster.members.join(machine.hostname, machine.address, self._member_id())
        cluster.start_control_plane(machine.hostname)
        try:
            for obj in cluster_objects(cluster.address, cluster.ca, config, machine.kubelet_version):
                await self._ensure(cluster, obj)
            await self._register(machine, cluster, init, control_plane=True)
            await self._run_static_pods(machine, cluster)
        except BaseException:  # also when the machine is switched off
            cluster.stop_control_plane(machine.hostname)
            raise

    async def join(
        self, machine: GuestMachine, join: Json, joining_etcd: Callable[[WorkloadCluster], None]
    ) -> WorkloadCluster:
        """Make *machine* a node of the cluster that its JoinConfiguration names. Raises: KubeadmError.

        *joining_etcd* is called before the machine becomes a member of the cluster's etcd: from then on the cluster
        counts on it.
        """
        cluster = await self._discover(get_in(join, "discovery", "bootstrapToken", default={}))
        control_plane = get_in(join, "controlPlane") is not None
        if control_plane:
            certificate, _ = load_ca(machine.files)
            if certificate != cluster.ca:
                raise KubeadmError("control-plane-prepare/certs", f"{PKI}/ca.crt is not the CA of the cluster")
        # kubelet-start comes before etcd-join: whoever removes the machine finds its member by its node
        await self._register(machine, cluster, join, control_plane=control_plane)
        if not control_plane:
            return cluster
        learner = cluster.members.other_learner(machine.hostname)
        if learner:
            raise KubeadmError("etcd-join", f"etcdserver: too many learner members in cluster: {learner} learns")
        joining_etcd(cluster)
        cluster.members.join(machine.hostname, machine.address, self._member_id(), learner=True)
        cluster.start_control_plane(machine.hostname)
        try:
            await self._run_static_pods(machine, cluster)
            if not cluster.members.promote(machine.hostname):
                text = "etcdserver: member not found: it was taken out while it learned"
                raise KubeadmError("control-plane-join", text)
        except BaseException:  # also when the machine is switched off
            cluster.stop_control_plane(machine.hostname)
            raise
        return cluster

    def _member_id(self) -> int:
        return int.from_bytes(self._ids.bytes(8), "big") >> 1

    async def _discover(self, discovery: Json) -> WorkloadCluster:
        address = address_of(discovery.get("apiServerEndpoint", ""))
        cluster = self._network.at(address)
        if not isinstance(cluster, WorkloadCluster):
            raise KubeadmError(
                "preflight", f"couldn't validate the identity of the API Server: dial tcp {address}: connection refused"
            )
        pins = discovery.get("caCertHashes") or []
        if not discovery.get("unsafeSkipCAVerification") and certificates.public_key_pin(cluster.ca) not in pins:
            raise KubeadmError("preflight", "cluster CA found in cluster-info ConfigMap is invalid: no pin matches")
        if await cluster.identify_token(discovery.get("token", "")) is None:
            raise KubeadmError(
                "preflight",
                f"couldn't validate the identity of the API Server: the bootstrap token "
                f'"{discovery.get("token", "").partition(".")[0]}" is unknown, expired or does not match',
            )
        return cluster

    async def _register(
        self, machine: GuestMachine, cluster: WorkloadCluster, config: Json, *, control_plane: bool
    ) -> None:
        await self._bootstrap_kubelet(machine, cluster, _token(config))
        registration = config.get("nodeRegistration") or {}
        await self._forget_stranger(machine, cluster)
        taken = {get_in(node, "spec", "podCIDR") for node in (await cluster.admin.list(NODE)).items}
        pod_cidr = next((cidr for index in range(256) if (cidr := f"10.244.{index}.0/24") not in taken), "")
        node = node_object(machine, registration, pod_cidr, control_plane=control_plane)
        await self._ensure(cluster, node)

    async def _forget_stranger(self, machine: GuestMachine, cluster: WorkloadCluster) -> None:
        """Delete the Node of this name that another machine left, as the cloud provider does once its VM is gone.

        A kubelet never changes the providerID of a Node that is there: the new machine could not be told by it.
        """
        node = await get_or_none(cluster.admin, NODE, Key("", machine.hostname))
        if node is not None and get_in(node, "status", "nodeInfo", "systemUUID") != machine.bios_uuid:
            await cluster.admin.delete(NODE, machine.hostname)

    async def _run_static_pods(self, machine: GuestMachine, cluster: WorkloadCluster) -> None:
        for pod in static_pods(machine.hostname, machine.address, machine.kubelet_version):
            await self._ensure(cluster, pod)

    async def _bootstrap_kubelet(self, machine: GuestMachine, cluster: WorkloadCluster, token: str) -> None:
        """The TLS bootstrap: a signing request, approved, and a client certificate that the cluster's CA signed.

        A joining machine asks in the name of its bootstrap *token*.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        user = f"system:node:{machine.hostname}"
        name = certificates.subject(user, ("system:nodes",))
        signed = certificates.sign(name, key.public_key(), ca=cluster.ca, ca_key=cluster.ca_key, clock=self._clock)
        request = csr_object(f"csr-{self._ids.suffix()}", certificates.request_pem(name, key), signed, self._clock)
        if token:
            asking = cluster.identity_of(token)
            if asking is None:
                raise KubeadmError("kubelet-start", "the bootstrap token was taken back: Unauthorized")
            request["spec"] |= {"username": asking.user, "groups": list(asking.groups)}
        status = request.pop("status")
        created = await cluster.admin.create(request, field_manager="kubelet")
        await cluster.admin.patch(
            CSR,
            created["metadata"]["name"],
            "",
            {"status": status},
            subresource="status",
            field_manager="kube-controller-manager",
        )

    async def _ensure(self, cluster: WorkloadCluster, obj: Json) -> None:
        try:
            await cluster.admin.create(obj, field_manager="kubeadm")
        except ApiError as error:
            if not error.is_already_exists:
                raise


def _token(config: Json) -> str:
    """The bootstrap token in a JoinConfiguration; empty in an InitConfiguration."""
    return str(get_in(config, "discovery", "bootstrapToken", "token", default=""))


def csr_object(name: str, request: bytes, certificate: bytes, clock: Clock) -> Json:
    """An approved and signed request of a kubelet."""
    now = timestamp(clock.now())
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": {
            "request": base64.b64encode(request).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
            "usages": ["digital signature", "client auth"],
        },
        "status": {
            "certificate": base64.b64encode(certificate).decode(),
            "conditions": [
                {
                    "type": "Approved",
                    "status": "True",
                    "reason": "AutoApproved",
                    "message": "Auto approving kubelet client certificate after SubjectAccessReview.",
                    "lastUpdateTime": now,
                    "lastTransitionTime": now,
                }
            ],
        },
    }


def _arguments(registration: Json) -> dict[str, str]:
    """kubeletExtraArgs: a list of name and value since v1beta4, a mapping before."""
    extra = registration.get("kubeletExtraArgs") or {}
    if isinstance(extra, Mapping):
        return {str(key): str(value) for key, value in extra.items()}
    return {entry["name"]: str(entry.get("value", "")) for entry in extra}


def _taints(registration: Json, *, control_plane: bool) -> Sequence[Json]:
    taints = registration.get("taints")
    if taints is not None:
        return list(taints)
    return [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}] if control_plane else []


def node_object(machine: GuestMachine, registration: Json, pod_cidr: str, *, control_plane: bool) -> Json:
    """The Node as the kubelet registers it and kubeadm and the vSphere cloud provider complete it."""
    arguments = _arguments(registration)
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": machine.hostname,
        "kubernetes.io/os": "linux",
    }
    if control_plane:
        labels["node-role.kubernetes.io/control-plane"] = ""
        labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
    for pair in filter(None, arguments.get("node-labels", "").split(",")):
        key, _, value = pair.partition("=")
        labels[key] = value
    socket = registration.get("criSocket") or "unix:///var/run/containerd/containerd.sock"
    taints = [*_taints(registration, control_plane=control_plane)]
    taints.append({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})
    amounts = {"cpu": str(machine.cpus), "memory": f"{machine.memory_mib}Mi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": machine.hostname,
            "labels": labels,
            "annotations": {
                "kubeadm.alpha.kubernetes.io/cri-socket": socket,
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
        },
        "spec": {
            **({"podCIDR": pod_cidr, "podCIDRs": [pod_cidr]} if pod_cidr else {}),
            "providerID": arguments.get("provider-id") or machine.provider_id,
            "taints": taints,
        },
        "status": {
            "addresses": [
                {"type": "ExternalIP", "address": machine.address},
                {"type": "InternalIP", "address": machine.address},
                {"type": "Hostname", "address": machine.hostname},
            ],
            "capacity": amounts,
            "allocatable": amounts,
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": machine.bios_uuid,
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.8.0-71-generic",
                "kubeProxyVersion": "",
                "kubeletVersion": machine.kubelet_version,
                "machineID": machine.bios_uuid.replace("-", ""),
                "operatingSystem": "linux",
                "osImage": "Ubuntu 24.04.3 LTS",
                "systemUUID": machine.bios_uuid,
            },
        },
    }
