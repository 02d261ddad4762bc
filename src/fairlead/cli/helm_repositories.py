"""Chart repositories on the network: indexes, downloads, and finding the chart that an argument names.

Source: Helm v4.3 pkg/action/install.go (LocateChart), pkg/downloader. OCI
registries are refused: the chart's archive has to be fetched by other means.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from fairlead.base import yaml
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.archive import MAX_BYTES
from fairlead.engines.helm.errors import ChartError, HelmError
from fairlead.engines.helm.repository import MAX_INDEX_BYTES, Entry, Index, parse_index, resolve_url

TIMEOUT_SECONDS = 120


def is_oci(reference: str) -> bool:
    return reference.startswith("oci://")


def refuse_oci(reference: str) -> HelmError:
    return HelmError(
        f"cannot read {quote(reference)}: OCI registries are not supported by this command",
        hint="fetch the chart's archive with 'helm pull' or 'oras pull' and give its path",
    )


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
            url = resolve_url(self.url, "index.yaml")
            self._index = parse_index(self.get(url, MAX_INDEX_BYTES), url)
        return self._index

    def get(self, url: str, limit_bytes: int = MAX_BYTES) -> bytes:
        """Return what is at *url*.

        Raises:
            ChartError: in Helm's words.
        """
        import urllib.error
        import urllib.request

        scheme = urlsplit(url).scheme
        if scheme not in ("http", "https"):
            raise ChartError(f"scheme {quote(scheme)} not supported")
        request = urllib.request.Request(url, headers={"User-Agent": "Helm/4.3.1"})
        if self._user and self._may_log_in(url):
            import base64

            token = base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
            request.add_header("Authorization", f"Basic {token}")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=self._tls(scheme)) as answer:
                data: bytes = answer.read(limit_bytes + 1)
        except urllib.error.HTTPError as error:
            raise ChartError(f"failed to fetch {url} : {error.code} {error.reason}") from None
        except OSError as error:
            raise ChartError(f'Get "{url}": {getattr(error, "reason", error)}') from None
        if len(data) > limit_bytes:
            raise ChartError(f"failed to fetch {url} : more than {limit_bytes} bytes")
        return data

    def _may_log_in(self, url: str) -> bool:
        mine, other = urlsplit(self.url), urlsplit(url)
        return getattr(self._args, "pass_credentials", False) or (mine.scheme, mine.netloc) == (
            other.scheme,
            other.netloc,
        )

    def _tls(self, scheme: str) -> Any:
        if scheme != "https":
            return None
        import ssl

        context = ssl.create_default_context(cafile=getattr(self._args, "ca_file", "") or None)
        if getattr(self._args, "insecure_skip_tls_verify", False):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if getattr(self._args, "cert_file", ""):
            context.load_cert_chain(self._args.cert_file, self._args.key_file or None)
        return context

    def find(self, name: str, version: str) -> tuple[Entry, str]:
        """Return the index entry of a chart and the URL of its archive (Helm: FindChartInRepoURL)."""
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
        if not entry.urls:
            raise ChartError(f"{what} has no downloadable URLs")
        return entry, resolve_url(self.url, entry.urls[0])


def known_repositories(args: Any) -> list[Repository]:
    """Return the repositories that ``helm repo add`` has put into repositories.yaml."""
    path = getattr(args, "repository_config", "") or os.environ.get("HELM_REPOSITORY_CONFIG", "")
    if not path:
        base = os.environ.get("HELM_CONFIG_HOME") or os.path.join(
            os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "helm"
        )
        path = os.path.join(base, "repositories.yaml")
    try:
        with open(path, "rb") as handle:
            content = yaml.load(handle.read(), source=path)
    except FileNotFoundError:
        return []
    except yaml.YamlError as error:
        raise HelmError(f"couldn't load repositories file ({path}): {error}", file=path, line=error.line) from error
    entries = (content or {}).get("repositories") or []
    return [
        Repository(
            str(item.get("url") or ""),
            args,
            str(item.get("username") or ""),
            str(item.get("password") or ""),
            str(item.get("name") or ""),
        )
        for item in entries
    ]


def download(reference: str, args: Any, version: str | None = None) -> tuple[str, bytes]:
    """Return the file name and the archive of a chart that is not on this machine.

    Raises:
        HelmError: in Helm's words.
    """
    version = args.version if version is None else version
    if not version and getattr(args, "devel", False):
        version = ">0.0.0-0"
    if getattr(args, "verify", False):
        raise HelmError("cannot verify signatures: --verify is not supported; check the .prov file with helm")
    if is_oci(reference) or is_oci(getattr(args, "repo", "")):
        raise refuse_oci(reference if is_oci(reference) else args.repo)
    if getattr(args, "repo", ""):
        repository = Repository(args.repo, args)
        _, url = repository.find(reference, version)
    elif urlsplit(reference).scheme and urlsplit(reference).netloc:
        url = reference
        repository = Repository(url, args)
    else:
        repository, url = _in_known(reference, version, args)
    name = urlsplit(url).path.rpartition("/")[2]
    return name, repository.get(url)


def _in_known(reference: str, version: str, args: Any) -> tuple[Repository, str]:
    name, slash, chart = reference.partition("/")
    if not slash:
        raise HelmError(f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}")
    repository = next((item for item in known_repositories(args) if item.name == name), None)
    if repository is None:
        raise HelmError(f"repo {name} not found")
    try:
        entry = repository.index().get(chart, version)
    except ChartError as error:
        raise HelmError(
            f"chart {quote(chart)} matching {version} not found in {name} index. (try 'helm repo update'): {error}"
        ) from error
    if not entry.urls:
        raise HelmError(f"chart {quote(reference)} has no downloadable URLs")
    return repository, resolve_url(repository.url, entry.urls[0])
