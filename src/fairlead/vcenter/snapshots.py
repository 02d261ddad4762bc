"""Snapshots: take, remove, revert. They hold no old configuration; reverting sets the power state back.

Source: vSphere Web Services API 8.0, VirtualMachine.createSnapshot, VirtualMachineSnapshot.remove and .revert.
"""

from __future__ import annotations

import msgspec

from fairlead.vcenter import faults
from fairlead.vcenter.model import VM, Snapshot
from fairlead.vcenter.work import RemoveSnapshot, RevertSnapshot, TakeSnapshot
from fairlead.vcenter.world import World


def take_snapshot(world: World, work: TakeSnapshot) -> str:
    """Take a snapshot; return its id."""
    vm = world.inventory.find(work.vm, VM)
    if vm.template:
        raise faults.not_supported("The virtual machine is a template.")
    new = Snapshot(
        id=world.inventory.new_id("snapshot"),
        number=max((s.number for s in vm.snapshots), default=0) + 1,
        name=work.name,
        description=work.description,
        created=world.now(),
        parent=vm.current_snapshot,
        power=vm.power,
    )
    world.inventory.put(msgspec.structs.replace(vm, snapshots=(*vm.snapshots, new), current_snapshot=new.id))
    return new.id


def remove_snapshot(world: World, work: RemoveSnapshot) -> str:
    """Remove one snapshot (its children move up, or go with it), or all."""
    vm = world.inventory.find(work.vm, VM)
    if not work.snapshot:
        world.inventory.put(msgspec.structs.replace(vm, snapshots=(), current_snapshot=""))
        return ""
    gone = _find(vm, work.snapshot)
    doomed = {gone.id}
    if work.children:
        for snap in vm.snapshots:  # in the order of creation: parents come first
            if snap.parent in doomed:
                doomed.add(snap.id)
    kept = tuple(
        msgspec.structs.replace(s, parent=gone.parent) if s.parent == gone.id else s
        for s in vm.snapshots
        if s.id not in doomed
    )
    current = gone.parent if vm.current_snapshot in doomed else vm.current_snapshot
    world.inventory.put(msgspec.structs.replace(vm, snapshots=kept, current_snapshot=current))
    return ""


def revert_snapshot(world: World, work: RevertSnapshot) -> str:
    """Go back to a snapshot, by default the current one."""
    vm = world.inventory.find(work.vm, VM)
    if not (work.snapshot or vm.current_snapshot):
        raise faults.VimFault("NotFound", "The virtual machine has no current snapshot.")
    snap = _find(vm, work.snapshot or vm.current_snapshot)
    world.inventory.put(msgspec.structs.replace(vm, current_snapshot=snap.id, power=snap.power))
    return ""


def _find(vm: VM, id_: str) -> Snapshot:
    for snap in vm.snapshots:
        if snap.id == id_:
            return snap
    raise faults.no_object("VirtualMachineSnapshot", id_)
