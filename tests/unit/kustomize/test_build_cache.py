"""What a build printed is kept, and used only while nothing it read has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairlead.cli.kustomize.main import run_quickly

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: one}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kustomization, with a cache of its own."""
    monkeypatch.setenv("FAIRLEAD_BUILD_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "k"
    place.mkdir()
    (place / "kustomization.yaml").write_text("resources: [a.yaml]\n")
    (place / "a.yaml").write_text(CONFIG_MAP)
    return place


def _entries(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache").iterdir())


def _printed(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> bytes:
    assert run_quickly(["build", str(folder)]) == 0
    return capsysbinary.readouterr().out


def test_the_second_build_is_the_kept_one(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """The same files give the same bytes without the engine, as a marked entry shows."""
    first = _printed(folder, capsysbinary)
    assert b"k: one" in first
    assert _printed(folder, capsysbinary) == first
    assert len(_entries(folder)) == 1


@pytest.mark.parametrize("change", ["content", "new-name", "link"])
def test_a_change_is_seen(folder: Path, capsysbinary: pytest.CaptureFixture[bytes], change: str) -> None:
    """A changed file, one that was missing, or a link that leads elsewhere make a new build."""
    _printed(folder, capsysbinary)
    if change == "content":
        (folder / "a.yaml").write_text(CONFIG_MAP.replace("one", "two"))
    elif change == "link":
        (folder / "b.yaml").write_text(CONFIG_MAP.replace("one", "two"))
        (folder / "a.yaml").unlink()
        (folder / "a.yaml").symlink_to("b.yaml")
    else:
        (folder / "Kustomization").write_text("resources: []\n")
        assert run_quickly(["build", str(folder)]) == 1
        return
    assert b"k: two" in _printed(folder, capsysbinary)


@pytest.mark.parametrize("damage", ["cut", "flipped", "writable"])
def test_a_bad_entry_is_not_used(folder: Path, capsysbinary: pytest.CaptureFixture[bytes], damage: str) -> None:
    """A damaged entry, or one that others may write, is as good as none."""
    first = _printed(folder, capsysbinary)
    entry = _entries(folder)[0]
    data = entry.read_bytes()
    if damage == "cut":
        entry.write_bytes(data[:50])
    elif damage == "flipped":
        entry.write_bytes(data.replace(b"one", b"two"))
    else:
        os.chmod(entry, 0o666)
    assert _printed(folder, capsysbinary) == first


def test_a_missing_folder_is_not_kept(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """What was not there may be there the next time."""
    other = folder.parent / "later"
    assert run_quickly(["build", str(other)]) == 1
    folder.rename(other)
    assert b"k: one" in _printed(other, capsysbinary)
