"""From what a caller sent to what may be stored: decoding, pruning, defaults, the kind's own rules.

The order is upstream's: unknown fields, schema defaults, mutating admission, schema validation, validating admission.
Source: apiextensions-apiserver v0.36 pkg/apiserver/customresource_handler.go; controller-runtime v0.24
pkg/webhook/admission (texts of webhook refusals).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from fairlead.api.errors import ApiError, bad_request, invalid
from fairlead.api.kind import Admission, DeniedError, Kind, Problem
from fairlead.api.kubernetes.defaults import fill
from fairlead.api.kubernetes.validation import check
from fairlead.base.objects import GVK, Json
from fairlead.engines.schema.defaulting import default
from fairlead.engines.schema.errors import TYPE_INVALID, FieldError
from fairlead.engines.schema.model import Schema
from fairlead.engines.schema.pruning import prune
from fairlead.engines.schema.validation import validate, validate_scale
from fairlead.engines.schema.zero_values import fill_zero_values
from fairlead.server.conversion import to_stored
from fairlead.server.registry import Resource, TypeVersion, definitions
from fairlead.server.request import Request
from fairlead.server.typing_errors import decoding_error

_STUMBLES = (AttributeError, IndexError, KeyError, TypeError, ValueError)  # what rules raise on values of wrong types


_BYTES = {"ConfigMap": "binaryData", "Secret": "data"}  # maps of base64, which may be wrapped, as kustomize does
_DATA = ("data", "binaryData", "stringData")
_OMITTED = ("labels", "annotations", "ownerReferences", "finalizers")
_LINE_ENDS = str.maketrans("", "", "\r\n")


class Stored(Protocol):
    """The stored objects that rules may look at, in their storage version."""

    def look(self, gvk: GVK, namespace: str, name: str) -> Json | None: ...

    def look_all(self, gvk: GVK, namespace: str) -> Iterable[Json]: ...


def decode(resource: Resource, version: str, obj: Json, request: Request) -> Json:
    """*obj* without unknown fields, its schema's defaults filled in. Raises: ApiError BadRequest."""
    check_kind(resource, version, obj)
    if not isinstance(obj.get("metadata"), dict):
        obj = {**obj, "metadata": {}}
    obj = _without_empty(resource, obj)
    if not resource.group and resource.kind in _BYTES:
        obj = _unwrapped(obj, _BYTES[resource.kind])
    schema = resource.versions[version].schema
    pruned, unknown = prune(obj, schema)
    if unknown or request.repeats is not None:
        check_types(resource, version, pruned)  # what cannot be decoded at all is told first
        _complain(resource, version, unknown, request)
    filled = default(pruned, schema)
    if "kind" not in filled or "apiVersion" not in filled:
        filled = {"apiVersion": resource.api_version(version), "kind": resource.kind, **filled}
    return filled


def check_kind(resource: Resource, version: str, obj: Json) -> None:
    """Refuse an object whose kind or version is not the resource's. Raises: ApiError BadRequest, Invalid."""
    expected = resource.api_version(version)
    given, kind = obj.get("apiVersion") or expected, obj.get("kind") or resource.kind
    if kind != resource.kind or given != expected:
        raise _of_another_kind(resource, obj, given, kind, expected)


def _of_another_kind(resource: Resource, obj: Json, given: str, kind: str, expected: str) -> ApiError:
    group, _, version = given.rpartition("/")
    another = kind == resource.kind and group == resource.group and version in resource.versions
    if given != expected and (resource.custom or another):
        return bad_request(
            f"the API version in the data ({given}) does not match the expected API version ({expected})"
        )
    if resource.custom:
        text = f'Invalid value: "{kind}": must be {resource.kind}'
        name = (obj.get("metadata") or {}).get("name") or ""
        return invalid(group, kind, name, [("FieldValueInvalid", text, "kind")])
    if definitions().name_of(group, version, kind) is None:
        cause = f'no kind "{kind}" is registered for version "{given}" in scheme "pkg/runtime/scheme.go:111"'
    else:
        cause = f"converting ({version}.{kind}) to ({resource.group or 'core'}.{resource.kind}): unknown conversion"
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {resource.kind}: {cause}')


def _without_empty(resource: Resource, obj: Json) -> Json:
    """*obj* without the empty maps and lists of metadata, and of ConfigMaps and Secrets, that Go does not write."""
    metadata = obj["metadata"]
    if any(name in metadata and metadata[name] in ({}, []) for name in _OMITTED):
        kept = {name: each for name, each in metadata.items() if name not in _OMITTED or each not in ({}, [])}
        obj = {**obj, "metadata": kept}
    if not resource.group and resource.kind in _BYTES and any(obj.get(name) == {} for name in _DATA):
        obj = {name: each for name, each in obj.items() if name not in _DATA or each != {}}
    return obj


def _unwrapped(obj: Json, field: str) -> Json:
    """*obj* with the base64 values of *field* on one line: Go's decoder skips line ends."""
    values = obj.get(field)
    if not isinstance(values, dict):
        return obj
    wrapped = {key: text for key, text in values.items() if isinstance(text, str) and ("\n" in text or "\r" in text)}
    if not wrapped:
        return obj
    return {**obj, field: {**values, **{key: text.translate(_LINE_ENDS) for key, text in wrapped.items()}}}


def _complain(resource: Resource, version: str, unknown: Sequence[str], request: Request) -> None:
    """Refuse, or warn of, unknown fields and those that the body had twice. Raises: ApiError BadRequest."""
    texts = [f'unknown field "{path}"' for path in unknown]
    repeats, request.repeats = request.repeats, None  # told once
    joined = ", ".join(texts)
    if repeats is not None and repeats.places and not resource.custom:
        texts = repeats.among(unknown)
        joined = ", ".join(texts)
    elif repeats is not None:
        joined = ", ".join([repeats.joined, *texts])
        texts = [*repeats.texts, *texts]
    if request.field_validation == "Strict":
        raise bad_request(
            f'{resource.kind} in version "{version}" cannot be handled as a {resource.kind}: '
            f"strict decoding error: {joined}"
        )
    if request.field_validation == "Warn":
        for text in texts:
            request.warn(text)


def check_types(resource: Resource, version: str, obj: Json) -> None:
    """Refuse values of the wrong JSON type, as the decoder of a built-in kind does. Raises: ApiError BadRequest."""
    if resource.custom:
        return
    schema = resource.versions[version].schema
    wrong = next((each for each in validate(obj, schema) if each.type == TYPE_INVALID), None)
    if wrong is not None:
        raise bad_request(
            f'{resource.kind} in version "{version}" cannot be handled as a {resource.kind}: '
            f"{decoding_error(obj, schema, wrong.field, resource.kind)}"
        )


def defaulted(
    resource: Resource, obj: Json, old: Json | None, request: Request, stored: Stored, operation: str
) -> Json:
    """The stored form *obj* after the kind's own defaults (upstream: mutating admission)."""
    rules = resource.stored_as.rules
    if rules is None or rules.default is None:
        return obj
    given = Admission(operation, obj, old, request.user, stored.look, stored.look_all, request.dry_run)
    try:
        return rules.default(given)
    except DeniedError as error:
        raise _denied(rules.webhook.replace("validation.", "default.", 1), error) from error
    except _STUMBLES:
        target = resource.stored_as
        _refuse_wrong_types(resource, target.versions[target.storage].schema, obj)
        raise


def _refuse_wrong_types(resource: Resource, schema: Schema, obj: Json) -> None:
    """Say what the schema says of *obj*, over which a kind's own rules have stumbled. Raises: ApiError Invalid."""
    errors = [each for each in validate(obj, schema) if each.type == TYPE_INVALID]
    if errors:
        raise invalid_object(resource, obj, errors)


def field_errors(resource: Resource, obj: Json, old: Json | None) -> list[FieldError]:
    """What the schema and the built-in rules refuse in the stored form *obj*."""
    target = resource.stored_as
    if not target.custom:
        found = check(target.ident, obj, old)
        if target.group == "apiextensions.k8s.io":
            return found
        said = {each.field for each in found}
        more = validate(obj, target.versions[target.storage].schema, old)
        return found + [each for each in more if each.type != TYPE_INVALID and each.field not in said]
    version = target.versions[target.storage]
    return validate(obj, version.schema, old) + validate_scale(obj, _scale_paths(version))


def _scale_paths(version: TypeVersion) -> dict[str, str]:
    if version.scale is None:
        return {}
    return {"specReplicasPath": version.scale.spec_replicas, "statusReplicasPath": version.scale.status_replicas}


def judge(resource: Resource, obj: Json, old: Json | None, request: Request, stored: Stored, operation: str) -> None:
    """Ask the kind's own rules (upstream: validating admission). Raises: ApiError."""
    rules = resource.stored_as.rules
    if rules is None or rules.validate is None:
        return
    try:
        given = Admission(operation, obj, old, request.user, stored.look, stored.look_all, request.dry_run)
        problems = rules.validate(given)
    except DeniedError as error:
        raise _denied(rules.webhook, error) from error
    if problems:
        raise _refused(rules, obj, problems)


def _denied(webhook: str, error: DeniedError) -> ApiError:
    text = f'admission webhook "{webhook}" denied the request: {error.message}' if webhook else error.message
    return ApiError(error.code, error.reason, text)


def _refused(rules: Kind, obj: Json, problems: Sequence[Problem]) -> ApiError:
    causes = [(each.reason, each.message, each.field) for each in problems]
    error = invalid(rules.denied_group or rules.group, rules.kind, obj["metadata"].get("name", ""), causes)
    if rules.webhook:
        error.message = f'admission webhook "{rules.webhook}" denied the request: {error.message}'
        error.args = (error.message,)
    return error


def invalid_object(resource: Resource, obj: Json, errors: Sequence[FieldError]) -> ApiError:
    """The 422 for *errors*; the 400 of a defaulting webhook that could not read the object comes before it."""
    rules = resource.stored_as.rules
    if rules is not None and rules.misread is not None and any(each.type == TYPE_INVALID for each in errors):
        said = rules.misread(obj)
        if said:
            webhook = rules.webhook.replace("validation.", "default.", 1)
            return _denied(webhook, DeniedError(said, code=400, reason=""))
    causes = list(dict.fromkeys(each.cause for each in errors))
    return invalid(resource.group, resource.kind, obj["metadata"].get("name", ""), causes)


def stored_form(resource: Resource, version: str, obj: Json, request: Request) -> Json:
    """Decode *obj* and convert it to the stored version, whose defaults are filled in too."""
    decoded = decode(resource, version, obj, request)
    check_types(resource, version, decoded)
    try:
        stored = to_stored(resource, version, decoded)
    except _STUMBLES:
        _refuse_wrong_types(resource, resource.versions[version].schema, decoded)
        raise
    target = resource.stored_as
    if stored is not decoded and target.custom:
        schema = target.versions[target.storage].schema
        stored = default(prune(stored, schema)[0], schema)
    if target.custom:
        return stored
    zeroed: Json = fill_zero_values(stored, target.versions[target.storage].schema)
    return fill(target.ident, zeroed)
