"""The JSON patch that turns one object into another. Pure. Source: RFC 6902, wI2L/jsondiff (rationalized)."""

from collections.abc import Sequence
from typing import Any

from fairlead.base.objects import Json, copy


def difference(before: Any, after: Any, path: str = "") -> list[Json]:
    """The operations that turn *before* into *after*."""
    if isinstance(before, dict) and isinstance(after, dict):
        found: list[Json] = []
        for name in sorted({*before, *after}):
            place = f"{path}/{escape(name)}"
            if name not in after:
                found.append({"op": "remove", "path": place})
            elif name not in before:
                found.append({"op": "add", "path": place, "value": after[name]})
            else:
                found += difference(before[name], after[name], place)
        return found
    if isinstance(before, list) and isinstance(after, list):
        return _lists(before, after, path)
    return [] if before == after else [{"op": "replace", "path": path, "value": after}]


def _lists(before: Sequence[Any], after: Sequence[Any], path: str) -> list[Json]:
    found: list[Json] = []
    shared = min(len(before), len(after))
    for index in range(shared):
        found += difference(before[index], after[index], f"{path}/{index}")
    found += [{"op": "remove", "path": f"{path}/{index}"} for index in range(len(before) - 1, shared - 1, -1)]
    found += [{"op": "add", "path": f"{path}/-", "value": item} for item in after[shared:]]
    return found


def without(obj: Json, paths: Sequence[str]) -> Json:
    """*obj* less what the JSON pointers *paths* name."""
    if not paths:
        return obj
    changed: Json = copy(obj)
    for path in paths:
        _remove(changed, [unescape(part) for part in path.strip("/").split("/")])
    return changed


def _remove(value: Any, parts: list[str]) -> None:
    head, rest = parts[0], parts[1:]
    if isinstance(value, dict) and head in value:
        if rest:
            _remove(value[head], rest)
        else:
            del value[head]
    elif isinstance(value, list) and head.isdigit() and int(head) < len(value):
        if rest:
            _remove(value[int(head)], rest)
        else:
            del value[int(head)]


def escape(part: str) -> str:
    """A name as a step of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    """A step of a JSON pointer as a name."""
    return part.replace("~1", "/").replace("~0", "~")
