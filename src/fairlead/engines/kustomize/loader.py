"""Where an overlay's files come from; the engine itself reads nothing."""

from __future__ import annotations

import posixpath

from fairlead.engines.kustomize.errors import KustomizeError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Protocol
else:
    Protocol = object

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Loader(Protocol):
    """A tree of files with `/`-separated paths: absolute ones, or relative to the tree's root, which is `.`."""

    def read(self, path: str) -> bytes:
        """Raises: KustomizeError when there is no such file."""

    def is_file(self, path: str) -> bool: ...

    def is_folder(self, path: str) -> bool: ...

    def list(self, path: str) -> Iterable[str]:
        """The names in a folder, sorted."""


class MemoryLoader:
    """Files held in memory, by path."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {posixpath.normpath(path): data for path, data in files.items()}
        self._folders: dict[str, set[str]] = {".": set()}
        for path in self._files:
            here = path
            while here not in (".", "/"):
                parent = posixpath.dirname(here) or "."
                known = self._folders.setdefault(parent, set())
                name = posixpath.basename(here)
                if name in known:
                    break
                known.add(name)
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
    """*path* as seen from the folder *base*. Raises: KustomizeError when it leaves a relative tree."""
    joined = posixpath.normpath(posixpath.join(base, path))
    if not posixpath.isabs(base) and (joined.startswith("..") or posixpath.isabs(joined)):
        raise KustomizeError(f"'{path}' lies outside the tree that '{base}' belongs to")
    return joined


def is_below(path: str, root: str) -> bool:
    """Whether *path* is *root* or in it."""
    return root in (".", "/") or path == root or path.startswith(f"{root}/")


def is_url(path: str) -> bool:
    """Whether *path* is fetched over HTTP."""
    scheme, colon, _ = path.partition(":")
    return bool(colon) and scheme.lower() in ("http", "https")
