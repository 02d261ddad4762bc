"""A connection to a workload cluster of the lab, which breaks when the cluster stops answering at its address.

The client behind it talks to an API server in the same process, which goes on whether or not a machine runs under it.
What a broken TCP connection does to a real client is done here: calls are refused, watches end.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from fairlead.api.errors import ApiError, service_unavailable
from fairlead.base.objects import GVK, Json
from fairlead.runtime.client import Client, ListResult, PatchType, WatchEvent


class Severable:
    """Implements `runtime.client.Client`; after `sever` every call and every watch fails with ServiceUnavailable."""

    def __init__(self, inner: Client, address: str) -> None:
        self._inner = inner
        self._address = address
        self.is_severed = False
        self._watches: set[asyncio.Queue[WatchEvent | BaseException | None]] = set()

    def sever(self) -> None:
        """Break the connection for good."""
        self.is_severed = True
        for events in self._watches:
            events.put_nowait(None)

    def _through(self) -> Client:
        if self.is_severed:
            raise service_unavailable(f"dial tcp {self._address}: connect: connection refused")
        return self._inner

    async def get(self, gvk: GVK, name: str, namespace: str = "") -> Json:
        return await self._through().get(gvk, name, namespace)

    async def list(
        self, gvk: GVK, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> ListResult:
        return await self._through().list(gvk, namespace, label_selector=label_selector, field_selector=field_selector)

    async def watch(
        self,
        gvk: GVK,
        namespace: str = "",
        *,
        resource_version: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[WatchEvent]:
        stream = self._through().watch(
            gvk,
            namespace,
            resource_version=resource_version,
            label_selector=label_selector,
            field_selector=field_selector,
        )
        events: asyncio.Queue[WatchEvent | BaseException | None] = asyncio.Queue()
        pump = asyncio.get_running_loop().create_task(_pump(stream, events))
        self._watches.add(events)
        try:
            while True:
                event = await events.get()
                self._through()
                if event is None:
                    return
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self._watches.discard(events)
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    async def create(self, obj: Json, *, field_manager: str = "", dry_run: bool = False) -> Json:
        return await self._through().create(obj, field_manager=field_manager, dry_run=dry_run)

    async def update(self, obj: Json, *, subresource: str = "", field_manager: str = "", dry_run: bool = False) -> Json:
        return await self._through().update(obj, subresource=subresource, field_manager=field_manager, dry_run=dry_run)

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
        return await self._through().patch(
            gvk,
            name,
            namespace,
            body,
            patch_type,
            subresource=subresource,
            field_manager=field_manager,
            dry_run=dry_run,
        )

    async def apply(
        self, obj: Json, *, field_manager: str, force: bool = True, subresource: str = "", dry_run: bool = False
    ) -> Json:
        return await self._through().apply(
            obj, field_manager=field_manager, force=force, subresource=subresource, dry_run=dry_run
        )

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
        return await self._through().delete(
            gvk,
            name,
            namespace,
            propagation=propagation,
            uid=uid,
            resource_version=resource_version,
            grace_seconds=grace_seconds,
        )

    async def version(self) -> str:
        return await self._through().version()

    async def evict(self, name: str, namespace: str, *, grace_seconds: int | None = None) -> None:
        await self._through().evict(name, namespace, grace_seconds=grace_seconds)


async def _pump(stream: AsyncIterator[WatchEvent], events: "asyncio.Queue[WatchEvent | BaseException | None]") -> None:
    """Pass on what a watch brings, and how it ends."""
    try:
        async for event in stream:
            events.put_nowait(event)
        events.put_nowait(None)
    except ApiError as error:
        events.put_nowait(error)
