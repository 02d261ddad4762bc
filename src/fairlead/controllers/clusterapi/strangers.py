"""Who answers at a control-plane endpoint that another cluster holds: told by its certificate.

Upstream only says that there is no connection yet.
"""

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from fairlead.base.objects import Json, Key, get_in
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, CLUSTER_SECRET_TYPE, SECRET
from fairlead.runtime.client import Client
from fairlead.runtime.remote import StrangerError


async def describe_stranger(client: Client, error: StrangerError) -> str:
    """One sentence that names the cluster, by its CA when it is one of ours, and the machines of its certificate."""
    certificate = x509.load_pem_x509_certificate(error.certificate)
    secrets = (await client.list(SECRET)).items
    known = next((key for secret in secrets if (key := _cluster_of(secret)) and _made_by(secret, certificate)), None)
    who = f": {known}" if known is not None else " that is not managed here"
    machines = f" (machine {', '.join(error.machines)})" if error.machines else ""
    return f"{error.address} is answered by another cluster{who}{machines}"


def _cluster_of(secret: Json) -> Key | None:
    """The Cluster whose CA a Secret holds."""
    name = get_in(secret, "metadata", "labels", CLUSTER_NAME_LABEL, default="")
    key = Key.of(secret)
    return Key(key.namespace, name) if secret.get("type") == CLUSTER_SECRET_TYPE and key.name == f"{name}-ca" else None


def _made_by(secret: Json, certificate: x509.Certificate) -> bool:
    """Whether *certificate* is the CA in *secret*, or signed by it."""
    try:
        authorities = x509.load_pem_x509_certificates(base64.b64decode(secret["data"]["tls.crt"]))
    except (KeyError, ValueError, binascii.Error):
        return False
    return any(certificate == each or _is_signed_by(certificate, each) for each in authorities)


def _is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether *authority* signed *certificate*."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
