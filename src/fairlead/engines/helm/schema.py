"""values.schema.json: do the values fit, and what to say when they do not.

Source: Helm v4.3 pkg/chart/common/util/jsonschema.go; the words are those of
santhosh-tekuri/jsonschema v6.0.3 (kind/kind.go, output.go). jsonschema-rs
judges; this module builds the same tree of complaints from its errors. Go
prints siblings in random order, we in the order of the paths. Schemas that
refer to other hosts are refused: an engine reads no network.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache

from fairlead.engines.gotemplate.gofmt import sprint_value
from fairlead.engines.gotemplate.gotypes import Int32, Int64, type_name
from fairlead.engines.gotemplate.strconv import quote as go_quote
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.validity import accepted

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_TYPE_ORDER = ("null", "boolean", "number", "integer", "string", "array", "object")


@dataclass(slots=True)
class _Complaint:
    place: str
    text: str
    causes: list[_Complaint] = field(default_factory=list)

    def lines(self, depth: int) -> list[str]:
        found = [f"{'  ' * depth}- at {_quote(self.place)}: {self.text}"]
        for cause in self.causes:
            found += cause.lines(depth + 1)
        return found


@dataclass(slots=True)
class _Node:
    own: list[_Complaint] = field(default_factory=list)
    below: dict[str, _Node] = field(default_factory=dict)

    def collect(self, place: str) -> list[_Complaint]:
        """Return the complaints at and below *place*; several below one place come as a group."""
        found = list(self.own)
        for step in sorted(self.below):
            inner = f"{place}/{step}"
            causes = self.below[step].collect(inner)
            found.append(causes[0] if len(causes) == 1 else _Complaint(inner, "validation failed", causes))
        return found


def complaints(chart: Chart, values: dict[str, Any]) -> str:
    """Return what is wrong with *values*, as Helm lists it; "" when nothing is."""
    text = ""
    if chart.schema is not None:
        wrong = validate(chart.schema, values)
        if wrong:
            text += f"{chart.name}:\n{wrong}"
    for sub in chart.dependencies:
        section = values.get(sub.name)
        if section is None:
            continue
        if not isinstance(section, dict):
            text += f"{sub.name}:\ninvalid type for values: expected object (map), got {type_name(section)}\n"
            continue
        text += complaints(sub, section)
    return text


def validate(schema: bytes, values: dict[str, Any]) -> str:
    """Return the complaints of one schema."""
    try:
        decoded, validator = _compiled(schema)
    except _SchemaFaultError as error:
        return str(error)
    plain = _whole(values)
    if validator.is_valid(plain):
        return ""
    root = _tree(validator.iter_errors(plain), decoded, plain)
    found = root.collect("")
    if len(found) == 1 and found[0].text == "validation failed":
        found = found[0].causes
    return "".join(f"{line}\n" for complaint in found for line in complaint.lines(0))


class _SchemaFaultError(Exception):
    """A schema that is none, in Helm's words."""


@lru_cache(maxsize=64)
def _compiled(schema: bytes) -> tuple[Any, Any]:
    import jsonschema_rs

    try:
        decoded = json.loads(schema)
    except ValueError as error:
        from fairlead.engines.helm.functions.jsonwords import complaint

        text = complaint(schema.decode("utf-8", "replace"), str(error))
        raise _SchemaFaultError(text.replace("unexpected end of JSON input", "unexpected EOF")) from None
    try:
        options = jsonschema_rs.RegexOptions()
        validator = jsonschema_rs.validator_for(decoded, retriever=_refuse, pattern_options=options, formats=_FORMATS)
        accepted(schema, decoded)
        return decoded, validator
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        first = str(error).split("\n")[0]
        unfound = re.match("Pointer '(.*)' does not exist", first)
        if unfound is not None:
            text = f'json-pointer in "file:///values.schema.json#{unfound.group(1)}" not found'
            raise _SchemaFaultError(text) from None
        raise _SchemaFaultError(f'"file:///values.schema.json#" is not valid against metaschema: {first}') from None


_FORMATS = {  # those that the library judges in newer drafts alone
    "uuid": lambda text: re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None,
    "duration": lambda text: (
        re.fullmatch(r"P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)", text) is not None
    ),
}


def _refuse(uri: str) -> Any:
    raise ValueError(f"failing loading {uri!r}: no network while rendering")


def _whole(value: Any) -> Any:
    """Return *value* with whole float64 numbers, and what --set reads, as integers: 3.0 is one to JSON Schema."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if (isinstance(value, float) and value.is_integer()) or type(value) in (Int64, Int32):
        return int(value)
    return value


def _tree(errors: Any, schema: Any, values: Any) -> _Node:
    root = _Node()
    errors = _first_of_each(errors)
    missing: dict[tuple[Any, ...], list[str]] = {}
    groups: dict[tuple[Any, ...], _Complaint] = {}
    for error in errors:
        path = [_escape(str(step)) for step in error.instance_path]
        place = "".join(f"/{step}" for step in path)
        at = root
        for step in path:
            at = at.below.setdefault(step, _Node())
        keyword, wanted = _keyword(error, schema)
        if keyword == "required":
            key = (*path, "\0", *error.schema_path)
            if key in missing:
                missing[key].append(str(error.kind.property))
                continue
            missing[key] = [str(error.kind.property)]
            _add(at, groups, _all_of(error), _Complaint(place, "\0" + repr(key)))
            continue
        if type(error.kind).__name__ in ("UnevaluatedProperties", "UnevaluatedItems") and wanted is False:
            _unevaluated(at, place, error)
            continue
        if keyword in ("dependentRequired", "dependencies") and type(error.kind).__name__ == "Required":
            text = _depending(wanted, error)
            if all(other.text != text for other in at.own):
                at.own.append(_Complaint(place, text))
            continue
        if type(error.kind).__name__ == "PropertyNames":
            _property_name(at, place, keyword, wanted, error.kind.error)
            continue
        words = _words(keyword, wanted, error)
        if keyword == "additionalProperties" and type(error.kind).__name__ == "FalseSchema":
            words = f"additional properties {', '.join(map(_quote, sorted(_at(values, error))))} not allowed"
        complaint = _Complaint(place, words, _causes(keyword, error, schema, values))
        _add(at, groups, _all_of(error), complaint)
    _name_missing(root, {repr(key): names for key, names in missing.items()})
    return root


def _add(at: _Node, groups: dict[tuple[Any, ...], _Complaint], holder: Any, complaint: _Complaint) -> None:
    """Add a complaint to the node *at*, or to the complaint about the allOf that *holder* names."""
    if holder is None:
        at.own.append(complaint)
    elif holder in groups:
        groups[holder].causes.append(complaint)
    else:
        groups[holder] = _Complaint(complaint.place, "'allOf' failed", [complaint])
        at.own.append(groups[holder])


def _at(values: Any, error: Any) -> Any:
    for step in error.instance_path:
        values = values[step]
    return values


def _unevaluated(at: _Node, place: str, error: Any) -> None:
    """Add a complaint at each part that no schema had judged."""
    names = error.kind.unexpected
    if isinstance(error.instance, list):
        names = [str(index) for index in range(len(error.instance) - len(names), len(error.instance))]
    for name in names:
        step = _escape(name)
        at.below.setdefault(step, _Node()).own.append(_Complaint(f"{place}/{step}", "false schema"))


def _depending(wanted: Any, error: Any) -> str:
    """Return what a property asks for that is there without others."""
    for name, others in (wanted or {}).items():
        missing = [other for other in others if other not in error.instance] if isinstance(others, list) else []
        if name in error.instance and error.kind.property in missing:
            return f"properties {', '.join(map(_quote, missing))} required, if {_quote(name)} exists"
    return str(error.message)


def _property_name(at: _Node, place: str, keyword: str, wanted: Any, error: Any) -> None:
    """Add what is wrong with a name to the complaint about it."""
    lead = f"invalid propertyName {_quote(error.instance)}"
    complaint = next((other for other in at.own if other.text == lead), None)
    if complaint is None:
        complaint = _Complaint(place, lead)
        at.own.append(complaint)
    complaint.causes.append(_Complaint("", _words(keyword, wanted, error)))


_ENDING = ("type", "const", "enum", "format")  # in this order; what fails one is not judged further


def _first_of_each(errors: Any) -> list[Any]:
    """Return *errors* without those that the first failure of a schema at one place keeps from being looked for."""
    listed = [(error, tuple(error.schema_path), tuple(error.instance_path)) for error in errors]
    ends: dict[tuple[Any, ...], int] = {}
    for _, schema, instance in listed:
        if schema and schema[-1] in _ENDING:
            at = (schema[:-1], instance)
            ends[at] = min(ends.get(at, 9), _ENDING.index(schema[-1]))

    def is_told(schema: tuple[Any, ...], instance: tuple[Any, ...]) -> bool:
        for (above, place), rank in ends.items():
            if schema[: len(above)] == above and instance[: len(place)] == place and schema != (*above, _ENDING[rank]):
                return False
        return True

    return [error for error, schema, instance in listed if not ends or is_told(schema, instance)]


def _name_missing(node: _Node, missing: dict[str, list[str]]) -> None:
    for complaint in [*node.own, *(cause for own in node.own for cause in own.causes)]:
        if complaint.text.startswith("\0"):
            names = missing[complaint.text[1:]]
            word = "property" if len(names) == 1 else "properties"
            complaint.text = f"missing {word} {', '.join(map(_quote, names))}"
    for below in node.below.values():
        _name_missing(below, missing)


def _all_of(error: Any) -> tuple[Any, ...] | None:
    path = list(error.schema_path)
    if "allOf" in path[:-1]:
        return tuple(path[: path.index("allOf") + 1])
    return None


def _keyword(error: Any, schema: Any) -> tuple[str, Any]:
    path = list(error.schema_path)
    keyword = str(path[-1]) if path else ""
    at = schema
    for step in path:
        try:
            at = at[step]
        except (KeyError, IndexError, TypeError):
            return keyword, None
    return keyword, at


def _causes(keyword: str, error: Any, schema: Any, values: Any) -> list[_Complaint]:
    """Return the complaints of the branches of an anyOf or oneOf."""
    found: list[_Complaint] = []
    if keyword not in ("anyOf", "oneOf") or type(error.kind).__name__.endswith("MultipleValid"):
        return found
    for branch in getattr(error.kind, "context", None) or ():
        inner = _tree(branch, schema, values).collect("")
        place = "".join(f"/{_escape(str(step))}" for step in error.instance_path)
        found.append(inner[0] if len(inner) == 1 else _Complaint(place, "validation failed", inner))
    return found


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _quote(text: str) -> str:
    quoted = go_quote(text)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{quoted}'"


def _display(value: Any) -> str:
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, list | dict):
        return "value"
    return sprint_value(value)


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _number(value: Any) -> str:
    """Return a number as x/text prints it for English readers."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")


def _bound(keyword: str, size: Callable[[Any], Any]) -> Callable[[Any, Any], str]:
    return lambda wanted, error: f"{keyword}: got {_number(size(error.instance))}, want {_number(wanted)}"


def _exclusive(keyword: str) -> Callable[[Any, Any], str]:
    def words(wanted: Any, error: Any) -> str:
        limit = error.kind.limit if isinstance(wanted, bool) else wanted  # draft 4 has a flag beside the limit
        return f"{keyword}: got {_number(error.instance)}, want {_number(limit)}"

    return words


def _type_words(wanted: Any, error: Any) -> str:
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    names.sort(key=lambda name: _TYPE_ORDER.index(name) if name in _TYPE_ORDER else 9)
    return f"got {_type_of(error.instance)}, want {' or '.join(names)}"


def _enum_words(wanted: Any, error: Any) -> str:
    if any(isinstance(item, list | dict) for item in wanted):
        return "'enum' failed"
    shown = ", ".join(map(_display, wanted))
    return f"value must be {shown}" if len(wanted) == 1 else f"value must be one of {shown}"


def _const_words(wanted: Any, error: Any) -> str:
    return "'const' failed" if isinstance(wanted, list | dict) else f"value must be {_display(wanted)}"


def _additional_words(wanted: Any, error: Any) -> str:
    names = sorted(getattr(error.kind, "unexpected", ()))
    return f"additional properties {', '.join(map(_quote, names))} not allowed"


def _one_of_words(wanted: Any, error: Any) -> str:
    if type(error.kind).__name__.endswith("NotValid"):
        return "'oneOf' failed, none matched"
    import jsonschema_rs

    matched: list[int] = []
    for index, branch in enumerate(wanted or ()):
        try:
            if jsonschema_rs.validator_for(branch, retriever=_refuse).is_valid(error.instance):
                matched.append(index)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
            continue
    first, second = [*matched, 0, 1][:2]
    return f"'oneOf' failed, subschemas {first}, {second} matched"


def _unique_words(wanted: Any, error: Any) -> str:
    items = error.instance
    pairs = ((i, j) for j in range(len(items)) for i in range(j) if items[i] == items[j])
    first, second = next(pairs, (0, 1))
    return f"items at {first} and {second} are equal"


_WORDS: dict[str, Callable[[Any, Any], str]] = {
    "type": _type_words,
    "enum": _enum_words,
    "const": _const_words,
    "additionalProperties": _additional_words,
    "oneOf": _one_of_words,
    "uniqueItems": _unique_words,
    "anyOf": lambda wanted, error: "'anyOf' failed",
    "not": lambda wanted, error: "'not' failed",
    "contains": lambda wanted, error: "no items match contains schema",
    "pattern": lambda wanted, error: f"{_quote(error.instance)} does not match pattern {_quote(wanted)}",
    "format": lambda wanted, error: f"{_display(error.instance)} is not valid {wanted}: invalid {wanted}",
    "minimum": _bound("minimum", lambda value: value),
    "maximum": _bound("maximum", lambda value: value),
    "exclusiveMinimum": _exclusive("exclusiveMinimum"),
    "exclusiveMaximum": _exclusive("exclusiveMaximum"),
    "multipleOf": _bound("multipleOf", lambda value: value),
    "minLength": _bound("minLength", len),
    "maxLength": _bound("maxLength", len),
    "minItems": _bound("minItems", len),
    "maxItems": _bound("maxItems", len),
    "minProperties": _bound("minProperties", len),
    "maxProperties": _bound("maxProperties", len),
}


def _words(keyword: str, wanted: Any, error: Any) -> str:
    if type(error.kind).__name__ == "AdditionalItems":
        return f"last {len(error.instance) - error.kind.limit} additionalItem(s) not allowed"
    if wanted is False or keyword in ("", "false"):
        return "false schema" if keyword != "additionalProperties" else _additional_words(wanted, error)
    words = _WORDS.get(keyword)
    return str(error.message) if words is None else words(wanted, error)
