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
    """How new machines are named."""

    template: Annotated[
        str,
        Doc("Go template of the name, with .machineSet.name (or .kubeadmControlPlane.name) and .random."),
        Meta(min_length=1, max_length=256),
    ] = ""


class MachineSetContent(Model):
    """What machines are made from."""

    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the machines, beside those of the ClusterClass.")
    ] = None
    spec: Annotated[MachineSpec | None, Doc("The machines as they are asked for.")] = None


class MachineSetSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    selector: Annotated[
        Selector,
        Doc("Which machines belong to it, by their labels; must match the template's labels."),
        Extra(map_type="atomic"),
    ]
    delete_policy: Annotated[
        Literal["Random", "Newest", "Oldest"] | None, Doc("Which machines go first: Random, Newest or Oldest.")
    ] = None
    machine_naming_strategy: Annotated[MachineNamingStrategy | None, Doc("How new machines are named.")] = None
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Extra(format="int32"),
    ] = None
    replicas: Annotated[int | None, Doc("How many machines; 1 if unset."), Extra(format="int32")] = None
    template: Annotated[MachineSetContent | None, Doc("What the machines are made from.")] = None


class MachineSetV1beta2(Model):
    """Fields of API version v1beta2."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    up_to_date_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None


class MachineSetStatus(Model):
    """What was found, written by controllers."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[str, Doc("Deprecated: a word for an error that cannot be recovered from.")] = ""
    fully_labeled_replicas: Annotated[
        int | None, Doc("How many machines have all the labels of the template."), Extra(format="int32")
    ] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines there are."), Extra(format="int32")] = None
    selector: Annotated[
        str, Doc("The selector as text, for kubectl scale and autoscalers."), Meta(min_length=1, max_length=4096)
    ] = ""
    v1beta2: Annotated[MachineSetV1beta2 | None, Doc("Fields of API version v1beta2.")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("The Kubernetes versions of the machines, with the number of machines of each."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachineSet(Resource, kw_only=True):
    """As many equal machines as asked for; usually made by a MachineDeployment."""

    spec: Annotated[MachineSetSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachineSetStatus | None, Doc("What was found, written by controllers.")] = None
