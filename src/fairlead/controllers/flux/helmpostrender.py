"""What happens to rendered manifests before they become a release: kustomize patches, common metadata, origin labels.

Pure. Source: helm-controller v1.6 internal/postrender, Helm v4.3 pkg/action/action.go (renderResources).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.base import gojson
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, Key, get_in
from fairlead.engines.helm import HelmError
from fairlead.engines.helm.manifests import INSTALL_ORDER, Hook, Manifest, sort_manifests
from fairlead.engines.helm.record import HookRecord, sha256
from fairlead.engines.kustomize import KustomizeError, MemoryLoader, build

GROUP = "helm.toolkit.fluxcd.io"
_INPUT = "helm-output.yaml"


class PostRenderError(HelmError):
    """Post rendering failed; the text is Helm's."""


def post_render(
    manifests: Sequence[Manifest], hooks: Sequence[Hook], spec: Mapping[str, Any], key: Key
) -> tuple[str, tuple[HookRecord, ...]]:
    """The manifest and the hooks of a release, as *spec* of the HelmRelease *key* wants them.

    Raises: PostRenderError.
    """
    strategy = spec.get("postRenderStrategy") or "combined"
    shown = _Documents([(item.name, item.content) for item in manifests])
    hooked = _Documents([(item.path, item.content) for item in hooks])
    if strategy == "combined":
        merged = _Documents([*hooked.items, *shown.items])
        files = merged.rendered(spec, key)
    else:
        files = shown.rendered(spec, key)
        added = hooked.rendered(spec, key) if strategy == "separate" else hooked.files()
        for path, text in added.items():
            files[path] = f"{files[path]}\n---\n{text}" if path in files else text
    found = sort_manifests(files, INSTALL_ORDER)
    text = "".join(f"---\n# Source: {item.name}\n{item.content}\n" for item in found.manifests)
    return text, tuple(HookRecord.of(hook) for hook in found.hooks)


class _Documents:
    """Documents with the template each came from."""

    def __init__(self, items: list[tuple[str, str]]) -> None:
        self.items = items

    def files(self) -> dict[str, str]:
        """The documents of each template in one text."""
        found: dict[str, str] = {}
        for path, text in self.items:
            found[path] = f"{found[path]}\n---\n{text}" if path in found else text
        return found

    def rendered(self, spec: Mapping[str, Any], key: Key) -> dict[str, str]:
        """The same, after every post renderer."""
        objects: list[tuple[str, Json]] = []
        for path, text in self.items:
            value = goyaml.load(text)
            if isinstance(value, dict):
                objects.append((path, value))
        if not objects:
            return {}
        for renderer in spec.get("postRenderers") or ():
            if renderer.get("kustomize"):
                objects = _kustomize(objects, renderer["kustomize"])
        common = spec.get("commonMetadata") or {}
        origin = {f"{GROUP}/name": key.name, f"{GROUP}/namespace": key.namespace}
        labels = {**(common.get("labels") or {}), **origin}
        marked = [(path, _marked(obj, labels, common.get("annotations") or {})) for path, obj in objects]
        return _Documents([(path, goyaml.dump(obj)) for path, obj in marked]).files()


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
    return sha256(gojson.dumps_text(found) + "\n") if found else ""


def metadata_digest(spec: Mapping[str, Any]) -> str:
    """`status.observedCommonMetadataDigest`; empty where there is none."""
    found = spec.get("commonMetadata")
    return sha256(gojson.dumps_text(found) + "\n") if found else ""
