"""Other clusters: how a controller in the management cluster reaches a workload cluster.

A `Dialer` turns a kubeconfig into a client. For a real cluster it speaks HTTP; in the lab it finds the workload API
server in the same process whatever address the kubeconfig names. `Remotes` keeps one connection per kubeconfig.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fairlead.runtime.client import Client


class UnreachableError(Exception):
    """The other cluster's API does not answer (yet), or refuses the credentials. The text says which and why."""


class StrangerError(UnreachableError):
    """Another cluster answers at the address: the kubeconfig's CA did not sign its certificate.

    `certificate` (PEM) is the server's own or its CA's; `machines` are the hosts that the server's is for.
    """

    def __init__(self, address: str, certificate: bytes, machines: tuple[str, ...]) -> None:
        super().__init__(
            f"https://{address} answers with a certificate of another CA: x509: certificate signed by unknown authority"
        )
        self.address = address
        self.certificate = certificate
        self.machines = machines


@dataclass(frozen=True, slots=True)
class EtcdMember:
    """One member of a workload cluster's etcd; `name` is the node's name, empty until the member has started."""

    id: int
    name: str
    peer_urls: tuple[str, ...] = ()
    is_learner: bool = False
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EtcdCredentials:
    """How to speak to a cluster's etcd: whom to trust, and the client that one is. PEM."""

    ca: bytes
    certificate: bytes
    key: bytes


CredentialsSource = Callable[[], Awaitable[EtcdCredentials]]
"""Finds or makes the credentials when they are needed. Raises: UnreachableError, saying what is missing."""


class Etcd(Protocol):
    """What the control-plane controller asks of a workload cluster's etcd."""

    async def members(self) -> Sequence[EtcdMember]:
        """The member list with alarms. Raises: UnreachableError (also without quorum)."""
        ...

    async def remove_member(self, member_id: int) -> None:
        """Take a member out; nothing happens when it is not there. Raises: UnreachableError."""
        ...

    async def move_leader(self, member_id: int, *, away_from: str = "") -> None:
        """Make *member_id* the leader; with *away_from* (a member's name) only if that one leads.

        Raises: UnreachableError.
        """
        ...


class Remote(Protocol):
    """A connection to another cluster."""

    @property
    def client(self) -> Client:
        """Its API."""
        ...

    async def etcd(self, credentials: CredentialsSource) -> Etcd:
        """Its etcd, reached through the API server. Raises: UnreachableError."""
        ...

    async def close(self) -> None:
        """Let go of connections and watches."""
        ...


class Dialer(Protocol):
    """Connects to the cluster a kubeconfig names."""

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        """Return as soon as `dial` is worth trying: the address answers. Does not raise; waits as long as it takes."""
        ...

    async def dial(self, kubeconfig: bytes) -> Remote:
        """Connect and make one request. Raises: UnreachableError."""
        ...


class Remotes:
    """Connections to other clusters, one per distinct kubeconfig."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._open: dict[str, tuple[str, Remote]] = {}

    async def get(self, name: str, kubeconfig: bytes) -> Remote:
        """The connection for *name* (any stable text), dialled again when its kubeconfig changed.

        Raises: UnreachableError.
        """
        digest = hashlib.sha256(kubeconfig).hexdigest()
        known = self._open.get(name)
        if known is not None and known[0] == digest:
            return known[1]
        if known is not None:
            await self.drop(name)
        remote = await self._dialer.dial(kubeconfig)
        self._open[name] = (digest, remote)
        return remote

    async def drop(self, name: str) -> None:
        """Forget the connection, because it failed or its cluster is gone."""
        known = self._open.pop(name, None)
        if known is not None:
            await known[1].close()

    async def close(self) -> None:
        """Drop every connection."""
        for name in list(self._open):
            await self.drop(name)
