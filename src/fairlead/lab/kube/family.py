"""All the controllers that make a simulated cluster's workloads move."""

from datetime import timedelta

from fairlead.lab.kube.jobs import JobController
from fairlead.lab.kube.kubelet import Hosts, NodeReporter, PodRunner, Scheduler
from fairlead.lab.kube.replicas import DeploymentController, ReplicaSetController
from fairlead.lab.kube.sets import DaemonSetController, StatefulSetController
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller

NODE_MONITOR_GRACE = timedelta(seconds=2)


def kube_controllers(
    *, client: Client, clock: Clock, hosts: Hosts, grace: timedelta = NODE_MONITOR_GRACE
) -> list[Controller]:
    """What kube-controller-manager, kube-scheduler and the kubelets do, for one cluster."""
    return [
        DeploymentController(client=client, clock=clock),
        ReplicaSetController(client=client),
        DaemonSetController(client=client),
        StatefulSetController(client=client),
        JobController(client=client, clock=clock),
        Scheduler(client=client, clock=clock),
        PodRunner(client=client, clock=clock, hosts=hosts),
        NodeReporter(client=client, clock=clock, hosts=hosts, grace=grace),
    ]
