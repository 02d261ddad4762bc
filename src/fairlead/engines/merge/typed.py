"""Walks over objects by the merge rules of their schema: merge, compare, take the field set, remove fields.

Source: sigs.k8s.io/structured-merge-diff v6.3 typed (merge.go, compare.go, tofieldset.go, remove.go,
reconcile_schema.go). Values are never changed; a result shares what it has in common with its inputs, so
``merged is live`` means that nothing changed.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from fairlead.engines.merge.fieldset import LEAF, FieldSet, is_member, union
from fairlead.engines.merge.patches import equal
from fairlead.engines.merge.rules import DEDUCED, MergeType
from fairlead.engines.schema.model import MISSING

_DOT: Final = "."


def field_set(value: Any, rule: MergeType) -> FieldSet:
    """Return the fields that *value* sets, as an applier owns them."""
    return _children(value, rule)[1]


def _children(value: Any, rule: MergeType) -> tuple[bool, FieldSet]:
    """Return whether *value* as a whole is a leaf, and else the set below it."""
    if isinstance(value, dict) and "map" in rule.kinds:
        if rule.atomic_map:
            return True, LEAF
        result: FieldSet = {}
        declared = rule.declared
        for key, item in value.items():
            if not isinstance(item, (dict, list)):
                result["f:" + key] = LEAF
                continue
            inner = rule.field(key)
            leaf, below = (True, LEAF) if inner is None else _children(item, inner)
            if leaf or (not item and isinstance(item, dict)):
                result["f:" + key] = below if not below else {_DOT: {}, **below}
            elif key not in declared:
                result["f:" + key] = {_DOT: {}, **below} if below else LEAF
            elif below:
                result["f:" + key] = below
        return False, result
    if isinstance(value, list) and "list" in rule.kinds:
        return (True, LEAF) if rule.atomic_list else (False, _item_set(value, rule))
    if value is None and "scalar" not in rule.kinds:
        return ("map" in rule.kinds and rule.atomic_map) or (rule.kinds == {"list"} and rule.atomic_list), LEAF
    return True, LEAF


def _item_set(value: list[Any], rule: MergeType) -> FieldSet:
    result: FieldSet = {}
    repeated: set[str] = set()
    inner = rule.item
    for item in value:
        element = rule.identify(item)
        if element in result:
            repeated.add(element)
            continue
        below = _children(item, inner)[1]
        result[element] = {_DOT: {}, **below} if below else LEAF
    for element in repeated:
        result[element] = LEAF
    return result


class Comparison(NamedTuple):
    """What happened between two values: the fields removed, modified and added."""

    removed: FieldSet
    modified: FieldSet
    added: FieldSet

    @property
    def changed(self) -> FieldSet:
        """Modified or added."""
        return union(self.modified, self.added)


_Nodes = tuple[FieldSet | None, FieldSet | None, FieldSet | None]
_SAME: Final[_Nodes] = (None, None, None)


def compare(old: Any, new: Any, rule: MergeType) -> Comparison:
    """Return what is different in *new*; shared parts cost nothing."""
    removed, modified, added = _compare(old, new, rule)
    return Comparison(removed or {}, modified or {}, added or {})


def _compare(old: Any, new: Any, rule: MergeType) -> _Nodes:
    if old is new:
        return _SAME
    if type(old) is type(new) and not isinstance(old, (dict, list)):
        return _SAME if old == new else (None, LEAF, None)
    if old is MISSING:
        return None, None, _whole(new, rule)
    if new is MISSING:
        return _whole(old, rule), None, None
    old_kind, new_kind = rule.kind_of(old), rule.kind_of(new)
    if old_kind != new_kind:
        return _compare_kinds(old, new, old_kind, new_kind, rule)
    if new_kind == "map" and not rule.atomic_map:
        left = old if isinstance(old, dict) else {}
        right = new if isinstance(new, dict) else {}
        if left or right:
            return _compare_maps(left, right, rule)
    elif new_kind == "list" and not rule.atomic_list:
        before = old if isinstance(old, list) else []
        after = new if isinstance(new, list) else []
        if before or after:
            return _compare_lists(before, after, rule)
    return _SAME if equal(old, new) else (None, LEAF, None)


def _compare_kinds(old: Any, new: Any, old_kind: str, new_kind: str, rule: MergeType) -> _Nodes:
    """Compare across a change of kind: the scalar is modified, the fields of the container come or go."""
    removed = _inner(old, rule) if old_kind != "scalar" else None
    added = _inner(new, rule) if new_kind != "scalar" else None
    return removed or None, LEAF, added or None


def _compare_maps(old: dict[str, Any], new: dict[str, Any], rule: MergeType) -> _Nodes:
    removed: FieldSet = {}
    modified: FieldSet = {}
    added: FieldSet = {}
    for key, item in new.items():
        before = old.get(key, MISSING)
        if before is item:
            continue
        inner = rule.field(key)
        if inner is not None:
            _collect("f:" + key, _compare(before, item, inner), removed, modified, added)
    for key, item in old.items():
        if key not in new:
            inner = rule.field(key)
            if inner is not None:
                removed["f:" + key] = _whole(item, inner)
    return removed or None, modified or None, added or None


def _collect(element: str, nodes: _Nodes, removed: FieldSet, modified: FieldSet, added: FieldSet) -> None:
    if nodes[0] is not None:
        removed[element] = nodes[0]
    if nodes[1] is not None:
        modified[element] = nodes[1]
    if nodes[2] is not None:
        added[element] = nodes[2]


def _compare_lists(old: list[Any], new: list[Any], rule: MergeType) -> _Nodes:
    removed: FieldSet = {}
    modified: FieldSet = {}
    added: FieldSet = {}
    before, after = _grouped(old, rule), _grouped(new, rule)
    inner = rule.item
    for element in {**before, **after}:
        left, right = before.get(element, []), after.get(element, [])
        if len(left) <= 1 and len(right) <= 1:
            nodes = _compare(left[0] if left else MISSING, right[0] if right else MISSING, inner)
            _collect(element, nodes, removed, modified, added)
        elif len(left) > 1 and len(right) > 1:
            if not equal(left, right):
                modified[element] = LEAF
        elif len(left) > 1:
            removed[element] = LEAF
            if right:
                added[element] = _whole(right[0], inner)
        else:
            added[element] = LEAF
            if left:
                removed[element] = _whole(left[0], inner)
    return removed or None, modified or None, added or None


def _grouped(items: list[Any], rule: MergeType) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for item in items:
        groups.setdefault(rule.identify(item), []).append(item)
    return groups


def _whole(value: Any, rule: MergeType) -> FieldSet:
    """Return the node of a value that came or went: itself and everything below."""
    below = _inner(value, rule)
    return {_DOT: {}, **below} if below else LEAF


def _inner(value: Any, rule: MergeType) -> FieldSet:
    if isinstance(value, dict) and "map" in rule.kinds and not rule.atomic_map:
        result: FieldSet = {}
        for key, item in value.items():
            inner = rule.field(key)
            if inner is not None:
                result["f:" + key] = _whole(item, inner)
        return result
    if isinstance(value, list) and "list" in rule.kinds and not rule.atomic_list:
        inner = rule.item
        groups = _grouped(value, rule)
        return {key: _whole(items[0], inner) if len(items) == 1 else LEAF for key, items in groups.items()}
    return LEAF


def merge(live: Any, config: Any, rule: MergeType) -> Any:
    """Return *live* with *config* laid over it; *live* itself when that changes nothing."""
    if live is config or live is MISSING:
        return config
    if not isinstance(config, (dict, list)) and config is not None:
        return live if type(live) is type(config) and live == config else config
    kind = rule.kind_of(config)
    if kind == "map" and not rule.atomic_map and rule.kind_of(live) == "map":
        left = live if isinstance(live, dict) else {}
        right = config if isinstance(config, dict) else {}
        if left or right:
            return _merge_maps(live, left, right, rule)
    elif kind == "list" and not rule.atomic_list and rule.kind_of(live) == "list":
        before = live if isinstance(live, list) else []
        after = config if isinstance(config, list) else []
        if before or after:
            merged = _merge_lists(before, after, rule)
            return live if _same_items(merged, live) else merged
    return live if equal(live, config) else config


def _same_items(merged: list[Any], live: Any) -> bool:
    return isinstance(live, list) and len(merged) == len(live) and all(map(_is, merged, live))


def _is(left: Any, right: Any) -> bool:
    return left is right


def _merge_maps(live: Any, left: dict[str, Any], right: dict[str, Any], rule: MergeType) -> Any:
    result: dict[str, Any] | None = None if live is left else dict(left)
    for key, item in right.items():
        inner = rule.field(key)
        before = left.get(key, MISSING)
        after = item if inner is None else merge(before, item, inner)
        if after is not before:
            if result is None:
                result = dict(left)
            result[key] = after
    return live if result is None else result


def _merge_lists(live: list[Any], config: list[Any], rule: MergeType) -> list[Any]:
    """Interleave: the applier's order holds for its own items, the live order for all others."""
    inner = rule.item
    right = {rule.identify(item): item for item in config}
    left_keys = [rule.identify(item) for item in live]
    right_keys = list(right)
    if left_keys == right_keys and len(config) == len(right):  # equal items are refused later
        return [merge(before, after, inner) for before, after in zip(live, config, strict=True)]
    left: dict[str, Any] = {}
    for element, item in zip(left_keys, live, strict=True):
        left[element] = MISSING if element in left else item
    shared = iter([element for element in right_keys if element in left])
    following = next(shared, None)
    done: set[str] = set()
    result: list[Any] = []
    i = j = 0
    while i < len(left_keys) or j < len(right_keys):
        if i < len(left_keys) and j < len(right_keys):
            element = left_keys[i]
            if element == right_keys[j]:
                done.add(element)
                result.append(merge(left[element], right[element], inner))
                i, j = i + 1, j + 1
                following = next(shared, None)
                continue
            if element in right and following is not None and following != element:
                i += 1
                continue
        if i < len(left_keys):
            element = left_keys[i]
            if element not in right:
                result.append(live[i])
                i += 1
                continue
            if element in done:
                i += 1
        if j < len(right_keys):
            element = right_keys[j]
            done.add(element)
            result.append(merge(left.get(element, MISSING), right[element], inner))
            j += 1
            if following == element:
                following = next(shared, None)
    return result


def remove(value: Any, fields: FieldSet, rule: MergeType) -> Any:
    """Return *value* without the members of *fields*; MISSING when a container is left empty by that."""
    if not fields:
        return value
    if isinstance(value, dict) and not rule.atomic_map:
        return _remove_fields(value, fields, rule)
    if isinstance(value, list) and not rule.atomic_list:
        result = []
        for item in value:
            node = fields.get(rule.identify(item))
            if is_member(node):
                continue
            kept = remove(item, node, rule.item) if node else item
            if kept is not MISSING:
                result.append(kept)
        if not result and value:
            return MISSING
        return value if _same_items(result, value) else result
    return value


def _remove_fields(value: dict[str, Any], fields: FieldSet, rule: MergeType) -> Any:
    result: dict[str, Any] | None = None
    for key, item in value.items():
        node = fields.get("f:" + key)
        if node is None:
            continue
        inner = rule.field(key)
        kept = MISSING if is_member(node) else item if inner is None else remove(item, node, inner)
        if kept is not item:
            result = dict(value) if result is None else result
            if kept is MISSING:
                del result[key]
            else:
                result[key] = kept
    if result is None:
        return value
    return result or MISSING


def with_named_fields(fields: FieldSet, rule: MergeType | None) -> FieldSet:
    """Return *fields* with every declared field on the way to a member made a member too."""
    result: FieldSet = {}
    for element, node in fields.items():
        if not node:
            result[element] = node
            continue
        inner, declared = _step(element, rule)
        below = with_named_fields(node, inner)
        result[element] = {_DOT: {}, **below} if declared else below
    return result


def _step(element: str, rule: MergeType | None) -> tuple[MergeType | None, bool]:
    if rule is None:
        return None, False
    if element[:1] == "f":
        return rule.field(element[2:]), element[2:] in rule.declared
    return (rule.item if "list" in rule.kinds else None), False


def reconcile(fields: FieldSet, rule: MergeType) -> FieldSet:
    """Return *fields* after schema changes: what lies below a now atomic field becomes that field."""
    result: FieldSet | None = None
    for element, node in fields.items():
        if not node or element == _DOT:
            continue
        inner = _step(element, rule)[0]
        if inner is None:
            continue
        after = _reconcile_node(node, inner)
        if after is not node:
            result = dict(fields) if result is None else result
            result[element] = after
    return fields if result is None else result


def _reconcile_node(node: FieldSet, rule: MergeType) -> FieldSet:
    if "map" in rule.kinds and rule is not DEDUCED:
        if rule.atomic_map:
            return LEAF
    elif "map" not in rule.kinds and "list" in rule.kinds and rule.atomic_list:
        return LEAF
    return reconcile(node, rule)
