"""Text to tokens.

Source: the CEL language definition (cel-spec doc/langdef.md, "Syntax") with optional syntax and back-quoted fields.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from fairlead.engines.cel.errors import CelSyntaxError

_TOKEN: Final = re.compile(
    r"""
    (?P<space>(?:[\t\n\f\r ]|//[^\n]*)+)
  | (?P<string>(?:[rR][bB]?|[bB][rR]?)?(?:\"\"\"|'''|\"|'))
  | (?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<int>(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?)
  | (?P<ident>[_a-zA-Z][_a-zA-Z0-9]*)
  | (?P<quoted>`[a-zA-Z0-9_.\-/ ]+`)
  | (?P<op>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\\"'`?])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.|\n|$))"
)
_SIMPLE: Final = dict(zip("abfnrtv\\\"'`?", "\a\b\f\n\r\t\v\\\"'`?", strict=True))
MAX_LENGTH: Final = 100_000


class Token(NamedTuple):
    """One token: kind is ident, quoted, int, uint, float, string, bytes, op or end."""

    kind: str
    value: Any
    offset: int


def scan(text: str) -> list[Token]:
    """Return the tokens of *text*.

    Raises:
        CelSyntaxError: a character, a literal or an escape that is not CEL.
    """
    if len(text) > MAX_LENGTH:
        raise CelSyntaxError(f"expression code point size exceeds limit: size: {len(text)}, limit {MAX_LENGTH}", "", 0)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise CelSyntaxError(f"Syntax error: token recognition error at: '{text[position]}'", text, position)
        kind, value, end = str(found.lastgroup), found.group(), found.end()
        if kind == "string":
            token, end = _string(text, position, value)
            tokens.append(token)
        elif kind == "int":
            tokens.append(_integer(text, position, value))
        elif kind == "float":
            tokens.append(Token("float", float(value), position))
        elif kind == "quoted":
            tokens.append(Token("quoted", value[1:-1], position))
        elif kind != "space":
            tokens.append(Token(kind, value, position))
        position = end
    tokens.append(Token("end", "<EOF>", len(text)))
    return tokens


def _integer(text: str, position: int, literal: str) -> Token:
    unsigned = literal[-1] in "uU"
    value = int(literal.rstrip("uU"), 16 if literal.startswith("0x") else 10)
    if unsigned and value >= 2**64:
        raise CelSyntaxError("invalid uint literal", text, position)
    if not unsigned and value > 2**63:  # 2**63 itself may follow a minus
        raise CelSyntaxError("invalid int literal", text, position)
    return Token("uint" if unsigned else "int", value, position)


def _string(text: str, position: int, opening: str) -> tuple[Token, int]:
    prefix = opening.rstrip("\"'").lower()
    quote = opening[len(prefix) :]
    start = position + len(opening)
    raw, is_bytes = "r" in prefix, "b" in prefix
    end = start
    while not text.startswith(quote, end):
        if end >= len(text) or (len(quote) == 1 and text[end] in "\n\r"):
            raise CelSyntaxError(f"Syntax error: token recognition error at: '{text[position:end]}'", text, position)
        end += 2 if text[end] == "\\" and not raw else 1
    body = text[start:end]
    if is_bytes:
        value: Any = _bytes(body, raw, text, position)
    else:
        value = body if raw or "\\" not in body else _ESCAPE.sub(lambda m: _unescape(m, text, position), body)
    return Token("bytes" if is_bytes else "string", value, position), end + len(quote)


def _unescape(found: re.Match[str], text: str, position: int) -> str:
    simple, hexa, short, wide, octal, other = found.groups()
    if simple is not None:
        return _SIMPLE[simple]
    if other is not None:
        raise CelSyntaxError(f"Syntax error: token recognition error at: '{found.group()}'", text, position)
    code = int(octal, 8) if octal else int(hexa or short or wide, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise CelSyntaxError("invalid unicode code point", text, position)
    return chr(code)


def _bytes(body: str, raw: bool, text: str, position: int) -> bytes:
    if raw:
        return body.encode()
    result = bytearray()
    last = 0
    for found in _ESCAPE.finditer(body):
        result += body[last : found.start()].encode()
        last = found.end()
        char = _unescape(found, text, position)
        result += bytes([ord(char)]) if found[2] or found[5] else char.encode()
    return bytes(result + body[last:].encode())
