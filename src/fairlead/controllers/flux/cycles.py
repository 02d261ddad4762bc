"""Rings of `dependsOn`: an object that waits for itself, directly or through others.

Upstream does not look for them; its objects say forever that a dependency is not ready.
"""

from collections.abc import Iterable
from typing import Any

from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.controllers.contract import get_or_none
from fairlead.runtime.client import Client
from fairlead.runtime.conditions import is_true


def _dependencies(obj: Json) -> Iterable[Key]:
    entries: Iterable[dict[str, Any]] = get_in(obj, "spec", "dependsOn", default=None) or ()
    return (Key(entry.get("namespace") or Key.of(obj).namespace, entry["name"]) for entry in entries)


async def cycle_of(client: Client, gvk: GVK, obj: Json) -> tuple[Key, ...]:
    """The shortest way from *obj* over what is not Ready back to it, its own key first and last; empty if none.

    Fresh objects that are Ready hold nobody up and end a way. Among equally short ways that of the first entry.
    """
    start = Key.of(obj)
    came_from: dict[Key, Key] = {}
    edge = [(start, obj)]
    while edge:
        following: list[tuple[Key, Json]] = []
        for key, each in edge:
            for dependency in _dependencies(each):
                if dependency == start:
                    return _way(start, key, came_from)
                if dependency in came_from:
                    continue
                came_from[dependency] = key
                found = await get_or_none(client, gvk, dependency)
                if found is not None and not _is_ready(found):
                    following.append((dependency, found))
        edge = following
    return ()


def _way(start: Key, last: Key, came_from: dict[Key, Key]) -> tuple[Key, ...]:
    way = [start]
    while last != start:
        way.append(last)
        last = came_from[last]
    return (start, *reversed(way))


def _is_ready(obj: Json) -> bool:
    current = obj["metadata"].get("generation") == get_in(obj, "status", "observedGeneration")
    return current and is_true(get_in(obj, "status", "conditions"), "Ready")


async def with_cycle(client: Client, gvk: GVK, obj: Json, reason: str) -> str:
    """*reason*, why a dependency of *obj* holds it up; when it waits for itself, with the ring."""
    cycle = await cycle_of(client, gvk, obj)
    if not cycle:
        return reason
    return f"{reason}: a cycle of dependsOn: {' -> '.join(map(str, cycle))}; take one of these entries out"
