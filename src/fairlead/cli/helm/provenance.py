"""Provenance files beside charts: verifying and writing them.

Source: Helm v4.3 pkg/provenance/sign.go, pkg/downloader/chart_downloader.go (VerifyChart), pkg/action/package.go.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import sys
from dataclasses import dataclass
from typing import Any

from fairlead.base import yaml
from fairlead.cli.helm import openpgp
from fairlead.cli.helm import paths as helm_paths
from fairlead.cli.helm.files import words
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.errors import HelmError


@dataclass(frozen=True, slots=True)
class Verification:
    """Who signed a chart, and the digest that was signed."""

    names: tuple[str, ...]
    fingerprint: str
    digest: str


def verify(data: bytes, proof: bytes, name: str, keyring: str) -> Verification:
    """Return who signed the archive *data*, whose file is called *name*.

    Raises:
        HelmError: in Helm's words.
    """
    try:
        ring = _keyring(keyring)
    except HelmError as error:
        raise HelmError(f"failed to load keyring: {error}", file=error.file) from error
    try:
        entity, text = openpgp.verify(ring, proof)
    except openpgp.OpenPgpError as error:
        raise HelmError(str(error)) from error
    found = _digest(data)
    said = _sums(text).get(name)
    if said is None:
        raise HelmError(f"provenance does not contain a SHA for a file named {quote(name)}")
    if said != found:
        raise HelmError(f"sha256 sum does not match for {name}: {quote(said)} != {quote(found)}")
    return Verification(tuple(entity.names), entity.fingerprint, found)


def verify_file(path: str, keyring: str) -> Verification:
    """Verify the archive at *path* with the provenance file beside it.

    Raises:
        HelmError: in Helm's words.
    """
    if os.path.isdir(path):
        raise HelmError("unpacked charts cannot be verified")
    if not path.lower().endswith((".tgz", ".tar.gz")):
        raise HelmError("chart must be a tgz file")
    proof = f"{path}.prov"
    if not os.path.exists(proof):
        raise HelmError(f"could not load provenance file {proof}: stat {proof}: no such file or directory")
    return verify(_read(path), _read(proof), os.path.basename(path), keyring)


def report(found: Verification) -> None:
    """Print who signed, as Helm does."""
    for name in found.names:
        print(f"Signed by: {name}")
    print(f"Using Key With Fingerprint: {found.fingerprint}")
    print(f"Chart Hash Verified: {found.digest}")


def sign(path: str, metadata: dict[str, Any], args: Any) -> None:
    """Write a provenance file beside the archive at *path*.

    Raises:
        HelmError: in Helm's words.
    """
    entity = _signer(_keyring(args.keyring), args.key)
    if not entity.secret:
        raise HelmError("provided key is not a private key. Try providing a keyring with secret keys")
    data = _read(path)
    sums = {"files": {os.path.basename(path): _digest(data)}}
    text = yaml.dump(metadata).encode("utf-8", "surrogateescape") + b"\n...\n" + yaml.dump(sums).encode()
    try:
        signed = openpgp.clear_sign(text, entity, lambda: _passphrase(entity, args.passphrase_file))
    except openpgp.OpenPgpError as error:
        raise HelmError(str(error)) from error
    with open(f"{path}.prov", "wb") as handle:
        handle.write(signed)


def _signer(ring: list[openpgp.Entity], wanted: str) -> openpgp.Entity:
    """Return the one key whose name is, or has in it, what --key says."""
    for entity in ring:
        if wanted in entity.names:
            return entity
    found = [entity for entity in ring for name in entity.names if wanted in name]
    if len(found) > 1:
        raise HelmError(f"more than one key contain the id {quote(wanted)}")
    if not found:
        raise HelmError("private key not found")
    return found[0]


def _passphrase(entity: openpgp.Entity, path: str) -> bytes:
    if not path:
        name = next(iter(entity.names), "Unknown")
        return getpass.getpass(f"Password for key {quote(name)} >  ").encode()
    if path == "-":
        return sys.stdin.buffer.readline().rstrip(b"\r\n")
    return _read(path).partition(b"\n")[0].rstrip(b"\r")


def _keyring(path: str) -> list[openpgp.Entity]:
    path = path or helm_paths.keyring()
    data = _read(path)
    try:
        return openpgp.read_keyring(data, path)
    except openpgp.OpenPgpError as error:
        raise HelmError(
            str(error), file=path, hint=f"{path} is read as gpg writes it: gpg --export[-secret-keys] > FILE"
        ) from error


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except OSError as error:
        raise HelmError(f"open {path}: {words(error)}", file=path) from error


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _sums(plain: bytes) -> dict[str, str]:
    """Return the digests by file name in a signed text."""
    _, mark, rest = plain.partition(b"\n...\n")
    if not mark:
        raise HelmError("message block must have at least two parts")
    try:
        found = yaml.load(rest.partition(b"\n...\n")[0])
    except yaml.YamlError as error:
        raise HelmError(f"error converting YAML to JSON: {error}") from error
    files = found.get("files") if isinstance(found, dict) else None
    return {str(name): str(sum_) for name, sum_ in files.items()} if isinstance(files, dict) else {}
