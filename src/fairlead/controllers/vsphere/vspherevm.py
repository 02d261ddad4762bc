"""VSphereVM controller: one VM in a vCenter, from clone to address, and away again.

Each pass looks at the vCenter and takes the one next step; none waits for a task. The end of a task, a change of the VM
and the loss of a session wake it.

Behaviour: cluster-api-provider-vsphere v1.17, controllers/vspherevm_controller.go, pkg/services/govmomi/service.go.
Differences: docs/compat/vsphere.md#vspherevm.
"""

from collections.abc import AsyncIterator, Hashable, Sequence
from datetime import timedelta

from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE, VSPHERE_VM
from fairlead.api.ipam.kinds import IP_ADDRESS_CLAIM
from fairlead.base.objects import Json, Key, finalizers, get_in, is_deleting, labels, meta
from fairlead.controllers.changes import Changes
from fairlead.controllers.conditions import (
    IP_CLAIMS,
    OLD_PROVISIONED,
    PAUSED,
    PROVISIONED,
    VCENTER_AVAILABLE,
    Reporter,
)
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    MACHINE,
    cluster_of,
    get_or_none,
    is_paused,
    owner,
    pause_message,
)
from fairlead.controllers.vsphere.addresses import (
    OLD_CLAIMED,
    AddressClaims,
    AddressTroubleError,
    is_waiting_for_static,
)
from fairlead.controllers.vsphere.identity import SECRET, Credentials, CredentialsError
from fairlead.controllers.vsphere.machinevm import MachineVM, Removed, VMTroubleError
from fairlead.controllers.vsphere.sessions import Sessions
from fairlead.controllers.vsphere.vspherecluster import explain, login_for
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result, TroubleError
from fairlead.vsphere.errors import Gone, SessionLost, VSphereError
from fairlead.vsphere.port import Session

FINALIZER = "vspherevm.infrastructure.cluster.x-k8s.io"
MANAGER = "manager"
RETRY_VCENTER = timedelta(seconds=10)


def _of_cluster(cluster: Json) -> Hashable:
    """What VSphereVMs need to know of their Cluster."""
    return meta(cluster).get("generation")


class VSphereVMController(BaseController):
    """Keeps one VM for each VSphereVM."""

    name = "vspherevm"
    kind = VSPHERE_VM

    def __init__(
        self,
        *,
        client: Client,
        clock: Clock,
        sessions: Sessions,
        recorder: Recorder,
        own_namespace: str = "capv-system",
        default: Credentials = Credentials("", ""),  # noqa: B008  # immutable
    ) -> None:
        self._client = client
        self._clock = clock
        self._sessions = sessions
        self._recorder = recorder
        self._own_namespace = own_namespace
        self._default = default
        self._clusters = Changes(_of_cluster)

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(VSPHERE_MACHINE, self._of_machine),
            Watch(VSPHERE_CLUSTER, self._of_cluster),
            Watch(CLUSTER, self._of_cluster),
            Watch(IP_ADDRESS_CLAIM, wake_owner(VSPHERE_VM)),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._sessions.keys(),)

    def _of_machine(self, machine: Json) -> tuple[Key, ...]:
        return (Key.of(machine),)

    async def _of_cluster(self, obj: Json) -> list[Key]:
        """A changed cluster wakes those of its VMs that are not ready."""
        if obj["kind"] == "Cluster" and not self._clusters.is_new(obj):
            return []
        key = Key.of(obj)
        name = key.name if obj["kind"] == "Cluster" else labels(obj).get(CLUSTER_NAME_LABEL, key.name)
        selector = f"{CLUSTER_NAME_LABEL}={name}"
        vms = (await self._client.list(VSPHERE_VM, key.namespace, label_selector=selector)).items
        return [Key.of(vm) for vm in vms if not get_in(vm, "status", "ready")]

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, VSPHERE_VM, key)
        if found is None:
            self._sessions.forget(key)
            return Result.done()
        machine = await owner(self._client, found, VSPHERE_MACHINE)
        cluster = await cluster_of(self._client, found)
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, found):
                report.set(PAUSED, True, "Paused", pause_message(cluster, found))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            if not is_deleting(found) and FINALIZER not in finalizers(found):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            try:
                return await self._in_vcenter(found, draft, report, machine, cluster)
            finally:
                if FINALIZER in finalizers(draft):
                    self._summarize(report)

    def _summarize(self, report: Reporter) -> None:
        if report.get(PROVISIONED) is None:
            report.set(PROVISIONED, False, "NotProvisioned")
        report.summarize((VCENTER_AVAILABLE, PROVISIONED, IP_CLAIMS), (VCENTER_AVAILABLE, OLD_CLAIMED, OLD_PROVISIONED))

    async def _in_vcenter(
        self, found: Json, draft: Json, report: Reporter, machine: Json | None, cluster: Json | None
    ) -> Result:
        try:
            session = await self._session(found, cluster)
        except (VSphereError, CredentialsError) as error:
            trouble = explain(error)
            report.fail(
                VCENTER_AVAILABLE,
                "VCenterUnreachable",
                trouble.message,
                (VCENTER_AVAILABLE, "VCenterUnreachable", "Error"),
            )
            return Result.again(RETRY_VCENTER)
        report.set(VCENTER_AVAILABLE, True, "Available")
        report.set_old(VCENTER_AVAILABLE, True)
        vm = MachineVM(session=session, sessions=self._sessions, clock=self._clock, draft=draft, report=report)
        try:
            if is_deleting(found):
                return await self._remove(found, draft, report, vm)
            if machine is None or await owner(self._client, machine, MACHINE) is None:
                return Result.done()  # the owner reference, when it is set, wakes this
            return await self._bring_up(found, report, vm)
        except SessionLost:
            self._sessions.lost(session)
            return Result.again(timedelta(0))
        except Gone:
            return Result.again(timedelta(0))

    async def _session(self, found: Json, cluster: Json | None) -> Session:
        """The session for the VM's vCenter, with the credentials of its VSphereCluster."""
        name = get_in(cluster or {}, "spec", "infrastructureRef", "name", default="")
        infra = await get_or_none(self._client, VSPHERE_CLUSTER, Key(found["metadata"]["namespace"], name))
        if infra is None:
            raise CredentialsError(f'VSphereCluster "{name}" not found')
        login = await login_for(self._client, infra, self._own_namespace, self._default)
        return await self._sessions.get(login)

    async def _bring_up(self, found: Json, report: Reporter, vm: MachineVM) -> Result:
        if is_waiting_for_static(get_in(found, "spec", "network", "devices", default=())):
            reason = "WaitingForStaticIPAllocation"
            report.fail(PROVISIONED, reason, "", (OLD_PROVISIONED, reason, "Info"))
            return Result.done()
        claims = AddressClaims(self._client, found)
        try:
            await claims.ensure(report)
        except AddressTroubleError as error:
            raise TroubleError(str(error)) from error
        try:
            return await vm.bring_up(self._bootstrap_data, claims)
        except VMTroubleError as trouble:
            before = report.get(PROVISIONED)
            report.fail(PROVISIONED, trouble.reason, str(trouble), (OLD_PROVISIONED, trouble.old_reason, "Warning"))
            if before is None or before.get("message") != str(trouble):
                text = f"{trouble}; {trouble.hint}" if trouble.hint else str(trouble)
                await self._recorder.warning(found, trouble.old_reason, text)
            self._sessions.hope(Key.of(found))
            raise

    async def _bootstrap_data(self, name: str, namespace: str) -> Json:
        secret = await get_or_none(self._client, SECRET, Key(namespace, name))
        if secret is None:
            raise VMTroubleError(
                f'failed to retrieve bootstrap data secret for VSphereVM {namespace}/{name}: secrets "{name}" not found'
            )
        return secret

    async def _remove(self, found: Json, draft: Json, report: Reporter, vm: MachineVM) -> Result:
        unsure = get_in(found, "status", "vmRef") is None and _may_be_cloning(report)
        report.fail(PROVISIONED, "Deleting", "", (OLD_PROVISIONED, "Deleting", "Info"))
        outcome = await vm.tear_down(unsure=unsure)
        if not isinstance(outcome, Removed):
            return outcome
        await AddressClaims(self._client, found).release()
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        return Result.done()


def _may_be_cloning(report: Reporter) -> bool:
    """Whether a clone may have been started whose task is not on record (the process ended in between)."""
    condition = report.get(PROVISIONED)
    return condition is not None and condition["reason"] == "WaitingForClone"
