"""Kubernetes quantities (``500m``, ``2Gi``, ``1e3``): parse, print in canonical form, compare, add.

Source: k8s.io/apimachinery v0.36 pkg/api/resource (quantity.go, suffix.go, math.go). Exact arithmetic; a value
finer than a nano unit is rounded up, as upstream does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, total_ordering
from typing import Final

_PATTERN: Final = re.compile(
    r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)|[eE]([+-]?[0-9]+))?"
)
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_SUFFIX: Final = {power: suffix for suffix, power in _DECIMAL.items()}
_BINARY_SUFFIX: Final = {power: suffix for suffix, power in _BINARY.items()} | {0: ""}
_NANO: Final = Fraction(1, 10**9)
_LIMIT: Final = 2**63 - 1
_SYNTAX: Final = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


class QuantityError(ValueError):
    """A text that is not a quantity."""


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """An exact number and the family of suffixes (``DecimalSI``, ``BinarySI``, ``DecimalExponent``) to print it in."""

    value: Fraction
    format: str = "DecimalSI"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.value == other.value

    def __lt__(self, other: Quantity) -> bool:
        return self.value < other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        return self.value != 0

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.value + other.value, self.format if self.value else other.format)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.value - other.value, self.format if self.value else other.format)

    def __neg__(self) -> Quantity:
        return Quantity(-self.value, self.format)

    def __str__(self) -> str:
        """The canonical form: no fraction, the largest suffix that allows that."""
        if self.format == "BinarySI" and ((self.value.denominator == 1 and abs(self.value) >= 1024) or self.value == 0):
            number, power = int(self.value), 0
            while number and number % 1024 == 0 and power < 60:
                number, power = number // 1024, power + 10
            return f"{number}{_BINARY_SUFFIX[power]}"
        return _decimal_text(self.value, self.format == "DecimalExponent")

    def __int__(self) -> int:
        """The value in whole units, rounded away from zero."""
        size = -((-abs(self.value)) // 1)
        return int(size if self.value >= 0 else -size)

    @property
    def milli(self) -> int:
        """The value in thousandths, rounded away from zero."""
        return int(Quantity(self.value * 1000))

    @property
    def is_integer(self) -> bool:
        """Whether the value is whole and fits 64 bits."""
        return self.value.denominator == 1 and abs(self.value) <= _LIMIT

    def as_float(self) -> float:
        """The nearest float."""
        return float(self.value)


def _decimal_text(value: Fraction, exponent: bool) -> str:
    if value == 0:
        return "0"
    nanos = int(value / _NANO)
    power = -9
    while nanos % 1000 == 0 and power < 18:
        nanos, power = nanos // 1000, power + 3
    if exponent:
        return f"{nanos}e{power}" if power else str(nanos)
    return f"{nanos}{_DECIMAL_SUFFIX[power]}"


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Quantity:
    """Parse *text*.

    Raises:
        QuantityError: with the API server's text.
    """
    if text == "":
        raise QuantityError(_SYNTAX)
    found = _PATTERN.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        raise QuantityError(_reason(text))
    sign, whole, part, suffix, exponent = found.groups()
    value = Fraction(Decimal(f"{whole or '0'}.{part or '0'}"))
    kind = "DecimalSI"
    if suffix in _BINARY:
        value, kind = value * 2 ** _BINARY[suffix], "BinarySI"
    elif exponent is not None:
        if abs(int(exponent)) > 400:
            raise QuantityError("unable to parse quantity's suffix")
        value, kind = value * Fraction(10) ** int(exponent), "DecimalExponent"
    else:
        value = value * Fraction(10) ** _DECIMAL[suffix or ""]
    if value > _LIMIT:
        value = Fraction(_LIMIT)
    nanos = value / _NANO
    if nanos.denominator != 1:
        value = (nanos // 1 + 1) * _NANO
    return Quantity(-value if sign == "-" else value, kind)


def _reason(text: str) -> str:
    if re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eEinumkKMGTP]*[-+]?[0-9]*", text):
        return "unable to parse quantity's suffix"
    return _SYNTAX


def is_quantity(value: object) -> bool:
    """Tell whether a JSON value (text or number) is a quantity."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return False
    try:
        parse_quantity(str(value))
    except QuantityError:
        return False
    return True


def canonical(value: str | int | float) -> str:
    """Return a JSON value (text or number) in canonical form, as the API server stores it.

    Raises:
        QuantityError: it is not a quantity.
    """
    return str(parse_quantity(str(value)))
