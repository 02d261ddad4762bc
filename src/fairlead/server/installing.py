"""CustomResourceDefinitions: from a stored definition to a served resource.

Source: apiextensions-apiserver v0.36 pkg/apiserver/apis (establishing), pkg/controller/status (naming),
pkg/apis/apiextensions/v1/defaults.go, pkg/controller/finalizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fairlead.base.objects import Json, Key
from fairlead.server.registry import Resource, built_in, custom_resource, kind_resource
from fairlead.server.request import Request
from fairlead.server.store import Record

if TYPE_CHECKING:
    from fairlead.api.kind import Kind
    from fairlead.server.objects import Objects

IDENT = "customresourcedefinitions.apiextensions.k8s.io"
FINALIZER = "customresourcecleanup.apiextensions.k8s.io"


class Kinds:
    """The typed kinds that a server knows, by group and plural: they bring rules to definitions of that name."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self._kinds = {(kind.group, kind.plural): kind for kind in kinds}

    def of(self, group: str, plural: str) -> Kind | None:
        """The typed kind behind a definition, or None."""
        return self._kinds.get((group, plural))

    def __iter__(self) -> Any:
        return iter(self._kinds.values())


def _defaulted(obj: Json) -> Json:
    spec = dict(obj.get("spec") or {})
    names = dict(spec.get("names") or {})
    kind = names.get("kind") or ""
    names.setdefault("singular", kind.lower())
    names.setdefault("listKind", f"{kind}List")
    spec["names"] = names
    spec.setdefault("conversion", {"strategy": "None"})
    return {**obj, "spec": spec}


def _condition(name: str, reason: str, message: str, now: str) -> Json:
    return {"lastTransitionTime": now, "message": message, "reason": reason, "status": "True", "type": name}


def prepared(obj: Json, objects: Objects) -> Json:
    """A new definition with its defaults and the conditions it will have at once."""
    obj = _defaulted(obj)
    now = objects.now()
    conditions = [
        _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
        _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
    ]
    metadata = dict(obj["metadata"])
    metadata["finalizers"] = sorted({*(metadata.get("finalizers") or ()), FINALIZER})
    stored = [each.get("name", "") for each in obj["spec"].get("versions") or () if each.get("storage")][:1]
    status = {"acceptedNames": obj["spec"]["names"], "conditions": conditions, "storedVersions": stored}
    return {**obj, "metadata": metadata, "status": status}


def updated(obj: Json, old: Json) -> Json:
    """A changed definition with its defaults; versions once stored stay listed."""
    obj = _defaulted(obj)
    status = dict(obj.get("status") or {})
    versions = list(status.get("storedVersions") or ())
    storage = next((each.get("name") for each in obj["spec"].get("versions") or () if each.get("storage")), None)
    if storage is not None and storage not in versions:
        versions.append(storage)
    status["storedVersions"] = versions
    status["acceptedNames"] = obj["spec"]["names"]
    return {**obj, "status": status}


def resource_of(definition: Json, kinds: Kinds) -> Resource:
    """The resource to serve for a stored definition: a typed kind's own, or one made from the definition."""
    spec = definition["spec"]
    kind = kinds.of(spec["group"], spec["names"]["plural"])
    if kind is not None:
        return kind_resource(kind)[1]
    return custom_resource(definition)


def serve(record: Record, objects: Objects) -> None:
    """Serve what a stored definition describes; a definition on its way out loses its objects first."""
    definition = record.view
    if record.deleting:
        objects.housekeeping.definition_leaves(record)
        return
    objects.registry.add(resource_of(definition, objects.kinds))


def withdraw(record: Record, objects: Objects) -> None:
    """Stop serving a removed definition."""
    spec = record.view["spec"]
    objects.registry.remove(spec["group"], spec["names"]["plural"])


def install(definition: Json, objects: Objects) -> None:
    """Store the definition of a typed kind unless it is there already; nothing is written twice."""
    resource = built_in("apiextensions.k8s.io", "customresourcedefinitions")
    request = Request(user="system:apiserver", manager="fairlead", trusted=True)
    record = objects.store.get(IDENT, Key("", definition["metadata"]["name"]))
    if record is None:
        objects.create(resource, "v1", definition, "", request)
        return
    wanted = _defaulted(definition)["spec"]
    objects.update(resource, "v1", record.key, lambda present: {**present, "spec": wanted}, request)
