"""Values judged quickly: never valid where the JSON Schema room says they are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engines.helm import load_chart, memo
from fairlead.engines.helm.schema import complaints
from fairlead.engines.helm.validity import surely_valid

CHART = b"apiVersion: v2\nname: c\nversion: 1.0.0\n"


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Leave no schema behind."""
    yield
    memo.PACKED.clear()


def judged(schema: dict[str, Any], values: Any) -> tuple[bool, bool]:
    """Return what the library says, and what is said without it afterwards."""
    chart = load_chart({"Chart.yaml": CHART, "values.schema.json": json.dumps(schema).encode()})
    return complaints(chart, values) == "", surely_valid(chart, values)


def of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"a": schema}}


OLD = "http://json-schema.org/draft"
REF = {"definitions": {"d": {"type": "string"}}}
TABLE: list[tuple[dict[str, Any], Any, bool]] = [
    (of({"type": "string"}), "x", True),
    (of({"type": "string"}), 1.0, False),
    (of({"type": ["string", "null"]}), None, True),
    (of({"type": "integer"}), 3.0, True),
    (of({"type": "integer"}), 3.5, False),
    (of({"type": "number"}), True, False),
    (of({"type": "boolean"}), False, True),
    (of({"enum": [1, "b"]}), 1.0, True),
    (of({"enum": [1]}), True, False),
    (of({"const": "x"}), "y", False),
    (of({"minimum": 1, "maximum": 3}), 3.0, True),
    (of({"exclusiveMinimum": 1}), 1.0, False),
    (of({"minLength": 2, "maxLength": 3}), "abc", True),
    (of({"minLength": 2.0}), "a", False),
    (of({"items": {"type": "string"}, "minItems": 1}), ["a"], True),
    (of({"items": {"type": "string"}}), ["a", 1.0], False),
    (of({"uniqueItems": True}), ["a", "b"], True),
    (of({"uniqueItems": True}), ["a", "a"], False),
    (of({"required": ["b"]}), {"b": None}, True),
    (of({"required": ["b"]}), {}, False),
    (of({"properties": {"b": True}, "additionalProperties": False}), {"b": 1.0}, True),
    (of({"properties": {"b": True}, "additionalProperties": False}), {"c": 1.0}, False),
    (of({"anyOf": [{"type": "string"}, {"type": "null"}]}), None, True),
    (of({"oneOf": [{"type": "string"}, {"minLength": 1}]}), "a", False),
    (of({"oneOf": [{"type": "string"}, {"type": "number"}]}), "a", True),
    (of({"not": {"type": "string"}}), "a", False),
    (of({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 1}}), "ab", True),
    (of({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 1}}), 0.0, False),
    (REF | of({"$ref": "#/definitions/d"}), "x", True),
    (REF | of({"$ref": "#/definitions/d"}), 1.0, False),
    (of({"form": True, "title": "T", "default": 1}), "x", True),
    (of({"pattern": "^a"}), "ab", True),
    (of({"pattern": "^a"}), "ba", False),
    (of({"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False}), {"ab": "x"}, True),
    (of({"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False}), {"ba": "x"}, False),
    (of({"not": {"patternProperties": {"b": True}, "additionalProperties": False}}), {"c": 1.0}, True),
    ({"$schema": f"{OLD}-07/schema#"} | of({"format": "ipv4"}), "1.2.3.4", True),
    ({"$schema": f"{OLD}-07/schema#"} | of({"format": "ipv4"}), "1.2.3", False),
    (of({"format": "ipv4"}), "1.2.3", True),
]
LEFT_TO_THE_LIBRARY: list[tuple[dict[str, Any], Any]] = [
    (of({"multipleOf": 2}), 4.0),
    (of({"contains": {"type": "string"}}), ["x"]),
    (of({"uniqueItems": True}), [1.0, 2.0]),
    ({"$schema": f"{OLD}-04/schema#"} | of({"not": {"not": {"const": "y"}}}), "x"),
    (
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            **REF,
            **of({"$ref": "#/definitions/d", "minLength": 3}),
        },
        "x",
    ),
]


@pytest.mark.parametrize(("schema", "value", "fits"), TABLE, ids=lambda item: json.dumps(item)[:60])
def test_everyday_keywords_are_judged(schema: dict[str, Any], value: Any, fits: bool) -> None:
    """Both say whether the value fits."""
    assert judged(schema, {"a": value}) == (fits, fits)


@pytest.mark.parametrize(("schema", "value"), LEFT_TO_THE_LIBRARY, ids=lambda item: json.dumps(item)[:60])
def test_all_else_is_left_to_the_library(schema: dict[str, Any], value: Any) -> None:
    """A value that fits by the library's rules alone is not said to be surely valid."""
    assert judged(schema, {"a": value}) == (True, False)


def test_what_is_no_schema_is_left_to_the_library() -> None:
    """What is no schema is not taken for one, before or after it was compiled."""
    chart = load_chart({"Chart.yaml": CHART, "values.schema.json": b'{"properties": {"b": {"type": "sting"}}}'})
    assert not surely_valid(chart, {})
    assert complaints(chart, {})
    assert not surely_valid(chart, {})


SCALARS = st.sampled_from([None, True, False, 0.0, 1.0, 1.5, -2.0, "", "a", "ab"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)
KINDS = ["null", "boolean", "number", "integer", "string", "array", "object"]


def _schemas() -> st.SearchStrategy[Any]:
    leaf = st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(KINDS) | st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True),
            "enum": st.lists(SCALARS, min_size=1, max_size=3),
            "const": SCALARS,
            "minimum": st.integers(-2, 2),
            "exclusiveMaximum": st.integers(-2, 2),
            "minLength": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "minProperties": st.integers(0, 2),
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "uniqueItems": st.booleans(),
            "pattern": st.just("a"),
            "multipleOf": st.just(2),
        },
    )

    def wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        some = st.lists(inner, min_size=1, max_size=2)
        return st.fixed_dictionaries(
            {},
            optional={
                "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
                "patternProperties": st.dictionaries(st.sampled_from("ab"), inner, max_size=1),
                "additionalProperties": inner,
                "items": inner,
                "prefixItems": some,
                "allOf": some,
                "anyOf": some,
                "oneOf": some,
                "not": inner,
                "if": inner,
                "then": inner,
                "else": inner,
                "$ref": st.just("#/$defs/d"),
                "minLength": st.integers(0, 2),
            },
        )

    return st.recursive(leaf | st.booleans(), wider, max_leaves=5)


DRAFTS = st.sampled_from(
    [
        f"{OLD}-04/schema#",
        f"{OLD}-06/schema#",
        f"{OLD}-07/schema#",
        "https://json-schema.org/draft/2020-12/schema",
    ]
)


@given(DRAFTS, _schemas(), _schemas(), st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3))
def test_what_is_surely_valid_is_valid(draft: str, schema: Any, defined: Any, values: dict[str, Any]) -> None:
    """For any schema of any draft: what is said to be surely valid, the library says is valid."""
    whole = {"$schema": draft, "$defs": {"d": defined}, "allOf": [schema]}
    fits, sure = judged(whole, values)
    assert fits or not sure
