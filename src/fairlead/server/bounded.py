"""HTTP connections that cannot be held, or filled, for ever: limits of size and time on the head of a request.

uvicorn bounds neither. Bodies are bounded where they are read. Source of the limits and texts: Go 1.26 net/http
(DefaultMaxHeaderBytes, MaxBytesReader) and apiserver v0.36 pkg/server/secure_serving.go (ReadHeaderTimeout).
"""

from __future__ import annotations

import asyncio
import re
import sys

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fairlead.api.errors import ApiError

_UNKNOWN_METHOD = orjson.dumps(
    ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}).status()
)
_REQUEST_LINE = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+ /\S* HTTP/1\.[01]\r\n")
HEAD_LIMIT_BYTES = 1 << 20
URL_LIMIT_BYTES = 60 << 10  # httptools reads no longer ones
HEAD_LIMIT_SECONDS = 32.0
WRITE_BUFFER_BYTES = 64 << 10  # what may wait for a client that reads slowly; TLS would keep half a megabyte


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with those limits."""

    _head_bytes = 0  # of the request whose head is coming in
    _pending_bytes = 0  # received since the last head was complete, parsed or not
    _in_head = True
    _refused = False
    _timer: asyncio.TimerHandle | None = None
    _latest = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._in_head:
            self._pending_bytes += len(data)
        self._latest = data
        super().data_received(data)
        self._latest = b""
        if self._in_head and self._pending_bytes > HEAD_LIMIT_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._start_timer()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))
        if len(self.url) > URL_LIMIT_BYTES:
            self._refuse(b"414 Request-URI Too Long")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        if not self._refused:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._pending_bytes = 0
        self._stop_timer()
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            self._refuse(b"400 Bad Request: missing required Host header" if not hosts else b"400 Bad Request")
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            super().on_message_complete()
            self._in_head = True

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_LIMIT_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; a method that the parser does not know is the API's to refuse."""
        error = sys.exception()
        if isinstance(error, httptools.HttpParserInvalidMethodError) and _REQUEST_LINE.match(self._latest):
            self._refuse(b"405 Method Not Allowed", b"application/json", _UNKNOWN_METHOD)
        else:
            super().send_400_response(msg)

    def _refuse(self, status: bytes, media_type: bytes = b"text/plain; charset=utf-8", body: bytes = b"") -> None:
        """Answer without an application (with the status unless there is a body), and hang up."""
        if self._refused:
            return
        self._refused = True
        self._stop_timer()
        head = b"HTTP/1.1 " + status + b"\r\nContent-Type: " + media_type + b"\r\nConnection: close\r\n\r\n"
        self.transport.write(head + (body or status))
        self.transport.close()

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HEAD_LIMIT_SECONDS, self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def timeout_keep_alive_handler(self) -> None:
        """The client asked for nothing more in time."""
        if self.transport.get_write_buffer_size():  # nor did it take its answer: do not wait until it does
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def _late(self) -> None:
        self._timer = None
        self._refused = True
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()


__all__ = ["BoundedProtocol"]
