"""Run the CEL rules (``x-kubernetes-validations``) that a schema declares.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apiserver/schema/cel (validation.go, compilation.go, values.go).
A rule that reads ``oldSelf`` is a transition rule: it runs only where there is an earlier value. Any other rule is
not held against a value that did not change. Lists are correlated with their earlier form only when they are maps.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from fairlead.engines.cel import CelError, CelSyntaxError, CostError, Program, compile_expression
from fairlead.engines.cel.inference import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, Type, infer
from fairlead.engines.cel.values import NONE, optional_of, parse_duration, parse_timestamp
from fairlead.engines.merge.patches import equal
from fairlead.engines.schema import errors as e
from fairlead.engines.schema.errors import FieldError
from fairlead.engines.schema.model import MISSING, Schema

BUDGET: Final = 10_000_000
"""Work that all rules of one object may do together."""

_VARIABLES: Final = frozenset({"self", "oldSelf"})
_MESSAGE_LIMIT_BYTES: Final = 5 * 1024
_OUT_OF_BUDGET: Final = "validation failed due to running out of cost budget, no further validation rules will be run"
_PATH_PART: Final = re.compile(r"\.([^.\[\]]+)|\['((?:[^'\\]|\\.)*)'\]")


@dataclass(frozen=True, slots=True)
class _Rule:
    """One compiled rule."""

    raw: Mapping[str, Any]
    program: Program | None
    message: Program | None
    failure: str  # why it did not compile

    @property
    def uses_old(self) -> bool:
        return self.program is not None and "oldSelf" in self.program.names

    @property
    def shown(self) -> str:
        return (self.raw.get("message") or self.raw.get("rule") or "").strip()


class _BudgetError(Exception):
    """No work is left; nothing more is checked."""


def correlate(old: list[Any], schema: Schema) -> Callable[[Any], Any] | None:
    """Return a function that finds the earlier form of a list item; None when items have no identity.

    Only lists of type map are correlated, by their keys.
    """
    if schema.list_type != "map":
        return None
    keys = schema.list_keys

    def find(item: Any) -> Any:
        if not isinstance(item, dict):
            return MISSING
        for other in old:
            if isinstance(other, dict) and all(equal(other.get(key), item.get(key)) for key in keys):
                return other
        return MISSING

    return find


def has_rules(schema: Schema) -> bool:
    """Tell whether a rule is declared at or below *schema*."""
    known: bool | None = schema.cache.get("has_rules")
    if known is None:
        schema.cache["has_rules"] = False  # a recursive type adds nothing new
        known = bool(schema.raw.get("x-kubernetes-validations")) or any(map(has_rules, _children(schema)))
        schema.cache["has_rules"] = known
    return known


def _children(schema: Schema) -> Iterator[Schema]:
    yield from schema.properties.values()
    if isinstance(schema.additional, Schema):
        yield schema.additional
    if schema.items is not None:
        yield schema.items


def check(value: Any, old: Any, schema: Schema, path: str = "") -> list[FieldError]:
    """Return the failures of all rules at and below *schema*; *old* is MISSING on create, *path* is that of *value*."""
    run = _Run()
    with suppress(_BudgetError):
        run.visit(value, old, schema, path)
    return run.found


class CheckedRule(NamedTuple):
    """A declared rule and what is wrong with it: empty texts when nothing is."""

    raw: Mapping[str, Any]
    failure: str
    message_failure: str
    uses_old: bool


def check_rules(schema: Schema, *, is_root: bool) -> list[CheckedRule]:
    """Return the rules declared at *schema*, below which nothing is looked at; *is_root*: it is of objects."""
    own = type_of(schema, is_resource=is_root or schema.embedded) or DYN
    return [_checked(raw, own) for raw in schema.raw.get("x-kubernetes-validations") or ()]


def _checked(raw: Mapping[str, Any], own: Type) -> CheckedRule:
    scope = {"self": own, "oldSelf": Type("optional", own) if raw.get("optionalOldSelf") is True else own}
    text, worded = (raw.get("rule") or "").strip(), (raw.get("messageExpression") or "").strip()
    failure, uses_old = _compiled(text, scope, BOOL, "cel expression must evaluate to a bool")
    said = ""
    if worded:
        said, _ = _compiled(worded, scope, STRING, "messageExpression must evaluate to a string")
    lead = "messageExpression " if said.startswith("compilation") else ""
    return CheckedRule(raw, failure, lead + said, uses_old)


def _compiled(text: str, scope: Mapping[str, Type], wanted: Type, unless: str) -> tuple[str, bool]:
    """What is wrong with the expression *text*, and whether it looks at the earlier value."""
    try:
        program = compile_expression(text, _VARIABLES)
        found, problem = infer(text, scope)
    except CelSyntaxError as error:
        return f"compilation failed: {error}", False
    if problem:
        return f"compilation failed: {problem}", False
    return "" if found.name in (wanted.name, "dyn") else unless, "oldSelf" in program.names


def type_of(schema: Schema, *, is_resource: bool) -> Type | None:
    """The type that rules see for values of *schema*; None for values they cannot see."""
    if schema.int_or_string:
        return DYN
    if schema.type == "array":
        item = type_of(schema.items, is_resource=schema.items.embedded) if schema.items is not None else None
        return Type("list", item) if item is not None else None
    if schema.type == "object":
        return _object_type(schema, is_resource=is_resource)
    if schema.type == "string":
        return _TEXT_TYPES.get(schema.format, STRING)
    return {"boolean": BOOL, "integer": INT, "number": DOUBLE}.get(schema.type)


def _object_type(schema: Schema, *, is_resource: bool) -> Type | None:
    additional = schema.additional
    if isinstance(additional, Schema):
        value = type_of(additional, is_resource=additional.embedded)
        return Type("map", value) if value is not None else None

    def field(name: str) -> Type | None:
        if is_resource and name in _META_TYPES:
            return _META_TYPES[name]
        child = schema.properties.get(name)
        return type_of(child, is_resource=child.embedded) if child is not None else None

    return Type("object", None, field)


_TEXT_TYPES: Final = {"byte": BYTES, "duration": DURATION, "date": TIMESTAMP, "date-time": TIMESTAMP}
_NAMES: Final = {"name": STRING, "generateName": STRING}
_META_TYPES: Final = {"apiVersion": STRING, "kind": STRING, "metadata": Type("object", None, _NAMES.get)}


def _rules(schema: Schema) -> list[_Rule]:
    found: list[_Rule] | None = schema.cache.get("rules")
    if found is None:
        found = schema.cache["rules"] = [_compile(raw) for raw in schema.raw.get("x-kubernetes-validations") or ()]
    return found


def _compile(raw: Mapping[str, Any]) -> _Rule:
    message: Program | None = None
    try:
        program = compile_expression((raw.get("rule") or "").strip(), _VARIABLES)
    except CelSyntaxError as error:
        return _Rule(raw, None, None, f"compilation failed: {error}")
    if raw.get("messageExpression"):
        try:
            message = compile_expression(raw["messageExpression"].strip(), _VARIABLES)
        except CelSyntaxError as error:
            return _Rule(raw, program, None, f"messageExpression compilation failed: {error}")
    return _Rule(raw, program, message, "")


class _Run:
    """One walk over one object."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []
        self._budget = BUDGET

    def visit(self, value: Any, old: Any, schema: Schema, path: str) -> None:
        """Check *value* and what is below it.

        Raises:
            _BudgetError: the rules did too much work.
        """
        if value is None or not has_rules(schema):
            return
        rules = _rules(schema)
        if rules:
            self._node(rules, value, old, schema, path)
        if isinstance(value, dict):
            self._fields(value, old if isinstance(old, dict) else {}, schema, path)
        elif isinstance(value, list) and schema.items is not None:
            find = correlate(old, schema) if isinstance(old, list) else None
            for index, item in enumerate(value):
                self.visit(item, MISSING if find is None else find(item), schema.items, f"{path}[{index}]")

    def _fields(self, value: dict[str, Any], old: dict[str, Any], schema: Schema, path: str) -> None:
        properties, additional = schema.properties, schema.additional
        for key, item in value.items():
            child = properties.get(key)
            if child is not None:
                self.visit(item, old.get(key, MISSING), child, f"{path}.{key}" if path else key)
            elif isinstance(additional, Schema):
                self.visit(item, old.get(key, MISSING), additional, f"{path}[{key}]")

    def _node(self, rules: list[_Rule], value: Any, old: Any, schema: Schema, path: str) -> None:
        old = MISSING if old is None else old
        unchanged = old is not MISSING and equal(value, old)
        current = to_cel(value, schema)
        earlier = MISSING if old is MISSING else to_cel(old, schema)
        for rule in rules:
            optional = rule.raw.get("optionalOldSelf") is True
            if (rule.uses_old and old is MISSING and not optional) or (unchanged and not rule.uses_old):
                continue
            variables = {"self": current}
            if optional:
                variables["oldSelf"] = NONE if earlier is MISSING else optional_of(earlier)
            elif earlier is not MISSING:
                variables["oldSelf"] = earlier
            error = self._rule(rule, variables, value, schema, path)
            if error is not None:
                self.found.append(error)

    def _rule(self, rule: _Rule, variables: dict[str, Any], value: Any, schema: Schema, path: str) -> FieldError | None:
        at = path or "<nil>"
        kind = schema.type
        if rule.program is None:
            return e.invalid(at, kind, f"rule compile error: {rule.failure}")
        try:
            holds, cost = rule.program.evaluate_counted(variables)
        except CostError as error:
            note = "no further validation rules will be run due to call cost exceeds limit for rule"
            self._stop(e.invalid(at, kind, f"'{error}': {note}: {rule.shown}"))
        except CelError as error:
            if str(error).startswith("no such overload"):
                problem = "call arguments did not match a supported operator, function or macro signature for rule"
                return e.invalid(at, kind, f"'{error}': {problem}: {rule.shown}")
            return e.invalid(at, kind, f"{error} evaluating rule: {rule.shown}")
        self._budget -= cost
        if self._budget < 0:
            self._stop(e.invalid(at, kind, _OUT_OF_BUDGET))
        if holds is True:
            return None
        where = path + _field_path(rule.raw.get("fieldPath") or "")
        shown = MISSING if kind in ("object", "array") else value
        return _failure(where.removeprefix(".") or "<nil>", shown, _message(rule, variables), rule.raw.get("reason"))

    def _stop(self, error: FieldError) -> None:
        self.found.append(error)
        raise _BudgetError


def _field_path(path: str) -> str:
    parts = _PATH_PART.findall(path)
    return "".join(f".{plain or quoted}" for plain, quoted in parts)


def _message(rule: _Rule, variables: dict[str, Any]) -> str:
    if rule.message is not None:
        try:
            text = rule.message.evaluate(variables)
        except CelError:
            text = None
        if isinstance(text, str):
            text = text.strip()
            if text and "\n" not in text and len(text.encode()) <= _MESSAGE_LIMIT_BYTES:
                return text
    return (rule.raw.get("message") or "").strip() or f"failed rule: {rule.shown}"


def _failure(path: str, value: Any, detail: str, reason: str | None) -> FieldError:
    if reason == e.FORBIDDEN:
        return e.forbidden(path, detail)
    if reason == e.REQUIRED:
        return e.required(path, detail)
    if reason == e.DUPLICATE:
        return e.duplicate(path, value)
    return e.invalid(path, value, detail)


def to_cel(value: Any, schema: Schema) -> Any:
    """Return *value* as rules see it: times, durations, bytes and doubles by their schema, all else as it is."""
    if not _is_converted(schema):
        return value
    if isinstance(value, dict):
        return {
            key: item if child is None else to_cel(item, child)
            for key, item, child in ((key, item, schema.field(key)) for key, item in value.items())
        }
    if isinstance(value, list):
        return value if schema.items is None else [to_cel(item, schema.items) for item in value]
    if isinstance(value, str):
        return _text(value, schema.format)
    if schema.type == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _text(value: str, form: str) -> Any:
    try:
        if form == "date-time":
            return parse_timestamp(value)
        if form == "date":
            return parse_timestamp(f"{value}T00:00:00Z")
        if form == "duration":
            return parse_duration(value)
        return binascii.a2b_base64(value, strict_mode=True) if form == "byte" else value
    except (CelError, binascii.Error):
        return value


def _is_converted(schema: Schema) -> bool:
    known: bool | None = schema.cache.get("converted")
    if known is None:
        schema.cache["converted"] = False
        known = (
            schema.type == "number"
            or (schema.type == "string" and schema.format in ("date-time", "date", "duration", "byte"))
            or any(map(_is_converted, _children(schema)))
        )
        schema.cache["converted"] = known
    return known
