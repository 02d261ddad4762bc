"""From pyVmomi's specs to the simulator's work: clone, create, reconfigure, relocate.

Devices that the simulator does not hold (serial ports, CD-ROMs, controllers of a new VM …) are accepted and dropped, as
nothing that Fairlead or its users read depends on them; changing one that does not exist is InvalidDeviceSpec.
"""

from __future__ import annotations

from typing import Any

import msgspec
from pyVmomi import vim

from fairlead.vcenter.faults import VimFault, invalid_argument, invalid_datastore_path
from fairlead.vcenter.inventory import Inventory
from fairlead.vcenter.model import VM, Allocation, Datastore, DistributedPortgroup, Host, Network, ResourcePool
from fairlead.vcenter.work import (
    AddDisk,
    AddNic,
    Clone,
    Config,
    Create,
    DeviceChange,
    EditDisk,
    EditNic,
    Move,
    RemoveDevice,
)

CHILD_DISK = "createNewChildDiskBacking"


def moid(managed: Any) -> str:
    """Return an optional reference's id, "" for none."""
    return managed._moId if managed is not None else ""


def config(spec: Any, inventory: Inventory, vm: VM | None = None) -> Config:
    """Read a VirtualMachineConfigSpec; *vm* is what it applies to. Raises: VimFault."""
    if spec is None:
        return Config()
    flags = spec.flags
    profiles = [p.profileId for p in spec.vmProfile or [] if isinstance(p, vim.vm.DefinedProfileSpec)]
    return Config(
        name=spec.name or "",
        cpus=int(spec.numCPUs or 0),
        cores_per_socket=int(spec.numCoresPerSocket or 0),
        memory_mib=int(spec.memoryMB or 0),
        annotation=spec.annotation,
        guest_id=spec.guestId or "",
        instance_uuid=spec.instanceUuid or "",
        bios_uuid=spec.uuid or "",
        extra_config={str(o.key): "" if o.value is None else str(o.value) for o in spec.extraConfig or []},
        devices=_devices(spec.deviceChange or [], inventory, vm),
        cpu=_allocation(spec.cpuAllocation, vm.cpu if vm else Allocation()),
        memory=_allocation(spec.memoryAllocation, vm.memory if vm else Allocation()),
        disk_uuid_enabled=flags.diskUuidEnabled if flags else None,
        nested_hv=spec.nestedHVEnabled,
        policy=profiles[0] if profiles else "",
    )


def _allocation(spec: Any, old: Allocation) -> Allocation | None:
    if spec is None:
        return None
    shares = spec.shares
    return Allocation(
        reservation=old.reservation if spec.reservation is None else int(spec.reservation),
        limit=old.limit if spec.limit is None else int(spec.limit),
        shares=shares.shares if shares and str(shares.level) == "custom" else old.shares,
        level=str(shares.level) if shares else old.level,
    )


def _devices(changes: Any, inventory: Inventory, vm: VM | None) -> tuple[DeviceChange, ...]:
    found: list[DeviceChange] = []
    for index, change in enumerate(changes):
        device, operation = change.device, str(change.operation or "edit")
        if operation == "remove":
            if _is_held(device):
                found.append(RemoveDevice(key=device.key))
        elif isinstance(device, vim.vm.device.VirtualEthernetCard):
            found.append(_nic(device, operation, inventory, index))
        elif isinstance(device, vim.vm.device.VirtualDisk):
            found.append(_disk(device, operation, inventory, vm))
    return tuple(found)


def _is_held(device: Any) -> bool:
    return isinstance(device, vim.vm.device.VirtualEthernetCard | vim.vm.device.VirtualDisk)


def _nic(device: Any, operation: str, inventory: Inventory, index: int) -> DeviceChange:
    network = _network(device.backing, inventory, index) if device.backing is not None else ""
    connected = device.connectable.startConnected if device.connectable is not None else True
    mac = device.macAddress or ""
    if operation == "add":
        manual = str(device.addressType or "").lower() == "manual" or bool(mac)
        kind = type(device).__name__.rpartition(".")[2]
        return AddNic(network=network, mac=mac if manual else "", kind=kind, connected=connected)
    return EditNic(key=device.key, network=network, mac=mac, connected=connected)


def _network(backing: Any, inventory: Inventory, index: int) -> str:
    if isinstance(backing, vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo):
        return str(backing.port.portgroupKey or "")
    if getattr(backing, "network", None) is not None:
        return moid(backing.network)
    name = getattr(backing, "deviceName", "")
    for network in [*inventory.all(Network), *inventory.all(DistributedPortgroup)]:
        if network.name == name:
            return network.id
    raise VimFault(
        "InvalidDeviceBacking",
        f"Invalid backing for device '{index}': there is no network '{name}'.",
        property=f"virtualDeviceSpec.device[{index}].backing",
        deviceIndex=str(index),
    )


def _disk(device: Any, operation: str, inventory: Inventory, vm: VM | None) -> DeviceChange:
    kib = int(device.capacityInKB or 0) or int(device.capacityInBytes or 0) >> 10
    if operation != "add":
        return EditDisk(key=device.key, capacity_kib=kib)
    backing = device.backing
    store = moid(getattr(backing, "datastore", None))
    file = getattr(backing, "fileName", "") or ""
    if file and not store:
        store = datastore_of_path(file, inventory)
    unit = device.unitNumber if device.unitNumber is not None and device.unitNumber >= 0 else -1
    known = {d.controller for d in vm.disks} if vm else set()
    controller = device.controllerKey if device.controllerKey in known else 1000
    return AddDisk(
        capacity_kib=kib,
        datastore=store,
        unit=unit,
        controller=controller,
        thin=bool(getattr(backing, "thinProvisioned", False)),
        eager=bool(getattr(backing, "eagerlyScrub", False)),
    )


def datastore_of_path(path: str, inventory: Inventory) -> str:
    """Return the id of the datastore of `[name] file`. Raises: VimFault InvalidDatastorePath."""
    name, bracket, _ = path.removeprefix("[").partition("]")
    if path.startswith("[") and bracket:
        for store in inventory.all(Datastore):
            if store.name == name:
                return store.id
    raise invalid_datastore_path(path)


def clone(source: str, folder: Any, name: str, spec: Any, inventory: Inventory) -> Clone:
    """Read CloneVM_Task's arguments. Raises: VimFault InvalidArgument for a spec without a location."""
    vm = inventory.find(source, VM)
    if spec is None or spec.location is None:
        raise invalid_argument("spec.location")
    location, wanted = spec.location, config(spec.config, inventory, vm)
    disks = [d for d in location.disk or [] if d.diskMoveType]
    how = location.diskMoveType or (disks[0].diskMoveType if disks else "")
    store = moid(location.datastore) or next((moid(d.datastore) for d in location.disk or []), "")
    return Clone(
        source=source,
        name=name,
        folder=moid(location.folder) or moid(folder),
        pool=moid(location.pool),
        host=moid(location.host),
        datastore=store,
        linked=how == CHILD_DISK,
        snapshot=moid(spec.snapshot),
        template=bool(spec.template),
        power_on=bool(spec.powerOn),
        config=msgspec.structs.replace(
            wanted, devices=_devices(location.deviceChange or [], inventory, vm) + wanted.devices
        ),
    )


def create(folder: str, spec: Any, pool: Any, host: Any, inventory: Inventory) -> Create:
    """Read CreateVM_Task's arguments."""
    path = spec.files.vmPathName if spec.files else ""
    store = datastore_of_path(path, inventory) if path else ""
    inventory.find(moid(pool), ResourcePool)
    if host is not None:
        inventory.find(moid(host), Host)
    return Create(
        folder=folder,
        pool=moid(pool),
        host=moid(host),
        datastore=store,
        hardware=spec.version or "",
        config=config(spec, inventory),
    )


def relocate(vm: str, spec: Any) -> Move:
    """Read RelocateVM_Task's arguments."""
    return Move(
        objects=(vm,),
        folder=moid(spec.folder),
        pool=moid(spec.pool),
        host=moid(spec.host),
        datastore=moid(spec.datastore),
    )
