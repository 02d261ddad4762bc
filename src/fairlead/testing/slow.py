"""A storage whose flushes take virtual milliseconds: writes of different controllers overlap as they do on a disk."""

import asyncio
import random
from collections.abc import Iterator

from fairlead.server.storage import Durable, Failed, Row

LEAST_SECONDS, MOST_SECONDS = 0.0003, 0.004


class SlowStorage:
    """Keeps nothing; what is written becomes durable in groups, each after a time that *rng* gives."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._revision = 0
        self._flush: asyncio.TimerHandle | None = None
        self._durable: Durable = lambda revision: None

    def load(self) -> tuple[int, Iterator[Row]]:
        return 0, iter(())

    def open(self, durable: Durable, failed: Failed) -> None:
        self._durable = durable

    def write(self, row: Row) -> None:
        self._revision = row.revision
        if self._flush is None:
            delay = self._rng.uniform(LEAST_SECONDS, MOST_SECONDS)
            self._flush = asyncio.get_running_loop().call_later(delay, self._done)

    def _done(self) -> None:
        self._flush = None
        self._durable(self._revision)

    async def close(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._done()
