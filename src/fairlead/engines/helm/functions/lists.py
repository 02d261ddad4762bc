"""Lists. Source: sprig v3.3 list.go, numeric.go, strings.go."""

from __future__ import annotations

import math

from fairlead.engines.gotemplate.errors import FuncError, LimitError
from fairlead.engines.gotemplate.gotypes import IntList, ListList, NilList, StrList, kind_name
from fairlead.engines.helm.functions.convert import (
    NIL_DEREFERENCE,
    as_list,
    deep_equal,
    strslice,
    strval,
    to_int,
)

MAX_LENGTH = 10_000_000


def make_list(*items: object) -> list[object]:
    return list(items)


def append(items: object, item: object) -> list[object]:
    return [*as_list(items, "Cannot push on type"), item]


def prepend(items: object, item: object) -> list[object]:
    return [item, *as_list(items, "Cannot prepend on type")]


def first(items: object) -> object:
    found = as_list(items, "Cannot find first on type")
    return found[0] if found else None


def last(items: object) -> object:
    found = as_list(items, "Cannot find last on type")
    return found[-1] if found else None


def rest(items: object) -> object:
    found = as_list(items, "Cannot find rest on type")
    return list(found[1:]) if found else NilList()


def initial(items: object) -> object:
    found = as_list(items, "Cannot find initial on type")
    return list(found[:-1]) if found else NilList()


def reverse(items: object) -> list[object]:
    return list(reversed(as_list(items, "Cannot find reverse on type")))


def compact(items: object) -> list[object]:
    return [item for item in as_list(items, "Cannot compact on type") if item]


def uniq(items: object) -> list[object]:
    kept: list[object] = []
    texts: set[str] = set()
    for item in as_list(items, "Cannot find uniq on type"):
        if type(item) is str:
            if item not in texts:
                texts.add(item)
                kept.append(item)
        elif not any(deep_equal(item, other) for other in kept):
            kept.append(item)
    return kept


def without(items: object, *omitted: object) -> list[object]:
    return [
        item
        for item in as_list(items, "Cannot find without on type")
        if not any(deep_equal(item, other) for other in omitted)
    ]


def has(needle: object, items: object) -> bool:
    if items is None:
        return False
    found = as_list(items, "Cannot find has on type")
    if type(needle) is str:
        return needle in found
    return any(deep_equal(needle, item) for item in found)


def slice_(items: object, *bounds: object) -> object:
    found = as_list(items, "list should be type of slice or array but")
    if not found:
        return None
    start = to_int(bounds[0]) if bounds else 0
    end = to_int(bounds[1]) if len(bounds) > 1 else len(found)
    if not 0 <= start <= end <= len(found):
        raise FuncError("reflect.Value.Slice: slice index out of bounds")
    part = found[start:end]
    return type(items)(part) if isinstance(items, list) else bytes(part)  # type: ignore[arg-type]


def concat(*lists: object) -> object:
    joined: list[object] = []
    for items in lists:
        if items is None:
            raise FuncError(NIL_DEREFERENCE)
        if not isinstance(items, list | bytes):
            raise FuncError(f"Cannot concat type {kind_name(items)} as list")
        joined.extend(as_list(items, ""))
    return joined or NilList()


def chunk(size: int, items: object) -> ListList:
    found = as_list(items, "Cannot chunk type")
    if size == 0:
        raise FuncError("runtime error: makeslice: len out of range")
    count = math.floor((len(found) - 1) / size) + 1
    if count < 0 or (size < 0 and count):
        raise FuncError("runtime error: makeslice: len out of range")
    return ListList(found[index * size : (index + 1) * size] for index in range(count))


def sort_alpha(items: object) -> StrList:
    if isinstance(items, list | bytes):
        return StrList(sorted(strslice(items)))
    return StrList([strval(items)])


def to_strings(items: object) -> StrList:
    return StrList(strslice(items))


def until(count: int) -> IntList:
    return until_step(0, count, -1 if count < 0 else 1)


def until_step(start: int, stop: int, step: int) -> IntList:
    if step == 0 or (stop < start) != (step < 0):
        return IntList()
    numbers = range(start, stop, step)
    if len(numbers) > MAX_LENGTH:
        raise LimitError(f"a list of more than {MAX_LENGTH} numbers")
    return IntList(numbers)


def seq(*numbers: int) -> str:
    if len(numbers) == 1:
        start, end = 1, numbers[0]
        step = -1 if end < start else 1
        found = until_step(start, end + step, step)
    elif len(numbers) == 2:
        start, end = numbers
        step = -1 if end < start else 1
        found = until_step(start, end + step, step)
    elif len(numbers) == 3:
        start, step, end = numbers
        if end < start and step > 0:
            return ""
        found = until_step(start, end + (-1 if end < start else 1), step)
    else:
        return ""
    return " ".join(map(str, found))
