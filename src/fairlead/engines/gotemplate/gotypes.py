"""Go's values in Python: which class stands for which Go type.

| Go                       | Python            |
|--------------------------|-------------------|
| nil                      | None              |
| bool, int, float64       | bool, int, float  |
| string                   | str (invalid bytes as lone surrogates) |
| []byte                   | bytes             |
| []interface {}           | list              |
| map[string]interface {}  | dict              |

Every other type is a subclass that carries ``go_type`` (reflect's name) and
``go_kind``, or a GoObject. Truth needs no help: Python's agrees with
text/template's for all of them.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar


MAX_DEPTH = 1000  # levels of a value that is copied, compared or written; a map may hold itself


class Int64(int):
    """An int64: what sprig's arithmetic returns and --set reads."""

    __slots__ = ()
    go_type: ClassVar[str] = "int64"
    go_kind: ClassVar[str] = "int64"


class Int32(int):
    """An int32 (rune)."""

    __slots__ = ()
    go_type: ClassVar[str] = "int32"
    go_kind: ClassVar[str] = "int32"


class Uint8(int):
    """A byte, as indexing a string gives."""

    __slots__ = ()
    go_type: ClassVar[str] = "uint8"
    go_kind: ClassVar[str] = "uint8"


class Uint64(int):
    """A uint64."""

    __slots__ = ()
    go_type: ClassVar[str] = "uint64"
    go_kind: ClassVar[str] = "uint64"


class Uint32(int):
    """A uint32 (adler32sum's own type, before it becomes text)."""

    __slots__ = ()
    go_type: ClassVar[str] = "uint32"
    go_kind: ClassVar[str] = "uint32"


class Duration(int):
    """A time.Duration: nanoseconds, printed as 1h2m3s."""

    __slots__ = ()
    go_type: ClassVar[str] = "time.Duration"
    go_kind: ClassVar[str] = "int64"

    def go_string(self) -> str:
        return format_duration(self)


class NamedInt(int):
    """An integer type with names for its values: time.Month, time.Weekday."""

    go_type: ClassVar[str] = "int"
    go_kind: ClassVar[str] = "int"
    names: ClassVar[tuple[str, ...]] = ()

    def go_string(self) -> str:
        return self.names[self]


class StrList(list["Any"]):
    """A []string."""

    __slots__ = ()
    go_type: ClassVar[str] = "[]string"
    go_kind: ClassVar[str] = "slice"


class NilList(list["Any"]):
    """A nil []interface {}: empty, and null in JSON and YAML."""

    __slots__ = ()
    go_nil: ClassVar[bool] = True
    go_type: ClassVar[str] = "[]interface {}"
    go_kind: ClassVar[str] = "slice"


class NilStrList(StrList):
    """A nil []string."""

    __slots__ = ()
    go_nil: ClassVar[bool] = True


class IntList(list["Any"]):
    """A []int."""

    __slots__ = ()
    go_type: ClassVar[str] = "[]int"
    go_kind: ClassVar[str] = "slice"


class ListList(list["Any"]):
    """A [][]interface {} (sprig's chunk)."""

    __slots__ = ()
    go_type: ClassVar[str] = "[][]interface {}"
    go_kind: ClassVar[str] = "slice"


class StrMap(dict[str, "Any"]):
    """A map[string]string: a missing key is the empty string."""

    __slots__ = ()
    go_type: ClassVar[str] = "map[string]string"
    go_kind: ClassVar[str] = "map"


class NilMap(dict[str, "Any"]):
    """A nil map[string]interface {}: empty, and null in JSON and YAML for as long as it is."""

    __slots__ = ()
    go_type: ClassVar[str] = "map[string]interface {}"
    go_kind: ClassVar[str] = "map"
    go_nil: ClassVar[bool] = True


class NilStrMap(StrMap):
    """A nil map[string]string."""

    __slots__ = ()
    go_nil: ClassVar[bool] = True


class Values(dict[str, "Any"]):
    """Helm's common.Values: a map with a name, and methods of its own."""

    __slots__ = ()
    go_type: ClassVar[str] = "common.Values"
    go_kind: ClassVar[str] = "map"


class Section(Values):
    """The values of a subchart: in Go the map that the parent has under the subchart's name, with another type.

    Here it is another map with the same entries; what is changed in this one is changed in the parent's, too.
    """

    __slots__ = ("_plain",)
    _plain: dict[str, Any]

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Section:
        """Return the view of *plain*."""
        made = cls(plain)
        made._plain = plain
        return made

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        plain = getattr(self, "_plain", None)  # copies have none
        if plain is not None:
            plain[key] = value

    def pop(self, key: str, *default: Any) -> Any:
        plain = getattr(self, "_plain", None)
        if plain is not None:
            plain.pop(key, None)
        return super().pop(key, *default)


class GoError(Exception):
    """An error *value* that a template function hands back in its result."""


class GoObject:
    """A Go struct or pointer that templates see: fields and methods by name."""

    __slots__ = ()
    go_type: ClassVar[str] = "struct {}"
    go_kind: ClassVar[str] = "struct"
    methods: ClassVar[Mapping[str, Method]] = {}

    def go_fields(self) -> Mapping[str, object]:
        """Return the exported fields in their order."""
        return {}

    def go_string(self) -> str | None:
        """Return what the String method gives; None when there is no such method."""
        return None

    def go_action_text(self) -> str | None:
        """Return what an action prints where that is not what fmt prints of a copy."""
        return None

    def go_json(self) -> object:
        """Return the value that encoding/json would encode."""
        return dict(self.go_fields())


class Method:
    """A method that templates may call: *parameters* as in signatures.py."""

    __slots__ = ("call", "parameters")

    def __init__(self, parameters: str, call: Callable[..., object]) -> None:
        self.parameters = parameters
        self.call = call


_TYPES = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    bytes: "[]uint8",
    list: "[]interface {}",
    dict: "map[string]interface {}",
    complex: "complex128",
}
_KINDS = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    bytes: "slice",
    list: "slice",
    dict: "map",
    complex: "complex128",
}

# Names of common.Values' methods: they win over keys of the same name.
VALUES_METHODS = frozenset({"YAML", "Table", "AsMap", "Encode", "PathValue"})

INT_KINDS = frozenset({"int", "int8", "int16", "int32", "int64"})
UINT_KINDS = frozenset({"uint", "uint8", "uint16", "uint32", "uint64", "uintptr"})


class LooseMap(dict[str, object]):
    """A map of a run with Go's option missingkey=default: fields of what it lacks are nothing, too.

    Plain dicts are maps of a run with missingkey=zero, where a field of a nil is an error.
    """

    go_type = "map[string]interface {}"
    go_kind = "map"


def type_name(value: object) -> str:
    """Return reflect.TypeOf(value).String(); ``<nil>`` for nil."""
    if value is None:
        return "<nil>"
    name = _TYPES.get(type(value))
    return name if name is not None else str(getattr(value, "go_type", type(value).__name__))


def kind_name(value: object) -> str:
    """Return reflect.ValueOf(value).Kind().String()."""
    if value is None:
        return "invalid"
    name = _KINDS.get(type(value))
    return name if name is not None else str(getattr(value, "go_kind", "struct"))


_ZEROES: dict[str, object] = {"string": "", "int": 0, "[]uint8": None}


def element_zero(container: object) -> object:
    """Return the zero value of a map's or list's element type."""
    name = type_name(container)
    if name == "engine.files":
        return b""
    if name.endswith("]string"):
        return ""
    return _ZEROES.get(name.rpartition("]")[2])


_UNITS = ((3_600_000_000_000, "h"), (60_000_000_000, "m"))


def format_duration(nanoseconds: int) -> str:
    """Return time.Duration.String() of a number of nanoseconds."""
    value = int(nanoseconds)
    if value == 0:
        return "0s"
    sign, value = ("-", -value) if value < 0 else ("", value)
    if value < 1_000_000_000:
        for unit, size in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
            if value < size * 1000:
                return sign + _fraction(value, size) + unit
    text = ""
    for size, unit in _UNITS:
        amount, value = divmod(value, size)
        if amount or text:
            text += f"{amount}{unit}"
    return sign + text + _fraction(value, 1_000_000_000) + "s"


def _fraction(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    if not rest:
        return str(whole)
    return f"{whole}.{str(rest).zfill(len(str(unit)) - 1).rstrip('0')}"
