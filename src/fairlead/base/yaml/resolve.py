"""What an unquoted YAML word means in Go.

Source: go.yaml.in/yaml v2.4.4 and v3.0.4, resolve.go; sigs.k8s.io/yaml v1.6.0, yaml.go.
The two versions differ in `yes`, `on` and `y`: true in v2, words in v3.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct

TAG_PREFIX = "tag:yaml.org,2002:"

TRUE_WORDS_V3 = frozenset({"true", "True", "TRUE"})
FALSE_WORDS_V3 = frozenset({"false", "False", "FALSE"})
TRUE_WORDS = TRUE_WORDS_V3 | {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
FALSE_WORDS = FALSE_WORDS_V3 | {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
NULL_WORDS = frozenset({"", "~", "null", "Null", "NULL"})

_INF = math.inf
_CONSTANTS: dict[str, object] = {
    **dict.fromkeys(NULL_WORDS, None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), _INF),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -_INF),
}
_WORDS_V2 = _CONSTANTS | dict.fromkeys(TRUE_WORDS, True) | dict.fromkeys(FALSE_WORDS, False)
_WORDS_V3 = _CONSTANTS | dict.fromkeys(TRUE_WORDS_V3, True) | dict.fromkeys(FALSE_WORDS_V3, False)

_INT = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9][0-9]*))\Z")
_DECIMAL_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DOT_FLOAT = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?\Z")
_STARTS_NUMBER = frozenset("+-0123456789")

_DATE = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]{1,9})?(?:Z|[-+]([0-9]{2}):([0-9]{2})))"
    r"|(?: ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]{1,9})?))?\Z"
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")

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
        if _DECIMAL_FLOAT.match(plain):
            value = float(plain)
            if not math.isinf(value):
                return value
    elif first == "." and _DOT_FLOAT.match(text):
        value = float(text)
        if not math.isinf(value):
            return value
    return text


def _whole(plain: str) -> int | None:
    found = _INT.match(plain)
    if found is None:
        return None
    sign, hexadecimal, octal, binary, decimal = found.groups()
    if decimal is not None:
        value = int(decimal) if len(decimal) < 21 else UINT64_MAX + 1
    elif hexadecimal is not None:
        value = int(hexadecimal, 16)
    elif octal is not None:
        value = int(octal, 8)
    else:
        value = int(binary, 2)
    if sign == "-":
        value = -value
    limit = INT64_MAX if sign else UINT64_MAX
    return value if INT64_MIN <= value <= limit else None


def is_timestamp(text: str) -> bool:
    """Is *text* one of the date forms that go-yaml reads as a time?"""
    found = _DATE.match(text)
    if found is None:
        return False
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        return False
    hour, minute, second = (int(found[i] or found[i + 5] or 0) for i in (4, 5, 6))
    if found[9]:
        hour, minute, second = int(found[9]), int(found[10]), int(found[11])
    elif found[7] and (int(found[7]) > 24 or int(found[8]) > 60):
        return False
    return hour < 24 and minute < 60 and second < 60


def is_plain_text(text: str) -> bool:
    """Would *text*, written without quotes, be read back by v2 as the same text?"""
    if text in _WORDS_V2:
        return False
    first = text[0]
    if first not in _STARTS_NUMBER and first != ".":
        return True
    if _number(text) is not text:
        return False
    return not is_timestamp(text) and not (":" in text and _BASE60.match(text))


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
    if math.isnan(value):
        return ".nan"
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(_INF, value)
    if math.isinf(single):
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
