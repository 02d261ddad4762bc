"""Views of successive revisions share what did not change, and are what decoding gives."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.base.objects import Key, copy
from fairlead.engines.merge.patches import merge_patch
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer
from fairlead.server.sharing import ForeignValueError, shared_view
from fairlead.server.store import Store

from .conftest import CONFIG_MAP, Scenario, config_map

Run = Callable[[Scenario], None]

KEYS = st.sampled_from(("a", "b", "c", "d"))
SCALARS = st.sampled_from((None, True, False, 0, 1, 1.0, -0.0, 1e22, "", "x", "1", 2**63))
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=4)


def _ids(value: Any) -> set[int]:
    """The ids of all containers at and below *value*."""
    found: set[int] = set()
    if isinstance(value, (dict, list)):
        found.add(id(value))
        for item in value.values() if isinstance(value, dict) else value:
            found |= _ids(item)
    return found


@given(old=OBJECTS, new=OBJECTS)
def test_a_view_is_what_decoding_gives(old: Any, new: Any) -> None:
    """Types, values and key order are those of the decoded JSON; containers are *old*'s or new, none are *new*'s."""
    before, given_ids = orjson.dumps(old), _ids(new)
    view = shared_view(new, old)
    assert orjson.dumps(view) == orjson.dumps(new) == orjson.dumps(orjson.loads(orjson.dumps(new)))
    assert not _ids(view) & given_ids
    assert orjson.dumps(old) == before


@given(old=OBJECTS, patch=OBJECTS)
def test_what_a_patch_leaves_alone_is_one_value(old: Any, patch: Any) -> None:
    """Each container that the patched object has from the old one is in the view, too; an equal object is the old."""
    new = merge_patch(old, patch)
    assert _ids(new) & _ids(old) <= _ids(shared_view(new, old))
    assert shared_view(copy(old), old) is old


@pytest.mark.parametrize(
    "value", [datetime(2026, 1, 1, tzinfo=UTC), ("a",), float("nan"), float("inf"), type("Text", (str,), {})("x")]
)
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [value], lambda value: {"a": value}])
def test_values_that_json_changes_are_refused(value: Any, wrap: Any) -> None:
    """What comes back from JSON as something else is left to the decoder."""
    with pytest.raises(ForeignValueError):
        shared_view({"a": wrap(value)}, {})


def test_the_store_decodes_what_it_cannot_share() -> None:
    """A number that is none is stored as null, and shown as that."""
    store = Store()
    store.open()
    first = store.put("things", {"metadata": {"name": "a", "uid": "1"}, "spec": {"x": 1}}, None)
    assert first.view["spec"] == {"x": 1}
    second = store.put("things", {**first.view, "spec": {"x": float("nan")}}, first)
    assert second.view["spec"] == {"x": None}


def test_revisions_share_and_callers_stay_outside(scene: Run) -> None:
    """After a patch, untouched parts are those of the revision before; a body changed afterwards changes nothing."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        labels = {"a": "b"}
        given_object = {**config_map("m"), "data": {"k": "v"}}
        first = await client.create(given_object)
        patch = {"metadata": {"labels": labels}}
        second = await client.patch(CONFIG_MAP, "m", "default", patch)
        labels["a"] = "changed"
        record = server.store.get("configmaps", Key("default", "m"))
        assert record is not None
        assert second["data"] is first["data"]
        assert second["metadata"]["labels"] == {"a": "b"}
        assert orjson.dumps(record.view) == record.data

    scene(scenario)
