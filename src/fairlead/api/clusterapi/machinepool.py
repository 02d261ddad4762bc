"""MachinePool.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.cluster import Versions
from fairlead.api.clusterapi.common import Condition, V1Beta1Condition
from fairlead.api.clusterapi.machine import MachineInitialization
from fairlead.api.clusterapi.machineset import MachineSetContent
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class MachinePoolSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    template: Annotated[MachineSetContent, Doc("What the machines look like.")]
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Where machines can be placed."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    provider_id_list: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Provider id list."),
        Extra(max_items=10000, list_type="atomic"),
    ] = field(name="providerIDList", default=())
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None


class MachinePoolV1beta1(Model):
    """Fields of v1beta1."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    unavailable_replicas: Annotated[int | None, Doc("Unavailable replicas."), Extra(format="int32")] = None


class MachinePoolDeprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[MachinePoolV1beta1 | None, Doc("Fields of v1beta1.")] = None


class NodeRefs(Model):
    """Node refs."""

    api_version: Annotated[str, Doc("Api version.")] = ""
    field_path: Annotated[str, Doc("Field path.")] = ""
    kind: Annotated[str, Doc("Its kind.")] = ""
    name: Annotated[str, Doc("Its name.")] = ""
    namespace: Annotated[str, Doc("Its namespace.")] = ""
    resource_version: Annotated[str, Doc("Resource version.")] = ""
    uid: Annotated[str, Doc("Uid.")] = ""


class MachinePoolStatus(Model):
    """What is so."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachinePoolDeprecated | None, Doc("Fields of older API versions.")] = None
    initialization: Annotated[
        MachineInitialization | None, Doc("Whether the first provisioning is done."), Extra(min_properties=1)
    ] = None
    node_refs: Annotated[
        tuple[Annotated[NodeRefs, Extra(map_type="atomic")], ...],
        Doc("Node refs."),
        Extra(max_items=10000, list_type="atomic"),
    ] = ()
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )
    phase: Annotated[
        Literal[
            "Pending",
            "Provisioning",
            "Provisioned",
            "Running",
            "ScalingUp",
            "ScalingDown",
            "Scaling",
            "Deleting",
            "Failed",
            "Unknown",
        ]
        | None,
        Doc("A one-word summary."),
    ] = None
    ready_replicas: Annotated[int | None, Doc("How many are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    up_to_date_replicas: Annotated[int | None, Doc("How many are up to date."), Extra(format="int32")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("Versions."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachinePool(Resource, kw_only=True):
    """Machines that a provider scales as one."""

    spec: Annotated[MachinePoolSpec, Doc("What is asked for.")]
    status: Annotated[MachinePoolStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
