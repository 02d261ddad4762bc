"""`fairlead get --watch`: a table, then a row for each change, as kubectl does it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from fairlead.base.objects import Json, meta
from fairlead.cli import tables
from fairlead.cli.connection import Connection
from fairlead.cli.kinds import Resource
from fairlead.cli.terminal import visible_length, width_of

Row = list[str]
WATCH_SECONDS = 24 * 3600.0


class Grid:
    """A table that grows: columns keep the width that they have, or take what a later row needs.

    A row that tells nothing new of its object, its age apart, is left out.
    """

    def __init__(self, header: Row, rows: Sequence[Row], *, with_header: bool) -> None:
        self._sizes: list[int] = []
        self._names = header.index("NAME") + 1
        self._age = header.index("AGE") if "AGE" in header else len(header)
        self._shown: dict[tuple[str, ...], Row] = {}
        self._measure([header, *rows])
        self._header = header if with_header else []
        if rows:
            self.write(rows)

    def write(self, rows: Sequence[Row]) -> None:
        """Print rows, the header before the first of all."""
        rows = [row for row in rows if self._is_news(row)]
        if not rows:
            return
        lines = [self._header, *rows] if self._header else list(rows)
        self._header = []
        self._measure(lines)
        padded = [
            [
                *(cell + " " * (size - visible_length(cell)) for cell, size in zip(line, self._sizes, strict=False)),
                *line[len(self._sizes) :],
            ]
            for line in lines
        ]
        tables.write(tables.render([], padded, width_of(sys.stdout)))
        sys.stdout.flush()

    def write_gone(self, namespace: str, name: str) -> None:
        """Say that an object is gone."""
        self.write([[*([namespace] if self._names > 1 else []), name, "(deleted)"]])

    def _is_news(self, row: Row) -> bool:
        told = [*row[: self._age], *row[self._age + 1 :]]
        name = tuple(row[: self._names])
        if self._shown.get(name) == told:
            return False
        self._shown[name] = told
        return True

    def _measure(self, lines: Iterable[Row]) -> None:
        for line in lines:
            self._sizes += [0] * (len(line) - 1 - len(self._sizes))
            for i, cell in enumerate(line[:-1]):  # the last column is free text
                self._sizes[i] = max(self._sizes[i], visible_length(cell))


def changes(
    connection: Connection,
    resource: Resource,
    namespace: str,
    names: Sequence[str],
    labels: str,
    known: Iterable[Json],
) -> Iterator[tuple[Json, bool]]:
    """The objects that are asked for, each as often as it changes from what is *known*, and whether it is gone."""
    seen = {_version(obj) for obj in known}
    one = names[0] if len(names) == 1 else ""
    for type_, obj in connection.watch(resource, namespace, name=one, labels=labels, timeout_seconds=WATCH_SECONDS):
        if names and meta(obj).get("name") not in names:
            continue
        is_gone = type_ == "DELETED"
        if not is_gone and _version(obj) in seen:
            continue
        seen.add(_version(obj))
        yield {"apiVersion": resource.api_version, "kind": resource.kind, **obj}, is_gone


def _version(obj: Json) -> tuple[object, object]:
    return meta(obj).get("uid"), meta(obj).get("resourceVersion")
