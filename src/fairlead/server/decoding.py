"""Bodies of writes, read as the API server reads them: objects, patches, options; its words for what it cannot read.

Source: apiserver v0.36 pkg/endpoints/handlers (rest.go, patch.go, delete.go); apimachinery v0.36
pkg/runtime/serializer/json and pkg/runtime/serializer/yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fairlead.api.errors import ApiError, bad_request
from fairlead.base.objects import Json
from fairlead.base.yaml import YamlError
from fairlead.base.yaml import load as load_yaml
from fairlead.server import protobuf
from fairlead.server.bodies import kind_of, wrong_head, wrong_metadata
from fairlead.server.scanning import JsonError, read_json, repeated_fields

JSON_TYPE = "application/json"
YAML_TYPE = "application/yaml"
_READ = ("", JSON_TYPE, YAML_TYPE)
_SHOWN_BYTES = 30
_HEAD = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
_MAP = "Go value of type map[string]interface {}"
_OPERATION_FIELDS = ("op", "path", "from", "value")


@dataclass(frozen=True, slots=True)
class Repeats:
    """Keys that an object of a body has twice: a text for each, all in one, and the places of all fields in JSON."""

    texts: tuple[str, ...]
    joined: str
    places: Mapping[str, int]
    repeated: Mapping[str, int]

    def among(self, unknown: Sequence[str]) -> list[str]:
        """The texts with those of *unknown* fields, in the order of the body; nothing inside unknown fields counts."""
        within = tuple(f"{path}{sign}" for path in unknown for sign in ".[")
        found = [
            (place, f'duplicate field "{path}"')
            for path, place in self.repeated.items()
            if path not in unknown and not path.startswith(within)
        ]
        found.extend((self.places.get(path, 0), f'unknown field "{path}"') for path in unknown)
        return [text for _, text in sorted(found, key=lambda each: each[0])]


class Expected(NamedTuple):
    """What a body is to be."""

    kind: str
    api_version: str
    custom: bool = False


def _check_media_type(media_type: str) -> None:
    if media_type not in _READ:
        text = "the body of the request was in an unknown format - accepted media types include: application/json"
        raise ApiError(415, "UnsupportedMediaType", f"{text}, application/yaml, {protobuf.MEDIA_TYPE}")


def read_object(body: bytes, media_type: str, expected: Expected, *, repeats: bool) -> tuple[Json, Repeats | None]:
    """The object that *body* is, and what it repeats if that is asked for. Raises: ApiError."""
    if media_type == protobuf.MEDIA_TYPE:
        found = protobuf.decode(body)
        _check_object(found, body, expected)
        return found, None
    _check_media_type(media_type)
    try:
        value, twice = _read(body, media_type, repeats=repeats)
    except JsonError as error:
        raise _unrecognized(f"couldn't get version/kind; json parse error: {error}", body, expected) from error
    except YamlError as error:
        raise _unrecognized(error.go_text, body, expected) from error
    _check_object({} if value is None else value, body, expected)
    return value or {}, twice


def _read(body: bytes, media_type: str, *, repeats: bool) -> tuple[Any, Repeats | None]:
    """Raises: JsonError, YamlError."""
    if media_type != YAML_TYPE:
        value = read_json(body)
        return value, _json_repeats(body, value) if repeats else None
    return _read_yaml(body, repeats=repeats)


def _read_yaml(body: bytes, *, repeats: bool) -> tuple[Any, Repeats | None]:
    """Raises: YamlError."""
    if not repeats:
        return load_yaml(body), None
    try:
        return load_yaml(body, strict=True), None
    except YamlError as error:
        value = load_yaml(body)  # what is wrong with the rest is told first
        lines = [line.strip() for line in error.go_text.split("\n")[1:]] or [error.go_text]
        return value, Repeats(tuple(lines), error.go_text, {}, {})


def _json_repeats(body: bytes, value: Any) -> Repeats | None:
    fields = repeated_fields(body, value)
    if fields is None:
        return None
    texts = tuple(f'duplicate field "{path}"' for path in fields.repeated)
    return Repeats(texts, ", ".join(texts), fields.places, fields.repeated)


def _unrecognized(text: str, body: bytes, expected: Expected) -> ApiError:
    return bad_request(
        f"the object provided is unrecognized (must be of type {expected.kind}): {text} ({_summary(body)})"
    )


def _summary(body: bytes) -> str:
    """A glance at *body*, as upstream shows it: in hexadecimal unless it begins like JSON."""
    if not body:
        return "<empty>"
    part = body[:_SHOWN_BYTES]
    shown = part.decode("utf-8", "replace") if part.startswith(b"{") else part.hex()
    return f"{shown} ..." if len(body) > _SHOWN_BYTES else shown


def _check_object(obj: Any, body: bytes, expected: Expected) -> None:
    """Refuse what has no readable head. Raises: ApiError."""
    if not isinstance(obj, dict):
        text = f"json: cannot unmarshal {kind_of(obj)} into Go value of type {_HEAD}"
        raise _unrecognized(f"couldn't get version/kind; json parse error: {text}", body, expected)
    problem = wrong_head(obj, expected.kind)
    if problem.startswith("couldn't"):
        raise _unrecognized(problem, body, expected)
    api_version = obj.get("apiVersion") or ""
    if api_version.count("/") > 1:
        raise _unrecognized(f"unexpected GroupVersion string: {api_version}", body, expected)
    if expected.custom:
        _check_custom(obj, body, expected)
    elif problem:
        version = expected.api_version.rpartition("/")[2]
        raise bad_request(f'{expected.kind} in version "{version}" cannot be handled as a {expected.kind}: {problem}')


def _check_custom(obj: Json, body: bytes, expected: Expected) -> None:
    """A custom resource must say what it is, and have metadata that can be read. Raises: ApiError."""
    kind, given = obj.get("kind"), obj.get("apiVersion") or ""
    if not kind:
        text = body[:500].decode(errors="replace")
        raise _unrecognized(f"Object 'Kind' is missing in '{text}'", body, expected)
    problem = wrong_metadata(obj.get("metadata"))
    if problem:
        name = given.rpartition("/")[2]
        raise bad_request(f'{kind} in version "{name}" cannot be handled as a {expected.kind}: {problem}')
    if given != expected.api_version:
        text = f"does not match the expected API version ({expected.api_version})"
        raise bad_request(f"the API version in the data ({given}) {text}")


def read_applied(body: bytes, *, repeats: bool) -> tuple[Json, Repeats | None]:
    """The object of a server-side apply: YAML always. Raises: ApiError BadRequest."""
    twice: Repeats | None = None
    try:
        try:
            value = read_json(body)
            if repeats and repeated_fields(body, value) is not None:
                value, twice = _read_yaml(body, repeats=True)
        except JsonError:
            value, twice = _read_yaml(body, repeats=repeats)
    except YamlError as error:
        raise bad_request(f"error decoding YAML: error converting YAML to JSON: {error.go_text}") from error
    if not isinstance(value, dict | None):
        text = f"json: cannot unmarshal {kind_of(value)} into {_MAP}"
        raise bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {text}")
    return value or {}, twice


def read_patch(body: bytes, form: str, *, repeats: bool) -> tuple[Any, Repeats | None]:
    """A JSON, merge or strategic merge patch, of which *form* is the media type. Raises: ApiError BadRequest.

    A patch is judged more closely when the caller wants to know of repeated fields, as it is upstream.
    """
    strategic = "strategic" in form
    lead = "" if strategic else "error decoding patch: "
    try:
        value = read_json(body)
    except JsonError as error:
        raise bad_request(f"{lead}{error}") from error
    if form == "application/json-patch+json":
        value = [] if value is None else value
        if repeats and not isinstance(value, list):
            raise bad_request(
                f"{lead}json: cannot unmarshal {kind_of(value)} into Go value of type []handlers.jsonPatchOp"
            )
        if repeats:
            _check_operations(value)
        return value, _operation_repeats(body, value) if repeats else None
    if strategic and value is None:
        value = {}
    if (repeats or strategic) and not isinstance(value, dict | None):
        raise bad_request(f"{lead}json: cannot unmarshal {kind_of(value)} into {_MAP}")
    return value, _json_repeats(body, value) if repeats else None


def _check_operations(operations: list[Any]) -> None:
    for each in operations:
        if not isinstance(each, dict | None):
            text = f"json: cannot unmarshal {kind_of(each)} into Go value of type handlers.jsonPatchOp"
            raise bad_request(f"error decoding patch: {text}")
        for name in ("op", "path", "from"):
            value = (each or {}).get(name)
            if not isinstance(value, str | None):
                text = f"json: cannot unmarshal {kind_of(value)} into Go struct field jsonPatchOp.{name} of type string"
                raise bad_request(f"error decoding patch: {text}")


def _operation_repeats(body: bytes, operations: list[Any]) -> Repeats | None:
    """What operations repeat, and the fields they should not have."""
    unknown = [
        f"[{index}].{key}"
        for index, each in enumerate(operations)
        if isinstance(each, dict)
        for key in each
        if key not in _OPERATION_FIELDS
    ]
    fields = repeated_fields(body, operations)
    if fields is None and not unknown:
        return None
    found = Repeats((), "", fields.places if fields else {}, fields.repeated if fields else {})
    texts = tuple(f"json patch {text}" for text in found.among(unknown))
    return Repeats(texts, ", ".join(texts), {}, {})


def read_options(body: bytes, media_type: str) -> Any:
    """The options of a deletion. Raises: ApiError BadRequest."""
    if media_type == protobuf.MEDIA_TYPE:
        return protobuf.decode(body)
    _check_media_type(media_type)
    try:
        value, _ = _read(body, media_type, repeats=False)
    except JsonError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    except YamlError as error:
        raise bad_request(error.go_text) from error
    if not isinstance(value, dict | None):
        text = f"json: cannot unmarshal {kind_of(value)} into Go value of type {_HEAD}"
        raise bad_request(f"couldn't get version/kind; json parse error: {text}")
    value = value or {}
    kind, api_version = value.get("kind") or "DeleteOptions", value.get("apiVersion") or "meta.k8s.io/v1"
    if kind != "DeleteOptions":
        raise bad_request(
            f'no kind "{kind}" is registered for version "{api_version}" in scheme "pkg/runtime/scheme.go:111"'
        )
    return value
