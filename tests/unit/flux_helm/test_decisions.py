"""Tables over what is judged purely: states, steps, remediation, history, conditions."""

from typing import Any

import pytest

from fairlead.base.objects import Json, Key
from fairlead.controllers.flux.helm import history as helmhistory
from fairlead.controllers.flux.helm.dependencies import judge
from fairlead.controllers.flux.helm.history import snapshot
from fairlead.controllers.flux.helm.report import HelmReport
from fairlead.controllers.flux.helm.spec import HelmSpec, shorten
from fairlead.controllers.flux.helm.state import Seen, State, Step, decide, determine
from fairlead.engines.helm.record import HookRecord, Record, values_digest
from fairlead.runtime.clock import parse_timestamp

VALUES = {"color": "red"}
METADATA = {"name": "parcel", "version": "0.1.0"}
NOW = parse_timestamp("2026-01-01T00:00:00Z")


def record(status: str = "deployed", version: int = 1, **changes: Any) -> Record:
    body: dict[str, Any] = {"chart": {"metadata": METADATA}, "config": VALUES, **changes}
    return Record(name="app", namespace="team", version=version, status=status, **body)


def release(spec: Json | None = None, status: Json | None = None) -> HelmSpec:
    return HelmSpec(
        {
            "metadata": {"name": "app", "namespace": "team", "generation": 1},
            "spec": {"interval": "10m", **(spec or {})},
            "status": {"observedGeneration": 1, **(status or {})},
        }
    )


def seen(last: Record | None, spec: Json | None = None, status: Json | None = None, **changes: Any) -> Seen:
    body: dict[str, Any] = {"chart_name": "parcel", "chart_version": "0.1.0", "config_digest": values_digest(VALUES)}
    return Seen(spec=release(spec, status), last=last, **{**body, **changes})


def known(*records: Record, tests: Json | None = None) -> Json:
    return {"history": [snapshot(item, tests=tests) for item in records]}


TEST = {"test": {"enable": True}}
UPGRADED = {"lastAttemptedReleaseAction": "upgrade", "upgradeFailures": 1}
STATES = [
    ("nothing stored", seen(None), State.ABSENT),
    ("interrupted", seen(record("pending-install"), status=known(record())), State.LOCKED),
    ("interrupted upgrade", seen(record("pending-upgrade", 2)), State.LOCKED),
    ("of somebody else", seen(record()), State.UNMANAGED),
    ("uninstalled by somebody else", seen(record("uninstalled")), State.ABSENT),
    ("changed by somebody else", seen(record(manifest="x"), status=known(record())), State.UNMANAGED),
    ("newer than known", seen(record(version=2), status=known(record())), State.UNMANAGED),
    ("failed", seen(record("failed"), status=known(record("failed"))), State.FAILED),
    ("uninstalled", seen(record("uninstalled"), status=known(record("uninstalled"))), State.ABSENT),
    ("interrupted uninstallation", seen(record("uninstalling"), status=known(record("uninstalling"))), State.ABSENT),
    ("in sync", seen(record(), status=known(record())), State.IN_SYNC),
    ("other version", seen(record(), status=known(record()), chart_version="0.2.0"), State.OUT_OF_SYNC),
    ("other chart", seen(record(), status=known(record()), chart_name="box"), State.OUT_OF_SYNC),
    ("other values", seen(record(), status=known(record()), config_digest=values_digest({})), State.OUT_OF_SYNC),
    (
        "other metadata in a new generation",
        seen(record(), {"commonMetadata": {"labels": {"a": "b"}}}, {**known(record()), "observedGeneration": 0}),
        State.OUT_OF_SYNC,
    ),
    (
        "other metadata that was observed",
        seen(record(), {"commonMetadata": {"labels": {"a": "b"}}}, known(record())),
        State.IN_SYNC,
    ),
    ("not tested", seen(record(), TEST, known(record())), State.UNTESTED),
    ("no tests to run", seen(record(), TEST, known(record(), tests={})), State.IN_SYNC),
    (
        "test failed",
        seen(record(), TEST, {**known(record(), tests={"t": {"phase": "Failed"}}), **UPGRADED}),
        State.FAILED,
    ),
    (
        "test failed, which does not count",
        seen(
            record(),
            {"test": {"enable": True, "ignoreFailures": True}},
            {**known(record(), tests={"t": {"phase": "Failed"}}), **UPGRADED},
        ),
        State.IN_SYNC,
    ),
    ("drifted", seen(record(), status=known(record()), drifted=True), State.DRIFTED),
]


@pytest.mark.parametrize(("what", "case", "expected"), STATES, ids=[row[0] for row in STATES])
def test_state(what: str, case: Seen, expected: State) -> None:
    """Each branch of `determine` is a row."""
    assert determine(case) is expected


def failed(active: str, count: int, remediation: Json | None = None, **changes: Any) -> Seen:
    spec = {active: {"remediation": remediation or {}}} if active else {}
    status = {"lastAttemptedReleaseAction": active, f"{active}Failures": count}
    return seen(record("failed"), spec, status, **changes)


RETRY = {"install": {"strategy": {"name": "RetryOnFailure"}}}
STEPS = [
    ("install", seen(None), State.ABSENT, Step.INSTALL),
    ("no install left", seen(None, status={"installFailures": 1}), State.ABSENT, Step.EXHAUSTED),
    ("forced install", seen(None, status={"installFailures": 1}, forced=True), State.ABSENT, Step.INSTALL),
    (
        "install without end",
        seen(None, {"install": {"remediation": {"retries": -1}}}, {"installFailures": 9}),
        State.ABSENT,
        Step.INSTALL,
    ),
    ("adopt", seen(record()), State.UNMANAGED, Step.UPGRADE),
    ("unlock", seen(record("pending-upgrade")), State.LOCKED, Step.UNLOCK),
    ("upgrade", seen(record()), State.OUT_OF_SYNC, Step.UPGRADE),
    ("no upgrade left", seen(record(), status={"upgradeFailures": 1}), State.OUT_OF_SYNC, Step.EXHAUSTED),
    ("forced", seen(record(), status={"upgradeFailures": 1}, forced=True), State.OUT_OF_SYNC, Step.UPGRADE),
    ("rest", seen(record()), State.IN_SYNC, Step.REST),
    ("forced in sync", seen(record(), forced=True), State.IN_SYNC, Step.UPGRADE),
    ("test", seen(record()), State.UNTESTED, Step.TEST),
    ("correct", seen(record(), {"driftDetection": {"mode": "enabled"}}), State.DRIFTED, Step.CORRECT_DRIFT),
    ("only warn", seen(record(), {"driftDetection": {"mode": "warn"}}), State.DRIFTED, Step.REST),
    ("failed before anything was tried", seen(record("failed")), State.FAILED, Step.UPGRADE),
    ("inputs changed since", failed("install", 0), State.FAILED, Step.UPGRADE),
    ("install failed for good", failed("install", 1), State.FAILED, Step.EXHAUSTED),
    ("install failed, retries left", failed("install", 1, {"retries": 1}), State.FAILED, Step.UNINSTALL),
    (
        "last failure is remediated too",
        failed("install", 1, {"remediateLastFailure": True}),
        State.FAILED,
        Step.UNINSTALL,
    ),
    ("upgrade failed for good", failed("upgrade", 1), State.FAILED, Step.EXHAUSTED),
    ("upgrade failed, retries left", failed("upgrade", 1, {"retries": 2}), State.FAILED, Step.ROLL_BACK),
    ("upgrade's last failure is rolled back", failed("upgrade", 3, {"retries": 2}), State.FAILED, Step.ROLL_BACK),
    (
        "upgrade is undone by uninstalling",
        failed("upgrade", 1, {"retries": 2, "strategy": "uninstall"}),
        State.FAILED,
        Step.UNINSTALL,
    ),
    (
        "nothing to roll back to",
        failed("upgrade", 1, {"retries": 2}, rollback_target="missing"),
        State.FAILED,
        Step.NO_TARGET,
    ),
    (
        "what one would roll back to was changed",
        failed("upgrade", 1, {"retries": 2}, rollback_target="changed"),
        State.FAILED,
        Step.UPGRADE,
    ),
    ("forced after failure", failed("upgrade", 1, forced=True), State.FAILED, Step.UPGRADE),
    (
        "retry instead of remediation",
        seen(record("failed"), RETRY, {"lastAttemptedReleaseAction": "install", "installFailures": 3}),
        State.FAILED,
        Step.UPGRADE,
    ),
]


@pytest.mark.parametrize(("what", "case", "state", "expected"), STEPS, ids=[row[0] for row in STEPS])
def test_step(what: str, case: Seen, state: State, expected: Step) -> None:
    """Each branch of `decide` is a row."""
    assert decide(case, state) is expected


def test_history_is_cut_at_the_last_good_release() -> None:
    """What one may roll back to stays, what lies before goes."""
    items = [snapshot(record(status, version)) for version, status in ((1, "superseded"), (2, "superseded"))]
    items += [snapshot(record("failed", 3)), snapshot(record("failed", 4))]
    assert [item["version"] for item in helmhistory.truncated(items, ignore_tests=False)] == [4, 3, 2]
    before = helmhistory.previous(items, ignore_tests=False)
    assert before is not None
    assert before["version"] == 2


def test_failed_tests_are_no_rollback_target() -> None:
    """Unless their failures are ignored."""
    tested = snapshot(record("superseded", 2), tests={"t": {"phase": "Failed"}})
    items = [snapshot(record("superseded", 1)), tested, snapshot(record("failed", 3))]
    assert (helmhistory.previous(items, ignore_tests=False) or {})["version"] == 1
    assert (helmhistory.previous(items, ignore_tests=True) or {})["version"] == 2


def test_digest_tells_foreign_changes_but_not_test_runs() -> None:
    """Test hooks may be run by people; anything else makes the release foreign."""
    hook = HookRecord("t", "Pod", "t.yaml", "x", ("test",))
    entry = snapshot(record(hooks=(hook,)))
    assert helmhistory.is_observed(entry, record(hooks=()))
    assert not helmhistory.is_observed(entry, record(hooks=(hook,), notes="x"))


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("short", "short"),
        ("a" * 53, "a" * 53),
        ("a" * 54, "a" * 40 + "-" + "3f9fe6b1f41d"),
    ],
    ids=["short", "just fits", "too long"],
)
def test_long_names_are_shortened(name: str, short: str) -> None:
    """To 53 characters, ending in a digest of the whole."""
    found = shorten(name)
    assert len(found) <= 53
    assert found[:40] == short[:40]
    if len(name) <= 53:
        assert found == short


SUMMARIES: list[tuple[str, list[tuple[str, bool, str, int]], tuple[str, str]]] = [
    ("released", [("Released", True, "InstallSucceeded", 1)], ("True", "InstallSucceeded")),
    ("failed", [("Released", False, "UpgradeFailed", 1)], ("False", "UpgradeFailed")),
    (
        "remediated is never ready",
        [("Released", False, "UpgradeFailed", 1), ("Remediated", True, "RollbackSucceeded", 1)],
        ("False", "RollbackSucceeded"),
    ),
    (
        "newer release counts more than older remediation",
        [("Released", True, "UpgradeSucceeded", 2), ("Remediated", True, "RollbackSucceeded", 1)],
        ("True", "UpgradeSucceeded"),
    ),
]


@pytest.mark.parametrize(("what", "conditions", "expected"), SUMMARIES, ids=[row[0] for row in SUMMARIES])
def test_ready_sums_up(what: str, conditions: list[tuple[str, bool, str, int]], expected: tuple[str, str]) -> None:
    """Ready follows the newest of the others."""
    draft: Json = {"metadata": {"generation": 2}, "spec": {}, "status": {}}
    report = HelmReport(draft, NOW)
    for type_, status, reason, generation in conditions:
        draft["metadata"]["generation"] = generation
        report.set(type_, status, reason, "text")
    report.summarize(draft["spec"])
    ready = report.get("Ready") or {}
    assert (ready["status"], ready["reason"]) == expected


def dependency(generation: int, observed: int, ready: str) -> Json:
    conditions = [{"type": "Ready", "status": ready}]
    return {
        "metadata": {"generation": generation},
        "status": {"observedGeneration": observed, "conditions": conditions},
    }


DEPENDENCIES = [
    ("missing", {}, None, "unable to get 'team/low' dependency: helmreleases.helm.toolkit.fluxcd.io \"low\" not found"),
    ("ready", {}, dependency(1, 1, "True"), ""),
    ("not ready", {}, dependency(1, 1, "False"), "dependency 'team/low' is not ready"),
    ("not observed", {}, dependency(2, 1, "True"), "dependency 'team/low' is not ready"),
    ("by expression", {"readyExpr": "dep.metadata.generation == 2"}, dependency(2, 1, "False"), ""),
    (
        "not by expression",
        {"readyExpr": "dep.metadata.generation == self.metadata.generation"},
        dependency(2, 2, "True"),
        "dependency 'team/low' is not ready according to readyExpr eval",
    ),
]


@pytest.mark.parametrize(("what", "item", "found", "expected"), DEPENDENCIES, ids=[row[0] for row in DEPENDENCIES])
def test_dependency(what: str, item: Json, found: Json | None, expected: str) -> None:
    """What holds a release up, in upstream's words."""
    assert judge({"metadata": {"generation": 1}}, item, Key("team", "low"), found) == expected
