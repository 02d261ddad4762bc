"""MachineDeployment controller: roll machines from one template to the next through MachineSets.

Behaviour: cluster-api v1.14, core/reconcilers/machinedeployment (names, hash label, rolling update, status, clean-up).
Differences: docs/compat/clusterapi.md#machinedeployment.
"""

import math
from collections.abc import Sequence

from fairlead.api.errors import ApiError
from fairlead.base import gojson
from fairlead.base.objects import Json, Key, annotations, copy, finalizers, get_in, is_deleting, labels
from fairlead.controllers.clusterapi.machinestatus import template_differences
from fairlead.controllers.clusterapi.replicas import report_machines, report_replicas, report_scaling
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    MACHINE,
    MACHINE_DEPLOYMENT,
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
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result

FINALIZER = "cluster.x-k8s.io/machinedeployment"
MANAGER = "capi-machinedeployment"
HASH_LABEL = "machine-template-hash"
DEPLOYMENT_LABEL = "cluster.x-k8s.io/deployment-name"
REVISION = "machinedeployment.clusters.x-k8s.io/revision"
DESIRED = "machinedeployment.clusters.x-k8s.io/desired-replicas"
MAXIMUM = "machinedeployment.clusters.x-k8s.io/max-replicas"
DISABLE_CREATE = "cluster.x-k8s.io/disable-machine-create"


def template_hash(template: Json) -> str:
    """A short number that stands for a machine template (FNV-1a, as upstream's has that form)."""
    digest = 0x811C9DC5
    for byte in gojson.dumps(template):
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFFFFFF
    return str(digest)


def amount(value: int | str | None, total: int, default: int, *, round_up: bool) -> int:
    """An absolute number or a percentage of *total*."""
    if value is None:
        return default
    if isinstance(value, str) and value.endswith("%"):
        share = int(value[:-1]) * total / 100
        return math.ceil(share) if round_up else math.floor(share)
    return int(value)


class MachineDeploymentController(BaseController):
    """Keeps one MachineSet for each template, and moves machines from the old ones to the new."""

    name = "machinedeployment"
    kind = MACHINE_DEPLOYMENT

    def __init__(self, *, client: Client, clock: Clock, ids: Ids, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._recorder = recorder

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(MACHINE_SET, wake_owner(MACHINE_DEPLOYMENT)),
            Watch(MACHINE, self._of_machine),
            Watch(CLUSTER, self._of_cluster),
        )

    def _of_machine(self, machine: Json) -> tuple[Key, ...]:
        name = labels(machine).get(DEPLOYMENT_LABEL)
        return (Key(Key.of(machine).namespace, name),) if name else ()

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        return [Key.of(deployment) for deployment in await in_cluster(self._client, MACHINE_DEPLOYMENT, cluster)]

    async def reconcile(self, key: Key) -> Result:
        deployment = await get_or_none(self._client, MACHINE_DEPLOYMENT, key)
        if deployment is None:
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, deployment["spec"]["clusterName"]))
        if cluster is None:
            return Result.done()
        sets = await self._sets(deployment)
        async with editing(self._client, deployment, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, deployment):
                report.set(PAUSED, True, "Paused", pause_message(cluster, deployment))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            if is_deleting(deployment):
                await self._delete(deployment, draft, report, sets)
                return Result.done()
            if FINALIZER not in finalizers(draft):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            owners = draft["metadata"].get("ownerReferences") or []
            draft["metadata"]["ownerReferences"] = with_owner(owners, reference_to(cluster))
            missing = await self._adopt_templates(deployment, cluster)
            if not missing:
                await self._roll(deployment, sets, draft)
            await self._report(deployment, draft, report, sets, missing)
        return Result.done()

    async def _sets(self, deployment: Json) -> list[Json]:
        name, uid = deployment["metadata"]["name"], deployment["metadata"]["uid"]
        selector = f"{DEPLOYMENT_LABEL}={name}"
        found = (await self._client.list(MACHINE_SET, Key.of(deployment).namespace, label_selector=selector)).items
        return [machine_set for machine_set in found if is_controlled_by(machine_set, uid)]

    async def _adopt_templates(self, deployment: Json, cluster: Json) -> str:
        """Let the Cluster own the templates; returns which one does not exist."""
        spec = deployment["spec"]["template"].get("spec") or {}
        for reference in (get_in(spec, "bootstrap", "configRef"), spec.get("infrastructureRef")):
            if not reference:
                continue
            template = await referenced(self._client, reference, Key.of(deployment).namespace)
            if template is None:
                return f"{reference['kind']} does not exist"
            wanted = copy(template)
            wanted["metadata"]["ownerReferences"] = with_owner(
                template["metadata"].get("ownerReferences") or [], reference_to(cluster)
            )
            await write_changes(self._client, template, wanted, field_manager=MANAGER)
        return ""

    # Rolling.

    async def _roll(self, deployment: Json, sets: list[Json], draft: Json) -> None:
        new = next((s for s in sets if not template_differences(s, deployment)), None)
        old = [s for s in sets if s is not new]
        wanted = get_in(deployment, "spec", "replicas", default=1)
        bounds = get_in(deployment, "spec", "rollout", "strategy", "rollingUpdate", default={})
        surge = amount(bounds.get("maxSurge"), wanted, 1, round_up=True)
        unavailable = amount(bounds.get("maxUnavailable"), wanted, 0, round_up=False)
        if new is None:
            new = await self._create_set(deployment, old, wanted, surge)
            sets.append(new)
        draft["metadata"].setdefault("annotations", {})[REVISION] = annotations(new).get(REVISION, "1")
        if get_in(deployment, "spec", "rollout", "strategy", "type") == "OnDelete":
            await self._on_delete(deployment, new, old, wanted, surge)
        else:
            await self._rolling_update(deployment, new, old, wanted, surge, unavailable)
        for machine_set in old:
            if _size(machine_set) == 0 and not get_in(machine_set, "status", "replicas"):
                await self._drop_set(deployment, machine_set)

    async def _create_set(self, deployment: Json, old: Sequence[Json], wanted: int, surge: int) -> Json:
        meta, template = deployment["metadata"], copy(deployment["spec"]["template"])
        suffix = self._ids.suffix()
        mark = f"{template_hash(template)}-{suffix}"
        template.setdefault("metadata", {}).setdefault("labels", {})[HASH_LABEL] = mark
        selector = copy(deployment["spec"]["selector"])
        selector.setdefault("matchLabels", {})[HASH_LABEL] = mark
        revision = 1 + max((int(annotations(s).get(REVISION, "0")) for s in old), default=0)
        body = {
            "apiVersion": MACHINE_SET.api_version,
            "kind": MACHINE_SET.kind,
            "metadata": {
                "name": f"{meta['name']}-{suffix}",
                "namespace": meta["namespace"],
                "labels": {**labels(template)},
                "annotations": {
                    DISABLE_CREATE: "false",
                    DESIRED: str(wanted),
                    MAXIMUM: str(wanted + surge),
                    REVISION: str(revision),
                },
                "ownerReferences": [controller_reference(deployment)],
                "finalizers": ["cluster.x-k8s.io/machineset"],
            },
            "spec": {
                "clusterName": deployment["spec"]["clusterName"],
                "replicas": wanted if not old else 0,
                "selector": selector,
                "template": template,
                **({"deletion": deployment["spec"]["deletion"]} if deployment["spec"].get("deletion") else {}),
                **(
                    {"machineNaming": deployment["spec"]["machineNaming"]}
                    if deployment["spec"].get("machineNaming")
                    else {}
                ),
            },
        }
        made = await self._client.apply(body, field_manager=MANAGER)
        name = made["metadata"]["name"]
        await self._recorder.normal(deployment, "SuccessfulCreate", f"Created MachineSet {name}")
        return made

    async def _rolling_update(
        self, deployment: Json, new: Json, old: Sequence[Json], wanted: int, surge: int, unavailable: int
    ) -> None:
        old_total = sum(map(_size, old))
        target = wanted if not old_total else min(wanted, max(_size(new), wanted + surge - old_total))
        if target != _size(new):
            await self._resize(deployment, new, target, wanted, surge)
        else:
            await self._annotate(new, wanted, surge)
        available = sum(get_in(s, "status", "availableReplicas", default=0) for s in (new, *old))
        spare = available - (wanted - unavailable)
        for machine_set in sorted(old, key=lambda s: str(s["metadata"]["creationTimestamp"])):
            size = _size(machine_set)
            dead = max(size - get_in(machine_set, "status", "availableReplicas", default=0), 0)
            cut = min(size, dead + max(spare, 0))
            if cut:
                await self._resize(deployment, machine_set, size - cut, wanted, surge)
                spare -= max(cut - dead, 0)

    async def _on_delete(self, deployment: Json, new: Json, old: Sequence[Json], wanted: int, surge: int) -> None:
        """Old machines stay until somebody deletes them; each one that goes is replaced by a new one."""
        for machine_set in old:
            left = get_in(machine_set, "status", "replicas", default=_size(machine_set))
            if left < _size(machine_set):
                await self._resize(deployment, machine_set, left, wanted, surge)
        target = max(wanted - sum(map(_size, old)), 0)
        if target != _size(new):
            await self._resize(deployment, new, target, wanted, surge)

    async def _resize(self, deployment: Json, machine_set: Json, replicas: int, wanted: int, surge: int) -> None:
        name, before = machine_set["metadata"]["name"], _size(machine_set)
        changed = copy(machine_set)
        changed["spec"]["replicas"] = replicas
        changed["metadata"].setdefault("annotations", {}).update({DESIRED: str(wanted), MAXIMUM: str(wanted + surge)})
        await write_changes(self._client, machine_set, changed, field_manager=MANAGER)
        way = "up" if replicas > before else "down"
        reason = "SuccessfulScale"
        await self._recorder.normal(deployment, reason, f"Scaled {way} MachineSet {name}: {before} -> {replicas}")

    async def _annotate(self, machine_set: Json, wanted: int, surge: int) -> None:
        told = annotations(machine_set)
        if told.get(DESIRED) != str(wanted) or told.get(MAXIMUM) != str(wanted + surge):
            changed = copy(machine_set)
            changed["metadata"]["annotations"].update({DESIRED: str(wanted), MAXIMUM: str(wanted + surge)})
            await write_changes(self._client, machine_set, changed, field_manager=MANAGER)

    async def _drop_set(self, deployment: Json, machine_set: Json) -> None:
        if is_deleting(machine_set):
            return
        name = machine_set["metadata"]["name"]
        try:
            await self._client.delete(MACHINE_SET, name, machine_set["metadata"]["namespace"])
        except ApiError as error:
            if not error.is_not_found:
                raise
        await self._recorder.normal(deployment, "SuccessfulDelete", f"Deleted MachineSet {name}")

    async def _delete(self, deployment: Json, draft: Json, report: Reporter, sets: Sequence[Json]) -> None:
        for machine_set in sets:
            await self._drop_set(deployment, machine_set)
        if sets:
            names = ", ".join(sorted(s["metadata"]["name"] for s in sets))
            count = sum(get_in(s, "status", "replicas", default=0) for s in sets)
            report.set("Deleting", True, "Deleting", f"Deleting {count} Machines of MachineSets {names}")
            return
        report.set("Deleting", True, "DeletionCompleted", "Deletion completed")
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]

    # What is told.

    async def _report(self, deployment: Json, draft: Json, report: Reporter, sets: list[Json], missing: str) -> None:
        chosen = label_selector(get_in(deployment, "spec", "selector"))
        uids = {s["metadata"]["uid"] for s in sets}
        found = await self._client.list(MACHINE, Key.of(deployment).namespace, label_selector=str(chosen))
        machines = [m for m in found.items if any(is_controlled_by(m, uid) for uid in uids)]
        wanted = get_in(deployment, "spec", "replicas", default=1)
        counts = report_replicas(deployment, draft, machines, str(chosen))
        if not sets:
            for name in ("readyReplicas", "availableReplicas", "upToDateReplicas", "replicas"):
                draft["status"].pop(name, None)
        self._available(deployment, report, wanted, counts.available, known=bool(sets))
        self._rolling_out(deployment, report, sets, machines)
        report_scaling(report, wanted, counts.replicas, [missing] if missing else ())
        report_machines(report, machines)
        report.set("Remediating", False, "NotRemediating")
        report.set("Deleting", False, "NotDeleting")
        self._old(draft, report, wanted, counts.available, machines)
        draft["status"]["phase"] = _phase(wanted, counts.replicas, counts.available)
        report.sort()

    def _available(self, deployment: Json, report: Reporter, wanted: int, available: int, *, known: bool) -> None:
        if not known:
            report.set(
                "Available", "Unknown", "WaitingForAvailableReplicasSet", "Waiting for status.availableReplicas set"
            )
            return
        bound = get_in(deployment, "spec", "rollout", "strategy", "rollingUpdate", "maxUnavailable", default=0)
        least = wanted - amount(bound, wanted, 0, round_up=False)
        if available >= least:
            report.set("Available", True, "Available")
            return
        text = (
            f"{available} available replicas, at least {least} required "
            f"(spec.strategy.rollout.maxUnavailable is {bound}, spec.replicas is {wanted})"
        )
        report.set("Available", False, "NotAvailable", text)

    def _rolling_out(self, deployment: Json, report: Reporter, sets: Sequence[Json], machines: Sequence[Json]) -> None:
        by_uid = {s["metadata"]["uid"]: template_differences(s, deployment) for s in sets}
        outdated, reasons = 0, set()
        for machine in machines:
            why = next((w for uid, w in by_uid.items() if is_controlled_by(machine, uid)), [])
            outdated += bool(why)
            reasons.update(why)
        if not outdated:
            report.set("RollingOut", False, "NotRollingOut")
            return
        ordered = sorted(reasons, key=lambda text: (not text.startswith("Version"), text))
        text = f"Rolling out {outdated} not up-to-date replicas\n" + "\n".join(f"* {reason}" for reason in ordered)
        report.set("RollingOut", True, "RollingOut", text)

    def _old(self, draft: Json, report: Reporter, wanted: int, available: int, machines: Sequence[Json]) -> None:
        old = draft["status"].setdefault("deprecated", {}).setdefault("v1beta1", {})
        up_to_date = draft["status"].get("upToDateReplicas", 0)
        old.update(
            readyReplicas=draft["status"].get("readyReplicas", 0),
            availableReplicas=available,
            updatedReplicas=up_to_date,
            unavailableReplicas=max(wanted - available, 0),
        )
        if available >= wanted:
            report.set_old("Available", True)
            report.set_old("MachineSetReady", True)
        else:
            text = f"Minimum availability requires {wanted} replicas, current {available} available"
            report.set_old("Available", False, "WaitingForAvailableMachines", text, "Warning")
        report.summarize_old(("Available", "MachineSetReady"))


def _size(machine_set: Json) -> int:
    return int(get_in(machine_set, "spec", "replicas", default=1))


def _phase(wanted: int, have: int, available: int) -> str:
    if have < wanted or available < wanted:
        return "ScalingUp"
    return "ScalingDown" if have > wanted else "Running"
