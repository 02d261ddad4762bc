"""HelmRepository.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from fairlead.api.flux.common import Condition
from fairlead.api.flux.source.gitrepository import Artifact, Repository
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class NamespaceSelectors(Model):
    """Which namespaces, by their labels."""

    match_labels: Annotated[dict[str, str], Doc("Labels that must all be there, with these values.")] = {}


class AccessFrom(Model):
    """Namespaces that may use it."""

    namespace_selectors: Annotated[
        tuple[NamespaceSelectors, ...], Doc("Which namespaces, by their labels; any of the entries will do.")
    ]


class HelmRepositorySpec(Model):
    """What is asked for."""

    url: Annotated[str, Doc("Address of the repository: http, https or oci."), Meta(pattern="^(http|https|oci)://.*$")]
    access_from: Annotated[AccessFrom | None, Doc("Not used any more.")] = None
    cert_secret_ref: Annotated[
        Repository | None, Doc("Secret with ca.crt, and tls.crt and tls.key for a client certificate.")
    ] = None
    insecure: Annotated[bool | None, Doc("Whether plain HTTP is used.")] = None
    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing is known to have changed, such as 10m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ] = ""
    pass_credentials: Annotated[
        bool | None, Doc("Whether the login is also sent to other hosts that charts are got from.")
    ] = None
    provider: Annotated[
        Literal["generic", "aws", "azure", "gcp"] | None,
        Doc("Who is asked for credentials: generic (the secretRef), or a cloud."),
        Extra(default="generic"),
    ] = None
    secret_ref: Annotated[Repository | None, Doc("Secret with the login, in the same namespace.")] = None
    suspend: Annotated[bool | None, Doc("True stops the controller from acting on it.")] = None
    timeout: Annotated[
        str, Doc("How long one attempt may take, such as 5m."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m))+$")
    ] = ""
    type: Annotated[
        Literal["default", "oci"] | None, Doc("default for an index over HTTP, oci for an OCI registry.")
    ] = None


class HelmRepositoryStatus(Model):
    """What was found, written by controllers."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[
        tuple[Condition, ...], Doc("What the controller has found out about the object, one entry per type.")
    ] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The latest reconcile.fluxcd.io/requestedAt that was answered.")] = ""
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    url: Annotated[str, Doc("Address.")] = ""


class HelmRepository(Resource, kw_only=True):
    """A repository of Helm charts that is followed."""

    spec: Annotated[HelmRepositorySpec | None, Doc("What is asked for.")] = None
    status: Annotated[
        HelmRepositoryStatus | None,
        Doc("What was found, written by the controller."),
        Extra(default={"observedGeneration": -1}),
    ] = None
