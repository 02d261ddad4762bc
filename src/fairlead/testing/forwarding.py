"""An API server that forwards ports of etcd Pods, on loopback: for what reaches a workload cluster's etcd.

It speaks the kubelet's side of `v4.channel.k8s.io`, and knows the etcd Pods and where their port 2379 leads. With TLS
it can also stand for the kubelets themselves, behind a real API server.
"""

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairlead.base.objects import Json
from fairlead.controllers.clusterapi.pki import KeyPair, private_pem
from fairlead.testing.peers import HOST

PROTOCOL = "v4.channel.k8s.io"
ETCD_PORT = 2379


@dataclass(slots=True)
class EtcdPod:
    """One etcd Pod: its node, where its port leads (None: nobody listens), and what the API says of it."""

    node: str
    port: int | None = None
    phase: str = "Running"
    is_ready: bool = True
    refusal: int = 0  # the HTTP status with which the API refuses to forward

    @property
    def name(self) -> str:
        return f"etcd-{self.node}"

    def manifest(self) -> Json:
        """The Pod as the API gives it."""
        labels = {"component": "etcd", "tier": "control-plane"}
        return {
            "metadata": {"name": self.name, "namespace": "kube-system", "labels": labels},
            "spec": {"nodeName": self.node},
            "status": {
                "phase": self.phase,
                "conditions": [{"type": "Ready", "status": "True" if self.is_ready else "False"}],
            },
        }


class ForwardingApi:
    """The API server; `forwarded` tells which Pods were connected to, in order."""

    def __init__(self, pods: Sequence[EtcdPod]) -> None:
        self.pods = {pod.name: pod for pod in pods}
        self.forwarded: list[str] = []
        self.server = ""

    @contextlib.asynccontextmanager
    async def running(self, context: ssl.SSLContext | None = None) -> AsyncIterator[None]:
        """Serve at `server` until the block ends."""
        app = web.Application()
        app.router.add_get("/version", self._version)
        app.router.add_get("/api/v1", self._resources)
        app.router.add_get("/api/v1/namespaces/kube-system/pods", self._list)
        app.router.add_get("/api/v1/namespaces/kube-system/pods/{name}/portforward", self._forward)
        app.router.add_get("/portForward/kube-system/{name}", self._forward)  # as kubelets have it
        async with serving(app, context) as port:
            self.server = f"{'https' if context else 'http'}://{HOST}:{port}"
            yield

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"gitVersion": "v1.36.0"})

    async def _resources(self, request: web.Request) -> web.Response:
        return web.json_response({"resources": [{"name": "pods", "kind": "Pod", "namespaced": True}]})

    async def _list(self, request: web.Request) -> web.Response:
        assert request.query["labelSelector"] == "component=etcd,tier=control-plane"
        return web.json_response({"metadata": {}, "items": [pod.manifest() for pod in self.pods.values()]})

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        pod = self.pods[request.match_info["name"]]
        if pod.refusal:
            return web.json_response({"kind": "Status"}, status=pod.refusal)
        port = "port" if request.path.startswith("/portForward/") else "ports"  # kubelet and API server differ
        assert request.query[port] == str(ETCD_PORT)
        self.forwarded.append(pod.name)
        socket = web.WebSocketResponse(protocols=(PROTOCOL,))
        await socket.prepare(request)
        for channel in (b"\x00", b"\x01"):
            await socket.send_bytes(channel + ETCD_PORT.to_bytes(2, "little"))
        try:
            reader, writer = await asyncio.open_connection(HOST, pod.port or 0)
        except OSError:
            text = f"error forwarding port {ETCD_PORT} to pod {pod.name}, uid : connect: connection refused"
            await socket.send_bytes(b"\x01" + text.encode())
            return socket
        answers = asyncio.create_task(_carry(reader, socket))
        async for message in socket:
            if message.type is WSMsgType.BINARY and message.data[:1] == b"\x00":
                writer.write(message.data[1:])
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()
        await answers
        return socket


async def _carry(reader: asyncio.StreamReader, socket: web.WebSocketResponse) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 15):
            await socket.send_bytes(b"\x00" + data)
    await socket.close()


@contextlib.asynccontextmanager
async def serving(app: web.Application, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve *app* on a free port of loopback; yields the port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0, ssl_context=context)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def member_pair(ca: KeyPair, node: str) -> KeyPair:
    """A member's certificate like kubeadm's: for its node's name and loopback, as server and as client."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.load_pem_x509_certificate(ca.certificate)
    signer: Any = serialization.load_pem_private_key(ca.key, None)
    now = datetime.now(UTC)
    names = [x509.DNSName(node), x509.DNSName("localhost"), x509.IPAddress(IPv4Address(HOST))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node)]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM), private_pem(key))


def server_context(ca: KeyPair, pair: KeyPair, *, asks: bool = True) -> ssl.SSLContext:
    """TLS of a server that *asks* for clients which *ca* vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=ca.certificate.decode())
    context.verify_mode = ssl.CERT_REQUIRED if asks else ssl.CERT_NONE
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder) / "crt", Path(folder) / "key"
        certificate.write_bytes(pair.certificate)
        key.write_bytes(pair.key)
        context.load_cert_chain(certificate, key)
    return context
