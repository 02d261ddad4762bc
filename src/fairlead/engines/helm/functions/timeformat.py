"""Go's time.Time: layouts, parsing, and the value templates see.

Source: Go 1.26 time/format.go, time.go.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from fairlead.engines.gotemplate.gotypes import Duration, GoObject, Int64, Method, NamedInt
from fairlead.engines.gotemplate.strconv import to_bytes

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

_CHUNK = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|__2|002|01|02|03|04|05|06|_2006|_2|15|1|2|3|4|5|PM|pm"
    r"|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,](?:0+|9+)(?![0-9])"
)


class Month(NamedInt):
    """A time.Month."""

    go_type: ClassVar[str] = "time.Month"
    names: ClassVar[tuple[str, ...]] = ("%!Month(0)", *MONTHS)


class Weekday(NamedInt):
    """A time.Weekday."""

    go_type: ClassVar[str] = "time.Weekday"
    names: ClassVar[tuple[str, ...]] = ("Sunday", *DAYS[:6])


class Time(GoObject):
    """A time.Time: an aware datetime and the nanoseconds below its microsecond."""

    __slots__ = ("nanosecond", "when")
    go_type: ClassVar[str] = "time.Time"

    def __init__(self, when: datetime, nanosecond: int | None = None) -> None:
        self.when = when
        self.nanosecond = when.microsecond * 1000 if nanosecond is None else nanosecond

    def unix(self) -> int:
        """Return whole seconds since 1970."""
        delta = self.when - datetime(1970, 1, 1, tzinfo=UTC)
        return delta.days * 86400 + delta.seconds

    def unix_nano(self) -> int:
        return self.unix() * 1_000_000_000 + self.nanosecond

    def add(self, nanoseconds: int) -> Time:
        total = self.unix_nano() + nanoseconds
        seconds, rest = divmod(total, 1_000_000_000)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=rest // 1000)
        return Time(moment.astimezone(self.when.tzinfo), rest)

    def within(self, zone: tzinfo) -> Time:
        return Time(self.when.astimezone(zone), self.nanosecond)

    def format(self, layout: str) -> str:
        return format_time(self, layout)

    def go_string(self) -> str:
        return self.format("2006-01-02 15:04:05.999999999 -0700 MST")

    def go_json(self) -> object:
        return self.format("2006-01-02T15:04:05.999999999Z07:00")

    def go_fields(self) -> Mapping[str, object]:
        return {}

    methods: ClassVar[Mapping[str, Method]] = {
        "Year": Method("", lambda self: self.when.year),
        "Month": Method("", lambda self: Month(self.when.month)),
        "Day": Method("", lambda self: self.when.day),
        "Hour": Method("", lambda self: self.when.hour),
        "Minute": Method("", lambda self: self.when.minute),
        "Second": Method("", lambda self: self.when.second),
        "Nanosecond": Method("", lambda self: self.nanosecond),
        "Weekday": Method("", lambda self: Weekday((self.when.weekday() + 1) % 7)),
        "YearDay": Method("", lambda self: self.when.timetuple().tm_yday),
        "Unix": Method("", lambda self: Int64(self.unix())),
        "UnixMilli": Method("", lambda self: Int64(self.unix_nano() // 1_000_000)),
        "UnixMicro": Method("", lambda self: Int64(self.unix_nano() // 1000)),
        "UnixNano": Method("", lambda self: Int64(self.unix_nano())),
        "Format": Method("s", format),
        "String": Method("", go_string),
        "UTC": Method("", lambda self: self.within(UTC)),
        "Local": Method("", lambda self: self),
        "IsZero": Method("", lambda self: self.unix_nano() == ZERO_UNIX * 1_000_000_000),
        "Add": Method("d", add),
        "Sub": Method("t", lambda self, other: Duration(self.unix_nano() - other.unix_nano())),
        "After": Method("t", lambda self, other: self.unix_nano() > other.unix_nano()),
        "Before": Method("t", lambda self, other: self.unix_nano() < other.unix_nano()),
        "Equal": Method("t", lambda self, other: self.unix_nano() == other.unix_nano()),
        "AddDate": Method("iii", lambda self, years, months, days: _add_date(self, years, months, days)),
        "Round": Method("d", lambda self, step: self.add(-_excess(self, step, True))),
        "Truncate": Method("d", lambda self, step: self.add(-_excess(self, step, False))),
    }


ZERO_UNIX = -62135596800  # 0001-01-01T00:00:00Z


def zero_time() -> Time:
    """Return the zero time.Time."""
    return Time(datetime(1, 1, 1, tzinfo=UTC))


def _add_date(time: Time, years: int, months: int, days: int) -> Time:
    month = time.when.month - 1 + months
    year = time.when.year + years + month // 12
    start = time.when.replace(year=year, month=month % 12 + 1, day=1)
    return Time(start + timedelta(days=time.when.day - 1 + days), time.nanosecond)


def _excess(time: Time, step: int, to_nearest: bool) -> int:
    if step <= 0:
        return 0
    rest = (time.unix_nano() - ZERO_UNIX * 1_000_000_000) % step
    return rest - step if to_nearest and rest + rest >= step else rest


def _offset_text(time: Time, style: str) -> str:
    offset = time.when.utcoffset() or timedelta(0)
    seconds = int(offset.total_seconds())
    if style.startswith("Z") and seconds == 0:
        return "Z"
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    colon = ":" if ":" in style else ""
    text = f"{sign}{hours:02d}"
    digits = len(style.replace(":", "")) - 1
    if digits >= 4:
        text += f"{colon}{minutes:02d}"
    if digits >= 6:
        text += f"{colon}{rest:02d}"
    return text


def _zone_name(time: Time) -> str:
    name = time.when.tzname() or ""
    if (name and not name.startswith("UTC")) or name == "UTC":
        return name
    if isinstance(time.when.tzinfo, timezone):  # made from an offset: it has no name, not even a short one
        return _offset_text(time, "-0700")
    offset = int((time.when.utcoffset() or timedelta(0)).total_seconds()) // 60
    sign, offset = ("-", -offset) if offset < 0 else ("+", offset)
    hours, minutes = divmod(offset, 60)
    return f"{sign}{hours:02d}" + (f"{minutes:02d}" if minutes else "")


def format_time(time: Time, layout: str) -> str:
    """Return time.Format(layout)."""
    when = time.when
    hour12 = when.hour % 12 or 12
    simple = {
        "January": MONTHS[when.month - 1],
        "Jan": MONTHS[when.month - 1][:3],
        "Monday": DAYS[when.weekday()],
        "Mon": DAYS[when.weekday()][:3],
        "MST": _zone_name(time),
        "2006": f"{when.year:04d}",
        "_2006": f"_{when.year:04d}",
        "06": f"{when.year % 100:02d}",
        "01": f"{when.month:02d}",
        "1": str(when.month),
        "02": f"{when.day:02d}",
        "_2": f"{when.day:2d}",
        "2": str(when.day),
        "002": f"{when.timetuple().tm_yday:03d}",
        "__2": f"{when.timetuple().tm_yday:3d}",
        "15": f"{when.hour:02d}",
        "03": f"{hour12:02d}",
        "3": str(hour12),
        "04": f"{when.minute:02d}",
        "4": str(when.minute),
        "05": f"{when.second:02d}",
        "5": str(when.second),
        "PM": "PM" if when.hour >= 12 else "AM",
        "pm": "pm" if when.hour >= 12 else "am",
    }

    def replace(found: re.Match[str]) -> str:
        chunk = found.group()
        if chunk in simple:
            return simple[chunk]
        if chunk[0] in "-Z":
            return _offset_text(time, chunk)
        digits = f"{time.nanosecond:09d}"[: len(chunk) - 1]
        if chunk[1] == "9":
            digits = digits.rstrip("0")
            return chunk[0] + digits if digits else ""
        return chunk[0] + digits

    return _chunks(layout, replace)


def _chunks(layout: str, replace: object) -> str:
    out: list[str] = []
    position = 0
    for found in _layout_matches(layout):
        out.append(layout[position : found.start()])
        out.append(replace(found))  # type: ignore[operator]
        position = found.end()
    out.append(layout[position:])
    return "".join(out)


def _layout_matches(layout: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    position = 0
    while (hit := _CHUNK.search(layout, position)) is not None:
        text = hit.group()
        following = layout[hit.end() : hit.end() + 1]
        # "Jan" and "Mon" inside longer words are text, as in Go's startsWithLowerCase.
        if text in ("Jan", "Mon") and "a" <= following <= "z":
            position = hit.start() + 1
            continue
        found.append(hit)
        position = hit.end()
    return found


# What is judged as soon as it is read; days wait for the month.
_RANGES = {
    "01": ("month", 1, 12),
    "1": ("month", 1, 12),
    "15": ("hour", 0, 23),
    "03": ("hour", 0, 12),
    "3": ("hour", 0, 12),
    "04": ("minute", 0, 59),
    "4": ("minute", 0, 59),
    "05": ("second", 0, 59),
    "5": ("second", 0, 59),
}


class LayoutError(ValueError):
    """A text that does not fit a layout; the text is Go's."""


_NUMBERS = {
    "2006": r"\d{4}",
    "06": r"\d{2}",
    "01": r"\d{2}",
    "1": r"\d{1,2}",
    "02": r"\d{2}",
    "_2": r" ?\d{1,2}",
    "2": r"\d{1,2}",
    "002": r"\d{3}",
    "__2": r" {0,2}\d{1,3}",
    "15": r"\d{2}",
    "03": r"\d{2}",
    "3": r"\d{1,2}",
    "04": r"\d{2}",
    "4": r"\d{1,2}",
    "05": r"\d{2}",
    "5": r"\d{1,2}",
}
_TEXTS = {
    "January": "|".join(MONTHS),
    "Jan": "|".join(month[:3] for month in MONTHS),
    "Monday": "|".join(DAYS),
    "Mon": "|".join(day[:3] for day in DAYS),
    "PM": "AM|PM",
    "pm": "am|pm",
    "MST": r"[A-Z]{3,5}|[+-]\d{2}(?:\d{2})?",
}


def parse_time(layout: str, text: str, zone: tzinfo) -> Time:
    """Return time.ParseInLocation(layout, text, zone).

    Raises:
        LayoutError: in Go's words.
    """
    fields: dict[str, str] = {}
    position = 0
    last = 0
    for found in _layout_matches(layout):
        prefix = layout[last : found.start()]
        last = found.end()
        if not text.startswith(prefix, position):
            raise _complaint(layout, text, prefix, text[position:])
        position += len(prefix)
        chunk = found.group()
        hit = re.compile(_pattern(chunk), re.IGNORECASE if chunk in ("January", "Jan", "Monday", "Mon") else 0).match(
            text, position
        )
        if hit is None:
            raise _complaint(layout, text, chunk, text[position:])
        fields[chunk] = hit.group()
        position = hit.end()
        name, least, most = _RANGES.get(chunk, ("", 0, 0))
        if name and not least <= int(hit.group()) <= most:
            raise LayoutError(f"parsing time {quote(text)}: {name} out of range")
        if chunk in ("05", "5") and layout[last : last + 1] not in (".", ",") and position < len(text):
            fraction = re.compile(r"[.,]\d+").match(text, position)
            if fraction is not None:
                fields["fraction"] = fraction.group()
                position = fraction.end()
    suffix = layout[last:]
    if text[position:] != suffix:
        if text.startswith(suffix, position):
            raise LayoutError(f"parsing time {quote(text)}: extra text: {quote(text[position + len(suffix) :])}")
        raise _complaint(layout, text, suffix, text[position:])
    return _assemble(layout, text, fields, zone)


def quote(text: str) -> str:
    """Return *text* as package time shows it in its errors: all that is not printable ASCII byte by byte."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif " " <= char < "\x80":
            out.append(char)
        else:
            out += [f"\\x{byte:02x}" for byte in to_bytes(char)]
    return '"' + "".join(out) + '"'


def _pattern(chunk: str) -> str:
    if chunk in _NUMBERS:
        return _NUMBERS[chunk]
    if chunk in _TEXTS:
        return _TEXTS[chunk]
    if chunk[0] in ".,":
        return rf"[.,]\d{{{len(chunk) - 1}}}" if chunk[1] == "0" else r"(?:[.,]\d{1,9})?"
    digits = (len(chunk.replace(":", "")) - 1) // 2
    parts = [r"\d{2}"] * digits
    body = r"[+-]" + (":" if ":" in chunk else "").join(parts)
    return f"(?:Z|{body})" if chunk[0] == "Z" else body


def _complaint(layout: str, text: str, element: str, rest: str) -> LayoutError:
    return LayoutError(f"parsing time {quote(text)} as {quote(layout)}: cannot parse {quote(rest)} as {quote(element)}")


def _assemble(layout: str, text: str, fields: dict[str, str], zone: tzinfo) -> Time:
    def number(*names: str, default: int) -> int:
        for name in names:
            if name in fields:
                return int(fields[name])
        return default

    year = number("2006", default=0)
    if "06" in fields and "2006" not in fields:
        year = int(fields["06"]) + (1900 if int(fields["06"]) >= 69 else 2000)
    month = number("01", "1", default=1)
    for name, length in (("January", 9), ("Jan", 3)):
        if name in fields:
            month = [item[:length].lower() for item in MONTHS].index(fields[name][:length].lower()) + 1
    day = number("02", "_2", "2", default=1)
    hour = number("15", "03", "3", default=0)
    half = (fields.get("PM") or fields.get("pm") or "").upper()
    if half == "PM" and hour < 12:
        hour += 12
    elif half == "AM" and hour == 12:
        hour = 0
    minute, second = number("04", "4", default=0), number("05", "5", default=0)
    fraction = fields.get("fraction") or next((value for key, value in fields.items() if key[0] in ".," and value), "")
    nanosecond = int(fraction[1:10].ljust(9, "0")) if fraction else 0
    for key, value in fields.items():
        if key[0] in "-Z" and key[1:3] == "07":
            zone = _parse_offset(value)
        elif key == "MST" and value in ("UTC", "GMT"):
            zone = UTC
    try:
        if "002" in fields or "__2" in fields:
            when = datetime(year or 1, 1, 1, hour, minute, second, nanosecond // 1000, zone)
            when += timedelta(days=number("002", "__2", default=1) - 1)
        else:
            when = datetime(max(year, 1), month, day, hour, minute, second, nanosecond // 1000, zone)
    except ValueError:
        what = "day" if 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60 else "month"
        what = "hour" if hour > 23 else "minute" if minute > 59 else "second" if second > 59 else what
        raise LayoutError(f"parsing time {quote(text)}: {what} out of range") from None
    return Time(when, nanosecond)


def _parse_offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
    return timezone(timedelta(seconds=-seconds if text[0] == "-" else seconds)) if seconds else UTC
