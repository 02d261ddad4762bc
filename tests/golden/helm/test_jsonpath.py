"""JSONPath templates, filled as `helm show values --jsonpath` (4.3.1) filled them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.base import yaml
from fairlead.engines.jsonpath import JsonPathError, Template

DATA = json.loads((Path(__file__).parent / "jsonpath.json").read_text())
VALUES: Any = yaml.load(DATA["values"])


@pytest.mark.parametrize("case", DATA["cases"], ids=[case["template"] for case in DATA["cases"]])
def test_case(case: dict[str, str]) -> None:
    """The text, or why the template cannot be read; nothing where a path leads nowhere."""
    if case["error"]:
        with pytest.raises(JsonPathError) as caught:
            Template(case["template"])
        assert str(caught.value) == case["error"]
        return
    template = Template(case["template"])
    try:
        out = template.fill(VALUES)
    except JsonPathError:
        out = ""
    assert out == case["out"]


def test_wildcards_go_by_key() -> None:
    """What an object holds comes in the order of its keys, where the original has any order."""
    assert Template("{.*}").fill({"b": 1, "a": [True], "c": None}) == "[true] 1 null"
