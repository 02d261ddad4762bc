"""The controllers of ClusterClasses and managed topologies, put together."""

from fairlead.controllers.clusterapi.topology.clusterclass import ClusterClassController
from fairlead.controllers.clusterapi.topology.controller import TopologyController
from fairlead.controllers.clusterapi.topology.garbage import DeploymentGarbage, SetGarbage
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids


def topology_controllers(*, client: Client, clock: Clock, ids: Ids) -> list[Controller]:
    """All of them."""
    recorder = Recorder(client, clock, ids, "topology/cluster-controller")
    return [
        ClusterClassController(client=client, clock=clock),
        TopologyController(client=client, clock=clock, ids=ids, recorder=recorder),
        DeploymentGarbage(client=client),
        SetGarbage(client=client),
    ]
