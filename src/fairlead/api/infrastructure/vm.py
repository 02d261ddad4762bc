"""VSphereVM.

Source: cluster-api-provider-vsphere v1.17, api/govmomi/v1beta2 (names, bounds and defaults).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition
from fairlead.api.infrastructure.common import CloneSpec, MachineDeprecatedStatus, NetworkStatus
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class BootstrapRef(Model):
    """Secret with the userdata."""

    name: Annotated[str, Doc("Name of the Secret."), Meta(min_length=1, max_length=253)]


class VSphereVMSpec(CloneSpec, kw_only=True):
    """What a VSphereVM asks for."""

    bios_uuid: Annotated[
        str, Doc("BIOS UUID of the VM, known once it is cloned."), Meta(min_length=1, max_length=1024)
    ] = field(name="biosUUID", default="")
    bootstrap_ref: Annotated[BootstrapRef | None, Doc("Secret with the userdata.")] = None


class VSphereVMStatus(Model):
    """How a VSphereVM is."""

    addresses: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=39)], ...],
        Doc("Addresses of the VM."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()
    clone_mode: Annotated[
        Literal["fullClone", "linkedClone"] | None,
        Doc("How the VM was cloned."),
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachineDeprecatedStatus | None, Doc("Fields that older API versions still show.")] = None
    host: Annotated[str, Doc("ESXi host the VM runs on."), Meta(min_length=1, max_length=1024)] = ""
    module_uuid: Annotated[str, Doc("Identity of the anti-affinity module that it is in."), Meta(max_length=2048)] = (
        field(name="moduleUUID", default="")
    )
    network: Annotated[
        tuple[NetworkStatus, ...], Doc("Network cards of the VM."), Extra(max_items=128, list_type="atomic")
    ] = ()
    ready: Annotated[bool | None, Doc("Whether the VM runs and has its addresses.")] = None
    retry_after: Annotated[str, Doc("When to try again after a failed task."), Extra(format="date-time")] = ""
    snapshot: Annotated[
        str,
        Doc("Snapshot that the VM is linked to."),
        Meta(min_length=1, max_length=1024),
    ] = ""
    task_ref: Annotated[str, Doc("vCenter task that is under way."), Meta(min_length=1, max_length=2048)] = ""
    vm_ref: Annotated[str, Doc("Managed object id of the VM."), Meta(min_length=1, max_length=2048)] = ""


class VSphereVM(Resource, kw_only=True):
    """A virtual machine as a VSphereMachine asks for it."""

    spec: Annotated[VSphereVMSpec, Doc("What is asked for.")]
    status: Annotated[
        VSphereVMStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None
