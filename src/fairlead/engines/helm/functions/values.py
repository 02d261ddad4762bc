"""Defaults, reflection and paths. Source: sprig v3.3 defaults.go, reflect.go; Go path."""

from __future__ import annotations

import posixpath

from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gofmt import sprintf
from fairlead.engines.gotemplate.gotypes import GoObject, kind_name
from fairlead.engines.helm.functions import convert


def default(fallback: object, *given: object) -> object:
    return given[0] if given and given[0] else fallback


def empty(value: object) -> bool:
    return not value


def coalesce(*values: object) -> object:
    for value in values:
        if value:
            return value
    return None


def all_(*values: object) -> bool:
    return all(values)


def any_(*values: object) -> bool:
    return any(values)


def ternary(yes: object, no: object, condition: bool) -> object:
    return yes if condition else no


def type_of(value: object) -> str:
    return sprintf("%T", (value,))


def type_is(wanted: str, value: object) -> bool:
    return wanted == type_of(value)


def type_is_like(wanted: str, value: object) -> bool:
    name = type_of(value)
    return wanted == name or "*" + wanted == name


def kind_of(value: object) -> str:
    if isinstance(value, GoObject) and value.go_kind == "ptr":
        return "ptr"
    return kind_name(value)


def kind_is(wanted: str, value: object) -> bool:
    return wanted == kind_of(value)


def deep_equal(a: object, b: object) -> bool:
    return convert.deep_equal(a, b)


def deep_copy(value: object) -> object:
    if value is None:
        raise FuncError("reflect: call of reflect.Value.Type on zero Value")
    return convert.deep_copy(value)


def base(path: str) -> str:
    if not path:
        return "."
    stripped = path.rstrip("/")
    return stripped.rpartition("/")[2] if stripped else "/"


def clean(path: str) -> str:
    if not path:
        return "."
    cleaned = posixpath.normpath(path)
    return "/" + cleaned.lstrip("/") if cleaned.startswith("//") else cleaned


def dir_(path: str) -> str:
    return clean(path[: path.rfind("/") + 1])


def ext(path: str) -> str:
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:] if dot >= 0 else ""


def is_abs(path: str) -> bool:
    return path.startswith("/")
