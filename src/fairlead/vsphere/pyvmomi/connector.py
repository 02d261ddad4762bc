"""Connecting: the address, the certificate's thumbprint, the log-in. No password is sent to a wrong certificate."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fairlead.vsphere.errors import LoginFailed, ThumbprintMismatch, Unreachable, VSphereError

if TYPE_CHECKING:
    from fairlead.vsphere.pyvmomi.session import PyvmomiSession

CONNECT_SECONDS = 15.0
POOL_SIZE = 8
API_VERSION = "vim.version.version12"  # 6.7: it has all we use, and every supported vCenter still speaks it


class Endpoint:
    """Where a vCenter's SOAP API is, from what VSphereCluster.spec.server holds."""

    def __init__(self, server: str) -> None:
        text = server.strip()
        if "://" not in text:
            text = f"https://[{text}]" if text.count(":") > 1 and not text.startswith("[") else f"https://{text}"
        parts = urlsplit(text)
        try:
            self.port = parts.port or (80 if parts.scheme == "http" else 443)
        except ValueError as error:
            raise Unreachable(f'error parsing vSphere URL "{server}": {error}') from error
        self.host = parts.hostname or ""
        if not self.host:
            raise Unreachable(f'error parsing vSphere URL "{server}": it names no host')
        self.secure = parts.scheme != "http"
        self.path = parts.path.rstrip("/") or "/sdk"
        shown = f"[{self.host}]" if ":" in self.host else self.host
        self.host_port = f"{shown}:{self.port}"
        self.url = f"{parts.scheme}://{shown}{f':{parts.port}' if parts.port else ''}{self.path}"


class PyvmomiConnector:
    """Opens sessions with vCenters over SOAP."""

    def __init__(self, *, pool_size: int = POOL_SIZE, connect_seconds: float = CONNECT_SECONDS) -> None:
        self._pool_size = pool_size
        self._connect_seconds = connect_seconds

    async def connect(self, server: str, username: str, password: str, thumbprint: str = "") -> PyvmomiSession:
        """See `port.Connector.connect`."""
        threads = ThreadPoolExecutor(max_workers=self._pool_size, thread_name_prefix="vsphere")
        loop = asyncio.get_running_loop()
        connecting = threads.submit(self._connect, server, username, password, thumbprint, threads, loop)
        try:
            return await asyncio.wrap_future(connecting)
        except BaseException:
            connecting.add_done_callback(_abandon)
            threads.shutdown(wait=False, cancel_futures=True)
            raise

    def _connect(
        self,
        server: str,
        username: str,
        password: str,
        thumbprint: str,
        threads: ThreadPoolExecutor,
        loop: asyncio.AbstractEventLoop,
    ) -> PyvmomiSession:
        endpoint = Endpoint(server)
        if endpoint.secure:
            check_certificate(endpoint, thumbprint, self._connect_seconds)
        from pyVmomi import vim  # half a second, so only here, in a thread

        from fairlead.vsphere.pyvmomi.faults import translated
        from fairlead.vsphere.pyvmomi.session import PyvmomiSession

        stub = make_stub(endpoint, thumbprint, self._pool_size + 2, self._connect_seconds)
        try:
            with translated(endpoint.url):
                content: Any = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
                content.sessionManager.Login(username, password, None)
        except VSphereError as error:
            stub.DropConnections()
            if isinstance(error, LoginFailed | ThumbprintMismatch | Unreachable):
                raise
            raise Unreachable(str(error)) from error
        return PyvmomiSession(server, endpoint, stub, content, threads, loop)


def _abandon(connecting: Future[PyvmomiSession]) -> None:
    """Close what was opened for somebody who no longer waits."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().abandon()


def digests(der: bytes) -> tuple[str, str]:
    """Return a certificate's SHA-1 and SHA-256 thumbprints, upper case with colons."""
    found = []
    for algorithm in ("sha1", "sha256"):
        digest = hashlib.new(algorithm, der, usedforsecurity=False).hexdigest().upper()
        found.append(":".join(digest[i : i + 2] for i in range(0, len(digest), 2)))
    return found[0], found[1]


def matches(thumbprint: str, der: bytes) -> bool:
    wanted = thumbprint.replace(":", "").strip().upper()
    return any(wanted == d.replace(":", "") for d in digests(der))


def unverified_context() -> ssl.SSLContext:
    """Return a client context that accepts any certificate; the thumbprint is checked by us, or nothing is (CAPV)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def check_certificate(endpoint: Endpoint, thumbprint: str, seconds: float) -> None:
    """Shake hands with a vCenter. Raises: Unreachable, ThumbprintMismatch."""
    try:
        with (
            socket.create_connection((endpoint.host, endpoint.port), timeout=seconds) as plain,
            unverified_context().wrap_socket(plain, server_hostname=endpoint.host) as secured,
        ):
            der = secured.getpeercert(binary_form=True) or b""
    except (OSError, HTTPException) as error:
        raise unreachable(endpoint, error) from error
    if thumbprint and not matches(thumbprint, der):
        raise ThumbprintMismatch(endpoint.url, endpoint.host_port, thumbprint, *digests(der))


def unreachable(endpoint: Endpoint, error: Exception) -> Unreachable:
    """Return the error in the words Go's dialer uses, which is what people search for."""
    prefix = f'Post "{endpoint.url}": '
    match error:
        case ConnectionRefusedError():
            return Unreachable(f"{prefix}dial tcp {endpoint.host_port}: connect: connection refused")
        case socket.gaierror():
            return Unreachable(f"{prefix}dial tcp: lookup {endpoint.host}: no such host")
        case TimeoutError():
            return Unreachable(f"{prefix}dial tcp {endpoint.host_port}: i/o timeout")
        case ssl.SSLError():
            return Unreachable(f"{prefix}tls: {error.reason or error}")
    return Unreachable(f"{prefix}dial tcp {endpoint.host_port}: {error}")


def make_stub(endpoint: Endpoint, thumbprint: str, pool_size: int, seconds: float) -> Any:
    """Return a SOAP stub whose every connection is checked against the pinned thumbprint."""
    from pyVmomi import SoapStubAdapter

    class PinnedStub(SoapStubAdapter):  # type: ignore[misc]  # pyVmomi has no types
        """Checks the certificate of each new connection before anything is sent on it."""

        def GetConnection(self) -> Any:  # noqa: N802 — pyVmomi's name
            connection = super().GetConnection()
            if getattr(connection, "fairlead_checked", False):
                return connection
            sock = connection.sock
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(None)  # WaitForUpdatesEx answers when something changes
            if endpoint.secure and thumbprint:
                der = sock.getpeercert(True)
                if not matches(thumbprint, der):
                    with contextlib.suppress(OSError):
                        connection.close()
                    raise ThumbprintMismatch(endpoint.url, endpoint.host_port, thumbprint, *digests(der))
            connection.fairlead_checked = True
            return connection

    extra: dict[str, Any] = {"sslContext": unverified_context()} if endpoint.secure else {}
    host = endpoint.host
    port = endpoint.port if endpoint.secure else -endpoint.port
    return PinnedStub(
        host=host,
        port=port,
        path=endpoint.path,
        version=API_VERSION,
        poolSize=pool_size,
        httpConnectionTimeout=seconds,
        connectionPoolTimeout=90,
        **extra,
    )
