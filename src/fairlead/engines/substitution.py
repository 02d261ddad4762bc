"""Variables in manifests, as Flux substitutes them after the build: ``${VAR}``, ``${VAR:=default}``, ``${VAR/a/b}`` …

Source: fluxcd/pkg/envsubst (parse/parse.go, parse/scan.go, funcs.go, template.go, path/match.go) and
fluxcd/pkg/kustomize kustomize_varsub.go. Its surprises are kept: ``$$`` becomes ``$`` wherever it stands, ``-``, ``+``
and ``?`` all mean "default when empty", and an argument is either text or one nested ``${…}``, except in defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

_NAME: Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_NAME_TEXT: Final = "^[_[:alpha:]][_[:alpha:][:digit:]]*$"
_OPERATOR: Final = re.compile(r":[=\-?+]|=|:|,,?|,\^|\^,|\^\^?|/[/#%]?|##?|%%?")
_DEFAULTS: Final = frozenset({"=", ":=", ":-", ":?", ":+"})
_MAX_DEPTH: Final = 60


class SubstitutionError(ValueError):
    """A text that cannot be substituted; ``line`` is where, ``name`` the variable, when they are known."""

    def __init__(self, message: str, line: int = 0, name: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.name = name


@dataclass(frozen=True, slots=True)
class _Use:
    """One ``${…}``: a variable, an operator and its arguments, and where it starts."""

    name: str
    operator: str
    args: tuple[str | _Use, ...]
    offset: int


def substitute(text: str, variables: Mapping[str, str], *, strict: bool = True) -> str:
    """Return *text* with all variables replaced; ``$${VAR}`` comes out as ``${VAR}``.

    A variable without a value and without a default is an error when *strict*, and empty otherwise.

    Raises:
        SubstitutionError: in upstream's words.
    """
    for name in variables:
        if not _NAME.fullmatch(name):
            raise SubstitutionError(f"'{name}' var name is invalid, must match '{_NAME_TEXT}'", name=name)
    if "$" not in text:
        return text
    try:
        parts = _Parser(text).parts()
        return "".join(part if isinstance(part, str) else _value(part, variables, strict, text) for part in parts)
    except SubstitutionError as error:
        raise SubstitutionError(f"variable substitution failed: {error}", error.line, error.name) from None


def _value(use: _Use, variables: Mapping[str, str], strict: bool, text: str) -> str:
    args = [arg if isinstance(arg, str) else _value(arg, variables, strict, text) for arg in use.args]
    value = variables.get(use.name)
    if value is None:
        if strict and use.operator not in _DEFAULTS:
            line = text.count("\n", 0, use.offset) + 1
            raise SubstitutionError(f'variable not set (strict mode): "{use.name}"', line, use.name)
        value = ""
    return _shaped(value, use.operator, args)


class _Parser:
    """Reads one text from its start to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def _fail(self, message: str) -> SubstitutionError:
        return SubstitutionError(message, self._text.count("\n", 0, self._at) + 1)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def parts(self) -> list[str | _Use]:
        """Return the plain texts and the uses, in order.

        Raises:
            SubstitutionError: a use that is malformed.
        """
        found: list[str | _Use] = []
        text, start = self._text, 0
        while True:
            at = text.find("$", self._at)
            if at < 0:
                found.append(text[start:])
                return found
            follower = text[at + 1 : at + 2]
            if follower == "{":
                found.append(text[start:at])
                self._at = at + 2
                found.append(self._use(at))
                start = self._at
            elif follower == "$":
                found.append(text[start : at + 1])
                start = self._at = at + 2
            else:
                self._at = at + 1

    def _use(self, offset: int) -> _Use:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._fail("bad substitution: nested too deeply")
        use = self._length(offset) if self._peek() == "#" else self._variable(offset)
        self._depth -= 1
        return use

    def _identifier(self) -> str:
        end = self._at
        while end < len(self._text) and (self._text[end].isalnum() or self._text[end] == "_"):
            end += 1
        name = self._text[self._at : end]
        self._at = end
        return name

    def _close(self, message: str = "bad substitution") -> None:
        if self._peek() != "}":
            raise self._fail(message)
        self._at += 1

    def _length(self, offset: int) -> _Use:
        self._at += 1
        name = self._identifier()
        if not name:
            raise self._fail("bad substitution")
        self._close()
        return _Use(name, "#", (), offset)

    def _variable(self, offset: int) -> _Use:
        name = self._identifier()
        if not name:
            raise self._fail("unable to parse variable name")
        found = _OPERATOR.match(self._text, self._at)
        if found is None:
            self._close("missing closing brace")
            return _Use(name, "", (), offset)
        operator = found.group()
        self._at = found.end()
        if operator in _DEFAULTS:
            args = self._default_args()
        elif operator[0] in ",^":
            self._close()
            args = []
        elif operator == ":":
            args = self._slice_args()
        elif operator[0] == "/":
            args = self._replace_args()
        else:
            args = [self._arg("}")]
            self._close()
        return _Use(name, operator, tuple(args), offset)

    def _default_args(self) -> list[str | _Use]:
        args: list[str | _Use] = []
        while self._peek() != "}":
            args.append(self._arg("}"))
        self._at += 1
        return args

    def _slice_args(self) -> list[str | _Use]:
        args = [self._arg(":}")]
        if self._peek() == "}":
            self._at += 1
            return args
        if self._peek() != ":":
            raise self._fail("bad substitution")
        while self._peek() == ":":
            self._at += 1
        args.append(self._arg("}"))
        self._close()
        return args

    def _replace_args(self) -> list[str | _Use]:
        args = [self._arg("/", escapes=True)]
        if self._peek() != "/":
            raise self._fail("bad substitution")
        while self._peek() == "/":
            self._at += 1
        if self._peek() != "}":
            args.append(self._arg("}", escapes=True))
        self._close()
        return args

    def _arg(self, stops: str, *, escapes: bool = False) -> str | _Use:
        """Read one argument: a nested use, or text up to one of *stops* or the next use."""
        text, start = self._text, self._at
        if text.startswith("${", start):
            self._at += 2
            return self._use(start)
        result: list[str] = []
        while self._at < len(text) and text[self._at] not in stops and not text.startswith("${", self._at):
            pair = text[self._at : self._at + 2]
            if escapes and pair in ("$$", "\\/", "\\\\"):
                self._at += 1
            result.append(text[self._at])
            self._at += 1
        if self._at == start:
            raise self._fail("unable to parse substitution within function")
        return "".join(result)


def _shaped(value: str, operator: str, args: list[str]) -> str:
    """Apply an operator to a value."""
    if operator == "#" and not args:
        return str(len(value.encode()))
    shape = _SHAPES.get(operator)
    if shape is not None:
        return shape(value, *args)
    return value or "".join(args)


def _slice(value: str, start: str, length: str | None = None) -> str:
    if not _is_integer(start) or (length is not None and not _is_integer(length)):
        return value
    data = value.encode()
    first = int(start)
    if first < 0:
        first = max(0, len(data) + first)
    last = len(data) if length is None else min(len(data), first + int(length))
    return data[first : max(first, last)].decode(errors="replace")


def _is_integer(text: str) -> bool:
    digits = text[1:] if text[:1] in ("-", "+") else text
    return digits.isascii() and digits.isdigit()


def _replace_prefix(value: str, old: str, new: str | None = None) -> str:
    return value.replace(old, new, 1) if new is not None and value.startswith(old) else value


def _replace_suffix(value: str, old: str, new: str | None = None) -> str:
    return value.removesuffix(old) + new if new is not None and value.endswith(old) else value


_CLASS: Final = re.compile(r"(\^?)((?:\\.|[^\]\\\-])(?:\\.|[^\]\\])*)\]", re.DOTALL)


def _atoms(pattern: str) -> list[str] | None:
    """Split a shell pattern (``* ? [a-z] \\``) into expressions of RE2, "" for a star; None for a malformed one."""
    found: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if found[-1:] != [""]:
                found.append("")
        elif char == "?":
            found.append(".")
        elif char == "[":
            inside = _CLASS.match(pattern, at)
            if inside is None:
                return None
            found.append(f"[{inside[1]}{inside[2].replace('[', chr(92) + '[')}]")
            at = inside.end()
        else:
            if char == "\\":
                if at >= len(pattern):
                    return None
                char = pattern[at]
                at += 1
            found.append(f"\\x{{{ord(char):x}}}")
    return found


@lru_cache(maxsize=256)
def _glob(pattern: str, *, backwards: bool, longest: bool) -> Any:
    """Compile a shell pattern that begins a text, or ends it; None for a malformed one, which then removes nothing.

    RE2 needs linear time for any number of stars. With eager stars a match is the longest there is, with lazy ones the
    shortest: what stands between two stars is found as late, or as early, as possible.
    """
    import re2

    atoms = _atoms(pattern)
    if atoms is None:
        return None
    if atoms == [""] and not longest:
        atoms = ["."]  # at least something is removed
    star = ".*" if longest else ".*?"
    ordered = reversed(atoms) if backwards else atoms
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile("(?s)" + "".join(atom or star for atom in ordered), options)
    except re2.error:
        return None


def _trim(value: str, pattern: str, *, suffix: bool, longest: bool) -> str:
    compiled = _glob(pattern, backwards=suffix, longest=longest)
    found = None if compiled is None else compiled.match(value[::-1] if suffix else value)
    if found is None:
        return value
    return value[: len(value) - found.end()] if suffix else value[found.end() :]


_SHAPES: Final[dict[str, Callable[..., str]]] = {
    ",": lambda value: value[:1].lower() + value[1:],
    ",,": str.lower,
    "^": lambda value: value[:1].upper() + value[1:],
    "^^": str.upper,
    ":": _slice,
    "#": lambda value, pattern: _trim(value, pattern, suffix=False, longest=False),
    "##": lambda value, pattern: _trim(value, pattern, suffix=False, longest=True),
    "%": lambda value, pattern: _trim(value, pattern, suffix=True, longest=False),
    "%%": lambda value, pattern: _trim(value, pattern, suffix=True, longest=True),
    "/": lambda value, old, new="": value.replace(old, new, 1),
    "//": lambda value, old, new="": value.replace(old, new),
    "/#": _replace_prefix,
    "/%": _replace_suffix,
}
