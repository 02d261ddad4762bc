"""Schemas that surely are well-formed are taken without compiling them, which then would work."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engines.helm.wellformed import decode
from fairlead.engines.jsonschema import Compiler, SchemaFault

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFTS = (
    DRAFT_7,
    "https://json-schema.org/draft-07/schema",
    "http://json-schema.org/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
)


def is_accepted(schema: Any) -> bool:
    """Report whether *schema* can be compiled."""

    def refuse(url: str) -> Any:
        raise SchemaFault(url)

    compiler = Compiler(refuse)
    compiler.add("file:///values.schema.json", schema)
    try:
        compiler.compile("file:///values.schema.json")
    except SchemaFault:
        return False
    return True


EVERYDAY = {
    "$schema": DRAFT_7,
    "$id": "https://example.com/values.json",
    "title": "Values",
    "type": "object",
    "required": ["image"],
    "additionalProperties": False,
    "form": {"order": 1},
    "definitions": {"port": {"type": ["integer", "null"], "minimum": 1, "maximum": 65535.0}},
    "properties": {
        "image": {"type": "object", "properties": {"tag": {"type": "string", "pattern": "^v?[0-9]+(\\.[0-9]+)*$"}}},
        "port": {"$ref": "#/definitions/port"},
        "level": {"enum": ["debug", "info", None, 1], "default": {"$ref": 1}, "examples": [{}]},
        "labels": {"patternProperties": {"^[a-z0-9/.-]{1,63}$": {"type": "string"}}, "additionalProperties": False},
        "either": {"oneOf": [{"type": "array", "items": {"type": "string"}, "uniqueItems": True}, True]},
    },
}


def test_an_everyday_schema_is_sure() -> None:
    """What charts' schemas are mostly made of needs no compiler."""
    text = json.dumps(EVERYDAY, indent=2)
    assert decode(f"\n{text}\n".encode()) == EVERYDAY
    assert is_accepted(EVERYDAY)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"true",
        b"{",
        b"{} {}",
        b'\xef\xbb\xbf{"type":"object"}',
        b'{"minimum": NaN}',
        b'{"type": "text"}',
        b'{"type": []}',
        b'{"required": "a"}',
        b'{"required": ["a", "a"]}',
        b'{"properties": {"a": 1}}',
        b'{"properties": []}',
        b'{"items": [{}]}',
        b'{"allOf": []}',
        b'{"minLength": -1}',
        b'{"$ref": "#/definitions/a"}',
        b'{"$ref": "#/default", "default": {}}',
        b'{"$ref": "other.json"}',
        b'{"$schema": "http://json-schema.org/draft-04/schema#"}',
        b'{"$id": "#a"}',
        b'{"properties": {"a": {"$id": "http://a/b"}}}',
        b'{"$anchor": "a"}',
        b'{"pattern": "("}',
        b'{"pattern": "a{2,1}"}',
        b'{"pattern": "[z-a]"}',
        b'{"patternProperties": {"*": {}}}',
        b'{"allOf": [' * 70 + b"{}" + b"]}" * 70,
    ],
    ids=lambda text: text.decode("utf-8-sig")[:40],
)
def test_what_is_not_sure_is_left_to_the_compiler(text: bytes) -> None:
    """Mistakes, old drafts, other places than this text, and what is rare."""
    assert decode(text) is None


WORDS = st.sampled_from(["a", "b", "$ref", "type"])
ODD = st.sampled_from(
    [None, True, 1, -1, 1.5, "", "a", "string", "a(", [], ["a"], ["a", "a"], {}, {"a": {}}, [{}], [1]]
)
KEYWORDS = (
    "title", "description", "default", "const", "enum", "type", "required", "properties", "patternProperties",
    "definitions", "$defs", "items", "not", "if", "then", "else", "allOf", "anyOf", "oneOf", "minimum",
    "exclusiveMaximum", "minLength", "maxItems", "uniqueItems", "examples", "format", "pattern",
    "additionalProperties", "$ref", "$id", "$schema", "$anchor", "id", "dependencies", "contains", "propertyNames",
    "multipleOf", "readOnly", "x",
)  # fmt: skip


def _schemas() -> st.SearchStrategy[Any]:
    def wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        sound = {
            "type": st.sampled_from(["object", "string", ["array", "null"]]),
            "properties": st.dictionaries(WORDS, inner, max_size=2),
            "definitions": st.dictionaries(WORDS, inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["a+", "^[a-z]*$"]), inner, max_size=1),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "items": inner,
            "not": inner,
            "enum": st.lists(st.sampled_from(["a", 1, None]), min_size=1, unique=True),
            "$ref": st.sampled_from(["#", "#/definitions/a", "#/properties/a", "#/definitions/a/not", "#/x"]),
            "x": ODD,
        }
        odd = st.dictionaries(st.sampled_from(KEYWORDS), ODD, max_size=1)
        return st.builds(lambda *parts: parts[0] | parts[1], st.fixed_dictionaries({}, optional=sound), odd)

    return st.recursive(st.booleans() | st.just({}), wider, max_leaves=5)


@given(st.sampled_from(DRAFTS), _schemas())
def test_what_is_sure_is_accepted(draft: str, schema: Any) -> None:
    """For any schema: what is taken here reads as it does elsewhere, and can be compiled."""
    if isinstance(schema, dict):
        schema = {"$schema": draft, **schema}
    found = decode(json.dumps(schema).encode())
    if found is not None:
        assert found == schema
        assert is_accepted(schema)


@given(st.text(st.sampled_from("ab1-^$.*+?()[]{},|\\d:_ /"), max_size=10), st.sampled_from(DRAFTS))
def test_patterns_that_are_sure_are_patterns(pattern: str, draft: str) -> None:
    """Any text: what is taken for a regular expression is one."""
    if decode(json.dumps({"pattern": pattern}).encode()) is not None:
        assert is_accepted({"$schema": draft, "pattern": pattern})
        assert is_accepted({"$schema": draft, "patternProperties": {pattern: True}})


BROKEN = (
    "{", '{"type": "object"', '{"a":1,', '{"type":"object",}', "{'a':1}", '{"a":1 "b":2}', '"abc', "[1", "[1,]", "",
    '"\\x"',
)  # fmt: skip


def test_broken_json_is_left_to_the_compiler_before_json_is_loaded() -> None:
    """The interpreter's scanner cannot name a fault while json.decoder is not loaded, as in a render's process."""
    program = (
        "import sys; from fairlead.engines.helm.wellformed import decode\n"
        "assert 'json' not in sys.modules\n"
        "print([decode(text.encode()) for text in sys.argv[1:]], 'json' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, *BROKEN], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == (f"{[None] * len(BROKEN)} False\n", "")
