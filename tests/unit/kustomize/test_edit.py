"""`kustomize edit` and `create`: the file written is the real tool's, recorded in tests/golden/kustomize/edit.json."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli.main import main
from fairlead.engines.kustomize.edit import KustomizationFile
from fairlead.testing.kustomize_edits import FILE, read_cases, read_files, text_after, write_files, write_tree

GOLDEN = read_cases(Path(__file__).parents[2] / "golden" / "kustomize" / "edit.json")


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"{case['base']}: {case['command']}")
def test_the_written_file_is_the_real_tools(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same text, or the same failure in the same words, which leaves the file alone."""
    base = GOLDEN["bases"][case["base"]]
    write_tree(tmp_path, base)
    monkeypatch.chdir(tmp_path)
    code = main(["kustomize", *shlex.split(case["command"])])
    errors = capsys.readouterr().err
    assert code == case["code"], errors
    assert text_after(tmp_path, code) == case["text"]
    if code and base is not None:
        assert (tmp_path / FILE).read_text() == base
    if code:
        assert case["error"] in errors.replace(str(tmp_path), "TREE")


FIXES = json.loads((Path(__file__).parents[2] / "golden" / "kustomize" / "fix.json").read_text())


@pytest.mark.parametrize("case", FIXES, ids=lambda case: case["command"])
def test_a_fix_says_and_writes_what_the_real_tool_does(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the kustomization and in the files that use its variables; whether it still builds to the same is said."""
    write_files(tmp_path, case["files"])
    monkeypatch.chdir(tmp_path)
    code = main(["kustomize", *shlex.split(case["command"])])
    said = capsys.readouterr()
    assert (code, said.out.replace(str(tmp_path), "TREE")) == (case["code"], case["output"])
    assert read_files(tmp_path) == case["after"]
    assert case.get("error", "") in said.err


def test_the_built_in_plugins_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Upstream's order is another each time."""
    assert main(["kustomize", "edit", "alpha-list-builtin-plugin"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Builtin plugins:", ""]
    assert len(lines) == 20
    assert " * PatchTransformer" in lines


@pytest.mark.parametrize("base", ["old", "generators"])
def test_an_edit_twice_writes_the_same(base: str) -> None:
    """What was written is read and written as it is."""
    once = KustomizationFile(GOLDEN["bases"][base].encode(), FILE).render()
    assert KustomizationFile(once.encode(), FILE).render() == once
