"""Values that surely fit their chart's schemas, told quickly.

It judges by the keywords that schemas of charts are mostly made of, and only schemas which were compiled before
(`memo`), or surely could be (`wellformed`). What is not surely valid is left to `schema`: so nothing here has to
word a complaint, and a keyword that is not known here is no mistake.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.strconv import to_bytes
from fairlead.engines.helm import memo

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from fairlead.engines.helm.chart import Chart

_MAX_DEPTH = 64
_KIND = b"schema"


class _UnsureError(Exception):
    """`schema` has to judge."""


def accepted(schema: bytes, decoded: Any) -> None:
    """Note that *schema*, which reads *decoded*, is one."""
    memo.remembered(_KIND, schema, lambda: decoded)


def _take(schema: bytes) -> Any:
    """Return what *schema* reads, noted as accepted, when it surely is a schema; else None."""
    from fairlead.engines.helm.wellformed import decode

    decoded = decode(schema)
    if decoded is not None:
        accepted(schema, decoded)
    return decoded


def surely_valid(chart: Chart, values: Any) -> bool:
    """Report whether *values* surely fit the schemas of *chart* and its dependencies."""
    if chart.schema is not None:
        decoded = memo.recalled(_KIND, chart.schema)
        if decoded is None:
            decoded = _take(chart.schema)
        try:
            if decoded is None or not _Judge(decoded).fits(decoded, values, 0):
                return False
        except (_UnsureError, TypeError, ValueError, KeyError, AttributeError, OverflowError):
            return False
    for sub in chart.dependencies:
        section = values.get(sub.name)
        if section is not None and not (isinstance(section, dict) and surely_valid(sub, section)):
            return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value == int(value),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


class _Judge:
    """Judges by one schema; all methods take a part of it, the value there, and how deep that is."""

    def __init__(self, root: Any) -> None:
        self.root = root
        draft = root.get("$schema", "") if isinstance(root, dict) else ""
        self.is_old = "draft-03" in draft or "draft-04" in draft or "draft-06" in draft  # some keywords say nothing
        self.has_formats = self.is_old or "draft-07" in draft

    def fits(self, schema: Any, value: Any, depth: int) -> bool:
        if depth > _MAX_DEPTH:
            raise _UnsureError
        if schema is True or schema is False:
            return bool(schema)
        if "$ref" in schema:
            return self._refers(schema, value, depth)
        for keyword, wanted in schema.items():
            check = _CHECKS.get(keyword)
            if check is not None and not check(self, wanted, value, schema, depth):
                return False
        return True

    def _refers(self, schema: dict[str, Any], value: Any, depth: int) -> bool:
        """Follow a reference. Its siblings count or not, as the draft has it: they must not make a difference."""
        steps = schema["$ref"].split("/")
        if steps[0] != "#" or "%" in schema["$ref"]:
            raise _UnsureError
        target = self.root
        for step in steps[1:]:
            target = target[step.replace("~1", "/").replace("~0", "~")]
        if not self.fits(target, value, depth + 1):
            return False
        beside = {keyword: wanted for keyword, wanted in schema.items() if keyword != "$ref"}
        if not self.fits(beside, value, depth + 1):
            raise _UnsureError
        return True

    def type(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return any(_TYPES[name](value) for name in ([wanted] if isinstance(wanted, str) else wanted))

    def enum(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if isinstance(value, dict | list):
            raise _UnsureError
        return any(item == value and isinstance(item, bool) == isinstance(value, bool) for item in wanted)

    def const(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return self.enum([wanted], value, schema, depth)

    def properties(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if not isinstance(value, dict):
            return True
        return all(self.fits(inner, value[name], depth + 1) for name, inner in wanted.items() if name in value)

    def additional(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if not isinstance(value, dict) or wanted is True:
            return True
        known: Iterable[str] = schema.get("properties", ())
        others = {name: item for name, item in value.items() if name not in known}
        for pattern in schema.get("patternProperties", ()):
            others = {name: item for name, item in others.items() if not _finds(pattern, name)}
        return all(self.fits(wanted, item, depth + 1) for item in others.values())

    def required(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return not isinstance(value, dict) or all(name in value for name in wanted)

    def items(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if not isinstance(value, list) or not value:
            return True
        if isinstance(wanted, list) or "prefixItems" in schema:
            raise _UnsureError
        return all(self.fits(wanted, item, depth + 1) for item in value)

    def unique(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if not wanted or not isinstance(value, list):
            return True
        if not all(isinstance(item, str) for item in value):
            raise _UnsureError
        return len(set(value)) == len(value)

    def minimum(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return not _is_number(value) or (value > wanted if schema.get("exclusiveMinimum") is True else value >= wanted)

    def maximum(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return not _is_number(value) or (value < wanted if schema.get("exclusiveMaximum") is True else value <= wanted)

    def above(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return not _is_number(value) or isinstance(wanted, bool) or value > wanted

    def below(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return not _is_number(value) or isinstance(wanted, bool) or value < wanted

    def pattern(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return not isinstance(value, str) or _finds(wanted, value)

    def format(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if not self.has_formats or not isinstance(value, str):
            return True
        from fairlead.engines.jsonschema.formats import FORMATS

        check = FORMATS.get(wanted)
        return check is None or not check(value)

    def patterns(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if not isinstance(value, dict):
            return True
        return all(
            self.fits(inner, item, depth + 1)
            for pattern, inner in wanted.items()
            for name, item in value.items()
            if _finds(pattern, name)
        )

    def all_of(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return all(self.fits(inner, value, depth + 1) for inner in wanted)

    def any_of(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        return any(self.fits(inner, value, depth + 1) for inner in wanted)

    def one_of(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        self._need_all_keywords()
        return sum(self.fits(inner, value, depth + 1) for inner in wanted) == 1

    def not_(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        self._need_all_keywords()
        return not self.fits(wanted, value, depth + 1)

    def if_(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        self._need_all_keywords()
        branch = "then" if self.fits(wanted, value, depth + 1) else "else"
        return self.fits(schema.get(branch, True), value, depth + 1)

    def _need_all_keywords(self) -> None:
        """Stop where a value that does not fit would make another fit, and a keyword may say nothing."""
        if self.is_old:
            raise _UnsureError

    def identity(self, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if schema is not self.root:  # references below it start there
            raise _UnsureError
        return True


def _finds(pattern: str, text: str) -> bool:
    from fairlead.engines.gotemplate.errors import FuncError
    from fairlead.engines.helm.functions.regexes import compile_pattern

    try:
        return compile_pattern(pattern).search(to_bytes(text)) is not None
    except FuncError:
        raise _UnsureError from None


def _limit(kind: type, fits: Callable[[float, float], bool]) -> Callable[..., bool]:
    """Return the check of a keyword that bounds the length of values of *kind*."""

    def check(judge: _Judge, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        size = len(value) if isinstance(value, kind) else None  # type: ignore[arg-type]
        return size is None or fits(size, wanted)

    return check


def _at_least(size: float, bound: float) -> bool:
    return size >= bound


def _at_most(size: float, bound: float) -> bool:
    return size <= bound


def _unknown(kind: type) -> Callable[..., bool]:
    """Return the check of a keyword that is left to `schema` where it says something of values of *kind*."""

    def check(judge: _Judge, wanted: Any, value: Any, schema: Any, depth: int) -> bool:
        if isinstance(value, kind):
            raise _UnsureError
        return True

    return check


# The keywords of all drafts; others are annotations.
_CHECKS: dict[str, Callable[..., bool]] = {
    "type": _Judge.type,
    "enum": _Judge.enum,
    "const": _Judge.const,
    "properties": _Judge.properties,
    "additionalProperties": _Judge.additional,
    "required": _Judge.required,
    "items": _Judge.items,
    "minimum": _Judge.minimum,
    "maximum": _Judge.maximum,
    "exclusiveMinimum": _Judge.above,
    "exclusiveMaximum": _Judge.below,
    "minLength": _limit(str, _at_least),
    "maxLength": _limit(str, _at_most),
    "minItems": _limit(list, _at_least),
    "maxItems": _limit(list, _at_most),
    "minProperties": _limit(dict, _at_least),
    "maxProperties": _limit(dict, _at_most),
    "allOf": _Judge.all_of,
    "anyOf": _Judge.any_of,
    "oneOf": _Judge.one_of,
    "not": _Judge.not_,
    "if": _Judge.if_,
    "uniqueItems": _Judge.unique,
    "$id": _Judge.identity,
    "id": _Judge.identity,
    "pattern": _Judge.pattern,
    "format": _Judge.format,
    "patternProperties": _Judge.patterns,
    **dict.fromkeys(
        ("propertyNames", "dependencies", "dependentRequired", "dependentSchemas"),
        _unknown(dict),
    ),
    **dict.fromkeys(
        ("additionalItems", "prefixItems", "contains", "minContains", "maxContains"),
        _unknown(list),
    ),
    **dict.fromkeys(("multipleOf", "divisibleBy"), _unknown(object)),
    **dict.fromkeys(
        (
            "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef", "$vocabulary",
            "unevaluatedItems", "unevaluatedProperties", "extends", "disallow",
        ),
        _unknown(object),
    ),
}  # fmt: skip
