"""VSphereMachine and VSphereMachineTemplate.

Source: cluster-api-provider-vsphere v1.17, api/govmomi/v1beta2 (names, bounds and defaults).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition, Metadata
from fairlead.api.infrastructure.common import CloneSpec, Initialization, MachineDeprecatedStatus, NetworkStatus
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Naming(Model):
    """How the VM is named."""

    template: Annotated[
        str,
        Doc("Go template of the VM's name, with .machine.name; the Machine's name if unset."),
        Meta(min_length=1, max_length=1024),
    ] = ""


class VSphereMachineSpec(CloneSpec, kw_only=True):
    """What a VSphereMachine asks for."""

    naming: Annotated[Naming | None, Doc("How the VM is named."), Extra(min_properties=1)] = None
    provider_id: Annotated[
        str, Doc("Identity of the machine, vsphere://<BIOS UUID>."), Meta(min_length=1, max_length=512)
    ] = field(name="providerID", default="")


class Addresses(Model):
    """Addresses of the machine."""

    address: Annotated[str, Doc("The address."), Meta(min_length=1, max_length=256)]
    type: Annotated[
        Literal["Hostname", "ExternalIP", "InternalIP", "ExternalDNS", "InternalDNS"],
        Doc("Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS."),
    ]


class VSphereMachineStatus(Model):
    """How a VSphereMachine is."""

    addresses: Annotated[
        tuple[Addresses, ...], Doc("Addresses of the machine."), Extra(max_items=128, list_type="atomic")
    ] = ()
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachineDeprecatedStatus | None, Doc("Fields that older API versions still show.")] = None
    initialization: Annotated[
        Initialization | None, Doc("What has been done once and will not be undone."), Extra(min_properties=1)
    ] = None
    network: Annotated[
        tuple[NetworkStatus, ...], Doc("Network cards of the VM."), Extra(max_items=128, list_type="atomic")
    ] = ()


class VSphereMachine(Resource, kw_only=True):
    """The vSphere side of a Machine."""

    spec: Annotated[VSphereMachineSpec, Doc("What is asked for.")]
    status: Annotated[
        VSphereMachineStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None


class VSphereMachineTemplateResource(Model):
    """What VSphereMachines are made from."""

    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of what is made from here."), Extra(min_properties=1)
    ] = None
    spec: Annotated[VSphereMachineSpec | None, Doc("What is asked for.")] = None


class VSphereMachineTemplateSpec(Model):
    """What a VSphereMachineTemplate asks for."""

    template: Annotated[
        VSphereMachineTemplateResource,
        Doc("What VSphereMachines are made from."),
        Extra(min_properties=1),
    ]


class VSphereMachineTemplate(Resource, kw_only=True):
    """What the VSphereMachines of a control plane or a MachineDeployment look like."""

    spec: Annotated[VSphereMachineTemplateSpec | None, Doc("What is asked for.")] = None
