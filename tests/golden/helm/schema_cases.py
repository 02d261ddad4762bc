"""Schemas and values that helm was asked about: a table by hand, and schemas that nobody wrote.

tests/peer/record_helm.py writes helm's answers to schemas.json.
"""

from __future__ import annotations

import random
import re
from typing import Any

Case = tuple[Any, dict[str, Any]]  # a schema, or its text, and the values
Node = tuple[str, list["Node"]]

D4: dict[str, Any] = {"$schema": "http://json-schema.org/draft-04/schema#"}
D6: dict[str, Any] = {"$schema": "http://json-schema.org/draft-06/schema#"}
D7: dict[str, Any] = {"$schema": "http://json-schema.org/draft-07/schema#"}
D19: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2019-09/schema"}
D20: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
TYPES = ["null", "boolean", "number", "integer", "string", "array", "object"]

FORMATS = {
    "ipv4": "1.2.3.4 1.2.3 01.2.3.4 a.1.1.1 1.2.3.256 +1.2.3.4 -1.2.3.4 99999999999999999999.1.1.1 1..2.3",
    "ipv6": ":: ::1 1::2::3 x 1:2 1:2:3:4:5:6:7:8:9 fe80::1%eth0 ::% 1.2:3 12345:: g:: 1:2:3:4:5:6:7:1.2.3.4 %: "
    "1:2:3:4:5:6:1.2.3.4 ::1.2.3 ::1.2.3.4.5 1: ::1: 1:2:3:4:5:6:7::8",
    "hostname": f"a.b -a a- a_b a..b {'x' * 64} é {'a' * 254}",
    "email": f'a@b a .a@b a.@b a..b@c "a_b"@c "a\\"@c aéb@c a@[1.2.3.4] a@[1.2.3] a@[IPv6:::1] a@[IPv6:x] {"x" * 65}@a',
    "date": "2020-01-02 2020-13-01 2020-02-30 x 20-1-1 2020-01-02T 2020-1-02",
    "time": "10:00:00Z 10:00:00 24:00:00Z 10:00:60Z 23:59:60Z 10:00:00.Z 10:00:00.1Z 10:00:00+01:00 10:00:00+1:00 "
    "10:00:00+25:00 10:00:00_01:00 1x:00:00Z 10-00-00Z 10:00:00+0100x -1:00:00Z 10:00:00+aa:00 10:00:00+-1:00",
    "date-time": "2020-01-02T10:00:00Z 2020-01-02_10:00:00Z x 2020-13-02T10:00:00Z 2020-01-02T25:00:00Z",
    "uri": "http://a a http://a^b http://[::1] http://[::x] http://::1 %zz: http://a:b :: a:b http://a/%zz 1a:b http://é/",
    "uri-reference": "a \\ %zz a:b 1:b /^b http://[x] #%z",
    "uri-template": "http://a/{b} /{a /}a {a}/{b} /{{a}}",
    "json-pointer": "/a a /~2 /~ /~0~1",
    "relative-json-pointer": "0 1/a 01 a 0# 0a",
    "uuid": "12345678-1234-1234-1234-123456789012 x 12345678-1234-1234-1234-12345678901g",
    "duration": "P1D P 1 P1W PW P1.5W P1Y2M3DT4H5M6S PT P1 PD P1S P1D1Y PT1H1T1 P1DT1D P1é",
    "period": "P1D/2020-01-02T10:00:00Z x P/x 2020-01-02T10:00:00Z/P 2020-01-02T10:00:00Z/P1D P1D/P1D",
    "semver": "1.2.3 1.2 v1.2.3 1.2.3- 1.2.3-01 1.2.3+ 1.2.3+a..b 01.2.3 1.2.x 1..3 1.2.3-a_b 1.2.3+_ 1.2.3-a+b-c",
    "regex": "a ( [ a{2,1} (?=a)",
    "unknown": "x",
}

BAD: list[dict[str, Any]] = [
    {"type": "strin"}, {"type": ["string", "string"]}, {"type": []}, {"type": 5}, {"minimum": "a"}, {"required": "a"},
    {"required": [1]}, {"required": ["a", "a"]}, {"required": []}, {"properties": []}, {"properties": {"a": 5}},
    {"items": 5}, {"enum": 5}, {"enum": []}, {"enum": [1, 1]}, {"pattern": "("}, {"multipleOf": 0}, {"multipleOf": -1},
    {"minLength": -1}, {"minLength": 1.5}, {"minLength": 2.0}, {"additionalProperties": "a"}, {"allOf": {}},
    {"allOf": []}, {"not": 1}, {"$ref": 5}, {"uniqueItems": "a"}, {"dependencies": {"a": 5}}, {"format": 5},
    {"title": 5, "description": [], "default": 1}, {"exclusiveMinimum": True}, {"exclusiveMinimum": True, "minimum": 2},
    {"definitions": {"a": {"type": "x"}, "b": {"type": "y"}}}, {"$defs": 5}, {"propertyNames": 5},
    {"const": 5, "if": 7},
    {"readOnly": "a"}, {"examples": 5}, {"deprecated": 5}, {"contains": 5, "minContains": "a"}, {"prefixItems": 5},
    {"unevaluatedItems": 5}, {"$anchor": "a b"}, {"$id": "a#b"}, {"$comment": 5}, {"dependentRequired": {"a": 5}},
    {"dependentSchemas": {"a": 5}}, {"contentMediaType": 5}, {"$recursiveRef": 5}, {"$dynamicRef": 5},
    {"$recursiveAnchor": 5}, {"items": [{"type": "x"}]}, {"items": []}, {"additionalItems": 5},
]  # fmt: skip

TEXTS = [
    "", "{", "[]", "5", "null", '"a"', "true", "false", "{}", '{"a":1}x', "{} {}", "nul", '{"type":NaN}', "{a:1}",
    '{"type":"object",}', '{"properties":{"x":{"const":1E2}}}', '{"properties":{"x":{"enum":[1.0,10e1,0.10]}}}',
    '{"properties":{"x":{"minimum":99999999999999999999999}}}', " \n", '{"type":"object","type":"string"}',
]  # fmt: skip

# The schema of x, its values, and what else the schema has.
TABLE: list[tuple[Any, list[Any], dict[str, Any]]] = [
    *(({"type": kind}, [1, 1.5, "a", True, [1], {"a": 1}, 3.0, 1e21], {}) for kind in TYPES),
    ({"type": ["integer", "object", "string"]}, [1.5, None], {}),
    *(
        ({keyword: bound}, [1, 1.005, -3.25, 0, 1234567.891, 999999.5, 1e21, 1e-7, 12345678901234567890, -0.0005], {})
        for keyword, bound in (
            ("minimum", 5),
            ("maximum", -5),
            ("exclusiveMinimum", 1),
            ("exclusiveMaximum", 0.5),
            ("multipleOf", 0.01),
        )
    ),
    *(({"format": name}, [*texts.split(" "), ""], D7) for name, texts in FORMATS.items()),
    *(({"format": "ipv4"}, ["x", 5, None], draft) for draft in ({}, D4, D6, D19, D20)),
    ({"enum": [1, "a", None, True, 1.0, 1.5, 1e5]}, [2, "b", 1.0, False, 100000], {}),
    ({"enum": [[1], {"a": 1}]}, [1, [1], {"a": 1.0}], {}),
    ({"const": 5}, [4, 5.0], {}),
    ({"const": {"a": 1}}, [1], {}),
    ({"const": 'it\'s "x"\n\u00e9\u2028\\'}, [1], {}),
    ({"minLength": 1500, "maxLength": 0, "pattern": "^'a\"$"}, ["b", "é" * 1001], {}),
    ({"minItems": 1000, "uniqueItems": True}, [[], [1, 1.0], ["a", "b", "a"], [{"a": 1}, {"a": 1}]], {}),
    ({"uniqueItems": True}, [[*range(25), 3]], {}),
    ({"minProperties": 2, "maxProperties": 0}, [{"a": 1}], {}),
    ({"required": ["a", "b/c'd~"]}, [{}, {"a": 1}], {}),
    (
        {"additionalProperties": False, "properties": {"a": {}}, "patternProperties": {"^b": {"type": "string"}}},
        [{"a": 1, "b1": 1, "c": 1, "d": 2}],
        {},
    ),
    ({"additionalProperties": {"type": "string"}}, [{"a": 1, "b": "x", "c/d": 1, "e~f": 2}], {}),
    ({"propertyNames": {"pattern": "^[a-z]+$", "maxLength": 2}}, [{"A": 1, "abc": 1, "ABC": 2, "a": 1}], {}),
    ({"items": {"type": "string"}}, [[1, "a", 2]], {}),
    ({"items": [{"type": "string"}], "additionalItems": False}, [[1, 2, 3], ["a"]], D7),
    ({"items": [{"type": "string"}], "additionalItems": {"type": "null"}}, [[1, 2, 3]], D7),
    ({"prefixItems": [{"type": "string"}], "items": False}, [[1, 2, 3]], {}),
    ({"contains": {"type": "string"}}, [[1, 2], [], ["a"]], {}),
    ({"contains": {"type": "string"}, "minContains": 2, "maxContains": 2}, [[1], ["a"], ["a", 1, "b", "c"]], {}),
    ({"not": {"type": "string"}}, ["a"], {}),
    (False, [1], {}),
    ({"allOf": [{"type": "string"}, {"minimum": 5}, {"maximum": 0}]}, [3, "a"], {}),
    ({"anyOf": [{"type": "string"}, {"minimum": 5, "multipleOf": 4}]}, [3], {}),
    ({"oneOf": [{"type": "string"}, {"minimum": 5}]}, [3, "a", 6], {}),
    ({"oneOf": [{"type": "integer"}, {"type": "number"}, {}]}, [3, 3.5, "a"], {}),
    ({"if": {"type": "string"}, "then": {"minLength": 3}, "else": {"minimum": 3}}, ["a", 1, "abc"], {}),
    ({"dependencies": {"a": ["b", "c"], "d": {"required": ["e"]}}}, [{"a": 1}, {"d": 1}], D7),
    ({"dependentRequired": {"a": ["b", "c"]}, "dependentSchemas": {"d": False}}, [{"a": 1}, {"d": 1}], {}),
    ({"properties": {"a": {"type": "string"}}, "unevaluatedProperties": False}, [{"a": 1, "b": 2}], {}),
    ({"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": {"type": "string"}}, [{"a": 1, "b": 2}], {}),
    ({"prefixItems": [True], "unevaluatedItems": False}, [[1, 2, 3]], {}),
    *(({"contains": {"type": "string"}, "unevaluatedItems": False}, [["a", 1]], draft) for draft in (D19, D20)),
    ({"$ref": "#/definitions/a"}, [1], {"definitions": {"a": {"type": "string"}}}),
    ({"$ref": "#/$defs/a", "type": "string"}, [1], {"$defs": {"a": {"type": "null"}}}),
    ({"$ref": "#/definitions/a", "type": "string"}, [1], {"definitions": {"a": {"type": "null"}}, **D7}),
    ({"$ref": "#/definitions/a", "const": 2}, [1], {"definitions": {"a": True}, **D7}),
    *(
        ({"$ref": name}, [1], {})
        for name in ("#/nope", "#nope", "#/%zz", "#/a~", "other.json#/a", "ftp://x/y", "urn:a:b")
    ),
    *(({"$ref": "#/x-foo"}, [1], {"x-foo": {"type": kind}}) for kind in ("null", "nul")),
    ({"$ref": "#/properties/x"}, [1], {}),
    ({"$ref": "#"}, [1, {"x": 1}], {}),
    ({"$ref": "#/$defs/a"}, [1], {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
    ({"$anchor": "foo", "type": "string"}, [1], {"allOf": [{"properties": {"x": {"$ref": "#foo"}}}]}),
    ({"$id": "#foo", "type": "string"}, [1], {"allOf": [{"properties": {"x": {"$ref": "#foo"}}}], **D7}),
    ({"$ref": "http://e.x/root#/$defs/a"}, [1], {"$defs": {"a": {"type": "null"}}, "$id": "http://e.x/root"}),
    *(
        ({"$ref": name}, [1], {"$defs": {"a": {"$id": "a.json", "type": "null"}}, "$id": "http://e.x/dir/root"})
        for name in ("a.json", "sub/../a.json", "../dir/a.json", "/dir/a.json", "http://e.x/dir/a.json")
    ),
    *(({"type": "string"}, [1], {"$id": name}) for name in ("%zz", "not absolute", "", 5, "values.json")),
    *(
        ({"type": "string", "format": "ipv4", "minLength": size}, ["a"], {"$schema": name})
        for size in (3, "x")
        for name in (
            "http://json-schema.org/schema#",
            "https://json-schema.org/draft-07/schema",
            "json-schema.org/draft-07/schema",
            "https://json-schema.org/draft/2020-12/schema#foo",
            "https://json-schema.org/draft/2019-09/meta/core",
            "https://json-schema.org/draft/2020-12/meta/validation",
            "file:///values.schema.json",
            "urn:x:y",
            "foo",
            "%zz",
            "",
            5,
        )
    ),
    *((bad, [1], draft) for draft in (D4, D6, D7, D19, D20) for bad in BAD),
]

TREES: list[Case] = [
    (
        {
            **D19,
            "$id": "http://x/tree",
            "$recursiveAnchor": True,
            "type": "object",
            "properties": {"d": True, "c": {"type": "array", "items": {"$recursiveRef": "#"}}},
            "additionalProperties": False,
            "required": ["d"],
        },
        {"d": 1, "c": [{"d": 1}, {"e": 1}]},
    ),
    (
        {
            "$id": "http://x/tree",
            "$dynamicAnchor": "n",
            "properties": {"d": True, "c": {"type": "array", "items": {"$dynamicRef": "#n"}}},
            "unevaluatedProperties": False,
        },
        {"d": 1, "c": [{"d": 1}, {"e": 1}], "f": 1},
    ),
]


def cases(seed: int = 1, count: int = 400) -> list[Case]:
    """Return all cases; *count* of them are schemas that chance wrote."""
    found: list[Case] = [
        ({"properties": {"x": schema}, **more}, {"x": value}) for schema, values, more in TABLE for value in values
    ]
    found += [({**bad, **draft}, {"x": 1}) for draft in (D4, D7, D20) for bad in BAD]
    found += [(text, {"x": 1}) for text in TEXTS]
    chance = _Chance(random.Random(seed))
    return [*found, *TREES, *(chance.case() for _ in range(count))]


class _Chance:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def case(self) -> Case:
        rng = self.rng
        schema: dict[str, Any] = {"properties": {name: self.schema(1) for name in "abc"}}
        if rng.random() < 0.4:
            schema |= self.keywords(0)
        schema |= {"definitions": {"a": self.schema(2)}, "$defs": {"b": self.schema(2)}}
        return {**schema, **rng.choice([{}, D4, D6, D7, D19, D20])}, {
            name: self.value(1) for name in rng.sample("abcdeAB", 4)
        }

    def value(self, depth: int) -> Any:
        rng = self.rng
        chosen = rng.random()
        if depth < 3 and chosen < 0.3:
            return {rng.choice("abcdeAB"): self.value(depth + 1) for _ in range(rng.randrange(4))}
        if depth < 3 and chosen < 0.5:
            return [self.value(depth + 1) for _ in range(rng.randrange(4))]
        return rng.choice([None, True, False, 0, 1, 2, -1, 1.5, 100000, "", "a", "abc", "ABC", "1.2.3.4", "x@y.z", "é"])

    def schema(self, depth: int) -> Any:
        if depth > 3 or self.rng.random() < 0.08:
            return self.rng.choice([{}, {"type": self.rng.choice(TYPES)}, {"type": self.rng.sample(TYPES, 2)}])
        return self.keywords(depth)

    def keywords(self, depth: int) -> dict[str, Any]:
        return dict(self.keyword(depth) for _ in range(self.rng.randrange(1, 4)))

    def keyword(self, depth: int) -> tuple[str, Any]:
        rng = self.rng

        def inner() -> Any:
            return self.schema(depth + 1)

        def named(names: list[str]) -> dict[str, Any]:
            return {name: inner() for name in rng.sample(names, rng.randrange(1, len(names)))}

        makers = {
            ("type",): lambda: rng.choice(TYPES) if rng.random() < 0.7 else rng.sample(TYPES, 2),
            ("enum",): lambda: [self.value(2)],
            ("const",): lambda: self.value(2),
            ("properties", "dependentSchemas", "$defs"): lambda: named(list("abcdeAB")),
            ("patternProperties",): lambda: named(["^a", "[A-Z]", "b$", "."]),
            ("additionalProperties", "unevaluatedProperties", "unevaluatedItems", "additionalItems"): inner,
            ("contains", "not", "if", "then", "else", "items"): inner,
            ("allOf", "anyOf", "oneOf", "prefixItems"): lambda: [inner() for _ in range(rng.randrange(1, 4))],
            ("required",): lambda: rng.sample("abcde", rng.randrange(1, 3)),
            ("minContains", "maxContains", "minItems", "maxItems"): lambda: rng.randrange(4),
            ("minLength", "maxLength", "minProperties", "maxProperties"): lambda: rng.randrange(4),
            ("minimum", "maximum", "multipleOf", "exclusiveMinimum"): lambda: rng.choice([1, 2, 0.5, 3]),
            ("uniqueItems",): lambda: True,
            ("pattern",): lambda: rng.choice(["^a", "\\d", "^[A-Z]+$", ".{2}"]),
            ("format",): lambda: rng.choice(["ipv4", "date", "email", "uri", "hostname", "regex"]),
            ("dependentRequired",): lambda: {rng.choice("abc"): rng.sample("abcde", 2)},
            ("$ref",): lambda: rng.choice(["#", "#/definitions/a", "#/$defs/b", "#/properties/a"]),
        }
        names = rng.choice(list(makers))
        return rng.choice(names), makers[names]()


def tree(text: str) -> list[Any]:
    """Return complaints as a tree whose siblings are sorted: helm walks maps in any order."""
    root: list[Any] = []
    above: list[tuple[int, list[Any]]] = [(-1, root)]
    for line in text.strip("\n").split("\n"):
        found = re.fullmatch(r"( *)- (.*)", line)
        depth, said = (len(found[1]), found[2]) if found else (-1, line)
        names = re.fullmatch("(.*: additional properties )(.*)( not allowed)", said)
        if names:
            said = names[1] + ", ".join(sorted(names[2].split(", "))) + names[3]
        node: tuple[str, list[Any]] = (said, [])
        while len(above) > 1 and above[-1][0] >= depth:
            above.pop()
        above[-1][1].append(node)
        if found:
            above.append((depth, node[1]))
    return _sorted(root)


def _sorted(nodes: list[Any]) -> list[Any]:
    return sorted((said, _sorted(below)) for said, below in nodes)
