"""A chart in memory, and how it is put together from files.

Source: Helm v4.3 pkg/chart/v2/chart.go, pkg/chart/v2/loader/load.go.
"""

from __future__ import annotations

from fairlead.base import yaml
from fairlead.engines.gotemplate.strconv import to_str
from fairlead.engines.helm import documents
from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.functions.encoding import json_kind, to_floats
from fairlead.engines.helm.memo import remembered
from fairlead.engines.helm.metadata import Metadata, check_lock, detect_version, parse_metadata, validate
from fairlead.engines.record import Record, made

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_SUBCHART_DEPTH = 64  # Helm has no bound
_BOM = b"\xef\xbb\xbf"


class File(Record, frozen=True):
    """A file of a chart; *name* is relative to the chart's root."""

    name: str
    data: bytes

    @property
    def text(self) -> str:
        """The data as Go's text; it is decoded once."""
        found: str | None = self.__dict__.get("_text")
        if found is None:
            found = self.__dict__["_text"] = to_str(self.data)
        return found


class Chart(Record):
    """A chart with its dependencies. Rendering works on copies and leaves it alone."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    metadata: Metadata
    templates: list[File] = made(factory=list)
    files: list[File] = made(factory=list)
    raw: list[File] = made(factory=list)
    values: dict[str, Any] = made(factory=dict)
    schema: bytes | None = None
    lock: dict[str, Any] | None = None
    dependencies: list[Chart] = made(factory=list)
    parent: Chart | None = None
    warnings: list[str] = made(factory=list)
    kept: dict[Any, Any] = made(factory=dict)  # what renders keep for the next one; copies share it
    source: str = ""  # where the chart's files are below the root chart, for messages and the source map

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def is_root(self) -> bool:
        return self.parent is None

    @property
    def is_library(self) -> bool:
        return self.metadata.type.lower() == "library"

    @property
    def full_path(self) -> str:
        """The path of the chart in template names: ``parent/charts/child``."""
        return self.name if self.parent is None else f"{self.parent.full_path}/charts/{self.name}"

    def add(self, *charts: Chart) -> None:
        """Make *charts* dependencies of this one."""
        for chart in charts:
            chart.parent = self
            self.dependencies.append(chart)

    def clone(self) -> Chart:
        """Return a copy whose tree of dependencies and metadata may be changed."""
        other = self.copied()
        other.metadata = self.metadata.copy()
        other.parent = None
        other.dependencies = []
        other.add(*(chart.clone() for chart in self.dependencies))
        return other

    def all_warnings(self) -> list[str]:
        """Return what was noticed in this chart's files, then in those of its dependencies."""
        return [*self.warnings, *(text for chart in self.dependencies for text in chart.all_warnings())]

    def crds(self) -> list[tuple[str, File]]:
        """Return (path for "# Source", file) of the manifests in crds/, dependencies included."""
        found = [
            (f"{self.full_path}/{file.name}", file)
            for file in self.files
            if file.name.startswith("crds/") and _is_manifest(file.name)
        ]
        for chart in self.dependencies:
            found.extend(chart.crds())
        return found


def _is_manifest(name: str) -> bool:
    extension = name[name.rfind(".") :] if "." in name.rpartition("/")[2] else ""
    return extension.lower() in (".yaml", ".yml", ".json")


def load_chart(files: Mapping[str, bytes], *, ignore: bool = True, detect: bool = False) -> Chart:
    """Return the chart made of *files*, whose names are relative to its root.

    With *ignore*, ``.helmignore`` and Helm's default rule are applied, as they
    are for a directory; *detect* as in `load_archive`.

    Raises:
        ChartError: the chart cannot be loaded, in Helm's words.
    """
    if ignore:
        from fairlead.engines.helm.helmignore import kept

        files = kept(files)
    found = [File(name, data.removeprefix(_BOM)) for name, data in files.items()]
    if detect and "Chart.yaml" in files:
        _detect(found)
    return _load(found, 0, "")


def load_archive(data: bytes, *, detect: bool = False) -> Chart:
    """Return the chart in a ``.tgz``.

    With *detect*, the version that Chart.yaml gives is looked at before all
    else, as Helm's commands do that render or pack.

    Raises:
        ArchiveError: not an archive, too large, or with paths that lead outside.
        ChartError: the chart cannot be loaded, in Helm's words.
    """
    from fairlead.engines.helm.archive import ArchiveError

    try:
        files = _archived(data)
    except ArchiveError as error:
        raise ArchiveError(f"unable to load chart archive: {error}") from error
    if detect:
        _detect(files)
    return _load(files, 0, "")


def _archived(data: bytes) -> list[File]:
    from fairlead.engines.helm.archive import read_archive

    return [File(name, content.removeprefix(_BOM)) for name, content in read_archive(data)]


def _detect(files: list[File]) -> None:
    """See that the chart is of a version that Helm knows. Raises: ChartError."""
    for file in files:
        if file.name == "Chart.yaml":
            if detect_version(file.data) not in ("", "v1", "v2", "v3"):
                raise ChartError("unsupported chart version", file="Chart.yaml")
            return
    raise ChartError("unable to detect chart version, no Chart.yaml found", file="Chart.yaml")


def _load(files: list[File], depth: int, source: str) -> Chart:
    if depth > MAX_SUBCHART_DEPTH:
        raise ChartError(f"charts are nested more than {MAX_SUBCHART_DEPTH} deep at {source}")
    metadata: Metadata | None = None
    for file in files:
        if file.name == "Chart.yaml":
            metadata = parse_metadata(file.data, "Chart.yaml", metadata)
            metadata.api_version = metadata.api_version or "v1"
    chart = Chart(metadata or Metadata(), raw=files, source=source)
    try:
        _fill(chart, files, depth, has_metadata=metadata is not None)
    except ChartError as error:
        error.warnings = [*chart.all_warnings(), *error.warnings]
        raise
    return chart


def _fill(chart: Chart, files: list[File], depth: int, *, has_metadata: bool) -> None:
    """Put the files of a chart, and its dependencies, where they belong. Raises: ChartError."""
    source = chart.source
    subcharts: dict[str, list[File]] = {}
    seen = has_metadata
    for file in files:
        seen = _place(chart, file, subcharts, seen) or seen
    if not seen:
        raise ChartError("Chart.yaml file is missing", file=f"{source}Chart.yaml")
    validate(chart.metadata)
    for name in sorted(subcharts):
        if name[0] in "_.":
            continue
        chart.add(_subchart(chart, name, subcharts[name], depth, source))


def _place(chart: Chart, file: File, subcharts: dict[str, list[File]], has_metadata: bool) -> bool:
    """Put *file* where it belongs; report whether it brought metadata."""
    name = file.name
    if name.startswith("templates/"):
        chart.templates.append(file)
    elif name.startswith("charts/"):
        if name.endswith(".prov"):
            chart.files.append(file)
            return False
        inner = name[len("charts/") :]
        subcharts.setdefault(inner.partition("/")[0], []).append(File(inner, file.data))
    elif name == "Chart.yaml":
        pass
    elif name in ("Chart.lock", "requirements.lock"):
        chart.lock = check_lock(file.data, name)
        if name == "requirements.lock":
            _legacy(
                chart,
                file,
                'Warning: Dependency locking is handled in Chart.lock since apiVersion "v2". '
                "We recommend migrating to Chart.lock.",
            )
    elif name == "values.yaml":
        chart.values = _load_default_values(file)
    elif name == "values.schema.json":
        chart.schema = file.data
    elif name == "requirements.yaml":
        _legacy(
            chart,
            file,
            'Warning: Dependencies are handled in Chart.yaml since apiVersion "v2". '
            "We recommend migrating dependencies to Chart.yaml.",
        )
        parse_metadata(file.data, name, chart.metadata)
        return True
    else:
        chart.files.append(file)
    return False


def _legacy(chart: Chart, file: File, warning: str) -> None:
    if chart.metadata.api_version == "v1":
        chart.files.append(file)
    else:
        chart.warnings.append(warning)


def _load_default_values(file: File) -> dict[str, Any]:
    try:
        found: dict[str, Any] = remembered(b"values", file.data, lambda: load_values(file.data, file.name))
        return found
    except ChartError as error:
        raise ChartError(f"cannot load values.yaml: {error}", file=error.file, line=error.line) from error


def load_values(data: bytes, source: str) -> dict[str, Any]:
    """Return the values in a file: its documents merged, later ones winning.

    Source: LoadValues. Numbers are float64, as encoding/json decodes them.

    Raises:
        ChartError: in Helm's words, without the file's name.
    """
    values: dict[str, Any] = {}
    for start, text in documents.split(data):
        content = _read_document(text, source, start)
        values = merge_maps(values, content) if values else content
    return values


def read_values(data: bytes, source: str) -> dict[str, Any]:
    """Return the values in a text that is one document (ReadValues): what Flux reads of ConfigMaps and Secrets.

    Raises:
        ChartError: in Helm's words, without the file's name.
    """
    return _read_document(data, source, 0)


def _read_document(text: bytes, source: str, start: int) -> dict[str, Any]:
    """Return the values in one document, which *start* lines of the file are before."""
    try:
        content = yaml.load(text, source=source)
    except yaml.YamlError as error:
        raise ChartError(
            f"cannot unmarshal yaml document: error converting YAML to JSON: {error.go_text}",
            file=source,
            line=error.line + start if error.line else 0,
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ChartError(
            "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: "
            f"json: cannot unmarshal {json_kind(content)} into Go value of type map[string]interface {{}}",
            file=source,
            line=start + 1,
        )
    found: dict[str, Any] = to_floats(content)
    return found


def merge_maps(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return *over* laid over *base*, maps key by key (Helm: MergeMaps)."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = merge_maps(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return merged


def _subchart(chart: Chart, name: str, files: list[File], depth: int, source: str) -> Chart:
    place = f"{source}charts/{name}/"
    try:
        if name.endswith(".tgz"):
            if files[0].name != name:
                raise ChartError(f"error unpacking subchart tar in {chart.name}: expected {name}, got {files[0].name}")
            return _load(_archived(files[0].data), depth + 1, place)
        inner = [File(file.name.partition("/")[2], file.data) for file in files if "/" in file.name]
        return _load(inner, depth + 1, place)
    except ChartError as error:
        if str(error).startswith("error unpacking subchart tar"):
            raise
        outer = ChartError(
            f"error unpacking subchart {name} in {chart.name}: {error}",
            file=place + error.file if error.file else "",
            line=error.line,
        )
        outer.warnings = error.warnings
        raise outer from error
