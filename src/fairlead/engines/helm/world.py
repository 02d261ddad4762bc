"""What a template may see of the world, handed in by the caller.

Engines read no clock and roll no dice: whoever renders decides what ``now``,
random text, generated keys and ``lookup`` give. World is that decision; the
plain World is a fixed one, so that a render without more repeats.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

Lookup = Callable[[str, str, str, str], dict[str, Any]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nothing_found(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """Return what lookup gives without a cluster."""
    return {}


class Seeded:
    """Random bytes that follow from a seed alone."""

    def __init__(self, seed: bytes = b"") -> None:
        self._seed = seed
        self._count = 0
        self._left = b""

    def __call__(self, count: int) -> bytes:
        while len(self._left) < count:
            block = hashlib.sha512(self._seed + self._count.to_bytes(8, "big")).digest()
            self._left += block
            self._count += 1
        found, self._left = self._left[:count], self._left[count:]
        return found


@dataclass(slots=True)
class World:
    """The impure things templates may use.

    ``random_bytes`` feeds randAlphaNum, uuidv4, genCA and their like (keys
    come from a generator of ours that draws on it, unless ``generate_rsa``
    gives PEM keys made elsewhere); ``zone`` is what Go calls Local.
    """

    now: Callable[[], datetime] = lambda: EPOCH
    random_bytes: Callable[[int], bytes] = field(default_factory=Seeded)
    lookup: Lookup = nothing_found
    zone: tzinfo = UTC
    generate_key: Callable[[str, int], bytes] | None = None  # (kind, bits) to an unencrypted PKCS#8 DER key
