"""What a kind is: its names, its versions, and the rules that hold for its objects.

One `Kind` is the single source of a kind's CRD (schema, defaults, printer columns, subresources), of the embedded
server's admission (the work of upstream's webhooks) and of the conversion between its versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.base.objects import GVK, Json

TOPOLOGY_DRY_RUN = "topology.cluster.x-k8s.io/dry-run"


@dataclass(frozen=True, slots=True)
class Column:
    """A printer column: what `kubectl get` shows. Priority 0 is always shown, above that only with `-o wide`."""

    name: str
    path: str
    type: str = "string"
    description: str = ""
    priority: int = 0
    format: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One served version of a kind."""

    name: str
    schema: Json  # structural OpenAPI v3 schema of the whole object
    columns: tuple[Column, ...] = ()
    served: bool = True
    deprecation_warning: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the scale subresource finds its numbers, as JSON paths (`.spec.replicas`)."""

    spec_replicas: str = ".spec.replicas"
    status_replicas: str = ".status.replicas"
    selector: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One field an admission rule refuses. `reason` is a `FieldValue…` cause; `message` excludes the field path."""

    field: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Admission:
    """What an admission rule may look at."""

    operation: str  # CREATE, UPDATE or DELETE
    new: Json  # the storage version, defaults of the schema already filled in; on DELETE the object that goes
    old: Json | None
    user: str = ""
    get: Callable[[GVK, str, str], Json | None] = lambda gvk, namespace, name: None  # a look at another stored object
    all: Callable[[GVK, str], Iterable[Json]] = (
        lambda gvk, namespace: ()
    )  # those of a namespace; of all when it is empty
    dry_run: bool = False
    alone: bool = False  # no other object can be looked at: that `get` finds nothing says nothing

    @property
    def compares_templates(self) -> bool:
        """Whether a managed topology only asks what would become of an immutable template.

        Source: cluster-api v1.14 util/topology (IsDryRunRequest).
        """
        return self.dry_run and TOPOLOGY_DRY_RUN in ((self.new.get("metadata") or {}).get("annotations") or {})


class DeniedError(Exception):
    """A refusal whose whole text is the rule's own (upstream: a webhook that answers `allowed: false`)."""

    def __init__(self, message: str, code: int = 403, reason: str = "Forbidden") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason


Convert = Callable[[Json, str], Json]
Default = Callable[[Admission], Json]
Validate = Callable[[Admission], Sequence[Problem]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind and all its versions; `versions[0]` is the one that is stored."""

    group: str
    kind: str
    plural: str
    versions: tuple[Version, ...]
    namespaced: bool = True
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    status: bool = True
    scale: Scale | None = None
    crd_labels: Mapping[str, str] = field(default_factory=dict)
    webhook: str = ""  # upstream's validating webhook name, for the text `admission webhook "…" denied the request: `
    denied_group: str = ""  # the group that the webhook names in its text, where that is not the kind's own
    convert: Convert | None = None  # (object, version name) -> the object in that version
    default: Default | None = None
    validate: Validate | None = None
    guards_deletion: bool = False  # whether `validate` also judges deletions
    misread: Callable[[Json], str] | None = (
        None  # what a defaulting webhook that reads typed objects says of wrong types
    )

    @property
    def gvk(self) -> GVK:
        """The storage version."""
        return GVK(self.group, self.versions[0].name, self.kind)

    def crd(self) -> Json:
        """The CustomResourceDefinition, as it is installed and exported."""
        names: dict[str, Any] = {"kind": self.kind, "listKind": f"{self.kind}List", "plural": self.plural}
        names["singular"] = self.singular or self.kind.lower()
        if self.short_names:
            names["shortNames"] = list(self.short_names)
        if self.categories:
            names["categories"] = list(self.categories)
        metadata: Json = {"name": f"{self.plural}.{self.group}"}
        if self.crd_labels:
            metadata["labels"] = dict(self.crd_labels)
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": metadata,
            "spec": {
                "group": self.group,
                "names": names,
                "scope": "Namespaced" if self.namespaced else "Cluster",
                "versions": [self._crd_version(version) for version in self.versions],
            },
        }

    def _crd_version(self, version: Version) -> Json:
        body: Json = {
            "name": version.name,
            "served": version.served,
            "storage": version is self.versions[0],
            "schema": {"openAPIV3Schema": version.schema},
        }
        if version.deprecation_warning:
            body["deprecated"] = True
            body["deprecationWarning"] = version.deprecation_warning
        if version.columns:
            body["additionalPrinterColumns"] = [_column(column) for column in version.columns]
        subresources: Json = {}
        if self.status:
            subresources["status"] = {}
        if self.scale is not None:
            subresources["scale"] = {
                "specReplicasPath": self.scale.spec_replicas,
                "statusReplicasPath": self.scale.status_replicas,
                **({"labelSelectorPath": self.scale.selector} if self.scale.selector else {}),
            }
        if subresources:
            body["subresources"] = subresources
        return body


def _column(column: Column) -> Json:
    body: Json = {"name": column.name, "type": column.type, "jsonPath": column.path}
    if column.description:
        body["description"] = column.description
    if column.priority:
        body["priority"] = column.priority
    if column.format:
        body["format"] = column.format
    return body
