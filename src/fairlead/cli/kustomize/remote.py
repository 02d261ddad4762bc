"""What `fairlead kustomize build --enable-remote` brings: files by HTTP, repositories with the git at hand."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING, Self

from fairlead.engines.kustomize import KustomizeError

if TYPE_CHECKING:
    from fairlead.engines.kustomize.remote import Repository

TIMEOUT_S = 27
LARGEST_BYTES = 64 * 1024 * 1024
_PROTOCOLS = "file:git:http:https:ssh"


class NetworkRemote:
    """Repositories are checked out below a folder that is removed at the end, each once."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="fairlead-kustomize-")
        self._known: dict[tuple[str, str, bool], str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.cleanup()

    def read(self, url: str) -> bytes:
        """Return what is at *url*. Raises: KustomizeError."""
        from urllib.request import urlopen

        try:
            with urlopen(url, timeout=TIMEOUT_S) as response:
                data: bytes = response.read(LARGEST_BYTES + 1)
        except (OSError, ValueError) as error:
            raise KustomizeError(f"cannot load '{url}': {error}") from error
        if len(data) > LARGEST_BYTES:
            raise KustomizeError(f"cannot load '{url}': it is larger than {LARGEST_BYTES} bytes")
        return data

    def check_out(self, repository: Repository) -> str:
        """Return the folder with *repository*. Raises: KustomizeError."""
        key = repository.url, repository.ref, repository.submodules
        if key not in self._known:
            folder = os.path.realpath(os.path.join(self._scratch.name, str(len(self._known))))
            os.mkdir(folder)
            _git(folder, "init", "--quiet")
            _git(folder, "fetch", "--quiet", "--depth=1", "--", repository.url, repository.ref or "HEAD")
            _git(folder, "checkout", "--quiet", "FETCH_HEAD")
            if repository.submodules:
                _git(folder, "submodule", "--quiet", "update", "--init", "--recursive")
            self._known[key] = folder
        return self._known[key]


def _git(folder: str, *words: str) -> None:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": _PROTOCOLS}
    shown = " ".join(word for word in words if word not in ("--quiet", "--"))
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise KustomizeError(f"failed to run 'git {shown}': there is no git on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise KustomizeError(f"hit {TIMEOUT_S}s timeout running 'git {shown}'") from error
    if done.returncode:
        raise KustomizeError(f"failed to run 'git {shown}': {done.stderr.strip()}: exit status {done.returncode}")
