"""The steps of a release: what each does, and what the conditions, events and history say of it.

Source: helm-controller v1.6 internal/reconcile (one file for every action): texts, counts, what is remembered.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.base.objects import Json
from fairlead.controllers.flux.helm import history as helmhistory
from fairlead.controllers.flux.helm.actions import ActionError, Actions, Outcome, is_selected
from fairlead.controllers.flux.helm.drift import Drift
from fairlead.controllers.flux.helm.duration import format_duration
from fairlead.controllers.flux.helm.history import full_name, versioned_chart
from fairlead.controllers.flux.helm.report import DRIFTED, RELEASED, REMEDIATED, TEST_SUCCESS, HelmReport
from fairlead.controllers.flux.helm.resources import read_objects
from fairlead.controllers.flux.helm.spec import FORCE_AT, INSTALL, UPGRADE, HelmSpec
from fairlead.controllers.flux.helm.state import Step
from fairlead.controllers.flux.inventory import Item
from fairlead.controllers.flux.reporting import READY, RECONCILING
from fairlead.engines.helm import Chart, Release
from fairlead.engines.helm.record import Record, values_digest
from fairlead.runtime.clock import Clock
from fairlead.runtime.events import Recorder

GROUP = "helm.toolkit.fluxcd.io"
STEPS = 16  # a pass that takes more is a fault


@dataclass(slots=True)
class Steps:
    """The steps of one run. `spec` reads the draft, whose status they change."""

    spec: HelmSpec
    report: HelmReport
    actions: Actions
    chart: Chart
    values: Mapping[str, Any]
    render: Callable[[str, Release, Chart, Mapping[str, Any]], Awaitable[Outcome]]
    drift: Drift
    recorder: Recorder
    clock: Clock
    oci_digest: str = ""

    @property
    def status(self) -> Json:
        return self.report.status

    @property
    def _chart_text(self) -> str:
        return f"{self.chart.metadata.name}@{self.chart.metadata.version}"

    def replace_remediated(self) -> None:
        if self.report.has(REMEDIATED, "True"):
            self.report.drop(REMEDIATED, RELEASED)
            self.report.set(RELEASED, True, "UpgradeSucceeded", self.success_text("upgrade"))

    def retry_seconds(self) -> float | None:
        return self.spec.retry_seconds(self.status.get("lastAttemptedReleaseAction") or "")

    def begin(self, step: Step) -> None:
        action = {Step.ROLL_BACK: "rollback", Step.CORRECT_DRIFT: "", Step.UNLOCK: ""}.get(step, step.value)
        text = f"Running '{step.value}' action with timeout of {format_duration(self.spec.timeout(action))}"
        self.report.set(RECONCILING, True, "Progressing", text)
        if step.is_release:
            self.report.set(READY, "Unknown", "Progressing", text)
        self.actions.observed.clear()

    async def act(self, step: Step) -> Exception | None:
        """Take *step*; returns the error of an action that failed before it left a record."""
        match step:
            case Step.INSTALL | Step.UPGRADE:
                return await self._release(step)
            case Step.UNLOCK:
                await self._unlock()
            case Step.TEST:
                return await self._test()
            case Step.ROLL_BACK:
                return await self._roll_back()
            case Step.UNINSTALL:
                return await self._uninstall()
            case Step.CORRECT_DRIFT:
                await self._correct_drift()
        return None

    async def _release(self, step: Step) -> Exception | None:
        action = step.value
        began = self.clock.monotonic()
        self._answer_force()

        async def render(release: Release, chart: Chart, values: Mapping[str, Any]) -> Outcome:
            return await self.render(action, release, chart, values)

        run = self.actions.install if step is Step.INSTALL else self.actions.upgrade
        error: ActionError | None = None
        try:
            await run(self.chart, self.values, render)
        except ActionError as caught:
            error = caught
        took = format_duration(self.clock.monotonic() - began)
        self.status["lastAttemptedReleaseAction"] = action
        self.status["lastAttemptedReleaseActionDuration"] = took
        if step is Step.INSTALL:
            self.status.pop("history", None)
        self.report.drop(TEST_SUCCESS, REMEDIATED)
        observed = dict(self.actions.observed)
        self._record(observed, action)
        if error is not None:
            await self._release_failed(action, error)
            if observed:
                self._count(action)
        else:
            await self._release_succeeded(action)
        self.report.summarize(self.spec.obj["spec"])
        return error if error is not None and not observed else None

    def _answer_force(self) -> None:
        asked = (self.spec.obj["metadata"].get("annotations") or {}).get(FORCE_AT)
        if asked:
            self.status["lastHandledForceAt"] = asked

    def _record(self, observed: Mapping[int, Record], action: str) -> None:
        """Put what was written to Helm's storage into the history."""
        if not observed:
            return
        history: list[Json] = list(self.status.get("history") or [])
        newest, *older = sorted(observed, reverse=True)
        for version in older:
            for index, item in enumerate(history):
                if helmhistory.targets(item, observed[version]):
                    history[index] = helmhistory.snapshot(
                        observed[version], oci_digest=item.get("ociDigest", ""), tests=item.get("testHooks")
                    )
        entry = helmhistory.snapshot(observed[newest], action=action, oci_digest=self.oci_digest)
        self.status["history"] = [entry, *history]
        self._take_stock(observed[newest])

    def _take_stock(self, record: Record) -> None:
        """`status.inventory`: the objects of the release and the definitions that came with its chart."""
        namespace = self.spec.release_namespace
        entries = [Item.of(obj).entry for obj in self.drift.placed(read_objects(record.manifest), namespace)]
        for _, file in self.chart.crds():
            entries += [Item.of(obj).entry for obj in read_objects(file.data.decode("utf-8", "replace"))]
        self.status["inventory"] = {"entries": entries}

    async def _release_failed(self, action: str, error: Exception) -> None:
        name = f"{self.spec.release_namespace}/{self.spec.release_name}"
        text = f"Helm {action} failed for release {name} with chart {self._chart_text}: {str(error).strip()}"
        self.status["failures"] = int(self.status.get("failures", 0)) + 1
        self.report.set(RELEASED, False, f"{action.title()}Failed", text)
        await self.recorder.warning(self.spec.obj, f"{action.title()}Failed", text, self._meta())

    async def _release_succeeded(self, action: str) -> None:
        text, current = self.success_text(action), self._latest
        self.report.set(RELEASED, True, f"{action.title()}Succeeded", text)
        if self.spec.tests and not helmhistory.has_been_tested(current):
            waiting = f"Helm release {full_name(current)} with chart {versioned_chart(current)} is awaiting tests"
            self.report.set(TEST_SUCCESS, "Unknown", "AwaitingTests", waiting)
        if self.retry_seconds() is not None:
            clear_failures(self.status)
        await self.recorder.normal(self.spec.obj, f"{action.title()}Succeeded", text, meta_of(current))

    @property
    def _latest(self) -> Json:
        found = helmhistory.latest(self.status.get("history"))
        if found is None:
            raise RuntimeError(f"HelmRelease {self.spec.key} has no release in its history")
        return found

    def success_text(self, action: str) -> str:
        current = self._latest
        return f"Helm {action} succeeded for release {full_name(current)} with chart {versioned_chart(current)}"

    def _count(self, action: str) -> None:
        name = f"{action}Failures"
        self.status[name] = int(self.status.get(name, 0)) + 1

    def _meta(self) -> dict[str, str]:
        metadata = self.chart.metadata
        return _meta(metadata.version, values_digest(self.values), metadata.app_version, self.oci_digest)

    async def _unlock(self) -> None:
        """A pending state was left by a process that died: the release counts as failed."""
        last = await self.actions.last()
        if last is None or not last.is_pending:
            return
        failed = last.with_status("failed", f"Release unlocked from stale '{last.status}' state")
        await self.actions.storage.update(failed)
        entry = helmhistory.snapshot(failed)
        history = list(self.status.get("history") or [])
        for index, item in enumerate(history):
            if helmhistory.targets(item, failed):
                history[index] = helmhistory.snapshot(
                    failed, action=item.get("action", ""), oci_digest=item.get("ociDigest", "")
                )
        self.report.put("history", history)
        text = f"Unlocked Helm release {full_name(entry)} with chart {versioned_chart(entry)} in {last.status} state"
        self.report.set(RELEASED, False, "PendingRelease", text)
        await self.recorder.normal(self.spec.obj, "PendingRelease", text, meta_of(entry))

    async def _test(self) -> Exception | None:
        last = await self.actions.last()
        if last is None:
            return None
        self.replace_remediated()
        current, error = self._latest, None
        try:
            await self.actions.test(last)
        except ActionError as caught:
            error = caught
        tested = self.actions.observed.get(last.version, last)
        self.status["history"] = [
            helmhistory.snapshot(
                tested,
                action=current.get("action", ""),
                oci_digest=current.get("ociDigest", ""),
                tests=self._tests(tested),
            ),
            *helmhistory.ordered(self.status["history"])[1:],
        ]
        await self._test_ended(error)
        self.report.summarize(self.spec.obj["spec"])
        return error if error is not None and not helmhistory.has_been_tested(self._latest) else None

    def _tests(self, record: Record) -> Json:
        filters = self.spec.action("test").get("filters") or []
        found: Json = {}
        for hook in record.hooks:
            if "test" in hook.events and is_selected(hook.name, filters):
                run = hook.last_run
                body = {"phase": run.phase, "lastStarted": run.started[:19], "lastCompleted": run.completed[:19]}
                found[hook.name] = {
                    name: f"{value}Z" if name != "phase" else value for name, value in body.items() if value
                }
        return found

    async def _test_ended(self, error: Exception | None) -> None:
        current = self._latest
        name = f"release {full_name(current)} with chart {versioned_chart(current)}"
        if error is None:
            count = len(current.get("testHooks") or {})
            hooks = f"{count} test hook{'s' if count > 1 else ''} completed successfully" if count else "no test hooks"
            text = f"Helm test succeeded for {name}: {hooks}"
            self.report.set(TEST_SUCCESS, True, "TestSucceeded", text)
            await self.recorder.normal(self.spec.obj, "TestSucceeded", text, meta_of(current))
            return
        text = f"Helm test failed for {name}: {str(error).strip()}"
        self.status["failures"] = int(self.status.get("failures", 0)) + 1
        self.report.set(TEST_SUCCESS, False, "TestFailed", text)
        await self.recorder.warning(self.spec.obj, "TestFailed", text, meta_of(current))
        action = self.status.get("lastAttemptedReleaseAction") or ""
        if action and helmhistory.has_been_tested(current) and not self.spec.remediation(action).ignores_tests:
            self._count(action)

    async def _roll_back(self) -> Exception | None:
        remediation = self.spec.remediation(UPGRADE)
        self._truncate(remediation.ignores_tests)
        before = helmhistory.previous(self.status["history"], ignore_tests=remediation.ignores_tests)
        if before is None:
            raise RuntimeError(f"HelmRelease {self.spec.key} has nothing to roll back to")
        name = f"release {full_name(before)} with chart {versioned_chart(before)}"
        error: ActionError | None = None
        try:
            await self.actions.rollback(before["version"])
        except ActionError as caught:
            error = caught
        self._record_rollback()
        if error is None:
            text = f"Helm rollback to previous {name} succeeded"
            self.report.set(REMEDIATED, True, "RollbackSucceeded", text)
            await self.recorder.normal(self.spec.obj, "RollbackSucceeded", text, self._remediation_meta(before))
        else:
            text = f"Helm rollback to previous {name} failed: {str(error).strip()}"
            self.status["failures"] = int(self.status.get("failures", 0)) + 1
            self.report.set(REMEDIATED, False, "RollbackFailed", text)
            await self.recorder.warning(self.spec.obj, "RollbackFailed", text, self._remediation_meta(before))
        self.report.summarize(self.spec.obj["spec"])
        return error if error is not None and not self.actions.observed else None

    def _remediation_meta(self, item: Json) -> dict[str, str]:
        return _meta(
            item["chartVersion"], values_digest(self.values), item.get("appVersion", ""), item.get("ociDigest", "")
        )

    def _record_rollback(self) -> None:
        history = list(self.status.get("history") or [])
        for version in sorted(self.actions.observed):
            record = self.actions.observed[version]
            for index, item in enumerate(history):
                if helmhistory.targets(item, record):
                    history[index] = helmhistory.snapshot(
                        record,
                        action="rollback",
                        oci_digest=item.get("ociDigest", ""),
                        tests=item.get("testHooks"),
                    )
                    break
            else:
                history.insert(0, helmhistory.snapshot(record, action="rollback"))
                self._take_stock(record)
        self.status["history"] = helmhistory.ordered(history)

    def _truncate(self, ignore_tests: bool) -> None:
        self.status["history"] = helmhistory.truncated(self.status.get("history"), ignore_tests=ignore_tests)

    async def _uninstall(self) -> Exception | None:
        """Uninstall what failed, so that the next attempt starts afresh."""
        action = self.status.get("lastAttemptedReleaseAction") or INSTALL
        self._truncate(self.spec.remediation(action).ignores_tests)
        before, error = self._latest, None
        try:
            record = await self.actions.uninstall()
            if record is None:
                raise ActionError("uninstall completed with error: storage update not observed")
        except ActionError as caught:
            error = caught
        self.record_uninstall("uninstall-remediation")
        name = f"release {full_name(before)} with chart {versioned_chart(before)}"
        if error is None:
            text = f"Helm uninstall remediation for {name} succeeded"
            self.report.set(REMEDIATED, True, "UninstallSucceeded", text)
            await self.recorder.normal(self.spec.obj, "UninstallSucceeded", text, meta_of(before))
            return None
        text = f"Helm uninstall remediation for {name} failed: {str(error).strip()}"
        self.status["failures"] = int(self.status.get("failures", 0)) + 1
        self.report.set(REMEDIATED, False, "UninstallFailed", text)
        await self.recorder.warning(self.spec.obj, "UninstallFailed", text, meta_of(before))
        return error if self._latest["digest"] == before["digest"] else None

    def record_uninstall(self, action: str) -> None:
        """Put what an uninstallation wrote into the history."""
        history = list(self.status.get("history") or [])
        for record in self.actions.observed.values():
            for index, item in enumerate(history):
                if helmhistory.targets(item, record):
                    history[index] = helmhistory.snapshot(
                        record, action=action, oci_digest=item.get("ociDigest", ""), tests=item.get("testHooks")
                    )
        self.status["history"] = history

    # -- drift --------------------------------------------------------------------------------------------------

    async def report_drift(self) -> None:
        text = (
            f"Cluster state of release {full_name(self._latest)} has drifted from the desired state:\n"
            f"{self.drift.summary}"
        )
        known = self.report.get(DRIFTED)
        if known is None or known["message"] != text:
            await self.recorder.warning(self.spec.obj, "DriftDetected", text)
        self.report.set(DRIFTED, True, "DriftDetected", text)

    async def _correct_drift(self) -> None:
        self.report.set(READY, "Unknown", "Progressing", "correcting cluster drift")
        changes, errors = await self.drift.correct()
        current = self._latest
        if errors:
            partly = "partially " if changes else ""
            text = f"Failed to {partly}correct cluster state of release {full_name(current)}:\n" + "\n".join(errors)
            if changes:
                text += "\n\nSuccessful corrections:\n" + "\n".join(changes)
            await self.recorder.warning(self.spec.obj, "DriftCorrectionFailed", text, meta_of(current))
        elif changes:
            text = f"Cluster state of release {full_name(current)} has been corrected:\n" + "\n".join(changes)
            await self.recorder.normal(self.spec.obj, "DriftCorrected", text, meta_of(current))


def clear_failures(status: Json) -> None:
    """Forget how often actions failed."""
    for name in ("failures", "installFailures", "upgradeFailures"):
        status.pop(name, None)


def _meta(revision: str, token: str, app_version: str, oci_digest: str) -> dict[str, str]:
    found = {"revision": revision, "token": token, "app-version": app_version, "oci-digest": oci_digest}
    return {f"{GROUP}/{name}": value for name, value in found.items() if value}


def meta_of(item: Json) -> dict[str, str]:
    return _meta(item["chartVersion"], item["configDigest"], item.get("appVersion", ""), item.get("ociDigest", ""))
