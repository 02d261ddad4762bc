"""What the API refuses and shows of addresses, claims and pools, in both versions."""

from typing import Any

import pytest

from fairlead.api.errors import ApiError
from fairlead.api.ipam.kinds import GROUP, IN_CLUSTER_IP_POOL, IP_ADDRESS, IP_ADDRESS_CLAIM, KINDS
from fairlead.base.objects import GVK, Json
from fairlead.server.tables import table
from ipam.world import NAMESPACE, World, claim, pool, simulate

MIXED = ["10.0.0.10", "fd00::1"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"addresses": []}, "spec.addresses: Invalid value: []: addresses is required", id="none"),
        pytest.param(
            {"addresses": ["10.0.0.10-10.0.0.1"]},
            'spec.addresses: Invalid value: "10.0.0.10-10.0.0.1": provided address is not a valid IP, range, nor CIDR',
            id="no-address",
        ),
        pytest.param(
            {"addresses": MIXED, "gateway": ""},
            'spec.addresses: Invalid value: ["10.0.0.10","fd00::1"]: provided addresses are of mixed IP families',
            id="mixed",
        ),
        pytest.param(
            {"gateway": "router"},
            'spec.gateway: Invalid value: "router": ParseAddr("router"): unable to parse IP',
            id="gateway-no-address",
        ),
        pytest.param(
            {"gateway": "fd00::1"},
            'spec.gateway: Invalid value: "fd00::1": provided gateway and addresses are of mixed IP families',
            id="gateway-of-another-family",
        ),
        pytest.param(
            {"excludedAddresses": ["fd00::1"]},
            'spec.excludedAddresses: Invalid value: ["fd00::1"]: addresses and excluded addresses are of mixed IP '
            "families",
            id="excluded-of-another-family",
        ),
        pytest.param(
            {"excludedAddresses": ["all"]},
            'spec.excludedAddresses: Invalid value: "all": provided address is not a valid IP, range, nor CIDR',
            id="excluded-no-address",
        ),
        pytest.param({"prefix": 33}, "spec.prefix: Invalid value: 33: provided prefix is not valid", id="prefix"),
        pytest.param(
            {"addresses": ["10.0.0.10", "10.0.1.10"]},
            'spec.addresses: Invalid value: "10.0.1.10": provided address belongs to a different subnet than others',
            id="another-subnet",
        ),
    ],
)
def test_refused_pools(spec: Json, message: str) -> None:
    """The texts of the provider's webhook."""

    async def scenario(world: World) -> None:
        with pytest.raises(ApiError) as refused:
            await world.create(pool(**spec))
        assert refused.value.code == 422
        assert refused.value.message == (
            'admission webhook "validation.inclusterippool.ipam.cluster.x-k8s.io" denied the request: '
            f'InClusterIPPool.ipam.cluster.x-k8s.io "lab" is invalid: {message}'
        )

    simulate(scenario)


@pytest.mark.parametrize(
    ("spec", "free", "first"),
    [
        pytest.param({"addresses": ["10.0.0.0/30"], "prefix": 30, "gateway": ""}, 2, "10.0.0.1", id="ends-reserved"),
        pytest.param(
            {"addresses": ["10.0.0.0/30"], "prefix": 30, "gateway": "", "allocateReservedIPAddresses": True},
            4,
            "10.0.0.0",
            id="ends-allowed",
        ),
        pytest.param({"addresses": ["10.0.0.0/29"], "prefix": 24}, 6, "10.0.0.2", id="gateway-inside"),
        pytest.param(
            {"addresses": ["10.0.0.10-10.0.0.15"], "excludedAddresses": ["10.0.0.10-10.0.0.12", "10.0.0.15"]},
            2,
            "10.0.0.13",
            id="excluded",
        ),
        pytest.param(
            {"addresses": ["10.0.0.20", "10.0.0.11"], "prefix": 24}, 2, "10.0.0.11", id="lowest-whatever-the-order"
        ),
        pytest.param({"addresses": ["fd00::/126"], "prefix": 64, "gateway": "fd00::1"}, 2, "fd00::2", id="ipv6"),
        pytest.param(
            {"addresses": ["fd00::/64"], "prefix": 64, "gateway": ""}, (1 << 63) - 1, "fd00::1", id="ipv6-large"
        ),
    ],
)
def test_what_a_pool_holds(spec: Json, free: int, first: str) -> None:
    """Reserved, excluded and gateway addresses are not given out; the lowest that is left is the first."""

    async def scenario(world: World) -> None:
        await world.create(pool(**spec))
        await world.settle()
        assert (await world.pool())["status"]["ipAddresses"] == {
            "total": free,
            "used": 0,
            "free": free,
            "outOfRange": 0,
        }
        await world.create(claim("a"))
        await world.settle()
        assert await world.addresses() == {"a": first}

    simulate(scenario)


def test_pools_keep_what_they_gave() -> None:
    """A pool may change, but not lose an address that is in use."""

    async def scenario(world: World) -> None:
        await world.create(pool(), claim("a"), claim("b"))
        await world.settle()
        smaller: Json = {"spec": {"addresses": ["10.0.0.11-10.0.0.12"]}}
        with pytest.raises(ApiError) as refused:
            await world.client.patch(IN_CLUSTER_IP_POOL, "lab", NAMESPACE, smaller)
        assert (refused.value.code, refused.value.reason) == (400, "BadRequest")
        assert refused.value.message.endswith(
            "denied the request: pool addresses do not contain allocated addresses: [10.0.0.10-10.0.0.10]"
        )
        await world.client.patch(IN_CLUSTER_IP_POOL, "lab", NAMESPACE, {"spec": {"addresses": ["10.0.0.10-10.0.0.11"]}})
        await world.settle()
        counts = {"total": 2, "used": 2, "free": 0, "outOfRange": 0}
        assert (await world.pool())["status"]["ipAddresses"] == counts

    simulate(scenario)


def _address(**spec: Any) -> Json:
    reference = claim("a")["spec"]["poolRef"]
    given = {"address": "10.0.0.10", "prefix": 24, "claimRef": {"name": "a"}, "poolRef": reference, **spec}
    metadata = {"name": "x", "namespace": NAMESPACE}
    return {"apiVersion": f"{GROUP}/v1beta2", "kind": "IPAddress", "metadata": metadata, "spec": given}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"address": "ten"}, 'spec.address: Invalid value: "ten": not a valid IP address', id="address"),
        pytest.param(
            {"prefix": 33}, "spec.prefix: Invalid value: 33: prefix is too large for an IPv4 address", id="prefix"
        ),
        pytest.param(
            {"gateway": "router"}, 'spec.gateway: Invalid value: "router": not a valid IP address', id="gateway"
        ),
        pytest.param(
            {"address": "ten", "gateway": "router"},
            '[spec.address: Invalid value: "ten": not a valid IP address, '
            'spec.gateway: Invalid value: "router": not a valid IP address]',
            id="two-at-once",
        ),
        pytest.param(
            {"poolRef": {"apiGroup": GROUP, "kind": "InClusterIPPool", "name": "other"}},
            f'spec.poolRef: Invalid value: {{"apiGroup":"{GROUP}","kind":"InClusterIPPool","name":"other"}}: '
            "the referenced pool is different from the pool referenced by the claim this address should fulfill",
            id="another-pool-than-its-claim",
        ),
    ],
)
def test_refused_addresses(spec: Json, message: str) -> None:
    """The texts of Cluster API's webhook, which are no Invalid but Forbidden."""

    async def scenario(world: World) -> None:
        await world.create(claim("a"))
        with pytest.raises(ApiError) as refused:
            await world.create(_address(**spec))
        assert (refused.value.code, refused.value.reason) == (403, "Forbidden")
        prefix = 'admission webhook "validation.ipaddress.ipam.cluster.x-k8s.io" denied the request: '
        assert refused.value.message == prefix + message

    simulate(scenario)


def test_specs_cannot_change() -> None:
    """Claims and addresses are what they were made as; what differs is told."""

    async def scenario(world: World) -> None:
        await world.create(pool(), claim("a"))
        await world.settle()
        with pytest.raises(ApiError) as refused:
            await world.client.patch(IP_ADDRESS_CLAIM, "a", NAMESPACE, {"spec": {"poolRef": {"name": "other"}}})
        assert refused.value.code == 403
        assert refused.value.message.endswith(
            'spec: Forbidden: IPAddressClaim spec is immutable. Diff: spec.poolRef.name: "lab" became "other"'
        )
        with pytest.raises(ApiError, match="IPAddress spec is immutable"):
            await world.client.patch(IP_ADDRESS, "a", NAMESPACE, {"spec": {"address": "10.0.0.99"}})

    simulate(scenario)


def test_older_version() -> None:
    """A v1beta1 claim is served like any other; conditions and reference read back in their old places."""

    async def scenario(world: World) -> None:
        asked = {**claim("a"), "apiVersion": f"{GROUP}/v1beta1"}
        await world.create(pool(), {**asked, "status": {"addressRef": {}}})
        await world.settle()
        assert await world.addresses() == {"a": "10.0.0.10"}
        old = await world.client.get(GVK(GROUP, "v1beta1", "IPAddressClaim"), "a", NAMESPACE)
        assert old["status"]["addressRef"] == {"name": "a"}
        assert [(c["type"], c["status"]) for c in old["status"]["conditions"]] == [("Ready", "True")]
        assert [(c["type"], c["reason"]) for c in old["status"]["v1beta2"]["conditions"]] == [("Ready", "Ready")]
        given = await world.client.get(GVK(GROUP, "v1beta1", "IPAddress"), "a", NAMESPACE)
        assert (given["spec"]["address"], given["spec"]["prefix"]) == ("10.0.0.10", 24)

    simulate(scenario)


def test_columns() -> None:
    """What `kubectl get` shows."""
    shown = {kind.kind: [column.name for column in kind.versions[0].columns] for kind in KINDS}
    assert shown == {
        "IPAddress": ["Address", "Pool Name", "Pool Kind", "Age"],
        "IPAddressClaim": ["Pool Name", "Pool Kind", "Age"],
        "InClusterIPPool": ["Addresses", "Total", "Free", "Used"],
        "GlobalInClusterIPPool": ["Addresses", "Total", "Free", "Used"],
    }


def test_a_list_in_a_column_is_json() -> None:
    """The addresses of a pool in `kubectl get`, as a real API server prints what is no plain text."""

    async def scenario(world: World) -> None:
        await world.create(pool(addresses=["10.0.0.10", "10.0.0.12-10.0.0.14"]))
        await world.settle()
        resource = world.server.registry.by_kind(GROUP, "InClusterIPPool")
        assert resource is not None
        shown = table(resource, "v1alpha2", [await world.pool()], world.clock.now())
        assert shown["rows"][0]["cells"] == ["lab", '["10.0.0.10","10.0.0.12-10.0.0.14"]', 4, 4, 0]

    simulate(scenario)
