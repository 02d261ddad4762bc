"""What Cluster API's own packages said of ClusterClasses and topologies, beside what the engine says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.base.objects import Json
from fairlead.engines.clusterclass.definitions import validate_definitions
from fairlead.engines.clusterclass.naming import validate_naming
from fairlead.engines.clusterclass.patches import Desired, Pair, PatchError, Templates, Worker, apply_patches
from fairlead.engines.clusterclass.patchrules import validate_patches
from fairlead.engines.clusterclass.upgradeplan import control_plane_plan, workers_plan
from fairlead.engines.clusterclass.variables import default_topology, definitions_of, validate_topology
from fairlead.engines.clusterclass.versions import CurrentWorkers, VersionError, decide_versions
from fairlead.engines.schema.errors import FieldError

FOLDER = Path(__file__).parent
TOPOLOGY_NAME = "topology.cluster.x-k8s.io/deployment-name"
STEP = "topology.internal.cluster.x-k8s.io/upgrade-step"


def cases(name: str, start: str = "") -> list[Any]:
    rows = json.loads((FOLDER / f"{name}.json").read_text())
    return [pytest.param(case, *rest, id=case) for case, *rest in rows if case.startswith(start)]


def causes(errors: list[FieldError]) -> list[Json]:
    return [{"type": each.type, "field": each.field, "message": each.message} for each in errors]


@pytest.mark.parametrize(("name", "question", "answer"), cases("classes"))
def test_class_is_judged_as_by_the_webhook(name: str, question: Json, answer: Json) -> None:
    """Field, type and text of each error are the webhook's."""
    given = question["class"]
    errors = [
        *validate_naming(given),
        *validate_definitions(given["spec"].get("variables") or []),
        *validate_patches(given),
    ]
    assert causes(errors) == (answer.get("errors") or [])


@pytest.mark.parametrize(("name", "question", "answer"), cases("variables"))
def test_variables_are_defaulted_and_judged_as_by_the_webhook(name: str, question: Json, answer: Json) -> None:
    """The topology with its defaults and each error are the webhook's; a fraction for an integer is told once."""
    declared = definitions_of(question["class"])
    given = question["cluster"]["spec"]["topology"]
    before = copy.deepcopy(given)
    old = question["old"]["spec"]["topology"] if "old" in question else None
    topology, errors = default_topology(given, declared)
    errors += validate_topology(topology, old, declared)
    expected = [each for each in answer.get("errors") or [] if "Checked value must be of type" not in each["message"]]
    assert (topology, causes(errors)) == (answer["topology"], expected)
    assert given == before


@pytest.mark.parametrize(("name", "question", "answer"), cases("plans"))
def test_upgrade_plans_are_those_of_the_topology_controller(name: str, question: Json, answer: Json) -> None:
    """Steps of control plane and workers, or the error, are upstream's."""
    desired, control, oldest = question["desired"], question["control"], question["workers"]
    found: Json = {}
    try:
        steps = control_plane_plan(desired, control, question["class"]["spec"].get("kubernetesVersions") or ())
        found = {"controlPlane": list(steps), "workers": list(workers_plan(desired, control, oldest, steps))}
    except VersionError as error:
        found = {"error": str(error)}
    assert {key: value for key, value in found.items() if value} == answer


# What a topology wants.


def unpatched() -> Json:
    """What the cluster of the patch cases wants without patches."""
    found: Json = next(param.values[2] for param in cases("desired", "patched-nothing"))["objects"]
    return found


def desired_of(objects: Json) -> Desired:
    listed = objects["cluster"]["spec"]["topology"]["workers"]["machineDeployments"]
    made = objects["machineDeployments"]
    return Desired(
        objects["cluster"],
        objects["infrastructureCluster"],
        objects["controlPlane"],
        objects["controlPlaneMachine"],
        tuple(
            Worker(each, *(made[each["name"]][key] for key in ("object", "bootstrap", "infrastructure")))
            for each in listed
        ),
    )


def templates_of(question: Json) -> Templates:
    found = {(each["kind"], each["metadata"]["name"]): each for each in question["objects"]}
    return Templates(
        found["VSphereClusterTemplate", "boats"],
        found["KubeadmControlPlaneTemplate", "boats-control"],
        found["VSphereMachineTemplate", "boats-control"],
        {"deck": Pair(found["KubeadmConfigTemplate", "boats-deck"], found["VSphereMachineTemplate", "boats-deck"])},
    )


@pytest.mark.parametrize(("name", "question", "answer"), cases("desired", "patched-"))
def test_patched_objects_are_those_of_the_topology_controller(name: str, question: Json, answer: Json) -> None:
    """All wanted objects after patches are upstream's to the last field, or the error is; nothing given is changed.

    For a value that is not there Go says `invalid value` where Helm's way of running templates says `wrong type`.
    """
    plain, templates = desired_of(unpatched()), templates_of(question)
    before = copy.deepcopy((question["class"], templates, plain))
    if "error" in answer:
        with pytest.raises(PatchError) as caught:
            apply_patches(question["class"], templates, plain)
        text = str(caught.value).replace(
            "wrong type for value; expected string; got interface {}", "invalid value; expected string"
        )
        told, _, places = text.rpartition(" (")
        assert told == answer["error"]
        assert places.startswith("ClusterClass fleet/boats: spec.patches")
    else:
        assert apply_patches(question["class"], templates, plain) == desired_of(answer["objects"])
    assert (question["class"], templates, plain) == before


def current_workers(objects: list[Json]) -> dict[str, CurrentWorkers]:
    machines = [each for each in objects if each["kind"] == "Machine"]
    found: dict[str, CurrentWorkers] = {}
    for each in objects:
        if each["kind"] == "MachineDeployment":
            topology, version = each["metadata"]["labels"][TOPOLOGY_NAME], each["spec"]["template"]["spec"]["version"]
            own = [one for one in machines if one["metadata"]["labels"][TOPOLOGY_NAME] == topology]
            is_upgrading = any(one["spec"]["version"] != version for one in own)
            found[topology] = CurrentWorkers(each["metadata"]["name"], version, is_upgrading)
    return found


@pytest.mark.parametrize(("name", "question", "answer"), cases("desired", "version-"))
def test_versions_are_those_of_the_topology_controller(name: str, question: Json, answer: Json) -> None:
    """Each part's version, and what is told of the upgrade, are upstream's in every state of an upgrade."""
    objects = question["objects"]
    control = next((each for each in objects if each["kind"] == "KubeadmControlPlane"), None)
    offered = question["class"]["spec"].get("kubernetesVersions") or ()
    if "error" in answer:
        with pytest.raises(VersionError) as caught:
            decide_versions(question["cluster"], offered, control, current_workers(objects), {})
        assert str(caught.value) == answer["error"]
        return
    found = decide_versions(question["cluster"], offered, control, current_workers(objects), {})
    workers, wanted = found.machine_deployments, answer["objects"]
    assert found.control_plane == wanted["controlPlane"]["spec"]["version"]
    assert workers.versions == {
        key: each["object"]["spec"]["template"]["spec"]["version"] for key, each in wanted["machineDeployments"].items()
    }
    assert found.upgrade_step == (wanted["cluster"]["metadata"].get("annotations") or {}).get(STEP, "")
    assert {
        "isPendingUpgrade": found.is_pending_upgrade,
        "isProvisioning": found.is_provisioning,
        "isUpgrading": found.is_upgrading,
        "isStartingUpgrade": found.is_starting_upgrade,
        "isWaitingForWorkers": found.is_waiting_for_workers,
        "controlPlanePlan": list(found.control_plane_plan) or None,
        "workersPlan": list(workers.plan) or None,
        "upgrading": list(workers.upgrading),
        "pendingUpgrade": list(workers.pending_upgrade),
        "pendingCreate": list(workers.pending_create),
        "deferred": list(workers.deferred),
        "minWorkersVersion": found.min_workers_version,
    } == answer["tracker"]
