"""Labels, annotations and taints that machines are to get: refused where they stand, not when a machine is made."""

from typing import Any

import pytest

from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.clusterapi.metadatarules import metadata, taints
from fairlead.api.kind import Admission
from fairlead.api.kubeadm.kinds import KINDS as KUBEADM_KINDS
from fairlead.base.objects import Json, copy
from fairlead.testing.fleet import Written
from fairlead.testing.topology import Managed

OFF = "Forbidden: taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled"
TAINT = {"key": "node.kubernetes.io/x", "effect": "NoSchedule", "propagation": "Always"}
BAD_VALUE = "a valid label must be an empty string or consist of"
KINDS = {kind.kind: kind for kind in (*CLUSTER_KINDS, *KUBEADM_KINDS)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, [], id="nothing"),
        pytest.param({"labels": {"a.example/b": "c_d"}, "annotations": {"A/b": "any text, really"}}, [], id="right"),
        pytest.param({"labels": {"a": "b c"}}, [("x.labels", f'Invalid value: "b c": {BAD_VALUE}')], id="value"),
        pytest.param(
            {"labels": {"a b": "c"}}, [("x.labels", 'Invalid value: "a b": name part must consist')], id="key"
        ),
        pytest.param({"annotations": {"a/b/c": ""}}, [("x.annotations", 'Invalid value: "a/b/c": ')], id="annotation"),
        pytest.param({"annotations": {"a": "b" * 262144}}, [("x.annotations", "Too long: ")], id="too much"),
    ],
)
def test_metadata(value: Json | None, expected: list[tuple[str, str]]) -> None:
    """Upstream's fields and texts."""
    found = [(problem.field, problem.message) for problem in metadata(value, "x")]
    assert [field for field, _ in found] == [field for field, _ in expected]
    assert all(text in message for (_, message), (_, text) in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("key", "told"),
    [
        pytest.param("apps", "", id="anybody's"),
        pytest.param("node.kubernetes.io/out-of-service", "", id="out of service"),
        pytest.param("node.kubernetes.io/unreachable", "must not have the prefix node.kubernetes.io/", id="the node's"),
        pytest.param("node.cloudprovider.kubernetes.io/x", "node.cloudprovider.kubernetes.io/", id="the provider's"),
        pytest.param("node.cluster.x-k8s.io/uninitialized", "taint key is not allowed", id="ours"),
        pytest.param("node-role.kubernetes.io/master", "deprecated since 1.24", id="old"),
        pytest.param("a b", "name part must consist", id="no key"),
    ],
)
def test_taints(key: str, told: str) -> None:
    """All are refused while upstream's gate is off; those that belong to others also say whose they are."""
    first, *more = taints([{"key": key}], "x.taints")
    assert (first.field, first.message) == ("x.taints", OFF)
    assert [problem.field for problem in more] == (["x.taints[0].key"] if told else [])
    assert all(told in problem.message for problem in more)
    assert list(taints([], "x.taints")) == []


def problems(obj: Json) -> list[str]:
    kind = KINDS[obj["kind"]]
    assert kind.validate is not None
    return [f"{problem.field}: {problem.message}" for problem in kind.validate(Admission("CREATE", obj, None))]


def placed(obj: Json, path: str, value: Any) -> Json:
    changed: Json = copy(obj)
    here: Any = changed
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        here = here[step] if isinstance(here, list) else here.setdefault(step, {})
    here[last] = value
    return changed


def written(kind: str) -> Json:
    objects = [*Written().objects(), *(obj for obj in Managed().objects() if obj["kind"] == "ClusterClass")]
    return next(obj for obj in objects if obj["kind"] == kind)


PLACES = [
    pytest.param(Managed().cluster(), "spec.topology.controlPlane", "spec.topology.controlPlane", id="topology"),
    pytest.param(
        Managed().cluster(),
        "spec.topology.workers.machineDeployments.0",
        "spec.topology.workers.machineDeployments[md-0]",
        id="topology-workers",
    ),
    pytest.param(written("ClusterClass"), "spec.controlPlane", "spec.controlPlane", id="class"),
    pytest.param(
        written("ClusterClass"),
        "spec.workers.machineDeployments.0",
        "spec.workers.machineDeployments[worker]",
        id="workers",
    ),
]


@pytest.mark.parametrize(("obj", "path", "field"), PLACES)
def test_topologies_and_classes(obj: Json, path: str, field: str) -> None:
    """Control plane and workers of both are looked at, under the fields that upstream names."""
    assert problems(obj) == []
    inner = "template.metadata" if field.endswith("[worker]") else "metadata"
    [told] = problems(placed(obj, f"{path}.metadata", {"labels": {"a": "b c"}}))
    assert told.startswith(f'{field}.{inner}.labels: Invalid value: "b c": {BAD_VALUE}')
    assert problems(placed(obj, f"{path}.taints", [TAINT]))[0] == f"{field}.taints: {OFF}"


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        pytest.param("MachineDeployment", "spec.template", id="deployment"),
        pytest.param("KubeadmControlPlane", "spec.machineTemplate", id="control-plane"),
    ],
)
def test_templates_of_machines(kind: str, template: str) -> None:
    """A label that no machine could carry is refused with the template that has it."""
    obj = KINDS[kind].default(Admission("CREATE", written(kind), None))  # type: ignore[misc]  # both have defaults
    assert problems(obj) == []
    [told] = problems(placed(obj, f"{template}.metadata.annotations", {"a b": ""}))
    assert told.startswith(f'{template}.metadata.annotations: Invalid value: "a b": ')
    assert f"{template}.spec.taints: {OFF}" in problems(placed(obj, f"{template}.spec.taints", [TAINT]))
