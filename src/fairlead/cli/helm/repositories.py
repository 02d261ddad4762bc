"""Chart repositories on the network: indexes, downloads, and finding the chart that an argument names.

Source: Helm v4.3 pkg/action/install.go (LocateChart), pull.go, pkg/downloader/chart_downloader.go, pkg/repo/v1. Indexes
and charts are fetched for each command: nothing is kept.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fairlead.base import yaml
from fairlead.cli.helm import http as helm_http
from fairlead.cli.helm import paths as helm_paths
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.archive import MAX_BYTES
from fairlead.engines.helm.errors import ChartError, HelmError
from fairlead.engines.helm.repository import MAX_INDEX_BYTES, Index, parse_index, resolve_url

SCHEMES = ("http", "https", "oci")


def is_oci(reference: str) -> bool:
    """Report whether *reference* is that of a chart in a registry."""
    return reference.startswith("oci://")


def tell(index: Index) -> None:
    """Log what was noticed in an index."""
    for text in index.warnings:
        print(text, file=sys.stderr)
    index.warnings.clear()


class Repository:
    """One chart repository and how to log in to it."""

    def __init__(self, url: str, args: Any = None, user: str = "", password: str = "", name: str = "") -> None:
        self.url = url
        self.name = name
        self._args = args
        self._user = user or getattr(args, "username", "")
        self._password = password or getattr(args, "password", "")
        self._index: Index | None = None

    def index(self) -> Index:
        """Return the repository's index, fetched once.

        Raises:
            ChartError: it cannot be had.
        """
        if self._index is None:
            data = self.get(resolve_url(self.url, "index.yaml"), MAX_INDEX_BYTES)
            self._index = parse_index(data, self.url)
            tell(self._index)
        return self._index

    def get(self, url: str, limit_bytes: int = MAX_BYTES, accept: str = "") -> bytes:
        """Return what is at *url*; the login goes to the repository's own host only, unless all may have it.

        Raises:
            ChartError: in Helm's words.
        """
        mine, other = urlsplit(self.url), urlsplit(url)
        may = getattr(self._args, "pass_credentials", False) or mine[:2] == other[:2]
        login = (self._user, self._password) if may else None
        return helm_http.get(url, self._args, login, limit_bytes, accept)

    def find(self, name: str, version: str) -> str:
        """Return the URL of a chart's archive (Helm: FindChartInRepoURL)."""
        scheme = urlsplit(self.url).scheme
        if scheme not in SCHEMES:
            raise ChartError(f"could not find protocol handler for: {scheme}")
        try:
            index = self.index()
        except ChartError as error:
            raise ChartError(
                f"looks like {quote(self.url)} is not a valid chart repository or cannot be reached: {error}"
            ) from error
        what = f"chart {quote(name)}" + (f" version {quote(version)}" if version else "")
        try:
            entry = index.get(name, version)
        except ChartError as error:
            raise ChartError(f"{what} not found in {self.url} repository") from error
        tell(index)
        if not entry.urls:
            raise ChartError(f"{what} has no downloadable URLs")
        return resolve_url(self.url, entry.urls[0])


def known_repositories(args: Any) -> list[Repository]:
    """Return the repositories that ``helm repo add`` has put into repositories.yaml."""
    path = args.repository_config or helm_paths.config("repositories.yaml")
    try:
        with open(path, "rb") as handle:
            content = yaml.load(handle.read(), source=path)
    except FileNotFoundError:
        return []
    except yaml.YamlError as error:
        raise HelmError(f"couldn't load repositories file ({path}): {error}", file=path, line=error.line) from error
    entries = content.get("repositories") if isinstance(content, dict) else None
    return [
        Repository(
            str(item.get("url") or ""),
            args,
            str(item.get("username") or ""),
            str(item.get("password") or ""),
            str(item.get("name") or ""),
        )
        for item in entries or ()
        if isinstance(item, dict)
    ]


@dataclass(frozen=True, slots=True)
class Download:
    """A chart on the network: the name of its file, where it is, and how to get it and its provenance."""

    name: str
    url: str
    chart: Callable[[], bytes]
    provenance: Callable[[], bytes]


def wanted_version(args: Any) -> str:
    """Return --version, or what --devel stands for."""
    version: str = args.version
    return version if version or not getattr(args, "devel", False) else ">0.0.0-0"


def resolve(reference: str, args: Any, version: str | None = None) -> Download:
    """Return the chart that an argument means which is no path.

    Raises:
        HelmError: in Helm's words.
    """
    version = wanted_version(args) if version is None else version
    repository: Repository | None = None
    if getattr(args, "repo", ""):
        repository = Repository(args.repo, args)
        reference = repository.find(reference, version)
    parts = urlsplit(reference)
    if is_oci(reference) and parts.netloc:
        from fairlead.cli.helm.oci import resolve as resolve_oci

        return resolve_oci(reference, version, args)
    if parts.scheme and parts.netloc and parts.path:
        return _at(reference, repository or Repository(reference, args))
    return _in_known(reference, version, args)


def _at(url: str, repository: Repository) -> Download:
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        raise ChartError(f"scheme {quote(scheme)} not supported")
    if is_oci(url):
        raise ChartError(f"cannot fetch {quote(url)}: an index leads from a chart repository to a registry")
    name = urlsplit(url).path.rpartition("/")[2]
    accept = "application/gzip,application/octet-stream"
    return Download(
        name,
        url,
        lambda: repository.get(url, accept=accept),
        lambda: repository.get(f"{url}.prov", accept=accept),
    )


def _in_known(reference: str, version: str, args: Any) -> Download:
    parts = urlsplit(reference)
    name, slash, chart = parts.path.partition("/")
    if not slash:
        shown = f"{parts.scheme}:{parts.path}" if parts.scheme else reference
        raise HelmError(f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {shown}")
    repository = next((item for item in known_repositories(args) if item.name == name), None)
    if repository is None:
        raise HelmError(f"repo {name} not found")
    try:
        index = repository.index()
        entry = index.get(chart, version)
        tell(index)
    except ChartError as error:
        raise HelmError(
            f"chart {quote(chart)} matching {version} not found in {name} index. (try 'helm repo update'): {error}"
        ) from error
    if not entry.urls:
        raise HelmError(f"chart {quote(reference)} has no downloadable URLs")
    url = resolve_url(repository.url, entry.urls[0])
    if is_oci(url):
        from fairlead.cli.helm.oci import resolve as resolve_oci

        return resolve_oci(url, entry.version, args)
    return _at(url, repository)


def locate(name: str, args: Any) -> tuple[str, bytes | None]:
    """Return the path of the chart that *name* means; or the name of its file and its archive, fetched.

    Raises:
        HelmError: in Helm's words.
    """
    name = name.strip()
    if not args.repo:
        if os.path.exists(name):
            if args.verify:
                from fairlead.cli.helm.provenance import verify_file

                verify_file(os.path.abspath(name), args.keyring)
            return name, None
        if os.path.isabs(name) or name.startswith("."):
            raise ChartError(f"path {quote(name)} not found")
    found = resolve(name, args)
    data = found.chart()
    if args.verify:
        from fairlead.cli.helm.provenance import verify

        verify(data, provenance_of(found), found.name, args.keyring)
    return found.name, data


def provenance_of(found: Download) -> bytes:
    """Return a chart's provenance file.

    Raises:
        ChartError: in Helm's words.
    """
    try:
        return found.provenance()
    except ChartError as error:
        raise ChartError(f"failed to fetch provenance {quote(found.url + '.prov')}") from error
