"""The values a managed cluster gives to the variables of its ClusterClass: defaults and checks.

Source: Cluster API v1.14 internal/topology/variables (cluster_variable_defaulting.go,
cluster_variable_validation.go, utils.go), core/webhooks/admission/cluster.go (DefaultAndValidateVariables).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairlead.base.objects import Json
from fairlead.engines.clusterclass.definitions import joined, schema_of, value_errors
from fairlead.engines.schema import errors as e
from fairlead.engines.schema import rules
from fairlead.engines.schema.errors import FieldError, go_json, quote
from fairlead.engines.schema.model import MISSING, Schema
from fairlead.engines.schema.pruning import prune

_WRAPPER = "variableValue"


def definitions_of(cluster_class: Mapping[str, Any]) -> list[Json]:
    """Return what ``status.variables`` of a ClusterClass holds for its inline variables, in the order of names.

    Each entry is ``{"name", "definitionsConflict": False, "definitions": [{"from": "inline", "required", "schema"}]}``.
    The functions below take this list, or a stored ``status.variables``.
    """
    by_name = {each["name"]: each for each in cluster_class["spec"].get("variables") or ()}
    result: list[Json] = []
    for name in sorted(by_name):
        given = by_name[name]
        definition = {key: given[key] for key in ("required", "deprecatedV1Beta1Metadata", "schema") if key in given}
        result.append({"name": name, "definitionsConflict": False, "definitions": [{"from": "inline", **definition}]})
    return result


def default_topology(topology: Json, definitions: Sequence[Json]) -> tuple[Json, list[FieldError]]:
    """Return ``spec.topology`` with all its variables and overrides defaulted, and what was wrong.

    A missing variable is added when its definition has a top-level default; overrides are filled in but never added.
    Order stays: given variables first, then added ones in the order of the definitions. A list with errors is
    left as it was. *topology* is never changed, and comes back as it is when nothing is missing.
    """
    found: list[FieldError] = []
    result = topology
    variables = topology.get("variables") or []
    after = _default_list(variables, definitions, "spec.topology.variables", True, found)
    if after is not variables:
        result = {**result, "variables": after}
    for path, field in _overrides(topology):
        given = _get(topology, path)
        after = _default_list(given, definitions, field, False, found)
        if after is not given:
            result = _set(result, path, after)
    return result, found


def validate_topology(topology: Json, old: Json | None, definitions: Sequence[Json]) -> list[FieldError]:
    """Return what is wrong with all variables and overrides of ``spec.topology`` (defaulted); *old* is the stored one.

    Fields are ``spec.topology.variables[NAME]…``, ``spec.topology.controlPlane.variables.overrides[NAME]…`` and
    ``spec.topology.workers.machineDeployments[TOPOLOGY].variables.overrides[NAME]…``.
    """
    old = old or {}
    before = old.get("variables") or []
    found = _validate_list(topology.get("variables") or [], before, definitions, "spec.topology.variables", True)
    earlier = {field: _get(old, path) for path, field in _overrides(old)}
    for path, field in _overrides(topology):
        found.extend(_validate_list(_get(topology, path), earlier.get(field, []), definitions, field, False))
    return found


# Where overrides stand.

_Path = tuple[str | int, ...]


def _overrides(topology: Mapping[str, Any]) -> Iterator[tuple[_Path, str]]:
    """Yield the paths of all lists of overrides that are not empty, and what errors call them."""
    below = ("variables", "overrides")
    control: _Path = ("controlPlane", *below)
    if _get(topology, control):
        yield control, "spec.topology.controlPlane.variables.overrides"
    workers = topology.get("workers") or {}
    for key in ("machineDeployments", "machinePools"):
        for index, each in enumerate(workers.get(key) or ()):
            path: _Path = ("workers", key, index, *below)
            if _get(topology, path):
                yield path, f"spec.topology.workers.{key}[{each.get('name')}].variables.overrides"


def _get(obj: Any, path: _Path) -> Any:
    for part in path:
        if isinstance(part, int):
            obj = obj[part]
        else:
            obj = obj.get(part) if isinstance(obj, dict) else None
    return obj


def _set(obj: Any, path: _Path, value: Any) -> Any:
    if not path:
        return value
    part = path[0]
    if isinstance(part, int):
        return [*obj[:part], _set(obj[part], path[1:], value), *obj[part + 1 :]]
    return {**obj, part: _set(obj[part], path[1:], value)}


# What both need.


def _indexed(values: Sequence[Json], field: str, found: list[FieldError]) -> dict[str, Json] | None:
    """Return *values* by name; None when a name is there twice."""
    result: dict[str, Json] = {}
    problems = [
        e.invalid(f"{field}[{each['name']}]", _shown(each), f"variable {quote(each['name'])} is set more than once")
        for index, each in enumerate(values)
        if any(each["name"] == other["name"] for other in values[:index])
    ]
    for each in values:
        result[each["name"]] = each
    found.extend(problems)
    return None if problems else result


def _declared(definitions: Sequence[Json], field: str, found: list[FieldError]) -> dict[str, Json] | None:
    """Return the first definition of each variable by name; None when the ClusterClass is at odds with itself."""
    problems: list[str] = []
    for each in definitions:
        if not each.get("definitions"):
            problems.append(f"variable {quote(each['name'])} has no definitions")
        if each.get("definitionsConflict"):
            problems.append(f"variable {quote(each['name'])} has conflicting definitions")
    if problems:
        names = ",".join(f"Name: {each['name']}" for each in definitions)
        text = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        detail = f"variable definitions in the ClusterClass not valid: {text}"
        found.append(FieldError(e.TYPE_INVALID, field, f"[{names}]", detail))
        return None
    return {each["name"]: each["definitions"][0] for each in definitions}


def _shown(variable: Mapping[str, Any]) -> str:
    """Return the value of a variable as errors show it: its JSON, empty for null."""
    value = variable.get("value")
    return "" if value is None else go_json(value)


def _unknown(variable: Mapping[str, Any], field: str) -> FieldError:
    return e.invalid(f"{field}[{variable['name']}]", _shown(variable), "variable is not defined")


# Defaults.


def _default_list(
    values: list[Json], definitions: Sequence[Json], field: str, create: bool, found: list[FieldError]
) -> list[Json]:
    problems: list[FieldError] = []
    given = _indexed(values, field, problems)
    declared = _declared(definitions, field, problems) if given is not None else None
    if given is None or declared is None:
        found.extend(problems)
        return values
    result: list[Json] = []
    for each in values:
        definition = declared.get(each["name"])
        if definition is None:
            problems.append(_unknown(each, field))
            continue
        before = each.get("value")
        after = _filled(before, schema_of(definition))
        result.append(each if after is before else {**each, "value": after})
    for name, definition in declared.items() if create else ():
        schema = schema_of(definition)
        if name not in given and schema.default is not MISSING and schema.default is not None:
            result.append({"name": name, "value": _filled(schema.default, schema)})
    if problems:
        found.extend(problems)
        return values
    is_same = len(result) == len(values) and all(new is old for new, old in zip(result, values, strict=True))
    return values if is_same else result


def _filled(value: Any, schema: Schema) -> Any:
    """Return *value* with defaults filled in; it comes back as it is when none is missing.

    A null stands for a missing value where there is a default; other nulls stay, for validation to refuse.
    """
    if value is None and schema.default is not MISSING:
        value = schema.default
    if isinstance(value, dict):
        return _filled_map(value, schema)
    if isinstance(value, list) and schema.items is not None:
        after = [_filled(item, schema.items) for item in value]
        return after if any(new is not old for new, old in zip(after, value, strict=True)) else value
    return value


def _filled_map(value: Json, schema: Schema) -> Json:
    result = dict(value)
    for key, child in schema.properties.items():
        if key not in result and child.default is not MISSING and child.default is not None:
            result[key] = child.default
    is_changed = len(result) != len(value)
    for key, item in result.items():
        below = schema.field(key)
        if below is not None:
            after = _filled(item, below)
            is_changed = is_changed or after is not item
            result[key] = after
    return result if is_changed else value


# Checks.


def _validate_list(
    values: Sequence[Json], old: Sequence[Json], definitions: Sequence[Json], field: str, check_required: bool
) -> list[FieldError]:
    found: list[FieldError] = []
    given = _indexed(values, field, found)
    before = _indexed(old, field, found) if given is not None else None
    declared = _declared(definitions, field, found) if before is not None else None
    if given is None or before is None or declared is None:
        return found
    for name, definition in declared.items() if check_required else ():
        if definition.get("required") and name not in given:
            found.append(e.required(field, f"required variable {quote(name)} must be set"))
    for each in values:
        known = declared.get(each["name"])
        if known is None:
            found.append(_unknown(each, field))
        else:
            found.extend(_validate(each, before.get(each["name"]), schema_of(known), field))
    return found


def _validate(variable: Json, old: Json | None, schema: Schema, field: str) -> list[FieldError]:
    """Check one value: types and ranges first, then unknown fields, then rules. Errors show the whole value."""
    name, value = variable["name"], variable.get("value")
    at, shown = f"{field}[{name}]", go_json(value)
    found = value_errors(schema, value)
    if found:
        return [
            replace(
                error,
                field=joined(f"{at}.value", error.field),
                bad_value=shown,
                detail=error.detail.removeprefix(" in body "),
            )
            for error in found
        ]
    wrapper = _wrapped(schema)
    _, unknown = prune({_WRAPPER: value}, wrapper)
    if unknown:
        fields = quote(",".join(path.removeprefix(f"{_WRAPPER}.") for path in unknown))
        detail = f"failed validation: {fields} field(s) are not specified in the variable schema of variable"
        return [e.invalid(at, shown, f"{detail} {quote(name)}")]
    if not rules.has_rules(wrapper):
        return []
    failed = rules.check({_WRAPPER: value}, MISSING, wrapper)
    if old is not None and old.get("value") is not None:
        later = rules.check({_WRAPPER: value}, {_WRAPPER: old["value"]}, wrapper)
        failed.extend(error for error in later if error not in failed)
    return [
        replace(error, field=f"{at}.value{error.field.removeprefix(_WRAPPER)}", bad_value=shown) for error in failed
    ]


def _wrapped(schema: Schema) -> Schema:
    """Return the schema of an object whose one field is the variable's value; made once."""
    wrapper: Schema | None = schema.cache.get("variable")
    if wrapper is None:
        wrapper = schema.cache["variable"] = Schema({"type": "object", "properties": {_WRAPPER: schema.raw}})
    return wrapper
