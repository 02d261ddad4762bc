"""Go's fmt: Sprint, Sprintln and Sprintf on the values of gotypes.

Source: Go 1.26 fmt/print.go and fmt/format.go.
"""

from __future__ import annotations

import math

from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.errors import LimitError
from fairlead.engines.gotemplate.gotypes import (
    INT_KINDS,
    MAX_DEPTH,
    UINT_KINDS,
    GoError,
    GoObject,
    Uint8,
    kind_name,
    type_name,
)

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

TOO_DEEP = f"a value of more than {MAX_DEPTH} levels: a map that holds itself?"
MAX_WIDTH = 1_000_000  # Go: tooLarge


def format_number(value: float) -> str:
    """Return a float64 as ``%v`` prints it."""
    if -1e6 < value < 1e6 and value == (whole := int(value)):
        return "-0" if whole == 0 and math.copysign(1.0, value) < 0 else str(whole)
    return strconv.format_float(value)


def to_text(value: object) -> str:
    """Return *value* as an action prints it (``%v``, and ``<no value>`` for nil)."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if value is None:
        return "<no value>"
    if kind is float:
        return format_number(value)  # type: ignore[arg-type]
    if isinstance(value, GoObject):
        text = value.go_action_text()
        return sprint_pointed(value) if text is None else text
    return sprint_value(value)


def sprint_pointed(value: object) -> str:
    """Return *value* as ``%v`` prints it; of a pointer, what it points to."""
    text = sprint_value(value)
    if isinstance(value, GoObject) and value.go_kind == "ptr" and value.go_string() is None:
        return text.removeprefix("&")
    return text


def sprint_value(value: object, depth: int = 0) -> str:
    """Return *value* as ``%v`` prints it."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if value is None:
        return "<nil>"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        text = getattr(value, "go_string", None)
        return str(int(value)) if text is None else str(text())
    if kind is float:
        return format_number(value)  # type: ignore[arg-type]
    if depth > MAX_DEPTH:
        raise LimitError(TOO_DEEP)
    if isinstance(value, dict):
        inner = " ".join([f"{sprint_value(key)}:{sprint_value(value[key], depth + 1)}" for key in sorted(value)])
        return f"map[{inner}]"
    if isinstance(value, list | tuple):
        return "[" + " ".join([sprint_value(item, depth + 1) for item in value]) + "]"
    if isinstance(value, bytes):
        return "[" + " ".join(map(str, value)) + "]"
    if isinstance(value, GoObject):
        return _sprint_object(value, depth)
    if isinstance(value, GoError):
        return str(value)
    if isinstance(value, complex):
        return _Formatter("v").complex_text(value, "v")
    return str(value)


def _sprint_object(value: GoObject, depth: int) -> str:
    text = value.go_string()
    if text is not None:
        return text
    if value.go_kind == "ptr" and depth > 0:
        return "0xc000000000"
    inner = " ".join([sprint_value(item, depth + 1) for item in value.go_fields().values()])
    return ("&{" if value.go_kind == "ptr" else "{") + inner + "}"


def sprint(values: Sequence[object]) -> str:
    """Return fmt.Sprint(values...): a space between two neighbours that are no strings."""
    parts: list[str] = []
    was_string = True
    for index, value in enumerate(values):
        is_string = kind_name(value) == "string"
        if index and not is_string and not was_string:
            parts.append(" ")
        parts.append(sprint_value(value))
        was_string = is_string
    return "".join(parts)


def sprintln(values: Sequence[object]) -> str:
    """Return fmt.Sprintln(values...)."""
    return " ".join(map(sprint_value, values)) + "\n"


_PLAIN_VERBS = ("s", "v")  # a text as it is


def sprintf(format_text: str, values: Sequence[object]) -> str:
    """Return fmt.Sprintf(format_text, values...), complaints in the text included."""
    pieces = format_text.split("%")
    if len(pieces) == len(values) + 1:
        out = pieces[:1]
        for value, piece in zip(values, pieces[1:], strict=True):
            if type(value) is not str or piece[:1] not in _PLAIN_VERBS:
                break
            out.append(value)
            out.append(piece[1:])
        else:
            return "".join(out)
    return _Sprintf(format_text, values).run()


class _Sprintf:
    def __init__(self, format_text: str, values: Sequence[object]) -> None:
        self.text = format_text
        self.values = values
        self.out: list[str] = []
        self.index = 0
        self.reordered = False
        self.good_index = True
        self.after_index = False

    def run(self) -> str:
        text = self.text
        pos = 0
        while (at := text.find("%", pos)) >= 0:
            self.out.append(text[pos:at])
            pos = self.directive(at + 1)
        self.out.append(text[pos:])
        if not self.reordered and self.index < len(self.values):
            extra = ", ".join(
                "<nil>" if value is None else f"{type_name(value)}={sprint_value(value)}"
                for value in self.values[self.index :]
            )
            self.out.append(f"%!(EXTRA {extra})")
        return "".join(self.out)

    def directive(self, pos: int) -> int:  # noqa: C901 - follows doPrintf step by step
        text, size = self.text, len(self.text)
        formatter = _Formatter()
        self.good_index = True
        self.after_index = False
        while pos < size and text[pos] in "+-# 0":
            formatter.set_flag(text[pos])
            pos += 1
        pos = self.argument_number(pos)
        if text[pos : pos + 1] == "*":
            pos += 1
            width = self.star()
            if width is None:
                self.out.append("%!(BADWIDTH)")
            else:
                if width < 0:
                    width = -width
                    formatter.minus = True
                    formatter.zero = False
                formatter.width = width
            self.after_index = False
        else:
            formatter.width, pos = self.number(pos)
            if self.after_index and formatter.width is not None:
                self.good_index = False
        if text[pos : pos + 1] == "." and pos + 1 < size:  # Go: a dot at the end is the verb
            pos += 1
            if self.after_index:
                self.good_index = False
            pos = self.argument_number(pos)
            if text[pos : pos + 1] == "*":
                pos += 1
                formatter.precision = self.star()
                if formatter.precision is not None and formatter.precision < 0:
                    formatter.precision = None
                if formatter.precision is None:
                    self.out.append("%!(BADPREC)")
                self.after_index = False
            else:
                precision, pos = self.number(pos)
                formatter.precision = precision or 0
        if not self.after_index:
            pos = self.argument_number(pos)
        if pos >= size:
            self.out.append("%!(NOVERB)")
            return pos
        verb = text[pos]
        pos += 1
        if verb == "%":
            self.out.append("%")
        elif not self.good_index:
            self.out.append(f"%!{verb}(BADINDEX)")
        elif self.index >= len(self.values):
            self.out.append(f"%!{verb}(MISSING)")
        else:
            value = self.values[self.index]
            self.index += 1
            self.out.append(formatter.format(value, verb))
        return pos

    def number(self, pos: int) -> tuple[int | None, int]:
        start = pos
        while pos < len(self.text) and self.text[pos] in "0123456789":
            pos += 1
        if pos == start:
            return None, pos
        value = int(self.text[start:pos][:8])
        return (None if value > MAX_WIDTH else value), pos

    def star(self) -> int | None:
        if self.index >= len(self.values):
            return None
        value = self.values[self.index]
        self.index += 1
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_WIDTH:
            return int(value)
        return None

    def argument_number(self, pos: int) -> int:
        if self.text[pos : pos + 1] != "[":
            return pos
        self.reordered = True
        close = self.text.find("]", pos)
        if close < 0:
            self.good_index = False
            return pos + 1
        digits = self.text[pos + 1 : close]
        if digits.isdecimal() and 1 <= int(digits) <= len(self.values):
            self.index = int(digits) - 1
            self.after_index = True
        else:
            self.good_index = False
        return close + 1


class _Formatter:
    """One directive's flags, and the formatting of one value under them."""

    def __init__(self, _verb: str = "") -> None:
        self.plus = self.minus = self.sharp = self.space = self.zero = False
        self.sharp_v = self.plus_v = self.erroring = False
        self.width: int | None = None
        self.precision: int | None = None

    def set_flag(self, char: str) -> None:
        if char == "+":
            self.plus = True
        elif char == "-":
            self.minus = True
            self.zero = False
        elif char == "#":
            self.sharp = True
        elif char == " ":
            self.space = True
        else:
            self.zero = True

    def format(self, value: object, verb: str) -> str:
        if verb == "T":
            return self.pad(self.cut(type_name(value)))
        if verb == "p" and value is not None:
            return self.bad(value, verb)
        if value is None:
            return self.pad("<nil>") if verb == "v" else f"%!{verb}(<nil>)"
        if verb in "vw":
            if self.sharp:
                self.sharp = False
                self.sharp_v = True
            if self.plus:
                self.plus = False
                self.plus_v = True
        return self.bad(value, verb) if verb == "w" else self.value(value, verb, 0)

    def pad(self, text: str, zero: bool | None = None) -> str:
        if self.width is None or len(text) >= self.width:
            return text
        if self.minus:
            return text.ljust(self.width)
        return text.rjust(self.width, "0" if (self.zero if zero is None else zero) else " ")

    def cut(self, text: str) -> str:
        return text if self.precision is None else text[: self.precision]

    def bad(self, value: object, verb: str) -> str:
        """Return the complaint about a verb that does not fit: the flags hold for the value, its methods do not."""
        outer, self.erroring = self.erroring, True
        shown = self.value(value, "v", 0)
        self.erroring = outer
        return f"%!{verb}({type_name(value)}={shown})"

    def value(self, value: object, verb: str, depth: int) -> str:
        text = self.stringer(value, verb)
        if text is not None:
            return self.string(text, verb, value)
        if isinstance(value, bool):
            return self.pad("true" if value else "false") if verb in "tv" else self.bad(value, verb)
        if isinstance(value, int):
            return self.integer(value, verb)
        if isinstance(value, float):
            return self.real(value, verb)
        if isinstance(value, str):
            return self.string(value, verb, value)
        if isinstance(value, complex):
            return self.complex_text(value, verb)
        if isinstance(value, bytes):
            return self.byte_list(value, verb)
        if value is None:
            return "interface {}(nil)" if self.sharp_v else "<nil>"
        if isinstance(value, dict | list | tuple):
            return self.container(value, verb, depth)
        if isinstance(value, GoObject):
            return self.struct(value, verb, depth)
        return self.pad(str(value))

    def container(self, value: dict[str, Any] | list[Any] | tuple[Any, ...], verb: str, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise LimitError(TOO_DEEP)
        if isinstance(value, dict):
            pairs = [
                (self.value(key, verb, depth + 1), self.value(value[key], verb, depth + 1)) for key in sorted(value)
            ]
            if self.sharp_v:
                return type_name(value) + "{" + ", ".join(f"{key}:{item}" for key, item in pairs) + "}"
            return "map[" + " ".join(f"{key}:{item}" for key, item in pairs) + "]"
        items = [self.value(item, verb, depth + 1) for item in value]
        if self.sharp_v:
            return type_name(value) + "{" + ", ".join(items) + "}"
        return "[" + " ".join(items) + "]"

    def struct(self, value: GoObject, verb: str, depth: int) -> str:
        if value.go_kind == "ptr" and depth > 0:  # an address
            if verb == "v" or verb in "bodxX":
                return self.pad(sprint_value(value, depth))
            return self.bad(value, verb)
        fields = value.go_fields()
        if self.sharp_v:
            inner = ", ".join([f"{name}:{self.value(item, verb, depth + 1)}" for name, item in fields.items()])
            name = value.go_type
            return ("&" + name.lstrip("*") if value.go_kind == "ptr" else name) + "{" + inner + "}"
        if self.plus_v:
            inner = " ".join([f"{name}:{self.value(item, verb, depth + 1)}" for name, item in fields.items()])
        else:
            inner = " ".join([self.value(item, verb, depth + 1) for item in fields.values()])
        return ("&{" if value.go_kind == "ptr" else "{") + inner + "}"

    def stringer(self, value: object, verb: str) -> str | None:
        """Return the text of a Stringer or error, for the verbs that use it."""
        if self.sharp_v or self.erroring or verb not in "vsxXq":
            return None
        if isinstance(value, GoError):
            return str(value)
        method = getattr(value, "go_string", None)
        if method is None:
            return None
        text = method()
        return None if text is None else str(text)

    def string(self, text: str, verb: str, value: object) -> str:
        if verb == "v" and self.sharp_v:
            return self.pad(strconv.quote(self.cut(text)))
        if verb in "vs":
            return self.pad(self.cut(text))
        if verb == "q":
            text = self.cut(text)
            if (
                self.sharp
                and "`" not in text
                and all(char == "\t" or (char >= " " and char != "\x7f") for char in text)
            ):
                return self.pad(f"`{text}`")
            return self.pad(strconv.quote(text, ascii_only=self.plus))
        if verb in "xX":
            return self.hexadecimal(strconv.to_bytes(text), verb)
        return self.bad(value, verb)

    def byte_list(self, value: bytes, verb: str) -> str:
        if verb in "vd":
            if self.sharp_v:
                return "[]byte{" + ", ".join(f"0x{byte:x}" for byte in value) + "}"
            return "[" + " ".join(self.integer(byte, "d") for byte in value) + "]"
        if verb in "sqxX":
            return self.string(strconv.to_str(value), verb, value)
        return "[" + " ".join(self.integer(Uint8(byte), verb) for byte in value) + "]"

    def hexadecimal(self, data: bytes, verb: str) -> str:
        if self.precision is not None:
            data = data[: self.precision]
        prefix = "0" + verb if self.sharp else ""
        if self.space:
            text = " ".join(prefix + f"{byte:02x}" for byte in data)
        else:
            text = prefix + data.hex() if data else ""
        return self.pad(text.upper() if verb == "X" else text)

    def integer(self, value: int, verb: str) -> str:
        number = int(value)
        unsigned = kind_name(value) in UINT_KINDS
        if verb == "v":
            if self.sharp_v and unsigned:
                return self.digits(number, 16, "0x")
            return self.digits(number, 10)
        if verb == "d":
            return self.digits(number, 10)
        if verb == "b":
            return self.digits(number, 2, "0b" if self.sharp else "")
        if verb in "oO":
            return self.digits(number, 8, "0" if self.sharp else "", ahead="0o" if verb == "O" else "")
        if verb in "xX":
            return self.digits(number, 16, "0" + verb if self.sharp else "", upper=verb == "X")
        if verb == "c":
            return self.pad(_rune(number))
        if verb == "q":
            return self.pad(strconv.quote(_rune(number), "'", ascii_only=self.plus))
        if verb == "U":
            text = f"U+{number & 0xFFFFFFFFFFFFFFFF:0{max(self.precision or 0, 4)}X}"
            if self.sharp and 0 <= number <= 0x10FFFF and strconv.is_print(chr(number)):
                text += f" '{chr(number)}'"
            return self.pad(text, zero=False)
        return self.bad(value, verb)

    def digits(self, number: int, base: int, prefix: str = "", upper: bool = False, ahead: str = "") -> str:
        sign = "-" if number < 0 else "+" if self.plus else " " if self.space else ""
        text = format(abs(number), {2: "b", 8: "o", 10: "d", 16: "x"}[base])
        if self.precision is not None:
            if self.precision == 0 and number == 0:
                return " " * (self.width or 0)
            text = text.rjust(self.precision, "0")
            if prefix == "0" and text.startswith("0"):
                prefix = ""
        elif self.zero and self.width is not None and not self.minus:
            text = text.rjust(self.width - len(sign), "0")
            if prefix == "0" and text.startswith("0"):
                prefix = ""
        elif prefix == "0" and number == 0:
            prefix = ""
        return self.pad(sign + ahead + prefix + (text.upper() if upper else text), zero=False)

    def real(self, value: float, verb: str) -> str:
        if verb not in "vbgGxXfFeE":
            return self.bad(value, verb)
        style, precision = ("g", -1) if verb == "v" else (verb, -1)
        if verb in "fFeE":
            precision = 6
        if self.precision is not None:
            precision = self.precision
        if verb in "bxX" and math.isfinite(value):
            text = strconv.format_binary(value) if verb == "b" else strconv.format_hexadecimal(value, verb, precision)
        else:
            text = strconv.format_float(value, style, precision)
        if text[0] not in "+-":
            text = "+" + text
        if self.sharp and verb != "b" and math.isfinite(value):
            text = self.sharpen(text, precision, verb)
        finite = text[1] not in "IN"
        if self.space and text[0] == "+" and not self.plus:
            text = " " + text[1:]
        if not finite:
            return self.pad(text[1:] if text[1] == "N" and not self.space and not self.plus else text, zero=False)
        if self.plus or text[0] != "+":
            if self.zero and finite and self.width is not None and self.width > len(text) and not self.minus:
                return text[0] + text[1:].rjust(self.width - 1, "0")
            return self.pad(text, zero=False)
        return self.pad(text[1:], zero=self.zero and finite)

    def sharpen(self, text: str, precision: int, verb: str) -> str:
        mantissa, mark, exponent = text, "", ""
        for letter in "pP" if verb in "xX" else "eE":
            if letter in text:
                mantissa, _, exponent = text.partition(letter)
                mark = letter
        wanted = 0
        if verb in "vgGx":
            digits = len(mantissa[1:].replace(".", "").lstrip("0"))
            wanted = (6 if precision < 0 else precision) - digits
            if "." not in mantissa and mantissa[1:] == "0":
                wanted -= 1
        if "." not in mantissa:
            mantissa += "."
        mantissa += "0" * max(0, wanted)
        return mantissa + mark + exponent

    def complex_text(self, value: complex, verb: str) -> str:
        if verb not in "vbgGxXfFeE":
            return self.bad(value, verb)
        real = self.real(value.real, verb)
        plus, self.plus = self.plus, True
        imaginary = self.real(value.imag, verb)
        self.plus = plus
        return f"({real}{imaginary}i)"


def _rune(number: int) -> str:
    return chr(number) if 0 <= number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "�"


def is_integer(value: object) -> bool:
    """Report whether *value* is of one of Go's integer types."""
    kind = kind_name(value)
    return kind in INT_KINDS or kind in UINT_KINDS
