"""Random text and numbers, from the caller's World.

Source: sprig v3.3 strings.go, crypto.go; Masterminds/goutils v1.1.1.
"""

from __future__ import annotations

import binascii

from fairlead.engines.gotemplate.errors import FuncError, LimitError
from fairlead.engines.gotemplate.template import Render

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from fairlead.engines.helm.engine import Host

MAX_COUNT = 10_000_000

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_ASCII = "".join(map(chr, range(32, 127)))


def random_bytes(render: Render, count: int) -> bytes:
    """Return *count* bytes from the World of *render*."""
    if count > MAX_COUNT:
        raise LimitError(f"more than {MAX_COUNT} random characters")
    host: Host = render.host  # type: ignore[assignment]
    return host.world.random_bytes(count)


def below(render: Render, bound: int) -> int:
    """Return a number from 0 to *bound* - 1, each as likely."""
    size = (bound.bit_length() + 7) // 8 + 1
    limit = (1 << (8 * size)) // bound * bound
    while True:
        number = int.from_bytes(random_bytes(render, size), "big")
        if number < limit:
            return number % bound


def _pick(render: Render, count: int, letters: str) -> str:
    if count <= 0:
        return ""
    if count > MAX_COUNT:
        raise LimitError(f"more than {MAX_COUNT} random characters")
    wanted = 256 // len(letters) * len(letters)
    out: list[str] = []
    while len(out) < count:
        for byte in random_bytes(render, min(count - len(out), 4096) + 8):
            if byte < wanted and len(out) < count:
                out.append(letters[byte % len(letters)])
    return "".join(out)


def rand_alpha_num(render: Render, count: int) -> str:
    return _pick(render, count, _LETTERS + _DIGITS)


def rand_alpha(render: Render, count: int) -> str:
    return _pick(render, count, _LETTERS)


def rand_ascii(render: Render, count: int) -> str:
    return _pick(render, count, _ASCII)


def rand_numeric(render: Render, count: int) -> str:
    return _pick(render, count, _DIGITS)


def rand_bytes(render: Render, count: int) -> str:
    if count < 0:
        raise FuncError("runtime error: makeslice: len out of range")
    return binascii.b2a_base64(random_bytes(render, count), newline=False).decode()


def rand_int(render: Render, low: int, high: int) -> int:
    if high <= low:
        raise FuncError("invalid argument to Intn")
    return low + below(render, high - low)


def shuffle(render: Render, text: str) -> str:
    letters = list(text)
    for index in range(len(letters) - 1, 0, -1):
        other = below(render, index + 1)
        letters[index], letters[other] = letters[other], letters[index]
    return "".join(letters)


def uuidv4(render: Render) -> str:
    data = bytearray(random_bytes(render, 16))
    data[6] = data[6] & 0x0F | 0x40
    data[8] = data[8] & 0x3F | 0x80
    text = data.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
