"""The ASGI face of one server: reads a request, lets it be answered, writes the answer. Knows no objects.

It stands apart from any listener: who is behind the connection comes in `scope["state"]["peer"]`, the pair of common
name and organisations of a verified client certificate, or nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import orjson

from fairlead.api.errors import ApiError, as_api_error, bad_request
from fairlead.server import negotiation, routes
from fairlead.server.authorization import Attributes, refusal
from fairlead.server.handlers import Answer, Call, Handlers, Streaming
from fairlead.server.identity import User

if TYPE_CHECKING:
    from fairlead.server.server import ApiServer

BODY_LIMIT_BYTES = 3 * 1024 * 1024
BODY_LIMIT_SECONDS = 60.0
SEND_LIMIT_SECONDS = 60.0  # for a client to take a piece of a watch
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9a-fA-F]{2})")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger(__name__)


class Application:
    """The ASGI application of one server."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._handlers = Handlers(server)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope.get("path", "/")
        route = routes.parse(scope["method"], path, (scope.get("query_string") or b"").decode("latin-1"))
        call = Call(route, User(""), headers)
        try:
            self._server.check_open()
            if _BROKEN_ESCAPE.search(scope.get("raw_path") or b""):
                raise bad_request(f"the path {path!r} holds a % that begins no escape")
            call.user = self._user(scope, headers)
            self._server.authorizer.check(call.user, route.deed)
            if scope["method"] not in ("GET", "HEAD"):
                call.body = await _body_in_time(receive, headers)
            answer = await self._handlers.answer(call)
        except ApiError as error:
            answer = _refusal(error)
        except RecursionError:
            answer = _refusal(bad_request("the object is nested too deeply"))
        except Exception as error:
            log.exception("request failed", extra={"method": route.method, "path": path})
            answer = _refusal(as_api_error(error, "Internal error occurred"))
        if isinstance(answer, Streaming):
            await _stream(answer, receive, send)
        else:
            await _send(answer, call, headers, send)

    def _user(self, scope: Scope, headers: dict[str, str]) -> User:
        peer = (scope.get("state") or {}).get("peer")
        user = self._server.authenticator.authenticate(peer, headers.get("authorization", ""))
        name = headers.get("impersonate-user")
        if not name:
            return user
        wanted = User(name, tuple(each for each in headers.get("impersonate-group", "").split(",") if each))
        deeds = [Attributes("impersonate", "", "users", name=name)]
        deeds.extend(Attributes("impersonate", "", "groups", name=group) for group in wanted.groups)
        for deed in deeds:
            if not self._server.authorizer.allows(user, deed):
                raise refusal(user, deed)
        if name != "system:anonymous":
            wanted = User(name, (*wanted.groups, "system:authenticated"))
        return wanted


async def _body_in_time(receive: Receive, headers: dict[str, str]) -> bytes:
    try:
        async with asyncio.timeout(BODY_LIMIT_SECONDS):
            return await _body(receive, headers)
    except TimeoutError as error:
        text = f"Timeout: the body of the request did not come within {BODY_LIMIT_SECONDS:.0f} s"
        raise ApiError(408, "Timeout", text) from error


async def _body(receive: Receive, headers: dict[str, str]) -> bytes:
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > BODY_LIMIT_BYTES:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiError(499, "Timeout", "the client went away")
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT_BYTES:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _too_large() -> ApiError:
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {BODY_LIMIT_BYTES}")


def _refusal(error: ApiError) -> Answer:
    headers = [(b"retry-after", b"1")] if error.code in (429, 503) else []
    if error.code in (408, 413):
        headers.append((b"connection", b"close"))  # what is left of the body is not waited for
    return Answer(error.code, orjson.dumps(error.status()), headers=headers)


async def _send(answer: Answer, call: Call, headers: dict[str, str], send: Send) -> None:
    body = answer.body
    sent = [(b"content-type", answer.content_type.encode()), (b"cache-control", b"no-cache, private"), *answer.headers]
    for text in call.warnings:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        sent.append((b"warning", f'299 - "{escaped}"'.encode("latin-1", "replace")))
    packed = negotiation.compressed(body, headers.get("accept-encoding", ""))
    if packed is not None:
        body = packed
        sent.extend([(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")])
    sent.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if call.route.method == "HEAD" else body})


async def _stream(answer: Streaming, receive: Receive, send: Send) -> None:
    """Send what the watch yields until it ends or the client goes away."""
    content_type = answer.content_type.encode()
    headers = [(b"content-type", content_type), (b"cache-control", b"no-cache, private")]
    headers.extend((b"warning", f'299 - "{text}"'.encode("latin-1", "replace")) for text in answer.warnings)

    async def pump() -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        async for chunk in answer.chunks:
            async with asyncio.timeout(SEND_LIMIT_SECONDS):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = [asyncio.ensure_future(pump()), asyncio.ensure_future(gone())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await task
        await answer.close()
