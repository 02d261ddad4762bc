"""A compiled expression: a tree of closures.

Source: cel-go v0.26 (interpreter, parser/macro.go, ext/comprehensions.go, ext/bindings.go) for meaning and error
texts. Typing is dynamic: names and functions are checked when an expression is compiled, values when it runs. Work
is counted, and an expression that does too much of it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from fairlead.engines.cel import functions, library
from fairlead.engines.cel import values as v
from fairlead.engines.cel.errors import CelError, CelSyntaxError, CostError
from fairlead.engines.cel.macros import MACROS, Macro
from fairlead.engines.cel.parser import Call, Ident, Index, ListNode, Literal, MapNode, Node, Select, parse
from fairlead.engines.cel.values import NONE, Optional, Type, UInt, optional_of

Env = dict[str, Any]
Eval = Callable[[Env], Any]

PER_CALL_LIMIT: Final = 1_000_000
COST: Final = "\0cost"

_FUNCTIONS: Final = {**functions.FUNCTIONS, **library.FUNCTIONS}
_METHODS: Final = {**functions.METHODS, **library.METHODS}
_TYPE_NAMES: Final = ("int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type")
_TYPES: Final = {
    name: Type(name)
    for name in (*_TYPE_NAMES, "optional_type", "google.protobuf.Timestamp", "google.protobuf.Duration")
}
_SPACES: Final = frozenset(name.partition(".")[0] for name in _FUNCTIONS if "." in name) | {"cel", "google"}
_BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "_+_": v.add,
    "_-_": v.subtract,
    "_*_": v.multiply,
    "_/_": v.divide,
    "_%_": v.modulo,
    "_==_": v.equal,
    "_!=_": lambda left, right: not v.equal(left, right),
    "_<_": lambda left, right: v.compare("_<_", left, right) < 0,
    "_<=_": lambda left, right: v.compare("_<=_", left, right) <= 0,
    "_>_": lambda left, right: v.compare("_>_", left, right) > 0,
    "_>=_": lambda left, right: v.compare("_>=_", left, right) >= 0,
    "@in": v.contains,
}


class Program:
    """A compiled expression; may be evaluated any number of times, from several threads too."""

    def __init__(self, text: str, evaluate: Eval, names: frozenset[str]) -> None:
        self.text = text
        self.names = names
        self._evaluate = evaluate

    def evaluate(self, variables: Mapping[str, Any], cost_limit: int = PER_CALL_LIMIT) -> Any:
        """Return the value of the expression.

        Raises:
            CelError: it has none.
            CostError: it did more work than *cost_limit*.
        """
        return self.evaluate_counted(variables, cost_limit)[0]

    def evaluate_counted(self, variables: Mapping[str, Any], cost_limit: int = PER_CALL_LIMIT) -> tuple[Any, int]:
        """Return the value of the expression and the work it took."""
        meter = Meter(cost_limit)
        try:
            value = self._evaluate({**variables, COST: meter})
        except RecursionError:
            raise CelError("evaluation is nested too deeply") from None
        return value, cost_limit - meter.left

    def is_true(self, variables: Mapping[str, Any]) -> bool:
        """Tell whether the expression holds.

        Raises:
            CelError: it has no value, or one that is no bool.
        """
        value = self.evaluate(variables)
        if not isinstance(value, bool):
            raise CelError(f"failed to evaluate CEL expression as boolean: '{self.text}'")
        return value


class Meter:
    """Counts work."""

    __slots__ = ("left",)

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, amount: int) -> None:
        """Take *amount* off what is left.

        Raises:
            CostError: nothing is left.
        """
        self.left -= amount
        if self.left < 0:
            raise CostError


@lru_cache(maxsize=4096)
def compile_expression(text: str, variables: frozenset[str] | None = None) -> Program:
    """Compile *text*; *variables* are the names it may use, None allows any.

    Raises:
        CelSyntaxError: it is not CEL, or uses a name or a function that is not there.
    """
    compiler = Compiler(text, variables)
    try:
        evaluate = compiler.compile(parse(text))
    except RecursionError:
        raise CelSyntaxError("expression recursion limit exceeded", text, 0) from None
    return Program(text, evaluate, frozenset(compiler.used))


class Compiler:
    """Turns nodes into closures."""

    def __init__(self, text: str, variables: frozenset[str] | None) -> None:
        self._text = text
        self._variables = variables
        self._locals: list[str] = []
        self.used: set[str] = set()

    def fail(self, detail: str, node: Node) -> CelSyntaxError:
        """Return the error *detail* at *node*."""
        return CelSyntaxError(detail, self._text, node.offset)

    def compile(self, node: Node) -> Eval:
        """Compile one node."""
        match node:
            case Literal(kind=kind, value=value):
                constant = UInt(value) if kind == "uint" else value
                return lambda env: constant
            case Ident():
                return self._ident(node)
            case Select():
                return self._select(node)
            case Index():
                return self._index(node)
            case ListNode():
                return self._list(node)
            case MapNode():
                return self._map(node)
            case Call():
                return self._call(node)
        raise self.fail("unsupported expression", node)

    def with_locals(self, names: Iterable[str], node: Node) -> Eval:
        """Compile *node* where *names* are bound as well."""
        count = len(self._locals)
        self._locals.extend(names)
        try:
            return self.compile(node)
        finally:
            del self._locals[count:]

    def _ident(self, node: Ident) -> Eval:
        name = node.name
        if name not in self._locals:
            if self._variables is None or name in self._variables:
                self.used.add(name)
            if name in _TYPES and (self._variables is None or name not in self._variables):
                constant = _TYPES[name]
                return lambda env: constant
            if self._variables is not None and name not in self._variables:
                raise self.fail(f"undeclared reference to '{name}' (in container '')", node)

        def read(env: Env) -> Any:
            try:
                return env[name]
            except KeyError:
                raise CelError(f"no such attribute(s): {name}") from None

        return read

    def _qualified(self, node: Node) -> str:
        """Return the dotted name that *node* spells when it does not start with a variable, else ``""``."""
        if isinstance(node, Ident):
            known = node.name in self._locals or (self._variables is not None and node.name in self._variables)
            return "" if known or node.name not in _SPACES else node.name
        if isinstance(node, Select) and not node.optional:
            head = self._qualified(node.operand)
            return f"{head}.{node.field}" if head else ""
        return ""

    def _select(self, node: Select) -> Eval:
        name = self._qualified(node)
        if name in _TYPES:
            constant = _TYPES[name]
            return lambda env: constant
        operand, field = self.compile(node.operand), node.field
        if node.optional:
            return lambda env: optional_select(operand(env), field)
        return lambda env: select(operand(env), field)

    def _index(self, node: Index) -> Eval:
        operand, key = self.compile(node.operand), self.compile(node.key)
        if node.optional:
            return lambda env: optional_index(operand(env), key(env))
        return lambda env: index(operand(env), key(env))

    def _list(self, node: ListNode) -> Eval:
        items = [(self.compile(item), optional) for item, optional in node.items]
        if not any(optional for _, optional in items):
            plain = [item for item, _ in items]
            return lambda env: [item(env) for item in plain]

        def build(env: Env) -> list[Any]:
            result: list[Any] = []
            for item, optional in items:
                value = item(env)
                if not optional:
                    result.append(value)
                elif _optional(value).has_value:
                    result.append(value.value)
            return result

        return build

    def _map(self, node: MapNode) -> Eval:
        entries = [(self.compile(key), self.compile(value), optional) for key, value, optional in node.entries]

        def build(env: Env) -> dict[Any, Any]:
            result: dict[Any, Any] = {}
            for make_key, make_value, optional in entries:
                key, value = make_key(env), make_value(env)
                if isinstance(key, float) or not isinstance(key, (str, int)):
                    raise CelError(f"unsupported key type: {v.type_name(key)}")
                if optional:
                    if not _optional(value).has_value:
                        continue
                    value = value.value
                if key in result:
                    raise CelError(f"Failed with repeated key: {functions.to_string(key)}")
                result[key] = value
            return result

        return build

    def _call(self, node: Call) -> Eval:
        name, args = node.name, node.args
        if node.target is None:
            if name == "_&&_":
                return _and(self.compile(args[0]), self.compile(args[1]))
            if name == "_||_":
                return _or(self.compile(args[0]), self.compile(args[1]))
            if name == "_?_:_":
                return _conditional(*map(self.compile, args))
            if name in _BINARY:
                return _operator(_BINARY[name], self.compile(args[0]), self.compile(args[1]))
            if name in ("!_", "-_"):
                return _negation(name, self.compile(args[0]))
        macro = self._macro(node)
        if macro is not None:
            return macro(self, node)
        if node.target is not None:
            space = self._qualified(node.target)
            if space and f"{space}.{name}" in _FUNCTIONS:
                return self._function(f"{space}.{name}", args, node)
            if name not in _METHODS:
                raise self.fail(f"undeclared reference to '{name}' (in container '')", node)
            return _invoke(name, _METHODS[name], [self.compile(item) for item in (node.target, *args)])
        return self._function(name, args, node)

    def _macro(self, node: Call) -> Macro | None:
        if node.target is None:
            return MACROS.get((node.name, len(node.args), False))
        if isinstance(node.target, Ident) and node.target.name == "cel":
            return MACROS.get((f"cel.{node.name}", len(node.args), False))
        return MACROS.get((node.name, len(node.args), True))

    def _function(self, name: str, args: tuple[Node, ...], node: Node) -> Eval:
        function = _FUNCTIONS.get(name)
        if function is None:
            raise self.fail(f"undeclared reference to '{name}' (in container '')", node)
        return _invoke(name, function, [self.compile(arg) for arg in args])


def _optional(value: Any) -> Optional:
    if not isinstance(value, Optional):
        raise CelError(f"cannot initialize optional entry from non-optional value {v.type_name(value)}")
    return value


def select(value: Any, field: str) -> Any:
    """``value.field``; on an optional, the optional field."""
    if type(value) is dict:
        try:
            return value[field]
        except KeyError:
            raw = unescape(field)
            if raw in value:
                return value[raw]
            raise CelError(f"no such key: {field}") from None
    if isinstance(value, Optional):
        return optional_select(value, field)
    raise CelError(f"no such overload: {v.type_name(value)}.{field}" if value is not None else f"no such key: {field}")


def optional_select(value: Any, field: str) -> Optional:
    """``value.?field``."""
    if isinstance(value, Optional):
        if not value.has_value:
            return NONE
        value = value.value
    if not isinstance(value, dict):
        raise CelError(f"no such overload: {v.type_name(value)}.?{field}")
    if field in value:
        return optional_of(value[field])
    raw = unescape(field)
    return optional_of(value[raw]) if raw in value else NONE


def has_field(value: Any, field: str) -> bool:
    """``has(value.field)``."""
    if isinstance(value, Optional):
        return optional_select(value, field).has_value
    if not isinstance(value, dict):
        raise CelError(f"no such overload: has({v.type_name(value)}.{field})")
    return field in value or unescape(field) in value


def index(value: Any, key: Any) -> Any:
    """``value[key]``."""
    if isinstance(value, Optional):
        return optional_index(value, key)
    if isinstance(value, list):
        position = _position(key)
        if not 0 <= position < len(value):
            raise CelError(f"index out of bounds: {position}")
        return value[position]
    if isinstance(value, dict):
        if isinstance(key, bool) or not isinstance(key, (str, int, float)):
            raise CelError(f"unsupported key type: {v.type_name(key)}")
        if key not in value:
            raise CelError(f"no such key: {functions.to_string(key)}")
        return value[key]
    raise v.no_overload("_[_]", value, key)


def optional_index(value: Any, key: Any) -> Optional:
    """``value[?key]``."""
    if isinstance(value, Optional):
        if not value.has_value:
            return NONE
        value = value.value
    if isinstance(value, list):
        position = _position(key)
        return optional_of(value[position]) if 0 <= position < len(value) else NONE
    if isinstance(value, dict):
        return optional_of(value[key]) if key in value else NONE
    raise v.no_overload("_[?_]", value, key)


def _position(key: Any) -> int:
    if isinstance(key, bool) or not isinstance(key, (int, float)) or key != int(key):
        raise CelError(f"unsupported index type '{v.type_name(key)}' in list")
    return int(key)


_ESCAPES: Final = {"__underscores__": "__", "__dot__": ".", "__dash__": "-", "__slash__": "/"}


def unescape(field: str) -> str:
    """Return the property that an escaped field name stands for (``x__dash__y`` for ``x-y``)."""
    if "__" not in field:
        return field
    if field.startswith("__") and field.endswith("__") and field not in _ESCAPES:
        return field[2:-2]
    for escaped, raw in _ESCAPES.items():
        field = field.replace(escaped, raw)
    return field


def _and(left: Eval, right: Eval) -> Eval:
    def run(env: Env) -> bool:
        try:
            first = left(env)
        except CostError:
            raise
        except CelError:
            if right(env) is False:
                return False
            raise
        if first is False:
            return False
        second = right(env)
        if second is False:
            return False
        if first is True and second is True:
            return True
        raise v.no_overload("_&&_", first, second)

    return run


def _or(left: Eval, right: Eval) -> Eval:
    def run(env: Env) -> bool:
        try:
            first = left(env)
        except CostError:
            raise
        except CelError:
            if right(env) is True:
                return True
            raise
        if first is True:
            return True
        second = right(env)
        if second is True:
            return True
        if first is False and second is False:
            return False
        raise v.no_overload("_||_", first, second)

    return run


def _conditional(condition: Eval, then: Eval, otherwise: Eval) -> Eval:
    def run(env: Env) -> Any:
        value = condition(env)
        if value is True:
            return then(env)
        if value is False:
            return otherwise(env)
        raise v.no_overload("_?_:_", value)

    return run


def _operator(operate: Callable[[Any, Any], Any], left: Eval, right: Eval) -> Eval:
    def run(env: Env) -> Any:
        a, b = left(env), right(env)
        env[COST].spend(1 + (_weight(a) if isinstance(a, (str, list, dict, bytes)) else 0))
        return operate(a, b)

    return run


def _weight(value: Any) -> int:
    return len(value) // 10


def _negation(name: str, operand: Eval) -> Eval:
    if name == "-_":
        return lambda env: v.negate(operand(env))

    def run(env: Env) -> bool:
        value = operand(env)
        if not isinstance(value, bool):
            raise v.no_overload("!_", value)
        return not value

    return run


def _invoke(name: str, function: Callable[..., Any], args: list[Eval]) -> Eval:
    def run(env: Env) -> Any:
        values = [arg(env) for arg in args]
        cost = 1
        for value in values:
            if isinstance(value, (str, list, bytes)):
                cost += _weight(value)
        env[COST].spend(cost)
        try:
            return function(*values)
        except TypeError:
            raise v.no_overload(name, *values) from None

    return run
