"""Claims on in-cluster pools: who gets which address, who waits and why, and what becomes of it all in the end."""

from datetime import timedelta
from typing import Any

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.ipam.kinds import GLOBAL_IN_CLUSTER_IP_POOL, IN_CLUSTER_IP_POOL, IP_ADDRESS, IP_ADDRESS_CLAIM
from fairlead.base.objects import Json
from fairlead.controllers.ipam.claims import (
    PROTECT_ADDRESS,
    RELEASE_ADDRESS,
    Fulfil,
    Protect,
    Refuse,
    Release,
    Rest,
    Seen,
    Step,
    decide,
)
from fairlead.controllers.ipam.pools import PROTECT_POOL, PoolId
from fairlead.runtime.clock import parse_timestamp
from ipam.world import CLUSTER, NAMESPACE, World, claim, pool, simulate

GONE = "2026-01-01T00:00:10Z"
NOW = parse_timestamp("2026-01-01T00:00:30Z")
PAUSED = {"cluster.x-k8s.io/paused": ""}


def seen(**more: Any) -> Seen:
    fine = claim("a", finalizers=[RELEASE_ADDRESS])
    defaults: dict[str, Any] = {"claim": fine, "pool": pool(), "cluster_name": "", "cluster": None, "address": None}
    given = {**defaults, **more}
    return Seen(pool_id=PoolId.referred(given["claim"]), now=NOW, **given)


def address(of: str = "lab", owner: str = "a") -> Json:
    spec = {"poolRef": claim("a", of)["spec"]["poolRef"], "claimRef": {"name": owner}, "address": "10.0.0.10"}
    return {"metadata": {"name": "a"}, "spec": spec}


def gone(obj: Json) -> Json:
    return {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": GONE}}


ZERO = timedelta(0)
DELETED = gone(claim("a", finalizers=[RELEASE_ADDRESS]))


@pytest.mark.parametrize(
    ("given", "step"),
    [
        pytest.param(seen(claim=claim("a", kind="IPPool")), Rest(), id="another-provider"),
        pytest.param(seen(claim=claim("a", annotations=PAUSED)), Rest(), id="paused"),
        pytest.param(seen(pool={**pool(), "metadata": {"annotations": PAUSED}}), Rest(), id="pool-paused"),
        pytest.param(seen(cluster_name="blue"), Rest(), id="cluster-not-there-yet"),
        pytest.param(
            seen(cluster_name="blue", cluster={"spec": {"paused": True}, "metadata": {}}), Rest(), id="cluster-paused"
        ),
        pytest.param(seen(claim=claim("a")), Protect(), id="new"),
        pytest.param(seen(), Fulfil(), id="waits-for-an-address"),
        pytest.param(seen(address=address()), Fulfil(), id="has-one"),
        pytest.param(seen(pool=None), Refuse("PoolNotReady", 'InClusterIPPool "lab" not found'), id="no-pool"),
        pytest.param(
            seen(pool=gone(pool())), Refuse("PoolNotReady", 'InClusterIPPool "lab" is being deleted'), id="pool-goes"
        ),
        pytest.param(seen(pool=gone(pool()), address=address()), Fulfil(), id="pool-goes-address-stays"),
        pytest.param(
            seen(address=address("other")),
            Refuse("AllocationFailed", 'IPAddress "a" belongs to another claim or pool; delete it'),
            id="taken-name",
        ),
        pytest.param(seen(claim=DELETED), Release(ZERO), id="deleted"),
        pytest.param(seen(claim=DELETED, pool=None), Release(ZERO), id="deleted-without-pool"),
        pytest.param(seen(claim=DELETED, cluster_name="blue"), Release(ZERO), id="deleted-after-its-cluster"),
        pytest.param(
            seen(claim=DELETED, pool=pool(addressReuseGracePeriodSeconds=60)),
            Release(timedelta(seconds=40)),
            id="deleted-in-grace",
        ),
        pytest.param(
            seen(claim=DELETED, pool=pool(addressReuseGracePeriodSeconds=5)), Release(ZERO), id="deleted-after-grace"
        ),
        pytest.param(
            seen(claim=DELETED, pool=gone(pool(addressReuseGracePeriodSeconds=60))), Release(ZERO), id="pool-goes-too"
        ),
    ],
)
def test_decisions(given: Seen, step: Step) -> None:
    """Each branch of what a pass does next."""
    assert decide(given) == step


def test_address_of_a_claim() -> None:
    """The lowest free address, with prefix, gateway, owners, label and finalizer as upstream has them."""

    async def scenario(world: World) -> None:
        await world.create(pool(), claim("a", labels={"cluster.x-k8s.io/cluster-name": "blue"}))
        await world.settle()
        assert await world.addresses() == {}  # the cluster is not there
        await world.create(_cluster())
        await world.settle()
        made = await world.client.get(IP_ADDRESS, "a", NAMESPACE)
        asked = await world.claim("a")
        assert made["spec"] == {
            "address": "10.0.0.10",
            "prefix": 24,
            "gateway": "10.0.0.1",
            "claimRef": {"name": "a"},
            "poolRef": asked["spec"]["poolRef"],
        }
        assert made["metadata"]["labels"] == {"cluster.x-k8s.io/cluster-name": "blue"}
        assert made["metadata"]["finalizers"] == [PROTECT_ADDRESS]
        owners = [(o["kind"], o["controller"], o["blockOwnerDeletion"]) for o in made["metadata"]["ownerReferences"]]
        assert owners == [("IPAddressClaim", True, True), ("InClusterIPPool", False, True)]
        assert asked["metadata"]["finalizers"] == [RELEASE_ADDRESS]
        assert asked["status"]["addressRef"] == {"name": "a"}
        assert await world.ready("a") == ("True", "Ready", "")

    simulate(scenario)


def _cluster(**spec: Any) -> Json:
    reference = {"apiGroup": "infrastructure.cluster.x-k8s.io", "kind": "VSphereCluster", "name": "blue"}
    return {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "Cluster",
        "metadata": {"name": "blue", "namespace": NAMESPACE},
        "spec": {"infrastructureRef": reference, **spec},
    }


def test_settled_state_writes_nothing() -> None:
    """Once all claims are fulfilled or refused, time alone changes nothing."""

    async def scenario(world: World) -> None:
        await world.create(pool(), *(claim(f"c{number}") for number in range(5)))
        await world.settle()
        before = world.server.store.revision
        await world.settle(3600)
        assert world.server.store.revision == before
        assert world.manager.errors == {}

    simulate(scenario)


def test_exhausted_pool_serves_the_oldest_first() -> None:
    """Who comes too late waits with a reason that names the pool; what becomes free goes to who waits longest."""

    async def scenario(world: World) -> None:
        await world.create(pool(), claim("a"), claim("b"), claim("c"))
        await world.settle(2)
        await world.create(claim("late"))
        await world.settle(2)
        await world.create(claim("early-in-the-alphabet"))
        await world.settle(2)
        text = 'InClusterIPPool "lab" is exhausted: 0 of 3 addresses are free'
        assert await world.ready("late") == ("False", "PoolExhausted", text)
        await world.delete(IP_ADDRESS_CLAIM, "b")
        await world.settle()
        assert (await world.addresses())["late"] == "10.0.0.11"
        assert await world.ready("early-in-the-alphabet") == ("False", "PoolExhausted", text)
        larger = {"spec": {"addresses": ["10.0.0.10-10.0.0.13"]}}
        await world.client.patch(IN_CLUSTER_IP_POOL, "lab", NAMESPACE, larger)
        await world.settle()
        assert (await world.addresses())["early-in-the-alphabet"] == "10.0.0.13"

    simulate(scenario)


def test_pool_that_comes_later() -> None:
    """A claim that names no pool says so, and is served as soon as there is one."""

    async def scenario(world: World) -> None:
        await world.create(claim("a"))
        await world.settle()
        assert await world.ready("a") == ("False", "PoolNotReady", 'InClusterIPPool "lab" not found')
        await world.create(pool())
        await world.settle()
        assert await world.addresses() == {"a": "10.0.0.10"}

    simulate(scenario)


def test_two_hundred_claims_at_once() -> None:
    """Claims of two namespaces on one global pool: each address is given once, from the lowest on."""

    async def scenario(world: World) -> None:
        kind = "GlobalInClusterIPPool"
        await world.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        await world.create(pool(kind=kind, addresses=["10.0.0.0/24"]))
        for number in range(100):
            await world.create(claim(f"a{number}", kind=kind), claim(f"b{number}", kind=kind, namespace="other"))
        await world.settle(5)
        found = await world.addresses()
        assert sorted(found.values(), key=lambda text: int(text.rpartition(".")[2])) == [
            f"10.0.0.{number}" for number in range(2, 202)
        ]
        status = (await world.client.get(GLOBAL_IN_CLUSTER_IP_POOL, "lab"))["status"]["ipAddresses"]
        assert status == {"total": 253, "used": 200, "free": 53, "outOfRange": 0}

    simulate(scenario)


def test_grace_period() -> None:
    """A released address is kept, with its claim, until the pool's grace period is over."""

    async def scenario(world: World) -> None:
        await world.create(pool(addresses=["10.0.0.10"], addressReuseGracePeriodSeconds=60), claim("a"))
        await world.settle()
        await world.create(claim("b"))
        await world.delete(IP_ADDRESS_CLAIM, "a")
        await world.settle(50)
        assert await world.addresses() == {"a": "10.0.0.10"}
        await world.settle(15)
        assert await world.addresses() == {"b": "10.0.0.10"}

    simulate(scenario)


def test_paused_pool_holds_its_claims() -> None:
    """A paused pool neither gives nor takes; when it goes on, its claims do."""

    async def scenario(world: World) -> None:
        held = pool()
        held["metadata"]["annotations"] = PAUSED
        await world.create(held, claim("a"))
        await world.settle()
        assert await world.ready("a") == ("", "", "")
        free: Json = {"metadata": {"annotations": {"cluster.x-k8s.io/paused": None}}}
        await world.client.patch(IN_CLUSTER_IP_POOL, "lab", NAMESPACE, free)
        await world.settle()
        assert await world.addresses() == {"a": "10.0.0.10"}

    simulate(scenario)


def test_paused_cluster_holds_its_claims() -> None:
    """A paused cluster's claims wait, and go on with it."""

    async def scenario(world: World) -> None:
        asked = claim("a")
        asked["spec"]["clusterName"] = "blue"
        await world.create(pool(), _cluster(paused=True), asked)
        await world.settle()
        assert await world.addresses() == {}
        await world.client.patch(CLUSTER, "blue", NAMESPACE, {"spec": {"paused": False}})
        await world.settle()
        assert await world.addresses() == {"a": "10.0.0.10"}

    simulate(scenario)


def test_pool_in_use_stays() -> None:
    """A pool is not deleted while an address of it is in use; marked past the rule, it goes with the last one."""

    async def scenario(world: World) -> None:
        await world.create(pool(), claim("a"))
        await world.settle()
        with pytest.raises(ApiError, match="Cannot delete Pool until all") as refused:
            await world.delete(IN_CLUSTER_IP_POOL, "lab")
        assert (refused.value.code, refused.value.reason) == (400, "BadRequest")
        skip = {"metadata": {"annotations": {"ipam.cluster.x-k8s.io/skip-validate-delete-webhook": ""}}}
        await world.client.patch(IN_CLUSTER_IP_POOL, "lab", NAMESPACE, skip)
        await world.delete(IN_CLUSTER_IP_POOL, "lab")
        await world.settle()
        assert (await world.pool())["metadata"]["finalizers"] == [PROTECT_POOL]
        await world.delete(IP_ADDRESS_CLAIM, "a")
        await world.settle()
        assert await world.addresses() == {}
        with pytest.raises(ApiError, match="not found"):
            await world.pool()

    simulate(scenario)


def test_address_outlives_attempts_to_delete_it() -> None:
    """An IPAddress in use cannot go; it goes with its claim, and leaves nothing."""

    async def scenario(world: World) -> None:
        await world.create(pool(), claim("a"))
        await world.settle()
        await world.delete(IP_ADDRESS, "a")
        await world.settle()
        assert await world.addresses() == {"a": "10.0.0.10"}
        await world.delete(IP_ADDRESS_CLAIM, "a")
        await world.settle()
        assert await world.addresses() == {}
        assert (await world.client.list(IP_ADDRESS_CLAIM)).items == ()

    simulate(scenario)


def test_address_of_a_claim_that_was_torn_out() -> None:
    """Somebody takes the claim away past its finalizer: the address stays used, and can be deleted then."""

    async def scenario(world: World) -> None:
        await world.create(pool(), claim("a"))
        await world.settle()
        await world.client.patch(IP_ADDRESS_CLAIM, "a", NAMESPACE, {"metadata": {"finalizers": None}})
        await world.delete(IP_ADDRESS_CLAIM, "a")
        await world.settle(5)
        assert await world.addresses() == {"a": "10.0.0.10"}
        await world.delete(IP_ADDRESS, "a")
        await world.settle()
        assert await world.addresses() == {}

    simulate(scenario)


def test_addresses_made_by_hand_count() -> None:
    """An IPAddress that somebody makes is not given again, and is free as soon as it is deleted."""

    async def scenario(world: World) -> None:
        await world.create(pool(), claim("a"))
        await world.settle()
        by_hand = {**(await world.client.get(IP_ADDRESS, "a", NAMESPACE))}
        by_hand["metadata"] = {"name": "by-hand", "namespace": NAMESPACE}
        by_hand["spec"] = {**by_hand["spec"], "address": "10.0.0.11", "claimRef": {"name": "nobody"}}
        await world.create(by_hand, claim("b"))
        await world.settle()
        assert (await world.addresses())["b"] == "10.0.0.12"
        await world.create(claim("c"))
        await world.settle()
        assert (await world.ready("c"))[1] == "PoolExhausted"
        await world.delete(IP_ADDRESS, "by-hand")
        await world.settle()
        assert (await world.addresses())["c"] == "10.0.0.11"

    simulate(scenario)
