"""Find the value that a path like ``proxy.servers[0].host`` names among a patch's variables.

Source: Cluster API v1.14 core/reconcilers/topology/cluster/patches/variables/value.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from fairlead.engines.schema.errors import go_json, quote

_NUMBER: Final = re.compile(r"[+-]?[0-9]+\Z")


class VariableError(ValueError):
    """A path that leads nowhere, in Cluster API's words."""


class VariableNotFoundError(VariableError):
    """The path is sound, but there is no such variable or field."""


def value_of(variables: Mapping[str, Any], path: str) -> Any:
    """Return the value at *path*.

    Raises:
        VariableNotFoundError: the variable, or a field on the way, is not there.
        VariableError: the path is malformed, or an index does not fit.
    """
    first, *rest = path.split(".")
    try:
        name, index = _segment(first)
    except VariableError as error:
        raise VariableError(f"variable {quote(path)} is invalid: {error}") from None
    if name not in variables:
        raise VariableNotFoundError(f"variable {quote(first)} does not exist")
    value = variables[name]
    if index is not None:
        value = _element(value, name, index, path)
    for part in rest:
        try:
            name, index = _segment(part)
        except VariableError as error:
            raise VariableError(f"variable {quote(path)} has invalid syntax: {error}") from None
        found = _child(value, name)
        if found is None:
            raise VariableNotFoundError(
                f"variable {quote(path)} does not exist: failed to lookup segment {quote(name)}"
            )
        value = found[0]
        if index is not None:
            value = _element(value, name, index, path)
    return value


def _child(value: Any, name: str) -> tuple[Any] | None:
    if isinstance(value, dict):
        return (value[name],) if name in value else None
    if isinstance(value, list) and _NUMBER.match(name):  # "a.0" is "a[0]"
        return (value[int(name)],) if 0 <= int(name) < len(value) else None
    return None


def _segment(text: str) -> tuple[str, int | None]:
    left, right = text.find("["), text.find("]")
    if (left < 0) != (right < 0):
        raise VariableError(f"failed to parse path segment {quote(text)}")
    if left < 0:
        return text, None
    inner = text[left + 1 : right]
    if not _NUMBER.match(inner):
        problem = f"strconv.Atoi: parsing {quote(inner)}: invalid syntax"
        raise VariableError(f"failed to parse array index in path segment {quote(text)}: {problem}")
    if int(inner) < 0:
        raise VariableError(f"invalid array index {int(inner)} in path segment {quote(text)}")
    return text[:left], int(inner)


def _element(value: Any, name: str, index: int, path: str) -> Any:
    if not isinstance(value, list):
        problem = f"value doesn't contain array; it contains {_kind(value)}"
        raise VariableError(f"variable {quote(path)} is invalid: failed to get array {quote(name)}: {problem}")
    if index >= len(value):
        raise VariableError(f"variable {quote(path)} is invalid: array does not have index {index}")
    return value[index]


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return go_json(value)
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "object"
