"""What a fuzz target is, and how an input that breaks its law is told from others."""

from __future__ import annotations

import contextlib
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

Law = Callable[[bytes], Any]
CPU_SECONDS = 5.0  # one input; the slowest legal one takes a tenth of this
MINIMISE_SECONDS = 30.0  # each smaller input may hang too
_ROOT = str(Path(__file__).parents[2])
_TESTING = str(Path(__file__).parents[1])


@dataclass(frozen=True, slots=True)
class Target:
    """A law that holds for any bytes: it returns, or raises what is a finding."""

    law: Law
    words: tuple[str, ...] = ()
    max_bytes: int = 600


class BrokenLawError(AssertionError):
    """Two ways to one result do not agree, or a result is not what it promised to be."""


class HangError(BaseException):
    """An input took longer than any legal one may; no handler of `Exception` swallows it."""


def hold(condition: object, law: str, *shown: object) -> None:
    """Raises: BrokenLawError, named *law*, when *condition* is false."""
    if not condition:
        raise BrokenLawError(f"{law}: {' | '.join(repr(item)[:300] for item in shown)}")


@contextlib.contextmanager
def bounded(seconds: float = CPU_SECONDS) -> Iterator[None]:
    """End the block with `HangError` when it takes more CPU time than *seconds*."""

    def hang(signum: int, frame: FrameType | None) -> None:
        raise HangError(f"takes more than {seconds:g} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, hang)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def finding(law: Law, data: bytes) -> tuple[str, str] | None:
    """What *data* breaks: a name that is equal for equal causes, and the traceback; None when the law holds."""
    try:
        with bounded():
            law(data)
    except (Exception, HangError) as error:
        return _name(error), traceback.format_exc(limit=-12)
    return None


def _name(error: BaseException) -> str:
    if isinstance(error, BrokenLawError):
        return f"law {str(error).partition(':')[0]}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(_ROOT) and not frame.filename.startswith(_TESTING)]
    place = f"{Path(own[-1].filename).relative_to(_ROOT)}:{own[-1].name}" if own else "outside"
    if isinstance(error, HangError | RecursionError | MemoryError):
        place = f"{Path(own[0].filename).relative_to(_ROOT)}:{own[0].name}" if own else "outside"
    return f"{type(error).__name__} in {place}"


def minimised(law: Law, data: bytes, name: str, tries: int = 2_000) -> bytes:
    """The smallest input found within *tries*, and some seconds, that breaks the law as *data* does."""
    size = max(1, len(data) // 2)
    end = time.monotonic() + MINIMISE_SECONDS
    while size:
        at = 0
        while at < len(data) and tries > 0 and time.monotonic() < end:
            tries -= 1
            shorter = data[:at] + data[at + size :]
            found = finding(law, shorter)
            if found is not None and found[0] == name:
                data = shorter
            else:
                at += size
        size //= 2
    return data
