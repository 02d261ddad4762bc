"""KubeadmControlPlane and KubeadmControlPlaneTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from fairlead.api.clusterapi.common import Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.kubeadm.kubeadmconfig import KubeadmConfigSpec
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class InfrastructureRef(Model):
    """The infrastructure's object."""

    GO: ClassVar[str] = "ContractVersionedObjectReference"

    api_group: Annotated[
        str,
        Doc("API group of the pool."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]
    kind: Annotated[
        str, Doc("Its kind."), Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")
    ]
    name: Annotated[
        str,
        Doc("Its name."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]


class Deletion(Model):
    """How machines are deleted."""

    node_deletion_timeout_seconds: Annotated[
        int | None, Doc("How long deleting the node is tried."), Meta(ge=0), Extra(format="int32")
    ] = None
    node_drain_timeout_seconds: Annotated[
        int | None, Doc("How long a drain may take."), Meta(ge=0), Extra(format="int32")
    ] = None
    node_volume_detach_timeout_seconds: Annotated[
        int | None, Doc("How long volumes may take to detach."), Meta(ge=0), Extra(format="int32")
    ] = None


class ReadinessGates(Model):
    """Further conditions that Ready looks at."""

    condition_type: Annotated[
        str,
        Doc("Condition type."),
        Meta(
            min_length=1,
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    ]
    polarity: Annotated[Literal["Positive", "Negative"] | None, Doc("Polarity.")] = None


class KubeadmControlPlaneKubeadmControlPlaneSpec(Model):
    """What is asked for."""

    infrastructure_ref: Annotated[InfrastructureRef, Doc("The infrastructure's object.")]
    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    readiness_gates: Annotated[
        tuple[ReadinessGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class MachineTemplate(Model):
    """What the machines look like."""

    spec: Annotated[KubeadmControlPlaneKubeadmControlPlaneSpec, Doc("What is asked for.")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None


class MachineNaming(Model):
    """Machine naming."""

    template: Annotated[str, Doc("What the machines look like."), Meta(min_length=1, max_length=256)] = ""


class Remediation(Model):
    """How unhealthy machines are replaced."""

    max_retry: Annotated[int | None, Doc("Max retry."), Extra(format="int32")] = None
    min_healthy_period_seconds: Annotated[
        int | None, Doc("Min healthy period seconds."), Meta(ge=0), Extra(format="int32")
    ] = None
    retry_period_seconds: Annotated[int | None, Doc("Retry period seconds."), Meta(ge=0), Extra(format="int32")] = None


class Before(Model):
    """Before."""

    certificates_expiry_days: Annotated[
        int | None, Doc("Certificates expiry days."), Meta(ge=7), Extra(format="int32")
    ] = None


class RollingUpdate(Model):
    """Bounds of a rolling update."""

    max_surge: Annotated[IntOrString | None, Doc("How many machines there may be above replicas.")] = None


class Strategy(Model):
    """How it is done."""

    type: Annotated[Literal["RollingUpdate"], Doc("Its type.")]
    rolling_update: Annotated[RollingUpdate | None, Doc("Bounds of a rolling update."), Extra(min_properties=1)] = None


class Rollout(Model):
    """How changes are rolled out."""

    after: Annotated[str, Doc("After."), Extra(format="date-time")] = ""
    before: Annotated[Before | None, Doc("Before."), Extra(min_properties=1)] = None
    strategy: Annotated[Strategy | None, Doc("How it is done."), Extra(min_properties=1)] = None


class KubeadmControlPlaneSpec(Model):
    """What is asked for."""

    machine_template: Annotated[MachineTemplate, Doc("What the machines look like.")]
    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]
    kubeadm_config_spec: Annotated[
        KubeadmConfigSpec | None, Doc("How the machines become nodes."), Extra(min_properties=1)
    ] = None
    machine_naming: Annotated[MachineNaming | None, Doc("Machine naming."), Extra(min_properties=1)] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    rollout: Annotated[Rollout | None, Doc("How changes are rolled out."), Extra(min_properties=1)] = None


class KubeadmControlPlaneV1beta1(Model):
    """Fields of v1beta1."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    unavailable_replicas: Annotated[int | None, Doc("Unavailable replicas."), Extra(format="int32")] = None
    updated_replicas: Annotated[int | None, Doc("Updated replicas."), Extra(format="int32")] = None


class KubeadmControlPlaneDeprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[KubeadmControlPlaneV1beta1 | None, Doc("Fields of v1beta1.")] = None


class KubeadmControlPlaneInitialization(Model):
    """Whether the first provisioning is done."""

    control_plane_initialized: Annotated[bool | None, Doc("Control plane initialized.")] = None


class LastRemediation(Model):
    """The last replacement."""

    machine: Annotated[str, Doc("Machine."), Meta(min_length=1, max_length=253)]
    retry_count: Annotated[int, Doc("Retry count."), Meta(ge=0), Extra(format="int32")]
    time: Annotated[str, Doc("Time."), Extra(format="date-time")]


class Versions(Model):
    """Versions."""

    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]
    replicas: Annotated[int | None, Doc("How many machines."), Meta(ge=1), Extra(format="int32")] = None


class KubeadmControlPlaneStatus(Model):
    """What is so."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[KubeadmControlPlaneDeprecated | None, Doc("Fields of older API versions.")] = None
    initialization: Annotated[
        KubeadmControlPlaneInitialization | None,
        Doc("Whether the first provisioning is done."),
        Extra(min_properties=1),
    ] = None
    last_remediation: Annotated[LastRemediation | None, Doc("The last replacement.")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    selector: Annotated[str, Doc("Which machines belong to it."), Meta(min_length=1, max_length=4096)] = ""
    up_to_date_replicas: Annotated[int | None, Doc("How many are up to date."), Extra(format="int32")] = None
    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)] = ""
    versions: Annotated[
        tuple[Versions, ...],
        Doc("Versions."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class KubeadmControlPlane(Resource, kw_only=True):
    """A control plane whose machines kubeadm sets up."""

    spec: Annotated[KubeadmControlPlaneSpec, Doc("What is asked for.")]
    status: Annotated[KubeadmControlPlaneStatus | None, Doc("What is so."), Extra(min_properties=1)] = None


class KubeadmControlPlaneTemplateKubeadmControlPlaneTemplateSpec3(Model):
    """What is asked for."""

    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class KubeadmControlPlaneTemplateMachineTemplate(Model):
    """What the machines look like."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    spec: Annotated[
        KubeadmControlPlaneTemplateKubeadmControlPlaneTemplateSpec3 | None,
        Doc("What is asked for."),
        Extra(min_properties=1),
    ] = None


class KubeadmControlPlaneTemplateKubeadmControlPlaneTemplateSpec(Model):
    """What is asked for."""

    kubeadm_config_spec: Annotated[
        KubeadmConfigSpec | None, Doc("How the machines become nodes."), Extra(min_properties=1)
    ] = None
    machine_naming: Annotated[MachineNaming | None, Doc("Machine naming."), Extra(min_properties=1)] = None
    machine_template: Annotated[
        KubeadmControlPlaneTemplateMachineTemplate | None, Doc("What the machines look like."), Extra(min_properties=1)
    ] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )
    rollout: Annotated[Rollout | None, Doc("How changes are rolled out."), Extra(min_properties=1)] = None


class KubeadmControlPlaneTemplateContent(Model):
    """What the machines look like."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    spec: Annotated[
        KubeadmControlPlaneTemplateKubeadmControlPlaneTemplateSpec | None,
        Doc("What is asked for."),
        Extra(min_properties=1),
    ] = None


class KubeadmControlPlaneTemplateSpec(Model):
    """What is asked for."""

    template: Annotated[
        KubeadmControlPlaneTemplateContent, Doc("What the machines look like."), Extra(min_properties=1)
    ]


class KubeadmControlPlaneTemplate(Resource, kw_only=True):
    """What the control planes of a ClusterClass look like."""

    spec: Annotated[KubeadmControlPlaneTemplateSpec | None, Doc("What is asked for.")] = None
