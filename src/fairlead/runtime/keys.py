"""RSA keys, made off the event loop: at 50 ms each they are the dearest thing a cluster's creation needs."""

import asyncio
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeySource(Protocol):
    """Makes private keys."""

    async def rsa_key(self, bits: int = 2048) -> rsa.RSAPrivateKey:
        """A new RSA key."""
        ...


class ThreadedKeys:
    """Makes keys in the loop's thread pool (OpenSSL lets go of the interpreter lock meanwhile)."""

    async def rsa_key(self, bits: int = 2048) -> rsa.RSAPrivateKey:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, rsa.generate_private_key, 65537, bits)
