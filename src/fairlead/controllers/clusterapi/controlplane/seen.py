"""What one pass over a control plane may judge, and the judgements that several parts share. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/internal (control_plane.go, filters.go: what makes a machine outdated).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fairlead.base.objects import Json, annotations, copy, get_in, is_deleting
from fairlead.controllers.clusterapi.cloning import CLONED_NAME
from fairlead.controllers.clusterapi.clustercache import Connection
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import find
from fairlead.runtime.remote import EtcdMember

COMPONENTS = {
    "APIServerPodHealthy": "kube-apiserver",
    "ControllerManagerPodHealthy": "kube-controller-manager",
    "SchedulerPodHealthy": "kube-scheduler",
    "EtcdPodHealthy": "etcd",
}
ETCD_MEMBER = "EtcdMemberHealthy"
NODE_LABELS = "NodeKubeadmLabelsAndTaintsSet"
GATES = (
    NODE_LABELS,
    "APIServerPodHealthy",
    "ControllerManagerPodHealthy",
    "SchedulerPodHealthy",
    "EtcdPodHealthy",
    ETCD_MEMBER,
)


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A KubeadmControlPlane with its machines and what is known of its cluster."""

    kcp: Json
    cluster: Json
    machines: Sequence[Json]
    configs: Mapping[str, Json]  # KubeadmConfigs by Machine name
    infra: Mapping[str, Json]  # infrastructure objects by Machine name
    connection: Connection
    members: Sequence[EtcdMember] = ()
    members_known: bool = False
    now: datetime = field(default_factory=lambda: datetime.max)

    @property
    def replicas(self) -> int:
        return int(get_in(self.kcp, "spec", "replicas", default=1))

    @property
    def version(self) -> str:
        return str(self.kcp["spec"]["version"])

    @property
    def initialized(self) -> bool:
        return bool(get_in(self.kcp, "status", "initialization", "controlPlaneInitialized"))

    @property
    def uses_local_etcd(self) -> bool:
        return not get_in(self.kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration", "etcd", "external")

    @property
    def surge(self) -> int:
        value = get_in(self.kcp, "spec", "rollout", "strategy", "rollingUpdate", "maxSurge", default=1)
        return int(value)

    def alive(self) -> list[Json]:
        """The machines that are not being deleted."""
        return [machine for machine in self.machines if not is_deleting(machine)]

    def outdated(self) -> dict[str, list[str]]:
        """Machines that are not what the spec asks for, by name, with the reasons in upstream's words."""
        found = {m["metadata"]["name"]: self.differences(m) for m in self.machines}
        return {name: reasons for name, reasons in found.items() if reasons}

    def differences(self, machine: Json) -> list[str]:
        """Why *machine* has to be replaced; empty when it is up to date."""
        name = machine["metadata"]["name"]
        reasons = []
        have = get_in(machine, "spec", "version", default="")
        if have != self.version:
            reasons.append(f"Version {have}, {self.version} required")
        config = self.configs.get(name)
        if config is not None and not same_config(config["spec"], self.kcp["spec"].get("kubeadmConfigSpec") or {}):
            reasons.append("KubeadmConfig is not up-to-date")
        infra = self.infra.get(name)
        wanted = get_in(self.kcp, "spec", "machineTemplate", "spec", "infrastructureRef", "name")
        if infra is not None and annotations(infra).get(CLONED_NAME) not in (None, wanted):
            reasons.append(f"{infra['kind']} is not up-to-date")
        after = get_in(self.kcp, "spec", "rollout", "after")
        if after and parse_timestamp(machine["metadata"]["creationTimestamp"]) < parse_timestamp(after) <= self.now:
            reasons.append("KubeadmControlPlane spec.rollout.after expired")
        days = get_in(self.kcp, "spec", "rollout", "before", "certificatesExpiryDays")
        expiry = get_in(machine, "status", "certificatesExpiryDate")
        if days and expiry and (parse_timestamp(expiry) - self.now).days < days:
            reasons.append("Certificates will expire soon, rollout due to KubeadmControlPlane spec.rollout.before")
        return reasons

    def node_of(self, machine: Json) -> Json | None:
        return self.connection.node_of(get_in(machine, "spec", "providerID", default=""))

    def unhealthy(self) -> list[str]:
        """Why the control plane should not be changed now, one line for each machine and cause."""
        causes = []
        for machine in self.alive():
            name = machine["metadata"]["name"]
            if not get_in(machine, "status", "nodeRef", "name"):
                causes.append(f"Machine {name} does not have a corresponding Node yet (Machine.status.nodeRef not set)")
                continue
            for type_ in (*COMPONENTS, ETCD_MEMBER):
                if type_ in ("EtcdPodHealthy", ETCD_MEMBER) and not self.uses_local_etcd:
                    continue
                condition = find(get_in(machine, "status", "conditions"), type_)
                if condition is None or condition["status"] != "True":
                    text = (condition or {}).get("message") or (condition or {}).get("reason", "unknown")
                    causes.append(f"Machine {name} reports {type_} condition is not true ({text})")
        return causes


_IGNORED = ("discovery", "controlPlane", "caCertPath")


def same_config(have: Json, want: Json) -> bool:
    """Whether a machine's KubeadmConfig is what the control plane's spec makes of it.

    What the bootstrap controller fills in (discovery, pull policy), and the part for the other kind of machine, count
    for nothing. Source: internal/filters.go, matchesKubeadmConfig.
    """
    return _comparable(have, have) == _comparable(want, have)


def _comparable(spec: Json, machine_spec: Json) -> Json:
    part: Json = copy(spec)
    joins = bool(machine_spec.get("joinConfiguration")) and not machine_spec.get("initConfiguration")
    part.pop("initConfiguration" if joins else "joinConfiguration", None)
    for name in ("initConfiguration", "joinConfiguration"):
        holder = part.get(name)
        if not isinstance(holder, dict):
            part.pop(name, None)
            continue
        for ignored in _IGNORED:
            holder.pop(ignored, None)
        registration = holder.get("nodeRegistration")
        if isinstance(registration, dict):
            registration.pop("imagePullPolicy", None)
            if not registration:
                holder.pop("nodeRegistration")
        if not holder:
            part.pop(name)
    if part.get("format") == "cloud-config":
        part.pop("format")
    return part
