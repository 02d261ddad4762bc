"""Who manages which fields: ``metadata.managedFields`` read, written, and the conflicts between managers.

Source: k8s.io/apimachinery v0.36 pkg/util/managedfields/internal (managedfields.go, conflict.go, capmanagers.go).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from fairlead.engines.merge import fieldset as fs
from fairlead.engines.merge.fieldset import FieldSet

Json = dict[str, Any]

_MAX_UPDATE_MANAGERS: Final = 10


class MissingVersionError(LookupError):
    """An API version that is no longer served; its managers are forgotten."""


class ApplyError(ValueError):
    """An apply request that cannot be served; ``code`` is the HTTP status the API server answers with."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Conflict(ApplyError):  # noqa: N818 the protocol's word
    """Other managers own fields that the applier wants to change."""

    def __init__(self, conflicts: Sequence[tuple[Manager, str]]) -> None:
        self.conflicts = tuple((str(manager), path) for manager, path in conflicts)
        super().__init__(conflict_message(self.conflicts), 409)

    @property
    def causes(self) -> list[dict[str, str]]:
        """``details.causes`` of the Status."""
        return [
            {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": path}
            for manager, path in self.conflicts
        ]


def conflict_message(conflicts: Sequence[tuple[str, str]]) -> str:
    """Return the message for (manager, path) pairs."""
    if len(conflicts) == 1:
        manager, path = conflicts[0]
        return f"Apply failed with 1 conflict: conflict with {manager}: {path}"
    grouped: dict[str, list[str]] = {}
    for manager, path in conflicts:
        grouped.setdefault(manager, []).append(path)
    lines: list[str] = []
    for manager in sorted(grouped):
        lines.append(f"conflicts with {manager}:")
        lines.extend(f"- {path}" for path in grouped[manager])
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)


class Manager(NamedTuple):
    """Who: two entries with the same identity are one. The version is part of it for updates only."""

    name: str
    operation: str
    version: str
    subresource: str

    def __str__(self) -> str:
        text = json.dumps(self.name)
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return f"{text} using {self.version}" if self.operation == "Update" else text


class Owned(NamedTuple):
    """What a manager owns, in which version, since when."""

    fields: FieldSet
    version: str
    time: str | None


Managers = dict[Manager, Owned]


def decode(entries: Sequence[Mapping[str, Any]]) -> Managers:
    """Read ``metadata.managedFields``.

    Raises:
        ApplyError: an entry that cannot be understood.
    """
    managers: Managers = {}
    for index, entry in enumerate(entries):
        operation = entry.get("operation")
        if operation not in ("Apply", "Update"):
            raise ApplyError("failed to decode managed fields: operation must be `Apply` or `Update`", 500)
        version = entry.get("apiVersion") or ""
        if not version:
            raise ApplyError("failed to decode managed fields: apiVersion must not be empty", 500)
        if entry.get("fieldsType") != "FieldsV1":
            wrong = entry.get("fieldsType")
            detail = (
                f'invalid fieldsType "{wrong}" in managed fields entry {index}'
                if wrong
                else f"missing fieldsType in managed fields entry {index}"
            )
            raise ApplyError(f"failed to decode managed fields: {detail}", 500)
        who = Manager(
            entry.get("manager") or "",
            operation,
            version if operation == "Update" else "",
            entry.get("subresource") or "",
        )
        managers[who] = Owned(entry.get("fieldsV1") or {}, version, entry.get("time"))
    return managers


def encode(managers: Managers, stored: list[Json]) -> list[Json]:
    """Return the entries in their order; stored entries that say the same are used again."""
    known = {
        (e.get("manager"), e.get("operation"), e.get("apiVersion"), e.get("subresource", ""), e.get("time")): e
        for e in stored
    }
    entries: list[Json] = []
    for who, owned in managers.items():
        old = known.get((who.name, who.operation, owned.version, who.subresource, owned.time))
        if old is not None and (old.get("fieldsV1") is owned.fields or old.get("fieldsV1") == owned.fields):
            entries.append(old)
            continue
        entry: Json = {"manager": who.name, "operation": who.operation, "apiVersion": owned.version}
        if owned.time is not None:
            entry["time"] = owned.time
        entry["fieldsType"] = "FieldsV1"
        entry["fieldsV1"] = fs.ordered(owned.fields)
        if who.subresource:
            entry["subresource"] = who.subresource
        entries.append(entry)
    entries.sort(
        key=lambda e: (e["operation"], e.get("time") or "", e["manager"], e["apiVersion"], e.get("subresource", ""))
    )
    return entries


def cap(managers: Managers) -> Managers:
    """Fold the oldest update managers of a version into one when there are too many."""
    updaters = [who for who in managers if who.operation == "Update"]
    if len(updaters) <= _MAX_UPDATE_MANAGERS:
        return managers
    updaters.sort(key=lambda who: (managers[who].time or "", who))
    result = dict(managers)
    first: dict[str, Manager] = {}
    count = len(updaters)
    for who in updaters:
        if count <= _MAX_UPDATE_MANAGERS:
            break
        owned = result[who]
        earlier = first.setdefault(owned.version, who)
        if earlier == who:
            continue
        bucket = Manager("ancient-changes", "Update", owned.version, "")
        if bucket not in result:
            result[bucket] = result.pop(earlier)
        result[bucket] = Owned(fs.union(owned.fields, result[bucket].fields), owned.version, owned.time)
        del result[who]
        count -= 1
    return result
