"""`reconcile`, `suspend` and `resume`, with a controller of a few lines behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fairlead.base.objects import GVK, Json, annotations, get_in
from fairlead.testing.serving import Served

from .conftest import Cli

GIT = GVK("source.toolkit.fluxcd.io", "v1", "GitRepository")
CHART = GVK("source.toolkit.fluxcd.io", "v1", "HelmChart")
KS = GVK("kustomize.toolkit.fluxcd.io", "v1", "Kustomization")
RELEASE = GVK("helm.toolkit.fluxcd.io", "v2", "HelmRelease")
CLUSTER = GVK("cluster.x-k8s.io", "v1beta2", "Cluster")
REQUESTED = "reconcile.fluxcd.io/requestedAt"

Answer = Callable[[Json], Json]


def well(obj: Json) -> Json:
    """Ready, at a new revision."""
    condition = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "fine"}
    return {"conditions": [condition], "lastAppliedRevision": "main@sha1:abc", "artifact": _artifact("main@sha1:abc")}


def broken(obj: Json) -> Json:
    """Not Ready, for a reason of its own."""
    return {"conditions": [{"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "no such path"}]}


def _artifact(revision: str) -> Json:
    return {
        "revision": revision,
        "path": "p",
        "url": "http://x/p",
        "digest": "sha256:0",
        "lastUpdateTime": TIME,
    }


TIME = "2026-01-01T00:00:00Z"


def controller(served: Served, kinds: Sequence[GVK], answer: Answer = well, handles: bool = True) -> list[str]:
    """Answer every new request on objects of *kinds*; returns the log of what was asked, in order."""
    asked: list[str] = []

    async def follow(gvk: GVK) -> None:
        async for event in served.client.watch(gvk):
            obj = event.object
            wanted = annotations(obj).get(REQUESTED) if obj else None
            if not wanted or get_in(obj, "status", "lastHandledReconcileAt") == wanted:
                continue
            asked.append(f"{obj['kind']}/{obj['metadata']['name']}")
            status: dict[str, Any] = answer(obj)
            if gvk != KS:
                status.pop("lastAppliedRevision", None)
            if gvk in (KS, RELEASE):
                status.pop("artifact", None)
            for condition in status["conditions"]:
                condition |= {"lastTransitionTime": TIME, "observedGeneration": obj["metadata"]["generation"]}
            status["observedGeneration"] = obj["metadata"]["generation"]
            if handles:
                status["lastHandledReconcileAt"] = wanted
            key = obj["metadata"]["name"], obj["metadata"]["namespace"]
            await served.client.patch(gvk, *key, {"status": status}, subresource="status")

    for gvk in kinds:
        served.start(follow(gvk))
    return asked


def test_waits_until_handled_and_ready(served: Served, own: Cli) -> None:
    """The lines are flux's, on stderr; the result needs no stdout."""
    controller(served, [KS])
    outcome = own("reconcile", "ks", "clusters")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.splitlines() == [
        "► annotating Kustomization clusters in flux-system namespace",
        "✔ Kustomization annotated",
        "◎ waiting for Kustomization reconciliation",
        "✔ applied revision main@sha1:abc",
    ]


def test_reconciles_the_source_first(served: Served, own: Cli) -> None:
    """A release with its source is the Git repository, then the chart, then the release."""
    asked = controller(served, [GIT, CHART, RELEASE])
    assert own("reconcile", "helmrelease/skiff", "--with-source").code == 0
    assert asked == ["GitRepository/fleet", "HelmChart/staging-skiff", "HelmRelease/skiff"]


def test_says_what_failed(served: Served, own: Cli) -> None:
    """A reconciliation that ends in a failure is exit code 1 with the message of Ready."""
    controller(served, [KS], broken)
    outcome = own("reconcile", "kustomization", "clusters", "-n", "flux-system")
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1] == "Error: Kustomization reconciliation failed: 'no such path'"


def test_gives_up_after_the_timeout(served: Served, own: Cli) -> None:
    """Nobody answers: the error names the object and says so."""
    outcome = own("reconcile", "git", "fleet", "--timeout", "50ms")
    assert outcome.code == 1
    assert "GitRepository flux-system/fleet is not Ready after 0.05s: its controller has not answered" in outcome.err


def test_refuses_what_is_suspended(own: Cli) -> None:
    """As flux does, with how to go on."""
    outcome = own("reconcile", "ks", "skiff-cni")
    assert outcome.code == 1
    assert "resource is suspended" in outcome.err
    assert "fairlead resume kustomization skiff-cni -n staging" in outcome.err


def test_suspend_and_resume(served: Served, own: Cli) -> None:
    """spec.suspend is set and taken out again; resume waits for a reconciliation."""
    outcome = own("suspend", "hr", "skiff")
    assert outcome.err.splitlines() == [
        "► suspending helmrelease skiff in staging namespace",
        "✔ helmrelease suspended",
    ]
    assert served.run(served.client.get(RELEASE, "skiff", "staging"))["spec"]["suspend"] is True
    controller(served, [RELEASE])
    outcome = own("resume", "hr", "skiff")
    assert outcome.code == 0
    assert outcome.err.splitlines() == [
        "► resuming helmrelease skiff in staging namespace",
        "✔ helmrelease resumed",
        "◎ waiting for HelmRelease reconciliation",
        "✔ applied revision 0.1.0+6f1ed002ab55",
    ]
    assert "suspend" not in served.run(served.client.get(RELEASE, "skiff", "staging"))["spec"]


def test_a_cluster_is_paused(served: Served, own: Cli) -> None:
    """Cluster API's field is spec.paused; nothing is waited for."""
    assert own("suspend", "cluster/skiff").code == 0
    assert served.run(served.client.get(CLUSTER, "skiff", "staging"))["spec"]["paused"] is True
    assert own("resume", "cluster", "skiff").code == 0
    assert not served.run(served.client.get(CLUSTER, "skiff", "staging"))["spec"].get("paused")


def test_suspend_all_of_a_namespace(served: Served, own: Cli) -> None:
    """--all takes every object of the kind in the namespace."""
    assert own("suspend", "ks", "--all", "-n", "production").code == 0
    found = served.run(served.client.list(KS, "production")).items
    assert [each["spec"].get("suspend") for each in found] == [True, True]


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        pytest.param("reconcile ks", 2, "Kustomization name is required", id="no name"),
        pytest.param("reconcile cluster skiff", 2, "Cluster has no reconciliation that can be asked for", id="kind"),
        pytest.param("suspend machine x", 2, "Machine cannot be suspended", id="not suspendable"),
        pytest.param("suspend ks --all", 2, "--all wants a namespace", id="all of everything"),
        pytest.param("reconcile ks nothing", 1, "Kustomization object 'nothing' not found in any namespace", id="name"),
        pytest.param("reconcile ks clusters --timeout soon", 2, "not a duration", id="timeout"),
    ],
)
def test_refusals(own: Cli, line: str, code: int, says: str) -> None:
    """Wrong usage is 2, what is not there is 1; both are said on stderr."""
    outcome = own(*line.split())
    assert outcome.code == code
    assert says in outcome.err
    assert outcome.out == ""


def test_an_ambiguous_name_names_both(served: Served, own: Cli) -> None:
    """A name in two namespaces needs -n."""
    twin = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "clusters", "namespace": "default"},
        "spec": {"interval": "1m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "x"}},
    }
    served.run(served.client.create(twin))
    outcome = own("suspend", "ks", "clusters")
    assert outcome.code == 1
    assert "ambiguous: there are default/clusters and flux-system/clusters" in outcome.err
    assert own("suspend", "ks", "clusters", "-n", "default").code == 0
