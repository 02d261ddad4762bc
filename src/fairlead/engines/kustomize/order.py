"""The order in which objects are printed.

Source: kustomize api v0.21.2 internal/builtins/SortOrderTransformer.go. The library (and so Flux) keeps the order of
the resources; the command line sorts unless told otherwise.
"""

from __future__ import annotations

from fairlead.engines.kustomize.errors import KustomizeError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from fairlead.engines.kustomize.resource import Id, Resource

ORDER_FIRST = (
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)
ORDER_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def legacy_order(
    items: Sequence[Resource], first: Sequence[str] = ORDER_FIRST, last: Sequence[str] = ORDER_LAST
) -> list[Resource]:
    """Return *items* with the kinds of *first* in front, those of *last* at the end, the rest by name."""
    ranks = {kind: at - len(first) for at, kind in enumerate(first)} | {kind: at + 1 for at, kind in enumerate(last)}
    return sorted(items, key=lambda item: _place(item.current_id(), ranks))


def chosen_order(items: Sequence[Resource], options: Mapping[str, Any]) -> list[Resource]:
    """Return *items* as `sortOptions` of a kustomization want them. Raises: KustomizeError."""
    order = options.get("order") or ""
    lists = options.get("legacySortOptions")
    if order not in ("fifo", "legacy"):
        raise KustomizeError("the field 'sortOptions.order' must be one of [fifo, legacy]")
    if order == "fifo":
        if lists is not None:
            raise KustomizeError(
                "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'"
            )
        return list(items)
    if lists is None:
        return legacy_order(items)
    return legacy_order(items, lists.get("orderFirst") or (), lists.get("orderLast") or ())


def _place(known: Id, ranks: Mapping[str, int]) -> tuple[int, str, str]:
    type_name = f"{known.group or '~G'}_{known.version or '~V'}_{known.kind or '~K'}"
    if known.kind == "Namespace" and not known.group and "Namespace" in ranks:
        type_name = ""  # before its namesakes of other groups
    return (
        ranks.get(known.kind, 0),
        type_name,
        f"{known.gvk_text()}|{known.namespace or '~X'}|{known.name or '~N'}",
    )
