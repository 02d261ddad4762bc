"""The source map leads from output lines to template lines and values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.cli.helm import main as helm
from fairlead.engines.helm import Options, Rendered, load_chart, render
from fairlead.engines.helm.sourcemap import output_origins

CHART = {
    "Chart.yaml": b"apiVersion: v2\nname: top\nversion: 1.0.0\n",
    "values.yaml": (
        b"name: web\nimage:\n  tag: v1\nports:\n  - 80\n  - 443\n"
        b"resources:\n  limits:\n    cpu: 1\ngreeting: 'hi {{ .Values.name }}'\nglobal:\n  zone: a\nsub:\n  size: 7\n"
    ),
    "templates/_helpers.tpl": (
        b'{{- define "labels" }}\nname: {{ .Values.name }}\ntag: {{ .Values.image.tag }}\n{{- end }}'
    ),
    "templates/a.yaml": (
        b'kind: A\nlabels:\n  {{- include "labels" . | nindent 2 }}\nports:\n'
        b"{{- range .Values.ports }}\n- port: {{ . }}\n{{- end }}\n"
        b"resources:\n  {{- toYaml .Values.resources | nindent 2 }}\n"
        b"greeting: {{ tpl .Values.greeting . }}\nzone: {{ .Values.global.zone }}\n"
    ),
    "charts/sub/Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "charts/sub/values.yaml": b"size: 1\ncolor: red\n",
    "charts/sub/templates/b.yaml": (
        b"kind: B\nsize: {{ .Values.size }}\ncolor: {{ .Values.color }}\nzone: {{ .Values.global.zone }}\n"
    ),
}


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    override = b"image:\n\n  tag: v2\n"
    return render(load_chart(CHART), {"image": {"tag": "v2"}}, sources=[("mine.yaml", override)])


@pytest.mark.parametrize(
    ("line", "template", "values"),
    [
        ("  name: web", "top/templates/_helpers.tpl:2", ["name=top/values.yaml:1"]),
        ("  tag: v2", "top/templates/_helpers.tpl:3", ["image.tag=mine.yaml:3"]),
        ("- port: 443", "top/templates/a.yaml:6", []),
        ("  limits:", "top/templates/a.yaml:9", ["resources.limits=top/values.yaml:8"]),
        ("    cpu: 1", "top/templates/a.yaml:9", ["resources.limits.cpu=top/values.yaml:9"]),
        ("greeting: hi web", "top/templates/a.yaml:10", ["name=top/values.yaml:1", "greeting=top/values.yaml:10"]),
        ("kind: B", "top/charts/sub/templates/b.yaml:1", []),
        ("size: 7", "top/charts/sub/templates/b.yaml:2", ["sub.size=top/values.yaml:14"]),
        ("color: red", "top/charts/sub/templates/b.yaml:3", ["sub.color=top/charts/sub/values.yaml:2"]),
    ],
    ids=str,
)
def test_line(rendered: Rendered, line: str, template: str, values: list[str]) -> None:
    """A line of output leads to the template line and the values line that made it."""
    lines = rendered.to_text().split("\n")
    origin = output_origins(rendered)[lines.index(line)]
    assert f"{origin.template}:{origin.line}" == template
    assert [f"{value.key}={value.file}:{value.line}" for value in origin.values] == values


def test_globals_are_found_where_the_parent_set_them(rendered: Rendered) -> None:
    """A global read in a subchart leads to the parent's values."""
    lines = rendered.to_text().split("\n")
    last = len(lines) - 1 - lines[::-1].index("zone: a")
    at = lines.index("kind: B") + 3
    assert at <= last
    origin = output_origins(rendered)[at]
    assert [(value.file, value.line) for value in origin.values] == [("top/values.yaml", 12)]


def test_hooks_follow_the_last_manifest() -> None:
    """Empty lines that are not printed shift no line of the hooks below."""
    hook = b"metadata:\n  annotations: {helm.sh/hook: pre-install}\nkind: H\n"
    files = {**CHART, "templates/h.yaml": hook, "templates/z.yaml": b"kind: Z\na: |\n  x\n\n\n"}
    done = render(load_chart(files), {})
    lines = done.to_text().split("\n")
    origins = output_origins(done)
    assert len(origins) == len(lines) - 1
    at = lines.index("kind: H")
    assert (origins[at].template, origins[at].line) == ("top/templates/h.yaml", 3)


def test_methods_take_traced_texts() -> None:
    """A text made in the template is an argument like any other, also while it is traced."""
    template = (
        b'{{ if .Capabilities.APIVersions.Has (printf "%s/v1" .Values.group) }}\na: 1\n{{ end }}\n'
        b'b: {{ .Files.Get (print .Values.file ".txt") }}\n'
    )
    files = {
        "Chart.yaml": b"apiVersion: v2\nname: m\nversion: 1.0.0\n",
        "values.yaml": b"group: apps\nfile: f\n",
        "templates/a.yaml": template,
        "f.txt": b"text",
    }
    done = render(load_chart(files), {})
    lines = done.to_text().split("\n")
    origins = output_origins(done)
    assert origins[lines.index("a: 1")].line == 2
    assert [value.key for value in origins[lines.index("b: text")].values] == ["file"]


def test_replay_gives_the_same_text() -> None:
    """The traced run repeats the render, random text included."""
    files = {
        "Chart.yaml": b"apiVersion: v2\nname: r\nversion: 1.0.0\n",
        "templates/a.yaml": b'a: {{ randAlphaNum 12 }}\nb: {{ uuidv4 }}\nc: {{ now | date "2006" }}\n',
    }
    done = render(load_chart(files), {})
    assert done.source_map.document("r/templates/a.yaml", done.manifests[0].content)[1].line == 2


def test_command_writes_the_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--source-map writes an entry for each line that a template made, values files by the name given."""
    for name, data in CHART.items():
        path = tmp_path / "top" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "mine.yaml").write_text("image:\n\n  tag: v2\n")
    monkeypatch.setenv("FAIRLEAD_TEMPLATE_CACHE", "off")
    argv = ["template", str(tmp_path / "top"), "-f", str(tmp_path / "mine.yaml")]
    assert helm.main([*argv, "--source-map", str(tmp_path / "map.json")]) == 0
    found = json.loads((tmp_path / "map.json").read_text())
    assert found["version"] == 1
    entry = next(item for item in found["lines"] if item["line"] == 7)
    assert entry == {
        "line": 7,
        "template": [
            {"file": "top/templates/a.yaml", "line": 3, "name": "top/templates/a.yaml"},
            {"file": "top/templates/_helpers.tpl", "line": 3, "name": "labels"},
        ],
        "values": [{"key": "image.tag", "file": str(tmp_path / "mine.yaml"), "line": 3}],
    }


def test_documents_that_a_post_renderer_rewrote_have_no_origins() -> None:
    """Every printed line still has its place in the list; what came back as it was is still traced."""
    files = {
        "Chart.yaml": CHART["Chart.yaml"],
        "templates/a.yaml": b"kind: A\n",
        "templates/b.yaml": b"kind: B\nx: y\n",
    }

    def change(text: str) -> str:
        return text.replace("kind: A", "kind: Changed\nadded: line")

    found = render(load_chart(files), {}, options=Options(post_renderer=change))
    origins = output_origins(found)
    lines = found.to_text().splitlines()
    assert len(origins) == len(lines)
    assert not origins[lines.index("added: line")].steps
    assert (origins[lines.index("x: y")].template, origins[lines.index("x: y")].line) == ("top/templates/b.yaml", 2)
