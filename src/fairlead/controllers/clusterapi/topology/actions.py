"""From what a managed cluster has to what it shall have, in upstream's order.

Source: cluster-api v1.14, core/reconcilers/topology/cluster/reconcile_state.go.
Differences: docs/compat/clusterapi.md#clusterclass.
"""

from dataclasses import replace

from fairlead.base.objects import Json, Key, annotations, copy, get_in, is_deleting, labels, meta
from fairlead.controllers.clusterapi.topology import contract
from fairlead.controllers.clusterapi.topology.applying import Applied, Applier
from fairlead.controllers.clusterapi.topology.blueprint import TopologyError
from fairlead.controllers.clusterapi.topology.current import Current, CurrentDeployment
from fairlead.controllers.clusterapi.topology.desired import Wanted, renamed
from fairlead.controllers.clusterapi.topology.labels import DEPLOYMENT, OWNED
from fairlead.controllers.contract import CLUSTER_NAME_LABEL
from fairlead.engines.clusterclass import naming
from fairlead.engines.clusterclass.patches import Desired, Worker
from fairlead.engines.clusterclass.versions import Versions

MANAGER = "manager"  # of the Cluster itself, which is patched, not applied


class Actions:
    """One pass over one cluster."""

    def __init__(
        self, applier: Applier, current: Current, wanted: Wanted, versions: Versions, random: naming.Random
    ) -> None:
        self._applier = applier
        self._current = current
        self._wanted = wanted
        self._objects: Desired = wanted.objects
        self._versions = versions
        self._random = random
        self._cluster = current.cluster

    async def run(self, draft: Json) -> None:
        """Do all that is to be done; what concerns the Cluster itself goes into *draft*. Raises: TopologyError."""
        made = await self._infrastructure()
        try:
            await self._plane()
        except TopologyError:
            if not made:
                raise
            self._refer(draft, plane=get_in(self._cluster, "spec", "controlPlaneRef") is not None)
            raise
        self._refer(draft, plane=True)
        await self._deployments()

    def _refer(self, draft: Json, *, plane: bool) -> None:
        """Labels, annotations and references of the Cluster; no reference to a control plane that was not made."""
        target = self._objects.cluster
        draft["metadata"]["labels"] = dict(labels(target))
        if annotations(target) or annotations(draft):
            draft["metadata"]["annotations"] = dict(annotations(target))
        for name in ("infrastructureRef", *(("controlPlaneRef",) if plane else ())):
            draft["spec"][name] = copy(target["spec"][name])

    # The cluster's own parts

    async def _infrastructure(self) -> bool:
        wanted, current = self._objects.infrastructure_cluster, self._current.infrastructure
        applied = await self._object(current, wanted)
        return applied.is_new

    async def _object(self, current: Json | None, wanted: Json, note: str = "") -> Applied:
        if current is None:
            return await self._applier.create(self._cluster, wanted)
        return await self._applier.update(self._cluster, current, wanted, note)

    async def _plane(self) -> None:
        await self._health_check(self._current.plane_health_check, self._wanted.plane_health_check)
        if self._versions.is_pending_upgrade:
            return  # nothing changes until the upgrade begins, so that machines are replaced only once
        wanted, template, made = self._objects.control_plane, self._objects.control_plane_machine, None
        old = self._current.plane_machine
        if template is not None:
            made = await self._template(old, template, naming.control_plane_template_name(self._name, self._random))
            wanted = copy(wanted)
            contract.set_machine_reference(wanted, made.object)
        try:
            await self._object(self._current.plane, wanted, _version_change(self._current.plane, wanted, "spec"))
        except TopologyError:
            await self._take_back(made)
            raise
        if made is not None and (self._applier.is_first_look(self._cluster) or made.is_new):
            selector = f"{self._own},!{DEPLOYMENT}"
            await self._applier.sweep(self._cluster, made.object, selector, {meta(made.object)["name"]})

    async def _template(self, current: Json | None, wanted: Json, name: str) -> Applied:
        if current is None:
            return await self._applier.create(self._cluster, wanted)
        return await self._applier.template(self._cluster, current, wanted, name)

    async def _take_back(self, *made: Applied | None) -> None:
        """Remove templates that were made for an object that could not be written."""
        for applied in made:
            if applied is not None and applied.is_new:
                await self._applier.delete(self._cluster, applied.object, tell=False)

    async def _health_check(self, current: Json | None, wanted: Json | None) -> None:
        if wanted is not None:
            await self._object(current, wanted)
        elif current is not None:
            await self._applier.delete(self._cluster, current)

    @property
    def _name(self) -> str:
        return Key.of(self._cluster).name

    @property
    def _own(self) -> str:
        """Selects what was made for this cluster's topology."""
        return f"{CLUSTER_NAME_LABEL}={self._name},{OWNED}="

    # Workers

    async def _deployments(self) -> None:
        existing = dict(self._current.deployments)
        for worker in self._objects.machine_deployments:
            current = existing.pop(worker.topology["name"], None)
            if current is None:
                await self._create(worker)
            else:
                await self._update(worker, current)
        for current in existing.values():
            await self._health_check(current.health_check, None)
            await self._applier.delete(self._cluster, current.object)

    async def _create(self, worker: Worker) -> None:
        name = worker.topology["name"]
        if name in self._versions.machine_deployments.pending_create:
            return
        infrastructure = await self._applier.create(self._cluster, worker.infrastructure)
        bootstrap = None
        try:
            bootstrap = await self._applier.create(self._cluster, worker.bootstrap)
            await self._applier.create(self._cluster, worker.object)
        except TopologyError:
            await self._take_back(infrastructure, bootstrap)
            raise
        await self._sweep(name, infrastructure, bootstrap)
        await self._health_check(None, self._wanted.health_checks.get(name))

    async def _update(self, worker: Worker, current: CurrentDeployment) -> None:
        name, cluster = worker.topology["name"], self._name
        await self._health_check(current.health_check, self._wanted.health_checks.get(name))
        held = self._versions.machine_deployments.pending_upgrade
        if is_deleting(current.object) or meta(current.object)["name"] in held:
            return
        fresh = (naming.worker_template_name(cluster, name, self._random) for _ in range(2))
        infrastructure = await self._template(current.infrastructure, worker.infrastructure, next(fresh))
        bootstrap = None
        try:
            bootstrap = await self._template(current.bootstrap, worker.bootstrap, next(fresh))
            changed = renamed(worker, bootstrap=bootstrap.object, infrastructure=infrastructure.object)
            note = _version_change(current.object, changed.object, "spec", "template", "spec")
            await self._object(current.object, changed.object, note)
        except TopologyError:
            await self._take_back(infrastructure, bootstrap)
            raise
        await self._sweep(name, infrastructure, bootstrap)

    async def _sweep(self, topology: str, *made: Applied) -> None:
        """After templates were made, remove those that no MachineDeployment or MachineSet of *topology* uses."""
        first = self._applier.is_first_look(self._cluster, topology)
        if not first and not any(applied.is_new for applied in made):
            return
        selector = f"{self._own},{DEPLOYMENT}={topology}"
        kept = {str(meta(applied.object)["name"]) for applied in made}
        kept |= await self._applier.templates_in_use(self._cluster, selector)
        for applied in made:
            await self._applier.sweep(self._cluster, applied.object, selector, kept)


def _version_change(current: Json | None, wanted: Json, *path: str) -> str:
    old, new = get_in(current, *path, "version", default=""), get_in(wanted, *path, "version", default="")
    return f" with version change from {old} to {new}" if old and new and old != new else ""


def adopted(current: Current, infrastructure: Json | None, plane: Json | None) -> Current:
    """*current* with parts that were made before, but that the Cluster does not refer to yet."""
    return replace(
        current,
        infrastructure=current.infrastructure or infrastructure,
        plane=current.plane or plane,
    )
