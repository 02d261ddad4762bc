"""Making and destroying VMs: CloneVM_Task, CreateVM_Task, Destroy_Task.

Source: vSphere Web Services API 8.0, VirtualMachine.clone, Folder.createVm, ManagedEntity.destroy. A linked clone's
disks start empty on top of the snapshot's; a full clone takes what the source's disks take.
"""

from __future__ import annotations

import msgspec

from fairlead.vcenter import faults
from fairlead.vcenter.configuring import configured, take_room
from fairlead.vcenter.inventory import is_folder_for
from fairlead.vcenter.model import VM, Cluster, Datacenter, Datastore, Disk, Folder, Guest, Host, Nic, ResourcePool
from fairlead.vcenter.power import power
from fairlead.vcenter.work import Clone, Create, Destroy, Power
from fairlead.vcenter.world import World

LINKED_DISK_BYTES = 16 << 20  # what an empty child disk takes at first


def clone(world: World, work: Clone) -> str:
    """Clone a VM or template; return the new VM's id. Raises: VimFault."""
    source = world.inventory.find(work.source, VM)
    folder = _vm_folder(world, work.folder)
    _check_name(world, folder, work.name)
    pool = _pool_for(world, work, source)
    host = _host(world, work.host, pool, source)
    store = _datastore(world, work.datastore or source.datastore, host)
    if work.snapshot and work.snapshot not in {s.id for s in source.snapshots}:
        raise faults.no_object("VirtualMachineSnapshot", work.snapshot)
    if work.linked and not source.snapshots:
        raise faults.invalid_argument("spec.location.diskMoveType", "a linked clone needs a snapshot of the source")
    new_id = world.inventory.new_id("vm")
    vm = msgspec.structs.replace(
        source,
        id=new_id,
        name=work.name,
        parent=folder.id,
        pool="" if work.template else pool.id if pool else "",
        host=host.id,
        datastore=store.id,
        template=work.template,
        power="poweredOff",
        bios_uuid=world.inventory.new_uuid(world.dice, 0x42),
        instance_uuid=world.inventory.new_uuid(world.dice, 0x50),
        nics=_fresh_nics(world, source.nics),
        disks=tuple(_cloned_disk(world, work, source, disk, store) for disk in source.disks),
        snapshots=(),
        current_snapshot="",
        guest=Guest(full_name=source.guest.full_name),
        created=world.now(),
        modified=world.now(),
        booted=None,
        connection="connected",
        cloned_from=source.id,
    )
    vm = configured(world, vm, msgspec.structs.replace(work.config, name=""))
    take_room(world, store.id, sum(d.used_bytes for d in vm.disks))
    world.inventory.put(vm)
    if work.power_on and not work.template:
        power(world, Power(vm=new_id, op="on"))
    return new_id


def create(world: World, work: Create) -> str:
    """Create an empty VM; return its id. Raises: VimFault."""
    folder = _vm_folder(world, work.folder)
    _check_name(world, folder, work.config.name)
    pool = world.inventory.find(work.pool, ResourcePool)
    host = _host(world, work.host, pool, None)
    store = _datastore(world, work.datastore or next(iter(host.datastores), ""), host)
    now = world.now()
    vm = VM(
        id=world.inventory.new_id("vm"),
        name=work.config.name,
        parent=folder.id,
        pool=pool.id,
        host=host.id,
        datastore=store.id,
        hardware=work.hardware or "vmx-21",
        bios_uuid=world.inventory.new_uuid(world.dice, 0x42),
        instance_uuid=world.inventory.new_uuid(world.dice, 0x50),
        guest_id="otherGuest",
        cpus=1,
        memory_mib=32,
        created=now,
        modified=now,
    )
    world.inventory.put(configured(world, vm, work.config))
    return vm.id


def destroy(world: World, work: Destroy) -> str:
    """Remove a VM, a folder with all in it, or a resource pool. Raises: VimFault."""
    target = world.inventory.get(work.object)
    match target:
        case VM():
            if target.is_on:
                raise faults.invalid_power_state("poweredOff", target.power)
            _check_linked_children(world, target)
            world.inventory.remove(target.id)
        case Folder():
            if isinstance(world.inventory.get(target.parent), Datacenter | None):
                raise faults.not_supported("A datacenter's own folders cannot be destroyed.")
            for child in world.inventory.children(target.id):
                destroy(world, Destroy(object=child.id))
            world.inventory.remove(target.id)
        case ResourcePool():
            _destroy_pool(world, target)
        case None:
            raise faults.no_object("ManagedEntity", work.object)
        case _:
            raise faults.not_supported(f"A {target.type} cannot be destroyed here.")
    return ""


def _destroy_pool(world: World, pool: ResourcePool) -> None:
    """Remove a pool; its VMs and child pools go to its parent, as a vCenter does."""
    if isinstance(world.inventory.get(pool.parent), Cluster):
        raise faults.not_supported("A root resource pool cannot be destroyed.")
    for vm in world.inventory.users(pool.id, VM):
        world.inventory.put(msgspec.structs.replace(vm, pool=pool.parent))
    for child in world.inventory.children(pool.id):
        world.inventory.put(msgspec.structs.replace(child, parent=pool.parent))
    world.inventory.remove(pool.id)


def _check_linked_children(world: World, vm: VM) -> None:
    """Refuse while a running linked clone holds the disks open."""
    files = {d.file for d in vm.disks}
    for other in world.inventory.all(VM):
        if other.is_on and any(d.backing_parent in files for d in other.disks if d.backing_parent):
            raise faults.VimFault(
                "FileLocked",
                f"Unable to access file since it is locked: disks of '{other.name}' are linked to '{vm.name}'.",
                file=next(iter(sorted(files))),
            )


def _vm_folder(world: World, id_: str) -> Folder:
    folder = world.inventory.find(id_, Folder)
    if not is_folder_for(folder, "VirtualMachine"):
        raise faults.invalid_argument("folder", f"'{folder.name}' does not hold virtual machines")
    return folder


def _check_name(world: World, folder: Folder, name: str) -> None:
    if not name or len(name) > 80:
        raise faults.VimFault("InvalidName", f"The name '{name}' is invalid.", name=name)
    taken = world.inventory.child(folder.id, name)
    if taken is not None:
        raise faults.duplicate_name(name, taken.type, taken.id)


def _pool_for(world: World, work: Clone, source: VM) -> ResourcePool | None:
    if work.template:
        return None
    pool_id = work.pool or source.pool
    if not pool_id:
        raise faults.invalid_argument("spec.location.pool", "a clone of a template needs a resource pool")
    return world.inventory.find(pool_id, ResourcePool)


def _host(world: World, id_: str, pool: ResourcePool | None, source: VM | None) -> Host:
    inventory = world.inventory
    if id_:
        host = inventory.find(id_, Host)
        if pool and host.parent != pool.owner:
            raise faults.invalid_argument("spec.location.host", f"'{host.name}' is not a host of the pool's cluster")
        return host
    cluster = pool.owner if pool else inventory.find(source.host, Host).parent if source else ""
    hosts = [h for h in inventory.children(cluster) if isinstance(h, Host) and h.connected and not h.maintenance]
    if not hosts:
        raise faults.no_compatible_host("All hosts are disconnected or in maintenance mode.")
    return min(hosts, key=lambda h: len(inventory.users(h.id, VM)))


def _datastore(world: World, id_: str, host: Host) -> Datastore:
    store = world.inventory.find(id_, Datastore)
    if store.id not in host.datastores:
        raise faults.invalid_datastore(store.name, store.id)
    if store.maintenance:
        raise faults.VimFault(
            "InvalidDatastoreState",
            f"The datastore '{store.name}' is in maintenance mode.",
            datastoreName=store.name,
        )
    return store


def _fresh_nics(world: World, nics: tuple[Nic, ...]) -> tuple[Nic, ...]:
    return tuple(msgspec.structs.replace(n, mac=world.inventory.new_mac(world.dice), manual_mac=False) for n in nics)


def _cloned_disk(world: World, work: Clone, source: VM, disk: Disk, store: Datastore) -> Disk:
    number = disk.key - 2000
    file = f"[{store.name}] {work.name}/{work.name}{f'_{number}' if number else ''}.vmdk"
    return msgspec.structs.replace(
        disk,
        datastore=store.id,
        file=file,
        uuid=world.inventory.new_uuid(world.dice, 0x60),
        used_bytes=LINKED_DISK_BYTES if work.linked else disk.used_bytes,
        backing_parent=disk.file if work.linked else "",
        thin=True if work.linked else disk.thin,
    )
