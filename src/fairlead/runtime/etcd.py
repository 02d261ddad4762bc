"""The etcd of a cluster that kubeadm made: reached in its static Pods, asked through its JSON gateway.

Source: cluster-api v1.14, controlplane/kubeadm/pkg/workload_cluster_etcd.go, pkg/etcd/etcd.go; etcd v3.6
api/etcdserverpb/rpc.proto (paths), server/embed/serve.go (the gateway is on by default, on the client port).
Differences: JSON in place of gRPC; the serving certificate has to name the Pod's node, as kubeadm's do.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import httptools
import orjson

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, get_in, is_deleting
from fairlead.runtime.conditions import is_true
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import Access
from fairlead.runtime.portforward import ForwardError, TlsStream, forward
from fairlead.runtime.remote import EtcdCredentials, EtcdMember, UnreachableError
from fairlead.runtime.tls import tls_context

POD = GVK("", "v1", "Pod")
NAMESPACE = "kube-system"
ETCD_PODS = "component=etcd,tier=control-plane"
CLIENT_PORT = 2379
LIMIT = timedelta(seconds=15)  # for all that is asked of one Pod
ANSWER_BYTES = 1 << 20
ERROR_CHARS = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads; `name` is the node's name."""

    id: int
    name: str


class ForwardedEtcd:
    """A workload cluster's etcd behind its API server. Implements `runtime.remote.Etcd`."""

    def __init__(self, client: HttpClient, server: str, credentials: EtcdCredentials) -> None:
        self._client = client
        self._server = server
        self._tls = _context(server, credentials)

    async def members(self) -> Sequence[EtcdMember]:
        return await self._anywhere(_members)

    async def remove_member(self, member_id: int) -> None:
        await self._anywhere(partial(_remove, member_id=member_id))

    async def move_leader(self, member_id: int, *, away_from: str = "") -> None:
        leader = await self._anywhere(_leader)
        if leader.id == member_id or (away_from and leader.name != away_from):
            return
        # only the leader itself hands over
        await self._anywhere(partial(_hand_over, member_id=member_id), node=leader.name)

    async def _anywhere(self, work: Callable[["Gateway"], Awaitable[T]], *, node: str = "") -> T:
        """What *work* gets from the first Pod (of *node*, or of any) with which it succeeds."""
        pods = await self._pods(node)
        problems = []
        for pod in pods:
            name = pod["metadata"]["name"]
            try:
                return await self._ask(name, str(pod["spec"]["nodeName"]), work)
            except UnreachableError as error:
                problems.append(f"Pod {NAMESPACE}/{name}: {error}")
        where = f" on node {node}" if node else ""
        cause = "; ".join(problems) or f"no Pod with the labels {ETCD_PODS} is Running in {NAMESPACE}{where}"
        names = ", ".join(pod["metadata"]["name"] for pod in pods) or f"etcd-{node or '<node>'}"
        raise UnreachableError(
            f"cannot use the etcd of {self._server}: {cause}. Look at `kubectl -n {NAMESPACE} logs` of {names}"
        )

    async def _pods(self, node: str) -> list[Json]:
        """The Pods worth asking, those that are ready first."""
        try:
            pods = (await self._client.list(POD, NAMESPACE, label_selector=ETCD_PODS)).items
        except ApiError as error:
            raise UnreachableError(f"cannot list the etcd Pods of {self._server}: {error.message}") from error

        def rank(pod: Json) -> tuple[bool, str]:
            return not is_true(get_in(pod, "status", "conditions"), "Ready"), pod["metadata"]["name"]

        found = [pod for pod in pods if get_in(pod, "status", "phase") == "Running" and not is_deleting(pod)]
        return sorted((pod for pod in found if node in ("", pod["spec"].get("nodeName"))), key=rank)

    async def _ask(self, pod: str, node: str, work: Callable[["Gateway"], Awaitable[T]]) -> T:
        steps = Steps()
        try:
            async with asyncio.timeout(LIMIT.total_seconds()), self._connected(pod, node, steps) as gateway:
                return await work(gateway)
        except TimeoutError as error:
            raise UnreachableError(f"{steps.now}: no answer within {LIMIT.total_seconds():.0f}s") from error
        except ApiError as error:
            raise UnreachableError(f"{steps.now}: {error.message}; {_advice(error)}") from error
        except (ForwardError, ssl.SSLError, httptools.HttpParserError) as error:
            raise UnreachableError(f"{steps.now}: {error}") from error

    @contextlib.asynccontextmanager
    async def _connected(self, pod: str, node: str, steps: "Steps") -> AsyncIterator["Gateway"]:
        async with forward(self._client, NAMESPACE, pod, CLIENT_PORT) as connection:
            steps.now = f"TLS with port {CLIENT_PORT}"
            stream = TlsStream(connection, self._tls, node)
            await stream.handshake()
            yield Gateway(stream, node, steps)


@dataclass(slots=True)
class Steps:
    """What is being done, for the text of an error."""

    now: str = f"port-forward to port {CLIENT_PORT}"


class Gateway:
    """The JSON gateway of one etcd member; `node` is where it runs."""

    def __init__(self, stream: TlsStream, node: str, steps: Steps) -> None:
        self._stream = stream
        self.node = node
        self._steps = steps

    async def call(self, path: str, body: Mapping[str, Any]) -> Json:
        """POST to the gateway. Raises: UnreachableError when it refuses; what the connection raises."""
        self._steps.now = f"POST {path}"
        data = orjson.dumps(body)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self.node}\r\nAccept: application/json\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        await self._stream.write(head.encode() + data)
        answer = await self._answer()
        try:
            decoded = orjson.loads(answer.body)
        except orjson.JSONDecodeError as error:
            text = answer.body[:200].decode(errors="replace").strip()
            hint = "; is etcd's --enable-grpc-gateway off?" if answer.status == 404 else ""
            raise UnreachableError(f"{self._steps.now}: HTTP {answer.status}, not JSON: {text}{hint}") from error
        if answer.status != 200 or not isinstance(decoded, dict):
            told = decoded.get("message") or decoded.get("error") if isinstance(decoded, dict) else ""
            raise UnreachableError(f"{self._steps.now}: {told or f'HTTP {answer.status}'}"[:ERROR_CHARS])
        return decoded

    async def _answer(self) -> "Answer":
        answer = Answer()
        parser = httptools.HttpResponseParser(answer)
        received = 0
        while not answer.is_complete:
            data = await self._stream.read()
            received += len(data)
            if not data and not received:  # TLS 1.3 tells a client that is not welcome only now, if at all
                raise ForwardError(
                    "the connection ended without an answer; does the cluster's etcd Secret hold its CA?"
                )
            if not data:
                raise ForwardError("the connection ended in the middle of the answer")
            if received > ANSWER_BYTES:
                raise ForwardError(f"the answer is longer than {ANSWER_BYTES} bytes")
            parser.feed_data(data)
            answer.status = parser.get_status_code()
        return answer


class Answer:
    """An HTTP answer, filled by the parser that calls these methods."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.is_complete = False

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.is_complete = True


# What is asked of one member.


async def _members(gateway: Gateway) -> Sequence[EtcdMember]:
    members = await _list(gateway)
    answer = await gateway.call("/v3/maintenance/alarm", {"action": "GET"})
    alarms: dict[int, tuple[str, ...]] = {}
    for alarm in answer.get("alarms") or ():
        member_id, kind = int(alarm.get("memberID", 0)), str(alarm.get("alarm", "NONE"))
        if kind != "NONE":
            alarms[member_id] = (*alarms.get(member_id, ()), kind)
    return tuple(_member(each, alarms.get(_id(each), ())) for each in members)


async def _list(gateway: Gateway) -> Sequence[Json]:
    """The member list, agreed on by a quorum."""
    answer = await gateway.call("/v3/cluster/member/list", {"linearizable": True})
    return tuple(answer.get("members") or ())


async def _remove(gateway: Gateway, *, member_id: int) -> None:
    members = await _list(gateway)
    member = next((each for each in members if _id(each) == member_id), None)
    if member is None:
        return
    if len(members) == 1:
        raise UnreachableError("cannot remove the last etcd member in the cluster")
    if member.get("name") == gateway.node:
        raise UnreachableError("this is the member to remove, another one has to do it")
    await gateway.call("/v3/cluster/member/remove", {"ID": str(member_id)})


async def _leader(gateway: Gateway) -> Leader:
    leader = int((await gateway.call("/v3/maintenance/status", {})).get("leader", 0))
    for member in await _list(gateway):
        if _id(member) == leader:
            return Leader(leader, member.get("name", ""))
    raise UnreachableError("etcd has no leader")


async def _hand_over(gateway: Gateway, *, member_id: int) -> None:
    await gateway.call("/v3/maintenance/transfer-leadership", {"targetID": str(member_id)})


def _id(member: Json) -> int:
    return int(member.get("ID", 0))  # 64 bits travel as text


def _member(member: Json, alarms: tuple[str, ...]) -> EtcdMember:
    return EtcdMember(
        id=_id(member),
        name=member.get("name", ""),
        peer_urls=tuple(member.get("peerURLs") or ()),
        is_learner=bool(member.get("isLearner")),
        alarms=alarms,
    )


def _advice(error: ApiError) -> str:
    """What to do about an API server that does not forward."""
    if error.code in (401, 403):
        return "the kubeconfig's user needs the verbs get and create for pods/portforward"
    return "does the API server reach the kubelet of the Pod's node?"


def _context(server: str, credentials: EtcdCredentials) -> ssl.SSLContext:
    access = Access(server, ca=credentials.ca, client_certificate=credentials.certificate, client_key=credentials.key)
    try:
        return tls_context(access)
    except (ssl.SSLError, ValueError) as error:
        raise UnreachableError(
            f"cannot use the etcd of {server}: cannot read its certificates: {error}; restore the cluster's etcd Secret"
        ) from error
