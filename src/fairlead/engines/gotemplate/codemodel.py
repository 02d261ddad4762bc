"""What the code generator passes around: places in the source, values, scopes, and the names of types."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.engines.gotemplate.nodes import Bool, Dot, Nil, Node, Number, String
from fairlead.engines.gotemplate.signatures import Signature


@dataclass(slots=True)
class Site:
    """What to say about a line of the generated source that raised."""

    fault: Node  # where Fault is reported
    call: Node | None = None  # where a function's own error is reported
    function: str = ""  # its name
    arguments: tuple[Node, ...] = ()  # of a method, which checks them itself
    container: str = ""  # the local with what is ranged over, where a field of an element is read


@dataclass(slots=True)
class Unit:
    """The generated source of one tree."""

    source: str
    sites: dict[int, Site]
    functions: list[str]  # names of the template functions it uses


@dataclass(slots=True)
class Value:
    """A generated expression and what is known about its value."""

    code: str
    result: str = "a"  # as in signatures
    iface: bool = False  # a nil in it is a nil interface, not an absent value
    receiver: str = ""  # where iface holds only when this is not absent: a field of nothing is nothing
    skips_final: bool = False  # the code does not evaluate the command before it in the pipeline


@dataclass(slots=True)
class Local:
    name: str
    iface: bool = False
    container: str = ""


@dataclass(slots=True)
class Context:
    dot: str = "d"
    dot_iface: bool = False
    container: str = ""  # the local with what dot is an element of
    scopes: list[dict[str, Local]] = field(default_factory=lambda: [{"$": Local("d")}])


CONSTANT_NODES = (Bool, Dot, Nil, Number, String)
CONSTANTS = {
    "s": "string",
    "b": "bool",
    "i": "integer",
    "I": "integer",
    "d": "integer",
    "U": "unsigned integer",
    "f": "float",
}
PYTHON_TYPES = {"s": "str", "b": "bool", "i": "int", "I": "Int64", "f": "float", "B": "bytes"}


def float_source(value: float) -> str:
    text = repr(value)
    return f"float({text!r})" if "n" in text else text


def wrong_count(name: str, signature: Signature, given: int, count: int) -> str:
    if signature.variadic:
        if count < signature.fixed:
            return f"wrong number of args for {name}: want at least {signature.fixed} got {given}"
    elif count != len(signature.parameters):
        return f"wrong number of args for {name}: want {len(signature.parameters)} got {count}"
    return ""


def is_there(receiver: str) -> object:
    """The expression for whether a field of *receiver* is a value at all; True when that is not in doubt."""
    return f"{receiver} is not None" if receiver.isidentifier() else True
