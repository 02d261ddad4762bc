"""What Go's types are called in the errors of its JSON decoder.

Source: kustomize api v0.21.2 types; Go 1.26 encoding/json (UnmarshalTypeError).
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# The structs by the field that holds them, and by the one above where that decides.
_STRUCTS = {
    "metadata": "ObjectMeta",
    "labels": "Label",
    "fields": "FieldSpec",
    "fieldSpecs": "FieldSpec",
    "patches": "Patch",
    "patchesJson6902": "Patch",
    "patchesJson6902.options": "PatchArgs",
    "patches.options": "PatchArgs",
    "target": "Selector",
    "images": "Image",
    "imageTags": "Image",
    "imageTag": "Image",
    "replacements": "ReplacementField",
    "source": "SourceSelector",
    "targets": "TargetSelector",
    "select": "Selector",
    "reject": "Selector",
    "source.options": "FieldOptions",
    "targets.options": "FieldOptions",
    "replicas": "Replica",
    "replica": "Replica",
    "vars": "Var",
    "objref": "Target",
    "fieldref": "FieldSelector",
    "sortOptions": "SortOptions",
    "legacySortOptions": "LegacySortOptions",
    "configMapGenerator": "ConfigMapArgs",
    "secretGenerator": "SecretArgs",
    "options": "GeneratorOptions",
    "generatorOptions": "GeneratorOptions",
    "helmGlobals": "HelmGlobals",
    "helmCharts": "HelmChart",
    "helmChartInflationGenerator": "HelmChartArgs",
    "Kustomization": "Kustomization",
}
_GVK = dict.fromkeys(("group", "version", "kind"), "Gvk")
_SELECTED = {**{name: f"ResId.{part}" for name, part in _GVK.items()}, "name": "ResId", "namespace": "ResId"}
_GENERATED = {
    **dict.fromkeys(("namespace", "name", "behavior", "options"), "GeneratorArgs"),
    **dict.fromkeys(("literals", "files", "envs", "env"), "GeneratorArgs.KvPairSources"),
}
# The structs that have others in them, and which of their fields are those of the others.
_WITHIN: Mapping[str, Mapping[str, str]] = {
    "Kustomization": {"kind": "TypeMeta", "apiVersion": "TypeMeta"},
    "FieldSpec": _GVK,
    "Target": _GVK,
    "Selector": _SELECTED,
    "SourceSelector": _SELECTED,
    "ReplacementField": dict.fromkeys(("source", "targets", "sourceValue"), "Replacement"),
    "ConfigMapArgs": _GENERATED,
    "SecretArgs": _GENERATED,
}
_SCALARS = {"string": "string", "bool": "bool", "int": "int", "any": "interface {}"}
_OWN = {  # types of their own, by the field that holds them
    "count": "int64",
    "order": "types.SortOrder",
    "patchesStrategicMerge": "types.PatchStrategicMerge",
}
_POINTERS = ("reject", "replacements.targets")


def _struct(path: str) -> str:
    above, _, name = path.rpartition(".")
    return _STRUCTS.get(f"{above.rpartition('.')[2]}.{name}") or _STRUCTS.get(name) or f"{name}Plugin"


def place(where: str) -> str:
    """Return how the errors name the field *where*, a path that begins with the outermost struct."""
    path, *names = where.split(".")
    if not names:
        return "value"
    trail, holder = [], ""
    for name in names:
        holder = _struct(path)
        within = _WITHIN.get(holder, {}).get(name)
        trail += [within, name] if within else [name]
        path = f"{path}.{name}"
    return f"struct field {holder}.{'.'.join(trail)}"


def type_of(shape: Any, where: str) -> str:
    """Return the type of the field *where*, which has this *shape* (see `shapes`)."""
    if isinstance(shape, str):
        return _OWN.get(where.rpartition(".")[2]) or _SCALARS[shape]
    if isinstance(shape, list):
        pointer = "*" if where.endswith(_POINTERS) else ""
        return f"[]{pointer}{type_of(shape[0], where)}"
    if "*" in shape:
        return f"map[string]{type_of(shape['*'], where)}"
    return f"types.{_struct(where)}"
