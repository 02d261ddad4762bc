"""A copy of a kustomization that stands alone: what it reads from elsewhere lies in the copy. Files in, files out.

Source: kustomize api v0.21.2 internal/localizer. Only kustomization files and built-in plugins are changed; what a
build would refuse is left for the build to find.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote as quote_url
from urllib.parse import urlsplit

from fairlead.base import yaml as goyaml
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.kustomize.edit import render_fields
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.files import Files, is_repository
from fairlead.engines.kustomize.generators import file_source
from fairlead.engines.kustomize.kustomization import decode_fields, find_file
from fairlead.engines.kustomize.loader import is_below, is_url, join
from fairlead.engines.kustomize.nodes import to_value
from fairlead.engines.kustomize.objects import objects_in
from fairlead.engines.kustomize.remote import Repository, parse_repository
from fairlead.engines.kustomize.resmap import ResMap

REMOTE_FOLDER = "localized-files"
FILE_SCHEME_FOLDER = "file-schemed"
DEFAULT_CHART_HOME = "charts"
_GENERATORS = ("ConfigMapGenerator", "SecretGenerator")
_FILES = {  # the fields of built-in plugins that name one file, or several
    **dict.fromkeys(_GENERATORS, ("env", "envs")),
    "HelmChartInflationGenerator": ("valuesFile", "additionalValuesFiles"),
    "PatchTransformer": ("path",),
    "PatchJson6902Transformer": ("path",),
}

Localize = Callable[[str], str]


def localize(files: Files, scope: str) -> dict[str, bytes]:
    """Return the files of the copy of the kustomization in `files.root`, by their paths below *scope*.

    *scope* is the folder that local references may not leave. Raises: KustomizeError.
    """
    found: dict[str, bytes] = {}
    _Localizer(files, scope, posixpath.relpath(files.root, scope), found).run()
    return found


class _Localizer:
    """Copies one kustomization and what it refers to."""

    def __init__(self, files: Files, scope: str, place: str, found: dict[str, bytes], *, local: bool = True) -> None:
        """*place* is where the copy lies; *local* says that only local references led here."""
        self._files = files
        self._scope = scope
        self._place = place
        self._found = found
        self._local = local

    def run(self) -> None:
        path = find_file(self._files)
        fields = decode_fields(self._files.loader.read(path), path)
        self._fields(fields)
        self._plugins(fields)
        self._put(path.rpartition("/")[2], render_fields(fields).encode())

    def _put(self, name: str, content: bytes) -> None:
        self._found[posixpath.normpath(posixpath.join(self._place, name))] = content

    # Fields.

    def _fields(self, fields: dict[str, Any]) -> None:
        if "path" in (fields.get("openapi") or {}):
            with _Doing("unable to localize openapi path"):
                fields["openapi"]["path"] = self._file(fields["openapi"]["path"])
        for name, copy in (
            ("bases", self._root),
            ("components", self._root),
            ("configurations", self._file),
            ("crds", self._file),
            ("resources", self._resource),
        ):
            with _Doing(f"unable to localize {name} entry"):
                _each(fields, name, copy)
        for name in ("configMapGenerator", "secretGenerator"):
            with _Doing(f"unable to localize {name}"):
                for entry in fields.get(name) or ():
                    self._generator(entry)
        self._charts(fields)
        for name in ("patches", "patchesJson6902"):
            with _Doing(f"unable to localize {name}"):
                for entry in fields.get(name) or ():
                    _each(entry, "path", self._file)
        with _Doing("unable to localize patchesStrategicMerge entry"):
            _each(fields, "patchesStrategicMerge", self._object)
        with _Doing("unable to localize replacements entry"):
            for entry in fields.get("replacements") or ():
                _each(entry, "path", self._file)

    def _generator(self, entry: dict[str, Any]) -> None:
        with _Doing("unable to localize generator env file"):
            _each(entry, "env", self._file)
        with _Doing("unable to localize generator envs file"):
            _each(entry, "envs", self._file)
        _each(entry, "files", self._file_source)

    def _charts(self, fields: dict[str, Any]) -> None:
        for at, chart in enumerate(fields.get("helmChartInflationGenerator") or ()):
            with _Doing(f"unable to localize helmChartInflationGenerator entry {at} values"):
                _each(chart, "values", self._file)
            with _Doing(f"unable to copy helmChartInflationGenerator entry {at}"):
                chart["chartHome"] = self._chart_home(chart.get("chartHome") or "")
        for at, chart in enumerate(fields.get("helmCharts") or ()):
            for name in ("valuesFile", "additionalValuesFiles"):
                with _Doing(f"unable to localize helmCharts entry {at} {name}"):
                    _each(chart, name, self._file)
        settings = fields.get("helmGlobals")
        if settings is not None:
            with _Doing("unable to copy helmGlobals"):
                settings["chartHome"] = self._chart_home(settings.get("chartHome") or "")
        elif fields.get("helmCharts"):
            with _Doing("unable to copy default chart home"):
                self._chart_home("")

    def _plugins(self, fields: dict[str, Any]) -> None:
        for name in ("generators", "transformers", "validators"):
            for at, entry in enumerate(fields.get(name) or ()):
                with _Doing(f"unable to load {name} entry"):
                    objects, is_file = self._objects(entry)
                values = [to_value(item.node) for item in objects]
                for value in values:
                    self._plugin(value)
                text = "---\n".join(goyaml.dump(value) for value in values)
                if is_file:
                    with _Doing(f"unable to localize {name} entry"):
                        text = self._keep(entry, text.encode())
                fields[name][at] = text

    def _plugin(self, value: dict[str, Any]) -> None:
        if value.get("apiVersion") != "builtin":
            return
        kind = value.get("kind") or ""
        for field in _FILES.get(kind, ()):
            _each(value, field, self._file)
        if kind in _GENERATORS:
            _each(value, "files", self._file_source)
        elif kind == "ReplacementTransformer":
            for entry in value.get("replacements") or ():
                _each(entry, "path", self._file)
        elif kind == "PatchStrategicMergeTransformer":
            _each(value, "paths", self._object)
        elif kind == "HelmChartInflationGenerator":
            home = self._chart_home(value.get("chartHome") or "")
            if "chartHome" in value:
                value["chartHome"] = home

    # References; each returns what stands for it in the copy.

    def _file(self, name: str) -> str:
        return self._keep(name, self._read(name)) if name else ""

    def _read(self, name: str) -> bytes:
        with _Doing("invalid file reference"):
            return self._files.read(name)

    def _keep(self, name: str, content: bytes) -> str:
        if is_url(name):
            self._check_remote_folder("file", name)
            address = urlsplit(name)
            path = quote_url(address.path, safe="/%:@!$&'()*+,;=~-._")
            place = posixpath.join(REMOTE_FOLDER, address.hostname or "", posixpath.normpath(f"/{path}").lstrip("/"))
        else:
            place = posixpath.relpath(self._files.path(name), self._files.root)
        self._put(place, content)
        return place

    def _check_remote_folder(self, what: str, name: str) -> None:
        path = join(self._files.root, REMOTE_FOLDER)
        if self._files.loader.is_folder(path) or self._files.loader.is_file(path):
            raise KustomizeError(
                f"{self._files.root} already contains {REMOTE_FOLDER} needed to store {what} {quote(name)}"
            )

    def _file_source(self, source: str) -> str:
        key, name = file_source(source)
        with _Doing(f"invalid file source {quote(source)}"):
            place = self._file(name)
        return place if source == name else f"{key}={place}"

    def _object(self, entry: str) -> str:
        return self._file(entry) if self._objects(entry)[1] else entry

    def _objects(self, entry: str) -> tuple[list[Any], bool]:
        """Return the objects that *entry* says or, the second result, that it names the file of."""
        try:
            return objects_in(entry.encode(), "inline"), False
        except KustomizeError as error:
            inline = error
        try:
            return objects_in(self._read(entry), entry), True
        except KustomizeError as error:
            raise KustomizeError(
                f"unable to load resource entry {quote(entry)}: when parsing as inline received error: {inline}\n"
                f"when parsing as filepath received error: {error}"
            ) from error

    def _resource(self, name: str) -> str:
        try:
            content = self._read(name)
            with _Doing(f"invalid resource at file {quote(name)}"):
                ResMap(objects_in(content, name, keep_faults=True))
            return self._keep(name, content)
        except KustomizeError as error:
            file_error = error
        try:
            return self._root(name)
        except KustomizeError as error:
            raise KustomizeError(
                f"could not localize path {quote(name)} as file: {file_error}; "
                f"could not localize path {quote(name)} as directory: {error}"
            ) from error

    def _root(self, name: str) -> str:
        if not name:
            return ""
        repository = parse_repository(name) if is_repository(name) else None
        with _Doing("invalid root reference"):
            below = self._files.below(name)
        if repository is not None:
            check_ref(name, repository)
            self._check_remote_folder("root", name)
            place = _repository_place(repository)
        else:
            if self._local and not is_below(below.root, self._scope):
                raise KustomizeError(f"root {quote(below.root)} outside localize scope {quote(self._scope)}")
            place = posixpath.relpath(below.root, self._files.root)
        there = posixpath.normpath(posixpath.join(self._place, place))
        local = self._local and repository is None
        with _Doing(f"unable to localize root {quote(name)}"):
            _Localizer(below, self._scope, there, self._found, local=local).run()
        return place

    def _chart_home(self, entry: str) -> str:
        """Copy the folder of charts, which "" names by default; one that is not there is no error."""
        path = entry or DEFAULT_CHART_HOME
        if posixpath.isabs(path):
            raise KustomizeError(f"absolute path {quote(path)} not handled in alpha")
        path = posixpath.normpath(path)
        home = posixpath.normpath(posixpath.join(self._files.root, path))
        with _Doing(f"unable to copy home {quote(entry)}"):
            if self._files.loader.is_folder(home):
                with _Doing("invalid chart home"):
                    below = self._files.below(path)
                if path != DEFAULT_CHART_HOME:
                    path = posixpath.relpath(below.root, self._files.root)
                for name, content in _tree(below, ""):
                    self._put(posixpath.join(path, name), content)
        return path if entry else ""


def check_ref(name: str, repository: Repository) -> None:
    """Raises: KustomizeError when the address *name* of *repository* names no revision."""
    if not repository.ref:
        raise KustomizeError(f"localize remote root {quote(name)} missing ref query string parameter")


class _Doing:
    """Says in the errors from within what was being done."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, KustomizeError):
            raise KustomizeError(f"{self._what}: {error}") from error


def _each(holder: dict[str, Any], name: str, copy: Localize) -> None:
    """Put what *copy* returns in the place of a text, or of each one in a list."""
    value = holder.get(name)
    if isinstance(value, list):
        holder[name] = [copy(item) for item in value]
    elif isinstance(value, str):
        holder[name] = copy(value)
    elif isinstance(value, Mapping):
        raise KustomizeError("expected sequence or scalar node")


def _repository_place(repository: Repository) -> str:
    scheme, separator, rest = repository.url.rpartition("://")
    if scheme.lower() == "file":
        host, path = FILE_SCHEME_FOLDER, rest
    else:
        address = rest.rpartition("@")[2]
        host, _, path = address.partition("/" if separator or ":" not in address else ":")
        host = host.partition(":")[0]
    path = posixpath.normpath(f"/{path.removesuffix('.git')}").lstrip("/")
    return posixpath.normpath(posixpath.join(REMOTE_FOLDER, host, path, repository.ref, repository.path))


def _tree(files: Files, below: str) -> Iterable[tuple[str, bytes]]:
    """Yield the files below a folder, links left out."""
    loader = files.loader
    resolve = getattr(loader, "resolve", None)
    for name in loader.list(join(files.root, below or ".")):
        relative = posixpath.join(below, name)
        path = join(files.root, relative)
        if resolve is not None and resolve(path) != path:
            continue
        if loader.is_folder(path):
            yield from _tree(files, relative)
        else:
            yield relative, loader.read(path)
