"""What OpenAPI says about a kind, as far as a build needs it: how its lists merge, and whether it has a namespace.

Source: kyaml v0.21.2 openapi/openapi.go. A schema given by the user takes the place of the built-in one, unless that
was in use before: then both count.
"""

from __future__ import annotations

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.mergekeys import KINDS, TYPES
from fairlead.engines.kustomize.scopes import CLUSTER_SCOPED

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    BuiltInPart = Literal["none", "below", "above"]

BUILT_IN_VERSION = "v1.21.2"
DEPTH_LIMIT = 40


class Node:
    """The schema of one value. `keys` is None for a list that is replaced, () for a set of scalars."""

    __slots__ = ("_fields", "_items", "_schema", "keys")

    def __init__(self, schema: Schema, fields: Any, items: Any, keys: tuple[str, ...] | None) -> None:
        self._schema = schema
        self._fields = fields
        self._items = items
        self.keys = keys

    def field(self, name: str) -> Node | None:
        """Return the schema of the field *name*."""
        return self._schema.child(self._fields, name)

    @property
    def items(self) -> Node | None:
        """The schema of the elements of a list."""
        return self._schema.element(self._items)


class Schema:
    """The built-in kinds."""

    def __init__(self) -> None:
        self._types: dict[str, Node] = {}
        self._fields: dict[tuple[str, str], Node | None] = {}

    def of(self, api_version: str, kind: str) -> Node | None:
        """Return the schema of a kind, None when nothing of it matters or it is not known."""
        name = KINDS.get(f"{api_version}|{kind}")
        return self.element(name) if name else None

    def is_cluster_scoped(self, api_version: str, kind: str) -> bool:
        """Whether objects of a kind certainly have no namespace."""
        return f"{api_version}|{kind}" in CLUSTER_SCOPED

    def child(self, type_name: Any, field: str) -> Node | None:
        if type_name is None:
            return None
        key = (type_name, field)
        if key not in self._fields:
            self._fields[key] = self._build(TYPES[type_name].get(field))
        return self._fields[key]

    def element(self, type_name: Any) -> Node | None:
        if type_name is None:
            return None
        if type_name not in self._types:
            self._types[type_name] = Node(self, type_name, None, None)
        return self._types[type_name]

    def _build(self, entry: Any) -> Node | None:
        if entry is None:
            return None
        if isinstance(entry, str):
            return self.element(entry)
        if isinstance(entry, list):
            return Node(self, None, entry[0], None)
        return Node(self, None, entry[0], entry[1])


BUILT_IN = Schema()


class CustomSchema(Schema):
    """The kinds of an OpenAPI document that the user gave."""

    def __init__(self, document: Mapping[str, Any], built_in: BuiltInPart) -> None:
        """*built_in* says whether the built-in kinds count, too, and which is asked first."""
        super().__init__()
        self._built_in = built_in
        self._definitions: Mapping[str, Any] = document.get("definitions") or {}
        self._kinds: dict[str, Any] = {}
        self._scopes: dict[str, bool] = {}
        for definition in self._definitions.values():
            for gvk in definition.get("x-kubernetes-group-version-kind") or ():
                self._kinds[_kind_key(gvk)] = definition
        for path, item in (document.get("paths") or {}).items():
            gvk = ((item or {}).get("get") or {}).get("x-kubernetes-group-version-kind")
            if gvk:
                namespaced = "namespaces/{namespace}" in path
                self._scopes[_kind_key(gvk)] = not namespaced and self._scopes.get(_kind_key(gvk), True)

    def of(self, api_version: str, kind: str) -> Node | None:
        key = f"{api_version}|{kind}"
        found = self._kinds.get(key)
        if self._built_in != "none" and key in KINDS and (found is None or self._built_in == "above"):
            return BUILT_IN.of(api_version, kind)
        return self._node(found)

    def is_cluster_scoped(self, api_version: str, kind: str) -> bool:
        return super().is_cluster_scoped(api_version, kind) or self._scopes.get(f"{api_version}|{kind}", False)

    def child(self, fields: Any, field: str) -> Node | None:
        properties = fields.get("properties") or {}
        found = properties.get(field)
        if found is None:
            found = fields.get("additionalProperties")
        return self._node(found) if isinstance(found, dict) else None

    def element(self, items: Any) -> Node | None:
        return self._node(items)

    def _node(self, schema: Any) -> Node | None:
        for _ in range(DEPTH_LIMIT):
            if not isinstance(schema, dict):
                return None
            reference = schema.get("$ref")
            if not reference:
                break
            name = reference.removeprefix("#/definitions/")
            schema = self._definitions.get(name)
            if self._built_in != "none" and (schema is None or self._built_in == "above") and _short(name) in TYPES:
                return BUILT_IN.element(_short(name))
        if not isinstance(schema, dict):
            return None
        keys = None
        if "merge" in str(schema.get("x-kubernetes-patch-strategy") or "").split(","):
            listed = schema.get("x-kubernetes-list-map-keys") or [schema.get("x-kubernetes-patch-merge-key")]
            keys = tuple(key for key in listed if key)
        items = schema.get("items") if schema.get("type") == "array" else None
        return Node(self, schema, items, keys)


def _kind_key(gvk: Mapping[str, Any]) -> str:
    group, version = gvk.get("group") or "", gvk.get("version") or ""
    return f"{f'{group}/{version}' if group else version}|{gvk.get('kind') or ''}"


def _short(name: str) -> str:
    """Return the name of a definition of Kubernetes as our tables have it."""
    for prefix in ("api.", "apimachinery.pkg.apis.", "kube-aggregator.pkg.apis.", "apiextensions-apiserver.pkg.apis."):
        name = name.removeprefix(f"io.k8s.{prefix}")
    return name


def is_known(api_version: str, kind: str) -> bool:
    """Whether a kind is built in."""
    key = f"{api_version}|{kind}"
    return key in KINDS or key in CLUSTER_SCOPED


def schema_from(data: bytes, path: str, built_in: BuiltInPart) -> Schema:
    """Read the OpenAPI document in the file *path*; see CustomSchema for *built_in*. Raises: KustomizeError."""
    try:
        document = goyaml.load(data, source=path)
    except goyaml.YamlError as error:
        raise KustomizeError(f"invalid schema file: {error}") from error
    if not isinstance(document, dict):
        raise KustomizeError(f"invalid schema file: {path}: it is not a mapping")
    return CustomSchema(document, built_in)
