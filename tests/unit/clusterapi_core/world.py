"""The core controllers alone, in virtual time: providers and the workload cluster are small fakes."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.kinds import KINDS as VSPHERE_KINDS
from fairlead.api.kubeadm.kinds import KINDS as KUBEADM_KINDS
from fairlead.base.objects import GVK, Json, get_in, is_deleting, labels, meta
from fairlead.controllers.clusterapi.cluster import ClusterController
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.machine import MachineController
from fairlead.controllers.clusterapi.machinedeployment import MachineDeploymentController
from fairlead.controllers.clusterapi.machinehealthcheck import MachineHealthCheckController
from fairlead.controllers.clusterapi.machineset import MachineSetController
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CLUSTER_SECRET_TYPE,
    CONTROL_PLANE,
    CONTROL_PLANE_LABEL,
    KUBEADM_CONFIG,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_HEALTH_CHECK,
    MACHINE_SET,
)
from fairlead.runtime.client import PatchType
from fairlead.runtime.clock import LoopClock, timestamp
from fairlead.runtime.controller import Controller, Manager
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import ThreadedKeys
from fairlead.runtime.remote import CredentialsSource, Etcd, UnreachableError
from fairlead.runtime.virtual import run_virtual
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

NAMESPACE = "default"
INFRA = "infrastructure.cluster.x-k8s.io"
VSPHERE_CLUSTER = GVK(INFRA, "v1beta2", "VSphereCluster")
VSPHERE_MACHINE = GVK(INFRA, "v1beta2", "VSphereMachine")
MACHINE_TEMPLATE = GVK(INFRA, "v1beta2", "VSphereMachineTemplate")
CONFIG_TEMPLATE = GVK("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfigTemplate")
DRAIN_RULE = GVK("cluster.x-k8s.io", "v1beta2", "MachineDrainRule")
NODE = GVK("", "v1", "Node")
POD = GVK("", "v1", "Pod")
EVENT = GVK("", "v1", "Event")
INFRA_FINALIZER = "vspheremachine.infrastructure.cluster.x-k8s.io"
LIMIT = timedelta(minutes=30)
CORE = (CLUSTER, MACHINE, MACHINE_SET, MACHINE_DEPLOYMENT, MACHINE_HEALTH_CHECK)


class Workload:
    """The workload cluster: an API server that answers or does not. A dialer and a remote in one."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.answers = asyncio.Event()
        self._lost = asyncio.Event()

    @property
    def client(self) -> LocalClient:
        return self.server.client()

    async def wait_reachable(self, kubeconfig: bytes) -> None:
        await self.answers.wait()

    async def dial(self, kubeconfig: bytes) -> Connection:
        if not self.answers.is_set():
            raise UnreachableError("connection refused")
        self._lost = asyncio.Event()
        return Connection(self.client, self._lost)

    def lose(self) -> None:
        """Stop answering, and cut what is connected."""
        self.answers.clear()
        self._lost.set()


class Connection:
    """What the dialer returns: its watches end when the cluster is lost."""

    def __init__(self, client: LocalClient, lost: asyncio.Event) -> None:
        self.client: Any = _Cuttable(client, lost)

    async def etcd(self, credentials: CredentialsSource) -> Etcd:
        raise UnreachableError("no etcd here")

    async def close(self) -> None:
        return None


class _Cuttable:
    def __init__(self, client: LocalClient, lost: asyncio.Event) -> None:
        self._client = client
        self._lost = lost

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def watch(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        stream: Any = self._client.watch(*args, **options)
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._lost.wait())]
        try:
            while True:
                tasks[1:] = [asyncio.ensure_future(stream.__anext__())]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if tasks[0].done():
                    raise UnreachableError("connection reset")
                yield tasks[1].result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await stream.aclose()


class Providers:
    """Infrastructure, bootstrap and control plane in the shortest form that keeps the contract."""

    def __init__(self, client: LocalClient, workload: Workload, clock: LoopClock) -> None:
        self._client = client
        self._workload = workload
        self._clock = clock
        self.broken: set[str] = set()  # machines (by part of the name) whose VM never comes

    async def follow(self, gvk: GVK) -> None:
        async for event in self._client.watch(gvk):
            if event.type in ("ADDED", "MODIFIED"):
                try:
                    await self._serve(gvk, event.object)
                except ApiError as error:
                    if not (error.is_not_found or error.is_conflict):
                        raise

    async def _serve(self, gvk: GVK, obj: Json) -> None:
        if gvk == VSPHERE_CLUSTER:
            await self._provision_cluster(obj)
        elif gvk == KUBEADM_CONFIG:
            await self._bootstrap(obj)
        elif gvk == VSPHERE_MACHINE:
            await self._provision(obj)

    async def _provision_cluster(self, obj: Json) -> None:
        if is_deleting(obj) or get_in(obj, "status", "initialization", "provisioned"):
            return
        status = {"initialization": {"provisioned": True}, "conditions": [self._ready("Ready")]}
        await self.set_status(VSPHERE_CLUSTER, meta(obj)["name"], status)

    async def _bootstrap(self, obj: Json) -> None:
        if not is_deleting(obj) and not get_in(obj, "status", "initialization", "dataSecretCreated"):
            name = meta(obj)["name"]
            status = {
                "initialization": {"dataSecretCreated": True},
                "dataSecretName": name,
                "conditions": [self._ready("Ready")],
            }
            await self.set_status(KUBEADM_CONFIG, name, status)

    async def _provision(self, obj: Json) -> None:
        name = meta(obj)["name"]
        if is_deleting(obj):
            await self._patch(VSPHERE_MACHINE, name, {"metadata": {"finalizers": []}})
            return
        if get_in(obj, "spec", "providerID") or any(part in name for part in self.broken):
            return
        owners = meta(obj).get("ownerReferences") or []
        if not any(owner["kind"] == "Machine" for owner in owners):
            return
        provider = f"vsphere://{meta(obj)['uid']}"
        finalizers = [INFRA_FINALIZER]
        await self._patch(
            VSPHERE_MACHINE, name, {"metadata": {"finalizers": finalizers}, "spec": {"providerID": provider}}
        )
        await self.set_status(
            VSPHERE_MACHINE, name, {"initialization": {"provisioned": True}, "conditions": [self._ready("Ready")]}
        )
        await self.join(name, provider)

    async def join(self, name: str, provider: str) -> None:
        """The machine's node appears, Ready."""
        node: Json = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "spec": {"providerID": provider},
        }
        await self._workload.client.create(node)
        await self.node_condition(name, "Ready", "True")

    async def node_condition(self, name: str, type_: str, status: str, message: str = "") -> None:
        now = timestamp(self._clock.now())
        conditions = [
            {"type": other, "status": "False", "lastTransitionTime": now, "reason": "Fine"}
            for other in ("MemoryPressure", "DiskPressure", "PIDPressure")
        ]
        told = {"type": type_, "status": status, "lastTransitionTime": now, "reason": "Told", "message": message}
        body = {"status": {"conditions": [*conditions, told], "nodeInfo": {"kubeletVersion": "v1.35.0"}}}
        await self._workload.client.patch(NODE, name, "", body, PatchType.MERGE, subresource="status")

    def _ready(self, type_: str) -> Json:
        now = timestamp(self._clock.now())
        return {"type": type_, "status": "True", "reason": type_, "message": "", "lastTransitionTime": now}

    async def set_status(self, gvk: GVK, name: str, status: Json) -> None:
        await self._client.patch(
            gvk, name, NAMESPACE, {"status": status}, PatchType.MERGE, subresource="status", field_manager="fake"
        )

    async def _patch(self, gvk: GVK, name: str, body: Json) -> None:
        await self._client.patch(gvk, name, NAMESPACE, body, PatchType.MERGE, field_manager="fake")

    async def start_control_plane(self, version: str = "v1.35.0") -> None:
        """The control plane is up: its object says so, its kubeconfig is there, its API answers."""
        status = {
            "initialization": {"controlPlaneInitialized": True},
            "version": version,
            "versions": [{"version": version, "replicas": 1}],
            "conditions": [self._ready("Available")],
        }
        await self.set_status(CONTROL_PLANE, "demo", status)
        secret: Json = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "demo-kubeconfig",
                "namespace": NAMESPACE,
                "labels": {CLUSTER_NAME_LABEL: "demo"},
            },
            "type": CLUSTER_SECRET_TYPE,
            "data": {"value": base64.b64encode(b"kubeconfig").decode()},
        }
        await self._client.create(secret)
        self._workload.answers.set()
        for obj in control_plane_machine():
            await self._client.create(obj)


class CoreWorld:
    """A management API with the core controllers, and one workload cluster."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = LoopClock()
        self.ids = Ids(seed)
        self.server = ApiServer(self.clock, self.ids, (*CLUSTER_KINDS, *KUBEADM_KINDS, *VSPHERE_KINDS))
        self.client = self.server.client()
        self.workload = Workload(ApiServer(self.clock, Ids(seed + 1)))
        self.providers = Providers(self.client, self.workload, self.clock)
        self.cache = ClusterCache(client=self.client, clock=self.clock, dialer=self.workload)
        self.manager = Manager(self.client, self.clock, self.ids, self._controllers())
        self._tasks: list[asyncio.Task[None]] = []

    def _controllers(self) -> list[Controller]:
        def recorder(component: str) -> Recorder:
            return Recorder(self.client, self.clock, self.ids, component)

        shared: dict[str, Any] = {"client": self.client, "clock": self.clock}
        cache, ids = self.cache, self.ids
        return [
            cache,
            ClusterController(**shared, keys=ThreadedKeys(), cache=cache, recorder=recorder("cluster")),
            MachineController(**shared, cache=cache, recorder=recorder("machine")),
            MachineSetController(**shared, ids=ids, cache=cache, recorder=recorder("machineset")),
            MachineDeploymentController(**shared, ids=ids, recorder=recorder("machinedeployment")),
            MachineHealthCheckController(**shared, cache=cache, recorder=recorder("machinehealthcheck")),
        ]

    async def start(self) -> None:
        await self.server.start()
        await self.workload.server.start()
        self._tasks = [asyncio.create_task(self.manager.run())]
        for gvk in (VSPHERE_CLUSTER, VSPHERE_MACHINE, KUBEADM_CONFIG):
            self._tasks.append(asyncio.create_task(self.providers.follow(gvk)))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.cache.close()
        await self.workload.server.stop()
        await self.server.stop()

    # What is there

    async def get(self, gvk: GVK, name: str) -> Json:
        return await self.client.get(gvk, name, NAMESPACE)

    async def all(self, gvk: GVK) -> list[Json]:
        found = (await self.client.list(gvk, NAMESPACE)).items
        return sorted(found, key=lambda obj: str(meta(obj)["name"]))

    async def machines(self) -> list[Json]:
        """The workers."""
        return [machine for machine in await self.all(MACHINE) if CONTROL_PLANE_LABEL not in labels(machine)]

    async def machine(self) -> Json:
        (only,) = await self.machines()
        return only

    async def reasons(self, kind: str = "") -> list[str]:
        """The reasons of the events so far, of objects of *kind*."""
        found = (await self.client.list(EVENT, NAMESPACE)).items
        ordered = sorted(found, key=lambda event: int(meta(event)["resourceVersion"]))
        return [event["reason"] for event in ordered if kind in ("", event["involvedObject"]["kind"])]

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> timedelta:
        began = self.clock.now()
        while not await condition():
            assert self.clock.now() - began < LIMIT, f"{what} did not come; errors: {self.manager.errors}"
            await self.clock.sleep(timedelta(milliseconds=100))
        return self.clock.now() - began

    async def settle(self, seconds: float = 5) -> None:
        await self.clock.sleep(timedelta(seconds=seconds))

    # What a person does

    async def patch(self, gvk: GVK, name: str, body: Json) -> Json:
        return await self.client.patch(gvk, name, NAMESPACE, body, PatchType.MERGE, field_manager="kubectl")

    async def up(self, *, replicas: int = 1, deployment: Json | None = None, ready: bool = True) -> None:
        """A cluster with so many workers."""
        for obj in (*cluster_objects(), machine_deployment(replicas, **(deployment or {}))):
            await self.client.create(obj, field_manager="kubectl")
        await self.settle(1)
        await self.providers.start_control_plane()
        if ready:
            await self.until(lambda: self.has_ready(replicas), f"{replicas} ready workers")
            await self.settle()

    async def has_ready(self, count: int) -> bool:
        machines = await self.machines()
        return len(machines) == count and all(is_true(machine, "Available") for machine in machines)


def condition(obj: Json, type_: str, *, old: bool = False) -> Json:
    """A condition, or an empty mapping."""
    path = ("status", "deprecated", "v1beta1", "conditions") if old else ("status", "conditions")
    found: Sequence[Json] = get_in(obj, *path, default=())
    return next((c for c in found if c["type"] == type_), {})


def told(obj: Json, type_: str) -> tuple[str, str, str]:
    """Status, reason and message of a condition."""
    found = condition(obj, type_)
    return found.get("status", ""), found.get("reason", ""), found.get("message", "")


def is_true(obj: Json, type_: str) -> bool:
    return condition(obj, type_).get("status") == "True"


def cluster_objects() -> list[Json]:
    """A Cluster with a control plane and its templates."""

    def named(gvk: GVK, name: str, spec: Json) -> Json:
        metadata = {"name": name, "namespace": NAMESPACE}
        return {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, "spec": spec}

    def reference(gvk: GVK, name: str) -> Json:
        return {"apiGroup": gvk.group, "kind": gvk.kind, "name": name}

    vm = {"template": {"spec": {"template": "ubuntu", "network": {"devices": [{"networkName": "VM Network"}]}}}}
    return [
        named(
            CLUSTER,
            "demo",
            {
                "controlPlaneRef": reference(CONTROL_PLANE, "demo"),
                "infrastructureRef": reference(VSPHERE_CLUSTER, "demo"),
            },
        ),
        named(
            VSPHERE_CLUSTER, "demo", {"server": "vcenter", "controlPlaneEndpoint": {"host": "10.0.0.1", "port": 6443}}
        ),
        named(MACHINE_TEMPLATE, "demo", vm),
        named(MACHINE_TEMPLATE, "demo-next", vm),
        named(CONFIG_TEMPLATE, "demo", {"template": {"spec": {"format": "cloud-config"}}}),
        named(
            CONTROL_PLANE,
            "demo",
            {
                "version": "v1.35.0",
                "replicas": 1,
                "machineTemplate": {"spec": {"infrastructureRef": reference(MACHINE_TEMPLATE, "demo")}},
                "kubeadmConfigSpec": {"format": "cloud-config"},
            },
        ),
    ]


def control_plane_machine() -> list[Json]:
    """A control-plane Machine that somebody made by hand."""
    marked = {CLUSTER_NAME_LABEL: "demo", CONTROL_PLANE_LABEL: ""}
    metadata = {"name": "demo-cp", "namespace": NAMESPACE, "labels": marked}
    spec = {
        "clusterName": "demo",
        "version": "v1.35.0",
        "bootstrap": {"dataSecretName": "demo-cp"},
        "infrastructureRef": {"apiGroup": INFRA, "kind": VSPHERE_MACHINE.kind, "name": "demo-cp"},
    }
    vm = {"template": "ubuntu", "network": {"devices": [{"networkName": "VM Network"}]}}
    return [
        {"apiVersion": VSPHERE_MACHINE.api_version, "kind": VSPHERE_MACHINE.kind, "metadata": metadata, "spec": vm},
        {"apiVersion": MACHINE.api_version, "kind": MACHINE.kind, "metadata": metadata, "spec": spec},
    ]


def machine_template(version: str = "v1.35.0", infra: str = "demo", **more: Any) -> Json:
    """The spec of the machines."""
    return {
        "clusterName": "demo",
        "version": version,
        "bootstrap": {"configRef": {"apiGroup": CONFIG_TEMPLATE.group, "kind": CONFIG_TEMPLATE.kind, "name": "demo"}},
        "infrastructureRef": {"apiGroup": INFRA, "kind": MACHINE_TEMPLATE.kind, "name": infra},
        **more,
    }


def machine_deployment(replicas: int, *, template: Json | None = None, **spec: Any) -> Json:
    """A MachineDeployment of the demo cluster."""
    return {
        "apiVersion": MACHINE_DEPLOYMENT.api_version,
        "kind": MACHINE_DEPLOYMENT.kind,
        "metadata": {"name": "demo-md", "namespace": NAMESPACE},
        "spec": {
            "clusterName": "demo",
            "replicas": replicas,
            "selector": {"matchLabels": {}},
            "template": template or {"spec": machine_template()},
            **spec,
        },
    }


def simulate(scenario: Callable[[CoreWorld], Coroutine[Any, Any, None]]) -> None:
    """Run *scenario* in a fresh world in virtual time."""

    async def main() -> None:
        world = CoreWorld()
        await world.start()
        try:
            await scenario(world)
        finally:
            await world.stop()

    run_virtual(main())
