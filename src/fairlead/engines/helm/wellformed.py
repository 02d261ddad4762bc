"""Schemas that surely are well-formed, told without compiling them, which takes longer than a render.

It knows the keywords that schemas of charts are mostly made of, from draft 7 on, and takes only what all those drafts
take. What is not surely a schema is left to `engines.jsonschema`, whose complaints are the ones that users see.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MAX_DEPTH = 64
_SPACE = " \t\r\n"
_DRAFTS = frozenset(
    f"{scheme}://json-schema.org/{draft}{end}"
    for scheme in ("http", "https")
    for draft in ("draft-07/schema", "draft/2019-09/schema", "draft/2020-12/schema", "schema")
    for end in ("", "#")
)
_TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))
_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_PLAIN = _WORD | frozenset("/:.-")
_LITERALS = _WORD | frozenset("/:,@%= -")  # in patterns they stand for themselves
_ESCAPES = frozenset(".dws-+*?()[]/\\")  # after a backslash


class _UnsureError(Exception):
    """The compiler has to judge."""


def decode(schema: bytes) -> Any:
    """Return what the text of a schema reads, if that surely is a schema; None if the compiler must look."""
    try:
        decoded = _read(schema.decode("utf-8"))
        _Form(decoded).check()
    except (_UnsureError, ValueError, TypeError, RecursionError, AttributeError):
        return None
    return decoded


def _refuse(_: str) -> Any:
    raise _UnsureError


class _Context:
    """What the interpreter's scanner of JSON asks for: what json.loads gives it."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_refuse)  # NaN and the like


def _read(text: str) -> Any:
    """Return what json.loads returns, without loading `json`, which loads `re`.

    Raises:
        _UnsureError: the text is no JSON, or nothing here can tell.
    """
    try:
        from _json import make_scanner

        start = len(text) - len(text.lstrip(_SPACE))
        value, end = make_scanner(_Context)(text, start)  # type: ignore[arg-type]  # anything with these will do
    except (SystemError, StopIteration, ValueError, RecursionError, ImportError) as error:
        # SystemError: a scanner that finds a fault takes its exception from json.decoder, which need not be loaded
        raise _UnsureError from error
    if text[end:].strip(_SPACE):
        raise _UnsureError
    return value


class _Form:
    """Checks one schema; what is wrong or unknown raises _UnsureError."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.seen: set[int] = set()  # the parts that are schemas
        self.targets: list[str] = []

    def check(self) -> None:
        root = self.root
        if type(root) is not dict:
            raise _UnsureError
        identity = root.get("$id", "http:")
        if root.get("$schema", "https://json-schema.org/schema") not in _DRAFTS:
            raise _UnsureError
        if not identity.startswith(("http:", "https:")) or not _PLAIN.issuperset(identity):
            raise _UnsureError
        self.schema(root, 0)
        for target in self.targets:
            self._find(target)

    def _find(self, target: str) -> None:
        steps = target.split("/")
        if steps[0] != "#" or not _PLAIN.issuperset(target[1:].replace("$", "")):
            raise _UnsureError
        found = self.root
        for step in steps[1:]:
            found = found.get(step)
        if id(found) not in self.seen:
            raise _UnsureError

    def schema(self, value: Any, depth: int) -> None:
        if value is True or value is False:
            return
        if type(value) is not dict or depth > _MAX_DEPTH:
            raise _UnsureError
        self.seen.add(id(value))
        for keyword, wanted in value.items():
            check = _CHECKS.get(keyword)
            if check is not None:
                check(self, wanted, depth + 1)
            elif keyword in _ONLY_AT_ROOT:
                if value is not self.root:
                    raise _UnsureError
            elif keyword in _LEFT or keyword[:1] == "$":
                raise _UnsureError

    def schemas(self, value: Any, depth: int) -> None:
        """A list of schemas."""
        if type(value) is not list or not value:
            raise _UnsureError
        for item in value:
            self.schema(item, depth)

    def named(self, value: Any, depth: int) -> None:
        """Schemas by name."""
        for item in value.values():
            self.schema(item, depth)

    def patterns(self, value: Any, depth: int) -> None:
        """Schemas by pattern."""
        self.named(value, depth)
        for pattern in value:
            _Pattern(pattern).check()

    def pattern(self, value: Any, depth: int) -> None:
        _Pattern(_text(value)).check()

    def reference(self, value: Any, depth: int) -> None:
        self.targets.append(_text(value))

    def type(self, value: Any, depth: int) -> None:
        names = [value] if type(value) is str else value
        if type(names) is not list or not names or not _TYPES.issuperset(names) or len(set(names)) != len(names):
            raise _UnsureError

    def enum(self, value: Any, depth: int) -> None:
        """Values that differ, whoever compares them."""
        if type(value) is not list or not value or any(type(item) not in (str, int, type(None)) for item in value):
            raise _UnsureError
        if len(set(value)) != len(value):
            raise _UnsureError

    def required(self, value: Any, depth: int) -> None:
        if type(value) is not list or any(type(name) is not str for name in value) or len(set(value)) != len(value):
            raise _UnsureError


class _Pattern:
    """Checks that a text is a regular expression to everybody: literals, classes, groups, alternatives, repeats."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def check(self) -> None:
        self.alternatives(0)
        if self.at < len(self.text):
            raise _UnsureError

    def alternatives(self, depth: int) -> None:
        if depth > 5:
            raise _UnsureError
        self.sequence(depth)
        while self.text.startswith("|", self.at):
            self.at += 1
            self.sequence(depth)

    def sequence(self, depth: int) -> None:
        """One or more atoms; anchors stand at its ends."""
        text, start = self.text, self.at
        if text.startswith("^", start):
            self.at += 1
        while text[self.at : self.at + 1] not in ("", "|", ")", "$"):
            self.atom(depth)
            if text[self.at : self.at + 1] in ("*", "+", "?"):
                self.at += 1
            elif text.startswith("{", self.at) and not depth and text[self.at - 1] != ")":
                self.repeat()
        if text.startswith("$", self.at):
            self.at += 1
        if self.at == start:
            raise _UnsureError

    def atom(self, depth: int) -> None:
        char = self.text[self.at]
        self.at += 1
        if char == "(":
            if self.text.startswith("?:", self.at):
                self.at += 2
            self.alternatives(depth + 1)
            if not self.text.startswith(")", self.at):
                raise _UnsureError
            self.at += 1
        elif char == "[":
            self.choice()
        elif char == "\\":
            if self.text[self.at : self.at + 1] not in _ESCAPES:
                raise _UnsureError
            self.at += 1
        elif char != "." and char not in _LITERALS:
            raise _UnsureError

    def choice(self) -> None:
        """A class of characters; a dash is one of them only at its ends."""
        end = self.text.find("]", self.at)
        inside = self.text[self.at : end].removeprefix("^")
        inside = inside.removeprefix("-") if len(inside) > 1 else inside
        inside = inside.removesuffix("-")
        if end < 0 or not inside:
            raise _UnsureError
        self.at = end + 1
        while inside:
            width = 3 if inside[1:2] == "-" else 1
            if (
                not (_WORD | frozenset("/:,@.")).issuperset(inside[0::2][: width // 2 + 1])
                or inside[0] > inside[width - 1]
            ):
                raise _UnsureError
            inside = inside[width:]

    def repeat(self) -> None:
        end = self.text.find("}", self.at)
        low, _, high = self.text[self.at + 1 : end].partition(",")
        if end < 0 or not low.isdecimal() or not low.isascii() or int(low) > 255:
            raise _UnsureError
        if high and not (high.isdecimal() and high.isascii() and int(low) <= int(high) <= 255):
            raise _UnsureError
        self.at = end + 1


def _text(value: Any) -> str:
    if type(value) is not str:
        raise _UnsureError
    return value


def _kind(*kinds: type) -> Callable[[_Form, Any, int], None]:
    """Return the check of a keyword whose value is one of *kinds*."""

    def check(form: _Form, value: Any, depth: int) -> None:
        if type(value) not in kinds:
            raise _UnsureError

    return check


def _size(form: _Form, value: Any, depth: int) -> None:
    if type(value) is not int or not 0 <= value < 1 << 31:
        raise _UnsureError


def _anything(form: _Form, value: Any, depth: int) -> None:
    return None


_CHECKS: dict[str, Callable[[_Form, Any, int], None]] = {
    **dict.fromkeys(("title", "description", "$comment", "format"), _kind(str)),
    **dict.fromkeys(("readOnly", "writeOnly", "deprecated", "uniqueItems"), _kind(bool)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _kind(int, float)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _size),
    **dict.fromkeys(("default", "const"), _anything),
    **dict.fromkeys(("properties", "definitions", "$defs"), _Form.named),
    **dict.fromkeys(("additionalProperties", "items", "not", "if", "then", "else"), _Form.schema),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _Form.schemas),
    "pattern": _Form.pattern,
    "patternProperties": _Form.patterns,
    "examples": _kind(list),
    "type": _Form.type,
    "enum": _Form.enum,
    "required": _Form.required,
    "$ref": _Form.reference,
}
_ONLY_AT_ROOT = frozenset(("$schema", "$id"))
# Keywords of some draft that are not checked here; whatever else there is says nothing to any of them.
_LEFT = frozenset(
    (
        "additionalItems", "contains", "contentEncoding", "contentMediaType", "contentSchema", "dependencies",
        "dependentRequired", "dependentSchemas", "disallow", "divisibleBy", "extends", "id", "maxContains",
        "minContains", "multipleOf", "prefixItems", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
    )
)  # fmt: skip
