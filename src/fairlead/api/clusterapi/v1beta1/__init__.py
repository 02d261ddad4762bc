"""The older version of these kinds."""

from fairlead.api.clusterapi.v1beta1 import cluster, machine, machinedeployment, machinehealthcheck, machineset

__all__ = ["cluster", "machine", "machinedeployment", "machinehealthcheck", "machineset"]
