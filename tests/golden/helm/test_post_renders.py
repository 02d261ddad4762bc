"""Post-renderers: what helm printed and returned, against what we do (tests/peer/record_helm_post_renders.py)."""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import post_renders

from fairlead.cli.helm import main as helm

RECORDED = json.loads((Path(__file__).parent / "post_renders.json").read_text())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("post")
    post_renders.write(folder)
    return folder


@pytest.mark.parametrize("line", post_renders.LINES)
def test_line(line: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code, stdout and stderr are helm's; hints are ours."""
    for name in [name for name in os.environ if name.startswith(("HELM_", "XDG_", "KUBE"))]:
        monkeypatch.delenv(name)
    for name, value in post_renders.environment(place).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAIRLEAD_TEMPLATE_CACHE", "off")
    monkeypatch.chdir(place)
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    err = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    code = helm.main(shlex.split(line))
    out.flush()
    said = [text for text in err.getvalue().splitlines(keepends=True) if not text.startswith("hint: ")]
    printed = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert {"code": code, "out": printed, "err": "".join(said)} == RECORDED[line]


def test_every_line_is_recorded() -> None:
    """None is left over."""
    assert list(RECORDED) == post_renders.LINES
