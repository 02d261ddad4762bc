"""What each of Helm's functions reads of the maps and lists it is given (see gotemplate/watch.py).

Functions that are not named here read all of their arguments, unless their
parameters can only be scalars.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.watch import (
    BUILTIN_RULES,
    SCALARS,
    reads_level,
    reads_members,
    reads_nothing,
    reads_path,
)
from fairlead.engines.helm.functions.dicts import merge_all

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from fairlead.engines.gotemplate.watch import Rule, Watch


def _dict(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    """Only what stands for a key is read."""

    def call(*items: Any) -> Any:
        for key in items[::2]:
            if type(key) not in SCALARS:
                watch.deep(key)
        return function(*items)

    return call


def _dig(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        watch.steps(arguments[-1] if arguments else None, arguments[:-2])
        return watch.held(function(*arguments))

    return call


def _pick(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(table: Any, *wanted: Any) -> Any:
        for key in wanted:
            watch.steps(table, (key,))
        return function(table, *wanted)

    return call


def _pluck(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(key: Any, *tables: Any) -> Any:
        for table in tables:
            watch.steps(table, (key,))
        return function(key, *tables)

    return call


def _changes_first(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    """The first argument is changed; what is put into it is handed on unread."""

    def call(table: Any, *rest: Any) -> Any:
        if id(table) in watch.known:
            watch.mutated = True
        return function(table, *rest)

    return call


def _merges(*, overwrite: bool) -> Rule:
    def rule(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
        def seen(target: Any, source: Any) -> None:
            if id(target) in watch.known:
                watch.mutated = True
            watch.shallow.add(id(source))
            for item in target.values():
                watch.held(item)

        return lambda target, *sources: merge_all(target, sources, overwrite=overwrite, seen=seen)

    return rule


_NOTHING = (
    "default empty coalesce all any ternary typeOf typeIs typeIsLike kindOf kindIs tuple list include tpl required fail"
)
_LEVEL = (
    "first last rest initial reverse append push prepend chunk slice concat values omit mustFirst mustLast mustRest "
    "mustInitial mustReverse mustAppend mustPush mustPrepend mustChunk mustSlice"
)

RULES: Mapping[str, Rule] = {
    **BUILTIN_RULES,
    **dict.fromkeys(_NOTHING.split(), reads_nothing),
    **dict.fromkeys(_LEVEL.split(), reads_level),
    "keys": reads_members,
    "get": reads_path,
    "hasKey": reads_path,
    "dict": _dict,
    "dig": _dig,
    "pick": _pick,
    "pluck": _pluck,
    "set": _changes_first,
    "unset": _changes_first,
    **dict.fromkeys(("merge", "mustMerge"), _merges(overwrite=False)),
    **dict.fromkeys(("mergeOverwrite", "mustMergeOverwrite"), _merges(overwrite=True)),
}
