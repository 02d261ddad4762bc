"""What was done in a recording, told by its rows: what users applied, changed and deleted, and VMs that vanished.

- An object that appears with a user among its field managers was applied.
- An object in which a user's managedFields entry got another time was patched; the patch is what changed in the fields
  that users own.
- A deletion is a user's when nothing explains it: no owner that was going or gone before, and no earlier action that
  makes a controller delete what it made.
- A VM that its VSphereVM no longer finds was destroyed behind the controllers' backs, at the beginning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.base.objects import Json, get_in, is_deleting, meta, owner_references
from fairlead.engines.merge.patches import diff_merge
from fairlead.testing.traces.applying import applied_part, is_user, managers_of, users_fields
from fairlead.testing.traces.reading import Id, Row, Trace

LOST = ("NotFoundByBIOSUUID",)
CASCADING = (
    "Cluster",
    "MachineDeployment",
    "MachineSet",
    "MachinePool",
    "KubeadmControlPlane",
    "Machine",
    "VSphereMachine",
)

SAME_MOMENT_S = 0.3  # rows of different kinds are ordered only so far


@dataclass(frozen=True, slots=True)
class Apply:
    """Server-side apply of `object`; with `create` it was sent with POST."""

    t: float
    object: Json
    manager: str
    create: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """A merge patch."""

    t: float
    id: Id
    api_version: str
    body: Json
    manager: str


@dataclass(frozen=True, slots=True)
class Delete:
    """A background deletion."""

    t: float
    id: Id
    api_version: str


@dataclass(frozen=True, slots=True)
class DestroyVM:
    """The VM of a VSphereVM is destroyed in the vCenter."""

    t: float
    id: Id


Action = Apply | Patch | Delete | DestroyVM


def actions_of(trace: Trace) -> list[Action]:
    """The actions of a recording, in the order of their time."""
    gone = {meta(row.object).get("uid", ""): row.t for row in trace.changes if row.type == "DELETED"}
    reader = _Reader(dict(trace.start), gone)
    for row in trace.changes:
        if row.object["kind"] != "Event":
            reader.read(row)
    return sorted(reader.actions, key=lambda action: action.t)


class _Reader:
    """Walks over the rows with the objects as they were before each of them."""

    def __init__(self, objects: dict[Id, Json], gone: dict[str, float]) -> None:
        self.actions: list[Action] = []
        self._objects = objects
        self._gone = gone  # uid -> when
        self._by_uid = {meta(obj).get("uid"): id_ for id_, obj in objects.items()}

    def read(self, row: Row) -> None:
        id_, obj = Id.of(row.object), row.object
        before = self._objects.get(id_)
        self._by_uid[meta(obj).get("uid")] = id_
        if before is None and row.type != "DELETED":
            self._read_new(row)
        elif before is not None:
            self._read_change(row, before)
        if row.type == "DELETED":
            self._objects.pop(id_, None)
        else:
            self._objects[id_] = obj

    def _read_new(self, row: Row) -> None:
        part = applied_part(row.object)
        if part is not None:
            by = next(entry for entry in meta(row.object)["managedFields"] if is_user(entry))
            self.actions.append(Apply(row.t, part, by["manager"], create=by["operation"] == "Update"))

    def _read_change(self, row: Row, before: Json) -> None:
        id_, obj = Id.of(row.object), row.object
        body = user_change(before, obj)
        if body:
            self.actions.append(Patch(row.t, id_, obj["apiVersion"], body, managers_of(obj)[-1]))
        goes = row.type == "DELETED" or is_deleting(obj)
        if goes and not is_deleting(before) and not self._is_explained(obj, row.t):
            self.actions.append(Delete(row.t, id_, obj["apiVersion"]))
        if obj["kind"] == "VSphereVM" and is_lost(obj) and not is_lost(before):
            self.actions.append(DestroyVM(0.0, id_))

    def _is_explained(self, obj: Json, t: float) -> bool:
        for owner in owner_references(obj):
            id_ = self._by_uid.get(owner.get("uid"))
            current = self._objects.get(id_) if id_ is not None else None
            if self._gone.get(owner.get("uid", ""), math.inf) <= t + SAME_MOMENT_S:
                return True
            if current is None or owner["kind"] not in CASCADING or obj["kind"].endswith("Template"):
                continue
            if is_deleting(current):
                return True
        return applied_part(obj) is None and bool(self.actions)


def user_change(before: Json, after: Json) -> Json:
    """The merge patch by which users turned *before* into *after*; empty when none of them wrote."""
    known = {_entry(entry) for entry in _entries(before)}
    if all(_entry(entry) in known for entry in _entries(after)):
        return {}
    return diff_merge(users_fields(before, before, after), users_fields(after, before, after))


def _entries(obj: Json) -> Iterator[Json]:
    return (entry for entry in meta(obj).get("managedFields") or () if is_user(entry))


def _entry(entry: Json) -> tuple[str, str, str]:
    return entry["manager"], entry["operation"], entry.get("time", "")


def is_lost(obj: Json) -> bool:
    """Whether a VSphereVM says that its VM is no longer there."""
    return any(condition.get("reason") in LOST for condition in get_in(obj, "status", "conditions", default=()))
