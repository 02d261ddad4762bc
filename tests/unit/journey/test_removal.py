"""A cluster goes: every VM, every object, whatever the order."""

import asyncio
from datetime import timedelta

import pytest

from fairlead.base.objects import GVK
from fairlead.controllers.contract import CLUSTER, MACHINE
from fairlead.testing.fleet import EVENT, NAME, NAMESPACE, OBJECTS, SECRET, Fleet, Written, names, run


async def is_all_gone(fleet: Fleet) -> bool:
    """Whether nothing of the cluster is left, in the API or in the vCenter."""
    return not fleet.vms() and not [obj for gvk in OBJECTS for obj in await fleet.all(gvk)]


def test_deleting_the_cluster_takes_all() -> None:
    """Deleting the Cluster alone takes VMs, machines, templates, secrets and the workload cluster with it."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        await fleet.client.delete(CLUSTER, NAME, NAMESPACE)
        took = await fleet.until(lambda: _only_users_files(fleet), "the end of the cluster")
        assert took < timedelta(minutes=3)
        assert fleet.world.guests.clusters == []
        reasons = [event["reason"] for event in await fleet.all(EVENT)]
        assert "Deleted" in reasons
        await fleet.push(first)  # what stands in Git comes back
        await fleet.settle_as(first)

    run(scenario)


async def _only_users_files(fleet: Fleet) -> bool:
    left = {obj["kind"] for gvk in OBJECTS for obj in await fleet.all(gvk)}
    return not fleet.vms() and not left


@pytest.mark.parametrize(
    "backwards",
    [pytest.param(False, id="in-order"), pytest.param(True, id="in-reverse"), pytest.param(None, id="at-once")],
)
def test_pruned_as_flux_does(backwards: bool | None) -> None:
    """Every applied object is deleted at once, credentials too: the VMs go first, nothing hangs on a finalizer."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        objects = fleet.git[::-1] if backwards else fleet.git
        deletions = [fleet.client.delete(GVK.of(obj), obj["metadata"]["name"], NAMESPACE) for obj in objects]
        if backwards is None:
            await asyncio.gather(*deletions)
        else:
            for deletion in deletions:
                await deletion
        took = await fleet.until(lambda: is_all_gone(fleet), "the end of everything")
        assert took < timedelta(minutes=3)
        left = names(await fleet.all(SECRET))
        assert not left, "secrets were left behind"

    run(scenario, Written(control_planes=3, workers=2) if backwards is None else None)


def test_cluster_that_never_came_up_can_be_removed() -> None:
    """Removed while machines are still being cloned and booted: no VM is left behind, not even one just started."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        await fleet.push(first.change(workers=4, control_planes=3))
        await fleet.world.settle(timedelta(milliseconds=1500))
        assert len(await fleet.all(MACHINE)) > 3
        for obj in fleet.git:
            await fleet.client.delete(GVK.of(obj), obj["metadata"]["name"], NAMESPACE)
        await fleet.until(lambda: is_all_gone(fleet), "the end of everything")
        await fleet.world.settle(timedelta(minutes=5))
        assert await is_all_gone(fleet)

    run(scenario)
