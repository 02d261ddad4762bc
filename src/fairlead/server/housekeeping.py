"""What goes on by itself after a write: garbage collection, the life of namespaces and of definitions.

Every committed change says which few objects to look at; they are judged soon after in a callback of the loop, with no
thread, no timer and no list of everything. Nothing runs while nothing changes. After a start, one pass over all objects
finds what was left undone.

Source: kubernetes v1.36 pkg/controller/garbagecollector, pkg/controller/namespace/deletion,
pkg/controller/serviceaccount, pkg/controller/certificates/rootcacertpublisher.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fairlead.api.errors import ApiError
from fairlead.api.watch import DELETED
from fairlead.base.objects import Json, Key, finalizers, owner_references
from fairlead.server.registry import Resource, built_in
from fairlead.server.request import DeleteOptions, Request
from fairlead.server.store import Change, Record

if TYPE_CHECKING:
    from fairlead.server.objects import Objects

ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
_ROOT_CA_TEXT = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)
_BATCH = 200  # how many looks before others get the loop


def _system() -> Request:
    return Request(user="system:kube-controller-manager", groups=("system:masters",), manager="kube-controller-manager")


class Housekeeping:
    """The self-acting part of one server."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._store = objects.store
        self._due: dict[tuple[Callable[[str], None], str], None] = {}
        self._scheduled = False
        self.running = False
        self.root_ca = ""
        self._definitions: dict[str, str] = {}  # resource on its way out -> its definition

    # -- noticing -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Look at everything once, then at what changes."""
        self.running = True
        for record in self._store.records():
            self._consider(record, None)

    def notice(self, change: Change) -> None:
        """Remember whom *change* concerns."""
        record = change.record
        if change.type == DELETED:
            for dependent in self._store.dependents(record.uid):
                self._add(self._judge_owners, dependent.uid)
            for owner in record.owners:
                self._consider_owner(owner)
            self._consider_leftovers(record)
        else:
            self._consider(record, change.before)

    def _consider(self, record: Record, before: Record | None) -> None:
        if record.owners and (before is None or before.owners != record.owners):
            self._add(self._judge_owners, record.uid)
        if before is not None:
            for owner in before.owners:
                self._consider_owner(owner)
        if record.deleting:
            self._add(self._finish_deletion, record.uid)
        if record.resource == "namespaces":
            self._add(self._end_namespace if record.deleting else self._furnish_namespace, record.key.name)

    def _consider_owner(self, uid: str) -> None:
        owner = self._store.by_uid(uid)
        if owner is not None and owner.deleting:
            self._add(self._finish_deletion, uid)

    def _consider_leftovers(self, record: Record) -> None:
        namespace = record.key.namespace
        if namespace:
            found = self._store.get("namespaces", Key("", namespace))
            if found is not None and found.deleting:
                self._add(self._end_namespace, namespace)
            elif found is not None and _is_furniture(record):
                self._add(self._furnish_namespace, namespace)
        if record.resource in self._definitions:
            self._add(self._end_definition, record.resource)

    def definition_leaves(self, record: Record) -> None:
        """A definition was marked for deletion: its objects go first."""
        spec = record.view["spec"]
        ident = f"{spec['names']['plural']}.{spec['group']}"
        self._definitions[ident] = record.key.name
        self._add(self._end_definition, ident)

    def _add(self, look: Callable[[str], None], name: str) -> None:
        self._due[look, name] = None
        if self.running and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._work)

    def _work(self) -> None:
        self._scheduled = False
        if not self.running:
            return
        due = deque(self._due)
        for _ in range(min(_BATCH, len(due))):
            look, name = due.popleft()
            del self._due[look, name]
            look(name)
        if self._due and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._work)

    # -- garbage ------------------------------------------------------------------------------------------------

    def _resource_of(self, record: Record) -> Resource | None:
        plural, _, group = record.resource.partition(".")
        return self._objects.registry.by_plural(group, plural)

    def _judge_owners(self, uid: str) -> None:
        """Delete an object whose owners are all gone, or take the gone ones off its list."""
        record = self._store.by_uid(uid)
        resource = self._resource_of(record) if record is not None else None
        if record is None or resource is None:
            return
        solid, gone, waiting = self._classify(record)
        if not gone and not waiting:
            return
        if solid:
            lost = {each["uid"] for each in (*gone, *waiting)}
            self._drop_owners(resource, record, lost)
        elif not record.deleting:
            self._delete(resource, record, self._propagation(record, bool(waiting)))

    def _classify(self, record: Record) -> tuple[list[Json], list[Json], list[Json]]:
        """The owner references that hold, those whose owner is gone, and those whose owner waits for us to go."""
        solid, gone, waiting = [], [], []
        for ref in owner_references(record.view):
            group = ref.get("apiVersion", "").rpartition("/")[0]
            resource = self._objects.registry.by_kind(group, ref.get("kind", ""))
            if resource is None or (resource.namespaced and not record.key.namespace):
                solid.append(ref)
                continue
            owner = self._store.by_uid(ref.get("uid", ""))
            namespace = record.key.namespace if resource.namespaced else ""
            if owner is None or owner.key != Key(namespace, ref.get("name", "")):
                gone.append(ref)
            elif owner.deleting and ref.get("blockOwnerDeletion") and FOREGROUND in finalizers(owner.view):
                waiting.append(ref)
            else:
                solid.append(ref)
        return solid, gone, waiting

    def _propagation(self, record: Record, waiting: bool) -> str:
        present = finalizers(record.view)
        if waiting and self._store.dependents(record.uid):
            return "Foreground"
        if ORPHAN in present:
            return "Orphan"
        return "Foreground" if FOREGROUND in present else "Background"

    def _delete(self, resource: Resource, record: Record, propagation: str) -> None:
        options = DeleteOptions(propagation=propagation, uid=record.uid)
        self._try(
            "delete", resource, record.key, lambda: self._objects.delete(resource, record.key, options, _system())
        )

    def _drop_owners(self, resource: Resource, record: Record, lost: set[str]) -> None:
        def change(obj: Json) -> Json:
            kept = [each for each in owner_references(obj) if each.get("uid") not in lost]
            return _with_meta(obj, "ownerReferences", kept)

        self._change(resource, record, change)

    def _finish_deletion(self, uid: str) -> None:
        """Do what the garbage collector's own finalizers on a deleted object ask for, then take them off."""
        record = self._store.by_uid(uid)
        resource = self._resource_of(record) if record is not None else None
        if record is None or resource is None or not record.deleting:
            return
        present = finalizers(record.view)
        if ORPHAN in present:
            for dependent in self._store.dependents(uid):
                owned = self._resource_of(dependent)
                if owned is not None:
                    self._drop_owners(owned, dependent, {uid})
            self._drop_finalizer(resource, record, ORPHAN)
        elif FOREGROUND in present:
            blocking = [each for each in self._store.dependents(uid) if _blocks(each, uid)]
            if not blocking:
                self._drop_finalizer(resource, record, FOREGROUND)
            for dependent in blocking:
                if not dependent.deleting:
                    self._add(self._judge_owners, dependent.uid)

    def _drop_finalizer(self, resource: Resource, record: Record, name: str) -> None:
        self._change(
            resource,
            record,
            lambda obj: _with_meta(obj, "finalizers", [each for each in finalizers(obj) if each != name]),
        )

    def _change(
        self, resource: Resource, record: Record, change: Callable[[Json], Json], subresource: str = ""
    ) -> None:
        self._try(
            "change",
            resource,
            record.key,
            lambda: self._objects.update(
                resource, resource.storage, record.key, change, _system(), subresource=subresource
            ),
        )

    def _try(self, verb: str, resource: Resource, key: Key, act: Callable[[], Any]) -> None:
        """Do *act*; a refusal leaves things as they are until the next change."""
        try:
            act()
        except ApiError as error:
            self._objects.complain(f"cannot {verb} {resource.kind} '{key}': {error.message}")

    # -- namespaces ---------------------------------------------------------------------------------------------

    def _furnish_namespace(self, name: str) -> None:
        """Give a namespace its default service account and the cluster's CA."""
        record = self._store.get("namespaces", Key("", name))
        if record is None or record.deleting:
            return
        if self._store.get("serviceaccounts", Key(name, "default")) is None:
            self._create("serviceaccounts", {"metadata": {"name": "default", "namespace": name}}, name)
        if self.root_ca and self._store.get("configmaps", Key(name, "kube-root-ca.crt")) is None:
            annotations = {"kubernetes.io/description": _ROOT_CA_TEXT}
            metadata = {"name": "kube-root-ca.crt", "namespace": name, "annotations": annotations}
            self._create("configmaps", {"metadata": metadata, "data": {"ca.crt": self.root_ca}}, name)

    def _create(self, plural: str, obj: Json, namespace: str) -> None:
        resource = built_in("", plural)
        full = {"apiVersion": "v1", "kind": resource.kind, **obj}
        key = Key(namespace, str(full["metadata"]["name"]))
        self._try("create", resource, key, lambda: self._objects.create(resource, "v1", full, namespace, _system()))

    def _end_namespace(self, name: str) -> None:
        """Delete what a terminating namespace holds; when it is empty, let it go."""
        record = self._store.get("namespaces", Key("", name))
        if record is None or not record.deleting:
            return
        for each in self._store.in_namespace(name):
            resource = self._resource_of(each)
            if not each.deleting and resource is not None:
                self._delete(resource, each, "Background")
        left = list(self._store.in_namespace(name))
        namespaces = built_in("", "namespaces")
        if left:
            conditions = _namespace_conditions(left, self._objects.now())
            self._change(namespaces, record, lambda obj: _with_conditions(obj, conditions), "status")
            return

        def change(obj: Json) -> Json:
            spec = dict(obj.get("spec") or {})
            kept = [each for each in spec.pop("finalizers", None) or () if each != "kubernetes"]
            return {**obj, "spec": {**spec, "finalizers": kept} if kept else spec}

        self._change(namespaces, record, change, "finalize")

    # -- definitions --------------------------------------------------------------------------------------------

    def _end_definition(self, ident: str) -> None:
        """Delete the objects of a definition that goes; when none is left, let it go."""
        record = self._store.get(DEFINITIONS, Key("", self._definitions.get(ident, "")))
        if record is None or not record.deleting:
            self._definitions.pop(ident, None)
            return
        plural, _, group = ident.partition(".")
        resource = self._objects.registry.by_plural(group, plural)
        for each in list(self._store.select(ident)):
            if resource is not None and not each.deleting:
                self._delete(resource, each, "Background")
        if not self._store.count(ident):
            self._drop_finalizer(
                built_in("apiextensions.k8s.io", "customresourcedefinitions"),
                record,
                "customresourcecleanup.apiextensions.k8s.io",
            )


def _is_furniture(record: Record) -> bool:
    return (record.resource, record.key.name) in (("serviceaccounts", "default"), ("configmaps", "kube-root-ca.crt"))


def _blocks(dependent: Record, uid: str) -> bool:
    return any(each.get("uid") == uid and each.get("blockOwnerDeletion") for each in owner_references(dependent.view))


def _with_meta(obj: Json, name: str, value: list[Any]) -> Json:
    """*obj* with `metadata.<name>` set, or without it when *value* is empty."""
    metadata = {key: each for key, each in obj["metadata"].items() if key != name}
    if value:
        metadata[name] = value
    return {**obj, "metadata": metadata}


_NAMESPACE_FINE = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


def _namespace_conditions(left: list[Record], now: str) -> list[Json]:
    """What keeps a namespace alive, in upstream's words."""
    kinds = Counter(record.resource if "." in record.resource else f"{record.resource}." for record in left)
    holding = Counter(name for record in left for name in finalizers(record.view))
    remaining = ", ".join(f"{kind} has {count} resource instances" for kind, count in sorted(kinds.items()))
    held = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(holding.items()))

    def condition(name: str, status: str, reason: str, message: str) -> Json:
        return {"type": name, "status": status, "lastTransitionTime": now, "reason": reason, "message": message}

    found = [condition(name, "False", reason, message) for name, reason, message in _NAMESPACE_FINE]
    text = f"Some resources are remaining: {remaining}"
    found.append(condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", text))
    text = f"Some content in the namespace has finalizers remaining: {held}"
    if held:
        found.append(condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", text))
    else:
        text = "All content-preserving finalizers finished"
        found.append(condition("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", text))
    return found


def _with_conditions(obj: Json, conditions: list[Json]) -> Json:
    """*obj* with *conditions* in its status; a condition that stays as it was keeps its time."""
    status = dict(obj.get("status") or {})
    before = {each["type"]: each for each in status.get("conditions") or ()}
    merged = []
    for each in conditions:
        known = before.get(each["type"])
        if known is not None and known["status"] == each["status"]:
            each = {**each, "lastTransitionTime": known["lastTransitionTime"]}
        merged.append(each)
    return {**obj, "status": {**status, "conditions": merged}}
