"""Whether machines may come or go without the cluster losing its API or etcd its quorum. Pure.

Source: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane/remediation.go
(targetEtcdClusterHealthy, targetKubernetesControlPlaneComponentsHealthy): the worst is assumed of what is new.
"""

from fairlead.base.objects import Json
from fairlead.controllers.clusterapi.controlplane.seen import ETCD_MEMBER, ControlPlane, all_true, node_name


def keeps_api(plane: ControlPlane, *, without: str = "") -> bool:
    """Whether at least one machine, other than the one named *without*, runs all its control-plane processes."""
    return any(all_true(m, plane.components) for m in plane.machines if m["metadata"]["name"] != without)


def keeps_quorum(plane: ControlPlane, *, adding: bool = False, without: str = "") -> bool:
    """Whether etcd keeps its quorum when a member comes, or the one named *without* goes."""
    members = plane.members or ()
    voting, learners, ill = 0, 0, 0
    if adding:
        voting = 1
        ill = 1 if len(members) > 1 else 0
    for member in members:
        if not member.name:
            learners, ill = learners + 1, ill + 1
            continue
        if member.name == without:
            continue
        if member.is_learner:
            learners += 1
        else:
            voting += 1
        machine = plane.machine_of_member(member)
        healthy = all_true(machine, (ETCD_MEMBER,)) if machine is not None else not member.alarms
        ill += not healthy
    return learners == 0 and voting - ill >= voting // 2 + 1


def may_remove(plane: ControlPlane, machine: Json) -> bool:
    """Whether *machine* may go: API and quorum stay."""
    if not keeps_api(plane, without=machine["metadata"]["name"]):
        return False
    member = member_name(plane, machine)
    if not plane.uses_local_etcd or not member:
        return True
    return bool(plane.members) and keeps_quorum(plane, without=member)


def member_name(plane: ControlPlane, machine: Json) -> str:
    """The name of the etcd member on *machine*, found through its node even before the machine knows it."""
    known = node_name(machine)
    if known:
        return known
    infra = plane.infra.get(machine["metadata"]["name"]) or {}
    provider = machine["spec"].get("providerID") or (infra.get("spec") or {}).get("providerID") or ""
    node = plane.connection.node_of(provider)
    if node is not None:
        return str(node["metadata"]["name"])
    name = str(machine["metadata"]["name"])  # the host's name on vSphere: a member can be there before its node is seen
    return name if any(member.name == name for member in plane.members or ()) else ""


def heirs(plane: ControlPlane, machine: Json) -> list[str]:
    """The members that may lead etcd when *machine* goes, the best first."""

    def rank(other: Json) -> list[bool]:
        return [not all_true(other, (type_,)) for type_ in (ETCD_MEMBER, "HealthCheckSucceeded", "UpToDate")]

    name = machine["metadata"]["name"]
    others = [m for m in reversed(plane.alive()) if m["metadata"]["name"] != name and node_name(m)]
    others.sort(key=rank)  # stable: among equals the newest stays first
    return [node_name(other) for other in others]
