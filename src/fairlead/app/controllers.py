"""All controllers of the program, put together: the one list of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from fairlead.app.surroundings import Surroundings
from fairlead.controllers.clusterapi.family import clusterapi_controllers
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.family import flux_controllers
from fairlead.controllers.ipam.family import ipam_controllers
from fairlead.controllers.vsphere.family import vsphere_controllers
from fairlead.controllers.vsphere.sessions import Sessions
from fairlead.runtime.client import Client
from fairlead.runtime.controller import Controller, Manager
from fairlead.runtime.events import Recorder
from fairlead.runtime.remote import Dialer
from fairlead.vsphere.port import Connector


class Controllers:
    """All controllers of the program, running against one API."""

    def __init__(
        self,
        client: Client,
        surroundings: Surroundings,
        connector: Connector,
        dialer: Dialer,
        more: Iterable[Controller] = (),
    ) -> None:
        clock, ids = surroundings.clock, surroundings.ids
        self._sessions = Sessions(connector, clock)
        recorder = Recorder(client, clock, ids, "capv")
        controllers = [
            *clusterapi_controllers(client=client, clock=clock, ids=ids, keys=surroundings.keys, dialer=dialer),
            *vsphere_controllers(client=client, clock=clock, sessions=self._sessions, recorder=recorder),
            *ipam_controllers(client=client, clock=clock),
            *flux_controllers(client=client, clock=clock, ids=ids, dialer=dialer, artifacts=ArtifactStore()),
            *more,
        ]
        self.manager = Manager(client, clock, ids, controllers)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run from now on."""
        self._task = asyncio.get_running_loop().create_task(self.manager.run(), name="controllers")

    async def stop(self) -> None:
        """Stop them and log out of the vCenters."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._sessions.close()
