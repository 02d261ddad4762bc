"""Credentials for a vCenter: from a Secret beside the VSphereCluster, or from a VSphereClusterIdentity.

Source: cluster-api-provider-vsphere v1.17, pkg/identity/identity.go.
"""

import base64
from dataclasses import dataclass

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, get_in
from fairlead.engines.selectors import label_selector
from fairlead.runtime.client import Client

SECRET = GVK("", "v1", "Secret")
NAMESPACE = GVK("", "v1", "Namespace")
IDENTITY = GVK("infrastructure.cluster.x-k8s.io", "v1beta2", "VSphereClusterIdentity")


class CredentialsError(Exception):
    """There are no usable credentials; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of a vCenter."""

    username: str
    password: str


def secret_text(secret: Json, key: str) -> str:
    """A Secret's value as text; empty when it is not there."""
    value = get_in(secret, "data", key, default="")
    return base64.b64decode(value).decode(errors="replace").strip("\n") if value else ""


async def credentials_for(client: Client, cluster: Json, own_namespace: str, default: Credentials) -> Credentials:
    """The credentials a VSphereCluster names; *default* when it names none. Raises: CredentialsError."""
    reference = get_in(cluster, "spec", "identityRef", default={})
    if not reference:
        return default
    if reference["kind"] == "Secret":
        namespace, name = cluster["metadata"]["namespace"], reference["name"]
    else:
        namespace, name = own_namespace, await _secret_of_identity(client, cluster, reference["name"])
    try:
        secret = await client.get(SECRET, name, namespace)
    except ApiError as error:
        raise CredentialsError(f'Secret "{name}" not found' if error.is_not_found else error.message) from error
    found = Credentials(secret_text(secret, "username"), secret_text(secret, "password"))
    if not found.username:
        raise CredentialsError(f'Secret "{namespace}/{name}" has no key "username"')
    return found


async def _secret_of_identity(client: Client, cluster: Json, name: str) -> str:
    try:
        identity = await client.get(IDENTITY, name)
    except ApiError as error:
        raise CredentialsError(error.message) from error
    if not get_in(identity, "status", "ready"):
        raise CredentialsError("identity isn't ready to be used yet")
    selector = get_in(identity, "spec", "allowedNamespaces", "selector")
    if selector is None:
        raise CredentialsError("allowedNamespaces set to nil, no namespaces are allowed to use this identity")
    namespace = await client.get(NAMESPACE, cluster["metadata"]["namespace"])
    if not label_selector(selector).matches(namespace["metadata"].get("labels") or {}):
        raise CredentialsError(
            f"namespace {cluster['metadata']['namespace']} is not allowed to use specified identity {name}"
        )
    return str(identity["spec"]["secretName"])
