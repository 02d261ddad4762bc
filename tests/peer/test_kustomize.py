"""Our kustomize beside the real one."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from fairlead.testing import compat_kustomize
from fairlead.testing.kustomize_cases import Case, read_case
from fairlead.testing.kustomize_edits import write_files

ROOT = Path(__file__).parents[2]
KUSTOMIZE = ROOT / ".peers" / "kustomize"
GOLDEN = ROOT / "tests" / "golden" / "kustomize"
HELM = KUSTOMIZE.with_name("helm")
CHARTS = GOLDEN / "charts.json"
CASES = sorted(GOLDEN.glob("*/*.txt"))
SHARED = os.environ.get("FAIRLEAD_SHARED", "")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not KUSTOMIZE.is_file(), reason="no .peers/kustomize: run make peers"),
]


def _build(case: Case, tree: Path) -> dict[str, str]:
    """Return what the real kustomize says: output or error."""
    for name, text in case.files.items():
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    done = subprocess.run(
        [str(KUSTOMIZE), "build", str(tree / case.folder)], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return {"expected": done.stdout}
    text = done.stderr[done.stderr.find("Error:") :].replace(str(tree), "TREE")
    text = re.sub(r"0x[0-9a-f]+", "0xADDRESS", text)
    return {"error": text if text.endswith("\n") else f"{text}\n"}


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_recorded_cases_are_current(path: Path, tmp_path: Path) -> None:
    """The golden cases are what the kustomize at hand gives; FAIRLEAD_RECORD=1 writes them anew."""
    case = read_case(path)
    found = _build(case, tmp_path / "tree")
    message = found.get("error", "")
    assert all(name in message for name in case.names if message), "the message does not name what it should"
    kept = {name: text for name, text in case.sections.items() if name not in ("expected", "error")}
    fresh = case._replace(sections={**kept, **found})
    if os.environ.get("FAIRLEAD_RECORD"):
        path.write_text(fresh.render())
    assert fresh.render() == path.read_text()


@pytest.mark.skipif(not SHARED, reason="FAIRLEAD_SHARED names no folder with kustomizations")
@pytest.mark.parametrize("name", ["kustomize", "kustomize/krusty-cases.json"])
def test_shared_kustomizations_are_equal(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every kustomization there is built to the same bytes, or fails in both."""
    code = compat_kustomize.main([f"{SHARED}/fixtures/{name}", "--kustomize", str(KUSTOMIZE)])
    assert code == 0, capsys.readouterr().out


def test_random_kustomizations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees that nobody wrote are built to the same bytes, or fail in both."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import random_kustomizations

    alike = (compat_kustomize.EQUAL, compat_kustomize.FAILS_ALIKE)
    results = [random_kustomizations.one(seed, tmp_path / str(seed)) for seed in range(1, 101)]
    assert not [result for result in results if result.verdict not in alike]
    assert sum(result.verdict == compat_kustomize.EQUAL for result in results) > 30


def test_random_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So are trees of layers, before and after what fails is taken out of them."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import random_layers

    alike = (compat_kustomize.EQUAL, compat_kustomize.FAILS_ALIKE)
    results = [result for seed in range(1, 21) for result in random_layers.judged(seed, tmp_path / str(seed))]
    assert not [result for result in results if result.verdict not in alike]
    assert sum(result.verdict == compat_kustomize.EQUAL for result in results) > 10


@pytest.mark.skipif(not HELM.is_file(), reason="no .peers/helm: run make peers")
def test_recorded_charts_are_current(tmp_path: Path) -> None:
    """Charts are rendered as helm renders them for kustomize; FAIRLEAD_RECORD=1 writes them anew."""
    recorded = json.loads(CHARTS.read_text())
    fresh = []
    for number, case in enumerate(recorded["cases"]):
        folder = tmp_path / str(number)
        write_files(folder, {**recorded["files"], "kustomization.yaml": case["text"]})
        command = [str(KUSTOMIZE), "build", "--enable-helm", "--helm-command", str(HELM), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        fresh.append({"text": case["text"], "code": done.returncode, "output": done.stdout})
    if os.environ.get("FAIRLEAD_RECORD"):
        CHARTS.write_text(json.dumps({**recorded, "cases": fresh}, indent=1) + "\n")
    assert fresh == recorded["cases"] or os.environ.get("FAIRLEAD_RECORD")
