"""Label and field selectors: parse, print, match.

Source: k8s.io/apimachinery v0.36 pkg/labels/selector.go, pkg/fields/selector.go and
pkg/apis/meta/v1/helpers.go (LabelSelectorAsSelector). Parsed selectors are immutable and cached by text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from fairlead.engines.schema import errors as e
from fairlead.engines.schema.names import check_label_key, check_label_value

Labels = Mapping[str, str]

_SPECIAL: Final = frozenset("=!(),><")
_SPACE: Final = frozenset(" \t\r\n")
_WORDS: Final = frozenset({")", ",", "!", "==", "=", ">", "in", "<", "!=", "notin", "("})
_BINARY: Final = ("in", "notin", "=", "==", "!=", "gt", "lt")
_ALL: Final = ("in", "notin", "=", "==", "!=", "gt", "lt", "exists", "!")
_NUMBERS: Final = ("gt", "lt")


class SelectorError(ValueError):
    """A selector that cannot be understood; the text is that of the API server."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term of a label selector. Operators: in notin = == != gt lt exists ``!``."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Tell whether *labels* fulfil this term."""
        value = labels.get(self.key)
        match self.operator:
            case "in" | "=" | "==":
                return value in self.values if value is not None else False
            case "notin" | "!=":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        number, limit = _int64(value), _int64(self.values[0])
        if number is None or limit is None:
            return False
        return number > limit if self.operator == "gt" else number < limit

    def __str__(self) -> str:
        shown = ",".join(sorted(self.values))
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({shown})"
        sign = {"gt": ">", "lt": "<"}.get(self.operator, self.operator)
        return f"{self.key}{sign}{shown}"


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All requirements must hold; none at all selects everything, ``nothing`` selects nothing."""

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False

    def matches(self, labels: Labels | None) -> bool:
        """Tell whether *labels* (None: none) are selected."""
        if self.nothing:
            return False
        return all(requirement.matches(labels or {}) for requirement in self.requirements)

    @property
    def is_everything(self) -> bool:
        """Whether no object is left out."""
        return not self.requirements and not self.nothing

    def exact(self, key: str) -> str | None:
        """Return the only value that *key* may have; None when there is not exactly one."""
        for requirement in self.requirements:
            if requirement.key == key:
                only = requirement.operator in ("in", "=", "==") and len(requirement.values) == 1
                return requirement.values[0] if only else None
        return None

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


EVERYTHING: Final = LabelSelector()
NOTHING: Final = LabelSelector(nothing=True)


def requirement(key: str, operator: str, values: tuple[str, ...], path: str = "") -> Requirement:
    """Return a checked requirement.

    Raises:
        SelectorError: the key, the operator or the values are not acceptable.
    """
    found: list[e.FieldError] = []
    at = f"{path}." if path else ""
    wrong = check_label_key(key)
    if wrong:
        found.append(e.invalid(f"{at}key", key, "; ".join(wrong)))
    shown = list(values)
    if operator in ("in", "notin") and not values:
        found.append(e.invalid(f"{at}values", shown, "for 'in', 'notin' operators, values set can't be empty"))
    elif operator in ("=", "==", "!=") and len(values) != 1:
        found.append(e.invalid(f"{at}values", shown, "exact-match compatibility requires one single value"))
    elif operator in ("exists", "!") and values:
        found.append(e.invalid(f"{at}values", shown, "values set must be empty for exists and does not exist"))
    elif operator in _NUMBERS:
        if len(values) != 1:
            found.append(e.invalid(f"{at}values", shown, "for 'Gt', 'Lt' operators, exactly one value is required"))
        for index, value in enumerate(values):
            if _int64(value) is None:
                text = "for 'Gt', 'Lt' operators, the value must be an integer"
                found.append(e.invalid(f"{at}values[{index}]", value, text))
    elif operator not in _ALL:
        found.append(e.not_supported(f"{at}operator", operator, _ALL))
    for index, value in enumerate(values):
        wrong = check_label_value(value)
        if wrong:
            found.append(e.invalid(f"{at}values[{index}][{key}]", value, "; ".join(wrong)))
    if found:
        raise SelectorError(e.aggregate(found))
    return Requirement(key, operator, values)


@lru_cache(maxsize=4096)
def parse_labels(text: str) -> LabelSelector:
    """Parse the string form (``a=b,c in (d,e),!f``).

    Raises:
        SelectorError: with the API server's text.
    """
    requirements = sorted(_Parser(text).parse(), key=lambda item: item.key)
    return LabelSelector(tuple(requirements)) if requirements else EVERYTHING


def label_selector(selector: Mapping[str, Any] | None) -> LabelSelector:
    """Return the selector of a LabelSelector object; null selects nothing, an empty one everything.

    Raises:
        SelectorError: with the API server's text.
    """
    if selector is None:
        return NOTHING
    labels, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    if not isinstance(labels, Mapping) or not isinstance(expressions, list):
        raise SelectorError("a label selector has a mapping of labels and a list of expressions")
    requirements = [requirement(key, "=", (_text(value),)) for key, value in labels.items()]
    for expression in expressions:
        if not isinstance(expression, Mapping) or not isinstance(expression.get("values") or [], list):
            raise SelectorError("an expression of a label selector has a key, an operator and a list of values")
        given = _text(expression.get("operator", ""))
        operator = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}.get(given)
        if operator is None:
            raise SelectorError(f'"{given}" is not a valid label selector operator')
        values = tuple(map(_text, expression.get("values") or ()))
        requirements.append(requirement(_text(expression.get("key", "")), operator, values))
    requirements.sort(key=lambda item: item.key)
    return LabelSelector(tuple(requirements)) if requirements else EVERYTHING


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise SelectorError(f"a label selector is made of texts, not {value!r}")
    return value


def _int64(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


class _Token(NamedTuple):
    kind: str  # a word of the language, "identifier", "end" or "error"
    text: str


def _scan(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char in _SPACE:
            position += 1
            continue
        end = position
        if char in _SPECIAL:
            end, token = _scan_sign(text, position)
            tokens.append(token)
        else:
            while end < len(text) and text[end] not in _SPECIAL and text[end] not in _SPACE:
                end += 1
            word = text[position:end]
            tokens.append(_Token(word if word in _WORDS else "identifier", word))
        position = end
    tokens.append(_Token("end", ""))
    return tokens


def _scan_sign(text: str, position: int) -> tuple[int, _Token]:
    best = ""
    end = position
    while end < len(text) and text[end] in _SPECIAL:
        word = text[position : end + 1]
        if word in _WORDS:
            best = word
        elif best:
            break
        end += 1
    if not best:
        return end, _Token("error", f"error expected: keyword found '{text[position:end]}'")
    return end, _Token(best, best)


class _Parser:
    """Recursive descent over the tokens, error texts as upstream's."""

    def __init__(self, text: str) -> None:
        self._tokens = _scan(text)
        self._position = 0

    def _peek(self) -> _Token:
        token = self._tokens[self._position]
        return _Token("identifier", token.text) if token.kind in ("in", "notin") else token

    def _next(self) -> _Token:
        token = self._peek()
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return token

    def parse(self) -> list[Requirement]:
        found: list[Requirement] = []
        while True:
            token = self._peek()
            if token.kind == "end":
                return found
            if token.kind not in ("identifier", "!"):
                raise SelectorError(f"found '{token.text}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from None
            after = self._next()
            if after.kind == "end":
                return found
            if after.kind != ",":
                raise SelectorError(f"found '{after.text}', expected: ',' or 'end of string'")
            if self._peek().kind not in ("identifier", "!"):
                raise SelectorError(f"found '{self._peek().text}', expected: identifier after ','")

    def _requirement(self) -> Requirement:
        token = self._next()
        negated = token.kind == "!"
        if negated:
            token = self._next()
        if token.kind != "identifier":
            raise SelectorError(f"found '{token.text}', expected: identifier")
        wrong = check_label_key(token.text)
        if wrong:
            raise SelectorError(str(e.invalid("<nil>", token.text, "; ".join(wrong))))
        if negated:
            return requirement(token.text, "!", ())
        if self._peek().kind in ("end", ","):
            return requirement(token.text, "exists", ())
        operator = self._operator()
        values = self._values() if operator in ("in", "notin") else self._exact()
        return requirement(token.text, operator, tuple(sorted(values)))

    def _operator(self) -> str:
        token = self._tokens[self._position]
        self._position = min(self._position + 1, len(self._tokens) - 1)
        if token.kind in (">", "<"):
            return "gt" if token.kind == ">" else "lt"
        if token.kind in ("in", "notin", "=", "==", "!="):
            return token.kind
        raise SelectorError(f"found '{token.text}', expected: {', '.join(_BINARY)}")

    def _values(self) -> set[str]:
        token = self._next()
        if token.kind != "(":
            raise SelectorError(f"found '{token.text}' expected: '('")
        token = self._peek()
        if token.kind == ")":
            self._next()
            return {""}
        if token.kind not in ("identifier", ","):
            raise SelectorError(f"found '{token.text}', expected: ',', ')' or identifier")
        values = self._identifiers()
        if self._next().kind != ")":
            raise SelectorError(f"found '{token.text}', expected: ')'")
        return values

    def _identifiers(self) -> set[str]:
        values: set[str] = set()
        while True:
            token = self._next()
            if token.kind == "identifier":
                values.add(token.text)
                after = self._peek()
                if after.kind == ")":
                    return values
                if after.kind != ",":
                    raise SelectorError(f"found '{after.text}', expected: ',' or ')'")
            elif token.kind == ",":
                if not values or self._peek().kind in (")", ","):
                    values.add("")
                if self._peek().kind == ")":
                    return values
            else:
                raise SelectorError(f"found '{token.text}', expected: ',', or identifier")

    def _exact(self) -> set[str]:
        if self._peek().kind in ("end", ","):
            return {""}
        token = self._next()
        if token.kind == "identifier":
            return {token.text}
        raise SelectorError(f"found '{token.text}', expected: identifier")


class FieldTerm(NamedTuple):
    """One term of a field selector: the field equals the value, or does not."""

    field: str
    value: str
    negated: bool

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")
        return f"{self.field}{'!=' if self.negated else '='}{value}"


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All terms must hold; none selects everything."""

    terms: tuple[FieldTerm, ...] = ()

    def matches(self, read: Callable[[str], str]) -> bool:
        """Tell whether an object is selected; *read* returns the value of a field of it, ``""`` when absent."""
        return all((read(term.field) == term.value) is not term.negated for term in self.terms)

    def exact(self, field: str) -> str | None:
        """Return the only value that *field* may have; None when there is none."""
        return next((term.value for term in self.terms if term.field == field and not term.negated), None)

    def __str__(self) -> str:
        return ",".join(map(str, self.terms))


@lru_cache(maxsize=1024)
def parse_fields(text: str) -> FieldSelector:
    r"""Parse a field selector (``metadata.name=x,status.phase!=Running``); ``\`` escapes ``,``, ``=`` and itself.

    Which fields may be asked is for the caller to judge.

    Raises:
        SelectorError: with the API server's text.
    """
    terms = []
    for part in sorted(_split_terms(text)):
        if not part:
            continue
        for index in range(len(part)):
            operator = next((sign for sign in ("!=", "==", "=") if part.startswith(sign, index)), "")
            if operator:
                value = _unescape(part[index + len(operator) :])
                terms.append(FieldTerm(part[:index], value, operator == "!="))
                break
        else:
            raise SelectorError(f"invalid selector: '{text}'; can't understand '{part}'")
    return FieldSelector(tuple(terms))


def _split_terms(text: str) -> list[str]:
    parts: list[str] = []
    start, escaped = 0, False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == ",":
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]] if text else []


def _unescape(text: str) -> str:
    result: list[str] = []
    escaped = False
    for char in text:
        if escaped:
            if char not in "\\,=":
                raise SelectorError(f"invalid field selector: invalid escape sequence: \\{char}")
            result.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in ",=":
            raise SelectorError(f"invalid field selector: unescaped character in value: {ord(char)}")
        else:
            result.append(char)
    if escaped:
        raise SelectorError("invalid field selector: invalid escape sequence: \\")
    return "".join(result)


def field_value(obj: Mapping[str, Any], path: str) -> str:
    """Return a field of *obj* (``spec.nodeName``) as field selectors see it: a text, ``""`` when absent."""
    value: Any = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None or isinstance(value, (dict, list)):
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
