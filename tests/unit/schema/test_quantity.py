"""Quantities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.base.quantity import QuantityError, canonical, is_quantity, parse_quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("1.5", "1500m"),
        ("0.5Gi", "512Mi"),
        ("1536Mi", "1536Mi"),
        ("1024Ki", "1Mi"),
        ("1000", "1k"),
        ("100000000", "100M"),
        ("0.1Ki", "102400m"),
        ("12e6", "12e6"),
        ("-5m", "-5m"),
        ("1e-3", "1e-3"),
        ("1.23456789012", "1234567891n"),
        (".5", "500m"),
    ],
)
def test_the_canonical_form(text: str, expected: str) -> None:
    """No fraction, the largest suffix that allows it, in the family the text came in."""
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "quantities must match the regular expression"),
        ("1x", "quantities must match the regular expression"),
        ("1KiB", "quantities must match the regular expression"),
        ("1iK", "unable to parse quantity's suffix"),
        ("1mi", "unable to parse quantity's suffix"),
    ],
)
def test_what_is_no_quantity(text: str, message: str) -> None:
    """Upstream's texts."""
    with pytest.raises(QuantityError, match=message):
        parse_quantity(text)
    assert not is_quantity(text)


def test_arithmetic_is_exact() -> None:
    """Comparison and addition across families."""
    assert parse_quantity("1Gi") > parse_quantity("1G")
    assert parse_quantity("0.1") + parse_quantity("0.2") == parse_quantity("300m")
    assert str(parse_quantity("1Gi") - parse_quantity("512Mi")) == "512Mi"
    assert int(parse_quantity("1500m")) == 2
    assert parse_quantity("250m").milli == 250


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", "m", "k", "Mi", "Ki", "u"]))
def test_printing_and_parsing_give_the_same(number: int, suffix: str) -> None:
    """The canonical form means the same number."""
    quantity = parse_quantity(f"{number}{suffix}")
    assert parse_quantity(str(quantity)) == quantity
