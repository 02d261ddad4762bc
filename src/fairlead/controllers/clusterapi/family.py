"""The controllers of Cluster API, put together."""

from fairlead.controllers.clusterapi.cluster import ClusterController
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.kubeadm import kubeadm_controllers
from fairlead.controllers.clusterapi.machine import MachineController
from fairlead.controllers.clusterapi.machinedeployment import MachineDeploymentController
from fairlead.controllers.clusterapi.machinehealthcheck import MachineHealthCheckController
from fairlead.controllers.clusterapi.machineset import MachineSetController
from fairlead.controllers.clusterapi.topology.family import topology_controllers
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import KeySource
from fairlead.runtime.remote import Dialer


def clusterapi_controllers(
    *, client: Client, clock: Clock, ids: Ids, keys: KeySource, dialer: Dialer
) -> list[Controller]:
    """All of them, with one connection to each workload cluster between them."""
    cache = ClusterCache(client=client, clock=clock, dialer=dialer)

    def recorder(component: str) -> Recorder:
        return Recorder(client, clock, ids, component)

    return [
        cache,
        ClusterController(client=client, clock=clock, keys=keys, cache=cache, recorder=recorder("cluster-controller")),
        MachineController(client=client, clock=clock, cache=cache, recorder=recorder("machine-controller")),
        MachineSetController(
            client=client, clock=clock, ids=ids, cache=cache, recorder=recorder("machineset-controller")
        ),
        MachineDeploymentController(
            client=client, clock=clock, ids=ids, recorder=recorder("machinedeployment-controller")
        ),
        MachineHealthCheckController(
            client=client, clock=clock, cache=cache, recorder=recorder("machinehealthcheck-controller")
        ),
        *topology_controllers(client=client, clock=clock, ids=ids),
        *kubeadm_controllers(client=client, clock=clock, ids=ids, keys=keys, cache=cache),
    ]
