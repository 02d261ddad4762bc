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

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    template: Annotated[MachineSetContent, Doc("What the machines look like.")]
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Where machines can be placed."),
        Extra(max_items=100),
    ] = ()
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Extra(format="int32")
    ] = None
    provider_id_list: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], Doc("Provider id list."), Extra(max_items=10000)
    ] = field(name="providerIDList", default=())
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None


class MachinePoolStatus(Model):
    """What is so."""

    available_replicas: Annotated[int | None, Doc("How many are available."), Extra(format="int32")] = None
    bootstrap_ready: Annotated[bool | None, Doc("Bootstrap ready.")] = None
    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed.")] = ""
    infrastructure_ready: Annotated[bool | None, Doc("Infrastructure ready.")] = None
    node_refs: Annotated[
        tuple[Annotated[ControlPlaneRef, Extra(map_type="atomic")], ...], Doc("Node refs."), Extra(max_items=10000)
    ] = ()
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
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
    unavailable_replicas: Annotated[int | None, Doc("Unavailable replicas."), Extra(format="int32")] = None
    v1beta2: Annotated[MachineSetV1beta2 | None, Doc("V1beta2.")] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("Versions."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachinePool(Resource, kw_only=True):
    """Machines that a provider scales as one."""

    spec: Annotated[MachinePoolSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachinePoolStatus | None, Doc("What is so.")] = None
