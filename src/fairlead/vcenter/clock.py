"""What the simulator needs of time and chance; both come from outside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time of the world the simulator lives in."""

    def now(self) -> datetime: ...

    async def sleep(self, duration: timedelta) -> None: ...


class Dice(Protocol):
    """The part of `random.Random` that ids are drawn from."""

    def getrandbits(self, k: int, /) -> int: ...

    def random(self) -> float: ...
