"""Rules for Kubernetes' own kinds that their schemas do not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairlead.engines.schema.errors import FieldError

Json = dict[str, Any]
Check = Callable[[Json, Json | None], list[FieldError]]

_CHECKS: Mapping[str, Check] = {}


def check(ident: str, obj: Json, old: Json | None) -> list[FieldError]:
    """What is wrong with *obj* of the resource *ident* (`deployments.apps`), beside its schema."""
    found = _CHECKS.get(ident)
    return [] if found is None else found(obj, old)
