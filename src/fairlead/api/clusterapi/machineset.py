"""MachineSet.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.cluster import Versions
from fairlead.api.clusterapi.common import Condition, MatchExpressions, Metadata, V1Beta1Condition
from fairlead.api.clusterapi.machine import MachineSpec
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Selector(Model):
    """Which machines belong to it."""

    match_expressions: Annotated[
        tuple[MatchExpressions, ...], Doc("Conditions on labels."), Extra(list_type="atomic")
    ] = ()
    match_labels: Annotated[dict[str, str], Doc("Labels that must be there.")] = {}


class MachineSetContent(Model):
    """What the machines look like."""

    spec: Annotated[MachineSpec, Doc("What is asked for.")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None


class MachineSetDeletion(Model):
    """How machines are deleted."""

    order: Annotated[Literal["Random", "Newest", "Oldest"] | None, Doc("Which machines go first.")] = None


class MachineNaming(Model):
    """Machine naming."""

    template: Annotated[str, Doc("What the machines look like."), Meta(min_length=1, max_length=256)] = ""


class MachineSetSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    selector: Annotated[Selector, Doc("Which machines belong to it."), Extra(map_type="atomic")]
    template: Annotated[MachineSetContent, Doc("What the machines look like.")]
    deletion: Annotated[MachineSetDeletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    machine_naming: Annotated[MachineNaming | None, Doc("Machine naming."), Extra(min_properties=1)] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None


class MachineSetV1beta1(Model):
    """Fields of v1beta1."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""
    fully_labeled_replicas: Annotated[int | None, Doc("Fully labeled replicas."), Extra(format="int32")] = None
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None


class MachineSetDeprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[MachineSetV1beta1 | None, Doc("Fields of v1beta1.")] = None


class MachineSetStatus(Model):
    """What is so."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachineSetDeprecated | None, Doc("Fields of older API versions.")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    selector: Annotated[str, Doc("Which machines belong to it."), Meta(min_length=1, max_length=4096)] = ""
    up_to_date_replicas: Annotated[int | None, Doc("How many are up to date."), Extra(format="int32")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("Versions."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachineSet(Resource, kw_only=True):
    """As many equal machines as asked for."""

    spec: Annotated[MachineSetSpec, Doc("What is asked for.")]
    status: Annotated[MachineSetStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
