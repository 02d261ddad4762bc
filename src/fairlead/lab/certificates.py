"""Certificates of the simulated clusters, signed by each cluster's own CA. Leaf keys are EC: they cost nothing."""

import ipaddress
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairlead.runtime.clock import Clock

YEAR = timedelta(days=365)


def subject(user: str, groups: Sequence[str] = ()) -> x509.Name:
    """A client's name as Kubernetes reads it: O is the groups, CN the user."""
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def request_pem(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate signing request for *name*."""
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def sign(
    name: x509.Name,
    public_key: Any,
    *,
    ca: x509.Certificate,
    ca_key: Any,
    clock: Clock,
    server_names: Sequence[str] = (),
) -> bytes:
    """A leaf certificate in PEM: for a server when it has names to answer to, else for a client."""
    now = clock.now()
    usage = ExtendedKeyUsageOID.SERVER_AUTH if server_names else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(ca.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + YEAR)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    if server_names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_general_name, server_names))), False)
    return builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def public_key_pin(certificate: x509.Certificate) -> str:
    """`sha256:<hex>` of the certificate's public key, as kubeadm's discovery checks it."""
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    return f"sha256:{digest.finalize().hex()}"
