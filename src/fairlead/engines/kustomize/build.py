"""Build an overlay: gather resources, generate, transform in kustomize's order. Pure.

Source: kustomize v5.8 api/internal/target/kusttarget.go, kusttarget_configplugin.go (order of the transformers).
What of kustomize is not here yet is refused by name: docs/compat/kustomize.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, annotations, copy, get_in, labels
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.generators import generate, name_hash
from fairlead.engines.kustomize.loader import Loader, join, kustomization_of
from fairlead.engines.kustomize.merging import merge
from fairlead.engines.kustomize.references import configured_fields, default_fields, follow
from fairlead.engines.merge.patches import PatchError, json_patch
from fairlead.engines.selectors import parse_labels

BUILT_IN = re.compile(r"^$|\.k8s\.io$|^apps$|^batch$|^autoscaling$|^policy$|^extensions$")
CUSTOM = re.compile(r"(cluster\.x-k8s|toolkit\.fluxcd)\.io$")
DEPTH_LIMIT = 64
UNSUPPORTED = (
    "replacements",
    "vars",
    "helmCharts",
    "transformers",
    "validators",
    "generators",
    "helmChartInflationGenerator",
)
CLUSTER_SCOPED = {
    "Namespace",
    "Node",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "StorageClass",
    "PriorityClass",
    "IngressClass",
    "APIService",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "CSIDriver",
    "RuntimeClass",
    "VSphereClusterIdentity",
    "VSphereFailureDomain",
    "VSphereDeploymentZone",
}


@dataclass(slots=True)
class Item:
    """One object on its way: what it was called first, whether it gets a hash, and the file it came from."""

    obj: Json
    kind: str
    namespace: str
    name: str
    hashed: bool = False
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """The objects of an overlay, in order, and the file each came from."""

    resources: tuple[Json, ...]
    origins: tuple[str, ...]

    def to_text(self) -> str:
        """The objects as one YAML stream."""
        return "---\n".join(goyaml.dump(obj) for obj in self.resources)


@dataclass(slots=True)
class _State:
    items: list[Item] = field(default_factory=list)
    fields: list[tuple[str, str, str]] = field(default_factory=list)


def build(root: str, loader: Loader) -> Built:
    """Build the overlay in the folder *root*. Raises: KustomizeError."""
    state = _accumulate(root, loader, 0)
    renamed: dict[tuple[str, str, str], str] = {}
    for item in state.items:
        if item.hashed:
            meta = item.obj["metadata"]
            meta["name"] = f"{meta['name']}-{name_hash(item.obj)}"
        now = item.obj["metadata"].get("name", "")
        if now != item.name:
            for namespace in (item.namespace, item.obj["metadata"].get("namespace", ""), ""):
                renamed[item.kind, namespace, item.name] = now
    objects = follow([item.obj for item in state.items], renamed, [*default_fields(), *state.fields])
    return Built(tuple(objects), tuple(item.origin for item in state.items))


def _accumulate(folder: str, loader: Loader, depth: int, *, component: _State | None = None) -> _State:
    if depth > DEPTH_LIMIT:
        raise KustomizeError(f"overlays are nested more than {DEPTH_LIMIT} deep at '{folder}'; is there a cycle?")
    path = kustomization_of(loader, folder)
    config = _load_config(loader, path)
    state = component or _State()
    for entry in [*(config.get("resources") or ()), *(config.get("bases") or ())]:
        _add_resource(state, entry, folder, loader, depth, path)
    _generate(state, config, loader, folder, path)
    for entry in config.get("components") or ():
        _accumulate(join(folder, entry), loader, depth + 1, component=state)
    for entry in config.get("configurations") or ():
        loaded = _load_one(loader, join(folder, entry))
        state.fields.extend(configured_fields(loaded))
    _transform(state, config, loader, folder, path)
    return state


def _load_config(loader: Loader, path: str) -> Json:
    config = _load_one(loader, path)
    for name in UNSUPPORTED:
        if config.get(name):
            raise KustomizeError(f"{path}: '{name}' is not supported yet")
    return config


def _load_one(loader: Loader, path: str) -> Json:
    try:
        loaded = goyaml.load(loader.read(path), source=path)
    except goyaml.YamlError as error:
        raise KustomizeError(f"{path}: {error}") from error
    if not isinstance(loaded, dict):
        raise KustomizeError(f"{path}: is empty" if loaded is None else f"{path}: is not a mapping")
    return loaded


def _add_resource(state: _State, entry: str, folder: str, loader: Loader, depth: int, path: str) -> None:
    if "://" in entry or entry.startswith(("git@", "github.com/")):
        raise KustomizeError(f"{path}: remote resource '{entry}' is not loaded")
    target = join(folder, entry)
    if loader.is_folder(target):
        inner = _accumulate(target, loader, depth + 1)
        state.items.extend(inner.items)
        state.fields.extend(inner.fields)
        return
    if not loader.is_file(target):
        raise KustomizeError(f"accumulating resources: {path}: no such file or directory: '{entry}'")
    for obj in load_objects(loader.read(target), target):
        _append(state, obj, target)


def load_objects(data: bytes, source: str) -> list[Json]:
    """The objects in a YAML file; Lists are opened. Raises: KustomizeError for what is no object."""
    try:
        documents = goyaml.load_all(data, source=source)
    except goyaml.YamlError as error:
        raise KustomizeError(f"{source}: {error}") from error
    found: list[Json] = []
    for document in documents:
        if document is None or document == {}:
            continue
        if not isinstance(document, dict):
            raise KustomizeError(f"{source}: a document is not an object")
        if str(document.get("kind", "")).endswith("List") and isinstance(document.get("items"), list):
            found.extend(document["items"])
            continue
        found.append(document)
    for obj in found:
        if not obj.get("kind"):
            raise KustomizeError(f"{source}: missing metadata.name or kind in object {{{', '.join(sorted(obj))}}}")
        if not get_in(obj, "metadata", "name") and not get_in(obj, "metadata", "generateName"):
            raise KustomizeError(
                f"{source}: missing metadata.name in object {{{obj['kind']}.{obj.get('apiVersion', '')}}}"
            )
    return found


def _append(state: _State, obj: Json, origin: str, *, hashed: bool = False) -> None:
    meta = obj["metadata"]
    identity = (GVK.of(obj).group, obj["kind"], meta.get("namespace", ""), meta.get("name", ""))
    for item in state.items:
        have = item.obj["metadata"]
        if (GVK.of(item.obj).group, item.kind, have.get("namespace", ""), have.get("name", "")) == identity:
            raise KustomizeError(
                f"may not add resource with an already registered id: {obj['kind']}.{identity[0] or 'v1'} "
                f"{meta.get('name')}.{meta.get('namespace') or '[noNs]'} ({origin}, first in {item.origin})"
            )
    state.items.append(Item(copy(obj), obj["kind"], meta.get("namespace", ""), meta.get("name", ""), hashed, origin))


def _generate(state: _State, config: Json, loader: Loader, folder: str, path: str) -> None:
    options = config.get("generatorOptions") or {}
    for section, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for entry in config.get(section) or ():
            obj, hashed = generate(kind, entry, options, loader, folder)
            behaviour = entry.get("behavior", "create")
            existing = next((i for i in state.items if i.kind == kind and i.name == entry["name"]), None)
            if behaviour == "create":
                _append(state, obj, path, hashed=hashed)
            elif existing is None:
                raise KustomizeError(f"{path}: {kind} '{entry['name']}' does not exist; cannot {behaviour}")
            elif behaviour == "merge":
                existing.obj["data"] = {**(existing.obj.get("data") or {}), **(obj.get("data") or {})}
            else:
                existing.obj.update({part: obj[part] for part in ("data", "binaryData") if part in obj})


# Transformers, in kustomize's order.


def _transform(state: _State, config: Json, loader: Loader, folder: str, path: str) -> None:
    for patch in config.get("patchesStrategicMerge") or ():
        _strategic(state, _patch_text(patch, loader, folder), path)
    for entry in config.get("patches") or ():
        text = entry["patch"].encode() if entry.get("patch") else loader.read(join(folder, entry["path"]))
        _patch(state, text, entry.get("target") or {}, path)
    if config.get("namespace"):
        _namespace(state, config["namespace"])
    prefix, suffix = config.get("namePrefix") or "", config.get("nameSuffix") or ""
    if prefix or suffix:
        _rename(state, prefix, suffix)
    _labels(state, config)
    for item in state.items:
        if config.get("commonAnnotations"):
            _annotate(item.obj, config["commonAnnotations"])
    for entry in config.get("patchesJson6902") or ():
        text = entry["patch"].encode() if entry.get("patch") else loader.read(join(folder, entry["path"]))
        _patch(state, text, entry.get("target") or {}, path)
    for entry in config.get("replicas") or ():
        _replicas(state, entry, path)
    for entry in config.get("images") or ():
        for item in state.items:
            item.obj = _with_image(item.obj, entry)


def _patch_text(patch: str, loader: Loader, folder: str) -> bytes:
    return patch.encode() if "\n" in patch else loader.read(join(folder, patch))


def _selects(target: Json, item: Item) -> bool:
    gvk, meta = GVK.of(item.obj), item.obj["metadata"]
    for name, value in (("group", gvk.group), ("version", gvk.version), ("kind", gvk.kind)):
        if target.get(name) and not re.fullmatch(target[name], value):
            return False
    for name in ("name", "namespace"):
        values = {meta.get(name, ""), getattr(item, name)}
        if target.get(name) and not any(re.fullmatch(target[name], value) for value in values):
            return False
    return parse_labels(target.get("labelSelector") or "").matches(labels(item.obj)) and parse_labels(
        target.get("annotationSelector") or ""
    ).matches(annotations(item.obj))


def _patch(state: _State, text: bytes, target: Json, path: str) -> None:
    try:
        documents = goyaml.load_all(text, source=path)
    except goyaml.YamlError as error:
        raise KustomizeError(f"{path}: unable to parse SM or JSON patch: {error}") from error
    if len(documents) == 1 and isinstance(documents[0], list):
        if not target:
            raise KustomizeError(f"{path}: must specify a target for JSON patch")
        for item in state.items:
            if _selects(target, item):
                try:
                    item.obj = json_patch(item.obj, documents[0])
                except PatchError as error:
                    raise KustomizeError(f"{path}: patch of {item.kind} '{item.name}': {error}") from error
        return
    if not target:
        _strategic(state, text, path)
        return
    for document in documents:
        if isinstance(document, dict):
            for item in [item for item in state.items if _selects(target, item)]:
                _merge_into(state, item, document, keep_identity=True)


def _strategic(state: _State, text: bytes, path: str) -> None:
    for patch in load_objects(text, path):
        meta, gvk = patch["metadata"], GVK.of(patch)
        found = [
            item
            for item in state.items
            if GVK.of(item.obj).kind == gvk.kind
            and GVK.of(item.obj).group == gvk.group
            and meta["name"] in (item.obj["metadata"].get("name"), item.name)
            and meta.get("namespace", "") in ("", item.obj["metadata"].get("namespace", ""), item.namespace)
        ]
        if not found:
            name = (
                f"{gvk.kind}.{gvk.version}.{gvk.group or '[noGrp]'}/{meta['name']}.{meta.get('namespace') or '[noNs]'}"
            )
            raise KustomizeError(
                f'{path}: no resource matches strategic merge patch "{name}"; no matches for Id {name}'
            )
        for item in found:
            _merge_into(state, item, patch, keep_identity=False)


def _merge_into(state: _State, item: Item, patch: Json, *, keep_identity: bool) -> None:
    if patch.get("$patch") == "delete":
        state.items.remove(item)
        return
    group = GVK.of(item.obj).group
    plain = bool(CUSTOM.search(group)) or not BUILT_IN.search(group)
    meta = item.obj["metadata"]
    merged = merge(item.obj, patch, by_key=not plain)
    if keep_identity:
        merged["apiVersion"], merged["kind"] = item.obj["apiVersion"], item.obj["kind"]
    merged["metadata"] = {**merged["metadata"], "name": meta.get("name", "")}
    if meta.get("namespace"):
        merged["metadata"]["namespace"] = meta["namespace"]
    item.obj = merged


def _namespace(state: _State, namespace: str) -> None:
    for item in state.items:
        if item.kind == "Namespace":
            continue
        if item.kind not in CLUSTER_SCOPED:
            item.obj["metadata"]["namespace"] = namespace
        if item.kind in ("RoleBinding", "ClusterRoleBinding"):
            for subject in item.obj.get("subjects") or ():
                if subject.get("kind") == "ServiceAccount" and subject.get("name") == "default":
                    subject["namespace"] = namespace


def _rename(state: _State, prefix: str, suffix: str) -> None:
    for item in state.items:
        if item.kind not in ("Namespace", "CustomResourceDefinition", "APIService"):
            meta = item.obj["metadata"]
            meta["name"] = f"{prefix}{meta.get('name', '')}{suffix}"


_SELECTORS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Service": (("spec", "selector"),),
    "ReplicationController": (("spec", "selector"),),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"),
        (("spec", "selector", "matchLabels"), ("spec", "template", "metadata", "labels")),
    ),
}
_TEMPLATES = {
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job"), ("spec", "template", "metadata", "labels")
    ),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "metadata", "labels"),
}


def _labels(state: _State, config: Json) -> None:
    jobs = [(entry.get("pairs") or {}, entry) for entry in config.get("labels") or ()]
    if config.get("commonLabels"):
        jobs.append((config["commonLabels"], {"includeSelectors": True}))
    for pairs, how in jobs:
        for item in state.items:
            item.obj["metadata"].setdefault("labels", {}).update(pairs)
            if how.get("includeSelectors"):
                for steps in _SELECTORS.get(item.kind, ()):
                    _add_at(item.obj, steps, pairs)
            if how.get("includeSelectors") or how.get("includeTemplates"):
                template = _TEMPLATES.get(item.kind)
                if template:
                    _add_at(item.obj, template, pairs)


def _add_at(obj: Json, steps: Sequence[str], pairs: Json) -> None:
    here = obj
    for step in steps:
        here = here.setdefault(step, {})
    here.update(pairs)


def _annotate(obj: Json, pairs: Json) -> None:
    obj["metadata"].setdefault("annotations", {}).update(pairs)
    template = get_in(obj, "spec", "template")
    if isinstance(template, dict) and obj["kind"] in _TEMPLATES:
        template.setdefault("metadata", {}).setdefault("annotations", {}).update(pairs)


def _replicas(state: _State, entry: Json, path: str) -> None:
    found = [
        item
        for item in state.items
        if item.kind in ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")
        and entry["name"] in (item.name, item.obj["metadata"].get("name"))
    ]
    if not found:
        raise KustomizeError(
            f"{path}: resource with name {entry['name']} does not match a config with the following GVK"
        )
    for item in found:
        item.obj.setdefault("spec", {})["replicas"] = entry["count"]


def _with_image(obj: Json, entry: Json) -> Json:
    def change(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: change(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [
                _image_of(item, entry) if key in ("containers", "initContainers") else change(item) for item in value
            ]
        return value

    changed: Json = change(obj)
    return changed


def _image_of(container: Any, entry: Json) -> Any:
    if not isinstance(container, dict) or not isinstance(container.get("image"), str):
        return container
    image = container["image"]
    name, digest = image.partition("@")[::2]
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        head, tag = name, ""
    if head != entry["name"]:
        return container
    new = entry.get("newName") or head
    if entry.get("digest"):
        return {**container, "image": f"{new}@{entry['digest']}"}
    tag = str(entry["newTag"]) if entry.get("newTag") is not None else tag
    text = f"{new}:{tag}" if tag else new
    if digest and entry.get("newTag") is None:
        text += f"@{digest}"
    return {**container, "image": text}
