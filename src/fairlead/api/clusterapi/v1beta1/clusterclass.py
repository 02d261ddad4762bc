"""ClusterClass.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Any, Literal

from msgspec import field

from fairlead.api.clusterapi.clusterclass import ClusterClassUpgrade, JSONPatchValue, Naming, ValidationRule
from fairlead.api.clusterapi.common import AvailabilityGates, Condition, Metadata, Taints, V1Beta1Condition
from fairlead.api.clusterapi.v1beta1.cluster import (
    ControlPlaneRef,
    Strategy,
    UnhealthyConditions,
    UnhealthyMachineConditions,
)
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class LocalObjectTemplate(Model):
    """The template that objects of this part are made from."""

    ref: Annotated[
        ControlPlaneRef, Doc("The template, in the namespace of the ClusterClass."), Extra(map_type="atomic")
    ]


class MachineHealthCheckClass(Model):
    """When machines are unhealthy, and what is done then."""

    max_unhealthy: Annotated[IntOrString | None, Doc("Up to how many unhealthy machines remediation is allowed.")] = (
        None
    )
    node_startup_timeout: Annotated[str, Doc("How long a machine may take to become a node.")] = ""
    remediation_template: Annotated[
        ControlPlaneRef | None,
        Doc("Template of the object that asks an outside controller for remediation."),
        Extra(map_type="atomic"),
    ] = None
    unhealthy_conditions: Annotated[
        tuple[UnhealthyConditions, ...],
        Doc("Conditions of the node that make a machine unhealthy."),
        Extra(max_items=100),
    ] = ()
    unhealthy_machine_conditions: Annotated[
        tuple[UnhealthyMachineConditions, ...],
        Doc("Conditions of the machine that make it unhealthy."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    unhealthy_range: Annotated[
        str,
        Doc("Range of the number of unhealthy machines in which remediation is allowed, like [2-5]."),
        Meta(min_length=1, max_length=32, pattern="^\\[[0-9]+-[0-9]+\\]$"),
    ] = ""


class ControlPlaneClass(Model):
    """The control plane of clusters of this class."""

    ref: Annotated[
        ControlPlaneRef, Doc("The template, in the namespace of the ClusterClass."), Extra(map_type="atomic")
    ]
    machine_health_check: Annotated[
        MachineHealthCheckClass | None, Doc("When machines are unhealthy, and what is done then.")
    ] = None
    machine_infrastructure: Annotated[
        LocalObjectTemplate | None, Doc("The template of the control-plane machines' infrastructure.")
    ] = None
    metadata: Annotated[Metadata | None, Doc("Labels and annotations of the control plane and its machines.")] = None
    naming_strategy: Annotated[Naming | None, Doc("How made objects are named.")] = None
    node_deletion_timeout: Annotated[str, Doc("How long deleting the node is tried.")] = ""
    node_drain_timeout: Annotated[str, Doc("How long a drain may take.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("How long volumes may take to detach.")] = ""
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready of the machines looks at."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the nodes."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class JSONPatch(Model):
    """One change of a template."""

    op: Annotated[Literal["add", "replace", "remove"], Doc("What is done at the path.")]
    path: Annotated[str, Doc("JSON pointer below /spec of the template."), Meta(min_length=1, max_length=512)]
    value: Annotated[Any | None, Doc("The value as it is."), Extra(preserve_unknown_fields=True)] = None
    value_from: Annotated[JSONPatchValue | None, Doc("The value as variables give it.")] = None


class PatchSelectorMatchClass(Model):
    """Worker classes, by name."""

    names: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Names of the classes; * stands for any text at the start or end."),
        Extra(max_items=100),
    ] = ()


class PatchSelectorMatch(Model):
    """The places in the ClusterClass whose templates are patched."""

    control_plane: Annotated[
        bool | None, Doc("Whether templates of the control plane are meant, and of its machines.")
    ] = None
    infrastructure_cluster: Annotated[
        bool | None, Doc("Whether the template of the cluster's infrastructure is meant.")
    ] = None
    machine_deployment_class: Annotated[
        PatchSelectorMatchClass | None, Doc("Classes of MachineDeployments whose templates are meant.")
    ] = None
    machine_pool_class: Annotated[
        PatchSelectorMatchClass | None, Doc("Classes of MachinePools whose templates are meant.")
    ] = None


class PatchSelector(Model):
    """Which templates are patched."""

    api_version: Annotated[
        str,
        Doc("API version of the templates, as the ClusterClass names them."),
        Meta(min_length=1, max_length=512),
    ]
    kind: Annotated[str, Doc("Kind of the templates."), Meta(min_length=1, max_length=256)]
    match_resources: Annotated[PatchSelectorMatch, Doc("The places in the ClusterClass whose templates are patched.")]


class PatchDefinition(Model):
    """Changes, and the templates they are for."""

    json_patches: Annotated[tuple[JSONPatch, ...], Doc("The changes, in their order."), Extra(max_items=100)]
    selector: Annotated[PatchSelector, Doc("Which templates are patched.")]


class ExternalPatchDefinition(Model):
    """A patch that a runtime extension makes."""

    discover_variables_extension: Annotated[
        str, Doc("Handler that declares variables."), Meta(min_length=1, max_length=512)
    ] = ""
    generate_extension: Annotated[str, Doc("Handler that makes the patches."), Meta(min_length=1, max_length=512)] = ""
    settings: Annotated[dict[str, str], Doc("What is passed to the handlers.")] = {}
    validate_extension: Annotated[
        str, Doc("Handler that judges the patched cluster."), Meta(min_length=1, max_length=512)
    ] = ""


class ClusterClassPatch(Model):
    """A named set of changes of the templates."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    definitions: Annotated[
        tuple[PatchDefinition, ...], Doc("Changes, and the templates they are for."), Extra(max_items=100)
    ] = ()
    description: Annotated[str, Doc("What the patch is good for."), Meta(min_length=1, max_length=1024)] = ""
    enabled_if: Annotated[
        str, Doc("Go template; the patch applies when it renders to true."), Meta(min_length=1, max_length=256)
    ] = ""
    external: Annotated[ExternalPatchDefinition | None, Doc("The runtime extension that makes the patch.")] = None


class JSONSchemaProps(Model):
    """An OpenAPI v3 schema of a value."""

    additional_properties: Annotated[
        Any | None, Doc("Schema of the values of a map."), Extra(preserve_unknown_fields=True)
    ] = None
    all_of: Annotated[Any | None, Doc("Schemas that the value must all keep."), Extra(preserve_unknown_fields=True)] = (
        None
    )
    any_of: Annotated[
        Any | None, Doc("Schemas of which the value must keep at least one."), Extra(preserve_unknown_fields=True)
    ] = None
    default: Annotated[Any | None, Doc("The value where none is given."), Extra(preserve_unknown_fields=True)] = None
    description: Annotated[str, Doc("What the value is."), Meta(min_length=1, max_length=4096)] = ""
    enum: Annotated[
        tuple[Annotated[Any, Extra(preserve_unknown_fields=True)], ...],
        Doc("The only values allowed."),
        Extra(max_items=100),
    ] = ()
    example: Annotated[Any | None, Doc("A value as an example."), Extra(preserve_unknown_fields=True)] = None
    exclusive_maximum: Annotated[bool | None, Doc("Whether the value must be below maximum.")] = None
    exclusive_minimum: Annotated[bool | None, Doc("Whether the value must be above minimum.")] = None
    format: Annotated[str, Doc("Form of a text, such as date-time or ipv4."), Meta(min_length=1, max_length=32)] = ""
    items: Annotated[Any | None, Doc("Schema of the entries of a list."), Extra(preserve_unknown_fields=True)] = None
    max_items: Annotated[int | None, Doc("How many entries a list may have."), Extra(format="int64")] = None
    max_length: Annotated[int | None, Doc("How many characters a text may have."), Extra(format="int64")] = None
    max_properties: Annotated[int | None, Doc("How many fields an object may have."), Extra(format="int64")] = None
    maximum: Annotated[int | None, Doc("The greatest number allowed."), Extra(format="int64")] = None
    min_items: Annotated[int | None, Doc("How many entries a list must have."), Extra(format="int64")] = None
    min_length: Annotated[int | None, Doc("How many characters a text must have."), Extra(format="int64")] = None
    min_properties: Annotated[int | None, Doc("How many fields an object must have."), Extra(format="int64")] = None
    minimum: Annotated[int | None, Doc("The least number allowed."), Extra(format="int64")] = None
    not_: Annotated[Any | None, Doc("A schema that the value must not keep."), Extra(preserve_unknown_fields=True)] = (
        None
    )
    one_of: Annotated[
        Any | None, Doc("Schemas of which the value must keep exactly one."), Extra(preserve_unknown_fields=True)
    ] = None
    pattern: Annotated[str, Doc("Regular expression that a text must match."), Meta(min_length=1, max_length=512)] = ""
    properties: Annotated[
        Any | None, Doc("Schemas of the fields of an object."), Extra(preserve_unknown_fields=True)
    ] = None
    required: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Fields that an object must have."),
        Extra(max_items=1000),
    ] = ()
    type: Annotated[
        Literal["object", "array", "string", "integer", "number", "boolean"] | None, Doc("JSON type of the value.")
    ] = None
    unique_items: Annotated[bool | None, Doc("Whether the entries of a list must differ.")] = None
    x_kubernetes_int_or_string: Annotated[bool | None, Doc("Whether a number or a text may be given.")] = field(
        name="x-kubernetes-int-or-string", default=None
    )
    x_kubernetes_preserve_unknown_fields: Annotated[bool | None, Doc("Whether unknown fields are kept.")] = field(
        name="x-kubernetes-preserve-unknown-fields", default=None
    )
    x_kubernetes_validations: Annotated[
        tuple[ValidationRule, ...],
        Doc("Rules that the value must keep, in CEL."),
        Extra(max_items=100, list_map_keys=["rule"], list_type="map"),
    ] = field(name="x-kubernetes-validations", default=())
    x_metadata: Annotated[Metadata | None, Doc("Labels and annotations of the schema.")] = field(
        name="x-metadata", default=None
    )


class VariableSchema(Model):
    """The schema of a variable's values."""

    open_apiv3_schema: Annotated[JSONSchemaProps, Doc("OpenAPI v3 schema of the variable's values.")] = field(
        name="openAPIV3Schema"
    )


class ClusterClassVariable(Model):
    """A variable that clusters of this class can set."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    required: Annotated[bool, Doc("Whether every cluster must set it.")]
    schema: Annotated[VariableSchema, Doc("The schema of the variable's values.")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations of the variable.")] = None


class MachineDeploymentClassTemplate(Model):
    """What the machines look like."""

    bootstrap: Annotated[LocalObjectTemplate, Doc("The template of what makes machines nodes.")]
    infrastructure: Annotated[LocalObjectTemplate, Doc("The template of the machines' infrastructure.")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations of the made object and its machines.")] = None


class MachineDeploymentClass(Model):
    """A kind of worker that MachineDeployments can be made of."""

    class_: Annotated[str, Doc("Name of the class, as clusters refer to it."), Meta(min_length=1, max_length=256)]
    template: Annotated[MachineDeploymentClassTemplate, Doc("What the machines look like.")]
    failure_domain: Annotated[
        str, Doc("Failure domain that machines are placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    machine_health_check: Annotated[
        MachineHealthCheckClass | None, Doc("When machines are unhealthy, and what is done then.")
    ] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Extra(format="int32")
    ] = None
    naming_strategy: Annotated[Naming | None, Doc("How made objects are named.")] = None
    node_deletion_timeout: Annotated[str, Doc("How long deleting the node is tried.")] = ""
    node_drain_timeout: Annotated[str, Doc("How long a drain may take.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("How long volumes may take to detach.")] = ""
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready of the machines looks at."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    strategy: Annotated[Strategy | None, Doc("How machines are replaced.")] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the nodes."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class MachinePoolClass(Model):
    """A kind of worker that MachinePools can be made of."""

    class_: Annotated[str, Doc("Name of the class, as clusters refer to it."), Meta(min_length=1, max_length=256)]
    template: Annotated[MachineDeploymentClassTemplate, Doc("What the machines look like.")]
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Where machines can be placed."),
        Extra(max_items=100),
    ] = ()
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Extra(format="int32")
    ] = None
    naming_strategy: Annotated[Naming | None, Doc("How made objects are named.")] = None
    node_deletion_timeout: Annotated[str, Doc("How long deleting the node is tried.")] = ""
    node_drain_timeout: Annotated[str, Doc("How long a drain may take.")] = ""
    node_volume_detach_timeout: Annotated[str, Doc("How long volumes may take to detach.")] = ""
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the nodes."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class WorkersClass(Model):
    """The kinds of workers that clusters of this class can have."""

    machine_deployments: Annotated[
        tuple[MachineDeploymentClass, ...],
        Doc("Classes of MachineDeployments."),
        Extra(max_items=100, list_map_keys=["class"], list_type="map"),
    ] = ()
    machine_pools: Annotated[
        tuple[MachinePoolClass, ...],
        Doc("Classes of MachinePools."),
        Extra(max_items=100, list_map_keys=["class"], list_type="map"),
    ] = ()


class ClusterClassSpec(Model):
    """What is asked for."""

    availability_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Available of the clusters looks at."),
        Extra(max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    control_plane: Annotated[ControlPlaneClass | None, Doc("The control plane of clusters of this class.")] = None
    infrastructure: Annotated[LocalObjectTemplate | None, Doc("The infrastructure of clusters of this class.")] = None
    infrastructure_naming_strategy: Annotated[Naming | None, Doc("How infrastructure objects are named.")] = None
    kubernetes_versions: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("The Kubernetes versions that clusters of this class can have, oldest first."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    patches: Annotated[
        tuple[ClusterClassPatch, ...], Doc("Changes of the templates, in their order."), Extra(max_items=1000)
    ] = ()
    upgrade: Annotated[
        ClusterClassUpgrade | None, Doc("How clusters of this class are upgraded."), Extra(min_properties=1)
    ] = None
    variables: Annotated[
        tuple[ClusterClassVariable, ...], Doc("Variables that clusters of this class can set."), Extra(max_items=1000)
    ] = ()
    workers: Annotated[WorkersClass | None, Doc("The kinds of workers that clusters of this class can have.")] = None


class ClusterClassStatusVariableDefinition(Model):
    """One definition of a variable."""

    from_: Annotated[str, Doc("The patch that declares it, or inline."), Meta(min_length=1, max_length=256)]
    required: Annotated[bool, Doc("Whether every cluster must set it.")]
    schema: Annotated[VariableSchema, Doc("The schema of the variable's values.")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations of the variable.")] = None


class ClusterClassStatusVariable(Model):
    """A variable with all its definitions."""

    definitions: Annotated[
        tuple[ClusterClassStatusVariableDefinition, ...], Doc("All its definitions."), Extra(max_items=100)
    ]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    definitions_conflict: Annotated[bool | None, Doc("Whether its definitions differ.")] = None


class ClusterClassV1Beta2Status(Model):
    """Fields of v1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()


class ClusterClassStatus(Model):
    """What is so."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    v1beta2: Annotated[ClusterClassV1Beta2Status | None, Doc("Fields of v1beta2.")] = None
    variables: Annotated[
        tuple[ClusterClassStatusVariable, ...], Doc("All variables with their definitions."), Extra(max_items=1000)
    ] = ()


class ClusterClass(Resource, kw_only=True):
    """A shape that clusters are made from."""

    spec: Annotated[ClusterClassSpec | None, Doc("What is asked for.")] = None
    status: Annotated[ClusterClassStatus | None, Doc("What is so.")] = None
