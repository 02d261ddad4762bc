"""The whole lab in one event loop, for tests: server, vCenter, guests and controllers, in virtual time.

async def scenario(world: World) -> None:
    await world.apply(manifests)
    await world.until(lambda: world.is_true(CLUSTER, "demo", "Available"))

simulate(scenario)
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from fairlead.api.addons.kinds import KINDS as ADDON_KINDS
from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.infrastructure.kinds import KINDS as VSPHERE_KINDS
from fairlead.api.ipam.kinds import KINDS as IPAM_KINDS
from fairlead.api.kind import Kind
from fairlead.api.kubeadm.kinds import KINDS as KUBEADM_KINDS
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, get_in
from fairlead.controllers.clusterapi.family import clusterapi_controllers
from fairlead.controllers.ipam.family import ipam_controllers
from fairlead.controllers.vsphere.family import vsphere_controllers
from fairlead.controllers.vsphere.sessions import Sessions
from fairlead.lab.guests import Guests
from fairlead.lab.network import LabNetwork
from fairlead.lab.vcenter import DirectConnector
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, LoopClock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.controller import Controller, Manager
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer
from fairlead.server.storage import MemoryStorage, Storage
from fairlead.vcenter.layout import DEFAULT, Layout
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.tasks import Delays
from fairlead.vsphere.port import Connector

KINDS = (*CLUSTER_KINDS, *KUBEADM_KINDS, *ADDON_KINDS, *VSPHERE_KINDS, *IPAM_KINDS)
LIMIT = timedelta(minutes=30)
STEP = timedelta(milliseconds=200)


class SharedKeys:
    """RSA keys from a small pool made once: real keys, without 50 ms for each."""

    _pool: list[rsa.RSAPrivateKey] = []  # noqa: RUF012  # shared by all worlds of a test run on purpose
    _size = 6

    def __init__(self) -> None:
        self._next = 0

    async def rsa_key(self, bits: int = 2048) -> rsa.RSAPrivateKey:
        while len(self._pool) < self._size:
            self._pool.append(rsa.generate_private_key(65537, bits))
        self._next += 1
        return self._pool[self._next % self._size]


class World:
    """A management cluster with a simulated vCenter and its guests.

    *client* puts another API server in the place of the embedded one; that takes a wall *clock*. Every API server, the
    workload clusters' too, gets a *storage* of its own.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        boot: timedelta = timedelta(0),
        needs_cni: bool = False,
        layout: Layout = DEFAULT,
        delays: Delays | None = None,
        connector: Callable[[VCenter], Connector] = DirectConnector,
        storage: Callable[[], Storage] = MemoryStorage,
        kinds: Sequence[Kind] = KINDS,
        client: Client | None = None,
        clock: Clock | None = None,
        more: Callable[["World"], Iterable[Controller]] = lambda world: (),
    ) -> None:
        self.clock = clock or LoopClock()
        self.ids = Ids(seed)
        self.keys = SharedKeys()
        self._storage = storage
        self.server = ApiServer(self.clock, self.ids, kinds, storage())
        self.client = client or self.server.client()
        self.vcenter = VCenter(self.clock, random.Random(seed), inventory=layout, delays=delays)
        self.network = LabNetwork(self.clock)
        self.guests = Guests(
            vcenter=self.vcenter,
            network=self.network,
            clock=self.clock,
            ids=self.ids,
            new_server=self._new_server,
            step=boot,
            needs_cni=needs_cni,
        )
        self.sessions = Sessions(connector(self.vcenter), self.clock)
        recorder = Recorder(self.client, self.clock, self.ids, "capv")
        controllers = [
            *clusterapi_controllers(
                client=self.client, clock=self.clock, ids=self.ids, keys=self.keys, dialer=self.network
            ),
            *vsphere_controllers(client=self.client, clock=self.clock, sessions=self.sessions, recorder=recorder),
            *ipam_controllers(client=self.client, clock=self.clock),
            *more(self),
        ]
        self.manager = Manager(self.client, self.clock, self.ids, controllers)
        self._task: asyncio.Task[None] | None = None

    async def _new_server(self, name: str) -> ApiServer:
        server = ApiServer(self.clock, self.ids, storage=self._storage())
        await server.start()
        return server

    async def start(self) -> None:
        await self.server.start()
        self.vcenter.start()
        self.guests.start()
        self._task = asyncio.create_task(self.manager.run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.sessions.close()
        await self.guests.stop()
        await self.vcenter.stop()
        await self.server.stop()

    async def apply(self, manifests: str | Iterable[Json], namespace: str = "", manager: str = "kubectl") -> None:
        """Server-side apply YAML text or objects; a *namespace* is made first and set where none is given."""
        objects = goyaml.load_all(manifests) if isinstance(manifests, str) else list(manifests)
        if namespace:
            await self.client.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, field_manager=manager
            )
        for obj in objects:
            if not isinstance(obj, dict):
                continue
            if namespace and not get_in(obj, "metadata", "namespace"):
                obj = {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}
            await self.client.apply(obj, field_manager=manager)

    async def until(
        self, condition: Callable[[], Awaitable[bool]], limit: timedelta = LIMIT, what: str = "the condition"
    ) -> timedelta:
        """Wait until *condition* holds; returns how long it took. Raises: AssertionError after *limit*."""
        began = self.clock.now()
        while not await condition():
            waited = self.clock.now() - began
            if waited > limit:
                raise AssertionError(f"{what} did not hold within {limit}; errors: {self.manager.errors}")
            await self.clock.sleep(STEP)
        return self.clock.now() - began

    async def condition(self, gvk: GVK, name: str, namespace: str, type_: str) -> bool:
        """Whether an object's condition is True."""
        obj = await self.client.get(gvk, name, namespace)
        return is_true(get_in(obj, "status", "conditions"), type_)

    async def settle(self, duration: timedelta = timedelta(minutes=1)) -> None:
        """Let *duration* pass."""
        await self.clock.sleep(duration)


def simulate(scenario: Callable[[World], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Run *scenario* in a fresh world in virtual time."""

    async def main() -> None:
        world = World(**options)
        await world.start()
        try:
            await scenario(world)
        finally:
            await world.stop()

    run_virtual(main())
