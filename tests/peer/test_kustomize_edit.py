"""The recorded cases of `kustomize edit` and `create` beside the real tool."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fairlead.testing.kustomize_edits import read_cases, read_files, text_after, write_files, write_tree

ROOT = Path(__file__).parents[2]
KUSTOMIZE = ROOT / ".peers" / "kustomize"
RECORDED = ROOT / "tests" / "golden" / "kustomize" / "edit.json"
FIXES = RECORDED.with_name("fix.json")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not KUSTOMIZE.is_file(), reason="no .peers/kustomize: run make peers"),
]


def test_recorded_edits_are_current(tmp_path: Path) -> None:
    """Each file is what the kustomize at hand writes; FAIRLEAD_RECORD=1 writes them anew."""
    recorded = read_cases(RECORDED)
    fresh = []
    for number, case in enumerate(recorded["cases"]):
        folder = tmp_path / str(number)
        write_tree(folder, recorded["bases"][case["base"]])
        fresh.append(_run(case, folder))
    if os.environ.get("FAIRLEAD_RECORD"):
        RECORDED.write_text(json.dumps({**recorded, "cases": fresh}, indent=1, ensure_ascii=False) + "\n")
    assert fresh == recorded["cases"]


def _run(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    command = [str(KUSTOMIZE), *shlex.split(case["command"])]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = {**case, "code": done.returncode, "text": text_after(folder, done.returncode)}
    if done.returncode:
        first = next(line for line in done.stderr.splitlines() if line.startswith("Error: "))
        found["error"] = first.replace(str(folder), "TREE")
    return found


def test_recorded_fixes_are_current(tmp_path: Path) -> None:
    """What is written and said, also into other files; FAIRLEAD_RECORD=1 writes it anew."""
    recorded = json.loads(FIXES.read_text())
    fresh = []
    for number, case in enumerate(recorded):
        folder = tmp_path / str(number)
        write_files(folder, case["files"])
        command = [str(KUSTOMIZE), *shlex.split(case["command"])]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        found = {
            "code": done.returncode,
            "output": done.stdout.replace(str(folder), "TREE"),
            "after": read_files(folder),
        }
        if done.returncode:
            found["error"] = next(line for line in done.stderr.splitlines() if line.startswith("Error: "))
        fresh.append({"command": case["command"], "files": case["files"], **found})
    if os.environ.get("FAIRLEAD_RECORD"):
        FIXES.write_text(json.dumps(fresh, indent=1, ensure_ascii=False) + "\n")
    assert fresh == recorded or os.environ.get("FAIRLEAD_RECORD")
