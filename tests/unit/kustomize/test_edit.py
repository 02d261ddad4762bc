"""`kustomize edit`: the file it writes is the real tool's, recorded in tests/golden/kustomize/edit.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli.main import main
from fairlead.engines.kustomize.edit import KustomizationFile

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "kustomize" / "edit.json").read_text())
FILES = ("new.yaml", "r.yaml", "p.yaml", "p2.yaml", "e.env", "comp/kustomization.yaml")


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["command"])
def test_the_edited_file_is_the_real_tools(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same text, or the same failure that leaves the file alone."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n")
    file = tmp_path / "kustomization.yaml"
    file.write_text(GOLDEN["base"])
    monkeypatch.chdir(tmp_path)
    assert main(["kustomize", "edit", *case["command"].split()]) == case["code"]
    assert file.read_text() == (case["text"] or GOLDEN["base"])


def test_an_edit_twice_writes_the_same() -> None:
    """What was written is read and written as it is."""
    once = KustomizationFile(GOLDEN["base"].encode(), "kustomization.yaml").render()
    assert KustomizationFile(once.encode(), "kustomization.yaml").render() == once
