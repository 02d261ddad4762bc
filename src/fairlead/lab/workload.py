"""A workload cluster of the lab: an API server of its own, an etcd member list, and the certificates it trusts.

It answers at its control-plane endpoint while at least one control-plane node runs and etcd has quorum.
"""

import base64
from typing import Any

from cryptography import x509

from fairlead.base.objects import GVK, Json, Key
from fairlead.lab.etcd import SimulatedEtcd
from fairlead.lab.network import Identity, LabNetwork
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp

NODE = GVK("", "v1", "Node")
BOOTSTRAP_TOKEN_TYPE = "bootstrap.kubernetes.io/token"


class WorkloadCluster:
    """One simulated Kubernetes cluster. Implements `lab.network.Site`."""

    def __init__(
        self,
        *,
        name: str,
        address: str,
        ca: x509.Certificate,
        ca_key: Any,
        server: Any,
        network: LabNetwork,
        clock: Clock,
        etcd: SimulatedEtcd | None = None,
    ) -> None:
        self._name = name
        self.address = address
        self._ca = ca
        self.ca_key = ca_key
        self.server = server
        self._network = network
        self._clock = clock
        self._etcd = etcd or SimulatedEtcd()
        self._api_servers: set[str] = set()  # nodes whose kube-apiserver runs
        self.admin: Client = server.client("kubernetes-admin", ("system:masters", "kubeadm:cluster-admins"))

    @property
    def name(self) -> str:
        return self._name

    @property
    def ca(self) -> x509.Certificate:
        return self._ca

    @property
    def machines(self) -> tuple[str, ...]:
        return tuple(sorted(self._api_servers))

    @property
    def is_up(self) -> bool:
        """Whether its API answers."""
        return bool(self._api_servers) and self._etcd.has_quorum

    @property
    def members(self) -> SimulatedEtcd:
        """Its etcd, seen from inside the guests."""
        return self._etcd

    def etcd(self) -> SimulatedEtcd:
        return self._etcd

    def client_for(self, identity: Identity) -> Client:
        client: Client = self.server.client(identity.user, identity.groups)
        return client

    def start_control_plane(self, node: str) -> None:
        """The control-plane processes of *node* run (etcd membership is told apart)."""
        self._api_servers.add(node)
        self._settle()

    def stop_control_plane(self, node: str) -> None:
        """The machine under *node* stopped or is gone."""
        self._api_servers.discard(node)
        self._etcd.stop(node)
        self._settle()

    def _settle(self) -> None:
        if self.is_up:
            self._network.attach(self.address, self)
        else:
            self._network.detach(self.address, self)

    async def identify_token(self, token: str) -> Identity | None:
        return self.identity_of(token)

    def identity_of(self, token: str) -> Identity | None:
        """Who holds a bootstrap token (`abcdef.0123456789abcdef`), checked as the API server's authenticator does."""
        secret = self.bootstrap_token(token)
        if secret is None:
            return None
        data = secret_data(secret)
        if data.get("usage-bootstrap-authentication") != "true":
            return None
        groups = [group for group in data.get("auth-extra-groups", "").split(",") if group]
        return Identity(f"system:bootstrap:{data['token-id']}", ("system:bootstrappers", *groups))

    def bootstrap_token(self, token: str) -> Json | None:
        """The live bootstrap token Secret whose secret part matches, or None."""
        token_id, _, secret_part = token.partition(".")
        record = self.server.store.get("secrets", Key("kube-system", f"bootstrap-token-{token_id}"))
        if record is None:
            return None
        secret: Json = record.view
        data = secret_data(secret)
        if secret.get("type") != BOOTSTRAP_TOKEN_TYPE or data.get("token-secret") != secret_part:
            return None
        expiration = data.get("expiration", "")
        if expiration and parse_timestamp(expiration) <= self._clock.now():
            return None
        return secret


def secret_data(secret: Json) -> dict[str, str]:
    """The decoded text values of a Secret; values that are not text are left out."""
    values: dict[str, str] = {}
    for key, value in (secret.get("data") or {}).items():
        try:
            values[key] = base64.b64decode(value).decode()
        except ValueError:
            continue
    return values
