"""Conditions as the Flux controllers write them. Source: fluxcd/pkg/apis/meta, runtime/conditions."""

from dataclasses import dataclass
from datetime import datetime

from fairlead.api.durations import seconds
from fairlead.base.objects import Json, annotations
from fairlead.runtime.conditions import find, remove_condition, set_condition

READY, RECONCILING, STALLED = "Ready", "Reconciling", "Stalled"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
FINALIZER = "finalizers.fluxcd.io"
MESSAGE_LIMIT = 20_000
_ORDER = (RECONCILING, STALLED, READY, "FetchFailed")


@dataclass(slots=True)
class FluxReport:
    """Writes conditions into a draft's status."""

    draft: Json
    now: datetime

    @property
    def status(self) -> Json:
        status: Json = self.draft.setdefault("status", {})
        return status

    def set(self, type_: str, status: bool | str, reason: str, message: str) -> None:
        """Set a condition; a message that the API would refuse for its length is cut."""
        if len(message) > MESSAGE_LIMIT:
            message = f"{message[:MESSAGE_LIMIT]}..."
        conditions = self.status.setdefault("conditions", [])
        set_condition(
            conditions,
            type_,
            status,
            reason,
            message,
            now=self.now,
            observed_generation=self.draft["metadata"].get("generation", 1),
        )
        conditions.sort(key=lambda c: _ORDER.index(c["type"]) if c["type"] in _ORDER else len(_ORDER))

    def drop(self, *types: str) -> None:
        """Remove conditions."""
        for type_ in types:
            remove_condition(self.status.setdefault("conditions", []), type_)

    def get(self, type_: str) -> Json | None:
        found = find(self.status.get("conditions"), type_)
        return dict(found) if found is not None else None

    def succeed(self, reason: str, message: str) -> None:
        """Ready, and nothing under way."""
        self.drop(RECONCILING, STALLED)
        self.set(READY, True, reason, message)
        self.status["observedGeneration"] = self.draft["metadata"].get("generation", 1)
        self.handled()

    def fail(self, reason: str, message: str, *, stalled: bool = False) -> None:
        """Not ready."""
        self.set(READY, False, reason, message)
        if stalled:
            self.drop(RECONCILING)
            self.set(STALLED, True, reason, message)
            self.status["observedGeneration"] = self.draft["metadata"].get("generation", 1)
        else:
            self.drop(STALLED)
            self.set(RECONCILING, True, "ProgressingWithRetry", message)
        self.handled()

    def begin(self, stage: str, message: str = "Reconciliation in progress") -> None:
        """Work is under way; *stage* says what is being done."""
        self.drop(STALLED)
        self.set(RECONCILING, True, "Progressing", stage)
        self.set(READY, "Unknown", "Progressing", message)

    def retry(self, reason: str, message: str, stage: str = "") -> None:
        """Not ready, and tried again later; *stage* says what was being done when it failed."""
        self.drop(STALLED)
        self.set(READY, False, reason, message)
        before = self.get(RECONCILING)
        if stage or before is not None:
            self.set(RECONCILING, True, "ProgressingWithRetry", stage or (before or {})["message"])
        self.handled()

    def handled(self) -> None:
        """The last request of a person was answered."""
        asked = annotations(self.draft).get(REQUESTED_AT)
        if asked:
            self.status["lastHandledReconcileAt"] = asked
        self.status.setdefault("observedGeneration", -1)


def interval_seconds(text: str, default: float) -> float:
    """A Go duration in seconds."""
    return float(seconds(text)) if text else default


def go_duration(seconds_: float) -> str:
    """Seconds as Go prints a duration: `1h2m3.5s`, `336.766402ms`, `0s`."""
    nanoseconds = round(seconds_ * 1e9)
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < 1_000:
        return f"{nanoseconds}ns"
    if nanoseconds < 1_000_000:
        return f"{_decimal(nanoseconds, 1_000)}µs"
    if nanoseconds < 1_000_000_000:
        return f"{_decimal(nanoseconds, 1_000_000)}ms"
    minutes, rest = divmod(nanoseconds, 60_000_000_000)
    text = f"{_decimal(rest, 1_000_000_000)}s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = f"{minutes}m{text}" if not hours else f"{hours}h{minutes}m{text}"
    return text


def _decimal(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
