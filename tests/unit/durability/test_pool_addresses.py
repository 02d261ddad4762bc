"""Killed at any write while pools give and take addresses, and started again: none is given twice or lost."""

import asyncio
import os
import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.ipam.kinds import GLOBAL_IN_CLUSTER_IP_POOL, GROUP, IP_ADDRESS, IP_ADDRESS_CLAIM
from fairlead.api.ipam.kinds import KINDS as IPAM_KINDS
from fairlead.base.objects import Json
from fairlead.controllers.ipam.family import ipam_controllers
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.controller import Manager
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer

sys.path.insert(0, str(Path(__file__).parent))

from crashing import EPOCH, Entry, RecordedStorages

NAMES = ("a", "b", "c", "d")
GONE = "b"


def _pool() -> Json:
    spec = {"addresses": ["10.0.0.10-10.0.0.13"], "prefix": 24}
    head = {"apiVersion": f"{GROUP}/v1alpha2", "kind": "GlobalInClusterIPPool"}
    return {**head, "metadata": {"name": "lab"}, "spec": spec}


def _claim(name: str) -> Json:
    reference = {"apiGroup": GROUP, "kind": "GlobalInClusterIPPool", "name": "lab"}
    head = {"apiVersion": f"{GROUP}/v1beta2", "kind": "IPAddressClaim"}
    return {**head, "metadata": {"name": name, "namespace": "default"}, "spec": {"poolRef": reference}}


async def _live(left: Sequence[Entry], seed: int) -> tuple[dict[str, str], list[Entry]]:
    """Go on from what is *left* until all is quiet: every claim is wanted but one, which is deleted.

    Returns who has which address, and all writes.
    """
    storages = RecordedStorages(left)
    made = {row.name for _, row in left if row is not None}
    clock = LoopClock(EPOCH + timedelta(hours=seed))
    server = ApiServer(clock, Ids(seed), (*CLUSTER_KINDS, *IPAM_KINDS), storage=storages.of("management"))
    await server.start()
    client = server.client()
    manager = Manager(client, clock, Ids(seed), ipam_controllers(client=client, clock=clock))
    running = asyncio.ensure_future(manager.run())
    for obj in (_pool(), *map(_claim, NAMES)):
        if obj["metadata"]["name"] not in {GONE} & made:
            await client.apply(obj, field_manager="user")
    await clock.sleep(timedelta(seconds=1))
    if any(claim["metadata"]["name"] == GONE for claim in (await client.list(IP_ADDRESS_CLAIM)).items):
        await client.delete(IP_ADDRESS_CLAIM, GONE, "default")
    await client.apply(_claim("late"), field_manager="user")
    await clock.sleep(timedelta(seconds=5))
    assert manager.errors == {}
    held = (await client.list(IP_ADDRESS)).items
    counts = (await client.get(GLOBAL_IN_CLUSTER_IP_POOL, "lab"))["status"]["ipAddresses"]
    assert counts == {"total": 4, "used": 4, "free": 0, "outOfRange": 0}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await server.stop()
    return {obj["metadata"]["name"]: obj["spec"]["address"] for obj in held}, storages.log


def test_killed_while_addresses_are_given() -> None:
    """Whenever it is killed, afterwards each claim has one address of its own, and the deleted one's went on."""
    _, log = run_virtual(_live((), 1))
    assert len(log) > 30
    every = 1 if "FAIRLEAD_CRASHES" in os.environ else 4
    for cut in range(random.Random(7).randrange(every), len(log), every):
        given, _ = run_virtual(_live(log[:cut], 2))
        assert sorted(given) == ["a", "c", "d", "late"], cut
        assert sorted(given.values()) == [f"10.0.0.{number}" for number in range(10, 14)], cut
