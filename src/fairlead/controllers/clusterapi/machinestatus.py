"""What a Machine says of itself: conditions old and new, phase, and why it is not ready. Pure.

Source: cluster-api v1.14, core/reconcilers/machine/machine_controller_status.go (types, reasons, messages, order).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fairlead.base.objects import Json, get_in, is_deleting, meta
from fairlead.controllers.clusterapi.clustercache import Connection
from fairlead.controllers.clusterapi.machinetemplate import template_differences
from fairlead.controllers.clusterapi.staleness import delay_causes
from fairlead.controllers.conditions import READY_WORDS, Reporter
from fairlead.controllers.merging import INFO, Merged, priority_of, summary
from fairlead.runtime.clock import parse_timestamp, timestamp
from fairlead.runtime.conditions import find, is_true
from fairlead.runtime.outcome import Result

BOOTSTRAP, INFRASTRUCTURE = "BootstrapConfigReady", "InfrastructureReady"
OLD_BOOTSTRAP, OLD_INFRASTRUCTURE = "BootstrapReady", "InfrastructureReady"
NODE_HEALTHY, NODE_READY = "NodeHealthy", "NodeReady"
HEALTH_CHECK = "HealthCheckSucceeded"
NODE_TYPES = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
PART_GONE = ("ObjectDeleted", "ObjectDoesNotExist")
LONG_DELETION = timedelta(minutes=15)
CONNECTION_GRACE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one pass may judge."""

    machine: Json
    cluster: Json
    config: Json | None
    infra: Json | None
    connection: Connection
    node: Json | None
    machine_set: Json | None = None
    deployment: Json | None = None


def report_status(seen: Seen, draft: Json, report: Reporter) -> Result:
    """Write all of a Machine's conditions, its phase and what it observed into *draft*; returns when to look again."""
    status = draft.setdefault("status", {})
    status["observedGeneration"] = seen.machine["metadata"].get("generation", 1)
    _bootstrap(seen, draft, report)
    _infrastructure(seen, draft, report)
    result = _node(seen, draft, report)
    _old_node(seen, draft, report)
    if not is_deleting(draft):
        report.set("Deleting", False, "NotDeleting")
    report.set("Updating", False, "NotUpdating")
    _up_to_date(seen, draft, report)
    _ready(draft, report)
    phase = phase_of(draft)
    if status.get("phase") != phase:
        status["phase"], status["lastUpdated"] = phase, timestamp(report.now)
    result = result.or_sooner(_available(draft, report))
    counted = (OLD_BOOTSTRAP, OLD_INFRASTRUCTURE)
    unprovided = not is_deleting(draft) and not get_in(draft, "spec", "providerID")
    report.summarize_old(
        (OLD_INFRASTRUCTURE, OLD_BOOTSTRAP, HEALTH_CHECK, "OwnerRemediated", "DrainingSucceeded"),
        counted=counted if unprovided else (),
    )
    report.sort()
    return result


def phase_of(machine: Json) -> str:
    """The one-word summary."""
    started = get_in(machine, "status", "initialization", default={})
    provisioned = bool(started.get("infrastructureProvisioned"))
    if is_deleting(machine):
        return "Deleting"
    if provisioned and get_in(machine, "status", "nodeRef", "name"):
        return "Running"
    if get_in(machine, "spec", "providerID"):
        return "Provisioned"
    if started.get("bootstrapDataSecretCreated") and not provisioned:
        return "Provisioning"
    return str(get_in(machine, "status", "phase", default="Pending"))


# Bootstrap and infrastructure


def _bootstrap(seen: Seen, draft: Json, report: Reporter) -> None:
    kind = get_in(draft, "spec", "bootstrap", "configRef", "kind")
    if kind is None:
        report.set(BOOTSTRAP, True, "DataSecretProvided")
        return
    created = bool(get_in(draft, "status", "initialization", "bootstrapDataSecretCreated"))
    if seen.config is None:
        gone = is_deleting(draft) and created
        reason, text = ("ObjectDeleted", "has been deleted") if gone else ("ObjectDoesNotExist", "does not exist")
        report.set(BOOTSTRAP, False, reason, f"{kind} {text}")
        return
    field = f"{kind} status.initialization.dataSecretCreated is false"
    _mirror(report, BOOTSTRAP, seen.config, created, field)
    if get_in(draft, "spec", "bootstrap", "dataSecretName") is not None:
        report.set_old(OLD_BOOTSTRAP, True)
    else:
        _mirror_old(report, OLD_BOOTSTRAP, seen.config, created, _fallback(draft, "WaitingForDataSecret"))


def _infrastructure(seen: Seen, draft: Json, report: Reporter) -> None:
    kind = get_in(draft, "spec", "infrastructureRef", "kind", default="")
    provisioned = bool(get_in(draft, "status", "initialization", "infrastructureProvisioned"))
    if seen.infra is not None:
        field = f"{kind} status.initialization.provisioned is false"
        _mirror(report, INFRASTRUCTURE, seen.infra, provisioned, field)
        fallback = _fallback(draft, "WaitingForInfrastructure")
        _mirror_old(report, OLD_INFRASTRUCTURE, seen.infra, provisioned, fallback)
        return
    if not provisioned:
        report.set(INFRASTRUCTURE, False, "ObjectDoesNotExist", f"{kind} does not exist")
        return
    text = f"{kind} has been deleted"
    report.set(
        INFRASTRUCTURE, False, "ObjectDeleted", text if is_deleting(draft) else f"{text} while the Machine still exists"
    )


def _fallback(draft: Json, reason: str) -> str:
    return "Deleting" if is_deleting(draft) else reason


def _mirror(report: Reporter, type_: str, obj: Json, done: bool, text: str) -> None:
    """Take over the Ready condition of the bootstrap or infrastructure object."""
    ready = find(get_in(obj, "status", "conditions"), "Ready")
    if ready is None:
        report.set(type_, done, "Ready" if done else "NotReady", "" if done else text)
        return
    reason = ready.get("reason") or {"True": "Ready"}.get(ready["status"], "NoReasonReported")
    report.set(type_, ready["status"], reason, ready.get("message", ""))


def _mirror_old(report: Reporter, type_: str, obj: Json, done: bool, fallback: str) -> None:
    ready = find(get_in(obj, "status", "conditions"), "Ready")
    if ready is None and done:
        report.set_old(type_, True)
    else:
        report.mirror_old(type_, ready, (fallback, ""))


# The node


def _node(seen: Seen, draft: Json, report: Reporter) -> Result:
    waiting = _waiting(seen, report)
    if waiting is not None:
        reason, text, result = waiting
        if text:
            _both(report, "Unknown", reason, text)
        return result
    if seen.node is not None:
        _report_node(seen.node, report)
        return Result.done()
    name = get_in(draft, "status", "nodeRef", "name")
    if is_deleting(draft):
        if name:
            _both(report, "False", "NodeDeleted", f"Node {name} has been deleted")
        else:
            _both(report, "Unknown", "NodeDoesNotExist", "Node does not exist")
    elif name:
        _both(report, "False", "NodeDeleted", f"Node {name} has been deleted while the Machine still exists")
    elif get_in(draft, "spec", "providerID"):
        text = f"Waiting for a Node with spec.providerID {draft['spec']['providerID']} to exist"
        _both(report, "Unknown", "InspectionFailed", text)
    else:
        kind = get_in(draft, "spec", "infrastructureRef", "kind", default="")
        _both(report, "Unknown", "InspectionFailed", f"Waiting for {kind} to report spec.providerID")
    return Result.done()


def _waiting(seen: Seen, report: Reporter) -> tuple[str, str, Result] | None:
    """Why the node cannot be looked at: reason, message (empty keeps what is said), and when to look again."""
    status = get_in(seen.cluster, "status", default={})
    if not get_in(status, "initialization", "infrastructureProvisioned"):
        text = "Waiting for Cluster status.initialization.infrastructureProvisioned to be true"
        return "InspectionFailed", text, Result.done()
    initialized = find(status.get("conditions"), "ControlPlaneInitialized")
    if initialized is None or initialized["status"] != "True":
        return "InspectionFailed", "Waiting for Cluster control plane to be initialized", Result.done()
    if seen.connection.is_up:
        return None
    last = seen.connection.last_up
    known = report.get(NODE_READY) is not None and report.get(NODE_HEALTHY) is not None
    if last is None:
        return "ConnectionDown", "" if known else "Remote connection not established yet", Result.done()
    left = max(last, parse_timestamp(initialized["lastTransitionTime"])) + CONNECTION_GRACE - report.now
    text = f"Last successful probe at {timestamp(last)}"
    if left <= timedelta(0):
        return "ConnectionDown", text, Result.done()
    return "ConnectionDown", "" if known else text, Result.again(left)


def _both(report: Reporter, status: str, reason: str, text: str) -> None:
    for type_ in (NODE_READY, NODE_HEALTHY):
        report.set(type_, status, reason, text)


def _report_node(node: Json, report: Reporter) -> None:
    told = get_in(node, "status", "conditions", default=())
    ready = find(told, "Ready")
    if ready is None:
        report.set(NODE_READY, "Unknown", "NodeReadyUnknown", "* Node.Ready: Condition not yet reported")
    else:
        reason = {"True": "NodeReady", "False": "NodeNotReady"}.get(ready["status"], "NodeReadyUnknown")
        text = f"* Node.Ready: {ready['message']}" if ready["status"] != "True" and ready.get("message") else ""
        report.set(NODE_READY, ready["status"], reason, text)
    lines, texts, bad, unknown = [], [], 0, 0
    for type_ in NODE_TYPES:
        condition = find(told, type_)
        if condition is None:
            lines.append(f"* Node.{type_}: Condition not yet reported")
            unknown += 1
        elif condition["status"] != _good(type_):
            texts.append(condition.get("message") or f"Condition is {condition['status']}")
            lines.append(f"* Node.{type_}: {texts[-1]}")
            unknown += condition["status"] == "Unknown"
            bad += condition["status"] != "Unknown"
    if len(texts) > 1 and len(set(texts)) == 1:
        lines = [f"* Node.AllConditions: {texts[0]}"]
    if bad:
        report.set(NODE_HEALTHY, False, "NodeNotHealthy", "\n".join(lines))
    elif unknown:
        report.set(NODE_HEALTHY, "Unknown", "NodeHealthUnknown", "\n".join(lines))
    else:
        report.set(NODE_HEALTHY, True, "NodeHealthy")


def _good(type_: str) -> str:
    return "True" if type_ == "Ready" else "False"


def _old_node(seen: Seen, draft: Json, report: Reporter) -> None:
    """NodeHealthy in its deprecated form. Source: machine_controller_noderef.go, reconcileNode."""
    if not get_in(draft, "spec", "providerID"):
        report.set_old(NODE_HEALTHY, False, "WaitingForNodeRef", "", "Info")
    elif not seen.connection.is_up:
        return
    elif seen.node is None:
        if is_deleting(draft):
            return
        if get_in(draft, "status", "nodeRef", "name"):
            report.set_old(NODE_HEALTHY, False, "NodeNotFound", "", "Error")
        else:
            text = "Waiting for a node with matching ProviderID to exist"
            report.set_old(NODE_HEALTHY, False, "NodeProvisioning", text, "Warning")
    elif seen.infra is None or is_deleting(seen.infra):
        report.set_old(NODE_HEALTHY, False, "Deleting", "", "Info")
    else:
        _old_health(seen.node, report)


def _old_health(node: Json, report: Reporter) -> None:
    wrong = [
        condition
        for condition in get_in(node, "status", "conditions", default=())
        if condition["type"] in NODE_TYPES and condition["status"] != _good(condition["type"])
    ]
    text = ". ".join(f"Node condition {condition['type']} is {condition['status']}" for condition in wrong)
    unknown = sum(condition["status"] == "Unknown" for condition in wrong)
    if len(wrong) > unknown:
        report.set_old(NODE_HEALTHY, False, "NodeConditionsFailed", text, "Warning")
    elif unknown < len(NODE_TYPES):
        report.set_old(NODE_HEALTHY, True)
    else:
        report.set_old(NODE_HEALTHY, "Unknown", "NodeConditionsFailed", text)


# Sums


def _up_to_date(seen: Seen, draft: Json, report: Reporter) -> None:
    """Whether the Machine is what its MachineDeployment asks for now."""
    if seen.machine_set is None or seen.deployment is None:
        return
    differences = template_differences(seen.machine_set, seen.deployment, report.now)
    if differences:
        report.set("UpToDate", False, "NotUpToDate", "\n".join(f"* {text}" for text in differences))
        return
    have = get_in(draft, "status", "nodeInfo", "kubeletVersion")
    want = get_in(draft, "spec", "version", default="")
    if have and have != want:
        report.set("UpToDate", False, "Updating", f"* Node.status.nodeInfo.kubeletVersion {have}, {want} required")
        return
    report.set("UpToDate", True, "UpToDate")


def _ready(draft: Json, report: Reporter) -> None:
    gates = get_in(draft, "spec", "readinessGates", default=())
    types = ["Deleting", "Updating", BOOTSTRAP, INFRASTRUCTURE, NODE_HEALTHY, HEALTH_CHECK]
    types += [gate["conditionType"] for gate in gates]
    negative = {"Deleting", "Updating"} | {g["conditionType"] for g in gates if g.get("polarity") == "Negative"}
    conditions: list[Any] = report.conditions
    if is_deleting(draft):
        text = _deletion_text(draft, report)
        conditions = [{**c, "message": text} if c["type"] == "Deleting" else c for c in conditions]

    def priority(condition: Mapping[str, Any]) -> int:
        gone = is_deleting(draft) and condition.get("reason") in (*PART_GONE, "NodeDeleted", "NodeDoesNotExist")
        if gone and condition["type"] in (BOOTSTRAP, INFRASTRUCTURE, NODE_HEALTHY):
            return INFO  # what has gone on the way is no problem of a Machine that goes
        return priority_of(condition, negative)

    merged = summary(conditions, types, optional=(HEALTH_CHECK,), negative=negative, priority=priority)
    merged = Merged(merged.status, merged.priority, _grouped_components(merged.message))
    report.set("Ready", merged.status, READY_WORDS.reason(merged), merged.message)


def _deletion_text(draft: Json, report: Reporter) -> str:
    condition = report.get("Deleting")
    if condition is None:
        return "Machine deletion in progress"
    stage = f"stage: {condition['reason']}"
    if report.now - parse_timestamp(meta(draft)["deletionTimestamp"]) <= LONG_DELETION:
        return f"Machine deletion in progress, {stage}"
    text = f"Machine deletion in progress since more than 15m, {stage}"
    causes = delay_causes(draft, report.now)
    return f"{text}, delay likely due to {', '.join(causes)}" if causes else text


_COMPONENTS = ("* APIServer", "* ControllerManager", "* Scheduler", "* EtcdPodHealthy:")


def _grouped_components(message: str) -> str:
    """Control-plane components that all say the same are named once, as upstream does."""
    entries: list[str] = []
    for line in message.split("\n"):
        if line.startswith("* ") or not entries:
            entries.append(line)
        else:
            entries[-1] += f"\n{line}"
    told = [entry.partition(":")[2] for entry in entries if entry.startswith(_COMPONENTS)]
    if len(told) < 2 or len(set(told)) != 1:
        return message
    out: list[str] = []
    for entry in entries:
        if not entry.startswith(_COMPONENTS):
            out.append(entry)
        elif not any(line.startswith("* Control plane components:") for line in out):
            out.append(f"* Control plane components:{told[0]}")
    return "\n".join(out)


def _available(draft: Json, report: Reporter) -> Result:
    ready = report.get("Ready") or {}
    if not is_true(report.conditions, "Ready"):
        report.set("Available", False, "NotReady")
        return Result.done()
    wait = timedelta(seconds=get_in(draft, "spec", "minReadySeconds", default=0))
    left = _since(ready) + wait - report.now
    if left <= timedelta(0):
        report.set("Available", True, "Available")
        return Result.done()
    report.set("Available", False, "WaitingForMinReadySeconds")
    return Result.again(left)


def _since(condition: Json) -> datetime:
    return parse_timestamp(condition["lastTransitionTime"])
