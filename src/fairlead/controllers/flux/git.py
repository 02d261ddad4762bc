"""Reading Git repositories: which commit a reference means, and the files of that commit.

Never a checkout: trees are read straight out of the objects. dulwich does the transport; `file:` repositories of the
lab and of tests are opened in place.

Source: Flux source API v1 (reference order: commit, name, semver, tag, branch), sourceignore defaults.
"""

import fnmatch
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dulwich.client import HttpGitClient, get_transport_and_path
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Commit, Tag
from dulwich.repo import MemoryRepo, Repo

from fairlead.engines.semver import parse_constraint, parse_version

FILE_LIMIT_BYTES = 50 * 1024 * 1024
TREE_LIMIT_BYTES = 200 * 1024 * 1024
# Source: fluxcd/pkg/sourceignore: version control, CI and editor files, and large binary kinds.
IGNORED = (
    ".git/*",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
    ".github/*",
    ".circleci/*",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
)


class GitError(Exception):
    """The repository cannot be read. `reason` is the condition's: GitOperationFailed or AuthenticationFailed."""

    def __init__(self, message: str, reason: str = "GitOperationFailed") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reference:
    """`spec.ref`."""

    branch: str = ""
    tag: str = ""
    semver: str = ""
    name: str = ""
    commit: str = ""

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "Reference":
        given = spec.get("ref") or {}
        known = {key: given[key] for key in ("branch", "tag", "semver", "name", "commit") if given.get(key)}
        return cls(**known) if known else cls(branch="master")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a repository asks for; empty parts are not used."""

    username: str = ""
    password: str = ""
    bearer: str = ""


@dataclass(frozen=True, slots=True)
class Checkout:
    """One commit: its revision (`main@sha1:…`), hash, subject line and files."""

    revision: str
    commit: str
    subject: str
    files: Mapping[str, bytes]


def resolve(url: str, reference: Reference, credentials: Credentials, timeout: float) -> tuple[str, str]:
    """The revision and commit that *reference* means now. Raises: GitError."""
    return _choose(_list_refs(url, credentials, timeout), reference, url)


def fetch(url: str, reference: Reference, credentials: Credentials, timeout: float) -> Checkout:
    """The files of the commit that *reference* means. Raises: GitError."""
    if url.startswith("file://"):
        repo: Any = _open_local(url)
        refs = {key: value for key, value in repo.get_refs().items() if value}
        revision, commit = _choose(refs, reference, url)
    else:
        revision, commit = resolve(url, reference, credentials, timeout)
        repo = _fetch_remote(url, commit, credentials, timeout)
    return _read(repo, revision, commit)


def _open_local(url: str) -> Repo:
    path = urlsplit(url).path
    try:
        return Repo(path)
    except NotGitRepository as error:
        raise GitError(f"unable to clone '{url}': repository not found") from error


def _client(url: str, credentials: Credentials, timeout: float) -> tuple[Any, str]:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        base = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        client = HttpGitClient(
            base, username=credentials.username or None, password=credentials.password or None, timeout=timeout
        )
        if credentials.bearer:
            client.pool_manager.headers["Authorization"] = f"Bearer {credentials.bearer}"
        return client, parts.path
    client, path = get_transport_and_path(url)
    return client, path


def _list_refs(url: str, credentials: Credentials, timeout: float) -> dict[bytes, bytes]:
    if url.startswith("file://"):
        return dict(_open_local(url).get_refs())
    client, path = _client(url, credentials, timeout)
    with _words(url, "list remote for"):
        found = client.get_refs(path.encode())
    return {key: value for key, value in (found.refs if hasattr(found, "refs") else found).items() if value}


def _fetch_remote(url: str, commit: str, credentials: Credentials, timeout: float) -> Any:
    client, path = _client(url, credentials, timeout)
    repo = MemoryRepo()
    with _words(url, "clone"):
        client.fetch(path, repo, determine_wants=lambda refs, depth=None: [commit.encode()], depth=1)
    return repo


class _words:  # noqa: N801  # a context manager used like a function
    """Turn whatever the transport raises into upstream's words."""

    def __init__(self, url: str, act: str) -> None:
        self._url, self._act = url, act

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is None or not isinstance(error, Exception):
            return
        text = str(error) or kind.__name__
        if isinstance(error, NotGitRepository):
            text = "repository not found"
        elif (isinstance(error, HangupException | GitProtocolError) and "401" in text) or "Unauthorized" in text:
            text = "authentication required"
        elif "refused" in text:
            host = urlsplit(self._url).netloc
            text = f"dial tcp {host}: connect: connection refused"
        raise GitError(f"unable to {self._act} '{self._url}': {text}") from error


def _choose(refs: Mapping[bytes, bytes], reference: Reference, url: str) -> tuple[str, str]:
    if reference.commit:
        prefix = f"{reference.branch}@" if reference.branch else ""
        return f"{prefix}sha1:{reference.commit}", reference.commit
    if reference.name:
        return _named(refs, reference.name, reference.name, url)
    if reference.semver:
        return _highest(refs, reference.semver, url)
    if reference.tag:
        return _named(refs, f"refs/tags/{reference.tag}", reference.tag, url)
    return _named(refs, f"refs/heads/{reference.branch}", reference.branch, url)


def _named(refs: Mapping[bytes, bytes], full: str, shown: str, url: str) -> tuple[str, str]:
    found = refs.get(f"{full}^{{}}".encode()) or refs.get(full.encode())
    if found is None:
        raise GitError(f"unable to clone '{url}': couldn't find remote ref \"{full}\"")
    return f"{shown}@sha1:{found.decode()}", found.decode()


def _highest(refs: Mapping[bytes, bytes], expression: str, url: str) -> tuple[str, str]:
    try:
        constraint = parse_constraint(expression)
    except ValueError as error:
        raise GitError(f"semver range '{expression}' cannot be read: {error}") from error
    best: tuple[Any, str] | None = None
    for ref in refs:
        text = ref.decode()
        if not text.startswith("refs/tags/") or text.endswith("^{}"):
            continue
        name = text.removeprefix("refs/tags/")
        try:
            version = parse_version(name)
        except ValueError:
            continue
        if constraint.check(version) and (best is None or version.compare(best[0]) > 0):
            best = (version, name)
    if best is None:
        raise GitError(f"no match found for semver: {expression} in '{url}'")
    return _named(refs, f"refs/tags/{best[1]}", best[1], url)


def _read(repo: Any, revision: str, commit: str) -> Checkout:
    obj = repo[commit.encode()]
    while isinstance(obj, Tag):
        obj = repo[obj.object[1]]
    if not isinstance(obj, Commit):
        raise GitError(f"{commit} is not a commit")
    files: dict[str, bytes] = {}
    total = 0
    for entry in iter_tree_contents(repo.object_store, obj.tree):
        path = entry.path.decode()
        if entry.mode & 0o170000 != 0o100000:  # regular files only: no links, no submodules
            continue
        data = repo[entry.sha].data
        total += len(data)
        if len(data) > FILE_LIMIT_BYTES or total > TREE_LIMIT_BYTES:
            raise GitError(
                f"'{path}' makes the tree larger than {TREE_LIMIT_BYTES} bytes; leave it out with spec.ignore"
            )
        files[path] = data
    subject = obj.message.decode(errors="replace").partition("\n")[0]
    return Checkout(revision, obj.id.decode(), subject, files)


def without_ignored(files: Mapping[str, bytes], ignore: str | None) -> dict[str, bytes]:
    """*files* less what `.sourceignore`, *ignore* (spec.ignore) and the defaults leave out."""
    rules = [] if ignore is not None else list(IGNORED)
    text = (ignore or "") + "\n" + files.get(".sourceignore", b"").decode(errors="replace")
    rules += [line.strip() for line in io.StringIO(text) if line.strip() and not line.startswith("#")]
    return {path: data for path, data in files.items() if not _is_ignored(path, rules)}


def _is_ignored(path: str, rules: list[str]) -> bool:
    ignored = False
    for rule in rules:
        keep = rule.startswith("!")
        pattern = rule.removeprefix("!")
        if _matches(path, pattern):
            ignored = not keep
    return ignored


def _matches(path: str, pattern: str) -> bool:
    anchored = pattern.startswith("/") or "/" in pattern.rstrip("/")
    pattern = pattern.strip("/").removeprefix("**/")
    candidates = [path, *(path[:i] for i, c in enumerate(path) if c == "/")]
    if not anchored:
        candidates += [part.rpartition("/")[2] for part in candidates]
    return any(fnmatch.fnmatchcase(candidate, pattern) for candidate in candidates)
