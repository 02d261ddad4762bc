"""Is an object Ready, and what does it say when it is not? One judgement for `status`, `tree` and `cluster describe`.

Flux's kinds are judged by Ready, what Cluster API counts (clusters, control planes, deployments, sets) by Available and
the counts, machines and what stands behind them by Ready.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from fairlead.base.objects import Json, get_in, is_deleting, meta
from fairlead.cli.kinds import FLUX
from fairlead.cli.tables import one_line, short_hex
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import find


class State(StrEnum):
    """How an object is."""

    READY = "Ready"
    WAITING = "Waiting"
    FAILED = "Failed"


class Health(NamedTuple):
    """The judgement of one object; `message` is one line, `reason` and `since` the condition's.

    `follows`: what fails here is said to fail only because parts of it are not there yet.
    """

    state: State
    message: str = ""
    reason: str = ""
    since: str = ""
    follows: bool = False

    @property
    def is_ready(self) -> bool:
        return self.state is State.READY

    def seconds_at(self, now: datetime) -> float:
        """For how long it has been so; 0 where nothing tells."""
        return (now - parse_timestamp(self.since)).total_seconds() if self.since else 0.0


STRANGER = "answered by another cluster"  # what a Cluster says whose endpoint is taken
NO_NETWORK = "cni plugin not initialized"  # each node says it until its network plugin runs
READY = Health(State.READY)
_FLUX_KINDS = {resource.kind for resource in FLUX}
DELETION_REASONS = ("PruneFailed", "UninstallFailed")
_COUNTED = {"KubeadmControlPlane": "Available", "MachineDeployment": "Available", "MachineSet": "MachinesReady"}
_WAITING_REASONS = ("DependencyNotReady", "Progressing", "ProgressingWithRetry", "NotReported", "InternalError")
_NOT_YET = "not yet reported"
_OUT_OF_REACH = ("unable to read KubeConfig secret", "connection refused", "dial tcp ")  # a cluster that comes up


def health_of(obj: Json) -> Health:
    """Judge *obj*."""
    kind = obj.get("kind", "")
    if is_deleting(obj):
        return _deleting(obj)
    if kind in _FLUX_KINDS:
        return _flux(obj)
    if kind == "Cluster":
        status = obj.get("status") or {}
        return _counted(obj, "Available", [status.get("controlPlane"), status.get("workers")])
    if kind in _COUNTED:
        counts = {**(obj.get("status") or {}), "desiredReplicas": get_in(obj, "spec", "replicas", default=1)}
        return _counted(obj, _COUNTED[kind], [counts])
    if kind == "VirtualMachine":
        return _virtual_machine(obj)
    return _by_condition(obj, "Ready")


def _deleting(obj: Json) -> Health:
    """What a deletion waits for, or why it is refused."""
    since = meta(obj)["deletionTimestamp"]
    if obj.get("kind") in _FLUX_KINDS and _reason(obj, "Ready") in DELETION_REASONS:
        found = _by_condition(obj, "Ready")
        return Health(State.FAILED, f"cannot be deleted: {found.message}", found.reason, since)
    told = _message(obj, "Reconciling" if obj.get("kind") in _FLUX_KINDS else "Deleting")
    return Health(State.WAITING, one_line(told or "is being deleted"), "Deleting", since)


def is_suspended(obj: Json) -> bool:
    """Whether somebody stopped its controller."""
    return bool(get_in(obj, "spec", "suspend") or get_in(obj, "spec", "paused"))


def _flux(obj: Json) -> Health:
    if obj["kind"] == "HelmRepository" and get_in(obj, "spec", "type") == "oci":
        return READY
    found = _by_condition(obj, "Ready")
    if found.state is State.FAILED and _status(obj, "Reconciling") == "True" and found.reason in _WAITING_REASONS:
        return found._replace(state=State.WAITING)
    if found.state is State.FAILED and get_in(obj, "spec", "kubeConfig"):
        return found._replace(follows=any(word in found.message for word in _OUT_OF_REACH))
    observed = get_in(obj, "status", "observedGeneration")
    changed = isinstance(observed, int) and observed != meta(obj).get("generation", observed)
    if found.is_ready and changed and not is_suspended(obj):  # to suspend is a change of the spec that none observes
        return Health(State.WAITING, "waiting for the change of its spec to be reconciled", "Progressing")
    return found


def _counted(obj: Json, condition: str, counts: Iterable[Json | None]) -> Health:
    found = _by_condition(obj, condition)
    if not found.is_ready:
        return found
    if all(_is_complete(each or {}) for each in counts):
        return READY
    for type_ in ("RollingOut", "ScalingUp", "ScalingDown", "Remediating"):
        if _status(obj, type_) == "True":
            return Health(State.WAITING, one_line(_message(obj, type_)) or type_, type_)
    return Health(State.WAITING, "not all replicas are ready and up to date", "ReplicasNotReady")


def _is_complete(counts: Json) -> bool:
    desired = counts.get("desiredReplicas") or 0
    return all((counts.get(name) or 0) == desired for name in ("replicas", "readyReplicas", "upToDateReplicas"))


def _virtual_machine(obj: Json) -> Health:
    """VM Operator has no one condition for all: the first that is not met, then power and address."""
    for condition in get_in(obj, "status", "conditions") or ():
        if condition.get("status") == "False" and condition.get("message"):
            return _by_condition(obj, condition["type"])
    if get_in(obj, "status", "powerState") != "PoweredOn":
        return Health(State.WAITING, "waiting to be powered on", "PoweringOn")
    if not get_in(obj, "status", "network"):
        return Health(State.WAITING, "waiting for an address", "WaitingForNetworkAddress")
    return READY


def _by_condition(obj: Json, type_: str) -> Health:
    condition = find(get_in(obj, "status", "conditions"), type_)
    if condition is None:
        flux = obj["kind"] in _FLUX_KINDS
        return Health(State.WAITING, "waiting to be reconciled" if flux else f"{type_} is {_NOT_YET}", "NotReported")
    if condition.get("status") == "True":
        return READY
    reason, since = condition.get("reason", ""), condition.get("lastTransitionTime", "")
    message = short_hex(one_line(condition.get("message", ""))) or reason
    if STRANGER in message:  # the one part that matters: all others follow from it
        message = next(part for part in message.split("; ") if STRANGER in part)
    waits = condition.get("status") != "False" or reason in _WAITING_REASONS or _says_only(message, _WAITS)
    follows = not waits and _says_only(message, (*_WAITS, _TOO_FEW))
    return Health(State.WAITING if waits else State.FAILED, joined(message), reason, since, follows)


_WAITS = (
    "condition not yet reported",
    "control plane not yet initialized",
    "connection not established",
    "status.initialization.",  # "KubeadmConfig status.initialization.dataSecretCreated is false"
    NO_NETWORK,
)
_TOO_FEW = "available replicas, at least"


def _says_only(message: str, words: Iterable[str]) -> bool:
    """Whether a message of Cluster API says only that something else must come first, or one of *words*."""
    parts = [part.rpartition(": ")[2].strip().lower() for part in message.split(";")]
    return STRANGER not in message and all(
        part.startswith("waiting")
        or part == "poweringon"  # a reason, where a VM that starts has no message
        or any(word in part for word in words)
        for part in parts
    )


def joined(message: str) -> str:
    """*message* with what several conditions say alike said once: `A: x; B: x` is `A, B: x`."""
    told: dict[str, list[str]] = {}
    for part in message.split("; "):
        head, colon, text = part.partition(": ")
        if not colon:
            return message
        told.setdefault(text, []).append(head)
    return "; ".join(f"{', '.join(heads)}: {text}" for text, heads in told.items())


def _status(obj: Json, type_: str) -> str:
    return str((find(get_in(obj, "status", "conditions"), type_) or {}).get("status", ""))


def _reason(obj: Json, type_: str) -> str:
    return str((find(get_in(obj, "status", "conditions"), type_) or {}).get("reason", ""))


def _message(obj: Json, type_: str) -> str:
    return str((find(get_in(obj, "status", "conditions"), type_) or {}).get("message", ""))
