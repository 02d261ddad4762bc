"""Recordings are replayed: what users did is done again, and ours equals a recording of ours."""

from datetime import timedelta

import pytest

from fairlead.base.objects import Json
from fairlead.runtime.virtual import run_virtual
from fairlead.testing.compat_traces import compare_group
from fairlead.testing.traces.comparing import View, compare_end, compare_events
from fairlead.testing.traces.environment import environment_of
from fairlead.testing.traces.milestones import Milestone, compare_milestones, milestones_of
from fairlead.testing.traces.reading import Id, Row, Trace
from fairlead.testing.traces.replaying import Replay, Run, grouped, replay
from fairlead.testing.world import World

from .fleet import MANIFEST, NAMESPACE, applied
from .rows import obj, trace

MACHINE = Id("Machine", NAMESPACE, "")


@pytest.fixture(scope="module")
def created() -> Run:
    """One run of a cluster's creation, which several tests look at."""
    (run,) = replay([applied()])
    return run


def _with(run: Run, name: str, **changes: Json) -> Trace:
    """A recording that begins where *run* ended, and in which a person changed the specs of *changes* (by kind)."""
    start = [Row(-1.0, "ADDED", each) for each in run.ours.end.values()]
    rows = []
    for each in run.ours.end.values():
        if each["kind"] in changes:
            spec = changes[each["kind"]]
            entry = {
                "manager": "kubectl-edit",
                "operation": "Update",
                "time": "later",
                "fieldsV1": {"f:spec": {f"f:{field}": {} for field in spec}},
            }
            fields = [*each["metadata"]["managedFields"], entry]
            patched = {
                **each,
                "spec": {**each["spec"], **spec},
                "metadata": {**each["metadata"], "managedFields": fields},
            }
            rows.append(Row(1.0, "MODIFIED", patched))
    return Trace(name, (*start, *rows))


def test_a_recording_of_ours_replays_without_a_difference(created: Run) -> None:
    """Whatever the comparer looks at is there, and the same."""
    assert [id_.kind for id_ in created.ours.end if id_.kind == "Machine"] == ["Machine", "Machine"]
    (outcome,) = compare_group([created.ours])
    assert outcome.differences == ()
    assert outcome.passed_by == ()
    assert len(outcome.run.actions) == MANIFEST.count("\n---") + 1


def test_what_was_found_is_built_first(created: Run) -> None:
    """A recording that begins with a cluster, and in which it is scaled, alone and after the one that made it."""
    scaled = _with(created, "02-scaled", MachineDeployment={"replicas": 2})
    (alone,) = replay([scaled])
    assert len([id_ for id_ in alone.ours.start if id_.kind == "Machine"]) == 2
    assert len([id_ for id_ in alone.ours.end if id_.kind == "Machine"]) == 3
    assert [[each.name for each in group] for group in grouped([created.ours, scaled])] == [["applied", "02-scaled"]]
    _, after = replay([created.ours, scaled])
    assert compare_end(View.of(alone.ours), View.of(after.ours)) == []
    assert compare_events(View.of(alone.ours), View.of(after.ours)) == []


def test_a_difference_of_behaviour_is_found(created: Run) -> None:
    """A recording in which one more worker came up is not equal to one in which it did not."""
    (more,) = replay([applied(MANIFEST.replace("replicas: 1\n  selector", "replicas: 2\n  selector"))])
    found = {each.object for each in compare_end(View.of(more.ours), View.of(created.ours))}
    assert {"Machine/demo-md-*-*", "VSphereVM/demo-md-*-*", "MachineDeployment/demo-md"} <= found


def test_milestones_of_a_creation(created: Run) -> None:
    """The machine is made, has a VM, is provisioned, then runs; and the order is held."""
    view = View.of(created.ours)
    passed = milestones_of(view)
    order = [
        Milestone("VSphereMachine/demo-*", "appears"),
        Milestone("Machine/demo-*", "appears"),
        Milestone("VSphereVM/demo-*", "appears"),
        Milestone("VSphereVM/demo-*", "VirtualMachineProvisioned=True/Provisioned"),
        Milestone("Machine/demo-*", "is Provisioned"),
        Milestone("Machine/demo-*", "is Running"),
        Milestone("Secret/demo-md-*-*", "appears"),
        Milestone("Cluster/demo", "Available=True/Available"),
    ]
    assert sorted(order, key=lambda milestone: passed[milestone]) == order
    assert compare_milestones(view, view) == []


def test_in_steady_state_nothing_is_written_and_nothing_runs() -> None:
    """An hour after all is well, when the last appointments are over, a day passes without a write or a pass."""
    made = applied()
    environment = environment_of(made.rows)

    async def main() -> None:
        world = World(layout=environment.layout)
        session = Replay(world, environment, (NAMESPACE,))
        await session.start()
        try:
            await session.run(made)
            revision = world.server.store.revision
            await world.clock.sleep(timedelta(hours=1))
            assert world.server.store.revision == revision
            passes = world.manager.passes
            await world.clock.sleep(timedelta(days=1))
            assert world.server.store.revision == revision
            assert world.manager.passes == passes
        finally:
            await session.stop()

    run_virtual(main())


def test_the_environment_is_told_by_the_rows() -> None:
    """What a VM that came up names exists, what a message calls missing does not; refusals are the vCenter's."""
    template = {"datacenter": "DC1", "template": "/DC1/vm/templates/there", "folder": "/DC1/vm/teams/a"}
    up = obj("VSphereVM", "a", spec=template, conditions="VirtualMachineProvisioned=True/Provisioned")
    lost = obj("VSphereVM", "b", spec={"template": "gone"}, conditions="VirtualMachineProvisioned=False/NotProvisioned")
    lost["status"]["conditions"][0]["message"] = "unable to find template by name \"gone\": vm 'gone' not found"
    found = environment_of(trace((0, "ADDED", up), (0, "ADDED", lost)).rows)
    by_name = {each.name: each for each in found.layout.datacenters}
    assert by_name["DC1"].folders == ("teams/a",)
    assert [(each.folder, each.name) for each in by_name["DC1"].templates] == [("templates", "there")]
    assert by_name["DC0"].templates == ()
    assert (found.answers, found.pinned) == (True, True)

    def refusing(message: str) -> Trace:
        cluster = obj("VSphereCluster", "demo", conditions="VCenterAvailable=False/VCenterUnreachable")
        cluster["status"]["conditions"][0]["message"] = message
        return trace((0, "ADDED", cluster))

    assert environment_of(refusing("dial tcp: connect: connection refused").rows).answers is False
    assert environment_of(refusing("host x thumbprint does not match y").rows).pinned is False
    assert environment_of(refusing("failed to login: ServerFaultCode: Login failure").rows).password == "wrong"
