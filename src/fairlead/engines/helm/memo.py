"""What texts were read to: values, metadata and schemas of charts, by the digest of their text.

Reading is a function of the text, so what it gave once it gives again; it is kept packed, as every reader gets a copy
of its own. Whoever runs the engine may keep `PACKED` for the next process: it is plain data, and trusted as such.
"""

from __future__ import annotations

import marshal
from _blake2 import blake2b  # loading hashlib loads OpenSSL, which takes longer than a render

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DIGEST_BYTES = 16
MAX_BYTES = 32 * 1024 * 1024
PACKED: dict[bytes, bytes] = {}


def digest(data: bytes) -> bytes:
    """Return the digest that stands for *data*."""
    return blake2b(data, digest_size=DIGEST_BYTES).digest()


class _Spent:
    bytes = 0


def remembered(kind: bytes, data: bytes, read: Callable[[], Any]) -> Any:
    """Return what *read* gives for *data*, or gave before; *kind* tells readers apart. What it raises is not kept."""
    key = kind + digest(data)
    packed = PACKED.get(key)
    if packed is not None:
        return marshal.loads(packed)
    value = read()
    try:
        packed = marshal.dumps(value)
    except ValueError:
        return value
    if _Spent.bytes > MAX_BYTES:
        PACKED.clear()
        _Spent.bytes = 0
    _Spent.bytes += len(packed)
    PACKED[key] = packed
    return value


def recalled(kind: bytes, data: bytes) -> Any:
    """Return what a reader of *kind* gave for *data*; None when it is not known."""
    packed = PACKED.get(kind + digest(data))
    return None if packed is None else marshal.loads(packed)
