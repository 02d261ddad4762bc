"""Server-side apply and the tracking of who manages which field.

Source: sigs.k8s.io/structured-merge-diff v6.3 merge (update.go, conflict.go) and
k8s.io/apimachinery v0.36 pkg/util/managedfields/internal (the chain of managers in fieldmanager.go).
Pure: the time of a change and the conversion between versions come from the caller, and the same object
comes back, not a copy, when an apply or an update changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from fairlead.engines.merge import fieldset as fs
from fairlead.engines.merge import typed
from fairlead.engines.merge.fieldset import FieldSet
from fairlead.engines.merge.managers import (
    ApplyError,
    Conflict,
    Manager,
    Managers,
    MissingVersionError,
    Owned,
    cap,
    conflict_message,
    decode,
    encode,
)
from fairlead.engines.merge.patches import equal
from fairlead.engines.merge.rules import MergeType, TypedError, root_type
from fairlead.engines.merge.typecheck import check_typed
from fairlead.engines.schema.errors import go_json
from fairlead.engines.schema.model import MISSING, Schema
from fairlead.engines.schema.zero_values import fill_zero_values, zero_object

__all__ = [
    "LAST_APPLIED",
    "RESET_ALL_BUT_STATUS",
    "RESET_STATUS",
    "ApplyError",
    "Conflict",
    "MissingVersionError",
    "apply",
    "track_update",
    "with_managed_fields",
]

Json = dict[str, Any]
Convert = Callable[[Json, str], Json]
"""(object, apiVersion) -> the object in that version. Raises `MissingVersionError` for one no longer served."""

SchemaOf = Callable[[str], Schema | None]
"""apiVersion -> the schema of the kind in that version; None when it is not served."""

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
RESET_STATUS: Final[FieldSet] = {"f:status": {}}
"""Pass as ``reset_fields`` for writes to the main resource of a kind that has a status subresource."""
RESET_ALL_BUT_STATUS: Final[FieldSet] = {"f:metadata": {}, "f:spec": {}}
"""Pass as ``reset_fields`` for writes to the status subresource of a custom resource."""

_STRIPPED_META: Final = (
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
)
_STRIPPED: Final[FieldSet] = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {".": {}, **{f"f:{name}": {} for name in _STRIPPED_META}},
}


_SELF: Final = Manager("current-operation", "", "", "")


class _Context(NamedTuple):
    """What all steps of one request need."""

    schema: Schema
    version: str
    convert: Convert | None
    reset: FieldSet
    schema_of: SchemaOf | None

    @property
    def rule(self) -> MergeType:
        return root_type(self.schema)

    def rule_at(self, version: str) -> MergeType:
        """The merge rules of another version; those of the request's own when nobody knows better."""
        if version == self.version or self.schema_of is None:
            return self.rule
        schema = self.schema_of(version)
        return self.rule if schema is None else root_type(schema)

    def at(self, obj: Json, version: str) -> Json:
        if version == obj.get("apiVersion", self.version):
            return obj
        if self.convert is None:
            raise MissingVersionError(version)
        return self.convert(obj, version)


def apply(
    live: Json | None,
    applied: Json,
    schema: Schema,
    manager: str,
    *,
    now: str,
    force: bool = False,
    api_version: str = "",
    subresource: str = "",
    convert: Convert | None = None,
    schema_of: SchemaOf | None = None,
    reset_fields: FieldSet | None = None,
) -> tuple[Json, list[Json]]:
    """Apply *applied* to *live* in the name of *manager*.

    *live* is the stored object in *api_version*, None to create. Returns the object with its new
    ``metadata.managedFields``, and that list; *live* itself when nothing is different.

    Raises:
        Conflict: another manager owns a field that would change, and *force* is off.
        ApplyError: *applied* is of another version or holds managedFields.
        TypedError: *applied* does not fit the schema.
    """
    version = api_version or applied.get("apiVersion", "")
    if applied.get("apiVersion") != version:
        raise ApplyError(
            "Incorrect version specified in apply patch. Specified patch version: "
            f"{applied.get('apiVersion', '')}, expected: {version}",
            400,
        )
    if (applied.get("metadata") or {}).get("managedFields") is not None:
        raise ApplyError("metadata.managedFields must be nil", 400)
    context = _Context(schema, version, convert, reset_fields or {}, schema_of)
    if live is not None and _is_applied(
        live, applied, Manager(manager or "unknown", "Apply", "", subresource), context
    ):
        return live, _managed_fields(live)
    try:
        check_typed(applied, context.rule)
    except TypedError as error:
        raise ApplyError(f"failed to create typed patch object ({_named(applied)}): {error}", 500) from error
    base = live if live is not None else _bare(applied, schema)
    stored = _managed_fields(base)
    managers = decode(stored)
    if not managers and live is not None:
        managers = _before_first_apply(base, context, now)
    who = Manager(manager or "unknown", "Apply", "", subresource)
    try:
        obj, settled = _apply(base, applied, managers, who, context, force, now)
    except Conflict as conflict:
        if manager != "kubectl" or not _allowed_by_last_applied(conflict, base, context):
            raise
        obj, settled = _apply(base, applied, managers, who, context, True, now)
    if manager == "kubectl":
        obj = _renew_last_applied(obj, applied)
    return _finish(base, obj, stored, settled)


def track_update(
    live: Json | None,
    new: Json,
    schema: Schema,
    manager: str,
    *,
    now: str,
    api_version: str = "",
    subresource: str = "",
    convert: Convert | None = None,
    schema_of: SchemaOf | None = None,
    reset_fields: FieldSet | None = None,
) -> list[Json]:
    """Return the managedFields of *new* after a write that is not an apply (create, update, patch).

    *live* is the stored object in *api_version*, None on create. ``managedFields`` in *new* replace the
    stored ones, as clients may edit them; an empty list or entry resets them. Objects that nobody has
    tracked so far stay untracked.
    """
    version = api_version or new.get("apiVersion", "")
    context = _Context(schema, version, convert, reset_fields or {}, schema_of)
    base: Json = live if live is not None else _empty(new, schema)
    stored = _managed_fields(base)
    given = (new.get("metadata") or {}).get("managedFields") if not subresource else None
    if given is not None and (not given or given == [{}]):
        stored = []
    elif given:
        try:
            decode(given)
            stored = given
        except ApplyError:
            pass
    try:
        managers = decode(stored)
    except ApplyError:
        managers = {}
    if not managers and live is not None and (live.get("metadata") or {}).get("uid"):
        return []
    updated = _update(base, new, managers, Manager(manager or "unknown", "Update", version, subresource), context, now)
    if updated is None:
        return stored
    return encode(cap(updated), stored)


def with_managed_fields(obj: Json, managed_fields: list[Json]) -> Json:
    """Return *obj* with these ``metadata.managedFields``; none at all when the list is empty."""
    meta = obj.get("metadata") or {}
    if meta.get("managedFields") == managed_fields or (not managed_fields and "managedFields" not in meta):
        return obj
    meta = {key: value for key, value in meta.items() if key != "managedFields"}
    if managed_fields:
        meta["managedFields"] = managed_fields
    return {**obj, "metadata": meta}


def _managed_fields(obj: Mapping[str, Any]) -> list[Json]:
    return (obj.get("metadata") or {}).get("managedFields") or []


def _named(obj: Mapping[str, Any]) -> str:
    meta = obj.get("metadata") or {}
    group, _, version = (obj.get("apiVersion") or "").rpartition("/")
    return f"{meta.get('namespace', '')}/{meta.get('name', '')}; {group}/{version}, Kind={obj.get('kind', '')}"


def _empty(new: Json, schema: Schema) -> Json:
    """Return what exists of an object before it is created: for built-in types, Go's zero value."""
    if not schema.typed:
        return {}
    return {**zero_object(schema), "apiVersion": new.get("apiVersion"), "kind": new.get("kind")}


def _bare(applied: Json, schema: Schema) -> Json:
    """Return the object that an apply creates upon: what Go writes when nothing is set, without nulls for lists."""
    bare: Json = {"apiVersion": applied.get("apiVersion"), "kind": applied.get("kind")}
    filled: Json = fill_zero_values(bare, schema)
    return filled


def _without_managed_fields(obj: Json) -> Json:
    meta = obj.get("metadata")
    if not meta or "managedFields" not in meta:
        return obj
    return {**obj, "metadata": {key: value for key, value in meta.items() if key != "managedFields"}}


def _finish(base: Json, obj: Json, stored: list[Json], managers: Managers) -> tuple[Json, list[Json]]:
    """Put the managers into the object; a change of nothing but their times is none."""
    entries = encode(managers, stored)
    same = len(entries) == len(stored) and all(
        {**entry, "time": None} == {**old, "time": None} for entry, old in zip(entries, stored, strict=True)
    )
    if same and (obj is base or equal(_without_managed_fields(obj), _without_managed_fields(base))):
        return base, stored
    return with_managed_fields(obj, entries), entries


def _reconciled(managers: Managers, context: _Context) -> Managers:
    memo: dict[int, tuple[FieldSet, FieldSet]] = context.schema.cache.setdefault("reconciled", {})
    result: Managers = {}
    for who, owned in managers.items():
        known = memo.get(id(owned.fields))
        if known is None or known[0] is not owned.fields:
            if len(memo) > 2048:
                memo.clear()
            known = (owned.fields, typed.reconcile(owned.fields, context.rule_at(owned.version)))
            memo[id(owned.fields)] = known
        result[who] = owned if known[1] is owned.fields else owned._replace(fields=known[1])
    return result


def _is_applied(live: Json, applied: Json, who: Manager, context: _Context) -> bool:
    """Tell whether the same was applied before and still holds, so that there is nothing to do."""
    entry = next(
        (
            entry
            for entry in _managed_fields(live)
            if entry.get("manager") == who.name
            and entry.get("operation") == "Apply"
            and entry.get("subresource", "") == who.subresource
        ),
        None,
    )
    if entry is None or entry.get("apiVersion") != context.version:
        return False
    try:
        if typed.merge(live, applied, context.rule) is not live:
            return False
        fields = typed.field_set(applied, context.rule)
    except TypedError:
        return False
    if context.reset:
        fields = fs.recursive_difference(fields, context.reset)
    same: bool = fs.difference(fields, _STRIPPED) == entry.get("fieldsV1")
    return same and not (who.name == "kubectl" and _renew_last_applied(live, applied) is not live)


def _apply(
    live: Json, applied: Json, managers: Managers, who: Manager, context: _Context, force: bool, now: str
) -> tuple[Json, Managers]:
    """Return the new object (*live* itself when it is the same) and managers."""
    rule = context.rule
    merged = typed.merge(live, applied, rule)
    fields = typed.field_set(applied, rule)
    if context.reset:
        fields = fs.recursive_difference(fields, context.reset)
    managers = _reconciled(managers, context)
    last = managers.get(who)
    managers[who] = Owned(fields, context.version, last.time if last else None)
    obj = merged
    if last is not None and last.fields and fs.difference(last.fields, fields):
        # Merged again: pruning drops containers that it empties, and the applier may want one of them, empty.
        obj = typed.merge(_prune(merged, managers, last, context), applied, rule)
    managers, _ = _settle(live, obj, managers, who, context, force)
    changed = obj is not live and not equal(_without_managed_fields(obj), _without_managed_fields(live))
    if who in managers:
        rest = fs.difference(managers[who].fields, _STRIPPED)
        if rest:
            managers[who] = managers[who]._replace(fields=rest, time=now if changed else managers[who].time)
        else:
            del managers[who]
    return (obj if changed else live), managers


def _prune(merged: Json, managers: Managers, last: Owned, context: _Context) -> Json:
    """Drop what the manager applied before and applies no more, unless somebody else owns it."""
    try:
        obj = context.at(merged, last.version)
    except MissingVersionError:
        return merged
    rule = context.rule_at(last.version)
    pruned = _removed(obj, typed.with_named_fields(last.fields, rule), rule)
    pruned = _add_back_owned(obj, pruned, last.version, managers, context)
    kept = typed.with_named_fields(typed.field_set(pruned, rule), rule)
    everything = typed.with_named_fields(typed.field_set(obj, rule), rule)
    dropped = fs.intersection(fs.difference(everything, kept), typed.with_named_fields(last.fields, rule))
    result = _removed(obj, dropped, rule)
    return context.at(result, context.version)


def _add_back_owned(merged: Json, pruned: Json, version: str, managers: Managers, context: _Context) -> Json:
    by_version: dict[str, FieldSet] = {}
    for owned in managers.values():
        by_version[owned.version] = fs.union(by_version.get(owned.version, {}), owned.fields)
    for other in sorted(by_version, key=lambda name: name != version):
        try:
            full, part = context.at(merged, other), context.at(pruned, other)
        except MissingVersionError:
            continue
        rule = context.rule_at(other)
        everything = typed.with_named_fields(typed.field_set(full, rule), rule)
        kept = typed.with_named_fields(typed.field_set(part, rule), rule)
        owned_fields = typed.with_named_fields(by_version[other], rule)
        pruned = context.at(_removed(full, fs.difference(everything, fs.union(kept, owned_fields)), rule), version)
    return pruned


def _removed(obj: Json, fields: FieldSet, rule: MergeType) -> Json:
    result = typed.remove(obj, fields, rule)
    return {} if result is MISSING else result


def _settle(
    old: Json, new: Json, managers: Managers, who: Manager, context: _Context, force: bool
) -> tuple[Managers, typed.Comparison]:
    """Take from all others what *who* changed or removed, or raise the conflict.

    Raises:
        Conflict: others own what changed, and *force* is off.
    """
    rule = context.rule
    ours = _filtered(typed.compare(_without_managed_fields(old), _without_managed_fields(new), rule), context)
    by_version = {context.version: (ours, ours.changed)}
    conflicts: dict[Manager, FieldSet] = {}
    gone: set[Manager] = set()
    for other, owned in managers.items():
        if other == who:
            continue
        found = by_version.get(owned.version)
        if found is None:
            try:
                theirs = typed.compare(
                    _without_managed_fields(context.at(old, owned.version)),
                    _without_managed_fields(context.at(new, owned.version)),
                    context.rule_at(owned.version),
                )
            except MissingVersionError:
                gone.add(other)
                continue
            theirs = _filtered(theirs, context)
            found = by_version[owned.version] = (theirs, theirs.changed)
        if found[1]:
            overlap = fs.intersection(owned.fields, found[1])
            if overlap:
                conflicts[other] = overlap
    if conflicts and not force:
        raise Conflict([(m, path) for m in sorted(conflicts) for path in fs.paths(conflicts[m])])
    result: Managers = {}
    for other, owned in managers.items():
        fields = owned.fields
        if other in gone:
            continue
        if other in conflicts:
            fields = fs.difference(fields, conflicts[other])
        if other != who and by_version[owned.version][0].removed:
            fields = fs.difference(fields, by_version[owned.version][0].removed)
        if fields:
            result[other] = owned if fields is owned.fields else owned._replace(fields=fields)
    return result, ours


def _filtered(found: typed.Comparison, context: _Context) -> typed.Comparison:
    if not context.reset:
        return found
    return typed.Comparison(*(fs.recursive_difference(part, context.reset) if part else part for part in found))


def _update(live: Json, new: Json, managers: Managers, who: Manager, context: _Context, now: str) -> Managers | None:
    """Return the managers after an update by *who*; None when nobody's fields change."""
    managers = _reconciled(managers, context)
    result, found = _settle(live, new, managers, _SELF, context, True)
    fields = fs.union(found.modified, found.added)
    if fields:
        fields = fs.difference(fields, _STRIPPED)
    if not fields:
        return None if _same(result, managers) else result
    before = result.get(who)
    if before is not None:
        fields = fs.union(fields, before.fields)
    result[who] = Owned(fields, context.version, now)
    return result


def _same(left: Managers, right: Managers) -> bool:
    return left.keys() == right.keys() and all(left[who] is right[who] for who in left)


def _before_first_apply(live: Json, context: _Context, now: str) -> Managers:
    """Give fields that nobody has tracked to a manager of their own, so that an apply can conflict with it."""
    who = Manager("before-first-apply", "Update", context.version, "")
    return _update({}, live, {}, who, context, now) or {}


def _allowed_by_last_applied(conflict: Conflict, live: Json, context: _Context) -> bool:
    """Tell whether kubectl's client-side apply set all the conflicting fields, and nobody changed them since.

    That is how people move from client-side to server-side apply. Narrows *conflict* to the rest otherwise.
    """
    text = ((live.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    try:
        before = json.loads(text) if text else None
    except ValueError:
        return False
    if not isinstance(before, dict) or before.get("apiVersion") != context.version:
        return False
    rule = context.rule
    try:
        found = typed.compare(before, live, rule)
        fields = typed.field_set(before, rule)
    except TypedError:
        return False
    for part in (found.modified, found.added, found.removed):
        fields = fs.difference(fields, part)
    allowed = set(fs.paths(fields))
    rest = [entry for entry in conflict.conflicts if entry[1] not in allowed]
    if rest:
        conflict.conflicts = tuple(rest)
        conflict.message = conflict_message(rest)
        conflict.args = (conflict.message,)
    return not rest


def _renew_last_applied(obj: Json, applied: Json) -> Json:
    """Keep kubectl's client-side annotation, where there is one, in step with what was applied."""
    meta = obj.get("metadata") or {}
    annotations = meta.get("annotations") or {}
    if not annotations.get(LAST_APPLIED):
        return obj
    wanted_meta = dict(applied.get("metadata") or {})
    if "annotations" in wanted_meta:
        wanted_meta["annotations"] = {k: v for k, v in wanted_meta["annotations"].items() if k != LAST_APPLIED}
        if not wanted_meta["annotations"]:
            del wanted_meta["annotations"]
    text = go_json({**applied, "metadata": wanted_meta}) + "\n"
    if annotations[LAST_APPLIED] == text:
        return obj
    return {**obj, "metadata": {**meta, "annotations": {**annotations, LAST_APPLIED: text}}}
