"""Whether the schema of a definition is structural: every value has one type, and junctors only restrict.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apiserver/schema (validation.go, complete.go, convert.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from fairlead.engines.schema import errors as e
from fairlead.engines.schema.errors import FieldError

Raw = Mapping[str, Any]

_ROOT, _ITEM, _FIELD = "at the root", "for specified array items", "for specified object fields"
_INT_OR_STRING: Final = [{"type": "integer"}, {"type": "string"}]
_FORBIDDEN_NESTED: Final = (  # in a junctor, and what they must be there
    ("type", "empty"),
    ("additionalProperties", "undefined"),
    ("default", "undefined"),
    ("title", "empty"),
    ("description", "empty"),
    ("nullable", "false"),
    ("x-kubernetes-preserve-unknown-fields", "false"),
    ("x-kubernetes-embedded-resource", "false"),
    ("x-kubernetes-int-or-string", "false"),
    ("x-kubernetes-list-map-keys", "empty"),
    ("x-kubernetes-list-type", "undefined"),
    ("x-kubernetes-map-type", "undefined"),
    ("x-kubernetes-validations", "empty"),
)
_NOT_CONVERTED: Final = (
    ("id", "id"),
    ("$schema", "schema"),
    ("$ref", "$ref"),
    ("patternProperties", "patternProperties"),
    ("dependencies", "dependencies"),
    ("additionalItems", "additionalItems"),
    ("definitions", "definitions"),
)
_METADATA: Final = "must not specify anything other than name and generateName, but metadata is implicitly specified"


_WHOLE: Final = ("trailing \\",)
_GO_WORDS: Final = {  # RE2's words and Go's
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "bad repetition operator": "invalid nested repetition operator",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
}


def conversion_error(raw: Raw) -> str:
    """Why *raw* cannot be read as a structural schema at all; empty when it can."""
    for key, named in _NOT_CONVERTED:
        if raw.get(key):
            return f"OpenAPIV3Schema '{named}' is not supported"
    if isinstance(raw.get("items"), list):
        return "OpenAPIV3Schema 'items' must be a schema, but is an array"
    if raw.get("x-kubernetes-preserve-unknown-fields") is False:
        return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
    return next((text for text in map(conversion_error, _below(raw)) if text), "")


def _below(raw: Raw) -> Iterator[Raw]:
    yield from (raw.get("properties") or {}).values()
    for key in ("items", "additionalProperties", "not"):
        if isinstance(raw.get(key), Mapping):
            yield raw[key]
    for key in ("allOf", "anyOf", "oneOf"):
        yield from raw.get(key) or ()


def check_structure(raw: Raw, path: str) -> list[FieldError]:
    """Return what keeps *raw*, which stands at *path* of a definition, from being structural; sorted by text."""
    found: list[FieldError] = []
    _node(raw, _ROOT, path, found)
    _complete(raw, raw, path, path, found)
    return sorted(found, key=str)


def _node(raw: Raw, level: str, path: str, found: list[FieldError]) -> None:
    kind, items = raw.get("type") or "", raw.get("items")
    if kind == "array" and not isinstance(items, Mapping):
        found.append(e.required(f"{path}.items", "must be specified"))
    if isinstance(items, Mapping):
        _node(items, _ITEM, f"{path}.items", found)
    properties = raw.get("properties") or {}
    for key, child in properties.items():
        _node(child, _FIELD, f"{path}.properties[{key}]", found)
    additional = raw.get("additionalProperties")
    if additional is not None:
        if level == _ROOT:
            found.append(e.forbidden(f"{path}.additionalProperties", "must not be used at the root"))
        if isinstance(additional, Mapping):
            _node(additional, _FIELD, f"{path}.additionalProperties", found)
    _extensions(raw, path, found)
    _values(raw, raw.get("anyOf") == _INT_OR_STRING, _skips_first(raw), path, found)
    _type(raw, level, path, found)
    _metadata(raw, level, path, found)
    embedded = raw.get("x-kubernetes-embedded-resource")
    if embedded and not raw.get("x-kubernetes-preserve-unknown-fields") and not properties:
        text = (
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        )
        found.append(e.required(f"{path}.properties", text))


def _skips_first(raw: Raw) -> bool:
    parts = list(raw.get("allOf") or ())
    return bool(parts) and parts[0].get("anyOf") == _INT_OR_STRING


def _extensions(raw: Raw, path: str, found: list[FieldError]) -> None:
    if not raw.get("x-kubernetes-int-or-string"):
        return
    for key in ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"):
        if raw.get(key):
            found.append(e.invalid(f"{path}.{key}", True, "must be false if x-kubernetes-int-or-string is true"))


def _type(raw: Raw, level: str, path: str, found: list[FieldError]) -> None:
    kind, at = raw.get("type") or "", f"{path}.type"
    if raw.get("x-kubernetes-embedded-resource"):
        if kind != "object":
            text = "must be object if x-kubernetes-embedded-resource is true"
            found.append(e.invalid(at, kind, text) if kind else e.required(at, text))
        if raw.get("additionalProperties") is not None:
            text = "must not be used if x-kubernetes-embedded-resource is set"
            found.append(e.forbidden(f"{path}.additionalProperties", text))
    elif not kind and not (raw.get("x-kubernetes-int-or-string") or raw.get("x-kubernetes-preserve-unknown-fields")):
        found.append(e.required(at, f"must not be empty {level}"))
    if level == _ROOT and kind and kind != "object":
        found.append(e.invalid(at, kind, "must be object at the root"))


def _metadata(raw: Raw, level: str, path: str, found: list[FieldError]) -> None:
    properties = raw.get("properties") or {}
    checked = level == _ROOT or bool(raw.get("x-kubernetes-embedded-resource"))
    for key in ("kind", "apiVersion"):
        if checked and key in properties and properties[key].get("type") != "string":
            kind = properties[key].get("type") or ""
            found.append(e.invalid(f"{path}.properties[{key}].type", kind, "must be string"))
    metadata = properties.get("metadata")
    if metadata is None:
        return
    at = f"{path}.properties[metadata]"
    if checked and metadata.get("type") != "object":
        found.append(e.invalid(f"{at}.type", metadata.get("type") or "", "must be object"))
    if level == _ROOT:
        names = set(metadata.get("properties") or ())
        more = {key for key, value in metadata.items() if value} - {"type", "default", "properties"}
        if more or not names <= {"name", "generateName"}:
            found.append(e.forbidden(at, _METADATA))


def _values(raw: Raw, skip_any: bool, skip_first: bool, path: str, found: list[FieldError]) -> None:
    """Look at what restricts values at one node."""
    if not skip_any:
        for index, part in enumerate(raw.get("anyOf") or ()):
            _nested(part, False, f"{path}.anyOf[{index}]", found)
    for index, part in enumerate(raw.get("allOf") or ()):
        _nested(part, skip_first and index == 0, f"{path}.allOf[{index}]", found)
    for index, part in enumerate(raw.get("oneOf") or ()):
        _nested(part, False, f"{path}.oneOf[{index}]", found)
    if isinstance(raw.get("not"), Mapping):
        _nested(raw["not"], False, f"{path}.not", found)
    problem = pattern_error(raw.get("pattern") or "")
    if problem:
        text = f"must be a valid regular expression, but isn't: {problem}"
        found.append(e.invalid(f"{path}.pattern", raw["pattern"], text))


def pattern_error(pattern: str) -> str:
    """What is wrong with a regular expression, in Go's words; empty when nothing is."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        text = error.args[0] if error.args else str(error)
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        name, _, part = text.partition(": ")
        if name in ("missing )", "unexpected )"):
            part = pattern
        return f"error parsing regexp: {_GO_WORDS.get(name, name)}: `{'' if name in _WHOLE else part}`"
    return ""


def _nested(raw: Raw, skip_any: bool, path: str, found: list[FieldError]) -> None:
    """Look at a schema inside a junctor, which may say nothing of structure."""
    _values(raw, skip_any, False, path, found)
    if isinstance(raw.get("items"), Mapping):
        _nested(raw["items"], False, f"{path}.items", found)
    properties = raw.get("properties") or {}
    for key, child in properties.items():
        _nested(child, False, f"{path}.properties[{key}]", found)

    for key, text in _FORBIDDEN_NESTED:
        if raw.get(key) is not None if text == "undefined" else raw.get(key):
            found.append(e.forbidden(f"{path}.{key}", f"must be {text} to be structural"))
    if "metadata" in properties:
        found.append(e.forbidden(f"{path}.properties[metadata]", "must not be specified in a nested context"))


def _complete(values: Raw, own: Raw | None, at: str, path: str, found: list[FieldError]) -> None:
    """Look for restrictions, at *path*, of fields that the structure *own*, at *at*, does not have."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index, part in enumerate(values.get(keyword) or ()):
            _complete_nested(part, own, at, f"{path}.{keyword}[{index}]", found)
    if isinstance(values.get("not"), Mapping):
        _complete_nested(values["not"], own, at, f"{path}.not", found)


def _complete_nested(nested: Raw, own: Raw | None, at: str, path: str, found: list[FieldError]) -> None:
    if own is None:
        found.append(e.required(at, f"because it is defined in {path}"))
        return
    _complete(nested, own, at, path, found)
    items = own.get("items")
    if isinstance(nested.get("items"), Mapping):
        own_items = items if isinstance(items, Mapping) else None
        _complete_nested(nested["items"], own_items, f"{at}.items", f"{path}.items", found)
    properties = own.get("properties") or {}
    for key, child in (nested.get("properties") or {}).items():
        where = f"{path}.properties[{key}]"
        if key in properties:
            _complete_nested(child, properties[key], f"{at}.properties[{key}]", where, found)
        else:
            found.append(e.required(f"{at}.properties[{key}]", f"because it is defined in {where}"))
