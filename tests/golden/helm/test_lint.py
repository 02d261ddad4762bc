"""`fairlead helm lint` says what helm 4.3.1 says, to the byte (tests/peer/record_helm_lint.py)."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lint_charts import LINT, files_of

from fairlead.cli.helm import main as helm

RECORDED = {case["name"]: case for case in json.loads((Path(__file__).parent / "lint.json").read_text())}


@pytest.mark.parametrize(("name", "change", "flags"), LINT, ids=[case[0] for case in LINT])
def test_lint(
    name: str, change: dict[str, str | None], flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every message with its severity and place, the summary and the exit code."""
    for file, text in files_of(change).items():
        path = tmp_path / "c" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n"), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    code = helm.main(["lint", "c", *flags])
    out.flush()
    said = out.buffer.getvalue().decode().replace(str(tmp_path), "DIR")  # type: ignore[attr-defined]
    told = "".join(line for line in err.getvalue().splitlines(keepends=True) if not line.startswith("hint: "))
    assert {"name": name, "code": code, "out": said, "err": told.replace(str(tmp_path), "DIR")} == RECORDED[name]


def test_every_chart_is_recorded() -> None:
    """There are more than 200."""
    assert len(LINT) > 200
    assert [case[0] for case in LINT] == list(RECORDED)
