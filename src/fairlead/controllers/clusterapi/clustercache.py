"""Connections to workload clusters: one per cluster, opened as soon as its API answers, with its nodes in memory.

Behaviour: cluster-api v1.14 controllers/clustercache; without its 30 s between attempts: a dialer says when an address
answers. Who needs to know of a cluster's nodes or control-plane Pods subscribes.
"""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, get_in, is_deleting
from fairlead.controllers.clusterapi.strangers import describe_stranger
from fairlead.controllers.contract import CLUSTER, CLUSTER_NAME_LABEL, CLUSTER_SECRET_TYPE, SECRET, get_or_none
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.outcome import Result
from fairlead.runtime.remote import Dialer, Remote, StrangerError, UnreachableError

log = logging.getLogger(__name__)

NODE = GVK("", "v1", "Node")
POD = GVK("", "v1", "Pod")
CONTROL_PLANE_PODS = "tier=control-plane"
RETRY = timedelta(seconds=1)


@dataclass(slots=True)
class Connection:
    """What is known of one workload cluster now."""

    remote: Remote | None = None
    nodes: dict[str, Json] = field(default_factory=dict)
    pods: dict[str, Json] = field(default_factory=dict)  # control-plane Pods of kube-system, by name
    problem: str = "Remote connection not established yet"
    stranger: str = ""  # who answers in its place, when another cluster does
    last_up: datetime | None = None  # when a connection that is lost was last known to work

    @property
    def is_up(self) -> bool:
        return self.remote is not None

    def node_of(self, provider_id: str) -> Json | None:
        """The node with this providerID, or None."""
        if not provider_id:
            return None
        return next((n for n in self.nodes.values() if get_in(n, "spec", "providerID") == provider_id), None)


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed in a workload cluster: its connection (`obj` is None), a node or a control-plane Pod."""

    cluster: Key
    obj: Json | None = None


class ClusterCache(BaseController):
    """Keeps a connection to every cluster that has a kubeconfig."""

    name = "clustercache"
    kind = CLUSTER

    def __init__(self, *, client: Client, clock: Clock, dialer: Dialer) -> None:
        self._client = client
        self._clock = clock
        self._dialer = dialer
        self._connections: dict[Key, Connection] = {}
        self._tasks: dict[Key, tuple[str, asyncio.Task[None]]] = {}
        self._subscribers: set[asyncio.Queue[Change]] = set()

    def watches(self) -> Sequence[Watch]:
        return (Watch(SECRET, self._of_secret),)

    def _of_secret(self, secret: Json) -> tuple[Key, ...]:
        key = Key.of(secret)
        name = (secret["metadata"].get("labels") or {}).get(CLUSTER_NAME_LABEL, "")
        if secret.get("type") != CLUSTER_SECRET_TYPE or key.name != f"{name}-kubeconfig":
            return ()
        return (Key(key.namespace, name),)

    def connection(self, cluster: Key) -> Connection:
        """What is known of *cluster*; an empty connection when nothing is."""
        return self._connections.get(cluster) or Connection()

    async def changes(self) -> AsyncIterator[Change]:
        """Every change from now on."""
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._subscribers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._subscribers.discard(queue)

    async def reconcile(self, key: Key) -> Result:
        cluster = await get_or_none(self._client, CLUSTER, key)
        if cluster is None:
            await self._drop(key)
            return Result.done()
        secret = await get_or_none(self._client, SECRET, Key(key.namespace, f"{key.name}-kubeconfig"))
        value = get_in(secret or {}, "data", "value", default="")
        if not value or (is_deleting(cluster) and key not in self._tasks):
            return Result.done()
        known = self._tasks.get(key)
        if known is not None and known[0] == value and not known[1].done():
            return Result.done()
        await self._drop(key)
        self._connections[key] = Connection()
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._keep(key, base64.b64decode(value)), name=f"cluster {key}")
        self._tasks[key] = (value, task)
        return Result.done()

    async def close(self) -> None:
        """Drop every connection."""
        for key in list(self._tasks):
            await self._drop(key)

    async def _drop(self, key: Key) -> None:
        known = self._tasks.pop(key, None)
        connection = self._connections.pop(key, None)
        if known is not None:
            known[1].cancel()
            await asyncio.gather(known[1], return_exceptions=True)
        if connection is not None and connection.remote is not None:
            await connection.remote.close()

    async def _keep(self, key: Key, kubeconfig: bytes) -> None:
        connection = self._connections[key]
        while True:
            try:
                await self._dialer.wait_reachable(kubeconfig)
                remote = await self._dialer.dial(kubeconfig)
                await self._follow(key, connection, remote)
            except StrangerError as error:
                if not connection.stranger or connection.problem != str(error):
                    connection.stranger = await self._stranger(error)
                self._lose(key, connection, str(error))
            except (UnreachableError, ApiError) as error:
                connection.stranger = ""
                self._lose(key, connection, str(error))
            await self._clock.sleep(RETRY)

    async def _stranger(self, error: StrangerError) -> str:
        try:
            return await describe_stranger(self._client, error)
        except ApiError:  # the Secrets cannot be read now: next time
            return ""

    def _lose(self, key: Key, connection: Connection, problem: str) -> None:
        """Take note that the connection does not work; those who follow it hear of it once."""
        changed = connection.is_up or connection.problem != problem
        if connection.is_up:
            connection.last_up = self._clock.now()
        connection.remote, connection.problem = None, problem
        if changed:
            self._tell(Change(key))

    async def _follow(self, key: Key, connection: Connection, remote: Remote) -> None:
        """Take the cluster's nodes and Pods, say that it is there, and follow them. Ends by raising."""
        ready = [asyncio.Event(), asyncio.Event()]
        fresh: tuple[dict[str, Json], dict[str, Json]] = ({}, {})

        async def follow(gvk: GVK, namespace: str, selector: str, store: dict[str, Json], event: asyncio.Event) -> None:
            async for change in remote.client.watch(gvk, namespace, label_selector=selector):
                if change.type == "SYNCED":
                    event.set()
                    continue
                if change.type == "BOOKMARK":
                    continue
                name = change.object["metadata"]["name"]
                if change.type == "DELETED":
                    store.pop(name, None)
                else:
                    store[name] = change.object
                if connection.remote is remote:
                    self._tell(Change(key, change.object))

        loop = asyncio.get_running_loop()
        tasks = [
            loop.create_task(follow(NODE, "", "", fresh[0], ready[0])),
            loop.create_task(follow(POD, "kube-system", CONTROL_PLANE_PODS, fresh[1], ready[1])),
        ]
        try:
            synced = loop.create_task(_all(ready))
            await asyncio.wait([synced, *tasks], return_when=asyncio.FIRST_COMPLETED)
            synced.cancel()
            if all(event.is_set() for event in ready):
                connection.remote, connection.problem, connection.stranger = remote, "", ""
                connection.nodes, connection.pods = fresh
                self._tell(Change(key))
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _tell(self, change: Change) -> None:
        for queue in self._subscribers:
            queue.put_nowait(change)


async def _all(events: Sequence[asyncio.Event]) -> None:
    for event in events:
        await event.wait()
