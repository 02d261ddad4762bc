"""Machines whose addresses come from a pool: made, scaled, short of addresses, beside another cluster, and removed."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from fairlead.api.infrastructure.kinds import VSPHERE_MACHINE, VSPHERE_VM
from fairlead.api.ipam.kinds import GLOBAL_IN_CLUSTER_IP_POOL, GROUP, IN_CLUSTER_IP_POOL, IP_ADDRESS, IP_ADDRESS_CLAIM
from fairlead.base.objects import GVK, Json
from fairlead.controllers.contract import CLUSTER
from fairlead.testing.fleet import BOOT, NAME, NAMESPACE, Fleet, Written, names
from fairlead.testing.world import World, simulate
from fairlead.vcenter.model import VM

NODE = GVK("", "v1", "Node")


def pool(*addresses: str, kind: GVK = IN_CLUSTER_IP_POOL) -> Json:
    metadata = {"name": "lab", **({"namespace": NAMESPACE} if kind == IN_CLUSTER_IP_POOL else {})}
    spec = {"addresses": list(addresses), "prefix": 24, "gateway": "192.168.9.1"}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec}


def written(kind: str = "InClusterIPPool", **more: Any) -> Written:
    device = {
        "networkName": "VM Network",
        "dhcp4": False,
        "dhcp6": False,
        "addressesFromPools": [{"apiGroup": GROUP, "kind": kind, "name": "lab"}],
    }
    network = (("network", {"devices": [device]}),)
    return Written(vm=network, worker_vm=network, **more)


async def start(world: World) -> tuple[Fleet, Written]:
    """One cluster on a pool of five addresses, all of it Ready."""
    fleet, first = Fleet(world), written()
    await make_namespace(world)
    await world.client.create(pool("192.168.9.20-192.168.9.24"))
    await fleet.push(first)
    await fleet.settle_as(first)
    return fleet, first


async def make_namespace(world: World) -> None:
    await world.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})


def addresses(*numbers: int) -> set[str]:
    return {f"192.168.9.{number}" for number in numbers}


def guest_addresses(world: World) -> list[str]:
    """What `govc vm.ip` tells of each VM that is on."""
    vms = [vm for vm in world.vcenter.inventory.all(VM) if not vm.template and vm.is_on]
    return [ip for vm in vms for ips in vm.guest.ips.values() for ip in ips]


def test_addresses_follow_the_machines() -> None:
    """Made, scaled up and down and up again: freed addresses are given again; what goes leaves nothing behind."""

    async def scenario(world: World) -> None:
        fleet, first = await start(world)
        assert set(guest_addresses(world)) == addresses(20, 21, 22)
        [cluster] = world.guests.clusters
        nodes = (await cluster.admin.list(NODE)).items
        told = {entry["address"] for node in nodes for entry in node["status"]["addresses"]}
        assert addresses(20, 21, 22) <= told
        machines = await fleet.all(VSPHERE_MACHINE)
        assert {entry["address"] for m in machines for entry in m["status"]["addresses"]} >= addresses(20, 21, 22)
        for vm in await fleet.all(VSPHERE_VM):
            claim = await fleet.get(IP_ADDRESS_CLAIM, f"{vm['metadata']['name']}-0-0")
            assert claim["metadata"]["labels"] == {"cluster.x-k8s.io/cluster-name": NAME}
            assert claim["metadata"]["finalizers"] == [
                "vspherevm.infrastructure.cluster.x-k8s.io/ip-claim-protection",
                "ipam.cluster.x-k8s.io/ReleaseAddress",
            ]
            [owner] = claim["metadata"]["ownerReferences"]
            assert (owner["kind"], owner["uid"]) == ("VSphereVM", vm["metadata"]["uid"])
        for workers in (4, 1, 3):
            now = first.change(workers=workers)
            await fleet.push(now)
            await fleet.settle_as(now)
            await world.settle(timedelta(minutes=2))
            assert len(set(guest_addresses(world))) == workers + 1
            assert set(guest_addresses(world)) <= addresses(20, 21, 22, 23, 24)
            counts = (await fleet.get(IN_CLUSTER_IP_POOL, "lab"))["status"]["ipAddresses"]
            assert (counts["used"], counts["free"]) == (workers + 1, 4 - workers)
        before = world.server.store.revision
        await world.settle(timedelta(minutes=5))
        assert world.server.store.revision == before
        await world.client.delete(CLUSTER, NAME, NAMESPACE)
        await world.settle(timedelta(minutes=5))
        assert await fleet.all(IP_ADDRESS_CLAIM) == await fleet.all(IP_ADDRESS) == await fleet.all(VSPHERE_VM) == []
        await world.client.delete(IN_CLUSTER_IP_POOL, "lab", NAMESPACE)
        await world.settle(timedelta(seconds=1))
        assert await fleet.all(IN_CLUSTER_IP_POOL) == []
        assert world.manager.errors == {}

    simulate(scenario, boot=BOOT)


def test_too_few_addresses() -> None:
    """The machine for which no address is left says which pool is full; it comes up when the pool grows."""

    async def scenario(world: World) -> None:
        fleet, first = Fleet(world), written()
        await make_namespace(world)
        await fleet.push(first)
        await world.settle(timedelta(minutes=1))
        [vm] = await fleet.all(VSPHERE_VM)
        name = vm["metadata"]["name"]
        text = f'* IPAddressClaim {name}-0-0: InClusterIPPool "lab" not found'
        assert await fleet.condition(VSPHERE_VM, name, "IPAddressClaimsFulfilled") == ("False", "IssuesReported", text)
        waits = ("False", "WaitingForIPAddress", "waiting for IP address claims to be bound")
        assert await fleet.condition(VSPHERE_VM, name, "VirtualMachineProvisioned") == waits
        assert guest_addresses(world) == []
        await world.client.create(pool("192.168.9.20-192.168.9.21"))
        await world.settle(timedelta(minutes=10))
        short = [vm for vm in await fleet.all(VSPHERE_VM) if not vm["status"].get("ready")]
        [name] = names(short)
        text = f'* IPAddressClaim {name}-0-0: InClusterIPPool "lab" is exhausted: 0 of 2 addresses are free'
        assert await fleet.condition(VSPHERE_VM, name, "IPAddressClaimsFulfilled") == ("False", "IssuesReported", text)
        ready = await fleet.condition(VSPHERE_VM, name, "Ready")
        assert 'InClusterIPPool "lab" is exhausted' in ready[2]
        larger: Json = {"spec": {"addresses": ["192.168.9.20-192.168.9.29"]}}
        await world.client.patch(IN_CLUSTER_IP_POOL, "lab", NAMESPACE, larger)
        await fleet.settle_as(first)
        assert set(guest_addresses(world)) == addresses(20, 21, 22)

    simulate(scenario, boot=BOOT)


def test_two_clusters_on_one_pool() -> None:
    """Two clusters come up at once and one is scaled meanwhile: at no moment do two addresses or two guests collide."""

    async def scenario(world: World) -> None:
        fleet, first = Fleet(world), written("GlobalInClusterIPPool", workers=4)
        await world.client.create(pool("192.168.9.20-192.168.9.60", kind=GLOBAL_IN_CLUSTER_IP_POOL))
        seen: set[tuple[str, ...]] = set()

        async def watch() -> None:
            held: dict[str, str] = {}
            async for event in world.client.watch(IP_ADDRESS):
                if event.type in ("ADDED", "MODIFIED"):
                    held[event.object["metadata"]["uid"]] = event.object["spec"]["address"]
                elif event.type == "DELETED":
                    held.pop(event.object["metadata"]["uid"], None)
                for taken in (list(held.values()), guest_addresses(world)):
                    assert max(Counter(taken).values(), default=1) == 1, taken
                seen.add(tuple(sorted(held.values())))

        watching = asyncio.ensure_future(watch())
        other = first.objects()
        for obj in other:
            if obj["kind"] == "VSphereCluster":
                obj["spec"]["controlPlaneEndpoint"]["host"] = "192.168.1.141"
        await fleet.push(first)
        await world.apply(other, namespace="other")
        await world.settle(timedelta(minutes=1))
        for workers in (1, 5):
            now = first.change(workers=workers)
            await fleet.push(now)
            await world.settle(timedelta(minutes=10))
        assert not watching.done() or watching.result() is None
        watching.cancel()
        assert len(seen) > 10
        assert set(guest_addresses(world)) == addresses(*range(20, 31))

    simulate(scenario, boot=BOOT)


def test_guest_keeps_its_address() -> None:
    """A VM that was switched off comes back with the address of its claim."""

    async def scenario(world: World) -> None:
        fleet, first = await start(world)
        before = sorted(guest_addresses(world))
        _, workers = await fleet.machines()
        await fleet.switch_off(workers[0]["metadata"]["name"])
        assert len(guest_addresses(world)) == 2
        await fleet.settle_as(first)
        assert sorted(guest_addresses(world)) == before

    simulate(scenario, boot=BOOT)
