"""RSA keys, made off the event loop: at 50 ms each they are the dearest thing a cluster's creation needs."""

import asyncio
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

EXPONENT = 65537
USUAL_BITS = 2048


class KeySource(Protocol):
    """Makes private keys."""

    async def rsa_key(self, bits: int = USUAL_BITS) -> rsa.RSAPrivateKey:
        """A new RSA key."""
        ...


class ThreadedKeys:
    """Makes each key when it is asked for, in the loop's thread pool (in virtual time: at once)."""

    async def rsa_key(self, bits: int = USUAL_BITS) -> rsa.RSAPrivateKey:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, rsa.generate_private_key, EXPONENT, bits)


class KeyPool:
    """Keeps some keys of the usual size ready, made in threads of its own (OpenSSL lets go of the interpreter lock).

    Each key that is taken is replaced; once the pool is full again its threads rest.
    """

    def __init__(self, size: int = 12, workers: int | None = None) -> None:
        self._size = size
        workers = workers or max(1, (os.cpu_count() or 1) - 1)  # a core is left to the event loop
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="keys")
        self._ready: deque[Future[rsa.RSAPrivateKey]] = deque()

    def start(self) -> None:
        """Begin to fill the pool."""
        while len(self._ready) < self._size:
            self._ready.append(self._make(USUAL_BITS))

    def _make(self, bits: int) -> "Future[rsa.RSAPrivateKey]":
        return self._threads.submit(rsa.generate_private_key, EXPONENT, bits)

    async def rsa_key(self, bits: int = USUAL_BITS) -> rsa.RSAPrivateKey:
        if bits != USUAL_BITS:
            return await asyncio.wrap_future(self._make(bits))
        self._ready.append(self._make(bits))
        return await asyncio.wrap_future(self._ready.popleft())

    def close(self) -> None:
        """Let the threads end; keys that nobody waits for are not made."""
        self._threads.shutdown(wait=False, cancel_futures=True)
