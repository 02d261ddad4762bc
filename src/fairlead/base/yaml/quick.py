"""Read the YAML that manifests, charts and values files are written in, without a YAML library.

A reader of lines for blocks, simple flow collections, quoted and folded scalars, literal blocks, comments and
documents. It knows anchors of scalars only, no tags, merges, directives, complex keys or tabs between tokens, and it
judges nothing: whatever it is not sure of raises `Unsure`, and the text has to be read by libyaml, whose errors are the
ones that users see. What it does read, it reads as libyaml and our composers over it do: same values, same lines.
Loading PyYAML takes longer than reading most texts, which is why this exists; it is also faster than composing from
libyaml's events.
"""

from __future__ import annotations

from fairlead.base.yaml.lines import Lines
from fairlead.base.yaml.quick_flow import Flow
from fairlead.base.yaml.quick_scalars import (
    Rules,
    Unsure,
    block_header,
    closing,
    folded,
    is_key_line,
    read_key,
    read_plain,
    read_word,
    value_of,
    without_comment,
)

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

DEEPEST_COLUMN = 120
MOST_ALIASES = 10_000  # whether there are too many is for the composers to say
_ORDINARY = bytes(range(0x20, 0x7F)) + b"\t\n"
_BREAKS = frozenset("\u2028\u2029\ufeff\ufffe\uffff")
ANCHOR = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_END = "\0"  # no text that is read has this character
_MISSING: Any = object()


def quick_documents(text: str | bytes, rules: Rules, *, track: bool = False) -> Iterator[tuple[Any, Lines | None, int]]:
    """Yield each document's value, its lines when *track* is set, and the 0-based line on which it begins.

    A document without content is an empty word. Raises: Unsure, before the first document that is not plain enough.
    """
    reader = QuickReader(_checked(text), rules, track)
    for first in reader.firsts:
        yield reader.document(first)


def _checked(text: str | bytes) -> str:
    """Return *text* when all its characters are ordinary ones."""
    try:
        data = text.encode() if isinstance(text, str) else text
        odd = data.translate(None, _ORDINARY)
        if odd:
            characters = set(odd.decode())
            if min(characters) < "\xa0" or characters & _BREAKS:
                raise Unsure
        return text if isinstance(text, str) else data.decode()
    except UnicodeError:
        raise Unsure from None


class QuickReader:
    """The lines of a text. `at` is the next line that has content after what was read last."""

    __slots__ = (
        "aliases",
        "anchors",
        "at",
        "firsts",
        "heads",
        "is_open",
        "keys",
        "lines",
        "rules",
        "tail",
        "track",
        "words",
    )

    def __init__(self, text: str, rules: Rules, track: bool) -> None:
        lines = text.split("\n")
        self.is_open = bool(lines[-1].strip(" "))  # the last line has no end
        self.tail = 0 if self.is_open else len(lines.pop())  # spaces after the last line
        self.lines = lines
        self.heads = [line.lstrip(" ") for line in lines]
        self.rules = rules
        self.keys = rules.keys
        self.words = rules.words
        self.track = track
        self.at = 0
        self.aliases = 0
        self.anchors: dict[str, Any] = {}
        ended = "\n..." in text or text.startswith("...")
        self.firsts = self._find_documents("\n---" in text or text.startswith("---"), ended)
        lines.append("")
        self.heads.append(_END)

    def _find_documents(self, marked: bool, ended: bool) -> list[int]:
        """Return the first line of each document; the markers become ends."""
        heads = self.heads
        firsts = [0]
        if ended:
            raise Unsure
        if marked:
            for number, line in enumerate(self.lines):
                if line.startswith("---"):
                    rest = line[3:].lstrip(" ")
                    if rest and (line[3] != " " or rest[0] != "#"):
                        raise Unsure
                    self.lines[number] = ""
                    heads[number] = _END
                    firsts.append(number + 1)
        end = firsts[1] - 1 if len(firsts) > 1 else len(heads)
        for head in heads[:end]:
            if head and head[0] != "#":
                return firsts
        return firsts[1:]  # nothing but comments before the first marker

    def document(self, first: int) -> tuple[Any, Lines | None, int]:
        """Return the document that begins on the line *first*."""
        at = self._next(first - 1)
        head = self.heads[at]
        self.anchors = {}
        if head == _END and self.tail and at == len(self.lines) - 1:
            at += 1  # the spaces are a line of their own
        lines = Lines(at + 1) if self.track else None
        if head == _END:
            return self.rules.plain(""), lines, at
        value = self.node(at, len(self.lines[at]) - len(head), head, -1, lines)
        if self.heads[self.at] != _END:
            raise Unsure
        return value, lines, at

    def _next(self, at: int) -> int:
        """Return the first line after *at* that has more than a comment."""
        heads = self.heads
        while True:
            at += 1
            head = heads[at]
            if head and head[0] != "#":
                return at

    def node(self, at: int, column: int, head: str, above: int, here: Lines | None) -> Any:
        """Return what begins with *head* in *column* of the line *at*; *above* is the column of what holds it."""
        if column <= above or column > DEEPEST_COLUMN:
            raise Unsure
        first = head[0]
        if first == "-" and (head[1:2] == " " or head == "-"):
            return self.sequence(at, column, head, here)
        if first in "{[":
            return self.flow(at, head, above, here)
        if is_key_line(head):
            return self.mapping(at, column, head, here)
        return self.scalar(at, head, above)

    def mapping(self, at: int, column: int, head: str, here: Lines | None) -> dict[str, Any]:
        """Return the mapping whose first key begins *head*, in *column* of the line *at*."""
        lines, heads, keys, words = self.lines, self.heads, self.keys, self.words
        found: dict[str, Any] = {}
        while True:
            name, colon, rest = head.partition(": ")
            if colon:
                if rest[:1] == " ":
                    rest = rest.lstrip(" ")
            elif head[-1] == ":":
                name = head[:-1]
            else:
                raise Unsure
            key = keys.get(name)
            if key is None:
                key = read_key(name, self.rules)
            if key in found:
                raise Unsure
            place = None
            if here is not None:
                place = Lines(at + 1)
                here.put(key, place)
            if rest:
                value = words.get(rest, _MISSING)
                if value is _MISSING:
                    found[key] = self._entry(at, column, rest, place)
                    at = self.at
                    head = heads[at]
                    start = len(lines[at]) - len(head)
                else:
                    start_of = at
                    at += 1
                    head = heads[at]
                    while not head or head[0] == "#":
                        at += 1
                        head = heads[at]
                    start = len(lines[at]) - len(head)
                    if start > column:
                        value = self.scalar(start_of, rest, column)
                        at = self.at
                        head = heads[at]
                        start = len(lines[at]) - len(head)
                    found[key] = value
            else:
                found[key] = self._below(at, column, place)
                at = self.at
                head = heads[at]
                start = len(lines[at]) - len(head)
            if start != column:
                if start > column:
                    raise Unsure
                self.at = at
                return found

    def _entry(self, at: int, column: int, rest: str, place: Lines | None) -> Any:
        """Return the value *rest* of a key in *column* of the line *at*."""
        first = rest[0]
        if first == "#":
            return self._below(at, column, place)
        if first in "{[":
            return self.flow(at, rest, column, place)
        return self.scalar(at, rest, column)

    def _below(self, at: int, column: int, place: Lines | None) -> Any:
        """Return the value of a key in *column* of the line *at* that has nothing beside it."""
        at = self._next(at)
        head = self.heads[at]
        start = len(self.lines[at]) - len(head)
        if start > column:
            return self.node(at, start, head, column, place)
        if start == column and head[0] == "-" and (head[1:2] == " " or head == "-"):
            return self.sequence(at, column, head, place)
        self.at = at
        return self.rules.plain("")

    def sequence(self, at: int, column: int, head: str, here: Lines | None) -> list[Any]:
        """Return the list whose first dash begins *head*, in *column* of the line *at*."""
        lines, heads, words = self.lines, self.heads, self.words
        found: list[Any] = []
        while True:
            rest = head[2:]
            inner = column + 2
            if rest[:1] == " ":
                rest = rest.lstrip(" ")
                inner = column + len(head) - len(rest)
            value = words.get(rest, _MISSING) if rest else _MISSING
            if value is not _MISSING:
                if here is not None:
                    here.put(len(found), Lines(at + 1))
                start_of = at
                at = self._next(at)
                head = heads[at]
                start = len(lines[at]) - len(head)
                if start > column:
                    value = self.scalar(start_of, rest, column)
                    at = self.at
                    head = heads[at]
                    start = len(lines[at]) - len(head)
                found.append(value)
            else:
                if rest and rest[0] != "#":
                    start_of = at
                else:
                    start_of = self._next(at)
                    rest = heads[start_of]
                    inner = len(lines[start_of]) - len(rest)
                place = None
                if here is not None:
                    place = Lines((start_of if inner > column else at) + 1)
                    here.put(len(found), place)
                if inner > column:
                    found.append(self.node(start_of, inner, rest, column, place))
                    at = self.at
                else:
                    found.append(self.rules.plain(""))
                    at = start_of
                head = heads[at]
                start = len(lines[at]) - len(head)
            if start != column or head[0] != "-" or (head[1:2] != " " and head != "-"):
                if start > column:
                    raise Unsure
                self.at = at
                return found

    def scalar(self, at: int, text: str, above: int) -> Any:
        """Return the scalar *text* of the line *at* and of the lines below it that belong to it."""
        first = text[0]
        if first == "|" or first == ">":
            return self._block(at, text, above)
        if first == '"' or first == "'":
            return self._quoted(at, text, above)
        if first == "&" or first == "*":
            return self._anchored(at, text, above)
        word, ended = without_comment(text)
        value = read_plain(word)
        following = self._next(at)
        if len(self.lines[following]) - len(self.heads[following]) <= above:
            self.at = following
            return read_word(text, value, self.rules)
        if ended:
            raise Unsure
        parts = [value]
        breaks = 1
        while True:
            at += 1
            head = self.heads[at]
            if not head:
                breaks += 1
                continue
            if ended or head[0] == "#" or len(self.lines[at]) - len(head) <= above:
                break
            word, ended = without_comment(head)
            parts.append(" " if breaks == 1 else "\n" * (breaks - 1))
            parts.append(read_plain(word, goes_on=True))
            breaks = 1
        self.at = self._next(at - 1)
        if len(self.lines[self.at]) - len(self.heads[self.at]) > above:
            raise Unsure
        return self.rules.plain("".join(parts))

    def _anchored(self, at: int, text: str, above: int) -> Any:
        """Return the scalar that has an anchor, or that an alias stands for."""
        name, _, rest = text[1:].partition(" ")
        rest = rest.lstrip(" ")
        if not name or not ANCHOR.issuperset(name):
            raise Unsure
        if text[0] == "&":
            if not rest or rest[0] in "#&*!{[":
                raise Unsure
            value = self.anchors[name] = self.scalar(at, rest, above)
            return value
        self.aliases += 1
        if name not in self.anchors or (rest and rest[0] != "#") or self.aliases > MOST_ALIASES:
            raise Unsure
        self.at = self._next(at)
        if len(self.lines[self.at]) - len(self.heads[self.at]) > above:
            raise Unsure
        return self.anchors[name]

    def _quoted(self, at: int, text: str, above: int) -> Any:
        quote = text[0]
        end = closing(text, 1, quote)
        start_of, pieces, head = at, [text[1:end] if end >= 0 else text[1:]], text
        while end < 0:
            at += 1
            head = self.heads[at]
            if head and (len(self.lines[at]) - len(head) <= above or head == _END):
                raise Unsure
            end = closing(head, 0, quote)
            pieces.append(head[:end] if end >= 0 else head)
        value, rest = value_of(pieces, quote), head[end + 1 :]
        rest = rest.lstrip(" ") if not rest or rest[0] == " " else "?"
        if rest and rest[0] != "#":
            raise Unsure
        self.at = self._next(at)
        if len(self.lines[self.at]) - len(self.heads[self.at]) > above:
            raise Unsure
        quoted = self.rules.quoted(value)
        if at == start_of and not rest:
            self.rules.keep(text, quoted)
        return quoted

    def _block(self, at: int, header: str, above: int) -> Any:
        """Return the literal or folded block whose *header* stands on the line *at*."""
        if above < 0:
            raise Unsure
        chomp, given = block_header(header)
        first = at + 1
        indent = self._block_indent(first, given + above if given else 0, above)
        if not indent:
            if chomp == "+" or (given and self.tail > given + above):  # spaces at the end may be content
                raise Unsure
            self.at = self._next(at)
            return self.rules.quoted("") if header[0] == "|" else self.rules.folded("")
        last, end = self._block_end(first, indent)
        if self.tail > indent:
            raise Unsure
        content = [line[indent:] for line in self.lines[first : last + 1]]
        tail = "" if chomp == "-" or (self.is_open and last == len(self.lines) - 2) else "\n"
        if chomp == "+":
            tail += "\n" * (end - last - 1)
        self.at = self._next(end - 1)
        if header[0] == "|":
            return self.rules.quoted("\n".join(content) + tail)
        return self.rules.folded(folded(content) + tail)

    def _block_indent(self, at: int, indent: int, above: int) -> int:
        """Return the indentation of the block that begins on the line *at*, 0 when the block has nothing in it."""
        lines, heads = self.lines, self.heads
        longest = 0
        while not heads[at]:
            longest = max(longest, len(lines[at]))
            at += 1
        start = len(lines[at]) - len(heads[at])
        if indent:
            if start < indent and (heads[at][0] == "\t" or longest > indent):
                raise Unsure
            return indent if start >= indent else 0
        if heads[at][0] == "\t" or (start > above and longest > start):
            raise Unsure
        return start if start > above else 0

    def _block_end(self, at: int, indent: int) -> tuple[int, int]:
        """Return the last line with content of the block that begins on the line *at*, and the first line after it."""
        lines, heads = self.lines, self.heads
        last = at
        while True:
            head = heads[at]
            if head:
                if len(lines[at]) - len(head) < indent:
                    if head[0] == "\t":
                        raise Unsure
                    return last, at
                last = at
            elif len(lines[at]) > indent:
                last = at
            at += 1

    def flow(self, at: int, text: str, above: int, here: Lines | None) -> Any:
        """Return the flow collection that begins *text* on the line *at*."""
        flow = Flow(self, at, text, above)
        value = flow.collection(here, 0)
        rest = flow.rest()
        if rest and (rest[0] != " " or rest.lstrip(" ")[:1] not in ("", "#")):
            raise Unsure
        self.at = self._next(flow.at)
        return value
