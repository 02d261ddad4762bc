"""What state a release is in, compared with what its HelmRelease asks for, and what to do next. Pure.

Source: helm-controller v1.6 internal/reconcile/state.go (DetermineReleaseState), atomic_release.go (actionForState).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fairlead.base.objects import Json, get_in
from fairlead.controllers.flux.helm import history as helmhistory
from fairlead.controllers.flux.helm.postrender import metadata_digest, renderers_digest
from fairlead.controllers.flux.helm.spec import INSTALL, UPGRADE, HelmSpec, Remediation
from fairlead.engines.helm.record import Record


class State(StrEnum):
    """How the release stands."""

    ABSENT = "Absent"
    UNMANAGED = "Unmanaged"
    LOCKED = "Locked"
    OUT_OF_SYNC = "OutOfSync"
    FAILED = "Failed"
    UNTESTED = "Untested"
    DRIFTED = "Drifted"
    IN_SYNC = "InSync"


class Step(StrEnum):
    """What comes next; values are the names in "Running '…' action"."""

    INSTALL = "install"
    UPGRADE = "upgrade"
    TEST = "test"
    UNLOCK = "unlock"
    ROLL_BACK = "rollback"
    UNINSTALL = "uninstall"
    CORRECT_DRIFT = "correct cluster drift"
    REST = ""
    EXHAUSTED = "exhausted"
    NO_TARGET = "no rollback target"

    @property
    def is_release(self) -> bool:
        return self in (Step.INSTALL, Step.UPGRADE)

    @property
    def is_remediation(self) -> bool:
        return self in (Step.ROLL_BACK, Step.UNINSTALL)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is judged."""

    spec: HelmSpec
    last: Record | None  # the newest revision in Helm's storage
    chart_name: str
    chart_version: str
    config_digest: str
    forced: bool = False
    drifted: bool = False
    rollback_target: str = "ok"  # of the previous release: ok, missing (never was), changed (or gone from storage)

    @property
    def history(self) -> list[Json]:
        found: list[Json] = get_in(self.spec.obj, "status", "history", default=[])
        return found

    @property
    def active(self) -> str:
        """The release action that was tried last: install, upgrade or nothing."""
        return str(get_in(self.spec.obj, "status", "lastAttemptedReleaseAction", default=""))

    @property
    def remediation(self) -> Remediation | None:
        return self.spec.remediation(self.active) if self.active in (INSTALL, UPGRADE) else None

    @property
    def retries_on_failure(self) -> bool:
        return self.spec.retry_seconds(self.active) is not None


def determine(seen: Seen) -> State:
    """How the release stands."""
    last, current = seen.last, helmhistory.latest(seen.history)
    if last is None:
        return State.ABSENT
    if last.is_pending:
        return State.LOCKED
    if current is None:
        return State.ABSENT if last.status == "uninstalled" else State.UNMANAGED
    if not helmhistory.is_observed(current, last):
        return State.UNMANAGED
    if last.status == "failed":
        return State.FAILED
    if last.status != "deployed":  # uninstalled; what was interrupted while uninstalling is installed again too
        return State.ABSENT
    if _differs(seen, last, current):
        return State.OUT_OF_SYNC
    if seen.spec.tests:
        if not helmhistory.has_been_tested(current):
            return State.UNTESTED
        remediation = seen.remediation
        judged = remediation is not None and not remediation.ignores_tests
        if judged and helmhistory.has_test_in_phase(current, "Failed"):
            return State.FAILED
    return State.DRIFTED if seen.drifted else State.IN_SYNC


def _differs(seen: Seen, last: Record, current: Mapping[str, Any]) -> bool:
    if (last.metadata.get("name"), last.metadata.get("version")) != (seen.chart_name, seen.chart_version):
        return True
    if current.get("configDigest") != seen.config_digest:
        return True
    obj = seen.spec.obj
    if get_in(obj, "status", "observedGeneration") == obj["metadata"].get("generation"):
        return False
    status: Mapping[str, Any] = obj.get("status") or {}
    seen_now = (renderers_digest(obj["spec"]), metadata_digest(obj["spec"]))
    seen_then = (status.get("observedPostRenderersDigest", ""), status.get("observedCommonMetadataDigest", ""))
    return seen_now != seen_then


def decide(seen: Seen, state: State) -> Step:
    """The next step."""
    match state:
        case State.IN_SYNC:
            return Step.UPGRADE if seen.forced else Step.REST
        case State.LOCKED:
            return Step.UNLOCK
        case State.ABSENT:
            return Step.EXHAUSTED if seen.spec.remediation(INSTALL).is_exhausted and not seen.forced else Step.INSTALL
        case State.UNMANAGED:
            return Step.UPGRADE
        case State.OUT_OF_SYNC:
            return Step.EXHAUSTED if seen.spec.remediation(UPGRADE).is_exhausted and not seen.forced else Step.UPGRADE
        case State.DRIFTED:
            return Step.CORRECT_DRIFT if seen.spec.drift_mode == "enabled" else Step.REST
        case State.UNTESTED:
            return Step.TEST
        case State.FAILED:
            return _after_failure(seen)


def _after_failure(seen: Seen) -> Step:
    remediation = seen.remediation
    if seen.retries_on_failure or remediation is None or remediation.failures <= 0 or seen.forced:
        return Step.UPGRADE
    if remediation.is_exhausted and not remediation.remediates_last:
        return Step.EXHAUSTED
    if remediation.strategy == "uninstall":
        return Step.UNINSTALL
    match seen.rollback_target:
        case "missing":
            return Step.NO_TARGET
        case "changed":
            return Step.UPGRADE
        case _:
            return Step.ROLL_BACK
