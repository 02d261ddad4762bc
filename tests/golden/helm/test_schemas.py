"""What helm says about values and their values.schema.json (tests/peer/record_helm.py schemas)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from schema_cases import tree

from fairlead.engines.helm.schema import validate
from fairlead.engines.helm.validity import _Judge, _UnsureError
from fairlead.engines.helm.wellformed import decode

CASES = [json.loads(line) for line in (Path(__file__).parent / "schemas.jsonl").read_text().split("\n") if line]


@pytest.mark.parametrize("part", range(8))
def test_words(part: int) -> None:
    """Verdicts and complaints are helm's; siblings come in any order there."""
    for case in CASES[part::8]:
        schema = case["schema"] if isinstance(case["schema"], str) else json.dumps(case["schema"])
        said = validate(schema.encode(), case["values"])
        assert tree(said) == tree(case["says"]), case


def test_quick_answers() -> None:
    """What is told quickly to be a schema is one, and values that are told quickly to fit do."""
    schemas = fitting = 0
    for case in CASES:
        decoded = None if isinstance(case["schema"], str) else decode(json.dumps(case["schema"]).encode())
        if decoded is None:
            continue
        schemas += 1
        assert "not valid against" not in case["says"], case
        try:
            fits = _Judge(decoded).fits(decoded, case["values"], 0)
        except (_UnsureError, TypeError, ValueError, KeyError, AttributeError, OverflowError):
            continue
        if fits:
            fitting += 1
            assert case["says"] == "", case
    assert schemas > 300
    assert fitting > 60
