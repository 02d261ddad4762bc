"""What an unquoted YAML word means in Go.

Source: go.yaml.in/yaml v2.4.4 and v3.0.4, resolve.go; sigs.k8s.io/yaml v1.6.0, yaml.go.
The two versions differ in `yes`, `on` and `y`: true in v2, words in v3. Numbers are told by hand, not by patterns:
loading the regular expressions takes as long as reading a file.
"""

from __future__ import annotations

TAG_PREFIX = "tag:yaml.org,2002:"

TRUE_WORDS_V3 = frozenset({"true", "True", "TRUE"})
FALSE_WORDS_V3 = frozenset({"false", "False", "FALSE"})
TRUE_WORDS = TRUE_WORDS_V3 | {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
FALSE_WORDS = FALSE_WORDS_V3 | {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
NULL_WORDS = frozenset({"", "~", "null", "Null", "NULL"})

_INF = float("inf")
_CONSTANTS: dict[str, object] = {
    **dict.fromkeys(NULL_WORDS, None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), _INF),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -_INF),
}
_WORDS_V2 = _CONSTANTS | dict.fromkeys(TRUE_WORDS, True) | dict.fromkeys(FALSE_WORDS, False)
_WORDS_V3 = _CONSTANTS | dict.fromkeys(TRUE_WORDS_V3, True) | dict.fromkeys(FALSE_WORDS_V3, False)

_STARTS_NUMBER = frozenset("+-0123456789")

_DIGITS = frozenset("0123456789")
_BASES = {"x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2}
_BASE_DIGITS = {16: frozenset("0123456789abcdefABCDEF"), 8: frozenset("01234567"), 2: frozenset("01")}
_NUMBERS = frozenset("0123456789_")
_SIXTIETHS = frozenset(text for at in range(60) for text in (str(at), f"{at:02d}"))

_DOT_FLOAT = r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?\Z"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

INT64_MIN, INT64_MAX, UINT64_MAX = -(2**63), 2**63 - 1, 2**64 - 1


def resolve(text: str) -> object:
    """Return what the plain scalar *text* is for sigs.k8s.io/yaml: str, bool, int, float or None."""
    if text in _WORDS_V2:
        return _WORDS_V2[text]
    return _number(text)


def resolve_v3(text: str) -> object:
    """Return what the plain scalar *text* is for go-yaml v3, dates as text."""
    if text in _WORDS_V3:
        return _WORDS_V3[text]
    return _number(text)


def _number(text: str) -> object:
    first = text[0]
    if first in _STARTS_NUMBER:
        plain = text.replace("_", "") if "_" in text else text
        whole = _whole(plain)
        if whole is not None:
            return whole
        if _is_decimal(plain):
            value = float(plain)
            if value not in (_INF, -_INF):
                return value
    elif first == "." and text[1:2] in _DIGITS:
        import re

        if re.match(_DOT_FLOAT, text):
            value = float(text)
            if value != _INF:
                return value
    return text


def _whole(plain: str) -> int | None:
    """Return the whole number *plain*, None when it is none."""
    sign = plain[:1] if plain[:1] in ("-", "+") else ""
    digits = plain[1:] if sign else plain
    if digits[:1] == "0" and len(digits) > 1:
        base = _BASES.get(digits[1], 0)
        digits = digits[2:] if base else digits[1:]
        base = base or 8
        if not digits or not _BASE_DIGITS[base].issuperset(digits):
            return None
        value = int(digits, base)
    elif digits and _DIGITS.issuperset(digits):
        value = int(digits) if len(digits) < 21 else UINT64_MAX + 1
    else:
        return None
    if sign == "-":
        value = -value
    limit = INT64_MAX if sign else UINT64_MAX
    return value if INT64_MIN <= value <= limit else None


def _is_decimal(plain: str) -> bool:
    """Whether *plain* is digits with a point and an exponent, each of which may be missing."""
    body = plain[1:] if plain[:1] in ("-", "+") else plain
    mantissa, mark, exponent = body.partition("e") if "e" in body else body.partition("E")
    if mark:
        exponent = exponent[1:] if exponent[:1] in ("-", "+") else exponent
        if not exponent or not _DIGITS.issuperset(exponent):
            return False
    whole, _, fraction = mantissa.partition(".")
    return bool(whole or fraction) and _DIGITS.issuperset(whole) and _DIGITS.issuperset(fraction)


def is_base60(text: str) -> bool:
    """Whether YAML 1.1 reads *text* as a number of minutes and seconds."""
    first, *others = (text[1:] if text[:1] in ("-", "+") else text).split(":")
    if not others or first[:1] not in _DIGITS or not _NUMBERS.issuperset(first):
        return False
    others[-1], _, fraction = others[-1].partition(".")
    if not _NUMBERS.issuperset(fraction):
        return False
    return all(
        part and _DIGITS.issuperset(part) and len(part) < 3 and (len(part) < 2 or part < "60") for part in others
    )


def is_timestamp(text: str) -> bool:
    """Is *text* one of the date forms that go-yaml reads as a time?"""
    found = timestamp(text)
    if found is None:
        return False
    zone = found[-1]
    return len(zone) < 2 or (int(zone[1:3]) <= 24 and int(zone[4:6]) <= 60)


def timestamp(text: str) -> tuple[list[int], list[int], str, str] | None:
    """Return the parts of a date: days, clock, fraction and zone ("" for none); None when *text* is no date."""
    if text[4:5] != "-":
        return None
    at = next((at for at, char in enumerate(text) if char in "Tt "), len(text))
    days = _numbers(text[:at], "-")
    if days is None or len(days) != 3 or not 1 <= days[1] <= 12 or not 1 <= days[2] <= _DAYS[days[1] - 1]:
        return None
    if days[1:] == [2, 29] and (days[0] % 4 or (days[0] % 100 == 0 and days[0] % 400)):
        return None
    if at == len(text):
        return days, [0, 0, 0], "", ""
    rest, zone = text[at + 1 :], ""
    if text[at] != " ":
        size = 1 if rest[-1:] == "Z" else 6
        rest, zone = rest[:-size], rest[-size:]
        is_offset = zone[:1] in ("+", "-") and zone[3:4] == ":" and _DIGITS.issuperset(zone[1:3] + zone[4:])
        if zone != "Z" and (len(zone) != 6 or not is_offset):
            return None
    clock_text, mark, fraction = rest.partition("." if "." in rest else ",")
    clock = _numbers(clock_text, ":")
    if mark and (not 1 <= len(fraction) <= 9 or not _DIGITS.issuperset(fraction)):
        return None
    if clock is None or len(clock) != 3 or clock[0] > 23 or clock[1] > 59 or clock[2] > 59:
        return None
    return days, clock, fraction, zone


def _numbers(text: str, mark: str) -> list[int] | None:
    """Return the numbers of one or two digits that stand between *mark*s; a year, before a dash, has four."""
    parts = text.split(mark)
    for at, part in enumerate(parts):
        sizes = (4,) if mark == "-" and at == 0 else (1, 2)
        if len(part) not in sizes or not _DIGITS.issuperset(part):
            return None
    return [int(part) for part in parts]


def is_plain_text(text: str) -> bool:
    """Would *text*, written without quotes, be read back by v2 as the same text?"""
    if text in _WORDS_V2:
        return False
    first = text[0]
    if first not in _STARTS_NUMBER and first != ".":
        return True
    if _number(text) is not text:
        return False
    return not is_timestamp(text) and not (":" in text and is_base60(text))


class TagError(ValueError):
    """A value that is not what its explicit tag says; the text is go-yaml's."""


def resolve_tagged(tag: str, text: str) -> object:
    """Return *text* read under an explicit *tag* (v2 rules).

    Raises: TagError when the text is not of that type.
    """
    short = tag.removeprefix(TAG_PREFIX) if tag.startswith(TAG_PREFIX) else ""
    if short == "str" or short not in ("bool", "int", "float", "null", "timestamp", "binary"):
        return text
    if short == "binary":
        return _decode_binary(text)
    value = resolve(text)
    found = _type_name(value)
    if short == "timestamp" and found == "str" and is_timestamp(text):
        return text
    if short == "float" and found == "int" and isinstance(value, int) and value <= INT64_MAX:
        return float(value)
    if found != short:
        raise TagError(f"cannot decode !!{found} `{text}` as a !!{short}")
    return value


def _type_name(value: object) -> str:
    if value is None:
        return "null"
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "str")


def _decode_binary(text: str) -> str:
    import base64
    import binascii

    try:
        data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise TagError("!!binary value contains invalid base64 data") from error
    return decode_go(data)


def decode_go(data: bytes) -> str:
    """Decode UTF-8 as Go's encoding/json does: each bad byte becomes U+FFFD."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(_split_bad(data))


def _split_bad(data: bytes) -> list[str]:
    parts: list[str] = []
    at = 0
    while at < len(data):
        try:
            parts.append(data[at:].decode())
            break
        except UnicodeDecodeError as error:
            parts.append(data[at : at + error.start].decode())
            parts.append("\ufffd")
            at += error.start + 1
    return parts


def key_text(key: object) -> str | None:
    """Return the JSON key that a resolved YAML *key* becomes, None when it cannot be one."""
    if isinstance(key, str):
        return key
    if key is None:
        return None
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(key) if key <= INT64_MAX else None
    if isinstance(key, float):
        return float32_text(key)
    return None


def float32_text(value: float) -> str:
    """Return Go's FormatFloat(value, 'g', -1, 32), with YAML's words for the specials."""
    if value != value:
        return ".nan"
    import struct

    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = _INF if value > 0 else -_INF
    if single in (_INF, -_INF):
        return ".inf" if single > 0 else "-.inf"
    for digits in range(1, 10):
        shortest = f"{single:.{digits - 1}e}"
        if struct.unpack("f", struct.pack("f", float(shortest)))[0] == single:
            break
    return general(shortest)


def float64_text(value: float) -> str:
    """Return Go's FormatFloat(value, 'g', -1, 64) of a finite number."""
    text = repr(value)
    sign, text = ("-", text[1:]) if text[0] == "-" else ("", text)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) + len(whole) - 1
    digits = whole + fraction
    stripped = digits.lstrip("0")
    if not stripped:
        return sign + "0"
    power -= len(digits) - len(stripped)
    return general(f"{sign}{stripped[0]}.{stripped[1:] or '0'}e{power}")


def general(scientific: str) -> str:
    """Lay out the digits of *scientific* ("1.25e+03") as Go's %g does with shortest digits."""
    mantissa, _, exponent_text = scientific.partition("e")
    exponent = int(exponent_text)
    sign = "-" if mantissa.startswith("-") else ""
    digits = mantissa.lstrip("-").replace(".", "")
    digits = digits[0] + digits[1:].rstrip("0")
    if exponent < -4 or exponent >= 6:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    if len(digits) <= exponent + 1:
        return sign + digits + "0" * (exponent + 1 - len(digits))
    return f"{sign}{digits[: exponent + 1]}.{digits[exponent + 1 :]}"
