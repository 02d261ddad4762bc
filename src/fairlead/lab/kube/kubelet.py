"""The kubelets and the scheduler of a simulated cluster: Pods get a node and run, Nodes tell how they are.

Pods run the way a scale simulator runs them: no container is started, but phases, conditions, addresses and container
statuses are those of a Pod that runs well. A Job's Pod succeeds. A Pod that is not on the host's network waits for the
node's network, and the node's network waits for a Pod that brings a CNI configuration.

Source: kubernetes v1.36 pkg/kubelet/status, pkg/kubelet/nodestatus/setters.go (texts and reasons of node conditions).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fairlead.base.objects import Json, Key, controller_of, get_in, is_deleting
from fairlead.lab.kube.pods import (
    NODE,
    NOT_READY_TAINT,
    POD,
    is_cni,
    is_finished,
    is_ready,
    repelling_taints,
    selects,
)
from fairlead.lab.kube.replicas import get_or_none
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, timestamp
from fairlead.runtime.conditions import is_true, set_condition
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result

NO_CNI = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
STOPPED = "Kubelet stopped posting node status."
FIRST_POD_ADDRESS, LAST_POD_ADDRESS = 2, 254  # the node itself has .1
UNREACHABLE_TAINT = "node.kubernetes.io/unreachable"
FAIL_ANNOTATION = (
    "lab.fairlead.dev/pod"  # value "crash" or "image-missing": how a test asks for a Pod that does not run
)


@dataclass(slots=True)
class Hosts:
    """The machines under a cluster's nodes, by node name: which run, and at which address."""

    addresses: dict[str, str] = field(default_factory=dict)
    needs_cni: bool = True
    _followers: list[asyncio.Queue[str]] = field(default_factory=list)

    def runs(self, node: str) -> bool:
        return node in self.addresses

    def started(self, node: str, address: str) -> None:
        """The machine under *node* runs; its kubelet looks at its Node and Pods."""
        self.addresses[node] = address
        for follower in self._followers:
            follower.put_nowait(node)

    def follow(self) -> AsyncIterator[str]:
        """The nodes whose machines start from now on."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._followers.append(queue)

        async def nodes() -> AsyncIterator[str]:
            while True:
                yield await queue.get()

        return nodes()


class Scheduler(BaseController):
    """Gives each Pod the emptiest node that accepts it."""

    name = "scheduler"
    kind = POD

    def __init__(self, *, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def watches(self) -> Sequence[Watch]:
        return (Watch(NODE, self._unplaced),)

    async def _unplaced(self, node: Json) -> list[Key]:
        pods = (await self._client.list(POD, field_selector="spec.nodeName=")).items
        return [Key.of(pod) for pod in pods]

    async def reconcile(self, key: Key) -> Result:
        pod = await get_or_none(self._client, POD, key)
        if pod is None or is_deleting(pod) or get_in(pod, "spec", "nodeName") or is_finished(pod):
            return Result.done()
        nodes = (await self._client.list(NODE)).items
        fit = [n for n in nodes if self._fits(pod["spec"], n)]
        if not fit:
            await self._unschedulable(pod, len(nodes))
            return Result.done()
        load = {str(node["metadata"]["name"]): 0 for node in fit}
        for other in (await self._client.list(POD)).items:
            name = get_in(other, "spec", "nodeName", default="")
            if name in load:
                load[name] += 1
        chosen = min(load, key=lambda name: (load[name], name))
        await self._client.patch(
            POD, key.name, key.namespace, {"spec": {"nodeName": chosen}}, field_manager="kube-scheduler"
        )
        return Result.done()

    def _fits(self, spec: Json, node: Json) -> bool:
        usable = not get_in(node, "spec", "unschedulable", default=False) and not is_deleting(node)
        return usable and selects(spec, node) and not repelling_taints(spec, node)

    async def _unschedulable(self, pod: Json, nodes: int) -> None:
        message = f"0/{nodes} nodes are available: no node accepts the Pod (taints, selectors or cordons)."
        async with editing(self._client, pod, field_manager="kube-scheduler") as draft:
            status = draft.setdefault("status", {})
            status.setdefault("phase", "Pending")
            conditions = status.setdefault("conditions", [])
            set_condition(conditions, "PodScheduled", False, "Unschedulable", message, now=self._clock.now())


class PodRunner(BaseController):
    """Runs the Pods that have a node."""

    name = "kubelet-pods"
    kind = POD

    def __init__(self, *, client: Client, clock: Clock, hosts: Hosts) -> None:
        self._client = client
        self._clock = clock
        self._hosts = hosts
        self._last_ip: dict[str, int] = {}  # by node: the last number given, so that addresses are not reused at once

    def watches(self) -> Sequence[Watch]:
        return (Watch(NODE, self._on_node),)

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_started(self._hosts.follow()),)

    async def _of_started(self, nodes: AsyncIterator[str]) -> AsyncIterator[Key]:
        async for node in nodes:
            for pod in (await self._client.list(POD, field_selector=f"spec.nodeName={node}")).items:
                yield Key.of(pod)

    async def _on_node(self, node: Json) -> list[Key]:
        name = node["metadata"]["name"]
        pods = (await self._client.list(POD, field_selector=f"spec.nodeName={name}")).items
        return [Key.of(pod) for pod in pods]

    async def reconcile(self, key: Key) -> Result:
        pod = await get_or_none(self._client, POD, key)
        node_name = get_in(pod or {}, "spec", "nodeName", default="")
        if pod is None or not node_name:
            return Result.done()
        node = await get_or_none(self._client, NODE, Key("", node_name))
        if node is None or (is_deleting(pod) and self._hosts.runs(node_name)):
            await self._client.delete(POD, key.name, key.namespace, grace_seconds=0)
            return Result.done()
        if is_finished(pod) or not self._hosts.runs(node_name) or is_deleting(pod):
            return Result.done()
        trouble = self._trouble(pod, node)
        needs_address = trouble is None and not pod["spec"].get("hostNetwork") and not get_in(pod, "status", "podIP")
        address = await self._free_address(node) if needs_address else ""
        async with editing(self._client, pod, field_manager="kubelet") as draft:
            draft["status"] = self._waiting(draft, *trouble) if trouble else self._running(draft, address)
        return Result.done()

    def _trouble(self, pod: Json, node: Json) -> tuple[str, str] | None:
        """Why containers do not run, as (reason, message)."""
        wish = get_in(pod, "metadata", "annotations", default={}).get(FAIL_ANNOTATION)
        image = get_in(pod, "spec", "containers", default=[{}])[0].get("image", "")
        if wish == "image-missing":
            return "ImagePullBackOff", f'Back-off pulling image "{image}"'
        if wish == "crash":
            return "CrashLoopBackOff", "back-off 5m0s restarting failed container"
        ready = is_true(get_in(node, "status", "conditions"), "Ready")
        if not ready and not get_in(pod, "spec", "hostNetwork") and not is_cni(pod):
            return "ContainerCreating", ""
        return None

    def _waiting(self, pod: Json, reason: str, message: str) -> Json:
        now = self._clock.now()
        state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
        status: Json = {**(pod.get("status") or {}), "phase": "Pending", "hostIP": self._host_ip(pod)}
        status.setdefault("startTime", timestamp(now))
        conditions = status["conditions"] = list(status.get("conditions") or [])
        names = ", ".join(c["name"] for c in pod["spec"]["containers"])
        unready = f"containers with unready status: [{names}]"
        set_condition(conditions, "PodScheduled", True, "", "", now=now)
        set_condition(conditions, "Initialized", True, "", "", now=now)
        set_condition(conditions, "Ready", False, "ContainersNotReady", unready, now=now)
        set_condition(conditions, "ContainersReady", False, "ContainersNotReady", unready, now=now)
        status["containerStatuses"] = [
            {
                "name": c["name"],
                "image": c.get("image", ""),
                "imageID": "",
                "ready": False,
                "started": False,
                "restartCount": 0,
                "state": state,
            }
            for c in pod["spec"]["containers"]
        ]
        return status

    def _running(self, pod: Json, free_address: str) -> Json:
        now = self._clock.now()
        ends = (controller_of(pod) or {}).get("kind") == "Job" or pod["spec"].get("restartPolicy") in (
            "Never",
            "OnFailure",
        )
        status: Json = {**(pod.get("status") or {}), "phase": "Succeeded" if ends else "Running"}
        started = status.setdefault("startTime", timestamp(now))
        status["hostIP"] = self._host_ip(pod)
        address = status["hostIP"] if pod["spec"].get("hostNetwork") else status.get("podIP") or free_address
        status.update(hostIPs=[{"ip": status["hostIP"]}], podIP=address, podIPs=[{"ip": address}])
        status.setdefault("qosClass", "BestEffort")
        conditions = status["conditions"] = list(status.get("conditions") or [])
        for type_ in ("PodReadyToStartContainers", "Initialized", "PodScheduled"):
            set_condition(conditions, type_, True, "", "", now=now)
        for type_ in ("Ready", "ContainersReady"):
            set_condition(conditions, type_, not ends, "PodCompleted" if ends else "", "", now=now)
        status["containerStatuses"] = [self._container(c, started, ends=ends) for c in pod["spec"]["containers"]]
        return status

    def _container(self, container: Json, started: str, *, ends: bool) -> Json:
        image = container.get("image", "")
        state: Json = {"running": {"startedAt": started}}
        if ends:
            state = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": started}}
        return {
            "name": container["name"],
            "image": image,
            "imageID": image,
            "ready": not ends,
            "started": not ends,
            "restartCount": 0,
            "state": state,
        }

    def _host_ip(self, pod: Json) -> str:
        return self._hosts.addresses.get(pod["spec"]["nodeName"], "")

    async def _free_address(self, node: Json) -> str:
        """An address of the node's network that none of its Pods has; empty when all are taken."""
        name = node["metadata"]["name"]
        subnet = get_in(node, "spec", "podCIDR", default="10.244.0.0/24").split("/")[0].rsplit(".", 1)[0]
        pods = (await self._client.list(POD, field_selector=f"spec.nodeName={name}")).items
        taken = {get_in(pod, "status", "podIP") for pod in pods}
        last = self._last_ip.get(name, FIRST_POD_ADDRESS - 1)
        for number in (*range(last + 1, LAST_POD_ADDRESS + 1), *range(FIRST_POD_ADDRESS, last + 1)):
            if f"{subnet}.{number}" not in taken:
                self._last_ip[name] = number
                return f"{subnet}.{number}"
        return ""


class NodeReporter(BaseController):
    """Keeps each Node's conditions and taints true to its machine and its network."""

    name = "kubelet-node"
    kind = NODE

    def __init__(self, *, client: Client, clock: Clock, hosts: Hosts, grace: timedelta) -> None:
        self._client = client
        self._clock = clock
        self._hosts = hosts
        self._grace = grace

    def watches(self) -> Sequence[Watch]:
        return (Watch(POD, self._bringer),)

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._started(self._hosts.follow()),)

    async def _started(self, nodes: AsyncIterator[str]) -> AsyncIterator[Key]:
        async for node in nodes:
            yield Key("", node)

    def _bringer(self, pod: Json) -> tuple[Key, ...]:
        node = get_in(pod, "spec", "nodeName", default="")
        return (Key("", node),) if node and is_cni(pod) else ()

    async def reconcile(self, key: Key) -> Result:
        node = await get_or_none(self._client, NODE, key)
        if node is None or is_deleting(node):
            return Result.done()
        if not self._hosts.runs(key.name):
            return await self._report_stopped(node)
        ready = not self._hosts.needs_cni or await self._has_network(key.name)
        if self._is_reported(node, ready=ready):
            return Result.done()
        async with editing(self._client, node, field_manager="kubelet") as draft:
            self._set_running(draft, ready=ready)
        return Result.done()

    async def _has_network(self, node: str) -> bool:
        pods = (await self._client.list(POD, field_selector=f"spec.nodeName={node}")).items
        return any(is_cni(pod) and is_ready(pod) for pod in pods)

    def _is_reported(self, node: Json, *, ready: bool) -> bool:
        conditions = get_in(node, "status", "conditions", default=())
        now = {c["type"]: c["status"] for c in conditions}
        tainted = {t["key"] for t in get_in(node, "spec", "taints", default=())}
        return (
            now.get("Ready") == str(ready)
            and now.get("MemoryPressure") == "False"
            and (NOT_READY_TAINT in tainted) is not ready
            and UNREACHABLE_TAINT not in tainted
        )

    def _set_running(self, node: Json, *, ready: bool) -> None:
        now = self._clock.now()
        conditions = node.setdefault("status", {}).setdefault("conditions", [])
        for type_, reason, message in (
            ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ):
            set_condition(conditions, type_, False, reason, message, now=now)
        if ready:
            set_condition(conditions, "Ready", True, "KubeletReady", "kubelet is posting ready status", now=now)
        else:
            set_condition(conditions, "Ready", False, "KubeletNotReady", NO_CNI, now=now)
        for condition in conditions:
            condition.setdefault("lastHeartbeatTime", timestamp(now))
        wanted = set() if ready else {NOT_READY_TAINT}
        _retaint(node, {NOT_READY_TAINT, UNREACHABLE_TAINT}, wanted)

    async def _report_stopped(self, node: Json) -> Result:
        conditions = get_in(node, "status", "conditions", default=())
        if not conditions or all(c["status"] == "Unknown" for c in conditions if c["type"] == "Ready"):
            return Result.done()
        await self._clock.sleep(self._grace)
        name = node["metadata"]["name"]
        current = await get_or_none(self._client, NODE, Key("", name))
        if current is None or self._hosts.runs(name):
            return Result.done()
        now = self._clock.now()
        async with editing(self._client, current, field_manager="kube-controller-manager") as draft:
            listed = draft.setdefault("status", {}).setdefault("conditions", [])
            for type_ in [condition["type"] for condition in listed]:
                set_condition(listed, type_, "Unknown", "NodeStatusUnknown", STOPPED, now=now)
            _retaint(draft, {NOT_READY_TAINT, UNREACHABLE_TAINT}, {UNREACHABLE_TAINT})
        return Result.done()


def _retaint(node: Json, managed: set[str], wanted: set[str]) -> None:
    """Leave of the *managed* taints only the *wanted* ones, each with NoSchedule."""
    spec = node.setdefault("spec", {})
    taints = [t for t in spec.get("taints") or () if t["key"] not in managed]
    taints += [{"key": key, "effect": "NoSchedule"} for key in sorted(wanted)]
    if taints:
        spec["taints"] = taints
    else:
        spec.pop("taints", None)
