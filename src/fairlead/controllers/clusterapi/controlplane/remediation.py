"""Which ill control-plane machine is replaced, and whether it may be. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane/remediation.go.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from fairlead.base import gojson
from fairlead.base.objects import Json, annotations, get_in, is_deleting
from fairlead.controllers.clusterapi.controlplane.desired import REMEDIATION_FOR, REMEDIATION_IN_PROGRESS
from fairlead.controllers.clusterapi.controlplane.quorum import may_remove
from fairlead.controllers.clusterapi.controlplane.seen import NODE_LABELS, ControlPlane, all_true, node_name
from fairlead.controllers.clusterapi.staleness import is_to_be_remediated, is_unhealthy
from fairlead.runtime.clock import parse_timestamp, timestamp

REMEDIATE = "cluster.x-k8s.io/remediate-machine"
MIN_HEALTHY = timedelta(hours=1)
CANNOT, DEFERRED = "CannotBeRemediated", "RemediationDeferred"


@dataclass(frozen=True, slots=True)
class Record:
    """One replacement: the machine that was removed, when, and for the how-manieth time in a row."""

    machine: str
    time: datetime
    retries: int = 0

    @classmethod
    def parse(cls, text: str) -> "Record | None":
        """Read an annotation; None when it is none."""
        try:
            data = orjson.loads(text)
            return cls(data["machine"], parse_timestamp(data["timestamp"]), int(data["retryCount"]))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return None

    def text(self) -> str:
        """The annotation."""
        data = {"machine": self.machine, "timestamp": timestamp(self.time), "retryCount": self.retries}
        return gojson.dumps(data).decode()

    def status(self) -> Json:
        """As `status.lastRemediation`."""
        return {"machine": self.machine, "time": timestamp(self.time), "retryCount": self.retries}


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete `machine`; `record` tracks its replacement."""

    machine: Json
    record: Record


@dataclass(frozen=True, slots=True)
class Explain:
    """Say on `machine` why it is not replaced (yet); the control plane goes on with other work."""

    machine: Json
    reason: str
    message: str
    old_message: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No machine is to be replaced now."""


Step = Remove | Explain | Nothing


def recovered(machines: Iterable[Json]) -> list[Json]:
    """Machines that got well before they were replaced: the request to replace them is withdrawn."""
    return [
        machine
        for machine in machines
        if not is_deleting(machine)
        and all_true(machine, ("HealthCheckSucceeded",))
        and any(
            c["type"] == "OwnerRemediated" and c["status"] == "False"
            for c in get_in(machine, "status", "conditions", default=())
        )
    ]


def in_progress(plane: ControlPlane) -> Record | None:
    """The replacement that was begun and whose new machine is not there yet."""
    text = annotations(plane.kcp).get(REMEDIATION_IN_PROGRESS)
    record = Record.parse(text) if text else None
    if record is None:
        return None
    newer = any(parse_timestamp(m["metadata"]["creationTimestamp"]) > record.time for m in plane.machines)
    return None if newer else record


def last(plane: ControlPlane) -> Record | None:
    """The replacement in progress, or the latest that a machine remembers."""
    text = annotations(plane.kcp).get(REMEDIATION_IN_PROGRESS)
    if text:
        return Record.parse(text)
    noted = (annotations(m).get(REMEDIATION_FOR) for m in plane.machines)
    records = [record for each in noted if each and (record := Record.parse(each)) is not None]
    return max(records, key=lambda record: record.time, default=None)


def decide(plane: ControlPlane) -> Step:
    """Choose what to do about the machines that a health check gave up."""
    asked = [machine for machine in plane.machines if is_to_be_remediated(machine)]
    if not asked:
        return Nothing()
    machine = min(asked, key=lambda m: _urgency(plane, m))
    if is_deleting(machine) or in_progress(plane) is not None:
        return Nothing()
    record, refusal = _retries(plane, machine)
    if refusal is not None:
        return refusal
    if plane.initialized:
        refusal = _safety(plane, machine)
        if refusal is not None:
            return refusal
    return Remove(machine, record)


def _urgency(plane: ControlPlane, machine: Json) -> tuple[bool | str, ...]:
    """The most broken machine sorts first."""
    etcd = ("EtcdMemberHealthy", "EtcdPodHealthy") if plane.uses_local_etcd else ()
    pods = ("APIServerPodHealthy", "ControllerManagerPodHealthy", "SchedulerPodHealthy")
    types = (*etcd, *pods, NODE_LABELS)
    return (
        REMEDIATE not in annotations(machine),
        bool(node_name(machine)),
        *(all_true(machine, (type_,)) for type_ in types),
        str(machine["metadata"]["creationTimestamp"]),
        machine["metadata"]["name"],
    )


def _retries(plane: ControlPlane, machine: Json) -> tuple[Record, Explain | None]:
    """The record of replacing *machine*, and why the limits on retries forbid it, if they do."""
    text = annotations(machine).get(REMEDIATION_FOR)
    before = Record.parse(text) if text else None
    fresh = Record(machine["metadata"]["name"], plane.now)
    limits = get_in(plane.kcp, "spec", "remediation", default={})
    asked = limits.get("minHealthyPeriodSeconds")
    healthy = MIN_HEALTHY if asked is None else timedelta(seconds=asked)
    if before is None or before.time + healthy <= plane.now:
        return fresh, None
    period = timedelta(seconds=limits.get("retryPeriodSeconds", 0))
    why = "KubeadmControlPlane can't remediate this machine because the operation already failed"
    if before.time + period > plane.now:
        text = f"{why} in the latest {_go_duration(period)} (RetryPeriodSeconds)"
        return fresh, Explain(machine, DEFERRED, text)
    most = limits.get("maxRetry")
    if most is not None and before.retries >= int(most):
        return fresh, Explain(machine, CANNOT, f"{why} {most} times (MaxRetry)")
    return Record(fresh.machine, fresh.time, before.retries + 1), None


def _go_duration(period: timedelta) -> str:
    seconds = int(period.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _safety(plane: ControlPlane, machine: Json) -> Explain | None:
    """Why removing *machine* could take the cluster down; None when it cannot."""
    if len(plane.machines) <= 1:
        text = "KubeadmControlPlane can't remediate if current replicas are less or equal to 1"
        return Explain(machine, CANNOT, text)
    if any(not is_unhealthy(m) and not node_name(m) for m in plane.machines):
        text = "KubeadmControlPlane waiting for control plane {} provisioning to complete before triggering remediation"
        return Explain(machine, DEFERRED, text.format("Machine"), text.format("machine"))
    if plane.deleting():
        text = "KubeadmControlPlane waiting for control plane {} deletion to complete before triggering remediation"
        return Explain(machine, DEFERRED, text.format("Machine"), text.format("machine"))
    if plane.uses_local_etcd and not plane.members:
        return Explain(machine, DEFERRED, "Failed to check etcd cluster health before remediation")
    if not may_remove(plane, machine):
        text = (
            "KubeadmControlPlane can't remediate this Machine because this could result in loosing Kubernetes control "
            "plane components or in etcd quorum loss"
        )
        return Explain(machine, CANNOT, text)
    return None
