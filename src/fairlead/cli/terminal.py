"""What the terminal can show: colours, width; and the marks that every command uses."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from typing import TextIO

PLAIN_WIDTH = 80
ACTION, WAITING, DONE, FAILED = "►", "◎", "✔", "✗"
_COLORS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "gray": "90", "bold": "1"}
_ESCAPES = re.compile(r"\033\[[0-9;]*m")


class Paint:
    """Colours texts, or leaves them as they are."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, text: str, color: str) -> str:
        return f"\033[{_COLORS[color]}m{text}\033[0m" if self.enabled and color and text else text


def paint_for(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Paint:
    """Colours when *stream* is a terminal that has them and `NO_COLOR` is not set."""
    dumb = environment.get("TERM", "") == "dumb"
    return Paint(stream.isatty() and not environment.get("NO_COLOR") and not dumb)


def width_of(stream: TextIO) -> int | None:
    """The columns of the terminal behind *stream*; None when it is none."""
    return shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns if stream.isatty() else None


def visible_length(text: str) -> int:
    """How many columns *text* takes."""
    return len(_ESCAPES.sub("", text)) if "\033" in text else len(text)


class Notes:
    """Progress on stderr, a mark before each line."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._paint = paint_for(self._stream)

    def action(self, text: str) -> None:
        self._say(ACTION, text, "cyan")

    def waiting(self, text: str) -> None:
        self._say(WAITING, text, "yellow")

    def done(self, text: str) -> None:
        self._say(DONE, text, "green")

    def failed(self, text: str) -> None:
        self._say(FAILED, text, "red")

    def _say(self, mark: str, text: str, color: str) -> None:
        print(f"{self._paint(mark, color)} {text}", file=self._stream, flush=True)
