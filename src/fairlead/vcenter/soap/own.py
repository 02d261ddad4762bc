"""Objects that belong to one session: views and history collectors. They end with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyVmomi import VmomiSupport

from fairlead.vcenter.model import Entity, Event
from fairlead.vcenter.soap.managers import event_value, task_info
from fairlead.vcenter.soap.properties import Sight, is_a
from fairlead.vcenter.soap.wire import Ref
from fairlead.vcenter.work import Task

PAGE = 10


@dataclass(slots=True)
class ContainerView:
    """All objects of some types below one; without `recursive`, only those directly below."""

    id: str
    container: Ref
    types: tuple[str, ...]
    recursive: bool
    kind: str = "ContainerView"

    def view(self, sight: Sight) -> list[Ref]:
        inventory = sight.inventory
        found: list[Ref] = []
        waiting = list(inventory.children(self.container.id))
        index = 0
        while index < len(waiting):
            entity = waiting[index]
            index += 1
            if not self.types or any(is_a(entity.type, t) for t in self.types):
                found.append(Ref(entity.type, entity.id))
            if self.recursive:
                waiting.extend(inventory.children(entity.id))
        return found


@dataclass(slots=True)
class ListView:
    """A list of objects that the client keeps."""

    id: str
    refs: dict[Ref, None] = field(default_factory=dict)
    kind: str = "ListView"

    def view(self, sight: Sight) -> list[Ref]:
        return list(self.refs)


class HistoryCollector:
    """Reads events or tasks page by page: `ReadNext` towards newer, `ReadPrevious` towards older.

    Source: vSphere Web Services API 8.0, HistoryCollector; the cursor starts after the newest entry.
    """

    def __init__(self, id_: str, kind: str, wanted: Callable[[Any], bool], newest_first_page: int = PAGE) -> None:
        self.id = id_
        self.kind = kind
        self._wanted = wanted
        self._page = newest_first_page
        self._cursor: int | None = None

    def set_page(self, size: int) -> None:
        self._page = max(1, min(size, 1000))

    def _all(self, sight: Sight) -> list[Any]:
        source: list[Any] = (
            sight.vcenter.events.all() if self.kind == "EventHistoryCollector" else sight.vcenter.tasks.all()
        )
        return [x for x in source if self._wanted(x)]

    def latest_page(self, sight: Sight) -> Any:
        """Return the newest page, newest first."""
        return self._values(sight, self._all(sight)[-self._page :][::-1])

    def rewind(self) -> None:
        """Go before the oldest entry."""
        self._cursor = 0

    def reset(self) -> None:
        """Go after the newest entry."""
        self._cursor = None

    def next(self, sight: Sight, count: int) -> Any:
        everything = self._all(sight)
        start = len(everything) if self._cursor is None else min(self._cursor, len(everything))
        taken = everything[start : start + count]
        self._cursor = start + len(taken)
        return self._values(sight, taken)

    def previous(self, sight: Sight, count: int) -> Any:
        everything = self._all(sight)
        end = len(everything) if self._cursor is None else min(self._cursor, len(everything))
        taken = everything[max(0, end - count) : end]
        self._cursor = end - len(taken)
        return self._values(sight, taken[::-1])

    def _values(self, sight: Sight, found: list[Any]) -> Any:
        if self.kind == "EventHistoryCollector":
            return VmomiSupport.GetVmodlType("vim.event.Event[]")([event_value(sight, e) for e in found])
        return VmomiSupport.GetVmodlType("vim.TaskInfo[]")([task_info(sight, t) for t in found])


def event_filter(spec: Any, sight: Sight) -> Callable[[Event], bool]:
    """Return the test that an EventFilterSpec means (entity, time, type)."""
    inside = _entity_test(getattr(spec, "entity", None), sight)
    kinds = set(spec.eventTypeId or [])
    for kind in spec.type or []:
        kinds.add(VmomiSupport.GetWsdlName(kind))
    begin, end = _times(getattr(spec, "time", None))

    def wanted(event: Event) -> bool:
        if kinds and event.kind not in kinds and f"vim.event.{event.kind}" not in kinds:
            return False
        if (begin and event.created < begin) or (end and event.created > end):
            return False
        return inside(event.vm or event.datacenter)

    return wanted


def task_filter(spec: Any, sight: Sight) -> Callable[[Task], bool]:
    """Return the test that a TaskFilterSpec means (entity, time, state)."""
    inside = _entity_test(getattr(spec, "entity", None), sight)
    states = {str(s) for s in (spec.state or [])}
    begin, end = _times(getattr(spec, "time", None))

    def wanted(task: Task) -> bool:
        if states and task.state not in states:
            return False
        if (begin and task.queued < begin) or (end and task.queued > end):
            return False
        return inside(task.entity)

    return wanted


def _times(spec: Any) -> tuple[Any, Any]:
    return (getattr(spec, "beginTime", None), getattr(spec, "endTime", None)) if spec else (None, None)


def _entity_test(spec: Any, sight: Sight) -> Callable[[str], bool]:
    if spec is None or spec.entity is None:
        return lambda _: True
    wanted, how = spec.entity._moId, str(spec.recursion)
    root = sight.inventory.get(wanted)
    if root is not None and not root.parent:
        return lambda _: True

    def inside(id_: str) -> bool:
        if how == "self":
            return bool(id_ == wanted)
        entity = sight.inventory.get(id_)
        if not isinstance(entity, Entity):
            return bool(id_ == wanted) and how != "children"
        ids = [e.id for e in sight.inventory.ancestors(entity)]
        return wanted in (ids[1:2] if how == "children" else ids)

    return inside
