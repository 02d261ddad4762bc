"""HTTPS in front of the SOAP service: /sdk, the version document, and REST log-in as far as clients insist on it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

import uvicorn

from fairlead.vcenter.faults import VimFault
from fairlead.vcenter.simulator import API_VERSION, VCenter
from fairlead.vcenter.soap.certificate import Certificate
from fairlead.vcenter.soap.listening import bound
from fairlead.vcenter.soap.service import SoapService
from fairlead.vcenter.soap.wire import MAX_REQUEST_BYTES

COOKIE = "vmware_soap_session"
REST_COOKIE = "vmware-api-session-id"
VERSIONS = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<namespaces version="1.0"><namespace><name>urn:vim25</name>'
    f"<version>{API_VERSION}</version><priorVersions>"
    + "".join(f"<version>{v}</version>" for v in ("8.0.2.0", "8.0.1.0", "8.0.0.1", "7.0", "6.7", "6.5", "6.0"))
    + "</priorVersions></namespace></namespaces>"
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers (the program that embeds it has its own) and without its ticking."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ended = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.ended.wait()


class SoapServer:
    """A simulated vCenter on a socket. `start`, then `url` and the thumbprints are known; `stop` frees the port."""

    def __init__(
        self,
        vcenter: VCenter,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Certificate | None = None,
        settled: Callable[[], Awaitable[None]] | None = None,
        listener: socket.socket | None = None,
        http: type[asyncio.Protocol] | None = None,
    ) -> None:
        """*settled* returns once all that the vCenter has journaled so far is durable; no answer leaves before.

        *listener* is a socket that was bound before, in place of *host* and *port*; *http* the protocol of its
        connections, where it is not uvicorn's own.
        """
        self._http = http
        self._vcenter = vcenter
        self._settled = settled
        self._service = SoapService(vcenter)
        self._host = host
        self._port = port
        self.certificate = certificate or Certificate.create(vcenter.clock.now())
        self._listener = listener
        if listener is not None:
            self._port = listener.getsockname()[1]
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """host:port"""
        return f"{self._host}:{self._port}"

    @property
    def url(self) -> str:
        return f"https://{self.address}"

    @property
    def thumbprint(self) -> str:
        """SHA-256, as CAPV's `thumbprint` fields take it."""
        return self.certificate.thumbprint("sha256")

    @property
    def thumbprint_sha1(self) -> str:
        return self.certificate.thumbprint("sha1")

    async def start(self) -> None:
        """Listen; returns when requests are answered. Raises: OSError."""
        if self._listener is None:
            self._listener = bound(self._host, self._port)
            self._port = self._listener.getsockname()[1]
        context = self.certificate.server_context()
        config = uvicorn.Config(
            self._app,
            http=self._http or "auto",
            log_config=None,
            log_level="warning",
            access_log=False,
            interface="asgi3",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=120,
            timeout_graceful_shutdown=1,
            ssl_context_factory=lambda *_: context,
        )
        self._server = _Server(config)
        self._task = asyncio.get_running_loop().create_task(self._server.serve([self._listener]), name="vcenter https")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError(f"cannot serve the simulated vCenter at {self.address}")
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Stop listening; waiting clients are answered with a fault."""
        self._service.close()
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            self._server.ended.set()
            await self._task
        elif self._listener is not None:
            self._listener.close()

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path, method = str(scope["path"]).rstrip("/"), scope["method"]
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        if path == "/sdk" and method == "POST":
            await self._soap(headers, receive, send)
        elif path == "/sdk/vimServiceVersions.xml":
            await _answer(send, 200, VERSIONS.encode(), "text/xml")
        elif path in ("/rest/com/vmware/cis/session", "/api/session"):
            await self._rest_session(path, method, headers, send)
        elif path == "":
            text = "This is a simulated vCenter. Its API is at /sdk; point govc or pyVmomi here.\n"
            await _answer(send, 200, text.encode(), "text/plain; charset=utf-8")
        else:
            await _answer(send, 404, b"not found\n", "text/plain")

    async def _soap(self, headers: dict[str, str], receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await _answer(send, 413, b"the request is larger than the simulator accepts\n", "text/plain")
            return
        reply = await self._service.serve(body, _cookie(headers, COOKIE), headers.get("user-agent", ""))
        if self._settled is not None:
            await self._settled()
        extra = []
        if reply.cookie:
            extra = [("set-cookie", f'{COOKIE}="{reply.cookie}"; Path=/; HttpOnly; Secure')]
        await _answer(send, reply.status, reply.body, "text/xml; charset=utf-8", extra)

    async def _rest_session(self, path: str, method: str, headers: dict[str, str], send: Send) -> None:
        """Log in and out of the REST API. Nothing else of it is simulated."""
        sessions = self._vcenter.sessions
        key = headers.get(REST_COOKIE, "") or _cookie(headers, REST_COOKIE)
        wrap = path.startswith("/rest")
        if method == "POST":
            user, password = _basic(headers.get("authorization", ""))
            try:
                session = sessions.login(user, password, headers.get("user-agent", ""))
            except VimFault:
                error = {"type": "com.vmware.vapi.std.errors.unauthenticated", "value": {"messages": []}}
                await _answer(send, 401, json.dumps(error).encode(), "application/json")
                return
            value: object = {"value": session.key} if wrap else session.key
            extra = [("set-cookie", f"{REST_COOKIE}={session.key}; Path=/; HttpOnly; Secure")]
            await _answer(send, 200 if wrap else 201, json.dumps(value).encode(), "application/json", extra)
            return
        live = sessions.get(key)
        if live is None:
            await _answer(send, 401, b"{}", "application/json")
        elif method == "DELETE":
            sessions.end(key)
            await _answer(send, 200 if wrap else 204, b"", "application/json")
        else:
            shown: object = {"user": live.user, "created_time": live.login_time.isoformat()}
            await _answer(send, 200, json.dumps({"value": shown} if wrap else shown).encode(), "application/json")


def _cookie(headers: dict[str, str], name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _basic(header: str) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


async def _body(receive: Receive) -> bytes | None:
    """Read a request's body, None when it is larger than the bound."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_REQUEST_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int, body: bytes, kind: str, extra: list[tuple[str, str]] | None = None) -> None:
    headers = [("content-type", kind), ("content-length", str(len(body))), *(extra or [])]
    encoded = [(k.encode(), v.encode()) for k, v in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
