"""Check an object against its schema, in the API server's words.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/registry/customresource (order of checks),
pkg/apiserver/validation (texts, ratcheting), pkg/apiserver/schema/listtype (sets and maps), and
kube-openapi pkg/validation/validate. Each node is compiled once into closures. On update, a part that
did not change is not judged again, so that objects older than a rule stay editable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fairlead.engines.merge.patches import equal
from fairlead.engines.schema import errors as e
from fairlead.engines.schema import rules
from fairlead.engines.schema.checks import Check, list_type_check, node_checks
from fairlead.engines.schema.errors import FieldError
from fairlead.engines.schema.model import MISSING, Schema

Validator = Callable[[Any, Any, str, list[FieldError]], None]
"""(value, old value or MISSING, path, errors found so far)"""

_BLOCKING: Final = frozenset({e.NOT_SUPPORTED, e.REQUIRED, e.TOO_LONG, e.TOO_MANY, e.TYPE_INVALID})
_INT32_MAX: Final = 2**31 - 1
_NOT_CHECKED: Final = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


def validate(obj: dict[str, Any], schema: Schema, old: dict[str, Any] | None = None) -> list[FieldError]:
    """Return everything that is wrong with *obj*, an empty list when nothing is.

    *old* is the stored object on update: what is the same in both is not judged again, and transition
    rules (``oldSelf``) compare with it.
    """
    if old is obj:
        return []
    before = MISSING if old is None else old
    found: list[FieldError] = []
    compiled(schema)(obj, before, "", found)
    _list_types(obj, before, schema, "", found)
    if rules.has_rules(schema):
        if any(error.type in _BLOCKING for error in found):
            found.append(e.invalid("<nil>", None, _NOT_CHECKED))
        else:
            found.extend(rules.check(obj, before, schema))
    return found


def validate_scale(obj: dict[str, Any], scale: Mapping[str, Any] | None) -> list[FieldError]:
    """Check the counts that a custom resource shows to autoscalers; *scale* is ``subresources.scale``."""
    found: list[FieldError] = []
    for key in ("specReplicasPath", "statusReplicasPath"):
        path = (scale or {}).get(key) or ""
        value: Any = obj
        for part in path.removeprefix(".").split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if not isinstance(value, int) or isinstance(value, bool):
            continue
        if value < 0:
            found.append(e.invalid(path, value, "should be a non-negative integer"))
        elif value > _INT32_MAX:
            found.append(e.invalid(path, value, f"should be less than or equal to {_INT32_MAX}"))
    return found


def compiled(schema: Schema) -> Validator:
    """Return the validator of one node, made on first use."""
    validator: Validator | None = schema.cache.get("validator")
    if validator is None:
        validator = schema.cache["validator"] = _compile(schema)
    return validator


def _compile(schema: Schema) -> Validator:
    checks = node_checks(schema)
    combined = _combinations(schema)
    has_items = schema.items is not None
    has_fields = bool(schema.properties) or isinstance(schema.additional, Schema)

    def run(value: Any, old: Any, path: str, found: list[FieldError]) -> None:
        if old is not MISSING and (old is value or equal(old, value)):
            return
        for check in checks:
            check(value, path, found)
        if value is None:
            return
        if has_items and isinstance(value, list):
            _items(value, old, schema, path, found)
        elif has_fields and isinstance(value, dict):
            _fields(value, old, schema, path, found)
        for combination in combined:
            combination(value, path, found)

    return run


def _fields(value: dict[str, Any], old: Any, schema: Schema, path: str, found: list[FieldError]) -> None:
    properties = schema.properties
    additional = schema.additional
    before = old if isinstance(old, dict) else {}
    for key, item in value.items():
        child = properties.get(key)
        if child is None:
            if not isinstance(additional, Schema):
                continue
            child = additional
        validator = child.cache.get("validator") or compiled(child)
        validator(item, before.get(key, MISSING), f"{path}.{key}" if path else key, found)


def _items(value: list[Any], old: Any, schema: Schema, path: str, found: list[FieldError]) -> None:
    items = schema.items
    assert items is not None
    validator = compiled(items)
    earlier = rules.correlate(old, schema) if isinstance(old, list) else None
    for index, item in enumerate(value):
        before = MISSING if earlier is None else earlier(item)
        validator(item, before, f"{path}[{index}]", found)


def _list_types(value: Any, old: Any, schema: Schema, path: str, found: list[FieldError]) -> None:
    """Look for duplicates in sets and maps, in all of *value*; nothing is said of lists that had them before."""
    if not _holds_list_types(schema):
        return
    now: list[FieldError] = []
    _walk_lists(value, schema, path, now)
    if now and old is not MISSING:
        before: list[FieldError] = []
        _walk_lists(old, schema, path, before)
        if before:
            return
    found.extend(now)


def _walk_lists(value: Any, schema: Schema, path: str, found: list[FieldError]) -> None:
    if not _holds_list_types(schema):
        return
    if isinstance(value, dict):
        properties, additional = schema.properties, schema.additional
        for key, item in value.items():
            if not isinstance(item, (dict, list)):
                continue
            child = properties.get(key)
            if child is not None:
                _walk_lists(item, child, f"{path}.{key}" if path else key, found)
            elif isinstance(additional, Schema):
                _walk_lists(item, additional, f"{path}[{key}]", found)
    elif isinstance(value, list):
        check = schema.cache.get("list_type", MISSING)
        if check is MISSING:
            check = schema.cache["list_type"] = list_type_check(schema)
        if check is not None:
            check(value, path, found)
        if schema.items is not None:
            for index, item in enumerate(value):
                _walk_lists(item, schema.items, f"{path}[{index}]", found)


def _holds_list_types(schema: Schema) -> bool:
    """Tell whether a set or a map is declared at or below *schema* (True while a recursive type is being read)."""
    known: bool | None = schema.cache.get("holds_list_types")
    if known is None:
        schema.cache["holds_list_types"] = True
        additional = schema.additional
        known = (
            schema.list_type in ("set", "map")
            or any(map(_holds_list_types, schema.properties.values()))
            or (isinstance(additional, Schema) and _holds_list_types(additional))
            or (schema.items is not None and _holds_list_types(schema.items))
        )
        schema.cache["holds_list_types"] = known
    return known


def _combinations(schema: Schema) -> list[Check]:
    """Compile anyOf, oneOf, allOf and not."""
    raw = schema.raw
    if schema.quantity or (schema.typed and schema.int_or_string):
        return []
    result: list[Check] = []
    for keyword, make in (("anyOf", _any_of), ("oneOf", _one_of), ("allOf", _all_of)):
        parts = raw.get(keyword)
        if parts:
            result.append(make([compiled(Schema(part, typed=schema.typed)) for part in parts]))
    if isinstance(raw.get("not"), dict):
        result.append(_not(compiled(Schema(raw["not"], typed=schema.typed))))
    return result


def _outcomes(parts: list[Validator], value: Any, path: str) -> list[list[FieldError]]:
    results: list[list[FieldError]] = []
    for part in parts:
        found: list[FieldError] = []
        part(value, MISSING, path, found)
        results.append(found)
    return results


def _fewest(results: list[list[FieldError]]) -> list[FieldError]:
    return min(results, key=lambda result: len(result))


def _composite(path: str, text: str) -> FieldError:
    return e.invalid("<nil>", "", f"{e.quote(path)} {text}")


def _any_of(parts: list[Validator]) -> Check:
    def check(value: Any, path: str, found: list[FieldError]) -> None:
        results = _outcomes(parts, value, path)
        if all(results):
            found.append(_composite(path, "must validate at least one schema (anyOf)"))
            found.extend(_fewest(results))

    return check


def _one_of(parts: list[Validator]) -> Check:
    def check(value: Any, path: str, found: list[FieldError]) -> None:
        results = _outcomes(parts, value, path)
        valid = sum(not result for result in results)
        if valid == 1:
            return
        note = f"Found {valid} valid alternatives" if valid else "Found none valid"
        found.append(_composite(path, f"must validate one and only one schema (oneOf). {note}"))
        if not valid:
            found.extend(_fewest(results))

    return check


def _all_of(parts: list[Validator]) -> Check:
    def check(value: Any, path: str, found: list[FieldError]) -> None:
        results = _outcomes(parts, value, path)
        for result in results:
            found.extend(result)
        if any(results):
            note = ". None validated" if all(results) else ""
            found.append(_composite(path, f"must validate all the schemas (allOf){note}"))

    return check


def _not(part: Validator) -> Check:
    def check(value: Any, path: str, found: list[FieldError]) -> None:
        if not _outcomes([part], value, path)[0]:
            found.append(_composite(path, "must not validate the schema (not)"))

    return check
