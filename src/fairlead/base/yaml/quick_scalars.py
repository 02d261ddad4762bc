"""The scalars of plain YAML: words, quotes and blocks, as libyaml scans them; whatever is unusual raises `Unsure`."""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

KEPT_LENGTH = 80
KEPT_WORDS = 20_000
LONGEST_KEY = 500
_SPECIAL = frozenset(",[]{}#&*!|>'\"%@`")
_NEEDS_MORE = frozenset("-?:")
_ESCAPES = dict(zip("0abtnvfre \"'N_LP", "\0\a\b\t\n\v\f\r\x1b \"'\x85\xa0\u2028\u2029", strict=True))
_HEXADECIMAL = {"x": 2, "u": 4, "U": 8}
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


class Unsure(Exception):  # noqa: N818 - not an error: the text may well be good
    """The text has something that this reader does not read."""


class Rules:
    """What a composer makes of scalars; `words` and `keys` keep what texts were read as before.

    *plain* and *key* may raise Unsure; *key* gets the value of a key and whether it was quoted.
    """

    __slots__ = ("folded", "key", "keys", "plain", "quoted", "words")

    def __init__(
        self,
        plain: Callable[[str], Any],
        quoted: Callable[[str], Any],
        folded: Callable[[str], Any],
        key: Callable[[str, bool], Any],
    ) -> None:
        self.plain = plain
        self.quoted = quoted
        self.folded = folded
        self.key = key
        self.words: dict[str, Any] = {}
        self.keys: dict[str, Any] = {}

    def keep(self, text: str, value: Any) -> None:
        """Note that *text*, to the end of its line, is *value*."""
        if len(text) <= KEPT_LENGTH:
            if len(self.words) >= KEPT_WORDS:
                self.words.clear()
            self.words[text] = value


def is_key_line(head: str) -> bool:
    """Whether a line that begins with *head* begins a mapping."""
    first = head[0]
    if first == '"' or first == "'":
        value, rest = read_quoted(head)
        return value is not None and (rest == ":" or rest[:2] == ": ")
    if first == "|" or first == ">":
        return False
    at = head.find(": ")
    if at < 0:
        if head[-1] != ":":
            return False
        at = len(head)
    comment = head.find(" #")
    return comment < 0 or at < comment


def read_key(name: str, rules: Rules) -> Any:
    """Return the key that is written *name*. Raises: Unsure."""
    if not name or len(name) > LONGEST_KEY:
        raise Unsure
    first = name[0]
    if first == '"' or first == "'":
        value, rest = read_quoted(name)
        if value is None or rest:
            raise Unsure
        key = rules.key(value, True)
    else:
        if (
            first in _SPECIAL
            or (first in _NEEDS_MORE and name[1:2] in ("", " "))
            or name[-1] == " "
            or " #" in name
            or "\t" in name
            or name == "<<"
        ):
            raise Unsure
        key = rules.key(name, False)
    if len(rules.keys) >= KEPT_WORDS:
        rules.keys.clear()
    rules.keys[name] = key
    return key


def without_comment(text: str) -> tuple[str, bool]:
    """Return *text* without the comment at its end, and whether there was one."""
    at = text.find(" #")
    if at >= 0:
        return text[:at].rstrip(" \t"), True
    return text.rstrip(" \t"), False


def read_plain(word: str, *, goes_on: bool = False) -> str:
    """Return *word* when it can stand without quotes, or *goes_on* from the line above. Raises: Unsure."""
    if not word or ": " in word or word[-1] == ":" or "\t" in word:
        raise Unsure
    if not goes_on:
        first = word[0]
        if first in _SPECIAL or (first in _NEEDS_MORE and word[1:2] in ("", " ")):
            raise Unsure
    return word


def read_word(text: str, word: str, rules: Rules) -> Any:
    """Return the value of *word*, which is all of the line's *text*. Raises: Unsure."""
    value = rules.plain(word)
    rules.keep(text, value)
    return value


def read_quoted(text: str) -> tuple[str | None, str]:
    """Return the value of the quoted string that begins *text* and what follows it; None when it does not end.

    Raises: Unsure.
    """
    at = closing(text, 1, text[0])
    if at < 0:
        return None, ""
    return value_of([text[1:at]], text[0]), text[at + 1 :]


def closing(line: str, start: int, quote: str) -> int:
    """Return where the string in *quote* that has *line* from *start* on ends, -1 when it goes on."""
    at = line.find(quote, start)
    if quote == "'":
        while at >= 0 and line[at + 1 : at + 2] == "'":
            at = line.find("'", at + 2)
    else:
        while at >= 0 and _backslashes(line, at, start) % 2:
            at = line.find('"', at + 1)
    return at


def _backslashes(line: str, end: int, start: int = 0) -> int:
    """Return the number of backslashes before *end*."""
    at = end
    while at > start and line[at - 1] == "\\":
        at -= 1
    return end - at


def value_of(lines: list[str], quote: str) -> str:
    """Return the value of a string in *quote* that has these *lines* between its quotes. Raises: Unsure."""
    value = _joined(lines, quote == '"') if len(lines) > 1 else lines[0]
    if quote == "'":
        return value.replace("''", "'")
    return _unescaped(value) if "\\" in value else value


def _joined(lines: list[str], escapes: bool) -> str:
    """Return the *lines* of a quoted string as one, the backslashes of *escapes* still in it.

    A line break is a space, and empty lines between are breaks; a line that ends in a backslash goes on without one.
    """
    parts: list[str] = []
    breaks, continued = 0, False
    last = len(lines) - 1
    for at, line in enumerate(lines):
        if "\t" in line:
            raise Unsure
        if at:
            breaks += 1
            line = line.lstrip(" ")
            if not line and at < last:
                continue
            parts.append(" " if breaks == 1 and not continued else "\n" * (breaks - 1))
            breaks = 0
        if at < last:
            bare = line.rstrip(" ")
            continued = False
            if escapes and _backslashes(bare, len(bare)) % 2:
                continued = bare == line
                bare = line[:-1] if continued else f"{bare} "
                if continued and _is_cut(bare):
                    raise Unsure
            line = bare
        parts.append(line)
    return "".join(parts)


def _is_cut(line: str) -> bool:
    """Report whether *line* ends among the digits of an escape, which do not go on in the next line."""
    at = line.rfind("\\")
    return at >= 0 and len(line) - at - 2 < _HEXADECIMAL.get(line[at + 1 : at + 2], 0)


def _unescaped(value: str) -> str:
    first, *others = value.split("\\")
    parts = [first]
    escaped = False  # the piece before this one was empty: a backslash
    for piece in others:
        if escaped:
            parts.append(piece)
            escaped = False
        elif not piece:
            parts.append("\\")
            escaped = True
        elif piece[0] in _ESCAPES:
            parts.append(_ESCAPES[piece[0]])
            parts.append(piece[1:])
        else:
            digits = _HEXADECIMAL.get(piece[0], 0)
            number = piece[1 : 1 + digits]
            if not digits or len(number) < digits or not _HEX_DIGITS.issuperset(number):
                raise Unsure
            code = int(number, 16)
            if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
                raise Unsure
            parts.append(chr(code))
            parts.append(piece[1 + digits :])
    return "".join(parts)


def block_header(header: str) -> tuple[str, int]:
    """Return how a block ends ("", "-" or "+") and its indentation, 0 when it is not given. Raises: Unsure."""
    marks, _, comment = header[1:].partition(" ")
    comment = comment.lstrip(" ")
    if comment and comment[0] != "#":
        raise Unsure
    chomp, indent = "", 0
    for mark in marks:
        if mark in "+-" and not chomp:
            chomp = mark
        elif mark in "123456789" and not indent:
            indent = int(mark)
        else:
            raise Unsure
    return chomp, indent


def folded(lines: list[str]) -> str:
    """Return the *lines* of a folded block as one text, without what follows the last."""
    parts: list[str] = []
    breaks = 0
    more = True  # the line before is indented more, or there is none
    for line in lines:
        if not line:
            breaks += 1
            continue
        blank = line[0] in " \t"
        if parts:
            if more or blank:
                parts.append("\n" * breaks)
            else:
                parts.append(" " if breaks == 1 else "\n" * (breaks - 1))
        else:
            parts.append("\n" * breaks)
        parts.append(line)
        more = blank
        breaks = 1
    return "".join(parts)
