"""HelmChart.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.flux.common import Condition
from fairlead.api.flux.source.gitrepository import Artifact, Repository
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class SourceRef(Model):
    """A reference to a source."""

    kind: Annotated[Literal["HelmRepository", "GitRepository", "Bucket"], Doc("Kind of the object.")]
    name: Annotated[str, Doc("Name of the object.")]
    api_version: Annotated[str, Doc("API group and version of the object.")] = ""


class MatchOIDCIdentity(Model):
    """Who must have signed."""

    issuer: Annotated[str, Doc("Who vouches for the signer, as a regular expression.")]
    subject: Annotated[str, Doc("The signer, as a regular expression.")]


class HelmChartVerify(Model):
    """How signatures are checked."""

    provider: Annotated[
        Literal["cosign", "notation"], Doc("Whose signatures: cosign or notation."), Extra(default="cosign")
    ]
    match_oidc_identity: Annotated[
        tuple[MatchOIDCIdentity, ...],
        Doc("Who must have signed, for signatures without keys; any of the entries will do."),
    ] = field(name="matchOIDCIdentity", default=())
    secret_ref: Annotated[Repository | None, Doc("Secret with the public keys.")] = None


class HelmChartSpec(Model):
    """What is asked for."""

    chart: Annotated[str, Doc("Name of the chart in a HelmRepository, or its path in another source.")]
    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing is known to have changed, such as 10m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    source_ref: Annotated[SourceRef, Doc("The source that holds the chart.")]
    ignore_missing_values_files: Annotated[
        bool | None, Doc("Whether values files that do not exist are passed over.")
    ] = None
    reconcile_strategy: Annotated[
        Literal["ChartVersion", "Revision"] | None,
        Doc("What makes a new chart: ChartVersion, or Revision for every change of the source."),
        Extra(default="ChartVersion"),
    ] = None
    suspend: Annotated[bool | None, Doc("True stops the controller from acting on it.")] = None
    values_files: Annotated[tuple[str, ...], Doc("Values files of the chart or its source, the last one winning.")] = ()
    verify: Annotated[HelmChartVerify | None, Doc("How signatures are checked.")] = None
    version: Annotated[str, Doc("Range of versions in a HelmRepository; the newest if unset."), Extra(default="*")] = ""


class HelmChartStatus(Model):
    """What was found, written by controllers."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[
        tuple[Condition, ...], Doc("What the controller has found out about the object, one entry per type.")
    ] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The latest reconcile.fluxcd.io/requestedAt that was answered.")] = ""
    observed_chart_name: Annotated[str, Doc("Name of the chart that the artifact holds.")] = ""
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    observed_source_artifact_revision: Annotated[
        str, Doc("Revision of the source's artifact that the chart was made from.")
    ] = ""
    observed_values_files: Annotated[tuple[str, ...], Doc("The values files that the chart was made with.")] = ()
    url: Annotated[str, Doc("Address.")] = ""


class HelmChart(Resource, kw_only=True):
    """A Helm chart that is fetched and kept ready."""

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
    status: Annotated[
        HelmChartStatus | None,
        Doc("What was found, written by the controller."),
        Extra(default={"observedGeneration": -1}),
    ] = None
