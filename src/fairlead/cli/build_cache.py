"""What `fairlead kustomize build` printed, kept in ~/.cache/fairlead/builds.

A build is a function of what it asks the file system: which files there are, what they hold, where links lead. Each
entry keeps these questions with their answers, and counts only while every answer is still the same. An entry that is
damaged, or that others could have written, is not used. FAIRLEAD_BUILD_CACHE names another folder, "off" turns it off.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys

from fairlead.base.digests import sha256

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MAX_FILES = 400
_DIGEST_BYTES = 32
_SOURCES = ("engines/kustomize", "engines/merge", "base/yaml", "base")


class DiskLoader:
    """The file system, by absolute paths; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], Any] = {}
        self._folders: dict[str, str] = {}

    def resolve(self, path: str) -> str:
        """Return *path* without symbolic links."""
        folder, _, name = path.rpartition("/")
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder or "/")
        full = f"{real.rstrip('/')}/{name}"
        found = os.path.realpath(full) if os.path.islink(full) else full
        self.asked["resolve", path] = found
        return found

    def read(self, path: str) -> bytes:
        """Return the content of the file *path*. Raises: KustomizeError."""
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            from fairlead.engines.kustomize import KustomizeError

            raise KustomizeError(f"cannot read '{path}': {error.strerror}") from error
        self.asked["read", path] = sha256(data).digest()
        return data

    def is_file(self, path: str) -> bool:
        found = os.path.isfile(path)
        self.asked["is_file", path] = found
        return found

    def is_folder(self, path: str) -> bool:
        found = os.path.isdir(path)
        self.asked["is_folder", path] = found
        return found

    def list(self, path: str) -> Iterable[str]:
        """Return the names in a folder, sorted."""
        found = self.asked["list", path] = sorted(os.listdir(path))
        return found


def _is_same(loader: DiskLoader, question: str, path: str, answer: Any) -> bool:
    if question == "read":
        with open(path, "rb") as file:
            return bool(sha256(file.read()).digest() == answer)
    found: Any = getattr(loader, question)(path)
    return bool(found == answer)


def _folder() -> str | None:
    given = os.environ.get("FAIRLEAD_BUILD_CACHE", "")
    if given == "off":
        return None
    if given:
        return given
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "fairlead", "builds")


def _salt() -> bytes:
    """Return what an output depends on besides its files: this Python and the builder's own source."""
    state = sha256(sys.version.encode())
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for folder in _SOURCES:
        for entry in sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name):
            if entry.name.endswith(".py"):
                found = entry.stat()
                state.update(f"{folder}/{entry.name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return state.digest()


def _is_ours(path: str) -> bool:
    found = os.lstat(path)
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class BuildCache:
    """The kept output of one build."""

    def __init__(self, root: str, options: tuple[Any, ...]) -> None:
        self._path = ""
        folder = _folder()
        if folder is None:
            return
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            if _is_ours(folder):
                key = sha256(_salt() + repr((root, options)).encode()).hexdigest()
                self._path = os.path.join(folder, key)
        except OSError:
            return

    def find(self) -> tuple[int, bytes, tuple[str, ...]] | None:
        """Return exit code, output and messages, None when there is no entry or an answer has changed."""
        try:
            if not self._path or not _is_ours(self._path):
                return None
            with open(self._path, "rb") as file:
                data = file.read()
            body = memoryview(data)[_DIGEST_BYTES:]
            if sha256(body).digest() != data[:_DIGEST_BYTES]:
                return None
            asked, code, output, messages = marshal.loads(body)
            loader = DiskLoader()
            if all(_is_same(loader, question, path, answer) for (question, path), answer in asked.items()):
                return code, output, messages
        except (OSError, ValueError, EOFError, TypeError):
            return None
        return None

    def save(self, loader: DiskLoader, code: int, output: bytes, messages: tuple[str, ...]) -> None:
        """Keep what a build gave; what cannot be kept is no error."""
        if not self._path or not loader.asked:
            return
        try:
            body = marshal.dumps((loader.asked, code, output, messages))
            temporary = f"{self._path}.{os.getpid()}"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sha256(body).digest() + body)
            os.replace(temporary, self._path)
            self._trim()
        except OSError:
            return

    def _trim(self) -> None:
        entries = [entry for entry in os.scandir(os.path.dirname(self._path)) if entry.is_file()]
        if len(entries) > MAX_FILES:
            entries.sort(key=lambda entry: entry.stat().st_mtime)
            for entry in entries[: len(entries) - MAX_FILES]:
                os.unlink(entry.path)
