"""CustomResourceDefinitions with something wrong in each, for both servers to refuse in the same words."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
TEXT: Json = {"type": "string"}


def definition(schema: Json | None = None, versions: list[Json] | None = None, **spec: Any) -> Json:
    """A definition of ships with *schema* for its spec, or with other *versions*."""
    whole = {"type": "object", "properties": {"spec": schema or {"type": "object"}}}
    only = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": whole}}
    names = {"plural": "ships", "kind": "Ship"}
    given = {"group": "sea.io", "scope": "Namespaced", "names": names, "versions": versions or [only], **spec}
    plural, group = given["names"].get("plural", ""), given["group"]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": given,
    }


def with_field(**field: Any) -> Json:
    """A definition whose spec has one field."""
    return definition({"type": "object", "properties": {"a": field}})


def with_root(**root: Any) -> Json:
    """A definition with another schema for whole objects."""
    return definition(versions=[version("v1", schema={"openAPIV3Schema": {"type": "object", **root}})])


def version(name: str, *, storage: bool = True, **more: Any) -> Json:
    whole = {"openAPIV3Schema": {"type": "object"}}
    return {"name": name, "served": True, "storage": storage, "schema": whole, **more}


def with_rules(*rules: str, **rule: Any) -> Json:
    """A definition whose spec has fields of many types, and rules."""
    fields: Json = {
        "a": TEXT,
        "n": {"type": "integer"},
        "f": {"type": "number"},
        "l": {"type": "array", "maxItems": 5, "items": {"type": "object", "properties": {"q": TEXT}}},
        "m": {"type": "object", "maxProperties": 5, "additionalProperties": {"type": "integer"}},
        "t": {"type": "string", "format": "date-time"},
        "p": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "a-b": TEXT,
        "x__y": TEXT,
    }
    declared = [{"rule": each, **rule} for each in rules]
    return definition({"type": "object", "properties": fields, "x-kubernetes-validations": declared})


def _list(kind: str | None = None, keys: list[str] | None = None, **items: Any) -> Json:
    given: Json = {"type": "array", "items": items}
    if kind is not None:
        given["x-kubernetes-list-type"] = kind
    if keys is not None:
        given["x-kubernetes-list-map-keys"] = keys
    return with_field(**given)


_WEBHOOK: Json = {"strategy": "Webhook"}
BROKEN: dict[str, Json] = {
    "rule: field": with_rules("self.b == 'x'", "self.l.all(x, x.z == 'a')", "has(self.zz)", "oldSelf.zz == 1"),
    "rule: operands": with_rules("self.a == 1", "self.n == self.f", "self.n + self.a == 1", "self.t == 'x'"),
    "rule: no bool": with_rules(
        "self.a", "self.l.size()", "has(self.a) && self.a", "!self.a", "1", "self.a ? true : false"
    ),
    "rule: names": with_rules("x == 1", "nope(self.a)", "self.a.nope()", "self.m.all(k, self.m[k] > 'a')"),
    "rule: names of fields": with_rules("self.x__y == 'a'", "self.a__dash__b == 1", "self.p.x == 1", "self.n.x"),
    "rule: syntax": with_rules("self.a ==", "(self.a", "self.a)", "a b", "if"),
    "rule: pattern": with_rules("self.a.matches('[')"),
    "rule: lists": with_rules("self.a.all(x, true)", "self.n[0]", "self.a == null", "self.?b.hasValue()"),
    "rule: empty": with_rules("", "  "),
    "rule: lines": with_rules("self.a ==\n'x'"),
    "message: lines": with_rules("true", message="a\nb"),
    "message: blank": with_rules("true", message="  "),
    "message: type": with_rules("true", messageExpression="1"),
    "message: field": with_rules("true", messageExpression="self.zz"),
    "rule: reason": with_rules("true", reason="Nope"),
    "rule: paths": with_rules("true", fieldPath=".zz"),
    "rule: path without dot": with_rules("true", fieldPath="a"),
    "rule: optional": with_rules("true", optionalOldSelf=True),
    "rule: root": with_root(
        **{
            "x-kubernetes-validations": [
                {"rule": each} for each in ("self.metadata.labels == 1", "self.kind == 1", "self.status == 1")
            ]
        }
    ),
    "rule: uncorrelated": with_field(
        type="array",
        maxItems=3,
        items={"type": "string", "maxLength": 5, "x-kubernetes-validations": [{"rule": "self == oldSelf"}]},
    ),
    "pattern": with_field(type="string", pattern="["),
    "pattern: lookahead": with_field(type="string", pattern="a(?=b)"),
    "pattern: star": with_field(type="string", pattern="*"),
    "type: unknown": with_field(type="strin"),
    "type: none": with_field(),
    "type: null": with_field(type="null"),
    "type: of spec": definition({"type": "array"}),
    "list: no items": with_field(type="array"),
    "list: items": with_field(type="array", items=[TEXT]),
    "list: type": _list("bag", **TEXT),
    "list: no keys": _list("map", type="object", properties={"n": TEXT}),
    "list: other key": _list("map", ["z"], type="object", properties={"n": TEXT}),
    "list: optional key": _list("map", ["n"], type="object", properties={"n": TEXT}),
    "list: scalars with keys": _list("map", ["n"], **TEXT),
    "list: keys alone": _list(None, ["n"], type="object", properties={"n": TEXT}),
    "list: set with keys": _list("set", ["n"], **TEXT),
    "list: set of objects": _list("set", type="object", properties={"n": TEXT}),
    "list: set of nulls": _list("set", type="string", nullable=True),
    "list: no list": with_field(**{"type": "string", "x-kubernetes-list-type": "set"}),
    "map: type": with_field(**{"type": "object", "x-kubernetes-map-type": "bag"}),
    "map: no map": with_field(**{"type": "string", "x-kubernetes-map-type": "atomic"}),
    "default: type": with_field(type="string", default=1),
    "default: unknown field": with_field(type="object", properties={"b": TEXT}, default={"c": 1}),
    "default: enum": with_field(type="string", enum=["a"], default="b"),
    "default: item": with_field(type="array", default=["x", 1], items=TEXT),
    "default: required": with_field(type="object", default={}, required=["b"], properties={"b": TEXT}),
    "default: rule": with_field(
        **{"type": "integer", "default": 1, "x-kubernetes-validations": [{"rule": "self > 1", "message": "no"}]}
    ),
    "default: in metadata": with_root(properties={"metadata": {"type": "object", "default": {}}}),
    "properties and more": with_field(type="object", properties={"x": TEXT}, additionalProperties=TEXT),
    "additional at the root": with_root(additionalProperties=True),
    "unique": with_field(type="array", items=TEXT, uniqueItems=True),
    "reference": with_field(**{"$ref": "#/x"}),
    "definitions": with_field(type="string", definitions={"x": TEXT}),
    "id": with_field(type="string", id="x"),
    "pattern properties": with_field(type="object", patternProperties={"x": TEXT}),
    "dependencies": with_field(type="object", dependencies={"x": ["y"]}),
    "preserve: false": with_field(**{"type": "object", "x-kubernetes-preserve-unknown-fields": False}),
    "embedded: text": with_field(**{"type": "string", "x-kubernetes-embedded-resource": True}),
    "embedded: bare": with_field(**{"type": "object", "x-kubernetes-embedded-resource": True}),
    "int or string": with_field(**{"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True}),
    "junctor: types": with_field(anyOf=[{"type": "string"}, {"type": "integer"}]),
    "junctor: words": with_field(type="string", allOf=[{"description": "x", "nullable": True, "default": "x"}]),
    "junctor: field": with_root(anyOf=[{"properties": {"b": {"pattern": "x"}}}]),
    "junctor: metadata": with_root(anyOf=[{"properties": {"metadata": {}}}]),
    "nullable root": with_root(nullable=True),
    "metadata": with_root(properties={"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}),
    "kind": with_root(properties={"kind": {"type": "integer"}}),
    "name": {**definition(), "metadata": {"name": "x"}},
    "group": definition(group="SEA"),
    "group without dot": definition(group="sea"),
    "group of the community": definition(group="sea.k8s.io"),
    "scope": definition(scope="Galaxy"),
    "names": definition(
        names={
            "plural": "ships",
            "kind": "Ship",
            "singular": "A B",
            "listKind": "Ship",
            "shortNames": ["x y"],
            "categories": ["A"],
        }
    ),
    "versions: two stored": definition(versions=[version("v1"), version("v2")]),
    "versions: none stored": definition(versions=[version("v1", storage=False)]),
    "versions: twice": definition(versions=[version("v1"), version("v1", storage=False)]),
    "versions: name": definition(versions=[version("V_1")]),
    "versions: no schema": definition(versions=[{"name": "v1", "served": True, "storage": True}]),
    "versions: warnings": definition(
        versions=[
            version("v1", deprecationWarning="x"),
            version("v2", storage=False, deprecated=True, deprecationWarning=""),
        ]
    ),
    "scale": definition(
        versions=[
            version(
                "v1",
                subresources={
                    "scale": {"specReplicasPath": "spec.n", "statusReplicasPath": ".x", "labelSelectorPath": ".y"}
                },
            )
        ]
    ),
    "scale: empty": definition(versions=[version("v1", subresources={"scale": {}})]),
    "columns": definition(
        versions=[
            version(
                "v1",
                additionalPrinterColumns=[
                    {"name": "", "type": "nope", "jsonPath": "x"},
                    {"name": "a", "type": "string", "jsonPath": ".a", "format": "z"},
                ],
            )
        ]
    ),
    "selectable": definition(
        versions=[version("v1", selectableFields=[{"jsonPath": ".spec.x"}, {"jsonPath": "spec"}, {"jsonPath": ""}])]
    ),
    "conversion": definition(conversion=_WEBHOOK),
    "conversion: strategy": definition(conversion={"strategy": "Nope"}),
    "conversion: client": definition(
        conversion={**_WEBHOOK, "webhook": {"clientConfig": {}, "conversionReviewVersions": ["v9", "v9", "B_"]}}
    ),
    "conversion: url": definition(
        conversion={**_WEBHOOK, "webhook": {"clientConfig": {"url": "http://x"}, "conversionReviewVersions": ["v1"]}}
    ),
    "preserve": definition(preserveUnknownFields=True),
}
