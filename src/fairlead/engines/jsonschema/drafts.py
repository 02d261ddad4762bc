"""The drafts: how each one names things, and where it has schemas in schemas.

Source: santhosh-tekuri/jsonschema v6.0.3 draft.go.
"""

from __future__ import annotations

from fairlead.engines.record import Record

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

_MAPS = ("definitions", "properties", "patternProperties", "dependencies")
_LISTS = ("allOf", "anyOf", "oneOf", "items")
_SINGLE = ("not", "additionalProperties", "items", "additionalItems")


class Draft(Record, frozen=True):
    """A draft; *maps*, *lists* and *single* are the keywords with schemas by name, by number, and alone."""

    version: int
    url: str
    id_keyword: str
    maps: tuple[str, ...]
    lists: tuple[str, ...]
    single: tuple[str, ...]
    vocabularies: tuple[str, ...] = ()
    default_vocabularies: tuple[str, ...] = ()

    def id_of(self, schema: dict[str, Any]) -> str:
        """Return the id that *schema* gives itself, without fragment; "" when it has none."""
        if self.version < 2019 and "$ref" in schema:
            return ""
        found = schema.get(self.id_keyword)
        return found.partition("#")[0] if isinstance(found, str) else ""


DRAFT_4 = Draft(4, "http://json-schema.org/draft-04/schema", "id", _MAPS, _LISTS, _SINGLE)
DRAFT_6 = Draft(
    6, "http://json-schema.org/draft-06/schema", "$id", _MAPS, _LISTS, (*_SINGLE, "propertyNames", "contains")
)
DRAFT_7 = Draft(
    7, "http://json-schema.org/draft-07/schema", "$id", _MAPS, _LISTS, (*DRAFT_6.single, "if", "then", "else")
)
DRAFT_2019 = Draft(
    2019,
    "https://json-schema.org/draft/2019-09/schema",
    "$id",
    (*_MAPS, "$defs", "dependentSchemas"),
    _LISTS,
    (*DRAFT_7.single, "unevaluatedProperties", "unevaluatedItems", "contentSchema"),
    ("core", "applicator", "validation", "meta-data", "format", "content"),
    ("core", "applicator", "validation"),
)
DRAFT_2020 = Draft(
    2020,
    "https://json-schema.org/draft/2020-12/schema",
    "$id",
    DRAFT_2019.maps,
    (*_LISTS, "prefixItems"),
    DRAFT_2019.single,
    (
        "core",
        "applicator",
        "unevaluated",
        "validation",
        "meta-data",
        "format-annotation",
        "format-assertion",
        "content",
    ),
    ("core", "applicator", "unevaluated", "validation"),
)
LATEST = DRAFT_2020

_BY_URL = {draft.url.partition("://")[2]: draft for draft in (DRAFT_4, DRAFT_6, DRAFT_7, DRAFT_2019, DRAFT_2020)}
_BY_URL["json-schema.org/schema"] = LATEST


def by_url(url: str) -> Draft | None:
    """Return the draft that a $schema means."""
    url, _, fragment = url.partition("#")
    if fragment:
        return None
    return _BY_URL.get(url.removeprefix("http://").removeprefix("https://"))


class Dialect(Record, frozen=True):
    """A draft with the vocabularies that a metaschema asks for; None stands for the draft's usual ones."""

    draft: Draft
    vocabularies: tuple[str, ...] | None = None

    def has(self, vocabulary: str) -> bool:
        if vocabulary == "core" or self.draft.version < 2019:
            return True
        known = self.draft.default_vocabularies if self.vocabularies is None else self.vocabularies
        return vocabulary in known
