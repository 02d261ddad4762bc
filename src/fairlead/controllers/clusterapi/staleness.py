"""Machines that take long to go or are ill, in the words that their owners use for them. Pure.

Source: cluster-api v1.14, core/reconcilers/machineset/machineset_controller_status.go (aggregateStaleMachines,
aggregateUnhealthyMachines); the same texts are used for MachineDeployments and Clusters.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from fairlead.base.objects import Json, get_in, is_deleting, meta
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import find, is_false

LONG_DELETION = timedelta(minutes=15)
LONG_DRAIN = timedelta(minutes=5)
SHOWN = 3
_CAUSES = (
    ("cannot evict pod as it would violate the pod's disruption budget.", "PodDisruptionBudgets"),
    ("deletionTimestamp set, but still not removed from the Node", "Pods not terminating"),
    ("failed to evict Pod", "Pod eviction errors"),
    ("waiting for completion", "Pods not completed yet"),
)


def listed(names: Sequence[str], shown: int = SHOWN) -> str:
    """`a, b, c, ... (2 more)`."""
    rest = len(names) - shown
    return ", ".join([*names[:shown], f"... ({rest} more)"] if rest > 0 else names)


def named(kind: str, names: Iterable[str]) -> str:
    """`Machine a is` or `Machines a, b are`."""
    ordered = sorted(names)
    return f"{kind}{'s' if len(ordered) > 1 else ''} {listed(ordered)} {'are' if len(ordered) > 1 else 'is'}"


def delay_causes(machine: Json, now: datetime) -> list[str]:
    """What keeps a drain from ending, when it has taken long."""
    deleting = find(get_in(machine, "status", "conditions"), "Deleting")
    began = get_in(machine, "status", "deletion", "nodeDrainStartTime")
    if deleting is None or deleting.get("reason") != "DrainingNode" or not began:
        return []
    if now - parse_timestamp(began) <= LONG_DRAIN:
        return []
    return [cause for text, cause in _CAUSES if text in deleting.get("message", "")]


def is_stale(machine: Json, now: datetime) -> bool:
    """Whether the Machine has been going for long."""
    return is_deleting(machine) and now - parse_timestamp(meta(machine)["deletionTimestamp"]) > LONG_DELETION


def stale_text(machines: Iterable[Json], now: datetime) -> str:
    """A sentence on the Machines that have been going for long; empty when there are none."""
    stale = [machine for machine in machines if is_stale(machine, now)]
    if not stale:
        return ""
    text = f"{named('Machine', (meta(machine)['name'] for machine in stale))} in deletion since more than 15m"
    found = {cause for machine in stale for cause in delay_causes(machine, now)}
    causes = [cause for _, cause in _CAUSES if cause in found]
    return f"{text}, delay likely due to {', '.join(causes)}" if causes else text


def unhealthy_text(machines: Iterable[Json], owner: str) -> str:
    """A sentence on the ill Machines that *owner* (or nobody) is not asked to replace; empty when there are none."""
    ill = [meta(machine)["name"] for machine in machines if is_unhealthy(machine)]
    by = f" by {owner}" if owner else ""
    return f"{named('Machine', ill)} not healthy (not to be remediated{by})" if ill else ""


def is_unhealthy(machine: Json) -> bool:
    """Whether a health check gave the Machine up."""
    return is_false(get_in(machine, "status", "conditions"), "HealthCheckSucceeded")


def is_to_be_remediated(machine: Json) -> bool:
    """Whether its owner is asked to replace the Machine."""
    return is_unhealthy(machine) and is_false(get_in(machine, "status", "conditions"), "OwnerRemediated")
