"""Whom a change concerns, without waking everybody for every status that is written."""

from collections.abc import Callable, Hashable

from fairlead.base.objects import Json, Key, annotations, get_in, is_deleting, meta
from fairlead.controllers.contract import PAUSED_ANNOTATION
from fairlead.runtime.conditions import find

REVISION = "machinedeployment.clusters.x-k8s.io/revision"


class Changes:
    """Remembers of each object what matters to the others, and tells whether that has changed."""

    def __init__(self, matters: Callable[[Json], Hashable]) -> None:
        self._matters = matters
        self._known: dict[Key, Hashable] = {}

    def is_new(self, obj: Json) -> bool:
        """Whether *obj* differs from when it was last shown here, in what matters. An object that goes always does."""
        key, now = Key.of(obj), (meta(obj).get("uid"), self._matters(obj))
        if is_deleting(obj):
            self._known.pop(key, None)
            return True
        if self._known.get(key) == now:
            return False
        self._known[key] = now
        return True


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


def of_deployment(deployment: Json) -> Hashable:
    """What Machines need to know of their MachineDeployment."""
    return meta(deployment).get("generation"), annotations(deployment).get(REVISION)


def of_control_plane(plane: Json) -> Hashable:
    """What MachineSets need to know of the control plane."""
    versions = tuple(entry["version"] for entry in get_in(plane, "status", "versions", default=()))
    return get_in(plane, "spec", "version"), get_in(plane, "status", "version"), versions
