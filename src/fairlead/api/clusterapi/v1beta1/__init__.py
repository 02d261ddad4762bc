"""The older version of these kinds."""

from fairlead.api.clusterapi.v1beta1 import (
    cluster,
    machine,
    machinedeployment,
    machinedrainrule,
    machinehealthcheck,
    machinepool,
    machineset,
)

__all__ = [
    "cluster",
    "machine",
    "machinedeployment",
    "machinedrainrule",
    "machinehealthcheck",
    "machinepool",
    "machineset",
]
