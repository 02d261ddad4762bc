"""Conditions as the Flux controllers write them. Source: fluxcd/pkg/apis/meta, runtime/conditions."""

from dataclasses import dataclass
from datetime import datetime

from fairlead.api.durations import seconds
from fairlead.base.objects import Json, annotations
from fairlead.runtime.conditions import find, remove_condition, set_condition

READY, RECONCILING, STALLED = "Ready", "Reconciling", "Stalled"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
FINALIZER = "finalizers.fluxcd.io"
_ORDER = (RECONCILING, STALLED, READY)


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
        """Set a condition."""
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

    def handled(self) -> None:
        """The last request of a person was answered."""
        asked = annotations(self.draft).get(REQUESTED_AT)
        if asked:
            self.status["lastHandledReconcileAt"] = asked
        self.status.setdefault("observedGeneration", -1)


def interval_seconds(text: str, default: float) -> float:
    """A Go duration in seconds."""
    return float(seconds(text)) if text else default
