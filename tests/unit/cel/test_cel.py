"""Expressions: values, macros, libraries, errors and bounds."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engines.cel import CelError, CelSyntaxError, CostError, compile_expression

SELF = {
    "a": 1,
    "b": [1, 2, 3],
    "m": {"x": "y"},
    "s": "hello",
    "n": None,
    "foo-bar": 1,
    "l": [{"type": "Ready", "status": "True"}],
}
VARIABLES = {"self": SELF, "oldSelf": {"a": 0}}
NAMES = frozenset(VARIABLES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.a + 1", 2),
        ("self.b.all(x, x > 0)", True),
        ("self.b.exists(x, x > 2)", True),
        ("has(self.zz)", False),
        ("has(self.a)", True),
        ("self.?zz.orValue(3)", 3),
        ('self.m[?"x"].hasValue()', True),
        ("'%s is %d'.format(['a', 3])", "a is 3"),
        ('self.l.filter(e, e.type == "Ready").all(e, e.status == "True")', True),
        ("1 == 1.0", True),
        ('size("😀")', 1),
        ('quantity("1Gi").isGreaterThan(quantity("1G"))', True),
        ('isQuantity("x")', False),
        ('url("https://a.b:80/c?d=e").getHost()', "a.b:80"),
        ('ip("10.0.0.1").family()', 4),
        ('cidr("10.0.0.0/8").containsIP("10.2.3.4")', True),
        ('semver("1.2.3").isLessThan(semver("1.10.0"))', True),
        ("self.foo__dash__bar", 1),
        ('"abc".matches("^a.c$")', True),
        ("[3,1,2].max()", 3),
        ("[1,2].transformList(i, v, i + v)", [1, 3]),
        ('{"a":1}.transformMap(k, v, v + 1)', {"a": 2}),
        ("cel.bind(x, 3, x * x)", 9),
        ("self.a > oldSelf.a", True),
        ("true || self.nope", True),
        ("self.nope || true", True),
        ('duration("1h30m").getMinutes()', 90),
        ('timestamp("2024-01-02T03:04:05Z").getFullYear()', 2024),
        ("type(1) == int", True),
        ("[1,2] + [3]", [1, 2, 3]),
        ('"a" in ["a"]', True),
        ('"x" in self.m', True),
        ("self.s.substring(1,3)", "el"),
        ('"a,b".split(",")', ["a", "b"]),
        ('["a","b"].join("-")', "a-b"),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("sets.contains([1,2],[1])", True),
        ('!format.dns1123Label().validate("A_").hasValue()', False),
        ("optional.of(1).optMap(x, x + 1).value()", 2),
        ("self.b.map(x, x > 1, x * 2)", [4, 6]),
        ("self.l[0].status == 'True' ? 'y' : 'n'", "y"),
        ("b'abc' == bytes('abc')", True),
        ('"\\u00e9"', "é"),
        ("r'\\d'", "\\d"),
        ("1u + 2u", 3),
        ("self.b.exists_one(x, x == 2)", True),
        ("self.a in [1,2]", True),
        ('"abc".find("b.")', "bc"),
        ("string(1.5)", "1.5"),
        ('string(duration("90s"))', "90s"),
        ("self.n == null", True),
        ("[1,2,3].sum()", 6),
        ("dyn(1) == 1", True),
        ("self.b.all(i, v, i < v)", True),
        ('{"a": 1, ?"b": optional.none()}', {"a": 1}),
        ("[0,1,2].exists(x, 10/x == 5)", True),
        ("[?self.?zz, 1]", [1]),
        ('google.protobuf.Timestamp == type(timestamp("2020-01-01T00:00:00Z"))', True),
        ('isURL("/a b")', False),
        ('"a".charAt(0)', "a"),
        ('int("12") == 12 && uint("3") == 3u && double("1.5") == 1.5', True),
        ('self.m.?x.orValue("-")', "y"),
        ('"%.2f|%x|%s".format([1.0, 255, [1, true, null]])', "1.00|ff|[1, true, null]"),
        ('timestamp("2024-02-29T00:00:00Z") + duration("24h") == timestamp("2024-03-01T00:00:00Z")', True),
        ("semver('v1.2', true).minor()", 2),
        ("quantity('200M').add(quantity('1k')).asInteger()", 200001000),
        ("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", True),
        ("[1, 2, 2].indexOf(2) + [1, 2, 2].lastIndexOf(2)", 3),
        ("'a-b_c'.replace('-', '').upperAscii()", "AB_C"),
        ("'x y z'.split(' ', 2)", ["x", "y z"]),
        ("'aXbX'.findAll('[a-z]')", ["a", "b"]),
        ("{'a': {'b': 1}}.a.b", 1),
        ("self.`foo-bar`", 1),
        ("has(self.m.x) && !has(self.m.z)", True),
        ("base64.encode(b'hi')", "aGk="),
        ("ip('fe80::1').isLinkLocalUnicast()", True),
        ("true ? 1 : self.nope", 1),
        ("[1, 2, 3].exists(i, v, i == 2 && v == 3)", True),
        ("3.0 == 3 && 3u < 3.5", True),
        ("double(7) / 2.0", 3.5),
        ("'\\\\n' == r'\\n'", True),
    ],
)
def test_an_expression_gives(text: str, expected: object) -> None:
    """The value that Kubernetes gives."""
    assert compile_expression(text, NAMES).evaluate(VARIABLES) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9223372036854775807 + 1", "integer overflow"),
        ("self.b[7]", "index out of bounds: 7"),
        ("self.nope", "no such key: nope"),
        ("1/0", "division by zero"),
        ('1 + "a"', "no such overload"),
        ("foo", "undeclared"),
        ("foo(1)", "undeclared"),
        ("1 +", "Syntax"),
        ("'abc'.matches('(')", "error parsing regexp"),
        ("self.s.charAt(9)", "index out of range: 9"),
        ("!1", "no such overload"),
        ("'%d'.format(['x'])", "decimal clause can only be used on integers"),
        ("quantity('x')", "quantities must match"),
        ("'unclosed", "token recognition error"),
        ("if", "reserved identifier: if"),
        ("[1].map(x + 1, x)", "argument must be a simple name"),
        ("{'a': 1, 'a': 2}", "Failed with repeated key: a"),
    ],
)
def test_an_expression_that_fails_says(text: str, message: str) -> None:
    """The texts are those of cel-go, as far as people search for them."""
    with pytest.raises((CelError, CelSyntaxError)) as caught:
        compile_expression(text, NAMES).evaluate(VARIABLES)
    assert message in str(caught.value)


def test_a_syntax_error_points_at_its_place() -> None:
    """Line, column and a marker below the text."""
    with pytest.raises(CelSyntaxError) as caught:
        compile_expression("self.a +\n  wrong", NAMES)
    assert str(caught.value) == (
        "ERROR: <input>:2:3: undeclared reference to 'wrong' (in container '')\n |   wrong\n | ..^"
    )


def test_work_is_bounded() -> None:
    """Loops within loops end in an error."""
    ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
    text = "1"
    for name in "abcdef":
        text = f"{ten}.map({name}, {text})"
    with pytest.raises(CostError, match="actual cost limit exceeded"):
        compile_expression(text).evaluate({})


def test_nesting_is_bounded() -> None:
    """Deep parentheses are refused, not a crash."""
    with pytest.raises(CelSyntaxError, match="recursion limit"):
        compile_expression("(" * 5000 + "1" + ")" * 5000)


def test_regular_expressions_are_linear() -> None:
    """A pattern that is exponential elsewhere answers at once."""
    assert compile_expression("s.matches('(a+)+$')").evaluate({"s": "a" * 5000 + "b"}) is False


def test_flux_health_checks() -> None:
    """The fields of an object are the variables; a missing status is an error that callers take for "not yet"."""
    ready = compile_expression("status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')")
    assert ready.is_true({"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    assert not ready.is_true({"status": {"conditions": [{"type": "Ready", "status": "False"}]}})
    with pytest.raises(CelError, match="no such attribute"):
        ready.is_true({})
    with pytest.raises(CelError, match="as boolean"):
        compile_expression("1").is_true({})


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integers_are_those_of_64_bits(left: int, right: int) -> None:
    """Arithmetic is exact or an overflow error; division cuts towards zero and the rest follows."""
    env = {"a": left, "b": right}
    if -(2**63) <= left + right < 2**63:
        assert compile_expression("a + b").evaluate(env) == left + right
    else:
        with pytest.raises(CelError, match="integer overflow"):
            compile_expression("a + b").evaluate(env)
    if right not in (0, -1):
        assert compile_expression("(a / b) * b + a % b == a").evaluate(env) is True


@given(st.text(alphabet="ab.()[]{}?:+-*/%&|!<>=, '\"\\0123u\n", max_size=30))
def test_no_text_crashes(text: str) -> None:
    """Whatever is written, there is a value or one of our errors."""
    with contextlib.suppress(CelError, CelSyntaxError):
        compile_expression(text).evaluate({"a": 1, "b": [1]})
