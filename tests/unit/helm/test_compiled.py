"""What renders made survives as bytes, and damaged bytes are ignored."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from fairlead.base import patterns
from fairlead.engines.helm import Chart, Options, Rendered, RenderError, load_chart, memo, render
from fairlead.engines.helm.compiled import SHARES, CompiledCache, read

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": b'a: "{{ .Chart.Name }}"\nb: {c: 1}\n',
    "templates/_h.tpl": b'{{ define "h" }}{{ tpl .Values.a . | upper }}{{ end }}{{ define "i" }}{{ end }}\n',
    "templates/a.yaml": b"a: {{ include `h` . }}\nb: {{ .Values.b.c }}\nc: {{ regexReplaceAll `[^A-Z]+` `aB` `_` }}\n",
}
VALUES = {"b": {"c": 2}}
TEXT = "a: C\nb: 2\nc: _B\n"


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Begin without what other tests read and compiled."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    patterns.TAKEN.clear()
    memo.PACKED.clear()


def _load() -> Chart:
    return load_chart(FILES)


def _render(cache: CompiledCache, values: dict[str, object] = VALUES) -> Rendered:
    return render(_load(), values, options=Options(cache=cache))


def _once(data: bytes = b"") -> bytes:
    """Return what is kept after one more run, which had *data*."""
    _forget()
    cache = CompiledCache(data)
    _render(cache)
    assert cache.changed()
    data = cache.dump()
    _forget()
    return data


def _warm(runs: int = 1 + SHARES) -> bytes:
    """Return what is kept after as many runs as it takes to compile all."""
    data = b""
    for _ in range(runs):
        data = _once(data)
    return data


def _sizes(data: bytes) -> dict[str, int]:
    """Return how much code there is of each template."""
    index = read(data)[0]["templates"]
    return {name: end - start for _, found in index.values() for name, (_, start, end) in found.items() if name != "i"}


def test_templates_are_compiled_over_some_runs() -> None:
    """The first run interprets what it parses, and leaves no code; each of the next compiles a share, which is kept."""
    compiled = [{name for name, size in _sizes(_warm(runs)).items() if size} for runs in range(1, 2 + SHARES)]
    assert compiled[0] == set()
    for before, after in itertools.pairwise(compiled):
        assert before < after  # there are templates of each share in this chart
    assert compiled[-1] == {"c/templates/a.yaml", "h"}


def test_what_never_ran_is_not_compiled() -> None:
    """The template i is there, and has no code."""
    found = read(_warm())[0]["templates"]["c/templates/_h.tpl"][1]["i"]
    assert found[1] == found[2]


def test_bytes_give_the_same_render() -> None:
    """A render from the bytes equals a fresh one and adds nothing to them."""
    cache = CompiledCache(_warm())
    assert _render(cache).manifests[0].content == TEXT
    assert not cache.changed()


def test_a_text_in_the_bytes_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates, texts of tpl, YAML and patterns all come from the bytes."""
    data = _warm()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("parsed again")

    monkeypatch.setattr("fairlead.engines.gotemplate.template._parse", refuse)
    monkeypatch.setattr("fairlead.base.yaml.load", refuse)
    monkeypatch.setattr(patterns, "_compile", refuse)
    monkeypatch.setattr("fairlead.engines.helm.functions.regexes._compiled", {})
    cache = CompiledCache(data)
    chart = _load()
    assert chart.values == {"a": "{{ .Chart.Name }}", "b": {"c": 1.0}}
    monkeypatch.undo()  # what is rendered is read as YAML
    monkeypatch.setattr("fairlead.engines.gotemplate.template._parse", refuse)
    assert render(chart, VALUES, options=Options(cache=cache)).manifests[0].content == TEXT


def test_readers_do_not_share_what_they_read() -> None:
    """A chart's values may be changed without changing those of the next."""
    cache = CompiledCache(_warm())
    _load().values["b"]["c"] = "changed"
    assert _render(cache).manifests[0].content == TEXT


def test_a_changed_template_is_compiled_again() -> None:
    """The bytes count for the texts that they were made from alone."""
    cache = CompiledCache(_warm())
    changed = load_chart({**FILES, "templates/a.yaml": b"a: {{ 1 }}\n"})
    assert render(changed, VALUES, options=Options(cache=cache)).manifests[0].content == "a: 1\n"
    assert cache.changed()
    data = cache.dump()
    for _ in range(SHARES):
        again = CompiledCache(data)
        render(changed, VALUES, options=Options(cache=again))
        data = again.dump()
    again = CompiledCache(data)
    assert render(changed, VALUES, options=Options(cache=again)).manifests[0].content == "a: 1\n"
    assert not again.changed()


def test_errors_from_cached_code_name_their_place() -> None:
    """Code from the cache reports the same file, line and expression."""
    with pytest.raises(RenderError, match=r"c/templates/a\.yaml:2:") as caught:
        _render(CompiledCache(_warm()), {"b": "text"})
    assert (caught.value.line, caught.value.expression) == (2, ".Values.b.c")


def test_damaged_bytes_are_ignored() -> None:
    """Bytes that were cut or changed anywhere give the same render, from the sources where need be."""
    data = _warm()
    assert read(data)[0]
    for cut in (0, 5, 30, 60, len(data) // 2, len(data) - 1):
        assert _render(CompiledCache(data[:cut])).manifests[0].content == TEXT
    for at in range(0, len(data), 7):
        _forget()
        damaged = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        assert _render(CompiledCache(damaged)).manifests[0].content == TEXT


def test_bytes_of_another_make_hold_nothing() -> None:
    """Another format's bytes are not looked into."""
    assert read(b"fairlead templates 1\n" + _warm()[21:]) == ({}, b"")
    assert read(b"") == ({}, b"")
