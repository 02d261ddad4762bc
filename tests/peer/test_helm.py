"""Our Helm beside the real one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.testing import compat_helm

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "golden" / "helm")]

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


def test_source_map_of_fixture_charts() -> None:
    """Every shared chart has an origin for each line of its output, and the traced run repeats the render."""
    from fairlead.cli.helm.files import read_folder
    from fairlead.engines.helm import HelmError, load_chart, render
    from fairlead.engines.helm.sourcemap import output_origins

    shared = os.environ.get("FAIRLEAD_SHARED")
    if not shared:
        pytest.skip("FAIRLEAD_SHARED does not say where the shared fixtures are")
    mapped = 0
    for folder in compat_helm.find_charts(Path(shared) / "fixtures" / "charts"):
        try:
            done = render(load_chart(read_folder(str(folder))), {})
        except HelmError:
            continue
        origins = output_origins(done)
        assert len(origins) == done.to_text().count("\n"), folder
        mapped += sum(bool(origin.steps) for origin in origins)
    assert mapped > 10_000


def test_recorded_snippets_are_current() -> None:
    """A sample of the recorded snippets, and fresh ones, give what Helm's library gives now."""
    import helm_snippets
    from record_helm import HELM_RENDER, ask_helm
    from test_snippets import DATA, render_snippet

    if not HELM_RENDER.is_file():
        pytest.skip("no .peers/helm-render: run make peers")
    cases = [case for group in DATA["cases"].values() for case in group]
    chosen = random.Random(7).sample(cases, 1500)
    answers = ask_helm(DATA["files"], [case["in"] for case in chosen])
    assert [{"in": case["in"], **answer} for case, answer in zip(chosen, answers, strict=True)] == chosen
    writer = random.Random(8)
    fresh = []
    for _ in range(500):
        language = helm_snippets.Language(writer)
        fresh.append(language.text() + language.stmt())
    wrong = [
        snippet
        for snippet, answer in zip(fresh, ask_helm(DATA["files"], fresh), strict=True)
        if render_snippet(DATA["files"], snippet) != answer
    ]
    assert len(wrong) <= 5, wrong  # what docs/compat/helm.md lists comes up now and then


def test_recorded_broken_charts_are_current() -> None:
    """helm still fails in the words that are recorded."""
    from broken_charts import BROKEN, chart_of
    from record_helm import run_helm

    recorded = {case["name"]: case["error"] for case in json.loads((LANGUAGE.parent / "broken.json").read_text())}
    found = {name: run_helm(chart_of(change), flags)[1] for name, change, flags, _ in BROKEN}
    assert found == recorded


def test_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Subcharts, values, flags, hooks and files give helm's output, and fail where it fails in its words."""
    from helm_scenarios import SCENARIOS

    monkeypatch.setenv("FAIRLEAD_TEMPLATE_CACHE", "off")
    wrong: list[str] = []
    for number, (files, flag_lists) in enumerate(SCENARIOS):
        folder = tmp_path / str(number)
        for name, text in files.items():
            path = folder / "c" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        monkeypatch.chdir(folder)
        for flags in flag_lists:
            argv = ["template", "c", *flags]
            done = subprocess.run([str(HELM), *argv], capture_output=True, check=False)
            theirs = compat_helm.Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
            mine = compat_helm.run_command(argv)
            result = compat_helm.compare(compat_helm.Case(folder / "c", ()), (theirs, theirs), mine)
            if result.verdict != compat_helm.EQUAL:
                wrong.append(f"{number} {flags}: {result.verdict}: {result.detail}")
    assert not wrong


def test_random_charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts that nobody wrote, with every kind of flag, give helm's output, verdict, words and log."""
    import random_charts

    monkeypatch.setenv("FAIRLEAD_TEMPLATE_CACHE", "off")
    wrong = []
    for seed in range(1, 61):
        folder = tmp_path / str(seed)
        folder.mkdir()
        result, flags = random_charts.one(seed, folder)
        if result.verdict != compat_helm.EQUAL:
            wrong.append(f"{seed} {flags}: {result.verdict}: {result.detail}")
    assert not wrong
