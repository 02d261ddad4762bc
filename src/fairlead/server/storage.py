"""Where stored objects survive: nowhere, or a SQLite file that one thread writes in groups.

A storage takes batches of rows with the revision that made them, in order, and calls back once they are durable.
`MemoryStorage` calls back at once, in the same thread: nothing leaves the caller's stack, which is what virtual time
needs. `SqliteStorage` hands rows to its writer thread; whatever is queued when the thread is free becomes one
transaction (WAL, synchronous=FULL), so many clients share one flush.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import apsw

Durable = Callable[[int], None]
Failed = Callable[[str], None]

_FORMAT = 1


class Row(NamedTuple):
    """One object to write, or to remove when `data` is None."""

    resource: str
    namespace: str
    name: str
    revision: int
    data: bytes | None


class StorageError(Exception):
    """The storage cannot be opened or is of a format this program does not know."""


class Storage(Protocol):
    """What a store needs from its storage."""

    def load(self) -> tuple[int, Iterator[Row]]:
        """The last revision and all rows."""
        ...

    def open(self, durable: Durable, failed: Failed) -> None:
        """Begin: *durable* is called on the running loop with the highest revision that is safe."""
        ...

    def write(self, row: Row) -> None:
        """Take one row; rows become durable in the order they are given."""
        ...

    async def close(self) -> None:
        """Make everything durable and let go."""
        ...


class MemoryStorage:
    """Keeps nothing; everything counts as durable at once."""

    def __init__(self) -> None:
        self._durable: Durable = lambda revision: None

    def load(self) -> tuple[int, Iterator[Row]]:
        return 0, iter(())

    def open(self, durable: Durable, failed: Failed) -> None:
        self._durable = durable

    def write(self, row: Row) -> None:
        self._durable(row.revision)

    async def close(self) -> None:
        return None


class SqliteDatabase:
    """One file and its writer thread, shared by all the tenants in it."""

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._users = 0
        self._broken = ""
        self.transactions = 0
        self._connection = self._open()
        self._lock = threading.Lock()  # apsw connections refuse to be used by two threads at once
        self._known = {tenant for (tenant,) in self._connection.execute("select tenant from tenants")}

    def _open(self) -> apsw.Connection:
        try:
            if self._path != ":memory:":
                Path(self._path).touch(mode=0o600)  # it holds Secrets; SQLite gives its other files the same mode
            connection = apsw.Connection(self._path)
            connection.set_busy_timeout(5000)
            connection.execute("pragma journal_mode=wal")
            connection.execute("pragma synchronous=full")
            connection.execute("pragma locking_mode=exclusive")
            connection.execute("pragma wal_autocheckpoint=4000")
            found = connection.execute("pragma user_version").fetchall()[0][0]
            if found not in (0, _FORMAT):
                raise StorageError(
                    f"cannot open '{self._path}': it has format {found}, this program knows {_FORMAT}; "
                    "use the program that wrote it, or another data directory"
                )
            connection.execute(
                "create table if not exists objects (tenant text, resource text, namespace text, name text, "
                "revision integer, data blob, primary key (tenant, resource, namespace, name)) without rowid"
            )
            connection.execute("create table if not exists tenants (tenant text primary key, revision integer)")
            connection.execute(f"pragma user_version={_FORMAT}")
        except apsw.BusyError as error:
            raise StorageError(
                f"cannot open '{self._path}': another process holds it; stop that one, or use another data directory"
            ) from error
        except (apsw.Error, OSError) as error:
            raise StorageError(
                f"cannot open '{self._path}': {error}; check the directory and its free space"
            ) from error
        return connection

    def tenants(self) -> list[str]:
        """The names of all tenants that ever wrote."""
        with self._lock:
            return [tenant for (tenant,) in self._connection.execute("select tenant from tenants order by tenant")]

    def load(self, tenant: str) -> tuple[int, list[Row]]:
        """The last revision and the rows of *tenant*."""
        if tenant not in self._known:  # a new one: no reason to wait for the writer
            self._known.add(tenant)
            return 0, []
        try:
            with self._lock:
                found = self._connection.execute("select revision from tenants where tenant=?", (tenant,)).fetchone()
                rows = self._connection.execute(
                    "select resource, namespace, name, revision, data from objects where tenant=?", (tenant,)
                )
                return (found[0] if found else 0), [Row(*row) for row in rows]
        except apsw.Error as error:
            raise StorageError(
                f"cannot read '{self._path}': {error}; put a copy back that was made while no process used it, or use "
                "another data directory"
            ) from error

    def drop(self, tenant: str) -> None:
        """Forget all of *tenant*; durable when the next write is."""
        self._queue.put(_Work(tenant, None, None))

    def acquire(self) -> None:
        """Count one more user; the first starts the writer."""
        self._users += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="fairlead-storage", daemon=True)
            self._thread.start()

    async def release(self) -> None:
        """Count one user less; after the last, everything is written and the file is closed."""
        self._users -= 1
        if self._users or self._thread is None:
            return
        self._queue.put(None)
        thread, self._thread = self._thread, None
        await asyncio.get_running_loop().run_in_executor(None, thread.join)
        self._connection.close()

    def put(self, work: _Work) -> None:
        """Queue one piece of work for the writer."""
        self._queue.put(work)

    def _run(self) -> None:
        ending = False
        while not ending:
            batch: list[_Work] = []
            item = self._queue.get()
            while True:
                if item is None:
                    ending = True
                    break
                batch.append(item)
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
            if batch:
                self._commit(batch)

    def _commit(self, batch: list[_Work]) -> None:
        """Write *batch* in one transaction and tell its owners; after one failure, refuse everything."""
        last = {work.owner: work for work in batch if work.owner is not None}
        revisions: dict[str, int] = {}
        self.transactions += 1
        if not self._broken:
            try:
                with self._lock, self._connection:
                    for work in batch:
                        self._write(work.tenant, work.row)
                        if work.row is None:
                            revisions.pop(work.tenant, None)
                        else:
                            revisions[work.tenant] = work.row.revision
                    for tenant, revision in revisions.items():
                        self._connection.execute("insert or replace into tenants values (?,?)", (tenant, revision))
            except apsw.Error as error:
                self._broken = f"cannot write to '{self._path}': {error}"
        for owner, work in last.items():
            if self._broken:
                owner.tell_failed(self._broken)
            elif work.row is not None:
                owner.tell_durable(work.row.revision)

    def _write(self, tenant: str, row: Row | None) -> None:
        if row is None:
            self._connection.execute("delete from objects where tenant=?", (tenant,))
            self._connection.execute("delete from tenants where tenant=?", (tenant,))
            return
        if row.data is None:
            self._connection.execute(
                "delete from objects where tenant=? and resource=? and namespace=? and name=?",
                (tenant, row.resource, row.namespace, row.name),
            )
        else:
            self._connection.execute(
                "insert or replace into objects values (?,?,?,?,?,?)",
                (tenant, row.resource, row.namespace, row.name, row.revision, row.data),
            )


class SqliteStorage:
    """One tenant's part of a database file."""

    def __init__(self, database: SqliteDatabase | Path | str, tenant: str = "") -> None:
        self._database = database if isinstance(database, SqliteDatabase) else SqliteDatabase(database)
        self._tenant = tenant
        self._loop: asyncio.AbstractEventLoop | None = None
        self._durable: Durable = lambda revision: None
        self._failed: Failed = lambda message: None

    def load(self) -> tuple[int, Iterator[Row]]:
        revision, rows = self._database.load(self._tenant)
        return revision, iter(rows)

    def open(self, durable: Durable, failed: Failed) -> None:
        self._loop = asyncio.get_running_loop()
        self._durable, self._failed = durable, failed
        self._database.acquire()

    def write(self, row: Row) -> None:
        self._database.put(_Work(self._tenant, row, self))

    def tell_durable(self, revision: int) -> None:
        """Called by the writer thread."""
        self._call(self._durable, revision)

    def tell_failed(self, message: str) -> None:
        """Called by the writer thread."""
        self._call(self._failed, message)

    def _call(self, function: Callable[..., None], value: int | str) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(function, value)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    async def close(self) -> None:
        if self._loop is not None:
            await self._database.release()


class _Work(NamedTuple):
    """A row to write for a tenant; without a row, the tenant is dropped."""

    tenant: str
    row: Row | None
    owner: SqliteStorage | None
