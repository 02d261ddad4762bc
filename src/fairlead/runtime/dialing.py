"""Workload clusters that are real: their API over HTTPS, at the address that their kubeconfig names.

Their etcd cannot be reached yet: upstream speaks gRPC to it through the API server's port-forward. `PodEtcd` tells the
members from etcd's static Pods, and refuses to change them: a control plane on real machines can be created and grown,
but not shrunk or rolled (docs/compat/peers.md).
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, get_in
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import Access, KubeconfigError, parse_access
from fairlead.runtime.remote import Etcd, EtcdMember, Remote, UnreachableError

log = logging.getLogger(__name__)

POD = GVK("", "v1", "Pod")
ETCD_PODS = "component=etcd,tier=control-plane"
CONNECT = timedelta(seconds=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=15)


class HttpDialer:
    """Connects to clusters over HTTPS. Implements `runtime.remote.Dialer`."""

    def __init__(self, clock: Clock, *, user_agent: str = "fairlead") -> None:
        self._clock = clock
        self._user_agent = user_agent

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        """Knock until somebody answers: nothing tells when a machine far away is up. Raises: UnreachableError."""
        access = _access(kubeconfig)
        pause = FIRST_PAUSE
        while not await _accepts(access):
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def dial(self, kubeconfig: bytes) -> Remote:
        access = _access(kubeconfig)
        client = HttpClient(access, user_agent=self._user_agent)
        try:
            await client.raw("/version")
        except (ApiError, ValueError, OSError) as error:  # ValueError and OSError: certificates that cannot be read
            await client.close()
            text = error.message if isinstance(error, ApiError) else str(error)
            raise UnreachableError(f"cannot use {access.server}: {text}") from error
        return HttpRemote(client, access.server)


class HttpRemote:
    """A connection to a real cluster."""

    def __init__(self, client: HttpClient, server: str) -> None:
        self._client = client
        self._server = server

    @property
    def client(self) -> Client:
        return self._client

    async def etcd(self) -> Etcd:
        return PodEtcd(self._client, self._server)

    async def close(self) -> None:
        await self._client.close()


class PodEtcd:
    """The members of a cluster's etcd as its static Pods tell them; they cannot be changed this way."""

    def __init__(self, client: Client, server: str) -> None:
        self._client = client
        self._server = server

    async def members(self) -> Sequence[EtcdMember]:
        try:
            pods = (await self._client.list(POD, "kube-system", label_selector=ETCD_PODS)).items
        except ApiError as error:
            raise UnreachableError(f"cannot list the etcd Pods of {self._server}: {error.message}") from error
        ready = [pod for pod in pods if is_true(get_in(pod, "status", "conditions"), "Ready")]
        if len(ready) * 2 <= len(pods):
            raise UnreachableError(
                f"etcd of {self._server} has no quorum: {len(ready)} of its {len(pods)} Pods are ready"
            )
        return tuple(_member(pod) for pod in pods)

    async def remove_member(self, member_id: int) -> None:
        raise self._refusal("remove a member from")

    async def move_leader(self, member_id: int) -> None:
        raise self._refusal("move the leader of")

    def _refusal(self, what: str) -> UnreachableError:
        return UnreachableError(
            f"cannot {what} the etcd of {self._server}: it is not reachable from here; do it with etcdctl on a "
            "control-plane machine"
        )


def _member(pod: Json) -> EtcdMember:
    node = str(get_in(pod, "spec", "nodeName", default=""))
    number = int.from_bytes(hashlib.sha256(node.encode()).digest()[:7], "big")
    address = get_in(pod, "status", "hostIP", default="")
    return EtcdMember(number, node, (f"https://{address}:2380",) if address else ())


def _access(kubeconfig: bytes) -> Access:
    try:
        access = parse_access(kubeconfig)
    except KubeconfigError as error:
        raise UnreachableError(f"cannot use the kubeconfig: {error}") from error
    if not urlsplit(access.server).hostname:
        raise UnreachableError(f"cannot use the kubeconfig: it names the server {access.server!r}, which is no URL")
    return access


async def _accepts(access: Access) -> bool:
    """Whether the server's address takes connections."""
    parts = urlsplit(access.server)
    try:
        async with asyncio.timeout(CONNECT.total_seconds()):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443)
    except (OSError, TimeoutError) as error:
        log.debug("no answer yet", extra={"server": access.server, "error": str(error)})
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
