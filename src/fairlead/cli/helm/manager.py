"""Bringing a chart's dependencies into its charts/: choosing versions, fetching, locking.

Source: Helm v4.3 pkg/downloader/manager.go, internal/resolver. Indexes are fetched for the run; no cache is kept.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any
from urllib.parse import urlsplit

from fairlead.base import yaml
from fairlead.cli.helm import files as helm_files
from fairlead.cli.helm import paths as helm_paths
from fairlead.cli.helm.main import modified_below
from fairlead.cli.helm.repositories import SCHEMES, Download, Repository, is_oci, known_repositories, provenance_of
from fairlead.engines import semver
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.chart import Chart, load_archive
from fairlead.engines.helm.errors import ChartError, DependencyError, HelmError
from fairlead.engines.helm.metadata import Dependency
from fairlead.engines.helm.package import pack
from fairlead.engines.helm.repository import Index, lock_digest, nothing_satisfies, pick_version, resolve_url, same_url


class Manager:
    """Brings the dependencies of a chart's folder into its charts/."""

    def __init__(self, path: str, args: Any, quiet: bool = False) -> None:
        self.path = path
        self.args = args
        self.quiet = quiet
        self.known = known_repositories(args)
        self.opened: dict[str, Repository] = {}

    def say(self, text: str) -> None:
        if not self.quiet:
            print(text)

    def load(self) -> Chart:
        if not os.path.exists(self.path):
            raise HelmError(f"could not find {self.path}: stat {self.path}: no such file or directory")
        if not os.path.isdir(self.path):
            raise HelmError("only unpacked charts can be updated")
        return helm_files.load(self.path)

    def update(self) -> None:
        """Choose versions, fetch the charts, write the lock."""
        chart = self.load()
        wanted = chart.metadata.dependencies
        if wanted is None:
            return
        self.resolve_names(wanted)
        self.refresh(wanted)
        locked = self.lock(wanted)
        self.fetch(locked)
        digest = lock_digest(wanted, locked)
        if chart.lock is not None and chart.lock.get("digest") == digest:
            return
        self.write_lock(locked, digest, legacy=chart.metadata.api_version == "v1")

    def build(self) -> None:
        """Fetch what the lock says; without a lock, update."""
        chart = self.load()
        if chart.lock is None:
            self.update()
            return
        wanted = chart.metadata.dependencies or []
        locked = [
            Dependency(str(item.get("name") or ""), str(item.get("version") or ""), str(item.get("repository") or ""))
            for item in chart.lock.get("dependencies") or ()
        ]
        self.resolve_names(wanted)
        if lock_digest(wanted, locked) != chart.lock.get("digest"):
            v1 = chart.metadata.api_version == "v1"
            raise DependencyError(
                "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). "
                "Please update the dependencies"
                if v1
                else "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). "
                "Please update the dependencies with 'helm dependency update'"
            )
        missing = [
            item.repository
            for item in locked
            if item.repository
            and not item.repository.startswith("file://")
            and not is_oci(item.repository)
            and not any(same_url(repository.url, item.repository) for repository in self.known)
        ]
        if missing:
            raise DependencyError(
                f"no repository definition for {', '.join(missing)}. Please add the missing repos via 'helm repo add'"
            )
        self.refresh([])
        self.fetch(locked)

    def resolve_names(self, wanted: list[Dependency]) -> None:
        """Replace ``@name`` and ``alias:name`` by the repository's URL."""
        missing: list[str] = []
        for entry in wanted:
            url = entry.repository
            if url.startswith("file://"):
                self.local_folder(entry)
            if not url or url.startswith("file://") or is_oci(url):
                continue
            name = url.removeprefix("@") if url.startswith("@") else url.removeprefix("alias:")
            found = next((item for item in self.known if name != url and item.name == name), None)
            if found is not None:
                entry.repository = found.url
            elif "://" not in url:
                missing.append(url)
        if missing:
            text = f"no repository definition for {', '.join(missing)}. Please add them via 'helm repo add'"
            if any("//" not in url and not url.startswith(("@", "alias:")) for url in missing):
                text += (
                    '\nNote that repositories must be URLs or aliases. For example, to refer to the "example"\n'
                    'repository, use "https://charts.example.com/" or "@example" instead of\n'
                    "\"example\". Don't forget to add the repo, too ('helm repo add')."
                )
            raise DependencyError(text)

    def repository(self, url: str) -> Repository:
        found = next((item for item in self.known if same_url(item.url, url)), None) or self.opened.get(url)
        if found is None:
            found = self.opened[url] = Repository(url, self.args)
        return found

    def refresh(self, wanted: list[Dependency]) -> None:
        """Fetch the indexes and say so, as Helm does."""
        if getattr(self.args, "skip_refresh", False):
            return
        urls = dict.fromkeys(
            item.repository
            for item in wanted
            if item.repository and not item.repository.startswith("file://") and not is_oci(item.repository)
        )
        unmanaged = [url for url in urls if not any(same_url(item.url, url) for item in self.known)]
        if unmanaged:
            self.say("Getting updates for unmanaged Helm repositories...")
            for url in unmanaged:
                if urlsplit(url).scheme not in SCHEMES:
                    raise HelmError(f"could not find protocol handler for: {urlsplit(url).scheme}")
                self.report(self.repository(url), url)
        if self.known:
            self.say("Hang tight while we grab the latest from your chart repositories...")
            for repository in self.known:
                self.report(repository, repository.name)
            self.say("Update Complete. ⎈Happy Helming!⎈")

    def report(self, repository: Repository, name: str) -> None:
        try:
            repository.index()
        except ChartError as error:
            shown = quote(name) + ("" if name == repository.url else " chart repository (" + repository.url + ")")
            tail = " chart repository" if name == repository.url else ""
            self.say(f"...Unable to get an update from the {shown}{tail}:\n\t{error}")
        else:
            self.say(f"...Successfully got an update from the {quote(name)} chart repository")

    def lock(self, wanted: list[Dependency]) -> list[Dependency]:
        """Return the dependencies at exact versions."""
        locked: list[Dependency] = []
        unmet: list[Dependency] = []
        for entry in wanted:
            version = entry.version
            try:
                semver.parse_constraint(version)
            except semver.SemverError as error:
                raise DependencyError(
                    f"dependency {quote(entry.name)} has an invalid version/constraint format: {error}"
                ) from None
            if entry.repository.startswith("file://"):
                version = self.local(entry).metadata.version
                if not semver.parse_constraint(entry.version).check(semver.parse_version(version)):
                    unmet.append(entry)
            elif is_oci(entry.repository):
                version = self.pick_tag(entry)
            elif entry.repository:
                version = pick_version(entry, self.index_of(entry.repository))
                if not version:
                    unmet.append(entry)
            elif not os.path.isdir(os.path.join(self.path, "charts", entry.name)):
                raise DependencyError(f"directory {os.path.join(self.path, 'charts', entry.name)} not found")
            locked.append(Dependency(entry.name, version, entry.repository))
        if unmet:
            raise nothing_satisfies(unmet)
        return locked

    def index_of(self, url: str) -> Index:
        """Return a repository's index; Helm would look for it in its cache after it could not be fetched."""
        repository = self.repository(url)
        try:
            return repository.index()
        except ChartError as error:
            name = repository.name or f"helm-manager-{hashlib.sha256(url.encode()).hexdigest()}"
            path = os.path.join(self.args.repository_cache or helm_paths.cache("repository"), f"{name}-index.yaml")
            raise DependencyError(
                f"no cached repository for {name} found. (try 'helm repo update'): open {path}: no such file or "
                "directory",
                hint=str(error),
            ) from error

    def pick_tag(self, entry: Dependency) -> str:
        """Return the version of a dependency in a registry to lock; its range when nothing satisfies it."""
        if semver.is_version(entry.version):
            return entry.version
        from fairlead.cli.helm.oci import Client, parse

        place = parse(f"{entry.repository.removeprefix('oci://')}/{entry.name}")
        try:
            tags = Client(place.registry, self.args).tags(place)
        except ChartError as error:
            raise DependencyError(
                f"could not retrieve list of tags for repository {entry.repository}: {error}"
            ) from error
        constraint = semver.parse_constraint(entry.version)
        return next((tag for tag in tags if constraint.check(semver.parse_version(tag))), entry.version)

    def local_folder(self, entry: Dependency) -> str:
        """Return the folder of a dependency that is beside the chart.

        Raises:
            DependencyError: it is not there.
        """
        path = entry.repository.removeprefix("file://")
        folder = os.path.normpath(path if path.startswith("/") else os.path.join(self.path, path))
        if not os.path.exists(folder):
            raise DependencyError(f"directory {folder} not found")
        return folder

    def local(self, entry: Dependency) -> Chart:
        return helm_files.load(self.local_folder(entry))

    def fetch(self, locked: list[Dependency]) -> None:
        """Put the archives into charts/ and remove outdated ones; nothing is touched when one cannot be had."""
        self.say(f"Saving {len(locked)} charts")
        got: dict[str, bytes] = {}
        urls: set[str] = set()
        try:
            for entry in locked:
                self.fetch_one(entry, got, urls)
        except HelmError as error:
            self.say(f"Save error occurred:  {error}")
            raise
        folder = os.path.join(self.path, "charts")
        os.makedirs(folder, exist_ok=True)
        before = os.listdir(folder)
        for name, data in got.items():
            if name.endswith(".prov"):  # Helm takes it for a chart, and leaves it out
                place = os.path.join(self.path, f"tmpcharts-{os.getpid()}", name)
                try:
                    helm_files.load_data(data, place)
                except ChartError as error:
                    if not self.quiet:
                        print(f"Could not verify {place} for moving: {error} (Skipping)", end="")
                continue
            _write(os.path.join(folder, name), data)
        self.say("Deleting outdated charts")
        local = {entry.name for entry in locked if not entry.repository}
        for name in before:
            path = os.path.join(folder, name)
            if name in got or not os.path.isfile(path):
                continue
            try:
                chart = load_archive(_read(path))
            except HelmError as error:
                self.say(f"Could not verify {path} for deletion: {error} (Skipping)")
                continue
            if chart.name not in local:
                os.unlink(path)

    def fetch_one(self, entry: Dependency, got: dict[str, bytes], urls: set[str]) -> None:
        if not entry.repository:
            self.say(
                f"Dependency {entry.name} did not declare a repository. Assuming it exists in the charts directory"
            )
            self.check_there(entry)
            return
        if entry.repository.startswith("file://"):
            chart = self.local(entry)
            _check_version(entry, chart)
            entry.version = chart.metadata.version
            got[f"{chart.name}-{chart.metadata.version}.tgz"] = pack(chart, modified_below(self.path))
            return
        try:
            found = self.place_of(entry)
        except ChartError as error:
            self.say(f"Downloading {entry.name} from repo {entry.repository}")
            raise DependencyError(f"could not download {entry.repository}/{entry.name}: {error}") from error
        if found.url in urls:
            self.say(f"Already downloaded {entry.name} from repo {entry.repository}")
            return
        self.say(f"Downloading {entry.name} from repo {entry.repository}")
        urls.add(found.url)
        shown = found.url.rpartition(":")[0] if is_oci(found.url) else found.url
        try:
            got[found.name] = found.chart()
            if getattr(self.args, "verify", False) and not self.prove(entry, found, got):
                return
        except ChartError as error:
            raise DependencyError(f"could not download {shown}: {error}") from error

    def check_there(self, entry: Dependency) -> None:
        """See that a dependency without a repository is in charts/, in a version that fits."""
        path = os.path.join(self.path, "charts", entry.name)
        try:
            chart = helm_files.load(path)
        except ChartError as error:
            raise HelmError(f"unable to load chart '{path}': {error}") from error
        _check_version(entry, chart)

    def place_of(self, entry: Dependency) -> Download:
        """Return where a locked dependency is to be had."""
        if is_oci(entry.repository):
            from fairlead.cli.helm.oci import resolve

            return resolve(f"{entry.repository}/{entry.name}", entry.version, self.args)
        repository = self.repository(entry.repository)
        try:
            found = self.index_of(entry.repository).get(entry.name, entry.version)
        except ChartError as error:
            raise DependencyError(
                f"could not find : chart {entry.name} not found in {entry.repository}: {error}"
            ) from error
        url = resolve_url(repository.url, found.urls[0])
        name = url.partition("?")[0].rpartition("/")[2]
        return Download(name, url, lambda: repository.get(url), lambda: repository.get(f"{url}.prov"))

    def prove(self, entry: Dependency, found: Download, got: dict[str, bytes]) -> bool:
        """Verify a fetched chart; its provenance file is kept beside it."""
        from fairlead.cli.helm.provenance import verify

        try:
            proof = provenance_of(found)
        except ChartError as error:
            if self.args.command == "dependency update":
                raise
            why = error.__cause__ or error
            self.say(f"WARNING: Verification not found for {found.url}: {why}")
            return False
        got[f"{found.name}.prov"] = proof
        try:
            verify(got[found.name], proof, found.name, self.args.keyring)
        except HelmError as error:
            raise ChartError(str(error)) from error
        return True

    def write_lock(self, locked: list[Dependency], digest: str, legacy: bool) -> None:
        from datetime import UTC, datetime

        lock = {
            "dependencies": [
                {"name": item.name, "repository": item.repository, "version": item.version} for item in locked
            ],
            "digest": digest,
            "generated": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        name = "requirements.lock" if legacy else "Chart.lock"
        path = os.path.join(self.path, name)
        if os.path.islink(path):
            raise HelmError(f"the {name} file is a symlink to {quote(os.readlink(path))}")
        _write(path, yaml.dump(lock).encode())


def _check_version(entry: Dependency, chart: Chart) -> None:
    try:
        constraint = semver.parse_constraint(entry.version)
        version = semver.parse_version(chart.metadata.version)
    except semver.SemverError as error:
        raise HelmError(f"dependency {entry.name} has an invalid version/constraint format: {error}") from None
    if not constraint.check(version):
        raise DependencyError(
            f"dependency {entry.name} at version {chart.metadata.version} does not satisfy the constraint "
            f"{entry.version}"
        )


def _read(path: str) -> bytes:
    with open(path, "rb") as handle:
        return handle.read()


def _write(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as handle:
        handle.write(data)
    os.replace(temporary, path)
