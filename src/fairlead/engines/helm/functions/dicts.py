"""Maps. Source: sprig v3.3 dict.go, dario.cat/mergo v1.0.1 merge.go."""

from __future__ import annotations

from fairlead.engines.gotemplate.errors import FuncError, LimitError
from fairlead.engines.gotemplate.gofmt import TOO_DEEP
from fairlead.engines.gotemplate.gotypes import MAX_DEPTH, NilMap, StrList, type_name
from fairlead.engines.helm.functions.convert import strval

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Map = dict[str, Any]


def make_dict(*items: object) -> Map:
    made: Map = {}
    for index in range(0, len(items), 2):
        key = items[index]
        made[key if type(key) is str else strval(key)] = items[index + 1] if index + 1 < len(items) else ""
    return made


def get(table: Map | None, key: str) -> object:
    return "" if table is None else table.get(key, "")


def set_(table: Map | None, key: str, value: object) -> Map:
    if table is None:
        raise FuncError("assignment to entry in nil map")
    table[key] = value
    return table


def unset(table: Map | None, key: str) -> Map:
    if table is not None:
        table.pop(key, None)
    return NilMap() if table is None else table


def has_key(table: Map | None, key: str) -> bool:
    return table is not None and key in table


def pluck(key: str, *tables: Map | None) -> list[object]:
    return [table[key] for table in tables if table is not None and key in table]


def keys(*tables: Map | None) -> StrList:
    """Return the keys; Go's order is random, ours is sorted within each map."""
    return StrList(key for table in tables if table is not None for key in sorted(table))


def values(table: Map | None) -> list[object]:
    """Return the values; Go's order is random, ours follows the sorted keys."""
    return [table[key] for key in sorted(table)] if table is not None else []


def pick(table: Map | None, *wanted: str) -> Map:
    return {key: table[key] for key in wanted if key in table} if table is not None else {}


def omit(table: Map | None, *unwanted: str) -> Map:
    return {key: value for key, value in table.items() if key not in unwanted} if table is not None else {}


def dig(*arguments: object) -> object:
    if len(arguments) < 3:
        raise FuncError("dig needs at least three arguments")
    *path, default, table = arguments
    at: object = _table(table)
    for key in path:
        if not isinstance(key, str):
            raise FuncError(f"interface conversion: interface {{}} is {_type(key)}, not string")
    for index, key in enumerate(path):
        if index:
            at = _table(at)
        assert isinstance(at, dict)
        if key not in at:
            return default
        at = at[key]
    return at


def _type(value: object) -> str:
    return "nil" if value is None else type_name(value)


def _table(value: object) -> Map:
    if isinstance(value, dict) and type_name(value) == "map[string]interface {}":
        return value
    raise FuncError(f"interface conversion: interface {{}} is {_type(value)}, not map[string]interface {{}}")


def merge(target: Map | None, *sources: Map | None) -> Map:
    return merge_all(target, sources, overwrite=False)


def merge_overwrite(target: Map | None, *sources: Map | None) -> Map:
    return merge_all(target, sources, overwrite=True)


def merge_all(
    target: Map | None,
    sources: Sequence[Map | None],
    *,
    overwrite: bool,
    seen: Callable[[Map, Map], None] | None = None,
) -> Map:
    """Merge *sources* into *target* in place; *seen* is told each pair of maps before one is merged into the other."""
    target = NilMap() if target is None else target
    for source in sources:
        if source:
            _merge(target, source, overwrite, seen, 0)
    return target


def _merge(target: Map, source: Map, overwrite: bool, seen: Callable[[Map, Map], None] | None, depth: int) -> None:
    """Merge *source* into *target* in place; maps inside *source* are shared, not copied."""
    if target is source:
        return
    if depth > MAX_DEPTH:
        raise LimitError(TOO_DEEP)
    if seen is not None:
        seen(target, source)
    for key, value in source.items():
        if value is None:
            if overwrite:
                target[key] = None
            continue
        mine = target.get(key)
        if isinstance(value, dict) and isinstance(mine, dict):
            _merge(mine, value, overwrite, seen, depth + 1)
            if mine:
                continue
        if isinstance(value, list) and mine and not overwrite:
            continue
        if overwrite or not mine:
            target[key] = value
