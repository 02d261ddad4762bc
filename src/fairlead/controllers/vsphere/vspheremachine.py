"""VSphereMachine controller: turn a Machine's infrastructure into a VSphereVM, and tell back what became of it.

Behaviour: cluster-api-provider-vsphere v1.17, controllers/vspheremachine_controller.go, pkg/services/vimmachine.go.
Differences: docs/compat/vsphere.md#vspheremachine.
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.kinds import (
    VSPHERE_CLUSTER,
    VSPHERE_DEPLOYMENT_ZONE,
    VSPHERE_FAILURE_DOMAIN,
    VSPHERE_MACHINE,
    VSPHERE_VM,
)
from fairlead.api.infrastructure.naming import MachineNameError, vm_name
from fairlead.base.objects import (
    Json,
    Key,
    annotations,
    copy,
    finalizers,
    get_in,
    is_deleting,
    labels,
    meta,
    owner_references,
)
from fairlead.controllers.changes import Changes
from fairlead.controllers.conditions import OLD_PROVISIONED, PAUSED, PROVISIONED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CONTROL_PLANE_LABEL,
    MACHINE,
    PAUSED_ANNOTATION,
    SETTLE_MACHINE,
    cluster_of,
    get_or_none,
    is_control_plane,
    is_paused,
    owner,
    pause_message,
    reference_to,
    with_owner,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import find, is_true
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.outcome import Result

FINALIZER = "vspheremachine.infrastructure.cluster.x-k8s.io"
HOST_LABEL = "node.cluster.x-k8s.io/esxi-host"
MANAGER = "manager"
_NOT_IN_VM = ("providerID", "failureDomain", "naming")
_LABEL_VALUE = re.compile(r"[^-A-Za-z0-9_.]")
_LONGEST_WINDOWS_NAME = 15


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one pass may judge."""

    machine: Json | None
    cluster: Json | None
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
    """Delete the VSphereVM, then let go."""


class Make:
    """Make or follow the VSphereVM."""


def _of_cluster(cluster: Json) -> Hashable:
    """What VSphereMachines need to know of their Cluster."""
    return (
        meta(cluster).get("generation"),
        PAUSED_ANNOTATION in annotations(cluster),
        bool(get_in(cluster, "status", "initialization", "infrastructureProvisioned")),
        is_true(get_in(cluster, "status", "conditions"), "ControlPlaneInitialized"),
    )


def decide(seen: Seen) -> Hold | Rest | Remove | Make:
    """Choose the next step. Pure."""
    if seen.deleting:
        return Remove()
    if seen.machine is None or seen.cluster is None or not get_in(seen.cluster, "spec", "infrastructureRef"):
        return Rest()
    if not get_in(seen.cluster, "status", "initialization", "infrastructureProvisioned"):
        return Hold("WaitingForClusterInfrastructureReady", "WaitingForClusterInfrastructure")
    if not get_in(seen.machine, "spec", "bootstrap", "dataSecretName"):
        initialized = is_true(get_in(seen.cluster, "status", "conditions"), "ControlPlaneInitialized")
        if not seen.control_plane and not initialized:
            return Hold("WaitingForControlPlaneInitialized", "WaitingForControlPlaneAvailable")
        return Hold("WaitingForBootstrapData", "WaitingForBootstrapData")
    return Make()


def vm_key(machine: Json | None, found: Json) -> Key:
    """The VSphereVM of the VSphereMachine *found*: named after its Machine, by `spec.naming.template` if there is one.

    Windows takes 15 characters: the beginning, and the end, which tells machines apart. Raises: MachineNameError.
    """
    own = Key.of(found)
    machine_name = own.name if machine is None else str(meta(machine)["name"])
    name = vm_name(machine_name, get_in(found, "spec", "naming", "template", default=""))
    if get_in(found, "spec", "os") == "Windows" and len(machine_name) > _LONGEST_WINDOWS_NAME:
        name = f"{name[:9].removesuffix('-')}-{name[-5:]}"
    return Key(own.namespace, name)


class VSphereMachineController(BaseController):
    """Keeps one VSphereVM for each VSphereMachine that may have one."""

    name = "vspheremachine"
    kind = VSPHERE_MACHINE
    settle = SETTLE_MACHINE

    def __init__(self, *, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._clusters = Changes(_of_cluster)

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(VSPHERE_VM, wake_owner(VSPHERE_MACHINE)),
            Watch(MACHINE, self._of_machine),
            Watch(CLUSTER, self._of_cluster),
        )

    def _of_machine(self, machine: Json) -> tuple[Key, ...]:
        reference = get_in(machine, "spec", "infrastructureRef", default={})
        if reference.get("kind") != VSPHERE_MACHINE.kind or reference.get("apiGroup") != VSPHERE_MACHINE.group:
            return ()
        return (Key(Key.of(machine).namespace, reference["name"]),)

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        if not self._clusters.is_new(cluster):
            return []
        key = Key.of(cluster)
        selector = f"{CLUSTER_NAME_LABEL}={key.name}"
        found = await self._client.list(VSPHERE_MACHINE, key.namespace, label_selector=selector)
        return [Key.of(machine) for machine in found.items]

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, VSPHERE_MACHINE, key)
        if found is None:
            return Result.done()
        machine = await owner(self._client, found, MACHINE)
        cluster = await cluster_of(self._client, machine if machine is not None else found)
        seen = Seen(machine, cluster, is_deleting(found), is_control_plane(found))
        if machine is None and not seen.deleting:
            return Result.done()
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, found):
                report.set(PAUSED, True, "Paused", pause_message(cluster, found))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            if not seen.deleting and FINALIZER not in finalizers(found):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            await self._act(decide(seen), seen, found, draft, report)
            if FINALIZER in finalizers(draft):
                if report.get(PROVISIONED) is None:
                    report.set(PROVISIONED, False, "NotProvisioned")
                report.summarize((PROVISIONED,), (OLD_PROVISIONED,))
        return Result.done()

    async def _act(
        self, step: Hold | Rest | Remove | Make, seen: Seen, found: Json, draft: Json, report: Reporter
    ) -> None:
        match step:
            case Hold(reason, old_reason):
                report.fail(PROVISIONED, reason, "", (OLD_PROVISIONED, old_reason, "Info"))
            case Remove():
                await self._remove(seen, found, draft, report)
            case Make():
                await self._make(seen, found, draft, report)

    async def _remove(self, seen: Seen, found: Json, draft: Json, report: Reporter) -> None:
        report.fail(PROVISIONED, "Deleting", "", (OLD_PROVISIONED, "Deleting", "Info"))
        try:
            vm = await get_or_none(self._client, VSPHERE_VM, vm_key(seen.machine, found))
        except MachineNameError:
            vm = None  # none was ever made
        if vm is None:
            draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
            return
        if not is_deleting(vm):
            try:
                await self._client.delete(VSPHERE_VM, vm["metadata"]["name"], vm["metadata"]["namespace"])
            except ApiError as error:
                if not error.is_not_found:
                    raise
        self._mirror(vm, report)

    async def _make(self, seen: Seen, found: Json, draft: Json, report: Reporter) -> None:
        assert seen.machine is not None
        assert seen.cluster is not None
        try:
            key = vm_key(seen.machine, found)
        except MachineNameError as error:
            name = meta(seen.machine)["name"]
            text = f"cannot name the VSphereVM of Machine {name}: {error}; correct spec.naming.template"
            report.fail(PROVISIONED, "NotProvisioned", text, (OLD_PROVISIONED, "NotProvisioned", "Error"))
            return
        vm = await get_or_none(self._client, VSPHERE_VM, key)
        wanted = await self._wanted_vm(seen.machine, seen.cluster, found, vm, key.name)
        if vm is None:
            vm = await self._client.create(wanted, field_manager=MANAGER)
        else:
            vm = await write_changes(self._client, vm, wanted, field_manager=MANAGER)
        if not get_in(vm, "status", "ready") or not get_in(vm, "spec", "biosUUID"):
            self._mirror(vm, report)
            return
        draft["spec"]["providerID"] = f"vsphere://{vm['spec']['biosUUID']}"
        status = draft["status"]
        status["network"] = copy(get_in(vm, "status", "network", default=[]))
        addresses = [
            {"address": address, "type": "ExternalIP"} for address in get_in(vm, "status", "addresses", default=())
        ]
        status["addresses"] = [*addresses, {"address": vm["metadata"]["name"], "type": "InternalDNS"}]
        status.setdefault("initialization", {})["provisioned"] = True
        await self._tell_host(seen.machine, vm)
        report.set(PROVISIONED, True, "Provisioned")
        report.set_old(OLD_PROVISIONED, True)

    async def _wanted_vm(self, machine: Json, cluster: Json, found: Json, vm: Json | None, vm_name: str) -> Json:
        """The VSphereVM as it should be: what is there, with what the machine decides laid over it."""
        metadata = found["metadata"]
        name = get_in(cluster, "spec", "infrastructureRef", "name", default="")
        infra = await self._client.get(VSPHERE_CLUSTER, name, metadata["namespace"])
        spec = {key: copy(value) for key, value in found["spec"].items() if key not in _NOT_IN_VM}
        await self._place(machine, spec)
        for key in ("server", "thumbprint"):
            if not spec.get(key) and infra["spec"].get(key):
                spec[key] = infra["spec"][key]
        spec["bootstrapRef"] = {"name": get_in(machine, "spec", "bootstrap", "dataSecretName")}
        kept = {CLUSTER_NAME_LABEL: labels(machine).get(CLUSTER_NAME_LABEL, "")}
        if CONTROL_PLANE_LABEL in labels(machine):
            kept[CONTROL_PLANE_LABEL] = labels(machine)[CONTROL_PLANE_LABEL]
        mine = reference_to(found)
        if vm is None:
            return {
                "apiVersion": VSPHERE_VM.api_version,
                "kind": VSPHERE_VM.kind,
                "metadata": {
                    "name": vm_name,
                    "namespace": metadata["namespace"],
                    "labels": kept,
                    "ownerReferences": [mine],
                    "finalizers": ["vspherevm.infrastructure.cluster.x-k8s.io"],
                },
                "spec": spec,
            }
        wanted: Json = copy(vm)
        wanted["metadata"]["labels"] = {**labels(vm), **kept}
        wanted["metadata"]["ownerReferences"] = with_owner(owner_references(vm), mine)
        for key in ("biosUUID", "os"):
            if vm["spec"].get(key) and not spec.get(key):
                spec[key] = vm["spec"][key]
        wanted["spec"] = {**vm["spec"], **spec}
        return wanted

    async def _place(self, machine: Json, spec: Json) -> None:
        """Let the Machine's failure domain override where the VM goes."""
        name = get_in(machine, "spec", "failureDomain")
        if not name:
            return
        zone = await self._client.get(VSPHERE_DEPLOYMENT_ZONE, name)
        domain = await self._client.get(VSPHERE_FAILURE_DOMAIN, zone["spec"]["failureDomain"])
        topology, constraint = domain["spec"].get("topology") or {}, zone["spec"].get("placementConstraint") or {}
        spec["server"] = zone["spec"]["server"]
        spec["datacenter"] = topology.get("datacenter", spec.get("datacenter"))
        if constraint.get("folder"):
            spec["folder"] = constraint["folder"]
        if constraint.get("resourcePool"):
            spec["resourcePool"] = constraint["resourcePool"]
        if topology.get("datastore"):
            spec["datastore"] = topology["datastore"]
        devices = get_in(spec, "network", "devices", default=[])
        networks = topology.get("networks") or [n["networkName"] for n in topology.get("networkConfigurations") or ()]
        for device, network in zip(devices, networks, strict=False):
            device["networkName"] = network

    async def _tell_host(self, machine: Json, vm: Json) -> None:
        """Label the Machine with the ESXi host, which the node takes over."""
        host = _LABEL_VALUE.sub("_", get_in(vm, "status", "host", default=""))[:63].strip("_.-")
        if labels(machine).get(HOST_LABEL) == host:
            return
        async with editing(self._client, machine, field_manager=MANAGER) as draft:
            draft["metadata"].setdefault("labels", {})[HOST_LABEL] = host

    def _mirror(self, vm: Json, report: Reporter) -> None:
        """Say of the machine what the VM says of itself."""
        condition = find(get_in(vm, "status", "conditions"), PROVISIONED)
        if condition is None:
            report.set(PROVISIONED, "Unknown", "NotYetReported", f"Condition {PROVISIONED} not yet reported")
        else:
            report.set(PROVISIONED, condition["status"], condition["reason"], condition.get("message", ""))
        old = find(get_in(vm, "status", "deprecated", "v1beta1", "conditions"), "Ready")
        if old is not None:
            report.set_old(
                OLD_PROVISIONED, old["status"], old.get("reason", ""), old.get("message", ""), old.get("severity", "")
            )
