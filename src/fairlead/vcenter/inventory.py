"""The inventory: every managed object by id, the tree, and who uses what.

Objects are immutable; a change puts a new object under the same id, tells the journal, then the subscribers. One thread
(the event loop's) writes; reading from another thread sees each object whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from fairlead.vcenter.clock import Dice
from fairlead.vcenter.faults import duplicate_name, no_object
from fairlead.vcenter.model import VM, Datacenter, Datastore, Entity, Folder, Host, InventoryEntity, ResourcePool

ROOT = "group-d1"
ID_BLOCK = 64

Journal = Callable[[str, bytes | None], None]
E = TypeVar("E", bound=Entity)

_decoder = msgspec.json.Decoder(InventoryEntity)


@dataclass(frozen=True, slots=True)
class Change:
    """One object's change: created (`old` is None), removed (`new` is None) or replaced."""

    id: str
    old: Entity | None
    new: Entity | None

    @property
    def kind(self) -> str:
        """For a VM: created, destroyed, powered, guest or reconfigured; else created, removed or changed."""
        old, new = self.old, self.new
        if old is None:
            return "created"
        if new is None:
            return "destroyed" if isinstance(old, VM) else "removed"
        if not (isinstance(old, VM) and isinstance(new, VM)):
            return "changed"
        if old.power != new.power:
            return "powered"
        return "guest" if old.guest != new.guest else "reconfigured"


Subscriber = Callable[[Change], None]


def relations(entity: Entity) -> frozenset[str]:
    """Return the ids of the objects whose derived properties depend on *entity*."""
    found = {entity.parent}
    if isinstance(entity, VM):
        found |= {entity.host, entity.pool, entity.datastore}
        found |= {disk.datastore for disk in entity.disks}
        found |= {nic.network for nic in entity.nics}
    elif isinstance(entity, Host):
        found |= {*entity.datastores, *entity.networks}
    found.discard("")
    return frozenset(found)


class Inventory:
    """All managed objects of one vCenter."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._objects: dict[str, Entity] = {}
        self._children: dict[str, dict[str, str]] = {}  # parent id -> child name -> child id
        self._users: dict[str, dict[str, None]] = {}  # object id -> ids that refer to it
        self._by_instance: dict[str, str] = {}
        self._by_bios: dict[str, str] = {}
        self._macs: set[str] = set()
        self._subscribers: list[Subscriber] = []
        self._undelivered: deque[Change] = deque()
        self._delivering = False
        self._journal = journal
        self._next_id = 1
        self._reserved_id = 1

    # Reading.

    def get(self, id_: str) -> Entity | None:
        return self._objects.get(id_)

    def find(self, id_: str, kind: type[E]) -> E:
        """Return the object of that id and type. Raises: VimFault ManagedObjectNotFound."""
        found = self._objects.get(id_)
        if not isinstance(found, kind):
            raise no_object(str(kind.__struct_config__.tag or "ManagedEntity"), id_)
        return found

    def all(self, kind: type[E]) -> list[E]:
        """Return all objects of a type in the order of their creation."""
        return [e for e in list(self._objects.values()) if isinstance(e, kind)]

    def children(self, id_: str) -> list[Entity]:
        """Return what lies directly below an object, in the order of creation."""
        return [self._objects[i] for i in list(self._children.get(id_, {}).values()) if i in self._objects]

    def child(self, parent: str, name: str) -> Entity | None:
        id_ = self._children.get(parent, {}).get(name)
        return self._objects.get(id_) if id_ else None

    def users(self, id_: str, kind: type[E]) -> list[E]:
        """Return the objects of a type that refer to *id_* (a host's VMs, a datastore's hosts …)."""
        return [e for i in list(self._users.get(id_, ())) if isinstance(e := self._objects.get(i), kind)]

    def by_uuid(self, uuid: str, *, instance: bool) -> VM | None:
        found = self._objects.get((self._by_instance if instance else self._by_bios).get(uuid.lower(), ""))
        return found if isinstance(found, VM) else None

    def ancestors(self, entity: Entity) -> Iterator[Entity]:
        """Yield *entity*, its parent, and so on up to the root folder."""
        current: Entity | None = entity
        while current is not None:
            yield current
            current = self._objects.get(current.parent)

    def path(self, entity: Entity) -> str:
        """Return the inventory path, without the root folder; the root's own is "/"."""
        names = [e.name for e in self.ancestors(entity) if e.id != ROOT]
        return "/" + "/".join(reversed(names))

    def by_path(self, path: str) -> Entity | None:
        """Return the object at an inventory path; with or without the leading slash."""
        current: Entity | None = self._objects.get(ROOT)
        for name in path.strip("/").split("/") if path.strip("/") else ():
            current = self.child(current.id, name) if current else None
        return current

    def datacenter_of(self, entity: Entity) -> Datacenter | None:
        return next((e for e in self.ancestors(entity) if isinstance(e, Datacenter)), None)

    def root_pool(self, cluster: str) -> ResourcePool | None:
        found = self.child(cluster, "Resources")
        return found if isinstance(found, ResourcePool) else None

    def used_bytes(self, datastore: Datastore) -> int:
        """Return what the VMs and everything else take on a datastore."""
        total = datastore.other_bytes
        for vm in self.users(datastore.id, VM):
            total += sum(d.used_bytes for d in vm.disks if d.datastore == datastore.id)
        return total

    def free_bytes(self, datastore: Datastore) -> int:
        return max(0, datastore.capacity_bytes - self.used_bytes(datastore))

    # Ids.

    def new_id(self, prefix: str) -> str:
        """Return a managed object id never used before, also across restarts."""
        number = self._next_id
        self._next_id += 1
        if self._next_id > self._reserved_id:
            self._reserved_id = self._next_id + ID_BLOCK
            self._write("next-id", str(self._reserved_id).encode())
        return f"{prefix}{number}" if "-" in prefix else f"{prefix}-{number}"

    def new_mac(self, dice: Dice) -> str:
        """Return an unused MAC of the range a vCenter assigns from."""
        while True:
            bits = dice.getrandbits(22)
            mac = f"00:50:56:{0x80 + (bits >> 16):02x}:{bits >> 8 & 0xFF:02x}:{bits & 0xFF:02x}"
            if mac not in self._macs:
                return mac

    def new_uuid(self, dice: Dice, first_byte: int) -> str:
        """Return an unused VM uuid; vSphere starts BIOS uuids with 42 and instance uuids with 50 (hex)."""
        while True:
            digits = f"{first_byte:02x}{dice.getrandbits(120):030x}"
            uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            if uuid not in self._by_bios and uuid not in self._by_instance:
                return uuid

    # Writing.

    def put(self, entity: Entity) -> None:
        """Create or replace an object. Raises: VimFault DuplicateName when a sibling has its name."""
        sibling = self._children.get(entity.parent, {}).get(entity.name)
        if sibling is not None and sibling != entity.id:
            other = self._objects[sibling]
            raise duplicate_name(entity.name, other.type, other.id)
        old = self._objects.get(entity.id)
        if old is not None:
            if old == entity:
                return
            self._unlink(old)
        self._link(entity)
        self._write(f"object/{entity.id}", msgspec.json.encode(entity))
        self._tell(Change(entity.id, old, entity))

    def remove(self, id_: str) -> None:
        """Remove an object; unknown ids are left alone."""
        old = self._objects.get(id_)
        if old is None:
            return
        self._unlink(old)
        del self._objects[id_]
        self._write(f"object/{id_}", None)
        self._tell(Change(id_, old, None))

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call *callback* after each change, in order; return what ends that. It may write to the inventory."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback) if callback in self._subscribers else None

    def _link(self, entity: Entity) -> None:
        self._objects[entity.id] = entity
        self._children.setdefault(entity.parent, {})[entity.name] = entity.id
        for related in relations(entity):
            self._users.setdefault(related, {})[entity.id] = None
        if isinstance(entity, VM):
            self._by_instance[entity.instance_uuid.lower()] = entity.id
            self._by_bios[entity.bios_uuid.lower()] = entity.id
            self._macs.update(nic.mac for nic in entity.nics)

    def _unlink(self, entity: Entity) -> None:
        self._children.get(entity.parent, {}).pop(entity.name, None)
        for related in relations(entity):
            self._users.get(related, {}).pop(entity.id, None)
        if isinstance(entity, VM):
            for index, uuid in ((self._by_instance, entity.instance_uuid), (self._by_bios, entity.bios_uuid)):
                if index.get(uuid.lower()) == entity.id:
                    del index[uuid.lower()]
            self._macs.difference_update(nic.mac for nic in entity.nics)

    def _tell(self, change: Change) -> None:
        self._undelivered.append(change)
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._undelivered:
                told = self._undelivered.popleft()
                for callback in tuple(self._subscribers):
                    callback(told)
        finally:
            self._delivering = False

    def _write(self, key: str, value: bytes | None) -> None:
        if self._journal is not None:
            self._journal(key, value)

    # Keeping.

    def restore(self, key: str, value: bytes) -> bool:
        """Take back one journal record; return whether it was the inventory's. Nobody is told."""
        if key == "next-id":
            self._next_id = self._reserved_id = int(value)
            return True
        if not key.startswith("object/"):
            return False
        self._link(_decoder.decode(value))
        return True

    def settle(self) -> None:
        """Put restored objects in the order of their creation, which their ids tell."""
        ordered = sorted(self._objects.values(), key=lambda entity: _number(entity.id))
        self._objects = {entity.id: entity for entity in ordered}
        for parent, children in self._children.items():
            self._children[parent] = dict(sorted(children.items(), key=lambda item: _number(item[1])))

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Yield journal records that make up the whole inventory."""
        yield "next-id", str(self._reserved_id).encode()
        for entity in self._objects.values():
            yield f"object/{entity.id}", msgspec.json.encode(entity)

    def fork(self) -> Inventory:
        """Return an independent copy that shares the (immutable) objects; no journal, no subscribers."""
        copy = Inventory()
        copy._objects = self._objects.copy()
        copy._children = {k: v.copy() for k, v in self._children.items()}
        copy._users = {k: v.copy() for k, v in self._users.items()}
        copy._by_instance = self._by_instance.copy()
        copy._by_bios = self._by_bios.copy()
        copy._macs = self._macs.copy()
        copy._next_id, copy._reserved_id = self._next_id, self._reserved_id
        return copy


def _number(id_: str) -> int:
    digits = id_[len(id_.rstrip("0123456789")) :]
    return int(digits) if digits else 0


def is_folder_for(entity: Entity | None, type_: str) -> bool:
    """Tell whether *entity* is a folder that may hold objects of *type_*."""
    return isinstance(entity, Folder) and type_ in entity.child_types
