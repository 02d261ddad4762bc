"""Template language and functions: what the real helm made of each case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.engines.helm import HelmError, Options, load_chart, render
from fairlead.engines.helm.engine import SourceCache

FOLDER = Path(__file__).parent / "language"
CASES = json.loads((FOLDER / "cases.json").read_text())
SOURCE = "---\n# Source: p/templates/t.yaml\n"


def chart_files(template: str) -> dict[str, bytes]:
    """Return the chart that a case is rendered in."""
    return {
        "Chart.yaml": b"apiVersion: v2\nname: p\nversion: 0.1.0\nappVersion: 1.10\nannotations: {a: b}\n",
        "values.yaml": (FOLDER / "values.yaml").read_bytes(),
        "templates/t.yaml": template.encode(),
        "f.txt": b"one\ntwo\n",
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["template"].strip()[:60])
def test_case(case: dict[str, str]) -> None:
    """A template gives the text, or the error, that helm 4.3.1 gave: first interpreted, then compiled."""
    options = Options(cache=SourceCache())
    for _ in range(2):
        try:
            found = render(load_chart(chart_files(case["template"])), {}, options=options).to_text()
        except HelmError as error:
            found = f"ERR Error: {error}"
        assert found.removeprefix(SOURCE) == case["helm"]
