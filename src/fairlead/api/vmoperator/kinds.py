"""The kinds of a supervisor that Cluster API Provider vSphere works with: VM Operator's, and the zones.

On a real supervisor they are there before us; only the lab serves them. v1alpha2 is what the provider uses where it is
not told another version, and what is stored here; v1alpha5 names the ESXi host otherwise.

Source: vm-operator v1.9, config/crd; cluster-api-provider-vsphere v1.17, main.go (--vm-operator-api-version).
"""

from fairlead.api.kind import Column, Kind, Version
from fairlead.api.vmoperator import schemas
from fairlead.base.objects import GVK, Json

GROUP = "vmoperator.vmware.com"
VERSION = "v1alpha2"
NEWER = "v1alpha5"
VIRTUAL_MACHINE = GVK(GROUP, VERSION, "VirtualMachine")
VIRTUAL_MACHINE_CLASS = GVK(GROUP, VERSION, "VirtualMachineClass")
VIRTUAL_MACHINE_IMAGE = GVK(GROUP, VERSION, "VirtualMachineImage")
CLUSTER_VIRTUAL_MACHINE_IMAGE = GVK(GROUP, VERSION, "ClusterVirtualMachineImage")
VIRTUAL_MACHINE_SERVICE = GVK(GROUP, VERSION, "VirtualMachineService")
RESOURCE_POLICY = GVK(GROUP, VERSION, "VirtualMachineSetResourcePolicy")
AVAILABILITY_ZONE = GVK("topology.tanzu.vmware.com", "v1alpha1", "AvailabilityZone")

_AGE = Column("Age", ".metadata.creationTimestamp", "date")
_HOST, _NEWER_HOST = "host", "nodeName"


def convert(obj: Json, version: str) -> Json:
    """*obj* in *version*; the same object when it is in that version already."""
    if obj["apiVersion"].rpartition("/")[2] == version:
        return obj
    changed: Json = {**obj, "apiVersion": f"{GROUP}/{version}"}
    status = obj.get("status")
    old, new = (_HOST, _NEWER_HOST) if version == NEWER else (_NEWER_HOST, _HOST)
    if isinstance(status, dict) and old in status:
        changed["status"] = {(new if name == old else name): value for name, value in status.items()}
    return changed


def _kind(
    gvk: GVK,
    plural: str,
    schema: Json,
    columns: tuple[Column, ...] = (),
    short: tuple[str, ...] = (),
    *,
    newer: Json | None = None,
    namespaced: bool = True,
) -> Kind:
    return Kind(
        group=GROUP,
        kind=gvk.kind,
        plural=plural,
        short_names=short,
        namespaced=namespaced,
        versions=(Version(VERSION, schema, columns), Version(NEWER, newer or schema, columns)),
        convert=convert,
    )


_IMAGE_COLUMNS = (
    Column("Display Name", ".status.name"),
    Column("Image Version", ".status.productInfo.version"),
    Column("OS Name", ".status.osInfo.type"),
    Column("OS Version", ".status.osInfo.version"),
    Column("Hardware Version", ".status.hardwareVersion"),
)

KINDS: tuple[Kind, ...] = (
    _kind(
        VIRTUAL_MACHINE,
        "virtualmachines",
        schemas.virtual_machine(host=_HOST),
        (
            Column("Power-State", ".status.powerState"),
            Column("Class", ".spec.className", priority=1),
            Column("Image", ".spec.imageName", priority=1),
            Column("Primary-IP4", ".status.network.primaryIP4", priority=1),
            _AGE,
        ),
        ("vm",),
        newer=schemas.virtual_machine(host=_NEWER_HOST),
    ),
    _kind(
        VIRTUAL_MACHINE_CLASS,
        "virtualmachineclasses",
        schemas.VIRTUAL_MACHINE_CLASS,
        (
            Column("CPU", ".spec.hardware.cpus"),
            Column("Memory", ".spec.hardware.memory"),
            Column("Capabilities", ".status.capabilities", priority=1),
        ),
        ("vmclass",),
    ),
    _kind(
        VIRTUAL_MACHINE_IMAGE,
        "virtualmachineimages",
        schemas.VIRTUAL_MACHINE_IMAGE,
        (*_IMAGE_COLUMNS, Column("Capabilities", ".status.capabilities")),
        ("vmi", "vmimage"),
    ),
    _kind(
        CLUSTER_VIRTUAL_MACHINE_IMAGE,
        "clustervirtualmachineimages",
        schemas.VIRTUAL_MACHINE_IMAGE,
        _IMAGE_COLUMNS,
        ("cvmi", "cvmimage", "clustervmi", "clustervmimage"),
        namespaced=False,
    ),
    _kind(
        VIRTUAL_MACHINE_SERVICE,
        "virtualmachineservices",
        schemas.VIRTUAL_MACHINE_SERVICE,
        (Column("Type", ".spec.type"), _AGE),
        ("vmservice",),
    ),
    _kind(RESOURCE_POLICY, "virtualmachinesetresourcepolicies", schemas.RESOURCE_POLICY),
    Kind(
        group=AVAILABILITY_ZONE.group,
        kind=AVAILABILITY_ZONE.kind,
        plural="availabilityzones",
        short_names=("az",),
        namespaced=False,
        versions=(Version(AVAILABILITY_ZONE.version, schemas.AVAILABILITY_ZONE, (_AGE,)),),
    ),
)
