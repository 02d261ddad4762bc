"""HTTP to an API server with the standard library alone, one request after the other on one connection.

aiohttp would take longer to load than most commands take to run.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from fairlead.runtime.kubeconfig import Access

if TYPE_CHECKING:
    import ssl


ANSWER_LIMIT_BYTES = 1 << 30  # unpacked: about half a million objects


class Response(Protocol):
    """An answer whose body is still to be read."""

    @property
    def status(self) -> int: ...

    def read(self) -> bytes:
        """The whole body. Raises: OSError, http.client.HTTPException (also for a body that never ends)."""
        ...

    def lines(self) -> Iterator[bytes]:
        """The body line by line, as the lines come. Raises: TimeoutError when none came for the time given."""
        ...


class Transport(Protocol):
    """How requests get to the API."""

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, timeout_seconds: float
    ) -> Response:
        """Send one request. Raises: OSError (also of TLS), http.client.HTTPException."""
        ...

    def twin(self) -> Transport:
        """Another connection to the same server."""
        ...

    def close(self) -> None: ...


class _Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status

    def read(self) -> bytes:
        body = self._response.read(ANSWER_LIMIT_BYTES + 1)
        if self._response.getheader("Content-Encoding") == "gzip":
            body = _unpacked(body)
        if len(body) > ANSWER_LIMIT_BYTES:
            raise http.client.HTTPException(f"the answer is larger than {ANSWER_LIMIT_BYTES >> 20} MiB")
        return body

    def lines(self) -> Iterator[bytes]:
        while line := self._response.readline():
            yield line


def _unpacked(body: bytes) -> bytes:
    """*body* without gzip, up to one byte more than is taken. Raises: http.client.HTTPException."""
    import zlib

    unpacking = zlib.decompressobj(wbits=31)
    try:
        data = unpacking.decompress(body, ANSWER_LIMIT_BYTES + 1)
    except zlib.error as error:
        raise http.client.HTTPException(f"the answer is packed wrongly: {error}") from error
    if not unpacking.eof and len(data) <= ANSWER_LIMIT_BYTES:
        raise http.client.HTTPException("the answer ends too early")
    return data


class _Tls:
    """The TLS settings of one server, made when first needed, once for all connections to it.

    The certificates go through files on the way, which a thread must not write while the process ends.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """The settings. Raises: ssl.SSLError for certificates that cannot be read."""
        with self._lock:
            if self._context is None:
                from fairlead.runtime.tls import tls_context

                self._context = tls_context(self._access)
            return self._context


class HttpTransport:
    """One connection to the server of *access*; made again when the server closed it."""

    def __init__(self, access: Access, tls: _Tls | None = None) -> None:
        self._access = access
        self._tls_settings = tls or _Tls(access)
        parts = urlsplit(access.server)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._prefix = parts.path.rstrip("/")
        self._secure = parts.scheme == "https"
        self._connection: http.client.HTTPConnection | None = None

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, timeout_seconds: float
    ) -> Response:
        sent = dict(headers)
        if self._access.token:
            sent["Authorization"] = f"Bearer {self._access.token}"
        fresh = self._connection is None
        try:
            return self._once(method, target, sent, body, timeout_seconds)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.close()
            if fresh or method != "GET":
                raise
            return self._once(method, target, sent, body, timeout_seconds)

    def _once(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, timeout_seconds: float
    ) -> Response:
        connection = self._open(timeout_seconds)
        try:
            connection.request(method, self._prefix + target, body=body, headers=dict(headers))
            return _Answer(connection.getresponse())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def _open(self, timeout_seconds: float) -> http.client.HTTPConnection:
        if self._connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout_seconds)
            if self._secure:
                connection.sock = self._tls(timeout_seconds)
            else:
                connection.connect()
            self._connection = connection
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout_seconds)
        return self._connection

    def _tls(self, timeout_seconds: float) -> socket.socket:
        context = self._tls_settings.context()
        plain = socket.create_connection((self._host, self._port), timeout=timeout_seconds)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return context.wrap_socket(plain, server_hostname=self._access.tls_server_name or self._host)
        except OSError:
            plain.close()
            raise

    def twin(self) -> HttpTransport:
        return HttpTransport(self._access, self._tls_settings)

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
