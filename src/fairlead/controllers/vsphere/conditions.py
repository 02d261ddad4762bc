"""Conditions of the vSphere kinds: the present form, the deprecated v1beta1 form, and the Ready summary of both.

Source: cluster-api v1.14 util/conditions (merge strategy, order) as far as the vSphere kinds use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.base.objects import Json
from fairlead.runtime.clock import timestamp
from fairlead.runtime.conditions import find, remove_condition, set_condition

READY = "Ready"
PAUSED = "Paused"
VCENTER_AVAILABLE = "VCenterAvailable"
PROVISIONED = "VirtualMachineProvisioned"
IP_CLAIMS = "IPAddressClaimsFulfilled"
FAILURE_DOMAINS = "FailureDomainsReady"
OLD_PROVISIONED = "VMProvisioned"
_LAST = (PAUSED,)


@dataclass(slots=True)
class Reporter:
    """Writes conditions into a draft's status."""

    draft: Json
    now: datetime

    def set(self, type_: str, status: bool | str, reason: str, message: str = "") -> None:
        """Set a condition of the present form."""
        generation = self.draft["metadata"].get("generation")
        set_condition(self._list(), type_, status, reason, message, now=self.now, observed_generation=generation)

    def drop(self, type_: str) -> None:
        """Remove a condition of the present form."""
        remove_condition(self._list(), type_)

    def get(self, type_: str) -> Json | None:
        """A condition of the present form."""
        found = find(self._list(), type_)
        return dict(found) if found is not None else None

    def set_old(self, type_: str, status: bool | str, reason: str = "", message: str = "", severity: str = "") -> None:
        """Set a condition of the deprecated form: True carries nothing else."""
        conditions, text = self._old_list(), status if isinstance(status, str) else str(status)
        old = find(conditions, type_)
        condition: Json = {"type": type_, "status": text}
        if text != "True":
            condition |= {key: value for key, value in (("reason", reason), ("message", message)) if value}
            if text == "False" and severity:
                condition["severity"] = severity
        unchanged = old is not None and {k: v for k, v in old.items() if k != "lastTransitionTime"} == condition
        if unchanged:
            return
        condition["lastTransitionTime"] = timestamp(self.now)
        conditions[:] = [c for c in conditions if c["type"] != type_] + [condition]

    def fail(self, type_: str, reason: str, message: str, old: tuple[str, str, str]) -> None:
        """A condition that is not met, in both forms; *old* is type, reason and severity of the deprecated one."""
        self.set(type_, False, reason, message)
        self.set_old(old[0], False, old[1], message, old[2])

    def summarize(self, types: Sequence[str], old_types: Sequence[str], *, required: Sequence[str] = ()) -> None:
        """Set Ready from the conditions of *types*; of those in *required* a missing one counts as unknown."""
        issues = []
        unknown = False
        for type_ in types:
            condition = self.get(type_)
            if condition is None:
                if type_ in required:
                    unknown = True
                    issues.append(f"* {type_}: Condition not yet reported")
            elif condition["status"] != "True":
                unknown = unknown or condition["status"] == "Unknown"
                text = condition.get("message") or condition["reason"]
                issues.append(
                    f"* {type_}: {_indent(text)}" if not text.startswith("* ") else f"* {type_}:\n{_nest(text)}"
                )
        failed = any((c := self.get(t)) is not None and c["status"] == "False" for t in types)
        if not issues:
            self.set(READY, True, "Ready")
        elif failed:
            self.set(READY, False, "NotReady", "\n".join(issues))
        else:
            self.set(READY, "Unknown" if unknown else False, "ReadyUnknown", "\n".join(issues))
        self._summarize_old(old_types)
        self._sort()

    def _summarize_old(self, types: Sequence[str]) -> None:
        order = {"Error": 0, "Warning": 1, "Info": 2, "": 3}
        known = [condition for type_ in types if (condition := find(self._old_list(), type_)) is not None]
        bad = [condition for condition in known if condition["status"] != "True"]
        if bad:
            worst = min(bad, key=lambda condition: order.get(condition.get("severity", ""), 3))
            self.set_old(
                READY, worst["status"], worst.get("reason", ""), worst.get("message", ""), worst.get("severity", "")
            )
        elif known:
            self.set_old(READY, True)

    def _sort(self) -> None:
        self._list().sort(key=lambda c: (c["type"] in _LAST, c["type"] != READY, c["type"]))
        self._old_list().sort(key=lambda c: (c["type"] != READY, c["type"]))

    def _list(self) -> list[Json]:
        status = self.draft.setdefault("status", {})
        conditions: list[Json] = status.setdefault("conditions", [])
        return conditions

    def _old_list(self) -> list[Json]:
        status = self.draft.setdefault("status", {})
        conditions: list[Json] = (
            status.setdefault("deprecated", {}).setdefault("v1beta1", {}).setdefault("conditions", [])
        )
        return conditions


def _indent(text: str) -> str:
    return text.replace("\n", "\n  ")


def _nest(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
