"""GitRepository.

Source: source-controller v1.9, api/v1 (names, bounds and defaults of v1).
"""

from typing import Annotated, Literal

from fairlead.api.flux.common import Condition
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class Repository(Model):
    """Repository."""

    name: Annotated[str, Doc("Its name.")]


class Include(Model):
    """Other repositories to include."""

    repository: Annotated[Repository, Doc("Repository.")]
    from_path: Annotated[str, Doc("From path.")] = ""
    to_path: Annotated[str, Doc("To path.")] = ""


class Ref(Model):
    """What of the repository is followed."""

    branch: Annotated[str, Doc("Branch to follow.")] = ""
    commit: Annotated[str, Doc("Commit to stay at.")] = ""
    name: Annotated[str, Doc("Its name.")] = ""
    semver: Annotated[str, Doc("Range of tags to follow.")] = ""
    tag: Annotated[str, Doc("Tag to follow.")] = ""


class Verify(Model):
    """Verify."""

    secret_ref: Annotated[Repository, Doc("Secret with credentials.")]
    mode: Annotated[Literal["head", "HEAD", "Tag", "TagAndHEAD"] | None, Doc("Mode."), Extra(default="HEAD")] = None


class GitRepositorySpec(Model):
    """What is asked for."""

    interval: Annotated[
        str,
        Doc("How often it is looked at even when nothing changed."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"),
    ]
    url: Annotated[str, Doc("Its address."), Meta(pattern="^(http|https|ssh|file)://.*$")]
    ignore: Annotated[str, Doc("Paths to leave out, in the form of .gitignore.")] = ""
    include: Annotated[tuple[Include, ...], Doc("Other repositories to include.")] = ()
    provider: Annotated[Literal["generic", "aws", "azure", "github"] | None, Doc("Provider.")] = None
    proxy_secret_ref: Annotated[Repository | None, Doc("Proxy secret ref.")] = None
    recurse_submodules: Annotated[bool | None, Doc("Recurse submodules.")] = None
    ref: Annotated[Ref | None, Doc("What of the repository is followed.")] = None
    secret_ref: Annotated[Repository | None, Doc("Secret with credentials.")] = None
    service_account_name: Annotated[str, Doc("Whom to act as.")] = ""
    sparse_checkout: Annotated[tuple[str, ...], Doc("Sparse checkout.")] = ()
    suspend: Annotated[bool | None, Doc("Whether it is left alone.")] = None
    timeout: Annotated[
        str,
        Doc("How long one attempt may take."),
        Meta(pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m))+$"),
        Extra(default="60s"),
    ] = ""
    verify: Annotated[Verify | None, Doc("Verify.")] = None


class Artifact(Model):
    """What was fetched last."""

    digest: Annotated[str, Doc("Digest."), Meta(pattern="^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$")]
    last_update_time: Annotated[str, Doc("Last update time."), Extra(format="date-time")]
    path: Annotated[str, Doc("Its path.")]
    revision: Annotated[str, Doc("Revision.")]
    url: Annotated[str, Doc("Its address.")]
    metadata: Annotated[dict[str, str], Doc("Labels and annotations.")] = {}
    size: Annotated[int | None, Doc("Size."), Extra(format="int64")] = None


class GitRepositoryStatus(Model):
    """What is so."""

    artifact: Annotated[Artifact | None, Doc("What was fetched last.")] = None
    conditions: Annotated[tuple[Condition, ...], Doc("What is known of the object's state.")] = ()
    included_artifacts: Annotated[tuple[Artifact, ...], Doc("Included artifacts.")] = ()
    last_handled_reconcile_at: Annotated[str, Doc("The last request that was answered.")] = ""
    observed_generation: Annotated[int | None, Doc("The generation it speaks of."), Extra(format="int64")] = None
    observed_ignore: Annotated[str, Doc("Observed ignore.")] = ""
    observed_include: Annotated[tuple[Include, ...], Doc("Observed include.")] = ()
    observed_recurse_submodules: Annotated[bool | None, Doc("Observed recurse submodules.")] = None
    observed_sparse_checkout: Annotated[tuple[str, ...], Doc("Observed sparse checkout.")] = ()
    source_verification_mode: Annotated[str, Doc("Source verification mode.")] = ""


class GitRepository(Resource, kw_only=True):
    """A Git repository to follow."""

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
    status: Annotated[GitRepositoryStatus | None, Doc("What is so."), Extra(default={"observedGeneration": -1})] = None
