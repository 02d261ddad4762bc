"""Cluster.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Any, Literal

from fairlead.api.clusterapi.cluster import ClusterControlPlane
from fairlead.api.clusterapi.common import AvailabilityGates, Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.clusterapi.topology import Rollout
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class Pods(Model):
    """Addresses of a network."""

    cidr_blocks: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=43)], ...],
        Doc("Address ranges in CIDR notation."),
        Extra(max_items=100),
    ]


class ClusterNetwork(Model):
    """Networks inside the cluster."""

    api_server_port: Annotated[
        int | None, Doc("Port of the API servers; the providers' default is 6443."), Extra(format="int32")
    ] = None
    pods: Annotated[Pods | None, Doc("Addresses for Pods.")] = None
    service_domain: Annotated[
        str, Doc("DNS domain of Services; kubeadm's default is cluster.local."), Meta(min_length=1, max_length=253)
    ] = ""
    services: Annotated[Pods | None, Doc("Addresses for Services.")] = None


class ControlPlaneEndpoint(Model):
    """Where the cluster's API answers."""

    host: Annotated[
        str, Doc("Name or address of the API server, or of the load balancer before it."), Meta(max_length=512)
    ] = ""
    port: Annotated[int | None, Doc("Port of the API server."), Extra(format="int32")] = None


class ControlPlaneRef(Model):
    """A reference to an object of another API group, in the same namespace."""

    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    field_path: Annotated[str, Doc("Not used by Cluster API.")] = ""
    kind: Annotated[str, Doc("Kind of the object.")] = ""
    name: Annotated[str, Doc("Name of the object, in the same namespace.")] = ""
    namespace: Annotated[str, Doc("Namespace of the object.")] = ""
    resource_version: Annotated[str, Doc("Not used by Cluster API.")] = ""
    uid: Annotated[str, Doc("Not used by Cluster API.")] = ""


class UnhealthyConditions(Model):
    """A condition of a Node that makes its machine unhealthy."""

    status: Annotated[str, Doc("Status that counts as unhealthy: True, False or Unknown."), Meta(min_length=1)]
    timeout: Annotated[str, Doc("For how long it must hold before the machine is unhealthy.")]
    type: Annotated[str, Doc("Type of the Node's condition, for example Ready."), Meta(min_length=1)]


class UnhealthyMachineConditions(Model):
    """A condition of a Machine that makes it unhealthy."""

    status: Annotated[
        Literal["True", "False", "Unknown"], Doc("Status that counts as unhealthy: True, False or Unknown.")
    ]
    timeout: Annotated[str, Doc("For how long it must hold before the machine is unhealthy.")]
    type: Annotated[
        str,
        Doc("Type of the Machine's condition."),
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
    """A MachineHealthCheck for the machines."""

    enable: Annotated[
        bool | None, Doc("False takes the MachineHealthCheck away, true demands one; unset follows the ClusterClass.")
    ] = None
    max_unhealthy: Annotated[
        IntOrString | None, Doc("Replace only up to so many unhealthy machines, a number or a percentage.")
    ] = None
    node_startup_timeout: Annotated[
        str, Doc("How long until a machine without a Node is unhealthy; 10m if unset, 0s is off.")
    ] = ""
    remediation_template: Annotated[
        ControlPlaneRef | None,
        Doc("Template of the object that remediates; unset lets the machine's owner replace it."),
        Extra(map_type="atomic"),
    ] = None
    unhealthy_conditions: Annotated[
        tuple[UnhealthyConditions, ...],
        Doc("Conditions of the Node, any of which makes its machine unhealthy."),
        Extra(max_items=100),
    ] = ()
    unhealthy_machine_conditions: Annotated[
        tuple[UnhealthyMachineConditions, ...],
        Doc("Conditions of the Machine, any of which makes it unhealthy."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    unhealthy_range: Annotated[
        str,
        Doc("Replace only while the number of unhealthy machines is in this range, such as [3-5]."),
        Meta(min_length=1, max_length=32, pattern="^\\[[0-9]+-[0-9]+\\]$"),
    ] = ""


class Overrides(Model):
    """The value of a variable of the ClusterClass."""

    name: Annotated[str, Doc("Name of the variable."), Meta(min_length=1, max_length=256)]
    value: Annotated[
        Any,
        Doc("Value of the variable, of the type that the ClusterClass declares."),
        Extra(preserve_unknown_fields=True),
    ]
    definition_from: Annotated[
        str, Doc("Deprecated: which patch's definition of the variable is meant."), Meta(max_length=256)
    ] = ""


class Variables(Model):
    """Values of variables that hold here only."""

    overrides: Annotated[
        tuple[Overrides, ...],
        Doc("Values that replace those of the whole Cluster."),
        Extra(max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()


class ControlPlane(Model):
    """The control plane of a Cluster made from a ClusterClass."""

    machine_health_check: Annotated[
        ClusterMachineHealthCheck | None, Doc("A MachineHealthCheck for these machines, instead of the ClusterClass's.")
    ] = None
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
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[
        int | None, Doc("How many control-plane machines; unset leaves the number to others."), Extra(format="int32")
    ] = None
    rollout: Annotated[Rollout | None, Doc("How and when machines are replaced."), Extra(min_properties=1)] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables.")] = None


class Remediation(Model):
    """How unhealthy machines are replaced."""

    max_in_flight: Annotated[
        IntOrString | None, Doc("How many machines may be replaced at the same time, as a number or a percentage.")
    ] = None


class RollingUpdate(Model):
    """Bounds of a rolling update."""

    delete_policy: Annotated[
        Literal["Random", "Newest", "Oldest"] | None, Doc("Which machines go first: Random, Newest or Oldest.")
    ] = None
    max_surge: Annotated[
        IntOrString | None, Doc("How many machines there may be above replicas during an update; number or percentage.")
    ] = None
    max_unavailable: Annotated[
        IntOrString | None, Doc("How many machines may be missing during an update; number or percentage.")
    ] = None


class Strategy(Model):
    """How machines are replaced."""

    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced.")] = None
    rolling_update: Annotated[RollingUpdate | None, Doc("Bounds of the update, for type RollingUpdate.")] = None
    type: Annotated[
        Literal["RollingUpdate", "OnDelete"] | None,
        Doc("RollingUpdate replaces machines at once, OnDelete when somebody deletes them."),
    ] = None


class MachineDeployments(Model):
    """Workers of a Cluster, made from a class of the ClusterClass."""

    class_: Annotated[
        str, Doc("Name of the MachineDeployment class in the ClusterClass."), Meta(min_length=1, max_length=256)
    ]
    name: Annotated[str, Doc("Name of these workers within the Cluster."), Meta(min_length=1, max_length=63)]
    failure_domain: Annotated[
        str, Doc("The failure domain that the machines are placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    machine_health_check: Annotated[
        ClusterMachineHealthCheck | None, Doc("A MachineHealthCheck for these machines, instead of the ClusterClass's.")
    ] = None
    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the machines, beside those of the ClusterClass.")
    ] = None
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Extra(format="int32"),
    ] = None
    node_deletion_timeout: Annotated[
        str, Doc("How long deleting the Node is tried; 0 tries without end, 10s if unset.")
    ] = ""
    node_drain_timeout: Annotated[str, Doc("How long draining the node may take; 0 or unset waits without end.")] = ""
    node_volume_detach_timeout: Annotated[
        str, Doc("How long volumes may take to detach; 0 or unset waits without end.")
    ] = ""
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[
        int | None,
        Doc("How many machines; unset leaves the number to others, such as an autoscaler."),
        Extra(format="int32"),
    ] = None
    rollout: Annotated[Rollout | None, Doc("How and when machines are replaced."), Extra(min_properties=1)] = None
    strategy: Annotated[Strategy | None, Doc("How machines are replaced.")] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables.")] = None


class MachinePools(Model):
    """A pool of workers, made from a class of the ClusterClass."""

    class_: Annotated[
        str, Doc("Name of the MachinePool class in the ClusterClass."), Meta(min_length=1, max_length=256)
    ]
    name: Annotated[str, Doc("Name of the pool within the Cluster."), Meta(min_length=1, max_length=63)]
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("The failure domains machines may be placed in."),
        Extra(max_items=100),
    ] = ()
    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the machines, beside those of the ClusterClass.")
    ] = None
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Extra(format="int32"),
    ] = None
    node_deletion_timeout: Annotated[
        str, Doc("How long deleting the Node is tried; 0 tries without end, 10s if unset.")
    ] = ""
    node_drain_timeout: Annotated[str, Doc("How long draining the node may take; 0 or unset waits without end.")] = ""
    node_volume_detach_timeout: Annotated[
        str, Doc("How long volumes may take to detach; 0 or unset waits without end.")
    ] = ""
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables.")] = None


class Workers(Model):
    """The workers of a Cluster made from a ClusterClass."""

    machine_deployments: Annotated[
        tuple[MachineDeployments, ...],
        Doc("Workers that are rolled from one state to the next."),
        Extra(max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()
    machine_pools: Annotated[
        tuple[MachinePools, ...],
        Doc("Workers that the provider scales as one."),
        Extra(max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()


class Topology(Model):
    """A Cluster as its ClusterClass describes it."""

    class_: Annotated[str, Doc("Name of the ClusterClass."), Meta(min_length=1, max_length=253)]
    version: Annotated[
        str, Doc("Kubernetes version of the whole cluster, such as v1.35.0."), Meta(min_length=1, max_length=256)
    ]
    class_namespace: Annotated[
        str,
        Doc("Namespace of the ClusterClass; the Cluster's own if unset."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
    ] = ""
    control_plane: Annotated[ControlPlane | None, Doc("What this Cluster wants of its control plane.")] = None
    rollout_after: Annotated[str, Doc("Not used."), Extra(format="date-time")] = ""
    variables: Annotated[
        tuple[Overrides, ...],
        Doc("Values of the ClusterClass's variables."),
        Extra(max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()
    workers: Annotated[Workers | None, Doc("What this Cluster wants of its workers.")] = None


class ClusterSpec(Model):
    """What is asked for."""

    availability_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before the Cluster is Available."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    cluster_network: Annotated[ClusterNetwork | None, Doc("Networks inside the cluster.")] = None
    control_plane_endpoint: Annotated[
        ControlPlaneEndpoint | None, Doc("Where the cluster's API answers; usually set by the infrastructure provider.")
    ] = None
    control_plane_ref: Annotated[
        ControlPlaneRef | None,
        Doc("The object that makes the control plane, such as a KubeadmControlPlane."),
        Extra(map_type="atomic"),
    ] = None
    infrastructure_ref: Annotated[
        ControlPlaneRef | None,
        Doc("The object that provides the infrastructure, such as a VSphereCluster or a template."),
        Extra(map_type="atomic"),
    ] = None
    paused: Annotated[bool | None, Doc("True makes all controllers leave the cluster and its parts alone.")] = None
    topology: Annotated[
        Topology | None, Doc("The cluster as a ClusterClass describes it; its parts are then made from there.")
    ] = None


class FailureDomains(Model):
    """A place in which machines can be put, so that one failure does not take all."""

    attributes: Annotated[dict[str, str], Doc("Further facts that the provider tells of it.")] = {}
    control_plane: Annotated[bool | None, Doc("Whether control-plane machines may be placed there.")] = None


class V1beta2(Model):
    """Fields of API version v1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    control_plane: Annotated[ClusterControlPlane | None, Doc("The numbers of the control plane's machines.")] = None
    workers: Annotated[ClusterControlPlane | None, Doc("The numbers of the workers.")] = None


class ClusterStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    control_plane_ready: Annotated[bool | None, Doc("True once the control plane answers.")] = None
    failure_domains: Annotated[
        dict[str, FailureDomains], Doc("Places that the infrastructure provider offers for machines.")
    ] = {}
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[str, Doc("Deprecated: a word for an error that cannot be recovered from.")] = ""
    infrastructure_ready: Annotated[
        bool | None, Doc("True once the infrastructure provider has finished providing.")
    ] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    phase: Annotated[
        Literal["Pending", "Provisioning", "Provisioned", "Deleting", "Failed", "Unknown"] | None,
        Doc("Pending, Provisioning, Provisioned, Deleting, Failed or Unknown."),
    ] = None
    v1beta2: Annotated[V1beta2 | None, Doc("Fields of API version v1beta2.")] = None


class Cluster(Resource, kw_only=True):
    """A Kubernetes cluster."""

    spec: Annotated[ClusterSpec | None, Doc("The networks, the endpoint, and which objects make up the cluster.")] = (
        None
    )
    status: Annotated[ClusterStatus | None, Doc("What was found, written by controllers.")] = None
