"""One attempt at a Kustomization: build, apply, prune, and judge the health of what was applied.

Source: kustomize-controller v1.9, kustomization_controller.go (reconcile, apply, prune, checkHealth): stages and texts.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key, get_in, labels
from fairlead.controllers.flux.apply import PREFIX, Applier, ApplyError, Change, Pruned
from fairlead.controllers.flux.draft import Draft
from fairlead.controllers.flux.fights import Fights
from fairlead.controllers.flux.health import FAILED, WAITING, CustomCheck, expiring_jobs, judge, targets
from fairlead.controllers.flux.ignoring import ignore_rules
from fairlead.controllers.flux.inventory import Item, entries_of, merged, stale
from fairlead.controllers.flux.kustomize.building import BuildError, PathError, build_objects
from fairlead.controllers.flux.kustomize.history import recorded
from fairlead.controllers.flux.kustomize.judging import (
    Build,
    Phase,
    Seen,
    Standing,
    interval,
    retry_interval,
    timeout_seconds,
)
from fairlead.controllers.flux.kustomize.variables import VariablesError, load_variables
from fairlead.controllers.flux.managed import ManagedObjects
from fairlead.controllers.flux.reporting import FluxReport, go_duration
from fairlead.controllers.flux.targets import Targets
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import find, is_true
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result
from fairlead.runtime.remote import UnreachableError

APPLIER = "kustomize-controller"
MANAGER = "gotk-kustomize-controller"
CHANGED = ("created", "configured")


class FailedError(Exception):
    """The attempt failed: `reason` and the text are the Ready condition's; `is_final` when only other inputs help."""

    def __init__(self, reason: str, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Parts:
    """What every attempt works with."""

    client: Client
    clock: Clock
    targets: Targets
    recorder: Recorder
    managed: ManagedObjects
    fights: Fights
    terminating: dict[Key, tuple[Item, ...]] = field(default_factory=dict)  # objects on their way out, by owner


@dataclass(slots=True)
class Attempt:
    """Carries one attempt out; writes what becomes of it into *draft*."""

    parts: Parts
    seen: Seen
    draft: Draft
    report: FluxReport
    standing: Standing
    checks: tuple[CustomCheck, ...] = ()
    stage: str = ""
    changes: list[Change] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return Key.of(self.seen.ks)

    @property
    def revision(self) -> str:
        return self.standing.inputs.revision

    def _say(self, what: str) -> None:
        timeout = go_duration(timeout_seconds(self.seen.ks["spec"]))
        self.stage = f"{what} for revision {self.revision} with a timeout of {timeout}"

    def _now(self) -> float:
        return self.parts.clock.monotonic()

    async def apply(self) -> Result:
        """Build, apply, prune; then wait for health or be done."""
        self.standing.began = self._now()
        try:
            objects = await self._build()
            client = await self._client()
            await self._put(client, objects)
            await self._prune(client)
        except FailedError as error:
            after = await self.fail(error.reason, str(error))
            if error.is_final:
                self.standing.due = math.inf
                return Result.done()
            return after
        return await self._await_health()

    async def _build(self) -> list[Json]:
        ks = self.seen.ks
        self._say("Fetching manifests")
        assert self.seen.tree is not None  # decide waits for it
        known, inputs = self.standing.built, self.standing.inputs
        if (
            known is not None
            and (known.generation, known.variables) == (inputs.generation, inputs.variables)
            and known.result.holds_for(self.seen.tree)
        ):
            self._attempted()
            self.standing.build_digest = known.result.digest
            return list(known.objects)
        try:
            built = build_objects(ks["spec"], self.seen.tree, await self._variables())
        except PathError as error:
            raise FailedError("ArtifactFailed", str(error), is_final=True) from error
        except BuildError as error:
            self._attempted()
            raise FailedError("BuildFailed", str(error), is_final=True) from error
        self._attempted()
        self.standing.build_digest = built.digest
        objects = tuple(_labelled(obj, self.key) for obj in built.objects)
        self.standing.built = Build(inputs.generation, inputs.variables, built, objects)
        return list(objects)

    def _attempted(self) -> None:
        self._say("Building manifests")
        self.report.status["lastAttemptedRevision"] = self.revision

    async def _variables(self) -> Callable[[], dict[str, str]]:
        try:
            found = await load_variables(self.parts.client, self.seen.ks)
        except VariablesError as error:
            text = str(error)

            def refuse() -> dict[str, str]:
                raise BuildError(text)

            return refuse
        return lambda: found

    async def _client(self) -> Client:
        try:
            return await self.parts.targets.client_for(self.seen.ks)
        except UnreachableError as error:
            await self.parts.targets.expect(self.seen.ks)
            raise FailedError("ReconciliationFailed", str(error)) from error

    async def _put(self, client: Client, objects: Sequence[Json]) -> None:
        self._say("Detecting drift")
        parts, ks = self.parts, self.seen.ks
        wanted = {Item.of(obj): obj for obj in objects}
        before = dict(self.standing.desired)
        requested = self.standing.inputs.requested != get_in(ks, "status", "lastHandledReconcileAt", default="")
        owned = [Item.parse(entry) for entry in entries_of(ks.get("status") or {})]
        await parts.managed.follow(
            self.key, parts.targets.name_of(ks), client, [*wanted, *owned], self._waited_for(tuple(wanted))
        )

        def known(obj: Json) -> Json | None:
            item = Item.of(obj)
            last = before.get(item)
            same = last is obj or last == obj
            return obj if same and not requested and parts.managed.is_in_force(self.key, item) else None

        applier = Applier(client, APPLIER, parts.clock, ignore_rules(ks["spec"]))
        try:
            self.changes = await applier.apply(
                objects, force=bool(ks["spec"].get("force")), known=known, announce=self._note_new
            )
        except ApplyError as error:
            self._settle(error.changes)
            self._record("ReconciliationFailed")
            await self._tell_changes([c for c in error.changes if c.action in CHANGED])
            raise FailedError("ReconciliationFailed", str(error)) from error
        except ApiError as error:
            await self._out_of_reach()
            raise FailedError("ReconciliationFailed", error.message) from error
        self._settle(self.changes)
        self.standing.desired = wanted
        changed = [change for change in self.changes if change.action in CHANGED]
        self.standing.changed = bool(changed)
        await self._tell_changes(changed)

    def _waited_for(self, applied: tuple[Item, ...]) -> tuple[Item, ...]:
        return targets(self.seen.ks["spec"], applied, Item.of(self.seen.ks))

    async def _note_new(self, wanted: Sequence[Item]) -> None:
        """Put objects that are about to be made into the inventory first, so that no crash can orphan them."""
        if not wanted:
            return
        old = entries_of(self.seen.ks.get("status") or {})
        both = merged(old, [item.entry for item in wanted])
        if len(both) == len(old):
            return
        self.report.begin(self.stage)
        self.report.status["inventory"] = {"entries": both}
        await self.draft.flush()

    async def _out_of_reach(self) -> None:
        await self.parts.targets.drop(self.seen.ks)
        await self.parts.targets.expect(self.seen.ks)

    def _settle(self, changes: Sequence[Change]) -> None:
        known = {change.item: change.obj for change in changes if "uid" in change.obj["metadata"]}
        self.parts.managed.settle(self.key, known)
        for change in changes:
            if change.action == "skipped":
                self.parts.managed.excuse(self.key, change.item)

    async def _tell_changes(self, changed: Sequence[Change]) -> None:
        if changed:
            await self._normal("Progressing", "\n".join(change.line for change in changed))

    async def _prune(self, client: Client) -> None:
        status, spec = self.seen.ks.get("status") or {}, self.seen.ks["spec"]
        fresh = [change.item.entry for change in self.changes]
        gone = stale(entries_of(status), fresh)
        self.report.status["inventory"] = {"entries": fresh}
        if not spec.get("prune") or not gone:
            await self._follow(client)
            return
        pruned = await Applier(client, APPLIER, self.parts.clock).prune(gone, (self.key.name, self.key.namespace))
        await self._follow(client)
        if pruned.errors:
            kept = merged(fresh, [item.entry for item in pruned.survivors])
            self.report.status["inventory"] = {"entries": kept}
            self._record("PruneFailed")
            raise FailedError("PruneFailed", f"delete failed, errors: {''.join(f'{e};' for e in pruned.errors)}")
        await self._tell_pruned(pruned)

    async def _follow(self, client: Client) -> None:
        items = [change.item for change in self.changes]
        others = self._waited_for(tuple(items))
        await self.parts.managed.follow(self.key, self.parts.targets.name_of(self.seen.ks), client, items, others)

    async def _tell_pruned(self, pruned: Pruned) -> None:
        if pruned.lines:
            await self._normal("Progressing", "\n".join(pruned.lines))

    async def _await_health(self) -> Result:
        applied = tuple(change.item for change in self.changes if change.action != "skipped")
        self.standing.checks = self._waited_for(applied)
        self.standing.check_began = self._now()
        self.parts.managed.check(self.key, self.standing.checks)
        if not self.standing.checks:
            self.report.drop("Healthy")
            return await self._succeed()
        await self._prime()
        return await self.check()

    async def _prime(self) -> None:
        """Read what is waited for once; later changes come by watch."""
        client = await self.parts.targets.client_for(self.seen.ks)
        applier = Applier(client, APPLIER, self.parts.clock)
        for item in self.standing.checks:
            if self.parts.managed.state(self.key, item) is None:
                self.parts.managed.prime(self.key, item, await applier.get(item))

    async def check(self) -> Result:
        """Judge the health of what was applied, as it was seen last."""
        standing, parts = self.standing, self.parts
        was_done = standing.phase is Phase.DONE
        if was_done:
            standing.check_began = self._now()
        waited = self._now() - standing.check_began
        limit = timeout_seconds(self.seen.ks["spec"])
        is_late = waited >= limit and standing.phase is not Phase.DONE
        states = {item: parts.managed.state(self.key, item) for item in standing.checks}
        verdict = judge(
            states,
            now=parts.clock.now(),
            is_late=is_late,
            checks=self.checks,
            expiring=expiring_jobs(list(standing.desired.values())),
        )
        self._say("Running health checks")
        if verdict.state == WAITING:
            return self._go_on_waiting(limit - waited)
        if verdict.state == FAILED:
            if standing.phase is Phase.UNHEALTHY:
                return Result.again(timedelta(seconds=max(0.001, standing.due - self._now())))
            self.report.set("Healthy", False, "HealthCheckFailed", verdict.message)
            self._record("HealthCheckFailed")
            text = f"health check failed after {go_duration(waited)}: {verdict.message}"
            return await self.fail("HealthCheckFailed", text, Phase.UNHEALTHY)
        if was_done:
            return self._rest()
        await self._tell_health(waited)
        return await self._succeed()

    def _go_on_waiting(self, left: float) -> Result:
        self.parts.managed.listen(self.key)
        if self.standing.phase is Phase.UNHEALTHY:
            return Result.again(timedelta(seconds=max(0.001, self.standing.due - self._now())))
        if self.standing.phase is not Phase.CHECKING:
            self.standing.phase = Phase.CHECKING
            self.report.begin(self.stage)
            self.report.set("Healthy", "Unknown", "Progressing", self.stage)
        return Result.again(timedelta(seconds=max(left, 0.001)))

    async def _tell_health(self, waited: float) -> None:
        if not self.standing.checks:
            return
        passed = f"Health check passed in {go_duration(waited)}"
        conditions = get_in(self.seen.ks, "status", "conditions", default=())
        is_new = get_in(self.seen.ks, "status", "lastAppliedRevision") != self.revision
        was_healthy = is_true(conditions, "Healthy")
        if not was_healthy or (is_new and self.standing.changed):
            await self._normal("Progressing", passed)
        if not (was_healthy and self._is_quiet()):
            self.report.set("Healthy", True, "Succeeded", passed)

    def _is_quiet(self) -> bool:
        """Whether this attempt found everything as the last one left it."""
        status = self.seen.ks.get("status") or {}
        return (
            not self.standing.changed
            and is_true(status.get("conditions"), "Ready")
            and status.get("lastAppliedRevision") == self.revision
            and status.get("observedGeneration") == self.seen.ks["metadata"].get("generation", 1)
            and status.get("lastHandledReconcileAt", "") == self.standing.inputs.requested
            and entries_of(status) == entries_of(self.report.status)
        )

    async def _succeed(self) -> Result:
        if self._is_quiet():
            return self._rest()
        self.report.status["lastAppliedRevision"] = self.revision
        self.report.succeed("ReconciliationSucceeded", f"Applied revision: {self.revision}")
        self._record("ReconciliationSucceeded")
        spent, later = (
            go_duration(self._now() - self.standing.began),
            go_duration(interval(self.seen.ks["spec"]).total_seconds()),
        )
        text = f"Reconciliation finished in {spent}, next run in {later}"
        await self._normal("ReconciliationSucceeded", text, {f"{PREFIX}/commit_status": "update"})
        return self._rest()

    def _rest(self) -> Result:
        after = interval(self.seen.ks["spec"])
        self.parts.managed.hush(self.key)
        self.standing.phase = Phase.DONE
        self.standing.due = self._now() + after.total_seconds()
        return Result.again(after)

    async def correct(self, items: Sequence[Item]) -> Result:
        """Put back *items*; those that another manager keeps changing, or that are refused, are left for a while."""
        parts, now = self.parts, self._now()
        for item in items:
            if item not in self.standing.desired:
                parts.managed.excuse(self.key, item)
        mine = [item for item in items if item in self.standing.desired]
        due = [item for item in mine if not parts.fights.delay(self.key, item, now)]
        failure = await self._put_back(due) if due else None
        for item in due:
            parts.fights.corrected(self.key, item, now)
        left = [item for item in mine if item in parts.managed.drifted(self.key)]
        delays = [timedelta(seconds=max(0.001, parts.fights.delay(self.key, item, now))) for item in left]
        after = Result(min(delays, default=None))
        if failure is not None:
            self.standing.is_troubled = True
            await self._tell_failure(failure)
            return after
        if self.standing.phase is Phase.DONE and self.standing.due > now:
            if not left:
                self._recover()
            return after.or_sooner(Result.again(timedelta(seconds=max(0.001, self.standing.due - now))))
        return after.or_sooner(await self.check())

    def _recover(self) -> None:
        """What could not be put back before is back now."""
        if self.standing.is_troubled and not is_true(get_in(self.seen.ks, "status", "conditions"), "Ready"):
            self.report.succeed("ReconciliationSucceeded", f"Applied revision: {self.revision}")
        self.standing.is_troubled = False

    async def _tell_failure(self, failure: FailedError) -> None:
        before = find(get_in(self.seen.ks, "status", "conditions"), "Ready")
        self.report.retry(failure.reason, str(failure), self.stage)
        if before is None or before["message"] != str(failure):
            await self.parts.recorder.warning(self.seen.ks, failure.reason, str(failure), self._annotations())

    async def _put_back(self, items: Sequence[Item]) -> FailedError | None:
        """Apply *items* again; what is in the way, if anything is."""
        self._say("Detecting drift")
        objects = [self.standing.desired[item] for item in items]
        ignored, force = ignore_rules(self.seen.ks["spec"]), bool(self.seen.ks["spec"].get("force"))
        try:
            applier = Applier(await self._client(), APPLIER, self.parts.clock, ignored)
            changes = await applier.apply(objects, force=force)
        except FailedError as error:
            return error
        except ApplyError as error:
            self._settle(error.changes)
            return FailedError("ReconciliationFailed", str(error))
        except ApiError as error:
            await self._out_of_reach()
            return FailedError("ReconciliationFailed", error.message)
        self._settle(changes)
        await self._tell_changes([change for change in changes if change.action in CHANGED])
        await self._tell_conflicts(changes)
        return None

    async def _tell_conflicts(self, changes: Sequence[Change]) -> None:
        """Name, once, who else applies what is put back here again and again."""
        for change in changes:
            if change.taken_from and self.parts.fights.is_news(self.key, change.item):
                text = (
                    f"{change.item.subject} is also applied by Kustomization {change.taken_from}: they take it from "
                    "each other; keep it in one of them"
                )
                await self.parts.recorder.warning(self.seen.ks, "OwnershipConflict", text, self._annotations())

    async def fail(self, reason: str, message: str, phase: Phase = Phase.FAILED) -> Result:
        """Say what went wrong, once, and try again after the retry interval."""
        after = retry_interval(self.seen.ks["spec"])
        self.standing.phase = phase
        self.standing.due = self._now() + after.total_seconds()
        self.report.retry(reason, message, self.stage)
        await self.parts.recorder.warning(self.seen.ks, reason, message, self._annotations())
        return Result.again(after)

    def _record(self, status: str) -> None:
        now = self.parts.clock.now()
        self.report.status["history"] = recorded(
            self.report.status.get("history") or (),
            self.standing.build_digest,
            status,
            {"revision": self.revision},
            now=now,
            seconds=self._now() - self.standing.began,
        )

    async def _normal(self, reason: str, message: str, more: dict[str, str] | None = None) -> None:
        await self.parts.recorder.normal(self.seen.ks, reason, message, {**(more or {}), **self._annotations()})

    def _annotations(self) -> dict[str, str]:
        return {f"{PREFIX}/revision": self.revision} if self.revision else {}


def _labelled(obj: Json, owner: Key) -> Json:
    """*obj* with the owner's labels."""
    marks = {**labels(obj), f"{PREFIX}/name": owner.name, f"{PREFIX}/namespace": owner.namespace}
    return {**obj, "metadata": {**obj["metadata"], "labels": marks}}


__all__ = ["Attempt", "FailedError", "Parts"]
