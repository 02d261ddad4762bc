"""Cluster controller: own the parts, take over what they report, and take them away in order.

Behaviour: cluster-api v1.14, core/reconcilers/cluster (phases, deletion); the status is `clusterstatus`.
Differences: docs/compat/clusterapi.md#cluster.
"""

from collections.abc import AsyncIterator, Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy, finalizers, get_in, is_deleting, labels, meta, owner_references
from fairlead.controllers.clusterapi import pki
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.clusterstatus import Parts, has_topology, report_status
from fairlead.controllers.clusterapi.staleness import listed
from fairlead.controllers.clusterapi.topology.blueprint import class_key
from fairlead.controllers.clusterapi.topology.labels import CLUSTER_CLASS
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CONTROL_PLANE,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_SET,
    SECRET,
    SETTLE_CLUSTER,
    controller_reference,
    get_or_none,
    in_cluster,
    is_paused,
    pause_message,
    reference_to,
    referenced,
    watch_infrastructure,
    with_owner,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.keys import KeySource
from fairlead.runtime.outcome import Result

FINALIZER = "cluster.cluster.x-k8s.io"
MANAGER = "manager"
SHOWN = 5


class ClusterController(BaseController):
    """Brings the parts of each cluster together."""

    name = "cluster"
    kind = CLUSTER
    settle = SETTLE_CLUSTER
    rest = 2.0

    def __init__(
        self, *, client: Client, clock: Clock, keys: KeySource, cache: ClusterCache, recorder: Recorder
    ) -> None:
        self._client = client
        self._clock = clock
        self._keys = keys
        self._cache = cache
        self._recorder = recorder
        self._ignored: dict[Key, str] = {}  # endpoints that were asked for too late, as told last

    def watches(self) -> Sequence[Watch]:
        return (
            *watch_infrastructure("VSphereCluster", self._of_member),
            *(Watch(gvk, self._of_member) for gvk in (CONTROL_PLANE, MACHINE_DEPLOYMENT, MACHINE_SET, MACHINE)),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_connections(),)

    async def _of_member(self, obj: Json) -> list[Key]:
        key, name = Key.of(obj), labels(obj).get(CLUSTER_NAME_LABEL)
        if name:
            return [Key(key.namespace, name)]
        clusters = (await self._client.list(CLUSTER, key.namespace)).items
        return [Key.of(cluster) for cluster in clusters if _names(cluster, obj)]

    async def _of_connections(self) -> AsyncIterator[Key]:
        async for change in self._cache.changes():
            if change.obj is None:
                yield change.cluster

    async def reconcile(self, key: Key) -> Result:
        cluster = await get_or_none(self._client, CLUSTER, key)
        if cluster is None:
            self._ignored.pop(key, None)
            return Result.done()
        parts = await self._observe(cluster)
        async with editing(self._client, cluster, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, cluster):
                report.set(PAUSED, True, "Paused", pause_message(cluster, cluster))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            await self._follow(cluster, draft, parts)
            if is_deleting(cluster):
                await self._delete(draft, report, parts)
            else:
                await self._keep_kubeconfig(draft, parts)
            result = report_status(cluster, parts, draft, report)
            await self._tell(cluster, draft)
            await self._tell_endpoint(draft, parts.infra)
        return result

    async def _observe(self, cluster: Json) -> Parts:
        namespace = Key.of(cluster).namespace
        return Parts(
            infra=await referenced(self._client, get_in(cluster, "spec", "infrastructureRef"), namespace),
            plane=await referenced(self._client, get_in(cluster, "spec", "controlPlaneRef"), namespace),
            machines=await in_cluster(self._client, MACHINE, cluster),
            deployments=await in_cluster(self._client, MACHINE_DEPLOYMENT, cluster),
            sets=await in_cluster(self._client, MACHINE_SET, cluster),
            connection=self._cache.connection(Key.of(cluster)),
            class_gates=await self._class_gates(cluster),
        )

    async def _class_gates(self, cluster: Json) -> Sequence[Json]:
        """What Available shall also look at, as the cluster's class says it."""
        if not has_topology(cluster) or get_in(cluster, "spec", "availabilityGates"):
            return ()
        found = await get_or_none(self._client, CLUSTER_CLASS, class_key(cluster))
        gates: Sequence[Json] = get_in(found or {}, "spec", "availabilityGates", default=())
        return gates

    # Up

    async def _follow(self, cluster: Json, draft: Json, parts: Parts) -> None:
        """Own the parts, and take over what they report."""
        if not is_deleting(draft) and FINALIZER not in finalizers(draft):
            draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
        for obj in (parts.infra, parts.plane):
            if obj is not None and not is_deleting(obj):
                await self._adopt(cluster, obj)
        started = draft.setdefault("status", {}).setdefault("initialization", {})
        _take_infrastructure(draft, parts.infra, started)
        plane = parts.plane
        if plane is not None and not is_deleting(plane):
            if get_in(plane, "status", "initialization", "controlPlaneInitialized"):
                started["controlPlaneInitialized"] = True
            if started.get("controlPlaneInitialized"):
                _take_endpoint(draft, plane)
        if not started:
            del draft["status"]["initialization"]

    async def _tell_endpoint(self, draft: Json, infra: Json | None) -> None:
        """Warn of another endpoint than the cluster's own, which comes too late; upstream says nothing."""
        key, known, told = Key.of(draft), endpoint_of(draft), endpoint_of(infra or {})
        ignored = told if known and told and told != known else ""
        if ignored and self._ignored.get(key) != ignored:
            kind = get_in(draft, "spec", "infrastructureRef", "kind", default="")
            text = (
                f"{kind} asks for the control plane endpoint {told}, the cluster stays at {known}: an endpoint is for "
                "good; take the change back, or make a new cluster"
            )
            await self._recorder.warning(draft, "ControlPlaneEndpointIgnored", text)
        self._ignored[key] = ignored

    async def _adopt(self, cluster: Json, obj: Json) -> None:
        wanted = copy(obj)
        reference = controller_reference(cluster) if has_topology(cluster) else reference_to(cluster)
        wanted["metadata"]["ownerReferences"] = with_owner(owner_references(obj), reference)
        wanted["metadata"].setdefault("labels", {})[CLUSTER_NAME_LABEL] = meta(cluster)["name"]
        await write_changes(self._client, obj, wanted, field_manager=MANAGER)

    async def _keep_kubeconfig(self, draft: Json, parts: Parts) -> None:
        """A cluster without a control-plane object gets its kubeconfig here, once its CA is there."""
        endpoint, key = get_in(draft, "spec", "controlPlaneEndpoint", default={}), Key.of(draft)
        if get_in(draft, "spec", "controlPlaneRef") or not endpoint.get("host"):
            return
        name = pki.secret_name(key.name, "kubeconfig")
        if await get_or_none(self._client, SECRET, Key(key.namespace, name)) is not None:
            return
        authority = await get_or_none(self._client, SECRET, Key(key.namespace, pki.secret_name(key.name, "ca")))
        if authority is None:
            return
        address = f"{endpoint['host']}:{endpoint.get('port', 6443)}"
        config = await pki.new_kubeconfig(pki.pair_of(authority), key.name, address, self._keys, self._clock)
        secret = pki.cluster_secret(draft, "kubeconfig", {"value": config}, reference_to(draft))
        try:
            await self._client.create(secret, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_already_exists:
                raise

    async def _tell(self, cluster: Json, draft: Json) -> None:
        """Events for what has just become true."""
        name = meta(cluster)["name"]
        before, after = get_in(cluster, "status", default={}), draft["status"]
        for field, reason in (
            ("infrastructureProvisioned", "InfrastructureReady"),
            ("controlPlaneInitialized", "ControlPlaneInitialized"),
        ):
            if get_in(after, "initialization", field) and not get_in(before, "initialization", field):
                title = f"{field[0].upper()}{field[1:]}"
                await self._recorder.normal(cluster, reason, f"Cluster {name} {title} is now True")
        if before.get("phase") != after.get("phase"):
            await self._recorder.normal(cluster, after["phase"], f"Cluster {name} is {after['phase']}")

    # Down

    async def _delete(self, draft: Json, report: Reporter, parts: Parts) -> None:
        """Workers, then the control plane, then the infrastructure: each must be gone before the next is told to go."""
        no_plane = not get_in(draft, "spec", "controlPlaneRef")
        machines = [*parts.workers, *(parts.planes if no_plane else ())]
        for obj in parts.own([*parts.deployments, *parts.sets, *machines], draft):
            await self._remove(obj)
        if parts.deployments or parts.sets or machines:
            report.set("Deleting", True, "WaitingForWorkersDeletion", _waiting(parts, no_plane=no_plane))
            return
        for part, reason in (
            (parts.plane, "WaitingForControlPlaneDeletion"),
            (parts.infra, "WaitingForInfrastructureDeletion"),
        ):
            if part is not None:
                await self._remove(part)
                report.set("Deleting", True, reason, f"Waiting for {part['kind']} to be deleted")
                return
        report.set("Deleting", True, "DeletionCompleted", "Deletion completed")
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        await self._recorder.normal(draft, "Deleted", f"Cluster {meta(draft)['name']} has been deleted")

    async def _remove(self, obj: Json) -> None:
        if is_deleting(obj):
            return
        key = Key.of(obj)
        try:
            await self._client.delete(GVK.of(obj), key.name, key.namespace, uid=meta(obj)["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise


def _names(cluster: Json, obj: Json) -> bool:
    """Whether the Cluster refers to *obj* as its infrastructure or control plane."""
    references = (get_in(cluster, "spec", name, default={}) for name in ("infrastructureRef", "controlPlaneRef"))
    return any(ref.get("name") == meta(obj)["name"] and ref.get("kind") == obj["kind"] for ref in references)


def _take_infrastructure(draft: Json, infra: Json | None, started: Json) -> None:
    if not get_in(draft, "spec", "infrastructureRef"):
        if not is_deleting(draft) and not has_topology(draft):
            started["infrastructureProvisioned"] = True
        return
    if infra is None or is_deleting(infra):
        return
    if not (get_in(infra, "status", "initialization", "provisioned") or started.get("infrastructureProvisioned")):
        return
    _take_endpoint(draft, infra)
    domains = get_in(infra, "status", "failureDomains")
    if domains:
        draft["status"]["failureDomains"] = copy(domains)
    else:
        draft["status"].pop("failureDomains", None)
    started["infrastructureProvisioned"] = True


def endpoint_of(part: Json) -> str:
    """`host:port` of a part's spec.controlPlaneEndpoint; empty without a host."""
    endpoint = get_in(part, "spec", "controlPlaneEndpoint", default={})
    return f"{endpoint['host']}:{endpoint.get('port') or 6443}" if endpoint.get("host") else ""


def _take_endpoint(draft: Json, part: Json) -> None:
    """Where the cluster answers, from the first part that knows."""
    known = get_in(draft, "spec", "controlPlaneEndpoint", default={})
    told = get_in(part, "spec", "controlPlaneEndpoint", default={})
    if told.get("host") and not (known.get("host") and known.get("port")):
        draft["spec"]["controlPlaneEndpoint"] = {"host": told["host"], "port": told.get("port", 6443)}


def _waiting(parts: Parts, *, no_plane: bool) -> str:
    lines = []
    for title, objects in (
        ("Control plane Machines", parts.planes if no_plane else []),
        ("MachineDeployments", parts.deployments),
        ("MachineSets", parts.sets),
        ("Worker Machines", parts.workers),
    ):
        names = sorted(str(meta(obj)["name"]) for obj in objects)
        if names:
            lines.append(f"* {title}: {listed(names, SHOWN)}")
    return "\n".join(lines)
