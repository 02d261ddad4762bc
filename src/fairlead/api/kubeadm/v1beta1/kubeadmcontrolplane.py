"""KubeadmControlPlane and KubeadmControlPlaneTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.common import Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.kubeadm.kubeadmcontrolplane import ReadinessGates, RollingUpdate, Versions
from fairlead.api.kubeadm.v1beta1.kubeadmconfig import KubeadmConfigSpec
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class InfrastructureRef(Model):
    """A reference to a template of the infrastructure provider."""

    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    field_path: Annotated[str, Doc("Not used by Cluster API.")] = ""
    kind: Annotated[str, Doc("Kind of the object.")] = ""
    name: Annotated[str, Doc("Name of the template, in the same namespace.")] = ""
    namespace: Annotated[str, Doc("Namespace of the object.")] = ""
    resource_version: Annotated[str, Doc("Not used by Cluster API.")] = ""
    uid: Annotated[str, Doc("Not used by Cluster API.")] = ""


class MachineTemplate(Model):
    """What the machines are made from."""

    infrastructure_ref: Annotated[
        InfrastructureRef, Doc("Template of the machines, such as a VSphereMachineTemplate."), Extra(map_type="atomic")
    ]
    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the machines, beside those of the ClusterClass.")
    ] = None
    node_deletion_timeout: Annotated[
        str, Doc("How long deleting the Node is tried; 0 tries without end, 10s if unset.")
    ] = ""
    node_drain_timeout: Annotated[str, Doc("How long draining the node may take; 0 or unset waits without end.")] = ""
    node_volume_detach_timeout: Annotated[
        str, Doc("How long volumes may take to detach; 0 or unset waits without end.")
    ] = ""
    readiness_gates: Annotated[
        tuple[ReadinessGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class MachineNamingStrategy(Model):
    """How new machines are named."""

    template: Annotated[
        str,
        Doc("Go template of the name, with .cluster.name, .kubeadmControlPlane.name and .random."),
        Meta(min_length=1, max_length=256),
    ] = ""


class RemediationStrategy(Model):
    """How unhealthy machines are replaced."""

    max_retry: Annotated[
        int | None,
        Doc("How often a replacement that fails too is replaced; without end if unset."),
        Extra(format="int32"),
    ] = None
    min_healthy_period: Annotated[str, Doc("Time after which a failure counts as a new one; 1h if unset.")] = ""
    retry_period: Annotated[str, Doc("Time between two tries; 0 if unset.")] = ""


class RolloutBefore(Model):
    """When machines are replaced before their certificates end."""

    certificates_expiry_days: Annotated[
        int | None, Doc("Days before the end of the certificates."), Extra(format="int32")
    ] = None


class RolloutStrategy(Model):
    """How machines are replaced."""

    rolling_update: Annotated[RollingUpdate | None, Doc("Bounds of the update, for type RollingUpdate.")] = None
    type: Annotated[Literal["RollingUpdate"] | None, Doc("RollingUpdate is the only one.")] = None


class KubeadmControlPlaneSpec(Model):
    """What is asked for."""

    kubeadm_config_spec: Annotated[KubeadmConfigSpec, Doc("How the machines become nodes.")]
    machine_template: Annotated[MachineTemplate, Doc("What the machines are made from.")]
    version: Annotated[
        str, Doc("Kubernetes version of the control plane, such as v1.35.0."), Meta(min_length=1, max_length=256)
    ]
    machine_naming_strategy: Annotated[MachineNamingStrategy | None, Doc("How new machines are named.")] = None
    remediation_strategy: Annotated[RemediationStrategy | None, Doc("How unhealthy machines are replaced.")] = None
    replicas: Annotated[
        int | None,
        Doc("How many machines; 1 if unset, an odd number with etcd on the machines."),
        Extra(format="int32"),
    ] = None
    rollout_after: Annotated[str, Doc("Machines made before this moment are replaced."), Extra(format="date-time")] = ""
    rollout_before: Annotated[
        RolloutBefore | None, Doc("When machines are replaced before their certificates end.")
    ] = None
    rollout_strategy: Annotated[
        RolloutStrategy | None,
        Doc("How machines are replaced."),
        Extra(default={"rollingUpdate": {"maxSurge": 1}, "type": "RollingUpdate"}),
    ] = None


class LastRemediation(Model):
    """The latest replacement of an unhealthy machine."""

    machine: Annotated[str, Doc("Name of the machine that was replaced."), Meta(min_length=1, max_length=253)]
    retry_count: Annotated[int, Doc("How many replacements of it have been tried."), Extra(format="int32")]
    timestamp: Annotated[str, Doc("When it was replaced."), Extra(format="date-time")]


class KubeadmControlPlaneV1beta2(Model):
    """Fields of API version v1beta2."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    up_to_date_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None


class KubeadmControlPlaneStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[str, Doc("Deprecated: a word for an error that cannot be recovered from.")] = ""
    initialized: Annotated[bool | None, Doc("True once the first machine answers.")] = None
    last_remediation: Annotated[LastRemediation | None, Doc("The latest replacement of an unhealthy machine.")] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    ready: Annotated[bool | None, Doc("True once the control plane answers.")] = None
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines there are."), Extra(format="int32")] = None
    selector: Annotated[
        str, Doc("The selector as text, for kubectl scale and autoscalers."), Meta(min_length=1, max_length=4096)
    ] = ""
    unavailable_replicas: Annotated[
        int | None, Doc("How many machines are still missing until all are available."), Extra(format="int32")
    ] = None
    updated_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None
    v1beta2: Annotated[KubeadmControlPlaneV1beta2 | None, Doc("Fields of API version v1beta2.")] = None
    version: Annotated[
        str, Doc("The lowest Kubernetes version among the machines."), Meta(min_length=1, max_length=256)
    ] = ""
    versions: Annotated[
        tuple[Versions, ...],
        Doc("The Kubernetes versions of the machines, with the number of machines of each."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class KubeadmControlPlane(Resource, kw_only=True):
    """A control plane whose machines kubeadm sets up."""

    spec: Annotated[KubeadmControlPlaneSpec | None, Doc("What is asked for.")] = None
    status: Annotated[KubeadmControlPlaneStatus | None, Doc("What was found, written by controllers.")] = None


class KubeadmControlPlaneTemplateMachineTemplate(Model):
    """What the machines of the control planes are made from."""

    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the machines, beside those of the ClusterClass.")
    ] = None
    node_deletion_timeout: Annotated[
        str, Doc("How long deleting the Node is tried; 0 tries without end, 10s if unset.")
    ] = ""
    node_drain_timeout: Annotated[str, Doc("How long draining the node may take; 0 or unset waits without end.")] = ""
    node_volume_detach_timeout: Annotated[
        str, Doc("How long volumes may take to detach; 0 or unset waits without end.")
    ] = ""
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class KubeadmControlPlaneTemplateResourceSpec(Model):
    """What is asked for."""

    kubeadm_config_spec: Annotated[KubeadmConfigSpec, Doc("How the machines become nodes.")]
    machine_naming_strategy: Annotated[MachineNamingStrategy | None, Doc("How new machines are named.")] = None
    machine_template: Annotated[
        KubeadmControlPlaneTemplateMachineTemplate | None, Doc("What the machines are made from.")
    ] = None
    remediation_strategy: Annotated[RemediationStrategy | None, Doc("How unhealthy machines are replaced.")] = None
    rollout_after: Annotated[str, Doc("Machines made before this moment are replaced."), Extra(format="date-time")] = ""
    rollout_before: Annotated[
        RolloutBefore | None, Doc("When machines are replaced before their certificates end.")
    ] = None
    rollout_strategy: Annotated[
        RolloutStrategy | None,
        Doc("How machines are replaced."),
        Extra(default={"rollingUpdate": {"maxSurge": 1}, "type": "RollingUpdate"}),
    ] = None


class KubeadmControlPlaneTemplateResource(Model):
    """What the control planes of a ClusterClass are made from."""

    spec: Annotated[KubeadmControlPlaneTemplateResourceSpec, Doc("What is asked for.")]
    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the machines, beside those of the ClusterClass.")
    ] = None


class KubeadmControlPlaneTemplateSpec(Model):
    """What is asked for."""

    template: Annotated[KubeadmControlPlaneTemplateResource, Doc("What the objects are made from.")]


class KubeadmControlPlaneTemplate(Resource, kw_only=True):
    """What the control planes of a ClusterClass are made from."""

    spec: Annotated[KubeadmControlPlaneTemplateSpec | None, Doc("What is asked for.")] = None
