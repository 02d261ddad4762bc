"""What happens by itself: garbage collection, namespaces, definitions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

from .conftest import BOAT, CONFIG_MAP, NAMESPACE, Scenario, boat, config_map, settle

Run = Callable[[Scenario], None]
CRD = GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition")


def owned(name: str, *owners: Json, block: bool = False) -> Json:
    given = config_map(name, x="1")
    given["metadata"]["ownerReferences"] = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            **({"blockOwnerDeletion": True} if block else {}),
        }
        for owner in owners
    ]
    return given


async def names(client: LocalClient) -> set[str]:
    items = (await client.list(CONFIG_MAP, "default")).items
    return {each["metadata"]["name"] for each in items}


def test_dependents_follow_their_owner(scene: Run) -> None:
    """Background: the owner goes at once, then what it owned, to any depth."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        top = await client.create(boat())
        middle = await client.create(owned("middle", top))
        await client.create(owned("leaf", middle))
        await client.create(config_map("free"))
        await client.delete(BOAT, "b", "default")
        await settle()
        assert await names(client) == {"free"}

    scene(scenario)


def test_orphans_stay(scene: Run) -> None:
    """Orphan: dependents stay and lose the reference."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        top = await client.create(boat())
        await client.create(owned("child", top))
        await client.delete(BOAT, "b", "default", propagation="Orphan")
        await settle()
        child = await client.get(CONFIG_MAP, "child", "default")
        assert "ownerReferences" not in child["metadata"]
        with pytest.raises(ApiError):
            await client.get(BOAT, "b", "default")

    scene(scenario)


def test_foreground_waits_for_blocking_dependents(scene: Run) -> None:
    """Foreground: the owner stays, marked, until the dependents that block it are gone."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        top = await client.create(boat())
        child = owned("child", top, block=True)
        child["metadata"]["finalizers"] = ["example.com/hold"]
        await client.create(child)
        marked = await client.delete(BOAT, "b", "default", propagation="Foreground")
        assert marked["metadata"]["finalizers"] == ["foregroundDeletion"]
        await settle()
        assert (await client.get(BOAT, "b", "default"))["metadata"]["deletionTimestamp"]
        assert (await client.get(CONFIG_MAP, "child", "default"))["metadata"]["deletionTimestamp"]
        await client.patch(CONFIG_MAP, "child", "default", {"metadata": {"finalizers": None}})
        await settle()
        with pytest.raises(ApiError):
            await client.get(BOAT, "b", "default")

    scene(scenario)


def test_one_owner_left_is_enough(scene: Run) -> None:
    """A dependent with another living owner stays, without the reference to the dead one."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        one, two = await client.create(boat("one")), await client.create(boat("two"))
        await client.create(owned("child", one, two))
        await client.delete(BOAT, "one", "default")
        await settle()
        child = await client.get(CONFIG_MAP, "child", "default")
        assert [each["name"] for each in child["metadata"]["ownerReferences"]] == ["two"]

    scene(scenario)


def test_an_owner_that_never_was(scene: Run) -> None:
    """An object whose owner does not exist is collected; one whose owner's kind is unknown stays."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        ghost = boat("ghost")
        ghost["metadata"]["uid"] = "0000"
        await client.create(owned("child", ghost))
        stranger = {**ghost, "kind": "Stranger"}
        await client.create(owned("other", stranger))
        await settle()
        assert await names(client) == {"other"}

    scene(scenario)


def test_namespace_takes_its_contents_along(scene: Run) -> None:
    """A namespace is Terminating until what it holds is gone; nothing new may be made in it."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
        await settle()
        accounts = await client.list(GVK("", "v1", "ServiceAccount"), "team")
        assert [each["metadata"]["name"] for each in accounts.items] == ["default"]
        held = config_map("held", "team")
        held["metadata"]["finalizers"] = ["example.com/hold"]
        await client.create(held)
        await client.create(config_map("free", "team"))
        await client.delete(NAMESPACE, "team")
        await settle()
        namespace = await client.get(NAMESPACE, "team")
        assert namespace["status"]["phase"] == "Terminating"
        conditions = {each["type"]: each for each in namespace["status"]["conditions"]}
        assert conditions["NamespaceFinalizersRemaining"]["message"] == (
            "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
        )
        assert [each["metadata"]["name"] for each in (await client.list(CONFIG_MAP, "team")).items] == ["held"]
        with pytest.raises(ApiError) as caught:
            await client.create(config_map("late", "team"))
        assert caught.value.message == (
            'configmaps "late" is forbidden: unable to create new content in namespace team because it is being '
            "terminated"
        )
        await client.patch(CONFIG_MAP, "held", "team", {"metadata": {"finalizers": None}})
        await settle()
        with pytest.raises(ApiError):
            await client.get(NAMESPACE, "team")

    scene(scenario)


def definition(name: str = "ships") -> Json:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "integer"}}}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{name}.sea.example.com"},
        "spec": {
            "group": "sea.example.com",
            "names": {"kind": "Ship", "plural": name},
            "scope": "Namespaced",
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}},
            ],
        },
    }


def test_definitions_come_and_go(scene: Run) -> None:
    """A stored definition is served at once; deleting it deletes its objects first."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        ship = GVK("sea.example.com", "v1", "Ship")
        with pytest.raises(ApiError) as caught:
            await client.list(ship)
        assert caught.value.is_not_found
        made = await client.create(definition())
        assert [(each["type"], each["status"]) for each in made["status"]["conditions"]] == [
            ("NamesAccepted", "True"),
            ("Established", "True"),
        ]
        await client.create(
            {
                "apiVersion": "sea.example.com/v1",
                "kind": "Ship",
                "metadata": {"name": "s", "namespace": "default", "finalizers": ["example.com/hold"]},
                "spec": {"a": 1, "b": 2},
            }
        )
        assert (await client.get(ship, "s", "default"))["spec"] == {"a": 1}
        await client.delete(CRD, "ships.sea.example.com")
        await settle()
        assert (await client.get(ship, "s", "default"))["metadata"]["deletionTimestamp"]
        await client.patch(ship, "s", "default", {"metadata": {"finalizers": None}})
        await settle()
        with pytest.raises(ApiError) as caught:
            await client.list(ship)
        assert caught.value.is_not_found

    scene(scenario)


def test_events_go_after_an_hour(scene: Run) -> None:
    """An old event is removed when a later one is written; nothing waits for it."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        event = GVK("", "v1", "Event")

        async def happen(name: str) -> None:
            about = {"kind": "Pod", "name": "p", "namespace": "default"}
            meta = {"name": name, "namespace": "default"}
            await client.create({"apiVersion": "v1", "kind": "Event", "metadata": meta, "involvedObject": about})

        await happen("early")
        await asyncio.sleep(1800)
        await happen("middle")
        await asyncio.sleep(1801)
        await happen("late")
        names = [each["metadata"]["name"] for each in (await client.list(event)).items]
        assert names == ["late", "middle"]

    scene(scenario)
