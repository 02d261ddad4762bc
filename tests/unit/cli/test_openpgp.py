"""Provenance files: keys and signatures that gpg and helm made, and our own."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pysequoia
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.cli.helm import main as helm
from fairlead.cli.helm import openpgp
from fairlead.cli.helm import paths as helm_paths

FOLDER = Path(__file__).parents[2] / "golden" / "helm" / "provenance"


def ring(name: str) -> list[openpgp.Entity]:
    return openpgp.read_keyring((FOLDER / name).read_bytes(), name)


PUBLIC, SECRET, ODD, ODD_SECRET = ring("public.gpg"), ring("secret.gpg"), ring("odd.gpg"), ring("odd-secret.gpg")
NAMES = [
    ("signed-0.1.0.tgz", "Rsa Tester <rsa@example.org>", "RSA"),
    ("ed", "Edward Tester <ed@example.org>", "EdDSA"),
    ("ec", "Elle Curve <ec@example.org>", "ECDSA"),
    ("dsa", "Dora Signer <dsa@example.org>", "DSA"),
    ("locked", "Locked Tester <locked@example.org>", "RSA"),
]
TEXT = b"a: 1\n- dashes\n\n...\nfiles: {}\n"


def proof(name: str) -> bytes:
    return (FOLDER / f"{name}.prov").read_bytes()


def sesame() -> bytes:
    return b"open sesame"


def never() -> bytes:
    raise AssertionError("asked for a passphrase")


def named(keys: list[openpgp.Entity], part: str) -> openpgp.Entity:
    return next(key for key in keys if part in key.names[0])


@pytest.mark.parametrize(("file", "name", "kind"), NAMES)
def test_what_helm_signed_is_verified(file: str, name: str, kind: str) -> None:
    """With RSA, Ed25519, ECDSA and DSA; and it is found out when a letter of the text is another one."""
    entity, text = openpgp.verify(PUBLIC, proof(file))
    assert entity.names == [name]
    assert b"\nname: signed\n" in text
    assert b"\n...\nfiles:\n" in text
    changed = proof(file).replace(b"name: signed", b"name: Signed")
    with pytest.raises(openpgp.OpenPgpError, match=f"^openpgp: invalid signature: {kind} verification failure$"):
        openpgp.verify(PUBLIC, changed)


def test_only_the_signed_text_counts() -> None:
    """What stands before and behind it, a digest of another file, say, is not part of it."""
    _, text = openpgp.verify(PUBLIC, b"before\n" + proof("ed") + b"\n...\nfiles: {evil.tgz: sha256:0}\n")
    assert text == openpgp.verify(PUBLIC, proof("ed"))[1]
    assert b"evil" not in text


@pytest.mark.parametrize("data", [b"", b"nothing\n", b"-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n"])
def test_a_text_without_signature_is_none(data: bytes) -> None:
    """Nor is a message that is signed another way."""
    inline = pysequoia.sign(pysequoia.Tsk.from_packets(SECRET[0].packets).signer(), TEXT)
    for each in (data, inline):
        with pytest.raises(openpgp.OpenPgpError, match=r"^signature block not found$"):
            openpgp.verify(PUBLIC, each)


@pytest.mark.parametrize(("keys", "file"), [(PUBLIC, "stranger"), (PUBLIC, "md5"), ([], "ed"), (ODD, "ed")])
def test_a_stranger_is_unknown(keys: list[openpgp.Entity], file: str) -> None:
    """A key that is not in the keyring counts nothing; with MD5 nobody does, as in helm."""
    with pytest.raises(openpgp.OpenPgpError, match=r"^openpgp: signature made by unknown entity$"):
        openpgp.verify(keys, proof(file))


@pytest.mark.parametrize(
    ("keys", "file", "why"),
    [
        (PUBLIC, "sha1", "made with SHA-1, which is not accepted"),
        (ODD, "weak", "the key 85EE0923ADD37DADAFEE7BFDE2790445DF68F37B is not accepted"),
        (ODD, "expired", "^openpgp: key expired$"),
    ],
)
def test_what_is_weak_or_old_is_refused(keys: list[openpgp.Entity], file: str, why: str) -> None:
    """SHA-1, an RSA key of 1024 bits, a key that has expired since it signed."""
    with pytest.raises(openpgp.OpenPgpError, match=why):
        openpgp.verify(keys, proof(file))


def test_a_weak_key_does_not_sign() -> None:
    """The error names it."""
    with pytest.raises(openpgp.OpenPgpError, match="85EE0923ADD37DADAFEE7BFDE2790445DF68F37B is not accepted"):
        openpgp.clear_sign(TEXT, named(ODD_SECRET, "R1"), never)


def test_a_subkey_signs_for_its_key() -> None:
    """As gpg made it and as we do; the fingerprint is the primary key's."""
    made = openpgp.clear_sign(TEXT, named(ODD_SECRET, "Sub"), never)
    for each in (proof("subkey"), made):
        entity, _ = openpgp.verify(ODD, each)
        assert (entity.names, entity.fingerprint) == (
            ["Sub Key <sub@x.org>"],
            "5D5B7A5DD66F766CD444EF15B47974FDF5754A79",
        )


@pytest.mark.parametrize("name", [name for _, name, _ in NAMES])
def test_what_we_sign_is_verified(name: str) -> None:
    """With each kind of key; one is unlocked with its passphrase, which is asked for only then."""
    entity = named(SECRET, name)
    assert entity.secret
    signed = openpgp.clear_sign(TEXT, entity, sesame if "Locked" in name else never)
    assert b"\n- - dashes\n" in signed
    found, text = openpgp.verify(PUBLIC, signed)
    assert (found.names, text) == ([name], TEXT)


@pytest.mark.parametrize("passphrase", [b"open barley", b"", b"\xff"])
def test_another_passphrase_is_refused(passphrase: bytes) -> None:
    """In Go's words."""
    with pytest.raises(openpgp.OpenPgpError, match=r"^openpgp: invalid data: private key checksum failure$"):
        openpgp.clear_sign(TEXT, named(SECRET, "Locked"), lambda: passphrase)


# Kinds of keyrings.


def armored(name: str, kind: pysequoia.ArmorKind) -> bytes:
    return pysequoia.armor((FOLDER / name).read_bytes(), kind).encode()


def keybox(*blobs: tuple[int, int, bytes]) -> bytes:
    """Return a keybox of blobs, each with its kind, flags and key."""
    out = b"\0\0\0\x20\x01\x01\0\x02KBXf" + bytes(20)
    for kind, flags, key in blobs:
        out += (20 + len(key)).to_bytes(4) + bytes([kind, 1]) + flags.to_bytes(2)
        out += (20).to_bytes(4) + len(key).to_bytes(4) + bytes(4) + key
    return out


def test_armored_keyrings_are_read() -> None:
    """One block, several in a row, public and secret ones, with space around them."""
    public = armored("public.gpg", pysequoia.ArmorKind.PublicKey)
    secret = armored("odd-secret.gpg", pysequoia.ArmorKind.SecretKey)
    names = [key.names for key in PUBLIC]
    assert [key.names for key in openpgp.read_keyring(b"\n " + public, "x")] == names
    both = openpgp.read_keyring(public + b"\n" + secret, "x")
    assert [key.names for key in both] == names + [key.names for key in ODD_SECRET]
    assert [key.secret for key in both] == [False] * len(PUBLIC) + [True] * len(ODD_SECRET)
    assert openpgp.verify(both, proof("ed"))[0].names == ["Edward Tester <ed@example.org>"]


def test_keyboxes_are_read() -> None:
    """Blobs of other kinds and those that gpg does not count are left out."""
    public, odd = (FOLDER / "public.gpg").read_bytes(), (FOLDER / "odd.gpg").read_bytes()
    found = openpgp.read_keyring(keybox((2, 0, public), (3, 0, b"x509"), (2, 2, odd)), "x")
    assert [key.names for key in found] == [key.names for key in PUBLIC]


def test_trust_of_gpg_and_unreadable_keys_are_left_out() -> None:
    """The other keys count."""
    public = (FOLDER / "public.gpg").read_bytes()
    of_version_3 = b"\x99\0\x08\x03\0\0\0\0\0\0\x01"
    found = openpgp.read_keyring(b"\xb0\x02\0\0" + of_version_3 + public + b"\xb0\x02\0\0", "x")
    assert [key.names for key in found] == [key.names for key in PUBLIC]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"open sesame\n", "^openpgp: invalid data: tag byte does not have MSB set$"),
        ((FOLDER / "public.gpg").read_bytes()[:700], "^unexpected EOF$"),
        (proof("ed"), "^reading armored keyring RING: expected a public or private key block"),
        (keybox(), "^reading keybox RING: keybox contains no OpenPGP keys$"),
        (keybox() + b"\0\0\0\xff\x02", "^reading keybox RING: invalid blob length 255 at offset 32$"),
        (keybox()[:12] + bytes(20) + b"\0\0\0\x10\x02\x01\0\0\0\0\0\x20\0\0\0\1", "out-of-range keyblock$"),
    ],
)
def test_what_is_no_keyring_is_refused(data: bytes, why: str) -> None:
    """In helm's words."""
    with pytest.raises(openpgp.OpenPgpError, match=why):
        openpgp.read_keyring(data, "RING")


@given(st.binary(max_size=300))
def test_no_keyring_breaks_the_reader(data: bytes) -> None:
    """Anything is read or refused."""
    for each in (data, b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + data, keybox() + data):
        with contextlib.suppress(openpgp.OpenPgpError):
            openpgp.read_keyring(each, "x")


@given(st.integers(0, 2700), st.integers(0, 255), st.sampled_from(["ed", "dsa"]))
def test_no_damage_breaks_the_reader(at: int, byte: int, file: str) -> None:
    """Nor does a keyring or a signed text with another byte in it."""

    def damaged(data: bytes) -> bytes:
        return data[: at % len(data)] + bytes([byte]) + data[at % len(data) + 1 :]

    tries: list[Callable[[], object]] = [
        lambda: openpgp.read_keyring(damaged((FOLDER / "public.gpg").read_bytes()), "x"),
        lambda: openpgp.verify(PUBLIC, damaged(proof(file))),
    ]
    for each in tries:
        with contextlib.suppress(openpgp.OpenPgpError):
            each()


# Around it.


@pytest.mark.parametrize("given", [b"open sesame\nmore\n", b"open sesame\r\n", b"open sesame"])
def test_a_passphrase_comes_from_stdin(given: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line of it, when the file is called "-"; and from the terminal without a file."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    command = ["package", "app", "--sign", "--key", "locked@", "--keyring", str(FOLDER / "secret.gpg")]
    asked: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: (asked.append(prompt), "open sesame")[1])
    for more in (["--passphrase-file", "-"], []):
        assert helm.main([*command, *more]) == 0
        assert openpgp.verify(PUBLIC, Path("app-0.1.0.tgz.prov").read_bytes())[0].names == [NAMES[4][1]]
    assert asked == ['Password for key "Locked Tester <locked@example.org>" >  ']


def test_the_usual_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is gpg's keybox when that is all there is."""
    monkeypatch.setenv("GNUPGHOME", str(tmp_path))
    assert helm_paths.keyring() == str(tmp_path / "pubring.gpg")
    (tmp_path / "pubring.kbx").touch()
    assert helm_paths.keyring() == str(tmp_path / "pubring.kbx")
    (tmp_path / "pubring.gpg").touch()
    assert helm_paths.keyring() == str(tmp_path / "pubring.gpg")


def test_it_is_loaded_for_signatures_alone() -> None:
    """The commands that render do not pay for it."""
    code = "import sys, fairlead.cli.helm.main, fairlead.cli.helm.charts; print('pysequoia' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
