"""Names that changed, followed wherever they are used. Pure.

Source: kustomize v5.8 api/internal/konfig/builtinpluginconsts/namereference.go (which fields name which kinds).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fairlead.base.objects import GVK, Json

_POD_SPECS = (
    ("Pod", "spec"),
    *(
        (kind, "spec/template/spec")
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController")
    ),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
)
_IN_POD = {
    "ConfigMap": (
        "volumes/configMap/name",
        "volumes/projected/sources/configMap/name",
        *(f"{c}/env/valueFrom/configMapKeyRef/name" for c in ("containers", "initContainers")),
        *(f"{c}/envFrom/configMapRef/name" for c in ("containers", "initContainers")),
    ),
    "Secret": (
        "volumes/secret/secretName",
        "volumes/projected/sources/secret/name",
        *(f"{c}/env/valueFrom/secretKeyRef/name" for c in ("containers", "initContainers")),
        *(f"{c}/envFrom/secretRef/name" for c in ("containers", "initContainers")),
        "imagePullSecrets/name",
    ),
    "ServiceAccount": ("serviceAccountName",),
    "PersistentVolumeClaim": ("volumes/persistentVolumeClaim/claimName",),
}
_OTHERS = {
    "Deployment": (("HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),),
    "StatefulSet": (("HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),),
    "Secret": (
        ("Ingress", "spec/tls/secretName"),
        ("ServiceAccount", "secrets/name"),
        ("ServiceAccount", "imagePullSecrets/name"),
    ),
    "Service": (
        ("StatefulSet", "spec/serviceName"),
        ("Ingress", "spec/rules/http/paths/backend/service/name"),
        ("Ingress", "spec/defaultBackend/service/name"),
        ("APIService", "spec/service/name"),
    ),
    "ServiceAccount": (("RoleBinding", "subjects/name"), ("ClusterRoleBinding", "subjects/name")),
    "Role": (("RoleBinding", "roleRef/name"),),
    "ClusterRole": (("RoleBinding", "roleRef/name"), ("ClusterRoleBinding", "roleRef/name")),
    "Namespace": (("RoleBinding", "subjects/namespace"), ("ClusterRoleBinding", "subjects/namespace")),
}


def default_fields() -> Iterator[tuple[str, str, str]]:
    """(kind that is named, kind that names it, path), as kustomize knows them from the start."""
    for target, paths in _IN_POD.items():
        for kind, prefix in _POD_SPECS:
            for path in paths:
                yield target, kind, f"{prefix}/{path}"
    for target, users in _OTHERS.items():
        for kind, path in users:
            yield target, kind, path


def configured_fields(config: Json) -> Iterator[tuple[str, str, str]]:
    """The same from a `nameReference` configuration file."""
    for entry in config.get("nameReference") or ():
        for field in entry.get("fieldSpecs") or ():
            yield entry.get("kind", ""), field.get("kind", ""), field["path"]


def follow(
    objects: Sequence[Json], renamed: dict[tuple[str, str, str], str], fields: Sequence[tuple[str, str, str]]
) -> list[Json]:
    """*objects* with every reference to a renamed object changed; *renamed* is by (kind, namespace, old name)."""
    if not renamed:
        return list(objects)
    wanted: dict[str, list[tuple[str, str]]] = {}
    for target, user, path in fields:
        wanted.setdefault(user, []).append((target, path))
    return [_follow_one(obj, wanted, renamed) for obj in objects]


def _follow_one(obj: Json, wanted: dict[str, list[tuple[str, str]]], renamed: dict[tuple[str, str, str], str]) -> Json:
    namespace = (obj.get("metadata") or {}).get("namespace", "")
    changed: Any = obj
    for target, path in (*wanted.get(GVK.of(obj).kind, ()), *wanted.get("", ())):

        def swap(name: Any, target: str = target) -> Any:
            return renamed.get((target, namespace, name), renamed.get((target, "", name), name))

        changed = _change(changed, path.split("/"), swap)
    result: Json = changed
    return result


def _change(value: Any, path: Sequence[str], swap: Any) -> Any:
    if isinstance(value, list):
        return [_change(item, path, swap) for item in value]
    if not path:
        return swap(value) if isinstance(value, str) else value
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _change(value[path[0]], path[1:], swap)}
