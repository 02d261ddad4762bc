"""The fleet as it changes: `status --watch` and `tree --watch`.

One watch per kind, each on a connection and a thread of its own; what they bring is gathered for a moment, so that a
burst of changes is one picture.
"""

from __future__ import annotations

import queue
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from fairlead.base.objects import GVK, Json
from fairlead.cli import kinds
from fairlead.cli.connection import Connection
from fairlead.cli.errors import CommandError, RefusedError
from fairlead.cli.fleet import Fleet, Id
from fairlead.cli.kinds import Resource
from fairlead.cli.tables import write

GATHER_SECONDS = 0.2
WATCH_SECONDS = 3600.0
HOME_AND_CLEAR = "\033[H\033[J"

_AGAIN = "AGAIN"  # a watch begins: what is known of its kind may be gone
_Change = tuple[str, Json] | CommandError


def fleets(
    connection: Connection,
    resources: Sequence[Resource] = (*kinds.FLUX, *kinds.CLUSTER_API),
    gather_seconds: float = GATHER_SECONDS,
) -> Iterator[Fleet]:
    """The fleet now, and again after each change. Raises: CommandError when the API goes away."""
    changes: queue.Queue[_Change] = queue.Queue()
    ended = threading.Event()
    for resource in resources:
        what = (connection.twin(), resource, changes, ended)
        threading.Thread(target=_follow, args=what, name=resource.plural, daemon=True).start()
    objects: dict[Id, Json] = {}
    try:
        while True:
            _take_in(changes, objects, gather_seconds)
            yield Fleet(objects.values())
    finally:
        ended.set()  # the threads end with their watches, or with the process


def _follow(connection: Connection, resource: Resource, changes: queue.Queue[_Change], ended: threading.Event) -> None:
    """Put a kind's objects and all changes into the queue, until *ended*."""
    while not ended.is_set():
        changes.put((_AGAIN, {"apiVersion": resource.api_version, "kind": resource.kind}))
        try:
            for change in connection.watch(resource, timeout_seconds=WATCH_SECONDS):
                changes.put(change)
        except RefusedError as error:
            if error.status != 410:  # a kind that is not served; after a history too short the watch begins again
                return
        except CommandError as error:
            changes.put(error)
            return


def _take_in(changes: queue.Queue[_Change], objects: dict[Id, Json], gather_seconds: float) -> None:
    """Wait for a change, then for a moment without one."""
    waiting: float | None = None
    while True:
        try:
            change = changes.get(timeout=waiting)
        except queue.Empty:
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
        waiting = gather_seconds


def show(fleets_: Iterator[Fleet], render: Callable[[Fleet], str]) -> None:
    """Draw every picture: over the one before on a terminal, one below the other elsewhere, where it differs."""
    terminal = sys.stdout.isatty()
    before = ""
    for fleet in fleets_:
        text = render(fleet)
        if text == before:
            continue
        if terminal:
            write(HOME_AND_CLEAR + _cut(text, shutil.get_terminal_size().lines))
        else:
            write(f"\n{text}" if before else text)
        sys.stdout.flush()
        before = text


def _cut(text: str, height: int) -> str:
    lines = text.splitlines()
    if len(lines) < height:
        return text
    return "\n".join([*lines[: height - 2], f"… {len(lines) - height + 2} more lines"]) + "\n"
