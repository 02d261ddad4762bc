"""The controllers of the vSphere provider in supervisor mode, put together."""

from fairlead.controllers.supervisor.networks import DUMMY_LB, NetworkProvider
from fairlead.controllers.supervisor.vspherecluster import VSphereClusterController
from fairlead.controllers.supervisor.vspheremachine import VSphereMachineController
from fairlead.controllers.supervisor.vspheremachinetemplate import VSphereMachineTemplateController
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller


def supervisor_controllers(*, client: Client, clock: Clock, network: NetworkProvider = DUMMY_LB) -> list[Controller]:
    """All of them. They need an API that serves VM Operator's kinds."""
    return [
        VSphereClusterController(client=client, clock=clock, network=network),
        VSphereMachineController(client=client, clock=clock, network=network),
        VSphereMachineTemplateController(client=client),
    ]
