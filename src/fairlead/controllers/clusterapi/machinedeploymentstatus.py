"""What a MachineDeployment says of itself, made from its MachineSets' counts and its Machines' conditions. Pure.

Source: cluster-api v1.14, core/reconcilers/machinedeployment/machinedeployment_status.go, and syncDeploymentStatus of
machinedeployment_sync.go for the deprecated part.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairlead.base.objects import Json, get_in, is_deleting
from fairlead.controllers.clusterapi.replicas import (
    deleting_text,
    listed_versions,
    missing_text,
    report_machines,
    report_remediating,
)
from fairlead.controllers.clusterapi.rollout import ROLLING, Bounds
from fairlead.controllers.clusterapi.staleness import stale_text
from fairlead.controllers.conditions import Reporter
from fairlead.engines.selectors import label_selector
from fairlead.runtime.conditions import find

COUNTS = ("replicas", "readyReplicas", "availableReplicas", "upToDateReplicas")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pass over a MachineDeployment came to."""

    sets: Sequence[Json]
    machines: Sequence[Json]
    current: Json | None = None  # the MachineSet of the present template
    missing: Sequence[str] = ()  # kinds of templates that do not exist
    is_stuck: bool = False  # no MachineSet could be made


def report_status(draft: Json, report: Reporter, outcome: Outcome) -> None:
    """Write all of a MachineDeployment's status into *draft*."""
    status = draft.setdefault("status", {})
    if not outcome.is_stuck:  # upstream's pass ends in an error there
        status["observedGeneration"] = draft["metadata"].get("generation", 1)
    status["selector"] = str(label_selector(get_in(draft, "spec", "selector")))
    report_counts(status, outcome.sets)
    wanted, going = int(get_in(draft, "spec", "replicas", default=1)), is_deleting(draft)
    have = int(status.get("replicas", 0))
    status["phase"] = _phase(wanted, have, going=going)
    if not going and not outcome.is_stuck:
        _old(draft, report, outcome)
    _available(draft, report, wanted)
    _rolling_out(report, outcome.machines)
    _scaling(report, outcome, 0 if going else wanted, have, going=going)
    report_machines(report, outcome.machines)
    report_remediating(report, outcome.machines, "MachineDeployment/MachineSet")
    if going:
        text = deleting_text(outcome.machines, report.now)
        if not text and outcome.sets:
            text = f"Deleting {len(outcome.sets)} MachineSets"
        report.set("Deleting", True, "Deleting", text or "Deletion completed")
    else:
        report.set("Deleting", False, "NotDeleting")
    report.summarize_old(("Available",))
    report.sort()


def report_counts(status: Json, sets: Sequence[Json]) -> None:
    """The sums of what the MachineSets report; a number that none reports is left out."""
    for name in COUNTS:
        told = [value for s in sets if (value := get_in(s, "status", name)) is not None]
        if told:
            status[name] = sum(told)
        else:
            status.pop(name, None)
    counted: Counter[str] = Counter()
    for one in sets:
        for entry in get_in(one, "status", "versions", default=()):
            counted[entry["version"]] += entry["replicas"]
    listed = listed_versions(counted)
    if listed:
        status["versions"] = listed
    else:
        status.pop("versions", None)


def _phase(wanted: int, have: int, *, going: bool) -> str:
    if going or wanted < have:
        return "ScalingDown"
    return "ScalingUp" if wanted > have else "Running"


def _available(draft: Json, report: Reporter, wanted: int) -> None:
    available = get_in(draft, "status", "availableReplicas")
    if available is None:
        text = "Waiting for status.availableReplicas set"
        report.set("Available", "Unknown", "WaitingForAvailableReplicasSet", text)
        return
    least = Bounds.of(draft).least_available
    if available >= least:
        report.set("Available", True, "Available")
        return
    text = f"{available} available replicas, at least {least} required"
    strategy = get_in(draft, "spec", "rollout", "strategy", default={})
    if strategy.get("type") == ROLLING:
        bound = get_in(strategy, "rollingUpdate", "maxUnavailable", default=0)
        text += f" (spec.strategy.rollout.maxUnavailable is {bound}, spec.replicas is {wanted})"
    report.set("Available", False, "NotAvailable", "Deletion in progress" if is_deleting(draft) else text)


def _rolling_out(report: Reporter, machines: Iterable[Json]) -> None:
    outdated = 0
    reasons: set[str] = set()
    for machine in machines:
        condition = find(get_in(machine, "status", "conditions"), "UpToDate")
        if condition is not None and condition["status"] == "False":
            outdated += 1
            reasons.update(condition["message"].split("\n") if condition.get("message") else ())
    if not outdated:
        report.set("RollingOut", False, "NotRollingOut")
        return
    ordered = sorted(reasons, key=lambda text: (not text.startswith("* Version"), text))
    text = "\n".join([f"Rolling out {outdated} not up-to-date replicas", *ordered])
    report.set("RollingOut", True, "RollingOut", text)


def _scaling(report: Reporter, outcome: Outcome, wanted: int, have: int, *, going: bool) -> None:
    missing = missing_text(outcome.missing)
    if have < wanted:
        text = f"Scaling up from {have} to {wanted} replicas"
        report.set("ScalingUp", True, "ScalingUp", f"{text} is blocked because {missing}" if missing else text)
    else:
        text = f"Scaling up would be blocked because {missing}" if missing and not going else ""
        report.set("ScalingUp", False, "NotScalingUp", text)
    if have > wanted:
        text, stale = f"Scaling down from {have} to {wanted} replicas", stale_text(outcome.machines, report.now)
        report.set("ScalingDown", True, "ScalingDown", f"{text}\n* {stale}" if stale else text)
    else:
        report.set("ScalingDown", False, "NotScalingDown")


def _old(draft: Json, report: Reporter, outcome: Outcome) -> None:
    """Counters and conditions of the deprecated form."""

    def total(name: str) -> int:
        return sum(get_in(s, "status", "deprecated", "v1beta1", name, default=0) for s in outcome.sets)

    available = total("availableReplicas")
    asked = sum(int(get_in(s, "spec", "replicas", default=1)) for s in outcome.sets)
    old = draft["status"].setdefault("deprecated", {}).setdefault("v1beta1", {})
    old.update(
        updatedReplicas=get_in(outcome.current or {}, "status", "replicas", default=0),
        readyReplicas=total("readyReplicas"),
        availableReplicas=available,
        unavailableReplicas=max(asked - available, 0),
    )
    least = Bounds.of(draft).least_available
    if available >= least:
        report.set_old("Available", True)
    else:
        told = draft["status"].get("availableReplicas", 0)
        text = f"Minimum availability requires {least} replicas, current {told} available"
        report.set_old("Available", False, "WaitingForAvailableMachines", text, "Warning")
    if outcome.current is None:
        report.set_old("MachineSetReady", False, "WaitingForMachineSet", "MachineSet not found", "Info")
        return
    ready = find(get_in(outcome.current, "status", "deprecated", "v1beta1", "conditions"), "Ready")
    report.mirror_old("MachineSetReady", ready, ("WaitingForMachineSet", ""))
