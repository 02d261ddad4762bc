"""Which Kubernetes version each part of a managed cluster shall have now.

Source: Cluster API v1.14 exp/topology/desiredstate (upgrade_plan.go, desired_state.go: computeControlPlaneVersion,
computeMachineDeploymentVersion), exp/topology/scope/upgradetracker.go, internal/contract/controlplane.go.
The control plane goes first, one minor at a time; workers follow, a few at a time, in the order of the topology.
Unlike upstream, ``before-upgrade.hook…`` annotations hold an upgrade back without a feature flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fairlead.base.objects import Json
from fairlead.engines.clusterclass.kubeversion import Version, VersionError, compare, parse
from fairlead.engines.clusterclass.upgradeplan import control_plane_plan, workers_plan

HOLD: Final = "topology.cluster.x-k8s.io/hold-upgrade-sequence"
DEFER: Final = "topology.cluster.x-k8s.io/defer-upgrade"
CONCURRENCY: Final = "topology.cluster.x-k8s.io/upgrade-concurrency"
UPGRADE_STEP: Final = "topology.internal.cluster.x-k8s.io/upgrade-step"
HOOK_PREFIX: Final = "before-upgrade.hook.cluster.cluster.x-k8s.io"

__all__ = [
    "CurrentWorkers",
    "VersionError",
    "Versions",
    "WorkerVersions",
    "decide_versions",
    "is_provisioning",
    "is_upgrading",
]


@dataclass(frozen=True, slots=True)
class CurrentWorkers:
    """One MachineDeployment or MachinePool that exists."""

    name: str
    version: str  # spec.template.spec.version
    upgrading: bool  # one of its machines (nodes) has another version


@dataclass(frozen=True, slots=True)
class WorkerVersions:
    """What was decided for MachineDeployments (or MachinePools). Versions are by topology name."""

    versions: Mapping[str, str]
    plan: tuple[str, ...] = ()
    upgrading: tuple[str, ...] = ()  # names of objects that upgrade, or start to now
    pending_upgrade: tuple[str, ...] = ()  # names of objects that keep an older version for now
    deferred: tuple[str, ...] = ()  # those of them that a person holds back
    pending_create: tuple[str, ...] = ()  # topology names that are not created yet


@dataclass(frozen=True, slots=True)
class Versions:
    """What was decided, and what the TopologyReconciled condition tells of it."""

    control_plane: str
    control_plane_plan: tuple[str, ...] = ()
    is_provisioning: bool = False
    is_upgrading: bool = False
    is_starting_upgrade: bool = False
    is_pending_upgrade: bool = False
    is_waiting_for_workers: bool = False
    machine_deployments: WorkerVersions = field(default_factory=lambda: WorkerVersions({}))
    machine_pools: WorkerVersions = field(default_factory=lambda: WorkerVersions({}))
    min_workers_version: str = ""
    upgrade_step: str = ""  # value of topology.internal.cluster.x-k8s.io/upgrade-step, "" when it has to go
    held_by: tuple[str, ...] = ()  # before-upgrade annotations on the cluster that keep the upgrade from starting

    @property
    def is_control_plane_stable(self) -> bool:
        """Tell whether the control plane is where it shall be; new workers wait for that."""
        return not (self.is_provisioning or self.is_upgrading or self.is_starting_upgrade or self.is_pending_upgrade)

    @property
    def is_control_plane_stable_for_workers(self) -> bool:
        """Tell whether workers may upgrade: the control plane rests, at least until workers have caught up."""
        if self.is_provisioning or self.is_upgrading or self.is_starting_upgrade:
            return False
        return self.is_waiting_for_workers or not self.is_pending_upgrade


def decide_versions(
    cluster: Json,
    kubernetes_versions: Sequence[str],
    control_plane: Json | None,
    machine_deployments: Mapping[str, CurrentWorkers],
    machine_pools: Mapping[str, CurrentWorkers],
) -> Versions:
    """Decide the versions of all parts of *cluster* (v1beta2, with ``spec.topology``).

    *kubernetes_versions* are ``spec.kubernetesVersions`` of the ClusterClass; *control_plane* is the current object or
    None before it is there; current workers are by topology name.

    Raises:
        VersionError: the wanted version cannot be reached.
    """
    topology = cluster["spec"]["topology"]
    desired: str = topology["version"]
    control_steps, worker_steps, oldest = _plan(
        desired, kubernetes_versions, control_plane, (*machine_deployments.values(), *machine_pools.values())
    )
    deployments = _Workers(machine_deployments, worker_steps if machine_deployments else (), "MachineDeployment")
    pools = _Workers(machine_pools, worker_steps if machine_pools else (), "MachinePool")
    control = _control_plane(cluster, desired, control_plane, control_steps, (deployments, pools))
    workers = topology.get("workers") or {}
    limit = _concurrency(cluster)
    decided = [
        _decide_workers(workers.get(key) or (), desired, group, control, limit)
        for key, group in (("machineDeployments", deployments), ("machinePools", pools))
    ]
    is_under_way = bool(control_steps or deployments.plan or pools.plan)
    if not control.is_starting_upgrade and _is_unstarted(cluster) and _holding(cluster):
        is_under_way = False
    return replace(
        control,
        machine_deployments=decided[0],
        machine_pools=decided[1],
        min_workers_version=oldest,
        upgrade_step=control.control_plane if is_under_way else "",
    )


@dataclass(frozen=True, slots=True)
class _Workers:
    """The workers of one kind that exist, and where they have to go."""

    current: Mapping[str, CurrentWorkers]
    plan: tuple[str, ...]
    kind: str  # MachineDeployment or MachinePool

    def without_plan(self, topology: str) -> str:
        """Say that workers of *topology* have nowhere to go."""
        what = "machine deployment" if self.kind == "MachineDeployment" else "machine pool"
        shown = "MachineDepoyment" if self.kind == "MachineDeployment" else self.kind  # as upstream spells it
        return (
            f'failed to compute {self.kind}s: failed to compute {shown} for topology "{topology}": cannot compute the '
            f"{what} version if the {what} is pending upgrade and the upgrade plan is not set"
        )

    @property
    def upgrading(self) -> list[str]:
        return [each.name for each in self.current.values() if each.upgrading]


def _plan(
    desired: str, offered: Sequence[str], control_plane: Json | None, workers: Sequence[CurrentWorkers]
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return the steps of the control plane and of the workers, and the version of the oldest workers."""
    if control_plane is None:
        return (), (), ""
    current: str = control_plane["spec"]["version"]
    wanted = parse(desired, f"failed to parse Cluster version {desired}")
    present = parse(current, f"failed to parse ControlPlane version {current}")
    oldest: Version | None = None
    for each in workers:
        if each.version:
            version = parse(each.version, f"failed to parse version {each.version} of {each.name}")
            if oldest is None or _is_older(version, oldest, present):
                oldest = version
    shown = "" if oldest is None else str(oldest)
    if present == wanted and oldest in (None, wanted):
        return (), (), shown
    steps = control_plane_plan(desired, current, offered)
    return steps, workers_plan(desired, current, shown, steps), shown


def _is_older(version: Version, oldest: Version, control_plane: Version) -> bool:
    order = compare(version, oldest)
    return order == -1 or (order == 2 and version != control_plane)


def _control_plane(
    cluster: Json, desired: str, control_plane: Json | None, steps: tuple[str, ...], workers: tuple[_Workers, ...]
) -> Versions:
    """Decide the control plane's version: the next step, when nothing else is going on."""
    if control_plane is None:
        return Versions(desired)
    current: str = control_plane["spec"]["version"]
    stays = Versions(current, steps, is_pending_upgrade=current != desired)
    if is_provisioning(control_plane):
        return replace(stays, is_provisioning=True)
    if is_upgrading(control_plane):
        return replace(stays, is_upgrading=True)
    if any(group.plan and group.plan[0] == current for group in workers):
        return replace(stays, is_waiting_for_workers=True)
    if any(group.upgrading for group in workers) or not stays.is_pending_upgrade:
        return stays
    holding = _holding(cluster)
    if holding and _is_unstarted(cluster):
        return replace(stays, held_by=holding)
    if not steps:
        raise VersionError(
            "failed to compute ControlPlane: failed to compute version of ControlPlane: cannot compute the control "
            "plane version if the control plane is pending upgrade and the upgrade plan is not set"
        )
    return replace(stays, control_plane=steps[0], is_starting_upgrade=True, is_pending_upgrade=False)


def _is_unstarted(cluster: Json) -> bool:
    return UPGRADE_STEP not in (cluster["metadata"].get("annotations") or {})


def _holding(cluster: Json) -> tuple[str, ...]:
    annotations = cluster["metadata"].get("annotations") or {}
    return tuple(sorted(key for key in annotations if key.startswith(HOOK_PREFIX)))


def _concurrency(cluster: Json) -> int:
    text = (cluster["metadata"].get("annotations") or {}).get(CONCURRENCY, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() else 1


def _decide_workers(
    topologies: Sequence[Json], desired: str, workers: _Workers, control: Versions, limit: int
) -> WorkerVersions:
    """Decide the versions of all workers of one kind, in the order of the topology."""
    versions: dict[str, str] = {}
    upgrading = set(workers.upgrading)
    pending: set[str] = set()
    deferred: set[str] = set()
    awaited: set[str] = set()
    is_held = False
    for topology in topologies:
        name = topology["name"]
        current = workers.current.get(name)
        annotations = (topology.get("metadata") or {}).get("annotations") or {}
        is_held = is_held or HOLD in annotations
        if current is None:
            versions[name] = desired
            if not control.is_control_plane_stable:
                awaited.add(name)
            continue
        versions[name] = current.version
        if current.version == desired:
            continue
        if is_held or DEFER in annotations:
            deferred.add(current.name)
        elif len(upgrading) < limit and control.is_control_plane_stable_for_workers:
            if not workers.plan:
                raise VersionError(workers.without_plan(name))
            if workers.plan[0] != current.version:
                upgrading.add(current.name)
                versions[name] = workers.plan[0]
                continue
        pending.add(current.name)
    return WorkerVersions(
        versions,
        workers.plan,
        tuple(sorted(upgrading)),
        tuple(sorted(pending)),
        tuple(sorted(deferred)),
        tuple(sorted(awaited)),
    )


def is_provisioning(control_plane: Mapping[str, Any]) -> bool:
    """Tell whether a control plane has not come up for the first time yet (no version in its status)."""
    status = control_plane.get("status") or {}
    reported = status.get("versions") or ()
    return not (reported[0].get("version") if reported else status.get("version"))


def is_upgrading(control_plane: Mapping[str, Any]) -> bool:
    """Tell whether a control plane has machines of an older version than it wants.

    Raises:
        VersionError: one of the versions is none.
    """
    wanted = parse(control_plane["spec"]["version"], "failed to parse control plane spec version")
    status = control_plane.get("status") or {}
    reported = [each.get("version") or "" for each in status.get("versions") or ()]
    if not reported:
        reported = [status["version"]] if status.get("version") else []
    found = [parse(text, "failed to parse control plane status version") for text in reported]
    return any(compare(wanted, version) >= 1 for version in found)
