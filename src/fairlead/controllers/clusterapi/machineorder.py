"""Which machine of a MachineSet goes first, and which is replaced first. Pure.

Source: cluster-api v1.14, core/reconcilers/machineset/machineset_deletion_order.go and sortMachinesToRemediate.
"""

import math
from collections.abc import Iterable
from datetime import datetime

from fairlead.base.objects import Json, annotations, get_in, is_deleting, meta
from fairlead.controllers.clusterapi.staleness import is_unhealthy
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import is_false

DELETE_ANNOTATION = "cluster.x-k8s.io/delete-machine"
REMEDIATE_ANNOTATION = "cluster.x-k8s.io/remediate-machine"
GOING, MARKED, ILL, ANY = 100.0, 80.0, 50.0, 20.0
TEN_DAYS_SECONDS = 864_000


def deletion_order(machines: Iterable[Json], order: str, now: datetime) -> list[Json]:
    """The machines in the order in which they go: those that go already, marked, ill, then by *order* and name."""

    def rank(machine: Json) -> tuple[float, str]:
        return -_priority(machine, order, now), str(meta(machine)["name"])

    return sorted(machines, key=rank)


def _priority(machine: Json, order: str, now: datetime) -> float:
    if is_deleting(machine):
        return GOING
    if DELETE_ANNOTATION in annotations(machine):
        return MARKED
    if not _is_healthy(machine):
        return ILL
    if order not in ("Newest", "Oldest"):
        return ANY
    age = (now - parse_timestamp(meta(machine)["creationTimestamp"])).total_seconds()
    oldest_first = ILL * (1 - math.exp(-age / TEN_DAYS_SECONDS)) if age >= 0 else 0.0
    return oldest_first if order == "Oldest" else ILL - oldest_first


def _is_healthy(machine: Json) -> bool:
    if not get_in(machine, "status", "nodeRef", "name") or is_unhealthy(machine):
        return False
    return not is_false(get_in(machine, "status", "conditions"), "NodeHealthy")


def remediation_order(machines: Iterable[Json]) -> list[Json]:
    """Those that a person marked first, then the youngest: they may carry no work yet."""
    named = sorted(machines, key=lambda machine: str(meta(machine)["name"]))
    young = sorted(named, key=lambda machine: parse_timestamp(meta(machine)["creationTimestamp"]), reverse=True)
    return sorted(young, key=lambda machine: REMEDIATE_ANNOTATION not in annotations(machine))
