"""Judge values by compiled schemas. Source: santhosh-tekuri/jsonschema v6.0.3 validator.go, output.go, kind/kind.go."""

from __future__ import annotations

from fairlead.engines.gotemplate.gotypes import type_name
from fairlead.engines.gotemplate.strconv import quote as go_quote
from fairlead.engines.gotemplate.strconv import to_bytes
from fairlead.engines.jsonschema.addresses import pointer
from fairlead.engines.jsonschema.complaints import WRONG, Complaint, Scope
from fairlead.engines.jsonschema.schema import Schema
from fairlead.engines.jsonschema.values import (
    TYPES,
    Decimal,
    decimal,
    display,
    duplicates,
    equals,
    is_integer,
    quote,
    quoted_list,
    type_of,
)

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fairlead.engines.jsonschema.complaints import Place

MAX_STEPS = 2_000_000  # schemas that are tried, all together; the library has no bound


class TooManyStepsError(Exception):
    """Judging takes more steps than are allowed."""


class _Run:
    """What all judging of one call shares."""

    __slots__ = ("dialects", "steps")

    def __init__(self, dialects: dict[str, Schema]) -> None:
        self.dialects = dialects
        self.steps = 0


def validate(
    schema: Schema, value: Any, meta: Schema | None = None, dialects: dict[str, Schema] | None = None
) -> Complaint | None:
    """Return what is wrong with *value*; None when it fits.

    For values that are schemas themselves, *meta* is their metaschema and
    *dialects* has those of places that have one of their own.

    Raises:
        TooManyStepsError: more than MAX_STEPS.
    """
    return _validate(schema, value, meta, _Run(dialects or {}))


def _validate(schema: Schema, value: Any, meta: Schema | None, run: _Run) -> Complaint | None:
    left = _unevaluated_of(value, schema, needed=False)
    found = _Judge(schema, value, (), Scope(schema, "", 0, None), left, False, meta, run).judge()
    if found is None:
        return None
    return Complaint((), "", found.causes if found.is_group else [found])


def _unevaluated_of(value: Any, schema: Schema, *, needed: bool) -> set[Any]:
    """Return the names or numbers of what is in *value* and which *unevaluated…* may ask about."""
    is_object = isinstance(value, dict)
    others = schema.unevaluated_properties if is_object else schema.unevaluated_items
    if not needed and others is None:
        return set()
    if is_object:
        return set() if schema.all_properties_evaluated else set(value)
    is_array = isinstance(value, list) and not schema.all_items_evaluated
    return set(range(schema.items_evaluated, len(value))) if is_array else set()


class _Judge:
    """Judges one value by one schema."""

    __slots__ = ("errors", "left", "meta", "place", "quick", "run", "schema", "scope", "value")

    def __init__(
        self,
        schema: Schema,
        value: Any,
        place: Place,
        scope: Scope,
        left: set[Any],
        quick: bool,
        meta: Schema | None,
        run: _Run,
    ) -> None:
        self.schema = schema
        self.value = value
        self.place = place
        self.scope = scope
        self.left = left  # what is not evaluated yet
        self.quick = quick  # only the verdict counts
        self.meta = meta
        self.run = run
        self.errors: list[Complaint] = []

    def judge(self) -> Complaint | None:
        """Return what is wrong."""
        run = self.run
        run.steps += 1
        if run.steps > MAX_STEPS:
            raise TooManyStepsError
        if self.schema is self.meta and run.dialects:
            own = run.dialects.get(pointer(self.place))
            if own is not None:
                self.meta = self.schema = own
        schema = self.schema
        if schema.verdict is not None:
            return None if schema.verdict else self.complaint("false schema")
        found = self.first()
        if found is not None:
            return found
        if schema.ref is not None:
            found = self.refer(schema.ref, "$ref")
            if schema.draft < 2019:
                return found
            self.add(found)
        value = self.value
        kind = type_of(value)
        if kind == "object":
            self.members(value)
        elif kind == "array":
            self.array(value)
        elif kind == "string":
            self.string(value)
        elif kind == "number":
            self.number(value)
        if not (self.quick and self.errors):
            self.combined()
        return self.verdict()

    def combined(self) -> None:
        schema = self.schema
        if schema.draft >= 2019:
            self.references()
        self.conditions()
        if schema.draft >= 2019 and self.left:
            self.unevaluated()

    def verdict(self) -> Complaint | None:
        if not self.errors:
            return None
        if len(self.errors) == 1:
            return self.errors[0]
        found = self.complaint("validation failed", self.errors)
        if found is WRONG:
            return found
        found.is_group = True
        return found

    def first(self) -> Complaint | None:
        """Return what ends judging at once: cycles, and what is of another type, or not one of the values."""
        schema, value = self.schema, self.value
        before = self.scope.repeats()
        if before is not None:
            both = f"both {self.scope.location()} and {before.location()}"
            return self.complaint(f"{both} resolve to {go_quote(schema.location)} causing reference cycle")
        kind = type_of(value)
        if not kind:
            return self.complaint(f"invalid jsonType {type_name(value)}")
        types = schema.types
        if (
            types is not None
            and kind not in types
            and not ("integer" in types and kind == "number" and is_integer(value))
        ):
            return self.complaint(f"got {kind}, want {' or '.join(name for name in TYPES if name in types)}")
        if schema.const is not None and not equals(value, schema.const[0]):
            wanted = schema.const[0]
            is_plain = not isinstance(wanted, list | dict)
            return self.complaint(f"value must be {display(wanted)}" if is_plain else "'const' failed")
        if schema.enum is not None and not any(equals(value, item) for item in schema.enum):
            return self.complaint(_enum_words(schema.enum))
        if schema.format is not None and kind == "string":
            name, check = schema.format
            wrong = check(value)
            if wrong:
                return self.complaint(f"{display(value)} is not valid {name}: {wrong}")
        return None

    # Objects.

    def members(self, value: dict[str, Any]) -> None:
        schema = self.schema
        if schema.min_properties is not None and len(value) < schema.min_properties:
            self.say(f"minProperties: got {len(value):,}, want {schema.min_properties:,}")
        if schema.max_properties is not None and len(value) > schema.max_properties:
            self.say(f"maxProperties: got {len(value):,}, want {schema.max_properties:,}")
        if schema.required:
            missing = [name for name in schema.required if name not in value]
            if missing:
                self.say(f"missing {'property' if len(missing) == 1 else 'properties'} {quoted_list(missing)}")
        if self.quick and self.errors:
            return
        for name, wanted in (schema.dependencies or {}).items():
            if name in value:
                if isinstance(wanted, Schema):
                    self.add(self.itself(wanted))
                else:
                    self.depend(name, wanted, value)
        self.properties(value)
        if schema.draft >= 6 and schema.property_names is not None:
            self.names(value, schema.property_names)
        for name, inner in (schema.dependent_schemas or {}).items():
            if name in value:
                self.add(self.itself(inner))
        for name, names in (schema.dependent_required or {}).items():
            if name in value:
                self.depend(name, names, value)

    def depend(self, name: str, wanted: list[str], value: dict[str, Any]) -> None:
        missing = [other for other in wanted if other not in value]
        if missing:
            self.say(f"properties {quoted_list(missing)} required, if {quote(name)} exists")

    def properties(self, value: dict[str, Any]) -> None:
        schema = self.schema
        known, patterns, others = schema.properties or {}, schema.pattern_properties or (), schema.additional_properties
        if not known and not patterns and others is None:
            return
        refused: list[str] = []
        for name in sorted(value):
            if self.quick and self.errors:
                return
            is_known = False
            inner = known.get(name)
            if inner is not None:
                is_known = True
                self.add(self.below(inner, value[name], name))
            for pattern, inner in patterns:
                if pattern.search(to_bytes(name)) is not None:
                    is_known = True
                    self.add(self.below(inner, value[name], name))
            if not is_known and others is not None:
                is_known = True
                if isinstance(others, Schema):
                    self.add(self.below(others, value[name], name))
                elif not others:
                    refused.append(name)
            if is_known:
                self.left.discard(name)
        if refused:
            found = self.complaint(f"additional properties {quoted_list(refused)} not allowed")
            if found is not WRONG:
                found.refused, found.known = refused, list(known)
            self.errors.append(found)

    def names(self, value: dict[str, Any], schema: Schema) -> None:
        meta = self.meta
        for name in sorted(value):
            found = _validate(schema, name, meta, self.run)
            if found is not None:
                found.place, found.text = self.place, f"invalid propertyName {quote(name)}"
                self.add(found)

    # Arrays.

    def array(self, value: list[Any]) -> None:
        schema = self.schema
        if schema.min_items is not None and len(value) < schema.min_items:
            self.say(f"minItems: got {len(value):,}, want {schema.min_items:,}")
        if schema.max_items is not None and len(value) > schema.max_items:
            self.say(f"maxItems: got {len(value):,}, want {schema.max_items:,}")
        if schema.unique_items and len(value) > 1:
            found = duplicates(value)
            if found is not None:
                self.say(f"items at {found[0]:,} and {found[1]:,} are equal")
        if schema.draft < 2020:
            self.items(value)
        else:
            for index, (inner, item) in enumerate(zip(schema.prefix_items or (), value, strict=False)):
                self.add(self.below(inner, item, str(index)))
            if schema.items_2020 is not None:
                for index in range(len(schema.prefix_items or ()), len(value)):
                    self.add(self.below(schema.items_2020, value[index], str(index)))
        if schema.contains is not None:
            self.contains(value, schema.contains)

    def items(self, value: list[Any]) -> None:
        items, others = self.schema.items, self.schema.additional_items
        count = 0
        if isinstance(items, Schema):
            count = len(value)
            for index, item in enumerate(value):
                self.add(self.below(items, item, str(index)))
        elif items is not None:
            count = min(len(value), len(items))
            for index in range(count):
                self.add(self.below(items[index], value[index], str(index)))
        if isinstance(others, Schema):
            for index in range(count, len(value)):
                self.add(self.below(others, value[index], str(index)))
        elif others is False and count != len(value):
            self.say(f"last {len(value) - count:,} additionalItem(s) not allowed")

    def contains(self, value: list[Any], schema: Schema) -> None:
        errors: list[Complaint] = []
        matched: list[int] = []
        for index, item in enumerate(value):
            found = self.below(schema, item, str(index))
            if found is not None:
                errors.append(found)
                continue
            matched.append(index)
            if self.schema.draft >= 2020:
                self.left.discard(index)
        shown = f"matched {len(matched):,} items at {' '.join(map(str, matched))}"
        least, most = self.schema.min_contains, self.schema.max_contains
        if least is not None:
            if len(matched) < least:
                what = f"but {shown}" if matched else "but none matched"
                self.say(f"min {least:,} items required to match contains schema, {what}", errors)
        elif not matched:
            self.say("no items match contains schema", errors)
        if most is not None and len(matched) > most:
            self.say(f"max {most:,} items required to match contains schema, but {shown}")

    # Texts and numbers.

    def string(self, value: str) -> None:
        schema = self.schema
        if schema.min_length is not None and len(value) < schema.min_length:
            self.say(f"minLength: got {len(value):,}, want {schema.min_length:,}")
        if schema.max_length is not None and len(value) > schema.max_length:
            self.say(f"maxLength: got {len(value):,}, want {schema.max_length:,}")
        if schema.pattern is not None and schema.pattern[1].search(to_bytes(value)) is None:
            self.say(f"{quote(value)} does not match pattern {quote(schema.pattern[0])}")

    def number(self, value: object) -> None:
        schema = self.schema
        for keyword, bound, fits in (
            ("minimum", schema.minimum, _at_least),
            ("maximum", schema.maximum, _at_most),
            ("exclusiveMinimum", schema.exclusive_minimum, _above),
            ("exclusiveMaximum", schema.exclusive_maximum, _below),
            ("multipleOf", schema.multiple_of, Decimal.is_multiple_of),
        ):
            if bound is not None:
                mine = decimal(value)
                if mine is not None and not fits(mine, bound):
                    self.say(f"{keyword}: got {mine.shown()}, want {bound.shown()}")

    # Schemas in schemas.

    def conditions(self) -> None:
        schema = self.schema
        if schema.not_ is not None and self.itself(schema.not_, quick=True) is None:
            self.say("'not' failed")
        if schema.all_of:
            errors = [found for inner in schema.all_of if (found := self.itself(inner)) is not None]
            if errors:
                self.say("'allOf' failed", errors)
        if schema.any_of:
            self.any_of(schema.any_of)
        if schema.one_of:
            self.one_of(schema.one_of)
        if schema.if_ is not None:
            chosen = schema.then if self.itself(schema.if_, quick=True) is None else schema.else_
            if chosen is not None:
                self.add(self.itself(chosen))

    def any_of(self, schemas: list[Schema]) -> None:
        errors: list[Complaint] = []
        has_matched = False
        for inner in schemas:
            found = self.itself(inner)
            if found is not None:
                errors.append(found)
                continue
            has_matched = True
            if not self.left:
                break
        if not has_matched:
            self.say("'anyOf' failed", errors)

    def one_of(self, schemas: list[Schema]) -> None:
        errors: list[Complaint] = []
        matched = -1
        for index, inner in enumerate(schemas):
            found = self.itself(inner, quick=matched >= 0)
            if found is not None:
                errors.append(found)
            elif matched < 0:
                matched = index
            else:
                self.say(f"'oneOf' failed, subschemas {matched:,}, {index:,} matched")
                break
        if matched < 0:
            self.say("'oneOf' failed, none matched", errors)

    def unevaluated(self) -> None:
        schema, value = self.schema, self.value
        others = schema.unevaluated_properties if isinstance(value, dict) else schema.unevaluated_items
        if others is None or not isinstance(value, dict | list):
            return
        for name in sorted(self.left):
            self.add(self.below(others, value[name], str(name)))
        self.left.clear()

    def references(self) -> None:
        schema = self.schema
        target = schema.recursive_ref
        if target is not None:
            if target.recursive_anchor:
                target = self.outermost(lambda found: found if found.resource.recursive_anchor else None, target)
            self.add(self.refer(target, "$recursiveRef"))
        if schema.dynamic_ref is not None:
            target, anchor = schema.dynamic_ref
            if anchor and target.dynamic_anchor == anchor:
                target = self.outermost(lambda found: (found.resource.dynamic_anchors or {}).get(anchor), target)
            self.add(self.refer(target, "$dynamicRef"))

    def outermost(self, choose: Callable[[Schema], Schema | None], fallback: Schema) -> Schema:
        """Return what the outermost schema gives that gives something."""
        scope: Scope | None = self.scope
        while scope is not None:
            fallback = choose(scope.schema) or fallback
            scope = scope.parent
        return fallback

    def refer(self, target: Schema, keyword: str) -> Complaint | None:
        found = self.itself(target, keyword)
        if found is None or self.quick:
            return found
        complaint = self.complaint("validation failed", found.causes if found.is_group else [found])
        complaint.is_reference = True
        return complaint

    def itself(self, schema: Schema, keyword: str = "", *, quick: bool = False) -> Complaint | None:
        """Judge the same value by another schema."""
        left = _unevaluated_of(self.value, schema, needed=bool(self.left))
        scope = Scope(schema, keyword, self.scope.value, self.scope)
        inner = _Judge(schema, self.value, self.place, scope, left, self.quick or quick, self.meta, self.run)
        found = inner.judge()
        if found is None:
            self.left &= inner.left
        return found

    def below(self, schema: Schema, value: Any, step: str) -> Complaint | None:
        """Judge a value inside this one."""
        left = _unevaluated_of(value, schema, needed=False)
        scope = Scope(schema, "", self.scope.value + 1, self.scope)
        return _Judge(schema, value, (*self.place, step), scope, left, self.quick, self.meta, self.run).judge()

    def complaint(self, text: str, causes: list[Complaint] | None = None) -> Complaint:
        return WRONG if self.quick else Complaint(self.place, text, causes)

    def say(self, text: str, causes: list[Complaint] | None = None) -> None:
        self.errors.append(self.complaint(text, causes))

    def add(self, found: Complaint | None) -> None:
        if found is not None:
            self.errors.append(found)


def _enum_words(wanted: list[Any]) -> str:
    if any(isinstance(item, list | dict) for item in wanted):
        return "'enum' failed"
    shown = ", ".join(map(display, wanted))
    return f"value must be {shown}" if len(wanted) == 1 else f"value must be one of {shown}"


def _at_least(one: Decimal, other: Decimal) -> bool:
    return one.compare(other) >= 0


def _at_most(one: Decimal, other: Decimal) -> bool:
    return one.compare(other) <= 0


def _above(one: Decimal, other: Decimal) -> bool:
    return one.compare(other) > 0


def _below(one: Decimal, other: Decimal) -> bool:
    return one.compare(other) < 0
