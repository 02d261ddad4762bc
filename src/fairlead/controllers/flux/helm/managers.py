"""Fields that a release's manager once updated become fields that it applies. Pure.

Source: Helm v4.3 pkg/kube/client.go (upgradeClientSideFieldManager), client-go v0.37 util/csaupgrade.
"""

from collections.abc import Mapping
from typing import Any

from fairlead.base.objects import Json, meta


def adoption_patch(obj: Json, manager: str) -> list[Json]:
    """The JSON patch that makes *manager* the applier of all that it updated in *obj*; empty when that is nothing."""
    entries = list(meta(obj).get("managedFields") or ())
    updated = [entry for entry in entries if _is(entry, manager, "Update")]
    if not updated:
        return []
    applied = next((entry for entry in entries if _is(entry, manager, "Apply")), {**updated[0], "operation": "Apply"})
    fields: dict[str, Any] = applied.get("fieldsV1") or {}
    for entry in updated:
        fields = _union(fields, entry.get("fieldsV1") or {})
    others = [e for e in entries if not _is(e, manager, "Update") and not _is(e, manager, "Apply")]
    value = [{**applied, "fieldsV1": fields}, *others]
    version = meta(obj).get("resourceVersion", "")
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": value},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def _is(entry: Mapping[str, Any], manager: str, operation: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == operation and not entry.get("subresource")


def _union(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(first)
    for name, value in second.items():
        both[name] = _union(both[name], value) if name in both else value
    return both
