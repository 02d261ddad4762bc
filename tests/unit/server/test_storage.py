"""What is on disk survives; what is not on disk was not acknowledged."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fairlead.api.errors import ApiError
from fairlead.runtime.clock import WallClock
from fairlead.runtime.ids import Ids
from fairlead.server.server import ApiServer
from fairlead.server.storage import SqliteDatabase, SqliteStorage, StorageError

from .conftest import BOAT, BOATS, CONFIG_MAP, boat, config_map, settle


def test_a_restart_finds_everything(tmp_path: Path) -> None:
    """Objects, revisions and served definitions are there again; old watches are told to list."""

    async def first() -> int:
        server = ApiServer(WallClock(), Ids(1), [BOATS], SqliteStorage(tmp_path / "store.db"))
        await server.start()
        client = server.client()
        await client.create(boat())
        await client.create(config_map("a"))
        await client.delete(CONFIG_MAP, "a", "default")
        await settle()
        await server.stop()
        return server.store.revision

    async def second(revision: int) -> None:
        server = ApiServer(WallClock(), Ids(2), [BOATS], SqliteStorage(tmp_path / "store.db"))
        await server.start()
        await settle()
        assert server.store.revision == revision
        client = server.client()
        assert (await client.get(BOAT, "b", "default"))["spec"]["lengthMetres"] == 10
        with pytest.raises(ApiError):
            await client.get(CONFIG_MAP, "a", "default")
        with pytest.raises(ApiError) as caught:
            await anext(client.watch(CONFIG_MAP, resource_version="1"))
        assert caught.value.reason == "Expired"
        await server.stop()

    asyncio.run(second(asyncio.run(first())))


def test_writes_wait_for_the_disk_and_share_flushes(tmp_path: Path) -> None:
    """Many writers at once are all durable when they return, in far fewer transactions."""

    async def main() -> None:
        database = SqliteDatabase(tmp_path / "store.db")
        server = ApiServer(WallClock(), Ids(1), (), SqliteStorage(database))
        await server.start()
        client = server.client()

        async def write(index: int) -> None:
            made = await client.create(config_map(f"m{index}"))
            assert server.store.is_settled(int(made["metadata"]["resourceVersion"]))

        await asyncio.gather(*(write(index) for index in range(200)))
        assert database.transactions < 100
        await server.stop()

    asyncio.run(main())


def test_tenants_share_a_file(tmp_path: Path) -> None:
    """Two servers in one file do not see each other."""

    async def main() -> None:
        database = SqliteDatabase(tmp_path / "store.db")
        servers = [ApiServer(WallClock(), Ids(1), (), SqliteStorage(database, name)) for name in ("one", "two")]
        for server in servers:
            await server.start()
        await servers[0].client().create(config_map("a"))
        assert not (await servers[1].client().list(CONFIG_MAP, "default")).items
        assert database.tenants() == ["one", "two"]
        for server in servers:
            await server.stop()

    asyncio.run(main())


def test_dropped_tenant_leaves_nothing(tmp_path: Path) -> None:
    """A tenant that is dropped right after its last write is gone, rows and revision; the file is its owner's alone."""

    async def main() -> None:
        database = SqliteDatabase(tmp_path / "store.db")
        kept = ApiServer(WallClock(), Ids(1), (), SqliteStorage(database, "kept"))
        gone = ApiServer(WallClock(), Ids(1), (), SqliteStorage(database, "gone"))
        await kept.start()
        await gone.start()
        writing = asyncio.gather(*(gone.client().create(config_map(f"m{index}")) for index in range(50)))
        await asyncio.sleep(0)
        database.drop("gone")
        await writing
        await gone.stop()
        await kept.client().create(config_map("a"))
        assert database.tenants() == ["kept"]
        assert database.load("gone") == (0, [])
        await kept.stop()
        assert (tmp_path / "store.db").stat().st_mode & 0o077 == 0

    asyncio.run(main())


def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    """A second process on the same file gets an error that says what to do."""
    SqliteDatabase(tmp_path / "store.db")
    other = tmp_path / "text.db"
    other.write_text("this is not a database, it is a letter to a friend\n" * 100)
    with pytest.raises(StorageError, match="cannot open"):
        SqliteDatabase(other)


def test_fork_is_independent() -> None:
    """A fork starts with the same objects; writes on either side stay there."""

    async def main() -> None:
        server = ApiServer(WallClock(), Ids(1), [BOATS])
        await server.start()
        await settle()
        client = server.client()
        await client.create(boat())
        twin = server.fork()
        await twin.client().patch(BOAT, "b", "default", {"spec": {"lengthMetres": 99}})
        await twin.client().create(config_map("a"))
        assert (await client.get(BOAT, "b", "default"))["spec"]["lengthMetres"] == 10
        assert not (await client.list(CONFIG_MAP, "default")).items
        await twin.stop()
        await server.stop()

    asyncio.run(main())
