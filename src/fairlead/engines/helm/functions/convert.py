"""Loose conversions between Go's basic types.

Source: github.com/spf13/cast v1.7 (ToInt64, ToInt, ToFloat64) and sprig v3.3
strings.go (strval, strslice), defaults.go (empty).
"""

from __future__ import annotations

import math

from fairlead.base.patterns import late
from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.errors import FuncError, LimitError
from fairlead.engines.gotemplate.gofmt import TOO_DEEP, sprint_value
from fairlead.engines.gotemplate.gotypes import MAX_DEPTH, StrList, type_name

NIL_DEREFERENCE = "runtime error: invalid memory address or nil pointer dereference"

_ZERO_DECIMAL = late(r"\.0*\Z")


def wrap64(value: int) -> int:
    """Return *value* as a 64-bit signed integer, the way Go's arithmetic overflows."""
    if -(1 << 63) <= value < 1 << 63:
        return value
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def to_int(value: object) -> int:
    """Return cast.ToInt64(value): 0 when it cannot be one."""
    if isinstance(value, bool):
        return 1 if value else 0
    if isinstance(value, int):
        return wrap64(int(value)) if type_name(value) not in ("time.Duration",) else 0
    if isinstance(value, float):
        return _truncate(value)
    if isinstance(value, str):
        try:
            number = strconv.parse_int(_ZERO_DECIMAL.sub("", value) if "." in value else value)
        except ValueError:
            return 0
        return number if -(1 << 63) <= number < 1 << 63 else 0
    return 0


def _truncate(value: float) -> int:
    if math.isnan(value) or math.isinf(value) or abs(value) >= 2.0**63:
        return -(1 << 63)  # what amd64's conversion gives
    return int(value)


def to_float(value: object) -> float:
    """Return cast.ToFloat64(value): 0 when it cannot be one."""
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return float(value) if type_name(value) != "time.Duration" else 0.0
    if isinstance(value, str):
        try:
            return strconv.parse_float(value)
        except (ValueError, OverflowError):
            return 0.0
    return 0.0


def strval(value: object) -> str:
    """Return sprig's strval(value)."""
    if type(value) is str:
        return value
    if isinstance(value, bytes):
        return strconv.to_str(value)
    return sprint_value(value)


def strslice(value: object) -> list[str]:
    """Return sprig's strslice(value): the texts of a list without its nils."""
    if type(value) is StrList:
        return value
    if isinstance(value, list):
        return [strval(item) for item in value if item is not None]
    if isinstance(value, bytes):
        return [str(byte) for byte in value]
    if value is None:
        return []
    return [strval(value)]


def as_list(value: object, complaint: str) -> list[object]:
    """Return the elements of a slice.

    Raises:
        FuncError: *complaint* and the kind, in sprig's words.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, bytes):
        from fairlead.engines.gotemplate.gotypes import Uint8

        return [Uint8(byte) for byte in value]
    if value is None:
        raise FuncError(NIL_DEREFERENCE)
    from fairlead.engines.gotemplate.gotypes import kind_name

    raise FuncError(f"{complaint} {kind_name(value)}")


def deep_equal(a: object, b: object, depth: int = 0) -> bool:
    """Return reflect.DeepEqual(a, b): types count.

    Raises:
        LimitError: more than MAX_DEPTH levels.
    """
    if type_name(a) != type_name(b):
        return False
    if depth > MAX_DEPTH:
        raise LimitError(TOO_DEEP)
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and all(key in b and deep_equal(item, b[key], depth + 1) for key, item in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(deep_equal(*pair, depth + 1) for pair in zip(a, b, strict=True))
    return a == b


def deep_copy(value: object, depth: int = 0) -> object:
    """Return a copy that shares no map or list with *value*.

    Raises:
        LimitError: more than MAX_DEPTH levels.
    """
    if depth > MAX_DEPTH:
        raise LimitError(TOO_DEEP)
    if isinstance(value, dict):
        return type(value)((key, deep_copy(item, depth + 1)) for key, item in value.items())
    if isinstance(value, list):
        return type(value)(deep_copy(item, depth + 1) for item in value)
    return value
