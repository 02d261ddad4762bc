"""Patterns that every first render needs are kept compiled, so that it need not load `re`."""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]
import runpy
from pathlib import Path

import pytest

from fairlead.base import patterns
from fairlead.base.patterns_kept import KEPT

RECORDER = Path(__file__).parents[2] / "peer" / "record_patterns.py"


def test_what_is_kept_is_what_this_python_makes() -> None:
    """A changed pattern, or a Python whose compiler makes other code, needs `tests/peer/record_patterns.py`."""
    if _sre.MAGIC not in KEPT:
        pytest.skip(
            f"nothing is kept for this Python's matching engine ({_sre.MAGIC}); it compiles the patterns itself"
        )
    kept = {
        pattern: (flags, tuple(map(int, code.split())), *rest)
        for pattern, (flags, code, *rest) in KEPT[_sre.MAGIC].items()
    }
    assert kept == runpy.run_path(str(RECORDER))["taken"]()


def test_a_damaged_recording_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The matching engine checks the code; what it does not take is compiled anew."""
    flags, code, *rest = patterns._take_apart("damaged a+")  # type: ignore[misc]
    monkeypatch.setitem(KEPT, _sre.MAGIC, {"damaged a+": (flags, " ".join(map(str, (999, *code))), *rest)})
    monkeypatch.setattr(patterns, "TAKEN", {})
    assert patterns.compile_pattern("damaged a+").match("damaged aaa")


def test_what_is_kept_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept code is what is run."""
    flags, code, *rest = patterns._take_apart("a+")  # type: ignore[misc]
    monkeypatch.setitem(KEPT, _sre.MAGIC, {"b+": (flags, " ".join(map(str, code)), *rest)})
    monkeypatch.setattr(patterns, "TAKEN", {})
    assert patterns.compile_pattern("b+").match("aaa")
