"""What the code generator passes around: places in the source, values, scopes, and the names of types."""

from __future__ import annotations

from fairlead.engines.gotemplate.gotypes import Int64, Uint32
from fairlead.engines.gotemplate.nodes import Bool, Dot, Nil, Node, Number, String
from fairlead.engines.gotemplate.signatures import Signature


class Site:
    """What to say about a line of the generated source that raised."""

    __slots__ = ("arguments", "call", "container", "fault", "function", "noted")

    def __init__(
        self, fault: Node, call: Node | None = None, function: str = "", arguments: tuple[Node, ...] = ()
    ) -> None:
        self.fault = fault  # where Fault is reported
        self.call = call  # where a function's own error is reported
        self.function = function  # its name
        self.arguments = arguments  # of a method, which checks them itself
        self.noted = [(node, False) for node in arguments]  # exec.go's state.node after each; is nil an interface there
        self.container = ""  # the local with what is ranged over, where a field of an element is read


class Unit:
    """The generated source of one tree."""

    __slots__ = ("functions", "sites", "source")

    def __init__(self, source: str, sites: dict[int, Site], functions: list[str]) -> None:
        self.source = source
        self.sites = sites
        self.functions = functions  # names of the template functions it uses


class Value:
    """A generated expression and what is known about its value."""

    __slots__ = ("code", "iface", "receiver", "result", "skips_final")

    def __init__(
        self, code: str, result: str = "a", iface: bool = False, receiver: str = "", skips_final: bool = False
    ) -> None:
        self.code = code
        self.result = result  # as in signatures
        self.iface = iface  # a nil in it is a nil interface, not an absent value
        self.receiver = receiver  # where iface holds only when this is not absent: a field of nothing is nothing
        self.skips_final = skips_final  # the code does not evaluate the command before it in the pipeline


class Local:
    __slots__ = ("container", "iface", "name")

    def __init__(self, name: str, iface: bool = False, container: str = "") -> None:
        self.name = name
        self.iface = iface
        self.container = container


class Context:
    __slots__ = ("container", "dot", "dot_iface", "scopes")

    def __init__(
        self,
        dot: str = "d",
        dot_iface: bool = False,
        container: str = "",
        scopes: list[dict[str, Local]] | None = None,
    ) -> None:
        self.dot = dot
        self.dot_iface = dot_iface
        self.container = container  # the local with what dot is an element of
        self.scopes = [{"$": Local("d")}] if scopes is None else scopes


MAX_LOOPS = 15  # nested ranges in one template: Python allows 20 nested blocks
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
PYTHON_CLASSES: dict[str, type] = {"s": str, "b": bool, "i": int, "I": Int64, "f": float, "B": bytes}


def ideal(node: Number) -> complex | float | int | None:
    """Return a number constant where no type is asked for (Go: idealConstant); None when it overflows int."""
    text = node.text
    if node.as_complex is not None:
        return node.as_complex
    is_hex = len(text) > 2 and text[0] == "0" and text[1] in "xX" and not any(char in "pP" for char in text)
    if node.as_float is not None and not is_hex and text[0] != "'" and any(char in ".eEpP" for char in text):
        return node.as_float
    return node.as_int


def typed_constant(node: Node, kind: str) -> object | None:
    """Return a literal as a value of the parameter type *kind*; None when it is none."""
    if kind == "s" and isinstance(node, String):
        return node.text
    if kind == "b" and isinstance(node, Bool):
        return node.value
    if isinstance(node, Number):
        if kind in "iI" and node.as_int is not None:
            return node.as_int if kind == "i" else Int64(node.as_int)
        if kind == "U" and node.as_uint is not None:
            return Uint32(node.as_uint & 0xFFFFFFFF)
        if kind == "f" and node.as_float is not None:
            return node.as_float
    return None


def constant_source(value: object) -> str:
    """Return the expression for a constant."""
    if type(value) is Int64 or type(value) is Uint32:
        return f"{type(value).__name__}({int(value)})"
    text = repr(value)
    return f"float({text!r})" if type(value) is float and "n" in text else text


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
