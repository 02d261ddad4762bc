"""The client that talks to the server in its own process: no HTTP, no serialisation.

It keeps `runtime.client.Client` by structure. Objects that come out are the server's shared views: read-only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from fairlead.api.errors import ApiError, bad_request, not_found
from fairlead.api.watch import SYNCED, ListResult, WatchEvent
from fairlead.base.objects import GVK, Json, Key
from fairlead.server import conversion, eviction, patching, scaling
from fairlead.server.objects import Objects, Outcome
from fairlead.server.registry import Resource
from fairlead.server.request import DeleteOptions, Request
from fairlead.server.selection import Selection

if TYPE_CHECKING:
    from fairlead.server.server import ApiServer

MERGE = "application/merge-patch+json"


class LocalClient:
    """Reads and writes one server's objects in the name of one user."""

    def __init__(self, server: ApiServer, user: str, groups: tuple[str, ...], manager: str) -> None:
        self._server = server
        self._user = user
        self._groups = groups
        self._manager = manager

    @property
    def _objects(self) -> Objects:
        return self._server.objects

    def _request(self, manager: str = "", dry_run: bool = False, force: bool = False) -> Request:
        return Request(self._user, self._groups, manager or self._manager, dry_run, force=force)

    def _find(self, gvk: GVK) -> tuple[Resource, str]:
        self._server.check_open()
        resource = self._server.registry.by_kind(gvk.group, gvk.kind)
        version = resource.versions.get(gvk.version) if resource is not None else None
        if resource is None or version is None or not version.served:
            text = f'no matches for kind "{gvk.kind}" in version "{gvk.api_version}"'
            raise ApiError(404, "NotFound", text, {"group": gvk.group, "kind": gvk.kind})
        return resource, gvk.version

    async def _answer(self, outcome: Outcome, resource: Resource, version: str) -> Json:
        store = self._server.store
        if not store.is_settled(outcome.revision):
            await store.settled(outcome.revision)
        return outcome.object(resource, version)

    def _key(self, resource: Resource, namespace: str, name: str) -> Key:
        if not resource.namespaced:
            return Key("", name)
        if not namespace:
            raise bad_request(f"{resource.kind} '{name}': a namespace must be given")
        return Key(namespace, name)

    async def get(self, gvk: GVK, name: str, namespace: str = "") -> Json:
        """Return one object. Raises: ApiError NotFound."""
        resource, version = self._find(gvk)
        record = self._objects.find(resource, self._key(resource, namespace, name))
        if not self._server.store.is_settled(record.revision):
            await self._server.store.settled(record.revision)
        return conversion.in_version(resource, version, record)

    async def list(
        self, gvk: GVK, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> ListResult:
        """Return all objects of a kind; an empty namespace means all namespaces."""
        resource, version = self._find(gvk)
        selection = Selection(
            resource, version, namespace if resource.namespaced else "", label_selector, field_selector
        )
        store = self._server.store
        revision = store.revision
        records = selection.records(store)
        items = tuple(conversion.in_version(resource, version, record) for record in records)
        if not store.is_settled(revision):
            await store.settled(revision)
        return ListResult(items, str(revision))

    async def watch(
        self,
        gvk: GVK,
        namespace: str = "",
        *,
        resource_version: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[WatchEvent]:
        """Yield the changes after *resource_version*; without one, the present state and `SYNCED` first.

        Raises: ApiError Expired when history is too short, ServiceUnavailable when the server stops.
        """
        resource, version = self._find(gvk)
        scope = namespace if resource.namespaced else ""
        selection = Selection(resource, version, scope, label_selector, field_selector)
        stream = self._server.open_stream(selection)
        try:
            if resource_version:
                stream.from_revision(_revision(resource_version))
            else:
                stream.from_now()
            await stream.settle()
            while True:
                for delivery in await stream.take():
                    if delivery.record is None:
                        yield WatchEvent(SYNCED, {})
                    else:
                        yield WatchEvent(delivery.type, stream.shown(delivery))
        finally:
            self._server.close_stream(stream)

    async def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        """Store a new object (`metadata.generateName` is honoured) and return it as stored."""
        resource, version = self._find(GVK.of(obj))
        outcome = self._objects.create(resource, version, obj, "", self._request(field_manager, dry_run))
        return await self._answer(outcome, resource, version)

    async def update(self, obj: Json, *, subresource: str = "", field_manager: str = "", dry_run: bool = False) -> Json:
        """Replace an object; Conflict when its `metadata.resourceVersion` is stale."""
        resource, version = self._find(GVK.of(obj))
        key = Key.of(obj)
        request = self._request(field_manager, dry_run)
        self._check_subresource(resource, subresource, key)
        outcome = self._objects.update(
            resource, version, self._key(resource, *key), lambda present: obj, request, subresource=subresource
        )
        return await self._answer(outcome, resource, version)

    async def patch(
        self,
        gvk: GVK,
        name: str,
        namespace: str,
        body: Json | Sequence[Json],
        patch_type: str = MERGE,
        *,
        subresource: str = "",
        field_manager: str = "",
        dry_run: bool = False,
    ) -> Json:
        """Patch an object. A patch that changes nothing writes nothing and returns the object as it is."""
        resource, version = self._find(gvk)
        key = self._key(resource, namespace, name)
        request = self._request(field_manager, dry_run)
        if subresource == "scale":
            change = patching.change_of(scaling.RESOURCE, "v1", name, body, patch_type)
            outcome = scaling.update(self._objects, resource, version, key, change, request)
            return scaling.shown(resource, version, await self._answer(outcome, resource, version))
        self._check_subresource(resource, subresource, key)
        outcome = patching.patch(self._objects, resource, version, key, body, patch_type, request, subresource)
        return await self._answer(outcome, resource, version)

    async def apply(
        self, obj: Json, *, field_manager: str, force: bool = True, subresource: str = "", dry_run: bool = False
    ) -> Json:
        """Server-side apply: create or merge, owning the fields that *obj* sets."""
        resource, version = self._find(GVK.of(obj))
        key = Key.of(obj)
        self._check_subresource(resource, subresource, key)
        request = self._request(field_manager, dry_run, force)
        outcome = patching.apply(self._objects, resource, version, self._key(resource, *key), obj, request, subresource)
        return await self._answer(outcome, resource, version)

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
        """Ask for deletion; returns the object as it is then (with a deletionTimestamp while finalizers hold it)."""
        resource, version = self._find(gvk)
        options = DeleteOptions(propagation, grace_seconds, uid, resource_version)
        key = self._key(resource, namespace, name)
        outcome = self._objects.delete(resource, key, options, self._request())
        return await self._answer(outcome, resource, version)

    async def version(self) -> str:
        """What the server says it is, like `v1.33.1`."""
        return self._server.version

    async def evict(self, name: str, namespace: str, *, grace_seconds: int | None = None) -> None:
        """Ask for a Pod to go. Raises: ApiError TooManyRequests when a disruption budget forbids it, NotFound."""
        resource, version = self._find(GVK("", "v1", "Pod"))
        options = DeleteOptions(grace_seconds=grace_seconds)
        key = self._key(resource, namespace, name)
        outcome = eviction.evict(self._objects, self._server.store, resource, key, options, self._request())
        await self._answer(outcome, resource, version)

    def _check_subresource(self, resource: Resource, subresource: str, key: Key) -> None:
        if subresource and resource.subresource(subresource) is None:
            raise not_found(resource.group, f"{resource.plural}/{subresource}", key.name)


def _revision(text: str) -> int:
    if not text.isdigit():
        raise bad_request(f'invalid resource version "{text}"')
    return int(text)
