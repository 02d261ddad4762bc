"""OCIRepository.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.flux.common import Condition
from fairlead.api.flux.source.gitrepository import Artifact, Repository
from fairlead.api.flux.source.helmchart import MatchOIDCIdentity
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class LayerSelector(Model):
    """Layer selector."""

    media_type: Annotated[str, Doc("Media type.")] = ""
    operation: Annotated[Literal["extract", "copy"] | None, Doc("Operation.")] = None


class OCIRepositoryRef(Model):
    """What of the repository is followed."""

    digest: Annotated[str, Doc("Digest.")] = ""
    semver: Annotated[str, Doc("Range of tags to follow.")] = ""
    semver_filter: Annotated[str, Doc("Semver filter.")] = ""
    tag: Annotated[str, Doc("Tag to follow.")] = ""


class OCIRepositoryVerify(Model):
    """Verify."""

    provider: Annotated[Literal["cosign", "notation"], Doc("Provider."), Extra(default="cosign")]
    match_oidc_identity: Annotated[tuple[MatchOIDCIdentity, ...], Doc("Match oidc identity.")] = field(
        name="matchOIDCIdentity", default=()
    )
    secret_ref: Annotated[Repository | None, Doc("Secret with credentials.")] = None
    trusted_root_secret_ref: Annotated[Repository | None, Doc("Trusted root secret ref.")] = None


class OCIRepositorySpec(Model):
    """What is asked for."""

    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing changed."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    url: Annotated[str, Doc("Its address."), Meta(pattern="^oci://.*$")]
    cert_secret_ref: Annotated[Repository | None, Doc("Cert secret ref.")] = None
    ignore: Annotated[str, Doc("Paths to leave out, in the form of .gitignore.")] = ""
    insecure: Annotated[bool | None, Doc("Insecure.")] = None
    layer_selector: Annotated[LayerSelector | None, Doc("Layer selector.")] = None
    provider: Annotated[
        Literal["generic", "aws", "azure", "gcp"] | None, Doc("Provider."), Extra(default="generic")
    ] = None
    proxy_secret_ref: Annotated[Repository | None, Doc("Proxy secret ref.")] = None
    ref: Annotated[OCIRepositoryRef | None, Doc("What of the repository is followed.")] = None
    secret_ref: Annotated[Repository | None, Doc("Secret with credentials.")] = None
    service_account_name: Annotated[str, Doc("Whom to act as.")] = ""
    suspend: Annotated[bool | None, Doc("Whether it is left alone.")] = None
    timeout: Annotated[
        str,
        Doc("How long one attempt may take."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m))+$"),
        Extra(default="60s"),
    ] = ""
    verify: Annotated[OCIRepositoryVerify | None, Doc("Verify.")] = None


class OCIRepositoryStatus(Model):
    """What is so."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[tuple[Condition, ...], Doc("What is known of the object's state.")] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The last request that was answered.")] = ""
    observed_generation: Annotated[int | None, Doc("The generation it speaks of."), Extra(format="int64")] = None
    observed_ignore: Annotated[str, Doc("Observed ignore.")] = ""
    observed_layer_selector: Annotated[LayerSelector | None, Doc("Observed layer selector.")] = None
    url: Annotated[str, Doc("Its address.")] = ""


class OCIRepository(Resource, kw_only=True):
    """An OCI repository to follow."""

    spec: Annotated[OCIRepositorySpec | None, Doc("What is asked for.")] = None
    status: Annotated[OCIRepositoryStatus | None, Doc("What is so."), Extra(default={"observedGeneration": -1})] = None
