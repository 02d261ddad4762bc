"""Write JSON as Go's encoding/json does.

Source: Go 1.26, encoding/json encode.go. Keys are sorted by bytes, `<`, `>`, `&`, U+2028
and U+2029 are escaped, and a float is written without an exponent where that is short.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_INF = float("inf")
_MAX_DEPTH = 1000  # from there on Go looks for a map that holds itself
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_SEPARATORS = {"\u2028": "\\u2028", "\u2029": "\\u2029"}


class GoJsonError(ValueError):
    """A value that Go's encoder refuses; the text is Go's."""


def dumps(value: object, *, escape_html: bool = True) -> bytes:
    """Return the compact JSON of *value*, as json.Marshal writes it.

    Lone surrogates become U+FFFD, as invalid UTF-8 does in Go.
    Raises: GoJsonError for NaN and infinities; RecursionError for a thousand levels, or a map that holds itself.
    """
    return dumps_text(value, escape_html=escape_html).encode()


def dumps_text(value: object, *, escape_html: bool = True) -> str:
    """Return what `dumps` returns, as text."""
    parts: list[str] = []
    _write(parts.append, value, escape_html, 0)
    return "".join(parts)


def dumps_indent(value: object, indent: str, *, escape_html: bool = True) -> bytes:
    """Return what json.MarshalIndent(value, "", indent) returns."""
    parts: list[str] = []
    _write_indented(parts.append, value, "\n", indent, escape_html)
    return "".join(parts).encode()


def quote(text: str, *, escape_html: bool = True) -> str:
    """Return *text* as a JSON string."""
    return _quote(text, escape_html)


def _quote(text: str, html: bool) -> str:
    if (
        text.isprintable()
        and '"' not in text
        and "\\" not in text
        and (not html or ("<" not in text and ">" not in text and "&" not in text))
    ):
        return f'"{text}"'
    return f'"{_escaped(text, html)}"'


def _escaped(text: str, html: bool) -> str:
    for char, escape in _ESCAPES.items():  # the backslash first
        if char in text:
            text = text.replace(char, escape)
    if html:
        for char, escape in _HTML.items():
            text = text.replace(char, escape)
    if text.isprintable():
        return text
    for char in set(text):
        if char < " ":
            text = text.replace(char, f"\\u{ord(char):04x}")
        elif char in _SEPARATORS:
            text = text.replace(char, _SEPARATORS[char])
        elif "\ud800" <= char <= "\udfff":
            text = text.replace(char, "\\ufffd")
    return text


def float_text(value: float) -> str:
    """Return *value* as Go's encoder writes a float64.

    Raises: GoJsonError for NaN and infinities.
    """
    if value != value or value in (_INF, -_INF):
        name = "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
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


def _scalar(value: object, html: bool) -> str:
    if isinstance(value, str):
        return _quote(value, html)
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


class Struct(dict[str, object]):
    """The fields of a struct: written in their own order, not sorted."""


def _sorted_items(value: dict[str, Any]) -> list[tuple[str, Any]]:
    if type(value) is Struct:
        return list(value.items())
    keys = sorted(value)
    if not "".join(keys).isascii():
        keys.sort(key=_go_key)
    return [(key, value[key]) for key in keys]


def _empty(value: Any, text: str) -> str:
    """Return *text*, or null for what is a nil map or slice in Go."""
    return "null" if getattr(value, "go_nil", False) else text


def _write(put: Any, value: Any, html: bool, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        lead = "{"
        for key, item in _sorted_items(value):
            put(f"{lead}{_quote(key, html)}:")
            _write(put, item, html, depth + 1)
            lead = ","
        put("}" if value else _empty(value, "{}"))
    elif isinstance(value, (list, tuple)):
        lead = "["
        for item in value:
            put(lead)
            _write(put, item, html, depth + 1)
            lead = ","
        put("]" if value else _empty(value, "[]"))
    else:
        put(_scalar(value, html))


def _write_indented(put: Any, value: Any, newline: str, indent: str, html: bool) -> None:
    if not value or not isinstance(value, (dict, list, tuple)):
        shown = "{}" if isinstance(value, dict) else "[]" if isinstance(value, (list, tuple)) else ""
        put(_empty(value, shown) if shown else _scalar(value, html))
        return
    inner = newline + indent
    if isinstance(value, dict):
        lead = "{"
        for key, item in _sorted_items(value):
            put(f"{lead}{inner}{_quote(key, html)}: ")
            _write_indented(put, item, inner, indent, html)
            lead = ","
        put(newline + "}")
        return
    lead = "["
    for item in value:
        put(lead + inner)
        _write_indented(put, item, inner, indent, html)
        lead = ","
    put(newline + "]")


def loads(data: bytes | str) -> Any:
    """Return the value of a JSON text, with Go's whole numbers kept whole.

    Raises: ValueError.
    """
    import json

    return json.loads(data)
