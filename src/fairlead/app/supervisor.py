"""Supervisor mode: where its kinds are served, and what runs for them.

The lab plays a supervisor, with VM Operator on the simulated vCenter. A cluster that is given is one when it has VM
Operator's kinds; it is asked once, at the start. An API of our own with a real vCenter behind it is none: nobody there
would make the VMs, so the kinds are not served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.api.errors import ApiError
from fairlead.api.supervisor.kinds import KINDS as SUPERVISOR_KINDS
from fairlead.api.vmoperator.kinds import KINDS as VM_OPERATOR_KINDS
from fairlead.app.definitions import DEFINITION
from fairlead.controllers.supervisor.family import supervisor_controllers
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller

if TYPE_CHECKING:
    from fairlead.app.simulation import Simulation
    from fairlead.controllers.vsphere.sessions import Sessions
    from fairlead.vcenter.layout import Layout

__all__ = ["LAB_KINDS", "SUPERVISOR_KINDS", "VM_OPERATOR_KINDS", "has_vm_operator", "lab_supervisor"]

LAB_KINDS = (*SUPERVISOR_KINDS, *VM_OPERATOR_KINDS)


async def has_vm_operator(client: Client) -> bool:
    """Whether the cluster is a supervisor. Raises: ApiError."""
    kind = VM_OPERATOR_KINDS[0]
    try:
        await client.get(DEFINITION, f"{kind.plural}.{kind.group}")
    except ApiError as error:
        if error.is_not_found:
            return False
        raise
    return True


def lab_supervisor(
    client: Client, clock: Clock, simulation: Simulation, layout: Layout
) -> tuple[list[Controller], Sessions]:
    """The controllers of the lab's supervisor, VM Operator among them, and its sessions with the simulated vCenter."""
    from fairlead.lab.vcenter import DirectConnector
    from fairlead.lab.vmoperator.family import vm_operator
    from fairlead.lab.vmoperator.supervisor import Supervisor

    operator, sessions = vm_operator(
        client=client,
        clock=clock,
        connector=DirectConnector(simulation.vcenter),
        supervisor=Supervisor.of(layout),
    )
    return [*supervisor_controllers(client=client, clock=clock), *operator], sessions
