"""Replicas up and down on both tiers, and back to what stood in Git before."""

from fairlead.base.objects import Json
from fairlead.controllers.contract import CLUSTER, MACHINE_DEPLOYMENT
from fairlead.testing.fleet import EVENT, Fleet, Recorder, Written, is_control_plane, is_ready, names, run


def test_both_tiers_grow_and_shrink() -> None:
    """More replicas bring VMs and Ready nodes; the reverted commit takes them away, and the first ones stay."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        planes, workers = await fleet.machines()
        kept, before = names(planes), names(workers)
        larger = first.change(control_planes=3, workers=4)

        def look(machines: list[Json]) -> None:
            assert any(is_ready(m) for m in machines if is_control_plane(m))
            assert sum(is_ready(m) for m in machines if not is_control_plane(m)) >= 2
            [cluster] = fleet.world.guests.clusters
            assert cluster.members.has_quorum

        async def grow_and_shrink() -> None:
            await fleet.push(larger)
            await fleet.settle_as(larger)
            planes, workers = await fleet.machines()
            assert names(planes) > kept
            assert names(workers) > before
            assert await fleet.nodes() == dict.fromkeys(names((*planes, *workers)), True)
            await fleet.push(first)
            await fleet.settle_as(first)

        await Recorder(fleet, look).during(grow_and_shrink())
        planes, workers = await fleet.machines()
        [cluster] = fleet.world.guests.clusters
        members = {member.name for member in await cluster.members.members()}
        assert members == names(planes)
        assert set(await fleet.nodes()) == names((*planes, *workers))
        assert {vm.name for vm in fleet.vms()} == names((*planes, *workers))
        cluster_object = await fleet.get(CLUSTER)
        assert cluster_object["status"]["workers"]["replicas"] == 2

    run(scenario)


def test_no_workers_and_again() -> None:
    """A MachineDeployment of none has no VM, and comes back."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        none = first.change(workers=0)
        await fleet.push(none)
        await fleet.settle_as(none)
        assert len(await fleet.nodes()) == 1
        await fleet.push(first)
        await fleet.settle_as(first)
        [deployment] = await fleet.all(MACHINE_DEPLOYMENT)
        assert deployment["status"]["availableReplicas"] == 1
        reasons = {event["reason"] for event in await fleet.all(EVENT)}
        assert {"SuccessfulCreate", "SuccessfulDelete"} <= reasons

    run(scenario, Written(workers=1))
