"""ClusterResourceSet and ClusterResourceSetBinding.

Source: cluster-api v1.14, api/addons (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from fairlead.api.addons.resourceset import ClusterResourceSetBindingResources, ClusterSelector, Resources
from fairlead.api.clusterapi.common import Condition, V1Beta1Condition
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ClusterResourceSetSpec(Model):
    """What is asked for."""

    cluster_selector: Annotated[ClusterSelector, Doc("Which Clusters, by their labels."), Extra(map_type="atomic")]
    resources: Annotated[
        tuple[Resources, ...], Doc("ConfigMaps and Secrets whose manifests are applied."), Extra(max_items=100)
    ] = ()
    strategy: Annotated[
        Literal["ApplyOnce", "Reconcile"] | None,
        Doc("ApplyOnce (the default), or Reconcile to apply changes and restore what is missing."),
    ] = None


class V1beta2(Model):
    """Fields of API version v1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()


class ClusterResourceSetStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    v1beta2: Annotated[V1beta2 | None, Doc("Fields of API version v1beta2.")] = None


class ClusterResourceSet(Resource, kw_only=True):
    """Manifests that are applied to the Clusters that a selector names."""

    spec: Annotated[ClusterResourceSetSpec | None, Doc("What is asked for.")] = None
    status: Annotated[ClusterResourceSetStatus | None, Doc("What was found, written by controllers.")] = None


class Bindings(Model):
    """What one ClusterResourceSet applied."""

    cluster_resource_set_name: Annotated[
        str, Doc("Name of the ClusterResourceSet."), Meta(min_length=1, max_length=253)
    ]
    resources: Annotated[
        tuple[ClusterResourceSetBindingResources, ...],
        Doc("What came of each of its ConfigMaps and Secrets."),
        Extra(max_items=100),
    ] = ()


class ClusterResourceSetBindingSpec(Model):
    """What is asked for."""

    bindings: Annotated[tuple[Bindings, ...], Doc("What each ClusterResourceSet applied."), Extra(max_items=100)] = ()
    cluster_name: Annotated[
        str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)
    ] = ""


class ClusterResourceSetBinding(Resource, kw_only=True):
    """What ClusterResourceSets applied to one Cluster."""

    spec: Annotated[ClusterResourceSetBindingSpec | None, Doc("What is asked for.")] = None
