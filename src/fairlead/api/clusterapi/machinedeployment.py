"""MachineDeployment.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.cluster import Versions
from fairlead.api.clusterapi.common import Condition, V1Beta1Condition
from fairlead.api.clusterapi.machineset import MachineNaming, MachineSetContent, MachineSetDeletion, Selector
from fairlead.api.clusterapi.topology import ClusterRollout
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class MachineDeploymentRemediation(Model):
    """How unhealthy machines are replaced."""

    max_in_flight: Annotated[
        IntOrString | None, Doc("How many machines may be replaced at the same time, as a number or a percentage.")
    ] = None


class MachineDeploymentSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    selector: Annotated[
        Selector,
        Doc("Which machines belong to it, by their labels; must match the template's labels."),
        Extra(map_type="atomic"),
    ]
    template: Annotated[MachineSetContent, Doc("What the machines are made from.")]
    deletion: Annotated[MachineSetDeletion | None, Doc("Which machines go first."), Extra(min_properties=1)] = None
    machine_naming: Annotated[MachineNaming | None, Doc("How new machines are named."), Extra(min_properties=1)] = None
    paused: Annotated[bool | None, Doc("True makes the controllers leave the object alone.")] = None
    remediation: Annotated[
        MachineDeploymentRemediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)
    ] = None
    replicas: Annotated[int | None, Doc("How many machines; 1 if unset."), Extra(format="int32")] = None
    rollout: Annotated[
        ClusterRollout | None, Doc("How machines are replaced when the template changes."), Extra(min_properties=1)
    ] = None


class MachineDeploymentV1beta1(Model):
    """Fields of API version v1beta1."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    unavailable_replicas: Annotated[
        int | None, Doc("How many machines are still missing until all are available."), Extra(format="int32")
    ] = None
    updated_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None


class MachineDeploymentDeprecated(Model):
    """Fields that older API versions still show."""

    v1beta1: Annotated[MachineDeploymentV1beta1 | None, Doc("Fields of API version v1beta1.")] = None


class MachineDeploymentStatus(Model):
    """What was found, written by controllers."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachineDeploymentDeprecated | None, Doc("Fields that older API versions still show.")] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Meta(ge=1), Extra(format="int64")
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
    up_to_date_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("The Kubernetes versions of the machines, with the number of machines of each."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachineDeployment(Resource, kw_only=True):
    """Workers that are rolled from one state to the next, through MachineSets."""

    spec: Annotated[MachineDeploymentSpec, Doc("What is asked for.")]
    status: Annotated[
        MachineDeploymentStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None
