"""Change an object by patching what differs, and nothing else.

    async with editing(client, machine, field_manager="capi-machine") as draft:
        draft["status"]["phase"] = "Running"

On the way out the draft is compared with what was read: at most one patch for the object and one for its status, none
where nothing differs. Patches carry the resourceVersion that was read, so that lists (finalizers, owners, conditions)
are never overwritten blindly; when another writer was faster, the change is laid over the newer object once more.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy, finalizers, meta
from fairlead.engines.merge.patches import diff_merge
from fairlead.runtime.client import Client

ATTEMPTS = 5
_SERVER_OWNED = ("resourceVersion", "generation", "managedFields", "uid", "creationTimestamp")


@asynccontextmanager
async def editing(client: Client, obj: Json, *, field_manager: str = "") -> AsyncIterator[Json]:
    """Yield a private draft of *obj*; write what changed when the block ends, however it ends.

    When the block raises, what was changed so far (conditions above all) is still written, then the error goes on.
    """
    draft = _draft(obj)
    try:
        yield draft
    except Exception:
        await write_changes(client, obj, draft, field_manager=field_manager)
        raise
    await write_changes(client, obj, draft, field_manager=field_manager)


def _draft(obj: Json) -> Json:
    """A copy to work on. Managed fields, which nobody edits and are half of an object, are shared."""
    metadata = dict(meta(obj))
    managed = metadata.pop("managedFields", None)
    draft: Json = copy({**obj, "metadata": metadata})
    if managed is not None:
        draft["metadata"]["managedFields"] = managed
    return draft


async def write_changes(client: Client, before: Json, after: Json, *, field_manager: str = "") -> Json:
    """Patch *before* into *after*; returns the object as stored. Raises: ApiError (NotFound when it is gone).

    Where a finalizer goes, the status is written first: the object may be gone after that.
    """
    current, lets_go = before, bool(set(finalizers(before)) - set(finalizers(after)))
    for subresource in ("status", "") if lets_go else ("", "status"):
        current = await _write(client, current, before, after, subresource, field_manager)
    return current


async def _write(
    client: Client, current: Json, before: Json, after: Json, subresource: str, field_manager: str
) -> Json:
    base, wanted = _part(before, subresource), _part(after, subresource)
    gvk, key = GVK.of(before), Key.of(before)
    for attempt in range(ATTEMPTS):
        patch = diff_merge(base, wanted)
        if not patch:
            return current
        patch = {
            **patch,
            "metadata": {**patch.get("metadata", {}), "resourceVersion": meta(current)["resourceVersion"]},
        }
        try:
            return await client.patch(
                gvk, key.name, key.namespace, patch, subresource=subresource, field_manager=field_manager
            )
        except ApiError as error:
            if not error.is_conflict or attempt == ATTEMPTS - 1:
                raise
        current = await client.get(gvk, key.name, key.namespace)
        if meta(current).get("uid") != meta(before).get("uid"):
            raise ApiError(409, "Conflict", f"{gvk.kind} {key} was deleted and made again meanwhile")
        newer = _part(current, subresource)
        base, wanted = newer, rebase(_part(before, subresource), _part(after, subresource), newer)
    return current


def _part(obj: Json, subresource: str) -> Json:
    if subresource:
        return {subresource: obj[subresource]} if obj.get(subresource) else {}
    metadata = {key: value for key, value in meta(obj).items() if key not in _SERVER_OWNED}
    return {**{key: value for key, value in obj.items() if key not in ("status", "metadata")}, "metadata": metadata}


def rebase(before: Json, after: Json, newer: Json) -> Json:
    """Lay what changed from *before* to *after* over *newer*; keyed lists are merged entry by entry."""
    result = dict(newer)
    for name in before.keys() | after.keys():
        old, new, current = before.get(name), after.get(name), newer.get(name)
        if old == new:
            continue
        if name not in after:
            result.pop(name, None)
        elif isinstance(new, dict):
            result[name] = rebase(
                old if isinstance(old, dict) else {}, new, current if isinstance(current, dict) else {}
            )
        elif isinstance(new, list):
            result[name] = _rebase_list(
                old if isinstance(old, list) else [], new, current if isinstance(current, list) else []
            )
        else:
            result[name] = new
    return result


def _rebase_list(before: list[object], after: list[object], newer: list[object]) -> list[object]:
    keys_before, keys_after = {_identity(item) for item in before}, {_identity(item): item for item in after}
    changed = {key: item for key, item in keys_after.items() if key not in keys_before or item not in before}
    kept = [item for item in newer if _identity(item) not in keys_before - keys_after.keys()]
    merged = [changed.pop(_identity(item), item) for item in kept]
    return merged + list(changed.values())


def _identity(item: object) -> object:
    if isinstance(item, dict):
        for name in ("uid", "type", "name"):
            if name in item:
                return name, item[name]
        return str(sorted(item.items()))
    return item
