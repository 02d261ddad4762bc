"""A bound socket for the SOAP face, which can be had before the face itself is loaded."""

from __future__ import annotations

import socket

BACKLOG = 100


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; connections wait until a server takes it. Raises: OSError."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
