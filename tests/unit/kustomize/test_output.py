"""Where a build is written: to a file, or a file for each object, named as kustomize 5.8.2 names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.cli.kustomize.main import build_folder, run_quickly
from fairlead.cli.main import main

OBJECTS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: Foo.x, namespace: nn}
---
apiVersion: v1
kind: Namespace
metadata: {name: z}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:x"}
---
apiVersion: a.io/v1
kind: Foo
metadata: {name: Q, namespace: default}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    (tmp_path / "d.yaml").write_text(OBJECTS)
    (tmp_path / "kustomization.yaml").write_text("resources: [d.yaml]\n")
    (tmp_path / "out").mkdir()
    return tmp_path


def test_a_folder_gets_a_file_for_each_object(overlay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names are group, version, kind and name in small letters, after the namespace as there are two."""
    assert main(["kustomize", "build", str(overlay), "-o", str(overlay / "out")]) == 0
    names = sorted(path.name for path in (overlay / "out").iterdir())
    assert names == [
        "default_a.io_v1_foo_q.yaml",
        "nn_apps_v1_deployment_foo.x.yaml",
        "rbac.authorization.k8s.io_v1_clusterrole_system:x.yaml",
        "v1_namespace_z.yaml",
    ]
    texts = [(overlay / "out" / name).read_text() for name in names]
    assert sorted(texts) == sorted(build_folder(str(overlay)).to_text().split("---\n"))
    assert capsys.readouterr() == ("", "")


def test_one_namespace_is_not_said(overlay: Path) -> None:
    """With all objects in one namespace, names do not begin with it."""
    (overlay / "kustomization.yaml").write_text("resources: [d.yaml]\nnamespace: one\n")
    assert sorted(build_folder(str(overlay)).to_files())[0] == "a.io_v1_foo_q.yaml"


def test_a_name_cannot_lead_out_of_the_folder(overlay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An object whose name has a slash is refused, and nothing is written."""
    (overlay / "d.yaml").write_text("apiVersion: v1\nkind: X\nmetadata: {name: /../../y}\n")
    assert main(["kustomize", "build", str(overlay), "-o", str(overlay / "out")]) == 1
    assert "its name cannot be the name of a file" in capsys.readouterr().err
    assert not list((overlay / "out").iterdir())


def test_a_file_gets_all(overlay: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path that is no folder is a file; one that cannot be written is an error in the real tool's words."""
    target = overlay / "all.yaml"
    assert main(["kustomize", "build", str(overlay), "-o", str(target)]) == 0
    assert target.read_text() == build_folder(str(overlay)).to_text()
    assert main(["kustomize", "build", str(overlay), "-o", str(overlay / "none" / "x.yaml")]) == 1
    assert capsys.readouterr().err == f"Error: open {overlay}/none/x.yaml: no such file or directory\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["."],
        [".", "-o", "all.yaml"],
        ["--output=all.yaml", "."],
        ["--load-restrictor", "LoadRestrictionsNone", "."],
        [".", "--load-restrictor=LoadRestrictionsRootOnly"],
    ],
    ids=" ".join,
)
def test_without_a_parser_flags_mean_the_same(
    words: list[str], overlay: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is read quickly is what the parser reads, which the function flags bring in."""
    monkeypatch.chdir(overlay)
    monkeypatch.setenv("KUSTOMIZE_ENABLE_MANAGEDBY_LABEL", "on")
    found = []
    for call in (run_quickly, lambda words: main(["kustomize", *words, "--network"])):
        (overlay / "all.yaml").unlink(missing_ok=True)
        assert call(["build", *words]) == 0
        output = capsys.readouterr().out
        found.append((output, (overlay / "all.yaml").read_text() if (overlay / "all.yaml").exists() else ""))
    assert found[0] == found[1]
    assert "managed-by: kustomize" in "".join(found[0])


@pytest.mark.parametrize(
    "words",
    [["edit"], ["build", "a", "b"], ["build", "-h"], ["build", "-o"], ["build", "--load-restrictor=x"], ["build", ""]],
    ids=" ".join,
)
def test_what_needs_a_parser_is_left_to_it(words: list[str]) -> None:
    """Help, mistakes and rare flags are not read quickly."""
    assert run_quickly(words) is None
