"""Drop the fields that a schema does not know, and say which they were.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apiserver/schema/pruning/algorithm.go, and
objectmeta/algorithm.go for metadata. For built-in types it stands in for the Go decoder: there, null
is the same as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairlead.engines.schema.model import Schema

_META_FIELDS: Final = frozenset({"apiVersion", "kind", "metadata"})


def prune(obj: dict[str, Any], schema: Schema) -> tuple[dict[str, Any], list[str]]:
    """Return *obj* without unknown fields, and the paths of what was dropped: sorted for a custom resource.

    *obj* is never changed, and comes back as it is when nothing is unknown.
    """
    unknown: list[str] = []
    if schema.typed:
        pruned = _typed(obj, schema, "", unknown)
    else:
        meta = schema.cache.get("metadata")
        pruned = _object(obj, schema, "", unknown, meta, embedded=True)
        unknown.sort()
    return pruned, unknown


def prune_value(value: Any, schema: Schema) -> Any:
    """Return a value of a custom resource without unknown fields; *value* is never changed."""
    return _value(value, schema, "", [], None)


def _typed(value: Any, schema: Schema | None, path: str, unknown: list[str]) -> Any:
    """Prune a value of a built-in type."""
    if schema is None or schema.preserve_unknown:
        return value
    if isinstance(value, dict):
        properties = schema.properties
        additional = schema.additional
        if not properties and additional is None:
            return value
        return _typed_map(value, properties, additional, path, unknown)
    if isinstance(value, list) and schema.items is not None:
        items = schema.items
        if not items.properties and items.items is None and items.additional is None:
            return value
        result = [_typed(item, items, f"{path}[{index}]", unknown) for index, item in enumerate(value)]
        return result if any(new is not old for new, old in zip(result, value, strict=True)) else value
    return value


def _typed_map(
    value: dict[str, Any],
    properties: Mapping[str, Schema],
    additional: Schema | bool | None,
    path: str,
    unknown: list[str],
) -> dict[str, Any]:
    result: dict[str, Any] | None = None
    for key, item in value.items():
        child = properties.get(key, additional)
        if child is None or child is False:
            unknown.append(f"{path}.{key}" if path else key)
        elif item is not None or child is additional:
            if not isinstance(item, (dict, list)) or not isinstance(child, Schema):
                continue
            after = _typed(item, child, f"{path}.{key}" if path else key, unknown)
            if after is not item:
                if result is None:
                    result = dict(value)
                result[key] = after
            continue
        if result is None:
            result = dict(value)
        del result[key]
    return value if result is None else result


def _value(value: Any, schema: Schema | None, path: str, unknown: list[str], meta: Schema | None) -> Any:
    if isinstance(value, dict):
        if schema is None:
            unknown.extend(f"{path}.{key}" if path else key for key in value)
            return {}
        return _object(value, schema, path, unknown, meta, embedded=schema.embedded)
    if isinstance(value, list):
        items = None if schema is None else schema.items
        if items is None and schema is not None and schema.preserve_unknown:
            return value
        result = [_value(item, items, f"{path}[{index}]", unknown, meta) for index, item in enumerate(value)]
        return result if any(new is not old for new, old in zip(result, value, strict=True)) else value
    return value


def _object(
    value: dict[str, Any], schema: Schema, path: str, unknown: list[str], meta: Schema | None, *, embedded: bool
) -> dict[str, Any]:
    properties = schema.properties
    additional = schema.additional
    open_ended = schema.preserve_unknown or additional is True
    result: dict[str, Any] | None = None
    for key, item in value.items():
        if embedded and key in _META_FIELDS:
            if key != "metadata" or meta is None or not isinstance(item, dict):
                continue
            after = _typed(item, meta, f"{path}.{key}" if path else key, unknown)
        else:
            child = properties.get(key)
            if child is None:
                child = additional if isinstance(additional, Schema) else None
                if child is None:
                    if open_ended:
                        continue
                    unknown.append(f"{path}.{key}" if path else key)
                    result = dict(value) if result is None else result
                    del result[key]
                    continue
            if not isinstance(item, (dict, list)):
                continue
            after = _value(item, child, f"{path}.{key}" if path else key, unknown, meta)
        if after is not item:
            result = dict(value) if result is None else result
            result[key] = after
    return value if result is None else result
