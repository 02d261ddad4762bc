"""A Cluster's topology: its class, version, variables and workers.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Any, ClassVar, Literal

from fairlead.api.clusterapi.common import AvailabilityGates, Metadata, Taints
from fairlead.api.clusterapi.healthchecks import ClusterHealthCheck, HealthCheck
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model


class ClassRef(Model):
    """A reference to a ClusterClass."""

    GO: ClassVar[str] = "ClusterClassRef"

    name: Annotated[
        str,
        Doc("Name of the ClusterClass."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]
    namespace: Annotated[
        str,
        Doc("Namespace of the ClusterClass; the Cluster's own if unset."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
    ] = ""


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


class Rollout(Model):
    """When machines are replaced although nothing else changed."""

    after: Annotated[str, Doc("Machines made before this moment are replaced."), Extra(format="date-time")] = ""


class Overrides(Model):
    """The value of a variable of the ClusterClass."""

    GO: ClassVar[str] = "ClusterVariable"

    name: Annotated[str, Doc("Name of the variable."), Meta(min_length=1, max_length=256)]
    value: Annotated[
        Any,
        Doc("Value of the variable, of the type that the ClusterClass declares."),
        Extra(preserve_unknown_fields=True),
    ]


class Variables(Model):
    """Values of variables that hold here only."""

    overrides: Annotated[
        tuple[Overrides, ...],
        Doc("Values that replace those of the whole Cluster."),
        Extra(min_items=1, max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()


class ControlPlane(Model):
    """The control plane of a Cluster made from a ClusterClass."""

    GO: ClassVar[str] = "ControlPlaneTopology"

    deletion: Annotated[
        Deletion | None, Doc("How long the steps of a machine's deletion may take."), Extra(min_properties=1)
    ] = None
    health_check: Annotated[
        HealthCheck | None,
        Doc("A MachineHealthCheck for these machines, instead of the ClusterClass's."),
        Extra(min_properties=1),
    ] = None
    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
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
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class ClusterDeletion(Model):
    """Time limits and order of machines' deletion."""

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
    order: Annotated[
        Literal["Random", "Newest", "Oldest"] | None, Doc("Which machines go first: Random, Newest or Oldest.")
    ] = None


class RollingUpdate(Model):
    """Bounds of a rolling update."""

    max_surge: Annotated[
        IntOrString | None, Doc("How many machines there may be above replicas during an update; number or percentage.")
    ] = None
    max_unavailable: Annotated[
        IntOrString | None, Doc("How many machines may be missing during an update; number or percentage.")
    ] = None


class Strategy(Model):
    """How machines are replaced."""

    type: Annotated[
        Literal["RollingUpdate", "OnDelete"],
        Doc("RollingUpdate replaces machines at once, OnDelete when somebody deletes them."),
    ]
    rolling_update: Annotated[
        RollingUpdate | None, Doc("Bounds of the update, for type RollingUpdate."), Extra(min_properties=1)
    ] = None


class ClusterRollout(Model):
    """How and when machines are replaced."""

    after: Annotated[str, Doc("Machines made before this moment are replaced."), Extra(format="date-time")] = ""
    strategy: Annotated[Strategy | None, Doc("How machines are replaced."), Extra(min_properties=1)] = None


class MachineDeployments(Model):
    """Workers of a Cluster, made from a class of the ClusterClass."""

    GO: ClassVar[str] = "MachineDeploymentTopology"

    class_: Annotated[
        str, Doc("Name of the MachineDeployment class in the ClusterClass."), Meta(min_length=1, max_length=256)
    ]
    name: Annotated[
        str,
        Doc("Name of these workers within the Cluster."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
    ]
    deletion: Annotated[
        ClusterDeletion | None, Doc("How long the steps of a machine's deletion may take."), Extra(min_properties=1)
    ] = None
    failure_domain: Annotated[
        str, Doc("The failure domain that the machines are placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    health_check: Annotated[
        ClusterHealthCheck | None,
        Doc("A MachineHealthCheck for these machines, instead of the ClusterClass's."),
        Extra(min_properties=1),
    ] = None
    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[
        int | None,
        Doc("How many machines; unset leaves the number to others, such as an autoscaler."),
        Extra(format="int32"),
    ] = None
    rollout: Annotated[ClusterRollout | None, Doc("How and when machines are replaced."), Extra(min_properties=1)] = (
        None
    )
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class MachinePools(Model):
    """A pool of workers, made from a class of the ClusterClass."""

    GO: ClassVar[str] = "MachinePoolTopology"

    class_: Annotated[
        str, Doc("Name of the MachinePool class in the ClusterClass."), Meta(min_length=1, max_length=256)
    ]
    name: Annotated[
        str,
        Doc("Name of the pool within the Cluster."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
    ]
    deletion: Annotated[
        Deletion | None, Doc("How long the steps of a machine's deletion may take."), Extra(min_properties=1)
    ] = None
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("The failure domains machines may be placed in."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class Workers(Model):
    """The workers of a Cluster made from a ClusterClass."""

    GO: ClassVar[str] = "WorkersTopology"

    machine_deployments: Annotated[
        tuple[MachineDeployments, ...],
        Doc("Workers that are rolled from one state to the next."),
        Extra(min_items=1, max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()
    machine_pools: Annotated[
        tuple[MachinePools, ...],
        Doc("Workers that the provider scales as one."),
        Extra(min_items=1, max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()


class Topology(Model):
    """A Cluster as its ClusterClass describes it."""

    class_ref: Annotated[ClassRef, Doc("The ClusterClass.")]
    version: Annotated[
        str, Doc("Kubernetes version of the whole cluster, such as v1.35.0."), Meta(min_length=1, max_length=256)
    ]
    control_plane: Annotated[
        ControlPlane | None, Doc("What this Cluster wants of its control plane."), Extra(min_properties=1)
    ] = None
    variables: Annotated[
        tuple[Overrides, ...],
        Doc("Values of the ClusterClass's variables."),
        Extra(min_items=1, max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()
    workers: Annotated[Workers | None, Doc("What this Cluster wants of its workers."), Extra(min_properties=1)] = None
