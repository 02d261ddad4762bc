"""The objects of a build in order, found by what they are or were called.

Source: kustomize api v0.21.2 resmap/reswrangler.go, which looks through all of them each time; here they are indexed.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import copied, is_null, new_key, put_string, text_of
from fairlead.engines.kustomize.resource import ORIGIN, Id, Resource

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from fairlead.engines.kustomize.schema import Schema
    from fairlead.engines.kustomize.selector import Selector

DIRECTIVE = "$patch"


class ResMap:
    """An ordered set of resources."""

    def __init__(self, items: Iterable[Resource] = ()) -> None:
        self.items: list[Resource] = []
        self._identities: set[tuple[str, ...]] | None = None
        self._names: dict[str, list[Resource]] | None = None
        self.extend(items)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self.items))

    def __len__(self) -> int:
        return len(self.items)

    def changed(self) -> None:
        """Forget the indexes: names, namespaces or kinds may have changed."""
        self._identities = self._names = None

    def append(self, item: Resource) -> None:
        """Add *item*. Raises: KustomizeError when its id is taken."""
        if self._identities is None:
            self._identities = {known.current_id().identity for known in self.items}
        now = item.current_id()
        if now.identity in self._identities:
            raise KustomizeError(f"may not add resource with an already registered id: {now}")
        self._identities.add(now.identity)
        self.items.append(item)
        if self._names is not None:
            self._file(self._names, item)

    def extend(self, items: Iterable[Resource]) -> None:
        """Add *items*. Raises: KustomizeError when an id is taken."""
        for item in items:
            self.append(item)

    def replace_items(self, items: list[Resource]) -> None:
        """Put *items* in the place of all. Raises: KustomizeError when two have the same id."""
        self.items = []
        self.changed()
        self.extend(items)

    def drop_gone(self) -> None:
        """Remove what a transformer emptied."""
        if any(not item.node for item in self.items):
            self.items = [item for item in self.items if not item.is_gone()]
            self.changed()

    def named(self, name: str) -> list[Resource]:
        """Return what is or was called *name*, in order."""
        if self._names is None:
            names: dict[str, list[Resource]] = {}
            for item in self.items:
                self._file(names, item)
            self._names = names
        return self._names.get(name, [])

    @staticmethod
    def _file(names: dict[str, list[Resource]], item: Resource) -> None:
        for name in {item.name, *(name for name, _, _ in item.previous)}:
            names.setdefault(name, []).append(item)

    def matching(self, wanted: Id, equal: Callable[[Id, Id], bool] | None = None) -> list[Resource]:
        """Return what has or had the id *wanted*; *equal* compares an id with it."""
        if equal is None:
            identity = wanted.identity
            return [
                item
                for item in self.named(wanted.name)
                if not item.is_gone() and any(known.identity == identity for known in item.all_ids())
            ]
        return [item for item in self.named(wanted.name) if any(equal(known, wanted) for known in item.all_ids())]

    def by_id(self, wanted: Id) -> Resource:
        """Return the one that has or had the id *wanted*. Raises: KustomizeError."""
        found = self.matching(wanted)
        if len(found) == 1:
            return found[0]
        problem = "multiple" if found else "no"
        raise KustomizeError(f"{problem} matches for Id {wanted}; failed to find unique target for patch {wanted}")

    def select(self, selector: Selector) -> list[Resource]:
        """Return those that *selector* means. Raises: KustomizeError."""
        return [item for item in self.items if selector.selects(item)]

    def absorb(self, item: Resource) -> None:
        """Add a generated object, or merge it into what it names. Raises: KustomizeError."""
        now = item.current_id()
        found = self.matching(now)
        if not found:
            if item.behavior in ("merge", "replace"):
                raise KustomizeError(f"id {go_id(now)} does not exist; cannot merge or replace")
            self.append(item)
            return
        if len(found) > 1:
            raise KustomizeError(f"found multiple objects {found} that could accept merge of {now}")
        old = found[0]
        if item.behavior not in ("merge", "replace"):
            behavior = item.behavior or "unspecified"
            raise KustomizeError(
                f"id {go_id(now)} exists; can not use behavior: '{behavior}', behavior must be merge or replace"
            )
        is_merge = item.behavior == "merge"
        origin = old.strings("annotations").get(ORIGIN)
        _take_metadata(item, old)
        if is_merge:
            if origin is not None:
                item.set_strings("annotations", {**item.strings("annotations"), ORIGIN: origin})
            before = old
            if item.api_version == "v1" and item.kind == "Secret":
                before = _with_encoded_strings(old)
            _merge_part(item, before, "data")
            _merge_part(item, old, "binaryData")
        item.sources = [*old.sources, *item.sources]
        self.items[next(at for at, known in enumerate(self.items) if known is old)] = item
        self.changed()

    def apply_patch(self, targets: list[Resource], patch: Resource, schema: Schema) -> None:
        """Merge a copy of *patch* into each of *targets*. Raises: KustomizeError."""
        wanted = {target.current_id() for target in targets}
        kept = []
        for item in self.items:
            if item.current_id() in wanted:
                own = patch.copy()
                own.set_strings("labels", patch.strings("labels"))
                own.set_strings("annotations", patch.strings("annotations"))
                own.set_name(patch.name)
                own.set_namespace(patch.namespace)
                own.set_kind(patch.kind)
                if "apiVersion" in own.node:
                    own.node["apiVersion"] = put_string(own.node["apiVersion"], item.api_version)
                else:
                    own.node["apiVersion"] = item.api_version
                merge_patch(item, own, schema)
            if not item.is_gone():
                kept.append(item)
        self.replace_items(kept)


def merge_patch(target: Resource, patch: Resource, schema: Schema) -> None:
    """Merge *patch*, which is used up, into *target*. Raises: KustomizeError."""
    from fairlead.engines.kustomize.strategic import strategic_merge

    name, namespace, kind = target.name, target.namespace, target.kind
    if patch.allow_name_change or patch.allow_kind_change:
        target.store_previous_id()
    if _wipes_history(patch.node):
        target.previous, target.prefixes, target.suffixes = [], [], []
        target.needs_hash, target.behavior = False, ""
    target.node = strategic_merge(target.node, patch.node, schema) or {}
    target.sources.extend(patch.sources)
    if target.is_gone():
        return
    if not patch.allow_kind_change:
        target.set_kind(kind)
    if not patch.allow_name_change:
        target.set_name(name)
    if target.namespace != namespace:
        target.set_namespace(namespace)


def _wipes_history(patch: Any) -> bool:
    """Whether *patch* takes all annotations away, among which kustomize keeps an object's history."""
    if text_of(patch.get(DIRECTIVE)) == "replace":
        return False  # at the root it does nothing
    metadata = patch.get("metadata")
    if metadata.__class__ is not dict:
        return False
    if DIRECTIVE in metadata or ("annotations" in metadata and is_null(metadata["annotations"])):
        return True
    annotations = metadata.get("annotations")
    return annotations.__class__ is dict and DIRECTIVE in annotations


def _take_metadata(item: Resource, old: Resource) -> None:
    item.set_strings("labels", {**old.strings("labels"), **item.strings("labels")})
    item.set_strings("annotations", {**old.strings("annotations"), **item.strings("annotations")})
    item.set_name(old.name)
    item.set_namespace(old.namespace)
    item.take_history(old)
    item.allow_name_change, item.allow_kind_change = old.allow_name_change, old.allow_kind_change
    item.needs_hash = item.needs_hash and old.needs_hash
    item.behavior = old.behavior


def _merge_part(item: Resource, old: Resource, part: str) -> None:
    merged = {**_data(old, part), **_data(item, part)}
    item.node.pop(part, None)
    if merged:
        item.node[part] = {new_key(key): merged[key] for key in sorted(merged)}


def _data(item: Resource, part: str) -> dict[str, str]:
    found = item.node.get(part)
    if found.__class__ is not dict:
        return {}
    return {str(key): "" if is_null(value) else text_of(value) for key, value in found.items()}


def _with_encoded_strings(secret: Resource) -> Resource:
    from fairlead.engines.kustomize.generators import encode

    other = Resource({key: value for key, value in secret.node.items() if key != "stringData"})
    values = secret.node.get("stringData")
    if values.__class__ is dict:
        data = other.node["data"] = copied(other.node["data"]) if isinstance(other.node.get("data"), dict) else {}
        for key, value in values.items():
            if value.__class__ is dict or value.__class__ is list:
                raise KustomizeError(
                    f"failed to normalize stringData for {secret.current_id()}: read stringData: "
                    f'stringData value for key "{key}" must be a scalar'
                )
            data[key] = encode(("" if is_null(value) else text_of(value)).encode())
    return other


def go_id(wanted: Id) -> str:
    """Return an id as Go's %#v prints it."""
    scoped = "true" if wanted.is_cluster_scoped else "false"
    gvk = (
        f'resid.Gvk{{Group:"{wanted.group}", Version:"{wanted.version}", Kind:"{wanted.kind}", '
        f"isClusterScoped:{scoped}}}"
    )
    return f'resid.ResId{{Gvk:{gvk}, Name:"{wanted.name}", Namespace:"{wanted.namespace}"}}'
