"""A connection to a workload cluster of the lab, which breaks when the cluster stops answering at its address.

The client behind it talks to an API server in the same process, which goes on whether or not a machine runs under it.
What a broken TCP connection does to a real client is done here: calls are refused, watches end.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, cast

from fairlead.api.errors import service_unavailable
from fairlead.base.objects import GVK, Json
from fairlead.runtime.client import Client, ListResult, PatchType, WatchEvent


class Severable:
    """Implements `runtime.client.Client`; after `sever` every call and every watch fails with ServiceUnavailable."""

    def __init__(self, inner: Client, address: str) -> None:
        self._inner = inner
        self._address = address
        self._severed = asyncio.Event()

    @property
    def is_severed(self) -> bool:
        return self._severed.is_set()

    def sever(self) -> None:
        """Break the connection for good."""
        self._severed.set()

    def _through(self) -> Client:
        if self._severed.is_set():
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
        loop = asyncio.get_running_loop()
        broken = loop.create_task(self._severed.wait())
        following: asyncio.Task[WatchEvent] | None = None
        try:
            async with aclosing(cast(Any, stream)):
                while True:
                    following = loop.create_task(anext(cast(Any, stream)))
                    await asyncio.wait((broken, following), return_when=asyncio.FIRST_COMPLETED)
                    if not following.done():
                        following.cancel()
                        await asyncio.gather(following, return_exceptions=True)
                        self._through()
                    try:
                        event = following.result()
                    except StopAsyncIteration:
                        return
                    yield event
        finally:
            broken.cancel()
            if following is not None:
                following.cancel()

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

    async def evict(self, name: str, namespace: str, *, grace_seconds: int | None = None) -> None:
        await self._through().evict(name, namespace, grace_seconds=grace_seconds)
