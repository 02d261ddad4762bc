"""Machine.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.common import AvailabilityGates, Condition, Taints, V1Beta1Condition
from fairlead.api.clusterapi.machine import Addresses, NodeInfo
from fairlead.api.clusterapi.v1beta1.cluster import ControlPlaneRef
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Bootstrap(Model):
    """How the machine becomes a node."""

    config_ref: Annotated[
        ControlPlaneRef | None,
        Doc("The object that makes the boot data, such as a KubeadmConfig."),
        Extra(map_type="atomic"),
    ] = None
    data_secret_name: Annotated[
        str,
        Doc("Secret with the boot data; set by the bootstrap provider, or by hand without one."),
        Meta(min_length=0, max_length=253),
    ] = ""


class MachineSpec(Model):
    """What is asked for."""

    bootstrap: Annotated[Bootstrap, Doc("How the machine becomes a node.")]
    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    infrastructure_ref: Annotated[
        ControlPlaneRef,
        Doc("The object that provides the machine, such as a VSphereMachine."),
        Extra(map_type="atomic"),
    ]
    failure_domain: Annotated[
        str, Doc("The failure domain that the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    node_deletion_timeout: Annotated[
        str, Doc("How long deleting the Node is tried; 0 tries without end, 10s if unset.")
    ] = ""
    node_drain_timeout: Annotated[str, Doc("How long draining the node may take; 0 or unset waits without end.")] = ""
    node_volume_detach_timeout: Annotated[
        str, Doc("How long volumes may take to detach; 0 or unset waits without end.")
    ] = ""
    provider_id: Annotated[
        str,
        Doc("Identity of the machine at the provider, vsphere://<BIOS UUID>; set by the provider."),
        Meta(min_length=1, max_length=512),
    ] = field(name="providerID", default="")
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    version: Annotated[
        str, Doc("Kubernetes version of the node, such as v1.35.0."), Meta(min_length=1, max_length=256)
    ] = ""


class Deletion(Model):
    """Time limits of a machine's deletion."""

    node_drain_start_time: Annotated[str, Doc("When draining the node began."), Extra(format="date-time")] = ""
    wait_for_node_volume_detach_start_time: Annotated[
        str, Doc("When waiting for volumes to detach began."), Extra(format="date-time")
    ] = ""
    wait_for_pre_drain_hook_start_time: Annotated[
        str, Doc("When waiting for hooks before the drain began."), Extra(format="date-time")
    ] = ""
    wait_for_pre_terminate_hook_start_time: Annotated[
        str, Doc("When waiting for hooks before the VM is destroyed began."), Extra(format="date-time")
    ] = ""


class MachineV1beta2(Model):
    """Fields of API version v1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()


class MachineStatus(Model):
    """What was found, written by controllers."""

    addresses: Annotated[tuple[Addresses, ...], Doc("Addresses of the machine, as the provider tells them.")] = ()
    bootstrap_ready: Annotated[
        bool | None, Doc("True once the bootstrap provider has written the machine's boot data.")
    ] = None
    certificates_expiry_date: Annotated[
        str, Doc("When the machine's certificates end; control-plane machines only."), Extra(format="date-time")
    ] = ""
    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    deletion: Annotated[Deletion | None, Doc("How far the deletion has come.")] = None
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[str, Doc("Deprecated: a word for an error that cannot be recovered from.")] = ""
    infrastructure_ready: Annotated[
        bool | None, Doc("True once the infrastructure provider has finished providing.")
    ] = None
    last_updated: Annotated[str, Doc("When the phase last changed."), Extra(format="date-time")] = ""
    node_info: Annotated[NodeInfo | None, Doc("Facts that the node tells of itself.")] = None
    node_ref: Annotated[ControlPlaneRef | None, Doc("The Node that the machine became."), Extra(map_type="atomic")] = (
        None
    )
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    phase: Annotated[
        Literal["Pending", "Provisioning", "Provisioned", "Running", "Deleting", "Deleted", "Failed", "Unknown"] | None,
        Doc("Pending, Provisioning, Provisioned, Running, Deleting, Failed or Unknown, and others."),
    ] = None
    v1beta2: Annotated[MachineV1beta2 | None, Doc("Fields of API version v1beta2.")] = None


class Machine(Resource, kw_only=True):
    """One machine of a cluster, control plane or worker."""

    spec: Annotated[MachineSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachineStatus | None, Doc("What was found, written by controllers.")] = None
