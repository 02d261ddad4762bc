"""The table of the kubeadm kinds: versions, columns and rules.

Source: cluster-api v1.14, bootstrap/kubeadm/config/crd and controlplane/kubeadm/config/crd (names and printer columns).
"""

from typing import Any

from fairlead.api.clusterapi.conversion import convert
from fairlead.api.decoding import misread
from fairlead.api.kind import Column, Kind, Scale, Version
from fairlead.api.kubeadm import rules
from fairlead.api.kubeadm import v1beta1 as old
from fairlead.api.kubeadm.kubeadmconfig import KubeadmConfig, KubeadmConfigTemplate
from fairlead.api.kubeadm.kubeadmcontrolplane import KubeadmControlPlane, KubeadmControlPlaneTemplate
from fairlead.api.model import Resource
from fairlead.api.schema import schema_of
from fairlead.base.objects import GVK

GROUPS = {
    "KubeadmConfig": "bootstrap.cluster.x-k8s.io",
    "KubeadmConfigTemplate": "bootstrap.cluster.x-k8s.io",
    "KubeadmControlPlane": "controlplane.cluster.x-k8s.io",
    "KubeadmControlPlaneTemplate": "controlplane.cluster.x-k8s.io",
}
KUBEADM_CONFIG = GVK("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfig")
KUBEADM_CONFIG_TEMPLATE = GVK("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfigTemplate")
KUBEADM_CONTROL_PLANE = GVK("controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlane")
KUBEADM_CONTROL_PLANE_TEMPLATE = GVK("controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlaneTemplate")

CRD_LABELS = {
    "cluster.x-k8s.io/provider": "kubeadm",
    "cluster.x-k8s.io/v1beta1": "v1beta1",
    "cluster.x-k8s.io/v1beta2": "v1beta2",
}
RULES: dict[str, dict[str, Any]] = {
    "KubeadmConfig": {"validate": rules.validate_config},
    "KubeadmConfigTemplate": {"validate": rules.validate_config_template},
    "KubeadmControlPlane": {
        "default": rules.default_control_plane,
        "validate": rules.validate_control_plane,
        "denied_group": "cluster.x-k8s.io",
    },
    "KubeadmControlPlaneTemplate": {
        "validate": rules.validate_control_plane_template,
        "denied_group": "cluster.x-k8s.io",
    },
}


# Upstream's defaulting webhooks, which complain of wrong types before the schema does.
TYPED = ("KubeadmConfig", "KubeadmConfigTemplate", "KubeadmControlPlane", "KubeadmControlPlaneTemplate")


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
        KubeadmConfig,
        "kubeadmconfigs",
        (
            Column("Cluster", ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Data secret created", ".status.initialization.dataSecretCreated"),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        old.kubeadmconfig.KubeadmConfig,
        (
            Column("Cluster", ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        **RULES.get("KubeadmConfig", {}),
    ),
    _kind(
        KubeadmConfigTemplate,
        "kubeadmconfigtemplates",
        (
            Column("ClusterClass", '.metadata.ownerReferences[?(@.kind=="ClusterClass")].name'),
            Column("Cluster", '.metadata.ownerReferences[?(@.kind=="Cluster")].name'),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        old.kubeadmconfig.KubeadmConfigTemplate,
        (Column("Age", ".metadata.creationTimestamp", "date"),),
        status=False,
        **RULES.get("KubeadmConfigTemplate", {}),
    ),
    _kind(
        KubeadmControlPlane,
        "kubeadmcontrolplanes",
        (
            Column("Cluster", ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"),
            Column("Available", '.status.conditions[?(@.type=="Available")].status'),
            Column("Desired", ".spec.replicas", "integer"),
            Column("Current", ".status.replicas", "integer"),
            Column("Ready", ".status.readyReplicas", "integer"),
            Column("Available", ".status.availableReplicas", "integer"),
            Column("Up-to-date", ".status.upToDateReplicas", "integer"),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Initialized", ".status.initialization.controlPlaneInitialized", "boolean"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.version"),
        ),
        old.kubeadmcontrolplane.KubeadmControlPlane,
        (
            Column("Cluster", ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"),
            Column("Initialized", ".status.initialized", "boolean"),
            Column("API Server Available", ".status.ready", "boolean"),
            Column("Desired", ".spec.replicas", "integer", priority=10),
            Column("Replicas", ".status.replicas", "integer"),
            Column("Ready", ".status.readyReplicas", "integer"),
            Column("Updated", ".status.updatedReplicas", "integer"),
            Column("Unavailable", ".status.unavailableReplicas", "integer"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.version"),
        ),
        short_names=("kcp",),
        scale=Scale(selector=".status.selector"),
        **RULES.get("KubeadmControlPlane", {}),
    ),
    _kind(
        KubeadmControlPlaneTemplate,
        "kubeadmcontrolplanetemplates",
        (
            Column("ClusterClass", '.metadata.ownerReferences[?(@.kind=="ClusterClass")].name'),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        old.kubeadmcontrolplane.KubeadmControlPlaneTemplate,
        (Column("Age", ".metadata.creationTimestamp", "date"),),
        status=False,
        **RULES.get("KubeadmControlPlaneTemplate", {}),
    ),
)
