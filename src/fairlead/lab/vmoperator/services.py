"""Addresses for VirtualMachineServices of type LoadBalancer.

An address is enough here: an API server of the lab answers at whatever address its cluster was set up with.
"""

import asyncio
import ipaddress

from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE_SERVICE
from fairlead.base.objects import Json, Key, get_in, is_deleting
from fairlead.controllers.contract import get_or_none
from fairlead.lab.vmoperator.supervisor import MANAGER
from fairlead.runtime.client import Client
from fairlead.runtime.controller import BaseController
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result

POOL = ipaddress.ip_network("172.31.0.0/16")  # no network of the lab leases from it


class ServiceController(BaseController):
    """Gives each load balancer the lowest address that is free."""

    name = "vmoperator-service"
    kind = VIRTUAL_MACHINE_SERVICE

    def __init__(self, *, client: Client) -> None:
        self._client = client
        self._lock = asyncio.Lock()

    async def reconcile(self, key: Key) -> Result:
        async with self._lock:  # an address is free until it is written down
            service = await get_or_none(self._client, VIRTUAL_MACHINE_SERVICE, key)
            if service is None or is_deleting(service) or service["spec"].get("type") != "LoadBalancer":
                return Result.done()
            if addresses_of(service):
                return Result.done()
            address = service["spec"].get("loadBalancerIP") or await self._free()
            async with editing(self._client, service, field_manager=MANAGER) as draft:
                draft.setdefault("status", {})["loadBalancer"] = {"ingress": [{"ip": address}]}
        return Result.done()

    async def _free(self) -> str:
        services = (await self._client.list(VIRTUAL_MACHINE_SERVICE)).items
        taken = {address for service in services for address in addresses_of(service)}
        return next(str(address) for address in POOL.hosts() if str(address) not in taken)


def addresses_of(service: Json) -> list[str]:
    """The addresses that a service has."""
    ingress = get_in(service, "status", "loadBalancer", "ingress", default=())
    return [entry["ip"] for entry in ingress if entry.get("ip")]
