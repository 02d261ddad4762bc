"""How one pass of a controller ends."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Result:
    """A pass that did what it could; `after` is when to look again even if nothing changes."""

    after: timedelta | None = None

    @classmethod
    def done(cls) -> Self:
        """Look again when something changes."""
        return cls()

    @classmethod
    def again(cls, after: timedelta) -> Self:
        """Look again after *after*, or earlier when something changes."""
        return cls(after)

    def or_sooner(self, other: "Result") -> "Result":
        """The earlier of two."""
        delays = [result.after for result in (self, other) if result.after is not None]
        return Result(min(delays)) if delays else self


class WaitingError(Exception):
    """The pass cannot go on yet; look again after `after`. Not a failure: no back-off grows, nothing is logged."""

    def __init__(self, message: str, after: timedelta) -> None:
        super().__init__(message)
        self.after = after


class TroubleError(Exception):
    """What was asked for cannot be done as things are, and the object says so. Retried with a growing delay; the log
    gets the text, not a traceback."""


class StalledError(Exception):
    """A person must change something first; retried only when an input changes."""
