"""Reads without the network: a client that keeps what it watches.

For a real cluster. Kinds named at construction are listed and watched once; `get` and `list` of them are answered from
memory, and what this process writes is in memory before the write returns. Controllers therefore see their own writes,
as they do with the embedded server; what others write arrives with the watch. Every other kind goes straight through.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from fairlead.api.errors import ApiError, not_found
from fairlead.base.objects import GVK, Json, Key, meta
from fairlead.engines.selectors import field_value, parse_fields, parse_labels
from fairlead.runtime.client import Client, ListResult, PatchType, WatchEvent
from fairlead.runtime.clock import Clock

log = logging.getLogger(__name__)

RECONNECT = timedelta(seconds=1)


class _Shelf:
    """The objects of one kind, and who listens to their changes."""

    def __init__(self) -> None:
        self.objects: dict[Key, Json] = {}
        self.gone: dict[str, int] = {}  # uid -> resourceVersion of the deletion that this process saw first
        self.synced = asyncio.Event()
        self.plural = ""  # what the server calls the kind in its refusals, once it has been heard
        self.listeners: set[asyncio.Queue[WatchEvent]] = set()

    def put(self, obj: Json, type_: str) -> None:
        """Take a newer object; older news is ignored."""
        key, uid = Key.of(obj), meta(obj).get("uid", "")
        known = self.objects.get(key)
        version = _version(obj)
        if self.gone.get(uid, -1) >= version:
            return
        if known is not None and _version(known) >= version:
            return
        self.objects[key] = obj
        self._tell(WatchEvent("MODIFIED" if known is not None else type_, obj))

    def drop(self, obj: Json) -> None:
        """Take note of a deletion."""
        key, uid = Key.of(obj), meta(obj).get("uid", "")
        known = self.objects.get(key)
        if known is not None and meta(known).get("uid") == uid:
            del self.objects[key]
            self.gone[uid] = _version(obj)
            self._tell(WatchEvent("DELETED", obj))

    def replace(self, objects: Iterable[Json]) -> None:
        """Take a whole listing: what is not in it is gone."""
        listed = {Key.of(obj): obj for obj in objects}
        for key in [key for key in self.objects if key not in listed]:
            self._tell(WatchEvent("DELETED", self.objects.pop(key)))
        for obj in listed.values():
            self.put(obj, "ADDED")

    def _tell(self, event: WatchEvent) -> None:
        for listener in self.listeners:
            listener.put_nowait(event)


def _version(obj: Json) -> int:
    text = meta(obj).get("resourceVersion", "0")
    return int(text) if text.isdigit() else 0


class CachedClient:
    """A client over another one. Implements `runtime.client.Client`; `run` must be running."""

    def __init__(self, client: Client, clock: Clock, kinds: Iterable[GVK]) -> None:
        self._client = client
        self._clock = clock
        self._shelves = {gvk: _Shelf() for gvk in kinds}

    async def run(self) -> None:
        """Keep the kinds in memory until cancelled."""
        async with asyncio.TaskGroup() as group:
            for gvk, shelf in self._shelves.items():
                group.create_task(self._follow(gvk, shelf), name=f"cache {gvk.kind}")

    async def synced(self) -> None:
        """Return when every kind has been listed once."""
        for shelf in self._shelves.values():
            await shelf.synced.wait()

    async def _follow(self, gvk: GVK, shelf: _Shelf) -> None:
        while True:
            listed: list[Json] | None = []  # None once the listing is complete
            try:
                async for event in self._client.watch(gvk):
                    match event.type:
                        case "SYNCED":
                            shelf.replace(listed or ())
                            shelf.synced.set()
                            listed = None
                        case "DELETED":
                            shelf.drop(event.object)
                            shelf.gone.pop(meta(event.object).get("uid", ""), None)  # nothing older can follow
                        case "ADDED" | "MODIFIED" if listed is not None:
                            listed.append(event.object)
                        case "ADDED" | "MODIFIED":
                            shelf.put(event.object, event.type)
            except ApiError as error:
                log.info("watch ended, listing again", extra={"kind": gvk.kind, "error": error.message})
            await self._clock.sleep(RECONNECT)

    # Reading.

    async def get(self, gvk: GVK, name: str, namespace: str = "") -> Json:
        shelf = self._shelves.get(gvk)
        if shelf is None:
            return await self._client.get(gvk, name, namespace)
        await shelf.synced.wait()
        found = shelf.objects.get(Key(namespace, name))
        if found is not None:
            return found
        if shelf.plural:
            raise not_found(gvk.group, shelf.plural, name)
        return await self._miss(gvk, name, namespace, shelf)

    def look(self, gvk: GVK, namespace: str, name: str) -> Json | None:
        """An object as it is in memory; None also for kinds that are not kept there."""
        shelf = self._shelves.get(gvk)
        return shelf.objects.get(Key(namespace, name)) if shelf is not None else None

    def look_all(self, gvk: GVK, namespace: str) -> list[Json]:
        """The objects of a kind in memory; those of all namespaces when *namespace* is empty."""
        shelf = self._shelves.get(gvk)
        found = shelf.objects.items() if shelf is not None else ()
        return [obj for key, obj in found if namespace in ("", key.namespace)]

    async def _miss(self, gvk: GVK, name: str, namespace: str, shelf: _Shelf) -> Json:
        """Let the server itself say that something is not there: once, to learn what it calls the kind."""
        try:
            return self._keep(gvk, await self._client.get(gvk, name, namespace))
        except ApiError as error:
            if error.is_not_found:
                shelf.plural = str((error.details or {}).get("kind", ""))
            raise

    async def list(
        self, gvk: GVK, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> ListResult:
        shelf = self._shelves.get(gvk)
        if shelf is None:
            return await self._client.list(gvk, namespace, label_selector=label_selector, field_selector=field_selector)
        await shelf.synced.wait()
        labels, fields = parse_labels(label_selector), parse_fields(field_selector)
        found = tuple(
            obj
            for key, obj in sorted(shelf.objects.items())
            if (not namespace or key.namespace == namespace)
            and labels.matches(meta(obj).get("labels"))
            and fields.matches(lambda path, obj=obj: field_value(obj, path))  # type: ignore[misc]  # bound early
        )
        return ListResult(found, "")

    async def watch(
        self,
        gvk: GVK,
        namespace: str = "",
        *,
        resource_version: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[WatchEvent]:
        shelf = self._shelves.get(gvk)
        if shelf is None or namespace or label_selector or field_selector or resource_version:
            async for event in self._client.watch(
                gvk,
                namespace,
                resource_version=resource_version,
                label_selector=label_selector,
                field_selector=field_selector,
            ):
                yield event
            return
        await shelf.synced.wait()
        queue: asyncio.Queue[WatchEvent] = asyncio.Queue()
        present = list(shelf.objects.values())
        shelf.listeners.add(queue)
        try:
            for obj in present:
                yield WatchEvent("ADDED", obj)
            yield WatchEvent("SYNCED", {})
            while True:
                yield await queue.get()
        finally:
            shelf.listeners.discard(queue)

    # Writing.

    def _keep(self, gvk: GVK, obj: Json, *, dry_run: bool = False) -> Json:
        shelf = self._shelves.get(gvk)
        if shelf is not None and not dry_run:
            if meta(obj).get("deletionTimestamp") and not meta(obj).get("finalizers"):
                shelf.drop(obj)
            else:
                shelf.put(obj, "ADDED")
        return obj

    @asynccontextmanager
    async def _fresh_after_conflict(self, gvk: GVK, name: str, namespace: str) -> AsyncIterator[None]:
        """Read the object afresh when the block ends in a conflict: what is kept of it was old."""
        try:
            yield
        except ApiError as error:
            if error.is_conflict and gvk in self._shelves:
                with suppress(ApiError):  # it may be gone; the conflict is the news
                    self._keep(gvk, await self._client.get(gvk, name, namespace))
            raise

    async def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        stored = await self._client.create(obj, field_manager=field_manager, dry_run=dry_run)
        return self._keep(GVK.of(obj), stored, dry_run=dry_run)

    async def update(self, obj: Json, *, subresource: str = "", field_manager: str = "", dry_run: bool = False) -> Json:
        key = Key.of(obj)
        async with self._fresh_after_conflict(GVK.of(obj), key.name, key.namespace):
            stored = await self._client.update(
                obj, subresource=subresource, field_manager=field_manager, dry_run=dry_run
            )
        return self._keep(GVK.of(obj), stored, dry_run=dry_run)

    async def patch(
        self,
        gvk: GVK,
        name: str,
        namespace: str,
        body: Json | Sequence[Json],
        patch_type: PatchType = PatchType.MERGE,
        *,
        subresource: str = "",
        field_manager: str = "",
        dry_run: bool = False,
    ) -> Json:
        async with self._fresh_after_conflict(gvk, name, namespace):
            stored = await self._client.patch(
                gvk,
                name,
                namespace,
                body,
                patch_type,
                subresource=subresource,
                field_manager=field_manager,
                dry_run=dry_run,
            )
        return self._keep(gvk, stored, dry_run=dry_run)

    async def apply(
        self, obj: Json, *, field_manager: str, force: bool = True, subresource: str = "", dry_run: bool = False
    ) -> Json:
        stored = await self._client.apply(
            obj, field_manager=field_manager, force=force, subresource=subresource, dry_run=dry_run
        )
        return self._keep(GVK.of(obj), stored, dry_run=dry_run)

    async def delete(
        self,
        gvk: GVK,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "Background",
        uid: str = "",
        resource_version: str = "",
        grace_seconds: int | None = None,
    ) -> Json:
        answer = await self._client.delete(
            gvk,
            name,
            namespace,
            propagation=propagation,
            uid=uid,
            resource_version=resource_version,
            grace_seconds=grace_seconds,
        )
        shelf = self._shelves.get(gvk)
        if shelf is None:
            return answer
        if answer.get("kind") == "Status" or not meta(answer).get("deletionTimestamp"):  # it went at once
            known = shelf.objects.get(Key(namespace, name))
            if known is not None:
                shelf.drop(known)
            return answer
        return self._keep(gvk, answer)

    async def version(self) -> str:
        """What the server says it is, like `v1.33.1`."""
        return await self._client.version()

    async def evict(self, name: str, namespace: str, *, grace_seconds: int | None = None) -> None:
        """Ask for a Pod to go. Raises: ApiError TooManyRequests when a disruption budget forbids it, NotFound."""
        await self._client.evict(name, namespace, grace_seconds=grace_seconds)
