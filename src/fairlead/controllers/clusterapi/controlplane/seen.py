"""What one pass over a control plane may judge, and the questions that several parts ask of it. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/pkg/control_plane.go.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from fairlead.base.objects import Json, get_in, is_deleting
from fairlead.controllers.clusterapi.clustercache import Connection
from fairlead.controllers.clusterapi.controlplane.uptodate import differences
from fairlead.runtime.conditions import is_true
from fairlead.runtime.remote import EtcdMember

COMPONENTS = {
    "APIServerPodHealthy": "kube-apiserver",
    "ControllerManagerPodHealthy": "kube-controller-manager",
    "SchedulerPodHealthy": "kube-scheduler",
    "EtcdPodHealthy": "etcd",
}
ETCD_POD, ETCD_MEMBER = "EtcdPodHealthy", "EtcdMemberHealthy"
NODE_LABELS = "NodeKubeadmLabelsAndTaintsSet"


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A KubeadmControlPlane with its machines and what is known of its cluster.

    `members` is None when etcd could not be asked; `etcd_problem` then says why (empty when nobody tried).
    """

    kcp: Json
    cluster: Json
    machines: Sequence[Json] = ()  # the oldest first
    configs: Mapping[str, Json] = field(default_factory=dict)  # KubeadmConfigs by Machine name
    infra: Mapping[str, Json] = field(default_factory=dict)  # infrastructure objects by Machine name
    connection: Connection = field(default_factory=Connection)
    initialized: bool = False
    template: Json | None = None
    members: Sequence[EtcdMember] | None = None
    etcd_problem: str = ""
    now: datetime = field(default_factory=lambda: datetime.max)

    @property
    def replicas(self) -> int:
        return int(get_in(self.kcp, "spec", "replicas", default=1))

    @property
    def version(self) -> str:
        return str(self.kcp["spec"]["version"])

    @property
    def uses_local_etcd(self) -> bool:
        return not get_in(self.kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration", "etcd", "external")

    @property
    def surge(self) -> int:
        value = get_in(self.kcp, "spec", "rollout", "strategy", "rollingUpdate", "maxSurge", default=1)
        return int(value)

    @property
    def components(self) -> tuple[str, ...]:
        """The conditions that tell how a machine's control-plane processes are."""
        return tuple(type_ for type_ in COMPONENTS if self.uses_local_etcd or type_ != ETCD_POD)

    @property
    def health_types(self) -> tuple[str, ...]:
        """The conditions that have to be true before the control plane is changed."""
        return (*self.components, ETCD_MEMBER) if self.uses_local_etcd else self.components

    def with_machines(self, machines: Iterable[Json]) -> Self:
        """The same control plane with newer views of its machines."""
        return replace(self, machines=tuple(machines))

    def alive(self) -> list[Json]:
        """The machines that are not being deleted."""
        return [machine for machine in self.machines if not is_deleting(machine)]

    def deleting(self) -> list[Json]:
        """The machines that are being deleted, the one that began first at the head."""
        going = [machine for machine in self.machines if is_deleting(machine)]
        return sorted(going, key=lambda m: (str(m["metadata"]["deletionTimestamp"]), m["metadata"]["name"]))

    def differences(self, machine: Json) -> list[str]:
        """Why *machine* is not what the spec asks for, in upstream's words; empty when it is."""
        name = machine["metadata"]["name"]
        return differences(self.kcp, machine, self.configs.get(name), self.infra.get(name), self.now)

    def outdated(self) -> list[Json]:
        """The machines that have to be replaced; those that go already count no more."""
        return [machine for machine in self.alive() if self.differences(machine)]

    def failure_domains(self) -> list[str]:
        """The failure domains for control-plane machines."""
        listed = get_in(self.cluster, "status", "failureDomains", default=())
        return [domain["name"] for domain in listed if domain.get("controlPlane")]

    def node_of(self, machine: Json) -> Json | None:
        """The machine's node, once the machine knows it."""
        return self.connection.nodes.get(node_name(machine))

    def machine_of_member(self, member: EtcdMember) -> Json | None:
        """The machine on whose node the etcd member runs."""
        return next((m for m in self.machines if member.name and node_name(m) == member.name), None)


def node_name(machine: Json) -> str:
    """The name of the machine's node; empty while it has none."""
    return str(get_in(machine, "status", "nodeRef", "name", default=""))


def all_true(machine: Json, types: Iterable[str]) -> bool:
    """Whether all these conditions of the machine are true."""
    conditions = get_in(machine, "status", "conditions")
    return all(is_true(conditions, type_) for type_ in types)
