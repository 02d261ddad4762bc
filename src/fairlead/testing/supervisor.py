"""A world whose management cluster is a supervisor.

simulate(scenario, **SUPERVISOR)
"""

from collections.abc import Iterable
from typing import Any

from fairlead.api.supervisor.kinds import KINDS as SUPERVISOR_KINDS
from fairlead.api.vmoperator.kinds import KINDS as VM_OPERATOR_KINDS
from fairlead.controllers.supervisor.family import supervisor_controllers
from fairlead.controllers.supervisor.networks import DUMMY_LB, NetworkProvider
from fairlead.lab.vcenter import DirectConnector
from fairlead.lab.vmoperator.family import vm_operator
from fairlead.lab.vmoperator.supervisor import Supervisor
from fairlead.runtime.controller import Controller
from fairlead.testing.world import KINDS, World


def supervisor(network: NetworkProvider = DUMMY_LB) -> dict[str, Any]:
    """The options of a world that is a supervisor."""

    def more(world: World) -> Iterable[Controller]:
        operators, _ = vm_operator(
            client=world.client,
            clock=world.clock,
            connector=DirectConnector(world.vcenter),
            supervisor=Supervisor.of(world.vcenter.layout),
        )
        return [*supervisor_controllers(client=world.client, clock=world.clock, network=network), *operators]

    return {"kinds": (*KINDS, *SUPERVISOR_KINDS, *VM_OPERATOR_KINDS), "more": more}


SUPERVISOR = supervisor()
