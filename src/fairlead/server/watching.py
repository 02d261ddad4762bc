"""One watch: the present state, then every change that concerns a selection, from a bounded queue.

Source: apiserver v0.36 pkg/storage/cacher (how a change of labels turns into ADDED or DELETED, "too old").
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from fairlead.api.errors import ApiError, gone
from fairlead.api.watch import ADDED, DELETED, MODIFIED
from fairlead.base.objects import Json
from fairlead.server import conversion
from fairlead.server.listing import too_large
from fairlead.server.selection import Selection
from fairlead.server.store import Change, Expired, Record, Store

QUEUE_LIMIT = 20_000
QUEUE_LIMIT_BYTES = 32 << 20  # of changes; the present state, with which a watch begins, is in memory anyway
INITIAL = "INITIAL"  # not sent: marks the end of the present state


class Delivery(NamedTuple):
    """One event to hand on; `record` is None at the end of the present state.

    `revision` is the revision of the change, which differs from the record's when an object left the selection.
    """

    type: str
    record: Record | None
    revision: int


class WatchStream:
    """The changes of a selection. Start it, then take batches until it is closed."""

    def __init__(self, store: Store, selection: Selection, *, queue_limit: int = QUEUE_LIMIT) -> None:
        self._store = store
        self._selection = selection
        self._limit = queue_limit
        self._queue: deque[Delivery] = deque()
        self._queued_bytes = 0
        self._waiter: asyncio.Future[None] | None = None
        self._error: ApiError | None = None
        self._since = 0
        self._stop = store.subscribe(selection.resource.stored_as.ident, selection.namespace, self._offer)
        self.revision = 0

    def from_now(self, *, state: bool = True) -> None:
        """Begin with the present state (ADDED events, then a delivery without record), or with the next change."""
        self._since = self.revision = self._store.revision
        if state:
            for record in self._selection.records(self._store):
                self._queue.append(Delivery(ADDED, record, record.revision))
            self._queue.append(Delivery(INITIAL, None, self._since))

    def from_revision(self, revision: int) -> None:
        """Begin after *revision*. Raises: ApiError Expired, or the 504 of a revision that is yet to come."""
        if revision > self._store.revision:
            self.close()
            raise too_large(revision, self._store.revision)
        self._since = self.revision = revision
        try:
            changes = self._store.since(self._selection.resource.stored_as.ident, self._selection.namespace, revision)
        except Expired as error:
            self.close()
            raise gone(str(error)) from error
        for change in changes:
            self._offer(change)

    async def settle(self) -> None:
        """Return once all that the present state shows is durable."""
        if not self._store.is_settled(self._since):
            await self._store.settled(self._since)

    def _offer(self, change: Change) -> None:
        if change.revision <= self._since or self._error is not None:
            return
        self.revision = change.revision
        kind = self._kind_of(change)
        if kind is None:
            return
        if len(self._queue) >= self._limit or self._queued_bytes > QUEUE_LIMIT_BYTES:
            self._queue.clear()
            self._queued_bytes = 0
            self._fail(gone("the watcher is too slow: its queue is full; list again and watch from there"))
            return
        record = change.record
        if kind == DELETED and change.type != DELETED:
            assert change.before is not None
            record = change.before
        self._queue.append(Delivery(kind, record, change.revision))
        self._queued_bytes += len(record.data)
        self._wake()

    def _kind_of(self, change: Change) -> str | None:
        if self._selection.is_everything:
            return change.type
        matches = self._selection.matches
        was = change.before is not None and matches(change.before)
        if change.type == DELETED:
            return DELETED if was else None
        if matches(change.record):
            return MODIFIED if was else ADDED
        return DELETED if was else None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: ApiError) -> None:
        self._error = error
        self._wake()
        self._stop()

    def fail(self, error: ApiError) -> None:
        """End the watch with *error* after what is queued."""
        self._fail(error)

    async def take(self, limit: int = 256) -> list[Delivery]:
        """Wait for changes and return some of them, oldest first. Raises: ApiError when the watch ends."""
        while not self._queue:
            if self._error is not None:
                raise self._error
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        queue = self._queue
        taken = [queue.popleft() for _ in range(min(limit, len(queue)))]
        self._queued_bytes -= sum(
            len(each.record.data) for each in taken if each.record is not None and each.revision > self._since
        )
        return taken

    @property
    def idle(self) -> bool:
        """Whether nothing is queued."""
        return not self._queue

    def shown(self, delivery: Delivery) -> Json:
        """The object of *delivery* in the version asked for."""
        assert delivery.record is not None
        found = conversion.in_version(self._selection.resource, self._selection.version, delivery.record)
        if delivery.revision == delivery.record.revision:
            return found
        metadata = {**found["metadata"], "resourceVersion": str(delivery.revision)}
        return {**found, "metadata": metadata}

    def close(self) -> None:
        """Take no more changes."""
        self._stop()
        if self._error is None:
            self._error = ApiError(503, "ServiceUnavailable", "the watch is closed")
        self._wake()
