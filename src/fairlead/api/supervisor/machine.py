"""VSphereMachine and VSphereMachineTemplate of supervisor mode.

Source: cluster-api-provider-vsphere v1.17, api/supervisor/v1beta2 (names, bounds and defaults).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition, Metadata
from fairlead.api.infrastructure.common import Initialization, MachineDeprecatedStatus
from fairlead.api.infrastructure.machine import Addresses, Naming
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource

_QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
_DNS = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_KIND = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"
_API_VERSION = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[a-z]([-a-z0-9]*[a-z0-9])?$"
Quantity = Annotated[IntOrString, Extra(pattern=_QUANTITY)]
Text = Annotated[str, Meta(min_length=1, max_length=512)]
CardName = Annotated[str, Meta(min_length=2, max_length=15, pattern="^[a-z0-9]{2,}$")]


class Volume(Model):
    """A claim for a disk of its own."""

    name: Annotated[str, Doc("Its name, after the machine's."), Meta(min_length=1, max_length=253)]
    capacity: Annotated[dict[str, Quantity], Doc("Its size.")]
    storage_class: Annotated[str, Doc("Its storage class."), Meta(min_length=1, max_length=253)] = ""


class NetworkRef(Model):
    """A network of the supervisor."""

    api_version: Annotated[str, Doc("Its API version."), Meta(min_length=1, max_length=317, pattern=_API_VERSION)]
    kind: Annotated[str, Doc("Its kind."), Meta(min_length=1, max_length=63, pattern=_KIND)]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253, pattern=_DNS)]


class Route(Model):
    """A static route."""

    to: Annotated[
        str,
        Doc("Destination."),
        Meta(min_length=9, max_length=18, pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}\/[0-9]{1,2}$"),
    ]
    via: Annotated[str, Doc("Gateway."), Meta(min_length=7, max_length=15, pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}$")]


class Interface(Model):
    """A network card."""

    network_ref: Annotated[NetworkRef, Doc("Network the card is plugged into.")]
    mtu: Annotated[int | None, Doc("Largest packet, in bytes."), Meta(ge=576, le=9000), Extra(format="int32")] = None
    routes: Annotated[
        tuple[Route, ...], Doc("Static routes."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()


class SecondaryInterface(Interface, kw_only=True):
    """A further network card."""

    name: Annotated[CardName, Doc("Its name.")]


class Interfaces(Model):
    """Network cards of the VM."""

    primary: Annotated[Interface | None, Doc("The first card.")] = None
    secondary: Annotated[
        tuple[SecondaryInterface, ...], Doc("Further cards."), Extra(min_items=1, max_items=9, list_type="atomic")
    ] = ()


class VLAN(Model):
    """A VLAN on a further card."""

    id: Annotated[int, Doc("Its number."), Meta(ge=0, le=4094), Extra(format="int32")]
    link: Annotated[CardName, Doc("The card it lies on.")]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=15, pattern="^[a-zA-Z0-9][a-zA-Z0-9._-]*$")]


class MachineNetwork(Model):
    """Network of the VM."""

    interfaces: Annotated[Interfaces | None, Doc("Network cards of the VM."), Extra(min_properties=1)] = None
    vlans: Annotated[
        tuple[VLAN, ...], Doc("VLANs on further cards."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()


class Policy(Model):
    """A policy of the supervisor."""

    kind: Annotated[str, Doc("Its kind."), Meta(min_length=1, max_length=63, pattern=_KIND)]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253, pattern=_DNS)]


class VSphereMachineSpec(Model):
    """What a VSphereMachine asks for."""

    class_name: Annotated[str, Doc("VirtualMachineClass: processors and memory."), Meta(min_length=1, max_length=253)]
    image_name: Annotated[
        str, Doc("VirtualMachineImage: its name or the name it shows."), Meta(min_length=1, max_length=2048)
    ]
    min_hardware_version: Annotated[
        str, Doc("Oldest virtual hardware that will do, for example vmx-19."), Meta(min_length=1, max_length=32)
    ] = ""
    naming: Annotated[Naming | None, Doc("How the VirtualMachine is named."), Extra(min_properties=1)] = None
    network: Annotated[MachineNetwork | None, Doc("Network of the VM."), Extra(min_properties=1)] = None
    policies: Annotated[
        tuple[Policy, ...], Doc("Policies of the supervisor."), Extra(min_items=1, max_items=64, list_type="atomic")
    ] = ()
    power_off_mode: Annotated[
        Literal["hard", "soft", "trySoft"] | None, Doc("How the VM is switched off before it is deleted.")
    ] = None
    provider_id: Annotated[
        str, Doc("Identity of the machine, vsphere://<BIOS UUID>."), Meta(min_length=1, max_length=512)
    ] = field(name="providerID", default="")
    storage_class: Annotated[str, Doc("Storage class of the VM's disks."), Meta(min_length=1, max_length=253)] = ""
    volumes: Annotated[
        tuple[Volume, ...], Doc("Further disks, as claims."), Extra(max_items=1024, list_type="atomic")
    ] = ()


class DHCPOption(Model):
    """A setting that came from DHCP."""

    key: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=100)]
    value: Annotated[str, Doc("Its value."), Meta(min_length=1, max_length=10000)] = ""


class DHCPFamily(Model):
    """DHCP for one family of addresses."""

    config: Annotated[
        tuple[DHCPOption, ...], Doc("What came from DHCP."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()
    enabled: Annotated[bool | None, Doc("Whether it is used.")] = None


class DHCP(Model):
    """Use of DHCP."""

    ip4: Annotated[DHCPFamily | None, Doc("For IPv4."), Extra(min_properties=1)] = None
    ip6: Annotated[DHCPFamily | None, Doc("For IPv6."), Extra(min_properties=1)] = None


class CardAddress(Model):
    """An address of a card."""

    address: Annotated[str, Doc("The address."), Meta(min_length=7, max_length=512)]
    lifetime: Annotated[str, Doc("Until when it holds."), Extra(format="date-time")] = ""
    origin: Annotated[Literal["dhcp", "linklayer", "manual", "other", "random"] | None, Doc("Where it came from.")] = (
        None
    )
    state: Annotated[
        Literal["deprecated", "duplicate", "inaccessible", "invalid", "preferred", "tentative", "unknown"] | None,
        Doc("What becomes of it."),
    ] = None


class CardIP(Model):
    """Addresses of a card."""

    addresses: Annotated[
        tuple[CardAddress, ...], Doc("The addresses."), Extra(min_items=1, max_items=10, list_type="atomic")
    ] = ()
    auto_configuration_enabled: Annotated[bool | None, Doc("Whether the guest configures itself.")] = None
    dhcp: Annotated[DHCP | None, Doc("Use of DHCP."), Extra(min_properties=1)] = None
    mac_addr: Annotated[Text, Doc("MAC address.")] = ""


class CardDNS(Model):
    """Name service of a card."""

    dhcp: Annotated[bool | None, Doc("Whether it came from DHCP.")] = None
    domain_name: Annotated[Text, Doc("Domain.")] = ""
    host_name: Annotated[Text, Doc("Host name.")] = ""
    nameservers: Annotated[
        tuple[Text, ...], Doc("DNS servers."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()
    search_domains: Annotated[
        tuple[Text, ...], Doc("DNS search list."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()


class Card(Model):
    """A network card, as the guest reports it."""

    device_key: Annotated[int | None, Doc("Its device."), Meta(ge=1, le=1000000), Extra(format="int32")] = None
    dns: Annotated[CardDNS | None, Doc("Name service."), Extra(min_properties=1)] = None
    ip: Annotated[CardIP | None, Doc("Addresses."), Extra(min_properties=1)] = None
    name: Annotated[str, Doc("Its name."), Meta(min_length=2, max_length=512)] = ""


class MachineNetworkStatus(Model):
    """Network, as the guest reports it."""

    interfaces: Annotated[
        tuple[Annotated[Card, Extra(min_properties=1)], ...],
        Doc("Network cards."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class VSphereMachineStatus(Model):
    """How a VSphereMachine is."""

    addresses: Annotated[
        tuple[Addresses, ...], Doc("Addresses of the machine."), Extra(min_items=1, max_items=10, list_type="atomic")
    ] = ()
    bios_uuid: Annotated[str, Doc("BIOS UUID of the VM."), Meta(min_length=1, max_length=2048)] = field(
        name="biosUUID", default=""
    )
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachineDeprecatedStatus | None, Doc("Fields of older API versions.")] = None
    failure_domain: Annotated[str, Doc("Zone the VM is in."), Meta(min_length=1, max_length=256)] = ""
    initialization: Annotated[
        Initialization | None, Doc("Whether the first provisioning is done."), Extra(min_properties=1)
    ] = None
    network: Annotated[
        MachineNetworkStatus | None, Doc("Network, as the guest reports it."), Extra(min_properties=1)
    ] = None
    phase: Annotated[
        Literal["NotFound", "Created", "PoweredOn", "Pending", "Ready", "Deleting", "Error"] | None,
        Doc("How far the VM is."),
    ] = None


class VSphereMachine(Resource, kw_only=True):
    """The supervisor's side of a Machine."""

    SCHEMA = {
        "x-kubernetes-validations": [
            {
                "rule": "has(self.spec.policies) == has(oldSelf.spec.policies) && (!has(self.spec.policies) || "
                "self.spec.policies == oldSelf.spec.policies)",
                "message": "policies are immutable after creation",
            }
        ]
    }

    spec: Annotated[VSphereMachineSpec, Doc("What is asked for.")]
    status: Annotated[VSphereMachineStatus | None, Doc("What is so."), Extra(min_properties=1)] = None


class VSphereMachineTemplateResource(Model):
    """A VSphereMachine to make."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    spec: Annotated[VSphereMachineSpec | None, Doc("What is asked for.")] = None


class VSphereMachineTemplateSpec(Model):
    """What a VSphereMachineTemplate asks for."""

    template: Annotated[VSphereMachineTemplateResource, Doc("The VSphereMachine to make."), Extra(min_properties=1)]


class NodeInfo(Model):
    """What nodes are made of."""

    architecture: Annotated[Literal["amd64", "arm64", "s390x", "ppc64le"] | None, Doc("Processors.")] = None
    operating_system: Annotated[Literal["linux", "windows"] | None, Doc("System.")] = None


class VSphereMachineTemplateStatus(Model):
    """What is known of machines made from the template."""

    capacity: Annotated[dict[str, Quantity], Doc("Processors and memory of the class.")] = {}
    node_info: Annotated[NodeInfo | None, Doc("What nodes are made of."), Extra(min_properties=1)] = None


class VSphereMachineTemplate(Resource, kw_only=True):
    """What the VSphereMachines of a control plane or a MachineDeployment look like."""

    spec: Annotated[VSphereMachineTemplateSpec | None, Doc("What is asked for.")] = None
    status: Annotated[VSphereMachineTemplateStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
