"""JSON paths of printer columns and selectable fields: compiled once, evaluated often.

Source: client-go v0.36 util/jsonpath (the subset that a CustomResourceDefinition may use: fields, quoted keys,
indexes, `[*]`, `..`-less filters `[?(@.type=="Ready")]`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Step = Callable[[Any], Iterable[Any]]

_TOKEN = re.compile(
    r"""\.(?P<field>(?:[^.\[\]\\'"()?@]|\\.)+)
      | \[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]
      | \[\s*"(?P<double>(?:[^"\\]|\\.)*)"\s*\]
      | \[\s*(?P<index>-?\d+)\s*\]
      | (?P<all>\[\s*\*\s*\]|\.\*)
      | \[\?\(\s*@(?P<left>(?:\.[\w-]+|\['[^']*'\])+)\s*
          (?P<op>==|!=|<=|>=|<|>)\s*(?P<right>"[^"]*"|'[^']*'|[\w.-]+)\s*\)\]
    """,
    re.VERBOSE,
)


class PathError(ValueError):
    """A path that cannot be understood."""


def _field(name: str) -> Step:
    def step(value: Any) -> Iterable[Any]:
        return (value[name],) if isinstance(value, dict) and name in value else ()

    return step


def _index(position: int) -> Step:
    def step(value: Any) -> Iterable[Any]:
        found = isinstance(value, list) and -len(value) <= position < len(value)
        return (value[position],) if found else ()

    return step


def _all(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        return value
    return tuple(value.values()) if isinstance(value, dict) else ()


def _literal(text: str) -> Any:
    if text[0] in "\"'":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _filter(left: str, operator: str, right: str) -> Step:
    path, wanted = compile_path(left), _literal(right)

    def holds(item: Any) -> bool:
        for value in path(item):
            if operator in ("==", "!="):
                same = value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
                return same == (operator == "==")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not isinstance(wanted, float):
                return False
            return {"<": value < wanted, ">": value > wanted, "<=": value <= wanted, ">=": value >= wanted}[operator]
        return False

    def step(value: Any) -> Iterable[Any]:
        return [item for item in value if holds(item)] if isinstance(value, list) else ()

    return step


@functools.lru_cache(maxsize=4096)
def compile_path(text: str) -> Callable[[Any], Iterator[Any]]:
    """A function from a value to all that *text* finds in it. Raises: PathError."""
    steps: list[Step] = []
    rest = text.strip()
    if rest.startswith("{") and rest.endswith("}"):
        rest = rest[1:-1]
    if rest and rest[0] not in ".[":
        rest = "." + rest
    position = 0
    while position < len(rest):
        match = _TOKEN.match(rest, position)
        if match is None:
            if rest[position:] == ".":
                break
            raise PathError(f"cannot read the JSON path '{text}' at '{rest[position:]}'")
        steps.append(_step(match))
        position = match.end()

    def find(value: Any) -> Iterator[Any]:
        found: Iterable[Any] = (value,)
        for step in steps:
            found = [inner for outer in found for inner in step(outer)]
        return iter(found)

    return find


def _step(match: re.Match[str]) -> Step:
    groups = match.groupdict()
    if groups["index"] is not None:
        return _index(int(groups["index"]))
    if groups["all"] is not None:
        return _all
    if groups["op"] is not None:
        return _filter(groups["left"], groups["op"], groups["right"])
    name = next(groups[key] for key in ("field", "single", "double") if groups[key] is not None)
    return _field(re.sub(r"\\(.)", r"\1", name))


def first(text: str, value: Any) -> Any:
    """The first value that *text* finds in *value*, None when there is none."""
    return next(compile_path(text)(value), None)
