"""Patches of a ClusterClass: machine pools, missing templates, operations, and that inputs stay as they are."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.base.objects import Json
from fairlead.engines.clusterclass.jsonpatch import OperationError, apply_operations
from fairlead.engines.clusterclass.lookup import VariableError, value_of
from fairlead.engines.clusterclass.patches import (
    Desired,
    Pair,
    PatchError,
    Templates,
    Worker,
    apply_patches,
    matches_name,
)

INFRA, BOOTSTRAP = "infrastructure.cluster.x-k8s.io/v1beta2", "bootstrap.cluster.x-k8s.io/v1beta2"


def thing(api_version: str, kind: str, name: str, spec: Any) -> Json:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def template(api_version: str, kind: str, name: str) -> Json:
    return thing(api_version, f"{kind}Template", name, {"template": {"spec": {"of": name}}})


TEMPLATES = Templates(
    template(INFRA, "Cluster", "cluster"),
    template("control/v1", "ControlPlane", "control"),
    machine_pools={"pool": Pair(template(BOOTSTRAP, "Config", "config"), template(INFRA, "MachinePool", "machines"))},
)
POOL = thing("cluster.x-k8s.io/v1beta2", "MachinePool", "skiff-mp", {"template": {"spec": {"version": "v1.33.1"}}})


def desired(pool_class: str = "pool") -> Desired:
    cluster = {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "Cluster",
        "metadata": {"name": "skiff", "namespace": "fleet"},
        "spec": {"topology": {"version": "v1.33.1", "classRef": {"name": "boats", "namespace": "shipyard"}}},
    }
    worker = Worker(
        {"class": pool_class, "name": "mp"},
        POOL,
        thing(BOOTSTRAP, "Config", "skiff-mp-b", {"of": "config"}),
        thing(INFRA, "MachinePool", "skiff-mp-i", {"of": "machines"}),
    )
    return Desired(
        cluster,
        thing(INFRA, "Cluster", "skiff-i", {"of": "cluster"}),
        thing("control/v1", "ControlPlane", "skiff-c", {"of": "control", "version": "v1.33.1"}),
        machine_pools=(worker,),
    )


def class_of(*patches: Json) -> Json:
    return {"metadata": {"name": "boats", "namespace": "shipyard"}, "spec": {"patches": list(patches)}}


def pool_patch(kind: str, api_version: str, *patches: Json, names: tuple[str, ...] = ("pool",)) -> Json:
    matched = {"machinePoolClass": {"names": list(names)}}
    selector = {"apiVersion": api_version, "kind": kind, "matchResources": matched}
    return {"name": "p", "definitions": [{"selector": selector, "jsonPatches": list(patches)}]}


def test_objects_of_machine_pools_are_patched() -> None:
    """A pool's bootstrap config and infrastructure are objects: the template's inner spec becomes their spec."""
    text = "{{ .builtin.machinePool.topologyName }}-{{ .builtin.cluster.topology.classRef.namespace }}"
    add = {"op": "add", "path": "/spec/template/spec/x", "valueFrom": {"template": text}}
    given_class = class_of(
        pool_patch("ConfigTemplate", BOOTSTRAP, add), pool_patch("MachinePoolTemplate", INFRA, add, names=("po*",))
    )
    [worker] = apply_patches(given_class, TEMPLATES, desired()).machine_pools
    assert worker.bootstrap["spec"] == {"of": "config", "x": "mp-shipyard"}
    assert worker.infrastructure["spec"] == {"of": "machines", "x": "mp-shipyard"}


def test_class_without_patches_changes_nothing() -> None:
    """The very same objects come back."""
    plain = desired("unknown")
    assert apply_patches(class_of(), TEMPLATES, plain) is plain


def test_unknown_worker_class() -> None:
    """A worker whose class is gone is named."""
    with pytest.raises(PatchError, match='failed to lookup MachinePool class "unknown" in ClusterClass'):
        apply_patches(class_of(pool_patch("ConfigTemplate", BOOTSTRAP)), TEMPLATES, desired("unknown"))


def test_error_names_all_places() -> None:
    """Class, patch, definition and operation are named, each broken place once."""
    broken = pool_patch("ConfigTemplate", BOOTSTRAP, {"op": "add", "path": "/spec/x", "valueFrom": {"variable": "y"}})
    fine = pool_patch("MachinePoolTemplate", INFRA, {"op": "add", "path": "/spec/x", "value": 1})
    broken["definitions"] = [*fine["definitions"], *broken["definitions"]]
    with pytest.raises(PatchError) as caught:
        apply_patches(class_of({**fine, "name": "first"}, broken), TEMPLATES, desired())
    assert caught.value.places == ("ClusterClass shipyard/boats: spec.patches[1].definitions[1].jsonPatches[0]",)
    assert caught.value.patch == "p"


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*", "deck", True),
        ("deck", "deck", True),
        ("deck", "decks", False),
        ("de*", "deck", True),
        ("*ck", "deck", True),
        ("*e*", "deck", False),
        ("", "deck", False),
        ("d*k", "deck", False),
    ],
)
def test_class_names(pattern: str, name: str, expected: bool) -> None:
    """A star stands for anything at one end of a pattern only."""
    assert matches_name(pattern, name) is expected


DOC = {"spec": {"list": [1, {"a": 2}, [3]], "map": {"x": None, "a/b": 1, "c~d": 2}, "text": "t"}}


@pytest.mark.parametrize(
    ("operation", "path", "expected"),
    [
        pytest.param("replace", "/spec/map/x", {"x": 9, "a/b": 1, "c~d": 2}, id="replace-null"),
        pytest.param("remove", "/spec/map/a~1b", {"x": None, "c~d": 2}, id="escaped-slash"),
        pytest.param("remove", "/spec/map/c~0d", {"x": None, "a/b": 1}, id="escaped-tilde"),
    ],
)
def test_operation_on_a_map(operation: str, path: str, expected: Json) -> None:
    """Only the one key changes."""
    done = apply_operations(DOC, [{"op": operation, "path": path, "value": 9}])
    assert done == {"spec": {**DOC["spec"], "map": expected}}


@pytest.mark.parametrize(
    ("operation", "path", "expected"),
    [
        pytest.param("add", "/spec/list/0", [9, 1, {"a": 2}, [3]], id="first"),
        pytest.param("add", "/spec/list/3", [1, {"a": 2}, [3], 9], id="behind-last"),
        pytest.param("add", "/spec/list/-", [1, {"a": 2}, [3], 9], id="end"),
        pytest.param("add", "/spec/list/-1", [1, {"a": 2}, [3], 9], id="negative"),
        pytest.param("replace", "/spec/list/-1", [1, {"a": 2}, 9], id="replace-last"),
        pytest.param("remove", "/spec/list/1", [1, [3]], id="remove"),
        pytest.param("add", "/spec/list/1/b", [1, {"a": 2, "b": 9}, [3]], id="inside"),
        pytest.param("add", "/spec/list/2/0", [1, {"a": 2}, [9, 3]], id="list-in-list"),
    ],
)
def test_operation_on_a_list(operation: str, path: str, expected: list[Any]) -> None:
    """Positions count from either end."""
    done = apply_operations(DOC, [{"op": operation, "path": path, "value": 9}])
    assert done == {"spec": {**DOC["spec"], "list": expected}}


@pytest.mark.parametrize(
    ("operation", "path", "phrase"),
    [
        pytest.param("add", "spec", "doc is missing path", id="no-slash"),
        pytest.param("add", "/spec/map/x/y", 'doc is missing path: "/spec/map/x/y"', id="below-null"),
        pytest.param("add", "/spec/text/y", "doc is missing path", id="below-text"),
        pytest.param("add", "/spec/list/9/y", "doc is missing path", id="below-missing-item"),
        pytest.param("add", "/spec/list/x", "value was not a proper array index: 'x'", id="no-index"),
        pytest.param("add", "/spec/list/5", "Unable to access invalid index: 5", id="index-too-big"),
        pytest.param("remove", "/spec/none", "unable to remove nonexistent key: none", id="remove-missing"),
        pytest.param("remove", "/spec/list/-", "invalid syntax", id="remove-end"),
        pytest.param("replace", "/spec/none", "doc is missing key: /spec/none", id="replace-missing"),
        pytest.param("replace", "/spec/list/7", "doc is missing key: /spec/list/7", id="replace-missing-item"),
        pytest.param("move", "/spec/list/7", "Unexpected kind: move", id="unknown"),
    ],
)
def test_operation_that_does_not_apply(operation: str, path: str, phrase: str) -> None:
    """The error names the path and the cause."""
    with pytest.raises(OperationError, match=phrase):
        apply_operations(DOC, [{"op": operation, "path": path, "value": 9}])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc01"), inner, max_size=3),
    max_leaves=8,
)
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace"]),
            "path": st.lists(st.sampled_from(["a", "b", "c", "0", "1", "-1", "-", ""]), max_size=4).map(
                lambda parts: "".join(f"/{part}" for part in parts)
            ),
            "value": JSON,
        }
    ),
    max_size=5,
)


@given(JSON, OPERATIONS)
def test_operations_leave_the_document_as_it_was(doc: Any, operations: list[Json]) -> None:
    """Whatever is done, and whether or not it succeeds, the given document and values are unchanged."""
    before = copy.deepcopy((doc, operations))
    try:
        once = apply_operations(doc, operations)
    except OperationError:
        pass
    else:
        assert apply_operations(copy.deepcopy(doc), operations) == once
    assert (doc, operations) == before


@given(JSON, st.text("ab01.[]-", max_size=8))
def test_any_path_is_a_value_or_an_error(doc: Any, path: str) -> None:
    """A path of any form gives a part of the variable or one kind of error."""
    try:
        found = value_of({"a": doc, "b": 1}, path)
    except VariableError:
        return
    assert any(found is part or found == part for part in parts_of({"a": doc, "b": 1}))


def parts_of(value: Any) -> list[Any]:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(part for each in below for part in parts_of(each))]
