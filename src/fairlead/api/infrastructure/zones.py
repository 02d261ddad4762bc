"""VSphereFailureDomain and VSphereDeploymentZone.

Source: cluster-api-provider-vsphere v1.17, api/govmomi/v1beta2 (names, bounds and defaults).
"""

from typing import Annotated, Literal

from fairlead.api.infrastructure.common import AddressesFromPools, DHCPOverrides
from fairlead.api.infrastructure.identity import VSphereClusterIdentityStatus
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Region(Model):
    """Region of the failure domain."""

    name: Annotated[str, Doc("Name of the tag that marks it."), Meta(min_length=1, max_length=1024)]
    tag_category: Annotated[str, Doc("Category of the tag."), Meta(min_length=1, max_length=1024)]
    type: Annotated[
        Literal["Datacenter", "ComputeCluster", "HostGroup"],
        Doc("What the tag is on: Datacenter, ComputeCluster or HostGroup."),
    ]


class Hosts(Model):
    """Hosts of the failure domain."""

    host_group_name: Annotated[str, Doc("DRS group of the hosts."), Meta(min_length=1, max_length=2048)]
    vm_group_name: Annotated[str, Doc("DRS group of the VMs."), Meta(min_length=1, max_length=2048)]


class NetworkConfiguration(Model):
    """Network cards."""

    network_name: Annotated[str, Doc("Network the card is plugged into."), Meta(min_length=1, max_length=2048)]
    addresses_from_pools: Annotated[
        tuple[AddressesFromPools, ...],
        Doc("Pools that addresses are claimed from."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()
    dhcp4: Annotated[bool | None, Doc("Whether IPv4 comes from DHCP.")] = None
    dhcp4_overrides: Annotated[DHCPOverrides | None, Doc("What of the DHCPv4 answer is used.")] = None
    dhcp6: Annotated[bool | None, Doc("Whether IPv6 comes from DHCP.")] = None
    dhcp6_overrides: Annotated[DHCPOverrides | None, Doc("What of the DHCPv6 answer is used.")] = None
    nameservers: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...],
        Doc("DNS servers."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()
    search_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=1024)], ...],
        Doc("DNS search list."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()


class Topology(Model):
    """Where in the vCenter the failure domain lies."""

    datacenter: Annotated[str, Doc("Datacenter the VM goes to."), Meta(min_length=1, max_length=2048)]
    compute_cluster: Annotated[
        str, Doc("Cluster of hosts that the VM goes to."), Meta(min_length=1, max_length=2048)
    ] = ""
    datastore: Annotated[str, Doc("Datastore the VM goes to."), Meta(min_length=1, max_length=2048)] = ""
    hosts: Annotated[Hosts | None, Doc("Hosts of the failure domain.")] = None
    network_configurations: Annotated[
        tuple[NetworkConfiguration, ...],
        Doc("Network cards."),
        Extra(max_items=128, list_map_keys=["networkName"], list_type="map"),
    ] = ()
    networks: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=2048)], ...],
        Doc("Networks of the VM's cards, in order."),
        Extra(max_items=128, list_type="atomic"),
    ] = ()


class VSphereFailureDomainSpec(Model):
    """What a VSphereFailureDomain asks for."""

    region: Annotated[Region, Doc("Region of the failure domain.")]
    topology: Annotated[Topology, Doc("Where in the vCenter the failure domain lies.")]
    zone: Annotated[Region, Doc("Zone of the failure domain.")]


class VSphereFailureDomain(Resource, kw_only=True):
    """A part of a vCenter that can fail on its own."""

    spec: Annotated[VSphereFailureDomainSpec, Doc("What is asked for.")]


class PlacementConstraint(Model):
    """Folder and pool for the zone's machines."""

    folder: Annotated[str, Doc("Folder the VM goes to."), Meta(min_length=1, max_length=2048)] = ""
    resource_pool: Annotated[str, Doc("Resource pool the VM goes to."), Meta(min_length=1, max_length=2048)] = ""


class VSphereDeploymentZoneSpec(Model):
    """What a VSphereDeploymentZone asks for."""

    failure_domain: Annotated[str, Doc("Name of the VSphereFailureDomain."), Meta(min_length=1, max_length=253)]
    control_plane: Annotated[bool | None, Doc("Whether control-plane machines may be placed there.")] = None
    placement_constraint: Annotated[
        PlacementConstraint | None, Doc("Folder and pool for the zone's machines."), Extra(min_properties=1)
    ] = None
    server: Annotated[str, Doc("Address of the vCenter."), Meta(min_length=1, max_length=1024)] = ""


class VSphereDeploymentZone(Resource, kw_only=True):
    """A failure domain in which machines may be placed."""

    spec: Annotated[VSphereDeploymentZoneSpec, Doc("What is asked for.")]
    status: Annotated[
        VSphereClusterIdentityStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None
