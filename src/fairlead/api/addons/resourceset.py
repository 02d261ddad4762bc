"""ClusterResourceSet and ClusterResourceSetBinding.

Source: cluster-api v1.14, api/addons (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.common import Condition, MatchExpressions, V1Beta1Condition
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ClusterSelector(Model):
    """Which clusters it applies to."""

    match_expressions: Annotated[
        tuple[MatchExpressions, ...], Doc("Conditions on labels."), Extra(list_type="atomic")
    ] = ()
    match_labels: Annotated[dict[str, str], Doc("Labels that must be there.")] = {}


class Resources(Model):
    """Objects to apply."""

    kind: Annotated[Literal["Secret", "ConfigMap"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]


class ClusterResourceSetSpec(Model):
    """What is asked for."""

    cluster_selector: Annotated[ClusterSelector, Doc("Which clusters it applies to."), Extra(map_type="atomic")]
    resources: Annotated[
        tuple[Resources, ...], Doc("Objects to apply."), Extra(min_items=1, max_items=100, list_type="atomic")
    ]
    strategy: Annotated[Literal["ApplyOnce", "Reconcile"] | None, Doc("How it is done.")] = None


class V1beta1(Model):
    """Fields of v1beta1."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()


class Deprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[V1beta1 | None, Doc("Fields of v1beta1.")] = None


class ClusterResourceSetStatus(Model):
    """What is so."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[Deprecated | None, Doc("Fields of older API versions.")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )


class ClusterResourceSet(Resource, kw_only=True):
    """Objects to apply to the clusters that a selector names."""

    spec: Annotated[ClusterResourceSetSpec, Doc("What is asked for.")]
    status: Annotated[ClusterResourceSetStatus | None, Doc("What is so."), Extra(min_properties=1)] = None


class ClusterResourceSetBindingResources(Model):
    """Objects to apply."""

    applied: Annotated[bool, Doc("Applied.")]
    kind: Annotated[Literal["Secret", "ConfigMap"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]
    hash: Annotated[str, Doc("Hash."), Meta(min_length=1, max_length=256)] = ""
    last_applied_time: Annotated[str, Doc("Last applied time."), Extra(format="date-time")] = ""


class Bindings(Model):
    """Bindings."""

    cluster_resource_set_name: Annotated[str, Doc("Cluster resource set name."), Meta(min_length=1, max_length=253)]
    resources: Annotated[
        tuple[ClusterResourceSetBindingResources, ...],
        Doc("Objects to apply."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()


class ClusterResourceSetBindingSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    bindings: Annotated[tuple[Bindings, ...], Doc("Bindings."), Extra(max_items=100, list_type="atomic")] = ()


class ClusterResourceSetBinding(Resource, kw_only=True):
    """What was applied to one cluster."""

    spec: Annotated[ClusterResourceSetBindingSpec, Doc("What is asked for.")]
