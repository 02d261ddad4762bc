"""Who owns which fields: what people changed with kubectl is taken over, so that an apply undoes it. Pure.

Source: fluxcd/pkg/ssa patch.go (PatchReplaceFieldsManagers), kustomize-controller v1.9 (the managers it takes over).
"""

from collections.abc import Sequence
from typing import Any

from fairlead.base.objects import Json, annotations, labels, meta

OBSOLETE_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kustomize.toolkit.fluxcd.io/checksum",
    "fluxcd.io/sync-checksum",
)
OBSOLETE_LABELS = ("fluxcd.io/sync-gc-mark",)


def takeover_patch(obj: Json, manager: str) -> list[Json]:
    """The JSON patch that gives *manager* the fields that kubectl owns in *obj*; empty when kubectl owns none."""
    patches: list[Json] = []
    for part, known, obsolete in (
        ("annotations", annotations(obj), OBSOLETE_ANNOTATIONS),
        ("labels", labels(obj), OBSOLETE_LABELS),
    ):
        for name in obsolete:
            if name in known:
                patches.append({"op": "remove", "path": f"/metadata/{part}/{name.replace('/', '~1')}"})
    fields = _taken_over(meta(obj).get("managedFields") or (), manager)
    if fields is not None:
        patches.append({"op": "replace", "path": "/metadata/managedFields", "value": fields})
    return patches


def _is_taken(entry: Json, manager: str) -> bool:
    name, operation = entry.get("manager", ""), entry.get("operation")
    if entry.get("subresource"):
        return False
    if name.startswith("kubectl"):
        return True
    return operation == "Update" and name.startswith(("before-first-apply", manager))


def _taken_over(entries: Sequence[Json], manager: str) -> list[Json] | None:
    own = next((e for e in entries if e.get("manager") == manager and e.get("operation") == "Apply"), None)
    kept, edited = [], False
    for entry in entries:
        if entry is own:
            continue
        if not _is_taken(entry, manager):
            kept.append(entry)
            continue
        edited = True
        if own is None:
            own = {**entry, "manager": manager, "operation": "Apply"}
        else:
            own = {**own, "fieldsV1": _union(own.get("fieldsV1") or {}, entry.get("fieldsV1") or {})}
    return [*kept, own] if edited and own is not None else None


def _union(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = dict(first)
    for name, value in second.items():
        both[name] = _union(both[name], value) if name in both else value
    return both
