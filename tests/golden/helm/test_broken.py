"""Broken charts: helm's verdict and words, and the file and line of the mistake (tests/peer/record_helm.py)."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from broken_charts import BROKEN, chart_of

from fairlead.cli.helm import main as helm
from fairlead.engines.helm import HelmError

FOLDER = Path(__file__).parent
RECORDED = FOLDER / "broken.json"
CASES = {case["name"]: case for case in json.loads(RECORDED.read_text())} if RECORDED.exists() else {}


def run(tmp_path: Path, files: dict[str, str], flags: list[str], monkeypatch: pytest.MonkeyPatch) -> HelmError | None:
    """Return the error of `fairlead helm template c`."""
    for name, text in files.items():
        path = tmp_path / "c" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAIRLEAD_TEMPLATE_CACHE", "off")
    from fairlead.cli.helm import template as helm_template

    try:
        helm_template.run(helm.read_command(["template", "c", *flags]))
    except HelmError as error:
        return error
    return None


@pytest.mark.parametrize("name", [case[0] for case in BROKEN])
def test_broken(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart fails as it fails for helm, and the error knows where."""
    _, change, flags, place = next(case for case in BROKEN if case[0] == name)
    recorded = CASES[name]
    error = run(tmp_path, chart_of(change), flags, monkeypatch)
    assert (error is not None) == recorded["fails"]
    assert error is not None
    assert f"Error: {error}".strip().replace(str(tmp_path), "DIR") == recorded["error"]
    file, _, line = place.partition(":")
    if file:
        assert error.file == file
        if line:
            assert error.line == int(line)
        elif place.endswith(":"):
            assert error.line > 0 or "unmarshal" in str(error)


def test_every_case_is_recorded() -> None:
    """There are at least 100, each with helm's error."""
    assert len(BROKEN) >= 100
    assert [case[0] for case in BROKEN] == list(CASES)
    assert all(re.match("Error: ", case["error"]) for case in CASES.values())
