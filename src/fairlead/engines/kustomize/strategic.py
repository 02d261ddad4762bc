"""Strategic merge as kyaml does it: a walk over two trees, led by the schema.

Source: kyaml v0.21.2 yaml/walk (Walker), yaml/merge2 (Merger), yaml/fns.go (ElementSetter).
Ways it would surprise a Python reader:

- The whole target is walked, also what the patch says nothing about: a field without a value goes, one that says
  `null` stays.
- New elements of a list come first. A list in which an element lacks the merge key loses others.
- A value keeps the quotes of what it replaces, so a number put over a quoted string is a string.
"""

from __future__ import annotations

from fairlead.engines.kustomize import elements
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.nodes import (
    NULL,
    Cell,
    Scalar,
    assign,
    fresh,
    is_null,
    is_scalar,
    peel,
    put_node,
    quoted_word,
    text_of,
    wrong_kind,
)
from fairlead.engines.kustomize.schema import Node, Schema

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

DIRECTIVE = "$patch"
DEPTH_LIMIT = 400


def strategic_merge(target: Any, patch: Any, schema: Schema, *, prepend: bool = True) -> Any:
    """Lay *patch* over *target*; both are changed. None when the patch deletes the target.

    *prepend* puts new elements of a list first. Raises: KustomizeError.
    """
    if patch.__class__ is dict and text_of(patch.get(DIRECTIVE)) == "replace":
        return target  # the walk gives a new object, and the caller upstream keeps the old one
    walker = _Walker(schema, prepend)
    result = walker.walk(None, target, patch, 0)
    return None if result is None or is_null(result) else result


class _Walker:
    def __init__(self, schema: Schema, prepend: bool) -> None:
        self._schema = schema
        self._prepend = prepend

    def walk(self, schema: Node | None, dest: Any, patch: Any, depth: int) -> Any:
        """Return the merged node, None to drop it."""
        if depth > DEPTH_LIMIT:
            raise KustomizeError(f"a patch is nested deeper than {DEPTH_LIMIT} levels")
        leader = patch if is_null(dest) else dest
        if is_null(leader):
            return self._walk_map(schema, dest, patch, depth)
        leader = peel(leader)
        if leader.__class__ is dict:
            if patch is not None and leader is not patch and patch.__class__ is not dict and not is_null(patch):
                raise wrong_kind("MappingNode", patch)
            return self._walk_map(schema or self._by_kind(dest, patch), dest, patch, depth)
        if leader.__class__ is list:
            if patch is not None and leader is not patch and patch.__class__ is not list and not is_null(patch):
                raise wrong_kind("SequenceNode", patch)
            if schema is not None and schema.keys is not None:
                return self._walk_list(schema, dest, patch, depth)
            return dest if patch is None else patch
        if patch is not None and not is_scalar(patch):
            raise wrong_kind("ScalarNode", patch)
        return dest if patch is None else patch

    def _by_kind(self, dest: Any, patch: Any) -> Node | None:
        for node in (dest, patch):
            if node.__class__ is dict:
                kind, version = text_of(node.get("kind")), text_of(node.get("apiVersion"))
                if kind and version:
                    found = self._schema.of(version, kind)
                    if found is not None:
                        return found
        return None

    def _walk_map(self, schema: Node | None, dest: Any, patch: Any, depth: int) -> Any:
        dest = _visit_map(dest, patch)
        if dest.__class__ is not dict:
            return dest
        if patch.__class__ is not dict:
            if schema is None and not _has_empty(dest):
                return dest
            patch = None
        names = dest.keys() if patch is None or patch is dest else dest.keys() | patch.keys()
        for name in sorted(names):
            field = schema.field(name) if schema is not None else None
            before = dest.get(name)
            given = patch.get(name) if patch is not None else None
            if given is None and before is not None:
                if before.__class__ is str and field is None:
                    continue
                if is_null(before):
                    if not text_of(before):
                        del dest[name]
                    continue
            _set(dest, name, self.walk(field, before, given, depth + 1))
        return dest

    def _walk_list(self, schema: Node, dest: Any, patch: Any, depth: int) -> Any:
        dest = _visit_list(dest, patch)
        if dest is None:
            return None
        keys = schema.keys or ()

        def walk(left: Any, right: Any) -> Any:
            return self.walk(schema.items, left, right, depth + 1)

        merged = elements.merge(dest, patch if patch.__class__ is list else None, keys, walk, prepend=self._prepend)
        dest[:] = merged
        return dest


def _set(dest: dict[str, Any], name: str, value: Any) -> None:
    if is_null(value):
        dest.pop(name, None)
    elif name not in dest:
        dest[name] = fresh(value)
    elif value is not dest[name]:
        assign(dest, name, put_node(dest[name], value))
    elif value.__class__ is Scalar and not value.tag:
        dest[name] = quoted_word(value)


def _has_empty(node: Any) -> bool:
    """Whether a walk would change *node*: a mapping in it has a field without a value or tag, or a kind of its own."""
    for item in node.values():
        kind = item.__class__
        if kind is str:
            continue
        if kind is dict:
            if "kind" in item or _has_empty(item):
                return True
        elif kind is Scalar or kind is Cell:
            item = peel(item)
            if item.__class__ is Scalar and (not item.tag or (item.tag == NULL and not item.text)):
                return True
    return False


def _visit_map(dest: Any, patch: Any) -> Any:
    if is_null(dest):
        if directive(patch, quiet=True) == "delete":
            return None
        return patch
    if patch is not None and is_null(patch):
        return None
    found = directive(patch)
    if found == "delete":
        return None
    return patch if found == "replace" else dest


def _visit_list(dest: Any, patch: Any) -> Any:
    if is_null(dest):
        return patch
    if patch is not None and is_null(patch):
        return None
    found = directive(patch)
    if found == "delete":
        return None
    return patch if found == "replace" else dest


def directive(patch: Any, *, quiet: bool = False) -> str:
    """Take the `$patch` directive out of *patch* and return it: merge, replace or delete."""
    if patch.__class__ is dict:
        if DIRECTIVE not in patch:
            return "merge"
        value = text_of(patch[DIRECTIVE])
        if value in ("delete", "replace", "merge"):
            del patch[DIRECTIVE]
            return value
    elif patch.__class__ is list:
        first = next((item for item in patch if item.__class__ is dict and DIRECTIVE in item), None)
        if first is None or len(first) > 1:
            return "merge"
        value = text_of(first[DIRECTIVE])
        if value in ("delete", "replace", "merge"):
            elements.put(patch, (DIRECTIVE,), (value,), None)
            return value
    else:
        return "merge"
    if quiet:
        return "merge"
    raise KustomizeError(f"unknown patch strategy '{value}'")


__all__ = ["DIRECTIVE", "directive", "strategic_merge"]
