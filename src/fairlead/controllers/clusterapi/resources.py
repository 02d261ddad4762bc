"""The objects that a ClusterResourceSet's ConfigMap or Secret holds. Pure.

Source: cluster-api v1.14, core/reconcilers/clusterresourceset/clusterresourceset_helpers.go, util/resource (order).
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, Key

ORDER = {
    kind: index - 100
    for index, kind in enumerate(
        (
            "Namespace",
            "CustomResourceDefinition",
            "StorageClass",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Secret",
            "ConfigMap",
            "ServiceAccount",
            "LimitRange",
            "Pod",
            "ReplicaSet",
            "Endpoint",
        )
    )
}


class ResourceError(ValueError):
    """A value that holds no Kubernetes objects; the text names it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The objects of one ConfigMap or Secret in the order of their creation, and the digest of its content."""

    objects: tuple[Json, ...]
    digest: str


def bundle_of(source: Json) -> Bundle:
    """Read all values of *source*, by key; objects are ordered within each value. Raises: ResourceError."""
    key, data = Key.of(source), source.get("data")
    if data is None:
        raise ResourceError(f"failed to get data field from resource {key}")
    values = [_decoded(source, name) for name in sorted(data)]
    digest = hashlib.sha256(b"".join(values)).hexdigest()
    objects = [obj for name, value in zip(sorted(data), values, strict=True) for obj in _objects(key, name, value)]
    return Bundle(tuple(objects), f"sha256:{digest}")


def _decoded(source: Json, name: str) -> bytes:
    value = source["data"][name]
    if source["kind"] != "Secret":
        return str(value).encode()
    try:
        return base64.b64decode(value)
    except binascii.Error as error:
        raise ResourceError(f"value {name} of Secret {Key.of(source)} is not base64: {error}") from error


def _objects(key: Key, name: str, value: bytes) -> list[Json]:
    try:
        loaded = goyaml.load_all(value.decode())
    except (goyaml.YamlError, UnicodeDecodeError) as error:
        raise ResourceError(f"failed converting data to unstructured objects: {key}, value {name}: {error}") from error
    found: list[Json] = []
    for document in loaded:
        listed = document if isinstance(document, list) else [document]
        for obj in listed:
            if obj is None:
                continue
            if not isinstance(obj, dict) or not obj.get("kind") or not obj.get("apiVersion"):
                raise ResourceError(f"{key}, value {name}: a document is not a Kubernetes object")
            found.append(obj)
    return sorted(found, key=lambda obj: ORDER.get(str(obj["kind"]), 0))
