"""What others break is mended."""

from datetime import timedelta

import pytest

from fairlead.api.infrastructure.kinds import VSPHERE_VM
from fairlead.base.objects import finalizers
from fairlead.controllers.contract import CLUSTER, CONTROL_PLANE, MACHINE, MACHINE_DEPLOYMENT
from fairlead.testing.fleet import EVENT, NAME, NAMESPACE, NODE, Fleet, Written, names, run


def test_worker_destroyed_in_vcenter_is_replaced() -> None:
    """The health check sees the node go, and another VM takes its place; the other worker is left alone."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        _, workers = await fleet.machines()
        lost, other = sorted(names(workers))
        await fleet.destroy_vm(lost)
        took = await fleet.settle_as(first)
        _, workers = await fleet.machines()
        assert other in names(workers)
        assert lost not in names(workers)
        assert {vm.name for vm in fleet.vms()} >= names(workers)
        assert timedelta(minutes=2) < took < timedelta(minutes=6)
        assert lost not in await fleet.nodes()
        reasons = {event["reason"] for event in await fleet.all(EVENT)}
        assert "MachineMarkedUnhealthy" in reasons

    run(scenario)


def test_lost_vm_is_told_at_once() -> None:
    """Long before the health check acts, the VM's own object says that the VM is gone from the vCenter."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        _, workers = await fleet.machines()
        lost = min(names(workers))
        await fleet.destroy_vm(lost)
        await fleet.world.settle(timedelta(seconds=5))
        status, _, message = await fleet.condition(VSPHERE_VM, lost, "Ready")
        assert status == "False"
        assert "VirtualMachineProvisioned" in message
        await fleet.settle_as(first)

    run(scenario)


def test_vm_switched_off_is_switched_on_again() -> None:
    """Not at once (whoever switched it off may be about to destroy it), but soon; the node comes back, Ready."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        _, workers = await fleet.machines()
        name = min(names(workers))
        await fleet.switch_off(name)
        await fleet.world.settle(timedelta(seconds=20))
        assert not fleet.vm(name).is_on
        status, reason, message = await fleet.condition(VSPHERE_VM, name, "VirtualMachineProvisioned")
        assert (status, reason) == ("False", "PoweringOn")
        assert message == "powered off outside Kubernetes; powered on again in 30s unless it is removed"
        await fleet.settle_as(first)
        _, workers = await fleet.machines()
        assert name in names(workers)
        assert (await fleet.nodes())[name]

    run(scenario)


def test_deleted_machine_is_replaced() -> None:
    """A Machine that somebody deletes is drained and replaced."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        _, workers = await fleet.machines()
        gone = min(names(workers))
        await fleet.client.delete(MACHINE, gone, NAMESPACE)
        await fleet.settle_as(first)
        _, workers = await fleet.machines()
        assert gone not in names(workers)
        assert gone not in {vm.name for vm in fleet.vms()}
        assert "SuccessfulDrainNode" in {event["reason"] for event in await fleet.all(EVENT)}
        [deployment] = await fleet.all(MACHINE_DEPLOYMENT)
        assert finalizers(deployment) == ["cluster.x-k8s.io/machinedeployment"]

    run(scenario)


@pytest.mark.parametrize(
    ("control_planes", "is_worker"), [(1, True), (3, False), (1, False)], ids=["worker", "one of three", "the only one"]
)
def test_deleted_vspherevm_is_made_again(control_planes: int, *, is_worker: bool) -> None:
    """The machine keeps its name and gets a new VM; a Node that stayed would name the VM that is gone for ever."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        planes, workers = await fleet.machines()
        name = min(names(workers if is_worker else planes))
        [cluster] = fleet.world.guests.clusters
        before, members = fleet.vm(name), {member.name: member for member in await cluster.members.members()}
        await fleet.client.delete(VSPHERE_VM, name, NAMESPACE)
        await fleet.world.settle(timedelta(seconds=10))
        await fleet.settle_as(first)
        after = fleet.vm(name)
        assert after.bios_uuid != before.bios_uuid
        node = await cluster.admin.get(NODE, name)
        assert node["spec"]["providerID"] == f"vsphere://{after.bios_uuid}"
        assert (await fleet.nodes())[name]
        now = {member.name: member for member in await cluster.members.members()}
        assert now.keys() == members.keys() == names(planes)
        assert {key for key in now if now[key].id != members[key].id} == (set() if is_worker else {name})
        assert not any(member.is_learner for member in now.values())

    run(scenario, Written(control_planes=control_planes))


def test_the_only_control_plane_machine_deleted() -> None:
    """Its etcd went with it, so no other can join; the conditions say so at once, and what to do, which then works."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        [plane], _ = await fleet.machines()
        await fleet.client.delete(MACHINE, plane["metadata"]["name"], NAMESPACE)
        await fleet.world.settle(timedelta(seconds=30))
        [new], _ = await fleet.machines()
        told = (
            f"etcd is lost: the last Machine that ran a member was deleted; Machine {new['metadata']['name']} has no "
            "control plane to join. Delete Cluster fleet/blue to have it made again; what ran in it is lost"
        )
        assert await fleet.condition(CONTROL_PLANE, NAME, "Available") == ("False", "NotAvailable", told)
        assert told in (await fleet.condition(CLUSTER, NAME, "Available"))[2]
        before = fleet.world.manager.passes
        await fleet.world.settle(timedelta(minutes=30))
        quiet = {name: count - before[name] for name, count in fleet.world.manager.passes.items()}
        assert max(quiet.values()) <= 30 * 60 / 15, quiet
        await fleet.client.delete(CLUSTER, NAME, NAMESPACE)
        await fleet.world.settle(timedelta(minutes=2))
        assert fleet.vms() == []
        await fleet.push(first)
        await fleet.settle_as(first)

    run(scenario)
