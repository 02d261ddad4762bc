"""KubeadmControlPlane controller: certificates, machines one by one, quorum kept.

Behaviour: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane (kubeadmcontrolplane_controller.go,
scale.go, update.go). Differences: docs/compat/kubeadm.md#kubeadmcontrolplane.
"""

from collections.abc import AsyncIterator, Iterable, Sequence

from fairlead.base.objects import Json, Key, finalizers, get_in, is_deleting, labels, owner_references
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.controlplane.certificates import CertificateKeeper
from fairlead.controllers.clusterapi.controlplane.etcd import EtcdAccess
from fairlead.controllers.clusterapi.controlplane.machines import MachineMaker
from fairlead.controllers.clusterapi.controlplane.observe import Observer
from fairlead.controllers.clusterapi.controlplane.passes import FINALIZER, Pass, Tools
from fairlead.controllers.clusterapi.controlplane.removal import Remover
from fairlead.controllers.clusterapi.controlplane.status import report_status
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_SECRET_TYPE,
    CONTROL_PLANE,
    KUBEADM_CONFIG,
    MACHINE,
    SECRET,
    SETTLE_SET,
    get_or_none,
    is_paused,
    owner,
    pause_message,
    watch_infrastructure,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import KeySource
from fairlead.runtime.outcome import Result


def _of_secret(secret: Json) -> Iterable[Key]:
    """Wake the control plane of certificates and a kubeconfig: one that was deleted has to be made again."""
    if secret.get("type") != CLUSTER_SECRET_TYPE:
        return ()
    return [
        Key(Key.of(secret).namespace, reference["name"])
        for reference in owner_references(secret)
        if reference.get("kind") == CONTROL_PLANE.kind
    ]


class KubeadmControlPlaneController(BaseController):
    """Keeps a control plane of as many machines as asked for, all of the version asked for."""

    name = "kubeadmcontrolplane"
    kind = CONTROL_PLANE
    settle = SETTLE_SET

    def __init__(
        self, *, client: Client, clock: Clock, ids: Ids, keys: KeySource, cache: ClusterCache, recorder: Recorder
    ) -> None:
        self._client = client
        self._clock = clock
        self._cache = cache
        etcd = EtcdAccess(client=client, clock=clock, keys=keys)
        self._observer = Observer(client=client, clock=clock, cache=cache, etcd=etcd)
        self._tools = Tools(
            client=client,
            recorder=recorder,
            observer=self._observer,
            certificates=CertificateKeeper(client=client, clock=clock, keys=keys),
            maker=MachineMaker(client=client, ids=ids),
            remover=Remover(client=client, etcd=etcd),
        )

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(MACHINE, wake_owner(CONTROL_PLANE)),
            Watch(SECRET, _of_secret),
            Watch(CLUSTER, self._of_cluster),
            Watch(KUBEADM_CONFIG, wake_owner(CONTROL_PLANE)),
            *watch_infrastructure("VSphereMachine", wake_owner(CONTROL_PLANE)),
            *watch_infrastructure("VSphereMachineTemplate", self._of_template),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_workload(),)

    def _of_cluster(self, cluster: Json) -> tuple[Key, ...]:
        reference = get_in(cluster, "spec", "controlPlaneRef", default={})
        if reference.get("kind") != CONTROL_PLANE.kind:
            return ()
        return (Key(Key.of(cluster).namespace, reference["name"]),)

    async def _of_template(self, template: Json) -> list[Key]:
        key = Key.of(template)
        path = ("spec", "machineTemplate", "spec", "infrastructureRef")
        planes = (await self._client.list(CONTROL_PLANE, key.namespace)).items
        return [
            Key.of(plane)
            for plane in planes
            if get_in(plane, *path, "name") == key.name and get_in(plane, *path, "kind") == template["kind"]
        ]

    async def _of_workload(self) -> AsyncIterator[Key]:
        async for change in self._cache.changes():
            if change.obj is not None and change.obj["kind"] == "Node":
                role = "node-role.kubernetes.io/control-plane"
                if role not in labels(change.obj):
                    continue
            cluster = await get_or_none(self._client, CLUSTER, change.cluster)
            for key in self._of_cluster(cluster) if cluster is not None else ():
                yield key

    async def reconcile(self, key: Key) -> Result:
        kcp = await get_or_none(self._client, CONTROL_PLANE, key)
        if kcp is None:
            return Result.done()
        cluster = await owner(self._client, kcp, CLUSTER)
        if cluster is None:
            return Result.done()
        async with editing(self._client, kcp, field_manager="manager") as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, kcp):
                report.set(PAUSED, True, "Paused", pause_message(cluster, kcp))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            work = Pass(self._tools, await self._observer.observe(kcp, cluster), draft, report)
            try:
                result = await (work.tear_down() if is_deleting(kcp) else work.bring_up())
            finally:
                if FINALIZER in finalizers(draft) or not is_deleting(kcp):
                    report_status(work.plane, draft, report, work.preflight)
            draft["status"]["observedGeneration"] = draft["metadata"].get("generation", 1)
            return result.or_sooner(work.next_look(report))
