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

    control_plane: Annotated[bool, Doc("Whether control-plane machines may go there.")]
    module_uuid: Annotated[str, Doc("Identity of the module."), Meta(min_length=1, max_length=2048)] = field(
        name="moduleUUID"
    )
    target_object_name: Annotated[str, Doc("Whose machines are in the module."), Meta(min_length=1, max_length=253)]


class ControlPlaneEndpoint(Model):
    """Where the control plane answers."""

    host: Annotated[str, Doc("Host it answers at."), Meta(min_length=1, max_length=512)] = ""
    port: Annotated[int | None, Doc("Port it answers at."), Meta(ge=1, le=65535), Extra(format="int32")] = None


class FailureDomainSelector(Model):
    """Which deployment zones are used."""

    match_expressions: Annotated[
        tuple[MatchExpressions, ...], Doc("Conditions on labels."), Extra(list_type="atomic")
    ] = ()
    match_labels: Annotated[dict[str, str], Doc("Labels that must be there.")] = {}


class IdentityRef(Model):
    """Credentials for the vCenter."""

    kind: Annotated[Literal["VSphereClusterIdentity", "Secret"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]


class VSphereClusterSpec(Model):
    """What a VSphereCluster asks for."""

    server: Annotated[str, Doc("Address of the vCenter."), Meta(min_length=1, max_length=1024)]
    cluster_modules: Annotated[
        tuple[ClusterModules, ...], Doc("Anti-affinity modules."), Extra(max_items=512, list_type="atomic")
    ] = ()
    control_plane_endpoint: Annotated[
        ControlPlaneEndpoint | None, Doc("Where the control plane answers."), Extra(min_properties=1)
    ] = None
    disable_cluster_module: Annotated[bool | None, Doc("Whether anti-affinity modules are left out.")] = None
    failure_domain_selector: Annotated[
        FailureDomainSelector | None, Doc("Which deployment zones are used."), Extra(map_type="atomic")
    ] = None
    identity_ref: Annotated[IdentityRef | None, Doc("Credentials for the vCenter.")] = None
    thumbprint: Annotated[
        str,
        Doc("Thumbprint of the vCenter's certificate; without one it is not checked."),
        Meta(min_length=1, max_length=1024),
    ] = ""


class VSphereClusterV1beta1(Model):
    """Fields of v1beta1."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()


class VSphereClusterDeprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[VSphereClusterV1beta1 | None, Doc("Fields of v1beta1.")] = None


class FailureDomains(Model):
    """Where machines can be placed."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    attributes: Annotated[dict[str, str], Doc("Further facts.")] = {}
    control_plane: Annotated[bool | None, Doc("Whether control-plane machines may go there.")] = None


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
    vcenter_version: Annotated[str, Doc("Version of the vCenter."), Meta(min_length=1, max_length=256)] = field(
        name="vCenterVersion", default=""
    )


class VSphereCluster(Resource, kw_only=True):
    """The vSphere side of a Cluster."""

    spec: Annotated[VSphereClusterSpec, Doc("What is asked for.")]
    status: Annotated[VSphereClusterStatus | None, Doc("What is so."), Extra(min_properties=1)] = None


class VSphereClusterTemplateResource(Model):
    """Template to clone: name, inventory path or instance UUID."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    spec: Annotated[VSphereClusterSpec | None, Doc("What is asked for.")] = None


class VSphereClusterTemplateSpec(Model):
    """What a VSphereClusterTemplate asks for."""

    template: Annotated[
        VSphereClusterTemplateResource,
        Doc("Template to clone: name, inventory path or instance UUID."),
        Extra(min_properties=1),
    ]


class VSphereClusterTemplate(Resource, kw_only=True):
    """What the VSphereClusters of a ClusterClass look like."""

    spec: Annotated[VSphereClusterTemplateSpec | None, Doc("What is asked for.")] = None
