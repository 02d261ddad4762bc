"""From a VSphereVM to the clone that a vCenter is asked for: every name resolved to a reference.

Source: cluster-api-provider-vsphere v1.17, pkg/services/govmomi/vcenter/clone.go (order of the steps, defaults, and the
texts around what the vCenter answers).
"""

from collections.abc import Mapping

from fairlead.base.objects import Json, Key, get_in
from fairlead.base.quantity import parse_quantity
from fairlead.controllers.vsphere.metadata import guestinfo
from fairlead.vsphere.errors import Ambiguous, NotFound, VSphereError
from fairlead.vsphere.port import Allocation, CloneSpec, DataDisk, Datastore, NicSpec, Placement, Ref, Session, VMInfo

MINIMUM_CPUS = 2
DEFAULT_MEMORY_MIB = 2048
MHZ_PER_CPU = 1000
MIB = 1 << 20


class CloneError(Exception):
    """The VM cannot be cloned as asked; `hint` says what would help."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


FIELDS = {
    "vm": "template",
    "folder": "folder",
    "resource pool": "resourcePool",
    "datastore": "datastore",
    "network": "network.devices",
    "storage policy": "storagePolicyName",
    "datacenter": "datacenter",
}


def hint_for(error: VSphereError) -> str:
    """What to do about a name that was not found, or meant several things."""
    if isinstance(error, NotFound):
        closest = f" (closest: {', '.join(error.closest[:3])})" if error.closest else ""
        field = f"spec.template.spec.{FIELDS[error.kind]}" if error.kind in FIELDS else "the name"
        return f"create it in the vCenter, or refer to a new VSphereMachineTemplate with another {field}{closest}"
    if isinstance(error, Ambiguous) and error.matches:
        return f"use a full path, one of: {', '.join(error.matches[:5])}"
    return ""


async def clone_spec(session: Session, vm: Json, userdata: str, encoding: Mapping[str, str]) -> tuple[CloneSpec, Json]:
    """The clone for *vm*, and what its status should say of it (cloneMode, snapshot). Raises: CloneError, VSphereError.

    *encoding* are further configuration keys (Ignition has others than cloud-init).
    """
    spec, title = vm["spec"], f"infrastructure.cluster.x-k8s.io/v1beta2, Kind=VSphereVM {Key.of(vm)}"
    if spec.get("pciDevices"):
        text = f'cannot add PCI devices to "{title}": pciDevices are not supported'
        raise CloneError(text, "refer to a VSphereMachineTemplate without spec.template.spec.pciDevices")
    template = await _template(session, spec)
    snapshot, status = _snapshot(spec, template)
    placement = await _placement(session, spec, title)
    nics = await _nics(session, spec, title)
    extra = {**(guestinfo("userdata", userdata) if userdata and not encoding else {}), **encoding}
    extra |= spec.get("customVMXKeys") or {}
    disks = [] if snapshot is not None else [spec.get("diskGiB") or 0, *(spec.get("additionalDisksGiB") or ())]
    clone = CloneSpec(
        name=vm["metadata"]["name"],
        template=template.ref,
        placement=placement,
        instance_uuid=vm["metadata"]["uid"],
        cpus=max(spec.get("numCPUs") or 0, MINIMUM_CPUS),
        cores_per_socket=spec.get("numCoresPerSocket") or 0,
        memory_mib=spec.get("memoryMiB") or DEFAULT_MEMORY_MIB,
        snapshot=snapshot,
        disks_gib=disks,
        data_disks=[
            DataDisk(disk["sizeGiB"], disk.get("provisioningMode", "")) for disk in spec.get("dataDisks") or ()
        ],
        nics=nics,
        extra_config=extra,
        cpu=_allocation(spec, "cpu"),
        memory=_allocation(spec, "memory"),
        nested_hv=bool(spec.get("nestedHV")),
        annotation=_annotation(vm),
    )
    return clone, status


def _annotation(vm: Json) -> str:
    """What a vSphere administrator reads in the VM's notes."""
    cluster = (vm["metadata"].get("labels") or {}).get("cluster.x-k8s.io/cluster-name", "")
    return f"Kubernetes cluster {cluster}, VSphereVM {Key.of(vm)}; managed by Fairlead, changes are undone."


async def _template(session: Session, spec: Json) -> VMInfo:
    try:
        return await session.find_template(spec["template"], _datacenter(spec))
    except (NotFound, Ambiguous) as error:
        raise CloneError(f'unable to find template by name "{spec["template"]}": {error}', hint_for(error)) from error


def _datacenter(spec: Json) -> str:
    name = spec.get("datacenter", "")
    return "" if name == "*" else name


def _snapshot(spec: Json, template: VMInfo) -> tuple[Ref | None, Json]:
    """Linked clones stand on a snapshot; a template without one is copied in full, as upstream does."""
    snapshot = None
    if spec.get("cloneMode", "linkedClone") == "linkedClone":
        name = spec.get("snapshot", "")
        snapshot = template.snapshots.get(name) if name else template.current_snapshot
    if snapshot is None:
        return None, {"cloneMode": "fullClone"}
    return snapshot, {"cloneMode": "linkedClone", "snapshot": snapshot.id}


async def _placement(session: Session, spec: Json, title: str) -> Placement:
    datacenter = _datacenter(spec)
    try:
        folder = await session.find_folder(spec.get("folder", ""), datacenter)
    except (NotFound, Ambiguous) as error:
        raise CloneError(f'unable to get folder for "{title}": {error}', hint_for(error)) from error
    try:
        pool = await session.find_pool(spec.get("resourcePool", ""), datacenter)
    except (NotFound, Ambiguous) as error:
        raise CloneError(f'unable to get resource pool for "{title}": {error}', hint_for(error)) from error
    datastore, policy = await _datastore(session, spec, title, pool)
    return Placement(folder=folder, pool=pool, datastore=datastore.ref, storage_policy_id=policy)


async def _datastore(session: Session, spec: Json, title: str, pool: Ref) -> tuple[Datastore, str]:
    name, datacenter = spec.get("datastore", ""), _datacenter(spec)
    policy = ""
    chosen: Datastore | None = None
    if name:
        try:
            chosen = await session.find_datastore(name, datacenter)
        except (NotFound, Ambiguous) as error:
            raise CloneError(f'unable to get datastore {name} for "{title}": {error}', hint_for(error)) from error
    if spec.get("storagePolicyName"):
        policy, chosen = await _by_policy(session, spec["storagePolicyName"], title, pool, chosen)
    if chosen is None:
        try:
            chosen = await session.find_datastore("", datacenter)
        except (NotFound, Ambiguous) as error:
            raise CloneError(f'unable to get default datastore for "{title}": {error}', hint_for(error)) from error
    return chosen, policy


async def _by_policy(
    session: Session, name: str, title: str, pool: Ref, wanted: Datastore | None
) -> tuple[str, Datastore]:
    try:
        policy = await session.find_storage_policy(name)
    except NotFound as error:
        text = f'unable to get storageProfileID from name {name} for "{title}": {error}'
        raise CloneError(text, hint_for(error)) from error
    fit = await session.policy_datastores(policy, pool)
    if wanted is not None:
        fit = tuple(datastore for datastore in fit if datastore.ref == wanted.ref)
    if not fit:
        raise CloneError(f"no compatible datastores found for storage policy: {name}")
    return policy, max(fit, key=lambda datastore: datastore.free_bytes)


async def _nics(session: Session, spec: Json, title: str) -> list[NicSpec]:
    nics = []
    for device in get_in(spec, "network", "devices", default=()):
        name = device["networkName"]
        try:
            network = await session.find_network(name, _datacenter(spec))
        except (NotFound, Ambiguous) as error:
            text = f'error getting network specs for "{title}": unable to find network "{name}": {error}'
            raise CloneError(text, hint_for(error)) from error
        nics.append(NicSpec(network, device.get("macAddr", "")))
    return nics


def _allocation(spec: Json, what: str) -> Allocation:
    resources = spec.get("resources") or {}

    def amount(part: str) -> int | None:
        value = get_in(resources, part, what)
        if value is None:
            return None
        quantity = parse_quantity(str(value))
        return int(quantity.value * MHZ_PER_CPU) if what == "cpu" else int(quantity.value / MIB)

    return Allocation(amount("requests"), amount("limits"), get_in(resources, "shares", what))
