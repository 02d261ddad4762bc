"""The door to all workload clusters: one TLS port on loopback, where the server name says which cluster is meant.

Nothing listens at the addresses that the manifests give (`192.168.10.11:6443`). A client outside the process connects
here and asks for the address's name (`192-168-10-11-6443.workload.fairlead.internal`): that is a kubeconfig with
`server: https://127.0.0.1:PORT` and `tls-server-name`. Certificates are those of the cluster: the one shown is signed
by its CA, and client certificates that its CA signed are believed.
"""

from __future__ import annotations

from typing import Any

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fairlead.api.errors import service_unavailable
from fairlead.lab import certificates
from fairlead.lab.network import LabNetwork
from fairlead.lab.workload import WorkloadCluster
from fairlead.runtime.clock import Clock
from fairlead.server.asgi import Receive, Scope, Send
from fairlead.server.listener import Face, Listener
from fairlead.server.pki import Authority, Pair

DOMAIN = "workload.fairlead.internal"


def server_name(address: str) -> str:
    """The name under which the cluster at *address* (`host:port`) is reached through the door."""
    host, _, port = address.rpartition(":")
    return f"{host.strip('[]').replace('.', '-').replace(':', '-')}-{port}.{DOMAIN}"


class Front:
    """Keeps a listener's server names in step with what answers in the lab's network."""

    def __init__(self, network: LabNetwork, clock: Clock, listener: Listener) -> None:
        self._network = network
        self._clock = clock
        self._listener = listener
        listener.find = self._find
        network.detached.append(self._forget)

    async def open(self, port: int = 0) -> int:
        """Listen; returns the port. Raises: OSError."""
        nobody = Authority.create("nobody", self._clock.now())
        pair = nobody.issue_server((f"nothing.{DOMAIN}",), self._clock.now())
        # With an authority, so that client certificates are asked for: the name changes whom to believe, not whether.
        return await self._listener.open(Face(_nothing_here, pair, nobody.certificate), port)

    def _find(self, name: str) -> Face | None:
        for address, site in self._network.sites.items():
            if server_name(address) == name and isinstance(site, WorkloadCluster):
                return self._face(name, site)
        return None

    def _forget(self, address: str) -> None:
        self._listener.forget((server_name(address),))

    def _face(self, name: str, cluster: WorkloadCluster) -> Face:
        key = ec.generate_private_key(ec.SECP256R1())
        names = (name, cluster.address.rpartition(":")[0].strip("[]"), "kubernetes", "kubernetes.default", "127.0.0.1")
        certificate = certificates.sign(
            certificates.subject("kube-apiserver"),
            key.public_key(),
            ca=cluster.ca,
            ca_key=cluster.ca_key,
            clock=self._clock,
            server_names=names,
        )
        key_pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        authority = cluster.ca.public_bytes(serialization.Encoding.PEM).decode()
        return Face(_while_up(cluster), Pair(certificate.decode(), key_pem.decode()), authority)


def _while_up(cluster: WorkloadCluster) -> Any:
    """The cluster's application; a connection that outlived its control plane is told so."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if cluster.is_up:
            await cluster.server.asgi(scope, receive, send)
        else:
            await _refuse(send, f"the API server of cluster '{cluster.name}' does not answer")

    return application


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    await _refuse(send, "no cluster of that name answers; see tls-server-name in the kubeconfig")


async def _refuse(send: Send, text: str) -> None:
    body = orjson.dumps(service_unavailable(text).status())
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
