"""HelmRepository.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from fairlead.api.flux.common import Condition
from fairlead.api.flux.source.gitrepository import Artifact, Repository
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class NamespaceSelectors(Model):
    """Namespace selectors."""

    match_labels: Annotated[dict[str, str], Doc("Labels that must be there.")] = {}


class AccessFrom(Model):
    """Access from."""

    namespace_selectors: Annotated[tuple[NamespaceSelectors, ...], Doc("Namespace selectors.")]


class HelmRepositorySpec(Model):
    """What is asked for."""

    url: Annotated[str, Doc("Its address."), Meta(pattern="^(http|https|oci)://.*$")]
    access_from: Annotated[AccessFrom | None, Doc("Access from.")] = None
    cert_secret_ref: Annotated[Repository | None, Doc("Cert secret ref.")] = None
    insecure: Annotated[bool | None, Doc("Insecure.")] = None
    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing changed."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ] = ""
    pass_credentials: Annotated[bool | None, Doc("Pass credentials.")] = None
    provider: Annotated[
        Literal["generic", "aws", "azure", "gcp"] | None, Doc("Provider."), Extra(default="generic")
    ] = None
    secret_ref: Annotated[Repository | None, Doc("Secret with credentials.")] = None
    suspend: Annotated[bool | None, Doc("Whether it is left alone.")] = None
    timeout: Annotated[str, Doc("How long one attempt may take."), Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m))+$")] = ""
    type: Annotated[Literal["default", "oci"] | None, Doc("Its type.")] = None


class HelmRepositoryStatus(Model):
    """What is so."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[tuple[Condition, ...], Doc("What is known of the object's state.")] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The last request that was answered.")] = ""
    observed_generation: Annotated[int | None, Doc("The generation it speaks of."), Extra(format="int64")] = None
    url: Annotated[str, Doc("Its address.")] = ""


class HelmRepository(Resource, kw_only=True):
    """A repository of Helm charts."""

    spec: Annotated[HelmRepositorySpec | None, Doc("What is asked for.")] = None
    status: Annotated[HelmRepositoryStatus | None, Doc("What is so."), Extra(default={"observedGeneration": -1})] = None
