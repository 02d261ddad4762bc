"""The lab's Git repository on disk: bare, one branch to start with, opened afresh by whoever reads it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from dulwich.errors import FileFormatException, NotGitRepository
from dulwich.index import commit_tree
from dulwich.objects import Blob, Commit, valid_hexsha
from dulwich.repo import Repo

BRANCHES = b"refs/heads/"
BRANCH = BRANCHES + b"main"
AUTHOR = b"Fairlead <lab@fairlead.invalid>"
FILE_LIMIT = 20_000
EXECUTABLE, PLAIN = 0o100755, 0o100644


class RepositoryError(Exception):
    """The repository cannot be made; the text names the folder and the cause."""


def read_tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """The files below *folder* by their relative path: content and Git mode. Links and `.git` are left out.

    Raises: RepositoryError.
    """
    found: dict[str, tuple[bytes, int]] = {}
    try:
        for root, folders, names in os.walk(folder, onerror=_raise):
            folders[:] = sorted(name for name in folders if name != ".git")
            for name in sorted(names):
                path = Path(root, name)
                mode = path.lstat().st_mode
                if not stat.S_ISREG(mode):
                    continue
                if len(found) >= FILE_LIMIT:
                    raise RepositoryError(f"cannot read the fleet in '{folder}': it has more than {FILE_LIMIT} files")
                git_mode = EXECUTABLE if mode & stat.S_IXUSR else PLAIN
                found[path.relative_to(folder).as_posix()] = (path.read_bytes(), git_mode)
    except OSError as error:
        raise RepositoryError(f"cannot read the fleet in '{folder}': {error.strerror}: '{error.filename}'") from error
    return found


def _raise(error: OSError) -> None:
    raise error


def prepare(folder: Path, files: Mapping[str, tuple[bytes, int]], now: datetime) -> bool:
    """Open the repository in *folder*, or make it with *files* as its first commit; returns whether it was made.

    Locks that a killed process left are removed: nobody else writes here. A repository whose first commit is missing
    (the process ended in between) is completed. Raises: RepositoryError.
    """
    try:
        if (folder / "HEAD").is_file():
            for pattern in ("*.lock", "refs/**/*.lock"):
                for lock in folder.glob(pattern):
                    lock.unlink()
            repo = Repo(str(folder))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            repo = Repo.init_bare(str(folder), default_branch=b"main")
        with repo:
            if any(True for ref in repo.refs.allkeys() if ref != b"HEAD"):
                _check_branches(repo)
                return False
            _commit_first(repo, files, now)
            return True
    except (OSError, ValueError, KeyError, NotGitRepository, FileFormatException) as error:
        raise RepositoryError(
            f"cannot open the Git repository in '{folder}': {_cause(error)}; "
            f"repair it (`git -C {folder} fsck` names what is wrong) or put a copy back, for example a bare clone"
        ) from error


def _check_branches(repo: Repo) -> None:
    """Raises: KeyError, ValueError, FileFormatException for a branch whose newest commit cannot be read."""
    for name in repo.refs.subkeys(BRANCHES):
        value = repo.refs[BRANCHES + name]
        if not valid_hexsha(value):
            raise ValueError(f"its branch {name.decode(errors='replace')!r} points at {value!r}, which is no commit")
        commit = repo[value]
        if isinstance(commit, Commit):
            repo.object_store[commit.tree]


def _cause(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks the object {error.args[0]!r}"
    return str(error)


def _commit_first(repo: Repo, files: Mapping[str, tuple[bytes, int]], now: datetime) -> None:
    blobs = []
    for path, (data, mode) in sorted(files.items()):
        blob = Blob.from_string(data)
        repo.object_store.add_object(blob)
        blobs.append((path.encode(), blob.id, mode))
    commit = Commit()
    commit.tree = commit_tree(repo.object_store, blobs)
    commit.author = commit.committer = AUTHOR
    commit.author_time = commit.commit_time = int(now.timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = b"UTF-8"
    commit.message = b"Add the fleet\n"
    repo.object_store.add_object(commit)
    repo.refs[BRANCH] = commit.id
