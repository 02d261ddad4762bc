"""Chart.yaml: read, check, and show to templates.

Source: Helm v4.3 pkg/chart/v2/metadata.go, dependency.go; sigs.k8s.io/yaml
v1.6 turns a number or bool into text where the Go field is a string.
"""

from __future__ import annotations

from fairlead.base import yaml
from fairlead.base.patterns import late
from fairlead.engines.gotemplate import strconv
from fairlead.engines.gotemplate.gotypes import NilStrMap, StrMap
from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.functions.encoding import json_kind
from fairlead.engines.helm.functions.strings import SPACE
from fairlead.engines.helm.memo import remembered
from fairlead.engines.record import Record, made

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_ALIAS = late(r"[a-zA-Z0-9_-]+\Z")


class Dependency(Record):
    """One entry of a chart's dependencies."""

    name: str = ""
    version: str = ""
    repository: str = ""
    condition: str = ""
    tags: list[str] = made(factory=list)
    enabled: bool = False
    import_values: list[Any] = made(factory=list)
    alias: str = ""

    def for_yaml(self) -> dict[str, Any]:
        """Return the entry as Chart.yaml has it."""
        found: dict[str, Any] = {"name": self.name, "repository": self.repository}
        optional = {
            "version": self.version,
            "condition": self.condition,
            "tags": self.tags,
            "enabled": self.enabled,
            "import-values": self.import_values,
            "alias": self.alias,
        }
        return found | {key: value for key, value in optional.items() if value}

    def for_templates(self) -> dict[str, Any]:
        """Return the entry under Go's field names."""
        return {
            "Name": self.name,
            "Version": self.version,
            "Repository": self.repository,
            "Condition": self.condition,
            "Tags": list(self.tags),
            "Enabled": self.enabled,
            "ImportValues": [StrMap(item) if isinstance(item, dict) else item for item in self.import_values],
            "Alias": self.alias,
        }


class Metadata(Record):
    """What Chart.yaml says."""

    name: str = ""
    home: str = ""
    sources: list[str] = made(factory=list)
    version: str = ""
    description: str = ""
    keywords: list[str] = made(factory=list)
    maintainers: list[dict[str, str]] = made(factory=list)
    icon: str = ""
    api_version: str = ""
    condition: str = ""
    tags: str = ""
    app_version: str = ""
    deprecated: bool = False
    annotations: dict[str, str] | None = None
    kube_version: str = ""
    dependencies: list[Dependency] | None = None
    type: str = ""

    def copy(self) -> Metadata:
        """Return a copy whose dependencies may be changed."""
        other = self.copied()
        if self.dependencies is not None:
            other.dependencies = [dependency.copied() for dependency in self.dependencies]
        return other

    def for_yaml(self) -> dict[str, Any]:
        """Return what a Chart.yaml of this would hold: json names, empty fields left out."""
        found: dict[str, Any] = {json: getattr(self, name) for json, name in _YAML_NAMES.items()}
        found["dependencies"] = [entry.for_yaml() for entry in self.dependencies or ()]
        return {key: value for key, value in found.items() if value}

    def for_templates(self) -> dict[str, Any]:
        """Return ``.Chart``: Go's field names, zero values included."""
        return {
            "Name": self.name,
            "Home": self.home,
            "Sources": list(self.sources),
            "Version": self.version,
            "Description": self.description,
            "Keywords": list(self.keywords),
            "Maintainers": [
                {"Name": person.get("name", ""), "Email": person.get("email", ""), "URL": person.get("url", "")}
                for person in self.maintainers
            ],
            "Icon": self.icon,
            "APIVersion": self.api_version,
            "Condition": self.condition,
            "Tags": self.tags,
            "AppVersion": self.app_version,
            "Deprecated": self.deprecated,
            "Annotations": NilStrMap() if self.annotations is None else StrMap(self.annotations),
            "KubeVersion": self.kube_version,
            "Dependencies": [dependency.for_templates() for dependency in self.dependencies or ()],
            "Type": self.type,
        }


_YAML_NAMES = {
    "name": "name",
    "home": "home",
    "sources": "sources",
    "version": "version",
    "description": "description",
    "keywords": "keywords",
    "maintainers": "maintainers",
    "icon": "icon",
    "apiVersion": "api_version",
    "condition": "condition",
    "tags": "tags",
    "appVersion": "app_version",
    "deprecated": "deprecated",
    "annotations": "annotations",
    "kubeVersion": "kube_version",
    "type": "type",
}
_STRINGS = {
    "name": "name",
    "home": "home",
    "version": "version",
    "description": "description",
    "icon": "icon",
    "apiversion": "api_version",
    "condition": "condition",
    "tags": "tags",
    "appversion": "app_version",
    "kubeversion": "kube_version",
    "type": "type",
}
_JSON_NAMES = {"apiversion": "apiVersion", "appversion": "appVersion", "kubeversion": "kubeVersion"}


class _MismatchError(Exception):
    """A value of the wrong JSON type, in encoding/json's words."""


def _string(value: object, place: str) -> str:
    """Return *value* as the text a Go string field gets."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return strconv.format_float(value)
    raise _MismatchError(f"json: cannot unmarshal {json_kind(value)} into Go struct field {place} of type string")


def _strings(value: object, place: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _MismatchError(f"json: cannot unmarshal {json_kind(value)} into Go struct field {place} of type []string")
    return [_string(item, place) for item in value]


def _bool(value: object, place: str) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    raise _MismatchError(f"json: cannot unmarshal {json_kind(value)} into Go struct field {place} of type bool")


def _list(value: object, place: str, kind: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise _MismatchError(f"json: cannot unmarshal {json_kind(value)} into Go struct field {place} of type {kind}")


def parse_metadata(data: bytes, file: str, base: Metadata | None = None) -> Metadata:
    """Return the metadata in a Chart.yaml or requirements.yaml, laid over *base*.

    Raises:
        ChartError: in Helm's words.
    """
    metadata = base or Metadata()

    def read(content: Mapping[str, Any]) -> None:
        for key in sorted(content):
            _assign(metadata, key, content[key])

    _decode(data, file, "v2.Metadata", read)
    return metadata


def detect_version(data: bytes) -> str:
    """Return the apiVersion in a Chart.yaml, as Helm looks at it before it chooses a loader.

    Raises:
        ChartError: in Helm's words.
    """
    found = [""]

    def read(content: Mapping[str, Any]) -> None:
        for key in sorted(content):
            if key.lower() == "apiversion":
                found[0] = _string(content[key], "chartBase.apiVersion")

    _decode(data, "Chart.yaml", "loader.chartBase", read)
    return found[0]


def check_lock(data: bytes, file: str) -> dict[str, Any]:
    """Return what a lock file says, as it stands there.

    Raises:
        ChartError: in Helm's words.
    """

    def read(content: Mapping[str, Any]) -> None:
        for key in sorted(content):
            name, value = key.lower(), content[key]
            if name == "digest":
                _string(value, "Lock.digest")
            elif name == "dependencies" and value is not None:
                parse_dependencies(_list(value, "Lock.dependencies", "[]*v2.Dependency"), "Lock")
            elif name == "generated" and value is not None:
                _check_time(value)

    return _decode(data, file, "v2.Lock", read)


def _decode(data: bytes, file: str, kind: str, read: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
    """Return the map in a YAML text, once *read* took it; encoding/json meets its keys in order. Raises: ChartError."""
    try:
        content = remembered(b"yaml", data, lambda: yaml.load(data, source=file))
    except yaml.YamlError as error:
        raise ChartError(
            f"cannot load {file}: error converting YAML to JSON: {error.go_text}", file=file, line=error.line
        ) from error
    try:
        if content is not None and not isinstance(content, dict):
            raise _MismatchError(f"json: cannot unmarshal {json_kind(content)} into Go value of type {kind}")
        read(content or {})
    except _MismatchError as error:
        raise ChartError(
            f"cannot load {file}: error unmarshaling JSON: while decoding JSON: {error}", file=file
        ) from error
    return content or {}


def _check_time(value: object) -> None:
    """See that *value* is a time as JSON has it (time.Time.UnmarshalJSON)."""
    if not isinstance(value, str):
        raise _MismatchError("Time.UnmarshalJSON: input is not a JSON string")
    from datetime import UTC

    from fairlead.engines.helm.functions.timeformat import LayoutError, parse_time

    try:
        parse_time("2006-01-02T15:04:05Z07:00", value, UTC)
    except LayoutError as error:
        raise _MismatchError(str(error)) from None


def _assign(metadata: Metadata, key: str, value: Any) -> None:
    name = key.lower()  # encoding/json matches field names in any case
    place = f"Metadata.{_JSON_NAMES.get(name, name)}"
    if name in _STRINGS:
        if value is not None:
            setattr(metadata, _STRINGS[name], _string(value, place))
    elif name == "sources":
        metadata.sources = _strings(value, place)
    elif name == "keywords":
        metadata.keywords = _strings(value, place)
    elif name == "deprecated":
        metadata.deprecated = _bool(value, place)
    elif name == "annotations":
        if value is not None and not isinstance(value, dict):
            raise _MismatchError(
                f"json: cannot unmarshal {json_kind(value)} into Go struct field {place} of type map[string]string"
            )
        metadata.annotations = None if value is None else {k: _string(value[k], place) for k in sorted(value)}
    elif name == "maintainers":
        metadata.maintainers = [] if value is None else _maintainers(_list(value, place, "[]*v2.Maintainer"))
    elif name == "dependencies":
        metadata.dependencies = None if value is None else parse_dependencies(_list(value, place, "[]*v2.Dependency"))


def _maintainers(items: list[Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for item in items:
        if item is None:
            found.append({"": ""})  # reported by validate
            continue
        if not isinstance(item, dict):
            raise _MismatchError(
                f"json: cannot unmarshal {json_kind(item)} into Go struct field "
                "Metadata.maintainers of type v2.Maintainer"
            )
        found.append(
            {
                key.lower(): _string(item[key], f"Maintainer.maintainers.{key.lower()}")
                for key in sorted(item)
                if key.lower() in ("name", "email", "url")
            }
        )
    return found


_NONE = "\0"  # the name of a dependency that is null


def parse_dependencies(items: list[Any], holder: str = "Metadata") -> list[Dependency]:
    """Return the dependencies in a decoded list of a field of *holder*; nulls are left to `validate`."""
    found: list[Dependency] = []
    for item in items:
        if item is None:
            found.append(Dependency(_NONE))
            continue
        if not isinstance(item, dict):
            raise _MismatchError(
                f"json: cannot unmarshal {json_kind(item)} into Go struct field "
                f"{holder}.dependencies of type v2.Dependency"
            )
        found.append(_dependency(item))
    return found


def _dependency(item: Mapping[str, Any]) -> Dependency:
    dependency = Dependency()
    for key in sorted(item):
        name, value = key.lower(), item[key]
        place = f"Dependency.dependencies.{name}"
        if name in ("name", "version", "repository", "condition", "alias"):
            setattr(dependency, name, _string(value, place))
        elif name == "tags":
            dependency.tags = _strings(value, place)
        elif name == "enabled":
            dependency.enabled = _bool(value, place)
        elif name == "import-values":
            dependency.import_values = [] if value is None else list(_list(value, place, "[]interface {}"))
    return dependency


def _sanitize(text: str) -> str:
    """Return *text* with plain spaces and without unprintable characters (Helm: sanitizeString)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if char in SPACE else char for char in text if char in SPACE or strconv.is_print(char))


def validate(metadata: Metadata) -> None:
    """Clean the texts and check them.

    Raises:
        ChartError: "validation: ..." as Helm words it.
    """
    from fairlead.engines import semver

    for name in ("name", "description", "home", "icon", "condition", "tags", "app_version", "kube_version"):
        setattr(metadata, name, _sanitize(getattr(metadata, name)))
    metadata.sources = list(map(_sanitize, metadata.sources))
    metadata.keywords = list(map(_sanitize, metadata.keywords))
    if not metadata.api_version:
        raise _invalid("chart.metadata.apiVersion is required")
    if not metadata.name:
        raise _invalid("chart.metadata.name is required")
    if metadata.name in (".", ".."):
        raise _invalid(f"chart.metadata.name {strconv.quote(metadata.name)} is not allowed")
    if "/" in metadata.name:
        raise _invalid(f"chart.metadata.name {strconv.quote(metadata.name)} is invalid")
    if not metadata.version:
        raise _invalid("chart.metadata.version is required")
    if not semver.is_version(metadata.version):
        raise _invalid(f"chart.metadata.version {strconv.quote(metadata.version)} is invalid")
    if metadata.type not in ("", "application", "library"):
        raise _invalid("chart.metadata.type must be application or library")
    for person in metadata.maintainers:
        if "" in person:
            raise _invalid("maintainers must not contain empty or null nodes")
        for key, value in person.items():
            person[key] = _sanitize(value)
    _validate_dependencies(metadata.dependencies or [])


def _validate_dependencies(dependencies: list[Dependency]) -> None:
    seen: set[str] = set()
    for dependency in dependencies:
        if dependency.name == _NONE:
            raise _invalid("dependencies must not contain empty or null nodes")
        for name in ("name", "version", "repository", "condition"):
            setattr(dependency, name, _sanitize(getattr(dependency, name)))
        dependency.tags = list(map(_sanitize, dependency.tags))
        if dependency.alias and not _ALIAS.match(dependency.alias):
            raise _invalid(f"dependency {strconv.quote(dependency.name)} has disallowed characters in the alias")
        key = dependency.alias or dependency.name
        if key in seen:
            raise _invalid(f"more than one dependency with name or alias {strconv.quote(key)}")
        seen.add(key)


def _invalid(text: str) -> ChartError:
    return ChartError(f"validation: {text}", file="Chart.yaml")
