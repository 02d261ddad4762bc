"""The index of a Helm repository: which charts it has, and which version a range asks for. Pure but for the cache.

Source: Helm v4.3 pkg/repo/v1/index.go, source-controller v1.9 internal/helm/repository/chart_repository.go.
"""

import weakref
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, ClassVar
from urllib.parse import urljoin

from fairlead.base import yaml as goyaml
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.engines.semver import Version, parse_constraint, parse_version

CACHED = 32
MAX_VERSIONS = 1_000_000


class NoSuchChartError(Exception):
    """The index cannot be read, or has no such chart or version; the text is upstream's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a chart."""

    name: str
    version: str
    url: str
    digest: str = ""


class Index:
    """A repository's charts, newest version first."""

    def __init__(self, entries: Mapping[str, tuple[Entry, ...]]) -> None:
        self._entries = entries

    def choose(self, name: str, wanted: str) -> Entry:
        """The newest version of *name* in the range *wanted*. Raises: NoSuchChartError."""
        entries = self._entries.get(name)
        if not entries:
            raise NoSuchChartError(f"no '{name}' chart with version matching '{wanted}' found")
        exact = next((entry for entry in entries if entry.version == wanted), None)
        if exact is not None:
            return exact
        try:
            constraint = parse_constraint(wanted or "*")
        except ValueError as error:
            raise NoSuchChartError(str(error)) from error
        for entry in entries:
            version = _version(entry.version)
            if version is not None and constraint.check(version):
                if not entry.url:
                    raise NoSuchChartError(f"no downloadable URLs for chart '{name}' with version '{entry.version}'")
                return entry
        raise NoSuchChartError(f"no '{name}' chart with version matching '{wanted}' found")


def parse_index(data: bytes) -> Index:
    """Read `index.yaml`. Raises: NoSuchChartError."""
    try:
        found = goyaml.load(data)
    except goyaml.YamlError as error:
        raise NoSuchChartError(f"error converting YAML to JSON: {error.go_text}") from error
    if not isinstance(found, dict):
        raise NoSuchChartError("empty index.yaml file")
    if not found.get("apiVersion"):
        raise NoSuchChartError("no API version specified")
    entries: dict[str, tuple[Entry, ...]] = {}
    count = 0
    for name, versions in (found.get("entries") or {}).items():
        read = [_entry(item) for item in versions or () if isinstance(item, dict)]
        count += len(read)
        if count > MAX_VERSIONS:
            raise NoSuchChartError(f"index has more than {MAX_VERSIONS} chart versions")
        entries[str(name)] = tuple(sorted(read, key=cmp_to_key(_newest_first)))
    return Index(entries)


def _entry(item: Mapping[str, Any]) -> Entry:
    urls = item.get("urls") or [""]
    return Entry(str(item.get("name", "")), str(item.get("version", "")), str(urls[0]), str(item.get("digest") or ""))


def _version(text: str) -> Version | None:
    try:
        return parse_version(text)
    except ValueError:
        return None


def _newest_first(one: Entry, other: Entry) -> int:
    mine, theirs = _version(one.version), _version(other.version)
    if mine is None or theirs is None:
        return (mine is None) - (theirs is None)
    return theirs.compare(mine)


def chart_url(repository: str, relative: str) -> str:
    """Where a chart lies: its URL in the index may be relative to the repository's."""
    base = repository if repository.endswith("/") else f"{repository}/"
    return urljoin(base, relative)


class Indexes:
    """Parsed indexes by digest, shared by those who share an artifact store."""

    _shared: ClassVar["weakref.WeakKeyDictionary[ArtifactStore, Indexes]"] = weakref.WeakKeyDictionary()

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = weakref.ref(artifacts)
        self._parsed: OrderedDict[str, Index] = OrderedDict()

    @classmethod
    def of(cls, artifacts: ArtifactStore) -> "Indexes":
        """The indexes that belong to *artifacts*."""
        found = cls._shared.get(artifacts)
        if found is None:
            found = cls._shared[artifacts] = cls(artifacts)
        return found

    def get(self, digest: str) -> Index | None:
        """The index in an artifact, or None when that is not kept (any more)."""
        known = self._parsed.get(digest)
        if known is not None:
            return known
        artifacts = self._artifacts()
        tree = artifacts.tree(digest) if artifacts is not None else None
        if tree is None:
            return None
        return self.keep(digest, parse_index(next(iter(tree.values()))))

    def keep(self, digest: str, index: Index) -> Index:
        """Remember a parsed index."""
        self._parsed[digest] = index
        if len(self._parsed) > CACHED:
            self._parsed.popitem(last=False)
        return index
