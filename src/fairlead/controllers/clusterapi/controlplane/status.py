"""What a KubeadmControlPlane says of itself. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/internal/controllers/status.go (types, reasons, messages, order).
"""

from collections.abc import Sequence

from fairlead.base.objects import Json, get_in, is_deleting
from fairlead.controllers.clusterapi.controlplane.seen import COMPONENTS, ETCD_MEMBER, ControlPlane
from fairlead.controllers.clusterapi.replicas import report_machines, report_replicas, report_scaling
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL
from fairlead.controllers.merging import Merged, Words, aggregate
from fairlead.runtime.conditions import find, is_true

HEALTHY = Words("Healthy", "NotHealthy", "HealthUnknown")


def report_status(plane: ControlPlane, draft: Json, report: Reporter) -> None:
    """Write all of the control plane's status into *draft*."""
    name = plane.cluster["metadata"]["name"]
    selector = f"{CLUSTER_NAME_LABEL}={name},{CONTROL_PLANE_LABEL}"
    counts = report_replicas(plane.kcp, draft, plane.machines, selector)
    status = draft["status"]
    lowest = sorted((str(get_in(m, "spec", "version")) for m in plane.machines), key=_order)
    if lowest:
        status["version"] = lowest[0]
    _initialized(plane, draft, report)
    _health(plane, report)
    _available(plane, draft, report)
    _rolling_out(plane, report)
    report_scaling(report, plane.replicas, len(plane.machines), deleting=is_deleting(plane.kcp))
    report_machines(report, plane.machines)
    if report.get("Remediating") is None:
        report.set("Remediating", False, "NotRemediating")
    if not is_deleting(plane.kcp):
        report.set("Deleting", False, "NotDeleting")
    _old(plane, draft, report, counts.up_to_date)
    report.sort()


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("-")[0].split(".") if part.isdigit())


def _initialized(plane: ControlPlane, draft: Json, report: Reporter) -> None:
    started = draft["status"].setdefault("initialization", {})
    config = any(node for node in plane.connection.nodes.values()) if plane.connection.is_up else False
    if config or started.get("controlPlaneInitialized"):
        started["controlPlaneInitialized"] = True
        report.set("Initialized", True, "Initialized")
        report.set_old("Available", True)
    else:
        del draft["status"]["initialization"]
        report.set("Initialized", False, "NotInitialized")
        report.set_old("Available", False, "WaitingForKubeadmInit", "", "Info")


def _waiting(plane: ControlPlane) -> str:
    if not get_in(plane.cluster, "status", "initialization", "infrastructureProvisioned"):
        return "Waiting for Cluster status.infrastructureReady to be true"
    return "" if plane.connection.is_up else "Waiting for Cluster control plane to be initialized"


def _health(plane: ControlPlane, report: Reporter) -> None:
    waiting = _waiting(plane)
    components = list(COMPONENTS)[:4] if plane.uses_local_etcd else list(COMPONENTS)[:3]
    for type_, parts in (("EtcdClusterHealthy", (ETCD_MEMBER,)), ("ControlPlaneComponentsHealthy", components)):
        if type_ == "EtcdClusterHealthy" and not plane.uses_local_etcd:
            continue
        if waiting:
            report.set(type_, "Unknown", "InspectionFailed", waiting)
            continue
        merged = _all_of(plane.machines, parts)
        report.merge(type_, merged, HEALTHY)
        if merged.status == "True":
            report.set_old(type_, True)
        else:
            old = "EtcdClusterUnhealthy" if type_.startswith("Etcd") else "ControlPlaneComponentsUnhealthy"
            report.set_old(type_, merged.status, old, merged.message, "Error")


def _all_of(machines: Sequence[Json], types: Sequence[str]) -> Merged:
    """The aggregate of several conditions over all machines: the worst of them, their messages together."""
    merged = [(type_, aggregate(machines, type_)) for type_ in types]
    worst = min(merged, key=lambda entry: entry[1].priority)[1]
    messages = []
    for type_, one in merged:
        if one.priority == worst.priority and one.message:
            name = COMPONENTS.get(type_)
            messages.append(one.message if name is None else one.message.replace(": ", f":\n  * {type_}: ", 1))
    return Merged(worst.status, worst.priority, "\n".join(dict.fromkeys(messages)))


def _available(plane: ControlPlane, draft: Json, report: Reporter) -> None:
    if is_deleting(plane.kcp):
        report.set("Available", False, "NotAvailable", "* Control plane metadata.deletionTimestamp is set")
        return
    if not get_in(draft, "status", "initialization", "controlPlaneInitialized"):
        report.set("Available", False, "NotAvailable", "Control plane not yet initialized")
        return
    if plane.uses_local_etcd and not plane.members_known:
        report.set("Available", False, "NotAvailable", "Waiting for etcd to report the list of members")
        return
    issues = []
    if not is_true(report.conditions, "CertificatesAvailable"):
        issues.append("* Control plane certificates are not available")
    issues += _etcd_issues(plane) if plane.uses_local_etcd else []
    issues += _component_issues(plane)
    if issues:
        report.set("Available", False, "NotAvailable", "\n".join(issues))
        return
    report.set("Available", True, "Available", "\n".join(_notes(plane)))


def _healthy(plane: ControlPlane, types: Sequence[str]) -> int:
    return sum(all(is_true(get_in(m, "status", "conditions"), t) for t in types) for m in plane.machines)


def _etcd_issues(plane: ControlPlane) -> list[str]:
    quorum = len(plane.members) // 2 + 1
    good = sum(
        is_true(get_in(m, "status", "conditions"), ETCD_MEMBER)
        for m in plane.machines
        if (node := plane.node_of(m)) and any(e.name == node["metadata"]["name"] for e in plane.members)
    )
    if good >= quorum:
        return []
    return [_quorum_text(good, len(plane.members), quorum)]


def _quorum_text(good: int, total: int, quorum: int) -> str:
    need = f"at least {quorum} healthy member required for etcd quorum"
    return f"* {good} of {total} etcd members are healthy, {need}"


def _component_issues(plane: ControlPlane) -> list[str]:
    if _healthy(plane, list(COMPONENTS)[:3]) >= 1:
        return []
    return ["* There are no Machines with healthy control plane components, at least 1 required"]


def _notes(plane: ControlPlane) -> list[str]:
    """What an available control plane still lacks."""
    notes = []
    if plane.uses_local_etcd:
        good, total = _healthy(plane, [ETCD_MEMBER]), len(plane.members)
        quorum = total // 2 + 1
        if good < total:
            notes.append(_quorum_text(good, total, quorum))
    good, total = _healthy(plane, list(COMPONENTS)[:3]), len(plane.machines)
    if good < total:
        notes.append(f"* {good} of {total} Machines have healthy control plane components, at least 1 required")
    return notes


def _rolling_out(plane: ControlPlane, report: Reporter) -> None:
    outdated = plane.outdated()
    if not outdated:
        report.set("RollingOut", False, "NotRollingOut")
        return
    reasons = {reason for reasons in outdated.values() for reason in reasons}
    ordered = sorted(reasons, key=lambda text: (not text.startswith("Version"), text))
    text = f"Rolling out {len(outdated)} not up-to-date replicas\n" + "\n".join(f"* {reason}" for reason in ordered)
    report.set("RollingOut", True, "RollingOut", text)


def _old(plane: ControlPlane, draft: Json, report: Reporter, up_to_date: int) -> None:
    have, want = len(plane.machines), plane.replicas
    old = draft["status"].setdefault("deprecated", {}).setdefault("v1beta1", {})
    ready = sum(is_true(get_in(m, "status", "conditions"), "NodeHealthy") for m in plane.machines)
    old.update(readyReplicas=ready, updatedReplicas=up_to_date, unavailableReplicas=max(want - ready, 0))
    if have < want:
        text = f"Scaling up control plane to {want} replicas (actual {have})"
        report.set_old("Resized", False, "ScalingUp", text, "Warning")
    elif have > want:
        text = f"Scaling down control plane to {want} replicas (actual {have})"
        report.set_old("Resized", False, "ScalingDown", text, "Warning")
    else:
        report.set_old("Resized", True)
    if have:
        report.set_old("MachinesCreated", True)
        unready = [m for m in plane.machines if not is_true(get_in(m, "status", "conditions"), "Ready")]
        condition = (
            find(get_in(unready[0], "status", "deprecated", "v1beta1", "conditions"), "Ready") if unready else None
        )
        if unready:
            reason = f"{(condition or {}).get('reason', 'NotReady')} @ Machine/{unready[0]['metadata']['name']}"
            report.set_old("MachinesReady", False, reason, f"{have - len(unready)} of {have} completed", "Info")
        else:
            report.set_old("MachinesReady", True)
    outdated = plane.outdated()
    if outdated:
        text = f"Rolling {len(outdated)} replicas with outdated spec ({have - len(outdated)} replicas up to date)"
        report.set_old("MachinesSpecUpToDate", False, "RollingUpdateInProgress", text, "Warning")
    elif any(c["type"] == "MachinesSpecUpToDate" for c in old.get("conditions", ())):
        report.set_old("MachinesSpecUpToDate", True)
    report.summarize_old(
        (
            "CertificatesAvailable",
            "Available",
            "MachinesSpecUpToDate",
            "Resized",
            "MachinesReady",
            "ControlPlaneComponentsHealthy",
            "EtcdClusterHealthy",
        )
    )
