"""A commit is taken back while it rolls out: whatever the moment, the fleet is again as it was."""

import asyncio
import random
from datetime import timedelta

from fairlead.testing.fleet import Fleet, Written, names
from fairlead.testing.slow import SlowStorage
from fairlead.testing.world import World, simulate

MILLISECOND = 0.001


def test_taken_back_at_any_moment() -> None:
    """All machines roll; the commit is reverted 1, 2, 3 … ms after its push, while new ones join etcd and the cluster.

    There is one control plane, so etcd must not lose its quorum, and no node may stay behind without a machine.
    """
    rng = random.Random(3)

    async def scenario(world: World) -> None:
        fleet = Fleet(world, step=timedelta(milliseconds=500))
        first = Written(workers=1)
        after = first.change(vm=(("memoryMiB", 8192),), worker_vm=(("memoryMiB", 8192),))
        await fleet.push(first)
        await fleet.settle_as(first)
        for moment in range(36):
            await fleet.push(after)
            await asyncio.sleep((moment + rng.random()) * MILLISECOND)
            await fleet.push(first)
            took = await fleet.settle_as(first)
            assert took < timedelta(minutes=2), f"reverted after {moment} ms"
            planes, workers = await fleet.machines()
            assert set(await fleet.nodes()) == names((*planes, *workers)), f"reverted after {moment} ms"
            [cluster] = world.guests.clusters
            members = await cluster.members.members()
            assert [member.is_learner for member in members] == [False], f"reverted after {moment} ms"

    simulate(scenario, storage=lambda: SlowStorage(rng))
