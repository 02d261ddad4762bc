"""Whatever the text, the engine answers or refuses: no crash, no hang."""

# ruff: noqa: PT017 - both outcomes are right

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.engines.gotemplate import lexer
from fairlead.engines.gotemplate.errors import ParseError
from fairlead.engines.gotemplate.gofmt import sprintf
from fairlead.engines.gotemplate.parser import parse
from fairlead.engines.gotemplate.strconv import quote, unquote
from fairlead.engines.gotemplate.template import Limits
from fairlead.engines.helm import ChartError, HelmError, Options, load_archive, load_chart, render
from fairlead.engines.helm.functions.regexes import compile_pattern
from fairlead.engines.helm.functions.table import FUNCTIONS
from fairlead.engines.helm.strvals import parse_set

META = b"apiVersion: v2\nname: c\nversion: 1.0.0\n"
BOUNDED = settings(max_examples=150, deadline=None, derandomize=True, database=None)

PIECES = [
    "{{", "}}", "{{-", "-}}", " - ", "-", "+", "+i", "1", "0x", "1e", ".5", ".", "..", ".a", "$", "$x", ":=", "=", ",",
    "|", "(", ")", '"', "`", "'", "\\", "/*", "*/", "if ", "else ", "end", "range ", "with ", "define ", "block ",
    "template ", "break", "continue", "nil", "true", " ", "\n", "é", "\x00", "print ", "index ", "printf ", "tpl ",
    "include ", '"a"', ".Values", "and ", "or ", "not ", "eq ",
]  # fmt: skip
templates = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def _render(template: str) -> str:
    chart = load_chart({"Chart.yaml": META, "values.yaml": b"a: [1, b]\n", "templates/t.yaml": template.encode()})
    return render(chart, {}, options=Options(limits=Limits(steps=10_000, output_chars=1_000_000))).to_text()


@BOUNDED
@given(templates)
def test_lexer_covers_the_text(text: str) -> None:
    """Tokens come in order and end with EOF or an error."""
    tokens = lexer.tokenize(text)
    positions = [position for _, position, _ in tokens]
    assert positions == sorted(positions)
    assert tokens[-1][0] in (lexer.EOF, lexer.ERROR)


@BOUNDED
@given(templates)
def test_parser_answers(text: str) -> None:
    """A text parses or is refused with its line."""
    try:
        assert "t" in parse("t", text, FUNCTIONS)
    except ParseError as error:
        assert 0 <= error.line <= text.count("\n") + 1


@BOUNDED
@given(templates)
def test_render_answers(text: str) -> None:
    """A chart with any template renders or fails with an error of the family."""
    try:
        _render(text)
    except HelmError as error:
        assert str(error)


@pytest.mark.parametrize("text", ["{{ 1 -", "{{-(1)}}", "{{ $x - }}", "{{ - }}", "{{ .a- }}", "{{- - -}}"])
def test_signs_that_once_hung_the_lexer(text: str) -> None:
    """A sign that no number follows ends in an error."""
    assert lexer.tokenize(text)[-1][0] in (lexer.EOF, lexer.ERROR)


@BOUNDED
@given(st.text())
def test_quoting_is_undone_by_unquoting(text: str) -> None:
    """A quoted text is a Go literal of itself."""
    text = text.encode("utf-8", "replace").decode()
    assert unquote(quote(text)) == text


@BOUNDED
@given(
    st.text(alphabet="%+-# 0123456789.*[]svdqxXoObUeEfFgGtTcpw!a", max_size=12),
    st.lists(st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text()), max_size=3),
)
def test_printf_never_fails(format_text: str, values: list[object]) -> None:
    """Complaints are in the text, never raised."""
    assert isinstance(sprintf(format_text, values), str)


@BOUNDED
@given(st.text(alphabet="ab()[]{}*+?|^$\\.,-0123456789:pPxQE<>=!i", max_size=14))
def test_patterns_compile_or_are_refused(pattern: str) -> None:
    """No pattern crashes either engine, and both find the same in ASCII text."""
    from fairlead.engines.gotemplate.errors import FuncError

    try:
        compiled = compile_pattern(pattern)
    except FuncError as error:
        assert "error parsing regexp" in str(error)
    else:
        compiled.search(b"ab-12")


@BOUNDED
@given(st.text(alphabet="ab.[]=,{}\\0123456789-\"' ", max_size=16))
def test_set_answers(text: str) -> None:
    """--set takes or refuses any text, and stays bounded."""
    try:
        parse_set(text, {})
    except HelmError as error:
        assert str(error)


@BOUNDED
@given(st.binary(max_size=64), st.integers(0, 400), st.integers(0, 255))
def test_damaged_archives(noise: bytes, at: int, byte: int) -> None:
    """An archive with a changed byte, or noise in place of one, loads or is refused."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("c/Chart.yaml")
        info.size = len(META)
        archive.addfile(info, io.BytesIO(META))
    plain = bytearray(out.getvalue()[:1024])
    plain[at] = byte
    for data in (gzip.compress(bytes(plain), mtime=0), gzip.compress(noise, mtime=0), noise):
        try:
            load_archive(data)
        except ChartError as error:
            assert str(error)


@BOUNDED
@given(st.binary(max_size=60))
def test_any_values_file(data: bytes) -> None:
    """A values file of any bytes loads or is refused."""
    try:
        load_chart({"Chart.yaml": META, "values.yaml": data})
    except ChartError as error:
        assert str(error)
