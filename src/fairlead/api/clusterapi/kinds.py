"""The table of the core kinds of Cluster API: versions, columns and rules.

Source: cluster-api v1.14, core/config/crd (names and printer columns).
"""

from typing import Any

from fairlead.api.clusterapi import classrules, clusterrules, rules
from fairlead.api.clusterapi import v1beta1 as old
from fairlead.api.clusterapi.cluster import Cluster
from fairlead.api.clusterapi.clusterclass import ClusterClass
from fairlead.api.clusterapi.conversion import convert
from fairlead.api.clusterapi.machine import Machine
from fairlead.api.clusterapi.machinedeployment import MachineDeployment
from fairlead.api.clusterapi.machinedrainrule import MachineDrainRule
from fairlead.api.clusterapi.machinehealthcheck import MachineHealthCheck
from fairlead.api.clusterapi.machinepool import MachinePool
from fairlead.api.clusterapi.machineset import MachineSet
from fairlead.api.decoding import misread
from fairlead.api.kind import Column, Kind, Scale, Version
from fairlead.api.model import Resource
from fairlead.api.schema import schema_of
from fairlead.base.objects import GVK

GROUPS = {
    "Cluster": "cluster.x-k8s.io",
    "Machine": "cluster.x-k8s.io",
    "MachineSet": "cluster.x-k8s.io",
    "MachineDeployment": "cluster.x-k8s.io",
    "MachineHealthCheck": "cluster.x-k8s.io",
    "MachineDrainRule": "cluster.x-k8s.io",
    "MachinePool": "cluster.x-k8s.io",
    "ClusterClass": "cluster.x-k8s.io",
}
CLUSTER = GVK("cluster.x-k8s.io", "v1beta2", "Cluster")
MACHINE = GVK("cluster.x-k8s.io", "v1beta2", "Machine")
MACHINE_SET = GVK("cluster.x-k8s.io", "v1beta2", "MachineSet")
MACHINE_DEPLOYMENT = GVK("cluster.x-k8s.io", "v1beta2", "MachineDeployment")
MACHINE_HEALTH_CHECK = GVK("cluster.x-k8s.io", "v1beta2", "MachineHealthCheck")
MACHINE_DRAIN_RULE = GVK("cluster.x-k8s.io", "v1beta2", "MachineDrainRule")
MACHINE_POOL = GVK("cluster.x-k8s.io", "v1beta2", "MachinePool")
CLUSTER_CLASS = GVK("cluster.x-k8s.io", "v1beta2", "ClusterClass")

CRD_LABELS = {
    "cluster.x-k8s.io/provider": "cluster-api",
    "cluster.x-k8s.io/v1beta1": "v1beta1",
    "cluster.x-k8s.io/v1beta2": "v1beta2",
}
RULES: dict[str, dict[str, Any]] = {
    "Cluster": {"default": clusterrules.default_cluster, "validate": clusterrules.validate_cluster},
    "ClusterClass": {"validate": classrules.validate_cluster_class, "guards_deletion": True},
    "Machine": {"default": rules.default_machine, "validate": rules.validate_machine},
    "MachineSet": {"default": rules.default_machine_set, "validate": rules.validate_machine_set},
    "MachineDeployment": {"default": rules.default_machine_deployment, "validate": rules.validate_machine_deployment},
    "MachineHealthCheck": {"default": rules.default_health_check, "validate": rules.validate_health_check},
}


# Upstream's defaulting webhooks, which complain of wrong types before the schema does.
TYPED = ("Cluster", "Machine", "MachineDeployment", "MachineHealthCheck", "MachinePool", "MachineSet")


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
        Cluster,
        "clusters",
        (
            Column("ClusterClass", ".spec.topology.classRef.name"),
            Column("Available", '.status.conditions[?(@.type=="Available")].status'),
            Column("CP Desired", ".status.controlPlane.desiredReplicas", "integer"),
            Column("CP Current", ".status.controlPlane.replicas", "integer", priority=10),
            Column("CP Ready", ".status.controlPlane.readyReplicas", "integer", priority=10),
            Column("CP Available", ".status.controlPlane.availableReplicas", "integer"),
            Column("CP Up-to-date", ".status.controlPlane.upToDateReplicas", "integer"),
            Column("W Desired", ".status.workers.desiredReplicas", "integer"),
            Column("W Current", ".status.workers.replicas", "integer", priority=10),
            Column("W Ready", ".status.workers.readyReplicas", "integer", priority=10),
            Column("W Available", ".status.workers.availableReplicas", "integer"),
            Column("W Up-to-date", ".status.workers.upToDateReplicas", "integer"),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Phase", ".status.phase"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.topology.version"),
        ),
        old.cluster.Cluster,
        (
            Column("ClusterClass", ".spec.topology.class"),
            Column("Phase", ".status.phase"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.topology.version"),
        ),
        short_names=("cl",),
        **RULES.get("Cluster", {}),
    ),
    _kind(
        Machine,
        "machines",
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Node Name", ".status.nodeRef.name"),
            Column("Provider ID", ".spec.providerID", priority=10),
            Column("Failure domain", ".status.failureDomain"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            Column("Available", '.status.conditions[?(@.type=="Available")].status'),
            Column("Up-to-date", '.status.conditions[?(@.type=="UpToDate")].status'),
            Column("Internal-IP", '.status.addresses[?(@.type=="InternalIP")].address', priority=10),
            Column("External-IP", '.status.addresses[?(@.type=="ExternalIP")].address', priority=10),
            Column("OS-Image", ".status.nodeInfo.osImage", priority=10),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Phase", ".status.phase"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.version"),
        ),
        old.machine.Machine,
        (
            Column("Cluster", ".spec.clusterName"),
            Column("NodeName", ".status.nodeRef.name"),
            Column("ProviderID", ".spec.providerID"),
            Column("Phase", ".status.phase"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.version"),
        ),
        short_names=("ma",),
        **RULES.get("Machine", {}),
    ),
    _kind(
        MachineSet,
        "machinesets",
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Desired", ".spec.replicas", "integer"),
            Column("Current", ".status.replicas", "integer"),
            Column("Ready", ".status.readyReplicas", "integer"),
            Column("Available", ".status.availableReplicas", "integer"),
            Column("Up-to-date", ".status.upToDateReplicas", "integer"),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.template.spec.version"),
        ),
        old.machineset.MachineSet,
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Desired", ".spec.replicas", "integer", priority=10),
            Column("Replicas", ".status.replicas", "integer"),
            Column("Ready", ".status.readyReplicas", "integer"),
            Column("Available", ".status.availableReplicas", "integer"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.template.spec.version"),
        ),
        short_names=("ms",),
        scale=Scale(selector=".status.selector"),
        **RULES.get("MachineSet", {}),
    ),
    _kind(
        MachineDeployment,
        "machinedeployments",
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Available", '.status.conditions[?(@.type=="Available")].status'),
            Column("Desired", ".spec.replicas", "integer"),
            Column("Current", ".status.replicas", "integer"),
            Column("Ready", ".status.readyReplicas", "integer"),
            Column("Available", ".status.availableReplicas", "integer"),
            Column("Up-to-date", ".status.upToDateReplicas", "integer"),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Phase", ".status.phase"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.template.spec.version"),
        ),
        old.machinedeployment.MachineDeployment,
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Desired", ".spec.replicas", "integer", priority=10),
            Column("Replicas", ".status.replicas", "integer"),
            Column("Ready", ".status.readyReplicas", "integer"),
            Column("Updated", ".status.updatedReplicas", "integer"),
            Column("Unavailable", ".status.unavailableReplicas", "integer"),
            Column("Phase", ".status.phase"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.template.spec.version"),
        ),
        short_names=("md",),
        scale=Scale(selector=".status.selector"),
        **RULES.get("MachineDeployment", {}),
    ),
    _kind(
        MachineHealthCheck,
        "machinehealthchecks",
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Replicas", ".status.expectedMachines", "integer"),
            Column("Healthy", ".status.currentHealthy", "integer"),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        old.machinehealthcheck.MachineHealthCheck,
        (
            Column("Cluster", ".spec.clusterName"),
            Column("ExpectedMachines", ".status.expectedMachines", "integer"),
            Column("MaxUnhealthy", ".spec.maxUnhealthy"),
            Column("CurrentHealthy", ".status.currentHealthy", "integer"),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        short_names=("mhc", "mhcs"),
        **RULES.get("MachineHealthCheck", {}),
    ),
    _kind(
        MachineDrainRule,
        "machinedrainrules",
        (
            Column("Behavior", ".spec.drain.behavior"),
            Column("Order", ".spec.drain.order"),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        MachineDrainRule,
        (
            Column("Behavior", ".spec.drain.behavior"),
            Column("Order", ".spec.drain.order"),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        status=False,
        **RULES.get("MachineDrainRule", {}),
    ),
    _kind(
        MachinePool,
        "machinepools",
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Desired", ".spec.replicas", "integer"),
            Column("Current", ".status.replicas", "integer"),
            Column("Ready", ".status.readyReplicas", "integer"),
            Column("Available", ".status.availableReplicas", "integer"),
            Column("Up-to-date", ".status.upToDateReplicas", "integer"),
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Phase", ".status.phase"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.template.spec.version"),
        ),
        old.machinepool.MachinePool,
        (
            Column("Cluster", ".spec.clusterName"),
            Column("Desired", ".spec.replicas", "integer", priority=10),
            Column("Replicas", ".status.replicas"),
            Column("Phase", ".status.phase"),
            Column("Age", ".metadata.creationTimestamp", "date"),
            Column("Version", ".spec.template.spec.version"),
        ),
        short_names=("mp",),
        scale=Scale(),
    ),
    _kind(
        ClusterClass,
        "clusterclasses",
        (
            Column("Paused", '.status.conditions[?(@.type=="Paused")].status', priority=10),
            Column("Variables Ready", '.status.conditions[?(@.type=="VariablesReady")].status'),
            Column("Age", ".metadata.creationTimestamp", "date"),
        ),
        old.clusterclass.ClusterClass,
        (Column("Age", ".metadata.creationTimestamp", "date"),),
        short_names=("cc",),
        **RULES.get("ClusterClass", {}),
    ),
)
