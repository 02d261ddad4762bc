"""The milestones a run passes, and whether two runs pass them in the same order.

A milestone is the first time something becomes true of any object of a name's pattern: it appears, it reaches a phase,
its last one is gone, an event is told; and the time from which a condition of all of them has its final value. Two runs
agree when what one of them passes clearly earlier (by `margin` seconds) is not passed later by the other one. Only
what belongs together is compared: objects of one machine with each other, and whether owners and what they own are
there, in which phase, and on their way out. Conditions of owners sum up many objects; between those the reference's
order is that of its timers (once a second an object, 15 s for a preflight check, 30 s for a connection).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from fairlead.base.objects import Json, get_in, owner_references
from fairlead.testing.traces.applying import applied_part
from fairlead.testing.traces.comparing import ABSENT, Difference, View
from fairlead.testing.traces.normalising import status_of
from fairlead.testing.traces.reading import Id

GATES = ("InfrastructureReady=True/Ready", "ControlPlaneInitialized=True/Initialized", "Available=True/Available")
MARGIN_S = 3.0  # the reference reconciles an object once a second: what is closer than that has no order


class Milestone(NamedTuple):
    """`what` is true of objects called `object`."""

    object: str
    what: str

    def __str__(self) -> str:
        return f"{self.object} {self.what}"


class Passed(NamedTuple):
    """When: seconds after the action, and the number of the row, which orders what is equally late."""

    t: float
    row: int


def milestones_of(view: View, *, initial: bool = False) -> dict[Milestone, Passed]:
    """All milestones of a run; with *initial* also of conditions that had their final value from the beginning."""
    passed: dict[Milestone, Passed] = {}
    settled: dict[tuple[Id, str], tuple[str, Passed, bool]] = {}
    there = set(view.trace.start)
    for number, row in enumerate(view.trace.rows):
        at, obj = Passed(row.t, number), row.object
        if obj["kind"] == "Event":
            _note_event(view, obj, at, passed)
            continue
        label = view.label(Id.of(obj))
        if row.type == "DELETED":
            passed[Milestone(label, "is gone")] = at
            _forget(settled, Id.of(obj))
            continue
        if Id.of(obj) not in there:
            there.add(Id.of(obj))
            if applied_part(obj) is None:  # what users apply is no milestone: they choose when
                passed.setdefault(Milestone(label, "appears"), at)
        if phase := get_in(obj, "status", "phase"):
            passed.setdefault(Milestone(label, f"is {phase}"), at)
        if get_in(obj, "metadata", "deletionTimestamp"):
            passed.setdefault(Milestone(label, "is being deleted"), at)
        _note_conditions(obj, at, settled)
    for (id_, condition), (status, at, changed) in settled.items():
        milestone = Milestone(view.label(id_), f"{condition}={status}")
        if changed or initial:
            passed[milestone] = max(at, passed.get(milestone, at))
    return {milestone: at for milestone, at in passed.items() if at.t >= 0 or initial}


def _note_event(view: View, event: Json, at: Passed, passed: dict[Milestone, Passed]) -> None:
    about = event["involvedObject"]
    label = view.label(Id(about["kind"], about.get("namespace", ""), about["name"]))
    passed.setdefault(Milestone(label, f"tells {event['reason']}"), at)


def _note_conditions(obj: Json, at: Passed, settled: dict[tuple[Id, str], tuple[str, Passed, bool]]) -> None:
    for condition in get_in(obj, "status", "conditions", default=()):
        place, status = (Id.of(obj), condition["type"]), status_of(condition)
        if place not in settled or settled[place][0] != status:
            settled[place] = (status, at, place in settled)


def _forget(settled: dict[tuple[Id, str], tuple[str, Passed, bool]], id_: Id) -> None:
    for place in [place for place in settled if place[0] == id_]:
        del settled[place]


def compare_milestones(theirs: View, ours: View, margin: float = MARGIN_S) -> list[Difference]:
    """The milestones that ours does not pass, and the fewest that explain every wrong order."""
    left, right = milestones_of(theirs), milestones_of(ours, initial=True)
    differences = [
        Difference(milestone.object, f"milestone {milestone.what}", f"at {left[milestone].t:.1f} s", ABSENT)
        for milestone in sorted(left.keys() - right.keys())
    ]
    wrong: dict[Milestone, set[Milestone]] = defaultdict(set)
    related = _relations(theirs)
    common = sorted(left.keys() & right.keys(), key=lambda milestone: left[milestone])
    for at, first in enumerate(common):
        for second in common[at + 1 :]:
            if (first.object, second.object) not in related or not _is_ordered(first, second):
                continue
            if left[second].t - left[first].t > margin and right[second] < right[first]:
                wrong[first].add(second)
                wrong[second].add(first)
    for milestone in _fewest(wrong):
        others = wrong[milestone]
        earlier = [other for other in others if left[other] < left[milestone]]
        told = min(others, key=lambda other: (other not in earlier, abs(left[other].t - left[milestone].t), other))
        side = "after" if told in earlier else "before"
        against = "before" if told in earlier else "after"
        differences.append(Difference(milestone.object, f"order {milestone.what}", f"{side} {told}", f"{against} it"))
    return differences


def _is_ordered(first: Milestone, second: Milestone) -> bool:
    if "*" in first.object and first.object.partition("/")[2] == second.object.partition("/")[2]:
        return True
    return all("=" not in each.what or each.what in GATES for each in (first, second))


def _relations(view: View) -> set[tuple[str, str]]:
    """Pairs of labels that belong together, in both orders."""
    owners: dict[str, set[str]] = defaultdict(set)
    by_name: dict[str, set[str]] = defaultdict(set)
    for row in view.trace.rows:
        label = view.label(Id.of(row.object))
        owners[label].add(label)
        by_name[label.partition("/")[2]].add(label)
        for owner in owner_references(row.object):
            owners[label].add(f"{owner['kind']}/{view.names.canonical(owner['name'])}")
    grew = True
    while grew:
        grew = False
        for mine in owners.values():
            more = set().union(*(owners.get(owner, set()) for owner in mine)) - mine
            mine |= more
            grew = grew or bool(more)
    pairs = {(label, owner) for label, mine in owners.items() for owner in mine}
    for name, labels in by_name.items():
        if "*" in name:
            pairs |= {(one, two) for one in labels for two in labels}
    return pairs | {(two, one) for one, two in pairs}


def _fewest(wrong: dict[Milestone, set[Milestone]]) -> list[Milestone]:
    """Take away milestones, the most contradicted first, until the rest is in order."""
    left = {milestone: set(others) for milestone, others in wrong.items()}
    taken = []
    while any(left.values()):
        worst = max(sorted(left), key=lambda milestone: len(left[milestone]))
        taken.append(worst)
        for other in left.pop(worst):
            left[other].discard(worst)
    return taken


def states_of(view: View) -> dict[tuple[str, str], list[str]]:
    """The values each condition goes through (`status/reason`), in the order of their first time."""
    seen: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for row in view.trace.changes:
        if row.object["kind"] == "Event":
            continue
        label = view.label(Id.of(row.object))
        for condition in get_in(row.object, "status", "conditions", default=()):
            seen[label, condition["type"]].setdefault(status_of(condition))
    return {place: list(values) for place, values in seen.items()}


def compare_states(theirs: View, ours: View) -> tuple[list[Difference], list[Difference]]:
    """Condition values that only ours passes, and those that only theirs passes."""
    left, right = states_of(theirs), states_of(ours)
    places = sorted(left.keys() & right.keys())
    extra = [_state(place, value, right) for place in places for value in _without(right[place], left[place])]
    skipped = [_state(place, value, left) for place in places for value in _without(left[place], right[place])]
    return extra, [Difference(d.object, d.path, d.ours, ABSENT) for d in skipped]


def _without(values: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [value for value in values if value not in known]


def _state(place: tuple[str, str], value: str, _: object) -> Difference:
    return Difference(place[0], f"passes {place[1]}", ABSENT, value)
