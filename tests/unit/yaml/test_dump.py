"""Values out: the bytes of sigs.k8s.io/yaml v1.6.0 (expectations were printed by the Go library)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.base import gojson
from fairlead.base.yaml import YamlError, dump, load
from fairlead.base.yaml.order import sorted_keys

CASES = [
    ({"a": [1, 2.5, {"x": "yes", "y": []}, [1, [2]]]}, 'a:\n- 1\n- 2.5\n- x: "yes"\n  "y": []\n- - 1\n  - - 2\n'),
    ({"a": "a\nb\n", "b": "a\nb", "c": "a\n\n"}, "a: |\n  a\n  b\nb: |-\n  a\n  b\nc: |+\n  a\n\n"),
    ({"a": " a\nb"}, "a: |2-\n   a\n  b\n"),
    ({"a": "a \nb", "b": "a\tb\n"}, 'a: "a \\nb"\nb: "a\\tb\\n"\n'),
    ({"a": "*x", "b": "a: b", "c": "a #b", "d": "a ", "e": ""}, "a: '*x'\nb: 'a: b'\nc: 'a #b'\nd: 'a '\ne: \"\"\n"),
    ({"a": "1:30", "b": "2020-01-01", "c": "2020-13-01"}, 'a: "1:30"\nb: "2020-01-01"\nc: 2020-13-01\n'),
    ({"a": "😀", "b": "é"}, 'a: "\\U0001F600"\nb: é\n'),
    ({"a": 1e21, "b": 1e20, "c": 1.0, "d": 123456789.5}, "a: 1e+21\nb: 1e+20\nc: 1\nd: 1.234567895e+08\n"),
    ({"a9": 1, "a10": 2, "A": 3, "_": 4}, "_: 4\nA: 3\na9: 1\na10: 2\n"),
    ({"k" * 129: {"a": [1]}}, f"? {'k' * 129}\n: a:\n  - 1\n"),
    ({"a\nb": 1}, "? |-\n  a\n  b\n: 1\n"),
    ("word " * 20, "'" + "word " * 16 + "word\n  word word word '\n"),
    ([[], {}, None, True], "- []\n- {}\n- null\n- true\n"),
]


@pytest.mark.parametrize(("value", "text"), CASES, ids=range(len(CASES)))
def test_a_value_is_written_as_go_writes_it(value: object, text: str) -> None:
    """Quoting, blocks, folding, numbers, key order."""
    assert dump(value) == text


@pytest.mark.parametrize("value", ["\x7f", {"a\x85b": 1}, float("nan"), {"k" * 1100: 1}], ids=repr)
def test_what_go_cannot_write_is_an_error(value: object) -> None:
    """Not a guess: Go's Marshal fails on these too."""
    with pytest.raises(YamlError):
        dump(value)


def test_numbers_in_keys_count_as_numbers() -> None:
    """Symbols before digits before letters; leading zeros after plain numbers' value."""
    assert sorted_keys(["a10", "a9", "a", "b", "a-1", "a1b", "aB"]) == ["a", "a-1", "a1b", "a9", "a10", "aB", "b"]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from("\n\t '\"#:-"))
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXT
KEYS = TEXT.filter(lambda key: key and key != "<<")  # Go writes << without quotes, and reads a merge
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    """Writing then reading gives the same value."""
    assert load(dump(value)) == value


def test_json_is_gos() -> None:
    """HTML characters escaped, floats without needless exponents, keys by bytes."""
    value = {"b": "<&>\u2028", "a": [1.0, 1e21, 1e-7, 0.000001, 1e20], "é": None}
    expected = '{"a":[1,1e+21,1e-7,0.000001,100000000000000000000],"b":"\\u003c\\u0026\\u003e\\u2028","é":null}'
    assert gojson.dumps_text(value) == expected
    assert gojson.dumps_indent({"a": [], "b": {"c": 1}}, "  ") == b'{\n  "a": [],\n  "b": {\n    "c": 1\n  }\n}'
