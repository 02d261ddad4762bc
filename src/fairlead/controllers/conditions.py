"""Conditions as Cluster API and its providers report them: the present form, the deprecated one, and summaries of both.

Source: cluster-api v1.14 util/conditions (summary, aggregate, merge strategy, order), util/conditions/deprecated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairlead.base.objects import Json, get_in
from fairlead.controllers.merging import Merged, Words, summary
from fairlead.runtime.clock import timestamp
from fairlead.runtime.conditions import find, fit_message, remove_condition, set_condition

READY = "Ready"
PAUSED = "Paused"
VCENTER_AVAILABLE = "VCenterAvailable"
PROVISIONED = "VirtualMachineProvisioned"
IP_CLAIMS = "IPAddressClaimsFulfilled"
FAILURE_DOMAINS = "FailureDomainsReady"
OLD_PROVISIONED = "VMProvisioned"
READY_WORDS = Words("Ready", "NotReady", "ReadyUnknown")
# Source: util/conditions/sort.go. Types it does not know (gates, a provider's own) have the place of the empty one.
_ORDER = (
    "Available",
    "Ready",
    "UpToDate",
    "RemoteConnectionProbe",
    "BootstrapConfigReady",
    "InfrastructureReady",
    "ControlPlaneInitialized",
    "ControlPlaneAvailable",
    "WorkersAvailable",
    "CertificatesAvailable",
    "Initialized",
    "EtcdClusterHealthy",
    "ControlPlaneComponentsHealthy",
    "NodeHealthy",
    "NodeReady",
    "NodeKubeadmLabelsAndTaintsSet",
    "EtcdPodHealthy",
    "EtcdMemberHealthy",
    "APIServerPodHealthy",
    "ControllerManagerPodHealthy",
    "SchedulerPodHealthy",
    "HealthCheckSucceeded",
    "OwnerRemediated",
    "TopologyReconciled",
    "Updating",
    "RollingOut",
    "Remediating",
    "ScalingDown",
    "ScalingUp",
    "MachinesReady",
    "ControlPlaneMachinesReady",
    "WorkerMachinesReady",
    "MachinesUpToDate",
    "ControlPlaneMachinesUpToDate",
    "WorkerMachinesUpToDate",
    "",
    PAUSED,
    "Deleting",
)
_RANKS = {type_: rank for rank, type_ in enumerate(_ORDER)}


def _rank(condition: Json) -> tuple[int, str]:
    return _RANKS.get(condition["type"], _RANKS[""]), condition["type"]


# Source: util/conditions/deprecated/v1beta1/merge.go, mergePriority.
_OLD_PRIORITY = {
    ("False", "Error"): 0,
    ("False", "Warning"): 1,
    ("False", "Info"): 2,
    ("True", ""): 3,
    ("Unknown", ""): 4,
}
_OLD_LAST = 99
_OLD_MESSAGE_LIMIT_CHARS = 10240


def top_old(conditions: Sequence[tuple[Json, str]], order: Sequence[str] = ()) -> tuple[Json, str] | None:
    """The deprecated condition that decides a merge, with the name of its owner; None when there are none.

    The types in *order* go first among equally bad ones, then by type and owner.
    """

    def rank(entry: tuple[Json, str]) -> tuple[int, int, str, str]:
        condition, name = entry
        known = condition["status"], condition.get("severity", "")
        place = order.index(condition["type"]) if condition["type"] in order else len(order)
        return _OLD_PRIORITY.get(known, _OLD_LAST), place, condition["type"], name

    return min(conditions, key=rank, default=None)


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
        condition: Json = {"type": type_, "status": status if isinstance(status, str) else str(status)}
        if condition["status"] != "True":
            condition |= {key: value for key, value in (("reason", reason), ("message", message)) if value}
            if condition["status"] == "False" and severity:
                condition["severity"] = severity
        self._put_old(condition)

    def _put_old(self, condition: Json) -> None:
        if "message" in condition:
            condition = {**condition, "message": fit_message(condition["message"], _OLD_MESSAGE_LIMIT_CHARS)}
        conditions, old = self._old_list(), find(self._old_list(), condition["type"])
        if old is not None and {k: v for k, v in old.items() if k != "lastTransitionTime"} == condition:
            return
        others = [c for c in conditions if c["type"] != condition["type"]]
        self._keep_old([*others, {**condition, "lastTransitionTime": timestamp(self.now)}])

    def drop_old(self, type_: str) -> None:
        """Remove a condition of the deprecated form."""
        remove_condition(self._old_list(), type_)

    def get_old(self, type_: str) -> Json | None:
        """A condition of the deprecated form."""
        found = find(self._old_list(), type_)
        return dict(found) if found is not None else None

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

    def summarize_old(self, types: Sequence[str], *, counted: Sequence[str] = ()) -> None:
        """Set the deprecated Ready from the deprecated conditions of *types*.

        While no other than the *counted* ones are there, the message says how many of those are met.
        """
        known = [dict(condition) for type_ in types if (condition := find(self._old_list(), type_)) is not None]
        top = top_old([(condition, "") for condition in known], types)
        if top is not None and counted and all(condition["type"] in counted for condition in known):
            done = sum(condition["status"] == "True" for condition in known)
            top = ({**top[0], "message": f"{done} of {len(counted)} completed"}, "")
        self._take_old(READY, top)

    def mirror_old(self, type_: str, source: Mapping[str, Any] | None, fallback: tuple[str, str] = ("", "")) -> None:
        """Take over another object's condition as *type_*; *fallback* is reason and message where there is none."""
        if source is None:
            self.set_old(type_, False, *fallback, "Info")
            return
        kept = {key: source[key] for key in ("status", "severity", "reason", "message") if source.get(key)}
        self._put_old({"type": type_, **kept})

    def aggregate_old(self, type_: str, objects: Sequence[Json]) -> None:
        """Set a deprecated condition from the deprecated Ready of *objects*, naming the object that decides it."""
        found: list[tuple[Json, str]] = []
        for obj in objects:
            ready = find(get_in(obj, "status", "deprecated", "v1beta1", "conditions"), READY)
            if ready is not None:
                found.append((dict(ready), obj["metadata"]["name"]))
        top = top_old(found)
        if top is None:
            return
        condition, name = top
        reason = condition.get("reason", "")
        if "@" not in reason:
            reason = f"{reason} @ {objects[0]['kind']}/{name}"
        done = sum(ready["status"] == "True" for ready, _ in found)
        message = f"{done} of {len(objects)} completed"
        self._take_old(type_, ({**condition, "reason": reason, "message": message}, name))

    def _take_old(self, type_: str, top: tuple[Json, str] | None) -> None:
        if top is not None:
            condition, _ = top
            more = (condition.get("reason", ""), condition.get("message", ""), condition.get("severity", ""))
            self.set_old(type_, condition["status"], *more)

    def _sort(self) -> None:
        self._list().sort(key=_rank)
        self._old_list().sort(key=lambda c: (c["type"] != READY, c["type"]))

    def sort(self) -> None:
        """Bring the conditions into upstream's order."""
        self._sort()

    def _list(self) -> list[Json]:
        status = self.draft.setdefault("status", {})
        conditions: list[Json] = status.setdefault("conditions", [])
        return conditions

    def _old_list(self) -> list[Json]:
        found: list[Json] = get_in(self.draft, "status", "deprecated", "v1beta1", "conditions", default=[])
        return found

    def _keep_old(self, conditions: list[Json]) -> None:
        old = self.draft.setdefault("status", {}).setdefault("deprecated", {}).setdefault("v1beta1", {})
        old["conditions"] = conditions
