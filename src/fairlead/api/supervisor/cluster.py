"""VSphereCluster and VSphereClusterTemplate of supervisor mode.

Source: cluster-api-provider-vsphere v1.17, api/supervisor/v1beta2 (names, bounds and defaults).
"""

from typing import Annotated

from msgspec import field

from fairlead.api.clusterapi.common import Condition, Metadata
from fairlead.api.infrastructure.cluster import (
    ControlPlaneEndpoint,
    FailureDomains,
    FailureDomainSelector,
    VSphereClusterDeprecated,
)
from fairlead.api.infrastructure.common import Initialization
from fairlead.api.model import Doc, Extra, Model, Resource


class NSXVPC(Model):
    """Settings of the network provider NSX-VPC."""

    SCHEMA = {
        "x-kubernetes-validations": [
            {
                "rule": "has(self.createSubnetSet) == has(oldSelf.createSubnetSet)"
                " && self.createSubnetSet == oldSelf.createSubnetSet",
                "message": "createSubnetSet value cannot be changed after creation",
            }
        ]
    }

    create_subnet_set: Annotated[bool | None, Doc("Whether a SubnetSet is made for the cluster.")] = None


class ClusterNetwork(Model):
    """Network of the cluster."""

    SCHEMA = {
        "x-kubernetes-validations": [
            {
                "rule": "has(self.nsxVPC) == has(oldSelf.nsxVPC)",
                "message": "field 'nsxVPC' cannot be added or removed after creation",
            }
        ]
    }

    nsx_vpc: Annotated[NSXVPC | None, Doc("Settings of NSX-VPC."), Extra(min_properties=1)] = field(
        name="nsxVPC", default=None
    )


class ControlPlaneDomains(Model):
    """Zones for the control plane."""

    selector: Annotated[FailureDomainSelector | None, Doc("Labels of the zones."), Extra(map_type="atomic")] = None


class ClusterDomains(Model):
    """Zones of the cluster."""

    control_plane: Annotated[
        ControlPlaneDomains | None, Doc("Zones for the control plane."), Extra(min_properties=1)
    ] = None


class VSphereClusterSpec(Model):
    """What a VSphereCluster asks for."""

    SCHEMA = {
        "x-kubernetes-validations": [
            {
                "rule": "has(self.network) == has(oldSelf.network)",
                "message": "field 'network' cannot be added or removed after creation",
            }
        ]
    }

    control_plane_endpoint: Annotated[
        ControlPlaneEndpoint | None, Doc("Where the control plane answers."), Extra(min_properties=1)
    ] = None
    failure_domains: Annotated[ClusterDomains | None, Doc("Zones of the cluster."), Extra(min_properties=1)] = None
    network: Annotated[ClusterNetwork | None, Doc("Network of the cluster."), Extra(min_properties=1)] = None


class VSphereClusterStatus(Model):
    """How a VSphereCluster is."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[VSphereClusterDeprecated | None, Doc("Fields of older API versions.")] = None
    failure_domains: Annotated[
        tuple[FailureDomains, ...],
        Doc("Where machines can be placed."),
        Extra(min_items=1, max_items=100, list_map_keys=["name"], list_type="map"),
    ] = ()
    initialization: Annotated[
        Initialization | None, Doc("Whether the first provisioning is done."), Extra(min_properties=1)
    ] = None


class VSphereCluster(Resource, kw_only=True):
    """The supervisor's side of a Cluster."""

    spec: Annotated[VSphereClusterSpec | None, Doc("What is asked for."), Extra(min_properties=1)] = None
    status: Annotated[VSphereClusterStatus | None, Doc("What is so."), Extra(min_properties=1)] = None


class VSphereClusterTemplateResource(Model):
    """A VSphereCluster to make."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    spec: Annotated[VSphereClusterSpec | None, Doc("What is asked for."), Extra(min_properties=1)] = None


class VSphereClusterTemplateSpec(Model):
    """What a VSphereClusterTemplate asks for."""

    template: Annotated[VSphereClusterTemplateResource, Doc("The VSphereCluster to make."), Extra(min_properties=1)]


class VSphereClusterTemplate(Resource, kw_only=True):
    """What the VSphereClusters of a ClusterClass look like."""

    spec: Annotated[VSphereClusterTemplateSpec | None, Doc("What is asked for.")] = None
