"""The formats of texts. A check returns what is wrong, or "".

Source: santhosh-tekuri/jsonschema v6.0.3 format.go; Go 1.26 time.Parse.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.jsonschema.addresses import AddressError, Url, decode
from fairlead.engines.netip import parse_address

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

_DIGITS = "0123456789"
_HEX = f"{_DIGITS}abcdefABCDEF"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _char(char: str) -> str:
    return "'\\''" if char == "'" else quote(char, "'")


def _leading_digits(text: str) -> int:
    return len(text) - len(text.lstrip(_DIGITS))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _to_int(text: str) -> int | None:
    """Return strconv.Atoi of *text*."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits or digits.strip(_DIGITS):
        return None
    return int(text) if len(digits) < 19 else 1 << 62


def json_pointer(text: str) -> str:
    if not text:
        return ""
    if not text.startswith("/"):
        return "not starting with /"
    for step in text.split("/")[1:]:
        if any(part[:1] not in ("0", "1") for part in step.split("~")[1:]):
            return "~ must be followed by 0 or 1"
    return ""


def relative_json_pointer(text: str) -> str:
    count = _leading_digits(text)
    if not count:
        return "must start with non-negative integer"
    if count > 1 and text.startswith("0"):
        return "starts with zero"
    return "" if text[count:] == "#" else json_pointer(text[count:])


def uuid(text: str) -> str:
    sizes = (8, 4, 4, 4, 12)
    groups = text.split("-")
    if len(groups) != len(sizes):
        return f"must have {len(sizes)} elements"
    for number, (group, size) in enumerate(zip(groups, sizes, strict=True), 1):
        if _bytes(group) != size:
            return f"element {number} must be {size} characters long"
        for char in group:
            if char not in _HEX:
                return f"non-hex character {_char(char)}"
    return ""


def duration(text: str) -> str:
    if not text.startswith("P"):
        return "must start with P"
    text = text[1:]
    if not text:
        return "nothing after P"
    if text.endswith("W"):
        weeks = text[:-1]
        return ("invalid week" if weeks.strip(_DIGITS) else "") if weeks else "no number in week"
    for index, part in enumerate(text.split("T")):
        if index and not part:
            return "no time elements"
        if index > 1:
            return "more than one T"
        wrong = _duration_part(part, ("YMD", "HMS")[index])
        if wrong:
            return wrong
    return ""


def _duration_part(text: str, all_units: str) -> str:
    units = all_units
    while text:
        count = _leading_digits(text)
        if not count:
            return "missing number"
        text = text[count:]
        if not text:
            return "missing unit"
        unit = text[0]
        if unit not in units:
            what = "unit {} out of order" if unit in all_units else "invalid unit {}"
            return what.format(_char(unit if unit.isascii() else chr(unit.encode("utf-8", "surrogateescape")[0])))
        units = units[units.index(unit) + 1 :]
        text = text[1:]
    return ""


def ipv4(text: str) -> str:
    groups = text.split(".")
    if len(groups) != 4:
        return "expected four decimals"
    for group in groups:
        if len(group) > 1 and group[0] == "0":
            return "leading zeros"
        number = _to_int(group)
        if number is None:
            return f"strconv.Atoi: parsing {quote(group)}: invalid syntax"
        if len(group.lstrip("+-")) > 18:
            return f"strconv.Atoi: parsing {quote(group)}: value out of range"
        if not 0 <= number <= 255:
            return "decimal must be between 0 and 255"
    return ""


def ipv6(text: str) -> str:
    if ":" not in text:
        return "missing colon"
    return parse_address(text) or ("zone id is not a part of ipv6 address" if "%" in text else "")


def hostname(text: str) -> str:
    text = text.removesuffix(".")
    if _bytes(text) > 253:
        return "more than 253 characters long"
    for label in text.split("."):
        if not 1 <= _bytes(label) <= 63:
            return "label must be 1 to 63 characters long"
        if label.startswith("-"):
            return "label starts with hyphen"
        if label.endswith("-"):
            return "label ends with hyphen"
        for char in label:
            if char not in _LETTERS and char not in _DIGITS and char != "-":
                return f"invalid character {_char(char)}"
    return ""


def email(text: str) -> str:
    if _bytes(text) > 254:
        return "more than 255 characters long"
    local, at, domain = text.rpartition("@")
    if not at:
        return "missing @"
    if _bytes(local) > 64:
        return "local part more than 64 characters long"
    wrong = _local_part(local)
    if wrong:
        return wrong
    if domain.startswith("[") and domain.endswith("]"):
        domain = domain[1:-1]
        if domain.startswith("IPv6:"):
            wrong = ipv6(domain[5:])
            return f"invalid ipv6 address: {wrong}" if wrong else ""
        wrong = ipv4(domain)
        return f"invalid ipv4 address: {wrong}" if wrong else ""
    wrong = hostname(domain)
    return f"invalid domain: {wrong}" if wrong else ""


def _local_part(local: str) -> str:
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        if "\\" in local or '"' in local[1:-1]:
            return "backslash and quote are not allowed within quoted local part"
        return ""
    if local.startswith("."):
        return "starts with dot"
    if local.endswith("."):
        return "ends with dot"
    if ".." in local:
        return "consecutive dots"
    for char in local:
        if char not in _LETTERS and char not in _DIGITS and char not in ".!#$%&'*+-/=?^_`{|}~":
            return f"invalid character {_char(char)}"
    return ""


def date(text: str) -> str:
    from datetime import UTC

    from fairlead.engines.helm.functions.timeformat import LayoutError, parse_time

    try:
        parse_time("2006-01-02", text, UTC)
    except LayoutError as error:
        return str(error)
    return ""


def time(text: str) -> str:
    if _bytes(text) < 9:
        return "less than 9 characters long"
    if text[2] != ":" or text[5] != ":":
        return "missing colon in correct place"
    clock: list[int] = []
    for part in text[:8].split(":", 2):
        number = _to_int(part)
        if number is None:
            return "invalid hour/min/sec"
        if number < 0:
            return "non-positive hour/min/sec"
        clock.append(number)
    hour, minute, second = clock
    if hour > 23 or minute > 59 or second > 60:
        return "hour/min/sec out of range"
    rest = text[8:]
    if rest.startswith("."):
        count = _leading_digits(rest[1:])
        if not count:
            return "no digits in second fraction"
        rest = rest[1 + count :]
    shift = 0
    if rest not in ("z", "Z"):
        found = _offset_minutes(rest)
        if isinstance(found, str):
            return found
        shift = found
    total = hour * 60 + minute + shift
    if total < 0:
        total += 24 * 60
    return "invalid leap second" if second >= 60 and total != 23 * 60 + 59 else ""


def _offset_minutes(text: str) -> int | str:
    """Return how many minutes UTC is ahead, or what is wrong."""
    if _bytes(text) != 6:
        return "offset must be 6 characters long"
    if text[0] not in "+-":
        return "offset must begin with plus/minus"
    if text[3] != ":":
        return "missing colon in offset in correct place"
    hours, minutes = _to_int(text[1:3]), _to_int(text[4:])
    if hours is None or (hours >= 0 and minutes is None):
        return "invalid hour/min in offset"
    if hours < 0 or (minutes or 0) < 0:
        return "non-positive hour/min in offset"
    if hours > 23 or (minutes or 0) > 59:
        return "hour/min in offset out of range"
    return (hours * 60 + (minutes or 0)) * (-1 if text[0] == "+" else 1)


def date_time(text: str) -> str:
    if _bytes(text) < 20:
        return "less than 20 characters long"
    if text[10] not in "tT":
        return "11th character must be t or T"
    wrong = date(text[:10])
    if wrong:
        return f"invalid date element: {wrong}"
    wrong = time(text[11:])
    return f"invalid time element: {wrong}" if wrong else ""


def _url(text: str) -> tuple[Url | None, str]:
    """Return a URL, or what is wrong with it."""
    plain = text.partition("#")[0]
    try:
        found = Url(plain)
        decode(text.partition("#")[2])
    except AddressError as error:
        what = str(error)
        if what.startswith("invalid URL escape"):
            return None, f"parse {quote(text)}: {what}"
        return None, f"parse {quote(text)}{what.removeprefix(f'parse {quote(plain)}')}"
    host = found.authority.rpartition("@")[2]
    name = host[: host.rfind("]")] if "]" in host else host.rpartition(":")[0] if host.count(":") == 1 else host
    name = name.lstrip("[")
    if ":" in name:
        if "[" not in host or "]" not in host:
            return None, "ipv6 address not enclosed in brackets"
        wrong = ipv6(name)
        if wrong:
            return None, f"invalid ipv6 address: {wrong}"
    return found, ""


def uri(text: str) -> str:
    found, wrong = _url(text)
    return wrong or ("" if found is not None and found.scheme else "relative url")


def uri_reference(text: str) -> str:
    return "contains \\" if "\\" in text else _url(text)[1]


def uri_template(text: str) -> str:
    found, wrong = _url(text)
    if found is None:
        return wrong
    for part in found.path.split("/"):
        wants = True
        for char in decode(part):
            if char not in "{}":
                continue
            if (char == "{") != wants:
                return "nested curly braces"
            wants = not wants
        if not wants:
            return "no matching closing brace"
    return ""


def period(text: str) -> str:
    start, slash, end = text.partition("/")
    if not slash:
        return "missing slash"
    for what, part in (("start", start), ("end", end)):
        if part.startswith("P") and (what == "start" or not start.startswith("P")):
            wrong, kind = duration(part), "duration"
        else:
            wrong, kind = date_time(part), "date-time"
        if wrong:
            return f"invalid {what} {kind}: {wrong}"
    return ""


def _identifiers(text: str, what: str) -> str:
    for name in text.split("."):
        if not name:
            return f"{what} identifier is empty"
        for char in name:
            if char not in _LETTERS and char not in _DIGITS and char != "-":
                return f"invalid character {_char(char)} in {what} identifier"
        if what != "build" and len(name) > 1 and name[0] == "0" and not name.strip(_DIGITS):
            return f"{what} numeric identifier starts with zero"
    return ""


def semver(text: str) -> str:
    text, plus, build = text.partition("+")
    if plus and not build:
        return "build is empty"
    wrong = _identifiers(build, "build") if plus else ""
    text, minus, release = text.partition("-")
    wrong = wrong or (_identifiers(release, "pre-release") if minus else "")
    if wrong:
        return wrong
    parts = text.split(".")
    if len(parts) != 3:
        return "versionCore must have 3 numbers separated by dot"
    for what, part in zip(("major", "minor", "patch"), parts, strict=True):
        if not part:
            return f"{what} is empty"
        if len(part) > 1 and part[0] == "0":
            return f"{what} starts with zero"
        if part.strip(_DIGITS):
            return f"{what} contains non-digit"
    return ""


def regex(text: str) -> str:
    from fairlead.engines.gotemplate.errors import FuncError
    from fairlead.engines.helm.functions.regexes import compile_pattern

    try:
        compile_pattern(text)
    except FuncError as error:
        return str(error)
    return ""


FORMATS: dict[str, Callable[[str], str]] = {
    "json-pointer": json_pointer,
    "relative-json-pointer": relative_json_pointer,
    "uuid": uuid,
    "duration": duration,
    "period": period,
    "ipv4": ipv4,
    "ipv6": ipv6,
    "hostname": hostname,
    "email": email,
    "date": date,
    "time": time,
    "date-time": date_time,
    "uri": uri,
    "iri": uri,
    "uri-reference": uri_reference,
    "iri-reference": uri_reference,
    "uri-template": uri_template,
    "semver": semver,
    "regex": regex,
}
