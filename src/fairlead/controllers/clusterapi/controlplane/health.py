"""How each control-plane machine's processes are: the conditions that KubeadmControlPlane puts on its Machines. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/pkg/workload_cluster_conditions.go (messages to the letter),
reconcileControlPlaneAndMachinesConditions (what is told while the cluster is out of reach).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fairlead.base.objects import Json, get_in, is_deleting, labels
from fairlead.controllers.clusterapi.controlplane.seen import (
    COMPONENTS,
    ETCD_MEMBER,
    NODE_LABELS,
    ControlPlane,
    node_name,
)
from fairlead.controllers.conditions import Reporter
from fairlead.runtime.clock import parse_timestamp, timestamp
from fairlead.runtime.conditions import find
from fairlead.runtime.remote import EtcdMember

ROLE = "node-role.kubernetes.io/control-plane"
GRACE = timedelta(minutes=5)  # how long the last known state is kept when the connection is lost
ETCD_CLUSTER, PLANE_COMPONENTS = "EtcdClusterHealthy", "ControlPlaneComponentsHealthy"


@dataclass(frozen=True, slots=True)
class Blind:
    """The workload cluster cannot be looked at. `keeps` says that what is known already stays as it is."""

    reason: str
    message: str
    keeps: bool = False
    recheck: timedelta | None = None


def blindness(plane: ControlPlane) -> Blind | None:
    """Why the workload cluster cannot be looked at; None when it can."""
    if not plane.initialized:
        return Blind("InspectionFailed", "Waiting for Cluster control plane to be initialized")
    connection = plane.connection
    if connection.is_up:
        return None
    if connection.last_up is None:
        return Blind("ConnectionDown", "Remote connection not established yet", keeps=True)
    initialized = find(get_in(plane.kcp, "status", "conditions"), "Initialized")
    since = connection.last_up
    if initialized is not None and initialized["status"] == "True":
        since = max(since, parse_timestamp(initialized["lastTransitionTime"]))
    text = f"Last successful probe at {timestamp(connection.last_up)}"
    left = since + GRACE - plane.now
    if left > timedelta(0):
        return Blind("ConnectionDown", text, keeps=True, recheck=left)
    return Blind("ConnectionDown", text)


def report_machine(plane: ControlPlane, machine: Json, report: Reporter, blind: Blind | None) -> None:
    """Write the conditions that the control plane keeps on one of its Machines."""
    _up_to_date(plane, machine, report)
    if blind is not None:
        _cannot_see(plane, report, blind)
        return
    _node_and_pods(plane, machine, report)
    if plane.uses_local_etcd:
        _member(plane, machine, report)


def _up_to_date(plane: ControlPlane, machine: Json, report: Reporter) -> None:
    reasons = plane.differences(machine)
    kubelet, version = get_in(machine, "status", "nodeInfo", "kubeletVersion"), get_in(machine, "spec", "version")
    if reasons:
        report.set("UpToDate", False, "NotUpToDate", "\n".join(f"* {reason}" for reason in reasons))
    elif kubelet and version and kubelet != version:
        text = f"* Node.status.nodeInfo.kubeletVersion {kubelet}, {version} required"
        report.set("UpToDate", False, "Updating", text)
    else:
        report.set("UpToDate", True, "UpToDate")


def _cannot_see(plane: ControlPlane, report: Reporter, blind: Blind) -> None:
    known = get_in(plane.kcp, "status", "conditions")
    if plane.uses_local_etcd and not (blind.keeps and find(known, ETCD_CLUSTER)):
        report.set(ETCD_MEMBER, "Unknown", blind.reason, blind.message)
    if not (blind.keeps and find(known, PLANE_COMPONENTS)):
        for type_ in (NODE_LABELS, *plane.components):
            report.set(type_, "Unknown", blind.reason, blind.message)


def _node_and_pods(plane: ControlPlane, machine: Json, report: Reporter) -> None:
    node, name = plane.node_of(machine), node_name(machine)
    types = (NODE_LABELS, *plane.components)
    if is_deleting(machine):
        if node is not None:
            _node_marks(plane, machine, node, report)
        else:
            report.set(NODE_LABELS, False, "Deleting", "Machine is deleting")
        for type_ in plane.components:
            report.set(type_, False, "Deleting", "Machine is deleting")
            report.set_old(type_, False, "Deleting", "", "Info")
        return
    if not name:
        _unknown(report, types, waiting_text(machine))
        return
    if node is None:
        _unknown(report, types, f"Node {name} does not exist")
        for type_ in plane.components:
            report.set_old(type_, False, "PodFailed", "Missing Node", "Error")
        return
    if _is_unreachable(node):
        _unknown(report, types, f"Node {name} is unreachable")
        for type_ in plane.components:
            report.set_old(type_, "Unknown", "PodInspectionFailed", "Node is unreachable")
        return
    for type_ in plane.components:
        _pod(plane, node, type_, report)
    _node_marks(plane, machine, node, report)


def waiting_text(machine: Json) -> str:
    """What a machine without node waits for."""
    provider = get_in(machine, "spec", "providerID")
    if provider:
        return f"Waiting for a Node with spec.providerID {provider} to exist"
    return f"Waiting for {get_in(machine, 'spec', 'infrastructureRef', 'kind', default='')} to report spec.providerID"


def _unknown(report: Reporter, types: Sequence[str], text: str) -> None:
    for type_ in types:
        report.set(type_, "Unknown", "InspectionFailed", text)


def _is_unreachable(node: Json) -> bool:
    return any(
        taint.get("key") == "node.kubernetes.io/unreachable" and taint.get("effect") == "NoExecute"
        for taint in get_in(node, "spec", "taints", default=())
    )


def _has_role_taint(taints: Sequence[Json]) -> bool:
    return any(taint.get("key") == ROLE and taint.get("effect") == "NoSchedule" for taint in taints)


def _node_marks(plane: ControlPlane, machine: Json, node: Json, report: Reporter) -> None:
    """Whether kubeadm's label and taint are on the node."""
    name, text = node["metadata"]["name"], ""
    if ROLE not in labels(node):
        text = f"Node {name} does not have the {ROLE} label"
    wants_taint = _wants_taint(plane, machine)
    if wants_taint and not _has_role_taint(get_in(node, "spec", "taints", default=())):
        text = f"{text} and the" if text else f"Node {name} does not have the"
        text = f"{text} {ROLE}:NoSchedule taint"
    if text:
        report.set(NODE_LABELS, False, "NotSet", text)
    else:
        report.set(NODE_LABELS, True, "Set")


def _wants_taint(plane: ControlPlane, machine: Json) -> bool:
    """Whether the node should have the default taint: it does unless its configuration names other taints."""
    if _has_role_taint(get_in(machine, "spec", "taints", default=())):
        return True
    config = plane.configs.get(machine["metadata"]["name"])
    if config is None:
        return False
    joins = get_in(config, "spec", "joinConfiguration", "controlPlane") is not None
    part = "joinConfiguration" if joins else "initConfiguration"
    taints = get_in(config, "spec", part, "nodeRegistration", "taints")
    return taints is None or _has_role_taint(taints)


def _pod(plane: ControlPlane, node: Json, type_: str, report: Reporter) -> None:
    """The state of one static Pod of a node."""

    def say(reason: str, message: str, old: str, severity: str = "", old_message: str | None = None) -> None:
        status: bool | str = False if severity else "Unknown"
        report.set(type_, status, reason, message)
        report.set_old(type_, status, old, message if old_message is None else old_message, severity)

    ready = find(get_in(node, "status", "conditions"), "Ready")
    if ready is not None and ready["status"] == "Unknown":
        say("InspectionFailed", "Node Ready condition is Unknown, Pod data might be stale", "PodInspectionFailed")
        return
    name = f"{COMPONENTS[type_]}-{node['metadata']['name']}"
    pod = plane.connection.pods.get(name)
    if pod is None:
        say("DoesNotExist", "Pod does not exist", "PodMissing", "Error", f"Pod {name} is missing")
        return
    match get_in(pod, "status", "phase", default="Pending"):
        case "Pending":
            say("Provisioning", _pending_text(pod), "PodProvisioning", "Info")
        case "Running":
            _running_pod(pod, type_, report)
        case "Succeeded" | "Failed":
            say("Failed", "All the containers have been terminated", "PodFailed", "Error")
        case _:
            say("InspectionFailed", "Pod is reporting Unknown status", "PodInspectionFailed")


def _is_true(pod: Json, type_: str) -> bool:
    condition = find(get_in(pod, "status", "conditions"), type_)
    return condition is not None and condition["status"] == "True"


def _pending_text(pod: Json) -> str:
    if not _is_true(pod, "PodScheduled"):
        return "Waiting to be scheduled"
    return "" if _is_true(pod, "Initialized") else "Running init containers"


def _running_pod(pod: Json, type_: str, report: Reporter) -> None:
    if _is_true(pod, "Ready"):
        report.set(type_, True, "Running")
        report.set_old(type_, True)
        return
    containers = get_in(pod, "status", "containerStatuses", default=())
    waiting, ended = (
        [str(state.get("reason", "")) for c in containers if (state := get_in(c, "state", kind)) is not None]
        for kind in ("waiting", "terminated")
    )
    crashed = any(get_in(c, "lastState", "terminated", "exitCode") for c in containers)
    text = ", ".join(waiting or ended) or "Waiting for startup or readiness probes"
    if (waiting and crashed) or (ended and not waiting):
        report.set(type_, False, "Failed", text)
        report.set_old(type_, False, "PodFailed", text, "Error")
    else:
        report.set(type_, False, "Provisioning", text)
        report.set_old(type_, False, "PodProvisioning", text, "Info")


def _member(plane: ControlPlane, machine: Json, report: Reporter) -> None:
    name = node_name(machine)
    if is_deleting(machine):
        report.set(ETCD_MEMBER, False, "Deleting", "Machine is deleting")
        report.set_old(ETCD_MEMBER, False, "Deleting", "", "Info")
        if name and plane.members is not None and not any(member.name == name for member in plane.members):
            _missing(name, report)
        return
    if not name:
        report.set(ETCD_MEMBER, "Unknown", "InspectionFailed", waiting_text(machine))
        return
    if plane.members is None:
        text = f"Failed to connect to etcd: {plane.etcd_problem}"
        report.set(ETCD_MEMBER, "Unknown", "InspectionFailed", text)
        report.set_old(ETCD_MEMBER, "Unknown", "MemberInspectionFailed", text)
        return
    member = next((m for m in plane.members if m.name == name), None)
    if member is None:
        _missing(name, report)
        return
    _present(member, report)


def _missing(node: str, report: Reporter) -> None:
    report.set(ETCD_MEMBER, False, "NotHealthy", f"Etcd doesn't have an etcd member for Node {node}")
    report.set_old(ETCD_MEMBER, False, "EtcdMemberUnhealthy", "Missing etcd member", "Error")


def _present(member: EtcdMember, report: Reporter) -> None:
    if member.is_learner:
        text = old = "Waiting for learner etcd member to be promoted"
    elif member.alarms:
        alarms = ", ".join(member.alarms)
        text, old = f"Etcd reports alarms: {alarms}", f"Etcd member reports alarms: {alarms}"
    else:
        report.set(ETCD_MEMBER, True, "Healthy")
        report.set_old(ETCD_MEMBER, True)
        return
    report.set(ETCD_MEMBER, False, "NotHealthy", text)
    report.set_old(ETCD_MEMBER, False, "EtcdMemberUnhealthy", old, "Error")
