"""KubeadmControlPlane and KubeadmControlPlaneTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from fairlead.api.clusterapi.common import Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.kubeadm.kubeadmconfig import KubeadmConfigSpec
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class InfrastructureRef(Model):
    """A reference to a template of the infrastructure provider."""

    GO: ClassVar[str] = "ContractVersionedObjectReference"

    api_group: Annotated[
        str,
        Doc("API group of the object, without the version."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]
    kind: Annotated[
        str,
        Doc("Kind of the object."),
        Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"),
    ]
    name: Annotated[
        str,
        Doc("Name of the template, in the same namespace."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]


class Deletion(Model):
    """Time limits of a machine's deletion."""

    node_deletion_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds for which deleting the Node is tried; 0 tries without end, 10 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    node_drain_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds that draining the node may take; 0 or unset waits without end."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    node_volume_detach_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds that volumes may take to detach; 0 or unset waits without end."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None


class ReadinessGates(Model):
    """A further condition that is taken into account."""

    condition_type: Annotated[
        str,
        Doc("Type of a condition of the Machine; missing counts as unknown."),
        Meta(
            min_length=1,
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    ]
    polarity: Annotated[
        Literal["Positive", "Negative"] | None, Doc("Positive if True is good (the default), Negative if False is.")
    ] = None


class KubeadmControlPlaneMachineTemplateSpec(Model):
    """What is asked for."""

    infrastructure_ref: Annotated[InfrastructureRef, Doc("Template of the machines, such as a VSphereMachineTemplate.")]
    deletion: Annotated[
        Deletion | None, Doc("How long the steps of a machine's deletion may take."), Extra(min_properties=1)
    ] = None
    readiness_gates: Annotated[
        tuple[ReadinessGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class MachineTemplate(Model):
    """What the machines are made from."""

    spec: Annotated[KubeadmControlPlaneMachineTemplateSpec, Doc("What is asked for.")]
    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None


class MachineNaming(Model):
    """How new machines are named."""

    template: Annotated[
        str,
        Doc("Go template of the name, with .cluster.name, .kubeadmControlPlane.name and .random."),
        Meta(min_length=1, max_length=256),
    ] = ""


class Remediation(Model):
    """How unhealthy machines are replaced."""

    max_retry: Annotated[
        int | None,
        Doc("How often a replacement that fails too is replaced; without end if unset."),
        Extra(format="int32"),
    ] = None
    min_healthy_period_seconds: Annotated[
        int | None,
        Doc("Seconds after which a failure counts as a new one; 3600 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    retry_period_seconds: Annotated[
        int | None, Doc("Seconds between two tries; 0 if unset."), Meta(ge=0), Extra(format="int32")
    ] = None


class Before(Model):
    """When machines are replaced before their certificates end."""

    certificates_expiry_days: Annotated[
        int | None, Doc("Days before the end of the certificates."), Meta(ge=7), Extra(format="int32")
    ] = None


class RollingUpdate(Model):
    """Bounds of a rolling update."""

    max_surge: Annotated[
        IntOrString | None, Doc("How many machines there may be above replicas: 1 (the default) or 0.")
    ] = None


class Strategy(Model):
    """How machines are replaced."""

    type: Annotated[Literal["RollingUpdate"], Doc("RollingUpdate is the only one.")]
    rolling_update: Annotated[
        RollingUpdate | None, Doc("Bounds of the update, for type RollingUpdate."), Extra(min_properties=1)
    ] = None


class Rollout(Model):
    """How and when machines are replaced."""

    after: Annotated[str, Doc("Machines made before this moment are replaced."), Extra(format="date-time")] = ""
    before: Annotated[
        Before | None, Doc("When machines are replaced before their certificates end."), Extra(min_properties=1)
    ] = None
    strategy: Annotated[Strategy | None, Doc("How machines are replaced."), Extra(min_properties=1)] = None


class KubeadmControlPlaneSpec(Model):
    """What is asked for."""

    machine_template: Annotated[MachineTemplate, Doc("What the machines are made from.")]
    version: Annotated[
        str, Doc("Kubernetes version of the control plane, such as v1.35.0."), Meta(min_length=1, max_length=256)
    ]
    kubeadm_config_spec: Annotated[
        KubeadmConfigSpec | None, Doc("How the machines become nodes."), Extra(min_properties=1)
    ] = None
    machine_naming: Annotated[MachineNaming | None, Doc("How new machines are named."), Extra(min_properties=1)] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )
    replicas: Annotated[
        int | None,
        Doc("How many machines; 1 if unset, an odd number with etcd on the machines."),
        Extra(format="int32"),
    ] = None
    rollout: Annotated[Rollout | None, Doc("How and when machines are replaced."), Extra(min_properties=1)] = None


class KubeadmControlPlaneV1beta1(Model):
    """Fields of API version v1beta1."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[str, Doc("Deprecated: a word for an error that cannot be recovered from.")] = ""
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    unavailable_replicas: Annotated[
        int | None, Doc("How many machines are still missing until all are available."), Extra(format="int32")
    ] = None
    updated_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None


class KubeadmControlPlaneDeprecated(Model):
    """Fields that older API versions still show."""

    v1beta1: Annotated[KubeadmControlPlaneV1beta1 | None, Doc("Fields of API version v1beta1.")] = None


class KubeadmControlPlaneInitialization(Model):
    """What has been done once and will not be undone."""

    control_plane_initialized: Annotated[bool | None, Doc("True once the first control-plane machine answers.")] = None


class LastRemediation(Model):
    """The latest replacement of an unhealthy machine."""

    machine: Annotated[str, Doc("Name of the machine that was replaced."), Meta(min_length=1, max_length=253)]
    retry_count: Annotated[int, Doc("How many replacements of it have been tried."), Meta(ge=0), Extra(format="int32")]
    time: Annotated[str, Doc("When it was replaced."), Extra(format="date-time")]


class Versions(Model):
    """How many machines have a version."""

    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]
    replicas: Annotated[int | None, Doc("How many machines have it."), Meta(ge=1), Extra(format="int32")] = None


class KubeadmControlPlaneStatus(Model):
    """What was found, written by controllers."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[KubeadmControlPlaneDeprecated | None, Doc("Fields that older API versions still show.")] = (
        None
    )
    initialization: Annotated[
        KubeadmControlPlaneInitialization | None,
        Doc("What has been done once and will not be undone."),
        Extra(min_properties=1),
    ] = None
    last_remediation: Annotated[LastRemediation | None, Doc("The latest replacement of an unhealthy machine.")] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Meta(ge=1), Extra(format="int64")
    ] = None
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines there are."), Extra(format="int32")] = None
    selector: Annotated[
        str, Doc("The selector as text, for kubectl scale and autoscalers."), Meta(min_length=1, max_length=4096)
    ] = ""
    up_to_date_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None
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

    spec: Annotated[KubeadmControlPlaneSpec, Doc("What is asked for.")]
    status: Annotated[
        KubeadmControlPlaneStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None


class KubeadmControlPlaneTemplateMachineTemplateSpec(Model):
    """What the machines of the control planes are like."""

    deletion: Annotated[
        Deletion | None, Doc("How long the steps of a machine's deletion may take."), Extra(min_properties=1)
    ] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class KubeadmControlPlaneTemplateMachineTemplate(Model):
    """What the machines of the control planes are made from."""

    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    spec: Annotated[
        KubeadmControlPlaneTemplateMachineTemplateSpec | None,
        Doc("What is asked for."),
        Extra(min_properties=1),
    ] = None


class KubeadmControlPlaneTemplateResourceSpec(Model):
    """What is asked for."""

    kubeadm_config_spec: Annotated[
        KubeadmConfigSpec | None, Doc("How the machines become nodes."), Extra(min_properties=1)
    ] = None
    machine_naming: Annotated[MachineNaming | None, Doc("How new machines are named."), Extra(min_properties=1)] = None
    machine_template: Annotated[
        KubeadmControlPlaneTemplateMachineTemplate | None,
        Doc("What the machines are made from."),
        Extra(min_properties=1),
    ] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )
    rollout: Annotated[Rollout | None, Doc("How and when machines are replaced."), Extra(min_properties=1)] = None


class KubeadmControlPlaneTemplateResource(Model):
    """What the control planes of a ClusterClass are made from."""

    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    spec: Annotated[
        KubeadmControlPlaneTemplateResourceSpec | None,
        Doc("What is asked for."),
        Extra(min_properties=1),
    ] = None


class KubeadmControlPlaneTemplateSpec(Model):
    """What is asked for."""

    template: Annotated[
        KubeadmControlPlaneTemplateResource, Doc("What the objects are made from."), Extra(min_properties=1)
    ]


class KubeadmControlPlaneTemplate(Resource, kw_only=True):
    """What the control planes of a ClusterClass are made from."""

    spec: Annotated[KubeadmControlPlaneTemplateSpec | None, Doc("What is asked for.")] = None
