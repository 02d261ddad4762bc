"""A template that is met for the first time is interpreted, and gives what compiled code gives."""

# ruff: noqa: E501 - tables of fragments

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.engines.gotemplate import firstrender
from fairlead.engines.gotemplate.firstrender import AgainError, FirstRender
from fairlead.engines.gotemplate.gotypes import Values
from fairlead.engines.gotemplate.template import Limits, Render
from fairlead.engines.helm import HelmError, Options, engine, load_chart, release, render
from fairlead.engines.helm.capabilities import Capabilities
from fairlead.engines.helm.world import Seeded, Tape, World

META = b"apiVersion: v2\nname: c\nversion: 1.0.0\n"
VALUES = b"a: [1, b, null, {x: y}]\nb: {c: {d: 1}, n: null, t: text}\nn: null\ni: 3\nf: 1.5\nt: text\ne: ''\non: true\n"
HELPERS = b'{{ define "h" }}<{{ . }}>{{ end }}{{ define "k" }}{{ .x }}{{ $.y.z }}{{ end }}'

OPERANDS = (
    ".", "$", "$x", "$v", ".Values", ".Values.a", ".Values.b", ".Values.b.c.d", ".Values.b.n", ".Values.n", ".Values.n.m",
    ".Values.t", ".Values.e", ".x", ".c", ".t", "$x.y", "$v.x", "$.Values.b.t", "$.Values.i", ".Values.f", "1", "1.5",
    "0x1F", "'a'", '"s"', '""', "true", "false", "nil", ".Chart.Name", ".Release.Name", "(index .Values.a 3).x",
    "(.Values.n).m", "(.Values.b).c.d", '(dict "x" 1).x', ".Files.Get", ".Chart.Nothing", ".Values.AsMap",
)  # fmt: skip
CALLS = (  # an x is where an argument goes; the last may come by pipe
    "print x", "print x x x", 'printf "%v-%v" x x', "quote x", "quote x x", "not x", "and x x", "or x x x", "eq x x",
    "eq (print x) (print x)", "ne (print x) (print x) ", "lt 1 (int x)", "index $.Values.b (toString x)", "default x x",
    "toYaml x", "toJson x", "list x x", 'dict "k" x', "dict (toString x) x", "keys $.Values.b | sortAlpha | join x",
    "upper (print x)", "trunc 2 (print x)", "nindent 2 (toYaml x)", "add x x", "int x", "ternary 1 2 (empty x)",
    "hasKey $.Values.b (print x)", 'include "h" x', "tpl (print x) $", 'tpl "{{ . }}" x', "empty x", "coalesce x x",
    "kindOf x", 'required "no" x', "until (int x)", "merge (dict) $.Values.b", 'get $.Values.b (print x)', "len (print x)",
    "first (list x x)", "toString x", "b64enc (print x)", "fromYaml (toYaml x)", 'set $.Values.b "q" (print x)', "len x",
    "keys x", "merge (dict) x", "join x x", "upper x", "$.Files.Get (print x)", "$.Capabilities.APIVersions.Has (print x)",
    "randAlphaNum 3", "typeOf x", "html x", "int64 x | add 1", "call x", "fail (print x)", "trunc x x",
)  # fmt: skip


def _grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return inner.map(lambda text: text if text in OPERANDS else f"({text})")


operands = st.sampled_from(OPERANDS)


def _filled(call: str, arguments: list[str], piped: bool) -> str:
    rest = iter(arguments)
    words = call.split(" ")
    found = [word.replace("x", next(rest), 1) if word.strip("()") == "x" else word for word in words]
    if piped and words[-1] == "x":
        return f"{found.pop()} | {' '.join(found)}"
    return " ".join(found)


expressions: st.SearchStrategy[str] = st.recursive(
    operands,
    lambda inner: st.builds(
        _filled, st.sampled_from(CALLS), st.lists(_grouped(inner), min_size=3, max_size=3), st.booleans()
    ),
    max_leaves=6,
)
bodies: st.SearchStrategy[str] = st.recursive(
    st.one_of(
        st.just("text "),
        st.builds("{{{{ {} }}}} ".format, expressions),
        st.builds("{{{{ $x = {} }}}}".format, expressions),
        st.builds("{{{{ $v := {} }}}}".format, expressions),
        st.builds("{{{{ template \"h\" {} }}}}".format, operands),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.builds("{{{{ if {} }}}}{}{{{{ else }}}}{}{{{{ end }}}}".format, expressions, inner, inner),
        st.builds("{{{{ if $v := {} }}}}{}{{{{ else if $v }}}}{}{{{{ end }}}}".format, expressions, inner, inner),
        st.builds("{{{{ with {} }}}}{}{{{{ else }}}}{}{{{{ end }}}}".format, expressions, inner, inner),
        st.builds("{{{{ range {} }}}}{}{{{{ else }}}}{}{{{{ end }}}}".format, expressions, inner, inner),
        st.builds("{{{{ range $v := {} }}}}{}{{{{ end }}}}".format, expressions, inner),
        st.builds("{{{{ range $x, $v := {} }}}}{}{{{{ end }}}}".format, expressions, inner),
        st.builds("{{{{ range $x, $v = {} }}}}{}{{{{ end }}}}".format, expressions, inner),
        st.builds(
            "{{{{ range {} }}}}{}{{{{ if $x }}}}{{{{ break }}}}{{{{ else if . }}}}{{{{ continue }}}}{{{{ end }}}}{}{{{{ end }}}}".format,
            expressions, inner, inner,
        ),
    ),
    max_leaves=8,
)  # fmt: skip


def _run(template: str, kind: type[Render]) -> str:
    chart = load_chart(
        {
            "Chart.yaml": META,
            "values.yaml": VALUES,
            "templates/_h.tpl": HELPERS,
            "templates/t.yaml": template.encode(),
            "f.txt": b"file",
        }
    )
    top = {"Values": Values(chart.values), "Release": {"Name": "r"}, "Capabilities": Capabilities()}
    limits = Limits(steps=1000, output_chars=100_000)
    host = engine.Host(World())
    return engine.run(engine.collect(chart, top), host, engine.SourceCache(), limits, kind=kind)["c/templates/t.yaml"]


@pytest.fixture(autouse=True, scope="module")
def _recursion_limit() -> None:
    """Hypothesis complains when the limit rises during a test."""
    _run("", Render)


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(bodies)
def test_interpreted_text_is_what_compiled_code_writes(body: str) -> None:
    """Whatever renders interpreted renders compiled, to the same text."""
    template = "{{ $x := .Values.on }}{{ $v := 1 }}" + body
    try:
        found = _run(template, FirstRender)
    except (AgainError, HelmError):
        return
    assert found == _run(template, Render)


EVERYDAY = """{{- $name := include "h" .Values.t -}}
{{- range $i, $e := .Values.a }}{{ $i }}={{ $e | default "none" | quote }} {{ if eq $i 2 }}{{ continue }}{{ end }}{{ end }}
{{- with .Values.b }}{{ .t }}{{ $.Release.Name }}{{ else }}no{{ end }}
{{- if and .Values.on (not .Values.n) (eq .Values.i 3.0) }}{{ toYaml .Values.b | nindent 2 }}{{ end }}
{{- if .Capabilities.APIVersions.Has "v1" }}{{ tpl "{{ .Values.t }}!" . }}{{ end }}
{{- template "h" (dict "name" $name).name }}{{ ((.Values.n).m).o }}{{ .Files.Get "f.txt" }}
"""


def test_everyday_templates_are_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is one of different things: no code is generated for the first render."""
    compiled = _run(EVERYDAY, Render)
    monkeypatch.setattr("fairlead.engines.gotemplate.template.compile_unit", None)
    assert _run(EVERYDAY, FirstRender) == compiled
    with pytest.raises(HelmError):
        _run(EVERYDAY, Render)


def _chart(**templates: str) -> Any:
    files = {f"templates/{name}.yaml": text.encode() for name, text in templates.items()}
    return load_chart({"Chart.yaml": META, "values.yaml": VALUES, "templates/_h.tpl": HELPERS, **files})


def test_what_goes_wrong_is_run_again_over_fresh_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that a template changed, and what it took of the world, are as if nothing had run before."""
    text = """{{ if hasKey .Values "q" }}changed{{ end }}{{ $_ := set .Values "q" 1 }}{{ $_ := set .Values.b "q" 1 }}
a: {{ randAlphaNum 8 }}
b: {{ lookup "v1" "Pod" "" "" | toJson }}{{ $_ := set (lookup "v1" "Pod" "" "") "z" 1 }}
c: {{ randAlphaNum 8 }}{{ (print (($y := 1))) }}
d: {{ randAlphaNum 8 }}
"""
    found = []
    for kind in (FirstRender, Render):
        asked = []

        def lookup(*names: str, asked: list[Any] = asked) -> dict[str, Any]:
            asked.append(names)
            return {"n": len(asked)}

        monkeypatch.setattr(release, "FirstRender", kind)
        done = render(_chart(t=text), {}, world=World(random_bytes=Seeded(b"s"), lookup=lookup), options=_options())
        found.append((done.files, len(asked), done.values, [line.values for line in done.source_map.lines("c/t")]))
    assert found[0] == found[1]
    assert "changed" not in found[0][0]["c/templates/t.yaml"]
    assert 'b: {"n":1}\n' in found[0][0]["c/templates/t.yaml"]


def _options() -> Options:
    return Options(cache=engine.SourceCache())


def test_errors_are_those_of_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text, place and hint."""
    found = []
    for kind in (FirstRender, Render):
        monkeypatch.setattr(release, "FirstRender", kind)
        with pytest.raises(HelmError) as caught:
            render(_chart(t='a: 1\nb: {{ include "k" .Values.t }}\n'), {}, options=_options())
        found.append((str(caught.value), caught.value.file, caught.value.line))
    assert found[0] == found[1]
    assert found[0][1:] == ("c/templates/_h.tpl", 1)


@pytest.mark.parametrize(
    "text",
    [
        "{{ range .Values.a }}" * 16 + "x" + "{{ end }}" * 16,
        "{{ 1" + " | print" * 150 + " }}",
        "{{ " + "(print " * 55 + "1" + ")" * 55 + " }}",
        "{{ if .Values.n }}{{ 1" + " | print" * 250 + " }}{{ end }}",
        "{{ if .Values.n }}{{ " + "(" * 55 + ".Values" + " | print | quote | upper)" * 55 + " }}{{ end }}",
    ],
    ids=["ranges", "pipeline", "parentheses", "a pipeline not reached", "parentheses not reached"],
)
def test_bounds_are_those_of_compiled_code(text: str) -> None:
    """What the compiler refuses must not render the first time and fail the second."""
    cache = Options(cache=engine.SourceCache())
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(render(_chart(t=text), {}, options=cache).to_text())
        except HelmError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def test_a_template_that_is_called_often_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is whatever a second render needs."""
    made: list[str] = []
    compile_unit = firstrender.Template.body

    def noted(template: firstrender.Template) -> Any:
        made.append(template.name)
        return compile_unit(template)

    monkeypatch.setattr(firstrender.Template, "body", noted)
    calls = firstrender.MAX_CALLS
    options = _options()
    chart = _chart(t=f'a: {{{{ range until {calls} }}}}{{{{ include "h" . }}}}{{{{ end }}}}')
    text = render(chart, {}, options=options).to_text()
    assert made == []
    assert render(chart, {}, options=options).to_text() == text
    assert set(made) == {"c/templates/t.yaml", "h"}
    made.clear()
    render(
        _chart(t=f'a: {{{{ range until {calls + 1} }}}}{{{{ include "h" . }}}}{{{{ end }}}}'), {}, options=_options()
    )
    assert set(made) == {"h"}


def test_deep_templates_are_compiled() -> None:
    """Templates deep inside each other do not take more of the stack than compiled code does."""
    depth = 3000
    chain = "".join(
        f'{{{{ define "t{number}" }}}}{{{{ trunc 3 (print (include "t{number + 1}" .) 1 2) }}}}{{{{ end }}}}'
        for number in range(depth)
    )
    text = f'{chain}{{{{ define "t{depth}" }}}}end{{{{ end }}}}a: {{{{ include "t0" . }}}}'
    assert render(_chart(t=text), {}, options=_options()).manifests[0].content == "a: end"


def test_other_questions_get_other_answers() -> None:
    """A second try that does not ask what the first asked is not given its answers."""
    count = itertools.count()
    tape = Tape(World(random_bytes=lambda size: bytes([next(count)] * size)))
    first = tape.recording()
    assert (first.random_bytes(1), first.random_bytes(2), first.random_bytes(3)) == (b"\0", b"\1\1", b"\2\2\2")
    again = tape.recording()
    assert (again.random_bytes(1), again.random_bytes(3), again.random_bytes(3)) == (b"\0", b"\3\3\3", b"\4\4\4")
    replayed = tape.replaying()
    assert (replayed.random_bytes(1), replayed.random_bytes(3)) == (b"\0", b"\3\3\3")
