"""Outputs of earlier renders are used where nothing that was read differs, and only there."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from fairlead.engines.helm import Chart, HelmError, Options, Release, World, load_chart, render
from fairlead.engines.helm.reuse import Outputs, Snapshot, Turn

HELPERS = b"""
{{- define "t.name" }}{{ .Values.nameOverride | default .Chart.Name }}-{{ .Release.Name }}{{ end -}}
{{- define "t.render" }}
{{- if typeIs "string" .value }}{{ tpl .value .context }}{{ else }}{{ tpl (.value | toYaml) .context }}{{ end }}
{{- end -}}
{{- define "t.deep" }}{{ $it := dict "root" $ "part" .Values.part }}{{ $it.root.Values.far }}{{ $it.part.b }}{{ end -}}
"""
BODIES = {
    "field": "# {{ .Values.a.b }}",
    "if": "# {{ if .Values.maps }}yes{{ else }}no{{ end }}",
    "with": "# {{ with .Values.part }}{{ .b }}{{ else }}none{{ end }}",
    "range": "# {{ range $k, $v := .Values.maps }} - {{ $k }}: {{ $v.x }}{{ end }}",
    "rangeone": "# {{ range .Values.list }} - {{ . | quote }}{{ else }}none{{ end }}",
    "include": '# {{ include "t.name" . }}',
    "tpl": '# {{ include "t.render" (dict "value" .Values.template "context" $) | b64enc }}',
    "deep": '# {{ include "t.deep" . }}',
    "yaml": "# {{ toYaml .Values.part | b64enc }}",
    "all": "# {{ toJson .Values }}",
    "index": '# {{ index .Values "maps" "one" "x" }}',
    "get": '# {{ get .Values.part "b" }}{{ hasKey .Values.part "c" }}',
    "dig": '# {{ dig "one" "x" "no" .Values.maps }}',
    "keys": '# {{ keys .Values.maps | sortAlpha | join "," }}{{ len .Values.list }}',
    "values": "# {{ range values .Values.maps }}{{ .x }}{{ end }}",
    "pick": '# {{ pick .Values.part "b" | toJson }}{{ omit .Values.part "b" | toJson }}',
    "pluck": '# {{ pluck "b" .Values.part .Values.maps | toJson }}',
    "merge": "# {{ merge (dict) .Values.part .Values.maps | toJson }}",
    "mergeroot": '# {{ $m := merge (dict "more" 1) . }}{{ $m.Values.far }}{{ $m.more }}',
    "mergedeep": "# {{ $m := mergeOverwrite (deepCopy .Values.part) .Values.maps }}{{ $m | toJson }}",
    "default": '# {{ (default (dict "b" 9) .Values.part).b }}',
    "ternary": "# {{ ternary .Values.a .Values.part .Values.flag | toJson }}",
    "lists": '# {{ first .Values.list }}{{ concat .Values.list (list 1) | toJson }}{{ has "x" .Values.list }}',
    "variable": "# {{ $p := .Values.part }}{{ $q := $p }}{{ $q.b }}",
    "kind": "# {{ kindOf .Values.part }}{{ typeOf .Values.far }}",
    "release": "# {{ .Release.Revision }}{{ .Release.IsUpgrade }}",
    "global": "# {{ .Values.global.g }}",
    "chart": "# {{ .Chart.Description }}{{ .Chart.Annotations.note }}",
    "subchart": '# {{ .Values.sub.own }}{{ (index .Subcharts "sub").Values.own }}',
    "random": "# {{ randAlphaNum 4 }}",
    "now": '# {{ now | date "2006" }}{{ .Values.far }}',
    "print": '# {{ printf "%v" .Values.maps }}{{ .Values.part }}',
    "methods": "# {{ .Values.AsMap | len }}",
}
SUB = {
    "charts/sub/Chart.yaml": b"apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "charts/sub/values.yaml": b"own: 1\ndeep: {x: 1}\n",
    "charts/sub/templates/s.yaml": b"# {{ .Values.own }}{{ .Values.global.g }}\n",
    "charts/sub/templates/d.yaml": b"# {{ .Values.deep.x }}\n",
}
VALUES = b"""
a: {b: 1}
part: {b: 1, c: {d: text}}
maps: {one: {x: 1}, two: {x: 2}}
list: [x, y]
template: "{{ .Values.far }}"
far: away
flag: true
unread: 1
global: {g: 1}
nameOverride: ""
"""
CHANGERS = {
    "set": '{{ $_ := set .Values.part "b" .Values.far }}',
    "unset": '{{ $_ := unset .Values.part "b" }}',
    "setroot": '{{ $_ := set . "more" .Values.far }}',
    "setvalues": '{{ $_ := set .Values "far" .Values.a.b }}',
    "merge": '{{ $_ := mergeOverwrite .Values.part (dict "b" .Values.far) }}',
    "shared": '{{ $m := dict "p" .Values.part }}{{ $_ := merge $m (dict "p" (dict "new" .Values.far)) }}',
    "setchart": '{{ $_ := set .Chart "Description" .Values.far }}',
    "setrelease": '{{ $_ := set .Release "Name" .Values.far }}',
    "setsub": '{{ $_ := set (index .Subcharts "sub").Values "own" .Values.far }}',
    "sometimes": '{{ if .Values.flag }}{{ $_ := set .Values.part "b" "f" }}{{ end }}',
    "restless": '# {{ randAlpha 3 }}{{ if kindIs "bool" .Values.far }}{{ $_ := set .Values.part "b" "f" }}{{ end }}',
}
PATHS = [
    ("a", "b"), ("a",), ("part",), ("part", "b"), ("part", "c"), ("part", "c", "d"), ("maps",), ("maps", "one"),
    ("maps", "one", "x"), ("maps", "three"), ("list",), ("template",), ("far",), ("flag",), ("unread",),
    ("global",), ("global", "g"), ("nameOverride",), ("sub",), ("sub", "own"), ("sub", "deep"), ("sub", "deep", "x"),
]  # fmt: skip
THINGS: list[Any] = [
    None, "", "x", "{{ .Values.a.b }}", 1.0, 0.0, -0.0, True, False, {}, {"b": 2.0}, {"x": "y"}, {"one": {"x": 3.0}},
    [], ["x"], ["x", "y"], [{"x": 1.0}],
]  # fmt: skip


def _chart(changer: str = "") -> Chart:
    files = {
        "Chart.yaml": b"apiVersion: v2\nname: top\nversion: 1.0.0\nannotations: {note: n}\n",
        "values.yaml": VALUES,
        "templates/_h.tpl": HELPERS,
        **{f"templates/{name}.yaml": body.encode() + b"\n" for name, body in BODIES.items()},
        **SUB,
    }
    if changer:
        files["templates/lists2.yaml"] = CHANGERS[changer].encode()  # some come before it, some after
    return load_chart(files)


def _outcome(chart: Chart, values: dict[str, Any], release: Release, options: Options) -> object:
    try:
        done = render(chart, copy.deepcopy(values), release, world=World(), options=options)
    except HelmError as error:
        return str(error)
    return done.files, done.values, done.warnings


def _changed(values: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return *values* with one thing in another place."""
    changed = copy.deepcopy(values)
    *above, key = rng.choice(PATHS)
    at = changed
    for step in above:
        if not isinstance(at.get(step), dict):
            at[step] = {}
        at = at[step]
    at[key] = copy.deepcopy(rng.choice(THINGS))
    return changed


@pytest.mark.parametrize("changer", ["", *CHANGERS])
def test_renders_come_out_as_without(changer: str) -> None:
    """Whatever changes from render to render, each is what it would be by itself."""
    rng = random.Random(f"reuse {changer}")
    chart = _chart(changer)
    kept = Options(outputs=Outputs())
    values: dict[str, Any] = {}
    release = Release()
    came_out = 0
    for _ in range(150):
        if rng.random() < 0.15:
            release = Release(revision=rng.randrange(3), is_upgrade=rng.random() < 0.5)
        asked = _changed(values if rng.random() < 0.9 else {}, rng)
        plain = _outcome(chart, asked, release, Options())
        assert _outcome(chart, asked, release, kept) == plain, asked
        if not isinstance(plain, str):
            values = asked
            came_out += 1
    assert came_out > 50


def _ran(values: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, changer: str = "") -> set[str]:
    """Return which templates the last of several renders ran."""
    chart = _chart(changer)
    kept = Options(outputs=Outputs())
    ran: set[str] = set()
    execute = Turn.execute

    def noted(self: Turn, name: str, data: dict[str, Any]) -> str:
        ran.add(name.rpartition("/")[2].removesuffix(".yaml"))
        return execute(self, name, data)

    monkeypatch.setattr(Turn, "execute", noted)
    for given in values:
        ran.clear()
        render(chart, given, world=World(), options=kept)
    return ran


ALWAYS = {"random", "now", "all", "methods"}  # the last two read every value


@pytest.mark.parametrize(
    ("change", "read_by"),
    [
        ({"unread": 2.0}, ""),
        ({"a": {"b": 2.0}}, "field ternary"),
        ({"list": ["x", "z"]}, "rangeone lists"),
        ({"sub": {"deep": {"x": 2.0}}}, "d"),
        ({"flag": False}, "ternary"),
    ],
    ids=str,
)
def test_only_what_read_a_change_runs(change: dict[str, Any], read_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _ran([{}, {}, change], monkeypatch) == ALWAYS | set(read_by.split())


def test_nothing_is_noted_by_the_first_render(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _ran([{}], monkeypatch) == set()
    assert _ran([{}, {}], monkeypatch) == {*BODIES, "s", "d"}


def test_what_follows_a_change_of_the_data_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = _ran([{}, {}, {}, {"unread": 2.0}], monkeypatch, "set")
    later = {name for name in BODIES if f"{name}.yaml" < "lists2.yaml"}  # names run backwards
    assert ran == later | ALWAYS | {"lists2"}


def test_snapshots_tell_what_go_tells_apart() -> None:
    """1, 1.0, true and "1" differ; so do 0.0 and -0.0, and nil and nothing."""
    things: list[dict[str, Any]] = [
        {"k": 1}, {"k": 1.0}, {"k": True}, {"k": "1"}, {"k": 0.0}, {"k": -0.0}, {"k": None}, {},
        {"k": [1]}, {"k": [True]},
    ]  # fmt: skip
    for one in things:
        for other in things:
            changes = Snapshot({"Values": one}).changes(Snapshot({"Values": other}))
            assert bool(changes.paths) == (one is not other), (one, other)
