"""What is special about single built-in kinds when they are created, updated or deleted.

Source: kubernetes v1.36 pkg/registry/*/*/strategy.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fairlead.api.errors import forbidden
from fairlead.api.kubernetes.pod_defaults import admitted_pod
from fairlead.base.objects import Json, get_in
from fairlead.server import addresses, installing
from fairlead.server.registry import Resource
from fairlead.server.store import Record

if TYPE_CHECKING:
    from fairlead.server.objects import Objects

IMMORTAL_NAMESPACES = ("default", "kube-system", "kube-public")
ANNOTATIONS_COUNT = frozenset({"deployments.apps"})  # a change of annotations is a new generation
_STATUS_KEPT = frozenset({"nodes"})  # created by the kubelet with their status
_FIRST_STATUS: dict[str, Json] = {
    "namespaces": {"phase": "Active"},
    "persistentvolumeclaims": {"phase": "Pending"},
    "persistentvolumes": {"phase": "Pending"},
    "services": {"loadBalancer": {}},
    "ingresses.networking.k8s.io": {"loadBalancer": {}},
    "deployments.apps": {},
    "resourcequotas": {},
    "flowschemas.flowcontrol.apiserver.k8s.io": {},
    "resourceclaims.resource.k8s.io": {},
    "servicecidrs.networking.k8s.io": {},
    "volumeattachments.storage.k8s.io": {"attached": False},
    "certificatesigningrequests.certificates.k8s.io": {},
    "replicasets.apps": {"replicas": 0},
    "statefulsets.apps": {"replicas": 0, "availableReplicas": 0},
    "daemonsets.apps": {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    "replicationcontrollers": {"replicas": 0},
    "jobs.batch": {},
    "cronjobs.batch": {},
    "poddisruptionbudgets.policy": {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    },
    "horizontalpodautoscalers.autoscaling": {"desiredReplicas": 0, "currentMetrics": None},
}


def prepare_create(resource: Resource, obj: Json, objects: Objects) -> Json:
    """*obj* with the status a new object has, and what only the server sets."""
    if resource.has_status and resource.ident not in _STATUS_KEPT:
        obj = {key: value for key, value in obj.items() if key != "status"}
        first = first_status(resource, obj)
        if first is not None:
            obj["status"] = first
    prepare = _PREPARE.get(resource.ident)
    return obj if prepare is None else prepare(obj, objects)


def _new_namespace(obj: Json, objects: Objects) -> Json:
    metadata = obj["metadata"]
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata.get("name", "")}
    return {**obj, "metadata": {**metadata, "labels": labels}, "spec": {"finalizers": ["kubernetes"]}}


def _new_pod(obj: Json, objects: Objects) -> Json:
    return admitted_pod(obj)


def _new_job(obj: Json, objects: Objects) -> Json:
    """A Job selects its pods by a label with its uid, unless it says that it selects by hand."""
    spec = obj.get("spec") or {}
    metadata = obj["metadata"]
    template = spec.get("template") or {}
    inner = template.get("metadata") or {}
    labels: Json = dict(inner.get("labels") or {})
    if not spec.get("manualSelector"):
        for prefix in ("", "batch.kubernetes.io/"):
            labels[f"{prefix}controller-uid"] = metadata["uid"]
            labels[f"{prefix}job-name"] = metadata["name"]
        chosen = {"batch.kubernetes.io/controller-uid": metadata["uid"]}
        spec = {**spec, "selector": {"matchLabels": {**(get_in(spec, "selector", "matchLabels") or {}), **chosen}}}
    template = {**template, "metadata": {**inner, "labels": labels}} if labels else template
    if not metadata.get("labels") and labels:
        metadata = {**metadata, "labels": labels}
    return {**obj, "metadata": metadata, "spec": {**spec, "template": template}}


def _new_daemon_set(obj: Json, objects: Objects) -> Json:
    annotations = {**(obj["metadata"].get("annotations") or {}), "deprecated.daemonset.template.generation": "1"}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}


_PREPARE: dict[str, Callable[[Json, Objects], Json]] = {
    "namespaces": _new_namespace,
    "pods": _new_pod,
    "services": addresses.new_service,
    "jobs.batch": _new_job,
    "daemonsets.apps": _new_daemon_set,
    installing.IDENT: lambda obj, objects: installing.prepared(obj, objects),
}


def first_status(resource: Resource, obj: Json) -> Json | None:
    """The status of a new object of a built-in kind; None for a kind that has none at first."""
    if resource.ident == "pods":
        return {"phase": "Pending", "qosClass": qos_class(obj)}
    return _FIRST_STATUS.get(resource.ident)


def qos_class(pod: Json) -> str:
    """BestEffort, Guaranteed or Burstable. Source: pkg/apis/core/v1/helper/qos/qos.go."""
    containers = [*(get_in(pod, "spec", "containers") or ()), *(get_in(pod, "spec", "initContainers") or ())]
    asked = [each.get("resources") or {} for each in containers]
    relevant = ("cpu", "memory")
    given = [each.get(part) or {} for each in asked for part in ("requests", "limits")]
    if not any(each.get(name) for each in given for name in relevant):
        return "BestEffort"
    for each in asked:
        limits, requests = each.get("limits") or {}, each.get("requests") or {}
        for name in relevant:
            if not limits.get(name) or str(requests.get(name, limits[name])) != str(limits[name]):
                return "Burstable"
    return "Guaranteed"


def prepare_update(resource: Resource, obj: Json, old: Json, subresource: str) -> Json:
    """Keep the part that the endpoint does not write: the status, or all but the status."""
    if subresource == "status":
        return _status_update(resource, obj, old)
    if resource.has_status or resource.ident == "namespaces":
        obj = {key: value for key, value in obj.items() if key != "status"}
        if "status" in old:
            obj["status"] = old["status"]
    if resource.ident == "namespaces" and subresource != "finalize":
        obj["spec"] = old.get("spec") or {}
    if resource.ident == "services":
        obj = addresses.changed_service(obj, old)
    if resource.ident == installing.IDENT:
        obj = installing.updated(obj, old)
    return obj


def _status_update(resource: Resource, obj: Json, old: Json) -> Json:
    if resource.custom:
        kept = {key: value for key, value in old.items() if key != "status"}
        if "managedFields" in obj["metadata"]:
            kept["metadata"] = {**old["metadata"], "managedFields": obj["metadata"]["managedFields"]}
    else:
        kept = {key: value for key, value in old.items() if key not in ("status", "metadata")}
        metadata = dict(obj["metadata"])
        for name in ("labels", "ownerReferences"):
            metadata.pop(name, None)
            if name in old["metadata"]:
                metadata[name] = old["metadata"][name]
        kept["metadata"] = metadata
    if "status" in obj:
        kept["status"] = obj["status"]
    return kept


def check_delete(resource: Resource, obj: Json, objects: Objects) -> None:
    """Refuse deletions that would break the server. Raises: ApiError Forbidden."""
    name = obj["metadata"]["name"]
    if resource.ident == "namespaces" and name in IMMORTAL_NAMESPACES:
        raise forbidden(
            f'namespaces "{name}" is forbidden: this namespace may not be deleted', {"name": name, "kind": "namespaces"}
        )


def grace_seconds(resource: Resource, obj: Json, asked: int | None) -> int:
    """How long an object may linger before it goes: only pods that run on a node have a grace period."""
    if resource.ident != "pods":
        return 0
    if not get_in(obj, "spec", "nodeName") or get_in(obj, "status", "phase") in ("Failed", "Succeeded"):
        return 0
    if asked is not None:
        return max(asked, 1) if asked < 0 else asked
    default = get_in(obj, "spec", "terminationGracePeriodSeconds")
    return 30 if default is None else int(default)


def marked_for_deletion(resource: Resource, obj: Json) -> Json:
    """*obj* with the status that a deleted object shows while it lingers."""
    if resource.ident == "namespaces":
        return {**obj, "status": {**(obj.get("status") or {}), "phase": "Terminating"}}
    return obj


def stored(resource: Resource, record: Record, objects: Objects) -> None:
    """Follow up on a stored object."""
    if resource.ident == "events":
        objects.expiry.written(record, objects)
    if resource.ident == installing.IDENT:
        installing.serve(record, objects)


def removed(resource: Resource, record: Record, objects: Objects) -> None:
    """Follow up on a removed object."""
    if resource.ident == installing.IDENT:
        installing.withdraw(record, objects)
