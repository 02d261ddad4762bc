"""Lists that merge by key, with kyaml's ways.

Source: kyaml v0.21.2 yaml/walk/associative_sequence.go, yaml/fns.go (ElementSetter, ElementMatcher).
Most lists are plain: every element is a mapping with its own key. Those take a quick way with the same result.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import fresh, is_empty, is_null, is_scalar, kind_name, plain, put_text, text_of

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Walk = Callable[[Any, Any], Any]


def merge(dest: list[Any], patch: list[Any] | None, keys: tuple[str, ...], walk: Walk, *, prepend: bool) -> list[Any]:
    """Return the elements of *dest* and *patch*, those with equal *keys* merged by *walk*.

    Without keys the lists are sets of scalars. Raises: KustomizeError.
    """
    if len(keys) == 1 and prepend:
        quick = _merge_plain(dest, patch, keys[0], walk)
        if quick is not None:
            return quick
    sources = [dest, patch]
    order = [patch, dest] if prepend else [dest, patch]
    if keys:
        return _merge_by(sources, _key_values(order, keys), list(keys), walk, prepend)
    return _merge_by(sources, _scalar_values(order), [""], walk, prepend)


def _merge_plain(dest: list[Any], patch: list[Any] | None, key: str, walk: Walk) -> list[Any] | None:
    ours = _index(dest, key)
    if ours is None:
        return None
    if patch is None or patch is dest:
        theirs = ours if patch is dest else {}
    else:
        found = _index(patch, key)
        if found is None:
            return None
        theirs = found
    first: dict[str, Any] = {}
    gone = set()
    for name in (*theirs, *(name for name in ours if name not in theirs)):
        before = ours.get(name)
        after = walk(before, theirs.get(name))
        if is_empty(after):
            gone.add(name)
            continue
        if key not in after:
            after[key] = fresh(plain(name))
        first[name] = after if before is None else before
    return list(first.values())


def _index(items: list[Any], key: str) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for item in items:
        if item.__class__ is not dict:
            return None
        name = item.get(key)
        if name.__class__ is not str:
            name = text_of(name) if name is not None and not is_null(name) else ""
        if not name or name in found:
            return None
        found[name] = item
    return found


# The long way.


def _key_values(sources: Sequence[list[Any] | None], keys: Sequence[str]) -> list[list[str]]:
    values: list[list[str]] = []
    for source in sources:
        for item in source or ():
            found = []
            for key in keys:
                field = item.get(key) if item.__class__ is dict else None
                found.append("" if is_empty(field) else text_of(field))
            if found not in values:
                values.append(found)
    return values


def _scalar_values(sources: Sequence[list[Any] | None]) -> list[list[str]]:
    seen: dict[str, None] = {}
    for source in sources:
        for item in source or ():
            seen.setdefault(text_of(item))
    return [[value] for value in seen]


def _merge_by(
    sources: list[list[Any] | None], values_list: list[list[str]], keys: list[str], walk: Walk, prepend: bool
) -> list[Any]:
    dest = sources[0]
    assert dest is not None
    added: list[Any] = []
    if len(keys) > 1:
        _complete(values_list)
    good_keys: list[str] = []
    for values in values_list:
        if not values:
            continue
        good_keys, good_values = _valid(values_list, values, keys)
        pair = [_element(source, good_keys, good_values) for source in sources]
        value = walk(*pair)
        if is_null(value) or (value.__class__ is dict and not value):
            put(dest, good_keys, good_values, None)
            continue
        for key, text in zip(good_keys, good_values, strict=False):
            if not text or (value.__class__ is dict and key in value):
                continue
            if value.__class__ is dict:
                value[key] = fresh(plain(text))
            elif not key and is_scalar(value):
                value = put_text(value, text)
        put(added, good_keys, good_values, value)
    if not values_list:
        return dest
    return _append(added, dest, good_keys) if prepend else _append(dest, added, good_keys)


def _complete(values_list: list[list[str]]) -> None:
    """Give values that share a key the other keys of each other."""
    for i in range(len(values_list)):
        for j in range(len(values_list)):
            both = _match(values_list[i], values_list[j])
            if both is not None:
                values_list[i] = values_list[j] = both


def _match(left: list[str], right: list[str]) -> list[str] | None:
    if len(left) != len(right):
        return None
    common, result = False, []
    for a, b in zip(left, right, strict=True):
        if a == b:
            common = True
        elif a and b:
            return None
        result.append(a or b)
    return result if common else None


def _valid(values_list: list[list[str]], values: list[str], keys: list[str]) -> tuple[list[str], list[str]]:
    used = {keys[at] for row in values_list for at, value in enumerate(row) if value}
    if not used:
        return keys, values
    return (
        [key for key in keys if key in used],
        [value for at, value in enumerate(values) if value or keys[at] in used],
    )


def _element(source: list[Any] | None, keys: list[str], values: list[str]) -> Any:
    if source is None:
        return None
    keys, values = _valid([values], values, keys)
    if not keys[0]:
        return next((item for item in source if text_of(item) == values[0]), None)
    for item in source:
        if item.__class__ is dict and all(
            (field := item.get(key)) is not None and text_of(field) == value
            for key, value in zip(keys, values, strict=False)
        ):
            return item
    return None


def put(items: list[Any], keys: Sequence[str], values: Sequence[str], element: Any) -> None:
    """Put *element* in the place of those of *items* that have *values* for *keys*, else at the end.

    Without an element they are taken out. Nulls and empty mappings go in any case.
    """
    is_mapping_setter = bool(keys and keys[0] and values and values[0])
    content = []
    matched = False
    for item in items:
        if is_null(item) or (item.__class__ is dict and not item):
            continue
        if item.__class__ is not dict and is_mapping_setter:
            content.append(item)
            continue
        if not _matches(item, keys, values):
            if values:
                content.append(item)
            continue
        matched = True
        if element is not None:
            content.append(element)
    items[:] = content
    if element is not None and not is_null(element) and not matched:
        items.append(element)


def _matches(item: Any, keys: Sequence[str], values: Sequence[str]) -> bool:
    found = False
    for at, key in enumerate(keys):
        if at < len(values):
            value = values[at]
            if not key:
                if not is_scalar(item):
                    raise KustomizeError(f"wrong node kind: expected ScalarNode but got {kind_name(item)}")
                found = text_of(item) == value
            else:
                if item.__class__ is not dict:
                    raise KustomizeError(f"wrong node kind: expected MappingNode but got {kind_name(item)}")
                field = item.get(key)
                found = field is not None and (not value or text_of(field) == value)
        if not found:
            return False
    return True


def _append(target: list[Any], source: list[Any], keys: list[str]) -> list[Any]:
    for item in list(source):
        if not keys[0]:
            put(target, ("",), (text_of(item),), item)
            continue
        if item.__class__ is not dict:
            raise KustomizeError(f"wrong node kind: expected MappingNode but got {kind_name(item)}")
        values = []
        for key in keys:
            field = item.get(key)
            if field is None:
                target.append(item)
            else:
                values.append(text_of(field))
        if len(keys) > 1:
            put(target, keys, values, None)
        put(target, keys, values, item)
    return target
