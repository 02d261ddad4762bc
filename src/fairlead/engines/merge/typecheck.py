"""Check an applied object by the merge rules of its schema, in the words of structured-merge-diff.

Source: sigs.k8s.io/structured-merge-diff v6.3 typed/validate.go and typed/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead.engines.merge.fieldset import element_text
from fairlead.engines.merge.rules import MergeType, TypedError


def check_typed(value: Any, rule: MergeType) -> None:
    """Raise what is wrong with *value* by its merge rules.

    Raises:
        TypedError: a field that is not declared, a value of the wrong kind, a repeated or nameless list item.
    """
    problems = list(_problems(value, rule, ""))
    if len(problems) == 1:
        raise TypedError(problems[0])
    if problems:
        raise TypedError("\n".join(["errors:", *(f"  {problem}" for problem in problems)]))


def _problems(value: Any, rule: MergeType, path: str) -> Iterator[str]:
    if value is None:
        return
    kind = "map" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"
    if kind not in rule.kinds:
        yield _prefixed(path, _wrong_kind(value, rule))
    elif kind == "map":
        for key, item in value.items():
            inner = rule.field(key)
            if inner is None:
                yield f"{path}.{key}: field not declared in schema"
            elif item is not None:
                yield from _problems(item, inner, f"{path}.{key}")
    elif kind == "list":
        yield from _list_problems(value, rule, path)
    elif rule.declared_type != "string" or type(value) is not str:
        wrong = _wrong_scalar(value, rule)
        if wrong:
            yield _prefixed(path, wrong)


def _list_problems(value: list[Any], rule: MergeType, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, item in enumerate(value):
        here = f"[{index}]"
        if not rule.atomic_list:
            try:
                element = rule.identify(item)
            except TypedError as error:
                yield _prefixed(path, f"element {index}: {error}")
                return
            here = element_text(element)
            if element in seen:
                yield _prefixed(path, f"duplicate entries for key {here}")
            seen.add(element)
        yield from _problems(item, rule.item, path + here)


def _prefixed(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def _wrong_kind(value: Any, rule: MergeType) -> str:
    if "map" in rule.kinds:
        return f"expected map, got {_value(value)}"
    if "list" in rule.kinds:
        return f"expected list, got {_value(value)}"
    return _wrong_scalar(value, rule) or f"expected any scalar, got {_value(value)}"


def _wrong_scalar(value: Any, rule: MergeType) -> str:
    schema = rule.schema
    if schema is None or schema.quantity or not schema.type or schema.int_or_string:
        return ""
    kind = schema.type
    if kind in ("integer", "number") and (isinstance(value, bool) or not isinstance(value, (int, float))):
        names = {bool: "bool", str: "string", dict: "map[string]interface {}", list: "[]interface {}"}
        return f"expected numeric (int or float), got {names.get(type(value), 'unknown')}"
    if kind == "boolean" and not isinstance(value, bool):
        return f"expected boolean, got {_value(value)}"
    if kind == "string" and schema.format in ("", "byte") and not isinstance(value, str):
        return f"expected string, got &value.valueUnstructured{{Value:{_value(value)}}}"
    return ""


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_value(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)
