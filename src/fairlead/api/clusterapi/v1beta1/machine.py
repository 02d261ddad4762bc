"""Machine.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.cluster import AvailabilityGates
from fairlead.api.clusterapi.common import Condition, Taints, V1Beta1Condition
from fairlead.api.clusterapi.machine import Addresses, NodeInfo
from fairlead.api.clusterapi.v1beta1.cluster import ControlPlaneRef
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Bootstrap(Model):
    """What makes the machine a node."""

    config_ref: Annotated[ControlPlaneRef | None, Doc("The bootstrap provider's object."), Extra(map_type="atomic")] = (
        None
    )
    data_secret_name: Annotated[str, Doc("Secret with the bootstrap data."), Meta(min_length=0, max_length=253)] = ""


class MachineSpec(Model):
    """What is asked for."""

    bootstrap: Annotated[Bootstrap, Doc("What makes the machine a node.")]
    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    infrastructure_ref: Annotated[ControlPlaneRef, Doc("The infrastructure's object."), Extra(map_type="atomic")]
    failure_domain: Annotated[
        str, Doc("Failure domain the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    node_deletion_timeout: Annotated[str, Doc("Node deletion timeout.")] = ""
    node_drain_timeout: Annotated[str, Doc("Node drain timeout.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("Node volume detach timeout.")] = ""
    provider_id: Annotated[
        str, Doc("Identity of the machine, vsphere://<BIOS UUID>."), Meta(min_length=1, max_length=512)
    ] = field(name="providerID", default="")
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)] = ""


class Deletion(Model):
    """How machines are deleted."""

    node_drain_start_time: Annotated[str, Doc("Node drain start time."), Extra(format="date-time")] = ""
    wait_for_node_volume_detach_start_time: Annotated[
        str, Doc("Wait for node volume detach start time."), Extra(format="date-time")
    ] = ""
    wait_for_pre_drain_hook_start_time: Annotated[
        str, Doc("Wait for pre drain hook start time."), Extra(format="date-time")
    ] = ""
    wait_for_pre_terminate_hook_start_time: Annotated[
        str, Doc("Wait for pre terminate hook start time."), Extra(format="date-time")
    ] = ""


class MachineV1beta2(Model):
    """V1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()


class MachineStatus(Model):
    """What is so."""

    addresses: Annotated[tuple[Addresses, ...], Doc("Addresses.")] = ()
    bootstrap_ready: Annotated[bool | None, Doc("Bootstrap ready.")] = None
    certificates_expiry_date: Annotated[str, Doc("When the certificates end."), Extra(format="date-time")] = ""
    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    deletion: Annotated[Deletion | None, Doc("How machines are deleted.")] = None
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""
    infrastructure_ready: Annotated[bool | None, Doc("Infrastructure ready.")] = None
    last_updated: Annotated[str, Doc("Last updated."), Extra(format="date-time")] = ""
    node_info: Annotated[NodeInfo | None, Doc("Facts about the node.")] = None
    node_ref: Annotated[ControlPlaneRef | None, Doc("The node of the machine."), Extra(map_type="atomic")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    phase: Annotated[
        Literal["Pending", "Provisioning", "Provisioned", "Running", "Deleting", "Deleted", "Failed", "Unknown"] | None,
        Doc("A one-word summary."),
    ] = None
    v1beta2: Annotated[MachineV1beta2 | None, Doc("V1beta2.")] = None


class Machine(Resource, kw_only=True):
    """One machine of a cluster."""

    spec: Annotated[MachineSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachineStatus | None, Doc("What is so.")] = None
