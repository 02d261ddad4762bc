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
    """Where the manifests come from."""

    kind: Annotated[Literal["HelmRepository", "GitRepository", "Bucket"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]
    api_version: Annotated[str, Doc("Api version.")] = ""
    namespace: Annotated[str, Doc("Its namespace."), Meta(min_length=1, max_length=63)] = ""


class Verify(Model):
    """Verify."""

    provider: Annotated[Literal["cosign", "notation"], Doc("Provider."), Extra(default="cosign")]
    secret_ref: Annotated[SecretRef | None, Doc("Secret with credentials.")] = None


class HelmReleaseHelmReleaseSpec(Model):
    """What is asked for."""

    chart: Annotated[str, Doc("The chart."), Meta(min_length=1, max_length=2048)]
    source_ref: Annotated[SourceRef, Doc("Where the manifests come from.")]
    ignore_missing_values_files: Annotated[bool | None, Doc("Ignore missing values files.")] = None
    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing changed."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ] = ""
    reconcile_strategy: Annotated[
        Literal["ChartVersion", "Revision"] | None, Doc("Reconcile strategy."), Extra(default="ChartVersion")
    ] = None
    values_files: Annotated[tuple[str, ...], Doc("Values files.")] = ()
    verify: Annotated[Verify | None, Doc("Verify.")] = None
    version: Annotated[str, Doc("Kubernetes version."), Extra(default="*")] = ""


class Metadata(Model):
    """Labels and annotations."""

    annotations: Annotated[dict[str, str], Doc("Annotations.")] = {}
    labels: Annotated[dict[str, str], Doc("Labels.")] = {}


class Chart(Model):
    """The chart."""

    spec: Annotated[HelmReleaseHelmReleaseSpec, Doc("What is asked for.")]
    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None


class ChartRef(Model):
    """The source of the chart."""

    kind: Annotated[Literal["OCIRepository", "HelmChart", "ExternalArtifact"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]
    api_version: Annotated[str, Doc("Api version.")] = ""
    namespace: Annotated[str, Doc("Its namespace."), Meta(min_length=1, max_length=63)] = ""


class DriftDetection(Model):
    """What happens when objects are changed from outside."""

    ignore: Annotated[tuple[Ignore, ...], Doc("Paths to leave out, in the form of .gitignore.")] = ()
    mode: Annotated[Literal["enabled", "warn", "disabled"] | None, Doc("Mode.")] = None


class Remediation(Model):
    """How unhealthy machines are replaced."""

    ignore_test_failures: Annotated[bool | None, Doc("Ignore test failures.")] = None
    remediate_last_failure: Annotated[bool | None, Doc("Remediate last failure.")] = None
    retries: Annotated[int | None, Doc("Retries.")] = None


class Strategy(Model):
    """How it is done."""

    name: Annotated[Literal["RemediateOnFailure", "RetryOnFailure"], Doc("Its name.")]
    retry_interval: Annotated[
        str, Doc("How long to wait after a failure."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class Install(Model):
    """How it is installed."""

    crds: Annotated[Literal["Skip", "Create", "CreateReplace"] | None, Doc("Crds.")] = None
    create_namespace: Annotated[bool | None, Doc("Create namespace.")] = None
    disable_hooks: Annotated[bool | None, Doc("Disable hooks.")] = None
    disable_open_api_validation: Annotated[bool | None, Doc("Disable open api validation.")] = field(
        name="disableOpenAPIValidation", default=None
    )
    disable_schema_validation: Annotated[bool | None, Doc("Disable schema validation.")] = None
    disable_take_ownership: Annotated[bool | None, Doc("Disable take ownership.")] = None
    disable_wait: Annotated[bool | None, Doc("Disable wait.")] = None
    disable_wait_for_jobs: Annotated[bool | None, Doc("Disable wait for jobs.")] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced.")] = None
    replace: Annotated[bool | None, Doc("Replace.")] = None
    server_side_apply: Annotated[bool | None, Doc("Server side apply.")] = None
    skip_cr_ds: Annotated[bool | None, Doc("Skip cr ds.")] = field(name="skipCRDs", default=None)
    strategy: Annotated[
        Strategy | None,
        Doc("How it is done."),
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
        str, Doc("How long one attempt may take."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class HelmReleaseSecretRef(Model):
    """Secret with credentials."""

    name: Annotated[str, Doc("Its name.")]
    key: Annotated[str, Doc("Label key.")] = ""


class KubeConfig(Model):
    """The cluster to apply to."""

    config_map_ref: Annotated[SecretRef | None, Doc("Config map ref.")] = None
    secret_ref: Annotated[HelmReleaseSecretRef | None, Doc("Secret with credentials.")] = None


class Kustomize(Model):
    """Kustomize."""

    images: Annotated[tuple[Images, ...], Doc("Images to change.")] = ()
    patches: Annotated[tuple[Patches, ...], Doc("Patches to apply.")] = ()


class PostRenderers(Model):
    """Post renderers."""

    kustomize: Annotated[Kustomize | None, Doc("Kustomize.")] = None


class Rollback(Model):
    """How it is rolled back."""

    cleanup_on_fail: Annotated[bool | None, Doc("Cleanup on fail.")] = None
    disable_hooks: Annotated[bool | None, Doc("Disable hooks.")] = None
    disable_wait: Annotated[bool | None, Doc("Disable wait.")] = None
    disable_wait_for_jobs: Annotated[bool | None, Doc("Disable wait for jobs.")] = None
    force: Annotated[bool | None, Doc("Whether objects that cannot be changed are made anew.")] = None
    recreate: Annotated[bool | None, Doc("Recreate.")] = None
    server_side_apply: Annotated[Literal["enabled", "disabled", "auto"] | None, Doc("Server side apply.")] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class Filters(Model):
    """Filters."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]
    exclude: Annotated[bool | None, Doc("Exclude.")] = None


class Test(Model):
    """How it is tested."""

    enable: Annotated[bool | None, Doc("Enable.")] = None
    filters: Annotated[tuple[Filters, ...], Doc("Filters.")] = ()
    ignore_failures: Annotated[bool | None, Doc("Ignore failures.")] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class Uninstall(Model):
    """How it is uninstalled."""

    deletion_propagation: Annotated[
        Literal["background", "foreground", "orphan"] | None, Doc("Deletion propagation."), Extra(default="background")
    ] = None
    disable_hooks: Annotated[bool | None, Doc("Disable hooks.")] = None
    disable_wait: Annotated[bool | None, Doc("Disable wait.")] = None
    keep_history: Annotated[bool | None, Doc("Keep history.")] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class HelmReleaseRemediation(Model):
    """How unhealthy machines are replaced."""

    ignore_test_failures: Annotated[bool | None, Doc("Ignore test failures.")] = None
    remediate_last_failure: Annotated[bool | None, Doc("Remediate last failure.")] = None
    retries: Annotated[int | None, Doc("Retries.")] = None
    strategy: Annotated[Literal["rollback", "uninstall"] | None, Doc("How it is done.")] = None


class Upgrade(Model):
    """How it is upgraded."""

    chart_name_change_strategy: Annotated[
        Literal["InPlaceUpdate", "Reinstall"] | None, Doc("Chart name change strategy.")
    ] = None
    cleanup_on_fail: Annotated[bool | None, Doc("Cleanup on fail.")] = None
    crds: Annotated[Literal["Skip", "Create", "CreateReplace"] | None, Doc("Crds.")] = None
    disable_hooks: Annotated[bool | None, Doc("Disable hooks.")] = None
    disable_open_api_validation: Annotated[bool | None, Doc("Disable open api validation.")] = field(
        name="disableOpenAPIValidation", default=None
    )
    disable_schema_validation: Annotated[bool | None, Doc("Disable schema validation.")] = None
    disable_take_ownership: Annotated[bool | None, Doc("Disable take ownership.")] = None
    disable_wait: Annotated[bool | None, Doc("Disable wait.")] = None
    disable_wait_for_jobs: Annotated[bool | None, Doc("Disable wait for jobs.")] = None
    force: Annotated[bool | None, Doc("Whether objects that cannot be changed are made anew.")] = None
    preserve_values: Annotated[bool | None, Doc("Preserve values.")] = None
    remediation: Annotated[HelmReleaseRemediation | None, Doc("How unhealthy machines are replaced.")] = None
    server_side_apply: Annotated[Literal["enabled", "disabled", "auto"] | None, Doc("Server side apply.")] = None
    strategy: Annotated[
        Strategy | None,
        Doc("How it is done."),
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
        str, Doc("How long one attempt may take."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""


class ValuesFrom(Model):
    """ConfigMaps and Secrets with values."""

    kind: Annotated[Literal["Secret", "ConfigMap"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]
    literal: Annotated[bool | None, Doc("Literal.")] = None
    optional: Annotated[bool | None, Doc("Optional.")] = None
    target_path: Annotated[
        str, Doc("Target path."), Meta(max_length=250, pattern="^([a-zA-Z0-9_\\-.\\\\\\/]|\\[[0-9]{1,5}\\])+$")
    ] = ""
    values_key: Annotated[str, Doc("Values key."), Meta(max_length=253, pattern="^[\\-._a-zA-Z0-9]+$")] = ""


class WaitStrategy(Model):
    """Wait strategy."""

    name: Annotated[Literal["poller", "legacy"], Doc("Its name.")]


class HelmReleaseSpec(Model):
    """What is asked for."""

    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing changed."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    chart: Annotated[Chart | None, Doc("The chart.")] = None
    chart_ref: Annotated[ChartRef | None, Doc("The source of the chart.")] = None
    common_metadata: Annotated[Metadata | None, Doc("Labels and annotations for every object.")] = None
    depends_on: Annotated[tuple[DependsOn, ...], Doc("What must be ready first.")] = ()
    drift_detection: Annotated[DriftDetection | None, Doc("What happens when objects are changed from outside.")] = None
    health_check_exprs: Annotated[tuple[HealthCheckExprs, ...], Doc("How the health of custom kinds is told.")] = ()
    install: Annotated[Install | None, Doc("How it is installed.")] = None
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
    max_history: Annotated[int | None, Doc("How many releases are kept.")] = None
    persistent_client: Annotated[bool | None, Doc("Persistent client.")] = None
    post_render_strategy: Annotated[Literal["nohooks", "combined", "separate"] | None, Doc("Post render strategy.")] = (
        None
    )
    post_renderers: Annotated[tuple[PostRenderers, ...], Doc("Post renderers.")] = ()
    release_name: Annotated[str, Doc("Name of the release."), Meta(min_length=1, max_length=53)] = ""
    rollback: Annotated[Rollback | None, Doc("How it is rolled back.")] = None
    service_account_name: Annotated[str, Doc("Whom to act as."), Meta(min_length=1, max_length=253)] = ""
    storage_namespace: Annotated[str, Doc("Where the release is kept."), Meta(min_length=1, max_length=63)] = ""
    suspend: Annotated[bool | None, Doc("Whether it is left alone.")] = None
    target_namespace: Annotated[
        str, Doc("Namespace that every object is put into."), Meta(min_length=1, max_length=63)
    ] = ""
    test: Annotated[Test | None, Doc("How it is tested.")] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$")
    ] = ""
    uninstall: Annotated[Uninstall | None, Doc("How it is uninstalled.")] = None
    upgrade: Annotated[Upgrade | None, Doc("How it is upgraded.")] = None
    values: Annotated[Any | None, Doc("Values for the chart."), Extra(preserve_unknown_fields=True)] = None
    values_from: Annotated[tuple[ValuesFrom, ...], Doc("ConfigMaps and Secrets with values.")] = ()
    wait_strategy: Annotated[WaitStrategy | None, Doc("Wait strategy.")] = None


class TestHooks(Model):
    """Test hooks."""

    last_completed: Annotated[str, Doc("Last completed."), Extra(format="date-time")] = ""
    last_started: Annotated[str, Doc("Last started."), Extra(format="date-time")] = ""
    phase: Annotated[str, Doc("A one-word summary.")] = ""


class History(Model):
    """What was done before."""

    chart_name: Annotated[str, Doc("Chart name.")]
    chart_version: Annotated[str, Doc("Chart version.")]
    config_digest: Annotated[str, Doc("Config digest.")]
    digest: Annotated[str, Doc("Digest.")]
    first_deployed: Annotated[str, Doc("First deployed."), Extra(format="date-time")]
    last_deployed: Annotated[str, Doc("Last deployed."), Extra(format="date-time")]
    name: Annotated[str, Doc("Its name.")]
    namespace: Annotated[str, Doc("Its namespace.")]
    status: Annotated[str, Doc("What is so.")]
    version: Annotated[int, Doc("Kubernetes version.")]
    action: Annotated[str, Doc("Action.")] = ""
    api_version: Annotated[str, Doc("Api version.")] = ""
    app_version: Annotated[str, Doc("App version.")] = ""
    deleted: Annotated[str, Doc("Deleted."), Extra(format="date-time")] = ""
    oci_digest: Annotated[str, Doc("Oci digest.")] = ""
    test_hooks: Annotated[dict[str, TestHooks], Doc("Test hooks.")] = {}


class HelmReleaseStatus(Model):
    """What is so."""

    conditions: Annotated[tuple[Condition, ...], Doc("What is known of the object's state.")] = ()
    failures: Annotated[int | None, Doc("Failures."), Extra(format="int64")] = None
    helm_chart: Annotated[str, Doc("Helm chart.")] = ""
    history: Annotated[tuple[History, ...], Doc("What was done before.")] = ()
    install_failures: Annotated[int | None, Doc("Install failures."), Extra(format="int64")] = None
    inventory: Annotated[Inventory | None, Doc("The objects that were applied.")] = None
    last_attempted_config_digest: Annotated[str, Doc("Last attempted config digest.")] = ""
    last_attempted_generation: Annotated[int | None, Doc("Last attempted generation."), Extra(format="int64")] = None
    last_attempted_release_action: Annotated[
        Literal["install", "upgrade"] | None, Doc("Last attempted release action.")
    ] = None
    last_attempted_release_action_duration: Annotated[str, Doc("Last attempted release action duration.")] = ""
    last_attempted_revision: Annotated[str, Doc("The revision that was tried last.")] = ""
    last_attempted_revision_digest: Annotated[str, Doc("Last attempted revision digest.")] = ""
    last_attempted_values_checksum: Annotated[str, Doc("Last attempted values checksum.")] = ""
    last_handled_force_at: Annotated[str, Doc("Last handled force at.")] = ""
    last_handled_reconcile_at: Annotated[str, Doc("The last request that was answered.")] = ""
    last_handled_reset_at: Annotated[str, Doc("Last handled reset at.")] = ""
    last_release_revision: Annotated[int | None, Doc("Last release revision.")] = None
    observed_common_metadata_digest: Annotated[str, Doc("Observed common metadata digest.")] = ""
    observed_generation: Annotated[int | None, Doc("The generation it speaks of."), Extra(format="int64")] = None
    observed_post_renderers_digest: Annotated[str, Doc("Observed post renderers digest.")] = ""
    storage_namespace: Annotated[str, Doc("Where the release is kept."), Meta(min_length=1, max_length=63)] = ""
    upgrade_failures: Annotated[int | None, Doc("Upgrade failures."), Extra(format="int64")] = None


class HelmRelease(Resource, kw_only=True):
    """A Helm release."""

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
    status: Annotated[HelmReleaseStatus | None, Doc("What is so."), Extra(default={"observedGeneration": -1})] = None
