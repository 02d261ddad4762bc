"""Comments of a YAML text, put back into what was written of its changed nodes.

PyYAML drops them; go-yaml v3 keeps them, and writes them where this module does: behind a value on its line, above a
key or an element at its column, below the last of a block at that block's column. What goes with them of empty lines is
in `_Gap`. Comments within flow collections over several lines, behind an anchor or behind an alias are left out.

Source: go.yaml.in/yaml v3.0.5 scannerc.go, parserc.go, emitterc.go; held by the case `replacements-comments`.
"""

from __future__ import annotations

import re

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import NamedTuple as Record

    Span = tuple[int, int]
else:
    from fairlead.base.records import Record

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#")
_ODD_BREAKS = ("\r", "\x85", "\u2028", "\u2029")  # YAML counts lines by them, too
_LEFT_OUT = re.compile(r"[&*][^\s,\]}]+\s*$")


class _Entry(Record):
    """A key of a block mapping or an element of a block sequence: where it stands, and what its value is."""

    line: int
    column: int
    is_element: bool
    value: Node


class _Pair(Record):
    """An entry as it stood in the text, and as it stands in what was written."""

    old: _Entry
    new: _Entry


class _Group(Record):
    """Comments in a row, each with its column; whether an empty line stands above and below."""

    column: int
    lines: list[str]
    spaced_above: bool
    spaced_below: bool


def keep_comments(text: str, written: str) -> str:
    """Return *written*, a change of the YAML *text*, with the comments of *text*."""
    if any(mark in text or mark in written for mark in _ODD_BREAKS):
        return written
    before, after = _composed(text), _composed(written)
    if before is None or after is None:
        return written
    pairs = list(_pairs(before, after, set()))
    pairs.sort(key=lambda pair: (pair.old.line, pair.old.column))
    old_lines, new_lines = text.split("\n"), written.split("\n")
    starts = _comment_starts(old_lines, list(_texts(before, set())))
    above: dict[int, list[str]] = {}
    _behind_values(old_lines, new_lines, starts, pairs)
    end = _above_entries(old_lines, starts, pairs, above, len(new_lines))
    result: list[str] = []
    for number, line in enumerate(new_lines):
        result += above.get(number, ())
        result.append(line)
    return "\n".join([*result, *end])


def _composed(text: str) -> Node | None:
    node: Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    return node


def _entries(node: Node) -> dict[str, _Entry]:
    if getattr(node, "flow_style", True):
        return {}
    if isinstance(node, MappingNode):
        return {
            key.value: _Entry(key.start_mark.line, key.start_mark.column, False, value)
            for key, value in node.value
            if isinstance(key, ScalarNode)
        }
    column = node.start_mark.column
    return {str(at): _Entry(item.start_mark.line, column, True, item) for at, item in enumerate(node.value)}


def _pairs(old: Node, new: Node, seen: set[int]) -> Iterator[_Pair]:
    if id(old) in seen or old.__class__ is not new.__class__ or isinstance(old, ScalarNode):
        return
    seen.add(id(old))
    after = _entries(new)
    for name, entry in _entries(old).items():
        if name in after:
            yield _Pair(entry, after[name])
            yield from _pairs(entry.value, after[name].value, seen)


def _texts(node: Node, seen: set[int]) -> Iterator[ScalarNode]:
    """Yield the quoted texts and the blocks below *node*, in which a `#` is no comment."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, ScalarNode):
        if node.style:
            yield node
        return
    for child in node.value:
        for item in child if isinstance(child, tuple) else (child,):
            yield from _texts(item, seen)


def _comment_starts(lines: list[str], texts: Iterable[ScalarNode]) -> dict[int, int]:
    """Return the column of the comment of each line that has one; -1 for lines within a text."""
    taken: dict[int, list[Span]] = {}
    inside: dict[int, int] = {}
    for node in texts:
        start, end = node.start_mark, node.end_mark
        if node.style in ("|", ">"):
            after = end.line + 1 if end.column else end.line
            while after - 1 > start.line and not lines[after - 1].strip():
                after -= 1
            inside.update(dict.fromkeys(range(start.line + 1, after), -1))
            continue
        for number in range(start.line, end.line + 1):
            first = start.column if number == start.line else 0
            last = end.column if number == end.line else len(lines[number])
            taken.setdefault(number, []).append((first, last))
        inside.update(dict.fromkeys(range(start.line + 1, end.line), -1))
    found = dict(inside)
    for number, line in enumerate(lines):
        if number in inside or "#" not in line:
            continue
        for match in _COMMENT.finditer(line):
            if not any(first <= match.start() < last for first, last in taken.get(number, ())):
                found[number] = match.start()
                break
    return found


def _is_on_one_line(node: Node) -> bool:
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return True
    if not isinstance(node, ScalarNode) and not getattr(node, "flow_style", False):
        return True
    return node.start_mark.line == node.end_mark.line


def _behind_values(old: list[str], new: list[str], starts: dict[int, int], pairs: list[_Pair]) -> None:
    """Add the comments that stand behind something to the lines of *new*."""
    places: dict[int, _Pair] = {}
    for pair in pairs:
        places[pair.old.line] = pair  # the innermost that begins there
        if isinstance(pair.old.value, ScalarNode):
            places.setdefault(pair.old.value.start_mark.line, pair)
    for line, pair in places.items():
        at = starts.get(line, -1)
        head = old[line][: max(at, 0)]
        if not head.strip() or _LEFT_OUT.search(head):
            continue
        if _is_on_one_line(pair.old.value) and _is_on_one_line(pair.new.value):
            new[pair.new.line] += f" {old[line][at:]}"


def _above_entries(
    old: list[str], starts: dict[int, int], pairs: list[_Pair], above: dict[int, list[str]], count: int
) -> list[str]:
    """Fill *above* with the comments above each of the new lines, and return those of the end."""
    first: dict[int, int] = {}
    for at, pair in enumerate(pairs):
        first.setdefault(pair.old.line, at)
    gap: list[str | None] = []
    began = commented = False
    for number, line in enumerate(old):
        start = starts.get(number, 0 if number in starts else -2)
        if start >= 0 and not line[:start].strip():
            gap.append(line)
        elif start != -1 and not line.strip():
            gap.append(None)
        elif line.rstrip() != "---":
            if number in first and any(gap):
                at = first[number]
                lines = _Gap(pairs, at, began).written(_groups(gap), follows_comment=commented)
                above.setdefault(pairs[at].new.line, []).extend(lines)
            began, commented = True, start >= 0
            gap = []
    return _Gap(pairs, len(pairs), began).written_last(_groups(gap)) if any(gap) and pairs else []


def _groups(gap: list[str | None]) -> list[_Group]:
    found: list[_Group] = []
    spaced = False
    for line in gap:
        if line is None:
            if found:
                found[-1] = found[-1]._replace(spaced_below=True)
            spaced = True
            continue
        text = line.lstrip()
        column = len(line) - len(text)
        if not found or spaced or column < found[-1].column:
            found.append(_Group(column, [text], spaced, False))
        else:
            found[-1].lines.append(text)
        spaced = False
    return found


class _Gap:
    """The comments between two entries.

    The empty line below comments stays at the beginning of the text, between two groups, and below comments that follow
    an entry of the same block closely. Comments that are indented more than what follows belong to the block above, and
    need none.
    """

    def __init__(self, pairs: list[_Pair], following: int, began: bool) -> None:
        self._pairs = pairs
        self._following = following
        self._began = began

    def written(self, groups: list[_Group], *, follows_comment: bool) -> list[str]:
        """Return the lines for *groups*, which stand above the entry that follows.

        *follows_comment* says that another one ends the line before.
        """
        following = self._pairs[self._following]
        can_end_block = not follows_comment and not self._is_first()
        result: list[str] = []
        for at, group in enumerate(groups):
            last = at + 1 == len(groups)
            owner = None
            if self._began and group.column > following.old.column:
                continues = follows_comment and not group.spaced_above and at == 0
                owner = self._pairs[self._following - 1] if continues else self._owner(group.column)
            column = (owner or following).new.column
            result += [" " * column + line for line in group.lines]
            if owner is not None:
                spaced = owner.old.is_element and owner.old.column == group.column
            else:
                ends_block = len(groups) == 1 and not group.spaced_above and can_end_block
                spaced = group.spaced_below and (not last or not self._began or ends_block)
            if spaced:
                result.append("")
        return result

    def _is_first(self) -> bool:
        """Whether what follows is the first of its block."""
        if not self._following:
            return True
        before, now = self._pairs[self._following - 1].old, self._pairs[self._following].old
        is_list_below_key = now.is_element and not before.is_element and before.column == now.column
        return before.column < now.column or is_list_below_key

    def written_last(self, groups: list[_Group]) -> list[str]:
        """Return the lines for *groups*, after which nothing comes."""
        result: list[str] = []
        for group in groups:
            owner = None if group.spaced_above else self._owner(group.column)
            if group.spaced_above:
                result.append("")
            result += [" " * (owner.new.column if owner else 0) + line for line in group.lines]
        return result

    def _owner(self, column: int) -> _Pair | None:
        """Return the last entry before that stands at *column* or left of it."""
        for pair in reversed(self._pairs[: self._following]):
            if pair.old.column <= column:
                return pair
        return None
