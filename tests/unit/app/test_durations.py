"""Durations on the command line."""

import argparse
from datetime import timedelta

import pytest

from fairlead.cli.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("10", 10), ("1.5s", 1.5), ("1m30s", 90), ("250ms", 0.25), ("1h", 3600)], ids=str
)
def test_durations(text: str, seconds: float) -> None:
    """Go's notation, and bare seconds."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "x", "10 parsecs", "-1s", "1s2"], ids=str)
def test_what_is_none(text: str) -> None:
    """The error names the text and shows how it is written."""
    with pytest.raises(argparse.ArgumentTypeError, match="not a duration; write"):
        parse_duration(text)
