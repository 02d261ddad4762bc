"""JSON patch and merge patch."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engines.merge.patches import PatchError, diff_merge, equal, json_patch, merge_patch

SCALARS = st.one_of(st.booleans(), st.integers(-5, 5), st.sampled_from(["", "a", "b"]), st.floats(-1, 1))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abcd"), inner, max_size=4)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


@pytest.mark.parametrize(
    ("doc", "operation", "expected"),
    [
        pytest.param({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}, id="add"),
        pytest.param({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}, id="append"),
        pytest.param({"a": [1, 2]}, {"op": "add", "path": "/a/0", "value": 0}, {"a": [0, 1, 2]}, id="insert"),
        pytest.param({"a": [1, 2]}, {"op": "add", "path": "/a/-1", "value": 3}, {"a": [1, 2, 3]}, id="add from end"),
        pytest.param({"a": [1, 2]}, {"op": "remove", "path": "/a/-1"}, {"a": [1]}, id="remove from end"),
        pytest.param({"a~b": {"c/d": 1}}, {"op": "remove", "path": "/a~0b/c~1d"}, {"a~b": {}}, id="escapes"),
        pytest.param({"a": 1}, {"op": "replace", "path": "/b", "value": 2}, {"a": 1, "b": 2}, id="replace absent key"),
        pytest.param({"a": 1}, {"op": "replace", "path": "", "value": {"c": 1}}, {"c": 1}, id="replace root"),
        pytest.param({"a": {"b": 1}}, {"op": "move", "from": "/a/b", "path": "/c"}, {"a": {}, "c": 1}, id="move"),
        pytest.param({"a": 1}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": 1, "b": 1}, id="copy"),
        pytest.param(
            {"a": {"b": [1]}}, {"op": "test", "path": "/a", "value": {"b": [1]}}, {"a": {"b": [1]}}, id="test"
        ),
        pytest.param({"a": 1}, {"op": "test", "path": "/x", "value": None}, {"a": 1}, id="absent is null"),
    ],
)
def test_an_operation_gives(doc: Any, operation: dict[str, Any], expected: Any) -> None:
    """Each operation of RFC 6902 does what the API server's library does, and leaves its input alone."""
    before = copy.deepcopy(doc)
    assert json_patch(doc, [operation]) == expected
    assert doc == before


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        pytest.param(
            {"op": "remove", "path": "/x"},
            "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
            id="remove absent",
        ),
        pytest.param(
            {"op": "add", "path": "/x/y", "value": 1},
            'add operation does not apply: doc is missing path: "/x/y": missing value',
            id="add below absent",
        ),
        pytest.param(
            {"op": "add", "path": "/l/7", "value": 1},
            "error in add for path: '/l/7': Unable to access invalid index: 7: invalid index referenced",
            id="add beyond the end",
        ),
        pytest.param(
            {"op": "add", "path": "/l/x", "value": 1},
            "error in add for path: '/l/x': value was not a proper array index: 'x': "
            'strconv.Atoi: parsing "x": invalid syntax',
            id="index is no number",
        ),
        pytest.param(
            {"op": "replace", "path": "/l/9", "value": 1},
            "replace operation does not apply: doc is missing key: /l/9: missing value",
            id="replace beyond the end",
        ),
        pytest.param({"op": "test", "path": "/a", "value": 2}, "testing value /a failed: test failed", id="test"),
        pytest.param(
            {"op": "test", "path": "/a", "value": True}, "testing value /a failed: test failed", id="1 is not true"
        ),
        pytest.param({"op": "frob", "path": "/a"}, "Unexpected kind: frob", id="unknown operation"),
        pytest.param({"op": "add", "value": 1}, "add operation failed to decode path: missing value", id="no path"),
    ],
)
def test_an_operation_that_does_not_apply_says(operation: dict[str, Any], message: str) -> None:
    """The texts are those of the API server's library."""
    with pytest.raises(PatchError) as caught:
        json_patch({"a": 1, "l": [1]}, [operation])
    assert caught.value.message == message
    assert caught.value.code == 422


@pytest.mark.parametrize(
    ("doc", "patch", "expected"),
    [
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}, id="null removes"),
        pytest.param({"a": [1]}, {"a": [2]}, {"a": [2]}, id="lists are replaced"),
        pytest.param({}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}, id="nulls in new values vanish"),
        pytest.param({"a": 1}, {"a": {"b": None}}, {"a": {}}, id="object over scalar"),
        pytest.param({"a": {"b": 1}}, {"a": 2}, {"a": 2}, id="scalar over object"),
    ],
)
def test_merge_patch_gives(doc: Any, patch: Any, expected: Any) -> None:
    """RFC 7386, as the API server does it."""
    before = copy.deepcopy(doc)
    assert merge_patch(doc, patch) == expected
    assert doc == before


def test_merge_patch_that_changes_nothing_returns_the_same_parts() -> None:
    """Parts that a patch does not reach are shared, not copied."""
    doc = {"a": {"b": 1}, "c": {"d": 2}}
    assert merge_patch(doc, {"a": {"b": 2}})["c"] is doc["c"]
    assert merge_patch(doc, {}) is doc


def test_merge_patch_must_be_an_object() -> None:
    """Anything else is a bad request."""
    with pytest.raises(PatchError, match="Invalid JSON Patch") as caught:
        merge_patch({}, [])
    assert caught.value.code == 400


@given(OBJECTS, OBJECTS)
def test_the_difference_applied_gives_the_new_object(old: dict[str, Any], new: dict[str, Any]) -> None:
    """``merge_patch(old, diff_merge(old, new)) == new``."""
    assert equal(merge_patch(old, diff_merge(old, new)), new)


@given(OBJECTS)
def test_no_difference_is_an_empty_patch(old: dict[str, Any]) -> None:
    """Equal objects need no patch."""
    assert diff_merge(old, copy.deepcopy(old)) == {}


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_applied_twice_changes_nothing_more(doc: dict[str, Any], patch: dict[str, Any]) -> None:
    """Merge patches are idempotent."""
    once = merge_patch(doc, patch)
    assert equal(merge_patch(once, patch), once)
