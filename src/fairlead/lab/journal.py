"""Named records, kept in a storage: how the simulated world outlives the process.

The records of the vCenter and of the guests' disks are rows in the same database as the API objects, written by the
same thread in the order in which they were made. So what survives is one moment of the whole lab, not several.
"""

from __future__ import annotations

import asyncio
from collections import deque

from fairlead.server.storage import Row, Storage


class JournalError(Exception):
    """The storage took no more records; the text says why."""


class Journal:
    """Keeps records by key. `records` are those of the former run."""

    def __init__(self, storage: Storage, shelf: str) -> None:
        self._storage = storage
        self._shelf = shelf
        self._written, rows = storage.load()
        self._durable = self._written
        kept = [(row.revision, row.name, row.data) for row in rows if row.resource == shelf and row.data is not None]
        self.records: list[tuple[str, bytes]] = [(name, data) for _, name, data in sorted(kept)]
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._failure = ""

    def open(self) -> None:
        """Begin; needs a running loop."""
        self._storage.open(self._on_durable, self._on_failed)

    def write(self, key: str, value: bytes | None) -> None:
        """Keep *value* under *key*, or forget the key. Returns before the record is durable; see `settled`."""
        self._written += 1
        self._storage.write(Row(self._shelf, "", key, self._written, value))

    async def settled(self) -> None:
        """Return once everything written so far is durable. Raises: JournalError."""
        if self._written <= self._durable:
            return
        if self._failure:
            raise JournalError(self._failure)
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((self._written, future))
        await future

    async def close(self) -> None:
        """Make everything durable and let the storage go."""
        await self._storage.close()

    def _on_durable(self, revision: int) -> None:
        self._durable = max(self._durable, revision)
        while self._waiting and self._waiting[0][0] <= self._durable:
            future = self._waiting.popleft()[1]
            if not future.done():
                future.set_result(None)

    def _on_failed(self, message: str) -> None:
        self._failure = message
        while self._waiting:
            future = self._waiting.popleft()[1]
            if not future.done():
                future.set_exception(JournalError(message))
