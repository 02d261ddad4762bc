"""CEL values in Python, and the operators on them.

int, str, bytes, bool, float, None, list and dict stand for themselves; `UInt` is an unsigned integer, a
`datetime` a timestamp and a `timedelta` a duration (to the microsecond). Numbers of different types are equal
when their values are (cross-type comparison is on in Kubernetes and Flux).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fairlead.engines.cel.errors import CelError

_INT: Final = range(-(2**63), 2**63)
_UINT_LIMIT: Final = 2**64
_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_DURATION_PART: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_RFC3339: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[tT]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?([zZ]|[+-][0-9]{2}:[0-9]{2})"
)


class UInt(int):
    """An unsigned 64-bit integer."""


@dataclass(frozen=True, slots=True)
class Type:
    """A type as a value (``type(1) == int``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may be absent."""

    value: Any = None
    has_value: bool = False


NONE: Final = Optional()


def optional_of(value: Any) -> Optional:
    """Return an optional that holds *value*."""
    return Optional(value, True)


def type_name(value: Any) -> str:
    """Return the CEL name of the type of *value*."""
    if value is None:
        return "null_type"
    if isinstance(value, bool):
        return "bool"
    for kind, name in _TYPES:
        if isinstance(value, kind):
            return name
    return str(getattr(value, "cel_type", type(value).__name__))


_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (UInt, "uint"),
    (int, "int"),
    (float, "double"),
    (str, "string"),
    (bytes, "bytes"),
    (list, "list"),
    (dict, "map"),
    (timedelta, "google.protobuf.Duration"),
    (datetime, "google.protobuf.Timestamp"),
    (Type, "type"),
    (Optional, "optional_type"),
)


def no_overload(name: str, *values: Any) -> CelError:
    """Return the error for an operation that these values do not have."""
    return CelError(f"no such overload: {name}({', '.join(map(type_name, values))})" if values else "no such overload")


def is_number(value: Any) -> bool:
    """Tell whether *value* is an int, a uint or a double."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    """Tell whether two values are equal; values of unlike types are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_number(left) and is_number(right):
        return bool(left == right)
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        if not isinstance(right, dict) or len(left) != len(right):
            return False
        return all(key in right and equal(value, right[key]) for key, value in left.items())
    if isinstance(left, Optional) and isinstance(right, Optional):
        return left.has_value == right.has_value and (not left.has_value or equal(left.value, right.value))
    return type(left) is type(right) and bool(left == right)


def compare(name: str, left: Any, right: Any) -> int:
    """Return -1, 0 or 1.

    Raises:
        CelError: the values have no common order.
    """
    comparable = (is_number(left) and is_number(right)) or (
        type(left) is type(right) and isinstance(left, (str, bytes, bool, timedelta, datetime))
    )
    if not comparable:
        raise no_overload(name, left, right)
    if (isinstance(left, float) and math.isnan(left)) or (isinstance(right, float) and math.isnan(right)):
        raise CelError("NaN values cannot be ordered")
    if left == right:
        return 0
    return -1 if left < right else 1


def checked(value: int, like: Any) -> int:
    """Return *value* as an integer of the type of *like*.

    Raises:
        CelError: it does not fit.
    """
    if isinstance(like, UInt):
        if not 0 <= value < _UINT_LIMIT:
            raise CelError("unsigned integer overflow")
        return UInt(value)
    if value not in _INT:
        raise CelError("integer overflow")
    return int(value)


def _ints(left: Any, right: Any) -> bool:
    return (
        isinstance(left, int)
        and not isinstance(left, bool)
        and isinstance(right, int)
        and not isinstance(right, bool)
        and isinstance(left, UInt) == isinstance(right, UInt)
    )


def add(left: Any, right: Any) -> Any:
    """``left + right``."""
    if _ints(left, right):
        return checked(int(left) + int(right), left)
    same = type(left) is type(right)
    if same and isinstance(left, (str, bytes, list, float)):
        return left + right  # type: ignore[operator, unused-ignore]
    if isinstance(left, timedelta) and isinstance(right, (timedelta, datetime)):
        return _in_range(lambda: left + right)
    if isinstance(left, datetime) and isinstance(right, timedelta):
        return _in_range(lambda: left + right)
    raise no_overload("_+_", left, right)


def subtract(left: Any, right: Any) -> Any:
    """``left - right``."""
    if _ints(left, right):
        return checked(int(left) - int(right), left)
    if isinstance(left, float) and isinstance(right, float):
        return left - right
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left - right
    if isinstance(left, datetime) and isinstance(right, (datetime, timedelta)):
        return _in_range(lambda: left - right)
    raise no_overload("_-_", left, right)


def _in_range(compute: Any) -> Any:
    try:
        return compute()
    except OverflowError:
        raise CelError("timestamp overflow") from None


def multiply(left: Any, right: Any) -> Any:
    """``left * right``."""
    if _ints(left, right):
        return checked(int(left) * int(right), left)
    if isinstance(left, float) and isinstance(right, float):
        return left * right
    raise no_overload("_*_", left, right)


def divide(left: Any, right: Any) -> Any:
    """``left / right``; integers are cut towards zero."""
    if _ints(left, right):
        if right == 0:
            raise CelError("division by zero")
        quotient = abs(int(left)) // abs(int(right))
        return checked(quotient if (left < 0) == (right < 0) else -quotient, left)
    if isinstance(left, float) and isinstance(right, float):
        if right == 0:
            sign = math.copysign(1, left) * math.copysign(1, right)
            return math.nan if left == 0 or math.isnan(left) else sign * math.inf
        return left / right
    raise no_overload("_/_", left, right)


def modulo(left: Any, right: Any) -> Any:
    """``left % right``; the sign is that of *left*."""
    if _ints(left, right):
        if right == 0:
            raise CelError("modulus by zero")
        rest = abs(int(left)) % abs(int(right))
        return checked(rest if left >= 0 else -rest, left)
    raise no_overload("_%_", left, right)


def negate(value: Any) -> Any:
    """``-value``."""
    if isinstance(value, float):
        return -value
    if isinstance(value, int) and not isinstance(value, (bool, UInt)):
        return checked(-value, value)
    raise no_overload("-_", value)


def contains(item: Any, container: Any) -> bool:
    """``item in container``."""
    if isinstance(container, list):
        return any(equal(item, other) for other in container)
    if isinstance(container, Mapping):
        try:
            return item in container and not isinstance(item, bool)
        except TypeError:
            return False
    raise no_overload("@in", item, container)


def parse_duration(text: str) -> timedelta:
    """Read a Go duration (``1h30m``).

    Raises:
        CelError: it is none.
    """
    body = text[1:] if text[:1] in ("+", "-") else text
    parts = _DURATION_PART.findall(body)
    if (not parts or "".join(a + b for a, b in parts) != body) and body != "0":
        raise CelError(f'time: invalid duration "{text}"')
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return timedelta(seconds=-seconds if text.startswith("-") else seconds)


def parse_timestamp(text: str) -> datetime:
    """Read an RFC 3339 time.

    Raises:
        CelError: it is none.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise CelError(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse')
    date, time, fraction, zone = found.groups()
    micro = ((fraction or ".0")[1:] + "000000")[:6]
    try:
        offset = "+00:00" if zone in "zZ" else zone
        return datetime.fromisoformat(f"{date}T{time}.{micro}{offset}").astimezone(UTC)
    except ValueError as error:
        raise CelError(f'parsing time "{text}": {error}') from None


def format_duration(value: timedelta) -> str:
    """Return a duration as CEL's string() does: in seconds."""
    micros = (value.days * 86400 + value.seconds) * 10**6 + value.microseconds
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    whole, part = divmod(micros, 10**6)
    return f"{sign}{whole}{f'.{part:06d}'.rstrip('0') if part else ''}s"


def format_timestamp(value: datetime) -> str:
    """Return a timestamp in RFC 3339, UTC."""
    shown = value.astimezone(UTC)
    part = f".{shown.microsecond:06d}".rstrip("0") if shown.microsecond else ""
    return f"{shown.strftime('%Y-%m-%dT%H:%M:%S')}{part}Z"


def format_double(value: float) -> str:
    """Return a double as Go's 'g' format prints it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].zfill(2)}"
    return text
