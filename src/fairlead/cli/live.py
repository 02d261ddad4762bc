"""The fleet as it changes: `status --watch` and `tree --watch`.

One watch per kind, each on a connection and a thread of its own; what they bring is gathered for a moment, so that a
burst of changes is one picture.
"""

from __future__ import annotations

import queue
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fairlead.base.objects import GVK, Json
from fairlead.cli import kinds
from fairlead.cli.connection import Connection
from fairlead.cli.errors import CommandError, RefusedError
from fairlead.cli.fleet import Fleet, Id
from fairlead.cli.kinds import Resource
from fairlead.cli.tables import write
from fairlead.cli.terminal import visible_length
from fairlead.runtime.clock import Clock

GATHER_SECONDS = 0.2
MOST_GATHERS = 5  # a picture comes after so many times that, even if changes never pause
WATCH_SECONDS = 3600.0
HOME_AND_CLEAR = "\033[H\033[J"

_AGAIN = "AGAIN"  # a watch begins: what is known of its kind may be gone
Change = tuple[str, Json] | CommandError | None  # None: the terminal has another size
Changes = queue.SimpleQueue[Change]  # a signal may arrive in the middle of a put or get


def fleets(
    connection: Connection,
    resources: Sequence[Resource] = (*kinds.FLUX, *kinds.CLUSTER_API),
    gather_seconds: float = GATHER_SECONDS,
) -> Iterator[Fleet]:
    """The fleet now, again after each change, and when the terminal's size changes.

    Raises: CommandError when the API goes away or refuses a kind that it serves.
    """
    changes: Changes = queue.SimpleQueue()
    ended = threading.Event()
    for resource in resources:
        what = (connection.twin(), resource, changes, ended)
        threading.Thread(target=_follow, args=what, name=resource.plural, daemon=True).start()
    objects: dict[Id, Json] = {}
    try:
        with _resizes(changes):
            while True:
                gather(changes, objects, gather_seconds, connection.clock)
                yield Fleet(objects.values())
    finally:
        ended.set()  # the threads end with their watches, or with the process


@contextmanager
def _resizes(changes: Changes) -> Iterator[None]:
    """Put a None into the queue whenever the terminal gets another size."""
    if threading.current_thread() is not threading.main_thread() or not sys.stdout.isatty():
        yield
        return
    before = signal.signal(signal.SIGWINCH, lambda number, frame: changes.put(None))
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _follow(connection: Connection, resource: Resource, changes: Changes, ended: threading.Event) -> None:
    """Put a kind's objects and all changes into the queue, until *ended*."""
    while not ended.is_set():
        changes.put((_AGAIN, {"apiVersion": resource.api_version, "kind": resource.kind}))
        try:
            for change in connection.watch(resource, timeout_seconds=WATCH_SECONDS):
                changes.put(change)
        except RefusedError as error:
            if error.status == 410:  # a history too short: the watch begins again
                continue
            if error.status != 404:  # a kind that is not served
                changes.put(error)
            return
        except CommandError as error:
            changes.put(error)
            return


def gather(changes: Changes, objects: dict[Id, Json], gather_seconds: float, clock: Clock) -> None:
    """Wait for a change, then for a moment without one; where there is none, not for long."""
    waiting: float | None = None
    latest = 0.0
    while True:
        try:
            change = changes.get(timeout=waiting)
        except queue.Empty:
            return
        if change is None:
            return
        if isinstance(change, CommandError):
            raise change
        type_, obj = change
        if type_ == _AGAIN:
            kind = GVK.of(obj)
            for id_ in [each for each, known in objects.items() if GVK.of(known) == kind]:
                del objects[id_]
        elif type_ == "DELETED":
            objects.pop(Id.of(obj), None)
        else:
            objects[Id.of(obj)] = obj
        now = clock.monotonic()
        if waiting is None:
            latest = now + MOST_GATHERS * gather_seconds
        waiting = min(gather_seconds, latest - now)
        if waiting <= 0:
            return


def show(fleets_: Iterator[Fleet], render: Callable[[Fleet], str]) -> None:
    """Draw every picture: over the one before on a terminal, one below the other elsewhere, where it differs."""
    terminal = sys.stdout.isatty()
    before = ""
    for fleet in fleets_:
        text = render(fleet)
        if terminal:
            text = HOME_AND_CLEAR + fit(text, *shutil.get_terminal_size())
        if text == before:
            continue
        write(f"\n{text}" if before and not terminal else text)
        sys.stdout.flush()
        before = text


def fit(text: str, columns: int, lines: int) -> str:
    """As much of *text* as a terminal can show at once, and how much is left out."""
    shown = text.splitlines()
    heights = [max(1, -(-visible_length(line) // columns)) for line in shown]
    if sum(heights) < lines:
        return text
    kept, used = 0, 2  # the last line is the cursor's, the one above it says what is left out
    while used + heights[kept] <= lines:
        used += heights[kept]
        kept += 1
    return "\n".join([*shown[:kept], f"… {len(shown) - kept} more lines"]) + "\n"
