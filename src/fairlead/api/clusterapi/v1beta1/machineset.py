"""MachineSet.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.cluster import Versions
from fairlead.api.clusterapi.common import Condition, Metadata, V1Beta1Condition
from fairlead.api.clusterapi.machineset import Selector
from fairlead.api.clusterapi.v1beta1.machine import MachineSpec
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class MachineNamingStrategy(Model):
    """Machine naming strategy."""

    template: Annotated[str, Doc("What the machines look like."), Meta(min_length=1, max_length=256)] = ""


class MachineSetContent(Model):
    """What the machines look like."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None
    spec: Annotated[MachineSpec | None, Doc("What is asked for.")] = None


class MachineSetSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    selector: Annotated[Selector, Doc("Which machines belong to it."), Extra(map_type="atomic")]
    delete_policy: Annotated[Literal["Random", "Newest", "Oldest"] | None, Doc("Delete policy.")] = None
    machine_naming_strategy: Annotated[MachineNamingStrategy | None, Doc("Machine naming strategy.")] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Extra(format="int32")
    ] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    template: Annotated[MachineSetContent | None, Doc("What the machines look like.")] = None


class MachineSetV1beta2(Model):
    """V1beta2."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    up_to_date_replicas: Annotated[int | None, Doc("How many are up to date."), Extra(format="int32")] = None


class MachineSetStatus(Model):
    """What is so."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""
    fully_labeled_replicas: Annotated[int | None, Doc("Fully labeled replicas."), Extra(format="int32")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    selector: Annotated[str, Doc("Which machines belong to it."), Meta(min_length=1, max_length=4096)] = ""
    v1beta2: Annotated[MachineSetV1beta2 | None, Doc("V1beta2.")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("Versions."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachineSet(Resource, kw_only=True):
    """As many equal machines as asked for."""

    spec: Annotated[MachineSetSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachineSetStatus | None, Doc("What is so.")] = None
