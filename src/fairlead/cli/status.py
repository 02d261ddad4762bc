"""`fairlead status`: the whole fleet on one screen, and why something is not Ready (which is exit code 1)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from fairlead.base.objects import Json, get_in, meta
from fairlead.cli import causes, kinds, tables
from fairlead.cli.causes import id_document, mark
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.errors import CommandError, RefusedError, UsageError
from fairlead.cli.fleet import Fleet, Id, read_fleet
from fairlead.cli.get import add_namespace_flags, replicas_text, revision_of, versions_of
from fairlead.cli.health import is_suspended
from fairlead.cli.notes import notes
from fairlead.cli.terminal import DONE, PLAIN_WIDTH, Paint, paint_for, width_of


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
    parser.add_argument("-a", "--all", action="store_true", help=f"show every row, not {causes.SHOWN} of each kind")
    parser.add_argument("-w", "--watch", action="store_true", help="draw it again after each change, until interrupted")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), default="", help="instead of text")
    add_connection_flags(parser)


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the command; return the exit code."""
    if args.watch:
        return _watch(args, connection)
    fleet = read_fleet(connection, args.namespace)
    if args.namespace and not fleet.objects:
        check_namespace(connection, args.namespace)
    if args.output:
        tables.write_document(_document(fleet, connection.clock.now()), args.output)
    else:
        tables.write(_screen(fleet, args, connection))
    return 1 if fleet.causes else 0


def check_namespace(connection: Connection, namespace: str) -> None:
    """Raises: CommandError when there is no such namespace."""
    try:
        connection.get(kinds.NAMESPACE, "", namespace)
    except RefusedError as error:
        if error.status != 404:
            raise
        hint = "without -n all namespaces are looked at; `fairlead get namespaces` lists them"
        raise CommandError(f"namespace '{namespace}' does not exist", hint) from error


def _watch(args: argparse.Namespace, connection: Connection) -> int:
    from fairlead.cli import live

    if args.output:
        raise UsageError("--watch does not go with -o")
    live.show(live.fleets(connection), lambda fleet: _screen(fleet.within(args.namespace), args, connection))
    return 0


def _screen(fleet: Fleet, args: argparse.Namespace, connection: Connection) -> str:
    paint, width = paint_for(sys.stdout), width_of(sys.stdout) or PLAIN_WIDTH
    return render(fleet, connection.clock.now(), paint, width, None if args.all else causes.SHOWN, args.namespace)


def render(
    fleet: Fleet, now: datetime, paint: Paint, width: int, shown: int | None = causes.SHOWN, namespace: str = ""
) -> str:
    """The screen."""
    parts = [text for section in SECTIONS if (text := _section(fleet, section, paint, shown))]
    found = fleet.causes
    parts.append(causes.render(fleet, found, now, paint, width) if found else _all_ready(fleet, paint, namespace))
    if said := notes(fleet):
        lines = [paint("  WORTH A LOOK", "bold")]
        lines += [line for note in said for line in tables.fold_text(f"{paint('!', 'yellow')} ", str(note), width)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _all_ready(fleet: Fleet, paint: Paint, namespace: str) -> str:
    if not fleet.objects:
        return f"Nothing {f'in namespace {namespace}' if namespace else 'here'} yet: no sources, no clusters.\n"
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


def _document(fleet: Fleet, now: datetime) -> Json:
    """The same as data."""
    found = fleet.causes
    sections: Json = {}
    for section in SECTIONS:
        rows = []
        for obj in fleet.of_kind(*section.kinds):
            health = fleet.health(Id.of(obj))
            names = [_camel(column) for column in section.columns if column]
            cells = dict(zip(names, map(_value, section.cells(fleet, obj)), strict=False))
            rows.append(
                {
                    **id_document(Id.of(obj)),
                    **cells,
                    "ready": health.is_ready,
                    "state": health.state.value,
                    "message": health.message,
                    "suspended": is_suspended(obj),
                }
            )
        sections[section.title.lower()] = rows
    return {
        "ready": not found,
        **sections,
        "causes": causes.documents(fleet, found, now),
        "notes": [{**id_document(note.id), "message": note.text} for note in notes(fleet)],
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
