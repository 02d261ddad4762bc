"""What list and watch calls return, whichever transport or server lies behind them."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.base.objects import Json

ADDED = "ADDED"
MODIFIED = "MODIFIED"
DELETED = "DELETED"
BOOKMARK = "BOOKMARK"
SYNCED = "SYNCED"


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change. `SYNCED` follows the initial state of a watch and carries no object."""

    type: str
    object: Json


@dataclass(frozen=True, slots=True)
class ListResult:
    """The objects of a list call, and the resourceVersion from which a watch goes on."""

    items: tuple[Json, ...]
    resource_version: str
