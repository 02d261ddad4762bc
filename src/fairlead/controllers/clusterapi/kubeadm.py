"""The controllers of the kubeadm providers and of the add-ons, put together."""

from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.clusterresourceset import (
    ClusterResourceSetBindingController,
    ClusterResourceSetController,
)
from fairlead.controllers.clusterapi.controlplane.controller import KubeadmControlPlaneController
from fairlead.controllers.clusterapi.kubeadmconfig import KubeadmConfigController
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import KeySource


def kubeadm_controllers(
    *, client: Client, clock: Clock, ids: Ids, keys: KeySource, cache: ClusterCache
) -> list[Controller]:
    """Bootstrap data, control planes and ClusterResourceSets, over the connections of *cache*."""
    return [
        KubeadmConfigController(client=client, clock=clock, ids=ids, keys=keys, cache=cache),
        KubeadmControlPlaneController(
            client=client,
            clock=clock,
            ids=ids,
            keys=keys,
            cache=cache,
            recorder=Recorder(client, clock, ids, "kubeadmcontrolplane-controller"),
        ),
        ClusterResourceSetController(client=client, clock=clock, cache=cache),
        ClusterResourceSetBindingController(client=client),
    ]
