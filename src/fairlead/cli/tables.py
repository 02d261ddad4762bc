"""Tables and documents on stdout.

A table's columns are two spaces apart. Its last column is free text: on a terminal what does not fit is folded below
its own column; otherwise a row is a line.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

from fairlead.base.objects import Json
from fairlead.cli.terminal import visible_length, width_of

GAP = "  "
LEAST_TEXT = 24  # columns that folded text needs at least beside the other columns
FORMATS = ("json", "yaml", "wide")


def render(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """The table as lines; the last column is folded to *width* columns in all. No header when it is empty."""
    lines = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    if not lines:
        return ""
    count = max(len(line) for line in lines)
    sizes = [max((visible_length(line[i]) for line in lines if i < len(line)), default=0) for i in range(count)]
    out: list[str] = []
    for line in lines:
        cells = [cell + " " * (size - visible_length(cell)) for cell, size in zip(line, sizes, strict=False)]
        lead, last = GAP.join(cells[:-1]), line[-1] if line else ""
        out.extend(_fold(lead + GAP if cells[:-1] else "", last, width))
    return "".join(f"{line.rstrip()}\n" for line in out)


def _fold(lead: str, text: str, width: int | None) -> list[str]:
    indent = visible_length(lead)
    if width is None or indent + visible_length(text) <= width:
        return [lead + text]
    if width - indent < LEAST_TEXT:
        return [lead, *textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    ")]
    return fold_text(lead, text, width)


def fold_text(lead: str, text: str, width: int) -> list[str]:
    """*text* after *lead*, folded at spaces, the further lines below its beginning."""
    indent = visible_length(lead)
    parts = textwrap.wrap(text, max(width - indent, LEAST_TEXT), break_on_hyphens=False) or [""]
    return [lead + parts[0], *(" " * indent + part for part in parts[1:])]


def write(text: str, stream: TextIO | None = None) -> None:
    """Put *text* on stdout."""
    (stream or sys.stdout).write(text)


def write_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, folded when stdout is a terminal."""
    write(render(header, rows, width_of(sys.stdout)))


def write_json(value: Any) -> None:
    """Print a value as indented JSON."""
    import orjson

    write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def write_yaml(value: Any) -> None:
    """Print a value as YAML."""
    from fairlead.base import yaml

    write(yaml.dump(value))


def write_document(value: Any, output: str) -> None:
    """Print a value in the format *output*, `json` or `yaml`."""
    (write_json if output == "json" else write_yaml)(value)


def without_managed_fields(obj: Json) -> Json:
    """*obj* as kubectl shows it: without `metadata.managedFields`."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}


def list_of(items: Iterable[Json], strip: Callable[[Json], Json] = without_managed_fields) -> Json:
    """A `v1` List, as kubectl prints several objects."""
    return {"apiVersion": "v1", "items": [strip(item) for item in items], "kind": "List", "metadata": {}}


def short_hex(text: str) -> str:
    """*text* with digests cut to eight characters, as flux prints revisions."""
    import re

    return re.sub(r"\b[a-f0-9]{40,128}\b", lambda match: match.group()[:8], text)


def one_line(text: str) -> str:
    """A message as one line: list items (`* …`, `- …`) are joined by `; `."""
    parts: list[str] = []
    for line in text.splitlines():
        part = line.strip()
        bullet = part.startswith(("* ", "- "))
        part = part[2:] if bullet else part
        if not part:
            continue
        if parts and bullet and not parts[-1].endswith(":"):
            parts[-1] += ";"
        parts.append(part)
    return " ".join(parts)
