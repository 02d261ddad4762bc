"""The guests: what runs inside the simulated VMs.

A powered-on VM gets an address, reads the metadata and userdata that its creator left in guestinfo, and goes through
cloud-init and kubeadm. What it is doing, and where it failed, is told through guestinfo
(`guestinfo.fairlead.phase`), as a guest with VMware Tools can.

A VM that was a node before (the machine was rebooted, or the process restarted) takes up its place again without
running kubeadm: its disk says which node it is (`lab.disks`). One that stopped halfway begins again; every step of
kubeadm here is safe to repeat.
"""

import asyncio
import base64
import logging
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, get_in
from fairlead.engines.cloudinit import Join, UserData, UserDataError, gunzip, parse_user_data
from fairlead.lab.clusters import Clusters, DropServer, NewServer, Running, fingerprint_of
from fairlead.lab.disks import Disks, NodeDisk
from fairlead.lab.kubeadm import GuestMachine, Kubeadm, KubeadmError
from fairlead.lab.leases import AddressPoolEmptyError, Leases
from fairlead.lab.network import LabNetwork
from fairlead.lab.workload import NODE, WorkloadCluster
from fairlead.runtime.clock import Clock
from fairlead.runtime.ids import Ids
from fairlead.vcenter.inventory import Change
from fairlead.vcenter.model import VM, Entity
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.world import FaultKind

log = logging.getLogger(__name__)

PHASE = "guestinfo.fairlead.phase"
VERSION_IN_NAME = re.compile(r"v\d+\.\d+\.\d+")
RETRY = timedelta(seconds=5)


class Guests:
    """Boots VMs and keeps the workload clusters that they form."""

    def __init__(
        self,
        *,
        vcenter: VCenter,
        network: LabNetwork,
        clock: Clock,
        ids: Ids,
        new_server: NewServer,
        drop_server: DropServer = lambda name: None,
        disks: Disks | None = None,
        step: timedelta = timedelta(0),
        needs_cni: bool = True,
    ) -> None:
        self._vcenter = vcenter
        self._network = network
        self._clock = clock
        self._step = step
        self._disks = disks or Disks()
        self._leases = Leases()
        self._kubeadm = Kubeadm(network=network, clock=clock, ids=ids)
        self._boots: dict[str, asyncio.Task[None]] = {}
        self._nodes: dict[str, tuple[Running, str]] = {}  # VM id -> its cluster and node name, while it runs
        self._clusters = Clusters(
            network=network,
            clock=clock,
            ids=ids,
            new_server=new_server,
            drop_server=drop_server,
            disks=self._disks,
            needs_cni=needs_cni,
        )
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def clusters(self) -> list[WorkloadCluster]:
        """The clusters there are, running or not."""
        return [running.cluster for running in self._clusters.running]

    def start(self) -> Callable[[], None]:
        """Follow the inventory from now on, and boot what is powered on already; returns what ends that."""
        vms = self._vcenter.inventory.all(VM)
        for vm in vms:
            for nic in vm.nics:
                for address in vm.guest.ips.get(nic.key, ())[:1]:
                    self._leases.restore(nic.mac, address)
        for vm_id in set(self._disks.nodes) - {vm.id for vm in vms}:
            self._clusters.forget_machine(vm_id)
        unsubscribe = self._vcenter.inventory.subscribe(self._on_change)
        for vm in vms:
            if _is_on(vm):
                self._boot(vm, was_running=vm.guest.tools)
        return unsubscribe

    async def stop(self) -> None:
        """Stop everything, as a power cut would."""
        tasks = [*self._tasks, *self._boots.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._clusters.stop()

    # What happens to VMs.

    def _on_change(self, change: Change) -> None:
        old, new = change.old, change.new
        was_on, is_on = _is_on(old), _is_on(new)
        if was_on and not is_on:
            self._halt(change.id)
        if is_on and not was_on and isinstance(new, VM):
            self._boot(new)
        if new is None and isinstance(old, VM):
            self._leases.release(nic.mac for nic in old.nics)
            self._clusters.forget_machine(change.id)

    def _boot(self, vm: VM, *, was_running: bool = False) -> None:
        self._halt(vm.id)
        run = self._run(vm.id, was_running=was_running)
        task = asyncio.get_running_loop().create_task(run, name=f"guest {vm.name}")
        self._boots[vm.id] = task

    def _halt(self, vm_id: str) -> None:
        boot = self._boots.pop(vm_id, None)
        if boot is not None:
            boot.cancel()
        if vm_id not in self._nodes:
            return
        running, node = self._nodes.pop(vm_id)
        running.hosts.addresses.pop(node, None)
        running.cluster.stop_control_plane(node)
        self._nudge(running, node)

    def _nudge(self, running: Running, node: str) -> None:
        """Let the cluster's controllers see that the machine under *node* stopped."""
        reporter = running.cluster.server.client("system:node-monitor", ("system:masters",))
        body = {"metadata": {"annotations": {"lab.fairlead.dev/machine": "stopped"}}}

        async def touch() -> None:
            try:
                await reporter.patch(NODE, node, "", body, field_manager="lab")
            except ApiError as error:
                log.debug("node is gone already", extra={"node": node, "error": error.message})

        self._spawn(touch())

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What a guest does.

    async def _run(self, vm_id: str, *, was_running: bool) -> None:
        vm = self._vm(vm_id)
        try:
            if was_running and await self._resume(vm_id):
                return
            self._tell(vm_id, "booting")
            await self._pause()
            userdata, metadata = _decode(vm, "userdata") or _decode(vm, "ignition.config.data"), _metadata(vm)
            hostname = str(metadata.get("local-hostname") or vm.name)
            address = self._bring_up_network(vm, hostname, metadata)
            if await self._resume(vm_id):
                self._tell(vm_id, "running")
                return
            if not userdata:
                self._tell(vm_id, "running; no userdata was given")
                return
            self._tell(vm_id, "cloud-init")
            await self._pause()
            parsed = parse_user_data(userdata, metadata)
            machine = self._machine(vm, hostname, address, parsed)
            await self._kubeadm_run(vm_id, machine, parsed)
        except (AddressPoolEmptyError, UserDataError, KubeadmError, ApiError) as error:
            self._tell(vm_id, f"failed: {error}")
            log.warning("guest did not come up", extra={"vm": vm.name, "error": str(error)})
        except Exception as error:  # a guest must never take the lab down with it
            self._tell(vm_id, f"failed: {type(error).__name__}: {error}")
            log.exception("guest did not come up", extra={"vm": vm.name})

    async def _kubeadm_run(self, vm_id: str, machine: GuestMachine, userdata: UserData) -> None:
        if userdata.kubeadm is None:
            self._tell(vm_id, "running; cloud-init is done")
            return
        await self._pause()
        control_plane = not isinstance(userdata.kubeadm, Join) or "controlPlane" in userdata.kubeadm.config
        if isinstance(userdata.kubeadm, Join):
            self._tell(vm_id, "kubeadm join")
            cluster = await self._join(machine, userdata.kubeadm, vm_id)
        else:
            self._tell(vm_id, "kubeadm init")
            cluster = (await self._clusters.found(vm_id, machine, userdata.kubeadm.cluster)).cluster
            await self._pause()
            await self._kubeadm.init(machine, cluster, userdata.kubeadm.init, userdata.kubeadm.cluster)
        self._installed(vm_id, cluster, machine, control_plane=control_plane)
        self._tell(vm_id, "running")

    async def _join(self, machine: GuestMachine, join: Join, vm_id: str) -> WorkloadCluster:
        """Join, trying again as long as kubeadm itself would (its discovery gives the API server five minutes)."""

        def joining_etcd(cluster: WorkloadCluster) -> None:
            """After a restart its etcd must run before anything else: without it there may be no quorum."""
            fingerprint = fingerprint_of(cluster.ca)
            disk = NodeDisk(
                cluster=fingerprint, node=machine.hostname, address=machine.address, control_plane=True, done=False
            )
            self._disks.keep_node(vm_id, disk)

        if get_in(join.config, "controlPlane") is not None:
            await self._pause()
        for attempt in range(60):
            try:
                return await self._kubeadm.join(machine, join.config, joining_etcd)
            except KubeadmError as error:
                if error.phase not in ("preflight", "etcd-join") or attempt == 59:
                    raise
                self._tell(vm_id, f"kubeadm join: {error}")
                await self._clock.sleep(RETRY)
        raise AssertionError("unreachable")

    def _installed(self, vm_id: str, cluster: WorkloadCluster, machine: GuestMachine, *, control_plane: bool) -> None:
        """kubeadm is done: from now on this machine is that node, also after it was off."""
        running = self._clusters.get(fingerprint_of(cluster.ca))
        if running is None:  # its last machine went while this one joined
            raise KubeadmError("kubelet-start", f"the cluster {cluster.name!r} is gone")
        disk = NodeDisk(
            cluster=running.fingerprint, node=machine.hostname, address=machine.address, control_plane=control_plane
        )
        self._disks.keep_node(vm_id, disk)
        if control_plane:
            self._clusters.upgraded(running, machine.kubelet_version)
        self._settle_in(vm_id, running, disk)

    def _settle_in(self, vm_id: str, running: Running, disk: NodeDisk) -> None:
        running.hosts.started(disk.node, disk.address)
        running.machines.add(vm_id)
        self._nodes[vm_id] = (running, disk.node)

    async def _resume(self, vm_id: str) -> bool:
        """Take up the place of the node that this machine was before.

        Returns False when it never was one, or when kubeadm has still to finish.
        """
        disk = self._disks.nodes.get(vm_id)
        running = await self._clusters.open(disk.cluster) if disk is not None else None
        if disk is None or running is None:
            return False
        if disk.control_plane and running.cluster.members.has_member(disk.node):
            running.cluster.members.start(disk.node)
            running.cluster.start_control_plane(disk.node)
            self._nodes[vm_id] = (running, disk.node)
        if not disk.done:
            return False
        self._settle_in(vm_id, running, disk)
        body = {"metadata": {"annotations": {"lab.fairlead.dev/machine": None}}}
        try:
            await running.cluster.admin.patch(NODE, disk.node, "", body, field_manager="lab")
        except ApiError as error:
            if not error.is_not_found:
                raise
        return True

    # Small things.

    async def _pause(self) -> None:
        await self._clock.sleep(self._step)

    def _vm(self, vm_id: str) -> VM:
        vm = self._vcenter.inventory.get(vm_id)
        if not isinstance(vm, VM):
            raise asyncio.CancelledError
        return vm

    def _tell(self, vm_id: str, phase: str) -> None:
        self._vcenter.set_guest(vm_id, info={PHASE: phase})

    def _bring_up_network(self, vm: VM, hostname: str, metadata: Json) -> str:
        """Give each card its addresses and report them; returns the first one (empty without DHCP)."""
        static = _static_addresses(metadata)
        ips: dict[int, tuple[str, ...]] = {}
        for nic in vm.nics:
            fixed = static.get(nic.mac.lower())
            if fixed:
                ips[nic.key] = tuple(fixed)
            elif not self._vcenter.world.strike(FaultKind.NO_DHCP, vm.name):
                ips[nic.key] = (self._leases.lease(nic.network, nic.mac),)
        self._vcenter.set_guest(vm.id, hostname=hostname, ips=ips, tools=True)
        return next((addresses[0] for addresses in ips.values() if addresses), "")

    def _machine(self, vm: VM, hostname: str, address: str, userdata: UserData) -> GuestMachine:
        return GuestMachine(
            hostname=hostname,
            address=address,
            bios_uuid=vm.bios_uuid,
            kubelet_version=self._image_version(vm) or _configured_version(userdata),
            cpus=vm.cpus,
            memory_mib=vm.memory_mib,
            files=userdata.files,
        )

    def _image_version(self, vm: VM) -> str:
        """The Kubernetes version baked into the VM's image: the template's name tells it."""
        template = self._vcenter.inventory.get(vm.cloned_from)
        found = VERSION_IN_NAME.search(template.name if template is not None else "")
        return found.group() if found else ""


def _is_on(entity: Entity | None) -> bool:
    return isinstance(entity, VM) and entity.is_on and not entity.template


def _configured_version(userdata: UserData) -> str:
    kubeadm = userdata.kubeadm
    config = {} if kubeadm is None or isinstance(kubeadm, Join) else kubeadm.cluster
    return str(config.get("kubernetesVersion") or "v1.33.1")


def _decode(vm: VM, name: str) -> str:
    """A guestinfo value, through the encoding that its neighbour names. Raises: UserDataError."""
    value = vm.extra_config.get(f"guestinfo.{name}", "")
    encoding = vm.extra_config.get(f"guestinfo.{name}.encoding", "").lower()
    if not value or not encoding:
        return value
    try:
        raw = base64.b64decode(value)
        if encoding in ("gzip+base64", "gz+b64"):
            raw = gunzip(raw)
        return raw.decode()
    except (ValueError, zlib.error) as error:
        raise UserDataError(f"guestinfo.{name} is not {encoding}: {error}") from error


def _metadata(vm: VM) -> Json:
    try:
        value = goyaml.load(_decode(vm, "metadata") or "{}")
    except goyaml.YamlError as error:
        raise UserDataError(f"guestinfo.metadata is not YAML: {error}") from error
    return value if isinstance(value, dict) else {}


def _static_addresses(metadata: Json) -> Mapping[str, list[str]]:
    """Addresses without prefix by MAC, from a netplan version 2 configuration."""
    found: dict[str, list[str]] = {}
    ethernets = get_in(metadata, "network", "ethernets", default={})
    for config in ethernets.values():
        mac = str(get_in(config, "match", "macaddress", default="")).lower()
        addresses = [str(address).partition("/")[0] for address in config.get("addresses") or ()]
        if mac and addresses:
            found[mac] = addresses
    return found
