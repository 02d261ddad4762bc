"""Far more machines than anybody meant: pushed by mistake, and taken back."""

import random
from datetime import timedelta

from fairlead.base.objects import Json
from fairlead.testing.fleet import Fleet, Recorder, Written, names
from fairlead.testing.slow import SlowStorage
from fairlead.testing.world import World, simulate

LIMITS = {"machine": 20, "kubeadmconfig": 12, "vspheremachine": 16, "vspherevm": 22, "machinehealthcheck": 5}


def test_huge_number_taken_back() -> None:
    """The size that is asked for is read again while machines are made, and each machine costs what it always costs."""
    rng = random.Random(1)

    async def scenario(world: World) -> None:
        fleet = Fleet(world, step=timedelta(milliseconds=500))
        first = Written()
        await fleet.push(first)
        await fleet.settle_as(first)
        made: set[str] = set()

        def look(machines: list[Json]) -> None:
            made.update(names(machines))

        async def there_and_back() -> None:
            await fleet.push(first.change(workers=100_000))
            while len(made) < 75:
                await world.settle(timedelta(milliseconds=10))
            await fleet.push(first)
            assert await fleet.settle_as(first) < timedelta(seconds=30)

        before = world.manager.passes
        await Recorder(fleet, look).during(there_and_back())
        assert len(made) < 75 + 60
        after = world.manager.passes
        for controller, limit in LIMITS.items():
            assert (after[controller] - before[controller]) / len(made) < limit, controller
        quiet = world.manager.passes
        await world.settle(timedelta(minutes=1))
        assert sum(world.manager.passes.values()) - sum(quiet.values()) < 40

    simulate(scenario, storage=lambda: SlowStorage(rng))
