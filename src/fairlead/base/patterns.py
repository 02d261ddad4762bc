"""Regular expressions without `re`, whose import takes as long as rendering a small chart.

A pattern is compiled when it is first used. What the compiler made of it can be kept by the caller (`TAKEN`, which is
plain data) and given back in the next process; then the matching engine alone is loaded, a part of the interpreter.
It checks such code before it takes it. What every first render of a chart needs is kept in `patterns_kept.py`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import re
    from typing import Any

    # Flags, code, groups, their numbers by name and their names by number.
    Taken = tuple[int, tuple[int, ...], int, dict[str, int], tuple[str | None, ...]]

TAKEN: dict[str | bytes, Taken] = {}  # what compiled patterns consist of
MAX_TAKEN = 1000


class PatternError(ValueError):
    """A pattern that does not parse."""


def compile_pattern(pattern: str | bytes) -> Any:
    """Return *pattern* compiled; flags are given in it, as in "(?s)". Raises: PatternError."""
    import _sre  # type: ignore[import-not-found]

    taken = TAKEN.get(pattern)
    if taken is None:
        from fairlead.base.patterns_kept import KEPT

        kept = KEPT.get(_sre.MAGIC, {}).get(pattern)
        if kept is not None:
            flags, words, groups, numbers, names = kept
            taken = flags, tuple(map(int, words.split())), groups, numbers, names
    if taken is not None:
        flags, code, groups, numbers, names = taken
        try:
            return _sre.compile(pattern, flags, list(code), groups, numbers, names)
        except (RuntimeError, TypeError, ValueError, OverflowError):
            TAKEN.pop(pattern, None)
    return _compile(pattern)


def _compile(pattern: str | bytes) -> Any:
    import re

    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise PatternError(str(error)) from None
    if len(TAKEN) < MAX_TAKEN:
        taken = _take_apart(pattern)
        if taken is not None:
            TAKEN[pattern] = taken
    return compiled


def _take_apart(pattern: str | bytes) -> Taken | None:
    """Return what *pattern* is compiled to; None where this Python's compiler is made another way."""
    try:
        from re import _compiler, _parser  # type: ignore[attr-defined]

        parsed = _parser.parse(pattern, 0)
        code = tuple(map(int, _compiler._code(parsed, 0)))
        numbers = {str(name): int(number) for name, number in parsed.state.groupdict.items()}
        names: list[str | None] = [None] * parsed.state.groups
        for name, number in numbers.items():
            names[number] = name
        return int(parsed.state.flags), code, parsed.state.groups - 1, numbers, tuple(names)
    except (ImportError, AttributeError):
        return None


class LatePattern:
    """A pattern, compiled when one of its methods is first asked for."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def __getattr__(self, name: str) -> Any:
        found = getattr(compile_pattern(self._pattern), name)
        setattr(self, name, found)
        return found


def late(pattern: str) -> re.Pattern[str]:
    """Return *pattern*, to be compiled when first used; flags are given in it, as in "(?s)"."""
    return LatePattern(pattern)  # type: ignore[return-value]
