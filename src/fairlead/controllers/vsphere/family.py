"""The controllers of the vSphere provider, put together."""

from fairlead.controllers.vsphere.identity import Credentials
from fairlead.controllers.vsphere.sessions import Sessions
from fairlead.controllers.vsphere.vspherecluster import VSphereClusterController
from fairlead.controllers.vsphere.vspheremachine import VSphereMachineController
from fairlead.controllers.vsphere.vspherevm import VSphereVMController
from fairlead.controllers.vsphere.zones import DeploymentZoneController, IdentityController
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller
from fairlead.runtime.events import Recorder

NO_CREDENTIALS = Credentials("", "")


def vsphere_controllers(
    *,
    client: Client,
    clock: Clock,
    sessions: Sessions,
    recorder: Recorder,
    own_namespace: str = "capv-system",
    default: Credentials = NO_CREDENTIALS,
) -> list[Controller]:
    """All of them; *default* are the credentials for clusters that name none."""
    return [
        VSphereClusterController(
            client=client,
            clock=clock,
            sessions=sessions,
            recorder=recorder,
            own_namespace=own_namespace,
            default=default,
        ),
        VSphereMachineController(client=client, clock=clock),
        VSphereVMController(
            client=client,
            clock=clock,
            sessions=sessions,
            recorder=recorder,
            own_namespace=own_namespace,
            default=default,
        ),
        DeploymentZoneController(client=client, clock=clock, sessions=sessions, default=default),
        IdentityController(client=client, clock=clock, own_namespace=own_namespace),
    ]
