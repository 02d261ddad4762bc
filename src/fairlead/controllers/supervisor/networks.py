"""How the supervisor's network is used: what upstream's `--network-provider` chooses.

Source: cluster-api-provider-vsphere v1.17, pkg/manager/network.go, pkg/services/network/dummy_provider.go. The two
below leave the cards of a VM to VM Operator's own defaults; NSX, NSX-VPC and VDS networks are not made here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkProvider:
    """What a cluster may count on."""

    name: str
    has_load_balancer: bool
    probes_vms: bool = True  # whether VMs of control planes are asked whether they are ready


DUMMY = NetworkProvider("DummyNetworkProvider", has_load_balancer=False)
DUMMY_LB = NetworkProvider("DummyLBNetworkProvider", has_load_balancer=True)
