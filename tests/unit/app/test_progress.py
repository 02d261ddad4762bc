"""What `fairlead demo` says of a cluster: the stages behind it, and what it waits for."""

from typing import Any

import pytest

from fairlead.base.objects import Json, Key
from fairlead.cli.progress import CLUSTER, FLUX_SOURCE, HELM_RELEASE, KUSTOMIZATION, MACHINE, Objects, judge_cluster

KEY = Key("staging", "skiff")


def condition(type_: str, status: str, message: str = "") -> Json:
    return {"type": type_, "status": status, "reason": "Because", "message": message}


def flux(gvk: Any, name: str, ready: str, message: str = "", *, remote: bool = False, **status: Any) -> Json:
    spec = {"kubeConfig": {"secretRef": {"name": "skiff-kubeconfig"}}} if remote else {}
    return {
        "kind": gvk.kind,
        "metadata": {"name": name, "namespace": "staging", "generation": 2},
        "spec": spec,
        "status": {"observedGeneration": 2, "conditions": [condition("Ready", ready, message)], **status},
    }


def cluster(*, infrastructure: bool = True, initialized: bool = True) -> Json:
    done = {"infrastructureProvisioned": infrastructure, "controlPlaneInitialized": initialized}
    return {
        "kind": "Cluster",
        "metadata": {"name": "skiff", "namespace": "staging"},
        "status": {
            "initialization": done,
            "controlPlane": {"desiredReplicas": 1},
            "workers": {"desiredReplicas": 1},
            "conditions": [condition("InfrastructureReady", "False", "no vCenter")],
        },
    }


def machine(name: str, *, ready: bool, control_plane: bool = False) -> Json:
    labels = {"cluster.x-k8s.io/cluster-name": "skiff"}
    if control_plane:
        labels["cluster.x-k8s.io/control-plane"] = ""
    status = "True" if ready else "False"
    conditions = [
        condition("BootstrapConfigReady", "True"),
        condition("InfrastructureReady", status, "cloning"),
        condition("NodeReady", status),
    ]
    return {
        "metadata": {"name": name, "namespace": "staging", "labels": labels},
        "status": {"phase": "Provisioning", "conditions": conditions},
    }


APP = flux(KUSTOMIZATION, "skiff-hello", "True", remote=True)
READY = (machine("cp", ready=True, control_plane=True), machine("w", ready=True))


@pytest.mark.parametrize(
    ("found", "reached", "waiting"),
    [
        pytest.param([(FLUX_SOURCE, flux(FLUX_SOURCE, "fleet", "False", "no such host"))], 0,
                     "GitRepository fleet: no such host", id="source"),
        pytest.param([(KUSTOMIZATION, flux(KUSTOMIZATION, "clusters", "False", "bad YAML"))], 0,
                     "Kustomization clusters: bad YAML", id="kustomization"),
        pytest.param([(HELM_RELEASE, flux(HELM_RELEASE, "skiff", "False", "bad values"))], 0,
                     "HelmRelease skiff: bad values", id="release"),
        pytest.param([(CLUSTER, cluster(infrastructure=False, initialized=False))], 0,
                     "infrastructure: no vCenter", id="infrastructure"),
        pytest.param([(CLUSTER, cluster(initialized=False)), (MACHINE, machine("cp", ready=False, control_plane=True))],
                     1, "control plane; cp is Provisioning: cloning", id="control plane"),
        pytest.param([(CLUSTER, cluster()), (MACHINE, READY[0]), (MACHINE, machine("w", ready=False))],
                     2, "nodes 1/2; w is Provisioning: cloning", id="nodes"),
        pytest.param([(CLUSTER, cluster()), *((MACHINE, m) for m in READY)], 3,
                     "apps: nothing is delivered into the cluster yet", id="no apps"),
        pytest.param([(CLUSTER, cluster()), *((MACHINE, m) for m in READY),
                      (KUSTOMIZATION, flux(KUSTOMIZATION, "skiff-hello", "Unknown", "in progress", remote=True))], 3,
                     "Kustomization skiff-hello: in progress", id="apps"),
        pytest.param([(CLUSTER, cluster()), *((MACHINE, m) for m in READY), (KUSTOMIZATION, APP),
                      (HELM_RELEASE, flux(HELM_RELEASE, "skiff", "True", observedGeneration=1))], 4,
                     "HelmRelease skiff: Because", id="release not seen"),
        pytest.param([(CLUSTER, cluster()), *((MACHINE, m) for m in READY), (KUSTOMIZATION, APP)], 4, "", id="Ready"),
    ],
)  # fmt: skip
def test_stages(found: list[tuple[Any, Json]], reached: int, waiting: str) -> None:
    """The first thing that is not there yet is named, with what its object says."""
    objects = Objects()
    for gvk, obj in found:
        objects.put(gvk, obj)
    progress = judge_cluster(objects, KEY)
    assert len(progress.reached) == reached
    assert progress.waiting == waiting
    assert progress.is_ready == (not waiting)


def test_surplus_machine_is_not_ready() -> None:
    """While a machine more than wanted is there, the cluster has not settled."""
    objects = Objects()
    objects.put(CLUSTER, cluster())
    for each in (*READY, machine("old", ready=False)):
        objects.put(MACHINE, each)
    assert "all nodes Ready" not in judge_cluster(objects, KEY).reached
    objects.put(MACHINE, machine("old", ready=False), gone=True)
    assert "all nodes Ready" in judge_cluster(objects, KEY).reached
