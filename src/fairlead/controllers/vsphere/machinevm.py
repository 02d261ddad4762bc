"""The steps that bring a VM up in a vCenter, and take it down: each call of `bring_up` takes the next one.

Source: cluster-api-provider-vsphere v1.17, pkg/services/govmomi/service.go, util.go, power.go.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from fairlead.base.objects import Json, Key, get_in
from fairlead.controllers.conditions import OLD_PROVISIONED, PROVISIONED, Reporter
from fairlead.controllers.vsphere.addresses import WAITING, AddressClaims, AddressTroubleError, Claimed
from fairlead.controllers.vsphere.clone import CloneError, clone_spec
from fairlead.controllers.vsphere.identity import secret_text
from fairlead.controllers.vsphere.metadata import guestinfo, machine_metadata
from fairlead.controllers.vsphere.sessions import Sessions
from fairlead.runtime.clock import Clock, parse_timestamp, timestamp
from fairlead.runtime.outcome import Result, TroubleError
from fairlead.vsphere.errors import Fault, Gone, NotFound, SessionLost, VSphereError
from fairlead.vsphere.port import PowerOp, PowerState, ReconfigureSpec, Ref, Session, TaskState, VMInfo

RETRY_TASK = timedelta(minutes=1)
WAIT_FOR_ADDRESS = timedelta(seconds=10)
WAIT_FOR_LOST_CLONE = timedelta(seconds=15)
SWITCHED_OFF = timedelta(seconds=30)
SOFT_OFF_CHECK = timedelta(seconds=20)
SOFT_OFF_TIMEOUT_SECONDS = 300
SOFT_OFF = "GuestSoftPowerOffSucceeded"

BootstrapData = Callable[[str, str], Awaitable[Json]]


class VMTroubleError(TroubleError):
    """The VM cannot be made as asked. The text is the condition's message; `hint` says what to do."""

    def __init__(
        self, message: str, *, hint: str = "", reason: str = "NotProvisioned", old_reason: str = "CloningFailed"
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.reason = reason
        self.old_reason = old_reason


class Removed:
    """The VM is gone."""


class MachineVM:
    """One VSphereVM's VM, seen through one session."""

    def __init__(self, *, session: Session, sessions: Sessions, clock: Clock, draft: Json, report: Reporter) -> None:
        self._session = session
        self._sessions = sessions
        self._clock = clock
        self._draft = draft
        self._report = report
        self._key = Key.of(draft)
        sessions.expect_vm(draft["metadata"]["uid"], draft["spec"].get("biosUUID", ""), self._key)

    # Up.

    async def bring_up(self, bootstrap_data: BootstrapData, claims: AddressClaims) -> Result:
        """Take the next step towards a running VM with an address. Raises: VMTroubleError, SessionLost, Gone."""
        waiting = await self._task_in_flight()
        if waiting is not None:
            return waiting
        ref = await self._find()
        if ref is None:
            return await self._clone(bootstrap_data)
        info = await self._session.vm(ref)
        self._draft["spec"]["biosUUID"] = info.bios_uuid
        self._sessions.expect_vm(info.instance_uuid, info.bios_uuid, self._key)
        held = self._hold_if_switched_off(info)
        if held is not None:
            return held
        if await self._hardware(info):
            return Result.done()
        claimed = await self._addresses(claims)
        if claimed is None or await self._metadata(info, claimed) or await self._power_on(info):
            return Result.done()
        return self._report_running(info)

    def _hold_if_switched_off(self, info: VMInfo) -> Result | None:
        """Leave a running VM that somebody switches off alone for a while: it may be about to be destroyed."""
        if info.power is PowerState.ON or not self._status().get("ready"):
            return None
        provisioned = self._report.get(PROVISIONED)
        if provisioned is None or provisioned["status"] == "True":
            message = (
                f"powered off outside Kubernetes; powered on again in {SWITCHED_OFF.seconds}s unless it is removed"
            )
            self._report.fail(PROVISIONED, "PoweringOn", message, (OLD_PROVISIONED, "PoweringOn", "Info"))
            return Result.again(SWITCHED_OFF)
        left = parse_timestamp(provisioned["lastTransitionTime"]) + SWITCHED_OFF - self._clock.now()
        return Result.again(left) if left > timedelta(0) else None

    async def _task_in_flight(self) -> Result | None:
        """What a task on record allows: None to go on, else to wait."""
        status = self._status()
        task_id = status.get("taskRef")
        if not task_id:
            return None
        retry_after = status.get("retryAfter")
        now = self._clock.now()
        if retry_after and now < parse_timestamp(retry_after):
            return Result.again(parse_timestamp(retry_after) - now)
        self._sessions.expect_task(task_id, self._key)
        task = await self._session.task(Ref.task(task_id))
        if task is not None and not task.done:
            return Result.done()
        if (
            task is None
            or task.state is TaskState.SUCCESS
            or (task.fault and task.fault.already_in_state)
            or retry_after
        ):
            status.pop("taskRef", None)
            status.pop("retryAfter", None)
            return None
        message = task.fault.message if task.fault else "the task failed and gave no reason"
        self._report.fail(PROVISIONED, "TaskFailed", message, (OLD_PROVISIONED, "TaskFailure", "Info"))
        status["retryAfter"] = timestamp(now + RETRY_TASK)
        return Result.again(RETRY_TASK)

    async def _find(self) -> Ref | None:
        """The VM by its BIOS UUID, else by the instance UUID or the path a clone would have."""
        spec = self._draft["spec"]
        bios = spec.get("biosUUID")
        if bios:
            ref = await self._session.find_by_bios_uuid(bios)
            if ref is None:
                raise VMTroubleError(
                    f"vm with bios uuid {bios} not found",
                    hint="the VM was removed outside Kubernetes; delete the Machine to have it replaced",
                    reason="NotFoundByBIOSUUID",
                    old_reason="NotFoundByBIOSUUID",
                )
            return ref
        ref = await self._session.find_by_instance_uuid(self._draft["metadata"]["uid"])
        if ref is not None:
            return ref
        return await self._find_by_path()

    async def _find_by_path(self) -> Ref | None:
        spec = self._draft["spec"]
        datacenter = spec.get("datacenter", "")
        datacenter = "" if datacenter == "*" else datacenter
        try:
            folder = await self._session.find_folder(spec.get("folder", ""), datacenter)
        except NotFound:
            return None  # cloning names the folder as the cause
        path = f"{await self._session.folder_path(folder)}/{self._draft['metadata']['name']}"
        return await self._session.find_vm(path, datacenter)

    async def _clone(self, bootstrap_data: BootstrapData) -> Result:
        name = get_in(self._draft, "spec", "bootstrapRef", "name", default="")
        userdata, encoding = "", {}
        if name:
            secret = await bootstrap_data(name, self._key.namespace)
            userdata = secret_text(secret, "value")
            if secret_text(secret, "format") == "ignition":
                encoded = base64.b64encode(userdata.encode()).decode()
                encoding = {
                    "guestinfo.ignition.config.data": encoded,
                    "guestinfo.ignition.config.data.encoding": "base64",
                }
        try:
            spec, said = await clone_spec(self._session, self._draft, userdata, encoding)
            task = await self._session.clone(spec)
        except CloneError as error:
            raise VMTroubleError(str(error), hint=error.hint) from error
        except (SessionLost, Gone):
            raise
        except VSphereError as error:
            raise VMTroubleError(f"error trigging clone op for machine {self._key}: {error}") from error
        self._status().update(said)
        self._started(task, "WaitingForClone", "Cloning")
        return Result.done()

    def _started(self, task: Ref, reason: str, old_reason: str) -> None:
        self._status()["taskRef"] = task.id
        self._sessions.expect_task(task.id, self._key)
        self._report.fail(PROVISIONED, reason, "", (OLD_PROVISIONED, old_reason, "Info"))

    async def _hardware(self, info: VMInfo) -> bool:
        wanted = self._draft["spec"].get("hardwareVersion")
        if not wanted or info.power is PowerState.ON or _number(info.hardware_version) >= _number(wanted):
            return False
        task = await self._session.upgrade_hardware(info.ref, wanted)
        self._started(task, "WaitingForClone", "Cloning")
        return True

    async def _addresses(self, claims: AddressClaims) -> dict[int, Claimed] | None:
        """What pools gave the cards; None as long as they have not given all. Raises: VMTroubleError."""
        try:
            claimed = await claims.bound()
        except AddressTroubleError as error:
            hint = "correct the pools that spec.network.devices names, or the gateways beside them"
            raise VMTroubleError(str(error), hint=hint, old_reason="WaitingForIPAddress") from error
        if claimed is None:
            reason = "WaitingForIPAddress"
            self._report.fail(PROVISIONED, reason, WAITING, (OLD_PROVISIONED, reason, "Info"))
        return claimed

    async def _metadata(self, info: VMInfo, claimed: Mapping[int, Claimed]) -> bool:
        devices = get_in(self._draft, "spec", "network", "devices", default=[])
        text = machine_metadata(self._draft["metadata"]["name"], devices, [nic.mac for nic in info.nics], claimed)
        wanted = guestinfo("metadata", text)
        if all(info.extra_config.get(key) == value for key, value in wanted.items()):
            return False
        task = await self._session.reconfigure(info.ref, ReconfigureSpec(extra_config=wanted))
        self._started(task, "WaitingForClone", "Cloning")
        return True

    async def _power_on(self, info: VMInfo) -> bool:
        if info.power is PowerState.ON:
            return False
        try:
            task = await self._session.power(info.ref, PowerOp.ON)
        except Gone:
            raise
        except Fault as error:
            raise VMTroubleError(str(error), old_reason="PoweringOnFailed") from error
        self._started(task, "PoweringOn", "PoweringOn")
        return True

    def _report_running(self, info: VMInfo) -> Result:
        status = self._status()
        status["vmRef"] = str(info.ref)
        status["host"] = info.host
        status["network"] = [_network_status(info, index) for index in range(len(info.nics))]
        addresses = [ip for nic in info.nics for ip in nic.ips if not _is_link_local(ip)]
        if not addresses:
            status.pop("addresses", None)
            self._report.fail(
                PROVISIONED, "WaitingForIPAllocation", "", (OLD_PROVISIONED, "WaitingForIPAllocation", "Info")
            )
            return Result.again(WAIT_FOR_ADDRESS)
        status["addresses"] = addresses
        status["ready"] = True
        self._report.set(PROVISIONED, True, "Provisioned")
        self._report.set_old(OLD_PROVISIONED, True)
        return Result.done()

    # Down.

    async def tear_down(self, *, unsure: bool) -> Result | Removed:
        """Take the next step towards the VM's end. *unsure*: a clone may be under way that is not on record."""
        waiting = await self._task_in_flight()
        if waiting is not None:
            return waiting
        try:
            ref = await self._find()
        except VMTroubleError:
            return Removed()
        if ref is None:
            return self._wait_for_lost_clone() if unsure else Removed()
        info = await self._session.vm(ref)
        if info.power is PowerState.ON:
            soft = await self._soft_power_off(info)
            if soft is not None:
                return soft
            task = await self._session.power(ref, PowerOp.OFF)
        else:
            task = await self._session.destroy(ref)
        self._status()["taskRef"] = task.id
        self._sessions.expect_task(task.id, self._key)
        return Result.done()

    def _wait_for_lost_clone(self) -> Result | Removed:
        """Give a clone that nobody recorded the time to show up, so that it is not left behind."""
        began = parse_timestamp(self._draft["metadata"]["deletionTimestamp"])
        left = began + WAIT_FOR_LOST_CLONE - self._clock.now()
        return Result.again(left) if left > timedelta(0) else Removed()

    async def _soft_power_off(self, info: VMInfo) -> Result | None:
        """Ask the guest to shut down where the spec wants it; None when the power is to be cut."""
        spec = self._draft["spec"]
        mode = spec.get("powerOffMode") or "hard"
        if mode == "hard":
            return None
        asked = self._report.get(SOFT_OFF)
        if asked is not None:
            limit = timedelta(seconds=spec.get("guestSoftPowerOffTimeoutSeconds") or SOFT_OFF_TIMEOUT_SECONDS)
            waited = self._clock.now() - parse_timestamp(asked["lastTransitionTime"])
            if mode == "soft" or waited < limit:
                return Result.again(SOFT_OFF_CHECK)
            return None
        if not info.tools_running or not info.guest_state_change_supported:
            if mode == "trySoft":
                return None
            message = f"VMware Tools not installed on VM {self._key}"
            self._report.fail(SOFT_OFF, "Failed", message, (SOFT_OFF, "GuestSoftPowerOffFailed", "Warning"))
            return Result.again(SOFT_OFF_CHECK)
        await self._session.shut_down_guest(info.ref)
        message = f"guest soft power off initiated on VM {self._key}"
        self._report.fail(SOFT_OFF, "InProgress", message, (SOFT_OFF, "GuestSoftPowerOffInProgress", "Info"))
        return Result.again(SOFT_OFF_CHECK)

    def _status(self) -> Json:
        status: Json = self._draft.setdefault("status", {})
        return status


def _number(hardware: str) -> int:
    digits = hardware.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _is_link_local(address: str) -> bool:
    return address.lower().startswith(("fe80:", "169.254."))


def _network_status(info: VMInfo, index: int) -> Json:
    nic = info.nics[index]
    status: Json = {"connected": nic.connected, "macAddr": nic.mac}
    addresses = [ip for ip in nic.ips if not _is_link_local(ip)]
    if addresses:
        status["ipAddrs"] = addresses
    if nic.network:
        status["networkName"] = nic.network
    return status
