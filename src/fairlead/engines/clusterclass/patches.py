"""Apply the patches of a ClusterClass to the objects that a managed cluster wants.

Source: Cluster API v1.14 core/reconcilers/topology/cluster/patches (engine.go, patch.go) and
patches/inline/json_patch_generator.go. The patches are written against the ClusterClass's templates: each template
gets the labels and annotations of the object made from it, is patched, and what the patches may change
(spec, labels, annotations) goes back into the object. What the topology itself sets wins over any patch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.base.objects import Json


class PatchError(ValueError):
    """A ClusterClass's patches cannot be applied; the text names the patch, the definition and the cause."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two templates of one worker class (as the ClusterClass names them)."""

    bootstrap: Json
    infrastructure: Json


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates that the ClusterClass refers to, as read from the API; workers by class name."""

    infrastructure_cluster: Json
    control_plane: Json
    control_plane_machine: Json | None = None  # spec.controlPlane.machineInfrastructure
    machine_deployments: Mapping[str, Pair] = field(default_factory=dict)
    machine_pools: Mapping[str, Pair] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worker:
    """One entry of ``spec.topology.workers`` with the objects wanted for it.

    For a MachineDeployment *bootstrap* and *infrastructure* are templates (KubeadmConfigTemplate, …MachineTemplate);
    for a MachinePool they are the objects themselves (KubeadmConfig, …MachinePool).
    """

    topology: Json
    object: Json
    bootstrap: Json
    infrastructure: Json


@dataclass(frozen=True, slots=True)
class Desired:
    """All objects that a managed cluster wants; names, labels, annotations, versions and replicas are set already."""

    cluster: Json
    infrastructure_cluster: Json
    control_plane: Json
    control_plane_machine: Json | None = None
    machine_deployments: tuple[Worker, ...] = ()
    machine_pools: tuple[Worker, ...] = ()


def apply_patches(cluster_class: Mapping[str, Any], templates: Templates, desired: Desired) -> Desired:
    """Return *desired* after all patches of *cluster_class*, in their order; nothing that was given is changed.

    Variables are read from ``desired.cluster`` (``spec.topology.variables``, defaulted) and the overrides in its
    topology; a variable that the class does not declare is not seen by patches.

    Raises:
        PatchError: a patch cannot be rendered or applied, is external, or an object has no template.
    """
    raise NotImplementedError
