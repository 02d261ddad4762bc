"""Write JSON as Go's encoding/json does.

Source: Go 1.26, encoding/json encode.go. Keys are sorted by bytes, `<`, `>`, `&`, U+2028
and U+2029 are escaped, and a float is written without an exponent where that is short.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

# What is escaped: in ASCII texts, and in others, whose class of wide characters takes a millisecond to compile.
_ESCAPED = (re.compile(r'["\\<>&\x00-\x1f]'), r'["\\<>&\x00-\x1f\u2028\u2029\ud800-\udfff]')
_ESCAPED_PLAIN = (re.compile(r'["\\\x00-\x1f]'), r'["\\\x00-\x1f\u2028\u2029\ud800-\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


Patterns = tuple[re.Pattern[str], str]


class GoJsonError(ValueError):
    """A value that Go's encoder refuses; the text is Go's."""


def dumps(value: object, *, escape_html: bool = True) -> bytes:
    """Return the compact JSON of *value*, as json.Marshal writes it.

    Lone surrogates become U+FFFD, as invalid UTF-8 does in Go.
    Raises: GoJsonError for NaN and infinities.
    """
    return dumps_text(value, escape_html=escape_html).encode()


def dumps_text(value: object, *, escape_html: bool = True) -> str:
    """Return what `dumps` returns, as text."""
    parts: list[str] = []
    _write(parts.append, value, _ESCAPED if escape_html else _ESCAPED_PLAIN)
    return "".join(parts)


def dumps_indent(value: object, indent: str, *, escape_html: bool = True) -> bytes:
    """Return what json.MarshalIndent(value, "", indent) returns."""
    parts: list[str] = []
    _write_indented(parts.append, value, "\n", indent, _ESCAPED if escape_html else _ESCAPED_PLAIN)
    return "".join(parts).encode()


def quote(text: str, *, escape_html: bool = True) -> str:
    """Return *text* as a JSON string."""
    return _quote(text, _ESCAPED if escape_html else _ESCAPED_PLAIN)


def _quote(text: str, patterns: Patterns) -> str:
    pattern = patterns[0] if text.isascii() else re.compile(patterns[1])
    if pattern.search(text):
        text = pattern.sub(_escape, text)
    return f'"{text}"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        return "\\ufffd"
    return f"\\u{code:04x}"


def float_text(value: float) -> str:
    """Return *value* as Go's encoder writes a float64.

    Raises: GoJsonError for NaN and infinities.
    """
    if not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
        raise GoJsonError(f"json: unsupported value: {name}")
    text = repr(value)
    size = abs(value)
    if size != 0 and (size < 1e-6 or size >= 1e21):
        mantissa, _, exponent = text.partition("e")
        mantissa = mantissa.removesuffix(".0")
        sign, digits = exponent[0], exponent.lstrip("+-")
        if sign == "-":
            return f"{mantissa}e-{digits.lstrip('0')}"
        return f"{mantissa}e+{digits}"
    if "e" in text:
        return _spell_out(text)
    return text.removesuffix(".0")


def _spell_out(text: str) -> str:
    """Write "1.5e+17" or "1e-05" without its exponent."""
    sign = "-" if text[0] == "-" else ""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent)
    digits = whole + fraction
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"


def _go_key(key: Any) -> bytes:
    text: str = key
    return text.encode("utf-8", "surrogatepass")


def _scalar(value: object, pattern: Patterns) -> str:
    if isinstance(value, str):
        return _quote(value, pattern)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float_text(value)
    name = "complex128" if isinstance(value, complex) else type(value).__name__
    raise GoJsonError(f"json: unsupported type: {name}")


class Struct(dict[str, Any]):
    """The fields of a struct: written in their own order, not sorted."""


def _sorted_items(value: dict[str, Any]) -> list[tuple[str, Any]]:
    if type(value) is Struct:
        return list(value.items())
    keys = sorted(value)
    if not "".join(keys).isascii():
        keys.sort(key=_go_key)
    return [(key, value[key]) for key in keys]


def _write(put: Any, value: Any, pattern: Patterns) -> None:
    if isinstance(value, dict):
        lead = "{"
        for key, item in _sorted_items(value):
            put(f"{lead}{_quote(key, pattern)}:")
            _write(put, item, pattern)
            lead = ","
        put("}" if value else "{}")
    elif isinstance(value, (list, tuple)):
        lead = "["
        for item in value:
            put(lead)
            _write(put, item, pattern)
            lead = ","
        put("]" if value else "[]")
    else:
        put(_scalar(value, pattern))


def _write_indented(put: Any, value: Any, newline: str, indent: str, pattern: Patterns) -> None:
    if not value or not isinstance(value, (dict, list, tuple)):
        put("{}" if isinstance(value, dict) else "[]" if isinstance(value, (list, tuple)) else _scalar(value, pattern))
        return
    inner = newline + indent
    if isinstance(value, dict):
        lead = "{"
        for key, item in _sorted_items(value):
            put(f"{lead}{inner}{_quote(key, pattern)}: ")
            _write_indented(put, item, inner, indent, pattern)
            lead = ","
        put(newline + "}")
        return
    lead = "["
    for item in value:
        put(lead + inner)
        _write_indented(put, item, inner, indent, pattern)
        lead = ","
    put(newline + "]")


def loads(data: bytes | str) -> Any:
    """Return the value of a JSON text, with Go's whole numbers kept whole.

    Raises: ValueError.
    """
    return json.loads(data)
