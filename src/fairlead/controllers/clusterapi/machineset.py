"""MachineSet controller: as many machines of one kind as are asked for.

Behaviour: cluster-api v1.14, core/reconcilers/machineset (names, order of creation, in-place changes, deletion).
Replacement of ill machines is in `remediation`. Differences: docs/compat/clusterapi.md#machineset.
"""

from collections.abc import Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import (
    GVK,
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
from fairlead.controllers.clusterapi.cloning import contract_reference, from_template
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.machinenames import machine_name
from fairlead.controllers.clusterapi.machineorder import deletion_order
from fairlead.controllers.clusterapi.machinesetstatus import Outcome, report_status
from fairlead.controllers.clusterapi.machinetemplate import IN_PLACE, IN_PLACE_DELETION
from fairlead.controllers.clusterapi.ownkeys import stale_keys
from fairlead.controllers.clusterapi.preflight import preflight
from fairlead.controllers.clusterapi.remediation import Remediation, Scope
from fairlead.controllers.clusterapi.wakeups import Changes, of_cluster, of_control_plane
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CONTROL_PLANE,
    MACHINE,
    MACHINE_DEPLOYMENT,
    MACHINE_SET,
    SETTLE_SET,
    controller_reference,
    get_or_none,
    gvk_of_reference,
    in_cluster,
    is_controlled_by,
    is_paused,
    pause_message,
    reference_to,
    referenced,
    with_owner,
)
from fairlead.engines.gotemplate.errors import TemplateError
from fairlead.engines.selectors import label_selector
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result

FINALIZER = "cluster.x-k8s.io/machineset"
MACHINE_FINALIZER = "machine.cluster.x-k8s.io"
MANAGER = "capi-machineset"  # of what is applied
UPDATES = "manager"
DISABLE_CREATE = "cluster.x-k8s.io/disable-machine-create"
SET_NAME_LABEL = "cluster.x-k8s.io/set-name"
DEPLOYMENT_LABEL = "cluster.x-k8s.io/deployment-name"
NODE_DELETION_DEFAULT = 10
PARTS = (("bootstrap", "configRef"), ("infrastructureRef",))
AT_ONCE = 50  # machines made in one pass; then the size that is asked for is read again


class MachineSetController(BaseController):
    """Keeps the number of machines."""

    name = "machineset"
    kind = MACHINE_SET
    settle = SETTLE_SET
    rest = 2.0

    def __init__(self, *, client: Client, clock: Clock, ids: Ids, cache: ClusterCache, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._cache = cache
        self._recorder = recorder
        self._remediation = Remediation(client=client, clock=clock, recorder=recorder)
        self._clusters = Changes(of_cluster)
        self._planes = Changes(of_control_plane)
        self._propagated: dict[Key, dict[str, object]] = {}  # set -> machine's uid -> of what versions of both

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(MACHINE, self._of_machine),
            Watch(CLUSTER, self._of_cluster),
            Watch(CONTROL_PLANE, self._of_control_plane),
        )

    async def _of_machine(self, machine: Json) -> list[Key]:
        if controller_of(machine) is not None:
            namespace, owner = Key.of(machine).namespace, controller_of(machine) or {}
            return [Key(namespace, owner["name"])] if owner.get("kind") == MACHINE_SET.kind else []
        found = await self._client.list(MACHINE_SET, Key.of(machine).namespace)
        return [
            Key.of(s) for s in found.items if label_selector(get_in(s, "spec", "selector")).matches(labels(machine))
        ]

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        if not self._clusters.is_new(cluster):
            return []
        return [Key.of(machine_set) for machine_set in await in_cluster(self._client, MACHINE_SET, cluster)]

    async def _of_control_plane(self, plane: Json) -> list[Key]:
        if not self._planes.is_new(plane):
            return []
        name = labels(plane).get(CLUSTER_NAME_LABEL, "")
        selector = f"{CLUSTER_NAME_LABEL}={name}"
        found = await self._client.list(MACHINE_SET, Key.of(plane).namespace, label_selector=selector)
        return [Key.of(machine_set) for machine_set in found.items]

    async def reconcile(self, key: Key) -> Result:
        machine_set = await get_or_none(self._client, MACHINE_SET, key)
        if machine_set is None:
            self._propagated.pop(key, None)
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, machine_set["spec"]["clusterName"]))
        if cluster is None:
            return Result.done()
        async with editing(self._client, machine_set, field_manager=UPDATES) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, machine_set):
                report.set(PAUSED, True, "Paused", pause_message(cluster, machine_set))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            machines = await self._machines(machine_set)
            if is_deleting(machine_set):
                await self._delete(draft, machines)
                outcome = self._outcome(cluster, machines)
            else:
                _own(draft, cluster)
                outcome = await self._bring_about(machine_set, draft, cluster, machines)
            if FINALIZER in finalizers(draft):
                report_status(draft, report, outcome)
        return Result.done()

    def _outcome(
        self,
        cluster: Json,
        machines: Sequence[Json],
        missing: Sequence[str] = (),
        blocked: Sequence[str] = (),
        failure: tuple[str, str] | None = None,
    ) -> Outcome:
        nodes = self._cache.connection(Key.of(cluster)).nodes
        return Outcome(machines, nodes, missing, blocked, failure)

    async def _machines(self, machine_set: Json) -> list[Json]:
        """The set's Machines; those that match and belong to nobody are taken over."""
        chosen = label_selector(get_in(machine_set, "spec", "selector"))
        found = await self._client.list(MACHINE, Key.of(machine_set).namespace, label_selector=str(chosen))
        machines = []
        for machine in found.items:
            owner = controller_of(machine)
            if owner is None and not is_deleting(machine_set):
                machines.append(await self._take_over(machine_set, machine))
            elif is_controlled_by(machine, meta(machine_set)["uid"]):
                machines.append(machine)
        return machines

    async def _take_over(self, machine_set: Json, machine: Json) -> Json:
        wanted = copy(machine)
        owners = with_owner(owner_references(machine), controller_reference(machine_set))
        wanted["metadata"]["ownerReferences"] = owners
        taken = await write_changes(self._client, machine, wanted, field_manager=UPDATES)
        await self._recorder.normal(machine_set, "SuccessfulAdopt", f'Adopted Machine "{meta(machine)["name"]}"')
        return taken

    async def _bring_about(self, machine_set: Json, draft: Json, cluster: Json, machines: list[Json]) -> Outcome:
        templates, missing = await self._templates(machine_set, cluster)
        deployment = await self._deployment(machine_set)
        plane = await referenced(self._client, get_in(cluster, "spec", "controlPlaneRef"), Key.of(cluster).namespace)
        bootstrap = templates.get("bootstrap")
        scope = Scope(machine_set, deployment, machines, lambda: preflight(machine_set, plane, bootstrap))
        machines = await self._remediation.step(scope)
        if Key.of(machine_set) not in self._propagated:
            await self._drop_orphans(machine_set, machines)
        machines = await self._propagate_all(machine_set, machines)
        wanted = int(get_in(machine_set, "spec", "replicas", default=1))
        if len(machines) > wanted:
            machines = await self._shrink(machine_set, machines, len(machines) - wanted)
        if len(machines) >= wanted or annotations(machine_set).get(DISABLE_CREATE) == "true":
            return self._outcome(cluster, machines, missing)
        blocked = preflight(machine_set, plane, bootstrap)
        if blocked or missing:
            return self._outcome(cluster, machines, missing, blocked)
        failure = None
        limit = min(wanted, len(machines) + AT_ONCE)
        while failure is None and len(machines) < limit:
            failure = await self._create(machine_set, templates, machines)
        return self._outcome(cluster, machines, missing, failure=failure)

    async def _deployment(self, machine_set: Json) -> Json | None:
        name = labels(machine_set).get(DEPLOYMENT_LABEL)
        if not name:
            return None
        return await get_or_none(self._client, MACHINE_DEPLOYMENT, Key(Key.of(machine_set).namespace, name))

    async def _templates(self, machine_set: Json, cluster: Json) -> tuple[dict[str, Json], list[str]]:
        """The templates by the field that names them, owned by the Cluster; and the kinds that are not there."""
        spec = get_in(machine_set, "spec", "template", "spec", default={})
        found, missing = {}, []
        for path in PARTS:
            reference = get_in(spec, *path)
            template = await referenced(self._client, reference, Key.of(machine_set).namespace)
            if template is None:
                missing += [reference["kind"]] if reference else []
                continue
            found[path[0]] = template
            if any(owner["uid"] == meta(cluster)["uid"] for owner in owner_references(template)):
                continue
            wanted = copy(template)
            wanted["metadata"]["ownerReferences"] = with_owner(owner_references(template), reference_to(cluster))
            await write_changes(self._client, template, wanted, field_manager=UPDATES)
        return found, missing

    # In place

    async def _propagate_all(self, machine_set: Json, machines: Sequence[Json]) -> list[Json]:
        """Bring it to the machines that changed, or to all when the set did."""
        key = Key.of(machine_set)
        done: dict[str, object] = {}
        before, version = self._propagated.get(key, {}), (meta(machine_set)["generation"], labels(machine_set))
        current = []
        for machine in machines:
            if before.get(meta(machine)["uid"]) != (meta(machine)["resourceVersion"], version):
                machine = await self._propagate(machine_set, machine)
            current.append(machine)
            done[meta(machine)["uid"]] = (meta(machine)["resourceVersion"], version)
        self._propagated[key] = done
        return current

    async def _propagate(self, machine_set: Json, machine: Json) -> Json:
        """Bring what may change in place to a Machine and its bootstrap and infrastructure objects."""
        wanted = copy(machine)
        _carry_spec(get_in(machine_set, "spec", "template", "spec", default={}), wanted["spec"])
        if not is_deleting(machine):
            named, noted = _machine_labels(machine_set), _machine_annotations(machine_set)
            gone = stale_keys(machine, MANAGER, named, noted)
            for path in PARTS:  # before the Machine: it is what remembers which keys were ours
                part = await referenced(self._client, get_in(machine, "spec", *path), Key.of(machine).namespace)
                if part is not None and not is_deleting(part):
                    await self._lay(part, copy(part), named, noted, gone)
            return await self._lay(machine, wanted, named, noted, gone)
        return await write_changes(self._client, machine, wanted, field_manager=MANAGER)

    async def _lay(
        self, obj: Json, wanted: Json, named: dict[str, str], noted: dict[str, str], gone: set[tuple[str, str]]
    ) -> Json:
        """Set labels and annotations, and take away those in *gone*."""
        for field, keys in (("labels", named), ("annotations", noted)):
            holder = {**(wanted["metadata"].get(field) or {}), **keys}
            kept = {key: value for key, value in holder.items() if (field, key) not in gone}
            if kept or field in wanted["metadata"]:
                wanted["metadata"][field] = kept
        return await write_changes(self._client, obj, wanted, field_manager=MANAGER)

    # More and fewer

    async def _drop_orphans(self, machine_set: Json, machines: Sequence[Json]) -> None:
        """Delete bootstrap and infrastructure objects whose Machine could not be made: this process was interrupted."""
        chosen = str(label_selector(get_in(machine_set, "spec", "selector")))
        namespace = Key.of(machine_set).namespace
        for path in PARTS:
            reference = get_in(machine_set, "spec", "template", "spec", *path)
            if not reference:
                continue
            gvk = gvk_of_reference({**reference, "kind": reference["kind"].removesuffix("Template")})
            used = {get_in(machine, "spec", *path, "name") for machine in machines}
            for part in (await self._client.list(gvk, namespace, label_selector=chosen)).items:
                mine = any(owner["uid"] == meta(machine_set)["uid"] for owner in owner_references(part))
                if mine and meta(part)["name"] not in used and not is_deleting(part):
                    await self._remove(gvk, part)

    async def _create(
        self, machine_set: Json, templates: dict[str, Json], machines: list[Json]
    ) -> tuple[str, str] | None:
        """Make one machine with its parts (*machines* follows); returns reason and text when that failed."""
        spec: Json = copy(get_in(machine_set, "spec", "template", "spec", default={}))
        naming = get_in(machine_set, "spec", "machineNaming", "template", default="")
        cluster, own_name = machine_set["spec"]["clusterName"], meta(machine_set)["name"]
        try:
            name = machine_name(naming, cluster, "machineSet", own_name, self._ids)
        except TemplateError as error:
            return "MachineCreationFailed", f"cannot render spec.machineNaming.template: {error}"
        made: list[Json] = []
        try:
            for path in PARTS:
                template = templates.get(path[0])
                if template is None:
                    continue
                part = await self._client.apply(self._part(machine_set, template, name), field_manager=MANAGER)
                made.append(part)
                (spec["bootstrap"] if path[0] == "bootstrap" else spec)[path[-1]] = contract_reference(part)
            machine = await self._client.apply(self._machine(machine_set, name, spec), field_manager=MANAGER)
        except ApiError as error:
            self._propagated.pop(Key.of(machine_set), None)  # look for orphans again, should this not remove all
            for part in made:
                await self._remove(GVK.of(part), part)
            if error.is_transient:
                raise
            reason = ("BootstrapTemplateCloningFailed", "InfrastructureTemplateCloningFailed", "MachineCreationFailed")
            return reason[min(len(made), 2)], error.message
        machines.append(machine)
        await self._recorder.normal(machine_set, "SuccessfulCreate", f'Created Machine "{name}"')
        return None

    def _part(self, machine_set: Json, template: Json, name: str) -> Json:
        return from_template(
            template,
            name=name,
            owner=machine_set,
            more_labels={**_machine_labels(machine_set), CLUSTER_NAME_LABEL: machine_set["spec"]["clusterName"]},
            more_annotations=_machine_annotations(machine_set),
        )

    def _machine(self, machine_set: Json, name: str, spec: Json) -> Json:
        noted = _machine_annotations(machine_set)
        return {
            "apiVersion": MACHINE.api_version,
            "kind": MACHINE.kind,
            "metadata": {
                "name": name,
                "namespace": meta(machine_set)["namespace"],
                "labels": _machine_labels(machine_set),
                **({"annotations": noted} if noted else {}),
                "ownerReferences": [controller_reference(machine_set)],
                "finalizers": [MACHINE_FINALIZER],
            },
            "spec": {**spec, "clusterName": machine_set["spec"]["clusterName"]},
        }

    async def _shrink(self, machine_set: Json, machines: Sequence[Json], count: int) -> list[Json]:
        """Delete as many as are too many; returns the Machines as they are then."""
        order = get_in(machine_set, "spec", "deletion", "order", default="Random")
        for machine in deletion_order(machines, order, self._clock.now())[:count]:
            if not is_deleting(machine):
                await self._remove(MACHINE, machine)
                text = f'Deleted Machine "{meta(machine)["name"]}"'
                await self._recorder.normal(machine_set, "SuccessfulDelete", text)
        return await self._machines(machine_set)

    async def _remove(self, gvk: GVK, obj: Json) -> None:
        key = Key.of(obj)
        try:
            await self._client.delete(gvk, key.name, key.namespace, uid=meta(obj)["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise

    async def _delete(self, draft: Json, machines: Sequence[Json]) -> None:
        for machine in machines:
            if not is_deleting(machine):
                await self._remove(MACHINE, machine)
        if not machines:
            draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]


def _own(draft: Json, cluster: Json) -> None:
    """Finalizer, owner, and the label that ties it all to its Cluster."""
    metadata, spec, name = draft["metadata"], draft["spec"], draft["spec"]["clusterName"]
    if FINALIZER not in finalizers(draft):
        metadata.setdefault("finalizers", []).append(FINALIZER)
    owned = any(owner.get("kind") in (MACHINE_DEPLOYMENT.kind, CLUSTER.kind) for owner in owner_references(draft))
    if not owned and DEPLOYMENT_LABEL not in labels(draft):
        metadata["ownerReferences"] = with_owner(owner_references(draft), reference_to(cluster))
    metadata.setdefault("labels", {})[CLUSTER_NAME_LABEL] = name
    spec.setdefault("selector", {}).setdefault("matchLabels", {})[CLUSTER_NAME_LABEL] = name
    spec["template"].setdefault("metadata", {}).setdefault("labels", {})[CLUSTER_NAME_LABEL] = name


def _carry_spec(template: Json, spec: Json) -> None:
    """Give a Machine's *spec* the fields that are changed in place."""
    deletion = spec.setdefault("deletion", {})
    asked = template.get("deletion") or {}
    for names, source, target in ((IN_PLACE, template, spec), (IN_PLACE_DELETION, asked, deletion)):
        for name in names:
            if source.get(name) is not None:
                target[name] = copy(source[name])
            else:
                target.pop(name, None)
    deletion.setdefault("nodeDeletionTimeoutSeconds", NODE_DELETION_DEFAULT)


def _machine_labels(machine_set: Json) -> dict[str, str]:
    kept = {**labels(machine_set["spec"]["template"]), SET_NAME_LABEL: meta(machine_set)["name"]}
    kept[CLUSTER_NAME_LABEL] = machine_set["spec"]["clusterName"]
    deployment = labels(machine_set).get(DEPLOYMENT_LABEL)
    return {**kept, DEPLOYMENT_LABEL: deployment} if deployment else kept


def _machine_annotations(machine_set: Json) -> dict[str, str]:
    return dict(annotations(machine_set["spec"]["template"]))
