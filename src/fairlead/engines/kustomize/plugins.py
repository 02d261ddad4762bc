"""What a kustomization does, as steps: the built-in generators and transformers, from its fields or from files.

Source: kustomize api v0.21.2 internal/builtins, internal/plugins/loader/loader.go. Plugins that run programs or
containers are refused.
"""

from __future__ import annotations

import posixpath

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.configuration import specs_of
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import FieldSpec
from fairlead.engines.kustomize.files import Files
from fairlead.engines.kustomize.nodes import to_value
from fairlead.engines.kustomize.objects import objects_in
from fairlead.engines.kustomize.resmap import ResMap
from fairlead.engines.kustomize.resource import Resource
from fairlead.engines.kustomize.shapes import PLUGINS, REPLACEMENT, decode
from fairlead.engines.kustomize.transformers import (
    Namespacer,
    add_affixes,
    add_entries,
    add_hashes,
    add_value,
    set_replicas,
)

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from fairlead.engines.kustomize.schema import Schema

    Transform = Callable[[ResMap], None]
    Generate = Callable[[], list[Resource]]
    InflateChart = Callable[[Mapping[str, Any], Files], bytes]

GENERATORS = ("ConfigMapGenerator", "SecretGenerator", "HelmChartInflationGenerator", "IAMPolicyGenerator")


class Workshop:
    """Makes the steps of one kustomization."""

    def __init__(self, files: Files, config: str, schema: Callable[[], Schema], inflate: InflateChart | None) -> None:
        """*config* is the kustomization's file; *inflate* renders charts, None where that is not allowed."""
        self.files = files
        self.config = config
        self._schema = schema
        self._inflate = inflate

    def generator(self, kind: str, entry: Mapping[str, Any]) -> Generate:
        """Return what makes the objects of a generator's *entry*. Raises: KustomizeError."""
        if kind in ("ConfigMapGenerator", "SecretGenerator"):
            from fairlead.engines.kustomize.generators import generate

            return lambda: [generate(kind.removesuffix("Generator"), entry, self.files)]
        if kind == "IAMPolicyGenerator":
            return lambda: _service_account(entry)
        return self._chart(entry)

    def _chart(self, entry: Mapping[str, Any]) -> Generate:
        inflate = self._inflate
        if inflate is None:
            raise KustomizeError(
                "trouble configuring builtin HelmChartInflationGenerator with config: "
                f"`\n{goyaml.dump(dict(entry))}`: must specify --enable-helm"
            )
        if not entry.get("name"):
            raise KustomizeError("chart name cannot be empty")

        def make() -> list[Resource]:
            found = objects_in(inflate(entry, self.files), f"{self.config}: chart {entry['name']}", role="generator")
            for item in found:
                item.from_helm = True
            return found

        return make

    def transformer(
        self, kind: str, settings: Mapping[str, Any], specs: Sequence[FieldSpec] | None = None
    ) -> Transform:
        """Return the step that the built-in *kind* does with *settings*. Raises: KustomizeError."""
        if specs is None:
            specs = tuple(map(specs_of, settings.get("fieldSpecs") or ()))
            if (
                kind in ("PrefixTransformer", "SuffixTransformer", "PrefixSuffixTransformer")
                and settings.get("fieldSpecs") is None
            ):
                raise KustomizeError("fieldSpecs is not expected to be nil")
        make = _TRANSFORMERS[kind]
        return make(self, settings, specs)

    def patches(self, entry: Mapping[str, Any]) -> Transform:
        """Return the step of one entry of `patches`. Raises: KustomizeError."""
        from fairlead.engines.kustomize.patching import Patch

        patch = Patch(entry, self.files, self.config)
        return lambda items: patch.apply(items, self._schema)

    def merges(self, paths: Sequence[str], text: str) -> Transform:
        """Return the step of `patchesStrategicMerge`. Raises: KustomizeError."""
        from fairlead.engines.kustomize.patching import apply_merges, read_merges

        patches = read_merges(paths, text, self.files, self.config)
        return lambda items: apply_merges(items, patches, self._schema())

    def json6902(self, target: Mapping[str, Any] | None, path: str, text: str) -> Transform:
        """Return the step of one entry of `patchesJson6902`. Raises: KustomizeError."""
        from fairlead.engines.kustomize.patching import Json6902

        return Json6902(target, path, text, self.files, self.config).apply

    def replacements(self, entries: Sequence[Mapping[str, Any]]) -> Transform:
        """Return the step of `replacements`. Raises: KustomizeError."""
        from fairlead.engines.kustomize.replacements import replace

        listed: list[Mapping[str, Any]] = []
        for entry in entries:
            path = entry.get("path") or ""
            if not path:
                listed.append(entry)
                continue
            if entry.get("source") is not None or entry.get("targets"):
                raise KustomizeError("cannot specify both path and inline replacement")
            listed += self._replacement_file(path)

        def apply(items: ResMap) -> None:
            replace(items.items, listed)
            items.changed()

        return apply

    def _replacement_file(self, path: str) -> list[Mapping[str, Any]]:
        loaded = self._load(path)
        if isinstance(loaded, list):
            return list(decode([REPLACEMENT], loaded, "Replacement", strict=False))
        if isinstance(loaded, dict):
            return [decode(REPLACEMENT, loaded, "Replacement", strict=False)]
        raise KustomizeError(f"unsupported replacement type encountered within replacement path: {path}")

    def _load(self, path: str) -> Any:
        try:
            return goyaml.load(self.files.read(path), source=path)
        except goyaml.YamlError as error:
            raise KustomizeError(f"{path}: {error.go_text}") from error

    def values(self, settings: Mapping[str, Any]) -> Transform:
        """Return the step of a ValueAddTransformer. Raises: KustomizeError."""
        value = (settings.get("value") or "").strip() or posixpath.basename(self.files.root)
        targets = list(settings.get("targets") or ())
        if settings.get("targetFilePath"):
            shape = {"targets": PLUGINS["ValueAddTransformer"]["targets"]}
            loaded = decode(shape, self._load(settings["targetFilePath"]) or {}, "targets", strict=False)
            targets += loaded.get("targets") or ()
        if not targets:
            raise KustomizeError("must specify at least one target")

        def apply(items: ResMap) -> None:
            for target in targets:
                add_value(items, value, target)

        return apply


def _affixes(prefix: str, suffix: str, specs: Sequence[FieldSpec]) -> Transform:
    def apply(items: ResMap) -> None:
        if prefix:
            add_affixes(items, prefix, "", specs)
        if suffix:
            add_affixes(items, "", suffix, specs)

    return apply


def _entries(entries: Mapping[str, str] | None, specs: Sequence[FieldSpec]) -> Transform:
    return lambda items: add_entries(items.items, entries, specs) if entries else None


def _namespace(settings: Mapping[str, Any], specs: Sequence[FieldSpec]) -> Transform:
    namespace = (settings.get("metadata") or {}).get("namespace") or ""
    namespacer = Namespacer(
        namespace,
        specs,
        unset_only=bool(settings.get("unsetOnly")),
        subjects=settings.get("setRoleBindingSubjects") or "",
    )
    return namespacer.apply if namespace else lambda items: None


def _replicas(settings: Mapping[str, Any], specs: Sequence[FieldSpec]) -> Transform:
    replica = settings.get("replica") or {}
    return lambda items: set_replicas(items, replica.get("name") or "", replica.get("count") or 0, specs)


def _images(settings: Mapping[str, Any], specs: Sequence[FieldSpec]) -> Transform:
    from fairlead.engines.kustomize.images import set_images

    return lambda items: set_images(items.items, settings.get("imageTag") or {}, specs)


_TRANSFORMERS: Mapping[str, Callable[[Workshop, Mapping[str, Any], Sequence[FieldSpec]], Transform]] = {
    "AnnotationsTransformer": lambda _, settings, specs: _entries(settings.get("annotations"), specs),
    "LabelTransformer": lambda _, settings, specs: _entries(settings.get("labels"), specs),
    "HashTransformer": lambda _, settings, specs: add_hashes,
    "ImageTagTransformer": lambda _, settings, specs: _images(settings, specs),
    "NamespaceTransformer": lambda _, settings, specs: _namespace(settings, specs),
    "PatchJson6902Transformer": lambda shop, settings, _: shop.json6902(
        settings.get("target"), settings.get("path") or "", settings.get("jsonOp") or ""
    ),
    "PatchStrategicMergeTransformer": lambda shop, settings, _: shop.merges(
        settings.get("paths") or (), settings.get("patches") or ""
    ),
    "PatchTransformer": lambda shop, settings, _: shop.patches(settings),
    "PrefixTransformer": lambda _, settings, specs: _affixes(settings.get("prefix") or "", "", specs),
    "SuffixTransformer": lambda _, settings, specs: _affixes("", settings.get("suffix") or "", specs),
    "PrefixSuffixTransformer": lambda _, settings, specs: _affixes(
        settings.get("prefix") or "", settings.get("suffix") or "", specs
    ),
    "ReplacementTransformer": lambda shop, settings, _: shop.replacements(settings.get("replacements") or ()),
    "ReplicaCountTransformer": lambda _, settings, specs: _replicas(settings, specs),
    "ValueAddTransformer": lambda shop, settings, _: shop.values(settings),
}


def configured(workshop: Workshop, item: Resource, *, generator: bool) -> tuple[str, dict[str, Any]]:
    """Return kind and settings of the built-in plugin that *item* configures. Raises: KustomizeError."""
    known = item.original_id()
    if known.group or known.version != "builtin":
        raise KustomizeError(
            f"external plugins disabled; unable to load external plugin '{known.kind}': {_where(item)} asks for a "
            "program or a container to be run; only plugins with apiVersion 'builtin' are known"
        )
    kind = known.kind
    if kind not in PLUGINS:
        raise KustomizeError(f"unable to load builtin {known.gvk_text()}")
    if generator and kind not in GENERATORS:
        raise KustomizeError(f"plugin {known} not a generator")
    if not generator and kind in GENERATORS:
        raise KustomizeError(f"plugin {known} not a transformer")
    try:
        settings = decode(PLUGINS[kind], to_value(item.node), kind, strict=False)
    except KustomizeError as error:
        raise KustomizeError(f"plugin {known} fails configuration: {_where(item)}: {error}") from error
    if kind in ("ConfigMapGenerator", "SecretGenerator"):
        for part in ("name", "namespace"):
            settings[part] = settings.get(part) or (settings.get("metadata") or {}).get(part) or ""
    return kind, settings


def _where(item: Resource) -> str:
    source = item.sources[0] if item.sources else None
    return f"{source.file}:{source.line}" if source is not None else str(item.current_id())


def _service_account(entry: Mapping[str, Any]) -> list[Resource]:
    if entry.get("cloud") != "gke":
        raise KustomizeError(f"cloud provider {entry.get('cloud') or ''} not supported yet")
    account, service = entry.get("serviceAccount") or {}, entry.get("kubernetesService") or {}
    address = f"{account.get('name') or ''}@{account.get('projectId') or ''}.iam.gserviceaccount.com"
    metadata = {"annotations": {"iam.gke.io/gcp-service-account": address}, "name": service.get("name") or ""}
    if service.get("namespace"):
        metadata["namespace"] = service["namespace"]
    return [Resource({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})]
