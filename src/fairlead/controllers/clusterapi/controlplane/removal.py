"""Control-plane machines that go: which one, and out of etcd first.

Source: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane (reconcilePreTerminateHook,
reconcileEtcdMembers, forwardEtcdLeadership, selectMachineForInPlaceUpdateOrScaleDown).
"""

from collections.abc import Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, annotations, copy, get_in, is_deleting
from fairlead.controllers.clusterapi.controlplane.desired import PRE_TERMINATE_HOOK
from fairlead.controllers.clusterapi.controlplane.etcd import EtcdAccess
from fairlead.controllers.clusterapi.controlplane.latecomer import is_joining
from fairlead.controllers.clusterapi.controlplane.quorum import heirs, keeps_api, keeps_quorum, member_name
from fairlead.controllers.clusterapi.controlplane.seen import ControlPlane, node_name
from fairlead.controllers.clusterapi.replicas import deleting_text
from fairlead.controllers.contract import MACHINE
from fairlead.runtime.client import Client
from fairlead.runtime.conditions import find, is_false
from fairlead.runtime.edit import write_changes
from fairlead.runtime.remote import EtcdMember

DELETE_MARK = "cluster.x-k8s.io/delete-machine"
HOOK_PREFIX = "pre-terminate.delete.hook.machine.cluster.x-k8s.io"


def to_remove(plane: ControlPlane, outdated: Sequence[Json]) -> Json:
    """The machine to go next: a marked one, an ill outdated one, an outdated one; of the fullest failure domain."""

    def marked(machines: Sequence[Json]) -> list[Json]:
        return [machine for machine in machines if DELETE_MARK in annotations(machine)]

    def ill(machine: Json) -> bool:
        conditions = get_in(machine, "status", "conditions")
        return any(is_false(conditions, type_) for type_ in plane.health_types)

    every = list(plane.machines)
    eligible = marked(outdated) or marked(every) or [m for m in outdated if ill(m)] or list(outdated) or every
    return _of_fullest_domain(plane, eligible)


def _of_fullest_domain(plane: ControlPlane, eligible: Sequence[Json]) -> Json:
    """The oldest machine of a failure domain that is gone, else of the one with the most machines."""
    domains = plane.failure_domains()
    outside = [m for m in eligible if m["spec"].get("failureDomain") not in domains]
    if outside:
        domain = outside[0]["spec"].get("failureDomain")
        return next(m for m in eligible if m["spec"].get("failureDomain") == domain)
    mine = [m["spec"]["failureDomain"] for m in eligible]
    every = [m["spec"].get("failureDomain") for m in plane.machines]
    fullest = max(domains, key=lambda name: (mine.count(name), every.count(name)))
    return next(m for m in eligible if m["spec"]["failureDomain"] == fullest)


class Remover:
    """Deletes control-plane machines and lets them go."""

    def __init__(self, *, client: Client, etcd: EtcdAccess) -> None:
        self._client = client
        self._etcd = etcd

    async def remove(self, plane: ControlPlane, machine: Json) -> None:
        """Delete *machine*; if it leads etcd, another member leads from now on."""
        await self._forward_leadership(plane, machine)
        await self._delete(machine)

    async def _delete(self, machine: Json) -> None:
        meta = machine["metadata"]
        try:
            await self._client.delete(MACHINE, meta["name"], meta["namespace"], uid=meta["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise

    async def remove_all(self, plane: ControlPlane) -> ControlPlane:
        """Delete all machines at once: with nobody left to lead, etcd is left alone."""
        machines = []
        for machine in plane.machines:
            machines.append(await self._release(machine))
            if not is_deleting(machine):
                await self._delete(machine)
        return plane.with_machines(machines)

    def deleting_text(self, plane: ControlPlane) -> str:
        """How many machines still go."""
        return deleting_text(plane.machines, plane.now)

    async def let_go(self, plane: ControlPlane) -> bool:
        """Take strangers out of etcd, then the one machine whose deletion waits for that; returns whether one goes."""
        if await self._drop_stranger(plane):
            return True
        going = plane.deleting()
        if not going or any(PRE_TERMINATE_HOOK not in annotations(machine) for machine in going):
            return False  # one at a time: the one let go before is not gone yet
        machine = going[0]
        others = (name for name in annotations(machine) if name.startswith(HOOK_PREFIX) and name != PRE_TERMINATE_HOOK)
        deleting = find(get_in(machine, "status", "conditions"), "Deleting") or {}
        if any(others) or deleting.get("reason") != "WaitingForPreTerminateHook":
            return False
        if len(plane.machines) > 1:
            if not keeps_api(plane, without=machine["metadata"]["name"]):
                return False
            if plane.uses_local_etcd and not await self._leave_etcd(plane, machine):
                return False
        await self._release(machine)
        return True

    async def _leave_etcd(self, plane: ControlPlane, machine: Json) -> bool:
        """Take the machine's member out of etcd; returns False when it may get one still, or to go costs the quorum."""
        name = member_name(plane, machine)
        if not plane.members:
            return False
        member = next((m for m in plane.members if name and m.name == name), None)
        if member is None and await is_joining(plane, machine, name):
            return False
        if not name:
            return True
        if not keeps_quorum(plane, without=name):
            return False
        await self._forward_leadership(plane, machine)
        if member is not None:
            await self._take_out(plane, member)
        return True

    async def _drop_stranger(self, plane: ControlPlane) -> bool:
        """Take one member that belongs to no machine out of etcd, once no machine can still be its home."""
        if not plane.uses_local_etcd or not plane.members or any(not node_name(m) for m in plane.machines):
            return False
        known = {node_name(machine) for machine in plane.machines}
        strangers = sorted((m for m in plane.members if m.name not in known), key=lambda m: m.name)
        if not strangers or (strangers[0].name and not keeps_quorum(plane, without=strangers[0].name)):
            return False
        await self._take_out(plane, strangers[0])
        return True

    async def _take_out(self, plane: ControlPlane, member: EtcdMember) -> None:
        if plane.connection.remote is not None:
            await (await self._etcd.open(plane.cluster, plane.connection.remote)).remove_member(member.id)

    async def _forward_leadership(self, plane: ControlPlane, machine: Json) -> None:
        if not plane.uses_local_etcd or plane.connection.remote is None or not plane.members or not node_name(machine):
            return
        names = heirs(plane, machine)
        heir = next((m for name in names for m in plane.members if m.name == name), None)
        if heir is not None:
            etcd = await self._etcd.open(plane.cluster, plane.connection.remote)
            await etcd.move_leader(heir.id, away_from=node_name(machine))

    async def _release(self, machine: Json) -> Json:
        """Take the hook off, so that the Machine's deletion goes on."""
        if PRE_TERMINATE_HOOK not in annotations(machine):
            return machine
        draft = copy(machine)
        del draft["metadata"]["annotations"][PRE_TERMINATE_HOOK]
        return await write_changes(self._client, machine, draft, field_manager="manager")
