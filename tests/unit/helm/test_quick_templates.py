"""Templates that are read quickly give the trees that the parser gives, but for the positions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.engines.gotemplate.codegen import generate
from fairlead.engines.gotemplate.errors import ParseError
from fairlead.engines.gotemplate.nodes import Node, Tree
from fairlead.engines.gotemplate.parser import parse
from fairlead.engines.gotemplate.quick import MAX_COMMANDS, MAX_KNOWN, MAX_NESTING, Known, Unsure, parse_quickly
from fairlead.engines.helm.functions.table import FUNCTIONS as HELM

FUNCTIONS = frozenset({"print", "include", "and"})
GOLDEN = Path(__file__).parents[2] / "golden" / "helm"


def shape(node: Any) -> Any:
    """Return all that is in a tree but the positions."""
    if isinstance(node, dict):
        return [(key, shape(item)) for key, item in node.items()]
    if isinstance(node, list):
        return [shape(item) for item in node]
    if isinstance(node, Node | Tree):
        names = [name for kind in type(node).__mro__ for name in getattr(kind, "__slots__", ()) if name != "pos"]
        return type(node).__name__, [(name, shape(getattr(node, name))) for name in names]
    return repr(node)


def both(text: str, known: Known | None = None) -> tuple[Any, Any]:
    """Return what quick reading gives of *text*, and what the parser gives, as shapes."""
    quickly = parse_quickly("t", text, known or Known(FUNCTIONS))
    return shape(quickly), shape(parse("t", text, FUNCTIONS))


EVERYDAY = """{{- /* a comment with {{ }} */ -}}
{{- define "a.name" -}}{{- default .Chart.Name .Values.n | trunc 63 | trimSuffix "-" }}{{- end -}}
{{ define `b` }}{{ end }}{{ $x := 1 -}} {{ $x = -5 }} {{- $.Values.a.b }}
{{- if and .a (not .b) (eq (.c).d.e 1.5) }}x{{ else if $x }}y{{ else }}{{ with $y := .z }}{{ $y }}{{ end }}{{ end }}
{{ range $i, $e := .list }}{{ if $i }}{{ break }}{{ end }}{{ continue }}{{ else }}{{ "}}" }}{{ `{{ }}` }}{{ end }}
{{ template "a.name" }}{{ template "a.name" (dict "k" nil "b" true) }}{{ include "b" . | nindent 4 }}
{{ printf
   "%s\\t%d" .a ( 1 | int ) }}
"""
WORDS = frozenset(("default", "trunc", "trimSuffix", "and", "not", "eq", "dict", "include", "nindent", "printf", "int"))


def test_everyday_templates_are_read_quickly() -> None:
    """All that charts are made of."""
    known = Known(WORDS)
    for _ in range(2):  # the second time from what is known
        assert shape(parse_quickly("t", EVERYDAY, known)) == shape(parse("t", EVERYDAY, WORDS))


def _parses(text: str) -> bool:
    try:
        parse("t", text, HELM)
    except ParseError:
        return False
    return True


def test_the_golden_templates_are_read_alike() -> None:
    """Thousands of them, with one memory; nearly all quickly. They compile to the same."""
    texts = [case["template"] for case in json.loads((GOLDEN / "language" / "cases.json").read_text())]
    texts += [
        case["in"] for group in json.loads((GOLDEN / "snippets.json").read_text())["cases"].values() for case in group
    ]
    known, left = Known(HELM), 0
    for text in texts:
        try:
            quickly = parse_quickly("t", text, known)
        except Unsure:
            left += _parses(text)
            continue
        slowly = parse("t", text, HELM)
        assert shape(quickly) == shape(slowly)
        for name, tree in slowly.items():  # what it is compiled to has no positions either
            one, other = generate(quickly[name], HELM), generate(tree, HELM)
            assert (one.source, list(one.sites)) == (other.source, list(other.sites))
    assert len(texts) > 5000
    assert left < 0.1 * len(texts)


def test_an_action_that_comes_again_is_the_same_node() -> None:
    """In whatever text."""
    known = Known(FUNCTIONS)
    first = parse_quickly("t", "a{{ print .x }}", known)["t"].root.nodes[1]
    assert parse_quickly("u", "{{- print .x -}}", known)["u"].root.nodes[0] is first


@pytest.mark.parametrize(
    "text",
    [
        "{{",
        "{{ }}",
        "{{- -}}",
        "{{ .a",
        "{{ nosuch }}",
        "{{ $x }}",
        "{{ if $x := 1 }}{{ end }}{{ $x }}",
        '{{ define "a" }}{{ $x }}{{ end }}{{ $x := 1 }}',
        "{{ $x, $y := . }}",
        "{{ if }}{{ end }}",
        "{{ end }}",
        "{{ if . }}",
        "{{ if . }}{{ else }}{{ else }}{{ end }}",
        "{{ range . }}{{ else if . }}{{ end }}",
        "{{ with . }}{{ else if . }}{{ end }}",
        "{{ break }}",
        "{{ range . }}{{ else }}{{ continue }}{{ end }}",
        '{{ if . }}{{ define "a" }}{{ end }}{{ end }}',
        '{{ define "a" }}x{{ end }}{{ define "a" }}y{{ end }}',
        '{{ define "a" . }}{{ end }}',
        '{{ block "a" . }}{{ end }}',
        '{{ template "a" $x := 1 }}',
        "{{ . | 1 }}",
        '{{ . | "a" }}',
        "{{ | print }}",
        "{{ print | }}",
        "{{ () }}",
        "{{ (.a }}",
        "{{ .a) }}",
        "{{ (.a)(.b) }}",
        "{{ print(.a) }}",
        '{{ "a""b" }}',
        '{{ "\\q" }}',
        '{{ "a }}',
        "{{ 'a' }}",
        "{{ 0x1F }}",
        "{{ 1.5.x }}",
        "{{ 99999999999999999999 }}",
        "{{ 5x }}",
        "{{ .5x }}",
        "{{ {{ . }} }}",
        "{{/* a }}",
        "{{/* a */ }}",
        "{{ /* a */ }}",
        "{{ . | print" + " | print" * MAX_COMMANDS + " }}",
        "{{ if . }}" * (MAX_NESTING + 1) + "{{ end }}" * (MAX_NESTING + 1),
    ],
)
def test_what_is_not_sure_is_left_to_the_parser(text: str) -> None:
    """Mistakes, and what is rare."""
    with pytest.raises(Unsure):
        parse_quickly("t", text, Known(FUNCTIONS))


def test_what_is_known_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes all at once, and nothing is lost by it."""
    assert MAX_KNOWN > 10_000  # actions in the largest charts
    monkeypatch.setattr("fairlead.engines.gotemplate.quick.MAX_KNOWN", 3)
    known = Known(FUNCTIONS)
    text = "".join(f"{{{{ .a{number} nil }}}}" for number in range(10))
    quickly, slowly = both(text, known)
    assert quickly == slowly
    assert len(known.actions) <= 3
    assert len(known.operands) < 10


SOUND = (
    ".", ".a", ".a.b", "$", "$x", "$x.a", "$y", "print", "and", "1", "-5", "+1.5", '"s"', '"}}"', '"\\n"', '"\\""',
    "`r`", "`}}`", "(.a)", "(.a).b", "(print .a | and).c.d",
)  # fmt: skip
ODD = ("nosuch", "nil", "true", "08", "'c'", "()", "if", "$z", "0x1", "(.a", ".a)", "(1 | 2)", "..", ".1")
operands = st.sampled_from(SOUND * 4 + ODD)
gaps = st.sampled_from((" ", " ", " | print ", "  and", " | and ", "|print ", "\n", ""))
noise = st.sampled_from(
    ("",) * 60 + (" ", "|", ")", "(", ",", "=", "-", ":=", '"', "`", "}}", "{{", ".", "\u00e9", "\x0b")
)
declared = st.sampled_from(("",) * 8 + ("$x := ", "$x = ", "$z := ", "$x:=", "$x=", "$x, $y := "))
pairs = st.sampled_from(("",) * 4 + ("$x, $y := ", "$z := ", "$y , $x  =", "$x,$y:="))


def _pipelines(declared: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda head, first, rest, more: head + first + "".join(gap + word for gap, word in rest) + more,
        declared,
        operands,
        st.lists(st.tuples(gaps, operands), max_size=2),
        noise,
    )


pipelines = _pipelines(declared)
simple = st.one_of(
    pipelines,
    pipelines,
    st.builds('template "d" {}'.format, pipelines),
    st.sampled_from(("break", "continue", 'template "d"', "/* c */", "/* }} */")),
    st.sampled_from(("end", "else", 'define "d"', 'block "b" .', "", "/* c", "end end", "else  if .a", "elseif .a")),
)


def _action(words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        "{}{}{}{}".format,
        st.sampled_from(("{{", "{{ ", "{{- ", "{{-\n")),
        words,
        st.sampled_from(("}}", " }}", " -}}", "\n-}}", " }} ", "}}text", " -}} text\n")),
        st.sampled_from(("",) * 20 + ("{{", "}}", "{{-}}")),
    )


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    inside = st.lists(inner, max_size=3).map("".join)
    end = _action(st.just("end"))
    branches = st.one_of(st.just(""), st.builds("{}{}".format, _action(st.just("else")), inside))
    chain = st.one_of(
        branches, st.builds("{}{}{}".format, _action(st.builds("else if {}".format, pipelines)), inside, branches)
    )
    return st.one_of(
        st.builds("{}{}{}{}".format, _action(st.builds("if {}".format, pipelines)), inside, chain, end),
        st.builds("{}{}{}{}".format, _action(st.builds("with {}".format, pipelines)), inside, branches, end),
        st.builds("{}{}{}{}".format, _action(st.builds("range {}".format, _pipelines(pairs))), inside, chain, end),
        st.builds("{}{}{}".format, _action(st.sampled_from(('define "d"', "define `e`"))), inside, end),
    )


blocks: st.SearchStrategy[str] = st.recursive(_action(simple), _blocks, max_leaves=4)
texts = st.lists(blocks, max_size=3).map(lambda parts: "{{ $x := 1 }}{{ $y := 2 }}" + "".join(parts))


@settings(max_examples=400, deadline=None)
@given(texts)
def test_what_is_sure_is_what_the_parser_reads(text: str) -> None:
    """For any text: what is read quickly, the parser reads to the same."""
    try:
        quickly, slowly = both(text)
    except Unsure:
        return
    assert quickly == slowly
