"""Charts in a kustomization: what kustomize 5.8.2 with helm 4.3.1 printed, recorded in golden/kustomize/charts.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli.main import main
from fairlead.testing.kustomize_edits import FILE, write_files

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "kustomize" / "charts.json").read_text())


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["text"])
def test_a_chart_is_rendered_as_the_real_tools_do(
    case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Values from files and in place, hooks, CRDs, capabilities and the release's name."""
    write_files(tmp_path, {**GOLDEN["files"], FILE: case["text"]})
    code = main(["kustomize", "build", "--enable-helm", str(tmp_path)])
    assert (code, capsys.readouterr().out) == (case["code"], case["output"])


def test_charts_are_refused_without_the_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the flag."""
    write_files(tmp_path, {**GOLDEN["files"], FILE: GOLDEN["cases"][0]["text"]})
    assert main(["kustomize", "build", str(tmp_path)]) == 1
    assert "must specify --enable-helm" in capsys.readouterr().err
