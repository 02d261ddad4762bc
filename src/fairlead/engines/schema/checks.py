"""The checks of one schema node: type, string, number, list, enum and object keywords.

Source: kube-openapi pkg/validation/validate (validator.go, type.go, values.go) for order and meaning,
pkg/validation/errors for the texts, apiextensions listtype/validation.go for sets and maps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import re2

from fairlead.engines.merge.patches import equal
from fairlead.engines.schema import errors as e
from fairlead.engines.schema.errors import FieldError
from fairlead.engines.schema.formats import is_known_format, matches_format
from fairlead.engines.schema.model import Schema

Check = Callable[[Any, str, list[FieldError]], None]
"""(value, path, errors found so far)"""

_INT_RANGES: Final = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1), "": (-(2**63), 2**63 - 1)}


def node_checks(schema: Schema) -> list[Check]:
    """Compile the keywords of one node, in the order in which the API server looks at them."""
    makers = (_type, _string, _format, _number, _list, _enum, _object)
    return [check for check in (make(schema) for make in makers) if check is not None]


def go_type(value: Any) -> str:
    """Return the JSON schema name of the type of *value*."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _fail(path: str, text: str) -> str:
    return f"{path} in body {text}"


def _type(schema: Schema) -> Check | None:
    if schema.quantity:
        wanted: tuple[str, ...] = ("string", "number")
    elif schema.int_or_string:
        wanted = ("integer", "string")
    elif schema.type:
        wanted = (schema.type,)
    else:
        wanted = ()
    form = _kept_format(schema)
    if not wanted and not form:
        return None
    check = _plain_type(schema, wanted)
    return _formatted_type(form, wanted, check) if form else check


def _kept_format(schema: Schema) -> str:
    """Return the format if it is one of the type's; formats of other types are left out before schemas are used."""
    name = schema.format
    if schema.type == "integer":
        return name if name in ("int32", "int64") else ""
    if schema.type == "number":
        return name if name in ("float", "double") else ""
    return name if schema.type in ("", "string") and name and is_known_format(name) else ""


def _formatted_type(form: str, wanted: tuple[str, ...], plain: Check) -> Check:
    """Judge types where a format is given: texts and lists are left to the format, others are told of the format."""
    is_numeric = "integer" in wanted or "number" in wanted

    def check(value: Any, path: str, found: list[FieldError]) -> None:
        if value is None or (is_numeric and isinstance(value, (str, list))):
            plain(value, path, found)
        elif not isinstance(value, (str, list)):
            kind = go_type(value)
            if kind in wanted or (kind == "integer" and is_numeric) or (kind == "number" and "integer" in wanted):
                plain(value, path, found)
            else:
                own = {"integer": "int64", "number": "float64"}.get(kind, "")
                text = _fail(path, f"must be of type {form}: {e.quote(own)}")
                found.append(FieldError(e.TYPE_INVALID, path or "<nil>", own, text))

    return check


def _plain_type(schema: Schema, wanted: tuple[str, ...]) -> Check:
    named = ",".join(wanted)
    accepted = {"string": str, "boolean": bool, "array": list, "object": dict}
    exact = accepted.get(wanted[0]) if len(wanted) == 1 else None
    nullable = schema.nullable
    integers, numbers = "integer" in wanted, "number" in wanted

    def check(value: Any, path: str, found: list[FieldError]) -> None:
        if exact is not None and type(value) is exact:
            return
        if value is None:
            if wanted and not nullable:
                found.append(
                    FieldError(e.TYPE_INVALID, path or "<nil>", "null", _fail(path, f'must be of type {named}: "null"'))
                )
            return
        kind = go_type(value)
        if kind in wanted or (numbers and kind == "integer") or (integers and kind == "number" and value.is_integer()):
            return
        text = _fail(path, f"must be of type {named}: {e.quote(kind)}")
        found.append(FieldError(e.TYPE_INVALID, path or "<nil>", kind, text))

    return check


def _string(schema: Schema) -> Check | None:
    raw = schema.raw
    longest, shortest, pattern = raw.get("maxLength"), raw.get("minLength"), raw.get("pattern") or ""
    if longest is None and shortest is None and not pattern:
        return None
    expression = _regex(pattern) if pattern else None
    good: set[str] = set()  # texts that matched before

    def check(value: Any, path: str, found: list[FieldError]) -> None:
        if not isinstance(value, str):
            return
        if longest is not None and len(value) > longest:
            found.append(e.too_long(path, longest))
        elif shortest is not None and len(value) < shortest:
            text = _fail(path, f"should be at least {shortest} chars long")
            found.append(e.invalid(path, value, text))
        elif isinstance(expression, str):
            text = _fail(path, f"should match '{pattern}, but pattern is invalid: {expression}'")
            found.append(e.invalid(path, value, text))
        elif expression is not None and value not in good:
            if expression.search(value) is None:
                found.append(e.invalid(path, value, _fail(path, f"should match '{pattern}'")))
            elif len(value) < 256 and len(good) < 1024:
                good.add(value)

    return check


def _regex(pattern: str) -> Any:
    """Return the compiled pattern, or the text of what is wrong with it."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        return str(error.args[0] if error.args else error)


def _format(schema: Schema) -> Check | None:
    name = schema.format
    if not name or schema.type not in ("", "string") or schema.int_or_string or not is_known_format(name):
        return None

    good: set[str] = set()  # texts that matched before

    def check(value: Any, path: str, found: list[FieldError]) -> None:
        if not isinstance(value, str) or value in good:
            return
        if matches_format(name, value):
            if len(value) < 64 and len(good) < 1024:
                good.add(value)
        else:
            text = _fail(path, f"must be of type {name}: {e.quote(value)}")
            found.append(FieldError(e.TYPE_INVALID, path, value, text))

    return check


def _number(schema: Schema) -> Check | None:
    raw = schema.raw
    low, high, step = raw.get("minimum"), raw.get("maximum"), raw.get("multipleOf")
    limits = _INT_RANGES.get(schema.format) if schema.type == "integer" else None
    if low is None and high is None and step is None and limits is None:
        return None
    above = "greater than" if raw.get("exclusiveMinimum") is True else "greater than or equal to"
    below = "less than" if raw.get("exclusiveMaximum") is True else "less than or equal to"
    note = f"integer with format {schema.format}" if schema.format else "integer (default format)"

    def check(value: Any, path: str, found: list[FieldError]) -> None:
        if type(value) is not int and not isinstance(value, float):
            return
        if limits is not None and not limits[0] <= value <= limits[1]:
            found.append(e.invalid("<nil>", "", f"Checked value must be of type {note} in {path}"))
        if step is not None and step > 0 and not float(value / step).is_integer():
            found.append(e.invalid(path, value, _fail(path, f"should be a multiple of {e.go_number(step)}")))
        if low is not None and (value < low or (value == low and above == "greater than")):
            found.append(e.invalid(path, value, _fail(path, f"should be {above} {e.go_number(low)}")))
        if high is not None and (value > high or (value == high and below == "less than")):
            found.append(e.invalid(path, value, _fail(path, f"should be {below} {e.go_number(high)}")))

    return check


def _list(schema: Schema) -> Check | None:
    raw = schema.raw
    fewest, most, unique = raw.get("minItems"), raw.get("maxItems"), raw.get("uniqueItems") is True
    if fewest is None and most is None and not unique:
        return None

    def check(value: Any, path: str, found: list[FieldError]) -> None:
        if not isinstance(value, list):
            return
        if fewest is not None and len(value) < fewest:
            found.append(e.invalid(path, len(value), _fail(path, f"should have at least {fewest} items")))
        if most is not None and len(value) > most:
            found.append(e.too_many(path, len(value), most))
        if unique and any(equal(item, other) for i, item in enumerate(value) for other in value[:i]):
            found.append(e.invalid(path, "", _fail(path, "shouldn't contain duplicates")))

    return check


def _enum(schema: Schema) -> Check | None:
    allowed = schema.raw.get("enum")
    if not allowed:
        return None
    if all(isinstance(item, str) for item in allowed):
        texts = frozenset(allowed)

        def check(value: Any, path: str, found: list[FieldError]) -> None:
            if not (isinstance(value, str) and value in texts) and not (value is None and schema.nullable):
                found.append(e.not_supported(path, value, allowed))

        return check

    def check_any(value: Any, path: str, found: list[FieldError]) -> None:
        if not any(equal(value, item) for item in allowed) and not (value is None and schema.nullable):
            found.append(e.not_supported(path, value, allowed))

    return check_any


def _object(schema: Schema) -> Check | None:
    raw = schema.raw
    required = tuple(raw.get("required") or ())
    fewest, most = raw.get("minProperties"), raw.get("maxProperties")
    closed = schema.additional is False
    if not required and fewest is None and most is None and not closed:
        return None
    properties = schema.properties

    def check(value: Any, path: str, found: list[FieldError]) -> None:
        if not isinstance(value, dict):
            return
        if fewest is not None and len(value) < fewest:
            found.append(e.invalid(path, len(value), _fail(path, f"should have at least {fewest} properties")))
        if most is not None and len(value) > most:
            found.append(e.too_many(path, len(value), most))
        if closed:
            for key in value:
                if key not in properties:
                    found.append(e.invalid(path or "<nil>", key, f"{path}.{key} in body is a forbidden property"))
        for key in required:
            if key not in value:
                found.append(e.required(f"{path}.{key}" if path else key))

    return check


def list_type_check(schema: Schema) -> Check | None:
    """Compile the search for duplicates of a list that is a set or a map; None for any other list."""
    if schema.list_type == "set":
        return lambda value, path, found: _duplicates(value, value, path, found)
    if schema.list_type != "map":
        return None
    keys = schema.list_keys

    def check(value: Any, path: str, found: list[FieldError]) -> None:
        for index, item in enumerate(value):
            if item is not None and not isinstance(item, dict):
                text = "must be an object for an array of list-type map"
                found.append(e.invalid(f"{path}[{index}]", item, text))
                return
        named = [{key: item[key] for key in keys if key in item} if item else {} for item in value]
        _duplicates(value, named, path, found)

    return check


def _duplicates(value: list[Any], identities: list[Any], path: str, found: list[FieldError]) -> None:
    if len(value) < 2:
        return
    seen: dict[Any, int] = {}
    for index, identity in enumerate(identities):
        key = e.go_json(identity) if isinstance(identity, (dict, list)) else (type(identity), identity)
        times = seen.get(key, 0)
        seen[key] = times + 1
        if times == 1:
            found.append(e.duplicate(f"{path}[{index}]", identity))
