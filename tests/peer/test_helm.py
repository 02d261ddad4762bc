"""Our Helm beside the real one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from fairlead.testing import compat_helm

ROOT = Path(__file__).parents[2]
HELM = ROOT / ".peers" / "helm"
LANGUAGE = ROOT / "tests" / "golden" / "helm" / "language"

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not HELM.is_file(), reason="no .peers/helm: run make peers"),
]


def _helm(folder: Path, template: str) -> str:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "Chart.yaml").write_text(
        "apiVersion: v2\nname: p\nversion: 0.1.0\nappVersion: 1.10\nannotations: {a: b}\n"
    )
    (folder / "values.yaml").write_bytes((LANGUAGE / "values.yaml").read_bytes())
    (folder / "f.txt").write_text("one\ntwo\n")
    (folder / "templates" / "t.yaml").write_text(template)
    done = subprocess.run([str(HELM), "template", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout.removeprefix("---\n# Source: p/templates/t.yaml\n")
    text = done.stderr[done.stderr.find("Error:") :]
    return "ERR " + text.replace("\n\nUse --debug flag to render out invalid YAML", "").strip()


def test_recorded_language_is_current(tmp_path: Path) -> None:
    """The golden cases are what the helm at hand gives; FAIRLEAD_RECORD=1 writes them anew."""
    cases = json.loads((LANGUAGE / "cases.json").read_text())
    found = [{"template": case["template"], "helm": _helm(tmp_path, case["template"])} for case in cases]
    if os.environ.get("FAIRLEAD_RECORD"):
        (LANGUAGE / "cases.json").write_text(json.dumps(found, indent=1, ensure_ascii=False))
    assert found == cases


def test_fixture_charts_render_to_the_byte(tmp_path: Path) -> None:
    """Every shared chart with every values file beside it renders as helm renders it."""
    shared = os.environ.get("FAIRLEAD_SHARED")
    if not shared:
        pytest.skip("FAIRLEAD_SHARED does not say where the shared fixtures are")
    root = Path(shared) / "fixtures" / "charts"
    peer = compat_helm.Peer(HELM, tmp_path)
    bad = []
    for case in compat_helm.cases(root):
        result = compat_helm.compare(case, peer.run(case), compat_helm.ours(case))
        if result.verdict not in (compat_helm.EQUAL, compat_helm.RANDOM):
            bad.append(f"{result.verdict}: {case.label(root)}: {result.detail}")
    assert not bad
