"""ClusterResourceSet controller: apply the objects in ConfigMaps and Secrets to the clusters that a selector names.

Behaviour: cluster-api v1.14, core/reconcilers/clusterresourceset.
Differences: docs/compat/kubeadm.md#clusterresourceset.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fairlead.api.addons.kinds import CLUSTER_RESOURCE_SET, CLUSTER_RESOURCE_SET_BINDING
from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy, finalizers, get_in, is_deleting, labels, owner_references
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.resources import Bundle, ResourceError, bundle_of
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    SECRET,
    get_or_none,
    is_paused,
    pause_message,
    reference_to,
    with_owner,
)
from fairlead.engines.merge.patches import diff_merge
from fairlead.engines.selectors import LabelSelector, SelectorError, label_selector
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, timestamp
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.outcome import Result, TroubleError

CONFIG_MAP = GVK("", "v1", "ConfigMap")
FINALIZER = "addons.cluster.x-k8s.io"
MANAGER = "manager"
APPLIED = "ResourcesApplied"
SECRET_TYPE = "addons.cluster.x-k8s.io/resource-set"
SOURCES = {"ConfigMap": CONFIG_MAP, "Secret": SECRET}
NOT_CONNECTED = "connection to the workload cluster is down"
AT_ONCE = timedelta(milliseconds=5)  # the first retry of upstream's queue
SEE_LOGS = "Please check controller logs for errors"


class ApplyError(TroubleError):
    """Some objects could not be applied; tried again with growing delays."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps the set from being applied: reason and message, the deprecated reason, severity and message.

    It is hopeful when the same pass applied something else, which may be what it lacked: a Secret may be listed before
    the ConfigMap that brings its namespace.
    """

    reason: str
    message: str
    old: str
    severity: str
    detail: str
    is_retried: bool = False
    is_hopeful: bool = False


@dataclass(slots=True)
class Record:
    """What was applied to one cluster, while a pass works on it."""

    entries: list[Json] = field(default_factory=list)

    def entry(self, reference: Json) -> Json | None:
        """The entry of one resource."""
        return next((e for e in self.entries if _same(e, reference)), None)

    def note(self, reference: Json, digest: str, applied: bool, now: str) -> None:
        """Put down how applying one resource went."""
        entry = {**reference, "applied": applied, "lastAppliedTime": now, **({"hash": digest} if digest else {})}
        for index, known in enumerate(self.entries):
            if _same(known, reference):
                self.entries[index] = entry
                return
        self.entries.append(entry)


def _same(entry: Json, reference: Json) -> bool:
    return bool(entry["kind"] == reference["kind"] and entry["name"] == reference["name"])


def needs_apply(strategy: str, entry: Json | None, digest: str) -> bool:
    """Whether a resource is to be applied: once it never was, or with Reconcile when its content is another."""
    if entry is None or not entry.get("applied"):
        return True
    return strategy == "Reconcile" and entry.get("hash") != digest


class ClusterResourceSetController(BaseController):
    """Applies each set to its clusters, the moment their APIs answer."""

    name = "clusterresourceset"
    kind = CLUSTER_RESOURCE_SET

    def __init__(self, *, client: Client, clock: Clock, cache: ClusterCache) -> None:
        self._client = client
        self._clock = clock
        self._cache = cache

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(CLUSTER, self._of_cluster),
            Watch(CONFIG_MAP, self._of_resource),
            Watch(SECRET, self._of_resource),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_connections(),)

    async def _sets(self, namespace: str) -> Sequence[Json]:
        return (await self._client.list(CLUSTER_RESOURCE_SET, namespace)).items

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        found = []
        for each in await self._sets(Key.of(cluster).namespace):
            selector = _selector(each)
            if selector is not None and selector.matches(labels(cluster)):
                found.append(Key.of(each))
        return found

    async def _of_resource(self, obj: Json) -> list[Key]:
        key = Key.of(obj)
        if obj["kind"] == "Secret" and obj.get("type") != SECRET_TYPE:
            return []
        owners = [o["name"] for o in owner_references(obj) if o.get("kind") == CLUSTER_RESOURCE_SET.kind]
        if owners:
            return [Key(key.namespace, name) for name in owners]
        reference = {"kind": obj["kind"], "name": key.name}
        sets = await self._sets(key.namespace)
        return [Key.of(each) for each in sets if any(_same(r, reference) for r in each["spec"]["resources"])]

    async def _of_connections(self) -> AsyncIterator[Key]:
        async for change in self._cache.changes():
            if change.obj is None:
                cluster = await get_or_none(self._client, CLUSTER, change.cluster)
                for key in await self._of_cluster(cluster) if cluster is not None else ():
                    yield key

    async def reconcile(self, key: Key) -> Result:
        crs = await get_or_none(self._client, CLUSTER_RESOURCE_SET, key)
        if crs is None:
            return Result.done()
        async with editing(self._client, crs, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(None, crs):
                report.set(PAUSED, True, "Paused", pause_message(None, crs))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            clusters = await self._clusters(crs)
            if is_deleting(crs):
                await self._leave(crs, clusters)
                draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
                return Result.done()
            if FINALIZER not in finalizers(draft):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            faults = [fault for cluster in clusters for fault in await self._to_cluster(crs, cluster)]
            draft["status"]["observedGeneration"] = crs["metadata"].get("generation", 1)
            if clusters:
                self._report(report, faults)
        retried = [fault for fault in faults if fault.is_retried]
        if any(not fault.is_hopeful for fault in retried):
            raise ApplyError("; ".join(fault.detail for fault in retried))
        return Result.again(AT_ONCE) if retried else Result.done()

    def _report(self, report: Reporter, faults: Sequence[Fault]) -> None:
        if faults:
            worst = faults[-1]
            report.set(APPLIED, False, worst.reason, worst.message)
            report.set_old(APPLIED, False, worst.old, worst.detail, worst.severity)
        else:
            report.set(APPLIED, True, "Applied")
            report.set_old(APPLIED, True)
        report.sort()

    async def _clusters(self, crs: Json) -> list[Json]:
        """The clusters that the set selects, in its namespace; none when its selector is empty."""
        selector = _selector(crs)
        if selector is None:
            return []
        found = (await self._client.list(CLUSTER, Key.of(crs).namespace)).items
        return [c for c in found if not is_deleting(c) and selector.matches(labels(c))]

    async def _to_cluster(self, crs: Json, cluster: Json) -> list[Fault]:
        """Apply the set to one cluster and put down what was applied; returns what went wrong."""
        bundles, faults = await self._bundles(crs)
        if any(fault.is_retried for fault in faults):
            return faults
        binding = await get_or_none(self._client, CLUSTER_RESOURCE_SET_BINDING, Key.of(cluster))
        wanted = copy(binding) if binding is not None else _new_binding(cluster)
        meta = wanted["metadata"]
        meta["ownerReferences"] = with_owner(meta.get("ownerReferences") or [], reference_to(crs))
        bindings = wanted["spec"].setdefault("bindings", [])
        mine = next((b for b in bindings if b["clusterResourceSetName"] == crs["metadata"]["name"]), None)
        if mine is None:
            mine = {"clusterResourceSetName": crs["metadata"]["name"]}
            bindings.append(mine)
        record = Record(list(mine.get("resources") or ()))
        remote = self._cache.connection(Key.of(cluster)).remote
        if remote is None:
            faults = [Fault("InternalError", SEE_LOGS, "RemoteClusterClientFailed", "Error", NOT_CONNECTED)]
        else:
            faults += await self._apply(crs, bundles, record, remote.client)
        if record.entries:
            mine["resources"] = record.entries
        if binding is None:
            await self._client.create(wanted, field_manager=MANAGER)
        else:
            await write_changes(self._client, binding, wanted, field_manager=MANAGER)
        return faults

    async def _bundles(self, crs: Json) -> tuple[list[tuple[Json, Bundle]], list[Fault]]:
        """What the set's ConfigMaps and Secrets hold; the set becomes an owner of each."""
        bundles: list[tuple[Json, Bundle]] = []
        faults: list[Fault] = []
        namespace = Key.of(crs).namespace
        for reference in crs["spec"]["resources"]:
            name = reference["name"]
            source = await get_or_none(self._client, SOURCES[reference["kind"]], Key(namespace, name))
            if source is None:
                text = f'{reference["kind"].lower()}s "{name}" not found'
                faults.append(Fault("InternalError", text, "RetrievingResourceFailed", "Warning", text))
                continue
            if source["kind"] == "Secret" and source.get("type") != SECRET_TYPE:
                text = f"Secret type of resource {name} is not supported"
                faults.append(Fault("WrongSecretType", text, "WrongSecretType", "Warning", WRONG_TYPE, True))
                continue
            wanted = copy(source)
            wanted["metadata"]["ownerReferences"] = with_owner(owner_references(source), reference_to(crs))
            await write_changes(self._client, source, wanted, field_manager=MANAGER)
            try:
                bundles.append((reference, bundle_of(source)))
            except ResourceError as error:
                faults.append(Fault("NotApplied", NOT_APPLIED, "ApplyFailed", "Warning", str(error)))
        return bundles, faults

    async def _apply(
        self, crs: Json, bundles: Sequence[tuple[Json, Bundle]], record: Record, remote: Client
    ) -> list[Fault]:
        refused, is_hopeful = [], False
        strategy, now = crs["spec"].get("strategy", "ApplyOnce"), timestamp(self._clock.now())
        for reference, bundle in bundles:
            if not needs_apply(strategy, record.entry(reference), bundle.digest):
                continue
            problems = [
                problem
                for obj in bundle.objects
                if (problem := await _put(remote, obj, replace=strategy != "ApplyOnce"))
            ]
            record.note(reference, bundle.digest, not problems, now)
            is_hopeful = is_hopeful or not problems
            if problems:
                refused.append(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
        return [
            Fault("NotApplied", NOT_APPLIED, "ApplyFailed", "Warning", text, is_retried=True, is_hopeful=is_hopeful)
            for text in refused
        ]

    async def _leave(self, crs: Json, clusters: Sequence[Json]) -> None:
        """Take a deleted set out of the bindings; a binding without any set goes."""
        name = crs["metadata"]["name"]
        for cluster in clusters:
            binding = await get_or_none(self._client, CLUSTER_RESOURCE_SET_BINDING, Key.of(cluster))
            if binding is None:
                continue
            left = [b for b in get_in(binding, "spec", "bindings", default=()) if b["clusterResourceSetName"] != name]
            if not left:
                await _delete(self._client, binding)
                continue
            async with editing(self._client, binding, field_manager=MANAGER) as draft:
                draft["spec"]["bindings"] = left
                draft["metadata"]["ownerReferences"] = [
                    o
                    for o in owner_references(binding)
                    if (o.get("kind"), o.get("name")) != (CLUSTER_RESOURCE_SET.kind, name)
                ]


NOT_APPLIED = "Failed to apply ClusterResourceSet resources to Cluster"
WRONG_TYPE = "unsupported secret type"


class ClusterResourceSetBindingController(BaseController):
    """Removes the binding of a cluster that is being deleted or is gone."""

    name = "clusterresourcesetbinding"
    kind = CLUSTER_RESOURCE_SET_BINDING

    def __init__(self, *, client: Client) -> None:
        self._client = client

    def watches(self) -> Sequence[Watch]:
        return (Watch(CLUSTER, lambda cluster: (Key.of(cluster),)),)

    async def reconcile(self, key: Key) -> Result:
        binding = await get_or_none(self._client, CLUSTER_RESOURCE_SET_BINDING, key)
        if binding is None or is_deleting(binding):
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, binding["spec"]["clusterName"]))
        if cluster is None or is_deleting(cluster):
            await _delete(self._client, binding)
        return Result.done()


def _selector(crs: Json) -> LabelSelector | None:
    """The set's selector; None when it is empty or wrong, for then it selects nothing."""
    try:
        selector = label_selector(get_in(crs, "spec", "clusterSelector", default={}))
    except SelectorError:
        return None
    return None if selector.is_everything else selector


def _new_binding(cluster: Json) -> Json:
    key = Key.of(cluster)
    return {
        "apiVersion": CLUSTER_RESOURCE_SET_BINDING.api_version,
        "kind": CLUSTER_RESOURCE_SET_BINDING.kind,
        "metadata": {"name": key.name, "namespace": key.namespace},
        "spec": {"clusterName": key.name, "bindings": []},
    }


async def _put(client: Client, obj: Json, *, replace: bool) -> str:
    """Create *obj*, or with *replace* make an existing one like it; returns what went wrong, or nothing."""
    gvk, key = GVK.of(obj), Key.of(obj)
    named = f"{gvk.api_version}, Kind={gvk.kind} {key}"
    try:
        current = await get_or_none(client, gvk, key) if replace else None
        if current is None:
            await client.create(obj, field_manager=MANAGER)
        elif patch := diff_merge(_writable(current, obj), obj):
            await client.patch(gvk, key.name, key.namespace, patch, field_manager=MANAGER)
    except ApiError as error:
        if error.is_already_exists and not replace:
            return ""
        return f"{'patching' if replace else 'creating'} object {named}: {error.message}"
    return ""


_SERVER_OWNED = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "finalizers")


def _writable(current: Json, wanted: Json) -> Json:
    """*current* without what the server keeps, so that what is missing in *wanted* is removed and nothing else."""
    kept = {name: value for name, value in current.items() if name != "status" or "status" in wanted}
    kept["metadata"] = {name: value for name, value in current["metadata"].items() if name not in _SERVER_OWNED}
    if "namespace" not in wanted["metadata"]:
        kept["metadata"].pop("namespace", None)
    return kept


async def _delete(client: Client, obj: Json) -> None:
    key = Key.of(obj)
    try:
        await client.delete(GVK.of(obj), key.name, key.namespace)
    except ApiError as error:
        if not error.is_not_found:
            raise
