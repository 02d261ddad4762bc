"""Hashes, passwords and AES. Source: sprig v3.3 crypto.go."""

from __future__ import annotations

import binascii

from fairlead.base.digests import sha256
from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.strconv import to_bytes, to_str
from fairlead.engines.gotemplate.template import Render
from fairlead.engines.helm.functions.strings import decode_base64

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from fairlead.engines.helm.engine import Host


def _random(render: Render, count: int) -> bytes:
    host: Host = render.host  # type: ignore[assignment]
    return host.world.random_bytes(count)


def sha1sum(text: str) -> str:
    import hashlib

    return hashlib.sha1(to_bytes(text), usedforsecurity=False).hexdigest()


def sha256sum(text: str) -> str:
    return sha256(to_bytes(text)).hexdigest()


def sha512sum(text: str) -> str:
    import hashlib

    return hashlib.sha512(to_bytes(text)).hexdigest()


def adler32sum(text: str) -> str:
    import zlib

    return str(zlib.adler32(to_bytes(text)))


_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPT = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TO_BCRYPT = bytes.maketrans(_STANDARD, _BCRYPT)


def bcrypt(render: Render, text: str) -> str:
    """Return the bcrypt hash at Go's default cost, 10."""
    import bcrypt as library

    data = to_bytes(text)
    if len(data) > 72:
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    salt = binascii.b2a_base64(_random(render, 16), newline=False).rstrip(b"=").translate(_TO_BCRYPT)
    return library.hashpw(data, b"$2a$10$" + salt).decode()


def htpasswd(render: Render, user: str, password: str) -> str:
    if ":" in user:
        return f"invalid username: {user}"
    return f"{user}:{bcrypt(render, password)}"


_PASSWORD_TEMPLATES = {
    "maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    "long": (
        "CvcvnoCvcvCvcv",
        "CvcvCvcvnoCvcv",
        "CvcvCvcvCvcvno",
        "CvccnoCvcvCvcv",
        "CvccCvcvnoCvcv",
        "CvccCvcvCvcvno",
        "CvcvnoCvccCvcv",
        "CvcvCvccnoCvcv",
        "CvcvCvccCvcvno",
        "CvcvnoCvcvCvcc",
        "CvcvCvcvnoCvcc",
        "CvcvCvcvCvccno",
        "CvccnoCvccCvcv",
        "CvccCvccnoCvcv",
        "CvccCvccCvcvno",
        "CvcvnoCvccCvcc",
        "CvcvCvccnoCvcc",
        "CvcvCvccCvccno",
        "CvccnoCvcvCvcc",
        "CvccCvcvnoCvcc",
        "CvccCvcvCvccno",
    ),
    "medium": ("CvcnoCvc", "CvcCvcno"),
    "short": ("Cvcn",),
    "basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    "pin": ("nnnn",),
}
_PASSWORD_CHARS = {
    "V": "AEIOU",
    "C": "BCDFGHJKLMNPQRSTVWXYZ",
    "v": "aeiou",
    "c": "bcdfghjklmnpqrstvwxyz",
    "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
    "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
}
_SEED = b"com.lyndir.masterpassword"


def derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    """Return the Master Password algorithm's password."""
    import hashlib
    import hmac

    templates = _PASSWORD_TEMPLATES.get(kind)
    if templates is None:
        return f"cannot find password template {kind}"
    user_data, site_data = to_bytes(user), to_bytes(site)
    salt = _SEED + len(user_data).to_bytes(4, "big") + user_data
    key = hashlib.scrypt(to_bytes(password), salt=salt, n=32768, r=8, p=2, maxmem=64 * 1024 * 1024, dklen=64)
    message = _SEED + len(site_data).to_bytes(4, "big") + site_data + int(counter).to_bytes(4, "big")
    seed = hmac.new(key, message, hashlib.sha256).digest()
    template = templates[seed[0] % len(templates)]
    return "".join(
        _PASSWORD_CHARS[char][seed[index + 1] % len(_PASSWORD_CHARS[char])] for index, char in enumerate(template)
    )


def _aes(password: str, vector: bytes) -> object:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = to_bytes(password)[:32].ljust(32, b"\0")
    return Cipher(algorithms.AES(key), modes.CBC(vector))


def encrypt_aes(render: Render, password: str, text: str) -> str:
    if not text:
        return ""
    vector = _random(render, 16)
    data = to_bytes(text)
    padding = 16 - len(data) % 16
    encryptor = _aes(password, vector).encryptor()  # type: ignore[attr-defined]
    return binascii.b2a_base64(vector + encryptor.update(data + bytes([padding]) * padding), newline=False).decode()


def decrypt_aes(password: str, text: str) -> str:
    if not text:
        return ""
    try:
        data = decode_base64(text)
    except ValueError as error:
        raise FuncError(str(error)) from None
    if len(data) < 16:
        raise FuncError(f"runtime error: slice bounds out of range [:16] with capacity {len(text) // 4 * 3}")
    if len(data) % 16:
        raise FuncError("crypto/cipher: input not full blocks")
    if len(data) == 16:
        raise FuncError("runtime error: index out of range [-1]")
    plain: bytes = _aes(password, data[:16]).decryptor().update(data[16:])  # type: ignore[attr-defined]
    if plain[-1] > len(plain):
        raise FuncError(f"runtime error: slice bounds out of range [:{len(plain) - plain[-1]}]")
    return to_str(plain[: len(plain) - plain[-1]])
