"""Apply the patches of a ClusterClass to the objects that a managed cluster wants.

Source: Cluster API v1.14 core/reconcilers/topology/cluster/patches (engine.go, patch.go) and
patches/inline/json_patch_generator.go. The patches are written against the ClusterClass's templates: each template
gets the labels and annotations of the object made from it, is patched, and what the patches may change
(spec, labels, annotations) goes back into the object. What the topology itself sets wins over any patch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.base.objects import Json
from fairlead.engines.clusterclass import builtins
from fairlead.engines.clusterclass.fields import (
    ALWAYS_KEPT,
    CONTROL_PLANE_KEPT,
    TO_OBJECT,
    TO_TEMPLATE,
    FieldError,
    Path,
    copy_fields,
    overlaid,
)
from fairlead.engines.clusterclass.jsonpatch import OperationError, apply_operations
from fairlead.engines.clusterclass.lookup import VariableError, value_of
from fairlead.engines.clusterclass.templates import RenderError, data_of, render_value
from fairlead.engines.gotemplate.gotypes import LooseMap
from fairlead.engines.schema.errors import quote


class PatchError(ValueError):
    """A ClusterClass's patches cannot be applied; the text names the patch, the definition and the cause.

    The text is Cluster API's, followed by the places in the ClusterClass in parentheses.
    """

    def __init__(self, message: str, patch: str = "", places: tuple[str, ...] = ()) -> None:
        text = f"failed to apply patches: {message}"
        super().__init__(f"{text} ({', '.join(places)})" if places else text)
        self.patch = patch  # its name
        self.places = places  # "ClusterClass ns/name: spec.patches[1].definitions[0].jsonPatches[2]"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two templates of one worker class (as the ClusterClass names them)."""

    bootstrap: Json
    infrastructure: Json


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates that the ClusterClass refers to, as read from the API; workers by class name."""

    infrastructure_cluster: Json
    control_plane: Json
    control_plane_machine: Json | None = None  # spec.controlPlane.machineInfrastructure
    machine_deployments: Mapping[str, Pair] = field(default_factory=dict)
    machine_pools: Mapping[str, Pair] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worker:
    """One entry of ``spec.topology.workers`` with the objects wanted for it.

    For a MachineDeployment *bootstrap* and *infrastructure* are templates (KubeadmConfigTemplate, …MachineTemplate);
    for a MachinePool they are the objects themselves (KubeadmConfig, …MachinePool).
    """

    topology: Json
    object: Json
    bootstrap: Json
    infrastructure: Json


@dataclass(frozen=True, slots=True)
class Desired:
    """All objects that a managed cluster wants; names, labels, annotations, versions and replicas are set already."""

    cluster: Json
    infrastructure_cluster: Json
    control_plane: Json
    control_plane_machine: Json | None = None
    machine_deployments: tuple[Worker, ...] = ()
    machine_pools: tuple[Worker, ...] = ()


def apply_patches(cluster_class: Mapping[str, Any], templates: Templates, desired: Desired) -> Desired:
    """Return *desired* after all patches of *cluster_class*, in their order; nothing that was given is changed.

    Variables are read from ``desired.cluster`` (``spec.topology.variables``, defaulted) and the overrides in its
    topology; a variable that the class does not declare is not seen by patches.

    Raises:
        PatchError: a patch cannot be rendered or applied, is external, or an object has no template.
    """
    spec = cluster_class["spec"]
    if not spec.get("patches"):
        return desired
    declared = frozenset(each["name"] for each in spec.get("variables") or ())
    topology = desired.cluster["spec"]["topology"]
    shared = builtins.values(topology.get("variables") or (), declared)
    shared[builtins.BUILTIN] = builtins.cluster_builtins(desired.cluster)
    items = _items(templates, desired, declared)
    for item in items:
        item.variables = {**shared, **item.own, builtins.BUILTIN: {**shared[builtins.BUILTIN], **item.builtin}}
        item.data = data_of(item.variables)
    where = _name_of(cluster_class)
    for index, patch in enumerate(spec["patches"]):
        _apply(patch, f"ClusterClass {where}: spec.patches[{index}]", items)
    return _collected(desired, items, f"ClusterClass {where}: spec.patches")


# What is patched.


@dataclass(slots=True)
class _Item:
    """One template with what holds the object made from it."""

    template: Json  # after the patches so far
    role: str  # infrastructureCluster, controlPlane, machineDeployment or machinePool
    class_name: str = ""
    builtin: Json = field(default_factory=dict)
    own: Json = field(default_factory=dict)  # overrides of variables
    variables: Json = field(default_factory=dict)
    data: LooseMap = field(default_factory=LooseMap)  # the same for templates


def _items(templates: Templates, desired: Desired, declared: frozenset[str]) -> list[_Item]:
    """Return all templates to patch, in the order of Desired's fields."""
    topology = desired.cluster["spec"]["topology"].get("controlPlane") or {}
    machine = desired.control_plane_machine
    about = builtins.control_plane_builtins(topology, desired.control_plane, machine)
    own = builtins.values((topology.get("variables") or {}).get("overrides") or (), declared)
    cluster = _seeded(templates.infrastructure_cluster, desired.infrastructure_cluster, inner=True)
    control = _seeded(templates.control_plane, desired.control_plane, inner=True)
    items = [
        _Item(cluster, "infrastructureCluster"),
        _Item(control, "controlPlane", builtin=about, own=own),
    ]
    if machine is not None:
        if templates.control_plane_machine is None:
            raise PatchError("the control plane's machines have no template: cannot patch them")
        seeded = _seeded(templates.control_plane_machine, machine, inner=False)
        items.append(_Item(seeded, "controlPlane", builtin=about, own=own))
    for worker in desired.machine_deployments:
        items.extend(_worker_items(worker, "machineDeployment", "MachineDeployment", templates, declared))
    for worker in desired.machine_pools:
        items.extend(_worker_items(worker, "machinePool", "MachinePool", templates, declared))
    return items


def _worker_items(
    worker: Worker, role: str, kind: str, templates: Templates, declared: frozenset[str]
) -> Iterable[_Item]:
    name = worker.topology.get("class") or ""
    pairs = templates.machine_pools if role == "machinePool" else templates.machine_deployments
    pair = pairs.get(name)
    if pair is None:
        raise PatchError(f"failed to lookup {kind} class {quote(name)} in ClusterClass")
    about = builtins.worker_builtins(role, worker.topology, worker.object, worker.bootstrap, worker.infrastructure)
    own = builtins.values((worker.topology.get("variables") or {}).get("overrides") or (), declared)
    inner = role == "machinePool"
    for template, made in ((pair.bootstrap, worker.bootstrap), (pair.infrastructure, worker.infrastructure)):
        yield _Item(_seeded(template, made, inner), role, name, about, own)


def _seeded(template: Json, made: Json, inner: bool) -> Json:
    """Return *template* with the labels and annotations of the object *made* from it, cleaned for patching.

    They go into ``spec.template.metadata`` of templates whose objects are no templates (*inner*).
    """
    metadata = {key: value for key, value in template["metadata"].items() if key != "managedFields"}
    given = made["metadata"]
    carried = {key: given[key] for key in ("labels", "annotations") if given.get(key) is not None}
    result = dict(template)
    if inner:
        if carried:
            spec = dict(template.get("spec") or {})
            below = dict(spec.get("template") or {})
            below["metadata"] = {**(below.get("metadata") or {}), **carried}
            spec["template"] = below
            result["spec"] = spec
    else:
        metadata.update(carried)
    shown = metadata.get("annotations")
    if shown is not None:
        shown = {key: value for key, value in shown.items() if key not in builtins.HIDDEN_ANNOTATIONS}
        metadata["annotations"] = shown
        if not shown:
            del metadata["annotations"]
    result["metadata"] = metadata
    return result


# Patching.


def _apply(patch: Mapping[str, Any], place: str, items: list[_Item]) -> None:
    """Apply one patch to all items; on failure the items are in no defined state."""
    name = patch.get("name") or ""
    definitions = patch.get("definitions") or ()
    if not definitions:
        external = patch.get("external") or {}
        if external.get("generatePatchesExtension"):
            text = f"can not use external patch {quote(name)} if RuntimeSDK feature flag is disabled"
            raise PatchError(text, name, (place,))
        raise PatchError(f"failed to create patch generator for patch {quote(name)}", name, (place,))
    problems: list[str] = []
    places: list[str] = []
    planned: list[tuple[_Item, list[Json], str]] = []
    for item in items:
        matching = [index for index, each in enumerate(definitions) if _matches(each["selector"], item)]
        if not matching:
            continue
        kind = quote(item.template.get("kind") or "")
        try:
            enabled = _is_enabled(patch.get("enabledIf") or "", item.data)
        except RenderError as error:
            problems.append(
                f"failed to calculate if patch is enabled for {kind}: failed to calculate value for enabledIf: {error}"
            )
            places.append(f"{place}.enabledIf")
            continue
        for index in matching if enabled else ():
            at = f"{place}.definitions[{index}].jsonPatches"
            try:
                planned.append((item, _operations(definitions[index]["jsonPatches"], item), at))
            except _ValueError as error:
                problems.append(f"failed to generate JSON patches for {kind}: {error}")
                places.append(f"{at}[{error.index}]")
    if problems:
        text = f"failed to generate patches for patch {quote(name)}: {_aggregate(problems)}"
        raise PatchError(text, name, tuple(dict.fromkeys(places)))
    for item, operations, at in planned:
        item.template = _patched(item.template, operations, name, at)


class _ValueError(Exception):
    def __init__(self, text: str, index: int) -> None:
        super().__init__(text)
        self.index = index


def _aggregate(texts: list[str]) -> str:
    """Join errors as Kubernetes does: one bare, several in brackets, repeats dropped."""
    unique = list(dict.fromkeys(texts))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"


def _is_enabled(condition: str, data: LooseMap) -> bool:
    """Tell whether ``enabledIf`` renders to ``true``; no condition means yes.

    Raises:
        RenderError: it does not render.
    """
    return condition == "" or render_value(condition, data) is True


def _operations(patches: Iterable[Mapping[str, Any]], item: _Item) -> list[Json]:
    result: list[Json] = []
    for index, each in enumerate(patches):
        operation: Json = {"op": each.get("op"), "path": each.get("path") or ""}
        if operation["op"] in ("add", "replace"):
            try:
                operation["value"] = _value(each, item)
            except (RenderError, VariableError) as error:
                raise _ValueError(str(error), index) from error
        result.append(operation)
    return result


def _value(patch: Mapping[str, Any], item: _Item) -> Any:
    given, source = patch.get("value") is not None, patch.get("valueFrom")
    if not given and source is None:
        raise RenderError("failed to calculate value: neither .value nor .valueFrom are set")
    if given and source is not None:
        raise RenderError("failed to calculate value: both .value and .valueFrom are set")
    if given:
        return patch["value"]
    source = source or {}
    variable, template = source.get("variable") or "", source.get("template") or ""
    both = ".valueFrom.variable nor .valueFrom.template are set"
    if not variable and not template:
        raise RenderError(f"failed to calculate value: .valueFrom is set, but neither {both}")
    if variable and template:
        both = both.replace(" nor ", " and ")
        raise RenderError(f"failed to calculate value: .valueFrom is set, but both {both}")
    if variable:
        try:
            return value_of(item.variables, variable)
        except VariableError as error:
            raise VariableError(f"failed to calculate value: {error}") from None
    try:
        return render_value(template, item.data)
    except RenderError as error:
        raise RenderError(f"failed to calculate value for template: {error}") from None


def _patched(template: Json, operations: list[Json], name: str, at: str) -> Json:
    """Return *template* with what the operations may change: spec, labels and annotations."""
    doc: Any = template
    for index, operation in enumerate(operations):
        try:
            doc = apply_operations(doc, (operation,))
        except OperationError as error:
            text = f"failed to apply patch: error applying json patch (RFC6902): {error}"
            text = f"failed to apply patches for patch {quote(name)}: {text}"
            raise PatchError(text, name, (f"{at}[{index}]",)) from None
    return copy_fields(doc, template, (("spec",), ("metadata", "labels"), ("metadata", "annotations")))


def _matches(selector: Mapping[str, Any], item: _Item) -> bool:
    template, wanted = item.template, selector.get("matchResources") or {}
    if selector.get("apiVersion") != template.get("apiVersion") or selector.get("kind") != template.get("kind"):
        return False
    if item.role in ("infrastructureCluster", "controlPlane"):
        return wanted.get(item.role) is True
    names = (wanted.get(f"{item.role}Class") or {}).get("names") or ()
    return any(matches_name(name, item.class_name) for name in names)


def matches_name(pattern: str, name: str) -> bool:
    """Tell whether a class name fits a pattern: itself, ``*``, ``*end`` or ``start*``."""
    if pattern in ("*", name):
        return True
    if pattern.startswith("*") and name.endswith(pattern[1:]):
        return True
    return pattern.endswith("*") and name.startswith(pattern[:-1])


# Taking over.


def _collected(desired: Desired, items: list[_Item], place: str) -> Desired:
    """Return *desired* with what the patched templates say."""
    patched = iter(items)

    def into(made: Json, fields: tuple[tuple[Path, Path], ...], kept: tuple[Path, ...] = ()) -> Json:
        try:
            return overlaid(made, next(patched).template, fields, (*kept, *ALWAYS_KEPT))
        except FieldError as error:
            namespace = made["metadata"].get("namespace") or ""
            name = f"{made['kind']} {namespace}{'/' * bool(namespace)}{made['metadata']['name']}"
            text = f"failed to apply patch to {name}: failed to set field {quote(error.field)} on {name}: {error}"
            raise PatchError(f"failed to apply patches to desired state: {text}", places=(place,)) from None

    infrastructure_cluster = into(desired.infrastructure_cluster, TO_OBJECT)
    control_plane = into(desired.control_plane, TO_OBJECT, CONTROL_PLANE_KEPT)
    machine = desired.control_plane_machine
    if machine is not None:
        machine = into(machine, TO_TEMPLATE)

    def workers(given: tuple[Worker, ...], fields: tuple[tuple[Path, Path], ...]) -> tuple[Worker, ...]:
        return tuple(
            replace(each, bootstrap=into(each.bootstrap, fields), infrastructure=into(each.infrastructure, fields))
            for each in given
        )

    deployments = workers(desired.machine_deployments, TO_TEMPLATE)
    pools = workers(desired.machine_pools, TO_OBJECT)
    return Desired(desired.cluster, infrastructure_cluster, control_plane, machine, deployments, pools)


def _name_of(cluster_class: Mapping[str, Any]) -> str:
    metadata = cluster_class.get("metadata") or {}
    namespace, name = metadata.get("namespace") or "", metadata.get("name") or ""
    return f"{namespace}/{name}" if namespace else name
