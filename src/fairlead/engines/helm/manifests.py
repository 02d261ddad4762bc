"""Rendered text into manifests and hooks, in Helm's order.

Source: Helm v4.3 pkg/release/v1/util/manifest_sorter.go, kind_sorter.go.
"""

from __future__ import annotations

from fairlead.base import yaml
from fairlead.engines.helm.documents import split_manifests
from fairlead.engines.helm.errors import ManifestError
from fairlead.engines.helm.functions.encoding import json_kind
from fairlead.engines.helm.functions.strings import SPACE
from fairlead.engines.record import Record, made

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

INSTALL_ORDER = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
]
UNINSTALL_ORDER = [
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
]

_EVENTS = {
    name: name
    for name in [
        "pre-install",
        "post-install",
        "pre-delete",
        "post-delete",
        "pre-upgrade",
        "post-upgrade",
        "pre-rollback",
        "post-rollback",
        "test",
    ]
} | {"test-success": "test"}

HOOK = "helm.sh/hook"
HOOK_WEIGHT = "helm.sh/hook-weight"
HOOK_DELETE_POLICY = "helm.sh/hook-delete-policy"
HOOK_OUTPUT_LOG_POLICY = "helm.sh/hook-output-log-policy"


class Manifest(Record, frozen=True):
    """One rendered document that is no hook."""

    name: str  # template path, as in "# Source:"
    content: str
    kind: str
    api_version: str = ""
    object_name: str = ""
    value: Any = None  # the document as read; shared, never changed


class Hook(Record, frozen=True):
    """One rendered document that Helm runs at certain events."""

    name: str  # metadata.name
    kind: str
    path: str  # template path
    content: str
    events: tuple[str, ...]
    weight: int = 0
    delete_policies: tuple[str, ...] = ()
    output_log_policies: tuple[str, ...] = ()
    value: Any = None  # the document as read; shared, never changed


class Sorted(Record):
    """The outcome of sorting."""

    manifests: list[Manifest] = made(factory=list)
    hooks: list[Hook] = made(factory=list)
    notes: list[str] = made(factory=list)


class Head(Record):
    """What Helm reads of a document."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    annotations: dict[str, str] = made(factory=dict)
    value: Any = None


class _MismatchError(Exception):
    pass


def _text(value: Any, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        from fairlead.engines.gotemplate.strconv import format_float

        return format_float(value)
    raise _MismatchError(f"json: cannot unmarshal {json_kind(value)} into Go struct field {place} of type string")


def _read_head(value: Any) -> Head:
    head = Head()
    if value is None:
        return head
    if not isinstance(value, dict):
        raise _MismatchError(f"json: cannot unmarshal {json_kind(value)} into Go value of type util.SimpleHead")
    for key, item in value.items():
        name = key.lower()
        if name == "apiversion":
            head.api_version = _text(item, "SimpleHead.apiVersion")
        elif name == "kind":
            head.kind = _text(item, "SimpleHead.kind")
        elif name == "metadata" and item is not None:
            _read_metadata(head, item)
    return head


def _read_metadata(head: Head, value: Any) -> None:
    if not isinstance(value, dict):
        raise _MismatchError(
            f"json: cannot unmarshal {json_kind(value)} into Go struct field SimpleHead.metadata of type "
            'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }'
        )
    for key, item in value.items():
        name = key.lower()
        if name == "name":
            head.name = _text(item, ".metadata.name")
        elif name == "annotations" and item is not None:
            if not isinstance(item, dict):
                raise _MismatchError(
                    f"json: cannot unmarshal {json_kind(item)} into Go struct field .metadata.annotations "
                    "of type map[string]string"
                )
            head.annotations = {k: _text(v, ".metadata.annotations") for k, v in item.items()}


class _Heads:
    """Heads by the document's text: when a chart is rendered again, most documents are what they were."""

    def __init__(self, limit_chars: int = 32 * 1024 * 1024) -> None:
        self._found: dict[str, Head] = {}
        self._left = self._limit = limit_chars

    def get(self, content: str) -> Head | None:
        return self._found.get(content)

    def put(self, content: str, head: Head) -> None:
        self._left -= len(content)
        if self._left < 0:
            self._found.clear()
            self._left = self._limit - len(content)
        self._found[content] = head


_heads = _Heads()


def read_head(content: str, path: str) -> Head:
    """Return the head of a document; it is shared, and must not be changed.

    Raises:
        ManifestError: it is not YAML, or not shaped like an object, in Helm's words.
    """
    head = _heads.get(content)
    if head is None:
        head = _read(content, path)
        _heads.put(content, head)
    return head


def _read(content: str, path: str) -> Head:
    try:
        value = yaml.load(content, source=path)
    except yaml.YamlError as error:
        raise ManifestError(
            f"YAML parse error on {path}: error converting YAML to JSON: {error.go_text}", file=path, line=error.line
        ) from error
    return head_of(value, path)


def head_of(value: Any, path: str) -> Head:
    """Return the head of a document that was read already.

    Raises:
        ManifestError: it is not shaped like an object, in Helm's words.
    """
    try:
        head = _read_head(value)
    except _MismatchError as error:
        raise ManifestError(
            f"YAML parse error on {path}: error unmarshaling JSON: while decoding JSON: {error}", file=path
        ) from error
    head.value = value
    return head


def sort_manifests(files: Mapping[str, str], order: list[str] | None = None) -> Sorted:
    """Split rendered files into manifests and hooks and put both into install order.

    Raises:
        ManifestError: a document does not parse.
    """
    result = Sorted()
    for path in sorted(files):
        content = files[path]
        if path.rpartition("/")[2].startswith("_") or not content.strip(SPACE):
            continue
        for document in split_manifests(content):
            _sort_one(result, path, document, read_head(document, path))
    return _in_order(result, order)


def sort_objects(documents: Iterable[tuple[str, str, Any]], order: list[str] | None = None) -> Sorted:
    """Do the same with documents that were read already: (path, text, value), in the order of their paths.

    Raises:
        ManifestError: a document is not shaped like an object.
    """
    result = Sorted()
    for path, text, value in documents:
        _sort_one(result, path, text, head_of(value, path))
    return _in_order(result, order)


def _in_order(result: Sorted, order: list[str] | None) -> Sorted:
    ranks = {kind: rank for rank, kind in enumerate(order or INSTALL_ORDER)}
    unknown = len(ranks)
    result.manifests.sort(key=lambda item: (ranks.get(item.kind, unknown), "" if item.kind in ranks else item.kind))
    result.hooks.sort(key=lambda item: (ranks.get(item.kind, unknown), "" if item.kind in ranks else item.kind))
    return result


def _sort_one(result: Sorted, path: str, document: str, head: Head) -> None:
    types = head.annotations.get(HOOK)
    if types is None:
        result.manifests.append(Manifest(path, document, head.kind, head.api_version, head.name, head.value))
        return
    events: list[str] = []
    for name in types.split(","):
        event = _EVENTS.get(name.strip(SPACE).lower())
        if event is None:
            result.notes.append(f"skipping unknown hooks hookTypes={types}")
            return
        events.append(event)
    weight = head.annotations.get(HOOK_WEIGHT, "")
    result.hooks.append(
        Hook(
            head.name,
            head.kind,
            path,
            document,
            tuple(events),
            _atoi(weight),
            _policies(head.annotations.get(HOOK_DELETE_POLICY)),
            _policies(head.annotations.get(HOOK_OUTPUT_LOG_POLICY)),
            head.value,
        )
    )


def _atoi(text: str) -> int:
    """Return strconv.Atoi(text), 0 for what is no number."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    return int(text) if digits.isascii() and digits.isdigit() and abs(int(text)) < 1 << 63 else 0


def _policies(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(part.strip(SPACE).lower() for part in text.split(","))
