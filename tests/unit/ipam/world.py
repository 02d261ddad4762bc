"""The in-cluster IPAM provider alone, in virtual time, against the embedded API."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.ipam.kinds import GROUP, IN_CLUSTER_IP_POOL, IP_ADDRESS, IP_ADDRESS_CLAIM
from fairlead.api.ipam.kinds import KINDS as IPAM_KINDS
from fairlead.base.objects import GVK, Json
from fairlead.controllers.ipam.family import ipam_controllers
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.controller import Manager
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer

KINDS = (*CLUSTER_KINDS, *IPAM_KINDS)
NAMESPACE = "default"
CLUSTER = GVK("cluster.x-k8s.io", "v1beta2", "Cluster")


def pool(name: str = "lab", kind: str = "InClusterIPPool", namespace: str = NAMESPACE, **spec: Any) -> Json:
    metadata = {"name": name} if kind.startswith("Global") else {"name": name, "namespace": namespace}
    given = {"addresses": ["10.0.0.10-10.0.0.12"], "prefix": 24, "gateway": "10.0.0.1", **spec}
    return {"apiVersion": f"{GROUP}/v1alpha2", "kind": kind, "metadata": metadata, "spec": given}


def claim(name: str, of: str = "lab", kind: str = "InClusterIPPool", **more: Any) -> Json:
    return {
        "apiVersion": f"{GROUP}/v1beta2",
        "kind": "IPAddressClaim",
        "metadata": {"name": name, "namespace": NAMESPACE, **more},
        "spec": {"poolRef": {"apiGroup": GROUP, "kind": kind, "name": of}},
    }


class World:
    """A management cluster in which only the provider runs."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.server = ApiServer(self.clock, Ids(1), KINDS)
        self.client = self.server.client()
        self.manager = Manager(self.client, self.clock, Ids(2), ipam_controllers(client=self.client, clock=self.clock))

    async def settle(self, seconds: float = 1) -> None:
        await self.clock.sleep(timedelta(seconds=seconds))

    async def create(self, *objects: Json) -> None:
        for obj in objects:
            await self.client.create(obj)

    async def claim(self, name: str) -> Json:
        return await self.client.get(IP_ADDRESS_CLAIM, name, NAMESPACE)

    async def pool(self, name: str = "lab") -> Json:
        return await self.client.get(IN_CLUSTER_IP_POOL, name, NAMESPACE)

    async def addresses(self, namespace: str = "") -> dict[str, str]:
        """What each claim got."""
        listed = (await self.client.list(IP_ADDRESS, namespace)).items
        return {obj["spec"]["claimRef"]["name"]: obj["spec"]["address"] for obj in listed}

    async def ready(self, name: str) -> tuple[str, str, str]:
        """Status, reason and message of the claim's Ready; empty where there is none."""
        for condition in ((await self.claim(name)).get("status") or {}).get("conditions") or ():
            if condition["type"] == "Ready":
                return condition["status"], condition["reason"], condition["message"]
        return "", "", ""

    async def delete(self, gvk: GVK, name: str) -> None:
        await self.client.delete(gvk, name, NAMESPACE)


def simulate(scenario: Callable[[World], Awaitable[None]]) -> None:
    """Run *scenario* with the controllers running."""

    async def main() -> None:
        world = World()
        await world.server.start()
        running = asyncio.ensure_future(world.manager.run())
        try:
            await scenario(world)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await world.server.stop()

    coroutine: Coroutine[Any, Any, None] = main()
    run_virtual(coroutine)
