"""Small recordings, written by hand."""

from typing import Any

from fairlead.base.objects import Json
from fairlead.testing.traces.reading import BEFORE, Row, Trace

NAMESPACE = "demo"
CORE = "cluster.x-k8s.io/v1beta2"
INFRA = "infrastructure.cluster.x-k8s.io/v1beta2"
APIS = {"VSphereVM": INFRA, "VSphereCluster": INFRA, "VSphereMachineTemplate": INFRA, "Secret": "v1", "Event": "v1"}


def obj(kind: str, name: str, *, owner: str = "", conditions: str = "", by: str = "", **more: Any) -> Json:
    """An object; *conditions* are like `Ready=True/Ready Paused=False/NotPaused`, *owner* is like `Cluster/demo`."""
    api = APIS.get(kind, CORE)
    metadata: Json = {"name": name, "namespace": NAMESPACE, "uid": f"{kind}-{name}", **more.pop("metadata", {})}
    if owner:
        owning, _, called = owner.partition("/")
        metadata["ownerReferences"] = [
            {"apiVersion": APIS.get(owning, CORE), "kind": owning, "name": called, "uid": f"{owning}-{called}"}
        ]
    result: Json = {"apiVersion": api, "kind": kind, "metadata": metadata, **more}
    if by:
        metadata["managedFields"] = [owned_by(by, result)]
    if conditions:
        listed = []
        for each in conditions.split():
            type_, _, value = each.partition("=")
            status, _, reason = value.partition("/")
            listed.append({"type": type_, "status": status, "reason": reason, "message": ""})
        result.setdefault("status", {})["conditions"] = listed
    return result


def owned_by(manager: str, obj: Json, time: str = "2026-01-01T00:00:00Z") -> Json:
    """A managedFields entry by which *manager* applied the fields of `spec`."""
    fields: Json = {f"f:{name}": {} for name in obj.get("spec", {})}
    return {"manager": manager, "operation": "Apply", "time": time, "fieldsV1": {"f:spec": fields}}


def trace(*rows: tuple[float, str, Json], before: tuple[Json, ...] = (), name: str = "made") -> Trace:
    """A recording of *rows* that began with the objects *before*."""
    found = [Row(BEFORE, "ADDED", each) for each in before]
    return Trace(name, (*found, *(Row(t, type_, each) for t, type_, each in rows)))


def event(about: Json, reason: str, message: str, type_: str = "Normal") -> Json:
    """An event."""
    involved = {"kind": about["kind"], "name": about["metadata"]["name"], "namespace": NAMESPACE}
    told: dict[str, Any] = {"involvedObject": involved, "reason": reason, "message": message, "type": type_}
    return obj("Event", f"{about['metadata']['name']}.1", **told)


def going(body: Json) -> Json:
    """*body* with a deletion timestamp."""
    return {**body, "metadata": {**body["metadata"], "deletionTimestamp": "2026-01-01T00:00:09Z"}}
