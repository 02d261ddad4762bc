"""Random YAML documents in all styles, with comments in every place a comment can stand."""

from __future__ import annotations

import random

_SCALARS = [
    *("a", '"q"', "'s'", "1", "true", "null", "~", "", "long text here", '"x # y"', "a#b", "0x1f", "1.5", "[]", "{}"),
    *("[a, b]", "{a: b, c: [d]}", '"tab\\t"', '"é"', "<<x", "!!str 5", "'it''s'", "http://x:80/"),
]


class Documents:
    """Makes documents; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def document(self, number: int) -> str:
        """Return an object of a kind of its own."""
        lines = [*self._comments(0, 0.3), f"apiVersion: v1{self._behind()}", *self._comments(0)]
        lines += [f"kind: X{number}{self._behind()}", *self._mapping(0, 3)]
        if self._random.random() < 0.3:
            lines += [f"metadata:{self._behind()}", *self._comments(2), f"  name: x{self._behind()}"]
        lines += self._comments(0, 0.3)
        return "\n".join(lines) + self._random.choice(["", "\n", "\n\n"])

    def _comments(self, indent: int, chance: float = 0.25) -> list[str]:
        lines = []
        while self._random.random() < chance:
            if self._random.random() < 0.3:
                lines.append("")
            else:
                column = max(0, indent + self._random.choice([0, 0, 0, 0, -2, 2, -4]))
                lines.append(" " * column + f"# c{self._random.randrange(100)}")
            if self._random.random() < 0.3:
                lines.append("")
        return lines

    def _behind(self) -> str:
        return self._random.choice(["", "", "", "", "", f" # t{self._random.randrange(99)}"])

    def _value(self, indent: int, depth: int) -> tuple[str, list[str]]:
        kind = self._random.random()
        if depth and kind < 0.3:
            return "", self._mapping(indent + 2, depth - 1)
        if depth and kind < 0.5:
            return "", self._list(indent + self._random.choice([0, 2]), depth - 1)
        if kind >= 0.6:
            return self._random.choice(_SCALARS), []
        pad = " " * (indent + 2)
        others = ["", f"{pad}text", f"{pad}# not one", f"{pad}  deep"]
        lines = [f"{pad}w", *self._random.choices(others, k=self._random.randrange(1, 4))]
        return self._random.choice(["|", "|-", ">", ">-", "|+"]), lines

    def _mapping(self, indent: int, depth: int) -> list[str]:
        lines = []
        for number in range(self._random.randrange(1, 4)):
            lines += self._comments(indent)
            head, rest = self._value(indent, depth)
            lines += [f"{' ' * indent}k{number}:{head and ' '}{head}{self._behind()}", *rest]
        return [*lines, *self._comments(indent, 0.15)]

    def _list(self, indent: int, depth: int) -> list[str]:
        lines = []
        pad = " " * indent
        for _ in range(self._random.randrange(1, 4)):
            lines += self._comments(indent)
            kind = self._random.random()
            if not depth or kind >= 0.5:
                lines.append(f"{pad}- {self._random.choice(_SCALARS) or 'e'}{self._behind()}")
                continue
            inner = (self._mapping if kind < 0.4 else self._list)(indent + 2, depth - 1)
            while not inner[0].strip() or inner[0].lstrip().startswith("#"):
                del inner[0]
            if self._random.random() < 0.1:
                lines += [f"{pad}- # x", *inner]
            else:
                lines += [f"{pad}- {inner[0].lstrip()}", *inner[1:]]
        return [*lines, *self._comments(indent, 0.1)]
