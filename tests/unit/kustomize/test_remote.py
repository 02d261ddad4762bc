"""Bases and files from elsewhere: refused, unless the caller gives what brings them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead.cli.main import main
from fairlead.engines.kustomize import KustomizeError, MemoryLoader, build
from fairlead.engines.kustomize.remote import Repository, parse_repository

# What kustomize 5.8.2 asks git for: address -> (URL, revision, folder of the kustomization).
ADDRESSES = {
    "https://github.com/org/repo": ("https://github.com/org/repo", "", ""),
    "github.com/org/repo//a/b?ref=v1": ("https://github.com/org/repo", "v1", "a/b"),
    "github.com/org/repo/a/b": ("https://github.com/org/repo", "", "a/b"),
    "GITHUB.COM/org/repo": ("https://github.com/org/repo", "", ""),
    "git@github.com:org/repo.git//x?version=2": ("git@github.com:org/repo.git", "2", "x"),
    "ssh://git@github.com/org/repo//x": ("git@github.com:org/repo", "", "x"),
    "https://example.invalid/org/repo.git/x?ref=a&timeout=1s": ("https://example.invalid/org/repo.git", "a", "x"),
    "https://me@example.invalid/g/s/repo.git//x": ("https://me@example.invalid/g/s/repo.git", "", "x"),
    "git::https://example.invalid/a/b/c//d?ref=q": ("https://example.invalid/a/b/c", "q", "d"),
    "git@example.invalid:org/repo//d": ("git@example.invalid:org/repo", "", "d"),
    "ssh://git@example.invalid:22/org/repo//d": ("ssh://git@example.invalid:22/org/repo", "", "d"),
    "https://example.invalid/org/repo/deep/er?ref=x%2Fy": ("https://example.invalid/org/repo", "x/y", "deep/er"),
    "https://dev.azure.invalid/org/p/_git/repo/sub?version=GBmaster": (
        "https://dev.azure.invalid/org/p/_git/repo",
        "GBmaster",
        "sub",
    ),
    "file:///nowhere/x.git/sub?ref=r": ("file:///nowhere/x.git", "r", "sub"),
    "file:///nowhere/x//sub": ("file:///nowhere/x", "", "sub"),
}
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


class FakeRemote:
    """Repositories are folders in memory, named by the end of their URLs."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def read(self, url: str) -> bytes:
        self.asked.append(url)
        if not url.endswith(".yaml"):
            raise KustomizeError(f"cannot load '{url}'")
        return OBJECT.encode()

    def check_out(self, repository: Repository) -> str:
        self.asked.append(repository)
        return repository.url.rpartition("/")[2]


def _build(files: dict[str, str], root: str = "top") -> tuple[str, list[object]]:
    remote = FakeRemote()
    loader = MemoryLoader({name: text.encode() for name, text in files.items()})
    return build(root, loader, remote=remote).to_text(), remote.asked


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_read_as_the_real_tool_reads_it(address: str) -> None:
    """URL, revision and folder."""
    assert parse_repository(address) == (*ADDRESSES[address], True)


def test_submodules_can_be_left_out() -> None:
    """They are fetched unless the address says otherwise."""
    assert not parse_repository("https://h.invalid/a/b?submodules=false").submodules


@pytest.mark.parametrize("address", ["https://h.invalid/a/b//../c", "https://h.invalid/a/b//x/../../c"])
def test_a_folder_lies_in_its_repository(address: str) -> None:
    """An address cannot lead out of what it fetches."""
    with pytest.raises(KustomizeError, match="url path exits repo"):
        parse_repository(address)


def test_bases_and_files_come_from_the_remote() -> None:
    """Both are asked for once, and the origin of a base's objects tells repository and revision."""
    text, asked = _build(
        {
            "top/kustomization.yaml": "buildMetadata: [originAnnotations]\nresources:\n"
            "- https://h.invalid/o/repo//sub?ref=v1\n- https://h.invalid/b.yaml\n",
            "repo/sub/kustomization.yaml": "resources: [c.yaml]\nnamePrefix: p-\n",
            "repo/sub/c.yaml": OBJECT,
        }
    )
    assert "name: p-a\n" in text
    assert "path: sub/c.yaml\n      repo: https://h.invalid/o/repo\n      ref: v1\n" in text
    assert asked[-2:] == [Repository("https://h.invalid/o/repo", "v1", "sub", True), "https://h.invalid/b.yaml"]


def test_a_base_in_a_repository_stays_in_it() -> None:
    """What was fetched cannot reach the caller's own files."""
    with pytest.raises(KustomizeError, match="in cloned git repos must be within the repo"):
        _build(
            {
                "top/kustomization.yaml": "resources: ['https://h.invalid/o/repo//sub']\n",
                "repo/sub/kustomization.yaml": "resources: [../../secret]\n",
                "secret/kustomization.yaml": "resources: [c.yaml]\n",
                "secret/c.yaml": OBJECT,
            }
        )


def test_repositories_that_need_each_other_are_a_cycle() -> None:
    """A base that comes back to its own address is an error, not an endless build."""
    with pytest.raises(KustomizeError, match="cycle detected: URI 'https://h"):
        _build(
            {
                "top/kustomization.yaml": "resources: ['https://h.invalid/o/repo']\n",
                "repo/kustomization.yaml": "resources: ['https://h.invalid/o/other']\n",
                "other/kustomization.yaml": "resources: ['https://h.invalid/o/repo']\n",
            }
        )


def test_the_root_may_be_remote() -> None:
    """The build's own root is an address as well."""
    files = {"repo/kustomization.yaml": "resources: [c.yaml]\n", "repo/c.yaml": OBJECT}
    assert _build(files, "https://h.invalid/o/repo")[0].endswith("name: a\n")


def test_nothing_is_fetched_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a remote, bases, files and roots are refused by their names."""
    for name in ("https://h.invalid/o/repo//sub", "https://h.invalid/b.yaml"):
        (tmp_path / "kustomization.yaml").write_text(f"resources: ['{name}']\n")
        assert main(["kustomize", "build", str(tmp_path)]) == 1
        assert f"'{name}' is not loaded: remote" in capsys.readouterr().err
    assert main(["kustomize", "build", "https://h.invalid/o/repo"]) == 1
    assert "'https://h.invalid/o/repo' is not loaded: remote repositories" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
def test_git_brings_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--enable-remote` checks out the revision, and a missing one is git's own error."""
    repo = tmp_path / "repo"
    (repo / "sub").mkdir(parents=True)
    (repo / "sub" / "kustomization.yaml").write_text("resources: [a.yaml]\n")
    (repo / "sub" / "a.yaml").write_text(OBJECT)
    names = {f"GIT_{who}_{what}": "x@x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"], ["tag", "v1"]):
        subprocess.run(["git", *words], cwd=repo, check=True, timeout=60, env={**os.environ, **names})
    top = tmp_path / "top"
    top.mkdir()
    (top / "kustomization.yaml").write_text(f"namePrefix: p-\nresources: ['file://{repo}//sub?ref=v1']\n")
    assert main(["kustomize", "build", "--enable-remote", str(top)]) == 0
    assert capsys.readouterr().out == "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: p-a\n"
    (top / "kustomization.yaml").write_text(f"resources: ['file://{repo}//sub?ref=none']\n")
    assert main(["kustomize", "build", "--enable-remote", str(top)]) == 1
    assert f"failed to run 'git fetch --depth=1 file://{repo} none'" in capsys.readouterr().err
