"""Machine controller: from bootstrap data and a VM to a node, and back to nothing.

Behaviour: cluster-api v1.14, core/reconcilers/machine (phases, node, status). Deletion is in `machinedeletion`.
Differences: docs/compat/clusterapi.md#machine.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from fairlead.api.errors import ApiError
from fairlead.base.objects import (
    Json,
    Key,
    annotations,
    controller_of,
    finalizers,
    get_in,
    is_deleting,
    labels,
    meta,
)
from fairlead.base.objects import owner_references as owners_of
from fairlead.controllers.clusterapi.clustercache import NODE, Change, ClusterCache, Connection
from fairlead.controllers.clusterapi.machinedeletion import FINALIZER, MachineDeletion
from fairlead.controllers.clusterapi.machinenode import node_patch
from fairlead.controllers.clusterapi.machinestatus import Seen, report_status
from fairlead.controllers.clusterapi.wakeups import Changes, of_cluster, of_deployment
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    KUBEADM_CONFIG,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_SET,
    SETTLE_MACHINE,
    controller_reference,
    get_or_none,
    in_cluster,
    is_control_plane,
    is_controlled_by,
    is_paused,
    pause_message,
    reference_to,
    referenced,
    watch_infrastructure,
    with_owner,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp, timestamp
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

MANAGER = "manager"
EXPIRY = "machine.cluster.x-k8s.io/certificates-expiry"
DEPLOYMENT_LABEL = "cluster.x-k8s.io/deployment-name"
# A Machine with one of these labels is about to get the owner they name.
_OWNED = ("cluster.x-k8s.io/set-name", "cluster.x-k8s.io/pool-name", "cluster.x-k8s.io/control-plane-name")


class MachineController(BaseController):
    """Follows each Machine through its life."""

    name = "machine"
    kind = MACHINE
    settle = SETTLE_MACHINE

    def __init__(self, *, client: Client, clock: Clock, cache: ClusterCache, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._cache = cache
        self._recorder = recorder
        self._deletion = MachineDeletion(client=client, clock=clock, recorder=recorder)
        self._clusters = Changes(of_cluster)
        self._deployments = Changes(of_deployment)

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(KUBEADM_CONFIG, wake_owner(MACHINE)),
            *watch_infrastructure("VSphereMachine", wake_owner(MACHINE)),
            Watch(CLUSTER, self._of_cluster),
            Watch(MACHINE_DEPLOYMENT, self._of_deployment),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_workload(),)

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        if not self._clusters.is_new(cluster):
            return []
        return [Key.of(machine) for machine in await in_cluster(self._client, MACHINE, cluster)]

    async def _of_deployment(self, deployment: Json) -> list[Key]:
        if not self._deployments.is_new(deployment):
            return []
        selector = f"{DEPLOYMENT_LABEL}={meta(deployment)['name']}"
        namespace = Key.of(deployment).namespace
        return [Key.of(m) for m in (await self._client.list(MACHINE, namespace, label_selector=selector)).items]

    async def _of_workload(self) -> AsyncIterator[Key]:
        async for change in self._cache.changes():
            if change.obj is not None and change.obj["kind"] != "Node":
                continue
            namesake = await self._namesake(change)
            if namesake is not None:
                yield Key.of(namesake)
                continue
            selector = f"{CLUSTER_NAME_LABEL}={change.cluster.name}"
            found = await self._client.list(MACHINE, change.cluster.namespace, label_selector=selector)
            for machine in found.items:
                if _concerns(change, machine):
                    yield Key.of(machine)

    async def _namesake(self, change: Change) -> Json | None:
        """The Machine of the node that changed where both have one name, as on vSphere: no need to look at all."""
        if change.obj is None:
            return None
        machine = await get_or_none(self._client, MACHINE, Key(change.cluster.namespace, meta(change.obj)["name"]))
        return machine if machine is not None and _concerns(change, machine) else None

    async def reconcile(self, key: Key) -> Result:
        machine = await get_or_none(self._client, MACHINE, key)
        if machine is None:
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, machine["spec"]["clusterName"]))
        if cluster is None:
            return Result.done()
        seen = await self._observe(machine, cluster)
        result = Result.done()
        async with editing(self._client, machine, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, machine):
                report.set(PAUSED, True, "Paused", pause_message(cluster, machine))
                return result
            report.set(PAUSED, False, "NotPaused")
            try:
                await self._follow(seen, draft)
                if is_deleting(machine):
                    result = await self._deletion.step(seen, draft, report)
            finally:
                if not is_deleting(machine) or FINALIZER in finalizers(draft):
                    result = result.or_sooner(report_status(seen, draft, report))
        return result

    async def _observe(self, machine: Json, cluster: Json) -> Seen:
        namespace = Key.of(machine).namespace
        connection = self._cache.connection(Key.of(cluster))
        infra = await referenced(self._client, get_in(machine, "spec", "infrastructureRef"), namespace)
        provider = get_in(machine, "spec", "providerID") or get_in(infra or {}, "spec", "providerID", default="")
        machine_set, deployment = await self._owners(machine)
        return Seen(
            machine=machine,
            cluster=cluster,
            config=await referenced(self._client, get_in(machine, "spec", "bootstrap", "configRef"), namespace),
            infra=infra,
            connection=connection,
            node=connection.node_of(provider) or _late_node(machine, connection),
            machine_set=machine_set,
            deployment=deployment,
        )

    async def _owners(self, machine: Json) -> tuple[Json | None, Json | None]:
        """The MachineSet and the MachineDeployment that the Machine comes from."""
        owner, namespace = controller_of(machine) or {}, Key.of(machine).namespace
        if owner.get("kind") != MACHINE_SET.kind:
            return None, None
        machine_set = await get_or_none(self._client, MACHINE_SET, Key(namespace, owner["name"]))
        name = labels(machine_set or {}).get(DEPLOYMENT_LABEL)
        if not name:
            return machine_set, None
        return machine_set, await get_or_none(self._client, MACHINE_DEPLOYMENT, Key(namespace, name))

    async def _follow(self, seen: Seen, draft: Json) -> None:
        """Take over what bootstrap, infrastructure and node report; write what the Machine wants of them."""
        metadata = draft["metadata"]
        if not is_deleting(draft) and FINALIZER not in finalizers(draft):
            metadata.setdefault("finalizers", []).append(FINALIZER)
        if controller_of(draft) is None and not any(label in labels(draft) for label in _OWNED):
            metadata["ownerReferences"] = with_owner(owners_of(draft), reference_to(seen.cluster))
        metadata.setdefault("labels", {})[CLUSTER_NAME_LABEL] = draft["spec"]["clusterName"]
        for obj in (seen.config, seen.infra):
            if obj is not None:
                await self._adopt(obj, seen)
        status = draft.setdefault("status", {})
        started = status.setdefault("initialization", {})
        _take_bootstrap(seen, draft, started)
        _take_infrastructure(seen, draft, started)
        if not started:
            del status["initialization"]
        _take_expiry(seen, draft)
        await self._take_node(seen, draft)

    async def _adopt(self, obj: Json, seen: Seen) -> None:
        """The Machine becomes the controller of its bootstrap and infrastructure objects, in their maker's place."""
        machine, name = seen.machine, seen.machine["spec"]["clusterName"]
        makers = [owner for owner in owners_of(obj) if _is_maker(owner, seen)]
        if not makers and is_controlled_by(obj, meta(machine)["uid"]) and labels(obj).get(CLUSTER_NAME_LABEL) == name:
            return
        async with editing(self._client, obj, field_manager=MANAGER) as draft:
            kept = [owner for owner in owners_of(obj) if owner not in makers]
            draft["metadata"]["ownerReferences"] = with_owner(kept, controller_reference(machine))
            draft["metadata"].setdefault("labels", {})[CLUSTER_NAME_LABEL] = name

    async def _take_node(self, seen: Seen, draft: Json) -> None:
        node, remote = seen.node, seen.connection.remote
        if node is None or remote is None or not get_in(seen.machine, "spec", "providerID"):
            return  # the Machine is Provisioned first, and Running with the next pass
        status, name = draft["status"], meta(node)["name"]
        if not get_in(status, "nodeRef", "name"):
            status["nodeRef"] = {"name": name}
            await self._recorder.normal(seen.machine, "SuccessfulSetNodeRef", name)
        status["nodeInfo"] = get_in(node, "status", "nodeInfo", default={})
        patch = node_patch(seen.machine, node, seen.infra, seen.machine_set, seen.deployment)
        if not patch or is_deleting(node):
            return
        try:
            await remote.client.patch(NODE, name, "", patch, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_not_found:
                raise


def _concerns(change: Change, machine: Json) -> bool:
    """Whether a change in the workload cluster is about this Machine's node, or about all of them."""
    if change.obj is None or get_in(machine, "status", "nodeRef", "name") == meta(change.obj)["name"]:
        return True
    provider = get_in(change.obj, "spec", "providerID")
    return bool(provider) and provider == get_in(machine, "spec", "providerID")


def _late_node(machine: Json, connection: Connection) -> Json | None:
    """The node of a Machine that goes before anybody told it of one: it was joining, and on vSphere has its name."""
    if not is_deleting(machine) or get_in(machine, "status", "nodeRef", "name"):
        return None
    node = connection.nodes.get(meta(machine)["name"])
    if node is None or meta(node)["creationTimestamp"] < meta(machine)["creationTimestamp"]:
        return None
    return node


def _is_maker(owner: Json, seen: Seen) -> bool:
    """Whether the owner is who made the object, and steps back when the Machine is there."""
    group, kind = owner.get("apiVersion", "").rpartition("/")[0], owner.get("kind")
    if (group, kind) == (MACHINE_SET.group, MACHINE_SET.kind):
        return True
    plane = get_in(seen.cluster, "spec", "controlPlaneRef", default={})
    return is_control_plane(seen.machine) and (group, kind) == (plane.get("apiGroup"), plane.get("kind"))


def _take_bootstrap(seen: Seen, draft: Json, started: Json) -> None:
    bootstrap = draft["spec"].get("bootstrap") or {}
    if seen.config is None or is_deleting(seen.config):
        if bootstrap.get("dataSecretName") is not None and not bootstrap.get("configRef"):
            started["bootstrapDataSecretCreated"] = True
        return
    name = bootstrap.get("dataSecretName")
    if name is None and get_in(seen.config, "status", "initialization", "dataSecretCreated"):
        name = get_in(seen.config, "status", "dataSecretName")
    if name:
        draft["spec"]["bootstrap"]["dataSecretName"] = name
        started["bootstrapDataSecretCreated"] = True


def _take_infrastructure(seen: Seen, draft: Json, started: Json) -> None:
    infra = seen.infra
    if infra is None or is_deleting(infra):
        return
    provisioned = get_in(infra, "status", "initialization", "provisioned")
    provider = get_in(infra, "spec", "providerID")
    if not provider or not (provisioned or started.get("infrastructureProvisioned")):
        return
    draft["spec"]["providerID"] = provider
    addresses = get_in(infra, "status", "addresses")
    if addresses:
        draft["status"]["addresses"] = addresses
    domain = get_in(infra, "spec", "failureDomain")
    if domain:
        draft["spec"]["failureDomain"] = domain
    placed = get_in(infra, "status", "failureDomain") or domain
    if placed:
        draft["status"]["failureDomain"] = placed
    started["infrastructureProvisioned"] = True


def _take_expiry(seen: Seen, draft: Json) -> None:
    """When the certificates of a control-plane machine end, as its own or its bootstrap object's annotation says."""
    if not is_control_plane(draft):
        return
    told = annotations(draft).get(EXPIRY) or annotations(seen.config or {}).get(EXPIRY)
    date = _date(told)
    if date is not None:
        draft["status"]["certificatesExpiryDate"] = timestamp(date)
    else:
        draft["status"].pop("certificatesExpiryDate", None)


def _date(text: str | None) -> datetime | None:
    try:
        return parse_timestamp(text) if text else None
    except ValueError:
        return None
