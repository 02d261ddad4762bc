"""libyaml's tokens, and the comments that stand between them.

Source: go.yaml.in/yaml v3.0.5 scannerc.go. libyaml drops comments, so they are found in the gaps between tokens. A
comment is the head of what follows, the line comment of what it stands behind, or the foot of what it follows: when
it begins on the next line and an empty line follows it, or when it is indented less than the block it stands in.
"""

from __future__ import annotations

import fairlead.base.yaml.lean  # noqa: F401  # isort: skip  # before yaml
from yaml._yaml import CParser
from yaml.tokens import (
    BlockEndToken,
    BlockEntryToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    FlowEntryToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    KeyToken,
    ScalarToken,
    StreamStartToken,
    ValueToken,
)

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

HEAD, LINE, FOOT = "head", "line", "foot"
_OPENING = (FlowMappingStartToken, FlowSequenceStartToken)
_CLOSING = (FlowMappingEndToken, FlowSequenceEndToken)
_STARTS = (BlockMappingStartToken, BlockSequenceStartToken)
_WITHOUT_WIDTH = (*_STARTS, BlockEndToken, KeyToken)


class Comment:
    """A comment that belongs to the first token that begins at *owner* or later."""

    __slots__ = ("column", "end", "kind", "owner", "scanned", "start", "text")

    def __init__(self, kind: str, text: str, owner: int, start: int, column: int, scanned: int, end: int) -> None:
        self.kind = kind
        self.text = text
        self.owner = owner
        self.start = start
        self.column = column
        self.scanned = scanned  # where looking for it began, and ended
        self.end = end


def scan(text: str) -> tuple[list[tuple[Any, int]], list[Comment]]:
    """Return the tokens of *text*, each with the place where it counts as beginning, and its comments."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[Any, int]] = []
        self._comments: list[Comment] = []
        self._indents: list[int] = [-1]
        self._flow = 0
        self._last: Any = None  # the last token with a width, and the one before it
        self._before: Any = None
        self._mark = 0
        self._over = False

    def run(self) -> tuple[list[tuple[Any, int]], list[Comment]]:
        parser: Any = CParser(self._text)
        ends = 0
        gap = -1
        while True:
            token = parser.get_token()
            if token is None:
                return self._tokens, self._comments
            if gap < 0 and self._last is not None:
                gap = self._gap(self._last)
            kind = token.__class__
            if kind is BlockEndToken:
                ends += 1
                self._end_block(token, gap, ends == 1)
                continue
            ends = 0
            if kind in _STARTS:
                self._indents.append(token.start_mark.column)
            self._tokens.append((token, token.start_mark.index))
            if kind in _WITHOUT_WIDTH and token.start_mark.index == token.end_mark.index:
                continue
            self._note(token)
            gap = -1

    def _note(self, token: Any) -> None:
        kind = token.__class__
        if kind in _OPENING:
            self._flow += 1
        elif kind in _CLOSING:
            self._flow -= 1
        owner = token.start_mark.index
        if self._last is not None and (
            (kind is ValueToken and not self._flow) or (kind is FlowEntryToken and self._flow)
        ):
            owner = self._last.start_mark.index
        self._before, self._last = self._last, token
        if kind is not BlockEntryToken and kind is not StreamStartToken:
            self._line_comment(token, owner)

    def _line_comment(self, token: Any, owner: int) -> None:
        text = self._text
        at = token.end_mark.index
        if token.__class__ is ScalarToken and token.style in ("|", ">"):
            at = token.start_mark.index + 1
            while text[at : at + 1] in tuple("+-0123456789"):
                at += 1
        while text[at : at + 1] in (" ", "\t"):
            at += 1
        if text[at : at + 1] != "#":
            return
        end = _line_end(text, at)
        self._comments.append(Comment(LINE, text[at:end], owner, at, 0, 0, -2))

    def _gap(self, last: Any) -> int:
        """Find the comments after *last*; return where the search began."""
        text = self._text
        at: int = last.end_mark.index
        if last.__class__ is ScalarToken and last.plain:
            while text[at : at + 1] in (" ", "\t", "\n") and at < len(text):
                at += 1
        begin = at
        if self._comments and self._comments[-1].kind == LINE and self._comments[-1].start >= at:
            at = begin = self._comments[-1].start + len(self._comments[-1].text)
        while at < len(text) and text[at] in " \t\n\ufeff":
            at += 1
        if at < len(text) and text[at] == "#":
            _Gap(self._text, self._comments, max(self._indents[-1], 0), self._flow).read(at, begin, last, self._before)
        return begin

    def _end_block(self, token: Any, begin: int, first: bool) -> None:
        """Place the end of a block before the comments that are indented as it is."""
        if first:
            self._mark = begin - 1
        indent = self._indents.pop()
        text = self._text
        if not self._over and token.start_mark.index >= len(text) and indent <= len(text) - text.rfind("\n") - 1:
            self._over = True
            self._mark = len(text) - 1  # the end of the text ends what its last column has not ended
        stop = self._mark
        for comment in reversed(self._comments):
            if comment.end < stop:
                break
            if comment.column == indent + 1:
                self._mark = comment.start
            stop = comment.scanned
        self._tokens.append((token, self._mark))


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


class _Gap:
    """Reads the comments of one gap."""

    def __init__(self, text: str, comments: list[Comment], indent: int, flow: int) -> None:
        self._text = text
        self._comments = comments
        self._indent = indent
        self._flow = flow

    def read(self, at: int, begin: int, last: Any, before: Any) -> None:  # noqa: C901 - one pass, in go-yaml's order
        """Read from the first "#", at *at*."""
        text, mark = self._text, last.end_mark
        if last.__class__ is FlowEntryToken and before is not None:
            last = before
        owner = last.start_mark.index
        after_value = last.__class__ is ValueToken
        newlines, column = self._above(at)
        line = mark.line + text.count("\n", mark.index, at)
        first_empty, recent_empty = newlines <= 1, False
        foot_line = -1
        if mark.line + text.count("\n", mark.index, begin):
            foot_line = line - newlines + 1 + (1 if newlines == 0 and column > 1 else 0)
        scanned = begin
        found, start, start_line, start_column = "", 0, 0, 0
        while True:
            column += 1
            char = text[at : at + 1]
            if char in (" ", "\t") and char:
                at += 1
                continue
            closing = self._flow > 0 and char in ("]", "}") and bool(char)
            if closing or char in ("", "\n"):
                if closing or not recent_empty:
                    is_foot = start_line == foot_line and not after_value
                    if closing or (first_empty and (is_foot or start_column - 1 < self._indent)):
                        if found:
                            if start_column - 1 < self._indent:
                                owner = start
                            self._add(FOOT, found, owner, start, start_column, scanned, at)
                            scanned = owner = at
                            found = ""
                    elif found and char:
                        found += "\n"
                if char != "\n":
                    break
                first_empty, recent_empty = False, True
                column = 0
                line += 1
                at += 1
                continue
            if found and column - 1 < self._indent and column != start_column:
                self._add(FOOT, found, owner, start, start_column, scanned, at)
                scanned = owner = at
                found = ""
            if char != "#":
                break
            if found:
                found += "\n"
            else:
                start, start_line, start_column = at, line, column
            recent_empty = False
            end = _line_end(text, at)
            found += text[at:end]
            at, column = end + 1, 0  # the comment's own line break is no empty line, and go-yaml does not count it
        if found:
            self._add(HEAD, found, start, start, start_column, scanned, at - 1)

    def _above(self, at: int) -> tuple[int, int]:
        """Return how many line breaks stand before *at* without text between, and its column."""
        text = self._text
        column = at - (text.rfind("\n", 0, at) + 1)
        newlines = 0
        while at and text[at - 1] in " \t\n":
            at -= 1
            newlines += text[at] == "\n"
        return newlines, column

    def _add(self, kind: str, text: str, owner: int, start: int, column: int, scanned: int, end: int) -> None:
        self._comments.append(Comment(kind, text, owner, start, column, scanned, end))
