"""Values that a schema refuses: hints name the file and line that set them, and the name that was meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.cli.helm import main as helm

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "version": {"type": "string"},
        "workers": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"replicas": {"type": "integer"}, "size": {}},
        },
        "ports": {"type": "array", "items": {"type": "object", "properties": {"port": {"type": "integer"}}}},
        "sub": {},
        "global": {},
    },
}
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies: [{name: sub, version: 1.0.0}]\n",
    "values.yaml": "version: v1\nworkers:\n  replicas: 1\n",
    "values.schema.json": json.dumps(SCHEMA),
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "charts/sub/values.yaml": "color: red\n",
    "charts/sub/values.schema.json": '{"properties": {"color": {}, "global": {}}, "additionalProperties": false}',
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


def _hints(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    assert helm.main(list(argv)) == 1
    err = capsys.readouterr().err
    return [line.removeprefix("hint: ") for line in err.split("\n") if line.startswith("hint: ")]


@pytest.mark.parametrize("command", ["template", "lint"])
@pytest.mark.parametrize(
    ("values", "flags", "told"),
    [
        ("versoin: v2\n", [], ["v.yaml:1: 'versoin' is no key of the chart; did you mean 'version'?"]),
        (
            "version: v2\nworkers:\n  size: 1\n  replicsa: 2\n",
            [],
            ["v.yaml:4: 'workers.replicsa' is no key of the chart; did you mean 'workers.replicas'?"],
        ),
        ("wholly: different\n", [], ["v.yaml:1: 'wholly' is no key of the chart"]),
        ("# none\n", ["--set", "versoin=v2"], ["a flag: 'versoin' is no key of the chart; did you mean 'version'?"]),
        ("\nworkers: {replicas: three}\n", [], ["v.yaml:2 sets 'workers.replicas'"]),
        ("workers: {replicas: 3}\n", ["--set", "workers.replicas=x"], ["a flag sets 'workers.replicas'"]),
        ("ports:\n- port: 1\n- port: b\n", [], ["v.yaml:3 sets 'ports[1].port'"]),
        ("sub:\n  colour: red\n", [], ["v.yaml:2: 'sub.colour' is no key of the chart; did you mean 'sub.color'?"]),
    ],
)  # fmt: skip
def test_hints(
    chart: str, capsys: pytest.CaptureFixture[str], command: str, values: str, flags: list[str], told: list[str]
) -> None:
    """Template and lint say the same."""
    Path("v.yaml").write_text(values)
    assert _hints(capsys, command, chart, "-f", "v.yaml", *flags) == told


def test_a_default_that_does_not_fit(chart: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What no user set leads to the chart's own file."""
    Path("top/values.yaml").write_text("version: 1\n")
    assert _hints(capsys, "template", chart) == ["top/values.yaml:1 sets 'version'"]


def test_what_helm_sets_itself(chart: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody set the 'global' that a closed schema of a subchart refuses."""
    Path("top/charts/sub/values.schema.json").write_text('{"properties": {"color": {}}, "additionalProperties": false}')
    assert _hints(capsys, "template", chart) == [
        "helm gives every subchart 'global': the values.schema.json of 'sub' has to allow it"
    ]


def test_the_last_file_counts(chart: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text("version: 1\n")
    Path("b.yaml").write_text("\nversion: 2\n")
    assert _hints(capsys, "template", chart, "-f", "a.yaml", "-f", "b.yaml") == ["b.yaml:2 sets 'version'"]


def test_lint_hints_at_misspelt_keys_of_an_open_chart(chart: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a schema nothing fails, and the hint is template's."""
    Path("top/values.schema.json").unlink()
    told = []
    for command in ("template", "lint"):
        assert helm.main([command, chart, "--set", "versoin=v2"]) == 0
        told.append(capsys.readouterr().err)
    assert told == ["hint: values key 'versoin' has no default in the chart; did you mean 'version'?\n"] * 2
