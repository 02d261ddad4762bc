"""ClusterResourceSet and ClusterResourceSetBinding.

Source: cluster-api v1.14, api/addons (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.common import Condition, MatchExpressions, V1Beta1Condition
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ClusterSelector(Model):
    """Which Clusters, by their labels."""

    match_expressions: Annotated[
        tuple[MatchExpressions, ...], Doc("Requirements that must all hold."), Extra(list_type="atomic")
    ] = ()
    match_labels: Annotated[dict[str, str], Doc("Labels that must all be there, with these values.")] = {}


class Resources(Model):
    """A ConfigMap or Secret whose data holds manifests."""

    kind: Annotated[
        Literal["Secret", "ConfigMap"],
        Doc("ConfigMap or Secret; a Secret must have the type addons.cluster.x-k8s.io/resource-set."),
    ]
    name: Annotated[
        str, Doc("Name of the ConfigMap or Secret, in the same namespace."), Meta(min_length=1, max_length=253)
    ]


class ClusterResourceSetSpec(Model):
    """What is asked for."""

    cluster_selector: Annotated[ClusterSelector, Doc("Which Clusters, by their labels."), Extra(map_type="atomic")]
    resources: Annotated[
        tuple[Resources, ...],
        Doc("ConfigMaps and Secrets whose manifests are applied."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ]
    strategy: Annotated[
        Literal["ApplyOnce", "Reconcile"] | None,
        Doc("ApplyOnce (the default), or Reconcile to apply changes and restore what is missing."),
    ] = None


class V1beta1(Model):
    """Fields of API version v1beta1."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()


class Deprecated(Model):
    """Fields that older API versions still show."""

    v1beta1: Annotated[V1beta1 | None, Doc("Fields of API version v1beta1.")] = None


class ClusterResourceSetStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[Deprecated | None, Doc("Fields that older API versions still show.")] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Meta(ge=1), Extra(format="int64")
    ] = None


class ClusterResourceSet(Resource, kw_only=True):
    """Manifests that are applied to the Clusters that a selector names."""

    spec: Annotated[ClusterResourceSetSpec, Doc("What is asked for.")]
    status: Annotated[
        ClusterResourceSetStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None


class ClusterResourceSetBindingResources(Model):
    """What came of one ConfigMap or Secret."""

    applied: Annotated[bool, Doc("Whether all of its manifests were applied.")]
    kind: Annotated[Literal["Secret", "ConfigMap"], Doc("Kind of the object.")]
    name: Annotated[str, Doc("Name of the ConfigMap or Secret."), Meta(min_length=1, max_length=253)]
    hash: Annotated[str, Doc("Digest of the manifests that were applied."), Meta(min_length=1, max_length=256)] = ""
    last_applied_time: Annotated[str, Doc("When they were applied."), Extra(format="date-time")] = ""


class Bindings(Model):
    """What one ClusterResourceSet applied."""

    cluster_resource_set_name: Annotated[
        str, Doc("Name of the ClusterResourceSet."), Meta(min_length=1, max_length=253)
    ]
    resources: Annotated[
        tuple[ClusterResourceSetBindingResources, ...],
        Doc("What came of each of its ConfigMaps and Secrets."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()


class ClusterResourceSetBindingSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    bindings: Annotated[
        tuple[Bindings, ...], Doc("What each ClusterResourceSet applied."), Extra(max_items=100, list_type="atomic")
    ] = ()


class ClusterResourceSetBinding(Resource, kw_only=True):
    """What ClusterResourceSets applied to one Cluster."""

    spec: Annotated[ClusterResourceSetBindingSpec, Doc("What is asked for.")]
