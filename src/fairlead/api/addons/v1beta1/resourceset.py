"""ClusterResourceSet and ClusterResourceSetBinding.

Source: cluster-api v1.14, api/addons (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from fairlead.api.addons.resourceset import ClusterResourceSetBindingResources, ClusterSelector, Resources
from fairlead.api.clusterapi.common import Condition, V1Beta1Condition
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ClusterResourceSetSpec(Model):
    """What is asked for."""

    cluster_selector: Annotated[ClusterSelector, Doc("Which clusters it applies to."), Extra(map_type="atomic")]
    resources: Annotated[tuple[Resources, ...], Doc("Objects to apply."), Extra(max_items=100)] = ()
    strategy: Annotated[Literal["ApplyOnce", "Reconcile"] | None, Doc("How it is done.")] = None


class V1beta2(Model):
    """V1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()


class ClusterResourceSetStatus(Model):
    """What is so."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    v1beta2: Annotated[V1beta2 | None, Doc("V1beta2.")] = None


class ClusterResourceSet(Resource, kw_only=True):
    """Objects to apply to the clusters that a selector names."""

    spec: Annotated[ClusterResourceSetSpec | None, Doc("What is asked for.")] = None
    status: Annotated[ClusterResourceSetStatus | None, Doc("What is so.")] = None


class Bindings(Model):
    """Bindings."""

    cluster_resource_set_name: Annotated[str, Doc("Cluster resource set name."), Meta(min_length=1, max_length=253)]
    resources: Annotated[
        tuple[ClusterResourceSetBindingResources, ...], Doc("Objects to apply."), Extra(max_items=100)
    ] = ()


class ClusterResourceSetBindingSpec(Model):
    """What is asked for."""

    bindings: Annotated[tuple[Bindings, ...], Doc("Bindings."), Extra(max_items=100)] = ()
    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)] = ""


class ClusterResourceSetBinding(Resource, kw_only=True):
    """What was applied to one cluster."""

    spec: Annotated[ClusterResourceSetBindingSpec | None, Doc("What is asked for.")] = None
