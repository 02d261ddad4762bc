"""Pure parts: records, values, packages, indexes, patches, durations."""

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key
from fairlead.controllers.flux.helm.duration import format_duration, parse_duration
from fairlead.controllers.flux.helm.index import NoSuchChartError, chart_url, parse_index
from fairlead.controllers.flux.helm.jsondiff import difference, without
from fairlead.controllers.flux.helm.package import BuildError, find_chart, package, with_metadata
from fairlead.controllers.flux.helm.values import ValuesReferenceError, compose
from fairlead.engines.helm import load_chart
from fairlead.engines.helm.record import (
    HookRecord,
    HookRun,
    Record,
    RecordError,
    chart_json,
    decode,
    encode,
    go_time,
    observation_digest,
    values_digest,
)
from fairlead.engines.helm.schema import complaints
from fairlead.engines.merge.patches import json_patch

HOOK = HookRecord(
    "check",
    "Job",
    "c/templates/h.yaml",
    "kind: Job",
    ("pre-install",),
    5,
    ("hook-succeeded",),
    (),
    HookRun("Succeeded"),
)
RECORD = Record(
    name="app",
    namespace="team",
    version=3,
    status="deployed",
    chart={"metadata": {"name": "parcel", "version": "0.1.0"}},
    config={"a": {"b": [1, "x", None, True]}},
    manifest="---\n# Source: parcel/a.yaml\n",
    hooks=(HOOK,),
    description="Upgrade complete",
    notes="<hi> & bye",
    first_deployed="2026-01-01T00:00:00.5Z",
    last_deployed="2026-01-02T00:00:00Z",
)


def test_record_survives_storage() -> None:
    """Encoding then decoding gives the same record."""
    assert decode(encode(RECORD)) == RECORD


def test_record_has_helms_form() -> None:
    """base64 of gzip of JSON under Helm's names; empty fields are left out."""
    found = json.loads(gzip.decompress(base64.b64decode(encode(RECORD))))
    assert list(found) == [
        "name", "info", "chart", "config", "manifest", "hooks", "version", "namespace", "apply_method",
    ]  # fmt: skip
    assert found["info"] == {
        "first_deployed": "2026-01-01T00:00:00.5Z",
        "last_deployed": "2026-01-02T00:00:00Z",
        "description": "Upgrade complete",
        "status": "deployed",
        "notes": "<hi> & bye",
    }
    assert found["hooks"][0]["last_run"] == {"phase": "Succeeded"}


def test_records_without_gzip_are_read() -> None:
    """As the oldest versions of Helm wrote them."""
    plain = base64.b64encode(b'{"name": "old", "info": {"status": "deployed"}, "version": 1}').decode()
    assert (decode(plain).name, decode(plain).status) == ("old", "deployed")


@pytest.mark.parametrize(
    "text",
    ["%%%", base64.b64encode(b"\x1f\x8b\x08 damaged").decode(), base64.b64encode(b"[1]").decode(), ""],
    ids=["no base64", "no gzip", "no object", "nothing"],
)
def test_damaged_records_are_said_to_be(text: str) -> None:
    """Whatever is in the Secret, the error says that it cannot be read."""
    with pytest.raises(RecordError, match="release record cannot be read"):
        decode(text)


def test_digests_are_those_of_the_real_controller() -> None:
    """Recorded: no values, one value, and nested values from several sources."""
    assert values_digest({}) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (
        values_digest({"color": "green"}) == "sha256:5b056e7a74cffccd767c12ddb380d9cfa7163c63c155f298e1c31477d4a4daa3"
    )
    nested = {"color": "green", "extra": {"b": "two", "a": "one"}, "replicas": 9}
    assert values_digest(nested) == "sha256:347035898b8f38eef6ee921928e8cac606b104d6bee7b91f53d357b5837cc06a"
    assert observation_digest(RECORD) != observation_digest(RECORD, "sha256:1")


FULL_CHART = b"""apiVersion: v2
name: parcel
version: 0.1.0
appVersion: "1.0"
description: a <b> & c
home: https://x
keywords: [z, a]
maintainers:
  - {name: "n", email: e@x, url: u}
  - {url: q, name: m}
annotations: {zz: "1", aa: "<"}
dependencies:
  - name: d
    version: 1.x
    repository: "file://../d"
    condition: a.b
    tags: [t]
    alias: al
    import-values: [x, {parent: b, child: a}]
kubeVersion: ">=1.20"
type: application
icon: i
sources: [s]
deprecated: true
"""


def test_releases_are_known_again_by_the_real_controller() -> None:
    """The digest in the history is the one that Go's encoding/json gives over Helm 4.3's own types.

    Recorded with a program of those types: a HelmRelease may change hands between upstream and here without an upgrade.
    """
    chart = chart_json(load_chart({"Chart.yaml": FULL_CHART, "charts/d/Chart.yaml": b"name: d\nversion: 1.0.0\n"}))
    numbers = [1, 2.5, "x<&>", None, True, 1e21, 1e-7, 123456789012345678, 9.0]
    run = HookRun("Succeeded", "2026-01-01T00:00:00.123456Z", "2026-01-01T00:00:01Z")
    events, policies = ("pre-install", "post-upgrade"), ("hook-succeeded", "before-hook-creation")
    hooks = (
        HookRecord("check", "Job", "c/h.yaml", "kind: Job <&>\n", events, -5, policies, ("hook-failed",), run),
        HookRecord("plain", "Job", "c/h2.yaml", "x", ("pre-install",)),
        HookRecord("t", "Pod", "c/t.yaml", "x", ("test",)),
    )
    full = Record(
        name="app",
        namespace="team",
        version=3,
        status="deployed",
        chart=chart,
        config={"a": {"b": numbers}, "é": "ü\u2028"},
        manifest='---\n# Source: x\n<>&\u2028é\t"\\\n',
        hooks=hooks,
        description="Upgrade complete",
        notes="n<o>",
        first_deployed="2026-01-01T00:00:00.5Z",
        last_deployed="2026-01-02T00:00:00Z",
    )
    assert observation_digest(full) == "sha256:8c382cf201b309286edcfcb9ef3e038bdf8266f0eaae799246b2bdbe92c004c0"
    bare = Record(
        name="app",
        namespace="team",
        version=1,
        status="failed",
        chart={"metadata": {"name": "p", "version": "1"}},
        first_deployed="2026-01-01T00:00:00.000001Z",
        last_deployed="2026-01-02T00:00:00Z",
        deleted="2026-01-03T00:00:00Z",
        rollback_revision=2,
    )
    assert observation_digest(bare) == "sha256:0b863c91c45ef54fab15d805330c7521fefcd2153c57fd72550eed36b6bc68a2"


def test_instants_have_no_trailing_zeros() -> None:
    """Go's RFC3339Nano."""
    assert go_time(datetime(2026, 1, 2, 3, 4, 5, 120000, UTC)) == "2026-01-02T03:04:05.12Z"
    assert go_time(datetime(2026, 1, 2, 3, 4, 5, 0, UTC)) == "2026-01-02T03:04:05Z"


def test_chart_in_a_record() -> None:
    """Files as base64, metadata under Chart.yaml's names."""
    chart = load_chart({"Chart.yaml": b"apiVersion: v2\nname: a\nversion: 1.0.0\n", "templates/x.yaml": b"k: v"})
    found = chart_json(chart)
    assert list(found["metadata"]) == ["name", "version", "apiVersion"]
    assert found["templates"] == [{"name": "templates/x.yaml", "data": "azogdg=="}]


# -- values ----------------------------------------


def config(**data: str) -> Json:
    return {"data": data}


def composed(references: list[Json], found: Json, values: Json | None = None) -> Json:
    obj = {"metadata": {"namespace": "team"}, "spec": {"valuesFrom": references}}
    known = {("ConfigMap", Key("team", name)): item for name, item in found.items()}
    return compose(values or {}, obj, known)


def test_later_values_win_and_own_values_last() -> None:
    """References in order, spec.values over all."""
    references = [{"kind": "ConfigMap", "name": "one"}, {"kind": "ConfigMap", "name": "two"}]
    found = {
        "one": config(**{"values.yaml": "a: 1\nm: {p: 1, q: 1}"}),
        "two": config(**{"values.yaml": "b: 2\nm: {q: 2}"}),
    }
    assert composed(references, found, {"m": {"z": 3}}) == {"a": 1, "b": 2, "m": {"p": 1, "q": 2, "z": 3}}


@pytest.mark.parametrize(
    ("text", "literal", "expected"),
    [("9", False, 9), ("true", False, True), ("'9'", False, "9"), ("a,b={c}", True, "a,b={c}"), ("9", True, "9")],
    ids=["number", "bool", "quoted", "literal", "literal number"],
)
def test_target_path_reads_as_set_does(text: str, literal: bool, expected: Any) -> None:
    """One entry set at a path, typed unless quoted or literal."""
    reference = {"kind": "ConfigMap", "name": "one", "valuesKey": "k", "targetPath": "a.b", "literal": literal}
    assert composed([reference], {"one": config(k=text)}) == {"a": {"b": expected}}


REFUSALS = [
    ("key", {"kind": "ConfigMap", "name": "one", "valuesKey": "none"}, "key not found"),
    (
        "binary",
        {"kind": "ConfigMap", "name": "binary"},
        "key not found: it is in binaryData, which is not read; put the values into data, as UTF-8 text",
    ),
    ("object", {"kind": "ConfigMap", "name": "none"}, 'configmaps "none" not found'),
    ("yaml", {"kind": "ConfigMap", "name": "bad"}, "cannot unmarshal yaml document"),
]


@pytest.mark.parametrize(("what", "reference", "cause"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_unresolved_reference_is_named(what: str, reference: Json, cause: str) -> None:
    """Kind, object, key and cause; what is optional is passed over where it is missing."""
    found = {
        "one": config(),
        "bad": config(**{"values.yaml": "a: ["}),
        "binary": {"binaryData": {"values.yaml": "Iyv/Cg=="}},
        "none": ApiError(404, "NotFound", 'configmaps "none" not found'),
    }
    key = reference.get("valuesKey", "values.yaml")
    start = f"could not resolve ConfigMap chart values reference 'team/{reference['name']}' with key '{key}': "
    with pytest.raises(ValuesReferenceError) as caught:
        composed([reference], found)
    assert str(caught.value).startswith(start)
    assert cause in str(caught.value)
    if what != "yaml":
        assert composed([{**reference, "optional": True}], found) == {}


def test_numbers_set_at_a_path_fit_a_schema() -> None:
    """What `targetPath` (and --set) reads as a number is an integer to JSON Schema."""
    schema = b'{"properties": {"replicas": {"type": "integer", "minimum": 0}}}'
    chart = load_chart({"Chart.yaml": b"apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.schema.json": schema})
    reference = {"kind": "ConfigMap", "name": "one", "valuesKey": "k", "targetPath": "replicas"}
    assert complaints(chart, composed([reference], {"one": config(k="9")})) == ""
    assert "want 0" in complaints(chart, composed([reference], {"one": config(k="-1")}))


# -- packages and indexes ----------------------------------------

TREE = {
    "c/a/Chart.yaml": b"apiVersion: v2\nname: a\nversion: 1.2.3-rc.1\n",
    "c/a/values.yaml": b"x: 1\n",
    "c/a/templates/t.yaml": b"k: v\n",
    "c/a/.helmignore": b"*.bak\n",
    "c/a/old.bak": b"x",
}


def test_package_is_one_folder_named_like_the_chart() -> None:
    """Ignored files stay out; an unchanged chart's files are as they were."""
    built = package(find_chart(TREE, "./c/a"), base=TREE)
    assert (built.name, built.version, built.packaged) == ("a", "1.2.3-rc.1", True)
    assert sorted(built.tree) == ["a/.helmignore", "a/Chart.yaml", "a/templates/t.yaml", "a/values.yaml"]


def test_revision_goes_behind_the_version() -> None:
    """Build metadata replaces what was there; what is no version is said to be none."""
    assert with_metadata("1.2.3-rc.1+x", "abc") == "1.2.3-rc.1+abc"
    with pytest.raises(BuildError, match="failed to parse version from chart metadata as SemVer"):
        with_metadata("one", "abc")


@pytest.mark.parametrize("path", ["../a", "none", "c"], ids=["outside", "missing", "no chart"])
def test_bad_chart_paths(path: str) -> None:
    """Persistent: only a person can help."""
    with pytest.raises(BuildError) as caught:
        find_chart(TREE, path)
    assert caught.value.is_persistent
    assert caught.value.reason == "InvalidChartReference"


BROKEN_CHARTS = [
    ("a list", {"c/a/Chart.yaml": b"- a\n"}, "of type v2.Metadata (c/a/Chart.yaml)"),
    ("no YAML", {"c/a/Chart.yaml": b"name: a\nx: [\n"}, "(c/a/Chart.yaml:3)"),
    ("no name", {"c/a/Chart.yaml": b"version: 1.0.0\n"}, "chart.metadata.name is required (c/a/Chart.yaml)"),
    ("values not UTF-8", {"c/a/values.yaml": b"x: \xff\n"}, "yaml: invalid leading UTF-8 octet (c/a/values.yaml:1)"),
    ("subchart", {"c/a/charts/b/Chart.yaml": b"- b\n"}, "of type v2.Metadata (c/a/charts/b/Chart.yaml)"),
]


@pytest.mark.parametrize(("what", "files", "end"), BROKEN_CHARTS, ids=[row[0] for row in BROKEN_CHARTS])
def test_broken_chart_names_the_file_in_its_source(what: str, files: dict[str, bytes], end: str) -> None:
    """After the builder's words stands the path of the file that a person must mend."""
    with pytest.raises(BuildError) as caught:
        find_chart({**TREE, **files}, "c/a")
    assert str(caught.value).startswith("invalid chart reference: ")
    assert str(caught.value).endswith(end)


def test_broken_archive_and_values_file_are_named() -> None:
    """So are an archive that is none, and a values file that is not UTF-8."""
    with pytest.raises(BuildError, match=r"\(c/b\.tgz\)$"):
        find_chart({"c/b.tgz": b"none"}, "c/b.tgz")
    tree = {**TREE, "c/more.yaml": b"# \xff\nx: 2\n"}
    with pytest.raises(
        BuildError, match=r"unmarshaling values from 'c/more\.yaml' failed: .*invalid leading UTF-8 octet"
    ):
        package(find_chart(tree, "c/a"), values_files=["c/more.yaml"], base=tree)


INDEX = b"""apiVersion: v1
entries:
  a:
    - {name: a, version: 1.0.0, urls: [a-1.0.0.tgz]}
    - {name: a, version: 1.10.0, urls: [a-1.10.0.tgz]}
    - {name: a, version: 2.0.0-rc.1, urls: [x]}
    - {name: a, version: odd, urls: [y]}
"""


@pytest.mark.parametrize(
    ("wanted", "version"),
    [("", "1.10.0"), ("*", "1.10.0"), ("1.0.0", "1.0.0"), ("<1.5", "1.0.0"), (">=2.0.0-0", "2.0.0-rc.1")],
    ids=["any", "star", "exact", "range", "with prereleases"],
)
def test_index_gives_the_newest_that_fits(wanted: str, version: str) -> None:
    """Numbers are compared as numbers; prereleases only where asked for."""
    assert parse_index(INDEX).choose("a", wanted).version == version


@pytest.mark.parametrize(
    ("data", "cause"),
    [(b"", "empty index.yaml file"), (b"a: b", "no API version specified"), (b"a: [", "error converting YAML to JSON")],
    ids=["empty", "no version", "no yaml"],
)
def test_what_is_no_index(data: bytes, cause: str) -> None:
    """In upstream's words."""
    with pytest.raises(NoSuchChartError, match=cause):
        parse_index(data)


def test_relative_chart_urls() -> None:
    """An index may name its packages relative to itself, or elsewhere."""
    assert chart_url("https://x.example/stable", "charts/a.tgz") == "https://x.example/stable/charts/a.tgz"
    assert chart_url("https://x.example/stable", "https://y.example/a.tgz") == "https://y.example/a.tgz"


# -- patches and durations ----------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("a/~", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a/~b", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.dictionaries(st.sampled_from("abc"), JSON))
def test_difference_leads_there(before: Json, after: Json) -> None:
    """The patch from one object to another makes the other."""
    assert json_patch(before, difference(before, after)) == after


def test_ignored_paths_are_left_out() -> None:
    """Also inside lists; what is not there is no matter; the object itself stays as it was."""
    obj = {"a": {"b/c": 1, "d": [1, {"e": 2, "f": 3}]}}
    assert without(obj, ["/a/b~1c", "/a/d/1/e", "/none/x"]) == {"a": {"d": [1, {"f": 3}]}}
    assert obj["a"]["b/c"] == 1


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [
        ("5m", 300, "5m0s"),
        ("1h2m3.5s", 3723.5, "1h2m3.5s"),
        ("250ms", 0.25, "250ms"),
        ("0", 0, "0s"),
        ("90s", 90, "1m30s"),
    ],
    ids=["minutes", "all", "milliseconds", "none", "seconds"],
)
def test_durations(text: str, seconds: float, shown: str) -> None:
    """Read and written as Go does."""
    assert parse_duration(text) == seconds
    assert format_duration(seconds) == shown
