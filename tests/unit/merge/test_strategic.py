"""Strategic merge patch."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fairlead.engines.merge import strategic
from fairlead.engines.merge.patches import PatchError, equal
from fairlead.engines.merge.strategic import strategic_merge
from fairlead.engines.schema.model import Schema


def pod(spec: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


BASE = pod(
    {
        "containers": [
            {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]},
            {"name": "b", "image": "b:1"},
        ],
        "nodeSelector": {"disk": "ssd"},
    }
)


@pytest.mark.parametrize(
    ("patch", "containers"),
    [
        pytest.param(
            [{"name": "b", "image": "b:2"}],
            [{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]}, {"name": "b", "image": "b:2"}],
            id="merged by name",
        ),
        pytest.param([{"name": "a", "$patch": "delete"}], [{"name": "b", "image": "b:1"}], id="delete"),
        pytest.param([{"$patch": "replace"}, {"name": "c"}], [{"name": "c"}], id="replace"),
        pytest.param(
            [{"name": "c", "image": "c:1"}],
            [
                {"name": "c", "image": "c:1"},
                {"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]},
                {"name": "b", "image": "b:1"},
            ],
            id="new ones first",
        ),
        pytest.param(
            [{"name": "a", "env": [{"name": "Y", "value": "2"}]}],
            [
                {
                    "name": "a",
                    "image": "a:1",
                    "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}],
                },
                {"name": "b", "image": "b:1"},
            ],
            id="nested",
        ),
    ],
)
def test_lists_with_a_merge_key(deployment: Schema, patch: Any, containers: Any) -> None:
    """Containers merge by name, with the directives of strategic merge."""
    before = copy.deepcopy(BASE)
    merged = strategic_merge(BASE, pod({"containers": patch}), deployment)
    assert merged["spec"]["template"]["spec"]["containers"] == containers
    assert before == BASE


def test_an_element_order_is_followed(deployment: Schema) -> None:
    """``$setElementOrder`` sorts the list it names."""
    patch = pod(
        {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "image": "a:2"}]}
    )
    merged = strategic_merge(BASE, patch, deployment)
    found = merged["spec"]["template"]["spec"]["containers"]
    assert [(item["name"], item["image"]) for item in found] == [("b", "b:1"), ("a", "a:2")]


def test_an_order_that_contradicts_the_patch_is_refused(deployment: Schema) -> None:
    """Patch items must come in the order that the directive gives."""
    patch = pod(
        {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a"}, {"name": "b"}]}
    )
    with pytest.raises(PatchError, match=r"doesn't match \$setElementOrder list"):
        strategic_merge(BASE, patch, deployment)


def test_retained_keys_clear_all_others(deployment: Schema) -> None:
    """``$retainKeys`` is how the strategy's type changes without leaving the old type's settings."""
    doc = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge(doc, patch, deployment) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_retained_keys_must_name_what_is_patched(deployment: Schema) -> None:
    """A key outside ``$retainKeys`` is a bad patch."""
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "rollingUpdate": {}}}}
    with pytest.raises(PatchError, match="invalid patch format of retainKeys") as caught:
        strategic_merge({"spec": {"strategy": {}}}, patch, deployment)
    assert caught.value.code == 400


def test_primitive_lists_merge_and_lose_items(deployment: Schema) -> None:
    """Finalizers are a merging list of texts; items leave by ``$deleteFromPrimitiveList``."""
    doc = {"metadata": {"finalizers": ["a", "b"]}}
    added = strategic_merge(doc, {"metadata": {"finalizers": ["c"]}}, deployment)
    assert sorted(added["metadata"]["finalizers"]) == ["a", "b", "c"]
    removed = strategic_merge(doc, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}, deployment)
    assert removed == {"metadata": {"finalizers": ["b"]}}


def test_maps_and_nulls(deployment: Schema) -> None:
    """A null removes a key; ``$patch: replace`` takes a map whole."""
    assert strategic_merge(BASE, pod({"nodeSelector": {"disk": None, "zone": "x"}}), deployment)["spec"]["template"][
        "spec"
    ]["nodeSelector"] == {"zone": "x"}
    replaced = strategic_merge(BASE, pod({"nodeSelector": {"$patch": "replace", "zone": "y"}}), deployment)
    assert replaced["spec"]["template"]["spec"]["nodeSelector"] == {"zone": "y"}


def test_an_item_without_its_merge_key_is_refused(deployment: Schema) -> None:
    """The text names the item and the key."""
    with pytest.raises(PatchError) as caught:
        strategic_merge(BASE, pod({"containers": [{"image": "x"}]}), deployment)
    assert caught.value.message == "map: map[image:x] does not contain declared merge key: name"


def test_long_lists_are_not_compared_each_with_each(deployment: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order of a thousand elements costs a thousand looks, not a million comparisons."""
    compared = []
    monkeypatch.setattr(strategic, "equal", lambda left, right: compared.append(left) or equal(left, right))
    names = [f"c{number}" for number in range(1000)]
    live = {"spec": {"template": {"spec": {"containers": [{"name": name, "image": "a"} for name in names]}}}}
    order = [{"name": name} for name in reversed(names)]
    change = {"containers": [{"name": "c5", "image": "b"}], "$setElementOrder/containers": order}
    merged = strategic_merge(live, {"spec": {"template": {"spec": change}}}, deployment)
    containers = merged["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in containers] == names[::-1]
    assert {each["name"]: each["image"] for each in containers}["c5"] == "b"
    assert len(compared) < 10 * len(names)
