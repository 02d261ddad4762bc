"""What tasks do, as values: a task carries its work, so that a restarted simulator can finish what was begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from fairlead.vcenter.model import Allocation, Fault


class AddNic(msgspec.Struct, frozen=True, kw_only=True, tag="add-nic"):
    network: str
    mac: str = ""
    kind: str = "VirtualVmxnet3"
    connected: bool = True


class EditNic(msgspec.Struct, frozen=True, kw_only=True, tag="edit-nic"):
    key: int
    network: str = ""
    mac: str = ""
    connected: bool = True


class AddDisk(msgspec.Struct, frozen=True, kw_only=True, tag="add-disk"):
    capacity_kib: int
    datastore: str = ""
    unit: int = -1
    controller: int = 1000
    thin: bool = True
    eager: bool = False


class EditDisk(msgspec.Struct, frozen=True, kw_only=True, tag="edit-disk"):
    key: int
    capacity_kib: int


class RemoveDevice(msgspec.Struct, frozen=True, kw_only=True, tag="remove-device"):
    key: int


DeviceChange = AddNic | EditNic | AddDisk | EditDisk | RemoveDevice


class Config(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """VirtualMachineConfigSpec, the part that is simulated. None and empty leave things as they are."""

    name: str = ""
    cpus: int = 0
    cores_per_socket: int = 0
    memory_mib: int = 0
    annotation: str | None = None
    guest_id: str = ""
    instance_uuid: str = ""
    bios_uuid: str = ""
    extra_config: Mapping[str, str] = {}  # an empty value removes the key
    devices: tuple[DeviceChange, ...] = ()
    cpu: Allocation | None = None
    memory: Allocation | None = None
    disk_uuid_enabled: bool | None = None
    nested_hv: bool | None = None
    policy: str = ""


class Clone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="clone"):
    """CloneVM_Task."""

    source: str
    name: str
    folder: str
    pool: str = ""
    host: str = ""
    datastore: str = ""
    linked: bool = False
    snapshot: str = ""
    template: bool = False
    power_on: bool = False
    config: Config = Config()


class Create(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="create"):
    """CreateVM_Task."""

    folder: str
    pool: str
    config: Config
    host: str = ""
    datastore: str = ""
    hardware: str = ""


class Reconfigure(msgspec.Struct, frozen=True, kw_only=True, tag="reconfigure"):
    vm: str
    config: Config


class Power(msgspec.Struct, frozen=True, kw_only=True, tag="power"):
    """`op`: on, off, reset, suspend."""

    vm: str
    op: str


class ShutDown(msgspec.Struct, frozen=True, kw_only=True, tag="shut-down"):
    """The guest's own way down; `reboot` brings it up again."""

    vm: str
    reboot: bool = False


class Destroy(msgspec.Struct, frozen=True, kw_only=True, tag="destroy"):
    """Destroy_Task of a VM, folder, pool …; `unregister` leaves the files."""

    object: str
    unregister: bool = False


class TakeSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="take-snapshot"):
    vm: str
    name: str
    description: str = ""


class RemoveSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="remove-snapshot"):
    """`snapshot` empty: all of them."""

    vm: str
    snapshot: str = ""
    children: bool = False


class RevertSnapshot(msgspec.Struct, frozen=True, kw_only=True, tag="revert-snapshot"):
    vm: str
    snapshot: str = ""


class Upgrade(msgspec.Struct, frozen=True, kw_only=True, tag="upgrade"):
    """UpgradeVM_Task; an empty version means the newest."""

    vm: str
    version: str = ""


class Rename(msgspec.Struct, frozen=True, kw_only=True, tag="rename"):
    object: str
    name: str


class Move(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="move"):
    """MoveIntoFolder_Task and RelocateVM_Task."""

    objects: tuple[str, ...]
    folder: str = ""
    pool: str = ""
    host: str = ""
    datastore: str = ""


class Maintenance(msgspec.Struct, frozen=True, kw_only=True, tag="maintenance"):
    host: str
    enter: bool


Work = (
    Clone
    | Create
    | Reconfigure
    | Power
    | ShutDown
    | Destroy
    | TakeSnapshot
    | RemoveSnapshot
    | RevertSnapshot
    | Upgrade
    | Rename
    | Move
    | Maintenance
)


class Task(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reading of a task. `operation` is descriptionId; `result` the id of a managed object."""

    id: str
    operation: str
    entity: str
    entity_type: str
    entity_name: str
    work: Work
    user: str
    queued: datetime
    state: str = "queued"
    progress: int | None = None
    started: datetime | None = None
    completed: datetime | None = None
    result: str = ""
    fault: Fault | None = None
    cancelled: bool = False
    event_chain: int = 0

    @property
    def is_done(self) -> bool:
        return self.state in ("success", "error")
