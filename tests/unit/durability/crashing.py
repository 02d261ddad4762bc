"""A whole lab in virtual time whose writes are on record, so that it can be killed after any of them and started again.

Every part keeps its state through `Storages`, in one order. A run that is killed after its k-th write leaves exactly
the first k entries; nothing else survives. So one recorded run holds every crash there can be.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fairlead.api.clusterapi.kinds import CLUSTER, MACHINE
from fairlead.api.infrastructure.kinds import VSPHERE_MACHINE, VSPHERE_VM
from fairlead.api.kubeadm.kinds import KUBEADM_CONFIG
from fairlead.app.controllers import Controllers
from fairlead.app.firstobjects import write_first_objects
from fairlead.app.management import management_server
from fairlead.app.settings import VCenterAccess
from fairlead.app.simulation import Simulation
from fairlead.app.storages import GUESTS, VCENTER, WORKLOAD_PREFIX
from fairlead.app.surroundings import Surroundings
from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.lab.vcenter import DirectConnector
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.storage import Durable, Failed, Row
from fairlead.testing.world import SharedKeys
from fairlead.vcenter.layout import DEFAULT
from fairlead.vcenter.model import VM

ACCESS = VCenterAccess("vcenter.example.com", "administrator@vsphere.local", "fairlead")
KUSTOMIZATION = GVK("kustomize.toolkit.fluxcd.io", "v1", "Kustomization")
HELM_RELEASE = GVK("helm.toolkit.fluxcd.io", "v2", "HelmRelease")
NODE = GVK("", "v1", "Node")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = timedelta(minutes=10)
STEP = timedelta(milliseconds=500)
QUIET = timedelta(seconds=30)

Entry = tuple[str, Row | None]  # tenant and row; without a row the tenant was dropped


class RecordedStorages:
    """Keeps every write in its order; begins with what a former run left."""

    def __init__(self, left: Iterable[Entry] = ()) -> None:
        self.log: list[Entry] = []
        self._revisions: dict[str, int] = {}
        self._rows: dict[str, dict[tuple[str, str, str], Row]] = {}
        for tenant, row in left:
            self._take(tenant, row)

    def _take(self, tenant: str, row: Row | None) -> None:
        if row is None:
            self._rows.pop(tenant, None)
            self._revisions.pop(tenant, None)
            return
        kept = self._rows.setdefault(tenant, {})
        key = (row.resource, row.namespace, row.name)
        if row.data is None:
            kept.pop(key, None)
        else:
            kept[key] = row
        self._revisions[tenant] = row.revision

    def of(self, tenant: str) -> "RecordedStorage":
        rows = tuple(self._rows.get(tenant, {}).values())
        return RecordedStorage(self, tenant, self._revisions.get(tenant, 0), rows)

    def drop(self, tenant: str) -> None:
        self.write(tenant, None)

    def write(self, tenant: str, row: Row | None) -> None:
        self.log.append((tenant, row))
        self._take(tenant, row)


class RecordedStorage:
    """One tenant's part. Implements `server.storage.Storage`."""

    def __init__(self, storages: RecordedStorages, tenant: str, revision: int, rows: Sequence[Row]) -> None:
        self._storages = storages
        self._tenant = tenant
        self._revision = revision
        self._kept = rows
        self._durable: Durable = lambda revision: None

    def load(self) -> tuple[int, Iterator[Row]]:
        return self._revision, iter(self._kept)

    def open(self, durable: Durable, failed: Failed) -> None:
        self._durable = durable

    def write(self, row: Row) -> None:
        self._storages.write(self._tenant, row)
        self._durable(row.revision)

    async def close(self) -> None:
        return None


def is_outside(tenant: str) -> bool:
    """Whether a tenant belongs to the world that a real process would not take down with it."""
    return tenant in (VCENTER, GUESTS) or tenant.startswith(WORKLOAD_PREFIX)


class Lab:
    """Management cluster, vCenter, guests and controllers over one set of storages."""

    def __init__(self, storages: RecordedStorages, git_url: str, epoch: datetime, seed: int, boot: timedelta) -> None:
        self.clock = LoopClock(epoch)
        self.storages = storages
        self._git_url = git_url
        ids, dice = Ids(seed), random.Random(seed)
        surroundings = Surroundings(clock=self.clock, ids=ids, keys=SharedKeys(), dice=dice, storages=storages)
        self._surroundings = surroundings
        self.server = management_server(surroundings)
        self.client = self.server.client()
        self.simulation = Simulation(clock=self.clock, ids=ids, dice=dice, storages=storages, layout=DEFAULT, boot=boot)
        self.controllers: Controllers

    async def start(self) -> None:
        await self.server.start()
        await self.simulation.start()
        connector = DirectConnector(self.simulation.vcenter)
        self.controllers = Controllers(self.client, self._surroundings, connector, self.simulation.network)
        self.controllers.start()
        await write_first_objects(self.client, ACCESS, self._git_url)

    async def stop(self) -> None:
        await self.controllers.stop()
        await self.simulation.stop()
        await self.server.stop()

    async def until_ready(self, clusters: Sequence[Key]) -> None:
        """Wait until everything in *clusters* is Ready and stays so. Raises: AssertionError with the reasons."""
        began = self.clock.now()
        while problem := await self._problem(clusters):
            if self.clock.now() - began > LIMIT:
                raise AssertionError(f"{problem}; errors: {self.controllers.manager.errors}")
            await self.clock.sleep(STEP)
        await self.clock.sleep(QUIET)
        problem = await self._problem(clusters)
        assert not problem, problem

    async def _problem(self, clusters: Sequence[Key]) -> str:
        found = {Key.of(cluster): cluster for cluster in (await self.client.list(CLUSTER)).items}
        for key in clusters:
            if key not in found or not is_true(get_in(found[key], "status", "conditions"), "Available"):
                return f"cluster {key} is not Available"
        for gvk in (KUSTOMIZATION, HELM_RELEASE):
            for obj in (await self.client.list(gvk)).items:
                if not is_true(get_in(obj, "status", "conditions"), "Ready"):
                    return f"{gvk.kind} {Key.of(obj)} is not Ready: {get_in(obj, 'status', 'conditions')}"
        for machine in (await self.client.list(MACHINE)).items:
            if not is_true(get_in(machine, "status", "conditions"), "Ready"):
                return f"Machine {Key.of(machine)} is not Ready: {get_in(machine, 'status', 'conditions')}"
        return ""

    async def state(self) -> "State":
        """What there is, without the names that chance gave. Raises: AssertionError for anything left over."""
        machines = (await self.client.list(MACHINE)).items
        vms = [vm for vm in self.simulation.vcenter.inventory.all(VM) if not vm.template]
        wanted = {vm["metadata"]["name"]: vm for vm in (await self.client.list(VSPHERE_VM)).items}
        assert sorted(vm.name for vm in vms) == sorted(wanted), "VMs and VSphereVMs differ: an orphan or a duplicate"
        for vm in vms:
            assert vm.is_on, f"VM {vm.name} is off"
            assert vm.instance_uuid == wanted[vm.name]["metadata"]["uid"], f"VM {vm.name} belongs to another VSphereVM"
            assert vm.bios_uuid == wanted[vm.name]["spec"]["biosUUID"], f"VM {vm.name} is another than recorded"
        for gvk in (VSPHERE_MACHINE, KUBEADM_CONFIG, VSPHERE_VM):
            names = sorted(obj["metadata"]["name"] for obj in (await self.client.list(gvk)).items)
            assert names == sorted(m["metadata"]["name"] for m in machines), f"{gvk.kind}s and Machines differ: {names}"
        nodes: Counter[str] = Counter()
        for cluster in self.simulation.guests.clusters:
            names = [node["metadata"]["name"] for node in (await cluster.admin.list(NODE)).items]
            assert set(names) <= {vm.name for vm in vms}, "a node without a VM"
            nodes[cluster.name] = len(names)
            control_planes = [m for m in machines if _is_control_plane(m, cluster.name)]
            members = await cluster.etcd().members()
            assert len(members) == len(control_planes), f"etcd of {cluster.name}: {members}"
        roles = Counter((m["spec"]["clusterName"], _is_control_plane(m, m["spec"]["clusterName"])) for m in machines)
        return State(dict(roles), dict(nodes))


@dataclass(frozen=True, slots=True)
class State:
    """Machines by cluster and role, nodes by cluster."""

    machines: dict[tuple[str, bool], int]
    nodes: dict[str, int]


def _is_control_plane(machine: Json, cluster: str) -> bool:
    labels = machine["metadata"].get("labels") or {}
    return machine["spec"]["clusterName"] == cluster and "cluster.x-k8s.io/control-plane" in labels


def run(
    left: Iterable[Entry],
    git_url: str,
    clusters: Sequence[Key],
    *,
    seed: int,
    boot: timedelta = timedelta(0),
    epoch: datetime = EPOCH,
    then: Callable[[Lab], Awaitable[None]] | None = None,
) -> tuple[State, list[Entry], datetime]:
    """Start from what is *left*, run until all is Ready; the state, all writes made, and when it ended."""

    async def main() -> tuple[State, list[Entry], datetime]:
        storages = RecordedStorages(left)
        lab = Lab(storages, git_url, epoch, seed, boot)
        await lab.start()
        try:
            await lab.until_ready(clusters)
            if then is not None:
                await then(lab)
            return await lab.state(), storages.log, lab.clock.now()
        finally:
            await lab.stop()
            await asyncio.sleep(0)

    return run_virtual(main())
