"""Fuzz targets of what judges and changes objects: patches, apply, schemas, selectors, versions, CEL, readiness."""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib.resources
import json
from datetime import UTC, datetime
from typing import Any

import orjson

from fairlead.api.errors import ApiError
from fairlead.base import gojson
from fairlead.base.quantity import QuantityError, canonical
from fairlead.engines import readiness, selectors, semver
from fairlead.engines.cel import program
from fairlead.engines.cel.errors import CelError, CelSyntaxError
from fairlead.engines.kustomize import KustomizeError
from fairlead.engines.kustomize.nodes import from_value
from fairlead.engines.kustomize.schema import BUILT_IN
from fairlead.engines.kustomize.strategic import strategic_merge as merge_nodes
from fairlead.engines.merge import patches, ssa
from fairlead.engines.merge.managers import ApplyError
from fairlead.engines.merge.rules import TypedError
from fairlead.engines.merge.strategic import strategic_merge
from fairlead.engines.schema import defaulting, pruning, validation
from fairlead.engines.schema.model import Definitions, Schema, custom_resource_schema
from fairlead.engines.substitution import SubstitutionError, substitute
from fairlead.server import jsonpath, protobuf
from fairlead.testing.fuzz.drawing import Draw
from fairlead.testing.fuzz.target import Target, hold

NOW = "2026-01-01T00:00:00Z"


OBJECT_KEYS = (
    "apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations", "spec", "template", "containers",
    "image", "env", "value", "ports", "containerPort", "protocol", "replicas", "selector", "matchLabels", "volumes",
    "emptyDir", "finalizers", "ownerReferences", "uid", "data", "status", "conditions", "type", "args", "$patch",
    "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "managedFields", "op", "path",
)  # fmt: skip


def _patched(draw: Draw) -> tuple[dict[str, Any], dict[str, Any]]:
    pod = {
        "containers": [{"name": "a", "image": "i", "env": [{"name": "E", "value": "1"}]}, {"name": "b"}],
        "volumes": [{"name": "v", "emptyDir": {}}],
    }
    known = {"metadata": {"name": "x", "finalizers": ["f"]}, "spec": {"replicas": 1, "template": {"spec": pod}}}
    doc = known if draw.byte() % 2 else draw.mapping(OBJECT_KEYS)
    inner = draw.mapping(OBJECT_KEYS)
    patch = {"spec": {"template": {"spec": inner}}} if draw.byte() % 2 else inner
    return doc, patch


@functools.cache
def _definitions() -> Definitions:
    root = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema"
    return Definitions(orjson.loads((root / "v1.36.0-local" / "_definitions.json").read_bytes()))


@functools.cache
def _deployment() -> Schema:
    found = _definitions().for_kind("apps", "v1", "Deployment")
    assert found is not None
    return found


def patch_strategic(data: bytes) -> None:
    """A strategic patch applies or is refused, changes no input, and lays nothing more the second time."""
    doc, patch = _patched(Draw(data))
    before = text_of(doc), text_of(patch)
    with contextlib.suppress(patches.PatchError):
        strategic_merge(doc, patch, _deployment())
    hold(before == (text_of(doc), text_of(patch)), "a patch leaves its inputs", doc, patch)


def text_of(value: Any) -> str:
    return gojson.dumps_text(value)


def patch_json(data: bytes) -> None:
    """JSON and merge patches apply or are refused, change no input, and a difference patches to its target."""
    draw = Draw(data)
    doc = draw.mapping(("a", "b", "c"), 3)
    new = draw.mapping(("a", "b", "c"), 3)
    paths = ("", "/", "/a", "/b", "/c", "/a/0", "/a/-", "/b/c", "/a/b/1", "/~0~1", "/a/01", "/-1", "x", "/a/-1", "/c/9")
    operations = [
        {"op": draw.pick(("add", "remove", "replace", "move", "copy", "test", "nope")), "path": draw.pick(paths)}
        | ({"value": draw.value(("a", "b"), 2)} if draw.byte() % 2 else {})
        | ({"from": draw.pick(paths)} if draw.byte() % 2 else {})
        for _ in draw.some(5)
    ]
    before = text_of([doc, new, operations])
    with contextlib.suppress(patches.PatchError):
        patches.json_patch(doc, operations)
    with contextlib.suppress(patches.PatchError):
        patches.json_patch(doc, draw.value(("op", "path", "value", "from"), 3))
    difference = patches.diff_merge(doc, new)
    result = patches.merge_patch(doc, difference)
    is_told = ": null" not in json.dumps(new)  # a merge patch cannot say null
    hold(not is_told or patches.diff_merge(result, new) == {}, "a difference leads to its target", doc, new, difference)
    hold(before == text_of([doc, new, operations]), "patches leave their inputs", doc, new)


@functools.cache
def _widget() -> Schema:
    """A custom resource with every kind of list and map."""
    item = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}
    spec: dict[str, Any] = {
        "type": "object",
        "properties": {
            "replicas": {"type": "integer"},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "whole": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": {"type": "string"}}},
            "plain": {"type": "array", "items": {"type": "string"}},
            "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "map": {
                "type": "array",
                "items": item,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    return custom_resource_schema(
        {"type": "object", "properties": {"spec": spec}},
        _definitions().schema("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"),
    )


WIDGET_KEYS = ("replicas", "free", "whole", "plain", "set", "map", "labels", "a", "name", "size", "b")


def _widget_of(draw: Draw) -> dict[str, Any]:
    names = ("a", "b", "c")
    spec: dict[str, Any] = {}
    for _ in draw.some(7):
        key = draw.pick(WIDGET_KEYS[:7])
        if draw.byte() % 5 == 0:
            spec[key] = draw.value(WIDGET_KEYS, 2)
        elif key == "map":
            spec[key] = [{"name": draw.pick(names), "size": draw.byte() % 3} for _ in draw.some(4)]
        elif key in ("set", "plain"):
            spec[key] = [draw.pick(names) for _ in draw.some(4)]
        elif key == "replicas":
            spec[key] = draw.byte() % 4
        else:
            spec[key] = {draw.pick(names): draw.pick(names) for _ in draw.some(4)}
    return {"apiVersion": "e.dev/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}


def server_side_apply(data: bytes) -> None:
    """Applies by several managers end in an object or a refusal; to apply the same again changes nothing."""
    draw = Draw(data)
    live: dict[str, Any] | None = None
    for _ in range(2 + draw.byte() % 4):
        config, manager = _widget_of(draw), draw.pick(("a", "b", "kubectl"))
        try:
            if draw.byte() % 4 == 0 and live is not None:
                kept = {
                    **config,
                    "metadata": {**config["metadata"], "managedFields": live["metadata"].get("managedFields", [])},
                }
                owned = ssa.track_update(live, kept, _widget(), manager, now=NOW)
                live = ssa.with_managed_fields(kept, owned)
                continue
            applied, _ = ssa.apply(live, copy.deepcopy(config), _widget(), manager, now=NOW, force=draw.byte() % 2 == 1)
        except (ApplyError, TypedError):
            continue
        try:
            again, _ = ssa.apply(applied, copy.deepcopy(config), _widget(), manager, now=NOW)
        except (ApplyError, TypedError) as error:
            hold(not applied["metadata"].get("managedFields"), "what was applied may be applied again", config, error)
        else:
            owned = applied["metadata"].get("managedFields")  # nobody owns an object of empty lists
            hold(
                not owned or text_of(again) == text_of(applied), "applied twice is applied once", config, applied, again
            )
        live = applied


def crd_schema(data: bytes) -> None:
    """Objects of any shape are defaulted, pruned and judged by a schema; pruning twice is pruning once."""
    draw = Draw(data)
    obj = draw.mapping(("spec", "metadata", "apiVersion", "kind"), 1)
    obj["spec"] = draw.value(WIDGET_KEYS, 3)
    for schema in (_widget(), _deployment()):
        filled = defaulting.default(copy.deepcopy(obj), schema)
        pruned, _ = pruning.prune(filled, schema)
        again, dropped = pruning.prune(pruned, schema)
        hold(not dropped and again == pruned, "pruned twice is pruned once", pruned, dropped)
        for error in validation.validate(pruned, schema):
            hold(str(error), "a complaint has a text", error)


LABELS = {"app": "web", "tier": "db", "n": "5", "empty": ""}


def label_selector(data: bytes) -> None:
    """A selector is read or refused; its text means the same."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(selectors.SelectorError):
        found = selectors.parse_labels(text)
        again = selectors.parse_labels(str(found))
        hold(str(again) == str(found), "a selector's text reads as itself", text, str(found), str(again))
        for labels in (LABELS, {}, {"a": "b"}):
            hold(again.matches(labels) == found.matches(labels), "a selector's text means the same", text, labels)
    with contextlib.suppress(selectors.SelectorError):
        fields = selectors.parse_fields(text)
        reread = selectors.parse_fields(str(fields))
        hold(set(reread.terms) == set(fields.terms), "a field selector's text reads as itself", text, reread)
    with contextlib.suppress(selectors.SelectorError):
        drawn = Draw(data).mapping(("matchLabels", "matchExpressions", "key", "operator", "values"), 3)
        selectors.label_selector(drawn).matches(LABELS)


def version(data: bytes) -> None:
    """A version or constraint is read or refused; versions compare alike from both sides."""
    text = data.decode("utf-8", "replace")
    left, _, right = text.partition(" ")
    with contextlib.suppress(semver.SemverError):
        a, b = semver.parse_version(left), semver.parse_version(right or "1.2.3")
        hold(a.compare(b) == -b.compare(a), "comparing is even-handed", left, right)
        hold(str(semver.parse_version(str(a))) == str(a), "a version's text reads as itself", left)
    with contextlib.suppress(semver.SemverError):
        constraint = semver.parse_constraint(text)
        for known in ("1.2.3", "0.0.0", "2.0.0-rc.1", "1.10.0+b"):
            constraint.check(semver.parse_version(known))


def quantity(data: bytes) -> None:
    """A quantity is read or refused; its canonical text is its own."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(QuantityError):
        once = canonical(text)
        hold(canonical(once) == once, "a canonical quantity stays", text, once, canonical(once))


CEL_VALUES: dict[str, Any] = {
    "self": {"a": 1, "b": "text", "l": [1, 2, 3], "m": {"k": "v"}, "n": None, "t": True, "f": 1.5},
    "oldSelf": {"a": 2, "l": []},
}


def cel(data: bytes) -> None:
    """An expression compiles or is refused; it has a value or says why not, within its cost."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(CelSyntaxError, CelError):
        compiled = program.compile_expression.__wrapped__(text, frozenset(CEL_VALUES))
        compiled.evaluate(CEL_VALUES, 100_000)


def substitution(data: bytes) -> None:
    """A text is substituted or refused; without a dollar it stays."""
    text = data.decode("utf-8", "replace")
    for strict in (True, False):
        with contextlib.suppress(SubstitutionError):
            done = substitute(text, {"A": "hello", "B": "", "C_1": "x/y.tar.gz"}, strict=strict)
            hold("$" in text or done == text, "a text without variables stays", text, done)


def kustomize_patch(data: bytes) -> None:
    """A strategic patch of kustomize's lays over an object or is refused, and once more changes nothing."""
    doc, patch = _patched(Draw(data))
    for item in (doc, patch):
        item |= {"apiVersion": "apps/v1", "kind": "Deployment"}
    with contextlib.suppress(KustomizeError):
        merge_nodes(from_value(doc), from_value(patch), BUILT_IN)


KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "Pod",
    "PersistentVolumeClaim",
    "Service",
    "Widget",
    "ReplicaSet",
)


def ready(data: bytes) -> None:
    """An object of any shape is ready, not ready, or failed; with a reason."""
    draw = Draw(data)
    keys = (*OBJECT_KEYS, "replicas", "readyReplicas", "observedGeneration", "generation", "reason", "phase", "message")
    obj = draw.mapping(keys)
    obj["kind"], obj["apiVersion"] = draw.pick(KINDS), draw.pick(("v1", "apps/v1", "batch/v1", "e.dev/v1"))
    readiness.readiness(obj, now=datetime(2026, 1, 1, tzinfo=UTC))


def wire(data: bytes) -> None:
    """A protobuf body of any bytes is an object or a bad request."""
    for kind in (b"\n\x14\n\x07apps/v1\x12\nDeployment", b"\n\t\n\x02v1\x12\x03Pod", b""):
        with contextlib.suppress(ApiError):
            size = len(data)
            length = bytes([size & 0x7F | 0x80, size >> 7]) if size > 127 else bytes([size])
            protobuf.decode(protobuf.MAGIC + kind + (b"\x12" + length if kind else b"") + data)


def path(data: bytes) -> None:
    """A JSON path is read or refused."""
    with contextlib.suppress(jsonpath.PathError):
        list(jsonpath.compile_path(data.decode("utf-8", "replace"))(CEL_VALUES["self"]))


TARGETS = {
    "strategic-patch": Target(patch_strategic, max_bytes=200),
    "json-patch": Target(patch_json, max_bytes=200),
    "apply": Target(server_side_apply, max_bytes=300),
    "crd-schema": Target(crd_schema, max_bytes=200),
    "selector": Target(label_selector, (" in (", " notin (", "!=", "==", "exists", ")", "\\,")),
    "version": Target(version, (" - ", "||", ">=", "~>", "^", ".x", "-0", "+b")),
    "quantity": Target(quantity, ("Ki", "m", "n", "E", "e-", "."), max_bytes=40),
    "cel": Target(
        cel,
        (
            ".exists(",
            ".filter(",
            ".map(x, ",
            "size(",
            "has(",
            "in ",
            "&&",
            "||",
            "? ",
            "r'",
            "b'",
            "'''",
            "u",
            "0x",
            "oldSelf",
            ".orValue(",
            "[?",
            "quantity(",
            "url(",
            "ip(",
            "cidr(",
            "semver(",
            "format.",
            ".format([",
            "optional.of(",
            "sets.contains(",
            ".sortBy(",
            "regex.",
            ".split(",
        ),
        max_bytes=200,
    ),
    "substitution": Target(
        substitution, ("${", "}", ":=", ":-", "//", "/#", "##", "%%", "^^", ",,", ":", "$$", "[a-z]", "*")
    ),
    "kustomize-patch": Target(kustomize_patch, max_bytes=200),
    "readiness": Target(ready, max_bytes=200),
    "protobuf": Target(wire, max_bytes=200),
    "jsonpath": Target(path, ("[?(@", ")]", "[*]", "['", "..", "[-1]")),
}
