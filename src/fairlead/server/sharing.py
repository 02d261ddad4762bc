"""The view of a new revision made of that of the revision before it: what a write did not touch is one value in both.

That saves decoding at each write, memory for each revision of the history, and whoever compares two revisions (field
managers, drafts, wake-ups) passes over whole subtrees.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

from fairlead.base.objects import Json

_NOTHING: Final[Json] = {}
_SAME_IN_JSON: Final = frozenset({str, int, bool, type(None)})


class ForeignValueError(Exception):
    """A value that JSON does not give back as it is: a date, an enum, a number that is none."""


def shared_view(obj: Json, old: Json) -> Json:
    """*obj* as decoding its JSON gives it, key order included; what is the same in *old* is *old*'s own.

    Nothing else of *obj* is kept by reference. Raises: ForeignValueError.
    """
    view: Json = _share_map(obj, old)
    return view


def _share(new: Any, old: Any) -> Any:
    if new is old:
        return old
    kind = type(new)
    if kind in _SAME_IN_JSON:
        return new
    if kind is dict:
        return _share_map(new, old if type(old) is dict else _NOTHING)
    if kind is list:
        return _share_list(new, old if type(old) is list else [])
    if kind is float and isfinite(new):
        return new
    raise ForeignValueError(kind.__name__)


def _share_map(new: Json, old: Json) -> Json:
    result: Json = {}
    same = len(new) == len(old)
    for key, item in new.items():
        if type(key) is not str:
            raise ForeignValueError(type(key).__name__)
        before = old.get(key)
        if item is not before and type(item) is not str:
            item = _share(item, before)
        same = same and _is_same(item, before)
        result[key] = item
    return old if same and list(new) == list(old) else result


def _share_list(new: list[Any], old: list[Any]) -> list[Any]:
    before = [*old, *[None] * (len(new) - len(old))]
    result = [_share(item, earlier) for item, earlier in zip(new, before, strict=False)]
    return old if len(new) == len(old) and all(map(_is_same, result, old)) else result


def _is_same(new: Any, old: Any) -> bool:
    """Whether two parts are one, or scalars of one type and value; equal containers have become one by now."""
    return new is old or (type(new) is type(old) and type(new) in _SAME_IN_JSON and bool(new == old))
