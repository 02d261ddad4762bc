"""Macros: has, all, exists, exists_one, map, filter, their two-variable forms, transforms, optMap, cel.bind.

Source: cel-go v0.26 parser/macro.go, ext/comprehensions.go, ext/bindings.go, common/types/optional.go.
Errors inside ``all`` and ``exists`` count only when no other element decides the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from fairlead.engines.cel import values as v
from fairlead.engines.cel.errors import CelError, CostError
from fairlead.engines.cel.parser import Call, Ident, Node, Select
from fairlead.engines.cel.values import NONE, Optional, optional_of

if TYPE_CHECKING:
    from fairlead.engines.cel.program import Compiler, Env, Eval

Macro = Callable[["Compiler", Call], "Eval"]
_COST: Final = "\0cost"


def _variable(compiler: Compiler, node: Node) -> str:
    if not isinstance(node, Ident):
        raise compiler.fail("argument must be a simple name", node)
    return node.name


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value)
    raise CelError(f"no such overload: cannot iterate over {v.type_name(value)}")


def _pairs(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, list):
        return iter(enumerate(value))
    if isinstance(value, dict):
        return iter(value.items())
    raise CelError(f"no such overload: cannot iterate over {v.type_name(value)}")


class _Loop:
    """The variables of a comprehension and the values they take."""

    def __init__(self, compiler: Compiler, node: Call, count: int) -> None:
        assert node.target is not None  # macros on lists and maps are methods
        self.names = tuple(_variable(compiler, arg) for arg in node.args[:count])
        self._range = compiler.compile(node.target)

    def __call__(self, env: Env) -> Iterator[Env]:
        """Yield the environment of each round: one dict, changed between rounds."""
        value = self._range(env)
        inner = dict(env)
        meter = env[_COST]
        if len(self.names) == 1:
            name = self.names[0]
            for item in _items(value):
                meter.spend(2)
                inner[name] = item
                yield inner
            return
        first, second = self.names
        for key, item in _pairs(value):
            meter.spend(2)
            inner[first] = key
            inner[second] = item
            yield inner


def _has(compiler: Compiler, node: Call) -> Eval:
    from fairlead.engines.cel.program import has_field

    target = node.args[0]
    if not isinstance(target, Select) or target.optional:
        raise compiler.fail("invalid argument to has() macro", node.args[0])
    operand, field = compiler.compile(target.operand), target.field
    return lambda env: has_field(operand(env), field)


def _quantifier(count: int, decisive: bool) -> Macro:
    """Make ``all`` (decided by False) or ``exists`` (decided by True)."""

    def macro(compiler: Compiler, node: Call) -> Eval:
        loop = _Loop(compiler, node, count)
        predicate = compiler.with_locals(loop.names, node.args[count])

        def run(env: Env) -> bool:
            failure: CelError | None = None
            for inner in loop(env):
                try:
                    value = predicate(inner)
                except CostError:
                    raise
                except CelError as error:
                    failure = failure or error
                    continue
                if value is decisive:
                    return bool(value)
                if not isinstance(value, bool):
                    failure = failure or v.no_overload("_||_" if decisive else "_&&_", value)
            if failure is not None:
                raise failure
            return not decisive

        return run

    return macro


def _exists_one(count: int) -> Macro:
    def macro(compiler: Compiler, node: Call) -> Eval:
        loop = _Loop(compiler, node, count)
        predicate = compiler.with_locals(loop.names, node.args[count])
        return lambda env: sum(predicate(inner) is True for inner in loop(env)) == 1

    return macro


def _filter(compiler: Compiler, node: Call) -> Eval:
    loop = _Loop(compiler, node, 1)
    name = loop.names[0]
    predicate = compiler.with_locals(loop.names, node.args[1])
    return lambda env: [inner[name] for inner in loop(env) if _truth(predicate(inner))]


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise v.no_overload("_?_:_", value)
    return value


def _transform(count: int, filtered: bool) -> Macro:
    """Make ``map`` and ``transformList``."""

    def macro(compiler: Compiler, node: Call) -> Eval:
        loop = _Loop(compiler, node, count)
        result = compiler.with_locals(loop.names, node.args[-1])
        if not filtered:
            return lambda env: [result(inner) for inner in loop(env)]
        predicate = compiler.with_locals(loop.names, node.args[count])
        return lambda env: [result(inner) for inner in loop(env) if _truth(predicate(inner))]

    return macro


def _transform_map(filtered: bool) -> Macro:
    def macro(compiler: Compiler, node: Call) -> Eval:
        loop = _Loop(compiler, node, 2)
        key = loop.names[0]
        result = compiler.with_locals(loop.names, node.args[-1])
        if not filtered:
            return lambda env: {inner[key]: result(inner) for inner in loop(env)}
        predicate = compiler.with_locals(loop.names, node.args[2])
        return lambda env: {inner[key]: result(inner) for inner in loop(env) if _truth(predicate(inner))}

    return macro


def _transform_entries(filtered: bool) -> Macro:
    def macro(compiler: Compiler, node: Call) -> Eval:
        loop = _Loop(compiler, node, 2)
        result = compiler.with_locals(loop.names, node.args[-1])
        predicate = compiler.with_locals(loop.names, node.args[2]) if filtered else None

        def run(env: Env) -> dict[Any, Any]:
            entries: dict[Any, Any] = {}
            for inner in loop(env):
                if predicate is not None and not _truth(predicate(inner)):
                    continue
                for key, value in _pairs(result(inner)):
                    if key in entries:
                        raise CelError(f"insert failed: key {key} already exists")
                    entries[key] = value
            return entries

        return run

    return macro


def _opt_map(flat: bool) -> Macro:
    def macro(compiler: Compiler, node: Call) -> Eval:
        assert node.target is not None
        name = _variable(compiler, node.args[0])
        operand = compiler.compile(node.target)
        result = compiler.with_locals([name], node.args[1])

        def run(env: Env) -> Any:
            value = operand(env)
            if not isinstance(value, Optional):
                raise v.no_overload("optFlatMap" if flat else "optMap", value)
            if not value.has_value:
                return NONE
            inner = result({**env, name: value.value})
            return inner if flat else optional_of(inner)

        return run

    return macro


def _bind(compiler: Compiler, node: Call) -> Eval:
    name = _variable(compiler, node.args[0])
    initial = compiler.compile(node.args[1])
    result = compiler.with_locals([name], node.args[2])
    return lambda env: result({**env, name: initial(env)})


MACROS: Final[dict[tuple[str, int, bool], Macro]] = {
    ("has", 1, False): _has,
    ("cel.bind", 3, False): _bind,
    ("all", 2, True): _quantifier(1, False),
    ("all", 3, True): _quantifier(2, False),
    ("exists", 2, True): _quantifier(1, True),
    ("exists", 3, True): _quantifier(2, True),
    ("exists_one", 2, True): _exists_one(1),
    ("exists_one", 3, True): _exists_one(2),
    ("existsOne", 2, True): _exists_one(1),
    ("existsOne", 3, True): _exists_one(2),
    ("filter", 2, True): _filter,
    ("map", 2, True): _transform(1, False),
    ("map", 3, True): _transform(1, True),
    ("transformList", 3, True): _transform(2, False),
    ("transformList", 4, True): _transform(2, True),
    ("transformMap", 3, True): _transform_map(False),
    ("transformMap", 4, True): _transform_map(True),
    ("transformMapEntry", 3, True): _transform_entries(False),
    ("transformMapEntry", 4, True): _transform_entries(True),
    ("optMap", 2, True): _opt_map(False),
    ("optFlatMap", 2, True): _opt_map(True),
}
"""(name, number of arguments, is a method) -> macro."""
