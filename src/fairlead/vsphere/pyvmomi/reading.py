"""Reading properties, and pyVmomi's values turned into the port's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyVmomi import VmomiSupport, vim, vmodl

from fairlead.vsphere import port
from fairlead.vsphere.port import Ref
from fairlead.vsphere.pyvmomi.faults import fault_name

query = vmodl.query.PropertyCollector
PAGE = 500

VM_PATHS = (
    "name",
    "parent",
    "runtime.powerState",
    "runtime.host",
    "runtime.connectionState",
    "config.template",
    "config.uuid",
    "config.instanceUuid",
    "config.version",
    "config.annotation",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
    "config.hardware.device",
    "config.extraConfig",
    "guest.net",
    "guest.hostName",
    "guest.toolsRunningStatus",
    "guest.guestStateChangeSupported",
    "snapshot",
)

Properties = dict[str, Any]


def ref_of(managed: Any) -> Ref:
    return Ref(str(VmomiSupport.GetWsdlName(type(managed))), str(managed._moId))


def managed(ref: Ref, stub: Any) -> Any:
    """Return pyVmomi's stand-in of a reference."""
    return VmomiSupport.GetWsdlType("urn:vim25", ref.type)(ref.id, stub)


def retrieve(
    collector: Any, objects: Iterable[tuple[Any, Sequence[Any]]], wanted: Mapping[Any, Sequence[str]]
) -> list[tuple[Any, Properties]]:
    """Return the properties of objects and of what their traversals lead to.

    *objects* are pairs of an object and its selection specs, *wanted* the paths by managed object type.
    """
    spec = query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=o, skip=False, selectSet=list(select)) for o, select in objects],
        propSet=[query.PropertySpec(type=t, all=False, pathSet=list(p)) for t, p in wanted.items()],
        reportMissingObjectsInResults=False,
    )
    answer = collector.RetrievePropertiesEx([spec], query.RetrieveOptions(maxObjects=PAGE))
    found: list[tuple[Any, Properties]] = []
    while answer is not None:
        found.extend((o.obj, {p.name: p.val for p in o.propSet}) for o in answer.objects)
        answer = collector.ContinueRetrievePropertiesEx(answer.token) if answer.token else None
    return found


def to_parents() -> list[Any]:
    """Return the selection that leads from an entity up to the root."""
    name = "toParents"
    up = query.TraversalSpec(
        name=name, type=vim.ManagedEntity, path="parent", skip=False, selectSet=[query.SelectionSpec(name=name)]
    )
    return [up]


def path_of(entity: Any, known: Mapping[str, Properties]) -> str:
    """Return an inventory path from the names and parents of an entity and its ancestors, by their ids."""
    parts: list[str] = []
    current = entity
    while current is not None:
        properties = known.get(current._moId, {})
        above = properties.get("parent")
        if above is not None:  # the root folder has no parent and no place in paths
            parts.append(str(properties.get("name", "")).replace("%2f", "/"))
        current = above
    return "/" + "/".join(reversed(parts))


def vm_info(vm: Any, properties: Properties, path: str, host: str) -> port.VMInfo:
    """Return the port's view of a VM from the properties of VM_PATHS."""
    get = properties.get
    devices = list(get("config.hardware.device") or [])
    reported = {str(n.macAddress or "").lower(): n for n in get("guest.net") or []}
    snapshot = get("snapshot")
    current = snapshot.currentSnapshot if snapshot else None
    return port.VMInfo(
        ref=ref_of(vm),
        name=str(get("name", "")),
        path=path,
        power=port.PowerState(str(get("runtime.powerState", "poweredOff"))),
        template=bool(get("config.template", False)),
        bios_uuid=str(get("config.uuid") or "").lower(),
        instance_uuid=str(get("config.instanceUuid") or "").lower(),
        hardware_version=str(get("config.version") or ""),
        cpus=int(get("config.hardware.numCPU") or 0),
        memory_mib=int(get("config.hardware.memoryMB") or 0),
        nics=tuple(_nic(d, reported) for d in devices if isinstance(d, vim.vm.device.VirtualEthernetCard)),
        disks=tuple(_disk(d) for d in devices if isinstance(d, vim.vm.device.VirtualDisk)),
        extra_config={str(o.key): "" if o.value is None else str(o.value) for o in get("config.extraConfig") or []},
        host=host,
        tools_running=str(get("guest.toolsRunningStatus", "")) == "guestToolsRunning",
        guest_state_change_supported=bool(get("guest.guestStateChangeSupported", False)),
        guest_hostname=str(get("guest.hostName") or ""),
        connection_state=str(get("runtime.connectionState", "connected")),
        annotation=str(get("config.annotation") or ""),
        current_snapshot=ref_of(current) if current is not None else None,
        snapshots=dict(_snapshots(snapshot.rootSnapshotList if snapshot else ())),
    )


def _nic(device: Any, reported: Mapping[str, Any]) -> port.NicInfo:
    mac = str(device.macAddress or "").lower()
    guest = reported.get(mac)
    if guest is None:
        return port.NicInfo(int(device.key), mac, "", False)
    return port.NicInfo(
        int(device.key), mac, str(guest.network or ""), bool(guest.connected), tuple(str(i) for i in guest.ipAddress)
    )


def _disk(device: Any) -> port.DiskInfo:
    store = getattr(device.backing, "datastore", None)
    return port.DiskInfo(
        int(device.key),
        str(device.deviceInfo.label) if device.deviceInfo else "",
        int(device.capacityInKB or 0),
        ref_of(store) if store is not None else None,
    )


def _snapshots(trees: Iterable[Any]) -> Iterable[tuple[str, Ref]]:
    for tree in trees:
        yield str(tree.name), ref_of(tree.snapshot)
        yield from _snapshots(tree.childSnapshotList or ())


def task_info(info: Any) -> port.TaskInfo:
    """Return the port's view of a TaskInfo."""
    fault = None
    if info.error is not None:
        fault = port.TaskFault(
            fault_name(info.error),
            str(info.error.msg or ""),
            str(getattr(info.error, "existingState", "") or ""),
            str(getattr(info.error, "requestedState", "") or ""),
        )
    result = info.result if isinstance(info.result, VmomiSupport.ManagedObject) else None
    return port.TaskInfo(
        ref=Ref.task(str(info.task._moId if info.task is not None else info.key)),
        state=port.TaskState(str(info.state)),
        operation=str(info.descriptionId or ""),
        entity=ref_of(info.entity) if info.entity is not None else None,
        entity_name=str(info.entityName or ""),
        progress=info.progress,
        result=ref_of(result) if result is not None else None,
        fault=fault,
        queued=info.queueTime,
        started=info.startTime,
        completed=info.completeTime,
    )


def datastore(store: Any, properties: Properties) -> port.Datastore:
    summary = properties["summary"]
    return port.Datastore(
        ref_of(store),
        str(properties["name"]),
        int(summary.capacity or 0),
        int(summary.freeSpace or 0),
        bool(summary.accessible),
        str(summary.maintenanceMode or "normal") != "normal",
    )
