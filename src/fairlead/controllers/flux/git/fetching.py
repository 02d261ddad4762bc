"""Reading Git repositories: which commit a reference means, and the files of that commit.

Never a checkout: trees are read straight out of the objects. One exchange with the server tells whether there is
anything new and brings it; what was brought before is kept, so that a commit costs what it changes.

`Fetcher` is the seam: the real one blocks and is run in a thread, tests give files without one.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import urllib3.exceptions
from dulwich.client import HTTPUnauthorized
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Commit, Tag
from dulwich.repo import MemoryRepo, Repo

from fairlead.controllers.flux.git.refs import Choice, Reference, RefError, choose
from fairlead.controllers.flux.git.sourceignore import without_ignored
from fairlead.controllers.flux.git.ssh import SshError
from fairlead.controllers.flux.git.transport import Credentials, CredentialsError, client_for, hang_up

FILE_LIMIT_BYTES = 50 * 1024 * 1024
TREE_LIMIT_BYTES = 200 * 1024 * 1024
REPOSITORIES_KEPT = 32
COMMITS_KEPT = 50  # after so many fetches a repository is brought anew, without what nobody refers to any more
LAST = b"refs/heads/fairlead-last"
REGULAR, LINK, SUBMODULE = 0o100000, 0o120000, 0o160000


class GitError(Exception):
    """The repository cannot be read. `reason` is the condition's: GitOperationFailed or AuthenticationFailed."""

    def __init__(self, message: str, reason: str = "GitOperationFailed") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Request:
    """What to read, and from where."""

    url: str
    reference: Reference = field(default_factory=Reference)
    credentials: Credentials = field(default_factory=Credentials)
    timeout_seconds: float = 60.0
    folders: tuple[str, ...] = ()  # sparse checkout: only these, and the files at the top
    submodules: bool = False
    known: str = ""  # the commit that is held already; its files are not read again
    has_artifact: bool = False  # an earlier fetch succeeded; upstream words its failures differently then


@dataclass(frozen=True, slots=True)
class Checkout:
    """One commit: its revision (`main@sha1:…`), hash, subject line and files; no files when nothing is new."""

    revision: str
    commit: str
    subject: str = ""
    files: Mapping[str, bytes] | None = None


class Fetcher(Protocol):
    """Reads repositories. Blocks."""

    def fetch(self, request: Request) -> Checkout:
        """The commit that the request means now. Raises: GitError."""
        ...


class GitFetcher:
    """Reads repositories over http, https, ssh, and from local folders (`file:`)."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Credentials], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def fetch(self, request: Request) -> Checkout:
        try:
            if request.url.startswith("file://"):
                return self._local(request)
            return self._remote(request)
        except RefError as error:
            raise GitError(str(error)) from error
        except CredentialsError as error:
            raise GitError(f"failed to configure authentication options: {error}", "AuthenticationFailed") from error

    def _local(self, request: Request) -> Checkout:
        try:
            repo: Any = Repo(urlsplit(request.url).path)
        except (NotGitRepository, OSError) as error:
            raise GitError(f"unable to clone '{request.url}': repository not found: {error}") from error
        try:
            refs = {key: value for key, value in repo.get_refs().items() if value}
            choice = choose(refs, request.reference, request.url)
            return read_commit(repo, choice, request)
        finally:
            repo.close()

    def _remote(self, request: Request) -> Checkout:
        kept = self._keep((request.url, request.credentials))
        with kept.lock:
            choice = self._bring(kept, request)
            return read_commit(kept.repo, choice, request)

    def _keep(self, name: tuple[str, Credentials]) -> "_Kept":
        with self._lock:
            kept = self._kept.setdefault(name, _Kept())
            self._kept.move_to_end(name)
            while len(self._kept) > REPOSITORIES_KEPT:
                self._kept.popitem(last=False)
            return kept

    def _bring(self, kept: "_Kept", request: Request) -> Choice:
        """Fetch what the reference means, unless it is held."""
        pinned = request.reference.commit.encode()
        if kept.fetches >= COMMITS_KEPT or (pinned and pinned not in kept.repo.object_store):
            kept.repo, kept.fetches = MemoryRepo(), 0
        chosen: list[Choice] = []

        def wants(refs: Mapping[bytes, bytes], depth: int | None = None) -> Sequence[bytes]:
            known = {name: sha for name, sha in refs.items() if sha}
            choice = choose(known, request.reference, request.url)
            chosen.append(choice)
            if choice.sha.encode() in kept.repo.object_store:
                return []
            kept.fetches += 1
            return _heads(known, request.reference.branch) if pinned else [choice.sha.encode()]

        with transport_words(request):
            client, path = client_for(request.url, request.credentials, request.timeout_seconds)
            name = request.reference.name
            prefixes = [name.encode()] if name else [b"HEAD", b"refs/heads/", b"refs/tags/"]
            try:
                depth = None if pinned else 1
                client.fetch(path, kept.repo, determine_wants=wants, depth=depth, ref_prefix=prefixes)
            finally:
                hang_up(client)
        kept.repo.refs[LAST] = _commit_of(kept.repo, chosen[-1].sha).id
        return chosen[-1]


def _heads(refs: Mapping[bytes, bytes], branch: str) -> list[bytes]:
    """Where to look for a pinned commit: the branch, or all of them. Servers give only what they advertise."""
    named = refs.get(f"refs/heads/{branch}".encode()) if branch else None
    return [named] if named else sorted({sha for name, sha in refs.items() if name.startswith(b"refs/heads/")})


@dataclass(slots=True)
class _Kept:
    """What was brought from one address so far."""

    repo: Any = field(default_factory=MemoryRepo)
    fetches: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class transport_words:  # noqa: N801  # a context manager used like a function
    """Turn whatever the transport raises into upstream's words."""

    def __init__(self, request: Request) -> None:
        self._url = request.url
        self._act = "list remote for" if request.has_artifact else "clone"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is None or not isinstance(error, Exception) or isinstance(error, RefError | CredentialsError):
            return
        raise GitError(f"unable to {self._act} '{self._url}': {self._text(error)}") from error

    def _text(self, error: Exception) -> str:
        if isinstance(error, NotGitRepository):
            return "repository not found: "
        if isinstance(error, HTTPUnauthorized):
            return "authentication required: "
        if isinstance(error, SshError):
            return str(error)
        if isinstance(error, HangupException):
            return f"the server hung up: {error}"
        parts = urlsplit(self._url)
        asked = f'Get "{self._url.rstrip("/")}/info/refs?service=git-upload-pack"'
        text = str(error)
        if isinstance(error, GitProtocolError | urllib3.exceptions.HTTPError | OSError):
            address = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
            if "refused" in text:
                return f"{asked}: dial tcp {address}: connect: connection refused"
            if "timed out" in text:
                return f"{asked}: dial tcp {address}: i/o timeout"
            if "resolve" in text or "not known" in text:
                return f"{asked}: dial tcp: lookup {parts.hostname}: no such host"
            if "CERTIFICATE_VERIFY_FAILED" in text:
                return f"{asked}: tls: failed to verify certificate: x509: certificate signed by unknown authority"
            if "resp 403" in text:
                return "authorization failed: "
        return text or type(error).__name__


def _commit_of(repo: Any, sha: str) -> Commit:
    try:
        obj = repo[sha.encode()]
    except (KeyError, ValueError) as error:
        raise GitError(f"unable to resolve commit object for '{sha}': object not found") from error
    while isinstance(obj, Tag):
        obj = repo[obj.object[1]]
    if not isinstance(obj, Commit):
        raise GitError(f"unable to resolve commit object for '{sha}': it is a {obj.type_name.decode()}")
    return obj


def read_commit(repo: Any, choice: Choice, request: Request) -> Checkout:
    """The chosen commit out of *repo*, with its files unless they are known. Raises: GitError."""
    commit = _commit_of(repo, choice.sha)
    name = commit.id.decode()
    revision = choice.revision(name)
    subject = commit.message.decode(errors="replace").partition("\n")[0]
    if name == request.known:
        return Checkout(revision, name, subject)
    files: dict[str, bytes] = {}
    total = 0
    for entry in iter_tree_contents(repo.object_store, commit.tree):
        path = entry.path.decode(errors="replace")
        kind = entry.mode & 0o170000
        if kind == SUBMODULE and request.submodules:
            raise GitError(
                f"'{path}' is a submodule: spec.recurseSubmodules is not supported; use spec.include instead"
            )
        if kind != REGULAR or not _is_chosen(path, request.folders):
            continue
        data = repo.object_store[entry.sha].data
        total += len(data)
        if len(data) > FILE_LIMIT_BYTES or total > TREE_LIMIT_BYTES:
            raise GitError(f"'{path}' makes the tree larger than {TREE_LIMIT_BYTES} bytes; use spec.sparseCheckout")
        files[path] = data
    _check_folders(files, request.folders)
    return Checkout(revision, name, subject, files)


def _is_chosen(path: str, folders: Sequence[str]) -> bool:
    if not folders:
        return True
    return "/" not in path or any(path.startswith(f"{_bare(folder)}/") for folder in folders)


def _bare(folder: str) -> str:
    return folder.removeprefix("./").strip("/")


def _check_folders(files: Mapping[str, bytes], folders: Sequence[str]) -> None:
    for folder in folders:
        if not any(path.startswith(f"{_bare(folder)}/") for path in files):
            raise GitError(
                f"failed to sparse checkout directories : sparse checkout dir '{folder}' does not exist in repository: "
                f"lstat {_bare(folder)}: no such file or directory"
            )


__all__ = [
    "Checkout",
    "Credentials",
    "Fetcher",
    "GitError",
    "GitFetcher",
    "Reference",
    "Request",
    "read_commit",
    "transport_words",
    "without_ignored",
]
