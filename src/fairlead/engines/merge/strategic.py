"""Strategic merge patch: a merge patch that knows from the schema how lists merge.

Source: k8s.io/apimachinery v0.36 pkg/util/strategicpatch/patch.go (StrategicMergeMapPatch). The
directives are ``$patch`` (delete, replace, merge), ``$retainKeys``, ``$setElementOrder/LIST`` and
``$deleteFromPrimitiveList/LIST``. Inputs are never changed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fairlead.engines.merge.patches import PatchError, equal
from fairlead.engines.schema.model import Schema

_DIRECTIVE = "$patch"
_RETAIN_KEYS = "$retainKeys"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_SET_ORDER = "$setElementOrder/"


class _Meta(NamedTuple):
    """How one field merges: its schema, patch strategy (without retainKeys) and merge key."""

    schema: Schema | None
    strategy: str
    merge_key: str


def strategic_merge(doc: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    """Return *doc* after the strategic merge patch *patch*, merging lists as *schema* says.

    Raises:
        PatchError: a directive that is malformed or does not fit.
    """
    if not isinstance(patch, dict):
        raise PatchError("invalid JSON document", code=400)
    merged: dict[str, Any] = _merge_map(doc, patch, schema)
    return merged


def _meta(schema: Schema | None, key: str) -> _Meta:
    found = schema.field(key) if schema is not None else None
    if found is None:
        return _Meta(None, "", "")
    strategies = [name for name in found.patch_strategies if name != "retainKeys"]
    return _Meta(found, strategies[0] if strategies else "", found.patch_merge_key)


def _merge_map(original: Any, patch: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    if _DIRECTIVE in patch:
        return _directive_map(patch)
    result = _retain_keys(original, patch)
    handled = _ordered_lists(result, patch, schema)
    for key, value in patch.items():
        if key in handled or key == _RETAIN_KEYS or key.startswith(_SET_ORDER):
            continue
        is_deletion = key.startswith(_DELETE_FROM)
        name = key[len(_DELETE_FROM) :] if is_deletion else key
        if value is None:
            result.pop(name, None)
            continue
        before: Any = result.get(name)
        if name not in result or not _same_kind(before, value):
            if not is_deletion:
                after, keep = _clean(value)
                if keep:
                    result[name] = after
                else:
                    result.pop(name, None)
            continue
        meta = _meta(schema, name)
        if isinstance(value, dict):
            result[name] = value if meta.strategy == "replace" else _merge_map(before, value, meta.schema)
        elif isinstance(value, list):
            result[name] = _merge_list_field(before, value, meta, is_deletion, name)
        else:
            result[name] = value
    return result


def _directive_map(patch: dict[str, Any]) -> dict[str, Any]:
    kind = patch[_DIRECTIVE]
    if kind == "replace":
        return {key: value for key, value in patch.items() if key != _DIRECTIVE}
    if kind == "delete":
        return {}
    raise PatchError(f"unknown patch type: {kind} in map: {_go_map(patch)}", code=500)


def _retain_keys(original: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    if _RETAIN_KEYS not in patch:
        return dict(original)
    kept = patch[_RETAIN_KEYS]
    if not isinstance(kept, list):
        raise PatchError("invalid patch format of retainKeys", code=400)
    for key, value in patch.items():
        if key == _RETAIN_KEYS or value is None or key.startswith((_DELETE_FROM, _SET_ORDER)):
            continue
        if key not in kept:
            raise PatchError("invalid patch format of retainKeys", code=400)
    return {key: value for key, value in original.items() if key in kept}


def _ordered_lists(result: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> set[str]:
    """Merge the lists that come with an order into *result*; return their names."""
    handled: set[str] = set()
    for directive, order in patch.items():
        if not directive.startswith(_SET_ORDER):
            continue
        if not isinstance(order, list):
            raise PatchError("invalid patch format of setElementOrder list", code=400)
        name = directive[len(_SET_ORDER) :]
        before, wanted = result.get(name, []), patch.get(name, [])
        if not isinstance(before, list) or not isinstance(wanted, list):
            continue
        meta = _meta(schema, name)
        _check_order(wanted, order, meta.merge_key)
        if name in result and name in patch:
            merged = _merge_list_field(before, wanted, meta, False, name)
        elif name in patch:
            merged = _clean(wanted)[0]
        elif name in result:
            merged = before
        else:
            continue
        inside, server_only = _partition(merged, order, meta.merge_key)
        result[name] = _normalize(inside, server_only, order, before, meta.merge_key)
        handled.add(name)
    return handled


def _check_order(items: list[Any], order: list[Any], merge_key: str) -> None:
    index = 0
    kept = [item for item in items if not _is_deletion(item)] if merge_key else items
    for item in kept:
        if isinstance(item, dict) and _DIRECTIVE in item:
            continue
        wanted = _identity(item, merge_key)
        while index < len(order) and not equal(_identity(order[index], merge_key), wanted):
            index += 1
        if index >= len(order):
            raise PatchError(
                f"The order in patch list:\n{go_value(items)}\n"
                f" doesn't match {_SET_ORDER[:-1]} list:\n{go_value(order)}\n",
                code=500,
            )
        index += 1


def _merge_list_field(before: list[Any], value: list[Any], meta: _Meta, is_deletion: bool, name: str) -> list[Any]:
    if meta.strategy != "merge" and not is_deletion:
        return value
    if not before and not value:
        return before
    return _merge_list(before, value, meta, is_deletion, name)


def _merge_list(before: list[Any], patch: list[Any], meta: _Meta, is_deletion: bool, name: str) -> list[Any]:
    sample = (before or patch)[0]
    if isinstance(sample, list):
        raise PatchError("lists of lists are not supported", code=422)
    if any(isinstance(item, dict) != isinstance(sample, dict) for item in [*before, *patch]):
        raise PatchError(f"list element types are not identical: {go_value([before, patch])}", code=500)
    if not isinstance(sample, dict):
        if is_deletion:
            gone = _Places(patch, "")
            return [item for item in before if gone.of(item) < 0]
        merged = _unique([*before, *patch])
        inside, server_only = _partition(merged, patch, "")
        return _normalize(inside, server_only, patch, before, "")
    key = meta.merge_key
    if not key:
        raise PatchError(f"cannot merge lists without merge key for {name}", code=500)
    before, patch = _special_elements(before, patch, key)
    items = meta.schema.items if meta.schema is not None else None
    merged = _merge_elements(before, patch, key, items)
    inside, server_only = _partition(merged, patch, key)
    return _normalize(inside, server_only, patch, before, key)


def _special_elements(before: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any]]:
    plain: list[Any] = []
    replaced = False
    for item in patch:
        if _DIRECTIVE not in item:
            plain.append(item)
            continue
        kind = item[_DIRECTIVE]
        if kind == "delete":
            if key not in item:
                raise PatchError(f"map: {_go_map(item)} does not contain declared merge key: {key}", code=500)
            before = [old for old in before if not (key in old and equal(old[key], item[key]))]
        elif kind == "replace":
            replaced = True
        elif kind == "merge":
            raise PatchError("merging lists cannot yet be specified in the patch", code=500)
        else:
            raise PatchError(f"unknown patch type: {kind} in map: {_go_map(item)}", code=500)
    return (plain, []) if replaced else (before, plain)


def _merge_elements(before: list[Any], patch: list[Any], key: str, schema: Schema | None) -> list[Any]:
    result = list(before)
    places = _Places(result, key)
    for item in patch:
        if key not in item:
            raise PatchError(f"map: {_go_map(item)} does not contain declared merge key: {key}", code=500)
        index = places.of(item)
        if index >= 0:
            result[index] = _merge_map(result[index], item, schema)
        else:
            places.add(item, len(result))
            result.append(_clean(item)[0])
    return result


def _partition(items: list[Any], order: list[Any], key: str) -> tuple[list[Any], list[Any]]:
    """Split *items* into those named in *order* and the rest."""
    inside: list[Any] = []
    outside: list[Any] = []
    places = _Places(order, key)
    for item in items:
        if key and isinstance(item, dict) and key not in item:
            raise PatchError(f"map: {_go_map(item)} does not contain declared merge key: {key}", code=500)
        (inside if places.of(item) >= 0 else outside).append(item)
    return inside, outside


def _normalize(inside: list[Any], outside: list[Any], order: list[Any], server: list[Any], key: str) -> list[Any]:
    """Merge two sorted runs: the patch's order holds inside it, the server's order otherwise."""
    on_server, in_order = _Places(server, key), _Places(order, key)
    left = sorted(outside, key=on_server.rank)
    right = sorted(inside, key=in_order.rank)
    result: list[Any] = []
    i = j = 0
    while i < len(left) or j < len(right):
        if i >= len(left):
            result.append(right[j])
            j += 1
        elif j >= len(right):
            result.append(left[i])
            i += 1
        else:
            li, ri = on_server.of(left[i]), on_server.of(right[j])
            if 0 <= li < ri:
                result.append(left[i])
                i += 1
            else:
                result.append(right[j])
                j += 1
    return result


class _Places:
    """Where in a list an element is that has the same identity; found at once for texts and numbers."""

    def __init__(self, items: list[Any], key: str) -> None:
        self._key = key
        self._count = len(items)
        self._known: dict[Any, int] = {}
        self._others: list[tuple[Any, int]] = []
        for index, item in enumerate(items):
            if not (key and isinstance(item, dict) and key not in item):
                self.add(item, index)

    def add(self, item: Any, index: int) -> None:
        identity = _identity(item, self._key)
        if isinstance(identity, dict | list):
            self._others.append((identity, index))
        else:
            self._known.setdefault(_hashable(identity), index)

    def of(self, item: Any) -> int:
        """The index of the first such element, -1 when there is none."""
        identity = _identity(item, self._key)
        if isinstance(identity, dict | list):
            return next((index for other, index in self._others if equal(other, identity)), -1)
        return self._known.get(_hashable(identity), -1)

    def rank(self, item: Any) -> int:
        """The same, after all elements when there is none."""
        place = self.of(item)
        return place if place >= 0 else self._count


def _hashable(value: Any) -> tuple[str, Any]:
    """Two of these are equal when `equal` holds of the values."""
    if isinstance(value, bool):
        return "bool", value
    return ("number", value) if isinstance(value, int | float) else ("text", value)


def _identity(item: Any, key: str) -> Any:
    return item.get(key) if key and isinstance(item, dict) else item


def _unique(items: list[Any]) -> list[Any]:
    result: list[Any] = []
    places = _Places([], "")
    for item in items:
        if places.of(item) < 0:
            places.add(item, len(result))
            result.append(item)
    return result


def _is_deletion(item: Any) -> bool:
    return isinstance(item, dict) and item.get(_DIRECTIVE) == "delete"


def _same_kind(left: Any, right: Any) -> bool:
    return type(left) is type(right) or (
        isinstance(left, (int, float))
        and isinstance(right, (int, float))
        and isinstance(left, bool) == isinstance(right, bool)
    )


def _clean(value: Any) -> tuple[Any, bool]:
    """Return *value* without directives and nulls, and whether it is to be kept at all."""
    if isinstance(value, dict):
        if _DIRECTIVE in value:
            return None, False
        cleaned = {}
        for key, item in value.items():
            if item is None or key == _RETAIN_KEYS or key.startswith((_SET_ORDER, _DELETE_FROM)):
                continue
            inner, keep = _clean(item)
            if keep:
                cleaned[key] = inner
        return cleaned, True
    if isinstance(value, list):
        pairs = [_clean(item) for item in value]
        return [inner for inner, keep in pairs if keep], True
    return value, True


def _go_map(value: dict[str, Any]) -> str:
    return "map[" + " ".join(f"{key}:{go_value(value[key])}" for key in sorted(value)) + "]"


def go_value(value: Any) -> str:
    """A JSON value as Go's %v prints it."""
    if isinstance(value, dict):
        return _go_map(value)
    if isinstance(value, list):
        return "[" + " ".join(map(go_value, value)) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
