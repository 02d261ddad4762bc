"""How a MachineSet replaces machines that a health check gave up: it deletes them, not too many at once.

Behaviour: cluster-api v1.14, core/reconcilers/machineset/machineset_controller.go (reconcileUnhealthyMachines).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key, annotations, copy, get_in, is_deleting, meta
from fairlead.controllers.clusterapi.amounts import amount
from fairlead.controllers.clusterapi.machineorder import remediation_order
from fairlead.controllers.clusterapi.staleness import is_to_be_remediated
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import MACHINE
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import find, is_false, is_true
from fairlead.runtime.edit import write_changes
from fairlead.runtime.events import Recorder

MANAGER = "manager"
REVISION = "machinedeployment.clusters.x-k8s.io/revision"
REMEDIATED = "OwnerRemediated"
DELETING = "MachineDeleting"
ROLLED_OUT = "Machine won't be remediated because it is pending removal due to rollout"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: the set, its MachineDeployment, its Machines, and the preflight checks when they matter."""

    machine_set: Json
    deployment: Json | None
    machines: Sequence[Json]
    preflight: Callable[[], list[str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which Machines are deleted, and what is said of those that wait (machines, reason, message)."""

    delete: Sequence[Json] = ()
    hold: Sequence[tuple[Sequence[Json], str, str]] = ()
    old_message: str | None = None  # the deprecated condition's text, where the preflight checks hold things up


def decide(scope: Scope) -> Plan:
    """Choose what happens to the Machines that are to be replaced."""
    asked = [machine for machine in scope.machines if is_to_be_remediated(machine) and not is_deleting(machine)]
    if not asked:
        return Plan()
    limit, deployment = len(asked), scope.deployment
    text = ""
    if deployment is not None:
        if annotations(deployment).get(REVISION) != annotations(scope.machine_set).get(REVISION):
            return Plan(hold=[(asked, "CannotBeRemediated", ROLLED_OUT)])
        most = get_in(deployment, "spec", "remediation", "maxInFlight")
        if most is not None:
            total = int(get_in(deployment, "spec", "replicas", default=1))
            going = sum(map(_is_being_replaced, scope.machines))
            limit = amount(most, total, 0, round_up=True) - going
            why = "Waiting because there are already too many remediations in progress"
            text = f"{why} (spec.strategy.remediation.maxInFlight is {most})"
    if limit <= 0:
        return Plan(hold=[(asked, "RemediationDeferred", text)])
    ordered = remediation_order(asked)
    now, later = ordered[:limit], ordered[limit:]
    hold: list[tuple[Sequence[Json], str, str]] = [(later, "RemediationDeferred", text)] if later else []
    blocked = scope.preflight()
    if blocked:
        listed = "\n".join(f"* {cause}" for cause in blocked)
        return Plan(hold=[*hold, (now, "RemediationDeferred", listed)], old_message="; ".join(blocked))
    return Plan(delete=now, hold=hold)


def _is_being_replaced(machine: Json) -> bool:
    condition = find(get_in(machine, "status", "conditions"), REMEDIATED)
    return is_deleting(machine) and condition is not None and condition.get("reason") == DELETING


class Remediation:
    """Carries out what `decide` chose."""

    def __init__(self, *, client: Client, clock: Clock, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._recorder = recorder

    async def step(self, scope: Scope) -> list[Json]:
        """Replace what can be replaced now; returns the Machines as they are then."""
        machines = {meta(machine)["name"]: machine for machine in scope.machines}
        for machine in scope.machines:
            if not is_deleting(machine) and _has_recovered(machine):
                machines[meta(machine)["name"]] = await self._forget(machine)
        plan = decide(scope)
        for waiting, reason, message in plan.hold:
            for machine in waiting:
                told = await self._say(machine, reason, message, plan.old_message)
                machines[meta(machine)["name"]] = told
        for machine in plan.delete:
            told = await self._say(machine, DELETING, "Machine is deleting", "")
            machines[meta(machine)["name"]] = await self._delete(scope.machine_set, told)
        return list(machines.values())

    async def _forget(self, machine: Json) -> Json:
        draft, report = self._draft(machine)
        if is_false(report.conditions, REMEDIATED):
            report.drop(REMEDIATED)
        if (report.get_old(REMEDIATED) or {}).get("status") == "False":
            report.drop_old(REMEDIATED)
        return await write_changes(self._client, machine, draft, field_manager=MANAGER)

    async def _say(self, machine: Json, reason: str, message: str, old: str | None) -> Json:
        """Set OwnerRemediated; an empty *old* says that the deprecated condition is met, None leaves it."""
        draft, report = self._draft(machine)
        report.set(REMEDIATED, False, reason, message)
        if old == "":
            report.set_old(REMEDIATED, True)
        elif old is not None:
            report.set_old(REMEDIATED, False, "WaitingForRemediation", old, "Warning")
        report.sort()
        return await write_changes(self._client, machine, draft, field_manager=MANAGER)

    def _draft(self, machine: Json) -> tuple[Json, Reporter]:
        draft: Json = copy(machine)
        return draft, Reporter(draft, self._clock.now())

    async def _delete(self, machine_set: Json, machine: Json) -> Json:
        key = Key.of(machine)
        try:
            gone = await self._client.delete(MACHINE, key.name, key.namespace, uid=meta(machine)["uid"])
        except ApiError as error:
            if error.is_not_found or error.is_conflict:
                return machine
            raise
        await self._recorder.normal(machine_set, "SuccessfulDelete", f'Deleted Machine "{key.name}"')
        return gone if gone.get("kind") == MACHINE.kind else machine


def _has_recovered(machine: Json) -> bool:
    status = get_in(machine, "status", default={})
    if is_true(status.get("conditions"), "HealthCheckSucceeded") and is_false(status.get("conditions"), REMEDIATED):
        return True
    old = get_in(status, "deprecated", "v1beta1", "conditions")
    return is_true(old, "HealthCheckSucceeded") and is_false(old, REMEDIATED)
