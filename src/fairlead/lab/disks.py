"""What the guests keep on their disks, as records: which node a machine is, what a cluster is, who is in its etcd.

A machine that stops, and a process that is killed, lose what runs; what stands here is found again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from fairlead.runtime.remote import EtcdMember

Write = Callable[[str, bytes | None], None]


class NodeDisk(msgspec.Struct, frozen=True, kw_only=True):
    """A machine on which kubeadm finished, or got as far as to join etcd (`done` is false).

    `cluster` is the fingerprint of its cluster's CA.
    """

    cluster: str
    node: str
    address: str
    control_plane: bool = False
    done: bool = True


class ClusterDisk(msgspec.Struct, frozen=True, kw_only=True):
    """What a cluster's control-plane machines have in common: its CA (PEM), endpoint and version."""

    name: str
    address: str
    ca: str
    ca_key: str
    version: str = ""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a cluster's etcd."""

    id: int
    name: str
    peer_urls: tuple[str, ...]
    learner: bool = False


T = TypeVar("T", NodeDisk, ClusterDisk)


class Disks:
    """The records, by VM and by cluster; each change is written to the journal at once."""

    def __init__(self, write: Write | None = None, records: Iterable[tuple[str, bytes]] = ()) -> None:
        self._write = write
        self.nodes: dict[str, NodeDisk] = {}  # by VM id
        self.clusters: dict[str, ClusterDisk] = {}  # by the CA's fingerprint
        self.members: dict[str, tuple[EtcdMember, ...]] = {}  # by the CA's fingerprint
        for key, value in records:
            shelf, _, name = key.partition("/")
            if shelf == "node":
                self.nodes[name] = msgspec.json.decode(value, type=NodeDisk)
            elif shelf == "cluster":
                self.clusters[name] = msgspec.json.decode(value, type=ClusterDisk)
            elif shelf == "etcd":
                kept = msgspec.json.decode(value, type=list[Member])
                self.members[name] = tuple(
                    EtcdMember(each.id, each.name, each.peer_urls, is_learner=each.learner) for each in kept
                )

    def keep_node(self, vm_id: str, disk: NodeDisk) -> None:
        """The machine is that node."""
        self._keep(self.nodes, "node", vm_id, disk)

    def keep_cluster(self, fingerprint: str, disk: ClusterDisk) -> None:
        """There is that cluster."""
        self._keep(self.clusters, "cluster", fingerprint, disk)

    def keep_members(self, fingerprint: str, members: Iterable[EtcdMember]) -> None:
        """The members of a cluster's etcd are these."""
        kept = self.members[fingerprint] = tuple(members)
        records = [Member(id=m.id, name=m.name, peer_urls=m.peer_urls, learner=m.is_learner) for m in kept]
        self._put(f"etcd/{fingerprint}", records)

    def wipe_node(self, vm_id: str) -> None:
        """The machine is gone."""
        if self.nodes.pop(vm_id, None) is not None:
            self._put(f"node/{vm_id}", None)

    def wipe_cluster(self, fingerprint: str) -> None:
        """The cluster's last machine is gone."""
        if self.clusters.pop(fingerprint, None) is not None:
            self._put(f"cluster/{fingerprint}", None)
        if self.members.pop(fingerprint, None) is not None:
            self._put(f"etcd/{fingerprint}", None)

    def _keep(self, shelf: dict[str, T], prefix: str, name: str, disk: T) -> None:
        if shelf.get(name) != disk:
            shelf[name] = disk
            self._put(f"{prefix}/{name}", disk)

    def _put(self, key: str, value: object) -> None:
        if self._write is not None:
            self._write(key, None if value is None else msgspec.json.encode(value))
