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
    """Which layer of the artifact is used."""

    media_type: Annotated[str, Doc("Media type of the layer.")] = ""
    operation: Annotated[
        Literal["extract", "copy"] | None, Doc("extract unpacks the layer, copy keeps it as it is.")
    ] = None


class OCIRepositoryRef(Model):
    """What of the repository is followed."""

    digest: Annotated[str, Doc("Digest, such as sha256:….")] = ""
    semver: Annotated[str, Doc("Range of versions, of which the newest is followed.")] = ""
    semver_filter: Annotated[str, Doc("Regular expression that tags must match to be considered for semver.")] = ""
    tag: Annotated[str, Doc("Tag that is followed.")] = ""


class OCIRepositoryVerify(Model):
    """How signatures are checked."""

    provider: Annotated[
        Literal["cosign", "notation"], Doc("Whose signatures: cosign or notation."), Extra(default="cosign")
    ]
    match_oidc_identity: Annotated[
        tuple[MatchOIDCIdentity, ...],
        Doc("Who must have signed, for signatures without keys; any of the entries will do."),
    ] = field(name="matchOIDCIdentity", default=())
    secret_ref: Annotated[Repository | None, Doc("Secret with the public keys.")] = None
    trusted_root_secret_ref: Annotated[
        Repository | None, Doc("Secret with the trusted root of a sigstore of one's own.")
    ] = None


class OCIRepositorySpec(Model):
    """What is asked for."""

    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing is known to have changed, such as 10m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    url: Annotated[str, Doc("Address of the repository, beginning with oci://."), Meta(pattern="^oci://.*$")]
    cert_secret_ref: Annotated[
        Repository | None, Doc("Secret with ca.crt, and tls.crt and tls.key for a client certificate.")
    ] = None
    ignore: Annotated[str, Doc("Paths to leave out, in the form of .gitignore.")] = ""
    insecure: Annotated[bool | None, Doc("Whether plain HTTP is used.")] = None
    layer_selector: Annotated[LayerSelector | None, Doc("Which layer of the artifact is used.")] = None
    provider: Annotated[
        Literal["generic", "aws", "azure", "gcp"] | None,
        Doc("Who is asked for credentials: generic (the secretRef), or a cloud."),
        Extra(default="generic"),
    ] = None
    proxy_secret_ref: Annotated[
        Repository | None, Doc("Secret with the proxy's address, and username and password if it asks for them.")
    ] = None
    ref: Annotated[OCIRepositoryRef | None, Doc("What of the repository is followed.")] = None
    secret_ref: Annotated[Repository | None, Doc("Secret with the login, in the same namespace.")] = None
    service_account_name: Annotated[str, Doc("ServiceAccount, in the same namespace, whose rights are used.")] = ""
    suspend: Annotated[bool | None, Doc("True stops the controller from acting on it.")] = None
    timeout: Annotated[
        str,
        Doc("How long one attempt may take, such as 5m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m))+$"),
        Extra(default="60s"),
    ] = ""
    verify: Annotated[OCIRepositoryVerify | None, Doc("How signatures are checked.")] = None


class OCIRepositoryStatus(Model):
    """What was found, written by controllers."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[
        tuple[Condition, ...], Doc("What the controller has found out about the object, one entry per type.")
    ] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The latest reconcile.fluxcd.io/requestedAt that was answered.")] = ""
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    observed_ignore: Annotated[str, Doc("The ignore that the artifact was made with.")] = ""
    observed_layer_selector: Annotated[
        LayerSelector | None, Doc("The layerSelector that the artifact was made with.")
    ] = None
    url: Annotated[str, Doc("Address.")] = ""


class OCIRepository(Resource, kw_only=True):
    """A repository of an OCI registry that is followed."""

    spec: Annotated[OCIRepositorySpec | None, Doc("What is asked for.")] = None
    status: Annotated[
        OCIRepositoryStatus | None,
        Doc("What was found, written by the controller."),
        Extra(default={"observedGeneration": -1}),
    ] = None
