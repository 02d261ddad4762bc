"""One schema node, for built-in types (from definitions) and custom resources alike.

A node reads its plain dict once and makes its children on first use, so that a kind costs only what
its objects touch. Source of meaning: OpenAPI v3 structural schemas (apiextensions v1) and the
``x-kubernetes-*`` extensions of Kubernetes' published definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

MISSING: Final[Any] = type("Missing", (), {"__repr__": lambda self: "MISSING", "__bool__": lambda self: False})()
"""Stands for "no value", where ``None`` is JSON's null."""

_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_RAW_EXTENSION = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_FIELDS = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"
_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_FREE_FORM: Final = frozenset(
    {
        _RAW_EXTENSION,
        _FIELDS,
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
        "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    }
)
# Defaults that matter for list-map keys and that the published JSON schemas leave out.
_KEY_DEFAULTS: Final[Mapping[tuple[str, str], Any]] = {
    ("io.k8s.api.core.v1.ContainerPort", "protocol"): "TCP",
    ("io.k8s.api.core.v1.ServicePort", "protocol"): "TCP",
    ("io.k8s.api.core.v1.EndpointPort", "protocol"): "TCP",
}
_OVERRIDES: Final = (
    "default",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
)


class Definitions:
    """A parsed file of named definitions (``{"$defs": {...}}`` or the bare mapping) and its schemas."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._raw: Mapping[str, Any] = document.get("$defs") or document.get("definitions") or document
        self._schemas: dict[str, Schema] = {}
        self._kinds: dict[tuple[str, str, str], str] | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def names(self) -> Iterator[str]:
        """Yield the names of all definitions."""
        return iter(self._raw)

    def raw(self, name: str) -> Mapping[str, Any]:
        """Return the definition *name* as it was given."""
        definition: Mapping[str, Any] = self._raw[name]
        return definition

    def schema(self, name: str) -> Schema:
        """Return the schema of the definition *name*.

        Raises:
            KeyError: there is no such definition.
        """
        found = self._schemas.get(name)
        if found is None:
            found = self._schemas[name] = Schema(self._raw[name], self, name)
        return found

    def name_of(self, group: str, version: str, kind: str) -> str | None:
        """Return the name of the definition of a kind; None when it is not built in."""
        if self._kinds is None:
            self._kinds = {}
            for name, definition in self._raw.items():
                for entry in definition.get("x-kubernetes-group-version-kind") or ():
                    self._kinds.setdefault((entry["group"], entry["version"], entry["kind"]), name)
        return self._kinds.get((group, version, kind))

    def for_kind(self, group: str, version: str, kind: str) -> Schema | None:
        """Return the schema of a kind (group ``""`` is the core group); None when it is not built in."""
        name = self.name_of(group, version, kind)
        return None if name is None else self.schema(name)


class Schema:
    """One node of a schema. Read-only; children are made on first use and then shared."""

    __slots__ = (
        "_additional",
        "_definitions",
        "_items",
        "_properties",
        "cache",
        "default",
        "embedded",
        "format",
        "int_or_string",
        "list_keys",
        "list_type",
        "map_type",
        "name",
        "nullable",
        "patch_merge_key",
        "patch_strategies",
        "preserve_unknown",
        "quantity",
        "raw",
        "type",
        "typed",
    )

    def __init__(
        self,
        raw: Mapping[str, Any],
        definitions: Definitions | None = None,
        name: str = "",
        *,
        typed: bool | None = None,
    ) -> None:
        self.raw = raw
        self.name = name
        self._definitions = definitions
        self.typed = definitions is not None if typed is None else typed
        self.cache: dict[str, Any] = {}  # what other modules compiled from this node
        self._properties: dict[str, Schema] | None = None
        self._additional: Schema | bool | None = MISSING
        self._items: Schema | None = MISSING
        self._read_type(raw)
        self.format: str = raw.get("format") or ""
        self.preserve_unknown: bool = raw.get("x-kubernetes-preserve-unknown-fields") is True or name in _FREE_FORM
        self.embedded: bool = raw.get("x-kubernetes-embedded-resource") is True
        self.default: Any = raw.get("default", MISSING)
        self.list_type: str | None = raw.get("x-kubernetes-list-type")
        self.list_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys") or ())
        self.map_type: str | None = raw.get("x-kubernetes-map-type")
        strategy = raw.get("x-kubernetes-patch-strategy")
        self.patch_strategies: tuple[str, ...] = tuple(strategy.split(",")) if strategy else ()
        self.patch_merge_key: str = raw.get("x-kubernetes-patch-merge-key") or ""

    def __repr__(self) -> str:
        return f"Schema({self.name or self.type or 'any'})"

    def _read_type(self, raw: Mapping[str, Any]) -> None:
        kind = raw.get("type") or ""
        self.nullable: bool = raw.get("nullable") is True
        if isinstance(kind, list):
            self.nullable = self.nullable or "null" in kind
            named = [item for item in kind if item != "null"]
            kind = named[0] if len(named) == 1 else ""
        self.quantity: bool = self.name == _QUANTITY
        self.int_or_string: bool = raw.get("x-kubernetes-int-or-string") is True or self.name == _INT_OR_STRING
        self.type: str = "" if self.name in _FREE_FORM else kind

    @property
    def properties(self) -> Mapping[str, Schema]:
        """The declared fields, by name."""
        found = self._properties
        if found is None:
            raw = self.raw.get("properties") or {}
            if self.name in _FREE_FORM:
                raw = {}
            found = self._properties = {key: self._child(value, key) for key, value in raw.items()}
        return found

    @property
    def additional(self) -> Schema | bool | None:
        """Schema of undeclared fields; True or False as written; None when nothing is said."""
        found = self._additional
        if found is MISSING:
            raw = self.raw.get("additionalProperties")
            found = self._child(raw, "") if isinstance(raw, Mapping) else raw
            self._additional = found
        return found

    @property
    def items(self) -> Schema | None:
        """Schema of a list's items; None when nothing is said."""
        found = self._items
        if found is MISSING:
            raw = self.raw.get("items")
            found = self._items = self._child(raw, "") if isinstance(raw, Mapping) else None
        return found

    def field(self, name: str) -> Schema | None:
        """Return the schema of the field *name* (declared or additional); None when it is not known."""
        found = self.properties.get(name)
        if found is not None:
            return found
        additional = self.additional
        return additional if isinstance(additional, Schema) else None

    def _child(self, raw: Mapping[str, Any], key: str) -> Schema:
        reference = raw.get("$ref")
        if reference is None:
            combined = raw.get("allOf")
            if self.typed and isinstance(combined, list) and len(combined) == 1:
                reference = combined[0].get("$ref")
        if reference is not None and self._definitions is not None:
            name = reference.rsplit("/", 1)[-1]
            overrides = {extra: raw[extra] for extra in _OVERRIDES if extra in raw}
            if not overrides:
                return self._definitions.schema(name)
            return Schema({**self._definitions.raw(name), **overrides}, self._definitions, name)
        default = _KEY_DEFAULTS.get((self.name, key)) if self.typed and key else None
        if default is not None and "default" not in raw:
            raw = {**raw, "default": default}
        return Schema(raw, self._definitions, typed=self.typed)

    @property
    def is_object_meta(self) -> bool:
        """Tell whether this is the built-in ObjectMeta."""
        return self.name == _OBJECT_META


def custom_resource_schema(open_api_v3: Mapping[str, Any] | None, object_meta: Schema | None = None) -> Schema:
    """Return the schema of a custom resource version from its ``openAPIV3Schema``.

    ``apiVersion``, ``kind`` and ``metadata`` are added as the API server adds them; *object_meta* is the
    built-in schema of ObjectMeta, for pruning and for server-side apply of metadata.
    """
    raw = dict(open_api_v3 or {"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    declared = dict(raw.get("properties") or {})
    declared.setdefault("apiVersion", {"type": "string"})
    declared.setdefault("kind", {"type": "string"})
    declared.setdefault("metadata", {"type": "object"})
    raw["properties"] = declared
    root = Schema(raw)
    if object_meta is not None:
        root.cache["metadata"] = object_meta
    return root
