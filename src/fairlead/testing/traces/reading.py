"""Read recordings: watch events of one namespace, in the order of their time.

A row is `{"t": seconds since the action, "type": "ADDED"|"MODIFIED"|"DELETED", "object": {...}}`, one JSON object a
line. Rows of t = -1 are not changes but the state that was found before the action.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import orjson

from fairlead.base.objects import GVK, Json, Key, meta

BEFORE = -1.0
SUFFIXES = (".jsonl.gz", ".jsonl")


class Id(NamedTuple):
    """One object of a trace. A name that is used again after a deletion is the same object."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: Json) -> Id:
        key = Key.of(obj)
        return cls(obj["kind"], key.namespace, key.name)


@dataclass(frozen=True, slots=True)
class Row:
    """One watch event, `t` seconds after the action."""

    t: float
    type: str
    object: Json

    @property
    def is_change(self) -> bool:
        """Whether it happened after the action (rows before it tell the state that was found)."""
        return self.t > BEFORE


@dataclass(frozen=True)
class Trace:
    """A recording, or a run of ours in the same form."""

    name: str
    rows: tuple[Row, ...]
    path: Path | None = field(default=None, compare=False)

    @cached_property
    def start(self) -> dict[Id, Json]:
        """The objects that were there before the action."""
        return {Id.of(row.object): row.object for row in self.rows if not row.is_change}

    @cached_property
    def end(self) -> dict[Id, Json]:
        """The objects that are there after the last row."""
        return fold(self.rows)

    @property
    def changes(self) -> Iterator[Row]:
        """The rows after the action."""
        return (row for row in self.rows if row.is_change)

    @property
    def seconds(self) -> float:
        """When the last change came."""
        return max((row.t for row in self.changes), default=0.0)

    @cached_property
    def kinds(self) -> tuple[GVK, ...]:
        """The kinds that occur, in the order of their first row."""
        return tuple(dict.fromkeys(GVK.of(row.object) for row in self.rows))

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces that occur, the one with most rows first."""
        counts: dict[str, int] = {}
        for row in self.rows:
            namespace = meta(row.object).get("namespace", "")
            counts[namespace] = counts.get(namespace, 0) + 1
        return tuple(sorted(counts, key=lambda namespace: -counts[namespace]))


def without(trace: Trace, kinds: Collection[str]) -> Trace:
    """*trace* less the rows of some kinds and the events about them."""

    def kept(obj: Json) -> bool:
        about = obj["involvedObject"]["kind"] if obj["kind"] == "Event" else obj["kind"]
        return about not in kinds

    return Trace(trace.name, tuple(row for row in trace.rows if kept(row.object)), trace.path)


def fold(rows: Iterable[Row]) -> dict[Id, Json]:
    """Return the objects that *rows* leave behind."""
    objects: dict[Id, Json] = {}
    for row in rows:
        if row.type == "DELETED":
            objects.pop(Id.of(row.object), None)
        else:
            objects[Id.of(row.object)] = row.object
    return objects


def read_trace(path: Path) -> Trace:
    """Read one recording. Raises: ValueError naming the file and the line that is no row."""
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            rows.append(Row(float(row["t"]), row["type"], row["object"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"cannot read trace '{path}', line {number}: {error!r}; a row has t, type, object"
            ) from None
    return Trace(_stem(path), tuple(rows), path)


def write_trace(trace: Trace, path: Path) -> None:
    """Write a recording as `read_trace` reads it."""
    lines = [orjson.dumps({"t": round(row.t, 3), "type": row.type, "object": row.object}) for row in trace.rows]
    data = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def traces_in(folder: Path) -> list[Path]:
    """The recordings of a folder, in the order of their names. Raises: ValueError when there are none."""
    found = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES)) if folder.is_dir() else []
    if not found:
        raise ValueError(f"cannot find traces in '{folder}': no file there ends in {' or '.join(SUFFIXES)}")
    return found


def _stem(path: Path) -> str:
    return next(path.name.removesuffix(suffix) for suffix in SUFFIXES if path.name.endswith(suffix))
