"""Evictions: the deletion of a Pod, unless a disruption budget forbids it.

Source: kubernetes v1.36 pkg/registry/core/pod/storage/eviction.go.
"""

from __future__ import annotations

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key, get_in
from fairlead.engines.selectors import label_selector
from fairlead.server.objects import Objects, Outcome
from fairlead.server.registry import Resource
from fairlead.server.request import DeleteOptions, Request
from fairlead.server.store import Store

BUDGETS = "poddisruptionbudgets.policy"


def evict(
    objects: Objects, store: Store, resource: Resource, key: Key, options: DeleteOptions, request: Request
) -> Outcome:
    """Delete a Pod. Raises: ApiError TooManyRequests when a budget forbids it, NotFound."""
    budget = blocking_budget(store, objects.find(resource, key).view)
    if budget is not None:
        details = {"causes": [{"reason": "DisruptionBudget", "message": budget}]}
        text = "Cannot evict pod as it would violate the pod's disruption budget."
        raise ApiError(429, "TooManyRequests", text, details)
    return objects.delete(resource, key, options, request)


def blocking_budget(store: Store, pod: Json) -> str | None:
    """Why the Pod may not be evicted now, or None."""
    phase = get_in(pod, "status", "phase")
    if phase in ("Pending", "Succeeded", "Failed") or pod["metadata"].get("deletionTimestamp"):
        return None
    labels = pod["metadata"].get("labels") or {}
    for record in store.select(BUDGETS, pod["metadata"]["namespace"]):
        budget = record.view
        if not label_selector(get_in(budget, "spec", "selector")).matches(labels):
            continue
        if get_in(budget, "status", "disruptionsAllowed", default=0) < 1:
            healthy = get_in(budget, "status", "currentHealthy", default=0)
            needed = get_in(budget, "status", "desiredHealthy", default=0)
            return f"The disruption budget {record.key.name} needs {needed} healthy pods and has {healthy} currently"
    return None
