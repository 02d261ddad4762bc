"""What is wrong with CustomResourceDefinitions; more of them are held against the real server in tests/peer."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.engines.schema.definition import check_definition
from fairlead.engines.schema.field_paths import field_path_error

Json = dict[str, Any]
SPEC = "spec.validation.openAPIV3Schema.properties[spec]"


def definition(spec: Any = None, *versions: Json, **more: Any) -> Json:
    schema = {"type": "object", "properties": {"spec": {"type": "object"} if spec is None else spec}}
    only = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "boats", "singular": "boat", "kind": "Boat", "listKind": "BoatList"}
    given = {"group": "sea.io", "scope": "Namespaced", "names": names, "versions": list(versions) or [only]}
    given["conversion"] = {"strategy": "None"}
    return {"metadata": {"name": "boats.sea.io"}, "spec": {**given, **more}, "status": {"storedVersions": ["v1"]}}


def errors(obj: Json, old: Json | None = None) -> list[str]:
    return [str(each) for each in check_definition(obj, old)]


def field(**raw: Any) -> Json:
    return {"type": "object", "properties": {"a": raw}}


def test_a_good_definition() -> None:
    """Rules, defaults, map lists, embedded resources and alternatives are all fine as they should be."""
    port = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "p": {"type": "string"}}}
    fields = {
        "ports": {
            "type": "array",
            "items": port,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["n"],
            "default": [{"n": 80}],
        },
        "any": {"x-kubernetes-preserve-unknown-fields": True},
        "size": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "default": 1},
        "object": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
        "a": {"type": "string", "pattern": "^a+$", "default": "a"},
    }
    spec = {
        "type": "object",
        "properties": fields,
        "oneOf": [{"required": ["a"]}, {"required": ["any"]}],
        "x-kubernetes-validations": [
            {"rule": "self.ports.all(p, p.n > 0)", "messageExpression": "'not ' + self.a", "fieldPath": ".ports"},
            {"rule": "self.a == oldSelf.a", "reason": "FieldValueForbidden"},
        ],
    }
    assert errors(definition(spec)) == []


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        pytest.param(field(type="strin"), '.properties[a].type: Unsupported value: "strin"', id="type"),
        pytest.param(field(), ".properties[a].type: Required value: must not be empty for specified", id="no type"),
        pytest.param(field(type="array"), ".properties[a].items: Required value: must be specified", id="items"),
        pytest.param(
            field(type="string", pattern="a("),
            '.properties[a].pattern: Invalid value: "a(": must be a valid regular expression, but isn\'t: '
            "error parsing regexp: missing closing ): `a(`",
            id="pattern",
        ),
        pytest.param(
            field(type="object", default={"b": 1}),
            '.properties[a].default: Invalid value: {"b":1}: must not have unknown fields',
            id="default",
        ),
        pytest.param(
            {"type": "object", "x-kubernetes-validations": [{"rule": "self.b"}]},
            '.x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.b","Message":"",'
            '"MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: '
            "compilation failed: ERROR: <input>:1:5: undefined field 'b'",
            id="rule",
        ),
        pytest.param(field(type="array", items=5), ".properties[a].items: Invalid value: 5: must be a schema", id="5"),
    ],
)
def test_schemas(spec: Json, error: str) -> None:
    """The first error names the place in upstream's own form of a definition."""
    assert errors(definition(spec))[0].startswith(SPEC + error)


def test_places_of_what_versions_do_not_share() -> None:
    """A part that differs between versions is named by its version, what all have alike once for all."""
    columns = [{"name": "", "type": "string", "jsonPath": ".a"}]
    first, second = (
        {
            "name": name,
            "storage": name == "v1",
            "schema": {"openAPIV3Schema": {"type": kind, "description": name}},
            "additionalPrinterColumns": columns,
        }
        for name, kind in (("v1", "object"), ("v2", "string"))
    )
    assert errors(definition(None, first, second)) == [
        'spec.versions[1].schema.openAPIV3Schema.type: Invalid value: "string": must be object at the root',
        "spec.additionalPrinterColumns[0].name: Required value",
    ]


def test_updates() -> None:
    """A spec that stays is not looked at, nor is the schema of a version that stays; names cannot change."""
    broken = definition(field(type="strin"))
    assert errors(broken, broken) == []
    assert errors({**broken, "spec": {**broken["spec"], "preserveUnknownFields": False}}, broken) == []
    old = {**definition(), "status": {"conditions": [{"type": "Established", "status": "True"}]}}
    assert errors(definition(scope="Cluster"), old) == [
        'spec.scope: Invalid value: "Cluster": field is immutable',
    ]
    moved = {**definition(), "status": {"storedVersions": ["v1", "v0"]}}
    moved["spec"] = {**moved["spec"], "preserveUnknownFields": False}
    assert errors(moved, old)[0].startswith('status.storedVersions[1]: Invalid value: "v0": missing from spec')


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (".a", ""),
        (".o['b.c']", ""),
        (".m.anything", ""),
        (".l", ""),
        ("a", "expected [ or . but got: a"),
        (".z", "does not refer to a valid field"),
        (".o[b]", "expected single quoted string but got b"),
        (".o['b.c'", "unexpected end of JSON path"),
        (".", "unexpected end of JSON path"),
        (".a.b", "does not refer to a valid field"),
    ],
)
def test_paths_to_fields(path: str, problem: str) -> None:
    """Dots and quoted names in brackets, through objects and maps."""
    text = {"type": "string"}
    schema = {
        "properties": {
            "a": text,
            "o": {"properties": {"b.c": text}},
            "m": {"additionalProperties": text},
            "l": {"type": "array", "items": text},
        }
    }
    assert field_path_error(path, schema) == problem
