"""Reads request bodies in Kubernetes' protobuf form, which Go clients prefer for built-in kinds.

Only reading: answers are JSON, which such clients accept too. Source: apimachinery v0.36
pkg/runtime/serializer/protobuf (the envelope) and the field tags of the Go types.
"""

from __future__ import annotations

import base64
import functools
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from fairlead.api.errors import bad_request
from fairlead.api.kubernetes.protobuf_fields import FIELDS
from fairlead.base.objects import Json

MAGIC = b"k8s\x00"
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
DEPTH_LIMIT = 200
# Groups whose package is not the first word of the group's name.
_PACKAGES = {
    "": "core",
    "rbac.authorization.k8s.io": "rbac",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "meta.k8s.io": "meta",
}
_UNITS = ((3600 * 10**9, "h"), (60 * 10**9, "m"))


class _Field(NamedTuple):
    name: str
    type: str
    keeps_zero: bool
    is_list: bool
    is_map: bool
    is_inline: bool


@functools.cache
def _messages() -> dict[str, str]:
    return dict(line.split(" ", 1) for line in FIELDS.strip().splitlines())


@functools.cache
def _fields(message: str) -> dict[int, _Field]:
    found = {}
    for word in _messages()[message].split():
        number, name, kind = word.split(":")
        bare = kind.lstrip("*[{>")
        marks = kind[: len(kind) - len(bare)]
        found[int(number)] = _Field(name, bare, "*" in marks, "[" in marks, "{" in marks, ">" in marks)
    return found


def _varint(data: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")


def _walk(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: number and value, a number or bytes. Raises: ValueError, IndexError."""
    position, end = 0, len(data)
    while position < end:
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == 2:
            size, position = _varint(data, position)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire} is not known")
        if position + size > end:
            raise ValueError("a field ends after its message")
        yield number, data[position : position + size]
        position += size


def decode(body: bytes) -> Json:
    """The object in an enveloped protobuf *body*. Raises: ApiError BadRequest."""
    try:
        if not body.startswith(MAGIC):
            raise ValueError("the envelope is missing")
        envelope = dict(_walk(body[4:]))
        type_meta = {number: _text(value) for number, value in _walk(_bytes(envelope.get(1, b"")))}
        api_version, kind = type_meta.get(1, ""), type_meta.get(2, "")
        raw = _bytes(envelope.get(2, b""))
        message = _message_name(api_version, kind)
        return {"apiVersion": api_version, "kind": kind, **_message(raw, message, 0)}
    except (ValueError, IndexError, KeyError, OverflowError) as error:
        raise bad_request(f"the object provided is unrecognized (cannot be read as protobuf): {error}") from error


def _message_name(api_version: str, kind: str) -> str:
    if kind == "DeleteOptions":
        return "meta.v1.DeleteOptions"
    group, _, version = api_version.rpartition("/")
    name = f"{_PACKAGES.get(group, group.partition('.')[0])}.{version}.{kind}"
    if name not in _messages():
        raise ValueError(f"{kind} in {api_version} has no known protobuf form; send JSON")
    return name


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a number stands where bytes are due")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode()


def _message(data: bytes, name: str, depth: int) -> Json:
    if depth > DEPTH_LIMIT:
        raise ValueError("messages are nested too deeply")
    fields = _fields(name)
    found: Json = {}
    for number, value in _walk(data):
        field = fields.get(number)
        if field is None:
            continue
        if field.is_map:
            key, item = _entry(_bytes(value), field.type, depth)
            found.setdefault(field.name, {})[key] = item
        elif field.is_list:
            found.setdefault(field.name, []).append(_value(value, field.type, depth))
        elif field.is_inline:
            found.update(_message(_bytes(value), field.type, depth + 1))
        else:
            decoded = _value(value, field.type, depth)
            if field.keeps_zero or decoded not in ("", 0, False, None, {}) or _is_message(field.type):
                found[field.name] = decoded
    return {key: item for key, item in found.items() if item is not None}


def _is_message(kind: str) -> bool:
    return len(kind) > 1


def _entry(data: bytes, kind: str, depth: int) -> tuple[str, Any]:
    key, item = "", b""
    value: int | bytes = item
    for number, part in _walk(data):
        if number == 1:
            key = _text(part)
        elif number == 2:
            value = part
    return key, _value(value, kind, depth)


def _value(value: int | bytes, kind: str, depth: int) -> Any:
    if _is_message(kind):
        return _message(_bytes(value), kind, depth + 1)
    if kind in "it":
        if not isinstance(value, int):
            raise ValueError("bytes stand where a number is due")
        return bool(value) if kind == "t" else (value - (1 << 64) if value >> 63 else value)
    return _SCALARS[kind](_bytes(value), depth)


def _number(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise ValueError("bytes stand where a number should")
    return value


def _time(data: bytes, depth: int) -> str | None:
    parts = dict(_walk(data))
    if not parts:
        return None
    seconds = _number(parts.get(1, 0))
    signed = seconds - (1 << 64) if seconds >> 63 else seconds
    if signed <= -62135596800:  # Go's zero time
        return None
    return datetime.fromtimestamp(signed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _micro_time(data: bytes, depth: int) -> str | None:
    whole = _time(data, depth)
    nanos = _number(dict(_walk(data)).get(2, 0))
    return None if whole is None else f"{whole[:-1]}.{nanos // 1000:06d}Z"


def _duration(data: bytes, depth: int) -> str:
    nanos = _number(dict(_walk(data)).get(1, 0))
    text = ""
    for size, unit in _UNITS:
        count, nanos = divmod(nanos, size)
        if count or text:
            text += f"{count}{unit}"
    return f"{text}{nanos / 10**9:g}s"


def _int_or_string(data: bytes, depth: int) -> Any:
    parts = dict(_walk(data))
    if parts.get(1):
        return _text(parts.get(3, b""))
    number = parts.get(2, 0)
    return number - (1 << 64) if isinstance(number, int) and number >> 63 else number


def _quantity(data: bytes, depth: int) -> str:
    return _text(dict(_walk(data)).get(1, b""))


def _raw(data: bytes, depth: int) -> Any:
    inner = _bytes(dict(_walk(data)).get(1, b""))
    if inner.startswith(MAGIC):
        return decode(inner)
    return orjson.loads(inner) if inner else None


def _texts(data: bytes, depth: int) -> list[str]:
    return [_text(value) for _, value in _walk(data)]


def _schema_or(data: bytes, depth: int, list_number: int) -> Any:
    found: list[Any] = []
    for number, value in _walk(data):
        if number == list_number and isinstance(value, bytes):
            found.append(_message(value, "apiextensions.v1.JSONSchemaProps", depth + 1))
        elif isinstance(value, bytes) and number != list_number:
            return _message(value, "apiextensions.v1.JSONSchemaProps", depth + 1)
    return found


def _schema_or_bool(data: bytes, depth: int) -> Any:
    parts = dict(_walk(data))
    if 2 in parts:
        return _message(_bytes(parts[2]), "apiextensions.v1.JSONSchemaProps", depth + 1)
    return bool(parts.get(1))


def _schema_or_texts(data: bytes, depth: int) -> Any:
    parts = list(_walk(data))
    for number, value in parts:
        if number == 1:
            return _message(_bytes(value), "apiextensions.v1.JSONSchemaProps", depth + 1)
    return [_text(value) for number, value in parts if number == 2]


_SCALARS: dict[str, Callable[[bytes, int], Any]] = {
    "s": lambda data, depth: data.decode(),
    "b": lambda data, depth: base64.b64encode(data).decode(),
    "f": lambda data, depth: struct.unpack("<d", data)[0],
    "Q": _quantity,
    "T": _time,
    "U": _micro_time,
    "D": _duration,
    "I": _int_or_string,
    "R": _raw,
    "V": _texts,
    "A": lambda data, depth: _schema_or(data, depth, 2),
    "B": _schema_or_bool,
    "S": _schema_or_texts,
}
