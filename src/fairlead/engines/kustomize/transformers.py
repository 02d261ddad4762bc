"""The transformers that change objects one by one: names, namespaces, labels, annotations, replicas, values.

Source: kustomize api v0.21.2 internal/builtins, filters.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import (
    MAPPING,
    SCALAR,
    FieldSpec,
    entry_setter,
    number_setter,
    string_setter,
    text_setter,
    visit,
)
from fairlead.engines.kustomize.nodes import is_null, is_scalar, value_text
from fairlead.engines.kustomize.resmap import ResMap
from fairlead.engines.kustomize.resource import HELM_GENERATED, Id, Resource

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from fairlead.engines.kustomize.fields import Setter

NAME_PATH, NAMESPACE_PATH = "metadata/name", "metadata/namespace"
SUBJECT_MODES = ("defaultOnly", "none", "allServiceAccounts")


def add_affixes(items: ResMap, prefix: str, suffix: str, specs: Sequence[FieldSpec]) -> None:
    """Put *prefix* before and *suffix* after the fields of *specs*. Raises: KustomizeError."""
    setter = text_setter(lambda text: f"{prefix}{text}{suffix}")
    for item in items:
        known = item.original_id()
        if _keeps_name(known):
            continue
        for spec in specs:
            if not spec.selects(known.group, known.version, known.kind):
                continue
            if spec.path == NAME_PATH:
                if prefix:
                    item.prefixes.append(prefix)
                if suffix:
                    item.suffixes.append(suffix)
                if prefix or suffix:
                    item.store_previous_id()
            now = item.current_id()
            if spec.selects(now.group, now.version, now.kind):
                visit(item.node, spec, setter, SCALAR)
    items.changed()


def _keeps_name(known: Id) -> bool:
    return known.kind in ("CustomResourceDefinition", "Namespace") or (
        known.kind == "APIService" and known.group == "apiregistration.k8s.io"
    )


def add_hashes(items: ResMap) -> None:
    """End the names of generated objects with the hash of their content."""
    for item in items:
        if item.needs_hash:
            from fairlead.engines.kustomize.generators import name_hash

            ending = name_hash(item.node)
            item.store_previous_id()
            item.set_name(f"{item.name}-{ending}")
            items.changed()


def add_entries(items: Sequence[Resource], entries: Mapping[str, str], specs: Sequence[FieldSpec]) -> None:
    """Add labels or annotations to the mappings of *specs*. Raises: KustomizeError."""
    names = sorted(entries)
    for item in items:
        now = item.current_id()
        mine = [spec for spec in specs if spec.selects(now.group, now.version, now.kind)]
        for name in names:
            setter = entry_setter(name, entries[name])
            for spec in mine:
                visit(item.node, spec, setter, MAPPING)


def set_replicas(items: ResMap, name: str, count: int, specs: Sequence[FieldSpec]) -> None:
    """Set the number of replicas of what is or was called *name*. Raises: KustomizeError when nothing is."""
    setter = number_setter(count)
    found = False
    for spec in specs:
        for item in items.named(name):
            ids = [known for known in item.all_ids() if known.name == name]
            if any(spec.selects(known.group, known.version, known.kind) for known in ids):
                found = True
                now = item.current_id()
                if spec.selects(now.group, now.version, now.kind):
                    visit(item.node, spec, setter, SCALAR)
    if not found:
        types = " ".join(Id(spec.group, spec.version, spec.kind, "").gvk_text() for spec in specs)
        raise KustomizeError(f"resource with name {name} does not match a config with the following GVK [{types}]")


class Namespacer:
    """Puts objects into a namespace."""

    def __init__(
        self, namespace: str, specs: Sequence[FieldSpec], *, unset_only: bool = False, subjects: str = ""
    ) -> None:
        if subjects and subjects not in SUBJECT_MODES:
            listed = '"defaultOnly", "none" or "allServiceAccounts"'
            raise KustomizeError(f'invalid value "{subjects}" for setRoleBindingSubjects: must be one of {listed}')
        self._specs = specs
        self._unset_only = unset_only
        self._subjects = subjects or "defaultOnly"
        self._set: Setter = _if_empty(string_setter(namespace)) if unset_only else string_setter(namespace)

    def apply(self, items: ResMap) -> None:
        """Raises: KustomizeError when two objects get the same id."""
        known: dict[tuple[str, ...], int] = {}
        for item in items:
            identity = item.current_id().identity
            known[identity] = known.get(identity, 0) + 1
        for item in items:
            if item.from_helm or item.strings("annotations").get(HELM_GENERATED) == "true":
                continue
            before = item.current_id().identity
            item.store_previous_id()
            self.apply_one(item)
            now = item.current_id()
            known[before] -= 1
            known[now.identity] = known.get(now.identity, 0) + 1
            if known[now.identity] != 1:
                same = [other for other in items if other.current_id().identity == now.identity]
                raise KustomizeError(f"namespace transformation produces ID conflict: {same}")
        items.changed()

    def apply_one(self, item: Resource) -> None:
        """Raises: KustomizeError."""
        now = item.current_id()
        if not now.is_cluster_scoped:
            visit(item.node, FieldSpec(NAMESPACE_PATH, create=True), self._set, SCALAR)
        is_binding = now.kind in ("RoleBinding", "ClusterRoleBinding")
        if is_binding and self._subjects != "none":
            self._set_subjects(item.node.get("subjects"))
        for spec in self._specs:
            if not spec.selects(now.group, now.version, now.kind) or spec.path == NAMESPACE_PATH:
                continue
            if spec.path == NAME_PATH and item.api_version != "v1":
                continue
            if is_binding and spec.path == "subjects/namespace" and spec.kind in ("RoleBinding", "ClusterRoleBinding"):
                continue
            try:
                visit(item.node, spec, self._set, SCALAR)
            except KustomizeError as error:
                raise KustomizeError(f"namespace transformation failed: {error}") from error

    def _set_subjects(self, subjects: Any) -> None:
        if subjects.__class__ is not list:
            if subjects is None or is_null(subjects):
                return
            raise KustomizeError("setting namespace on (cluster)role binding subjects: subjects is not a list")
        name, value = ("name", "default") if self._subjects == "defaultOnly" else ("kind", "ServiceAccount")
        for subject in subjects:
            if subject.__class__ is dict and value_text(subject.get(name)) == value:
                visit(subject, FieldSpec("namespace", create=True), self._set, SCALAR)


def _if_empty(setter: Setter) -> Setter:
    def set_field(holder: Any, key: Any) -> None:
        if not (is_scalar(holder[key]) and value_text(holder[key])):
            setter(holder, key)

    return set_field


def add_value(items: ResMap, value: str, target: Mapping[str, Any]) -> None:
    """Set a field to *value*, or one part of the path that the field holds. Raises: KustomizeError."""
    path = target.get("fieldPath") or ""
    if not path:
        raise KustomizeError("fieldPath cannot be empty")
    position = target.get("filePathPosition") or 0
    if position < 0:
        raise KustomizeError(f"value of FilePathPosition ({position}) cannot be negative")
    selector = target.get("selector")
    from fairlead.engines.kustomize.selector import Selector

    chosen = list(items) if selector is None else items.select(Selector(selector))
    setter = text_setter(lambda old: _insert_part(old, position - 1, value) if position else value)
    for item in chosen:
        if path == NAMESPACE_PATH:
            Namespacer(value, ()).apply_one(item)
        else:
            visit(item.node, FieldSpec(path, create=True), setter, SCALAR)
    items.changed()


def _insert_part(path: str, position: int, part: str) -> str:
    parts = [piece for piece in path.split("/") if piece]
    parts.insert(min(position, len(parts)), part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)
