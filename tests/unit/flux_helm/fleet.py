"""A world with Flux's Helm controllers, sources put in place without Git, and a small chart."""

import asyncio
import base64
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any

from fairlead.api.flux.kinds import GIT_REPOSITORY, HELM_CHART, HELM_RELEASE, KINDS
from fairlead.base.objects import GVK, Json, get_in
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.helm.fetch import Access, Answer, FetchError
from fairlead.controllers.flux.helm.helmchart import HelmChartController
from fairlead.controllers.flux.helm.helmrelease import HelmReleaseController
from fairlead.controllers.flux.helm.helmrepository import HelmRepositoryController
from fairlead.controllers.flux.targets import Targets
from fairlead.engines.helm.record import Record, decode
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, LoopClock
from fairlead.runtime.controller import Manager
from fairlead.runtime.events import EVENT, Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.remote import Dialer, Remote, UnreachableError
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer

NAMESPACE = "team"
CONFIG_MAP, SECRET, DEPLOYMENT = GVK("", "v1", "ConfigMap"), GVK("", "v1", "Secret"), GVK("apps", "v1", "Deployment")
CHART = {
    "charts/parcel/Chart.yaml": "apiVersion: v2\nname: parcel\nversion: 0.1.0\nappVersion: '1.0'\n",
    "charts/parcel/values.yaml": "color: blue\nreplicas: 1\nextra: {}\n",
    "charts/parcel/templates/config.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-config\ndata:\n"
        "  color: {{ .Values.color | quote }}\n  revision: {{ .Release.Revision | quote }}\n"
        "{{- range $k, $v := .Values.extra }}\n  {{ $k }}: {{ $v | quote }}\n{{- end }}\n"
    ),
}
DEPLOY = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  replicas: 1\n"
    "  selector:\n    matchLabels: {app: a}\n  template:\n    metadata:\n      labels: {app: a}\n    spec:\n"
    "      containers:\n        - name: app\n          image: registry.example/app:{{ .Values.color }}\n"
)
READY_STATUS = {
    "replicas": 1,
    "updatedReplicas": 1,
    "readyReplicas": 1,
    "availableReplicas": 1,
    "conditions": [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
    ],
}


class OtherDialer:
    """No other clusters, unless a test puts one there."""

    other: Dialer | None = None

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        if self.other is None:
            await asyncio.Event().wait()
        else:
            await self.other.wait_reachable(kubeconfig)

    async def dial(self, kubeconfig: bytes) -> Remote:
        if self.other is not None:
            return await self.other.dial(kubeconfig)
        raise UnreachableError("there is no other cluster here")


class Pages:
    """A web of pages."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.errors: dict[str, FetchError] = {}
        self.asked: list[tuple[str, Access, tuple[tuple[str, str], ...]]] = []

    async def get(self, url: str, access: Access, marks: tuple[tuple[str, str], ...] = ()) -> Answer:
        self.asked.append((url, access, marks))
        if url in self.errors:
            raise self.errors[url]
        if url not in self.pages:
            raise FetchError(f"failed to fetch {url} : 404 Not Found", 404)
        tag = (("ETag", str(hash(self.pages[url]))),)
        return Answer(marks=tag, is_unchanged=True) if marks == tag else Answer(self.pages[url], tag)


class Mortal:
    """A client that makes so many writes and then never answers again: its process died after the last one."""

    WRITES = ("create", "update", "patch", "apply", "delete")

    def __init__(self, client: Client, writes: int) -> None:
        self._client = client
        self._left = writes
        self.died = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name not in self.WRITES:
            return method

        async def call(*arguments: Any, **options: Any) -> Any:
            if not options.get("dry_run"):
                if self._left <= 0:
                    self.died.set()
                    await asyncio.Event().wait()
                self._left -= 1
            return await method(*arguments, **options)

        return call


class Fleet:
    """A management API with the Helm controllers on it, in virtual time."""

    def __init__(self, *, seed: int = 1, clock: Clock | None = None, client: Client | None = None) -> None:
        self.clock = clock or LoopClock()
        self.dialer = OtherDialer()
        self.ids = Ids(seed)
        self.server = ApiServer(self.clock, self.ids, KINDS)
        self.client: Client = client or self.server.client()
        self.artifacts = ArtifactStore()
        self.pages = Pages()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.server.start()
        await self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.run_controllers()

    def run_controllers(self, client: Client | None = None) -> None:
        used = client or self.client

        def recorder(component: str) -> Recorder:
            return Recorder(used, self.clock, self.ids, component)

        shared: dict[str, Any] = {"client": used, "clock": self.clock, "artifacts": self.artifacts}
        controllers = [
            HelmRepositoryController(**shared, recorder=recorder("source-controller"), fetcher=self.pages),
            HelmChartController(**shared, recorder=recorder("source-controller"), fetcher=self.pages),
            HelmReleaseController(
                **shared, ids=self.ids, targets=Targets(used, self.dialer), recorder=recorder("helm-controller")
            ),
        ]
        self.manager = Manager(used, self.clock, self.ids, controllers)
        self._task = asyncio.create_task(self.manager.run())

    async def kill(self) -> None:
        """The controllers die where they stand, and what they held in memory with them."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.artifacts = ArtifactStore()

    async def stop(self) -> None:
        await self.kill()
        await self.server.stop()

    async def apply(self, obj: Json, manager: str = "kubectl") -> Json:
        return await self.client.apply(obj, field_manager=manager)

    async def source(self, files: Mapping[str, str], commit: str = "1" * 40, name: str = "src") -> None:
        """A GitRepository that has *files* at *commit*."""
        repository = {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"interval": "10m", "url": "https://git.example/src"},
        }
        await self.apply(repository)
        tree = {path: text.encode() for path, text in files.items()}
        artifact = self.artifacts.put("GitRepository", NAMESPACE, name, f"main@sha1:{commit}", tree, self.clock.now())
        status = {"artifact": artifact.status(self.artifacts.base_url), "observedGeneration": 1}
        await self.client.patch(GIT_REPOSITORY, name, NAMESPACE, {"status": status}, subresource="status")

    async def release(self, name: str = "app", *, chart: Json | None = None, **spec: Any) -> None:
        """A HelmRelease of the small chart."""
        wanted = {"chart": "./charts/parcel", "sourceRef": {"kind": "GitRepository", "name": "src"}, **(chart or {})}
        body: Json = {"interval": "10m", "chart": {"spec": wanted}, **spec}
        if body.get("chartRef"):
            del body["chart"]
        await self.apply(
            {
                "apiVersion": "helm.toolkit.fluxcd.io/v2",
                "kind": "HelmRelease",
                "metadata": {"name": name, "namespace": NAMESPACE},
                "spec": body,
            }
        )

    async def patch(self, name: str = "app", **body: Any) -> None:
        await self.client.patch(HELM_RELEASE, name, NAMESPACE, body, field_manager="kubectl-patch")

    async def get(self, name: str = "app") -> Json:
        return await self.client.get(HELM_RELEASE, name, NAMESPACE)

    async def chart(self, name: str = "team-app") -> Json:
        return await self.client.get(HELM_CHART, name, NAMESPACE)

    async def conditions(self, name: str = "app") -> dict[str, tuple[str, str, str]]:
        found = get_in(await self.get(name), "status", "conditions", default=[])
        return {item["type"]: (item["status"], item["reason"], item["message"]) for item in found}

    async def data(self, name: str = "app-config") -> dict[str, str]:
        found: dict[str, str] = (await self.client.get(CONFIG_MAP, name, NAMESPACE))["data"]
        return found

    async def records(self, namespace: str = NAMESPACE) -> list[Record]:
        found = await self.client.list(SECRET, namespace, label_selector="owner=helm")
        texts = [base64.b64decode(secret["data"]["release"]).decode() for secret in found.items]
        return sorted(map(decode, texts), key=lambda record: (record.name, record.version))

    async def events(self, kind: str = "HelmRelease") -> list[tuple[str, str]]:
        found = await self.client.list(EVENT, NAMESPACE)
        chosen = [item for item in found.items if item["involvedObject"]["kind"] == kind]
        chosen.sort(key=lambda item: int(item["metadata"]["resourceVersion"]))
        return [(item["reason"], item["message"]) for item in chosen]

    async def make_ready(self, name: str = "app") -> None:
        """The Deployment's controller would say so."""
        obj = await self.client.get(DEPLOYMENT, name, NAMESPACE)
        status = {**READY_STATUS, "observedGeneration": obj["metadata"]["generation"]}
        await self.client.patch(DEPLOYMENT, name, NAMESPACE, {"status": status}, subresource="status")

    async def settle(self, seconds: float = 3.0) -> None:
        await self.clock.sleep(timedelta(seconds=seconds))

    @property
    def revision(self) -> int:
        """Grows with every write."""
        return self.server.store.revision


def simulate(scenario: Callable[[Fleet], Coroutine[Any, Any, None]]) -> None:
    """Run *scenario* in virtual time."""

    async def main() -> None:
        fleet = Fleet()
        await fleet.start()
        try:
            await scenario(fleet)
        finally:
            await fleet.stop()

    run_virtual(main())
