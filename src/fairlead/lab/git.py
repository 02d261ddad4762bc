"""The lab's Git server: one bare repository over Git's smart HTTP protocol; pushes are told at once.

An ASGI application, so that any listener can carry it. dulwich speaks the protocol in a thread; each request opens the
repository anew. Pushes happen one after the other, and one that was prepared against an older state of its branch is
refused, as Git's own server does.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import tempfile
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs

from dulwich.errors import GitProtocolError, HangupException
from dulwich.protocol import ReceivableProtocol
from dulwich.repo import Repo
from dulwich.server import Backend, ReceivePackHandler, UploadPackHandler

from fairlead.lab.packs import PackError, check_pack, objection

BODY_LIMIT_BYTES = 512 << 20
IN_MEMORY_BYTES = 8 << 20
CHUNK_BYTES = 64 << 10
IDLE_LIMIT_SECONDS = 60.0
ZERO = b"0" * 40
# What dulwich raises on requests that are not well formed.
_STUMBLES = (GitProtocolError, HangupException, EOFError, LookupError, OSError, TypeError, ValueError, zlib.error)
SERVICES = ("git-upload-pack", "git-receive-pack")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger(__name__)


class TooLargeError(Exception):
    """The request is larger than the server takes."""


class _Receiver(ReceivePackHandler):  # type: ignore[misc]  # dulwich is not followed for types
    """Takes a push; remembers which references moved."""

    moved: list[str]
    faulty = ""  # why what came is not unpacked

    def _apply_pack(self, refs: list[tuple[bytes, bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        if self.faulty and any(new != ZERO for _, new, _ in refs):
            yield b"unpack", self.faulty.encode()
            return
        yield from super()._apply_pack(refs)

    def _on_update(self, ref_name: bytes, old_sha: bytes, new_sha: bytes) -> bytes | None:
        present = self.repo.refs.read_loose_ref(ref_name) or self.repo.refs.get_packed_refs().get(ref_name) or ZERO
        if present != old_sha:
            return b"fetch first"
        if new_sha == ZERO and self.repo.refs.read_ref(b"HEAD") == b"ref: " + ref_name:
            return b"deletion of the current branch prohibited"
        problem = objection(self.repo, ref_name, new_sha) if new_sha != ZERO else None
        if problem:
            return problem
        self.moved.append(ref_name.decode(errors="replace"))
        return None


class _Opened(Backend):  # type: ignore[misc]  # as above
    """Whatever the path, it is this repository."""

    def __init__(self, repository: Repo) -> None:
        self._repository = repository

    def open_repository(self, path: object) -> Repo:
        return self._repository


class GitServer:
    """Serves the repository in *folder* under the path */name*, also with `.git` at its end."""

    def __init__(self, folder: Path, name: str, on_push: Callable[[list[str]], Awaitable[None]]) -> None:
        self._folder = str(folder)
        self._paths = (f"/{name}", f"/{name}.git")
        self._on_push = on_push
        self._pushing = threading.Lock()
        self._told: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path, method = str(scope["path"]), str(scope["method"])
        base, _, rest = path.partition("/info/refs") if path.endswith("/info/refs") else path.rpartition("/")
        if base not in self._paths:
            await _answer(send, 404, "text/plain", b"no such repository; it is at " + self._paths[0].encode() + b"\n")
        elif path.endswith("/info/refs") and method == "GET":
            await self._advertise(scope, send)
        elif rest in SERVICES and method == "POST":
            await self._serve(rest, scope, receive, send)
        else:
            await _answer(send, 404, "text/plain", b"this server speaks Git's smart HTTP protocol only\n")

    async def _advertise(self, scope: Scope, send: Send) -> None:
        query = parse_qs((scope.get("query_string") or b"").decode("latin-1"))
        service = query.get("service", [""])[0]
        if service not in SERVICES:
            await _answer(send, 403, "text/plain", b"use a Git client that speaks the smart HTTP protocol\n")
            return

        def advertise() -> bytes:
            parts: list[bytes] = []
            protocol = ReceivableProtocol(lambda size: b"", parts.append)
            protocol.write_pkt_line(f"# service={service}\n".encode())
            protocol.write_pkt_line(None)
            with Repo(self._folder) as repository:
                _handler(service, repository, protocol, advertise=True).handle()
            return b"".join(parts)

        body = await asyncio.get_running_loop().run_in_executor(None, advertise)
        await _answer(send, 200, f"application/x-{service}-advertisement", body)

    async def _serve(self, service: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("content-type") != f"application/x-{service}-request":  # a browser cannot send it unasked
            await _answer(send, 403, "text/plain", b"wrong content type\n")
            return
        loop = asyncio.get_running_loop()
        with (
            tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as request,
            tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as reply,
        ):
            try:
                if not await _read_body(receive, request):
                    return
                packed = headers.get("content-encoding", "") in ("gzip", "x-gzip")
                moved = await loop.run_in_executor(None, self._handle, service, request, reply, packed)
            except TimeoutError:
                await _answer(send, 408, "text/plain", b"nothing came any more\n")
                return
            except TooLargeError as error:
                await _answer(send, 413, "text/plain", f"{error}\n".encode())
                return
            except _STUMBLES as error:
                log.warning("Git request failed", extra={"service": service, "error": str(error)})
                await _answer(send, 400, "text/plain", f"the request cannot be understood: {error}\n".encode())
                return
            if moved:
                self._announce(moved)
            await _send_file(send, f"application/x-{service}-result", reply)

    def _handle(self, service: str, request: IO[bytes], reply: IO[bytes], packed: bool) -> list[str]:
        """Do what a request asks, in a thread; returns the references that moved."""
        request.seek(0)
        with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as plain:
            if packed:
                _unpack(request, plain)
                request = plain
            return self._do(service, request, reply)

    def _do(self, service: str, request: IO[bytes], reply: IO[bytes]) -> list[str]:
        faulty = ""
        if service == SERVICES[1]:
            try:
                check_pack(request)
            except PackError as error:
                faulty = str(error)
            request.seek(0)
        protocol = ReceivableProtocol(request.read, reply.write)
        with self._pushing if service == SERVICES[1] else contextlib.nullcontext(), Repo(self._folder) as repository:
            handler = _handler(service, repository, protocol, advertise=False)
            handler.faulty = faulty
            handler.handle()
            return list(handler.moved)

    def _announce(self, moved: list[str]) -> None:
        task = asyncio.ensure_future(self._on_push(moved))
        self._told.add(task)
        task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Future[None]) -> None:
        self._told.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a push could not be announced", exc_info=task.exception())


def _handler(service: str, repository: Repo, protocol: Any, *, advertise: bool) -> Any:
    made = UploadPackHandler if service == SERVICES[0] else _Receiver
    handler = made(_Opened(repository), ["/"], protocol, stateless_rpc=True, advertise_refs=advertise)
    handler.moved = []
    return handler


def _unpack(request: IO[bytes], into: IO[bytes]) -> None:
    """Take a gzip body apart, up to the limit, and rewind. Raises: TooLargeError, OSError, EOFError."""
    with gzip.GzipFile(fileobj=request, mode="rb") as source:
        size = 0
        while data := source.read(CHUNK_BYTES):
            size += len(data)
            if size > BODY_LIMIT_BYTES:
                raise TooLargeError(f"the request is larger than {BODY_LIMIT_BYTES} bytes")
            into.write(data)
    into.seek(0)


async def _read_body(receive: Receive, into: IO[bytes]) -> bool:
    """Take a request's body; returns False when the client went away. Raises: TooLargeError."""
    size = 0
    while True:
        async with asyncio.timeout(IDLE_LIMIT_SECONDS):
            message = await receive()
        if message["type"] == "http.disconnect":
            return False
        data = message.get("body", b"")
        size += len(data)
        if size > BODY_LIMIT_BYTES:
            raise TooLargeError(f"the request is larger than {BODY_LIMIT_BYTES} bytes")
        into.write(data)
        if not message.get("more_body"):
            return True


def _headers(content_type: str, size: int) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", content_type.encode()),
        (b"content-length", str(size).encode()),
        (b"cache-control", b"no-cache, max-age=0, must-revalidate"),
    ]


async def _answer(send: Send, status: int, content_type: str, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _headers(content_type, len(body))})
    await send({"type": "http.response.body", "body": body})


async def _send_file(send: Send, content_type: str, file: IO[bytes]) -> None:
    size = file.tell()
    file.seek(0)
    await send({"type": "http.response.start", "status": 200, "headers": _headers(content_type, size)})
    while data := file.read(CHUNK_BYTES):
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
