"""Is a variable's schema structural: is every value's type known outside allOf, anyOf, oneOf and not?

Source: apiextensions-apiserver v0.36 pkg/apiserver/schema/validation.go (ValidateStructural).
Variables are checked as fields of an object, so that they need not be objects themselves; for the same reason
upstream does not ask that what allOf and its like restrict is declared outside of them (complete.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.helm.functions.regexes import compile_pattern
from fairlead.engines.schema import errors as e
from fairlead.engines.schema.errors import FieldError

_EITHER: Final = [{"type": "integer"}, {"type": "string"}]
_LISTS: Final = ("allOf", "anyOf", "oneOf")
_FORBIDDEN_BELOW: Final = (
    ("default", "must be undefined to be structural"),
    ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
    ("x-kubernetes-int-or-string", "must be false to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
)


def check_structure(schema: Mapping[str, Any], path: str) -> list[FieldError]:
    """Return what keeps *schema* from being structural, sorted by text."""
    return sorted(_node(schema, path, "must not be empty for specified object fields"), key=str)


def _node(schema: Mapping[str, Any], path: str, typeless: str) -> Iterator[FieldError]:
    kind = schema.get("type") or ""
    items = schema.get("items")
    if kind == "array" and not isinstance(items, dict):
        yield e.required(f"{path}.items", "must be specified")
    if isinstance(items, dict):
        yield from _node(items, f"{path}.items", "must not be empty for specified array items")
    for name, child in (schema.get("properties") or {}).items():
        yield from _node(child, f"{path}.properties[{name}]", "must not be empty for specified object fields")
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        yield from _node(additional, f"{path}.additionalProperties", "must not be empty for specified object fields")
    either = schema.get("x-kubernetes-int-or-string") is True
    free = schema.get("x-kubernetes-preserve-unknown-fields") is True
    if either and free:
        detail = "must be false if x-kubernetes-int-or-string is true"
        yield e.invalid(f"{path}.x-kubernetes-preserve-unknown-fields", True, detail)
    yield from _validations(schema, path)
    if not kind and not either and not free:
        yield e.required(f"{path}.type", typeless)


def _validations(schema: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    """Check the parts of *schema* that only restrict values."""
    for key in _LISTS:
        parts = schema.get(key) or ()
        if key == "anyOf" and parts == _EITHER:
            continue
        for index, part in enumerate(parts):
            if key == "allOf" and index == 0 and part == {"anyOf": _EITHER}:
                continue
            yield from _nested(part, f"{path}.{key}[{index}]")
    if isinstance(schema.get("not"), dict):
        yield from _nested(schema["not"], f"{path}.not")
    pattern = schema.get("pattern")
    if pattern:
        problem = _regex_problem(pattern)
        if problem:
            detail = f"must be a valid regular expression, but isn't: {problem}"
            yield e.invalid(f"{path}.pattern", pattern, detail)


def _regex_problem(pattern: str) -> str:
    try:
        compile_pattern(pattern)
    except FuncError as error:
        return str(error)
    return ""


def _nested(schema: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    """Check a schema inside allOf, anyOf, oneOf or not."""
    yield from _validations(schema, path)
    if isinstance(schema.get("items"), dict):
        yield from _nested(schema["items"], f"{path}.items")
    properties = schema.get("properties") or {}
    for name, child in properties.items():
        yield from _nested(child, f"{path}.properties[{name}]")
    if schema.get("type"):
        yield e.forbidden(f"{path}.type", "must be empty to be structural")
    if isinstance(schema.get("additionalProperties"), dict):
        yield e.forbidden(f"{path}.additionalProperties", "must be undefined to be structural")
    for key, detail in _FORBIDDEN_BELOW:
        if schema.get(key):
            yield e.forbidden(f"{path}.{key}", detail)
    if "metadata" in properties:
        yield e.forbidden(f"{path}.properties[metadata]", "must not be specified in a nested context")
