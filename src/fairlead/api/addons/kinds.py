"""The table of the add-on kinds: versions, columns and rules.

Source: cluster-api v1.14, core/config/crd (names and printer columns).
"""

from typing import Any

from fairlead.api.addons import rules
from fairlead.api.addons import v1beta1 as old
from fairlead.api.addons.resourceset import ClusterResourceSet, ClusterResourceSetBinding
from fairlead.api.clusterapi.conversion import convert
from fairlead.api.decoding import misread
from fairlead.api.kind import Column, Kind, Version
from fairlead.api.model import Resource
from fairlead.api.schema import schema_of
from fairlead.base.objects import GVK

GROUPS = {"ClusterResourceSet": "addons.cluster.x-k8s.io", "ClusterResourceSetBinding": "addons.cluster.x-k8s.io"}
CLUSTER_RESOURCE_SET = GVK("addons.cluster.x-k8s.io", "v1beta2", "ClusterResourceSet")
CLUSTER_RESOURCE_SET_BINDING = GVK("addons.cluster.x-k8s.io", "v1beta2", "ClusterResourceSetBinding")

CRD_LABELS = {
    "cluster.x-k8s.io/provider": "cluster-api",
    "cluster.x-k8s.io/v1beta1": "v1beta1",
    "cluster.x-k8s.io/v1beta2": "v1beta2",
}
RULES: dict[str, dict[str, Any]] = {
    "ClusterResourceSet": {"default": rules.default_resource_set, "validate": rules.validate_resource_set}
}


# Upstream's defaulting webhooks, which complain of wrong types before the schema does.
TYPED = ("ClusterResourceSet",)


def _kind(
    model: type[Resource],
    plural: str,
    columns: tuple[Column, ...],
    older: type[Resource] | None,
    old_columns: tuple[Column, ...],
    **more: Any,
) -> Kind:
    name = model.__name__
    group = GROUPS[name]
    versions = [Version("v1beta2", schema_of(model), columns)]
    if older is not None:
        versions.append(Version("v1beta1", schema_of(older), old_columns))
    return Kind(
        group=group,
        kind=name,
        plural=plural,
        categories=("cluster-api",),
        versions=tuple(versions),
        crd_labels=CRD_LABELS,
        webhook=f"validation.{name.lower()}.{group}",
        convert=convert,
        misread=misread(model) if name in TYPED else None,
        **more,
    )


KINDS: tuple[Kind, ...] = (
    _kind(
        ClusterResourceSet,
        "clusterresourcesets",
        (
            Column("Applied", '.status.conditions[?(@.type=="ResourcesApplied")].status'),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        old.resourceset.ClusterResourceSet,
        (Column("Age", ".metadata.creationTimestamp", "date"),),
        **RULES.get("ClusterResourceSet", {}),
    ),
    _kind(
        ClusterResourceSetBinding,
        "clusterresourcesetbindings",
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        old.resourceset.ClusterResourceSetBinding,
        (Column("Age", ".metadata.creationTimestamp", "date"),),
        status=False,
        **RULES.get("ClusterResourceSetBinding", {}),
    ),
)
