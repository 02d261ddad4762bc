"""What the command line takes from a server that means no good."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading

import pytest

from fairlead.cli import transport
from fairlead.cli.transport import HttpTransport
from fairlead.runtime.kubeconfig import Access


def answered(body: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What is read of a packed *body* that a server on loopback answers with; 4 KiB are the most that is taken."""
    monkeypatch.setattr(transport, "ANSWER_LIMIT_BYTES", 4096)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head + body)

        thread = threading.Thread(target=serve)
        thread.start()
        asked = HttpTransport(Access(f"http://127.0.0.1:{server.getsockname()[1]}"))
        try:
            return asked.request("GET", "/", {}, None, 10).read()
        finally:
            asked.close()
            thread.join()


def test_packed_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed answer is unpacked."""
    assert answered(gzip.compress(b"x" * 4096), monkeypatch) == b"x" * 4096


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(gzip.compress(b"x" * 4097), "larger than", id="bomb"),
        pytest.param(gzip.compress(b"x" * 4096)[:-3], "ends too early", id="cut"),
        pytest.param(b"{}", "packed wrongly", id="not packed"),
    ],
)
def test_answers_that_are_not_taken(body: bytes, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than is taken, or does not unpack, is an error of the connection."""
    with pytest.raises(http.client.HTTPException, match=text):
        answered(body, monkeypatch)
