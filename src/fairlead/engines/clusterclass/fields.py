"""Which fields of wanted objects patches may set, and how they are carried over.

Source: Cluster API v1.14 core/reconcilers/topology/cluster/patches/patch.go and engine.go (updateDesiredState),
internal/util/patch/patch.go (CopyFields), internal/contract/controlplane.go (paths).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fairlead.base.objects import Json

Path = tuple[str, ...]

ALWAYS_KEPT: Final[tuple[Path, ...]] = (
    ("metadata", "labels", "cluster.x-k8s.io/cluster-name"),
    ("metadata", "labels", "topology.cluster.x-k8s.io/owned"),
    ("metadata", "labels", "topology.cluster.x-k8s.io/deployment-name"),
    ("metadata", "labels", "topology.cluster.x-k8s.io/pool-name"),
    ("metadata", "annotations", "cluster.x-k8s.io/cloned-from-name"),
    ("metadata", "annotations", "cluster.x-k8s.io/cloned-from-groupkind"),
)
_MACHINE: Final = ("spec", "machineTemplate")
CONTROL_PLANE_KEPT: Final[tuple[Path, ...]] = (
    (*_MACHINE, "metadata"),
    (*_MACHINE, "readinessGates"),
    (*_MACHINE, "spec", "readinessGates"),
    (*_MACHINE, "taints"),
    (*_MACHINE, "spec", "taints"),
    (*_MACHINE, "infrastructureRef"),
    (*_MACHINE, "spec", "infrastructureRef"),
    (*_MACHINE, "nodeDrainTimeout"),
    (*_MACHINE, "nodeVolumeDetachTimeout"),
    (*_MACHINE, "nodeDeletionTimeout"),
    (*_MACHINE, "spec", "deletion", "nodeDrainTimeoutSeconds"),
    (*_MACHINE, "spec", "deletion", "nodeVolumeDetachTimeoutSeconds"),
    (*_MACHINE, "spec", "deletion", "nodeDeletionTimeoutSeconds"),
    ("spec", "replicas"),
    ("spec", "version"),
    ("spec", "rollout", "after"),
)
_INNER: Final = ("spec", "template")
TO_OBJECT: Final = (
    ((*_INNER, "spec"), ("spec",)),
    ((*_INNER, "metadata", "labels"), ("metadata", "labels")),
    ((*_INNER, "metadata", "annotations"), ("metadata", "annotations")),
)
TO_TEMPLATE: Final = tuple(
    (path, path)
    for path in (
        ("metadata", "labels"),
        ("metadata", "annotations"),
        (*_INNER, "spec"),
        (*_INNER, "metadata", "labels"),
        (*_INNER, "metadata", "annotations"),
    )
)


class FieldError(ValueError):
    """A field that cannot be set."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def copy_fields(source: Json, target: Json, paths: Iterable[Path]) -> Json:
    """Return *target* with the fields at *paths* taken from *source*, as far as they are there."""
    return overlaid(target, source, tuple((path, path) for path in paths), ())


def overlaid(target: Json, source: Json, fields: tuple[tuple[Path, Path], ...], kept: tuple[Path, ...]) -> Json:
    """Return *target* with *fields* (from, to) of *source*, and its own values at the paths *kept*.

    Raises:
        FieldError: a field lies inside of what is no object, in Cluster API's words.
    """
    before = [(path, value) for path, (found, value) in ((path, _get(target, path)) for path in kept) if found]
    for origin, destination in fields:
        found, value = _get(source, origin)
        if found:
            target = _set(target, destination, value)
    for path, value in before:
        target = _set(target, path, value)
    return target


def _get(obj: Any, path: Path) -> tuple[bool, Any]:
    for part in path:
        if not isinstance(obj, dict) or part not in obj:
            return False, None
        obj = obj[part]
    return True, obj


def _set(obj: Json, path: Path, value: Any, depth: int = 0) -> Json:
    key = path[depth]
    if depth == len(path) - 1:
        return {**obj, key: value}
    below = obj.get(key, {})
    if not isinstance(below, dict):
        at = "".join(f".{part}" for part in path[: depth + 1])
        raise FieldError(".".join(path), f"value cannot be set because {at} is not a map[string]interface{{}}")
    return {**obj, key: _set(below, path, value, depth + 1)}
