"""Power: on, off, reset, suspend, and the guest's own shutdown.

Source: vSphere Web Services API 8.0, VirtualMachine.powerOn and its neighbours; guest data vanish with the power, as
VMware Tools stop reporting.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.vcenter import faults
from fairlead.vcenter.model import VM, Guest, Host
from fairlead.vcenter.work import Power, ShutDown
from fairlead.vcenter.world import World

WANTED = {"on": "poweredOn", "off": "poweredOff", "suspend": "suspended", "reset": "poweredOn"}


def power(world: World, work: Power) -> str:
    """Do a power operation. Raises: VimFault InvalidPowerState, NotSupported, NoCompatibleHost …"""
    vm = world.inventory.find(work.vm, VM)
    wanted = WANTED[work.op]
    if vm.template:
        raise faults.not_supported("The virtual machine is a template.")
    allowed = {"on": vm.power != "poweredOn", "off": vm.power != "poweredOff"}.get(work.op, vm.is_on)
    if not allowed:
        raise faults.invalid_power_state(wanted, vm.power)
    changes: dict[str, Any] = {"power": wanted}
    if work.op in ("on", "reset"):
        changes |= {"host": _host_for(world, vm).id, "booted": world.now()}
    if work.op in ("off", "suspend", "reset"):
        changes["guest"] = silent(vm.guest)
    if work.op == "reset":
        # Seen from outside a reset is off and on again in one task.
        world.inventory.put(msgspec.structs.replace(vm, power="poweredOff", guest=silent(vm.guest), booted=None))
    elif work.op == "off":
        changes["booted"] = None
    world.inventory.put(msgspec.structs.replace(vm, **changes))
    return ""


def shut_down(world: World, work: ShutDown) -> str:
    """Let the guest go down by itself, and up again for a reboot."""
    vm = world.inventory.find(work.vm, VM)
    if not vm.is_on:
        return ""
    power(world, Power(vm=vm.id, op="off"))
    if work.reboot:
        power(world, Power(vm=vm.id, op="on"))
    return ""


def check_tools(vm: VM) -> None:
    """Raises: VimFault when the guest cannot be asked for anything."""
    if not vm.is_on:
        raise faults.invalid_power_state("poweredOn", vm.power)
    if not vm.guest.tools:
        raise faults.tools_unavailable()


def silent(guest: Guest) -> Guest:
    """Return guest data as they are when Tools do not run: no host name, no addresses."""
    return Guest(full_name=guest.full_name)


def _host_for(world: World, vm: VM) -> Host:
    """Return the VM's host if it can run it, else the emptiest host of the cluster that can."""
    inventory = world.inventory
    current = inventory.find(vm.host, Host)
    peers = [h for h in inventory.children(current.parent) if isinstance(h, Host)]
    usable = [h for h in peers if h.connected and not h.maintenance]
    if not usable:
        raise faults.no_compatible_host("All hosts are disconnected or in maintenance mode.")
    most = max(h.cpu_threads for h in usable)
    fitting = [h for h in usable if h.cpu_threads >= vm.cpus and h.memory_mib >= vm.memory_mib]
    if not fitting:
        raise faults.no_compatible_host(
            f"The virtual machine has {vm.cpus} CPUs and {vm.memory_mib} MB; hosts have at most {most} logical CPUs"
            f" and {max(h.memory_mib for h in usable)} MB."
        )
    free = {h.id: h.memory_mib - reserved_mib(world, h) for h in fitting}
    with_room = [h for h in fitting if free[h.id] >= vm.memory.reservation]
    if not with_room:
        raise faults.insufficient_memory(fitting[0].name, vm.memory.reservation, max(free.values()))
    if current in with_room:
        return current
    return min(with_room, key=lambda h: len(inventory.users(h.id, VM)))


def reserved_mib(world: World, host: Host) -> int:
    """Return the memory that powered-on VMs have reserved on a host."""
    return sum(vm.memory.reservation for vm in world.inventory.users(host.id, VM) if vm.is_on)
