"""Colours and widths: for a terminal only, and not where NO_COLOR is set."""

from __future__ import annotations

import io

import pytest

from fairlead.cli.terminal import Notes, paint_for, width_of


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "colored"),
    [
        pytest.param(Terminal(), {"TERM": "xterm"}, True, id="terminal"),
        pytest.param(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param(Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True, id="empty NO_COLOR"),
        pytest.param(Terminal(), {"TERM": "dumb"}, False, id="dumb terminal"),
        pytest.param(io.StringIO(), {"TERM": "xterm"}, False, id="pipe"),
    ],
)
def test_colors(stream: io.StringIO, environment: dict[str, str], colored: bool) -> None:
    """The rules of no-color.org."""
    assert paint_for(stream, environment)("x", "red") == ("\033[31mx\033[0m" if colored else "x")


def test_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe has no width, so nothing is folded in it."""
    monkeypatch.setenv("COLUMNS", "100")
    assert width_of(Terminal()) == 100
    assert width_of(io.StringIO()) is None


def test_notes_are_plain_in_a_pipe() -> None:
    """Progress lines begin with their mark."""
    stream = io.StringIO()
    notes = Notes(stream)
    notes.action("a")
    notes.waiting("b")
    notes.done("c")
    notes.failed("d")
    assert stream.getvalue() == "► a\n◎ b\n✔ c\n✗ d\n"
