"""As whom the control plane's etcd is used: a client that the cluster's etcd CA vouches for.

Source: cluster-api v1.14, controlplane/kubeadm/pkg (cluster.go, workload_cluster.go: newClientCert).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from weakref import WeakKeyDictionary

from fairlead.base.objects import Json, Key
from fairlead.controllers.clusterapi import pki
from fairlead.controllers.contract import SECRET, get_or_none
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.keys import KeySource
from fairlead.runtime.remote import Etcd, EtcdCredentials, Remote, UnreachableError

COMMON_NAME = "cluster-api.x-k8s.io"
ALGORITHM = "ECDSA-P256"  # made at once, unlike RSA


@dataclass(frozen=True, slots=True)
class Made:
    """A client certificate, the CA that signed it, and when to make another."""

    ca: pki.KeyPair
    credentials: EtcdCredentials
    until: datetime


class EtcdAccess:
    """Opens the etcd of clusters; one client certificate serves a connection until half of its life is over."""

    def __init__(self, *, client: Client, clock: Clock, keys: KeySource) -> None:
        self._client = client
        self._clock = clock
        self._keys = keys
        self._made: WeakKeyDictionary[Remote, Made] = WeakKeyDictionary()

    async def open(self, cluster: Json, remote: Remote) -> Etcd:
        """The etcd of *cluster*, behind *remote*. Raises: UnreachableError."""
        return await remote.etcd(partial(self._credentials, cluster, remote))

    async def _credentials(self, cluster: Json, remote: Remote) -> EtcdCredentials:
        ca = await self._pair(cluster, "etcd")
        if not ca.key:  # an etcd of the user's: the client is the API servers' own
            client = await self._pair(cluster, pki.ETCD_CLIENT)
            return EtcdCredentials(ca.certificate, client.certificate, client.key)
        made = self._made.get(remote)
        if made is None or made.ca != ca or made.until <= self._clock.now():
            client = await pki.new_client(ca, COMMON_NAME, (), self._keys, self._clock, ALGORITHM)
            credentials = EtcdCredentials(ca.certificate, client.certificate, client.key)
            made = Made(ca, credentials, self._clock.now() + pki.LEAF_LIFETIME - pki.RENEWAL)
            self._made[remote] = made
        return made.credentials

    async def _pair(self, cluster: Json, purpose: str) -> pki.KeyPair:
        owner = Key.of(cluster)
        key = Key(owner.namespace, pki.secret_name(owner.name, purpose))
        secret = await get_or_none(self._client, SECRET, key)
        if secret is None:
            raise UnreachableError(f"cannot use the etcd of Cluster {owner}: Secret {key} not found; restore it")
        try:
            return pki.pair_of(secret)
        except (KeyError, ValueError) as error:
            raise UnreachableError(
                f"cannot use the etcd of Cluster {owner}: Secret {key} has no readable tls.crt and tls.key; restore it"
            ) from error
