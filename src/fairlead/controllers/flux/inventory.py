"""The objects that a Kustomization owns: their ids, their order, and what left between two builds. Pure.

Source: kustomize-controller v1.9 internal/inventory, fluxcd/cli-utils object metadata (ids), fluxcd/pkg/ssa sort.go.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fairlead.base.objects import GVK, Json, Key

_FIRST = (
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)
_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_RANKS = {kind: index - len(_FIRST) for index, kind in enumerate(_FIRST)} | {
    kind: index + 1 for index, kind in enumerate(_LAST)
}
# Kinds that others depend on; they are in force before the rest is looked at.
DEFINITIONS = frozenset({"CustomResourceDefinition", "Namespace", "ClusterRole"})


class Item(NamedTuple):
    """One object that is owned."""

    gvk: GVK
    key: Key

    @classmethod
    def of(cls, obj: Json) -> "Item":
        return cls(GVK.of(obj), Key.of(obj))

    @classmethod
    def parse(cls, entry: Json) -> "Item":
        """Read an entry of `status.inventory.entries`."""
        namespace, rest = entry["id"].split("_", 1)
        name, group, kind = rest.rsplit("_", 2)
        return cls(GVK(group, entry["v"], kind), Key(namespace, name.replace("__", ":")))

    @property
    def id(self) -> str:
        """`<namespace>_<name>_<group>_<kind>`; a colon in a name is doubled to underscores."""
        return f"{self.key.namespace}_{self.key.name.replace(':', '__')}_{self.gvk.group}_{self.gvk.kind}"

    @property
    def entry(self) -> Json:
        """The entry of `status.inventory.entries`."""
        return {"id": self.id, "v": self.gvk.version}

    @property
    def subject(self) -> str:
        """`Kind/namespace/name`, as events and messages name it."""
        return f"{self.gvk.kind}/{self.key}"

    @property
    def rank(self) -> tuple[int, str, str, str, str]:
        """Sorts as upstream applies; deletion goes the other way."""
        return _RANKS.get(self.gvk.kind, 0), self.gvk.group, self.gvk.kind, self.key.namespace, self.key.name


def in_order(objects: Iterable[Json]) -> list[Json]:
    """*objects* in the order in which they are applied."""
    return sorted(objects, key=lambda obj: (obj["kind"] not in DEFINITIONS, Item.of(obj).rank))


def entries_of(status: Json) -> list[Json]:
    """The inventory of a Kustomization's *status*."""
    return list((status.get("inventory") or {}).get("entries") or ())


def stale(old: Sequence[Json], new: Sequence[Json]) -> list[Item]:
    """What is in the *old* inventory and not in the *new* one, whatever the version."""
    kept = {entry["id"] for entry in new}
    return [Item.parse(entry) for entry in old if entry["id"] not in kept]


def merged(first: Sequence[Json], second: Sequence[Json]) -> list[Json]:
    """*first*, and those of *second* that it lacks."""
    known = {entry["id"] for entry in first}
    return [*first, *(entry for entry in second if entry["id"] not in known)]
