"""The simulated vCenter with the guests that run in it, and where they keep their state."""

from __future__ import annotations

import random
from datetime import timedelta

from fairlead.app.storages import GUESTS, VCENTER, WORKLOAD_PREFIX, Storages
from fairlead.lab.disks import Disks
from fairlead.lab.guests import Guests
from fairlead.lab.journal import Journal
from fairlead.lab.network import LabNetwork
from fairlead.runtime.clock import Clock
from fairlead.runtime.ids import Ids
from fairlead.server.server import ApiServer
from fairlead.vcenter.layout import Layout
from fairlead.vcenter.simulator import VCenter

RECORDS = "records"
WORKLOAD_HISTORY_LIMIT = 256  # changes that a lagging watcher may catch up with; a kept change holds its object


class Simulation:
    """A vCenter, its guests and the network between them; goes on where the storages say it was."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        dice: random.Random,
        storages: Storages,
        layout: Layout,
        boot: timedelta = timedelta(0),
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._storages = storages
        self._vcenter_journal = Journal(storages.of(VCENTER), RECORDS)
        self._guest_journal = Journal(storages.of(GUESTS), RECORDS)
        self._inventory = layout
        self._dice = dice
        self._boot = boot
        self.network = LabNetwork(clock)
        self.vcenter: VCenter
        self.guests: Guests

    async def start(self) -> None:
        """Read what there is, and go on."""
        self._vcenter_journal.open()
        self._guest_journal.open()
        self.vcenter = VCenter(
            self._clock,
            self._dice,
            inventory=self._inventory,
            on_change=self._vcenter_journal.write,
            records=self._vcenter_journal.records,
        )
        self.guests = Guests(
            vcenter=self.vcenter,
            network=self.network,
            clock=self._clock,
            ids=self._ids,
            new_server=self.new_server,
            drop_server=lambda name: self._storages.drop(f"{WORKLOAD_PREFIX}{name}"),
            disks=Disks(self._guest_journal.write, self._guest_journal.records),
            step=self._boot,
        )
        self.vcenter.start()
        self.guests.start()

    async def settled(self) -> None:
        """Return once all that happened in the vCenter so far is durable. Raises: JournalError."""
        await self._vcenter_journal.settled()

    async def stop(self) -> None:
        """Stop everything, as a power cut would, and close the journals."""
        await self.guests.stop()
        await self.vcenter.stop()
        await self._guest_journal.close()
        await self._vcenter_journal.close()

    async def new_server(self, name: str) -> ApiServer:
        """The started API server of a workload cluster; *name* is that of its storage."""
        storage = self._storages.of(f"{WORKLOAD_PREFIX}{name}")
        server = ApiServer(self._clock, self._ids, storage=storage, history_limit=WORKLOAD_HISTORY_LIMIT)
        await server.start()
        return server
