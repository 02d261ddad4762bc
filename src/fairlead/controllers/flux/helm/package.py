"""A chart in a source's tree, or in an archive, made into what a HelmChart's artifact holds. Pure.

Source: source-controller v1.9 internal/helm/chart/builder_local.go, builder_remote.go, errors.go (reasons and texts).
"""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.controllers.flux.artifacts import Tree
from fairlead.engines.helm import Chart, ChartError, load_chart, load_values, merge_maps
from fairlead.engines.helm.archive import read_archive
from fairlead.engines.helm.helmignore import kept
from fairlead.engines.semver import parse_version

VALUES = "values.yaml"
_PERSISTENT = ("InvalidChartReference", "MetadataPatchError", "ValuesFilesError", "ChartVerificationError")
_SUMMARIES = {
    "InvalidChartReference": "invalid chart reference",
    "ChartPullError": "chart pull error",
    "MetadataPatchError": "chart metadata patch error",
    "ValuesFilesError": "values files merge error",
    "DependencyBuildError": "dependency build error",
    "ChartPackageError": "chart package error",
    "ChartVerificationError": "chart verification error",
}


class BuildError(Exception):
    """A chart cannot be built; `reason` is the condition's."""

    def __init__(self, reason: str, cause: str) -> None:
        super().__init__(f"{_SUMMARIES[reason]}: {cause}")
        self.reason = reason

    @property
    def is_persistent(self) -> bool:
        """Whether only a change of the HelmChart or its source helps."""
        return self.reason in _PERSISTENT

    @property
    def condition(self) -> str:
        """The condition type that speaks of it."""
        return "FetchFailed" if self.reason in ("InvalidChartReference", "ChartPullError") else "BuildFailed"


@dataclass(frozen=True, slots=True)
class Built:
    """A chart ready to be stored: `tree` is one folder named like the chart."""

    name: str
    version: str
    tree: Tree
    packaged: bool
    values_files: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        return "ChartPackageSucceeded" if self.packaged else "ChartPullSucceeded"

    @property
    def summary(self) -> str:
        """What the conditions say of it."""
        verb = "packaged" if self.packaged else "pulled"
        text = f"{verb} '{self.name}' chart with version '{self.version}'"
        return f"{text} and merged values files [{' '.join(self.values_files)}]" if self.values_files else text


@dataclass(frozen=True, slots=True)
class Found:
    """A chart as it lies in its source."""

    chart: Chart
    files: Mapping[str, bytes]
    is_folder: bool


def find_chart(tree: Tree, path: str) -> Found:
    """The chart at *path* of a source's tree: a folder or an archive. Raises: BuildError."""
    place = posixpath.normpath(posixpath.join("/", path)).lstrip("/")
    if place in tree:
        return read_package(tree[place], place)
    prefix = f"{place}/" if place else ""
    files = {name[len(prefix) :]: data for name, data in tree.items() if name.startswith(prefix)}
    if not files:
        raise BuildError("InvalidChartReference", f"stat {place}: no such file or directory")
    if "Chart.yaml" not in files:
        raise BuildError("InvalidChartReference", f"could not locate chart metadata file '{prefix}Chart.yaml'")
    files = dict(kept(files))
    _add_local_dependencies(tree, place, files)
    return Found(_load(files, place), files, is_folder=True)


def read_package(data: bytes, place: str = "") -> Found:
    """The chart in an archive, which lies at *place* of a source's tree, if in any. Raises: BuildError."""
    try:
        files = dict(read_archive(data))
        return Found(load_chart(files, ignore=False), files, is_folder=False)
    except ChartError as error:
        text = f"{error} ({place})" if place else str(error)
        raise BuildError("InvalidChartReference", text) from error


def _load(files: Mapping[str, bytes], place: str) -> Chart:
    """The chart in the folder *place*, which is named in what it raises. Raises: BuildError."""
    try:
        return load_chart(files, ignore=False)
    except ChartError as error:
        culprit = posixpath.join(place, error.file) if error.file else place or "."
        where = f"{culprit}:{error.line}" if error.file and error.line else culprit
        raise BuildError("InvalidChartReference", f"{error} ({where})") from error


def _add_local_dependencies(tree: Tree, place: str, files: dict[str, bytes]) -> None:
    """Put the charts that `file://` dependencies name under charts/, where they are not there already."""
    for entry in _load(files, place).metadata.dependencies or ():
        if any(name.startswith((f"charts/{entry.name}/", f"charts/{entry.name}-")) for name in files):
            continue
        if not entry.repository.startswith("file://"):
            if entry.repository:
                raise BuildError(
                    "DependencyBuildError",
                    f"cannot add dependency '{entry.name}' of {entry.repository}: it is not in charts/; "
                    "run `helm dependency update` and commit charts/, or use a HelmRepository's package",
                )
            continue
        at = posixpath.normpath(posixpath.join("/", place, entry.repository.removeprefix("file://"))).lstrip("/")
        inner = {name[len(at) + 1 :]: data for name, data in tree.items() if name.startswith(f"{at}/")}
        if not inner:
            raise BuildError(
                "DependencyBuildError",
                f"failed to add local dependency '{entry.name}': no chart found at '{at}' (reference "
                f"'{entry.repository}')",
            )
        files.update({f"charts/{entry.name}/{name}": data for name, data in inner.items()})


def package(
    found: Found,
    *,
    metadata: str = "",
    values_files: Sequence[str] = (),
    ignore_missing: bool = False,
    base: Tree | None,
) -> Built:
    """The chart with *metadata* after its version and the merged *values_files* as its default values.

    *base* is the tree that values files are looked up in; None looks into the chart itself. Raises: BuildError.
    """
    chart, files = found.chart, dict(found.files)
    version, wanted = chart.metadata.version, effective_values_files(values_files)
    if metadata:
        version = with_metadata(version, metadata)
        data = {**chart.metadata.for_yaml(), "version": version}
        files["Chart.yaml"] = goyaml.dump(data).encode()
    merged: tuple[str, ...] = ()
    if wanted:
        values, merged = _merged(files if base is None else base, wanted, ignore_missing=ignore_missing)
        files[VALUES] = goyaml.dump(values).encode()
    name = chart.metadata.name
    tree = {f"{name}/{path}": data for path, data in files.items()}
    return Built(name, version, tree, found.is_folder or bool(metadata) or bool(wanted), merged)


def effective_values_files(paths: Sequence[str]) -> Sequence[str]:
    """The values files that ask for a merge: the chart's own alone does not."""
    return () if [posixpath.normpath(path) for path in paths] == [VALUES] else paths


def with_metadata(version: str, metadata: str) -> str:
    """*version* with build metadata. Raises: BuildError."""
    try:
        parsed = parse_version(version)
    except ValueError as error:
        text = f"failed to parse version from chart metadata as SemVer: {error}"
        raise BuildError("MetadataPatchError", text) from error
    return str(parsed.replace(metadata=metadata))


def _merged(files: Tree, paths: Sequence[str], *, ignore_missing: bool) -> tuple[Json, tuple[str, ...]]:
    values: Json = {}
    found: list[str] = []
    for path in paths:
        place = posixpath.normpath(posixpath.join("/", path)).lstrip("/")
        if place not in files:
            if ignore_missing:
                continue
            raise BuildError("ValuesFilesError", f"no values file found at path '/{place}' (reference '{path}')")
        try:
            values = merge_maps(values, load_values(files[place], path))
        except ChartError as error:
            raise BuildError("ValuesFilesError", f"unmarshaling values from '{path}' failed: {error}") from error
        found.append(path)
    return values, tuple(found)
