"""Which privileges a call needs, and on which object. The first one missing is what NoPermission names.

Source: "Required Privileges for Common Tasks", vSphere Security 8.0, as far as CAPV's documentation asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.vcenter.inventory import Inventory
from fairlead.vcenter.model import VM
from fairlead.vcenter.work import (
    AddDisk,
    AddNic,
    Clone,
    Config,
    Create,
    Destroy,
    Maintenance,
    Move,
    Power,
    Reconfigure,
    RemoveSnapshot,
    Rename,
    RevertSnapshot,
    ShutDown,
    TakeSnapshot,
    Upgrade,
    Work,
)

POWER = {
    "on": "VirtualMachine.Interact.PowerOn",
    "off": "VirtualMachine.Interact.PowerOff",
    "reset": "VirtualMachine.Interact.Reset",
    "suspend": "VirtualMachine.Interact.Suspend",
}

ON_VM: Mapping[type, str] = {
    TakeSnapshot: "VirtualMachine.State.CreateSnapshot",
    RemoveSnapshot: "VirtualMachine.State.RemoveSnapshot",
    RevertSnapshot: "VirtualMachine.State.RevertToSnapshot",
    Upgrade: "VirtualMachine.Config.UpgradeVirtualHardware",
}


def needed(inventory: Inventory, work: Work) -> Iterator[tuple[str, str]]:
    """Yield (privilege, object id) for a piece of work."""
    match work:
        case Clone():
            yield from _for_clone(inventory, work)
        case Create():
            yield "VirtualMachine.Inventory.Create", work.folder
            yield "Resource.AssignVMToPool", work.pool
        case Reconfigure():
            yield from _for_config(work.vm, work.config)
        case Power():
            yield POWER[work.op], work.vm
        case ShutDown():
            yield "VirtualMachine.Interact.Reset" if work.reboot else "VirtualMachine.Interact.PowerOff", work.vm
        case Destroy():
            is_vm = isinstance(inventory.get(work.object), VM)
            yield "VirtualMachine.Inventory.Delete" if is_vm else "Folder.Delete", work.object
        case TakeSnapshot() | RemoveSnapshot() | RevertSnapshot() | Upgrade():
            yield ON_VM[type(work)], work.vm
        case Rename():
            yield "VirtualMachine.Config.Rename", work.object
        case Move():
            for id_ in work.objects:
                yield "VirtualMachine.Inventory.Move" if work.folder else "Resource.ColdMigrate", id_
        case Maintenance():
            yield "Host.Config.Maintenance", work.host


def _for_clone(inventory: Inventory, work: Clone) -> Iterator[tuple[str, str]]:
    source = inventory.get(work.source)
    is_template = isinstance(source, VM) and source.template
    yield "VirtualMachine.Provisioning." + ("DeployTemplate" if is_template else "Clone"), work.source
    yield "VirtualMachine.Inventory.CreateFromExisting", work.folder
    if work.pool:
        yield "Resource.AssignVMToPool", work.pool
    if work.datastore:
        yield "Datastore.AllocateSpace", work.datastore
    for change in work.config.devices:
        if isinstance(change, AddNic):
            yield "Network.Assign", change.network
    if work.power_on:
        yield POWER["on"], work.folder


def _for_config(vm: str, config: Config) -> Iterator[tuple[str, str]]:
    if config.extra_config:
        yield "VirtualMachine.Config.AdvancedConfig", vm
    if config.cpus or config.cores_per_socket:
        yield "VirtualMachine.Config.CPUCount", vm
    if config.memory_mib:
        yield "VirtualMachine.Config.Memory", vm
    for change in config.devices:
        yield "VirtualMachine.Config." + ("AddNewDisk" if isinstance(change, AddDisk) else "AddRemoveDevice"), vm
    if config.annotation is not None:
        yield "VirtualMachine.Config.Annotation", vm
