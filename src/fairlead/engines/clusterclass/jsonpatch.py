"""The three operations of RFC 6902 that a ClusterClass may use, over plain JSON values.

Source: evanphx/json-patch v5.9.11 patch.go. Unlike the library's v4 (which the API server uses), ``replace`` asks
that the field is there. Kept from it: a null on the way counts as missing, and negative indexes count from the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

_NUMBER: Final = re.compile(r"[+-]?[0-9]+\Z")
_MISSING: Final = "missing value"

Change = Callable[[Any, str], Any]


class OperationError(ValueError):
    """An operation that does not apply, in the library's words."""


def apply_operations(doc: Any, operations: Sequence[Mapping[str, Any]]) -> Any:
    """Return *doc* after *operations* in order; *doc* is not changed, parts not touched are shared.

    Raises:
        OperationError: the first operation that does not apply.
    """
    for operation in operations:
        act = _ACTS.get(operation["op"])
        if act is None:
            raise OperationError(f"Unexpected kind: {operation['op']}")
        doc = act(doc, operation.get("path") or "", operation.get("value"))
    return doc


def _add(doc: Any, path: str, value: Any) -> Any:
    if path == "":
        if not isinstance(value, (dict, list)):
            raise OperationError("add operation value must be object or array")
        return value

    def change(container: Any, key: str) -> Any:
        if isinstance(container, dict):
            return {**container, key: value}
        if key == "-":
            return [*container, value]
        if not _NUMBER.match(key):
            raise OperationError(f"value was not a proper array index: '{key}': {_atoi_error(key)}")
        index = _bounded(int(key), len(container) + 1)
        return [*container[:index], value, *container[index:]]

    missing = f'add operation does not apply: doc is missing path: "{path}": {_MISSING}'
    return _changed(doc, path, missing, "add", change)


def _remove(doc: Any, path: str, _: Any) -> Any:
    def change(container: Any, key: str) -> Any:
        if isinstance(container, dict):
            if key not in container:
                raise OperationError(f"unable to remove nonexistent key: {key}: {_MISSING}")
            return {name: value for name, value in container.items() if name != key}
        index = _index(key, len(container))
        return [*container[:index], *container[index + 1 :]]

    missing = f'remove operation does not apply: doc is missing path: "{path}": {_MISSING}'
    return _changed(doc, path, missing, "remove", change)


def _replace(doc: Any, path: str, value: Any) -> Any:
    if path == "":
        if not isinstance(value, (dict, list)):
            raise OperationError("replace operation value must be object or array")
        return value

    def change(container: Any, key: str) -> Any:
        absent = f"replace operation does not apply: doc is missing key: {path}: {_MISSING}"
        if isinstance(container, dict):
            if key not in container and key != "":
                raise _MissingKeyError(absent)
            return {**container, key: value}
        try:
            index = _index(key, len(container))
        except OperationError:
            raise _MissingKeyError(absent) from None
        return [*container[:index], value, *container[index + 1 :]]

    missing = f"replace operation does not apply: doc is missing path: {path}: {_MISSING}"
    return _changed(doc, path, missing, "remove", change)


class _MissingKeyError(OperationError):
    """An error that is not told as one of the path."""


def _changed(doc: Any, path: str, missing: str, verb: str, change: Change) -> Any:
    """Return *doc* with the container that holds the last part of *path* changed."""
    parts = path.split("/")
    if len(parts) < 2 or not isinstance(doc, (dict, list)):
        raise OperationError(missing)
    keys = [part.replace("~1", "/").replace("~0", "~") for part in parts[1:]]

    def walk(at: Any, depth: int) -> Any:
        key = keys[depth]
        if depth == len(keys) - 1:
            return change(at, key)
        if key == "":
            raise _MissingKeyError(missing)
        if isinstance(at, dict):
            place: Any = key
        else:
            try:
                place = _index(key, len(at))
            except OperationError:
                raise _MissingKeyError(missing) from None
        below = at.get(place) if isinstance(at, dict) else at[place]
        if not isinstance(below, (dict, list)):
            raise _MissingKeyError(missing)
        after = walk(below, depth + 1)
        if isinstance(at, dict):
            return {**at, place: after}
        return [*at[:place], after, *at[place + 1 :]]

    try:
        return walk(doc, 0)
    except _MissingKeyError:
        raise
    except OperationError as error:
        raise OperationError(f"error in {verb} for path: '{path}': {error}") from None


def _index(key: str, size: int) -> int:
    if not _NUMBER.match(key):
        raise OperationError(_atoi_error(key))
    return _bounded(int(key), size)


def _bounded(index: int, size: int) -> int:
    if not -size <= index < size:
        raise OperationError(f"Unable to access invalid index: {index}: invalid index referenced")
    return index + size if index < 0 else index


def _atoi_error(key: str) -> str:
    return f'strconv.Atoi: parsing "{key}": invalid syntax'


_ACTS: Final[dict[str, Callable[[Any, str, Any], Any]]] = {"add": _add, "remove": _remove, "replace": _replace}
