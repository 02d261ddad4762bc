"""values.schema.json: what is refused, bounded, told quickly. Words: tests/golden/helm/schemas.jsonl."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from fairlead.engines.helm import HelmError, load_chart, render
from fairlead.engines.helm.schema import validate
from fairlead.engines.jsonschema import validator
from fairlead.engines.netip import parse_address

META = b"apiVersion: v2\nname: c\nversion: 1.0.0\n"


def say(schema: Any, values: dict[str, Any]) -> str:
    return validate(json.dumps(schema).encode(), values)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (
            "https://x.example/y.json#/a",
            'failing loading "https://x.example/y.json": HTTP request failed for https://x.example/y.json: '
            'Get "https://x.example/y.json": no network while rendering',
        ),
        ("other.json", 'failing loading "file:///other.json": open /other.json: no such file or directory'),
        ("ftp://x/y", 'failing loading "ftp://x/y": no URLLoader registered for "ftp://x/y"'),
        ("urn:a:b", ""),
    ],
)
def test_other_documents(reference: str, words: str) -> None:
    """Nothing is fetched or read for a reference; a URN lets everything through."""
    assert say({"properties": {"x": {"$ref": reference}}}, {"x": 1}) == words


def test_render_fails() -> None:
    """The complaints of a chart and its dependencies come under their names."""
    files = {
        "Chart.yaml": META,
        "values.schema.json": b'{"required": ["a"]}',
        "values.yaml": b"sub: {b: 1}\n",
        "charts/sub/Chart.yaml": META.replace(b": c", b": sub"),
        "charts/sub/values.schema.json": b'{"properties": {"b": {"type": "string"}}}',
    }
    with pytest.raises(HelmError) as caught:
        render(load_chart(files), {})
    assert str(caught.value) == (
        "values don't meet the specifications of the schema(s) in the following chart(s):\n"
        "c:\n- at '': missing property 'a'\nsub:\n- at '/b': got number, want string\n"
    )


def test_steps_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema that tries everything again and again ends with an error."""
    monkeypatch.setattr(validator, "MAX_STEPS", 5000)
    again = {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}, False]}
    definitions = {"a": {"properties": {"x": again}, "required": ["nothing"]}}
    values: dict[str, Any] = {}
    for _ in range(30):
        values = {"x": values}
    assert "more than" in say({"$defs": definitions, "$ref": "#/$defs/a"}, values)


def test_depth_is_bounded() -> None:
    """Schemas and values that are nested too deep are refused, not crashed on."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1500)  # others raise it
    try:
        _judge_deep()
    finally:
        sys.setrecursionlimit(before)


def _judge_deep() -> None:
    schema: dict[str, Any] = {"items": {"$ref": "#"}}
    values: Any = []
    for _ in range(2000):
        values = [values]
    assert "nested too deep" in say(
        {"properties": {"x": schema, "y": {"items": {"$ref": "#/properties/y"}}}}, {"y": values}
    )
    assert "exceeded max depth" in validate(b'{"not":' * 100_000, {})


def test_valid_values_need_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that fit a common schema are passed without compiling it."""
    import fairlead.engines.helm.schema as module

    monkeypatch.setattr(module, "complaints", lambda chart, values: pytest.fail("compiled"))
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"a": {"type": "string", "pattern": "^a+$", "format": "hostname"}, "own": {"enum": ["x", None]}},
        "patternProperties": {"^p": {"type": "integer", "minimum": 1}},
        "additionalProperties": {"type": "boolean"},
    }
    files = {"Chart.yaml": META, "values.schema.json": json.dumps(schema).encode()}
    render(load_chart(files), {"a": "aa", "p1": 3.0, "own": "x", "more": True})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("::1", ""),
        ("1.2.3.4", ""),
        ("fe80::1%eth0", ""),
        ("1.2.3", 'ParseAddr("1.2.3"): IPv4 address too short'),
        ("x", 'ParseAddr("x"): unable to parse IP'),
        ("1::2::3", 'ParseAddr("1::2::3"): multiple :: in address (at ":3")'),
    ],
)
def test_addresses(text: str, wrong: str) -> None:
    """Addresses are judged in the words of net/netip."""
    assert parse_address(text) == wrong
