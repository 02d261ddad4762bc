"""KubeadmControlPlane and KubeadmControlPlaneTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.common import Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.kubeadm.kubeadmcontrolplane import ReadinessGates, RollingUpdate, Versions
from fairlead.api.kubeadm.v1beta1.kubeadmconfig import KubeadmConfigSpec
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class InfrastructureRef(Model):
    """The infrastructure's object."""

    api_version: Annotated[str, Doc("Api version.")] = ""
    field_path: Annotated[str, Doc("Field path.")] = ""
    kind: Annotated[str, Doc("Its kind.")] = ""
    name: Annotated[str, Doc("Its name.")] = ""
    namespace: Annotated[str, Doc("Its namespace.")] = ""
    resource_version: Annotated[str, Doc("Resource version.")] = ""
    uid: Annotated[str, Doc("Uid.")] = ""


class MachineTemplate(Model):
    """What the machines look like."""

    infrastructure_ref: Annotated[InfrastructureRef, Doc("The infrastructure's object."), Extra(map_type="atomic")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None
    node_deletion_timeout: Annotated[str, Doc("Node deletion timeout.")] = ""
    node_drain_timeout: Annotated[str, Doc("Node drain timeout.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("Node volume detach timeout.")] = ""
    readiness_gates: Annotated[
        tuple[ReadinessGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class MachineNamingStrategy(Model):
    """Machine naming strategy."""

    template: Annotated[str, Doc("What the machines look like."), Meta(min_length=1, max_length=256)] = ""


class RemediationStrategy(Model):
    """Remediation strategy."""

    max_retry: Annotated[int | None, Doc("Max retry."), Extra(format="int32")] = None
    min_healthy_period: Annotated[str, Doc("Min healthy period.")] = ""
    retry_period: Annotated[str, Doc("Retry period.")] = ""


class RolloutBefore(Model):
    """Rollout before."""

    certificates_expiry_days: Annotated[int | None, Doc("Certificates expiry days."), Extra(format="int32")] = None


class RolloutStrategy(Model):
    """Rollout strategy."""

    rolling_update: Annotated[RollingUpdate | None, Doc("Bounds of a rolling update.")] = None
    type: Annotated[Literal["RollingUpdate"] | None, Doc("Its type.")] = None


class KubeadmControlPlaneSpec(Model):
    """What is asked for."""

    kubeadm_config_spec: Annotated[KubeadmConfigSpec, Doc("How the machines become nodes.")]
    machine_template: Annotated[MachineTemplate, Doc("What the machines look like.")]
    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]
    machine_naming_strategy: Annotated[MachineNamingStrategy | None, Doc("Machine naming strategy.")] = None
    remediation_strategy: Annotated[RemediationStrategy | None, Doc("Remediation strategy.")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    rollout_after: Annotated[str, Doc("Rollout after."), Extra(format="date-time")] = ""
    rollout_before: Annotated[RolloutBefore | None, Doc("Rollout before.")] = None
    rollout_strategy: Annotated[
        RolloutStrategy | None,
        Doc("Rollout strategy."),
        Extra(default={"rollingUpdate": {"maxSurge": 1}, "type": "RollingUpdate"}),
    ] = None


class LastRemediation(Model):
    """The last replacement."""

    machine: Annotated[str, Doc("Machine."), Meta(min_length=1, max_length=253)]
    retry_count: Annotated[int, Doc("Retry count."), Extra(format="int32")]
    timestamp: Annotated[str, Doc("Timestamp."), Extra(format="date-time")]


class KubeadmControlPlaneV1beta2(Model):
    """V1beta2."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    up_to_date_replicas: Annotated[int | None, Doc("How many are up to date."), Extra(format="int32")] = None


class KubeadmControlPlaneStatus(Model):
    """What is so."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""
    initialized: Annotated[bool | None, Doc("Initialized.")] = None
    last_remediation: Annotated[LastRemediation | None, Doc("The last replacement.")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    ready: Annotated[bool | None, Doc("Whether the VM runs and has its addresses.")] = None
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    selector: Annotated[str, Doc("Which machines belong to it."), Meta(min_length=1, max_length=4096)] = ""
    unavailable_replicas: Annotated[int | None, Doc("Unavailable replicas."), Extra(format="int32")] = None
    updated_replicas: Annotated[int | None, Doc("Updated replicas."), Extra(format="int32")] = None
    v1beta2: Annotated[KubeadmControlPlaneV1beta2 | None, Doc("V1beta2.")] = None
    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)] = ""
    versions: Annotated[
        tuple[Versions, ...],
        Doc("Versions."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class KubeadmControlPlane(Resource, kw_only=True):
    """A control plane whose machines kubeadm sets up."""

    spec: Annotated[KubeadmControlPlaneSpec | None, Doc("What is asked for.")] = None
    status: Annotated[KubeadmControlPlaneStatus | None, Doc("What is so.")] = None


class KubeadmControlPlaneTemplateMachineTemplate(Model):
    """What the machines look like."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None
    node_deletion_timeout: Annotated[str, Doc("Node deletion timeout.")] = ""
    node_drain_timeout: Annotated[str, Doc("Node drain timeout.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("Node volume detach timeout.")] = ""
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class KubeadmControlPlaneTemplateKubeadmControlPlaneTemplateSpec(Model):
    """What is asked for."""

    kubeadm_config_spec: Annotated[KubeadmConfigSpec, Doc("How the machines become nodes.")]
    machine_naming_strategy: Annotated[MachineNamingStrategy | None, Doc("Machine naming strategy.")] = None
    machine_template: Annotated[
        KubeadmControlPlaneTemplateMachineTemplate | None, Doc("What the machines look like.")
    ] = None
    remediation_strategy: Annotated[RemediationStrategy | None, Doc("Remediation strategy.")] = None
    rollout_after: Annotated[str, Doc("Rollout after."), Extra(format="date-time")] = ""
    rollout_before: Annotated[RolloutBefore | None, Doc("Rollout before.")] = None
    rollout_strategy: Annotated[
        RolloutStrategy | None,
        Doc("Rollout strategy."),
        Extra(default={"rollingUpdate": {"maxSurge": 1}, "type": "RollingUpdate"}),
    ] = None


class KubeadmControlPlaneTemplateContent(Model):
    """What the machines look like."""

    spec: Annotated[KubeadmControlPlaneTemplateKubeadmControlPlaneTemplateSpec, Doc("What is asked for.")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None


class KubeadmControlPlaneTemplateSpec(Model):
    """What is asked for."""

    template: Annotated[KubeadmControlPlaneTemplateContent, Doc("What the machines look like.")]


class KubeadmControlPlaneTemplate(Resource, kw_only=True):
    """What the control planes of a ClusterClass look like."""

    spec: Annotated[KubeadmControlPlaneTemplateSpec | None, Doc("What is asked for.")] = None
