"""Keys and certificates. Source: sprig v3.3 crypto.go; Go 1.26 crypto/x509 (CreateCertificate).

Keys and serial numbers come from the caller's World, so a render repeats.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fairlead.engines.gotemplate.errors import FuncError
from fairlead.engines.gotemplate.gofmt import sprint_value
from fairlead.engines.gotemplate.gotypes import GoObject
from fairlead.engines.gotemplate.strconv import to_bytes
from fairlead.engines.gotemplate.template import Render
from fairlead.engines.helm.functions.random import random_bytes
from fairlead.engines.helm.functions.strings import decode_base64
from fairlead.engines.helm.memo import digest

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar

    Key = Any  # one of cryptography's private keys

    from fairlead.engines.helm.engine import Host


class Certificate(GoObject):
    """What genCA and its relatives return: PEM texts."""

    __slots__ = ("cert", "key")
    go_type: ClassVar[str] = "sprig.certificate"

    def __init__(self, cert: str, key: str) -> None:
        self.cert = cert
        self.key = key

    def go_fields(self) -> Mapping[str, object]:
        return {"Cert": self.cert, "Key": self.key}


# Keys.


def _prime(render: Render, bits: int) -> int:
    """Return a prime with its two highest bits set."""
    while True:
        start = int.from_bytes(random_bytes(render, bits // 8), "big") | (0b11 << (bits - 2)) | 1
        for candidate in range(start, start + 4096, 2):
            if candidate.bit_length() == bits and _is_prime(candidate):
                return candidate


def _small_primes(limit: int) -> list[int]:
    sieve = bytearray([1]) * limit
    for number in range(2, int(limit**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return [number for number in range(3, limit) if sieve[number]]


_SMALL = _small_primes(2000)
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def _is_prime(number: int) -> bool:
    if any(number % prime == 0 for prime in _SMALL):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    for witness in _WITNESSES:
        value = pow(witness, odd, number)
        if value in (1, number - 1):
            continue
        for _ in range(twos - 1):
            value = value * value % number
            if value == number - 1:
                break
        else:
            return False
    return True


def _seeded_rsa(render: Render, bits: int) -> rsa.RSAPrivateKey:
    """Return an RSA key that follows from the World's random bytes alone."""
    exponent = 65537
    while True:
        p, q = _prime(render, bits // 2), _prime(render, bits // 2)
        phi = (p - 1) * (q - 1)
        if p != q and phi % exponent:
            break
    d = pow(exponent, -1, phi)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), rsa.RSAPublicNumbers(exponent, p * q)
    )
    return numbers.private_key()


def _generate(render: Render, kind: str, bits: int = 0) -> Key:
    host: Host = render.host  # type: ignore[assignment]
    if host.world.generate_key is not None:
        der = host.world.generate_key(kind, bits)
        # A key just made need not be checked: looking for divisors takes as long as making it.
        return serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    if kind == "rsa":
        return _seeded_rsa(render, bits)
    if kind == "ecdsa":
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        return ec.derive_private_key(int.from_bytes(random_bytes(render, 40), "big") % (order - 1) + 1, ec.SECP256R1())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(random_bytes(render, 32))
    return dsa.generate_private_key(2048)


def _key_pem(key: Key) -> str:
    """Return the key as sprig writes it: PKCS#1, SEC 1 or PKCS#8."""
    style = (
        serialization.PrivateFormat.PKCS8
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else serialization.PrivateFormat.TraditionalOpenSSL
    )
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, style, serialization.NoEncryption())
    if len(_written) >= _MAX_WRITTEN:
        _written.clear()
    _written.add(digest(pem))
    return pem.decode()


_written: set[bytes] = set()  # digests of the keys written here: when such a one is read, it need not be checked
_MAX_WRITTEN = 1000


def gen_private_key(render: Render, kind: str) -> str:
    kinds = {"": "rsa", "rsa": "rsa", "dsa": "dsa", "ecdsa": "ecdsa", "ed25519": "ed25519"}
    if kind not in kinds:
        return f"Unknown type {kind}"
    return _key_pem(_generate(render, kinds[kind], 4096))


def _parse_key(text: str) -> Key:
    """Return the key in a PEM text.

    Raises:
        FuncError: in sprig's words.
    """
    begin = text.find("-----BEGIN ")
    end = text.find("-----", begin + 11)
    if begin < 0 or end < 0 or "-----END " not in text:
        raise FuncError("no PEM data in input")
    label = text[begin + 11 : end]
    kinds = {"PRIVATE KEY": "PKCS#8", "RSA PRIVATE KEY": "RSA", "EC PRIVATE KEY": "EC", "DSA PRIVATE KEY": "DSA"}
    if not label.endswith("PRIVATE KEY"):
        raise FuncError(f"no private key data in PEM block of type {label}")
    if label not in kinds:
        raise FuncError(f"invalid private key type {label.removesuffix(' PRIVATE KEY')}")
    try:
        pem = to_bytes(text[begin:])
        return serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=digest(pem) in _written)
    except (ValueError, TypeError) as error:
        if kinds[label] == "PKCS#8":
            raise FuncError(f"decoding PEM as PKCS#8: {error}") from None
        raise FuncError(f"parsing {kinds[label]} private key from PEM: {error}") from None


# Certificates.


def _addresses(values: list[Any] | None) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for value in values or ():
        if not isinstance(value, str):
            raise FuncError(f"error parsing ip: {sprint_value(value)} is not a string")
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(value)))
        except ValueError:
            raise FuncError(f"error parsing ip: {value}") from None
    return found


def _names(values: list[Any] | None) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for value in values or ():
        if not isinstance(value, str):
            raise FuncError(f"error processing alternate dns name: {sprint_value(value)} is not a string")
        try:
            found.append(x509.DNSName(value))
        except ValueError:
            raise FuncError(f"error creating certificate: x509: {value!r} cannot be encoded as an IA5String") from None
    return found


_PRINTABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")


def _subject(name: str) -> x509.Name:
    """Return the subject, in the ASN.1 string type Go chooses."""
    from cryptography.x509.name import _ASN1Type

    if not name:
        return x509.Name([])
    kind = _ASN1Type.PrintableString if _PRINTABLE.issuperset(name) else _ASN1Type.UTF8String
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name, kind, _validate=False)])


def _key_id(key: Key) -> bytes:
    """Return Go's subject key id: SHA-256 of the public key bits, cut to 20 bytes."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    bits = x509.SubjectKeyIdentifier.from_public_key(key.public_key())  # checks the key's kind
    del bits
    return hashlib.sha256(_bit_string(public)).digest()[:20]


def _bit_string(info: bytes) -> bytes:
    """Return the content of the BIT STRING that ends a SubjectPublicKeyInfo."""

    def header(position: int) -> tuple[int, int]:
        length = info[position + 1]
        if length < 0x80:
            return position + 2, length
        size = length & 0x7F
        return position + 2 + size, int.from_bytes(info[position + 2 : position + 2 + size], "big")

    start, _ = header(0)
    algorithm, size = header(start)
    content, _ = header(algorithm + size)
    return info[content + 1 :]


def _issue(
    render: Render,
    name: str,
    key: Key,
    days: int,
    *,
    addresses: list[Any] | None = None,
    names: list[Any] | None = None,
    is_ca: bool = False,
    signer: tuple[x509.Certificate, Key] | None = None,
) -> Certificate:
    """Return a certificate for *key*, signed by *signer* or by itself."""
    alternatives = [*_names(names), *_addresses(addresses)]
    host: Host = render.host  # type: ignore[assignment]
    start = host.world.now().replace(microsecond=0)
    subject = _subject(name)
    builder = (
        x509.CertificateBuilder()
        .serial_number(int.from_bytes(random_bytes(render, 16), "big") >> 1 | 1)
        .subject_name(subject)
        .issuer_name(subject if signer is None else signer[0].subject)
        .public_key(key.public_key())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(_usage(is_ca), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
    )
    if is_ca:
        builder = builder.add_extension(x509.SubjectKeyIdentifier(_key_id(key)), critical=False)
    if signer is not None:
        try:
            found = signer[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
            builder = builder.add_extension(x509.AuthorityKeyIdentifier(found.value.digest, None, None), critical=False)
        except x509.ExtensionNotFound:
            pass
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=not name)
    signing = key if signer is None else signer[1]
    algorithm = None if isinstance(signing, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    deterministic = {"ecdsa_deterministic": True} if isinstance(signing, ec.EllipticCurvePrivateKey) else {}
    try:
        certificate = builder.sign(signing, algorithm, **deterministic)  # type: ignore[arg-type]
    except TypeError:
        certificate = builder.sign(signing, algorithm)
    except ValueError as error:
        raise FuncError(f"error creating certificate: {error}") from None
    return Certificate(certificate.public_bytes(serialization.Encoding.PEM).decode(), _key_pem(key))


def _usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _given_key(text: str) -> Key:
    try:
        return _parse_key(text)
    except FuncError as error:
        raise FuncError(f"parsing private key: {error}") from None


def gen_ca(render: Render, name: str, days: int) -> Certificate:
    return _issue(render, name, _generate(render, "rsa", 2048), days, is_ca=True)


def gen_ca_with_key(render: Render, name: str, days: int, key: str) -> Certificate:
    return _issue(render, name, _given_key(key), days, is_ca=True)


def gen_self_signed_cert(
    render: Render, name: str, ips: list[Any] | None, names: list[Any] | None, days: int
) -> Certificate:
    return _issue(render, name, _generate(render, "rsa", 2048), days, addresses=ips, names=names)


def gen_self_signed_cert_with_key(
    render: Render, name: str, ips: list[Any] | None, names: list[Any] | None, days: int, key: str
) -> Certificate:
    return _issue(render, name, _given_key(key), days, addresses=ips, names=names)


def _signer(ca: Certificate) -> tuple[x509.Certificate, Key]:
    if "-----BEGIN " not in ca.cert:
        raise FuncError("unable to decode certificate")
    try:
        certificate = x509.load_pem_x509_certificate(to_bytes(ca.cert))
    except ValueError as error:
        raise FuncError(f"error parsing certificate: decodedSignerCert.Bytes: {error}") from None
    try:
        return certificate, _parse_key(ca.key)
    except FuncError as error:
        raise FuncError(f"error parsing private key: {error}") from None


def gen_signed_cert(
    render: Render, name: str, ips: list[Any] | None, names: list[Any] | None, days: int, ca: Certificate
) -> Certificate:
    key = _generate(render, "rsa", 2048)
    return _issue(render, name, key, days, addresses=ips, names=names, signer=_signer(ca))


def gen_signed_cert_with_key(
    render: Render, name: str, ips: list[Any] | None, names: list[Any] | None, days: int, ca: Certificate, key: str
) -> Certificate:
    return _issue(render, name, _given_key(key), days, addresses=ips, names=names, signer=_signer(ca))


def build_custom_cert(cert: str, key: str) -> Certificate:
    try:
        cert_text = decode_base64(cert)
    except ValueError:
        raise FuncError("unable to decode base64 certificate") from None
    try:
        key_text = decode_base64(key)
    except ValueError:
        raise FuncError("unable to decode base64 private key") from None
    if b"-----BEGIN " not in cert_text:
        raise FuncError("unable to decode certificate")
    try:
        x509.load_pem_x509_certificate(cert_text)
    except ValueError as error:
        raise FuncError(f"error parsing certificate: decodedCert.Bytes: {error}") from None
    text = key_text.decode("utf-8", "surrogateescape")
    try:
        _parse_key(text)
    except FuncError as error:
        raise FuncError(f"error parsing private key: {error}") from None
    return Certificate(cert_text.decode("utf-8", "surrogateescape"), text)
