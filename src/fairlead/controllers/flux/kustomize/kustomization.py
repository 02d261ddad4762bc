"""Kustomization controller: build a source's overlay, apply it, prune what left it, put back what others change.

Behaviour: fluxcd/kustomize-controller v1.9, kustomization_controller.go.
Differences: docs/compat/flux.md#kustomization.
A pass never waits: health is judged when a watched object changes, so a new revision is taken up at once.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import orjson

from fairlead.api.flux.kinds import GIT_REPOSITORY, KUSTOMIZATION, SOURCE
from fairlead.base.objects import GVK, Json, Key, annotations, finalizers, get_in, is_deleting
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.cycles import with_cycle
from fairlead.controllers.flux.draft import Draft, drafting
from fairlead.controllers.flux.fights import Fights
from fairlead.controllers.flux.health import ExpressionError, custom_checks
from fairlead.controllers.flux.kustomize.attempt import MANAGER, Attempt, Parts
from fairlead.controllers.flux.kustomize.finalizing import finalize
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
    Wait,
    decide,
    invalid_expression,
    source_of,
    unready_dependency,
)
from fairlead.controllers.flux.kustomize.variables import CONFIG_MAP, SECRET, VariablesError, load_variables
from fairlead.controllers.flux.managed import ManagedObjects
from fairlead.controllers.flux.references import WHOLE, References, references_of
from fairlead.controllers.flux.reporting import FINALIZER, REQUESTED_AT, FluxReport
from fairlead.controllers.flux.targets import Targets
from fairlead.engines.cel import CelError
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import find
from fairlead.runtime.controller import BaseController, Wake, Watch
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

OCI_REPOSITORY = GVK(SOURCE, "v1", "OCIRepository")
BUCKET = GVK(SOURCE, "v1", "Bucket")
SOURCES = {gvk.kind: gvk for gvk in (GIT_REPOSITORY, OCI_REPOSITORY, BUCKET)}


@dataclass(frozen=True, slots=True)
class _Missing:
    """An artifact that its source names and nobody holds, and since when."""

    digest: str
    since: float


class KustomizationController(BaseController):
    """Brings what each Kustomization names into force, and keeps it so."""

    name = "kustomization"
    kind = KUSTOMIZATION

    def __init__(
        self, *, client: Client, clock: Clock, artifacts: ArtifactStore, targets: Targets, recorder: Recorder
    ) -> None:
        self._client = client
        self._clock = clock
        self._artifacts = artifacts
        self._references = References()
        self._standings: dict[Key, Standing] = {}
        self._nudged: set[Key] = set()
        self._missing: dict[Key, _Missing] = {}
        self._parts = Parts(client, clock, targets, recorder, ManagedObjects(clock), Fights())

    def watches(self) -> Sequence[Watch]:
        sources = [Watch(gvk, self._woken_by(gvk.kind)) for gvk in SOURCES.values()]
        return (
            *sources,
            Watch(KUSTOMIZATION, self._woken_by("Kustomization")),
            Watch(CONFIG_MAP, self._woken_by("ConfigMap")),
            Watch(SECRET, self._woken_by("Secret")),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._parts.managed.changed(), self._reached(), self._arrived())

    async def _reached(self) -> AsyncIterator[Key]:
        while True:
            key = await self._parts.targets.reached.get()
            self._nudged.add(key)
            yield key

    async def _arrived(self) -> AsyncIterator[Key]:
        async for digest in self._artifacts.arrivals():
            for key in sorted(key for key, missing in self._missing.items() if missing.digest == digest):
                yield key

    def _woken_by(self, kind: str) -> Wake:
        def wake(obj: Json) -> Iterable[Key]:
            concerned = self._references.concerned((kind, Key.of(obj)), _state(kind, obj))
            if kind == "Kustomization":
                version = obj["metadata"].get("resourceVersion")
                concerned += self._references.concerned((WHOLE, Key.of(obj)), version)
            return concerned

        return wake

    async def reconcile(self, key: Key) -> Result:
        ks = await get_or_none(self._client, KUSTOMIZATION, key)
        if ks is None:
            self._forget(key)
            return Result.done()
        seen = await self._observe(key, ks)
        try:
            async with drafting(self._client, ks, MANAGER) as draft:
                if FINALIZER not in finalizers(ks) and not is_deleting(ks):
                    draft.value["metadata"].setdefault("finalizers", []).append(FINALIZER)
                    await draft.flush()
                result = await self._act(seen, draft)
        except Exception:
            self._doubt(key)
            raise
        if is_deleting(ks) and FINALIZER not in finalizers(draft.value):
            self._forget(key)
        return result

    def _doubt(self, key: Key) -> None:
        """What was done may not be in the status: the next pass does it again."""
        standing = self._standings.get(key)
        if standing is not None:
            standing.phase, standing.due = Phase.FAILED, 0.0

    def _forget(self, key: Key) -> None:
        self._references.record(key, ())
        self._standings.pop(key, None)
        self._nudged.discard(key)
        self._missing.pop(key, None)
        self._parts.managed.drop(key)
        self._parts.fights.forget(key)

    async def _observe(self, key: Key, ks: Json) -> Seen:
        self._references.record(key, references_of(ks))
        now, standing = self._clock.monotonic(), self._standings.get(key)
        if is_deleting(ks) or get_in(ks, "spec", "suspend"):
            return Seen(ks, now, standing=standing)
        kind, source_key = source_of(ks)
        source = await get_or_none(self._client, SOURCES[kind], source_key) if kind in SOURCES else None
        artifact = get_in(source, "status", "artifact", default={})
        invalid, unready = self._invalid(ks), ""
        if artifact and not invalid:
            unready = await self._unready(ks, artifact.get("revision", ""))
        inputs = await self._inputs(ks, f"{kind}/{source_key}", artifact)
        tree = self._artifacts.loader(artifact.get("digest", ""))
        nudged = key in self._nudged
        self._nudged.discard(key)
        return Seen(
            ks,
            now,
            source=source,
            tree=tree,
            missed_seconds=self._missed(key, artifact.get("digest", ""), tree is None, now),
            unready=unready,
            invalid=invalid,
            inputs=inputs,
            standing=standing,
            drifted=self._parts.managed.drifted(key),
            is_watched=self._parts.managed.is_watched(key),
            is_nudged=nudged,
        )

    def _missed(self, key: Key, digest: str, is_missing: bool, now: float) -> float:
        """For how long an artifact has been named that nobody holds."""
        if not is_missing or not digest:
            self._missing.pop(key, None)
            return 0.0
        missing = self._missing.setdefault(key, _Missing(digest, now))
        if missing.digest != digest:
            missing = self._missing[key] = _Missing(digest, now)
        return now - missing.since

    def _invalid(self, ks: Json) -> str:
        try:
            custom_checks(ks["spec"])
        except ExpressionError as error:
            return str(error)
        return invalid_expression(ks)

    async def _unready(self, ks: Json, revision: str) -> str:
        namespace = Key.of(ks).namespace
        for reference in ks["spec"].get("dependsOn") or ():
            key = Key(reference.get("namespace") or namespace, reference["name"])
            dependency = await get_or_none(self._client, KUSTOMIZATION, key)
            try:
                reason = unready_dependency(ks, dependency, reference, revision)
            except CelError as error:
                return f"dependency '{key}' readyExpr cannot be evaluated: {error}"
            if reason:
                return await with_cycle(self._client, KUSTOMIZATION, ks, reason)
        return ""

    async def _inputs(self, ks: Json, source: str, artifact: Json) -> Inputs:
        try:
            variables: object = await load_variables(self._client, ks)
        except VariablesError as error:
            variables = str(error)
        secret = get_in(ks, "spec", "kubeConfig", "secretRef", "name")
        config = await get_or_none(self._client, SECRET, Key(Key.of(ks).namespace, secret)) if secret else None
        return Inputs(
            generation=ks["metadata"].get("generation", 1),
            source=source,
            digest=artifact.get("digest", ""),
            revision=artifact.get("revision", ""),
            requested=annotations(ks).get(REQUESTED_AT, ""),
            variables=hashlib.sha256(orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)).hexdigest(),
            kubeconfig=get_in(config, "metadata", "resourceVersion", default=""),
        )

    async def _act(self, seen: Seen, draft: Draft) -> Result:
        report = FluxReport(draft.value, self._clock.now())
        key = Key.of(seen.ks)
        match decide(seen):
            case Finalize():
                return await finalize(self._parts, seen.ks, draft.value)
            case Rest(after):
                if seen.ks["spec"].get("suspend"):
                    report.handled()
                return Result(after)
            case Stall(reason, message):
                report.fail(reason, message, stalled=True)
                await self._tell_once(seen.ks, reason, message)
                return Result.done()
            case Wait() as step:
                return await self._wait(seen, step, report)
            case Apply():
                assert seen.inputs is not None  # observed whenever there is a source
                before = seen.standing
                standing = Standing(seen.inputs)
                if before is not None:
                    standing.desired, standing.built = before.desired, before.built
                self._standings[key] = standing
                return await Attempt(self._parts, seen, draft, report, standing, custom_checks(seen.ks["spec"])).apply()
            case Check():
                return await self._attempt(seen, draft, report).check()
            case Correct(items):
                return await self._attempt(seen, draft, report).correct(items)

    def _attempt(self, seen: Seen, draft: Draft, report: FluxReport) -> Attempt:
        assert seen.standing is not None  # Check and Correct follow an attempt
        return Attempt(self._parts, seen, draft, report, seen.standing, custom_checks(seen.ks["spec"]))

    async def _wait(self, seen: Seen, step: Wait, report: FluxReport) -> Result:
        revision = get_in(seen.source, "status", "artifact", "revision", default="")
        stage = f"Fetching manifests for revision {revision}" if step.is_fetching else ""
        report.retry(step.reason, step.message, stage)
        if seen.standing is not None and seen.standing.phase is Phase.DONE:
            seen.standing.is_troubled = True
        elif seen.standing is not None:
            self._doubt(Key.of(seen.ks))
        if step.note:
            before = find(get_in(seen.ks, "status", "conditions"), "Ready")
            if before is None or before["message"] != step.message:
                await self._parts.recorder.normal(seen.ks, step.reason, step.note)
        return Result.again(step.after)

    async def _tell_once(self, ks: Json, reason: str, message: str) -> None:
        before = find(get_in(ks, "status", "conditions"), "Ready")
        if before is None or before["message"] != message:
            await self._parts.recorder.warning(ks, reason, message)


def _state(kind: str, obj: Json) -> tuple[object, ...]:
    """The part of a referred object that matters to those who refer to it."""
    if kind in ("ConfigMap", "Secret"):
        return (obj["metadata"].get("resourceVersion"),)
    status = obj.get("status") or {}
    if kind != "Kustomization":
        artifact = status.get("artifact") or {}
        return artifact.get("revision"), artifact.get("digest"), artifact.get("lastUpdateTime"), is_deleting(obj)
    ready = find(status.get("conditions"), "Ready") or {}
    current = status.get("observedGeneration") == obj["metadata"].get("generation")
    return ready.get("status"), current, status.get("lastAppliedRevision"), obj["metadata"].get("uid")
