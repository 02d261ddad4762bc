"""Defaults that the API server fills into Kubernetes' own kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
Fill = Callable[[Json], Json]

_FILLS: Mapping[str, Fill] = {}


def fill(ident: str, obj: Json) -> Json:
    """*obj* of the resource *ident* (`deployments.apps`) with its defaults; *obj* is not changed."""
    found = _FILLS.get(ident)
    return obj if found is None else found(obj)
