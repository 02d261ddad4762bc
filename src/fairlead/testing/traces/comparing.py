"""Compare what two runs end in: objects, and the events told on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from fairlead.base.objects import Json
from fairlead.testing.traces.normalising import FOREIGN_OBJECTS, Names, flatten
from fairlead.testing.traces.reading import Id, Trace

ABSENT = "(absent)"
SKIPPED_KINDS = ("Event",)  # compared by what they say, not as objects


class Difference(NamedTuple):
    """One thing that is not the same; `object` is kind and name with generated parts as `*`."""

    object: str
    path: str
    theirs: str
    ours: str


@dataclass(frozen=True)
class View:
    """One side of a comparison: a trace and how its names are to be read."""

    trace: Trace
    names: Names

    @classmethod
    def of(cls, trace: Trace) -> View:
        return cls(trace, Names.of(trace))

    def label(self, id_: Id) -> str:
        """`Machine/demo-*`."""
        return f"{id_.kind}/{self.names.canonical(id_.name)}"


def compare_end(theirs: View, ours: View, kinds: Collection[str] = ()) -> list[Difference]:
    """Differences of the objects that are left, of *kinds* (empty: all)."""
    return compare_objects(theirs, theirs.trace.end, ours, ours.trace.end, kinds)


def compare_objects(
    theirs: View, left: Mapping[Id, Json], ours: View, right: Mapping[Id, Json], kinds: Collection[str] = ()
) -> list[Difference]:
    """Differences of two sets of objects. Where several share a name's pattern, those most alike are paired."""
    differences: list[Difference] = []
    lefts, rights = _grouped(theirs, left, kinds), _grouped(ours, right, kinds)
    for label in sorted(lefts.keys() | rights.keys()):
        pairs, missing, extra = _paired(lefts.get(label, {}), rights.get(label, {}))
        for mine, other in pairs:
            differences += _different(label, mine, other)
        differences += [Difference(label, "", "there", ABSENT)] * len(missing)
        differences += [Difference(label, "", ABSENT, "there")] * len(extra)
    return differences


def pair_names(theirs: View, left: Mapping[Id, Json], ours: View, right: Mapping[Id, Json]) -> dict[Id, Id]:
    """Which object of ours stands for each of theirs."""
    found: dict[Id, Id] = {}
    rights = _grouped(ours, right, ())
    for label, group in _grouped(theirs, left, ()).items():
        mine, other = dict(group), dict(rights.get(label, {}))
        while mine and other:
            a, b = _closest(mine, other)
            found[a] = b
            del mine[a], other[b]
    return found


def compare_events(theirs: View, ours: View) -> list[Difference]:
    """Differences of the events since the action: reasons and messages by object, how often does not count."""
    left, right = _told(theirs), _told(ours)
    return [
        Difference(label, f"event {what}", " | ".join(sorted(one)) or ABSENT, " | ".join(sorted(two)) or ABSENT)
        for label, what in sorted(left.keys() | right.keys())
        if (one := left.get((label, what), set())) != (two := right.get((label, what), set()))
    ]


def _told(view: View) -> dict[tuple[str, str], set[str]]:
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in view.trace.changes:
        event = row.object
        if event["kind"] == "Event" and row.type != "DELETED":
            about = event["involvedObject"]
            label = view.label(Id(about["kind"], about.get("namespace", ""), about["name"]))
            told[label, f"{event['type']} {event['reason']}"].add(view.names.canonical(event.get("message", "")))
    return told


def _grouped(view: View, objects: Mapping[Id, Json], kinds: Collection[str]) -> dict[str, dict[Id, dict[str, str]]]:
    groups: dict[str, dict[Id, dict[str, str]]] = defaultdict(dict)
    for id_, obj in objects.items():
        if id_.kind in SKIPPED_KINDS or (kinds and id_.kind not in kinds):
            continue
        if f"{id_.kind}/{id_.name}" not in FOREIGN_OBJECTS:
            flat = flatten(obj, view.names)
            flat.pop("metadata.name", None)
            groups[view.label(id_)][id_] = flat
    return groups


def _paired(
    left: dict[Id, dict[str, str]], right: dict[Id, dict[str, str]]
) -> tuple[list[tuple[dict[str, str], dict[str, str]]], list[Id], list[Id]]:
    left, right, pairs = dict(left), dict(right), []
    while left and right:
        a, b = _closest(left, right)
        pairs.append((left.pop(a), right.pop(b)))
    return pairs, list(left), list(right)


def _closest(left: dict[Id, dict[str, str]], right: dict[Id, dict[str, str]]) -> tuple[Id, Id]:
    def distance(pair: tuple[Id, Id]) -> int:
        one, two = left[pair[0]], right[pair[1]]
        return sum(one.get(path) != two.get(path) for path in one.keys() | two.keys())

    if len(left) == len(right) == 1:
        return next(iter(left)), next(iter(right))
    return min(((a, b) for a in left for b in right), key=distance)


def _different(label: str, left: dict[str, str], right: dict[str, str]) -> list[Difference]:
    return [
        Difference(label, path, left.get(path, ABSENT), right.get(path, ABSENT))
        for path in sorted(left.keys() | right.keys())
        if left.get(path) != right.get(path)
    ]
