"""Machine.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from msgspec import field

from fairlead.api.clusterapi.cluster import AvailabilityGates, ControlPlaneRef, Deletion, Deprecated
from fairlead.api.clusterapi.common import Condition, Taints
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Bootstrap(Model):
    """What makes the machine a node."""

    config_ref: Annotated[ControlPlaneRef | None, Doc("The bootstrap provider's object.")] = None
    data_secret_name: Annotated[str, Doc("Secret with the bootstrap data."), Meta(min_length=0, max_length=253)] = ""


class MachineSpec(Model):
    """What is asked for."""

    bootstrap: Annotated[Bootstrap, Doc("What makes the machine a node.")]
    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    infrastructure_ref: Annotated[ControlPlaneRef, Doc("The infrastructure's object.")]
    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    failure_domain: Annotated[
        str, Doc("Failure domain the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Meta(ge=0), Extra(format="int32")
    ] = None
    provider_id: Annotated[
        str, Doc("Identity of the machine, vsphere://<BIOS UUID>."), Meta(min_length=1, max_length=512)
    ] = field(name="providerID", default="")
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)] = ""


class Addresses(Model):
    """Addresses."""

    address: Annotated[str, Doc("The address."), Meta(min_length=1, max_length=256)]
    type: Annotated[Literal["Hostname", "ExternalIP", "InternalIP", "ExternalDNS", "InternalDNS"], Doc("Its type.")]


class MachineDeletion(Model):
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


class MachineInitialization(Model):
    """Whether the first provisioning is done."""

    bootstrap_data_secret_created: Annotated[bool | None, Doc("Bootstrap data secret created.")] = None
    infrastructure_provisioned: Annotated[bool | None, Doc("Infrastructure provisioned.")] = None


class Swap(Model):
    """Swap."""

    capacity: Annotated[int | None, Doc("Capacity."), Extra(format="int64")] = None


class NodeInfo(Model):
    """Facts about the node."""

    architecture: Annotated[str, Doc("Architecture.")]
    boot_id: Annotated[str, Doc("Boot id.")] = field(name="bootID")
    container_runtime_version: Annotated[str, Doc("Container runtime version.")]
    kernel_version: Annotated[str, Doc("Kernel version.")]
    kube_proxy_version: Annotated[str, Doc("Kube proxy version.")]
    kubelet_version: Annotated[str, Doc("Kubelet version.")]
    machine_id: Annotated[str, Doc("Machine id.")] = field(name="machineID")
    operating_system: Annotated[str, Doc("Operating system.")]
    os_image: Annotated[str, Doc("Os image.")]
    system_uuid: Annotated[str, Doc("System uuid.")] = field(name="systemUUID")
    swap: Annotated[Swap | None, Doc("Swap.")] = None


class NodeRef(Model):
    """The node of the machine."""

    GO: ClassVar[str] = "MachineNodeReference"

    name: Annotated[
        str,
        Doc("Its name."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]


class MachineStatus(Model):
    """What is so."""

    addresses: Annotated[tuple[Addresses, ...], Doc("Addresses."), Extra(max_items=256, list_type="atomic")] = ()
    certificates_expiry_date: Annotated[str, Doc("When the certificates end."), Extra(format="date-time")] = ""
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deletion: Annotated[MachineDeletion | None, Doc("How machines are deleted.")] = None
    deprecated: Annotated[Deprecated | None, Doc("Fields of older API versions.")] = None
    failure_domain: Annotated[
        str, Doc("Failure domain the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    initialization: Annotated[
        MachineInitialization | None, Doc("Whether the first provisioning is done."), Extra(min_properties=1)
    ] = None
    last_updated: Annotated[str, Doc("Last updated."), Extra(format="date-time")] = ""
    node_info: Annotated[NodeInfo | None, Doc("Facts about the node.")] = None
    node_ref: Annotated[NodeRef | None, Doc("The node of the machine.")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )
    phase: Annotated[
        Literal[
            "Pending", "Provisioning", "Provisioned", "Running", "Updating", "Deleting", "Deleted", "Failed", "Unknown"
        ]
        | None,
        Doc("A one-word summary."),
    ] = None


class Machine(Resource, kw_only=True):
    """One machine of a cluster."""

    spec: Annotated[MachineSpec, Doc("What is asked for.")]
    status: Annotated[MachineStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
