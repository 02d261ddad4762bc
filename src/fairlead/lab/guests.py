"""The guests: what runs inside the simulated VMs.

A powered-on VM gets an address, reads the metadata and userdata that its creator left in guestinfo, and goes through
cloud-init and kubeadm. What it is doing, and where it failed, is told through guestinfo
(`guestinfo.fairlead.phase`), as a guest with VMware Tools can.

A VM that was a node before (the machine was rebooted, or the process restarted) takes up its place again without
running kubeadm: its node is in the cluster's own store.
"""

import asyncio
import base64
import binascii
import gzip
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, get_in
from fairlead.engines.cloudinit import Join, UserData, UserDataError, parse_user_data
from fairlead.lab.kube.family import kube_controllers
from fairlead.lab.kube.kubelet import Hosts
from fairlead.lab.kubeadm import GuestMachine, Kubeadm, KubeadmError, endpoint_of, load_ca
from fairlead.lab.leases import AddressPoolEmptyError, Leases
from fairlead.lab.network import LabNetwork, address_of
from fairlead.lab.workload import NODE, WorkloadCluster
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Manager
from fairlead.runtime.ids import Ids
from fairlead.vcenter.inventory import Change
from fairlead.vcenter.model import VM, Entity
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.world import FaultKind

log = logging.getLogger(__name__)

PHASE = "guestinfo.fairlead.phase"
VERSION_IN_NAME = re.compile(r"v\d+\.\d+\.\d+")
RETRY = timedelta(seconds=5)

NewServer = Callable[[str], Awaitable[Any]]  # a name that outlives restarts -> a started API server


@dataclass(slots=True)
class _Running:
    """A cluster of the lab with what keeps it moving."""

    cluster: WorkloadCluster
    hosts: Hosts
    manager: asyncio.Task[None]
    machines: set[str]  # ids of the VMs that belong to it


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
        step: timedelta = timedelta(0),
        needs_cni: bool = True,
    ) -> None:
        self._vcenter = vcenter
        self._network = network
        self._clock = clock
        self._ids = ids
        self._new_server = new_server
        self._step = step
        self._needs_cni = needs_cni
        self._leases = Leases()
        self._kubeadm = Kubeadm(network=network, clock=clock, ids=ids)
        self._boots: dict[str, asyncio.Task[None]] = {}
        self._nodes: dict[str, tuple[str, str]] = {}  # VM id -> (cluster's name, node name)
        self._clusters: dict[str, _Running] = {}  # by the CA's fingerprint
        self._opening: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def clusters(self) -> list[WorkloadCluster]:
        """The clusters there are, running or not."""
        return [running.cluster for running in self._clusters.values()]

    def start(self) -> Callable[[], None]:
        """Follow the inventory from now on, and boot what is powered on already; returns what ends that."""
        vms = self._vcenter.inventory.all(VM)
        for vm in vms:
            for nic in vm.nics:
                for address in vm.guest.ips.get(nic.key, ())[:1]:
                    self._leases.restore(nic.mac, address)
        unsubscribe = self._vcenter.inventory.subscribe(self._on_change)
        for vm in vms:
            if vm.is_on and not vm.template:
                self._boot(vm)
        return unsubscribe

    async def stop(self) -> None:
        """Stop everything, as a power cut would."""
        tasks = [*self._tasks, *self._boots.values(), *(running.manager for running in self._clusters.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for running in self._clusters.values():
            await running.cluster.server.stop()

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
            self._forget(change.id)

    def _boot(self, vm: VM) -> None:
        self._halt(vm.id)
        task = asyncio.get_running_loop().create_task(self._run(vm.id), name=f"guest {vm.name}")
        self._boots[vm.id] = task

    def _halt(self, vm_id: str) -> None:
        boot = self._boots.pop(vm_id, None)
        if boot is not None:
            boot.cancel()
        if vm_id not in self._nodes:
            return
        fingerprint, node = self._nodes.pop(vm_id)
        running = self._clusters.get(fingerprint)
        if running is not None:
            running.hosts.addresses.pop(node, None)
            running.cluster.stop_control_plane(node)
            self._nudge(running, node)

    def _nudge(self, running: _Running, node: str) -> None:
        """Let the cluster's controllers see that the machine under *node* stopped."""
        reporter = running.cluster.server.client("system:node-monitor", ("system:masters",))
        body = {"metadata": {"annotations": {"lab.fairlead.dev/machine": "stopped"}}}

        async def touch() -> None:
            try:
                await reporter.patch(NODE, node, "", body, field_manager="lab")
            except ApiError as error:
                log.debug("node is gone already", extra={"node": node, "error": error.message})

        self._spawn(touch())

    def _forget(self, vm_id: str) -> None:
        """A VM was destroyed; a cluster whose last machine went goes with it."""
        for fingerprint, running in list(self._clusters.items()):
            running.machines.discard(vm_id)
            if not running.machines and not running.cluster.is_up:
                del self._clusters[fingerprint]
                running.manager.cancel()
                self._spawn(running.cluster.server.stop())

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What a guest does.

    async def _run(self, vm_id: str) -> None:
        vm = self._vm(vm_id)
        self._tell(vm_id, "booting")
        try:
            await self._pause()
            userdata, metadata = _decode(vm, "userdata") or _decode(vm, "ignition.config.data"), _metadata(vm)
            hostname = str(metadata.get("local-hostname") or vm.name)
            address = self._bring_up_network(vm, hostname, metadata)
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
        if await self._resume(vm_id, machine, userdata):
            self._tell(vm_id, "running")
            return
        await self._pause()
        if isinstance(userdata.kubeadm, Join):
            self._tell(vm_id, "kubeadm join")
            cluster = await self._join(vm_id, machine, userdata.kubeadm)
        else:
            self._tell(vm_id, "kubeadm init")
            running = await self._open(vm_id, machine, userdata.kubeadm.cluster)
            cluster = running.cluster
            await self._pause()
            await self._kubeadm.init(machine, cluster, userdata.kubeadm.init, userdata.kubeadm.cluster)
        self._settle_in(vm_id, cluster, machine)
        self._tell(vm_id, "running")

    async def _join(self, vm_id: str, machine: GuestMachine, join: Join) -> WorkloadCluster:
        """Join, trying again as long as kubeadm itself would (its discovery gives the API server five minutes)."""
        if get_in(join.config, "controlPlane") is not None:
            await self._pause()
        for attempt in range(60):
            try:
                return await self._kubeadm.join(machine, join.config)
            except KubeadmError as error:
                if error.phase != "preflight" or attempt == 59:
                    raise
                self._tell(vm_id, f"kubeadm join: {error}")
                await self._clock.sleep(RETRY)
        raise AssertionError("unreachable")

    def _settle_in(self, vm_id: str, cluster: WorkloadCluster, machine: GuestMachine) -> None:
        fingerprint = _fingerprint(cluster)
        running = self._clusters[fingerprint]
        running.hosts.addresses[machine.hostname] = machine.address
        running.machines.add(vm_id)
        self._nodes[vm_id] = (fingerprint, machine.hostname)

    async def _resume(self, vm_id: str, machine: GuestMachine, userdata: UserData) -> bool:
        """Take up the place of a node that this very machine was before. Returns False when it never was one."""
        running = await self._known_cluster(vm_id, machine, userdata)
        if running is None:
            return False
        try:
            node = await running.cluster.admin.get(NODE, machine.hostname)
        except ApiError as error:
            if error.is_not_found:
                return False
            raise
        if get_in(node, "status", "nodeInfo", "systemUUID") != machine.bios_uuid:
            return False
        if "node-role.kubernetes.io/control-plane" in (node["metadata"].get("labels") or {}):
            running.cluster.members.join(machine.hostname, machine.address, int.from_bytes(self._ids.bytes(7), "big"))
            running.cluster.start_control_plane(machine.hostname)
        self._settle_in(vm_id, running.cluster, machine)
        body = {"metadata": {"annotations": {"lab.fairlead.dev/machine": None}}}
        await running.cluster.admin.patch(NODE, machine.hostname, "", body, field_manager="lab")
        return True

    async def _known_cluster(self, vm_id: str, machine: GuestMachine, userdata: UserData) -> _Running | None:
        kubeadm = userdata.kubeadm
        if kubeadm is None:
            return None
        if not isinstance(kubeadm, Join):
            return await self._open(vm_id, machine, kubeadm.cluster)
        address = address_of(get_in(kubeadm.config, "discovery", "bootstrapToken", "apiServerEndpoint", default=""))
        if "/etc/kubernetes/pki/ca.key" in machine.files:
            return await self._open(vm_id, machine, {"controlPlaneEndpoint": address})
        return next((r for r in self._clusters.values() if r.cluster.address == address), None)

    # Clusters.

    async def _open(self, vm_id: str, machine: GuestMachine, config: Json) -> _Running:
        """The cluster of the CA on this machine, with its store opened or made."""
        ca, ca_key = load_ca(machine.files)
        fingerprint = ca.fingerprint(hashes.SHA256()).hex()[:32]
        async with self._opening.setdefault(fingerprint, asyncio.Lock()):
            running = self._clusters.get(fingerprint)
            if running is None:
                running = self._clusters[fingerprint] = await self._start_cluster(
                    fingerprint, str(config.get("clusterName") or ""), endpoint_of(config, machine), ca, ca_key
                )
            running.machines.add(vm_id)
            return running

    async def _start_cluster(self, fingerprint: str, name: str, address: str, ca: Any, ca_key: Any) -> _Running:
        server = await self._new_server(fingerprint)
        cluster = WorkloadCluster(
            name=name or address,
            address=address,
            ca=ca,
            ca_key=ca_key,
            server=server,
            network=self._network,
            clock=self._clock,
        )
        hosts = Hosts(needs_cni=self._needs_cni)
        controllers = kube_controllers(client=cluster.admin, clock=self._clock, hosts=hosts)
        manager = Manager(cluster.admin, self._clock, self._ids, controllers)
        task = asyncio.get_running_loop().create_task(manager.run(), name=f"cluster {name or address}")
        return _Running(cluster, hosts, task, set())

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


def _fingerprint(cluster: WorkloadCluster) -> str:
    return cluster.ca.fingerprint(hashes.SHA256()).hex()[:32]


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
            raw = gzip.decompress(raw)
        return raw.decode()
    except (binascii.Error, OSError, UnicodeDecodeError) as error:
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
