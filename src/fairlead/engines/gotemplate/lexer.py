"""Split a template text into tokens.

Source: Go 1.26 text/template/parse/lex.go. One regular expression does the
work that Go spreads over state functions; the tokens, their positions and the
error texts are the same. Positions are character offsets, not bytes: the
parser converts when an error is shown.
"""

from __future__ import annotations

from fairlead.base.patterns import late

# Token kinds. Those above KEYWORD are keywords, as in Go.
ERROR, BOOL, CHAR, CHAR_CONSTANT, COMPLEX, ASSIGN, DECLARE, EOF, FIELD, IDENTIFIER = range(10)
LEFT_DELIM, LEFT_PAREN, NUMBER, PIPE, RAW_STRING, RIGHT_DELIM, RIGHT_PAREN, SPACE, STRING, TEXT, VARIABLE = range(
    10, 21
)
KEYWORD = 21
BLOCK, BREAK, CONTINUE, DOT, DEFINE, ELSE, END, IF, NIL, RANGE, TEMPLATE, WITH = range(22, 34)

KEYWORDS = {
    "block": BLOCK,
    "break": BREAK,
    "continue": CONTINUE,
    "define": DEFINE,
    "else": ELSE,
    "end": END,
    "if": IF,
    "range": RANGE,
    "nil": NIL,
    "template": TEMPLATE,
    "with": WITH,
}

Token = tuple[int, int, str]  # kind, position, text

_SPACES = " \t\r\n"

_ACTION = late(
    r"""(?x)
    (?P<rd>[ \t\r\n]-\}\}|\}\})
  | (?P<sp>[ \t\r\n]+)
  | (?P<id>[^\W\d]\w*)
  | (?P<fld>\.(?![0-9])\w+)
  | (?P<var>\$\w*)
  | (?P<str>"(?:[^"\\\n]|\\[^\n])*")
  | (?P<num>(?P<sign>[+-])?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?
             |0[oO][0-7_]*(?:\.[0-7_]*)?
             |0[bB][01_]*(?:\.[01_]*)?
             |(?=[0-9.])(?!\.[^0-9])[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?
             |(?(sign)[0-9_]*|(?!)))i?)
  | (?P<dot>\.)
  | (?P<lp>\()
  | (?P<rp>\))
  | (?P<pipe>\|)
  | (?P<dcl>:=)
  | (?P<asg>=)
  | (?P<raw>`[^`]*`)
  | (?P<chr>'(?:[^'\\\n]|\\[^\n])*')
    """
)

_SIMPLE = {"pipe": PIPE, "dcl": DECLARE, "asg": ASSIGN, "str": STRING, "raw": RAW_STRING, "chr": CHAR_CONSTANT}
_PUNCTUATION = frozenset("!#%&*,-/;<>?@[\\]^{}~")
_TERMINATORS = frozenset(" \t\r\n.,|:)(")


def describe_char(char: str) -> str:
    """Return *char* as Go's ``%#U`` prints it: ``U+0023 '#'``."""
    if not char:
        return "U+FFFFFFFFFFFFFFFF"
    code = ord(char)
    return f"U+{code:04X} '{char}'" if char.isprintable() else f"U+{code:04X}"


class _Failure(Exception):  # noqa: N818 - carries an error token, is none itself
    def __init__(self, position: int, message: str) -> None:
        self.token: Token = (ERROR, position, message)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of *text*; the last one is EOF or ERROR."""
    tokens: list[Token] = []
    try:
        _tokenize(text, tokens)
    except _Failure as failure:
        tokens.append(failure.token)
    return tokens


def _tokenize(text: str, tokens: list[Token]) -> None:
    pos = 0
    size = len(text)
    while True:
        start = text.find("{{", pos)
        if start < 0:
            if pos < size:
                tokens.append((TEXT, pos, text[pos:]))
            tokens.append((EOF, size, "EOF"))
            return
        inside = start + 2
        trims = text.startswith("-", inside) and text[inside + 1 : inside + 2] in tuple(_SPACES)
        if start > pos:
            literal = text[pos:start].rstrip(_SPACES) if trims else text[pos:start]
            if literal:
                tokens.append((TEXT, pos, literal))
        if trims:
            inside += 2
        if text.startswith("/*", inside):
            pos = _comment(text, inside)
            continue
        tokens.append((LEFT_DELIM, start, "{{"))
        pos = _action(text, inside, tokens)


def _comment(text: str, start: int) -> int:
    close = text.find("*/", start + 2)
    if close < 0:
        raise _Failure(start, "unclosed comment")
    after = close + 2
    if text.startswith("}}", after):
        return after + 2
    if text[after : after + 1] in tuple(_SPACES) and text.startswith("-}}", after + 1):
        return _skip_space(text, after + 4)
    raise _Failure(start, "comment ends before closing delimiter")


def _skip_space(text: str, pos: int) -> int:
    size = len(text)
    while pos < size and text[pos] in _SPACES:
        pos += 1
    return pos


def _at_terminator(text: str, pos: int) -> bool:
    return pos >= len(text) or text[pos] in _TERMINATORS or text.startswith("}}", pos)


def _action(text: str, pos: int, tokens: list[Token]) -> int:  # noqa: C901 - one branch for each token kind
    """Read one action up to its closing delimiter; return where the text goes on."""
    match = _ACTION.match
    append = tokens.append
    size = len(text)
    depth = 0
    while True:
        found = match(text, pos)
        if found is None:
            if pos < size and text[pos] in _PUNCTUATION:
                append((CHAR, pos, text[pos]))
                pos += 1
                continue
            raise _bad_character(text, pos)
        kind = found.lastgroup
        end = found.end()
        if kind == "sp":
            if text.startswith("-}}", end):
                end -= 1  # the last space belongs to the trim marker
            append((SPACE, pos, text[pos:end]))
        elif kind == "fld":
            if not _at_terminator(text, end):
                raise _Failure(pos, "bad character " + describe_char(text[end]))
            append((FIELD, pos, found.group()))
        elif kind == "id":
            word = found.group()
            if not _at_terminator(text, end):
                raise _Failure(pos, "bad character " + describe_char(text[end]))
            if word in KEYWORDS:
                append((KEYWORDS[word], pos, word))
            elif word in ("true", "false"):
                append((BOOL, pos, word))
            else:
                append((IDENTIFIER, pos, word))
        elif kind == "rd":
            if depth:
                raise _Failure(pos, "unclosed left paren")
            append((RIGHT_DELIM, end - 2, "}}"))
            return _skip_space(text, end) if end - pos == 4 else end
        elif kind == "var":
            if not _at_terminator(text, end):
                raise _Failure(pos, "bad character " + describe_char(text[end]))
            append((VARIABLE, pos, found.group()))
        elif kind == "lp":
            depth += 1
            append((LEFT_PAREN, pos, "("))
        elif kind == "rp":
            depth -= 1
            if depth < 0:
                raise _Failure(pos, "unexpected right paren")
            append((RIGHT_PAREN, pos, ")"))
        elif kind == "num":
            end = _number(text, pos, end, tokens)
        elif kind == "dot":
            if not _at_terminator(text, end):
                raise _Failure(pos, "bad character " + describe_char(text[end]))
            append((DOT, pos, "."))
        else:
            append((_SIMPLE[kind or ""], pos, found.group()))
        pos = end


def _number(text: str, pos: int, end: int, tokens: list[Token]) -> int:
    kind = NUMBER
    if end < len(text) and text[end] in "+-":
        second = _ACTION.match(text, end)
        if second is None or second.lastgroup != "num" or text[second.end() - 1] != "i":
            stop = second.end() if second is not None else end + 1
            stop += stop < len(text) and (text[stop].isalnum() or text[stop] == "_")
            raise _Failure(pos, "bad number syntax: " + _quote(text[pos:stop]))
        end = second.end()
        kind = COMPLEX
    if end < len(text) and (text[end].isalnum() or text[end] == "_"):
        raise _Failure(pos, "bad number syntax: " + _quote(text[pos : end + 1]))
    tokens.append((kind, pos, text[pos:end]))
    return end


def _bad_character(text: str, pos: int) -> _Failure:
    if pos >= len(text):
        return _Failure(pos, "unclosed action")
    char = text[pos]
    if char == '"':
        return _Failure(pos, "unterminated quoted string")
    if char == "`":
        return _Failure(pos, "unterminated raw quoted string")
    if char == "'":
        return _Failure(pos, "unterminated character constant")
    if char == ":":
        return _Failure(pos, "expected :=")
    return _Failure(pos, "unrecognized character in action: " + describe_char(char))


def _quote(text: str) -> str:
    from fairlead.engines.gotemplate.strconv import quote

    return quote(text)
