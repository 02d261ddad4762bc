"""An API server in a thread, for code that is not asynchronous: the command line, and real tools.

`Served.transport` speaks to it without a socket; `Served.listen` opens a TLS port on loopback and writes a kubeconfig.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from fairlead.app.kinds import KINDS
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json
from fairlead.runtime.ids import Ids
from fairlead.runtime.kubeconfig import write_private
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

T = TypeVar("T")
ADMIN = ("admin", ("system:masters",))
PATIENCE_SECONDS = 20.0
SEED = 77_310  # another than a simulated world's: uids must not meet those of recorded objects


class FixedClock:
    """The date stands still; time goes on. Sleeping ends at once."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, delay: timedelta) -> None:
        await asyncio.sleep(0)


class Served:
    """A server in its own thread and loop, until `close`."""

    def __init__(self, now: datetime, objects: Iterable[Json] = (), *, like: Served | None = None) -> None:
        """*like*: begin with the objects of another one, which is cheap."""
        self.clock = FixedClock(now)
        self._ended = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api", daemon=True)
        self._thread.start()
        self.server = self.run(self._begin(list(objects), like))
        self._cleanup = contextlib.ExitStack()

    async def _begin(self, objects: list[Json], like: Served | None) -> ApiServer:
        """A server with *objects* as they are: uids, statuses and owners are kept."""
        if like is not None:
            return like.server.fork(self.clock, Ids(SEED))
        server = ApiServer(self.clock, Ids(SEED), KINDS)
        await server.start()
        for obj in objects:
            gvk = GVK.of(obj)
            resource = server.registry.by_kind(gvk.group, gvk.kind)
            if resource is None:
                raise LookupError(f"the server does not serve {gvk}")
            server.store.put(resource.ident, obj, None)
        await server.store.settled(server.store.revision)
        return server

    async def _end(self) -> None:
        """Stop the server, and what is still being answered."""
        await self.server.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    @property
    def client(self) -> LocalClient:
        """The in-process client; call it through `run`."""
        return self.server.client(manager="tests")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the server's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    def start(self, work: Coroutine[Any, Any, T]) -> None:
        """Have something done in the server's loop meanwhile."""
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def transport(self) -> AsgiTransport:
        """A `cli.transport.Transport` to the server."""
        return AsgiTransport(self.server, self._loop, self._ended)

    def listen(self, folder: Path) -> Path:
        """Serve TLS on a free port of loopback; returns a kubeconfig in *folder*."""
        from fairlead.server.listener import Face, Listener
        from fairlead.server.pki import Authority, kubeconfig

        now = datetime.now(self.clock.now().tzinfo)  # certificates are judged by the machine's clock
        authority = Authority.create("fairlead", now)
        listener = Listener()
        face = Face(self.server.asgi, authority.issue_server(("localhost", "127.0.0.1"), now), authority.certificate)
        port = self.run(listener.open(face))
        self._cleanup.callback(lambda: self.run(listener.close()))
        admin = authority.issue_client(*ADMIN, now)
        config = kubeconfig("fairlead", f"https://127.0.0.1:{port}", authority.certificate, pair=admin)
        path = folder / "kubeconfig"
        write_private(path, goyaml.dump(config))
        return path

    def close(self) -> None:
        """Stop the server and its thread; whoever asks from now on is refused."""
        self._ended.set()
        self._cleanup.close()
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()


class AsgiTransport:
    """Requests to a server in another thread, without a socket."""

    def __init__(self, server: ApiServer, loop: asyncio.AbstractEventLoop, ended: threading.Event) -> None:
        self._server = server
        self._loop = loop
        self._ended = ended
        self._open: list[_Response] = []

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, timeout_seconds: float
    ) -> _Response:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "state": {"peer": ADMIN},
        }
        if self._ended.is_set():
            raise ConnectionRefusedError(111, "Connection refused")
        response = _Response(min(timeout_seconds, PATIENCE_SECONDS))
        response.task = asyncio.run_coroutine_threadsafe(self._serve(scope, body or b"", response), self._loop)
        self._open.append(response)
        response.begin()
        return response

    async def _serve(self, scope: dict[str, Any], body: bytes, response: _Response) -> None:
        bodies = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if bodies:
                return bodies.pop()
            await asyncio.Event().wait()  # the client never goes away by itself
            return None

        async def send(message: Any) -> None:
            response.put(message)

        await self._server.asgi(scope, receive, send)
        response.put(None)

    def twin(self) -> AsgiTransport:
        return AsgiTransport(self._server, self._loop, self._ended)

    def close(self) -> None:
        """Cancel what was asked and not read to its end."""
        while self._open:
            response = self._open.pop()
            if response.task is not None:
                response.task.cancel()


class _Response:
    """What the server sends, handed over from its thread."""

    def __init__(self, timeout_seconds: float) -> None:
        self.status = 0
        self.task: Any = None
        self._timeout = timeout_seconds
        self._messages: queue.Queue[Any] = queue.Queue()

    def put(self, message: Any) -> None:
        self._messages.put(message)

    def _next(self) -> Any:
        try:
            return self._messages.get(timeout=self._timeout)
        except queue.Empty:
            raise TimeoutError("no answer") from None

    def begin(self) -> None:
        """Wait for the status."""
        self.status = self._next()["status"]

    def _chunks(self) -> Iterator[bytes]:
        while (message := self._next()) is not None:
            yield message.get("body", b"")
            if not message.get("more_body"):
                return

    def read(self) -> bytes:
        return b"".join(self._chunks())

    def lines(self) -> Iterator[bytes]:
        rest = b""
        for chunk in self._chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest
