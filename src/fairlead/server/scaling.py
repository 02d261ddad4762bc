"""The scale subresource: one small object in front of every kind that has replicas.

Source: kubernetes v1.36 pkg/registry/apps/*/storage (ScaleREST); apiextensions-apiserver v0.36
pkg/registry/customresource/etcd.go.
"""

from __future__ import annotations

from typing import Any

from fairlead.api.errors import invalid, not_found
from fairlead.api.kind import Scale
from fairlead.base.objects import Json, Key, get_in, replace_in
from fairlead.engines.schema.model import Schema
from fairlead.engines.selectors import SelectorError, label_selector
from fairlead.server import conversion
from fairlead.server.objects import Change, Objects, Outcome
from fairlead.server.registry import Resource, TypeVersion
from fairlead.server.request import Request

_BUILT_IN = Scale(".spec.replicas", ".status.replicas", "")
_SCHEMA: Json = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "spec": {"type": "object", "properties": {"replicas": {"type": "integer", "format": "int32"}}},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
RESOURCE = Resource(
    "autoscaling", "Scale", "scales", {"v1": TypeVersion("v1", lambda: Schema(_SCHEMA))}, "v1", namespaced=True
)


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.lstrip(".").split("."))


def _scale_of(resource: Resource, version: str) -> Scale:
    return resource.versions[version].scale or _BUILT_IN


def _selector(obj: Json, path: str) -> str:
    value: Any = get_in(obj, *_path(path)) if path else get_in(obj, "spec", "selector")
    if not isinstance(value, dict):
        return value if isinstance(value, str) else ""
    if "matchLabels" not in value and "matchExpressions" not in value:
        return ",".join(f"{key}={each}" for key, each in sorted(value.items()))
    try:
        return str(label_selector(value))
    except SelectorError:
        return ""


def shown(resource: Resource, version: str, obj: Json) -> Json:
    """The Scale of *obj*."""
    scale = _scale_of(resource, version)
    metadata = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: Json = {"replicas": get_in(obj, *_path(scale.status_replicas), default=0)}
    if selector := _selector(obj, scale.selector):
        status["selector"] = selector
    replicas = get_in(obj, *_path(scale.spec_replicas), default=0)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }


def get(objects: Objects, resource: Resource, version: str, key: Key) -> Json:
    """The Scale of a stored object. Raises: ApiError NotFound."""
    if resource.subresource("scale") is None:
        raise not_found(resource.group, f"{resource.plural}/scale", key.name)
    record = objects.find(resource, key)
    return shown(resource, version, conversion.in_version(resource, version, record))


def update(objects: Objects, resource: Resource, version: str, key: Key, change: Change, request: Request) -> Outcome:
    """Change the Scale of an object, and with it the object. Raises: ApiError."""
    scale = _scale_of(resource, version)

    def replicas(present: Json) -> Json:
        wanted = change(shown(resource, version, present))
        count = get_in(wanted, "spec", "replicas", default=0)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            text = f"Invalid value: {count}: must be greater than or equal to 0"
            raise invalid("autoscaling", "Scale", key.name, [("FieldValueInvalid", text, "spec.replicas")])
        changed = replace_in(present, _path(scale.spec_replicas), count)
        revision = get_in(wanted, "metadata", "resourceVersion")
        return replace_in(changed, ("metadata", "resourceVersion"), revision) if revision else changed

    return objects.update(resource, version, key, replicas, request, tracked_as="scale")
