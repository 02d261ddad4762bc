"""The certificates of a workload cluster: which there are, how they are made, and the Secrets that hold them.

Source: cluster-api v1.14 util/secret/certificates.go (names, subjects, lifetimes), util/kubeconfig/kubeconfig.go.
"""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, Key, get_in
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, CLUSTER_SECRET_TYPE, SECRET, get_or_none
from fairlead.engines.cloudinit import File
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.keys import KeySource

CA_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=365)
RENEWAL = LEAF_LIFETIME / 2  # a client certificate that ends sooner is made anew
DEFAULT_DIRECTORY = "/etc/kubernetes/pki"
_CA_DAYS = "caCertificateValidityPeriodDays"
ETCD_CLIENT = "apiserver-etcd-client"
PURPOSES = ("ca", "sa", "proxy", "etcd")
_FILES = {
    "ca": ("ca.crt", "ca.key"),
    "etcd": ("etcd/ca.crt", "etcd/ca.key"),
    "proxy": ("front-proxy-ca.crt", "front-proxy-ca.key"),
    "sa": ("sa.pub", "sa.key"),
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


async def new_pair(
    purpose: str, keys: KeySource, clock: Clock, algorithm: str = "", *, lifetime: timedelta = CA_LIFETIME
) -> KeyPair:
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
        .not_valid_after(now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM), private_pem(key))


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=signs,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


async def new_client(
    ca: KeyPair, name: str, groups: Sequence[str], keys: KeySource, clock: Clock, algorithm: str = ""
) -> KeyPair:
    """A client certificate for the user *name* in *groups* that *ca* signs."""
    key = await new_key(keys, algorithm)
    authority = x509.load_pem_x509_certificate(ca.certificate)
    # checking the primes takes 40 ms of the event loop's time; a wrong key fails when it signs
    signer: Any = serialization.load_pem_private_key(ca.key, None, unsafe_skip_rsa_key_validation=True)
    now = clock.now()
    organizations = (x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups)
    subject = x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LEAF_LIFETIME)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM), private_pem(key))


async def new_kubeconfig(
    ca: KeyPair, cluster: str, endpoint: str, keys: KeySource, clock: Clock, algorithm: str = ""
) -> bytes:
    """An administrator's kubeconfig for `https://<endpoint>`, with a client certificate that *ca* signs."""
    client = await new_client(ca, "kubernetes-admin", ("system:masters",), keys, clock, algorithm)
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
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _b64(client.certificate),
                    "client-key-data": _b64(client.key),
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
    """The key pair in a Secret; an external etcd's CA may lack its key. Raises: KeyError without certificate."""
    data = secret["data"]
    return KeyPair(base64.b64decode(data["tls.crt"]), base64.b64decode(data.get("tls.key", "")))


def external_etcd(configuration: Mapping[str, Any] | None) -> Json | None:
    """The part of a ClusterConfiguration that names an etcd elsewhere, or None."""
    found: Json | None = get_in(configuration or {}, "etcd", "external")
    return found or None


def purposes(configuration: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The key pairs that a control plane with this ClusterConfiguration needs."""
    return (*PURPOSES, ETCD_CLIENT) if external_etcd(configuration) else PURPOSES


def is_generated(purpose: str, configuration: Mapping[str, Any] | None) -> bool:
    """Whether the key pair is ours to make; those of an external etcd are the user's."""
    return purpose != ETCD_CLIENT and not (purpose == "etcd" and external_etcd(configuration))


def control_plane_files(pairs: Mapping[str, KeyPair], configuration: Mapping[str, Any] | None) -> list[File]:
    """The files with which a control-plane machine gets the cluster's certificates, in upstream's order."""
    external = external_etcd(configuration)
    directory = (configuration or {}).get("certificatesDir") or DEFAULT_DIRECTORY
    paths = {purpose: tuple(f"{directory}/{name}" for name in names) for purpose, names in _FILES.items()}
    if external:
        paths["etcd"] = (external["caFile"], "")
        paths[ETCD_CLIENT] = (external["certFile"], external["keyFile"])
    files = []
    for purpose, (certificate, key) in paths.items():
        pair = pairs[purpose]
        files.append(File(certificate, pair.certificate.decode()))
        if key and pair.key:
            files.append(File(key, pair.key.decode(), permissions="0600"))
    return files


async def ensure(
    client: Client,
    keys: KeySource,
    clock: Clock,
    cluster: Json,
    configuration: Mapping[str, Any] | None,
    owner: Json,
    *,
    manager: str,
) -> dict[str, KeyPair]:
    """Make what is missing of the cluster's key pairs, all keys at once; returns those there are now."""
    meta = cluster["metadata"]
    pairs: dict[str, KeyPair] = {}
    missing = []
    for purpose in purposes(configuration):
        secret = await get_or_none(client, SECRET, Key(meta["namespace"], secret_name(meta["name"], purpose)))
        if secret is not None:
            pairs[purpose] = pair_of(secret)
        elif is_generated(purpose, configuration):
            missing.append(purpose)
    config = configuration or {}
    algorithm = config.get("encryptionAlgorithm") or ""
    lifetime = timedelta(days=config[_CA_DAYS]) if config.get(_CA_DAYS) else CA_LIFETIME
    made = await asyncio.gather(*(new_pair(p, keys, clock, algorithm, lifetime=lifetime) for p in missing))
    for purpose, pair in zip(missing, made, strict=True):
        data = {"tls.crt": pair.certificate, "tls.key": pair.key}
        try:
            await client.create(cluster_secret(cluster, purpose, data, owner), field_manager=manager)
        except ApiError as error:
            if not error.is_already_exists:
                raise
            there = await client.get(SECRET, secret_name(meta["name"], purpose), meta["namespace"])
            pair = pair_of(there)  # another writer was faster: its key counts
        pairs[purpose] = pair
    return pairs


def needs_rotation(kubeconfig: bytes, clock: Clock) -> bool:
    """Whether a client certificate in *kubeconfig* ends within the renewal time; False when it cannot be read."""
    try:
        config = goyaml.load(kubeconfig)
    except goyaml.YamlError:
        return False
    for user in get_in(config if isinstance(config, dict) else {}, "users", default=()):
        data = get_in(user, "user", "client-certificate-data")
        if not data:
            continue
        try:
            certificate = x509.load_pem_x509_certificate(base64.b64decode(data))
        except ValueError:
            continue
        if certificate.not_valid_after_utc - clock.now() < RENEWAL:
            return True
    return False


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


def encoded(value: bytes) -> str:
    """*value* as a Secret holds it."""
    return _b64(value)


def secret_value(secret: Json, name: str) -> bytes:
    """A Secret's value; empty when it has none."""
    return base64.b64decode(get_in(secret, "data", name, default=""))
