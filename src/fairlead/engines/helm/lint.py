"""Examine a chart for mistakes: what ``helm lint`` reports.

Source: Helm v4.3 pkg/chart/v2/lint (rules in their order). The rules look at
the files as they are in the folder; nothing is read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fairlead.base import yaml
from fairlead.engines import semver
from fairlead.engines.gotemplate.gotypes import Values, type_name
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm import dependencies, documents, engine
from fairlead.engines.helm import values as helm_values
from fairlead.engines.helm.capabilities import Capabilities, KubeVersion
from fairlead.engines.helm.chart import Chart, load_chart
from fairlead.engines.helm.deprecations import warning as deprecation_warning
from fairlead.engines.helm.errors import ChartError, HelmError
from fairlead.engines.helm.functions.encoding import json_kind, to_floats
from fairlead.engines.helm.functions.strings import SPACE
from fairlead.engines.helm.metadata import Metadata, parse_metadata
from fairlead.engines.helm.nearest import misspelt
from fairlead.engines.helm.world import World

INFO, WARNING, ERROR = 1, 2, 3
_NAMES = ("UNKNOWN", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Message:
    """One finding."""

    severity: int
    path: str
    text: str

    def __str__(self) -> str:
        return f"[{_NAMES[self.severity]}] {self.path}: {self.text}"


@dataclass(frozen=True, slots=True)
class Options:
    """How to lint; *folder* is what messages about the whole chart name."""

    folder: str
    namespace: str = "default"
    kube_version: KubeVersion | None = None
    skip_schema_validation: bool = False
    load: Callable[[], Chart] | None = None  # from where the files are; without it the chart is made of the files
    sources: Sequence[tuple[str, bytes]] = ()  # the files that the values come from, for hints
    hints: list[str] = field(default_factory=list)  # what to do about values goes here
    notes: list[tuple[str, str]] = field(default_factory=list)  # what templates asked for in vain goes here


def lint(files: Mapping[str, bytes], values: dict[str, Any], world: World, options: Options) -> list[Message]:
    """Return the findings about the chart made of *files*, in Helm's order."""
    run = _Lint(files, values, world, options)
    run.chart_file()
    run.values_file()
    run.templates()
    run.dependencies()
    run.crds()
    return run.messages


class _Lint:
    def __init__(self, files: Mapping[str, bytes], values: dict[str, Any], world: World, options: Options) -> None:
        self.files = files
        self.values = values
        self.world = world
        self.options = options
        self.messages: list[Message] = []

    def report(self, severity: int, path: str, text: str | None) -> bool:
        """Note *text* when there is one; say whether there was none."""
        if text:
            self.messages.append(Message(severity, path, text))
        return not text

    def load(self) -> Chart:
        load = self.options.load
        return load_chart(dict(self.files)) if load is None else load()

    def has_folder(self, name: str) -> bool:
        return any(path.startswith(f"{name}/") for path in self.files)

    # Chart.yaml.

    def chart_file(self) -> None:
        data = self.files.get("Chart.yaml", b"")
        try:
            metadata = parse_metadata(data, "Chart.yaml")
        except ChartError as error:
            self.report(ERROR, "Chart.yaml", f"unable to parse YAML\n\t{_without_file(error)}")
            return
        raw = yaml.load(data) or {}
        self.report(WARNING, "Chart.yaml", _strictly(data, raw))
        for severity, text in _metadata_findings(metadata, raw):
            self.report(severity, "Chart.yaml", text)

    # values.yaml.

    def values_file(self) -> None:
        data = self.files.get("values.yaml")
        if data is None:
            self.report(INFO, "values.yaml", "file does not exist")
            return
        try:
            defaults = to_floats(yaml.load(data))
        except yaml.YamlError as error:
            self.report(ERROR, "values.yaml", f"unable to parse YAML: error converting YAML to JSON: {error.go_text}")
            return
        if defaults is not None and not isinstance(defaults, dict):
            self.report(
                ERROR,
                "values.yaml",
                "unable to parse YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                f"{json_kind(defaults)} into Go value of type common.Values",
            )
            return
        schema = self.files.get("values.schema.json")
        if not schema or self.options.skip_schema_validation:
            return
        from fairlead.engines.helm.schema import validate

        merged = helm_values.merge_tables(helm_values.copy_map(self.values), defaults or {}, [], merge=False)
        self.report(ERROR, "values.yaml", validate(schema, merged))

    # templates/.

    def templates(self) -> None:
        place = "templates/"
        if not self.has_folder("templates"):
            if "templates" in self.files:
                self.report(ERROR, place, "not a directory")
            else:
                self.report(WARNING, place, "directory does not exist")
            return
        try:
            chart = self.load()
        except HelmError as error:
            self.report(ERROR, place, str(error))
            return
        rendered = self.render(chart)
        if rendered is None:
            return
        for file in chart.templates:
            if not self.template(file.name, rendered.get(f"{chart.name}/{file.name}", "")):
                return

    def render(self, chart: Chart) -> dict[str, str] | None:
        """Return the rendered templates; None, with a message where Helm has one, when that fails."""
        chart = chart.clone()
        capabilities = Capabilities(self.options.kube_version) if self.options.kube_version else Capabilities()
        try:
            dependencies.process(chart, dict(self.values), [])
            merged = helm_values.coalesce(chart, helm_values.coalesce(chart, dict(self.values), []), [])
        except HelmError:
            return None
        release = {
            "Name": "test-release",
            "Namespace": self.options.namespace,
            "IsUpgrade": False,
            "IsInstall": False,
            "Revision": 0,
            "Service": "Helm",
        }
        top = {"Values": Values(merged), "Release": release, "Capabilities": capabilities}
        try:
            if not self.options.skip_schema_validation:
                from fairlead.engines.helm.schema import check

                check(chart, merged, self.values, self.options.sources)
            self.options.hints.extend(misspelt(chart, self.values))
            return engine.run(engine.collect(chart, top), engine.Host(self.world, lint=True, notes=self.options.notes))
        except HelmError as error:
            self.options.hints.extend(error.hints)
            self.report(ERROR, "templates/", str(error))
            return None

    def template(self, name: str, text: str) -> bool:
        """Report on one template; False when its YAML does not parse, after which Helm stops."""
        extension = name[name.rfind(".") :] if "." in name.rpartition("/")[2] else ""
        if extension not in (".yaml", ".yml", ".tpl", ".txt"):
            self.report(
                ERROR,
                name,
                f"file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt",
            )
        if extension.lower() not in (".yaml", ".yml") or not text.strip(SPACE):
            return True
        first = next((line for line in text.split("\n") if line.strip(SPACE)), "")
        if first[:1] in (" ", "\t"):
            self.report(
                WARNING,
                name,
                f"document starts with an illegal indent: {quote(first)}, which may cause parsing problems",
            )
        for document in self.decode(name, text):
            if document is None:
                return False
            if document:
                self.object(name, document, text)
        return True

    def decode(self, name: str, text: str) -> Iterator[dict[str, Any] | None]:
        """Yield the objects of a file; None, after a message, for one that does not parse."""
        try:
            for _, part in documents.split(text.encode("utf-8", "surrogateescape")):
                value = yaml.load(part)
                wrong = _not_an_object(value)
                if wrong:
                    self.report(ERROR, name, f"unable to parse YAML: {wrong}")
                    yield None
                    return
                yield value or {}
        except yaml.YamlError as error:
            self.report(ERROR, name, f"unable to parse YAML: error converting YAML to JSON: {error.go_text}")
            yield None
        except ChartError as error:
            self.report(
                ERROR, name, f"unable to parse YAML: {str(error).removeprefix('error reading yaml document: ')}"
            )
            yield None

    def object(self, path: str, document: dict[str, Any], text: str) -> None:
        metadata = document.get("metadata") or {}
        name, kind, version = (str(item or "") for item in (metadata.get("name"), *_head(document)))
        wrong = _name_complaint(kind, name)
        if wrong:
            self.report(
                WARNING,
                path,
                f"object name does not conform to Kubernetes naming requirements: {quote(name)}: {wrong}",
            )
        known = self.options.kube_version or Capabilities().kube_version
        if version and kind:
            self.report(WARNING, path, deprecation_warning(version, kind, int(known.major), int(known.minor)))
        if (
            kind in ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
            and "matchLabels" not in text
            and "matchExpressions" not in text
        ):
            self.report(
                ERROR, path, f"a {kind} must contain matchLabels or matchExpressions, and {quote(name)} does not"
            )
        if kind == "List":
            for item in document.get("items") or ():
                annotations = ((item or {}).get("metadata") or {}).get("annotations") or {}
                if "helm.sh/resource-policy" in annotations:
                    self.report(ERROR, path, "annotation 'helm.sh/resource-policy' within List objects are ignored")
                    break

    # charts/ and crds/.

    def dependencies(self) -> None:
        try:
            chart = self.load()
        except HelmError as error:
            self.report(ERROR, "", f"unable to load chart\n\t{error}")
            return
        place = self.options.folder
        wanted = chart.metadata.dependencies or []
        named = {entry.name for entry in wanted}
        present = [sub.name for sub in chart.dependencies]
        unknown = [name for name in present if name not in named]
        if unknown:
            self.report(ERROR, place, f"chart metadata is missing these dependencies: {','.join(unknown)}")
        seen: set[str] = set()
        doubled = [key for key in (entry.alias or entry.name for entry in wanted) if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
        if doubled:
            self.report(ERROR, place, f"multiple dependencies with name or alias: {','.join(doubled)}")
        missing = [entry.name for entry in wanted if entry.name not in present]
        if missing:
            self.report(WARNING, place, f"chart directory is missing these dependencies: {','.join(missing)}")

    def crds(self) -> None:
        if not self.has_folder("crds"):
            if "crds" in self.files:
                self.report(ERROR, "crds/", "not a directory")
            return
        try:
            chart = self.load()
        except HelmError as error:
            self.report(ERROR, "crds/", str(error))
            return
        for _, file in chart.crds():
            for document in self.decode(file.name, file.data.decode("utf-8", "surrogateescape")):
                if document is None:
                    return
                if not document:
                    continue
                kind, version = _head(document)
                if not str(version or "").startswith("apiextensions.k8s.io"):
                    self.report(ERROR, file.name, "apiVersion is not in 'apiextensions.k8s.io'")
                if kind != "CustomResourceDefinition":
                    self.report(ERROR, file.name, "object kind is not 'CustomResourceDefinition'")


def _head(document: dict[str, Any]) -> tuple[Any, Any]:
    return document.get("kind"), document.get("apiVersion")


def _without_file(error: ChartError) -> str:
    return str(error).removeprefix("cannot load Chart.yaml: ")


def _not_an_object(value: Any) -> str:
    lead = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal"
    if value is not None and not isinstance(value, dict):
        return f"{lead} {json_kind(value)} into Go value of type rules.k8sYamlStruct"
    for key in ("apiVersion", "kind"):
        if value and value.get(key) is not None and isinstance(value[key], dict | list):
            name = "Kind" if key == "kind" else key
            return f"{lead} {json_kind(value[key])} into Go struct field k8sYamlStruct.{name} of type string"
    metadata = value.get("metadata") if value else None
    if metadata is not None and not isinstance(metadata, dict):
        return f"{lead} {json_kind(metadata)} into Go struct field k8sYamlStruct.Metadata of type rules.k8sYamlMetadata"
    return ""


_FIELDS = frozenset(
    {
        "name",
        "home",
        "sources",
        "version",
        "description",
        "keywords",
        "maintainers",
        "icon",
        "apiversion",
        "condition",
        "tags",
        "appversion",
        "deprecated",
        "annotations",
        "kubeversion",
        "dependencies",
        "type",
    }
)
_INNER_FIELDS = {
    "dependencies": frozenset(
        ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"),
    ),
    "maintainers": frozenset(("name", "email", "url")),
}


def _strictly(data: bytes, raw: Any) -> str:
    """Return the complaint of a strict reading of Chart.yaml."""
    try:
        yaml.load(data, strict=True)
    except yaml.YamlError as error:
        return f"failed to strictly parse chart metadata file\n\terror converting YAML to JSON: {error.go_text}"
    unknown = next(_unknown(raw, _FIELDS), None)
    if unknown is None:
        return ""
    return (
        "failed to strictly parse chart metadata file\n\t"
        f"error unmarshaling JSON: while decoding JSON: json: unknown field {quote(unknown)}"
    )


def _unknown(raw: Any, known: frozenset[str]) -> Iterator[str]:
    """Yield the keys of a map of Chart.yaml that stand for no field, those of maps in it included, in order."""
    for key in sorted(raw) if isinstance(raw, dict) else ():
        if key.lower() not in known:
            yield key
        inner = _INNER_FIELDS.get(key.lower())
        for item in raw[key] if inner and isinstance(raw[key], list) else ():
            yield from _unknown(item, inner or known)


def _metadata_findings(metadata: Metadata, raw: Any) -> Iterator[tuple[int, str]]:
    yield ERROR, _name_finding(metadata.name)
    yield ERROR, _api_version_finding(metadata.api_version)
    yield ERROR, _type_finding(raw, "version")
    yield ERROR, _version_finding(metadata.version)
    yield ERROR, _type_finding(raw, "appVersion")
    yield ERROR, _maintainer_finding(metadata)
    yield ERROR, next((f"invalid source URL '{item}'" for item in metadata.sources if not _is_request_url(item)), "")
    yield INFO, "" if metadata.icon else "icon is recommended"
    yield ERROR, f"invalid icon URL '{metadata.icon}'" if metadata.icon and not _is_request_url(metadata.icon) else ""
    only = f"in apiVersion '{metadata.api_version}'. It is valid in apiVersion 'v2'"
    v2 = metadata.api_version == "v2"
    yield ERROR, f"chart type is not valid {only}" if metadata.type and not v2 else ""
    yield (
        ERROR,
        f"dependencies are not valid in the Chart file with apiVersion '{metadata.api_version}'. "
        "They are valid in apiVersion 'v2'"
        if metadata.dependencies and not v2
        else "",
    )
    strict = re.match(
        r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\Z", metadata.version
    )
    is_strict = strict is not None and semver.is_version(metadata.version)
    yield WARNING, "" if is_strict else f"version '{metadata.version}' is not a valid SemVerV2"


def _name_finding(name: str) -> str:
    if not name:
        return "name is required"
    base = name.rstrip("/").rpartition("/")[2] or "/"
    return "" if base == name else f"chart name {quote(name)} is invalid"


def _api_version_finding(version: str) -> str:
    if not version:
        return 'apiVersion is required. The value must be either "v1" or "v2"'
    if version not in ("v1", "v2"):
        return f'apiVersion \'{version}\' is not valid. The value must be either "v1" or "v2"'
    return ""


def _type_finding(raw: Any, key: str) -> str:
    if not isinstance(raw, dict) or key not in raw or isinstance(raw[key], str):
        return ""
    value = raw[key]
    shown = "float64" if isinstance(value, int) and not isinstance(value, bool) else type_name(value)
    return f"{key} should be of type string but it's of type {shown}"


def _version_finding(version: str) -> str:
    if not version:
        return "version is required"
    if not semver.is_version(version):
        return f"version '{version}' is not a valid SemVer"
    parsed = semver.parse_version(version)
    if not semver.parse_constraint(">0.0.0-0").check(parsed):
        return f"version {version} is less than or equal to 0.0.0-0"
    return ""


_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]+@[^@\s.]+(\.[^@\s.]+)+\Z")
_WORD = r"[a-zA-Z0-9\u00a1-\uffff]+"
_URL = re.compile(
    r"(?:(?:ftp|tcp|udp|wss?|https?)://)?(?:\S+@)?"
    rf"(?:\[[0-9a-fA-F:.%]+\]|{_WORD}(?:[-._]{{1,2}}{_WORD})*)\.?(?::\d{{1,5}})?(?:[/?#]\S*)?\Z"
)


def _maintainer_finding(metadata: Metadata) -> str:
    for person in metadata.maintainers:
        if "" in person:
            return "a maintainer entry is empty"
        name, email, url = person.get("name", ""), person.get("email", ""), person.get("url", "")
        if not name:
            return "each maintainer requires a name"
        if email and not _EMAIL.match(email):
            return f"invalid email '{email}' for maintainer '{name}'"
        if url and not _is_url(url):
            return f"invalid url '{url}' for maintainer '{name}'"
    return ""


def _is_url(text: str) -> bool:
    """Report whether govalidator takes *text* for a URL; the scheme may be missing."""
    if len(text.encode("utf-8", "surrogateescape")) <= 3 or len(text) >= 2083 or text.startswith("."):
        return False
    try:
        parts = urlsplit(f"http://{text}" if ":" in text and "://" not in text else text)
    except ValueError:
        return False
    if parts.netloc.startswith(".") or (not parts.netloc and parts.path and "." not in parts.path):
        return False
    return _URL.match(text) is not None


def _is_request_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme) and " " not in text


_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?\Z")
_LABEL_1123 = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_LABEL_1123_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def _name_complaint(kind: str, name: str) -> str:
    """Return what the API's validation says about an object's name."""
    wanted = kind.lower()
    if wanted == "certificatesigningrequest":
        return ""
    if wanted in ("role", "clusterrole", "rolebinding", "clusterrolebinding"):
        found = [f"may not be '{name}'"] if name in (".", "..") else []
        found += [f"may not contain '{char}'" for char in "/%" if char in name]
    elif wanted == "service":
        found = _label_complaints(name, 63, _LABEL_1035, _LABEL_1035_TEXT)
    elif wanted == "namespace":
        found = _label_complaints(name, 63, _LABEL_1123, _LABEL_1123_TEXT)
    else:
        found = _label_complaints(name, 253, _SUBDOMAIN, _SUBDOMAIN_TEXT)
    texts = [f"metadata.name: Invalid value: {quote(name)}: {item}" for item in found]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]" if texts else ""


def _label_complaints(name: str, length: int, pattern: re.Pattern[str], text: str) -> list[str]:
    found = [f"must be no more than {length} characters"] if len(name) > length else []
    if pattern.match(name):
        return found
    if pattern is _LABEL_1123 and _SUBDOMAIN.match(name):
        text = "must not contain dots"
    return [*found, text]
