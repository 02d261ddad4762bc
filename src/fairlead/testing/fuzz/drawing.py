"""Values drawn from bytes, so that a fuzzer that turns bits changes values, not syntax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")

WORDS = (
    "", "a", "b", "name", "spec", "x-y", "1", "0", "true", "null", "~", "1.5", "0x1F", "010", "1e3", "- a", "a: b", "#",
    " pad ", "two\nlines\n", "é", "☺", "\t", "'", '"', "|", ">", "{", "[", "*", "&", "!", "%", "@", "`", "=", "<<",
    "2024-01-01", "12:30", ".inf", "\x00", "\u2028", "\ufeff", "\x85", "no", "y", "-", "?", ":", ",",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 7, 255, 65536, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64)
FLOATS = (0.0, 0.5, -1.5, 1e-7, 1e21, 1e20, 123456789.125, 5e-324, 1.7976931348623157e308)
DEPTH = 4


class Draw:
    """Reads decisions off bytes; when they are used up every decision is the first choice."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)

    def byte(self) -> int:
        """The next byte, 0 past the end."""
        if self._at >= len(self._data):
            return 0
        self._at += 1
        return self._data[self._at - 1]

    def pick(self, choices: Sequence[T]) -> T:
        """One of *choices*, at most 256."""
        return choices[self.byte() % len(choices)]

    def some(self, limit: int = 6) -> range:
        """As many steps as the next byte says, fewer than *limit*."""
        return range(self.byte() % limit)

    def rest(self) -> bytes:
        """All that was not read yet."""
        self._at, rest = len(self._data), self._data[self._at :]
        return rest

    def text(self) -> str:
        """A word, or some characters."""
        kind = self.byte()
        if kind < 200:
            return WORDS[kind % len(WORDS)]
        size = self.byte() % 12
        raw = self._data[self._at : self._at + size]
        self._at += size
        return raw.decode("utf-8", "replace")

    def scalar(self) -> Any:
        """A text, number, boolean or null."""
        kind = self.byte() % 8
        if kind < 4:
            return self.text()
        if kind == 4:
            return self.pick(NUMBERS)
        if kind == 5:
            return self.pick(FLOATS)
        return self.byte() % 2 == 1 if kind == 6 else None

    def value(self, keys: Sequence[str] = (), depth: int = DEPTH) -> Any:
        """A JSON value whose keys are mostly of *keys*."""
        kind = self.byte() % 8
        if depth == 0 or kind < 3:
            return self.scalar()
        if kind < 6:
            return self.mapping(keys, depth - 1)
        return [self.value(keys, depth - 1) for _ in self.some()]

    def mapping(self, keys: Sequence[str] = (), depth: int = DEPTH) -> dict[str, Any]:
        """A JSON object whose keys are mostly of *keys*."""
        found = {}
        for _ in self.some():
            key = self.pick(keys) if keys and self.byte() % 8 else self.text()
            found[key] = self.value(keys, depth)
        return found
