"""``"%s is %d".format([x, y])``.

Source: cel-go v0.26 ext/formatting.go: verbs s d f e b x X o and ``%%``, a precision for f and e.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from fairlead.engines.cel import values as v
from fairlead.engines.cel.errors import CelError

_CLAUSE: Final = re.compile(r"%(?:\.([0-9]*))?(.?)", re.DOTALL)


def format_text(pattern: Any, args: Any) -> str:
    """Return *pattern* with its clauses replaced by *args*.

    Raises:
        CelError: too few arguments, an unknown clause, a value that a clause does not take.
    """
    if not isinstance(pattern, str) or not isinstance(args, list):
        raise v.no_overload("format", pattern, args)
    rest = iter(enumerate(args))

    def clause(found: re.Match[str]) -> str:
        precision, verb = found.groups()
        if verb == "%":
            return "%"
        if not verb:
            raise CelError("could not parse formatting clause: unexpected end of string")
        render = _VERBS.get(verb)
        if render is None:
            raise CelError(f'could not parse formatting clause: unrecognized formatting clause "{verb}"')
        index, value = next(rest, (len(args), None))
        if index >= len(args):
            raise CelError(f"index {index} out of range")
        return str(render(value, int(precision) if precision else None))

    return _CLAUSE.sub(clause, pattern)


def _string(value: Any, _: int | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float):
        return _special(value) or v.format_double(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, timedelta):
        return v.format_duration(value)
    if isinstance(value, datetime):
        return v.format_timestamp(value)
    if isinstance(value, list):
        return "[" + ", ".join(_string(item, None) for item in value) + "]"
    if isinstance(value, dict):
        pairs = sorted((_string(key, None), _string(item, None)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if isinstance(value, v.Type):
        return value.name
    raise CelError(
        "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, "
        f"types, durations, and timestamps, was given {v.type_name(value)}"
    )


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return ("Infinity" if value > 0 else "-Infinity") if math.isinf(value) else ""


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CelError(
            f"error during formatting: {name} clause can only be used on integers, was given {v.type_name(value)}"
        )
    return int(value)


def _decimal(value: Any, _: int | None) -> str:
    if isinstance(value, float) and _special(value):
        return _special(value)
    return str(_integer("decimal", value))


def _fixed(value: Any, precision: int | None) -> str:
    if not v.is_number(value):
        raise CelError(
            f"error during formatting: fixed-point clause can only be used on doubles, was given {v.type_name(value)}"
        )
    return _special(float(value)) or f"{float(value):.{6 if precision is None else precision}f}"


def _scientific(value: Any, precision: int | None) -> str:
    if not v.is_number(value):
        raise CelError(
            f"error during formatting: scientific clause can only be used on doubles, was given {v.type_name(value)}"
        )
    return _special(float(value)) or f"{float(value):.{6 if precision is None else precision}e}"


def _binary(value: Any, _: int | None) -> str:
    return ("1" if value else "0") if isinstance(value, bool) else f"{_integer('binary', value):b}"


def _hex(value: Any, _: int | None) -> str:
    if isinstance(value, (str, bytes)):
        return (value.encode() if isinstance(value, str) else value).hex()
    return f"{_integer('hex', value):x}"


_VERBS: Final[dict[str, Callable[[Any, int | None], str]]] = {
    "s": _string,
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "b": _binary,
    "x": _hex,
    "X": lambda value, _: _hex(value, None).upper(),
    "o": lambda value, _: f"{_integer('octal', value):o}",
}
