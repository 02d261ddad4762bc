"""v1beta1 and v1beta2 of the core kinds: there and back, and what users read and write in the older version."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.clusterapi.conversion import convert
from fairlead.api.clusterapi.kinds import KINDS
from fairlead.base.objects import Json, copy
from fairlead.engines.schema.model import custom_resource_schema
from fairlead.engines.schema.pruning import prune
from fairlead.engines.schema.validation import validate

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
SECONDS = st.integers(0, 100_000)
COUNTS = st.integers(0, 50)
BOUNDS = st.one_of(COUNTS, st.integers(0, 100).map(lambda share: f"{share}%"))


def fields(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Mappings with any of these fields; none is empty by accident of a nested one."""
    return st.fixed_dictionaries({}, optional=optional).map(_without_empty)


def _without_empty(value: Json) -> Json:
    return {key: item for key, item in value.items() if item not in ({}, [])}


def reference(group: str, kind: str) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({"apiGroup": st.just(group), "kind": st.just(kind), "name": NAMES})


CONFIG = reference("bootstrap.cluster.x-k8s.io", "KubeadmConfigTemplate")
INFRA = reference("infrastructure.cluster.x-k8s.io", "VSphereMachineTemplate")
DELETION = fields(
    nodeDrainTimeoutSeconds=SECONDS, nodeVolumeDetachTimeoutSeconds=SECONDS, nodeDeletionTimeoutSeconds=SECONDS
)
MACHINE_SPEC = st.builds(
    lambda required, optional: {**required, **optional},
    st.fixed_dictionaries(
        {"clusterName": NAMES, "bootstrap": fields(configRef=CONFIG, dataSecretName=NAMES), "infrastructureRef": INFRA}
    ),
    fields(version=st.just("v1.35.0"), deletion=DELETION, minReadySeconds=COUNTS, failureDomain=NAMES),
)
CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {
            "type": NAMES,
            "status": st.sampled_from(["True", "False", "Unknown"]),
            "reason": NAMES,
            "message": NAMES,
            "lastTransitionTime": st.just("2026-01-01T00:00:00Z"),
        }
    ),
    max_size=2,
    unique_by=lambda condition: str(condition["type"]),
)
OLD = fields(conditions=CONDITIONS)
SPECS: dict[str, st.SearchStrategy[Json]] = {
    "Machine": MACHINE_SPEC.map(lambda spec: {k: v for k, v in spec.items() if k != "minReadySeconds"}),
    "MachineSet": st.fixed_dictionaries(
        {
            "clusterName": NAMES,
            "replicas": COUNTS,
            "selector": st.just({"matchLabels": {"a": "b"}}),
            "template": st.fixed_dictionaries({"spec": MACHINE_SPEC}),
        },
        optional={"deletion": st.fixed_dictionaries({"order": st.sampled_from(["Random", "Newest", "Oldest"])})},
    ),
    "MachineDeployment": st.fixed_dictionaries(
        {
            "clusterName": NAMES,
            "selector": st.just({"matchLabels": {"a": "b"}}),
            "template": st.fixed_dictionaries({"spec": MACHINE_SPEC}),
        },
        optional={
            "replicas": COUNTS,
            "rollout": st.fixed_dictionaries(
                {
                    "strategy": st.fixed_dictionaries(
                        {
                            "type": st.just("RollingUpdate"),
                            "rollingUpdate": st.fixed_dictionaries({"maxSurge": BOUNDS, "maxUnavailable": BOUNDS}),
                        }
                    )
                },
                optional={"after": st.just("2026-01-01T00:00:00Z")},
            ),
            "remediation": st.fixed_dictionaries({"maxInFlight": BOUNDS}),
        },
    ),
    "MachineHealthCheck": st.fixed_dictionaries(
        {"clusterName": NAMES, "selector": st.just({"matchLabels": {"a": "b"}})},
        optional={
            "checks": st.fixed_dictionaries(
                {
                    "nodeStartupTimeoutSeconds": SECONDS,
                    "unhealthyNodeConditions": st.lists(
                        st.fixed_dictionaries({"type": NAMES, "status": st.just("False"), "timeoutSeconds": SECONDS}),
                        min_size=1,
                        max_size=2,
                    ),
                }
            ),
            "remediation": st.fixed_dictionaries(
                {"triggerIf": st.fixed_dictionaries({"unhealthyInRange": st.just("[1-3]")})}
            ),
        },
    ),
}
OBJECTS = st.sampled_from(sorted(SPECS)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {
            "apiVersion": st.just("cluster.x-k8s.io/v1beta2"),
            "kind": st.just(kind),
            "metadata": st.just({"name": "x", "namespace": "ns"}),
            "spec": SPECS[kind],
        },
        optional={
            "status": st.builds(
                lambda conditions, old: _without_empty(
                    {"conditions": conditions, **({"deprecated": {"v1beta1": old}} if old else {})}
                ),
                CONDITIONS,
                OLD,
            )
        },
    )
)
SCHEMAS = {(kind.kind, v.name): custom_resource_schema(v.schema) for kind in KINDS for v in kind.versions}


@given(OBJECTS)
def test_there_and_back(obj: Json) -> None:
    """What v1beta1 can say survives the way through it."""
    before = copy(obj)
    older = convert(obj, "v1beta1")
    assert obj == before
    assert older["apiVersion"] == "cluster.x-k8s.io/v1beta1"
    assert _cleaned(convert(older, "v1beta2")) == _cleaned(obj)


def _cleaned(value: Any) -> Any:
    """Without what is empty: Go's serialiser drops it on either side."""
    if isinstance(value, dict):
        return {k: c for k, v in value.items() if (c := _cleaned(v)) not in ({}, [])}
    return [_cleaned(item) for item in value] if isinstance(value, list) else value


@given(OBJECTS)
def test_either_version_keeps_its_schema(obj: Json) -> None:
    """What the conversion gives is known to the version's schema: nothing would be pruned."""
    older = convert(obj, "v1beta1")
    for one, version in ((older, "v1beta1"), (convert(older, "v1beta2"), "v1beta2")):
        schema = SCHEMAS[obj["kind"], version]
        assert prune(one, schema)[1] == []
        assert not [error for error in validate(one, schema) if "status" not in error.field]


def test_what_users_of_the_older_version_write() -> None:
    """A MachineDeployment as documentation shows it for v1beta1."""
    older = {
        "apiVersion": "cluster.x-k8s.io/v1beta1",
        "kind": "MachineDeployment",
        "metadata": {"name": "md"},
        "spec": {
            "clusterName": "c",
            "replicas": 3,
            "minReadySeconds": 5,
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 1,
            "selector": {"matchLabels": {}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0, "deletePolicy": "Oldest"},
            },
            "template": {
                "spec": {
                    "clusterName": "c",
                    "version": "v1.35.0",
                    "nodeDrainTimeout": "5m0s",
                    "bootstrap": {
                        "configRef": {
                            "apiVersion": "bootstrap.cluster.x-k8s.io/v1beta1",
                            "kind": "KubeadmConfigTemplate",
                            "name": "md",
                        }
                    },
                    "infrastructureRef": {
                        "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1",
                        "kind": "VSphereMachineTemplate",
                        "name": "md",
                    },
                }
            },
        },
    }
    assert convert(older, "v1beta2")["spec"] == {
        "clusterName": "c",
        "replicas": 3,
        "selector": {"matchLabels": {}},
        "deletion": {"order": "Oldest"},
        "rollout": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}},
        "template": {
            "spec": {
                "clusterName": "c",
                "version": "v1.35.0",
                "minReadySeconds": 5,
                "deletion": {"nodeDrainTimeoutSeconds": 300},
                "bootstrap": {
                    "configRef": {
                        "apiGroup": "bootstrap.cluster.x-k8s.io",
                        "kind": "KubeadmConfigTemplate",
                        "name": "md",
                    }
                },
                "infrastructureRef": {
                    "apiGroup": "infrastructure.cluster.x-k8s.io",
                    "kind": "VSphereMachineTemplate",
                    "name": "md",
                },
            }
        },
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_crds_are_upstreams(kind: Any) -> None:
    """Names, labels, storage version and subresources of the CRDs."""
    crd = kind.crd()
    assert crd["metadata"]["name"] == f"{kind.plural}.cluster.x-k8s.io"
    assert crd["metadata"]["labels"]["cluster.x-k8s.io/v1beta2"] == "v1beta2"
    stored = [version["name"] for version in crd["spec"]["versions"] if version["storage"]]
    assert stored == ["v1beta2"]
    assert crd["spec"]["names"]["categories"] == ["cluster-api"]
