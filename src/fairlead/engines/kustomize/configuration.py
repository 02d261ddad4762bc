"""Which fields the transformers of a target work on: the defaults, with what `configurations` and `crds` add.

Source: kustomize api v0.21.2 internal/plugins/builtinconfig, types/fieldspec.go,
internal/accumulator/loadconfigfromcrds.go.
"""

from __future__ import annotations

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import FieldSpec
from fairlead.engines.kustomize.order import ORDER_FIRST, ORDER_LAST
from fairlead.engines.kustomize.shapes import CONFIGURATION, decode

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    Reference = tuple[tuple[str, str, str], tuple[FieldSpec, ...]]  # (group, version, kind) and who refers to it


# The sections that are lists of field specs, and what upstream's errors call them.
_LISTS = {
    "namePrefix": "NamePrefix",
    "nameSuffix": "NameSuffix",
    "namespace": "NameSpace",
    "commonLabels": "CommonLabels",
    "labels": "Labels",
    "templateLabels": "TemplateLabels",
    "volumeClaimTemplateLabels": "VolumeClaimTemplateLabels",
    "commonAnnotations": "CommonAnnotations",
    "varReference": "VarReference",
    "images": "Images",
    "replicas": "Replicas",
}
REFERENCES = "nameReference"
_RANKS = {kind: at - len(ORDER_FIRST) for at, kind in enumerate(ORDER_FIRST)} | {
    kind: at + 1 for at, kind in enumerate(ORDER_LAST)
}


def _place(group: str, version: str, kind: str) -> tuple[int, str]:
    return _RANKS.get(kind, 0), f"{group or '~G'}_{version or '~V'}_{kind or '~K'}"


def _sorted(specs: Iterable[FieldSpec]) -> tuple[FieldSpec, ...]:
    return tuple(sorted(specs, key=lambda spec: _place(spec.group, spec.version, spec.kind)))


def merge_specs(ours: Iterable[FieldSpec], theirs: Iterable[FieldSpec]) -> list[FieldSpec]:
    """Return *ours* with those of *theirs* that are not in it. Raises: KustomizeError on a conflict."""
    result = list(ours)
    by_path: dict[str, list[FieldSpec]] = {}
    for spec in result:
        by_path.setdefault(spec.path, []).append(spec)
    for new in theirs:
        known = by_path.setdefault(new.path, [])
        same = next((old for old in known if new.selects(old.group, old.version, old.kind)), None)
        if same is None:
            known.append(new)
            result.append(new)
        elif same.create != new.create:
            raise KustomizeError("conflicting fieldspecs")
    return result


class Configuration:
    """The field specs of a target; never changed once made."""

    def __init__(self, lists: Mapping[str, tuple[FieldSpec, ...]], references: tuple[Reference, ...] | None) -> None:
        self._lists = dict(lists)
        self._references = references

    def specs(self, name: str) -> tuple[FieldSpec, ...]:
        """Return the specs of the transformer *name*."""
        found = self._lists.get(name)
        return _default_specs(name) if found is None else found

    @property
    def references(self) -> tuple[Reference, ...]:
        """Which fields name which kinds."""
        return _default_references() if self._references is None else self._references

    def merged(self, other: Configuration) -> Configuration:
        """Return this with what *other* adds. Raises: KustomizeError on a conflict.

        Added to nothing, specs still count as the same by path where the later one names no kind: one for all kinds
        is lost behind one for a kind, as it is upstream.
        """
        if other is self or (self is NOTHING and other is DEFAULT):
            return other
        lists = {}
        for name in _LISTS:
            if name in self._lists or name in other._lists:
                try:
                    lists[name] = _sorted(merge_specs(self.specs(name), other.specs(name)))
                except KustomizeError as error:
                    raise KustomizeError(f"failed to merge {_LISTS[name]} fieldSpec: {error}") from error
        references = self._references
        if references is not other._references:
            try:
                references = _merge_references(self.references, other.references)
            except KustomizeError as error:
                raise KustomizeError(f"failed to merge NameReference fieldSpec: {error}") from error
        return Configuration(lists, references)


DEFAULT = Configuration({}, None)
NOTHING = Configuration(dict.fromkeys(_LISTS, ()), ())


_specs: dict[str, tuple[FieldSpec, ...]] = {}
_references: list[tuple[Reference, ...]] = []


def _default_specs(name: str) -> tuple[FieldSpec, ...]:
    if name not in _specs:
        from fairlead.engines.kustomize import defaults

        _specs[name] = _sorted(defaults.LISTS[name]())
    return _specs[name]


def _default_references() -> tuple[Reference, ...]:
    if not _references:
        from fairlead.engines.kustomize import defaults

        _references.append(_sort_references(defaults.name_references()))
    return _references[0]


def _sort_references(references: Iterable[Reference]) -> tuple[Reference, ...]:
    return tuple(sorted(references, key=lambda reference: _place(*reference[0])))


def _merge_references(ours: tuple[Reference, ...], theirs: tuple[Reference, ...]) -> tuple[Reference, ...]:
    merged: dict[tuple[str, str, str], tuple[FieldSpec, ...]] = dict(ours)
    for target, users in theirs:
        merged[target] = tuple(merge_specs(merged[target], users)) if target in merged else users
    return _sort_references(merged.items())


def read_configuration(data: bytes, path: str) -> Configuration:
    """Read a file of `configurations`. Raises: KustomizeError."""
    try:
        loaded = goyaml.load(data, source=path, strict=True)
    except goyaml.YamlError as error:
        raise KustomizeError(f"{path}: {error.go_text}") from error
    try:
        config = decode(CONFIGURATION, loaded, "TransformerConfig") if loaded is not None else {}
    except KustomizeError as error:
        raise KustomizeError(f"{path}: error unmarshaling JSON: while decoding JSON: {error}") from error
    lists = {name: _sorted(map(_spec, config.get(name) or ())) for name in _LISTS}
    references = tuple(
        (
            (entry.get("group", ""), entry.get("version", ""), entry.get("kind", "")),
            tuple(map(_spec, entry.get("fieldSpecs") or ())),
        )
        for entry in config.get(REFERENCES) or ()
    )
    return Configuration(lists, _sort_references(references))


def _spec(entry: Mapping[str, Any]) -> FieldSpec:
    return FieldSpec(
        entry.get("path") or "",
        entry.get("group") or "",
        entry.get("version") or "",
        entry.get("kind") or "",
        bool(entry.get("create")),
    )


specs_of = _spec


# From `crds`: OpenAPI definitions with hints.


def read_crds(data: bytes, path: str) -> Configuration:
    """Read the hints of a file of `crds`. Raises: KustomizeError."""
    try:
        loaded = goyaml.load(data, source=path)
    except goyaml.YamlError as error:
        raise KustomizeError(f"unable to parse open API definition from '{path}': {error.go_text}") from error
    if not isinstance(loaded, dict):
        raise KustomizeError(
            f"unable to parse open API definition from '{path}': json: cannot unmarshal into accumulator.nameToApiMap"
        )
    result = NOTHING
    for name in sorted(loaded):
        properties = _properties(loaded.get(name))
        if {"kind", "apiVersion", "metadata"} <= properties.keys():
            result = result.merged(_hints(loaded, name))
    return result


def _properties(definition: Any) -> Mapping[str, Any]:
    schema = definition.get("Schema", definition.get("schema")) if isinstance(definition, dict) else None
    found = schema.get("properties") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


def _hints(definitions: Mapping[str, Any], name: str) -> Configuration:
    kind = name.rpartition(".")[2]
    lists: dict[str, list[FieldSpec]] = {name: [] for name in _LISTS}
    references: dict[tuple[str, str, str], list[FieldSpec]] = {}
    for path, hints in _walk(definitions, name, (), frozenset()):
        spec = FieldSpec("/".join(path), kind=kind)
        for key, section in (
            ("x-kubernetes-annotation", "commonAnnotations"),
            ("x-kubernetes-label-selector", "commonLabels"),
            ("x-kubernetes-identity", "namePrefix"),
        ):
            if isinstance(hints.get(key), str):
                lists[section] = merge_specs(lists[section], [spec])
        version, target = hints.get("x-kubernetes-object-ref-api-version"), hints.get("x-kubernetes-object-ref-kind")
        if isinstance(version, str) and isinstance(target, str):
            name_key = hints.get("x-kubernetes-object-ref-name-key")
            field = FieldSpec("/".join((*path, name_key if isinstance(name_key, str) else "name")), kind=kind)
            references.setdefault(("", version, target), []).append(field)
    return Configuration(
        {section: tuple(specs) for section, specs in lists.items()},
        tuple((target, tuple(merge_specs((), users))) for target, users in references.items()),
    )


def _walk(
    definitions: Mapping[str, Any], name: str, path: tuple[str, ...], seen: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if name in seen:
        raise KustomizeError(f"the definition '{name}' refers to itself")
    for field, schema in sorted(_properties(definitions.get(name)).items()):
        if isinstance(schema, dict):
            yield (*path, field), schema
            reference = schema.get("$ref")
            if isinstance(reference, str):
                yield from _walk(definitions, reference, (*path, field), seen | {name})


def names_of_lists() -> Iterable[str]:
    """Return the names of the sections that are lists of field specs."""
    return _LISTS.keys()
