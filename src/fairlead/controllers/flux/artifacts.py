"""Artifacts: the trees that sources give to those who apply them, held by digest.

A tree is a mapping of paths to bytes. It is kept in memory for readers in this process, and as a reproducible archive
whose checksum is the artifact's digest. Of each source the last two revisions are kept, so that a reader who is behind
still finds its tree. After a restart nothing is held: sources bring their trees again, and `arrivals` tells.

Source: Flux source API v1, artifact fields.
"""

import asyncio
import gzip
import hashlib
import tarfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from fairlead.base.objects import Json
from fairlead.engines.kustomize import MemoryLoader
from fairlead.runtime.clock import timestamp

Tree = Mapping[str, bytes]
KEPT = 2
BLOCK, NAME_BYTES = 512, 100


@dataclass(frozen=True, slots=True)
class Artifact:
    """One revision of a source."""

    revision: str
    digest: str  # sha256:<hex> of the archive
    path: str  # gitrepository/<namespace>/<name>/<commit>.tar.gz
    size: int
    updated: datetime

    def status(self, base_url: str) -> Json:
        """`status.artifact`."""
        return {
            "path": self.path,
            "url": f"{base_url}/{self.path}",
            "revision": self.revision,
            "digest": self.digest,
            "lastUpdateTime": timestamp(self.updated),
            "size": self.size,
        }


def archive(tree: Tree) -> bytes:
    """A gzipped tar of *tree* that depends on nothing but its content."""
    parts: list[bytes] = []
    for path in sorted(tree):
        data = tree[path]
        parts += (_header(path, len(data)), data, b"\0" * (-len(data) % BLOCK))
    parts.append(b"\0" * (2 * BLOCK))
    return gzip.compress(b"".join(parts), compresslevel=1, mtime=0)


def _header(path: str, size: int) -> bytes:
    """A file's tar header: written here, since `tarfile` takes longer for a tree than all the rest."""
    name = path.encode()
    if len(name) > NAME_BYTES or size >= 1 << 33:
        info = tarfile.TarInfo(path)
        info.size, info.mode = size, 0o644
        return info.tobuf(tarfile.PAX_FORMAT)
    start = b"%b0000644\x000000000\x000000000\x00%011o\x0000000000000\x00" % (name.ljust(NAME_BYTES, b"\0"), size)
    end = (b"0".ljust(101, b"\0") + b"ustar\x0000").ljust(BLOCK - len(start) - 8, b"\0")
    total = sum(start) + sum(end) + 8 * 32
    return b"%b%06o\0 %b" % (start, total, end)


@dataclass(frozen=True, slots=True)
class _Held:
    digest: str
    path: str


class ArtifactStore:
    """The artifacts of one process."""

    def __init__(self, base_url: str = "http://source-controller.flux-system.svc.cluster.local.") -> None:
        self.base_url = base_url
        self._trees: dict[str, Tree] = {}
        self._archives: dict[str, bytes] = {}
        self._loaders: dict[str, MemoryLoader] = {}
        self._held: dict[tuple[str, str, str], list[_Held]] = {}
        self._listeners: list[asyncio.Queue[str]] = []

    def put(
        self,
        kind: str,
        namespace: str,
        name: str,
        revision: str,
        tree: Tree,
        now: datetime,
        data: bytes | None = None,
        file: str = "",
    ) -> Artifact:
        """Keep *tree* as a revision of a source; *data* is its archive, where it was made already, *file* its name."""
        data = data if data is not None else archive(tree)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        short = revision.rpartition(":")[2] or digest.rpartition(":")[2]
        path = f"{kind.lower()}/{namespace}/{name}/{file or f'{short}.tar.gz'}"
        source = (kind, namespace, name)
        held = [other for other in self._held.get(source, []) if (other.digest, other.path) != (digest, path)]
        self._trees.setdefault(digest, dict(tree))
        self._archives[path] = data
        self._held[source] = [*held, _Held(digest, path)]
        self._drop(self._held[source][:-KEPT])
        self._held[source] = self._held[source][-KEPT:]
        for listener in self._listeners:
            listener.put_nowait(digest)
        return Artifact(revision, digest, path, len(data), now)

    def remove(self, kind: str, namespace: str, name: str) -> bool:
        """Forget a source; whether anything of it was held."""
        held = self._held.pop((kind, namespace, name), [])
        self._drop(held)
        return bool(held)

    def _drop(self, gone: list[_Held]) -> None:
        needed = {held for all_held in self._held.values() for held in all_held if held not in gone}
        digests, paths = {held.digest for held in needed}, {held.path for held in needed}
        for held in gone:
            if held.digest not in digests:
                self._trees.pop(held.digest, None)
                self._loaders.pop(held.digest, None)
            if held.path not in paths:
                self._archives.pop(held.path, None)

    async def arrivals(self) -> AsyncIterator[str]:
        """The digests of artifacts as they come to be held, without end."""
        listener: asyncio.Queue[str] = asyncio.Queue()
        self._listeners.append(listener)
        try:
            while True:
                yield await listener.get()
        finally:
            self._listeners.remove(listener)

    def tree(self, digest: str) -> Tree | None:
        """The files of an artifact, or None when it is not kept (any more)."""
        return self._trees.get(digest)

    def loader(self, digest: str) -> MemoryLoader | None:
        """The files of an artifact as kustomize reads them, or None when it is not kept (any more)."""
        tree = self._trees.get(digest)
        if tree is None:
            return None
        if digest not in self._loaders:
            self._loaders[digest] = MemoryLoader(tree)
        return self._loaders[digest]

    def archive(self, path: str) -> bytes | None:
        """The archive that an artifact's URL names."""
        return self._archives.get(path)
