"""Reading from Helm repositories over HTTP(S), bounded and only when something changed."""

import base64
import contextlib
import errno
import ssl
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

LIMIT_BYTES = 64 << 20


class FetchError(Exception):
    """The server did not give it; the text says what and why."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_refused(self) -> bool:
        """Whether the credentials, or their absence, are the cause."""
        return self.status in (401, 403)


@dataclass(frozen=True, slots=True)
class Access:
    """How a repository wants to be asked."""

    username: str = ""
    password: str = ""
    ca: bytes = b""
    certificate: bytes = b""
    key: bytes = b""
    insecure: bool = False
    seconds: float = 60.0
    limit_bytes: int = LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class Answer:
    """What came; `body` is empty when nothing changed since the answer with that mark."""

    body: bytes = b""
    marks: tuple[tuple[str, str], ...] = field(default=())  # ETag, Last-Modified
    is_unchanged: bool = False


class Fetcher(Protocol):
    """Reads a URL."""

    async def get(self, url: str, access: Access, marks: tuple[tuple[str, str], ...] = ()) -> Answer:
        """What *url* gives; with *marks* of an earlier answer only when it is another. Raises: FetchError."""
        ...


_CONDITIONS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


class WebFetcher:
    """Over the network."""

    async def get(self, url: str, access: Access, marks: tuple[tuple[str, str], ...] = ()) -> Answer:
        headers = {_CONDITIONS[name]: value for name, value in marks if name in _CONDITIONS}
        if access.username or access.password:
            pair = base64.b64encode(f"{access.username}:{access.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        timeout = aiohttp.ClientTimeout(total=access.seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url, headers=headers, ssl=_context(access) if url.startswith("https:") else False) as reply,
            ):
                if reply.status == 304:
                    return Answer(marks=marks, is_unchanged=True)
                if reply.status != 200:
                    raise FetchError(f"failed to fetch {url} : {reply.status} {reply.reason}", reply.status)
                body = bytearray()
                async for chunk in reply.content.iter_chunked(1 << 16):
                    body += chunk
                    if len(body) > access.limit_bytes:
                        raise FetchError(f"{url} exceeds the maximum size of {access.limit_bytes} bytes")
                kept = tuple((name, reply.headers[name]) for name in _CONDITIONS if name in reply.headers)
                return Answer(bytes(body), kept)
        except (TimeoutError, aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
            raise FetchError(f'Get "{url}": {_cause(error)}') from error


def _cause(error: Exception) -> str:
    """What Go says of the same trouble, where there is one word for it."""
    if isinstance(error, TimeoutError):
        return "context deadline exceeded"
    if isinstance(error, aiohttp.ClientConnectorError):
        place = f"{error.host}:{error.port}"
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return f"dial tcp: lookup {error.host}: no such host"
        if error.os_error.errno == errno.ECONNREFUSED:
            return f"dial tcp {place}: connect: connection refused"
        return f"dial tcp {place}: {error.os_error.strerror or error}"
    return str(error) or type(error).__name__


def _context(access: Access) -> ssl.SSLContext | bool:
    if access.insecure:
        return False
    if not access.ca and not access.certificate:
        return True
    context = ssl.create_default_context()
    if access.ca:
        context.load_verify_locations(cadata=access.ca.decode())
    if access.certificate and access.key:
        import tempfile
        from pathlib import Path

        with contextlib.ExitStack() as stack:  # the ssl module reads key pairs from files only
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for name, data in (("tls.crt", access.certificate), ("tls.key", access.key)):
                path = folder / name
                path.touch(mode=0o600)
                path.write_bytes(data)
            context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context
