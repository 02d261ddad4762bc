"""The one way to the Kubernetes API, whichever transport lies behind it.

Two transports keep this protocol: the embedded API server in the same process (no HTTP, no serialisation) and HTTP to a
real cluster. Controllers cannot tell which. Objects that come out are shared, read-only values; objects that go in are
never kept by reference.

Kinds are named by `GVK` (or by a typed kind's `GVK` constant). Every method raises `api.errors.ApiError` with the
reasons a real API server gives: NotFound, AlreadyExists, Conflict, Invalid, Forbidden, Expired, ServiceUnavailable.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from typing import Protocol

from fairlead.api.watch import ListResult, WatchEvent
from fairlead.base.objects import GVK, Json

__all__ = ["Client", "ListResult", "PatchType", "WatchEvent"]


class PatchType(StrEnum):
    """The bodies PATCH takes besides server-side apply; values are media types."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"


class Client(Protocol):
    """Read and write one cluster's objects."""

    async def get(self, gvk: GVK, name: str, namespace: str = "") -> Json:
        """Return one object. Raises: ApiError NotFound."""
        ...

    async def list(
        self, gvk: GVK, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> ListResult:
        """Return all objects of a kind; an empty namespace means all namespaces."""
        ...

    def watch(
        self,
        gvk: GVK,
        namespace: str = "",
        *,
        resource_version: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[WatchEvent]:
        """Yield the changes after *resource_version*.

        Without one, yield the present state as ADDED events first, then `SYNCED`, then changes. The iterator ends by
        raising ApiError Expired when history is too short, ServiceUnavailable when the connection is lost.
        """
        ...

    async def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        """Store a new object (`metadata.generateName` is honoured) and return it as stored."""
        ...

    async def update(self, obj: Json, *, subresource: str = "", field_manager: str = "", dry_run: bool = False) -> Json:
        """Replace an object; Conflict when its `metadata.resourceVersion` is stale."""
        ...

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
        """Patch an object. A patch that changes nothing writes nothing and returns the object as it is."""
        ...

    async def apply(
        self, obj: Json, *, field_manager: str, force: bool = True, subresource: str = "", dry_run: bool = False
    ) -> Json:
        """Server-side apply: create or merge, owning the fields that *obj* sets."""
        ...

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
        ...

    async def version(self) -> str:
        """What the server says it is, like `v1.33.1`."""
        ...

    async def evict(self, name: str, namespace: str, *, grace_seconds: int | None = None) -> None:
        """Ask for a Pod to go. Raises: ApiError TooManyRequests when a disruption budget forbids it, NotFound."""
        ...
