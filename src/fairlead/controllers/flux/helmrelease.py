"""HelmRelease controller: a chart and its values, kept as a Helm release in a cluster.

Behaviour: fluxcd/helm-controller v1.6, helmrelease_controller.go. Differences: docs/compat/helmrelease.md.

A pass that has to wait (for Deployments to come up, for a hook's Job) goes on in the background and lets its place in
the queue go, so that waiting releases never hold up others; when it is through, the object is looked at again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import HELM_CHART, HELM_RELEASE, SOURCE
from fairlead.base.objects import GVK, Json, Key, copy, finalizers, get_in, is_deleting
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux import helmhistory
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.health import ExpressionError, custom_checks
from fairlead.controllers.flux.helmactions import ActionError, Actions, Outcome
from fairlead.controllers.flux.helmdependencies import unready_dependency
from fairlead.controllers.flux.helmdrift import Drift, DriftError
from fairlead.controllers.flux.helmhistory import full_name, versioned_chart
from fairlead.controllers.flux.helmrender import Renderer, chart_of
from fairlead.controllers.flux.helmreport import RELEASED, HelmReport
from fairlead.controllers.flux.helmresources import ResourceError, Resources
from fairlead.controllers.flux.helmrun import Ending, ReleaseRun, clear_failures, meta_of
from fairlead.controllers.flux.helmscopes import Scopes
from fairlead.controllers.flux.helmspec import RESET_AT, UPGRADE, HelmSpec
from fairlead.controllers.flux.helmstorage import Storage
from fairlead.controllers.flux.helmtemplate import MANAGER, OWNER_NAME, ChartTemplates, not_ready, source_of
from fairlead.controllers.flux.helmvalues import CONFIG_MAP, SECRET, ValuesReferenceError, read_values, references
from fairlead.controllers.flux.managed import ManagedObjects
from fairlead.controllers.flux.reporting import FINALIZER, READY, RECONCILING, REQUESTED_AT
from fairlead.controllers.flux.targets import Targets
from fairlead.engines.helm import Chart, ChartError, Release
from fairlead.engines.helm.record import RecordError, values_digest
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result
from fairlead.runtime.remote import UnreachableError

DEPENDENCY_RETRY = timedelta(seconds=30)
UNREACHABLE_RETRY = timedelta(seconds=10)
Source = tuple[GVK, Key]


@dataclass(slots=True)
class _Pass:
    """One look at one HelmRelease: what was read, the draft that becomes its new state, and what was written of it."""

    stored: Json
    draft: Json
    spec: HelmSpec
    report: HelmReport
    parked: asyncio.Event = field(default_factory=asyncio.Event)


class HelmReleaseController(BaseController):
    """Brings releases to what their HelmReleases ask for."""

    name = "helmrelease"
    kind = HELM_RELEASE

    def __init__(
        self,
        *,
        client: Client,
        clock: Clock,
        ids: Ids,
        artifacts: ArtifactStore,
        targets: Targets,
        recorder: Recorder,
    ) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._artifacts = artifacts
        self._targets = targets
        self._recorder = recorder
        self._managed = ManagedObjects(clock, OWNER_NAME)
        self._templates = ChartTemplates(client, recorder)
        self._users: dict[Source, set[Key]] = {}  # who is concerned by a change of what
        self._uses: dict[Key, set[Source]] = {}
        self._waiting: dict[Key, tuple[int, asyncio.Task[Result]]] = {}  # parked passes, with their generation
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._scopes: dict[int, tuple[Client, Scopes]] = {}
        self._held: dict[Key, tuple[object, float]] = {}  # what failed, and until when it is not tried again
        self._missing: dict[str, set[Key]] = {}  # charts that a restart lost, and who waits for them

    # -- what wakes a release -----------------------------------------------------------------------------------

    def watches(self) -> Sequence[Watch]:
        kinds = (
            HELM_CHART,
            GVK(SOURCE, "v1", "OCIRepository"),
            CONFIG_MAP,
            SECRET,
            HELM_RELEASE,
        )
        return [Watch(kind, self._concerned) for kind in kinds]

    def _concerned(self, obj: Json) -> set[Key]:
        return set(self._users.get((GVK.of(obj), Key.of(obj)), ()))

    def _note_uses(self, spec: HelmSpec) -> None:
        uses: set[Source] = {source_of(spec)}
        kinds = {"ConfigMap": CONFIG_MAP, "Secret": SECRET}
        uses.update((kinds[kind], key) for kind, key in references(spec.obj) if kind in kinds)
        secret = get_in(spec.obj, "spec", "kubeConfig", "secretRef", "name")
        if secret:
            uses.add((SECRET, Key(spec.key.namespace, secret)))
        for item in get_in(spec.obj, "spec", "dependsOn", default=[]):
            uses.add((HELM_RELEASE, Key(item.get("namespace") or spec.key.namespace, item["name"])))
        self._forget_uses(spec.key)
        self._uses[spec.key] = uses
        for use in uses:
            self._users.setdefault(use, set()).add(spec.key)

    def _forget_uses(self, key: Key) -> None:
        for use in self._uses.pop(key, ()):
            users = self._users.get(use, set())
            users.discard(key)
            if not users:
                self._users.pop(use, None)

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._finished(), self._reached(), self._arrivals(), self._managed.changed())

    async def _finished(self) -> AsyncIterator[Key]:
        """Releases whose waiting is over."""
        try:
            while True:
                yield await self._ready.get()
        finally:
            for _, task in self._waiting.values():
                task.cancel()

    async def _reached(self) -> AsyncIterator[Key]:
        """Releases whose cluster answers now."""
        while True:
            yield await self._targets.reached.get()

    async def _arrivals(self) -> AsyncIterator[Key]:
        """Releases whose chart is there again."""
        async for digest in self._artifacts.arrivals():
            for key in self._missing.pop(digest, ()):
                yield key

    # -- a pass -------------------------------------------------------------------------------------------------

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, HELM_RELEASE, key)
        waiting = self._waiting.get(key)
        if waiting is not None:
            generation, task = waiting
            changed = found is None or is_deleting(found) or found["metadata"].get("generation") != generation
            if not task.done() and not changed:
                return Result.done()
            if not task.done():
                task.cancel()
            del self._waiting[key]
            with contextlib.suppress(asyncio.CancelledError):
                result = await task
                if not changed:
                    return result
        if found is None:
            self._forget_uses(key)
            self._held.pop(key, None)
            self._managed.drop(key)
            return Result.done()
        return await self._begin(key, found)

    async def _begin(self, key: Key, found: Json) -> Result:
        draft = copy(found)
        draft.setdefault("status", {})
        current = _Pass(found, draft, HelmSpec(draft), HelmReport(draft, self._clock.now()))
        task = asyncio.create_task(self._guarded(current), name=f"helmrelease {key}")
        parked = asyncio.create_task(current.parked.wait())
        try:
            await asyncio.wait((task, parked), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            parked.cancel()
        if task.done():
            return task.result()
        self._waiting[key] = (found["metadata"].get("generation", 0), task)
        task.add_done_callback(lambda _: self._ready.put_nowait(key))
        return Result.done()

    async def _guarded(self, current: _Pass) -> Result:
        try:
            result = await self._reconcile(current)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if isinstance(error, ApiError) and error.code >= 500:
                await self._targets.drop(current.stored)
            await self._flush(current)
            raise
        await self._flush(current)
        return result

    async def _flush(self, current: _Pass) -> None:
        """Write what changed so far."""
        try:
            current.stored = await write_changes(self._client, current.stored, current.draft, field_manager=MANAGER)
        except ApiError as error:
            if not (error.is_not_found and is_deleting(current.stored)):
                raise

    async def _park(self, current: _Pass) -> None:
        """The pass is going to wait: say so, and let others go on."""
        await self._flush(current)
        current.parked.set()

    async def _reconcile(self, current: _Pass) -> Result:
        draft, spec, report = current.draft, current.spec, current.report
        if is_deleting(draft):
            return await self._delete(current)
        self._note_uses(spec)
        if FINALIZER not in finalizers(draft):
            draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            await self._flush(current)
        if draft["spec"].get("suspend"):
            return self._close(current, Result.done(), observed=True)
        try:
            custom_checks(draft["spec"])
        except ExpressionError as error:
            text = f"Reconciliation failed terminally due to configuration error: {error}"
            await self._note(current, "InvalidCELExpression", text)
            report.stall("InvalidCELExpression", text)
            return self._close(current, Result.done(), observed=True)
        await self._warn_of_account(current)
        await self._templates.ensure(spec, report.status)
        return await self._prerequisites(current)

    async def _warn_of_account(self, current: _Pass) -> None:
        name = current.draft["spec"].get("serviceAccountName")
        if name and current.report.status.get("observedGeneration") != current.draft["metadata"].get("generation"):
            text = f"serviceAccountName '{name}' is not impersonated: the release is applied with this program's rights"
            await self._recorder.warning(current.stored, "ImpersonationUnsupported", text)

    def _close(self, current: _Pass, result: Result, *, observed: bool) -> Result:
        """The end of a pass: what was asked for by annotation is answered."""
        asked = (current.draft["metadata"].get("annotations") or {}).get(REQUESTED_AT)
        if asked:
            current.report.status["lastHandledReconcileAt"] = asked
        current.report.status.setdefault("observedGeneration", -1)
        if observed:
            current.report.status["observedGeneration"] = current.draft["metadata"].get("generation", 1)
        return result

    async def _prerequisites(self, current: _Pass) -> Result:
        spec, report = current.spec, current.report
        before = report.get(RECONCILING)
        unready = await unready_dependency(self._client, spec)
        if unready:
            report.progress("Fulfilling prerequisites")
            await self._note(current, "DependencyNotReady", unready, normal=True)
            return self._close(current, Result.again(DEPENDENCY_RETRY), observed=False)
        report.clear_ready("DependencyNotReady")
        gvk, key = source_of(spec)
        source = await get_or_none(self._client, gvk, key)
        reason = not_ready(source) if source is not None else ""
        if source is None or reason:
            report.progress("Fulfilling prerequisites")
            if source is None:
                reason = f'could not get Source object: {gvk.group_kind} "{key.name}" not found'
                report.set(READY, False, "ArtifactFailed", reason)
            else:
                report.set(READY, False, "SourceNotReady", reason)
            return self._close(current, Result.again(DEPENDENCY_RETRY), observed=False)
        report.clear_ready("ArtifactFailed", "SourceNotReady", "AccessDenied")
        try:
            values = await read_values(self._client, spec.obj)
        except ValuesReferenceError as error:
            report.progress("Fulfilling prerequisites")
            await self._note(current, "ValuesError", str(error))
            return self._close(current, Result.again(DEPENDENCY_RETRY), observed=False)
        report.clear_ready("ValuesError")
        chart = await self._load(current, source)
        if chart is None:
            return self._close(current, Result.again(DEPENDENCY_RETRY), observed=False)
        report.clear_ready("ArtifactFailed")
        if before is None:
            report.drop(RECONCILING)
        return await self._release(current, chart, values)

    async def _note(self, current: _Pass, reason: str, message: str, *, normal: bool = False) -> None:
        """Not ready; an event only where that is news."""
        before = current.report.get(READY)
        if before is None or before["message"] != message:
            record = self._recorder.normal if normal else self._recorder.warning
            await record(current.stored, reason, message)
        current.report.set(READY, False, reason, message)

    async def _load(self, current: _Pass, source: Json) -> Chart | None:
        digest = get_in(source, "status", "artifact", "digest", default="")
        tree = self._artifacts.tree(digest)
        if tree is None:
            self._missing.setdefault(digest, set()).add(current.spec.key)
            text = "Source not ready: artifact not found. Retrying in 30s"
            current.report.progress("Fulfilling prerequisites")
            current.report.set(READY, False, "ArtifactFailed", text)
            return None
        try:
            return chart_of(digest, tree)
        except ChartError as error:
            current.report.progress("Fulfilling prerequisites")
            await self._note(current, "ArtifactFailed", f"Could not load chart: {error}")
            return None

    async def _release(self, current: _Pass, chart: Chart, values: dict[str, Any]) -> Result:
        spec, report = current.spec, current.report
        try:
            target = await self._targets.client_for(spec.obj)
        except UnreachableError as error:
            report.progress("Fulfilling prerequisites")
            await self._note(current, "RESTClientError", f"failed to build kube client: {error}")
            await self._targets.expect(current.stored)
            return self._close(current, Result.again(UNREACHABLE_RETRY), observed=False)
        if self._target_changed(spec, chart):
            await self._uninstall(current, target)
            report.status.pop("history", None)
            clear_failures(report.status)
            report.status.pop("storageNamespace", None)
        inputs = self._inputs(current, target, chart, values)
        failed, until = self._held.get(spec.key, (None, 0.0))
        if failed == inputs and self._clock.monotonic() < until:
            return Result.again(timedelta(seconds=until - self._clock.monotonic()))
        self._attempt(spec, report.status, chart, values)
        try:
            ending = await self._run(current, target, chart, values)
        except (RecordError, ResourceError, DriftError) as error:
            report.progress("Fulfilling prerequisites")
            await self._note(current, "StateError", f"Could not determine release state: {error}")
            return self._close(current, Result.again(DEPENDENCY_RETRY), observed=False)
        match ending.kind:
            case "stalled":
                return self._close(current, Result.done(), observed=True)
            case "again":
                self._held[spec.key] = (inputs, self._clock.monotonic() + ending.seconds)
                return self._close(current, Result.again(timedelta(seconds=ending.seconds)), observed=False)
            case _:
                return self._close(current, Result.again(timedelta(seconds=spec.interval)), observed=True)

    def _inputs(self, current: _Pass, target: Client, chart: Chart, values: dict[str, Any]) -> object:
        """What a failed attempt was made with: while it stays, only time is worth another."""
        metadata = current.stored["metadata"]
        asked = (metadata.get("annotations") or {}).get(REQUESTED_AT)
        return metadata.get("uid"), metadata.get("generation"), asked, id(target), id(chart), values_digest(values)

    def _target_changed(self, spec: HelmSpec, chart: Chart) -> bool:
        """Whether the release now is another one: the old one is uninstalled first."""
        status = spec.obj.get("status") or {}
        latest = helmhistory.latest(status.get("history"))
        if not status.get("storageNamespace") or latest is None:
            return False
        if status["storageNamespace"] != spec.storage_namespace or latest["namespace"] != spec.release_namespace:
            return True
        if latest["name"] != spec.release_name:
            return True
        strategy = spec.action(UPGRADE).get("chartNameChangeStrategy") or "Reinstall"
        return latest["chartName"] != chart.metadata.name and strategy == "Reinstall"

    def _attempt(self, spec: HelmSpec, status: Json, chart: Chart, values: dict[str, Any]) -> None:
        """Say what is attempted; other inputs than last time mean that old failures no longer count."""
        digest, generation = values_digest(values), spec.obj["metadata"].get("generation", 1)
        asked = (spec.obj["metadata"].get("annotations") or {}).get(RESET_AT)
        reset = spec.is_requested(RESET_AT, "lastHandledResetAt")
        if asked:
            status["lastHandledResetAt"] = asked
        known = status.get("lastAttemptedConfigDigest")
        if (
            reset
            or status.get("lastAttemptedGeneration") != generation
            or status.get("lastAttemptedRevision") != chart.metadata.version
            or (known and known != digest)
        ):
            clear_failures(status)
        status["storageNamespace"] = spec.storage_namespace
        status["lastAttemptedGeneration"] = generation
        status["lastAttemptedRevision"] = chart.metadata.version
        status["lastAttemptedConfigDigest"] = digest

    def _actions(self, current: _Pass, target: Client, storage_namespace: str) -> Actions:
        async def park() -> None:
            await self._park(current)

        storage = Storage(target, self._clock, storage_namespace, MANAGER)
        spec = current.spec
        return Actions(
            spec,
            target,
            self._clock,
            storage,
            self._scopes_of(target),
            park,
            spec.release_name,
            spec.release_namespace,
            custom_checks(spec.obj["spec"]),
        )

    def _scopes_of(self, target: Client) -> Scopes:
        known = self._scopes.get(id(target))
        if known is None or known[0] is not target:
            known = self._scopes[id(target)] = (target, Scopes(target))
        return known[1]

    async def _run(self, current: _Pass, target: Client, chart: Chart, values: dict[str, Any]) -> Ending:
        spec, scopes = current.spec, self._scopes_of(target)
        resources = Resources(target, scopes, spec.release_name, spec.release_namespace, MANAGER)

        async def render(action: str, release: Release, chart: Chart, values: Mapping[str, Any]) -> Outcome:
            renderer = Renderer(spec, chart, values, target, scopes, action=action)
            return await renderer.run(release, self._clock, self._ids)

        run = ReleaseRun(
            spec=spec,
            report=current.report,
            actions=self._actions(current, target, spec.storage_namespace),
            chart=chart,
            values=values,
            render=render,
            drift=Drift(spec, resources),
            recorder=self._recorder,
            clock=self._clock,
        )
        ending = await run.run()
        if spec.detects_drift and ending.kind == "done":
            await self._managed.follow(spec.key, self._targets.name_of(spec.obj), target, run.drift.live)
            self._managed.settle(spec.key, run.drift.live)
        else:
            self._managed.drop(spec.key)
        return ending

    # -- deletion -----------------------------------------------------------------------------------------------

    async def _delete(self, current: _Pass) -> Result:
        spec, report = current.spec, current.report
        if not current.draft["spec"].get("suspend"):
            if report.status.get("storageNamespace"):
                try:
                    target = await self._targets.client_for(spec.obj)
                except UnreachableError as error:
                    if "not found" not in str(error):
                        text = f"failed to build REST client getter to uninstall release: {error}"
                        report.set(READY, False, "UninstallFailed", text)
                        return Result.again(UNREACHABLE_RETRY)
                else:
                    trouble = await self._uninstall(current, target)
                    if trouble is not None:
                        return Result.again(timedelta(seconds=min(2.0 ** report.status.get("failures", 1), 300.0)))
            await self._templates.delete(spec, report.status)
            report.status.pop("history", None)
            report.status.pop("storageNamespace", None)
        current.draft["metadata"]["finalizers"] = [name for name in finalizers(current.draft) if name != FINALIZER]
        self._forget_uses(spec.key)
        self._managed.drop(spec.key)
        return Result.done()

    async def _interrupted(self, actions: Actions) -> Json | None:
        """The release of an installation that was under way when its HelmRelease was deleted."""
        last = await actions.storage.last(actions.name)
        return helmhistory.snapshot(last) if last is not None and last.is_pending else None

    async def _uninstall(self, current: _Pass, target: Client) -> ActionError | None:
        """Take the release out of the cluster; says how in the conditions."""
        spec, report = current.spec, current.report
        actions = self._actions(current, target, report.status["storageNamespace"])
        latest = helmhistory.latest(report.status.get("history")) or await self._interrupted(actions)
        if latest is None:
            return None
        actions.name, actions.namespace = latest["name"], latest["namespace"]
        name = f"release {full_name(latest)} with chart {versioned_chart(latest)}"
        try:
            record = await actions.uninstall()
        except ActionError as error:
            if spec.action("uninstall").get("keepHistory") and "is already deleted" in str(error):
                text = f"Release {full_name(latest)} was already uninstalled"
                report.set(RELEASED, False, "UninstallSucceeded", text)
                report.summarize(current.draft["spec"])
                return None
            text = f"Helm uninstall failed for {name}: {str(error).strip()}"
            report.status["failures"] = int(report.status.get("failures", 0)) + 1
            report.set(RELEASED, False, "UninstallFailed", text)
            await self._recorder.warning(current.stored, "UninstallFailed", text, meta_of(latest))
            report.summarize(current.draft["spec"])
            return error
        if record is None:
            text = f"Release {full_name(latest)} was not found, assuming it is uninstalled"
            report.set(RELEASED, False, "UninstallSucceeded", text)
        else:
            report.status.pop("inventory", None)
            text = f"Helm uninstall succeeded for {name}"
            report.set(RELEASED, False, "UninstallSucceeded", text)
            await self._recorder.normal(current.stored, "UninstallSucceeded", text, meta_of(latest))
        report.summarize(current.draft["spec"])
        return None
