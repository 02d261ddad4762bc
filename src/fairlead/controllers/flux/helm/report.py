"""The conditions of a HelmRelease. Source: helm-controller v1.6 internal/reconcile/release.go (summarize)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cmp_to_key, partial
from typing import Any

from fairlead.base.objects import Json
from fairlead.controllers.flux.helm.postrender import metadata_digest, renderers_digest
from fairlead.controllers.flux.reporting import READY, RECONCILING, STALLED, FluxReport

RELEASED, REMEDIATED, TEST_SUCCESS, DRIFTED = "Released", "Remediated", "TestSuccess", "Drifted"
_FIRST = (RECONCILING, STALLED, READY)


@dataclass(slots=True)
class HelmReport(FluxReport):
    """Writes conditions in the order in which upstream's come."""

    def set(self, type_: str, status: bool | str, reason: str, message: str) -> None:
        FluxReport.set(self, type_, status, reason, message)
        self.status["conditions"].sort(key=_rank)

    def progress(self, message: str) -> None:
        """Something is under way."""
        self.drop(STALLED)
        self.set(RECONCILING, True, "Progressing", message)

    def stall(self, reason: str, message: str) -> None:
        """A person must change something."""
        self.drop(RECONCILING)
        self.set(STALLED, True, reason, message)

    def has(self, type_: str, status: str) -> bool:
        found = self.get(type_)
        return found is not None and found["status"] == status

    def clear_ready(self, *reasons: str) -> None:
        """An earlier reason for not being ready no longer holds."""
        found = self.get(READY)
        if found is not None and found["reason"] in reasons:
            self.set(READY, "Unknown", "Progressing", "reconciliation in progress")

    def summarize(self, spec: Json) -> None:
        """Ready, as the newest of Remediated, TestSuccess and Released have it."""
        test = spec.get("test") or {}
        types = [REMEDIATED, RELEASED]
        if test.get("enable") and not test.get("ignoreFailures"):
            types = [REMEDIATED, TEST_SUCCESS, RELEASED]
        if not test.get("enable"):
            self.drop(TEST_SUCCESS)
        found = [item for item in self.status.get("conditions", []) if item["type"] in types]
        if not found:
            return
        compare: Callable[[Json, Json], int] = partial(_compare, types)
        leading = sorted(found, key=cmp_to_key(compare))[0]
        status = "False" if leading["type"] == REMEDIATED else leading["status"]
        if status == "True":
            self.drop(STALLED)
        self.set(READY, status, leading["reason"], leading["message"])
        self.put("observedPostRenderersDigest", renderers_digest(spec))
        self.put("observedCommonMetadataDigest", metadata_digest(spec))

    def put(self, name: str, value: Any) -> None:
        """Set a field of the status; an empty value is left out."""
        if value in ("", None, 0, []):
            self.status.pop(name, None)
        else:
            self.status[name] = value


def _rank(condition: Json) -> tuple[int, str]:
    type_ = condition["type"]
    return (_FIRST.index(type_), "") if type_ in _FIRST else (len(_FIRST), type_)


def _compare(types: list[str], one: Json, other: Json) -> int:
    def before(a: Json, b: Json) -> bool:
        newer = a.get("observedGeneration", 0) >= b.get("observedGeneration", 0)
        return newer and types.index(a["type"]) < types.index(b["type"])

    return -1 if before(one, other) else (1 if before(other, one) else 0)
