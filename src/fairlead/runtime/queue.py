"""A queue of keys: each key at most once waiting and at most once in work; failures come back later and later.

Source: client-go v0.37 util/workqueue (the dirty and processing sets, per-item exponential failure back-off).
"""

import asyncio
import heapq
import itertools
from collections import deque
from datetime import timedelta
from typing import Generic, TypeVar

from fairlead.runtime.clock import Clock
from fairlead.runtime.ids import Ids

K = TypeVar("K")

FIRST_RETRY = timedelta(milliseconds=50)
LAST_RETRY = timedelta(minutes=5)


class WorkQueue(Generic[K]):
    """Keys to work on. A key added while it is in work is handed out again when that work is done."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._ready: deque[K] = deque()
        self._dirty: set[K] = set()
        self._working: set[K] = set()
        self._failures: dict[K, int] = {}
        self._later: list[tuple[float, int, K]] = []
        self._due: dict[K, float] = {}
        self._settling: set[K] = set()
        self._order = itertools.count()
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._dirty) + len(self._working)

    @property
    def is_idle(self) -> bool:
        """Whether no key waits, settles or is in work (delayed keys do not count)."""
        return not self._dirty and not self._working and not self._settling

    def add(self, key: K) -> None:
        """Hand *key* out as soon as a worker is free."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working:
            self._ready.append(key)
            self._wake.set()

    def add_after(self, key: K, delay: timedelta) -> None:
        """Hand *key* out after *delay*; an earlier appointment for the same key is kept."""
        if delay <= timedelta(0):
            self.add(key)
            return
        due = self._clock.monotonic() + delay.total_seconds()
        if self._due.get(key, due + 1) <= due:
            return
        self._due[key] = due
        heapq.heappush(self._later, (due, next(self._order), key))
        self._wake.set()

    def add_settled(self, key: K, window: timedelta) -> None:
        """Hand *key* out *window* after the first of several changes in a row, so that one pass sees them all."""
        if key in self._dirty:
            return
        self.add_after(key, window)
        if key in self._due:
            self._settling.add(key)

    def add_failed(self, key: K) -> timedelta:
        """Hand *key* out again after a delay that doubles with each failure in a row; returns the delay."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay: timedelta = min(FIRST_RETRY * (1 << min(failures, 20)), LAST_RETRY)
        delay = delay * (0.9 + 0.2 * self._ids.fraction())
        self.add_after(key, delay)
        return delay

    def forget(self, key: K) -> None:
        """The last work on *key* succeeded: its next failure starts from the shortest delay."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """Wait for a key; `done` must be called with it afterwards."""
        while True:
            self._promote()
            if self._ready:
                key = self._ready.popleft()
                self._dirty.discard(key)
                self._working.add(key)
                return key
            self._wake.clear()
            seconds = self._later[0][0] - self._clock.monotonic() if self._later else None
            await self._wait(seconds)

    def done(self, key: K) -> None:
        """The work on *key* is over; if it was added meanwhile it is ready again."""
        self._working.discard(key)
        if key in self._dirty:
            self._ready.append(key)
            self._wake.set()

    def _promote(self) -> None:
        now = self._clock.monotonic()
        while self._later and self._later[0][0] <= now:
            due, _, key = heapq.heappop(self._later)
            if self._due.get(key) == due:
                del self._due[key]
                self._settling.discard(key)
                self.add(key)

    async def _wait(self, seconds: float | None) -> None:
        if seconds is None:
            await self._wake.wait()
            return
        handle = asyncio.get_running_loop().call_later(max(seconds, 0), self._wake.set)
        try:
            await self._wake.wait()
        finally:
            handle.cancel()
