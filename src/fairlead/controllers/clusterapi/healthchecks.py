"""Whether a machine is ill, and whether so many may be replaced. Pure.

Source: cluster-api v1.14, core/reconcilers/machinehealthcheck (machinehealthcheck_targets.go: needsRemediation;
machinehealthcheck_controller.go: isAllowedRemediation and the texts).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.api.durations import duration
from fairlead.base.objects import Json, annotations, get_in, meta
from fairlead.controllers.clusterapi.amounts import amount
from fairlead.controllers.contract import PAUSED_ANNOTATION, is_control_plane
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import find, is_true

REMEDIATE_ANNOTATION = "cluster.x-k8s.io/remediate-machine"
SKIP_ANNOTATION = "cluster.x-k8s.io/skip-remediation"
DEFAULT_STARTUP_SECONDS = 600
MOST_UNHEALTHY = "100%"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Target:
    """A Machine with its node. `node_missing` says that a node was seen once and is there no more."""

    machine: Json
    node: Json | None = None
    node_missing: bool = False


@dataclass(frozen=True, slots=True)
class Illness:
    """Why a machine is to be replaced: reason and message of the condition, present and deprecated."""

    reason: str
    message: str
    old_reason: str
    old_message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at one machine gave: an illness, or when to look again, or that it is well."""

    target: Target
    illness: Illness | None = None
    again: timedelta | None = None
    is_healthy: bool = False


def is_looked_after(machine: Json) -> bool:
    """Whether the machine is a target at all."""
    return not {PAUSED_ANNOTATION, SKIP_ANNOTATION} & annotations(machine).keys()


def examine(target: Target, check: Json, cluster: Json, now: datetime) -> Finding:
    """Look at one machine."""
    machine = target.machine
    if REMEDIATE_ANNOTATION in annotations(machine):
        text = "marked for remediation via cluster.x-k8s.io/remediate-machine annotation"
        old = "Marked for remediation via remediate-machine annotation"
        told = Illness("HasRemediateAnnotation", f"Health check failed: {text}", "HasRemediateMachineAnnotation", old)
        return Finding(target, told)
    status = get_in(cluster, "status", "conditions")
    started = is_true(status, "ControlPlaneInitialized") or is_control_plane(machine)
    if not started or not is_true(status, "InfrastructureReady"):
        return _well(target)
    checks = get_in(check, "spec", "checks", default={})
    have = get_in(machine, "status", "conditions")
    bad, soon = _overdue(checks.get("unhealthyMachineConditions"), have, "Machine", now)
    node = _node(target, checks, cluster, now)
    if not bad and not node.lines:
        waits = [wait for wait in (soon, node.again) if wait is not None]
        return Finding(target, again=min(waits)) if waits else _well(target)
    lines = [*bad, *node.lines]
    reason, old_reason = ("UnhealthyMachine", "UnhealthyMachine") if bad else (node.reason, node.old_reason)
    listed = "\n".join(f"  * {line}" for line in lines)
    old = "" if old_reason == "NodeNotFound" else "; ".join(lines)
    return Finding(target, Illness(reason, f"Health check failed:\n{listed}", old_reason, old))


def _well(target: Target) -> Finding:
    going = bool(meta(target.machine).get("deletionTimestamp"))
    return Finding(target, is_healthy=not going and target.node is not None)


@dataclass(frozen=True, slots=True)
class _Node:
    reason: str = ""
    old_reason: str = ""
    lines: Sequence[str] = ()
    again: timedelta | None = None


def _node(target: Target, checks: Json, cluster: Json, now: datetime) -> _Node:
    if target.node_missing:
        name = get_in(target.machine, "status", "nodeRef", "name")
        return _Node("NodeDeleted", "NodeNotFound", [f"Node {name} has been deleted"])
    if target.node is None:
        return _startup(target.machine, checks, cluster, now)
    told = get_in(target.node, "status", "conditions")
    lines, soon = _overdue(checks.get("unhealthyNodeConditions"), told, "Node", now)
    return _Node("UnhealthyNode", "UnhealthyNode", lines, soon)


def _startup(machine: Json, checks: Json, cluster: Json, now: datetime) -> _Node:
    """The time that a machine has until its node is there, counted from when it could begin."""
    seconds = checks.get("nodeStartupTimeoutSeconds")
    limit = timedelta(seconds=DEFAULT_STARTUP_SECONDS if seconds is None else seconds)
    if not limit:
        return _Node()
    since = parse_timestamp(meta(machine)["creationTimestamp"])
    for obj, type_ in (
        (cluster, "ControlPlaneInitialized"),
        (cluster, "InfrastructureReady"),
        (machine, "InfrastructureReady"),
    ):
        condition = find(get_in(obj, "status", "conditions"), type_)
        if condition is not None and condition["status"] == "True":
            since = max(since, parse_timestamp(condition["lastTransitionTime"]))
    if since + limit < now:
        text = f"Node failed to report startup in {duration(int(limit.total_seconds()))}"
        return _Node("NodeStartupTimeout", "NodeStartupTimeout", [text])
    return _Node(again=since + limit - now + SECOND)


def _overdue(
    asked: Iterable[Json] | None, told: Sequence[Json] | None, kind: str, now: datetime
) -> tuple[list[str], timedelta | None]:
    """The conditions that have been bad for too long, in words, and when the next one would be."""
    lines, waits = [], []
    for entry in asked or ():
        condition = find(told, entry["type"])
        if condition is None or condition["status"] != entry["status"]:
            continue
        limit = timedelta(seconds=entry.get("timeoutSeconds") or 0)
        since = parse_timestamp(condition["lastTransitionTime"])
        if since + limit < now:
            what = f"Condition {entry['type']} on {kind} is reporting status {entry['status']}"
            reason = condition.get("reason", "")
            lines.append(f"{what} with reason {reason} for more than {duration(int(limit.total_seconds()))}")
        else:
            waits.append(since + limit - now + SECOND)
    return lines, min(waits) if waits and not lines else None


# How many


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether ill machines may be replaced, how many more of them, and why not."""

    is_allowed: bool
    count: int
    message: str = ""


def allowance(check: Json, total: int, healthy: int, unhealthy: int) -> Allowance:
    """Judge by `unhealthyInRange`, else by `unhealthyLessThanOrEqualTo`; those not known to be well count as ill."""
    trigger = get_in(check, "spec", "remediation", "triggerIf", default={})
    ill = max(total - healthy, 0)
    span = trigger.get("unhealthyInRange")
    if span:
        low, high = (int(part) for part in span.strip("[]").split("-"))
        if low <= ill <= high:
            return Allowance(True, high - ill)
        limit, verb = f"unhealthyRange: {span}", "does not fall within the range"
    else:
        most = trigger.get("unhealthyLessThanOrEqualTo", MOST_UNHEALTHY)
        left = amount(most, total, total, round_up=False) - ill
        if left >= 0:
            return Allowance(True, left)
        limit, verb = f"maxUnhealthy: {most}", "exceeds maxUnhealthy"
    text = f"Remediation is not allowed, the number of not started or unhealthy machines {verb}"
    return Allowance(False, 0, f"{text} (total: {total}, unhealthy: {unhealthy}, {limit})")
