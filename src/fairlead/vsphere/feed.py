"""A subscriber's queue of changes, bounded by the number of objects: a newer change replaces an unread one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable

from fairlead.vsphere.port import Change


class Feed:
    """One `watch()`. Written by the adapter on the event loop, read by one iterator."""

    def __init__(self) -> None:
        self._pending: dict[Hashable, Change] = {}
        self._wake = asyncio.Event()
        self._end: Exception | None = None
        self._closed = False

    def put(self, key: Hashable, change: Change) -> None:
        """Queue a change of the object *key*."""
        self._pending.pop(key, None)
        self._pending[key] = change
        self._wake.set()

    def close(self, error: Exception | None = None) -> None:
        """End the iteration once what is queued has been read; with an error, by raising it."""
        self._closed, self._end = True, error
        self._wake.set()

    async def read(self) -> AsyncIterator[Change]:
        """Yield changes until the feed is closed."""
        while True:
            while self._pending:
                yield self._pending.pop(next(iter(self._pending)))
            if self._closed:
                if self._end is not None:
                    raise self._end
                return
            self._wake.clear()
            await self._wake.wait()
