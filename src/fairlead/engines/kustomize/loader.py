"""Where an overlay's files come from; the engine itself reads nothing."""

import posixpath
from collections.abc import Iterable, Mapping
from typing import Protocol

from fairlead.engines.kustomize.errors import KustomizeError

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Loader(Protocol):
    """A tree of files. Paths are `/`-separated and relative to its root; the root itself is `.`."""

    def read(self, path: str) -> bytes:
        """Raises: KustomizeError when there is no such file."""
        ...

    def is_file(self, path: str) -> bool: ...

    def is_folder(self, path: str) -> bool: ...

    def list(self, path: str) -> Iterable[str]:
        """The names in a folder, sorted."""
        ...


class MemoryLoader:
    """Files held in memory, by path."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {posixpath.normpath(path): data for path, data in files.items()}
        self._folders: dict[str, set[str]] = {".": set()}
        for path in self._files:
            here = path
            while here != ".":
                parent = posixpath.dirname(here) or "."
                self._folders.setdefault(parent, set()).add(posixpath.basename(here))
                here = parent

    def read(self, path: str) -> bytes:
        try:
            return self._files[posixpath.normpath(path)]
        except KeyError:
            raise KustomizeError(f"no such file: '{path}'") from None

    def is_file(self, path: str) -> bool:
        return posixpath.normpath(path) in self._files

    def is_folder(self, path: str) -> bool:
        return posixpath.normpath(path) in self._folders

    def list(self, path: str) -> Iterable[str]:
        return sorted(self._folders.get(posixpath.normpath(path), ()))


def join(base: str, path: str) -> str:
    """*path* as seen from the folder *base*. Raises: KustomizeError when it leaves the tree."""
    joined = posixpath.normpath(posixpath.join(base, path))
    if joined.startswith("..") or posixpath.isabs(joined):
        raise KustomizeError(f"'{path}' lies outside the tree that '{base}' belongs to")
    return joined


def kustomization_of(loader: Loader, folder: str) -> str:
    """The path of the folder's kustomization file. Raises: KustomizeError when it has none, or several."""
    found = [path for name in FILE_NAMES if loader.is_file(path := join(folder, name))]
    if not found:
        names = "', '".join(FILE_NAMES[:2])
        raise KustomizeError(f"unable to find one of '{names}' or '{FILE_NAMES[2]}' in directory '{folder}'")
    if len(found) > 1:
        raise KustomizeError(f"Found multiple kustomization files under: {folder}")
    return found[0]
