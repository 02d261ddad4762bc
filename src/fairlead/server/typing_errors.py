"""The words of Go's JSON decoder for a value of the wrong type in a built-in kind.

Source: encoding/json UnmarshalTypeError as kube-apiserver v1.36 reports it:
`json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`.
"""

from __future__ import annotations

import re
from typing import Any

from fairlead.engines.schema.model import Schema

_INDEX = re.compile(r"\[\d+\]")


def decoding_error(obj: Any, schema: Schema, field: str, kind: str) -> str:
    """What the decoder says of the value at *field* (`spec.replicas`) of *obj*."""
    owner, node, value = kind, schema, obj
    path: list[str] = []
    for word in field.split("."):
        name = _INDEX.sub("", word)
        child = node.properties.get(name)
        if child is not None:
            owner = node.name.rsplit(".", 1)[-1] or owner
            path.append(name)
        else:
            child = node.field(name)
        if child is None:
            break
        value = value.get(name) if isinstance(value, dict) else None
        node = child
        for index in _INDEX.findall(word):
            value = value[int(index[1:-1])] if isinstance(value, list) else None
            node = node.items or node
    place = f"{owner}.{'.'.join(path)}"
    return f"json: cannot unmarshal {_json_type(value)} into Go struct field {place} of type {go_type(node)}"


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "string"


def go_type(schema: Schema) -> str:
    """The Go type of a schema node, as error messages name it."""
    if schema.type == "integer":
        return schema.format or "int64"
    if schema.type == "boolean":
        return "bool"
    if schema.type == "array":
        return f"[]{go_type(schema.items)}" if schema.items is not None else "[]interface {}"
    if schema.type == "object":
        if isinstance(schema.additional, Schema):
            return f"map[string]{go_type(schema.additional)}"
        *_, package, name = ("", *schema.name.rsplit(".", 2)[-2:]) if "." in schema.name else ("", "", "")
        return f"{package}.{name}" if name else "map[string]interface {}"
    return schema.type or "interface {}"
