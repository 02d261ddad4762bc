"""`fairlead status`: the whole fleet on one screen, and why something is not Ready (which is exit code 1)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from fairlead.base.objects import Json, get_in, meta
from fairlead.cli import tables
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.errors import UsageError
from fairlead.cli.fleet import Cause, Fleet, Id, read_fleet
from fairlead.cli.get import add_namespace_flags, replicas_text, revision_of, versions_of
from fairlead.cli.health import State, is_suspended
from fairlead.cli.terminal import DONE, FAILED, PLAIN_WIDTH, WAITING, Paint, paint_for, width_of

MARKS = {State.READY: (DONE, "green"), State.WAITING: (WAITING, "yellow"), State.FAILED: (FAILED, "red")}
SHOWN = 10  # rows of a section; what is not Ready always comes first
_OUTER = ("Kustomization", "HelmRelease", "Cluster")
HELD_UP = 4  # how many of the things that wait for a cause are named


class Section(NamedTuple):
    """One table of the screen."""

    title: str
    kinds: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Callable[[Fleet, Json], list[str]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.epilog = "Exit code: 0 when everything is Ready, 1 when something is not."
    add_namespace_flags(parser)
    parser.add_argument("-a", "--all", action="store_true", help=f"show every row, not {SHOWN} of each kind")
    parser.add_argument("-w", "--watch", action="store_true", help="draw it again after each change, until interrupted")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), default="", help="instead of text")
    add_connection_flags(parser)


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the command; return the exit code."""
    if args.watch:
        return _watch(args, connection)
    fleet = read_fleet(connection, args.namespace)
    causes = fleet.causes()
    if args.output:
        tables.write_document(_document(fleet, causes), args.output)
    else:
        paint = paint_for(sys.stdout)
        tables.write(
            render(fleet, causes, paint, width_of(sys.stdout) or PLAIN_WIDTH, shown=None if args.all else SHOWN)
        )
    return 1 if causes else 0


def _watch(args: argparse.Namespace, connection: Connection) -> int:
    from fairlead.cli import live

    if args.output or args.namespace:
        raise UsageError("--watch goes with neither -o nor -n")
    paint = paint_for(sys.stdout)
    shown = None if args.all else SHOWN
    live.show(
        live.fleets(connection),
        lambda fleet: render(fleet, fleet.causes(), paint, width_of(sys.stdout) or PLAIN_WIDTH, shown),
    )
    return 0


def mark(state: State, paint: Paint) -> str:
    """The sign of a state."""
    sign, color = MARKS[state]
    return paint(sign, color)


def render(fleet: Fleet, causes: Sequence[Cause], paint: Paint, width: int, shown: int | None = SHOWN) -> str:
    """The screen."""
    parts = [text for section in SECTIONS if (text := _section(fleet, section, paint, shown))]
    parts.append(_causes(causes, paint, width) if causes else _all_ready(fleet, paint))
    return "\n".join(parts)


def _all_ready(fleet: Fleet, paint: Paint) -> str:
    if not fleet.objects:
        return "Nothing here yet: no sources, no clusters.\n"
    return f"{paint(DONE, 'green')} All Ready\n"


def _section(fleet: Fleet, section: Section, paint: Paint, shown: int | None) -> str:
    items = fleet.of_kind(*section.kinds)
    if not items:
        return ""
    items.sort(key=lambda obj: fleet.health(Id.of(obj)).is_ready)  # stable: what is not Ready comes first
    visible = items if shown is None or len(items) <= shown + 1 else items[:shown]
    rows = []
    for obj in visible:
        name = f"{meta(obj)['namespace']}/{meta(obj)['name']}"
        state = mark(fleet.health(Id.of(obj)).state, paint)
        rows.append([f"{state} {name}", *section.cells(fleet, obj)])
    header = [f"  {section.title}", *section.columns]
    text = tables.render([paint(cell, "bold") for cell in header], rows)
    hidden = items[len(visible) :]
    if hidden:
        unready = sum(not fleet.health(Id.of(obj)).is_ready for obj in hidden)
        text += f"  … and {len(hidden)} more, {f'{unready} not Ready' if unready else 'all Ready'} (--all shows them)\n"
    return text


def _causes(causes: Sequence[Cause], paint: Paint, width: int) -> str:
    lines = [paint("  NOT READY, the deepest cause first", "bold")]
    shown = list(causes[:SHOWN])
    for cause in shown:
        text = f"{cause.id}: {cause.health.message}"
        lines.extend(tables.fold_text(f"{mark(cause.health.state, paint)} ", text, width))
        if cause.holds_up:
            lines.extend(tables.fold_text("  ", f"holds up {_named(cause.holds_up)}", width))
    if len(causes) > len(shown):
        lines.append(f"  … and {len(causes) - len(shown)} more (-o json lists them)")
    return "\n".join(lines) + "\n"


def _named(ids: Sequence[Id]) -> str:
    ids = [each for each in ids if each.kind in _OUTER] or ids  # what stands between is in the tree
    named = ", ".join(str(each) for each in ids[:HELD_UP])
    return f"{named} and {len(ids) - HELD_UP} more" if len(ids) > HELD_UP else named


# -- the sections ----------------------------------------------------------------------------------------------


def _word(obj: Json) -> str:
    return "suspended" if is_suspended(obj) else ""


def _source(fleet: Fleet, obj: Json) -> list[str]:
    return [obj["kind"], revision_of(obj), _word(obj)]


def _kustomization(fleet: Fleet, obj: Json) -> list[str]:
    cluster = fleet.works_in(Id.of(obj))
    return [revision_of(obj), cluster.name if cluster else "", _word(obj)]


def _release(fleet: Fleet, obj: Json) -> list[str]:
    history = get_in(obj, "status", "history") or ()
    chart = history[0].get("chartName", "") if history else get_in(obj, "spec", "chart", "spec", "chart", default="")
    cluster = fleet.works_in(Id.of(obj))
    return [chart.rpartition("/")[2], revision_of(obj), cluster.name if cluster else "", _word(obj)]


def _cluster(fleet: Fleet, obj: Json) -> list[str]:
    status = obj.get("status") or {}
    vms = [each for each in fleet.members[Id.of(obj)] if each.kind in ("VSphereVM", "VirtualMachine")]
    ready = sum(fleet.health(each).is_ready for each in vms)
    return [
        status.get("phase", "Pending"),
        versions_of(obj),
        replicas_text(status.get("controlPlane")),
        replicas_text(status.get("workers")),
        f"{ready}/{len(vms)}",
        "paused" if is_suspended(obj) else "",
    ]


SECTIONS = (
    Section(
        "SOURCES",
        ("GitRepository", "OCIRepository", "HelmRepository", "Bucket"),
        ("KIND", "REVISION", ""),
        _source,
    ),
    Section("KUSTOMIZATIONS", ("Kustomization",), ("REVISION", "IN CLUSTER", ""), _kustomization),
    Section("RELEASES", ("HelmRelease",), ("CHART", "VERSION", "IN CLUSTER", ""), _release),
    Section("CLUSTERS", ("Cluster",), ("PHASE", "VERSION", "CONTROL PLANE", "WORKERS", "VMS", ""), _cluster),
)


def _document(fleet: Fleet, causes: Sequence[Cause]) -> Json:
    """The same as data."""
    sections: Json = {}
    for section in SECTIONS:
        rows = []
        for obj in fleet.of_kind(*section.kinds):
            health = fleet.health(Id.of(obj))
            names = [_camel(column) for column in section.columns if column]
            cells = dict(zip(names, map(_value, section.cells(fleet, obj)), strict=False))
            rows.append(
                {
                    **_id_document(Id.of(obj)),
                    **cells,
                    "ready": health.is_ready,
                    "state": health.state.value,
                    "message": health.message,
                    "suspended": is_suspended(obj),
                }
            )
        sections[section.title.lower()] = rows
    return {
        "ready": not causes,
        **sections,
        "causes": [
            {
                **_id_document(cause.id),
                "state": cause.health.state.value,
                "reason": cause.health.reason,
                "message": cause.health.message,
                "holdsUp": [_id_document(each) for each in cause.holds_up],
            }
            for cause in causes
        ],
    }


def _camel(column: str) -> str:
    first, *further = column.lower().split()
    return first + "".join(word.title() for word in further)


def _value(cell: str) -> object:
    """A cell as data: `1/3` is how many are ready of how many."""
    ready, slash, desired = cell.partition("/")
    if slash and ready.isdigit() and desired.isdigit():
        return {"ready": int(ready), "desired": int(desired)}
    return cell


def _id_document(id_: Id) -> Json:
    return {"kind": id_.kind, "namespace": id_.namespace, "name": id_.name}
