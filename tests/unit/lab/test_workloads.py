"""Workloads of a simulated cluster: Pods get nodes, run, and their owners say so."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.lab.kube.family import kube_controllers
from fairlead.lab.kube.kubelet import Hosts, PodRunner
from fairlead.lab.kube.pods import DAEMON_SET, DEPLOYMENT, JOB, NODE, POD, STATEFUL_SET
from fairlead.runtime.client import Client
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.controller import Manager
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer

LABELS = {"app": "web"}


class Cluster:
    """A server with the workload controllers, in virtual time."""

    def __init__(self, *, needs_cni: bool) -> None:
        self.clock = LoopClock()
        ids = Ids(seed=7)
        self.server = ApiServer(self.clock, ids)
        self.client: Client = self.server.client()
        self.hosts = Hosts(needs_cni=needs_cni)
        self.controllers = kube_controllers(client=self.client, clock=self.clock, hosts=self.hosts)
        self.manager = Manager(self.client, self.clock, ids, self.controllers)

    async def add_node(self, name: str, address: str) -> None:
        self.hosts.addresses[name] = address
        taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
        await self.client.create(
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"taints": [taint]}}
        )

    async def settle(self) -> None:
        """Let everything run that does not wait for more than half a minute."""
        await self.clock.sleep(timedelta(seconds=30))


def simulate(scenario: Callable[[Cluster], Coroutine[Any, Any, None]], *, needs_cni: bool = False) -> None:
    async def main() -> None:
        cluster = Cluster(needs_cni=needs_cni)
        await cluster.server.start()
        task = asyncio.create_task(cluster.manager.run())
        try:
            await scenario(cluster)
            assert cluster.manager.errors == {}
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await cluster.server.stop()

    run_virtual(main())


def workload(gvk: GVK, name: str, pod: Json | None = None, **spec: Any) -> Json:
    template = {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [{"name": "main", "image": "web:1"}], **(pod or {})},
    }
    return {
        "apiVersion": gvk.api_version,
        "kind": gvk.kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template, **spec},
    }


async def pods(cluster: Cluster) -> list[Json]:
    return list((await cluster.client.list(POD, "default")).items)


def test_deployment_becomes_available() -> None:
    """A Deployment's Pods are placed and run, and its conditions say so as upstream's do."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        await cluster.client.create(workload(DEPLOYMENT, "web", replicas=3))
        await cluster.settle()
        deployment = await cluster.client.get(DEPLOYMENT, "web", "default")
        status = deployment["status"]
        assert (status["availableReplicas"], status["updatedReplicas"], status["observedGeneration"]) == (3, 3, 1)
        conditions = {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}
        assert conditions == {
            "Available": ("True", "MinimumReplicasAvailable"),
            "Progressing": ("True", "NewReplicaSetAvailable"),
        }
        assert {get_in(p, "status", "phase") for p in await pods(cluster)} == {"Running"}

    simulate(scenario)


def test_deployment_rolls_to_a_new_template() -> None:
    """After a new image every Pod is new, and the old ReplicaSet is empty."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        await cluster.client.create(workload(DEPLOYMENT, "web", replicas=4))
        await cluster.settle()
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "web:2"}]}}}}
        await cluster.client.patch(DEPLOYMENT, "web", "default", patch)
        await cluster.settle()
        images = [p["spec"]["containers"][0]["image"] for p in await pods(cluster)]
        assert images == ["web:2"] * 4
        sets = (await cluster.client.list(GVK("apps", "v1", "ReplicaSet"), "default")).items
        assert sorted(rs["spec"]["replicas"] for rs in sets) == [0, 4]

    simulate(scenario)


def test_deployment_scales_down() -> None:
    """Fewer replicas: the surplus Pods go."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        await cluster.client.create(workload(DEPLOYMENT, "web", replicas=4))
        await cluster.settle()
        await cluster.client.patch(DEPLOYMENT, "web", "default", {"spec": {"replicas": 1}})
        await cluster.settle()
        assert len(await pods(cluster)) == 1

    simulate(scenario)


def test_nodes_wait_for_a_network() -> None:
    """A node is NotReady until a DaemonSet brings a CNI configuration; then Pods without host network run too."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        await cluster.client.create(workload(DEPLOYMENT, "web", replicas=1))
        await cluster.settle()
        node = await cluster.client.get(NODE, "n1")
        ready = next(c for c in node["status"]["conditions"] if c["type"] == "Ready")
        assert (ready["status"], ready["reason"]) == ("False", "KubeletNotReady")
        assert [get_in(p, "status", "phase") for p in await pods(cluster)] == ["Pending"]
        cni = {
            "hostNetwork": True,
            "tolerations": [{"operator": "Exists"}],
            "volumes": [{"name": "cni", "hostPath": {"path": "/etc/cni/net.d"}}],
        }
        daemon = workload(DAEMON_SET, "cni", cni)
        daemon["spec"]["selector"] = {"matchLabels": {"app": "cni"}}
        daemon["spec"]["template"]["metadata"]["labels"] = {"app": "cni"}
        await cluster.client.create(daemon)
        await cluster.settle()
        node = await cluster.client.get(NODE, "n1")
        ready = next(c for c in node["status"]["conditions"] if c["type"] == "Ready")
        assert (ready["status"], ready["reason"]) == ("True", "KubeletReady")
        assert "taints" not in node["spec"]
        assert {get_in(p, "status", "phase") for p in await pods(cluster)} == {"Running"}

    simulate(scenario, needs_cni=True)


def test_daemonset_follows_nodes() -> None:
    """One Pod a node, also on a node that comes later."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        await cluster.client.create(workload(DAEMON_SET, "agent"))
        await cluster.settle()
        await cluster.add_node("n2", "10.0.0.2")
        await cluster.settle()
        assert sorted(p["spec"]["nodeName"] for p in await pods(cluster)) == ["n1", "n2"]
        status = (await cluster.client.get(DAEMON_SET, "agent", "default"))["status"]
        assert (status["desiredNumberScheduled"], status["numberReady"]) == (2, 2)

    simulate(scenario)


def test_statefulset_names_its_pods() -> None:
    """Pods carry ordinals, and each has its claim."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
        await cluster.client.create(
            workload(STATEFUL_SET, "db", replicas=2, serviceName="db", volumeClaimTemplates=[claim])
        )
        await cluster.settle()
        assert sorted(p["metadata"]["name"] for p in await pods(cluster)) == ["db-0", "db-1"]
        claims = (await cluster.client.list(GVK("", "v1", "PersistentVolumeClaim"), "default")).items
        assert sorted(c["metadata"]["name"] for c in claims) == ["data-db-0", "data-db-1"]
        assert (await cluster.client.get(STATEFUL_SET, "db", "default"))["status"]["readyReplicas"] == 2

    simulate(scenario)


def test_job_completes() -> None:
    """A Job's Pod succeeds and the Job is Complete."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        job = workload(JOB, "once", {"restartPolicy": "Never"})
        del job["spec"]["selector"]
        await cluster.client.create(job)
        await cluster.settle()
        status = (await cluster.client.get(JOB, "once", "default"))["status"]
        assert status["succeeded"] == 1
        assert {c["type"] for c in status["conditions"]} == {"SuccessCriteriaMet", "Complete"}

    simulate(scenario)


@pytest.mark.parametrize(
    ("annotation", "reason"), [("image-missing", "ImagePullBackOff"), ("crash", "CrashLoopBackOff")], ids=str
)
def test_pod_that_is_asked_to_fail(annotation: str, reason: str) -> None:
    """The lab's annotation makes a Pod fail the way a real one would."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        deployment = workload(DEPLOYMENT, "web", replicas=1)
        deployment["spec"]["template"]["metadata"]["annotations"] = {"lab.fairlead.dev/pod": annotation}
        await cluster.client.create(deployment)
        await cluster.settle()
        [pod] = await pods(cluster)
        assert pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == reason

    simulate(scenario)


def test_stopped_machine_makes_its_node_unknown() -> None:
    """When the machine under a node stops, its conditions become Unknown and the node is tainted."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        await cluster.settle()
        cluster.hosts.addresses.pop("n1")
        await cluster.client.patch(NODE, "n1", "", {"metadata": {"annotations": {"x": "y"}}})
        await cluster.settle()
        node = await cluster.client.get(NODE, "n1")
        ready = next(c for c in node["status"]["conditions"] if c["type"] == "Ready")
        assert (ready["status"], ready["reason"]) == ("Unknown", "NodeStatusUnknown")
        assert [t["key"] for t in node["spec"]["taints"]] == ["node.kubernetes.io/unreachable"]

    simulate(scenario)


def test_steady_state_writes_nothing() -> None:
    """Once everything runs, passes over unchanged objects write nothing."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        await cluster.client.create(workload(DEPLOYMENT, "web", replicas=2))
        await cluster.settle()
        before = (await cluster.client.list(POD)).resource_version
        for name in ("deployment", "replicaset"):
            for obj in (await cluster.client.list(DEPLOYMENT, "default")).items:
                cluster.manager.wake(name, Key.of(obj))
        await cluster.settle()
        assert (await cluster.client.list(POD)).resource_version == before

    simulate(scenario)


def test_addresses_are_not_given_twice() -> None:
    """Pods of one node have addresses of their own, also of kubelets that know nothing of the former ones."""

    async def scenario(cluster: Cluster) -> None:
        await cluster.add_node("n1", "10.0.0.1")
        await cluster.client.create(workload(DEPLOYMENT, "web", replicas=2))
        await cluster.settle()
        for controller in cluster.controllers:
            if isinstance(controller, PodRunner):
                controller._last_ip.clear()  # as after a restart: nothing in memory
        await cluster.client.patch(DEPLOYMENT, "web", "default", {"spec": {"replicas": 6}})
        await cluster.settle()
        addresses = [get_in(pod, "status", "podIP") for pod in await pods(cluster)]
        assert len(set(addresses)) == 6

    simulate(scenario)
