"""What a MachineSet says of itself, and whether it is gone to. Pure.

Source: cluster-api v1.14, core/reconcilers/machineset/machineset_controller_status.go, and reconcileV1Beta1Status of
machineset_controller.go for the deprecated part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fairlead.base.objects import Json, get_in, is_deleting, labels
from fairlead.controllers.clusterapi.replicas import (
    deleting_text,
    missing_text,
    report_machines,
    report_remediating,
    report_replicas,
    report_scaling,
)
from fairlead.controllers.conditions import Reporter
from fairlead.engines.selectors import label_selector
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import find

READY_TYPES = ("MachinesCreated", "Resized", "MachinesReady")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pass over a MachineSet came to."""

    machines: Sequence[Json]
    nodes: Mapping[str, Json]  # of the workload cluster, by name; empty while it is out of reach
    missing: Sequence[str] = ()  # kinds of templates that do not exist
    blocked: Sequence[str] = ()  # preflight checks that failed
    failure: tuple[str, str] | None = None  # reason and text of a machine that could not be made


def report_status(draft: Json, report: Reporter, outcome: Outcome) -> None:
    """Write all of a MachineSet's status into *draft*."""
    machines, wanted = outcome.machines, int(get_in(draft, "spec", "replicas", default=1))
    going = is_deleting(draft)
    report_replicas(draft, draft, machines, str(label_selector(get_in(draft, "spec", "selector"))))
    missing = missing_text(outcome.missing)
    blocked = [*outcome.blocked, *([missing] if missing else ())]
    if outcome.failure is not None and not missing:
        blocked.append(outcome.failure[1])
    would = f"Scaling up would be blocked because {missing}" if missing else ""
    report_scaling(report, wanted, len(machines), blocked, going, machines=machines, would_block=would)
    report_machines(report, machines)
    report_remediating(report, machines, "MachineSet")
    if going:
        text = deleting_text(machines, report.now) or "Deletion completed"
        report.set("Deleting", True, "Deleting", text)
    else:
        report.set("Deleting", False, "NotDeleting")
    _old(draft, report, outcome, 0 if going else wanted)
    report.sort()


def _old(draft: Json, report: Reporter, outcome: Outcome, wanted: int) -> None:
    """Counters and conditions of the deprecated form: they look at nodes, not at Machines."""
    machines, have = outcome.machines, len(outcome.machines)
    template, ready, available = labels(get_in(draft, "spec", "template", default={})), 0, 0
    wait = timedelta(seconds=get_in(draft, "spec", "template", "spec", "minReadySeconds", default=0))
    for machine in machines:
        condition = _node_ready(machine, outcome.nodes)
        if condition is not None:
            ready += 1
            since = parse_timestamp(condition["lastTransitionTime"]) if wait else report.now
            available += since + wait <= report.now
    old = draft["status"].setdefault("deprecated", {}).setdefault("v1beta1", {})
    old["fullyLabeledReplicas"] = sum(template.items() <= labels(machine).items() for machine in machines)
    old["readyReplicas"], old["availableReplicas"] = ready, available
    if have < wanted:
        _not_resized(report, "up", wanted, have)
    elif have > wanted:
        _not_resized(report, "down", wanted, have)
    elif ready == have:
        report.set_old("Resized", True)
    if outcome.failure is not None:
        report.set_old("MachinesCreated", False, *outcome.failure, "Error")
    elif outcome.blocked:
        report.set_old("MachinesCreated", False, "PreflightCheckFailed", "; ".join(outcome.blocked), "Error")
    elif have >= wanted:
        report.set_old("MachinesCreated", True)
    if machines:
        report.aggregate_old("MachinesReady", machines)
    else:
        report.set_old("MachinesReady", True)
    report.summarize_old(READY_TYPES)


def _not_resized(report: Reporter, way: str, wanted: int, have: int) -> None:
    text = f"Scaling {way} MachineSet to {wanted} replicas (actual {have})"
    report.set_old("Resized", False, f"Scaling{way.capitalize()}", text, "Warning")


def _node_ready(machine: Json, nodes: Mapping[str, Json]) -> Json | None:
    """The Ready condition of the Machine's node, when it is True."""
    node = nodes.get(get_in(machine, "status", "nodeRef", "name", default=""))
    condition = find(get_in(node or {}, "status", "conditions"), "Ready")
    return dict(condition) if condition is not None and condition["status"] == "True" else None
