"""Dates and durations.

Source: sprig v3.3 date.go; Helm v4.3 pkg/engine/funcs.go (duration helpers);
Go 1.26 time.ParseDuration.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, tzinfo

from fairlead.base.patterns import late
from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gotypes import Duration, Int64, format_duration, kind_name, type_name
from fairlead.engines.gotemplate.template import Render
from fairlead.engines.helm.functions import timeformat
from fairlead.engines.helm.functions.timeformat import LayoutError, Time, parse_time, zero_time

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from fairlead.engines.helm.engine import Host

SECOND = 1_000_000_000
_MAX = (1 << 63) - 1


def _host(render: Render) -> Host:
    host: Host = render.host  # type: ignore[assignment]
    return host


def now(render: Render) -> Time:
    host = _host(render)
    return Time(host.world.now().astimezone(host.world.zone or UTC))


def _zone(render: Render, name: str) -> tzinfo:
    if name == "Local":
        return _host(render).world.zone or UTC
    if name in ("", "UTC"):
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return UTC


def _time(render: Render, value: object) -> Time:
    if isinstance(value, Time):
        return value
    if isinstance(value, int) and type_name(value) in ("int", "int64", "int32"):
        return Time(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(value)))
    return now(render)


def date_in_zone(render: Render, layout: str, value: object, zone: str) -> str:
    return _time(render, value).within(_zone(render, zone)).format(layout)


def date(render: Render, layout: str, value: object) -> str:
    return date_in_zone(render, layout, value, "Local")


def html_date(render: Render, value: object) -> str:
    return date_in_zone(render, "2006-01-02", value, "Local")


def html_date_in_zone(render: Render, value: object, zone: str) -> str:
    return date_in_zone(render, "2006-01-02", value, zone)


def date_modify(text: str, time: Time) -> Time:
    try:
        return time.add(parse_duration(text))
    except ValueError:
        return time


def must_date_modify(text: str, time: Time) -> Time:
    try:
        return time.add(parse_duration(text))
    except ValueError as error:
        raise FuncError(str(error)) from None


def to_date(layout: str, text: str) -> Time:
    try:
        return parse_time(layout, text, UTC)
    except LayoutError:
        return zero_time()


def must_to_date(layout: str, text: str) -> Time:
    try:
        return parse_time(layout, text, UTC)
    except LayoutError as error:
        raise FuncError(str(error)) from None


def unix_epoch(time: Time) -> str:
    return str(time.unix())


def ago(render: Render, value: object) -> str:
    since = now(render).unix_nano() - _time(render, value).unix_nano()
    return format_duration(_round(since, SECOND))


def duration(value: object) -> str:
    seconds = 0
    if isinstance(value, str):
        body = value[1:] if value[:1] in ("+", "-") else value
        seconds = int(value) if body.isascii() and body.isdigit() else 0
        seconds = max(-_MAX - 1, min(_MAX, seconds))
    elif type_name(value) == "int64":
        seconds = int(value)  # type: ignore[call-overload]
    return format_duration((seconds * SECOND + _MAX + 1) % (1 << 64) - _MAX - 1)


_SIZES = (
    (365 * 24 * 3600 * SECOND, "y"),
    (30 * 24 * 3600 * SECOND, "mo"),
    (24 * 3600 * SECOND, "d"),
    (3600 * SECOND, "h"),
    (60 * SECOND, "m"),
    (SECOND, "s"),
)


def duration_round(render: Render, value: object) -> str:
    nanoseconds = 0
    if isinstance(value, str):
        try:
            nanoseconds = parse_duration(value)
        except ValueError:
            nanoseconds = 0
    elif type_name(value) == "int64":
        nanoseconds = int(value)  # type: ignore[call-overload]
    elif isinstance(value, Time):
        nanoseconds = max(-_MAX - 1, min(_MAX, now(render).unix_nano() - value.unix_nano()))
    size = abs(nanoseconds)
    for unit, name in _SIZES:
        if size > unit:
            return f"{size // unit}{name}"
    return "0s"


_UNITS = {
    "ns": 1,
    "us": 1000,
    "µs": 1000,
    "μs": 1000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_PART = late(r"(\d*)(?:\.(\d*))?([^\d.]*)")


def parse_duration(text: str) -> int:
    """Return time.ParseDuration(text) in nanoseconds.

    Raises:
        ValueError: in Go's words.
    """
    shown = timeformat.quote(text)
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return 0
    if not body:
        raise ValueError(f"time: invalid duration {shown}")
    total = 0
    position = 0
    while position < len(body):
        found = _PART.match(body, position)
        if found is None or not (found.group(1) or found.group(2)):
            raise ValueError(f"time: invalid duration {shown}")
        whole, fraction, unit = found.groups()
        if not unit:
            raise ValueError(f"time: missing unit in duration {shown}")
        if unit not in _UNITS:
            raise ValueError(f"time: unknown unit {timeformat.quote(unit)} in duration {shown}")
        total += int(whole or "0") * _UNITS[unit]
        if fraction:
            total += int(fraction) * _UNITS[unit] // 10 ** len(fraction)
        position = found.end()
    if total > _MAX + (text[0] == "-"):
        raise ValueError(f"time: invalid duration {shown}")
    return -total if text[0] == "-" else total


def _as_duration(value: object) -> int:
    """Return Helm's asDuration(value) in nanoseconds.

    Raises:
        ValueError: in Helm's words.
    """
    if isinstance(value, Duration):
        return int(value)
    if value is None:
        raise ValueError("invalid duration")
    if isinstance(value, str):
        text = value.strip()
        if not text:
            raise ValueError("empty duration")
        try:
            return parse_duration(text)
        except ValueError:
            pass
        try:
            return _of_seconds(strconv.parse_float(text))
        except (ValueError, OverflowError) as error:
            if str(error).startswith(("duration", "invalid duration")):
                raise
            raise ValueError(f"could not parse duration {strconv.quote(value)}") from None
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(int(value)) > _MAX // SECOND:
            raise ValueError(f"duration seconds overflow: {int(value)}")
        return int(value) * SECOND
    if isinstance(value, float):
        return _of_seconds(value)
    raise ValueError(f"unsupported duration type {type_name(value)}")


def _of_seconds(seconds: float) -> int:
    if not math.isfinite(seconds):
        raise ValueError(f"invalid duration seconds: {strconv.format_float(seconds)}")
    if abs(seconds) > _MAX / SECOND:
        raise ValueError(f"duration seconds overflow: {strconv.format_float(seconds)}")
    return int(seconds * SECOND)


def _or_zero(value: object) -> int:
    try:
        return _as_duration(value)
    except ValueError:
        return 0


def must_to_duration(value: object) -> Duration:
    try:
        return Duration(_as_duration(value))
    except ValueError as error:
        raise FuncError(str(error)) from None


def _in_units(nanoseconds: int, unit: int) -> float:
    """Return a Duration's Hours(), Minutes() or Seconds(): whole units plus the rest, as Go adds them."""
    sign = -1 if nanoseconds < 0 else 1
    whole, rest = divmod(abs(nanoseconds), unit)
    return sign * (float(whole) + float(rest) / unit)


def duration_seconds(value: object) -> float:
    return _in_units(_or_zero(value), SECOND)


def duration_minutes(value: object) -> float:
    return _in_units(_or_zero(value), 60 * SECOND)


def duration_hours(value: object) -> float:
    return _in_units(_or_zero(value), 3600 * SECOND)


def duration_days(value: object) -> float:
    return duration_hours(value) / 24.0


def duration_weeks(value: object) -> float:
    return duration_hours(value) / 24.0 / 7.0


def _whole(nanoseconds: int, unit: int) -> Int64:
    whole = abs(nanoseconds) // unit
    return Int64(-whole if nanoseconds < 0 else whole)


def duration_milliseconds(value: object) -> Int64:
    return _whole(_or_zero(value), 1_000_000)


def duration_microseconds(value: object) -> Int64:
    return _whole(_or_zero(value), 1000)


def duration_nanoseconds(value: object) -> Int64:
    return Int64(_or_zero(value))


def _round(nanoseconds: int, unit: int) -> int:
    """Return Duration.Round: halves away from zero."""
    if unit <= 0:
        return nanoseconds
    size = abs(nanoseconds)
    rest = size % unit
    size = size - rest if rest + rest < unit else size + unit - rest
    return -size if nanoseconds < 0 else size


def duration_round_to(value: object, unit: object) -> Duration:
    nanoseconds = _or_zero(value)
    try:
        return Duration(_round(nanoseconds, _as_duration(unit)))
    except ValueError:
        return Duration(nanoseconds)


def duration_truncate_to(value: object, unit: object) -> Duration:
    nanoseconds = _or_zero(value)
    try:
        step = _as_duration(unit)
    except ValueError:
        return Duration(nanoseconds)
    if step <= 0:
        return Duration(nanoseconds)
    size = abs(nanoseconds) // step * step
    return Duration(-size if nanoseconds < 0 else size)


__all__ = ["kind_name", "now", "parse_duration"]
