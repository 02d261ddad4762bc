"""The parts of one cluster as a tree: what clusterctl finds, what it leaves out as an echo, what it groups.

Source: cluster-api v1.14 cmd/clusterctl/client/tree/discovery.go, tree.go.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field

from fairlead.base.objects import Json, controller_of, get_in, labels, meta
from fairlead.cli import kinds
from fairlead.cli.connection import Connection
from fairlead.cli.errors import RefusedError, UsageError
from fairlead.cli.fleet import CLUSTER_LABEL, CONTROL_PLANE_LABEL
from fairlead.runtime.conditions import find as find_condition

COUNTED = ("Available", "Ready", "UpToDate")


@dataclass(eq=False)
class Item:
    """One node: an object, a heading (`obj` has only a name), or a group of objects that are alike."""

    obj: Json
    heading: str = ""
    z: int = 0
    groups: bool = False  # children that are alike become one
    is_control_plane: bool = False
    names: list[str] = field(default_factory=list)  # of a group
    counts: dict[str, int] = field(default_factory=dict)  # of a group, per condition
    parent: Item | None = None
    children: list[Item] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return str(self.obj.get("kind", ""))

    def condition(self, type_: str) -> Json | None:
        found = find_condition(get_in(self.obj, "status", "conditions"), type_)
        return dict(found) if found is not None else None

    def alike(self) -> tuple[tuple[str, str] | None, ...]:
        """What items must share to be grouped."""
        found = [self.condition(type_) for type_ in COUNTED]
        return tuple((c.get("status", ""), c.get("reason", "")) if c else None for c in found)


class Discovery:
    """Finds the parts of one cluster."""

    def __init__(self, connection: Connection, args: argparse.Namespace) -> None:
        self._connection = connection
        self._args = args
        self._parts: dict[tuple[str, str], Json] = {}

    def tree(self, cluster: Json) -> Item:
        """The cluster with everything below it."""
        name, namespace = meta(cluster)["name"], meta(cluster)["namespace"]
        for resource in kinds.CLUSTER_API[1:]:
            for obj in self._connection.list_if_served(resource, namespace):
                self._parts[obj["kind"], meta(obj)["name"]] = obj
        machines = self._of_cluster("Machine", name)
        root = Item(cluster)
        infrastructure = self._referred(get_in(cluster, "spec", "infrastructureRef"), namespace)
        if infrastructure is not None:
            add(root, Item(infrastructure))
        if self._args.show_resourcesets:
            self._resource_sets(root, name, namespace)
        placed: set[str] = set()
        control_plane = self._referred(get_in(cluster, "spec", "controlPlaneRef"), namespace)
        in_control_plane = [each for each in machines if CONTROL_PLANE_LABEL in labels(each)]
        if control_plane is not None:
            top = Item(control_plane, groups=self._args.grouping, is_control_plane=True)
            add(root, top)
            template = get_in(control_plane, "spec", "machineTemplate", "spec", "infrastructureRef") or get_in(
                control_plane, "spec", "machineTemplate", "infrastructureRef"
            )
            self._templates(top, [template])
            for machine in in_control_plane:
                self._machine(top, machine, placed)
        pools = self._of_cluster("MachinePool", name)
        if len(machines) != len(in_control_plane) or pools:
            self._workers(root, name, machines, pools, placed)
        return root

    def _workers(
        self, root: Item, name: str, machines: Sequence[Json], pools: Sequence[Json], placed: set[str]
    ) -> None:
        workers = _heading("Workers", "WorkerGroup")
        add(root, workers)
        for deployment in self._of_cluster("MachineDeployment", name):
            self._deployment(workers, deployment, name, machines, placed)
        for pool in pools:
            item = Item(pool, groups=self._args.grouping)
            add(workers, item)
            for machine in machines:
                if _is_controlled_by(machine, pool):
                    self._machine(item, machine, placed)
        left = [
            each for each in machines if meta(each)["name"] not in placed and CONTROL_PLANE_LABEL not in labels(each)
        ]
        if left:
            other = _heading("Other", "OtherGroup")
            add(workers, other)
            for machine in left:
                self._machine(other, machine, placed)

    def _deployment(
        self, workers: Item, deployment: Json, name: str, machines: Sequence[Json], placed: set[str]
    ) -> None:
        show_sets = self._args.show_machinesets
        item = Item(deployment, groups=self._args.grouping and not show_sets)
        add(workers, item)
        template = get_in(deployment, "spec", "template", "spec", default={})
        self._templates(item, [get_in(template, "bootstrap", "configRef"), template.get("infrastructureRef")])
        for machine_set in self._of_cluster("MachineSet", name):
            if not _is_controlled_by(machine_set, deployment):
                continue
            parent = item
            if show_sets:
                parent = Item(machine_set, groups=self._args.grouping)
                add(item, parent)
            for machine in machines:
                if _is_controlled_by(machine, machine_set):
                    self._machine(parent, machine, placed)

    def _machine(self, parent: Item, machine: Json, placed: set[str]) -> None:
        item = Item(machine)
        placed.add(meta(machine)["name"])
        if not add(parent, item):
            return
        spec = machine.get("spec") or {}
        for ref in (spec.get("infrastructureRef"), get_in(spec, "bootstrap", "configRef")):
            part = self._referred(ref, meta(machine)["namespace"])
            if part is not None and (self._args.echo or not _is_echo(item, Item(part))):
                add(item, Item(part))

    def _templates(self, parent: Item, refs: Sequence[Json | None]) -> None:
        given = [ref for ref in refs if ref and ref.get("name")]
        if not self._args.show_templates or not given:
            return
        heading = _heading("Templates", "TemplateGroup", z=1)
        add(parent, heading)
        for ref in given:
            metadata = {"name": ref["name"], "namespace": meta(parent.obj).get("namespace", "")}
            add(heading, Item({"kind": ref.get("kind", ""), "metadata": metadata}))

    def _resource_sets(self, root: Item, name: str, namespace: str) -> None:
        try:
            binding = self._connection.get(kinds.RESOURCE_SET_BINDING, namespace, name)
        except RefusedError:
            return
        heading = _heading("ClusterResourceSets", "ClusterResourceSetGroup")
        add(root, heading)
        for entry in get_in(binding, "spec", "bindings") or ():
            metadata = {"name": entry.get("clusterResourceSetName", ""), "namespace": namespace}
            add(heading, Item({"kind": "ClusterResourceSet", "metadata": metadata}))

    def _of_cluster(self, kind: str, name: str) -> list[Json]:
        return [
            obj
            for (found, _), obj in sorted(self._parts.items(), key=lambda entry: entry[0])
            if found == kind and labels(obj).get(CLUSTER_LABEL) == name
        ]

    def _referred(self, ref: Json | None, namespace: str) -> Json | None:
        if not ref or not ref.get("name"):
            return None
        kind, name = ref.get("kind", ""), ref["name"]
        if (kind, name) in self._parts or kinds.by_kind(kind) is not None:
            return self._parts.get((kind, name))
        try:
            resource = kinds.lookup(self._connection, f"{kind}.{ref.get('apiGroup', '')}".rstrip("."))
            return self._connection.get(resource, namespace, name)
        except (RefusedError, UsageError):
            return None


def _heading(text: str, kind: str, z: int = 0) -> Item:
    return Item({"kind": kind, "metadata": {"name": text}}, heading=text, z=z)


def _is_controlled_by(obj: Json, owner: Json) -> bool:
    ref = controller_of(obj)
    return ref is not None and (ref.get("kind"), ref.get("name")) == (owner["kind"], meta(owner)["name"])


def _is_echo(machine: Item, part: Item) -> bool:
    """Whether a machine's part says no more than the machine."""
    mine, theirs = machine.condition("Ready"), part.condition("Ready")
    if theirs is not None and theirs.get("status") == "True":
        return True
    if mine is None or theirs is None:
        return mine is theirs
    return (mine.get("status"), mine.get("reason")) == (theirs.get("status"), theirs.get("reason"))


def add(parent: Item, item: Item) -> bool:
    """Put *item* below *parent*; whether it is seen by itself and not in a group."""
    if parent.groups:
        for sibling in sorted(parent.children, key=lambda each: each.kind):
            if sibling.alike() != item.alike():
                continue
            if sibling.names and sibling.kind == f"{item.kind}Group":
                _join(sibling, item)
                return False
            if not sibling.names and sibling.kind == item.kind:
                group = _group(sibling, item)
                group.parent = parent
                parent.children[parent.children.index(sibling)] = group
                return False
    item.parent = parent
    parent.children.append(item)
    return True


def _group(first: Item, second: Item) -> Item:
    conditions = [c for type_ in COUNTED if (c := first.condition(type_)) is not None]
    for condition in conditions:
        condition["message"] = ""
    obj = {
        "kind": f"{first.kind}Group",
        "metadata": {"name": "", "namespace": meta(first.obj).get("namespace", "")},
        "status": {"conditions": conditions},
    }
    group = Item(obj, z=first.z, names=[meta(first.obj)["name"]])
    group.counts = {type_: count(first, type_) for type_ in COUNTED}
    _join(group, second)
    return group


def _join(group: Item, item: Item) -> None:
    group.names = sorted([*group.names, meta(item.obj)["name"]])
    for type_ in group.counts:
        group.counts[type_] += count(item, type_)
    mine = find_condition(get_in(group.obj, "status", "conditions"), "Ready")
    theirs = item.condition("Ready")
    if isinstance(mine, dict) and theirs is not None:
        mine["lastTransitionTime"] = min(mine.get("lastTransitionTime", ""), theirs.get("lastTransitionTime", ""))


def count(item: Item, type_: str) -> int:
    """1 when the item's condition is True, else 0."""
    return int((item.condition(type_) or {}).get("status") == "True")
