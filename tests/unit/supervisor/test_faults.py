"""What goes wrong in the vCenter while VM Operator works is told, and got over."""

from datetime import timedelta

import pytest

from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE
from fairlead.base.objects import Json, get_in
from fairlead.controllers.contract import CLUSTER
from fairlead.runtime.conditions import find
from fairlead.vcenter.world import ArmedFault, FaultKind

from .site import NAME, NAMESPACE, Site, everything, run


async def created(site: Site) -> Json:
    """The condition that says whether the one VM was made."""
    [vm] = await site.all(VIRTUAL_MACHINE)
    return dict(find(get_in(vm, "status", "conditions"), "VirtualMachineCreated") or {})


def test_failed_clone_is_told_and_tried_again() -> None:
    """The vCenter's words are in the VirtualMachine's condition; a minute later it is tried again."""

    async def scenario(site: Site) -> None:
        site.world.vcenter.arm(ArmedFault(FaultKind.TASK, match="VirtualMachine.clone", message="no luck"))
        await site.apply(*everything(1, 0))
        await site.world.settle(timedelta(seconds=20))
        condition = await created(site)
        assert (condition["status"], condition["reason"], condition["message"]) == ("False", "Error", "no luck")
        await site.until(site.is_up, "the cluster")
        assert len(site.vms()) == 1

    run(scenario)


def test_full_datastore_is_told() -> None:
    """A clone that is refused for want of space says so, until there is room."""

    async def scenario(site: Site) -> None:
        site.world.vcenter.arm(ArmedFault(FaultKind.DATASTORE_FULL, match="LocalDS_0", count=-1))
        await site.apply(*everything(1, 0))
        await site.world.settle(timedelta(minutes=3))
        condition = await created(site)
        assert (condition["status"], condition["reason"]) == ("False", "Error")
        assert "LocalDS_0" in condition["message"]
        site.world.vcenter.world.armed.clear()
        await site.until(site.is_up, "the cluster")

    run(scenario)


def test_refused_call_is_told() -> None:
    """A right that VM Operator's user lacks is named."""

    async def scenario(site: Site) -> None:
        site.world.vcenter.arm(ArmedFault(FaultKind.REFUSE, match="VirtualMachine.clone", count=-1))
        await site.apply(*everything(1, 0))
        await site.world.settle(timedelta(minutes=2))
        condition = await created(site)
        assert (condition["status"], condition["reason"]) == ("False", "Error")
        assert condition["message"]
        site.world.vcenter.world.armed.clear()
        await site.until(site.is_up, "the cluster")

    run(scenario)


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.2, 0.5])
def test_lost_sessions(seconds: float) -> None:
    """Sessions that end in the midst of it are opened again; no VM is made twice."""

    async def scenario(site: Site) -> None:
        await site.apply(*everything(1, 1))
        await site.world.settle(timedelta(seconds=seconds))
        site.world.vcenter.arm(ArmedFault(FaultKind.SESSION))
        await site.until(site.is_up, "the cluster")
        await site.world.settle(timedelta(minutes=3))
        assert len(site.vms()) == 2
        assert await site.nodes() == dict.fromkeys(site.vms(), True)

    run(scenario)


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.15, 0.2, 0.5, 2.0])
def test_deleted_on_the_way(seconds: float) -> None:
    """A cluster that is deleted while its VMs are made leaves none behind."""

    async def scenario(site: Site) -> None:
        site.world.vcenter.arm(ArmedFault(FaultKind.SLOW, match="clone", factor=2))
        await site.apply(*everything(1, 1))
        await site.world.settle(timedelta(seconds=seconds))
        await site.client.delete(CLUSTER, NAME, NAMESPACE)

        async def gone() -> bool:
            return not site.vms() and not await site.all(CLUSTER) and not await site.all(VIRTUAL_MACHINE)

        await site.until(gone, "the end")
        await site.world.settle(timedelta(minutes=5))
        assert site.vms() == {}

    run(scenario)
