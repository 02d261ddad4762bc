"""What callers send, before anything relies on its form: heads of objects, options of deletions, numbers in queries.

Source: apimachinery v0.36 pkg/runtime/serializer/json and pkg/apis/meta/v1 (DeleteOptions, ListOptions); the texts are
Go's, of encoding/json and strconv.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fairlead.api.errors import bad_request, invalid
from fairlead.base.objects import Json
from fairlead.engines.schema.errors import TYPE_INVALID, go_json, quote
from fairlead.engines.schema.validation import validate
from fairlead.server.registry import object_meta_schema
from fairlead.server.request import DeleteOptions
from fairlead.server.routes import Route
from fairlead.server.typing_errors import decoding_error

MANAGER_LIMIT = 128
_POLICIES = ("", "Background", "Foreground", "Orphan")
_MOST = (1 << 63) - 1


def kind_of(value: Any) -> str:
    """A JSON value's type as Go's decoder names it."""
    if isinstance(value, bool):
        return "bool"
    for kind, name in ((dict, "object"), (list, "array"), (str, "string"), ((int, float), "number")):
        if isinstance(value, kind):
            return name
    return "null"


def wrong_head(obj: Json, kind: str) -> str:
    """What Go's decoder says of an object whose head is of wrong types; empty when it can be read."""
    for name in ("apiVersion", "kind"):
        if not isinstance(obj.get(name), str | None):
            problem = f"json: cannot unmarshal {kind_of(obj[name])} into Go struct field .{name} of type string"
            return f"couldn't get version/kind; json parse error: {problem}"
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict | None):
        place = f"Go struct field {kind}.metadata of type v1.ObjectMeta"
        return f"json: cannot unmarshal {kind_of(metadata)} into {place}"
    for name in ("name", "generateName", "namespace", "uid", "resourceVersion"):
        value = (metadata or {}).get(name)
        if not isinstance(value, str | None):
            named = "types.UID" if name == "uid" else "string"
            place = f"Go struct field ObjectMeta.metadata.{name} of type {named}"
            return f"json: cannot unmarshal {kind_of(value)} into {place}"
    return ""


def wrong_metadata(metadata: Any) -> str:
    """What Go's decoder says of a custom resource's metadata of wrong types; empty when it can be read."""
    if not isinstance(metadata, dict | None):
        return f"json: cannot unmarshal {kind_of(metadata)} into Go value of type v1.ObjectMeta"
    schema = object_meta_schema()
    wrong = next((each for each in validate(metadata or {}, schema) if each.type == TYPE_INVALID), None)
    return decoding_error(metadata, schema, wrong.field, "ObjectMeta") if wrong is not None else ""


def check_head(obj: Json, kind: str, version: str) -> None:
    """Refuse an object that cannot be read. Raises: ApiError BadRequest."""
    problem = wrong_head(obj, kind)
    if problem.startswith("couldn't"):
        raise bad_request(f"the object provided is unrecognized (must be of type {kind}): {problem}")
    if problem:
        raise bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {problem}')


def number(route: Route, name: str) -> int | None:
    """A whole number of the query, None when it is not given. Raises: ApiError BadRequest."""
    return whole(route.one(name)) if name in route.query else None


def whole(text: str) -> int:
    """A number in decimal digits. Raises: ApiError BadRequest."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not digits.isascii() or not digits.isdigit():
        raise bad_request(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    if len(digits) > len(str(_MOST)) or int(digits) > _MOST:
        raise bad_request(f"strconv.ParseInt: parsing {quote(text)}: value out of range")
    return int(text)


def check_manager(name: str, kind: str) -> None:
    """Refuse a field manager that nobody could read. Raises: ApiError Invalid."""
    if len(name.encode()) > MANAGER_LIMIT:
        cause = ("FieldValueTooLong", f"Too long: may not be more than {MANAGER_LIMIT} bytes", "fieldManager")
        raise invalid("meta.k8s.io", kind, "", [cause])
    for place, char in enumerate(name):
        if not char.isprintable():
            text = f"Invalid value: {quote(name)}: invalid character U+{ord(char):04X} (at position {place})"
            raise invalid("meta.k8s.io", kind, "", [("FieldValueInvalid", text, "fieldManager")])


def check_dry_run(given: list[str], kind: str) -> None:
    """Refuse stages of a dry run that there are not. Raises: ApiError Invalid."""
    if any(each != "All" for each in given):
        text = f'Unsupported value: {go_json(given)}: supported values: "All"'
        raise invalid("meta.k8s.io", kind, "", [("FieldValueNotSupported", text, "dryRun")])


def delete_options(given: Json | None, route: Route) -> DeleteOptions:
    """The options of a deletion, from its body *given*, or else its query. Raises: ApiError BadRequest, Invalid.

    A body hides the query, `dryRun` included, as it does upstream.
    """
    if given is None:
        given = {"propagationPolicy": route.one("propagationPolicy"), "dryRun": route.query.get("dryRun")}
        given["gracePeriodSeconds"] = number(route, "gracePeriodSeconds")
        if "orphanDependents" in route.query:
            given["orphanDependents"] = route.flag("orphanDependents")
    _check_types(
        given,
        (
            ("gracePeriodSeconds", int, "int64"),
            ("preconditions", dict, "v1.Preconditions"),
            ("orphanDependents", bool, "bool"),
            ("propagationPolicy", str, "v1.DeletionPropagation"),
            ("dryRun", list, "[]string"),
        ),
    )
    conditions = given.get("preconditions") or {}
    _check_types(conditions, (("uid", str, "types.UID"), ("resourceVersion", str, "string")))
    check_dry_run(given.get("dryRun") or [], "DeleteOptions")
    propagation = given.get("propagationPolicy") or ""
    if propagation and given.get("orphanDependents") is not None:
        text = f"Invalid value: {quote(propagation)}: orphanDependents and deletionPropagation cannot be both set"
        raise invalid("meta.k8s.io", "DeleteOptions", "", [("FieldValueInvalid", text, "propagationPolicy")])
    if not propagation and given.get("orphanDependents") is not None:
        propagation = "Orphan" if given["orphanDependents"] else "Background"
    if propagation not in _POLICIES:
        text = f'Unsupported value: "{propagation}": supported values: "Foreground", "Background", "Orphan", "nil"'
        raise invalid("meta.k8s.io", "DeleteOptions", "", [("FieldValueNotSupported", text, "propagationPolicy")])
    return DeleteOptions(
        propagation,
        given.get("gracePeriodSeconds"),
        conditions.get("uid") or "",
        conditions.get("resourceVersion") or "",
        bool(given.get("dryRun")),
    )


def _check_types(given: Json, fields: Iterable[tuple[str, type, str]]) -> None:
    for name, kind, named in fields:
        value = given.get(name)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            place = f"Go struct field DeleteOptions.{name} of type {named}"
            raise bad_request(f"json: cannot unmarshal {kind_of(value)} into {place}")
