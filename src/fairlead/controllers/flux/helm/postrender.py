"""What happens to rendered manifests before they become a release: kustomize patches, common metadata, origin labels.

Pure. Source: helm-controller v1.6 internal/postrender, Helm v4.3 pkg/action/action.go (renderResources).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.base import gojson
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, Key, get_in
from fairlead.engines.helm import HelmError, Rendered
from fairlead.engines.helm.manifests import INSTALL_ORDER, Sorted, sort_objects
from fairlead.engines.helm.record import sha256
from fairlead.engines.kustomize import KustomizeError, MemoryLoader, build

GROUP = "helm.toolkit.fluxcd.io"
_INPUT = "helm-output.yaml"


class PostRenderError(HelmError):
    """Post rendering failed; the text is Helm's."""


def post_render(rendered: Rendered, spec: Mapping[str, Any], key: Key) -> Sorted:
    """Manifests and hooks as *spec* of the HelmRelease *key* wants them, in Helm's order. Raises: PostRenderError."""
    shown = [(item.name, item.value) for item in rendered.manifests]
    hooks = [(item.path, item.value) for item in rendered.hooks]
    match spec.get("postRenderStrategy") or "combined":
        case "separate":
            found = [*_rendered(hooks, spec, key), *_rendered(shown, spec, key)]
        case "nohooks":
            found = [*hooks, *_rendered(shown, spec, key)]
        case _:
            found = _rendered([*hooks, *shown], spec, key)
    found.sort(key=lambda item: item[0])
    return sort_objects(((path, goyaml.dump(obj), obj) for path, obj in found), INSTALL_ORDER)


def _rendered(objects: Sequence[tuple[str, Any]], spec: Mapping[str, Any], key: Key) -> list[tuple[str, Json]]:
    """Objects with the templates they came from, after every post renderer."""
    found: list[tuple[str, Json]] = [(path, obj) for path, obj in objects if isinstance(obj, dict)]
    for renderer in spec.get("postRenderers") or ():
        if renderer.get("kustomize") and found:
            found = _kustomize(found, renderer["kustomize"])
    common = spec.get("commonMetadata") or {}
    origin = {f"{GROUP}/name": key.name, f"{GROUP}/namespace": key.namespace}
    labels = {**(common.get("labels") or {}), **origin}
    return [(path, _marked(obj, labels, common.get("annotations") or {})) for path, obj in found]


def _marked(obj: Json, labels: Mapping[str, str], annotations: Mapping[str, str]) -> Json:
    metadata = dict(obj.get("metadata") or {})
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    if annotations:
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **annotations}
    return {**obj, "metadata": metadata}


_SOURCE = "postrenderer.helm.sh/postrender-filename"


def _kustomize(objects: Sequence[tuple[str, Json]], config: Mapping[str, Any]) -> list[tuple[str, Json]]:
    """Objects after a kustomization with *config*'s patches and images; each keeps the template it came from."""
    noted = [_marked(obj, {}, {_SOURCE: path}) for path, obj in objects]
    resources = "---\n".join(goyaml.dump(_without_empty_labels(obj)) for obj in noted)
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [_INPUT],
        **({"patches": list(config["patches"])} if config.get("patches") else {}),
        **({"images": list(config["images"])} if config.get("images") else {}),
    }
    files = {_INPUT: resources.encode(), "kustomization.yaml": goyaml.dump(kustomization).encode()}
    try:
        built = build(".", MemoryLoader(files))
    except KustomizeError as error:
        raise PostRenderError(f"error while running post render on files: {error}") from error
    found: list[tuple[str, Json]] = []
    for obj in built.resources:
        annotations = dict(get_in(obj, "metadata", "annotations", default={}))
        path = annotations.pop(_SOURCE, _INPUT)
        metadata = {name: value for name, value in obj["metadata"].items() if name != "annotations"}
        if annotations:
            metadata["annotations"] = annotations
        found.append((path, {**obj, "metadata": metadata}))
    return found


def _without_empty_labels(obj: Json) -> Json:
    metadata = {name: value for name, value in obj["metadata"].items() if name != "labels" or value}
    return {**obj, "metadata": metadata}


def renderers_digest(spec: Mapping[str, Any]) -> str:
    """`status.observedPostRenderersDigest`; empty where there are none."""
    found = spec.get("postRenderers")
    return sha256(_as_struct(found) + "\n") if found else ""


# The fields of the structs that a post renderer is made of, in Go's order; those of maps are sorted.
_FIELDS = (
    *("kustomize", "patches", "images", "patch", "target", "group", "version", "kind", "namespace", "name"),
    *("annotationSelector", "labelSelector", "newName", "newTag", "digest"),
)


def _as_struct(value: Any) -> str:
    """JSON with fields in the order of Go's structs; empty ones are left out."""
    if isinstance(value, list):
        return f"[{','.join(map(_as_struct, value))}]"
    if not isinstance(value, dict):
        return gojson.dumps_text(value)
    kept = [(name, value[name]) for name in _FIELDS if value.get(name) or (name == "patch" and name in value)]
    return "{" + ",".join(f"{gojson.quote(name)}:{_as_struct(item)}" for name, item in kept) + "}"


def metadata_digest(spec: Mapping[str, Any]) -> str:
    """`status.observedCommonMetadataDigest`; empty where there is none."""
    found = {name: value for name, value in (spec.get("commonMetadata") or {}).items() if value}
    return sha256(gojson.dumps_text(found) + "\n") if found else ""
