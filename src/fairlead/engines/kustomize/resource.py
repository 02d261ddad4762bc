"""One object on its way through a build, and what it has been called so far.

Source: kustomize api v0.21.2 resource/resource.go; kyaml v0.21.2 resid. kustomize keeps the history of an object in
annotations under internal.config.kubernetes.io; here it is beside the object.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import set_field
from fairlead.engines.kustomize.nodes import copied, fresh, is_empty, is_null, new_key, text_of, wrong_kind
from fairlead.engines.kustomize.scopes import CLUSTER_SCOPED

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any
    from typing import NamedTuple as Record
else:
    from fairlead.base.records import Record

INTERNAL = "internal.config.kubernetes.io/"
ORIGIN = "config.kubernetes.io/origin"
TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations"
LOCAL_CONFIG = "config.kubernetes.io/local-config"
HELM_GENERATED = f"{INTERNAL}helm-generated"
NO_NAMESPACE = "_non_namespaceable_"
DEFAULT_NAMESPACE = "default"


class Id(Record):
    """What an object is called."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str = ""

    @property
    def api_version(self) -> str:
        """`group/version`, or only the version."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def is_cluster_scoped(self) -> bool:
        """Whether the kind certainly has no namespace."""
        return f"{self.api_version}|{self.kind}" in CLUSTER_SCOPED

    @property
    def effective_namespace(self) -> str:
        """The namespace; "default" where none is given."""
        if self.is_cluster_scoped:
            return NO_NAMESPACE
        return self.namespace or DEFAULT_NAMESPACE

    @property
    def identity(self) -> tuple[str, str, str, str, str]:
        """What makes two ids equal: their parts, with the effective namespace."""
        return self.group, self.version, self.kind, self.name, self.effective_namespace

    def gvk_text(self) -> str:
        """Return kind, version and group as kustomize prints them."""
        return f"{self.kind or '[noKind]'}.{self.version or '[noVer]'}.{self.group or '[noGrp]'}"

    def __str__(self) -> str:
        return f"{self.gvk_text()}/{self.name or '[noName]'}.{self.namespace or '[noNs]'}"


def parse_api_version(text: str) -> tuple[str, str]:
    """Return group and version."""
    group, slash, version = text.partition("/")
    return (group, version) if slash else ("", text)


UNEQUAL_HISTORY = "number of previous names, number of previous namespaces, number of previous kinds not equal"


class Source(Record):
    """Where content came from: base, generator, patch or a transformer, and the file and line that says so."""

    role: str
    file: str
    line: int = 0


class Resource:
    """An object with its history."""

    __slots__ = (
        "allow_kind_change",
        "allow_name_change",
        "behavior",
        "fault",
        "from_helm",
        "needs_hash",
        "node",
        "prefixes",
        "previous",
        "sources",
        "suffixes",
        "variables",
    )

    def __init__(self, node: Any) -> None:
        self.node = node
        self.fault = ""
        self.previous: list[tuple[str, str, str]] = []  # name, namespace, kind; the first is the original
        self.prefixes: list[str] = []
        self.suffixes: list[str] = []
        self.behavior = ""
        self.needs_hash = False
        self.allow_name_change = False
        self.allow_kind_change = False
        self.from_helm = False
        self.variables: list[str] = []
        self.sources: list[Source] = []

    def copy(self) -> Resource:
        """Return a copy that shares nothing."""
        other = Resource(copied(self.node))
        other.take_history(self)
        other.behavior, other.needs_hash = self.behavior, self.needs_hash
        other.allow_name_change, other.allow_kind_change = self.allow_name_change, self.allow_kind_change
        other.fault, other.sources = self.fault, list(self.sources)
        return other

    def take_history(self, other: Resource) -> None:
        """Take over what *other* has been called."""
        self.previous = list(other.previous)
        self.prefixes, self.suffixes = list(other.prefixes), list(other.suffixes)
        self.variables = list(other.variables)
        self.from_helm = other.from_helm

    @property
    def kind(self) -> str:
        return text_of(self.node.get("kind"))

    @property
    def api_version(self) -> str:
        return text_of(self.node.get("apiVersion"))

    @property
    def name(self) -> str:
        return self._metadata_text("name")

    @property
    def namespace(self) -> str:
        return self._metadata_text("namespace")

    def _metadata_text(self, field: str) -> str:
        metadata = self.node.get("metadata")
        if metadata.__class__ is not dict:
            return ""
        value = metadata.get(field)
        if value.__class__ is str:
            return value
        return "" if is_empty(value) else text_of(value)

    def current_id(self) -> Id:
        """Return what the object is called now."""
        group, version = parse_api_version(self.api_version)
        return Id(group, version, self.kind, self.name, self.namespace)

    def previous_ids(self) -> list[Id]:
        """Return what the object was called before, oldest first."""
        group, version = parse_api_version(self.api_version)
        return [Id(group, version, kind, name, namespace) for name, namespace, kind in self.previous]

    def original_id(self) -> Id:
        """Return what the object was called first."""
        if not self.previous:
            return self.current_id()
        name, namespace, kind = self.previous[0]
        group, version = parse_api_version(self.api_version)
        return Id(group, version, kind, name, namespace)

    def all_ids(self) -> list[Id]:
        """Return the previous ids and the current one."""
        return [*self.previous_ids(), self.current_id()]

    def store_previous_id(self) -> None:
        """Remember the current id as a previous one.

        Raises: KustomizeError where commas in names make upstream, which keeps them in lists, lose count.
        """
        now = self.current_id()
        entry = (now.name, now.effective_namespace, now.kind)
        self.previous.append(entry)
        if "," in entry[0] or "," in entry[1] or "," in entry[2]:
            counts = {sum(text.count(",") + 1 for text in column) for column in zip(*self.previous, strict=True)}
            if len(counts) > 1:
                raise KustomizeError(f"{UNEQUAL_HISTORY}: {now}")

    def strings(self, part: str) -> dict[str, str]:
        """Return the labels or annotations as text."""
        metadata = self.node.get("metadata")
        if metadata.__class__ is not dict:
            return {}
        found = metadata.get(part)
        if found.__class__ is not dict:
            return {}
        return {str(key): value if value.__class__ is str else text_of(value) for key, value in found.items()}

    def set_strings(self, part: str, values: dict[str, str]) -> None:
        """Replace the labels or annotations; none of them takes the field away."""
        metadata = self.metadata()
        metadata.pop(part, None)
        if values:
            metadata[part] = {new_key(key): fresh(values[key]) for key in sorted(values)}

    def metadata(self) -> dict[str, Any]:
        """Return the metadata, made where there is none. Raises: KustomizeError when it is no mapping."""
        found = self.node.get("metadata")
        if found.__class__ is not dict:
            if not is_null(found):
                raise wrong_kind("MappingNode", found)
            found = self.node["metadata"] = {}
        return found  # type: ignore[no-any-return]

    def set_name(self, name: str) -> None:
        set_field(self.metadata(), "name", name)

    def set_namespace(self, namespace: str) -> None:
        """Set the namespace; "" takes it away."""
        metadata = self.node.get("metadata")
        if not namespace:
            if metadata.__class__ is dict:
                metadata.pop("namespace", None)
            return
        set_field(self.metadata(), "namespace", namespace)

    def set_kind(self, kind: str) -> None:
        set_field(self.node, "kind", kind)

    def is_gone(self) -> bool:
        """Whether nothing of the object is left."""
        return is_empty(self.node)

    def same_affixes(self, other: Resource, *, allow_empty: bool) -> bool:
        """Whether prefixes and suffixes end alike; with *allow_empty*, having none fits all."""
        return _same_ends(self.prefixes, other.prefixes, allow_empty) and _same_ends(
            self.suffixes, other.suffixes, allow_empty
        )

    def __repr__(self) -> str:
        return f"Resource({self.current_id()})"


def _same_ends(left: list[str], right: list[str], allow_empty: bool) -> bool:
    if allow_empty and (not left or not right):
        return True
    shorter = min(len(left), len(right))
    if not shorter:
        return len(left) == len(right)
    return left[-shorter:] == right[-shorter:]
