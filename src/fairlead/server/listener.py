"""Listeners in front of ASGI applications: many API servers behind one TLS port, or each behind its own; or plain HTTP.

uvicorn's HTTP protocol does the HTTP work; this module gives it sockets, certificates and the name of the client. A
connection is told apart by the server name it asks for (SNI), else by the port it came to.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from fairlead.server.asgi import Receive, Scope, Send
from fairlead.server.bounded import BoundedProtocol
from fairlead.server.identity import Peer
from fairlead.server.pki import Pair

KEEP_ALIVE_SECONDS = 120
BACKLOG = 1024
CLOSE_SECONDS = 2.0


class _Context(ssl.SSLContext):
    """A TLS context that knows which application it leads to."""

    face: Face


@dataclass(eq=False)
class Face:
    """An application with the certificate it shows and the authority whose client certificates it believes."""

    app: Any  # an ASGI application
    server: Pair
    client_authority: str = ""

    def context(self) -> ssl.SSLContext:
        """The TLS side of this face."""
        context = _Context(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.TemporaryDirectory() as folder:  # the ssl module reads its own certificate from files only
            certificate, key = Path(folder, "tls.crt"), Path(folder, "tls.key")
            certificate.write_text(self.server.certificate)
            key.touch(mode=0o600)
            key.write_text(self.server.key)
            context.load_cert_chain(certificate, key)
        if self.client_authority:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(cadata=self.client_authority)
        context.face = self
        return context


def peer_of(certificate: dict[str, Any] | None) -> Peer | None:
    """Common name and organisations of a verified client certificate."""
    if not certificate:
        return None
    name, organisations = "", []
    for part in certificate.get("subject", ()):
        for key, value in part:
            if key == "commonName":
                name = value
            elif key == "organizationName":
                organisations.append(value)
    return name, tuple(organisations)


class _Plain(BoundedProtocol):
    """uvicorn's protocol on a connection without TLS; the application is given."""

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade is refused by the answer; nobody needs to read of it."""


class _Protocol(_Plain):
    """With the application and the client taken from the TLS connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        tls = transport.get_extra_info("ssl_object")
        self.app = tls.context.face.app
        self.app_state = {"peer": peer_of(tls.getpeercert())}
        super().connection_made(transport)


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands in until a connection says which application it wants."""


class Listener:
    """Listens on one address; `open` and `open_plain` add ports, `name` and `find` server names."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self._config = uvicorn.Config(
            _nobody,
            http=_Protocol,
            ws="none",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            date_header=False,
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._config.load()
        self._state = ServerState()
        self._named: dict[str, ssl.SSLContext] = {}
        self._servers: dict[int, asyncio.AbstractServer] = {}
        self.find: Callable[[str], Face | None] = lambda name: None  # asked once about a name nobody gave; see `forget`

    def name(self, face: Face, names: Iterable[str]) -> None:
        """Lead connections that ask for one of *names* to *face*, whatever port they come to."""
        context = face.context()
        for each in names:
            self._named[each] = context

    def forget(self, names: Iterable[str]) -> None:
        """Stop knowing *names*."""
        for each in names:
            self._named.pop(each, None)

    async def open(self, face: Face, port: int = 0) -> int:
        """Listen on *port* (0: any free one) with *face* behind it; returns the port. Raises: OSError.

        Faces found by name ask for client certificates only if *face* has an authority: OpenSSL settles that before it
        reads the name.
        """
        context = face.context()
        context.sni_callback = self._choose
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            return _Protocol(config=self._config, server_state=self._state, app_state={}, _loop=loop)

        return self._serving(await loop.create_server(protocol, self.host, port, ssl=context, backlog=BACKLOG))

    async def open_plain(self, app: Any, port: int = 0) -> int:
        """Listen on *port* (0: any free one) without TLS, with the ASGI application *app*. Raises: OSError."""
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            made = _Plain(config=self._config, server_state=self._state, app_state={}, _loop=loop)
            made.app = app
            return made

        return self._serving(await loop.create_server(protocol, self.host, port, backlog=BACKLOG))

    def _serving(self, server: asyncio.AbstractServer) -> int:
        found: int = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # of every server with sockets
        self._servers[found] = server
        return found

    def _choose(self, tls: Any, name: str | None, context: ssl.SSLContext) -> None:
        wanted = self._named.get(name) if name else None
        if wanted is None and name and (face := self.find(name)) is not None:
            wanted = self._named[name] = face.context()
        if wanted is not None:
            tls.context = wanted

    async def close_port(self, port: int) -> None:
        """Stop listening on *port*; open connections go on."""
        server = self._servers.pop(port, None)
        if server is not None:
            server.close()

    async def close(self) -> None:
        """Stop listening, let requests end, then cut what is left."""
        for port in list(self._servers):
            await self.close_port(port)
        connections = [each for each in self._state.connections if isinstance(each, _Plain)]
        for connection in connections:
            connection.shutdown()
        loop = asyncio.get_running_loop()
        end = loop.time() + CLOSE_SECONDS
        while self._state.connections and loop.time() < end:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        for left in list(self._state.connections):
            if isinstance(left, _Plain) and left.transport is not None:
                left.transport.abort()
