"""The order in which `kustomize build` prints objects when nobody chose one.

Source: kustomize v5.8 api/internal/builtins/SortOrderTransformer.go. The library (and so
Flux) keeps the order of the resources; only the command line sorts.
"""

from fairlead.base.objects import Json
from fairlead.engines.kustomize.build import Built

ORDER_FIRST = [
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
]
ORDER_LAST = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]


def in_legacy_order(built: Built, first: list[str] = ORDER_FIRST, last: list[str] = ORDER_LAST) -> Built:
    """Return *built* with the kinds of *first* in front, those of *last* at the end, the rest by name."""
    ranks = {kind: at - len(first) for at, kind in enumerate(first)} | {kind: at + 1 for at, kind in enumerate(last)}
    pairs = sorted(
        zip(built.resources, built.origins, strict=True),
        key=lambda pair: _place(pair[0], ranks.get(pair[0]["kind"], 0)),
    )
    return Built(tuple(obj for obj, _ in pairs), tuple(origin for _, origin in pairs))


def _place(obj: Json, rank: int) -> tuple[int, str, str]:
    group, _, version = str(obj.get("apiVersion") or "").rpartition("/")
    kind, metadata = obj["kind"], obj.get("metadata") or {}
    type_name = f"{group or '~G'}_{version or '~V'}_{kind}"
    identity = f"{kind}.{version or '[noVer]'}.{group or '[noGrp]'}"
    return rank, type_name, f"{identity}|{metadata.get('namespace') or '~X'}|{metadata.get('name') or '~N'}"
