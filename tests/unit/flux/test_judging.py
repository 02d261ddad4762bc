"""What a Kustomization needs next: each branch of the judgement."""

import math
from datetime import timedelta
from typing import Any

import pytest

from fairlead.base.objects import GVK, Json, Key
from fairlead.controllers.flux.inventory import Item
from fairlead.controllers.flux.kustomize.judging import (
    Apply,
    Check,
    Correct,
    Finalize,
    Inputs,
    Phase,
    Rest,
    Seen,
    Stall,
    Standing,
    Step,
    Wait,
    decide,
    invalid_expression,
    retry_interval,
    timeout_seconds,
    unready_dependency,
)
from fairlead.engines.kustomize import MemoryLoader

INPUTS = Inputs(1, "GitRepository/ns/src", "sha256:1", "main@sha1:1", "", "", "")
OTHER = Inputs(1, "GitRepository/ns/src", "sha256:2", "main@sha1:2", "", "", "")
ITEM = Item(GVK("", "v1", "ConfigMap"), Key("ns", "a"))
TREE = MemoryLoader({"a.yaml": b""})


def kustomization(deleting: bool = False, **spec: Any) -> Json:
    metadata = {"name": "k", "namespace": "ns", "generation": 1}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    source = {"kind": "GitRepository", "name": "src"}
    return {"metadata": metadata, "spec": {"interval": "10m", "sourceRef": source, **spec}}


def source(artifact: bool = True, deleting: bool = False) -> Json:
    metadata = {"name": "src", "namespace": "ns", **({"deletionTimestamp": "now"} if deleting else {})}
    return {"metadata": metadata, "status": {"artifact": {"revision": "main@sha1:1"}} if artifact else {}}


def standing(phase: Phase, due: float = 100.0, inputs: Inputs = INPUTS) -> Standing:
    return Standing(inputs, phase, due=due)


def seen(**changes: Any) -> Seen:
    facts: dict[str, Any] = {"ks": kustomization(), "now": 50.0, "source": source(), "tree": TREE, "inputs": INPUTS}
    return Seen(**{**facts, **changes})


@pytest.mark.parametrize(
    ("given", "step"),
    [
        pytest.param(seen(ks=kustomization(deleting=True, suspend=True)), Finalize(), id="deleted"),
        pytest.param(seen(ks=kustomization(suspend=True), source=None), Rest(), id="suspended"),
        pytest.param(
            seen(invalid="bad"),
            Stall("InvalidCELExpression", "Reconciliation failed terminally due to configuration error: bad"),
            id="invalid-expression",
        ),
        pytest.param(
            seen(ks=kustomization(serviceAccountName="deployer")),
            Stall(
                "ReconciliationFailed",
                "spec.serviceAccountName 'deployer': acting as a service account is not supported; "
                "take it out of the spec to apply with the controller's own rights",
            ),
            id="service-account",
        ),
        pytest.param(
            seen(ks=kustomization(kubeConfig={"configMapRef": {"name": "cloud"}})),
            Stall(
                "ReconciliationFailed",
                "spec.kubeConfig.configMapRef is not supported; "
                "put a kubeconfig into a Secret and name it in secretRef",
            ),
            id="config-map-kubeconfig",
        ),
        pytest.param(
            seen(ks=kustomization(ignore=[{"paths": ["spec"]}])),
            Stall("ReconciliationFailed", "spec.ignore: path 'spec' is no JSON pointer; it must begin with '/'"),
            id="ignore-path",
        ),
        pytest.param(
            seen(source=None),
            Wait("ArtifactFailed", 'GitRepository.source.toolkit.fluxcd.io "src" not found', timedelta(minutes=10)),
            id="no-source",
        ),
        pytest.param(
            seen(source=source(artifact=False)),
            Wait("ArtifactFailed", "Source artifact not found, retrying in 30s", timedelta(seconds=30)),
            id="no-artifact",
        ),
        pytest.param(
            seen(unready="dependency 'ns/low' is not ready"),
            Wait(
                "DependencyNotReady",
                "dependency 'ns/low' is not ready",
                timedelta(seconds=30),
                "Dependencies do not meet ready condition, retrying in 30s",
            ),
            id="dependency",
        ),
        pytest.param(seen(tree=None, missed_seconds=4.0), Rest(timedelta(seconds=56)), id="artifact-not-held-yet"),
        pytest.param(
            seen(tree=None, missed_seconds=60.0),
            Wait(
                "ArtifactFailed",
                "Source is not ready, artifact not found, retrying in 30s",
                timedelta(seconds=30),
                is_fetching=True,
            ),
            id="artifact-lost",
        ),
        pytest.param(
            seen(source=source(deleting=True)),
            Wait(
                "ArtifactFailed",
                "Source is not ready, artifact not found, retrying in 30s",
                timedelta(seconds=30),
                is_fetching=True,
            ),
            id="source-going",
        ),
        pytest.param(seen(), Apply(), id="first"),
        pytest.param(seen(standing=standing(Phase.DONE, inputs=OTHER)), Apply(), id="new-inputs"),
        pytest.param(seen(standing=standing(Phase.CHECKING, inputs=OTHER)), Apply(), id="new-inputs-end-a-wait"),
        pytest.param(seen(standing=standing(Phase.FAILED)), Rest(timedelta(seconds=50)), id="failed-lately"),
        pytest.param(seen(standing=standing(Phase.FAILED, due=50.0)), Apply(), id="retry"),
        pytest.param(seen(standing=standing(Phase.FAILED, due=math.inf)), Rest(), id="failed-for-these-inputs"),
        pytest.param(
            seen(standing=standing(Phase.FAILED, due=math.inf, inputs=OTHER)), Apply(), id="failed-for-other-inputs"
        ),
        pytest.param(seen(standing=standing(Phase.FAILED), is_nudged=True), Apply(), id="cluster-answers"),
        pytest.param(seen(standing=standing(Phase.DONE)), Rest(timedelta(seconds=50)), id="done"),
        pytest.param(seen(standing=standing(Phase.DONE, due=50.0)), Check(), id="interval"),
        pytest.param(seen(standing=standing(Phase.DONE, due=50.0), is_watched=False), Apply(), id="interval-unwatched"),
        pytest.param(seen(standing=standing(Phase.DONE), drifted=frozenset({ITEM})), Correct((ITEM,)), id="drift"),
        pytest.param(
            seen(standing=Standing(INPUTS, Phase.DONE, due=100.0, is_troubled=True)), Correct(()), id="drift-went-away"
        ),
        pytest.param(
            seen(standing=standing(Phase.CHECKING), drifted=frozenset({ITEM})), Correct((ITEM,)), id="drift-in-wait"
        ),
        pytest.param(
            seen(standing=standing(Phase.FAILED), drifted=frozenset({ITEM})),
            Rest(timedelta(seconds=50)),
            id="drift-after-failure",
        ),
        pytest.param(seen(standing=standing(Phase.CHECKING)), Check(), id="health"),
        pytest.param(seen(standing=standing(Phase.UNHEALTHY)), Check(), id="unhealthy"),
        pytest.param(seen(standing=standing(Phase.UNHEALTHY, due=50.0)), Apply(), id="unhealthy-retry"),
    ],
)
def test_decide(given: Seen, step: Step) -> None:
    """The one next step."""
    assert decide(given) == step


def dependency(ready: str = "True", observed: int = 1, applied: str = "main@sha1:1", src: str = "src") -> Json:
    return {
        "metadata": {"name": "low", "namespace": "ns", "generation": 1, "labels": {"stage": "done"}},
        "spec": {"sourceRef": {"kind": "GitRepository", "name": src}},
        "status": {
            "observedGeneration": observed,
            "lastAppliedRevision": applied,
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }


@pytest.mark.parametrize(
    ("given", "expression", "reason"),
    [
        pytest.param(
            None,
            "",
            "dependency 'ns/low' not found: kustomizations.kustomize.toolkit.fluxcd.io \"low\" not found",
            id="missing",
        ),
        pytest.param(dependency(), "", "", id="ready"),
        pytest.param(dependency(ready="False"), "", "dependency 'ns/low' is not ready", id="not-ready"),
        pytest.param(dependency(observed=0), "", "dependency 'ns/low' is not ready", id="not-observed"),
        pytest.param(
            dependency(applied="main@sha1:0"), "", "dependency 'ns/low' revision is not up to date", id="behind"
        ),
        pytest.param(dependency(applied="main@sha1:0", src="other"), "", "", id="behind-on-another-source"),
        pytest.param(dependency(ready="False"), "dep.metadata.labels.stage == 'done'", "", id="expression-holds"),
        pytest.param(
            dependency(),
            "dep.metadata.labels.stage == self.metadata.name",
            "dependency 'ns/low' is not ready according to readyExpr eval",
            id="expression-fails",
        ),
    ],
)
def test_dependencies(given: Json | None, expression: str, reason: str) -> None:
    """Why a dependency keeps its dependant waiting."""
    reference = {"name": "low", **({"readyExpr": expression} if expression else {})}
    assert unready_dependency(kustomization(), given, reference, "main@sha1:1") == reason


def test_an_expression_that_cannot_be_compiled() -> None:
    """A readyExpr over an unknown name is found before anything runs."""
    bad = kustomization(dependsOn=[{"name": "low", "readyExpr": "other.status"}])
    assert invalid_expression(bad).startswith("failed to evaluate dependency low: ")
    assert invalid_expression(kustomization(dependsOn=[{"name": "low"}])) == ""


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({"interval": "10m"}, 570.0),
        ({"interval": "10m", "timeout": "2m"}, 120.0),
        ({"interval": "10m", "timeout": "10s"}, 30.0),
        ({"interval": "20s"}, 30.0),
    ],
)
def test_timeouts(spec: Json, seconds: float) -> None:
    """The timeout is given, or the interval less 30 s, and never below 30 s."""
    assert timeout_seconds(spec) == seconds


def test_retry_interval() -> None:
    """The interval stands in for a retryInterval that is not given."""
    assert retry_interval({"interval": "10m"}) == timedelta(minutes=10)
    assert retry_interval({"interval": "10m", "retryInterval": "15s"}) == timedelta(seconds=15)
