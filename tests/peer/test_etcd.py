"""Three real etcd members with TLS, reached through a port-forward: members, alarms, leader, removal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.controllers.clusterapi import pki
from fairlead.controllers.clusterapi.controlplane.etcd import EtcdAccess
from fairlead.runtime.clock import LoopClock, WallClock
from fairlead.runtime.dialing import HttpDialer
from fairlead.runtime.http import HttpClient
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import ThreadedKeys
from fairlead.runtime.kubeconfig import Access, render
from fairlead.runtime.remote import Etcd, UnreachableError
from fairlead.runtime.tls import tls_context
from fairlead.server.server import ApiServer
from fairlead.testing import peers
from fairlead.testing.forwarding import EtcdPod, ForwardingApi, member_pair, server_context

ABSENT = peers.missing("etcd")
pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(ABSENT), reason=ABSENT)]

CLOCK, KEYS = WallClock(), ThreadedKeys()
NODES = ("cp-1", "cp-2", "cp-3")
CLUSTER: Json = {"metadata": {"name": "blue", "namespace": "default", "uid": "1"}}
LIMIT_SECONDS = 30


@pytest.fixture(scope="module")
def authority() -> pki.KeyPair:
    """The cluster's etcd CA, made as the controller makes it."""
    return asyncio.run(pki.new_pair("etcd", KEYS, CLOCK))


@pytest.fixture
def ports(authority: pki.KeyPair, tmp_path: Path) -> Iterator[dict[str, int]]:
    """The client ports of three running members, by node; set up as kubeadm does."""
    (tmp_path / "ca.crt").write_bytes(authority.certificate)
    clients, between, health = ({node: peers.free_port() for node in NODES} for _ in range(3))
    cluster = ",".join(f"{node}=https://{peers.HOST}:{between[node]}" for node in NODES)

    def is_ready() -> bool:
        return all(peers.answers(f"http://{peers.HOST}:{port}/health") for port in health.values())

    with contextlib.ExitStack() as stack:
        for node in NODES:
            pair = member_pair(authority, node)
            certificate, key = tmp_path / f"{node}.crt", tmp_path / f"{node}.key"
            certificate.write_bytes(pair.certificate)
            key.write_bytes(pair.key)
            client, peer = (f"https://{peers.HOST}:{ports[node]}" for ports in (clients, between))
            arguments = [
                f"--name={node}",
                f"--data-dir={tmp_path / node}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster={cluster}",
                f"--listen-metrics-urls=http://{peers.HOST}:{health[node]}",
                "--unsafe-no-fsync",
            ]
            for prefix in ("", "peer-"):
                arguments += [
                    f"--{prefix}cert-file={certificate}",
                    f"--{prefix}key-file={key}",
                    f"--{prefix}trusted-ca-file={tmp_path / 'ca.crt'}",
                    f"--{prefix}client-cert-auth=true",
                ]
            ready = is_ready if node == NODES[-1] else lambda: True  # none is ready alone
            stack.enter_context(peers.running("etcd", arguments, tmp_path / f"{node}.log", ready))
        yield clients


@contextlib.asynccontextmanager
async def opened(authority: pki.KeyPair, access: Access) -> AsyncIterator[Etcd]:
    """The etcd as the control-plane controller opens it, with the CA from the cluster's Secret."""
    management = ApiServer(LoopClock(), Ids(1))
    await management.start()
    secret = pki.cluster_secret(CLUSTER, "etcd", {"tls.crt": authority.certificate, "tls.key": authority.key}, {})
    del secret["metadata"]["ownerReferences"]
    await management.client().create(secret)
    remote = await HttpDialer(CLOCK).dial(goyaml.dump(render(access, cluster="blue", user="admin")).encode())
    try:
        yield await EtcdAccess(client=management.client(), clock=CLOCK, keys=KEYS).open(CLUSTER, remote)
    finally:
        await remote.close()
        await management.stop()


def run(authority: pki.KeyPair, ports: dict[str, int], check: Callable[[ForwardingApi, Etcd], Awaitable[None]]) -> None:
    """Run *check* on the etcd behind the test's own API server."""

    async def main() -> None:
        api = ForwardingApi([EtcdPod(node, port) for node, port in ports.items()])
        async with api.running(), opened(authority, Access(server=api.server)) as etcd:
            await check(api, etcd)

    asyncio.run(main())


async def call(authority: pki.KeyPair, port: int, path: str, body: Json) -> Json:
    """Ask a member directly."""
    client = await pki.new_client(authority, "test", (), KEYS, CLOCK)
    access = Access("", ca=authority.certificate, client_certificate=client.certificate, client_key=client.key)
    url = f"https://{peers.HOST}:{port}{path}"
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls_context(access))) as http,
        http.post(url, json=body) as response,
    ):
        answer: Json = await response.json()
        assert response.status == 200, answer
        return answer


async def leader_of(authority: pki.KeyPair, port: int) -> int:
    """The leader's id as one member knows it."""
    return int((await call(authority, port, "/v3/maintenance/status", {}))["leader"])


async def shrink(etcd: Etcd, member_id: int) -> None:
    """Remove a member; etcd refuses that until its members have been connected for five seconds."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            try:
                return await etcd.remove_member(member_id)
            except UnreachableError as error:
                if "etcdserver: unhealthy cluster" not in str(error):
                    raise
                await CLOCK.sleep(timedelta(seconds=0.5))


def test_control_plane_shrinks(authority: pki.KeyPair, ports: dict[str, int]) -> None:
    """All that a control plane needs to go from three machines to one, on real members."""

    async def check(api: ForwardingApi, etcd: Etcd) -> None:
        ids = {member.name: member.id for member in await etcd.members()}
        assert set(ids) == set(NODES)
        names = {number: name for name, number in ids.items()}
        alarm = {"action": "ACTIVATE", "memberID": str(ids["cp-3"]), "alarm": "NOSPACE"}
        await call(authority, ports["cp-1"], "/v3/maintenance/alarm", alarm)
        assert {m.name: m.alarms for m in await etcd.members()} == {"cp-1": (), "cp-2": (), "cp-3": ("NOSPACE",)}

        leader = names[await leader_of(authority, ports["cp-1"])]
        heir, other = (node for node in NODES if node != leader)
        await etcd.move_leader(ids[other], away_from=heir)
        assert names[await leader_of(authority, ports[heir])] == leader
        await etcd.move_leader(ids[heir], away_from=leader)
        assert names[await leader_of(authority, ports[heir])] == heir

        await shrink(etcd, ids[leader])
        assert {member.name for member in await etcd.members()} == {heir, other}
        await etcd.remove_member(ids[leader])
        api.pods[f"etcd-{leader}"].phase = "Failed"
        await shrink(etcd, ids[other])
        async with asyncio.timeout(LIMIT_SECONDS):
            while {member.name for member in await etcd.members()} != {heir}:
                await CLOCK.sleep(timedelta(seconds=0.1))
        with pytest.raises(UnreachableError, match="cannot remove the last etcd member"):
            await etcd.remove_member(ids[heir])

    run(authority, ports, check)


def test_other_authority(authority: pki.KeyPair, ports: dict[str, int]) -> None:
    """A Secret that holds another CA than the members': nothing is asked, and the text says why."""

    async def check(api: ForwardingApi, etcd: Etcd) -> None:
        with pytest.raises(UnreachableError, match=r"etcd-cp-1: TLS with port 2379: .*certificate verify failed"):
            await etcd.members()

    run(asyncio.run(pki.new_pair("etcd", KEYS, CLOCK)), ports, check)


@pytest.mark.skipif(bool(peers.missing("kube-apiserver")), reason=peers.missing("kube-apiserver"))
def test_through_kube_apiserver(authority: pki.KeyPair, ports: dict[str, int], tmp_path: Path) -> None:
    """A real API server hands the connection on to the kubelets; without a node it says what it lacks."""
    kubelets = ForwardingApi([EtcdPod(node, port) for node, port in ports.items()])
    context = server_context(authority, member_pair(authority, "kubelet"), asks=False)

    async def main(access: Access) -> None:
        client = HttpClient(access)
        await client.create(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "kube-system"}}
        )
        for pod in kubelets.pods.values():
            await create_pod(client, pod)
        async with kubelets.running(context), opened(authority, access) as etcd:
            with pytest.raises(UnreachableError, match=r"etcd-cp-1: port-forward to port 2379: GET .* \(HTTP \d+\)"):
                await etcd.members()
            for node in NODES:
                await create_node(client, node, int(kubelets.server.rpartition(":")[2]))
            ids = {member.name: member.id for member in await etcd.members()}
            assert set(ids) == set(NODES)
            leader = await leader_of(authority, ports["cp-1"])
            heir = next(number for number in ids.values() if number != leader)
            await etcd.move_leader(heir)
            assert await leader_of(authority, ports["cp-1"]) == heir
        await client.close()

    folder = tmp_path / "api"
    folder.mkdir()
    with peers.kube_apiserver(folder) as access:
        asyncio.run(main(access))


async def create_pod(client: HttpClient, pod: EtcdPod) -> None:
    """A static Pod's mirror, with its status."""
    manifest = {"apiVersion": "v1", "kind": "Pod", **pod.manifest()}
    manifest["spec"] = {
        **manifest["spec"],
        "containers": [{"name": "etcd", "image": "etcd"}],
        "automountServiceAccountToken": False,
    }
    made = await client.create(manifest)
    await client.update({**made, "status": manifest["status"]}, subresource="status")


async def create_node(client: HttpClient, name: str, port: int) -> None:
    """A node whose kubelet listens on *port* of loopback."""
    made = await client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    status = {
        "addresses": [{"type": "InternalIP", "address": peers.HOST}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }
    await client.update({**made, "status": status}, subresource="status")
