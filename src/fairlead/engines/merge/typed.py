"""Walks over objects by the merge rules of their schema: merge, compare, take the field set, remove fields.

Source: sigs.k8s.io/structured-merge-diff v6.3 typed (merge.go, compare.go, tofieldset.go, remove.go,
validate.go, helpers.go); kube-openapi pkg/schemaconv for how a schema becomes merge rules.
Values are never changed; a result shares what it has in common with its inputs, so ``merged is live``
means that nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from fairlead.engines.merge.fieldset import (
    LEAF,
    FieldSet,
    element_text,
    is_member,
    key_element,
    union,
    value_element,
)
from fairlead.engines.merge.patches import equal
from fairlead.engines.schema.model import MISSING, Schema

_DOT: Final = "."
_PLAIN: Final = (str, int)


class TypedError(ValueError):
    """An object does not fit the merge rules of its schema; the text is that of the API server."""


class MergeType:
    """How values of one schema node merge. The kinds of value it allows are not exclusive."""

    __slots__ = (
        "_element",
        "_elements",
        "_fields",
        "_item",
        "_schema",
        "atomic_list",
        "atomic_map",
        "declared",
        "declared_type",
        "keys",
        "kinds",
    )

    def __init__(self, schema: Schema | None, *, atomic: bool = False, open_ended: bool = False) -> None:
        self._schema = schema
        self._fields: dict[str, MergeType] = {}
        self._elements: dict[Any, str] = {}  # identities met before
        self._element: MergeType | None = MISSING
        self._item: MergeType | None = MISSING
        kind = schema.type if schema is not None else ""
        self.declared_type = kind
        if schema is not None and schema.quantity:
            self.kinds: frozenset[str] = frozenset({"scalar"})
        elif kind == "object":
            self.kinds = frozenset({"map"})
        elif kind == "array":
            self.kinds = frozenset({"list"})
        elif kind:
            self.kinds = frozenset({"scalar"})
        else:
            self.kinds = frozenset({"scalar", "list", "map"})
        free_form = schema is not None and schema.typed and schema.preserve_unknown
        self.declared = schema.properties if schema is not None else {}
        self.atomic_map = atomic or free_form or (schema is not None and schema.map_type == "atomic")
        associative, self.keys = _list_rule(schema)
        self.atomic_list = atomic or free_form or not associative
        self._open_ended(open_ended)

    def _open_ended(self, inherited: bool) -> None:
        if inherited and self._schema is not None:
            self._schema.cache.setdefault("open_ended", True)

    @property
    def _is_open(self) -> bool:
        schema = self._schema
        if schema is None:
            return True
        return schema.preserve_unknown or bool(schema.cache.get("open_ended"))

    def field(self, name: str) -> MergeType | None:
        """Return the rule of a field; None when the schema does not know it."""
        found = self._fields.get(name)
        if found is None:
            schema = self.declared.get(name)
            if schema is None:
                return self.element
            found = self._fields[name] = merge_type(schema, self._is_open and self._schema is not None)
        return found

    @property
    def element(self) -> MergeType | None:
        """The rule of undeclared fields; None when there are none."""
        found = self._element
        if found is MISSING:
            found = self._element = self._make_element()
        return found

    def _make_element(self) -> MergeType | None:
        schema = self._schema
        if schema is None or (schema.typed and schema.preserve_unknown):
            return _UNTYPED if self.atomic_map else _DEDUCED
        additional = schema.additional
        if isinstance(additional, Schema):
            return merge_type(additional, self._is_open)
        if additional is True:
            return _DEDUCED
        if additional is False:
            return None
        return _DEDUCED if self._is_open or not schema.properties else None

    @property
    def item(self) -> MergeType:
        """The rule of a list's items."""
        found = self._item
        if found is MISSING or found is None:
            items = self._schema.items if self._schema is not None else None
            found = self._item = _UNTYPED if items is None else merge_type(items, self._is_open)
        return found

    def identify(self, item: Any) -> str:
        """Return the path element of a list item.

        Raises:
            TypedError: the item has no identity.
        """
        keys = self.keys
        if len(keys) == 1 and isinstance(item, dict):
            value = item.get(keys[0])
            if type(value) is str:
                known = self._elements.get(value)
                return known if known is not None else self._remember(value, key_element({keys[0]: value}))
        elif not keys and type(item) is str:
            known = self._elements.get(item)
            return known if known is not None else self._remember(item, value_element(item))
        elif len(keys) == 2 and isinstance(item, dict):
            pair = (item.get(keys[0]), item.get(keys[1]))
            if type(pair[0]) in _PLAIN and type(pair[1]) in _PLAIN:
                known = self._elements.get(pair)
                return known if known is not None else self._remember(pair, self._identify(item))
        return self._identify(item)

    def _remember(self, key: Any, element: str) -> str:
        if len(self._elements) > 4096:
            self._elements.clear()
        self._elements[key] = element
        return element

    def _identify(self, item: Any) -> str:
        if not self.keys:
            if isinstance(item, dict):
                raise TypedError("associative list without keys has an element that's a map type")
            if isinstance(item, list):
                raise TypedError("not supported: associative list with lists as elements")
            if item is None:
                raise TypedError("associative list without keys has an element that's an explicit null")
            return value_element(item)
        if item is None:
            raise TypedError("associative list with keys may not have a null element")
        if not isinstance(item, dict):
            raise TypedError("associative list with keys may not have non-map elements")
        found: dict[str, Any] = {}
        for name in self.keys:
            value = item.get(name, MISSING)
            if value is MISSING:
                schema = self.item.declared.get(name)
                value = MISSING if schema is None else schema.default
            if value is not MISSING:
                found[name] = value
        if not found:
            shown = " ".join(f'"{name}"' for name in self.keys)
            raise TypedError(
                f"associative list with keys has an element that omits all key fields [{shown}] "
                "(and doesn't have default values for any key fields)"
            )
        return key_element(found)

    def kind_of(self, value: Any) -> str:
        """Return how *value* is looked at: as a scalar, a list or a map."""
        if isinstance(value, dict):
            kind = "map"
        elif isinstance(value, list):
            kind = "list"
        else:
            kind = "scalar" if value is not None else ""
        if kind in self.kinds:
            return kind
        return "map" if "map" in self.kinds else "scalar" if "scalar" in self.kinds else "list"


def merge_type(schema: Schema, open_ended: bool = False) -> MergeType:
    """Return the merge rule of *schema*, made on first use."""
    found: MergeType | None = schema.cache.get("merge_type")
    if found is None:
        found = schema.cache["merge_type"] = MergeType(schema, open_ended=open_ended)
    return found


def root_type(schema: Schema) -> MergeType:
    """Return the merge rule of a whole object; its metadata follows the built-in ObjectMeta."""
    found = merge_type(schema)
    meta = schema.cache.get("metadata")
    if meta is not None and "metadata" not in found._fields:
        found._fields["metadata"] = merge_type(meta)
    return found


def _list_rule(schema: Schema | None) -> tuple[bool, tuple[str, ...]]:
    if schema is None:
        return False, ()
    if schema.list_type is not None:
        return schema.list_type in ("set", "map"), schema.list_keys if schema.list_type == "map" else ()
    if "merge" in schema.patch_strategies:
        return True, (schema.patch_merge_key,) if schema.patch_merge_key else ()
    return False, ()


_DEDUCED: Final = MergeType(None)
_UNTYPED: Final = MergeType(None, atomic=True)


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
    if left_keys == right_keys:
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
    if "map" in rule.kinds and rule is not _DEDUCED:
        if rule.atomic_map:
            return LEAF
    elif "map" not in rule.kinds and "list" in rule.kinds and rule.atomic_list:
        return LEAF
    return reconcile(node, rule)


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
    schema = rule._schema
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
