"""Properties of VirtualMachine, Snapshot and the environment browser, as pyVmomi values.

Source: vSphere Web Services API 8.0, VirtualMachine; device numbering as a vCenter makes it for an Ubuntu guest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pyVmomi import VmomiSupport, vim

from fairlead.vcenter.model import VM, Disk, DistributedPortgroup, DistributedSwitch, Host, Nic, Snapshot
from fairlead.vcenter.soap.properties import Sight, exists, leaf, provides
from fairlead.vcenter.soap.wire import Ref, Refs
from fairlead.vcenter.tree import hardware_number

KIND = "VirtualMachine"
SCSI_KEY = 1000
GUEST_NAMES = {"ubuntu64Guest": "Ubuntu Linux (64-bit)", "otherGuest": "Other (32-bit)"}
long = VmomiSupport.long
CLUSTER_MHZ = 2600


def _vm(sight: Sight, id_: str) -> VM:
    return sight.inventory.find(id_, VM)


def _store_name(sight: Sight, id_: str) -> str:
    store = sight.inventory.get(id_)
    return store.name if store else ""


# Devices.


def devices(sight: Sight, vm: VM) -> list[Any]:
    """Return the whole virtual hardware, in the order of the keys."""
    info = vim.Description
    scsi = vim.vm.device.ParaVirtualSCSIController(
        key=SCSI_KEY,
        controllerKey=100,
        unitNumber=3,
        busNumber=0,
        deviceInfo=info(label="SCSI controller 0", summary="VMware paravirtual SCSI"),
        device=[d.key for d in vm.disks if d.controller == SCSI_KEY],
        hotAddRemove=True,
        scsiCtlrUnitNumber=7,
        sharedBus="noSharing",
    )
    video = vim.vm.device.VirtualVideoCard(
        key=500,
        controllerKey=100,
        unitNumber=0,
        deviceInfo=info(label="Video card ", summary="Video card"),
        videoRamSizeInKB=long(4096),
        numDisplays=1,
    )
    pci = vim.vm.device.VirtualPCIController(
        key=100,
        busNumber=0,
        deviceInfo=info(label="PCI controller 0", summary="PCI controller 0"),
        device=[500, 12000, SCSI_KEY, *(n.key for n in vm.nics)],
    )
    fixed: list[Any] = [
        *(
            vim.vm.device.VirtualIDEController(
                key=200 + i, busNumber=i, deviceInfo=info(label=f"IDE {i}", summary=f"IDE {i}")
            )
            for i in range(2)
        ),
        vim.vm.device.VirtualPS2Controller(
            key=300,
            busNumber=0,
            deviceInfo=info(label="PS2 controller 0", summary="PS2 controller 0"),
            device=[600, 700],
        ),
        pci,
        vim.vm.device.VirtualSIOController(
            key=400, busNumber=0, deviceInfo=info(label="SIO controller 0", summary="SIO controller 0")
        ),
        vim.vm.device.VirtualKeyboard(
            key=600, controllerKey=300, unitNumber=0, deviceInfo=info(label="Keyboard ", summary="Keyboard")
        ),
        vim.vm.device.VirtualPointingDevice(
            key=700,
            controllerKey=300,
            unitNumber=1,
            deviceInfo=info(label="Pointing device", summary="Pointing device; Device"),
            backing=vim.vm.device.VirtualPointingDevice.DeviceBackingInfo(
                deviceName="", useAutoDetect=False, hostPointingDevice="autodetect"
            ),
        ),
        video,
        vim.vm.device.VirtualVMCIDevice(
            key=12000,
            controllerKey=100,
            unitNumber=17,
            deviceInfo=info(label="VMCI device", summary="Device on the virtual machine PCI bus"),
            id=long(-1),
            allowUnrestrictedCommunication=False,
        ),
        scsi,
    ]
    disks = [_disk(sight, disk, number) for number, disk in enumerate(vm.disks, 1)]
    return fixed + disks + [_nic(sight, vm, nic, number) for number, nic in enumerate(vm.nics, 1)]


def _disk(sight: Sight, disk: Disk, number: int) -> Any:
    backing = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(
        fileName=disk.file,
        datastore=vim.Datastore(disk.datastore),
        diskMode="persistent",
        thinProvisioned=disk.thin,
        eagerlyScrub=disk.eager,
        uuid=disk.uuid or None,
        backingObjectId="",
    )
    if disk.backing_parent:
        backing.parent = vim.vm.device.VirtualDisk.FlatVer2BackingInfo(
            fileName=disk.backing_parent, datastore=vim.Datastore(disk.datastore), diskMode="persistent"
        )
    return vim.vm.device.VirtualDisk(
        key=disk.key,
        controllerKey=disk.controller,
        unitNumber=disk.unit,
        deviceInfo=vim.Description(label=f"Hard disk {number}", summary=f"{disk.capacity_kib:,} KB"),
        backing=backing,
        capacityInKB=long(disk.capacity_kib),
        capacityInBytes=long(disk.capacity_kib << 10),
        shares=vim.SharesInfo(shares=1000, level="normal"),
    )


def _nic(sight: Sight, vm: VM, nic: Nic, number: int) -> Any:
    network = sight.inventory.get(nic.network)
    name = network.name if network else ""
    if isinstance(network, DistributedPortgroup):
        switch = sight.inventory.get(network.switch)
        uuid = switch.uuid if isinstance(switch, DistributedSwitch) else ""
        backing: Any = vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(
            port=vim.dvs.PortConnection(switchUuid=uuid, portgroupKey=network.id, portKey=str(nic.key))
        )
        name = f"DVSwitch: {uuid}"
    else:
        backing = vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(
            deviceName=name, useAutoDetect=False, network=vim.Network(nic.network)
        )
    kind = getattr(vim.vm.device, nic.kind, vim.vm.device.VirtualVmxnet3)
    return kind(
        key=nic.key,
        controllerKey=100,
        unitNumber=nic.key - 4000 + 7,
        deviceInfo=vim.Description(label=f"Network adapter {number}", summary=name),
        backing=backing,
        connectable=vim.vm.device.VirtualDevice.ConnectInfo(
            startConnected=nic.connected,
            allowGuestControl=True,
            connected=vm.is_on and nic.connected,
            status="ok" if vm.is_on else "untried",
        ),
        addressType="manual" if nic.manual_mac else "assigned",
        macAddress=nic.mac,
        wakeOnLanEnabled=True,
    )


# Configuration.


@provides(KIND)
def config(sight: Sight, id_: str) -> Any:
    vm = _vm(sight, id_)
    store = _store_name(sight, vm.datastore)
    extra = {**vm.extra_config, **vm.guest.info}
    return vim.vm.ConfigInfo(
        changeVersion=vm.modified.isoformat() if vm.modified else "",
        modified=vm.modified or sight.vcenter.clock.now(),
        createDate=vm.created,
        name=vm.name,
        guestFullName=vm.guest.full_name or GUEST_NAMES.get(vm.guest_id, vm.guest_id),
        version=vm.hardware,
        uuid=vm.bios_uuid,
        instanceUuid=vm.instance_uuid,
        locationId="564d" + vm.bios_uuid.replace("-", "")[4:],
        template=vm.template,
        guestId=vm.guest_id,
        alternateGuestName="",
        annotation=vm.annotation,
        files=vim.vm.FileInfo(
            vmPathName=vm.vmx_path(store),
            snapshotDirectory=f"[{store}] {vm.name}/",
            suspendDirectory=f"[{store}] {vm.name}/",
            logDirectory=f"[{store}] {vm.name}/",
        ),
        tools=vim.vm.ToolsConfigInfo(toolsVersion=2147483647, syncTimeWithHost=False, toolsUpgradePolicy="manual"),
        flags=vim.vm.FlagInfo(
            disableAcceleration=False,
            enableLogging=True,
            useToe=False,
            runWithDebugInfo=False,
            diskUuidEnabled=vm.disk_uuid_enabled,
            snapshotDisabled=False,
            snapshotLocked=False,
        ),
        defaultPowerOps=vim.vm.DefaultPowerOpInfo(
            powerOffType="soft", suspendType="hard", resetType="soft", standbyAction="checkpoint"
        ),
        rebootPowerOff=False,
        hardware=vim.vm.VirtualHardware(
            numCPU=vm.cpus,
            numCoresPerSocket=vm.cores_per_socket,
            memoryMB=vm.memory_mib,
            virtualICH7MPresent=False,
            virtualSMCPresent=False,
            device=devices(sight, vm),
        ),
        cpuAllocation=_allocation(vm.cpu, 1000 * vm.cpus),
        memoryAllocation=_allocation(vm.memory, 10 * vm.memory_mib),
        memoryHotAddEnabled=False,
        cpuHotAddEnabled=False,
        extraConfig=[vim.option.OptionValue(key=k, value=v) for k, v in extra.items()],
        datastoreUrl=[
            vim.vm.ConfigInfo.DatastoreUrlPair(name=store, url=f"ds:///vmfs/volumes/{vm.datastore}/"),
        ],
        bootOptions=vim.vm.BootOptions(bootDelay=long(0), enterBIOSSetup=False, efiSecureBootEnabled=False),
        firmware="efi",
        nestedHVEnabled=vm.nested_hv,
        memoryReservationLockedToMax=False,
        vPMCEnabled=False,
        guestAutoLockEnabled=True,
        changeTrackingEnabled=False,
        maxMksConnections=40,
    )


def _allocation(allocation: Any, normal_shares: int) -> Any:
    return vim.ResourceAllocationInfo(
        reservation=long(allocation.reservation),
        expandableReservation=False,
        limit=long(allocation.limit),
        shares=vim.SharesInfo(shares=allocation.shares or normal_shares, level=allocation.level),
    )


@provides(KIND)
def capability(sight: Sight, id_: str) -> Any:
    flags = [
        p.name for p in vim.vm.Capability._GetPropertyList() if p.type is bool and not p.flags & VmomiSupport.F_OPTIONAL
    ]
    return vim.vm.Capability(**dict.fromkeys(flags, True))


@provides(KIND)
def runtime(sight: Sight, id_: str) -> Any:
    vm = _vm(sight, id_)
    return vim.vm.RuntimeInfo(
        host=vim.HostSystem(vm.host),
        connectionState=vm.connection,
        powerState=vm.power,
        faultToleranceState="notConfigured",
        toolsInstallerMounted=False,
        bootTime=vm.booted,
        suspendInterval=long(0),
        maxCpuUsage=vm.cpus * CLUSTER_MHZ if vm.is_on else None,
        maxMemoryUsage=vm.memory_mib if vm.is_on else None,
        numMksConnections=0,
        recordReplayState="inactive",
        onlineStandby=False,
        consolidationNeeded=False,
        featureMask=[],
    )


@provides(KIND)
def guest(sight: Sight, id_: str) -> Any:
    vm = _vm(sight, id_)
    running = vm.guest.tools
    addresses = [ip for nic in vm.nics for ip in vm.guest.ips.get(nic.key, ())]
    return vim.vm.GuestInfo(
        toolsStatus="toolsOk" if running else "toolsNotRunning",
        toolsVersionStatus="guestToolsUnmanaged",
        toolsVersionStatus2="guestToolsUnmanaged",
        toolsRunningStatus="guestToolsRunning" if running else "guestToolsNotRunning",
        toolsVersion="2147483647" if running else "0",
        guestId=vm.guest_id if running else None,
        guestFamily="linuxGuest" if running else None,
        guestFullName=(vm.guest.full_name or GUEST_NAMES.get(vm.guest_id, "")) if running else None,
        hostName=vm.guest.hostname or None,
        ipAddress=next((ip for ip in addresses if ":" not in ip), addresses[0] if addresses else None),
        net=[_guest_nic(sight, vm, nic) for nic in vm.nics if nic.key in vm.guest.ips],
        guestState="running" if running else "notRunning",
        appHeartbeatStatus="appStatusGray",
        guestOperationsReady=running,
        interactiveGuestOperationsReady=False,
        guestStateChangeSupported=running,
    )


def _guest_nic(sight: Sight, vm: VM, nic: Nic) -> Any:
    network = sight.inventory.get(nic.network)
    ips = vm.guest.ips.get(nic.key, ())
    return vim.vm.GuestInfo.NicInfo(
        network=network.name if network else None,
        ipAddress=list(ips),
        macAddress=nic.mac,
        connected=nic.connected,
        deviceConfigId=nic.key,
        ipConfig=vim.net.IpConfigInfo(
            ipAddress=[
                vim.net.IpConfigInfo.IpAddress(ipAddress=ip, prefixLength=64 if ":" in ip else 24, state="preferred")
                for ip in ips
            ]
        ),
    )


@provides(KIND)
def summary(sight: Sight, id_: str) -> Any:
    vm = _vm(sight, id_)
    first = next((ip for nic in vm.nics for ip in vm.guest.ips.get(nic.key, ()) if ":" not in ip), None)
    used = sum(d.used_bytes for d in vm.disks)
    capacity = sum(d.capacity_kib << 10 for d in vm.disks)
    return vim.vm.Summary(
        vm=vim.VirtualMachine(vm.id),
        runtime=runtime(sight, id_),
        guest=vim.vm.Summary.GuestSummary(
            guestId=vm.guest_id if vm.guest.tools else None,
            guestFullName=vm.guest.full_name if vm.guest.tools else None,
            toolsStatus="toolsOk" if vm.guest.tools else "toolsNotRunning",
            toolsVersionStatus2="guestToolsUnmanaged",
            toolsRunningStatus="guestToolsRunning" if vm.guest.tools else "guestToolsNotRunning",
            hostName=vm.guest.hostname or None,
            ipAddress=first,
        ),
        config=vim.vm.Summary.ConfigSummary(
            name=vm.name,
            template=vm.template,
            vmPathName=vm.vmx_path(_store_name(sight, vm.datastore)),
            memorySizeMB=vm.memory_mib,
            cpuReservation=vm.cpu.reservation,
            memoryReservation=vm.memory.reservation,
            numCpu=vm.cpus,
            numEthernetCards=len(vm.nics),
            numVirtualDisks=len(vm.disks),
            uuid=vm.bios_uuid,
            instanceUuid=vm.instance_uuid,
            guestId=vm.guest_id,
            guestFullName=vm.guest.full_name or GUEST_NAMES.get(vm.guest_id, vm.guest_id),
            annotation=vm.annotation,
            hwVersion=vm.hardware,
        ),
        storage=vim.vm.Summary.StorageSummary(
            committed=long(used),
            uncommitted=long(max(0, capacity - used)),
            unshared=long(used),
            timestamp=sight.vcenter.clock.now(),
        ),
        quickStats=vim.vm.Summary.QuickStats(
            overallCpuUsage=vm.cpus * 100 if vm.is_on else 0,
            hostMemoryUsage=vm.memory_mib // 2 if vm.is_on else 0,
            guestMemoryUsage=vm.memory_mib // 4 if vm.is_on else 0,
            guestHeartbeatStatus="green" if vm.guest.tools else "gray",
            uptimeSeconds=_uptime(sight, vm),
        ),
        overallStatus="green",
    )


def _uptime(sight: Sight, vm: VM) -> int:
    return int((sight.vcenter.clock.now() - vm.booted).total_seconds()) if vm.booted else 0


@provides(KIND)
def resourceConfig(sight: Sight, id_: str) -> Any:  # noqa: N802 — the property's own name
    vm = _vm(sight, id_)
    return vim.ResourceConfigSpec(
        entity=vim.VirtualMachine(vm.id),
        cpuAllocation=_allocation(vm.cpu, 1000 * vm.cpus),
        memoryAllocation=_allocation(vm.memory, 10 * vm.memory_mib),
    )


@provides(KIND)
def layoutEx(sight: Sight, id_: str) -> Any:  # noqa: N802 — the property's own name
    vm = _vm(sight, id_)
    layout = vim.vm.FileLayoutEx
    files = [
        layout.FileInfo(
            key=0,
            name=vm.vmx_path(_store_name(sight, vm.datastore)),
            type="config",
            size=long(4096),
            uniqueSize=long(4096),
            accessible=True,
        )
    ]
    chains = []
    for disk in vm.disks:
        key = len(files)
        files.append(
            layout.FileInfo(
                key=key,
                name=disk.file,
                type="diskDescriptor",
                size=long(disk.used_bytes),
                uniqueSize=long(disk.used_bytes),
                accessible=True,
            )
        )
        chains.append(layout.DiskLayout(key=disk.key, chain=[layout.DiskUnit(fileKey=[key])]))
    return layout(file=files, disk=chains, timestamp=sight.vcenter.clock.now())


@provides(KIND)
def storage(sight: Sight, id_: str) -> Any:
    vm = _vm(sight, id_)
    used: dict[str, int] = {}
    for disk in vm.disks:
        used[disk.datastore] = used.get(disk.datastore, 0) + disk.used_bytes
    return vim.vm.StorageInfo(
        perDatastoreUsage=[
            vim.vm.StorageInfo.UsageOnDatastore(
                datastore=vim.Datastore(store), committed=long(size), uncommitted=long(0), unshared=long(size)
            )
            for store, size in used.items()
        ],
        timestamp=sight.vcenter.clock.now(),
    )


@provides(KIND)
def resourcePool(sight: Sight, id_: str) -> Any:  # noqa: N802 — the property's own name
    pool = _vm(sight, id_).pool
    return Ref("ResourcePool", pool) if pool else None


@provides(KIND)
def environmentBrowser(sight: Sight, id_: str) -> Any:  # noqa: N802 — the property's own name
    host = sight.inventory.find(_vm(sight, id_).host, Host)
    return Ref("EnvironmentBrowser", f"envbrowser-{host.parent}")


@provides(KIND)
def datastore(sight: Sight, id_: str) -> Any:
    vm = _vm(sight, id_)
    return Refs(Ref("Datastore", d) for d in dict.fromkeys([vm.datastore, *(d.datastore for d in vm.disks)]))


@provides(KIND)
def network(sight: Sight, id_: str) -> Any:
    found = [sight.inventory.get(n) for n in dict.fromkeys(nic.network for nic in _vm(sight, id_).nics)]
    return Refs(Ref(n.type, n.id) for n in found if n)


@provides(KIND)
def guestHeartbeatStatus(sight: Sight, id_: str) -> Any:  # noqa: N802 — the property's own name
    return "green" if _vm(sight, id_).guest.tools else "gray"


# Single values that watches and listings ask for, one by one, of every VM.

QUICK: Mapping[str, Callable[[VM], Any]] = {
    "name": lambda vm: vm.name,
    "config.uuid": lambda vm: vm.bios_uuid,
    "config.instanceUuid": lambda vm: vm.instance_uuid,
    "config.template": lambda vm: vm.template,
    "config.version": lambda vm: vm.hardware,
    "config.annotation": lambda vm: vm.annotation,
    "config.changeVersion": lambda vm: vm.modified.isoformat() if vm.modified else "",
    "config.hardware.numCPU": lambda vm: vm.cpus,
    "config.hardware.memoryMB": lambda vm: vm.memory_mib,
    "runtime.powerState": lambda vm: vim.VirtualMachine.PowerState(vm.power),
    "runtime.connectionState": lambda vm: vim.VirtualMachine.ConnectionState(vm.connection),
    "runtime.host": lambda vm: Ref("HostSystem", vm.host),
    "guest.hostName": lambda vm: vm.guest.hostname or None,
    "guest.toolsRunningStatus": lambda vm: "guestToolsRunning" if vm.guest.tools else "guestToolsNotRunning",
}
for _path, _value in QUICK.items():

    @leaf(KIND, _path)
    def _quick(sight: Sight, id_: str, value: Callable[[VM], Any] = _value) -> Any:
        return value(_vm(sight, id_))


@leaf(KIND, "guest.net")
def _guest_net(sight: Sight, id_: str) -> Any:
    vm = _vm(sight, id_)
    reported = [_guest_nic(sight, vm, nic) for nic in vm.nics if nic.key in vm.guest.ips]
    return VmomiSupport.GetVmodlType("vim.vm.GuestInfo.NicInfo[]")(reported)


# Snapshots.


@provides(KIND)
def snapshot(sight: Sight, id_: str) -> Any:
    vm = _vm(sight, id_)
    if not vm.snapshots:
        return None
    current = vim.vm.Snapshot(vm.current_snapshot) if vm.current_snapshot else None
    return vim.vm.SnapshotInfo(currentSnapshot=current, rootSnapshotList=_snapshot_tree(vm, ""))


@provides(KIND)
def rootSnapshot(sight: Sight, id_: str) -> Any:  # noqa: N802 — the property's own name
    vm = _vm(sight, id_)
    return Refs(Ref("VirtualMachineSnapshot", s.id) for s in vm.snapshots if not s.parent)


def _snapshot_tree(vm: VM, parent: str) -> list[Any]:
    return [
        vim.vm.SnapshotTree(
            snapshot=vim.vm.Snapshot(s.id),
            vm=vim.VirtualMachine(vm.id),
            name=s.name,
            description=s.description,
            id=s.number,
            createTime=s.created,
            state=s.power,
            quiesced=False,
            replaySupported=False,
            childSnapshotList=_snapshot_tree(vm, s.id),
        )
        for s in vm.snapshots
        if s.parent == parent
    ]


def find_snapshot(sight: Sight, id_: str) -> tuple[VM, Snapshot] | None:
    """Return a snapshot and its VM."""
    for vm in sight.inventory.all(VM):
        for snap in vm.snapshots:
            if snap.id == id_:
                return vm, snap
    return None


@exists("VirtualMachineSnapshot")
def snapshot_exists(sight: Sight, id_: str) -> bool:
    return find_snapshot(sight, id_) is not None


@provides("VirtualMachineSnapshot", "vm")
def snapshot_vm(sight: Sight, id_: str) -> Any:
    found = find_snapshot(sight, id_)
    return Ref("VirtualMachine", found[0].id) if found else None


@provides("VirtualMachineSnapshot", "config")
def snapshot_config(sight: Sight, id_: str) -> Any:
    found = find_snapshot(sight, id_)
    return config(sight, found[0].id) if found else None


@provides("VirtualMachineSnapshot", "childSnapshot")
def child_snapshot(sight: Sight, id_: str) -> Any:
    found = find_snapshot(sight, id_)
    return Refs(Ref("VirtualMachineSnapshot", s.id) for s in (found[0].snapshots if found else ()) if s.parent == id_)


# Environment browser.


@exists("EnvironmentBrowser")
def browser_exists(sight: Sight, id_: str) -> bool:
    return sight.inventory.get(id_.removeprefix("envbrowser-")) is not None


def config_options() -> list[Any]:
    """Return QueryConfigOptionDescriptor's answer."""
    return [
        vim.vm.ConfigOptionDescriptor(
            key=f"vmx-{n}",
            description=f"ESXi hardware version {n}",
            defaultConfigOption=n == hardware_number("vmx-21"),
            createSupported=True,
            runSupported=True,
            upgradeSupported=True,
        )
        for n in range(11, 23)
    ]
