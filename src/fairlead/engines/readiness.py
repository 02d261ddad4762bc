"""Whether an object has become what it asks for. Pure.

Source: fluxcd/cli-utils v1.2 pkg/kstatus/status (generic.go, core.go): Current, InProgress, Failed, Terminating.
"""

from dataclasses import dataclass

from fairlead.base.objects import GVK, Json, get_in, is_deleting
from fairlead.base.objects import meta as metadata


@dataclass(frozen=True, slots=True)
class Readiness:
    """`status` is Current, InProgress, Failed or Terminating; `message` says what is missing."""

    status: str
    message: str = ""

    @property
    def is_current(self) -> bool:
        return self.status == "Current"


CURRENT = Readiness("Current", "Resource is current")


def readiness(obj: Json) -> Readiness:
    """How far *obj* is."""
    if is_deleting(obj):
        return Readiness("Terminating", "Resource scheduled for deletion")
    generic = _generic(obj)
    if generic is not None:
        return generic
    check = _CHECKS.get((GVK.of(obj).group, obj.get("kind", "")))
    return check(obj) if check is not None else CURRENT


def _generic(obj: Json) -> Readiness | None:
    observed, generation = get_in(obj, "status", "observedGeneration"), metadata(obj).get("generation")
    if isinstance(observed, int) and isinstance(generation, int) and observed != generation:
        kind = obj.get("kind", "")
        return Readiness(
            "InProgress", f"{kind} generation is {generation}, but latest observed generation is {observed}"
        )
    conditions = get_in(obj, "status", "conditions", default=())
    told = {c.get("type"): c for c in conditions if isinstance(c, dict)}
    for type_, status in (("Reconciling", "InProgress"), ("Stalled", "Failed")):
        condition = told.get(type_)
        if condition is not None and condition.get("status") == "True":
            return Readiness(status, condition.get("message", ""))
    ready = told.get("Ready")
    if ready is not None and (GVK.of(obj).group, obj.get("kind")) not in _CHECKS:
        if ready.get("status") in ("False", "Unknown"):
            return Readiness("InProgress", ready.get("message", ""))
        return CURRENT
    return None


def _deployment(obj: Json) -> Readiness:
    want = get_in(obj, "spec", "replicas", default=1)
    status = obj.get("status") or {}
    for condition in status.get("conditions") or ():
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return Readiness("Failed", "Progress deadline exceeded")
    have = {name: status.get(f"{name}Replicas", 0) for name in ("updated", "available", "ready")}
    if status.get("replicas", 0) < want:
        return Readiness("InProgress", f"Replicas: {status.get('replicas', 0)}/{want}")
    for name, word in (("updated", "Updated"), ("available", "Available"), ("ready", "Ready")):
        if have[name] < want:
            return Readiness("InProgress", f"{word}: {have[name]}/{want}")
    if status.get("replicas", 0) > have["updated"]:
        return Readiness("InProgress", f"Pending termination: {status['replicas'] - have['updated']}")
    return CURRENT


def _stateful_set(obj: Json) -> Readiness:
    want = get_in(obj, "spec", "replicas", default=1)
    status = obj.get("status") or {}
    for name, word in (("replicas", "Replicas"), ("readyReplicas", "Ready"), ("currentReplicas", "current")):
        if status.get(name, 0) < want:
            return Readiness("InProgress", f"{word}: {status.get(name, 0)}/{want}")
    if status.get("currentRevision") != status.get("updateRevision"):
        return Readiness("InProgress", f"Waiting for revision {status.get('updateRevision')}")
    return CURRENT


def _daemon_set(obj: Json) -> Readiness:
    status = obj.get("status") or {}
    if "observedGeneration" not in status:
        return Readiness("InProgress", "DaemonSet has not been observed yet")
    want = status.get("desiredNumberScheduled", 0)
    for name, word in (
        ("currentNumberScheduled", "Current"),
        ("updatedNumberScheduled", "Updated"),
        ("numberAvailable", "Available"),
        ("numberReady", "Ready"),
    ):
        if status.get(name, 0) < want:
            return Readiness("InProgress", f"{word}: {status.get(name, 0)}/{want}")
    return CURRENT


def _replica_set(obj: Json) -> Readiness:
    want, status = get_in(obj, "spec", "replicas", default=1), obj.get("status") or {}
    for name, word in (("availableReplicas", "Available"), ("readyReplicas", "Ready")):
        if status.get(name, 0) < want:
            return Readiness("InProgress", f"{word}: {status.get(name, 0)}/{want}")
    return CURRENT


def _job(obj: Json) -> Readiness:
    for condition in get_in(obj, "status", "conditions", default=()):
        if condition.get("status") != "True":
            continue
        if condition["type"] == "Complete":
            return CURRENT
        if condition["type"] == "Failed":
            return Readiness("Failed", f"Job Failed. failed: {get_in(obj, 'status', 'failed', default=0)}")
    return Readiness("InProgress", "Job in progress" if get_in(obj, "status", "startTime") else "Job not started")


def _pod(obj: Json) -> Readiness:
    phase = get_in(obj, "status", "phase", default="Pending")
    if phase == "Succeeded":
        return CURRENT
    if phase == "Failed":
        return Readiness("Failed", "Pod has failed")
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in get_in(obj, "status", "conditions", default=()))
    return CURRENT if ready else Readiness("InProgress", f"Pod is {phase}")


def _claim(obj: Json) -> Readiness:
    phase = get_in(obj, "status", "phase", default="unknown")
    return CURRENT if phase == "Bound" else Readiness("InProgress", f"PVC is not Bound. phase: {phase}")


def _definition(obj: Json) -> Readiness:
    for condition in get_in(obj, "status", "conditions", default=()):
        if condition["type"] == "Established" and condition["status"] == "True":
            return CURRENT
    return Readiness("InProgress", "Install in progress")


_CHECKS = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
