"""From the port's specs to pyVmomi's.

Source: CAPV v1.17, pkg/services/govmomi/vcenter/clone.go: which devices a clone changes, and how.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyVmomi import vim

from fairlead.vsphere import port
from fairlead.vsphere.errors import DiskTooSmall, Fault
from fairlead.vsphere.pyvmomi.reading import managed

GIB_KIB = 1 << 20
FULL = "moveAllDiskBackingsAndConsolidate"
FULL_DISK = "moveAllDiskBackingsAndDisallowSharing"
LINKED = "createNewChildDiskBacking"
MAX_UNITS = 30
change = vim.vm.device.VirtualDeviceSpec


def clone_spec(spec: port.CloneSpec, devices: Sequence[Any], stub: Any) -> Any:
    """Return a CloneSpec. Raises: DiskTooSmall, Fault when a data disk finds no room on the controller."""
    disks = [d for d in devices if isinstance(d, vim.vm.device.VirtualDisk)]
    nics = [d for d in devices if isinstance(d, vim.vm.device.VirtualEthernetCard)]
    linked = spec.snapshot is not None
    changes = [] if linked else _resized(spec.disks_gib, disks)
    changes += _data_disks(spec.data_disks, disks, devices)
    changes += [change(operation="remove", device=d) for d in nics]
    changes += [_nic(nic, -100 - i, stub) for i, nic in enumerate(spec.nics)]
    place = spec.placement
    store = managed(place.datastore, stub)
    location = vim.vm.RelocateSpec(
        datastore=store,
        diskMoveType=LINKED if linked else FULL,
        folder=managed(place.folder, stub),
        pool=managed(place.pool, stub),
        host=managed(place.host, stub) if place.host else None,
        disk=[
            vim.vm.RelocateSpec.DiskLocator(diskId=d.key, datastore=store, diskMoveType=LINKED if linked else FULL_DISK)
            for d in disks
        ],
    )
    return vim.vm.CloneSpec(
        config=_config(spec, changes),
        location=location,
        powerOn=spec.power_on,
        template=False,
        snapshot=managed(spec.snapshot, stub) if spec.snapshot else None,
    )


def _config(spec: port.CloneSpec, changes: list[Any]) -> Any:
    config = vim.vm.ConfigSpec(
        instanceUuid=spec.instance_uuid,
        flags=vim.vm.FlagInfo(diskUuidEnabled=True),
        deviceChange=changes,
        extraConfig=options(spec.extra_config),
        numCPUs=spec.cpus,
        memoryMB=spec.memory_mib,
        vAppConfigRemoved=True,
    )
    if spec.cores_per_socket:
        config.numCoresPerSocket = spec.cores_per_socket
    if spec.annotation:
        config.annotation = spec.annotation
    if spec.nested_hv:
        config.nestedHVEnabled = True
    if spec.cpu != port.Allocation():
        config.cpuAllocation = _allocation(spec.cpu)
    if spec.memory != port.Allocation():
        config.memoryAllocation = _allocation(spec.memory)
    if spec.placement.storage_policy_id:
        config.vmProfile = [vim.vm.DefinedProfileSpec(profileId=spec.placement.storage_policy_id)]
    return config


def options(values: Any) -> list[Any]:
    """Return extraConfig."""
    return [vim.option.OptionValue(key=k, value=v) for k, v in values.items()]


def _allocation(wanted: port.Allocation) -> Any:
    allocation = vim.ResourceAllocationInfo(reservation=wanted.reservation, limit=wanted.limit)
    if wanted.shares:
        allocation.shares = vim.SharesInfo(shares=wanted.shares, level="custom")
    return allocation


def _resized(sizes: Sequence[int], disks: Sequence[Any]) -> list[Any]:
    changes = []
    for disk, size in zip(disks, sizes, strict=False):
        kib = size * GIB_KIB
        if kib and kib < disk.capacityInKB:
            raise DiskTooSmall(disk.capacityInKB, kib)
        if kib:
            disk.capacityInKB = kib
            disk.capacityInBytes = kib << 10
            changes.append(change(operation="edit", device=disk))
    return changes


def _data_disks(wanted: Sequence[port.DataDisk], disks: Sequence[Any], devices: Sequence[Any]) -> list[Any]:
    if not wanted:
        return []
    if not disks:
        raise Fault("InvalidDeviceSpec", "Invalid disk count: 0")
    controller = disks[0].controllerKey
    used = {d.unitNumber for d in devices if d.controllerKey == controller and d.unitNumber is not None}
    used |= {getattr(d, "scsiCtlrUnitNumber", None) for d in devices if d.key == controller}
    free = (u for u in range(MAX_UNITS) if u not in used)
    changes = []
    for index, disk in enumerate(wanted):
        unit = next(free, None)
        if unit is None:
            raise Fault("InvalidDeviceSpec", f"all unit numbers are already in-use on controller {controller}")
        backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(diskMode="persistent", fileName="")
        if disk.provisioning:
            backing.thinProvisioned = disk.provisioning == "Thin"
        if disk.provisioning == "EagerlyZeroed":
            backing.eagerlyScrub = True
        device = vim.vm.device.VirtualDisk(
            key=-200 - index,
            controllerKey=controller,
            unitNumber=unit,
            backing=backing,
            capacityInKB=disk.size_gib * GIB_KIB,
        )
        changes.append(change(operation="add", fileOperation="create", device=device))
    return changes


def _nic(nic: port.NicSpec, key: int, stub: Any) -> Any:
    network = nic.network
    if network.portgroup_key:
        connection = vim.dvs.PortConnection(switchUuid=network.switch_uuid, portgroupKey=network.portgroup_key)
        backing: Any = vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(port=connection)
    else:
        backing = vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(
            deviceName=network.name, network=managed(network.ref, stub)
        )
    device = vim.vm.device.VirtualVmxnet3(
        key=key,
        backing=backing,
        connectable=vim.vm.device.VirtualDevice.ConnectInfo(
            startConnected=True, allowGuestControl=True, connected=True
        ),
    )
    if nic.mac:
        device.macAddress, device.addressType = nic.mac, "manual"
    return change(operation="add", device=device)


def reconfigure_spec(spec: port.ReconfigureSpec) -> Any:
    config = vim.vm.ConfigSpec(extraConfig=options(spec.extra_config))
    if spec.cpus is not None:
        config.numCPUs = spec.cpus
    if spec.memory_mib is not None:
        config.memoryMB = spec.memory_mib
    if spec.annotation is not None:
        config.annotation = spec.annotation
    if spec.storage_policy_id:
        config.vmProfile = [vim.vm.DefinedProfileSpec(profileId=spec.storage_policy_id)]
    return config
