"""A certificate authority with elliptic-curve keys: server certificates, client certificates, kubeconfigs."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairlead.base.objects import Json

_BACKDATED = timedelta(minutes=5)  # clocks differ
_CA_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as PEM."""

    certificate: str
    key: str


def _pem(certificate: x509.Certificate, key: CertificateIssuerPrivateKeyTypes) -> Pair:
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), encoded.decode())


def _subject(name: str, organisations: Iterable[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organisations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """Signs certificates; make one with `create`, or go on with `load`."""

    def __init__(self, certificate: x509.Certificate, key: CertificateIssuerPrivateKeyTypes) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, name: str, now: datetime) -> Authority:
        """A new self-signed authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(name)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(now + _CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def load(cls, pair: Pair) -> Authority:
        """The authority that *pair* is. Raises: ValueError for a pair that is none."""
        key = serialization.load_pem_private_key(pair.key.encode(), None)
        if not hasattr(key, "sign"):
            raise ValueError("cannot load the certificate authority: its key cannot sign")
        return cls(x509.load_pem_x509_certificate(pair.certificate.encode()), key)  # type: ignore[arg-type]  # checked

    @property
    def pair(self) -> Pair:
        """Certificate and key, to keep."""
        return _pem(self._certificate, self._key)

    @property
    def certificate(self) -> str:
        """The CA certificate as PEM."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue_server(self, hosts: Sequence[str], now: datetime) -> Pair:
        """A server certificate for names and addresses."""
        names: list[x509.GeneralName] = []
        for host in hosts:
            try:
                names.append(x509.IPAddress(ipaddress.ip_address(host)))
            except ValueError:
                names.append(x509.DNSName(host))
        return self._issue(_subject(hosts[0]), ExtendedKeyUsageOID.SERVER_AUTH, now, names)

    def issue_client(self, name: str, groups: Sequence[str], now: datetime) -> Pair:
        """A client certificate: the common name is the user, the organisations are the groups."""
        return self._issue(_subject(name, groups), ExtendedKeyUsageOID.CLIENT_AUTH, now, [])

    def _issue(
        self, subject: x509.Name, usage: x509.ObjectIdentifier, now: datetime, names: list[x509.GeneralName]
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(now + _LEAF_LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return _pem(builder.sign(self._key, hashes.SHA256()), key)


def kubeconfig(
    name: str, url: str, authority: str, *, pair: Pair | None = None, token: str = "", server_name: str = ""
) -> Json:
    """A kubeconfig with one cluster, one user and one context, all called *name*."""
    cluster: Json = {"server": url, "certificate-authority-data": _base64(authority)}
    if server_name:
        cluster["tls-server-name"] = server_name
    user: Json = {}
    if pair is not None:
        user["client-certificate-data"] = _base64(pair.certificate)
        user["client-key-data"] = _base64(pair.key)
    if token:
        user["token"] = token
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
