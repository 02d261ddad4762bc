"""Recorded runs of `kustomize edit` and `create`: the folder each starts from, and what is there afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "kustomization.yaml"
_OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
_FILES = {
    **dict.fromkeys(("new.yaml", "r.yaml", "p.yaml", "p2.yaml", "comp/kustomization.yaml", "sub/deep.yaml"), _OBJECT),
    "e.env": "A=b\nC=d\n",
    "bad.yaml": "a: b\n",
    "two.json": '{"apiVersion": "v1", "kind": "X", "metadata": {"name": "n"}}\n',
}


def read_cases(path: Path) -> dict[str, Any]:
    """Return the recorded file: `bases`, texts by name, and `cases` with command, base, code and text."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def write_tree(folder: Path, base: str | None) -> None:
    """Write what every case starts from, with *base* as the kustomization, none for None."""
    write_files(folder, _FILES)
    if base is not None:
        (folder / FILE).write_text(base)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write *files*, texts by their paths in *folder*."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def read_files(folder: Path) -> dict[str, str]:
    """Return the texts of all files in *folder*, by their paths in it."""
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def text_after(folder: Path, code: int) -> str | None:
    """Return the kustomization after a run that ended with *code*, None after a failure."""
    return (folder / FILE).read_text() if code == 0 else None
