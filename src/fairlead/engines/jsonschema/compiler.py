"""Compile schemas. Source: santhosh-tekuri/jsonschema v6.0.3 compiler.go, objcompiler.go, draft.go (getSchema)."""

from __future__ import annotations

from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.jsonschema.addresses import AddressError, encode, escape, join
from fairlead.engines.jsonschema.documents import Document, Documents, SchemaFault
from fairlead.engines.jsonschema.drafts import Dialect
from fairlead.engines.jsonschema.formats import FORMATS
from fairlead.engines.jsonschema.schema import Schema
from fairlead.engines.jsonschema.validator import validate
from fairlead.engines.jsonschema.values import TYPES, decimal, type_of

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fairlead.engines.jsonschema.values import Decimal


class Compiler:
    """Compiles schemas that may refer to each other."""

    def __init__(self, load: Callable[[str], Any], *, assert_format: bool = False) -> None:
        """*load* gives the document at a URL, or raises SchemaFault; metaschemas need none."""
        self.documents = Documents(load, _judge)
        self.assert_format = assert_format  # also of drafts where formats are remarks
        self._compiled: dict[tuple[str, str], Schema] = {}
        self._queue: list[Schema] = []

    def add(self, url: str, content: Any) -> None:
        """Give the document at *url*."""
        self.documents.contents[url] = content

    def compile(self, url: str) -> Schema:
        """Return the schema at *url*.

        Raises:
            SchemaFault: it is none, or refers to what is not there.
        """
        self.documents.get(url)
        schema = self.enqueue(url, "")
        while self._queue:
            queue, self._queue = self._queue, []
            for item in queue:
                document = self.documents.get(item.url)
                self.documents.ensure(document, item.pointer)
                self._compile(document.lookup(item.pointer), item, document)
        return schema

    def enqueue(self, url: str, pointer: str) -> Schema:
        """Return the schema at a place, which is compiled in its turn."""
        found = self._compiled.get((url, pointer))
        if found is None:
            found = self._compiled[(url, pointer)] = Schema(url, pointer)
            self._queue.append(found)
        return found

    def _compile(self, value: Any, schema: Schema, document: Document) -> None:
        resource = document.resource(schema.pointer)
        schema.draft = resource.dialect.draft.version
        schema.resource = self.enqueue(schema.url, resource.pointer)
        if schema.draft >= 2020 and schema.resource is schema:
            anchors = {name: resource.anchors[name] for name in resource.dynamic_anchors}
            schema.dynamic_anchors = {name: self.enqueue(schema.url, place) for name, place in anchors.items()} or None
        if isinstance(value, bool):
            schema.verdict = value
        elif isinstance(value, dict):
            if value:
                _Keywords(self, value, schema, document).compile()
            else:
                schema.verdict = True
        schema.all_properties_evaluated = schema.additional_properties is not None
        if schema.draft >= 2020:
            schema.all_items_evaluated = schema.items_2020 is not None
            schema.items_evaluated = len(schema.prefix_items or ())
        else:
            schema.all_items_evaluated = schema.additional_items is not None or isinstance(schema.items, Schema)
            schema.items_evaluated = len(schema.items) if isinstance(schema.items, list) else 0


def _nothing(url: str) -> Any:
    raise SchemaFault(f"failing loading {quote(url)}: it is no metaschema")


class _Metaschemas:
    compiler: Compiler | None = None
    of_dialects: dict[tuple[int, tuple[str, ...] | None], Schema]


def schema_of(dialect: Dialect) -> Schema:
    """Return the schema that schemas of *dialect* fit."""
    compiler = _Metaschemas.compiler
    if compiler is None:
        compiler = _Metaschemas.compiler = Compiler(_nothing, assert_format=True)
        _Metaschemas.of_dialects = {}
    key = (dialect.draft.version, dialect.vocabularies)
    found = _Metaschemas.of_dialects.get(key)
    if found is not None:
        return found
    draft = dialect.draft
    if dialect.vocabularies is None:
        found = compiler.compile(draft.url)
    else:
        found = Schema("urn:mem:metaschema", "")
        found.draft = draft.version
        lead = draft.url.removesuffix("schema")
        found.all_of = [compiler.compile(f"{lead}meta/{name}") for name in dialect.vocabularies]
        if draft.version >= 2020:
            found.dynamic_anchor = "meta"
            found.dynamic_anchors = {"meta": found}
    _Metaschemas.of_dialects[key] = found
    return found


def _judge(document: Document, value: Any, pointer: str) -> None:
    """Raise SchemaFault for what is no schema of its draft."""
    meta = schema_of(document.resource(pointer).dialect)
    dialects = {place: schema_of(resource.dialect) for place, resource in document.resources.items()}
    wrong = validate(meta, value, meta, dialects)
    if wrong is not None:
        place = quote(f"{document.url}#{encode(pointer)}")
        location = meta.location if meta.url.startswith("http") else meta.url
        lead = f"jsonschema validation failed with '{location}'"
        raise SchemaFault(f"{place} is not valid against metaschema: {lead}\n{wrong.to_text()}")


class _Keywords:
    """The keywords of one schema."""

    def __init__(self, compiler: Compiler, value: dict[str, Any], schema: Schema, document: Document) -> None:
        self.compiler = compiler
        self.value = value
        self.schema = schema
        self.document = document
        self.resource = document.resource(schema.pointer)
        self.dialect = self.resource.dialect

    def compile(self) -> None:
        schema, draft = self.schema, self.schema.draft
        schema.ref = self.reference("$ref")
        if draft < 2019 and schema.ref is not None:  # beside a reference, these drafts have no keyword but one
            if draft >= 6 and "const" in self.value:
                schema.const = (self.value["const"],)
            return
        if self.dialect.has("applicator"):
            self.applicators(schema, draft)
        if self.dialect.has("validation"):
            self.assertions(schema, draft)
        self.formats(schema, draft)
        if draft >= 2019:
            self.newer(schema, draft)

    def applicators(self, schema: Schema, draft: int) -> None:
        value = self.value
        schema.all_of, schema.any_of, schema.one_of = map(self.listed, ("allOf", "anyOf", "oneOf"))
        schema.not_ = self.single("not")
        if draft < 2020 and "items" in value:
            if isinstance(value["items"], list):
                schema.items = self.listed("items")
                schema.additional_items = self.additional("additionalItems")
            else:
                schema.items = self.single("items")
        schema.properties = self.named("properties")
        patterns = self.named("patternProperties")
        if patterns is not None:
            schema.pattern_properties = [
                (self.pattern("patternProperties", pattern), inner) for pattern, inner in patterns.items()
            ]
        schema.additional_properties = self.additional("additionalProperties")
        self.dependencies(schema)
        if draft >= 6:
            schema.contains = self.single("contains")
            schema.property_names = self.single("propertyNames")
        if draft >= 7:
            schema.if_ = self.single("if")
            if schema.if_ is not None:
                schema.then = self.single("then") if value["if"] is not False else None
                schema.else_ = self.single("else") if value["if"] is not True else None
        if draft >= 2019:
            schema.dependent_schemas = self.named("dependentSchemas")
        if draft >= 2020:
            schema.prefix_items = self.listed("prefixItems")
            schema.items_2020 = self.single("items")

    def dependencies(self, schema: Schema) -> None:
        found = self.value.get("dependencies")
        if isinstance(found, dict):
            schema.dependencies = {
                name: _texts(found[name]) if isinstance(found[name], list) else self.at(f"dependencies/{escape(name)}")
                for name in sorted(found)
            }

    def assertions(self, schema: Schema, draft: int) -> None:
        value = self.value
        if "type" in value:
            names = [value["type"]] if isinstance(value["type"], str) else value["type"]
            types = frozenset(name for name in names if name in TYPES) if isinstance(names, list) else None
            schema.types = types or None
        if isinstance(value.get("enum"), list):
            schema.enum = value["enum"]
        schema.multiple_of = self.number("multipleOf")
        schema.maximum, schema.exclusive_maximum = self.bound("maximum", "exclusiveMaximum")
        schema.minimum, schema.exclusive_minimum = self.bound("minimum", "exclusiveMinimum")
        schema.min_length, schema.max_length = self.integer("minLength"), self.integer("maxLength")
        if isinstance(value.get("pattern"), str):
            schema.pattern = value["pattern"], self.pattern("pattern", value["pattern"])
        schema.min_items, schema.max_items = self.integer("minItems"), self.integer("maxItems")
        schema.unique_items = value.get("uniqueItems") is True
        schema.max_properties, schema.min_properties = self.integer("maxProperties"), self.integer("minProperties")
        if isinstance(value.get("required"), list):
            schema.required = _texts(value["required"])
        if draft >= 6 and "const" in value:
            schema.const = (value["const"],)
        if draft >= 2019:
            if schema.contains is not None:
                schema.min_contains, schema.max_contains = self.integer("minContains"), self.integer("maxContains")
            found = value.get("dependentRequired")
            if isinstance(found, dict):
                names = sorted(name for name in found if isinstance(found[name], list))
                schema.dependent_required = {name: _texts(found[name]) for name in names}

    def formats(self, schema: Schema, draft: int) -> None:
        wanted = self.value.get("format")
        vocabulary = "format" if draft == 2019 else "format-assertion"
        if self.compiler.assert_format or draft < 2019 or self.dialect.has(vocabulary):
            check = FORMATS.get(wanted) if isinstance(wanted, str) else None
            schema.format = None if check is None else (str(wanted), check)

    def newer(self, schema: Schema, draft: int) -> None:
        schema.recursive_ref = self.reference("$recursiveRef")
        schema.recursive_anchor = self.value.get("$recursiveAnchor") is True
        if self.dialect.has("applicator" if draft == 2019 else "unevaluated"):
            schema.unevaluated_items = self.single("unevaluatedItems")
            schema.unevaluated_properties = self.single("unevaluatedProperties")
        if draft >= 2020:
            target = self.reference("$dynamicRef")
            if target is not None:
                fragment = self.value["$dynamicRef"].partition("#")[2]
                schema.dynamic_ref = target, "" if fragment.startswith("/") else fragment
            anchor = self.value.get("$dynamicAnchor")
            schema.dynamic_anchor = anchor if isinstance(anchor, str) else ""

    def at(self, step: str) -> Schema:
        return self.compiler.enqueue(self.schema.url, f"{self.schema.pointer}/{step}")

    def single(self, keyword: str) -> Schema | None:
        return self.at(keyword) if keyword in self.value else None

    def listed(self, keyword: str) -> list[Schema] | None:
        found = self.value.get(keyword)
        return [self.at(f"{keyword}/{index}") for index in range(len(found))] if isinstance(found, list) else None

    def named(self, keyword: str) -> dict[str, Schema] | None:
        found = self.value.get(keyword)
        return (
            {name: self.at(f"{keyword}/{escape(name)}") for name in sorted(found)} if isinstance(found, dict) else None
        )

    def additional(self, keyword: str) -> bool | Schema | None:
        found = self.value.get(keyword)
        return found if isinstance(found, bool) else self.single(keyword)

    def reference(self, keyword: str) -> Schema | None:
        """Return the schema that a keyword refers to. Raises: SchemaFault."""
        found = self.value.get(keyword)
        if not isinstance(found, str):
            return None
        try:
            url, fragment = join(self.resource.url, found)
        except AddressError as error:
            raise SchemaFault(str(error)) from None
        pointer = self.document.resolve(url, fragment)
        if pointer is not None:
            return self.compiler.enqueue(self.schema.url, pointer)
        other = self.compiler.documents.get(url)
        return self.compiler.enqueue(url, other.resolve_in(fragment, other.resources[""]))

    def pattern(self, keyword: str, pattern: str) -> Any:
        from fairlead.engines.helm.functions.regexes import compile_pattern

        try:
            return compile_pattern(pattern)
        except FuncError as error:
            place = f"{self.schema.url}#{encode(self.schema.pointer)}/{encode(keyword)}"
            raise SchemaFault(f"invalid regex {quote(pattern)} at {quote(place)}: {error}") from None

    def number(self, keyword: str) -> Decimal | None:
        found = self.value.get(keyword)
        return decimal(found) if type_of(found) == "number" else None

    def integer(self, keyword: str) -> int | None:
        found = self.number(keyword)
        return found.to_int() if found is not None and found.is_integer() else None

    def bound(self, keyword: str, exclusive: str) -> tuple[Decimal | None, Decimal | None]:
        """Return a bound and an exclusive one; in draft 4 the second keyword says which the first is."""
        found = self.number(keyword)
        return (None, found) if self.value.get(exclusive) is True else (found, self.number(exclusive))


def _texts(items: list[Any]) -> list[str]:
    return [item for item in items if isinstance(item, str)]
