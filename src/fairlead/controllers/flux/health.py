"""Whether what was applied has become what it asks for, all of it together. Pure.

Source: fluxcd/pkg/ssa manager_wait.go (verdicts and texts), runtime/cel status_reader.go (custom checks).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.controllers.flux.inventory import Item
from fairlead.engines.cel import CelError, CelSyntaxError, Program, compile_expression
from fairlead.engines.readiness import Readiness, readiness

WAITING, HEALTHY, FAILED = "waiting", "healthy", "failed"


class ExpressionError(ValueError):
    """An expression that cannot be compiled; a person must change the spec."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` is waiting, healthy or failed; `message` says what is in the way."""

    state: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class CustomCheck:
    """How the health of one kind is told by expressions over the object."""

    group: str
    kind: str
    in_progress: Program | None
    failed: Program | None
    current: Program

    def readiness(self, obj: Json) -> Readiness:
        """How far *obj* is. A generation that was not observed yet counts as in progress."""
        generation = get_in(obj, "metadata", "generation")
        observed = get_in(obj, "status", "observedGeneration")
        if observed is not None and observed != generation:
            return Readiness("InProgress", "generation was not observed yet")
        for status, program in (("InProgress", self.in_progress), ("Failed", self.failed), ("Current", self.current)):
            if program is not None and _holds(program, obj):
                return Readiness(status)
        return Readiness("InProgress")


def _holds(program: Program, obj: Json) -> bool:
    try:
        return program.evaluate(obj) is True
    except CelError:
        return False


def custom_checks(spec: Mapping[str, Any]) -> tuple[CustomCheck, ...]:
    """`spec.healthCheckExprs`, compiled. Raises: ExpressionError."""
    checks = []
    for entry in spec.get("healthCheckExprs") or ():
        gvk = GVK.parse(entry["apiVersion"], entry["kind"])
        programs = {name: _compiled(entry, name) for name in ("inProgress", "failed", "current")}
        current = programs["current"]
        if current is None:
            raise ExpressionError(f"healthCheckExprs of {gvk.kind}: 'current' is missing")
        checks.append(CustomCheck(gvk.group, gvk.kind, programs["inProgress"], programs["failed"], current))
    return tuple(checks)


def _compiled(entry: Mapping[str, Any], name: str) -> Program | None:
    text = entry.get(name)
    if not text:
        return None
    try:
        return compile_expression(text)
    except CelSyntaxError as error:
        kind = f"{entry['apiVersion']}/{entry['kind']}"
        raise ExpressionError(
            f"failed to create custom status evaluator for healthchecks: {name} of {kind}: {error}"
        ) from error


def targets(spec: Mapping[str, Any], applied: Sequence[Item], myself: Item) -> tuple[Item, ...]:
    """What is waited for: all that was applied (`wait`), else `healthChecks`; never the Kustomization itself."""
    if spec.get("wait"):
        chosen = list(applied)
    else:
        chosen = [
            Item(
                GVK.parse(check.get("apiVersion") or "apps/v1", check["kind"]),
                Key(check.get("namespace", ""), check["name"]),
            )
            for check in spec.get("healthChecks") or ()
        ]
    return tuple(
        item
        for item in chosen
        if (item.gvk.group, item.gvk.kind, item.key) != (myself.gvk.group, myself.gvk.kind, myself.key)
    )


def judge(
    states: Mapping[Item, Json | None],
    *,
    now: datetime,
    is_late: bool,
    checks: Sequence[CustomCheck] = (),
    expiring: frozenset[Item] = frozenset(),
) -> Verdict:
    """The verdict over *states*; *expiring* are Jobs that go by themselves when they are done."""
    told = {item: _told(item, obj, now, checks, expiring) for item, obj in states.items()}
    if all(status == "Current" for status in told.values()):
        return Verdict(HEALTHY)
    is_final = all(status in ("Current", "Failed") for status in told.values())
    if not is_final and not is_late:
        waiting = ", ".join(f"{i.subject} status: '{s}'" for i, s in told.items() if s != "Current")
        return Verdict(WAITING, waiting)
    bad = [f"{i.subject} status: '{s}'" for i, s in told.items() if s == "Failed" or (is_late and s != "Current")]
    words = "failed early due to stalled resources" if is_final else "timeout waiting for"
    return Verdict(FAILED, f"{words}: [{', '.join(bad)}]")


def _told(item: Item, obj: Json | None, now: datetime, checks: Sequence[CustomCheck], expiring: frozenset[Item]) -> str:
    if obj is None:
        return "Current" if item in expiring else "NotFound"
    custom = next((c for c in checks if (c.group, c.kind) == (item.gvk.group, item.gvk.kind)), None)
    if custom is not None and not get_in(obj, "metadata", "deletionTimestamp"):
        return custom.readiness(obj).status
    return readiness(obj, now=now).status


def expiring_jobs(objects: Sequence[Json]) -> frozenset[Item]:
    """The Jobs among *objects* that are removed some time after they are done."""
    return frozenset(
        Item.of(obj)
        for obj in objects
        if GVK.of(obj).group == "batch"
        and obj["kind"] == "Job"
        and get_in(obj, "spec", "ttlSecondsAfterFinished") is not None
    )
