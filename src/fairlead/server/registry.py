"""What a server serves: resources by group and plural, with their versions, schemas and rules.

Built-in resources are made once in the process and shared by all servers; a registry adds the custom ones of its own
server, so that an empty server costs nearly nothing.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from fairlead.api.kind import Column, Kind, Scale
from fairlead.api.kubernetes.resources import ALL_VERBS, BuiltIn, Subresource, built_ins
from fairlead.base.objects import GVK, Json
from fairlead.engines.schema.model import Definitions, Schema, custom_resource_schema

DEFINITIONS_VERSION = "v1.36.0-local"
_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_ANYTHING: Json = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_CRD_SUBRESOURCE_VERBS = ("get", "patch", "update")


@functools.cache
def definitions() -> Definitions:
    """The published schemas of the built-in kinds, parsed on first use (about 10 ms)."""
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise RuntimeError("cannot find the package 'kubernetes-validate', which holds Kubernetes' schemas; install it")
    folder = Path(spec.origin).parent / "kubernetes-json-schema" / DEFINITIONS_VERSION
    return Definitions(orjson.loads((folder / "_definitions.json").read_bytes()))


def object_meta_schema() -> Schema:
    """The schema of `metadata`."""
    return definitions().schema(_OBJECT_META)


class TypeVersion:
    """One served version of a resource; its schema is made on first use."""

    def __init__(
        self,
        name: str,
        make_schema: Callable[[], Schema],
        *,
        columns: Sequence[Column] = (),
        raw_schema: Json | None = None,
        served: bool = True,
        deprecation: str = "",
        selectable: Sequence[str] = (),
        subresources: tuple[Subresource, ...] | None = None,
        scale: Scale | None = None,
    ) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.raw_schema = raw_schema
        self.served = served
        self.deprecation = deprecation
        self.selectable = tuple(selectable)
        self.subresources = subresources
        self.scale = scale
        self._make_schema = make_schema
        self._schema: Schema | None = None

    @property
    def schema(self) -> Schema:
        """The schema of a whole object in this version."""
        if self._schema is None:
            self._schema = self._make_schema()
        return self._schema


class Resource:
    """A resource in all its versions. Shared between servers; never changed after it is made."""

    def __init__(
        self,
        group: str,
        kind: str,
        plural: str,
        versions: Mapping[str, TypeVersion],
        storage: str,
        *,
        namespaced: bool,
        singular: str = "",
        list_kind: str = "",
        short_names: Sequence[str] = (),
        categories: Sequence[str] = (),
        verbs: tuple[str, ...] = ALL_VERBS,
        subresources: tuple[Subresource, ...] = (),
        generation: bool = True,
        custom: bool = False,
        rules: Kind | None = None,
    ) -> None:
        self.group = group
        self.kind = kind
        self.plural = plural
        self.versions = dict(versions)
        self.storage = storage
        self.namespaced = namespaced
        self.singular = singular or kind.lower()
        self.list_kind = list_kind or f"{kind}List"
        self.short_names = tuple(short_names)
        self.categories = tuple(categories)
        self.verbs = verbs
        self.subresources = subresources
        self.generation = generation
        self.custom = custom
        self.rules = rules
        self.ident = f"{plural}.{group}" if group else plural
        self.has_status = any(each.name == "status" for each in subresources)
        self.alias_of: Resource | None = None  # events.k8s.io shows the core group's events

    def __repr__(self) -> str:
        return f"Resource({self.ident})"

    @property
    def stored_as(self) -> Resource:
        """The resource whose objects these are: itself, but for aliases."""
        return self.alias_of or self

    def gvk(self, version: str) -> GVK:
        """The type in *version*."""
        return GVK(self.group, version, self.kind)

    def api_version(self, version: str) -> str:
        """The `apiVersion` of objects in *version*."""
        return f"{self.group}/{version}" if self.group else version

    def subresource(self, name: str) -> Subresource | None:
        """The subresource *name*, or None."""
        return next((each for each in self.subresources if each.name == name), None)

    def preferred(self) -> str:
        """The first served version in the order of priority."""
        return next((name for name in self.versions if self.versions[name].served), self.storage)


def _from_built_in(entry: BuiltIn) -> Resource:
    def schema_of(version: str) -> Callable[[], Schema]:
        def make() -> Schema:
            found = definitions().for_kind(entry.group, version, entry.kind)
            return found if found is not None else Schema(_ANYTHING)

        return make

    return Resource(
        entry.group,
        entry.kind,
        entry.plural,
        {version: TypeVersion(version, schema_of(version)) for version in entry.versions},
        entry.versions[0],
        namespaced=entry.namespaced,
        short_names=entry.short_names,
        categories=entry.categories,
        verbs=entry.verbs,
        subresources=entry.subresources,
        generation=entry.generation,
        singular="endpoints" if entry.kind == "Endpoints" else "",
        list_kind="EndpointsList" if entry.kind == "Endpoints" else "",
    )


class _Shared:
    """The built-in resources and their look-up tables."""

    def __init__(self) -> None:
        self.resources = [_from_built_in(entry) for entry in built_ins()]
        self.by_plural = {(each.group, each.plural): each for each in self.resources}
        self.by_kind = {(each.group, each.kind): each for each in self.resources}
        self.by_plural["events.k8s.io", "events"].alias_of = self.by_plural["", "events"]


@functools.cache
def _shared() -> _Shared:
    return _Shared()


def built_in(group: str, plural: str) -> Resource:
    """A built-in resource by name."""
    return _shared().by_plural[group, plural]


def version_priority(name: str) -> tuple[int, int, int, str]:
    """Sort key of version names: v2, v1, v1beta2, v1alpha1, then others by name.

    Source: apimachinery pkg/version/helpers.go, CompareKubeAwareVersionStrings.
    """
    if name[:1] == "v":
        digits, stage, minor = name[1:], "", ""
        for word in ("beta", "alpha"):
            if word in digits:
                digits, _, minor = digits.partition(word)
                stage = word
                break
        if digits.isdigit() and (minor.isdigit() or not stage):
            rank = {"": 0, "beta": 1, "alpha": 2}[stage]
            return rank, -int(digits), -int(minor or 0), ""
    return 3, 0, 0, name


class _HashById:
    """Lets a `Kind` (it may hold mappings) be a cache key."""

    __slots__ = ("kind",)

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def __hash__(self) -> int:
        return id(self.kind)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _HashById) and other.kind is self.kind


@functools.cache
def _made_for(key: _HashById) -> tuple[Json, Resource]:
    crd = key.kind.crd()
    return crd, custom_resource(crd, key.kind)


def kind_resource(kind: Kind) -> tuple[Json, Resource]:
    """The CRD and the resource of a typed kind; made once in the process."""
    return _made_for(_HashById(kind))


def custom_resource(crd: Json, rules: Kind | None = None) -> Resource:
    """The resource that a CustomResourceDefinition describes; *rules* add admission and conversion."""
    spec = crd["spec"]
    names = spec["names"]
    versions: dict[str, TypeVersion] = {}
    storage = ""
    subresources: list[Subresource] = []
    for entry in sorted(spec["versions"], key=lambda each: version_priority(each["name"])):
        if entry.get("storage"):
            storage = entry["name"]
        version, own = _crd_version(entry)
        versions[entry["name"]] = version
        for each in own:
            if each not in subresources:
                subresources.append(each)
    return Resource(
        spec["group"],
        names["kind"],
        names["plural"],
        versions,
        storage,
        namespaced=spec["scope"] == "Namespaced",
        singular=names.get("singular", ""),
        list_kind=names.get("listKind", ""),
        short_names=names.get("shortNames") or (),
        categories=names.get("categories") or (),
        verbs=_CUSTOM_VERBS,
        subresources=tuple(subresources),
        custom=True,
        rules=rules,
    )


def _crd_version(entry: Json) -> tuple[TypeVersion, tuple[Subresource, ...]]:
    raw = (entry.get("schema") or {}).get("openAPIV3Schema")
    given: dict[str, Any] = entry.get("subresources") or {}
    own: list[Subresource] = []
    if "status" in given:
        own.append(Subresource("status", _CRD_SUBRESOURCE_VERBS))
    scale = None
    if given.get("scale"):
        own.append(Subresource("scale", _CRD_SUBRESOURCE_VERBS, "Scale", "autoscaling", "v1"))
        paths = given["scale"]
        scale = Scale(paths["specReplicasPath"], paths["statusReplicasPath"], paths.get("labelSelectorPath", ""))
    columns = [
        Column(
            each["name"],
            each["jsonPath"],
            each["type"],
            each.get("description", ""),
            each.get("priority", 0),
            each.get("format", ""),
        )
        for each in entry.get("additionalPrinterColumns") or ()
    ]
    warning = ""
    if entry.get("deprecated"):
        warning = entry.get("deprecationWarning") or "deprecated"
    version = TypeVersion(
        entry["name"],
        lambda: custom_resource_schema(raw, object_meta_schema()),
        columns=columns,
        raw_schema=raw,
        served=entry.get("served", True),
        deprecation=warning,
        selectable=[each["jsonPath"] for each in entry.get("selectableFields") or ()],
        subresources=tuple(own),
        scale=scale,
    )
    return version, tuple(own)


class Registry:
    """The resources of one server: the shared built-in ones and its own custom ones."""

    def __init__(self) -> None:
        self._base = _shared()
        self._by_plural: dict[tuple[str, str], Resource] = {}
        self._by_kind: dict[tuple[str, str], Resource] = {}
        self.generation = 0  # grows with every change, for caches of discovery

    def add(self, resource: Resource) -> None:
        """Serve *resource*, in place of an earlier one of that name."""
        earlier = self._by_plural.get((resource.group, resource.plural))
        if earlier is not None:
            self._by_kind.pop((earlier.group, earlier.kind), None)
        self._by_plural[resource.group, resource.plural] = resource
        self._by_kind[resource.group, resource.kind] = resource
        self.generation += 1

    def remove(self, group: str, plural: str) -> None:
        """Stop serving a custom resource."""
        found = self._by_plural.pop((group, plural), None)
        if found is not None:
            self._by_kind.pop((group, found.kind), None)
            self.generation += 1

    def by_plural(self, group: str, plural: str) -> Resource | None:
        """The resource of that plural name, or None."""
        return self._base.by_plural.get((group, plural)) or self._by_plural.get((group, plural))

    def by_kind(self, group: str, kind: str) -> Resource | None:
        """The resource of that kind, or None."""
        return self._base.by_kind.get((group, kind)) or self._by_kind.get((group, kind))

    def all(self) -> Iterator[Resource]:
        """Built-in resources first, then custom ones by group and name."""
        yield from self._base.resources
        yield from sorted(self._by_plural.values(), key=lambda each: (each.group, each.plural))

    def custom(self) -> list[Resource]:
        """The custom resources."""
        return list(self._by_plural.values())

    def copy(self) -> Registry:
        """An independent registry with the same resources."""
        twin = Registry()
        twin._by_plural = dict(self._by_plural)
        twin._by_kind = dict(self._by_kind)
        return twin
