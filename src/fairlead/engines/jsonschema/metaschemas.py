"""The metaschemas of the drafts, put together from what their specifications say of each keyword.

Titles, defaults and remarks are left out: they judge nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

_TEXT: Map = {"type": "string"}
_FLAG: Map = {"type": "boolean"}
_NUMBER: Map = {"type": "number"}
_NAMES = ["array", "boolean", "integer", "null", "number", "object", "string"]


def metaschema(url: str) -> Any:
    """Return the metaschema at *url*; None when there is none."""
    path = url.removeprefix("http://").removeprefix("https://")
    if path == url or not path.startswith("json-schema.org/"):
        return None
    path = path.removeprefix("json-schema.org/")
    if path == "schema":
        path = "draft/2020-12/schema"
    if path in ("draft-04/schema", "draft-06/schema", "draft-07/schema"):
        return _old(int(path[6:8]))
    draft, _, name = path.removeprefix("draft/").partition("/")
    makers = {"2019-09": _Of2019, "2020-12": _Of2020}
    return makers[draft]().document(name) if path.startswith("draft/") and draft in makers else None


def _sizes(reference: str, default: str, extra: tuple[str, ...] = ()) -> Map:
    """Return the keywords that count things."""
    found: Map = {}
    for name in ("Length", "Items", "Properties", *extra):
        found[f"max{name}"] = {"$ref": reference}
        found[f"min{name}"] = {"$ref": reference if name in extra else default}
    return found


def _types(reference: str) -> Map:
    return {
        "anyOf": [
            {"$ref": reference},
            {"type": "array", "items": {"$ref": reference}, "minItems": 1, "uniqueItems": True},
        ]
    }


def _old(draft: int) -> Map:
    """Return the one document of drafts 4, 6 and 7."""
    itself: Map = {"$ref": "#"}
    array, texts = {"$ref": "#/definitions/schemaArray"}, {"$ref": "#/definitions/stringArray"}
    count = "positiveInteger" if draft == 4 else "nonNegativeInteger"
    inner = {"anyOf": [_FLAG, itself]} if draft == 4 else itself
    by_name: Map = {"type": "object", "additionalProperties": itself}
    patterns = {**by_name, "propertyNames": {"format": "regex"}} if draft == 7 else by_name
    exclusive: Map = _FLAG if draft == 4 else _NUMBER
    url = f"http://json-schema.org/draft-{draft:02}/schema#"
    properties: Map = {
        "$schema": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "description": _TEXT,
        "multipleOf": {"type": "number", "minimum": 0, "exclusiveMinimum": True}
        if draft == 4
        else {"type": "number", "exclusiveMinimum": 0},
        "maximum": _NUMBER,
        "exclusiveMaximum": exclusive,
        "minimum": _NUMBER,
        "exclusiveMinimum": exclusive,
        **_sizes(f"#/definitions/{count}", f"#/definitions/{count}Default0"),
        "pattern": {"type": "string", "format": "regex"},
        "additionalItems": inner,
        "items": {"anyOf": [itself, array]},
        "uniqueItems": _FLAG,
        "required": texts,
        "additionalProperties": inner,
        "definitions": by_name,
        "properties": by_name,
        "patternProperties": patterns,
        "dependencies": {"type": "object", "additionalProperties": {"anyOf": [itself, texts]}},
        "enum": {"type": "array", "minItems": 1, "uniqueItems": True},
        "type": _types("#/definitions/simpleTypes"),
        "allOf": array,
        "anyOf": array,
        "oneOf": array,
        "not": itself,
        "format": _TEXT,
    }
    if draft == 4:
        properties |= {"id": {"type": "string", "format": "uriref"}, "$ref": _TEXT}
    else:
        reference: Map = {"type": "string", "format": "uri-reference"}
        properties |= {"$id": reference, "$ref": reference, "contains": itself, "propertyNames": itself}
    if draft == 7:
        properties |= {"$comment": _TEXT, "readOnly": _FLAG, "writeOnly": _FLAG, "examples": {"type": "array"}}
        properties |= {"contentMediaType": _TEXT, "contentEncoding": _TEXT}
        properties |= dict.fromkeys(("if", "then", "else"), itself)
    found: Map = {
        "$schema": url,
        "definitions": {
            "schemaArray": {"type": "array", "minItems": 1, "items": itself},
            count: {"type": "integer", "minimum": 0},
            f"{count}Default0": {"allOf": [{"$ref": f"#/definitions/{count}"}, {}]},
            "simpleTypes": {"enum": _NAMES},
            "stringArray": {
                "type": "array",
                "items": _TEXT,
                "uniqueItems": True,
                **({"minItems": 1} if draft == 4 else {}),
            },
        },
        "type": "object" if draft == 4 else ["object", "boolean"],
        "properties": properties,
    }
    if draft == 4:
        found["dependencies"] = {"exclusiveMaximum": ["maximum"], "exclusiveMinimum": ["minimum"]}
    else:
        found["$id"] = url
    return found


class _Of2019:
    """The documents of draft 2019-09: one for each vocabulary, and one that takes them together."""

    name = "2019-09"
    together: tuple[str, ...] = ("core", "applicator", "validation", "meta-data", "format", "content")
    itself: Map = {"$recursiveRef": "#"}  # noqa: RUF012 - read only
    marks: Map = {"$recursiveAnchor": True}  # noqa: RUF012 - read only
    reference: Map = {"type": "string", "format": "uri-reference"}  # noqa: RUF012 - read only

    def document(self, name: str) -> Map | None:
        if name == "schema":
            return self.whole()
        found = self.vocabularies().get(name.removeprefix("meta/")) if name.startswith("meta/") else None
        if found is None:
            return None
        properties, definitions = found
        document: Map = {**self.head(name), "type": ["object", "boolean"], "properties": properties}
        if definitions:
            document["$defs"] = definitions
        return document

    def head(self, name: str) -> Map:
        url = f"https://json-schema.org/draft/{self.name}"
        names = self.together if name == "schema" else (name.removeprefix("meta/"),)
        vocabularies = {f"{url}/vocab/{item}": item != "format" or name != "schema" for item in names}
        return {"$schema": f"{url}/schema", "$id": f"{url}/{name}", "$vocabulary": vocabularies, **self.marks}

    def whole(self) -> Map:
        texts = {"$ref": "meta/validation#/$defs/stringArray"}
        return {
            **self.head("schema"),
            "allOf": [{"$ref": f"meta/{name}"} for name in self.together],
            "type": ["object", "boolean"],
            "properties": {
                "definitions": {"type": "object", "additionalProperties": self.itself},
                "dependencies": {"type": "object", "additionalProperties": {"anyOf": [self.itself, texts]}},
                **self.outdated(),
            },
        }

    def outdated(self) -> Map:
        return {}

    def vocabularies(self) -> dict[str, tuple[Map, Map]]:
        """Return the keywords of each vocabulary, and what they refer to."""
        return {
            "core": self.core(),
            "applicator": self.applicator(),
            "validation": _validation(),
            "meta-data": (
                {
                    "title": _TEXT,
                    "description": _TEXT,
                    "deprecated": _FLAG,
                    "readOnly": _FLAG,
                    "writeOnly": _FLAG,
                    "examples": {"type": "array"},
                },
                {},
            ),
            "format": ({"format": _TEXT}, {}),
            "content": (
                {"contentMediaType": _TEXT, "contentEncoding": _TEXT, "contentSchema": self.itself},
                {},
            ),
        }

    def core(self) -> tuple[Map, Map]:
        uri: Map = {"type": "string", "format": "uri"}
        return {
            "$id": {**self.reference, "pattern": "^[^#]*#?$"},
            "$schema": uri,
            "$anchor": {"type": "string", "pattern": "^[A-Za-z][-A-Za-z0-9.:_]*$"},
            "$ref": self.reference,
            "$recursiveRef": self.reference,
            "$recursiveAnchor": _FLAG,
            "$vocabulary": {"type": "object", "propertyNames": uri, "additionalProperties": _FLAG},
            "$comment": _TEXT,
            "$defs": {"type": "object", "additionalProperties": self.itself},
        }, {}

    def applicator(self) -> tuple[Map, Map]:
        itself, array = self.itself, {"$ref": "#/$defs/schemaArray"}
        single = ("contains", "additionalProperties", "propertyNames", "if", "then", "else", "not")
        by_name: Map = {"type": "object", "additionalProperties": itself}
        return {
            **dict.fromkeys(single, itself),
            **dict.fromkeys(("allOf", "anyOf", "oneOf"), array),
            **dict.fromkeys(("properties", "dependentSchemas"), by_name),
            "patternProperties": {**by_name, "propertyNames": {"format": "regex"}},
            **self.items(array),
        }, {"schemaArray": {"type": "array", "minItems": 1, "items": itself}}

    def items(self, array: Map) -> Map:
        return {
            "additionalItems": self.itself,
            "unevaluatedItems": self.itself,
            "unevaluatedProperties": self.itself,
            "items": {"anyOf": [self.itself, array]},
        }


class _Of2020(_Of2019):
    """The documents of draft 2020-12."""

    name = "2020-12"
    together = ("core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content")
    itself: Map = {"$dynamicRef": "#meta"}  # noqa: RUF012 - read only
    marks: Map = {"$dynamicAnchor": "meta"}  # noqa: RUF012 - read only

    def outdated(self) -> Map:
        return {
            "$recursiveAnchor": {"$ref": "meta/core#/$defs/anchorString"},
            "$recursiveRef": {"$ref": "meta/core#/$defs/uriReferenceString"},
        }

    def vocabularies(self) -> dict[str, tuple[Map, Map]]:
        found = super().vocabularies()
        found["format-annotation"] = found["format-assertion"] = found.pop("format")
        found["unevaluated"] = {"unevaluatedItems": self.itself, "unevaluatedProperties": self.itself}, {}
        return found

    def core(self) -> tuple[Map, Map]:
        reference, anchor = {"$ref": "#/$defs/uriReferenceString"}, {"$ref": "#/$defs/anchorString"}
        uri = {"$ref": "#/$defs/uriString"}
        return {
            "$id": {**reference, "pattern": "^[^#]*#?$"},
            "$schema": uri,
            "$ref": reference,
            "$anchor": anchor,
            "$dynamicRef": reference,
            "$dynamicAnchor": anchor,
            "$vocabulary": {"type": "object", "propertyNames": uri, "additionalProperties": _FLAG},
            "$comment": _TEXT,
            "$defs": {"type": "object", "additionalProperties": self.itself},
        }, {
            "anchorString": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
            "uriString": {"type": "string", "format": "uri"},
            "uriReferenceString": self.reference,
        }

    def items(self, array: Map) -> Map:
        return {"prefixItems": array, "items": self.itself}


def _validation() -> tuple[Map, Map]:
    texts = {"$ref": "#/$defs/stringArray"}
    return {
        "multipleOf": {"type": "number", "exclusiveMinimum": 0},
        "maximum": _NUMBER,
        "exclusiveMaximum": _NUMBER,
        "minimum": _NUMBER,
        "exclusiveMinimum": _NUMBER,
        **_sizes("#/$defs/nonNegativeInteger", "#/$defs/nonNegativeIntegerDefault0", ("Contains",)),
        "pattern": {"type": "string", "format": "regex"},
        "uniqueItems": _FLAG,
        "required": texts,
        "dependentRequired": {"type": "object", "additionalProperties": texts},
        "enum": {"type": "array"},
        "type": _types("#/$defs/simpleTypes"),
    }, {
        "nonNegativeInteger": {"type": "integer", "minimum": 0},
        "nonNegativeIntegerDefault0": {"$ref": "#/$defs/nonNegativeInteger"},
        "simpleTypes": {"enum": _NAMES},
        "stringArray": {"type": "array", "items": _TEXT, "uniqueItems": True},
    }
