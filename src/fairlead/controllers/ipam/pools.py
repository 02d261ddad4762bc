"""Pools of addresses: how many are free, and that none goes while its addresses are in use.

Behaviour: cluster-api-ipam-provider-in-cluster v1.1, internal/controllers/inclusterippool.go.
Differences: docs/compat/ipam.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairlead.api.ipam.kinds import GLOBAL_IN_CLUSTER_IP_POOL, GROUP, IN_CLUSTER_IP_POOL, IP_ADDRESS
from fairlead.api.ipam.rules import allocatable
from fairlead.base.objects import GVK, Json, Key, finalizers, is_deleting
from fairlead.controllers.contract import SETTLE_MACHINE, get_or_none
from fairlead.engines.ipranges import IPRangeError, IPSet, parse_address, single, union
from fairlead.runtime.client import Client
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result, StalledError

PROTECT_POOL = "ipam.cluster.x-k8s.io/ProtectPool"
MANAGER = "ipam"
POOL_KINDS = {kind.kind: kind for kind in (IN_CLUSTER_IP_POOL, GLOBAL_IN_CLUSTER_IP_POOL)}


@dataclass(frozen=True, slots=True)
class PoolId:
    """Which pool a reference means."""

    gvk: GVK
    key: Key

    def __str__(self) -> str:
        return f'{self.gvk.kind} "{self.key.name}"'

    @classmethod
    def of(cls, pool: Json) -> "PoolId":
        """The pool itself."""
        return cls(POOL_KINDS[pool["kind"]], Key.of(pool))

    @classmethod
    def referred(cls, obj: Json) -> "PoolId | None":
        """The pool to which a claim or an address refers; None when it is not one of ours."""
        reference = obj["spec"]["poolRef"]
        gvk = POOL_KINDS.get(reference["kind"])
        if gvk is None or reference.get("apiGroup", "") != GROUP:
            return None
        namespace = "" if gvk is GLOBAL_IN_CLUSTER_IP_POOL else Key.of(obj).namespace
        return cls(gvk, Key(namespace, reference["name"]))


async def addresses_of(client: Client, pool: PoolId) -> list[Json]:
    """The IPAddress objects of a pool."""
    listed = (await client.list(IP_ADDRESS, pool.key.namespace)).items
    return [address for address in listed if PoolId.referred(address) == pool]


def used_set(addresses: Iterable[Json]) -> IPSet:
    """The addresses that are given out; what is no address counts for nothing."""
    sets: list[IPSet] = []
    for address in addresses:
        try:
            sets.append(single(parse_address(address["spec"]["address"])))
        except IPRangeError:
            continue
    return union(sets)


def count(spec: Json, addresses: Sequence[Json]) -> Json:
    """What the status of a pool says. Raises: IPRangeError."""
    there = allocatable(spec)
    return {
        "total": there.count,
        "used": len(addresses),
        "free": there.count - len(addresses),
        "outOfRange": used_set(addresses).without(there).count,
    }


class PoolController(BaseController):
    """Counts the addresses of the pools of one kind."""

    settle = SETTLE_MACHINE

    def __init__(self, *, client: Client, kind: GVK) -> None:
        self._client = client
        self.kind = kind
        self.name = kind.kind.lower()

    def watches(self) -> Sequence[Watch]:
        return (Watch(IP_ADDRESS, self._of_address),)

    def _of_address(self, address: Json) -> tuple[Key, ...]:
        pool = PoolId.referred(address)
        return (pool.key,) if pool is not None and pool.gvk == self.kind else ()

    async def reconcile(self, key: Key) -> Result:
        pool = await get_or_none(self._client, self.kind, key)
        if pool is None:
            return Result.done()
        addresses = await addresses_of(self._client, PoolId(self.kind, key))
        async with editing(self._client, pool, field_manager=MANAGER) as draft:
            if is_deleting(pool):
                if not addresses:
                    draft["metadata"]["finalizers"] = [name for name in finalizers(pool) if name != PROTECT_POOL]
                return Result.done()
            if PROTECT_POOL not in finalizers(pool):
                draft["metadata"].setdefault("finalizers", []).append(PROTECT_POOL)
            try:
                draft.setdefault("status", {})["ipAddresses"] = count(pool.get("spec") or {}, addresses)
            except IPRangeError as error:
                raise StalledError(f"{self.kind.kind} {key}: {error}; correct spec.addresses") from error
        return Result.done()
