"""ReconfigVM_Task: change a VM's hardware, extra config and names.

Source: vSphere Web Services API 8.0, VirtualMachineConfigSpec; device keys as a vCenter numbers them (NICs from 4000,
SCSI disks from 2000; SCSI unit 7 is the controller's own).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.vcenter import faults
from fairlead.vcenter.model import VM, Datastore, Disk, DistributedPortgroup, Network, Nic
from fairlead.vcenter.work import AddDisk, AddNic, Config, EditDisk, EditNic, Reconfigure, RemoveDevice
from fairlead.vcenter.world import FaultKind, World

NIC_KEY = 4000
DISK_KEY = 2000
MAX_NICS = 10
MAX_UNITS = 64  # paravirtual SCSI
KIB = 1024


def reconfigure(world: World, work: Reconfigure) -> str:
    """Apply a configuration. Raises: VimFault."""
    vm = world.inventory.find(work.vm, VM)
    world.inventory.put(configured(world, vm, work.config))
    return ""


def configured(world: World, vm: VM, config: Config) -> VM:
    """Return *vm* with *config* applied; nothing is stored. Raises: VimFault."""
    _check(vm, config)
    changes: dict[str, Any] = {
        "name": config.name or vm.name,
        "cpus": config.cpus or vm.cpus,
        "cores_per_socket": config.cores_per_socket or vm.cores_per_socket,
        "memory_mib": config.memory_mib or vm.memory_mib,
        "annotation": vm.annotation if config.annotation is None else config.annotation,
        "guest_id": config.guest_id or vm.guest_id,
        "instance_uuid": (config.instance_uuid or vm.instance_uuid).lower(),
        "bios_uuid": (config.bios_uuid or vm.bios_uuid).lower(),
        "extra_config": merged_config(vm.extra_config, config.extra_config),
        "cpu": config.cpu or vm.cpu,
        "memory": config.memory or vm.memory,
        "policy": config.policy or vm.policy,
        "modified": world.now(),
    }
    if config.disk_uuid_enabled is not None:
        changes["disk_uuid_enabled"] = config.disk_uuid_enabled
    if config.nested_hv is not None:
        changes["nested_hv"] = config.nested_hv
    return _with_devices(world, msgspec.structs.replace(vm, **changes), config)


def merged_config(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return extraConfig with *new* laid over *old*; an empty value removes its key."""
    merged = {**old, **new}
    return {k: v for k, v in merged.items() if v != ""}


def _check(vm: VM, config: Config) -> None:
    if config.cpus < 0 or config.memory_mib < 0:
        raise faults.invalid_argument("configSpec.numCPUs" if config.cpus < 0 else "configSpec.memoryMB")
    if config.memory_mib % 4:
        raise faults.invalid_argument("configSpec.memoryMB", "the memory size must be a multiple of 4 MB")
    cpus, cores = config.cpus or vm.cpus, config.cores_per_socket or vm.cores_per_socket
    if config.cores_per_socket and cpus % cores:
        raise faults.invalid_argument(
            "configSpec.numCoresPerSocket", f"{cpus} CPUs cannot be divided into sockets of {cores} cores"
        )
    if vm.is_on and (
        (config.cpus and config.cpus != vm.cpus) or (config.memory_mib and config.memory_mib != vm.memory_mib)
    ):
        raise faults.VimFault(
            "InvalidPowerState",
            "The attempted operation cannot be performed in the current state (Powered on).",
            requestedState="poweredOff",
            existingState=vm.power,
        )


def _with_devices(world: World, vm: VM, config: Config) -> VM:
    nics, disks = {n.key: n for n in vm.nics}, {d.key: d for d in vm.disks}
    # Removals free their keys and units first, as a vCenter does when a clone swaps the template's NICs.
    for index, change in enumerate(config.devices):
        if isinstance(change, RemoveDevice) and nics.pop(change.key, None) is None:
            if disks.pop(change.key, None) is None:
                raise _bad_device(index)
            if vm.is_on:
                raise faults.invalid_power_state("poweredOff", vm.power)
    for index, change in enumerate(config.devices):
        match change:
            case AddNic():
                nic = _added_nic(world, nics, change, index)
                nics[nic.key] = nic
            case EditNic():
                if change.key not in nics:
                    raise _bad_device(index)
                nics[change.key] = _edited_nic(world, nics[change.key], change, index)
            case AddDisk():
                disk = _added_disk(world, vm, disks, change, index)
                disks[disk.key] = disk
            case EditDisk():
                if change.key not in disks:
                    raise _bad_device(index)
                disks[change.key] = _resized(world, disks[change.key], change, index)
            case RemoveDevice():
                pass
    return msgspec.structs.replace(
        vm, nics=tuple(nics[k] for k in sorted(nics)), disks=tuple(disks[k] for k in sorted(disks))
    )


def _bad_device(index: int) -> faults.VimFault:
    return faults.VimFault(
        "InvalidDeviceSpec",
        f"Invalid configuration for device '{index}'.",
        property=f"virtualDeviceSpec.device[{index}]",
        deviceIndex=str(index),
    )


def _network(world: World, id_: str, index: int) -> str:
    if not isinstance(world.inventory.get(id_), Network | DistributedPortgroup):
        raise faults.VimFault(
            "InvalidDeviceBacking",
            f"Invalid backing for device '{index}': there is no network '{id_}'.",
            property=f"virtualDeviceSpec.device[{index}].backing",
            deviceIndex=str(index),
        )
    return id_


def _added_nic(world: World, nics: Mapping[int, Nic], change: AddNic, index: int) -> Nic:
    if len(nics) >= MAX_NICS:
        raise faults.VimFault("TooManyDevices", f"The virtual machine already has {MAX_NICS} network adapters.")
    key = next(k for k in range(NIC_KEY, NIC_KEY + MAX_NICS) if k not in nics)
    mac = change.mac.lower()
    return Nic(
        key=key,
        mac=mac or world.inventory.new_mac(world.dice),
        network=_network(world, change.network, index),
        kind=change.kind,
        manual_mac=bool(mac),
        connected=change.connected,
    )


def _edited_nic(world: World, nic: Nic, change: EditNic, index: int) -> Nic:
    network = _network(world, change.network, index) if change.network else nic.network
    mac = change.mac.lower() or nic.mac
    return msgspec.structs.replace(
        nic, network=network, mac=mac, manual_mac=nic.manual_mac or mac != nic.mac, connected=change.connected
    )


def _added_disk(world: World, vm: VM, disks: Mapping[int, Disk], change: AddDisk, index: int) -> Disk:
    used = {d.unit for d in disks.values() if d.controller == change.controller} | {7}
    unit = change.unit if change.unit >= 0 else next((u for u in range(MAX_UNITS) if u not in used), -1)
    if unit < 0 or unit in used or change.capacity_kib <= 0:
        raise _bad_device(index)
    datastore = change.datastore or vm.datastore
    number = len(vm.disks) and max(d.key for d in vm.disks) - DISK_KEY + 1
    key = next(k for k in range(DISK_KEY + unit, DISK_KEY + MAX_UNITS * 4) if k not in disks)
    used_bytes = 0 if change.thin else change.capacity_kib * KIB
    store = take_room(world, datastore, used_bytes)
    suffix = f"_{number}" if number else ""
    return Disk(
        key=key,
        capacity_kib=change.capacity_kib,
        datastore=datastore,
        file=f"[{store.name}] {vm.name}/{vm.name}{suffix}.vmdk",
        unit=unit,
        controller=change.controller,
        used_bytes=used_bytes,
        thin=change.thin,
        eager=change.eager,
        uuid=world.inventory.new_uuid(world.dice, 0x60),
    )


def _resized(world: World, disk: Disk, change: EditDisk, index: int) -> Disk:
    if change.capacity_kib == disk.capacity_kib or change.capacity_kib == 0:
        return disk
    if change.capacity_kib < disk.capacity_kib or disk.backing_parent:
        # A vCenter says no more than this when a disk would shrink or a linked clone's disk would grow.
        raise faults.VimFault(
            "InvalidDeviceOperation", f"Invalid operation for device '{index}'.", deviceIndex=str(index)
        )
    grown = 0 if disk.thin else (change.capacity_kib - disk.capacity_kib) * KIB
    take_room(world, disk.datastore, grown)
    return msgspec.structs.replace(disk, capacity_kib=change.capacity_kib, used_bytes=disk.used_bytes + grown)


def take_room(world: World, datastore_id: str, size_bytes: int) -> Datastore:
    """Return the datastore if *size_bytes* more fit on it. Raises: VimFault NoDiskSpace, InvalidDatastore."""
    store = world.inventory.find(datastore_id, Datastore)
    if not store.accessible:
        raise faults.VimFault(
            "InaccessibleDatastore",
            f"Unable to access the datastore '{store.name}'.",
            name=store.name,
            datastore=store.id,
        )
    if world.strike(FaultKind.DATASTORE_FULL, store.name) or world.inventory.free_bytes(store) < size_bytes:
        raise faults.no_disk_space(store.name)
    return store
