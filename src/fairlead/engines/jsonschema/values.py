"""Values and numbers as the library sees them: exact numbers, JSON types, equality.

Source: santhosh-tekuri/jsonschema v6.0.3 schema.go (typeOf, Types), util.go (equals, duplicates, quote), kind/kind.go
(display). Numbers are compared by their decimal text, exactly.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.gofmt import sprint_value
from fairlead.engines.gotemplate.strconv import format_float
from fairlead.engines.gotemplate.strconv import quote as go_quote

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

TYPES = ("null", "boolean", "number", "integer", "string", "array", "object")
_INFINITY = float("inf")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MAX_EXPONENT = 1_000_000  # big.Rat reads no larger ones


class Number:
    """A number of a schema that is no plain integer, with its text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Decimal:
    """digits × 10^exponent."""

    __slots__ = ("digits", "exponent")

    def __init__(self, digits: int, exponent: int) -> None:
        while exponent < 0 and digits % 10 == 0 and digits:
            digits //= 10
            exponent += 1
        self.digits = digits
        self.exponent = exponent if digits else 0

    def _aligned(self, other: Decimal) -> tuple[int, int]:
        least = min(self.exponent, other.exponent)
        return self.digits * 10 ** (self.exponent - least), other.digits * 10 ** (other.exponent - least)

    def compare(self, other: Decimal) -> int:
        """Return -1, 0 or 1."""
        mine, theirs = self._aligned(other)
        return (mine > theirs) - (mine < theirs)

    def is_integer(self) -> bool:
        return self.exponent >= 0

    def is_multiple_of(self, other: Decimal) -> bool:
        mine, theirs = self._aligned(other)
        return theirs != 0 and mine % theirs == 0

    def to_int(self) -> int:
        found: int = self.digits * 10**self.exponent
        return found

    def shown(self) -> str:
        """Return the number as x/text prints a float64 for English readers (message/print.go, fmtVariableFloat)."""
        value = float(f"{self.digits}e{self.exponent}")
        if value in (_INFINITY, -_INFINITY):
            return "∞" if value > 0 else "-∞"
        mantissa, _, exponent = format_float(value, "e").partition("e")
        power = int(exponent)
        if not -4 <= power < 6:
            sign = "⁻" if power < 0 else ""
            return f"{mantissa}×10{sign}{str(abs(power)).zfill(2).translate(_RAISED)}"
        decimals = max(len(mantissa.lstrip("-").replace(".", "")) - 1 - power, 0)
        return f"{value:,.{decimals}f}"


def decimal(value: object) -> Decimal | None:
    """Return a number exactly; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(int(value), 0)
    if isinstance(value, float):
        text = repr(value)
    elif isinstance(value, Number):
        text = value.text
    else:
        return None
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, part = mantissa.partition(".")
    power = int(exponent or 0)
    if abs(power) > _MAX_EXPONENT:
        return None
    return Decimal(int(whole + part), power - len(part))


def type_of(value: object) -> str:
    """Return the JSON type of *value*, integers being numbers; "" for what is none of JSON."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, float):
        return "number" if value - value == 0 else ""
    return "number" if isinstance(value, int | Number) else ""


def is_integer(value: object) -> bool:
    """Report whether a number has no fraction, however it is written."""
    if isinstance(value, int):
        return True
    found = decimal(value)
    return found is not None and found.is_integer()


def equals(one: Any, other: Any) -> bool:
    """Report whether two JSON values are equal."""
    kind = type_of(one)
    if kind != type_of(other):
        return False
    if kind == "object":
        return len(one) == len(other) and all(key in other and equals(item, other[key]) for key, item in one.items())
    if kind == "array":
        return len(one) == len(other) and all(map(equals, one, other))
    if kind == "number":
        mine, theirs = decimal(one), decimal(other)
        return mine is not None and theirs is not None and mine.compare(theirs) == 0
    return bool(one == other)


def duplicates(items: list[Any]) -> tuple[int, int] | None:
    """Return the places of the first two equal items; texts alone are told apart quickly."""
    if all(isinstance(item, str) for item in items):
        seen: dict[str, int] = {}
        for index, item in enumerate(items):
            if item in seen:
                return seen[item], index
            seen[item] = index
        return None
    for index, item in enumerate(items):
        for before in range(index):
            if equals(item, items[before]):
                return before, index
    return None


def quote(text: str) -> str:
    """Return *text* as the library quotes it."""
    quoted = go_quote(text).replace('\\"', '"').replace("'", "\\'")  # the closing quote counts, too
    return f"'{quoted[1:-1]}'"


def quoted_list(names: list[str]) -> str:
    return ", ".join(map(quote, names))


def display(value: object) -> str:
    """Return a value as it is shown in complaints."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list | dict):
        return "value"
    return value.text if isinstance(value, Number) else sprint_value(value)
