"""Cluster.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Any, Literal

from fairlead.api.clusterapi.cluster import AvailabilityGates, ClusterControlPlane, Rollout
from fairlead.api.clusterapi.common import Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class Pods(Model):
    """Pod network."""

    cidr_blocks: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=43)], ...], Doc("Address ranges."), Extra(max_items=100)
    ]


class ClusterNetwork(Model):
    """Networks of the cluster."""

    api_server_port: Annotated[int | None, Doc("Port of the API server."), Extra(format="int32")] = None
    pods: Annotated[Pods | None, Doc("Pod network.")] = None
    service_domain: Annotated[str, Doc("DNS domain of services."), Meta(min_length=1, max_length=253)] = ""
    services: Annotated[Pods | None, Doc("Service network.")] = None


class ControlPlaneEndpoint(Model):
    """Where the control plane answers."""

    host: Annotated[str, Doc("ESXi host the VM runs on."), Meta(max_length=512)] = ""
    port: Annotated[int | None, Doc("Port it answers at."), Extra(format="int32")] = None


class ControlPlaneRef(Model):
    """The control plane's object."""

    api_version: Annotated[str, Doc("Api version.")] = ""
    field_path: Annotated[str, Doc("Field path.")] = ""
    kind: Annotated[str, Doc("Its kind.")] = ""
    name: Annotated[str, Doc("Its name.")] = ""
    namespace: Annotated[str, Doc("Its namespace.")] = ""
    resource_version: Annotated[str, Doc("Resource version.")] = ""
    uid: Annotated[str, Doc("Uid.")] = ""


class UnhealthyConditions(Model):
    """Unhealthy conditions."""

    status: Annotated[str, Doc("What is so."), Meta(min_length=1)]
    timeout: Annotated[str, Doc("Timeout.")]
    type: Annotated[str, Doc("Its type."), Meta(min_length=1)]


class UnhealthyMachineConditions(Model):
    """Unhealthy machine conditions."""

    status: Annotated[Literal["True", "False", "Unknown"], Doc("What is so.")]
    timeout: Annotated[str, Doc("Timeout.")]
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


class ClusterMachineHealthCheck(Model):
    """Machine health check."""

    enable: Annotated[bool | None, Doc("Enable.")] = None
    max_unhealthy: Annotated[IntOrString | None, Doc("Max unhealthy.")] = None
    node_startup_timeout: Annotated[str, Doc("Node startup timeout.")] = ""
    remediation_template: Annotated[ControlPlaneRef | None, Doc("Remediation template."), Extra(map_type="atomic")] = (
        None
    )
    unhealthy_conditions: Annotated[
        tuple[UnhealthyConditions, ...], Doc("Unhealthy conditions."), Extra(max_items=100)
    ] = ()
    unhealthy_machine_conditions: Annotated[
        tuple[UnhealthyMachineConditions, ...],
        Doc("Unhealthy machine conditions."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    unhealthy_range: Annotated[
        str, Doc("Unhealthy range."), Meta(min_length=1, max_length=32, pattern="^\\[[0-9]+-[0-9]+\\]$")
    ] = ""


class Overrides(Model):
    """Overrides."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    value: Annotated[Any, Doc("The value."), Extra(preserve_unknown_fields=True)]
    definition_from: Annotated[str, Doc("Definition from."), Meta(max_length=256)] = ""


class Variables(Model):
    """Values of the ClusterClass's variables."""

    overrides: Annotated[
        tuple[Overrides, ...], Doc("Overrides."), Extra(max_items=1000, list_map_keys=["name"], list_type="map")
    ] = ()


class ControlPlane(Model):
    """Whether control-plane machines may go there."""

    machine_health_check: Annotated[ClusterMachineHealthCheck | None, Doc("Machine health check.")] = None
    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None
    node_deletion_timeout: Annotated[str, Doc("Node deletion timeout.")] = ""
    node_drain_timeout: Annotated[str, Doc("Node drain timeout.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("Node volume detach timeout.")] = ""
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    rollout: Annotated[Rollout | None, Doc("How changes are rolled out."), Extra(min_properties=1)] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables.")] = None


class Remediation(Model):
    """How unhealthy machines are replaced."""

    max_in_flight: Annotated[IntOrString | None, Doc("Max in flight.")] = None


class RollingUpdate(Model):
    """Bounds of a rolling update."""

    delete_policy: Annotated[Literal["Random", "Newest", "Oldest"] | None, Doc("Delete policy.")] = None
    max_surge: Annotated[IntOrString | None, Doc("How many machines there may be above replicas.")] = None
    max_unavailable: Annotated[IntOrString | None, Doc("How many machines may be missing.")] = None


class Strategy(Model):
    """How it is done."""

    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced.")] = None
    rolling_update: Annotated[RollingUpdate | None, Doc("Bounds of a rolling update.")] = None
    type: Annotated[Literal["RollingUpdate", "OnDelete"] | None, Doc("Its type.")] = None


class MachineDeployments(Model):
    """Machine deployments."""

    class_: Annotated[str, Doc("Class."), Meta(min_length=1, max_length=256)]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=63)]
    failure_domain: Annotated[
        str, Doc("Failure domain the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    machine_health_check: Annotated[ClusterMachineHealthCheck | None, Doc("Machine health check.")] = None
    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Extra(format="int32")
    ] = None
    node_deletion_timeout: Annotated[str, Doc("Node deletion timeout.")] = ""
    node_drain_timeout: Annotated[str, Doc("Node drain timeout.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("Node volume detach timeout.")] = ""
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    rollout: Annotated[Rollout | None, Doc("How changes are rolled out."), Extra(min_properties=1)] = None
    strategy: Annotated[Strategy | None, Doc("How it is done.")] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables.")] = None


class MachinePools(Model):
    """Machine pools."""

    class_: Annotated[str, Doc("Class."), Meta(min_length=1, max_length=256)]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=63)]
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Where machines can be placed."),
        Extra(max_items=100),
    ] = ()
    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Extra(format="int32")
    ] = None
    node_deletion_timeout: Annotated[str, Doc("Node deletion timeout.")] = ""
    node_drain_timeout: Annotated[str, Doc("Node drain timeout.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("Node volume detach timeout.")] = ""
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables.")] = None


class Workers(Model):
    """The workers."""

    machine_deployments: Annotated[
        tuple[MachineDeployments, ...],
        Doc("Machine deployments."),
        Extra(max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()
    machine_pools: Annotated[
        tuple[MachinePools, ...], Doc("Machine pools."), Extra(max_items=2000, list_map_keys=["name"], list_type="map")
    ] = ()


class Topology(Model):
    """The cluster as a ClusterClass describes it."""

    class_: Annotated[str, Doc("Class."), Meta(min_length=1, max_length=253)]
    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]
    class_namespace: Annotated[
        str, Doc("Class namespace."), Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    ] = ""
    control_plane: Annotated[ControlPlane | None, Doc("Whether control-plane machines may go there.")] = None
    rollout_after: Annotated[str, Doc("Rollout after."), Extra(format="date-time")] = ""
    variables: Annotated[
        tuple[Overrides, ...],
        Doc("Values of the ClusterClass's variables."),
        Extra(max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()
    workers: Annotated[Workers | None, Doc("The workers.")] = None


class ClusterSpec(Model):
    """What is asked for."""

    availability_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Available looks at."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    cluster_network: Annotated[ClusterNetwork | None, Doc("Networks of the cluster.")] = None
    control_plane_endpoint: Annotated[ControlPlaneEndpoint | None, Doc("Where the control plane answers.")] = None
    control_plane_ref: Annotated[
        ControlPlaneRef | None, Doc("The control plane's object."), Extra(map_type="atomic")
    ] = None
    infrastructure_ref: Annotated[
        ControlPlaneRef | None, Doc("The infrastructure's object."), Extra(map_type="atomic")
    ] = None
    paused: Annotated[bool | None, Doc("Whether controllers leave the cluster alone.")] = None
    topology: Annotated[Topology | None, Doc("The cluster as a ClusterClass describes it.")] = None


class FailureDomains(Model):
    """Where machines can be placed."""

    attributes: Annotated[dict[str, str], Doc("Further facts.")] = {}
    control_plane: Annotated[bool | None, Doc("Whether control-plane machines may go there.")] = None


class V1beta2(Model):
    """V1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    control_plane: Annotated[ClusterControlPlane | None, Doc("Whether control-plane machines may go there.")] = None
    workers: Annotated[ClusterControlPlane | None, Doc("The workers.")] = None


class ClusterStatus(Model):
    """What is so."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    control_plane_ready: Annotated[bool | None, Doc("Control plane ready.")] = None
    failure_domains: Annotated[dict[str, FailureDomains], Doc("Where machines can be placed.")] = {}
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""
    infrastructure_ready: Annotated[bool | None, Doc("Infrastructure ready.")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    phase: Annotated[
        Literal["Pending", "Provisioning", "Provisioned", "Deleting", "Failed", "Unknown"] | None,
        Doc("A one-word summary."),
    ] = None
    v1beta2: Annotated[V1beta2 | None, Doc("V1beta2.")] = None


class Cluster(Resource, kw_only=True):
    """A Kubernetes cluster."""

    spec: Annotated[ClusterSpec | None, Doc("What is asked for.")] = None
    status: Annotated[ClusterStatus | None, Doc("What is so.")] = None
