"""ClusterClass.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Any, Literal

from msgspec import field

from fairlead.api.clusterapi.cluster import (
    AvailabilityGates,
    Checks,
    ClusterDeletion,
    ClusterRemediation,
    Condition,
    Deletion,
    Metadata,
    Remediation,
    Strategy,
    Taints,
    TemplateRef,
)
from fairlead.api.clusterapi.machinehealthcheck import MachineHealthCheckDeprecated
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ClusterClassHealthCheck(Model):
    """Health check."""

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )


class MachineInfrastructure(Model):
    """Machine infrastructure."""

    template_ref: Annotated[TemplateRef, Doc("Template ref.")]


class Naming(Model):
    """How the VM is named."""

    template: Annotated[str, Doc("What the machines look like."), Meta(min_length=1, max_length=1024)] = ""


class ClusterClassControlPlane(Model):
    """Whether control-plane machines may go there."""

    template_ref: Annotated[TemplateRef, Doc("Template ref.")]
    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    health_check: Annotated[ClusterClassHealthCheck | None, Doc("Health check."), Extra(min_properties=1)] = None
    machine_infrastructure: Annotated[MachineInfrastructure | None, Doc("Machine infrastructure.")] = None
    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    naming: Annotated[Naming | None, Doc("How the VM is named."), Extra(min_properties=1)] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class Infrastructure(Model):
    """Infrastructure."""

    template_ref: Annotated[TemplateRef, Doc("Template ref.")]
    naming: Annotated[Naming | None, Doc("How the VM is named."), Extra(min_properties=1)] = None


class ValueFrom(Model):
    """Value from."""

    template: Annotated[str, Doc("What the machines look like."), Meta(min_length=1, max_length=10240)] = ""
    variable: Annotated[str, Doc("Variable."), Meta(min_length=1, max_length=256)] = ""


class JsonPatches(Model):
    """Json patches."""

    op: Annotated[Literal["add", "replace", "remove"], Doc("Op.")]
    path: Annotated[str, Doc("Its path."), Meta(min_length=1, max_length=512)]
    value: Annotated[Any | None, Doc("The value."), Extra(preserve_unknown_fields=True)] = None
    value_from: Annotated[ValueFrom | None, Doc("Value from.")] = None


class MachineDeploymentClass(Model):
    """Machine deployment class."""

    names: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Names."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()


class MatchResources(Model):
    """Match resources."""

    control_plane: Annotated[bool | None, Doc("Whether control-plane machines may go there.")] = None
    infrastructure_cluster: Annotated[bool | None, Doc("Infrastructure cluster.")] = None
    machine_deployment_class: Annotated[MachineDeploymentClass | None, Doc("Machine deployment class.")] = None
    machine_pool_class: Annotated[MachineDeploymentClass | None, Doc("Machine pool class.")] = None


class ClusterClassSelector(Model):
    """Which machines belong to it."""

    api_version: Annotated[
        str,
        Doc("Api version."),
        Meta(
            min_length=1,
            max_length=317,
            pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[a-z]([-a-z0-9]*[a-z0-9])?$",
        ),
    ]
    kind: Annotated[
        str, Doc("Its kind."), Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")
    ]
    match_resources: Annotated[MatchResources, Doc("Match resources."), Extra(min_properties=1)]


class Definitions(Model):
    """Definitions."""

    json_patches: Annotated[
        tuple[JsonPatches, ...], Doc("Json patches."), Extra(min_items=1, max_items=100, list_type="atomic")
    ]
    selector: Annotated[ClusterClassSelector, Doc("Which machines belong to it.")]


class External(Model):
    """etcd elsewhere."""

    discover_variables_extension: Annotated[
        str, Doc("Discover variables extension."), Meta(min_length=1, max_length=512)
    ] = ""
    generate_patches_extension: Annotated[
        str, Doc("Generate patches extension."), Meta(min_length=1, max_length=512)
    ] = ""
    settings: Annotated[dict[str, str], Doc("Settings.")] = {}
    validate_topology_extension: Annotated[
        str, Doc("Validate topology extension."), Meta(min_length=1, max_length=512)
    ] = ""


class Patches(Model):
    """Patches."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    definitions: Annotated[tuple[Definitions, ...], Doc("Definitions."), Extra(max_items=100, list_type="atomic")] = ()
    description: Annotated[str, Doc("Description."), Meta(min_length=1, max_length=1024)] = ""
    enabled_if: Annotated[str, Doc("Enabled if."), Meta(min_length=1, max_length=256)] = ""
    external: Annotated[External | None, Doc("etcd elsewhere.")] = None


class ClusterClassExternal(Model):
    """etcd elsewhere."""

    generate_upgrade_plan_extension: Annotated[
        str, Doc("Generate upgrade plan extension."), Meta(min_length=1, max_length=512)
    ] = ""


class Upgrade(Model):
    """Upgrade."""

    external: Annotated[ClusterClassExternal | None, Doc("etcd elsewhere."), Extra(min_properties=1)] = None


class SchemaRule(Model):
    """Rules of values, in CEL."""

    rule: Annotated[str, Doc("Rule."), Meta(min_length=1, max_length=4096)]
    field_path: Annotated[str, Doc("Field path."), Meta(min_length=1, max_length=512)] = ""
    message: Annotated[str, Doc("For people."), Meta(min_length=1, max_length=512)] = ""
    message_expression: Annotated[str, Doc("Message expression."), Meta(min_length=1, max_length=1024)] = ""
    reason: Annotated[
        Literal["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"] | None,
        Doc("For programs."),
        Extra(default="FieldValueInvalid"),
    ] = None


class OpenAPIV3Schema(Model):
    """Open apiv3 schema."""

    additional_properties: Annotated[Any | None, Doc("Additional properties."), Extra(preserve_unknown_fields=True)] = (
        None
    )
    all_of: Annotated[Any | None, Doc("All of."), Extra(preserve_unknown_fields=True)] = None
    any_of: Annotated[Any | None, Doc("Any of."), Extra(preserve_unknown_fields=True)] = None
    default: Annotated[Any | None, Doc("Default."), Extra(preserve_unknown_fields=True)] = None
    description: Annotated[str, Doc("Description."), Meta(min_length=1, max_length=4096)] = ""
    enum: Annotated[
        tuple[Annotated[Any, Extra(preserve_unknown_fields=True)], ...],
        Doc("Enum."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    example: Annotated[Any | None, Doc("Example."), Extra(preserve_unknown_fields=True)] = None
    exclusive_maximum: Annotated[bool | None, Doc("Exclusive maximum.")] = None
    exclusive_minimum: Annotated[bool | None, Doc("Exclusive minimum.")] = None
    format: Annotated[str, Doc("Form of the bootstrap data."), Meta(min_length=1, max_length=32)] = ""
    items: Annotated[Any | None, Doc("Items."), Extra(preserve_unknown_fields=True)] = None
    max_items: Annotated[int | None, Doc("Max items."), Extra(format="int64")] = None
    max_length: Annotated[int | None, Doc("Max length."), Extra(format="int64")] = None
    max_properties: Annotated[int | None, Doc("Max properties."), Extra(format="int64")] = None
    maximum: Annotated[int | None, Doc("Maximum."), Extra(format="int64")] = None
    min_items: Annotated[int | None, Doc("Min items."), Extra(format="int64")] = None
    min_length: Annotated[int | None, Doc("Min length."), Extra(format="int64")] = None
    min_properties: Annotated[int | None, Doc("Min properties."), Extra(format="int64")] = None
    minimum: Annotated[int | None, Doc("Minimum."), Extra(format="int64")] = None
    not_: Annotated[Any | None, Doc("Not."), Extra(preserve_unknown_fields=True)] = None
    one_of: Annotated[Any | None, Doc("One of."), Extra(preserve_unknown_fields=True)] = None
    pattern: Annotated[str, Doc("Pattern."), Meta(min_length=1, max_length=512)] = ""
    properties: Annotated[Any | None, Doc("Properties."), Extra(preserve_unknown_fields=True)] = None
    required: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Required."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    type: Annotated[Literal["object", "array", "string", "integer", "number", "boolean"] | None, Doc("Its type.")] = (
        None
    )
    unique_items: Annotated[bool | None, Doc("Unique items.")] = None
    x_kubernetes_int_or_string: Annotated[bool | None, Doc("Whether a number or a text may be given.")] = field(
        name="x-kubernetes-int-or-string", default=None
    )
    x_kubernetes_preserve_unknown_fields: Annotated[bool | None, Doc("Whether unknown fields are kept.")] = field(
        name="x-kubernetes-preserve-unknown-fields", default=None
    )
    x_kubernetes_validations: Annotated[
        tuple[SchemaRule, ...],
        Doc("Rules of values, in CEL."),
        Extra(min_items=1, max_items=100, list_map_keys=["rule"], list_type="map"),
    ] = field(name="x-kubernetes-validations", default=())
    x_metadata: Annotated[Metadata | None, Doc("Labels and annotations of the variable."), Extra(min_properties=1)] = (
        field(name="x-metadata", default=None)
    )


class Schema(Model):
    """Schema."""

    open_apiv3_schema: Annotated[OpenAPIV3Schema, Doc("Open apiv3 schema."), Extra(min_properties=1)] = field(
        name="openAPIV3Schema"
    )


class ClusterClassVariables(Model):
    """Values of the ClusterClass's variables."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    required: Annotated[bool, Doc("Required.")]
    schema: Annotated[Schema, Doc("Schema.")]
    deprecated_v1_beta1_metadata: Annotated[
        Metadata | None, Doc("Deprecated v1 beta1 metadata."), Extra(min_properties=1)
    ] = None


class ClusterClassHealthCheck3(Model):
    """Health check."""

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    remediation: Annotated[
        ClusterRemediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)
    ] = None


class ClusterClassRollout(Model):
    """How changes are rolled out."""

    strategy: Annotated[Strategy | None, Doc("How it is done."), Extra(min_properties=1)] = None


class ClusterClassMachineDeployments(Model):
    """Machine deployments."""

    bootstrap: Annotated[MachineInfrastructure, Doc("What makes the machine a node.")]
    class_: Annotated[str, Doc("Class."), Meta(min_length=1, max_length=256)]
    infrastructure: Annotated[MachineInfrastructure, Doc("Infrastructure.")]
    deletion: Annotated[ClusterDeletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    failure_domain: Annotated[
        str, Doc("Failure domain the machine is placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    health_check: Annotated[ClusterClassHealthCheck3 | None, Doc("Health check."), Extra(min_properties=1)] = None
    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Meta(ge=0), Extra(format="int32")
    ] = None
    naming: Annotated[Naming | None, Doc("How the VM is named."), Extra(min_properties=1)] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    rollout: Annotated[ClusterClassRollout | None, Doc("How changes are rolled out."), Extra(min_properties=1)] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class ClusterClassMachinePools(Model):
    """Machine pools."""

    bootstrap: Annotated[MachineInfrastructure, Doc("What makes the machine a node.")]
    class_: Annotated[str, Doc("Class."), Meta(min_length=1, max_length=256)]
    infrastructure: Annotated[MachineInfrastructure, Doc("Infrastructure.")]
    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Where machines can be placed."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Meta(ge=0), Extra(format="int32")
    ] = None
    naming: Annotated[Naming | None, Doc("How the VM is named."), Extra(min_properties=1)] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the node."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class ClusterClassWorkers(Model):
    """The workers."""

    machine_deployments: Annotated[
        tuple[ClusterClassMachineDeployments, ...],
        Doc("Machine deployments."),
        Extra(min_items=1, max_items=100, list_map_keys=["class"], list_type="map"),
    ] = ()
    machine_pools: Annotated[
        tuple[ClusterClassMachinePools, ...],
        Doc("Machine pools."),
        Extra(min_items=1, max_items=100, list_map_keys=["class"], list_type="map"),
    ] = ()


class ClusterClassSpec(Model):
    """What is asked for."""

    control_plane: Annotated[ClusterClassControlPlane, Doc("Whether control-plane machines may go there.")]
    infrastructure: Annotated[Infrastructure, Doc("Infrastructure.")]
    availability_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Available looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    kubernetes_versions: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Kubernetes versions."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    patches: Annotated[
        tuple[Patches, ...], Doc("Patches."), Extra(min_items=1, max_items=1000, list_type="atomic")
    ] = ()
    upgrade: Annotated[Upgrade | None, Doc("Upgrade."), Extra(min_properties=1)] = None
    variables: Annotated[
        tuple[ClusterClassVariables, ...],
        Doc("Values of the ClusterClass's variables."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    workers: Annotated[ClusterClassWorkers | None, Doc("The workers."), Extra(min_properties=1)] = None


class ClusterClassDefinitions(Model):
    """Definitions."""

    from_: Annotated[str, Doc("From."), Meta(min_length=1, max_length=256)]
    required: Annotated[bool, Doc("Required.")]
    schema: Annotated[Schema, Doc("Schema.")]
    deprecated_v1_beta1_metadata: Annotated[
        Metadata | None, Doc("Deprecated v1 beta1 metadata."), Extra(min_properties=1)
    ] = None


class ClusterClassVariables3(Model):
    """Values of the ClusterClass's variables."""

    definitions: Annotated[
        tuple[ClusterClassDefinitions, ...], Doc("Definitions."), Extra(min_items=1, max_items=100, list_type="atomic")
    ]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    definitions_conflict: Annotated[bool | None, Doc("Definitions conflict.")] = None


class ClusterClassStatus(Model):
    """What is so."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[MachineHealthCheckDeprecated | None, Doc("Fields of older API versions.")] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )
    variables: Annotated[
        tuple[ClusterClassVariables3, ...],
        Doc("Values of the ClusterClass's variables."),
        Extra(max_items=1000, list_type="atomic"),
    ] = ()


class ClusterClass(Resource, kw_only=True):
    """A shape that clusters are made from."""

    spec: Annotated[ClusterClassSpec, Doc("What is asked for.")]
    status: Annotated[ClusterClassStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
