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
    """Where the manifests come from."""

    kind: Annotated[Literal["OCIRepository", "GitRepository", "Bucket", "ExternalArtifact"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name.")]
    api_version: Annotated[str, Doc("Api version.")] = ""
    namespace: Annotated[str, Doc("Its namespace.")] = ""


class CommonMetadata(Model):
    """Labels and annotations for every object."""

    annotations: Annotated[dict[str, str], Doc("Annotations.")] = {}
    labels: Annotated[dict[str, str], Doc("Labels.")] = {}


class Decryption(Model):
    """How secrets are decrypted."""

    provider: Annotated[Literal["sops"], Doc("Provider.")]
    secret_ref: Annotated[SecretRef | None, Doc("Secret with credentials.")] = None
    service_account_name: Annotated[str, Doc("Whom to act as.")] = ""


class HealthChecks(Model):
    """Objects whose health is waited for."""

    kind: Annotated[str, Doc("Its kind.")]
    name: Annotated[str, Doc("Its name.")]
    api_version: Annotated[str, Doc("Api version.")] = ""
    namespace: Annotated[str, Doc("Its namespace.")] = ""


class KustomizationSecretRef(Model):
    """Secret with credentials."""

    name: Annotated[str, Doc("Its name.")]
    key: Annotated[str, Doc("Label key.")] = ""


class KubeConfig(Model):
    """The cluster to apply to."""

    config_map_ref: Annotated[SecretRef | None, Doc("Config map ref.")] = None
    secret_ref: Annotated[KustomizationSecretRef | None, Doc("Secret with credentials.")] = None


class SubstituteFrom(Model):
    """ConfigMaps and Secrets with variables."""

    kind: Annotated[Literal["Secret", "ConfigMap"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]
    optional: Annotated[bool | None, Doc("Optional."), Extra(default=False)] = None


class PostBuild(Model):
    """Variables to substitute."""

    substitute: Annotated[dict[str, str], Doc("Variables and their values.")] = {}
    substitute_from: Annotated[tuple[SubstituteFrom, ...], Doc("ConfigMaps and Secrets with variables.")] = ()
    substitute_strategy: Annotated[Literal["WithVariables", "Always"] | None, Doc("Substitute strategy.")] = None


class KustomizationSpec(Model):
    """What is asked for."""

    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing changed."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    prune: Annotated[bool, Doc("Whether objects that left the source are deleted.")]
    source_ref: Annotated[SourceRef, Doc("Where the manifests come from.")]
    build_metadata: Annotated[
        tuple[Literal["originAnnotations", "transformerAnnotations"], ...], Doc("Build metadata.")
    ] = ()
    common_metadata: Annotated[CommonMetadata | None, Doc("Labels and annotations for every object.")] = None
    components: Annotated[tuple[str, ...], Doc("Components to add.")] = ()
    decryption: Annotated[Decryption | None, Doc("How secrets are decrypted.")] = None
    deletion_policy: Annotated[
        Literal["MirrorPrune", "Delete", "WaitForTermination", "Orphan"] | None,
        Doc("What happens to the objects when it is deleted."),
    ] = None
    depends_on: Annotated[tuple[DependsOn, ...], Doc("What must be ready first.")] = ()
    force: Annotated[
        bool | None, Doc("Whether objects that cannot be changed are made anew."), Extra(default=False)
    ] = None
    health_check_exprs: Annotated[tuple[HealthCheckExprs, ...], Doc("How the health of custom kinds is told.")] = ()
    health_checks: Annotated[tuple[HealthChecks, ...], Doc("Objects whose health is waited for.")] = ()
    ignore: Annotated[tuple[Ignore, ...], Doc("Paths to leave out, in the form of .gitignore.")] = ()
    ignore_missing_components: Annotated[bool | None, Doc("Ignore missing components.")] = None
    images: Annotated[tuple[Images, ...], Doc("Images to change.")] = ()
    kube_config: Annotated[
        KubeConfig | None,
        Doc("The cluster to apply to."),
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
    name_prefix: Annotated[str, Doc("Prefix of every name."), Meta(min_length=1, max_length=200)] = ""
    name_suffix: Annotated[str, Doc("Suffix of every name."), Meta(min_length=1, max_length=200)] = ""
    patches: Annotated[tuple[Patches, ...], Doc("Patches to apply.")] = ()
    path: Annotated[str, Doc("Its path.")] = ""
    post_build: Annotated[PostBuild | None, Doc("Variables to substitute.")] = None
    retry_interval: Annotated[
        str, Doc("How long to wait after a failure."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""
    service_account_name: Annotated[str, Doc("Whom to act as.")] = ""
    suspend: Annotated[bool | None, Doc("Whether it is left alone.")] = None
    target_namespace: Annotated[
        str, Doc("Namespace that every object is put into."), Meta(min_length=1, max_length=63)
    ] = ""
    timeout: Annotated[
        str, Doc("How long one attempt may take."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""
    wait: Annotated[bool | None, Doc("Whether health is waited for.")] = None


class History(Model):
    """What was done before."""

    digest: Annotated[str, Doc("Digest.")]
    first_reconciled: Annotated[str, Doc("First reconciled."), Extra(format="date-time")]
    last_reconciled: Annotated[str, Doc("Last reconciled."), Extra(format="date-time")]
    last_reconciled_duration: Annotated[str, Doc("Last reconciled duration.")]
    last_reconciled_status: Annotated[str, Doc("Last reconciled status.")]
    total_reconciliations: Annotated[int, Doc("Total reconciliations."), Extra(format="int64")]
    metadata: Annotated[dict[str, str], Doc("Labels and annotations.")] = {}


class KustomizationStatus(Model):
    """What is so."""

    conditions: Annotated[tuple[Condition, ...], Doc("What is known of the object's state.")] = ()
    history: Annotated[tuple[History, ...], Doc("What was done before.")] = ()
    inventory: Annotated[Inventory | None, Doc("The objects that were applied.")] = None
    last_applied_origin_revision: Annotated[str, Doc("Last applied origin revision.")] = ""
    last_applied_revision: Annotated[str, Doc("The revision that is in force.")] = ""
    last_attempted_revision: Annotated[str, Doc("The revision that was tried last.")] = ""
    last_handled_reconcile_at: Annotated[str, Doc("The last request that was answered.")] = ""
    observed_generation: Annotated[int | None, Doc("The generation it speaks of."), Extra(format="int64")] = None


class Kustomization(Resource, kw_only=True):
    """Manifests of a source, built and applied."""

    spec: Annotated[KustomizationSpec | None, Doc("What is asked for.")] = None
    status: Annotated[KustomizationStatus | None, Doc("What is so."), Extra(default={"observedGeneration": -1})] = None
