"""One release brought to what its HelmRelease asks for: look, decide, act, until nothing is left to do.

Source: helm-controller v1.6 internal/reconcile/atomic_release.go (order, when to stop, what is said at the end).
"""

import re
from dataclasses import dataclass

from fairlead.base.objects import Json
from fairlead.controllers.flux.helm import history as helmhistory
from fairlead.controllers.flux.helm.duration import format_duration
from fairlead.controllers.flux.helm.report import DRIFTED, RELEASED, HelmReport
from fairlead.controllers.flux.helm.spec import FORCE_AT, INSTALL, UPGRADE, HelmSpec
from fairlead.controllers.flux.helm.state import Seen, State, Step, decide, determine
from fairlead.controllers.flux.helm.steps import Steps
from fairlead.controllers.flux.reporting import READY, RECONCILING
from fairlead.engines.helm import HelmError, merge_maps
from fairlead.engines.helm.record import Record, values_digest

GROUP = "helm.toolkit.fluxcd.io"
OWNER_LABELS = (f"{GROUP}/name", f"{GROUP}/namespace")
STEPS = 16  # a pass that takes more is a fault


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: `done` (look again after the interval, or sooner), `stalled` (a person must act), or `again`."""

    kind: str
    seconds: float = 0.0


@dataclass(slots=True)
class ReleaseRun:
    """One run of *steps*."""

    steps: Steps

    @property
    def spec(self) -> HelmSpec:
        return self.steps.spec

    @property
    def report(self) -> HelmReport:
        return self.steps.report

    @property
    def _status(self) -> Json:
        return self.steps.report.status

    async def run(self) -> Ending:
        """Go on until there is nothing to do, or nothing to do now."""
        done: set[str] = set()
        for _ in range(STEPS):
            seen, state = await self._observe()
            step = decide(seen, state)
            if step is Step.EXHAUSTED or step is Step.NO_TARGET:
                return self._stall(step)
            if state is State.DRIFTED:
                await self.steps.report_drift()
            if step is Step.REST:
                return self._rest(state)
            again = self._kind(step) in done
            if step is Step.CORRECT_DRIFT and (again or self.steps.drift.pause > 0):
                return self._leave_drift()
            if again:
                return self._stop()
            if state is State.UNMANAGED and seen.last is not None and self._is_foreign(seen.last) and not self.forced:
                if self.steps.drift.release_pause > 0:
                    return self._contested(seen.last)
                self.steps.drift.release_taken_back()
            self.steps.begin(step)
            failed_early = await self.steps.act(step)
            if failed_early:
                return self._later(failed_early)
            if step.is_remediation:
                return self._after_remediation()
            done.add(self._kind(step))
        raise RuntimeError(f"HelmRelease {self.spec.key} does not settle")

    def _kind(self, step: Step) -> str:
        return "release" if step.is_release else "remediate" if step.is_remediation else step.value

    async def _observe(self) -> tuple[Seen, State]:
        last = await self.steps.actions.last()
        wanted = self.steps.values
        if last is not None and self.spec.action(UPGRADE).get("preserveValues"):
            wanted = merge_maps(last.config, self.steps.values)
        seen = Seen(
            spec=self.spec,
            last=last,
            chart_name=self.steps.chart.metadata.name,
            chart_version=self.steps.chart.metadata.version,
            config_digest=values_digest(wanted),
            forced=self.forced,
            rollback_target=await self._rollback_target(),
        )
        state = determine(seen)
        if state is State.IN_SYNC and last is not None and self.spec.detects_drift and not self.forced:
            await self.steps.drift.detect(last)
            if self.steps.drift.found:
                state = State.DRIFTED
        return seen, state

    @property
    def forced(self) -> bool:
        """Whether a forced release was asked for and not answered yet."""
        return self.spec.is_requested(FORCE_AT, "lastHandledForceAt")

    async def _rollback_target(self) -> str:
        history = self._status.get("history")
        active = self._status.get("lastAttemptedReleaseAction")
        latest = helmhistory.latest(history)
        if active != UPGRADE or latest is None or not self.spec.remediation(UPGRADE).failures:
            return "ok"
        before = helmhistory.previous(history, ignore_tests=self.spec.remediation(UPGRADE).ignores_tests)
        if before is None:
            return "missing"
        record = await self.steps.actions.storage.get(before["name"], before["version"])
        return "ok" if record is not None and helmhistory.is_observed(before, record) else "changed"

    # -- ends of a run ------------------------------------------------------------------------------------------

    def _stall(self, step: Step) -> Ending:
        action = self._status.get("lastAttemptedReleaseAction", "")
        if step is Step.NO_TARGET:
            text = "missing target release for rollback: cannot remediate failed release"
            self.report.stall("MissingRollbackTarget", f"Failed to perform remediation: {text}")
        else:
            attempts = self._status.get(f"{action}Failures", 0)
            self.report.stall("RetriesExceeded", f"Failed to {action} after {attempts} attempt(s)")
        return Ending("stalled")

    def _rest(self, state: State) -> Ending:
        if state is State.IN_SYNC:
            self._settle()
        self.report.drop(RECONCILING)
        self.report.summarize(self.spec.obj["spec"])
        return Ending("done")

    def _leave_drift(self) -> Ending:
        """What was put right drifted again at once, or could not be put right: not now."""
        self.report.drop(RECONCILING)
        self.report.summarize(self.spec.obj["spec"])
        return Ending("done", max(self.steps.drift.pause, 1.0))

    def _is_foreign(self, last: Record) -> bool:
        """Whether somebody else made the release; one's own is not known when its pass was ended by new inputs."""
        return _maker(last) != f"HelmRelease {self.spec.key}"

    def _contested(self, last: Record) -> Ending:
        """Somebody else changes the release again and again: not now."""
        pause = self.steps.drift.release_pause
        release = f"{last.namespace}/{last.name}.v{last.version}"
        text = (
            f"release {release} was made by {_maker(last)}, again and again; give one of the two "
            f"another spec.releaseName, or delete it. Taken back in {format_duration(float(round(pause)))}"
        )
        self.report.set(READY, False, "ReleaseContested", text)
        self.report.set(RECONCILING, True, "ProgressingWithRetry", text)
        return Ending("again", pause)

    def _settle(self) -> None:
        """The release is as asked for: restore what a failure before had left in the conditions."""
        history = self._status.get("history") or []
        remediation = self.spec.remediation(self._status.get("lastAttemptedReleaseAction") or INSTALL)
        if self.steps.retry_seconds() is not None:
            self.report.put("history", helmhistory.bounded(history))
        else:
            self.report.put("history", helmhistory.truncated(history, ignore_tests=remediation.ignores_tests))
        self.steps.replace_remediated()
        released = self.report.get(RELEASED)
        if released is not None and (released["status"] != "True" or not self.report.has(READY, "True")):
            action = {"InstallFailed": "install", "UpgradeFailed": "upgrade"}.get(released["reason"])
            if action:
                self.report.set(RELEASED, True, f"{action.title()}Succeeded", self.steps.success_text(action))
        if self.spec.detects_drift:
            self.report.set(DRIFTED, False, "NoDriftDetected", "No drift detected against the cluster state")

    def _stop(self) -> Ending:
        """The same action must not run twice in one pass."""
        retry = self.steps.retry_seconds()
        if retry is not None:
            self.report.set(RECONCILING, True, "ProgressingWithRetry", f"retrying after {format_duration(retry)}")
            return Ending("again", retry)
        action = self._status.get("lastAttemptedReleaseAction") or ""
        if not action or not self.spec.remediation(action).is_exhausted:
            return self._again()
        self.report.drop(RECONCILING)
        return Ending("done")

    def _again(self) -> Ending:
        ready = self.report.get(READY) or {}
        self.report.set(RECONCILING, True, "ProgressingWithRetry", ready.get("message", ""))
        return Ending("again", self._backoff())

    def _backoff(self) -> float:
        failures = int(self._status.get("failures", 0))
        return min(2.0 ** min(failures - 1, 10), 300.0) if failures > 0 else 0.0

    def _after_remediation(self) -> Ending:
        if self.steps.retry_seconds() is not None:
            return self._stop()
        action = self._status.get("lastAttemptedReleaseAction") or ""
        remediation = self.spec.remediation(action) if action else None
        if remediation is None or not remediation.is_exhausted or remediation.uninstalls_after_upgrade:
            return self._again()
        return self._stall(Step.EXHAUSTED)

    def _later(self, error: Exception) -> Ending:
        """An action failed before it left a record."""
        if self.steps.retry_seconds() is not None:
            return self._stop()
        if isinstance(error.__cause__, HelmError):  # the same inputs give the same again
            return Ending("again", self.spec.interval)
        return Ending("again", self._backoff())


def _maker(record: Record) -> str:
    """Who made a release: the HelmRelease that its objects are labelled with, or a person with helm."""
    name, namespace = (re.search(rf"^ +{re.escape(key)}: (\S+)$", record.manifest, re.M) for key in OWNER_LABELS)
    return f"HelmRelease {namespace[1]}/{name[1]}" if name and namespace else "somebody else"
