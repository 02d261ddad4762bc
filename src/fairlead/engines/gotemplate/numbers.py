"""The number constants of templates.

Source: Go 1.26 text/template/parse/node.go (newNumber).
"""

from __future__ import annotations

from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.nodes import Number


def parse_number(pos: int, text: str, is_char: bool = False) -> Number:
    """Return the constant *text*, with the number types it fits (Go: newNumber).

    Raises:
        ValueError: with Go's text.
    """
    number = Number(pos, text)
    if is_char:
        code = strconv.unquote_char(text)
        number.as_int = number.as_uint = code
        number.as_float = float(code)
        return number
    if text.endswith("i"):
        return _imaginary(number, text)
    try:
        value = strconv.parse_int(text)
    except ValueError:
        return _decimal(number, text)
    if 0 <= value < 1 << 64 and text[0] not in "+-":
        number.as_uint = value
    if -(1 << 63) <= value < 1 << 63:
        number.as_int = value
        if value == 0:
            number.as_uint = 0
    if number.as_int is None and number.as_uint is None:
        return _decimal(number, text)
    number.as_float = float(value)
    return number


def _decimal(number: Number, text: str) -> Number:
    try:
        value = strconv.parse_float(text)
    except (ValueError, OverflowError):
        raise ValueError(f"illegal number syntax: {strconv.quote(text)}") from None
    if not any(char in ".eEpP" for char in text):
        raise ValueError(f"integer overflow: {strconv.quote(text)}")
    number.as_float = value
    if value.is_integer():
        if -(2.0**63) <= value < 2.0**63:
            number.as_int = int(value)
        if 0 <= value < 2.0**64:
            number.as_uint = int(value)
    return number


def _imaginary(number: Number, text: str) -> Number:
    try:
        number.as_complex = complex(text[:-1].replace("_", "") + "j")
    except ValueError:
        raise ValueError(f"illegal number syntax: {strconv.quote(text)}") from None
    if number.as_complex.imag == 0:
        number.as_float = number.as_complex.real
        if number.as_float.is_integer():
            number.as_int = int(number.as_float)
            number.as_uint = number.as_int if number.as_int >= 0 else None
    return number
