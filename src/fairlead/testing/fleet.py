"""One cluster as a user writes it, and how the tests look at it from outside."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from string import Template
from typing import Any

from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE, VSPHERE_VM
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, Key, annotations, get_in, is_deleting
from fairlead.controllers.contract import (
    CLUSTER,
    CONTROL_PLANE,
    CONTROL_PLANE_LABEL,
    KUBEADM_CONFIG,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_HEALTH_CHECK,
    MACHINE_SET,
    SECRET,
)
from fairlead.runtime.conditions import find, is_true
from fairlead.testing.world import World, simulate
from fairlead.vcenter.model import VM
from fairlead.vcenter.work import Destroy, Power

NAMESPACE, NAME = "fleet", "blue"
NODE = GVK("", "v1", "Node")
EVENT = GVK("", "v1", "Event")
TEMPLATE = GVK("infrastructure.cluster.x-k8s.io", "v1beta2", "VSphereMachineTemplate")
CONFIG_TEMPLATE = GVK("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfigTemplate")
OBJECTS = (
    CLUSTER,
    VSPHERE_CLUSTER,
    VSPHERE_MACHINE,
    VSPHERE_VM,
    TEMPLATE,
    CONTROL_PLANE,
    KUBEADM_CONFIG,
    CONFIG_TEMPLATE,
    MACHINE,
    MACHINE_SET,
    MACHINE_DEPLOYMENT,
    MACHINE_HEALTH_CHECK,
)
BOOT = timedelta(seconds=10)
STEP = timedelta(seconds=3)
LIMIT = timedelta(hours=1)

TEXT = """
apiVersion: v1
kind: Secret
metadata: {name: blue}
stringData: {username: $username, password: $password}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: blue}
spec:
  clusterNetwork: {pods: {cidrBlocks: [192.168.0.0/16]}}
  controlPlaneRef: {apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: blue}
  infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: VSphereCluster, name: blue}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: VSphereCluster
metadata: {name: blue}
spec:
  controlPlaneEndpoint: {host: 192.168.1.140, port: 6443}
  identityRef: {kind: Secret, name: $secret}
  server: $server
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: VSphereMachineTemplate
metadata: {name: blue-$digest}
spec: {template: {spec: $vm}}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: VSphereMachineTemplate
metadata: {name: blue-worker-$worker_digest}
spec: {template: {spec: $worker_vm}}
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta2
kind: KubeadmControlPlane
metadata: {name: blue}
spec:
  replicas: $control_planes
  version: $version
  kubeadmConfigSpec:
    initConfiguration: {nodeRegistration: {name: "{{ local_hostname }}"}}
    joinConfiguration: {nodeRegistration: {name: "{{ local_hostname }}"}}
  machineTemplate:
    spec:
      infrastructureRef:
        apiGroup: infrastructure.cluster.x-k8s.io
        kind: VSphereMachineTemplate
        name: blue-$digest
---
apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
kind: KubeadmConfigTemplate
metadata: {name: blue}
spec:
  template: {spec: {joinConfiguration: {nodeRegistration: {name: "{{ local_hostname }}"}}}}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineDeployment
metadata: {name: blue-md-0}
spec:
  clusterName: blue
  replicas: $workers
  selector: {matchLabels: {}}
  template:
    spec:
      clusterName: blue
      version: $version
      bootstrap:
        configRef: {apiGroup: bootstrap.cluster.x-k8s.io, kind: KubeadmConfigTemplate, name: $bootstrap}
      infrastructureRef:
        apiGroup: infrastructure.cluster.x-k8s.io
        kind: VSphereMachineTemplate
        name: blue-worker-$worker_digest
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineHealthCheck
metadata: {name: blue}
spec:
  clusterName: blue
  selector: {matchLabels: {cluster.x-k8s.io/deployment-name: blue-md-0}}
  checks:
    nodeStartupTimeoutSeconds: 600
    unhealthyNodeConditions:
    - {type: Ready, status: "False", timeoutSeconds: 120}
    - {type: Ready, status: Unknown, timeoutSeconds: 120}
"""


@dataclass(frozen=True)
class Written:
    """What stands in Git; `vm` and `worker_vm` are laid over the machines' defaults."""

    control_planes: int = 1
    workers: int = 2
    version: str = "v1.35.0"
    secret: str = "blue"
    server: str = "vcenter.test"
    username: str = "administrator@vsphere.local"
    password: str = "fairlead"
    bootstrap: str = "blue"
    vm: tuple[tuple[str, Any], ...] = ()
    worker_vm: tuple[tuple[str, Any], ...] = ()

    def change(self, **parts: Any) -> "Written":
        return replace(self, **parts)

    def machine(self, more: Iterable[tuple[str, Any]]) -> Json:
        spec: Json = {
            "datacenter": "DC0",
            "datastore": "LocalDS_0",
            "folder": "/DC0/vm",
            "resourcePool": "/DC0/host/DC0_C0/Resources",
            "network": {"devices": [{"networkName": "VM Network", "dhcp4": True}]},
            "numCPUs": 2,
            "memoryMiB": 4096,
            "diskGiB": 25,
            "template": f"ubuntu-2404-kube-{self.version}",
        }
        return {**spec, **dict(more)}

    def objects(self) -> list[Json]:
        """The manifests. Machine templates cannot be changed, so their names are made from their content."""
        parts = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, digest in (("vm", "digest"), ("worker_vm", "worker_digest")):
            parts[name] = json.dumps(self.machine(parts[name]))
            parts[digest] = hashlib.sha256(parts[name].encode()).hexdigest()[:8]
        return [obj for obj in goyaml.load_all(Template(TEXT).substitute(parts)) if isinstance(obj, dict)]


class Fleet:
    """The cluster in its world."""

    def __init__(self, world: World, step: timedelta = STEP) -> None:
        self.world = world
        self.client = world.client
        self._step = step
        self.git: list[Json] = []

    # What a person does.

    async def push(self, written: Written) -> None:
        """Make the API hold what is written, as Flux does: apply everything, then delete what left."""
        objects, before = written.objects(), self.git
        await self.world.apply(objects, namespace=NAMESPACE, manager="kustomize-controller")
        kept = {(obj["kind"], obj["metadata"]["name"]) for obj in objects}
        self.git = objects
        for obj in before:
            if (obj["kind"], obj["metadata"]["name"]) not in kept:
                await self.client.delete(GVK.of(obj), obj["metadata"]["name"], NAMESPACE)

    async def switch_off(self, name: str) -> None:
        """Cut a VM's power in the vCenter."""
        await self._do(Power(vm=self.vm(name).id, op="off"))

    async def destroy_vm(self, name: str) -> None:
        """Take a VM out of the vCenter behind everybody's back, as `govc vm.destroy` does."""
        await self.switch_off(name)
        await self._do(Destroy(object=self.vm(name).id))

    async def _do(self, work: Power | Destroy) -> None:
        vcenter = self.world.vcenter
        task = vcenter.submit(work, "administrator@vsphere.local")
        await self.world.settle(timedelta(seconds=1))
        ended = vcenter.tasks.get(task.id)
        assert ended is not None
        assert ended.state == "success", ended.fault

    # What is there.

    def vms(self) -> list[VM]:
        """The cluster's VMs, templates left out."""
        return [vm for vm in self.world.vcenter.inventory.all(VM) if not vm.template]

    def vm(self, name: str) -> VM:
        [found] = [vm for vm in self.vms() if vm.name == name]
        return found

    async def all(self, gvk: GVK) -> list[Json]:
        return list((await self.client.list(gvk, NAMESPACE)).items)

    async def get(self, gvk: GVK, name: str = NAME) -> Json:
        return await self.client.get(gvk, name, NAMESPACE)

    async def machines(self) -> tuple[list[Json], list[Json]]:
        """Control-plane machines, and workers."""
        found = await self.all(MACHINE)
        return [m for m in found if is_control_plane(m)], [m for m in found if not is_control_plane(m)]

    async def nodes(self) -> dict[str, bool]:
        """The workload cluster's nodes: whether each is Ready."""
        [cluster] = self.world.guests.clusters
        found = (await cluster.admin.list(NODE)).items
        return {node["metadata"]["name"]: is_true(node["status"]["conditions"], "Ready") for node in found}

    async def condition(self, gvk: GVK, name: str, type_: str) -> tuple[str, str, str]:
        """Status, reason and message; empty where the condition is not there."""
        found = find(get_in(await self.get(gvk, name), "status", "conditions"), type_) or {}
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")

    async def is_as(self, written: Written) -> bool:
        """Whether the machines are as written: so many, of that version, all ready, and nothing else is left."""
        planes, workers = await self.machines()
        if (len(planes), len(workers)) != (written.control_planes, written.workers):
            return False
        ready = all(is_true(get_in(m, "status", "conditions"), "Ready") for m in (*planes, *workers))
        fresh = all(m["spec"]["version"] == written.version for m in (*planes, *workers))
        templates = names(obj for obj in self.git if obj["kind"] == TEMPLATE.kind)
        origins = {annotations(vm)["cluster.x-k8s.io/cloned-from-name"] for vm in await self.all(VSPHERE_MACHINE)}
        cluster = await self.get(CLUSTER)
        rolling = any(
            is_true(get_in(cluster, "status", "conditions"), type_)
            for type_ in ("RollingOut", "ScalingUp", "ScalingDown", "Remediating")
        )
        available = is_true(get_in(cluster, "status", "conditions"), "Available")
        fresh = fresh and origins <= templates and not any(map(is_deleting, (*planes, *workers)))
        running = {vm.name for vm in self.vms() if vm.is_on} == names((*planes, *workers))
        return ready and fresh and available and not rolling and running

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str, limit: timedelta = LIMIT) -> timedelta:
        """Look again and again (the recorder sees every event). Raises: AssertionError after *limit*."""
        clock = self.world.clock
        began = clock.now()
        while not await condition():
            assert clock.now() - began < limit, f"{what} did not come; errors: {self.world.manager.errors}"
            await clock.sleep(self._step)
        return clock.now() - began

    async def settle_as(self, written: Written) -> timedelta:
        return await self.until(lambda: self.is_as(written), f"the cluster as {written}")


class Recorder:
    """The machines as they are after every single event of the API."""

    def __init__(self, fleet: Fleet, look: Callable[[list[Json]], None]) -> None:
        self._fleet = fleet
        self._look = look
        self._known: dict[Key, Json] = {}
        self.events = 0

    async def follow(self) -> None:
        synced = False
        async for event in self._fleet.client.watch(MACHINE, NAMESPACE):
            if event.type == "SYNCED":
                synced = True
            elif event.type == "DELETED":
                self._known.pop(Key.of(event.object), None)
            elif event.type in ("ADDED", "MODIFIED"):
                self._known[Key.of(event.object)] = event.object
            if synced:
                self.events += 1
                self._look(list(self._known.values()))

    async def during(self, work: Coroutine[Any, Any, Any]) -> None:
        """Record while *work* goes on; a look that fails fails this."""
        follow = asyncio.ensure_future(self.follow())
        working = asyncio.ensure_future(work)
        try:
            await asyncio.wait((follow, working), return_when=asyncio.FIRST_COMPLETED)
            if follow.done():
                follow.result()
            working.result()
        finally:
            for task in (follow, working):
                task.cancel()
            await asyncio.gather(follow, working, return_exceptions=True)


def is_control_plane(machine: Json) -> bool:
    return CONTROL_PLANE_LABEL in machine["metadata"]["labels"]


def is_ready(machine: Json) -> bool:
    return is_true(get_in(machine, "status", "conditions"), "Ready")


def names(objects: Iterable[Json]) -> set[str]:
    return {obj["metadata"]["name"] for obj in objects}


def run(
    scenario: Callable[[Fleet, Written], Coroutine[Any, Any, None]], written: Written | None = None, **options: Any
) -> None:
    """Bring the cluster up in virtual time, then run *scenario*; no controller may be left with an error."""

    async def main(world: World) -> None:
        fleet = Fleet(world)
        first = written or Written()
        await fleet.push(first)
        await fleet.settle_as(first)
        await scenario(fleet, first)
        assert world.manager.errors == {}

    simulate(main, boot=BOOT, **options)


__all__ = [
    "EVENT",
    "NAME",
    "NAMESPACE",
    "NODE",
    "OBJECTS",
    "SECRET",
    "Fleet",
    "Recorder",
    "Written",
    "is_control_plane",
    "is_ready",
    "names",
    "run",
]
