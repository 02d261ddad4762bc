"""What a Cluster says of itself: counts, phase and conditions, made from its parts. Pure.

Source: cluster-api v1.14, core/reconcilers/cluster/cluster_controller_status.go (types, reasons, messages, order); the
deprecated conditions are from cluster_controller_phases.go.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fairlead.base.objects import Json, get_in, is_deleting, meta, owner_references
from fairlead.controllers.clusterapi.clustercache import Connection
from fairlead.controllers.clusterapi.replicas import (
    count,
    listed_versions,
    report_machines,
    report_remediating,
    versions,
)
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import is_control_plane
from fairlead.controllers.merging import INFO, ISSUE, Words, aggregate, priority_of, summary
from fairlead.runtime.clock import timestamp
from fairlead.runtime.conditions import find, is_true
from fairlead.runtime.outcome import Result

AVAILABLE = Words("Available", "NotAvailable", "AvailableUnknown")
CONNECTION_GRACE = timedelta(seconds=50)
PROBE, INFRASTRUCTURE = "RemoteConnectionProbe", "InfrastructureReady"
INITIALIZED, PLANE = "ControlPlaneInitialized", "ControlPlaneAvailable"
GONE = ("ObjectDeleted", "ObjectDoesNotExist")
TOPOLOGY = "TopologyReconciled"
_TOPOLOGY_PROBLEMS = ("ReconcileFailed", "ClusterClassNotReconciled")
_COUNTS = ("replicas", "readyReplicas", "availableReplicas", "upToDateReplicas")


@dataclass(frozen=True, slots=True)
class Parts:
    """All that makes up a cluster, as it was read."""

    infra: Json | None
    plane: Json | None
    machines: list[Json]
    deployments: list[Json]
    sets: list[Json]
    connection: Connection
    class_gates: Sequence[Json] = ()  # availabilityGates of the ClusterClass

    @property
    def planes(self) -> list[Json]:
        return [machine for machine in self.machines if is_control_plane(machine)]

    @property
    def workers(self) -> list[Json]:
        return [machine for machine in self.machines if not is_control_plane(machine)]

    def own(self, objects: Iterable[Json], cluster: Json) -> list[Json]:
        """Those of *objects* that the Cluster itself owns."""
        uid = meta(cluster)["uid"]
        return [obj for obj in objects if any(owner.get("uid") == uid for owner in owner_references(obj))]


def report_status(cluster: Json, parts: Parts, draft: Json, report: Reporter) -> Result:
    """Write all of a Cluster's status into *draft*; returns when to look again."""
    status = draft.setdefault("status", {})
    status["observedGeneration"] = meta(cluster).get("generation", 1)
    status["phase"] = phase_of(draft)
    _control_plane_counts(draft, parts)
    _worker_counts(draft, parts)
    result = _connection(parts.connection, report)
    _infrastructure(draft, parts, report)
    _control_plane(draft, parts, report)
    _initialized(draft, parts, report)
    if parts.deployments:
        report.merge("WorkersAvailable", aggregate(parts.deployments, "Available"), AVAILABLE)
    else:
        report.set("WorkersAvailable", True, "NoWorkers")
    report_machines(report, parts.planes, "ControlPlaneMachinesReady")
    report_machines(report, parts.workers, "WorkerMachinesReady")
    _scaling(draft, parts, report)
    report_remediating(report, parts.machines, "")
    if not is_deleting(draft):
        report.set("Deleting", False, "NotDeleting")
    _available(draft, parts, report)
    report.summarize_old(("ControlPlaneReady", INFRASTRUCTURE))
    report.sort()
    return result


def phase_of(cluster: Json) -> str:
    """The one-word summary."""
    if is_deleting(cluster):
        return "Deleting"
    endpoint = get_in(cluster, "spec", "controlPlaneEndpoint", default={})
    provisioned = get_in(cluster, "status", "initialization", "infrastructureProvisioned")
    if provisioned and endpoint.get("host") and endpoint.get("port"):
        return "Provisioned"
    if get_in(cluster, "spec", "infrastructureRef") or get_in(cluster, "spec", "controlPlaneRef"):
        return "Provisioning"
    return str(get_in(cluster, "status", "phase", default="Pending"))


def has_topology(cluster: Json) -> bool:
    """Whether the Cluster's parts are made from a ClusterClass."""
    return get_in(cluster, "spec", "topology") is not None


# Counts


def _control_plane_counts(draft: Json, parts: Parts) -> None:
    told: dict[str, Any] = {}
    if get_in(draft, "spec", "controlPlaneRef") or has_topology(draft):
        plane = parts.plane or {}
        told["desiredReplicas"] = get_in(plane, "spec", "replicas")
        for name in (*_COUNTS, "versions"):
            told[name] = get_in(plane, "status", name)
    elif parts.planes:
        told = {**_count(parts.planes), "desiredReplicas": len(parts.planes), "versions": versions(parts.planes)}
    _put(draft["status"], "controlPlane", told)


def _worker_counts(draft: Json, parts: Parts) -> None:
    """The sums over deployments, and over the sets and machines that the Cluster owns itself."""
    owners = [*parts.deployments, *parts.own(parts.sets, draft)]
    alone = parts.own(parts.workers, draft)
    told: dict[str, Any] = {}
    for name, where, path in (
        ("desiredReplicas", "spec", "replicas"),
        *((name, "status", name) for name in _COUNTS),
    ):
        known = [value for obj in owners if (value := get_in(obj, where, path)) is not None]
        known += [_count(alone).get(name, len(alone))] if alone else []
        told[name] = sum(known) if known else None
    counted: Counter[str] = Counter()
    for entry in (e for obj in owners for e in get_in(obj, "status", "versions", default=())):
        counted[entry["version"]] += entry["replicas"]
    for entry in versions(alone):
        counted[entry["version"]] += entry["replicas"]
    told["versions"] = listed_versions(counted)
    _put(draft["status"], "workers", told)


def _count(machines: list[Json]) -> dict[str, int]:
    counts = count(machines)
    return dict(zip(_COUNTS, (counts.replicas, counts.ready, counts.available, counts.up_to_date), strict=True))


def _put(status: Json, name: str, told: Mapping[str, Any]) -> None:
    kept = {key: value for key, value in told.items() if value is not None and value != []}
    plan = get_in(status, name, "upgradePlan")  # the topology controller's
    if plan:
        kept["upgradePlan"] = plan
    if kept:
        status[name] = kept
    else:
        status.pop(name, None)


# Conditions


def _connection(connection: Connection, report: Reporter) -> Result:
    """RemoteConnectionProbe: a short loss goes unsaid."""
    if connection.is_up:
        report.set(PROBE, True, "ProbeSucceeded")
        return Result.done()
    stranger = f": {connection.stranger}" if connection.stranger else ""
    if connection.last_up is None:
        if report.get(PROBE) is None or stranger:
            report.set(PROBE, False, "ProbeFailed", f"Remote connection not established yet{stranger}")
        return Result.done()
    left = connection.last_up + CONNECTION_GRACE - report.now
    if left > timedelta(0):
        return Result.again(left)
    text = f"Remote connection probe failed, probe last succeeded at {timestamp(connection.last_up)}{stranger}"
    report.set(PROBE, False, "ProbeFailed", text)
    return Result.done()


def _infrastructure(draft: Json, parts: Parts, report: Reporter) -> None:
    kind = get_in(draft, "spec", "infrastructureRef", "kind")
    provisioned = bool(get_in(draft, "status", "initialization", "infrastructureProvisioned"))
    if kind is None and has_topology(draft):
        report.set(INFRASTRUCTURE, False, "ObjectDoesNotExist", _waiting_for_topology(draft))
        return
    if kind is None:
        report.set(INFRASTRUCTURE, provisioned, "Ready" if provisioned else "NotReady")
        if not is_deleting(draft):
            report.set_old(INFRASTRUCTURE, True)
        return
    if parts.infra is None:
        _missing(draft, report, INFRASTRUCTURE, kind, seen=provisioned)
        if is_deleting(draft):
            report.set_old(INFRASTRUCTURE, False, "Deleted", "", "Info")
        return
    text = f"{kind} status.initialization.provisioned is false"
    ready = _mirror(report, INFRASTRUCTURE, parts.infra, "Ready", ("Ready", "NotReady"), provisioned, text)
    if ready is None and provisioned and not is_deleting(draft):
        report.set_old(INFRASTRUCTURE, True)
    else:
        report.mirror_old(INFRASTRUCTURE, ready, (_fallback(draft, "WaitingForInfrastructure"), ""))


def _control_plane(draft: Json, parts: Parts, report: Reporter) -> None:
    kind = get_in(draft, "spec", "controlPlaneRef", "kind")
    initialized = bool(get_in(draft, "status", "initialization", "controlPlaneInitialized"))
    if kind is None and has_topology(draft):
        report.set(PLANE, False, "ObjectDoesNotExist", _waiting_for_topology(draft))
        return
    if kind is None:
        # Upstream has no such object either, and says so in the same words without a name.
        report.set(PLANE, initialized, "Available" if initialized else "NotAvailable")
        return
    if parts.plane is None:
        _missing(draft, report, PLANE, kind, seen=initialized)
        if is_deleting(draft):
            report.set_old("ControlPlaneReady", False, "Deleted", "", "Info")
        return
    text = f"{kind} status.initialization.controlPlaneInitialized is false"
    _mirror(report, PLANE, parts.plane, "Available", ("Available", "NotAvailable"), initialized, text)
    ready = find(get_in(parts.plane, "status", "conditions"), "Ready")
    if ready is None and initialized and not is_deleting(draft):
        report.set_old("ControlPlaneReady", True)
    else:
        report.mirror_old("ControlPlaneReady", ready, (_fallback(draft, "WaitingForControlPlane"), ""))


def _initialized(draft: Json, parts: Parts, report: Reporter) -> None:
    kind = get_in(draft, "spec", "controlPlaneRef", "kind")
    done = bool(get_in(draft, "status", "initialization", "controlPlaneInitialized"))
    waiting = "Control plane not yet initialized"
    planned = kind is None and has_topology(draft)
    if kind is None and not planned:
        done = done or any(get_in(machine, "status", "nodeRef", "name") for machine in parts.planes)
        waiting = "Waiting for the first control plane machine to have status.nodeRef set"
    is_there = (kind is None or parts.plane is not None) and not planned
    if is_there and (report.get_old(INITIALIZED) or {}).get("status") != "True":
        text = "Waiting for control plane provider to indicate the control plane has been initialized"
        report.set_old(INITIALIZED, done, "WaitingForControlPlaneProviderInitialized", text, "Info")
    if is_true(report.conditions, INITIALIZED):
        return
    if done:
        report.set(INITIALIZED, True, "Initialized")
    elif planned:
        report.set(INITIALIZED, "Unknown", "ObjectDoesNotExist", _waiting_for_topology(draft))
    elif kind is not None and parts.plane is None:
        report.set(INITIALIZED, "Unknown", "ObjectDoesNotExist", f"{kind} does not exist")
    else:
        report.set(INITIALIZED, False, "NotInitialized", waiting)


def _waiting_for_topology(draft: Json) -> str:
    return "" if is_deleting(draft) else "Waiting for cluster topology to be reconciled"


def _missing(draft: Json, report: Reporter, type_: str, kind: str, *, seen: bool) -> None:
    """A part is not there: it never was, or it is gone."""
    if not seen:
        report.set(type_, False, "ObjectDoesNotExist", f"{kind} does not exist")
        return
    text = f"{kind} has been deleted"
    report.set(type_, False, "ObjectDeleted", text if is_deleting(draft) else f"{text} while the cluster still exists")


def _mirror(
    report: Reporter, type_: str, obj: Json, source: str, reasons: tuple[str, str], done: bool, text: str
) -> Mapping[str, Any] | None:
    """Take over a part's condition; without one, say what its contract field says."""
    found = find(get_in(obj, "status", "conditions"), source)
    if found is None:
        report.set(type_, done, reasons[0] if done else reasons[1], "" if done else text)
        return None
    reason = found.get("reason") or (reasons[0] if found["status"] == "True" else "NoReasonReported")
    report.set(type_, found["status"], reason, found.get("message", ""))
    return found


def _fallback(draft: Json, reason: str) -> str:
    return "Deleting" if is_deleting(draft) else reason


def _scaling(draft: Json, parts: Parts, report: Reporter) -> None:
    alone = parts.own(parts.sets, draft)
    for type_, sets in (("RollingOut", []), ("ScalingUp", alone), ("ScalingDown", alone)):
        told = [*parts.deployments, *sets]
        if parts.plane is not None and find(get_in(parts.plane, "status", "conditions"), type_) is not None:
            told.insert(0, parts.plane)
        if told:
            words = Words(f"Not{type_}", type_, f"{type_}Unknown")
            report.merge(type_, aggregate(told, type_, negative=True, positive=False), words)
        else:
            report.set(type_, False, f"Not{type_}")


def _available(draft: Json, parts: Parts, report: Reporter) -> None:
    gates = get_in(draft, "spec", "availabilityGates") or parts.class_gates
    types = ["Deleting", PROBE, INFRASTRUCTURE, PLANE, "WorkersAvailable", TOPOLOGY]
    types += [gate["conditionType"] for gate in gates]
    negative = {"Deleting", *(gate["conditionType"] for gate in gates if gate.get("polarity") == "Negative")}

    def priority(condition: Mapping[str, Any]) -> int:
        if is_deleting(draft) and condition["type"] in (INFRASTRUCTURE, PLANE) and condition.get("reason") in GONE:
            return INFO  # what has gone on the way is no problem of a Cluster that goes
        if condition["type"] == TOPOLOGY and condition["status"] == "False":
            return ISSUE if condition.get("reason") in _TOPOLOGY_PROBLEMS else INFO
        return priority_of(condition, negative)

    optional = () if has_topology(draft) else (TOPOLOGY,)
    merged = summary(report.conditions, types, optional=optional, negative=negative, priority=priority)
    report.merge("Available", merged, AVAILABLE)
