"""One TCP connection to a port of a Pod, carried by a WebSocket through the API server, and TLS inside it.

Source: Kubernetes v1.36, pkg/registry/core/pod/rest/subresources.go (PortForwardREST: a WebSocket of another protocol
than the SPDY tunnel is handed to the kubelet as it is), k8s.io/cri-streaming pkg/streaming/portforward/websocket.go
(`v4.channel.k8s.io`). That protocol is served by every supported version; each message begins with its channel, and
each channel with the port, in two bytes. It has no half-close: the connection ends as a whole.
"""

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import aiohttp

from fairlead.runtime.http import HttpClient

PROTOCOL = "v4.channel.k8s.io"
DATA, ERROR = 0, 1
FRAME_BYTES = 1 << 20  # kubelets send at most 32 KiB at once
READ_BYTES = 1 << 16

T = TypeVar("T")


class ForwardError(Exception):
    """The connection to the Pod's port cannot be made or broke; the text is the kubelet's where it gave one."""


@contextlib.asynccontextmanager
async def forward(client: HttpClient, namespace: str, pod: str, port: int) -> AsyncIterator["Forward"]:
    """A connection to *port* of a Pod, closed at the block's end. Raises: ApiError, ForwardError."""
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward"
    socket = await client.websocket(path, {"ports": str(port)}, protocol=PROTOCOL, limit_bytes=FRAME_BYTES)
    try:
        if socket.protocol != PROTOCOL:
            raise ForwardError(f"the server speaks the protocol {socket.protocol!r}, not {PROTOCOL!r}")
        yield Forward(socket, port)
    finally:
        await socket.close()


class Forward:
    """The bytes to and from a forwarded port."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, port: int) -> None:
        self._socket = socket
        self._greeting = port.to_bytes(2, "little")
        self._greeted: dict[int, bytes] = {DATA: b"", ERROR: b""}

    async def send(self, data: bytes) -> None:
        """Send *data*. Raises: ForwardError."""
        try:
            await self._socket.send_bytes(bytes((DATA,)) + data)
        except (aiohttp.ClientError, OSError) as error:
            raise ForwardError(f"the connection broke: {error}") from error

    async def receive(self) -> bytes:
        """The next bytes from the port, empty at their end. Raises: ForwardError."""
        while True:
            message = await self._socket.receive()
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED):
                return b""
            if message.type is not aiohttp.WSMsgType.BINARY:
                raise ForwardError(f"the connection broke: {message.data}")
            frame: bytes = message.data
            if not frame:
                continue
            channel, data = frame[0], self._without_greeting(frame[0], frame[1:])
            if channel == ERROR and data:
                raise ForwardError(data.decode(errors="replace").strip())
            if data:
                return data

    def _without_greeting(self, channel: int, data: bytes) -> bytes:
        """*data* without the port number at the beginning of each channel."""
        seen = self._greeted.get(channel)
        if seen is None:
            raise ForwardError(f"the server sent a message on channel {channel}, which was not asked for")
        missing = len(self._greeting) - len(seen)
        if missing:
            self._greeted[channel] = seen = seen + data[:missing]
            if not self._greeting.startswith(seen):
                raise ForwardError(
                    f"the server forwards port {int.from_bytes(seen, 'little')}, which was not asked for"
                )
        return data[missing:]


class TlsStream:
    """TLS over a forwarded port: begin with `handshake`. Requests and answers take turns; it is not for two tasks."""

    def __init__(self, under: Forward, context: ssl.SSLContext, server_name: str) -> None:
        self._under = under
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)

    async def handshake(self) -> None:
        """Raises: ForwardError, ssl.SSLError."""
        await self._drive(self._tls.do_handshake)

    async def write(self, data: bytes) -> None:
        """Raises: ForwardError, ssl.SSLError."""
        rest = memoryview(data)
        while rest:
            written = await self._drive(lambda rest=rest: self._tls.write(rest))  # type: ignore[misc]
            rest = rest[written:]

    async def read(self) -> bytes:
        """The next bytes, empty at their end. Raises: ForwardError, ssl.SSLError."""
        try:
            return await self._drive(lambda: self._tls.read(READ_BYTES))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def _drive(self, step: Callable[[], T]) -> T:
        """Repeat *step* with what comes over the connection until it succeeds."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._under.receive()
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
                continue
            except ssl.SSLError:
                with contextlib.suppress(ForwardError):
                    await self._flush()  # the other side is told why
                raise
            await self._flush()
            return result

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._under.send(data)
