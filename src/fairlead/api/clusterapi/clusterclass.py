"""ClusterClass.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Any, Literal

from msgspec import field

from fairlead.api.clusterapi.common import AvailabilityGates, Condition, Metadata, Taints
from fairlead.api.clusterapi.healthchecks import Checks, ClusterRemediation, Remediation, TemplateRef
from fairlead.api.clusterapi.machinehealthcheck import MachineHealthCheckDeprecated
from fairlead.api.clusterapi.topology import ClusterDeletion, Deletion, Strategy
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ControlPlaneClassHealthCheck(Model):
    """When control-plane machines are unhealthy, and what is done then."""

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )


class ClassTemplate(Model):
    """The template that objects of this part are made from."""

    template_ref: Annotated[TemplateRef, Doc("The template, in the namespace of the ClusterClass.")]


class Naming(Model):
    """How made objects are named."""

    template: Annotated[
        str,
        Doc("Go template of the name; may use .cluster.name and .random, for workers also their topologyName."),
        Meta(min_length=1, max_length=1024),
    ] = ""


class ControlPlaneClass(Model):
    """The control plane of clusters of this class."""

    template_ref: Annotated[TemplateRef, Doc("The template, in the namespace of the ClusterClass.")]
    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    health_check: Annotated[
        ControlPlaneClassHealthCheck | None,
        Doc("When machines are unhealthy, and what is done then."),
        Extra(min_properties=1),
    ] = None
    machine_infrastructure: Annotated[
        ClassTemplate | None, Doc("The template of the control-plane machines' infrastructure.")
    ] = None
    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the control plane and its machines."), Extra(min_properties=1)
    ] = None
    naming: Annotated[Naming | None, Doc("How made objects are named."), Extra(min_properties=1)] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready of the machines looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the nodes."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class InfrastructureClass(Model):
    """The infrastructure of clusters of this class."""

    template_ref: Annotated[TemplateRef, Doc("The template, in the namespace of the ClusterClass.")]
    naming: Annotated[Naming | None, Doc("How made objects are named."), Extra(min_properties=1)] = None


class JSONPatchValue(Model):
    """Where a patch's value comes from."""

    template: Annotated[
        str,
        Doc("Go template, with the variables in reach, that renders the value as YAML."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    variable: Annotated[
        str, Doc("The variable, or a path into it, that is the value."), Meta(min_length=1, max_length=256)
    ] = ""


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
        Extra(max_items=100, list_type="atomic"),
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
        Meta(
            min_length=1,
            max_length=317,
            pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[a-z]([-a-z0-9]*[a-z0-9])?$",
        ),
    ]
    kind: Annotated[
        str,
        Doc("Kind of the templates."),
        Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"),
    ]
    match_resources: Annotated[
        PatchSelectorMatch, Doc("The places in the ClusterClass whose templates are patched."), Extra(min_properties=1)
    ]


class PatchDefinition(Model):
    """Changes, and the templates they are for."""

    json_patches: Annotated[
        tuple[JSONPatch, ...],
        Doc("The changes, in their order."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ]
    selector: Annotated[PatchSelector, Doc("Which templates are patched.")]


class ExternalPatchDefinition(Model):
    """A patch that a runtime extension makes."""

    discover_variables_extension: Annotated[
        str, Doc("Handler that declares variables."), Meta(min_length=1, max_length=512)
    ] = ""
    generate_patches_extension: Annotated[
        str, Doc("Handler that makes the patches."), Meta(min_length=1, max_length=512)
    ] = ""
    settings: Annotated[dict[str, str], Doc("What is passed to the handlers.")] = {}
    validate_topology_extension: Annotated[
        str, Doc("Handler that judges the patched cluster."), Meta(min_length=1, max_length=512)
    ] = ""


class ClusterClassPatch(Model):
    """A named set of changes of the templates."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    definitions: Annotated[
        tuple[PatchDefinition, ...],
        Doc("Changes, and the templates they are for."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    description: Annotated[str, Doc("What the patch is good for."), Meta(min_length=1, max_length=1024)] = ""
    enabled_if: Annotated[
        str, Doc("Go template; the patch applies when it renders to true."), Meta(min_length=1, max_length=256)
    ] = ""
    external: Annotated[ExternalPatchDefinition | None, Doc("The runtime extension that makes the patch.")] = None


class ClusterClassUpgradeExternal(Model):
    """Runtime extensions that plan upgrades."""

    generate_upgrade_plan_extension: Annotated[
        str, Doc("Handler that plans the versions of an upgrade."), Meta(min_length=1, max_length=512)
    ] = ""


class ClusterClassUpgrade(Model):
    """How clusters of this class are upgraded."""

    external: Annotated[
        ClusterClassUpgradeExternal | None, Doc("Runtime extensions that plan upgrades."), Extra(min_properties=1)
    ] = None


class ValidationRule(Model):
    """A rule that a value must keep, in CEL."""

    rule: Annotated[str, Doc("The rule, in CEL; self is the value."), Meta(min_length=1, max_length=4096)]
    field_path: Annotated[str, Doc("The field that a refusal names."), Meta(min_length=1, max_length=512)] = ""
    message: Annotated[str, Doc("What a refusal says."), Meta(min_length=1, max_length=512)] = ""
    message_expression: Annotated[
        str, Doc("CEL expression that makes what a refusal says."), Meta(min_length=1, max_length=1024)
    ] = ""
    reason: Annotated[
        Literal["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"] | None,
        Doc("Kind of the refusal, for programs."),
        Extra(default="FieldValueInvalid"),
    ] = None


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
        Extra(max_items=100, list_type="atomic"),
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
        Extra(min_items=1, max_items=1000, list_type="atomic"),
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
        Extra(min_items=1, max_items=100, list_map_keys=["rule"], list_type="map"),
    ] = field(name="x-kubernetes-validations", default=())
    x_metadata: Annotated[Metadata | None, Doc("Labels and annotations of the schema."), Extra(min_properties=1)] = (
        field(name="x-metadata", default=None)
    )


class VariableSchema(Model):
    """The schema of a variable's values."""

    open_apiv3_schema: Annotated[
        JSONSchemaProps, Doc("OpenAPI v3 schema of the variable's values."), Extra(min_properties=1)
    ] = field(name="openAPIV3Schema")


class ClusterClassVariable(Model):
    """A variable that clusters of this class can set."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    required: Annotated[bool, Doc("Whether every cluster must set it.")]
    schema: Annotated[VariableSchema, Doc("The schema of the variable's values.")]
    deprecated_v1_beta1_metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the variable, from v1beta1."), Extra(min_properties=1)
    ] = None


class MachineDeploymentClassHealthCheck(Model):
    """When worker machines are unhealthy, and what is done then."""

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    remediation: Annotated[
        ClusterRemediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)
    ] = None


class MachineDeploymentClassRolloutSpec(Model):
    """How changes are rolled out."""

    strategy: Annotated[Strategy | None, Doc("How machines are replaced."), Extra(min_properties=1)] = None


class MachineDeploymentClass(Model):
    """A kind of worker that MachineDeployments can be made of."""

    bootstrap: Annotated[ClassTemplate, Doc("The template of what makes machines nodes.")]
    class_: Annotated[str, Doc("Name of the class, as clusters refer to it."), Meta(min_length=1, max_length=256)]
    infrastructure: Annotated[ClassTemplate, Doc("The template of the machines' infrastructure.")]
    deletion: Annotated[ClusterDeletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    failure_domain: Annotated[
        str, Doc("Failure domain that machines are placed in."), Meta(min_length=1, max_length=256)
    ] = ""
    health_check: Annotated[
        MachineDeploymentClassHealthCheck | None,
        Doc("When machines are unhealthy, and what is done then."),
        Extra(min_properties=1),
    ] = None
    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the made object and its machines."), Extra(min_properties=1)
    ] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Meta(ge=0), Extra(format="int32")
    ] = None
    naming: Annotated[Naming | None, Doc("How made objects are named."), Extra(min_properties=1)] = None
    readiness_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Ready of the machines looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    rollout: Annotated[
        MachineDeploymentClassRolloutSpec | None, Doc("How changes are rolled out."), Extra(min_properties=1)
    ] = None
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the nodes."),
        Extra(min_items=1, max_items=64, list_map_keys=["key", "effect"], list_type="map"),
    ] = ()


class MachinePoolClass(Model):
    """A kind of worker that MachinePools can be made of."""

    bootstrap: Annotated[ClassTemplate, Doc("The template of what makes machines nodes.")]
    class_: Annotated[str, Doc("Name of the class, as clusters refer to it."), Meta(min_length=1, max_length=256)]
    infrastructure: Annotated[ClassTemplate, Doc("The template of the machines' infrastructure.")]
    deletion: Annotated[Deletion | None, Doc("How machines are deleted."), Extra(min_properties=1)] = None
    failure_domains: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Where machines can be placed."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the made object and its machines."), Extra(min_properties=1)
    ] = None
    min_ready_seconds: Annotated[
        int | None, Doc("How long a machine must be ready to count as available."), Meta(ge=0), Extra(format="int32")
    ] = None
    naming: Annotated[Naming | None, Doc("How made objects are named."), Extra(min_properties=1)] = None
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
        Extra(min_items=1, max_items=100, list_map_keys=["class"], list_type="map"),
    ] = ()
    machine_pools: Annotated[
        tuple[MachinePoolClass, ...],
        Doc("Classes of MachinePools."),
        Extra(min_items=1, max_items=100, list_map_keys=["class"], list_type="map"),
    ] = ()


class ClusterClassSpec(Model):
    """What is asked for."""

    control_plane: Annotated[ControlPlaneClass, Doc("The control plane of clusters of this class.")]
    infrastructure: Annotated[InfrastructureClass, Doc("The infrastructure of clusters of this class.")]
    availability_gates: Annotated[
        tuple[AvailabilityGates, ...],
        Doc("Further conditions that Available of the clusters looks at."),
        Extra(min_items=1, max_items=32, list_map_keys=["conditionType"], list_type="map"),
    ] = ()
    kubernetes_versions: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("The Kubernetes versions that clusters of this class can have, oldest first."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    patches: Annotated[
        tuple[ClusterClassPatch, ...],
        Doc("Changes of the templates, in their order."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    upgrade: Annotated[
        ClusterClassUpgrade | None, Doc("How clusters of this class are upgraded."), Extra(min_properties=1)
    ] = None
    variables: Annotated[
        tuple[ClusterClassVariable, ...],
        Doc("Variables that clusters of this class can set."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    workers: Annotated[
        WorkersClass | None, Doc("The kinds of workers that clusters of this class can have."), Extra(min_properties=1)
    ] = None


class ClusterClassStatusVariableDefinition(Model):
    """One definition of a variable."""

    from_: Annotated[str, Doc("The patch that declares it, or inline."), Meta(min_length=1, max_length=256)]
    required: Annotated[bool, Doc("Whether every cluster must set it.")]
    schema: Annotated[VariableSchema, Doc("The schema of the variable's values.")]
    deprecated_v1_beta1_metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the variable, from v1beta1."), Extra(min_properties=1)
    ] = None


class ClusterClassStatusVariable(Model):
    """A variable with all its definitions."""

    definitions: Annotated[
        tuple[ClusterClassStatusVariableDefinition, ...],
        Doc("All its definitions."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    definitions_conflict: Annotated[bool | None, Doc("Whether its definitions differ.")] = None


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
        tuple[ClusterClassStatusVariable, ...],
        Doc("All variables with their definitions."),
        Extra(max_items=1000, list_type="atomic"),
    ] = ()


class ClusterClass(Resource, kw_only=True):
    """A shape that clusters are made from."""

    spec: Annotated[ClusterClassSpec, Doc("What is asked for.")]
    status: Annotated[ClusterClassStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
