"""JSON patch (RFC 6902) and JSON merge patch (RFC 7386) over plain JSON values.

Source: evanphx/json-patch v4.13 (patch.go, merge.go), the library behind the API server.
Surprises it hands down: ``replace`` of a missing object key adds it, a ``null`` in a document
counts as missing, and negative array indexes count from the end.
Inputs are never changed; results share every part that a patch did not touch.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    _Change = Callable[[Any, str], Any]  # (container, last key) -> changed copy of the container

MAX_OPERATIONS = 10_000
MAX_COPIED_BYTES = 3 << 20  # by all copy operations of one patch together: each may double what is there


class PatchError(ValueError):
    """A patch that cannot be applied; ``code`` is the HTTP status the API server answers with."""

    def __init__(self, message: str, code: int = 422) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def json_patch(doc: Any, operations: Sequence[Any]) -> Any:
    """Return *doc* after all *operations* in order.

    Raises:
        PatchError: the first operation that does not apply, in the library's words.
    """
    if not isinstance(operations, list):
        raise PatchError(
            f"json: cannot unmarshal {_go_kind(operations)} into Go value of type jsonpatch.Patch", code=400
        )
    if len(operations) > MAX_OPERATIONS:
        raise PatchError(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}", code=413
        )
    copied = 0
    for operation in operations:
        if not isinstance(operation, dict):
            raise PatchError(
                f"json: cannot unmarshal {_go_kind(operation)} into Go value of type jsonpatch.Operation", code=400
            )
        if operation.get("op") == "copy":
            copied += _size_of_copy(doc, operation, MAX_COPIED_BYTES - copied)
            if copied > MAX_COPIED_BYTES:
                raise PatchError(
                    f"Unable to complete the copy, the accumulated size increase of copy is {copied}, exceeding the "
                    f"limit {MAX_COPIED_BYTES}"
                )
        kind = operation.get("op")
        act = _OPERATIONS.get(kind) if isinstance(kind, str) else None
        if act is None:
            raise PatchError(f"Unexpected kind: {kind if isinstance(kind, str) else 'unknown'}")
        doc = act(doc, operation)
    return doc


def merge_patch(doc: Any, patch: Any) -> Any:
    """Return *doc* with the JSON merge patch *patch* laid over it; a ``null`` removes.

    Raises:
        PatchError: the patch is not an object.
    """
    if not isinstance(patch, dict):
        raise PatchError("Invalid JSON Patch", code=400)
    if not isinstance(doc, dict):
        raise PatchError("Invalid JSON Document", code=400)
    return _merge(doc, patch)


def diff_merge(old: Any, new: Any) -> dict[str, Any]:
    """Return the smallest merge patch that turns *old* into *new* (``{}`` when they are equal).

    A merge patch cannot say ``null``: a null in *new* counts as absent.
    """
    patch: dict[str, Any] = {}
    if old is new:
        return patch
    for key, value in new.items():
        if value is None:
            if old.get(key) is not None:
                patch[key] = None
            continue
        before = old.get(key)
        if before is value:
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            inner = diff_merge(before, value)
            if inner:
                patch[key] = inner
        elif not equal(before, value):
            patch[key] = value
    for key in old:
        if key not in new:
            patch[key] = None
    return patch


def equal(left: Any, right: Any) -> bool:
    """Tell whether two JSON values are the same; unlike ``==``, true is not 1."""
    if left is right:
        return True
    if type(left) is str:
        return bool(left == right)
    if isinstance(left, dict):
        if not isinstance(right, dict) or len(left) != len(right):
            return False
        return all(key in right and equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        if not isinstance(right, list) or len(left) != len(right):
            return False
        return all(map(equal, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _merge(doc: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return _without_nulls(patch) if not isinstance(doc, dict) else patch
    if not isinstance(doc, dict):
        return _without_nulls(patch)
    merged: dict[str, Any] | None = None
    for key, value in patch.items():
        if value is None:
            if key in doc:
                merged = merged if merged is not None else dict(doc)
                merged.pop(key, None)
            continue
        before = doc.get(key)
        after = _without_nulls(value) if before is None else _merge(before, value)
        if after is not before:
            merged = merged if merged is not None else dict(doc)
            merged[key] = after
    return doc if merged is None else merged


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _path(operation: dict[str, Any], verb: str) -> str:
    path = operation.get("path")
    if not isinstance(path, str):
        detail = "missing value" if verb in ("add", "remove", "copy") else "operation missing path field: missing value"
        raise PatchError(f"{verb} operation failed to decode path: {detail}")
    return path


def _from(operation: dict[str, Any], verb: str) -> str:
    source = operation.get("from")
    if not isinstance(source, str):
        raise PatchError(f"{verb} operation failed to decode from: operation, missing from field: missing value")
    return source


def _split(path: str) -> list[str] | None:
    parts = path.split("/")
    if len(parts) < 2:
        return None
    return [part.replace("~1", "/").replace("~0", "~") for part in parts[1:]]


def _container(doc: Any, path: str) -> tuple[Any, str] | None:
    """Find the object or array that holds the last part of *path*; None when there is none."""
    parts = _split(path)
    if parts is None:
        return None
    for part in parts[:-1]:
        try:
            doc = _get(doc, part)
        except PatchError:
            return None
        if not isinstance(doc, (dict, list)):
            return None
    return doc, parts[-1]


def _rebuild(doc: Any, parts: list[str], change: _Change) -> Any:
    if len(parts) == 1:
        return change(doc, parts[0])
    inner = _rebuild(_get(doc, parts[0]), parts[1:], change)
    return _set(doc, parts[0], inner)


def _change(doc: Any, path: str, missing: str, failed: str, change: _Change) -> Any:
    if _container(doc, path) is None:
        raise PatchError(f"{missing}: missing value")
    parts = _split(path)
    assert parts is not None  # _container found it
    try:
        return _rebuild(doc, parts, change)
    except PatchError as error:
        raise PatchError(f"{failed}: {error.message}") from None


def _atoi(text: str) -> int:
    body = text[1:] if text[:1] in ("-", "+") else text
    if not (body.isascii() and body.isdigit()):
        raise PatchError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def _index(items: list[Any], key: str, size: int, checked_above: bool = True) -> int:
    index = _atoi(key)
    if (checked_above and index >= size) or index < -size:
        raise PatchError(f"Unable to access invalid index: {index}: invalid index referenced")
    return index + size if index < 0 else index


def _get(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        return container.get(key)
    return container[_index(container, key, len(container))]


def _set(container: Any, key: str, value: Any) -> Any:
    if isinstance(container, dict):
        return {**container, key: value}
    copied = list(container)
    copied[_index(container, key, len(container))] = value
    return copied


def _add(container: Any, key: str, value: Any) -> Any:
    if isinstance(container, dict):
        return {**container, key: value}
    if key == "-":
        return [*container, value]
    try:
        _atoi(key)
    except PatchError as error:
        raise PatchError(f"value was not a proper array index: '{key}': {error.message}") from None
    index = _index(container, key, len(container) + 1)
    return [*container[:index], value, *container[index:]]


def _remove(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        if key not in container:
            raise PatchError(f"Unable to remove nonexistent key: {key}: missing value")
        return {name: value for name, value in container.items() if name != key}
    index = _index(container, key, len(container))
    return [*container[:index], *container[index + 1 :]]


def _apply_add(doc: Any, operation: dict[str, Any]) -> Any:
    path = _path(operation, "add")
    value = operation.get("value")
    return _change(
        doc,
        path,
        f'add operation does not apply: doc is missing path: "{path}"',
        f"error in add for path: '{path}'",
        lambda container, key: _add(container, key, value),
    )


def _apply_remove(doc: Any, operation: dict[str, Any]) -> Any:
    path = _path(operation, "remove")
    return _change(
        doc,
        path,
        f'remove operation does not apply: doc is missing path: "{path}"',
        f"error in remove for path: '{path}'",
        _remove,
    )


def _apply_replace(doc: Any, operation: dict[str, Any]) -> Any:
    path = _path(operation, "replace")
    value = operation.get("value")
    if path == "":
        if not isinstance(value, (dict, list)):
            raise PatchError("replace operation value must be object or array: %!w(<nil>)")
        return value
    found = _container(doc, path)
    if found is None:
        raise PatchError(f"replace operation does not apply: doc is missing path: {path}: missing value")
    try:
        _get(*found)
    except PatchError:
        raise PatchError(f"replace operation does not apply: doc is missing key: {path}: missing value") from None
    return _change(doc, path, "", "", lambda container, key: _set(container, key, value))


def _apply_move(doc: Any, operation: dict[str, Any]) -> Any:
    source = _from(operation, "move")
    found = _container(doc, source)
    if found is None:
        raise PatchError(f"move operation does not apply: doc is missing from path: {source}: missing value")
    key = found[1]
    try:
        value = _get(*found)
    except PatchError as error:
        raise PatchError(f"error in move for path: '{key}': {error.message}") from None
    doc = _change(doc, source, "", f"error in move for path: '{key}'", _remove)
    path = _path(operation, "move")
    return _change(
        doc,
        path,
        f"move operation does not apply: doc is missing destination path: {path}",
        f"error in move for path: '{path}'",
        lambda container, last: _add(container, last, value),
    )


def _apply_copy(doc: Any, operation: dict[str, Any]) -> Any:
    source = _from(operation, "copy")
    found = _container(doc, source)
    if found is None:
        raise PatchError(f"copy operation does not apply: doc is missing from path: {source}: missing value")
    try:
        value = _get(*found)
    except PatchError as error:
        raise PatchError(f"error in copy for from: '{source}': {error.message}") from None
    path = _path(operation, "copy")
    return _change(
        doc,
        path,
        f"copy operation does not apply: doc is missing destination path: {path}",
        "error while adding value during copy",
        lambda container, key: _add(container, key, value),
    )


def _size_of_copy(doc: Any, operation: dict[str, Any], limit: int) -> int:
    """About how many bytes of JSON a copy adds; counting ends soon after *limit*."""
    found = _container(doc, _from(operation, "copy"))
    try:
        left = [_get(*found)] if found is not None else []
    except PatchError:
        return 0  # told when the operation is done
    size = 0
    while left and size <= limit:
        value = left.pop()
        if isinstance(value, dict):
            size += sum(len(key) + 4 for key in value) + 2
            left.extend(value.values())
        elif isinstance(value, list):
            size += len(value) + 2
            left.extend(value)
        else:
            size += len(value) + 2 if isinstance(value, str) else 4
    return size


def _apply_test(doc: Any, operation: dict[str, Any]) -> Any:
    path = _path(operation, "test")
    wanted = operation.get("value")
    value = doc
    if path:
        found = _container(doc, path)
        if found is None:
            raise PatchError(f"test operation does not apply: is missing path: {path}: missing value")
        try:
            value = _get(*found)
        except PatchError as error:
            raise PatchError(f"error in test for path: '{path}': {error.message}") from None
    if not equal(value, wanted):
        raise PatchError(f"testing value {path} failed: test failed")
    return doc


_OPERATIONS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "add": _apply_add,
    "remove": _apply_remove,
    "replace": _apply_replace,
    "move": _apply_move,
    "copy": _apply_copy,
    "test": _apply_test,
}


def _go_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    for kind, name in ((dict, "object"), (list, "array"), (str, "string"), ((int, float), "number")):
        if isinstance(value, kind):
            return name
    return "null"
