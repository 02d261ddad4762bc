"""Bucket.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from fairlead.api.flux.common import Condition
from fairlead.api.flux.source.gitrepository import Artifact, Repository
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Sts(Model):
    """Sts."""

    endpoint: Annotated[str, Doc("Endpoint."), Meta(pattern="^(http|https)://.*$")]
    provider: Annotated[Literal["aws", "ldap"], Doc("Provider.")]
    cert_secret_ref: Annotated[Repository | None, Doc("Cert secret ref.")] = None
    secret_ref: Annotated[Repository | None, Doc("Secret with credentials.")] = None


class BucketSpec(Model):
    """What is asked for."""

    bucket_name: Annotated[str, Doc("Bucket name.")]
    endpoint: Annotated[str, Doc("Endpoint.")]
    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing changed."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    cert_secret_ref: Annotated[Repository | None, Doc("Cert secret ref.")] = None
    ignore: Annotated[str, Doc("Paths to leave out, in the form of .gitignore.")] = ""
    insecure: Annotated[bool | None, Doc("Insecure.")] = None
    prefix: Annotated[str, Doc("Prefix.")] = ""
    provider: Annotated[
        Literal["generic", "aws", "gcp", "azure"] | None, Doc("Provider."), Extra(default="generic")
    ] = None
    proxy_secret_ref: Annotated[Repository | None, Doc("Proxy secret ref.")] = None
    region: Annotated[str, Doc("Region of the failure domain.")] = ""
    secret_ref: Annotated[Repository | None, Doc("Secret with credentials.")] = None
    service_account_name: Annotated[str, Doc("Whom to act as.")] = ""
    sts: Annotated[Sts | None, Doc("Sts.")] = None
    suspend: Annotated[bool | None, Doc("Whether it is left alone.")] = None
    timeout: Annotated[
        str,
        Doc("How long one attempt may take."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m))+$"),
        Extra(default="60s"),
    ] = ""


class BucketStatus(Model):
    """What is so."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[tuple[Condition, ...], Doc("What is known of the object's state.")] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The last request that was answered.")] = ""
    observed_generation: Annotated[int | None, Doc("The generation it speaks of."), Extra(format="int64")] = None
    observed_ignore: Annotated[str, Doc("Observed ignore.")] = ""
    url: Annotated[str, Doc("Its address.")] = ""


class Bucket(Resource, kw_only=True):
    """A bucket to follow."""

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
    status: Annotated[BucketStatus | None, Doc("What is so."), Extra(default={"observedGeneration": -1})] = None
