"""etcd of a workload cluster, through an API server's port-forward: the protocol, TLS and the gateway's JSON."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web

from fairlead.base import yaml as goyaml
from fairlead.controllers.clusterapi import pki
from fairlead.runtime import etcd as module
from fairlead.runtime.clock import WallClock
from fairlead.runtime.dialing import HttpDialer
from fairlead.runtime.keys import ThreadedKeys
from fairlead.runtime.kubeconfig import Access, render
from fairlead.runtime.remote import Etcd, EtcdCredentials, EtcdMember, UnreachableError
from fairlead.testing.forwarding import EtcdPod, ForwardingApi, member_pair, server_context, serving

KEYS, CLOCK = ThreadedKeys(), WallClock()
IDS = {"a": 2**63 + 1, "b": 2, "c": 3}  # ids use all 64 bits


@dataclass
class Members:
    """What the members of one etcd agree on, and what they were asked."""

    nodes: list[str] = field(default_factory=lambda: ["a", "b", "c"])
    leader: str = "b"
    asked: list[tuple[str, str, object]] = field(default_factory=list)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    def app(self, node: str) -> web.Application:
        """The gateway of the member on *node*."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if self.answer is not None:
                return await self.answer(request)
            body = await request.json()
            self.asked.append((node, request.path, body))
            return self._reply(node, request.path, body)

        app = web.Application()
        app.router.add_post("/{path:.*}", handle)
        return app

    def _reply(self, node: str, path: str, body: dict[str, str]) -> web.Response:
        header = {"cluster_id": "9", "member_id": str(IDS[node])}
        match path:
            case "/v3/cluster/member/list":
                listed = [
                    {"ID": str(IDS[n]), "name": n, "peerURLs": [f"https://{n}:2380"], "clientURLs": []}
                    for n in self.nodes
                ]
                return web.json_response({"header": header, "members": listed})
            case "/v3/maintenance/alarm":
                alarms = [{"memberID": str(IDS["a"]), "alarm": "NOSPACE"}, {"memberID": "3"}]
                return web.json_response({"header": header, "alarms": alarms})
            case "/v3/maintenance/status":
                leader = {"leader": str(IDS[self.leader])} if self.leader else {}
                return web.json_response({"header": header, "version": "3.6.0", **leader})
            case "/v3/maintenance/transfer-leadership":
                if node != self.leader:
                    return web.json_response({"code": 9, "message": "etcdserver: not leader"}, status=400)
                self.leader = next(n for n, i in IDS.items() if str(i) == body["targetID"])
            case "/v3/cluster/member/remove":
                self.nodes.remove(next(n for n, i in IDS.items() if str(i) == body["ID"]))
        return web.json_response({"header": header})

    def changes(self) -> list[tuple[str, str, object]]:
        """What was asked beyond reading."""
        return [each for each in self.asked if each[1].rpartition("/")[2] in ("remove", "transfer-leadership")]


@dataclass
class Site:
    """A cluster in the test: its etcd, the API server before it, and what connects to it."""

    members: Members
    api: ForwardingApi
    etcd: Etcd


@contextlib.asynccontextmanager
async def site(*, served_by: str = "", names: dict[str, str] | None = None, client_of: str = "") -> AsyncIterator[Site]:
    """Three members; *served_by* and *client_of* name another CA, *names* other names in the certificates."""
    authorities = {name: await pki.new_pair("etcd", KEYS, CLOCK, "ECDSA-P256") for name in ("", "other")}
    ca, members = authorities[""], Members()
    client = await pki.new_client(authorities[client_of], "test", (), KEYS, CLOCK, "ECDSA-P256")
    async with contextlib.AsyncExitStack() as stack:
        pods = []
        for node in IDS:
            pair = member_pair(authorities[served_by], (names or {}).get(node, node))
            port = await stack.enter_async_context(serving(members.app(node), server_context(ca, pair)))
            pods.append(EtcdPod(node, port))
        api = ForwardingApi(pods)
        await stack.enter_async_context(api.running())
        kubeconfig = goyaml.dump(render(Access(server=api.server), cluster="x", user="x")).encode()
        remote = await HttpDialer(CLOCK).dial(kubeconfig)
        stack.push_async_callback(remote.close)

        async def credentials() -> EtcdCredentials:
            return EtcdCredentials(ca.certificate, client.certificate, client.key)

        yield Site(members, api, await remote.etcd(credentials))


def test_members_with_alarms() -> None:
    """The list is the quorum's, with ids, names and alarms; one Pod is enough."""

    async def main() -> None:
        async with site() as here:
            assert await here.etcd.members() == (
                EtcdMember(IDS["a"], "a", ("https://a:2380",), alarms=("NOSPACE",)),
                EtcdMember(2, "b", ("https://b:2380",)),
                EtcdMember(3, "c", ("https://c:2380",)),
            )
            assert here.api.forwarded == ["etcd-a"]
            assert here.members.asked[0][2] == {"linearizable": True}

    asyncio.run(main())


def test_pods_are_passed_over() -> None:
    """Pods that do not run are not asked; a Pod that does not answer gives way to the next; ready ones come first."""

    async def main() -> None:
        async with site() as here:
            here.api.pods["etcd-a"].phase = "Pending"
            here.api.pods["etcd-b"].port = None
            assert len(await here.etcd.members()) == 3
            assert here.api.forwarded == ["etcd-b", "etcd-c"]
            here.api.forwarded.clear()
            here.api.pods["etcd-b"].is_ready = False
            await here.etcd.members()
            assert here.api.forwarded == ["etcd-c"]

    asyncio.run(main())


def test_members_are_removed_by_others() -> None:
    """The member that goes is not asked to; an absent one is no error; the last one stays."""

    async def main() -> None:
        async with site() as here:
            await here.etcd.remove_member(IDS["a"])
            assert here.members.changes() == [("b", "/v3/cluster/member/remove", {"ID": str(IDS["a"])})]
            await here.etcd.remove_member(IDS["a"])
            assert len(here.members.changes()) == 1
            here.members.nodes = ["b"]
            with pytest.raises(UnreachableError, match="cannot remove the last etcd member"):
                await here.etcd.remove_member(IDS["b"])
            assert len(here.members.changes()) == 1

    asyncio.run(main())


def test_leader_hands_over() -> None:
    """The leader's own Pod is asked; nothing happens when the target leads, or the member to leave does not."""

    async def main() -> None:
        async with site() as here:
            await here.etcd.move_leader(IDS["c"], away_from="a")
            await here.etcd.move_leader(IDS["b"])
            assert here.members.changes() == []
            await here.etcd.move_leader(IDS["a"], away_from="b")
            assert here.members.changes() == [("b", "/v3/maintenance/transfer-leadership", {"targetID": str(IDS["a"])})]
            assert here.members.leader == "a"
            here.api.pods["etcd-a"].phase = "Failed"
            with pytest.raises(
                UnreachableError, match=r"no Pod with the labels .* is Running in kube-system on node a"
            ):
                await here.etcd.move_leader(IDS["b"])
            here.members.leader = ""
            with pytest.raises(UnreachableError, match="etcd has no leader"):
                await here.etcd.move_leader(IDS["b"])

    asyncio.run(main())


async def _text(request: web.Request) -> web.StreamResponse:
    return web.Response(status=404, text="404 page not found\n")


async def _refuse(request: web.Request) -> web.StreamResponse:
    return web.json_response({"error": "etcdserver: no leader", "code": 14}, status=503)


async def _flood(request: web.Request) -> web.StreamResponse:
    return web.Response(text="x" * (module.ANSWER_BYTES + 1))


async def _cut(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"{")
    assert request.transport is not None
    request.transport.close()
    return response


async def _list(request: web.Request) -> web.StreamResponse:
    return web.Response(body=json.dumps(["x"]).encode())


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        pytest.param(_text, "HTTP 404, not JSON: 404 page not found; is etcd's --enable-grpc-gateway off?", id="off"),
        pytest.param(_refuse, "etcdserver: no leader", id="refused"),
        pytest.param(_flood, "the answer is longer than 1048576 bytes", id="flood"),
        pytest.param(_cut, "the connection ended in the middle of the answer", id="cut"),
        pytest.param(_list, "HTTP 200", id="no-object"),
    ],
)
def test_bad_answers_are_told(answer: Callable[[web.Request], Awaitable[web.StreamResponse]], cause: str) -> None:
    """The error names API server, Pod, request, cause and where to look; every Pod was tried."""

    async def main() -> None:
        async with site() as here:
            here.members.answer = answer
            with pytest.raises(UnreachableError) as raised:
                await here.etcd.members()
            text = str(raised.value)
            assert text.startswith(f"cannot use the etcd of {here.api.server}: Pod kube-system/etcd-a: POST ")
            assert text.count(f"POST /v3/cluster/member/list: {cause}") == 3
            assert text.endswith("Look at `kubectl -n kube-system logs` of etcd-a, etcd-b, etcd-c")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        pytest.param({"served_by": "other"}, "TLS with port 2379: .*certificate verify failed", id="server-ca"),
        pytest.param({"names": {"a": "b"}}, "TLS with port 2379: .*certificate is not valid for 'a'", id="server-name"),
        pytest.param({"client_of": "other"}, "POST .*: (the connection ended without|.*alert)", id="client-ca"),
    ],
)
def test_certificates_are_checked(options: dict[str, str], cause: str) -> None:
    """Both sides: the member has to be its node's and of the cluster's CA, and so does the client."""

    async def main() -> None:
        async with site(**options) as here:  # type: ignore[arg-type]
            for name in ("etcd-b", "etcd-c"):
                here.api.pods[name].phase = "Failed"
            with pytest.raises(UnreachableError, match=f"(?i){cause}"):
                await here.etcd.members()
            assert here.members.asked == []

    asyncio.run(main())


def test_forwarding_fails() -> None:
    """A refusal of the API server, the kubelet's own words, and nobody to ask."""

    async def main() -> None:
        async with site() as here:
            here.api.pods["etcd-a"].refusal = 403
            here.api.pods["etcd-b"].port = None
            here.api.pods["etcd-c"].phase = "Failed"
            with pytest.raises(UnreachableError) as raised:
                await here.etcd.members()
            assert "etcd-a: port-forward to port 2379: GET /api/v1/" in str(raised.value)
            assert "(HTTP 403); the kubeconfig's user needs the verbs get and create for pods" in str(raised.value)
            assert "; Pod kube-system/etcd-b: TLS with port 2379: error forwarding port 2379" in str(raised.value)
            here.api.pods.clear()
            with pytest.raises(UnreachableError, match=r"no Pod with the labels .* is Running in kube-system"):
                await here.etcd.members()

    asyncio.run(main())


def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that says nothing is given up after the limit."""
    monkeypatch.setattr(module, "LIMIT", timedelta(seconds=0.2))

    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async def main() -> None:
        async with site() as here:
            here.members.answer = silent
            here.api.pods["etcd-b"].phase = here.api.pods["etcd-c"].phase = "Failed"
            with pytest.raises(UnreachableError, match="POST /v3/cluster/member/list: no answer within"):
                await here.etcd.members()

    asyncio.run(main())
