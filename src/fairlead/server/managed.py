"""Field managers: who set which field, kept in `metadata.managedFields` at every write.

The work is `engines.merge.ssa`'s; here it gets the schema, the versions and the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json
from fairlead.engines.merge import ssa
from fairlead.engines.merge.managers import ApplyError, Conflict, MissingVersionError
from fairlead.engines.merge.patches import equal
from fairlead.server import conversion
from fairlead.server.registry import Resource
from fairlead.server.request import Request

_RESET_SPEC: Json = {"f:spec": {}}


def _reset(resource: Resource, subresource: str) -> Json | None:
    if subresource == "status":
        return dict(ssa.RESET_ALL_BUT_STATUS if resource.custom else _RESET_SPEC)
    return dict(ssa.RESET_STATUS) if resource.has_status else None


def _convert(resource: Resource) -> Callable[[Json, str], Json]:
    """How the engine asks for an object in the version of another manager's entry."""

    def convert(obj: Json, api_version: str) -> Json:
        group, _, version = api_version.rpartition("/")
        if group != resource.group or version not in resource.versions:
            raise MissingVersionError(api_version)
        given = obj["apiVersion"].rpartition("/")[2]
        stored = conversion.to_stored(resource, given, obj)
        return conversion.convert(resource, version, stored)

    return convert


def on_create(resource: Resource, version: str, stored: Json, request: Request, now: str) -> Json:
    """*stored* with the managed fields of its creator; of an applied object they are there already."""
    if stored["metadata"].get("managedFields") and request.force_managed:
        return stored
    shown = conversion.convert(resource, version, stored)
    fields = ssa.track_update(
        None,
        shown,
        resource.versions[version].schema,
        request.manager,
        now=now,
        api_version=resource.api_version(version),
        convert=_convert(resource),
        reset_fields=_reset(resource, ""),
    )
    return ssa.with_managed_fields(stored, fields)


def on_update(
    resource: Resource, version: str, stored: Json, old: Json, request: Request, now: str, subresource: str
) -> Json:
    """*stored* with its managed fields after an update of *old*."""
    if request.force_managed:
        return stored
    same_version = resource.alias_of is None and version == resource.storage
    fields = ssa.track_update(
        old if same_version else conversion.convert(resource, version, old),
        stored if same_version else conversion.convert(resource, version, stored),
        resource.versions[version].schema,
        request.manager,
        now=now,
        api_version=resource.api_version(version),
        subresource=subresource,
        convert=_convert(resource),
        reset_fields=_reset(resource, subresource),
    )
    return ssa.with_managed_fields(stored, fields)


def apply(
    resource: Resource, version: str, live: Json | None, applied: Json, request: Request, now: str, subresource: str
) -> Json:
    """*applied* merged into *live* (both in *version*), managed fields included; *live* itself when nothing changes.

    Raises: ApiError Conflict with one cause per field, BadRequest.
    """
    try:
        obj, fields = ssa.apply(
            live,
            applied,
            resource.versions[version].schema,
            request.manager,
            now=now,
            force=request.force,
            api_version=resource.api_version(version),
            subresource=subresource,
            convert=_convert(resource),
            reset_fields=_reset(resource, subresource),
        )
    except Conflict as error:
        raise ApiError(409, "Conflict", error.message, {"causes": error.causes}) from error
    except ApplyError as error:
        reason = {400: "BadRequest", 500: ""}.get(error.code, "Invalid")
        raise ApiError(error.code, reason, error.message) from error
    except ValueError as error:
        raise ApiError(500, "InternalError", f"failed to create typed patch object: {error}") from error
    return obj if obj is live else ssa.with_managed_fields(obj, fields)


def same(new: Any, old: Any) -> bool:
    """Whether two lists of managed fields say the same."""
    return equal(new or [], old or [])
