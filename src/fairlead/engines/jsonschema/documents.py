"""Documents of schemas: which resources and anchors they have, and what a reference leads to.

Source: santhosh-tekuri/jsonschema v6.0.3 root.go, roots.go, loader.go, draft.go (getVocabs). Nothing is loaded here:
what is not given, and no metaschema, comes from the *load* of the caller.
"""

from __future__ import annotations

import json

from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.jsonschema.addresses import AddressError, encode, escape, join, parse_url, split, unescape
from fairlead.engines.jsonschema.drafts import LATEST, Dialect, Draft, by_url
from fairlead.engines.jsonschema.metaschemas import metaschema
from fairlead.engines.jsonschema.values import Number

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class SchemaFault(Exception):  # noqa: N818 - a fault of the schema, not of the values
    """A schema that is none, in the library's words."""


def parse(data: bytes) -> Any:
    """Return the schema in a JSON text, numbers with a fraction or an exponent as they are written.

    Raises:
        SchemaFault: no JSON.
    """
    try:
        return json.loads(data.decode("utf-8", "replace"), parse_float=Number, parse_constant=_refuse)
    except RecursionError:
        raise SchemaFault("exceeded max depth") from None
    except ValueError as error:
        from fairlead.engines.helm.functions.jsonwords import complaint

        text = complaint(data.decode("utf-8", "replace"), str(error))
        if text.endswith("after top-level value"):
            text = "invalid character after top-level value"
        elif text == "unexpected end of JSON input":
            text = "unexpected EOF" if data.strip() else "EOF"
        elif text.startswith("invalid character ' ' in ") and not data.endswith(b" "):
            text = "unexpected EOF"  # the end, which a decoder of streams is not shown as a space
        raise SchemaFault(text) from None


def _refuse(text: str) -> Any:
    raise ValueError(text)


class Resource:
    """A schema with an id of its own."""

    def __init__(self, pointer: str, url: str, dialect: Dialect) -> None:
        self.pointer = pointer
        self.url = url
        self.dialect = dialect
        self.anchors: dict[str, str] = {}
        self.dynamic_anchors: list[str] = []


class Document:
    """A JSON document with its resources by their pointer."""

    def __init__(self, url: str, content: Any) -> None:
        self.url = url
        self.content = content
        self.resources: dict[str, Resource] = {}
        self.done: set[str] = set()

    def resource(self, pointer: str) -> Resource:
        """Return the resource that the schema at *pointer* is in."""
        while pointer not in self.resources and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.resources[pointer]

    def lookup(self, pointer: str) -> Any:
        """Return what is at *pointer*. Raises: SchemaFault."""
        value = self.content
        for step in pointer.split("/")[1:]:
            name = unescape(step)
            if name is None:
                raise SchemaFault(f"invalid json-pointer {quote(f'{self.url}#{encode(pointer)}')}")
            if isinstance(value, dict) and name in value:
                value = value[name]
            elif isinstance(value, list) and name.isdecimal() and name.isascii() and int(name[:9]) < len(value):
                value = value[int(name)]
            else:
                raise SchemaFault(f"json-pointer in {quote(f'{self.url}#{encode(pointer)}')} not found")
        return value

    def resolve_in(self, fragment: str, resource: Resource) -> str:
        """Return the pointer that *fragment* means in *resource*. Raises: SchemaFault."""
        if not fragment or fragment.startswith("/"):
            return resource.pointer + fragment
        found = resource.anchors.get(fragment)
        if found is None:
            reference = f"{resource.url}#{encode(fragment)}"
            raise SchemaFault(f"anchor in {quote(reference)} not found in schema {quote(self.url)}")
        return found

    def resolve(self, url: str, fragment: str) -> str | None:
        """Return the pointer that a reference means; None when it leads out of the document. Raises: SchemaFault."""
        if url == self.url:
            return self.resolve_in(fragment, self.resources[""])
        for resource in self.resources.values():
            if resource.url == url:
                return self.resolve_in(fragment, resource)
        return None

    def add_anchors(self, schema: Any, pointer: str, resource: Resource) -> None:
        """Note the anchors of one schema. Raises: SchemaFault."""
        if not isinstance(schema, dict):
            return
        draft = resource.dialect.draft
        if draft.version < 2019:
            name = schema.get(draft.id_keyword)
            if "$ref" in schema or not isinstance(name, str):
                return
            try:
                fragment = split(name)[1]
            except AddressError:
                raise SchemaFault(f"error in parsing anchor at {quote(f'{self.url}#{encode(pointer)}')}") from None
            if fragment and not fragment.startswith("/"):
                self._add_anchor(fragment, pointer, resource)
            return
        name = schema.get("$anchor")
        if isinstance(name, str):
            self._add_anchor(name, pointer, resource)
        name = schema.get("$dynamicAnchor") if draft.version >= 2020 else None
        if isinstance(name, str):
            self._add_anchor(name, pointer, resource)
            resource.dynamic_anchors.append(name)

    def _add_anchor(self, name: str, pointer: str, resource: Resource) -> None:
        before = resource.anchors.setdefault(name, pointer)
        if before != pointer:
            raise SchemaFault(
                f"duplicate anchor {quote(name)} in {quote(self.url)} at {quote(before)} and {quote(pointer)}"
            )


class Documents:
    """All documents that a schema refers to, by URL."""

    def __init__(self, load: Callable[[str], Any], judge: Callable[[Document, Any, str], None]) -> None:
        """*load* gives what is at a URL, or raises SchemaFault; *judge* raises it for what is no schema."""
        self.known: dict[str, Document] = {}
        self.contents: dict[str, Any] = {}
        self._load = load
        self._judge = judge

    def get(self, url: str) -> Document:
        """Return the document at *url*. Raises: SchemaFault."""
        found = self.known.get(url)
        if found is None:
            content = self._content(url)
            found = Document(url, content)
            self._collect(found, content, url, "", Dialect(LATEST))
            if not url.startswith(("http://json-schema.org/", "https://json-schema.org/")):
                self._judge(found, content, "")
            self.known[url] = found
        return found

    def _content(self, url: str) -> Any:
        if url not in self.contents:
            found = metaschema(url)
            self.contents[url] = self._load(url) if found is None else found
        return self.contents[url]

    def ensure(self, document: Document, pointer: str) -> None:
        """See that a place where the draft has no schema has one, as something refers to it. Raises: SchemaFault."""
        if pointer in document.done:
            return
        value = document.lookup(pointer)
        above = document.resource(pointer)
        self._collect(document, value, above.url, pointer, above.dialect)
        if pointer not in document.resources:
            document.add_anchors(value, pointer, document.resource(pointer))
        self._judge(document, value, pointer)

    def _collect(self, document: Document, schema: Any, base: str, pointer: str, fallback: Dialect) -> None:
        """Note the resources and anchors at and below *pointer*. Raises: SchemaFault."""
        if pointer in document.done:
            return
        if isinstance(schema, dict):
            self._collect_object(document, schema, base, pointer, fallback)
        elif not pointer:
            document.resources[""] = Resource("", base, fallback)
        document.done.add(pointer)

    def _collect_object(
        self, document: Document, schema: dict[str, Any], base: str, pointer: str, fallback: Dialect
    ) -> None:
        has_schema = isinstance(schema.get("$schema"), str)
        draft = self._draft(document.url, pointer, schema, fallback.draft, set())
        name = draft.id_of(schema)
        if not name and pointer:
            draft, has_schema = fallback.draft, False
            name = draft.id_of(schema)
        if name:
            try:
                base = join(base, name)[0]
            except AddressError:
                raise SchemaFault(f"error in parsing id at {quote(f'{document.url}#{encode(pointer)}')}") from None
        if name or not pointer:
            same = next((item for item in document.resources.values() if item.url == base), None)
            if same is None:
                dialect = Dialect(draft, self._vocabularies(schema, draft)) if has_schema else fallback
                document.resources[pointer] = Resource(pointer, base, dialect)
            elif same.pointer != pointer:
                raise SchemaFault(
                    f"duplicate id {quote(base)} in {quote(document.url)} at {quote(pointer)} and {quote(same.pointer)}"
                )
        resource = next(item for item in document.resources.values() if item.url == base)
        document.add_anchors(schema, pointer, resource)
        for step, inner in _inner(schema, draft):
            self._collect(document, inner, base, f"{pointer}/{step}", resource.dialect)

    def _draft(self, url: str, pointer: str, schema: Any, default: Draft, seen: set[str]) -> Draft:
        """Return the draft that *schema* is of. Raises: SchemaFault."""
        name = schema.get("$schema") if isinstance(schema, dict) else None
        if not isinstance(name, str):
            return default
        found = by_url(name)
        if found is not None:
            return found
        name = name.partition("#")[0]
        try:
            parse_url(name)
        except AddressError as error:
            detail = str(error).removeprefix(f"error in parsing {quote(name)}: ")
            raise SchemaFault(f"invalid $schema in {quote(f'{url}#{encode(pointer)}')}: {detail}") from None
        if not pointer and name == url:
            raise SchemaFault(f"draft {quote(name)} is not supported")
        if name in seen:
            raise SchemaFault(f"cycle in resolving $schema in {quote(name)}")
        seen.add(name)
        return self._draft(name, "", self._content(name), default, seen)

    def _vocabularies(self, schema: dict[str, Any], draft: Draft) -> tuple[str, ...] | None:
        """Return the vocabularies that the metaschema of *schema* requires. Raises: SchemaFault."""
        name = schema["$schema"]
        if by_url(name) is not None or draft.version < 2019:
            return None
        name = name.partition("#")[0]
        content = self._content(name)
        wanted = content.get("$vocabulary") if isinstance(content, dict) else None
        if not isinstance(wanted, dict):
            return None
        lead = f"{draft.url.removesuffix('schema')}vocab/"
        found: list[str] = []
        for vocabulary in sorted(key for key, is_required in wanted.items() if is_required is True):
            short = vocabulary.removeprefix(lead)
            if short not in draft.vocabularies:
                raise SchemaFault(f"unsupported vocabulary {quote(vocabulary)} in {quote(name)}")
            found.append(short)
        return tuple(found if "core" in found else [*found, "core"])


def _inner(schema: dict[str, Any], draft: Draft) -> Iterator[tuple[str, Any]]:
    """Yield the schemas in *schema* where its draft has them, with their steps."""
    for keyword in draft.maps:
        found = schema.get(keyword)
        if isinstance(found, dict):
            for name in sorted(found):
                yield f"{keyword}/{escape(name)}", found[name]
    for keyword in draft.lists:
        found = schema.get(keyword)
        if isinstance(found, list):
            for index, item in enumerate(found):
                yield f"{keyword}/{index}", item
    for keyword in draft.single:
        if keyword in schema:
            yield keyword, schema[keyword]
