"""Values: --set and its relatives, coalescing, dependencies."""

from __future__ import annotations

import json

import pytest

from fairlead.engines.helm import (
    ChartError,
    SchemaError,
    ValuesError,
    coalesce,
    load_chart,
    load_values,
    read_values,
    render,
    strvals,
)

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
        ("a[0]=", {"a": [""]}),
        ("b=1,a[=1", {"b": 1}),
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


def test_paths_far_below_an_alias_keep_the_name() -> None:
    """Helm copies two levels of an aliased chart: templates further down are named by the chart's own name."""
    entry = b"dependencies:\n- {name: a, version: '*', alias: al}\n"
    files = {"Chart.yaml": b"apiVersion: v2\nname: top\nversion: 1.0.0\n" + entry}
    for path in ("charts/a/", "charts/a/charts/b/", "charts/a/charts/b/charts/c/"):
        name = path.rstrip("/")[-1].encode()
        files[f"{path}Chart.yaml"] = b"apiVersion: v2\nname: " + name + b"\nversion: 1.0.0\n"
        files[f"{path}templates/t.yaml"] = b"a: 1\n"
    done = render(load_chart(files), {})
    assert sorted(done.files) == [
        "top/charts/a/charts/b/charts/c/templates/t.yaml",
        "top/charts/al/charts/b/templates/t.yaml",
        "top/charts/al/templates/t.yaml",
    ]


V7 = {"$schema": "http://json-schema.org/draft-07/schema#"}


@pytest.mark.parametrize(
    ("schema", "values", "complaints"),
    [
        ({"additionalProperties": False}, {"b": 1, "a": 2}, ["'': additional properties 'a', 'b' not allowed"]),
        ({"allOf": [{"required": ["z"]}]}, {"x": 1}, ["'': 'allOf' failed", "  - at '': missing property 'z'"]),
        ({"unevaluatedProperties": False}, {"x": 1}, ["'/x': false schema"]),
        (
            {"dependentRequired": {"a": ["z", "y"]}},
            {"a": 1},
            ["'': properties 'z', 'y' required, if 'a' exists"],
        ),
        (
            {"propertyNames": {"maxLength": 1}},
            {"abc": 1},
            ["'': invalid propertyName 'abc'", "  - at '': maxLength: got 3, want 1"],
        ),
        (
            {"properties": {"v": {"type": "integer", "minimum": 3, "enum": [4]}}},
            {"v": "x"},
            ["'/v': got string, want integer"],
        ),
        ({"properties": {"v": {"const": 1, "enum": [2]}}}, {"v": 3}, ["'/v': value must be 1"]),
        ({**V7, "properties": {"v": {"items": [{}], "additionalItems": False}}}, {"v": [1, 2, 3]},
         ["'/v': last 2 additionalItem(s) not allowed"]),
        (
            {**V7, "properties": {"v": {"format": "uuid"}}},
            {"v": "x"},
            ["'/v': 'x' is not valid uuid: must have 5 elements"],
        ),
        (
            {"properties": {"v": {"prefixItems": [{"type": "string"}], "items": False}}},
            {"v": [1, 2]},
            ["'/v/0': got number, want string", "'/v/1': false schema"],
        ),
    ],
)  # fmt: skip
def test_schema_complaints(schema: dict[str, object], values: dict[str, object], complaints: list[str]) -> None:
    """What a schema refuses is told in helm 4.3.1's words, one failure of a schema at one place."""
    files = {
        "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "values.schema.json": json.dumps(schema).encode(),
    }
    with pytest.raises(SchemaError) as caught:
        render(load_chart(files), values)
    told = str(caught.value).partition(":\nc:\n")[2].rstrip("\n").split("\n")
    assert told == [text if text.startswith(" ") else f"- at {text}" for text in complaints]


def test_values_end_with_a_line_break() -> None:
    """A file of values that does not end with one is read as if it did; a text of Flux is not."""
    text = b"a: |\n  x: 1 "
    assert load_values(text, "values.yaml") == {"a": "x: 1 \n"}
    assert load_values(b"b: 1\n---\n" + text, "values.yaml") == {"a": "x: 1 \n", "b": 1}
    assert read_values(text, "values.yaml") == {"a": "x: 1 "}


@pytest.mark.parametrize(
    ("change", "own", "parents"),
    [
        ('{{ $_ := set .Values "n" 1 }}', '{"a":1,"n":1}', '{"sub":{"a":1,"n":1}}'),
        ('{{ $_ := set (set .Values "n" 1) "o" 2 }}', '{"a":1,"n":1,"o":2}', '{"sub":{"a":1,"n":1,"o":2}}'),
        ('{{ $_ := unset .Values "a" }}', "{}", '{"sub":{}}'),
        ('{{ $_ := mergeOverwrite .Values (dict "a" 9) }}', '{"a":9}', '{"sub":{"a":9}}'),
        ('{{ $_ := set (deepCopy .Values) "n" 1 }}', '{"a":1}', '{"sub":{"a":1}}'),
        ('{{ $_ := set . "Values" (dict "r" 1) }}', '{"r":1}', '{"sub":{"a":1}}'),
    ],
)
def test_subcharts_change_their_parents_values(change: str, own: str, parents: str) -> None:
    """What a subchart does to its values, its parent's templates see: both are one map to helm."""
    show = '{{ toJson (omit .Values "global") }}'
    files = {
        "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "values.yaml": "sub: {a: 1}\n",
        "templates/a.yaml": f'x: {{{{ $_ := unset .Values.sub "global" }}}}{show}',
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/templates/a.yaml": f"x: {change}{show}",
    }
    done = render(load_chart({name: text.encode() for name, text in files.items()}), {})
    assert [item.content for item in done.manifests] == [f"x: {own}", f"x: {parents}"]


META = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
DECODING = "error unmarshaling JSON: while decoding JSON: "
FIELD = "json: cannot unmarshal {} into Go struct field {} of type {}"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {"Chart.yaml": META + "sources: 1.5\ncondition: {}\n"},
            "cannot load Chart.yaml: " + DECODING + FIELD.format("object", "Metadata.condition", "string"),
        ),
        (
            {"Chart.yaml": META + "dependencies: [{name: x, enabled: a, alias: []}]\n"},
            "cannot load Chart.yaml: " + DECODING + FIELD.format("array", "Dependency.dependencies.alias", "string"),
        ),
        (
            {"Chart.yaml": META + "dependencies: [null]\ntype: []\n"},
            "cannot load Chart.yaml: " + DECODING + FIELD.format("array", "Metadata.type", "string"),
        ),
        (
            {"Chart.yaml": META + "dependencies: [null]\n"},
            "validation: dependencies must not contain empty or null nodes",
        ),
        (
            {"Chart.yaml": META, "Chart.lock": "dependencies: [{name: x, tags: a}]\n"},
            "cannot load Chart.lock: " + DECODING + FIELD.format("string", "Dependency.dependencies.tags", "[]string"),
        ),
        (
            {"Chart.yaml": META, "Chart.lock": "generated: x\n"},
            f"cannot load Chart.lock: {DECODING}"
            'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
        ),
        (
            {"Chart.yaml": META, "charts/s/Chart.yaml": "- a\n"},
            f"error unpacking subchart s in c: cannot load Chart.yaml: {DECODING}"
            "json: cannot unmarshal array into Go value of type v2.Metadata",
        ),
    ],
)
def test_fields_of_wrong_types(files: dict[str, str], words: str) -> None:
    """The first field of a wrong type is told, in the order in which encoding/json meets them."""
    with pytest.raises(ChartError) as caught:
        load_chart({name: text.encode() for name, text in files.items()})
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ("apiVersion: v9\nname: []\n", "unsupported chart version"),
        (
            "apiVersion: {}\n",
            f"cannot load Chart.yaml: {DECODING}{FIELD.format('object', 'chartBase.apiVersion', 'string')}",
        ),
        (
            "- a\n",
            f"cannot load Chart.yaml: {DECODING}json: cannot unmarshal array into Go value of type loader.chartBase",
        ),
    ],
)
def test_versions_are_looked_at_first(meta: str, words: str) -> None:
    """Commands that render look at the version before they read anything else."""
    with pytest.raises(ChartError) as caught:
        load_chart({"Chart.yaml": meta.encode()}, detect=True)
    assert str(caught.value) == words


def test_warnings_of_what_fails() -> None:
    """What was noticed before a chart cannot be read is told with the error."""
    files = {"Chart.yaml": META, "requirements.yaml": "dependencies: 5\n", "requirements.lock": "{}\n"}
    with pytest.raises(ChartError) as caught:
        load_chart({name: text.encode() for name, text in files.items()})
    assert [text.partition(":")[0] for text in caught.value.warnings] == ["Warning", "Warning"]


def test_values_as_a_map() -> None:
    """AsMap has a plain map's type, which `dig` asks for, and the same maps inside."""
    text = (
        "a: {{ typeOf .Values.AsMap }}\n"
        'b: {{ dig "m" "x" "none" .Values.AsMap }}\n'
        'c: {{ $_ := set .Values.AsMap.m "y" 2 }}{{ .Values.m.y }}'
    )
    files = {"Chart.yaml": META, "values.yaml": "m: {x: 1}\n", "templates/a.yaml": text}
    done = render(load_chart({name: text.encode() for name, text in files.items()}), {})
    assert done.manifests[0].content == "a: map[string]interface {}\nb: 1\nc: 2"
