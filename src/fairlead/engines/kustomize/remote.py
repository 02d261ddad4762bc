"""Files and bases that lie elsewhere: how their addresses are read, and what brings them where that is allowed.

Source: kustomize api v0.21.2 internal/git/repospec.go, internal/loader/fileloader.go.
"""

from __future__ import annotations

import posixpath

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.files import is_repository

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import NamedTuple as Record
    from typing import Protocol
else:
    from fairlead.base.records import Record

    Protocol = object


class Remote(Protocol):
    """What brings remote files and repositories; a build that is not given one refuses them."""

    def read(self, url: str) -> bytes:
        """Return what is at *url*. Raises: KustomizeError."""

    def check_out(self, repository: Repository) -> str:
        """Return the folder, as the build's loader names it, that holds *repository*. Raises: KustomizeError."""


class Repository(Record):
    """A repository, a revision in it ("" is its head), and the folder of the kustomization in it."""

    url: str
    ref: str
    path: str
    submodules: bool


def parse_repository(name: str) -> Repository:
    """Read the address *name* of a base. Raises: KustomizeError when it is none, or leads out of the repository."""
    if not is_repository(name):
        raise KustomizeError(f"'{name}' is not the address of a repository")
    address, _, query = name.partition("?")
    if address.lower().startswith("git::"):
        address = address[5:]
    host, rest = _split_host(address)
    path, folder = _split_path(rest, 0 if host.lower().startswith("file://") else 2)
    folder = folder.strip("/")
    if folder and posixpath.normpath(folder).split("/")[0] == "..":
        raise KustomizeError(f"url path exits repo: {name}")
    options = _options(query)
    submodules = options.get("submodules", "").lower() not in ("false", "f", "0")
    return Repository(f"{host}{path}", options.get("ref") or options.get("version", ""), folder, submodules)


def _split_host(address: str) -> tuple[str, str]:
    """Return the part of *address* up to the path of the repository, and the rest."""
    scheme, separator, rest = address.partition("://")
    scheme = f"{scheme}{separator}" if separator else ""
    rest = rest if separator else address
    if scheme.lower() == "file://":
        return scheme, rest
    user, at_sign, after = rest.partition("@")
    lower = (after if at_sign else rest).lower()
    if lower.startswith(("github.com/", "github.com:")):
        path = (after if at_sign else rest)[len("github.com/") :]
        by_ssh = at_sign or scheme.lower() == "ssh://"
        return (f"{user or 'git'}@github.com:" if by_ssh else "https://github.com/"), path
    end = rest.find("/")
    if not scheme:
        colon = rest.find(":")
        end = colon if end < 0 or 0 < colon < end else end
    return f"{scheme}{rest[: end + 1]}", rest[end + 1 :]


def _split_path(path: str, segments: int) -> tuple[str, str]:
    """Return the repository and the folder in it; without a mark, the first *segments* are the repository, 0 is all."""
    at = path.find("_git/")
    if at >= 0:
        name, _, folder = path[at + 5 :].partition("/")
        return path[: at + 5] + name, folder
    at = path.find("//")
    if at >= 0:
        return path[:at], path[at + 2 :]
    at = path.find(".git")
    if at >= 0:
        return path[: at + 4], path[at + 4 :]
    parts = path.split("/")
    if not segments:
        return path, ""
    return "/".join(parts[:segments]), "/".join(parts[segments:])


def _options(query: str) -> dict[str, str]:
    from urllib.parse import unquote_plus

    found: dict[str, str] = {}
    for part in query.split("&"):
        key, _, value = part.partition("=")
        found.setdefault(key, unquote_plus(value))
    return found
