"""Cluster controller: own the parts, take over what they report, and take them away in order.

Behaviour: cluster-api v1.14, core/reconcilers/cluster (phases, status). Differences: docs/compat/clusterapi.md#cluster.
"""

from collections.abc import AsyncIterator, Sequence

from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER
from fairlead.base.objects import GVK, Json, Key, copy, finalizers, get_in, is_deleting, labels
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.clusterstatus import Parts, report_status
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CONTROL_PLANE,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_SET,
    get_or_none,
    in_cluster,
    is_control_plane,
    is_paused,
    pause_message,
    reference_to,
    referenced,
    with_owner,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

FINALIZER = "cluster.cluster.x-k8s.io"
MANAGER = "manager"


class ClusterController(BaseController):
    """Brings the parts of each cluster together."""

    name = "cluster"
    kind = CLUSTER

    def __init__(self, *, client: Client, clock: Clock, cache: ClusterCache, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._cache = cache
        self._recorder = recorder

    def watches(self) -> Sequence[Watch]:
        return tuple(
            Watch(gvk, self._of_member)
            for gvk in (VSPHERE_CLUSTER, CONTROL_PLANE, MACHINE_DEPLOYMENT, MACHINE_SET, MACHINE)
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_connections(),)

    async def _of_member(self, obj: Json) -> list[Key]:
        key, name = Key.of(obj), labels(obj).get(CLUSTER_NAME_LABEL)
        if name:
            return [Key(key.namespace, name)]
        clusters = (await self._client.list(CLUSTER, key.namespace)).items
        parts = ("infrastructureRef", "controlPlaneRef")
        return [
            Key.of(c)
            for c in clusters
            if any(
                get_in(c, "spec", p, "name") == key.name and get_in(c, "spec", p, "kind") == obj["kind"] for p in parts
            )
        ]

    async def _of_connections(self) -> AsyncIterator[Key]:
        async for change in self._cache.changes():
            if change.obj is None:
                yield change.cluster

    async def reconcile(self, key: Key) -> Result:
        cluster = await get_or_none(self._client, CLUSTER, key)
        if cluster is None:
            return Result.done()
        parts = await self._observe(cluster)
        async with editing(self._client, cluster, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, cluster):
                report.set(PAUSED, True, "Paused", pause_message(cluster, cluster))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            if is_deleting(cluster):
                await self._delete(cluster, draft, report, parts)
            else:
                await self._bring_up(cluster, draft, parts)
            if FINALIZER in finalizers(draft):
                report_status(cluster, parts, draft, report)
                await self._tell(cluster, draft)
        return Result.done()

    async def _observe(self, cluster: Json) -> Parts:
        namespace = Key.of(cluster).namespace
        return Parts(
            infra=await referenced(self._client, get_in(cluster, "spec", "infrastructureRef"), namespace),
            plane=await referenced(self._client, get_in(cluster, "spec", "controlPlaneRef"), namespace),
            machines=await in_cluster(self._client, MACHINE, cluster),
            deployments=await in_cluster(self._client, MACHINE_DEPLOYMENT, cluster),
            sets=await in_cluster(self._client, MACHINE_SET, cluster),
            connection=self._cache.connection(Key.of(cluster)),
        )

    # Up.

    async def _bring_up(self, cluster: Json, draft: Json, parts: Parts) -> None:
        if FINALIZER not in finalizers(draft):
            draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
        for obj in (parts.infra, parts.plane):
            if obj is not None and not is_deleting(obj):
                await self._adopt(cluster, obj)
        status = draft.setdefault("status", {})
        started = status.setdefault("initialization", {})
        if parts.infra is not None and get_in(parts.infra, "status", "initialization", "provisioned"):
            started["infrastructureProvisioned"] = True
            endpoint = get_in(parts.infra, "spec", "controlPlaneEndpoint")
            if endpoint and not get_in(draft, "spec", "controlPlaneEndpoint"):
                draft["spec"]["controlPlaneEndpoint"] = copy(endpoint)
            domains = get_in(parts.infra, "status", "failureDomains")
            if domains:
                status["failureDomains"] = copy(domains)
            else:
                status.pop("failureDomains", None)
        if parts.plane is not None and get_in(parts.plane, "status", "initialization", "controlPlaneInitialized"):
            started["controlPlaneInitialized"] = True
        if not started:
            del status["initialization"]

    async def _adopt(self, cluster: Json, obj: Json) -> None:
        wanted = copy(obj)
        wanted["metadata"]["ownerReferences"] = with_owner(
            obj["metadata"].get("ownerReferences") or [], reference_to(cluster)
        )
        wanted["metadata"].setdefault("labels", {})[CLUSTER_NAME_LABEL] = cluster["metadata"]["name"]
        await write_changes(self._client, obj, wanted, field_manager=MANAGER)

    async def _tell(self, cluster: Json, draft: Json) -> None:
        """Events for what has just become true."""
        name = cluster["metadata"]["name"]
        before, after = get_in(cluster, "status", default={}), draft["status"]
        if before.get("phase") != after.get("phase") and after.get("phase") in ("Provisioning", "Provisioned"):
            await self._recorder.normal(cluster, after["phase"], f"Cluster {name} is {after['phase']}")
        for type_ in ("InfrastructureReady", "ControlPlaneInitialized"):
            if is_true(after.get("conditions"), type_) and not is_true(before.get("conditions"), type_):
                await self._recorder.normal(cluster, type_, f"Cluster {name} {type_} is now True")

    # Down.

    async def _delete(self, cluster: Json, draft: Json, report: Reporter, parts: Parts) -> None:
        uid = cluster["metadata"]["uid"]
        standalone = [s for s in parts.sets if not _controlled(s)]
        loose = [m for m in parts.machines if not _controlled(m) and not is_control_plane(m)]
        workers = [*parts.deployments, *standalone, *loose]
        for worker in workers:
            await self._remove(worker)
        machines = [m for m in parts.machines if not is_control_plane(m)]
        if workers or parts.sets or machines:
            text = _waiting(parts.deployments, standalone, machines)
            report.set("Deleting", True, "WaitingForWorkersDeletion", text)
            return
        last: tuple[tuple[Json | None, str], ...] = (
            (parts.plane, "WaitingForControlPlaneDeletion"),
            (parts.infra, "WaitingForInfrastructureDeletion"),
        )
        for obj, reason in last:
            if obj is not None and _owned(obj, uid):
                await self._remove(obj)
                report.set("Deleting", True, reason, f"Waiting for {obj['kind']} to be deleted")
                return
        report.set("Deleting", True, "DeletionCompleted", "Deletion completed")
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        await self._recorder.normal(cluster, "Deleted", f"Cluster {cluster['metadata']['name']} has been deleted")

    async def _remove(self, obj: Json) -> None:
        if is_deleting(obj):
            return
        key = Key.of(obj)
        try:
            await self._client.delete(GVK.of(obj), key.name, key.namespace, uid=obj["metadata"]["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise


def _controlled(obj: Json) -> bool:
    return any(owner.get("controller") for owner in obj["metadata"].get("ownerReferences") or ())


def _owned(obj: Json, uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in obj["metadata"].get("ownerReferences") or ())


def _waiting(deployments: Sequence[Json], sets: Sequence[Json], machines: Sequence[Json]) -> str:
    lines = []
    for kind, objects in (("MachineDeployments", deployments), ("MachineSets", sets), ("worker Machines", machines)):
        if objects:
            names = ", ".join(sorted(obj["metadata"]["name"] for obj in objects)[:5])
            lines.append(f"* {kind}: {names}")
    return "\n".join(lines)
