"""The pure judgements behind the core controllers, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.base.objects import Json, Key
from fairlead.controllers.clusterapi import drain, volumes
from fairlead.controllers.clusterapi.amounts import amount
from fairlead.controllers.clusterapi.machinenames import machine_name
from fairlead.controllers.clusterapi.machinenode import OUTDATED, UNINITIALIZED, node_patch
from fairlead.controllers.clusterapi.machineorder import deletion_order, remediation_order
from fairlead.controllers.clusterapi.machinetemplate import spec_differences, template_hash
from fairlead.controllers.clusterapi.ownkeys import stale_keys
from fairlead.controllers.clusterapi.preflight import preflight
from fairlead.controllers.clusterapi.remediation import Scope
from fairlead.controllers.clusterapi.remediation import decide as decide_remediation
from fairlead.controllers.clusterapi.rollout import ON_DELETE, Bounds, Set, current_set, plan, scale_paused
from fairlead.controllers.clusterapi.staleness import stale_text, unhealthy_text
from fairlead.runtime.clock import timestamp
from fairlead.runtime.ids import Ids

from .world import machine_template

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ago(**spent: float) -> str:
    return timestamp(NOW - timedelta(**spent))


# Roll-outs


def sets(*rows: tuple[int, int, int]) -> list[Set]:
    """MachineSets from (spec.replicas, status.replicas, available), the oldest first."""
    return [Set(f"ms{i}", *row, created=f"{i}") for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("bounds", "new", "old", "expected"),
    [
        pytest.param(Bounds(3), (0, 0, 0), [], {"new": 3}, id="the first set gets all"),
        pytest.param(Bounds(3), (5, 5, 5), [], {"new": 3}, id="fewer are asked for"),
        pytest.param(Bounds(3), (0, 0, 0), [(3, 3, 3)], {"new": 1}, id="surge 1: one new machine first"),
        pytest.param(Bounds(3), (1, 1, 0), [(3, 3, 3)], {}, id="wait for the new one"),
        pytest.param(Bounds(3), (1, 1, 1), [(3, 3, 3)], {"ms0": 2}, id="then one old one goes"),
        pytest.param(Bounds(3), (1, 1, 1), [(2, 3, 3)], {}, id="an old one is still going: no second"),
        pytest.param(Bounds(3), (1, 1, 1), [(2, 2, 2)], {"new": 2}, id="and the next new one comes"),
        pytest.param(Bounds(3, surge=0, unavailable=1), (0, 0, 0), [(3, 3, 3)], {"ms0": 2}, id="surge 0: old first"),
        pytest.param(
            Bounds(6, surge=3, unavailable=1),
            (0, 0, 0),
            [(3, 3, 3), (3, 3, 3)],
            {"new": 3, "ms0": 2},
            id="both at once, the oldest set first",
        ),
        pytest.param(Bounds(3), (1, 1, 1), [(3, 3, 2)], {"ms0": 2}, id="an ill old machine must not hold it up"),
        pytest.param(Bounds(3), (1, 1, 0), [(3, 3, 2)], {}, id="unless the new one is ill too"),
        pytest.param(Bounds(3, ON_DELETE), (0, 0, 0), [(3, 3, 3)], {}, id="OnDelete waits"),
        pytest.param(Bounds(3, ON_DELETE), (0, 0, 0), [(3, 2, 2)], {"ms0": 2}, id="OnDelete: one was deleted"),
        pytest.param(Bounds(3, ON_DELETE), (0, 0, 0), [(2, 2, 2)], {"new": 1}, id="OnDelete: and is replaced"),
        pytest.param(Bounds(2, ON_DELETE), (1, 1, 1), [(2, 2, 2)], {"ms0": 1}, id="OnDelete: fewer are asked for"),
    ],
)
def test_plan(bounds: Bounds, new: tuple[int, int, int], old: list[tuple[int, int, int]], expected: Json) -> None:
    """The sizes that change in one step. `Bounds(n)` has surge 1 and unavailable 0."""
    bounds = replace(bounds, surge=0) if bounds.strategy == ON_DELETE else bounds
    assert plan(bounds, Set("new", *new, created="9"), sets(*old)) == expected


@given(
    replicas=st.integers(1, 12),
    surge=st.integers(0, 5),
    unavailable=st.integers(0, 5),
    old=st.lists(st.integers(0, 8), max_size=3),
)
def test_every_roll_out_ends_within_its_bounds(replicas: int, surge: int, unavailable: int, old: list[int]) -> None:
    """From any state where all are available: it ends, with never too many machines nor too few available ones."""
    if not surge and not unavailable:
        unavailable = 1
    bounds = Bounds(replicas, surge=surge, unavailable=min(unavailable, replicas))
    have = {"new": 0} | {f"ms{i}": size for i, size in enumerate(old)}
    floor = min(sum(old), bounds.least_available)
    ceiling = max(sum(old), replicas + surge)
    for _ in range(200):
        listed = {name: Set(name, size, size, size, created=name) for name, size in have.items()}
        sizes = plan(bounds, listed["new"], [one for name, one in listed.items() if name != "new"])
        if not sizes:
            break
        shrunk = {name: min(size, sizes.get(name, size)) for name, size in have.items()}
        assert sum(shrunk.values()) >= floor or replicas < sum(old)
        have |= sizes
        assert sum(have.values()) <= ceiling
    assert have["new"] == replicas
    assert sum(have.values()) == replicas


@pytest.mark.parametrize(
    ("bounds", "new", "old", "expected"),
    [
        pytest.param(Bounds(5), (3, 3, 3), [], {"new": 5}, id="one set takes all"),
        pytest.param(Bounds(5), (0, 0, 0), [(3, 3, 3)], {"ms0": 5}, id="the active one, though it is old"),
        pytest.param(Bounds(12, surge=0), (3, 3, 3), [(3, 3, 3)], {"new": 6, "ms0": 6}, id="shared out"),
        pytest.param(Bounds(0), (3, 3, 3), [(3, 3, 3)], {"new": 0, "ms0": 0}, id="none at all"),
    ],
)
def test_paused(bounds: Bounds, new: tuple[int, int, int], old: list[tuple[int, int, int]], expected: Json) -> None:
    """While paused, machines are added and removed without rolling."""
    assert scale_paused(bounds, Set("new", *new, created="9", maximum=6), sets(*old)) == expected


def test_amounts() -> None:
    """Percentages round up for the surge and down for what may be missing."""
    assert amount("25%", 10, 0, round_up=True) == 3
    assert amount("25%", 10, 0, round_up=False) == 2
    assert amount(4, 10, 0, round_up=True) == 4
    assert amount(None, 10, 7, round_up=True) == 7


# Templates


def deployment(**spec: Any) -> Json:
    return {"metadata": {}, "spec": {"template": {"spec": machine_template(**spec)}}}


def test_template_hash() -> None:
    """The number is upstream's: recorded for two templates of one MachineDeployment."""
    spec: Json = {
        "bootstrap": {
            "configRef": {
                "apiGroup": "bootstrap.cluster.x-k8s.io",
                "kind": "KubeadmConfigTemplate",
                "name": "demo-md-0",
            }
        },
        "clusterName": "demo",
        "deletion": {"nodeDeletionTimeoutSeconds": 0},
        "infrastructureRef": {
            "apiGroup": "infrastructure.cluster.x-k8s.io",
            "kind": "VSphereMachineTemplate",
            "name": "demo-worker",
        },
        "version": "v1.35.0",
    }
    assert template_hash({"spec": spec, "metadata": {"labels": {"ignored": "yes"}}}) == "474945861"
    spec["infrastructureRef"]["name"], spec["version"] = "demo-worker-v1-36-0", "v1.36.0"
    assert template_hash({"spec": spec}) == "3161634125"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, [], id="equal"),
        pytest.param({"minReadySeconds": 5, "readinessGates": [{"conditionType": "x"}]}, [], id="changed in place"),
        pytest.param({"version": "v1.36.0"}, ["Version v1.35.0, v1.36.0 required"], id="version"),
        pytest.param({"infra": "demo-next"}, ["VSphereMachine is not up-to-date"], id="infrastructure"),
        pytest.param({"failureDomain": "b"}, ["Failure domain , b required"], id="failure domain"),
        pytest.param(
            {"bootstrap": {"dataSecretName": "x"}}, ["KubeadmConfig is not up-to-date"], id="another kind of bootstrap"
        ),
    ],
)
def test_differences(change: Json, expected: list[str]) -> None:
    """What makes a MachineSet one of an older template."""
    assert spec_differences(deployment(), deployment(**change)) == expected


def test_current_set() -> None:
    """Of equal templates the largest set counts; with a roll-out date that has come, only a younger one."""

    def machine_set(name: str, replicas: int, made: str) -> Json:
        body = deployment()
        body["metadata"] = {"name": name, "creationTimestamp": made}
        body["spec"]["replicas"] = replicas
        return body

    old, young = machine_set("old", 3, ago(hours=2)), machine_set("young", 1, ago(minutes=5))
    wanted = deployment()
    assert current_set(wanted, [young, old], NOW) is old
    wanted["spec"]["rollout"] = {"after": ago(hours=1)}
    assert current_set(wanted, [young, old], NOW) is young
    assert current_set(wanted, [old], NOW) is None
    wanted["spec"]["rollout"] = {"after": timestamp(NOW + timedelta(hours=1))}
    assert current_set(wanted, [young, old], NOW) is old


def test_machine_names() -> None:
    """Names follow the template and are never longer than 63 characters."""
    template = "{{ .cluster.name }}-{{ .machineSet.name }}-{{ .random }}"
    assert machine_name("", "c", "machineSet", "workers", Ids(1)).startswith("workers-")
    assert machine_name(template, "c", "machineSet", "workers", Ids(1)).startswith("c-workers-")
    long = machine_name(template, "c" * 40, "machineSet", "w" * 40, Ids(1))
    assert len(long) == 63
    assert long[:58] == f"{'c' * 40}-{'w' * 17}"


# Order


def machine(name: str, *, made: float = 60, node: bool = True, **more: Any) -> Json:
    conditions = [{"type": type_, "status": status} for type_, status in more.pop("conditions", {}).items()]
    status: Json = {"conditions": conditions, **({"nodeRef": {"name": name}} if node else {})}
    return {"metadata": {"name": name, "creationTimestamp": ago(seconds=made), **more}, "spec": {}, "status": status}


MARKED = {"cluster.x-k8s.io/delete-machine": ""}
POOL = [
    machine("young", made=10),
    machine("old", made=1000),
    machine("marked", annotations=MARKED),
    machine("nodeless", node=False),
    machine("ill", conditions={"HealthCheckSucceeded": "False"}),
    machine("going", deletionTimestamp=ago(seconds=1)),
]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("Random", ["going", "marked", "ill", "nodeless", "old", "young"]),
        ("Oldest", ["going", "marked", "ill", "nodeless", "old", "young"]),
        ("Newest", ["going", "marked", "ill", "nodeless", "young", "old"]),
    ],
)
def test_deletion_order(order: str, expected: list[str]) -> None:
    """Those that go already, marked ones, ill ones; then by the order asked for."""
    assert [m["metadata"]["name"] for m in deletion_order(POOL, order, NOW)] == expected


def test_remediation_order() -> None:
    """Marked by a person first, then the youngest."""
    pool = [machine("old", made=100), machine("young", made=1), machine("asked", made=50)]
    pool[2]["metadata"]["annotations"] = {"cluster.x-k8s.io/remediate-machine": ""}
    assert [m["metadata"]["name"] for m in remediation_order(pool)] == ["asked", "young", "old"]


# Remediation

ILL = {"HealthCheckSucceeded": "False", "OwnerRemediated": "False"}


def scope(*, limit: int | None = None, revision: str = "1", blocked: tuple[str, ...] = ()) -> Scope:
    told = {"machinedeployment.clusters.x-k8s.io/revision": revision}
    owner: Json = {"metadata": {"annotations": told}, "spec": {"replicas": 3}}
    if limit is not None:
        owner["spec"]["remediation"] = {"maxInFlight": limit}
    machine_set = {"metadata": {"annotations": {"machinedeployment.clusters.x-k8s.io/revision": "1"}}}
    pool = [machine("a", made=9, conditions=ILL), machine("b", made=5, conditions=ILL), machine("c")]
    return Scope(machine_set, owner, pool, lambda: list(blocked))


@pytest.mark.parametrize(
    ("given_", "deleted", "held"),
    [
        pytest.param(scope(), ["b", "a"], [], id="all, the youngest first"),
        pytest.param(scope(limit=1), ["b"], [("a", "RemediationDeferred")], id="one at a time"),
        pytest.param(scope(limit=0), [], [("ab", "RemediationDeferred")], id="none now"),
        pytest.param(scope(revision="2"), [], [("ab", "CannotBeRemediated")], id="of an older template"),
        pytest.param(scope(blocked=("no",)), [], [("ba", "RemediationDeferred")], id="the control plane is not stable"),
    ],
)
def test_remediation(given_: Scope, deleted: list[str], held: list[tuple[str, str]]) -> None:
    """Which ill machines go now, and what is said of the others."""
    found = decide_remediation(given_)
    assert [m["metadata"]["name"] for m in found.delete] == deleted
    assert [("".join(m["metadata"]["name"] for m in ms), reason) for ms, reason, _ in found.hold] == held


# Preflight


def plane(spec: str, *status: str) -> Json:
    told = {"versions": [{"version": version, "replicas": 1} for version in status]} if status else {}
    metadata = {"name": "cp", "namespace": "ns"}
    return {"kind": "KubeadmControlPlane", "metadata": metadata, "spec": {"version": spec}, "status": told}


@pytest.mark.parametrize(
    ("control_plane", "version", "skip", "expected"),
    [
        pytest.param(plane("v1.35.0", "v1.35.0"), "v1.35.0", "", [], id="equal"),
        pytest.param(None, "v1.35.0", "", [], id="no control plane"),
        pytest.param(plane("v1.35.0"), "v1.35.0", "", ["is provisioning"], id="not up yet"),
        pytest.param(plane("v1.36.0", "v1.35.0", "v1.36.0"), "v1.36.0", "", ["is upgrading"], id="half way"),
        pytest.param(plane("v1.35.0", "v1.35.0"), "v1.36.0", "", ["is higher", "kubeadm only"], id="ahead of it"),
        pytest.param(plane("v1.36.0", "v1.36.0"), "v1.32.0", "", ["more than 3", "kubeadm only"], id="far behind"),
        pytest.param(plane("v1.36.0", "v1.36.0"), "v1.35.0", "", ["kubeadm only"], id="kubeadm wants the same minor"),
        pytest.param(plane("v1.36.0", "v1.35.0"), "v1.36.0", "All", [], id="nothing is checked"),
        pytest.param(
            plane("v1.36.0", "v1.35.0"), "v1.36.0", "ControlPlaneIsStable, KubeadmVersionSkew", [], id="two are skipped"
        ),
    ],
)
def test_preflight(control_plane: Json | None, version: str, skip: str, expected: list[str]) -> None:
    """Why machines must wait for the control plane."""
    machine_set = {
        "metadata": {"annotations": {"machineset.cluster.x-k8s.io/skip-preflight-checks": skip} if skip else {}},
        "spec": {"template": {"spec": machine_template(version)}},
    }
    found = preflight(machine_set, control_plane, None)
    assert len(found) == len(expected)
    for text, part in zip(found, expected, strict=True):
        assert part in text


# Nodes


def node(**more: Any) -> Json:
    return {"metadata": {"name": "n", "resourceVersion": "5", **more.pop("metadata", {})}, **more}


def owned_machine(**labels: str) -> Json:
    return {
        "metadata": {
            "name": "m",
            "namespace": "ns",
            "labels": labels,
            "ownerReferences": [{"kind": "MachineSet", "name": "ms", "controller": True}],
        },
        "spec": {"clusterName": "c"},
    }


BOOK = {
    "cluster.x-k8s.io/cluster-name": "c",
    "cluster.x-k8s.io/cluster-namespace": "ns",
    "cluster.x-k8s.io/machine": "m",
    "cluster.x-k8s.io/owner-kind": "MachineSet",
    "cluster.x-k8s.io/owner-name": "ms",
    "cluster.x-k8s.io/labels-from-machine": "",
    "cluster.x-k8s.io/annotations-from-machine": "",
}


def test_node_gets_what_belongs_to_it() -> None:
    """Book-keeping, labels of three domains, and a taint less."""
    marked = owned_machine(**{"node-role.kubernetes.io/db": "", "a.node.cluster.x-k8s.io/x": "1", "team": "blue"})
    patch = node_patch(marked, node(spec={"taints": [UNINITIALIZED, {"key": "own", "effect": "NoSchedule"}]}), None)
    carried = {"node-role.kubernetes.io/db": "", "a.node.cluster.x-k8s.io/x": "1"}
    listed = "a.node.cluster.x-k8s.io/x,node-role.kubernetes.io/db"
    assert patch["metadata"]["labels"] == carried
    assert patch["metadata"]["annotations"] == {**BOOK, "cluster.x-k8s.io/labels-from-machine": listed}
    assert patch["spec"] == {"taints": [{"key": "own", "effect": "NoSchedule"}]}
    assert patch["metadata"]["resourceVersion"] == "5"


def test_node_loses_what_came_from_the_machine() -> None:
    """A label that the Machine gave goes with it; others stay."""
    told = {**BOOK, "cluster.x-k8s.io/labels-from-machine": "node-role.kubernetes.io/db"}
    have = node(metadata={"annotations": told, "labels": {"node-role.kubernetes.io/db": "", "own": "1"}})
    patch = node_patch(owned_machine(), have, None)
    assert patch["metadata"]["labels"] == {"node-role.kubernetes.io/db": None}


def test_settled_node_is_left_alone() -> None:
    """Nothing differs, nothing is patched."""
    assert node_patch(owned_machine(), node(metadata={"annotations": BOOK}), None) == {}


def test_node_of_an_older_template_is_marked() -> None:
    """While its MachineDeployment rolls on, new Pods should avoid the node."""
    key = "machinedeployment.clusters.x-k8s.io/revision"
    older, newer = {"metadata": {"annotations": {key: "1"}}}, {"metadata": {"annotations": {key: "2"}}}
    have = node(metadata={"annotations": BOOK})
    assert node_patch(owned_machine(), have, None, older, newer)["spec"] == {"taints": [OUTDATED]}
    marked = {**have, "spec": {"taints": [OUTDATED]}}
    assert node_patch(owned_machine(), marked, None, newer, newer)["spec"] == {"taints": None}


def test_stale_keys() -> None:
    """Keys that one manager owns and that are wanted no more."""
    owned: Json = {"f:metadata": {"f:labels": {".": {}, "f:a": {}, "f:b": {}}, "f:annotations": {"f:n": {}}}}
    obj = {
        "metadata": {
            "labels": {"a": "", "b": "", "c": ""},
            "annotations": {"n": ""},
            "managedFields": [
                {"manager": "capi-machineset", "fieldsV1": owned},
                {"manager": "other", "fieldsV1": {"f:metadata": {"f:labels": {"f:c": {}}}}},
            ],
        }
    }
    assert stale_keys(obj, "capi-machineset", {"a": ""}, {}) == {("labels", "b"), ("annotations", "n")}


# Drain


def pod(name: str, *, owner: str = "", phase: str = "Running", **metadata: Any) -> Json:
    owners = [{"kind": owner, "name": f"{name}-owner", "controller": True}] if owner else []
    meta = {"name": name, "namespace": "ns", "ownerReferences": owners, **metadata}
    return {"metadata": meta, "spec": {}, "status": {"phase": phase}}


def rule(behavior: str, order: int | None = None, **pods: str) -> Json:
    spec: Json = {"drain": {"behavior": behavior, **({"order": order} if order is not None else {})}}
    if pods:
        spec["pods"] = [{"selector": {"matchLabels": pods}}]
    return {"metadata": {"name": f"{behavior}-{order}"}, "spec": spec}


@pytest.mark.parametrize(
    ("given_", "rules", "unreachable", "expected"),
    [
        pytest.param(pod("a"), [], False, ("Drain", 0), id="any other"),
        pytest.param(pod("a", owner="DaemonSet"), [], False, ("Skip", 0), id="of a DaemonSet"),
        pytest.param(pod("b", owner="DaemonSet"), [], False, ("Drain", 0), id="of a DaemonSet that is gone"),
        pytest.param(pod("a", owner="DaemonSet", phase="Failed"), [], False, ("Drain", 0), id="DaemonSet, ended"),
        pytest.param(pod("a", annotations={drain.MIRROR: ""}), [], False, ("Skip", 0), id="static"),
        pytest.param(pod("a", labels={drain.DRAIN_LABEL: "skip"}), [], False, ("Skip", 0), id="label: skip"),
        pytest.param(
            pod("a", labels={drain.DRAIN_LABEL: "wait-completed"}), [], False, ("WaitCompleted", 0), id="label: wait"
        ),
        pytest.param(pod("a", labels={"app": "db"}), [rule("Drain", 9, app="db")], False, ("Drain", 9), id="rule"),
        pytest.param(pod("a"), [rule("Drain", 9, app="db")], False, ("Drain", 0), id="rule for others"),
        pytest.param(pod("a"), [rule("WaitCompleted")], False, ("WaitCompleted", 0), id="rule for all"),
        pytest.param(pod("a", deletionTimestamp=ago(seconds=5)), [], False, ("Drain", 0), id="going"),
        pytest.param(pod("a", deletionTimestamp=ago(seconds=5)), [], True, ("Skip", 0), id="going, node silent"),
    ],
)
def test_treatment(given_: Json, rules: list[Json], unreachable: bool, expected: tuple[str, int]) -> None:
    """What a drain does with a Pod."""
    found = drain.treatment(
        given_,
        rules=rules,
        namespaces={},
        daemon_sets=frozenset({Key("ns", "a-owner")}),
        now=NOW,
        unreachable=unreachable,
    )
    assert (found.behaviour, found.order) == expected


def test_drain_goes_by_order_and_tells() -> None:
    """The lowest order first; what waits is told in upstream's words."""
    progress = drain.plan(
        [
            (pod("web"), drain.Treatment("Drain", 0)),
            (pod("db"), drain.Treatment("Drain", 5)),
            (pod("job"), drain.Treatment("WaitCompleted")),
            (pod("gone", deletionTimestamp=ago(seconds=5)), drain.Treatment("Drain")),
            (pod("ds"), drain.Treatment("Skip")),
        ]
    )
    assert [p["metadata"]["name"] for p in progress.evict_now] == ["web"]
    refusal = "Cannot evict pod as it would violate the pod's disruption budget. The budget web needs 2"
    progress.failed = {refusal: progress.evict_now, "boom": [pod("x"), pod("y")]}
    progress.evict_now = []
    assert drain.message(progress, "T").split("\n") == [
        "Drain not completed yet (started at T):",
        "* Pod ns/gone: deletionTimestamp set, but still not removed from the Node",
        "* Pod ns/web: cannot evict pod as it would violate the pod's disruption budget. The budget web needs 2",
        "* Pods ns/x, ns/y: failed to evict Pod, boom",
        "* Pod ns/job: waiting for completion",
        "After above Pods have been removed from the Node, the following Pods will be evicted: ns/db",
    ]


def test_rules_choose_machines() -> None:
    """A rule holds for Machines by their labels and their Cluster's."""
    every, some = rule("Skip"), rule("Drain", 1)
    some["spec"]["machines"] = [
        {"selector": {"matchLabels": {"pool": "gpu"}}, "clusterSelector": {"matchLabels": {"env": "prod"}}}
    ]
    cluster = {"metadata": {"labels": {"env": "prod"}}}
    assert drain.matching_rules([some, every], {"metadata": {"labels": {"pool": "gpu"}}}, cluster) == [some, every]
    assert drain.matching_rules([some, every], {"metadata": {"labels": {}}}, cluster) == [every]


def test_attached_volumes() -> None:
    """Claims of drained Pods are waited for, those of skipped Pods are not; strangers are told apart."""

    def volume(name: str, claim: str = "") -> Json:
        told = {"claimRef": {"kind": "PersistentVolumeClaim", "namespace": "ns", "name": claim}} if claim else {}
        return {"metadata": {"name": name}, "spec": {"csi": {"driver": "csi", "volumeHandle": name}, **told}}

    names = ("db", "logs", "bare", "odd")
    machine_node = {
        "metadata": {"name": "n"},
        "status": {"volumesAttached": [{"name": f"kubernetes.io/csi/csi^{name}"} for name in names]},
    }
    attachment = {
        "spec": {"nodeName": "n", "source": {"persistentVolumeName": "lost"}},
        "status": {"attached": True},
    }
    skipped = pod("agent")
    skipped["spec"]["volumes"] = [{"persistentVolumeClaim": {"claimName": "logs"}}]
    found = volumes.attached(
        machine_node, [attachment], [volume("db", "db"), volume("logs", "logs"), volume("bare")], [skipped]
    )
    assert volumes.message(found, "T").split("\n") == [
        "Waiting for Node volumes to be detached (started at T)",
        "* PersistentVolumeClaims: ns/db",
        "* PersistentVolumes without a .spec.claimRef to a PersistentVolumeClaim: bare",
        "* Node with .status.volumesAttached entries not matching a PersistentVolume: kubernetes.io/csi/csi^odd",
        "* VolumeAttachment with .spec.source.persistentVolumeName not matching a PersistentVolume: lost",
    ]
    assert not volumes.attached({"metadata": {"name": "n"}}, [], [], [])


# Words


def test_stale_and_ill_machines_are_named() -> None:
    """At most three names, and what the delay is likely due to."""
    deleting: Json = {
        "type": "Deleting",
        "status": "True",
        "reason": "DrainingNode",
        "message": "* Pod ns/web: cannot evict pod as it would violate the pod's disruption budget.",
    }
    slow = machine("a", deletionTimestamp=ago(minutes=16))
    slow["status"] |= {"conditions": [deleting], "deletion": {"nodeDrainStartTime": ago(minutes=6)}}
    text = "Machine a is in deletion since more than 15m, delay likely due to PodDisruptionBudgets"
    assert stale_text([slow, machine("b", deletionTimestamp=ago(minutes=5))], NOW) == text
    ill = [machine(name, conditions={"HealthCheckSucceeded": "False"}) for name in "dcba"]
    assert unhealthy_text(ill, "MachineSet") == (
        "Machines a, b, c, ... (1 more) are not healthy (not to be remediated by MachineSet)"
    )
    assert unhealthy_text([machine("fine")], "") == ""
