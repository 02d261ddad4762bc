"""HelmChart.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.flux.common import Condition
from fairlead.api.flux.source.gitrepository import Artifact, Repository
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class SourceRef(Model):
    """Where the manifests come from."""

    kind: Annotated[Literal["HelmRepository", "GitRepository", "Bucket"], Doc("Its kind.")]
    name: Annotated[str, Doc("Its name.")]
    api_version: Annotated[str, Doc("Api version.")] = ""


class MatchOIDCIdentity(Model):
    """Match oidc identity."""

    issuer: Annotated[str, Doc("Issuer.")]
    subject: Annotated[str, Doc("Subject.")]


class HelmChartVerify(Model):
    """Verify."""

    provider: Annotated[Literal["cosign", "notation"], Doc("Provider."), Extra(default="cosign")]
    match_oidc_identity: Annotated[tuple[MatchOIDCIdentity, ...], Doc("Match oidc identity.")] = field(
        name="matchOIDCIdentity", default=()
    )
    secret_ref: Annotated[Repository | None, Doc("Secret with credentials.")] = None


class HelmChartSpec(Model):
    """What is asked for."""

    chart: Annotated[str, Doc("The chart.")]
    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing changed."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    source_ref: Annotated[SourceRef, Doc("Where the manifests come from.")]
    ignore_missing_values_files: Annotated[bool | None, Doc("Ignore missing values files.")] = None
    reconcile_strategy: Annotated[
        Literal["ChartVersion", "Revision"] | None, Doc("Reconcile strategy."), Extra(default="ChartVersion")
    ] = None
    suspend: Annotated[bool | None, Doc("Whether it is left alone.")] = None
    values_files: Annotated[tuple[str, ...], Doc("Values files.")] = ()
    verify: Annotated[HelmChartVerify | None, Doc("Verify.")] = None
    version: Annotated[str, Doc("Kubernetes version."), Extra(default="*")] = ""


class HelmChartStatus(Model):
    """What is so."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[tuple[Condition, ...], Doc("What is known of the object's state.")] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The last request that was answered.")] = ""
    observed_chart_name: Annotated[str, Doc("Observed chart name.")] = ""
    observed_generation: Annotated[int | None, Doc("The generation it speaks of."), Extra(format="int64")] = None
    observed_source_artifact_revision: Annotated[str, Doc("Observed source artifact revision.")] = ""
    observed_values_files: Annotated[tuple[str, ...], Doc("Observed values files.")] = ()
    url: Annotated[str, Doc("Its address.")] = ""


class HelmChart(Resource, kw_only=True):
    """A Helm chart to fetch."""

    spec: Annotated[
        HelmChartSpec | None,
        Doc("What is asked for."),
        Extra(
            validations=[
                {
                    "message": "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'",
                    "rule": "!has(self.verify) || self.sourceRef.kind == 'HelmRepository'",
                }
            ]
        ),
    ] = None
    status: Annotated[HelmChartStatus | None, Doc("What is so."), Extra(default={"observedGeneration": -1})] = None
