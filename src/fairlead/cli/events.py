"""`fairlead events`: what happened, oldest first, as `flux events` prints it, for all kinds.

Source: flux2 v2.9 cmd/flux/events.go, kubectl v0.36 pkg/cmd/events (columns, LAST SEEN).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import datetime

from fairlead.api.kubernetes.text import since
from fairlead.base.objects import Json, meta
from fairlead.cli import kinds, tables
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.errors import CommandError, UsageError
from fairlead.cli.fleet import Id, read_fleet
from fairlead.cli.get import add_namespace_flags
from fairlead.cli.terminal import Paint, paint_for, width_of
from fairlead.cli.tree import Branch, Forest, find_one

TYPES = ("Normal", "Warning")
WATCH_SECONDS = 3600.0 * 24 * 365
HEADER = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "--for",
        dest="wanted",
        metavar="KIND[/NAME]",
        default="",
        help="only of this kind, or of this object and what is below it in the tree",
    )
    parser.add_argument("--types", default="", metavar="TYPES", help="only these types: Normal, Warning")
    parser.add_argument("-w", "--watch", action="store_true", help="go on with new events as they come")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), default="", help="instead of a table")
    add_namespace_flags(parser)
    add_connection_flags(parser)


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the command; return the exit code."""
    types = [_type(word) for word in args.types.split(",") if word]
    selected = _Selection(connection, args.wanted, args.namespace, types)
    events = [event for event in connection.list(kinds.EVENT, selected.namespace) if selected.has(event)]
    events.sort(key=_order)
    if args.output:
        tables.write_document(tables.list_of(events), args.output)
    elif events:
        _print(events, connection, args.namespace == "", header=True)
    elif not args.watch:
        print(
            f"No events found {f'in namespace {args.namespace}' if args.namespace else 'in any namespace'}.",
            file=sys.stderr,
        )
    if args.watch:
        _follow(connection, selected, events, args)
    return 0


def _type(word: str) -> str:
    for known in TYPES:
        if word.strip().lower() == known.lower():
            return known
    raise UsageError(f"type '{word}' not supported. Supported types are Normal, Warning")


class _Selection:
    """Which events are asked for."""

    def __init__(self, connection: Connection, wanted: str, namespace: str, types: list[str]) -> None:
        self.namespace = namespace
        self._types = types
        self._kind = ""
        self._ids: set[Id] | None = None
        if not wanted:
            return
        word, names = kinds.split_target([wanted], "--for KIND[/NAME]")
        self._kind = kinds.lookup(connection, word).kind
        if not names:
            return
        try:
            fleet = read_fleet(connection)
            root = Forest(fleet, everything=True).branch(find_one(fleet, connection, word, names[0], namespace))
            self._ids = set(_ids(root))
            for owner in list(self._ids):  # the parts that the tree steps over
                self._ids.update(fleet.owned.get(owner, ()))
                self._ids.update(fleet.members.get(owner, ()))
            self.namespace = ""  # what is below may be elsewhere
        except CommandError:  # an object that the fleet does not know, a Node perhaps
            self._ids = {Id(self._kind, namespace, names[0])}

    def has(self, event: Json) -> bool:
        if self._types and event.get("type") not in self._types:
            return False
        about = Id(*(str((event.get("involvedObject") or {}).get(key, "")) for key in ("kind", "namespace", "name")))
        if self._ids is None:
            return self._kind in ("", about.kind)
        return any(
            each.kind == about.kind and each.name == about.name and each.namespace in ("", about.namespace)
            for each in self._ids
        )


def _ids(branch: Branch) -> Iterable[Id]:
    yield branch.id
    for child in branch.children:
        yield from _ids(child)


def _order(event: Json) -> tuple[str, int]:
    revision = meta(event).get("resourceVersion", "")
    return (_last(event), int(revision) if revision.isdigit() else 0)


def _last(event: Json) -> str:
    """When it happened last, comparable as text to the second."""
    series = event.get("series") or {}
    instant = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or ""
    return str(instant)[:19]


def _seen(event: Json, now: datetime) -> str:
    first = since(event.get("firstTimestamp") or event.get("eventTime"), now)
    series = event.get("series") or {}
    count = series.get("count") or event.get("count") or 1
    if count <= 1:
        return first
    last = series.get("lastObservedTime") or event.get("lastTimestamp")
    return f"{since(last, now)} (x{count} over {first})"


def _row(event: Json, now: datetime, paint: Paint, with_namespace: bool) -> list[str]:
    about = event.get("involvedObject") or {}
    type_ = event.get("type", "")
    return [
        *([about.get("namespace", "")] if with_namespace else []),
        _seen(event, now),
        paint(type_, "yellow" if type_ == "Warning" else ""),
        event.get("reason", ""),
        f"{about.get('kind', '')}/{about.get('name', '')}",
        tables.one_line(event.get("message", "")),
    ]


def _print(events: list[Json], connection: Connection, with_namespace: bool, *, header: bool) -> None:
    now, paint = connection.clock.now(), paint_for(sys.stdout)
    head = [*(["NAMESPACE"] if with_namespace else []), *HEADER] if header else []
    rows = [_row(event, now, paint, with_namespace) for event in events]
    tables.write(tables.render(head, rows, width_of(sys.stdout)))
    sys.stdout.flush()


def _follow(connection: Connection, selected: _Selection, printed: list[Json], args: argparse.Namespace) -> None:
    """Print new events until interrupted."""
    known = {(meta(event).get("uid"), meta(event).get("resourceVersion")) for event in printed}
    first = not printed
    for type_, event in connection.watch(kinds.EVENT, selected.namespace, timeout_seconds=WATCH_SECONDS):
        identity = (meta(event).get("uid"), meta(event).get("resourceVersion"))
        if type_ == "DELETED" or identity in known or not selected.has(event):
            continue
        if args.output:
            tables.write_document(tables.without_managed_fields(event), args.output)
            sys.stdout.flush()
        else:
            _print([event], connection, args.namespace == "", header=first)
        first = False
