"""Changes in a row cost one pass."""

from datetime import timedelta

from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.queue import WorkQueue
from fairlead.runtime.virtual import run_virtual

WINDOW = timedelta(milliseconds=10)


def test_a_burst_is_handed_out_once_a_window_after_its_first_change() -> None:
    """Further changes do not push the pass away; a change after it has its own."""

    async def main() -> None:
        clock = LoopClock()
        queue = WorkQueue[str](clock, Ids(1))
        for _ in range(4):
            queue.add_settled("demo", WINDOW)
            await clock.sleep(WINDOW / 4)
        assert await queue.get() == "demo"
        assert round(clock.monotonic(), 3) == WINDOW.total_seconds()
        queue.done("demo")
        assert queue.is_idle
        queue.add_settled("demo", WINDOW)
        assert await queue.get() == "demo"
        assert round(clock.monotonic(), 3) == 2 * WINDOW.total_seconds()

    run_virtual(main())


def test_what_settles_is_not_idle() -> None:
    """Who waits for the end of all work waits for it too; an appointment in an hour does not count."""

    async def main() -> None:
        queue = WorkQueue[str](LoopClock(), Ids(1))
        queue.add_after("later", timedelta(hours=1))
        queue.add_settled("demo", WINDOW)
        states = [queue.is_idle]
        assert await queue.get() == "demo"
        queue.done("demo")
        states.append(queue.is_idle)
        assert states == [False, True]

    run_virtual(main())


def test_an_appointment_gives_way_to_a_change() -> None:
    """A key that would be looked at in an hour is looked at when it changes."""

    async def main() -> None:
        clock = LoopClock()
        queue = WorkQueue[str](clock, Ids(1))
        queue.add_after("demo", timedelta(hours=1))
        queue.add_settled("demo", WINDOW)
        assert await queue.get() == "demo"
        assert round(clock.monotonic(), 3) == WINDOW.total_seconds()

    run_virtual(main())
