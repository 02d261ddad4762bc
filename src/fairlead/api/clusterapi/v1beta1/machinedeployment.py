"""MachineDeployment.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.cluster import Versions
from fairlead.api.clusterapi.common import V1Beta1Condition
from fairlead.api.clusterapi.machineset import Selector
from fairlead.api.clusterapi.v1beta1.cluster import Strategy
from fairlead.api.clusterapi.v1beta1.machineset import MachineNamingStrategy, MachineSetContent, MachineSetV1beta2
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class MachineDeploymentSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    selector: Annotated[Selector, Doc("Which machines belong to it."), Extra(map_type="atomic")]
    template: Annotated[MachineSetContent, Doc("What the machines look like.")]
    machine_naming_strategy: Annotated[MachineNamingStrategy | None, Doc("Machine naming strategy.")] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Extra(format="int32")
    ] = None
    paused: Annotated[bool | None, Doc("Whether controllers leave the cluster alone.")] = None
    progress_deadline_seconds: Annotated[int | None, Doc("Progress deadline seconds."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    revision_history_limit: Annotated[int | None, Doc("Revision history limit."), Extra(format="int32")] = None
    rollout_after: Annotated[str, Doc("Rollout after."), Extra(format="date-time")] = ""
    strategy: Annotated[Strategy | None, Doc("How it is done.")] = None


class MachineDeploymentStatus(Model):
    """What is so."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    phase: Annotated[
        Literal["ScalingUp", "ScalingDown", "Running", "Failed", "Unknown"] | None, Doc("A one-word summary.")
    ] = None
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    selector: Annotated[str, Doc("Which machines belong to it."), Meta(min_length=1, max_length=4096)] = ""
    unavailable_replicas: Annotated[int | None, Doc("Unavailable replicas."), Extra(format="int32")] = None
    updated_replicas: Annotated[int | None, Doc("Updated replicas."), Extra(format="int32")] = None
    v1beta2: Annotated[MachineSetV1beta2 | None, Doc("V1beta2.")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("Versions."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachineDeployment(Resource, kw_only=True):
    """Machines that are rolled from one state to the next."""

    spec: Annotated[MachineDeploymentSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachineDeploymentStatus | None, Doc("What is so.")] = None
