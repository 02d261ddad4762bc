"""Flow collections of plain YAML: `{a: b}`, `["x", y]` and JSON, over one or more lines."""

from __future__ import annotations

from fairlead.base.yaml.lines import Lines
from fairlead.base.yaml.quick_scalars import Unsure, read_key, read_quoted

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    from fairlead.base.yaml.quick import QuickReader

DEEPEST = 40
LONGEST_LINE = 32 << 10  # each token cuts the line, so that long ones are left to a parser that does not
_ENDS = frozenset(",[]{}")
_SPECIAL = frozenset(",[]{}#&*!|>'\"%@`?:")


class Flow:
    """A place in a flow collection: the rest of a line, and the lines below it while they are indented enough."""

    __slots__ = ("_above", "_reader", "_text", "at")

    def __init__(self, reader: QuickReader, at: int, text: str, above: int) -> None:
        self._reader = reader
        self._text = text
        self._above = above
        self.at = at

    def rest(self) -> str:
        """Return what follows on the line."""
        return self._text

    def _space(self) -> str:
        """Move to the next token and return its first character."""
        while True:
            text = self._text.lstrip(" ")
            if text and (text[0] != "#" or len(text) == len(self._text)):
                if text[0] == "#":
                    raise Unsure
                self._text = text
                return text[0]
            self.at += 1
            lines, heads = self._reader.lines, self._reader.heads
            head = heads[self.at]
            if head and (len(lines[self.at]) - len(head) <= self._above or len(head) > LONGEST_LINE):
                raise Unsure
            self._text = f" {head}"

    def collection(self, here: Lines | None, depth: int) -> Any:
        """Return the collection that begins here."""
        if depth > DEEPEST or len(self._text) > LONGEST_LINE:
            raise Unsure
        opening = self._text[0]
        self._text = self._text[1:]
        return self._mapping(here, depth) if opening == "{" else self._sequence(here, depth)

    def _mapping(self, here: Lines | None, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first = self._space()
        while first != "}" or found:
            key_line = self.at + 1
            key = self._key(first)
            if key in found:
                raise Unsure
            place = None
            if here is not None:
                place = Lines(key_line)
                here.put(key, place)
            found[key] = self._value(self._space(), place, depth)
            first = self._space()
            if first == "}":
                break
            if first != ",":
                raise Unsure
            self._text = self._text[1:]
            first = self._space()
        self._text = self._text[1:]
        return found

    def _sequence(self, here: Lines | None, depth: int) -> list[Any]:
        found: list[Any] = []
        first = self._space()
        while first != "]" or found:
            place = None
            if here is not None:
                place = Lines(self.at + 1)
                here.put(len(found), place)
            found.append(self._value(first, place, depth))
            first = self._space()
            if first == "]":
                break
            if first != ",":
                raise Unsure
            self._text = self._text[1:]
            first = self._space()
        self._text = self._text[1:]
        return found

    def _value(self, first: str, place: Lines | None, depth: int) -> Any:
        if first in "{[":
            return self.collection(place, depth + 1)
        if first in "\"'":
            value, rest = read_quoted(self._text)
            if value is None:
                raise Unsure
            self._text = rest
            return self._reader.rules.quoted(value)
        word = self._word()
        if self._text[:1] == ":":
            raise Unsure
        return self._reader.rules.plain(word)

    def _key(self, first: str) -> Any:
        """Return a key and move past its colon."""
        rules = self._reader.rules
        if first in "\"'":
            name, rest = read_quoted(self._text)
            if name is None or rest[:1] != ":":
                raise Unsure
            self._text = rest[1:]
            return rules.key(name, True)
        word = self._word()
        if self._text[:2] != ": ":
            raise Unsure
        self._text = self._text[1:]
        key = rules.keys.get(word)
        return read_key(word, rules) if key is None else key

    def _word(self) -> str:
        """Return the unquoted word that begins here. Raises: Unsure when it goes on in the next line."""
        text = self._text
        if text[0] in _SPECIAL or (text[0] == "-" and (len(text) == 1 or text[1] in " ,[]{}")):
            raise Unsure
        for at, char in enumerate(text):
            if char in _ENDS:
                break
            if char == ":":
                following = text[at + 1 : at + 2]
                if following == " ":
                    break
                if not following.isalnum() and following != "/":
                    raise Unsure
            elif char == "\t" or (char == "#" and text[at - 1] == " "):
                raise Unsure
        else:
            at = len(text)
            self._text = ""
            if self._space() not in ",]}":
                raise Unsure
            return text.rstrip(" ")
        self._text = text[at:]
        return text[:at].rstrip(" ")
