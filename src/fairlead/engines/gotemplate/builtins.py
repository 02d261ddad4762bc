"""The functions every Go template has.

Source: Go 1.26 text/template/funcs.go. ``and``, ``or`` and ``not`` are
compiled in place (codegen.py).
"""

from __future__ import annotations

from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.errors import Fault, FuncError
from fairlead.engines.gotemplate.gofmt import sprint, sprint_value, sprintf, sprintln, to_text
from fairlead.engines.gotemplate.gotypes import (
    INT_KINDS,
    UINT_KINDS,
    GoObject,
    Uint8,
    element_zero,
    kind_name,
    type_name,
)
from fairlead.engines.gotemplate.signatures import Function, parse_signature

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

_BASIC = frozenset({str, int, bool, float})


def _basic_kind(value: object) -> str:
    kind = kind_name(value)
    if kind in INT_KINDS:
        return "int"
    if kind in UINT_KINDS:
        return "uint"
    if kind in ("bool", "string", "float64", "complex128"):
        return kind
    return ""


def eq2(a: object, b: object) -> bool:
    """Return ``eq a b``."""
    kind = type(a)
    if kind is type(b) and kind in _BASIC:
        return a == b
    return _equal(a, b)


def eq(a: object, *rest: object) -> bool:
    """Report whether *a* equals one of *rest*."""
    if not rest:
        raise FuncError("missing argument for comparison")
    return any(eq2(a, b) for b in rest)


def ne2(a: object, b: object) -> bool:
    """Return ``ne a b``."""
    return not eq2(a, b)


def _equal(a: object, b: object) -> bool:
    kind_a, kind_b = _basic_kind(a), _basic_kind(b)
    if kind_a != kind_b:
        if {kind_a, kind_b} == {"int", "uint"}:
            return a == b
        if a is None or b is None:
            return False
        raise FuncError(f"incompatible types for comparison: {type_name(a)} and {type_name(b)}")
    if kind_a:
        return a == b
    if a is None or b is None:
        return a is b
    if kind_name(a) != kind_name(b):
        raise FuncError(
            f"non-comparable types {sprintf('%s', (a,))}: {type_name(a)}, {type_name(b)}: {sprint_value(b)}"
        )
    if isinstance(a, dict | list | bytes):
        raise FuncError(f"non-comparable type {sprintf('%s', (b,))}: {type_name(b)}")
    return a == b


def lt(a: object, b: object) -> bool:
    """Return ``lt a b``."""
    kind_a = _basic_kind(a)
    kind_b = _basic_kind(b) if kind_a else ""
    if not kind_a or not kind_b:
        raise FuncError("invalid type for comparison")
    if kind_a != kind_b and {kind_a, kind_b} != {"int", "uint"}:
        raise FuncError(f"incompatible types for comparison: {type_name(a)} and {type_name(b)}")
    if kind_a in ("bool", "complex128"):
        raise FuncError("invalid type for comparison")
    return bool(a < b)  # type: ignore[operator]


def le(a: object, b: object) -> bool:
    """Return ``le a b``."""
    return lt(a, b) or eq2(a, b)


def gt(a: object, b: object) -> bool:
    """Return ``gt a b``."""
    return not le(a, b)


def ge(a: object, b: object) -> bool:
    """Return ``ge a b``."""
    return not lt(a, b)


def _index_argument(index: object, bound: int) -> int:
    if index is None:
        raise FuncError("cannot index slice/array with nil")
    kind = kind_name(index)
    if kind not in INT_KINDS and kind not in UINT_KINDS:
        raise FuncError(f"cannot index slice/array with type {type_name(index)}")
    position: int = int(index)  # type: ignore[call-overload]
    if position < 0 or position > bound:
        raise FuncError(f"index out of range: {position}")
    return position


def index2(item: object, key: object) -> object:
    """Return ``index item key``."""
    if type(item) is dict and type(key) is str:
        return item.get(key)
    return index(item, key)


def index(item: object, *keys: object) -> object:
    """Return ``item[key]…`` of maps, lists and strings; an absent key is the zero value."""
    if item is None:
        raise FuncError("index of untyped nil")
    for key in keys:
        if item is None:
            raise FuncError("index of nil pointer")
        item = _index_one(item, key)
    return item


def _index_one(item: object, key: object) -> object:
    if isinstance(item, dict):
        if key is None:
            raise FuncError("value is nil; should be of type string")
        if not isinstance(key, str):
            raise FuncError(f"value has type {type_name(key)}; should be string")
        value = item.get(key)
        return element_zero(item) if value is None else value
    if isinstance(item, str):
        item = strconv.to_bytes(item)
    if isinstance(item, list | tuple | bytes):
        position = _index_argument(key, len(item))
        if position >= len(item):
            raise FuncError(f"reflect: {'string' if isinstance(item, bytes) else 'slice'} index out of range")
        return Uint8(item[position]) if isinstance(item, bytes) else item[position]
    raise FuncError(f"can't index item of type {type_name(item).removeprefix('*')}")


def slice_(item: object, *indexes: object) -> object:
    """Return ``item[a:b]`` of a string or list."""
    if item is None:
        raise FuncError("slice of untyped nil")
    if len(indexes) > 3:
        raise FuncError(f"too many slice indexes: {len(indexes)}")
    is_text = isinstance(item, str)
    if is_text and len(indexes) == 3:
        raise FuncError("cannot 3-index slice a string")
    data = strconv.to_bytes(item) if isinstance(item, str) else item
    if not isinstance(data, list | tuple | bytes):
        raise FuncError(f"can't slice item of type {type_name(item).removeprefix('*')}")
    bounds = [0, len(data)]
    for position, argument in enumerate(indexes):
        bound = _index_argument(argument, len(data))
        if position < 2:
            bounds[position] = bound
        elif bounds[1] > bound:
            raise FuncError(f"invalid slice index: {bounds[1]} > {bound}")
    if bounds[0] > bounds[1]:
        raise FuncError(f"invalid slice index: {bounds[0]} > {bounds[1]}")
    part = data[bounds[0] : bounds[1]]
    if is_text:
        assert isinstance(part, bytes)
        return strconv.to_str(part)
    return part if isinstance(part, bytes) else type(data)(part)


def length(item: object) -> int:
    """Return ``len item``: bytes of a string."""
    if isinstance(item, str):
        return len(item) if item.isascii() else len(strconv.to_bytes(item))
    if isinstance(item, list | dict | bytes | tuple):
        return len(item)
    if item is None:
        raise FuncError("reflect: call of reflect.Value.Type on zero Value")
    raise FuncError(f"len of type {type_name(item).removeprefix('*')}")


def length_iface(item: object, there: bool = True) -> int:
    """Return ``len item`` where nil is a nil interface, unless the field is of nothing: *there* is false."""
    if item is None and there:
        raise FuncError("len of nil pointer")
    return length(item)


def call(name: str, function: object, *args: object) -> object:
    """Refuse ``call``: no value that a chart can reach is a function."""
    if function is None:
        raise FuncError("call of nil")
    raise FuncError(f"non-function {name} of type {type_name(function)}")


def _arguments(values: tuple[object, ...]) -> str:
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return sprint(["<no value>" if value is None else _pointed_to(value) for value in values])


class _Shown(GoObject):
    """A struct of which only the text is wanted."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def go_string(self) -> str:
        return self.text


def _pointed_to(value: object) -> object:
    """Return what printableValue makes of a pointer: the struct behind it, shown without the "&"."""
    if isinstance(value, GoObject) and value.go_kind == "ptr" and value.go_string() is None:
        return _Shown(sprint_value(value).removeprefix("&"))
    return value


_HTML = str.maketrans({"\0": "�", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})


def html(*values: object) -> str:
    """Return the values escaped for HTML."""
    return _arguments(values).translate(_HTML)


_JS = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def js(*values: object) -> str:
    """Return the values escaped for a JavaScript string."""
    out: list[str] = []
    for char in _arguments(values):
        if char in _JS:
            out.append(_JS[char])
        elif char < " ":
            out.append(f"\\u00{ord(char):02X}")
        elif char < "\x80" or strconv.is_print(char):
            out.append(char)
        else:
            code = 0xFFFD if 0xDC80 <= ord(char) <= 0xDCFF else ord(char)
            out.append(f"\\u{code:04X}")
    return "".join(out)


_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def query_escape(text: str) -> str:
    """Return url.QueryEscape(text)."""
    return "".join(
        chr(byte) if byte in _UNRESERVED else "+" if byte == 0x20 else f"%{byte:02X}" for byte in strconv.to_bytes(text)
    )


def urlquery(*values: object) -> str:
    """Return the values escaped for a URL query."""
    return query_escape(_arguments(values))


def print_(*values: object) -> str:
    """Return fmt.Sprint of the values."""
    return sprint(values)


def printf(text: str, *values: object) -> str:
    """Return fmt.Sprintf of the values."""
    return sprintf(text, values)


def println(*values: object) -> str:
    """Return fmt.Sprintln of the values."""
    return sprintln(values)


def _function(signature: str, body: Callable[..., object]) -> Function:
    return Function(parse_signature(signature), lambda: body)


BUILTINS: dict[str, Function] = {
    "and": _function("vv*:a", lambda *_: None),
    "or": _function("vv*:a", lambda *_: None),
    "not": _function("v:b", lambda value: not value),
    "call": _function("vv*:a", call),
    "html": _function("a*:s", html),
    "index": _function("vv*:a", index),
    "slice": _function("vv*:a", slice_),
    "js": _function("a*:s", js),
    "len": _function("v:i", length),
    "print": _function("a*:s", print_),
    "printf": _function("sa*:s", printf),
    "println": _function("a*:s", println),
    "urlquery": _function("a*:s", urlquery),
    "eq": _function("vv*:b", eq),
    "ge": _function("vv:b", ge),
    "gt": _function("vv:b", gt),
    "le": _function("vv:b", le),
    "lt": _function("vv:b", lt),
    "ne": _function("vv:b", ne2),
}

# Special forms the compiler asks for by name.
VARIANTS: dict[str, Callable[..., object]] = {
    "len_iface": length_iface,
    "eq2": eq2,
    "ne2": ne2,
    "index2": index2,
    "call": call,
}

__all__ = ["BUILTINS", "VARIANTS", "Fault", "GoObject", "to_text"]
