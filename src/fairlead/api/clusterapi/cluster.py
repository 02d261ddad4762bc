"""Cluster.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from fairlead.api.clusterapi.common import AvailabilityGates, Condition, V1Beta1Condition
from fairlead.api.clusterapi.topology import Topology
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Pods(Model):
    """Addresses of a network."""

    cidr_blocks: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=43)], ...],
        Doc("Address ranges in CIDR notation."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ]


class ClusterNetwork(Model):
    """Networks inside the cluster."""

    api_server_port: Annotated[
        int | None,
        Doc("Port of the API servers; the providers' default is 6443."),
        Meta(ge=1, le=65535),
        Extra(format="int32"),
    ] = None
    pods: Annotated[Pods | None, Doc("Addresses for Pods.")] = None
    service_domain: Annotated[
        str, Doc("DNS domain of Services; kubeadm's default is cluster.local."), Meta(min_length=1, max_length=253)
    ] = ""
    services: Annotated[Pods | None, Doc("Addresses for Services.")] = None


class ControlPlaneEndpoint(Model):
    """Where the cluster's API answers."""

    host: Annotated[
        str,
        Doc("Name or address of the API server, or of the load balancer before it."),
        Meta(min_length=1, max_length=512),
    ] = ""
    port: Annotated[int | None, Doc("Port of the API server."), Meta(ge=1, le=65535), Extra(format="int32")] = None


class ControlPlaneRef(Model):
    """A reference to an object of another API group, in the same namespace."""

    GO: ClassVar[str] = "ContractVersionedObjectReference"

    api_group: Annotated[
        str,
        Doc("API group of the object, without the version."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]
    kind: Annotated[
        str,
        Doc("Kind of the object."),
        Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"),
    ]
    name: Annotated[
        str,
        Doc("Name of the object, in the same namespace."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]


class ClusterSpec(Model):
    """What is asked for."""

    availability_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before the Cluster is Available."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    cluster_network: Annotated[ClusterNetwork | None, Doc("Networks inside the cluster."), Extra(min_properties=1)] = (
        None
    )
    control_plane_endpoint: Annotated[
        ControlPlaneEndpoint | None,
        Doc("Where the cluster's API answers; usually set by the infrastructure provider."),
        Extra(min_properties=1),
    ] = None
    control_plane_ref: Annotated[
        ControlPlaneRef | None, Doc("The object that makes the control plane, such as a KubeadmControlPlane.")
    ] = None
    infrastructure_ref: Annotated[
        ControlPlaneRef | None,
        Doc("The object that provides the infrastructure, such as a VSphereCluster or a template."),
    ] = None
    paused: Annotated[bool | None, Doc("True makes all controllers leave the cluster and its parts alone.")] = None
    topology: Annotated[
        Topology | None, Doc("The cluster as a ClusterClass describes it; its parts are then made from there.")
    ] = None


class UpgradePlan(Model):
    """A step on the way to the version asked for."""

    version: Annotated[str, Doc("Kubernetes version of the step."), Meta(min_length=1, max_length=256)]


class Versions(Model):
    """How many machines have a version."""

    version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)]
    replicas: Annotated[int | None, Doc("How many machines have it."), Meta(ge=1), Extra(format="int32")] = None


class ClusterControlPlane(Model):
    """The numbers of a cluster's machines."""

    available_replicas: Annotated[
        int | None, Doc("How many machines are available: ready for at least minReadySeconds."), Extra(format="int32")
    ] = None
    desired_replicas: Annotated[int | None, Doc("How many machines are asked for."), Extra(format="int32")] = None
    ready_replicas: Annotated[int | None, Doc("How many machines are ready."), Extra(format="int32")] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    up_to_date_replicas: Annotated[
        int | None, Doc("How many machines match the present template."), Extra(format="int32")
    ] = None
    upgrade_plan: Annotated[
        tuple[UpgradePlan, ...],
        Doc("Versions still to go through, in order."),
        Extra(min_items=1, max_items=32, list_type="atomic"),
    ] = ()
    versions: Annotated[
        tuple[Versions, ...],
        Doc("The Kubernetes versions of the machines, with the number of machines of each."),
        Extra(min_items=1, max_items=32, list_type="atomic"),
    ] = ()


class V1beta1(Model):
    """Fields of API version v1beta1."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[str, Doc("Deprecated: a word for an error that cannot be recovered from.")] = ""


class Deprecated(Model):
    """Fields that older API versions still show."""

    v1beta1: Annotated[V1beta1 | None, Doc("Fields of API version v1beta1.")] = None


class FailureDomains(Model):
    """A place in which machines can be put, so that one failure does not take all."""

    name: Annotated[str, Doc("Name of the failure domain."), Meta(min_length=1, max_length=256)]
    attributes: Annotated[dict[str, str], Doc("Further facts that the provider tells of it.")] = {}
    control_plane: Annotated[bool | None, Doc("Whether control-plane machines may be placed there.")] = None


class Initialization(Model):
    """What has been done once and will not be undone."""

    control_plane_initialized: Annotated[bool | None, Doc("True once the first control-plane machine answers.")] = None
    infrastructure_provisioned: Annotated[
        bool | None, Doc("True once the infrastructure provider has finished providing.")
    ] = None


class ClusterStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    control_plane: Annotated[ClusterControlPlane | None, Doc("The numbers of the control plane's machines.")] = None
    deprecated: Annotated[Deprecated | None, Doc("Fields that older API versions still show.")] = None
    failure_domains: Annotated[
        tuple[FailureDomains, ...],
        Doc("Places that the infrastructure provider offers for machines."),
        Extra(min_items=1, max_items=100, list_map_keys=["name"], list_type="map"),
    ] = ()
    initialization: Annotated[
        Initialization | None, Doc("What has been done once and will not be undone."), Extra(min_properties=1)
    ] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Meta(ge=1), Extra(format="int64")
    ] = None
    phase: Annotated[
        Literal["Pending", "Provisioning", "Provisioned", "Deleting", "Failed", "Unknown"] | None,
        Doc("Pending, Provisioning, Provisioned, Deleting, Failed or Unknown."),
    ] = None
    workers: Annotated[ClusterControlPlane | None, Doc("The numbers of the workers.")] = None


class Cluster(Resource, kw_only=True):
    """A Kubernetes cluster."""

    spec: Annotated[
        ClusterSpec, Doc("The networks, the endpoint, and which objects make up the cluster."), Extra(min_properties=1)
    ]
    status: Annotated[ClusterStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)] = (
        None
    )
