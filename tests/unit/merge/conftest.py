"""Schemas that the merge tests share."""

from __future__ import annotations

import importlib.resources
from typing import Any

import orjson
import pytest

from fairlead.engines.schema.model import Definitions, Schema, custom_resource_schema


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    """The definitions of Kubernetes' own kinds."""
    root = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema"
    return Definitions(orjson.loads((root / "v1.36.0-local" / "_definitions.json").read_bytes()))


@pytest.fixture(scope="session")
def deployment(definitions: Definitions) -> Schema:
    """The schema of a Deployment."""
    schema = definitions.for_kind("apps", "v1", "Deployment")
    assert schema is not None
    return schema


@pytest.fixture(scope="session")
def widget(definitions: Definitions) -> Schema:
    """A custom resource with every kind of list and map."""
    item = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}, "tags": {"type": "object"}},
    }
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
    root = {"type": "object", "properties": {"spec": spec, "status": {"type": "object", "properties": {}}}}
    return custom_resource_schema(root, definitions.schema("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"))
