"""How each control-plane machine's processes are: the conditions that KubeadmControlPlane puts on its Machines. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/internal/workload_cluster_conditions.go.
"""

from fairlead.base.objects import Json, get_in, is_deleting, labels
from fairlead.controllers.clusterapi.controlplane.seen import (
    COMPONENTS,
    ETCD_MEMBER,
    NODE_LABELS,
    ControlPlane,
)
from fairlead.controllers.conditions import Reporter

CONTROL_PLANE_ROLE = "node-role.kubernetes.io/control-plane"


def report_machine(plane: ControlPlane, machine: Json, report: Reporter) -> None:
    """Write the conditions that the control plane keeps on one of its Machines."""
    reasons = plane.differences(machine)
    if reasons:
        report.set("UpToDate", False, "NotUpToDate", "\n".join(f"* {reason}" for reason in reasons))
    else:
        report.set("UpToDate", True, "UpToDate")
    types = [NODE_LABELS, *COMPONENTS, ETCD_MEMBER] if plane.uses_local_etcd else [NODE_LABELS, *list(COMPONENTS)[:3]]
    waiting = _waiting_for(plane, machine)
    if is_deleting(machine):
        for type_ in types:
            report.set(type_, False, "Deleting", "Machine is deleting")
            if type_ != NODE_LABELS:
                report.set_old(type_, False, "Deleting", "", "Info")
        return
    if waiting:
        for type_ in types:
            report.set(type_, "Unknown", "InspectionFailed", waiting)
        return
    node = plane.node_of(machine)
    assert node is not None
    _node_labels(node, report)
    name = node["metadata"]["name"]
    for type_, component in COMPONENTS.items():
        if type_ in types:
            _component(plane.connection.pods.get(f"{component}-{name}"), f"{component}-{name}", type_, report)
    if ETCD_MEMBER in types:
        _member(plane, name, report)


def _waiting_for(plane: ControlPlane, machine: Json) -> str:
    """What has to happen before the machine's processes can be looked at; empty when they can."""
    status = get_in(plane.cluster, "status", default={})
    if not get_in(status, "initialization", "infrastructureProvisioned"):
        return "Waiting for Cluster status.initialization.infrastructureProvisioned to be true"
    if not plane.connection.is_up:
        return plane.connection.problem if plane.initialized else "Waiting for Cluster control plane to be initialized"
    provider = get_in(machine, "spec", "providerID")
    if not provider:
        kind = get_in(machine, "spec", "infrastructureRef", "kind", default="")
        return f"Waiting for {kind} to report spec.providerID"
    if plane.node_of(machine) is None:
        return f"Waiting for a Node with spec.providerID {provider} to exist"
    return ""


def _node_labels(node: Json, report: Reporter) -> None:
    if CONTROL_PLANE_ROLE in labels(node):
        report.set(NODE_LABELS, True, "Set")
    else:
        report.set(NODE_LABELS, False, "NotSet", f"Label {CONTROL_PLANE_ROLE} is not set on the Node")


def _component(pod: Json | None, name: str, type_: str, report: Reporter) -> None:
    if pod is None:
        report.set(type_, False, "DoesNotExist", f"Pod {name} does not exist")
        report.set_old(type_, False, "PodMissing", f"Pod {name} is missing", "Error")
        return
    phase = get_in(pod, "status", "phase", default="")
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in get_in(pod, "status", "conditions", default=()))
    if phase == "Running" and ready:
        report.set(type_, True, "Running")
        report.set_old(type_, True)
    elif phase in ("Failed", "Succeeded"):
        report.set(type_, False, "Failed", "All the containers have been terminated")
        report.set_old(type_, False, "PodFailed", "All the containers have been terminated", "Error")
    else:
        report.set(
            type_,
            False,
            "Provisioning",
            "Waiting to be scheduled" if not phase else "Waiting for startup or readiness probes",
        )
        report.set_old(type_, False, "PodProvisioning", "Waiting for startup or readiness probes", "Info")


def _member(plane: ControlPlane, node: str, report: Reporter) -> None:
    if not plane.members_known:
        report.set(ETCD_MEMBER, "Unknown", "InspectionFailed", "Failed to connect to etcd")
        return
    member = next((m for m in plane.members if m.name == node), None)
    if member is None:
        report.set(ETCD_MEMBER, False, "NotHealthy", "etcd reports no member for this Node")
        report.set_old(ETCD_MEMBER, False, "EtcdMemberUnhealthy", "Missing etcd member", "Error")
    elif member.alarms:
        text = f"Etcd reports alarms: {', '.join(member.alarms)}"
        report.set(ETCD_MEMBER, False, "NotHealthy", text)
        report.set_old(ETCD_MEMBER, False, "EtcdMemberUnhealthy", text, "Error")
    else:
        report.set(ETCD_MEMBER, True, "Healthy")
        report.set_old(ETCD_MEMBER, True)
