"""Changes that roll through a cluster's machines, recorded at every event of the API."""

from collections.abc import Callable

from fairlead.base.objects import Json
from fairlead.controllers.contract import CONTROL_PLANE, MACHINE_DEPLOYMENT
from fairlead.testing.fleet import TEMPLATE, Fleet, Recorder, Written, is_control_plane, is_ready, names, run


def quorum_kept(fleet: Fleet, replicas: int, workers: int) -> Callable[[list[Json]], None]:
    """What must hold after every event while machines are replaced."""

    def look(machines: list[Json]) -> None:
        planes = [m for m in machines if is_control_plane(m)]
        assert sum(map(is_ready, planes)) >= replicas - 1, "too few ready control-plane machines"
        assert len(planes) <= replicas + 1, "more than one control-plane machine too many"
        assert sum("deletionTimestamp" in m["metadata"] for m in planes) <= 1, (
            "two control-plane machines leave at once"
        )
        assert len(machines) - len(planes) <= workers + 1
        [cluster] = fleet.world.guests.clusters
        assert cluster.is_up, "the API is away"
        assert cluster.members.has_quorum, "etcd has no quorum"

    return look


def test_version_rolls_one_by_one() -> None:
    """Three control planes, then two workers, are replaced; quorum holds at every event, and workers wait."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        after = first.change(version="v1.36.0")
        planes, workers = await fleet.machines()
        before = names((*planes, *workers))
        early: list[str] = []
        hold = quorum_kept(fleet, replicas=3, workers=2)

        def look(machines: list[Json]) -> None:
            hold(machines)
            versions = {m["spec"]["version"] for m in machines if is_control_plane(m)}
            fresh = [m for m in machines if not is_control_plane(m) and m["spec"]["version"] == "v1.36.0"]
            if fresh and versions != {"v1.36.0"}:
                early.extend(names(fresh))

        async def upgrade() -> None:
            await fleet.push(after)
            await fleet.settle_as(after)

        recorder = Recorder(fleet, look)
        await recorder.during(upgrade())
        assert recorder.events > 50
        assert not early, "workers rolled before the control plane was done"
        planes, workers = await fleet.machines()
        assert before.isdisjoint(names((*planes, *workers)))
        assert await fleet.nodes() == dict.fromkeys(names((*planes, *workers)), True)
        assert (await fleet.get(CONTROL_PLANE))["status"]["version"] == "v1.36.0"
        assert {vm.name for vm in fleet.vms()} == names((*planes, *workers))
        assert len(await fleet.all(TEMPLATE)) == 2, "the old templates left Git and the API"

    run(scenario, Written(control_planes=3))


def test_size_change_and_its_revert() -> None:
    """More memory replaces all machines; taking the commit back replaces them again, by machines as at first."""

    async def scenario(fleet: Fleet, first: Written) -> None:
        bigger = first.change(vm=(("memoryMiB", 8192),), worker_vm=(("numCPUs", 4),))
        look = quorum_kept(fleet, replicas=1, workers=2)

        async def there_and_back() -> None:
            for written in (bigger, first):
                await fleet.push(written)
                await fleet.settle_as(written)
                planes, workers = await fleet.machines()
                vms = {vm.name: vm for vm in fleet.vms()}
                want = (8192, 4) if written is bigger else (4096, 2)
                assert {vms[name].memory_mib for name in names(planes)} == {want[0]}
                assert {vms[name].cpus for name in names(workers)} == {want[1]}

        await Recorder(fleet, look).during(there_and_back())
        [deployment] = await fleet.all(MACHINE_DEPLOYMENT)
        assert deployment["status"]["upToDateReplicas"] == 2

    run(scenario)
