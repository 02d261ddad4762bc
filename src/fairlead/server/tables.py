"""Tables: what `kubectl get` prints, made by the server.

Source: apiserver v0.36 pkg/registry/rest/table.go, apiextensions-apiserver v0.36
pkg/registry/customresource/tableconvertor, apimachinery pkg/util/duration.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fairlead.api.kind import Column
from fairlead.api.kubernetes.columns import table_of
from fairlead.api.kubernetes.text import human_duration, since
from fairlead.base import gojson
from fairlead.base.objects import Json
from fairlead.server.jsonpath import PathError, first
from fairlead.server.registry import Resource

_NAME = {
    "name": "Name",
    "type": "string",
    "format": "name",
    "description": (
        "Name must be unique within a namespace. Is required when creating resources, although some resources may "
        "allow a client to request the generation of an appropriate name automatically. Name is primarily intended "
        "for creation idempotence and configuration definition. Cannot be updated. More info: "
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
    ),
    "priority": 0,
}
_AGE = Column("Age", ".metadata.creationTimestamp", "date")


def partial(obj: Json) -> Json:
    """Only the metadata of *obj*."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def table(
    resource: Resource,
    version: str,
    items: Iterable[Json],
    now: datetime,
    include: str = "Metadata",
    revision: str = "",
    cont: str = "",
) -> Json:
    """A Table with a row for each of *items*; *include* is None, Metadata or Object."""
    rows: list[Json] = []
    if resource.custom:
        columns = resource.versions[version].columns or (_AGE,)
        definitions = [_NAME, *(_definition(column) for column in columns)]
        for obj in items:
            cells = [obj["metadata"].get("name"), *(_cell(obj, column, now) for column in columns)]
            rows.append(_row(obj, cells, include))
    else:
        kind = table_of(resource.ident)
        definitions = [_built_in_definition(*column) for column in kind.columns]
        rows.extend(_row(obj, kind.cells(obj, now), include) for obj in items)
    meta: Json = {"resourceVersion": revision}
    if cont:
        meta["continue"] = cont
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": definitions,
        "rows": rows,
    }


def _row(obj: Json, cells: list[Any], include: str) -> Json:
    row: Json = {"cells": cells}
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = partial(obj)
    return row


def _built_in_definition(name: str, kind: str, priority: int) -> Json:
    if name == "Name" and not priority:
        return _NAME
    return {"name": name, "type": kind, "format": "", "description": "", "priority": priority}


def _definition(column: Column) -> Json:
    text = column.description or f"Custom resource definition column (in JSONPath format): {column.path}"
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": text,
        "priority": column.priority,
    }


def _cell(obj: Json, column: Column, now: datetime) -> Any:
    try:
        value = first(column.path, obj)
    except PathError:
        return None
    if value is None:
        return None
    match column.type:
        case "integer":
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case "number":
            return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return since(value, now) if isinstance(value, str) else None
    return _text(value)


def _text(value: Any) -> str:
    """A value as the API server prints it in a column of text: what has parts is JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return gojson.dumps(value).decode()
    return str(value)


__all__ = ["human_duration", "partial", "table"]
