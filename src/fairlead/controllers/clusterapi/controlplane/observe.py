"""Read what one pass over a control plane needs.

Source: cluster-api v1.14, controlplane/kubeadm/pkg (control_plane.go, NewControlPlane), initControlPlaneScope.
"""

from collections.abc import Sequence

from fairlead.base.objects import Json, Key, get_in, is_deleting, labels
from fairlead.controllers.clusterapi.clustercache import ClusterCache, Connection
from fairlead.controllers.clusterapi.controlplane.etcd import EtcdAccess
from fairlead.controllers.clusterapi.controlplane.seen import ControlPlane
from fairlead.controllers.clusterapi.controlplane.workload import Workload
from fairlead.controllers.clusterapi.staleness import is_to_be_remediated
from fairlead.controllers.contract import CONTROL_PLANE_LABEL, MACHINE, in_cluster, is_controlled_by, referenced
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.remote import EtcdMember, UnreachableError


class Observer:
    """Reads control planes; writes nothing."""

    def __init__(self, *, client: Client, clock: Clock, cache: ClusterCache, etcd: EtcdAccess) -> None:
        self._client = client
        self._clock = clock
        self._cache = cache
        self._etcd = etcd

    async def observe(self, kcp: Json, cluster: Json) -> ControlPlane:
        """All that one pass may judge."""
        uid, namespace = kcp["metadata"]["uid"], kcp["metadata"]["namespace"]
        found = [m for m in await in_cluster(self._client, MACHINE, cluster) if CONTROL_PLANE_LABEL in labels(m)]
        machines = sorted(
            (m for m in found if is_controlled_by(m, uid)),
            key=lambda m: (str(m["metadata"]["creationTimestamp"]), m["metadata"]["name"]),
        )
        configs, infra = {}, {}
        for machine in machines:
            name = machine["metadata"]["name"]
            config = await referenced(self._client, get_in(machine, "spec", "bootstrap", "configRef"), namespace)
            vm = await referenced(self._client, get_in(machine, "spec", "infrastructureRef"), namespace)
            if config is not None:
                configs[name] = config
            if vm is not None:
                infra[name] = vm
        connection = self._cache.connection(Key.of(cluster))
        reference = get_in(kcp, "spec", "machineTemplate", "spec", "infrastructureRef")
        members, problem = await self._members(cluster, connection)
        return ControlPlane(
            kcp=kcp,
            cluster=cluster,
            machines=machines,
            configs=configs,
            infra=infra,
            connection=connection,
            initialized=await self._is_initialized(kcp, machines, connection),
            template=await referenced(self._client, reference, namespace),
            members=members,
            etcd_problem=problem,
            now=self._clock.now(),
        )

    async def _members(self, cluster: Json, connection: Connection) -> tuple[Sequence[EtcdMember] | None, str]:
        if connection.remote is None:
            return None, ""
        try:
            return await (await self._etcd.open(cluster, connection.remote)).members(), ""
        except UnreachableError as error:
            return None, str(error)

    async def _is_initialized(self, kcp: Json, machines: Sequence[Json], connection: Connection) -> bool:
        """Whether `kubeadm init` has run; once it has, this stays so.

        A single machine that goes away is not waited for: a cluster that came up on it at the last moment is not kept.
        """
        if get_in(kcp, "status", "initialization", "controlPlaneInitialized"):
            return True
        if connection.remote is None:
            return False
        if len(machines) == 1 and (is_deleting(machines[0]) or is_to_be_remediated(machines[0])):
            return False
        return await Workload(connection.remote.client).is_initialized()

    async def others(self, plane: ControlPlane) -> list[str]:
        """The names of the cluster's Machines that do not belong to the control plane."""
        mine = {machine["metadata"]["name"] for machine in plane.machines}
        every = await in_cluster(self._client, MACHINE, plane.cluster)
        return sorted(name for m in every if (name := str(m["metadata"]["name"])) not in mine)
