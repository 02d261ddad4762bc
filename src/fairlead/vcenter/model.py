"""The managed objects of the simulated inventory: immutable values, one struct per type.

A struct's tag is the managed object's type as the wire has it, so that an entity encodes to JSON and back without a
table. Only what cannot be derived is stored: a folder's children, a host's VMs and a datastore's free space are
computed from the objects that refer to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class Entity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Any managed object with a place in the inventory tree. `id` is its managed object id, e.g. `vm-42`."""

    id: str
    name: str
    parent: str = ""

    @property
    def type(self) -> str:
        """The managed object type, e.g. `VirtualMachine`."""
        return str(self.__struct_config__.tag)


class Folder(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="Folder"):
    """`child_types` are the managed object types it may hold."""

    child_types: tuple[str, ...]


class Datacenter(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="Datacenter"):
    """The four ids are its fixed child folders."""

    vm_folder: str
    host_folder: str
    datastore_folder: str
    network_folder: str


class Cluster(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="ClusterComputeResource"):
    """A compute cluster; `pool` is its root resource pool."""

    pool: str
    drs: bool = True
    ha: bool = False


class Host(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="HostSystem"):
    """An ESXi host of a cluster (`parent`)."""

    cpu_cores: int = 32
    cpu_threads: int = 64
    cpu_mhz: int = 2600
    memory_mib: int = 1024 * 1024
    uuid: str = ""
    connected: bool = True
    maintenance: bool = False
    datastores: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


class ResourcePool(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="ResourcePool"):
    """`parent` is a cluster (root pool) or another pool, `owner` always the cluster."""

    owner: str


class Datastore(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="Datastore"):
    """`other_bytes` is what takes room without being a VM of this inventory."""

    capacity_bytes: int
    other_bytes: int = 0
    kind: str = "VMFS"
    accessible: bool = True
    maintenance: bool = False
    policies: tuple[str, ...] = ()  # names of storage policies it satisfies


class Network(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="Network"):
    """A standard port group."""

    accessible: bool = True


class DistributedSwitch(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="VmwareDistributedVirtualSwitch"):
    """A distributed switch."""

    uuid: str


class DistributedPortgroup(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="DistributedVirtualPortgroup"):
    """A port group of `switch`; its key is its id."""

    switch: str
    vlan: int = 0
    uplink: bool = False


class Nic(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A virtual ethernet card, always vmxnet3 unless the template says otherwise."""

    key: int
    mac: str
    network: str
    kind: str = "VirtualVmxnet3"
    manual_mac: bool = False
    connected: bool = True  # startConnected; the live state also needs power


class Disk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A virtual disk file; a linked clone's disk has a `backing_parent` and starts almost empty."""

    key: int
    capacity_kib: int
    datastore: str
    file: str
    unit: int
    controller: int = 1000
    used_bytes: int = 0
    thin: bool = True
    eager: bool = False
    uuid: str = ""
    backing_parent: str = ""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A snapshot; `parent` is the snapshot before it."""

    id: str
    number: int
    name: str
    created: datetime
    description: str = ""
    parent: str = ""
    power: str = "poweredOff"


class Guest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What VMware Tools report: addresses by NIC key."""

    hostname: str = ""
    ips: Mapping[int, tuple[str, ...]] = {}
    tools: bool = False
    full_name: str = ""
    info: Mapping[str, str] = {}  # guestinfo.* keys the guest set itself


class Allocation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Reservation and limit (MHz or MiB; -1: none) and shares."""

    reservation: int = 0
    limit: int = -1
    shares: int = 0
    level: str = "normal"


class VM(Entity, frozen=True, kw_only=True, omit_defaults=True, tag="VirtualMachine"):
    """A virtual machine or template."""

    bios_uuid: str
    instance_uuid: str
    host: str
    datastore: str  # home of its .vmx
    pool: str = ""  # empty for templates
    template: bool = False
    power: str = "poweredOff"
    guest_id: str = "ubuntu64Guest"
    cpus: int = 2
    cores_per_socket: int = 1
    memory_mib: int = 2048
    hardware: str = "vmx-21"
    annotation: str = ""
    nics: tuple[Nic, ...] = ()
    disks: tuple[Disk, ...] = ()
    extra_config: Mapping[str, str] = {}
    snapshots: tuple[Snapshot, ...] = ()
    current_snapshot: str = ""
    guest: Guest = Guest()
    cpu: Allocation = Allocation()
    memory: Allocation = Allocation()
    disk_uuid_enabled: bool = False
    nested_hv: bool = False
    policy: str = ""
    created: datetime | None = None
    modified: datetime | None = None
    booted: datetime | None = None
    connection: str = "connected"
    cloned_from: str = ""

    @property
    def is_on(self) -> bool:
        return self.power == "poweredOn"

    def vmx_path(self, datastore_name: str) -> str:
        """Return config.files.vmPathName."""
        return f"[{datastore_name}] {self.name}/{self.name}.vmx"


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vSphere fault as a value: its type's name, message, and fields in the API's spelling."""

    name: str
    message: str
    details: Mapping[str, str] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="Event"):
    """An entry of the event log; `kind` is the event's type, `chain` the key of the first of its chain."""

    key: int
    kind: str
    created: datetime
    user: str
    message: str
    chain: int = 0
    vm: str = ""
    vm_name: str = ""
    host: str = ""
    datacenter: str = ""
    source: str = ""


InventoryEntity = (
    Folder
    | Datacenter
    | Cluster
    | Host
    | ResourcePool
    | Datastore
    | Network
    | DistributedSwitch
    | DistributedPortgroup
    | VM
)
