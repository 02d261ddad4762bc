"""What a KubeadmControlPlane says of itself. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane/status.go (types, reasons, messages).
"""

from collections.abc import Sequence
from datetime import timedelta

from fairlead.base.objects import Json, get_in, is_deleting
from fairlead.controllers.clusterapi.controlplane import remediation
from fairlead.controllers.clusterapi.controlplane.preflight import Preflight
from fairlead.controllers.clusterapi.controlplane.seen import ETCD_MEMBER, ControlPlane, all_true, node_name
from fairlead.controllers.clusterapi.replicas import (
    report_machines,
    report_remediating,
    report_replicas,
    report_scaling,
)
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import find, is_true

SURFACING = timedelta(seconds=10)  # a fault of an available control plane is told when it lasts
MEMBERS_GRACE = timedelta(minutes=2)
OLD_SUMMARY = (
    "MachinesCreated",
    "MachinesSpecUpToDate",
    "Resized",
    "MachinesReady",
    "Available",
    "CertificatesAvailable",
)


def report_status(plane: ControlPlane, draft: Json, report: Reporter, preflight: Preflight) -> None:
    """Write all of the control plane's status into *draft*."""
    name = plane.cluster["metadata"]["name"]
    selector = f"{CLUSTER_NAME_LABEL}={name},{CONTROL_PLANE_LABEL}"
    counts = report_replicas(plane.kcp, draft, plane.machines, selector)
    status = draft["status"]
    if status.get("versions"):
        status["version"] = status["versions"][0]["version"]
    _initialized(plane, draft, report)
    _rolling_out(plane, report)
    deleting = is_deleting(plane.kcp)
    missing = "" if plane.template is not None else _missing_template(plane)
    report_scaling(
        report,
        plane.replicas,
        len(plane.machines),
        (*preflight.causes, *((missing,) if missing else ())),
        deleting,
        machines=plane.machines,
        would_block=f"Scaling up would be blocked because {missing}" if missing else "",
    )
    report_machines(report, plane.machines)
    report_remediating(report, plane.machines, "KubeadmControlPlane")
    if not deleting:
        report.set("Deleting", False, "NotDeleting")
    _available(plane, draft, report)
    record = remediation.last(plane)
    if record is not None:
        status["lastRemediation"] = record.status()
    _old(plane, draft, report, counts.up_to_date)
    report.sort()


def _missing_template(plane: ControlPlane) -> str:
    kind = get_in(plane.kcp, "spec", "machineTemplate", "spec", "infrastructureRef", "kind", default="")
    return f"{kind} does not exist"


def _initialized(plane: ControlPlane, draft: Json, report: Reporter) -> None:
    if plane.initialized:
        draft["status"].setdefault("initialization", {})["controlPlaneInitialized"] = True
        report.set("Initialized", True, "Initialized")
        report.set_old("Available", True)
    else:
        report.set("Initialized", False, "NotInitialized")


def _rolling_out(plane: ControlPlane, report: Reporter) -> None:
    """From the machines' UpToDate conditions; a change of version is named first."""
    messages = [
        condition.get("message", "")
        for machine in plane.machines
        if (condition := find(get_in(machine, "status", "conditions"), "UpToDate")) is not None
        and condition["status"] == "False"
    ]
    if not messages:
        report.set("RollingOut", False, "NotRollingOut")
        return
    reasons = {line for message in messages for line in message.split("\n") if line}
    ordered = sorted(reasons, key=lambda line: (not line.startswith("* Version"), line))
    text = "\n".join([f"Rolling out {len(messages)} not up-to-date replicas", *ordered])
    report.set("RollingOut", True, "RollingOut", text)


# Available.


def _available(plane: ControlPlane, draft: Json, report: Reporter) -> None:
    if not plane.initialized:
        report.set("Available", False, "NotAvailable", "Control plane not yet initialized")
        return
    if plane.uses_local_etcd and not _knows_etcd(plane, report):
        return
    healthy, ill = _machines_health(plane)
    members, ill_members = _members_health(plane) if plane.uses_local_etcd else (0, 0)
    voting = sum(1 for m in plane.members or () if m.name and not m.is_learner)
    quorum = voting // 2 + 1
    certificates = is_true(report.conditions, "CertificatesAvailable")
    has_quorum = not plane.uses_local_etcd or members >= quorum
    total = len(plane.members or ())
    if not is_deleting(plane.kcp) and has_quorum and healthy >= 1 and certificates:
        notes = []
        if ill_members:
            notes.append(_members_text(plane, total - ill_members, total, quorum))
        if ill:
            good = sum(bool(m["spec"].get("providerID")) for m in plane.machines) - ill
            verb = "has" if good == 1 else "have"
            every = len(plane.machines)
            notes.append(f"* {good} of {every} Machines {verb} healthy control plane components, at least 1 required")
        report.set("Available", True, "Available", "\n".join(notes))
        return
    issues = ["* Control plane metadata.deletionTimestamp is set"] if is_deleting(plane.kcp) else []
    if not certificates:
        issues.append("* Control plane certificates are not available")
    if not has_quorum:
        issues.append(_members_text(plane, members, total, quorum))
    if healthy < 1:
        issues.append("* There are no Machines with healthy control plane components, at least 1 required")
    report.set("Available", False, "NotAvailable", "\n".join(issues))


def _knows_etcd(plane: ControlPlane, report: Reporter) -> bool:
    """Whether etcd's members are known and fit the machines; otherwise Available says what is not."""
    if plane.members is None:
        if _lost_etcd(plane):
            report.set("Available", False, "NotAvailable", _lost_text(plane))
            return False
        initialized = report.get("Initialized") or {}
        if plane.now - parse_timestamp(initialized["lastTransitionTime"]) < MEMBERS_GRACE:
            report.set("Available", False, "NotAvailable", "Waiting for etcd to report the list of members")
        else:
            report.set("Available", "Unknown", "InspectionFailed", "Failed to get etcd members")
        return False
    if not _members_match(plane):
        text = "The list of etcd members does not match the list of Machines and Nodes"
        report.set("Available", False, "NotAvailable", text)
        return False
    return True


def _lost_etcd(plane: ControlPlane) -> bool:
    """Whether every machine that ran a member is gone: the machines there are never had a VM."""
    return not is_deleting(plane.kcp) and not any(m["spec"].get("providerID") for m in plane.machines)


def _lost_text(plane: ControlPlane) -> str:
    where = f"{plane.cluster['metadata']['namespace']}/{plane.cluster['metadata']['name']}"
    new = ", ".join(machine["metadata"]["name"] for machine in plane.machines)
    waits = f"; Machine {new} has no control plane to join" if new else ""
    return (
        f"etcd is lost: the last Machine that ran a member was deleted{waits}. "
        f"Delete Cluster {where} to have it made again; what ran in it is lost"
    )


def _members_match(plane: ControlPlane) -> bool:
    names = {member.name for member in plane.members or ()}
    for machine in plane.alive():
        node = plane.node_of(machine)
        if node is None or node_name(machine) in names:
            continue
        if plane.now - parse_timestamp(node["metadata"]["creationTimestamp"]) > MEMBERS_GRACE:
            return False
    known = {node_name(machine) for machine in plane.machines}
    return "" in known or names <= known


def _lasts(plane: ControlPlane, machine: Json, types: Sequence[str]) -> bool:
    """Whether one of these conditions has not been true for a while."""
    since = [
        parse_timestamp(condition["lastTransitionTime"])
        for type_ in types
        if (condition := find(get_in(machine, "status", "conditions"), type_)) is not None
        and condition["status"] != "True"
    ]
    return bool(since) and plane.now - min(since) > SURFACING


def _machines_health(plane: ControlPlane) -> tuple[int, int]:
    """How many machines run a whole control plane, and how many have failed to for a while."""
    types = plane.health_types
    known = [machine for machine in plane.machines if machine["spec"].get("providerID")]
    healthy = [machine for machine in known if all_true(machine, types)]
    return len(healthy), sum(_lasts(plane, m, types) for m in known if m not in healthy)


def _members_health(plane: ControlPlane) -> tuple[int, int]:
    """How many members are healthy, and how many have not been for a while."""
    good = ill = 0
    starting = [machine for machine in plane.machines if not node_name(machine)]
    for member in plane.members or ():
        if not member.name:
            good += 1
            continue
        machine = plane.machine_of_member(member)
        if machine is None and len(starting) == 1:
            machine = starting.pop()
        if machine is None:
            ill += 1
        elif all_true(machine, (ETCD_MEMBER,)):
            good += 1
        elif _lasts(plane, machine, (ETCD_MEMBER,)):
            ill += 1
    return good, ill


def _members_text(plane: ControlPlane, good: int, total: int, quorum: int) -> str:
    learners = sum(1 for member in plane.members or () if member.is_learner or not member.name)
    learning = f" {learners} learner etcd member," if learners else ""
    need = f"at least {quorum} healthy member required for etcd quorum"
    if good == 0:
        return f"* There are no healthy etcd member,{learning} {need}"
    verb = "is" if good == 1 else "are"
    return f"* {good} of {total} etcd members {verb} healthy,{learning} {need}"


# The deprecated form.


def _old(plane: ControlPlane, draft: Json, report: Reporter, up_to_date: int) -> None:
    have, want = len(plane.machines), plane.replicas
    old = draft["status"].setdefault("deprecated", {}).setdefault("v1beta1", {})
    ready = 0
    if plane.connection.is_up and not is_deleting(plane.kcp):
        nodes = [node for machine in plane.machines if (node := plane.node_of(machine)) is not None]
        ready = sum(is_true(get_in(node, "status", "conditions"), "Ready") for node in nodes)
    old.update(readyReplicas=ready, updatedReplicas=up_to_date, unavailableReplicas=have - ready)
    report.aggregate_old("MachinesReady", plane.machines)
    if not is_deleting(plane.kcp):
        _resized(plane, report, have, want)
    outdated = plane.outdated()
    if outdated and not is_deleting(plane.kcp):
        text = f"Rolling {len(outdated)} replicas with outdated spec ({have - len(outdated)} replicas up to date)"
        report.set_old("MachinesSpecUpToDate", False, "RollingUpdateInProgress", text, "Warning")
    elif report.get_old("MachinesSpecUpToDate") is not None:
        report.set_old("MachinesSpecUpToDate", True)
    report.summarize_old(OLD_SUMMARY)


def _resized(plane: ControlPlane, report: Reporter, have: int, want: int) -> None:
    if have < want:
        text = f"Scaling up control plane to {want} replicas (actual {have})"
        report.set_old("Resized", False, "ScalingUp", text, "Warning")
        return
    if have > want:
        text = f"Scaling down control plane to {want} replicas (actual {have})"
        report.set_old("Resized", False, "ScalingDown", text, "Warning")
    elif all(all_true(machine, ("Ready",)) for machine in plane.machines):
        report.set_old("Resized", True)
    report.set_old("MachinesCreated", True)
