"""GitRepository.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from fairlead.api.flux.common import Condition
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Repository(Model):
    """A reference to an object in the same namespace."""

    name: Annotated[str, Doc("Name of the object.")]


class Include(Model):
    """Another GitRepository whose files are put into this one's."""

    repository: Annotated[Repository, Doc("The other GitRepository.")]
    from_path: Annotated[str, Doc("Folder of it that is taken; all of it if unset.")] = ""
    to_path: Annotated[str, Doc("Folder to put it into; the other's name if unset.")] = ""


class Ref(Model):
    """What of the repository is followed; of several, the most precise wins."""

    branch: Annotated[str, Doc("Branch that is followed; master if nothing else is said.")] = ""
    commit: Annotated[str, Doc("Commit that is stayed at.")] = ""
    name: Annotated[str, Doc("Full name of a reference that is followed, such as refs/pull/420/head.")] = ""
    semver: Annotated[str, Doc("Range of versions, of which the newest is followed.")] = ""
    tag: Annotated[str, Doc("Tag that is followed.")] = ""


class Verify(Model):
    """How signatures are checked."""

    secret_ref: Annotated[Repository, Doc("Secret with the public keys.")]
    mode: Annotated[
        Literal["head", "HEAD", "Tag", "TagAndHEAD"] | None,
        Doc("What must be signed: HEAD, Tag or TagAndHEAD."),
        Extra(default="HEAD"),
    ] = None


class GitRepositorySpec(Model):
    """What is asked for."""

    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing is known to have changed, such as 10m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    url: Annotated[
        str, Doc("Address of the repository: http, https or ssh."), Meta(pattern="^(http|https|ssh|file)://.*$")
    ]
    ignore: Annotated[str, Doc("Paths to leave out, in the form of .gitignore.")] = ""
    include: Annotated[tuple[Include, ...], Doc("Other GitRepositories whose files are put into this one's.")] = ()
    provider: Annotated[
        Literal["generic", "aws", "azure", "github"] | None,
        Doc("Who is asked for credentials: generic (the secretRef), or a cloud."),
    ] = None
    proxy_secret_ref: Annotated[
        Repository | None, Doc("Secret with the proxy's address, and username and password if it asks for them.")
    ] = None
    recurse_submodules: Annotated[bool | None, Doc("Whether submodules are fetched too.")] = None
    ref: Annotated[Ref | None, Doc("What of the repository is followed.")] = None
    secret_ref: Annotated[Repository | None, Doc("Secret with the login, in the same namespace.")] = None
    service_account_name: Annotated[str, Doc("ServiceAccount, in the same namespace, whose rights are used.")] = ""
    sparse_checkout: Annotated[tuple[str, ...], Doc("Folders that are fetched; all if unset.")] = ()
    suspend: Annotated[bool | None, Doc("True stops the controller from acting on it.")] = None
    timeout: Annotated[
        str,
        Doc("How long one attempt may take, such as 5m."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m))+$"),
        Extra(default="60s"),
    ] = ""
    verify: Annotated[Verify | None, Doc("How signatures are checked.")] = None


class Artifact(Model):
    """What was fetched, as one archive."""

    digest: Annotated[
        str, Doc("Digest, such as sha256:…."), Meta(pattern="^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$")
    ]
    last_update_time: Annotated[str, Doc("When it was made."), Extra(format="date-time")]
    path: Annotated[str, Doc("Where it is stored.")]
    revision: Annotated[str, Doc("What it holds, such as main@sha1:….")]
    url: Annotated[str, Doc("Where it can be got.")]
    metadata: Annotated[dict[str, str], Doc("Further facts from the source.")] = {}
    size: Annotated[int | None, Doc("Size in bytes."), Extra(format="int64")] = None


class GitRepositoryStatus(Model):
    """What was found, written by controllers."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[
        tuple[Condition, ...], Doc("What the controller has found out about the object, one entry per type.")
    ] = ()
    included_artifacts: Annotated[tuple[Artifact, ...], Doc("The artifacts of the included GitRepositories.")] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The latest reconcile.fluxcd.io/requestedAt that was answered.")] = ""
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    observed_ignore: Annotated[str, Doc("The ignore that the artifact was made with.")] = ""
    observed_include: Annotated[tuple[Include, ...], Doc("The include that the artifact was made with.")] = ()
    observed_recurse_submodules: Annotated[
        bool | None, Doc("The recurseSubmodules that the artifact was made with.")
    ] = None
    observed_sparse_checkout: Annotated[
        tuple[str, ...], Doc("The sparseCheckout that the artifact was made with.")
    ] = ()
    source_verification_mode: Annotated[str, Doc("What was checked for signatures.")] = ""


class GitRepository(Resource, kw_only=True):
    """A Git repository that is followed."""

    spec: Annotated[
        GitRepositorySpec | None,
        Doc("What is asked for."),
        Extra(
            validations=[
                {
                    "message": "serviceAccountName can only be set when provider is 'azure' or 'aws'",
                    "rule": "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
                }
            ]
        ),
    ] = None
    status: Annotated[
        GitRepositoryStatus | None,
        Doc("What was found, written by the controller."),
        Extra(default={"observedGeneration": -1}),
    ] = None
