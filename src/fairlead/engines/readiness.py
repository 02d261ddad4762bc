"""Whether an object has become what it asks for.

Source: fluxcd/cli-utils v1.2 pkg/kstatus/status (generic.go, core.go, status.go) for the rules and texts;
fluxcd/pkg runtime/statusreaders/job.go for Jobs, which Flux and Helm wait for until they are complete, where plain
kstatus takes a started Job for current.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from fairlead.base.objects import GVK, get_in

Json = dict[str, Any]

_SCHEDULE_WINDOW: Final = timedelta(seconds=15)


class Readiness(NamedTuple):
    """`status` is Current, InProgress, Failed, Terminating, NotFound or Unknown; `message` says what is missing."""

    status: str
    message: str = ""

    @property
    def is_current(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.status == "Current"


CURRENT: Final = Readiness("Current", "Resource is current")
NOT_FOUND: Final = Readiness("NotFound", "Resource not found")


def readiness(obj: Mapping[str, Any] | None, *, now: datetime | None = None, wait_for_jobs: bool = True) -> Readiness:
    """Return how far *obj* is; None is an object that is not there.

    *now* is only needed to tell a Pod that could not be scheduled from one that is too young to judge; without it
    the Pod counts as in progress. *wait_for_jobs* False is plain kstatus: a Job that runs is current.
    """
    if obj is None:
        return NOT_FOUND
    if get_in(obj, "metadata", "deletionTimestamp", default=""):
        return Readiness("Terminating", "Resource scheduled for deletion")
    generic = _generic(obj)
    if generic is not None:
        return generic
    key = (GVK.of(obj).group, obj.get("kind", ""))
    if key == ("", "Pod"):
        return _pod(obj, now)
    if key == ("batch", "Job"):
        return _job(obj, wait_for_jobs)
    check = _CHECKS.get(key)
    if check is not None:
        return check(obj)
    return _ready_condition(obj) or CURRENT


status = readiness


def _conditions(obj: Mapping[str, Any]) -> list[Json]:
    found = get_in(obj, "status", "conditions", default=None)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _number(obj: Mapping[str, Any], *path: str, default: int = 0) -> int:
    value = get_in(obj, *path, default=default)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _text(obj: Mapping[str, Any], *path: str, default: str = "") -> str:
    value = get_in(obj, *path, default=default)
    return value if isinstance(value, str) else default


def _in_progress(message: str) -> Readiness:
    return Readiness("InProgress", message)


def _generic(obj: Mapping[str, Any]) -> Readiness | None:
    """The rules that hold for every kind; None when they say nothing."""
    generation = get_in(obj, "metadata", "generation", default=None)
    observed = get_in(obj, "status", "observedGeneration", default=None)
    if isinstance(generation, int) and isinstance(observed, int) and observed != generation:
        kind = obj.get("kind", "")
        return _in_progress(f"{kind} generation is {generation}, but latest observed generation is {observed}")
    for condition in _conditions(obj):
        if condition.get("status") != "True":
            continue
        if condition.get("type") == "Reconciling":
            return _in_progress(condition.get("message", ""))
        if condition.get("type") == "Stalled":
            return Readiness("Failed", condition.get("message", ""))
    return None


def _ready_condition(obj: Mapping[str, Any]) -> Readiness | None:
    for condition in _conditions(obj):
        if condition.get("type") == "Ready":
            if condition.get("status") == "True":
                return Readiness("Current", "Resource is Ready")
            if condition.get("status") in ("False", "Unknown"):
                return _in_progress(condition.get("message", ""))
    return None


def _stateful_set(obj: Mapping[str, Any]) -> Readiness:
    if _text(obj, "spec", "updateStrategy", "type") == "OnDelete":
        return Readiness("Current", "StatefulSet is using the ondelete update strategy")
    want = _number(obj, "spec", "replicas", default=1)
    have, ready = _number(obj, "status", "replicas"), _number(obj, "status", "readyReplicas")
    updated, current = _number(obj, "status", "updatedReplicas"), _number(obj, "status", "currentReplicas")
    partition = _number(obj, "spec", "updateStrategy", "rollingUpdate", "partition", default=-1)
    if want > have:
        return _in_progress(f"Replicas: {have}/{want}")
    if want > ready:
        return _in_progress(f"Ready: {ready}/{want}")
    if have > want:
        return _in_progress(f"Pending termination: {have - want}")
    if partition != -1:
        if updated < want - partition:
            return _in_progress(f"updated: {updated}/{want - partition}")
        return Readiness("Current", f"Partition rollout complete. updated: {updated}")
    if want > current:
        return _in_progress(f"current: {current}/{want}")
    if _text(obj, "status", "currentRevision") != _text(obj, "status", "updateRevision"):
        return _in_progress("Waiting for updated revision to match current")
    return Readiness("Current", f"All replicas scheduled as expected. Replicas: {have}")


def _deployment(obj: Mapping[str, Any]) -> Readiness:
    progressing = get_in(obj, "spec", "progressDeadlineSeconds", default=None) is None
    available = False
    for condition in _conditions(obj):
        holds = condition.get("status") == "True"
        if condition.get("type") == "Progressing":
            if condition.get("reason") == "ProgressDeadlineExceeded":
                return Readiness("Failed", "Progress deadline exceeded")
            progressing = progressing or (holds and condition.get("reason") == "NewReplicaSetAvailable")
        elif condition.get("type") == "Available":
            available = available or holds
    waiting = _deployment_replicas(obj)
    if waiting:
        return _in_progress(waiting)
    if not progressing:
        return _in_progress("ReplicaSet not Available")
    if not available:
        return _in_progress("Deployment not Available")
    return Readiness("Current", f"Deployment is available. Replicas: {_number(obj, 'status', 'replicas')}")


def _deployment_replicas(obj: Mapping[str, Any]) -> str:
    want = _number(obj, "spec", "replicas", default=1)
    have, updated = _number(obj, "status", "replicas"), _number(obj, "status", "updatedReplicas")
    ready, available = _number(obj, "status", "readyReplicas"), _number(obj, "status", "availableReplicas")
    if want > have:
        return f"Replicas: {have}/{want}"
    if want > updated:
        return f"Updated: {updated}/{want}"
    if have > want:
        return f"Pending termination: {have - want}"
    if updated > available:
        return f"Available: {available}/{updated}"
    return f"Ready: {ready}/{want}" if want > ready else ""


def _replica_set(obj: Mapping[str, Any]) -> Readiness:
    for condition in _conditions(obj):
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return _in_progress("Replica Failure condition. Check Pods")
    want, have = _number(obj, "spec", "replicas", default=1), _number(obj, "status", "replicas")
    for field, word in (
        ("fullyLabeledReplicas", "Labelled"),
        ("availableReplicas", "Available"),
        ("readyReplicas", "Ready"),
    ):
        count = _number(obj, "status", field)
        if want > count:
            return _in_progress(f"{word}: {count}/{want}")
    if have > want:
        return _in_progress(f"Pending termination: {have - want}")
    return Readiness("Current", f"ReplicaSet is available. Replicas: {have}")


def _daemon_set(obj: Mapping[str, Any]) -> Readiness:
    kind = obj.get("kind", "")
    if get_in(obj, "metadata", "generation", default=None) is None:
        return _in_progress(f"{kind} metadata.generation not found")
    if get_in(obj, "status", "observedGeneration", default=None) is None:
        return _in_progress(f"{kind} status.observedGeneration not found")
    want = _number(obj, "status", "desiredNumberScheduled", default=-1)
    if want == -1:
        return _in_progress("Missing .status.desiredNumberScheduled")
    for field, word in (
        ("currentNumberScheduled", "Current"),
        ("updatedNumberScheduled", "Updated"),
        ("numberAvailable", "Available"),
        ("numberReady", "Ready"),
    ):
        count = _number(obj, "status", field)
        if want > count:
            return _in_progress(f"{word}: {count}/{want}")
    return Readiness("Current", f"All replicas scheduled as expected. Replicas: {want}")


def _claim(obj: Mapping[str, Any]) -> Readiness:
    phase = _text(obj, "status", "phase", default="unknown")
    if phase != "Bound":
        return _in_progress(f"PVC is not Bound. phase: {phase}")
    return Readiness("Current", "PVC is Bound")


def _pod(obj: Mapping[str, Any], now: datetime | None) -> Readiness:
    phase = _text(obj, "status", "phase")
    if phase == "Succeeded":
        return Readiness("Current", "Pod has completed successfully")
    if phase == "Failed":
        return Readiness("Current", "Pod has completed, but not successfully")
    if phase == "Running":
        return _running_pod(obj)
    if phase == "Pending":
        return _pending_pod(obj, now)
    return Readiness("Unknown", f"unknown phase {phase}") if phase else _in_progress("Pod phase not available")


def _running_pod(obj: Mapping[str, Any]) -> Readiness:
    if any(item.get("type") == "Ready" and item.get("status") == "True" for item in _conditions(obj)):
        return Readiness("Current", "Pod is Ready")
    looping = [
        container.get("name", "")
        for container in get_in(obj, "status", "containerStatuses", default=None) or ()
        if get_in(container, "state", "waiting", "reason", default="") == "CrashLoopBackOff"
    ]
    if looping:
        return Readiness("Failed", f"Containers in CrashLoop state: {','.join(looping)}")
    return _in_progress("Pod is running but is not Ready")


def _pending_pod(obj: Mapping[str, Any], now: datetime | None) -> Readiness:
    for condition in _conditions(obj):
        unscheduled = condition.get("type") == "PodScheduled" and condition.get("status") == "False"
        if unscheduled and condition.get("reason") == "Unschedulable":
            created = _text(obj, "metadata", "creationTimestamp")
            if now is None or not created or now - datetime.fromisoformat(created) < _SCHEDULE_WINDOW:
                return _in_progress("Pod has not been scheduled")
            return Readiness("Failed", "Pod could not be scheduled")
    return _in_progress("Pod is in the Pending phase")


def _job(obj: Mapping[str, Any], wait: bool) -> Readiness:
    if wait and get_in(obj, "spec", "suspend", default=False) is True:
        return Readiness("Current", "Job is suspended")
    parallelism = _number(obj, "spec", "parallelism", default=1)
    completions = _number(obj, "spec", "completions", default=parallelism)
    succeeded, failed = _number(obj, "status", "succeeded"), _number(obj, "status", "failed")
    active = _number(obj, "status", "active")
    for condition in _conditions(obj):
        if condition.get("status") != "True":
            continue
        if condition.get("type") == "Complete":
            return Readiness("Current", f"Job Completed. succeeded: {succeeded}/{completions}")
        if condition.get("type") == "Failed":
            return Readiness("Failed", f"Job Failed. failed: {failed}/{completions}")
    if not _text(obj, "status", "startTime"):
        return _in_progress(f"Job not started. active: 0/{parallelism}" if wait else "Job not started")
    progress = f"Job in progress. success:{succeeded}, active: {active}, failed: {failed}"
    return Readiness("InProgress" if wait else "Current", progress)


def _service(obj: Mapping[str, Any]) -> Readiness:
    if _text(obj, "spec", "type") == "LoadBalancer" and not _text(obj, "spec", "clusterIP"):
        return _in_progress("ClusterIP not set. Service type: LoadBalancer")
    return Readiness("Current", "Service is ready")


def _definition(obj: Mapping[str, Any]) -> Readiness:
    for condition in _conditions(obj):
        kind, holds = condition.get("type"), condition.get("status")
        message = condition.get("message", "")
        if kind == "NamesAccepted" and holds == "False":
            return Readiness("Failed", message)
        if kind == "Established":
            if holds == "False" and condition.get("reason") != "Installing":
                return Readiness("Failed", message)
            if holds == "True":
                return Readiness("Current", "CRD is established")
    return _in_progress("Install in progress")


def _always(message: str) -> Callable[[Mapping[str, Any]], Readiness]:
    return lambda obj: Readiness("Current", message)


_CHECKS: Final[dict[tuple[str, str], Callable[[Mapping[str, Any]], Readiness]]] = {
    ("", "Service"): _service,
    ("", "Secret"): _always("Resource is always ready"),
    ("", "ConfigMap"): _always("Resource is always ready"),
    ("", "PersistentVolumeClaim"): _claim,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("policy", "PodDisruptionBudget"): _always("AllowedDisruptions has been computed."),
    ("batch", "CronJob"): _always("Resource is always ready"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
