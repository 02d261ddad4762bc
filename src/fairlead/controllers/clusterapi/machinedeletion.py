"""The end of a Machine: hooks, drain, volumes, infrastructure, bootstrap, node, in upstream's order.

Behaviour: cluster-api v1.14, core/reconcilers/machine/machine_controller.go (reconcileDelete).
Differences: docs/compat/clusterapi.md#machine.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, annotations, finalizers, get_in, is_deleting, meta
from fairlead.controllers.clusterapi import drain, volumes
from fairlead.controllers.clusterapi.clustercache import NODE, POD
from fairlead.controllers.clusterapi.machinestatus import Seen
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import MACHINE, in_cluster, is_control_plane, referenced
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp, timestamp
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

FINALIZER = "machine.cluster.x-k8s.io"
PRE_DRAIN = "pre-drain.delete.hook.machine.cluster.x-k8s.io"
PRE_TERMINATE = "pre-terminate.delete.hook.machine.cluster.x-k8s.io"
EXCLUDE_DRAIN = "machine.cluster.x-k8s.io/exclude-node-draining"
EXCLUDE_DETACH = "machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach"
DRAIN_RULE = GVK("cluster.x-k8s.io", "v1beta2", "MachineDrainRule")
DAEMON_SET = GVK("apps", "v1", "DaemonSet")
NAMESPACE = GVK("", "v1", "Namespace")
VOLUME = GVK("", "v1", "PersistentVolume")
ATTACHMENT = GVK("storage.k8s.io", "v1", "VolumeAttachment")
MANAGER = "manager"
# Upstream looks every 20 s. Ours looks soon after the beginning and less often later.
RETRY_SHARE, RETRY_LEAST, RETRY_MOST = 0.25, timedelta(milliseconds=500), timedelta(seconds=20)
NODE_RETRY = timedelta(seconds=2)


class MachineDeletion:
    """Takes the one next step of a Machine's deletion."""

    def __init__(self, *, client: Client, clock: Clock, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._recorder = recorder

    async def step(self, seen: Seen, draft: Json, report: Reporter) -> Result:
        """Go as far as one pass can; what is waited for wakes the controller, or the result says when to look again."""
        deletion: Json = draft.setdefault("status", {}).setdefault("deletion", {})
        try:
            return await self._step(seen, draft, report, deletion)
        finally:
            if not deletion:
                del draft["status"]["deletion"]

    async def _step(self, seen: Seen, draft: Json, report: Reporter, deletion: Json) -> Result:
        report.set("Deleting", True, "Deleting", "Deletion started")
        keeps_node = await self._keeps_node(seen, draft)
        if not keeps_node:
            waiting = await self._empty_node(seen, draft, report, deletion)
            if waiting is not None:
                return waiting
        if self._waits_for_hooks(draft, report, deletion, PRE_TERMINATE):
            return Result.done()
        for obj, reason, old in (
            (seen.infra, "WaitingForInfrastructureDeletion", "InfrastructureReady"),
            (seen.config, "WaitingForBootstrapDeletion", "BootstrapReady"),
        ):
            if obj is not None:
                await self._remove(obj)
                report.set("Deleting", True, reason, f"Waiting for {obj['kind']} to be deleted")
                return Result.done()
            report.set_old(old, False, "Deleted", "", "Info")
        if not keeps_node:
            waiting = await self._remove_node(seen, draft, report)
            if waiting is not None:
                return waiting
        report.set("Deleting", True, "DeletionCompleted", "Deletion completed")
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        return Result.done()

    async def _keeps_node(self, seen: Seen, draft: Json) -> bool:
        """Whether the node is left alone: it goes with its cluster, or there is none."""
        if is_deleting(seen.cluster):
            return True
        if not get_in(draft, "status", "nodeRef", "name"):
            if seen.node is None:
                return True
            draft["status"]["nodeRef"] = {"name": meta(seen.node)["name"]}
        reference = get_in(seen.cluster, "spec", "controlPlaneRef")
        plane = await referenced(self._client, reference, Key.of(seen.cluster).namespace)
        if plane is not None and is_deleting(plane):
            return True
        if plane is not None and get_in(plane, "status", "externalManagedControlPlane"):
            return False
        machines = await in_cluster(self._client, MACHINE, seen.cluster)
        return not any(is_control_plane(machine) and not is_deleting(machine) for machine in machines)

    async def _empty_node(self, seen: Seen, draft: Json, report: Reporter, deletion: Json) -> Result | None:
        """Hooks before the drain, the drain, and the volumes; None once all is done."""
        if self._waits_for_hooks(draft, report, deletion, PRE_DRAIN):
            return Result.done()
        if _is_open(seen, draft, EXCLUDE_DRAIN) and not self._is_over(draft, "nodeDrain", "nodeDrainStartTime"):
            waiting = await self._drain(seen, draft, report, deletion)
            if waiting is not None:
                return waiting
        began = "waitForNodeVolumeDetachStartTime"
        if _is_open(seen, draft, EXCLUDE_DETACH) and not self._is_over(draft, "nodeVolumeDetach", began):
            return await self._wait_for_volumes(seen, draft, report, deletion)
        return None

    def _waits_for_hooks(self, draft: Json, report: Reporter, deletion: Json, prefix: str) -> bool:
        is_drain = prefix == PRE_DRAIN
        title = "PreDrain" if is_drain else "PreTerminate"
        hooks = sorted(name for name in annotations(draft) if name.startswith(prefix))
        if not hooks:
            report.set_old(f"{title}DeleteHookSucceeded", True)
            return False
        deletion.setdefault(f"waitFor{title}HookStartTime", timestamp(self._clock.now()))
        report.set_old(f"{title}DeleteHookSucceeded", False, "WaitingExternalHook", "", "Info")
        word = "pre-drain" if is_drain else "pre-terminate"
        text = f"Waiting for {word} hooks to succeed (hooks: {','.join(hooks)})"
        report.set("Deleting", True, f"WaitingFor{title}Hook", text)
        return True

    def _is_over(self, draft: Json, name: str, began: str) -> bool:
        """Whether the time that the spec allows for a stage is used up."""
        limit = get_in(draft, "spec", "deletion", f"{name}TimeoutSeconds", default=0)
        start = get_in(draft, "status", "deletion", began)
        return bool(limit and start) and self._clock.now() - parse_timestamp(start) >= timedelta(seconds=limit)

    def _again(self, draft: Json, began: str, name: str) -> Result:
        """Look again soon: the longer it has taken, the later, and when the allowed time is over."""
        start, now = parse_timestamp(began), self._clock.now()
        delay = min(max((now - start) * RETRY_SHARE, RETRY_LEAST), RETRY_MOST)
        limit = get_in(draft, "spec", "deletion", f"{name}TimeoutSeconds", default=0)
        if limit:
            delay = max(min(delay, start + timedelta(seconds=limit) - now), RETRY_LEAST)
        return Result.again(delay)

    # The node

    async def _drain(self, seen: Seen, draft: Json, report: Reporter, deletion: Json) -> Result | None:
        began = deletion.setdefault("nodeDrainStartTime", timestamp(self._clock.now()))
        name = draft["status"]["nodeRef"]["name"]
        if seen.connection.remote is None:
            return self._unreachable(seen, draft, report, "DrainingNode", began)
        remote = seen.connection.remote.client
        if seen.node is not None:
            try:
                progress = await self._evict(seen, remote, name)
            except ApiError as error:
                return await self._failed(draft, report, name, error, began)
            if not progress.is_complete:
                text = drain.message(progress, began)
                report.set("Deleting", True, "DrainingNode", text)
                report.set_old("DrainingSucceeded", False, "Draining", text, "Info")
                return self._again(draft, began, "nodeDrain")
        if (report.get_old("DrainingSucceeded") or {}).get("status") != "True":
            await self._recorder.normal(draft, "SuccessfulDrainNode", f'success draining Machine\'s node "{name}"')
        report.set_old("DrainingSucceeded", True)
        return None

    def _unreachable(self, seen: Seen, draft: Json, report: Reporter, reason: str, began: str) -> Result:
        text = f"Waiting for the connection to the workload cluster (since {began}): {seen.connection.problem}"
        report.set("Deleting", True, reason, text)
        return self._again(draft, began, "nodeDrain" if reason == "DrainingNode" else "nodeVolumeDetach")

    async def _failed(self, draft: Json, report: Reporter, name: str, error: ApiError, began: str) -> Result:
        report.set_old("DrainingSucceeded", False, "DrainingFailed", error.message, "Warning")
        report.set("Deleting", True, "DrainingNode", f"Error draining Node: {error.message}")
        text = f'error draining Machine\'s node "{name}": {error.message}'
        await self._recorder.warning(draft, "FailedDrainNode", text)
        return self._again(draft, began, "nodeDrain")

    async def _evict(self, seen: Seen, remote: Client, name: str) -> drain.Progress:
        """Cordon the node, ask the Pods whose turn it is to go, and tell how far it is. Raises: ApiError."""
        assert seen.node is not None
        unreachable = drain.is_unreachable(seen.node)
        if not get_in(seen.node, "spec", "unschedulable"):
            await remote.patch(NODE, name, "", {"spec": {"unschedulable": True}}, field_manager=MANAGER)
        progress = drain.plan(await self._pods(seen, remote, name, unreachable=unreachable))
        now, progress.evict_now = progress.evict_now, []
        for pod in now:
            key = Key.of(pod)
            try:
                await remote.evict(key.name, key.namespace, grace_seconds=1 if unreachable else None)
            except ApiError as error:
                if not error.is_not_found:
                    progress.failed.setdefault(_refusal(error), []).append(pod)
                continue
            if not unreachable:
                progress.going.append(pod)
        progress.going = [pod for pod in progress.going if await _is_there(remote, pod)]
        return progress

    async def _pods(
        self, seen: Seen, remote: Client, name: str, *, unreachable: bool
    ) -> list[tuple[Json, drain.Treatment]]:
        """The Pods of the node with what the drain does with each."""
        pods = (await remote.list(POD, field_selector=f"spec.nodeName={name}")).items
        if not pods:
            return []
        listed = (await self._client.list(DRAIN_RULE, Key.of(seen.machine).namespace)).items
        rules = drain.matching_rules(listed, seen.machine, seen.cluster)
        namespaces = {meta(obj)["name"]: obj for obj in (await remote.list(NAMESPACE)).items} if rules else {}
        sets = frozenset(map(Key.of, (await remote.list(DAEMON_SET)).items))
        how = self._treatment(rules, namespaces, sets, unreachable=unreachable)
        return [(pod, how(pod)) for pod in pods]

    def _treatment(
        self, rules: list[Json], namespaces: dict[str, Json], sets: frozenset[Key], *, unreachable: bool
    ) -> Callable[[Json], drain.Treatment]:
        now: datetime = self._clock.now()
        return lambda pod: drain.treatment(
            pod, rules=rules, namespaces=namespaces, daemon_sets=sets, now=now, unreachable=unreachable
        )

    async def _wait_for_volumes(self, seen: Seen, draft: Json, report: Reporter, deletion: Json) -> Result | None:
        began = deletion.setdefault("waitForNodeVolumeDetachStartTime", timestamp(self._clock.now()))
        name = draft["status"]["nodeRef"]["name"]
        if seen.connection.remote is None:
            return self._unreachable(seen, draft, report, "WaitingForVolumeDetach", began)
        if seen.node is not None and not drain.is_unreachable(seen.node):
            found = await self._attached(seen, seen.connection.remote.client, name)
            if found:
                report.set("Deleting", True, "WaitingForVolumeDetach", volumes.message(found, began))
                text = "Waiting for node volumes to be detached"
                report.set_old("VolumeDetachSucceeded", False, "WaitingForVolumeDetach", text, "Info")
                return self._again(draft, began, "nodeVolumeDetach")
        report.set_old("VolumeDetachSucceeded", True)
        text = f'success waiting for node volumes detaching Machine\'s node "{name}"'
        await self._recorder.normal(draft, "NodeVolumesDetached", text)
        return None

    async def _attached(self, seen: Seen, remote: Client, name: str) -> volumes.Attached:
        assert seen.node is not None
        attachments = (await remote.list(ATTACHMENT)).items
        if not get_in(seen.node, "status", "volumesAttached") and not attachments:
            return volumes.Attached()
        pods = await self._pods(seen, remote, name, unreachable=False)
        skipped = [pod for pod, how in pods if how.behaviour == drain.SKIP]
        return volumes.attached(seen.node, attachments, (await remote.list(VOLUME)).items, skipped)

    async def _remove_node(self, seen: Seen, draft: Json, report: Reporter) -> Result | None:
        name = draft["status"]["nodeRef"]["name"]
        problem = seen.connection.problem
        if seen.connection.remote is not None:
            try:
                await seen.connection.remote.client.delete(NODE, name)
                return None
            except ApiError as error:
                if error.is_not_found:
                    return None
                problem = error.message
        limit = get_in(draft, "spec", "deletion", "nodeDeletionTimeoutSeconds", default=0)
        since = self._clock.now() - parse_timestamp(meta(draft)["deletionTimestamp"])
        if limit and since >= timedelta(seconds=limit):
            return None
        await self._recorder.warning(draft, "FailedDeleteNode", f"error deleting Machine's Node: {problem}")
        report.set_old("NodeHealthy", False, "DeletionFailed", "", "Warning")
        report.set("Deleting", True, "DeletingNode", f"Error deleting Node: {problem}")
        return Result.again(NODE_RETRY)

    async def _remove(self, obj: Json) -> None:
        if is_deleting(obj):
            return
        key = Key.of(obj)
        try:
            await self._client.delete(GVK.of(obj), key.name, key.namespace, uid=meta(obj)["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise


def _is_open(seen: Seen, draft: Json, exclude: str) -> bool:
    """Whether a stage before the infrastructure's deletion is still to be gone through."""
    if exclude in annotations(draft) or get_in(draft, "status", "deletion", "waitForPreTerminateHookStartTime"):
        return False
    return seen.infra is not None and not is_deleting(seen.infra)


def _refusal(error: ApiError) -> str:
    """The text of a refused eviction, with its causes as upstream adds them."""
    if error.reason != "TooManyRequests" or not error.details:
        return error.message
    causes = ",".join(cause.get("message", "") for cause in error.details.get("causes") or ())
    return f"{error.message} {causes}"


async def _is_there(remote: Client, pod: Json) -> bool:
    key = Key.of(pod)
    try:
        found = await remote.get(POD, key.name, key.namespace)
    except ApiError as error:
        return not error.is_not_found
    return bool(meta(found)["uid"] == meta(pod)["uid"])
