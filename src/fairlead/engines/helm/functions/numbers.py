"""Arithmetic. Source: sprig v3.3 numeric.go, functions.go."""

from __future__ import annotations

import math

from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gofmt import sprint_value
from fairlead.engines.gotemplate.gotypes import Int64
from fairlead.engines.helm.functions.convert import to_float, to_int, wrap64

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Context, Decimal


def int64(value: object) -> Int64:
    return Int64(to_int(value))


def int_(value: object) -> int:
    return to_int(value)


def float64(value: object) -> float:
    return to_float(value)


def atoi(text: str) -> int:
    """Return strconv.Atoi(text), 0 on error (the bound on overflow, as Go keeps it)."""
    body = text[1:] if text[:1] in ("+", "-") else text
    if not body.isascii() or not body.isdigit():
        return 0
    return max(-(1 << 63), min((1 << 63) - 1, int(text)))


def to_decimal(value: object) -> Int64:
    """Return the octal number that *value* prints as."""
    text = sprint_value(value)
    try:
        number = int(text, 8) if text.lstrip("+-").isdigit() else 0
    except ValueError:
        return Int64(0)
    return Int64(number if -(1 << 63) <= number < 1 << 63 else 0)


def add1(value: object) -> Int64:
    return Int64(wrap64(to_int(value) + 1))


def add(*values: object) -> Int64:
    return Int64(wrap64(sum(map(to_int, values))))


def sub(a: object, b: object) -> Int64:
    return Int64(wrap64(to_int(a) - to_int(b)))


def mul(a: object, *rest: object) -> Int64:
    product = to_int(a)
    for value in rest:
        product = wrap64(product * to_int(value))
    return Int64(product)


def div(a: object, b: object) -> Int64:
    dividend, divisor = to_int(a), to_int(b)
    if divisor == 0:
        raise FuncError("runtime error: integer divide by zero")
    quotient = abs(dividend) // abs(divisor)
    return Int64(wrap64(quotient if (dividend < 0) == (divisor < 0) else -quotient))


def mod(a: object, b: object) -> Int64:
    dividend, divisor = to_int(a), to_int(b)
    if divisor == 0:
        raise FuncError("runtime error: integer divide by zero")
    rest = abs(dividend) % abs(divisor)
    return Int64(-rest if dividend < 0 else rest)


def max_(a: object, *rest: object) -> Int64:
    return Int64(max(map(to_int, (a, *rest))))


def min_(a: object, *rest: object) -> Int64:
    return Int64(min(map(to_int, (a, *rest))))


def maxf(a: object, *rest: object) -> float:
    numbers = [to_float(value) for value in (a, *rest)]
    return math.nan if any(map(math.isnan, numbers)) else max(numbers)


def minf(a: object, *rest: object) -> float:
    numbers = [to_float(value) for value in (a, *rest)]
    return math.nan if any(map(math.isnan, numbers)) else min(numbers)


def floor(value: object) -> float:
    number = to_float(value)
    return float(math.floor(number)) if math.isfinite(number) else number


def ceil(value: object) -> float:
    number = to_float(value)
    return float(math.ceil(number)) if math.isfinite(number) else number


def round_(value: object, places: int, *options: float) -> float:
    threshold = options[0] if options else 0.5
    power = math.pow(10, places)
    digit = power * to_float(value)
    if not math.isfinite(digit):
        return digit
    part = math.modf(digit)[0]
    whole = math.ceil(digit) if part >= threshold else math.floor(digit)
    return whole / power


def _exact() -> Context:
    """Return how shopspring/decimal calculates: sums and products are exact."""
    from decimal import Context

    return Context(prec=1500, Emax=999999, Emin=-999999)


def _decimal(value: object) -> Decimal:
    from decimal import Decimal

    number = to_float(value)
    if not math.isfinite(number):
        raise FuncError(f"Cannot create a Decimal from {strconv.format_float(number)}")
    return Decimal(repr(number))


def _fold(step: Callable[[Decimal, Decimal], Decimal], first: object, rest: tuple[object, ...]) -> float:
    total = _decimal(first)
    for value in rest:
        total = step(total, _decimal(value))
    return float(total) + 0.0  # a decimal has no negative zero


def _divide(a: Decimal, b: Decimal) -> Decimal:
    """Return the quotient to 16 places, as shopspring/decimal does."""
    from decimal import ROUND_HALF_UP, Decimal

    if b == 0:
        raise FuncError("decimal division by 0")
    exact = _exact()
    return exact.divide(a, b).quantize(Decimal("1e-16"), ROUND_HALF_UP, exact)


def addf(*values: object) -> float:
    return _fold(_exact().add, 0.0, values)


def add1f(value: object) -> float:
    return _fold(_exact().add, value, (1,))


def subf(a: object, *rest: object) -> float:
    return _fold(_exact().subtract, a, rest)


def mulf(a: object, *rest: object) -> float:
    return _fold(_exact().multiply, a, rest)


def divf(a: object, *rest: object) -> float:
    return _fold(_divide, a, rest)
