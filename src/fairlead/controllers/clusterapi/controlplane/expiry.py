"""When the certificates of control-plane machines end, noted where a rollout can see it.

Source: cluster-api v1.14, reconcileCertificateExpiries. Upstream asks each API server for its certificate; kubeadm
makes it for `certificateValidityPeriodDays` (a year) when the machine joins, and that is what is noted here.
"""

from datetime import timedelta

from fairlead.base.objects import annotations, get_in, is_deleting
from fairlead.controllers.clusterapi.controlplane.seen import ControlPlane
from fairlead.controllers.clusterapi.pki import LEAF_LIFETIME
from fairlead.runtime.client import Client
from fairlead.runtime.clock import parse_timestamp, timestamp
from fairlead.runtime.edit import editing

EXPIRY = "machine.cluster.x-k8s.io/certificates-expiry"


async def note_expiry(client: Client, plane: ControlPlane) -> None:
    """Annotate the KubeadmConfigs of machines that have a node and no note yet."""
    for machine in plane.machines:
        node, config = plane.node_of(machine), plane.configs.get(machine["metadata"]["name"])
        if node is None or config is None or is_deleting(machine) or EXPIRY in annotations(config):
            continue
        days = get_in(config, "spec", "clusterConfiguration", "certificateValidityPeriodDays")
        made = parse_timestamp(node["metadata"]["creationTimestamp"])
        ends = made + (timedelta(days=days) if days else LEAF_LIFETIME)
        async with editing(client, config, field_manager="manager") as draft:
            draft["metadata"].setdefault("annotations", {})[EXPIRY] = timestamp(ends)
