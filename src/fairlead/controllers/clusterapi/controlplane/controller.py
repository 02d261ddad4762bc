"""KubeadmControlPlane controller: certificates, machines one by one, quorum kept.

Behaviour: cluster-api v1.14, controlplane/kubeadm/internal/controllers (controller.go, scale.go, update.go,
remediation.go). Differences: docs/compat/clusterapi.md#kubeadmcontrolplane.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.kinds import VSPHERE_MACHINE
from fairlead.base.objects import Json, Key, copy, finalizers, get_in, is_deleting, labels
from fairlead.controllers.clusterapi import pki
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.controlplane.health import report_machine
from fairlead.controllers.clusterapi.controlplane.machines import PRE_TERMINATE_HOOK, MachineMaker
from fairlead.controllers.clusterapi.controlplane.seen import ControlPlane
from fairlead.controllers.clusterapi.controlplane.status import report_status
from fairlead.controllers.clusterapi.controlplane.workload import Workload
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CONTROL_PLANE,
    CONTROL_PLANE_LABEL,
    KUBEADM_CONFIG,
    MACHINE,
    SECRET,
    controller_reference,
    get_or_none,
    in_cluster,
    is_controlled_by,
    is_paused,
    owner,
    pause_message,
    reference_to,
    referenced,
    with_owner,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp, timestamp
from fairlead.runtime.conditions import is_false, is_true
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.events import Recorder
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import KeySource
from fairlead.runtime.outcome import Result
from fairlead.runtime.remote import EtcdMember, UnreachableError

FINALIZER = "kubeadm.controlplane.cluster.x-k8s.io"
MANAGER = "capi-kubeadmcontrolplane"
PREFLIGHT_RETRY = timedelta(seconds=15)
CERTIFICATES = "CertificatesAvailable"


class KubeadmControlPlaneController(BaseController):
    """Keeps a control plane of as many machines as asked for, all of the version asked for."""

    name = "kubeadmcontrolplane"
    kind = CONTROL_PLANE

    def __init__(
        self,
        *,
        client: Client,
        clock: Clock,
        ids: Ids,
        keys: KeySource,
        cache: ClusterCache,
        recorder: Recorder,
    ) -> None:
        self._client = client
        self._clock = clock
        self._keys = keys
        self._cache = cache
        self._recorder = recorder
        self._maker = MachineMaker(client=client, ids=ids, recorder=recorder)

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(MACHINE, wake_owner(CONTROL_PLANE)),
            Watch(CLUSTER, self._of_cluster),
            Watch(KUBEADM_CONFIG, wake_owner(CONTROL_PLANE)),
            Watch(VSPHERE_MACHINE, wake_owner(CONTROL_PLANE)),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_workload(),)

    def _of_cluster(self, cluster: Json) -> tuple[Key, ...]:
        reference = get_in(cluster, "spec", "controlPlaneRef", default={})
        if reference.get("kind") != CONTROL_PLANE.kind:
            return ()
        return (Key(Key.of(cluster).namespace, reference["name"]),)

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
        async with editing(self._client, kcp, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, kcp):
                report.set(PAUSED, True, "Paused", pause_message(cluster, kcp))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            plane = await self._observe(kcp, cluster)
            try:
                if is_deleting(kcp):
                    return await self._delete(plane, draft, report)
                return await self._bring_up(plane, draft, report)
            finally:
                if FINALIZER in finalizers(draft):
                    await self._report(plane, draft, report)

    async def _observe(self, kcp: Json, cluster: Json) -> ControlPlane:
        uid = kcp["metadata"]["uid"]
        found = [m for m in await in_cluster(self._client, MACHINE, cluster) if CONTROL_PLANE_LABEL in labels(m)]
        machines = [m for m in found if is_controlled_by(m, uid)]
        configs, infra = {}, {}
        for machine in machines:
            name, namespace = machine["metadata"]["name"], machine["metadata"]["namespace"]
            config = await referenced(self._client, get_in(machine, "spec", "bootstrap", "configRef"), namespace)
            vm = await referenced(self._client, get_in(machine, "spec", "infrastructureRef"), namespace)
            if config is not None:
                configs[name] = config
            if vm is not None:
                infra[name] = vm
        connection = self._cache.connection(Key.of(cluster))
        members: Sequence[EtcdMember] = ()
        known = False
        if connection.remote is not None:
            try:
                members = await (await connection.remote.etcd()).members()
                known = True
            except UnreachableError as error:
                connection.problem = str(error)
        return ControlPlane(
            kcp=kcp,
            cluster=cluster,
            machines=sorted(machines, key=lambda m: (str(m["metadata"]["creationTimestamp"]), m["metadata"]["name"])),
            configs=configs,
            infra=infra,
            connection=connection,
            members=members,
            members_known=known,
            now=self._clock.now(),
        )

    # Up.

    async def _bring_up(self, plane: ControlPlane, draft: Json, report: Reporter) -> Result:
        if FINALIZER not in finalizers(draft):
            draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
        template = await self._adopt_template(plane)
        endpoint = get_in(plane.cluster, "spec", "controlPlaneEndpoint", default={})
        provisioned = get_in(plane.cluster, "status", "initialization", "infrastructureProvisioned")
        if not provisioned:
            return Result.done()
        await self._keep_certificates(plane, endpoint)
        report.set(CERTIFICATES, True, "Available")
        report.set_old(CERTIFICATES, True)
        if not endpoint.get("host"):
            return Result.done()
        await self._report_machines(plane)
        if template is None:
            return Result.done()
        await self._let_go(plane)
        return await self._size(plane, template, report)

    async def _adopt_template(self, plane: ControlPlane) -> Json | None:
        reference = get_in(plane.kcp, "spec", "machineTemplate", "spec", "infrastructureRef")
        template = await referenced(self._client, reference, Key.of(plane.kcp).namespace)
        if template is None:
            return None
        wanted = copy(template)
        wanted["metadata"]["ownerReferences"] = with_owner(
            template["metadata"].get("ownerReferences") or [], reference_to(plane.cluster)
        )
        await write_changes(self._client, template, wanted, field_manager=MANAGER)
        return template

    async def _keep_certificates(self, plane: ControlPlane, endpoint: Json) -> None:
        """Make what is missing of the cluster's key pairs and kubeconfig, all keys at once."""
        meta = plane.cluster["metadata"]
        algorithm = get_in(
            plane.kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration", "encryptionAlgorithm", default=""
        )
        mine = controller_reference(plane.kcp)
        pairs: dict[str, pki.KeyPair] = {}
        missing = []
        for purpose in pki.PURPOSES:
            secret = await get_or_none(
                self._client, SECRET, Key(meta["namespace"], pki.secret_name(meta["name"], purpose))
            )
            if secret is None:
                missing.append(purpose)
            else:
                pairs[purpose] = pki.pair_of(secret)
        made = await asyncio.gather(*(pki.new_pair(p, self._keys, self._clock, algorithm) for p in missing))
        for purpose, pair in zip(missing, made, strict=True):
            pairs[purpose] = pair
            data = {"tls.crt": pair.certificate, "tls.key": pair.key}
            await self._create(pki.cluster_secret(plane.cluster, purpose, data, mine))
        name = pki.secret_name(meta["name"], "kubeconfig")
        if endpoint.get("host") and await get_or_none(self._client, SECRET, Key(meta["namespace"], name)) is None:
            address = f"{endpoint['host']}:{endpoint.get('port', 6443)}"
            config = await pki.new_kubeconfig(pairs["ca"], meta["name"], address, self._keys, self._clock, algorithm)
            await self._create(pki.cluster_secret(plane.cluster, "kubeconfig", {"value": config}, mine))

    async def _create(self, obj: Json) -> None:
        try:
            await self._client.create(obj, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_already_exists:
                raise

    async def _size(self, plane: ControlPlane, template: Json, report: Reporter) -> Result:
        """Take the one next step towards the number and state of machines that the spec asks for."""
        have, want = len(plane.machines), plane.replicas
        if have == 0:
            await self._maker.create(plane, template, join=False)
            return Result.done()
        remediated = await self._remediate(plane, report)
        if remediated is not None:
            return remediated
        outdated = plane.outdated()
        if outdated:
            await self._upgrade_workload(plane)
            target = want + plane.surge
            if have < target:
                return await self._scale_up(plane, template)
            return await self._scale_down(plane, [m for m in plane.alive() if m["metadata"]["name"] in outdated])
        if have < want:
            return await self._scale_up(plane, template)
        if have > want:
            return await self._scale_down(plane, plane.alive())
        if plane.connection.is_up:
            await self._upgrade_workload(plane)
        return Result.done()

    async def _preflight(self, plane: ControlPlane) -> str:
        """Why the control plane must not be changed now; empty when it may be."""
        if not plane.initialized or not plane.connection.is_up:
            return "Waiting for the control plane to be initialized"
        if any(is_deleting(machine) for machine in plane.machines):
            return "Waiting for a machine to be deleted"
        causes = plane.unhealthy()
        if not causes:
            return ""
        text = f"Waiting for control plane to pass preflight checks to continue reconciliation: {', '.join(causes)}"
        await self._recorder.warning(plane.kcp, "ControlPlaneUnhealthy", text)
        return text

    async def _scale_up(self, plane: ControlPlane, template: Json) -> Result:
        if await self._preflight(plane):
            return Result.again(PREFLIGHT_RETRY)
        await self._maker.create(plane, template, join=True)
        return Result.done()

    async def _scale_down(self, plane: ControlPlane, candidates: Sequence[Json]) -> Result:
        if not candidates or await self._preflight(plane):
            return Result.again(PREFLIGHT_RETRY)
        marked = [
            m for m in candidates if "cluster.x-k8s.io/delete-machine" in (m["metadata"].get("annotations") or {})
        ]
        chosen = (marked or list(candidates))[0]  # the oldest
        await self._remove(chosen)
        return Result.done()

    async def _remediate(self, plane: ControlPlane, report: Reporter) -> Result | None:
        """Replace a machine that a health check gave up; None when there is none, or it must wait."""
        asked = [
            m
            for m in plane.alive()
            if is_false(get_in(m, "status", "conditions"), "HealthCheckSucceeded")
            and is_false(get_in(m, "status", "conditions"), "OwnerRemediated")
        ]
        if not asked:
            return None
        machine = asked[0]
        name = machine["metadata"]["name"]
        others = [m for m in plane.alive() if m is not machine]
        if len(plane.machines) > 1 or plane.initialized:
            if plane.replicas < 3 or len(plane.machines) < 2:
                text = (
                    "KubeadmControlPlane can't remediate while replicas is less than 3" if plane.replicas == 1 else ""
                )
                text = text or "KCP can't remediate if current replicas are less or equal to 1"
                await self._say_remediation(machine, "CannotBeRemediated", text)
                return None
            healthy = sum(is_true(get_in(m, "status", "conditions"), "EtcdMemberHealthy") for m in others)
            if healthy < (len(plane.members) - 1) // 2 + 1:
                await self._say_remediation(
                    machine,
                    "CannotBeRemediated",
                    "KCP can't remediate this machine because this could result in etcd loosing quorum",
                )
                return None
            if any(is_deleting(m) for m in plane.machines):
                return Result.done()
        report.set("Remediating", True, "Remediating", f"* {name}: Machine is deleting")
        await self._say_remediation(machine, "MachineDeleting", "")
        await self._remove(machine)
        return Result.done()

    async def _say_remediation(self, machine: Json, reason: str, text: str) -> None:
        async with editing(self._client, machine, field_manager=MANAGER) as draft:
            Reporter(draft, self._clock.now()).set("OwnerRemediated", False, reason, text)

    async def _upgrade_workload(self, plane: ControlPlane) -> None:
        """Bring what kubeadm keeps in the cluster to the version asked for, once the control plane allows it."""
        if plane.connection.remote is None or not plane.initialized:
            return
        lowest = min((str(get_in(m, "spec", "version")) for m in plane.machines), default=plane.version)
        await Workload(plane.connection.remote.client).align(plane.kcp, lowest)

    # Machines that go.

    async def _let_go(self, plane: ControlPlane, *, whole: bool = False) -> None:
        """Take a machine that is being deleted out of etcd, then let its deletion go on."""
        for machine in plane.machines:
            hooks = machine["metadata"].get("annotations") or {}
            if not is_deleting(machine) or PRE_TERMINATE_HOOK not in hooks:
                continue
            deleting: Json = next(
                (c for c in get_in(machine, "status", "conditions", default=()) if c["type"] == "Deleting"), {}
            )
            if deleting.get("reason") != "WaitingForPreTerminateHook":
                continue
            if not whole and plane.uses_local_etcd and plane.connection.remote is not None:
                await self._leave_etcd(plane, machine)
            async with editing(self._client, machine, field_manager=MANAGER) as draft:
                draft["metadata"]["annotations"].pop(PRE_TERMINATE_HOOK, None)
            if not whole:
                return  # one at a time

    async def _leave_etcd(self, plane: ControlPlane, machine: Json) -> None:
        node = get_in(machine, "status", "nodeRef", "name")
        if not node or len(plane.members) <= 1:
            return
        assert plane.connection.remote is not None
        etcd = await plane.connection.remote.etcd()
        member = next((m for m in plane.members if m.name == node), None)
        if member is None:
            return
        heir = next((m for m in reversed(plane.members) if m.name != node), None)
        if heir is not None:
            await etcd.move_leader(heir.id)
        await etcd.remove_member(member.id)

    async def _remove(self, machine: Json) -> None:
        meta = machine["metadata"]
        try:
            await self._client.delete(MACHINE, meta["name"], meta["namespace"], uid=meta["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise

    async def _delete(self, plane: ControlPlane, draft: Json, report: Reporter) -> Result:
        every = await in_cluster(self._client, MACHINE, plane.cluster)
        workers = [m for m in every if CONTROL_PLANE_LABEL not in labels(m)]
        await self._report_machines(plane)
        if workers:
            names = ", ".join(sorted(m["metadata"]["name"] for m in workers)[:5])
            text = f"KubeadmControlPlane deletion blocked because following objects still exist:\n* worker Machines: {names}"
            report.set("Deleting", True, "WaitingForWorkersDeletion", text)
            return Result.again(PREFLIGHT_RETRY)
        for machine in plane.alive():
            await self._remove(machine)
        await self._let_go(plane, whole=True)
        if plane.machines:
            names = ", ".join(m["metadata"]["name"] for m in plane.machines)
            text = f"Deleting Machines {names}"
            report.set("Deleting", True, "WaitingForMachineDeletion", text)
            return Result.done()
        report.set("Deleting", True, "DeletionCompleted", "Deletion completed")
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        return Result.done()

    # What is told.

    async def _report_machines(self, plane: ControlPlane) -> None:
        for machine in plane.machines:
            async with editing(self._client, machine, field_manager=MANAGER) as draft:
                report = Reporter(draft, self._clock.now())
                report_machine(plane, machine, report)
                report.sort()
            await self._tell_expiry(plane, machine)

    async def _tell_expiry(self, plane: ControlPlane, machine: Json) -> None:
        """When the machine's certificates end: kubeadm gives them a year from its run."""
        node = plane.node_of(machine)
        config = plane.configs.get(machine["metadata"]["name"])
        name = "machine.cluster.x-k8s.io/certificates-expiry"
        if node is None or config is None or name in (config["metadata"].get("annotations") or {}):
            return
        made = parse_timestamp(node["metadata"]["creationTimestamp"])
        async with editing(self._client, config, field_manager=MANAGER) as draft:
            draft["metadata"].setdefault("annotations", {})[name] = timestamp(made + pki.LEAF_LIFETIME)

    async def _report(self, plane: ControlPlane, draft: Json, report: Reporter) -> None:
        fresh = [m for m in await in_cluster(self._client, MACHINE, plane.cluster) if CONTROL_PLANE_LABEL in labels(m)]
        uid = plane.kcp["metadata"]["uid"]
        machines = sorted(
            (m for m in fresh if is_controlled_by(m, uid)),
            key=lambda m: (str(m["metadata"]["creationTimestamp"]), m["metadata"]["name"]),
        )
        now = ControlPlane(
            kcp=plane.kcp,
            cluster=plane.cluster,
            machines=machines,
            configs=plane.configs,
            infra=plane.infra,
            connection=plane.connection,
            members=plane.members,
            members_known=plane.members_known,
            now=plane.now,
        )
        report_status(now, draft, report)
