"""Machine controller: from bootstrap data and a VM to a node, and back to nothing.

Behaviour: cluster-api v1.14, core/reconcilers/machine (phases, node, status). Deletion is in `machinedeletion`.
Differences: docs/compat/clusterapi.md#machine.
"""

from collections.abc import AsyncIterator, Sequence

from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.kinds import VSPHERE_MACHINE
from fairlead.base.objects import Json, Key, annotations, controller_of, finalizers, get_in, is_deleting, labels
from fairlead.base.objects import owner_references as owners_of
from fairlead.controllers.clusterapi.clustercache import NODE, ClusterCache
from fairlead.controllers.clusterapi.machinedeletion import MachineDeletion
from fairlead.controllers.clusterapi.machinestatus import Seen, report_status, report_up_to_date
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    KUBEADM_CONFIG,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_SET,
    controller_reference,
    get_or_none,
    in_cluster,
    is_controlled_by,
    is_paused,
    pause_message,
    referenced,
    with_owner,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

FINALIZER = "machine.cluster.x-k8s.io"
MANAGER = "manager"
EXPIRY = "machine.cluster.x-k8s.io/certificates-expiry"
SYNCED_LABELS = ("node-role.kubernetes.io/", "node-restriction.kubernetes.io/", "node.cluster.x-k8s.io/")


class MachineController(BaseController):
    """Follows each Machine through its life."""

    name = "machine"
    kind = MACHINE

    def __init__(self, *, client: Client, clock: Clock, cache: ClusterCache, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._cache = cache
        self._recorder = recorder
        self._deletion = MachineDeletion(client=client, clock=clock, recorder=recorder)

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(KUBEADM_CONFIG, wake_owner(MACHINE)),
            Watch(VSPHERE_MACHINE, wake_owner(MACHINE)),
            Watch(CLUSTER, self._of_cluster),
            Watch(MACHINE_DEPLOYMENT, self._of_deployment),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_workload(),)

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        return [Key.of(machine) for machine in await in_cluster(self._client, MACHINE, cluster)]

    async def _of_deployment(self, deployment: Json) -> list[Key]:
        selector = f"cluster.x-k8s.io/deployment-name={deployment['metadata']['name']}"
        namespace = Key.of(deployment).namespace
        return [Key.of(m) for m in (await self._client.list(MACHINE, namespace, label_selector=selector)).items]

    async def _of_workload(self) -> AsyncIterator[Key]:
        async for change in self._cache.changes():
            selector = f"{CLUSTER_NAME_LABEL}={change.cluster.name}"
            machines = (await self._client.list(MACHINE, change.cluster.namespace, label_selector=selector)).items
            if change.obj is not None and change.obj["kind"] != "Node":
                continue
            provider = get_in(change.obj or {}, "spec", "providerID", default="")
            for machine in machines:
                if change.obj is None or provider == get_in(machine, "spec", "providerID"):
                    yield Key.of(machine)

    async def reconcile(self, key: Key) -> Result:
        machine = await get_or_none(self._client, MACHINE, key)
        if machine is None:
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, machine["spec"]["clusterName"]))
        if cluster is None:
            return Result.done()
        seen = await self._observe(machine, cluster)
        async with editing(self._client, machine, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, machine):
                report.set(PAUSED, True, "Paused", pause_message(cluster, machine))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            try:
                if is_deleting(machine):
                    return await self._deletion.step(seen, draft, report)
                await self._bring_up(seen, draft)
            finally:
                if FINALIZER in finalizers(draft):
                    await self._report(seen, draft, report)
        return Result.done()

    async def _observe(self, machine: Json, cluster: Json) -> Seen:
        namespace = Key.of(machine).namespace
        connection = self._cache.connection(Key.of(cluster))
        return Seen(
            machine=machine,
            cluster=cluster,
            config=await referenced(self._client, get_in(machine, "spec", "bootstrap", "configRef"), namespace),
            infra=await referenced(self._client, get_in(machine, "spec", "infrastructureRef"), namespace),
            connection=connection,
            node=connection.node_of(get_in(machine, "spec", "providerID", default="")),
        )

    # Up.

    async def _bring_up(self, seen: Seen, draft: Json) -> None:
        if FINALIZER not in finalizers(draft):
            draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
        if controller_of(draft) is None:
            cluster = {**controller_reference(seen.cluster)}
            del cluster["controller"], cluster["blockOwnerDeletion"]
            draft["metadata"]["ownerReferences"] = with_owner(owners_of(draft), cluster)
        for obj in (seen.config, seen.infra):
            if obj is not None:
                await self._adopt(obj, seen.machine)
        status = draft.setdefault("status", {})
        started = status.setdefault("initialization", {})
        self._take_bootstrap(seen, draft, started)
        self._take_infrastructure(seen, draft, started)
        if not started:
            del status["initialization"]
        await self._take_node(seen, draft)

    async def _adopt(self, obj: Json, machine: Json) -> None:
        """The Machine becomes the controller of its bootstrap and infrastructure objects, in its maker's place."""
        uid = machine["metadata"]["uid"]
        name = machine["spec"]["clusterName"]
        if is_controlled_by(obj, uid) and labels(obj).get(CLUSTER_NAME_LABEL) == name:
            return
        maker = controller_of(machine) or {}
        async with editing(self._client, obj, field_manager=MANAGER) as draft:
            kept = [owner for owner in owners_of(obj) if owner.get("uid") != maker.get("uid")]
            draft["metadata"]["ownerReferences"] = with_owner(kept, controller_reference(machine))
            draft["metadata"].setdefault("labels", {})[CLUSTER_NAME_LABEL] = name

    def _take_bootstrap(self, seen: Seen, draft: Json, started: Json) -> None:
        if draft["spec"]["bootstrap"].get("dataSecretName") and seen.config is None:
            started["bootstrapDataSecretCreated"] = True
            return
        if seen.config is None or not get_in(seen.config, "status", "initialization", "dataSecretCreated"):
            return
        name = get_in(seen.config, "status", "dataSecretName")
        if name:
            draft["spec"]["bootstrap"]["dataSecretName"] = name
            started["bootstrapDataSecretCreated"] = True
        expiry = annotations(seen.config).get(EXPIRY)
        if expiry:
            draft["status"]["certificatesExpiryDate"] = expiry

    def _take_infrastructure(self, seen: Seen, draft: Json, started: Json) -> None:
        if seen.infra is None or not get_in(seen.infra, "status", "initialization", "provisioned"):
            return
        draft["spec"]["providerID"] = get_in(seen.infra, "spec", "providerID")
        addresses = get_in(seen.infra, "status", "addresses")
        if addresses:
            draft["status"]["addresses"] = addresses
        if get_in(draft, "spec", "failureDomain"):
            draft["status"]["failureDomain"] = draft["spec"]["failureDomain"]
        started["infrastructureProvisioned"] = True

    async def _take_node(self, seen: Seen, draft: Json) -> None:
        node, status = seen.node, draft["status"]
        if node is None:
            return
        if not get_in(seen.machine, "status", "nodeRef", "name"):
            status["nodeRef"] = {"name": node["metadata"]["name"]}
            await self._recorder.normal(seen.machine, "SuccessfulSetNodeRef", node["metadata"]["name"])
        status["nodeInfo"] = get_in(node, "status", "nodeInfo", default={})
        await self._mark_node(seen, node)

    async def _mark_node(self, seen: Seen, node: Json) -> None:
        """Labels and annotations by which a node is known to belong to its Machine."""
        machine, remote = seen.machine, seen.connection.remote
        if remote is None:
            return
        maker = controller_of(machine) or {}
        wanted = {
            "cluster.x-k8s.io/cluster-name": machine["spec"]["clusterName"],
            "cluster.x-k8s.io/cluster-namespace": machine["metadata"]["namespace"],
            "cluster.x-k8s.io/machine": machine["metadata"]["name"],
            "cluster.x-k8s.io/owner-kind": maker.get("kind", ""),
            "cluster.x-k8s.io/owner-name": maker.get("name", ""),
        }
        synced = {k: v for k, v in labels(machine).items() if k.startswith(SYNCED_LABELS)}
        patch: Json = {}
        if any(annotations(node).get(k) != v for k, v in wanted.items()):
            patch["annotations"] = wanted
        if any(labels(node).get(k) != v for k, v in synced.items()):
            patch["labels"] = synced
        if patch:
            try:
                await remote.client.patch(
                    NODE, node["metadata"]["name"], "", {"metadata": patch}, field_manager="capi-machine"
                )
            except ApiError as error:
                if not error.is_not_found:
                    raise

    async def _report(self, seen: Seen, draft: Json, report: Reporter) -> None:
        maker = controller_of(seen.machine) or {}
        if maker.get("kind") == "MachineSet":
            namespace = Key.of(seen.machine).namespace
            machine_set = await get_or_none(self._client, MACHINE_SET, Key(namespace, maker["name"]))
            owner = controller_of(machine_set or {}) or {}
            deployment = None
            if owner.get("kind") == "MachineDeployment":
                deployment = await get_or_none(self._client, MACHINE_DEPLOYMENT, Key(namespace, owner["name"]))
            if machine_set is not None and deployment is not None:
                report_up_to_date(machine_set, deployment, report)
        report_status(seen, draft, report)
