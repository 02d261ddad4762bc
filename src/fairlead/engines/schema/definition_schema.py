"""What is wrong with the schema of a CustomResourceDefinition, in the API server's words.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apis/apiextensions/validation/validation.go and
pkg/apiserver/schema/defaulting/validation.go. The costs of rules are not estimated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from fairlead.engines.schema import errors as e
from fairlead.engines.schema import rules
from fairlead.engines.schema.errors import FieldError, Verbatim
from fairlead.engines.schema.field_paths import field_path_error
from fairlead.engines.schema.model import MISSING, Schema, custom_resource_schema
from fairlead.engines.schema.pruning import prune_value
from fairlead.engines.schema.structural import check_structure, conversion_error
from fairlead.engines.schema.validation import compiled

Raw = Mapping[str, Any]

_TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
_META: Final = ("metadata", "kind", "apiVersion")
_UNSUPPORTED: Final = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_MUTUALLY: Final = "additionalProperties and properties are mutual exclusive"
_UNIQUE: Final = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
_REASONS: Final = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_KEY: Final = "this property is in x-kubernetes-list-map-keys, so it"
_AT_ROOT: Final = (
    ("Description", "description"),
    ("Type", "type"),
    ("Format", "format"),
    ("Title", "title"),
    ("Maximum", "maximum"),
    ("ExclusiveMaximum", "exclusiveMaximum"),
    ("Minimum", "minimum"),
    ("ExclusiveMinimum", "exclusiveMinimum"),
    ("MaxLength", "maxLength"),
    ("MinLength", "minLength"),
    ("Pattern", "pattern"),
    ("MaxItems", "maxItems"),
    ("MinItems", "minItems"),
    ("UniqueItems", "uniqueItems"),
    ("MultipleOf", "multipleOf"),
    ("Required", "required"),
    ("Items", "items"),
    ("Properties", "properties"),
    ("ExternalDocs", "externalDocs"),
    ("Example", "example"),
    ("XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields"),
    ("XValidations", "x-kubernetes-validations"),
)


_RULE_TEXTS: Final = ("rule", "message", "messageExpression", "reason", "fieldPath")
_SHAPES: Final[Mapping[str, tuple[Any, str]]] = {
    **dict.fromkeys(("type", "format", "pattern", "title", "description", "id", "$ref", "$schema"), (str, "a string")),
    **dict.fromkeys(("x-kubernetes-list-type", "x-kubernetes-map-type"), (str, "a string")),
    **dict.fromkeys(("properties", "definitions", "dependencies", "patternProperties"), (dict, "an object")),
    **dict.fromkeys(("required", "enum", "allOf", "anyOf", "oneOf", "x-kubernetes-validations"), (list, "a list")),
    **dict.fromkeys(("x-kubernetes-list-map-keys",), (list, "a list")),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), ((int, float), "a number")),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), (int, "a number")
    ),
    **dict.fromkeys(("nullable", "uniqueItems", "x-kubernetes-preserve-unknown-fields"), (bool, "true or false")),
    **dict.fromkeys(("x-kubernetes-embedded-resource", "x-kubernetes-int-or-string"), (bool, "true or false")),
}


class _Place(NamedTuple):
    """Where in a schema a node is, and what is not allowed there."""

    path: str
    schema: Schema | None  # for rules; None inside junctors, which have none
    is_root: bool = False
    no_defaults: str = ""  # why there may be none
    in_meta: bool = False
    unrelated: str = ""  # the first place above at which old and new values cannot be told to belong together

    def at(self, part: str) -> str:
        return f"{self.path}.{part}"

    def below(self, part: str, schema: Schema | None) -> _Place:
        return self._replace(path=f"{self.path}.{part}", schema=schema, is_root=False)


class _Found:
    """Errors of schemas and errors of rules: rules are looked at where the schema is fine."""

    def __init__(self) -> None:
        self.schema: list[FieldError] = []
        self.rules: list[FieldError] = []


def check_schema(raw: Raw, path: str, *, has_status: bool) -> list[FieldError]:
    """Return what is wrong with the ``openAPIV3Schema`` *raw*, which stands at *path* of its definition."""
    found = list(_misshaped(raw, path))
    if found:
        return found
    if has_status:
        found.extend(_root_of_status(raw, path))
    if raw.get("nullable"):
        found.append(e.forbidden(f"{path}.nullable", "nullable cannot be true at the root"))
    unread = conversion_error(raw)
    schema: Schema | None = None
    if not unread:
        problems = check_structure(raw, path)
        if not problems:
            schema = custom_resource_schema(raw)
            problems = list(_defaults(schema, path, in_meta=False, is_resource=True))
        found.extend(problems)
        schema = None if problems else schema
    walked = _Found()
    _walk(raw, _Place(path, schema, is_root=True), walked)
    found.extend(walked.schema + walked.rules)
    if unread and not found:
        found.append(e.invalid(path, "", unread))
    return found


def _misshaped(raw: Any, path: str) -> Iterator[FieldError]:
    """Find keywords of types that they cannot have: what a definition says of items is not decoded with the rest."""
    if not isinstance(raw, Mapping):
        yield e.invalid(path, raw, "must be a schema")
        return
    for key, (kind, named) in _SHAPES.items():
        value = raw.get(key)
        if value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            yield e.invalid(f"{path}.{key}", value, f"must be {named}")
            return
    for key, child in {**(raw.get("properties") or {}), **(raw.get("definitions") or {})}.items():
        yield from _misshaped(child, f"{path}.properties[{key}]")
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index, part in enumerate(raw.get(keyword) or ()):
            yield from _misshaped(part, f"{path}.{keyword}[{index}]")
    items, additional = raw.get("items"), raw.get("additionalProperties")
    for part in items if isinstance(items, list) else () if items is None else (items,):
        yield from _misshaped(part, f"{path}.items")
    if additional is not None and not isinstance(additional, bool):
        yield from _misshaped(additional, f"{path}.additionalProperties")
    if raw.get("not") is not None:
        yield from _misshaped(raw["not"], f"{path}.not")
    for index, rule in enumerate(raw.get("x-kubernetes-validations") or ()):
        if not isinstance(rule, Mapping) or not all(isinstance(rule.get(name) or "", str) for name in _RULE_TEXTS):
            yield e.invalid(f"{path}.x-kubernetes-validations[{index}]", rule, "must be a rule")


def _root_of_status(raw: Raw, path: str) -> Iterator[FieldError]:
    allowed = {key for _, key in _AT_ROOT}
    if raw.get("type") != "object":
        text = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
        yield e.invalid(f"{path}.type", raw.get("type") or "", text)
    elif any(value and key not in allowed for key, value in raw.items()):
        names = f"[{' '.join(name for name, _ in _AT_ROOT)}]"
        text = f"only {names} fields are allowed at the root of the schema if the status subresource is enabled"
        yield e.invalid(path, dict(raw), text)


def _defaults(schema: Schema, path: str, *, in_meta: bool, is_resource: bool) -> Iterator[FieldError]:
    """Say which defaults the schema itself would not take; those inside additionalProperties are not looked at."""
    value, at = schema.default, f"{path}.default"
    if value is not MISSING and value is not None and not in_meta:
        if prune_value(value, schema) != value:
            yield e.invalid(at, value, "must not have unknown fields")
        found: list[FieldError] = []
        compiled(schema)(value, MISSING, "", found)
        yield from (replace(each, field=_within(at, each.field)) for each in found)
        if not found:
            yield from rules.check(value, MISSING, schema, at)
    if schema.items is not None:
        yield from _defaults(schema.items, f"{path}.items", in_meta=in_meta, is_resource=schema.items.embedded)
    for key, child in schema.properties.items():
        inside = (in_meta and not child.embedded) or (is_resource and key in _META)
        yield from _defaults(child, f"{path}.properties[{key}]", in_meta=inside, is_resource=child.embedded)


def _within(at: str, field: str) -> str:
    return at if field in ("", "<nil>") else f"{at}.{field}"


def _walk(raw: Raw, place: _Place, found: _Found) -> None:
    before = len(found.schema)
    found.schema.extend(_keywords(raw, place))
    additional, schema = raw.get("additionalProperties"), place.schema
    if additional is not None:
        if raw.get("properties") and additional is not True:
            found.schema.append(e.forbidden(place.at("additionalProperties"), _MUTUALLY))
        if isinstance(additional, Mapping):
            inner = schema.additional if schema is not None else None
            child = place.below("additionalProperties", inner if isinstance(inner, Schema) else None)
            if place.in_meta:
                child = child._replace(no_defaults=" inside additionalProperties applying to object metadata")
            _walk(additional, child, found)
    _properties(raw, place, found)
    _junctors(raw, place, found)
    _items(raw, place, found)
    found.schema.extend(_extensions(raw, place))
    for index, rule in enumerate(raw.get("x-kubernetes-validations") or ()):
        found.schema.extend(_rule(rule, raw, place.at(f"x-kubernetes-validations[{index}]")))
    if schema is not None and len(found.schema) == before:
        found.rules.extend(_programs(raw, schema, place))


def _properties(raw: Raw, place: _Place, found: _Found) -> None:
    atomic = raw.get("x-kubernetes-map-type") == "atomic"
    for key, child in sorted((raw.get("properties") or {}).items()):
        inner = place.schema.properties.get(key) if place.schema is not None else None
        below = place.below(f"properties[{key}]", inner)
        if atomic and not below.unrelated:
            below = below._replace(unrelated=place.path)
        if (place.is_root or raw.get("x-kubernetes-embedded-resource")) and key in _META:
            below = below._replace(in_meta=True)
            if place.is_root:
                below = below._replace(no_defaults=f" in top-level {key}")
        _walk(child, below, found)


def _junctors(raw: Raw, place: _Place, found: _Found) -> None:
    if isinstance(raw.get("not"), Mapping):
        _walk(raw["not"], place.below("not", None), found)
    for keyword in ("allOf", "oneOf", "anyOf"):
        for index, part in enumerate(raw.get(keyword) or ()):
            _walk(part, place.below(f"{keyword}[{index}]", None), found)
    for key, part in (raw.get("definitions") or {}).items():
        _walk(part, place.below(f"definitions[{key}]", None), found)


def _items(raw: Raw, place: _Place, found: _Found) -> None:
    items = raw.get("items")
    if raw.get("x-kubernetes-list-type") != "map" and not place.unrelated:
        place = place._replace(unrelated=place.path)
    if isinstance(items, Mapping):
        _walk(items, place.below("items", place.schema.items if place.schema is not None else None), found)
    elif isinstance(items, list):
        for index, part in enumerate(items):
            _walk(part, place.below(f"items[{index}]", None), found)


def _keywords(raw: Raw, place: _Place) -> Iterator[FieldError]:
    kind, at = raw.get("type") or "", place.at
    if kind and kind not in _TYPES:
        yield e.not_supported(at("type"), kind, _TYPES)
    if raw.get("default") is not None and place.no_defaults:
        yield e.forbidden(at("default"), f"must not be set{place.no_defaults}")
    for key in _UNSUPPORTED:
        if raw.get(key) not in (None, "", {}):
            yield e.forbidden(at(key), f"{key} is not supported")
    if kind == "null":
        yield e.forbidden(at("type"), "type cannot be set to null, use nullable as an alternative")
    if isinstance(raw.get("items"), list) and raw["items"]:
        yield e.forbidden(at("items"), "items must be a schema object and not an array")
    if place.in_meta and raw.get("x-kubernetes-embedded-resource"):
        yield e.forbidden(at("x-kubernetes-embedded-resource"), "must not be used inside of resource meta")
    if raw.get("uniqueItems"):
        yield e.forbidden(at("uniqueItems"), _UNIQUE)


def _extensions(raw: Raw, place: _Place) -> Iterator[FieldError]:
    at, kind = place.at, raw.get("type") or ""
    if raw.get("x-kubernetes-preserve-unknown-fields") is False:
        yield e.invalid(at("x-kubernetes-preserve-unknown-fields"), False, "must be true or undefined")
    map_type, list_type = raw.get("x-kubernetes-map-type"), raw.get("x-kubernetes-list-type")
    if map_type is not None:
        if kind != "object":
            yield _wrong_type(at("type"), kind, "must be object if x-kubernetes-map-type is specified")
        if map_type not in ("atomic", "granular"):
            yield e.not_supported(at("x-kubernetes-map-type"), map_type, ("atomic", "granular"))
    items = raw.get("items")
    item = items if isinstance(items, Mapping) else None
    if list_type is not None and kind != "array":
        yield _wrong_type(at("type"), kind, "must be array if x-kubernetes-list-type is specified")
    elif list_type == "set" and item is not None:
        yield from _set_item(item, at)
    if list_type is not None and list_type not in ("atomic", "set", "map"):
        yield e.not_supported(at("x-kubernetes-list-type"), list_type, ("atomic", "set", "map"))
    keys = raw.get("x-kubernetes-list-map-keys") or []
    if keys and list_type != "map":
        text = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield _wrong_type(at("x-kubernetes-list-type"), list_type or "", text)
    if list_type == "map":
        yield from _map_list(items, keys, at)
    if list_type in ("set", "map") and item is not None:
        yield from _map_keys(item, keys, list_type, at)


def _wrong_type(at: str, value: str, text: str) -> FieldError:
    return e.invalid(at, value, text) if value else e.required(at, text)


def _set_item(item: Raw, at: Any) -> Iterator[FieldError]:
    text = "must be atomic as item of a list with x-kubernetes-list-type=set"
    kind, inner = item.get("type"), item.get("x-kubernetes-list-type")
    if kind == "array" and inner not in (None, "atomic"):
        yield e.invalid(at("items.x-kubernetes-list-type"), inner, text)
    if kind == "object" and item.get("x-kubernetes-map-type") != "atomic":
        yield e.invalid(at("items.x-kubernetes-map-type"), inner, text)


def _map_list(items: Any, keys: list[str], at: Any) -> Iterator[FieldError]:
    if not keys:
        yield e.required(at("x-kubernetes-list-map-keys"), "must not be empty if x-kubernetes-list-type is map")
    if items is None:
        yield e.required(at("items"), "must have a schema if x-kubernetes-list-type is map")
    if not isinstance(items, Mapping):
        return
    kind = items.get("type") or ""
    if kind != "object":
        yield e.invalid(at("items.type"), kind, "must be object if parent array's x-kubernetes-list-type is map")
        return
    seen: set[str] = set()
    for key in keys:
        field = (items.get("properties") or {}).get(key)
        if field is None:
            text = "entries must all be names of item properties"
            yield e.invalid(at("x-kubernetes-list-map-keys"), keys, text)
        elif field.get("type") in ("array", "object"):
            text = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            yield e.invalid(at(f"items.properties[{key}].type"), kind, text)
        if key in seen:
            yield e.invalid(at("x-kubernetes-list-map-keys"), keys, "must not contain duplicate entries")
        seen.add(key)


def _map_keys(item: Raw, keys: list[str], list_type: str, at: Any) -> Iterator[FieldError]:
    if item.get("nullable"):
        yield e.forbidden(at("items.nullable"), f"cannot be nullable when x-kubernetes-list-type is {list_type}")
    if list_type != "map":
        return
    for key in keys:
        field = (item.get("properties") or {}).get(key)
        if field is None:
            continue
        if key not in (item.get("required") or ()) and field.get("default") is None:
            text = f"{_KEY} must have a default or be a required property"
            yield e.required(at(f"items.properties[{key}].default"), text)
        if field.get("nullable"):
            yield e.forbidden(at(f"items.properties[{key}].nullable"), f"{_KEY} cannot be nullable")


def _rule(rule: Raw, raw: Raw, path: str) -> Iterator[FieldError]:
    """Say what is wrong with the texts of a rule."""
    expression, message = rule.get("rule") or "", rule.get("message") or ""
    said = message.strip()
    if not expression.strip():
        yield e.required(f"{path}.rule", "rule is not specified")
    elif message and not said:
        yield e.invalid(f"{path}.message", message, "must be non-empty if specified")
    elif _has_lines(said):
        yield e.invalid(f"{path}.message", message, "must not contain line breaks")
    elif _has_lines(expression.strip()) and not said:
        yield e.required(f"{path}.message", "message must be specified if rule contains line breaks")
    worded = rule.get("messageExpression") or ""
    if worded and not worded.strip():
        yield e.required(f"{path}.messageExpression", "messageExpression must be non-empty if specified")
    reason = rule.get("reason")
    if reason is not None and reason not in _REASONS:
        yield e.not_supported(f"{path}.reason", reason, _REASONS)
    field = rule.get("fieldPath") or ""
    if field and not field.strip():
        yield e.invalid(f"{path}.fieldPath", field, "must be non-empty if specified")
    if _has_lines(field):
        yield e.invalid(f"{path}.fieldPath", field, "must not contain line breaks")
    if field and not conversion_error(raw) and field_path_error(field, raw):
        yield e.invalid(f"{path}.fieldPath", field, "must be a valid path")


def _has_lines(text: str) -> bool:
    return "\n" in text or "\r" in text


def _programs(raw: Raw, schema: Schema, place: _Place) -> Iterator[FieldError]:
    """Compile the rules of one node and say what is wrong with them."""
    for index, checked in enumerate(rules.check_rules(schema, is_root=place.is_root)):
        rule, at = checked.raw, place.at(f"x-kubernetes-validations[{index}]")
        if checked.failure:
            yield e.invalid(f"{at}.rule", _shown(rule), checked.failure)
        if checked.message_failure:
            yield e.invalid(f"{at}.messageExpression", _shown(rule), checked.message_failure)
        if checked.uses_old:
            if place.unrelated:
                text = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {place.unrelated}"
                yield e.invalid(f"{at}.rule", rule.get("rule") or "", text)
        elif rule.get("optionalOldSelf") is not None:
            text = "may not be set if oldSelf is not used in rule"
            yield e.invalid(f"{at}.optionalOldSelf", rule["optionalOldSelf"], text)


def _shown(rule: Raw) -> Verbatim:
    """A rule as Go prints its own form of it."""
    names = ("rule", "message", "messageExpression", "reason", "fieldPath", "optionalOldSelf")
    empty = ("", "", "", None, "", None)
    value = {f"{name[0].upper()}{name[1:]}": rule.get(name, none) for name, none in zip(names, empty, strict=True)}
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escaped)
    return Verbatim(text)
