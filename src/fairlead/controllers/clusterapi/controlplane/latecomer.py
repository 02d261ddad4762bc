"""A control-plane machine that is to go while it is still joining: it must not reach etcd after nobody looks any more.

Upstream lets a machine without an etcd member go at once. When its `kubeadm join` is under way, the member appears a
moment later and its VM is destroyed all the same: of two members one is dead, and a cluster that had one control plane
has lost its quorum for good. So the machine loses its bootstrap token first. If it has used it already, it is let go
when its member has been seen and taken out, or after `PATIENCE`, when the join has evidently failed.

Source of the names: kubernetes v1.36, plugin/pkg/auth/authenticator/token/bootstrap.
"""

from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, get_in
from fairlead.controllers.clusterapi import kubeadmconfigtokens
from fairlead.controllers.clusterapi.controlplane.seen import ControlPlane
from fairlead.controllers.contract import SECRET
from fairlead.runtime.client import Client
from fairlead.runtime.clock import parse_timestamp

SIGNING_REQUEST = GVK("certificates.k8s.io", "v1", "CertificateSigningRequest")
PATIENCE = timedelta(seconds=30)


async def is_joining(plane: ControlPlane, machine: Json, name: str) -> bool:
    """Whether *machine*, which has no member in etcd, may still get one. *name* is its node's; empty without one."""
    token = _token(plane, machine)
    remote = plane.connection.remote
    if not token or remote is None or f"etcd-{name}" in plane.connection.pods:
        return False  # the last one has been a member: it was taken out before
    began = parse_timestamp(machine["metadata"]["deletionTimestamp"])
    await _take_back(remote.client, token)
    return plane.now - began < PATIENCE and await _was_used(remote.client, token)


def _token(plane: ControlPlane, machine: Json) -> str:
    config = plane.configs.get(machine["metadata"]["name"]) or {}
    return str(get_in(config, "spec", "joinConfiguration", "discovery", "bootstrapToken", "token", default=""))


async def _take_back(remote: Client, token: str) -> None:
    try:
        await remote.delete(SECRET, kubeadmconfigtokens.secret_of(token), kubeadmconfigtokens.NAMESPACE)
    except ApiError as error:
        if not error.is_not_found:
            raise


async def _was_used(remote: Client, token: str) -> bool:
    """Whether a kubelet has asked for its certificate in the token's name."""
    user = f"system:bootstrap:{token.partition('.')[0]}"
    requests = (await remote.list(SIGNING_REQUEST)).items
    return any(get_in(request, "spec", "username") == user for request in requests)
