"""Watches over what was applied, in this cluster and in others, and says whose objects changed.

One stream for each kind in each cluster, narrowed to objects that carry the owner's label; objects that are only waited
for get a stream of their own. What is kept of an object is a digest of what an apply could own, so that the status
updates of a thousand objects wake nobody.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import orjson

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, meta
from fairlead.controllers.flux.inventory import Item
from fairlead.runtime.client import Client, WatchEvent
from fairlead.runtime.clock import Clock

log = logging.getLogger(__name__)

OWNER_LABEL = "kustomize.toolkit.fluxcd.io/name"
REQUESTS = "reconcile.fluxcd.io/"  # what people ask a controller for is not drift: it is not taken away from them
FIRST_RETRY, LAST_RETRY = timedelta(seconds=1), timedelta(seconds=30)
SYNC_LIMIT_SECONDS = 10.0


def fingerprint(obj: Json) -> bytes:
    """A digest of all of *obj* that an apply can own: no status, no bookkeeping."""
    kept = meta(obj)
    part = {key: value for key, value in obj.items() if key not in ("status", "metadata")}
    marks = {name: text for name, text in (kept.get("annotations") or {}).items() if not name.startswith(REQUESTS)}
    part["metadata"] = [kept.get("labels"), marks, kept.get("deletionTimestamp")]
    return hashlib.blake2b(orjson.dumps(part, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _version(obj: Json) -> int:
    text = str(meta(obj).get("resourceVersion", ""))
    return int(text) if text.isdigit() else 0


class _Place(NamedTuple):
    """What one stream watches."""

    gvk: GVK
    namespace: str
    name: str  # one object, or empty: all that carry the label


@dataclass(slots=True)
class _Interest:
    """What one owner wants to know of one object."""

    item: Item
    wanted: bytes = b""  # the digest as applied; empty: nothing was applied (yet)
    seen: bytes = b""
    version: int = 0
    latest: Json | None = None  # kept only while its health is waited for
    is_checked: bool = False
    is_drifted: bool = False


@dataclass(slots=True)
class _Stream:
    client: Client
    place: _Place
    interests: dict[Key, dict[Key, _Interest]] = field(default_factory=dict)  # object -> owner -> interest
    ready: asyncio.Event = field(default_factory=asyncio.Event)  # listed, or known not to be listable
    kick: asyncio.Event = field(default_factory=asyncio.Event)
    is_live: bool = False
    task: asyncio.Task[None] | None = None


class ManagedObjects:
    """The applied objects of all owners. `changed()` yields the owners to look at."""

    def __init__(self, clock: Clock, owner_label: str = OWNER_LABEL) -> None:
        self._clock = clock
        self._owner_label = owner_label  # carried by all objects that owners apply
        self._streams: dict[tuple[str, _Place], _Stream] = {}
        self._owned: dict[Key, dict[Item, tuple[str, _Place]]] = {}
        self._changed: asyncio.Queue[Key] = asyncio.Queue()
        self._listening: set[Key] = set()  # owners that wait for health

    async def changed(self) -> AsyncIterator[Key]:
        """The owners whose objects changed, without end."""
        try:
            while True:
                yield await self._changed.get()
        finally:
            self.close()

    def close(self) -> None:
        """Stop watching."""
        for stream in self._streams.values():
            if stream.task is not None:
                stream.task.cancel()
        self._streams.clear()
        self._owned.clear()

    async def follow(
        self, owner: Key, cluster: str, client: Client, items: Iterable[Item], others: Iterable[Item] = ()
    ) -> None:
        """From now on *owner* is told of *items* (its own) and *others* (waited for), and of nothing else.

        Returns when everything is being watched, or soon after where it cannot be.
        """
        wanted = {item: (cluster, _Place(item.gvk, "", "")) for item in items}
        for item in others:
            wanted.setdefault(item, (cluster, _Place(item.gvk, item.key.namespace, item.key.name)))
        held = self._owned.get(owner, {})
        for item, where in held.items():
            if wanted.get(item) != where:
                self._forget(owner, item, where)
        streams = []
        for item, where in wanted.items():
            stream = self._stream(where, client)
            of_object = stream.interests.setdefault(item.key, {})
            of_object.setdefault(owner, _Interest(item))
            if not stream.ready.is_set():
                streams.append(stream)
        self._owned[owner] = wanted
        unique = {id(stream): stream for stream in streams}.values()
        if unique:
            waits = [asyncio.ensure_future(stream.ready.wait()) for stream in unique]
            _, late = await asyncio.wait(waits, timeout=SYNC_LIMIT_SECONDS)
            for task in late:
                task.cancel()

    def drop(self, owner: Key) -> None:
        """Forget *owner*."""
        self._listening.discard(owner)
        for item, where in self._owned.pop(owner, {}).items():
            self._forget(owner, item, where)

    def settle(self, owner: Key, applied: Mapping[Item, Json]) -> None:
        """*applied* is in force: differences from now on are drift."""
        for item, obj in applied.items():
            interest = self._interest(owner, item)
            if interest is None:
                continue
            interest.wanted, version = fingerprint(obj), _version(obj)
            newer = interest.version > version
            interest.is_drifted = newer and interest.seen != interest.wanted
            if not newer:
                interest.seen, interest.version = interest.wanted, version
                if interest.is_checked:
                    interest.latest = obj
        for item in applied:
            where = self._owned.get(owner, {}).get(item)
            stream = self._streams.get(where) if where is not None else None
            if stream is not None and not stream.is_live:
                stream.kick.set()

    def excuse(self, owner: Key, item: Item) -> None:
        """What *item* is now is not drift: it is left to others."""
        interest = self._interest(owner, item)
        if interest is not None:
            interest.is_drifted, interest.wanted = False, b""

    def check(self, owner: Key, items: Iterable[Item]) -> None:
        """Keep the state of *items*, until the next call, and tell *owner* of every change of it, until `hush`."""
        self._listening.add(owner)
        chosen = set(items)
        for item in self._owned.get(owner, {}):
            interest = self._interest(owner, item)
            if interest is not None:
                interest.is_checked = item in chosen
                if not interest.is_checked:
                    interest.latest = None

    def listen(self, owner: Key) -> None:
        """Tell *owner* of every change of what it checks."""
        self._listening.add(owner)

    def hush(self, owner: Key) -> None:
        """Go on keeping the state of what *owner* checks, but tell it of drift only."""
        self._listening.discard(owner)

    def prime(self, owner: Key, item: Item, obj: Json | None) -> None:
        """Take *obj*, just read, as the state of *item* until something newer is seen."""
        interest = self._interest(owner, item)
        if interest is not None and interest.latest is None and obj is not None:
            interest.latest = obj

    def state(self, owner: Key, item: Item) -> Json | None:
        """The object as it was seen last, while it is checked."""
        interest = self._interest(owner, item)
        return interest.latest if interest is not None else None

    def drifted(self, owner: Key) -> frozenset[Item]:
        """The objects of *owner* that may not be as they were applied."""
        found = (self._interest(owner, item) for item in self._owned.get(owner, {}))
        return frozenset(interest.item for interest in found if interest is not None and interest.is_drifted)

    def is_in_force(self, owner: Key, item: Item) -> bool:
        """Whether *item* is known to be as it was applied."""
        where = self._owned.get(owner, {}).get(item)
        stream = self._streams.get(where) if where is not None else None
        interest = self._interest(owner, item)
        if stream is None or interest is None or not stream.is_live:
            return False
        return bool(interest.wanted) and not interest.is_drifted

    def is_watched(self, owner: Key) -> bool:
        """Whether drift of every object of *owner* would be seen."""
        streams = (self._streams.get(where) for where in self._owned.get(owner, {}).values())
        return all(stream is not None and stream.is_live for stream in streams)

    def _interest(self, owner: Key, item: Item) -> _Interest | None:
        where = self._owned.get(owner, {}).get(item)
        stream = self._streams.get(where) if where is not None else None
        return stream.interests.get(item.key, {}).get(owner) if stream is not None else None

    def _stream(self, where: tuple[str, _Place], client: Client) -> _Stream:
        stream = self._streams.get(where)
        if stream is None:
            stream = self._streams[where] = _Stream(client, where[1])
        elif stream.client is client:
            return stream
        if stream.task is not None:
            stream.task.cancel()
        stream.client, stream.is_live = client, False
        stream.ready.clear()
        stream.task = asyncio.create_task(self._run(stream), name=f"managed {where[1].gvk.kind} {where[0]}")
        return stream

    def _forget(self, owner: Key, item: Item, where: tuple[str, _Place]) -> None:
        stream = self._streams.get(where)
        if stream is None:
            return
        of_object = stream.interests.get(item.key, {})
        of_object.pop(owner, None)
        if not of_object:
            stream.interests.pop(item.key, None)
        if not stream.interests:
            if stream.task is not None:
                stream.task.cancel()
            del self._streams[where]

    async def _run(self, stream: _Stream) -> None:
        delay = FIRST_RETRY
        while True:
            try:
                await self._watch(stream)
            except Exception as error:  # whatever a transport raises: the stream is tried again, never lost
                text = {"kind": stream.place.gvk.kind, "error": str(error)}
                level = logging.DEBUG if isinstance(error, ApiError) else logging.WARNING
                log.log(level, "watch of applied objects ended, trying again", extra=text)
            if stream.is_live:
                delay = FIRST_RETRY
            stream.is_live = False
            stream.ready.set()
            await self._pause(stream, delay)
            delay = min(delay * 2, LAST_RETRY)

    async def _pause(self, stream: _Stream, delay: timedelta) -> None:
        stream.kick.clear()
        kicked = asyncio.ensure_future(stream.kick.wait())
        slept = asyncio.ensure_future(self._clock.sleep(delay))
        try:
            await asyncio.wait((kicked, slept), return_when=asyncio.FIRST_COMPLETED)
        finally:
            kicked.cancel()
            slept.cancel()

    async def _watch(self, stream: _Stream) -> None:
        place = stream.place
        selectors = {"label_selector": self._owner_label}
        if place.name:
            selectors = {"field_selector": f"metadata.name={place.name}"}
        listed: set[Key] = set()
        async for event in stream.client.watch(place.gvk, place.namespace, **selectors):
            if event.type == "SYNCED":
                self._missing(stream, listed)
                stream.is_live = True
                stream.ready.set()
            elif event.type in ("ADDED", "MODIFIED", "DELETED"):
                listed.add(Key.of(event.object))
                self._take(stream, event)

    def _missing(self, stream: _Stream, listed: set[Key]) -> None:
        for key, owners in stream.interests.items():
            if key in listed:
                continue
            for owner, interest in owners.items():
                interest.latest = None
                if interest.wanted:
                    interest.is_drifted, interest.seen = True, b""
                    self._changed.put_nowait(owner)

    def _take(self, stream: _Stream, event: WatchEvent) -> None:
        obj, is_gone = event.object, event.type == "DELETED"
        owners = stream.interests.get(Key.of(obj))
        if not owners:
            return
        digest = b"" if is_gone else fingerprint(obj)
        for owner, interest in owners.items():
            interest.seen, interest.version = digest, _version(obj)
            if interest.is_checked:
                interest.latest = None if is_gone else obj
            drifted = bool(interest.wanted) and digest != interest.wanted
            if drifted != interest.is_drifted or drifted or (interest.is_checked and owner in self._listening):
                interest.is_drifted = drifted
                self._changed.put_nowait(owner)
