"""The merge rules of a schema: which values are one whole, and what identifies the items of a list.

Source: kube-openapi pkg/schemaconv (openapi.go, smd.go) for how a schema becomes merge rules;
sigs.k8s.io/structured-merge-diff v6.3 typed/helpers.go for the identity of list items.
"""

from __future__ import annotations

from typing import Any, Final

from fairlead.engines.merge.fieldset import key_element, value_element
from fairlead.engines.schema.model import MISSING, Schema

_PLAIN: Final = (str, int, type(MISSING))


class TypedError(ValueError):
    """An object does not fit the merge rules of its schema; the text is that of the API server."""


class MergeType:
    """How values of one schema node merge. The kinds of value it allows are not exclusive."""

    __slots__ = (
        "_element",
        "_elements",
        "_fields",
        "_item",
        "atomic_list",
        "atomic_map",
        "declared",
        "declared_type",
        "keys",
        "kinds",
        "schema",
    )

    def __init__(self, schema: Schema | None, *, atomic: bool = False, open_ended: bool = False) -> None:
        self.schema = schema
        self._fields: dict[str, MergeType] = {}
        self._elements: dict[Any, str] = {}  # identities met before
        self._element: MergeType | None = MISSING
        self._item: MergeType | None = MISSING
        kind = schema.type if schema is not None else ""
        self.declared_type = kind
        if schema is not None and schema.quantity:
            self.kinds: frozenset[str] = frozenset({"scalar"})
        elif kind == "object":
            self.kinds = frozenset({"map"})
        elif kind == "array":
            self.kinds = frozenset({"list"})
        elif kind:
            self.kinds = frozenset({"scalar"})
        else:
            self.kinds = frozenset({"scalar", "list", "map"})
        free_form = schema is not None and schema.typed and schema.preserve_unknown
        self.declared = schema.properties if schema is not None else {}
        self.atomic_map = atomic or free_form or (schema is not None and schema.map_type == "atomic")
        associative, self.keys = _list_rule(schema)
        self.atomic_list = atomic or free_form or not associative
        self._open_ended(open_ended)

    def _open_ended(self, inherited: bool) -> None:
        if inherited and self.schema is not None:
            self.schema.cache.setdefault("open_ended", True)

    @property
    def _is_open(self) -> bool:
        schema = self.schema
        if schema is None:
            return True
        return schema.preserve_unknown or bool(schema.cache.get("open_ended"))

    def field(self, name: str) -> MergeType | None:
        """Return the rule of a field; None when the schema does not know it."""
        found = self._fields.get(name)
        if found is None:
            schema = self.declared.get(name)
            if schema is None:
                return self.element
            found = self._fields[name] = merge_type(schema, self._is_open and self.schema is not None)
        return found

    @property
    def element(self) -> MergeType | None:
        """The rule of undeclared fields; None when there are none."""
        found = self._element
        if found is MISSING:
            found = self._element = self._make_element()
        return found

    def _make_element(self) -> MergeType | None:
        schema = self.schema
        if schema is None or (schema.typed and schema.preserve_unknown):
            return UNTYPED if self.atomic_map else DEDUCED
        additional = schema.additional
        if isinstance(additional, Schema):
            return merge_type(additional, self._is_open)
        if additional is True:
            return DEDUCED
        if additional is False:
            return None
        return DEDUCED if self._is_open or not schema.properties else None

    @property
    def item(self) -> MergeType:
        """The rule of a list's items."""
        found = self._item
        if found is MISSING or found is None:
            items = self.schema.items if self.schema is not None else None
            found = self._item = UNTYPED if items is None else merge_type(items, self._is_open)
        return found

    def identify(self, item: Any) -> str:
        """Return the path element of a list item.

        Raises:
            TypedError: the item has no identity.
        """
        keys = self.keys
        if len(keys) == 1 and isinstance(item, dict):
            value = item.get(keys[0])
            if type(value) is str:
                known = self._elements.get(value)
                return known if known is not None else self._remember(value, key_element({keys[0]: value}))
        elif not keys and type(item) is str:
            known = self._elements.get(item)
            return known if known is not None else self._remember(item, value_element(item))
        elif len(keys) == 2 and isinstance(item, dict):
            pair = (item.get(keys[0], MISSING), item.get(keys[1], MISSING))
            if type(pair[0]) in _PLAIN and type(pair[1]) in _PLAIN:
                known = self._elements.get(pair)
                return known if known is not None else self._remember(pair, self._identify(item))
        return self._identify(item)

    def _remember(self, key: Any, element: str) -> str:
        if len(self._elements) > 4096:
            self._elements.clear()
        self._elements[key] = element
        return element

    def _identify(self, item: Any) -> str:
        if not self.keys:
            if isinstance(item, dict):
                raise TypedError("associative list without keys has an element that's a map type")
            if isinstance(item, list):
                raise TypedError("not supported: associative list with lists as elements")
            if item is None:
                raise TypedError("associative list without keys has an element that's an explicit null")
            return value_element(item)
        if item is None:
            raise TypedError("associative list with keys may not have a null element")
        if not isinstance(item, dict):
            raise TypedError("associative list with keys may not have non-map elements")
        found: dict[str, Any] = {}
        for name in self.keys:
            value = item.get(name, MISSING)
            if value is MISSING:
                schema = self.item.declared.get(name)
                value = MISSING if schema is None else schema.default
            if value is not MISSING:
                found[name] = value
        if not found:
            shown = " ".join(f'"{name}"' for name in self.keys)
            raise TypedError(
                f"associative list with keys has an element that omits all key fields [{shown}] "
                "(and doesn't have default values for any key fields)"
            )
        return key_element(found)

    def kind_of(self, value: Any) -> str:
        """Return how *value* is looked at: as a scalar, a list or a map."""
        if isinstance(value, dict):
            kind = "map"
        elif isinstance(value, list):
            kind = "list"
        else:
            kind = "scalar" if value is not None else ""
        if kind in self.kinds:
            return kind
        return "map" if "map" in self.kinds else "scalar" if "scalar" in self.kinds else "list"


def merge_type(schema: Schema, open_ended: bool = False) -> MergeType:
    """Return the merge rule of *schema*, made on first use."""
    found: MergeType | None = schema.cache.get("merge_type")
    if found is None:
        found = schema.cache["merge_type"] = MergeType(schema, open_ended=open_ended)
    return found


def root_type(schema: Schema) -> MergeType:
    """Return the merge rule of a whole object; its metadata follows the built-in ObjectMeta."""
    found = merge_type(schema)
    meta = schema.cache.get("metadata")
    if meta is not None and "metadata" not in found._fields:
        found._fields["metadata"] = merge_type(meta)
    return found


def _list_rule(schema: Schema | None) -> tuple[bool, tuple[str, ...]]:
    if schema is None:
        return False, ()
    if schema.list_type is not None:
        return schema.list_type in ("set", "map"), schema.list_keys if schema.list_type == "map" else ()
    if "merge" in schema.patch_strategies:
        return True, (schema.patch_merge_key,) if schema.patch_merge_key else ()
    return False, ()


DEDUCED: Final = MergeType(None)
UNTYPED: Final = MergeType(None, atomic=True)
