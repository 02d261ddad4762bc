"""The store: current objects as encoded values, one revision counter, indexes, history and watchers.

Nothing here knows what an object means. Every change is one `commit`, made in one go on the event loop's thread, so a
caller that reads, judges and commits without awaiting is atomic. What is not yet durable is visible to writers only:
readers and watchers are told once the storage has it (`settled`).
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import orjson

from fairlead.api.errors import ApiError, service_unavailable
from fairlead.api.watch import ADDED, DELETED, MODIFIED
from fairlead.base.objects import Json, Key
from fairlead.server.sharing import ForeignValueError, shared_view
from fairlead.server.shelf import Shelf
from fairlead.server.storage import MemoryStorage, Row, Storage

HISTORY_LIMIT = 4096
HISTORY_LIMIT_BYTES = 64 << 20
OBJECT_LIMIT_BYTES = 1536 << 10  # what etcd takes in one request unless told otherwise
VIEW_LIMIT_BYTES = 48 << 20


class _Owner(msgspec.Struct):
    uid: str = ""


class _Meta(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    ownerReferences: list[_Owner] | None = None  # noqa: N815 (the wire's name)
    deletionTimestamp: str | None = None  # noqa: N815


class _Peek(msgspec.Struct):
    metadata: _Meta


_peek = msgspec.json.Decoder(_Peek)


class Record:
    """One stored object: its bytes in the storage version and the few fields that are indexed. Never changed."""

    __slots__ = (
        "_others",
        "_view",
        "data",
        "deleting",
        "key",
        "labels",
        "owners",
        "resource",
        "revision",
        "uid",
    )

    def __init__(self, resource: str, revision: int, data: bytes) -> None:
        meta = _peek.decode(data).metadata
        self.resource = resource
        self.revision = revision
        self.data = data
        self.key = Key(meta.namespace, meta.name)
        self.uid = meta.uid
        self.labels: dict[str, str] = meta.labels or {}
        self.owners: tuple[str, ...] = tuple(owner.uid for owner in meta.ownerReferences or ())
        self.deleting = meta.deletionTimestamp is not None
        self._view: Json | None = None
        self._others: dict[str, Json] | None = None

    @property
    def view(self) -> Json:
        """The object in the storage version: decoded on demand, shared, read-only."""
        found = self._view
        if found is None:
            found = self._view = orjson.loads(self.data)
            _VIEWS.keep(self)
        return found

    def keep_view(self, obj: Json, before: Record) -> None:
        """Make the view from *obj*, of which the data was made, sharing with that of *before* what did not change."""
        if before._view is None:
            return
        try:
            self._view = shared_view(obj, before._view)
        except ForeignValueError:
            return  # decoding the data says what became of it
        _VIEWS.keep(self)

    def in_version(self, version: str, convert: Callable[[Json], Json]) -> Json:
        """The object as *convert* makes it of the stored one, remembered under the name *version*."""
        if self._others is None:
            self._others = {}
        found = self._others.get(version)
        if found is None:
            found = self._others[version] = convert(self.view)
        return found

    def forget_views(self) -> None:
        """Drop what can be made again."""
        self._view = self._others = None


class _Views:
    """Bounds how many decoded views are alive, in the whole process: the oldest go first."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._total = 0
        self._kept: deque[Record] = deque()

    def keep(self, record: Record) -> None:
        self._kept.append(record)
        self._total += len(record.data)
        while self._total > self._limit and len(self._kept) > 1:
            oldest = self._kept.popleft()
            self._total -= len(oldest.data)
            oldest.forget_views()


_VIEWS = _Views(VIEW_LIMIT_BYTES)


class Change(NamedTuple):
    """One committed change; `before` is None for a new object."""

    type: str
    revision: int
    record: Record
    before: Record | None


Watcher = Callable[[Change], None]


class Expired(Exception):  # noqa: N818 (upstream's word for it)
    """The history no longer reaches back to the revision asked for."""


def _plain_bytes(value: Any) -> int:
    """About how many bytes *value* takes in etcd, where texts are stored without JSON's escapes."""
    size, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            size += sum(len(key) + 4 for key in each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
            size += len(each)
        else:
            size += len(each.encode()) if isinstance(each, str) else 4
    return size


class Store:
    """Current objects, their history and those who watch them."""

    def __init__(self, storage: Storage | None = None, history_limit: int = HISTORY_LIMIT) -> None:
        self._storage: Storage = storage or MemoryStorage()
        self._history_limit = history_limit
        self.revision = 0
        self._durable = 0
        self._shelves: dict[str, Shelf] = {}
        self._uids: dict[str, Record] = {}
        self._dependents: dict[str, dict[str, Record]] = {}  # owner uid -> uid of the dependent -> dependent
        self._history: deque[Change] = deque()
        self._history_bytes = 0
        self._floor = 0
        self._unsettled: deque[Change] = deque()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._watchers: dict[tuple[str, str], list[Watcher]] = {}
        self._failure = ""
        self.observer: Callable[[Change], None] = lambda change: None  # told of every change at once

    # -- life ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Read what the storage holds and begin."""
        revision, rows = self._storage.load()
        for row in rows:
            if row.data is not None:
                record = Record(row.resource, row.revision, row.data)
                self._shelf(row.resource).put(record)
                self._index(record)
        self.revision = self._durable = self._floor = max(revision, self.revision)
        self._storage.open(self._on_durable, self._on_failed)

    async def close(self) -> None:
        """Make everything durable and let the storage go."""
        await self._storage.close()

    def fork(self) -> Store:
        """An independent copy that lives in memory; records are shared."""
        twin = Store(MemoryStorage(), self._history_limit)
        twin._shelves = {resource: shelf.copy() for resource, shelf in self._shelves.items()}
        twin._uids = dict(self._uids)
        twin._dependents = {uid: dict(found) for uid, found in self._dependents.items()}
        twin.revision = twin._durable = twin._floor = self.revision
        twin._storage.open(twin._on_durable, twin._on_failed)
        return twin

    # -- reading ------------------------------------------------------------------------------------------------

    def get(self, resource: str, key: Key) -> Record | None:
        """The record with *key*, or None."""
        shelf = self._shelves.get(resource)
        return shelf.get(key) if shelf is not None else None

    def select(self, resource: str, namespace: str = "") -> Iterable[Record]:
        """The records of a resource in key order; an empty namespace means all."""
        shelf = self._shelves.get(resource)
        return shelf.ordered(namespace) if shelf is not None else ()

    def labelled(self, resource: str, namespace: str, label: str, value: str) -> Iterable[Record]:
        """The records of a resource in *namespace* (empty: in all) whose *label* is *value*: costs what it finds."""
        shelf = self._shelves.get(resource)
        return shelf.labelled(namespace, label, value) if shelf is not None else ()

    def with_field(self, resource: str, namespace: str, path: str, value: str) -> Iterable[Record]:
        """The records of a resource in *namespace* (empty: in all) whose field at *path* is *value*, as stored."""
        shelf = self._shelves.get(resource)
        return shelf.with_field(namespace, path, value) if shelf is not None else ()

    def count(self, resource: str) -> int:
        """How many objects a resource has."""
        shelf = self._shelves.get(resource)
        return shelf.count if shelf is not None else 0

    def in_namespace(self, namespace: str) -> Iterator[Record]:
        """All records of a namespace, of every resource."""
        for shelf in list(self._shelves.values()):
            yield from list((shelf.by_namespace.get(namespace) or {}).values())

    def by_uid(self, uid: str) -> Record | None:
        """The record with *uid*, or None."""
        return self._uids.get(uid)

    def dependents(self, uid: str) -> list[Record]:
        """The records that name *uid* as an owner."""
        return list((self._dependents.get(uid) or {}).values())

    def records(self) -> Iterator[Record]:
        """Every record."""
        return iter(list(self._uids.values()))

    # -- writing ------------------------------------------------------------------------------------------------

    def put(self, resource: str, obj: Json, before: Record | None) -> Record:
        """Store *obj* with the next revision as its resourceVersion; *before* is the record it replaces.

        Raises: ApiError for an object that etcd would not take.
        """
        self._check()
        revision = self.revision + 1
        stamped = _stamped(obj, revision)
        data = _encode(stamped)
        if len(data) > OBJECT_LIMIT_BYTES and _plain_bytes(stamped) > OBJECT_LIMIT_BYTES:
            raise ApiError(500, "", "etcdserver: request is too large")
        record = Record(resource, revision, data)
        self.revision = revision
        self._shelf(resource).put(record)
        if before is not None:
            self._unindex(before)
            record.keep_view(stamped, before)
        self._index(record)
        self._commit(Change(MODIFIED if before is not None else ADDED, revision, record, before), record.data)
        return record

    def remove(self, before: Record, obj: Json) -> Record:
        """Remove *before*; watchers see *obj*, its last state, with the revision of the removal."""
        self._check()
        revision = self.revision + 1
        record = Record(before.resource, revision, _encode(_stamped(obj, revision)))
        self.revision = revision
        self._shelf(before.resource).remove(before.key)
        self._unindex(before)
        self._commit(Change(DELETED, revision, record, before), None)
        return record

    def _commit(self, change: Change, data: bytes | None) -> None:
        self._unsettled.append(change)
        record = change.record
        self._storage.write(Row(record.resource, record.key.namespace, record.key.name, change.revision, data))
        self.observer(change)

    def _check(self) -> None:
        if self._failure:
            raise service_unavailable(self._failure)

    def _shelf(self, resource: str) -> Shelf:
        found = self._shelves.get(resource)
        if found is None:
            found = self._shelves[resource] = Shelf()
        return found

    def _index(self, record: Record) -> None:
        self._uids[record.uid] = record
        for owner in record.owners:
            self._dependents.setdefault(owner, {})[record.uid] = record

    def _unindex(self, record: Record) -> None:
        self._uids.pop(record.uid, None)
        for owner in record.owners:
            found = self._dependents.get(owner)
            if found is not None:
                found.pop(record.uid, None)
                if not found:
                    del self._dependents[owner]

    # -- durability ---------------------------------------------------------------------------------------------

    def is_settled(self, revision: int) -> bool:
        """Whether *revision* is durable."""
        return revision <= self._durable

    async def settled(self, revision: int) -> None:
        """Return once *revision* is durable. Raises: ApiError ServiceUnavailable when it cannot be."""
        if revision <= self._durable:
            return
        self._check()
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((revision, future))
        await future

    def _on_durable(self, revision: int) -> None:
        self._durable = max(self._durable, revision)
        while self._unsettled and self._unsettled[0].revision <= self._durable:
            self._publish(self._unsettled.popleft())
        while self._waiting and self._waiting[0][0] <= self._durable:
            future = self._waiting.popleft()[1]
            if not future.done():
                future.set_result(None)

    def _on_failed(self, message: str) -> None:
        self._failure = message
        while self._waiting:
            future = self._waiting.popleft()[1]
            if not future.done():
                future.set_exception(service_unavailable(message))

    # -- watching -----------------------------------------------------------------------------------------------

    def _publish(self, change: Change) -> None:
        self._history.append(change)
        self._history_bytes += len(change.record.data)
        while len(self._history) > self._history_limit or self._history_bytes > HISTORY_LIMIT_BYTES:
            oldest = self._history.popleft()
            self._floor = oldest.revision
            self._history_bytes -= len(oldest.record.data)
        record = change.record
        for scope in ("", record.key.namespace) if record.key.namespace else ("",):
            for watcher in tuple(self._watchers.get((record.resource, scope)) or ()):
                watcher(change)

    def subscribe(self, resource: str, namespace: str, watcher: Watcher) -> Callable[[], None]:
        """Call *watcher* for every later change of a resource; returns how to stop."""
        found = self._watchers.setdefault((resource, namespace), [])
        found.append(watcher)

        def stop() -> None:
            if watcher in found:
                found.remove(watcher)
            if not found and self._watchers.get((resource, namespace)) is found:
                del self._watchers[(resource, namespace)]

        return stop

    def since(self, resource: str, namespace: str, revision: int) -> list[Change]:
        """The published changes of a resource after *revision*, oldest first. Raises: Expired."""
        if revision < self._floor:
            raise Expired(f"too old resource version: {revision} ({self._floor + 1})")
        found: list[Change] = []
        for change in reversed(self._history):
            if change.revision <= revision:
                break
            if change.record.resource == resource and (not namespace or change.record.key.namespace == namespace):
                found.append(change)
        found.reverse()
        return found

    def as_of(self, resource: str, namespace: str, revision: int) -> list[Record]:
        """The records of a resource as they were at *revision*, in key order. Raises: Expired."""
        if revision < self._floor:
            raise Expired(f"too old resource version: {revision} ({self._floor + 1})")
        present = list(self.select(resource, namespace))
        records: dict[Key, Record] | None = None
        for change in itertools.chain(reversed(self._unsettled), reversed(self._history)):
            if change.revision <= revision:
                break
            record = change.record
            if record.resource != resource or (namespace and record.key.namespace != namespace):
                continue
            if records is None:
                records = {each.key: each for each in present}
            if change.before is None:
                records.pop(record.key, None)
            else:
                records[record.key] = change.before
        return present if records is None else [records[key] for key in sorted(records)]

    @property
    def published(self) -> int:
        """The revision up to which watchers have been told."""
        return self._durable


def _stamped(obj: Json, revision: int) -> Json:
    """*obj* with *revision* as its resourceVersion."""
    metadata: dict[str, Any] = {**obj["metadata"], "resourceVersion": str(revision)}
    return {**obj, "metadata": metadata}


def _encode(obj: Json) -> bytes:
    """The bytes of *obj*. Raises: ApiError BadRequest."""
    try:
        return orjson.dumps(obj)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise ApiError(400, "BadRequest", f"the object cannot be encoded as JSON: {error}") from error
