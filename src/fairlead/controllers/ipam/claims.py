"""IPAddressClaim controller: give each claim the lowest free address of its pool, and take it back when the claim goes.

Behaviour: cluster-api-ipam-provider-in-cluster v1.1, pkg/ipamutil/reconciler.go, internal/controllers/ipaddressclaim.go
and ipaddressclaim_address.go; the reasons of Ready are those that cluster-api v1.14, api/ipam/v1beta2, has for it.
Differences: docs/compat/ipam.md.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.api.errors import ApiError
from fairlead.api.ipam.kinds import GLOBAL_IN_CLUSTER_IP_POOL, IN_CLUSTER_IP_POOL, IP_ADDRESS, IP_ADDRESS_CLAIM
from fairlead.api.ipam.rules import allocatable
from fairlead.base.objects import Json, Key, annotations, finalizers, get_in, is_deleting, labels, owner_references
from fairlead.controllers.conditions import READY, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    PAUSED_ANNOTATION,
    controller_reference,
    get_or_none,
    is_paused,
    reference_to,
    with_owner,
)
from fairlead.controllers.ipam.ledger import Ledger
from fairlead.controllers.ipam.pools import MANAGER, PoolId
from fairlead.engines.ipranges import IPRangeError
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result

RELEASE_ADDRESS = "ipam.cluster.x-k8s.io/ReleaseAddress"
PROTECT_ADDRESS = "ipam.cluster.x-k8s.io/ProtectAddress"
NOT_READY, EXHAUSTED, FAILED = "PoolNotReady", "PoolExhausted", "AllocationFailed"


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one pass judges."""

    claim: Json
    pool_id: PoolId | None  # None: another provider's pool
    pool: Json | None
    cluster_name: str
    cluster: Json | None
    address: Json | None  # the IPAddress of the claim's name
    now: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do; a change of what is looked at wakes the claim."""


@dataclass(frozen=True, slots=True)
class Protect:
    """Put the finalizer on the claim: it must be there before an address is."""


@dataclass(frozen=True, slots=True)
class Fulfil:
    """See to it that the claim has its address."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The claim gets no address as things are."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Release:
    """Take the address back once the grace period is over."""

    after: timedelta


Step = Rest | Protect | Fulfil | Refuse | Release


def decide(seen: Seen) -> Step:
    """Choose the one next step. Pure."""
    claim, pool = seen.claim, seen.pool
    if seen.pool_id is None or _is_held(seen):
        return Rest()
    if is_deleting(claim):
        return Release(_grace_left(claim, pool, seen.now))
    if RELEASE_ADDRESS not in finalizers(claim):
        return Protect()
    if seen.address is None and pool is None:
        return Refuse(NOT_READY, f"{seen.pool_id} not found")
    if seen.address is None and is_deleting(pool or {}):
        return Refuse(NOT_READY, f"{seen.pool_id} is being deleted")
    if seen.address is not None and not _is_for(seen.address, claim):
        text = f'IPAddress "{claim["metadata"]["name"]}" belongs to another claim or pool; delete it'
        return Refuse(FAILED, text)
    return Fulfil() if pool is not None else Rest()


def _is_held(seen: Seen) -> bool:
    """Whether the claim, its cluster or its pool is paused, or the cluster is not there (yet)."""
    if PAUSED_ANNOTATION in annotations(seen.claim):
        return True
    if seen.cluster is not None and is_paused(seen.cluster, seen.cluster):
        return True
    if seen.cluster_name and seen.cluster is None and not is_deleting(seen.claim):
        return True
    return seen.pool is not None and PAUSED_ANNOTATION in annotations(seen.pool)


def _grace_left(claim: Json, pool: Json | None, now: datetime) -> timedelta:
    """How long the address of a deleted claim is still kept; a pool that goes itself keeps none."""
    if pool is None or is_deleting(pool):
        return timedelta(0)
    period = timedelta(seconds=get_in(pool, "spec", "addressReuseGracePeriodSeconds", default=0))
    left: timedelta = parse_timestamp(claim["metadata"]["deletionTimestamp"]) + period - now
    return max(left, timedelta(0))


def _is_for(address: Json, claim: Json) -> bool:
    spec = address["spec"]
    return bool(spec["poolRef"] == claim["spec"]["poolRef"] and spec["claimRef"]["name"] == claim["metadata"]["name"])


class ClaimController(BaseController):
    """Fulfils the claims on in-cluster pools, one after the other, so that no two get one address."""

    name = "ipaddressclaim"
    kind = IP_ADDRESS_CLAIM

    def __init__(self, *, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._allocating = asyncio.Lock()
        self._ledger = Ledger(client)
        self._waiting: dict[PoolId, dict[Key, str]] = {}  # claims without an address, and when they were made
        self._pools: dict[PoolId, object] = {}  # what mattered of each pool when it was last seen
        self._paused: dict[Key, bool] = {}

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(IP_ADDRESS, self._of_address),
            Watch(IN_CLUSTER_IP_POOL, self._of_pool),
            Watch(GLOBAL_IN_CLUSTER_IP_POOL, self._of_pool),
            Watch(CLUSTER, self._of_cluster),
        )

    def _of_address(self, address: Json) -> tuple[Key, ...]:
        """The claim that an address is for, there or not."""
        self._ledger.heard(address)
        if PoolId.referred(address) is None:
            return ()
        return (Key(Key.of(address).namespace, address["spec"]["claimRef"]["name"]),)

    def _of_pool(self, pool: Json) -> list[Key]:
        """Those that wait for the pool, the oldest first, when it may have become able to serve them."""
        ident = PoolId.of(pool)
        matters = (
            pool["metadata"].get("uid"),
            pool["metadata"].get("generation"),
            get_in(pool, "status", "ipAddresses", "free"),
            PAUSED_ANNOTATION in annotations(pool),
            is_deleting(pool),
        )
        if self._pools.get(ident) == matters and not is_deleting(pool):
            return []
        self._pools[ident] = matters
        if is_deleting(pool):
            del self._pools[ident]
        waiting = self._waiting.get(ident, {})
        return sorted(waiting, key=lambda key: (waiting[key], key))

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        """The claims of a cluster that is new, or not paused any more."""
        key, paused = Key.of(cluster), is_paused(cluster, cluster)
        if self._paused.get(key) == paused:
            return []
        self._paused[key] = paused
        if is_deleting(cluster):
            del self._paused[key]
        if paused:
            return []
        claims = (await self._client.list(IP_ADDRESS_CLAIM, key.namespace)).items
        return [Key.of(claim) for claim in claims if cluster_name_of(claim) == key.name]

    async def reconcile(self, key: Key) -> Result:
        claim = await get_or_none(self._client, IP_ADDRESS_CLAIM, key)
        if claim is None:
            self._forget(key)
            return await self._orphaned(key)
        seen = await self._observe(claim)
        step = decide(seen)
        self._note(seen, step)
        async with editing(self._client, claim, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            match step:
                case Rest():
                    return Result.done()
                case Protect():
                    draft["metadata"].setdefault("finalizers", []).append(RELEASE_ADDRESS)
                case Release(after) if after > timedelta(0):
                    return Result.again(after)
                case Release():
                    await self._release(seen.address)
                    draft["metadata"]["finalizers"] = [n for n in finalizers(claim) if n != RELEASE_ADDRESS]
                case Refuse(reason, message):
                    _refuse(report, reason, message)
                case Fulfil():
                    await self._fulfil(seen, draft, report)
        return Result.done()

    async def _observe(self, claim: Json) -> Seen:
        key, pool_id, cluster = Key.of(claim), PoolId.referred(claim), cluster_name_of(claim)
        return Seen(
            claim=claim,
            pool_id=pool_id,
            pool=await get_or_none(self._client, pool_id.gvk, pool_id.key) if pool_id is not None else None,
            cluster_name=cluster,
            cluster=await get_or_none(self._client, CLUSTER, Key(key.namespace, cluster)) if cluster else None,
            address=await get_or_none(self._client, IP_ADDRESS, key),
            now=self._clock.now(),
        )

    def _note(self, seen: Seen, step: Step) -> None:
        """Remember whom a change of the pool concerns."""
        key = Key.of(seen.claim)
        if seen.pool_id is not None and (seen.address is None or isinstance(step, Refuse | Rest | Release)):
            self._waiting.setdefault(seen.pool_id, {})[key] = seen.claim["metadata"].get("creationTimestamp", "")
        else:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        for pool, waiting in list(self._waiting.items()):
            waiting.pop(key, None)
            if not waiting:
                del self._waiting[pool]

    async def _fulfil(self, seen: Seen, draft: Json, report: Reporter) -> None:
        address = seen.address
        if address is None:
            made = await self._allocate(seen)
            if isinstance(made, Refuse):
                _refuse(report, made.reason, made.message)
                return
            self._forget(Key.of(seen.claim))
        else:
            await self._adopt(address, seen)
        draft.setdefault("status", {})["addressRef"] = {"name": seen.claim["metadata"]["name"]}
        report.set(READY, True, "Ready")
        report.set_old(READY, True)

    async def _allocate(self, seen: Seen) -> Refuse | None:
        """Make the IPAddress with the lowest free address. One at a time: the next one must see this one."""
        assert seen.pool_id is not None
        assert seen.pool is not None
        spec = seen.pool.get("spec") or {}
        async with self._allocating:
            try:
                there = allocatable(spec)
            except IPRangeError as error:
                return Refuse(FAILED, f"{seen.pool_id}: {error}")
            free = there.lowest_free(await self._ledger.used(seen.pool_id))
            if free is None:
                self._ledger.forget(seen.pool_id)
                free = there.lowest_free(await self._ledger.used(seen.pool_id))
            if free is None:
                return Refuse(EXHAUSTED, f"{seen.pool_id} is exhausted: 0 of {there.count} addresses are free")
            made = {**new_address(seen.claim, seen.pool), "spec": _spec(seen.claim, spec, str(free))}
            self._ledger.give(seen.pool_id, made)
            try:
                await self._client.create(made, field_manager=MANAGER)
            except BaseException:
                self._ledger.forget(seen.pool_id)
                raise
        return None

    async def _adopt(self, address: Json, seen: Seen) -> None:
        """Keep owners, label and finalizer of an address that was given before."""
        assert seen.pool is not None
        wanted = new_address(seen.claim, seen.pool)["metadata"]
        async with editing(self._client, address, field_manager=MANAGER) as draft:
            metadata = draft["metadata"]
            for reference in wanted["ownerReferences"]:
                metadata["ownerReferences"] = with_owner(owner_references(draft), reference)
            if wanted.get("labels"):
                metadata["labels"] = {**labels(draft), **wanted["labels"]}
            if PROTECT_ADDRESS not in finalizers(draft) and not is_deleting(draft):
                metadata.setdefault("finalizers", []).append(PROTECT_ADDRESS)

    async def _release(self, address: Json | None) -> None:
        """Let the IPAddress go. It is marked before its finalizer is taken off, so that its last news tells."""
        if address is None:
            return
        key, uid = Key.of(address), address["metadata"]["uid"]
        try:
            marked = await self._client.delete(IP_ADDRESS, key.name, key.namespace, uid=uid)
            if finalizers(marked) and marked["kind"] == IP_ADDRESS.kind:
                async with editing(self._client, marked, field_manager=MANAGER) as draft:
                    draft["metadata"]["finalizers"] = [name for name in finalizers(marked) if name != PROTECT_ADDRESS]
        except ApiError as error:
            if not error.is_not_found:
                raise
        if not set(finalizers(address)) - {PROTECT_ADDRESS}:
            self._ledger.took(address)

    async def _orphaned(self, key: Key) -> Result:
        """The claim is gone: an address of its name that somebody deletes is held by nothing but this finalizer."""
        address = await get_or_none(self._client, IP_ADDRESS, key)
        if address is not None and is_deleting(address) and PROTECT_ADDRESS in finalizers(address):
            await self._release(address)
        return Result.done()


def cluster_name_of(claim: Json) -> str:
    """The cluster that a claim belongs to; empty when it belongs to none."""
    return str(claim["spec"].get("clusterName") or labels(claim).get(CLUSTER_NAME_LABEL, ""))


def new_address(claim: Json, pool: Json) -> Json:
    """The IPAddress for a claim, without its spec."""
    key = Key.of(claim)
    owners = [controller_reference(claim), {**reference_to(pool), "controller": False, "blockOwnerDeletion": True}]
    metadata: Json = {
        "name": key.name,
        "namespace": key.namespace,
        "finalizers": [PROTECT_ADDRESS],
        "ownerReferences": owners,
    }
    cluster = labels(claim).get(CLUSTER_NAME_LABEL)
    if cluster:
        metadata["labels"] = {CLUSTER_NAME_LABEL: cluster}
    return {"apiVersion": IP_ADDRESS.api_version, "kind": IP_ADDRESS.kind, "metadata": metadata}


def _spec(claim: Json, pool: Json, address: str) -> Json:
    spec: Json = {
        "address": address,
        "claimRef": {"name": claim["metadata"]["name"]},
        "poolRef": dict(claim["spec"]["poolRef"]),
        "prefix": pool["prefix"],
    }
    if pool.get("gateway"):
        spec["gateway"] = pool["gateway"]
    return spec


def _refuse(report: Reporter, reason: str, message: str) -> None:
    report.fail(READY, reason, message, (READY, reason, "Error"))
