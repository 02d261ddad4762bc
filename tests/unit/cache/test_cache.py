"""Reads from memory: what a cached client shows, and when."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from fairlead.api.errors import ApiError, service_unavailable
from fairlead.base.objects import GVK, Json
from fairlead.runtime.cache import CachedClient
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

CONFIG_MAP = GVK("", "v1", "ConfigMap")
SECRET = GVK("", "v1", "Secret")


class Line:
    """The way to the server: counts requests, and can hold watches back or cut them."""

    def __init__(self, client: LocalClient) -> None:
        self._client = client
        self.reads = 0
        self.open = asyncio.Event()
        self.open.set()
        self.cut = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        if name in ("get", "list"):
            self.reads += 1
        return getattr(self._client, name)

    async def watch(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        stream: Any = self._client.watch(*args, **options)
        tasks: list[asyncio.Future[Any]] = []
        try:
            while True:
                tasks = [asyncio.ensure_future(stream.__anext__()), asyncio.ensure_future(self.cut.wait())]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if tasks[1].done():
                    self.cut.clear()
                    raise service_unavailable("connection reset")
                tasks[1].cancel()
                await self.open.wait()
                yield tasks[0].result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await stream.aclose()


class World:
    def __init__(self) -> None:
        self.clock = LoopClock()
        self.server = ApiServer(self.clock, Ids(1))
        self.direct = self.server.client()
        self.line = Line(self.direct)
        self.cached = CachedClient(self.line, self.clock, [CONFIG_MAP])  # type: ignore[arg-type]

    async def settle(self, seconds: float = 0.1) -> None:
        await self.clock.sleep(timedelta(seconds=seconds))


def play(scenario: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        world = World()
        await world.server.start()
        running = asyncio.ensure_future(world.cached.run())
        await world.cached.synced()
        world.line.reads = 0
        try:
            await scenario(world)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await world.server.stop()

    run_virtual(main())


def config(name: str, colour: str = "red") -> Json:
    metadata = {"name": name, "namespace": "default", "labels": {"colour": colour}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "1"}}


async def names(world: World, **selectors: str) -> list[str]:
    found = (await world.cached.list(CONFIG_MAP, "default", **selectors)).items
    return [obj["metadata"]["name"] for obj in found if obj["metadata"]["name"] != "kube-root-ca.crt"]


def test_reads_cost_nothing() -> None:
    """Gets and lists of a kept kind make no request, nor do misses after the first; other kinds go through."""

    async def scenario(world: World) -> None:
        for name, colour in (("b", "red"), ("a", "green")):
            await world.direct.create(config(name, colour))
        await world.settle()
        assert await names(world) == ["a", "b"]
        assert await names(world, label_selector="colour=red") == ["b"]
        assert await names(world, field_selector="metadata.name=a") == ["a"]
        assert (await world.cached.get(CONFIG_MAP, "a", "default"))["data"] == {"a": "1"}
        with pytest.raises(ApiError) as missing:
            await world.cached.get(CONFIG_MAP, "none", "default")
        assert missing.value.message == 'configmaps "none" not found'
        assert world.line.reads == 1, "the first miss asks what the server calls the kind"
        with pytest.raises(ApiError, match='configmaps "nothing" not found'):
            await world.cached.get(CONFIG_MAP, "nothing", "default")
        assert world.line.reads == 1
        await world.cached.list(SECRET)
        assert world.line.reads == 2

    play(scenario)


def test_own_writes_are_seen_at_once() -> None:
    """Created, patched and deleted objects are in memory before the watch tells of them; old news changes nothing."""

    async def scenario(world: World) -> None:
        world.line.open.clear()  # the watch is late
        await world.cached.create(config("a"))
        await world.cached.patch(CONFIG_MAP, "a", "default", {"data": {"a": "2"}})
        assert (await world.cached.get(CONFIG_MAP, "a", "default"))["data"] == {"a": "2"}
        await world.cached.create(config("b"))
        await world.cached.delete(CONFIG_MAP, "b", "default")
        assert await names(world) == ["a"]
        world.line.open.set()
        seen: list[list[str]] = []
        for _ in range(20):
            await world.settle(0.01)
            seen.append(await names(world))
        assert seen == [["a"]] * 20
        assert (await world.cached.get(CONFIG_MAP, "a", "default"))["data"] == {"a": "2"}

    play(scenario)


def test_recreated_object_is_not_hidden_by_its_predecessor() -> None:
    """Late news of a deleted object does not take the place of the new one of that name."""

    async def scenario(world: World) -> None:
        await world.cached.create(config("a", "old"))
        await world.settle()
        world.line.open.clear()
        await world.direct.patch(CONFIG_MAP, "a", "default", {"data": {"late": "x"}})
        await world.direct.delete(CONFIG_MAP, "a", "default")
        new = await world.cached.create(config("a", "new"))
        world.line.open.set()
        for _ in range(20):
            await world.settle(0.01)
            kept = await world.cached.get(CONFIG_MAP, "a", "default")
            assert kept["metadata"]["uid"] == new["metadata"]["uid"]

    play(scenario)


def test_lost_watch_is_made_good() -> None:
    """What happened while the connection was away is seen after it, deletions too; nothing else is lost."""

    async def scenario(world: World) -> None:
        for name in ("a", "b"):
            await world.cached.create(config(name))
        await world.settle()
        heard: list[tuple[str, str]] = []

        async def listen() -> None:
            async for event in world.cached.watch(CONFIG_MAP):
                if event.type != "SYNCED" and event.object["metadata"]["name"] != "kube-root-ca.crt":
                    heard.append((event.type, event.object["metadata"]["name"]))

        listening = asyncio.ensure_future(listen())
        await world.settle()
        world.line.cut.set()
        await world.settle(0.5)
        await world.direct.delete(CONFIG_MAP, "b", "default")
        await world.direct.create(config("c"))
        assert await names(world) == ["a", "b"], "not yet known"
        await world.settle(2)
        assert await names(world) == ["a", "c"]
        assert heard == [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "b"), ("ADDED", "c")]
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    play(scenario)


def test_conflict_brings_the_newer_object() -> None:
    """After a conflict the next read shows what was in the way, even when the watch is late."""

    async def scenario(world: World) -> None:
        await world.cached.create(config("a"))
        await world.settle()
        world.line.open.clear()
        await world.direct.patch(CONFIG_MAP, "a", "default", {"data": {"a": "theirs"}})
        old = await world.cached.get(CONFIG_MAP, "a", "default")
        assert old["data"] == {"a": "1"}
        stale = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "data": {"a": "mine"}}
        with pytest.raises(ApiError) as conflict:
            await world.cached.patch(CONFIG_MAP, "a", "default", stale)
        assert conflict.value.is_conflict
        assert (await world.cached.get(CONFIG_MAP, "a", "default"))["data"] == {"a": "theirs"}
        world.line.open.set()

    play(scenario)
