"""The Git server of the Flux recordings, in memory: repositories by name, and a fetcher that reads them.

Commits are made with the recordings' author, dates and messages, so that their hashes are the recorded ones.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from dulwich.client import HTTPUnauthorized
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.object_store import commit_tree_changes
from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import MemoryRepo

from fairlead.controllers.flux.git.fetching import Checkout, GitError, Request, read_commit, transport_words
from fairlead.controllers.flux.git.refs import RefError, choose

AUTHOR = b"demo <demo@example.com>"
LOGIN = ("reader", "right-pass")
DEAD_PORT = 9


class RecordedGit:
    """The repositories of one scenario. Implements `fairlead.controllers.flux.git.fetching.Fetcher`."""

    def __init__(self) -> None:
        self._repositories: dict[str, MemoryRepo] = {}
        self._counts: dict[str, int] = {}

    def commit(self, repository: str, branch: str, write: dict[str, str], delete: list[str]) -> str:
        """Make the next commit of *repository* on *branch*; returns its hash."""
        repo = self._repositories.setdefault(repository, MemoryRepo())
        number = self._counts[repository] = self._counts.get(repository, 0) + 1
        ref = Ref(f"refs/heads/{branch}".encode())
        heads = [ref, Ref(b"refs/heads/main")]
        parent = next((repo.refs[name] for name in heads if name in repo.refs), None)
        tree = repo[repo[parent].tree] if parent is not None else Tree()
        changes: list[tuple[bytes, int | None, Any]] = []
        for path, text in write.items():
            blob = Blob.from_string(text.encode())
            repo.object_store.add_object(blob)
            changes.append((path.encode(), 0o100644, blob.id))
        changes += [(path.encode(), None, None) for path in delete]
        commit = Commit()
        if parent is None:
            repo.object_store.add_object(tree)
        commit.tree = commit_tree_changes(repo.object_store, tree, changes)
        commit.parents = [parent] if parent is not None else []
        commit.author = commit.committer = AUTHOR
        commit.author_time = commit.commit_time = int(datetime(2026, 1, 1, 0, number, tzinfo=UTC).timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = f"commit {number}\n".encode()
        repo.object_store.add_object(commit)
        repo.refs[ref] = ObjectID(commit.id)
        return str(commit.id.decode())

    def fetch(self, request: Request) -> Checkout:
        """What the recorded server would have answered. Raises: GitError."""
        with transport_words(request):
            repo = self._find(request)
        try:
            choice = choose(dict(repo.get_refs()), request.reference, request.url)
        except RefError as error:
            raise GitError(str(error)) from error
        return read_commit(repo, choice, request)

    def _find(self, request: Request) -> MemoryRepo:
        parts = urlsplit(request.url)
        if parts.port == DEAD_PORT:
            raise GitProtocolError("connection refused")
        name = re.sub(r"\.git$", "", parts.path.strip("/"))
        given = (request.credentials.username, request.credentials.password)
        if name.startswith("private/") and given != LOGIN:
            raise HTTPUnauthorized("Basic", request.url)
        repo = self._repositories.get(name)
        if repo is None:
            raise NotGitRepository
        return repo
