"""VSphereCluster and VSphereClusterTemplate.

Source: cluster-api-provider-vsphere v1.17, api/govmomi/v1beta2 (names, bounds and defaults).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition, MatchExpressions, Metadata, V1Beta1Condition
from fairlead.api.infrastructure.common import Initialization
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ClusterModules(Model):
    """Anti-affinity modules."""

    control_plane: Annotated[bool, Doc("Whether it is the control plane's module.")]
    module_uuid: Annotated[str, Doc("Identity of the module."), Meta(min_length=1, max_length=2048)] = field(
        name="moduleUUID"
    )
    target_object_name: Annotated[str, Doc("Whose machines are in the module."), Meta(min_length=1, max_length=253)]


class ControlPlaneEndpoint(Model):
    """Where the control plane answers."""

    host: Annotated[
        str,
        Doc("Name or address of the API server, or of the load balancer before it."),
        Meta(min_length=1, max_length=512),
    ] = ""
    port: Annotated[int | None, Doc("Port it answers at."), Meta(ge=1, le=65535), Extra(format="int32")] = None


class FailureDomainSelector(Model):
    """Which deployment zones are used."""

    match_expressions: Annotated[
        tuple[MatchExpressions, ...], Doc("Requirements that must all hold."), Extra(list_type="atomic")
    ] = ()
    match_labels: Annotated[dict[str, str], Doc("Labels that must all be there, with these values.")] = {}


class IdentityRef(Model):
    """Credentials for the vCenter."""

    kind: Annotated[
        Literal["VSphereClusterIdentity", "Secret"], Doc("Secret (in the same namespace) or VSphereClusterIdentity.")
    ]
    name: Annotated[str, Doc("Name of the Secret or the VSphereClusterIdentity."), Meta(min_length=1, max_length=253)]


class VSphereClusterSpec(Model):
    """What a VSphereCluster asks for."""

    server: Annotated[str, Doc("Address of the vCenter."), Meta(min_length=1, max_length=1024)]
    cluster_modules: Annotated[
        tuple[ClusterModules, ...], Doc("Anti-affinity modules."), Extra(max_items=512, list_type="atomic")
    ] = ()
    control_plane_endpoint: Annotated[
        ControlPlaneEndpoint | None, Doc("Where the cluster's API answers."), Extra(min_properties=1)
    ] = None
    disable_cluster_module: Annotated[bool | None, Doc("Whether anti-affinity modules are left out.")] = None
    failure_domain_selector: Annotated[
        FailureDomainSelector | None,
        Doc("Which VSphereDeploymentZones are used, by their labels; none if unset, all if empty."),
        Extra(map_type="atomic"),
    ] = None
    identity_ref: Annotated[IdentityRef | None, Doc("Credentials for the vCenter.")] = None
    thumbprint: Annotated[
        str,
        Doc("Thumbprint of the vCenter's certificate; without one it is not checked."),
        Meta(min_length=1, max_length=1024),
    ] = ""


class VSphereClusterV1beta1(Model):
    """Fields of v1beta1."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()


class VSphereClusterDeprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[VSphereClusterV1beta1 | None, Doc("Fields of API version v1beta1.")] = None


class FailureDomains(Model):
    """Where machines can be placed."""

    name: Annotated[str, Doc("Name of the VSphereDeploymentZone."), Meta(min_length=1, max_length=256)]
    attributes: Annotated[dict[str, str], Doc("Further facts.")] = {}
    control_plane: Annotated[bool | None, Doc("Whether control-plane machines may be placed there.")] = None


class VSphereClusterStatus(Model):
    """How a VSphereCluster is."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[VSphereClusterDeprecated | None, Doc("Fields that older API versions still show.")] = None
    failure_domains: Annotated[
        tuple[FailureDomains, ...],
        Doc("The VSphereDeploymentZones that machines may be placed in."),
        Extra(min_items=1, max_items=100, list_map_keys=["name"], list_type="map"),
    ] = ()
    initialization: Annotated[
        Initialization | None, Doc("What has been done once and will not be undone."), Extra(min_properties=1)
    ] = None
    vcenter_version: Annotated[str, Doc("Version of the vCenter."), Meta(min_length=1, max_length=256)] = field(
        name="vCenterVersion", default=""
    )


class VSphereCluster(Resource, kw_only=True):
    """The vSphere side of a Cluster."""

    spec: Annotated[VSphereClusterSpec, Doc("What is asked for.")]
    status: Annotated[
        VSphereClusterStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None


class VSphereClusterTemplateResource(Model):
    """What VSphereClusters are made from."""

    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of what is made from here."), Extra(min_properties=1)
    ] = None
    spec: Annotated[VSphereClusterSpec | None, Doc("What is asked for.")] = None


class VSphereClusterTemplateSpec(Model):
    """What a VSphereClusterTemplate asks for."""

    template: Annotated[
        VSphereClusterTemplateResource,
        Doc("What VSphereClusters are made from."),
        Extra(min_properties=1),
    ]


class VSphereClusterTemplate(Resource, kw_only=True):
    """What the VSphereClusters of a ClusterClass look like."""

    spec: Annotated[VSphereClusterTemplateSpec | None, Doc("What is asked for.")] = None
