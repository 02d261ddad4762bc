"""Artifacts: the trees that sources give to those who apply them, held by digest.

A tree is a mapping of paths to bytes. It is kept in memory for readers in this process, and as a reproducible archive
whose checksum is the artifact's digest. Source: Flux source API v1, artifact fields.
"""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fairlead.base.objects import Json
from fairlead.engines.kustomize import MemoryLoader
from fairlead.runtime.clock import timestamp

Tree = Mapping[str, bytes]
KEPT = 64


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
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(tree):
            info = tarfile.TarInfo(path)
            info.size = len(tree[path])
            info.mode = 0o644
            tar.addfile(info, io.BytesIO(tree[path]))
    return gzip.compress(buffer.getvalue(), compresslevel=6, mtime=0)


class ArtifactStore:
    """The artifacts of one process."""

    def __init__(self, base_url: str = "http://source-controller.flux-system.svc.cluster.local.") -> None:
        self.base_url = base_url
        self._trees: dict[str, Tree] = {}
        self._archives: dict[str, bytes] = {}
        self._loaders: dict[str, MemoryLoader] = {}

    def put(self, kind: str, namespace: str, name: str, revision: str, tree: Tree, now: datetime) -> Artifact:
        """Keep *tree* as a revision of a source."""
        data = archive(tree)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        short = revision.rpartition(":")[2] or digest.rpartition(":")[2]
        path = f"{kind.lower()}/{namespace}/{name}/{short}.tar.gz"
        self._trees.pop(digest, None)
        self._trees[digest] = dict(tree)
        self._archives[path] = data
        while len(self._trees) > KEPT:
            oldest = next(iter(self._trees))
            del self._trees[oldest]
            self._loaders.pop(oldest, None)
        while len(self._archives) > KEPT:
            self._archives.pop(next(iter(self._archives)))
        return Artifact(revision, digest, path, len(data), now)

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
