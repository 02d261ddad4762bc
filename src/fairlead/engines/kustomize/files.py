"""The files that one kustomization may read.

Source: kustomize api v0.21.2 internal/loader/fileloader.go, loadrestrictions.go; internal/git/repospec.go.
"""

from __future__ import annotations

import posixpath

from fairlead.engines.kustomize.errors import KustomizeError, MissingPathError, RemoteRefusedError
from fairlead.engines.kustomize.loader import Loader, is_below, is_url, join

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from fairlead.engines.kustomize.remote import Remote

DEPTH_LIMIT = 64
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_USER = _LETTERS | frozenset("0123456789-")
_SCHEMES = ("ssh://", "https://", "http://", "file://")


class Files:
    """The tree as seen from one folder, and the folders that led to it."""

    def __init__(
        self,
        loader: Loader,
        root: str,
        *,
        above: tuple[str, ...] = (),
        anywhere: bool = False,
        remote: Remote | None = None,
        checkout: str = "",
    ) -> None:
        """*remote* brings what lies elsewhere; nothing leads out of *checkout*, the folder of a repository."""
        self.loader = loader
        self.root = root
        self._above = above
        self._anywhere = anywhere
        self._remote = remote
        self._checkout = checkout

    def path(self, name: str) -> str:
        """Return the path of the file *name*. Raises: KustomizeError when it may not be read."""
        if is_url(name):
            if self._remote is not None:
                return name
            raise RemoteRefusedError(
                f"'{name}' is not loaded: remote files are not allowed here; keep a copy in the tree"
            )
        try:
            path = join(self.root, name)
        except KustomizeError:
            shown = posixpath.normpath(posixpath.join(self.root, name))
            raise KustomizeError(f"security; file '{shown}' is not in or below '{self.root}'") from None
        resolve = getattr(self.loader, "resolve", None)
        real = resolve(path) if resolve is not None else path
        if not self.loader.is_file(real):
            if self.loader.is_folder(real):
                raise KustomizeError(f"'{path}' must resolve to a file")
            raise self._missing(path)
        if not self._anywhere and not is_below(posixpath.dirname(real) or ".", self.root):
            raise KustomizeError(f"security; file '{path}' is not in or below '{self.root}'")
        return str(real)

    def read(self, name: str) -> bytes:
        """Return the content of the file *name*. Raises: KustomizeError."""
        path = self.path(name)
        if self._remote is not None and is_url(name):
            return self._remote.read(name)
        return self.loader.read(path)

    def below(self, name: str) -> Files:
        """Return the tree as seen from the folder *name*. Raises: KustomizeError."""
        if not name:
            raise KustomizeError("new root cannot be empty")
        if is_repository(name):
            return self._below_repository(name)
        if posixpath.isabs(name):
            raise KustomizeError(f"new root '{name}' cannot be absolute")
        if any(part.strip(".") and ".." in part for part in name.split("/")) or "..." in name:
            raise KustomizeError(
                f'path "{name}" is ambiguous: resolves to "{posixpath.normpath(name)}" after normalization, which is '
                "likely not the intended target; check for YAML indentation errors in your kustomization file"
            )
        path = join(self.root, name)
        resolve = getattr(self.loader, "resolve", None)
        real = str(resolve(path)) if resolve is not None else path
        if not self.loader.is_folder(real):
            if self.loader.is_file(real):
                raise KustomizeError(f"must build at directory: '{path}': file is not directory")
            missing = self._missing(path)
            raise KustomizeError(f"must build at directory: not a valid directory: {missing}") from missing
        for visited in (*self._above, self.root):
            if is_below(visited, real):
                raise KustomizeError(f"cycle detected: candidate root '{real}' contains visited root '{visited}'")
        if self._checkout and not is_below(real, self._checkout):
            raise KustomizeError(
                "security; bases in kustomizations found in cloned git repos must be within the repo, "
                f"but base '{real}' is outside '{self._checkout}'"
            )
        return self._next(real, self._checkout, self.root)

    def _below_repository(self, name: str) -> Files:
        """Return the tree as seen from the folder of a repository. Raises: KustomizeError."""
        if self._remote is None:
            raise RemoteRefusedError(
                f"'{name}' is not loaded: remote repositories are not allowed here; vendor it into the tree"
            )
        from fairlead.engines.kustomize.remote import parse_repository

        if name in self._above:
            raise KustomizeError(f"cycle detected: URI '{name}' referenced by previous URI '{self._above[-1]}'")
        repository = parse_repository(name)
        checkout = self._remote.check_out(repository)
        root = posixpath.normpath(posixpath.join(checkout, repository.path))
        resolve = getattr(self.loader, "resolve", None)
        real = str(resolve(root)) if resolve is not None else root
        if not self.loader.is_folder(real) or not is_below(real, checkout):
            raise KustomizeError(f"'{name}' has no folder '{repository.path}' in the repository")
        return self._next(real, checkout, name)

    def _missing(self, path: str) -> MissingPathError:
        """Return the error for a *path* that leads nowhere; it names the first part that is not there."""
        part = path
        above = posixpath.dirname(part)
        while above not in ("", "/") and not self.loader.is_folder(above) and not self.loader.is_file(above):
            part, above = above, posixpath.dirname(above)
        what = "not a directory" if above and self.loader.is_file(above) else "no such file or directory"
        return MissingPathError(f"evalsymlink failure on '{path}' : lstat {part}: {what}", part)

    def _next(self, root: str, checkout: str, visited: str) -> Files:
        if len(self._above) >= DEPTH_LIMIT:
            raise KustomizeError(f"overlays are nested more than {DEPTH_LIMIT} deep at '{root}'")
        return Files(
            self.loader,
            root,
            above=(*self._above, visited),
            anywhere=self._anywhere,
            remote=self._remote,
            checkout=checkout,
        )


def is_repository(name: str) -> bool:
    """Whether kustomize takes *name* for a git repository."""
    if posixpath.isabs(name):
        return False
    rest = name.partition("?")[0]
    if rest.lower().startswith("git::"):
        rest = rest[5:]
    scheme = next((known for known in _SCHEMES if rest.lower().startswith(known)), "")
    rest = rest[len(scheme) :]
    user, at_sign, after = rest.partition("@")
    has_user = bool(at_sign) and user[:1] in _LETTERS and _USER.issuperset(user)
    if has_user:
        rest = after
    is_github = rest.lower().startswith(("github.com/", "github.com:"))
    if not scheme and not has_user and not is_github:
        return False
    if scheme == "file://":
        return bool(rest)
    at = rest.find("/")
    if not scheme:
        colon = rest.find(":")
        if at < 0 or 0 < colon < at:
            at = colon
    if at < 0:
        return False
    path = rest[at + 1 :]
    return any(mark in path for mark in ("_git/", "//", ".git")) or path.count("/") >= 1
