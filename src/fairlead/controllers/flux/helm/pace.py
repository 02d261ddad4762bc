"""When something that was looked at is worth another look, though nothing it is made from changed."""

from fairlead.base.objects import Key
from fairlead.runtime.clock import Clock


class Pace:
    """Remembers, for each key, with which inputs it was looked at and until when that will do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[Key, tuple[object, float]] = {}

    def keep(self, key: Key, inputs: object, seconds: float) -> None:
        """While its inputs stay, *key* needs no look for *seconds*."""
        self._until[key] = (inputs, self._clock.monotonic() + seconds)

    def left(self, key: Key, inputs: object) -> float:
        """Seconds until *key* with these inputs is to be looked at; 0 means now."""
        known, until = self._until.get(key, (None, 0.0))
        return max(0.0, until - self._clock.monotonic()) if known == inputs else 0.0

    def forget(self, key: Key) -> None:
        """*key* is gone."""
        self._until.pop(key, None)
