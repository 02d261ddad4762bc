"""An event loop in virtual time: when nothing is runnable, the clock jumps to the next deadline.

A run is a pure function of its inputs: no thread runs beside it (`run_in_executor` runs its function at once), and
waiting an hour costs nothing. Sockets still work, so real peers can be talked to, but then the run is not repeatable.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class StandstillError(RuntimeError):
    """Every task waits for something that no timer and no socket will bring."""


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that never blocks while sockets are idle: it moves the loop's clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise StandstillError("virtual time stands still: every task waits and no timer is set")
        self.now += max(timeout, 0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose `time()` is virtual, starting at zero."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]  # a completed future is awaitable all the same
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # handed to the awaiting task, as an executor does
            future.set_exception(error)
        return future


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* to its end in virtual time. Raises: StandstillError when it can never end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
