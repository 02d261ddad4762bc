"""Bucket.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from fairlead.api.flux.common import Condition
from fairlead.api.flux.source.gitrepository import Artifact, Repository
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Sts(Model):
    """How temporary credentials are got."""

    endpoint: Annotated[str, Doc("Address to get them from."), Meta(pattern="^(http|https)://.*$")]
    provider: Annotated[Literal["aws", "ldap"], Doc("aws or ldap.")]
    cert_secret_ref: Annotated[
        Repository | None, Doc("Secret with ca.crt, and tls.crt and tls.key for a client certificate.")
    ] = None
    secret_ref: Annotated[Repository | None, Doc("Secret with the login, in the same namespace.")] = None


class BucketSpec(Model):
    """What is asked for."""

    bucket_name: Annotated[str, Doc("Name of the bucket.")]
    endpoint: Annotated[str, Doc("Host and port of the storage.")]
    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing is known to have changed, such as 10m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    cert_secret_ref: Annotated[
        Repository | None, Doc("Secret with ca.crt, and tls.crt and tls.key for a client certificate.")
    ] = None
    ignore: Annotated[str, Doc("Paths to leave out, in the form of .gitignore.")] = ""
    insecure: Annotated[bool | None, Doc("Whether plain HTTP is used.")] = None
    prefix: Annotated[str, Doc("Beginning of the names of the objects that are fetched.")] = ""
    provider: Annotated[
        Literal["generic", "aws", "gcp", "azure"] | None,
        Doc("Who is asked for credentials: generic (the secretRef), or a cloud."),
        Extra(default="generic"),
    ] = None
    proxy_secret_ref: Annotated[
        Repository | None, Doc("Secret with the proxy's address, and username and password if it asks for them.")
    ] = None
    region: Annotated[str, Doc("Region of the bucket.")] = ""
    secret_ref: Annotated[Repository | None, Doc("Secret with the login, in the same namespace.")] = None
    service_account_name: Annotated[str, Doc("ServiceAccount, in the same namespace, whose rights are used.")] = ""
    sts: Annotated[Sts | None, Doc("How temporary credentials are got.")] = None
    suspend: Annotated[bool | None, Doc("True stops the controller from acting on it.")] = None
    timeout: Annotated[
        str,
        Doc("How long one attempt may take, such as 5m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m))+$"),
        Extra(default="60s"),
    ] = ""


class BucketStatus(Model):
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
    url: Annotated[str, Doc("Address.")] = ""


class Bucket(Resource, kw_only=True):
    """A bucket of object storage that is followed."""

    spec: Annotated[
        BucketSpec | None,
        Doc("What is asked for."),
        Extra(
            validations=[
                {
                    "message": "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
                    "rule": "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
                },
                {
                    "message": "'aws' is the only supported STS provider for the 'aws' Bucket provider",
                    "rule": "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
                },
                {
                    "message": "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
                    "rule": "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
                },
                {
                    "message": "spec.sts.secretRef is not required for the 'aws' STS provider",
                    "rule": "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
                },
                {
                    "message": "spec.sts.certSecretRef is not required for the 'aws' STS provider",
                    "rule": "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
                },
                {
                    "message": "ServiceAccountName is not supported for the 'generic' Bucket provider",
                    "rule": "self.provider != 'generic' || !has(self.serviceAccountName)",
                },
                {
                    "message": "cannot set both .spec.secretRef and .spec.serviceAccountName",
                    "rule": "!has(self.secretRef) || !has(self.serviceAccountName)",
                },
            ]
        ),
    ] = None
    status: Annotated[
        BucketStatus | None,
        Doc("What was found, written by the controller."),
        Extra(default={"observedGeneration": -1}),
    ] = None
