"""Kustomization.

Source: kustomize-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from fairlead.api.flux.common import (
    Condition,
    DependsOn,
    HealthCheckExprs,
    Ignore,
    Images,
    Inventory,
    Patches,
    SecretRef,
)
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class SourceRef(Model):
    """A reference to a source."""

    kind: Annotated[Literal["OCIRepository", "GitRepository", "Bucket", "ExternalArtifact"], Doc("Kind of the object.")]
    name: Annotated[str, Doc("Name of the object.")]
    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    namespace: Annotated[str, Doc("Namespace of the object; the same if unset.")] = ""


class CommonMetadata(Model):
    """Labels and annotations that every object gets."""

    annotations: Annotated[dict[str, str], Doc("Annotations.")] = {}
    labels: Annotated[dict[str, str], Doc("Labels.")] = {}


class Decryption(Model):
    """How secrets in the source are decrypted."""

    provider: Annotated[Literal["sops"], Doc("sops.")]
    secret_ref: Annotated[SecretRef | None, Doc("Secret with the keys.")] = None
    service_account_name: Annotated[str, Doc("ServiceAccount, in the same namespace, whose rights are used.")] = ""


class HealthChecks(Model):
    """An object whose health is waited for."""

    kind: Annotated[str, Doc("Kind of the object.")]
    name: Annotated[str, Doc("Name of the object.")]
    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    namespace: Annotated[str, Doc("Namespace of the object; the same if unset.")] = ""


class KustomizationSecretRef(Model):
    """One key of a Secret in the same namespace."""

    name: Annotated[str, Doc("Name of the object.")]
    key: Annotated[str, Doc("Key in the Secret's data; value, then value.yaml, if unset.")] = ""


class KubeConfig(Model):
    """Another cluster to apply to."""

    config_map_ref: Annotated[
        SecretRef | None, Doc("ConfigMap with the address of the cluster, and how to log in by workload identity.")
    ] = None
    secret_ref: Annotated[
        KustomizationSecretRef | None,
        Doc("Secret with a kubeconfig, such as the one that Cluster API makes for a cluster."),
    ] = None


class SubstituteFrom(Model):
    """A ConfigMap or Secret with variables."""

    kind: Annotated[Literal["Secret", "ConfigMap"], Doc("ConfigMap or Secret.")]
    name: Annotated[
        str, Doc("Name of the ConfigMap or Secret, in the same namespace."), Meta(min_length=1, max_length=253)
    ]
    optional: Annotated[bool | None, Doc("True if it may be missing."), Extra(default=False)] = None


class PostBuild(Model):
    """Variables that are put in place of ${NAME} after the build."""

    substitute: Annotated[dict[str, str], Doc("Variables and their values; they win over substituteFrom.")] = {}
    substitute_from: Annotated[
        tuple[SubstituteFrom, ...], Doc("ConfigMaps and Secrets with variables, the last one winning.")
    ] = ()
    substitute_strategy: Annotated[
        Literal["WithVariables", "Always"] | None, Doc("What happens to variables that nobody sets.")
    ] = None


class KustomizationSpec(Model):
    """What is asked for."""

    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing is known to have changed, such as 10m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    prune: Annotated[bool, Doc("Whether objects that are no longer made are deleted.")]
    source_ref: Annotated[SourceRef, Doc("The source of the manifests.")]
    build_metadata: Annotated[
        tuple[Literal["originAnnotations", "transformerAnnotations"], ...],
        Doc("What Kustomize notes about the origin of objects: originAnnotations and others."),
    ] = ()
    common_metadata: Annotated[CommonMetadata | None, Doc("Labels and annotations that every object gets.")] = None
    components: Annotated[tuple[str, ...], Doc("Components to add, by their paths.")] = ()
    decryption: Annotated[Decryption | None, Doc("How secrets in the source are decrypted.")] = None
    deletion_policy: Annotated[
        Literal["MirrorPrune", "Delete", "WaitForTermination", "Orphan"] | None,
        Doc("What its deletion does: MirrorPrune, Delete, WaitForTermination or Orphan."),
    ] = None
    depends_on: Annotated[tuple[DependsOn, ...], Doc("Objects of the same kind that must be Ready first.")] = ()
    force: Annotated[
        bool | None, Doc("Whether objects that cannot be changed are deleted and made anew."), Extra(default=False)
    ] = None
    health_check_exprs: Annotated[
        tuple[HealthCheckExprs, ...], Doc("How the health of custom kinds is told, by CEL expressions.")
    ] = ()
    health_checks: Annotated[tuple[HealthChecks, ...], Doc("Objects whose health is waited for.")] = ()
    ignore: Annotated[tuple[Ignore, ...], Doc("Fields in which drift does not matter.")] = ()
    ignore_missing_components: Annotated[bool | None, Doc("Whether components that do not exist are passed over.")] = (
        None
    )
    images: Annotated[tuple[Images, ...], Doc("Images to replace.")] = ()
    kube_config: Annotated[
        KubeConfig | None,
        Doc("The cluster to apply to; the management cluster if unset."),
        Extra(
            validations=[
                {
                    "message": "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
                    "rule": "has(self.configMapRef) || has(self.secretRef)",
                },
                {
                    "message": "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
                    "rule": "!has(self.configMapRef) || !has(self.secretRef)",
                },
            ]
        ),
    ] = None
    name_prefix: Annotated[str, Doc("Prefix of the objects' names."), Meta(min_length=1, max_length=200)] = ""
    name_suffix: Annotated[str, Doc("Suffix of the objects' names."), Meta(min_length=1, max_length=200)] = ""
    patches: Annotated[tuple[Patches, ...], Doc("Changes to the objects.")] = ()
    path: Annotated[str, Doc("Folder of the source that is built; its root if unset.")] = ""
    post_build: Annotated[PostBuild | None, Doc("Variables that are put in place of ${NAME} after the build.")] = None
    retry_interval: Annotated[
        str,
        Doc("How long to wait after a failure; the interval if unset."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ] = ""
    service_account_name: Annotated[str, Doc("ServiceAccount, in the same namespace, whose rights are used.")] = ""
    suspend: Annotated[bool | None, Doc("True stops the controller from acting on it.")] = None
    target_namespace: Annotated[
        str, Doc("Namespace that every object is put into."), Meta(min_length=1, max_length=63)
    ] = ""
    timeout: Annotated[
        str, Doc("How long one attempt may take, such as 5m."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""
    wait: Annotated[bool | None, Doc("Whether the health of all objects is waited for.")] = None


class KustomizationHistory(Model):
    """What came of one build."""

    digest: Annotated[str, Doc("Digest of the manifests that were made.")]
    first_reconciled: Annotated[str, Doc("When it was first applied."), Extra(format="date-time")]
    last_reconciled: Annotated[str, Doc("When it was last applied."), Extra(format="date-time")]
    last_reconciled_duration: Annotated[str, Doc("How long that took.")]
    last_reconciled_status: Annotated[str, Doc("What came of it: the reason of Ready.")]
    total_reconciliations: Annotated[int, Doc("How often it was applied."), Extra(format="int64")]
    metadata: Annotated[dict[str, str], Doc("Further facts, such as the revision.")] = {}


class KustomizationStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[Condition, ...], Doc("What the controller has found out about the object, one entry per type.")
    ] = ()
    history: Annotated[tuple[KustomizationHistory, ...], Doc("What came of the latest builds, the newest first.")] = ()
    inventory: Annotated[
        Inventory | None, Doc("The objects that were applied, which are pruned once they are no longer made.")
    ] = None
    last_applied_origin_revision: Annotated[str, Doc("The revision of the source's own source that is in force.")] = ""
    last_applied_revision: Annotated[str, Doc("The revision that is in force.")] = ""
    last_attempted_revision: Annotated[str, Doc("The revision that was tried last.")] = ""
    last_handled_reconcile_at: Annotated[str, Doc("The latest reconcile.fluxcd.io/requestedAt that was answered.")] = ""
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None


class Kustomization(Resource, kw_only=True):
    """A folder of a source that is kept applied to a cluster."""

    spec: Annotated[KustomizationSpec | None, Doc("What is asked for.")] = None
    status: Annotated[
        KustomizationStatus | None,
        Doc("What was found, written by the controller."),
        Extra(default={"observedGeneration": -1}),
    ] = None
