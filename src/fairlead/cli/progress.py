"""How far a fleet has come: judged from the objects of the management cluster. Pure; `cli.demo` feeds and shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fairlead.base.objects import GVK, Json, Key, get_in, is_deleting
from fairlead.runtime.conditions import find, is_true

FLUX_SOURCE = GVK("source.toolkit.fluxcd.io", "v1", "GitRepository")
KUSTOMIZATION = GVK("kustomize.toolkit.fluxcd.io", "v1", "Kustomization")
HELM_RELEASE = GVK("helm.toolkit.fluxcd.io", "v2", "HelmRelease")
CLUSTER = GVK("cluster.x-k8s.io", "v1beta2", "Cluster")
MACHINE = GVK("cluster.x-k8s.io", "v1beta2", "Machine")
WATCHED = (FLUX_SOURCE, KUSTOMIZATION, HELM_RELEASE, CLUSTER, MACHINE)

CLUSTER_LABEL = "cluster.x-k8s.io/cluster-name"
CONTROL_PLANE_LABEL = "cluster.x-k8s.io/control-plane"
STAGES = ("infrastructure", "control plane initialised", "all nodes Ready", "apps Ready")
TEXT_LIMIT = 200


class Objects:
    """The objects that are looked at, by kind and key; and those of each cluster together."""

    def __init__(self) -> None:
        self._found: dict[GVK, dict[Key, Json]] = {gvk: {} for gvk in WATCHED}
        self._of_cluster: dict[tuple[GVK, Key], dict[Key, Json]] = {}

    def put(self, gvk: GVK, obj: Json, *, gone: bool = False) -> None:
        """Take in one change."""
        key = Key.of(obj)
        shelves = [self._found[gvk]]
        cluster = _cluster_of(gvk, obj)
        if cluster is not None:
            shelves.append(self._of_cluster.setdefault((gvk, cluster), {}))
        for shelf in shelves:
            if gone:
                shelf.pop(key, None)
            else:
                shelf[key] = obj

    def get(self, gvk: GVK, key: Key) -> Json | None:
        return self._found[gvk].get(key)

    def all(self, gvk: GVK) -> list[Json]:
        """All objects of a kind."""
        return list(self._found[gvk].values())

    def of_cluster(self, gvk: GVK, cluster: Key) -> list[Json]:
        """The Machines of a cluster, or what is delivered into it."""
        return list(self._of_cluster.get((gvk, cluster), {}).values())


def _cluster_of(gvk: GVK, obj: Json) -> Key | None:
    if gvk == MACHINE:
        name = _label(obj, CLUSTER_LABEL) or ""
    else:
        name = get_in(obj, "spec", "kubeConfig", "secretRef", "name", default="").removesuffix("-kubeconfig")
    return Key(Key.of(obj).namespace, name) if name else None


@dataclass(frozen=True, slots=True)
class Progress:
    """One cluster: which stages are behind it, and what it waits for (empty when it is Ready)."""

    key: Key
    reached: tuple[str, ...]
    waiting: str = ""
    nodes: str = ""  # "3/5"

    @property
    def is_ready(self) -> bool:
        return not self.waiting


def is_ready(obj: Json | None) -> bool:
    """Whether a Flux object is Ready in its present generation."""
    if obj is None or is_deleting(obj):
        return False
    observed = get_in(obj, "status", "observedGeneration")
    if observed != obj["metadata"].get("generation"):
        return False
    asked = get_in(obj, "metadata", "annotations", "reconcile.fluxcd.io/requestedAt")
    handled = get_in(obj, "status", "lastHandledReconcileAt")
    return (not asked or asked == handled) and is_true(get_in(obj, "status", "conditions"), "Ready")


def judge(objects: Objects, expected: Sequence[Key]) -> list[Progress]:
    """How far each of the *expected* clusters is."""
    return [judge_cluster(objects, key) for key in expected]


def judge_cluster(objects: Objects, key: Key) -> Progress:
    """How far one cluster is."""
    cluster = objects.get(CLUSTER, key)
    if cluster is None:
        return Progress(key, (), _before_the_cluster(objects, key))
    machines = objects.of_cluster(MACHINE, key)
    ready = sum(is_true(get_in(m, "status", "conditions"), "NodeReady") for m in machines)
    wanted = _wanted(cluster)
    nodes = f"{ready}/{wanted if wanted is not None else '?'}"
    checks = {
        "infrastructure": bool(get_in(cluster, "status", "initialization", "infrastructureProvisioned")),
        "control plane initialised": bool(get_in(cluster, "status", "initialization", "controlPlaneInitialized")),
        "all nodes Ready": wanted is not None and ready == wanted == len(machines),
        "apps Ready": all(is_ready(app) for app in _apps(objects, key)) and bool(_apps(objects, key)),
    }
    reached = tuple(stage for stage in STAGES if checks[stage])
    return Progress(key, reached, _waiting(objects, cluster, machines, checks, nodes), nodes)


def _label(obj: Json, name: str) -> str | None:
    return (obj["metadata"].get("labels") or {}).get(name)


def _wanted(cluster: Json) -> int | None:
    """How many machines the cluster is to have; None while nobody has said it."""
    parts = [get_in(cluster, "status", part, "desiredReplicas") for part in ("controlPlane", "workers")]
    return sum(parts) if all(isinstance(part, int) for part in parts) else None


def _apps(objects: Objects, key: Key) -> list[Json]:
    """What is delivered into the cluster."""
    return [obj for gvk in (KUSTOMIZATION, HELM_RELEASE) for obj in objects.of_cluster(gvk, key)]


def _before_the_cluster(objects: Objects, key: Key) -> str:
    release = objects.get(HELM_RELEASE, key)
    if release is not None:
        return f"HelmRelease {key.name}{_said(release)}"
    for gvk in (FLUX_SOURCE, KUSTOMIZATION):
        for obj in objects.all(gvk):
            if not get_in(obj, "spec", "kubeConfig") and not is_ready(obj):
                return f"{gvk.kind} {Key.of(obj).name}{_said(obj)}"
    return "the repository to be applied"


def _said(obj: Json, type_: str = "Ready") -> str:
    condition = find(get_in(obj, "status", "conditions"), type_) or {}
    text = str(condition.get("message") or condition.get("reason") or "")
    return f": {_short(text)}" if text else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TEXT_LIMIT else line[: TEXT_LIMIT - 1] + "…"


def _waiting(objects: Objects, cluster: Json, machines: Sequence[Json], checks: Mapping[str, bool], nodes: str) -> str:
    if not checks["infrastructure"]:
        return f"infrastructure{_said(cluster, 'InfrastructureReady')}"
    if not checks["control plane initialised"]:
        first = [machine for machine in machines if _label(machine, CONTROL_PLANE_LABEL) is not None]
        return f"control plane{_of_machines(first) or _said(cluster, 'ControlPlaneInitialized')}"
    if not checks["all nodes Ready"]:
        return f"nodes {nodes}{_of_machines(machines)}"
    if not checks["apps Ready"]:
        for app in _apps(objects, Key.of(cluster)):
            if not is_ready(app):
                return f"{app['kind']} {Key.of(app).name}{_said(app)}"
        return "apps: nothing is delivered into the cluster yet"
    release = objects.get(HELM_RELEASE, Key.of(cluster))
    if release is not None and not is_ready(release):
        return f"HelmRelease {Key.of(release).name}{_said(release)}"
    return ""


def _of_machines(machines: Iterable[Json]) -> str:
    """The first machine that is not Ready, and why."""
    for machine in sorted(machines, key=lambda m: str(m["metadata"].get("creationTimestamp", ""))):
        conditions = get_in(machine, "status", "conditions")
        if is_true(conditions, "NodeReady"):
            continue
        for type_ in ("BootstrapConfigReady", "InfrastructureReady", "NodeReady"):
            if not is_true(conditions, type_):
                phase = get_in(machine, "status", "phase", default="Pending")
                return f"; {machine['metadata']['name']} is {phase}{_said(machine, type_)}"
    return ""
