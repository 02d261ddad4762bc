"""A chart that was rendered before renders as one that was just loaded: nothing leaks from render to render."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.engines.helm import Chart, HelmError, load_chart, render

FILES = {
    "Chart.yaml": b"""apiVersion: v2
name: top
version: 1.0.0
dependencies:
- {name: sub, version: 1.0.0, condition: sub.enabled}
- {name: sub, version: 1.0.0, alias: other}
""",
    "values.yaml": b"a: {b: 1, c: [1, {d: 2}]}\nsub: {enabled: true, x: {y: 1}}\nglobal: {g: {h: 1}}\nnone: ~\n",
    "templates/_h.tpl": b'{{ define "top.name" }}{{ .Release.Name }}-{{ .Values.a.b }}{{ end }}',
    "templates/a.yaml": b"""name: {{ include "top.name" . }}
again: {{ include "top.name" . }}
{{ $_ := set .Values.a "b" "changed" }}
after: {{ include "top.name" . }}
values: {{ toJson .Values }}
""",
    "templates/b.yaml": b'name: {{ include "top.name" . }}\nglobal: {{ toJson .Values.global }}\n',
    "charts/sub/Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "charts/sub/values.yaml": b"x: {y: 0, z: [0]}\nglobal: {g: {i: 2}}\n",
    "charts/sub/templates/c.yaml": b'values: {{ toJson .Values }}\n{{ $_ := set .Values.global.g "h" "changed" }}\n',
}
VALUES: list[dict[str, Any]] = [
    {},
    {"more": 1.0},
    {"a": {"b": 2.0}},
    {"a": None},
    {"a": "text"},
    {"sub": {"x": {"y": 5.0}}},
    {"sub": {"enabled": False}},
    {"other": {"x": None}},
    {"global": {"g": {"h": 3.0}, "k": 1.0}},
]


def _outcome(chart: Chart, values: dict[str, Any]) -> object:
    try:
        done = render(chart, values)
    except HelmError as error:
        return str(error)
    return done.to_text(), done.values, done.warnings


@pytest.mark.parametrize("first", VALUES, ids=str)
def test_renders_do_not_hang_on_those_before(first: dict[str, Any]) -> None:
    """Whatever was rendered before, and however often, each outcome is that of a fresh chart."""
    chart = load_chart(FILES)
    for values in (first, first, first, *VALUES, first):
        assert _outcome(chart, values) == _outcome(load_chart(FILES), values)
    assert chart.values == load_chart(FILES).values


def test_a_changed_value_is_seen_by_templates_that_follow() -> None:
    """A partial is worked out again after a template changed what it reads."""
    text = render(load_chart(FILES), {}).to_text()
    names = [line for line in text.split("\n") if line.startswith(("name: ", "again: ", "after: "))]
    one, changed = "release-name-1", "release-name-changed"
    assert names == [f"name: {one}", f"again: {one}", f"after: {changed}", f"name: {one}"]
