"""A chart repository's index: which versions of a chart there are, and where.

Source: Helm v4.3 pkg/repo/v1/index.go, chartrepo.go; internal/resolver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from fairlead.base import gojson, yaml
from fairlead.engines import semver
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.errors import ChartError, DependencyError
from fairlead.engines.helm.metadata import Dependency

MAX_INDEX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a chart in an index."""

    name: str
    version: str
    urls: tuple[str, ...]
    digest: str = ""


class Index:
    """The charts of a repository; versions newest first. `warnings` are what was noticed, as Helm logs it."""

    def __init__(self, entries: dict[str, list[Entry]], warnings: Sequence[str] = ()) -> None:
        self.entries = entries
        self.warnings = list(warnings)

    def get(self, name: str, version: str) -> Entry:
        """Return the entry for a version, a range, or "" for the newest that is no prerelease.

        Raises:
            ChartError: there is none.
        """
        found = self.entries.get(name)
        if found is None:
            raise ChartError("no chart name found")
        if not found:
            raise ChartError("no chart version found")
        best = self.best(name, version or "*", with_urls=False)
        for entry in found if version else ():
            if entry.version == version:
                return entry
        if best is None:
            raise ChartError(f"no chart version found for {name}-{version}")
        if version and not _is_range(version):
            self.warnings.append(
                'level=WARN msg="unable to find exact version requested; falling back to closest available version" '
                f"chart={name} requested={version} selected={best.version}"
            )
        return best

    def best(self, name: str, constraint: str, *, with_urls: bool = True) -> Entry | None:
        """Return the newest version that satisfies *constraint*, of those that can be fetched.

        Raises:
            ChartError: the constraint does not parse.
        """
        try:
            parsed = semver.parse_constraint(constraint)
        except semver.SemverError as error:
            raise ChartError(str(error)) from None
        for entry in self.entries.get(name, ()):
            if with_urls and not entry.urls:
                continue
            if semver.is_version(entry.version) and parsed.check(semver.parse_version(entry.version)):
                return entry
        return None


def _is_range(version: str) -> bool:
    """Report whether a version stands for several (Helm: isVersionRange)."""
    if any(char in version for char in "^~<>=!*") or "||" in version or " - " in version:
        return True
    core = version.replace("+", "-").partition("-")[0]
    return "x" in core or "X" in core


def parse_index(data: bytes, source: str) -> Index:
    """Return the index in *data*.

    Raises:
        ChartError: it is none.
    """
    if not data:
        raise ChartError("empty index.yaml file")
    if len(data) > MAX_INDEX_BYTES:
        raise ChartError(f"error loading {source}: an index of more than {MAX_INDEX_BYTES} bytes")
    try:
        content = yaml.load(data, source=source)
    except yaml.YamlError as error:
        raise ChartError(f"error converting YAML to JSON: {error.go_text}") from error
    if content is not None and not isinstance(content, dict):
        kind = {str: "string", bool: "bool", list: "array"}.get(type(content), "number")
        raise ChartError(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
            f"{kind} into Go value of type repo.IndexFile"
        )
    if not content or not content.get("apiVersion"):
        raise ChartError("no API version specified")
    found: dict[str, list[Entry]] = {}
    warnings: list[str] = []
    listed = content.get("entries") or {}
    if not isinstance(listed, dict) or not all(isinstance(versions or [], list) for versions in listed.values()):
        raise ChartError(f"error loading {source}: its entries are no lists of chart versions by name")
    for name, versions in listed.items():
        entries = []
        for item in reversed(versions or ()):
            if not isinstance(item, dict):
                warnings.append(
                    'level=WARN msg="skipping loading invalid entry for chart: empty entry" '
                    f"name={name} source={source}"
                )
                continue
            entry, problem = _entry(item), _problem(item)
            if problem:
                warnings.append(
                    f'level=WARN msg="skipping loading invalid entry for chart" name={name} '
                    f"version={entry.version or quote('')} source={source} error={quote('validation: ' + problem)}"
                )
            else:
                entries.append(entry)
        found[name] = sorted(entries, key=cmp_to_key(_newest_first))
    return Index(found, warnings)


def _problem(item: dict[str, Any]) -> str:
    """Return why an entry is left out; "" when it is not."""
    name, version = str(item.get("name") or ""), str(item.get("version") or "")
    if not name:
        return "chart.metadata.name is required"
    if name in (".", ".."):
        return f"chart.metadata.name {quote(name)} is not allowed"
    if "/" in name:
        return f"chart.metadata.name {quote(name)} is invalid"
    if not version:
        return "chart.metadata.version is required"
    if not semver.is_version(version):
        return f"chart.metadata.version {quote(version)} is invalid"
    if (item.get("type") or "") not in ("", "application", "library"):
        return "chart.metadata.type must be application or library"
    return ""


def _entry(item: dict[str, Any]) -> Entry:
    urls = item.get("urls") or ()
    return Entry(
        str(item.get("name") or ""),
        str(item.get("version") or ""),
        tuple(map(str, urls)) if isinstance(urls, list) else (),
        str(item.get("digest") or ""),
    )


def _newest_first(a: Entry, b: Entry) -> int:
    if not semver.is_version(a.version) or not semver.is_version(b.version):
        return int(semver.is_version(b.version)) - int(semver.is_version(a.version))
    return semver.parse_version(b.version).compare(semver.parse_version(a.version))


def resolve_url(base: str, reference: str) -> str:
    """Return *reference* relative to a repository's URL; the repository's query goes with it."""
    if urlsplit(reference).scheme:
        return reference
    parts = urlsplit(base)
    folder = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/", "", ""))
    joined = urlsplit(urljoin(folder, reference))
    return urlunsplit((joined.scheme, joined.netloc, joined.path, parts.query, ""))


def same_url(a: str, b: str) -> bool:
    """Report whether two repository URLs mean the same place."""
    return a.rstrip("/") == b.rstrip("/")


def lock_digest(wanted: Sequence[Dependency], locked: Sequence[Dependency]) -> str:
    """Return the digest that a lock file holds: Helm hashes both lists as JSON."""
    data = gojson.dumps([[_fields(item) for item in wanted], [_fields(item) for item in locked]])
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _fields(entry: Dependency) -> gojson.Struct:
    found = gojson.Struct(name=entry.name)
    if entry.version:
        found["version"] = entry.version
    found["repository"] = entry.repository
    for key, value in (
        ("condition", entry.condition),
        ("tags", entry.tags),
        ("enabled", entry.enabled),
        ("import-values", entry.import_values),
        ("alias", entry.alias),
    ):
        if value:
            found[key] = value
    return found


def pick_version(entry: Dependency, index: Index) -> str:
    """Return the version of a dependency to lock; "" when none satisfies it.

    Raises:
        DependencyError: the repository does not have the chart.
    """
    if entry.name not in index.entries:
        raise DependencyError(f"{entry.name} chart not found in repo {entry.repository}")
    best = index.best(entry.name, entry.version)
    return best.version if best is not None else ""


def nothing_satisfies(entries: Sequence[Dependency]) -> DependencyError:
    """Return the error for dependencies without a fitting version."""
    shown = ", ".join(
        f"{quote(item.name)} (repository {quote(item.repository)}, version {quote(item.version)})" for item in entries
    )
    return DependencyError(
        f"can't get a valid version for {len(entries)} subchart(s): {shown}. Make sure a matching chart version "
        "exists in the repo, or change the version constraint in Chart.yaml"
    )
