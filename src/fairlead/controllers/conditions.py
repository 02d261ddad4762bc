"""Conditions as Cluster API and its providers report them: the present form, the deprecated one, and summaries of both.

Source: cluster-api v1.14 util/conditions (summary, aggregate, merge strategy, order), util/conditions/deprecated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fairlead.base.objects import Json
from fairlead.controllers.merging import Merged, Words, summary
from fairlead.runtime.clock import timestamp
from fairlead.runtime.conditions import find, remove_condition, set_condition

READY = "Ready"
PAUSED = "Paused"
VCENTER_AVAILABLE = "VCenterAvailable"
PROVISIONED = "VirtualMachineProvisioned"
IP_CLAIMS = "IPAddressClaimsFulfilled"
FAILURE_DOMAINS = "FailureDomainsReady"
OLD_PROVISIONED = "VMProvisioned"
READY_WORDS = Words("Ready", "NotReady", "ReadyUnknown")
# Source: util/conditions/sort.go: these first, everything else between, these last.
_FIRST = (
    "Available",
    "Ready",
    "UpToDate",
    "RemoteConnectionProbe",
    "CertificatesAvailable",
    "Initialized",
    "BootstrapConfigReady",
    "InfrastructureReady",
    "ControlPlaneInitialized",
    "ControlPlaneAvailable",
    "WorkersAvailable",
    "EtcdClusterHealthy",
    "ControlPlaneComponentsHealthy",
    "NodeHealthy",
    "NodeReady",
)
_LATE = (
    "TopologyReconciled",
    "RollingOut",
    "Remediating",
    "ScalingDown",
    "ScalingUp",
    "ControlPlaneMachinesReady",
    "WorkerMachinesReady",
    "ControlPlaneMachinesUpToDate",
    "WorkerMachinesUpToDate",
    "MachinesReady",
    "MachinesUpToDate",
    "HealthCheckSucceeded",
    "OwnerRemediated",
    "Updating",
    PAUSED,
    "Deleting",
)


def _rank(type_: str) -> int:
    if type_ in _FIRST:
        return _FIRST.index(type_)
    return 100 if type_ not in _LATE else 200 + _LATE.index(type_)


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
        merged = summary(self._list(), types, optional=[type_ for type_ in types if type_ not in required])
        self.set(READY, merged.status, READY_WORDS.reason(merged), merged.message)
        self.summarize_old(old_types)
        self._sort()

    def merge(self, type_: str, merged: Merged, words: Words) -> None:
        """Set a condition that was made of many."""
        self.set(type_, merged.status, words.reason(merged), merged.message)

    @property
    def conditions(self) -> list[Json]:
        """All conditions of the present form."""
        return self._list()

    def summarize_old(self, types: Sequence[str]) -> None:
        """Set the deprecated Ready from the deprecated conditions of *types*."""
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
        self._list().sort(key=lambda c: (_rank(c["type"]), 0))
        self._old_list().sort(key=lambda c: (c["type"] != READY, c["type"]))

    def sort(self) -> None:
        """Bring the conditions into upstream's order."""
        self._sort()

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
