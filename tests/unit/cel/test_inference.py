"""What the types of an expression say against it before it ever runs."""

from __future__ import annotations

import pytest

from fairlead.engines.cel import CelSyntaxError
from fairlead.engines.cel.inference import BOOL, DOUBLE, DYN, INT, STRING, Type, infer

PORT = Type("object", None, {"name": STRING, "number": INT}.get)
SELF = Type(
    "object",
    None,
    {
        "a": STRING,
        "a-b": STRING,
        "n": INT,
        "f": DOUBLE,
        "on": BOOL,
        "any": DYN,
        "ports": Type("list", PORT),
        "labels": Type("map", STRING),
    }.get,
)
SCOPE = {"self": SELF}

WRONG = [
    ("self.b", 5, "undefined field 'b'"),
    ("self.b.c.d", 5, "undefined field 'b'"),
    ("has(self.b)", 4, "undefined field 'b'"),
    ("self.?b.orValue(1) == 1", 5, "undefined field 'b'"),
    ("self.ports.all(p, p.nam == '')", 20, "undefined field 'nam'"),
    ("self.ports.map(p, p.number).exists(n, n.x)", 40, "type 'int' does not support field selection"),
    ("cel.bind(p, self.ports[0], p.nam == '')", 29, "undefined field 'nam'"),
    ("self.a.x", 7, "type 'string' does not support field selection"),
    ("self.a == 1", 8, "found no matching overload for '_==_' applied to '(string, int)'"),
    ("self.n == self.f", 8, "found no matching overload for '_==_' applied to '(int, double)'"),
    ("self.n + self.f > 1.0", 8, "found no matching overload for '_+_' applied to '(int, double)'"),
    ("self.a == null", 8, "found no matching overload for '_==_' applied to '(string, null)'"),
    ("self.on && self.a", 16, "expected type 'bool' but found 'string'"),
    ("!self.a", 1, "found no matching overload for '!_' applied to '(string)'"),
    ("self.n[0]", 7, "found no matching overload for '_[_]' applied to '(int, int)'"),
    ("self.a.all(x, true)", 5, "expression of type 'string' cannot be range of a comprehension"),
    ("self.labels.all(k, k > 1)", 22, "found no matching overload for '_>_' applied to '(string, int)'"),
    ("self.a.matches('[')", 16, "invalid matches argument"),
]


@pytest.mark.parametrize(("text", "column", "problem"), WRONG)
def test_what_is_wrong(text: str, column: int, problem: str) -> None:
    """The place and cel-go's words."""
    found = infer(text, SCOPE)[1]
    assert found.startswith(f"ERROR: <input>:1:{column}: {problem}"), found


@pytest.mark.parametrize(
    "text",
    [
        "self.n < self.f",
        "self.any.x.y == 1 && self.any > 'a'",
        "self.a__dash__b == 'x'",
        "self.ports.exists(p, p.name == self.a && p.number > 1)",
        "self.ports.all(i, p, i < p.number)",
        "self.labels.all(k, self.labels[k] != '')",
        "self.labels.some == 'x'",
        "self.?a.orValue('') == ''",
        "self.?a.optMap(v, v + 'x').hasValue()",
        "self.ports.filter(p, p.number > 1).map(p, p.name).join(',') == ''",
        "timestamp(self.a) + duration('1h') > timestamp('2020-01-01T00:00:00Z')",
        "[1, 'a'].exists(x, x == 1)",
        "{'a': 1}.a == 1",
        "self.on ? self.a == '' : self.n == 1",
        "unknown.x == 1",
    ],
)
def test_what_is_not_known_to_be_wrong(text: str) -> None:
    """What may be right is let through, and all of these are truths or lies."""
    found, problem = infer(text, SCOPE)
    assert problem == ""
    assert found.name in ("bool", "dyn")


def test_types_of_values() -> None:
    """What a rule or a message is checked for."""
    kinds = {"self.a": "string", "self.n + 1": "int", "self.ports": "list", "size(self.a)": "int", "self.any.b": "dyn"}
    assert {text: infer(text, SCOPE)[0].name for text in kinds} == kinds


def test_each_problem_once() -> None:
    """Several problems come one below the other; what is no expression at all is an error."""
    assert infer("self.b == 1 || self.c == 1", SCOPE)[1].count("undefined field") == 2
    with pytest.raises(CelSyntaxError, match="missing '\\)' at '<EOF>'"):
        infer("(self.a", SCOPE)
