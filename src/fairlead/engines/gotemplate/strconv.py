"""Go's strconv in Python: quoting, unquoting and number texts.

Source: Go 1.26 strconv/quote.go, ftoa.go, atoi.go. A Go string is bytes; here
it is a str whose invalid bytes are lone surrogates (errors="surrogateescape").
"""

from __future__ import annotations

import math

from fairlead.base.patterns import late

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\"}


def is_print(char: str) -> bool:
    """Report whether Go's strconv.IsPrint holds for *char*."""
    return char == " " or (char.isprintable() and not char.isspace())


def quote(text: str, mark: str = '"', ascii_only: bool = False) -> str:
    """Return *text* as a Go string literal (strconv.Quote, QuoteToASCII)."""
    if mark == '"' and text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return mark + "".join(_quote_char(char, mark, ascii_only) for char in text) + mark


def _quote_char(char: str, mark: str, ascii_only: bool) -> str:
    if char == mark:
        return "\\" + mark
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # an invalid byte
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return char if 0x20 <= code < 0x7F else f"\\x{code:02x}"
    if not ascii_only and is_print(char):
        return char
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_SIMPLE_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_ESCAPE = late(r"(?s)\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))")


def unquote(literal: str) -> str:
    """Return the value of a Go string literal, double quoted or raw.

    Raises:
        ValueError: the literal is not one (Go: "invalid syntax").
    """
    if len(literal) < 2 or literal[0] != literal[-1]:
        raise ValueError("invalid syntax")
    body = literal[1:-1]
    if literal[0] == "`":
        return body.replace("\r", "")
    if "\\" not in body:
        return body
    return _unescape(body, literal[0])


def unquote_char(literal: str) -> int:
    """Return the code point of a Go character literal such as ``'a'``."""
    body = literal[1:-1]
    if not body or (body == "'"):
        raise ValueError("invalid syntax")
    value = _unescape(body, "'") if body.startswith("\\") else body
    if len(value) != 1:
        raise ValueError(f"malformed character constant: {literal}")
    code = ord(value)
    return code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code


def _unescape(body: str, mark: str) -> str:
    raw = False
    parts: list[str] = []
    last = 0
    while (at := body.find("\\", last)) >= 0:
        parts.append(body[last:at])
        found = _ESCAPE.match(body, at)
        if found is None:
            raise ValueError("invalid syntax")
        hexadecimal, short, long, octal, simple = found.groups()
        if simple is not None:
            if simple == mark:
                parts.append(simple)
            elif simple in _SIMPLE_ESCAPES:
                parts.append(_SIMPLE_ESCAPES[simple])
            else:
                raise ValueError("invalid syntax")
        elif hexadecimal or octal:
            code = int(hexadecimal, 16) if hexadecimal else int(octal, 8)
            if code > 255:
                raise ValueError("invalid syntax")
            raw = raw or code >= 0x80
            parts.append(chr(code) if code < 0x80 else chr(0xDC00 + code))
        else:
            code = int(short or long, 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise ValueError("invalid syntax")
            parts.append(chr(code))
        last = found.end()
    parts.append(body[last:])
    text = "".join(parts)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") if raw else text


def to_bytes(text: str) -> bytes:
    """Return the bytes a Go string of this value holds."""
    return text.encode("utf-8", "surrogateescape")


def to_str(data: bytes) -> str:
    """Return the str that stands for a Go string of these bytes."""
    return data.decode("utf-8", "surrogateescape")


def format_float(value: float, verb: str = "g", precision: int = -1) -> str:
    """Return *value* as strconv.FormatFloat(value, verb, precision, 64) does."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if verb in "eEfFgG" and precision >= 0:
        text = format(value, f".{precision}{'f' if verb == 'F' else verb}")
        return text if verb not in "gG" or precision else format(value, f".1{verb}")
    return _shortest(value, verb)


def format_binary(value: float) -> str:
    """Return a finite *value* as the verb ``b`` prints it: a whole mantissa and a power of two."""
    mantissa, exponent = math.frexp(abs(value))
    whole, shift = int(mantissa * (1 << 53)), exponent - 53
    if shift < -1074 or not whole:
        whole, shift = whole >> (-1074 - shift) if whole else 0, -1074
    return f"{'-' if math.copysign(1.0, value) < 0 else ''}{whole}p{shift:+d}"


def format_hexadecimal(value: float, verb: str, precision: int) -> str:
    """Return a finite *value* as the verb ``x`` or ``X`` prints it: 0x1.8p+00."""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    mantissa, exponent = math.frexp(abs(value))
    whole, power = int(mantissa * (1 << 53)), exponent - 1  # 1.52 bits
    if not whole:
        power = 0
    if 0 <= precision < 13:
        shift = (13 - precision) * 4
        rest, whole = whole & ((1 << shift) - 1), whole >> shift
        if rest > 1 << (shift - 1) or (rest == 1 << (shift - 1) and whole & 1):
            whole += 1
        whole <<= shift
        if whole >> 53:
            whole, power = whole >> 1, power + 1
    digits = f"{whole & ((1 << 52) - 1):013x}"
    digits = digits.rstrip("0") if precision < 0 else digits[:precision].ljust(precision, "0")
    text = f"{sign}0x{whole >> 52}{'.' if digits else ''}{digits}p{'-' if power < 0 else '+'}{abs(power):02d}"
    return text.upper() if verb == "X" else text


def _shortest(value: float, verb: str) -> str:
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    digits, point = shortest_digits(abs(value))
    if verb in "fF":
        return sign + plain_digits(digits, point)
    exponent = point - 1
    if verb in "gG" and -4 <= exponent < 6:
        return sign + plain_digits(digits, point)
    if digits == "0":
        exponent = 0
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    mark = "E" if verb in "EG" else "e"
    return f"{sign}{mantissa}{mark}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def shortest_digits(value: float) -> tuple[str, int]:
    """Return the shortest digits of a non-negative float and where its point is."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + (int(exponent) if exponent else 0)
    point -= len(whole + fraction) - len(digits) if digits else 0
    stripped = digits.rstrip("0")
    return (stripped, point) if stripped else ("0", 1)


def plain_digits(digits: str, point: int) -> str:
    """Return *digits* with the decimal point at *point* and no exponent."""
    if point <= 0:
        return "0." + "0" * -point + digits if digits != "0" else "0"
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return digits[:point] + "." + digits[point:]


_INT = late(r"([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)\Z")
_UNDERSCORES = late(r"\A[+-]?(?:0[xXbBoO]_?|0_)?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*\Z")


def parse_int(text: str) -> int:
    """Return the value of a Go integer literal (strconv.ParseInt, base 0), of any size.

    Raises:
        ValueError: not an integer literal.
    """
    found = _INT.match(text)
    if found is None or ("_" in text and not _UNDERSCORES.match(text)):
        raise ValueError("invalid syntax")
    body = found.group(2).replace("_", "").lower()
    if body.startswith(("0x", "0b", "0o")):
        value = int(body[2:], {"x": 16, "b": 2, "o": 8}[body[1]])
    elif len(body) > 1 and body[0] == "0":
        value = int(body, 8)
    else:
        value = int(body)
    return -value if found.group(1) == "-" else value


_FLOAT = late(r"[+-]?(?:(?:[0-9]+(?:_[0-9]+)*)?(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?)(?:[eE][+-]?[0-9]+)?\Z")
_HEX_FLOAT = late(r"[+-]?0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*[pP][+-]?[0-9]+\Z")
_SPECIAL = late(r"(?i)([+-]?)(?:(inf|infinity)|nan)\Z")


def parse_float(text: str) -> float:
    """Return strconv.ParseFloat(text, 64).

    Raises:
        ValueError: not a number.
        OverflowError: too large for a float.
    """
    special = _SPECIAL.match(text)
    if special is not None:
        if special.group(2) is None:
            if special.group(1):
                raise ValueError("invalid syntax")
            return math.nan
        return -math.inf if special.group(1) == "-" else math.inf
    if _HEX_FLOAT.match(text):
        return float.fromhex(text.replace("_", ""))
    if not _FLOAT.match(text) or not any(char.isdigit() for char in text.split("e")[0].split("E")[0]):
        raise ValueError("invalid syntax")
    if "_" in text:
        raise ValueError("invalid syntax")
    value = float(text)
    if math.isinf(value):
        raise OverflowError("value out of range")
    return value
