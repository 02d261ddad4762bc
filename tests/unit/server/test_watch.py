"""Watches: the state first, then changes, through selectors, with a bounded history."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.watch import WatchEvent
from fairlead.base.objects import Json
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

from .conftest import CONFIG_MAP, Scenario, config_map

Run = Callable[[Scenario], None]


async def collect(client: LocalClient, count: int, **options: str) -> list[WatchEvent]:
    found: list[WatchEvent] = []
    async for event in client.watch(CONFIG_MAP, "default", **options):
        found.append(event)
        if len(found) == count:
            break
    return found


def shown(events: list[WatchEvent]) -> list[tuple[str, str]]:
    return [(each.type, each.object["metadata"]["name"] if each.object else "") for each in events]


def test_state_then_changes(scene: Run) -> None:
    """Without a revision: what is there as ADDED, SYNCED, then each change."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.create(config_map("a"))
        task = asyncio.ensure_future(collect(client, 5))
        await asyncio.sleep(0)
        await client.create(config_map("b"))
        await client.patch(CONFIG_MAP, "b", "default", {"data": {"x": "1"}})
        last = await client.delete(CONFIG_MAP, "a", "default")
        events = await task
        assert shown(events) == [("ADDED", "a"), ("SYNCED", ""), ("ADDED", "b"), ("MODIFIED", "b"), ("DELETED", "a")]
        assert events[-1].object["metadata"]["resourceVersion"] == str(server.store.revision)
        assert last["metadata"]["name"] == "a"

    scene(scenario)


def test_from_a_revision(scene: Run) -> None:
    """With a list's revision: only what came later."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.create(config_map("a"))
        revision = (await client.list(CONFIG_MAP, "default")).resource_version
        await client.create(config_map("b"))
        await client.create(config_map("c", "kube-system"))
        await client.delete(CONFIG_MAP, "a", "default")
        events = await collect(client, 2, resource_version=revision)
        assert shown(events) == [("ADDED", "b"), ("DELETED", "a")]

    scene(scenario)


def test_an_object_that_leaves_the_selection_is_deleted_for_the_watcher(scene: Run) -> None:
    """Label changes turn into ADDED and DELETED; the DELETED object is the last that matched."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.create(config_map("a"))
        revision = (await client.list(CONFIG_MAP, "default")).resource_version
        for value in ("1", "2", None):
            await client.patch(CONFIG_MAP, "a", "default", {"metadata": {"labels": {"x": value}}})
        events = await collect(client, 3, resource_version=revision, label_selector="x")
        assert shown(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
        assert events[-1].object["metadata"]["labels"] == {"x": "2"}
        assert events[-1].object["metadata"]["resourceVersion"] == str(server.store.revision)

    scene(scenario)


def test_history_is_bounded() -> None:
    """A revision older than the history is refused with 410 Expired."""

    async def main() -> None:
        server = ApiServer(LoopClock(), Ids(1), history_limit=10)
        await server.start()
        client = server.client()
        revision = (await client.list(CONFIG_MAP)).resource_version
        for index in range(20):
            await client.create(config_map(f"m{index}"))
        with pytest.raises(ApiError) as caught:
            await collect(client, 1, resource_version=revision)
        assert (caught.value.code, caught.value.reason) == (410, "Expired")
        assert caught.value.message.startswith(f"too old resource version: {revision} (")

    run_virtual(main())


def test_field_selectors(scene: Run) -> None:
    """metadata.name selects; a field that no index knows is refused."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        for name in "abc":
            await client.create(config_map(name))
        found = await client.list(CONFIG_MAP, "default", field_selector="metadata.name=b")
        assert [each["metadata"]["name"] for each in found.items] == ["b"]
        found = await client.list(CONFIG_MAP, "default", field_selector="metadata.name!=b")
        assert [each["metadata"]["name"] for each in found.items] == ["a", "c"]
        with pytest.raises(ApiError) as caught:
            await client.list(CONFIG_MAP, "default", field_selector="spec.x=b")
        assert caught.value.code == 400

    scene(scenario)


def test_stop_ends_watches(scene: Run) -> None:
    """A server that stops says so to its watchers."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        task = asyncio.ensure_future(collect(client, 2))
        await asyncio.sleep(0)
        await server.stop()
        with pytest.raises(ApiError) as caught:
            await task
        assert caught.value.reason == "ServiceUnavailable"

    scene(scenario)


async def over_http(server: ApiServer, query: str, accept: str = "application/json") -> tuple[str, list[Json]]:
    """The media type and the events of a watch of ConfigMaps that lasts a second."""
    sent: list[Json] = []

    async def receive() -> Json:
        await asyncio.Event().wait()  # the client stays, and says nothing more
        return {}

    async def send(message: Json) -> None:
        sent.append(message)

    scope: Json = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/namespaces/default/configmaps",
        "query_string": f"watch=true&timeoutSeconds=1&{query}".encode(),
        "headers": [(b"accept", accept.encode())],
        "state": {"peer": ("admin", ("system:masters",))},
    }
    await server.asgi(scope, receive, send)
    lines = b"".join(each.get("body", b"") for each in sent).splitlines()
    return dict(sent[0]["headers"])[b"content-type"].decode(), [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("allowWatchBookmarks=true", True),
        ("allowWatchBookmarks=true&resourceVersion=0", False),
        ("allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", True),
        ("allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=1", True),
    ],
)
def test_bookmark_after_the_state(scene: Run, query: str, marked: bool) -> None:
    """A bookmark says where the state ends; bookmarks carry a revision and nothing else."""

    async def scenario(client: LocalClient, server: ApiServer) -> None:
        await client.create(config_map("a"))
        media_type, events = await over_http(server, query)
        assert media_type == "application/json"
        first, *bookmarks = [each for each in events if each["object"]["metadata"].get("name") != "kube-root-ca.crt"]
        assert first["type"] == "ADDED"
        assert {each["type"] for each in bookmarks} == {"BOOKMARK"}
        ends = [each["object"]["metadata"].get("annotations") for each in bookmarks]
        assert ends == ([{"k8s.io/initial-events-end": "true"}] if marked else []) + [None]
        assert bookmarks[-1]["object"]["metadata"].keys() == {"resourceVersion"}

    scene(scenario)
