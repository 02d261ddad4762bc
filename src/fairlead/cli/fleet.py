"""The fleet as it is: all objects from Git source to VM, what belongs to what, and what waits for what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from fairlead.base.objects import Json, get_in, labels, meta, owner_references
from fairlead.cli import kinds
from fairlead.cli.connection import Connection
from fairlead.cli.health import STRANGER, Health, State, health_of

CLUSTER_LABEL = "cluster.x-k8s.io/cluster-name"
CONTROL_PLANE_LABEL = "cluster.x-k8s.io/control-plane"
KUSTOMIZE_LABEL = "kustomize.toolkit.fluxcd.io"
HELM_LABEL = "helm.toolkit.fluxcd.io"
_KUBECONFIG = "-kubeconfig"
_DEPTH = (  # the deepest first
    "VSphereVM",
    "VirtualMachine",
    "VSphereMachine",
    "KubeadmConfig",
    "Machine",
    "MachineSet",
    "MachineDeployment",
    "MachinePool",
    "KubeadmControlPlane",
    "VSphereCluster",
    "Cluster",
    "HelmChart",
    "HelmRepository",
    "OCIRepository",
    "Bucket",
    "GitRepository",
    "HelmRelease",
    "Kustomization",
)
_OWN_FAULT = ("BuildFailed", "InvalidPath", "InvalidSpec", "PruneFailed")


class Id(NamedTuple):
    """The name of an object of the fleet; of kinds that two groups have, a cluster uses one or the other."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @classmethod
    def of(cls, obj: Json) -> Id:
        return cls(obj.get("kind", ""), meta(obj).get("namespace", ""), meta(obj).get("name", ""))


class Cause(NamedTuple):
    """Something that is not Ready by itself, and what waits for it."""

    id: Id
    health: Health
    holds_up: tuple[Id, ...]


class Fleet:
    """A reading of the fleet's objects."""

    def __init__(self, objects: Iterable[Json]) -> None:
        self.objects: dict[Id, Json] = {Id.of(obj): obj for obj in objects}
        self._health: dict[Id, Health] = {}

    def within(self, namespace: str) -> Fleet:
        """What of it is in one namespace; all of it without one."""
        return Fleet(obj for id_, obj in self.objects.items() if namespace in ("", id_.namespace))

    def of_kind(self, *wanted: str) -> list[Json]:
        """All objects of some kinds, by kind, namespace and name."""
        return [obj for id_, obj in sorted(self.objects.items()) if id_.kind in wanted]

    def health(self, id_: Id) -> Health:
        """The judgement of an object. One that has too few parts waits as long as all that it waits for only waits."""
        found = self._health.get(id_)
        if found is None:
            found = self._health[id_] = health_of(self.objects[id_])
            if found.follows and self._only_waits(id_):
                found = self._health[id_] = found._replace(state=State.WAITING)
        return found

    def _only_waits(self, id_: Id) -> bool:
        """Whether something is waited for, directly or not, and nothing of that has failed."""
        seen, todo = {id_}, [id_]
        while todo:
            for each in self.waits_for(todo.pop()):
                health = health_of(self.objects[each])
                if health.state is State.FAILED and not health.follows:
                    return False
                if not health.is_ready and each not in seen:
                    seen.add(each)
                    todo.append(each)
        return len(seen) > 1

    # -- what belongs to what -----------------------------------------------------------------------------------

    @cached_property
    def owned(self) -> dict[Id, list[Id]]:
        """Per object, those that name it as an owner."""
        found: dict[Id, list[Id]] = defaultdict(list)
        for id_, obj in sorted(self.objects.items()):
            for owner in owner_references(obj):
                found[Id(owner.get("kind", ""), id_.namespace, owner.get("name", ""))].append(id_)
        return found

    @cached_property
    def members(self) -> dict[Id, list[Id]]:
        """Per Cluster, what carries its label."""
        found: dict[Id, list[Id]] = defaultdict(list)
        for id_, obj in sorted(self.objects.items()):
            name = labels(obj).get(CLUSTER_LABEL) or get_in(obj, "spec", "clusterName")
            if name and id_.kind != "Cluster":
                found[Id("Cluster", id_.namespace, name)].append(id_)
        return found

    def applied_by(self, id_: Id) -> Id | None:
        """The Kustomization or HelmRelease that made an object: by its labels, else by the inventories."""
        obj = self.objects.get(id_)
        if obj is None:
            return None
        for kind, prefix in (("HelmRelease", HELM_LABEL), ("Kustomization", KUSTOMIZE_LABEL)):
            name = labels(obj).get(f"{prefix}/name")
            if name:
                owner = Id(kind, labels(obj).get(f"{prefix}/namespace", ""), name)
                if owner != id_ and owner in self.objects:
                    return owner
        return self._inventories.get(id_)

    @cached_property
    def _inventories(self) -> dict[Id, Id]:
        return {
            entry: owner
            for owner in sorted(self.objects)
            if owner.kind in ("Kustomization", "HelmRelease")
            for entry in self.inventory(owner)
            if entry != owner
        }

    def inventory(self, id_: Id) -> list[Id]:
        """What a Kustomization or release keeps in the management cluster; nothing when it works in another one."""
        obj = self.objects[id_]
        if get_in(obj, "spec", "kubeConfig"):
            return []
        return [entry for entry in entries_of(obj) if entry in self.objects]

    def source_of(self, id_: Id) -> Id | None:
        """The source that a Kustomization, chart or release comes from; it may not exist."""
        obj = self.objects[id_]
        spec = obj.get("spec") or {}
        ref = spec.get("sourceRef") or spec.get("chartRef")
        if not ref and id_.kind == "HelmRelease":
            namespace, _, name = get_in(obj, "status", "helmChart", default="").rpartition("/")
            if name:
                return Id("HelmChart", namespace, name)
            ref = get_in(spec, "chart", "spec", "sourceRef")
        return _referred(ref, id_.namespace)

    def works_in(self, id_: Id) -> Id | None:
        """The workload Cluster that a Kustomization or release is applied to."""
        name = get_in(self.objects[id_], "spec", "kubeConfig", "secretRef", "name", default="")
        if not name.endswith(_KUBECONFIG):
            return None
        return Id("Cluster", id_.namespace, name.removesuffix(_KUBECONFIG))

    # -- what waits for what ------------------------------------------------------------------------------------

    def waits_for(self, id_: Id) -> list[Id]:
        """The objects that *id_*, which is not Ready, may be waiting for."""
        match id_.kind:
            case "Kustomization" | "HelmRelease":
                found: Iterable[Id | None] = self._delivery(id_)
            case "HelmChart":
                found = [self.source_of(id_)]
            case "Cluster" if STRANGER in self.health(id_).message:
                found = []
            case "Cluster":
                spec = self.objects[id_].get("spec") or {}
                refs = (spec.get("infrastructureRef"), spec.get("controlPlaneRef"))
                parts = [each for each in self.members[id_] if each.kind in ("MachineDeployment", "MachinePool")]
                found = [*(_referred(ref, id_.namespace) for ref in refs), *parts]
            case "VSphereCluster" | "VSphereVM" | "VirtualMachine":
                found = []
            case _:
                found = self._machinery(id_)
        return [each for each in found if each is not None and each != id_ and each in self.objects]

    def _delivery(self, id_: Id) -> list[Id | None]:
        obj = self.objects[id_]
        reason = self.health(id_).reason
        dependencies = [
            Id(id_.kind, ref.get("namespace") or id_.namespace, ref.get("name", ""))
            for ref in get_in(obj, "spec", "dependsOn") or ()
        ]
        if reason in _OWN_FAULT:
            return []
        if reason == "DependencyNotReady":
            return list(dependencies)
        if reason in ("ArtifactFailed", "SourceNotReady"):
            return [self.source_of(id_)]
        found: list[Id | None] = [self.source_of(id_), *self._place(id_)]
        if self.health(id_).state is State.WAITING or reason == "HealthCheckFailed":
            found += self.inventory(id_)
        return found

    def _place(self, id_: Id) -> list[Id]:
        """The Cluster that something is delivered into; while it is not there, the release that is to make it."""
        cluster = self.works_in(id_)
        if cluster is None or cluster in self.objects:
            return [cluster] if cluster is not None else []
        return [Id("HelmRelease", cluster.namespace, cluster.name)]

    def _machinery(self, id_: Id) -> Iterator[Id | None]:
        """What a control plane, a deployment, a set, a machine and the parts of a machine wait for."""
        obj = self.objects[id_]
        yield from (each for each in self.owned[id_] if each.kind in _DEPTH)
        whole = self.cluster_of(id_)
        cluster = self.objects.get(whole) if whole is not None else None
        if whole is None or cluster is None:
            return
        if STRANGER in self.health(whole).message:
            yield whole
        if get_in(cluster, "status", "initialization", "infrastructureProvisioned") is not True:
            yield _referred(get_in(cluster, "spec", "infrastructureRef"), id_.namespace)
        is_worker = id_.kind != "KubeadmControlPlane" and CONTROL_PLANE_LABEL not in labels(obj)
        if is_worker and get_in(cluster, "status", "initialization", "controlPlaneInitialized") is not True:
            yield _referred(get_in(cluster, "spec", "controlPlaneRef"), id_.namespace)
        if id_.kind == "Machine":
            infrastructure = _referred(get_in(obj, "spec", "infrastructureRef"), id_.namespace)
            yield infrastructure
            if infrastructure is not None:  # it stays Ready when its VM is gone
                yield from self.owned[infrastructure]
            yield _referred(get_in(obj, "spec", "bootstrap", "configRef"), id_.namespace)
        if id_.kind == "VSphereMachine" and not self.owned[id_]:
            machine = next((ref for ref in owner_references(obj) if ref.get("kind") == "Machine"), {})
            owner = self.objects.get(Id("Machine", id_.namespace, machine.get("name", ""))) or {}
            yield _referred(get_in(owner, "spec", "bootstrap", "configRef"), id_.namespace)

    def cluster_of(self, id_: Id) -> Id | None:
        """The Cluster that an object is a part of; it may not exist."""
        obj = self.objects[id_]
        name = labels(obj).get(CLUSTER_LABEL) or get_in(obj, "spec", "clusterName")
        return Id("Cluster", id_.namespace, name) if name else None

    @cached_property
    def causes(self) -> list[Cause]:
        """Why something is not Ready: what waits for nothing else, failures and the deepest first."""
        unready = [id_ for id_ in sorted(self.objects) if not self.health(id_).is_ready]
        blockers = {id_: [each for each in self.waits_for(id_) if not self.health(each).is_ready] for id_ in unready}
        waiters: dict[Id, list[Id]] = defaultdict(list)
        for id_, blocking in blockers.items():
            for each in blocking:
                waiters[each].append(id_)
        roots = [id_ for id_ in unready if not blockers[id_]]
        if not roots and unready:  # they wait for one another
            roots = [min(unready, key=_depth)]
        found = [Cause(id_, self.health(id_), tuple(_reach(id_, waiters))) for id_ in roots]
        return sorted(found, key=lambda cause: (cause.health.state is not State.FAILED, _depth(cause.id), cause.id))


def _depth(id_: Id) -> int:
    return _DEPTH.index(id_.kind) if id_.kind in _DEPTH else len(_DEPTH)


def _reach(start: Id, waiters: dict[Id, list[Id]]) -> list[Id]:
    """All that waits for *start*, directly or not, the outermost first."""
    seen: set[Id] = set()
    todo = [start]
    while todo:
        for each in waiters[todo.pop()]:
            if each not in seen and each != start:
                seen.add(each)
                todo.append(each)
    return sorted(seen, key=lambda id_: (-_depth(id_), id_))


def _referred(ref: object, namespace: str) -> Id | None:
    if not isinstance(ref, dict) or not ref.get("name"):
        return None
    return Id(ref.get("kind", ""), ref.get("namespace") or namespace, ref["name"])


def entries_of(obj: Json) -> list[Id]:
    """The inventory in a Flux object's status (`namespace_name_group_Kind`)."""
    found = []
    for entry in get_in(obj, "status", "inventory", "entries") or ():
        namespace, _, rest = entry.get("id", "").partition("_")
        name, *tail = rest.rsplit("_", 2)
        if len(tail) == 2:
            found.append(Id(tail[1], namespace, name.replace("__", ":")))
    return found


def read_fleet(connection: Connection, namespace: str = "") -> Fleet:
    """Read the whole fleet, or one namespace of it."""
    resources = (*kinds.FLUX, *kinds.CLUSTER_API)
    return Fleet(obj for resource in resources for obj in connection.list_if_served(resource, namespace))
