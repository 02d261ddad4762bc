"""What kubeadm keeps in a workload cluster, brought along when the control plane changes.

Source: cluster-api v1.14, controlplane/kubeadm/pkg (workload_cluster.go, workload_cluster_coredns.go,
workload_cluster_rbac.go). The Corefile is not migrated: docs/compat/kubeadm.md.
"""

import re

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, Key, annotations, copy, get_in
from fairlead.controllers.clusterapi.controlplane.desired import bootstrap_spec
from fairlead.controllers.contract import get_or_none
from fairlead.engines.cloudinit.kubeadm import cluster_configuration
from fairlead.engines.semver import SemverError, parse_version
from fairlead.runtime.client import Client

CONFIG_MAP = GVK("", "v1", "ConfigMap")
DAEMON_SET, DEPLOYMENT = GVK("apps", "v1", "DaemonSet"), GVK("apps", "v1", "Deployment")
CLUSTER_ROLE_BINDING = GVK("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding")
NAMESPACE = "kube-system"
MANAGER = "manager"
SKIP_PROXY = "controlplane.cluster.x-k8s.io/skip-kube-proxy"
SKIP_DNS = "controlplane.cluster.x-k8s.io/skip-coredns"
KUBELET_RIGHTS = "kubeadm:apiserver-kubelet-client"
_IMAGE = re.compile(r"^(?:(?P<repository>.+)/)?(?P<name>[^/:@]+)(?::(?P<tag>[^@]+))?(?:@.*)?$")
_TAKEN_OVER = (
    "apiServer",
    "controllerManager",
    "scheduler",
    "etcd",
    "featureGates",
    "certificateValidityPeriod",
    "encryptionAlgorithm",
)


class Workload:
    """The kube-system objects of one workload cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def is_initialized(self) -> bool:
        """Whether `kubeadm init` has left its configuration here."""
        return await get_or_none(self._client, CONFIG_MAP, Key(NAMESPACE, "kubeadm-config")) is not None

    async def prepare_rollout(self, kcp: Json) -> None:
        """Rights and configuration that machines of the asked-for version need to join; writes only what differs."""
        await self._kubelet_rights(kcp["spec"]["version"])
        await self._kubeadm_config(kcp)

    async def finish_rollout(self, kcp: Json) -> None:
        """kube-proxy and CoreDNS follow once all machines are what they should be; writes only what differs."""
        await self._kube_proxy(kcp)
        await self._core_dns(kcp)

    async def _kubelet_rights(self, version: str) -> None:
        try:
            if parse_version(version).minor >= 38:
                return
        except SemverError:
            return
        if await get_or_none(self._client, CLUSTER_ROLE_BINDING, Key("", KUBELET_RIGHTS)) is not None:
            return
        group = CLUSTER_ROLE_BINDING.group
        body: Json = {
            "apiVersion": CLUSTER_ROLE_BINDING.api_version,
            "kind": CLUSTER_ROLE_BINDING.kind,
            "metadata": {"name": KUBELET_RIGHTS},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "system:kubelet-api-admin"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "kube-apiserver-kubelet-client"}],
        }
        try:
            await self._client.create(body, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_already_exists:
                raise

    async def _kubeadm_config(self, kcp: Json) -> None:
        stored = await get_or_none(self._client, CONFIG_MAP, Key(NAMESPACE, "kubeadm-config"))
        text = get_in(stored or {}, "data", "ClusterConfiguration")
        current = goyaml.load(text) if text else None
        if not isinstance(current, dict):
            return
        wanted = _followed(current, kcp)
        if wanted != current:
            patch = {"data": {"ClusterConfiguration": goyaml.dump(wanted)}}
            await self._client.patch(CONFIG_MAP, "kubeadm-config", NAMESPACE, patch, field_manager=MANAGER)

    async def _kube_proxy(self, kcp: Json) -> None:
        if SKIP_PROXY in annotations(kcp):
            return
        tag = kcp["spec"]["version"].replace("+", "_")
        await self._set_image(DAEMON_SET, "kube-proxy", tag, _repository(kcp))

    async def _core_dns(self, kcp: Json) -> None:
        if SKIP_DNS in annotations(kcp):
            return
        dns = get_in(kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration", "dns", default={})
        repository, tag = dns.get("imageRepository") or _repository(kcp), dns.get("imageTag", "")
        if not repository and not tag:
            return
        if await self._set_image(DEPLOYMENT, "coredns", tag, repository):
            await self._kubeadm_config(kcp)

    async def _set_image(self, gvk: GVK, name: str, tag: str, repository: str) -> bool:
        """Change the image of the container *name*; an empty tag or repository stays. Returns whether it changed."""
        workload = await get_or_none(self._client, gvk, Key(NAMESPACE, name))
        containers = get_in(workload or {}, "spec", "template", "spec", "containers", default=[])
        for index, container in enumerate(containers):
            found = _IMAGE.match(container.get("image", ""))
            if container["name"] != name or found is None:
                continue
            prefix = (repository or found["repository"] or "").rstrip("/")
            image = f"{prefix}/{found['name']}:{tag or found['tag']}".removeprefix("/")
            if image == container["image"]:
                return False
            changed = [dict(each) for each in containers]
            changed[index]["image"] = image
            patch = {"spec": {"template": {"spec": {"containers": changed}}}}
            await self._client.patch(gvk, name, NAMESPACE, patch, field_manager=MANAGER)
            return True
        return False


def _repository(kcp: Json) -> str:
    return str(get_in(kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration", "imageRepository", default=""))


def _followed(current: Json, kcp: Json) -> Json:
    """The stored ClusterConfiguration with what the control plane's spec asks for; facts of the cluster stay."""
    version = kcp["spec"]["version"]
    wanted: Json = copy(current)
    wanted["kubernetesVersion"] = version
    asked = bootstrap_spec(kcp, join=True).get("clusterConfiguration")
    shaped = cluster_configuration(asked, {"kubernetesVersion": version})
    wanted["apiVersion"] = shaped["apiVersion"]
    # without a configuration of its own the control plane only takes back the gate that it set itself
    is_asked = get_in(kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration")
    for name in _TAKEN_OVER if is_asked else ("featureGates",):
        if shaped.get(name) is not None:
            wanted[name] = shaped[name]
        else:
            wanted.pop(name, None)
    for name in ("imageRepository", "dns"):
        if shaped.get(name):
            wanted[name] = shaped[name]
    return wanted
