"""EtcdClusterHealthy and ControlPlaneComponentsHealthy: the machines' conditions put together, old form and new. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/pkg/workload_cluster_conditions.go
(aggregateConditionsFromMachinesToKCP, aggregateV1Beta1ConditionsFromMachinesToKCP, compareMachinesAndMembers).
"""

from collections.abc import Sequence

from fairlead.base.objects import Json, get_in, labels
from fairlead.controllers.clusterapi.controlplane.health import ETCD_CLUSTER, PLANE_COMPONENTS, ROLE, Blind
from fairlead.controllers.clusterapi.controlplane.seen import ETCD_MEMBER, ControlPlane, node_name
from fairlead.controllers.clusterapi.staleness import listed
from fairlead.controllers.conditions import Reporter
from fairlead.runtime.conditions import find

_SEVERITIES = (("Error", "errors"), ("Warning", "warnings"), ("Info", "info"))


def report_health(plane: ControlPlane, report: Reporter, blind: Blind | None) -> None:
    """Write both conditions into the control plane's status."""
    if blind is not None:
        for type_ in (ETCD_CLUSTER, PLANE_COMPONENTS):
            if not (blind.keeps and report.get(type_)):
                report.set(type_, "Unknown", blind.reason, blind.message)
        return
    _report(plane, report, PLANE_COMPONENTS, plane.components, _node_errors(plane), "control plane")
    if plane.uses_local_etcd:
        _report(plane, report, ETCD_CLUSTER, (ETCD_MEMBER,), member_errors(plane), "etcd member")
    else:
        report.set_old(ETCD_CLUSTER, True)


def _node_errors(plane: ControlPlane) -> list[str]:
    """Control-plane nodes that belong to no machine; not told while a machine may still find its node."""
    if any(not node_name(machine) for machine in plane.machines):
        return []
    known = {node_name(machine) for machine in plane.machines}
    strange = [name for name, node in plane.connection.nodes.items() if ROLE in labels(node) and name not in known]
    return [f"Control plane Node {name} does not have a corresponding Machine" for name in sorted(strange)]


def member_errors(plane: ControlPlane) -> list[str]:
    """etcd members that belong to no machine."""
    known = {node_name(machine) for machine in plane.machines}
    strange = [member for member in plane.members or () if member.name not in known or not member.name]
    names = (member.name or f"{member.id} (Name not yet assigned)" for member in strange)
    return [f"Etcd member {name} does not have a corresponding Machine" for name in names]


def _report(
    plane: ControlPlane, report: Reporter, type_: str, parts: Sequence[str], errors: list[str], note: str
) -> None:
    status, message = _merged(plane.machines, parts, errors, note)
    reason = {"True": "Healthy", "False": "NotHealthy", "Unknown": "HealthUnknown"}[status]
    report.set(type_, status, reason, message)
    _report_old(plane.machines, report, type_, parts, errors, note)


def _merged(machines: Sequence[Json], parts: Sequence[str], errors: Sequence[str], note: str) -> tuple[str, str]:
    groups: dict[str, list[str]] = {}
    seen: set[str] = set()
    for machine in machines:
        found = [c for part in parts if (c := find(get_in(machine, "status", "conditions"), part)) is not None]
        lines = []
        for condition in found:
            status = condition["status"]
            if status == "Unknown" and not get_in(machine, "spec", "providerID"):
                status = "True"  # too early to tell: no issue
            seen.add(status)
            if status != "True":
                text = condition.get("message") or f"condition is {condition['status']}"
                lines.append(f"  * {condition['type']}: {text}")
        if not lines:
            continue
        texts = {condition.get("message", "") for condition in found}
        if len(found) > 1 and len(texts) == 1:
            lines = [f"  * Control plane components: {texts.pop()}"]
        groups.setdefault("\n".join(lines), []).append(machine["metadata"]["name"])
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), ",".join(item[1])))
    told = [f"* Machine{'s' if len(names) > 1 else ''} {listed(sorted(names))}:\n{text}" for text, names in ordered]
    message = "\n".join([*told, *(f"* {error}" for error in errors)])
    if errors or "False" in seen:
        return "False", message
    if "Unknown" in seen:
        return "Unknown", message
    return ("True", "") if seen else ("Unknown", f"No Machines reporting {note} status")


def _report_old(
    machines: Sequence[Json], report: Reporter, type_: str, parts: Sequence[str], errors: list[str], note: str
) -> None:
    """The deprecated form: the worst severity that any machine reports, with the names of the machines."""
    names: dict[str, set[str]] = {}
    for machine in machines:
        conditions = get_in(machine, "status", "deprecated", "v1beta1", "conditions")
        for part in parts:
            condition = find(conditions, part)
            if condition is not None:
                kind = condition.get("severity", "") if condition["status"] == "False" else condition["status"]
                names.setdefault(kind, set()).add(machine["metadata"]["name"])
    prefix = "EtcdCluster" if type_ == ETCD_CLUSTER else "ControlPlaneComponents"
    for severity, word in _SEVERITIES:
        ill = ", ".join(sorted(names.get(severity, ())))
        texts = [f"Following Machines are reporting {note} {word}: {ill}"] if ill else []
        if severity == "Error":
            texts = [*errors, *texts]
        if texts:
            report.set_old(type_, False, f"{prefix}Unhealthy", "; ".join(texts), severity)
            return
    if "True" in names:
        report.set_old(type_, True)
    elif "Unknown" in names:
        ill = ", ".join(sorted(names["Unknown"]))
        text = f"Following Machines are reporting unknown {note} status: {ill}"
        report.set_old(type_, "Unknown", f"{prefix}Unknown", text)
