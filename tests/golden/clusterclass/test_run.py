"""A managed cluster through its life: what our controllers leave after each stage, beside what Cluster API's left."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.base.objects import Json
from fairlead.controllers.clusterapi.family import clusterapi_controllers
from fairlead.lab.network import LabNetwork
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.controller import Manager
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer
from fairlead.server.storage import MemoryStorage
from fairlead.testing.world import KINDS, SharedKeys

RECORDED = json.loads((Path(__file__).parent / "run.json").read_text())


def simulated() -> dict[str, Json]:
    """The stages, run by our core controllers in virtual time."""
    from topology_run import Run

    found: dict[str, Json] = {}

    async def main() -> None:
        clock, ids = LoopClock(), Ids(1)
        server = ApiServer(clock, ids, KINDS, MemoryStorage())
        client = server.client()
        controllers = clusterapi_controllers(
            client=client, clock=clock, ids=ids, keys=SharedKeys(), dialer=LabNetwork(clock)
        )
        core = [each for each in controllers if not each.name.startswith("kubeadm")]
        await server.start()
        running = asyncio.create_task(Manager(client, clock, ids, core).run())

        async def until(condition: Callable[[], Awaitable[bool]]) -> None:
            async with asyncio.timeout(60):
                while not await condition():
                    await clock.sleep(timedelta(milliseconds=100))

        async def settle() -> None:
            await clock.sleep(timedelta(seconds=30))

        try:
            found.update(await Run(client, until, settle).all())
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await server.stop()

    run_virtual(main())
    return found


@pytest.fixture(scope="module")
def ours() -> dict[str, Json]:
    folder = str(Path(__file__).parents[2] / "peer")
    sys.path.insert(0, folder)
    try:
        return simulated()
    finally:
        sys.path.remove(folder)


def alike(stage: Json) -> Json:
    """A stage without what is meant to differ.

    Upstream lets a Secret own what the Cluster does not refer to yet, we let the Cluster itself; our errors name the
    place in the ClusterClass after the cause.
    """
    found: Json = copy.deepcopy(stage)
    for kind in ("VSphereCluster", "KubeadmControlPlane"):
        for each in found[kind]:
            each["owners"] = [owner for owner in each["owners"] if owner != "Secret skiff-shim"]
    condition = found["Cluster"]["condition"]
    condition["message"] = re.sub(r" \(ClusterClass .*\)$", "", condition["message"])
    del found["events"]
    return found


@pytest.mark.parametrize("stage", sorted(RECORDED))
def test_stage(stage: str, ours: dict[str, Json]) -> None:
    """Objects, metadata, specs, applied fields, conditions, plans and owners are those of the real controllers."""
    assert alike(ours[stage]) == alike(RECORDED[stage])


@pytest.mark.parametrize("stage", sorted(RECORDED))
def test_events(stage: str, ours: dict[str, Json]) -> None:
    """Each event of the real controllers is there; theirs are combined once there are more than ten of a kind."""
    told = {each.replace("(combined from similar events): ", "") for each in RECORDED[stage]["events"]}
    assert told <= set(ours[stage]["events"])
