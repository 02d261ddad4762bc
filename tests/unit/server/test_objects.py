"""Create, read, update and delete, as any kind has them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fairlead.api.errors import ApiError
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

from .conftest import BOAT, CONFIG_MAP, OLD_BOAT, Scenario, boat, config_map, settle

Run = Callable[[Scenario], None]


def test_create_fills_in_what_only_the_server_knows(scene: Run) -> None:
    """uid, creationTimestamp and resourceVersion come from the server, also against the caller's will."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        given = config_map(x="1")
        given["metadata"] |= {"uid": "mine", "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 9}
        made = await client.create(given)
        meta = made["metadata"]
        assert meta["uid"] != "mine"
        assert meta["creationTimestamp"] == "2026-01-01T00:00:00Z"
        assert "generation" not in meta
        assert meta["resourceVersion"] == str(server.store.revision)
        assert await client.get(CONFIG_MAP, "a", "default") == made

    scene(scenario)


def test_objects_given_are_not_kept(scene: Run) -> None:
    """A caller may change what it handed over; the stored value stays."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        given = config_map(x="1")
        await client.create(given)
        given["data"]["x"] = "2"
        assert (await client.get(CONFIG_MAP, "a", "default"))["data"] == {"x": "1"}

    scene(scenario)


def test_generate_name(scene: Run) -> None:
    """generateName gives a name of prefix and five characters."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        given = config_map()
        given["metadata"] = {"generateName": "web-", "namespace": "default"}
        names = {(await client.create(given))["metadata"]["name"] for _ in range(3)}
        assert len(names) == 3
        assert all(name.startswith("web-") and len(name) == 9 for name in names)

    scene(scenario)


async def _refused(call: object) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await call  # type: ignore[misc]
    return caught.value


def test_refusals(scene: Run) -> None:
    """The texts of the usual refusals are upstream's."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.create(config_map(x="1"))
        error = await _refused(client.create(config_map(x="1")))
        assert (error.code, error.message) == (409, 'configmaps "a" already exists')
        error = await _refused(client.get(CONFIG_MAP, "nope", "default"))
        assert (error.code, error.message) == (404, 'configmaps "nope" not found')
        error = await _refused(client.create(config_map(namespace="nowhere")))
        assert (error.code, error.message) == (404, 'namespaces "nowhere" not found')
        error = await _refused(client.create(config_map("Bad_Name")))
        assert error.code == 422
        assert error.message.startswith(
            'ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a low'
        )
        error = await _refused(client.get(BOAT, "b", "default"))
        assert error.message == 'boats.sea.example.com "b" not found'

    scene(scenario)


def test_stale_update_conflicts(scene: Run) -> None:
    """An update with an old resourceVersion is refused with upstream's text; without one it wins."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        first = await client.create(config_map(x="1"))
        await client.update({**first, "data": {"x": "2"}})
        error = await _refused(client.update({**first, "data": {"x": "3"}}))
        assert error.code == 409
        assert error.message == (
            'Operation cannot be fulfilled on configmaps "a": the object has been modified; '
            "please apply your changes to the latest version and try again"
        )
        last = await client.update(config_map(x="4"))
        assert last["data"] == {"x": "4"}

    scene(scenario)


def test_writes_that_change_nothing_write_nothing(scene: Run) -> None:
    """Update, patch and apply leave the revision alone when the object is already so."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.apply(boat(length=3) | {"spec": {"name": "b"}}, field_manager="one")
        made = await client.create(config_map(x="1"))
        revision = server.store.revision
        await client.update(made)
        await client.patch(CONFIG_MAP, "a", "default", {"data": {"x": "1"}})
        await client.patch(CONFIG_MAP, "a", "default", {"metadata": {"labels": None}})
        await client.apply(boat() | {"spec": {"name": "b"}}, field_manager="one")
        assert server.store.revision == revision

    scene(scenario)


def test_generation_counts_changes_of_the_spec(scene: Run) -> None:
    """Labels and status do not count."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        assert (await client.create(boat()))["metadata"]["generation"] == 1
        labelled = await client.patch(BOAT, "b", "default", {"metadata": {"labels": {"a": "b"}}})
        assert labelled["metadata"]["generation"] == 1
        afloat = await client.patch(BOAT, "b", "default", {"status": {"afloat": True}}, subresource="status")
        assert afloat["metadata"]["generation"] == 1
        longer = await client.patch(BOAT, "b", "default", {"spec": {"lengthMetres": 11}})
        assert longer["metadata"]["generation"] == 2

    scene(scenario)


def test_status_and_spec_are_written_apart(scene: Run) -> None:
    """The main endpoint ignores status, the status endpoint ignores everything else."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        made = await client.create({**boat(), "status": {"afloat": True}})
        assert "status" not in made
        both = {"spec": {"lengthMetres": 20}, "status": {"afloat": True}, "metadata": {"labels": {"x": "y"}}}
        main = await client.patch(BOAT, "b", "default", both)
        assert main["spec"]["lengthMetres"] == 20
        assert "status" not in main
        both["spec"] = {"lengthMetres": 30}
        both["metadata"] = {"labels": {"x": "z"}}
        status = await client.patch(BOAT, "b", "default", both, subresource="status")
        assert status["spec"]["lengthMetres"] == 20
        assert status["metadata"]["labels"] == {"x": "y"}
        assert status["status"] == {"afloat": True}

    scene(scenario)


def test_versions_convert(scene: Run) -> None:
    """An object written in one version is read in the other; it is stored in the first."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        old = {**boat(), "apiVersion": "sea.example.com/v1", "spec": {"name": "b", "length": 7}}
        made = await client.create(old)
        assert made["apiVersion"] == "sea.example.com/v1"
        assert made["spec"]["length"] == 7
        new = await client.get(BOAT, "b", "default")
        assert new["spec"] == {"name": "b", "lengthMetres": 7, "color": "blue"}
        patched = await client.patch(OLD_BOAT, "b", "default", {"spec": {"length": 8}})
        assert patched["spec"]["length"] == 8
        assert (await client.get(BOAT, "b", "default"))["spec"]["lengthMetres"] == 8
        items = (await client.list(OLD_BOAT)).items
        assert [each["apiVersion"] for each in items] == ["sea.example.com/v1"]

    scene(scenario)


def test_schema_prunes_defaults_and_refuses(scene: Run) -> None:
    """Unknown fields go, defaults come, and what is wrong is named with its field."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        made = await client.create(boat(unknown=1))
        assert made["spec"] == {"name": "b", "lengthMetres": 10, "color": "blue"}
        error = await _refused(client.create(boat("c", lengthMetres=0)))
        assert error.code == 422
        assert error.message == (
            'Boat.sea.example.com "c" is invalid: spec.lengthMetres: Invalid value: 0: '
            "spec.lengthMetres in body should be greater than or equal to 1"
        )
        error = await _refused(client.patch(BOAT, "b", "default", {"spec": {"name": "x"}}))
        assert error.message == (
            'admission webhook "validation.boat.sea.example.com" denied the request: Boat.sea.example.com "b" is '
            "invalid: spec.name: Forbidden: a boat keeps its name"
        )
        assert error.details is not None
        assert error.details["causes"][0]["reason"] == "FieldValueForbidden"

    scene(scenario)


def test_finalizers_hold_an_object(scene: Run) -> None:
    """With finalizers, delete marks; taking the last one off removes."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        given = boat()
        given["metadata"]["finalizers"] = ["sea.example.com/anchor"]
        await client.create(given)
        marked = await client.delete(BOAT, "b", "default")
        assert marked["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:00Z"
        assert marked["metadata"]["deletionGracePeriodSeconds"] == 0
        assert marked["metadata"]["generation"] == 2
        error = await _refused(client.patch(BOAT, "b", "default", {"metadata": {"finalizers": ["sea.example.com/x"]}}))
        assert "no new finalizers can be added if the object is being deleted" in error.message
        await client.patch(BOAT, "b", "default", {"metadata": {"finalizers": None}})
        assert (await _refused(client.get(BOAT, "b", "default"))).is_not_found

    scene(scenario)


def test_delete_preconditions(scene: Run) -> None:
    """uid and resourceVersion are checked before anything is deleted."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        made = await client.create(config_map(x="1"))
        error = await _refused(client.delete(CONFIG_MAP, "a", "default", uid="other"))
        assert error.is_conflict
        assert "Precondition" in error.message or "precondition" in error.message
        error = await _refused(client.delete(CONFIG_MAP, "a", "default", resource_version="1"))
        assert error.is_conflict
        await client.delete(CONFIG_MAP, "a", "default", uid=made["metadata"]["uid"])

    scene(scenario)


def test_dry_run_leaves_no_trace(scene: Run) -> None:
    """A dry run answers as the write would, and writes nothing."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        revision = server.store.revision
        made = await client.create(boat(), dry_run=True)
        assert made["spec"]["color"] == "blue"
        applied = await client.apply(boat(), field_manager="x", dry_run=True)
        assert applied["metadata"]["uid"]
        await settle()
        assert server.store.revision == revision

    scene(scenario)


def test_apply_conflicts_name_manager_and_field(scene: Run) -> None:
    """Without force, a field of another manager is refused with one cause per field."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.apply(boat(lengthMetres=5), field_manager="one")
        error = await _refused(client.apply(boat(lengthMetres=6), field_manager="two", force=False))
        assert error.code == 409
        assert error.message == ('Apply failed with 1 conflict: conflict with "one": .spec.lengthMetres')
        forced = await client.apply(boat(lengthMetres=6), field_manager="two", force=True)
        assert forced["spec"]["lengthMetres"] == 6
        assert {each["manager"] for each in forced["metadata"]["managedFields"]} == {"one", "two"}

    scene(scenario)


def test_scale_subresource(scene: Run) -> None:
    """A patch of scale changes the replicas of the object behind it."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.create(boat(crew=2))
        scale = await client.patch(BOAT, "b", "default", {"spec": {"replicas": 5}}, subresource="scale")
        assert scale["kind"] == "Scale"
        assert scale["spec"] == {"replicas": 5}
        assert (await client.get(BOAT, "b", "default"))["spec"]["crew"] == 5

    scene(scenario)


def test_wrapped_base64(scene: Run) -> None:
    """Base64 in lines, as kustomize writes files that are not text, is taken and kept on one line."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        given = config_map()
        given["binaryData"] = {"values.yaml": "IyD//ukK\nYTogMQo=\n"}
        for manager in ("first", "second"):
            applied = await client.apply(given, field_manager=manager)
            assert applied["binaryData"] == {"values.yaml": "IyD//ukKYTogMQo="}

    scene(scenario)
