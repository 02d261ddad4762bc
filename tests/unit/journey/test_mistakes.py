"""Bad input: who is told what, and that nothing loops hot or crashes."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER, VSPHERE_VM
from fairlead.base.objects import GVK, Json, get_in
from fairlead.controllers.contract import CLUSTER, MACHINE, MACHINE_DEPLOYMENT, SECRET
from fairlead.testing.fleet import BOOT, EVENT, NAME, NAMESPACE, OBJECTS, TEMPLATE, Fleet, Written
from fairlead.testing.world import World, simulate

CALM_MINUTES = 5  # less than what the health check gives a node to start
PASSES_PER_MINUTE = 8  # of one controller, for a cluster of three machines that cannot go on


def play(scenario: Callable[[Fleet], Coroutine[Any, Any, None]]) -> None:
    async def main(world: World) -> None:
        await scenario(Fleet(world))

    simulate(main, boot=BOOT)


async def stays_calm(fleet: Fleet) -> None:
    """In five minutes in which nobody mends anything: few passes, and not one write."""
    world = fleet.world
    passes, revision = world.manager.passes, (await fleet.client.list(CLUSTER)).resource_version
    await world.settle(timedelta(minutes=CALM_MINUTES))
    for name, count in world.manager.passes.items():
        assert count - passes[name] <= CALM_MINUTES * PASSES_PER_MINUTE, f"{name} runs hot"
    left = [obj for gvk in (*OBJECTS, EVENT) for obj in await fleet.all(gvk)]
    written = [obj for obj in left if int(obj["metadata"]["resourceVersion"]) > int(revision)]
    assert [(obj["kind"], obj["metadata"]["name"]) for obj in written] == []
    crashes = [text for text in world.manager.errors.values() if text.startswith(("KeyError", "TypeError", "Attr"))]
    assert crashes == []


def vm_part(**parts: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(parts.items())


MISTAKES = [
    pytest.param(
        vm_part(template="ubuntu-nowhere"),
        "unable to find template by name \"ubuntu-nowhere\": vm 'ubuntu-nowhere' not found",
        id="template",
    ),
    pytest.param(
        vm_part(network={"devices": [{"networkName": "Nowhere", "dhcp4": True}]}),
        "unable to find network \"Nowhere\": network 'Nowhere' not found",
        id="network",
    ),
    pytest.param(vm_part(datastore="nowhere"), "unable to get datastore nowhere for", id="datastore"),
    pytest.param(vm_part(folder="/DC0/vm/nowhere"), "folder '/DC0/vm/nowhere' not found", id="folder"),
    pytest.param(
        vm_part(resourcePool="/DC0/host/DC0_C0/Resources/nowhere"),
        "resource pool '/DC0/host/DC0_C0/Resources/nowhere' not found",
        id="pool",
    ),
    pytest.param(vm_part(datacenter="DC9"), "DC9", id="datacenter"),
    pytest.param(vm_part(storagePolicyName="gold"), "gold", id="storage-policy"),
    pytest.param(vm_part(diskGiB=5), "disk", id="disk-too-small"),
]


@pytest.mark.parametrize(("parts", "told"), MISTAKES)
def test_worker_that_vcenter_cannot_make(parts: tuple[tuple[str, Any], ...], told: str) -> None:
    """The condition of the VM carries the cause, every object above repeats it, an event warns; a commit mends it."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.push(Written(workers=1, worker_vm=parts))
        await fleet.world.settle(timedelta(minutes=3))
        name = await failing_vm(fleet, told, "blue-md-0-")
        assert [vm.name for vm in fleet.vms()] != [name]
        await stays_calm(fleet)
        right = Written(workers=1)
        await fleet.push(right)
        await fleet.settle_as(right)

    play(scenario)


def test_control_plane_that_vcenter_cannot_make() -> None:
    """The workers wait, the Cluster says why; the commit with the right template is enough."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.push(Written(workers=1, vm=vm_part(template="ubuntu-nowhere")))
        await fleet.world.settle(timedelta(minutes=2))
        name = await failing_vm(fleet, "vm 'ubuntu-nowhere' not found", "blue-")
        assert not fleet.vms()
        assert "vm 'ubuntu-nowhere' not found" in (await fleet.condition(CLUSTER, NAME, "ControlPlaneMachinesReady"))[2]
        await stays_calm(fleet)
        right = Written(workers=1)
        await fleet.push(right)
        await fleet.settle_as(right)
        assert name not in {vm.name for vm in fleet.vms()}, "the machine that never had a VM was replaced"

    play(scenario)


async def failing_vm(fleet: Fleet, told: str, prefix: str) -> str:
    """The name of the VM that cannot be made; its condition, its Machine's and one event say why."""
    [name] = [vm["metadata"]["name"] for vm in await fleet.all(VSPHERE_VM) if not get_in(vm, "status", "ready")]
    assert name.startswith(prefix)
    status, reason, message = await fleet.condition(VSPHERE_VM, name, "VirtualMachineProvisioned")
    assert (status, reason) == ("False", "NotProvisioned")
    assert told in message
    assert told in (await fleet.condition(MACHINE, name, "InfrastructureReady"))[2]
    warnings = [e for e in await fleet.all(EVENT) if e["type"] == "Warning" and told in e["message"]]
    assert [e["involvedObject"]["name"] for e in warnings] == [name], "one event, not one for every try"
    return str(name)


CREDENTIALS = [
    pytest.param({"secret": "nowhere"}, 'Secret "nowhere" not found', {}, id="missing-secret"),
    pytest.param({"password": "wrong"}, "Login failure", {"password": "fairlead"}, id="wrong-password"),
]


@pytest.mark.parametrize(("parts", "told", "cure"), CREDENTIALS)
def test_credentials(parts: Json, told: str, cure: Json) -> None:
    """The VSphereCluster says that vCenter is unreachable and why; the Secret alone mends it."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.push(Written(workers=0, **parts))
        await fleet.world.settle(timedelta(minutes=2))
        status, reason, message = await fleet.condition(VSPHERE_CLUSTER, NAME, "VCenterAvailable")
        assert (status, reason) == ("False", "VCenterUnreachable")
        assert told in message
        assert told in (await fleet.condition(CLUSTER, NAME, "InfrastructureReady"))[2]
        await stays_calm(fleet)
        logins = [e for e in fleet.world.vcenter.events.all() if "Cannot login" in e.message]
        assert len(logins) <= 8, "an account must not be locked by us"
        secret: Json = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": parts.get("secret", NAME), "namespace": NAMESPACE},
            "stringData": {"username": "administrator@vsphere.local", "password": "fairlead"},
        }
        await fleet.client.apply(secret, field_manager="kubectl")
        await fleet.settle_as(Written(workers=0))
        assert await fleet.all(SECRET)

    play(scenario)


def test_missing_bootstrap_template() -> None:
    """The MachineDeployment says what is missing; the control plane comes up all the same."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.push(Written(workers=1, bootstrap="nowhere"))
        await fleet.world.settle(timedelta(minutes=3))
        status, _, message = await fleet.condition(MACHINE_DEPLOYMENT, "blue-md-0", "ScalingUp")
        assert status == "True"
        assert message == "Scaling up from 0 to 1 replicas is blocked because KubeadmConfigTemplate does not exist"
        planes, workers = await fleet.machines()
        assert (len(planes), len(workers)) == (1, 0)
        await stays_calm(fleet)
        right = Written(workers=1)
        await fleet.push(right)
        await fleet.settle_as(right)

    play(scenario)


def test_missing_infrastructure() -> None:
    """A Cluster whose VSphereCluster is not there waits for it, and says so."""

    async def scenario(fleet: Fleet) -> None:
        whole = Written(workers=0)
        parts = [obj for obj in whole.objects() if obj["kind"] != "VSphereCluster"]
        await fleet.world.apply(parts, namespace=NAMESPACE)
        await fleet.world.settle(timedelta(minutes=1))
        status, reason, message = await fleet.condition(CLUSTER, NAME, "InfrastructureReady")
        assert (status, reason, message) == ("False", "ObjectDoesNotExist", "VSphereCluster does not exist")
        await stays_calm(fleet)
        await fleet.push(whole)
        await fleet.settle_as(whole)

    play(scenario)


def replaced(obj: Json, path: tuple[str, ...], value: object) -> Json:
    """A copy of *obj* with another value at *path*."""
    head, *rest = path
    inner = replaced(obj.get(head) or {}, tuple(rest), value) if rest else value
    return {**obj, head: inner}


REFUSED = [
    pytest.param("Cluster", ("spec", "paused"), "yes", "spec.paused", id="boolean"),
    pytest.param("KubeadmControlPlane", ("spec", "replicas"), "three", "spec.replicas", id="number"),
    pytest.param("MachineDeployment", ("spec", "template"), [], "spec.template", id="list-for-object"),
    pytest.param("MachineDeployment", ("spec", "clusterName"), "", "spec.clusterName", id="empty-name"),
    pytest.param("VSphereCluster", ("spec", "controlPlaneEndpoint", "port"), "https", "port", id="port"),
    pytest.param("VSphereMachineTemplate", ("spec", "template", "spec", "numCPUs"), "two", "numCPUs", id="cpus"),
    pytest.param("VSphereMachineTemplate", ("spec",), "text", "spec", id="text-for-object"),
]


@pytest.mark.parametrize("version", ["v1beta1", "v1beta2"])
@pytest.mark.parametrize(("kind", "path", "value", "told"), REFUSED)
def test_wrong_values_are_refused(kind: str, path: tuple[str, ...], value: object, told: str, version: str) -> None:
    """In either version a wrong value is refused at the door, with the field's name; nothing is stored."""

    async def scenario(fleet: Fleet) -> None:
        obj = next(each for each in Written().objects() if each["kind"] == kind)
        group = obj["apiVersion"].rpartition("/")[0]
        obj = replaced({**obj, "apiVersion": f"{group}/{version}"}, path, value)
        await fleet.world.apply([], namespace=NAMESPACE)
        obj["metadata"] = {**obj["metadata"], "namespace": NAMESPACE}
        with pytest.raises(ApiError) as refused:
            await fleet.client.create(obj)
        assert refused.value.code in (400, 422), refused.value
        assert told in refused.value.message
        gvk = GVK(group, "v1beta2", kind)
        assert await fleet.all(gvk) == []

    play(scenario)


def test_machine_template_cannot_be_changed() -> None:
    """Upstream's words for the commonest mistake of all."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.push(Written())
        [first, _] = await fleet.all(TEMPLATE)
        spec = {"template": {"spec": {"memoryMiB": 1}}}
        with pytest.raises(ApiError, match=r"spec\.template\.spec field is immutable"):
            await fleet.client.patch(TEMPLATE, first["metadata"]["name"], NAMESPACE, {"spec": spec})
        assert get_in(await fleet.get(TEMPLATE, first["metadata"]["name"]), "spec") == first["spec"]

    play(scenario)
