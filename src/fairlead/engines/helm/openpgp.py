"""OpenPGP as far as provenance files need it: keyrings, clear-signed texts, signatures of version 4.

Source: RFC 9580 (packets, keys, signatures, cleartext framework), RFC 4880; ProtonMail/go-crypto v1.4 for the words of
errors. Keys are RSA, DSA, ECDSA and Ed25519. A signature with SHA-1 or MD5 is not accepted.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_PACKETS = 100_000
RSA, RSA_SIGN, DSA, ECDSA, EDDSA, ED25519 = 1, 3, 17, 19, 22, 27
_HASHES = {8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
_CURVES = {
    "2a8648ce3d030107": "SECP256R1",
    "2b81040022": "SECP384R1",
    "2b81040023": "SECP521R1",
    "2b8104000a": "SECP256K1",
}
_SIGNATURE, _SECRET_KEY, _PUBLIC_KEY, _SECRET_SUBKEY, _USER_ID, _PUBLIC_SUBKEY = 2, 5, 6, 7, 13, 14
_SIGNED_TEXT, _SIGNED_BINARY = 1, 0
_SHA512 = 10


class OpenPgpError(ValueError):
    """A keyring or a signature that cannot be read, or that does not fit."""


@dataclass(slots=True)
class Key:
    """A public key, with its secret part when the keyring has it."""

    algorithm: int
    numbers: tuple[Any, ...]
    fingerprint: bytes
    secret: bytes = b""  # what follows the public part of a secret key's packet

    @property
    def id(self) -> bytes:
        return self.fingerprint[-8:]


@dataclass(slots=True)
class Entity:
    """A key with its names and subkeys."""

    key: Key
    names: list[str] = field(default_factory=list)
    subkeys: list[Key] = field(default_factory=list)


# Packets.


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and the body of each packet."""
    at = 0
    for _ in range(MAX_PACKETS):
        if at >= len(data):
            return
        head = data[at]
        if not head & 0x80:
            raise OpenPgpError("openpgp: invalid data: tag byte does not have MSB set")
        at += 1
        if head & 0x40:
            tag, (length, at) = head & 0x3F, _new_length(data, at)
        else:
            tag, size = (head >> 2) & 15, 1 << (head & 3)
            if head & 3 == 3:
                length = len(data) - at
            else:
                length, at = int.from_bytes(data[at : at + size]), at + size
        if at + length > len(data):
            raise OpenPgpError("unexpected EOF")
        yield tag, data[at : at + length]
        at += length
    raise OpenPgpError(f"openpgp: more than {MAX_PACKETS} packets")


def _new_length(data: bytes, at: int) -> tuple[int, int]:
    first = data[at] if at < len(data) else 0
    if first < 192:
        return first, at + 1
    if first < 224:
        return ((first - 192) << 8) + int.from_bytes(data[at + 1 : at + 2]) + 192, at + 2
    if first == 255:
        return int.from_bytes(data[at + 1 : at + 5]), at + 5
    raise OpenPgpError("openpgp: unsupported feature: partial lengths")


def _numbers(data: bytes, at: int, count: int) -> tuple[tuple[int, ...], int]:
    """Return *count* multiprecision integers and where they end."""
    found: list[int] = []
    for _ in range(count):
        size = (int.from_bytes(data[at : at + 2]) + 7) // 8
        if at + 2 + size > len(data):
            raise OpenPgpError("unexpected EOF")
        found.append(int.from_bytes(data[at + 2 : at + 2 + size]))
        at += 2 + size
    return tuple(found), at


def _key(body: bytes, *, secret: bool) -> Key | None:
    """Return the key in a packet; None for one of another version or kind."""
    if body[:1] != b"\x04" or len(body) < 6:
        return None
    algorithm, at = body[5], 6
    numbers: tuple[Any, ...]
    if algorithm in (RSA, RSA_SIGN):
        numbers, at = _numbers(body, at, 2)
    elif algorithm == DSA:
        numbers, at = _numbers(body, at, 4)
    elif algorithm in (ECDSA, EDDSA):
        size = body[at]
        curve = body[at + 1 : at + 1 + size].hex()
        (point,), at = _numbers(body, at + 1 + size, 1)
        numbers = (curve, point)
    elif algorithm == ED25519:
        numbers, at = (body[at : at + 32],), at + 32
    else:
        return None
    public = body[:at]
    # SHA-1 is what a fingerprint of version 4 is made of; nothing is secured by it here.
    name = hashlib.sha1(b"\x99" + len(public).to_bytes(2) + public, usedforsecurity=False)
    return Key(algorithm, numbers, name.digest(), body[at:] if secret else b"")


def read_keyring(data: bytes) -> list[Entity]:
    """Return the keys in a keyring as gpg exports it (binary).

    Raises:
        OpenPgpError: it is none.
    """
    found: list[Entity] = []
    skipping = True
    for tag, body in _packets(data):
        if tag in (_PUBLIC_KEY, _SECRET_KEY):
            key = _key(body, secret=tag == _SECRET_KEY)
            skipping = key is None
            if key is not None:
                found.append(Entity(key))
        elif skipping:
            continue
        elif tag in (_PUBLIC_SUBKEY, _SECRET_SUBKEY):
            subkey = _key(body, secret=tag == _SECRET_SUBKEY)
            if subkey is not None:
                found[-1].subkeys.append(subkey)
        elif tag == _USER_ID:
            found[-1].names.append(body.decode("utf-8", "replace"))
    return found


# Cleartext and armor.


@dataclass(slots=True)
class ClearSigned:
    """A text and the signature under it."""

    plain: bytes
    signed: bytes  # as it was hashed: lines end with CR LF, spaces at their ends are gone
    signature: bytes


_BEGIN, _SIGNATURE_LINE, _END = (
    "-----BEGIN PGP SIGNED MESSAGE-----",
    "-----BEGIN PGP SIGNATURE-----",
    "-----END PGP SIGNATURE-----",
)


def read_clear_signed(data: bytes) -> ClearSigned | None:
    """Return the signed text in *data*; None when there is none."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    try:
        at = next(i for i, line in enumerate(lines) if line.rstrip("\r \t") == _BEGIN) + 1
        while lines[at].strip():
            at += 1
        first = at + 1
        end = next(i for i in range(first, len(lines)) if lines[i].rstrip("\r \t") == _SIGNATURE_LINE)
        last = next(i for i in range(end, len(lines)) if lines[i].rstrip("\r \t") == _END)
    except (StopIteration, IndexError):
        return None
    text = [line.rstrip("\r").removeprefix("- ") for line in lines[first:end]]
    body = lines[end + 1 : last]
    start = next((i for i, line in enumerate(body) if not line.strip()), 0)  # headers end with an empty line
    encoded = "".join(line.strip() for line in body[start:] if not line.startswith("="))
    try:
        signature = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    plain = "".join(f"{line}\n" for line in text)
    signed = "\r\n".join(line.rstrip(" \t\r") for line in text)
    return ClearSigned(plain.encode("utf-8", "surrogateescape"), signed.encode("utf-8", "surrogateescape"), signature)


def _armor(signature: bytes) -> str:
    encoded = base64.b64encode(signature).decode()
    lines = [encoded[i : i + 64] for i in range(0, len(encoded), 64)]
    check = base64.b64encode(_crc24(signature).to_bytes(3)).decode()
    return "\n".join([_SIGNATURE_LINE, "", *lines, f"={check}", _END])


def _crc24(data: bytes) -> int:
    value = 0xB704CE
    for byte in data:
        value ^= byte << 16
        for _ in range(8):
            value <<= 1
            if value & 0x1000000:
                value ^= 0x1864CFB
    return value


# Signatures.


@dataclass(slots=True)
class _Signature:
    kind: int
    hash: int
    hashed: bytes  # what of the packet is part of what was hashed
    issuers: list[bytes]  # ids, or fingerprints
    rest: bytes  # the numbers


def _read_signature(body: bytes) -> _Signature:
    if body[:1] != b"\x04":
        raise OpenPgpError(f"openpgp: unsupported feature: signature packet version {body[:1].hex()}")
    size = int.from_bytes(body[4:6])
    hashed = body[: 6 + size]
    other = int.from_bytes(body[6 + size : 8 + size])
    at = 8 + size
    issuers: list[bytes] = []
    for kind, content in (*_subpackets(hashed[6:]), *_subpackets(body[at : at + other])):
        if kind == 16:
            issuers.append(content)
        elif kind == 33:
            issuers.append(content[1:])
    at += other
    return _Signature(body[1], body[3], hashed, issuers, body[at + 2 :])


def _subpackets(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if data[at] < 192:
            size, at = data[at], at + 1
        elif data[at] < 255:
            size, at = ((data[at] - 192) << 8) + int.from_bytes(data[at + 1 : at + 2]) + 192, at + 2
        else:
            size, at = int.from_bytes(data[at + 1 : at + 5]), at + 5
        if not size or at + size > len(data):
            raise OpenPgpError("openpgp: invalid data: signature subpacket truncated")
        yield data[at] & 0x7F, data[at + 1 : at + size]
        at += size


def verify(ring: Sequence[Entity], message: ClearSigned) -> Entity:
    """Return who of *ring* signed the text.

    Raises:
        OpenPgpError: nobody did.
    """
    problem = OpenPgpError("openpgp: signature made by unknown entity")
    for tag, body in _packets(message.signature):
        if tag != _SIGNATURE:
            continue
        found = _read_signature(body)
        if found.kind not in (_SIGNED_TEXT, _SIGNED_BINARY):
            continue
        for entity in ring:
            for key in (entity.key, *entity.subkeys):
                if not any(key.id == issuer[-8:] for issuer in found.issuers):
                    continue
                try:
                    _check(key, found, message.signed)
                except OpenPgpError as error:
                    problem = error
                else:
                    return entity
    raise problem


def _digest(algorithm: int, signed: bytes, hashed: bytes) -> bytes:
    name = _HASHES.get(algorithm)
    if name is None:
        raise OpenPgpError(f"openpgp: unsupported feature: hash algorithm {algorithm}")
    return hashlib.new(name, signed + hashed + b"\x04\xff" + len(hashed).to_bytes(4)).digest()


def _check(key: Key, found: _Signature, signed: bytes) -> None:
    digest = _digest(found.hash, signed, found.hashed)
    from cryptography.exceptions import InvalidSignature

    try:
        _check_numbers(key, found, digest)
    except InvalidSignature:
        kind = {RSA: "RSA", RSA_SIGN: "RSA", DSA: "DSA", ECDSA: "ECDSA", EDDSA: "EdDSA"}.get(key.algorithm, "Ed25519")
        raise OpenPgpError(f"openpgp: invalid signature: {kind} verification failure") from None


def _check_numbers(key: Key, found: _Signature, digest: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

    prehashed = Prehashed(getattr(hashes, _HASHES[found.hash].upper())())
    if key.algorithm in (RSA, RSA_SIGN):
        modulus, exponent = key.numbers
        (value,), _ = _numbers(found.rest, 0, 1)
        size = (modulus.bit_length() + 7) // 8
        public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        public.verify(value.to_bytes(size), digest, padding.PKCS1v15(), prehashed)
    elif key.algorithm == DSA:
        p, q, g, y = key.numbers
        signature = encode_dss_signature(*_numbers(found.rest, 0, 2)[0])
        cut = digest[: (q.bit_length() + 7) // 8]
        dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g)).public_key().verify(
            signature, cut, Prehashed(_of_size(len(cut)))
        )
    elif key.algorithm == ECDSA:
        name = _CURVES.get(key.numbers[0])
        if name is None:
            raise OpenPgpError(f"openpgp: unsupported feature: unknown curve {key.numbers[0]}")
        curve = getattr(ec, name)()
        point = key.numbers[1].to_bytes(2 * ((curve.key_size + 7) // 8) + 1)
        signature = encode_dss_signature(*_numbers(found.rest, 0, 2)[0])
        ec.EllipticCurvePublicKey.from_encoded_point(curve, point).verify(signature, digest, ec.ECDSA(prehashed))
    elif key.algorithm == EDDSA:
        r, s = _numbers(found.rest, 0, 2)[0]
        point = key.numbers[1].to_bytes(33)[1:]
        ed25519.Ed25519PublicKey.from_public_bytes(point).verify(r.to_bytes(32) + s.to_bytes(32), digest)
    else:
        ed25519.Ed25519PublicKey.from_public_bytes(key.numbers[0]).verify(found.rest[:64], digest)


def _of_size(size: int) -> Any:
    from cryptography.hazmat.primitives import hashes

    sizes: dict[int, Any] = {20: hashes.SHA1, 28: hashes.SHA224, 32: hashes.SHA256, 48: hashes.SHA384}
    return sizes.get(size, hashes.SHA512)()


# Signing.


def is_encrypted(key: Key) -> bool:
    """Report whether the secret part needs a passphrase."""
    return key.secret[:1] not in (b"", b"\x00")


def unlock(key: Key, passphrase: bytes) -> bytes:
    """Return the secret numbers of a key, decrypted when they are encrypted.

    Raises:
        OpenPgpError: the passphrase is another one, or the key is protected in a way that is not known here.
    """
    usage = key.secret[0]
    if usage == 0:
        return key.secret[1:]
    if usage != 254:
        raise OpenPgpError(f"openpgp: unsupported feature: secret key protection {usage}")
    cipher, mode, hashing = key.secret[1], key.secret[2], key.secret[3]
    size = {7: 16, 8: 24, 9: 32}.get(cipher)
    if size is None or mode != 3 or hashing not in {2: "sha1", **_HASHES}:
        raise OpenPgpError(f"openpgp: unsupported feature: secret key protected by cipher {cipher}, mode {mode}")
    salt, coded = key.secret[4:12], key.secret[12]
    vector, body = key.secret[13:29], key.secret[29:]
    count = (16 + (coded & 15)) << ((coded >> 4) + 6)
    secret = _stretch({2: "sha1", **_HASHES}[hashing], salt + passphrase, count, size)
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

    plain = Cipher(algorithms.AES(secret), CFB(vector)).decryptor().update(body)
    if hashlib.sha1(plain[:-20], usedforsecurity=False).digest() != plain[-20:]:
        raise OpenPgpError("openpgp: invalid data: private key checksum failure")
    return plain


def _stretch(name: str, material: bytes, count: int, size: int) -> bytes:
    out = b""
    lead = 0
    count = max(count, len(material))
    while len(out) < size:
        whole, rest = divmod(count, len(material))
        out += hashlib.new(name, bytes(lead) + material * whole + material[:rest]).digest()
        lead += 1
    return out[:size]


def clear_sign(text: bytes, key: Key, secret: bytes, made_at: int) -> str:
    """Return *text* signed with a key whose secret numbers are *secret*, at the Unix time *made_at*.

    Raises:
        OpenPgpError: a key of a kind that does not sign here.
    """
    lines = text.decode("utf-8", "surrogateescape").split("\n")
    signed = "\r\n".join(line.rstrip(" \t\r") for line in lines).encode("utf-8", "surrogateescape")
    subpackets = b"\x05\x02" + made_at.to_bytes(4) + b"\x16\x21\x04" + key.fingerprint
    hashed = bytes([4, _SIGNED_TEXT, key.algorithm, _SHA512]) + len(subpackets).to_bytes(2) + subpackets
    digest = _digest(_SHA512, signed, hashed)
    issuer = b"\x09\x10" + key.id
    body = hashed + len(issuer).to_bytes(2) + issuer + digest[:2] + _sign(key, secret, digest)
    packet = b"\xc2\xff" + len(body).to_bytes(4) + body
    shown = "\n".join(f"- {line}" if line.startswith("-") else line for line in lines)
    return f"{_BEGIN}\nHash: SHA512\n\n{shown}\n{_armor(packet)}"


def _sign(key: Key, secret: bytes, digest: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

    prehashed = Prehashed(hashes.SHA512())
    if key.algorithm in (RSA, RSA_SIGN):
        modulus, exponent = key.numbers
        (d, p, q, _), _ = _numbers(secret, 0, 4)
        public = rsa.RSAPublicNumbers(exponent, modulus)
        private = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
        return _as_number(int.from_bytes(private.private_key().sign(digest, padding.PKCS1v15(), prehashed)))
    if key.algorithm == EDDSA:
        (seed,), _ = _numbers(secret, 0, 1)
        signature = ed25519.Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32)).sign(digest)
        return _as_number(int.from_bytes(signature[:32])) + _as_number(int.from_bytes(signature[32:]))
    if key.algorithm == ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(secret[:32]).sign(digest)
    if key.algorithm == ECDSA and key.numbers[0] in _CURVES:
        (value,), _ = _numbers(secret, 0, 1)
        curve = ec.derive_private_key(value, getattr(ec, _CURVES[key.numbers[0]])())
        return b"".join(map(_as_number, decode_dss_signature(curve.sign(digest, ec.ECDSA(prehashed)))))
    if key.algorithm == DSA:
        p, q, g, y = key.numbers
        (value,), _ = _numbers(secret, 0, 1)
        numbers = dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g))
        cut = digest[: (q.bit_length() + 7) // 8]
        made = dsa.DSAPrivateNumbers(value, numbers).private_key().sign(cut, Prehashed(_of_size(len(cut))))
        return b"".join(map(_as_number, decode_dss_signature(made)))
    raise OpenPgpError(f"openpgp: unsupported feature: signing with a key of algorithm {key.algorithm}")


def _as_number(value: int) -> bytes:
    return value.bit_length().to_bytes(2) + value.to_bytes((value.bit_length() + 7) // 8)
