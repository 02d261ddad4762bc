"""The words by which managed topologies mark their objects.

Source: cluster-api v1.14, api/core/v1beta2/common_types.go, machinedeployment_types.go, machineset_types.go.
"""

from fairlead.base.objects import GVK, Json, labels

OWNED = "topology.cluster.x-k8s.io/owned"
DEPLOYMENT = "topology.cluster.x-k8s.io/deployment-name"
UPGRADE_STEP = "topology.internal.cluster.x-k8s.io/upgrade-step"
HOLD_UPGRADES = "topology.cluster.x-k8s.io/hold-upgrade-sequence"
DEFER_UPGRADE = "topology.cluster.x-k8s.io/defer-upgrade"
DEPLOYMENT_FINALIZER = "machinedeployment.topology.cluster.x-k8s.io"
SET_FINALIZER = "machineset.topology.cluster.x-k8s.io"
MANAGER = "capi-topology"
CLUSTER_CLASS = GVK("cluster.x-k8s.io", "v1beta2", "ClusterClass")
MACHINE_POOL = GVK("cluster.x-k8s.io", "v1beta2", "MachinePool")


def is_owned(obj: Json) -> bool:
    """Whether *obj* was made for a managed topology."""
    return OWNED in labels(obj)
