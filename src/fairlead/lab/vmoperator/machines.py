"""VirtualMachines of the supervisor, as VMs of the simulated vCenter: what VM Operator does.

Each pass looks at the vCenter and takes the one next step; none waits for a task. The end of a task, a change of the VM
and the arrival of something that was missing wake it. A VM that is destroyed in the vCenter is made again.

Source: vm-operator v1.9, controllers/virtualmachine, pkg/providers/vsphere (order, conditions, finalizer).
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from fairlead.api.vmoperator.kinds import (
    CLUSTER_VIRTUAL_MACHINE_IMAGE,
    RESOURCE_POLICY,
    VIRTUAL_MACHINE,
    VIRTUAL_MACHINE_CLASS,
    VIRTUAL_MACHINE_IMAGE,
)
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, Key, finalizers, get_in, is_deleting, labels
from fairlead.controllers.contract import SECRET, get_or_none
from fairlead.controllers.vsphere.metadata import guestinfo
from fairlead.controllers.vsphere.sessions import Sessions
from fairlead.lab.vmoperator.prerequisites import (
    BOOTSTRAP_READY,
    CLASS_READY,
    IMAGE_READY,
    NETWORK_READY,
    PLACEMENT_READY,
    POLICY_READY,
    STORAGE_READY,
    ZONE_LABEL,
    MissingError,
    Prerequisites,
)
from fairlead.lab.vmoperator.status import power_state, running_status
from fairlead.lab.vmoperator.supervisor import MANAGER, STORAGE_CLASS, Supervisor
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp
from fairlead.runtime.conditions import find, is_true, set_condition
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result
from fairlead.vsphere.errors import Gone, SessionLost, VSphereError
from fairlead.vsphere.port import (
    Allocation,
    CloneSpec,
    DataDisk,
    NicSpec,
    Placement,
    PowerOp,
    PowerState,
    Ref,
    Session,
    VMInfo,
)

FINALIZER = "vmoperator.vmware.com/virtualmachine"
CREATED = "VirtualMachineCreated"
RETRY = timedelta(seconds=10)
RETRY_TASK = timedelta(minutes=1)
WAIT_FOR_LOST_CLONE = timedelta(seconds=15)
SWITCHED_OFF = timedelta(seconds=30)  # a VM that somebody switched off may be about to be destroyed
SOFT_OFF = timedelta(minutes=5)


class VirtualMachineController(BaseController):
    """Keeps one VM for each VirtualMachine."""

    name = "vmoperator-virtualmachine"
    kind = VIRTUAL_MACHINE

    def __init__(self, *, client: Client, clock: Clock, sessions: Sessions, supervisor: Supervisor) -> None:
        self._client = client
        self._clock = clock
        self._sessions = sessions
        self._supervisor = supervisor
        self._tasks: dict[Key, Ref] = {}  # what is under way; a clone that is forgotten is found by its identity
        self._since: dict[Key, datetime] = {}  # when a VM was found switched off, or asked to shut down
        self._missing: set[Key] = set()
        self._rest: dict[Key, datetime] = {}  # until when nothing is tried again after a failure

    def watches(self) -> Sequence[Watch]:
        kinds = (
            VIRTUAL_MACHINE_CLASS,
            VIRTUAL_MACHINE_IMAGE,
            CLUSTER_VIRTUAL_MACHINE_IMAGE,
            RESOURCE_POLICY,
            STORAGE_CLASS,
            SECRET,
        )
        return [Watch(kind, self._of_missing) for kind in kinds]

    def _of_missing(self, obj: Json) -> list[Key]:
        """Those that lack something, in the namespace where something came."""
        namespace = Key.of(obj).namespace
        return [key for key in self._missing if not namespace or key.namespace == namespace]

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._sessions.keys(),)

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, VIRTUAL_MACHINE, key)
        if found is None:
            self._forget(key)
            return Result.done()
        try:
            session = await self._sessions.get(self._supervisor.login)
        except VSphereError:
            return Result.again(RETRY)
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            try:
                if is_deleting(found):
                    return await self._remove(session, key, draft)
                if FINALIZER not in finalizers(found):
                    draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
                return await self._keep(session, key, draft)
            except SessionLost:
                self._sessions.lost(session)
                return Result.again(timedelta(0))
            except Gone:
                return Result.again(timedelta(0))
            except VSphereError as error:
                self._failed(draft, str(error))
                return self._pause(key)

    def _forget(self, key: Key) -> None:
        self._sessions.forget(key)
        self._tasks.pop(key, None)
        self._since.pop(key, None)
        self._missing.discard(key)
        self._rest.pop(key, None)

    # Up.

    async def _keep(self, session: Session, key: Key, draft: Json) -> Result:
        uuid = draft["metadata"]["uid"]
        self._sessions.expect_vm(uuid, "", key)
        waiting = await self._in_flight(session, key, draft)
        if waiting is not None:
            return waiting
        ref = await session.find_by_instance_uuid(uuid)
        if ref is None:
            return await self._create(session, key, draft)
        self._missing.discard(key)
        info = await session.vm(ref)
        self._set(draft, CREATED, True, "True")
        if power_state(draft) == "PoweredOn" and info.power is not PowerState.ON:
            self._since[key] = self._clock.now()
        running_status(draft["status"], info, self._zone(draft))
        return await self._power(session, key, draft, info)

    def _zone(self, draft: Json) -> str:
        zone = self._supervisor.zone(labels(draft).get(ZONE_LABEL, ""))
        return zone.name if zone is not None else ""

    async def _in_flight(self, session: Session, key: Key, draft: Json) -> Result | None:
        """What a task under way, or one that failed, allows: None to go on, else to wait."""
        left = self._rest.get(key, self._clock.now()) - self._clock.now()
        if left > timedelta(0):
            return Result.again(left)
        self._rest.pop(key, None)
        ref = self._tasks.get(key)
        if ref is None:
            return None
        self._sessions.expect_task(ref.id, key)
        task = await session.task(ref)
        if task is not None and not task.done:
            return Result.done()
        del self._tasks[key]
        if task is None or task.fault is None or task.fault.already_in_state:
            return None
        self._failed(draft, task.fault.message)
        return self._pause(key)

    def _failed(self, draft: Json, message: str) -> None:
        if not is_true(get_in(draft, "status", "conditions"), CREATED):
            self._set(draft, CREATED, False, "Error", message)

    def _pause(self, key: Key) -> Result:
        """Try again later, whatever wakes this until then."""
        self._rest[key] = self._clock.now() + RETRY_TASK
        return Result.again(RETRY_TASK)

    def _started(self, key: Key, task: Ref) -> Result:
        self._tasks[key] = task
        self._sessions.expect_task(task.id, key)
        return Result.done()

    async def _create(self, session: Session, key: Key, draft: Json) -> Result:
        """Make the VM, or say what is missing."""
        if is_true(get_in(draft, "status", "conditions"), CREATED):
            self._set(draft, CREATED, False, "NotFound", f'VirtualMachine "{key.name}" was not found on VC')
            draft["status"]["powerState"] = "PoweredOff"
        try:
            spec = await self._clone_spec(session, draft)
        except MissingError as error:
            self._missing.add(key)
            self._set(draft, error.condition, False, error.reason, str(error))
            return Result.done()
        self._missing.discard(key)
        task = await session.clone(spec)
        self._set(draft, CREATED, False, "Creating")
        return self._started(key, task)

    async def _clone_spec(self, session: Session, draft: Json) -> CloneSpec:
        need = Prerequisites(self._client, session, self._supervisor, draft)
        hardware = await need.hardware()
        self._set(draft, CLASS_READY, True, "True")
        template = await need.template()
        self._set(draft, IMAGE_READY, True, "True")
        await need.policy()
        self._set(draft, POLICY_READY, True, "True")
        userdata = await need.userdata()
        self._set(draft, BOOTSTRAP_READY, True, "True")
        zone = need.zone()
        pool = await session.find_pool(zone.pool, zone.datacenter)
        store = await need.store(pool)
        self._set(draft, STORAGE_READY, True, "True")
        networks = await need.networks(zone)
        self._set(draft, NETWORK_READY, True, "True")
        self._set(draft, PLACEMENT_READY, True, "True")
        name, uid = draft["metadata"]["name"], draft["metadata"]["uid"]
        metadata = {"instance-id": uid, "hostname": name, "local-hostname": name}
        extra = guestinfo("metadata", goyaml.dump(metadata))
        if userdata:
            extra |= guestinfo("userdata", userdata)
        older = _number(template.hardware_version) < int(draft["spec"].get("minHardwareVersion") or 0)
        return CloneSpec(
            name=name,
            template=template.ref,
            placement=Placement(
                folder=await session.find_folder("", zone.datacenter),
                pool=pool,
                datastore=store.datastore.ref,
                storage_policy_id=store.policy_id,
            ),
            instance_uuid=uid,
            cpus=hardware.cpus,
            memory_mib=hardware.memory_mib,
            memory=Allocation(hardware.memory_reserved_mib) if hardware.memory_reserved_mib else Allocation(),
            disks_gib=(0,) * len(template.disks),
            data_disks=[DataDisk(size) for size in store.data_disks_gib],
            nics=[NicSpec(network) for network in networks],
            extra_config=extra,
            annotation=f"Kubernetes VirtualMachine {Key.of(draft)}",
            power_on=_wants_power(draft) and not older,
        )

    async def _power(self, session: Session, key: Key, draft: Json, info: VMInfo) -> Result:
        on = info.power is PowerState.ON
        if on == _wants_power(draft):
            self._since.pop(key, None)
            return Result.done()
        if on:
            return await self._switch_off(session, key, draft, info)
        wanted = int(draft["spec"].get("minHardwareVersion") or 0)
        if _number(info.hardware_version) < wanted:
            return self._started(key, await session.upgrade_hardware(info.ref, f"vmx-{wanted}"))
        if key in self._since:
            left = self._since[key] + SWITCHED_OFF - self._clock.now()
            if left > timedelta(0):
                return Result.again(left)
            del self._since[key]
        return self._started(key, await session.power(info.ref, PowerOp.ON))

    async def _switch_off(self, session: Session, key: Key, draft: Json, info: VMInfo) -> Result:
        """Switch off in the way the VirtualMachine asks for."""
        mode = draft["spec"].get("powerOffMode") or "TrySoft"
        if mode == "Hard" or (mode == "TrySoft" and not info.tools_running):
            return self._started(key, await session.power(info.ref, PowerOp.OFF))
        asked = self._since.get(key)
        if asked is None:
            self._since[key] = self._clock.now()
            if info.tools_running:
                await session.shut_down_guest(info.ref)
            return Result.again(SOFT_OFF)
        left = asked + SOFT_OFF - self._clock.now()
        if mode == "Soft" or left > timedelta(0):
            return Result.again(max(left, RETRY))
        return self._started(key, await session.power(info.ref, PowerOp.OFF))

    # Down.

    async def _remove(self, session: Session, key: Key, draft: Json) -> Result:
        waiting = await self._in_flight(session, key, draft)
        if waiting is not None:
            return waiting
        ref = await session.find_by_instance_uuid(draft["metadata"]["uid"])
        if ref is not None:
            self._sessions.expect_vm(draft["metadata"]["uid"], "", key)
            info = await session.vm(ref)
            if info.power is PowerState.ON:
                return await self._switch_off(session, key, draft, info)
            return self._started(key, await session.destroy(ref))
        created = find(get_in(draft, "status", "conditions"), CREATED)
        if created is not None and created.get("reason") == "Creating":  # by a process that ended meanwhile
            left = parse_timestamp(draft["metadata"]["deletionTimestamp"]) + WAIT_FOR_LOST_CLONE - self._clock.now()
            if left > timedelta(0):
                return Result.again(left)
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        return Result.done()

    def _set(self, draft: Json, type_: str, status: bool, reason: str, message: str = "") -> None:
        conditions = draft.setdefault("status", {}).setdefault("conditions", [])
        set_condition(conditions, type_, status, reason, message, now=self._clock.now())


def _wants_power(draft: Json) -> bool:
    return bool(draft["spec"].get("powerState", "PoweredOn") == "PoweredOn")


def _number(hardware: str) -> int:
    digits = hardware.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0
