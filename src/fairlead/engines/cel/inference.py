"""What is certainly wrong with the types of an expression: fields that are not there, operands that never fit.

Source: cel-go v0.26 checker (texts). A subset of its rules: what is not known for sure counts as dynamic, so an
expression that passes here may still be refused upstream, never the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fairlead.engines.cel.errors import CelError, CelSyntaxError
from fairlead.engines.cel.functions import compiled_pattern
from fairlead.engines.cel.parser import Call, Ident, Index, ListNode, Literal, MapNode, Node, Select, parse
from fairlead.engines.cel.program import unescape


@dataclass(frozen=True, slots=True)
class Type:
    """A type; *item* is of a list's items, a map's values or an optional's value, *field* finds those of an object."""

    name: str
    item: Type | None = None
    field: Callable[[str], Type | None] | None = None


DYN: Final = Type("dyn")
BOOL, INT, UINT, DOUBLE, STRING = (Type(name) for name in ("bool", "int", "uint", "double", "string"))
BYTES, TIMESTAMP, DURATION, NULL = (Type(name) for name in ("bytes", "timestamp", "duration", "null"))
_LITERALS: Final = {"int": INT, "uint": UINT, "float": DOUBLE, "string": STRING, "bytes": BYTES, "bool": BOOL}
_SCALARS: Final = frozenset({"bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"})
_NUMBERS: Final = frozenset({"int", "uint", "double"})
_NEVER_NULL: Final = _SCALARS - {"timestamp", "duration"}
_RELATIONS: Final = frozenset({"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"})
_SUMS: Final = frozenset({"_+_", "_-_", "_*_", "_/_", "_%_"})
_RESULTS: Final[Mapping[str, Type]] = {
    **dict.fromkeys(("startsWith", "endsWith", "matches", "contains", "hasValue", "isSorted", "bool"), BOOL),
    **dict.fromkeys(("isQuantity", "isURL", "isIP", "isCIDR", "containsIP", "containsCIDR", "isInteger"), BOOL),
    **dict.fromkeys(("size", "int", "indexOf", "lastIndexOf", "getFullYear", "getMonth", "getHours"), INT),
    **dict.fromkeys(("string", "lowerAscii", "upperAscii", "trim", "replace", "substring", "join", "charAt"), STRING),
    **dict.fromkeys(("format", "getScheme", "getHost", "getHostname"), STRING),
    "double": DOUBLE,
    "uint": UINT,
    "bytes": BYTES,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "split": Type("list", STRING),
    "findAll": Type("list", STRING),
}
_TESTS: Final = frozenset({"all", "exists", "exists_one", "existsOne"})


def infer(text: str, variables: Mapping[str, Type]) -> tuple[Type, str]:
    """The type of *text*, in which *variables* may be used, and what is wrong with the types in it.

    Raises:
        CelSyntaxError: *text* is not CEL.
    """
    checker = _Checker(text)
    found = checker.of(parse(text), variables)
    return found, "\n".join(dict.fromkeys(checker.problems))


class _Checker:
    """Infers the type of every part of one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.problems: list[str] = []

    def _fail(self, detail: str, node: Node) -> Type:
        self.problems.append(str(CelSyntaxError(detail, self._text, node.offset)))
        return DYN

    def of(self, node: Node, scope: Mapping[str, Type]) -> Type:
        """The type of *node*, in whose place the names of *scope* are known."""
        match node:
            case Literal(kind=kind):
                return _LITERALS.get(kind, NULL)
            case Ident(name=name):
                return scope.get(name, DYN)
            case Select():
                return self._select(node, scope)
            case Index():
                return self._index(node, scope)
            case ListNode():
                kinds = {self.of(item, scope) for item, _ in node.items}
                return Type("list", kinds.pop() if len(kinds) == 1 else DYN)
            case MapNode():
                for key, value, _ in node.entries:
                    self.of(key, scope)
                    self.of(value, scope)
                return Type("map", DYN)
            case Call():
                return self._call(node, scope)
        return DYN

    def _select(self, node: Select, scope: Mapping[str, Type], at: Node | None = None) -> Type:
        operand = self.of(node.operand, scope)
        wrapped = operand.name == "optional"
        found = self._field((operand.item or DYN) if wrapped else operand, node, at or node)
        return Type("optional", found) if wrapped or node.optional else found

    def _field(self, owner: Type, node: Select, at: Node) -> Type:
        if owner.name == "map":
            return owner.item or DYN
        if owner.field is not None:
            name = unescape(node.field)
            found = None if "__" in name and name == node.field else owner.field(name)
            return found if found is not None else self._fail(f"undefined field '{node.field}'", at)
        if owner.name in _SCALARS:
            return self._fail(f"type '{_shown(owner)}' does not support field selection", at)
        return DYN

    def _index(self, node: Index, scope: Mapping[str, Type]) -> Type:
        operand, key = self.of(node.operand, scope), self.of(node.key, scope)
        wrapped = operand.name == "optional"
        owner = (operand.item or DYN) if wrapped else operand
        if owner.name in _SCALARS or (owner.name == "list" and key.name in _SCALARS - _NUMBERS):
            shown = f"({_shown(owner)}, {_shown(key)})"
            return self._fail(f"found no matching overload for '_[_]' applied to '{shown}'", node)
        found = (owner.item or DYN) if owner.name in ("list", "map") else DYN
        return Type("optional", found) if wrapped or node.optional else found

    def _call(self, node: Call, scope: Mapping[str, Type]) -> Type:
        name, args = node.name, node.args
        if node.target is None and name == "has" and len(args) == 1 and isinstance(args[0], Select):
            self._select(args[0], scope, at=node)
            return BOOL
        if node.target is not None:
            found = self._macro(node, node.target, scope)
            if found is not None:
                return found
        if name == "matches" and isinstance(args[-1], Literal) and _is_no_pattern(args[-1].value):
            return self._fail("invalid matches argument", args[-1])
        kinds = [self.of(each, scope) for each in (*((node.target,) if node.target is not None else ()), *args)]
        if node.target is not None or name in _RESULTS:
            return self._method(node, kinds)
        return self._operator(node, kinds)

    def _method(self, node: Call, kinds: list[Type]) -> Type:
        if node.name in ("value", "orValue") and kinds[0].name == "optional":
            return kinds[0].item or DYN
        return _RESULTS.get(node.name, DYN)

    def _operator(self, node: Call, kinds: list[Type]) -> Type:
        name = node.name
        if name in _RELATIONS:
            if not _may_compare(*kinds, equal=name in ("_==_", "_!=_")):
                self._mismatch(node, kinds)
            return BOOL
        if name in _SUMS:
            left, right = kinds
            if _never_adds(left, right):
                return self._mismatch(node, kinds)
            return left if left.name == right.name and left.name in _SCALARS - {"timestamp"} else DYN
        if name in ("_&&_", "_||_"):
            for kind, part in zip(kinds, node.args, strict=True):
                if kind.name in _SCALARS - {"bool"}:
                    self._fail(f"expected type 'bool' but found '{_shown(kind)}'", part)
            return BOOL
        if name == "!_":
            return self._mismatch(node, kinds) if kinds[0].name in _SCALARS - {"bool"} else BOOL
        if name == "_?_:_":
            if kinds[0].name in _SCALARS - {"bool"}:
                return self._mismatch(node, kinds)
            return kinds[1] if kinds[1].name == kinds[2].name else DYN
        if name == "-_":
            return kinds[0]
        return BOOL if name == "@in" else DYN

    def _mismatch(self, node: Call, kinds: list[Type]) -> Type:
        shown = ", ".join(map(_shown, kinds))
        return self._fail(f"found no matching overload for '{node.name}' applied to '({shown})'", node)

    def _macro(self, node: Call, target: Node, scope: Mapping[str, Type]) -> Type | None:
        """The type of a macro on a list, map or optional; None when the call is no such macro."""
        name, args = node.name, node.args
        if name in ("optMap", "optFlatMap") and len(args) == 2:
            return self._optional(node, self.of(target, scope), scope)
        if isinstance(target, Ident) and target.name == "cel":
            if name != "bind" or len(args) != 3 or not isinstance(args[0], Ident):
                return DYN
            return self.of(args[2], {**scope, args[0].name: self.of(args[1], scope)})
        if name not in (*_TESTS, "filter", "map") or len(args) not in (2, 3):
            return DYN if name.startswith("transform") else None
        paired = len(args) == 3 and name != "map"
        names = [each.name for each in args[: 1 + paired] if isinstance(each, Ident)]
        if len(names) != 1 + paired:
            return DYN
        source = self.of(target, scope)
        if source.name in _SCALARS:
            text = f"expression of type '{_shown(source)}' cannot be range of a comprehension"
            return self._fail(f"{text} (must be list, map, or dynamic)", target)
        inner = {**scope, **dict(zip(names, _elements(source, paired=paired), strict=True))}
        found = [self.of(each, inner) for each in args[1 + paired :]]
        if name == "map":
            return Type("list", found[-1])
        return Type("list", inner[names[0]]) if name == "filter" else BOOL

    def _optional(self, node: Call, source: Type, scope: Mapping[str, Type]) -> Type:
        name, body = node.args
        if not isinstance(name, Ident):
            return DYN
        value = (source.item or DYN) if source.name == "optional" else DYN
        found = self.of(body, {**scope, name.name: value})
        return found if node.name == "optFlatMap" else Type("optional", found)


def _is_no_pattern(value: object) -> bool:
    try:
        compiled_pattern(str(value))
    except CelError:
        return True
    return False


def _elements(source: Type, *, paired: bool) -> tuple[Type, ...]:
    """The types that a comprehension's variables take."""
    item = source.item or DYN
    if source.name == "list":
        return (INT, item) if paired else (item,)
    if source.name == "map":
        return (STRING, item) if paired else (STRING,)
    return (DYN, DYN) if paired else (DYN,)


def _may_compare(left: Type, right: Type, *, equal: bool) -> bool:
    """Whether two types may be compared: numbers of different types only by order."""
    names = {left.name, right.name}
    if NULL.name in names:
        return not names & _NEVER_NULL
    if not names <= _SCALARS:
        return True
    return len(names) == 1 or (names <= _NUMBERS and not equal)


def _never_adds(left: Type, right: Type) -> bool:
    """Whether two types can be added, multiplied or the like in no way."""
    if left.name not in _SCALARS or right.name not in _SCALARS:
        return False
    return left.name != right.name and not {left.name, right.name} <= {"timestamp", "duration"}


def _shown(kind: Type) -> str:
    """A type as cel-go prints it."""
    if kind.name in ("list", "optional"):
        inner = _shown(kind.item or DYN)
        return f"list({inner})" if kind.name == "list" else f"optional_type({inner})"
    if kind.name == "map":
        return f"map(string, {_shown(kind.item or DYN)})"
    return kind.name
