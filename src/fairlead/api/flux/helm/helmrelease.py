"""HelmRelease.

Source: helm-controller v1.6, api/v2 (names, bounds and defaults of v2).
"""

from typing import Annotated, Any, Literal

from msgspec import field

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

    kind: Annotated[Literal["HelmRepository", "GitRepository", "Bucket"], Doc("Kind of the object.")]
    name: Annotated[str, Doc("Name of the object."), Meta(min_length=1, max_length=253)]
    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    namespace: Annotated[str, Doc("Namespace of the object; the same if unset."), Meta(min_length=1, max_length=63)] = (
        ""
    )


class Verify(Model):
    """How signatures are checked."""

    provider: Annotated[
        Literal["cosign", "notation"], Doc("Whose signatures: cosign or notation."), Extra(default="cosign")
    ]
    secret_ref: Annotated[SecretRef | None, Doc("Secret with the public keys.")] = None


class HelmChartTemplateSpec(Model):
    """The HelmChart that is made."""

    chart: Annotated[
        str,
        Doc("Name of the chart in a HelmRepository, or its path in another source."),
        Meta(min_length=1, max_length=2048),
    ]
    source_ref: Annotated[SourceRef, Doc("The source of the manifests.")]
    ignore_missing_values_files: Annotated[
        bool | None, Doc("Whether values files that do not exist are passed over.")
    ] = None
    interval: Annotated[
        str,
        Doc("How often the source is looked at; the release's interval if unset."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ] = ""
    reconcile_strategy: Annotated[
        Literal["ChartVersion", "Revision"] | None,
        Doc("What makes a new chart: ChartVersion, or Revision for every change of the source."),
        Extra(default="ChartVersion"),
    ] = None
    values_files: Annotated[tuple[str, ...], Doc("Values files of the chart or its source, the last one winning.")] = ()
    verify: Annotated[Verify | None, Doc("How signatures are checked.")] = None
    version: Annotated[str, Doc("Range of versions in a HelmRepository; the newest if unset."), Extra(default="*")] = ""


class Metadata(Model):
    """Labels and annotations."""

    annotations: Annotated[dict[str, str], Doc("Annotations.")] = {}
    labels: Annotated[dict[str, str], Doc("Labels.")] = {}


class Chart(Model):
    """A HelmChart to make for the release."""

    spec: Annotated[HelmChartTemplateSpec, Doc("The HelmChart.")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations of the HelmChart.")] = None


class ChartRef(Model):
    """A reference to an OCIRepository, HelmChart or ExternalArtifact."""

    kind: Annotated[Literal["OCIRepository", "HelmChart", "ExternalArtifact"], Doc("Kind of the object.")]
    name: Annotated[str, Doc("Name of the object."), Meta(min_length=1, max_length=253)]
    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    namespace: Annotated[str, Doc("Namespace of the object; the same if unset."), Meta(min_length=1, max_length=63)] = (
        ""
    )


class DriftDetection(Model):
    """What happens when objects of the release are changed by others."""

    ignore: Annotated[tuple[Ignore, ...], Doc("Fields in which drift does not matter.")] = ()
    mode: Annotated[
        Literal["enabled", "warn", "disabled"] | None,
        Doc("enabled restores them, warn only tells, disabled does not look."),
    ] = None


class InstallRemediation(Model):
    """What happens when an installation fails."""

    ignore_test_failures: Annotated[bool | None, Doc("Whether failed tests do not count as a failure.")] = None
    remediate_last_failure: Annotated[bool | None, Doc("Whether the last failure too is taken back.")] = None
    retries: Annotated[int | None, Doc("How often it is tried again; -1 for ever, 0 if unset.")] = None


class Strategy(Model):
    """What happens after a failure."""

    name: Annotated[
        Literal["RemediateOnFailure", "RetryOnFailure"],
        Doc("RemediateOnFailure, or RetryOnFailure to try again without taking back."),
    ]
    retry_interval: Annotated[
        str,
        Doc("How long to wait with RetryOnFailure; 5m if unset."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ] = ""


class Install(Model):
    """How the chart is installed."""

    crds: Annotated[
        Literal["Skip", "Create", "CreateReplace"] | None,
        Doc("What happens to the chart's crds/: Skip, Create or CreateReplace."),
    ] = None
    create_namespace: Annotated[bool | None, Doc("Whether targetNamespace is made if it is missing.")] = None
    disable_hooks: Annotated[bool | None, Doc("Whether the chart's hooks do not run.")] = None
    disable_open_api_validation: Annotated[
        bool | None, Doc("Whether manifests are not checked against the cluster's schemas.")
    ] = field(name="disableOpenAPIValidation", default=None)
    disable_schema_validation: Annotated[
        bool | None, Doc("Whether values are not checked against the chart's schema.")
    ] = None
    disable_take_ownership: Annotated[
        bool | None, Doc("Whether objects that belong to nobody or another release are refused, not taken over.")
    ] = None
    disable_wait: Annotated[bool | None, Doc("Whether the objects' health is not waited for.")] = None
    disable_wait_for_jobs: Annotated[bool | None, Doc("Whether Jobs are not waited for.")] = None
    remediation: Annotated[InstallRemediation | None, Doc("What happens when it fails.")] = None
    replace: Annotated[bool | None, Doc("Whether the name of an uninstalled release is used again.")] = None
    server_side_apply: Annotated[bool | None, Doc("Whether objects are written by server-side apply.")] = None
    skip_cr_ds: Annotated[bool | None, Doc("Deprecated: use crds.")] = field(name="skipCRDs", default=None)
    strategy: Annotated[
        Strategy | None,
        Doc("What happens after a failure."),
        Extra(
            validations=[
                {
                    "message": ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
                    "rule": "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
                }
            ]
        ),
    ] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take, such as 5m."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class HelmReleaseSecretRef(Model):
    """One key of a Secret in the same namespace."""

    name: Annotated[str, Doc("Name of the object.")]
    key: Annotated[str, Doc("Key in the Secret's data; value, then value.yaml, if unset.")] = ""


class KubeConfig(Model):
    """Another cluster to apply to."""

    config_map_ref: Annotated[
        SecretRef | None, Doc("ConfigMap with the address of the cluster, and how to log in by workload identity.")
    ] = None
    secret_ref: Annotated[
        HelmReleaseSecretRef | None,
        Doc("Secret with a kubeconfig, such as the one that Cluster API makes for a cluster."),
    ] = None


class Kustomize(Model):
    """What Kustomize does with the rendered manifests."""

    images: Annotated[tuple[Images, ...], Doc("Images to replace.")] = ()
    patches: Annotated[tuple[Patches, ...], Doc("Changes to the objects.")] = ()


class PostRenderers(Model):
    """What is done with the rendered manifests."""

    kustomize: Annotated[Kustomize | None, Doc("Patches and images, as Kustomize has them.")] = None


class Rollback(Model):
    """How an upgrade is taken back."""

    cleanup_on_fail: Annotated[bool | None, Doc("Whether objects that the failed attempt made are deleted.")] = None
    disable_hooks: Annotated[bool | None, Doc("Whether the chart's hooks do not run.")] = None
    disable_wait: Annotated[bool | None, Doc("Whether the objects' health is not waited for.")] = None
    disable_wait_for_jobs: Annotated[bool | None, Doc("Whether Jobs are not waited for.")] = None
    force: Annotated[bool | None, Doc("Whether objects that cannot be changed are deleted and made anew.")] = None
    recreate: Annotated[bool | None, Doc("Not used any more.")] = None
    server_side_apply: Annotated[
        Literal["enabled", "disabled", "auto"] | None, Doc("Whether objects are written by server-side apply.")
    ] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take, such as 5m."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class Filters(Model):
    """A test to choose."""

    name: Annotated[str, Doc("Name of the test's Pod."), Meta(min_length=1, max_length=253)]
    exclude: Annotated[bool | None, Doc("Whether the test is left out instead.")] = None


class Test(Model):
    """How the release is tested."""

    enable: Annotated[bool | None, Doc("Whether the chart's tests run after an installation or upgrade.")] = None
    filters: Annotated[tuple[Filters, ...], Doc("Which tests run; all if unset.")] = ()
    ignore_failures: Annotated[bool | None, Doc("Whether failed tests do not count as a failure.")] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take, such as 5m."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class Uninstall(Model):
    """How the release is uninstalled."""

    deletion_propagation: Annotated[
        Literal["background", "foreground", "orphan"] | None,
        Doc("How objects are deleted: background, foreground or orphan."),
        Extra(default="background"),
    ] = None
    disable_hooks: Annotated[bool | None, Doc("Whether the chart's hooks do not run.")] = None
    disable_wait: Annotated[bool | None, Doc("Whether the objects' health is not waited for.")] = None
    keep_history: Annotated[bool | None, Doc("Whether the release's records are kept.")] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take, such as 5m."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class UpgradeRemediation(Model):
    """What happens when an upgrade fails."""

    ignore_test_failures: Annotated[bool | None, Doc("Whether failed tests do not count as a failure.")] = None
    remediate_last_failure: Annotated[bool | None, Doc("Whether the last failure too is taken back.")] = None
    retries: Annotated[int | None, Doc("How often it is tried again; -1 for ever, 0 if unset.")] = None
    strategy: Annotated[
        Literal["rollback", "uninstall"] | None, Doc("How it is taken back: rollback or uninstall.")
    ] = None


class Upgrade(Model):
    """How the release is upgraded."""

    chart_name_change_strategy: Annotated[
        Literal["InPlaceUpdate", "Reinstall"] | None, Doc("What a chart of another name does: InPlace, or Reinstall.")
    ] = None
    cleanup_on_fail: Annotated[bool | None, Doc("Whether objects that the failed attempt made are deleted.")] = None
    crds: Annotated[
        Literal["Skip", "Create", "CreateReplace"] | None,
        Doc("What happens to the chart's crds/: Skip, Create or CreateReplace."),
    ] = None
    disable_hooks: Annotated[bool | None, Doc("Whether the chart's hooks do not run.")] = None
    disable_open_api_validation: Annotated[
        bool | None, Doc("Whether manifests are not checked against the cluster's schemas.")
    ] = field(name="disableOpenAPIValidation", default=None)
    disable_schema_validation: Annotated[
        bool | None, Doc("Whether values are not checked against the chart's schema.")
    ] = None
    disable_take_ownership: Annotated[
        bool | None, Doc("Whether objects that belong to nobody or another release are refused, not taken over.")
    ] = None
    disable_wait: Annotated[bool | None, Doc("Whether the objects' health is not waited for.")] = None
    disable_wait_for_jobs: Annotated[bool | None, Doc("Whether Jobs are not waited for.")] = None
    force: Annotated[bool | None, Doc("Whether objects that cannot be changed are deleted and made anew.")] = None
    preserve_values: Annotated[
        bool | None, Doc("Whether the values of the last release are kept under the new ones.")
    ] = None
    remediation: Annotated[UpgradeRemediation | None, Doc("What happens when it fails.")] = None
    server_side_apply: Annotated[
        Literal["enabled", "disabled", "auto"] | None, Doc("Whether objects are written by server-side apply.")
    ] = None
    strategy: Annotated[
        Strategy | None,
        Doc("What happens after a failure."),
        Extra(
            validations=[
                {
                    "message": ".retryInterval can only be set when .name is 'RetryOnFailure'",
                    "rule": "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
                }
            ]
        ),
    ] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take, such as 5m."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class ValuesFrom(Model):
    """A ConfigMap or Secret with values."""

    kind: Annotated[Literal["Secret", "ConfigMap"], Doc("ConfigMap or Secret.")]
    name: Annotated[
        str, Doc("Name of the ConfigMap or Secret, in the same namespace."), Meta(min_length=1, max_length=253)
    ]
    literal: Annotated[bool | None, Doc("Whether the value is taken as a text, whatever is in it.")] = None
    optional: Annotated[bool | None, Doc("True if it may be missing.")] = None
    target_path: Annotated[
        str,
        Doc("Place of the value among the values, such as image.tag; the top if unset."),
        Meta(max_length=250, pattern="^([a-zA-Z0-9_\\-.\\\\\\/]|\\[[0-9]{1,5}\\])+$"),
    ] = ""
    values_key: Annotated[
        str, Doc("Key in its data; values.yaml if unset."), Meta(max_length=253, pattern="^[\\-._a-zA-Z0-9]+$")
    ] = ""


class WaitStrategy(Model):
    """How health is waited for."""

    name: Annotated[Literal["poller", "legacy"], Doc("poller or legacy.")]


class HelmReleaseSpec(Model):
    """What is asked for."""

    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing is known to have changed, such as 10m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    chart: Annotated[Chart | None, Doc("A HelmChart to make for the release; instead of chartRef.")] = None
    chart_ref: Annotated[ChartRef | None, Doc("The source that holds the chart; instead of chart.")] = None
    common_metadata: Annotated[Metadata | None, Doc("Labels and annotations that every object gets.")] = None
    depends_on: Annotated[tuple[DependsOn, ...], Doc("Objects of the same kind that must be Ready first.")] = ()
    drift_detection: Annotated[
        DriftDetection | None, Doc("What happens when objects of the release are changed by others.")
    ] = None
    health_check_exprs: Annotated[
        tuple[HealthCheckExprs, ...], Doc("How the health of custom kinds is told, by CEL expressions.")
    ] = ()
    install: Annotated[Install | None, Doc("How the chart is installed.")] = None
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
    max_history: Annotated[int | None, Doc("How many versions of the release are kept; 5 if unset, 0 keeps all.")] = (
        None
    )
    persistent_client: Annotated[bool | None, Doc("Whether one connection to the cluster is kept; true if unset.")] = (
        None
    )
    post_render_strategy: Annotated[
        Literal["nohooks", "combined", "separate"] | None, Doc("Whether post-renderers see the hooks too.")
    ] = None
    post_renderers: Annotated[
        tuple[PostRenderers, ...], Doc("What is done with the rendered manifests, in order.")
    ] = ()
    release_name: Annotated[
        str,
        Doc("Name of the release; targetNamespace and the object's name if unset."),
        Meta(min_length=1, max_length=53),
    ] = ""
    rollback: Annotated[Rollback | None, Doc("How an upgrade is taken back.")] = None
    service_account_name: Annotated[
        str, Doc("ServiceAccount, in the same namespace, whose rights are used."), Meta(min_length=1, max_length=253)
    ] = ""
    storage_namespace: Annotated[
        str, Doc("Namespace that the release is kept in."), Meta(min_length=1, max_length=63)
    ] = ""
    suspend: Annotated[bool | None, Doc("True stops the controller from acting on it.")] = None
    target_namespace: Annotated[
        str, Doc("Namespace that every object is put into."), Meta(min_length=1, max_length=63)
    ] = ""
    test: Annotated[Test | None, Doc("How the release is tested.")] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take, such as 5m."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""
    uninstall: Annotated[Uninstall | None, Doc("How the release is uninstalled.")] = None
    upgrade: Annotated[Upgrade | None, Doc("How the release is upgraded.")] = None
    values: Annotated[
        Any | None, Doc("Values for the chart; they win over valuesFrom."), Extra(preserve_unknown_fields=True)
    ] = None
    values_from: Annotated[
        tuple[ValuesFrom, ...], Doc("ConfigMaps and Secrets with values, the last one winning.")
    ] = ()
    wait_strategy: Annotated[WaitStrategy | None, Doc("How health is waited for.")] = None


class TestHooks(Model):
    """What came of a test."""

    last_completed: Annotated[str, Doc("When it ended."), Extra(format="date-time")] = ""
    last_started: Annotated[str, Doc("When it began."), Extra(format="date-time")] = ""
    phase: Annotated[str, Doc("Unknown, Running, Succeeded or Failed.")] = ""


class History(Model):
    """One version of the release."""

    chart_name: Annotated[str, Doc("Name of the chart.")]
    chart_version: Annotated[str, Doc("Version of the chart.")]
    config_digest: Annotated[str, Doc("Digest of the values.")]
    digest: Annotated[str, Doc("Digest of the release's record.")]
    first_deployed: Annotated[str, Doc("When the release was first installed."), Extra(format="date-time")]
    last_deployed: Annotated[str, Doc("When this version was installed."), Extra(format="date-time")]
    name: Annotated[str, Doc("Name of the release.")]
    namespace: Annotated[str, Doc("Namespace of the release.")]
    status: Annotated[str, Doc("State of the release, such as deployed, superseded or failed.")]
    version: Annotated[int, Doc("Number of the version, counted from 1.")]
    action: Annotated[str, Doc("What made it: install or upgrade.")] = ""
    api_version: Annotated[str, Doc("Version of this entry's form.")] = ""
    app_version: Annotated[str, Doc("Version of the app that the chart names.")] = ""
    deleted: Annotated[str, Doc("When it was uninstalled."), Extra(format="date-time")] = ""
    oci_digest: Annotated[str, Doc("Digest of the chart's OCI artifact.")] = ""
    test_hooks: Annotated[dict[str, TestHooks], Doc("What came of its tests, by name.")] = {}


class HelmReleaseStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[Condition, ...], Doc("What the controller has found out about the object, one entry per type.")
    ] = ()
    failures: Annotated[
        int | None, Doc("How many attempts have failed since the last success."), Extra(format="int64")
    ] = None
    helm_chart: Annotated[str, Doc("Namespace and name of the HelmChart.")] = ""
    history: Annotated[tuple[History, ...], Doc("Versions of the release, the newest first.")] = ()
    install_failures: Annotated[
        int | None, Doc("How many installations have failed since the last success."), Extra(format="int64")
    ] = None
    inventory: Annotated[
        Inventory | None, Doc("The objects that were applied, which are pruned once they are no longer made.")
    ] = None
    last_attempted_config_digest: Annotated[str, Doc("Digest of the values that were tried last.")] = ""
    last_attempted_generation: Annotated[
        int | None, Doc("The metadata.generation that was tried last."), Extra(format="int64")
    ] = None
    last_attempted_release_action: Annotated[
        Literal["install", "upgrade"] | None, Doc("What was tried last: install or upgrade.")
    ] = None
    last_attempted_release_action_duration: Annotated[str, Doc("How long it took.")] = ""
    last_attempted_revision: Annotated[str, Doc("Version of the chart that was tried last.")] = ""
    last_attempted_revision_digest: Annotated[str, Doc("Digest of the chart that was tried last.")] = ""
    last_attempted_values_checksum: Annotated[str, Doc("Deprecated: use lastAttemptedConfigDigest.")] = ""
    last_handled_force_at: Annotated[str, Doc("The latest reconcile.fluxcd.io/forceAt that was answered.")] = ""
    last_handled_reconcile_at: Annotated[str, Doc("The latest reconcile.fluxcd.io/requestedAt that was answered.")] = ""
    last_handled_reset_at: Annotated[str, Doc("The latest reconcile.fluxcd.io/resetAt that was answered.")] = ""
    last_release_revision: Annotated[int | None, Doc("Number of the latest version of the release.")] = None
    observed_common_metadata_digest: Annotated[str, Doc("Digest of the commonMetadata in force.")] = ""
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    observed_post_renderers_digest: Annotated[str, Doc("Digest of the postRenderers in force.")] = ""
    storage_namespace: Annotated[
        str, Doc("Namespace that the release is kept in."), Meta(min_length=1, max_length=63)
    ] = ""
    upgrade_failures: Annotated[
        int | None, Doc("How many upgrades have failed since the last success."), Extra(format="int64")
    ] = None


class HelmRelease(Resource, kw_only=True):
    """A Helm chart that is kept installed in a cluster."""

    spec: Annotated[
        HelmReleaseSpec | None,
        Doc("What is asked for."),
        Extra(
            validations=[
                {
                    "message": "either chart or chartRef must be set",
                    "rule": "(has(self.chart) && !has(self.chartRef)) || (!has(self.chart) && has(self.chartRef))",
                }
            ]
        ),
    ] = None
    status: Annotated[
        HelmReleaseStatus | None,
        Doc("What was found, written by the controller."),
        Extra(default={"observedGeneration": -1}),
    ] = None
