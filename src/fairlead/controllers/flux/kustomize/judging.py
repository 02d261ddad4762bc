"""What a Kustomization needs next, judged from all that was read. Pure.

Source: kustomize-controller v1.9, kustomization_controller.go (order of the checks, reasons, texts).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from fairlead.base.objects import Json, Key, annotations, get_in, is_deleting
from fairlead.controllers.flux.ignoring import IgnoreError, ignore_rules
from fairlead.controllers.flux.inventory import Item
from fairlead.controllers.flux.kustomize.building import Built
from fairlead.controllers.flux.reporting import REQUESTED_AT, interval_seconds
from fairlead.engines.cel import CelSyntaxError, compile_expression
from fairlead.engines.kustomize import Loader
from fairlead.runtime.conditions import is_true

DEPENDENCY_RETRY = timedelta(seconds=30)
ARTIFACT_GRACE_SECONDS = 60.0  # after a restart sources bring their trees again; nothing is said meanwhile
LONGEST_SECONDS = 1e9
TIMEOUT_FLOOR_SECONDS = 30.0
TERMINAL = "Reconciliation failed terminally due to configuration error"


class Phase(StrEnum):
    """How far the last attempt came."""

    FAILED = "failed"
    CHECKING = "checking"
    UNHEALTHY = "unhealthy"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an attempt is made from; equal inputs need no second attempt."""

    generation: int
    source: str
    digest: str
    revision: str
    requested: str
    variables: str
    kubeconfig: str


@dataclass(frozen=True, slots=True)
class Build:
    """What was built last: from which inputs, and the objects with the owner's labels."""

    generation: int
    variables: str
    result: Built
    objects: tuple[Json, ...]


@dataclass(slots=True)
class Standing:
    """The last attempt of one Kustomization, as this process remembers it."""

    inputs: Inputs
    phase: Phase = Phase.FAILED
    desired: Mapping[Item, Json] = field(default_factory=dict)
    build_digest: str = ""
    built: "Build | None" = None
    began: float = 0.0
    checks: tuple[Item, ...] = ()
    check_began: float = 0.0
    changed: bool = False
    is_troubled: bool = False  # Ready says something else meanwhile
    due: float = 0.0  # when to look again even if nothing changes (monotonic); never when infinite


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one pass may judge."""

    ks: Json
    now: float  # monotonic
    source: Json | None = None
    tree: Loader | None = None
    missed_seconds: float = 0.0  # for how long the artifact has been named and not held
    unready: str = ""  # why a dependency is not ready
    invalid: str = ""  # an expression of the spec that cannot be compiled
    inputs: Inputs | None = None
    standing: Standing | None = None
    drifted: frozenset[Item] = frozenset()
    is_watched: bool = True
    is_nudged: bool = False  # what the last attempt lacked has arrived


@dataclass(frozen=True, slots=True)
class Finalize:
    """Take out what was applied, then let go."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do, until something changes or `after` has passed."""

    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Stall:
    """A person must change the spec."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Wait:
    """It cannot go on yet; `note` is told as an event."""

    reason: str
    message: str
    after: timedelta
    note: str = ""
    is_fetching: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """Build, apply and prune."""


@dataclass(frozen=True, slots=True)
class Correct:
    """Put back what others changed."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Judge the health of what was applied."""


Step = Finalize | Rest | Stall | Wait | Apply | Correct | Check


def decide(seen: Seen) -> Step:
    """Choose the one next step."""
    ks, spec = seen.ks, seen.ks["spec"]
    if is_deleting(ks):
        return Finalize()
    if spec.get("suspend"):
        return Rest()
    if seen.invalid:
        return Stall("InvalidCELExpression", f"{TERMINAL}: {seen.invalid}")
    refused = unsupported(spec)
    if refused is not None:
        return refused
    if seen.source is None:
        reference = spec["sourceRef"]
        message = f'{reference["kind"]}.source.toolkit.fluxcd.io "{reference["name"]}" not found'
        return Wait("ArtifactFailed", message, retry_interval(spec))
    if not get_in(seen.source, "status", "artifact"):
        return Wait("ArtifactFailed", "Source artifact not found, retrying in 30s", DEPENDENCY_RETRY)
    if seen.unready:
        note = "Dependencies do not meet ready condition, retrying in 30s"
        return Wait("DependencyNotReady", seen.unready, DEPENDENCY_RETRY, note)
    if seen.tree is None and not is_deleting(seen.source) and seen.missed_seconds < ARTIFACT_GRACE_SECONDS:
        return Rest(timedelta(seconds=ARTIFACT_GRACE_SECONDS - seen.missed_seconds))
    if seen.tree is None or is_deleting(seen.source):
        message = "Source is not ready, artifact not found, retrying in 30s"
        return Wait("ArtifactFailed", message, DEPENDENCY_RETRY, is_fetching=True)
    return _by_standing(seen)


def unsupported(spec: Mapping[str, Any]) -> Stall | None:
    """What of the spec would be done with other rights, or elsewhere, than it asks for; it is refused instead."""
    if spec.get("serviceAccountName"):
        return Stall(
            "ReconciliationFailed",
            f"spec.serviceAccountName '{spec['serviceAccountName']}': acting as a service account is not supported; "
            "take it out of the spec to apply with the controller's own rights",
        )
    if get_in(spec, "kubeConfig", "configMapRef"):
        return Stall(
            "ReconciliationFailed",
            "spec.kubeConfig.configMapRef is not supported; put a kubeconfig into a Secret and name it in secretRef",
        )
    try:
        ignore_rules(spec)
    except IgnoreError as error:
        return Stall("ReconciliationFailed", str(error))
    return None


def _by_standing(seen: Seen) -> Step:
    standing = seen.standing
    if standing is None or standing.inputs != seen.inputs:
        return Apply()
    if standing.phase is Phase.FAILED and math.isinf(standing.due) and not seen.is_nudged:
        return Rest()
    left = timedelta(seconds=max(0.0, min(standing.due - seen.now, LONGEST_SECONDS)))
    if standing.phase is Phase.FAILED:
        return Apply() if seen.is_nudged or not left else Rest(left)
    if seen.drifted or (standing.is_troubled and standing.phase is Phase.DONE):
        return Correct(tuple(sorted(seen.drifted)))
    if standing.phase is Phase.DONE:
        if left:
            return Rest(left)
        if not seen.is_watched:
            return Apply()
        return Check()
    if standing.phase is Phase.UNHEALTHY and not left:
        return Apply()
    return Check()


def retry_interval(spec: Mapping[str, Any]) -> timedelta:
    """How long to wait after a failure."""
    return timedelta(seconds=interval_seconds(spec.get("retryInterval", ""), interval_seconds(spec["interval"], 60)))


def interval(spec: Mapping[str, Any]) -> timedelta:
    """How long until it is looked at again when nothing happens."""
    return timedelta(seconds=interval_seconds(spec["interval"], 60))


def timeout_seconds(spec: Mapping[str, Any]) -> float:
    """How long one attempt may take: `timeout`, else 30 s less than the interval, never below 30 s."""
    given = interval_seconds(spec.get("timeout", ""), interval_seconds(spec["interval"], 60) - TIMEOUT_FLOOR_SECONDS)
    return max(given, TIMEOUT_FLOOR_SECONDS)


def requested_at(ks: Json) -> str:
    """The request of a person that was not answered yet."""
    asked = annotations(ks).get(REQUESTED_AT, "")
    return "" if asked == get_in(ks, "status", "lastHandledReconcileAt", default="") else asked


def source_of(ks: Json) -> tuple[str, Key]:
    """Kind and key of the source."""
    reference = ks["spec"]["sourceRef"]
    return reference["kind"], Key(reference.get("namespace") or Key.of(ks).namespace, reference["name"])


def unready_dependency(ks: Json, dependency: Json | None, reference: Mapping[str, Any], revision: str) -> str:
    """Why *dependency* (None: it is not there) keeps *ks* waiting; empty when it does not. Raises: CelError."""
    key = Key(reference.get("namespace") or Key.of(ks).namespace, reference["name"])
    if dependency is None:
        text = f'kustomizations.kustomize.toolkit.fluxcd.io "{key.name}" not found'
        return f"dependency '{key}' not found: {text}"
    if reference.get("readyExpr"):
        program = compile_expression(reference["readyExpr"], frozenset({"self", "dep"}))
        if not program.is_true({"self": ks, "dep": dependency}):
            return f"dependency '{key}' is not ready according to readyExpr eval"
        return ""
    status = dependency.get("status") or {}
    current = dependency["metadata"].get("generation", 1) == status.get("observedGeneration")
    if not current or not is_true(status.get("conditions"), "Ready"):
        return f"dependency '{key}' is not ready"
    if source_of(dependency) == source_of(ks) and status.get("lastAppliedRevision") != revision:
        return f"dependency '{key}' revision is not up to date"
    return ""


def invalid_expression(ks: Json) -> str:
    """The first `readyExpr` that cannot be compiled, as a message; empty when all can."""
    for reference in ks["spec"].get("dependsOn") or ():
        text = reference.get("readyExpr")
        if text:
            try:
                compile_expression(text, frozenset({"self", "dep"}))
            except CelSyntaxError as error:
                return f"failed to evaluate dependency {reference['name']}: {error}"
    return ""
