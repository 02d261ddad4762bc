"""Our kinds in a cluster that is not the embedded one: their definitions are applied, then waited for."""

from __future__ import annotations

from datetime import timedelta

from fairlead.api.errors import ApiError, service_unavailable
from fairlead.app.kinds import KINDS
from fairlead.base.objects import GVK, get_in
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import is_true
from fairlead.server.registry import kind_resource

DEFINITION = GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
MANAGER = "fairlead"
CHECK = timedelta(milliseconds=100)
LIMIT = timedelta(seconds=60)


async def install_kinds(client: Client, clock: Clock) -> None:
    """Apply all definitions and return once they are served. Raises: ApiError."""
    names = []
    for kind in KINDS:
        definition = kind_resource(kind)[0]
        names.append(definition["metadata"]["name"])
        await client.apply(definition, field_manager=MANAGER)
    end = clock.monotonic() + LIMIT.total_seconds()
    for name in names:
        while not await _is_served(client, name):
            if clock.monotonic() > end:
                raise service_unavailable(f"CustomResourceDefinition '{name}' is not served within {LIMIT}")
            await clock.sleep(CHECK)


async def _is_served(client: Client, name: str) -> bool:
    try:
        found = await client.get(DEFINITION, name)
    except ApiError as error:
        if error.is_not_found:
            return False
        raise
    return is_true(get_in(found, "status", "conditions"), "Established")
