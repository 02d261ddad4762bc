"""A garden for tests of the Flux controllers: one namespace, one Git repository in memory, virtual time."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from typing import Any

from fairlead.api.errors import ApiError, service_unavailable
from fairlead.api.flux.kinds import GIT_REPOSITORY, KUSTOMIZATION
from fairlead.base.objects import GVK, Json, get_in
from fairlead.runtime.client import Client, WatchEvent
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.conditions import find
from fairlead.runtime.ids import Ids
from fairlead.runtime.remote import CredentialsSource, UnreachableError
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer
from fairlead.testing.traces.fluxgit import RecordedGit
from fairlead.testing.traces.fluxreplay import FluxWorld

NAMESPACE = "garden"
CONFIG_MAP = GVK("", "v1", "ConfigMap")
DEPLOYMENT = GVK("apps", "v1", "Deployment")
SECRET = GVK("", "v1", "Secret")
EVENT = GVK("", "v1", "Event")


def config_map(name: str, value: str = "1", namespace: str = NAMESPACE, annotations: str = "") -> str:
    """A ConfigMap manifest."""
    marks = f"\n  annotations:\n    {annotations}" if annotations else ""
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}{marks}\n"
        f"data:\n  k: '{value}'\n"
    )


def deployment(name: str, image: str = "web:1") -> str:
    """A Deployment manifest."""
    return f"""apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {NAMESPACE}
spec:
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
        - name: main
          image: {image}
"""


class Garden:
    """A namespace with a Git repository, and what tests do in it."""

    def __init__(self, git: RecordedGit, world: FluxWorld) -> None:
        self.git = git
        self.world = world
        self.client = world.client
        self._asked = 0

    def commit(self, write: dict[str, str], delete: tuple[str, ...] = ()) -> str:
        """Commit to the repository; returns the revision."""
        return f"main@sha1:{self.git.commit('fleet', 'main', write, list(delete))}"

    async def source(self, name: str = "src", **spec: Any) -> None:
        """A GitRepository of the fleet."""
        body = {"interval": "10m", "url": "http://127.0.0.1:3080/fleet.git", "ref": {"branch": "main"}, **spec}
        await self._apply(GIT_REPOSITORY, name, body)

    async def kustomization(self, name: str = "k", **spec: Any) -> None:
        """A Kustomization of the path ./app."""
        source = {"kind": "GitRepository", "name": "src"}
        body = {"interval": "10m", "retryInterval": "1m", "path": "./app", "prune": True, "sourceRef": source, **spec}
        await self._apply(KUSTOMIZATION, name, body)

    async def _apply(self, gvk: GVK, name: str, spec: Json) -> None:
        metadata = {"name": name, "namespace": NAMESPACE}
        obj = {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, "spec": spec}
        await self.client.apply(obj, field_manager="kubectl")

    async def pull(self, name: str = "src", kind: GVK = GIT_REPOSITORY) -> None:
        """Ask for a look at the source (or another kind) now, and let it work."""
        self._asked += 1
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": f"request-{self._asked}"}}}
        await self.client.patch(kind, name, NAMESPACE, body)
        await self.sleep(1)

    async def sleep(self, seconds: float) -> None:
        await self.world.clock.sleep(timedelta(seconds=seconds))

    async def get(self, gvk: GVK, name: str, namespace: str = NAMESPACE) -> Json | None:
        try:
            return await self.client.get(gvk, name, namespace)
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    async def value(self, name: str) -> str | None:
        """The data of a ConfigMap; None when it is not there."""
        obj = await self.get(CONFIG_MAP, name)
        found: str | None = get_in(obj, "data", "k")
        return found

    async def ready(self, name: str = "k", kind: GVK = KUSTOMIZATION) -> tuple[str, str, str]:
        """Status, reason and message of the Ready condition."""
        obj = await self.get(kind, name)
        found = find(get_in(obj, "status", "conditions"), "Ready") or {}
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")

    async def events(self, name: str = "k") -> list[tuple[str, str]]:
        """Reasons and messages of the events about an object, in the order of their first time."""
        found = (await self.client.list(EVENT, NAMESPACE)).items
        mine = [event for event in found if event["involvedObject"]["name"] == name]
        mine.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [(event["reason"], event["message"]) for event in mine]

    @property
    def revision(self) -> int:
        """The store's revision: it moves with every write."""
        return self.world.server.store.revision

    def passes(self, controller: str = "kustomization") -> int:
        return self.world.manager.passes[controller]


class FaultyClient:
    """A client whose requests fail now and then, before or after they were carried out, and whose watches end."""

    def __init__(self, client: Client, seed: int, rate: float, slow_seconds: float = 0.0) -> None:
        self._client = client
        self._slow_seconds = slow_seconds
        self._random = random.Random(seed)
        self._rate = rate

    async def watch(self, *args: Any, **kwargs: Any) -> AsyncIterator[WatchEvent]:
        """Watch, until the connection is lost."""
        async for event in self._client.watch(*args, **kwargs):
            if self._random.random() < self._rate and event.type != "SYNCED":
                raise service_unavailable("injected: the watch was lost")
            yield event

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name not in ("create", "update", "patch", "apply", "delete", "get"):
            return method

        async def faulty(*args: Any, **kwargs: Any) -> Any:
            if self._slow_seconds:
                await asyncio.sleep(self._random.random() * self._slow_seconds)
            before, after = self._random.random(), self._random.random()
            if before < self._rate:
                raise service_unavailable("injected: nothing answers")
            if before < 2 * self._rate and name in ("update", "patch"):
                raise ApiError(409, "Conflict", "injected: the object has been modified")
            result = await method(*args, **kwargs)
            if after < self._rate and name != "get":
                raise service_unavailable("injected: the answer was lost")
            return result

        return faulty


class OtherCluster:
    """A second cluster behind a kubeconfig of any bytes. Implements `runtime.remote.Dialer`."""

    def __init__(self) -> None:
        clock = LoopClock()
        self.server = ApiServer(clock, Ids(2))
        self.client = self.server.client()
        self.up = asyncio.Event()
        self.dialled = 0

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        await self.up.wait()

    async def dial(self, kubeconfig: bytes) -> "OtherCluster":
        self.dialled += 1
        if not self.up.is_set():
            raise UnreachableError("dial tcp 192.0.2.1:6443: connect: connection refused")
        return self

    async def etcd(self, credentials: CredentialsSource) -> Any:
        raise UnreachableError("no etcd here")

    async def close(self) -> None:
        return None


def in_garden(scenario: Callable[[Garden], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Run *scenario* in virtual time; *options* are `FluxWorld`'s."""

    async def main() -> None:
        git = RecordedGit()
        world = FluxWorld(git, **options)
        await world.start([NAMESPACE])
        try:
            await scenario(Garden(git, world))
        finally:
            await world.stop()

    run_virtual(main())
