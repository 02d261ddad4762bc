"""The event log: bounded, with the texts a vCenter writes.

Source: vSphere Web Services API 8.0, the subtypes of VmEvent; texts as vCenter 8 formats them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime

import msgspec

from fairlead.vcenter.inventory import Inventory, Journal
from fairlead.vcenter.model import VM, Event

KEPT = 2000

TEXTS = {
    "VmBeingClonedEvent": "Cloning {source} on host {host} in {datacenter} to {vm} on host {host}",
    "VmClonedEvent": "{source} cloned to {vm} on host {host} in {datacenter}",
    "VmCloneFailedEvent": "Cannot clone {vm}: {reason}",
    "VmCreatedEvent": "Created virtual machine {vm} on {host} in {datacenter}",
    "VmReconfiguredEvent": "Reconfigured {vm} on {host} in {datacenter}",
    "VmStartingEvent": "{vm} on host {host} in {datacenter} is starting",
    "VmPoweredOnEvent": "{vm} on {host} in {datacenter} is powered on",
    "VmPoweredOffEvent": "{vm} on {host} in {datacenter} is powered off",
    "VmSuspendedEvent": "{vm} on {host} in {datacenter} is suspended",
    "VmResettingEvent": "{vm} on {host} in {datacenter} is reset",
    "VmGuestShutdownEvent": "Guest OS shut down for {vm} on {host} in {datacenter}",
    "VmRemovedEvent": "Removed {vm} on {host} from {datacenter}",
    "VmRenamedEvent": "Renamed {vm} in {datacenter}",
    "VmUpgradeCompleteEvent": "Virtual machine compatibility upgraded for {vm} on {host}",
    "VmFailedToPowerOnEvent": "Cannot power on {vm} on {host} in {datacenter}. {reason}",
    "UserLoginSessionEvent": "User {user} logged in",
    "UserLogoutSessionEvent": "User {user} logged out",
    "BadUsernameSessionEvent": "Cannot login user {user}: incorrect credentials",
    "TaskEvent": "Task: {operation}",
}


class EventLog:
    """Events in order of their keys, the oldest forgotten."""

    def __init__(self, inventory: Inventory, now: Callable[[], datetime], journal: Journal | None = None) -> None:
        self._inventory = inventory
        self._now = now
        self._journal = journal
        self._kept: deque[Event] = deque()
        self._next = 1
        self.listeners: list[Callable[[Event], None]] = []

    def all(self) -> list[Event]:
        return list(self._kept)

    def latest(self) -> Event | None:
        return self._kept[-1] if self._kept else None

    def post(self, kind: str, user: str, vm: VM | None = None, /, *, chain: int = 0, **words: str) -> Event:
        """Write an event; *words* fill its text."""
        host = self._inventory.get(vm.host) if vm else None
        dc = self._inventory.datacenter_of(vm) if vm else None
        names = {
            "vm": vm.name if vm else "",
            "host": host.name if host else "",
            "datacenter": dc.name if dc else "",
            "user": user,
        }
        event = Event(
            key=self._next,
            kind=kind,
            created=self._now(),
            user=user,
            message=TEXTS[kind].format_map(names | words),
            chain=chain or self._next,
            vm=vm.id if vm else "",
            vm_name=names["vm"],
            host=vm.host if vm else "",
            datacenter=dc.id if dc else "",
            source=words.get("source", ""),
        )
        self._next += 1
        self._kept.append(event)
        self._write(event.key, msgspec.json.encode(event))
        if len(self._kept) > KEPT:
            self._write(self._kept.popleft().key, None)
        for listener in tuple(self.listeners):
            listener(event)
        return event

    def restore(self, key: str, value: bytes) -> bool:
        """Take back one journal record; return whether it was an event."""
        if not key.startswith("event/"):
            return False
        event = msgspec.json.decode(value, type=Event)
        self._kept.append(event)
        self._next = max(self._next, event.key + 1)
        return True

    def settle(self) -> None:
        """Put restored events in order."""
        self._kept = deque(sorted(self._kept, key=lambda e: e.key))

    def records(self) -> list[tuple[str, bytes]]:
        return [(f"event/{e.key}", msgspec.json.encode(e)) for e in self._kept]

    def _write(self, key: int, value: bytes | None) -> None:
        if self._journal is not None:
            self._journal(f"event/{key}", value)
