"""Compiled templates survive as bytes, and damaged bytes are ignored."""

from __future__ import annotations

import pytest

from fairlead.engines.helm import Options, RenderError, load_chart, render
from fairlead.engines.helm.compiled import CompiledCache, chart_digest, read

CHART = load_chart(
    {
        "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "templates/_h.tpl": b'{{ define "h" }}{{ .Values.a | default "x" | upper }}{{ end }}',
        "templates/a.yaml": b'a: {{ include "h" . }}\nb: {{ .Values.b.c }}\n',
    }
)


def _warm() -> bytes:
    cache = CompiledCache()
    render(CHART, {"b": {"c": 1}}, options=Options(cache=cache))
    assert cache.changed()
    return cache.dump()


def test_bytes_give_the_same_render() -> None:
    """A render from the bytes equals a fresh one and adds nothing to them."""
    cache = CompiledCache(_warm())
    done = render(CHART, {"a": "q", "b": {"c": 2}}, options=Options(cache=cache))
    assert done.manifests[0].content == "a: Q\nb: 2\n"
    assert not cache.changed()


def test_errors_from_cached_code_name_their_place() -> None:
    """Code from the cache reports the same file, line and expression."""
    with pytest.raises(RenderError, match=r"c/templates/a\.yaml:2:") as caught:
        render(CHART, {}, options=Options(cache=CompiledCache(_warm())))
    assert (caught.value.line, caught.value.expression) == (2, ".Values.b.c")


@pytest.mark.parametrize("cut", [0, 5, 30, 60, -1])
def test_damaged_bytes_are_ignored(cut: int) -> None:
    """Bytes that were cut or changed hold nothing."""
    data = _warm()
    assert read(data[:cut]) == {}
    assert read(data[:-3] + b"xyz") == {}


def test_digest_follows_the_templates() -> None:
    """The digest depends on the salt and on every template."""
    assert chart_digest(CHART, b"1") != chart_digest(CHART, b"2")
