"""MachineHealthCheck controller: find machines that are ill and have their owner replace them.

Behaviour: cluster-api v1.14, core/reconcilers/machinehealthcheck. A change of a node or a Machine wakes it at once,
where upstream looks every 15 s at most. Differences: docs/compat/clusterapi.md#machinehealthcheck.
"""

from collections.abc import AsyncIterator, Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy, get_in, is_deleting, labels, meta, owner_references
from fairlead.controllers.clusterapi.cloning import from_template
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.healthchecks import (
    Finding,
    Illness,
    Target,
    allowance,
    examine,
    is_looked_after,
)
from fairlead.controllers.clusterapi.wakeups import Changes, of_cluster
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    MACHINE,
    MACHINE_HEALTH_CHECK,
    SETTLE_SET,
    get_or_none,
    in_cluster,
    is_paused,
    pause_message,
    reference_to,
    with_owner,
)
from fairlead.engines.selectors import label_selector
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

MANAGER = "manager"
SUCCEEDED, REMEDIATED, EXTERNALLY = "HealthCheckSucceeded", "OwnerRemediated", "ExternallyRemediated"
ALLOWED = "RemediationAllowed"


class MachineHealthCheckController(BaseController):
    """Looks after the machines that each MachineHealthCheck selects."""

    name = "machinehealthcheck"
    kind = MACHINE_HEALTH_CHECK
    settle = SETTLE_SET
    rest = 2.0

    def __init__(self, *, client: Client, clock: Clock, cache: ClusterCache, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._cache = cache
        self._recorder = recorder
        self._clusters = Changes(of_cluster)

    def watches(self) -> Sequence[Watch]:
        return (Watch(MACHINE, self._of_machine), Watch(CLUSTER, self._of_cluster))

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_workload(),)

    async def _of_machine(self, machine: Json) -> list[Key]:
        selector = f"{CLUSTER_NAME_LABEL}={machine['spec']['clusterName']}"
        found = await self._client.list(MACHINE_HEALTH_CHECK, Key.of(machine).namespace, label_selector=selector)
        return [Key.of(check) for check in found.items if _selects(check, machine)]

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        if not self._clusters.is_new(cluster):
            return []
        return [Key.of(check) for check in await in_cluster(self._client, MACHINE_HEALTH_CHECK, cluster)]

    async def _of_workload(self) -> AsyncIterator[Key]:
        async for change in self._cache.changes():
            if change.obj is not None and change.obj["kind"] != "Node":
                continue
            selector = f"{CLUSTER_NAME_LABEL}={change.cluster.name}"
            namespace = change.cluster.namespace
            for check in (await self._client.list(MACHINE_HEALTH_CHECK, namespace, label_selector=selector)).items:
                yield Key.of(check)

    async def reconcile(self, key: Key) -> Result:
        check = await get_or_none(self._client, MACHINE_HEALTH_CHECK, key)
        if check is None or is_deleting(check):
            return Result.done()
        cluster = await get_or_none(self._client, CLUSTER, Key(key.namespace, check["spec"]["clusterName"]))
        if cluster is None:
            return Result.done()
        async with editing(self._client, check, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, check):
                report.set(PAUSED, True, "Paused", pause_message(cluster, check))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            metadata = draft["metadata"]
            metadata.setdefault("labels", {})[CLUSTER_NAME_LABEL] = draft["spec"]["clusterName"]
            metadata["ownerReferences"] = with_owner(owner_references(draft), reference_to(cluster))
            return await self._look(draft, report, cluster)

    async def _look(self, draft: Json, report: Reporter, cluster: Json) -> Result:
        """Examine every target and act on what is found."""
        targets = await self._targets(draft, cluster)
        if targets is None:  # its nodes cannot be seen now; the connection's return wakes this again
            report.sort()
            return Result.done()
        found = [examine(target, draft, cluster, report.now) for target in targets]
        healthy = [finding for finding in found if finding.is_healthy]
        ill = [finding for finding in found if finding.illness is not None]
        status = draft["status"]
        status["observedGeneration"] = meta(draft).get("generation", 1)
        status["targets"] = sorted(meta(target.machine)["name"] for target in targets)
        status["expectedMachines"], status["currentHealthy"] = len(targets), len(healthy)
        allowed = allowance(draft, len(targets), len(healthy), len(ill))
        status["remediationsAllowed"] = allowed.count
        if allowed.is_allowed:
            report.set(ALLOWED, True, "RemediationAllowed")
            report.set_old(ALLOWED, True)
        else:
            report.set(ALLOWED, False, "TooManyUnhealthy", allowed.message)
            report.set_old(ALLOWED, False, "TooManyUnhealthy", allowed.message, "Warning")
            if ill:
                await self._recorder.warning(draft, "RemediationRestricted", allowed.message)
        report.sort()
        for finding in healthy:
            await self._say_well(draft, finding)
        for finding in ill:
            await self._say_ill(draft, cluster, finding, act=allowed.is_allowed)
        waits = [finding.again for finding in found if finding.again is not None]
        return Result.again(min(waits)) if waits else Result.done()

    async def _targets(self, check: Json, cluster: Json) -> list[Target] | None:
        """The Machines it looks after, with their nodes; None while the nodes of a started cluster are out of reach."""
        connection = self._cache.connection(Key.of(cluster))
        started = is_true(get_in(cluster, "status", "conditions"), "ControlPlaneInitialized")
        if started and not connection.is_up:
            return None
        targets = []
        for machine in await in_cluster(self._client, MACHINE, cluster):
            if not _selects(check, machine) or not is_looked_after(machine):
                continue
            name = get_in(machine, "status", "nodeRef", "name")
            node = connection.nodes.get(name) if name and started else None
            targets.append(Target(machine, node, node_missing=bool(name and started and node is None)))
        return targets

    # What is told

    async def _say_well(self, check: Json, finding: Finding) -> None:
        machine = finding.target.machine
        if not _is_told_well(machine):
            draft, report = self._draft(machine)
            report.set(SUCCEEDED, True, "HealthCheckSucceeded")
            report.set_old(SUCCEEDED, True)
            report.sort()
            await self._write(machine, draft)
        if get_in(check, "spec", "remediation", "templateRef"):
            await self._withdraw(check, machine)

    async def _say_ill(self, check: Json, cluster: Json, finding: Finding, *, act: bool) -> None:
        machine, illness = finding.target.machine, finding.illness
        assert illness is not None
        draft, report = self._draft(machine)
        _report_illness(report, illness)
        acts = act and not is_paused(cluster, machine)
        if acts and get_in(check, "spec", "remediation", "templateRef"):
            await self._ask_outside(check, machine, report)
        elif acts and not is_deleting(machine):
            _ask_owner(report)
        report.sort()
        if await self._write(machine, draft) and act:
            text = f"Machine {Key.of(machine)} has been marked as unhealthy by {Key.of(check)}"
            await self._recorder.normal(machine, "MachineMarkedUnhealthy", text)

    def _draft(self, machine: Json) -> tuple[Json, Reporter]:
        draft: Json = copy(machine)
        return draft, Reporter(draft, self._clock.now())

    async def _write(self, machine: Json, draft: Json) -> bool:
        """Write what changed of a Machine; returns whether anything did."""
        if draft == machine:
            return False
        try:
            await write_changes(self._client, machine, draft, field_manager=MANAGER)
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise
        return True

    # Others that replace machines

    async def _ask_outside(self, check: Json, machine: Json, report: Reporter) -> None:
        """Make the request object of an external remediation, named as the Machine."""
        reference = check["spec"]["remediation"]["templateRef"]
        template_gvk, namespace = GVK.parse(reference["apiVersion"], reference["kind"]), Key.of(check).namespace
        if await self._request(check, machine) is not None:
            return
        template = await get_or_none(self._client, template_gvk, Key(namespace, reference["name"]))
        if template is None:
            text = f"Error retrieving remediation template {reference['kind']} {namespace}/{reference['name']}"
            report.set(EXTERNALLY, False, "RemediationTemplateNotFound", text)
            return
        request = from_template(
            template,
            name=meta(machine)["name"],
            owner=machine,
            more_labels={CLUSTER_NAME_LABEL: machine["spec"]["clusterName"]},
            more_annotations={},
        )
        try:
            await self._client.create(request, field_manager=MANAGER)
        except ApiError as error:
            report.set(EXTERNALLY, False, "RemediationRequestCreationFailed", error.message)
            return
        report.set(EXTERNALLY, False, "WaitingForRemediation")

    async def _request(self, check: Json, machine: Json) -> Json | None:
        reference = check["spec"]["remediation"]["templateRef"]
        gvk = GVK.parse(reference["apiVersion"], reference["kind"].removesuffix("Template"))
        return await get_or_none(self._client, gvk, Key.of(machine))

    async def _withdraw(self, check: Json, machine: Json) -> None:
        """Delete the request of a machine that is well again."""
        request = await self._request(check, machine)
        if request is None or is_deleting(request):
            return
        key = Key.of(request)
        try:
            await self._client.delete(GVK.of(request), key.name, key.namespace, uid=meta(request)["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise


def _selects(check: Json, machine: Json) -> bool:
    if machine["spec"]["clusterName"] != check["spec"]["clusterName"]:
        return False
    return label_selector(get_in(check, "spec", "selector")).matches(labels(machine))


def _is_told_well(machine: Json) -> bool:
    """Whether the Machine says already that it is healthy, in the old form of conditions too."""
    status = machine.get("status") or {}
    old = get_in(status, "deprecated", "v1beta1", "conditions")
    return is_true(status.get("conditions"), SUCCEEDED) and is_true(old, SUCCEEDED)


def _report_illness(report: Reporter, illness: Illness) -> None:
    report.set(SUCCEEDED, False, illness.reason, illness.message)
    report.set_old(SUCCEEDED, False, illness.old_reason, illness.old_message, "Warning")


def _ask_owner(report: Reporter) -> None:
    """Ask the Machine's owner to replace it, unless it is at it: then the condition is the owner's."""
    asked = report.get(REMEDIATED)
    if asked is None or asked["status"] == "True":
        report.set(REMEDIATED, False, "WaitingForRemediation", "Waiting for remediation")
    old = report.get_old(REMEDIATED)
    if old is None or old["status"] == "True":
        report.set_old(REMEDIATED, False, "WaitingForRemediation", "", "Warning")
