"""The variables that a ClusterClass declares: are their names, schemas, defaults and rules sound?

Source: Cluster API v1.14 internal/topology/variables/clusterclass_variable_validation.go and schema.go;
apiextensions-apiserver v0.36 pkg/apiserver/schema/defaulting/validation.go. Unlike upstream, CEL rules are parsed but
not type-checked, and their cost is bounded when they run, not estimated beforehand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from fairlead.base.objects import Json
from fairlead.engines.cel import CelSyntaxError, compile_expression
from fairlead.engines.clusterclass.structure import check_structure
from fairlead.engines.schema import errors as e
from fairlead.engines.schema import names, rules
from fairlead.engines.schema.errors import FieldError, go_json, quote
from fairlead.engines.schema.model import MISSING, Schema
from fairlead.engines.schema.pruning import prune
from fairlead.engines.schema.validation import compiled

TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
REASONS: Final = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_MESSAGE_LIMIT_BYTES: Final = 2048
_KEPT: Final = frozenset(
    (
        *("type", "required", "format", "pattern", "enum", "default", "example", "uniqueItems"),
        *("maxProperties", "minProperties", "maxItems", "minItems", "maxLength", "minLength", "maximum", "minimum"),
        *("exclusiveMaximum", "exclusiveMinimum", "x-kubernetes-int-or-string", "x-kubernetes-validations"),
        "x-kubernetes-preserve-unknown-fields",
    )
)
_PATH_PART: Final = re.compile(r"\.([^.\[\]]+)|\['((?:[^'\\]|\\.)*)'\]")
_LISTS: Final = ("allOf", "oneOf", "anyOf")


def validate_definitions(variables: Sequence[Json], path: str = "spec.variables") -> list[FieldError]:
    """Return what is wrong with ``spec.variables`` of a ClusterClass."""
    found: list[FieldError] = []
    seen: set[str] = set()
    for each in variables:
        name = each.get("name") or ""
        if name in seen:
            detail = f"variable name must be unique. Variable with name {quote(name)} is defined more than once"
            found.append(e.invalid(f"{path}[{name}].name", name, detail))
        seen.add(name)
    for each in variables:
        found.extend(_variable(each, f"{path}[{each.get('name') or ''}]"))
    return found


def schema_of(definition: Mapping[str, Any]) -> Schema:
    """Return the schema of a definition's values (``schema.openAPIV3Schema``); equal definitions share one."""
    return _schema(json.dumps((definition.get("schema") or {}).get("openAPIV3Schema") or {}, sort_keys=True))


@lru_cache(maxsize=2048)
def _schema(text: str) -> Schema:
    return Schema(_known(json.loads(text)))


def _known(raw: Mapping[str, Any]) -> Json:
    """Return a schema with just what variables may have: no ``$ref``, no ``nullable``, no list types."""
    result: Json = {key: value for key, value in raw.items() if key in _KEPT and value is not None}
    if result.get("x-kubernetes-preserve-unknown-fields") is not True:
        result.pop("x-kubernetes-preserve-unknown-fields", None)
    for key in ("items", "additionalProperties", "not"):
        if isinstance(raw.get(key), dict):
            result[key] = _known(raw[key])
    if raw.get("properties"):
        result["properties"] = {name: _known(raw["properties"][name]) for name in sorted(raw["properties"])}
    for key in _LISTS:
        if raw.get(key):
            result[key] = [_known(part) for part in raw[key]]
    if "enum" in result:
        result["enum"] = [each for each in result["enum"] if each is not None]
    return result


def value_errors(schema: Schema, value: Any) -> list[FieldError]:
    """Return what is wrong with *value* by *schema*, rules aside.

    Fields start at the value (``""`` is the value itself), and details begin with the field, as the library behind
    Cluster API tells it when it has no name for the value: ``" in body must be of type …"``, ``"x in body …"``.
    """
    found: list[FieldError] = []
    compiled(schema)(value, MISSING, "", found)
    is_map = isinstance(schema.additional, Schema)
    result: list[FieldError] = []
    for error in found:
        field, detail = error.field.removeprefix("<nil>"), error.detail
        if is_map:
            detail = _with_dot(detail, schema)
        result.append(replace(error, field=field, detail=detail))
    return result


def _with_dot(detail: str, schema: Schema) -> str:
    """Put a dot before the field that *detail* begins with (bare or quoted) where the field is a key of a map."""
    quoted = detail.startswith('"')
    name = detail[quoted:].partition('"' if quoted else " in body ")[0]
    key = re.split(r"[.\[]", name)[0]
    if not key or key in schema.properties or len(name) == len(detail):
        return detail
    return f'".{detail[1:]}' if quoted else f".{detail}"


def joined(base: str, field: str) -> str:
    """Return the field of an error below *base*."""
    return f"{base}.{field}" if field else base


def _errors_at(schema: Schema, value: Any, path: str) -> list[FieldError]:
    return [replace(error, field=joined(path, error.field)) for error in value_errors(schema, value)]


def _variable(variable: Json, path: str) -> list[FieldError]:
    name, raw = variable.get("name") or "", (variable.get("schema") or {}).get("openAPIV3Schema") or {}
    at = f"{path}.schema.openAPIV3Schema"
    found: list[FieldError] = []
    if not name:
        found.append(e.required(f"{path}.name", "variable name must be defined"))
    if name == "builtin":
        found.append(e.invalid(f"{path}.name", name, '"builtin" is a reserved variable name'))
    if "." in name:
        found.append(e.invalid(f"{path}.name", name, 'variable name cannot contain "."'))
    found.extend(_metadata(variable.get("deprecatedV1Beta1Metadata") or {}, f"{path}.deprecatedV1Beta1Metadata"))
    found.extend(_metadata_of_schema(raw, at))
    return found + _root(schema_of(variable), at)


def _metadata(metadata: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    for key, value in (metadata.get("labels") or {}).items():
        yield from (e.invalid(f"{path}.labels", key, text) for text in names.check_label_key(key))
        yield from (e.invalid(f"{path}.labels", value, text) for text in names.check_label_value(value))
    for key in metadata.get("annotations") or {}:
        yield from (e.invalid(f"{path}.annotations", key, text) for text in names.check_label_key(key.lower()))


def _metadata_of_schema(raw: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    yield from _metadata(raw.get("x-metadata") or {}, f"{path}.x-metadata")
    for key, child in _children(raw):
        yield from _metadata_of_schema(child, path + key)


def _children(raw: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Yield the schemas right below, with what their paths end in."""
    if isinstance(raw.get("additionalProperties"), dict):
        yield ".additionalProperties", raw["additionalProperties"]
    for name, child in sorted((raw.get("properties") or {}).items()):
        yield f".properties[{name}]", child
    if isinstance(raw.get("items"), dict):
        yield ".items", raw["items"]


def _root(schema: Schema, path: str) -> list[FieldError]:
    """Check a schema in the order that makes each check safe for the next."""
    return check_structure(schema.raw, path) or _defaults(schema, path) or _node(schema, path, "", True)


def _defaults(schema: Schema, path: str) -> list[FieldError]:
    """Check that declared defaults keep the schema they stand in."""
    found: list[FieldError] = []
    if schema.default is not MISSING:
        found.extend(_value(schema, schema.default, f"{path}.default", pruned=True))
    if schema.items is not None:
        found.extend(_defaults(schema.items, f"{path}.items"))
    for name, child in schema.properties.items():
        found.extend(_defaults(child, f"{path}.properties[{name}]"))
    return found


def _value(schema: Schema, value: Any, path: str, pruned: bool = False) -> list[FieldError]:
    """Check one value that a schema gives (a default, an example, an enum's) against that schema."""
    found: list[FieldError] = []
    wrapper = Schema({"type": "object", "properties": {"value": schema.raw}})
    if pruned and prune({"value": value}, wrapper)[1]:
        found.append(e.invalid(path, value, "must not have unknown fields"))
    broken = _errors_at(schema, value, path)
    if broken:
        return found + broken
    for error in rules.check({"value": value}, MISSING, wrapper):
        at = path + error.field.removeprefix("value")
        found.append(FieldError(error.type, at, error.bad_value, error.detail))
    return found


def _node(schema: Schema, path: str, uncorrelated: str, with_rules: bool) -> list[FieldError]:
    """Check one node and all below: types, examples, enums, rules."""
    raw = schema.raw
    kind = raw.get("type") or ""
    if kind and kind not in TYPES:
        return [e.not_supported(f"{path}.type", kind, TYPES)]
    found: list[FieldError] = []
    if raw.get("example") is not None:
        found.extend(_errors_at(schema, raw["example"], f"{path}.example"))
    for index, value in enumerate(raw.get("enum") or ()):
        if value is not None:
            found.extend(_errors_at(schema, value, f"{path}.enum[{index}]"))
    additional = schema.additional
    if isinstance(additional, Schema):
        if schema.properties:
            found.append(e.forbidden(path, "additionalProperties and properties are mutually exclusive"))
        found.extend(_node(additional, f"{path}.additionalProperties", uncorrelated, with_rules))
    for name, child in schema.properties.items():
        found.extend(_node(child, f"{path}.properties[{name}]", uncorrelated, with_rules))
    if schema.items is not None:
        found.extend(_node(schema.items, f"{path}.items", uncorrelated or f"{path}.items", with_rules))
    if isinstance(raw.get("not"), dict):
        found.extend(_node(Schema(raw["not"]), f"{path}.not", uncorrelated, False))
    for key in _LISTS:
        for index, part in enumerate(raw.get(key) or ()):
            found.extend(_node(Schema(part), f"{path}.{key}[{index}]", uncorrelated, False))
    if raw.get("x-kubernetes-validations"):
        found.extend(_rules(schema, path, uncorrelated, with_rules and not found))
    return found


def _rules(schema: Schema, path: str, uncorrelated: str, compiles: bool) -> list[FieldError]:
    found: list[FieldError] = []
    declared = schema.raw["x-kubernetes-validations"]
    for index, rule in enumerate(declared):
        found.extend(_rule_form(rule, f"{path}.x-kubernetes-validations[{index}]", schema))
    if found or not compiles:
        return found
    for index, rule in enumerate(declared):
        at = f"{path}.x-kubernetes-validations[{index}]"
        for key in ("rule", "messageExpression"):
            text = (rule.get(key) or "").strip()
            if text:
                found.extend(_expression(rule, text, f"{at}.{key}", uncorrelated if key == "rule" else ""))
    if found:
        return found
    if schema.raw.get("example") is not None:
        found.extend(_value(schema, schema.raw["example"], f"{path}.example"))
    for index, value in enumerate(schema.raw.get("enum") or ()):
        if value is not None:
            found.extend(_value(schema, value, f"{path}.enum[{index}]"))
    return found


def _expression(rule: Json, text: str, at: str, uncorrelated: str) -> Iterator[FieldError]:
    try:
        program = compile_expression(text, frozenset({"self", "oldSelf"}))
    except CelSyntaxError as error:
        shown = "" if at.endswith(".rule") else "messageExpression "
        yield FieldError(e.INVALID, at, MISSING, f"{_rule_shown(rule)}: {shown}compilation failed: {error}")
        return
    if uncorrelated and "oldSelf" in program.names:
        detail = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {uncorrelated}"
        yield e.invalid(at, rule.get("rule"), detail)


def _rule_shown(rule: Json) -> str:
    """Return a rule as Go prints its struct: all fields, in order."""
    fields = {key[0].upper() + key[1:]: rule.get(key) or "" for key in ("rule", "message", "messageExpression")}
    fields |= {"Reason": rule.get("reason") or None, "FieldPath": rule.get("fieldPath") or "", "OptionalOldSelf": None}
    return "{" + ",".join(f"{go_json(key)}:{go_json(value)}" for key, value in fields.items()) + "}"


def _rule_form(rule: Json, at: str, schema: Schema) -> Iterator[FieldError]:
    """Check what stands around an expression."""
    text, message = rule.get("rule") or "", rule.get("message") or ""
    if not text.strip():
        yield e.required(f"{at}.rule", "rule is not specified")
    elif message and not message.strip():
        yield e.invalid(f"{at}.message", message, "message must be non-empty if specified")
    elif len(message.encode()) > _MESSAGE_LIMIT_BYTES:
        yield e.invalid(f"{at}.message", message[:10] + "...", "message must have a maximum length of 2048 characters")
    elif _has_newlines(message.strip()):
        yield e.invalid(f"{at}.message", message, "message must not contain line breaks")
    elif _has_newlines(text.strip()) and not message.strip():
        yield e.required(f"{at}.message", "message must be specified if rule contains line breaks")
    expression = rule.get("messageExpression") or ""
    if expression and not expression.strip():
        yield e.required(f"{at}.messageExpression", "messageExpression must be non-empty if specified")
    if rule.get("reason") and rule["reason"] not in REASONS:
        yield e.not_supported(f"{at}.reason", rule["reason"], REASONS)
    path = rule.get("fieldPath") or ""
    if path and not path.strip():
        yield e.invalid(f"{at}.fieldPath", path, "fieldPath must be non-empty if specified")
    if _has_newlines(path):
        yield e.invalid(f"{at}.fieldPath", path, "fieldPath must not contain line breaks")
    if path and not _is_field(path, schema):
        yield e.invalid(f"{at}.fieldPath", path, "fieldPath must be a valid path: does not refer to a valid field")


def _has_newlines(text: str) -> bool:
    return "\n" in text or "\r" in text


def _is_field(path: str, schema: Schema) -> bool:
    """Tell whether *path* (``.a.b`` or ``.a['b']``) leads to a declared field."""
    at: Schema | None = schema
    parts = _PATH_PART.findall(path)
    for plain, quoted in parts:
        at = None if at is None else at.field(plain or quoted)
    return bool(parts) and at is not None
