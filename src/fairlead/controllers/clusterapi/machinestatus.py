"""What a Machine says of itself: conditions old and new, phase, and why it is not ready. Pure.

Source: cluster-api v1.14, core/reconcilers/machine/machine_controller_status.go (types, reasons, messages, order).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairlead.base.objects import Json, get_in, is_deleting
from fairlead.controllers.clusterapi.clustercache import Connection
from fairlead.controllers.conditions import READY_WORDS, Reporter
from fairlead.controllers.merging import summary
from fairlead.runtime.clock import parse_timestamp, timestamp
from fairlead.runtime.conditions import find, is_true

BOOTSTRAP, INFRASTRUCTURE = "BootstrapConfigReady", "InfrastructureReady"
NODE_HEALTHY, NODE_READY = "NodeHealthy", "NodeReady"
NODE_TYPES = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
KCP_COMPONENTS = ("APIServerPodHealthy", "ControllerManagerPodHealthy", "SchedulerPodHealthy", "EtcdPodHealthy")


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one pass may judge."""

    machine: Json
    cluster: Json
    config: Json | None
    infra: Json | None
    connection: Connection
    node: Json | None


def report_status(seen: Seen, draft: Json, report: Reporter) -> None:
    """Write all of a Machine's conditions, its phase and what it observed into *draft*."""
    status = draft.setdefault("status", {})
    status["observedGeneration"] = seen.machine["metadata"].get("generation", 1)
    phase = phase_of(draft)
    if status.get("phase") != phase:
        status["phase"], status["lastUpdated"] = phase, timestamp(report.now)
    _part(seen, report, BOOTSTRAP, seen.config)
    _part(seen, report, INFRASTRUCTURE, seen.infra)
    if seen.node is not None:
        _node(seen.node, report)
    else:
        _no_node(seen, draft, report)
    if not is_deleting(draft):
        report.set("Deleting", False, "NotDeleting")
    report.set("Updating", False, "NotUpdating")
    _ready(draft, report)
    _available(draft, report, report.now)
    report.summarize_old(("BootstrapReady", "InfrastructureReady", "DrainingSucceeded", "HealthCheckSucceeded"))
    report.sort()


def phase_of(machine: Json) -> str:
    """The one-word summary."""
    if is_deleting(machine):
        return "Deleting"
    started = get_in(machine, "status", "initialization", default={})
    if started.get("infrastructureProvisioned"):
        return "Running" if get_in(machine, "status", "nodeRef", "name") else "Provisioned"
    return "Provisioning" if started.get("bootstrapDataSecretCreated") else "Pending"


def _part(seen: Seen, report: Reporter, type_: str, obj: Json | None) -> None:
    """Mirror the Ready condition of the bootstrap or infrastructure object."""
    bootstrap = type_ == BOOTSTRAP
    path = ("spec", "bootstrap", "configRef") if bootstrap else ("spec", "infrastructureRef")
    kind = get_in(seen.machine, *path, "kind")
    old = "BootstrapReady" if bootstrap else "InfrastructureReady"
    if kind is None:
        report.set(type_, True, "DataSecretProvided")
        return
    if obj is None:
        if is_deleting(seen.machine):
            report.set(type_, False, "ObjectDeleted", f"{kind} has been deleted")
            report.set_old(old, False, "Deleted", "", "Info")
        else:
            report.set(type_, False, "ObjectDoesNotExist", f"{kind} does not exist")
        return
    field = "dataSecretCreated" if bootstrap else "provisioned"
    ready = find(get_in(obj, "status", "conditions"), "Ready")
    if ready is None:
        done = bool(get_in(obj, "status", "initialization", field))
        text = "" if done else f"{kind} status.initialization.{field} is false"
        report.set(type_, done, "Ready" if done else "NotReady", text)
        waiting = "WaitingForDataSecret" if bootstrap else "WaitingForInfrastructure"
        report.set_old(old, done, waiting, "", "Info")
        return
    reason = {"True": "Ready", "False": "NotReady"}.get(ready["status"], "ReadyUnknown")
    report.set(type_, ready["status"], reason, ready.get("message", ""))
    if bootstrap:
        mirrored = find(get_in(obj, "status", "deprecated", "v1beta1", "conditions"), "Ready")
        if mirrored is not None:
            more = (mirrored.get("reason", ""), mirrored.get("message", ""), mirrored.get("severity", ""))
            report.set_old(old, mirrored["status"], *more)
    else:
        report.set_old(old, ready["status"], reason, ready.get("message", ""))


def _node(node: Json, report: Reporter) -> None:
    told = get_in(node, "status", "conditions", default=())
    ready = find(told, "Ready")
    if ready is None:
        report.set(NODE_READY, "Unknown", "NodeReadyUnknown", "* Node.Ready: Condition not yet reported")
    else:
        reason = {"True": "NodeReady", "False": "NodeNotReady"}.get(ready["status"], "NodeReadyUnknown")
        text = "" if ready["status"] == "True" else f"* Node.Ready: {ready.get('message', '')}"
        report.set(NODE_READY, ready["status"], reason, text)
    issues, unknowns = [], []
    for type_ in NODE_TYPES:
        condition = find(told, type_)
        if condition is None:
            if type_ == "Ready":
                unknowns.append("* Node.Ready: Condition not yet reported")
        elif condition["status"] == "Unknown":
            unknowns.append(f"* Node.{type_}: {condition.get('message') or 'Condition is Unknown'}")
        elif (condition["status"] == "True") != (type_ == "Ready"):
            issues.append(f"* Node.{type_}: {condition.get('message') or 'Condition is ' + condition['status']}")
    if issues:
        report.set(NODE_HEALTHY, False, "NodeNotHealthy", "\n".join([*issues, *unknowns]))
        report.set_old(NODE_HEALTHY, False, "NodeConditionsFailed", "\n".join(issues), "Warning")
    elif unknowns:
        texts = {text.partition(": ")[2] for text in unknowns}
        same = len(unknowns) == len(NODE_TYPES) and len(texts) == 1
        text = f"* Node.AllConditions: {texts.pop()}" if same else "\n".join(unknowns)
        report.set(NODE_HEALTHY, "Unknown", "NodeHealthUnknown", text)
        report.set_old(NODE_HEALTHY, "Unknown", "NodeConditionsFailed", text)
    else:
        report.set(NODE_HEALTHY, True, "NodeHealthy")
        report.set_old(NODE_HEALTHY, True)


def _no_node(seen: Seen, draft: Json, report: Reporter) -> None:
    named = get_in(draft, "status", "nodeRef", "name")
    cluster = get_in(seen.cluster, "status", default={})
    if named and seen.connection.is_up:
        deleting = is_deleting(seen.machine)
        text = f"Node {named} has been deleted" + ("" if deleting else " while the Machine still exists")
        for type_ in (NODE_HEALTHY, NODE_READY):
            report.set(type_, False, "NodeDeleted", text)
        report.set_old(
            NODE_HEALTHY, False, "Deleting" if deleting else "NodeNotFound", "", "Info" if deleting else "Error"
        )
        return
    if named and report.get(NODE_HEALTHY):
        return  # nothing new is known while the cluster is out of reach
    old = ("WaitingForNodeRef", "", "Info")
    if not get_in(cluster, "initialization", "infrastructureProvisioned"):
        text = "Waiting for Cluster status.initialization.infrastructureProvisioned to be true"
    elif not is_true(cluster.get("conditions"), "ControlPlaneInitialized"):
        text = "Waiting for Cluster control plane to be initialized"
    elif not get_in(draft, "spec", "providerID"):
        kind = get_in(seen.machine, "spec", "infrastructureRef", "kind", default="")
        text = f"Waiting for {kind} to report spec.providerID"
    else:
        text = f"Waiting for a Node with spec.providerID {draft['spec']['providerID']} to exist"
        old = ("NodeProvisioning", "Waiting for a node with matching ProviderID to exist", "Warning")
    for type_ in (NODE_HEALTHY, NODE_READY):
        report.set(type_, "Unknown", "InspectionFailed", text)
    report.set_old(NODE_HEALTHY, False, *old)


def _ready(draft: Json, report: Reporter) -> None:
    gates = [gate["conditionType"] for gate in get_in(draft, "spec", "readinessGates", default=())]
    optional = ("HealthCheckSucceeded", "OwnerRemediated")
    types = ["Deleting", BOOTSTRAP, INFRASTRUCTURE, NODE_HEALTHY, *optional, *gates]
    conditions: list[Any] = report.conditions
    if is_deleting(draft):
        stage = (report.get("Deleting") or {}).get("reason", "")
        text = f"Machine deletion in progress, stage: {stage}"
        conditions = [{**c, "message": text} if c["type"] == "Deleting" else c for c in conditions]
    merged = summary(conditions, types, optional=optional, negative=("Deleting",))
    message = _grouped_components(merged.message)
    report.set("Ready", merged.status, READY_WORDS.reason(merged), message)


def _grouped_components(message: str) -> str:
    """Control-plane components that say the same are named once, as upstream does."""
    lines = message.split("\n")
    prefixes = tuple(f"* {type_}: " for type_ in KCP_COMPONENTS)
    told = {line.partition(": ")[2] for line in lines if line.startswith(prefixes)}
    count = sum(line.startswith(prefixes) for line in lines)
    if count < len(KCP_COMPONENTS) or len(told) != 1:
        return message
    text = told.pop()
    out: list[str] = []
    for line in lines:
        if not line.startswith(prefixes):
            out.append(line)
        elif f"* Control plane components: {text}" not in out:
            out.append(f"* Control plane components: {text}")
    return "\n".join(out)


def _available(draft: Json, report: Reporter, now: datetime) -> None:
    ready = report.get("Ready") or {}
    if ready.get("status") != "True":
        report.set("Available", False, "NotReady")
        return
    wait = get_in(draft, "spec", "minReadySeconds", default=0)
    if (now - parse_timestamp(ready["lastTransitionTime"])).total_seconds() >= wait:
        report.set("Available", True, "Available")
    else:
        report.set("Available", False, "WaitingForMinReadySeconds")


def report_up_to_date(machine_set: Json, deployment: Json, report: Reporter) -> None:
    """Say whether the Machine is what its MachineDeployment asks for now."""
    differences = template_differences(machine_set, deployment)
    if differences:
        report.set("UpToDate", False, "NotUpToDate", "\n".join(f"* {text}" for text in differences))
    else:
        report.set("UpToDate", True, "UpToDate")


def template_differences(machine_set: Json, deployment: Json) -> list[str]:
    """Why machines of *machine_set* are not what *deployment* asks for, in upstream's words; empty when they are."""
    have = get_in(machine_set, "spec", "template", "spec", default={})
    want = get_in(deployment, "spec", "template", "spec", default={})
    found = []
    if have.get("version") != want.get("version"):
        found.append(f"Version {have.get('version')}, {want.get('version')} required")
    if get_in(have, "bootstrap", "configRef") != get_in(want, "bootstrap", "configRef"):
        kind = get_in(want, "bootstrap", "configRef", "kind", default="").removesuffix("Template")
        found.append(f"{kind} is not up-to-date")
    if have.get("infrastructureRef") != want.get("infrastructureRef"):
        kind = get_in(want, "infrastructureRef", "kind", default="").removesuffix("Template")
        found.append(f"{kind} is not up-to-date")
    return found
