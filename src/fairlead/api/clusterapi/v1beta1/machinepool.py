"""MachinePool.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.cluster import Versions
from fairlead.api.clusterapi.common import V1Beta1Condition
from fairlead.api.clusterapi.v1beta1.cluster import ControlPlaneRef
from fairlead.api.clusterapi.v1beta1.machineset import MachineSetContent, MachineSetV1beta2
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class MachinePoolSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    template: Annotated[MachineSetContent, Doc("What the machines are made from.")]
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("The failure domains machines may be placed in."),
        Extra(max_items=100),
    ] = ()
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Extra(format="int32"),
    ] = None
    provider_id_list: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Identities of the pool's machines at the provider."),
        Extra(max_items=10000),
    ] = field(name="providerIDList", default=())
    replicas: Annotated[int | None, Doc("How many machines; 1 if unset."), Extra(format="int32")] = None


class MachinePoolStatus(Model):
    """What was found, written by controllers."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    bootstrap_ready: Annotated[bool | None, Doc("True once the bootstrap provider has written the boot data.")] = None
    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[str, Doc("Deprecated: a word for an error that cannot be recovered from.")] = ""
    infrastructure_ready: Annotated[
        bool | None, Doc("True once the infrastructure provider has finished providing.")
    ] = None
    node_refs: Annotated[
        tuple[Annotated[ControlPlaneRef, Extra(map_type="atomic")], ...],
        Doc("The Nodes that the pool's machines became."),
        Extra(max_items=10000),
    ] = ()
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
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
        Doc("The state in one word, for people; programs should read the conditions."),
    ] = None
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines there are."), Extra(format="int32")] = None
    unavailable_replicas: Annotated[
        int | None, Doc("How many machines are still missing until all are available."), Extra(format="int32")
    ] = None
    v1beta2: Annotated[MachineSetV1beta2 | None, Doc("Fields of API version v1beta2.")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("The Kubernetes versions of the machines, with the number of machines of each."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachinePool(Resource, kw_only=True):
    """Machines that a provider scales as one."""

    spec: Annotated[MachinePoolSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachinePoolStatus | None, Doc("What was found, written by controllers.")] = None
