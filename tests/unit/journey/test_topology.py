"""A cluster that is made from a ClusterClass: how it comes, changes and goes, as seen from outside."""

from datetime import timedelta

import pytest

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.controllers.clusterapi.topology.clusterclass import ClusterClassController
from fairlead.controllers.clusterapi.topology.controller import TopologyController
from fairlead.controllers.contract import (
    CLUSTER,
    CONTROL_PLANE,
    MACHINE_DEPLOYMENT,
    MACHINE_HEALTH_CHECK,
    MACHINE_SET,
)
from fairlead.runtime.conditions import find
from fairlead.runtime.events import Recorder as Events
from fairlead.testing.fleet import (
    CONFIG_TEMPLATE,
    EVENT,
    NAME,
    NAMESPACE,
    OBJECTS,
    TEMPLATE,
    Recorder,
    is_control_plane,
    is_ready,
    names,
)
from fairlead.testing.topology import CLUSTER_CLASS, Managed, ManagedFleet, run_managed

INFRASTRUCTURE = GVK("infrastructure.cluster.x-k8s.io", "v1beta2", "VSphereCluster")
OWNED = "topology.cluster.x-k8s.io/owned"
HOUR = timedelta(hours=1)


def made(objects: list[Json]) -> list[Json]:
    """Those that were made for the topology; the class's own templates are not."""
    return [obj for obj in objects if OWNED in (obj["metadata"].get("labels") or {})]


def test_objects_of_a_managed_cluster() -> None:
    """Every part has upstream's name pattern, labels, origin and owner, and the Cluster refers to it."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        cluster = await fleet.get(CLUSTER)
        uid = cluster["metadata"]["uid"]
        assert cluster["metadata"]["labels"] == {"cluster.x-k8s.io/cluster-name": NAME, OWNED: ""}
        assert cluster["spec"]["topology"]["variables"] == [
            {"name": "address", "value": first.address},
            {"name": "memoryMiB", "value": 4096},
        ]
        owner = {"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster", "name": NAME, "uid": uid}
        for gvk, reference in ((INFRASTRUCTURE, "infrastructureRef"), (CONTROL_PLANE, "controlPlaneRef")):
            [part] = await fleet.all(gvk)
            name = part["metadata"]["name"]
            assert cluster["spec"][reference] == {"apiGroup": gvk.group, "kind": gvk.kind, "name": name}
            assert name.startswith("blue-")
            assert len(name) == len("blue-") + 5
            assert part["metadata"]["ownerReferences"] == [{**owner, "controller": True, "blockOwnerDeletion": True}]
            assert part["metadata"]["annotations"]["cluster.x-k8s.io/cloned-from-name"] == "standard"
        for template in made([*await fleet.all(TEMPLATE), *await fleet.all(CONFIG_TEMPLATE)]):
            assert template["metadata"]["ownerReferences"] == [owner]
        deployment = await fleet.deployment("md-0")
        assert deployment["metadata"]["name"].startswith("blue-md-0-")
        assert "machinedeployment.topology.cluster.x-k8s.io" in deployment["metadata"]["finalizers"]
        [machine_set] = await fleet.all(MACHINE_SET)
        assert "machineset.topology.cluster.x-k8s.io" in machine_set["metadata"]["finalizers"]
        [check] = await fleet.all(MACHINE_HEALTH_CHECK)
        assert check["metadata"]["name"] == deployment["metadata"]["name"]
        assert (len(made(await fleet.all(TEMPLATE))), len(made(await fleet.all(CONFIG_TEMPLATE)))) == (2, 1)
        [found] = await fleet.all(CLUSTER_CLASS)
        assert [(c["type"], c["status"]) for c in found["status"]["conditions"]] == [
            ("RefVersionsUpToDate", "True"),
            ("VariablesReady", "True"),
            ("Paused", "False"),
        ]
        assert [each["name"] for each in found["status"]["variables"]] == ["address", "memoryMiB"]

    run_managed(scenario)


def test_settled_cluster_writes_nothing() -> None:
    """For an hour nothing is written; nor by controllers that have just started and remember nothing."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        world = fleet.world
        await world.settle(timedelta(minutes=5))
        before = world.server.store.revision
        await world.settle(HOUR)
        assert world.server.store.revision == before
        recorder = Events(world.client, world.clock, world.ids, "test")
        for _ in range(2):
            fresh = TopologyController(client=world.client, clock=world.clock, ids=world.ids, recorder=recorder)
            await fresh.reconcile(Key(NAMESPACE, NAME))
            await ClusterClassController(client=world.client, clock=world.clock).reconcile(Key(NAMESPACE, "standard"))
        assert world.server.store.revision == before

    run_managed(scenario)


def test_replicas_follow_the_topology() -> None:
    """Workers and control planes grow and shrink; nothing is replaced for it."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        planes, workers = await fleet.machines()
        old = names((*planes, *workers))
        larger = first.change(control_planes=3, workers=(("md-0", 4),))
        smaller = first.change(workers=(("md-0", 1),))
        await fleet.push_managed(larger)
        await fleet.settle_managed(larger)
        planes, workers = await fleet.machines()
        assert old < names((*planes, *workers))
        await fleet.push_managed(smaller)
        await fleet.settle_managed(smaller)
        assert len(made(await fleet.all(TEMPLATE))) == 2, "a template was replaced for nothing"

    run_managed(scenario)


def test_workers_come_and_go() -> None:
    """A second worker topology gets machines and templates of its own; when it leaves, all of them go."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        _, before = await fleet.machines()
        wider = first.change(workers=(("md-0", 2), ("md-1", 1)))
        await fleet.push_managed(wider)
        await fleet.settle_managed(wider)
        assert len(made(await fleet.all(TEMPLATE))) == 3
        await fleet.push_managed(first)
        await fleet.settle_managed(first)
        _, after = await fleet.machines()
        assert names(after) == names(before)
        for gvk, count in ((MACHINE_DEPLOYMENT, 1), (MACHINE_HEALTH_CHECK, 1), (MACHINE_SET, 1)):
            assert len(await fleet.all(gvk)) == count
        assert (len(made(await fleet.all(TEMPLATE))), len(made(await fleet.all(CONFIG_TEMPLATE)))) == (2, 1)

    run_managed(scenario)


def test_changed_variable_rotates_templates() -> None:
    """More memory: new machine templates, all machines replaced one by one, the old templates gone."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        planes, workers = await fleet.machines()
        machines, templates = names((*planes, *workers)), names(made(await fleet.all(TEMPLATE)))
        configs = names(made(await fleet.all(CONFIG_TEMPLATE)))
        bigger = first.change(memory=8192)
        await fleet.push_managed(bigger)
        await fleet.settle_managed(bigger)
        planes, workers = await fleet.machines()
        assert machines.isdisjoint(names((*planes, *workers)))

        async def is_clean() -> bool:
            return len(made(await fleet.all(TEMPLATE))) == 2

        await fleet.until(is_clean, "the end of the old templates")
        assert templates.isdisjoint(names(made(await fleet.all(TEMPLATE))))
        assert names(made(await fleet.all(CONFIG_TEMPLATE))) == configs
        events = [e["message"] for e in await fleet.all(EVENT) if e["reason"].startswith("Topology")]
        assert sum("(template rotation)" in message for message in events) == 2

    run_managed(scenario)


def test_version_goes_to_control_planes_first() -> None:
    """Three control planes, then two workers are replaced, once each; quorum holds at every event."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        after = first.change(version="v1.36.0")
        planes, workers = await fleet.machines()
        before = names((*planes, *workers))
        seen: set[str] = set()
        early: list[str] = []
        said: list[str] = []

        def look(machines: list[Json]) -> None:
            planes = [m for m in machines if is_control_plane(m)]
            assert sum(map(is_ready, planes)) >= 2, "too few ready control-plane machines"
            assert len(planes) <= 4
            assert sum("deletionTimestamp" in m["metadata"] for m in planes) <= 1
            seen.update(names(machines))
            fresh = [m for m in machines if not is_control_plane(m) and m["spec"]["version"] == "v1.36.0"]
            if fresh and {m["spec"]["version"] for m in planes} != {"v1.36.0"}:
                early.extend(names(fresh))

        async def is_told() -> bool:
            condition = find((await fleet.get(CLUSTER))["status"]["conditions"], "TopologyReconciled") or {}
            if condition.get("message") and condition["message"] not in said:
                said.append(condition["message"])
            return await fleet.is_managed_as(after)

        async def upgrade() -> None:
            await fleet.push_managed(after)
            await fleet.until(is_told, "the new version")

        await Recorder(fleet, look).during(upgrade())
        assert not early, "workers rolled before the control plane was done"
        assert len(seen - before) == 5, "a machine was replaced more than once"
        name = (await fleet.deployment("md-0"))["metadata"]["name"]
        assert said[0] == (
            "Cluster is upgrading to v1.36.0\n"
            "  * KubeadmControlPlane upgrading to version v1.36.0\n"
            f"  * MachineDeployment {name} pending upgrade to version v1.36.0"
        )
        assert said[-1] == f"Cluster is upgrading to v1.36.0\n  * MachineDeployment {name} upgrading to version v1.36.0"
        status = (await fleet.get(CLUSTER))["status"]
        assert "upgradePlan" not in status["controlPlane"]
        assert "upgradePlan" not in status["workers"]
        assert "topology.internal.cluster.x-k8s.io/upgrade-step" not in (await fleet.get(CLUSTER))["metadata"].get(
            "annotations", {}
        )

    run_managed(scenario, Managed(control_planes=3))


def test_removal_leaves_nothing() -> None:
    """A class in use stays; the Cluster takes all its objects and VMs with it, the class its templates."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        with pytest.raises(ApiError, match=r"it is used by Cluster\(s\): fleet/blue") as refused:
            await fleet.client.delete(CLUSTER_CLASS, "standard", NAMESPACE)
        assert refused.value.code == 403
        await fleet.client.delete(CLUSTER, NAME, NAMESPACE)

        async def is_gone() -> bool:
            return not await fleet.all(CLUSTER)

        await fleet.until(is_gone, "the end of the cluster")
        await fleet.world.settle(timedelta(seconds=5))
        left = [(gvk.kind, names(found)) for gvk in OBJECTS if (found := made(await fleet.all(gvk)))]
        assert left == []
        assert fleet.vms() == []
        await fleet.client.delete(CLUSTER_CLASS, "standard", NAMESPACE)
        await fleet.world.settle(timedelta(seconds=5))
        assert not any([await fleet.all(gvk) for gvk in (TEMPLATE, CONFIG_TEMPLATE, CLUSTER_CLASS)])

    run_managed(scenario)


def test_changes_by_hand() -> None:
    """What the topology sets is put back; what it does not set is left to whoever set it; what it drops goes."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        noted = first.change(worker=(("metadata", {"annotations": {"team": "blue"}}),))
        await fleet.push_managed(noted)
        name = (await fleet.deployment("md-0"))["metadata"]["name"]
        await fleet.world.settle(timedelta(minutes=1))
        assert (await fleet.deployment("md-0"))["metadata"]["annotations"]["team"] == "blue"
        mine = {"metadata": {"annotations": {"mine": "yes"}}, "spec": {"replicas": 5}}
        await fleet.client.patch(MACHINE_DEPLOYMENT, name, NAMESPACE, mine, field_manager="someone")
        await fleet.world.settle(timedelta(minutes=1))
        deployment = await fleet.deployment("md-0")
        assert deployment["spec"]["replicas"] == 2
        assert deployment["metadata"]["annotations"]["mine"] == "yes"
        await fleet.push_managed(first)
        await fleet.world.settle(timedelta(minutes=1))
        annotations = (await fleet.deployment("md-0"))["metadata"]["annotations"]
        assert "team" not in annotations
        assert annotations["mine"] == "yes"

    run_managed(scenario)


def test_replicas_that_the_topology_leaves_open() -> None:
    """Without replicas in the topology, who scales the MachineDeployment is not fought."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        cluster = first.cluster()
        del cluster["spec"]["topology"]["workers"]["machineDeployments"][0]["replicas"]
        await fleet.world.apply([cluster], namespace=NAMESPACE, manager="kustomize-controller")
        await fleet.world.settle(timedelta(minutes=1))
        name = (await fleet.deployment("md-0"))["metadata"]["name"]
        body = {"spec": {"replicas": 3}}
        await fleet.client.patch(MACHINE_DEPLOYMENT, name, NAMESPACE, body, field_manager="autoscaler")
        await fleet.settle_managed(first.change(workers=(("md-0", 3),)))

    run_managed(scenario)


def test_paused_cluster_is_left_alone() -> None:
    """While the Cluster is paused its topology is not acted on, and says so; then it is."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        await fleet.client.patch(CLUSTER, NAME, NAMESPACE, {"spec": {"paused": True}}, field_manager="someone")
        grown = first.change(workers=(("md-0", 3),))
        await fleet.push_managed(grown)
        await fleet.world.settle(timedelta(minutes=5))
        assert (await fleet.deployment("md-0"))["spec"]["replicas"] == 2
        assert await fleet.condition(CLUSTER, NAME, "TopologyReconciled") == (
            "False",
            "Paused",
            "Cluster spec.paused is set to true",
        )
        await fleet.client.patch(CLUSTER, NAME, NAMESPACE, {"spec": {"paused": None}}, field_manager="someone")
        await fleet.settle_managed(grown)
        assert get_in(await fleet.deployment("md-0"), "spec", "replicas") == 3

    run_managed(scenario)


def test_workers_that_wait() -> None:
    """An entry with defer-upgrade keeps its version while all else goes on, and follows when the annotation goes."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        held = (("metadata", {"annotations": {"topology.cluster.x-k8s.io/defer-upgrade": ""}}),)
        await fleet.push_managed(first.change(version="v1.36.0", worker=held))

        async def is_deferred() -> bool:
            _, reason, _ = await fleet.condition(CLUSTER, NAME, "TopologyReconciled")
            return reason == "MachineDeploymentsUpgradeDeferred"

        await fleet.until(is_deferred, "the word that workers are held back")
        await fleet.world.settle(timedelta(minutes=10))
        planes, workers = await fleet.machines()
        assert {m["spec"]["version"] for m in planes} == {"v1.36.0"}
        assert {m["spec"]["version"] for m in workers} == {"v1.35.0"}
        name = (await fleet.deployment("md-0"))["metadata"]["name"]
        _, _, message = await fleet.condition(CLUSTER, NAME, "TopologyReconciled")
        assert message == (
            "Cluster is upgrading to v1.36.0\n"
            f"  * MachineDeployment {name} upgrade to version v1.36.0 deferred using defer-upgrade or "
            "hold-upgrade-sequence annotations"
        )
        await fleet.push_managed(first.change(version="v1.36.0"))
        await fleet.settle_managed(first.change(version="v1.36.0"))

    run_managed(scenario)


def test_gates_of_the_class() -> None:
    """A class's availability gates hold for its clusters: Available waits for a condition that somebody else sets."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        gates = {"spec": {"availabilityGates": [{"conditionType": "example.com/Audited"}]}}
        await fleet.client.patch(CLUSTER_CLASS, "standard", NAMESPACE, gates, field_manager="someone")
        grown = first.change(with_class=False, workers=(("md-0", 3),))
        await fleet.push_managed(grown)
        await fleet.world.settle(timedelta(minutes=2))
        status, _, message = await fleet.condition(CLUSTER, NAME, "Available")
        assert (status, "example.com/Audited" in message) == ("Unknown", True)

    run_managed(scenario)
