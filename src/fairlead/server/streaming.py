"""A watch over HTTP: events as JSON lines, as plain objects, tables or metadata, with bookmarks.

Source: apiserver v0.36 pkg/endpoints/handlers/watch.go; KEP-3157 (sendInitialEvents).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING

import orjson

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json
from fairlead.server import tables
from fairlead.server.negotiation import Wanted
from fairlead.server.registry import Resource
from fairlead.server.routes import Route
from fairlead.server.watching import Delivery, WatchStream

if TYPE_CHECKING:
    from fairlead.server.server import ApiServer

BOOKMARK_SECONDS = 60.0
DEFAULT_TIMEOUT_SECONDS = 3600.0
PIECE_BYTES = 64 << 10
_INITIAL_END = "k8s.io/initial-events-end"


class Watch:
    """One watch request."""

    def __init__(
        self, server: ApiServer, route: Route, wanted: Wanted, stream: WatchStream, resource: Resource
    ) -> None:
        self._server = server
        self._route = route
        self._wanted = wanted
        self._stream = stream
        self._resource = resource
        self._bookmarks = route.flag("allowWatchBookmarks")
        self._initial = route.flag("sendInitialEvents")
        self._marked = self._initial or not (route.one("resourceVersion") or "sendInitialEvents" in route.query)
        self._headed = False  # whether a table's columns were sent already

    async def begin(self) -> None:
        """Find the place to start. Raises: ApiError."""
        revision = self._route.one("resourceVersion")
        if revision in ("", "0") or self._initial:
            self._stream.from_now(state=self._initial or "sendInitialEvents" not in self._route.query)
        else:
            self._stream.from_revision(int(revision))
        await self._stream.settle()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The lines of the answer, several at a time when several are due, long ones in pieces."""
        timeout = self._route.one("timeoutSeconds")
        loop = asyncio.get_running_loop()
        end = loop.time() + (float(timeout) if timeout.isdigit() and timeout != "0" else DEFAULT_TIMEOUT_SECONDS)
        while True:
            remaining = end - loop.time()
            if remaining <= 0:
                if self._bookmarks:
                    yield self._bookmark({})
                return
            wait = min(remaining, BOOKMARK_SECONDS) if self._bookmarks else remaining
            try:
                batch = await asyncio.wait_for(self._stream.take(), wait)
            except TimeoutError:
                if self._bookmarks and remaining > BOOKMARK_SECONDS:
                    yield self._bookmark({})
                continue
            except ApiError as error:
                if error.code != 503:
                    yield _line("ERROR", orjson.dumps(error.status()))
                return
            for piece in _pieces(map(self._encode, batch)):
                yield piece

    def _encode(self, delivery: Delivery) -> bytes:
        record = delivery.record
        if record is None:
            return self._bookmark({_INITIAL_END: "true"}) if self._marked and self._bookmarks else b""
        plain = not self._wanted.shape
        if plain and delivery.revision == record.revision and self._stored:
            return _line(delivery.type, record.data)
        obj = self._stream.shown(delivery)
        return _line(delivery.type, orjson.dumps(obj if plain else self._shaped(obj)))

    @property
    def _stored(self) -> bool:
        return self._resource.alias_of is None and self._route.version == self._resource.storage

    def _shaped(self, obj: Json) -> Json:
        if self._wanted.shape != "Table":
            return tables.partial(obj)
        include = self._route.one("includeObject", "Metadata")
        now = self._server.objects.clock.now()
        revision = obj["metadata"].get("resourceVersion", "")
        table = tables.table(self._resource, self._route.version, [obj], now, include, revision)
        if self._headed:
            table["columnDefinitions"] = None
        self._headed = True
        return table

    def _bookmark(self, annotations: Json) -> bytes:
        revision = str(max(self._stream.revision, self._server.store.published if self._stream.idle else 0))
        metadata: Json = {"resourceVersion": revision}
        if annotations:
            metadata["annotations"] = annotations
        kind, version = self._resource.kind, self._resource.api_version(self._route.version)
        obj: Json = {"kind": kind, "apiVersion": version, "metadata": metadata}
        if self._wanted.shape == "Table":
            obj = {
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": {"resourceVersion": revision},
                "columnDefinitions": None,
                "rows": [],
            }
        elif self._wanted.shape:
            obj = tables.partial(obj)
        return _line("BOOKMARK", orjson.dumps(obj))


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """*lines* put together and cut so that no piece is large: a reader who is slow is sent nothing that must be kept.

    Lines are made only when the pieces before them were taken.
    """
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size < PIECE_BYTES:
            continue
        joined = b"".join(waiting)
        waiting, size = [], 0
        for start in range(0, len(joined), PIECE_BYTES):
            yield joined[start : start + PIECE_BYTES]
    if size:
        yield b"".join(waiting)


def _line(kind: str, data: bytes) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), data)
