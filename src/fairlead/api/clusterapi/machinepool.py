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

    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    template: Annotated[MachineSetContent, Doc("What the machines are made from.")]
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("The failure domains machines may be placed in."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    provider_id_list: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Identities of the pool's machines at the provider."),
        Extra(max_items=10000, list_type="atomic"),
    ] = field(name="providerIDList", default=())
    replicas: Annotated[int | None, Doc("How many machines; 1 if unset."), Extra(format="int32")] = None


class MachinePoolV1beta1(Model):
    """Fields of API version v1beta1."""

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
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    unavailable_replicas: Annotated[
        int | None, Doc("How many machines are still missing until all are available."), Extra(format="int32")
    ] = None


class MachinePoolDeprecated(Model):
    """Fields that older API versions still show."""

    v1beta1: Annotated[MachinePoolV1beta1 | None, Doc("Fields of API version v1beta1.")] = None


class NodeRefs(Model):
    """A reference to a Node of the workload cluster."""

    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    field_path: Annotated[str, Doc("Not used by Cluster API.")] = ""
    kind: Annotated[str, Doc("Kind of the object.")] = ""
    name: Annotated[str, Doc("Name of the Node.")] = ""
    namespace: Annotated[str, Doc("Namespace of the object.")] = ""
    resource_version: Annotated[str, Doc("Not used by Cluster API.")] = ""
    uid: Annotated[str, Doc("UID of the Node.")] = ""


class MachinePoolStatus(Model):
    """What was found, written by controllers."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachinePoolDeprecated | None, Doc("Fields that older API versions still show.")] = None
    initialization: Annotated[
        MachineInitialization | None, Doc("What has been done once and will not be undone."), Extra(min_properties=1)
    ] = None
    node_refs: Annotated[
        tuple[Annotated[NodeRefs, Extra(map_type="atomic")], ...],
        Doc("The Nodes that the pool's machines became."),
        Extra(max_items=10000, list_type="atomic"),
    ] = ()
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Meta(ge=1), Extra(format="int64")
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
    up_to_date_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None
    versions: Annotated[
        tuple[Versions, ...],
        Doc("The Kubernetes versions of the machines, with the number of machines of each."),
        Extra(min_items=1, max_items=100, list_map_keys=["version"], list_type="map"),
    ] = ()


class MachinePool(Resource, kw_only=True):
    """Machines that a provider scales as one."""

    spec: Annotated[MachinePoolSpec, Doc("What is asked for.")]
    status: Annotated[
        MachinePoolStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None
