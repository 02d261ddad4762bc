"""Names that changed, followed to wherever they are used.

Source: kustomize api v0.21.2 internal/accumulator/namereferencetransformer.go, filters/nameref/nameref.go. Upstream
asks every object for every candidate; here objects are found by the names they had.
"""

from __future__ import annotations

from fairlead.engines.kustomize.configuration import Configuration
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import FieldSpec, set_field, split_path, visit
from fairlead.engines.kustomize.nodes import assign, is_null, peel, put_text, text_of
from fairlead.engines.kustomize.resmap import ResMap
from fairlead.engines.kustomize.resource import Id, Resource

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Gvk = tuple[str, str, str]


def follow_names(items: ResMap, configuration: Configuration) -> None:
    """Write the new names of renamed objects into the fields that refer to them.

    Raises: KustomizeError, also where nothing was renamed, when such a field lies below something it cannot.
    """
    renamed: dict[str, list[Resource]] = {}
    for item in items:
        for name in {name for name, _, _ in item.previous}:
            renamed.setdefault(name, []).append(item)
    began: dict[str, list[Resource]] = {}
    for item in items:
        known = item.original_id()
        if not known.is_cluster_scoped:
            began.setdefault(known.effective_namespace, []).append(item)
    users: dict[str, list[tuple[FieldSpec, Gvk]]] = {}
    for item in items:
        known = item.original_id()
        if known.kind not in users:
            users[known.kind] = [
                (spec, target)
                for target, specs in configuration.references
                for spec in specs
                if not spec.kind or spec.kind == known.kind
            ]
        if users[known.kind]:
            _follow_one(item, known, users[known.kind], _Referrer(item, renamed, began))


def _follow_one(item: Resource, known: Id, fields: list[tuple[FieldSpec, Gvk]], referrer: _Referrer) -> None:
    for spec, target in fields:
        if not spec.selects(known.group, known.version, known.kind) or not _has(item.node, spec.path):
            continue
        try:
            visit(item.node, FieldSpec(spec.path), referrer.setter(spec.path, target))
        except KustomizeError as error:
            now = item.current_id()
            raise KustomizeError(f"updating name reference in '{spec.path}' field of '{now}': {error}") from error


def _has(node: Any, path: str) -> bool:
    first, *rest = split_path(path)
    found = node.get(first)
    if found is None or not rest or found.__class__ is not dict:
        return found is not None
    return found.get(rest[0].removesuffix("[]")) is not None


class _Referrer:
    """One object that may name others."""

    def __init__(self, item: Resource, renamed: dict[str, list[Resource]], began: dict[str, list[Resource]]) -> None:
        self._item = item
        self._renamed = renamed
        self._began = began
        self._now = item.current_id()
        self._namespaces: set[str] | None = None

    def setter(self, path: str, target: Gvk) -> Callable[[Any, Any], None]:
        """Return what changes a field that names an object of the type *target*."""

        def set_reference(holder: Any, key: Any) -> None:
            node = peel(holder[key])
            if is_null(node):
                return
            if node.__class__ is dict:
                self._set_mapping(node, path, target)
            elif node.__class__ is list:
                for at, element in enumerate(node):
                    element = peel(element)
                    if element.__class__ is dict:
                        self._set_mapping(element, path, target)
                    elif element.__class__ is list:
                        raise KustomizeError("a list is expected to be either a string or a map of string")
                    elif not is_null(element):
                        self._set_scalar(node, at, path, target)
            else:
                self._set_scalar(holder, key, path, target)

        return set_reference

    def _set_scalar(self, holder: Any, key: Any, path: str, target: Gvk) -> None:
        old = text_of(holder[key])
        found = self._find(old, path, target, None, lambda item: item.name)
        if found is not None and found.name != old:
            assign(holder, key, put_text(holder[key], found.name))

    def _set_mapping(self, node: dict[str, Any], path: str, target: Gvk) -> None:
        name = node.get("name")
        if name is None:
            raise KustomizeError("path config error; no 'name' field in node")
        old = text_of(name)
        namespace = node.get("namespace")
        wanted = None if namespace is None else text_of(namespace)
        found = self._find(old, path, target, wanted, lambda item: (item.name, item.namespace))
        if found is None or (found.name == old and not found.namespace):
            return
        if found.name:
            set_field(node, "name", found.name)
        if found.namespace:
            set_field(node, "namespace", found.namespace)

    def _find(
        self, name: str, path: str, target: Gvk, namespace: str | None, same: Callable[[Resource], Any]
    ) -> Resource | None:
        candidates = self._renamed.get(name)
        if not candidates:
            return None
        candidates = [item for item in candidates if self._could_be(item) and _was(item, target)]
        if namespace is not None and candidates:
            candidates = self._in_namespace(candidates, namespace)
        if path.endswith("roleRef/name"):
            role = self._role_type()
            if role is not None:
                candidates = [item for item in candidates if _was(item, role)]
        if not self._now.is_cluster_scoped:
            candidates = [item for item in candidates if self._is_near(item)]
        if len(candidates) == 1:
            return candidates[0]
        mine = self._item
        candidates = [item for item in candidates if item.same_affixes(mine, allow_empty=True)]
        if len(candidates) > 1:
            candidates = [item for item in candidates if item.same_affixes(mine, allow_empty=False)]
        if len(candidates) > 1 and len({same(item) for item in candidates}) > 1:
            ids = ", ".join(str(item.current_id()) for item in candidates)
            raise KustomizeError(f"found multiple possible referrals: {ids}")
        return candidates[0] if candidates else None

    def _could_be(self, item: Resource) -> bool:
        """Whether *item* is in sight of this object."""
        if self._now.is_cluster_scoped:
            return True
        other = item.current_id()
        if other.is_cluster_scoped or other.effective_namespace == self._now.effective_namespace:
            return True
        if self._namespaces is None:
            self._namespaces = self._subject_namespaces()
        return item.namespace in self._namespaces

    def _subject_namespaces(self) -> set[str]:
        subjects = self._item.node.get("subjects") if self._item.kind == "RoleBinding" else None
        if subjects.__class__ is not list:
            return set()
        found = set()
        for subject in subjects:
            if subject.__class__ is dict and text_of(subject.get("kind")) == "ServiceAccount":
                namespace = subject.get("namespace")
                if namespace is not None:
                    if not isinstance(peel(namespace), str):
                        raise KustomizeError(f'Invalid Input: namespace is blank for resource "{self._now}"\n')
                    found.add(text_of(namespace))
        return found

    def _is_near(self, item: Resource) -> bool:
        other = item.current_id()
        return (
            other.is_cluster_scoped
            or other.kind == "ServiceAccount"
            or other.effective_namespace == self._now.effective_namespace
        )

    def _in_namespace(self, candidates: list[Resource], namespace: str) -> list[Resource]:
        if any(self._could_be(item) for item in self._began.get(namespace, ())):
            return [item for item in candidates if _is_in(item.original_id(), namespace)]
        return [item for item in candidates if _is_in(item.current_id(), namespace)]

    def _role_type(self) -> Gvk | None:
        role = self._item.node.get("roleRef")
        if role.__class__ is not dict or role.get("apiGroup") is None or role.get("kind") is None:
            return None
        return text_of(role["apiGroup"]), "", text_of(role["kind"])


def _is_in(known: Id, namespace: str) -> bool:
    return not known.is_cluster_scoped and known.effective_namespace == namespace


def _was(item: Resource, gvk: Gvk) -> bool:
    group, version, kind = gvk
    return any(
        (not group or known.group == group)
        and (not version or known.version == version)
        and (not kind or known.kind == kind)
        for known in item.previous_ids()
    )
