"""The certificates of a workload cluster: which there are, how they are made, and the Secrets that hold them.

Source: cluster-api v1.14 util/secret/certificates.go (names, subjects, lifetimes), util/kubeconfig/kubeconfig.go.
"""

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, CLUSTER_SECRET_TYPE
from fairlead.engines.cloudinit import File
from fairlead.runtime.clock import Clock
from fairlead.runtime.keys import KeySource

CA_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=365)
PKI = "/etc/kubernetes/pki"
PURPOSES = ("ca", "etcd", "sa", "proxy")
_FILES = {
    "ca": (f"{PKI}/ca.crt", f"{PKI}/ca.key"),
    "etcd": (f"{PKI}/etcd/ca.crt", f"{PKI}/etcd/ca.key"),
    "sa": (f"{PKI}/sa.pub", f"{PKI}/sa.key"),
    "proxy": (f"{PKI}/front-proxy-ca.crt", f"{PKI}/front-proxy-ca.key"),
}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate (or public key) and its private key, in PEM."""

    certificate: bytes
    key: bytes


def secret_name(cluster: str, purpose: str) -> str:
    """`<cluster>-<purpose>`, as upstream names them."""
    return f"{cluster}-{purpose}"


async def new_key(keys: KeySource, algorithm: str) -> Any:
    """A private key of a kubeadm encryptionAlgorithm (`RSA-2048` when empty)."""
    if algorithm.startswith("ECDSA"):
        return ec.generate_private_key(ec.SECP384R1() if algorithm.endswith("384") else ec.SECP256R1())
    bits = int(algorithm.partition("-")[2] or 2048) if algorithm else 2048
    return await keys.rsa_key(bits)


def private_pem(key: Any) -> bytes:
    """The key as Go's tools write it: PKCS#1 for RSA, SEC1 for EC."""
    return bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


async def new_pair(purpose: str, keys: KeySource, clock: Clock, algorithm: str = "") -> KeyPair:
    """A CA of its own, or for `sa` a plain key pair."""
    key = await new_key(keys, algorithm)
    if purpose == "sa":
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return KeyPair(public, private_pem(key))
    now = clock.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_ca_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM), private_pem(key))


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=True,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


async def new_kubeconfig(
    ca: KeyPair, cluster: str, endpoint: str, keys: KeySource, clock: Clock, algorithm: str = ""
) -> bytes:
    """An administrator's kubeconfig for `https://<endpoint>`, with a client certificate that *ca* signs."""
    key = await new_key(keys, algorithm)
    authority = x509.load_pem_x509_certificate(ca.certificate)
    signer: Any = serialization.load_pem_private_key(ca.key, None)
    now = clock.now()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters"),
            x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes-admin"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LEAF_LIFETIME)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    user = f"{cluster}-admin"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster,
                "cluster": {"certificate-authority-data": _b64(ca.certificate), "server": f"https://{endpoint}"},
            }
        ],
        "contexts": [{"name": f"{user}@{cluster}", "context": {"cluster": cluster, "user": user}}],
        "current-context": f"{user}@{cluster}",
        "preferences": {},
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _b64(certificate.public_bytes(serialization.Encoding.PEM)),
                    "client-key-data": _b64(private_pem(key)),
                },
            }
        ],
    }
    return goyaml.dump(config).encode()


def cluster_secret(cluster: Json, purpose: str, data: dict[str, bytes], owner: Json) -> Json:
    """A Secret of the cluster, as upstream labels, types and owns it."""
    name, namespace = cluster["metadata"]["name"], cluster["metadata"]["namespace"]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret_name(name, purpose),
            "namespace": namespace,
            "labels": {CLUSTER_NAME_LABEL: name},
            "ownerReferences": [owner],
        },
        "type": CLUSTER_SECRET_TYPE,
        "data": {key: _b64(value) for key, value in data.items()},
    }


def pair_of(secret: Json) -> KeyPair:
    """The key pair in a Secret. Raises: KeyError when it has none."""
    data = secret["data"]
    return KeyPair(base64.b64decode(data["tls.crt"]), base64.b64decode(data["tls.key"]))


def control_plane_files(pairs: dict[str, KeyPair]) -> list[File]:
    """The files with which a control-plane machine gets the cluster's certificates."""
    files = []
    for purpose in PURPOSES:
        certificate, key = _FILES[purpose]
        pair = pairs[purpose]
        files.append(File(certificate, pair.certificate.decode()))
        files.append(File(key, pair.key.decode(), permissions="0600"))
    return files


def public_key_pin(certificate: bytes) -> str:
    """`sha256:<hex>` of a CA's public key, with which joining machines recognise the cluster."""
    spki = (
        x509.load_pem_x509_certificate(certificate)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    return f"sha256:{digest.finalize().hex()}"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
