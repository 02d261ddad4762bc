"""Changes to the tree: new folders and pools, rename, move, templates, hardware version, host maintenance.

Source: vSphere Web Services API 8.0, Folder, ResourcePool, ManagedEntity, VirtualMachine.markAsTemplate.
"""

from __future__ import annotations

import msgspec

from fairlead.vcenter import faults
from fairlead.vcenter.inventory import is_folder_for
from fairlead.vcenter.model import VM, Datastore, Entity, Folder, Host, ResourcePool
from fairlead.vcenter.work import Maintenance, Move, Rename, Upgrade
from fairlead.vcenter.world import World

NEWEST_HARDWARE = 22


def create_folder(world: World, parent_id: str, name: str) -> str:
    """Create a folder that may hold what its parent holds; return its id."""
    parent = world.inventory.find(parent_id, Folder)
    folder = Folder(
        id=world.inventory.new_id("group-v" if "VirtualMachine" in parent.child_types else "group"),
        name=name,
        parent=parent.id,
        child_types=parent.child_types,
    )
    world.inventory.put(folder)
    return folder.id


def create_pool(world: World, parent_id: str, name: str) -> str:
    """Create a resource pool below another; return its id."""
    parent = world.inventory.find(parent_id, ResourcePool)
    pool = ResourcePool(id=world.inventory.new_id("resgroup"), name=name, parent=parent.id, owner=parent.owner)
    world.inventory.put(pool)
    return pool.id


def rename(world: World, work: Rename) -> str:
    entity = _entity(world, work.object)
    world.inventory.put(msgspec.structs.replace(entity, name=work.name))
    return ""


def move(world: World, work: Move) -> str:
    """Move objects into a folder; move VMs to another pool, host or datastore."""
    for id_ in work.objects:
        entity = _entity(world, id_)
        if work.folder:
            folder = world.inventory.find(work.folder, Folder)
            if not is_folder_for(folder, entity.type) and not isinstance(entity, Folder):
                raise faults.invalid_argument("list", f"'{folder.name}' does not hold objects of type {entity.type}")
            if any(a.id == entity.id for a in world.inventory.ancestors(folder)):
                raise faults.VimFault("InvalidFolder", f"'{entity.name}' cannot be moved below itself.")
            entity = msgspec.structs.replace(entity, parent=folder.id)
        if isinstance(entity, VM):
            entity = _relocated(world, entity, work)
        world.inventory.put(entity)
    return ""


def _relocated(world: World, vm: VM, work: Move) -> VM:
    if work.pool:
        pool = world.inventory.find(work.pool, ResourcePool)
        vm = msgspec.structs.replace(vm, pool=pool.id)
        if world.inventory.find(vm.host, Host).parent != pool.owner and not work.host:
            hosts = [h for h in world.inventory.children(pool.owner) if isinstance(h, Host) and h.connected]
            if not hosts:
                raise faults.no_compatible_host("The pool's cluster has no connected host.")
            vm = msgspec.structs.replace(vm, host=hosts[0].id)
    if work.host:
        vm = msgspec.structs.replace(vm, host=world.inventory.find(work.host, Host).id)
    if work.datastore:
        store = world.inventory.find(work.datastore, Datastore)
        if world.inventory.free_bytes(store) < sum(d.used_bytes for d in vm.disks if d.datastore != store.id):
            raise faults.no_disk_space(store.name)
        disks = tuple(
            msgspec.structs.replace(d, datastore=store.id, file=f"[{store.name}] {d.file.partition('] ')[2]}")
            for d in vm.disks
        )
        vm = msgspec.structs.replace(vm, datastore=store.id, disks=disks)
    return vm


def mark_as_template(world: World, vm_id: str) -> None:
    """Turn a powered-off VM into a template."""
    vm = world.inventory.find(vm_id, VM)
    if vm.template:
        raise faults.not_supported("The virtual machine is already a template.")
    if vm.power != "poweredOff":
        raise faults.invalid_power_state("poweredOff", vm.power)
    world.inventory.put(msgspec.structs.replace(vm, template=True, pool=""))


def mark_as_vm(world: World, vm_id: str, pool_id: str, host_id: str = "") -> None:
    """Turn a template into a VM again."""
    vm = world.inventory.find(vm_id, VM)
    pool = world.inventory.find(pool_id, ResourcePool)
    if not vm.template:
        raise faults.not_supported("The virtual machine is not a template.")
    host = world.inventory.find(host_id, Host).id if host_id else vm.host
    world.inventory.put(msgspec.structs.replace(vm, template=False, pool=pool.id, host=host))


def upgrade(world: World, work: Upgrade) -> str:
    """Upgrade a VM's virtual hardware."""
    vm = world.inventory.find(work.vm, VM)
    wanted = work.version or f"vmx-{NEWEST_HARDWARE}"
    if vm.is_on:
        raise faults.invalid_power_state("poweredOff", vm.power)
    old, new = hardware_number(vm.hardware), hardware_number(wanted)
    if not 0 < new <= NEWEST_HARDWARE:
        raise faults.not_supported(f"There is no virtual hardware '{wanted}'.")
    if new == old:
        raise faults.VimFault("AlreadyUpgraded", "The virtual machine is already up to date.")
    if new < old:
        raise faults.not_supported(f"Virtual hardware cannot go back from '{vm.hardware}' to '{wanted}'.")
    world.inventory.put(msgspec.structs.replace(vm, hardware=wanted))
    return ""


def hardware_number(version: str) -> int:
    """Return 21 for `vmx-21`, 0 for what is no hardware version."""
    digits = version.removeprefix("vmx-")
    return int(digits) if digits.isdigit() else 0


def maintenance(world: World, work: Maintenance) -> str:
    """Take a host out of use, its running VMs moving to its peers, or into use again."""
    host = world.inventory.find(work.host, Host)
    world.inventory.put(msgspec.structs.replace(host, maintenance=work.enter))
    peers = [
        h
        for h in world.inventory.children(host.parent)
        if isinstance(h, Host) and h.id != host.id and h.connected and not h.maintenance
    ]
    if work.enter and peers:
        for index, vm in enumerate(world.inventory.users(host.id, VM)):
            world.inventory.put(msgspec.structs.replace(vm, host=peers[index % len(peers)].id))
    return ""


def _entity(world: World, id_: str) -> Entity:
    entity = world.inventory.get(id_)
    if entity is None:
        raise faults.no_object("ManagedEntity", id_)
    return entity
