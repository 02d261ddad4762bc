"""Cluster.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Any, ClassVar, Literal

from fairlead.api.clusterapi.common import Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class AvailabilityGates(Model):
    """A further condition that is taken into account."""

    condition_type: Annotated[
        str,
        Doc("Type of a condition of the same object; missing counts as unknown."),
        Meta(
            min_length=1,
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    ]
    polarity: Annotated[
        Literal["Positive", "Negative"] | None, Doc("Positive if True is good (the default), Negative if False is.")
    ] = None


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


class ClassRef(Model):
    """A reference to a ClusterClass."""

    GO: ClassVar[str] = "ClusterClassRef"

    name: Annotated[
        str,
        Doc("Name of the ClusterClass."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]
    namespace: Annotated[
        str,
        Doc("Namespace of the ClusterClass; the Cluster's own if unset."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"),
    ] = ""


class Deletion(Model):
    """Time limits of a machine's deletion."""

    node_deletion_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds for which deleting the Node is tried; 0 tries without end, 10 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    node_drain_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds that draining the node may take; 0 or unset waits without end."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    node_volume_detach_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds that volumes may take to detach; 0 or unset waits without end."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None


class UnhealthyMachineConditions(Model):
    """A condition of a Machine that makes it unhealthy."""

    status: Annotated[
        Literal["True", "False", "Unknown"], Doc("Status that counts as unhealthy: True, False or Unknown.")
    ]
    timeout_seconds: Annotated[
        int, Doc("Seconds for which it must hold before the machine is unhealthy."), Meta(ge=0), Extra(format="int32")
    ]
    type: Annotated[
        str,
        Doc("Type of the Machine's condition."),
        Meta(
            min_length=1,
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
        Extra(
            validations=[
                {
                    "message": "type must not be one of: Ready, Available, HealthCheckSucceeded, OwnerRemediated, ExternallyRemediated",
                    "rule": "!(self in ['Ready','Available','HealthCheckSucceeded','OwnerRemediated','ExternallyRemediated'])",
                }
            ]
        ),
    ]


class UnhealthyNodeConditions(Model):
    """A condition of a Node that makes its machine unhealthy."""

    status: Annotated[str, Doc("Status that counts as unhealthy: True, False or Unknown."), Meta(min_length=1)]
    timeout_seconds: Annotated[
        int, Doc("Seconds for which it must hold before the machine is unhealthy."), Meta(ge=0), Extra(format="int32")
    ]
    type: Annotated[str, Doc("Type of the Node's condition, for example Ready."), Meta(min_length=1)]


class Checks(Model):
    """What makes a machine unhealthy."""

    node_startup_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds until a machine without a Node is unhealthy; 600 if unset, 0 switches it off."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    unhealthy_machine_conditions: Annotated[
        tuple[UnhealthyMachineConditions, ...],
        Doc("Conditions of the Machine, any of which makes it unhealthy."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    unhealthy_node_conditions: Annotated[
        tuple[UnhealthyNodeConditions, ...],
        Doc("Conditions of the Node, any of which makes its machine unhealthy."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class TemplateRef(Model):
    """A reference to a template."""

    api_version: Annotated[
        str,
        Doc("API group and version of the object."),
        Meta(
            min_length=1,
            max_length=317,
            pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[a-z]([-a-z0-9]*[a-z0-9])?$",
        ),
    ]
    kind: Annotated[
        str,
        Doc("Kind of the object."),
        Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"),
    ]
    name: Annotated[
        str,
        Doc("Name of the template, in the same namespace."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]


class TriggerIf(Model):
    """When unhealthy machines are replaced at all."""

    unhealthy_in_range: Annotated[
        str,
        Doc("Replace only while the number of unhealthy machines is in this range, such as [3-5]."),
        Meta(min_length=1, max_length=32, pattern="^\\[[0-9]+-[0-9]+\\]$"),
    ] = ""
    unhealthy_less_than_or_equal_to: Annotated[
        IntOrString | None, Doc("Replace only up to so many unhealthy machines, a number or a percentage.")
    ] = None


class Remediation(Model):
    """How unhealthy machines are replaced."""

    template_ref: Annotated[
        TemplateRef | None, Doc("Template of the object that remediates; unset lets the machine's owner replace it.")
    ] = None
    trigger_if: Annotated[
        TriggerIf | None, Doc("When machines are replaced at all; always if unset."), Extra(min_properties=1)
    ] = None


class HealthCheck(Model):
    """A MachineHealthCheck for the machines."""

    GO: ClassVar[str] = "ControlPlaneTopologyHealthCheck"

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    enabled: Annotated[
        bool | None, Doc("False takes the MachineHealthCheck away, true demands one; unset follows the ClusterClass.")
    ] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )


class Rollout(Model):
    """When machines are replaced although nothing else changed."""

    after: Annotated[str, Doc("Machines made before this moment are replaced."), Extra(format="date-time")] = ""


class Overrides(Model):
    """The value of a variable of the ClusterClass."""

    GO: ClassVar[str] = "ClusterVariable"

    name: Annotated[str, Doc("Name of the variable."), Meta(min_length=1, max_length=256)]
    value: Annotated[
        Any,
        Doc("Value of the variable, of the type that the ClusterClass declares."),
        Extra(preserve_unknown_fields=True),
    ]


class Variables(Model):
    """Values of variables that hold here only."""

    overrides: Annotated[
        tuple[Overrides, ...],
        Doc("Values that replace those of the whole Cluster."),
        Extra(min_items=1, max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()


class ControlPlane(Model):
    """The control plane of a Cluster made from a ClusterClass."""

    GO: ClassVar[str] = "ControlPlaneTopology"

    deletion: Annotated[
        Deletion | None, Doc("How long the steps of a machine's deletion may take."), Extra(min_properties=1)
    ] = None
    health_check: Annotated[
        HealthCheck | None,
        Doc("A MachineHealthCheck for these machines, instead of the ClusterClass's."),
        Extra(min_properties=1),
    ] = None
    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[
        int | None, Doc("How many control-plane machines; unset leaves the number to others."), Extra(format="int32")
    ] = None
    rollout: Annotated[Rollout | None, Doc("How and when machines are replaced."), Extra(min_properties=1)] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class ClusterDeletion(Model):
    """Time limits and order of machines' deletion."""

    node_deletion_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds for which deleting the Node is tried; 0 tries without end, 10 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    node_drain_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds that draining the node may take; 0 or unset waits without end."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    node_volume_detach_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds that volumes may take to detach; 0 or unset waits without end."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    order: Annotated[
        Literal["Random", "Newest", "Oldest"] | None, Doc("Which machines go first: Random, Newest or Oldest.")
    ] = None


class ClusterRemediation(Model):
    """How unhealthy machines are replaced."""

    max_in_flight: Annotated[
        IntOrString | None, Doc("How many machines may be replaced at the same time, as a number or a percentage.")
    ] = None
    template_ref: Annotated[
        TemplateRef | None, Doc("Template of the object that remediates; unset lets the machine's owner replace it.")
    ] = None
    trigger_if: Annotated[
        TriggerIf | None, Doc("When machines are replaced at all; always if unset."), Extra(min_properties=1)
    ] = None


class ClusterHealthCheck(Model):
    """A MachineHealthCheck for the machines."""

    GO: ClassVar[str] = "MachineDeploymentTopologyHealthCheck"

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    enabled: Annotated[
        bool | None, Doc("False takes the MachineHealthCheck away, true demands one; unset follows the ClusterClass.")
    ] = None
    remediation: Annotated[
        ClusterRemediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)
    ] = None


class RollingUpdate(Model):
    """Bounds of a rolling update."""

    max_surge: Annotated[
        IntOrString | None, Doc("How many machines there may be above replicas during an update; number or percentage.")
    ] = None
    max_unavailable: Annotated[
        IntOrString | None, Doc("How many machines may be missing during an update; number or percentage.")
    ] = None


class Strategy(Model):
    """How machines are replaced."""

    type: Annotated[
        Literal["RollingUpdate", "OnDelete"],
        Doc("RollingUpdate replaces machines at once, OnDelete when somebody deletes them."),
    ]
    rolling_update: Annotated[
        RollingUpdate | None, Doc("Bounds of the update, for type RollingUpdate."), Extra(min_properties=1)
    ] = None


class ClusterRollout(Model):
    """How and when machines are replaced."""

    after: Annotated[str, Doc("Machines made before this moment are replaced."), Extra(format="date-time")] = ""
    strategy: Annotated[Strategy | None, Doc("How machines are replaced."), Extra(min_properties=1)] = None


class MachineDeployments(Model):
    """Workers of a Cluster, made from a class of the ClusterClass."""

    GO: ClassVar[str] = "MachineDeploymentTopology"

    class_: Annotated[
        str, Doc("Name of the MachineDeployment class in the ClusterClass."), Meta(min_length=1, max_length=256)
    ]
    name: Annotated[
        str,
        Doc("Name of these workers within the Cluster."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
    ]
    deletion: Annotated[
        ClusterDeletion | None, Doc("How long the steps of a machine's deletion may take."), Extra(min_properties=1)
    ] = None
    failure_domain: Annotated[
        str, Doc("The failure domain that the machines are placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    health_check: Annotated[
        ClusterHealthCheck | None,
        Doc("A MachineHealthCheck for these machines, instead of the ClusterClass's."),
        Extra(min_properties=1),
    ] = None
    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that must be true before a machine is Ready."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    replicas: Annotated[
        int | None,
        Doc("How many machines; unset leaves the number to others, such as an autoscaler."),
        Extra(format="int32"),
    ] = None
    rollout: Annotated[ClusterRollout | None, Doc("How and when machines are replaced."), Extra(min_properties=1)] = (
        None
    )
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class MachinePools(Model):
    """A pool of workers, made from a class of the ClusterClass."""

    GO: ClassVar[str] = "MachinePoolTopology"

    class_: Annotated[
        str, Doc("Name of the MachinePool class in the ClusterClass."), Meta(min_length=1, max_length=256)
    ]
    name: Annotated[
        str,
        Doc("Name of the pool within the Cluster."),
        Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
    ]
    deletion: Annotated[
        Deletion | None, Doc("How long the steps of a machine's deletion may take."), Extra(min_properties=1)
    ] = None
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("The failure domains machines may be placed in."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    min_ready_seconds: Annotated[
        int | None,
        Doc("Seconds that a machine must have been ready before it counts as available; 0 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    replicas: Annotated[int | None, Doc("How many machines."), Extra(format="int32")] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints that the nodes of the machines get."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()
    variables: Annotated[Variables | None, Doc("Values of the ClusterClass's variables."), Extra(min_properties=1)] = (
        None
    )


class Workers(Model):
    """The workers of a Cluster made from a ClusterClass."""

    GO: ClassVar[str] = "WorkersTopology"

    machine_deployments: Annotated[
        tuple[MachineDeployments, ...],
        Doc("Workers that are rolled from one state to the next."),
        Extra(min_items=1, max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()
    machine_pools: Annotated[
        tuple[MachinePools, ...],
        Doc("Workers that the provider scales as one."),
        Extra(min_items=1, max_items=2000, list_map_keys=["name"], list_type="map"),
    ] = ()


class Topology(Model):
    """A Cluster as its ClusterClass describes it."""

    class_ref: Annotated[ClassRef, Doc("The ClusterClass.")]
    version: Annotated[
        str, Doc("Kubernetes version of the whole cluster, such as v1.35.0."), Meta(min_length=1, max_length=256)
    ]
    control_plane: Annotated[
        ControlPlane | None, Doc("What this Cluster wants of its control plane."), Extra(min_properties=1)
    ] = None
    variables: Annotated[
        tuple[Overrides, ...],
        Doc("Values of the ClusterClass's variables."),
        Extra(min_items=1, max_items=1000, list_map_keys=["name"], list_type="map"),
    ] = ()
    workers: Annotated[Workers | None, Doc("What this Cluster wants of its workers."), Extra(min_properties=1)] = None


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
