"""kubectl's tables: a recorded page of them against what our server answers.

The page has sections (`##### when`), each with commands (`$ kubectl get RESOURCE -A [-o wide]`) and their output.
Headers are compared in every section, rows in the one where the cluster is available.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fairlead.base.objects import Json
from fairlead.runtime.virtual import run_virtual
from fairlead.testing.traces.comparing import ABSENT, Difference
from fairlead.testing.traces.normalising import SUFFIX
from fairlead.testing.traces.requests import call
from fairlead.testing.world import KINDS, World

SETTLED = "available"
NAMESPACE = "gold"
ACCEPT = "application/json;as=Table;v=v1;g=meta.k8s.io"
COMMAND = re.compile(r"^\$ kubectl get (\S+) -A( -o wide)?$")
VARYING = (
    "AGE",
    "SERVER",
    "INTERNAL-IP",
    "EXTERNAL-IP",
    "OS-IMAGE",
    "CLUSTERCLASS",
)  # times, ports, what the simulator leaves, and a ClusterClass that is no part of the manifest
GIVEN_S = 120


@dataclass(frozen=True, slots=True)
class Table:
    """What one command printed."""

    section: str
    resource: str
    wide: bool
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def title(self) -> str:
        return f"kubectl get {self.resource}{' -o wide' if self.wide else ''}"


def read_tables(page: str) -> Iterator[Table]:
    """The tables of a recorded page."""
    section, lines = "", page.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("##### "):
            section = line[6:]
        command = COMMAND.match(line)
        if command:
            body = []
            for text in lines[at + 1 :]:
                if not text.strip() or text.startswith(("$", "#")):
                    break
                body.append(text)
            yield _table(section, command[1], bool(command[2]), body)


def _table(section: str, resource: str, wide: bool, body: Sequence[str]) -> Table:
    if not body:
        return Table(section, resource, wide, (), ())
    starts = [found.start() for found in re.finditer(r"(?:(?<=\s{3})|^)\S", body[0])]
    ends = [*starts[1:], None]
    rows = [tuple(line[start:end].strip() for start, end in zip(starts, ends, strict=True)) for line in body]
    return Table(section, resource, wide, rows[0], tuple(rows[1:]))


def compare_tables(page: str, manifest: str) -> list[Difference]:
    """Differences of headers, and of the rows once the cluster is available."""
    tables = list(read_tables(page))
    ours = run_virtual(_ours(manifest, sorted({table.resource for table in tables})))
    differences = []
    for table in tables:
        mine = ours.get(table.resource)
        if mine is None:
            differences.append(Difference(table.title, "table", "there", ABSENT))
            continue
        columns = [at for at, column in enumerate(mine["columnDefinitions"]) if table.wide or not column["priority"]]
        header = ("NAMESPACE", *(mine["columnDefinitions"][at]["name"].upper() for at in columns))
        if table.header and header != table.header:
            differences.append(Difference(table.title, "header", " ".join(table.header), " ".join(header)))
        elif SETTLED in table.section and mine["rows"]:
            differences += _compare_rows(table, header, [_cells(row, columns) for row in mine["rows"]])
    return list(dict.fromkeys(differences))


def _compare_rows(table: Table, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Difference]:
    def plain(cells: Sequence[str]) -> str:
        return " ".join(
            f"{name}={_canonical(cell)}" for name, cell in zip(header, cells, strict=True) if name not in VARYING
        )

    theirs, ours = sorted(map(plain, table.rows)), sorted(map(plain, rows))
    if theirs == ours:
        return []
    left = [row for row in theirs if row not in ours] or ["(the same)"]
    right = [row for row in ours if row not in theirs] or ["(the same)"]
    return [Difference(table.title, "rows", " / ".join(left), " / ".join(right))]


def _cells(row: Json, columns: Sequence[int]) -> tuple[str, ...]:
    cells = [row["cells"][at] for at in columns]
    return (row["object"]["metadata"].get("namespace", ""), *(_printed(cell) for cell in cells))


def _printed(cell: object) -> str:
    """As kubectl prints a cell: booleans in lower case, nothing for null."""
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if cell is None else str(cell)


def _canonical(cell: str) -> str:
    cell = re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "<uuid>", cell)
    generated = 0
    while found := SUFFIX.match(cell):
        cell, generated = found[1], generated + 1
    return cell + "-*" * generated


async def _ours(manifest: str, resources: Sequence[str]) -> dict[str, Json]:
    world = World()
    await world.start()
    try:
        text = manifest.replace("password: REPLACED", "password: fairlead").replace(
            "username: user", "username: administrator@vsphere.local"
        )
        await world.apply(text, namespace=NAMESPACE)
        await world.clock.sleep(timedelta(seconds=GIVEN_S))
        found = {}
        for kind in KINDS:
            if kind.plural in resources:
                path = f"/apis/{kind.gvk.group}/{kind.gvk.version}/{kind.plural}"
                code, body = await call(world.server, {"method": "GET", "path": path}, ACCEPT)
                if code == 200:  # HTTP OK
                    found[kind.plural] = body
        return found
    finally:
        await world.stop()
