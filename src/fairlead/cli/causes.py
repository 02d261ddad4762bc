"""Why something is not Ready, as `status` shows it: the causes, what each holds up, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from fairlead.api.kubernetes.text import since
from fairlead.base.objects import Json
from fairlead.cli import tables
from fairlead.cli.advice import advice
from fairlead.cli.fleet import Cause, Fleet, Id
from fairlead.cli.health import State
from fairlead.cli.terminal import DONE, FAILED, WAITING, Paint

MARKS = {State.READY: (DONE, "green"), State.WAITING: (WAITING, "yellow"), State.FAILED: (FAILED, "red")}
SHOWN = 10  # rows of a section; what is not Ready always comes first
HELD_UP = 4  # how many of the things that wait for a cause are named
LONG_SECONDS = 60  # what waits is said to wait from then on
_OUTER = ("Kustomization", "HelmRelease", "Cluster")
_OF_ITSELF = re.compile(r' for "[^"]*, Kind=\w+ \S+"')


class Group(NamedTuple):
    """Causes of one cluster that say the same."""

    first: Cause
    others: int
    holds_up: tuple[Id, ...]


def mark(state: State, paint: Paint) -> str:
    """The sign of a state."""
    sign, color = MARKS[state]
    return paint(sign, color)


def render(fleet: Fleet, causes: Sequence[Cause], now: datetime, paint: Paint, width: int) -> str:
    """The causes as text."""
    lines = [paint("  NOT READY, the deepest cause first", "bold")]
    groups = grouped(fleet, causes)
    for group in groups[:SHOWN]:
        cause = group.first
        more = f" and {group.others} more of its cluster" if group.others else ""
        seconds = cause.health.seconds_at(now)
        late = cause.health.state is State.WAITING and seconds >= LONG_SECONDS
        length = f", for {since(cause.health.since, now)}" if late else ""
        text = f"{cause.id}{more}{length}: {_short(cause)}"
        lines.extend(tables.fold_text(f"{mark(cause.health.state, paint)} ", text, width))
        if group.holds_up:
            lines.extend(tables.fold_text("  ", f"holds up {_named(group.holds_up)}", width))
        if next_step := advice(fleet, cause, now):
            lines.extend(tables.fold_text("  ", f"next: {next_step}", width))
    if len(groups) > SHOWN:
        lines.append(f"  … and {len(groups) - SHOWN} more (-o json lists them)")
    return "\n".join(lines) + "\n"


def grouped(fleet: Fleet, causes: Sequence[Cause]) -> list[Group]:
    """The causes in their order; those of one kind and cluster that say the same are one."""
    found: dict[tuple[object, ...], Group] = {}
    for cause in causes:
        cluster = fleet.cluster_of(cause.id) or cause.id
        own = rf"vsphere://[0-9a-f-]+|(?<![\w-]){re.escape(cause.id.name)}(?![\w-])"
        says = re.sub(own, "", cause.health.message)
        name = (cause.id.kind, cause.health.state, cluster, says)
        known = found.get(name)
        found[name] = (
            Group(cause, 0, cause.holds_up)
            if known is None
            else Group(known.first, known.others + 1, tuple(dict.fromkeys((*known.holds_up, *cause.holds_up))))
        )
    return list(found.values())


def documents(fleet: Fleet, causes: Sequence[Cause], now: datetime) -> list[Json]:
    """The same as data, every cause by itself."""
    return [
        {
            **id_document(cause.id),
            "state": cause.health.state.value,
            "reason": cause.health.reason,
            "message": cause.health.message,
            "since": cause.health.since,
            "next": advice(fleet, cause, now),
            "holdsUp": [id_document(each) for each in cause.holds_up],
        }
        for cause in causes
    ]


def id_document(id_: Id) -> Json:
    """An object's name as data."""
    return {"kind": id_.kind, "namespace": id_.namespace, "name": id_.name}


def _short(cause: Cause) -> str:
    """The message without the object's own name, which stands before it."""
    return _OF_ITSELF.sub(
        lambda found: "" if found.group().endswith(f'{cause.id.namespace}/{cause.id.name}"') else found.group(),
        cause.health.message,
    )


def _named(ids: Sequence[Id]) -> str:
    ids = [each for each in ids if each.kind in _OUTER] or ids  # what stands between is in the tree
    named = ", ".join(str(each) for each in ids[:HELD_UP])
    return f"{named} and {len(ids) - HELD_UP} more" if len(ids) > HELD_UP else named
