"""Control planes in a whole simulated world: born, grown, shrunk, upgraded, repaired, and taken down."""

import base64
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.controllers.clusterapi import pki
from fairlead.controllers.contract import CLUSTER, CONTROL_PLANE, KUBEADM_CONFIG, MACHINE, SECRET
from fairlead.lab.workload import WorkloadCluster
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import find, is_true
from fairlead.testing.world import World, simulate

NAMESPACE = "fleet"
EVENT = GVK("", "v1", "Event")
CONFIG_MAP = GVK("", "v1", "ConfigMap")
DAEMON_SET = GVK("apps", "v1", "DaemonSet")
TEMPLATE = GVK("infrastructure.cluster.x-k8s.io", "v1beta2", "VSphereMachineTemplate")
HEALTH = (
    "APIServerPodHealthy",
    "ControllerManagerPodHealthy",
    "SchedulerPodHealthy",
    "EtcdPodHealthy",
    "EtcdMemberHealthy",
)


def template(version: str) -> Json:
    spec = {
        "cloneMode": "fullClone",
        "datacenter": "DC0",
        "datastore": "LocalDS_0",
        "diskGiB": 25,
        "folder": "DC0/vm",
        "memoryMiB": 4096,
        "network": {"devices": [{"dhcp4": True, "networkName": "/DC0/network/VM Network"}]},
        "numCPUs": 2,
        "resourcePool": "/DC0/host/DC0_C0/Resources",
        "server": "https://vcenter.test",
        "template": f"/DC0/vm/ubuntu-2404-kube-{version}",
    }
    name = f"plane-{version.replace('.', '-')}"
    return _object(TEMPLATE, name, {"template": {"spec": spec}})


def _object(gvk: GVK, name: str, spec: Json) -> Json:
    meta = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": meta, "spec": spec}


def manifests(replicas: int = 1, version: str = "v1.35.0", kubeadm: Json | None = None, **more: Any) -> list[Json]:
    group = "infrastructure.cluster.x-k8s.io"
    registration = {"nodeRegistration": {"name": "{{ local_hostname }}"}}
    cluster = {
        "clusterNetwork": {"pods": {"cidrBlocks": ["192.168.0.0/16"]}},
        "controlPlaneRef": {"apiGroup": CONTROL_PLANE.group, "kind": CONTROL_PLANE.kind, "name": "blue"},
        "infrastructureRef": {"apiGroup": group, "kind": "VSphereCluster", "name": "blue"},
    }
    vsphere = {
        "controlPlaneEndpoint": {"host": "192.168.1.140", "port": 6443},
        "identityRef": {"kind": "Secret", "name": "vcenter"},
        "server": "https://vcenter.test",
    }
    reference = {"apiGroup": group, "kind": TEMPLATE.kind, "name": template(version)["metadata"]["name"]}
    plane = {
        "replicas": replicas,
        "version": version,
        "kubeadmConfigSpec": {"initConfiguration": registration, "joinConfiguration": registration, **(kubeadm or {})},
        "machineTemplate": {"spec": {"infrastructureRef": reference}},
        **more,
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "vcenter", "namespace": NAMESPACE},
        "stringData": {"username": "administrator@vsphere.local", "password": "fairlead"},
    }
    return [
        secret,
        _object(CLUSTER, "blue", cluster),
        _object(GVK(group, "v1beta2", "VSphereCluster"), "blue", vsphere),
        template(version),
        _object(CONTROL_PLANE, "blue", plane),
    ]


class Fleet:
    """The one cluster of a world, and how to look at it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = world.client

    async def plane(self) -> Json:
        return await self.client.get(CONTROL_PLANE, "blue", NAMESPACE)

    async def machines(self) -> list[Json]:
        return list((await self.client.list(MACHINE, NAMESPACE)).items)

    async def patch(self, spec: Json) -> None:
        await self.client.patch(CONTROL_PLANE, "blue", NAMESPACE, {"spec": spec})

    async def is_settled(self) -> bool:
        """Whether there are as many machines as asked for, all up to date and available."""
        plane, machines = await self.plane(), await self.machines()
        status, want = plane.get("status", {}), plane["spec"]["replicas"]
        counts = [status.get(name) for name in ("replicas", "readyReplicas", "availableReplicas", "upToDateReplicas")]
        fresh = all(m["spec"]["version"] == plane["spec"]["version"] for m in machines)
        return counts == [want] * 4 and fresh and not any("deletionTimestamp" in m["metadata"] for m in machines)

    async def settle(self, watch: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        async def settled() -> bool:
            if watch is not None:
                await watch()
            return await self.is_settled()

        await self.world.until(settled, what="the control plane to settle")

    async def condition(self, type_: str) -> Json:
        return dict(find((await self.plane())["status"]["conditions"], type_) or {})

    async def secret(self, name: str) -> dict[str, bytes]:
        data = (await self.client.get(SECRET, f"blue-{name}", NAMESPACE))["data"]
        return {key: base64.b64decode(value) for key, value in data.items()}

    @property
    def workload(self) -> WorkloadCluster:
        [cluster] = self.world.guests.clusters
        return cluster

    async def writes(self) -> int:
        return int((await self.client.list(CLUSTER)).resource_version)


def run(scenario: Callable[[Fleet], Coroutine[Any, Any, None]], **more: Any) -> None:
    async def main(world: World) -> None:
        await world.apply(manifests(**more), namespace=NAMESPACE)
        fleet = Fleet(world)
        await fleet.settle()
        await scenario(fleet)
        assert world.manager.errors == {}

    simulate(main, boot=timedelta(seconds=3))


def test_created() -> None:
    """A new control plane is available; its Secrets, lock, configuration and conditions are upstream's."""

    async def scenario(fleet: Fleet) -> None:
        plane = await fleet.plane()
        conditions = {c["type"]: c["status"] for c in plane["status"]["conditions"]}
        assert all(
            conditions[type_] == "True"
            for type_ in ("Available", "CertificatesAvailable", "Initialized", "EtcdClusterHealthy", "MachinesReady")
        )
        assert plane["status"]["version"] == "v1.35.0"
        [machine] = await fleet.machines()
        assert all(is_true(machine["status"]["conditions"], type_) for type_ in HEALTH)
        for name in ("ca", "etcd", "proxy", "sa", "kubeconfig"):
            secret = await fleet.client.get(SECRET, f"blue-{name}", NAMESPACE)
            assert secret["type"] == "cluster.x-k8s.io/secret"
            assert [o["kind"] for o in secret["metadata"]["ownerReferences"]] == ["KubeadmControlPlane"]
        config = await fleet.client.get(KUBEADM_CONFIG, machine["metadata"]["name"], NAMESPACE)
        assert config["spec"]["clusterConfiguration"]["controlPlaneEndpoint"] == "192.168.1.140:6443"
        assert config["spec"]["clusterConfiguration"]["featureGates"] == {"ControlPlaneKubeletLocalMode": True}
        assert "machine.cluster.x-k8s.io/certificates-expiry" in config["metadata"]["annotations"]
        assert await fleet.client.get(CONFIG_MAP, "blue-lock", NAMESPACE)

    run(scenario)


def test_steady_state_writes_nothing() -> None:
    """Half an hour in which nothing happens, and passes that were asked for, cost no write."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.world.settle(timedelta(minutes=1))
        before = await fleet.writes()
        fleet.world.manager.wake("kubeadmcontrolplane", Key(NAMESPACE, "blue"))
        for machine in await fleet.machines():
            fleet.world.manager.wake("kubeadmconfig", Key.of(machine))
        await fleet.world.settle(timedelta(minutes=30))
        assert await fleet.writes() == before

    run(scenario, replicas=3)


def test_scaled_up_and_down() -> None:
    """One machine at a time; members come and go with the machines, and the lock is given back."""

    async def scenario(fleet: Fleet) -> None:
        async def one_at_a_time() -> None:
            machines = await fleet.machines()
            unready = [m for m in machines if not is_true(get_in(m, "status", "conditions"), "Ready")]
            assert len(unready) <= 1

        await fleet.patch({"replicas": 3})
        await fleet.settle(one_at_a_time)
        nodes = {m["status"]["nodeRef"]["name"] for m in await fleet.machines()}
        assert {member.name for member in await fleet.workload.members.members()} == nodes
        with pytest.raises(ApiError, match="not found"):
            await fleet.client.get(CONFIG_MAP, "blue-lock", NAMESPACE)
        reasons = {event["reason"] for event in (await fleet.client.list(EVENT, NAMESPACE)).items}
        assert "ControlPlaneUnhealthy" in reasons
        await fleet.patch({"replicas": 1})
        await fleet.settle(one_at_a_time)
        [machine] = await fleet.machines()
        [member] = await fleet.workload.members.members()
        assert member.name == machine["status"]["nodeRef"]["name"]
        assert fleet.workload.members.leader == member.name

    run(scenario)


def test_upgraded_without_losing_quorum() -> None:
    """A new version replaces machine by machine: never fewer than all but one ready, the API always there."""

    async def scenario(fleet: Fleet) -> None:
        fewest, most = [3], [3]

        async def count() -> None:
            machines = await fleet.machines()
            fewest[0] = min(fewest[0], sum(is_true(get_in(m, "status", "conditions"), "Ready") for m in machines))
            most[0] = max(most[0], len(machines))
            assert fleet.workload.is_up
            assert fleet.workload.members.has_quorum

        before = {m["metadata"]["name"] for m in await fleet.machines()}
        new = template("v1.36.0")
        await fleet.world.apply([new])
        reference = {"infrastructureRef": {"name": new["metadata"]["name"]}}
        await fleet.patch({"version": "v1.36.0", "machineTemplate": {"spec": reference}})
        await fleet.settle(count)
        assert fewest[0] >= 2
        assert most[0] == 4
        machines = await fleet.machines()
        assert before.isdisjoint(m["metadata"]["name"] for m in machines)
        admin = fleet.workload.admin
        text = (await admin.get(CONFIG_MAP, "kubeadm-config", "kube-system"))["data"]["ClusterConfiguration"]
        config = goyaml.load(text)
        assert config["kubernetesVersion"] == "v1.36.0"
        assert "featureGates" not in config
        assert config["networking"] == {"podSubnet": "192.168.0.0/16"}
        proxy = await admin.get(DAEMON_SET, "kube-proxy", "kube-system")
        assert proxy["spec"]["template"]["spec"]["containers"][0]["image"].endswith("/kube-proxy:v1.36.0")
        assert await fleet.condition("RollingOut") | {"lastTransitionTime": ""} == {
            "type": "RollingOut",
            "status": "False",
            "reason": "NotRollingOut",
            "message": "",
            "observedGeneration": (await fleet.plane())["metadata"]["generation"],
            "lastTransitionTime": "",
        }

    run(scenario, replicas=3)


def test_rolled_out_for_other_reasons() -> None:
    """A changed configuration replaces machines; what can follow in place does not."""

    async def scenario(fleet: Fleet) -> None:
        [first] = await fleet.machines()
        await fleet.patch({"machineTemplate": {"metadata": {"labels": {"team": "blue"}}}})
        await fleet.world.settle()
        [same] = await fleet.machines()
        assert same["metadata"]["uid"] == first["metadata"]["uid"]
        assert same["metadata"]["labels"]["team"] == "blue"
        config = await fleet.client.get(KUBEADM_CONFIG, same["metadata"]["name"], NAMESPACE)
        assert config["metadata"]["labels"]["team"] == "blue"
        await fleet.patch({"machineTemplate": {"metadata": {"labels": {"team": None}}}})
        await fleet.world.settle()
        [same] = await fleet.machines()
        assert "team" not in same["metadata"]["labels"]
        await fleet.patch({"kubeadmConfigSpec": {"preKubeadmCommands": ["echo new"]}})
        await fleet.world.settle(timedelta(minutes=5))
        assert await fleet.is_settled()
        [other] = await fleet.machines()
        assert other["metadata"]["uid"] != first["metadata"]["uid"]

    run(scenario)


def test_remediated() -> None:
    """A machine that a health check gives up is replaced once that is safe, and the record says so."""

    async def scenario(fleet: Fleet) -> None:
        machines = await fleet.machines()
        victim = machines[0]["metadata"]["name"]
        await _give_up(fleet, victim)
        await fleet.world.settle(timedelta(minutes=5))
        assert await fleet.is_settled()
        names = {m["metadata"]["name"] for m in await fleet.machines()}
        assert victim not in names
        assert (await fleet.plane())["status"]["lastRemediation"]["machine"] == victim
        noted = [m for m in await fleet.machines() if f"{_REMEDIATION}-for" in m["metadata"]["annotations"]]
        assert len(noted) == 1
        assert f"{_REMEDIATION}-in-progress" not in (await fleet.plane())["metadata"].get("annotations", {})

    run(scenario, replicas=3)


_REMEDIATION = "controlplane.cluster.x-k8s.io/remediation"


async def _give_up(fleet: Fleet, name: str) -> None:
    """Do what a MachineHealthCheck does with a machine that is ill."""
    machine = await fleet.client.get(MACHINE, name, NAMESPACE)
    more = [
        {
            "type": type_,
            "status": "False",
            "reason": reason,
            "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for type_, reason in (("HealthCheckSucceeded", "UnhealthyNode"), ("OwnerRemediated", "WaitingForRemediation"))
    ]
    conditions = [*machine["status"]["conditions"], *more]
    version = {"resourceVersion": machine["metadata"]["resourceVersion"]}
    body = {"status": {"conditions": conditions}, "metadata": version}
    await fleet.client.patch(MACHINE, name, NAMESPACE, body, subresource="status")


def test_the_only_machine_is_not_remediated() -> None:
    """Removing the only machine would lose the cluster: it is said, not done."""

    async def scenario(fleet: Fleet) -> None:
        [machine] = await fleet.machines()
        await _give_up(fleet, machine["metadata"]["name"])
        await fleet.world.settle(timedelta(minutes=5))
        [same] = await fleet.machines()
        told = find(same["status"]["conditions"], "OwnerRemediated") or {}
        assert same["metadata"]["uid"] == machine["metadata"]["uid"]
        assert told["reason"] == "CannotBeRemediated"
        assert told["message"] == "KubeadmControlPlane can't remediate if current replicas are less or equal to 1"
        remediating = await fleet.condition("Remediating")
        assert remediating["status"] == "True"

    run(scenario)


def test_machine_deleted_by_hand() -> None:
    """A Machine that somebody deletes leaves etcd first, and is replaced."""

    async def scenario(fleet: Fleet) -> None:
        name = (await fleet.machines())[-1]["metadata"]["name"]
        await fleet.client.delete(MACHINE, name, NAMESPACE)
        await fleet.world.settle(timedelta(minutes=5))
        assert await fleet.is_settled()
        assert name not in {m["metadata"]["name"] for m in await fleet.machines()}
        nodes = {m["status"]["nodeRef"]["name"] for m in await fleet.machines()}
        assert {member.name for member in await fleet.workload.members.members()} == nodes

    run(scenario, replicas=3)


def test_strange_member_is_removed() -> None:
    """An etcd member that belongs to no machine is taken out."""

    async def scenario(fleet: Fleet) -> None:
        fleet.workload.members.join("stranger", "192.0.2.9", 99)
        fleet.world.manager.wake("kubeadmcontrolplane", Key(NAMESPACE, "blue"))
        await fleet.world.settle()
        assert not fleet.workload.members.has_member("stranger")

    run(scenario, replicas=3)


def test_taken_down() -> None:
    """Without its Cluster the control plane goes, machines and VMs with it."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.client.delete(CLUSTER, "blue", NAMESPACE)
        await fleet.world.settle(timedelta(minutes=5))
        for gvk in (CLUSTER, CONTROL_PLANE, MACHINE, KUBEADM_CONFIG):
            assert not (await fleet.client.list(gvk, NAMESPACE)).items
        left = {Key.of(secret).name for secret in (await fleet.client.list(SECRET, NAMESPACE)).items}
        assert not {name for name in left if name.startswith("blue-")}

    run(scenario, replicas=3)


def test_waits_for_workers() -> None:
    """A control plane that is deleted alone stays as long as there are workers, and names them."""

    async def scenario(fleet: Fleet) -> None:
        reference = {"apiGroup": "infrastructure.cluster.x-k8s.io", "kind": "VSphereMachine", "name": "w"}
        spec = {"clusterName": "blue", "bootstrap": {"dataSecretName": "x"}, "infrastructureRef": reference}
        worker = _object(MACHINE, "worker", spec)
        worker["metadata"]["labels"] = {"cluster.x-k8s.io/cluster-name": "blue"}
        await fleet.client.create(worker)
        await fleet.client.delete(CONTROL_PLANE, "blue", NAMESPACE)
        await fleet.world.settle()
        told = await fleet.condition("Deleting")
        assert told["reason"] == "WaitingForWorkersDeletion"
        assert told["message"].endswith("objects still exist:\n* Machines: worker")
        assert len(await fleet.machines()) == 2

    run(scenario)


def test_certificates_of_another_kind() -> None:
    """encryptionAlgorithm makes keys of that kind, caCertificateValidityPeriodDays CAs of that life."""

    async def scenario(fleet: Fleet) -> None:
        certificate = x509.load_pem_x509_certificate((await fleet.secret("ca"))["tls.crt"])
        assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
        life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert life == timedelta(days=400, minutes=5)
        assert b"EC PRIVATE KEY" in (await fleet.secret("sa"))["tls.key"]

    config = {"encryptionAlgorithm": "ECDSA-P256", "caCertificateValidityPeriodDays": 400}
    run(scenario, kubeadm={"clusterConfiguration": config})


class _Earlier:
    """A clock that is behind: what is made by it is that much older."""

    def __init__(self, clock: Clock, by: timedelta) -> None:
        self._clock, self._by = clock, by

    def now(self) -> datetime:
        return self._clock.now() - self._by

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, delay: timedelta) -> None:
        await self._clock.sleep(delay)


def test_deleted_kubeconfig_is_made_again() -> None:
    """Somebody deletes the kubeconfig of a running cluster: it is there again at once, with the same CA."""

    async def scenario(fleet: Fleet) -> None:
        ca = await fleet.secret("ca")
        await fleet.client.delete(SECRET, "blue-kubeconfig", NAMESPACE)
        await fleet.world.settle(timedelta(seconds=2))
        assert await fleet.secret("kubeconfig")
        assert await fleet.secret("ca") == ca
        await fleet.world.settle()
        assert await fleet.is_settled()

    run(scenario)


def test_kubeconfig_is_renewed() -> None:
    """The administrator's certificate is made anew at half of its life; the CA stays."""

    async def scenario(fleet: Fleet) -> None:
        world = fleet.world
        ca = await fleet.secret("ca")
        pair = pki.pair_of(await fleet.client.get(SECRET, "blue-ca", NAMESPACE))
        earlier = _Earlier(world.clock, timedelta(days=200))
        old = await pki.new_kubeconfig(pair, "blue", "192.168.1.140:6443", world.keys, earlier)
        body = {"data": {"value": base64.b64encode(old).decode()}}
        await fleet.client.patch(SECRET, "blue-kubeconfig", NAMESPACE, body)
        await world.settle()
        assert (await fleet.secret("kubeconfig"))["value"] != old
        assert await fleet.secret("ca") == ca
        assert await fleet.is_settled()

    run(scenario)


def test_lost_certificate_is_told() -> None:
    """A CA of a running cluster cannot be made anew: its loss is told."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.client.delete(SECRET, "blue-etcd", NAMESPACE)
        fleet.world.manager.wake("kubeadmcontrolplane", Key(NAMESPACE, "blue"))
        await fleet.world.settle()
        told = await fleet.condition("CertificatesAvailable")
        text = "Cluster certificate for etcd is not available, please check cluster certificate secrets"
        assert (told["status"], told["reason"], told["message"]) == ("False", "NotAvailable", text)
        available = await fleet.condition("Available")
        assert available["message"] == "* Control plane certificates are not available"

    run(scenario)


def test_ignition_machines() -> None:
    """Machines that read Ignition come up as well."""

    async def scenario(fleet: Fleet) -> None:
        [machine] = await fleet.machines()
        secret = await fleet.client.get(SECRET, machine["metadata"]["name"], NAMESPACE)
        assert base64.b64decode(secret["data"]["format"]) == b"ignition"

    run(scenario, kubeadm={"format": "ignition"})


def test_named_by_template() -> None:
    """machineNaming.template names new machines."""

    async def scenario(fleet: Fleet) -> None:
        [machine] = await fleet.machines()
        assert machine["metadata"]["name"].startswith("blue-cp-")

    run(scenario, machineNaming={"template": "{{ .cluster.name }}-cp-{{ .random }}"})


def test_missing_template_is_told() -> None:
    """Nothing is made without the infrastructure's template; once it is there the control plane comes up."""

    async def main(world: World) -> None:
        objects = manifests()
        late = next(obj for obj in objects if obj["kind"] == TEMPLATE.kind)
        await world.apply([obj for obj in objects if obj is not late], namespace=NAMESPACE)
        fleet = Fleet(world)
        await world.settle()
        told = await fleet.condition("ScalingUp")
        assert told["message"].endswith("is blocked because:\n* VSphereMachineTemplate does not exist")
        await world.apply([late])
        await fleet.settle()

    simulate(main)


def test_workload_out_of_reach() -> None:
    """What was known is kept for five minutes, then it is unknown."""

    async def scenario(fleet: Fleet) -> None:
        cluster = fleet.workload
        [member] = await cluster.members.members()
        cluster.stop_control_plane(member.name)
        for minutes, status, reason in ((2, "True", "Healthy"), (5, "Unknown", "ConnectionDown")):
            await fleet.world.settle(timedelta(minutes=minutes))
            told = await fleet.condition("ControlPlaneComponentsHealthy")
            assert (told["status"], told["reason"]) == (status, reason)
        assert told["message"].startswith("Last successful probe at 2026-01-01T00:")

    run(scenario)


def test_learner_does_not_vote() -> None:
    """A member that learns costs no quorum when it dies, cannot lead, and is no learner's neighbour."""

    async def scenario(fleet: Fleet) -> None:
        etcd = fleet.workload.members
        first = (await etcd.members())[0].name
        etcd.join("learner", "192.0.2.9", 99, learner=True)
        assert etcd.other_learner("third") == "learner"
        await etcd.move_leader(99)
        assert etcd.leader == first
        etcd.stop("learner")
        before = etcd.has_quorum
        assert etcd.promote("learner")
        assert (before, etcd.has_quorum) == (True, False)
        etcd.start("learner")
        await etcd.remove_member(99)
        assert not etcd.promote("learner")

    run(scenario, replicas=1)
