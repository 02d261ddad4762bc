"""What the vSphere kinds share.

Source: cluster-api-provider-vsphere v1.17, api/govmomi/v1beta2 (names, bounds and defaults).
"""

from typing import Annotated, ClassVar, Literal

from msgspec import field

from fairlead.api.clusterapi.common import V1Beta1Condition
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model


class AddressesFromPools(Model):
    """Pools that addresses are claimed from."""

    api_group: Annotated[
        str,
        Doc("API group of the pool."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]
    kind: Annotated[
        str,
        Doc("Kind of the pool, such as InClusterIPPool."),
        Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"),
    ]
    name: Annotated[
        str,
        Doc("Name of the pool."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]


class DHCPOverrides(Model):
    """What of the DHCPv4 answer is used."""

    hostname: Annotated[str, Doc("Host name sent."), Meta(max_length=1024)] = ""
    route_metric: Annotated[int | None, Doc("Metric of the routes."), Meta(ge=0), Extra(format="int32")] = None
    send_hostname: Annotated[bool | None, Doc("Whether the host name is sent.")] = None
    use_dns: Annotated[bool | None, Doc("Whether DNS servers are taken.")] = field(name="useDNS", default=None)
    use_domains: Annotated[str, Doc("Whether search domains are taken."), Meta(max_length=128)] = ""
    use_hostname: Annotated[bool | None, Doc("Whether the host name is taken.")] = None
    use_mtu: Annotated[bool | None, Doc("Whether the MTU is taken.")] = field(name="useMTU", default=None)
    use_ntp: Annotated[bool | None, Doc("Whether time servers are taken.")] = field(name="useNTP", default=None)
    use_routes: Annotated[str, Doc("Whether routes are taken."), Meta(max_length=128)] = ""


class Route(Model):
    """Static routes."""

    metric: Annotated[int, Doc("Metric of the route."), Meta(ge=0), Extra(format="int32")]
    to: Annotated[str, Doc("Destination."), Meta(min_length=1, max_length=39)]
    via: Annotated[str, Doc("Gateway."), Meta(min_length=1, max_length=39)]


class NetworkDevice(Model):
    """Network cards, in order."""

    GO: ClassVar[str] = "NetworkDeviceSpec"

    network_name: Annotated[str, Doc("Network the card is plugged into."), Meta(min_length=1, max_length=2048)]
    addresses_from_pools: Annotated[
        tuple[AddressesFromPools, ...],
        Doc("Pools that addresses are claimed from."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()
    device_name: Annotated[str, Doc("Name of the card in the guest."), Meta(min_length=1, max_length=1024)] = ""
    dhcp4: Annotated[bool | None, Doc("Whether IPv4 comes from DHCP.")] = None
    dhcp4_overrides: Annotated[DHCPOverrides | None, Doc("What of the DHCPv4 answer is used.")] = None
    dhcp6: Annotated[bool | None, Doc("Whether IPv6 comes from DHCP.")] = None
    dhcp6_overrides: Annotated[DHCPOverrides | None, Doc("What of the DHCPv6 answer is used.")] = None
    gateway4: Annotated[str, Doc("IPv4 gateway."), Meta(min_length=1, max_length=64)] = ""
    gateway6: Annotated[str, Doc("IPv6 gateway."), Meta(min_length=1, max_length=64)] = ""
    ip_addrs: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=39)], ...],
        Doc("Static addresses, with prefix length."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()
    mac_addr: Annotated[str, Doc("MAC address."), Meta(min_length=1, max_length=23)] = ""
    mtu: Annotated[int | None, Doc("Largest packet, in bytes."), Extra(format="int64")] = None
    nameservers: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...],
        Doc("DNS servers."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()
    routes: Annotated[tuple[Route, ...], Doc("Static routes."), Extra(max_items=512, list_type="atomic")] = ()
    search_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=1024)], ...],
        Doc("DNS search list."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()
    skip_ip_allocation: Annotated[bool | None, Doc("Whether the card gets no address.")] = field(
        name="skipIPAllocation", default=None
    )


class Network(Model):
    """Network cards of the VM."""

    GO: ClassVar[str] = "NetworkSpec"

    devices: Annotated[
        tuple[NetworkDevice, ...], Doc("Network cards, in order."), Extra(max_items=128, list_type="atomic")
    ]
    routes: Annotated[tuple[Route, ...], Doc("Static routes."), Extra(max_items=512, list_type="atomic")] = ()


class DataDisks(Model):
    """Disks to add."""

    name: Annotated[str, Doc("Name of the disk."), Meta(min_length=1, max_length=1024)]
    size_gib: Annotated[int, Doc("Size, in GiB."), Meta(ge=1), Extra(format="int32")] = field(name="sizeGiB")
    provisioning_mode: Annotated[
        Literal["Thin", "Thick", "EagerlyZeroed"] | None, Doc("How the disk's space is given.")
    ] = None


class PciDevices(Model):
    """PCI devices to pass through."""

    custom_label: Annotated[str, Doc("Label of the device."), Meta(min_length=1, max_length=1024)] = ""
    device_id: Annotated[int | None, Doc("PCI device."), Extra(format="int32")] = None
    v_gpu_profile: Annotated[str, Doc("vGPU profile."), Meta(min_length=1, max_length=1024)] = field(
        name="vGPUProfile", default=""
    )
    vendor_id: Annotated[int | None, Doc("PCI vendor."), Extra(format="int32")] = None


class Limits(Model):
    """Most the VM may use."""

    cpu: Annotated[
        IntOrString | None,
        Doc("Processors."),
        Extra(
            pattern="^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
        ),
    ] = None
    memory: Annotated[
        IntOrString | None,
        Doc("Memory."),
        Extra(
            pattern="^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
        ),
    ] = None


class Shares(Model):
    """Weight against other VMs."""

    cpu: Annotated[int | None, Doc("Processors."), Meta(ge=1), Extra(format="int32")] = None
    memory: Annotated[int | None, Doc("Memory."), Meta(ge=1), Extra(format="int32")] = None


class Resources(Model):
    """Reservations, limits and shares."""

    limits: Annotated[Limits | None, Doc("Most the VM may use."), Extra(min_properties=1)] = None
    requests: Annotated[Limits | None, Doc("What is set aside for the VM."), Extra(min_properties=1)] = None
    shares: Annotated[Shares | None, Doc("Weight against other VMs."), Extra(min_properties=1)] = None


class MachineV1Beta1Status(Model):
    """Fields of v1beta1."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[str, Doc("Deprecated: a word for an error that cannot be recovered from.")] = ""


class MachineDeprecatedStatus(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[MachineV1Beta1Status | None, Doc("Fields of API version v1beta1.")] = None


class NetworkStatus(Model):
    """Network cards of the VM."""

    mac_addr: Annotated[str, Doc("MAC address."), Meta(min_length=1, max_length=17)]
    connected: Annotated[bool | None, Doc("Whether the card is connected.")] = None
    ip_addrs: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=39)], ...],
        Doc("Addresses, as VMware Tools tell them."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()
    network_name: Annotated[str, Doc("Network the card is plugged into."), Meta(min_length=1, max_length=1024)] = ""


class Initialization(Model):
    """Whether the first provisioning is done."""

    provisioned: Annotated[bool | None, Doc("Whether the infrastructure was fully provisioned once.")] = None


class CloneSpec(Model):
    """The VM that is cloned: what VSphereMachine and VSphereVM share."""

    GO: ClassVar[str] = "VirtualMachineCloneSpec"

    network: Annotated[Network, Doc("Network cards of the VM.")]
    template: Annotated[
        str, Doc("Template to clone: name, inventory path or instance UUID."), Meta(min_length=1, max_length=2048)
    ]
    additional_disks_gib: Annotated[
        tuple[Annotated[int, Extra(format="int32")], ...],
        Doc("Sizes of the template's further disks, in GiB."),
        Extra(max_items=128, list_type="atomic"),
    ] = field(name="additionalDisksGiB", default=())
    clone_mode: Annotated[
        Literal["fullClone", "linkedClone"] | None,
        Doc("linkedClone shares disks with the template's snapshot; fullClone copies them."),
    ] = None
    crypto_key_id: Annotated[str, Doc("Key to encrypt the VM with."), Meta(min_length=1, max_length=128)] = field(
        name="cryptoKeyID", default=""
    )
    crypto_profile: Annotated[str, Doc("Encryption profile."), Meta(min_length=1, max_length=128)] = ""
    custom_vmx_keys: Annotated[dict[str, str], Doc("Further configuration keys of the VM.")] = field(
        name="customVMXKeys", default_factory=dict
    )
    data_disks: Annotated[
        tuple[DataDisks, ...], Doc("Disks to add."), Extra(max_items=29, list_map_keys=["name"], list_type="map")
    ] = ()
    datacenter: Annotated[str, Doc("Datacenter the VM goes to."), Meta(min_length=1, max_length=2048)] = ""
    datastore: Annotated[str, Doc("Datastore the VM goes to."), Meta(min_length=1, max_length=2048)] = ""
    disk_gib: Annotated[int | None, Doc("Size of the system disk, in GiB."), Meta(ge=1), Extra(format="int32")] = field(
        name="diskGiB", default=None
    )
    folder: Annotated[str, Doc("Folder the VM goes to."), Meta(min_length=1, max_length=2048)] = ""
    ft_encryption_mode: Annotated[
        Literal["ftEncryptionDisabled", "ftEncryptionOpportunistic", "ftEncryptionRequired"] | None,
        Doc("Encryption of fault tolerance traffic."),
    ] = None
    guest_soft_power_off_timeout_seconds: Annotated[
        int | None, Doc("How long the guest may take to shut down."), Meta(ge=1), Extra(format="int32")
    ] = None
    hardware_version: Annotated[
        str, Doc("Virtual hardware to upgrade to, for example vmx-21."), Meta(min_length=1, max_length=128)
    ] = ""
    memory_mib: Annotated[int | None, Doc("Memory, in MiB."), Meta(ge=1), Extra(format="int64")] = field(
        name="memoryMiB", default=None
    )
    migrate_encryption: Annotated[
        Literal["disabled", "opportunistic", "required"] | None, Doc("Encryption of migrations.")
    ] = None
    nested_hv: Annotated[bool | None, Doc("Whether the guest may run virtual machines itself.")] = field(
        name="nestedHV", default=None
    )
    num_cpus: Annotated[
        int | None, Doc("Virtual processors; the template's number by default."), Meta(ge=2), Extra(format="int32")
    ] = field(name="numCPUs", default=None)
    num_cores_per_socket: Annotated[
        int | None, Doc("Cores of each virtual socket."), Meta(ge=0), Extra(format="int32")
    ] = None
    os: Annotated[str, Doc("Operating system of the template."), Meta(min_length=1, max_length=128)] = ""
    pci_devices: Annotated[
        tuple[PciDevices, ...], Doc("PCI devices to pass through."), Extra(max_items=128, list_type="atomic")
    ] = ()
    power_off_mode: Annotated[
        Literal["hard", "soft", "trySoft"] | None, Doc("How the VM is switched off before it is deleted.")
    ] = None
    resource_pool: Annotated[str, Doc("Resource pool the VM goes to."), Meta(min_length=1, max_length=2048)] = ""
    resources: Annotated[Resources | None, Doc("Reservations, limits and shares."), Extra(min_properties=1)] = None
    server: Annotated[str, Doc("Address of the vCenter."), Meta(min_length=1, max_length=1024)] = ""
    snapshot: Annotated[
        str,
        Doc("Snapshot of the template to link to; the current one by default."),
        Meta(min_length=1, max_length=1024),
    ] = ""
    storage_policy_name: Annotated[str, Doc("Storage policy of the VM."), Meta(min_length=1, max_length=1024)] = ""
    tag_ids: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=1024)], ...],
        Doc("Tags to attach."),
        Extra(max_items=128, list_type="atomic"),
    ] = field(name="tagIDs", default=())
    thumbprint: Annotated[
        str,
        Doc("Thumbprint of the vCenter's certificate; without one it is not checked."),
        Meta(min_length=1, max_length=1024),
    ] = ""
