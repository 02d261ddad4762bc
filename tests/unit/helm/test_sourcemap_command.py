"""``--source-map`` describes what is printed, whatever the flags leave of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.cli.helm import main as helm

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\n"
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.0.0\n",
    "crds/c.yaml": "kind: CustomResourceDefinition\nmetadata:\n  name: c\n",
    "templates/a.yaml": f"\n{CONFIG_MAP}metadata: {{name: a}}\n---\n# 2\n{CONFIG_MAP}metadata: {{name: a2}}\n\n\n",
    "templates/b.yaml": f"# b\n{CONFIG_MAP}metadata: {{name: b}}\ndata:\n  text: |\n    ---x\n    end\n",
    "templates/hook.yaml": f"{CONFIG_MAP}metadata:\n  name: hook\n  annotations:\n    helm.sh/hook: pre-install\n",
    "templates/tests/t.yaml": f"{CONFIG_MAP}metadata:\n  name: t\n  annotations:\n    helm.sh/hook: test\n",
    "templates/z.yaml": f"{CONFIG_MAP}metadata: {{name: z}}\n",
}


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FAIRLEAD_TEMPLATE_CACHE", "off")
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        path = tmp_path / "top" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return "top"


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        ([], "a a2 b hook t z"),
        (["--no-hooks"], "a a2 b z"),
        (["--skip-tests"], "a a2 b hook z"),
        (["--include-crds"], "a a2 b c hook t z"),
        (["-s", "templates/b.yaml"], "b"),
        (["-s", "templates/z.yaml", "-s", "templates/a.yaml"], "a a2 z"),
        (["-s", "templates/hook.yaml", "--skip-tests"], "hook"),
        (["-s", "templates/tests/*", "--include-crds"], "t"),
        (["-s", "crds/*", "-s", "templates/hook.yaml", "--include-crds"], "c hook"),
    ],
    ids=" ".join,
)
def test_lines_are_those_printed(chart: str, capsys: pytest.CaptureFixture[str], flags: list[str], names: str) -> None:
    """Each printed line leads to the template line that reads the same, but for separators and comments on sources."""
    assert helm.main(["template", chart, *flags, "--source-map", "m.json"]) == 0
    printed = capsys.readouterr().out.split("\n")
    found = json.loads(Path("m.json").read_text())["lines"]
    assert {line.rpartition("name: ")[2].rstrip("}") for line in printed if "name: " in line} == set(names.split())
    for entry in found:
        (step,) = entry["template"]
        own = Path(step["file"]).read_text().split("\n")
        assert own[step["line"] - 1] == printed[entry["line"] - 1]
    told = {entry["line"] for entry in found}
    assert [
        line
        for number, line in enumerate(printed, 1)
        if line and line != "---" and not line.startswith("# Source: ") and number not in told
    ] == []


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--source-map", "none/m.json"], "open none/m.json: no such file or directory"),
        (["--source-map", "top"], "open top: is a directory"),
        (["--source-map", "top/Chart.yaml/m"], "open top/Chart.yaml/m: not a directory"),
        (
            ["--source-map", "m.json", "--output-dir", "out"],
            "--source-map describes the lines that are printed, and --output-dir prints none: give one",
        ),
    ],
    ids=["no folder", "a folder", "below a file", "output-dir"],
)
def test_refused_before_rendering(chart: str, capsys: pytest.CaptureFixture[str], argv: list[str], told: str) -> None:
    """Nothing is printed or written when there can be no map."""
    assert helm.main(["template", chart, *argv]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"Error: {told}\n")
    assert sorted(path.name for path in Path().iterdir()) == ["top"]


def test_a_full_disk(chart: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What shows only while the map is written is told too."""
    if not Path("/dev/full").is_char_device():
        pytest.skip("no /dev/full here")
    assert helm.main(["template", chart, "--source-map", "/dev/full"]) == 1
    assert capsys.readouterr().err == "Error: write /dev/full: no space left on device\n"


def test_a_failed_render_leaves_no_map(chart: str) -> None:
    """Seeing whether the file can be written leaves none behind."""
    Path("top/templates/a.yaml").write_text("{{ fail `x` }}")
    assert helm.main(["template", chart, "--source-map", "m.json"]) == 1
    assert not Path("m.json").exists()


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ([], ("top/values.yaml", 2)),
        (["-f", "f.yaml"], ("f.yaml", 1)),
        (["-f", "f.yaml", "--set", "image.tag=v9"], ("", 0)),
        (["--set", "image.tag=v9"], ("", 0)),
    ],
    ids=["default", "file", "flag after a file", "flag"],
)
def test_a_flag_that_comes_last(chart: str, flags: list[str], told: tuple[str, int]) -> None:
    """A value that a flag set leads to no file, though a file or the chart sets it before."""
    Path("top/values.yaml").write_text("image:\n  tag: v1\n")
    Path("f.yaml").write_text("image: {tag: v2}\n")
    Path("top/templates/a.yaml").write_text(f"{CONFIG_MAP}metadata: {{name: '{{{{ .Values.image.tag }}}}'}}\n")
    assert helm.main(["template", chart, "-s", "templates/a.yaml", *flags, "--source-map", "m.json"]) == 0
    found = [value for entry in json.loads(Path("m.json").read_text())["lines"] for value in entry["values"]]
    assert [(value["key"], value["file"], value["line"]) for value in found] == [("image.tag", *told)]
