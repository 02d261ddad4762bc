"""What is wrong with a ClusterClass or a topology, as its user reads it: a refusal, or a condition of the Cluster."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, copy
from fairlead.controllers.contract import CLUSTER
from fairlead.runtime.conditions import find
from fairlead.testing.fleet import NAME, NAMESPACE
from fairlead.testing.topology import CLUSTER_CLASS, Managed, ManagedFleet, run_managed
from fairlead.testing.world import World, simulate

Change = Callable[[list[Json]], None]
NAMESPACES = GVK("", "v1", "Namespace")


def patch(path: str, value: Any, kind: str = "Cluster") -> Change:
    """Set what is at *path* (dots, numbers for entries) of the object of *kind*; None removes it."""

    def change(objects: list[Json]) -> None:
        here: Any = next(obj for obj in objects if obj["kind"] == kind)
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in steps:
            here = here[step]
        if value is None:
            del here[last]
        else:
            here[last] = value

    return change


def without(kind: str) -> Change:
    def change(objects: list[Json]) -> None:
        objects[:] = [obj for obj in objects if obj["kind"] != kind]

    return change


TOPOLOGY = "spec.topology"
EXTERNAL = [{"name": "outside", "external": {"generatePatchesExtension": "make.elsewhere"}}]
POOL = {"machinePools": [{"class": "pool", "name": "pool-0"}]}
POOL_CLASS = [
    {
        "class": "pool",
        "bootstrap": {
            "templateRef": {
                "apiVersion": "bootstrap.cluster.x-k8s.io/v1beta2",
                "kind": "KubeadmConfigTemplate",
                "name": "standard",
            }
        },
        "infrastructure": {
            "templateRef": {
                "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2",
                "kind": "VSphereMachineTemplate",
                "name": "standard",
            }
        },
    }
]
REFUSED = [
    pytest.param(
        patch(f"{TOPOLOGY}.variables.0.value", 7),
        'Cluster.cluster.x-k8s.io "blue" is invalid: spec.topology.variables[address].value: Invalid value: "7"',
        id="variable-of-the-wrong-type",
    ),
    pytest.param(
        patch(f"{TOPOLOGY}.variables", [{"name": "memoryMiB", "value": 4096}]),
        'spec.topology.variables: Required value: required variable "address" must be set',
        id="variable-missing",
    ),
    pytest.param(
        patch(f"{TOPOLOGY}.variables.0", {"name": "adress", "value": "192.168.1.140"}),
        'spec.topology.variables[adress]: Invalid value: "\\"192.168.1.140\\"": variable is not defined, ',
        id="variable-unknown",
    ),
    pytest.param(
        patch(f"{TOPOLOGY}.workers.machineDeployments.0.class", "wroker"),
        'spec.topology.workers.machineDeployments[0].class: Invalid value: "wroker": MachineDeploymentClass with name '
        '"wroker" does not exist in ClusterClass "standard"',
        id="worker-class-unknown",
    ),
    pytest.param(
        patch(f"{TOPOLOGY}.version", "latest"),
        'spec.topology.version: Invalid value: "vlatest": version must be a valid semantic version',
        id="version-is-none",
    ),
    pytest.param(
        patch(f"{TOPOLOGY}.classRef", {"name": ""}),
        "spec.topology.classRef.name",
        id="class-without-a-name",
    ),
    pytest.param(
        patch("spec.patches", EXTERNAL, "ClusterClass"),
        "spec.patches[0].external: Forbidden: ",
        id="external-patch",
    ),
    pytest.param(
        patch("spec.patches.1.definitions.0.jsonPatches.0.valueFrom.variable", "memory", "ClusterClass"),
        "spec.patches[1].definitions[0].jsonPatches[0].valueFrom.variable",
        id="patch-of-an-unknown-variable",
    ),
    pytest.param(
        patch("spec.infrastructure.templateRef.kind", "VSphereCluster", "ClusterClass"),
        'spec.infrastructure.ref.kind: Invalid value: "VSphereCluster": template kind must be of form "<name>Template"',
        id="template-of-the-wrong-kind",
    ),
]
FAILING = [
    pytest.param(
        without("ClusterClass"),
        'failed to retrieve ClusterClass fleet/standard: clusterclasses.cluster.x-k8s.io "standard" not found',
        id="class-missing",
    ),
    pytest.param(
        patch(f"{TOPOLOGY}.classRef", {"name": "standard", "namespace": "classes"}),
        'failed to retrieve ClusterClass classes/standard: clusterclasses.cluster.x-k8s.io "standard" not found',
        id="class-in-an-empty-namespace",
    ),
    pytest.param(
        without("VSphereClusterTemplate"),
        "ClusterClass is not successfully reconciled: ClusterClass.status.observedGeneration must be 1, but is 0: "
        "Could not find external object for the ClusterClass. "
        "refGroupVersionKind: infrastructure.cluster.x-k8s.io/v1beta2, Kind=VSphereClusterTemplate, "
        "refName: standard, refNamespace: fleet",
        id="template-missing",
    ),
    pytest.param(
        lambda objects: (
            patch(f"{TOPOLOGY}.workers", POOL)(objects),
            patch("spec.workers.machinePools", POOL_CLASS, "ClusterClass")(objects),
        ),
        "cannot make MachinePool pool-0 of spec.topology.workers.machinePools: MachinePools are not supported",
        id="machine-pool",
    ),
    pytest.param(
        patch("spec.patches.1.definitions.0.jsonPatches.0.path", "/spec/template/spec/nowhere/memory", "ClusterClass"),
        "(ClusterClass fleet/standard: spec.patches[1].definitions[0].jsonPatches[0])",
        id="patch-without-a-place",
    ),
    pytest.param(
        patch("spec.patches.1.definitions.0.jsonPatches.1.op", "remove", "ClusterClass"),
        "failed to create VSphereMachineTemplate.infrastructure.cluster.x-k8s.io: FieldValueRequired: "
        "spec.template.spec.template: Required value",
        id="field-removed-that-is-required",
    ),
]


@pytest.mark.parametrize(("change", "text"), REFUSED)
def test_refused(change: Change, text: str) -> None:
    """Admission names the field, what stands there, and what may."""

    async def scenario(world: World) -> None:
        objects = copy(Managed().objects())
        change(objects)
        with pytest.raises(ApiError) as refused:
            await world.apply(objects, namespace=NAMESPACE)
        assert text in refused.value.message

    simulate(scenario)


@pytest.mark.parametrize(("change", "text"), FAILING)
def test_condition(change: Change, text: str) -> None:
    """The Cluster says what is missing, nothing half-made stays, and nothing loops hot."""

    async def scenario(world: World) -> None:
        objects = copy(Managed().objects())
        change(objects)
        await world.apply(objects, namespace=NAMESPACE)
        await world.settle(timedelta(minutes=1))
        cluster = await world.client.get(CLUSTER, NAME, NAMESPACE)
        condition = find(cluster["status"]["conditions"], "TopologyReconciled")
        assert condition is not None
        assert (condition["status"], condition["reason"]) == ("False", "ReconcileFailed")
        assert text in condition["message"]
        available = find(cluster["status"]["conditions"], "Available") or {}
        assert text in available["message"]
        before, passes = world.server.store.revision, world.manager.passes
        await world.settle(timedelta(minutes=30))
        assert world.server.store.revision == before
        assert world.manager.passes["topology/cluster"] - passes["topology/cluster"] < 20

    simulate(scenario)


def test_order_of_arrival() -> None:
    """A Cluster before its class, and a class before its templates: it comes once the last of them is there."""

    async def scenario(world: World) -> None:
        fleet, written = ManagedFleet(world), Managed()
        objects = written.objects()
        late = [obj for obj in objects if obj["kind"] in ("ClusterClass", "KubeadmConfigTemplate")]
        await world.apply([obj for obj in objects if obj not in late], namespace=NAMESPACE)
        await world.settle(timedelta(minutes=20))
        for obj in late:
            await world.apply([obj], namespace=NAMESPACE)
            await world.settle(timedelta(seconds=2))
        took = await fleet.settle_managed(written)
        assert took < timedelta(minutes=1), "it was noticed by a retry only"
        assert (await fleet.get(CLUSTER))["spec"]["topology"]["variables"][1] == {"name": "memoryMiB", "value": 4096}

    simulate(scenario)


def test_class_of_another_namespace() -> None:
    """A class can be shared: its templates lie beside it, what is made from them beside the Cluster."""

    async def scenario(world: World) -> None:
        fleet = ManagedFleet(world)
        written = Managed(more=(("classRef", {"name": "standard", "namespace": "classes"}),), with_class=False)
        shared = [obj for obj in Managed().objects() if obj["kind"] not in ("Cluster", "Secret")]
        await world.apply(shared, namespace="classes")
        await fleet.push_managed(written)
        await fleet.settle_managed(written)
        with pytest.raises(ApiError, match="used by Cluster"):
            await world.client.delete(CLUSTER_CLASS, "standard", "classes")

    simulate(scenario)


UPDATES = [
    pytest.param(
        Managed(version="v1.34.2"),
        'spec.topology.version: Invalid value: "v1.34.2": version cannot be decreased from "1.35.0" to "1.34.2"',
        id="version-back",
    ),
    pytest.param(
        Managed(version="v1.37.0"),
        'spec.topology.version: Invalid value: "v1.37.0": version cannot be increased from "1.35.0" to "1.37.0"',
        id="two-minors-at-once",
    ),
    pytest.param(
        Managed(more=(("classRef", {"name": "other"}),)),
        "spec.topology.class: Internal error: ClusterClass fleet/other not found",
        id="to-a-class-that-is-not-there",
    ),
]


@pytest.mark.parametrize(("written", "text"), UPDATES)
def test_refused_change(written: Managed, text: str) -> None:
    """A running cluster cannot go there."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        with pytest.raises(ApiError) as refused:
            await fleet.push_managed(written.change(with_class=False))
        assert text in refused.value.message

    run_managed(scenario)


def test_versions_one_after_the_other() -> None:
    """While machines still go to one version, the next is refused, and why is said."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        await fleet.push_managed(first.change(version="v1.36.0"))
        await fleet.world.settle(timedelta(seconds=5))
        with pytest.raises(ApiError, match="control plane is still completing a previous upgrade"):
            await fleet.push_managed(first.change(version="v1.37.0"))
        await fleet.settle_managed(first.change(version="v1.36.0"))

    run_managed(scenario)


def test_change_of_a_class_in_use() -> None:
    """A class keeps the kinds of its templates, and the worker classes that clusters use."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        stored = await fleet.get(CLUSTER_CLASS, "standard")
        for path, value, text in (
            (
                "spec.workers",
                {},
                'MachineDeploymentClass "worker" cannot be deleted because it is used by Cluster "blue"',
            ),
            ("spec.kubernetesVersions", ["v1.34.0"], 'Kubernetes Version v1.35.0 is used by Cluster "blue"'),
            (
                "spec.controlPlane.templateRef.kind",
                "OtherControlPlaneTemplate",
                'kind cannot be changed from "KubeadmControlPlaneTemplate" to "OtherControlPlaneTemplate"',
            ),
        ):
            changed = [copy(stored)]
            patch(path, value, "ClusterClass")(changed)
            if path == "spec.workers":
                del changed[0]["spec"]["workers"], changed[0]["spec"]["patches"]
            with pytest.raises(ApiError) as refused:
                await fleet.client.update(changed[0])
            assert text in refused.value.message

    run_managed(scenario)


def test_namespace_that_goes(caplog: pytest.LogCaptureFixture) -> None:
    """A namespace takes class and cluster with it: the class waits for the cluster, which is logged once."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        await fleet.client.delete(NAMESPACES, NAMESPACE)

        async def is_gone() -> bool:
            return NAMESPACE not in {obj["metadata"]["name"] for obj in (await fleet.client.list(NAMESPACES)).items}

        await fleet.until(is_gone, "the end of the namespace")
        assert fleet.vms() == []

    run_managed(scenario)
    [refused] = [record for record in caplog.records if record.getMessage() == "housekeeping refused"]
    assert f"cannot delete ClusterClass '{NAMESPACE}/" in refused.__dict__["cause"]
