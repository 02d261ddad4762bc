"""OpenPGP for provenance files: keyrings, clear-signed texts, signing. All of it is pysequoia's.

Ours are the kinds of files that keyrings come in and the words of errors, which are helm's as far as pysequoia tells
the cases apart. pysequoia dates a signature by the clock, draws random numbers, and refuses what is weak (SHA-1, RSA
and DSA keys below 2048 bits) or that it has no code for (secp256k1, brainpool).

Source: Helm v4.3 pkg/provenance/sign.go, keybox.go (kinds of keyrings); ProtonMail/go-crypto v1.4 (words of errors).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pysequoia
from pysequoia.packet import HashAlgorithm, Packet, PacketPile, PublicKeyAlgorithm, Tag

_BEGIN, _SIGNATURE, _END = (
    b"-----BEGIN PGP SIGNED MESSAGE-----",
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----END PGP SIGNATURE-----",
)
_ARMOR = b"-----BEGIN PGP"
_KEY_BLOCKS = (b" PUBLIC KEY BLOCK-----", b" PRIVATE KEY BLOCK-----")
_OPENPGP_BLOB, _EPHEMERAL = 2, 2  # of a keybox: a kind of blob, a flag


class OpenPgpError(ValueError):
    """A keyring or a signature that cannot be read, or that does not fit."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A key of a keyring with its names and subkeys."""

    cert: pysequoia.Cert
    packets: tuple[Packet, ...]

    @property
    def fingerprint(self) -> str:
        """The primary key's, in upper case."""
        return self.cert.fingerprint.upper()

    @property
    def secret(self) -> bool:
        """Whether the keyring has the secret key."""
        return self.packets[0].tag == Tag.SecretKey

    @property
    def names(self) -> list[str]:
        """The names that the key vouches for; of a key that pysequoia refuses those that it carries."""
        carried = [packet.user_id for packet in self.packets if packet.user_id is not None]
        if self.problem:
            return carried
        vouched = {str(name) for name in self.cert.user_ids}
        return [name for name in carried if name in vouched]

    @property
    def problem(self) -> str:
        """Why pysequoia refuses the key; empty when it does not."""
        try:
            _ = self.cert.user_ids
        except RuntimeError as error:
            return _first_line(error)
        return ""

    def has(self, issuer: str) -> bool:
        """Report whether a key id or fingerprint is that of the key or one of its subkeys."""
        return any(issuer in (packet.key_id, packet.fingerprint) for packet in self.packets if packet.key_id)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]  # a backtrace may follow


# Keyrings.


def read_keyring(data: bytes, path: str) -> list[Entity]:
    """Return the keys of a keyring: as gpg exports it (binary or armored, several exports in a row), or its keybox.

    A key that cannot be read is left out when others can.

    Raises:
        OpenPgpError: it is no keyring; *path* is what it is called.
    """
    if data[4:5] == b"\x01" and data[8:12] == b"KBXf":
        try:
            return _entities(_keybox(data))
        except OpenPgpError as error:
            raise OpenPgpError(f"reading keybox {path}: {error}") from error
    if not data.strip().startswith(_ARMOR):
        return _entities(data)
    found: list[Entity] = []
    for block in data.split(_ARMOR)[1:]:
        try:
            if not block.startswith(_KEY_BLOCKS):
                kind = block.partition(b"-----")[0].decode("utf-8", "replace")
                raise OpenPgpError(f'expected a public or private key block, got "PGP{kind}"')
            found += _entities(_ARMOR + block)
        except OpenPgpError as error:
            raise OpenPgpError(f"reading armored keyring {path}: {error}") from error
    if not found:
        raise OpenPgpError(f"reading armored keyring {path}: no keys found")
    return found


def _entities(data: bytes) -> list[Entity]:
    if data and not (data[0] & 0x80 or data.startswith(_ARMOR)):
        raise OpenPgpError("openpgp: invalid data: tag byte does not have MSB set")
    groups: list[list[Packet]] = []
    try:
        for packet in PacketPile.from_bytes(data):
            if packet.tag in (Tag.PublicKey, Tag.SecretKey):
                groups.append([packet])
            elif groups and packet.tag != Tag.Trust:  # which gpg keeps in its own files
                groups[-1].append(packet)
    except RuntimeError as error:
        why = _first_line(error)
        raise OpenPgpError("unexpected EOF" if "Truncated" in why else why) from error
    found: list[Entity] = []
    problem = ""
    for group in groups:
        try:
            found.append(Entity(pysequoia.Cert.from_packets(group), tuple(group)))
        except RuntimeError as error:
            problem = _first_line(error)
    if problem and not found:
        raise OpenPgpError(f"openpgp: {problem}")
    return found


def _keybox(data: bytes) -> bytes:
    """Return the keys in a keybox, one after the other."""
    found, at = b"", 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        blob = data[at : at + size]
        if size < 5 or len(blob) < size:
            raise OpenPgpError(f"invalid blob length {size} at offset {at}")
        if blob[4] == _OPENPGP_BLOB:
            start, length = int.from_bytes(blob[8:12]), int.from_bytes(blob[12:16])
            if size < 16 or start + length > size:
                raise OpenPgpError(f"OpenPGP blob at offset {at} has an out-of-range keyblock")
            if not int.from_bytes(blob[6:8]) & _EPHEMERAL:
                found += blob[start : start + length]
        at += size
    if not found:
        raise OpenPgpError("keybox contains no OpenPGP keys")
    return found


# Signatures.


def verify(ring: Sequence[Entity], message: bytes) -> tuple[Entity, bytes]:
    """Return who of *ring* signed a clear-signed text, and the text.

    Raises:
        OpenPgpError: nobody did, or not in a way that is good enough.
    """
    message = _clear_signed(message)
    issuers: list[str] = []
    signers: list[Entity] = []

    def store(wanted: list[str]) -> list[pysequoia.Cert]:
        issuers.extend(wanted)
        signers.extend(entity for entity in ring if any(entity.has(issuer) for issuer in wanted))
        return [entity.cert for entity in signers]

    try:
        done = pysequoia.verify(message, store=store)
    except RuntimeError as error:
        if not issuers:
            raise OpenPgpError(f"openpgp: invalid data: {_first_line(error)}") from error
        raise OpenPgpError(_refusal(signers, message)) from error
    made_by = {signature.certificate for signature in done.valid_sigs}
    entity = next(entity for entity in signers if entity.cert.fingerprint in made_by)
    if entity.cert.expiration is not None and entity.cert.expiration <= datetime.now(UTC):
        raise OpenPgpError("openpgp: key expired")
    return entity, done.bytes or b""


def _clear_signed(data: bytes) -> bytes:
    """Return the first clear-signed text in *data*, from its first line to its last."""
    lines = data.splitlines(keepends=True)
    bare = [line.strip() if line.startswith(b"-----") else b"" for line in lines]
    try:
        start = bare.index(_BEGIN)
        end = bare.index(_END, bare.index(_SIGNATURE, start))
    except ValueError:
        raise OpenPgpError("signature block not found") from None
    return b"".join(lines[start : end + 1])


def _refusal(signers: Sequence[Entity], message: bytes) -> str:
    """Return why a signature does not count, as far as it can be told."""
    try:
        signature = pysequoia.Sig.from_bytes(message)
    except RuntimeError as error:
        return f"openpgp: invalid data: {_first_line(error)}"
    if not signers or signature.hash_algorithm in (HashAlgorithm.MD5, HashAlgorithm.RipeMD):
        return "openpgp: signature made by unknown entity"
    entity = signers[0]
    if not entity.problem and entity.cert.is_revoked:
        return "openpgp: signature made by revoked key"
    if signature.hash_algorithm == HashAlgorithm.SHA1:
        return "openpgp: the signature is made with SHA-1, which is not accepted; sign with gpg --digest-algo SHA512"
    if entity.problem:
        return _refused(entity, entity.problem)
    return f"openpgp: invalid signature: {_family(signature.key_algorithm)} verification failure"


def _family(algorithm: PublicKeyAlgorithm) -> str:
    name = str(algorithm).rpartition(".")[2]
    return "RSA" if name.startswith("RSA") else name  # RSAEncryptSign, RSASign


def _refused(entity: Entity, why: str) -> str:
    return f"openpgp: the key {entity.fingerprint} is not accepted ({why}); take a key that is newer or longer"


def clear_sign(text: bytes, entity: Entity, ask: Callable[[], bytes]) -> bytes:
    """Return *text* signed with a secret key, whose passphrase *ask* gives when it has one.

    Raises:
        OpenPgpError: the passphrase is another one, or the key does not sign.
    """
    try:
        secret = pysequoia.Tsk.from_packets(entity.packets)
        signer = secret.signer()
    except RuntimeError as error:
        why = _first_line(error)
        if "is encrypted" not in why:
            raise OpenPgpError(_refused(entity, entity.problem or why)) from error
        signer = _unlocked(secret, ask())
    try:
        return pysequoia.sign(signer, text, mode=pysequoia.SignatureMode.CLEAR)
    except RuntimeError as error:
        raise OpenPgpError(f"openpgp: {_first_line(error)}") from error


def _unlocked(secret: pysequoia.Tsk, passphrase: bytes) -> pysequoia.PySigner:
    try:
        return secret.signer(passphrase.decode())
    except (RuntimeError, UnicodeDecodeError) as error:
        raise OpenPgpError("openpgp: invalid data: private key checksum failure") from error
