"""Where the time comes from: the running event loop, real or virtual.

Controllers ask a `Clock`, never `time` or `datetime`. Under an ordinary loop it tells the wall clock; under a
`runtime.virtual.VirtualLoop` it tells the loop's own time, which jumps to the next deadline when nothing is runnable.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time, and how to wait for it."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    async def sleep(self, delay: timedelta) -> None:
        """Return after *delay*."""
        ...


class WallClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, delay: timedelta) -> None:
        import asyncio  # here: a command line that only tells the time should not load it

        await asyncio.sleep(delay.total_seconds())


class LoopClock:
    """The time of the running loop, counted from *epoch*: virtual when the loop is."""

    def __init__(self, epoch: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._epoch = epoch

    def now(self) -> datetime:
        return self._epoch + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        import asyncio

        return asyncio.get_running_loop().time()

    async def sleep(self, delay: timedelta) -> None:
        import asyncio

        await asyncio.sleep(delay.total_seconds())


def timestamp(instant: datetime) -> str:
    """*instant* as Kubernetes writes `metav1.Time`: RFC 3339, UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> datetime:
    """Read an RFC 3339 instant. Raises: ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
