"""Where the parts of a run keep their state: nowhere, or side by side in one database.

One database for all means one order of writes: what survives a crash is a moment of the whole program.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from fairlead.server.storage import MemoryStorage, SqliteDatabase, SqliteStorage, Storage

MANAGEMENT = "management"
VCENTER = "vcenter"
GUESTS = "guests"
WORKLOAD_PREFIX = "workload/"


class Storages(Protocol):
    """Gives each part its storage."""

    def of(self, tenant: str) -> Storage:
        """The storage of *tenant*, with what it held before."""
        ...

    def drop(self, tenant: str) -> None:
        """Forget all that *tenant* kept."""
        ...


class NoStorages:
    """Nothing outlives the process."""

    def of(self, tenant: str) -> Storage:
        return MemoryStorage()

    def drop(self, tenant: str) -> None:
        """There is nothing to forget."""


class DatabaseStorages:
    """Tenants of one SQLite file. Raises: StorageError when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._database = SqliteDatabase(path)

    def of(self, tenant: str) -> Storage:
        return SqliteStorage(self._database, tenant)

    def drop(self, tenant: str) -> None:
        self._database.drop(tenant)
