"""Which Kubernetes version each part of a managed cluster shall have now.

Source: Cluster API v1.14 exp/topology/desiredstate (upgrade_plan.go, desired_state.go: computeControlPlaneVersion,
computeMachineDeploymentVersion), exp/topology/scope/upgradetracker.go, internal/contract/controlplane.go.
The control plane goes first, one minor at a time; workers follow, a few at a time, in the order of the topology.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.base.objects import Json


class VersionError(ValueError):
    """No way leads from the present versions to the wanted one; the text says why."""


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
    raise NotImplementedError


def is_provisioning(control_plane: Mapping[str, Any]) -> bool:
    """Tell whether a control plane has not come up for the first time yet (no version in its status)."""
    raise NotImplementedError


def is_upgrading(control_plane: Mapping[str, Any]) -> bool:
    """Tell whether a control plane has machines of an older version than it wants."""
    raise NotImplementedError
