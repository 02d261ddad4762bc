"""What all that scale machines say of them: counts, versions, and the conditions made from the Machines' own. Pure.

Source: cluster-api v1.14, core/reconcilers/machineset and machinedeployment (status), controlplane/kubeadm (status).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairlead.base.objects import Json, get_in, is_deleting
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.merging import Words, aggregate
from fairlead.runtime.conditions import find, is_true

READY = Words("Ready", "NotReady", "ReadyUnknown")
UP_TO_DATE = Words("UpToDate", "NotUpToDate", "UpToDateUnknown")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many machines there are, and how many are what they should be."""

    replicas: int
    ready: int
    available: int
    up_to_date: int


def count(machines: Iterable[Json]) -> Counts:
    """Count *machines* by their conditions."""
    listed = list(machines)

    def true(type_: str) -> int:
        return sum(is_true(get_in(machine, "status", "conditions"), type_) for machine in listed)

    return Counts(len(listed), true("Ready"), true("Available"), true("UpToDate"))


def versions(machines: Iterable[Json]) -> list[Json]:
    """How many machines there are of each Kubernetes version."""
    counted = Counter(str(get_in(machine, "spec", "version", default="")) for machine in machines)
    return [{"version": version, "replicas": counted[version]} for version in sorted(counted) if version]


def report_replicas(obj: Json, draft: Json, machines: Sequence[Json], selector: str) -> Counts:
    """Write the counts into *draft*'s status."""
    counts = count(machines)
    status = draft.setdefault("status", {})
    status.update(
        observedGeneration=obj["metadata"].get("generation", 1),
        selector=selector,
        replicas=counts.replicas,
        readyReplicas=counts.ready,
        availableReplicas=counts.available,
        upToDateReplicas=counts.up_to_date,
    )
    told = versions(machines)
    if told:
        status["versions"] = told
    else:
        status.pop("versions", None)
    return counts


def report_scaling(
    report: Reporter, wanted: int, have: int, blocked: Sequence[str] = (), deleting: bool = False
) -> None:
    """ScalingUp and ScalingDown."""
    if have < wanted and not deleting:
        text = f"Scaling up from {have} to {wanted} replicas"
        if len(blocked) == 1 and "preflight" not in blocked[0]:
            text += f" is blocked because {blocked[0]}"
        elif blocked:
            text += " is blocked because:\n" + "\n".join(f"* {cause}" for cause in blocked)
        report.set("ScalingUp", True, "ScalingUp", text)
    else:
        report.set("ScalingUp", False, "NotScalingUp")
    if have > wanted:
        report.set("ScalingDown", True, "ScalingDown", f"Scaling down from {have} to {wanted} replicas")
    else:
        report.set("ScalingDown", False, "NotScalingDown")


def report_machines(report: Reporter, machines: Sequence[Json]) -> None:
    """MachinesReady and MachinesUpToDate."""
    for type_, own, words in (("MachinesReady", "Ready", READY), ("MachinesUpToDate", "UpToDate", UP_TO_DATE)):
        told = [m for m in machines if own == "Ready" or find(get_in(m, "status", "conditions"), own) is not None]
        if not machines:
            report.set(type_, True, "NoReplicas")
        elif told:
            report.merge(type_, aggregate(told, own), words)
        else:
            report.set(type_, True, "UpToDate")


def report_old_machines(draft: Json, report: Reporter, machines: Sequence[Json], wanted: int, counts: Counts) -> None:
    """The conditions and counters of the deprecated form, for a MachineSet."""
    report_machines(report, machines)
    old = draft["status"].setdefault("deprecated", {}).setdefault("v1beta1", {})
    nodes_ready = sum(is_true(get_in(m, "status", "conditions"), "NodeReady") for m in machines)
    old.update(readyReplicas=nodes_ready, availableReplicas=counts.available, fullyLabeledReplicas=counts.replicas)
    report.set_old("MachinesCreated", True)
    unready = [m for m in machines if not is_true(get_in(m, "status", "conditions"), "Ready")]
    if unready:
        report.set_old(
            "MachinesReady", False, "NotReady", f"{len(machines) - len(unready)} of {len(machines)} completed", "Info"
        )
    else:
        report.set_old("MachinesReady", True)
    if counts.replicas < wanted:
        text = f"Scaling up MachineSet to {wanted} replicas (actual {counts.replicas})"
        report.set_old("Resized", False, "ScalingUp", text, "Warning")
    elif counts.replicas > wanted:
        text = f"Scaling down MachineSet to {wanted} replicas (actual {counts.replicas})"
        report.set_old("Resized", False, "ScalingDown", text, "Warning")
    else:
        report.set_old("Resized", True)
    report.summarize_old(("MachinesCreated", "MachinesReady", "Resized"))


def alive(machines: Iterable[Json]) -> list[Json]:
    """Those that are not being deleted."""
    return [machine for machine in machines if not is_deleting(machine)]
