"""The inventory file: what the simulated vCenter holds when it starts for the first time.

A YAML (or JSON) mapping; every key is optional. docs/compat/vcenter.md describes it; `DEFAULT` is what an empty file
means, and what the sample fleet expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from fairlead.vcenter.clock import Dice
from fairlead.vcenter.inventory import ROOT, Inventory
from fairlead.vcenter.model import (
    VM,
    Cluster,
    Datacenter,
    Datastore,
    Disk,
    DistributedPortgroup,
    DistributedSwitch,
    Folder,
    Guest,
    Host,
    Network,
    Nic,
    ResourcePool,
    Snapshot,
)

GIB = 1 << 30
VM_TYPES = ("Folder", "VirtualMachine", "VirtualApp")


class LayoutError(ValueError):
    """The inventory file is wrong; the message names the key."""


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Base of the file's mappings: unknown keys are errors."""


class HostLayout(Strict, frozen=True, kw_only=True):
    name: str
    cpu_cores: int = 32
    cpu_threads: int = 64
    memory_gib: int = msgspec.field(default=1024, name="memoryGiB")


class ClusterLayout(Strict, frozen=True, kw_only=True):
    """`hosts` is their number (named `<cluster>_H0` …) or a list of them; `pools` are pools below `Resources`."""

    name: str
    hosts: int | tuple[HostLayout, ...] = 3
    pools: tuple[str, ...] = ()


class DatastoreLayout(Strict, frozen=True, kw_only=True):
    name: str
    capacity_gib: float = msgspec.field(default=10240, name="capacityGiB")
    used_gib: float = msgspec.field(default=0, name="usedGiB")
    policies: tuple[str, ...] = ()


class NetworkLayout(Strict, frozen=True, kw_only=True):
    """With `switch` it is a distributed port group of that switch."""

    name: str
    switch: str = ""
    vlan: int = 0


class TemplateLayout(Strict, frozen=True, kw_only=True):
    """`folder` is relative to the datacenter's vm folder. With `snapshot` it can be cloned linked."""

    name: str
    folder: str = ""
    cpus: int = 2
    memory_mib: int = msgspec.field(default=4096, name="memoryMiB")
    disks_gib: tuple[int, ...] = msgspec.field(default=(20,), name="disksGiB")
    used_gib: float = msgspec.field(default=3, name="usedGiB")
    guest_id: str = "ubuntu64Guest"
    hardware: str = "vmx-19"
    snapshot: str = ""
    template: bool = True
    datastore: str = ""
    network: str = ""
    extra_config: Mapping[str, str] = {}


class DatacenterLayout(Strict, frozen=True, kw_only=True):
    name: str
    folders: tuple[str, ...] = ()
    clusters: tuple[ClusterLayout, ...] = (ClusterLayout(name="DC0_C0"),)
    datastores: tuple[DatastoreLayout, ...] = (DatastoreLayout(name="LocalDS_0"),)
    networks: tuple[NetworkLayout, ...] = (
        NetworkLayout(name="VM Network"),
        NetworkLayout(name="DC0_DVPG0", switch="DVS0"),
    )
    templates: tuple[TemplateLayout, ...] = ()


class UserLayout(Strict, frozen=True, kw_only=True):
    """`denied` are privilege ids the user lacks, e.g. `VirtualMachine.Provisioning.DeployTemplate`."""

    name: str
    password: str
    denied: tuple[str, ...] = ()


class VMClassLayout(Strict, frozen=True, kw_only=True):
    """A VM class of the supervisor; a `guaranteed` one reserves its memory."""

    name: str
    cpus: int
    memory_gib: int = msgspec.field(name="memoryGiB")
    guaranteed: bool = False


SAMPLE_VERSIONS = ("v1.33.1", "v1.34.1", "v1.34.2", "v1.35.0", "v1.36.0")
SAMPLE_TEMPLATES = tuple(TemplateLayout(name=f"ubuntu-2404-kube-{v}") for v in SAMPLE_VERSIONS)
# Source: vSphere 9 documentation, "Virtual Machine Classes in vSphere with Tanzu".
_SIZES = (
    ("xsmall", 2, 2),
    ("small", 2, 4),
    ("medium", 2, 8),
    ("large", 4, 16),
    ("xlarge", 4, 32),
    ("2xlarge", 8, 64),
    ("4xlarge", 16, 128),
    ("8xlarge", 32, 128),
)
VM_CLASSES = tuple(
    VMClassLayout(name=f"{effort}-{size}", cpus=cpus, memory_gib=gib, guaranteed=effort == "guaranteed")
    for effort in ("best-effort", "guaranteed")
    for size, cpus, gib in _SIZES
)
ADMINISTRATOR = UserLayout(name="administrator@vsphere.local", password="fairlead")


class Layout(Strict, frozen=True, kw_only=True):
    """The whole file."""

    datacenters: tuple[DatacenterLayout, ...] = (DatacenterLayout(name="DC0", templates=SAMPLE_TEMPLATES),)
    users: tuple[UserLayout, ...] = (ADMINISTRATOR,)
    storage_policies: tuple[str, ...] = ("Management Storage Policy - Regular",)
    vm_classes: tuple[VMClassLayout, ...] = VM_CLASSES


DEFAULT = Layout()


def parse_layout(document: object) -> Layout:
    """Return the layout of a file's parsed YAML. Raises: LayoutError naming the key that is wrong."""
    try:
        return msgspec.convert({} if document is None else document, Layout)
    except msgspec.ValidationError as error:
        raise LayoutError(f"cannot read the inventory file: {error}") from error


def build(layout: Layout, inventory: Inventory, dice: Dice, now: datetime) -> None:
    """Fill an empty inventory. Raises: LayoutError when parts do not fit together."""
    inventory.put(Folder(id=ROOT, name="Datacenters", child_types=("Folder", "Datacenter")))
    for datacenter in layout.datacenters:
        _Builder(inventory, dice, now).datacenter(datacenter)


class _Builder:
    """Builds one datacenter."""

    def __init__(self, inventory: Inventory, dice: Dice, now: datetime) -> None:
        self._inventory = inventory
        self._dice = dice
        self._now = now

    def datacenter(self, layout: DatacenterLayout) -> None:
        new = self._inventory.new_id
        dc = Datacenter(
            id=new("datacenter"),
            name=layout.name,
            parent=ROOT,
            vm_folder=new("group-v"),
            host_folder=new("group-h"),
            datastore_folder=new("group-s"),
            network_folder=new("group-n"),
        )
        self._inventory.put(dc)
        for id_, name, types in (
            (dc.vm_folder, "vm", VM_TYPES),
            (dc.host_folder, "host", ("Folder", "ComputeResource")),
            (dc.datastore_folder, "datastore", ("Folder", "Datastore", "StoragePod")),
            (dc.network_folder, "network", ("Folder", "Network", "DistributedVirtualSwitch")),
        ):
            self._inventory.put(Folder(id=id_, name=name, parent=dc.id, child_types=types))
        for path in layout.folders:
            self._folder(dc, path)
        stores = {d.name: self._datastore(dc, d) for d in layout.datastores}
        networks = self._networks(dc, layout.networks)
        hosts = [h for c in layout.clusters for h in self._cluster(dc, c, stores, networks)]
        for template in layout.templates:
            self._template(dc, template, stores, networks, hosts)

    def _folder(self, dc: Datacenter, path: str) -> str:
        parent = dc.vm_folder
        for name in path.strip("/").split("/") if path else ():
            child = self._inventory.child(parent, name)
            if child is None:
                child = Folder(id=self._inventory.new_id("group-v"), name=name, parent=parent, child_types=VM_TYPES)
                self._inventory.put(child)
            parent = child.id
        return parent

    def _datastore(self, dc: Datacenter, layout: DatastoreLayout) -> str:
        store = Datastore(
            id=self._inventory.new_id("datastore"),
            name=layout.name,
            parent=dc.datastore_folder,
            capacity_bytes=int(layout.capacity_gib * GIB),
            other_bytes=int(layout.used_gib * GIB),
            policies=layout.policies,
        )
        self._inventory.put(store)
        return store.id

    def _networks(self, dc: Datacenter, layouts: tuple[NetworkLayout, ...]) -> dict[str, str]:
        ids: dict[str, str] = {}
        switches: dict[str, str] = {}
        for layout in layouts:
            if not layout.switch:
                ids[layout.name] = self._inventory.new_id("network")
                self._inventory.put(Network(id=ids[layout.name], name=layout.name, parent=dc.network_folder))
                continue
            if layout.switch not in switches:
                switches[layout.switch] = self._inventory.new_id("dvs")
                uuid = " ".join(f"{b:02x}" for b in self._dice.getrandbits(128).to_bytes(16, "big"))
                self._inventory.put(
                    DistributedSwitch(
                        id=switches[layout.switch], name=layout.switch, parent=dc.network_folder, uuid=uuid
                    )
                )
            ids[layout.name] = self._inventory.new_id("dvportgroup")
            self._inventory.put(
                DistributedPortgroup(
                    id=ids[layout.name],
                    name=layout.name,
                    parent=dc.network_folder,
                    switch=switches[layout.switch],
                    vlan=layout.vlan,
                )
            )
        return ids

    def _cluster(
        self, dc: Datacenter, layout: ClusterLayout, stores: Mapping[str, str], networks: Mapping[str, str]
    ) -> list[Host]:
        cluster_id, pool_id = self._inventory.new_id("domain-c"), self._inventory.new_id("resgroup")
        self._inventory.put(Cluster(id=cluster_id, name=layout.name, parent=dc.host_folder, pool=pool_id))
        self._inventory.put(ResourcePool(id=pool_id, name="Resources", parent=cluster_id, owner=cluster_id))
        for path in layout.pools:
            parent = pool_id
            for name in path.strip("/").split("/"):
                child = self._inventory.child(parent, name)
                if child is None:
                    id_ = self._inventory.new_id("resgroup")
                    child = ResourcePool(id=id_, name=name, parent=parent, owner=cluster_id)
                    self._inventory.put(child)
                parent = child.id
        listed = layout.hosts
        if isinstance(listed, int):
            listed = tuple(HostLayout(name=f"{layout.name}_H{i}") for i in range(listed))
        hosts = []
        for each in listed:
            host = Host(
                id=self._inventory.new_id("host"),
                name=each.name,
                parent=cluster_id,
                cpu_cores=each.cpu_cores,
                cpu_threads=each.cpu_threads,
                memory_mib=each.memory_gib * 1024,
                uuid=self._inventory.new_uuid(self._dice, 0x30),
                datastores=tuple(stores.values()),
                networks=tuple(networks.values()),
            )
            self._inventory.put(host)
            hosts.append(host)
        return hosts

    def _template(
        self,
        dc: Datacenter,
        layout: TemplateLayout,
        stores: Mapping[str, str],
        networks: Mapping[str, str],
        hosts: list[Host],
    ) -> None:
        if not hosts or not stores or not networks:
            raise LayoutError(
                f"cannot place template '{layout.name}': datacenter '{dc.name}' needs a host, a datastore and a network"
            )
        store_name = layout.datastore or next(iter(stores))
        network_name = layout.network or next(iter(networks))
        for kind, name, known in (("datastore", store_name, stores), ("network", network_name, networks)):
            if name not in known:
                raise LayoutError(f"cannot place template '{layout.name}': {kind} '{name}' is not in '{dc.name}'")
        snapshots: tuple[Snapshot, ...] = ()
        if layout.snapshot:
            id_ = self._inventory.new_id("snapshot")
            snapshots = (Snapshot(id=id_, number=1, name=layout.snapshot, created=self._now),)
        host = hosts[0]
        self._inventory.put(
            VM(
                id=self._inventory.new_id("vm"),
                name=layout.name,
                parent=self._folder(dc, layout.folder),
                bios_uuid=self._inventory.new_uuid(self._dice, 0x42),
                instance_uuid=self._inventory.new_uuid(self._dice, 0x50),
                host=host.id,
                pool="" if layout.template else (pool.id if (pool := self._inventory.root_pool(host.parent)) else ""),
                datastore=stores[store_name],
                template=layout.template,
                guest_id=layout.guest_id,
                cpus=layout.cpus,
                memory_mib=layout.memory_mib,
                hardware=layout.hardware,
                nics=(Nic(key=4000, mac=self._inventory.new_mac(self._dice), network=networks[network_name]),),
                disks=tuple(
                    Disk(
                        key=2000 + i,
                        unit=i,
                        capacity_kib=size << 20,
                        datastore=stores[store_name],
                        file=f"[{store_name}] {layout.name}/{layout.name}{f'_{i}' if i else ''}.vmdk",
                        used_bytes=int(layout.used_gib * GIB) if i == 0 else 0,
                        uuid=self._inventory.new_uuid(self._dice, 0x60),
                    )
                    for i, size in enumerate(layout.disks_gib)
                ),
                extra_config=dict(layout.extra_config),
                snapshots=snapshots,
                current_snapshot=snapshots[0].id if snapshots else "",
                guest=Guest(full_name="Ubuntu Linux (64-bit)" if layout.guest_id == "ubuntu64Guest" else ""),
                created=self._now,
                modified=self._now,
            )
        )
