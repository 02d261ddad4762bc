"""Build an overlay: gather what a folder's kustomization stands for, and print it. Pure: a loader brings the files.

Source: kustomize api v0.21.2 api/krusty/kustomizer.go. Differences: docs/compat/kustomize.md.
"""

from __future__ import annotations

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import FieldSpec
from fairlead.engines.kustomize.files import Files, is_repository
from fairlead.engines.kustomize.loader import Loader
from fairlead.engines.kustomize.nodes import to_value
from fairlead.engines.kustomize.objects import fault_of
from fairlead.engines.kustomize.order import chosen_order, legacy_order
from fairlead.engines.kustomize.provenance import Origin
from fairlead.engines.kustomize.references import follow_names
from fairlead.engines.kustomize.resmap import ResMap
from fairlead.engines.kustomize.resource import (
    INTERNAL,
    LOCAL_CONFIG,
    ORIGIN,
    TRANSFORMATIONS,
    Id,
    Resource,
    Source,
    parse_api_version,
)
from fairlead.engines.kustomize.target import Gathered, Session, Target
from fairlead.engines.kustomize.transformers import add_entries, add_hashes

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from typing import NamedTuple as Record

    from fairlead.engines.kustomize.plugins import InflateChart
    from fairlead.engines.kustomize.remote import Remote

    Json = dict[str, Any]
else:
    from fairlead.base.records import Record


OUTPUT_LIMIT = 256 * 1024 * 1024
VERSION = "v5.8.2"
MANAGED_BY = {"app.kubernetes.io/managed-by": f"kustomize-{VERSION}"}
_INTERNAL_MARKS = (
    *("previousKinds", "previousNames", "previousNamespaces", "prefixes", "suffixes", "refBy"),
    *("allowNameChange", "allowKindChange", "generatorBehavior", "needsHashSuffix", "helm-generated"),
    *("path", "index", "seqindent", "id", "annotations-migration-resource-id"),
)
_REMOVED = frozenset(
    (
        *(f"{INTERNAL}{name}" for name in _INTERNAL_MARKS),
        *("config.kubernetes.io/path", "config.kubernetes.io/index", "config.k8s.io/id"),
    )
)


class Built(Record):
    """The objects of an overlay, in order, where each came from, and what upstream warns of."""

    resources: tuple[Json, ...]
    sources: tuple[tuple[Source, ...], ...]
    warnings: tuple[str, ...]

    @property
    def origins(self) -> tuple[str, ...]:
        """The file that each object came from."""
        return tuple(sources[0].file if sources else "" for sources in self.sources)

    def to_text(self) -> str:
        """Return the objects as one YAML stream. Raises: KustomizeError."""
        return "---\n".join(self._texts())

    def to_files(self) -> dict[str, str]:
        """Return the objects, each the content of a file, by the names that the real tool gives the files.

        A name begins with the namespace where there are several. Raises: KustomizeError, also for an object whose name
        would lead out of the folder.
        """
        ids = []
        for obj in self.resources:
            group, version = parse_api_version(str(obj.get("apiVersion") or ""))
            metadata = obj.get("metadata") or {}
            name, namespace = str(metadata.get("name") or ""), str(metadata.get("namespace") or "")
            ids.append(Id(group, version, str(obj.get("kind") or ""), name, namespace))
        several = len({known.effective_namespace for known in ids if not known.is_cluster_scoped}) > 1
        found = {}
        for known, text in zip(ids, self._texts(), strict=True):
            parts = [known.effective_namespace] if several and not known.is_cluster_scoped else []
            parts += [part for part in (known.group, known.version, known.kind) if part]
            name = "_".join([*parts, known.name]).lower()
            if "/" in name:
                raise KustomizeError(f"{known}: its name cannot be the name of a file: '{name}'")
            found[f"{name}.yaml"] = text
        return found

    def _texts(self) -> list[str]:
        parts = []
        size = 0
        for obj in self.resources:
            try:
                text = goyaml.dump(obj)
            except goyaml.YamlError as error:
                raise KustomizeError(str(error)) from error
            size += len(text)
            if size > OUTPUT_LIMIT:
                raise KustomizeError(f"the output is larger than {OUTPUT_LIMIT} bytes")
            parts.append(text)
        return parts


def build(
    root: str,
    loader: Loader,
    *,
    reorder: str = "none",
    anywhere: bool = False,
    managed_by: bool = False,
    inflate: InflateChart | None = None,
    remote: Remote | None = None,
) -> Built:
    """Build the overlay in the folder *root*.

    *reorder* is "legacy" or "none"; *anywhere* lets files lie outside their kustomization's folder; *inflate* renders
    Helm charts, and *remote* brings files and bases from elsewhere; both are refused without. *root* may then be the
    address of a repository. Raises: KustomizeError.
    """
    session = Session(inflate)
    files = Files(loader, root, anywhere=anywhere, remote=remote)
    if is_repository(root):
        files = files.below(root)
    try:
        target = Target(files, session)
        session.choose_schema(target.config, files)
        if target.metadata:
            target.origin = Origin()
        gathered = target.gather()
        items = gathered.items
        add_hashes(items)
        follow_names(items, gathered.configuration)
        unused = _resolve(gathered)
    except RecursionError as error:
        raise KustomizeError(f"{root}: a value is nested too deep") from error
    except KustomizeError as error:
        error.warnings = tuple(session.warnings)
        raise
    warnings = list(session.warnings)
    if unused:
        warnings.append(f"well-defined vars that were never replaced: {','.join(unused)}")
    ordered = ResMap(_without_local(items.items))
    sort_options = target.field("sortOptions")
    if sort_options is not None:
        ordered.items = chosen_order(ordered.items, sort_options)
    elif reorder == "legacy":
        ordered.items = legacy_order(ordered.items)
    if managed_by or "managedByLabel" in target.metadata:
        add_entries(ordered.items, MANAGED_BY, (FieldSpec("metadata/labels", create=True),))
    _clean(ordered.items, target.metadata)
    resources = tuple(_value(item) for item in ordered)
    return Built(resources, tuple(tuple(item.sources) for item in ordered), tuple(warnings))


def _resolve(gathered: Gathered) -> list[str]:
    if not gathered.variables:
        return []
    from fairlead.engines.kustomize import variables

    return variables.resolve(gathered.items, gathered.variables, gathered.configuration.specs("varReference"))


def _value(item: Resource) -> Json:
    try:
        found: Json = to_value(item.node)
    except KustomizeError as error:
        raise KustomizeError(f"{_place(item)}{item.current_id()}: {error}") from error
    return found


def _place(item: Resource) -> str:
    return f"{item.sources[0].file}:{item.sources[0].line}: " if item.sources else ""


def _without_local(items: Sequence[Resource]) -> list[Resource]:
    """Return *items* without those that are for local use only. Raises: KustomizeError when one has lost its name."""
    found = []
    for item in items:
        if item.is_gone():
            continue
        problem = fault_of(item.node)
        if problem:
            raise KustomizeError(f"{_place(item)}{problem}")
        if item.strings("annotations").get(LOCAL_CONFIG, "false") == "false":
            found.append(item)
    return found


def _clean(items: Sequence[Resource], metadata: Sequence[str]) -> None:
    """Take away the annotations that only the build needs; what is left is text."""
    removed = set(_REMOVED)
    if "originAnnotations" not in metadata:
        removed.add(ORIGIN)
    if "transformerAnnotations" not in metadata:
        removed.add(TRANSFORMATIONS)
    for item in items:
        found = item.strings("annotations")
        item.set_strings("annotations", {key: text for key, text in found.items() if key not in removed})
