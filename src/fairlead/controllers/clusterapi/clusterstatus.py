"""What a Cluster says of itself: counts, phase and conditions, made from its parts. Pure.

Source: cluster-api v1.14, core/reconcilers/cluster/cluster_controller_status.go (types, reasons, messages, order).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.base.objects import Json, get_in, is_deleting
from fairlead.controllers.clusterapi.clustercache import Connection
from fairlead.controllers.clusterapi.replicas import READY, UP_TO_DATE, count, versions
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import is_control_plane
from fairlead.controllers.merging import Words, aggregate, summary
from fairlead.runtime.conditions import find, is_true

AVAILABLE = Words("Available", "NotAvailable", "AvailableUnknown")


@dataclass(frozen=True, slots=True)
class Parts:
    """All that makes up a cluster, as it was read."""

    infra: Json | None
    plane: Json | None
    machines: list[Json]
    deployments: list[Json]
    sets: list[Json]
    connection: Connection

    @property
    def planes(self) -> list[Json]:
        return [machine for machine in self.machines if is_control_plane(machine)]

    @property
    def workers(self) -> list[Json]:
        return [machine for machine in self.machines if not is_control_plane(machine)]


def report_status(cluster: Json, parts: Parts, draft: Json, report: Reporter) -> None:
    """Write all of a Cluster's status into *draft*."""
    status = draft.setdefault("status", {})
    status["observedGeneration"] = cluster["metadata"].get("generation", 1)
    status["phase"] = phase_of(draft)
    _counts(status, parts)
    _connection(parts, report)
    _infrastructure(cluster, parts, report)
    _control_plane(cluster, parts, draft, report)
    _workers(parts, report)
    _machines(parts, report)
    _scaling(parts, report)
    report.set("Remediating", False, "NotRemediating")
    if not is_deleting(cluster):
        report.set("Deleting", False, "NotDeleting")
    _available(cluster, draft, report)
    _old(draft, report)
    report.sort()


def phase_of(cluster: Json) -> str:
    """The one-word summary."""
    if is_deleting(cluster):
        return "Deleting"
    if get_in(cluster, "status", "initialization", "infrastructureProvisioned"):
        return "Provisioned"
    if get_in(cluster, "spec", "infrastructureRef") or get_in(cluster, "spec", "controlPlaneRef"):
        return "Provisioning"
    return "Pending"


def _counts(status: Json, parts: Parts) -> None:
    if parts.plane is not None:
        have = parts.plane.get("status") or {}
        plane: dict[str, Any] = {"desiredReplicas": get_in(parts.plane, "spec", "replicas", default=1)}
        for name in ("replicas", "readyReplicas", "availableReplicas", "upToDateReplicas", "versions"):
            if name in have:
                plane[name] = have[name]
        status["controlPlane"] = plane
    counts = count(parts.workers)
    wanted = sum(get_in(d, "spec", "replicas", default=1) for d in parts.deployments)
    status["workers"] = {
        "desiredReplicas": wanted,
        "replicas": counts.replicas,
        "readyReplicas": counts.ready,
        "availableReplicas": counts.available,
        "upToDateReplicas": counts.up_to_date,
    }
    told = versions(parts.workers)
    if told:
        status["workers"]["versions"] = told


def _connection(parts: Parts, report: Reporter) -> None:
    if parts.connection.is_up:
        report.set("RemoteConnectionProbe", True, "ProbeSucceeded")
    elif report.get("RemoteConnectionProbe") is None or not is_true(report.conditions, "RemoteConnectionProbe"):
        report.set("RemoteConnectionProbe", False, "ProbeFailed", "Remote connection not established yet")
    else:
        report.set("RemoteConnectionProbe", False, "ProbeFailed", parts.connection.problem or "Remote connection lost")


def _infrastructure(cluster: Json, parts: Parts, report: Reporter) -> None:
    kind = get_in(cluster, "spec", "infrastructureRef", "kind")
    old = "InfrastructureReady"
    if kind is None:
        report.set("InfrastructureReady", True, "Ready")
    elif parts.infra is None:
        if is_deleting(cluster):
            report.set("InfrastructureReady", False, "ObjectDeleted", f"{kind} has been deleted")
            report.set_old(old, False, "Deleted", "", "Info")
        else:
            report.set("InfrastructureReady", False, "ObjectDoesNotExist", f"{kind} does not exist")
            report.set_old(old, False, "WaitingForInfrastructure", "", "Info")
    else:
        ready = find(get_in(parts.infra, "status", "conditions"), "Ready")
        if ready is None:
            done = bool(get_in(parts.infra, "status", "initialization", "provisioned"))
            text = "" if done else f"{kind} status.initialization.provisioned is false"
            report.set("InfrastructureReady", done, "Ready" if done else "NotReady", text)
            report.set_old(old, done, "WaitingForInfrastructure", "", "Info")
            return
        reason = {"True": "Ready", "False": "NotReady"}.get(ready["status"], "ReadyUnknown")
        report.set("InfrastructureReady", ready["status"], reason, ready.get("message", ""))
        report.set_old(old, ready["status"], reason, ready.get("message", ""))


def _control_plane(cluster: Json, parts: Parts, draft: Json, report: Reporter) -> None:
    kind = get_in(cluster, "spec", "controlPlaneRef", "kind")
    initialized = get_in(draft, "status", "initialization", "controlPlaneInitialized")
    if initialized or is_true(report.conditions, "ControlPlaneInitialized"):
        report.set("ControlPlaneInitialized", True, "Initialized")
        report.set_old("ControlPlaneInitialized", True)
    else:
        report.set("ControlPlaneInitialized", False, "NotInitialized", "Control plane not yet initialized")
        text = "Waiting for control plane provider to indicate the control plane has been initialized"
        report.set_old("ControlPlaneInitialized", False, "WaitingForControlPlaneProviderInitialized", text, "Info")
    if parts.plane is None:
        gone = is_deleting(cluster)
        text = f"{kind} has been deleted" if gone else f"{kind} does not exist"
        report.set("ControlPlaneAvailable", False, "ObjectDeleted" if gone else "ObjectDoesNotExist", text)
        report.set_old("ControlPlaneReady", False, "Deleted" if gone else "WaitingForControlPlane", "", "Info")
        return
    available = find(get_in(parts.plane, "status", "conditions"), "Available")
    if available is None:
        text = f"{kind} status.initialization.controlPlaneInitialized is false"
        report.set("ControlPlaneAvailable", False, "NotAvailable", text)
        report.set_old("ControlPlaneReady", False, "WaitingForControlPlane", "", "Info")
        return
    reason = {"True": "Available", "False": "NotAvailable"}.get(available["status"], "AvailableUnknown")
    report.set("ControlPlaneAvailable", available["status"], reason, available.get("message", ""))
    ready = find(get_in(parts.plane, "status", "deprecated", "v1beta1", "conditions"), "Ready")
    if ready is not None:
        more = (ready.get("reason", ""), ready.get("message", ""), ready.get("severity", ""))
        report.set_old("ControlPlaneReady", ready["status"], *more)


def _workers(parts: Parts, report: Reporter) -> None:
    if parts.deployments:
        report.merge("WorkersAvailable", aggregate(parts.deployments, "Available"), AVAILABLE)
    else:
        report.set("WorkersAvailable", True, "NoWorkers")


def _machines(parts: Parts, report: Reporter) -> None:
    for prefix, machines in (("ControlPlane", parts.planes), ("Worker", parts.workers)):
        for suffix, own, words in (("Ready", "Ready", READY), ("UpToDate", "UpToDate", UP_TO_DATE)):
            told: Sequence[Json] = machines
            if own == "UpToDate":
                told = [m for m in machines if find(get_in(m, "status", "conditions"), own) is not None]
            type_ = f"{prefix}Machines{suffix}"
            if not told:
                report.set(type_, True, "NoReplicas")
            else:
                report.merge(type_, aggregate(told, own), words)


def _scaling(parts: Parts, report: Reporter) -> None:
    children = [child for child in (parts.plane, *parts.deployments) if child is not None]
    for type_ in ("RollingOut", "ScalingUp", "ScalingDown"):
        told = [c for c in children if c is not parts.plane or find(get_in(c, "status", "conditions"), type_)]
        words = Words(f"Not{type_}", type_, f"{type_}Unknown")
        if told:
            report.merge(type_, aggregate(told, type_, negative=True, positive=False), words)
        else:
            report.set(type_, False, f"Not{type_}")


def _available(cluster: Json, draft: Json, report: Reporter) -> None:
    gates = [gate["conditionType"] for gate in get_in(cluster, "spec", "availabilityGates", default=())]
    types = [
        "Deleting",
        "RemoteConnectionProbe",
        "InfrastructureReady",
        "ControlPlaneAvailable",
        "WorkersAvailable",
        "TopologyReconciled",
        *gates,
    ]
    merged = summary(report.conditions, types, optional=("TopologyReconciled", "Deleting"), negative=("Deleting",))
    report.merge("Available", merged, AVAILABLE)


def _old(draft: Json, report: Reporter) -> None:
    report.summarize_old(("ControlPlaneReady", "InfrastructureReady"))
