"""Fill in the defaults that a schema declares.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apiserver/schema/defaulting (algorithm.go,
prunenulls.go). A null in a field that is not nullable counts as absent.
"""

from __future__ import annotations

from typing import Any

from fairlead.engines.schema.model import MISSING, Schema


def default(obj: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Return *obj* with declared defaults filled in and meaningless nulls dropped.

    *obj* is never changed, and comes back as it is when nothing is missing.
    """
    filled: dict[str, Any] = _default(obj, schema)
    return filled


def _default(value: Any, schema: Schema) -> Any:
    if isinstance(value, dict):
        return _default_map(value, schema)
    if isinstance(value, list):
        items = schema.items
        if items is None or not value:
            return value
        result = [_default_item(item, items) for item in value]
        return result if any(new is not old for new, old in zip(result, value, strict=True)) else value
    return value


def _default_map(value: dict[str, Any], schema: Schema) -> dict[str, Any]:
    properties = schema.properties
    additional = schema.additional
    result: dict[str, Any] | None = None
    for key, given in _declared(schema):
        if key not in value or (value[key] is None and not properties[key].nullable):
            result = dict(value) if result is None else result
            result[key] = given
    for key, item in (value if result is None else dict(result)).items():
        child = properties.get(key)
        if child is None:
            if not isinstance(additional, Schema):
                continue
            child = additional
        if item is None:
            if not child.nullable:
                result = dict(value) if result is None else result
                if child.default is MISSING or child.default is None:
                    del result[key]
                else:
                    result[key] = _default(child.default, child)
        elif isinstance(item, (dict, list)):
            after = _default(item, child)
            if after is not item:
                result = dict(value) if result is None else result
                result[key] = after
    return value if result is None else result


def _default_item(item: Any, schema: Schema) -> Any:
    if item is None:
        return item if schema.nullable or schema.default is MISSING else _default(schema.default, schema)
    return _default(item, schema) if isinstance(item, (dict, list)) else item


def _declared(schema: Schema) -> list[tuple[str, Any]]:
    """Return the fields of *schema* that have defaults, with those defaults."""
    found: list[tuple[str, Any]] | None = schema.cache.get("defaults")
    if found is None:
        found = [
            (key, child.default)
            for key, child in schema.properties.items()
            if child.default is not MISSING and child.default is not None
        ]
        schema.cache["defaults"] = found
    return found
