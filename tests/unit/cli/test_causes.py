"""How causes are shown: what says the same is one, how long it waits, and what to do next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.base.objects import Json
from fairlead.cli.advice import TABLE
from fairlead.cli.causes import render
from fairlead.cli.fleet import Fleet
from fairlead.cli.terminal import Paint

NOW = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)
NETWORK = "* NodeHealthy:\n  * Node.Ready: Network plugin returns error: cni plugin not initialized"


def unready(kind: str, name: str, message: str, *, status: str = "False", ago: int = 0, **spec: Any) -> Json:
    since = (NOW - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z")
    condition = {"type": "Ready", "status": status, "reason": "R", "message": message, "lastTransitionTime": since}
    metadata = {"name": name, "namespace": "n"}
    return {"kind": kind, "metadata": metadata, "spec": spec, "status": {"conditions": [condition]}}


def shown(*objects: Json) -> str:
    fleet = Fleet(objects)
    return " ".join(render(fleet, fleet.causes, NOW, Paint(False), 80).split())


def test_machines_that_say_the_same_are_one() -> None:
    """Of one cluster; those of another cluster are told by themselves."""
    machines = [unready("Machine", name, NETWORK, clusterName="c") for name in ("a", "b", "d")]
    text = shown(*machines, unready("Machine", "e", NETWORK, clusterName="other"))
    assert "◎ Machine n/a and 2 more of its cluster: NodeHealthy: Node.Ready" in text
    assert "◎ Machine n/e: NodeHealthy" in text


def test_own_name_is_said_once() -> None:
    """The provider names the object again in its messages."""
    text = (
        "unable to get folder for \"infrastructure.cluster.x-k8s.io/v1beta2, Kind=VSphereVM n/v\": folder 'x' not found"
    )
    assert "VSphereVM n/v: unable to get folder: folder 'x' not found" in shown(unready("VSphereVM", "v", text))


@pytest.mark.parametrize(("ago", "told"), [(59, False), (150, True)], ids=["just now", "long"])
def test_how_long_it_waits(ago: int, *, told: bool) -> None:
    """From a minute on."""
    text = shown(unready("Machine", "m", "Waiting for x", status="Unknown", ago=ago))
    assert ("Machine n/m, for 2m30s: Waiting for x" in text) is told


ADVICE = [
    pytest.param("Machine", NETWORK, 60, "secretRef.name c-kubeconfig", id="no network plugin"),
    pytest.param("Machine", NETWORK, 2, "", id="no network plugin, just now"),
    pytest.param("VSphereVM", "vm with bios uuid 42 not found", 0, "kubectl -n n delete machine x", id="lost VM"),
    pytest.param("VSphereVM", "A: WaitingForIPAllocation", 300, "DHCP scope", id="no address"),
    pytest.param("VSphereVM", "A: WaitingForIPAllocation", 30, "", id="no address yet"),
    pytest.param("VSphereVM", 'unable to find template by name "t"', 0, "import it", id="template"),
    pytest.param("Machine", "Waiting for a Node with spec.providerID v to exist", 900, "cloud-init", id="no node"),
    pytest.param("VSphereCluster", "thumbprint does not match", 0, "about.cert", id="thumbprint"),
    pytest.param("VSphereCluster", "Login failure", 0, "identityRef", id="password"),
    pytest.param("VSphereVM", "can't resize template disk down", 0, "diskGiB", id="disk"),
    pytest.param("Kustomization", "unable to read KubeConfig secret", 0, "names agree", id="kubeconfig"),
    pytest.param("Kustomization", 'variable not set (strict mode): "x"', 0, "written $${…}", id="variable"),
    pytest.param("HelmRelease", "cannot update Kubernetes version from v1 to v3", 0, "one minor", id="version"),
    pytest.param("HelmRelease", "values don't meet the specifications of the schema(s)", 0, "the line", id="schema"),
    pytest.param("Machine", "something else", 900, "", id="nothing to say"),
]


@pytest.mark.parametrize(("kind", "message", "ago", "told"), ADVICE)
def test_advice(kind: str, message: str, ago: int, told: str) -> None:
    """What to do next stands below the cause; nothing where time alone may help."""
    _, _, step = shown(unready(kind, "x", message, ago=ago, clusterName="c")).partition("next: ")
    assert told in step if told else not step


def test_no_network_advice_while_one_is_on_its_way() -> None:
    """A Kustomization that is at work in the cluster may be bringing it."""
    machine = unready("Machine", "m", NETWORK, ago=60, clusterName="c")
    cluster = unready("Cluster", "c", "")
    cluster["status"]["conditions"][0]["type"] = "Available"
    spec = {"kubeConfig": {"secretRef": {"name": "c-kubeconfig"}}}
    bringing = unready("Kustomization", "cni", "running", status="Unknown", **spec)
    assert "next:" in shown(machine, cluster)
    assert "next:" not in shown(machine, cluster, bringing)


def test_texts_can_be_filled_in() -> None:
    """No advice names what a cause does not have."""
    for each in TABLE:
        each.text.format(name="a", namespace="b", cluster="c")
