"""What a GitRepository needs next, judged from all that was read. Pure.

Source: source-controller v1.9, gitrepository_controller.go (order of the checks, reasons, texts).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fairlead.base.objects import Json, Key, annotations, get_in, is_deleting
from fairlead.controllers.flux.reporting import REQUESTED_AT

DEPENDENCY_RETRY = timedelta(seconds=30)
FIRST_RETRY_SECONDS = 0.75
LAST_RETRY_SECONDS = 900.0
UNSUPPORTED_PROVIDERS = ("aws", "azure", "github")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an attempt is made from; equal inputs need no second attempt before its time."""

    generation: int
    requested: str
    secrets: tuple[str, ...]
    included: tuple[str, ...]


@dataclass(slots=True)
class Standing:
    """The last attempt, as this process remembers it."""

    inputs: Inputs
    due: float
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Included:
    """One entry of `spec.include`: the artifact, or why there is none."""

    artifact: Json | None
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one pass may judge."""

    repo: Json
    now: float
    inputs: Inputs | None = None
    standing: Standing | None = None
    included: tuple[Included, ...] = ()
    missing_secret: str = ""
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Finalize:
    """Let go of the artifacts."""


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
class Lack:
    """Something that it refers to is not there; `condition` says so."""

    condition: str
    reason: str
    message: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Look at the repository; `known` is the commit whose files need not be read again."""

    known: str


Step = Finalize | Rest | Stall | Lack | Fetch


def decide(seen: Seen) -> Step:
    """Choose the one next step."""
    repo = seen.repo
    if is_deleting(repo):
        return Finalize()
    if get_in(repo, "spec", "suspend"):
        return Rest()
    standing = seen.standing
    if standing is not None and standing.inputs == seen.inputs and standing.due > seen.now:
        return Rest(timedelta(seconds=max(0.001, standing.due - seen.now)))
    refused = unsupported(repo["spec"])
    if refused is not None:
        return refused
    if seen.missing_secret:
        return Lack("FetchFailed", "AuthenticationFailed", seen.missing_secret)
    lacking = next((entry for entry in seen.included if entry.artifact is None), None)
    if lacking is not None:
        return Lack("IncludeUnavailable", lacking.reason, lacking.message, DEPENDENCY_RETRY)
    return Fetch("" if not seen.is_held or is_config_changed(repo, seen.included) else known_commit(repo))


def unsupported(spec: Mapping[str, Any]) -> Stall | None:
    """What of the spec this program does not do, in its own words."""
    if spec.get("verify"):
        return Stall(
            "InvalidVerificationMode",
            "spec.verify: signatures of commits and tags are not verified here; take it out of the spec",
        )
    if spec.get("provider") in UNSUPPORTED_PROVIDERS:
        return Stall(
            "InvalidProviderConfiguration",
            f"spec.provider '{spec['provider']}' is not supported; use 'generic' with spec.secretRef",
        )
    return None


def known_commit(repo: Json) -> str:
    """The commit of the artifact that the status names."""
    return str(get_in(repo, "status", "artifact", "revision", default="")).rpartition("sha1:")[2]


def is_config_changed(repo: Json, included: tuple[Included, ...]) -> bool:
    """Whether the same commit would give another artifact now."""
    spec, status = repo["spec"], repo.get("status") or {}
    for field, observed in (
        ("ignore", "observedIgnore"),
        ("include", "observedInclude"),
        ("sparseCheckout", "observedSparseCheckout"),
        ("recurseSubmodules", "observedRecurseSubmodules"),
    ):
        if (spec.get(field) or None) != (status.get(observed) or None):
            return True
    before = [(a.get("revision"), a.get("digest")) for a in status.get("includedArtifacts") or ()]
    return before != [((e.artifact or {}).get("revision"), (e.artifact or {}).get("digest")) for e in included]


def progress(repo: Json) -> str:
    """What the Reconciling condition says while work is under way."""
    status, generation = repo.get("status") or {}, repo["metadata"].get("generation", 1)
    if not status.get("artifact"):
        return "building artifact"
    if status.get("observedGeneration") != generation:
        return f"processing object: new generation {status.get('observedGeneration', -1)} -> {generation}"
    return "reconciliation in progress"


def retry_seconds(failures: int, interval_seconds: float) -> float:
    """How long to wait after so many failures in a row."""
    return min(FIRST_RETRY_SECONDS * (1 << min(failures, 20)), max(interval_seconds, 30.0), LAST_RETRY_SECONDS)


def requested_at(repo: Json) -> str:
    """What a person asked for last."""
    return annotations(repo).get(REQUESTED_AT, "")


def is_request_open(repo: Json) -> bool:
    """Whether what a person asked for last was not answered yet."""
    asked = requested_at(repo)
    return bool(asked) and asked != get_in(repo, "status", "lastHandledReconcileAt", default="")


def secrets_of(repo: Json) -> list[Key]:
    """The Secrets that the spec refers to."""
    namespace = Key.of(repo).namespace
    names = (get_in(repo, "spec", field, "name") for field in ("secretRef", "proxySecretRef"))
    return [Key(namespace, name) for name in names if name]


def included_of(repo: Json) -> list[Key]:
    """The GitRepositories that the spec includes."""
    namespace = Key.of(repo).namespace
    return [Key(namespace, entry["repository"]["name"]) for entry in get_in(repo, "spec", "include", default=())]
