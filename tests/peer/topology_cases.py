"""Questions about ClusterClasses and managed topologies for the peer `capi-topology`.

The answers of Cluster API's own packages are in tests/golden/clusterclass; record_topology.py records them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from fairlead.base.objects import Json

INFRA = "infrastructure.cluster.x-k8s.io/v1beta2"
CONTROL = "controlplane.cluster.x-k8s.io/v1beta2"
BOOTSTRAP = "bootstrap.cluster.x-k8s.io/v1beta2"


def reference(api_version: str, kind: str, name: str) -> Json:
    return {"templateRef": {"apiVersion": api_version, "kind": kind, "name": name}}


def cluster_class(**spec: Any) -> Json:
    """A ClusterClass with one worker class, changed at the top of its spec."""
    return {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "ClusterClass",
        "metadata": {"name": "boats", "namespace": "fleet"},
        "spec": {
            "infrastructure": reference(INFRA, "VSphereClusterTemplate", "boats"),
            "controlPlane": {
                **reference(CONTROL, "KubeadmControlPlaneTemplate", "boats-control"),
                "machineInfrastructure": reference(INFRA, "VSphereMachineTemplate", "boats-control"),
            },
            "workers": {
                "machineDeployments": [
                    {
                        "class": "deck",
                        "bootstrap": reference(BOOTSTRAP, "KubeadmConfigTemplate", "boats-deck"),
                        "infrastructure": reference(INFRA, "VSphereMachineTemplate", "boats-deck"),
                    }
                ]
            },
            **spec,
        },
    }


def cluster(topology: Json | None = None, **metadata: Any) -> Json:
    """A Cluster of that class."""
    return {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "Cluster",
        "metadata": {"name": "skiff", "namespace": "fleet", "uid": "1a2b", **metadata},
        "spec": {
            "clusterNetwork": {
                "pods": {"cidrBlocks": ["10.0.0.0/16"]},
                "services": {"cidrBlocks": ["10.1.0.0/16"]},
                "serviceDomain": "boats.local",
            },
            "topology": {
                "classRef": {"name": "boats"},
                "version": "v1.33.1",
                "controlPlane": {"replicas": 3},
                "workers": {"machineDeployments": [{"class": "deck", "name": "md-0", "replicas": 2}]},
                **(topology or {}),
            },
        },
    }


def variable(name: str, schema: Json, required: bool = False) -> Json:
    return {"name": name, "required": required, "schema": {"openAPIV3Schema": schema}}


def value(name: str, given: Any) -> Json:
    return {"name": name, "value": given}


# Admission of classes: variables.

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
SCHEMAS: dict[str, Json] = {
    "good-string": {"type": "string", "default": "a", "minLength": 1, "pattern": "^a"},
    "good-object": {"type": "object", "properties": {"a": {"type": "integer", "default": 1}}, "default": {}},
    "no-type": {"minimum": 1},
    "no-type-nested": {"type": "object", "properties": {"a": {"minimum": 1}}},
    "no-type-items": {"type": "array", "items": {"minimum": 1}},
    "array-without-items": {"type": "array"},
    "default-of-wrong-type": {"type": "integer", "default": "one"},
    "default-too-small": {"type": "integer", "minimum": 3, "default": 1},
    "default-not-in-enum": {"type": "string", "enum": ["a", "b"], "default": "c"},
    "default-with-unknown-field": {
        "type": "object",
        "properties": {"a": STRING},
        "default": {"a": "x", "b": "y"},
    },
    "default-preserved-unknown-field": {
        "type": "object",
        "properties": {"a": STRING},
        "x-kubernetes-preserve-unknown-fields": True,
        "default": {"a": "x", "b": "y"},
    },
    "nested-default-of-wrong-type": {"type": "object", "properties": {"a": {"type": "boolean", "default": "no"}}},
    "default-in-items": {
        "type": "array",
        "items": {"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}},
    },
    "default-lacks-required": {"type": "object", "required": ["a"], "properties": {"a": STRING}, "default": {}},
    "default-breaks-rule": {
        "type": "integer",
        "default": 1,
        "x-kubernetes-validations": [{"rule": "self > 1", "message": "must be more than one"}],
    },
    "example-of-wrong-type": {"type": "integer", "example": "one"},
    "example-breaks-rule": {"type": "integer", "example": 1, "x-kubernetes-validations": [{"rule": "self > 1"}]},
    "enum-of-wrong-type": {"type": "string", "enum": ["a", 1]},
    "enum-breaks-rule": {
        "type": "string",
        "enum": ["a", "bb"],
        "x-kubernetes-validations": [{"rule": "self.size() > 1"}],
    },
    "unknown-type": {"type": "text"},
    "bad-pattern": {"type": "string", "pattern": "a(b"},
    "bad-pattern-nested": {"type": "object", "properties": {"a": {"type": "string", "pattern": "[z-a]"}}},
    "properties-and-additional": {"type": "object", "properties": {"a": STRING}, "additionalProperties": STRING},
    "int-or-string": {"x-kubernetes-int-or-string": True},
    "int-or-string-any-of": {
        "x-kubernetes-int-or-string": True,
        "anyOf": [{"type": "integer"}, {"type": "string"}],
    },
    "int-or-string-all-of": {
        "x-kubernetes-int-or-string": True,
        "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"pattern": "^a"}],
    },
    "int-or-string-and-preserve": {"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True},
    "preserve-without-type": {"x-kubernetes-preserve-unknown-fields": True},
    "any-of-with-type": {"type": "string", "anyOf": [{"type": "string", "minLength": 1}]},
    "any-of-with-default": {"type": "string", "anyOf": [{"default": "a"}, {"minLength": 1}]},
    "all-of-undeclared-field": {"type": "object", "properties": {"a": STRING}, "allOf": [{"required": ["a"]}]},
    "one-of-field-not-outside": {
        "type": "object",
        "properties": {"a": STRING},
        "oneOf": [{"properties": {"b": {"minLength": 1}}}, {"required": ["a"]}],
    },
    "not-with-additional": {"type": "object", "additionalProperties": STRING, "not": {"additionalProperties": STRING}},
    "nested-metadata": {
        "type": "object",
        "properties": {"metadata": {"type": "object", "properties": {"a": STRING}}},
        "anyOf": [{"properties": {"metadata": {"minProperties": 1}}}],
    },
    "nested-rule": {"type": "string", "anyOf": [{"x-kubernetes-validations": [{"rule": "true"}]}]},
    "rule-empty": {"type": "string", "x-kubernetes-validations": [{"rule": "  "}]},
    "rule-message-blank": {"type": "string", "x-kubernetes-validations": [{"rule": "true", "message": "  "}]},
    "rule-message-long": {"type": "string", "x-kubernetes-validations": [{"rule": "true", "message": "m" * 2049}]},
    "rule-message-lines": {"type": "string", "x-kubernetes-validations": [{"rule": "true", "message": "a\nb"}]},
    "rule-lines-without-message": {"type": "string", "x-kubernetes-validations": [{"rule": "true\n|| false"}]},
    "rule-message-expression-blank": {
        "type": "string",
        "x-kubernetes-validations": [{"rule": "true", "messageExpression": " "}],
    },
    "rule-bad-reason": {"type": "string", "x-kubernetes-validations": [{"rule": "true", "reason": "Nope"}]},
    "rule-bad-field-path": {
        "type": "object",
        "properties": {"a": STRING},
        "x-kubernetes-validations": [{"rule": "true", "fieldPath": ".b"}],
    },
    "rule-good-field-path": {
        "type": "object",
        "properties": {"a": STRING},
        "x-kubernetes-validations": [{"rule": "true", "fieldPath": ".a"}],
    },
    "rule-does-not-parse": {"type": "string", "x-kubernetes-validations": [{"rule": "self ==", "message": "m"}]},
    "rule-unknown-variable": {"type": "string", "x-kubernetes-validations": [{"rule": "other == 'a'"}]},
    "rule-old-self-in-items": {
        "type": "array",
        "items": {"type": "integer", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]},
    },
    "rule-old-self": {"type": "integer", "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]},
    "x-metadata-bad-label": {"type": "string", "x-metadata": {"labels": {"a b": "c"}}},
    "x-metadata-bad-nested": {
        "type": "object",
        "properties": {"a": {"type": "string", "x-metadata": {"annotations": {"a b": "c"}}}},
    },
    "map-of-defaults": {
        "type": "object",
        "additionalProperties": {"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}},
    },
}


def classes_with_variables() -> Iterator[tuple[str, Json]]:
    for name, schema in SCHEMAS.items():
        yield f"schema-{name}", {"op": "class", "class": cluster_class(variables=[variable("v", schema)])}
    lists: dict[str, list[Json]] = {
        "empty": [variable("", STRING)],
        "builtin": [variable("builtin", STRING)],
        "dotted": [variable("a.b", STRING)],
        "twice": [variable("a", STRING), variable("a", INTEGER)],
        "metadata": [{**variable("a", STRING), "deprecatedV1Beta1Metadata": {"labels": {"x/y/z": "-"}}}],
    }
    for name, variables in lists.items():
        yield f"variable-{name}", {"op": "class", "class": cluster_class(variables=variables)}


# Admission of classes: patches and names.


def definition(*patches: Json, **selector: Any) -> Json:
    return {
        "selector": {
            "apiVersion": CONTROL,
            "kind": "KubeadmControlPlaneTemplate",
            "matchResources": {"controlPlane": True},
            **selector,
        },
        "jsonPatches": list(patches),
    }


def add(path: str = "/spec/template/spec/a", **value_: Any) -> Json:
    return {"op": "add", "path": path, **(value_ or {"value": 1})}


def patch(*definitions: Json, name: str = "p", **more: Any) -> Json:
    return {"name": name, "definitions": list(definitions), **more}


def workers(*names: str, kind: str = "KubeadmConfigTemplate", api_version: str = BOOTSTRAP) -> Json:
    matched = {"machineDeploymentClass": {"names": list(names)}}
    return definition(add(), apiVersion=api_version, kind=kind, matchResources=matched)


PATCHES: dict[str, list[Json]] = {
    "good": [patch(definition(add()))],
    "no-name": [patch(definition(add()), name="")],
    "named-inline": [patch(definition(add()), name="inline")],
    "twice": [patch(definition(add())), patch(definition(add()))],
    "enabled-if-broken": [patch(definition(add()), enabledIf="{{ if .a }}")],
    "enabled-if-unknown-function": [patch(definition(add()), enabledIf="{{ now }}")],
    "nothing": [{"name": "p"}],
    "external": [{"name": "p", "external": {"generatePatchesExtension": "x.y"}}],
    "external-without-extension": [{"name": "p", "external": {"discoverVariablesExtension": "x.y"}}],
    "op-unknown": [patch(definition({"op": "move", "path": "/spec/a", "value": 1}))],
    "path-outside-spec": [patch(definition(add("/metadata/labels/a")))],
    "path-of-all-spec": [patch(definition(add("/spec", value={})))],
    "add-at-0": [patch(definition(add("/spec/a/0")))],
    "add-at-1": [patch(definition(add("/spec/a/1")))],
    "add-at-end": [patch(definition(add("/spec/a/-")))],
    "replace-at-0": [patch(definition({"op": "replace", "path": "/spec/a/0", "value": 1}))],
    "remove-at-0": [patch(definition({"op": "remove", "path": "/spec/a/0"}))],
    "no-value": [patch(definition({"op": "add", "path": "/spec/a"}))],
    "two-values": [patch(definition(add(value=1, valueFrom={"variable": "v"})))],
    "value-from-nothing": [patch(definition(add(valueFrom={})))],
    "value-from-both": [patch(definition(add(valueFrom={"variable": "v", "template": "x"})))],
    "template-broken": [patch(definition(add(valueFrom={"template": "{{ .a"})))],
    "template-unknown-function": [patch(definition(add(valueFrom={"template": "{{ toYaml .a }}"})))],
    "variable-unknown": [patch(definition(add(valueFrom={"variable": "w.x"})))],
    "variable-path": [patch(definition(add(valueFrom={"variable": "v.x[0].y"})))],
    "builtin-unknown": [patch(definition(add(valueFrom={"variable": "builtin.cluster.nme"})))],
    "builtin-known": [patch(definition(add(valueFrom={"variable": "builtin.controlPlane.version"})))],
    "builtin-all": [patch(definition(add(valueFrom={"variable": "builtin"})))],
    "selector-empty": [patch(definition(add(), matchResources={}))],
    "selector-empty-names": [patch(definition(add(), matchResources={"machineDeploymentClass": {"names": []}}))],
    "selector-other-kind": [patch(definition(add(), kind="OtherTemplate"))],
    "selector-other-version": [patch(definition(add(), apiVersion=CONTROL.replace("v1beta2", "v1beta1")))],
    "selector-infrastructure": [patch(definition(add(), matchResources={"infrastructureCluster": True}))],
    "selector-control-plane-machine": [patch(definition(add(), apiVersion=INFRA, kind="VSphereMachineTemplate"))],
    "class-exact": [patch(workers("deck"))],
    "class-unknown": [patch(workers("hold"))],
    "class-star": [patch(workers("*"))],
    "class-start": [patch(workers("de*"))],
    "class-end": [patch(workers("*ck"))],
    "class-two-stars": [patch(workers("*e*"))],
    "class-star-inside": [patch(workers("d*k"))],
    "class-star-no-name": [patch(workers("*!"))],
    "class-of-other-kind": [patch(workers("deck", kind="OtherTemplate"))],
    "class-infrastructure": [patch(workers("deck", kind="VSphereMachineTemplate", api_version=INFRA))],
    "pool-unknown": [patch(definition(add(), matchResources={"machinePoolClass": {"names": ["pool"]}}))],
}
NAMING: dict[str, str] = {
    "good": "{{ .cluster.name }}-x-{{ .random }}",
    "broken": "{{ .cluster.name",
    "unknown-field": "{{ .cluster.nme }}",
    "unknown-function": "{{ upper .cluster.name }}",
    "not-a-name": "{{ .cluster.name }}_x",
    "upper-case": "X-{{ .random }}",
    "long": "{{ .cluster.name }}-" + "x" * 80,
}


def classes_with_patches() -> Iterator[tuple[str, Json]]:
    for name, patches in PATCHES.items():
        given = cluster_class(patches=patches, variables=[variable("v", STRING)])
        yield f"patch-{name}", {"op": "class", "class": given}
    for name, template in NAMING.items():
        for part in ("infrastructure", "controlPlane", "machineDeployments", "machinePools"):
            given = cluster_class()
            spec = given["spec"]
            if part == "machinePools":
                spec["workers"]["machinePools"] = [
                    {
                        "class": "pool",
                        "bootstrap": reference(BOOTSTRAP, "KubeadmConfigTemplate", "boats-deck"),
                        "infrastructure": reference(INFRA, "VSphereMachinePoolTemplate", "boats-pool"),
                    }
                ]
            holder = spec[part] if part in spec else spec["workers"][part][0]
            holder["naming"] = {"template": template}
            yield f"naming-{part}-{name}", {"op": "class", "class": given}


# Values of variables.

VALUES: dict[str, tuple[list[Json], list[Json]]] = {
    "all-defaults": (
        [
            variable("z", {"type": "string", "default": "last"}),
            variable("a", {"type": "integer", "default": 7}),
            variable("o", {"type": "object", "default": {}, "properties": {"x": {"type": "integer", "default": 1}}}),
            variable("n", STRING),
        ],
        [],
    ),
    "order": ([variable("a", {**STRING, "default": "a"}), variable("b", STRING)], [value("b", "x")]),
    "nested-defaults": (
        [
            variable(
                "o",
                {
                    "type": "object",
                    "properties": {
                        "x": {"type": "object", "properties": {"y": {"type": "integer", "default": 2}}},
                        "l": {
                            "type": "array",
                            "items": {"type": "object", "properties": {"d": {"type": "boolean", "default": True}}},
                        },
                        "m": {
                            "type": "object",
                            "additionalProperties": {
                                "type": "object",
                                "properties": {"d": {"type": "string", "default": "e"}},
                            },
                        },
                    },
                },
            )
        ],
        [value("o", {"x": {}, "l": [{}, {"d": False}], "m": {"k": {}}})],
    ),
    "null-with-default": ([variable("a", {**STRING, "default": "d"})], [value("a", None)]),
    "null-without-default": ([variable("a", STRING)], [value("a", None)]),
    "null-field": (
        [variable("o", {"type": "object", "properties": {"x": STRING, "y": {**STRING, "default": "d"}}})],
        [value("o", {"x": None, "y": None})],
    ),
    "undefined": ([], [value("a", "x")]),
    "undefined-object": ([variable("b", STRING)], [value("a", {"x": [1, "<&>"]})]),
    "twice": ([variable("a", STRING)], [value("a", "x"), value("a", "y")]),
    "required-missing": ([variable("a", STRING, True), variable("b", STRING, True)], [value("b", "x")]),
    "required-with-default": ([variable("a", {**STRING, "default": "d"}, True)], []),
    "wrong-type": ([variable("a", INTEGER)], [value("a", "x")]),
    "wrong-type-float": ([variable("a", INTEGER)], [value("a", 1.5)]),
    "wrong-type-object": ([variable("a", STRING)], [value("a", {"b": 1})]),
    "wrong-type-nested": (
        [variable("o", {"type": "object", "properties": {"x": {"type": "boolean"}}})],
        [value("o", {"x": "true"})],
    ),
    "number-given-integer": ([variable("a", {"type": "number"})], [value("a", 3)]),
    "enum": ([variable("a", {**STRING, "enum": ["x", "y"]})], [value("a", "z")]),
    "enum-integers": ([variable("a", {**INTEGER, "enum": [1, 2]})], [value("a", 3)]),
    "minimum": ([variable("a", {**INTEGER, "minimum": 3})], [value("a", 2)]),
    "maximum-exclusive": ([variable("a", {**INTEGER, "maximum": 3, "exclusiveMaximum": True})], [value("a", 3)]),
    "min-length": ([variable("a", {**STRING, "minLength": 2})], [value("a", "x")]),
    "max-length": ([variable("a", {**STRING, "maxLength": 2})], [value("a", "xyz")]),
    "pattern": ([variable("a", {**STRING, "pattern": "^[a-z]+$"})], [value("a", "X1")]),
    "format-ipv4": ([variable("a", {**STRING, "format": "ipv4"})], [value("a", "1.2.3")]),
    "format-cidr": ([variable("a", {**STRING, "format": "cidr"})], [value("a", "10.0.0.0/8")]),
    "format-unknown": ([variable("a", {**STRING, "format": "boat"})], [value("a", "x")]),
    "format-given-number": ([variable("a", {**STRING, "format": "ipv4"})], [value("a", 5)]),
    "format-given-fraction": ([variable("a", {**STRING, "format": "duration"})], [value("a", 1.5)]),
    "format-given-map": ([variable("a", {**STRING, "format": "date-time"})], [value("a", {})]),
    "format-given-list": ([variable("a", {**STRING, "format": "uri"})], [value("a", [1])]),
    "format-of-other-type": ([variable("a", {"type": "boolean", "format": "date"})], [value("a", "x")]),
    "format-int32-given-boolean": ([variable("a", {**INTEGER, "format": "int32"})], [value("a", True)]),
    "format-without-type": (
        [variable("a", {"x-kubernetes-preserve-unknown-fields": True, "format": "date"})],
        [value("a", 5)],
    ),
    "format-hostnames": (
        [variable("a", {"type": "array", "items": {**STRING, "format": "hostname"}})],
        [value("a", ["a", "a-b", "a-", "-a", "a--b", "a.b", "a.bc", "a.b9", "10.0.0.1", "a--b.com", "über.de", "a_b"])],
    ),
    "enum-with-null": ([variable("a", {**STRING, "enum": [None, "x"]})], [value("a", "z")]),
    "not-in-a-map": (
        [variable("a", {"type": "object", "additionalProperties": {**STRING, "not": {"enum": ["x"]}}})],
        [value("a", {"k": "x"})],
    ),
    "null-with-nested-default": (
        [variable("o", {"type": "object", "properties": {"x": {**STRING, "default": "d"}}, "default": {}})],
        [value("o", None)],
    ),
    "min-items": ([variable("a", {"type": "array", "items": STRING, "minItems": 2})], [value("a", ["x"])]),
    "max-items": ([variable("a", {"type": "array", "items": STRING, "maxItems": 1})], [value("a", ["x", "y"])]),
    "unique-items": (
        [variable("a", {"type": "array", "items": STRING, "uniqueItems": True})],
        [value("a", ["x", "x"])],
    ),
    "item-wrong": ([variable("a", {"type": "array", "items": INTEGER})], [value("a", [1, "x"])]),
    "min-properties": (
        [variable("a", {"type": "object", "additionalProperties": STRING, "minProperties": 1})],
        [value("a", {})],
    ),
    "additional-wrong": (
        [variable("a", {"type": "object", "additionalProperties": INTEGER})],
        [value("a", {"x": "y"})],
    ),
    "required-field": (
        [variable("o", {"type": "object", "required": ["x"], "properties": {"x": STRING, "y": STRING}})],
        [value("o", {"y": "z"})],
    ),
    "unknown-field": (
        [variable("o", {"type": "object", "properties": {"x": STRING}})],
        [value("o", {"x": "a", "y": 1})],
    ),
    "unknown-fields-nested": (
        [
            variable(
                "o",
                {
                    "type": "object",
                    "properties": {
                        "x": {"type": "object", "properties": {"y": STRING}},
                        "l": {"type": "array", "items": {"type": "object", "properties": {"y": STRING}}},
                    },
                },
            )
        ],
        [value("o", {"x": {"z": 1}, "l": [{"y": "a"}, {"q": 1}]})],
    ),
    "unknown-field-preserved": (
        [variable("o", {"type": "object", "x-kubernetes-preserve-unknown-fields": True})],
        [value("o", {"y": 1})],
    ),
    "anything": ([variable("o", {"x-kubernetes-preserve-unknown-fields": True})], [value("o", [1, "a"])]),
    "int-or-string": ([variable("o", {"x-kubernetes-int-or-string": True})], [value("o", "50%")]),
    "int-or-string-wrong": ([variable("o", {"x-kubernetes-int-or-string": True})], [value("o", True)]),
    "any-of": (
        [variable("a", {**INTEGER, "anyOf": [{"minimum": 10}, {"maximum": 1}]})],
        [value("a", 5)],
    ),
    "all-of": ([variable("a", {**INTEGER, "allOf": [{"minimum": 10}, {"maximum": 1}]})], [value("a", 5)]),
    "one-of-both": ([variable("a", {**INTEGER, "oneOf": [{"minimum": 1}, {"maximum": 9}]})], [value("a", 5)]),
    "one-of-none": ([variable("a", {**INTEGER, "oneOf": [{"minimum": 9}, {"maximum": 1}]})], [value("a", 5)]),
    "not": ([variable("a", {**STRING, "not": {"enum": ["x"]}})], [value("a", "x")]),
    "rule": (
        [variable("a", {**INTEGER, "x-kubernetes-validations": [{"rule": "self > 3", "message": "too few boats"}]})],
        [value("a", 2)],
    ),
    "rule-without-message": (
        [variable("a", {**INTEGER, "x-kubernetes-validations": [{"rule": "self > 3"}]})],
        [value("a", 2)],
    ),
    "rule-message-expression": (
        [
            variable(
                "a",
                {
                    **INTEGER,
                    "x-kubernetes-validations": [
                        {
                            "rule": "self > 3",
                            "messageExpression": "'got ' + string(self)",
                            "reason": "FieldValueForbidden",
                        }
                    ],
                },
            )
        ],
        [value("a", 2)],
    ),
    "rule-nested-with-path": (
        [
            variable(
                "o",
                {
                    "type": "object",
                    "properties": {
                        "x": {
                            "type": "object",
                            "properties": {"y": INTEGER, "z": INTEGER},
                            "x-kubernetes-validations": [
                                {"rule": "self.y < self.z", "message": "m", "fieldPath": ".y"}
                            ],
                        }
                    },
                },
            )
        ],
        [value("o", {"x": {"y": 3, "z": 2}})],
    ),
    "several": (
        [variable("a", INTEGER), variable("b", STRING, True), variable("c", {**STRING, "enum": ["x"]})],
        [value("c", "y"), value("a", "z"), value("d", 1)],
    ),
}
CHANGES: dict[str, tuple[Json, Any, Any]] = {
    "old-self-kept": ({**INTEGER, "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]}, 3, 3),
    "old-self-grown": ({**INTEGER, "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]}, 3, 4),
    "old-self-shrunk": ({**INTEGER, "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]}, 3, 2),
    "unchanged-but-wrong": ({**INTEGER, "x-kubernetes-validations": [{"rule": "self > 9"}]}, 3, 3),
    "unchanged-too-small": ({**INTEGER, "minimum": 9}, 3, 3),
    "both-rules": (
        {
            **INTEGER,
            "x-kubernetes-validations": [{"rule": "self > 9"}, {"rule": "self == oldSelf", "message": "fixed"}],
        },
        3,
        4,
    ),
}
OVERRIDDEN = [
    variable("a", {"type": "object", "properties": {"x": {**INTEGER, "default": 1}, "y": {**INTEGER, "maximum": 5}}}),
    variable("b", {**STRING, "default": "d"}),
    variable("c", STRING, True),
]


def values_of_variables() -> Iterator[tuple[str, Json]]:
    for name, (declared, given) in VALUES.items():
        topology = {"variables": given} if given else {}
        yield name, {"op": "variables", "class": cluster_class(variables=declared), "cluster": cluster(topology)}
    for name, (schema, before, after) in CHANGES.items():
        yield (
            f"change-{name}",
            {
                "op": "variables",
                "class": cluster_class(variables=[variable("a", schema)]),
                "cluster": cluster({"variables": [value("a", after)]}),
                "old": cluster({"variables": [value("a", before)]}),
            },
        )
    for name, given in {
        "defaults": [value("a", {"y": 2})],
        "wrong": [value("a", {"y": 6})],
        "undefined": [value("z", 1)],
        "twice": [value("b", "1"), value("b", "2")],
    }.items():
        overrides = {"variables": {"overrides": given}}
        deployment = {"class": "deck", "name": "md-0", "replicas": 2, **overrides}
        topology = {
            "variables": [value("c", "x")],
            "controlPlane": {"replicas": 3, **overrides},
            "workers": {"machineDeployments": [{"class": "deck", "name": "plain"}, deployment]},
        }
        yield (
            f"override-{name}",
            {"op": "variables", "class": cluster_class(variables=OVERRIDDEN), "cluster": cluster(topology)},
        )


# Upgrade plans.

CHAIN = ["v1.30.2", "v1.31.0", "v1.31.4", "v1.32.1", "v1.33.0", "v1.33.1", "v1.34.0", "v1.35.2"]
PLANS: dict[str, tuple[list[str], str, str, str]] = {
    "nothing": ([], "v1.33.1", "v1.33.1", "v1.33.1"),
    "patch": ([], "v1.33.2", "v1.33.1", "v1.33.1"),
    "minor": ([], "v1.34.0", "v1.33.1", "v1.33.1"),
    "two-minors": ([], "v1.35.0", "v1.33.1", "v1.33.1"),
    "back": ([], "v1.33.0", "v1.33.1", "v1.33.1"),
    "workers-behind": ([], "v1.33.1", "v1.33.1", "v1.32.0"),
    "no-workers": ([], "v1.34.0", "v1.33.1", ""),
    "not-a-version": ([], "latest", "v1.33.1", "v1.33.1"),
    "short-version": ([], "v1.34", "v1.33.1", "v1.33.1"),
    "build-tags": ([], "v1.33.1+vmware.2", "v1.33.1+vmware.1", "v1.33.1+vmware.1"),
    "build-tags-unordered": ([], "v1.33.1+b", "v1.33.1+a", "v1.33.1+a"),
    "pre-release": ([], "v1.34.0-rc.1", "v1.34.0-beta.0", "v1.33.1"),
    "chain-one": (CHAIN, "v1.31.4", "v1.30.2", "v1.30.2"),
    "chain-two": (CHAIN, "v1.32.1", "v1.30.2", "v1.30.2"),
    "chain-three": (CHAIN, "v1.33.1", "v1.30.2", "v1.30.2"),
    "chain-four": (CHAIN, "v1.34.0", "v1.30.2", "v1.30.2"),
    "chain-five": (CHAIN, "v1.35.2", "v1.30.2", "v1.30.2"),
    "chain-patch": (CHAIN, "v1.33.1", "v1.33.0", "v1.33.0"),
    "chain-under-way": (CHAIN, "v1.35.2", "v1.33.1", "v1.30.2"),
    "chain-workers-last": (CHAIN, "v1.35.2", "v1.35.2", "v1.33.1"),
    "chain-unlisted": (CHAIN, "v1.36.0", "v1.35.2", "v1.35.2"),
    "chain-gap": (["v1.30.2", "v1.32.1"], "v1.32.1", "v1.30.2", "v1.30.2"),
    "chain-bad-version": (["v1.30.2", "x"], "v1.32.1", "v1.30.2", "v1.30.2"),
}


def upgrade_plans() -> Iterator[tuple[str, Json]]:
    for name, (offered, desired, control, oldest) in PLANS.items():
        given = cluster_class(kubernetesVersions=offered) if offered else cluster_class()
        yield name, {"op": "plan", "class": given, "desired": desired, "control": control, "workers": oldest}


def questions() -> dict[str, dict[str, Json]]:
    """All questions, by the file that keeps them and by name."""
    from topology_scenarios import wanted_objects

    return copy.deepcopy(
        {
            "classes": dict([*classes_with_variables(), *classes_with_patches()]),
            "variables": dict(values_of_variables()),
            "plans": dict(upgrade_plans()),
            "desired": dict(wanted_objects()),
        }
    )
