"""Passes that end in the middle leave nothing double and nothing behind."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key
from fairlead.controllers.clusterapi.topology.clusterclass import ClusterClassController
from fairlead.controllers.clusterapi.topology.controller import TopologyController
from fairlead.controllers.contract import CLUSTER, CONTROL_PLANE, MACHINE_DEPLOYMENT
from fairlead.runtime.client import Client, PatchType
from fairlead.runtime.events import Recorder
from fairlead.runtime.virtual import run_virtual
from fairlead.testing.fleet import CONFIG_TEMPLATE, NAME, NAMESPACE, TEMPLATE
from fairlead.testing.topology import Managed, ManagedFleet, run_managed
from fairlead.testing.world import World

INFRASTRUCTURE = GVK("infrastructure.cluster.x-k8s.io", "v1beta2", "VSphereCluster")
OWNED = "topology.cluster.x-k8s.io/owned="
WRITES = 9  # of the first pass: seven objects, the Cluster and its status


class Dying:
    """A client that answers so many writes, then none."""

    def __init__(self, client: Client, writes: int, cluster: Json | None = None) -> None:
        self._client = client
        self._left = writes
        self._cluster = cluster  # what it takes for the Cluster

    async def get(self, gvk: GVK, name: str, namespace: str = "") -> Json:
        if gvk == CLUSTER and self._cluster is not None:
            return self._cluster
        return await self._client.get(gvk, name, namespace)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def _count(self) -> None:
        if self._left == 0:
            raise ApiError(503, "ServiceUnavailable", "the process was killed")
        self._left -= 1

    async def apply(self, obj: Json, *, dry_run: bool = False, **options: Any) -> Json:
        if not dry_run:
            self._count()
        return await self._client.apply(obj, dry_run=dry_run, **options)

    async def delete(self, *args: Any, **options: Any) -> Json:
        self._count()
        return await self._client.delete(*args, **options)

    async def create(self, obj: Json, **options: Any) -> Json:
        self._count()
        return await self._client.create(obj, **options)

    async def patch(
        self,
        gvk: GVK,
        name: str,
        namespace: str,
        body: Json | Sequence[Json],
        patch_type: PatchType = PatchType.MERGE,
        **options: Any,
    ) -> Json:
        self._count()
        return await self._client.patch(gvk, name, namespace, body, patch_type, **options)


class LateWorld(World):
    """A world whose API serves before its controllers run."""

    async def start(self) -> None:
        await self.server.start()

    async def begin(self) -> None:
        self.vcenter.start()
        self.guests.start()
        self._task = asyncio.create_task(self.manager.run())


async def die(world: World, writes: int, cluster: Json | None = None) -> bool:
    """One pass whose process dies after *writes*; whether it came to that."""
    client: Any = Dying(world.client, writes, cluster)
    recorder = Recorder(world.client, world.clock, world.ids, "test")
    controller = TopologyController(client=client, clock=world.clock, ids=world.ids, recorder=recorder)
    try:
        await controller.reconcile(Key(NAMESPACE, NAME))
    except Exception:  # whatever it died of
        return True
    return False


async def made(world: World, gvk: GVK) -> int:
    return len((await world.client.list(gvk, NAMESPACE, label_selector=OWNED)).items)


@pytest.mark.parametrize("writes", range(WRITES + 1))
def test_creation(writes: int) -> None:
    """Killed after any write of its first pass, the cluster still has one of everything in the end."""

    async def main() -> None:
        world, written = LateWorld(), Managed()
        fleet = ManagedFleet(world)
        await world.start()
        try:
            await fleet.push_managed(written)
            await ClusterClassController(client=world.client, clock=world.clock).reconcile(Key(NAMESPACE, "standard"))
            assert await die(world, writes) == (writes < WRITES)
            await world.begin()
            await fleet.settle_managed(written)
            await world.settle(timedelta(minutes=1))
            kinds = (INFRASTRUCTURE, CONTROL_PLANE, MACHINE_DEPLOYMENT, CONFIG_TEMPLATE, TEMPLATE)
            assert [await made(world, gvk) for gvk in kinds] == [1, 1, 1, 1, 2]
        finally:
            await world.stop()

    run_virtual(main())


@pytest.mark.parametrize("writes", range(5))
def test_rotation(writes: int) -> None:
    """Killed after any write of a pass that replaces templates, no template too many is left in the end."""

    async def scenario(fleet: ManagedFleet, first: Managed) -> None:
        world = fleet.world
        bigger = first.change(memory=8192)
        [cluster] = await fleet.all(CLUSTER)
        await world.client.patch(CLUSTER, NAME, NAMESPACE, {"spec": {"paused": True}})
        await fleet.push_managed(bigger)
        stored = await world.client.get(CLUSTER, NAME, NAMESPACE)
        running = {**stored, "spec": {key: value for key, value in stored["spec"].items() if key != "paused"}}
        assert await die(world, writes, running)
        assert cluster["metadata"]["uid"] == stored["metadata"]["uid"]
        await world.client.patch(CLUSTER, NAME, NAMESPACE, {"spec": {"paused": None}})
        assert not await die(world, 100), "the next process did not get through"
        await fleet.settle_managed(bigger)
        await world.settle(timedelta(minutes=1))
        assert [await made(world, gvk) for gvk in (CONFIG_TEMPLATE, TEMPLATE)] == [1, 2]

    run_managed(scenario)
