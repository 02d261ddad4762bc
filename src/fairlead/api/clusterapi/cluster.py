"""Cluster.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Any, ClassVar, Literal

from fairlead.api.clusterapi.common import Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class AvailabilityGates(Model):
    """Further conditions that Available looks at."""

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


class Pods(Model):
    """Pod network."""

    cidr_blocks: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=43)], ...],
        Doc("Address ranges."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ]


class ClusterNetwork(Model):
    """Networks of the cluster."""

    api_server_port: Annotated[
        int | None, Doc("Port of the API server."), Meta(ge=1, le=65535), Extra(format="int32")
    ] = None
    pods: Annotated[Pods | None, Doc("Pod network.")] = None
    service_domain: Annotated[str, Doc("DNS domain of services."), Meta(min_length=1, max_length=253)] = ""
    services: Annotated[Pods | None, Doc("Service network.")] = None


class ControlPlaneEndpoint(Model):
    """Where the control plane answers."""

    host: Annotated[str, Doc("ESXi host the VM runs on."), Meta(min_length=1, max_length=512)] = ""
    port: Annotated[int | None, Doc("Port it answers at."), Meta(ge=1, le=65535), Extra(format="int32")] = None


class ControlPlaneRef(Model):
    """The control plane's object."""

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


class ClassRef(Model):
    """The ClusterClass."""

    GO: ClassVar[str] = "ClusterClassRef"

    name: Annotated[
        str,
        Doc("Its name."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]
    namespace: Annotated[
        str, Doc("Its namespace."), Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    ] = ""


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


class UnhealthyMachineConditions(Model):
    """Unhealthy machine conditions."""

    status: Annotated[Literal["True", "False", "Unknown"], Doc("What is so.")]
    timeout_seconds: Annotated[int, Doc("Timeout seconds."), Meta(ge=0), Extra(format="int32")]
    type: Annotated[
        str,
        Doc("Its type."),
        Meta(
            min_length=1,
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
        Extra(
            validations=[
                {
                    "message": "type must not be one of: Ready, Available, HealthCheckSucceeded, OwnerRemediated, ExternallyRemediated",
                    "rule": "!(self in ['Ready','Available','HealthCheckSucceeded','OwnerRemediated','ExternallyRemediated'])",
                }
            ]
        ),
    ]


class UnhealthyNodeConditions(Model):
    """Unhealthy node conditions."""

    status: Annotated[str, Doc("What is so."), Meta(min_length=1)]
    timeout_seconds: Annotated[int, Doc("Timeout seconds."), Meta(ge=0), Extra(format="int32")]
    type: Annotated[str, Doc("Its type."), Meta(min_length=1)]


class Checks(Model):
    """What makes a machine unhealthy."""

    node_startup_timeout_seconds: Annotated[
        int | None, Doc("Node startup timeout seconds."), Meta(ge=0), Extra(format="int32")
    ] = None
    unhealthy_machine_conditions: Annotated[
        tuple[UnhealthyMachineConditions, ...],
        Doc("Unhealthy machine conditions."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    unhealthy_node_conditions: Annotated[
        tuple[UnhealthyNodeConditions, ...],
        Doc("Unhealthy node conditions."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class TemplateRef(Model):
    """Template ref."""

    api_version: Annotated[
        str,
        Doc("Api version."),
        Meta(
            min_length=1,
            max_length=317,
            pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[a-z]([-a-z0-9]*[a-z0-9])?$",
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


class TriggerIf(Model):
    """When remediation is allowed."""

    unhealthy_in_range: Annotated[
        str, Doc("Unhealthy in range."), Meta(min_length=1, max_length=32, pattern="^\\[[0-9]+-[0-9]+\\]$")
    ] = ""
    unhealthy_less_than_or_equal_to: Annotated[IntOrString | None, Doc("Unhealthy less than or equal to.")] = None


class Remediation(Model):
    """How unhealthy machines are replaced."""

    template_ref: Annotated[TemplateRef | None, Doc("Template ref.")] = None
    trigger_if: Annotated[TriggerIf | None, Doc("When remediation is allowed."), Extra(min_properties=1)] = None


class HealthCheck(Model):
    """Health check."""

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    enabled: Annotated[bool | None, Doc("Enabled.")] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )


class Rollout(Model):
    """How changes are rolled out."""

    after: Annotated[str, Doc("After."), Extra(format="date-time")] = ""


class Overrides(Model):
    """Overrides."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    value: Annotated[Any, Doc("The value."), Extra(preserve_unknown_fields=True)]


class Variables(Model):
    """Values of the ClusterClass's variables."""

    overrides: Annotated[
        tuple[Overrides, ...],
        Doc("Overrides."),
        Extra(min_items=1, max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()


class ControlPlane(Model):
    """Whether control-plane machines may go there."""

    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    health_check: Annotated[HealthCheck | None, Doc("Health check."), Extra(min_properties=1)] = None
    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    rollout: Annotated[Rollout | None, Doc("How changes are rolled out."), Extra(min_properties=1)] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class ClusterDeletion(Model):
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
    order: Annotated[Literal["Random", "Newest", "Oldest"] | None, Doc("Which machines go first.")] = None


class ClusterRemediation(Model):
    """How unhealthy machines are replaced."""

    max_in_flight: Annotated[IntOrString | None, Doc("Max in flight.")] = None
    template_ref: Annotated[TemplateRef | None, Doc("Template ref.")] = None
    trigger_if: Annotated[TriggerIf | None, Doc("When remediation is allowed."), Extra(min_properties=1)] = None


class ClusterHealthCheck(Model):
    """Health check."""

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    enabled: Annotated[bool | None, Doc("Enabled.")] = None
    remediation: Annotated[
        ClusterRemediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)
    ] = None


class RollingUpdate(Model):
    """Bounds of a rolling update."""

    max_surge: Annotated[IntOrString | None, Doc("How many machines there may be above replicas.")] = None
    max_unavailable: Annotated[IntOrString | None, Doc("How many machines may be missing.")] = None


class Strategy(Model):
    """How it is done."""

    type: Annotated[Literal["RollingUpdate", "OnDelete"], Doc("Its type.")]
    rolling_update: Annotated[RollingUpdate | None, Doc("Bounds of a rolling update."), Extra(min_properties=1)] = None


class ClusterRollout(Model):
    """How changes are rolled out."""

    after: Annotated[str, Doc("After."), Extra(format="date-time")] = ""
    strategy: Annotated[Strategy | None, Doc("How it is done."), Extra(min_properties=1)] = None


class MachineDeployments(Model):
    """Machine deployments."""

    class_: Annotated[str, Doc("Class."), Meta(min_length=1, max_length=256)]
    name: Annotated[
        str,
        Doc("Its name."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
    ]
    deletion: Annotated[ClusterDeletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    failure_domain: Annotated[
        str, Doc("Failure domain the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    health_check: Annotated[ClusterHealthCheck | None, Doc("Health check."), Extra(min_properties=1)] = None
    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Meta(ge=0), Extra(format="int32")
    ] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    rollout: Annotated[ClusterRollout | None, Doc("How changes are rolled out."), Extra(min_properties=1)] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class MachinePools(Model):
    """Machine pools."""

    class_: Annotated[str, Doc("Class."), Meta(min_length=1, max_length=256)]
    name: Annotated[
        str,
        Doc("Its name."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
    ]
    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Where machines can be placed."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Meta(ge=0), Extra(format="int32")
    ] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class Workers(Model):
    """The workers."""

    machine_deployments: Annotated[
        tuple[MachineDeployments, ...],
        Doc("Machine deployments."),
        Extra(min_items=1, max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()
    machine_pools: Annotated[
        tuple[MachinePools, ...],
        Doc("Machine pools."),
        Extra(min_items=1, max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()


class Topology(Model):
    """The cluster as a ClusterClass describes it."""

    class_ref: Annotated[ClassRef, Doc("The ClusterClass.")]
    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]
    control_plane: Annotated[
        ControlPlane | None, Doc("Whether control-plane machines may go there."), Extra(min_properties=1)
    ] = None
    variables: Annotated[
        tuple[Overrides, ...],
        Doc("Values of the ClusterClass's variables."),
        Extra(min_items=1, max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()
    workers: Annotated[Workers | None, Doc("The workers."), Extra(min_properties=1)] = None


class ClusterSpec(Model):
    """What is asked for."""

    availability_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Available looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    cluster_network: Annotated[ClusterNetwork | None, Doc("Networks of the cluster."), Extra(min_properties=1)] = None
    control_plane_endpoint: Annotated[
        ControlPlaneEndpoint | None, Doc("Where the control plane answers."), Extra(min_properties=1)
    ] = None
    control_plane_ref: Annotated[ControlPlaneRef | None, Doc("The control plane's object.")] = None
    infrastructure_ref: Annotated[ControlPlaneRef | None, Doc("The infrastructure's object.")] = None
    paused: Annotated[bool | None, Doc("Whether controllers leave the cluster alone.")] = None
    topology: Annotated[Topology | None, Doc("The cluster as a ClusterClass describes it.")] = None


class UpgradePlan(Model):
    """Upgrade plan."""

    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]


class Versions(Model):
    """Versions."""

    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]
    replicas: Annotated[int | None, Doc("How many machines."), Meta(ge=1), Extra(format="int32")] = None


class ClusterControlPlane(Model):
    """Whether control-plane machines may go there."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    desired_replicas: Annotated[int | None, Doc("How many are asked for."), Extra(format="int32")] = None
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    up_to_date_replicas: Annotated[int | None, Doc("How many are up to date."), Extra(format="int32")] = None
    upgrade_plan: Annotated[
        tuple[UpgradePlan, ...], Doc("Upgrade plan."), Extra(min_items=1, max_items=32, list_type="atomic")
    ] = ()
    versions: Annotated[
        tuple[Versions, ...], Doc("Versions."), Extra(min_items=1, max_items=32, list_type="atomic")
    ] = ()


class V1beta1(Model):
    """Fields of v1beta1."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""


class Deprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[V1beta1 | None, Doc("Fields of v1beta1.")] = None


class FailureDomains(Model):
    """Where machines can be placed."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    attributes: Annotated[dict[str, str], Doc("Further facts.")] = {}
    control_plane: Annotated[bool | None, Doc("Whether control-plane machines may go there.")] = None


class Initialization(Model):
    """Whether the first provisioning is done."""

    control_plane_initialized: Annotated[bool | None, Doc("Control plane initialized.")] = None
    infrastructure_provisioned: Annotated[bool | None, Doc("Infrastructure provisioned.")] = None


class ClusterStatus(Model):
    """What is so."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    control_plane: Annotated[ClusterControlPlane | None, Doc("Whether control-plane machines may go there.")] = None
    deprecated: Annotated[Deprecated | None, Doc("Fields of older API versions.")] = None
    failure_domains: Annotated[
        tuple[FailureDomains, ...],
        Doc("Where machines can be placed."),
        Extra(min_items=1, max_items=100, list_map_keys=["name"], list_type="map"),
    ] = ()
    initialization: Annotated[
        Initialization | None, Doc("Whether the first provisioning is done."), Extra(min_properties=1)
    ] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )
    phase: Annotated[
        Literal["Pending", "Provisioning", "Provisioned", "Deleting", "Failed", "Unknown"] | None,
        Doc("A one-word summary."),
    ] = None
    workers: Annotated[ClusterControlPlane | None, Doc("The workers.")] = None


class Cluster(Resource, kw_only=True):
    """A Kubernetes cluster."""

    spec: Annotated[ClusterSpec, Doc("What is asked for."), Extra(min_properties=1)]
    status: Annotated[ClusterStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
