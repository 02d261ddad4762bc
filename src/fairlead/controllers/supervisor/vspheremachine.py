"""VSphereMachine controller of supervisor mode: turn a Machine's infrastructure into a VirtualMachine of VM Operator,
and tell back what became of it.

Behaviour: cluster-api-provider-vsphere v1.17, controllers/vspheremachine_controller.go, pkg/services/vmoperator.
Differences: docs/compat/supervisor.md#vspheremachine.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.naming import MachineNameError, vm_name
from fairlead.api.supervisor.kinds import VSPHERE_CLUSTER, VSPHERE_MACHINE
from fairlead.api.vmoperator.kinds import VIRTUAL_MACHINE
from fairlead.base.objects import GVK, Json, Key, copy, finalizers, get_in, is_deleting, labels
from fairlead.controllers.conditions import OLD_PROVISIONED, PAUSED, PROVISIONED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    MACHINE,
    SETTLE_MACHINE,
    cluster_of,
    get_or_none,
    is_control_plane,
    is_paused,
    owner,
    pause_message,
    reference_to,
)
from fairlead.controllers.supervisor.networks import NetworkProvider
from fairlead.controllers.supervisor.virtualmachines import (
    HardwareVersionError,
    address,
    claim_name,
    progress,
    wanted_vm,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.outcome import Result, TroubleError

FINALIZER = "vspheremachine.infrastructure.cluster.x-k8s.io"
HOST_LABEL = "node.cluster.x-k8s.io/esxi-host"
MANAGER = "manager"
CLAIM = GVK("", "v1", "PersistentVolumeClaim")
_LABEL_VALUE = re.compile(r"[^-A-Za-z0-9_.]")


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one pass may judge."""

    machine: Json | None
    cluster: Json | None
    infra: Json | None  # the VSphereCluster
    deleting: bool
    control_plane: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait, and say for what: reasons of the present and of the deprecated condition."""

    reason: str
    old_reason: str


class Rest:
    """Nothing to do until something changes."""


class Remove:
    """Delete the VirtualMachine, then let go."""


class Make:
    """Make or follow the VirtualMachine."""


def decide(seen: Seen) -> Hold | Rest | Remove | Make:
    """Choose the next step. Pure. Unlike in the other mode, machines do not wait for the cluster's infrastructure:
    without a load balancer its address is that of the first machine."""
    if seen.deleting:
        return Remove()
    if seen.machine is None or seen.cluster is None or seen.infra is None:
        return Rest()
    if not get_in(seen.machine, "spec", "bootstrap", "dataSecretName"):
        initialized = is_true(get_in(seen.cluster, "status", "conditions"), "ControlPlaneInitialized")
        if not seen.control_plane and not initialized:
            return Hold("WaitingForControlPlaneInitialized", "WaitingForControlPlaneAvailable")
        return Hold("WaitingForBootstrapData", "WaitingForBootstrapData")
    return Make()


class VSphereMachineController(BaseController):
    """Keeps one VirtualMachine for each VSphereMachine that may have one."""

    name = "supervisor-vspheremachine"
    kind = VSPHERE_MACHINE
    settle = SETTLE_MACHINE

    def __init__(self, *, client: Client, clock: Clock, network: NetworkProvider) -> None:
        self._client = client
        self._clock = clock
        self._network = network

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(VIRTUAL_MACHINE, wake_owner(VSPHERE_MACHINE)),
            Watch(MACHINE, self._of_machine),
            Watch(CLUSTER, self._of_cluster),
        )

    def _of_machine(self, machine: Json) -> tuple[Key, ...]:
        reference = get_in(machine, "spec", "infrastructureRef", default={})
        if reference.get("kind") != VSPHERE_MACHINE.kind or reference.get("apiGroup") != VSPHERE_MACHINE.group:
            return ()
        return (Key(Key.of(machine).namespace, reference["name"]),)

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        if get_in(cluster, "spec", "infrastructureRef", "apiGroup") != VSPHERE_CLUSTER.group:
            return []
        key = Key.of(cluster)
        selector = f"{CLUSTER_NAME_LABEL}={key.name}"
        found = await self._client.list(VSPHERE_MACHINE, key.namespace, label_selector=selector)
        return [Key.of(machine) for machine in found.items]

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, VSPHERE_MACHINE, key)
        if found is None:
            return Result.done()
        seen = await self._observe(found)
        if seen.machine is None and not (seen.deleting and FINALIZER in finalizers(found)):
            return Result.done()  # the owner reference, when it is set, wakes this
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(seen.cluster, found):
                report.set(PAUSED, True, "Paused", pause_message(seen.cluster, found))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            if not seen.deleting and FINALIZER not in finalizers(found):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            try:
                await self._act(decide(seen), seen, found, draft, report)
            finally:
                if FINALIZER in finalizers(draft):
                    if report.get(PROVISIONED) is None:
                        report.set(PROVISIONED, False, "NotProvisioned")
                    report.summarize((PROVISIONED,), (OLD_PROVISIONED,))
        return Result.done()

    async def _observe(self, found: Json) -> Seen:
        machine = await owner(self._client, found, MACHINE)
        cluster = await cluster_of(self._client, machine if machine is not None else found)
        name = get_in(cluster or {}, "spec", "infrastructureRef", "name", default="")
        key = Key(found["metadata"]["namespace"], name)
        infra = await get_or_none(self._client, VSPHERE_CLUSTER, key) if name else None
        return Seen(machine, cluster, infra, is_deleting(found), is_control_plane(found))

    async def _act(
        self, step: Hold | Rest | Remove | Make, seen: Seen, found: Json, draft: Json, report: Reporter
    ) -> None:
        match step:
            case Hold(reason, old_reason):
                report.fail(PROVISIONED, reason, "", (OLD_PROVISIONED, old_reason, "Info"))
            case Remove():
                await self._remove(found, draft, report)
            case Make():
                await self._make(seen, found, draft, report)

    async def _remove(self, found: Json, draft: Json, report: Reporter) -> None:
        report.fail(PROVISIONED, "Deleting", "", (OLD_PROVISIONED, "Deleting", "Info"))
        key = Key(found["metadata"]["namespace"], _vm_name(found))
        vm = await get_or_none(self._client, VIRTUAL_MACHINE, key)
        if vm is None:
            draft["status"]["phase"] = "NotFound"
            draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
            return
        draft["status"]["phase"] = "Deleting"
        if not is_deleting(vm):
            try:
                await self._client.delete(VIRTUAL_MACHINE, key.name, key.namespace)
            except ApiError as error:
                if not error.is_not_found:
                    raise

    async def _make(self, seen: Seen, found: Json, draft: Json, report: Reporter) -> None:
        assert seen.machine is not None
        assert seen.cluster is not None
        if report.get(PROVISIONED) is None:
            draft["status"]["phase"] = "Pending"
        try:
            vm = await self._keep_vm(seen.machine, seen.cluster, found)
        except (ApiError, HardwareVersionError, MachineNameError) as error:
            if isinstance(error, ApiError) and error.is_conflict:
                raise
            text = error.message if isinstance(error, ApiError) else str(error)
            message = f"failed to create or update VirtualMachine: {text}"
            report.fail(PROVISIONED, "NotProvisioned", message, (OLD_PROVISIONED, "VMCreationFailed", "Warning"))
            raise TroubleError(message) from error
        seen_so_far = progress(vm)
        draft["status"]["phase"] = seen_so_far.phase
        if not seen_so_far.done:
            old = (OLD_PROVISIONED, seen_so_far.old_reason, seen_so_far.severity)
            report.fail(PROVISIONED, seen_so_far.reason, seen_so_far.message, old)
            return
        self._take_over(vm, draft)
        await self._tell_host(seen.machine, vm)
        report.set(PROVISIONED, True, "Provisioned")
        report.set_old(OLD_PROVISIONED, True)

    async def _keep_vm(self, machine: Json, cluster: Json, found: Json) -> Json:
        """The VirtualMachine, made or brought up to date. Raises: ApiError, HardwareVersionError, MachineNameError."""
        name = _vm_name(found, machine)
        vm = await get_or_none(self._client, VIRTUAL_MACHINE, Key(found["metadata"]["namespace"], name))
        wanted = wanted_vm(name, machine, cluster, found, vm, probe=self._network.probes_vms)
        if vm is not None:
            return await write_changes(self._client, vm, wanted, field_manager=MANAGER)
        for volume in found["spec"].get("volumes") or ():
            await self._keep_claim(found, volume)
        return await self._client.create(wanted, field_manager=MANAGER)

    async def _keep_claim(self, found: Json, volume: Json) -> None:
        metadata = {
            "name": claim_name(found, volume),
            "namespace": found["metadata"]["namespace"],
            "ownerReferences": [reference_to(found)],
        }
        spec = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": volume["capacity"]},
            "storageClassName": volume.get("storageClass") or found["spec"].get("storageClass", ""),
        }
        claim = {"apiVersion": "v1", "kind": CLAIM.kind, "metadata": metadata, "spec": spec}
        try:
            await self._client.create(claim, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_already_exists:
                raise

    def _take_over(self, vm: Json, draft: Json) -> None:
        uuid, status = vm["status"]["biosUUID"], draft["status"]
        draft["spec"]["providerID"] = f"vsphere://{uuid}"
        status["biosUUID"] = uuid
        status["addresses"] = [{"type": "InternalIP", "address": address(vm)}]
        cards = get_in(vm, "status", "network", "interfaces", default=[])
        if cards:
            status["network"] = {"interfaces": [_card(card) for card in cards]}
        zone = get_in(vm, "status", "zone")
        if zone:
            status["failureDomain"] = zone
        else:
            status.pop("failureDomain", None)
        status.setdefault("initialization", {})["provisioned"] = True

    async def _tell_host(self, machine: Json, vm: Json) -> None:
        """Label the Machine with the ESXi host, which the node takes over."""
        host = _LABEL_VALUE.sub("_", get_in(vm, "status", "host", default=""))[:63].strip("_.-")
        if labels(machine).get(HOST_LABEL) == host:
            return
        async with editing(self._client, machine, field_manager=MANAGER) as draft:
            draft["metadata"].setdefault("labels", {})[HOST_LABEL] = host


def _vm_name(found: Json, machine: Json | None = None) -> str:
    """The name of the machine's VirtualMachine: that of the Machine, or what the naming template makes of it.

    Raises: MachineNameError.
    """
    owners = found["metadata"].get("ownerReferences") or ()
    name = (
        machine["metadata"]["name"]
        if machine is not None
        else next(
            (reference["name"] for reference in owners if reference.get("kind") == MACHINE.kind),
            found["metadata"]["name"],
        )
    )
    return vm_name(name, get_in(found, "spec", "naming", "template", default=""))


_CARD = ("name", "deviceKey", "ip", "dns")


def _card(card: Json) -> Json:
    """What a VSphereMachine says of a card."""
    return {key: copy(card[key]) for key in _CARD if card.get(key)}
