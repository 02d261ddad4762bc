"""Sets of field paths, kept in the very form in which they are stored: FieldsV1.

Source: sigs.k8s.io/structured-merge-diff v6.3 fieldpath (set.go, serialize.go, element.go) and the
FieldsV1 documentation. A set is a mapping from a path element (``f:name``, ``k:{"type":"Ready"}``,
``v:"x"``, ``i:0``) to the set below it. ``{}`` is a member with nothing below; a member that has members
below it holds ``".": {}`` too. Sets are values: no function changes its arguments, results share parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from fairlead.engines.schema.errors import quote

FieldSet = dict[str, Any]

_SELF: Final = "."
LEAF: Final[FieldSet] = {}
_RANK: Final = {"f": 0, "k": 1, "v": 2, "i": 3}


def field_element(name: str) -> str:
    """Return the path element of a field of an object."""
    return "f:" + name


def value_element(value: Any) -> str:
    """Return the path element of an item of a set."""
    return "v:" + _json(value)


def key_element(keys: dict[str, Any]) -> str:
    """Return the path element of an item of a list that is a map."""
    return "k:" + _json(dict(sorted(keys.items())))


def _json(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return what is in *left* or in *right*."""
    if left is right or not right:
        return left
    if not left:
        return right
    result: FieldSet | None = None
    for key, theirs in right.items():
        if key not in left:
            result = dict(left) if result is None else result
            result[key] = theirs
            continue
        mine = left[key]
        if mine is theirs or key == _SELF:
            continue
        both = _union_node(mine, theirs)
        if both is not mine:
            result = dict(left) if result is None else result
            result[key] = both
    return left if result is None else result


def _union_node(mine: FieldSet, theirs: FieldSet) -> FieldSet:
    if not mine:
        return theirs if not theirs or _SELF in theirs else {_SELF: {}, **theirs}
    if not theirs:
        return mine if _SELF in mine else {_SELF: {}, **mine}
    return union(mine, theirs)


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return what is in both *left* and *right*."""
    result: FieldSet = {}
    for key, mine in left.items():
        theirs = right.get(key)
        if theirs is None:
            continue
        if not mine or not theirs:
            if (not mine or _SELF in mine) and (not theirs or _SELF in theirs):
                result[key] = LEAF
            continue
        both = intersection(mine, theirs)
        if both:
            result[key] = _normal(both)
    return result


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return what is in *left* but not in *right*; what lies below a member of *right* stays."""
    if not left or not right:
        return left
    result: FieldSet = {}
    changed = False
    for key, mine in left.items():
        theirs = right.get(key)
        if theirs is None:
            result[key] = mine
            continue
        rest = _difference_node(mine, theirs)
        changed = changed or rest is not mine
        if rest is not None:
            result[key] = rest
    return result if changed else left


def _difference_node(mine: FieldSet, theirs: FieldSet) -> FieldSet | None:
    if not mine:
        return None if not theirs or _SELF in theirs else mine
    if not theirs:
        rest = {key: value for key, value in mine.items() if key != _SELF} if _SELF in mine else mine
    else:
        rest = difference(mine, theirs)
    if rest is mine:
        return mine
    return _normal(rest) if rest else None


def recursive_difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """Return what is in *left* and neither in *right* nor below a member of *right*."""
    result: FieldSet = {}
    for key, mine in left.items():
        theirs = right.get(key)
        if theirs is None:
            result[key] = mine
        elif theirs and _SELF not in theirs:
            if not mine:
                result[key] = mine
                continue
            rest = recursive_difference(mine, theirs)
            if rest:
                result[key] = _normal(rest)
    return result


def _normal(node: FieldSet) -> FieldSet:
    return LEAF if len(node) == 1 and _SELF in node else node


def is_member(node: FieldSet | None) -> bool:
    """Tell whether a node found in a set stands for a member (and not only for a way to members)."""
    return node is not None and (not node or _SELF in node)


def ordered(fields: FieldSet) -> FieldSet:
    """Return the same set in the order in which it is printed."""
    if len(fields) < 2:
        return {key: ordered(value) if value else value for key, value in fields.items()}
    return {key: ordered(fields[key]) if fields[key] else LEAF for key in sorted(fields, key=_order)}


def _order(element: str) -> tuple[int, str]:
    return (-1, "") if element == _SELF else (_RANK.get(element[0], 4), element)


def paths(fields: FieldSet, prefix: str = "") -> Iterator[str]:
    """Yield the members as texts (``.spec.ports[port=80].name``): at each level members first, then what is below."""
    elements = sorted((key for key in fields if key != _SELF), key=_order)
    for element in elements:
        if is_member(fields[element]):
            yield prefix + element_text(element)
    for element in elements:
        if fields[element]:
            yield from paths(fields[element], prefix + element_text(element))


def element_text(element: str) -> str:
    """Return one path element as it is shown to people."""
    kind, body = element[:1], element[2:]
    if kind == "f":
        return "." + body
    if kind == "k":
        return "[" + ",".join(f"{name}={_value_text(value)}" for name, value in json.loads(body).items()) + "]"
    if kind == "v":
        return f"[={_value_text(json.loads(body))}]"
    return f"[{body}]"


def _value_text(value: Any) -> str:
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
