"""Bounds: each is a clear error."""

from __future__ import annotations

import gzip
import io
import tarfile
from itertools import pairwise

import pytest

from fairlead.engines.gotemplate.template import Limits
from fairlead.engines.helm import ChartError, HelmError, Options, load_archive, load_chart, render

META = b"apiVersion: v2\nname: c\nversion: 1.0.0\n"


def _render(template: str, **limits: int) -> str:
    chart = load_chart({"Chart.yaml": META, "templates/a.yaml": template.encode()})
    return render(chart, {}, options=Options(limits=Limits(**limits))).to_text()


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}', "nested reference name"),
        ('{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', "exceeded maximum template depth"),
        ("{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}", "steps"),
        ('{{ $x := "xxxxxxxxxx" | repeat 100000000 }}', "repeat writes more"),
        ("{{ until 100000000 }}", "a list of more than"),
        ("{{ randAlphaNum 100000000 }}", "random characters"),
        ("{{ range 1000000000 }}{{ end }}", "steps"),
    ],
    ids=str,
)
def test_template_bounds(template: str, message: str) -> None:
    """Endless recursion, loops and huge texts end in an error that says so."""
    with pytest.raises(HelmError, match=message):
        _render(template, steps=100_000)


@pytest.mark.parametrize(
    "template",
    ["{{ tpl .Values.again . }}", '{{ define "a" }}{{ tpl .Values.again . }}{{ end }}{{ template "a" . }}'],
    ids=["tpl", "template and tpl"],
)
def test_a_text_that_renders_itself(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error thousands of renders deep stays small: each one around it repeats the text of those inside."""
    monkeypatch.setattr("fairlead.engines.gotemplate.template.MAX_DEPTH", 2_000)
    monkeypatch.setattr("fairlead.engines.gotemplate.template.MAX_CHAIN_CHARS", 100_000)
    chart = load_chart({"Chart.yaml": META, "templates/a.yaml": template.encode()})
    with pytest.raises(HelmError, match="exceeded maximum template depth") as caught:
        render(chart, {"again": template})
    assert len(str(caught.value)) < 200_000


def test_deep_nesting_is_refused() -> None:
    """More nested blocks than the compiler takes are an error, not a crash."""
    with pytest.raises(HelmError, match="nested"):
        _render("{{ if 1 }}" * 200 + "{{ end }}" * 200)


def _archive(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue())


def test_archive() -> None:
    """A well-formed archive loads."""
    assert load_archive(_archive({"c/Chart.yaml": META})).name == "c"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("c/../../etc/passwd", "references parent directory"),
        ("c//etc/passwd", "absolute paths"),
        ("Chart.yaml", "outside the base directory"),
    ],
)
def test_archive_paths(name: str, message: str) -> None:
    """Paths that leave the chart are refused."""
    with pytest.raises(ChartError, match=message):
        load_archive(_archive({"c/Chart.yaml": META, name: b"x"}))


def test_archive_bomb() -> None:
    """An archive that unpacks to more than Helm's limit is refused."""
    files = {"c/Chart.yaml": META} | {f"c/{at}": bytes(20 * 1024 * 1024) for at in range(6)}
    with pytest.raises(ChartError, match="larger than the maximum size"):
        load_archive(_archive(files))


@pytest.mark.parametrize("data", [b"", b"plain", b"\x1f\x8b\x08broken"])
def test_damaged_archive(data: bytes) -> None:
    """What is no gzip is an error of the chart family."""
    with pytest.raises(ChartError):
        load_archive(data)


def test_values_with_too_many_aliases() -> None:
    """A document whose aliases unfold beyond Go's cap is refused."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]" for a, b in pairwise("abcdefghij")]
    with pytest.raises(ChartError, match="excessive aliasing"):
        load_chart({"Chart.yaml": META, "values.yaml": "\n".join(lines).encode()})


@pytest.mark.parametrize("pattern", ["a{1001}", "(a{100}){100}"], ids=["repeat", "nested repeat"])
def test_regular_expressions_are_bounded(pattern: str) -> None:
    """Patterns that would take too much memory are refused, as Go refuses them."""
    with pytest.raises(HelmError, match="error parsing regexp: invalid repeat count"):
        _render(f'{{{{ regexReplaceAll "{pattern}" "a" "b" }}}}')


def test_regular_expressions_take_linear_time() -> None:
    """What makes a backtracking engine explode does not."""
    assert _render('a: {{ regexMatch "^(a+)+$" (print (repeat 5000 "a") "b") }}').endswith("a: false\n")
