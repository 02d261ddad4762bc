"""Command lines: what helm printed, returned and wrote, against what we do (tests/peer/record_helm_lines.py)."""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import command_lines
import command_world

from fairlead.cli.helm import main as helm

RECORDED = json.loads((Path(__file__).parent / "command_lines.json").read_text())
LINES = command_lines.lines()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[command_world.Place]:
    scratch = tmp_path_factory.mktemp("lines")
    with command_world.serving(scratch) as address:
        yield command_world.make_place(scratch, address)


@pytest.mark.parametrize("line", LINES, ids=shlex.join)
def test_line(line: list[str], place: command_world.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code, stdout, stderr and files are helm's; of help only that it is printed."""
    recorded = RECORDED[shlex.join(line)]
    for name in [name for name in os.environ if name.startswith(("HELM_", "XDG_", "KUBE"))]:
        monkeypatch.delenv(name)
    for name, value in place.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(place.root)
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", newline="\n")
    err = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    code = helm.main(place.words(line))
    out.flush()
    stdout = out.buffer.getvalue().decode("utf-8", "surrogateescape")  # type: ignore[attr-defined]
    found = command_world.outcome(place, code, stdout, err.getvalue())
    assert found == recorded


def test_every_line_is_recorded() -> None:
    """There are hundreds, each with what helm did."""
    assert len(LINES) > 600
    assert [shlex.join(line) for line in LINES] == list(RECORDED)
