"""`fairlead tree`: from Git source over Kustomizations, releases and clusters down to VMs, with how each is.

What was applied stands below what applied it (labels and inventories), machines below what owns them. MachineSets,
HelmCharts, bootstrap configurations and VSphereMachines are left out unless they are what is not Ready.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from fairlead.base.objects import Json, get_in, labels, meta
from fairlead.cli import kinds, tables
from fairlead.cli.causes import mark
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.errors import CommandError, UsageError
from fairlead.cli.fleet import CLUSTER_LABEL, Fleet, Id, entries_of, read_fleet
from fairlead.cli.get import missing, revision_of, versions_of
from fairlead.cli.health import is_suspended
from fairlead.cli.terminal import Paint, paint_for, visible_length, width_of

BRANCH, LAST, PIPE, SPACE = "├─ ", "└─ ", "│  ", "   "
_SOURCES = ("GitRepository", "OCIRepository", "Bucket", "HelmRepository")
_PARTS = ("MachineSet", "KubeadmConfig", "VSphereMachine", "VSphereCluster")  # shown when they are not Ready
_ORDER = (
    "HelmChart",
    "HelmRelease",
    "Kustomization",
    "Cluster",
    "VSphereCluster",
    "KubeadmControlPlane",
    "MachineDeployment",
    "MachinePool",
    "MachineSet",
    "Machine",
    "KubeadmConfig",
    "VSphereMachine",
    "VSphereVM",
    "VirtualMachine",
)


class Branch(NamedTuple):
    """An object and what stands below it; `obj` is None for what only an inventory names."""

    id: Id
    obj: Json | None
    children: tuple[Branch, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("target", nargs="*", metavar="KIND/NAME", help="only what is below this object")
    parser.add_argument("-n", "--namespace", default="", help="the namespace of KIND/NAME (default: any)")
    parser.add_argument(
        "--objects", action="store_true", help="show every applied object, also ConfigMaps and the like"
    )
    parser.add_argument("-w", "--watch", action="store_true", help="draw it again after each change, until interrupted")
    parser.add_argument("-o", "--output", choices=("json", "yaml"), default="", help="instead of text")
    add_connection_flags(parser)


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the command; return the exit code."""
    word, names = kinds.split_target(args.target, "KIND/NAME") if args.target else ("", [])
    if args.target and len(names) != 1:
        raise UsageError("give one object, as KIND/NAME")
    if args.namespace and not args.target:
        raise UsageError("-n is the namespace of KIND/NAME; give one", "without, the whole fleet is shown")
    if args.watch:
        return _watch(args, connection, word, names)
    fleet = read_fleet(connection)
    roots = _roots(fleet, connection, word, names, args)
    if args.output:
        tables.write_document([_document(fleet, root) for root in roots], args.output)
        return 0
    if not roots:
        print("Nothing here yet: no sources, no clusters.", file=sys.stderr)
    tables.write(_text(fleet, roots))
    return 0


def _watch(args: argparse.Namespace, connection: Connection, word: str, names: list[str]) -> int:
    from fairlead.cli import live

    if args.output:
        raise UsageError("--watch does not go with -o")

    def picture(fleet: Fleet) -> str:
        try:
            return _text(fleet, _roots(fleet, connection, word, names, args))
        except CommandError as error:  # it is not there yet, or not any more
            return f"{error}\n"

    live.show(live.fleets(connection), picture)
    return 0


def _roots(fleet: Fleet, connection: Connection, word: str, names: list[str], args: argparse.Namespace) -> list[Branch]:
    forest = Forest(fleet, args.objects)
    if not names:
        return forest.roots()
    return [forest.branch(find_one(fleet, connection, word, names[0], args.namespace))]


def _text(fleet: Fleet, roots: Sequence[Branch]) -> str:
    return "".join(f"{line}\n" for line in render(fleet, roots, paint_for(sys.stdout), width_of(sys.stdout)))


def find_one(fleet: Fleet, connection: Connection, word: str, name: str, namespace: str) -> Id:
    """The object of the fleet that is meant. Raises: CommandError when it is none or more than one."""
    resource = kinds.lookup(connection, word)
    found = [
        id_
        for id_ in sorted(fleet.objects)
        if id_.kind == resource.kind and id_.name == name and namespace in ("", id_.namespace)
    ]
    if not found:
        raise missing(resource, name, namespace)
    if len(found) > 1:
        raise ambiguous(resource.kind, name, [id_.namespace for id_ in found])
    return found[0]


def ambiguous(kind: str, name: str, namespaces: Sequence[str]) -> CommandError:
    """What is said when several namespaces have the name."""
    places = " and ".join(f"{space}/{name}" for space in namespaces)
    return CommandError(f"{kind} '{name}' is ambiguous: there are {places}", "say which with -n NAMESPACE")


class Forest:
    """The trees of a fleet."""

    def __init__(self, fleet: Fleet, everything: bool = False) -> None:
        self._fleet = fleet
        self._everything = everything
        self._placed: set[Id] = set()

    def roots(self) -> list[Branch]:
        """A tree per source, then what no source leads to."""
        trees = [self.branch(Id.of(obj)) for obj in self._fleet.of_kind(*_SOURCES)]
        for kind in ("Kustomization", "HelmRelease", "Cluster"):
            trees += [self.branch(Id.of(obj)) for obj in self._fleet.of_kind(kind) if Id.of(obj) not in self._placed]
        return trees

    def branch(self, id_: Id) -> Branch:
        """The tree below one object; an object that was placed already has nothing below it again."""
        obj = self._fleet.objects.get(id_)
        if obj is None or id_ in self._placed:
            return Branch(id_, obj, ())
        self._placed.add(id_)
        below = [each for each in self._below(id_, obj) if each not in self._placed]
        return Branch(id_, obj, tuple(self.branch(each) for each in sorted(below, key=_order)))

    def _below(self, id_: Id, obj: Json) -> list[Id]:
        fleet = self._fleet
        match id_.kind:
            case "Kustomization" | "HelmRelease":
                found = [each for each in fleet.objects if fleet.applied_by(each) == id_ and self._stands_here(each)]
                if self._everything:
                    found += [each for each in entries_of(obj) if each not in fleet.objects]
                return found
            case kind if kind in _SOURCES:
                return [each for each in self._delivered_from(id_) if fleet.applied_by(each) is None]
            case "Cluster":
                return self._cluster(id_)
            case _:
                return list(self._owned(id_))

    def _stands_here(self, id_: Id) -> bool:
        """Whether an applied object stands below what applied it: not below its Cluster, and not unseen."""
        if id_.kind == "HelmChart":
            return self._everything or not self._fleet.health(id_).is_ready
        obj = self._fleet.objects[id_]
        cluster = labels(obj).get(CLUSTER_LABEL) or get_in(obj, "spec", "clusterName", default="")
        return not (
            id_.kind in _ORDER
            and _ORDER.index(id_.kind) > _ORDER.index("Cluster")
            and Id("Cluster", id_.namespace, cluster) in self._fleet.objects
        )

    def _delivered_from(self, source: Id) -> Iterator[Id]:
        for obj in self._fleet.of_kind("Kustomization", "HelmRelease"):
            each: Id = Id.of(obj)
            origin = self._fleet.source_of(each)
            if origin is not None and origin.kind == "HelmChart" and origin in self._fleet.objects:
                origin = self._fleet.source_of(origin)
            if origin == source:
                yield each

    def _cluster(self, id_: Id) -> list[Id]:
        fleet = self._fleet
        found = [
            each
            for each in fleet.members[id_]
            if each.kind in ("KubeadmControlPlane", "MachineDeployment", "MachinePool")
            or (each.kind == "VSphereCluster" and not fleet.health(each).is_ready)
        ]
        below = {each for part in found for each in self._owned(part)}
        loose = [each for each in fleet.members[id_] if each.kind == "Machine" and each not in below]
        owned_by_set = {each for part in fleet.members[id_] if part.kind == "MachineSet" for each in fleet.owned[part]}
        return [*found, *(each for each in loose if each not in owned_by_set)]

    def _owned(self, id_: Id) -> Iterator[Id]:
        """What an object owns; parts that need not be seen are stepped over."""
        for each in self._fleet.owned[id_]:
            if each.kind in _PARTS and self._fleet.health(each).is_ready:
                yield from self._owned(each)
            elif each.kind in _ORDER:
                yield each


def _order(id_: Id) -> tuple[int, Id]:
    return (_ORDER.index(id_.kind) if id_.kind in _ORDER else len(_ORDER), id_)


# -- text ------------------------------------------------------------------------------------------------------


def render(fleet: Fleet, roots: Sequence[Branch], paint: Paint, width: int | None = None) -> Iterator[str]:
    """The lines of the trees, cut at *width*; only what is not Ready by itself says why."""
    speaking = {cause.id for cause in fleet.causes}
    for root in roots:
        for line in _lines(fleet, root, paint, speaking, "", "", ""):
            yield _cut(line, width)


def _lines(
    fleet: Fleet, branch: Branch, paint: Paint, speaking: Set[Id], lead: str, rest: str, namespace: str
) -> Iterator[str]:
    id_ = branch.id
    name = id_.name if id_.namespace in ("", namespace) else f"{id_.namespace}/{id_.name}"
    word = "VM" if id_.kind in ("VSphereVM", "VirtualMachine") else id_.kind
    if branch.obj is None:
        yield f"{paint(lead, 'gray')}  {word} {name}"
    else:
        health = fleet.health(id_)
        detail = _detail(fleet, branch.obj)
        if id_ in speaking:
            detail = f"{detail}: {health.message}" if detail else health.message
        line = f"{paint(lead, 'gray')}{mark(health.state, paint)} {word} {paint(name, 'bold')}"
        yield f"{line}  {detail}" if detail else line
    for child in branch.children:
        last = child is branch.children[-1]
        yield from _lines(
            fleet,
            child,
            paint,
            speaking,
            rest + (LAST if last else BRANCH),
            rest + (SPACE if last else PIPE),
            id_.namespace,
        )


def _cut(line: str, width: int | None) -> str:
    over = visible_length(line) - width if width is not None else 0
    return f"{line[: -over - 1]}…" if over > 0 else line


def _detail(fleet: Fleet, obj: Json) -> str:
    """What is worth knowing of an object besides its state."""
    status, spec = obj.get("status") or {}, obj.get("spec") or {}
    match obj["kind"]:
        case "Cluster":
            parts = [status.get("phase", "Pending"), versions_of(obj)]
        case "KubeadmControlPlane" | "MachineDeployment" | "MachineSet":
            parts = [f"{status.get('readyReplicas') or 0}/{spec.get('replicas') or 0}", _version(obj)]
        case "Machine":
            parts = [status.get("phase", "Pending"), spec.get("version", "")]
        case "VSphereVM":
            parts = [",".join(status.get("addresses") or ()), status.get("host", "")]
        case "VirtualMachine":
            parts = [get_in(status, "network", "primaryIP4", default=""), status.get("host", "")]
        case "HelmRelease":
            history = status.get("history") or ()
            chart = history[0].get("chartName", "") if history else ""
            parts = [chart, revision_of(obj), _place(fleet, obj)]
        case "Kustomization":
            parts = [revision_of(obj), _place(fleet, obj)]
        case _:
            parts = [revision_of(obj)]
    if is_suspended(obj):
        parts.append("suspended")
    return " ".join(part for part in parts if part)


def _version(obj: Json) -> str:
    return str(get_in(obj, "spec", "version") or get_in(obj, "spec", "template", "spec", "version", default=""))


def _place(fleet: Fleet, obj: Json) -> str:
    cluster = fleet.works_in(Id.of(obj))
    return f"→ in cluster {cluster.name}" if cluster is not None else ""


def _document(fleet: Fleet, branch: Branch) -> Json:
    """The same as data."""
    found: Json = {"kind": branch.id.kind, "namespace": branch.id.namespace, "name": branch.id.name}
    if branch.obj is not None:
        health = fleet.health(branch.id)
        found |= {
            "apiVersion": branch.obj.get("apiVersion", ""),
            "uid": meta(branch.obj).get("uid", ""),
            "ready": health.is_ready,
            "state": health.state.value,
            "message": health.message,
            "detail": _detail(fleet, branch.obj),
        }
    return {**found, "children": [_document(fleet, child) for child in branch.children]}
