"""ClusterResourceSet and ClusterResourceSetBinding.

Source: cluster-api v1.14, api/addons (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class MatchExpressions(Model):
    """Conditions on labels."""

    key: Annotated[str, Doc("Label key.")]
    operator: Annotated[str, Doc("How values are compared.")]
    values: Annotated[tuple[str, ...], Doc("Values to compare with."), Extra(list_type="atomic")] = ()


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
    resources: Annotated[tuple[Resources, ...], Doc("Objects to apply."), Extra(max_items=100)] = ()
    strategy: Annotated[Literal["ApplyOnce", "Reconcile"] | None, Doc("How it is done.")] = None


class V1Beta1Condition(Model):
    """What is known of the object's state."""

    last_transition_time: Annotated[str, Doc("When the status last changed."), Extra(format="date-time")]
    status: Annotated[str, Doc("What is so.")]
    type: Annotated[str, Doc("Its type."), Meta(min_length=1, max_length=256)]
    message: Annotated[str, Doc("For people."), Meta(min_length=1, max_length=10240)] = ""
    reason: Annotated[str, Doc("For programs."), Meta(min_length=1, max_length=256)] = ""
    severity: Annotated[str, Doc("How bad it is."), Meta(max_length=32)] = ""


class Condition(Model):
    """What is known of the object's state."""

    last_transition_time: Annotated[str, Doc("When the status last changed."), Extra(format="date-time")]
    message: Annotated[str, Doc("For people."), Meta(max_length=32768)]
    reason: Annotated[
        str,
        Doc("For programs."),
        Meta(min_length=1, max_length=1024, pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
    ]
    status: Annotated[Literal["True", "False", "Unknown"], Doc("What is so.")]
    type: Annotated[
        str,
        Doc("Its type."),
        Meta(
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    ]
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=0), Extra(format="int64")] = (
        None
    )


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
        tuple[ClusterResourceSetBindingResources, ...], Doc("Objects to apply."), Extra(max_items=100)
    ] = ()


class ClusterResourceSetBindingSpec(Model):
    """What is asked for."""

    bindings: Annotated[tuple[Bindings, ...], Doc("Bindings."), Extra(max_items=100)] = ()
    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)] = ""


class ClusterResourceSetBinding(Resource, kw_only=True):
    """What was applied to one cluster."""

    spec: Annotated[ClusterResourceSetBindingSpec | None, Doc("What is asked for.")] = None
