"""What a managed cluster says of its topology: the TopologyReconciled condition and the upgrade plan. Pure.

Source: cluster-api v1.14, core/reconcilers/topology/cluster/status.go (reasons, messages, order).
"""

from collections.abc import Iterable, Sequence

from fairlead.base.objects import Json, get_in, is_deleting
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import is_paused, pause_message
from fairlead.engines.clusterclass.versions import Versions, WorkerVersions

RECONCILED = "TopologyReconciled"
SHOWN = 3


def report_paused(cluster: Json, report: Reporter) -> bool:
    """Say that the topology is left alone; False when it is not."""
    if not is_paused(cluster, cluster):
        return False
    _no(report, "Paused", pause_message(cluster, cluster), "Paused", "Info")
    return True


def report_deleting(cluster: Json, report: Reporter) -> bool:
    """Say that the cluster goes away; False when it does not."""
    if not is_deleting(cluster):
        return False
    _no(report, "Deleting", "Cluster is deleting", "Deleting", "Info")
    return True


def report_failed(report: Reporter, message: str) -> None:
    """Say why the topology cannot be brought about."""
    _no(report, "ReconcileFailed", message, "TopologyReconcileFailed", "Error")


def report_plan(draft: Json, versions: Versions) -> None:
    """The versions that an upgrade will go through."""
    for name, plan in (
        ("controlPlane", versions.control_plane_plan),
        ("workers", versions.machine_deployments.plan or versions.machine_pools.plan),
    ):
        status = draft.setdefault("status", {})
        if plan:
            status.setdefault(name, {})["upgradePlan"] = [{"version": version} for version in plan]
        elif name in status:
            status[name].pop("upgradePlan", None)


def report_reconciled(cluster: Json, plane: Json | None, versions: Versions, report: Reporter) -> None:
    """Say whether all is as the topology asks for, or what an upgrade is at."""
    started = get_in(cluster, "spec", "infrastructureRef") or get_in(cluster, "spec", "controlPlaneRef")
    if not started or plane is None or not _is_upgrading(versions):
        report.set(RECONCILED, True, "ReconcileSucceeded")
        report.set_old(RECONCILED, True)
        return
    version = get_in(cluster, "spec", "topology", "version", default="")
    lines = [f"Cluster is upgrading to {version}", *_plane_lines(plane, versions)]
    workers = versions.machine_deployments
    lines += _worker_lines(workers, versions.control_plane)
    reason = "MachineDeploymentsUpgradeDeferred" if _is_deferred(versions) else "ClusterUpgrading"
    _no(report, reason, "\n  * ".join(lines), reason, "Info")


def _is_upgrading(versions: Versions) -> bool:
    workers = versions.machine_deployments
    return bool(
        versions.is_pending_upgrade
        or versions.is_starting_upgrade
        or versions.is_upgrading
        or workers.pending_upgrade
        or workers.upgrading
        or workers.deferred
        or workers.pending_create
    )


def _is_deferred(versions: Versions) -> bool:
    """Whether nothing is left to do but what a person holds back."""
    workers = versions.machine_deployments
    moving = versions.is_starting_upgrade or versions.is_upgrading or workers.upgrading
    return bool(workers.deferred and not moving and not set(workers.pending_upgrade) - set(workers.deferred))


def _plane_lines(plane: Json, versions: Versions) -> list[str]:
    lines = []
    if versions.held_by:
        lines.append(f"Following annotations are blocking upgrade: {', '.join(versions.held_by)}")
    if versions.is_starting_upgrade or versions.is_upgrading:
        rest = _pending(versions.control_plane_plan, versions.control_plane)
        lines.append(f"{plane['kind']} upgrading to version {versions.control_plane}{rest}")
    elif versions.control_plane_plan:
        lines.append(f"{plane['kind']} pending upgrade to version {', '.join(versions.control_plane_plan)}")
    return lines


def _worker_lines(workers: WorkerVersions, version: str) -> list[str]:
    upgrading = set(workers.upgrading)
    deferred = set(workers.deferred) - upgrading
    pending = set(workers.pending_upgrade) - upgrading - deferred
    lines = []
    if upgrading:
        lines.append(f"{_names(upgrading)} upgrading to version {version}{_pending(workers.plan, version)}")
    if pending and workers.plan:
        lines.append(f"{_names(pending)} pending upgrade to version {', '.join(workers.plan)}")
    if deferred:
        how = "deferred using defer-upgrade or hold-upgrade-sequence annotations"
        lines.append(f"{_names(deferred)} upgrade to version {version} {how}")
    if workers.pending_create:
        lines.append(f"{_names(workers.pending_create)} creation deferred while control plane upgrade is in progress")
    return lines


def _pending(plan: Sequence[str], version: str) -> str:
    rest = [each for each in plan if each != version]
    return f" ({', '.join(rest)} pending)" if rest else ""


def _names(names: Iterable[str]) -> str:
    ordered = sorted(names)
    if len(ordered) == 1:
        return f"MachineDeployment {ordered[0]}"
    shown = ", ".join(ordered[:SHOWN])
    more = len(ordered) - SHOWN
    return f"MachineDeployments {shown}" + (f", ... ({more} more)" if more > 0 else "")


def _no(report: Reporter, reason: str, message: str, old_reason: str, severity: str) -> None:
    report.set(RECONCILED, False, reason, message)
    report.set_old(RECONCILED, False, old_reason, message, severity)
