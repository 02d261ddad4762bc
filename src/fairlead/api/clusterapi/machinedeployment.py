"""MachineDeployment.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.cluster import ClusterRollout, Versions
from fairlead.api.clusterapi.common import Condition, V1Beta1Condition
from fairlead.api.clusterapi.machineset import MachineNaming, MachineSetContent, MachineSetDeletion, Selector
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class MachineDeploymentRemediation(Model):
    """How unhealthy machines are replaced."""

    max_in_flight: Annotated[IntOrString | None, Doc("Max in flight.")] = None


class MachineDeploymentSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    selector: Annotated[Selector, Doc("Which machines belong to it."), Extra(map_type="atomic")]
    template: Annotated[MachineSetContent, Doc("What the machines look like.")]
    deletion: Annotated[MachineSetDeletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    machine_naming: Annotated[MachineNaming | None, Doc("Machine naming."), Extra(min_properties=1)] = None
    paused: Annotated[bool | None, Doc("Whether controllers leave the cluster alone.")] = None
    remediation: Annotated[
        MachineDeploymentRemediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)
    ] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    rollout: Annotated[ClusterRollout | None, Doc("How changes are rolled out."), Extra(min_properties=1)] = None


class MachineDeploymentV1beta1(Model):
    """Fields of v1beta1."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    unavailable_replicas: Annotated[int | None, Doc("Unavailable replicas."), Extra(format="int32")] = None
    updated_replicas: Annotated[int | None, Doc("Updated replicas."), Extra(format="int32")] = None


class MachineDeploymentDeprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[MachineDeploymentV1beta1 | None, Doc("Fields of v1beta1.")] = None


class MachineDeploymentStatus(Model):
    """What is so."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachineDeploymentDeprecated | None, Doc("Fields of older API versions.")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )
    phase: Annotated[
        Literal["ScalingUp", "ScalingDown", "Running", "Failed", "Unknown"] | None, Doc("A one-word summary.")
    ] = None
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    selector: Annotated[str, Doc("Which machines belong to it."), Meta(min_length=1, max_length=4096)] = ""
    up_to_date_replicas: Annotated[int | None, Doc("How many are up to date."), Extra(format="int32")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("Versions."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachineDeployment(Resource, kw_only=True):
    """Machines that are rolled from one state to the next."""

    spec: Annotated[MachineDeploymentSpec, Doc("What is asked for.")]
    status: Annotated[MachineDeploymentStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
