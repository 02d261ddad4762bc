"""``fairlead helm dependency``: list, update and build.

Source: Helm v4.3 pkg/downloader/manager.go, pkg/action/dependency.go. Indexes
are fetched for the run; no cache is kept.
"""

from __future__ import annotations

import glob
import os
from typing import Any

from fairlead.base import yaml
from fairlead.cli import helm as files
from fairlead.cli import helm_files
from fairlead.cli.helm_repositories import Repository, is_oci, known_repositories, refuse_oci
from fairlead.engines import semver
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.archive import read_archive
from fairlead.engines.helm.chart import Chart, load_archive
from fairlead.engines.helm.errors import ChartError, DependencyError, HelmError
from fairlead.engines.helm.metadata import Dependency
from fairlead.engines.helm.package import pack
from fairlead.engines.helm.repository import lock_digest, nothing_satisfies, pick_version, resolve_url, same_url


def _path(args: Any) -> str:
    return os.path.normpath(args.args[0]) if args.args else "."


def listing(args: Any) -> int:
    """Print what a chart depends on, and what is there of it."""
    return _list(_path(args), args)


def update(args: Any) -> int:
    """Choose versions, fetch them into charts/ and lock them."""
    Manager(_path(args), args).update()
    return 0


def build(args: Any) -> int:
    """Fetch the locked versions into charts/."""
    Manager(_path(args), args).build()
    return 0


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
            if not url or url.startswith("file://"):
                continue
            if is_oci(url):
                raise refuse_oci(url)
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
            item.repository for item in wanted if item.repository and not item.repository.startswith("file://")
        )
        unmanaged = [url for url in urls if not any(same_url(item.url, url) for item in self.known)]
        if unmanaged:
            self.say("Getting updates for unmanaged Helm repositories...")
            for url in unmanaged:
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
            elif entry.repository:
                version = pick_version(entry, self.repository(entry.repository).index())
                if not version:
                    unmet.append(entry)
            elif not os.path.isdir(os.path.join(self.path, "charts", entry.name)):
                raise DependencyError(f"directory {os.path.join(self.path, 'charts', entry.name)} not found")
            locked.append(Dependency(entry.name, version, entry.repository))
        if unmet:
            raise nothing_satisfies(unmet)
        return locked

    def local(self, entry: Dependency) -> Chart:
        path = entry.repository.removeprefix("file://")
        folder = path if path.startswith("/") else os.path.join(self.path, path)
        if not os.path.isdir(folder):
            raise DependencyError(f"directory {os.path.normpath(folder)} not found")
        return helm_files.load(folder)

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
            return
        if entry.repository.startswith("file://"):
            chart = self.local(entry)
            entry.version = chart.metadata.version
            got[f"{chart.name}-{chart.metadata.version}.tgz"] = pack(chart, files.modified_below(self.path))
            return
        repository = self.repository(entry.repository)
        found = repository.index().get(entry.name, entry.version)
        url = resolve_url(repository.url, found.urls[0])
        if url in urls:
            self.say(f"Already downloaded {entry.name} from repo {entry.repository}")
            return
        self.say(f"Downloading {entry.name} from repo {entry.repository}")
        urls.add(url)
        try:
            data = repository.get(url)
            read_archive(data)
        except ChartError as error:
            raise DependencyError(f"could not download {url}: {error}") from error
        got[url.partition("?")[0].rpartition("/")[2]] = data

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


def _read(path: str) -> bytes:
    with open(path, "rb") as handle:
        return handle.read()


def _write(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as handle:
        handle.write(data)
    os.replace(temporary, path)


def _list(path: str, args: Any) -> int:
    chart = helm_files.load(path)
    wanted = chart.metadata.dependencies
    if wanted is None:
        print(f"WARNING: no dependencies at {os.path.join(path, 'charts')}")
        return 0
    rows = [("NAME", "VERSION", "REPOSITORY", "STATUS")]
    rows += [(item.name, item.version, item.repository, _status(path, item, chart)) for item in wanted]
    print(files.table(rows, args.max_col_width))
    print()
    names = {item.name for item in wanted}
    for found in sorted(glob.glob(os.path.join(glob.escape(path), "charts", "*"))):
        if not os.path.isdir(found) and not found.endswith(".tgz"):
            continue
        try:
            sub = helm_files.load(found)
        except HelmError:
            print(f"WARNING: {quote(found)} is not a chart.")
            continue
        if sub.name not in names:
            print(f"WARNING: {quote(found)} is not in Chart.yaml.")
    return 0


def _status(path: str, entry: Dependency, parent: Chart) -> str:
    pattern = os.path.join(glob.escape(path), "charts", f"{glob.escape(entry.name)}-*.tgz")
    archives = glob.glob(pattern)
    if len(archives) > 1:
        lead = f"{entry.name}-"
        archives = [
            item
            for item in archives
            if semver.is_version(os.path.basename(item).removesuffix(".tgz").removeprefix(lead))
        ]
        if len(archives) > 1:
            return "too many matches"
    if archives:
        try:
            found = load_archive(_read(archives[0]))
        except HelmError:
            return "corrupt"
        if found.name != entry.name:
            return "misnamed"
        return _fits(found, entry) or "ok"
    sub = next((item for item in reversed(parent.dependencies) if item.name == entry.name), None)
    if sub is None:
        return "missing"
    return _fits(sub, entry) or "unpacked"


def _fits(chart: Chart, entry: Dependency) -> str:
    if chart.metadata.version == entry.version:
        return ""
    try:
        fits = semver.parse_constraint(entry.version).check(semver.parse_version(chart.metadata.version))
    except semver.SemverError:
        return "invalid version"
    return "" if fits else "wrong version"


__all__ = ["Manager", "build", "listing", "update"]
