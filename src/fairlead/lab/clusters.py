"""The workload clusters of the lab, each with its API server and what moves in it; opened when a machine needs one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from fairlead.base.objects import Json
from fairlead.lab.disks import ClusterDisk, Disks
from fairlead.lab.etcd import SimulatedEtcd
from fairlead.lab.kube.family import kube_controllers
from fairlead.lab.kube.kubelet import Hosts
from fairlead.lab.kubeadm import GuestMachine, endpoint_of, load_ca
from fairlead.lab.network import LabNetwork
from fairlead.lab.workload import WorkloadCluster
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import Manager
from fairlead.runtime.ids import Ids
from fairlead.server.identity import User

NewServer = Callable[[str], Awaitable[Any]]  # a name that outlives restarts -> a started API server
DropServer = Callable[[str], None]  # what that server kept is needed no more


@dataclass(slots=True)
class Running:
    """A cluster of the lab with what keeps it moving."""

    fingerprint: str
    cluster: WorkloadCluster
    hosts: Hosts
    manager: asyncio.Task[None]
    machines: set[str]  # ids of the VMs that belong to it


def fingerprint_of(ca: x509.Certificate) -> str:
    """The name of a cluster in the lab: no two have the same CA."""
    return ca.fingerprint(hashes.SHA256()).hex()[:32]


class Clusters:
    """Opens clusters, keeps what must outlive the process, and closes a cluster with its last machine."""

    def __init__(
        self,
        *,
        network: LabNetwork,
        clock: Clock,
        ids: Ids,
        new_server: NewServer,
        drop_server: DropServer,
        disks: Disks,
        needs_cni: bool,
    ) -> None:
        self._network = network
        self._clock = clock
        self._ids = ids
        self._new_server = new_server
        self._drop_server = drop_server
        self._disks = disks
        self._needs_cni = needs_cni
        self._running: dict[str, Running] = {}  # by fingerprint
        self._opening: dict[str, asyncio.Lock] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> list[Running]:
        """The clusters there are, whether their API answers or not."""
        return list(self._running.values())

    def get(self, fingerprint: str) -> Running | None:
        """The open cluster of that CA, or None."""
        return self._running.get(fingerprint)

    async def found(self, vm_id: str, machine: GuestMachine, config: Json) -> Running:
        """The cluster of the CA on this machine; *config* is its ClusterConfiguration. Raises: KubeadmError."""
        ca, ca_key = load_ca(machine.files)
        fingerprint = fingerprint_of(ca)
        if fingerprint not in self._disks.clusters:
            address = endpoint_of(config, machine)
            name = str(config.get("clusterName") or "") or address
            key_pem = ca_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            disk = ClusterDisk(
                name=name,
                address=address,
                ca=ca.public_bytes(serialization.Encoding.PEM).decode(),
                ca_key=key_pem.decode(),
                version=machine.kubelet_version,
            )
            self._disks.keep_cluster(fingerprint, disk)
        running = await self.open(fingerprint)
        assert running is not None  # its disk was just written
        running.machines.add(vm_id)
        return running

    async def open(self, fingerprint: str) -> Running | None:
        """The cluster that the disks know by that fingerprint, or None."""
        async with self._opening.setdefault(fingerprint, asyncio.Lock()):
            running = self._running.get(fingerprint)
            disk = self._disks.clusters.get(fingerprint)
            if running is None and disk is not None:
                running = self._running[fingerprint] = await self._start(fingerprint, disk)
            return running

    async def _start(self, fingerprint: str, disk: ClusterDisk) -> Running:
        server = await self._new_server(fingerprint)
        server.version = disk.version or server.version
        cluster = WorkloadCluster(
            name=disk.name,
            address=disk.address,
            ca=x509.load_pem_x509_certificate(disk.ca.encode()),
            # kubeadm held the key to its certificate when it wrote the disk; to prove its primes takes 50 ms
            ca_key=serialization.load_pem_private_key(disk.ca_key.encode(), None, unsafe_skip_rsa_key_validation=True),
            server=server,
            network=self._network,
            clock=self._clock,
            etcd=SimulatedEtcd(
                self._disks.members.get(fingerprint, ()),
                lambda members: self._disks.keep_members(fingerprint, members),
            ),
        )

        def holder(token: str) -> User | None:
            found = cluster.identity_of(token)
            return User(found.user, found.groups) if found is not None else None

        server.authenticator.add_check(holder)
        hosts = Hosts(needs_cni=self._needs_cni)
        controllers = kube_controllers(client=cluster.admin, clock=self._clock, hosts=hosts)
        manager = Manager(cluster.admin, self._clock, self._ids, controllers)
        task = asyncio.get_running_loop().create_task(manager.run(), name=f"cluster {disk.name}")
        machines = {vm_id for vm_id, node in self._disks.nodes.items() if node.cluster == fingerprint}
        return Running(fingerprint, cluster, hosts, task, machines)

    def upgraded(self, running: Running, version: str) -> None:
        """A control-plane machine of that Kubernetes version came up."""
        disk = self._disks.clusters.get(running.fingerprint)
        if disk is not None and version:
            self._disks.keep_cluster(
                running.fingerprint,
                ClusterDisk(name=disk.name, address=disk.address, ca=disk.ca, ca_key=disk.ca_key, version=version),
            )
            running.cluster.server.version = version

    def forget_machine(self, vm_id: str) -> None:
        """A VM was destroyed; a cluster whose last machine went goes with it, and all that it stored."""
        disk = self._disks.nodes.get(vm_id)
        self._disks.wipe_node(vm_id)
        if disk is not None and disk.cluster not in self._running:
            if not any(node.cluster == disk.cluster for node in self._disks.nodes.values()):
                self._disks.wipe_cluster(disk.cluster)
                self._drop_server(disk.cluster)
            return
        for fingerprint, running in list(self._running.items()):
            running.machines.discard(vm_id)
            if not running.machines and not running.cluster.is_up:
                del self._running[fingerprint]
                self._disks.wipe_cluster(fingerprint)
                task = asyncio.get_running_loop().create_task(self._end(running))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    async def _end(self, running: Running) -> None:
        running.manager.cancel()
        await asyncio.gather(running.manager, return_exceptions=True)
        await running.cluster.server.stop()
        self._drop_server(running.fingerprint)

    async def stop(self) -> None:
        """Stop everything, as a power cut would."""
        managers = [running.manager for running in self._running.values()]
        for manager in managers:
            manager.cancel()
        await asyncio.gather(*managers, *self._closing, return_exceptions=True)
        for running in self._running.values():
            await running.cluster.server.stop()
