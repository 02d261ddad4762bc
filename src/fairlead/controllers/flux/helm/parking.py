"""Passes that wait without holding up others: they go on in the background, and are looked at again when through."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from fairlead.base.objects import Key
from fairlead.runtime.outcome import Result


@dataclass(frozen=True, slots=True)
class Parked:
    """A pass in the background, and what it was started with."""

    inputs: object
    task: asyncio.Task[Result]


class Parking:
    """At most one pass for each key; `finished` yields the keys whose pass is through."""

    def __init__(self) -> None:
        self._parked: dict[Key, Parked] = {}
        self._finished: asyncio.Queue[Key] = asyncio.Queue()

    async def finished(self) -> AsyncIterator[Key]:
        """Keys to look at, without end; when nobody listens any more, all passes are ended."""
        try:
            while True:
                yield await self._finished.get()
        finally:
            for parked in self._parked.values():
                parked.task.cancel()

    def get(self, key: Key) -> Parked | None:
        """The pass of *key* that waits, or is through and was not looked at yet."""
        return self._parked.get(key)

    async def result(self, key: Key) -> Result:
        """What a pass that is through came to. Raises: what it raised."""
        return await self._parked.pop(key).task

    async def end(self, key: Key) -> None:
        """Break a pass off: what it was started with no longer holds."""
        parked = self._parked.pop(key, None)
        if parked is not None:
            parked.task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await parked.task

    async def run(
        self, key: Key, work: Callable[[asyncio.Event], Awaitable[Result]], inputs: Callable[[], object]
    ) -> Result:
        """Run a pass until it is through or sets its event, which says that it waits from now on."""
        event = asyncio.Event()
        task = asyncio.create_task(_as_coroutine(work, event), name=f"pass over {key}")
        waits = asyncio.create_task(event.wait())
        try:
            await asyncio.wait((task, waits), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            waits.cancel()
        if task.done():
            return task.result()
        self._parked[key] = Parked(inputs(), task)
        task.add_done_callback(lambda _: self._finished.put_nowait(key))
        return Result.done()


async def _as_coroutine(work: Callable[[asyncio.Event], Awaitable[Result]], event: asyncio.Event) -> Result:
    return await work(event)
