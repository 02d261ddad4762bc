"""JSON bodies as Go's decoders see them: what is wrong with broken ones, and which keys an object repeats.

Reading is orjson's work; these are the words for what it refuses or does not tell.
Source: Go 1.26 encoding/json scanner.go (texts), sigs.k8s.io/json (duplicate fields).
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_SPACE = re.compile(rb"[ \t\r\n]*")
_KEY = re.compile(rb'"[ \t\r\n]*:')
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(rb"[0-9]*")
_CLOSERS = {0x7B: 0x7D, 0x5B: 0x5D}  # of { and [
_VALUE = "looking for beginning of value"
_KEY_TEXT = "looking for beginning of object key string"
_END = "unexpected end of JSON input"


class JsonError(ValueError):
    """A body is no JSON; the text is Go's where Go refuses it too."""


class _Broken(Exception):  # noqa: N818 (it carries a text, nobody else sees it)
    """Where the scanner stops, and Go's words for it."""


def read_json(body: bytes) -> Any:
    """The value of *body*. Raises: JsonError."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise JsonError(syntax_error(body) or str(error)) from error


def syntax_error(body: bytes) -> str:
    """What Go's scanner says of *body*; empty when it takes it (orjson refuses lone surrogates, Go does not)."""
    try:
        _Scanner(body).document()
    except _Broken as error:
        return str(error)
    return ""


class _Scanner:
    """Walks through a document without recursion, as Go's scanner does."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def document(self) -> None:
        """Walk to the end. Raises: _Broken."""
        open_: list[int] = []  # the closing brackets that are due
        self._value(open_)
        while open_:
            self._after_value(open_)
        self._skip()
        if self._at < len(self._body):
            self._fail("after top-level value")

    def _after_value(self, open_: list[int]) -> None:
        closer = open_[-1]
        char = self._next("after object key:value pair" if closer == 0x7D else "after array element", b",%c" % closer)
        if char == closer:
            open_.pop()
        elif closer == 0x7D:
            self._member(open_, _KEY_TEXT)
        else:
            self._value(open_)

    def _member(self, open_: list[int], context: str) -> None:
        self._next(context, b'"')
        self._string()
        self._next("after object key", b":")
        self._value(open_)

    def _value(self, open_: list[int]) -> None:
        """Walk over a scalar, or into a container up to where something must follow."""
        while True:
            char = self._next(_VALUE, b'{["-0123456789tfn')
            closer = _CLOSERS.get(char)
            if closer is None:
                self._scalar(char)
                return
            open_.append(closer)
            self._skip()
            if self._peek() == closer:
                self._at += 1
                open_.pop()
                return
            if closer == 0x7D:
                self._next(_KEY_TEXT, b'"')
                self._string()
                self._next("after object key", b":")

    def _scalar(self, char: int) -> None:
        if char == 0x22:
            self._string()
        elif char in b"-0123456789":
            self._number(char)
        else:
            word = {0x74: b"true", 0x66: b"false", 0x6E: b"null"}[char]
            for expected in word[1:]:
                self._expect(f"in literal {word.decode()} (expecting '{chr(expected)}')", bytes((expected,)))

    def _string(self) -> None:
        while True:
            found = _PLAIN.match(self._body, self._at)
            assert found is not None
            self._at = found.end()
            char = self._peek()
            if char is None:
                raise _Broken(_END)
            if char == 0x22:
                self._at += 1
                return
            if char != 0x5C:
                self._fail("in string literal")
            self._at += 1
            if self._expect("in string escape code", b'"\\/bfnrtu') == 0x75:
                for _ in range(4):
                    self._expect("in \\u hexadecimal character escape", b"0123456789abcdefABCDEF")

    def _number(self, char: int) -> None:
        if char == 0x2D:
            char = self._expect("in numeric literal", b"0123456789")
        if char != 0x30:
            self._digits()
        if self._peek() == 0x2E:
            self._at += 1
            self._expect("after decimal point in numeric literal", b"0123456789")
            self._digits()
        if self._peek() in (0x65, 0x45):
            self._at += 1
            if self._peek() in (0x2B, 0x2D):
                self._at += 1
            self._expect("in exponent of numeric literal", b"0123456789")
            self._digits()

    def _digits(self) -> None:
        found = _DIGITS.match(self._body, self._at)
        assert found is not None
        self._at = found.end()

    def _peek(self) -> int | None:
        return self._body[self._at] if self._at < len(self._body) else None

    def _skip(self) -> None:
        found = _SPACE.match(self._body, self._at)
        assert found is not None
        self._at = found.end()

    def _next(self, context: str, allowed: bytes) -> int:
        """The next character that is no space, one of *allowed*."""
        self._skip()
        char = self._peek()
        if char is None:
            raise _Broken(_END)
        if char not in allowed:
            self._fail(context)
        self._at += 1
        return char

    def _expect(self, context: str, allowed: bytes) -> int:
        """The very next character, one of *allowed*; the end counts as a space, as it does in Go."""
        char = self._peek()
        if char is None:
            raise _Broken(f"invalid character ' ' {context}")
        if char not in allowed:
            self._fail(context)
        self._at += 1
        return char

    def _fail(self, context: str) -> None:
        raise _Broken(f"invalid character {_shown(self._body[self._at])} {context}")


def _shown(char: int) -> str:
    """A byte as Go's quoteChar prints it."""
    special = {0x27: "'\\''", 0x22: "'\"'", 0x5C: "'\\\\'", 0x0A: "'\\n'", 0x0D: "'\\r'", 0x09: "'\\t'"}
    special |= {0x07: "'\\a'", 0x08: "'\\b'", 0x0B: "'\\v'", 0x0C: "'\\f'"}
    if char in special:
        return special[char]
    if char < 0x20 or char == 0x7F:
        return f"'\\x{char:02x}'"
    if 0x80 <= char <= 0xA0 or char == 0xAD:
        return f"'\\u{char:04x}'"
    return f"'{chr(char)}'"


class Fields:
    """The fields of a document that repeats some of them, in the order in which they stand there."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}  # path -> its first place
        self.repeated: dict[str, int] = {}  # path -> the place of its first repetition
        self._count = 0

    def see(self, path: str) -> None:
        """Note one key."""
        self._count += 1
        self.places.setdefault(path, self._count)

    def repeat(self, path: str) -> None:
        """Note a key that its object has already."""
        self._count += 1
        self.repeated.setdefault(path, self._count)


class _Pairs(list[tuple[str, Any]]):
    """An object with every pair that was written."""


def repeated_fields(body: bytes, value: Any) -> Fields | None:
    """The fields of the JSON *body*, read as *value*, if an object in it has a key twice; None if not."""
    if not isinstance(value, (dict, list)) or _may_be_plain(body, value):
        return None
    found = Fields()
    try:
        _walk(json.loads(body, object_pairs_hook=_Pairs), "", found)
    except ValueError:  # what the standard library does not read
        return None
    return found if found.repeated else None


def _may_be_plain(body: bytes, value: Any) -> bool:
    """Whether *body* has as many keys as *value*: then none was lost. Texts that look like keys are in both."""
    try:
        written = orjson.dumps(value)
    except TypeError:  # nested deeper than can be stored
        return True
    return b"\\u0022" not in body and len(_KEY.findall(body)) == len(_KEY.findall(written))


def _walk(value: Any, path: str, found: Fields) -> None:
    if isinstance(value, _Pairs):
        keys: set[str] = set()
        for key, item in value:
            at = f"{path}.{key}" if path else key
            if key in keys:
                found.repeat(at)
            else:
                found.see(at)
            keys.add(key)
            _walk(item, at, found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, f"{path}[{index}]", found)
