"""`fairlead cluster describe`: a cluster's parts and their conditions as a tree, as clusterctl shows them.

Source: cluster-api v1.14 internal/util/tree/tree.go (rows, columns, folding), cmd/clusterctl/cmd/describe_cluster.go.
Differences: no spaces at the end of lines; -o json and yaml.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

from fairlead.api.kubernetes.text import since
from fairlead.base.objects import Json, get_in, is_deleting, meta
from fairlead.cli import kinds, tables
from fairlead.cli.clusterparts import COUNTED, Discovery, Item, count
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.errors import UsageError
from fairlead.cli.reconcile import find
from fairlead.cli.terminal import Paint, paint_for, visible_length

HEADER = ("NAME", "REPLICAS", "AVAILABLE", "READY", "UP TO DATE", "STATUS", "REASON", "SINCE", "MESSAGE")
MESSAGE_WIDTH = 100
FIRST, LAST, PIPE, INDENT = "├─", "└─", "│ ", "  "
NEGATIVE = ("Paused", "Deleting", "RollingOut", "ScalingUp", "ScalingDown", "Updating", "Remediating")
_ALL, _NON_ZERO = "all", "non-zero"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("-n", "--namespace", default="", help="the cluster's namespace (default: where it is found)")
    parser.add_argument(
        "--show-conditions",
        default="",
        metavar="WHAT",
        help="all conditions of these kinds or objects (Kind, Kind/name, or all; with `+` only the non-zero ones)",
    )
    for flag, text in (
        ("--show-machinesets", "show MachineSets"),
        ("--show-resourcesets", "show ClusterResourceSets"),
        ("--show-templates", "show infrastructure and bootstrap templates"),
        ("--echo", "show parts of machines also when they are Ready as the machine is"),
    ):
        parser.add_argument(flag, type=_boolean, nargs="?", const=True, default=False, metavar="true|false", help=text)
    parser.add_argument(
        "--grouping", type=_boolean, nargs="?", const=True, default=True, metavar="true|false",
        help="show machines that are alike as one line (true)",
    )  # fmt: skip
    parser.add_argument("-c", "--color", action="store_true", help="colours even when stdout is no terminal")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), default="", help="instead of text")
    add_connection_flags(parser)


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "t", "1"):
        return True
    if text.lower() in ("false", "f", "0"):
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the command; return the exit code."""
    for part in args.show_conditions.split(","):
        if part.strip() != part:
            raise UsageError(f'invalid --show-conditions value "{args.show_conditions}": whitespace is not allowed')
    cluster = find(connection, kinds.CLUSTER, args.name, args.namespace)
    root = Discovery(connection, args).tree(cluster)
    if args.output:
        tables.write_document(_document(root), args.output)
        return 0
    paint = Paint(True) if args.color else paint_for(sys.stdout)
    tables.write(render(root, args.show_conditions, connection.clock.now(), paint))
    return 0


# -- rows ------------------------------------------------------------------------------------------------------


def render(root: Item, show: str, now: datetime, paint: Paint) -> str:
    """The tree as clusterctl prints it."""
    rows = list(_rows(root, "", show, now, paint))
    sizes = [
        max(len(title) + 1, max((visible_length(row[i]) + 2 for row in rows if row[i]), default=0))
        for i, title in enumerate(HEADER)
    ]
    lines = []
    for row in (HEADER, *rows):
        cells = (cell + " " * (size - visible_length(cell)) for cell, size in zip(row, sizes, strict=True))
        lines.append("".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def _rows(item: Item, prefix: str, show: str, now: datetime, paint: Paint) -> Iterator[Sequence[str]]:
    shown = shown_conditions(item, show)
    status, reason, age, message = _summary(item, now, paint)
    if item.names:
        listed = ", ".join(item.names[:2])
        message = paint(f"See {listed}" if len(item.names) <= 2 else f"See {listed}, ...", "gray")
    if shown is not None:
        status = reason = age = message = ""
    first, *further = message.split("\n")
    name = f"{paint(prefix, 'gray')}{row_name(item, paint)}"
    yield (name, *_counters(item), status, reason, age, first)
    for line in further:
        yield (paint(_continuation(item), "gray"), "", "", "", "", "", "", "", line)
    if shown is not None:
        lead = prefix + (PIPE if item.children else INDENT) + " " * 10
        yield from _condition_rows(shown, lead, now, paint)
    children = ordered(item)
    for position, child in enumerate(children):
        yield from _rows(child, _child_prefix(prefix, position == len(children) - 1), show, now, paint)


def _condition_rows(conditions: Sequence[Json], lead: str, now: datetime, paint: Paint) -> Iterator[Sequence[str]]:
    for position, condition in enumerate(conditions):
        prefix = _child_prefix(lead, position == len(conditions) - 1)
        status, reason, age, message = _told(condition, now, paint)
        first, *further = message.split("\n")
        name = f"{paint(prefix, 'gray')}{paint(condition.get('type', ''), 'cyan')}"
        yield (name, "", "", "", "", status, reason, age, first)
        below = prefix.removesuffix(LAST) if prefix.endswith(LAST) else prefix.removesuffix(FIRST) + PIPE
        for line in further:
            yield (paint(below, "gray"), "", "", "", "", "", "", "", line)


def ordered(item: Item) -> list[Item]:
    """The children in the order in which they are printed."""
    return sorted(item.children, key=lambda child: (-child.z, row_name(child, Paint(False))))


def row_name(item: Item, paint: Paint) -> str:
    """The first column without what draws the tree."""
    if item.names:
        kind = item.kind.removesuffix("Group")
        return paint(f"{len(item.names)} {kind}{'es' if kind.endswith('s') else 's'}...", "bold")
    if item.heading:
        return item.heading
    metadata = meta(item.obj)
    space = metadata.get("namespace", "")
    full_name = f"{space}/{metadata['name']}" if space else metadata["name"]
    name = f"{item.kind} {paint(full_name, 'bold')}"
    spec = item.obj.get("spec") or {}
    version = None
    if item.kind == "Cluster":
        version = get_in(spec, "topology", "version")
    elif item.is_control_plane or item.kind == "Machine":
        version = spec.get("version")
    elif item.kind in ("MachineDeployment", "MachineSet", "MachinePool"):
        version = get_in(spec, "template", "spec", "version")
    name += f", {version}" if version else ""
    return f"{paint('!! DELETED !!', 'red')} {name}" if is_deleting(item.obj) else name


def _counters(item: Item) -> tuple[str, ...]:
    """Replicas, and how many are available, ready and up to date."""
    status, spec = item.obj.get("status") or {}, item.obj.get("spec") or {}
    if item.names:
        return ("", *(str(item.counts[type_]) for type_ in COUNTED))
    if item.kind == "Machine":
        return ("1", *(str(count(item, type_)) for type_ in COUNTED))
    names = ("availableReplicas", "readyReplicas", "upToDateReplicas")
    if item.kind == "Cluster":
        parts = [status.get("controlPlane") or {}, status.get("workers") or {}]
        have, want = _sum(parts, "replicas"), _sum(parts, "desiredReplicas")
        whole = f"{have or 0}/{want or 0}" if have is not None or want is not None else ""
        return (whole, *("" if (total := _sum(parts, name)) is None else str(total) for name in names))
    if not item.is_control_plane and item.kind not in ("MachineDeployment", "MachineSet"):
        return ("", "", "", "")
    whole = f"{status.get('replicas') or 0}/{spec['replicas']}" if spec.get("replicas") is not None else ""
    return (whole, *("" if status.get(name) is None else str(status[name]) for name in names))


def _sum(parts: Sequence[Json], name: str) -> int | None:
    values = [part[name] for part in parts if part.get(name) is not None]
    return sum(values) if values else None


def _summary(item: Item, now: datetime, paint: Paint) -> tuple[str, str, str, str]:
    """The condition that speaks for the item."""
    wanted = ["Ready"]
    if item.kind in ("Cluster", "MachineDeployment"):
        wanted = ["Available"]
    elif item.is_control_plane:
        wanted = ["Available", "Ready"]
    elif item.kind == "MachineSet":
        wanted = []
    for type_ in wanted:
        condition = item.condition(type_)
        if condition is not None:
            return _told(condition, now, paint)
    return "", "", "", ""


def _told(condition: Json, now: datetime, paint: Paint) -> tuple[str, str, str, str]:
    status = condition.get("status", "")
    bad = "True" if condition.get("type") in NEGATIVE else "False"
    color = {"Unknown": "yellow", "True": "green", "False": "green", bad: "red"}.get(status, "gray")
    age = since(condition.get("lastTransitionTime"), now)
    return paint(status, color), condition.get("reason", ""), age, fold(condition.get("message", ""), MESSAGE_WIDTH)


def shown_conditions(item: Item, show: str) -> list[Json] | None:
    """The conditions that --show-conditions wants of an item; None when it does not speak of the item."""
    if item.names:
        return None
    wanted = ""
    for part in filter(None, show.split(",")):
        what = _NON_ZERO if part.endswith("+") else _ALL
        kind, _, name = part.removesuffix("+").partition("/")
        if kind.lower() == "all" or (
            kind.lower() == item.kind.lower() and name.lower() in ("", str(meta(item.obj).get("name", "")).lower())
        ):
            wanted = what
            break
    if not wanted:
        return None
    conditions = get_in(item.obj, "status", "conditions") or []
    if wanted == _ALL:
        return list(conditions)
    return [each for each in conditions if each.get("type") in ("Available", "Ready") or not _is_zero(each)]


def _is_zero(condition: Json) -> bool:
    good = "False" if condition.get("type") in NEGATIVE else "True"
    return condition.get("status") == good and not condition.get("message")


def fold(text: str, width: int) -> str:
    """A message in lines of less than *width*; further lines of a list item are indented below its text."""
    lines: list[str] = []
    for line in text.split("\n"):
        current = line[: len(line) - len(line.lstrip(" "))]
        indent = current + (INDENT if line.strip().startswith("* ") else "")
        for word in re.split(r"\s+", line):
            if len(current.encode()) + len(word.encode()) < width:
                current += f" {word}" if current.strip() else word
            else:
                lines.append(current)
                current = indent + word
        lines.append(current)
    return "\n".join(lines)


def _child_prefix(prefix: str, is_last: bool) -> str:
    return prefix.replace(FIRST, PIPE).replace(LAST, INDENT) + (LAST if is_last else FIRST)


def _continuation(item: Item) -> str:
    """What draws the tree beside the further lines of a message."""
    root = item
    while root.parent is not None:
        root = root.parent
    if item is _last(root):
        return ""
    prefix = PIPE if item.children else ""
    while item.parent is not None:
        is_last = ordered(item.parent)[-1] is item
        prefix = (INDENT if is_last else PIPE) + prefix
        item = item.parent
    return prefix


def _last(item: Item) -> Item:
    return _last(ordered(item)[-1]) if item.children else item


def _document(item: Item) -> Json:
    """The same as data."""
    found: Json = {"kind": item.kind, "name": item.heading or meta(item.obj).get("name", "")}
    if item.names:
        found = {"kind": item.kind, "names": item.names}
    elif not item.heading:
        found["namespace"] = meta(item.obj).get("namespace", "")
    counters = dict(zip(("replicas", "available", "ready", "upToDate"), _counters(item), strict=True))
    found |= {name: value for name, value in counters.items() if value}
    conditions = get_in(item.obj, "status", "conditions")
    if conditions:
        found["conditions"] = conditions
    return {**found, "children": [_document(child) for child in ordered(item)]}
