"""VM Operator on the simulated supervisor, put together."""

from fairlead.controllers.vsphere.sessions import Sessions
from fairlead.lab.vmoperator.machines import VirtualMachineController
from fairlead.lab.vmoperator.namespaces import NamespaceController
from fairlead.lab.vmoperator.services import ServiceController
from fairlead.lab.vmoperator.supervisor import Supervisor
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller
from fairlead.vsphere.port import Connector


def vm_operator(
    *, client: Client, clock: Clock, connector: Connector, supervisor: Supervisor
) -> tuple[list[Controller], Sessions]:
    """Its controllers, and the sessions they share, which are to be closed at the end."""
    sessions = Sessions(connector, clock)
    controllers: list[Controller] = [
        NamespaceController(client=client, clock=clock, sessions=sessions, supervisor=supervisor),
        VirtualMachineController(client=client, clock=clock, sessions=sessions, supervisor=supervisor),
        ServiceController(client=client),
    ]
    return controllers, sessions
