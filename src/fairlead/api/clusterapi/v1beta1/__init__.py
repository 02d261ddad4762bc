"""The older version of these kinds."""

from fairlead.api.clusterapi.v1beta1 import (
    cluster,
    clusterclass,
    machine,
    machinedeployment,
    machinehealthcheck,
    machinepool,
    machineset,
)

__all__ = [
    "cluster",
    "clusterclass",
    "machine",
    "machinedeployment",
    "machinehealthcheck",
    "machinepool",
    "machineset",
]
