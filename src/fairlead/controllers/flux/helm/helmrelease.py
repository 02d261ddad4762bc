"""HelmRelease controller: a chart and its values, kept as a Helm release in a cluster.

Behaviour: fluxcd/helm-controller v1.6, helmrelease_controller.go. Differences: docs/compat/helmrelease.md.

A pass that has to wait (for Deployments to come up, for a hook's Job) goes on in the background and lets its place in
the queue go, so that waiting releases never hold up others. Other values, another chart or another spec end the wait.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import HELM_CHART, HELM_RELEASE, SOURCE
from fairlead.base.objects import GVK, Json, Key, finalizers, get_in, is_deleting
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.fights import Fights
from fairlead.controllers.flux.health import ExpressionError, custom_checks
from fairlead.controllers.flux.helm import history as helmhistory
from fairlead.controllers.flux.helm.actions import Outcome
from fairlead.controllers.flux.helm.cluster import Clusters, NoClientError
from fairlead.controllers.flux.helm.dependencies import unready_dependency
from fairlead.controllers.flux.helm.drift import Drift, DriftError
from fairlead.controllers.flux.helm.missing import MissingArtifacts
from fairlead.controllers.flux.helm.pace import Pace
from fairlead.controllers.flux.helm.parking import Parking
from fairlead.controllers.flux.helm.passes import Pass
from fairlead.controllers.flux.helm.removal import remove, uninstall
from fairlead.controllers.flux.helm.render import Renderer, chart_of
from fairlead.controllers.flux.helm.resources import ResourceError, Resources
from fairlead.controllers.flux.helm.run import Ending, ReleaseRun
from fairlead.controllers.flux.helm.spec import RESET_AT, UPGRADE, HelmSpec
from fairlead.controllers.flux.helm.steps import Steps, clear_failures
from fairlead.controllers.flux.helm.template import MANAGER, OWNER_NAME, ChartTemplates, not_ready, source_of
from fairlead.controllers.flux.helm.uses import Use, Uses
from fairlead.controllers.flux.helm.values import CONFIG_MAP, SECRET, ValuesReferenceError, read_values, references
from fairlead.controllers.flux.managed import ManagedObjects
from fairlead.controllers.flux.reporting import FINALIZER, READY, RECONCILING, REQUESTED_AT
from fairlead.controllers.flux.targets import Targets
from fairlead.engines.helm import Chart, ChartError, Release
from fairlead.engines.helm.record import RecordError, values_digest
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result

OCI_REPOSITORY = GVK(SOURCE, "v1", "OCIRepository")
DEPENDENCY_RETRY = timedelta(seconds=30)
UNREACHABLE_RETRY = timedelta(seconds=10)


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
        self._clusters = Clusters(targets, clock)
        self._recorder = recorder
        self._managed = ManagedObjects(clock, OWNER_NAME)
        self._templates = ChartTemplates(client, recorder)
        self._uses = Uses()
        self._parking = Parking()
        self._fights = Fights()
        self._pace = Pace(clock)  # what failed is not tried again at once
        self._missing = MissingArtifacts(artifacts, clock)

    # -- what wakes a release -----------------------------------------------------------------------------------

    def watches(self) -> Sequence[Watch]:
        kinds = (HELM_CHART, OCI_REPOSITORY, CONFIG_MAP, SECRET, HELM_RELEASE)
        return [Watch(kind, self._uses.concerned) for kind in kinds]

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._parking.finished(), self._reached(), self._missing.arrivals(), self._managed.changed())

    async def _reached(self) -> AsyncIterator[Key]:
        """Releases whose cluster answers now."""
        while True:
            yield await self._targets.reached.get()

    # -- a pass -------------------------------------------------------------------------------------------------

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, HELM_RELEASE, key)
        parked = self._parking.get(key)
        if parked is not None:
            if found is not None and await self._inputs_now(found) == parked.inputs:
                return await self._parking.result(key) if parked.task.done() else Result.done()
            await self._parking.end(key)
        if found is None:
            self._forget(key)
            return Result.done()
        started: list[Pass] = []

        async def work(waits: asyncio.Event) -> Result:
            current = Pass.over(found, self._client, self._clock, self._recorder, waits)
            started.append(current)
            return await self._guarded(current)

        return await self._parking.run(key, work, lambda: started[0].inputs)

    def _forget(self, key: Key) -> None:
        self._uses.forget(key)
        self._pace.forget(key)
        self._fights.forget(key)
        self._managed.drop(key)

    async def _guarded(self, current: Pass) -> Result:
        try:
            result = await self._reconcile(current)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if isinstance(error, ApiError) and error.code >= 500:
                await self._targets.drop(current.stored)
            await current.flush()
            raise
        await current.flush()
        return result

    async def _reconcile(self, current: Pass) -> Result:
        draft, spec, report = current.draft, current.spec, current.report
        if is_deleting(draft):
            return await self._delete(current)
        self._uses.note(spec.key, _uses_of(spec))
        if FINALIZER not in finalizers(draft):
            draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            await current.flush()
        if draft["spec"].get("suspend"):
            return current.close(Result.done(), observed=True)
        refusal = _refusal(draft["spec"])
        if refusal is not None:
            await current.not_ready(*refusal)
            report.stall(*refusal)
            return current.close(Result.done(), observed=True)
        await self._templates.ensure(spec, report.status)
        return await self._prerequisites(current)

    async def _delete(self, current: Pass) -> Result:
        current.inputs = await self._inputs_now(current.stored)
        if not current.draft["spec"].get("suspend"):
            later = await remove(current, self._clusters)
            if later is not None:
                return later
            await self._templates.delete(current.spec, current.report.status)
        current.draft["metadata"]["finalizers"] = [name for name in finalizers(current.draft) if name != FINALIZER]
        self._forget(current.spec.key)
        return Result.done()

    async def _prerequisites(self, current: Pass) -> Result:
        spec, report = current.spec, current.report
        before = report.get(RECONCILING)
        unready = await unready_dependency(self._client, spec)
        if unready:
            report.progress("Fulfilling prerequisites")
            await current.not_ready("DependencyNotReady", unready, normal=True)
            return current.close(Result.again(DEPENDENCY_RETRY), observed=False)
        report.clear_ready("DependencyNotReady")
        gvk, key = source_of(spec)
        source = await get_or_none(self._client, gvk, key)
        reason = not_ready(source) if source is not None else ""
        if source is None or reason:
            report.progress("Fulfilling prerequisites")
            if source is None:
                reason = f'could not get Source object: {gvk.group_kind} "{key.name}" not found'
            report.set(READY, False, "ArtifactFailed" if source is None else "SourceNotReady", reason)
            return current.close(Result.again(DEPENDENCY_RETRY), observed=False)
        report.clear_ready("ArtifactFailed", "SourceNotReady", "AccessDenied")
        try:
            values = await read_values(self._client, spec.obj)
        except ValuesReferenceError as error:
            report.progress("Fulfilling prerequisites")
            await current.not_ready("ValuesError", str(error))
            return current.close(Result.again(DEPENDENCY_RETRY), observed=False)
        report.clear_ready("ValuesError")
        chart = await self._load(current, source)
        if isinstance(chart, Result):
            return chart
        report.clear_ready("ArtifactFailed", "RESTClientError", "StateError")
        if before is None:
            report.drop(RECONCILING)
        current.inputs = _inputs(current.stored, source, values)
        return await self._release(current, chart, values)

    async def _inputs_now(self, found: Json) -> object:
        """What a pass over *found* would make the release with; None when it could not."""
        if is_deleting(found):
            return "deleted", found["metadata"].get("uid")
        gvk, key = source_of(HelmSpec(found))
        source = await get_or_none(self._client, gvk, key)
        try:
            values = await read_values(self._client, found)
        except ValuesReferenceError:
            return None
        return _inputs(found, source or {}, values)

    async def _load(self, current: Pass, source: Json) -> Chart | Result:
        """The chart in the source's artifact, or when to look again."""
        digest = get_in(source, "status", "artifact", "digest", default="")
        tree = self._artifacts.tree(digest)
        if tree is None:
            left = self._missing.wait(digest, current.spec.key)
            if left > 0:
                return Result.again(timedelta(seconds=left))
            text = "Source not ready: artifact not found. Retrying in 30s"
            current.report.progress("Fulfilling prerequisites")
            current.report.set(READY, False, "ArtifactFailed", text)
            return current.close(Result.again(DEPENDENCY_RETRY), observed=False)
        try:
            return chart_of(digest, tree)
        except ChartError as error:
            current.report.progress("Fulfilling prerequisites")
            await current.not_ready("ArtifactFailed", f"Could not load chart: {error}")
            return current.close(Result.again(DEPENDENCY_RETRY), observed=False)

    # -- the release --------------------------------------------------------------------------------------------

    async def _release(self, current: Pass, chart: Chart, values: dict[str, Any]) -> Result:
        spec, report = current.spec, current.report
        try:
            target = await self._clusters.client_for(current)
        except NoClientError as error:
            report.progress("Fulfilling prerequisites")
            report.set(READY, False, error.reason, str(error))
            await self._targets.expect(current.stored)
            return current.close(Result.again(UNREACHABLE_RETRY), observed=False)
        inputs = (current.inputs, id(target))
        left = self._pace.left(spec.key, inputs)
        if left > 0:
            return Result.again(timedelta(seconds=left))
        if _target_changed(spec, chart):
            await uninstall(current, self._clusters, target)
            report.status.pop("history", None)
            report.status.pop("storageNamespace", None)
            clear_failures(report.status)
        _attempt(spec, report.status, chart, values)
        try:
            ending = await self._run(current, target, chart, values)
        except (RecordError, ResourceError, DriftError) as error:
            report.progress("Fulfilling prerequisites")
            report.set(READY, False, "StateError", f"Could not determine release state: {error}")
            return current.close(Result.again(DEPENDENCY_RETRY), observed=False)
        return self._end(current, ending, inputs)

    def _end(self, current: Pass, ending: Ending, inputs: object) -> Result:
        if ending.kind == "stalled":
            return current.close(Result.done(), observed=True)
        if ending.kind == "again":
            self._pace.keep(current.spec.key, inputs, ending.seconds)
            return current.close(Result.again(timedelta(seconds=ending.seconds)), observed=False)
        seconds = min(ending.seconds or current.spec.interval, current.spec.interval)
        return current.close(Result.again(timedelta(seconds=seconds)), observed=True)

    async def _run(self, current: Pass, target: Client, chart: Chart, values: dict[str, Any]) -> Ending:
        spec, scopes = current.spec, self._clusters.scopes(current, target)

        async def render(action: str, release: Release, chart: Chart, values: Mapping[str, Any]) -> Outcome:
            renderer = Renderer(spec, chart, values, target, scopes, action=action)
            return await renderer.run(release, self._clock, self._ids)

        steps = Steps(
            spec=spec,
            report=current.report,
            actions=self._clusters.actions(current, target, spec.storage_namespace),
            chart=chart,
            values=values,
            render=render,
            drift=Drift(
                spec,
                Resources(target, scopes, spec.release_name, spec.release_namespace, MANAGER),
                self._fights,
                self._clock,
            ),
            recorder=self._recorder,
            clock=self._clock,
        )
        ending = await ReleaseRun(steps).run()
        if spec.detects_drift and ending.kind == "done":
            await self._managed.follow(spec.key, self._targets.name_of(spec.obj), target, steps.drift.live)
            self._managed.settle(spec.key, steps.drift.live)
        else:
            self._managed.drop(spec.key)
        return ending


def _refusal(spec: Mapping[str, Any]) -> tuple[str, str] | None:
    """Reason and text of what a person must change first: what would be done with other rights, or cannot be judged."""
    if spec.get("serviceAccountName"):
        return "ReconcileError", (
            f"spec.serviceAccountName '{spec['serviceAccountName']}': acting as a service account is not supported; "
            "take it out of the spec to release with the controller's own rights"
        )
    if get_in(spec, "kubeConfig", "configMapRef"):
        return "ReconcileError", (
            "spec.kubeConfig.configMapRef is not supported; put a kubeconfig into a Secret and name it in secretRef"
        )
    try:
        custom_checks(spec)
    except ExpressionError as error:
        return "InvalidCELExpression", f"Reconciliation failed terminally due to configuration error: {error}"
    return None


def _uses_of(spec: HelmSpec) -> set[Use]:
    """All that a release is made from, and waits for."""
    uses: set[Use] = {source_of(spec)}
    kinds = {"ConfigMap": CONFIG_MAP, "Secret": SECRET}
    uses.update((kinds[kind], key) for kind, key in references(spec.obj) if kind in kinds)
    secret = get_in(spec.obj, "spec", "kubeConfig", "secretRef", "name")
    if secret:
        uses.add((SECRET, Key(spec.key.namespace, secret)))
    for item in get_in(spec.obj, "spec", "dependsOn", default=[]):
        uses.add((HELM_RELEASE, Key(item.get("namespace") or spec.key.namespace, item["name"])))
    return uses


def _inputs(obj: Json, source: Json, values: Mapping[str, Any]) -> object:
    """What a release is made with: while it stays, a failed attempt is not worth another, and a wait goes on."""
    metadata = obj["metadata"]
    asked = (metadata.get("annotations") or {}).get(REQUESTED_AT)
    artifact = get_in(source, "status", "artifact", "digest")
    return metadata.get("uid"), metadata.get("generation"), asked, artifact, values_digest(values)


def _target_changed(spec: HelmSpec, chart: Chart) -> bool:
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
    return bool(latest["chartName"] != chart.metadata.name) and strategy == "Reinstall"


def _attempt(spec: HelmSpec, status: Json, chart: Chart, values: Mapping[str, Any]) -> None:
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
