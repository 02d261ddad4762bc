"""JSONPath templates: text with `{...}` in it, filled with what the paths find.

Source: client-go v0.37 util/jsonpath (parser.go, jsonpath.go), as `helm show values --jsonpath` and kubectl use it.
Numbers are all float64, as JSON's are, so that one never equals an integer that a template spells out. What a wildcard
finds in an object comes in the order of the keys; the original's order changes from run to run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fairlead.base import gojson
from fairlead.engines.gotemplate import strconv

Step = Callable[[list[Any]], list[Any]]
MAX_DEPTH = 200

_KEY = re.compile(r"'([^']*)'\Z")
_SLICE = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?\Z")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+?)\Z")
_TERMINATORS = " \t\r\n.,[]$@{}"


class JsonPathError(ValueError):
    """A template that cannot be read, or a path that leads nowhere, in client-go's words."""


class Template:
    """A template, compiled."""

    def __init__(self, text: str) -> None:
        """Raises: JsonPathError."""
        self._nodes = _Parser(text).nodes

    def fill(self, value: Any) -> str:
        """Return the text with what is found in *value*.

        Raises:
            JsonPathError: a path leads nowhere.
        """
        return "".join(_shown(results) for results in self._run(value, 0, len(self._nodes)))

    def _run(self, value: Any, start: int, end: int) -> Iterator[list[Any]]:
        """Yield what each part finds; a part `range` takes those up to its `end` once for each thing found."""
        at = start
        while at < end:
            steps = self._nodes[at]
            at += 1
            if steps[:1] == ["end"]:
                raise JsonPathError("not in range, nothing to end")
            results = _walk(steps, [value])
            if "range" not in steps:
                yield results
                continue
            last = self._end_of(at, end)
            for each in results:
                yield from self._run(each, at, last)
            if not results:
                for _ in self._run(None, at, last):
                    pass  # what is in the range must be there, although it is not shown
            if last < end:
                at = last + 1  # without an `end`, the rest is taken once more, as the original does

    def _end_of(self, start: int, end: int) -> int:
        depth = 0
        for at in range(start, end):
            first = self._nodes[at][:1]
            if first == ["end"]:
                if not depth:
                    return at
                depth -= 1
            elif "range" in self._nodes[at]:
                depth += 1
        return end


class _Parser:
    """Reads a template; each node is a list of steps, one after the other."""

    def __init__(self, text: str, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise JsonPathError(f"more than {MAX_DEPTH} levels of brackets")
        self.text = text
        self.at = 0
        self.depth = depth
        self.nodes: list[list[Any]] = []
        while self.at < len(text):
            opening = text.find("{", self.at)
            plain = text[self.at :] if opening < 0 else text[self.at : opening]
            if plain:
                self.nodes.append([_constant(plain, once=True)])
            if opening < 0:
                break
            self.at = opening + 1
            self.nodes.append(self.action())

    def next(self) -> str:
        """Return the next character; "" at the end."""
        char = self.text[self.at : self.at + 1]
        self.at += len(char)
        return char

    def action(self) -> list[Any]:
        """Read up to the closing brace."""
        steps: list[Any] = []
        recursive = False
        while True:
            if self.text.startswith("}", self.at):
                self.at += 1
                return steps
            if self.text.startswith("[?(", self.at):
                steps.append(self.filter())
            elif self.text.startswith("..", self.at):
                if recursive:
                    raise JsonPathError("invalid multiple recursive descent")
                self.at += 2
                steps.append(_descend)
                following = self.text[self.at : self.at + 1]
                if following == "_" or following.isalnum():
                    steps.append(self.field())
                else:
                    recursive = True
                    continue
            else:
                self.one(steps)
                if not steps or self.text[self.at - 1] in " @$":
                    continue
            recursive = False

    def one(self, steps: list[Any]) -> None:
        start = self.at
        char = self.next()
        if char in ("", "\r", "\n"):
            raise JsonPathError("unclosed action")
        if char in " @$":
            return
        if char == "[":
            steps += self.array()
        elif char in "\"'":
            steps.append(_constant(self.quoted(char), once=True))
        elif char == ".":
            steps.append(self.field())
        elif char in "+-" or char.isdigit():
            steps.append(self.number(start))
        elif char == "_" or char.isalnum():
            word = self.word(start)
            steps.append(_constant(word == "true") if word in ("true", "false") else word)
        else:
            raise JsonPathError(f"unrecognized character in action: U+{ord(char):04X} '{char}'")

    def word(self, start: int) -> str:
        while self.at < len(self.text) and self.text[self.at] not in _TERMINATORS:
            self.at += 1
        return self.text[start : self.at]

    def field(self) -> Step:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in _TERMINATORS:
            self.at += 2 if self.text[self.at] == "\\" else 1
        name = self.text[start : self.at]
        return _everything if name == "*" else _named(name.replace("\\", ""))

    def number(self, start: int) -> Step:
        while self.at < len(self.text) and (self.text[self.at] == "." or self.text[self.at].isdigit()):
            self.at += 1
        text = self.text[start : self.at]
        try:
            return _constant(_Int(text))
        except ValueError:
            pass
        try:
            return _constant(float(text))
        except ValueError:
            raise JsonPathError(f"cannot parse number {text}") from None

    def quoted(self, mark: str) -> str:
        start = self.at - 1
        while True:
            char = self.next()
            if char in ("", "\n"):
                raise JsonPathError("unterminated quoted string")
            if char == mark and self.text[self.at - 2] != "\\":
                break
        literal = self.text[start : self.at]
        body = literal[1:-1]
        if "\\" not in body:
            return body
        try:
            return strconv.unquote('"' + (body if mark == '"' else _double_quoted(body)) + '"')
        except ValueError:
            raise JsonPathError(f"unquote string {literal} error invalid syntax") from None

    def array(self) -> list[Any]:
        start = self.at
        while True:
            char = self.next()
            if char in ("", "\n"):
                raise JsonPathError("unterminated array")
            if char == "]":
                break
        text = self.text[start : self.at - 1]
        if text == "*":
            text = ":"
        parts = text.split(",")
        if len(parts) > 1:
            return [_union([self.inner(f"[{part.strip(' ')}]") for part in parts])]
        key = _KEY.match(text)
        if key:
            return self.inner(f".{key[1]}")
        found = _SLICE.match(text)
        if found is None:
            raise JsonPathError(f"invalid array index {text}")
        return [_slice(*found.groups())]

    def inner(self, text: str) -> list[Any]:
        return _Parser(f"{{{text}}}", self.depth + 1).nodes[0]

    def filter(self) -> Step:
        self.at += len("[?(")
        start = self.at
        begun = ended = False
        pair = ""
        while True:
            char = self.next()
            if char in ("", "\n"):
                raise JsonPathError("unterminated filter")
            if char in "\"'":
                if not begun:
                    begun, pair = True, char
                elif char == pair and self.text[self.at - 2] != "\\":
                    ended = True
            elif char == ")" and begun == ended:
                break
        text = self.text[start : self.at - 1]
        if self.next() != "]":
            raise JsonPathError("unclosed array expect ]")
        found = _COMPARISON.match(text)
        if found is None:
            return _existing(self.inner(text))
        return _comparing(self.inner(found[1]), found[2], self.inner(found[3]))


def _double_quoted(body: str) -> str:
    """Return what stands between single quotes as it would stand between double ones."""
    return re.sub(r"""\\(.)|(")""", lambda m: '\\"' if m[2] else ("'" if m[1] == "'" else m[0]), body)


class _Int(int):
    """An integer that a template spells out."""


# Steps: from the values found so far to the next ones.


def _walk(steps: Sequence[Any], values: list[Any]) -> list[Any]:
    for step in steps:
        if isinstance(step, str):
            if step == "range":
                continue
            raise JsonPathError("not in range, nothing to end" if step == "end" else f"unrecognized identifier {step}")
        values = step(values)
    return values


def _constant(value: Any, *, once: bool = False) -> Step:
    return lambda values: [value] if once else [value] * len(values)


def _named(name: str) -> Step:
    def step(values: list[Any]) -> list[Any]:
        found = [value[name] for value in values if isinstance(value, dict) and name in value]
        if values and not found:
            raise JsonPathError(f"{name} is not found")
        return found

    return step


def _inside(value: Any) -> list[Any]:
    """Return what is directly in a value; of a text, its bytes."""
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    if isinstance(value, list):
        return list(value)
    return [_Int(byte) for byte in value.encode("utf-8", "surrogateescape")] if isinstance(value, str) else []


def _everything(values: list[Any]) -> list[Any]:
    return [each for value in values for each in _inside(value)]


def _descend(values: list[Any]) -> list[Any]:
    out: list[Any] = []
    for value in values:
        inside = _inside(value)
        if inside:
            out.append(value)
            out += _descend(inside)
    return out


def _union(parts: list[list[Any]]) -> Step:
    return lambda values: [each for part in parts for each in _walk(part, values)]


def _slice(first: str, second: str | None, third: str | None) -> Step:
    start = int(first) if first else None
    stop = int(second[1:]) if second and second != ":" else None
    derived = second is None
    stride = int(third[1:]) if third and third != ":" else None

    def step(values: list[Any]) -> list[Any]:
        out: list[Any] = []
        for value in values:
            if value is None:
                continue
            if not isinstance(value, list):
                raise JsonPathError(f"{_go_type(value)} is not array or slice")
            size = len(value)
            low = start or 0
            low = low + size if low < 0 else low
            high = ((start or 0) + 1 if derived else stop) if (derived or stop is not None) else size
            assert high is not None
            if high < 0 or (high == 0 and derived):
                high += size
            if high == low:
                return out
            if low >= size or low < 0:
                raise JsonPathError(f"array index out of bounds: index {low}, length {size}")
            if high > size or high < 0:
                raise JsonPathError(f"array index out of bounds: index {high - 1}, length {size}")
            if low > high:
                raise JsonPathError(f"starting index {low} is greater than ending index {high}")
            if stride is not None and stride <= 0:
                raise JsonPathError("step must be > 0")
            out += value[low : high : stride or 1]
        return out

    return step


def _existing(path: list[Any]) -> Step:
    def holds(each: Any) -> bool:
        try:
            return bool(_walk(path, [each]))
        except JsonPathError:
            return False

    return lambda values: [each for value in values for each in _elements(value) if holds(each)]


def _elements(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise JsonPathError(f"{_text(value)} is not array or slice and cannot be filtered")
    return value


def _comparing(left: list[Any], operator: str, right: list[Any]) -> Step:
    def holds(each: Any) -> bool:
        sides: list[Any] = []
        for path in (left, right):
            found = _walk(path, [each])
            if not found:
                return False
            if len(found) > 1:
                raise JsonPathError("can only compare one element at a time")
            sides.append(found[0])
        return _compare(operator, *sides)

    return lambda values: [each for value in values for each in _elements(value) if holds(each)]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, _Int):
        return "int"
    if isinstance(value, int | float):
        return "float"
    if isinstance(value, str):
        return "string"
    raise JsonPathError("invalid type for comparison")


def _compare(operator: str, left: Any, right: Any) -> bool:
    if operator not in ("<", ">", "==", "!=", "<=", ">="):
        raise JsonPathError(f"unrecognized filter operator {operator}")
    kind = _kind(left)
    if kind != _kind(right):
        raise JsonPathError("incompatible types for comparison")
    if operator in ("==", "!="):
        return bool((left == right) == (operator == "=="))
    if kind == "bool":
        raise JsonPathError("invalid type for comparison")
    if kind == "string":
        left, right = (side.encode("utf-8", "surrogateescape") for side in (left, right))
    less, equal = left < right, left == right
    return bool({"<": less, "<=": less or equal, ">": not (less or equal), ">=": not less}[operator])


def _go_type(value: Any) -> str:
    if isinstance(value, dict):
        return "map[string]interface {}"
    return {"bool": "bool", "int": "int", "float": "float64", "string": "string"}[_kind(value)]


# Text.


def _shown(results: list[Any]) -> str:
    return " ".join(_text(value) for value in results)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return gojson.dumps_text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and not isinstance(value, _Int):
        return strconv.format_float(float(value), "g")
    return str(value)
