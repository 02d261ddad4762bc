"""The pure parts under a Kustomization: order, ids, history, field managers, health, restraint, durations."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.base.objects import GVK, Json, Key
from fairlead.controllers.flux.fights import Fights
from fairlead.controllers.flux.health import FAILED, HEALTHY, WAITING, ExpressionError, custom_checks, judge, targets
from fairlead.controllers.flux.inventory import Item, in_order, merged, stale
from fairlead.controllers.flux.kustomize.history import recorded
from fairlead.controllers.flux.managers import takeover_patch
from fairlead.controllers.flux.reporting import go_duration

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def obj(kind: str, name: str = "a", namespace: str = "ns", api: str = "v1", **rest: Any) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def test_objects_are_applied_in_upstreams_order() -> None:
    """Definitions, classes, accounts, configuration, workloads, others, webhooks; then by namespace and name."""
    given = [
        obj("ValidatingWebhookConfiguration", namespace=""),
        obj("Widget", api="demo.example.com/v1"),
        obj("Deployment", api="apps/v1"),
        obj("ConfigMap", "b"),
        obj("ConfigMap", "a"),
        obj("ServiceAccount"),
        obj("StorageClass", namespace=""),
        obj("ClusterRole", namespace=""),
        obj("Namespace", namespace=""),
        obj("CustomResourceDefinition", namespace=""),
    ]
    assert [Item.of(o).subject for o in in_order(given)] == [
        "CustomResourceDefinition/a",
        "Namespace/a",
        "ClusterRole/a",
        "StorageClass/a",
        "ServiceAccount/ns/a",
        "ConfigMap/ns/a",
        "ConfigMap/ns/b",
        "Deployment/ns/a",
        "Widget/ns/a",
        "ValidatingWebhookConfiguration/a",
    ]


@pytest.mark.parametrize(
    ("given", "entry"),
    [
        (obj("ConfigMap"), {"id": "ns_a__ConfigMap", "v": "v1"}),
        (obj("Deployment", api="apps/v1"), {"id": "ns_a_apps_Deployment", "v": "v1"}),
        (
            obj("ClusterRole", "system:x", "", "rbac.authorization.k8s.io/v1"),
            {"id": "_system__x_rbac.authorization.k8s.io_ClusterRole", "v": "v1"},
        ),
    ],
)
def test_inventory_ids(given: Json, entry: Json) -> None:
    """An entry names its object, and can be read back."""
    assert Item.of(given).entry == entry
    assert Item.parse(entry) == Item.of(given)


def test_what_left_the_inventory() -> None:
    """A changed version is no departure; merging keeps the first entry of an id."""
    old = [{"id": "ns_a__ConfigMap", "v": "v1"}, {"id": "ns_d_apps_Deployment", "v": "v1beta1"}]
    new = [{"id": "ns_d_apps_Deployment", "v": "v1"}, {"id": "ns_e__ConfigMap", "v": "v1"}]
    assert [item.subject for item in stale(old, new)] == ["ConfigMap/ns/a"]
    assert merged(new, old) == [*new, old[0]]


def test_history_counts_equal_outcomes_and_keeps_five() -> None:
    """The same build with the same end is counted and moves to the front; the oldest of six goes."""
    history: list[Json] = []
    for digest in "abcdef":
        history = recorded(history, digest, "Done", {"revision": digest}, now=NOW, seconds=1.5)
    assert [entry["digest"] for entry in history] == list("fedcb")
    history = recorded(history, "d", "Done", {"revision": "new"}, now=NOW, seconds=0.25)
    assert [entry["digest"] for entry in history] == list("dfecb")
    assert (history[0]["totalReconciliations"], history[0]["metadata"]) == (2, {"revision": "new"})
    assert history[0]["lastReconciledDuration"] == "250ms"
    assert len(recorded(history, "d", "Failed", {}, now=NOW, seconds=1)) == 5


def managed(manager: str, operation: str, *names: str, subresource: str = "") -> Json:
    fields = {"f:data": {f"f:{name}": {} for name in names}}
    return {
        "manager": manager,
        "operation": operation,
        "fieldsV1": fields,
        **({"subresource": subresource} if subresource else {}),
    }


def test_what_kubectl_owns_is_taken_over() -> None:
    """kubectl's fields go to the applier, by whatever verb; those of others and of subresources stay."""
    entries = [
        managed("us", "Apply", "a"),
        managed("kubectl-edit", "Update", "b"),
        managed("kubectl", "Apply", "c"),
        managed("kubectl", "Update", "s", subresource="status"),
        managed("other", "Update", "d"),
    ]
    given = {"metadata": {"managedFields": entries}}
    (patch,) = takeover_patch(given, "us")
    assert patch["path"] == "/metadata/managedFields"
    assert patch["value"] == [entries[3], entries[4], managed("us", "Apply", "a", "b", "c")]


def test_nothing_is_taken_over_where_kubectl_owns_nothing() -> None:
    """No patch, so no write."""
    given = {"metadata": {"managedFields": [managed("us", "Apply", "a"), managed("other", "Update", "d")]}}
    assert takeover_patch(given, "us") == []


def test_kubectls_annotation_is_removed() -> None:
    """The last-applied annotation goes, by JSON pointer."""
    name = "kubectl.kubernetes.io/last-applied-configuration"
    given = {"metadata": {"annotations": {name: "{}"}}}
    assert takeover_patch(given, "us") == [
        {"op": "remove", "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"}
    ]


READY = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
STALLED = {"status": {"conditions": [{"type": "Stalled", "status": "True"}]}}
BUSY = {"status": {"conditions": [{"type": "Reconciling", "status": "True"}]}}


@pytest.mark.parametrize(
    ("states", "late", "state", "message"),
    [
        pytest.param({}, False, HEALTHY, "", id="nothing"),
        pytest.param({"a": READY}, False, HEALTHY, "", id="ready"),
        pytest.param({"a": READY, "b": BUSY}, False, WAITING, "Widget/ns/b status: 'InProgress'", id="busy"),
        pytest.param({"a": None}, False, WAITING, "Widget/ns/a status: 'NotFound'", id="missing"),
        pytest.param(
            {"a": READY, "b": STALLED},
            False,
            FAILED,
            "failed early due to stalled resources: [Widget/ns/b status: 'Failed']",
            id="stalled",
        ),
        pytest.param({"a": BUSY, "b": STALLED}, False, WAITING, None, id="stalled-and-busy"),
        pytest.param(
            {"a": BUSY, "b": STALLED, "c": READY},
            True,
            FAILED,
            "timeout waiting for: [Widget/ns/a status: 'InProgress', Widget/ns/b status: 'Failed']",
            id="late",
        ),
    ],
)
def test_verdicts(states: dict[str, Json | None], late: bool, state: str, message: str | None) -> None:
    """All current, still waiting, failed early, or too late."""
    named = {
        Item(GVK("demo.example.com", "v1", "Widget"), Key("ns", name)): (
            None if found is None else obj("Widget", name, api="demo.example.com/v1", **found)
        )
        for name, found in states.items()
    }
    verdict = judge(named, now=NOW, is_late=late)
    assert verdict.state == state
    assert message is None or verdict.message == message


def test_a_job_that_removes_itself_is_done() -> None:
    """A Job with a time to live that is gone has succeeded."""
    job = Item(GVK("batch", "v1", "Job"), Key("ns", "j"))
    assert judge({job: None}, now=NOW, is_late=False, expiring=frozenset({job})).state == HEALTHY


def test_what_is_waited_for() -> None:
    """`wait` means all that was applied, else the healthChecks; never the Kustomization itself."""
    myself = Item(GVK("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"), Key("ns", "k"))
    other = Item(GVK("", "v1", "ConfigMap"), Key("ns", "a"))
    assert targets({"wait": True}, (myself, other), myself) == (other,)
    checks = [{"kind": "Deployment", "name": "web", "namespace": "ns"}]
    assert targets({"healthChecks": checks}, (other,), myself) == (
        Item(GVK("apps", "v1", "Deployment"), Key("ns", "web")),
    )


def test_an_expression_that_is_none() -> None:
    """healthCheckExprs that cannot be compiled name the kind and the field."""
    entry = {"apiVersion": "demo.example.com/v1", "kind": "Widget", "current": "status.ready =="}
    with pytest.raises(ExpressionError, match=r"current of demo.example.com/v1/Widget"):
        custom_checks({"healthCheckExprs": [entry]})


def test_corrections_become_rare_and_common_again() -> None:
    """Three times at once, then 1, 2, 4 … 300 seconds apart; after a calm time the count starts anew."""
    fights, owner, item = Fights(), Key("ns", "k"), Item(GVK("", "v1", "ConfigMap"), Key("ns", "a"))
    now, delays = 0.0, []
    for _ in range(14):
        delays.append(fights.delay(owner, item, now))
        now += delays[-1]
        fights.corrected(owner, item, now)
    assert delays == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    fights.corrected(owner, item, now + 601)
    assert fights.delay(owner, item, now + 601) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.000000001, "1ns"),
        (0.0000015, "1.5µs"),
        (0.336766402, "336.766402ms"),
        (1, "1s"),
        (30.03, "30.03s"),
        (570, "9m30s"),
        (600, "10m0s"),
        (3661.5, "1h1m1.5s"),
    ],
)
def test_durations_as_go_prints_them(seconds: float, text: str) -> None:
    """The largest unit that is not zero, then all below it."""
    assert go_duration(seconds) == text
