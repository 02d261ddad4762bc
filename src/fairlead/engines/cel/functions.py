"""Functions of the CEL standard library and of cel-go's strings, sets, encoders and optional extensions.

Source: cel-spec doc/langdef.md ("List of Standard Definitions"), cel-go v0.26 ext/strings.go, ext/sets.go,
ext/encoders.go. A function gets its arguments in order, the target of a method first.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed_zone
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import re2

from fairlead.engines.cel import values as v
from fairlead.engines.cel.errors import CelError
from fairlead.engines.cel.formatting import format_text
from fairlead.engines.cel.values import NONE, Optional, Type, UInt, no_overload, optional_of

Function = Callable[..., Any]


@lru_cache(maxsize=1024)
def compiled_pattern(pattern: str) -> Any:
    """Return the RE2 program of *pattern*.

    Raises:
        CelError: it is no regular expression.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise CelError(f"error parsing regexp: {text}") from None


def _text(name: str, *args: Any) -> None:
    if not all(isinstance(arg, str) for arg in args):
        raise no_overload(name, *args)


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, (bool, UInt)):
        raise no_overload(name, value)
    return value


def size(value: Any) -> int:
    """``size(x)``: characters, bytes, items or entries."""
    if isinstance(value, (str, bytes, list, dict)):
        return len(value)
    raise no_overload("size", value)


def _contains(text: Any, part: Any) -> bool:
    _text("contains", text, part)
    return part in text


def _starts(text: Any, part: Any) -> bool:
    _text("startsWith", text, part)
    return bool(text.startswith(part))


def _ends(text: Any, part: Any) -> bool:
    _text("endsWith", text, part)
    return bool(text.endswith(part))


def _matches(text: Any, pattern: Any) -> bool:
    _text("matches", text, pattern)
    return compiled_pattern(pattern).search(text) is not None


def _to_int(value: Any) -> int:
    if isinstance(value, bool):
        raise no_overload("int", value)
    if isinstance(value, int):
        return v.checked(int(value), 0)
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            raise CelError("integer overflow")
        return v.checked(int(value), 0)
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?[0-9]+", value):
            raise CelError(f'strconv.ParseInt: parsing "{value}": invalid syntax')
        return v.checked(int(value), 0)
    if isinstance(value, datetime):
        return int(value.timestamp() // 1)
    raise no_overload("int", value)


def _to_uint(value: Any) -> UInt:
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]+", value):
            raise CelError(f'strconv.ParseUint: parsing "{value}": invalid syntax')
        return UInt(v.checked(int(value), UInt(0)))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise no_overload("uint", value)
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
        raise CelError("unsigned integer overflow")
    return UInt(v.checked(int(value), UInt(0)))


def _to_double(value: Any) -> float:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise CelError(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from None
    if v.is_number(value):
        return float(value)
    raise no_overload("double", value)


def to_string(value: Any) -> str:
    """``string(x)``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return v.format_double(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise CelError("invalid UTF-8 in bytes, cannot convert to string") from None
    if isinstance(value, timedelta):
        return v.format_duration(value)
    if isinstance(value, datetime):
        return v.format_timestamp(value)
    if hasattr(value, "cel_type"):
        return str(value)
    raise no_overload("string", value)


def _to_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    _text("bytes", value)
    return bytes(value.encode())


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    _text("bool", value)
    if value in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if value in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise CelError(f'strconv.ParseBool: parsing "{value}": invalid syntax')


def _to_duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    _text("duration", value)
    return v.parse_duration(value)


def _to_timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    _text("timestamp", value)
    return v.parse_timestamp(value)


def _zone(name: str) -> Any:
    found = re.fullmatch(r"([+-]?)([0-9]{2}):([0-9]{2})", name)
    if found:
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return fixed_zone(-offset if found[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise CelError(f"unknown time zone {name}") from None


def _calendar(name: str, read: Callable[[datetime], int]) -> Function:
    def get(value: Any, zone: str = "UTC") -> int:
        if not isinstance(value, datetime):
            raise no_overload(name, value)
        return read(value.astimezone(UTC if zone == "UTC" else _zone(zone)))

    return get


def _clock(name: str, unit: timedelta, read: Callable[[datetime], int]) -> Function:
    on_time = _calendar(name, read)

    def get(value: Any, *zone: str) -> int:
        if not isinstance(value, timedelta):
            return int(on_time(value, *zone))
        if name == "getMilliseconds":
            return value.microseconds // 1000
        return int(value / unit)

    return get


def _char_at(text: Any, index: Any) -> str:
    _text("charAt", text)
    position = _count("charAt", index)
    if not 0 <= position <= len(text):
        raise CelError(f"index out of range: {position}")
    return str(text[position : position + 1])


def _index_of(text: Any, part: Any, start: Any = 0) -> int:
    if isinstance(text, list):
        return next((index for index, item in enumerate(text) if v.equal(item, part)), -1)
    _text("indexOf", text, part)
    position = _count("indexOf", start)
    if not 0 <= position <= len(text):
        raise CelError(f"index out of range: {position}")
    return int(text.find(part, position))


def _last_index_of(text: Any, part: Any, end: Any = None) -> int:
    if isinstance(text, list):
        return next((index for index in range(len(text) - 1, -1, -1) if v.equal(text[index], part)), -1)
    _text("lastIndexOf", text, part)
    if end is None:
        return int(text.rfind(part))
    position = _count("lastIndexOf", end)
    if not 0 <= position <= len(text):
        raise CelError(f"index out of range: {position}")
    return int(text.rfind(part, 0, position + len(part)))


def _join(items: Any, separator: Any = "") -> str:
    if not isinstance(items, list):
        raise no_overload("join", items)
    _text("join", separator, *items)
    return str(separator.join(items))


def _replace(text: Any, old: Any, new: Any, limit: Any = -1) -> str:
    _text("replace", text, old, new)
    return str(text.replace(old, new, _count("replace", limit)))


def _split(text: Any, separator: Any, limit: Any = -1) -> list[str]:
    _text("split", text, separator)
    count = _count("split", limit)
    if count == 0:
        return []
    if separator == "":
        parts = list(text)
        return parts if count < 0 or count >= len(parts) else [*parts[: count - 1], "".join(parts[count - 1 :])]
    return list(text.split(separator, -1 if count < 0 else count - 1))


def _substring(text: Any, start: Any, end: Any = None) -> str:
    _text("substring", text)
    first = _count("substring", start)
    last = len(text) if end is None else _count("substring", end)
    if not 0 <= first <= len(text):
        raise CelError(f"index out of range: {first}")
    if not 0 <= last <= len(text):
        raise CelError(f"index out of range: {last}")
    if first > last:
        raise CelError(f"invalid substring range. start: {first}, end: {last}")
    return str(text[first:last])


def _ascii(name: str, low: str, high: str) -> Function:
    table = {ord(a): b for a, b in zip(low, high, strict=True)}

    def convert(text: Any) -> str:
        _text(name, text)
        return str(text.translate(table))

    return convert


def _on_text(name: str, act: Callable[[str], Any]) -> Function:
    def call(text: Any) -> Any:
        _text(name, text)
        return act(text)

    return call


def _reverse(value: Any) -> Any:
    if isinstance(value, (str, list)):
        return value[::-1]
    raise no_overload("reverse", value)


def _sets(name: str, judge: Callable[[list[Any], list[Any]], bool]) -> Function:
    def call(left: Any, right: Any) -> bool:
        if not isinstance(left, list) or not isinstance(right, list):
            raise no_overload(name, left, right)
        return judge(left, right)

    return call


def _includes(left: list[Any], right: list[Any]) -> bool:
    return all(v.contains(item, left) for item in right)


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise CelError("illegal base64 data") from None


def _encode_base64(value: Any) -> str:
    if not isinstance(value, bytes):
        raise no_overload("base64.encode", value)
    return base64.b64encode(value).decode()


def _optional(name: str, act: Callable[[Optional], Any]) -> Function:
    def call(value: Any) -> Any:
        if not isinstance(value, Optional):
            raise no_overload(name, value)
        return act(value)

    return call


def _opened(value: Optional) -> Any:
    if not value.has_value:
        raise CelError("optional.none() dereference")
    return value.value


def _or_value(value: Any, other: Any) -> Any:
    if not isinstance(value, Optional):
        raise no_overload("orValue", value)
    return value.value if value.has_value else other


def _or(value: Any, other: Any) -> Any:
    if not isinstance(value, Optional) or not isinstance(other, Optional):
        raise no_overload("or", value, other)
    return value if value.has_value else other


def _non_zero(value: Any) -> Optional:
    zero = value is None or value is False or value == timedelta(0) or (not isinstance(value, bool) and not value)
    return NONE if zero else optional_of(value)


_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_UPPER: Final = _LOWER.upper()

FUNCTIONS: Final[dict[str, Function]] = {
    "size": size,
    "int": _to_int,
    "uint": _to_uint,
    "double": _to_double,
    "string": to_string,
    "bytes": _to_bytes,
    "bool": _to_bool,
    "duration": _to_duration,
    "timestamp": _to_timestamp,
    "dyn": lambda value: value,
    "type": lambda value: Type(v.type_name(value)),
    "matches": _matches,
    "sets.contains": _sets("sets.contains", _includes),
    "sets.intersects": _sets("sets.intersects", lambda a, b: any(v.contains(item, a) for item in b)),
    "sets.equivalent": _sets("sets.equivalent", lambda a, b: _includes(a, b) and _includes(b, a)),
    "strings.quote": _on_text("strings.quote", lambda text: format_text("%s", [_quoted(text)])),
    "base64.encode": _encode_base64,
    "base64.decode": _on_text("base64.decode", _decode_base64),
    "optional.of": optional_of,
    "optional.none": lambda: NONE,
    "optional.ofNonZeroValue": _non_zero,
}
METHODS: Final[dict[str, Function]] = {
    "size": size,
    "contains": _contains,
    "startsWith": _starts,
    "endsWith": _ends,
    "matches": _matches,
    "getFullYear": _calendar("getFullYear", lambda t: t.year),
    "getMonth": _calendar("getMonth", lambda t: t.month - 1),
    "getDayOfYear": _calendar("getDayOfYear", lambda t: t.timetuple().tm_yday - 1),
    "getDayOfMonth": _calendar("getDayOfMonth", lambda t: t.day - 1),
    "getDate": _calendar("getDate", lambda t: t.day),
    "getDayOfWeek": _calendar("getDayOfWeek", lambda t: t.isoweekday() % 7),
    "getHours": _clock("getHours", timedelta(hours=1), lambda t: t.hour),
    "getMinutes": _clock("getMinutes", timedelta(minutes=1), lambda t: t.minute),
    "getSeconds": _clock("getSeconds", timedelta(seconds=1), lambda t: t.second),
    "getMilliseconds": _clock("getMilliseconds", timedelta(milliseconds=1), lambda t: t.microsecond // 1000),
    "charAt": _char_at,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "join": _join,
    "lowerAscii": _ascii("lowerAscii", _UPPER, _LOWER),
    "upperAscii": _ascii("upperAscii", _LOWER, _UPPER),
    "replace": _replace,
    "split": _split,
    "substring": _substring,
    "trim": _on_text("trim", str.strip),
    "reverse": _reverse,
    "format": format_text,
    "hasValue": _optional("hasValue", lambda value: value.has_value),
    "value": _optional("value", _opened),
    "or": _or,
    "orValue": _or_value,
}


def _quoted(text: str) -> str:
    escapes = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
    escapes |= {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(escapes.get(char, char) for char in text) + '"'
