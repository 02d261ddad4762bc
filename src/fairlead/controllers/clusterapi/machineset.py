"""MachineSet controller: as many machines of one kind as are asked for.

Behaviour: cluster-api v1.14, core/reconcilers/machineset (names, order of creation, preflight, deletion order, status).
Differences: docs/compat/clusterapi.md#machineset.
"""

from collections.abc import Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key, annotations, controller_of, copy, finalizers, get_in, is_deleting, labels
from fairlead.controllers.clusterapi.cloning import contract_reference, from_template
from fairlead.controllers.clusterapi.replicas import report_old_machines, report_replicas, report_scaling
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CONTROL_PLANE,
    MACHINE,
    MACHINE_SET,
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
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import find
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result

FINALIZER = "cluster.x-k8s.io/machineset"
MANAGER = "capi-machineset"
DISABLE_CREATE = "cluster.x-k8s.io/disable-machine-create"
SET_NAME_LABEL = "cluster.x-k8s.io/set-name"
DELETE_ANNOTATION = "cluster.x-k8s.io/delete-machine"
SKIP_PREFLIGHT = "machineset.cluster.x-k8s.io/skip-preflight-checks"


class MachineSetController(BaseController):
    """Keeps the number of machines."""

    name = "machineset"
    kind = MACHINE_SET

    def __init__(self, *, client: Client, clock: Clock, ids: Ids, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._recorder = recorder

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(MACHINE, wake_owner(MACHINE_SET)),
            Watch(CLUSTER, self._of_cluster),
            Watch(CONTROL_PLANE, self._of_control_plane),
        )

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        return [Key.of(machine_set) for machine_set in await in_cluster(self._client, MACHINE_SET, cluster)]

    async def _of_control_plane(self, plane: Json) -> list[Key]:
        name = labels(plane).get(CLUSTER_NAME_LABEL, "")
        found = await self._client.list(
            MACHINE_SET, Key.of(plane).namespace, label_selector=f"{CLUSTER_NAME_LABEL}={name}"
        )
        return [Key.of(machine_set) for machine_set in found.items]

    async def reconcile(self, key: Key) -> Result:
        machine_set = await get_or_none(self._client, MACHINE_SET, key)
        if machine_set is None:
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, machine_set["spec"]["clusterName"]))
        if cluster is None:
            return Result.done()
        machines = await self._machines(machine_set)
        async with editing(self._client, machine_set, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, machine_set):
                report.set(PAUSED, True, "Paused", pause_message(cluster, machine_set))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            if is_deleting(machine_set):
                await self._delete(draft, report, machines)
                return Result.done()
            if FINALIZER not in finalizers(draft):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            if controller_of(draft) is None:
                owners = draft["metadata"].get("ownerReferences") or []
                draft["metadata"]["ownerReferences"] = with_owner(owners, reference_to(cluster))
            blocked = await self._scale(machine_set, cluster, machines)
            self._report(machine_set, draft, report, machines, blocked)
        return Result.done()

    async def _machines(self, machine_set: Json) -> list[Json]:
        chosen = label_selector(get_in(machine_set, "spec", "selector"))
        found = await self._client.list(MACHINE, Key.of(machine_set).namespace, label_selector=str(chosen))
        uid = machine_set["metadata"]["uid"]
        return [machine for machine in found.items if is_controlled_by(machine, uid)]

    async def _scale(self, machine_set: Json, cluster: Json, machines: list[Json]) -> list[str]:
        """Make or delete machines (*machines* follows); returns what keeps new ones from being made."""
        wanted = get_in(machine_set, "spec", "replicas", default=1)
        alive = [machine for machine in machines if not is_deleting(machine)]
        if len(alive) > wanted:
            for machine in _by_priority(machine_set, alive)[: len(alive) - wanted]:
                await self._remove(machine_set, machine)
            return []
        if len(machines) >= wanted:
            return []
        if annotations(machine_set).get(DISABLE_CREATE) == "true":
            return []
        blocked = await self._preflight(machine_set, cluster)
        if blocked:
            return blocked
        for _ in range(wanted - len(machines)):
            missing = await self._create(machine_set, machines)
            if missing:
                return [missing]
        return []

    async def _preflight(self, machine_set: Json, cluster: Json) -> list[str]:
        """Why machines should not be made now: the control plane is being made or upgraded."""
        if "All" in annotations(machine_set).get(SKIP_PREFLIGHT, ""):
            return []
        namespace = Key.of(machine_set).namespace
        plane = await referenced(self._client, get_in(cluster, "spec", "controlPlaneRef"), namespace)
        if plane is None:
            return []
        title = f"{plane['kind']} {Key.of(plane)}"
        have, want = get_in(plane, "status", "version", default=""), get_in(plane, "spec", "version", default="")
        if not have:
            return [f'{title} is provisioning ("ControlPlaneIsStable" preflight check failed)']
        if have != want or get_in(find(get_in(plane, "status", "conditions"), "RollingOut") or {}, "status") == "True":
            return [f'{title} is upgrading ("ControlPlaneIsStable" preflight check failed)']
        return self._skew(machine_set, have)

    def _skew(self, machine_set: Json, plane_version: str) -> list[str]:
        version = get_in(machine_set, "spec", "template", "spec", "version", default="")
        if not version:
            return []
        mine, plane = _minor(version), _minor(plane_version)
        if mine is None or plane is None or mine <= plane:
            return []
        text = "conforms to the kubernetes version skew policy"
        return [
            f"MachineSet version ({version}) and ControlPlane version ({plane_version}) do not {text}: "
            f'MachineSet version is higher ("KubernetesVersionSkew" preflight check failed)'
        ]

    async def _create(self, machine_set: Json, machines: list[Json]) -> str:
        """Make one machine with its bootstrap and infrastructure objects; returns the template that is missing."""
        meta, template = machine_set["metadata"], machine_set["spec"]["template"]
        name = f"{meta['name']}-{self._ids.suffix()}"
        kept = {
            **labels(template),
            SET_NAME_LABEL: meta["name"],
            CLUSTER_NAME_LABEL: machine_set["spec"]["clusterName"],
        }
        deployment = labels(machine_set).get("cluster.x-k8s.io/deployment-name")
        if deployment:
            kept["cluster.x-k8s.io/deployment-name"] = deployment
        spec: Json = copy(template.get("spec") or {})
        for path in (("bootstrap", "configRef"), ("infrastructureRef",)):
            reference = get_in(spec, *path)
            source = await referenced(self._client, reference, meta["namespace"])
            if reference and source is None:
                return f"{reference['kind']} does not exist"
            if source is None:
                continue
            clone = from_template(
                source,
                name=name,
                owner=machine_set,
                more_labels=kept,
                more_annotations=annotations(template),
            )
            made = await self._client.apply(clone, field_manager=MANAGER)
            holder = spec["bootstrap"] if path[0] == "bootstrap" else spec
            holder[path[-1]] = contract_reference(made)
        body = {
            "apiVersion": MACHINE.api_version,
            "kind": MACHINE.kind,
            "metadata": {
                "name": name,
                "namespace": meta["namespace"],
                "labels": kept,
                "annotations": dict(annotations(template)),
                "ownerReferences": [controller_reference(machine_set)],
                "finalizers": ["machine.cluster.x-k8s.io"],
            },
            "spec": spec,
        }
        machines.append(await self._client.apply(body, field_manager=MANAGER))
        await self._recorder.normal(machine_set, "SuccessfulCreate", f'Created Machine "{name}"')
        return ""

    async def _remove(self, machine_set: Json, machine: Json) -> None:
        name = machine["metadata"]["name"]
        try:
            await self._client.delete(MACHINE, name, machine["metadata"]["namespace"], uid=machine["metadata"]["uid"])
        except ApiError as error:
            if not error.is_not_found:
                raise
        await self._recorder.normal(machine_set, "SuccessfulDelete", f'Deleted Machine "{name}"')

    async def _delete(self, draft: Json, report: Reporter, machines: list[Json]) -> None:
        for machine in machines:
            if not is_deleting(machine):
                await self._remove(draft, machine)
        if machines:
            names = ", ".join(sorted(machine["metadata"]["name"] for machine in machines))
            text = f"Deleting {len(machines)} Machine" + ("s" if len(machines) > 1 else "") + f" (Machines {names})"
            report.set("Deleting", True, "Deleting", text)
            return
        report.set("Deleting", True, "DeletionCompleted", "Deletion completed")
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]

    def _report(
        self, machine_set: Json, draft: Json, report: Reporter, machines: list[Json], blocked: list[str]
    ) -> None:
        wanted = get_in(machine_set, "spec", "replicas", default=1)
        chosen = label_selector(get_in(machine_set, "spec", "selector"))
        counts = report_replicas(machine_set, draft, machines, str(chosen))
        report_scaling(report, wanted, len(machines), blocked)
        report_old_machines(draft, report, machines, wanted, counts)
        report.set("Remediating", False, "NotRemediating")
        report.set("Deleting", False, "NotDeleting")
        report.sort()


def _minor(version: str) -> int | None:
    parts = version.removeprefix("v").split(".")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None


def _by_priority(machine_set: Json, machines: Sequence[Json]) -> list[Json]:
    """The machines in the order in which they go: marked, unhealthy, without a node, then by the policy."""
    order = get_in(machine_set, "spec", "deletion", "order", default="Random")

    def rank(machine: Json) -> tuple[int, str]:
        made, name = machine["metadata"]["creationTimestamp"], machine["metadata"]["name"]
        if DELETE_ANNOTATION in annotations(machine):
            return 0, name
        healthy = find(get_in(machine, "status", "conditions"), "HealthCheckSucceeded")
        if healthy is not None and healthy["status"] == "False":
            return 1, name
        if not get_in(machine, "status", "nodeRef", "name"):
            return 2, name
        ready = find(get_in(machine, "status", "conditions"), "NodeHealthy")
        if ready is not None and ready["status"] != "True":
            return 3, name
        return 4, made + name if order == "Oldest" else name

    ranked = sorted(machines, key=rank)
    if order != "Newest":
        return ranked
    early = [machine for machine in ranked if rank(machine)[0] < 4]
    late = [machine for machine in ranked if rank(machine)[0] == 4]
    return early + sorted(late, key=lambda m: str(m["metadata"]["creationTimestamp"]), reverse=True)
