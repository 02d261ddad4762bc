"""What follows an error of `fairlead kustomize` on stderr."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fairlead.cli.main import main

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAIRLEAD_BUILD_CACHE", str(tmp_path / ".cache"))
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [cluster.yaml]\n")
    (tmp_path / "base" / "cluster.yaml").write_text(OBJECT)


def _build(text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what a build of *text* says: an error first."""
    Path("kustomization.yaml").write_text(text)
    assert main(["kustomize", "build"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert lines[0].startswith("Error: ")
    return lines[1:]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("resources: [base/cluster.yml]", "there is no 'cluster.yml' in {here}/base; did you mean 'cluster.yaml'?"),
        ("resources: [bsae]", "there is no 'bsae' in {here}; did you mean 'base'?"),
        ("components: [./bases]", "there is no 'bases' in {here}; did you mean 'base'?"),
        (
            "patches: [{path: base/clusters.yaml}]",
            "there is no 'clusters.yaml' in {here}/base; did you mean 'cluster.yaml'?",
        ),
        (
            "helmCharts:\n- name: a\n  valuesInline: {resource: 1}\nresource: [base]",
            "{here}/kustomization.yaml:4: field 'resource'; did you mean 'resources'?",
        ),
        ("# a\nresource: [base]", "{here}/kustomization.yaml:2: field 'resource'; did you mean 'resources'?"),
        (
            "resources: [base]\npatches:\n- pth: a.yaml",
            "{here}/kustomization.yaml:3: field 'pth'; did you mean 'path'?",
        ),
        ("whatever: 1", "{here}/kustomization.yaml:1: field 'whatever'"),
        ("resources: ['https://example.com/a.yaml']", "--enable-remote brings files by HTTP and bases by git"),
        ("resources: ['https://github.com/a/b']", "--enable-remote brings files by HTTP and bases by git"),
    ],
)
def test_the_error_is_followed_by_what_could_be_done(
    text: str, hint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also when the failure is told again without a build."""
    expected = [f"hint: {hint.format(here=tmp_path)}"]
    assert _build(text + "\n", capsys) == expected
    assert _build(text + "\n", capsys) == expected


@pytest.mark.parametrize("text", ["resources: [other.yaml]", "namePrefix: [", "patches: [{patch: 'a: b'}]"])
def test_nothing_is_said_when_nothing_is_known(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No file of a near name; another kind of failure."""
    assert [line for line in _build(text + "\n", capsys) if line.startswith("hint: ")] == []


def test_a_hint_follows_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    """A kept failure is not told any more once the near file is another."""
    assert "'cluster.yaml'" in _build("resources: [base/cluster.yml]\n", capsys)[0]
    shutil.move("base/cluster.yaml", "base/clusters.yml")
    assert "did you mean 'clusters.yml'?" in _build("resources: [base/cluster.yml]\n", capsys)[0]


def test_edits_and_copies_hint_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They read the same files."""
    Path("kustomization.yaml").write_text("\nresource: [base]\n")
    for words, name in (
        (["edit", "set", "namespace", "x"], "kustomization.yaml"),
        (["localize"], f"{tmp_path}/kustomization.yaml"),
    ):
        assert main(["kustomize", *words]) == 1
        assert (
            capsys.readouterr().err.splitlines()[-1] == f"hint: {name}:2: field 'resource'; did you mean 'resources'?"
        )
