"""Machine.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from msgspec import field

from fairlead.api.clusterapi.cluster import ControlPlaneRef, Deprecated
from fairlead.api.clusterapi.common import AvailabilityGates, Condition, Taints
from fairlead.api.clusterapi.topology import Deletion
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Bootstrap(Model):
    """How the machine becomes a node."""

    config_ref: Annotated[
        ControlPlaneRef | None, Doc("The object that makes the boot data, such as a KubeadmConfig.")
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
        ControlPlaneRef, Doc("The object that provides the machine, such as a VSphereMachine.")
    ]
    deletion: Annotated[
        Deletion | None, Doc("How long the steps of the deletion may take."), Extra(min_properties=1)
    ] = None
    failure_domain: Annotated[
        str, Doc("The failure domain that the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    provider_id: Annotated[
        str,
        Doc("Identity of the machine at the provider, vsphere://<BIOS UUID>; set by the provider."),
        Meta(min_length=1, max_length=512),
    ] = field(name="providerID", default="")
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    version: Annotated[
        str, Doc("Kubernetes version of the node, such as v1.35.0."), Meta(min_length=1, max_length=256)
    ] = ""


class Addresses(Model):
    """An address of the machine."""

    address: Annotated[str, Doc("The address."), Meta(min_length=1, max_length=256)]
    type: Annotated[
        Literal["Hostname", "ExternalIP", "InternalIP", "ExternalDNS", "InternalDNS"],
        Doc("Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS."),
    ]


class MachineDeletion(Model):
    """How far the deletion has come."""

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


class MachineInitialization(Model):
    """What has been done once and will not be undone."""

    bootstrap_data_secret_created: Annotated[
        bool | None, Doc("True once the bootstrap provider has written the machine's boot data.")
    ] = None
    infrastructure_provisioned: Annotated[
        bool | None, Doc("True once the infrastructure provider has finished providing.")
    ] = None


class Swap(Model):
    """Swap of the node."""

    capacity: Annotated[int | None, Doc("Size of the swap in bytes."), Extra(format="int64")] = None


class NodeInfo(Model):
    """Facts that the node tells of itself."""

    architecture: Annotated[str, Doc("Processor architecture, such as amd64.")]
    boot_id: Annotated[str, Doc("Identity of this boot of the machine.")] = field(name="bootID")
    container_runtime_version: Annotated[str, Doc("Container runtime and its version, such as containerd://2.1.0.")]
    kernel_version: Annotated[str, Doc("Version of the kernel.")]
    kube_proxy_version: Annotated[str, Doc("Version of kube-proxy.")]
    kubelet_version: Annotated[str, Doc("Version of the kubelet.")]
    machine_id: Annotated[str, Doc("Identity from /etc/machine-id.")] = field(name="machineID")
    operating_system: Annotated[str, Doc("Operating system, such as linux.")]
    os_image: Annotated[str, Doc("Name of the distribution.")]
    system_uuid: Annotated[str, Doc("UUID that the machine's firmware tells.")] = field(name="systemUUID")
    swap: Annotated[Swap | None, Doc("Swap of the node.")] = None


class NodeRef(Model):
    """A reference to a Node of the workload cluster."""

    GO: ClassVar[str] = "MachineNodeReference"

    name: Annotated[
        str,
        Doc("Name of the Node."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]


class MachineStatus(Model):
    """What was found, written by controllers."""

    addresses: Annotated[
        tuple[Addresses, ...],
        Doc("Addresses of the machine, as the provider tells them."),
        Extra(max_items=256, list_type="atomic"),
    ] = ()
    certificates_expiry_date: Annotated[
        str, Doc("When the machine's certificates end; control-plane machines only."), Extra(format="date-time")
    ] = ""
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deletion: Annotated[MachineDeletion | None, Doc("How far the deletion has come.")] = None
    deprecated: Annotated[Deprecated | None, Doc("Fields that older API versions still show.")] = None
    failure_domain: Annotated[
        str, Doc("The failure domain that the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    initialization: Annotated[
        MachineInitialization | None, Doc("What has been done once and will not be undone."), Extra(min_properties=1)
    ] = None
    last_updated: Annotated[str, Doc("When the phase last changed."), Extra(format="date-time")] = ""
    node_info: Annotated[NodeInfo | None, Doc("Facts that the node tells of itself.")] = None
    node_ref: Annotated[NodeRef | None, Doc("The Node that the machine became.")] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Meta(ge=1), Extra(format="int64")
    ] = None
    phase: Annotated[
        Literal[
            "Pending", "Provisioning", "Provisioned", "Running", "Updating", "Deleting", "Deleted", "Failed", "Unknown"
        ]
        | None,
        Doc("Pending, Provisioning, Provisioned, Running, Deleting, Failed or Unknown, and others."),
    ] = None


class Machine(Resource, kw_only=True):
    """One machine of a cluster, control plane or worker."""

    spec: Annotated[MachineSpec, Doc("What is asked for.")]
    status: Annotated[MachineStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)] = (
        None
    )
