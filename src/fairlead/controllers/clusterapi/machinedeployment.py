"""MachineDeployment controller: roll machines from one template to the next through MachineSets.

Behaviour: cluster-api v1.14, core/reconcilers/machinedeployment (names, labels, revisions, clean-up); the sizes of the
sets come from `rollout`. Differences: docs/compat/clusterapi.md#machinedeployment.
"""

from collections.abc import Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import (
    Json,
    Key,
    annotations,
    controller_of,
    copy,
    finalizers,
    get_in,
    is_deleting,
    labels,
    meta,
    owner_references,
)
from fairlead.controllers.clusterapi.machinedeploymentstatus import Outcome, report_counts, report_status
from fairlead.controllers.clusterapi.machinenames import generated_name
from fairlead.controllers.clusterapi.machinetemplate import IN_PLACE, IN_PLACE_DELETION, template_hash
from fairlead.controllers.clusterapi.ownkeys import stale_keys
from fairlead.controllers.clusterapi.rollout import (
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    ON_DELETE,
    Bounds,
    Set,
    current_set,
    is_complete,
    plan,
    scale_paused,
)
from fairlead.controllers.clusterapi.wakeups import REVISION, Changes, of_cluster
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_SET,
    SETTLE_DEPLOYMENT,
    controller_reference,
    get_or_none,
    in_cluster,
    is_controlled_by,
    is_paused,
    pause_message,
    reference_to,
    referenced,
    with_owner,
)
from fairlead.engines.selectors import label_selector
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result

FINALIZER = "cluster.x-k8s.io/machinedeployment"
SET_FINALIZER = "cluster.x-k8s.io/machineset"
MANAGER = "capi-machinedeployment"  # of what is applied
UPDATES = "manager"
HASH_LABEL = "machine-template-hash"
DEPLOYMENT_LABEL = "cluster.x-k8s.io/deployment-name"
HISTORY = "machinedeployment.clusters.x-k8s.io/revision-history"
DISABLE_CREATE = "cluster.x-k8s.io/disable-machine-create"
# Annotations of the deployment that its sets do not get. Source: mdutil/util.go, annotationsToSkip.
_OWN_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "cluster.x-k8s.io/conversion-data",
    REVISION,
    HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
)


class MachineDeploymentController(BaseController):
    """Keeps one MachineSet for each template, and moves machines from the old ones to the new."""

    name = "machinedeployment"
    kind = MACHINE_DEPLOYMENT
    settle = SETTLE_DEPLOYMENT
    rest = 2.0

    def __init__(self, *, client: Client, clock: Clock, ids: Ids, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._recorder = recorder
        self._clusters = Changes(of_cluster)

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(MACHINE_SET, self._of_set),
            Watch(MACHINE, self._of_machine),
            Watch(CLUSTER, self._of_cluster),
        )

    async def _of_set(self, machine_set: Json) -> list[Key]:
        namespace, owner = Key.of(machine_set).namespace, controller_of(machine_set)
        if owner is not None:
            return [Key(namespace, owner["name"])] if owner.get("kind") == MACHINE_DEPLOYMENT.kind else []
        found = await self._client.list(MACHINE_DEPLOYMENT, namespace)
        return [Key.of(deployment) for deployment in found.items if _selects(deployment, machine_set)]

    def _of_machine(self, machine: Json) -> tuple[Key, ...]:
        name = labels(machine).get(DEPLOYMENT_LABEL)
        return (Key(Key.of(machine).namespace, name),) if name else ()

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        if not self._clusters.is_new(cluster):
            return []
        return [Key.of(deployment) for deployment in await in_cluster(self._client, MACHINE_DEPLOYMENT, cluster)]

    async def reconcile(self, key: Key) -> Result:
        deployment = await get_or_none(self._client, MACHINE_DEPLOYMENT, key)
        if deployment is None:
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, deployment["spec"]["clusterName"]))
        if cluster is None:
            return Result.done()
        result = Result.done()
        async with editing(self._client, deployment, field_manager=UPDATES) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, deployment):
                report.set(PAUSED, True, "Paused", pause_message(cluster, deployment))
                return result
            report.set(PAUSED, False, "NotPaused")
            sets = await self._sets(deployment)
            if is_deleting(deployment):
                outcome = await self._delete(draft, sets)
            else:
                _own(draft, cluster)
                outcome = await self._roll(deployment, draft, cluster, sets)
                result = self._next_roll(deployment)
            if FINALIZER in finalizers(draft):
                report_status(draft, report, outcome)
        return result

    def _next_roll(self, deployment: Json) -> Result:
        """Look again when a `rollout.after` comes."""
        after = get_in(deployment, "spec", "rollout", "after")
        left = parse_timestamp(after) - self._clock.now() if after else None
        return Result.again(left) if left is not None and left.total_seconds() > 0 else Result.done()

    async def _sets(self, deployment: Json) -> list[Json]:
        """The deployment's MachineSets; those that match and belong to nobody are taken over."""
        found = await self._client.list(MACHINE_SET, Key.of(deployment).namespace)
        uid, sets = meta(deployment)["uid"], []
        for machine_set in found.items:
            if is_controlled_by(machine_set, uid):
                sets.append(machine_set)
            elif controller_of(machine_set) is None and _selects(deployment, machine_set):
                if is_deleting(deployment):
                    continue
                sets.append(await self._take_over(deployment, machine_set))
        return sets

    async def _take_over(self, deployment: Json, machine_set: Json) -> Json:
        wanted = copy(machine_set)
        owners = with_owner(owner_references(machine_set), controller_reference(deployment))
        wanted["metadata"]["ownerReferences"] = owners
        wanted["metadata"].setdefault("labels", {})[DEPLOYMENT_LABEL] = meta(deployment)["name"]
        taken = await write_changes(self._client, machine_set, wanted, field_manager=UPDATES)
        await self._recorder.normal(deployment, "SuccessfulAdopt", f'Adopted MachineSet "{meta(machine_set)["name"]}"')
        return taken

    async def _machines(self, deployment: Json) -> list[Json]:
        chosen = str(label_selector(get_in(deployment, "spec", "selector")))
        return list((await self._client.list(MACHINE, Key.of(deployment).namespace, label_selector=chosen)).items)

    async def _templates(self, deployment: Json, cluster: Json) -> list[str]:
        """Let the Cluster own the templates; returns the kinds of those that do not exist."""
        spec = deployment["spec"]["template"].get("spec") or {}
        missing = []
        for reference in (get_in(spec, "bootstrap", "configRef"), spec.get("infrastructureRef")):
            if not reference or not reference["kind"].endswith("Template"):
                continue
            template = await referenced(self._client, reference, Key.of(deployment).namespace)
            if template is None:
                missing.append(reference["kind"])
                continue
            wanted = copy(template)
            wanted["metadata"]["ownerReferences"] = with_owner(owner_references(template), reference_to(cluster))
            await write_changes(self._client, template, wanted, field_manager=UPDATES)
        return missing

    # Rolling

    async def _roll(self, deployment: Json, draft: Json, cluster: Json, sets: list[Json]) -> Outcome:
        """Make the set of the present template if need be, size them all, and clear away those that are done with."""
        missing = await self._templates(deployment, cluster)
        machines = await self._machines(deployment)
        current = current_set(deployment, sets, self._clock.now())
        old = [s for s in sets if s is not current]
        bounds = Bounds.of(deployment)
        if get_in(deployment, "spec", "paused"):
            new = Set.of(current) if current is not None else None
            sizes = scale_paused(bounds, new, [Set.of(s) for s in old])
        elif current is None and missing:
            return Outcome(sets, machines, None, missing, is_stuck=True)
        elif current is None:
            current = await self._create(deployment, old, bounds)
            sizes = plan(bounds, Set.of(current), [Set.of(s) for s in old])
        else:
            sizes = plan(bounds, Set.of(current), [Set.of(s) for s in old])
        revision = _revision(current, old)
        if current is not None:
            draft["metadata"].setdefault("annotations", {})[REVISION] = revision
        updated = []
        for machine_set in old:
            updated.append(await self._update(deployment, machine_set, sizes, bounds, is_old=True))
        if current is not None:
            current = await self._update(deployment, current, sizes, bounds, revision=revision)
            updated.append(current)
        counts: Json = {}
        report_counts(counts, updated)
        if current is not None and is_complete(deployment, counts):
            for machine_set in updated:
                if machine_set is not current:
                    await self._clear_away(deployment, machine_set)
        return Outcome(updated, machines, current, missing)

    async def _create(self, deployment: Json, old: Sequence[Json], bounds: Bounds) -> Json:
        """A MachineSet for the present template, with as many machines as the roll-out allows at once."""
        name, suffix = generated_name(f"{meta(deployment)['name']}-", self._ids)
        template = copy(deployment["spec"]["template"])
        size = plan(bounds, Set(name, 0), [Set.of(s) for s in old]).get(name, 0)
        bare: Json = {
            "apiVersion": MACHINE_SET.api_version,
            "kind": MACHINE_SET.kind,
            "metadata": {
                "name": name,
                "namespace": meta(deployment)["namespace"],
                "labels": {HASH_LABEL: f"{template_hash(template)}-{suffix}"},
                "ownerReferences": [controller_reference(deployment)],
                "finalizers": [SET_FINALIZER],
            },
            "spec": {
                "clusterName": deployment["spec"]["clusterName"],
                "replicas": size,
                "template": {"spec": template.get("spec") or {}},
            },
        }
        _lay(deployment, bare, bounds, _revision(None, old), is_old=False)
        made = await self._client.apply(bare, field_manager=MANAGER)
        text = f"Created MachineSet {Key.of(made)} with {size} replicas"
        await self._recorder.normal(deployment, "SuccessfulCreate", text)
        return made

    async def _update(
        self,
        deployment: Json,
        machine_set: Json,
        sizes: dict[str, int],
        bounds: Bounds,
        *,
        is_old: bool = False,
        revision: str = "",
    ) -> Json:
        """Bring size and what changes in place to a MachineSet."""
        if is_deleting(machine_set):
            return machine_set
        name, wanted = meta(machine_set)["name"], copy(machine_set)
        before = int(get_in(machine_set, "spec", "replicas", default=1))
        after = sizes.get(name, before)
        wanted["spec"]["replicas"] = after
        _lay(deployment, wanted, bounds, revision, is_old=is_old)
        for field, key in stale_keys(
            machine_set, MANAGER, labels(_sample(deployment, wanted)), annotations(_sample(deployment, wanted))
        ):
            wanted["metadata"][field].pop(key, None)
        written = await write_changes(self._client, machine_set, wanted, field_manager=MANAGER)
        if after != before:
            way = "up" if after > before else "down"
            text = f"Scaled {way} MachineSet {name}: {before} -> {after}"
            await self._recorder.normal(deployment, "SuccessfulScale", text)
        return written

    async def _clear_away(self, deployment: Json, machine_set: Json) -> None:
        """Delete an emptied MachineSet of an older template."""
        status = machine_set.get("status") or {}
        is_behind = status.get("observedGeneration", 0) < meta(machine_set).get("generation", 1)
        if is_deleting(machine_set) or is_behind or status.get("replicas") or get_in(machine_set, "spec", "replicas"):
            return
        await self._remove(machine_set)
        text = f'Deleted MachineSet "{meta(machine_set)["name"]}"'
        await self._recorder.normal(deployment, "SuccessfulDelete", text)

    async def _remove(self, machine_set: Json) -> None:
        key = Key.of(machine_set)
        try:
            await self._client.delete(MACHINE_SET, key.name, key.namespace, uid=meta(machine_set)["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise

    async def _delete(self, draft: Json, sets: Sequence[Json]) -> Outcome:
        for machine_set in sets:
            if not is_deleting(machine_set):
                await self._remove(machine_set)
        if not sets:
            draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        return Outcome(sets, await self._machines(draft))


def _own(draft: Json, cluster: Json) -> None:
    metadata = draft["metadata"]
    if FINALIZER not in finalizers(draft):
        metadata.setdefault("finalizers", []).append(FINALIZER)
    metadata["ownerReferences"] = with_owner(owner_references(draft), reference_to(cluster))
    metadata.setdefault("labels", {})[CLUSTER_NAME_LABEL] = draft["spec"]["clusterName"]


def _selects(deployment: Json, machine_set: Json) -> bool:
    chosen = label_selector(get_in(deployment, "spec", "selector"))
    return not chosen.is_everything and chosen.matches(labels(machine_set))


def _sample(deployment: Json, machine_set: Json) -> Json:
    """The labels and annotations that a MachineSet has from its deployment, as an object with nothing else."""
    return {
        "metadata": {
            "labels": _labels(deployment, labels(machine_set).get(HASH_LABEL, "")),
            "annotations": {
                **dict.fromkeys((REVISION, HISTORY, DISABLE_CREATE, DESIRED_REPLICAS, MAX_REPLICAS), ""),
                **_annotations(deployment),
            },
        }
    }


def _labels(deployment: Json, mark: str) -> dict[str, str]:
    carried = labels(deployment["spec"]["template"])
    return {**carried, HASH_LABEL: mark, DEPLOYMENT_LABEL: meta(deployment)["name"]}


def _annotations(deployment: Json) -> dict[str, str]:
    return {key: value for key, value in annotations(deployment).items() if key not in _OWN_ANNOTATIONS}


def _lay(deployment: Json, machine_set: Json, bounds: Bounds, revision: str, *, is_old: bool) -> None:
    """Give a MachineSet all that it has from its deployment and that changes in place. Source: computeDesiredMS."""
    metadata, spec, wanted = machine_set["metadata"], machine_set["spec"], deployment["spec"]
    mark, template = labels(machine_set)[HASH_LABEL], wanted["template"]
    metadata["labels"] = {**(metadata.get("labels") or {}), **_labels(deployment, mark)}
    told = {
        **(metadata.get("annotations") or {}),
        **_annotations(deployment),
        DESIRED_REPLICAS: str(bounds.replicas),
        MAX_REPLICAS: str(bounds.replicas + bounds.surge),
        DISABLE_CREATE: "true" if is_old and bounds.strategy == ON_DELETE else "false",
    }
    before = told.get(REVISION)
    if revision and before != revision:
        if before:
            told[HISTORY] = ",".join([*filter(None, [told.get(HISTORY)]), before])
        told[REVISION] = revision
    metadata["annotations"] = told
    selector = copy(wanted.get("selector") or {})
    selector.setdefault("matchLabels", {})[HASH_LABEL] = mark
    spec["selector"] = selector
    described: Json = {"labels": {**labels(template), HASH_LABEL: mark}}
    if annotations(template):
        described["annotations"] = dict(annotations(template))
    spec["template"]["metadata"] = described
    asked, have = template.get("spec") or {}, spec["template"].setdefault("spec", {})
    _carry(IN_PLACE, asked, have)
    if asked.get("deletion") or have.get("deletion"):
        _carry(IN_PLACE_DELETION, asked.get("deletion") or {}, have.setdefault("deletion", {}))
        if not have["deletion"]:
            del have["deletion"]
    _carry(("machineNaming",), wanted, spec)
    order = get_in(wanted, "deletion", "order")
    if order:
        spec["deletion"] = {"order": order}
    else:
        spec.pop("deletion", None)


def _carry(names: Sequence[str], source: Json, target: Json) -> None:
    for name in names:
        if source.get(name) is not None:
            target[name] = copy(source[name])
        else:
            target.pop(name, None)


def _revision(current: Json | None, old: Sequence[Json]) -> str:
    """The number of the present template: above all older ones'."""
    newest = 1 + max((_number(s) for s in old), default=0)
    return str(max(newest, _number(current) if current is not None else 0))


def _number(machine_set: Json) -> int:
    text = annotations(machine_set).get(REVISION, "")
    return int(text) if text.isdigit() else 0
