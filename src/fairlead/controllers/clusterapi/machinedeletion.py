"""The end of a Machine: hooks, drain, volumes, infrastructure, bootstrap, node, in upstream's order.

Behaviour: cluster-api v1.14, core/reconcilers/machine/machine_controller.go (reconcileDelete), drain.
Differences: docs/compat/clusterapi.md#machine.
"""

from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, annotations, controller_of, finalizers, get_in, is_deleting
from fairlead.controllers.clusterapi.clustercache import NODE, POD
from fairlead.controllers.clusterapi.machinestatus import Seen
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import CONTROL_PLANE_LABEL
from fairlead.engines.selectors import label_selector
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp, timestamp
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

FINALIZER = "machine.cluster.x-k8s.io"
PRE_DRAIN = "pre-drain.delete.hook.machine.cluster.x-k8s.io"
PRE_TERMINATE = "pre-terminate.delete.hook.machine.cluster.x-k8s.io"
EXCLUDE_DRAIN = "machine.cluster.x-k8s.io/exclude-node-draining"
DISRUPTION_BUDGET = GVK("policy", "v1", "PodDisruptionBudget")
DRAIN_RETRY = timedelta(seconds=2)


class MachineDeletion:
    """Takes the one next step of a Machine's deletion."""

    def __init__(self, *, client: Client, clock: Clock, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._recorder = recorder

    async def step(self, seen: Seen, draft: Json, report: Reporter) -> Result:
        """Go as far as one pass can; what is waited for wakes the controller, or the result says when to look again."""
        draft.setdefault("status", {}).setdefault("deletion", {})
        hooks = _hooks(draft, PRE_DRAIN)
        if hooks:
            return self._stage(
                report, "WaitingForPreDrainHook", f"Waiting for pre-drain hooks to succeed (hooks: {hooks})"
            )
        if self._may_drain(seen):
            result = await self._drain(seen, draft, report)
            if result is not None:
                return result
        hooks = _hooks(draft, PRE_TERMINATE)
        if hooks:
            text = f"Waiting for pre-terminate hooks to succeed (hooks: {hooks})"
            return self._stage(report, "WaitingForPreTerminateHook", text)
        if seen.infra is not None:
            kind = seen.infra["kind"]
            await self._remove(seen.infra)
            return self._stage(report, "WaitingForInfrastructureDeletion", f"Waiting for {kind} to be deleted")
        if seen.config is not None:
            kind = seen.config["kind"]
            await self._remove(seen.config)
            return self._stage(report, "WaitingForBootstrapDeletion", f"Waiting for {kind} to be deleted")
        await self._remove_node(seen)
        self._stage(report, "DeletionCompleted", "Deletion completed")
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        return Result.done()

    def _stage(self, report: Reporter, reason: str, message: str) -> Result:
        report.set("Deleting", True, reason, message)
        return Result.done()

    def _may_drain(self, seen: Seen) -> bool:
        """Whether the node is worth draining: not when the whole cluster goes, nor when it cannot be reached."""
        if is_deleting(seen.cluster) or EXCLUDE_DRAIN in annotations(seen.machine):
            return False
        return seen.node is not None and seen.connection.remote is not None

    async def _drain(self, seen: Seen, draft: Json, report: Reporter) -> Result | None:
        """Cordon the node and move its Pods away; None once that is done."""
        assert seen.node is not None
        assert seen.connection.remote is not None
        if report.get("Deleting") and (report.get("Deleting") or {}).get("reason", "").startswith("WaitingFor"):
            return None  # it was drained in an earlier pass
        name, remote = seen.node["metadata"]["name"], seen.connection.remote.client
        deletion = draft["status"]["deletion"]
        now = self._clock.now()
        began = deletion.setdefault("nodeDrainStartTime", timestamp(now))
        limit = get_in(draft, "spec", "deletion", "nodeDrainTimeoutSeconds", default=0)
        if limit and (now - parse_timestamp(began)).total_seconds() >= limit:
            return None
        if not get_in(seen.node, "spec", "unschedulable"):
            await remote.patch(NODE, name, "", {"spec": {"unschedulable": True}}, field_manager="capi-machine")
        pods = (await remote.list(POD, field_selector=f"spec.nodeName={name}")).items
        blocked = []
        for pod in filter(_is_drained, pods):
            budget = await _blocking_budget(remote, pod)
            if budget:
                blocked.append(f"* Pod {pod['metadata']['namespace']}/{pod['metadata']['name']}: {budget}")
                continue
            await _delete(remote, POD, pod)
        if blocked:
            text = "Drain not completed yet:\n" + "\n".join(blocked)
            report.set("Deleting", True, "DrainingNode", text)
            report.set_old("DrainingSucceeded", False, "Draining", "Draining the node before deletion", "Info")
            return Result.again(DRAIN_RETRY)
        report.set_old("DrainingSucceeded", True)
        await self._recorder.normal(seen.machine, "SuccessfulDrainNode", f'success draining Machine\'s node "{name}"')
        await self._recorder.normal(
            seen.machine, "NodeVolumesDetached", f'success waiting for node volumes detaching Machine\'s node "{name}"'
        )
        return None

    async def _remove(self, obj: Json) -> None:
        if not is_deleting(obj):
            await _delete(self._client, GVK.of(obj), obj)

    async def _remove_node(self, seen: Seen) -> None:
        """Delete the node of a Machine that goes alone; with the whole cluster its nodes go anyway."""
        name = get_in(seen.machine, "status", "nodeRef", "name")
        if not name or is_deleting(seen.cluster) or seen.connection.remote is None:
            return
        if CONTROL_PLANE_LABEL in (seen.machine["metadata"].get("labels") or {}) and len(seen.connection.nodes) <= 1:
            return
        try:
            await seen.connection.remote.client.delete(NODE, name)
        except ApiError as error:
            if not error.is_not_found and error.code < 500:
                raise


async def _delete(client: Client, gvk: GVK, obj: Json) -> None:
    meta = obj["metadata"]
    try:
        await client.delete(gvk, meta["name"], meta.get("namespace", ""), uid=meta["uid"])
    except ApiError as error:
        if not (error.is_not_found or error.is_conflict):
            raise


def _hooks(machine: Json, prefix: str) -> str:
    return ", ".join(sorted(name for name in annotations(machine) if name.startswith(prefix)))


def _is_drained(pod: Json) -> bool:
    """Whether a drain moves the Pod: not those of DaemonSets, static ones, or those that are done or going."""
    if is_deleting(pod) or get_in(pod, "status", "phase") in ("Succeeded", "Failed"):
        return False
    if "kubernetes.io/config.mirror" in annotations(pod):
        return False
    return (controller_of(pod) or {}).get("kind") not in ("DaemonSet", "Node")


async def _blocking_budget(client: Client, pod: Json) -> str:
    """Why a disruption budget forbids to evict the Pod; empty when none does."""
    namespace = pod["metadata"]["namespace"]
    for budget in (await client.list(DISRUPTION_BUDGET, namespace)).items:
        chosen = label_selector(get_in(budget, "spec", "selector"))
        if not chosen.matches(pod["metadata"].get("labels")):
            continue
        allowed = get_in(budget, "status", "disruptionsAllowed")
        if allowed == 0:
            name, status = budget["metadata"]["name"], budget["status"]
            needs, has = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
            return (
                "cannot evict pod as it would violate the pod's disruption budget. "
                f"The disruption budget {name} needs {needs} healthy pods and has {has} currently"
            )
    return ""
