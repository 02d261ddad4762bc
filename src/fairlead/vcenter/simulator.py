"""The simulated vCenter as a whole: inventory, tasks, events, sessions, and the calls that change them.

`VCenter` is what the SOAP face and the lab's direct adapter stand on. It must be made and used on one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from fairlead.vcenter import faults, layout, power, tree
from fairlead.vcenter.clock import Clock, Dice
from fairlead.vcenter.events import EventLog
from fairlead.vcenter.inventory import Change, Inventory, Journal
from fairlead.vcenter.model import VM, Entity, Guest
from fairlead.vcenter.privileges import needed
from fairlead.vcenter.sessions import Sessions
from fairlead.vcenter.tasks import Delays, Tasks
from fairlead.vcenter.work import (
    Clone,
    Create,
    Destroy,
    Maintenance,
    Move,
    Power,
    Reconfigure,
    RemoveSnapshot,
    Rename,
    RevertSnapshot,
    ShutDown,
    TakeSnapshot,
    Task,
    Upgrade,
    Work,
)
from fairlead.vcenter.world import ArmedFault, FaultKind, World

VERSION = "8.0.3"
BUILD = "24322831"
API_VERSION = "8.0.3.0"

OPERATIONS: Mapping[type, str] = {
    Clone: "VirtualMachine.clone",
    Create: "Folder.createVm",
    Reconfigure: "VirtualMachine.reconfigure",
    Destroy: "VirtualMachine.destroy",
    TakeSnapshot: "VirtualMachine.createSnapshot",
    RemoveSnapshot: "vm.Snapshot.remove",
    RevertSnapshot: "vm.Snapshot.revert",
    Upgrade: "VirtualMachine.upgradeVirtualHardware",
    Rename: "ManagedEntity.rename",
    Move: "VirtualMachine.relocate",
    ShutDown: "VirtualMachine.shutdownGuest",
}
POWER_OPERATIONS = {"on": "powerOn", "off": "powerOff", "reset": "reset", "suspend": "suspend"}


class VCenter:
    """One simulated vCenter.

    `on_change(key, value)` is the journal: each call is a record to keep (`None`: to forget). Give the kept records
    to `load` before anything else, or start from `layout`.
    """

    def __init__(
        self,
        clock: Clock,
        dice: Dice,
        *,
        inventory: layout.Layout = layout.DEFAULT,
        delays: Delays | None = None,
        on_change: Journal | None = None,
        records: Iterable[tuple[str, bytes]] = (),
    ) -> None:
        self.clock = clock
        self.dice = dice
        self.delays = delays or Delays()
        self.layout = inventory
        self.instance_uuid = ""
        self._journal = on_change
        self._background: set[asyncio.Task[None]] = set()
        self.inventory = Inventory(on_change)
        self.world = World(self.inventory, dice, clock.now)
        self.tasks = Tasks(self.world, clock, self.delays, on_change)
        self.events = EventLog(self.inventory, clock.now, on_change)
        self.sessions = Sessions({u.name: u for u in inventory.users}, dice, clock.now)
        self.tasks.before, self.tasks.after = self._narrate_start, self._narrate_end
        self.inventory.subscribe(self._narrate_removal)
        if not self._load(self._whole(records)):
            layout.build(inventory, self.inventory, dice, clock.now())
            self.instance_uuid = self.inventory.new_uuid(dice, 0x70)
            self._write("instance-uuid", self.instance_uuid.encode())

    # Life.

    def start(self) -> None:
        """Go on with what a former run left undone."""
        self.tasks.resume()

    async def stop(self) -> None:
        """Stop all running tasks, as a power cut would."""
        await self.tasks.stop()
        for job in list(self._background):
            job.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    # Keeping.

    def snapshot(self) -> bytes:
        """Return the whole state (without sessions) as one value."""
        return msgspec.msgpack.encode(list(self.records()))

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Yield journal records that make up the whole state."""
        yield "instance-uuid", self.instance_uuid.encode()
        yield from self.inventory.records()
        yield from self.tasks.records()
        yield from self.events.records()

    @staticmethod
    def snapshot_records(snapshot: bytes) -> list[tuple[str, bytes]]:
        """Return what `snapshot` holds, to be given to a new VCenter."""
        return msgspec.msgpack.decode(snapshot, type=list[tuple[str, bytes]])

    def _whole(self, records: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """*records*; of a first run that ended before it had built the inventory none, and they are forgotten."""
        kept = list(records)
        if any(key == "instance-uuid" for key, _ in kept):  # written last
            return kept
        for key, _ in kept:
            self._write(key, None)
        return []

    def _load(self, records: Iterable[tuple[str, bytes]]) -> bool:
        found = False
        for key, value in records:
            found = True
            if key == "instance-uuid":
                self.instance_uuid = value.decode()
            elif not (
                self.inventory.restore(key, value) or self.tasks.restore(key, value) or self.events.restore(key, value)
            ):
                raise ValueError(f"cannot restore the simulated vCenter: unknown record '{key}'")
        self.inventory.settle()
        self.tasks.settle()
        self.events.settle()
        return found

    def fork(self, clock: Clock, dice: Dice) -> VCenter:
        """Return an independent copy in another world, for planning: same objects, no tasks, no journal."""
        copy = VCenter(
            clock,
            dice,
            inventory=self.layout,
            delays=msgspec.structs.replace(self.delays),
            records=[("instance-uuid", self.instance_uuid.encode())],
        )
        copy.inventory = self.inventory.fork()
        copy.world.inventory = copy.inventory
        copy.inventory.subscribe(copy._narrate_removal)
        copy.events = EventLog(copy.inventory, clock.now)
        return copy

    def _write(self, key: str, value: bytes | None) -> None:
        if self._journal is not None:
            self._journal(key, value)

    # Calls.

    def submit(self, work: Work, user: str) -> Task:
        """Start a task. Raises: VimFault when the call itself is refused (NoPermission, no such object)."""
        entity = self._subject(work)
        for privilege, object_id in needed(self.inventory, work):
            self.check(user, privilege, object_id)
        if isinstance(work, Power):
            operation = f"VirtualMachine.{POWER_OPERATIONS[work.op]}"
        elif isinstance(work, Maintenance):
            operation = "HostSystem.enterMaintenanceMode" if work.enter else "HostSystem.exitMaintenanceMode"
        else:
            operation = OPERATIONS[type(work)]
        refused = self.world.strike(FaultKind.REFUSE, operation, entity.name)
        if refused:
            raise faults.no_permission(refused.message, entity.type, entity.id)
        return self.tasks.submit(work, operation, entity, user)

    def check(self, user: str, privilege: str, object_id: str) -> None:
        """Raises: VimFault NoPermission when *user* lacks *privilege*."""
        if self.sessions.lacks(user, privilege):
            entity = self.inventory.get(object_id)
            raise faults.no_permission(privilege, entity.type if entity else "ManagedEntity", object_id)

    def _subject(self, work: Work) -> Entity:
        """Return the object a task is about."""
        match work:
            case Clone():
                id_ = work.source
            case Create():
                id_ = work.folder
            case Destroy() | Rename():
                id_ = work.object
            case Move():
                id_ = work.objects[0] if work.objects else work.folder
            case Maintenance():
                id_ = work.host
            case _:
                id_ = work.vm
        entity = self.inventory.get(id_)
        if entity is None:
            kind = "ManagedEntity" if isinstance(work, Destroy | Rename | Move) else "VirtualMachine"
            raise faults.no_object(kind, id_)
        return entity

    def shut_down_guest(self, vm_id: str, user: str, *, reboot: bool = False) -> None:
        """Ask the guest to shut down; it goes down after its delay. Raises: VimFault."""
        vm = self.inventory.find(vm_id, VM)
        work = ShutDown(vm=vm_id, reboot=reboot)
        for privilege, object_id in needed(self.inventory, work):
            self.check(user, privilege, object_id)
        power.check_tools(vm)
        job = asyncio.get_running_loop().create_task(self._shut_down(work, user), name=f"vcenter shutdown {vm_id}")
        self._background.add(job)
        job.add_done_callback(self._background.discard)

    async def _shut_down(self, work: ShutDown, user: str) -> None:
        await self.clock.sleep(self.delays.shut_down)
        vm = self.inventory.get(work.vm)
        if isinstance(vm, VM) and vm.is_on:
            power.shut_down(self.world, work)
            self.events.post("VmGuestShutdownEvent", user, vm)

    def set_guest(
        self,
        vm_id: str,
        *,
        hostname: str | None = None,
        ips: Mapping[int, tuple[str, ...]] | None = None,
        tools: bool | None = None,
        info: Mapping[str, str] | None = None,
    ) -> None:
        """Report what runs inside a VM: host name, addresses by NIC key, Tools, guestinfo keys it sets itself.

        None leaves a part as it is. A VM that is gone or off is left alone: its guest no longer speaks.
        """
        vm = self.inventory.get(vm_id)
        if not isinstance(vm, VM) or not vm.is_on:
            return
        old = vm.guest
        guest = Guest(
            hostname=old.hostname if hostname is None else hostname,
            ips=old.ips if ips is None else {k: tuple(v) for k, v in ips.items()},
            tools=old.tools if tools is None else tools,
            full_name=old.full_name,
            info=old.info if info is None else {**old.info, **info},
        )
        self.inventory.put(msgspec.structs.replace(vm, guest=guest))

    def create_folder(self, parent: str, name: str, user: str) -> str:
        self.check(user, "Folder.Create", parent)
        return tree.create_folder(self.world, parent, name)

    def create_pool(self, parent: str, name: str, user: str) -> str:
        self.check(user, "Resource.CreatePool", parent)
        return tree.create_pool(self.world, parent, name)

    def mark_as_template(self, vm: str, user: str) -> None:
        self.check(user, "VirtualMachine.Provisioning.MarkAsTemplate", vm)
        tree.mark_as_template(self.world, vm)

    def mark_as_vm(self, vm: str, pool: str, host: str, user: str) -> None:
        self.check(user, "VirtualMachine.Provisioning.MarkAsVM", vm)
        tree.mark_as_vm(self.world, vm, pool, host)

    # Faults.

    def arm(self, fault: ArmedFault) -> None:
        """Arm a fault; an expired session takes effect at once."""
        if fault.kind is FaultKind.SESSION:
            self.sessions.end_all()
        else:
            self.world.armed.append(fault)

    def disarm(self) -> None:
        self.world.armed.clear()

    # Telling.

    def _narrate_start(self, task: Task) -> None:
        vm = self.inventory.get(task.entity)
        if not isinstance(vm, VM):
            return
        if isinstance(task.work, Clone):
            self.events.post("VmBeingClonedEvent", task.user, vm, source=vm.name, vm=task.work.name)
        elif isinstance(task.work, Power) and task.work.op == "on":
            self.events.post("VmStartingEvent", task.user, vm)

    def _narrate_end(self, task: Task) -> None:
        vm = self.inventory.get(task.result or task.entity)
        if task.fault:
            self._narrate_failure(task)
            return
        kind = {
            "clone": "VmClonedEvent",
            "reconfigure": "VmReconfiguredEvent",
            "powerOn": "VmPoweredOnEvent",
            "powerOff": "VmPoweredOffEvent",
            "reset": "VmResettingEvent",
            "suspend": "VmSuspendedEvent",
            "rename": "VmRenamedEvent",
            "upgradeVirtualHardware": "VmUpgradeCompleteEvent",
            "createVm": "VmCreatedEvent",
        }.get(task.operation.rpartition(".")[2], "")
        if isinstance(vm, VM) and kind:
            self.events.post(kind, task.user, vm, source=task.entity_name)

    def _narrate_removal(self, change: Change) -> None:
        if isinstance(change.old, VM) and change.new is None:
            self.events.post("VmRemovedEvent", "", change.old)

    def _narrate_failure(self, task: Task) -> None:
        vm = self.inventory.get(task.entity)
        reason = task.fault.message if task.fault else ""
        if isinstance(task.work, Clone) and isinstance(vm, VM):
            self.events.post("VmCloneFailedEvent", task.user, vm, vm=task.work.name, reason=reason)
        elif isinstance(task.work, Power) and task.work.op == "on" and isinstance(vm, VM):
            self.events.post("VmFailedToPowerOnEvent", task.user, vm, reason=reason)
