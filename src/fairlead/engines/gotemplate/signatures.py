"""What a template function takes and gives, in Go's types.

A signature is a short string such as ``"sa*:s"``: parameters, ``*`` after a
variadic one, then the result. The compiler checks arguments against it, with
Go's words when they do not fit.
"""

from __future__ import annotations

from fairlead.engines.record import Record

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

PARAMETER_TYPES = {
    "a": "interface {}",
    "v": "reflect.Value",
    "s": "string",
    "b": "bool",
    "i": "int",
    "I": "int64",
    "f": "float64",
    "m": "map[string]interface {}",
    "l": "[]interface {}",
    "S": "[]string",
    "B": "[]uint8",
    "t": "time.Time",
    "d": "time.Duration",
    "E": "error",
    "U": "uint32",
    "V": "*semver.Version",
    "c": "sprig.certificate",
}
NILABLE = frozenset("avmlSBV")


class Signature(Record, frozen=True):
    """A parsed signature."""

    parameters: str  # one letter each
    variadic: bool  # the last letter repeats
    result: str

    @property
    def fixed(self) -> int:
        return len(self.parameters) - 1 if self.variadic else len(self.parameters)

    def parameter(self, index: int) -> str:
        return self.parameters[index] if index < len(self.parameters) else self.parameters[-1]


def parse_signature(text: str) -> Signature:
    """Return the signature that *text* abbreviates."""
    parameters, _, result = text.partition(":")
    return Signature(parameters.replace("*", ""), parameters.endswith("*"), result or "a")


class Function(Record, frozen=True):
    """A template function: its signature and how to get at its Python body.

    ``load`` returns the body; it is called when the first template that names
    the function is compiled, so that costly imports wait until then.
    ``takes_render`` bodies get the render as their first argument.
    """

    signature: Signature
    load: Callable[[], Callable[..., object]]
    takes_render: bool = False
