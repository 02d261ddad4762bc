"""Our kinds in a cluster that is not the embedded one: their definitions, and the webhooks that stand for their rules.

That cluster's API server calls back for conversion, defaults and refusals; without them objects would lack what the
controllers rely on. So the start ends with an error where it cannot call.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from fairlead.api.errors import ApiError, service_unavailable
from fairlead.api.kind import Kind
from fairlead.base.objects import GVK, Json, get_in
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import is_true
from fairlead.server.webhooks import manifests

DEFINITION = GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
MANAGER = "fairlead"
CHECK = timedelta(milliseconds=100)
LIMIT = timedelta(seconds=60)


def own_address(server: str) -> str:
    """The address of this machine that the API server at the URL *server* can call. Raises: OSError."""
    parts = urlsplit(server)
    with socket.create_connection((parts.hostname or "", parts.port or 443), timeout=10) as connection:
        return str(connection.getsockname()[0])


async def install_kinds(client: Client, clock: Clock, url: str, authority: str, kinds: Iterable[Kind]) -> None:
    """Apply definitions and webhook configurations; return once all is served and asked. Raises: ApiError.

    *url* is where `server.webhooks.Webhooks` answers, with a certificate of the PEM *authority*.
    """
    objects = manifests(kinds, url, authority)
    for obj in objects:
        await client.apply(obj, field_manager=MANAGER)
    names = [obj["metadata"]["name"] for obj in objects if obj["kind"] == DEFINITION.kind]
    end = clock.monotonic() + LIMIT.total_seconds()

    async def wait(condition: Callable[[], Awaitable[bool]], what: str) -> None:
        while not await condition():
            if clock.monotonic() > end:
                raise service_unavailable(f"{what} within {LIMIT}")
            await clock.sleep(CHECK)

    for name in names:
        await wait(functools.partial(_is_served, client, name), f"CustomResourceDefinition '{name}' is not served")
    await wait(functools.partial(_is_asked, client), f"the API server does not call the webhooks at {url}")


async def _is_served(client: Client, name: str) -> bool:
    try:
        found = await client.get(DEFINITION, name)
    except ApiError as error:
        if error.is_not_found:
            return False
        raise
    return is_true(get_in(found, "status", "conditions"), "Established")


async def _is_asked(client: Client) -> bool:
    """Whether an object that only our rules refuse is refused. Raises: ApiError when the webhook cannot be called."""
    probe: Json = {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "Machine",
        "metadata": {"name": "fairlead-probe", "namespace": "default"},
        "spec": {
            "clusterName": "fairlead-probe",
            "version": "none",
            "bootstrap": {"dataSecretName": "none"},
            "infrastructureRef": {
                "apiGroup": "infrastructure.cluster.x-k8s.io",
                "kind": "VSphereMachine",
                "name": "fairlead-probe",
            },
        },
    }
    try:
        await client.create(probe, field_manager=MANAGER, dry_run=True)
    except ApiError as error:
        if error.is_invalid or error.is_not_found:
            return "admission webhook" in error.message
        raise
    return False
