"""Topology controller: make and keep all objects of a Cluster that has spec.topology, from its ClusterClass.

Behaviour: cluster-api v1.14, core/reconcilers/topology/cluster. Reading is `blueprint` and `current`, judging
`desired` and the ClusterClass engine, acting `actions`, telling `status`.
Differences: docs/compat/clusterapi.md#clusterclass.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, annotations, copy, get_in, is_deleting, labels, meta
from fairlead.controllers.clusterapi.topology.actions import MANAGER, Actions, adopted
from fairlead.controllers.clusterapi.topology.applying import Applier
from fairlead.controllers.clusterapi.topology.blueprint import (
    Blueprint,
    TopologyError,
    class_key,
    read_blueprint,
    read_class,
)
from fairlead.controllers.clusterapi.topology.current import Current, read_current
from fairlead.controllers.clusterapi.topology.desired import Designer
from fairlead.controllers.clusterapi.topology.labels import CLUSTER_CLASS, OWNED, is_owned
from fairlead.controllers.clusterapi.topology.status import (
    report_deleting,
    report_failed,
    report_paused,
    report_plan,
    report_reconciled,
)
from fairlead.controllers.clusterapi.wakeups import Changes
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CONTROL_PLANE,
    INFRASTRUCTURE_GROUPS,
    MACHINE_DEPLOYMENT,
    SETTLE_CLUSTER,
    get_or_none,
    is_controlled_by,
)
from fairlead.engines.clusterclass.naming import NamingError
from fairlead.engines.clusterclass.variables import default_topology, definitions_of, validate_topology
from fairlead.engines.clusterclass.versions import VersionError, Versions, decide_versions
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result

INFRASTRUCTURE = tuple(GVK(group, "v1beta2", "VSphereCluster") for group in INFRASTRUCTURE_GROUPS)


class TopologyController(BaseController):
    """Brings each managed cluster to what its topology asks for."""

    name = "topology/cluster"
    kind = CLUSTER
    settle = SETTLE_CLUSTER

    def __init__(self, *, client: Client, clock: Clock, ids: Ids, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._applier = Applier(client, recorder)
        self._parts: dict[GVK, Changes] = {
            gvk: Changes(_matters) for gvk in (*INFRASTRUCTURE, CONTROL_PLANE, MACHINE_DEPLOYMENT)
        }  # what others change of these is taken back at once

    def concerned(self, obj: Json) -> Iterable[Key]:
        return (Key.of(obj),) if _has_topology(obj) else ()

    def watches(self) -> Sequence[Watch]:
        parts = tuple(Watch(gvk, self._of_part, optional=gvk in INFRASTRUCTURE) for gvk in self._parts)
        return (Watch(CLUSTER_CLASS, self._of_class), *parts)

    async def _of_class(self, cluster_class: Json) -> list[Key]:
        key = Key.of(cluster_class)
        clusters = (await self._client.list(CLUSTER)).items
        return [Key.of(cluster) for cluster in clusters if _has_topology(cluster) and class_key(cluster) == key]

    def _of_part(self, obj: Json) -> list[Key]:
        name, gvk = labels(obj).get(CLUSTER_NAME_LABEL), GVK.of(obj)
        if not name or not is_owned(obj) or not self._parts[gvk].is_new(obj):
            return []
        return [Key(Key.of(obj).namespace, name)]

    async def reconcile(self, key: Key) -> Result:
        cluster = await get_or_none(self._client, CLUSTER, key)
        if cluster is None or not _has_topology(cluster):
            return Result.done()
        async with editing(self._client, cluster, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            try:
                if not report_paused(cluster, report) and not self._is_leaving(cluster, report):
                    await self._bring_about(cluster, draft, report)
            except (ApiError, TopologyError) as error:
                if not (isinstance(error, ApiError) and error.is_conflict):
                    report_failed(report, str(error))
                raise
            finally:
                report.sort()
        if _parts_of(draft) != _parts_of(cluster):
            await self._applier.tell_updated(cluster)
        return Result.done()

    def _is_leaving(self, cluster: Json, report: Reporter) -> bool:
        if not report_deleting(cluster, report):
            return False
        self._applier.forget(meta(cluster)["uid"])
        return True

    async def _bring_about(self, cluster: Json, draft: Json, report: Reporter) -> None:
        cluster_class = await read_class(self._client, cluster)
        cluster = _with_variables(cluster, cluster_class)
        draft["spec"]["topology"] = copy(cluster["spec"]["topology"])
        _refuse_pools(cluster)
        blueprint = await read_blueprint(self._client, cluster_class)
        current = await self._with_left_behind(await read_current(self._client, cluster, blueprint), blueprint)
        versions = _versions(cluster, blueprint, current)
        report_plan(draft, versions)
        try:
            wanted = Designer(blueprint, current, versions, self._ids.suffix).design()
        except NamingError as error:
            raise TopologyError(f"error computing the desired state of the Cluster topology: {error}") from error
        await Actions(self._applier, current, wanted, versions, self._ids.suffix).run(draft)
        report_reconciled(cluster, current.plane, versions, report)

    async def _with_left_behind(self, current: Current, blueprint: Blueprint) -> Current:
        """*current* with parts that an earlier pass made, and had no time to let the Cluster refer to."""
        spec, templates = current.cluster["spec"], blueprint.templates
        infrastructure = plane = None
        if not spec.get("infrastructureRef"):
            infrastructure = await self._left_behind(current.cluster, templates.infrastructure_cluster)
        if not spec.get("controlPlaneRef"):
            plane = await self._left_behind(current.cluster, templates.control_plane)
        return adopted(current, infrastructure, plane)

    async def _left_behind(self, cluster: Json, template: Json) -> Json | None:
        gvk, key = GVK.of(template), Key.of(cluster)
        kind = GVK(gvk.group, gvk.version, gvk.kind.removesuffix("Template"))
        selector = f"{CLUSTER_NAME_LABEL}={key.name},{OWNED}="
        found = (await self._client.list(kind, key.namespace, label_selector=selector)).items
        own = [o for o in found if is_controlled_by(o, meta(cluster)["uid"]) and not is_deleting(o)]
        return min(own, key=lambda obj: str(meta(obj)["name"]), default=None)


def _parts_of(cluster: Json) -> tuple[Any, ...]:
    """What a topology writes of its Cluster besides defaults and status."""
    spec = cluster["spec"]
    return labels(cluster), annotations(cluster), spec.get("infrastructureRef"), spec.get("controlPlaneRef")


def _has_topology(cluster: Json) -> bool:
    return bool(get_in(cluster, "spec", "topology", "classRef", "name"))


def _matters(obj: Json) -> Hashable:
    """What a topology needs to know of its parts."""
    status = obj.get("status") or {}
    return (
        meta(obj).get("generation"),
        tuple(sorted(labels(obj).items())),
        tuple(sorted(annotations(obj).items())),
        status.get("version"),
        status.get("replicas"),
        status.get("upToDateReplicas"),
        tuple((entry["version"], entry.get("replicas")) for entry in status.get("versions") or ()),
    )


def _with_variables(cluster: Json, cluster_class: Json) -> Json:
    """*cluster* with its variables defaulted. Raises: TopologyError when one is wrong."""
    definitions = get_in(cluster_class, "status", "variables") or definitions_of(cluster_class)
    topology, problems = default_topology(cluster["spec"]["topology"], definitions)
    problems = problems or validate_topology(topology, None, definitions)
    if problems:
        causes = list(dict.fromkeys(str(problem) for problem in problems))
        text = causes[0] if len(causes) == 1 else f"[{', '.join(causes)}]"
        raise TopologyError(f'Cluster.cluster.x-k8s.io "{meta(cluster)["name"]}" is invalid: {text}')
    return {**cluster, "spec": {**cluster["spec"], "topology": topology}}


def _refuse_pools(cluster: Json) -> None:
    pools = get_in(cluster, "spec", "topology", "workers", "machinePools", default=())
    if pools:
        names = ", ".join(str(pool["name"]) for pool in pools)
        raise TopologyError(
            f"cannot make MachinePool {names} of spec.topology.workers.machinePools: MachinePools are not supported; "
            "use spec.topology.workers.machineDeployments"
        )


def _versions(cluster: Json, blueprint: Blueprint, current: Current) -> Versions:
    existing = {name: deployment.workers for name, deployment in current.deployments.items()}
    listed = blueprint.cluster_class["spec"].get("kubernetesVersions") or ()
    try:
        return decide_versions(cluster, listed, current.plane, existing, {})
    except VersionError as error:
        raise TopologyError(f"error computing the desired state of the Cluster topology: {error}") from error
