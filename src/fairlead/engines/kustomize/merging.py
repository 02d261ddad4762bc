"""Patches laid over objects, the way kustomize lays them. Pure.

Source: kustomize v5.8 kyaml/yaml/merge2, api/filters/patchstrategicmerge: mappings merge, null removes, lists of
built-in kinds merge by their merge key, any other list is replaced; `$patch` directives.
"""

from collections.abc import Mapping
from typing import Any

# Source: Kubernetes OpenAPI, x-kubernetes-patch-merge-key of the fields with this name.
MERGE_KEYS: Mapping[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "ownerReferences": "uid",
    "secrets": "name",
    "conditions": "type",
}
_PORT_KEYS = ("containerPort", "port")


def merge(target: Any, patch: Any, *, by_key: bool = True) -> Any:
    """*patch* laid over *target*; neither is changed. `by_key`: lists merge by key (built-in kinds)."""
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace" or not isinstance(target, dict):
        return {key: value for key, value in patch.items() if key != "$patch" and value is not None}
    merged = dict(target)
    for key, value in patch.items():
        if key == "$patch":
            continue
        if value is None or (isinstance(value, dict) and value.get("$patch") == "delete"):
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge(merged.get(key), value, by_key=by_key)
        elif isinstance(value, list) and by_key and isinstance(merged.get(key), list):
            merged[key] = _merge_list(key, merged[key], value)
        else:
            merged[key] = value
    return merged


def _merge_list(name: str, target: list[Any], patch: list[Any]) -> list[Any]:
    key = _key_of(name, patch)
    if key is None or not all(isinstance(item, dict) for item in (*target, *patch)):
        return patch
    if any(item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in item]
    merged = list(target)
    added = []
    for item in patch:
        index = next((i for i, have in enumerate(merged) if have.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            merged = [have for have in merged if have.get(key) != item.get(key)]
        elif index is None:
            added.append({k: v for k, v in item.items() if k != "$patch"})
        else:
            merged[index] = merge(merged[index], item)
    return added + merged  # kustomize puts new entries first


def _key_of(name: str, patch: list[Any]) -> str | None:
    if name == "ports":
        return next((key for key in _PORT_KEYS if any(isinstance(i, dict) and key in i for i in patch)), None)
    return MERGE_KEYS.get(name)
