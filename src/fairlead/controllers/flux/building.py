"""From a Kustomization and a source's tree to the objects that are to be applied. Pure.

Source: kustomize-controller v1.9 and fluxcd/pkg/kustomize (generated kustomization.yaml, order of overrides).
"""

from collections.abc import Mapping
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, copy, get_in
from fairlead.engines.kustomize import KustomizeError, MemoryLoader, build
from fairlead.engines.kustomize.loader import FILE_NAMES, join
from fairlead.engines.substitution import SubstitutionError, substitute

_OVERLAID = ("patches", "images", "components", "namePrefix", "nameSuffix")
DISABLED = "kustomize.toolkit.fluxcd.io/substitute"


class BuildError(Exception):
    """The overlay cannot be built; the text is the condition's message."""


class PathError(BuildError):
    """The path is not in the source."""


def build_objects(spec: Mapping[str, Any], tree: Mapping[str, bytes], variables: Mapping[str, str]) -> list[Json]:
    """The objects of a Kustomization's *spec* over a source's *tree*. Raises: BuildError."""
    path = join(".", (spec.get("path") or "./").lstrip("/") or ".")
    loader = MemoryLoader(tree)
    if not loader.is_folder(path):
        raise PathError(f"kustomization path not found: stat {path}: no such file or directory")
    files = dict(tree)
    _ensure_kustomization(files, loader, path)
    _overlay(files, path, spec)
    try:
        built = build(path, MemoryLoader(files))
    except KustomizeError as error:
        raise BuildError(f"kustomize build failed: {error}") from error
    objects = [_named(obj, spec) for obj in built.resources]
    if spec.get("postBuild") is not None:
        objects = [_substituted(obj, variables) for obj in objects]
    return objects


def _ensure_kustomization(files: dict[str, bytes], loader: MemoryLoader, path: str) -> None:
    """Where a folder has no kustomization.yaml, one is made that takes every manifest below it."""
    if any(loader.is_file(join(path, name)) for name in FILE_NAMES):
        return
    resources = _manifests(loader, path, path)
    if not resources:
        raise BuildError(f"kustomize build failed: kustomization.yaml is empty: no manifests in '{path}'")
    config = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources}
    files[join(path, "kustomization.yaml")] = goyaml.dump(config).encode()


def _manifests(loader: MemoryLoader, root: str, folder: str) -> list[str]:
    found = []
    for name in loader.list(folder):
        path = join(folder, name)
        shown = path if root == "." else path[len(root) + 1 :]
        if loader.is_folder(path):
            if any(loader.is_file(join(path, known)) for known in FILE_NAMES):
                found.append(shown)
            else:
                found += _manifests(loader, root, path)
        elif name.endswith((".yaml", ".yml")):
            if name.startswith("."):
                continue
            text = loader.read(path)
            if b"kind:" not in text and b'"kind"' not in text:
                raise BuildError(f"failed to decode Kubernetes YAML from {path}: missing kind")
            found.append(shown)
    return found


def _overlay(files: dict[str, bytes], path: str, spec: Mapping[str, Any]) -> None:
    """Lay what the Kustomization itself asks for over the kustomization file."""
    name = next(join(path, name) for name in FILE_NAMES if join(path, name) in files)
    try:
        config = goyaml.load(files[name], source=name)
    except goyaml.YamlError as error:
        raise BuildError(f"kustomize build failed: {name}: {error}") from error
    if not isinstance(config, dict):
        return
    for part in _OVERLAID:
        if spec.get(part):
            both = isinstance(spec[part], list)
            config[part] = [*(config.get(part) or []), *spec[part]] if both else spec[part]
    if spec.get("targetNamespace"):
        config["namespace"] = spec["targetNamespace"]
    files[name] = goyaml.dump(config).encode()


def _named(obj: Json, spec: Mapping[str, Any]) -> Json:
    """Add commonMetadata."""
    common = spec.get("commonMetadata") or {}
    if not common:
        return obj
    changed: Json = copy(obj)
    for part in ("labels", "annotations"):
        if common.get(part):
            changed["metadata"].setdefault(part, {}).update(common[part])
    return changed


def _substituted(obj: Json, variables: Mapping[str, str]) -> Json:
    marks = {**get_in(obj, "metadata", "labels", default={}), **get_in(obj, "metadata", "annotations", default={})}
    if marks.get(DISABLED) == "disabled":
        return obj
    text = goyaml.dump(obj)
    if "$" not in text:
        return obj
    try:
        changed = goyaml.load(substitute(text, variables))
    except SubstitutionError as error:
        name = f"{obj['kind']}/{get_in(obj, 'metadata', 'name')}"
        raise BuildError(f"post build failed for '{name}': envsubst error: {error}") from error
    except goyaml.YamlError as error:
        name = f"{obj['kind']}/{get_in(obj, 'metadata', 'name')}"
        raise BuildError(f"post build failed for '{name}': {error}") from error
    if not isinstance(changed, dict):
        raise BuildError(f"post build failed for '{obj['kind']}': the result is not an object")
    return changed
