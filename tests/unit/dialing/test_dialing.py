"""Reaching clusters over the network, as far as it goes without one."""

import asyncio
import contextlib
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK
from fairlead.runtime import http
from fairlead.runtime.clock import WallClock
from fairlead.runtime.dialing import HttpDialer
from fairlead.runtime.kubeconfig import Access, render
from fairlead.runtime.remote import StrangerError, UnreachableError
from fairlead.server.pki import Authority
from fairlead.testing.peers import free_port

POD = GVK("", "v1", "Pod")


def test_waits_until_somebody_listens() -> None:
    """`wait_reachable` returns once the port is open, not before."""

    async def main() -> None:
        port = free_port()
        access = Access(server=f"https://127.0.0.1:{port}")
        text = goyaml.dump(render(access, cluster="x", user="x")).encode()

        class Impatient(WallClock):
            async def sleep(self, delay: timedelta) -> None:
                assert timedelta(seconds=1) <= delay <= timedelta(seconds=15)
                await asyncio.sleep(0.01)

        waiting = asyncio.ensure_future(HttpDialer(Impatient()).wait_reachable(text))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", port)
        await asyncio.wait_for(waiting, 5)
        server.close()
        await server.wait_closed()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param(b"[]", "not a mapping", id="no-mapping"),
        pytest.param(b"contexts: []\ncurrent-context: x", "no entry 'x' in 'contexts'", id="no-context"),
        pytest.param(
            goyaml.dump(render(Access(server="nonsense"), cluster="x", user="x")).encode(),
            "names the server 'nonsense', which is no URL",
            id="no-url",
        ),
    ],
)
def test_bad_kubeconfigs_are_named(text: bytes, cause: str) -> None:
    """What is wrong with the kubeconfig is the error's text."""
    with pytest.raises(UnreachableError, match=cause):
        asyncio.run(HttpDialer(WallClock()).dial(text))


def test_a_dial_that_is_given_up_leaves_nothing_open() -> None:
    """A server that takes the connection and never answers: who stops waiting for it closes the connection."""

    async def main() -> None:
        asked, closed = asyncio.Event(), asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await reader.read()
            closed.set()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        access = Access(server=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        text = goyaml.dump(render(access, cluster="x", user="x")).encode()
        dialing = asyncio.ensure_future(HttpDialer(WallClock()).dial(text))
        await asyncio.wait_for(asked.wait(), 5)
        dialing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialing
        await asyncio.wait_for(closed.wait(), 5)
        server.close()
        await server.wait_closed()

    asyncio.run(main())


@pytest.mark.parametrize("other", [True, False], ids=["another cluster", "for another name"])
def test_who_answers_in_its_place(tmp_path: Path, *, other: bool) -> None:
    """A server of another CA is told by its certificate and the machines this is for; its own CA's is no stranger."""

    async def main() -> None:
        now = WallClock().now()
        own, strange = Authority.create("own", now), Authority.create("strange", now)
        hosts = ("old-cp-0", "kubernetes", "kubernetes.default.svc", "localhost")
        pair = (strange if other else own).issue_server(hosts, now)
        (tmp_path / "tls").write_text(pair.certificate + pair.key)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tmp_path / "tls")
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        access = Access(server=f"https://{address}", ca=own.certificate.encode())
        text = goyaml.dump(render(access, cluster="x", user="x")).encode()
        with pytest.raises(UnreachableError) as refused:
            await HttpDialer(WallClock()).dial(text)
        server.close()
        await server.wait_closed()
        assert isinstance(refused.value, StrangerError) is other
        if isinstance(refused.value, StrangerError):
            assert (refused.value.address, refused.value.machines) == (address, ("old-cp-0",))
            assert refused.value.certificate.decode().strip() in pair.certificate

    asyncio.run(main())


def test_watch_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is gone without a word: the watch ends by itself instead of waiting for ever."""
    monkeypatch.setattr(http, "WATCH_SECONDS", 0)
    monkeypatch.setattr(http, "SILENCE_SECONDS", 0.05)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while request := await reader.readuntil(b"\r\n\r\n"):
                if b"watch=true" in request:
                    assert b"timeoutSeconds=0" in request
                    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    continue
                body = b'{"resources": [{"name": "pods", "kind": "Pod", "namespaced": true}]}'
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        client = http.HttpClient(Access(server=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        stream = client.watch(POD, resource_version="1")
        with pytest.raises(ApiError, match="watch http") as lost:
            await anext(stream)
        assert lost.value.reason == "ServiceUnavailable"
        await client.close()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.05)  # the server's side of the connection ends

    asyncio.run(main())
