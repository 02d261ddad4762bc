"""Pruning, defaulting and validation by schema."""

from __future__ import annotations

import copy
import importlib.resources
from typing import Any

import orjson
import pytest

from fairlead.engines.schema import names
from fairlead.engines.schema.defaulting import default
from fairlead.engines.schema.errors import aggregate, invalid_message, strict_decoding_message
from fairlead.engines.schema.metadata import validate_metadata, validate_metadata_update
from fairlead.engines.schema.model import Definitions, custom_resource_schema
from fairlead.engines.schema.pruning import prune
from fairlead.engines.schema.validation import validate
from fairlead.engines.schema.zero_values import fill_zero_values


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    root = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema"
    return Definitions(orjson.loads((root / "v1.36.0-local" / "_definitions.json").read_bytes()))


def errors(spec: dict[str, Any], value: Any, old: Any = None) -> list[str]:
    schema = custom_resource_schema({"type": "object", "properties": {"spec": spec}})
    before = None if old is None else {"spec": old}
    return [str(error) for error in validate({"spec": value}, schema, before)]


INT = {"type": "object", "properties": {"n": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        pytest.param(
            INT,
            {"n": "x"},
            ['spec.n: Invalid value: "string": spec.n in body must be of type integer: "string"'],
            id="type",
        ),
        pytest.param(INT, {"n": 1.0}, [], id="whole float"),
        pytest.param(
            INT,
            {"n": 1.5},
            ['spec.n: Invalid value: "number": spec.n in body must be of type integer: "number"'],
            id="float",
        ),
        pytest.param(
            INT,
            {"n": None},
            ['spec.n: Invalid value: "null": spec.n in body must be of type integer: "null"'],
            id="null",
        ),
        pytest.param({"type": "object", "nullable": True}, None, [], id="nullable"),
        pytest.param({"type": "object", "required": ["a"]}, {}, ["spec.a: Required value"], id="required"),
        pytest.param(
            {"type": "string", "enum": ["a", "b"]},
            "x",
            ['spec: Unsupported value: "x": supported values: "a", "b"'],
            id="enum",
        ),
        pytest.param(
            {"type": "string", "maxLength": 3}, "abcd", ["spec: Too long: may not be more than 3 bytes"], id="too long"
        ),
        pytest.param(
            {"type": "string", "minLength": 1},
            "",
            ['spec: Invalid value: "": spec in body should be at least 1 chars long'],
            id="too short",
        ),
        pytest.param(
            {"type": "string", "pattern": "^[a-z]+$"},
            "A",
            ["spec: Invalid value: \"A\": spec in body should match '^[a-z]+$'"],
            id="pattern",
        ),
        pytest.param(
            {"type": "integer", "minimum": 1},
            0,
            ["spec: Invalid value: 0: spec in body should be greater than or equal to 1"],
            id="minimum",
        ),
        pytest.param(
            {"type": "integer", "maximum": 9, "exclusiveMaximum": True},
            9,
            ["spec: Invalid value: 9: spec in body should be less than 9"],
            id="exclusive maximum",
        ),
        pytest.param(
            {"type": "integer", "format": "int32"},
            2**31,
            ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec'],
            id="int32",
        ),
        pytest.param(
            {"type": "integer", "multipleOf": 5},
            7,
            ["spec: Invalid value: 7: spec in body should be a multiple of 5"],
            id="multiple",
        ),
        pytest.param(
            {"type": "array", "maxItems": 1, "items": {"type": "string"}},
            ["a", "b"],
            ["spec: Too many: 2: must have at most 1 item"],
            id="too many",
        ),
        pytest.param(
            {"type": "array", "minItems": 1, "items": {"type": "string"}},
            [],
            ["spec: Invalid value: 0: spec in body should have at least 1 items"],
            id="too few",
        ),
        pytest.param(
            {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            ["a", "b", "a"],
            ['spec[2]: Duplicate value: "a"'],
            id="set",
        ),
        pytest.param(
            {
                "type": "array",
                "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
            [{"name": "a"}, {"name": "a"}],
            ['spec[1]: Duplicate value: {"name":"a"}'],
            id="map",
        ),
        pytest.param({"x-kubernetes-int-or-string": True}, "25%", [], id="int or string"),
        pytest.param(
            {"x-kubernetes-int-or-string": True},
            True,
            ['spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"'],
            id="neither int nor string",
        ),
        pytest.param(
            {"type": "string", "format": "date-time"},
            "yesterday",
            ['spec: Invalid value: "yesterday": spec in body must be of type date-time: "yesterday"'],
            id="date-time",
        ),
        pytest.param({"type": "string", "format": "no-such-format"}, "x", [], id="unknown format"),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"k": 1},
            ['spec.k: Invalid value: "integer": spec.k in body must be of type string: "integer"'],
            id="additional properties",
        ),
        pytest.param(
            {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}},
            {"a": 1, "b": 2},
            [
                '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). '
                "Found 2 valid alternatives"
            ],
            id="oneOf",
        ),
        pytest.param(
            {"type": "object", "not": {"required": ["a"]}, "properties": {"a": {}}},
            {"a": 1},
            ['<nil>: Invalid value: "": "spec" must not validate the schema (not)'],
            id="not",
        ),
    ],
)
def test_a_value_is_judged(spec: dict[str, Any], value: Any, expected: list[str]) -> None:
    """The texts are those of the API server."""
    assert errors(spec, value) == expected


def test_what_did_not_change_is_not_judged_again() -> None:
    """An object that is older than a rule stays editable elsewhere."""
    spec = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 1}, "b": {"type": "string"}}}
    assert errors(spec, {"a": "long", "b": "new"}, {"a": "long", "b": "old"}) == []
    assert errors(spec, {"a": "other", "b": "old"}, {"a": "long", "b": "old"}) == [
        "spec.a: Too long: may not be more than 1 byte"
    ]


def test_messages_are_joined_as_upstream_does() -> None:
    """One error stands alone, several stand in brackets, the same one counts once."""
    schema = custom_resource_schema({"type": "object", "required": ["a", "b"]})
    found = validate({}, schema)
    assert aggregate(found[:1]) == "a: Required value"
    assert invalid_message("Widget", "example.dev", "w", [*found, found[0]]) == (
        'Widget.example.dev "w" is invalid: [a: Required value, b: Required value]'
    )


def test_unknown_fields_are_dropped_and_named() -> None:
    """Pruning keeps what is declared, what is preserved, and what embedded objects need."""
    schema = custom_resource_schema(
        {
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object",
                    "properties": {
                        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
                        "free": {
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": True,
                            "properties": {"strict": {"type": "object", "properties": {"x": {"type": "string"}}}},
                        },
                        "embedded": {
                            "type": "object",
                            "x-kubernetes-embedded-resource": True,
                            "properties": {"spec": {"type": "object"}},
                        },
                    },
                }
            },
        }
    )
    obj = {
        "apiVersion": "v1",
        "kind": "W",
        "metadata": {"name": "w"},
        "spec": {
            "list": [{"a": "1", "b": "2"}],
            "free": {"any": {"thing": 1}, "strict": {"x": "1", "y": "2"}},
            "embedded": {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "junk": 1},
            "junk": True,
        },
        "status": {},
    }
    before = copy.deepcopy(obj)
    pruned, unknown = prune(obj, schema)
    assert unknown == ["spec.embedded.junk", "spec.free.strict.y", "spec.junk", "spec.list[0].b", "status"]
    assert pruned["spec"] == {
        "list": [{"a": "1"}],
        "free": {"any": {"thing": 1}, "strict": {"x": "1"}},
        "embedded": {"apiVersion": "v1", "kind": "Pod", "metadata": {}},
    }
    assert obj == before
    assert prune(pruned, schema) == (pruned, [])
    assert prune(pruned, schema)[0] is pruned
    assert strict_decoding_message(unknown[:2]) == (
        'strict decoding error: unknown field "spec.embedded.junk", unknown field "spec.free.strict.y"'
    )


def test_built_in_kinds_are_pruned(definitions: Definitions) -> None:
    """Unknown fields and nulls go, free-form parts stay."""
    schema = definitions.for_kind("apps", "v1", "Deployment")
    assert schema is not None
    obj = {"spec": {"replica": 1, "paused": None, "template": {"spec": {"containers": [{"name": "a", "imag": "x"}]}}}}
    pruned, unknown = prune(obj, schema)
    assert unknown == ["spec.replica", "spec.template.spec.containers[0].imag"]
    assert pruned == {"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}}


def test_defaults_fill_what_is_missing() -> None:
    """Defaults are set at every level; a null in a field that is not nullable counts as missing."""
    schema = custom_resource_schema(
        {
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object",
                    "default": {},
                    "properties": {
                        "n": {"type": "integer", "default": 3},
                        "m": {"type": "integer", "nullable": True, "default": 4},
                        "x": {"type": "string"},
                        "list": {
                            "type": "array",
                            "items": {"type": "object", "properties": {"p": {"type": "string", "default": "TCP"}}},
                        },
                    },
                }
            },
        }
    )
    assert default({}, schema) == {"spec": {"n": 3, "m": 4}}
    obj = {"spec": {"n": None, "m": None, "x": None, "list": [{}, {"p": "UDP"}]}}
    filled = default(obj, schema)
    assert filled == {"spec": {"n": 3, "m": None, "list": [{"p": "TCP"}, {"p": "UDP"}]}}
    assert obj["spec"]["n"] is None
    assert default(filled, schema) is filled


def test_defaults_for_nulls_are_filled_in_too() -> None:
    """A null in a map or a list gets the default of its place, with the defaults inside that; null is no default."""
    port = {
        "type": "object",
        "default": {},
        "properties": {"p": {"type": "string", "default": "TCP"}, "q": {"type": "string", "default": None}},
    }
    schema = custom_resource_schema(
        {
            "type": "object",
            "properties": {
                "list": {"type": "array", "items": port},
                "map": {"type": "object", "additionalProperties": port},
                "texts": {"type": "object", "additionalProperties": {"type": "string", "default": None}},
            },
        }
    )
    obj = {"list": [None, {"q": None}], "map": {"a": None}, "texts": {"a": None, "b": "x"}}
    filled = default(obj, schema)
    assert filled == {"list": [{"p": "TCP"}, {"p": "TCP"}], "map": {"a": {"p": "TCP"}}, "texts": {"b": "x"}}


def test_zero_values_are_those_of_go(definitions: Definitions) -> None:
    """A stored Deployment always has these containers."""
    schema = definitions.for_kind("apps", "v1", "Deployment")
    assert schema is not None
    obj = {"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}}
    filled = fill_zero_values(obj, schema)
    assert filled["status"] == {}
    assert filled["spec"]["strategy"] == {}
    assert filled["spec"]["template"]["spec"]["containers"] == [{"name": "a", "resources": {}}]
    assert fill_zero_values(filled, schema) is filled


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        pytest.param({"name": "a", "namespace": "b"}, [], id="fine"),
        pytest.param(
            {"namespace": "b"}, ["metadata.name: Required value: name or generateName is required"], id="no name"
        ),
        pytest.param({"name": "a"}, ["metadata.namespace: Required value"], id="no namespace"),
        pytest.param(
            {"name": "A_b", "namespace": "b"},
            [
                'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case '
                "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
                "(e.g. 'example.com', regex used for validation is "
                r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ],
            id="bad name",
        ),
        pytest.param(
            {"name": "a", "namespace": "b", "labels": {"a": "x y"}},
            [
                'metadata.labels: Invalid value: "x y": a valid label must be an empty string or consist of '
                "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
                "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ],
            id="bad label",
        ),
    ],
)
def test_metadata_is_judged(meta: dict[str, Any], expected: list[str]) -> None:
    """Names, namespaces and labels, with upstream's texts."""
    assert [str(error) for error in validate_metadata(meta, namespaced=True)] == expected


def test_metadata_updates_keep_identity() -> None:
    """Name and uid stay, and a dying object gets no new finalizers."""
    old = {"name": "a", "uid": "1", "deletionTimestamp": "x", "finalizers": []}
    new = {"name": "a", "uid": "2", "deletionTimestamp": "x", "finalizers": ["e.x/f"], "resourceVersion": "1"}
    assert [str(error) for error in validate_metadata_update(new, old)] == [
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
        'found new finalizers []string{"e.x/f"}',
        'metadata.uid: Invalid value: "2": field is immutable',
    ]


def test_label_keys() -> None:
    """A key is a name with an optional DNS prefix."""
    assert names.check_label_key("app.kubernetes.io/name") == []
    assert names.check_label_key("/x") == ["prefix part must be non-empty"]
    assert names.check_label_key("a" * 64) == ["name part must be no more than 63 bytes"]
