"""Provenance files: keys and signatures that gpg and helm made, and our own."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.engines.helm import openpgp

FOLDER = Path(__file__).parents[2] / "golden" / "helm" / "provenance"
PUBLIC = openpgp.read_keyring((FOLDER / "public.gpg").read_bytes())
SECRET = openpgp.read_keyring((FOLDER / "secret.gpg").read_bytes())
NAMES = [
    ("signed-0.1.0.tgz", "Rsa Tester <rsa@example.org>"),
    ("ed", "Edward Tester <ed@example.org>"),
    ("ec", "Elle Curve <ec@example.org>"),
    ("dsa", "Dora Signer <dsa@example.org>"),
    ("locked", "Locked Tester <locked@example.org>"),
]


@pytest.mark.parametrize(("file", "name"), NAMES)
def test_what_helm_signed_is_verified(file: str, name: str) -> None:
    """With RSA, Ed25519, ECDSA and DSA; and it is found out when a letter of the text is another one."""
    proof = (FOLDER / f"{file}.prov").read_bytes()
    message = openpgp.read_clear_signed(proof)
    assert message is not None
    assert openpgp.verify(PUBLIC, message).names == [name]
    changed = openpgp.read_clear_signed(proof.replace(b"name: signed", b"name: Signed"))
    assert changed is not None
    with pytest.raises(openpgp.OpenPgpError, match="invalid signature"):
        openpgp.verify(PUBLIC, changed)


def test_a_stranger_is_unknown() -> None:
    """A key that is not in the keyring counts nothing."""
    message = openpgp.read_clear_signed((FOLDER / "stranger.prov").read_bytes())
    assert message is not None
    with pytest.raises(openpgp.OpenPgpError, match="signature made by unknown entity"):
        openpgp.verify(PUBLIC, message)


@pytest.mark.parametrize(("name"), [name for _, name in NAMES])
def test_what_we_sign_is_verified(name: str) -> None:
    """With each kind of key; one is unlocked with its passphrase."""
    entity = next(each for each in SECRET if each.names == [name])
    text = b"a: 1  \n- dashes\n\n...\nfiles: {}\n"
    signed = openpgp.clear_sign(text, entity.key, openpgp.unlock(entity.key, b"open sesame"), 1700000000)
    assert "- - dashes\n" in signed
    message = openpgp.read_clear_signed(signed.encode())
    assert message is not None
    assert message.plain.startswith(b"a: 1  \n- dashes\n")
    assert openpgp.verify(PUBLIC, message).names == [name]


def test_another_passphrase_is_refused() -> None:
    """In Go's words."""
    entity = next(each for each in SECRET if openpgp.is_encrypted(each.key) and "locked" in each.names[0])
    with pytest.raises(openpgp.OpenPgpError, match="private key checksum failure"):
        openpgp.unlock(entity.key, b"open barley")


@given(st.binary(max_size=300))
def test_no_keyring_breaks_the_reader(data: bytes) -> None:
    """Anything is read or refused."""
    with contextlib.suppress(openpgp.OpenPgpError):
        openpgp.read_keyring(data)


@given(st.integers(0, 2700), st.integers(0, 255))
def test_no_damaged_keyring_breaks_the_reader(at: int, byte: int) -> None:
    """Nor does one with another byte in it."""
    data = bytearray((FOLDER / "public.gpg").read_bytes())
    data[at] = byte
    with contextlib.suppress(openpgp.OpenPgpError):
        openpgp.read_keyring(bytes(data))
