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

    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    selector: Annotated[
        Selector,
        Doc("Which machines belong to it, by their labels; must match the template's labels."),
        Extra(map_type="atomic"),
    ]
    template: Annotated[MachineSetContent, Doc("What the machines are made from.")]
    machine_naming_strategy: Annotated[MachineNamingStrategy | None, Doc("How new machines are named.")] = None
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Extra(format="int32"),
    ] = None
    paused: Annotated[bool | None, Doc("True makes the controllers leave the object alone.")] = None
    progress_deadline_seconds: Annotated[int | None, Doc("Not used."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines; 1 if unset."), Extra(format="int32")] = None
    revision_history_limit: Annotated[int | None, Doc("Not used."), Extra(format="int32")] = None
    rollout_after: Annotated[str, Doc("Machines made before this moment are replaced."), Extra(format="date-time")] = ""
    strategy: Annotated[Strategy | None, Doc("How machines are replaced when the template changes.")] = None


class MachineDeploymentStatus(Model):
    """What was found, written by controllers."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    phase: Annotated[
        Literal["ScalingUp", "ScalingDown", "Running", "Failed", "Unknown"] | None,
        Doc("The state in one word, for people; programs should read the conditions."),
    ] = None
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines there are."), Extra(format="int32")] = None
    selector: Annotated[
        str, Doc("The selector as text, for kubectl scale and autoscalers."), Meta(min_length=1, max_length=4096)
    ] = ""
    unavailable_replicas: Annotated[
        int | None, Doc("How many machines are still missing until all are available."), Extra(format="int32")
    ] = None
    updated_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None
    v1beta2: Annotated[MachineSetV1beta2 | None, Doc("Fields of API version v1beta2.")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("The Kubernetes versions of the machines, with the number of machines of each."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachineDeployment(Resource, kw_only=True):
    """Workers that are rolled from one state to the next, through MachineSets."""

    spec: Annotated[MachineDeploymentSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachineDeploymentStatus | None, Doc("What was found, written by controllers.")] = None
