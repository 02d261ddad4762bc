"""Selections by label or field: the index says what a look at every object would say."""

import random

import pytest

from fairlead.base.objects import Json, Key
from fairlead.engines.selectors import field_value
from fairlead.server.shelf import FIELDS_INDEXED, LABELS_INDEXED, Shelf
from fairlead.server.store import Store

RESOURCE = "configmaps"


def thing(namespace: str, name: str, labels: dict[str, str]) -> Json:
    meta = {"namespace": namespace, "name": name, "uid": f"{namespace}-{name}", "labels": labels}
    spec: Json = {"node": labels["tier"], "on": "app" in labels} if "tier" in labels else {"node": None}
    return {"metadata": meta, "spec": spec if labels else "none"}


@pytest.mark.parametrize("seed", range(5))
def test_index_follows_writes(seed: int) -> None:
    """After any series of writes and removals, asked before or in between, the right records come in key order."""
    dice = random.Random(seed)
    store = Store()
    store.open()
    for _ in range(300):
        key = Key(dice.choice("ab"), f"n{dice.randrange(12)}")
        before = store.get(RESOURCE, key)
        if before is not None and dice.random() < 0.3:
            store.remove(before, before.view)
        else:
            labels = {label: dice.choice("xyz") for label in ("app", "tier") if dice.random() < 0.8}
            store.put(RESOURCE, thing(*key, labels), before)
        if dice.random() < 0.2:
            label, value, namespace = dice.choice(["app", "tier"]), dice.choice("xyz"), dice.choice(["a", "b", ""])
            found = [record.key for record in store.labelled(RESOURCE, namespace, label, value)]
            every = store.select(RESOURCE, namespace)
            assert found == [record.key for record in every if record.labels.get(label) == value]
            path, value = dice.choice([("spec.node", "x"), ("spec.node", ""), ("spec.on", "true"), ("spec.on", "")])
            found = [record.key for record in store.with_field(RESOURCE, namespace, path, value)]
            assert found == [record.key for record in every if field_value(record.view, path) == value]


def test_fork_does_not_share_the_index() -> None:
    """What is written into a fork is not found in the store it came from."""
    store = Store()
    store.open()
    store.put(RESOURCE, thing("a", "one", {"app": "x"}), None)
    assert len(list(store.labelled(RESOURCE, "a", "app", "x"))) == 1
    twin = store.fork()
    twin.put(RESOURCE, thing("a", "two", {"app": "x"}), None)
    assert [r.key.name for r in twin.labelled(RESOURCE, "a", "app", "x")] == ["one", "two"]
    assert [r.key.name for r in store.labelled(RESOURCE, "a", "app", "x")] == ["one"]


def test_number_of_indexes_is_bounded() -> None:
    """Selectors of strangers cannot make the store keep an index for each label there could be."""
    shelf = Shelf()
    for number in range(LABELS_INDEXED + 5):
        assert shelf.labelled("a", f"label{number}", "x") == []
    assert len(shelf._labels) == LABELS_INDEXED
    for number in range(FIELDS_INDEXED + 5):
        assert shelf.with_field("", f"spec.field{number}", "x") == []
    assert len(shelf._fields) == FIELDS_INDEXED
