"""OpenAPI v3 (and v2) documents, made from the schemas on request: for `kubectl explain` and client-side checks.

Source: kube-openapi (shape of documents), apiextensions-apiserver v0.36 pkg/controller/openapi/builder (custom
resources). Paths hold what clients read of them: the kinds, and the query parameters `dryRun` and `fieldValidation`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from fairlead.base.objects import Json
from fairlead.server.registry import Registry, Resource, definitions

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")
_LIST_PARAMETERS = (
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "watch",
)


def paths(registry: Registry) -> Iterator[tuple[str, str, str]]:
    """The (path, group, version) of every document."""
    seen = set()
    for resource in registry.all():
        for version, served in resource.versions.items():
            if served.served and (resource.group, version) not in seen:
                seen.add((resource.group, version))
                prefix = f"apis/{resource.group}" if resource.group else "api"
                yield f"{prefix}/{version}", resource.group, version


def document(registry: Registry, group: str, version: str) -> Json:
    """The OpenAPI v3 document of a group version."""
    schemas: Json = {}
    routes: Json = {}
    for resource in registry.all():
        if resource.group == group and version in resource.versions and resource.versions[version].served:
            name = _add_kind(resource, version, schemas)
            routes.update(_routes(resource, version, name))
    info = {"title": "Kubernetes", "version": "v1.36.3"}
    return {"openapi": "3.0.0", "info": info, "paths": routes, "components": {"schemas": schemas}}


def document_v2(registry: Registry) -> Json:
    """The OpenAPI v2 document of everything."""
    schemas: Json = {}
    for resource in registry.all():
        for version, served in resource.versions.items():
            if served.served:
                _add_kind(resource, version, schemas)
    moved = _relocated(schemas)
    return {"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.36.3"}, "paths": {}, "definitions": moved}


def _relocated(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: item.replace("#/components/schemas/", "#/definitions/")
            if key == "$ref" and isinstance(item, str)
            else _relocated(item)
            for key, item in value.items()
        }
    return [_relocated(item) for item in value] if isinstance(value, list) else value


def _add_kind(resource: Resource, version: str, schemas: Json) -> str:
    """Add the schema of a kind and all it refers to; return its name."""
    if not resource.custom:
        name = definitions().name_of(resource.group, version, resource.kind)
        if name is None:
            return ""
        _add_definition(name, schemas)
        return name
    reverse = ".".join(reversed(resource.group.split(".")))
    name = f"{reverse}.{version}.{resource.kind}"
    raw = dict(resource.versions[version].raw_schema or {"type": "object"})
    declared = dict(raw.get("properties") or {})
    _add_definition(f"{_META}.ObjectMeta", schemas)
    for key in ("apiVersion", "kind"):
        declared[key] = _plain(definitions().raw("io.k8s.api.core.v1.ConfigMap")["properties"][key])
        declared[key].pop("enum", None)
    text = (
        "Standard object's metadata. More info: "
        "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
    )
    declared["metadata"] = {"description": text, "allOf": [{"$ref": f"#/components/schemas/{_META}.ObjectMeta"}]}
    raw["properties"] = declared
    raw["x-kubernetes-group-version-kind"] = [{"group": resource.group, "version": version, "kind": resource.kind}]
    schemas[name] = raw
    return name


def _add_definition(name: str, schemas: Json) -> None:
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in schemas and current in definitions():
            schemas[current], refers = _converted(current)
            waiting.extend(refers)


@functools.lru_cache(maxsize=1024)
def _converted(name: str) -> tuple[Json, tuple[str, ...]]:
    """A published definition in OpenAPI v3, and the definitions it refers to."""
    if name == _QUANTITY:
        text = definitions().raw(name).get("description", "")
        return {"description": text, "oneOf": [{"type": "string"}, {"type": "number"}]}, ()
    if name == _INT_OR_STRING:
        text = definitions().raw(name).get("description", "")
        return {"description": text, "format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}, ()
    refers: list[str] = []
    converted = _plain(definitions().raw(name), refers)
    for key in ("apiVersion", "kind"):
        (converted.get("properties") or {}).get(key, {}).pop("enum", None)
    return converted, tuple(refers)


def _plain(value: Any, refers: list[str] | None = None) -> Any:
    """A schema without null among its types; references point at components."""
    if isinstance(value, list):
        return [_plain(item, refers) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        name = value["$ref"].rsplit("/", 1)[-1]
        if refers is not None:
            refers.append(name)
        kept = {key: item for key, item in value.items() if key not in ("$ref", "type")}
        reference = {"$ref": f"#/components/schemas/{name}"}
        return {**kept, "allOf": [reference]} if kept else reference
    converted: Json = {}
    for key, item in value.items():
        if key == "type" and isinstance(item, list):
            named = [each for each in item if each != "null"]
            converted[key] = named[0] if named else "object"
        elif key == "properties" and isinstance(item, dict):
            converted[key] = {name: _plain(each, refers) for name, each in item.items()}
        else:
            converted[key] = _plain(item, refers)
    return converted


def _routes(resource: Resource, version: str, name: str) -> Json:
    """The paths of a resource with what clients look for in them."""
    prefix = f"/apis/{resource.group}" if resource.group else "/api"
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    base = f"{prefix}/{version}{scope}/{resource.plural}"
    kind = {"group": resource.group, "version": version, "kind": resource.kind}
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}} if name else {}

    def operation(action: str, parameters: tuple[str, ...]) -> Json:
        return {
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": kind,
            "parameters": [{"name": each, "in": "query", "schema": {"type": "string"}} for each in parameters],
            "responses": {"200": {"description": "OK", "content": content}},
        }

    many: Json = {}
    if "list" in resource.verbs:
        many["get"] = operation("list", _LIST_PARAMETERS)
    if "create" in resource.verbs:
        many["post"] = operation("post", _WRITE_PARAMETERS)
    if "deletecollection" in resource.verbs:
        many["delete"] = operation("deletecollection", ("dryRun",))
    found = {base: many}
    if "get" in resource.verbs:
        found[base + "/{name}"] = {
            "get": operation("get", ()),
            "put": operation("put", _WRITE_PARAMETERS),
            "patch": operation("patch", (*_WRITE_PARAMETERS, "force")),
            "delete": operation("delete", ("dryRun",)),
        }
    return found
