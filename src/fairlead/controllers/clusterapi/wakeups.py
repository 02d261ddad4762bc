"""What of an object matters to the others, so that not every status that is written wakes everybody."""

from collections.abc import Hashable

from fairlead.base.objects import Json, annotations, get_in, labels, meta
from fairlead.controllers.changes import Changes as Changes
from fairlead.controllers.contract import PAUSED_ANNOTATION
from fairlead.runtime.conditions import find

REVISION = "machinedeployment.clusters.x-k8s.io/revision"


def of_cluster(cluster: Json) -> Hashable:
    """What Machines and their owners need to know of their Cluster."""
    initialized = find(get_in(cluster, "status", "conditions"), "ControlPlaneInitialized")
    infrastructure = find(get_in(cluster, "status", "conditions"), "InfrastructureReady")
    return (
        bool(get_in(cluster, "spec", "paused")),
        PAUSED_ANNOTATION in annotations(cluster),
        bool(get_in(cluster, "status", "initialization", "infrastructureProvisioned")),
        (initialized or {}).get("status"),
        (infrastructure or {}).get("status"),
        get_in(cluster, "spec", "controlPlaneRef", "name"),
    )


def of_cluster_and_spec(cluster: Json) -> Hashable:
    """What KubeadmConfigs need to know of their Cluster."""
    return meta(cluster).get("generation"), of_cluster(cluster)


def of_machine(machine: Json) -> Hashable:
    """What KubeadmConfigs need to know of their Machine."""
    return (
        meta(machine).get("generation"),
        tuple(sorted(labels(machine).items())),
        tuple(sorted(annotations(machine).items())),
        get_in(machine, "status", "nodeRef", "name"),
    )


def of_deployment(deployment: Json) -> Hashable:
    """What Machines need to know of their MachineDeployment."""
    return meta(deployment).get("generation"), annotations(deployment).get(REVISION)


def of_control_plane(plane: Json) -> Hashable:
    """What MachineSets need to know of the control plane."""
    versions = tuple(entry["version"] for entry in get_in(plane, "status", "versions", default=()))
    return get_in(plane, "spec", "version"), get_in(plane, "status", "version"), versions
