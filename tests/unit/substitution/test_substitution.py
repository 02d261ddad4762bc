"""Variables in manifests."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engines.substitution import SubstitutionError, substitute

VARIABLES = {"name": "demo-01", "empty": "", "path": "a/b/c.tar.gz", "Mixed": "aBc"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no variables: $x, {y}", "no variables: $x, {y}"),
        ("${name}", "demo-01"),
        ("a-${name}-b-${Mixed}", "a-demo-01-b-aBc"),
        ("$${name} $$$${name}", "${name} $${name}"),
        ("price: 5$", "price: 5$"),
        ("${missing:=x}", "x"),
        ("${missing:-x y}", "x y"),
        ("${missing=x}", "x"),
        ("${empty:=x}", "x"),
        ("${name:=x}", "demo-01"),
        ("${missing:=}", ""),
        ("${missing:=${name}-${Mixed}}", "demo-01-aBc"),
        ("${missing:=a${other:=b}c}", "abc"),
        ("${#name}", "7"),
        ("${Mixed^} ${Mixed^^} ${Mixed,} ${Mixed,,}", "ABc ABC aBc abc"),
        ("${name:5} ${name:0:4} ${name:-x} ${name:99}.", "01 demo demo-01 ."),
        ("${path/\\//-}", "a-b/c.tar.gz"),
        ("${path//\\//-}", "a-b-c.tar.gz"),
        ("${path/b/}", "a//c.tar.gz"),
        ("${path/#a/z} ${path/%gz/xz} ${path/%tar/x}", "z/b/c.tar.gz a/b/c.tar.xz a/b/c.tar.gz"),
        ("${path#*/} ${path##*/}", "b/c.tar.gz c.tar.gz"),
        ("${path%.*} ${path%%.*}", "a/b/c.tar a/b/c"),
        ("${path##*[b-c]/}", "c.tar.gz"),
    ],
)
def test_a_text_becomes(text: str, expected: str) -> None:
    """Every form that Flux knows."""
    assert substitute(text, VARIABLES) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x: ${missing}", 'variable not set (strict mode): "missing"'),
        ("x: ${missing^}", 'variable not set (strict mode): "missing"'),
        ("${}", "unable to parse variable name"),
        ("${a.b}", "missing closing brace"),
        ("${name", "missing closing brace"),
        ("${name:=x", "unable to parse substitution within function"),
        ("${#}", "bad substitution"),
        ("${name^^^}", "bad substitution"),
        ("${name/x}", "bad substitution"),
        ("${name%}", "unable to parse substitution within function"),
    ],
)
def test_a_text_that_cannot_be_substituted_says(text: str, message: str) -> None:
    """Upstream's texts; the line is beside them."""
    with pytest.raises(SubstitutionError) as caught:
        substitute(f"first: line\n{text}", VARIABLES)
    assert str(caught.value) == f"variable substitution failed: {message}"
    assert caught.value.line == 2


def test_without_strictness_missing_is_empty() -> None:
    """Defaults work the same."""
    assert substitute("[${missing}] [${missing:=x}]", {}, strict=False) == "[] [x]"


def test_names_are_checked() -> None:
    """A ConfigMap key that cannot be a variable is an error."""
    with pytest.raises(SubstitutionError) as caught:
        substitute("", {"a-b": "x"})
    assert str(caught.value) == "'a-b' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'"


def test_values_are_not_substituted_again() -> None:
    """A value may hold what looks like a variable."""
    assert substitute("${a}", {"a": "${b}", "b": "x"}) == "${b}"


@given(st.text(alphabet="ab${}:=-/#%^,\\*[ \n", max_size=40))
def test_no_text_crashes(text: str) -> None:
    """There is a result or one of our errors."""
    with contextlib.suppress(SubstitutionError):
        substitute(text, {"a": "x", "b": ""}, strict=False)


@given(st.text(max_size=40))
def test_escaped_text_comes_back(text: str) -> None:
    """Doubling every dollar keeps any text as it is."""
    assert substitute(text.replace("$", "$$"), {}) == text
