"""VSphereClusterIdentity.

Source: cluster-api-provider-vsphere v1.17, api/govmomi/v1beta2 (names, bounds and defaults).
"""

from typing import Annotated

from fairlead.api.clusterapi.common import Condition
from fairlead.api.infrastructure.cluster import FailureDomainSelector, VSphereClusterDeprecated
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class AllowedNamespaces(Model):
    """Namespaces that may use the identity."""

    selector: Annotated[FailureDomainSelector | None, Doc("Labels of the namespaces."), Extra(map_type="atomic")] = None


class VSphereClusterIdentitySpec(Model):
    """What a VSphereClusterIdentity asks for."""

    secret_name: Annotated[
        str, Doc("Secret in the controller's namespace that holds the credentials."), Meta(min_length=1, max_length=253)
    ]
    allowed_namespaces: Annotated[AllowedNamespaces | None, Doc("Namespaces that may use the identity.")] = None


class VSphereClusterIdentityStatus(Model):
    """How a VSphereClusterIdentity is."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[VSphereClusterDeprecated | None, Doc("Fields that older API versions still show.")] = None
    ready: Annotated[bool | None, Doc("Whether it can be used.")] = None


class VSphereClusterIdentity(Resource, kw_only=True):
    """Credentials for a vCenter that several namespaces may use."""

    spec: Annotated[VSphereClusterIdentitySpec, Doc("What is asked for.")]
    status: Annotated[
        VSphereClusterIdentityStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None
