"""The vSphere port: all that Fairlead asks of a vCenter.

Adapters: `fairlead.vsphere.pyvmomi` (any vCenter over SOAP) and `fairlead.lab.vcenter` (the simulator, in-process and
in virtual time). `fairlead.testing.vcenter_contract.check_vcenter` holds them all to one contract.

Rules of the port:
- Acts (`clone`, `reconfigure`, `power`, `destroy`, …) start a task and return its reference; none waits for it. A
  task's end is told by `watch`, and `task` reads it at any time, also from a later session: store `ref.id`.
- A clone carries the caller's `instance_uuid`; a retry first looks with `find_by_instance_uuid`, so that a clone whose
  answer was lost is found, not repeated.
- There is one `watch` per session, for VMs and tasks alike; nothing polls a VM.
- Every method raises `SessionLost` once the session is gone; take a new one from the connector.

Source of the names' meaning: govmomi v0.55 `find.Finder` (paths, defaults, globs are not ours) as CAPV v1.17 uses it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A managed object reference; `str()` is govmomi's form, `VirtualMachine:vm-12`."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"

    @classmethod
    def task(cls, id_: str) -> Ref:
        """Return the reference of a task stored by its id alone, as VSphereVM.status.taskRef does."""
        return cls("Task", id_)


class PowerState(StrEnum):
    """runtime.powerState, in the API's words."""

    ON = "poweredOn"
    OFF = "poweredOff"
    SUSPENDED = "suspended"


class PowerOp(StrEnum):
    """Power acts that are tasks."""

    ON = "on"
    OFF = "off"
    RESET = "reset"
    SUSPEND = "suspend"


class TaskState(StrEnum):
    """info.state, in the API's words."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class About:
    """ServiceContent.about, the part people ask for."""

    name: str
    full_name: str
    version: str
    build: str
    api_type: str
    api_version: str
    instance_uuid: str


@dataclass(frozen=True, slots=True)
class TaskFault:
    """Why a task failed: the fault's type name and its localized message."""

    name: str
    message: str
    existing_state: str = ""  # InvalidPowerState only
    requested_state: str = ""

    @property
    def already_in_state(self) -> bool:
        """Tell a power task that failed because nothing was to be done."""
        return (
            self.name == "InvalidPowerState"
            and bool(self.existing_state)
            and self.existing_state == self.requested_state
        )


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """One reading of a task. `operation` is descriptionId, e.g. `VirtualMachine.clone`."""

    ref: Ref
    state: TaskState
    operation: str
    entity: Ref | None
    entity_name: str
    progress: int | None = None
    result: Ref | None = None
    fault: TaskFault | None = None
    queued: datetime | None = None
    started: datetime | None = None
    completed: datetime | None = None

    @property
    def done(self) -> bool:
        return self.state in (TaskState.SUCCESS, TaskState.ERROR)


@dataclass(frozen=True, slots=True)
class NicInfo:
    """A VM's network adapter with what the guest reports for it."""

    key: int
    mac: str
    network: str  # its name, "" until the guest reports the NIC
    connected: bool  # False until the guest reports the NIC
    ips: tuple[str, ...] = ()  # as reported, link-local ones included


@dataclass(frozen=True, slots=True)
class DiskInfo:
    """A VM's virtual disk."""

    key: int
    label: str
    capacity_kib: int
    datastore: Ref | None = None


@dataclass(frozen=True, slots=True)
class VMInfo:
    """One reading of a VM or template."""

    ref: Ref
    name: str
    path: str  # inventory path, /DC0/vm/folder/name; "" when it was not asked for
    power: PowerState
    template: bool
    bios_uuid: str
    instance_uuid: str
    hardware_version: str  # vmx-21
    cpus: int
    memory_mib: int
    nics: tuple[NicInfo, ...]
    disks: tuple[DiskInfo, ...]
    extra_config: Mapping[str, str]
    host: str  # name of the ESXi host, "" when none
    tools_running: bool
    guest_state_change_supported: bool
    guest_hostname: str
    connection_state: str  # connected, disconnected, inaccessible, invalid, orphaned
    annotation: str = ""
    current_snapshot: Ref | None = None
    snapshots: Mapping[str, Ref] = field(default_factory=dict)  # by name; the last of equal names

    def guest_ips(self) -> tuple[str, ...]:
        """Return every address the guest reports, NIC by NIC."""
        return tuple(ip for nic in self.nics for ip in nic.ips)


@dataclass(frozen=True, slots=True)
class Network:
    """A network a NIC can be plugged into; the last two are set for distributed port groups."""

    ref: Ref
    name: str
    switch_uuid: str = ""
    portgroup_key: str = ""


@dataclass(frozen=True, slots=True)
class Datastore:
    """A datastore with its room, in bytes."""

    ref: Ref
    name: str
    capacity_bytes: int
    free_bytes: int
    accessible: bool = True
    maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a clone goes: all references, already resolved."""

    folder: Ref
    pool: Ref
    datastore: Ref
    host: Ref | None = None
    storage_policy_id: str = ""


@dataclass(frozen=True, slots=True)
class NicSpec:
    """A vmxnet3 adapter to add; an empty MAC lets the vCenter choose."""

    network: Network
    mac: str = ""


@dataclass(frozen=True, slots=True)
class DataDisk:
    """A disk to add on the controller of the first one. `provisioning`: Thin, Thick, EagerlyZeroed or ""."""

    size_gib: int
    provisioning: str = ""


@dataclass(frozen=True, slots=True)
class Allocation:
    """Reservation, limit (MHz or MiB) and custom shares; None leaves the default."""

    reservation: int | None = None
    limit: int | None = None
    shares: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneSpec:
    """A VM to make from a template.

    With `snapshot` the clone is linked and `disks_gib` must be empty. `disks_gib` are sizes for the template's disks in
    order, 0 keeping a size. The template's NICs are removed; `nics` are added in order.
    """

    name: str
    template: Ref
    placement: Placement
    instance_uuid: str
    cpus: int
    memory_mib: int
    cores_per_socket: int = 0
    snapshot: Ref | None = None
    disks_gib: Sequence[int] = ()
    data_disks: Sequence[DataDisk] = ()
    nics: Sequence[NicSpec] = ()
    extra_config: Mapping[str, str] = field(default_factory=dict)
    cpu: Allocation = Allocation()
    memory: Allocation = Allocation()
    annotation: str = ""
    nested_hv: bool = False
    power_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconfigureSpec:
    """Changes to a VM; None and empty mean "leave it". An extra_config value of "" removes the key."""

    extra_config: Mapping[str, str] = field(default_factory=dict)
    cpus: int | None = None
    memory_mib: int | None = None
    annotation: str | None = None
    storage_policy_id: str = ""


@dataclass(frozen=True, slots=True)
class Synced:
    """Told once per watch: all VMs that existed at its start have been told."""


@dataclass(frozen=True, slots=True)
class VMChanged:
    """A VM exists, or something a controller reads of it changed (power, addresses, host, name, template, guest)."""

    ref: Ref
    name: str
    instance_uuid: str
    bios_uuid: str
    power: PowerState | None = None
    template: bool = False


@dataclass(frozen=True, slots=True)
class VMGone:
    """A VM left the inventory; the last known identity, "" where never known."""

    ref: Ref
    name: str
    instance_uuid: str
    bios_uuid: str


@dataclass(frozen=True, slots=True)
class TaskDone:
    """A task that this session started or asked about ended."""

    info: TaskInfo


Change = Synced | VMChanged | VMGone | TaskDone


class Session(Protocol):
    """A logged-in session with one vCenter. Safe for concurrent use by tasks of one event loop."""

    @property
    def server(self) -> str:
        """The server as it was given to the connector."""
        ...

    async def about(self) -> About: ...

    async def is_active(self) -> bool:
        """Tell whether the vCenter still knows the session."""
        ...

    async def close(self) -> None:
        """Log out; watches end. Safe to repeat."""
        ...

    # Names to references. A name is an absolute inventory path, a path relative to the kind's folder of the datacenter,
    # or a bare name found anywhere below it. An empty datacenter means the only one.

    async def find_datacenter(self, name: str = "") -> Ref:
        """Raises: NotFound, Ambiguous."""
        ...

    async def find_template(self, name: str, datacenter: str = "") -> VMInfo:
        """Return the VM or template with this instance UUID (if the name is one), path or name.

        Raises: NotFound("vm", name, closest templates), Ambiguous.
        """
        ...

    async def find_vm(self, path: str, datacenter: str = "") -> Ref | None:
        """Return the VM at an inventory path (absolute, or relative to the datacenter's vm folder), or None."""
        ...

    async def find_by_instance_uuid(self, uuid: str, datacenter: str = "") -> Ref | None: ...

    async def find_by_bios_uuid(self, uuid: str, datacenter: str = "") -> Ref | None: ...

    async def find_folder(self, name: str = "", datacenter: str = "") -> Ref:
        """Return a VM folder; the datacenter's own when no name is given. Raises: NotFound("folder"), Ambiguous."""
        ...

    async def folder_path(self, folder: Ref) -> str:
        """Return a folder's (or any managed entity's) inventory path."""
        ...

    async def find_pool(self, name: str = "", datacenter: str = "") -> Ref:
        """Raises: NotFound("resource pool"), Ambiguous — also when no name is given and there are several."""
        ...

    async def find_datastore(self, name: str = "", datacenter: str = "") -> Datastore:
        """Raises: NotFound("datastore"), Ambiguous — also when no name is given and there are several."""
        ...

    async def find_network(self, name: str, datacenter: str = "") -> Network:
        """Raises: NotFound("network"), Ambiguous."""
        ...

    async def find_cluster(self, name: str, datacenter: str = "") -> Ref:
        """Return a compute cluster. Raises: NotFound("cluster"), Ambiguous."""
        ...

    async def find_storage_policy(self, name: str) -> str:
        """Return the policy's id. Raises: NotFound("storage policy")."""
        ...

    async def policy_datastores(self, policy_id: str, pool: Ref) -> tuple[Datastore, ...]:
        """Return the datastores of the pool's owner that satisfy a policy, those in maintenance left out."""
        ...

    # Reading.

    async def vm(self, ref: Ref) -> VMInfo:
        """Raises: Gone."""
        ...

    async def task(self, ref: Ref) -> TaskInfo | None:
        """Return a task, or None when the vCenter has forgotten it. A running one is told by `watch` when it ends."""
        ...

    def watch(self) -> AsyncIterator[Change]:
        """Yield every VM there is, `Synced`, then changes as they come, and the end of each task of this session.

        May be called several times; each iterator gets every change. Raises: SessionLost, Unreachable.
        """
        ...

    # Acting: each returns its task. A call that is refused at once raises Fault or NoPermission, a reference that is
    # no more raises Gone.

    async def clone(self, spec: CloneSpec) -> Ref:
        """Raises: DiskTooSmall, Gone (the template), Fault."""
        ...

    async def reconfigure(self, vm: Ref, spec: ReconfigureSpec) -> Ref: ...

    async def power(self, vm: Ref, op: PowerOp) -> Ref: ...

    async def upgrade_hardware(self, vm: Ref, version: str) -> Ref:
        """Upgrade the virtual hardware to e.g. `vmx-21`."""
        ...

    async def destroy(self, vm: Ref) -> Ref: ...

    async def shut_down_guest(self, vm: Ref) -> None:
        """Ask the guest's system to shut down; returns at once. Raises: Fault("ToolsUnavailable", …)."""
        ...


class Connector(Protocol):
    """Opens sessions; one per mode of running (pyVmomi, or the lab's simulator)."""

    async def connect(self, server: str, username: str, password: str, thumbprint: str = "") -> Session:
        """Log in.

        `server` is what VSphereCluster.spec.server holds: host, host:port or an https URL. With a thumbprint (SHA-1 or
        SHA-256, with colons) the certificate must be that one; without, it is not checked, as CAPV does.

        Raises: Unreachable, ThumbprintMismatch, LoginFailed.
        """
        ...
