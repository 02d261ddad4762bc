"""What is Ready, and what is the cause when it is not."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.base.objects import Json
from fairlead.cli.fleet import Fleet, Id, entries_of
from fairlead.cli.health import State, health_of
from fairlead.cli.tables import one_line, render
from fairlead.cli.terminal import Paint, visible_length


def thing(kind: str, name: str = "a", *, spec: Json | None = None, conditions: Any = (), **status: Any) -> Json:
    found = [dict(zip(("type", "status", "reason", "message"), each, strict=False)) for each in conditions]
    metadata = {"name": name, "namespace": "n", "generation": 2}
    return {"kind": kind, "metadata": metadata, "spec": spec or {}, "status": {"conditions": found, **status}}


def gone(kind: str, **more: Any) -> Json:
    obj = thing(kind, **more)
    return {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}


ONLY_WAITS = "* A: Waiting for x\n* B: condition not yet reported"
PREPARES = "* BootstrapConfigReady: KubeadmConfig status.initialization.dataSecretCreated is false"
JOINS = "* A: PoweringOn\n* B: Node.Ready: Network plugin returns error: cni plugin not initialized"
READY = ("Ready", "True", "Ready", "")
FULL = {"desiredReplicas": 1, "replicas": 1, "readyReplicas": 1, "upToDateReplicas": 1}


@pytest.mark.parametrize(
    ("obj", "state", "message"),
    [
        pytest.param(thing("Machine", conditions=[READY]), State.READY, "", id="ready"),
        pytest.param(thing("Machine"), State.WAITING, "Ready is not yet reported", id="nothing said"),
        pytest.param(thing("Kustomization"), State.WAITING, "waiting to be reconciled", id="new in Flux"),
        pytest.param(
            thing("Kustomization", conditions=[READY], observedGeneration=1),
            State.WAITING,
            "waiting for the change of its spec to be reconciled",
            id="spec changed",
        ),
        pytest.param(
            thing("Kustomization", spec={"suspend": True}, conditions=[READY], observedGeneration=1),
            State.READY,
            "",
            id="suspended",
        ),
        pytest.param(
            thing("Kustomization", conditions=[("Ready", "False", "BuildFailed", "no such path")]),
            State.FAILED,
            "no such path",
            id="failed",
        ),
        pytest.param(
            thing("Kustomization", conditions=[("Ready", "False", "DependencyNotReady", "x")]),
            State.WAITING,
            "x",
            id="waits for a dependency",
        ),
        pytest.param(
            thing("HelmRelease", conditions=[("Ready", "Unknown", "Progressing", "running")]),
            State.WAITING,
            "running",
            id="at work",
        ),
        pytest.param(thing("HelmRepository", spec={"type": "oci"}), State.READY, "", id="a static repository"),
        pytest.param(
            thing("Machine", conditions=[("Ready", "False", "", ONLY_WAITS)]),
            State.WAITING,
            "A: Waiting for x; B: condition not yet reported",
            id="only waits",
        ),
        pytest.param(
            thing("MachineSet", conditions=[("MachinesReady", "False", "NotReady", PREPARES)]),
            State.WAITING,
            PREPARES.removeprefix("* "),
            id="prepares",
        ),
        pytest.param(
            thing("Machine", conditions=[("Ready", "False", "NotReady", JOINS)]),
            State.WAITING,
            "A: PoweringOn; B: Node.Ready: Network plugin returns error: cni plugin not initialized",
            id="starts and joins",
        ),
        pytest.param(
            thing("Machine", conditions=[("Ready", "False", "NotReady", "* A: Waiting for x\n* B: disk full")]),
            State.FAILED,
            "A: Waiting for x; B: disk full",
            id="waits and fails",
        ),
        pytest.param(
            thing("Cluster", conditions=[("Available", "True", "", "")], controlPlane=FULL, workers=FULL),
            State.READY,
            "",
            id="cluster",
        ),
        pytest.param(
            thing(
                "Cluster",
                conditions=[("Available", "True", "", ""), ("RollingOut", "True", "RollingOut", "1 of 2")],
                controlPlane={**FULL, "upToDateReplicas": 0},
            ),
            State.WAITING,
            "1 of 2",
            id="cluster rolls out",
        ),
        pytest.param(
            thing("MachineDeployment", spec={"replicas": 2}, conditions=[("Available", "True", "", "")], **FULL),
            State.WAITING,
            "not all replicas are ready and up to date",
            id="deployment has too few",
        ),
        pytest.param(
            thing("Kustomization", spec={"kubeConfig": {}}, conditions=[("Ready", "False", "X", "connection refused")]),
            State.FAILED,
            "connection refused",
            id="out of reach",
        ),
        pytest.param(
            thing("Machine", conditions=[("Ready", "Unknown", "", "* A: Waiting for x\n* B: Waiting for x")]),
            State.WAITING,
            "A, B: Waiting for x",
            id="says the same twice",
        ),
        pytest.param(
            gone("Kustomization", conditions=[("Ready", "False", "PruneFailed", "delete failed: c is in use")]),
            State.FAILED,
            "cannot be deleted: delete failed: c is in use",
            id="cannot go",
        ),
        pytest.param(
            {"kind": "Cluster", "metadata": {"name": "a", "deletionTimestamp": "2026-01-01T00:00:00Z"}},
            State.WAITING,
            "is being deleted",
            id="goes",
        ),
    ],
)  # fmt: skip
def test_health(obj: Json, state: State, message: str) -> None:
    """Every branch of the judgement."""
    assert (health_of(obj).state, health_of(obj).message) == (state, message)


def failed(kind: str, name: str, reason: str = "Failed", **spec: Any) -> Json:
    return thing(kind, name, spec=spec, conditions=[("Ready", "False", reason, f"{name} failed")])


def causes(*objects: Json) -> list[str]:
    return [f"{cause.id.kind}/{cause.id.name}<{len(cause.holds_up)}" for cause in Fleet(objects).causes]


REPOSITORY = {"kind": "GitRepository", "name": "r"}


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param([failed("Kustomization", "k")], ["Kustomization/k<0"], id="by itself"),
        pytest.param(
            [failed("GitRepository", "r"), failed("Kustomization", "k", "ArtifactFailed", sourceRef=REPOSITORY)],
            ["GitRepository/r<1"],
            id="source",
        ),
        pytest.param(
            [failed("GitRepository", "r"), failed("Kustomization", "k", "BuildFailed", sourceRef=REPOSITORY)],
            ["GitRepository/r<0", "Kustomization/k<0"],
            id="a fault of its own is a cause beside the source's",
        ),
        pytest.param(
            [
                failed("Kustomization", "a", "DependencyNotReady", dependsOn=[{"name": "b"}]),
                failed("Kustomization", "b", "DependencyNotReady", dependsOn=[{"name": "c"}]),
                failed("Kustomization", "c"),
            ],
            ["Kustomization/c<2"],
            id="a chain of dependencies",
        ),
        pytest.param(
            [
                failed("Kustomization", "a", "DependencyNotReady", dependsOn=[{"name": "b"}]),
                failed("Kustomization", "b", "DependencyNotReady", dependsOn=[{"name": "a"}]),
            ],
            ["Kustomization/a<1"],
            id="a circle still has a cause",
        ),
        pytest.param(
            [
                failed("Kustomization", "k", kubeConfig={"secretRef": {"name": "c-kubeconfig"}}),
                thing("Cluster", "c", conditions=[("Available", "False", "NotAvailable", "down")]),
            ],
            ["Cluster/c<1"],
            id="works in a cluster that is not there",
        ),
        pytest.param(
            [failed("Kustomization", "k", "DependencyNotReady", dependsOn=[{"name": "gone"}])],
            ["Kustomization/k<0"],
            id="waits for what does not exist",
        ),
    ],
)
def test_causes(objects: list[Json], expected: list[str]) -> None:
    """The deepest cause, with how many wait for it."""
    assert causes(*objects) == expected


FEW = "* RemoteConnectionProbe: Remote connection not established yet\n* W: 0 available replicas, at least 1 required"


@pytest.mark.parametrize(
    ("machine", "state"),
    [
        pytest.param(("Ready", "Unknown", "", "* NodeHealthy: Waiting for x"), State.WAITING, id="its machine boots"),
        pytest.param(("Ready", "False", "", "clone failed"), State.FAILED, id="its machine failed"),
    ],
)
def test_a_cluster_that_comes_up_waits(machine: Any, state: State) -> None:
    """A cluster with too few machines, and what is delivered into it, waits while all of these only wait."""
    plane = thing(
        "KubeadmControlPlane", "p", conditions=[("Available", "False", "", "Control plane not yet initialized")]
    )
    cluster = thing("Cluster", "c", spec={"controlPlaneRef": {"kind": plane["kind"], "name": "p"}})
    cluster["status"]["conditions"] = [
        {"type": "Available", "status": "False", "reason": "NotAvailable", "message": FEW}
    ]
    part = thing("Machine", "m", spec={"clusterName": "c"}, conditions=[machine])
    part["metadata"]["ownerReferences"] = [{"kind": plane["kind"], "name": "p"}]
    delivered = thing(
        "Kustomization",
        spec={"kubeConfig": {"secretRef": {"name": "c-kubeconfig"}}},
        conditions=[("Ready", "False", "ReconciliationFailed", "dial tcp 10.0.0.1:6443: connect: connection refused")],
    )
    fleet = Fleet([cluster, plane, part, delivered])
    assert [fleet.health(Id.of(obj)).state for obj in (cluster, delivered)] == [state, state]


def test_a_lost_vm_is_one_cause() -> None:
    """The Machine waits for its VM, although the VSphereMachine between them still says Ready."""
    spec = {"infrastructureRef": {"kind": "VSphereMachine", "name": "i"}}
    machine = thing(
        "Machine",
        "m",
        spec={**spec, "clusterName": "c"},
        conditions=[("Ready", "Unknown", "", "Kubelet stopped posting")],
    )
    between = thing("VSphereMachine", "i", conditions=[READY])
    vm = failed("VSphereVM", "v")
    vm["metadata"]["ownerReferences"] = [{"kind": "VSphereMachine", "name": "i"}]
    cluster = thing("Cluster", "c", conditions=[("Available", "True", "", "")], controlPlane=FULL, workers=FULL)
    assert causes(cluster, machine, between, vm) == ["VSphereVM/v<1"]


def test_a_release_that_fails_holds_up_what_goes_into_its_cluster() -> None:
    """Of a cluster that was never made there is only the release of its name."""
    missing = "unable to read KubeConfig secret 'n/c-kubeconfig' error: secrets \"c-kubeconfig\" not found"
    spec = {"kubeConfig": {"secretRef": {"name": "c-kubeconfig"}}}
    delivered = thing("Kustomization", spec=spec, conditions=[("Ready", "False", "ReconciliationFailed", missing)])
    assert causes(delivered, failed("HelmRelease", "c")) == ["HelmRelease/c<1"]


def test_failures_come_before_what_waits() -> None:
    """A failure first, then by depth: the VM before the Kustomization."""
    waiting = thing("VSphereVM", "v", conditions=[("Ready", "Unknown", "", "booting")])
    assert causes(waiting, failed("Kustomization", "k")) == ["Kustomization/k<0", "VSphereVM/v<0"]


def test_inventory_entries() -> None:
    """Namespace, name, group and kind; `__` in a name is a colon."""
    entries = [
        {"id": "n_a_apps_Deployment"},
        {"id": "_system__node_rbac.authorization.k8s.io_ClusterRole"},
        {"id": "n_c__ConfigMap"},
    ]
    assert entries_of({"status": {"inventory": {"entries": entries}}}) == [
        Id("Deployment", "n", "a"),
        Id("ClusterRole", "", "system:node"),
        Id("ConfigMap", "n", "c"),
    ]


def test_one_line() -> None:
    """The nested lists of Cluster API and of Helm become one line."""
    assert one_line("chart c:\n- at '/a': x\n- at '/b': y") == "chart c: at '/a': x; at '/b': y"
    text = "* Machine a:\n  * Infrastructure: clone failed\n  * Node: wait\n* B: x"
    assert one_line(text) == "Machine a: Infrastructure: clone failed; Node: wait; B: x"


def test_tables_fold_their_last_column() -> None:
    """Within the width, below its own beginning; a colour takes no room; without a width a row is a line."""
    paint = Paint(True)
    rows = [[paint("a", "green"), "one two three four five six seven eight"], ["bb", "x"]]
    assert render(["N", "MESSAGE"], rows, 30) == (
        "N   MESSAGE\n\033[32ma\033[0m   one two three four five\n    six seven eight\nbb  x\n"
    )
    assert len(render(["N", "MESSAGE"], rows).splitlines()) == 3
    assert visible_length(paint("abc", "red")) == 3
