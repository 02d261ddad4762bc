"""Values: --set and its relatives, coalescing, dependencies."""

from __future__ import annotations

import pytest

from fairlead.engines.helm import ValuesError, coalesce, load_chart, render, strvals

# Expectations are what helm 4.3.1 prints for `helm template --set … ` with {{ toJson .Values }}.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1,b=x", {"a": 1, "b": "x"}),
        ("a.b.c=true", {"a": {"b": {"c": True}}}),
        ("a[1]=x", {"a": [None, "x"]}),
        ("a[0].b=1", {"a": [{"b": 1}]}),
        ("a={x,2,}", {"a": ["x", 2, ""]}),
        ("a=null", {"a": None}),
        ("a=01", {"a": "01"}),
        (r"a\.b=c\,d", {"a.b": "c,d"}),
        ("a=", {"a": ""}),
    ],
    ids=str,
)
def test_set(text: str, expected: dict[str, object]) -> None:
    """--set reads keys, indexes, lists and types."""
    values: dict[str, object] = {}
    strvals.parse_set(text, values)
    assert values == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", 'key "a" has no value'),
        ("a,b=1", 'key "a" has no value (cannot end with ,)'),
        ("a[-1]=1", "negative -1 index not allowed"),
        ("a={1", "list must terminate with '}'"),
        ("a[70000]=1", "index of 70000 is greater than maximum supported index of 65536"),
    ],
    ids=str,
)
def test_set_refuses(text: str, message: str) -> None:
    """A malformed --set is refused in Helm's words."""
    with pytest.raises(ValuesError, match="failed parsing --set data") as caught:
        strvals.parse_set(text, {})
    assert message in str(caught.value)


def test_null_removes_a_default() -> None:
    """A null in user values removes the default under it."""
    chart = load_chart(
        {"Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n", "values.yaml": b"a: {b: 1, c: 2}\nd: 3\n"}
    )
    assert coalesce(chart, {"a": {"b": None}, "d": None}) == {"a": {"c": 2}}


def _parent(extra: str, values: str) -> dict[str, bytes]:
    return {
        "Chart.yaml": (
            "apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies:\n- name: s\n  version: '*'\n" + extra
        ).encode(),
        "values.yaml": values.encode(),
        "charts/s/Chart.yaml": b"apiVersion: v2\nname: s\nversion: 1.2.3\n",
        "charts/s/values.yaml": b"x: 1\nexports:\n  data:\n    why: 2\n",
        "charts/s/templates/a.yaml": b"kind: S\nx: {{ .Values.x }}\n",
        "templates/p.yaml": b"kind: P\nwhy: {{ .Values.why }}\n",
    }


@pytest.mark.parametrize(
    ("extra", "values", "names"),
    [
        ("", "", ["p/templates/p.yaml", "p/charts/s/templates/a.yaml"]),
        ("  condition: s.enabled\n", "s: {enabled: false}\n", ["p/templates/p.yaml"]),
        ("  tags: [t]\n", "tags: {t: false}\n", ["p/templates/p.yaml"]),
        (
            "  tags: [t]\n  condition: s.enabled\n",
            "tags: {t: false}\ns: {enabled: true}\n",
            ["p/templates/p.yaml", "p/charts/s/templates/a.yaml"],
        ),
        ("  alias: q\n", "", ["p/templates/p.yaml", "p/charts/q/templates/a.yaml"]),
    ],
    ids=["plain", "condition", "tag", "condition-wins", "alias"],
)
def test_dependencies(extra: str, values: str, names: list[str]) -> None:
    """Conditions, tags and aliases choose the subcharts."""
    done = render(load_chart(_parent(extra, values)), {})
    assert sorted(item.name for item in done.manifests) == sorted(names)


def test_import_values() -> None:
    """A child's exports become the parent's defaults."""
    done = render(load_chart(_parent("  import-values: [data]\n", "")), {})
    assert "why: 2" in done.to_text()
