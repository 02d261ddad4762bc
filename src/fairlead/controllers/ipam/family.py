"""The controllers of the in-cluster pools, put together."""

from fairlead.controllers.ipam.claims import ClaimController
from fairlead.controllers.ipam.pools import POOL_KINDS, PoolController
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Controller


def ipam_controllers(*, client: Client, clock: Clock) -> list[Controller]:
    """All of them."""
    pools = [PoolController(client=client, kind=kind) for kind in POOL_KINDS.values()]
    return [ClaimController(client=client, clock=clock), *pools]
