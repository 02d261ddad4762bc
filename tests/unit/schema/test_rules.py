"""CEL rules in schemas."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.engines.schema.model import custom_resource_schema
from fairlead.engines.schema.rules import check_rules
from fairlead.engines.schema.validation import validate, validate_scale


def errors(spec: dict[str, Any], value: Any, old: Any = None) -> list[str]:
    schema = custom_resource_schema({"type": "object", "properties": {"spec": spec}})
    return [str(error) for error in validate({"spec": value}, schema, None if old is None else {"spec": old})]


def ruled(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    properties = {"a": {"type": "integer"}, "b": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}}
    return {"type": "object", "properties": properties, "x-kubernetes-validations": list(rules), **more}


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        pytest.param({"rule": "self.a < self.b"}, {"a": 1, "b": 2}, [], id="holds"),
        pytest.param(
            {"rule": "self.a < self.b"},
            {"a": 2, "b": 1},
            ["spec: Invalid value: failed rule: self.a < self.b"],
            id="fails",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "message": "a must be less"},
            {"a": 2, "b": 1},
            ["spec: Invalid value: a must be less"],
            id="message",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "messageExpression": "'a is %d'.format([self.a])"},
            {"a": 2, "b": 1},
            ["spec: Invalid value: a is 2"],
            id="message expression",
        ),
        pytest.param(
            {"rule": "self.a < self.b", "messageExpression": "self.nope", "message": "fallback"},
            {"a": 2, "b": 1},
            ["spec: Invalid value: fallback"],
            id="failing message expression",
        ),
        pytest.param(
            {"rule": "has(self.b)", "fieldPath": ".b", "reason": "FieldValueRequired", "message": "set b"},
            {"a": 1},
            ["spec.b: Required value: set b"],
            id="path and reason",
        ),
        pytest.param(
            {"rule": "self.a < self.b"},
            {"a": 1},
            ['spec: Invalid value: "object": no such key: b evaluating rule: self.a < self.b'],
            id="error",
        ),
        pytest.param({"rule": "self.a > oldSelf.a"}, {"a": 1}, [], id="transition rule on create"),
        pytest.param(
            {"rule": "self.at > timestamp('2020-01-01T00:00:00Z')"}, {"at": "2024-05-06T07:08:09Z"}, [], id="time"
        ),
        pytest.param(
            {"rule": "oldSelf.hasValue() || self.a == 0", "optionalOldSelf": True},
            {"a": 1},
            ["spec: Invalid value: failed rule: oldSelf.hasValue() || self.a == 0"],
            id="optional old self",
        ),
    ],
)
def test_a_rule_is_applied(rule: dict[str, Any], value: Any, expected: list[str]) -> None:
    """Texts, paths and reasons are those of the API server."""
    assert errors(ruled(rule), value) == expected


def test_scalars_show_their_value() -> None:
    """Only objects and lists leave it out."""
    spec = {"type": "integer", "x-kubernetes-validations": [{"rule": "self % 2 == 1", "message": "must be odd"}]}
    assert errors(spec, 4) == ["spec: Invalid value: 4: must be odd"]


def test_transition_rules_compare_with_the_stored_object() -> None:
    """An immutable field: the usual ``self == oldSelf``."""
    spec = ruled({"rule": "self.a == oldSelf.a", "message": "a is immutable"})
    assert errors(spec, {"a": 2, "b": 1}, {"a": 1}) == ["spec: Invalid value: a is immutable"]
    assert errors(spec, {"a": 1, "b": 1}, {"a": 1}) == []


def test_rules_are_not_held_against_what_did_not_change() -> None:
    """An object that is older than its rule can be edited elsewhere."""
    inner = ruled({"rule": "self.a < 5"})
    spec = {"type": "object", "properties": {"old": inner, "n": {"type": "integer"}}}
    assert errors(spec, {"old": {"a": 9}, "n": 2}, {"old": {"a": 9}, "n": 1}) == []
    assert errors(spec, {"old": {"a": 8}, "n": 1}, {"old": {"a": 9}, "n": 1}) == [
        "spec.old: Invalid value: failed rule: self.a < 5"
    ]


def test_list_items_are_followed_by_their_keys() -> None:
    """A transition rule in a list map meets the item of the same name."""
    item = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "self.n >= oldSelf.n", "message": "n only grows"}],
    }
    spec = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    old = [{"name": "a", "n": 1}, {"name": "b", "n": 5}]
    assert errors(spec, [{"name": "b", "n": 4}, {"name": "c", "n": 0}], old) == ["spec[0]: Invalid value: n only grows"]


def test_rules_wait_for_a_well_formed_object() -> None:
    """A wrong type would only confuse a rule."""
    assert errors(ruled({"rule": "self.a < 1"}), {"a": "x"}) == [
        'spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"',
        "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "
        "correct the existing errors to complete validation",
    ]


def test_a_rule_that_does_too_much_is_stopped() -> None:
    """Nested loops over a long list end in an error, not in a hang."""
    rule = "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"
    spec = {"type": "array", "items": {"type": "integer"}, "x-kubernetes-validations": [{"rule": rule}]}
    found = errors(spec, list(range(200)))
    assert len(found) == 1
    assert "operation cancelled: actual cost limit exceeded" in found[0]


def test_broken_rules_are_found_in_the_definition() -> None:
    """What kubectl shows when a CRD with a misspelt rule is applied."""
    schema = custom_resource_schema({"type": "object", "properties": {"spec": ruled({"rule": "self.a < wrong"})}})
    [checked] = check_rules(schema.properties["spec"], is_root=False)
    assert "undeclared reference to 'wrong' (in container '')" in checked.failure


def test_scale_counts_are_not_negative() -> None:
    """The check that the scale subresource brings."""
    scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    [error] = validate_scale({"spec": {"replicas": -1}}, scale)
    assert str(error) == ".spec.replicas: Invalid value: -1: should be a non-negative integer"
    assert validate_scale({"spec": {"replicas": 0}}, scale) == []
