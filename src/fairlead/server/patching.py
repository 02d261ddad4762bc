"""PATCH in its four forms, as a change to be made to the present object.

Source: apiserver v0.36 pkg/endpoints/handlers/patch.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.api.errors import ApiError, bad_request, conflict, invalid, not_found
from fairlead.base.objects import Json, Key
from fairlead.engines.merge.patches import PatchError, json_patch, merge_patch
from fairlead.engines.merge.strategic import go_value, strategic_merge
from fairlead.engines.schema.errors import go_json, quote
from fairlead.server import managed
from fairlead.server.bodies import check_head, wrong_head, wrong_metadata
from fairlead.server.objects import Change, Objects, Outcome
from fairlead.server.registry import Resource
from fairlead.server.request import Request

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
FORMS = (JSON, MERGE, STRATEGIC, APPLY)


def accepted(resource: Resource) -> tuple[str, ...]:
    """The media types that PATCH takes for a resource."""
    if resource.custom:
        return (JSON, MERGE, APPLY)
    return (JSON, MERGE, STRATEGIC, APPLY)


def unsupported(resource: Resource) -> ApiError:
    """415 for a patch in another form."""
    if not resource.custom:
        return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    types = ", ".join(accepted(resource))
    text = f"the body of the request was in an unknown format - accepted media types include: {types}"
    return ApiError(415, "UnsupportedMediaType", text)


def _refused(error: PatchError, resource: Resource, name: str) -> ApiError:
    if error.code == 400:
        return bad_request(error.message)
    if error.code == 413:
        return ApiError(413, "RequestEntityTooLarge", error.message)
    if error.code == 500:
        return ApiError(500, "", error.message)
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def _undeterminable(name: str) -> ApiError:
    return bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")


def change_of(resource: Resource, version: str, name: str, body: Json | Sequence[Json], patch_type: str) -> Change:
    """The change that a patch *body* makes. Raises: ApiError for a form the resource does not take."""
    if patch_type not in (JSON, MERGE, STRATEGIC) or (patch_type == STRATEGIC and resource.custom):
        raise unsupported(resource)
    given: Any = body
    schema = resource.versions[version].schema

    def change(present: Json) -> Json:
        try:
            if patch_type == JSON:
                changed = json_patch(present, list(given) if isinstance(given, tuple) else given)
            elif patch_type == MERGE:
                changed = merge_patch(present, given)
            else:
                changed = strategic_merge(present, given, schema)
        except PatchError as error:
            raise _refused(error, resource, name) from error
        if not isinstance(changed, dict):
            raise bad_request("the patch does not leave an object")
        if not changed.get("metadata"):
            raise _undeterminable(name)
        problem = wrong_metadata(changed["metadata"]) if resource.custom else wrong_head(changed, resource.kind)
        if problem:
            shown = quote(go_json(changed))
            raise invalid("", "", "", [("FieldValueInvalid", f"Invalid value: {shown}: {problem}", "patch")])
        if not changed["metadata"].get("name"):
            raise _undeterminable(name)
        return changed

    return change


def patch(
    objects: Objects,
    resource: Resource,
    version: str,
    key: Key,
    body: Json | Sequence[Json],
    patch_type: str,
    request: Request,
    subresource: str = "",
) -> Outcome:
    """Patch an object. Raises: ApiError."""
    change = change_of(resource, version, key.name, body, patch_type)
    made: list[Json] = []

    def remembered(present: Json) -> Json:
        made.append(change(present))
        return made[-1]

    try:
        return objects.update(resource, version, key, remembered, request, subresource=subresource)
    except ApiError as error:
        _, found, cause = error.message.partition(f" cannot be handled as a {resource.kind}: ")
        if error.code != 400 or not found or not made:
            raise
        shown = quote(go_value(body) if patch_type == STRATEGIC else go_json(made[-1]))
        raise invalid("", "", "", [("FieldValueInvalid", f"Invalid value: {shown}: {cause}", "patch")]) from error


def apply(
    objects: Objects, resource: Resource, version: str, key: Key, body: Json, request: Request, subresource: str = ""
) -> Outcome:
    """Server-side apply: create the object, or merge *body* into it. Raises: ApiError."""
    if not request.manager:
        cause = ("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
        raise invalid("meta.k8s.io", "PatchOptions", "", [cause])
    _check_type(resource, version, body)
    applied = _named(resource, body, key)
    request.force_managed = True
    before = objects.store.get(resource.stored_as.ident, key)
    if before is None:
        if subresource:
            raise not_found(resource.group, resource.plural, key.name)
        uid = (body.get("metadata") or {}).get("uid")
        if uid:
            text = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise conflict(resource.group, resource.plural, key.name, text)
        obj = managed.apply(resource, version, None, applied, request, objects.now(), "")
        _tell_repeats(request)
        return objects.create(resource, version, obj, key.namespace, request)

    def change(present: Json) -> Json:
        merged = managed.apply(resource, version, present, applied, request, objects.now(), subresource)
        _tell_repeats(request)
        return merged

    uid = (body.get("metadata") or {}).get("uid") or ""
    return objects.update(resource, version, key, change, request, subresource=subresource, uid=uid)


def _tell_repeats(request: Request) -> None:
    """Refuse, or warn of, keys that an applied object has twice. Raises: ApiError BadRequest."""
    repeats, request.repeats = request.repeats, None
    if repeats is None:
        return
    if request.field_validation == "Strict":
        raise bad_request(f"error strict decoding YAML: error converting YAML to JSON: {repeats.joined}")
    for text in repeats.texts:
        request.warn(text)


def _check_type(resource: Resource, version: str, body: Json) -> None:
    """Refuse an applied object of another type, or with a head that cannot be read. Raises: ApiError BadRequest."""
    api_version, kind = (each if isinstance(each, str) else "" for each in (body.get("apiVersion"), body.get("kind")))
    if (api_version, kind) != (resource.api_version(version), resource.kind):
        group, _, name = api_version.rpartition("/")
        raise bad_request(f"invalid object type: {group}/{name}, Kind={kind}")
    check_head(body, resource.kind, version)


def _named(resource: Resource, body: Json, key: Key) -> Json:
    metadata = dict(body.get("metadata") or {})
    name = metadata.get("name") or key.name
    if name != key.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({key.name})")
    metadata["name"] = key.name
    if resource.namespaced:
        if metadata.get("namespace") and metadata["namespace"] != key.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = key.namespace
    return {**body, "metadata": metadata}
