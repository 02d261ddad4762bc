"""What is the same is silent; what is not is told once, in order, and checked against the list."""

from typing import Any

from fairlead.base.objects import Json
from fairlead.testing.traces.comparing import ABSENT, Difference, View, compare_end, compare_events, pair_names
from fairlead.testing.traces.milestones import compare_milestones, compare_states
from fairlead.testing.traces.reading import Id, Trace
from fairlead.testing.traces.reporting import Report, read_known

from .rows import NAMESPACE, event, obj, trace

A, B, C, D = "md-bbbbb-ccccc", "md-bbbbb-ddddd", "md-fffff-ggggg", "md-fffff-hhhhh"


def _machine(name: str, **more: Any) -> Json:
    return obj("Machine", name, owner=f"MachineSet/{name[:8]}", **more)


def _end(theirs: Trace, ours: Trace) -> list[Difference]:
    return compare_end(View.of(theirs), View.of(ours))


def test_generated_names_do_not_matter() -> None:
    """The same machines under other names are the same."""
    theirs = trace((0, "ADDED", _machine(A)), (0, "ADDED", _machine(B, spec={"version": "v1"})))
    ours = trace((0, "ADDED", _machine(C, spec={"version": "v1"})), (0, "ADDED", _machine(D)))
    assert _end(theirs, ours) == []
    pairs = pair_names(View.of(theirs), theirs.end, View.of(ours), ours.end)
    assert pairs[Id("Machine", NAMESPACE, A)] == Id("Machine", NAMESPACE, D)


def test_every_kind_of_difference_is_told() -> None:
    """Missing and extra objects, fields, and conditions' reasons and order."""
    theirs = trace((0, "ADDED", _machine(A, spec={"x": 1}, conditions="Ready=False/NotReady Paused=True/P")))
    bare = _machine(C, spec={"x": 2}, conditions="Paused=True/P Ready=False/Other")
    ours = trace(
        (-1, "ADDED", _machine(D)),
        (-0.5, "DELETED", _machine(D)),
        (0, "ADDED", {**bare, "metadata": {**bare["metadata"], "ownerReferences": []}}),
        (0, "ADDED", obj("Cluster", "demo")),
    )
    assert _end(theirs, ours) == [
        Difference("Cluster/demo", "", ABSENT, "there"),
        Difference("Machine/md-*-*", "metadata.ownerReferences[MachineSet/md-*]", "cluster.x-k8s.io/v1beta2", ABSENT),
        Difference("Machine/md-*-*", "spec.x", "1", "2"),
        Difference("Machine/md-*-*", "status.conditions order", "Ready Paused", "Paused Ready"),
        Difference("Machine/md-*-*", "status.conditions[Ready]", "False/NotReady", "False/Other"),
    ]
    assert _end(trace((0, "ADDED", obj("Cluster", "demo"))), trace()) == [
        Difference("Cluster/demo", "", "there", ABSENT)
    ]


def test_events_are_compared_by_what_they_say() -> None:
    """How often does not count; a reason that is missing does."""
    about = _machine(A)
    theirs = trace((0, "ADDED", event(about, "Made", "x")), (1, "MODIFIED", event(about, "Made", "x")), before=(about,))
    ours = trace((0, "ADDED", event(_machine(C), "Made", "x")), before=(_machine(C),))
    assert compare_events(View.of(theirs), View.of(ours)) == []
    (difference,) = compare_events(View.of(theirs), View.of(trace(before=(_machine(C),))))
    assert difference[1:] == ("event Normal Made", "x", ABSENT)


def _passed(*times: tuple[float, str]) -> View:
    """A machine and its VM; each time adds the condition of one of them."""
    rows = []
    for t, what in times:
        kind, _, conditions = what.partition(" ")
        rows.append((t, "MODIFIED", obj(kind, A, owner="MachineSet/md-bbbbb", conditions=conditions)))
    start = (_machine(A, conditions="Ready=False/No"), obj("VSphereVM", A, conditions="Ready=False/No"))
    return View.of(trace(*rows, before=start))


def test_the_order_of_milestones() -> None:
    """What theirs passes clearly earlier must not come later; what is close together has no order."""
    vm, machine = "VSphereVM Ready=True/Ready", "Machine Ready=True/Ready"
    right, wrong = _passed((1, vm), (9, machine)), _passed((1, machine), (9, vm))
    assert compare_milestones(right, right) == []
    (difference,) = compare_milestones(right, wrong)
    assert difference.path == "order Ready=True/Ready"
    assert compare_milestones(_passed((1, vm), (2, machine)), wrong) == []


def test_a_milestone_that_is_missing() -> None:
    """Ours never gets there."""
    theirs = _passed((1, "Machine Ready=True/Ready"))
    (difference,) = compare_milestones(theirs, _passed((1, "Machine Ready=False/Other")))
    assert difference == Difference("Machine/md-*-*", "milestone Ready=True/Ready", "at 1.0 s", ABSENT)


def test_states_on_the_way() -> None:
    """What only ours passes is a difference, what only theirs passes is told apart."""
    theirs = _passed((1, "Machine Ready=Unknown/Soon"), (2, "Machine Ready=True/Ready"))
    ours = _passed((1, "Machine Ready=False/Broken"), (2, "Machine Ready=True/Ready"))
    extra, skipped = compare_states(theirs, ours)
    assert [difference.ours for difference in extra] == ["False/Broken"]
    assert [difference.theirs for difference in skipped] == ["Unknown/Soon"]


LIST = """
| object | path | ours | recordings | why |
| --- | --- | --- | --- | --- |
| `Machine/*` | `status.conditions[*` | `*` | `12-*` | because |
"""


def test_the_list_covers_what_it_says() -> None:
    """By patterns of object, path, ours and recording; the rest is news."""
    known = read_known(LIST)
    assert [each.reason for each in known] == ["because"]
    report = Report(known)
    listed = Difference("Machine/demo-*", "status.conditions[Ready]", "a", "b")
    assert report.add("12-error", [listed]) == 0
    assert report.add("01-create", [listed]) == 1
    assert report.add("12-error", [Difference("Machine/demo-*", "spec.x", "a", "b")]) == 1
    assert "spec.x" in "".join(report.lines())


def test_the_clusters_name_does_not_split_a_difference() -> None:
    """The same difference of two clusters is one line."""
    report = Report()
    for name in ("one", "two"):
        report.add(name, [Difference(f"Cluster/{name}", "spec.x", "a", f"of {name}")], cluster=name)
    assert len(report.lines()) == 1
