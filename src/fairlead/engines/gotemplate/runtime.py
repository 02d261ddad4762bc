"""What generated template code calls: field access, ranges, calls, errors.

Source: Go 1.26 text/template/exec.go (evalField, evalCall, validateType,
walkRange). Short names are those that appear in generated source.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.errors import Fault, FuncError, LimitError
from fairlead.engines.gotemplate.gofmt import sprint_pointed, sprint_value, to_text
from fairlead.engines.gotemplate.gotypes import (
    INT_KINDS,
    UINT_KINDS,
    VALUES_METHODS,
    GoObject,
    Int64,
    IntList,
    LooseMap,
    Method,
    NilList,
    Section,
    StrList,
    Uint8,
    Uint32,
    Values,
    element_zero,
    kind_name,
    type_name,
)
from fairlead.engines.gotemplate.signatures import NILABLE, PARAMETER_TYPES, parse_signature

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from fairlead.engines.gotemplate.template import Render

_ANY = "interface {}"


def fault(text: str) -> NoReturn:
    """Raise the error that Go's state.errorf raises at this place."""
    raise Fault(text)


def limit(text: str) -> NoReturn:
    """Raise the error for a bound of ours."""
    raise LimitError(text)


# Field access: g* where an absent dot is nothing, h* where it is a nil interface.


def g1(value: object, a: str) -> object:
    """Return ``value.a``."""
    try:
        return value[a]  # type: ignore[index]
    except (KeyError, TypeError, IndexError):
        return _walk(value, (a,), False)


def g2(value: object, a: str, b: str) -> object:
    """Return ``value.a.b``."""
    try:
        return value[a][b]  # type: ignore[index]
    except (KeyError, TypeError, IndexError):
        return _walk(value, (a, b), False)


def g3(value: object, a: str, b: str, c: str) -> object:
    """Return ``value.a.b.c``."""
    try:
        return value[a][b][c]  # type: ignore[index]
    except (KeyError, TypeError, IndexError):
        return _walk(value, (a, b, c), False)


def gn(value: object, path: tuple[str, ...]) -> object:
    """Return the field at the end of *path*."""
    if not VALUES_METHODS.isdisjoint(path):
        return _walk(value, path, False)
    at = value
    try:
        for name in path:
            at = at[name]  # type: ignore[index]
        return at
    except (KeyError, TypeError, IndexError):
        return _walk(value, path, False)


def h1(value: object, a: str) -> object:
    """Return ``value.a`` of a range element."""
    try:
        return value[a]  # type: ignore[index]
    except (KeyError, TypeError, IndexError):
        return _walk(value, (a,), True)


def h2(value: object, a: str, b: str) -> object:
    """Return ``value.a.b`` of a range element."""
    try:
        return value[a][b]  # type: ignore[index]
    except (KeyError, TypeError, IndexError):
        return _walk(value, (a, b), True)


def h3(value: object, a: str, b: str, c: str) -> object:
    """Return ``value.a.b.c`` of a range element."""
    try:
        return value[a][b][c]  # type: ignore[index]
    except (KeyError, TypeError, IndexError):
        return _walk(value, (a, b, c), True)


def hn(value: object, path: tuple[str, ...]) -> object:
    """Return the field at the end of *path* of a range element."""
    return _walk(value, path, True)


def _walk(value: object, path: Sequence[str], iface: bool) -> object:
    """Follow *path* step by step, as evalFieldChain does."""
    for name in path:
        kind = type(value)
        if kind is dict or ((kind is Values or kind is Section) and name not in VALUES_METHODS):
            value = value.get(name)  # type: ignore[attr-defined]
            iface = True
            continue
        if value is None:
            if iface:
                raise Fault(f"nil pointer evaluating {_ANY}.{name}")
            continue
        method = find_method(value, name)
        if method is not None:
            value = invoke(value, name, method, ())
            iface = True
            continue
        if isinstance(value, dict):
            container = value
            value = value.get(name)
            if value is None:
                value = element_zero(container)
            iface = value is None or type_name(container).endswith(_ANY) or type_name(container) == "common.Values"
            iface = iface and (kind is not LooseMap or name in container)
        elif isinstance(value, GoObject):
            fields = value.go_fields()
            if name not in fields:
                raise Fault(f"can't evaluate field {name} in type {_ANY if iface else type_name(value)}")
            if name[0].islower():
                raise Fault(f"{name} is an unexported field of struct type {type_name(value)}")
            value = fields[name]
            iface = False
        else:
            receiver = type_name(value)
            raise Fault(f"can't evaluate field {name} in type {_ANY if iface else receiver}", receiver=receiver)
    return value


def find_method(value: object, name: str) -> Method | None:
    """Return the method *name* of *value*, if its Go type has one."""
    methods = getattr(value, "methods", None)
    if methods is None:
        if name in VALUES_METHODS and type_name(value) == "common.Values":
            from fairlead.engines.gotemplate import valuesmethods

            return valuesmethods.METHODS.get(name)
        return None
    found: Method | None = methods.get(name)
    return found


def method(receiver: object, name: str, iface: bool, count: int) -> Callable[..., object]:
    """Return ``receiver.name`` to be called with *count* arguments: only a method may be given any.

    It is looked for, and the arguments counted, before they are evaluated.
    """
    if receiver is None:
        if iface:
            raise Fault(f"nil pointer evaluating {_ANY}.{name}")
        return _nothing
    found = find_method(receiver, name)
    if found is not None:
        _check_count(found, name, count)
        return lambda *args: invoke(receiver, name, found, args)
    if isinstance(receiver, dict):
        raise Fault(f"{name} is not a method but has arguments")
    if isinstance(receiver, GoObject) and name in receiver.go_fields():
        raise Fault(f"{name} has arguments but cannot be invoked as function")
    kind = type_name(receiver)
    raise Fault(f"can't evaluate field {name} in type {_ANY if iface else kind}", receiver=kind)


def _nothing(*args: object) -> None:
    """What a field of an absent value is."""


def _check_count(method: Method, name: str, count: int) -> None:
    signature = parse_signature(method.parameters)
    if signature.variadic:
        if count < signature.fixed:
            raise Fault(f"wrong number of args for {name}: want at least {signature.fixed} got {count}")
    elif count != len(signature.parameters):
        raise Fault(f"wrong number of args for {name}: want {len(signature.parameters)} got {count}")


def invoke(receiver: object, name: str, method: Method, args: tuple[object, ...]) -> object:
    """Call a method after checking its arguments."""
    _check_count(method, name, len(args))
    signature = parse_signature(method.parameters)
    for index, arg in enumerate(args):
        kind = signature.parameter(index)
        if not fits(arg, kind):
            try:
                bad_argument(arg, kind, False)
            except Fault as error:
                raise Fault(str(error), index) from None
    return method.call(receiver, *args)


# Arguments.

_EXACT: dict[str, tuple[type, ...]] = {
    "s": (str,),
    "b": (bool,),
    "i": (int,),
    "I": (Int64,),
    "f": (float,),
    "l": (list, NilList),
    "S": (StrList,),
    "B": (bytes,),
}


def fits(value: object, kind: str) -> bool:
    """Report whether *value* may be passed for a parameter of type *kind*."""
    if kind in "av":
        return True
    if value is None:
        return kind in NILABLE
    if kind == "m":
        return type_name(value) in ("map[string]interface {}", "common.Values")
    exact = _EXACT.get(kind)
    if exact is not None:
        return type(value) in exact
    return type_name(value) == PARAMETER_TYPES[kind]


def fits_iface(value: object, kind: str) -> bool:
    """Report the same where nil is a nil interface, which only an interface parameter takes."""
    return value is not None and fits(value, kind)


def bad_argument(value: object, kind: str, iface: bool) -> NoReturn:
    """Raise validateType's complaint."""
    wanted = PARAMETER_TYPES[kind]
    if value is None:
        if iface:
            raise Fault(f"wrong type for value; expected {wanted}; got {_ANY}")
        raise Fault(f"invalid value; expected {wanted}")
    raise Fault(f"wrong type for value; expected {wanted}; got {type_name(value)}")


# Ranges.


def items(render: Render, value: object) -> Sequence[object]:
    """Return the elements a one-variable range visits."""
    kind = type(value)
    if kind is list:
        found: Sequence[object] = value  # type: ignore[assignment]
    elif isinstance(value, dict):
        found = [value[key] for key in sorted(value)]
    elif value is None:
        return ()
    elif isinstance(value, list | tuple):
        found = value
    elif isinstance(value, bytes):
        found = [Uint8(byte) for byte in value]
    elif isinstance(value, int) and not isinstance(value, bool):
        render.spend(int(value))
        if kind is int:
            return range(value)
        return IntList([kind(number) for number in range(value)])  # type: ignore[call-arg]
    else:
        raise Fault(f"range can't iterate over {sprint_pointed(value)}")
    render.spend(len(found))
    return found


def pairs(render: Render, value: object) -> Sequence[tuple[object, object]]:
    """Return the index or key and the element that a two-variable range visits."""
    if isinstance(value, dict):
        found: Sequence[tuple[object, object]] = sorted(value.items())
    elif isinstance(value, list | tuple):
        found = list(enumerate(value))
    elif value is None:
        return ()
    elif isinstance(value, bytes):
        found = [(index, Uint8(byte)) for index, byte in enumerate(value)]
    elif isinstance(value, int) and not isinstance(value, bool):
        raise Fault(f"can't use {sprint_value(value)} to iterate over more than one variable")
    else:
        raise Fault(f"range can't iterate over {sprint_pointed(value)}")
    render.spend(len(found))
    return found


# Templates.


def call_template(render: Render, write: Callable[[str], None], name: str, data: object) -> None:
    """Run ``{{template name data}}`` into the caller's output."""
    body = render.find(name)
    if body is None:
        from fairlead.engines.gotemplate.strconv import quote

        raise Fault(f"template {quote(name)} not defined")
    render.enter()
    body(render, write, data)
    render.depth -= 1


GLOBALS: dict[str, object] = {
    "fault": fault,
    "limit": limit,
    "g1": g1,
    "g2": g2,
    "g3": g3,
    "gn": gn,
    "h1": h1,
    "h2": h2,
    "h3": h3,
    "hn": hn,
    "method": method,
    "fits": fits,
    "fits_iface": fits_iface,
    "bad_argument": bad_argument,
    "items": items,
    "pairs": pairs,
    "call_template": call_template,
    "S": to_text,
    "Int64": Int64,
    "Uint32": Uint32,
}

__all__ = ["GLOBALS", "INT_KINDS", "UINT_KINDS", "FuncError", "kind_name"]
