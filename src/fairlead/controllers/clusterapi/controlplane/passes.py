"""One pass over a control plane: the one next step, and what is said of it.

Source: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane (reconcile, reconcileDelete, scale.go,
update.go): the order of the steps is upstream's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key, annotations, copy, finalizers, get_in, is_deleting
from fairlead.controllers.clusterapi.controlplane import preflight, remediation
from fairlead.controllers.clusterapi.controlplane.aggregates import report_health
from fairlead.controllers.clusterapi.controlplane.certificates import CertificateKeeper
from fairlead.controllers.clusterapi.controlplane.desired import REMEDIATION_IN_PROGRESS, NamingError
from fairlead.controllers.clusterapi.controlplane.expiry import note_expiry
from fairlead.controllers.clusterapi.controlplane.health import Blind, blindness, report_machine
from fairlead.controllers.clusterapi.controlplane.machines import MachineMaker
from fairlead.controllers.clusterapi.controlplane.observe import Observer
from fairlead.controllers.clusterapi.controlplane.preflight import Preflight
from fairlead.controllers.clusterapi.controlplane.removal import Remover, to_remove
from fairlead.controllers.clusterapi.controlplane.seen import ControlPlane, all_true
from fairlead.controllers.clusterapi.controlplane.workload import Workload
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import reference_to, with_owner
from fairlead.runtime.client import Client
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

FINALIZER = "kubeadm.controlplane.cluster.x-k8s.io"
RETRY = timedelta(seconds=15)
DELETE_RETRY = timedelta(seconds=30)
LOOK_AGAIN = timedelta(seconds=20)  # what is told of a fault depends on how long it lasts


@dataclass(frozen=True, slots=True)
class Tools:
    """Who does what in a pass; `told` is the last text of each control plane's event, by uid."""

    client: Client
    recorder: Recorder
    observer: Observer
    certificates: CertificateKeeper
    maker: MachineMaker
    remover: Remover
    told: dict[str, str] = field(default_factory=dict)


class Pass:
    """One pass over one control plane; `plane` is what is known now, `preflight` what the last change waited for."""

    def __init__(self, tools: Tools, plane: ControlPlane, draft: Json, report: Reporter) -> None:
        self._tools = tools
        self._client = tools.client
        self.plane = plane
        self._draft = draft
        self._report = report
        self.preflight = Preflight()
        self._blind: Blind | None = None

    def next_look(self, report: Reporter) -> Result:
        """When what is told may have to change although nothing happens."""
        if is_deleting(self.plane.kcp) or not self.plane.machines:
            return Result.done()
        result = Result.again(self._blind.recheck) if self._blind and self._blind.recheck else Result.done()
        if self.plane.initialized and not all(all_true(m, self.plane.health_types) for m in self.plane.machines):
            result = result.or_sooner(Result.again(LOOK_AGAIN))
        return result

    # Up.

    async def bring_up(self) -> Result:
        if FINALIZER not in finalizers(self._draft):
            self._draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
        plane = self.plane
        await self._adopt_template()
        if not get_in(plane.cluster, "status", "initialization", "infrastructureProvisioned"):
            self._wait_for("Waiting for Cluster status.infrastructureReady to be true")
            return Result.done()
        certificates = await self._tools.certificates.keep(plane, self._report)
        if not get_in(plane.cluster, "spec", "controlPlaneEndpoint", "host"):
            self._wait_for("Waiting for Cluster spec.controlPlaneEndpoint to be set")
            return Result.done()
        await self._tools.certificates.keep_kubeconfig(plane)
        if self.plane.template is None:
            await self._look_at_machines()
            return Result.done()  # woken when the template comes
        self.plane = await self._tools.maker.keep_in_line(self.plane)
        await self._look_at_machines()
        if await self._tools.remover.let_go(self.plane):
            return Result.again(DELETE_RETRY)
        removed = await self._remediate()
        if removed is not None:
            return removed
        return await self._size(certificates=certificates)

    def _wait_for(self, text: str) -> None:
        self._blind = Blind("InspectionFailed", text)
        report_health(self.plane, self._report, self._blind)

    async def _adopt_template(self) -> None:
        template = self.plane.template
        if template is None:
            return
        wanted = copy(template)
        wanted["metadata"]["ownerReferences"] = with_owner(
            template["metadata"].get("ownerReferences") or [], reference_to(self.plane.cluster)
        )
        await write_changes(self._client, template, wanted, field_manager="manager")

    async def _look_at_machines(self) -> None:
        """Put on each machine how its processes are, and the whole of it on the control plane."""
        self._blind = blindness(self.plane)
        machines = []
        for machine in self.plane.machines:
            draft = copy(machine)
            report = Reporter(draft, self._report.now)
            report_machine(self.plane, machine, report, self._blind)
            report.sort()
            try:
                machines.append(await write_changes(self._client, machine, draft, field_manager="manager"))
            except ApiError as error:
                if not error.is_not_found:
                    raise
        self.plane = self.plane.with_machines(machines)
        report_health(self.plane, self._report, self._blind)

    async def _size(self, *, certificates: bool) -> Result:
        """Take the one next step towards the number and state of machines that the spec asks for."""
        plane = self.plane
        have, want = len(plane.machines), plane.replicas
        if have == 0:
            self._report.set_old("Available", False, "WaitingForKubeadmInit", "", "Info")
            return await self._create(join=False)
        outdated = plane.outdated()
        if outdated:
            if plane.connection.remote is None:
                await self._replace_stillborn(outdated)
                return Result.done()  # woken when the connection comes back
            await Workload(plane.connection.remote.client).prepare_rollout(plane.kcp)
            if have < want + plane.surge:
                return await self._scale_up(certificates=certificates)
            return await self._scale_down(outdated)
        if have < want:
            return await self._scale_up(certificates=certificates)
        if have > want:
            return await self._scale_down([])
        if plane.connection.remote is not None and plane.initialized:
            await Workload(plane.connection.remote.client).finish_rollout(plane.kcp)
            await note_expiry(self._client, plane)
        return Result.done()

    async def _replace_stillborn(self, outdated: Sequence[Json]) -> None:
        """Let the first machine go when the spec has been mended before it had a VM; upstream leaves that to people."""
        plane = self.plane
        if plane.initialized or len(plane.machines) > 1:
            return
        [machine] = outdated
        if not get_in(machine, "status", "initialization", "infrastructureProvisioned"):
            await self._tools.remover.remove(plane, machine)

    async def _create(self, *, join: bool) -> Result:
        noted = annotations(self.plane.kcp).get(REMEDIATION_IN_PROGRESS, "")
        recorder, kcp = self._tools.recorder, self.plane.kcp
        what = "additional" if join else "initial"
        try:
            await self._tools.maker.create(self.plane, join=join, remediation=noted)
        except (ApiError, NamingError) as error:
            reason = "FailedScaleUp" if join else "FailedInitialization"
            text = f"Failed to create {what} control plane Machine for cluster {Key.of(self.plane.cluster)}"
            await recorder.warning(kcp, reason, f"{text}{'' if join else ' control plane'}: {error}")
            self._report.set_old("MachinesCreated", False, "MachineGenerationFailed", str(error), "Error")
            raise
        if noted:
            del self._draft["metadata"]["annotations"][REMEDIATION_IN_PROGRESS]
        return Result.done()

    async def _passes(self, *, scale_up: bool, certificates: bool = True, excluded: Sequence[str] = ()) -> bool:
        """Whether the control plane may be changed now; an event tells why not."""
        checked = preflight.check(self.plane, scale_up=scale_up, certificates=certificates, excluded=excluded)
        self.preflight = checked
        told, uid = self._tools.told, self.plane.kcp["metadata"]["uid"]
        if not checked.errors:
            told.pop(uid, None)
            return checked.passed
        text = f"Waiting for control plane to pass preflight checks to continue reconciliation: {checked.text()}"
        if told.get(uid) != text:
            told[uid] = text
            await self._tools.recorder.warning(self.plane.kcp, "ControlPlaneUnhealthy", text)
        return False

    async def _scale_up(self, *, certificates: bool) -> Result:
        if not await self._passes(scale_up=True, certificates=certificates):
            return Result.again(RETRY)
        return await self._create(join=True)

    async def _scale_down(self, outdated: Sequence[Json]) -> Result:
        machine = to_remove(self.plane, outdated)
        if not await self._passes(scale_up=False, excluded=(machine["metadata"]["name"],)):
            return Result.again(RETRY)
        await self._tools.remover.remove(self.plane, machine)
        return Result.done()

    # Repair.

    async def _remediate(self) -> Result | None:
        """Replace a machine that a health check gave up; None when other work may go on."""
        for machine in remediation.recovered(self.plane.machines):
            async with editing(self._client, machine, field_manager="manager") as draft:
                own = Reporter(draft, self._report.now)
                own.drop("OwnerRemediated")
                own.drop_old("OwnerRemediated")
        noted = REMEDIATION_IN_PROGRESS in annotations(self.plane.kcp)
        if noted and remediation.in_progress(self.plane) is None:
            del self._draft["metadata"]["annotations"][REMEDIATION_IN_PROGRESS]
            kcp = {**self.plane.kcp, "metadata": copy(self._draft["metadata"])}
            self.plane = replace(self.plane, kcp=kcp)
        match remediation.decide(self.plane):
            case remediation.Remove(machine, record):
                await self._explain(machine, "MachineDeleting", "Machine is deleting", "RemediationInProgress", "")
                await self._tools.remover.remove(self.plane, machine)
                self._draft["metadata"].setdefault("annotations", {})[REMEDIATION_IN_PROGRESS] = record.text()
                return Result.done()
            case remediation.Explain(machine, reason, message, old):
                await self._explain(machine, reason, message, "WaitingForRemediation", old or message)
        return None

    async def _explain(self, machine: Json, reason: str, text: str, old: str, old_text: str) -> None:
        draft = copy(machine)
        own = Reporter(draft, self._report.now)
        own.set("OwnerRemediated", False, reason, text)
        own.set_old("OwnerRemediated", False, old, old_text, "Warning")
        own.sort()
        stored = await write_changes(self._client, machine, draft, field_manager="manager")
        self.plane = self.plane.with_machines(stored if m is machine else m for m in self.plane.machines)

    # Down.

    async def tear_down(self) -> Result:
        """Let the machines go all at once, after all others of the cluster have gone."""
        if not self.plane.machines:
            self._report.set("Deleting", True, "DeletionCompleted", "Deletion completed")
            self._draft["metadata"]["finalizers"] = [name for name in finalizers(self._draft) if name != FINALIZER]
            return Result.done()
        await self._look_at_machines()
        workers = await self._tools.observer.others(self.plane)
        if workers:
            listed = f"* Machines: {', '.join(workers[:5])}" + (", ..." if len(workers) > 5 else "")
            text = f"KubeadmControlPlane deletion blocked because following objects still exist:\n{listed}"
            self._report.set("Deleting", True, "WaitingForWorkersDeletion", text)
            old = "Waiting for worker nodes to be deleted first"
            self._report.set_old("Resized", False, "Deleting", old, "Info")
            return Result.done()  # woken by each Machine that goes
        self.plane = await self._tools.remover.remove_all(self.plane)
        self._report.set_old("Resized", False, "Deleting", "", "Info")
        text = self._tools.remover.deleting_text(self.plane)
        self._report.set("Deleting", True, "WaitingForMachineDeletion", text)
        return Result.again(DELETE_RETRY)
