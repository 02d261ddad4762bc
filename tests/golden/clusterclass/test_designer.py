"""What a topology wants, object by object, beside what Cluster API's own generator made of the same state."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fairlead.base.objects import Json, get_in
from fairlead.controllers.clusterapi.topology.blueprint import Blueprint, TopologyError
from fairlead.controllers.clusterapi.topology.current import Current, CurrentDeployment
from fairlead.controllers.clusterapi.topology.desired import Designer
from fairlead.engines.clusterclass.patches import Pair, Templates
from fairlead.engines.clusterclass.versions import VersionError, decide_versions

FOLDER = Path(__file__).parent
TOPOLOGY_NAME = "topology.cluster.x-k8s.io/deployment-name"
RANDOM = "xxxxx"


def cases() -> list[Any]:
    rows = json.loads((FOLDER / "desired.json").read_text())
    return [pytest.param(question, answer, id=case) for case, question, answer in rows]


class State:
    """The objects of a question, as the controller would have read them."""

    def __init__(self, question: Json) -> None:
        self.cluster, self.cluster_class = question["cluster"], question["class"]
        self.objects = question["objects"]

    def find(self, kind: str, name: str) -> Json | None:
        return next((o for o in self.objects if (o["kind"], o["metadata"]["name"]) == (kind, name)), None)

    def referred(self, part: Json) -> Json:
        found = self.find(part["templateRef"]["kind"], part["templateRef"]["name"])
        assert found is not None
        return found

    def blueprint(self) -> Blueprint:
        spec = self.cluster_class["spec"]
        machine = spec["controlPlane"].get("machineInfrastructure")
        classes = {each["class"]: each for each in get_in(spec, "workers", "machineDeployments", default=())}
        pairs = {
            name: Pair(self.referred(each["bootstrap"]), self.referred(each["infrastructure"]))
            for name, each in classes.items()
        }
        templates = Templates(
            self.referred(spec["infrastructure"]),
            self.referred(spec["controlPlane"]),
            self.referred(machine) if machine else None,
            pairs,
        )
        return Blueprint(self.cluster_class, templates, classes)

    def by_reference(self, reference: Json | None) -> Json | None:
        return self.find(reference["kind"], reference["name"]) if reference else None

    def deployment(self, obj: Json) -> CurrentDeployment:
        machine = obj["spec"]["template"]["spec"]
        own = [o for o in self.objects if o["kind"] == "Machine" and labels_of(o) == labels_of(obj)]
        return CurrentDeployment(
            obj,
            self.by_reference(machine["bootstrap"]["configRef"]),
            self.by_reference(machine["infrastructureRef"]),
            upgrading=any(each["spec"]["version"] != machine["version"] for each in own),
        )

    def current(self) -> Current:
        spec = self.cluster["spec"]
        plane = self.by_reference(spec.get("controlPlaneRef"))
        machine = get_in(plane or {}, "spec", "machineTemplate", "spec", "infrastructureRef")
        deployments = {
            labels_of(each)[TOPOLOGY_NAME]: self.deployment(each)
            for each in self.objects
            if each["kind"] == "MachineDeployment"
        }
        return Current(
            self.cluster,
            self.by_reference(spec.get("infrastructureRef")),
            plane,
            self.by_reference(machine),
            deployments=deployments,
        )


def labels_of(obj: Json) -> dict[str, str]:
    labels: dict[str, str] = obj["metadata"]["labels"]
    return labels


def plain(obj: Json | None, kind: str = "") -> Json | None:
    """*obj* without what the API server owns and without empty fields that Go leaves in."""
    if obj is None:
        return None
    metadata = {key: each for key, each in obj["metadata"].items() if each and key != "uid"}
    return {"kind": obj.get("kind") or kind, "metadata": metadata, "spec": obj["spec"]}


def unowned(obj: Json | None) -> Json | None:
    """The same without its owner, which upstream sets once the Cluster refers to the object, and we at once."""
    found = plain(obj)
    if found is not None:
        found["metadata"].pop("ownerReferences", None)
    return found


@pytest.mark.parametrize(("question", "answer"), cases())
def test_wanted_objects_are_those_of_the_generator(question: Json, answer: Json) -> None:
    """Names, metadata, references and specs of all objects are upstream's, or the text of the error is."""
    check_wanted(question, answer)


def check_wanted(question: Json, answer: Json) -> None:
    """Hold what is wanted in one state to an answer of the peer."""
    state = State(question)
    current, blueprint = state.current(), state.blueprint()
    offered = state.cluster_class["spec"].get("kubernetesVersions") or ()
    workers = {name: each.workers for name, each in current.deployments.items()}
    try:
        versions = decide_versions(state.cluster, offered, current.plane, workers, {})
        wanted = Designer(blueprint, current, versions, lambda: RANDOM).design()
    except (TopologyError, VersionError) as error:
        text = str(error).removeprefix("error computing the desired state of the Cluster topology: ")
        text = text.replace("wrong type for value; expected string; got interface {}", "invalid value; expected string")
        assert re.sub(r" \(ClusterClass .*\)$", "", text) == answer["error"]
        return
    expected, objects = answer["objects"], wanted.objects
    assert unowned(objects.infrastructure_cluster) == unowned(expected["infrastructureCluster"])
    assert unowned(objects.control_plane) == unowned(expected["controlPlane"])
    assert plain(objects.control_plane_machine) == plain(expected["controlPlaneMachine"])
    assert plain(wanted.plane_health_check) == plain(expected["controlPlaneHealthCheck"], "MachineHealthCheck")
    assert plain(objects.cluster) == plain(expected["cluster"], "Cluster")
    assert {each.topology["name"] for each in objects.machine_deployments} == set(expected["machineDeployments"])
    for worker in objects.machine_deployments:
        name = worker.topology["name"]
        made = expected["machineDeployments"][name]
        assert plain(worker.object) == plain(made["object"], "MachineDeployment")
        assert plain(worker.bootstrap) == plain(made["bootstrap"])
        assert plain(worker.infrastructure) == plain(made["infrastructure"])
        assert plain(wanted.health_checks.get(name)) == plain(made["healthCheck"], "MachineHealthCheck")
